//! Lesson 14: a GPT on scalars: `cargo run --release --features simd --example 14_gpt`.
//!
//! A small transformer learns which letters follow in given names, and then writes names of its own. The model is
//! ordinary code over any number (`model.rs`). First, it learns on a tape, from one name in each step. Then, its three
//! parts are recorded once, as programs, and learn from 16 names in each step (`recorded.rs`). The programs of the
//! first and the last part run on all letters of all names. The second part, attention, is where letters meet: all
//! letters of a name are one row, and each length of the longest name has a program.
//!
//! The page `docs/gpt.md` has the output, and a command that is twice as fast.

mod batch;
mod model;
mod names;
mod recorded;
mod sample;
mod train;

use std::any::type_name;
use std::time::Instant;

use gradtape::program::Precision;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, Normal};

use model::{PARAMETERS, number};
use train::{Gradient, on_tape, recorded, train};

const SEED: u64 = 42;
/// How many names the programs learn from in each step.
const BATCH: usize = 16;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(SEED)
}

fn initial<T: Precision>() -> Vec<T> {
    let normal = Normal::new(0.0, 0.08).expect("the deviation is positive");
    normal.sample_iter(rng()).take(PARAMETERS).map(number).collect()
}

fn mean<T: Precision>(losses: &[T]) -> T {
    losses.iter().sum::<T>() / number(losses.len())
}

/// The largest distance between the gradients of some names on a tape and by programs.
fn distance<T: Precision>(names: &[Vec<usize>]) -> T {
    let [mut a, mut b] = [(); 2].map(|()| vec![T::zero(); PARAMETERS]);
    on_tape()(&initial(), names, &mut a);
    recorded()(&initial(), names, &mut b);
    a.iter().zip(&b).map(|(&a, &b)| (a - b).abs()).fold(T::zero(), T::max)
}

/// Trains the model with gradients that are computed in some way, and prints losses and time. Returns the parameters.
fn run<T: Precision, G: Gradient<T>>(way: &str, names: &[Vec<usize>], batch: usize, gradient: fn() -> G) -> Vec<T> {
    let (mut parameters, time) = (initial(), Instant::now());
    let losses = train(&mut parameters, names, batch, gradient());
    let time = time.elapsed().as_secs_f64();
    println!("{way}, {}, batches of {batch}, {} steps:", type_name::<T>(), losses.len());
    println!("    {time:.3} s, {:.4} ms a name", 1e3 * time / number::<f64>(names.len()));
    let parts: Vec<String> = losses.chunks(losses.len() / 5).map(|losses| format!("{:.3}", mean(losses))).collect();
    println!("    first loss {:.3}, then means of {}", losses[0], parts.join(", "));
    parameters
}

/// Prints the loss of names that the model has not seen, and names that it writes. Returns the loss.
fn show<T: Precision>(parameters: &[T], others: &[Vec<usize>]) -> T {
    let losses: Vec<T> = others.iter().map(|name| model::loss(parameters, name)).collect();
    println!("    loss of {} other names: {:.3}", losses.len(), mean(&losses));
    let write = |rng: &mut Xoshiro256PlusPlus| (0..20).map(|_| sample::name(parameters, 0.5, rng)).collect::<Vec<_>>();
    let names = write(&mut rng());
    for names in names.chunks(10) {
        println!("    {}", names.join(" "));
    }
    assert_eq!(names, write(&mut rng()), "a seed always gives the same names");
    mean(&losses)
}

fn main() {
    let mut names = names::all();
    names.shuffle(&mut rng());
    println!("{} names, {PARAMETERS} parameters", names.len());
    let (others, names) = names.split_at(1000);
    let (f64s, f32s) = (distance::<f64>(&names[..BATCH]), distance::<f32>(&names[..BATCH]));
    println!("gradients of tape and programs differ by {f64s:.0e} in f64, by {f32s:.0e} in f32");
    assert!(f64s < 1e-14 && f32s < 1e-6);

    let parameters = run::<f64, _>("tape", &names[..1000], 1, on_tape);
    assert!(show(&parameters, others) < 2.45);
    run::<f32, _>("tape", &names[..1000], 1, on_tape);
    run::<f64, _>("programs", &names[..10_000], BATCH, recorded);
    let parameters = run::<f32, _>("programs", &names[..10_000], BATCH, recorded);
    assert!(show(&parameters, others) < 2.3);
}
