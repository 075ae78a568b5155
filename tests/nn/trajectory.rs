//! The article's training run, step by step, compared with the naive reference.

use gradtape::Value;
use gradtape::nn::{Activation, LossProgram, Mlp, Sgd, Trainer, loss};
use gradtape::program::Rows;
use testing::naive::Naive;

const ROWS: [[f64; 3]; 4] = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]];
const TARGETS: [f64; 4] = [1.0, -1.0, -1.0, 1.0];
const WIDTHS: [usize; 4] = [3, 4, 4, 1];
const RATE: f64 = 0.05;

/// Fixed first weights in [-1, 1), zero biases.
fn first_parameters() -> Vec<f64> {
    let mut state = 42_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss, reason = "53 bits are left")]
        let unit = (state >> 11) as f64 / 2.0_f64.powi(53);
        2.0 * unit - 1.0
    };
    let mut parameters = Vec::new();
    for width in WIDTHS.windows(2) {
        for _ in 0..width[1] {
            parameters.extend((0..width[0]).map(|_| draw()));
            parameters.push(0.0);
        }
    }
    parameters
}

/// The sum of squared errors as a graph, written directly from the definition of the network.
fn naive_loss(parameters: &[Naive<f64>]) -> Naive<f64> {
    let constant = |x| Naive::new(x, Vec::new());
    let add =
        |a: &Naive<f64>, b: &Naive<f64>| Naive::new(a.data() + b.data(), vec![(a.clone(), 1.0), (b.clone(), 1.0)]);
    let mul = |a: &Naive<f64>, b: &Naive<f64>| {
        Naive::new(a.data() * b.data(), vec![(a.clone(), b.data()), (b.clone(), a.data())])
    };
    let tanh = |x: &Naive<f64>| {
        let y = x.data().tanh();
        Naive::new(y, vec![(x.clone(), 1.0 - y * y)])
    };
    let mut loss = constant(0.0);
    for (row, target) in ROWS.iter().zip(TARGETS) {
        let mut x: Vec<_> = row.iter().map(|&x| constant(x)).collect();
        let mut rest = parameters;
        for &width in &WIDTHS[1..] {
            let (layer, behind) = rest.split_at(width * (x.len() + 1));
            let neuron = |neuron: &[Naive<f64>]| {
                let (bias, weights) = neuron.split_last().unwrap();
                tanh(&weights.iter().zip(&x).fold(bias.clone(), |sum, (w, x)| add(&sum, &mul(w, x))))
            };
            x = layer.chunks(x.len() + 1).map(neuron).collect();
            rest = behind;
        }
        let error = add(&x[0], &constant(-target));
        loss = add(&loss, &mul(&error, &error));
    }
    loss
}

#[test]
fn the_article_s_network_follows_the_naive_reference_for_fifty_steps() {
    let shape = [4, 4, 1].map(|width| (width, Activation::Tanh));
    let network = Mlp::from_parameters(3, &shape, first_parameters()).unwrap();
    let numbers: Vec<f64> =
        ROWS.iter().zip(TARGETS).flat_map(|(row, target)| [row[0], row[1], row[2], target]).collect();
    let rows = Rows::new(&numbers, 4).unwrap();
    let mut program = LossProgram::record(&network, &rows.row(0), |network, row| {
        Ok(loss::sum_of_squares(&network.forward(&row[..3])?, &row[3..]))
    })
    .unwrap();
    let mut by_program = Trainer::new(network.clone(), Sgd::new(RATE));
    let mut trainer = Trainer::new(network, Sgd::new(RATE));
    let mut reference = first_parameters();
    let mut last = f64::INFINITY;
    for step in 0..50 {
        last = trainer
            .step(|network, workspace| {
                let mut sum = Value::constant(0.0);
                for (row, target) in ROWS.iter().zip(TARGETS) {
                    sum += loss::sum_of_squares(network.forward_into(&row.map(Value::constant), workspace)?, &[target]);
                }
                Ok(sum)
            })
            .unwrap();

        let loss_of_program = by_program.step_on(&mut program, rows).unwrap();

        let variables: Vec<_> = reference.iter().map(|&w| Naive::new(w, Vec::new())).collect();
        let naive = naive_loss(&variables);
        naive.backward();
        for (w, variable) in reference.iter_mut().zip(&variables) {
            *w -= RATE * variable.adjoint().0;
        }
        for (loss, trainer) in [(last, &trainer), (loss_of_program, &by_program)] {
            assert!((loss - naive.data()).abs() < 1e-9, "loss of step {step}: {loss} instead of {}", naive.data());
            for (i, (ours, w)) in trainer.network().parameters().iter().zip(&reference).enumerate() {
                assert!((ours - w).abs() < 1e-9, "parameter {i} after step {step}: {ours} instead of {w}");
            }
        }
    }
    // The loss of the fiftieth step, before its update, as other tools compute it from these weights.
    assert!((last - 0.010_081_122_537_6).abs() < 1e-12, "{last}");
}
