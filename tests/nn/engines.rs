//! Claims about the two engines of a training: programs give the results of the tape, which is the reference.

use gradtape::gradient;
use gradtape::nn::{Activation, Adam, Dataset, Engine, Init, Mlp, Optimizer, Sgd, Target, Trainer, loss};
use gradtape::program::{Expr, Precision, Program, Rows, Workspace};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use testing::activations::activations;

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// About `share` of a data set of the examples, standardised.
fn part(name: &str, share: f64) -> Dataset {
    let path = format!("{}/../examples/data/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let (_, mut data) = Dataset::from_csv(path, None).unwrap().split(share, &mut rng(1)).unwrap();
    data.standardize(&data.scaling());
    data
}

/// Three features of each flower; the fourth is predicted.
fn widths_of_petals() -> Dataset {
    let iris = part("iris", 0.4);
    let rows: Vec<_> = (0..iris.len()).map(|row| iris.row(row)).collect();
    let target = Target::Numbers(rows.iter().map(|row| row[3]).collect());
    Dataset::new(iris.names()[..3].to_vec(), rows.iter().flat_map(|row| &row[..3]).copied().collect(), target).unwrap()
}

/// The largest distance between the parameters of both engines, and between the losses, after each of a few epochs.
fn distance<T: Precision>(
    data: &Dataset,
    hidden: &[(usize, Activation)],
    batch: usize,
    optimizer: impl Fn() -> Box<dyn Optimizer<T>>,
) -> f64 {
    let layers = [hidden, &[(data.target().width(), Activation::Identity)]].concat();
    let network = Mlp::<T>::new(data.names().len(), &layers, Init::Xavier, &mut rng(2)).unwrap();
    let start = network.parameters().to_vec();
    let mut trainers =
        [Engine::Tape, Engine::Program].map(|engine| Trainer::new(network.clone(), optimizer()).with_engine(engine));
    let mut rngs = [rng(3), rng(3)];
    let mut distance = 0.0_f64;
    let mut compare = |a: T, b: T| {
        let [a, b] = [a, b].map(|x| x.to_f64().unwrap());
        distance = distance.max((a - b).abs() / (1.0 + a.abs()));
        assert!(!distance.is_nan() && a.is_finite());
    };
    for _ in 0..4 {
        let [a, b] = std::array::from_fn(|i| trainers[i].epoch(data, batch, &mut rngs[i]).unwrap());
        compare(a, b);
        let [a, b] = trainers.each_ref().map(|trainer| trainer.network().parameters());
        a.iter().zip(b).for_each(|(&a, &b)| compare(a, b));
        assert_ne!(a, start, "nothing was learnt");
    }
    distance
}

fn sgd<T: Precision>() -> Box<dyn Optimizer<T>> {
    Box::new(Sgd::new(T::from(0.02).unwrap()).with_momentum(T::from(0.9).unwrap()))
}

fn adam<T: Precision>() -> Box<dyn Optimizer<T>> {
    Box::new(Adam::new(T::from(0.005).unwrap()).with_decay(T::from(0.01).unwrap()))
}

#[test]
fn both_engines_go_the_same_way_with_every_activation_and_optimiser() {
    let (iris, digits, widths) = (part("iris", 0.4), part("digits", 0.03), widths_of_petals());
    for activation in activations() {
        for (data, hidden) in [
            (&iris, &[(8, activation), (5, activation)][..]),
            (&digits, &[(8, activation)]),
            (&widths, &[(6, activation)]),
        ] {
            for optimizer in [sgd, adam] {
                let far = distance::<f64>(data, hidden, 16, optimizer);
                assert!(far < 1e-9, "{activation}: {far:e}");
            }
            let far = distance::<f32>(data, hidden, 16, sgd);
            assert!(far < 1e-4, "{activation} in f32: {far:e}");
        }
    }
}

#[test]
fn both_engines_take_batches_of_any_size() {
    let iris = part("iris", 0.4);
    for batch in [1, 7, iris.len() - 1, iris.len(), 1000] {
        let far = distance::<f64>(&iris, &[(5, Activation::Tanh)], batch, adam);
        assert!(far < 1e-9, "{batch}: {far:e}");
    }
}

#[test]
fn one_trainer_learns_classes_and_numbers() {
    let classes = Dataset::new(
        vec!["x".into()],
        vec![-1.0, 1.0],
        Target::Classes { names: vec!["a".into(), "b".into()], labels: vec![0, 1] },
    )
    .unwrap();
    // A network with one output has no second class to choose; a network with two outputs cannot predict a number.
    let numbers = Dataset::new(vec!["x".into()], vec![-1.0, 1.0], Target::Numbers(vec![2.0, 3.0])).unwrap();
    let network = Mlp::<f64>::new(1, &[(2, Activation::Identity)], Init::Xavier, &mut rng(1)).unwrap();
    let mut trainer = Trainer::new(network, Sgd::new(0.1));
    assert!(trainer.epoch(&numbers, 2, &mut rng(1)).is_err());
    let first = trainer.epoch(&classes, 2, &mut rng(1)).unwrap();
    assert!(trainer.epoch(&classes, 2, &mut rng(1)).unwrap() < first);
}

#[test]
fn a_wrong_width_is_an_error_after_a_right_one_too() {
    let data = |features: usize| {
        let names = (0..features).map(|i| format!("x{i}")).collect();
        Dataset::new(names, vec![1.0; 2 * features], Target::Numbers(vec![2.0, 3.0])).unwrap()
    };
    for engine in [Engine::Tape, Engine::Program] {
        let network = Mlp::<f64>::new(1, &[(1, Activation::Identity)], Init::Xavier, &mut rng(1)).unwrap();
        let mut trainer = Trainer::new(network, Sgd::new(0.1)).with_engine(engine);
        trainer.epoch(&data(1), 2, &mut rng(1)).unwrap();
        let error = trainer.epoch(&data(2), 2, &mut rng(1)).unwrap_err();
        assert_eq!(error.to_string(), "layer 1 of the network: expected 1 inputs, found 2");
    }
}

#[test]
fn soft_cross_entropy_shares_is_that_of_the_class_if_one_has_all() {
    let share =
        |classes: usize, class: usize| (0..classes).map(|i| f64::from(u8::from(i == class))).collect::<Vec<_>>();
    for scores in [
        &[0.5, -2.0, 3.0][..],
        &[1.0, 1.0],
        &[40.0, 0.0, 1.0],
        &[0.0, 40.0, 39.5, -700.0],
        &[1000.0, -1000.0, 0.0],
        &[-1e308, 1e308],
        &[2.0],
    ] {
        for class in 0..scores.len() {
            let shares = share(scores.len(), class);
            let expected = loss::cross_entropy(scores, class);
            let found = loss::soft_cross_entropy(scores, &shares);
            assert!(found == expected || (found / expected - 1.0).abs() < 4e-16, "{scores:?}: {found}, not {expected}");
            let [a, b] = [
                gradient(|y| loss::cross_entropy(y, class), scores).1,
                gradient(
                    |y| loss::soft_cross_entropy(y, &shares.iter().map(|&t| t.into()).collect::<Vec<_>>()),
                    scores,
                )
                .1,
            ];
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 4e-16), "{scores:?}: {b:?}, not {a:?}");
        }
    }
}

