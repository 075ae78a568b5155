//! Whatever an optimiser can ask for value and gradient gives the same.

use gradtape::nn::{Activation, Adam, LossProgram, Mlp, Optimizer, Sgd, loss};
use gradtape::program::{Program, Rows};
use gradtape::{Compiled, Driver, Error, Objective, Real, function};
use testing::panics::assert_refused;

/// The squared errors of a line at two rows, times their number.
const ROWS: [f64; 4] = [1.0, 3.0, 2.0, 4.0];

fn error<F: Real<Plain = f64>>(line: &[F], row: &[F]) -> F {
    (line[0] * row[0] + line[1] - row[1]).powi(2)
}

fn asked(objective: &dyn Objective<f64>, x: &[f64]) -> (f64, Vec<f64>) {
    let mut gradient = vec![f64::NAN; x.len()];
    (objective.value_and_gradient(x, &mut gradient).unwrap(), gradient)
}

#[test]
fn a_function_a_closure_a_recorded_loss_and_a_network_give_the_same_objective() {
    let rows = Rows::new(&ROWS, 2).unwrap();
    let function = function!(|x| ROWS.chunks(2).map(|row| error(x, &[F::constant(row[0]), F::constant(row[1])])).sum());
    let (driver, compiled) = (Driver::new(function), Compiled::new(function).without_driver());
    let closure = |x: &[f64], gradient: &mut [f64]| {
        let residuals = [x[0] + x[1] - 3.0, 2.0 * x[0] + x[1] - 4.0];
        gradient[0] = 2.0 * residuals[0] + 4.0 * residuals[1];
        gradient[1] = 2.0 * residuals[0] + 2.0 * residuals[1];
        residuals[0] * residuals[0] + residuals[1] * residuals[1]
    };
    let program = Program::record_with(error, &[0.0, 0.0], &[0.0, 0.0]).gradient_of_sum();
    let network = Mlp::from_parameters(1, &[(1, Activation::Identity)], vec![0.0, 0.0]).unwrap();
    let record = || {
        LossProgram::record(&network, &rows.row(0), |network, row| {
            Ok(loss::sum_of_squares(&network.forward(&row[..1])?, &row[1..]))
        })
        .unwrap()
    };
    let (sum, mean) = (record(), record().mean());
    for x in [[0.0, 0.0], [1.0, 2.0], [-3.0, 0.5]] {
        let expected = asked(&closure, &x);
        assert_eq!(asked(&driver, &x), expected);
        assert_eq!(asked(&compiled, &x), expected);
        assert_eq!(asked(&program.objective(rows), &x), expected);
        assert_eq!(asked(&sum.objective(rows), &x), expected);
        let halves = (expected.0 / 2.0, expected.1.iter().map(|slope| slope / 2.0).collect());
        assert_eq!(asked(&mean.objective(rows), &x), halves);
    }
}

#[test]
fn an_optimizer_descends_any_objective() -> Result<(), Error> {
    let bowl = Driver::new(function!(|x| (x[0] - 3.0).powi(2) + x[1] * x[1]));
    let optimizers: [Box<dyn Optimizer<f64>>; 2] = [Box::new(Sgd::new(0.2)), Box::new(Adam::new(0.1))];
    for mut optimizer in optimizers {
        let (mut x, mut gradient) = ([0.0, 1.0], [0.0; 2]);
        assert_eq!(optimizer.descend(&bowl, &mut x, &mut gradient)?, 10.0);
        assert_eq!(gradient, [-6.0, 2.0]);
        for _ in 0..500 {
            optimizer.descend(&bowl, &mut x, &mut gradient)?;
        }
        assert!((x[0] - 3.0).abs() < 1e-3 && x[1].abs() < 1e-3, "{x:?}");
    }
    Ok(())
}

#[test]
fn nothing_changes_where_the_objective_is_not_finite_or_fails() {
    let (mut x, mut gradient) = ([1.0], [0.0]);
    let log = Driver::new(function!(|x| (x[0] - 1.0).ln()));
    assert_eq!(Sgd::new(0.5).descend(&log, &mut x, &mut gradient).unwrap(), f64::NEG_INFINITY);
    assert_eq!(x, [1.0]);
    let branching = |p: &[_], row: &[gradtape::program::Expr<f64>]| if row[0] > 0.0 { p[0] * row[0] } else { row[0] };
    let program = Program::record_with(branching, &[1.0], &[1.0]).gradient_of_sum();
    let error = Sgd::new(0.5).descend(&program.objective(Rows::one(&[-1.0])), &mut x, &mut gradient).unwrap_err();
    assert!(error.to_string().starts_with("row 0"), "{error}");
    assert_eq!(x, [1.0]);
}

#[test]
fn an_objective_refuses_what_does_not_fit() {
    let program = Program::record_with(error, &[0.0, 0.0], &[0.0, 0.0]);
    let rows = Rows::new(&ROWS, 2).unwrap();
    assert_refused("take that of `gradient_of_sum`", || drop(program.objective(rows)));
    assert_refused("take that of `gradient_of_sum`", || drop(program.gradient().objective(rows)));
    let gradient = program.gradient_of_sum();
    let objective = gradient.objective(rows);
    assert_refused("make `gradient` so", || drop(objective.value_and_gradient(&[1.0, 1.0], &mut [0.0])));
    let error = objective.value_and_gradient(&[1.0], &mut [0.0]).unwrap_err();
    assert_eq!(error.to_string(), "program: expected 2 parameters, found 1");
    // After errors it is as good as new.
    assert_eq!(asked(&objective, &[0.0, 0.0]).0, 25.0);
}
