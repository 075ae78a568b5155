//! Claims about steps and epochs, and about their memory: a steady training loop does not allocate.

use gradtape::nn::{
    Activation, Adam, Dataset, Engine, Init, LossProgram, Mlp, Optimizer, Sgd, Target, Trainer, Workspace,
    loss::sum_of_squares,
};
use gradtape::program::{Expr, Rows};
use gradtape::{Gradients, Tape, Value};
use rand::SeedableRng;
use rand::rngs::StdRng;
use testing::allocations::{allocations, bytes};

const ENGINES: [Engine; 2] = [Engine::Tape, Engine::Program];

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Rows `(x, 2x - 1)`.
fn line(rows: u32) -> Dataset {
    let x: Vec<_> = (0..rows).map(|row| f64::from(row) / f64::from(rows)).collect();
    let y = x.iter().map(|x| 2.0 * x - 1.0).collect();
    Dataset::new(vec!["x".into()], x, Target::Numbers(y)).unwrap()
}

/// `w x + b`
fn linear(w: f64, b: f64) -> Mlp<f64> {
    Mlp::from_parameters(1, &[(1, Activation::Identity)], vec![w, b]).unwrap()
}

fn network() -> Mlp<f64> {
    let layers = [(16, Activation::Tanh), (3, Activation::Identity)];
    Mlp::new(40, &layers, Init::Xavier, &mut rng(1)).unwrap()
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1.0; 10]))), 1);
}

#[test]
fn a_loop_written_by_hand_allocates_nothing_after_the_first_step() {
    let mut plain = network();
    let tape = Tape::new();
    let mut values = plain.map(Value::constant);
    let mut workspace = Workspace::new();
    let mut gradients = Gradients::new();
    let mut gradient = vec![0.0; plain.parameters().len()];
    let mut optimizer = Sgd::new(0.01).with_momentum(0.9);
    let x = [Value::from(0.5); 40];
    let mut step = || {
        tape.clear();
        plain.map_into(&mut values, |w| tape.var(w));
        let loss = sum_of_squares(values.forward_into(&x, &mut workspace).unwrap(), &[1.0, 0.0, -1.0]);
        loss.backward_into(&mut gradients);
        gradients.wrt_into(values.parameters(), &mut gradient);
        optimizer.step(plain.parameters_mut(), &gradient);
    };
    assert!(allocations(&mut step) > 0);
    step();
    assert_eq!(allocations(|| (0..100).for_each(|_| step())), 0);
}

#[test]
fn a_large_batch_takes_the_memory_of_a_small_one_on_the_tape() {
    let data = line(640);
    let bytes = |batch| {
        let network = Mlp::new(1, &[(64, Activation::Tanh), (1, Activation::Identity)], Init::He, &mut rng(1)).unwrap();
        let mut trainer = Trainer::new(network, Sgd::new(0.01)).with_engine(Engine::Tape);
        let before = bytes();
        trainer.epoch(&data, batch, &mut rng(2)).unwrap();
        bytes() - before
    };
    assert_eq!(bytes(640), bytes(16));
}

#[test]
fn epochs_and_steps_allocate_nothing_after_the_first() {
    let rows = (0_u32..40 * 40).map(|i| f64::from(i % 7)).collect();
    let names = (0..40).map(|i| format!("x{i}")).collect();
    let classes = Target::Classes {
        names: ["a", "b", "c"].map(String::from).into(),
        labels: (0..40).map(|row| row % 3).collect(),
    };
    let data = Dataset::new(names, rows, classes).unwrap();
    let mut rng = rng(2);
    for engine in ENGINES {
        let mut trainer = Trainer::new(network(), Adam::new(0.01)).with_engine(engine);
        for batch in [4, 40] {
            let mut epoch = || trainer.epoch(&data, batch, &mut rng).unwrap();
            epoch();
            assert_eq!(allocations(|| (0..20).for_each(|_| _ = epoch())), 0, "{engine}");
        }
    }
    let numbers = [0.5; 43 * 7];
    let rows = Rows::new(&numbers, 43).unwrap();
    let mut program = LossProgram::record(&network(), &rows.row(0), |network, row| {
        Ok(sum_of_squares(&network.forward(&row[..40])?, &row[40..]))
    })
    .unwrap();
    let mut trainer = Trainer::new(network(), Adam::new(0.01));
    let mut step = || trainer.step_on(&mut program, rows).unwrap();
    step();
    assert_eq!(allocations(|| (0..20).for_each(|_| _ = step())), 0);
}

#[test]
fn a_step_whose_loss_fails_changes_nothing() {
    let network = Mlp::<f64>::new(3, &[(1, Activation::Tanh)], Init::Uniform, &mut rng(1)).unwrap();
    let mut trainer = Trainer::new(network.clone(), Sgd::new(0.1));
    assert!(trainer.step(|network, _| Ok(network.forward(&[])?[0])).is_err());
    assert_eq!(trainer.network().parameters(), network.parameters());
}

