//! The adjoints of a program's outputs, pulled back to its parameters and inputs: `Program::pullback`.

use gradtape::program::{Expr, Options, Precision, Program, Rows, Workspace};
use gradtape::{CustomOperation, Function, VectorFunction, function};
use testing::functions::{Several, all_bits, assert_all_near, point};
use testing::panics::{assert_refused, assert_refused_here};
use testing::programs::all_options;
use testing::{TestFloat, number};

use super::Cube;

fn is_the_vjp_of_the_function<T: TestFloat + Precision>() {
    for (m, n) in [(0, 3), (1, 1), (2, 5), (7, 9), (40, 17)] {
        let (f, x, w) = (Several(m), point::<T>(n, 1.0), point::<T>(m, 5.0));
        let (y, slopes) = f.vjp(&x, &w);
        let (theirs, arguments) = ([y, slopes].concat(), [&x[..], &w].concat());
        let record = |options: Options| {
            let f = |x: &[Expr<T>]| {
                let mut y = vec![Expr::constant(T::zero()); m];
                f.eval(x, &mut y);
                y
            };
            options.record(f, &x).pullback().eval(&arguments).unwrap()
        };
        assert_eq!(all_bits(&record(Options::new().exact())), all_bits(&theirs), "{m} of {n}");
        for options in all_options() {
            assert_all_near(&record(options), &theirs, (options, m, n));
        }
    }
}

#[test]
fn the_pullback_of_an_exact_program_has_the_bits_of_vjp_and_every_other_is_near() {
    is_the_vjp_of_the_function::<f64>();
    is_the_vjp_of_the_function::<f32>();
}

#[test]
fn derivatives_by_parameters_are_those_of_each_row() {
    let program = Program::record_with(|p, x| [p[0] * x[0], p[1] * p[1]], &[1.0; 2], &[1.0]).pullback();
    assert_eq!((program.parameters(), program.inputs(), program.outputs()), (2, 3, 5));
    let rows: Vec<f64> = (0..100).flat_map(|k| [f64::from(k), 2.0, f64::from(k % 3)]).collect();
    let mut workspace = Workspace::new();
    let results = program.run(&[5.0, 7.0], Rows::new(&rows, 3).unwrap(), &mut workspace).unwrap();
    for (k, row) in rows.chunks(3).enumerate() {
        let (x, w) = (row[0], row[2]);
        assert_eq!(results.row(k), [5.0 * x, 49.0, 2.0 * x, 14.0 * w, 10.0]);
    }
}

fn zeros_win<T: TestFloat + Precision>(options: Options) {
    let [zero, one, infinity] = [0.0, 1.0, f64::INFINITY].map(number::<T>);
    let program = options.record(|x| [x[0].sqrt(), x[0] * x[1]], &[zero, one]);
    let pullback = program.pullback();
    let pulled = |w: [T; 2]| pullback.eval(&[zero, one, w[0], w[1]]).unwrap().split_off(2);
    assert_eq!(pulled([zero, one]), [one, zero], "{options:?}");
    assert_eq!(pulled([one, one]), [infinity, zero], "{options:?}");
    // The partial x₀ = 0 wins against an infinite adjoint.
    assert_eq!(pulled([zero, infinity]), [infinity, zero], "{options:?}");
    // What the zero kept out stays out of higher derivatives, here along 1 for all inputs and adjoints.
    let along = [zero, one, zero, one, one, one, one, one];
    let second = pullback.tangent().eval(&along).unwrap();
    assert_eq!(second[6..], [one + one, one], "{options:?}");
    let third = pullback.tangent().tangent().eval(&[&along[..], &[zero; 8]].concat()).unwrap();
    assert_eq!(third[6..8], [one + one, one], "{options:?}");
    assert_eq!(third[8..], [zero; 8], "{options:?}");
}

#[test]
fn a_zero_adjoint_wins_against_an_infinite_partial_and_a_zero_partial_against_an_infinite_adjoint() {
    for options in all_options() {
        for options in [options, options.exact()] {
            zeros_win::<f64>(options);
            zeros_win::<f32>(options);
        }
    }
}

#[test]
fn outputs_may_be_equal_or_inputs_or_constants_or_missing() {
    let five = Expr::constant(5.0);
    let pullback = |f: fn(&[Expr<f64>]) -> Vec<Expr<f64>>, options: Options| options.record(f, &[1.0, 1.0]).pullback();
    for options in all_options() {
        for options in [options, options.exact()] {
            let same = pullback(|x| [x[0] * x[1]].repeat(3), options);
            assert_eq!(same.eval(&[2.0, 3.0, 1.0, 10.0, 100.0]).unwrap()[3..], [333.0, 222.0]);
            let leaves = pullback(|x| vec![x[1], x[0], x[1]], options);
            assert_eq!(leaves.eval(&[2.0, 3.0, 1.0, 10.0, 100.0]).unwrap(), [3.0, 2.0, 3.0, 10.0, 101.0]);
            let none = pullback(|_| Vec::new(), options);
            assert_eq!((none.inputs(), none.eval(&[2.0, 3.0]).unwrap()), (2, vec![0.0, 0.0]));
            let constants = options.record(|x| [five, x[0] * 2.0, five], &[1.0, 1.0]).pullback();
            assert_eq!(constants.eval(&[2.0, 3.0, 7.0, 1.0, 7.0]).unwrap(), [5.0, 4.0, 5.0, 2.0, 0.0]);
            let detached = options.record(|x| [x[0].detach() * x[1], x[0].detach()], &[1.0, 1.0]).pullback();
            assert_eq!(detached.eval(&[2.0, 3.0, 1.0, 1.0]).unwrap(), [6.0, 2.0, 0.0, 2.0]);
        }
    }
}

