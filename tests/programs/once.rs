//! A term that counts once beside a sum over rows: `Program::gradient_of_sum_plus`.

use gradtape::check::random::Expression;
use gradtape::program::{Expr, Options, Precision, Program, Rows, Workspace};
use gradtape::{CustomOperation, Objective, Real, Value, gradient};
use testing::functions::assert_all_near;
use testing::panics::assert_refused;
use testing::programs::all_options;
use testing::{TestFloat, number, quickcheck};

use super::Cube;

fn likelihood<F: Real>(p: &[F], x: &[F]) -> F {
    let z = p[0] * x[0] + p[1];
    (z.tanh() - x[1]).powi(2) * p[2].exp()
}

fn prior<F: Real>(p: &[F]) -> F {
    p[0] * p[0] + (p[1] * p[2]).cos() + p[2].exp()
}

fn rows<T: TestFloat>(count: u32) -> Vec<T> {
    (0..2 * count).map(|k| number::<T>(f64::from(k * 7 % 23) / 11.0 - 1.0)).collect()
}

fn agrees<T: TestFloat + Precision>(options: Options, count: u32)
where
    Value<T>: Real<Plain = T>,
{
    let p: [T; 3] = [0.5, -0.25, 0.125].map(number);
    let rows = rows::<T>(count);
    let posterior = options.record_with(likelihood, &p, &[T::one(); 2]).gradient_of_sum_plus(&options.record_with(
        |p, _| prior(p),
        &p,
        &[],
    ));
    let mut workspace = Workspace::new();
    let ours = posterior.run(&p, Rows::new(&rows, 2).unwrap(), &mut workspace).unwrap().totals().to_vec();
    let tape = |p: &[Value<T>]| {
        let terms = rows.chunks(2).map(|x| likelihood(p, &[Value::constant(x[0]), Value::constant(x[1])]));
        terms.sum::<Value<T>>() + prior(p)
    };
    let (value, slopes) = gradient(tape, &p);
    let theirs: Vec<T> = [value].into_iter().chain(slopes).collect();
    assert_all_near(&ours, &theirs, (options, count));
    let mut slope = [T::zero(); 3];
    let objective = posterior.objective(Rows::new(&rows, 2).unwrap());
    assert_eq!(objective.value_and_gradient(&p, &mut slope).unwrap(), ours[0]);
    assert_eq!(slope, ours[1..]);
}

#[test]
fn the_term_counts_once_for_any_number_of_rows_and_with_every_option() {
    for options in all_options() {
        for count in [1, 2, 17, 3000] {
            agrees::<f64>(options, count);
        }
    }
    agrees::<f32>(Options::new(), 100);
    agrees::<f32>(Options::new().exact(), 100);
}

#[test]
fn either_term_may_depend_on_some_parameters_or_none() {
    let of = |f: fn(&[Expr<f64>]) -> Expr<f64>| Program::record_with(|p, _| f(p), &[2.0, 3.0], &[]);
    let loss = Program::record_with(|p, x| p[1] * x[0], &[2.0, 3.0], &[1.0]);
    let run = |program: Program<f64>| {
        program.run(&[2.0, 3.0], Rows::new(&[1.0, 10.0], 1).unwrap(), &mut Workspace::new()).unwrap().totals().to_vec()
    };
    assert_eq!(run(loss.gradient_of_sum_plus(&of(|p| p[0] * p[0]))), [37.0, 4.0, 11.0]);
    assert_eq!(run(loss.gradient_of_sum_plus(&of(|p| p[1]))), [36.0, 0.0, 12.0]);
    assert_eq!(run(loss.gradient_of_sum_plus(&of(|_| Expr::constant(5.0)))), [38.0, 0.0, 11.0]);
    let data = Program::record_with(|_, x| x[0], &[2.0, 3.0], &[1.0]);
    assert_eq!(run(data.gradient_of_sum_plus(&of(|p| p[0] * p[1]))), [17.0, 3.0, 2.0]);
    // The same node is the output of both.
    let both = Program::record_with(|p, _| p[0], &[2.0, 3.0], &[1.0]);
    assert_eq!(run(both.gradient_of_sum_plus(&of(|p| p[0]))), [6.0, 3.0, 0.0]);
    // It is differentiated further like any program.
    let tangent = loss.gradient_of_sum_plus(&of(|p| p[0] * p[0])).tangent();
    let rows = [1.0, 0.0, 10.0, 0.0];
    let mut workspace = Workspace::new();
    let results = tangent.run(&[2.0, 3.0, 1.0, 0.0], Rows::new(&rows, 2).unwrap(), &mut workspace).unwrap();
    assert_eq!(results.totals()[3..], [4.0, 2.0, 0.0]);
}

#[test]
fn branches_and_operations_of_ones_own_stay_those_of_their_term() {
    let loss = Program::record_with(|p, x| Cube.apply([p[0] * x[0]]), &[1.0], &[1.0]);
    let branch = |p: &[Expr<f64>], _: &[Expr<f64>]| if p[0] > 0.0 { Cube.apply([p[0]]) * 2.0 } else { p[0] };
    let program = loss.gradient_of_sum_plus(&Program::record_with(branch, &[1.0], &[]));
    let rows = [1.0, 2.0];
    let mut workspace = Workspace::new();
    let rows = Rows::new(&rows, 1).unwrap();
    assert_eq!(program.run(&[2.0], rows, &mut workspace).unwrap().totals(), [88.0, 132.0]);
    let error = program.run(&[-2.0], rows, &mut workspace).unwrap_err().to_string();
    assert!(error.starts_with("parameters: expected some for which the comparison at "), "{error}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let loss = Program::record_with(|p, x| p[0] * x[0], &[1.0], &[1.0]);
    let with_inputs = Program::record_with(|p, x| p[0] * x[0], &[1.0], &[1.0]);
    assert_refused("depends on parameters alone", || loss.gradient_of_sum_plus(&with_inputs));
    let others = Program::record_with(|p, _| p[0] * p[1], &[1.0, 1.0], &[]);
    assert_refused("record them with as many", || loss.gradient_of_sum_plus(&others));
    let two = Program::record_with(|p, _| [p[0], p[0]], &[1.0], &[]);
    assert_refused("is one number", || loss.gradient_of_sum_plus(&two));
}

/// The sum is 0, so that the term alone is left, as in its own gradient.
#[test]
fn random_terms_have_their_own_gradients_bit_for_bit() {
    #[allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]
    fn property(expression: Expression) {
        let x = expression.inputs().to_vec();
        for options in [Options::new().exact(), Options::new()] {
            let once = options.record_with(|p, _| expression.eval(p), &x, &[]);
            let nothing = options.record_with(|_, r| r[0], &x, &[1.0]);
            let mut workspaces = [Workspace::new(), Workspace::new()];
            let [first, second] = &mut workspaces;
            let alone = once.gradient();
            let theirs = alone.run(&x, Rows::one(&[]), first).unwrap().row(0);
            let program = nothing.gradient_of_sum_plus(&once);
            let ours = program.run(&x, Rows::one(&[0.0]), second).unwrap();
            for (&ours, theirs) in ours.totals().iter().zip(theirs) {
                assert!(ours == theirs || ours.is_nan() && theirs.is_nan(), "{expression:?}: {ours} {theirs}");
            }
        }
    }
    quickcheck(300, property as fn(Expression));
}
