//! Claims about the lesson `14_gpt`: its programs give the gradient of its tape, and it learns.

use gradtape::program::Precision;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::lesson_14::batch::Batch;
use crate::lesson_14::model::{PARAMETERS, loss, number};
use crate::lesson_14::names::{all, tokens};
use crate::lesson_14::recorded::Recorded;
use crate::lesson_14::sample::name;
use crate::lesson_14::train::{Gradient, on_tape, recorded, train};

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(14)
}

/// Parameters that are large enough for all parts to matter.
fn parameters<T: Precision>() -> Vec<T> {
    let mut rng = rng();
    (0..PARAMETERS).map(|_| number(rng.random_range(-0.3..0.3))).collect()
}

fn names(text: &str) -> Vec<Vec<usize>> {
    text.split(' ').map(tokens).collect()
}

/// Batches of one name, of equal and of different lengths, of the longest and of more than 16 names.
fn batches() -> Vec<Vec<Vec<usize>>> {
    let all = all();
    let mut batches = vec![names("emma"), names("x"), names("ada eve ida"), names("muhammadibrahim al maximilian")];
    batches.extend([all[..16].to_vec(), all[100..123].to_vec()]);
    batches
}

/// The loss of a batch and its gradient: with new programs, with those of the batches before, and on a tape.
fn largest_distance<T: Precision>() -> f64 {
    let (parameters, mut kept, mut distance) = (parameters::<T>(), Recorded::new(), T::zero());
    for names in batches() {
        let [mut new, mut again, mut tape] = [(); 3].map(|()| vec![T::one(); PARAMETERS]);
        let loss = recorded()(&parameters, &names, &mut new);
        assert_eq!(kept.gradient(&parameters, &Batch::new(&names), &mut again).unwrap(), loss);
        assert!(new == again, "programs depend on nothing that is left of other batches");
        let expected = on_tape()(&parameters, &names, &mut tape);
        assert!(tape.iter().any(|derivative| derivative.abs() > number(0.01)));
        let numbers = [loss].into_iter().chain(new).zip([expected].into_iter().chain(tape));
        distance = numbers.map(|(a, b)| (a - b).abs()).fold(distance, T::max);
    }
    distance.to_f64().unwrap()
}

#[test]
fn the_model_of_the_lesson_and_its_names_are_those_it_says() {
    assert_eq!(PARAMETERS, 4192);
    let names = all();
    assert_eq!(names.len(), 32_033);
    assert_eq!(names[0], [26, 4, 12, 12, 0, 26]);
    assert_eq!(names.iter().map(Vec::len).max(), Some(17));
}

#[test]
fn the_programs_of_the_lesson_give_the_gradient_of_its_tape() {
    assert!(largest_distance::<f64>() < 1e-14);
    assert!(largest_distance::<f32>() < 1e-5);
}

#[test]
fn the_gradient_of_the_lesson_is_the_slope_of_its_loss() {
    let (parameters, name, mut gradient) = (parameters::<f64>(), tokens("alexandra"), vec![0.0; PARAMETERS]);
    on_tape()(&parameters, std::slice::from_ref(&name), &mut gradient);
    let mut rng = rng();
    for _ in 0..5 {
        let direction: Vec<f64> = (0..PARAMETERS).map(|_| rng.random_range(-1.0..1.0)).collect();
        let along =
            |t: f64| loss(&parameters.iter().zip(&direction).map(|(x, d)| x + t * d).collect::<Vec<_>>(), &name);
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        let difference = (along(1e-5) - along(-1e-5)) / 2e-5;
        assert!((slope - difference).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} instead of {difference}");
    }
}

/// Trains on one name until the model writes it.
fn learn(gradient: impl Gradient<f32>) {
    let (mut parameters, names) = (parameters(), vec![tokens("emma"); 60]);
    let losses = train(&mut parameters, &names, 1, gradient);
    assert!(losses[59] < 0.1 * losses[0]);
    let mut rng = rng();
    assert_eq!((0..5).map(|_| name(&parameters, 0.2, &mut rng)).collect::<Vec<_>>(), ["emma"; 5]);
}

#[test]
fn the_model_of_the_lesson_learns_a_name_by_heart() {
    learn(on_tape());
    learn(recorded());
}
