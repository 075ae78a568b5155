//! [`Compiled`] functions beside the tape.

use gradtape::program::Precision;
use gradtape::sparse::Csr;
use gradtape::{Compiled, Driver, Function, Mode, Stage, VectorFunction};

use super::{Hidden, Outputs};
use crate::{TestFloat, number};

/// The largest distance of two lists, relative to the largest number; two NaN are equal.
fn distance<T: TestFloat>(a: &[T], b: &[T]) -> f64 {
    let size = |x: &T| (*x).into().abs();
    let scale = b.iter().map(size).filter(|x| x.is_finite()).fold(1.0, f64::max);
    let apart = |(&a, &b): (&T, &T)| if a.is_nan() && b.is_nan() || a == b { 0.0 } else { size(&(a - b)) / scale };
    a.iter().zip(b).map(apart).fold(0.0, |largest, x| if x.is_nan() { f64::INFINITY } else { largest.max(x) })
}

/// The numbers agree within rounding.
pub fn assert_same<T: TestFloat>(ours: &[T], theirs: &[T], what: impl Fn() -> String) {
    // Sines of large numbers and terms that cancel amplify rounding errors.
    let tolerance = 5e4 * T::epsilon().into();
    let distance = distance(ours, theirs);
    assert!(distance <= tolerance, "{}: {ours:?} instead of {theirs:?}, {distance:e} apart", what());
}

pub fn assert_gradients_of<T: TestFloat + Precision, F: Function<T>>(
    f: F,
    without: Option<Stage>,
    points: &[Vec<T>],
    what: impl Fn() -> String,
) {
    let (compiled, driver) =
        (Compiled::new(&f).without_driver().without_stage(without), Driver::new(&f).with_mode(Mode::Reverse));
    for x in points {
        let (mut ours, mut theirs) = (vec![T::zero(); x.len()], vec![T::zero(); x.len()]);
        let values = [compiled.gradient(x, &mut ours), driver.gradient(x, &mut theirs)];
        ours.push(values[0]);
        theirs.push(values[1]);
        assert_same(&ours, &theirs, || format!("{} at {x:?}", what()));
    }
}

/// The sparse Hessian, and its product with a vector.
pub fn assert_hessians_of<T: TestFloat + Precision, F: Function<T>>(
    f: F,
    without: Option<Stage>,
    points: &[Vec<T>],
    what: impl Fn() -> String,
) {
    let (compiled, driver) = (Compiled::new(&f).without_driver().without_stage(without), Driver::new(&f));
    let (mut ours, mut theirs) = (Csr::default(), Csr::default());
    for x in points {
        let mut gradients = [vec![T::zero(); x.len()], vec![T::zero(); x.len()]];
        let values = [
            compiled.sparse_hessian(x, &mut gradients[0], &mut ours),
            driver.sparse_hessian(x, &mut gradients[1], &mut theirs),
        ];
        gradients.iter_mut().zip(values).for_each(|(gradient, value)| gradient.push(value));
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
        let mut with_gradient = (vec![T::zero(); x.len()], vec![T::zero(); x.len()]);
        let value = compiled.gradient_and_hvp(x, &v, &mut with_gradient.0, &mut with_gradient.1);
        with_gradient.0.push(value);
        assert_same(&with_gradient.0, &gradients[1], || format!("gradient beside the product of {}", what()));
        assert_same(&with_gradient.1, &product, || format!("product beside the gradient of {}", what()));
    }
}

pub fn assert_jacobians_of<T: TestFloat + Precision, F: VectorFunction<T>>(
    f: F,
    without: Option<Stage>,
    points: &[Vec<T>],
    what: impl Fn() -> String,
) {
    let (compiled, driver) = (Compiled::new(&f).without_driver().without_stage(without), Driver::new(&f));
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

/// All derivatives of a random function at several points, found without one of the stages.
pub fn assert_hidden<T: TestFloat + Precision>(hidden: &Hidden, without: Option<Stage>) {
    let points: Vec<Vec<T>> = (0..4).map(|k| hidden.point(k)).collect();
    let what = || format!("{hidden:?} without {without:?}");
    assert_gradients_of(hidden, without, &points, what);
    assert_hessians_of(hidden, without, &points, what);
    assert_jacobians_of(Outputs(hidden), without, &points, what);
}