/// A function of a program's outputs is differentiated through it: its gradient are the adjoints.
#[test]
fn programs_in_a_row_have_the_gradient_of_the_composition() {
    let first = function!(|x| [x[0].sin() * x[1], x[1] / x[0], x[0] * x[0]]);
    let second = function!(|y| y[0] * y[1] + y[2].exp());
    let whole = function!(|x| x[0].sin() * x[1] * (x[1] / x[0]) + (x[0] * x[0]).exp());
    let x = [0.7, 1.3];
    let y = first.value(&x);
    let adjoints = second.record(&y).gradient().eval(&y).unwrap().split_off(1);
    let ours = first.record(&x).pullback().eval(&[&x[..], &adjoints].concat()).unwrap().split_off(3);
    assert_all_near(&ours, &whole.gradient(&x), "the chain rule");
}

/// The pullback is linear in the adjoints: by them, its derivatives are the transposed Jacobian.
#[test]
fn pullbacks_are_differentiated_further_like_any_program() {
    let program = Program::record(|x| [x[0].powi(2) * x[1], x[0] * x[1].powi(3)], &[1.0, 1.0]);
    let (pullback, row) = (program.pullback(), [2.0, 3.0, 1.0, 10.0]);
    // Outputs 2 and 3 are the gradient of w₀x₀²x₁ + w₁x₀x₁³.
    let transposed = pullback.wrt([], 2..4).of(2..).jacobian().eval(&row).unwrap();
    assert_eq!(transposed[4..], [12.0, 27.0, 4.0, 54.0]);
    let jacobian = program.jacobian().eval(&row[..2]).unwrap();
    assert_eq!(jacobian[2..], [12.0, 4.0, 27.0, 54.0]);
    let hessian = [2.0 * 3.0, 2.0 * 2.0 + 10.0 * 27.0, 10.0 * 6.0 * 2.0 * 3.0];
    let second = pullback.wrt([], 0..2).of(2..).jacobian().eval(&row).unwrap();
    assert_eq!(second[4..], [hessian[0], hessian[1], hessian[1], hessian[2]]);
    let tangent = pullback.wrt([], 0).of(2..).tangent().eval(&[&row[..], &[1.0]].concat()).unwrap();
    assert_eq!(tangent[4..], hessian[..2]);
    // The pullback of the pullback: by x, the gradient of u·∇(w·f); by w, the derivative of f along u.
    let again = pullback.wrt([], ..).of(2..).pullback().eval(&[&row[..], &[1.0, -1.0]].concat()).unwrap();
    assert_eq!(again[4..], [hessian[0] - hessian[1], hessian[1] - hessian[2], 12.0 - 4.0, 27.0 - 54.0]);
    // Summed over rows, by parameters.
    let loss = Program::record_with(|p, x| [p[0] * p[0] * x[0], p[0] + x[0]], &[1.0], &[1.0]).pullback();
    let of_slope = loss.wrt(.., []).of(2).gradient_of_sum();
    let mut workspace = Workspace::new();
    let rows = Rows::new(&[2.0, 1.0, 10.0, 3.0, 2.0, 20.0], 3).unwrap();
    let totals = of_slope.run(&[5.0], rows, &mut workspace).unwrap().totals();
    // Σ p²x, Σ p + x, Σ 2pxw₀ + w₁, Σ p²w₀ + w₁, and the derivative of the third
    assert_eq!(totals, [125.0, 15.0, 30.0 + 80.0, 25.0 + 10.0 + 50.0 + 20.0, 4.0 + 12.0]);
}

#[test]
fn branches_and_operations_of_ones_own_are_pulled_through() {
    let f = |x: &[Expr<f64>]| [if x[0] > 0.0 { Cube.apply([x[0]]) } else { x[0] }, x[0]];
    let pullback = Program::record(f, &[1.0]).pullback();
    assert_eq!(pullback.eval(&[2.0, 10.0, 1.0]).unwrap(), [8.0, 2.0, 121.0]);
    let error = pullback.eval(&[-2.0, 10.0, 1.0]).unwrap_err().to_string();
    assert!(error.starts_with("row 0: expected a row for which the comparison at "), "{error}");
}

#[test]
fn the_lanes_and_the_single_row_agree() {
    let program = Program::record(|x| [(x[0] * x[1]).tanh(), x[0].hypot(x[1]), x[1].exp()], &[1.0, 1.0]).pullback();
    let rows: Vec<f64> = (0..5 * 700).map(|k| f64::from(k * 7 % 23) / 11.0 - 1.0).collect();
    let mut workspace = Workspace::new();
    let results = program.run(&[], Rows::new(&rows, 5).unwrap(), &mut workspace).unwrap();
    for (k, row) in rows.chunks(5).enumerate() {
        assert_eq!(all_bits(&results.row(k)), all_bits(&program.eval(row).unwrap()));
    }
}

#[test]
fn sums_have_no_pullback_and_missing_adjoints_are_found_out() {
    let sum = Program::record_with(|p, x| p[0] * x[0], &[1.0], &[1.0]).gradient_of_sum();
    assert_refused_here("are those of `tangent`", || sum.pullback());
    assert_refused("are those of `tangent`", || sum.wrt(.., []).of(0).pullback());
    let pullback = Program::record(|x| [x[0], x[0].sin()], &[1.0]).pullback();
    let error = pullback.eval(&[1.0]).unwrap_err().to_string();
    assert_eq!(error, "program: expected rows of 3 inputs, found 1");
}
