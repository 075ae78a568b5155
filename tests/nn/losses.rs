//! Claims about losses: their values, their derivatives, and that every engine trains by the same.

#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use gradtape::nn::{Activation, Dataset, Engine, Init, Loss, Mlp, Sgd, Target, Trainer, loss};
use gradtape::program::Precision;
use gradtape::{Function, Real, check};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use testing::{TestFloat, number};

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn of_numbers() -> Vec<Loss> {
    vec![Loss::Squared, Loss::Absolute, Loss::Huber(0.7), Loss::Quantile(0.2), Loss::Poisson]
}

fn of_classes() -> Vec<Loss> {
    let cross_entropy = |smoothing, weights: &[f64]| Loss::CrossEntropy { smoothing, weights: weights.to_vec() };
    vec![
        cross_entropy(0.0, &[]),
        cross_entropy(0.1, &[]),
        cross_entropy(0.0, &[0.5, 2.0, 1.0]),
        cross_entropy(0.3, &[3.0, 0.25, 1.0]),
        Loss::Binary,
        Loss::Hinge,
    ]
}

/// The loss as its definition says it.
fn definition(loss: &Loss, y: &[f64], t: &[f64]) -> f64 {
    let sum = |f: &dyn Fn(f64, f64) -> f64| y.iter().zip(t).map(|(&y, &t)| f(y, t)).sum::<f64>();
    let sigmoid = |y: f64| 1.0 / (1.0 + (-y).exp());
    match loss {
        Loss::Squared => sum(&|y, t| (y - t).powi(2)),
        Loss::Absolute => sum(&|y, t| (y - t).abs()),
        Loss::Huber(width) => sum(&|y, t| {
            let e = (y - t).abs();
            if e <= *width { e * e / 2.0 } else { width * (e - width / 2.0) }
        }),
        Loss::Quantile(q) => sum(&|y, t| if t > y { q * (t - y) } else { (1.0 - q) * (y - t) }),
        Loss::Poisson => sum(&|y, t| y.exp() - t * y),
        Loss::Binary => sum(&|y, t| -t * sigmoid(y).ln() - (1.0 - t) * sigmoid(-y).ln()),
        Loss::Hinge => sum(&|y, t| (1.0 - if t == 1.0 { y } else { -y }).max(0.0)) / y.len() as f64,
        Loss::CrossEntropy { smoothing, weights } => {
            let all: f64 = y.iter().map(|y| y.exp()).sum();
            let count = y.len() as f64;
            let class = t.iter().position(|&t| t == 1.0).unwrap();
            let weight = weights.get(class).copied().unwrap_or(1.0);
            weight * sum(&|y, t| -((1.0 - smoothing) * t + smoothing / count) * (y.exp() / all).ln())
        }
        _ => unreachable!("the loss has a definition"),
    }
}

/// Losses with targets, at which they are smooth.
fn cases() -> Vec<(Loss, Vec<f64>, Vec<f64>)> {
    let numbers = of_numbers().into_iter().map(|loss| (loss, vec![0.3, -1.2, 2.5], vec![0.1, 1.0, 2.0]));
    let classes = of_classes().into_iter().map(|loss| (loss, vec![0.3, -1.2, 2.5], vec![0.0, 1.0, 0.0]));
    numbers.chain(classes).collect()
}

#[test]
fn losses_are_what_they_are_defined_to_be() {
    fn assert_defined<T: TestFloat>() {
        for (loss, outputs, target) in cases() {
            let [y, t] = [&outputs, &target].map(|x| x.iter().map(|&x| number(x)).collect::<Vec<T>>());
            let (ours, expected): (f64, _) = (loss.value(&y, &t).into(), definition(&loss, &outputs, &target));
            assert!(
                (ours - expected).abs() <= 8.0 * T::epsilon().into() * expected.abs(),
                "{loss:?}: {ours} {expected}"
            );
        }
    }
    assert_defined::<f64>();
    assert_defined::<f32>();
}

