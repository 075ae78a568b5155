//! Symmetric matrices of [`Compiled`] whose lower triangles alone are stored.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::program::Precision;
use gradtape::sparse::{Csr, Sparsity};
use gradtape::{Compiled, Function, Real, Stage, VectorFunction};
use testing::structured::{Hidden, Outputs};
use testing::{TestFloat, number, quickcheck};

use super::counts;

/// The lower triangle of a matrix, as it should be stored.
pub(super) fn lower_triangle<T: TestFloat>(full: &Csr<T>) -> Csr<T> {
    let row = |i: usize| full.row(i).0.iter().zip(full.row(i).1).filter(move |&(&column, _)| column <= i);
    let rows = (0..full.rows()).map(|i| row(i).map(|(&column, _)| column));
    let values = (0..full.rows()).flat_map(|i| row(i).map(|(_, &value)| value));
    Csr::new(Sparsity::new(rows, full.columns()), values.collect())
}

fn assert_lower<T: TestFloat + Precision>(ours: &Csr<T>, full: &Csr<T>, what: impl Fn() -> String) {
    let expected = lower_triangle(full);
    assert_eq!(ours.pattern(), expected.pattern(), "{}", what());
    assert_eq!(ours.pattern().is_local(), full.pattern().is_local(), "{}", what());
    // Sines of large numbers and terms that cancel amplify rounding errors, and numbers are added in another order.
    let scale = full.values().iter().fold(T::one(), |scale, x| scale.max(x.abs()));
    for (&ours, &theirs) in ours.values().iter().zip(expected.values()) {
        let is_near = (ours - theirs).abs() <= scale * number::<T>(5e4) * T::epsilon();
        assert!(is_near || ours.is_nan() && theirs.is_nan(), "{}: {ours} instead of {theirs}", what());
    }
}

/// All matrices of functions at some points, with the settings of `made`. Returns how many the driver computed.
fn assert_lower_of<T: TestFloat + Precision, S: Function<T> + Copy, V: VectorFunction<T> + Copy>(
    scalar: S,
    vector: V,
    made: impl Fn(Compiled<S, T>, Compiled<V, T>) -> (Compiled<S, T>, Compiled<V, T>),
    points: &[Vec<T>],
    what: impl Fn() -> String,
) -> usize {
    let (full, full_vector) = made(Compiled::new(scalar), Compiled::new(vector));
    let (lower, lower_vector) = made(Compiled::new(scalar), Compiled::new(vector));
    let (lower, lower_vector) = (lower.with_lower_triangle(), lower_vector.with_lower_triangle());
    let (mut ours, mut theirs) = (Csr::default(), Csr::default());
    for x in points {
        let mut slopes = vec![T::zero(); x.len()];
        let mut y = vec![T::zero(); vector.outputs(x.len())];
        full.sparse_hessian(x, &mut slopes, &mut theirs);
        lower.sparse_hessian(x, &mut slopes, &mut ours);
        assert_lower(&ours, &theirs, || format!("Hessian of {}", what()));
        full_vector.normal_equations(x, &mut y, &mut slopes, &mut theirs);
        lower_vector.normal_equations(x, &mut y, &mut slopes, &mut ours);
        assert_lower(&ours, &theirs, || format!("JᵀJ of {}", what()));
        full_vector.weighted_hessian(x, &y, &mut theirs);
        lower_vector.weighted_hessian(x, &y, &mut ours);
        assert_lower(&ours, &theirs, || format!("Hessian of the outputs of {}", what()));
        full_vector.sparse_jacobian(x, &mut y, &mut theirs);
        lower_vector.sparse_jacobian(x, &mut y, &mut ours);
        assert_eq!(ours.pattern(), theirs.pattern(), "Jacobians are whole");
    }
    counts(&lower)[2] + counts(&lower_vector)[2]
}

#[test]
fn lower_triangles_of_random_functions_are_those_of_the_whole_matrices() {
    fn assert_hidden<T: TestFloat + Precision>(hidden: &Hidden, without: Option<Stage>) {
        let points: Vec<Vec<T>> = (0..3).map(|k| hidden.point(k)).collect();
        assert_lower_of(
            hidden,
            Outputs(hidden),
            |f, g| (f.without_driver().without_stage(without), g.without_driver().without_stage(without)),
            &points,
            || format!("{hidden:?} without {without:?}"),
        );
    }
    fn property(hidden: Hidden) {
        assert_hidden::<f32>(&hidden, None);
        for without in [None, Some(Stage::SharedLeaves), Some(Stage::EvenColumns), Some(Stage::WholeOutputs)] {
            assert_hidden::<f64>(&hidden, without);
        }
    }
    quickcheck(15, property as fn(Hidden));
}

/// Terms that have some inputs twice; or, with a root of their sum, no elements at all.
#[derive(Clone, Copy)]
struct Twice {
    is_sum: bool,
}

fn terms<F: Real<Plain = f64>>(x: &[F]) -> impl Iterator<Item = F> {
    (0..x.len()).map(|k| (x[k] * x[k * k % x.len()]).sin() * x[(5 * k + 1) % x.len()])
}

impl Function for Twice {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let sum: F = terms(x).sum();
        if self.is_sum { sum } else { (sum * sum + 1.0).sqrt() }
    }
}

impl VectorFunction for Twice {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(terms(x)).for_each(|(y, term)| *y = term);
        if !self.is_sum {
            y[0] = Function::eval(self, x);
        }
    }
}

const INPUTS: usize = 60;

fn points() -> [Vec<f64>; 2] {
    [0.0, 1.0].map(|shift| (0..60).map(|k| 0.5 + (f64::from(k) + shift).sin() * 0.3).collect())
}

#[test]
fn lower_triangles_are_those_of_the_whole_matrices_by_elements_and_by_the_driver() {
    for (is_sum, by_driver) in [(true, 0), (false, 8)] {
        let f = Twice { is_sum };
        let count = assert_lower_of(f, f, |f, g| (f, g), &points(), || format!("is_sum: {is_sum}"));
        assert_eq!(count, by_driver);
    }
}

#[test]
fn a_given_pattern_has_its_lower_triangle_alone() {
    let banded = Sparsity::new((0..INPUTS).map(|k| k.saturating_sub(3)..INPUTS.min(k + 4)), INPUTS);
    for is_sum in [true, false] {
        let f = Twice { is_sum };
        let made = |f: Compiled<_>, g: Compiled<_>| (f.with_pattern(banded.clone()), g.with_pattern(banded.clone()));
        assert_lower_of(f, f, made, &points(), || format!("is_sum: {is_sum}, with a pattern"));
    }
}