#[test]
fn an_epoch_refuses_what_does_not_fit() {
    let data = Dataset::new(
        vec!["x".into()],
        vec![1.0, 2.0],
        Target::Classes { names: vec!["a".into(), "b".into()], labels: vec![0, 1] },
    )
    .unwrap();
    for engine in ENGINES {
        let epoch = |inputs, outputs, batch| {
            let network = Mlp::<f64>::new(inputs, &[(outputs, Activation::Tanh)], Init::Uniform, &mut rng(1)).unwrap();
            let mut trainer = Trainer::new(network, Sgd::new(0.1)).with_engine(engine);
            trainer.epoch(&data, batch, &mut rng(1)).map_err(|error| error.to_string())
        };
        assert!(epoch(1, 2, 1).is_ok());
        assert_eq!(epoch(1, 2, 0).unwrap_err(), "batch: expected at least 1 row, found 0");
        assert_eq!(epoch(2, 2, 1).unwrap_err(), "layer 1 of the network: expected 2 inputs, found 1");
        assert!(epoch(1, 3, 1).unwrap_err().starts_with("last layer of the network: expected 2 outputs"));
    }
}

#[test]
fn an_epoch_returns_the_mean_over_rows_whatever_the_batches() {
    let data =
        Dataset::new(vec!["x".into()], vec![1.0, 2.0, 3.0, 4.0, 5.0], Target::Numbers(vec![1.0, 4.0, 3.0, 8.0, 15.0]))
            .unwrap();
    for (seed, engine) in (0..10).flat_map(|seed| ENGINES.map(|engine| (seed, engine))) {
        let mut trainer = Trainer::new(linear(1.0, 0.0), Sgd::new(0.0)).with_engine(engine);
        let mean: f64 = trainer.epoch(&data, 2, &mut rng(seed)).unwrap();
        assert!((mean - (4.0 + 16.0 + 100.0) / 5.0).abs() < 1e-13, "{mean}");
        assert_eq!(trainer.into_network().parameters(), [1.0, 0.0]);
    }
}

#[test]
fn an_epoch_goes_through_the_rows_in_random_order() {
    for engine in ENGINES {
        let trained = |seed| {
            let mut trainer = Trainer::new(linear(0.5, 0.0), Sgd::new(0.1)).with_engine(engine);
            trainer.epoch(&line(8), 1, &mut rng(seed)).unwrap();
            trainer.into_network().parameters().to_vec()
        };
        assert_eq!(trained(1), trained(1));
        assert_ne!(trained(1), trained(2));
    }
}