/// A loss as a function of the outputs.
struct OfOutputs<'a>(&'a Loss, &'a [f64]);

impl Function for OfOutputs<'_> {
    fn eval<F: Real<Plain = f64>>(&self, y: &[F]) -> F {
        let target: Vec<F> = self.1.iter().map(|&t| F::constant(t)).collect();
        self.0.value(y, &target)
    }
}

#[test]
fn losses_have_the_derivatives_that_differences_say() {
    for (loss, outputs, target) in cases() {
        let report = check::function(&OfOutputs(&loss, &target), &outputs).unwrap();
        assert!(report.all_agree(), "{loss:?}\n{report}");
    }
}

#[test]
fn binary_cross_entropy_is_finite_and_accurate_at_any_score() {
    for score in [0.0_f64, 1e-300, 3.0, 40.0, 700.0, 1e300] {
        let rest = (-score).exp().ln_1p();
        for (score, share, expected) in
            [(score, 1.0, rest), (-score, 0.0, rest), (-score, 1.0, score + rest), (score, 0.0, score + rest)]
        {
            let ours: f64 = loss::binary_cross_entropy(&[score], &[share]);
            assert!(
                (ours - expected).abs() <= 4.0 * f64::EPSILON * expected,
                "{ours} instead of {expected} at {score}"
            );
        }
    }
    assert_eq!(loss::binary_cross_entropy(&[2.0_f32], &[0.5]), loss::binary_cross_entropy(&[-2.0_f32], &[0.5]));
}

#[test]
fn the_least_loss_is_at_the_statistic_that_the_page_names() {
    let targets = [1.0, 2.0, 3.0, 7.0, 9.0, 9.5, 20.0];
    let least = |loss: &Loss| {
        let sum = |y: f64| targets.iter().map(|&t| loss.value(&[y], &[t])).sum::<f64>();
        (0..4000).map(|k| f64::from(k) / 200.0).min_by(|a, b| sum(*a).total_cmp(&sum(*b))).unwrap()
    };
    assert_eq!(least(&Loss::Absolute), 7.0);
    assert_eq!(least(&Loss::Quantile(0.5)), 7.0);
    assert_eq!(least(&Loss::Quantile(0.2)), 2.0);
    assert!((least(&Loss::Squared) - targets.iter().sum::<f64>() / 7.0).abs() < 0.003);
    assert!((least(&Loss::Huber(1e-3)) - 7.0).abs() < 0.01);
}

fn numbers() -> Dataset {
    let x: Vec<f64> = (0..40).map(|k| f64::from(k * 7 % 20) / 10.0 - 1.0).collect();
    let y = x.iter().map(|x| (x * 2.0).sin() + 1.5).collect();
    Dataset::new(vec!["x".into()], x, Target::Numbers(y)).unwrap()
}

fn classes() -> Dataset {
    let x: Vec<f64> = (0..40).map(|k| f64::from(k * 7 % 20) / 10.0 - 1.0).collect();
    let labels = x
        .iter()
        .map(|&x| {
            if x < -0.3 {
                0
            } else if x < 0.4 {
                1
            } else {
                2
            }
        })
        .collect();
    Dataset::new(vec!["x".into()], x, Target::Classes { names: ["a", "b", "c"].map(str::to_owned).to_vec(), labels })
        .unwrap()
}

