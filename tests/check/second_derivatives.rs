//! `check::hessian` and the sparse matrices of `check::vector_function`.

use gradtape::check;
use gradtape::check::Check;
use gradtape::check::random::Smooth;
use gradtape::{CustomOperation, Function, Number, Real, VectorFunction, function};
use testing::functions::Random;
use testing::quickcheck;

#[test]
fn hessians_of_random_functions_are_confirmed_in_both_precisions() {
    fn property(Smooth(expression): Smooth) {
        let f = Random(&expression);
        // `Random` has the operation itself in the place of its derivative, and so need not be smooth there.
        if !expression.has_derivatives() && f.gradient(expression.inputs()).iter().all(|slope| slope.is_finite()) {
            check::hessian(&f, expression.inputs()).unwrap();
        }
    }
    quickcheck(50, property as fn(Smooth));
    let single = function!(f32, |x| (x[0] * x[1]).sin() * x[1].exp());
    assert!(check::hessian(&single, &[1.5, 0.5]).unwrap().all_agree());
}

/// The square, as a line through the point: its gradient is right.
struct Line;

impl Function<f64> for Line {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let point = x[0].detach();
        point * point + point * (x[0] - point) * 2.0
    }
}

#[test]
fn a_second_derivative_that_is_lost_is_found() {
    assert!(check::function(&Line, &[1.5]).unwrap().all_agree());
    let failure = check::hessian(&Line, &[1.5]).unwrap_err().to_string();
    assert!(failure.contains("output 0, x[0]: 0.0, differences say 2.0"), "{failure}");
}

/// A function that lacks a dependence when a pattern is found.
struct Forgetful;

impl VectorFunction<f64> for Forgetful {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let is_pattern = std::any::type_name::<F>().contains("Dependence");
        y[0] = if is_pattern { x[0] } else { x[0] * x[1] };
        y[1] = x[1];
    }
}

#[test]
fn a_sparse_jacobian_that_lacks_a_place_is_found() {
    let complete = function!(|x| [x[0] * x[1], x[1]]);
    assert!(check::vector_function(&complete, &[1.5, 0.5]).unwrap().all_agree());
    let failure = check::vector_function(&Forgetful, &[1.5, 0.5]).unwrap_err().to_string();
    assert!(failure.contains("output 0, x[1]: "), "{failure}");
}

#[test]
fn hessians_are_checked_along_directions_with_options() {
    let sum = function!(|x| x.iter().map(|&x| x.sin() * x).sum());
    let x: Vec<f64> = (0..50).map(|i| f64::from(i) / 10.0).collect();
    let report = Check::new().directions(2).relative(1e-6).strict().hessian(&sum, &x).unwrap();
    assert_eq!(report.entries().len(), 100);
    assert!(report.all_agree());
}

/// `xᵃ` with wrong partials on demand.
#[derive(Clone)]
struct Power {
    wrong: Option<usize>,
}

impl CustomOperation<2> for Power {
    fn value(&self, [x, a]: [f64; 2]) -> f64 {
        x.powf(a)
    }

    fn partials<F: Number<Plain = f64>>(&self, [x, a]: [F; 2], y: F) -> [F; 2] {
        let right = [a * y / x, y * x.ln()];
        match self.wrong {
            None => right,
            // Right numbers, which do not vary.
            Some(2) => right.map(F::detach),
            Some(wrong) => std::array::from_fn(|k| if k == wrong { -right[k] } else { right[k] }),
        }
    }
}

#[test]
fn wrong_partials_of_operations_are_found_to_the_second_order() {
    assert!(check::custom(&Power { wrong: None }, [1.5, 2.5]).unwrap().all_agree());
    for wrong in 0..3 {
        let failure = check::custom(&Power { wrong: Some(wrong) }, [1.5, 2.5]).unwrap_err().to_string();
        assert_eq!(failure.contains("output"), wrong == 2, "{failure}");
    }
}
