//! Training: one step of the article's network, and one epoch on each data set, by both engines.
//!
//! `cargo bench -p gradtape-benches --bench training` prints a line of ratios for each epoch (minima over rounds that
//! interleave the engines), then lets criterion measure steps and epochs.
//! `cargo bench -p gradtape-benches --bench training -- ratios` stops after the lines.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use gradtape::nn::{Activation, Adam, Dataset, Engine, Init, LossProgram, Mlp, Sgd, Trainer, Workspace, loss};
use gradtape::program::{Precision, Rows};
use gradtape::{Plain, Value};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(1)
}

fn step_of_the_article(c: &mut Criterion) {
    let rows = [([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0), ([0.5, 1.0, 1.0], -1.0), ([1.0, 1.0, -1.0], 1.0)];
    let layers = [4, 4, 1].map(|width| (width, Activation::Tanh));
    let network = Mlp::<f64>::new(3, &layers, Init::Uniform, &mut rng()).unwrap();
    let (plain, mut workspace) = (network.clone(), Workspace::new());
    c.bench_function("article/plain loss", |b| {
        b.iter(|| {
            let predictions = black_box(rows).map(|(x, _)| plain.forward_into(&x, &mut workspace).unwrap()[0]);
            loss::sum_of_squares(&predictions, &rows.map(|(_, target)| target))
        });
    });
    let mut trainer = Trainer::new(network.clone(), Sgd::new(0.05));
    c.bench_function("article/step on the tape", |b| {
        b.iter(|| {
            trainer.step(|network, workspace| {
                let mut sum = Value::from(0.0);
                for (x, target) in black_box(rows) {
                    sum += loss::sum_of_squares(network.forward_into(&x.map(Value::from), workspace)?, &[target]);
                }
                Ok(sum)
            })
        });
    });
    let rows: Vec<f64> = rows.iter().flat_map(|(x, target)| [x[0], x[1], x[2], *target]).collect();
    let rows = Rows::new(&rows, 4).unwrap();
    let mut program = LossProgram::record(&network, &rows.row(0), |network, row| {
        Ok(loss::sum_of_squares(&network.forward(&row[..3])?, &row[3..]))
    })
    .unwrap();
    let mut trainer = Trainer::new(network, Sgd::new(0.05));
    c.bench_function("article/step of a program", |b| b.iter(|| trainer.step_on(&mut program, black_box(rows))));
}

/// The trainer of a network with 32 hidden neurons.
fn trainer<T: Plain>(data: &Dataset, engine: Engine) -> Trainer<T, Adam<T>> {
    let layers = [(32, Activation::Tanh), (data.target().width(), Activation::Identity)];
    let network = Mlp::new(data.names().len(), &layers, Init::Xavier, &mut rng()).unwrap();
    Trainer::new(network, Adam::new(T::from(0.005).unwrap())).with_engine(engine)
}

/// The ratio of the engines.
fn ratio<T: Precision>(name: &str, data: &Dataset, batch: usize, time: Duration) {
    let mut trainers = [Engine::Tape, Engine::Program].map(|engine| trainer::<T>(data, engine));
    let mut rngs = [rng(), rng()];
    let mut minima = [Duration::MAX; 2];
    // The first epochs make what later ones use again.
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < time || rounds < 3 {
        for ((trainer, rng), minimum) in trainers.iter_mut().zip(&mut rngs).zip(&mut minima) {
            let start = Instant::now();
            black_box(trainer.epoch(data, batch, rng).unwrap());
            *minimum = start.elapsed().min(*minimum);
        }
        rounds += 1;
    }
    let [tape, program] = minima.map(|minimum| minimum.as_secs_f64());
    println!(
        "{:<32}tape {:>9.1} µs   program {:>8.1} µs   ratio {:>6.3}",
        format!("{name}, {}, batch {batch}", std::any::type_name::<T>()),
        tape * 1e6,
        program * 1e6,
        program / tape,
    );
}

/// The training set of a data set of the examples.
fn training_set(name: &str) -> Dataset {
    let path = format!("{}/../examples/data/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let (mut data, _) = Dataset::from_csv(path, None).unwrap().split(0.2, &mut rng()).unwrap();
    data.standardize(&data.scaling());
    data
}

fn epoch<T: Precision>(c: &mut Criterion, name: &str, data: &Dataset) {
    for engine in [Engine::Tape, Engine::Program] {
        let (mut trainer, mut rng) = (trainer::<T>(data, engine), rng());
        let name = format!("{name}/epoch of {} rows in {}, {engine}", data.len(), std::any::type_name::<T>());
        c.bench_function(&name, |b| b.iter(|| trainer.epoch(data, 16, &mut rng)));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (iris, digits) = (training_set("iris"), training_set("digits"));
    // `cargo test --benches` passes no `--bench`: a look at the ratios is enough.
    let is_bench = arguments.iter().any(|a| a == "--bench");
    let time = Duration::from_secs(if is_bench { 3 } else { 0 });
    for batch in [16, 64] {
        ratio::<f32>("iris 4-32-3", &iris, batch, time);
        ratio::<f64>("iris 4-32-3", &iris, batch, time);
        ratio::<f32>("digits 64-32-10", &digits, batch, time);
        ratio::<f64>("digits 64-32-10", &digits, batch, time);
    }
    if !is_bench || arguments.iter().any(|a| a == "ratios") {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    step_of_the_article(&mut criterion);
    for (name, data) in [("iris", &iris), ("digits", &digits)] {
        epoch::<f32>(&mut criterion, name, data);
        epoch::<f64>(&mut criterion, name, data);
    }
    criterion.final_summary();
}