#[test]
fn a_batch_of_many_sweeps_is_a_step_down_the_gradient_of_its_mean() {
    for (rows, engine) in [5, 16, 40, 64].into_iter().flat_map(|rows| ENGINES.map(|engine| (rows, engine))) {
        let data = line(rows);
        let mut by_epoch = Trainer::new(linear(-3.0, 0.5), Sgd::new(1.0)).with_engine(engine);
        let mut by_step = Trainer::new(linear(-3.0, 0.5), Sgd::new(1.0));
        let mean = by_epoch.epoch(&data, 64, &mut rng(1)).unwrap();
        let loss = by_step.step(|network, _| {
            let losses = (0..data.len()).map(|row| {
                let outputs = network.forward(&[Value::from(data.row(row)[0])])?;
                Ok(data.target().loss(row, &outputs))
            });
            Ok(losses.sum::<Result<Value<f64>, gradtape::Error>>()? / f64::from(rows))
        });
        assert!((mean / loss.unwrap() - 1.0_f64).abs() < 1e-14);
        for (a, b) in by_epoch.network().parameters().iter().zip(by_step.network().parameters()) {
            assert!((a - b).abs() < 1e-14, "{rows} rows: {a} is not {b}");
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_neither_network_nor_optimiser() {
    let data = Dataset::new(vec!["x".into()], vec![1e200, 1.0], Target::Numbers(vec![0.0, 0.0])).unwrap();
    for engine in ENGINES {
        let mut trainer = Trainer::new(linear(1.0, 0.0), Sgd::new(0.25).with_momentum(0.5)).with_engine(engine);
        assert_eq!(trainer.epoch(&data, 2, &mut rng(1)).unwrap(), f64::INFINITY);
        assert!(trainer.step(|network, _| Ok((network.parameters()[0] - 2.0).ln())).unwrap().is_nan());
        let mut ln =
            LossProgram::record(trainer.network(), &[0.0], |network, row| Ok((network.parameters()[0] - row[0]).ln()))
                .unwrap();
        let numbers = [0.5, 2.0];
        assert!(trainer.step_on(&mut ln, Rows::new(&numbers, 1).unwrap()).unwrap().is_nan());
        assert_eq!(trainer.network().parameters(), [1.0, 0.0]);
        assert_eq!(trainer.step(|network, _| Ok(network.parameters()[0])).unwrap(), 1.0);
        assert_eq!(trainer.network().parameters(), [0.75, 0.0]);
    }
}

#[test]
fn a_rate_can_change_on_the_way() {
    let mut sgd = Trainer::new(linear(1.0, 0.0), Sgd::new(0.0));
    let mut adam = Trainer::new(linear(1.0, 0.0), Adam::new(0.0));
    for (rate, w) in [(0.0, 1.0), (0.25, 0.75), (0.5, 0.25)] {
        sgd.optimizer_mut().set_rate(rate);
        adam.optimizer_mut().set_rate(rate);
        sgd.step(|network, _| Ok(network.parameters()[0])).unwrap();
        adam.step(|network, _| Ok(network.parameters()[0])).unwrap();
        assert_eq!(sgd.network().parameters()[0], w);
        assert!((adam.network().parameters()[0] - w).abs() < 1e-6);
    }
}

#[test]
fn a_step_of_rows_is_that_of_the_tape_for_the_sum_and_for_the_mean() {
    let numbers = [1.0, 3.0, 2.0, -1.0, 0.5, 0.25];
    let rows = Rows::new(&numbers, 2).unwrap();
    let record = || {
        LossProgram::record(&linear(1.0, 0.0), &rows.row(0), |network, row| {
            Ok(sum_of_squares(&network.forward(&row[..1])?, &row[1..]))
        })
        .unwrap()
    };
    for (mut program, count) in [(record(), 1.0), (record().mean(), 3.0)] {
        let mut by_rows = Trainer::new(linear(1.0, 0.0), Sgd::new(0.1));
        let mut by_tape = Trainer::new(linear(1.0, 0.0), Sgd::new(0.1));
        for _ in 0..5 {
            let a = by_rows.step_on(&mut program, rows).unwrap();
            let b = by_tape.step(|network, _| {
                let losses = numbers
                    .chunks(2)
                    .map(|row| Ok(sum_of_squares(&network.forward(&[Value::from(row[0])])?, &row[1..])));
                Ok(losses.sum::<Result<Value<f64>, gradtape::Error>>()? / count)
            });
            assert!((a - b.unwrap()).abs() < 1e-12 * a);
            for (a, b) in by_rows.network().parameters().iter().zip(by_tape.network().parameters()) {
                assert!((a - b).abs() < 1e-12, "{a} is not {b}");
            }
        }
    }
}

#[test]
fn a_step_of_rows_refuses_what_does_not_fit_and_changes_nothing() {
    let branching = |network: &Mlp<Expr<f64>>, row: &[Expr<f64>]| {
        let y = network.forward(row)?[0];
        Ok(if y > 0.0 { y } else { -y * 2.0 })
    };
    let mut program = LossProgram::record(&linear(1.0, 0.0), &[1.0], branching).unwrap();
    let mut trainer = Trainer::new(linear(1.0, 0.0), Sgd::new(0.1));
    let numbers = [1.0, 2.0, -1.0, 3.0];
    let error = |rows: Rows<'_, f64>, trainer: &mut Trainer<f64, Sgd<f64>>, program: &mut LossProgram<f64>| {
        trainer.step_on(program, rows).unwrap_err().to_string()
    };
    let found = error(Rows::new(&numbers, 1).unwrap(), &mut trainer, &mut program);
    assert!(found.starts_with("row 2: expected a row for which the comparison at "), "{found}");
    assert!(found.contains("training.rs:") && found.contains("found one for which -1 > 0 is false"), "{found}");
    let found = error(Rows::new(&numbers, 2).unwrap(), &mut trainer, &mut program);
    assert_eq!(found, "program: expected rows of 1 inputs, found 2");
    assert_eq!(trainer.network().parameters(), [1.0, 0.0]);
    assert_eq!(trainer.step_on(&mut program, Rows::new(&numbers[..2], 1).unwrap()).unwrap(), 3.0);

    let other = Mlp::from_parameters(1, &[(1, Activation::Tanh)], vec![1.0, 0.0]).unwrap();
    let found = error(Rows::new(&numbers, 1).unwrap(), &mut Trainer::new(other, Sgd::new(0.1)), &mut program);
    assert_eq!(found, "network: expected 1 -> 1 identity, which was recorded, found 1 -> 1 tanh");
    let error = LossProgram::record(&linear(1.0, 0.0), &[1.0], |network, _| Ok(network.forward(&[])?[0])).unwrap_err();
    assert_eq!(error.to_string(), "layer 1 of the network: expected 1 inputs, found 0");
}
