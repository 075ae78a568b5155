//! What least squares and Lagrangians need of [`Compiled`] residuals, against the driver.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::program::Precision;
use gradtape::sparse::Csr;
use gradtape::{Compiled, Driver, Function, Real, Stage, VectorFunction};
use testing::structured::{Hidden, Outputs, Residuals};
use testing::{TestFloat, number, quickcheck};

/// The sum of the outputs of a function, with weights.
struct Weighted<'a, F, T>(&'a F, &'a [T]);

impl<G: VectorFunction<T>, T: TestFloat> Function<T> for Weighted<'_, G, T> {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let mut y = vec![F::zero(); self.1.len()];
        self.0.eval(x, &mut y);
        y.iter().zip(self.1).map(|(&y, &w)| y * w).sum()
    }
}

/// Finite numbers are near, relative to the largest one.
fn assert_near<T: TestFloat>(ours: &[T], theirs: &[T], what: impl Fn() -> String) {
    let tolerance = if T::epsilon() > number(1e-10) { 2e-4 } else { 1e-12 };
    let scale = theirs.iter().fold(T::one(), |scale, x| scale.max(x.abs()));
    assert_eq!(ours.len(), theirs.len());
    for (&a, &b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= scale * number(tolerance), "{}: {ours:?} instead of {theirs:?}", what());
    }
}

pub(super) fn assert_residuals<T: TestFloat + Precision, F: VectorFunction<T>>(
    f: F,
    without: Option<Stage>,
    x: &[T],
    what: impl Fn() -> String,
) {
    let compiled = Compiled::new(&f).without_driver().without_stage(without);
    let (driver, outputs) = (Driver::new(&f), f.outputs(x.len()));
    let [mut r, mut ours, mut theirs] = [(); 3].map(|()| vec![T::zero(); outputs]);
    compiled.results(x, &mut r);
    let mut jacobian = Csr::default();
    driver.sparse_jacobian(x, &mut theirs, &mut jacobian);
    assert_near(&r, &theirs, || format!("results of {}", what()));

    let (mut product, mut matrix) = (vec![T::zero(); x.len()], Csr::default());
    compiled.normal_equations(x, &mut ours, &mut product, &mut matrix);
    let rows = jacobian.to_dense();
    let of_columns = |j: usize, k: usize| rows.iter().map(|row| row[j] * row[k]).sum::<T>();
    let expected: Vec<T> =
        (0..x.len()).flat_map(|j| (0..x.len()).map(move |k| (j, k))).map(|(j, k)| of_columns(j, k)).collect();
    assert_near(&ours, &theirs, || format!("residuals of {}", what()));
    assert_near(&matrix.to_dense().concat(), &expected, || format!("JᵀJ of {}", what()));
    assert_near(&product, &jacobian.transpose().mul_vec(&theirs), || format!("Jᵀr of {}", what()));

    let weights: Vec<T> = (0..).take(outputs).map(|k| number(f64::from(k).cos())).collect();
    let (mut gradient, mut expected) = (vec![T::zero(); x.len()], Csr::default());
    Driver::new(Weighted(&f, &weights)).sparse_hessian(x, &mut gradient, &mut expected);
    compiled.weighted_hessian(x, &weights, &mut matrix);
    assert_near(&matrix.to_dense().concat(), &expected.to_dense().concat(), || format!("Hessian of {}", what()));
}

#[test]
fn least_squares_of_test_problems_are_the_drivers() {
    for residuals in Residuals::ALL {
        for variables in [12, 40] {
            assert_residuals(residuals, None, &residuals.start(variables), || format!("{residuals:?}"));
        }
    }
}

/// Differences, then the inputs themselves, one of them again, and a constant.
struct WithPriors;

impl<T: TestFloat + Precision> VectorFunction<T> for WithPriors {
    fn outputs(&self, inputs: usize) -> usize {
        2 * inputs + 1
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let n = x.len();
        y[..n].copy_from_slice(x);
        (0..n - 1).for_each(|k| y[n + k] = x[k + 1] - x[k] * x[k]);
        y[2 * n - 1] = x[3];
        y[2 * n] = F::constant(number(0.5));
    }
}

#[test]
fn residuals_that_are_inputs_need_no_driver() {
    let x: Vec<f64> = (0..40).map(|k| f64::from(k).sin()).collect();
    let of_f32: Vec<f32> = x.iter().map(|&x| number(x)).collect();
    assert_residuals(WithPriors, None, &x, || "inputs".to_owned());
    assert_residuals(WithPriors, None, &of_f32, || "inputs in f32".to_owned());
    let (compiled, mut matrix) = (Compiled::new(WithPriors).without_driver(), Csr::default());
    compiled.normal_equations(&x, &mut [0.0; 81], &mut [0.0; 40], &mut matrix);
    assert_eq!(compiled.recordings().by_driver, 0);
    assert_eq!(matrix.row(3), (&[2, 3, 4][..], &[-2.0 * x[2], 3.0 + 4.0 * x[3] * x[3], -2.0 * x[3]][..]));
}

#[test]
fn least_squares_of_random_functions_are_the_drivers() {
    fn property(hidden: Hidden) {
        for without in [None, Some(Stage::WholeOutputs)] {
            let what = || format!("{hidden:?} without {without:?}");
            assert_residuals(Outputs(&hidden), without, &hidden.point::<f64>(0), what);
            assert_residuals(Outputs(&hidden), without, &hidden.point::<f32>(1), what);
        }
    }
    quickcheck(50, property as fn(Hidden));
}
