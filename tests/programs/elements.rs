//! Functions whose repeated parts are found: [`Compiled`] against the tape.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::program::Precision;
use gradtape::sparse::Csr;
use gradtape::{Compiled, Driver, Function, Mode, VectorFunction};
use testing::structured::{Hidden, Outputs, Problem, Residuals};
use testing::{TestFloat, number, quickcheck};

/// The largest distance of two lists, relative to the largest number; two NaN are equal.
fn distance<T: TestFloat>(a: &[T], b: &[T]) -> f64 {
    let size = |x: &T| (*x).into().abs();
    let scale = b.iter().map(size).filter(|x| x.is_finite()).fold(1.0, f64::max);
    let apart = |(&a, &b): (&T, &T)| if a.is_nan() && b.is_nan() || a == b { 0.0 } else { size(&(a - b)) / scale };
    a.iter().zip(b).map(apart).fold(0.0, |largest, x| if x.is_nan() { f64::INFINITY } else { largest.max(x) })
}

fn assert_same<T: TestFloat>(ours: &[T], theirs: &[T], what: impl Fn() -> String) {
    let tolerance = if T::epsilon() > number(1e-10) { 2e-4 } else { 1e-12 };
    let distance = distance(ours, theirs);
    assert!(distance <= tolerance, "{}: {ours:?} instead of {theirs:?}, {distance:e} apart", what());
}

fn assert_gradients_of<T: TestFloat + Precision, F: Function<T>>(f: F, points: &[Vec<T>], what: impl Fn() -> String) {
    let (compiled, driver) = (Compiled::new(&f).without_driver(), Driver::new(&f).with_mode(Mode::Reverse));
    for x in points {
        let (mut ours, mut theirs) = (vec![T::zero(); x.len()], vec![T::zero(); x.len()]);
        let values = [compiled.gradient(x, &mut ours), driver.gradient(x, &mut theirs)];
        ours.push(values[0]);
        theirs.push(values[1]);
        assert_same(&ours, &theirs, || format!("{} at {x:?}", what()));
    }
}

/// The sparse Hessian, and its product with a vector.
fn assert_hessians_of<T: TestFloat + Precision, F: Function<T>>(f: F, points: &[Vec<T>], what: impl Fn() -> String) {
    let (compiled, driver) = (Compiled::new(&f).without_driver(), Driver::new(&f));
    let (mut ours, mut theirs) = (Csr::default(), Csr::default());
    for x in points {
        let mut gradients = [vec![T::zero(); x.len()], vec![T::zero(); x.len()]];
        compiled.sparse_hessian(x, &mut gradients[0], &mut ours);
        driver.sparse_hessian(x, &mut gradients[1], &mut theirs);
        let what = || format!("{} at {x:?}", what());
        assert_same(&gradients[0], &gradients[1], what);
        let theirs = theirs.to_dense().concat();
        assert_same(&ours.to_dense().concat(), &theirs, || format!("Hessian of {}", what()));
        let v: Vec<T> = (0..).take(x.len()).map(|k| number(f64::from(k).cos())).collect();
        let mut product = vec![T::zero(); x.len()];
        compiled.hvp(x, &v, &mut product);
        let rows = theirs.chunks_exact(x.len());
        let expected: Vec<T> = rows.map(|row| row.iter().zip(&v).map(|(&h, &v)| h * v).sum()).collect();
        assert_same(&product, &expected, || format!("product of {}", what()));
    }
}

fn assert_jacobians_of<T: TestFloat + Precision, F: VectorFunction<T>>(
    f: F,
    points: &[Vec<T>],
    what: impl Fn() -> String,
) {
    let (compiled, driver) = (Compiled::new(&f).without_driver(), Driver::new(&f));
    let (mut ours, mut theirs) = (Csr::default(), Csr::default());
    for x in points {
        let mut results = [vec![T::zero(); f.outputs(x.len())], vec![T::zero(); f.outputs(x.len())]];
        compiled.sparse_jacobian(x, &mut results[0], &mut ours);
        driver.sparse_jacobian(x, &mut results[1], &mut theirs);
        let what = || format!("{} at {x:?}", what());
        assert_same(&results[0], &results[1], what);
        assert_same(&ours.to_dense().concat(), &theirs.to_dense().concat(), || format!("Jacobian of {}", what()));
    }
}

fn assert_hidden<T: TestFloat + Precision>(hidden: &Hidden) {
    let points: Vec<Vec<T>> = (0..4).map(|k| hidden.point(k)).collect();
    assert_gradients_of(hidden, &points, || format!("{hidden:?}"));
    assert_hessians_of(hidden, &points, || format!("{hidden:?}"));
    assert_jacobians_of(Outputs(hidden), &points, || format!("{hidden:?}"));
}

#[test]
fn derivatives_of_random_functions_are_the_tapes() {
    fn property(hidden: Hidden) {
        assert_hidden::<f64>(&hidden);
        assert_hidden::<f32>(&hidden);
    }
    quickcheck(60, property as fn(Hidden));
}

#[test]
fn derivatives_of_test_problems_are_the_tapes() {
    for problem in Problem::all() {
        for variables in [12, 60] {
            let start = problem.start(variables);
            let moved = start.iter().zip(0..).map(|(x, k)| x + 0.1 * f64::from(k).sin()).collect();
            let points = [start, moved];
            assert_gradients_of(problem, &points, || format!("{problem:?}"));
            assert_hessians_of(problem, &points, || format!("{problem:?}"));
        }
    }
    for residuals in Residuals::ALL {
        assert_jacobians_of(residuals, &[residuals.start(12), residuals.start(60)], || format!("{residuals:?}"));
    }
}
