//! Training: one step of the article's network, and one epoch on each data set.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gradtape::nn::{Activation, Adam, Dataset, Init, Mlp, Sgd, Trainer, Workspace, loss};
use gradtape::{Real, Value};
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
    let mut trainer = Trainer::new(network, Sgd::new(0.05));
    c.bench_function("article/step", |b| {
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
}

fn epoch<T: Real<Scalar = T>>(c: &mut Criterion, name: &str, rows: usize) {
    let path = format!("{}/examples/data/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let data = Dataset::from_csv(path, None).unwrap();
    #[allow(clippy::cast_precision_loss)]
    let share = rows as f64 / data.len() as f64;
    let (_, mut data) = data.split(share.min(0.9), &mut rng()).unwrap();
    data.standardize(&data.scaling());
    let layers = [(32, Activation::Tanh), (data.target().width(), Activation::Identity)];
    let network = Mlp::<T>::new(data.names().len(), &layers, Init::Xavier, &mut rng()).unwrap();
    let mut trainer = Trainer::new(network, Adam::new(T::from(0.005).unwrap()));
    let mut rng = rng();
    c.bench_function(&format!("{name}/epoch of {} rows in {}", data.len(), std::any::type_name::<T>()), |b| {
        b.iter(|| trainer.epoch(&data, 16, &mut rng));
    });
}

fn epochs(c: &mut Criterion) {
    for (name, rows) in [("iris", 120), ("digits", 360)] {
        epoch::<f32>(c, name, rows);
        epoch::<f64>(c, name, rows);
    }
}

criterion_group!(training, step_of_the_article, epochs);
criterion_main!(training);