#[test]
fn soft_cross_entropy_shares_is_its_formula() {
    let (y, t) = ([0.5, -2.0, 3.0], [0.2, 0.5, 0.3]);
    let sum: f64 = y.iter().map(|y: &f64| y.exp()).sum();
    let expected = sum.ln() - y.iter().zip(t).map(|(y, t)| y * t).sum::<f64>();
    assert!((loss::soft_cross_entropy(&y, &t) - expected).abs() < 1e-15);
    let (_, slopes) = gradient(|y| loss::soft_cross_entropy(y, &t.map(Into::into)), &y);
    for ((slope, y), t) in slopes.into_iter().zip(y).zip(t) {
        assert!((slope - (y.exp() / sum - t)).abs() < 1e-15);
    }
    for scores in [[f64::NAN, 1.0, 2.0], [1.0, f64::NAN, 2.0], [1.0, 2.0, f64::NAN]] {
        assert!(loss::soft_cross_entropy(&scores, &t).is_nan(), "{scores:?}");
    }
}

#[test]
#[should_panic(expected = "cross-entropy needs a score for each class")]
fn soft_cross_entropy_shares_refuses_no_scores() {
    loss::soft_cross_entropy::<f64>(&[], &[]);
}

#[test]
#[should_panic(expected = "a loss needs as many targets as outputs")]
fn soft_cross_entropy_shares_refuses_other_counts() {
    loss::soft_cross_entropy(&[1.0, 2.0], &[1.0]);
}

/// A loss of outputs and targets.
type Loss<F> = fn(&[F], &[F]) -> F;

#[test]
fn a_program_of_every_loss_without_a_class_takes_all_rows() {
    fn check<T: Precision>() {
        let losses: [Loss<Expr<T>>; 4] = [
            |y, t| loss::soft_cross_entropy(y, t),
            |y, t| loss::sum_of_squares(y, t),
            |y, t| loss::mean_squared(y, t),
            |y, t| loss::hinge(y, t),
        ];
        let plain: [Loss<T>; 4] = [
            |y, t| loss::soft_cross_entropy(y, t),
            |y, t| loss::sum_of_squares(y, t),
            |y, t| loss::mean_squared(y, t),
            |y, t| loss::hinge(y, t),
        ];
        let numbers = [0.5, -2.0, 1.0, 0.0, 3.0, 1.0, 0.0, 1.0, -50.0, 90.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let numbers = numbers.map(|x| T::from(x).unwrap());
        let rows = Rows::new(&numbers, 4).unwrap();
        for (record, plain) in losses.into_iter().zip(plain) {
            let program = Program::record(|row| record(&row[..2], &row[2..]), &[T::zero(); 4]);
            let mut workspace = Workspace::new();
            let results = program.run(&[], rows, &mut workspace).unwrap();
            for row in 0..rows.len() {
                let found = results.row(row)[0];
                let inputs = rows.row(row);
                let (y, t) = inputs.split_at(2);
                let expected = plain(y, t);
                assert!((found - expected).abs() <= T::epsilon() * (T::one() + expected.abs()) * T::from(4.0).unwrap());
            }
        }
    }
    check::<f32>();
    check::<f64>();
}