fn engines_agree<T: Precision>(tolerance: f64) {
    for (data, losses) in [(numbers(), of_numbers()), (classes(), of_classes())] {
        for loss in losses {
            let layers = [(5, Activation::Tanh), (data.target().width(), Activation::Identity)];
            let network = Mlp::<T>::new(1, &layers, Init::Xavier, &mut rng(2)).unwrap();
            let [tape, program] = [Engine::Tape, Engine::Program].map(|engine| {
                let optimizer = Sgd::new(T::from(0.02).unwrap());
                let mut trainer = Trainer::new(network.clone(), optimizer).with_engine(engine).with_loss(loss.clone());
                let losses: Vec<T> = (0..20).map(|_| trainer.epoch(&data, 8, &mut rng(3)).unwrap()).collect();
                assert!(losses[19] < losses[0], "{loss:?} does not fall: {losses:?}");
                [losses, trainer.into_network().parameters().to_vec()].concat()
            });
            for (a, b) in tape.into_iter().zip(program) {
                let [a, b] = [a, b].map(|x| x.to_f64().unwrap());
                assert!((a - b).abs() <= tolerance * (1.0 + a.abs()), "{loss:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn both_engines_train_by_every_loss() {
    engines_agree::<f64>(1e-10);
    engines_agree::<f32>(1e-4);
}

#[test]
fn one_trainer_may_change_its_loss() {
    let network = Mlp::<f64>::new(1, &[(3, Activation::Identity)], Init::Xavier, &mut rng(1)).unwrap();
    let data = classes();
    let mut trainer = Trainer::new(network.clone(), Sgd::new(0.1)).with_loss(Loss::Binary);
    trainer.epoch(&data, 8, &mut rng(1)).unwrap();
    let mut trainer = trainer.with_loss(Loss::Hinge);
    let hinge = trainer.epoch(&data, data.len(), &mut rng(1)).unwrap();
    let outputs = Trainer::new(network, Sgd::new(0.1)).with_loss(Loss::Binary);
    let mut again = outputs;
    again.epoch(&data, 8, &mut rng(1)).unwrap();
    let mut sum = 0.0;
    for (row, y) in again.network().predict(&data).unwrap().iter().enumerate() {
        let mut target = [0.0; 3];
        data.target().write(row, &mut target);
        sum += Loss::Hinge.value(y, &target);
    }
    assert!((hinge - sum / data.len() as f64).abs() < 1e-12);
}

#[test]
fn a_loss_refuses_targets_that_are_not_its_own() {
    let (number, class) = (numbers(), classes());
    let message = |loss: Loss, data: &Dataset| loss.check(data.target()).unwrap_err().to_string();
    for loss in of_numbers() {
        loss.check(number.target()).unwrap();
        assert!(message(loss, &class).starts_with("loss: expected a loss for classes: cross-entropy, binary or hinge"));
    }
    for loss in of_classes() {
        loss.check(class.target()).unwrap();
        assert!(message(loss, &number).starts_with("loss: expected a loss for numbers: squared, absolute, Huber"));
    }
    let cross_entropy = |smoothing, weights: &[f64]| Loss::CrossEntropy { smoothing, weights: weights.to_vec() };
    for (loss, data, expected) in [
        (Loss::Huber(0.0), &number, "a width above 0, found 0"),
        (Loss::Huber(f64::NAN), &number, "a width above 0, found NaN"),
        (Loss::Quantile(1.5), &number, "a quantile from 0 to 1, found 1.5"),
        (cross_entropy(-0.1, &[]), &class, "a smoothing from 0 to 1, found -0.1"),
        (cross_entropy(0.0, &[1.0]), &class, "a weight for each of 3 classes, found 1"),
        (cross_entropy(0.0, &[1.0, 0.0, 1.0]), &class, "weights above 0, found 0"),
    ] {
        assert_eq!(message(loss, data), format!("loss: expected {expected}"));
    }
    let negative = Dataset::new(vec!["x".into()], vec![1.0], Target::Numbers(vec![-2.0])).unwrap();
    assert_eq!(message(Loss::Poisson, &negative), "loss: expected counts, which are not negative, found -2");
    let network = Mlp::<f64>::new(1, &[(3, Activation::Identity)], Init::Xavier, &mut rng(1)).unwrap();
    let mut trainer = Trainer::new(network, Sgd::new(0.1)).with_loss(Loss::Squared);
    for _ in 0..2 {
        assert!(trainer.epoch(&class, 8, &mut rng(1)).is_err());
    }
}
