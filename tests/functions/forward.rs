//! Derivatives of closures over arrays: against closed forms, and against the drivers of functions.

use gradtape::check::random::Table;
use gradtape::{Dual, Dual2, Function, Jet, Real, Value, VectorFunction, forward, function};
use testing::allocations::allocations;
use testing::{TestFloat, assert_near, number};

fn wave<F: Real>(x: &[F]) -> F {
    (x[0] * x[1]).sin() * (-x[2]).exp() + x[1].hypot(x[2]) / (x[0] * x[0] + F::one())
}

fn rows<F: Real>(x: &[F]) -> [F; 2] {
    [wave(x), x[0].powi(3) * x[2]]
}

fn assert_near_all<T: TestFloat>(ours: &[T], theirs: &[T], what: &str) {
    assert_eq!(ours.len(), theirs.len());
    let tolerance = |x: T| T::epsilon() * number(64.0) * (T::one() + x.abs());
    ours.iter().zip(theirs).for_each(|(&ours, &theirs)| assert_near(ours, theirs, tolerance(theirs), what));
}

const POINTS: [[f64; 3]; 3] = [[0.5, -1.5, 0.25], [0.0, 2.0, 1.0], [-2.0, 0.75, -1.0]];

macro_rules! agreement {
    ($($T:ident)*) => { $(
        for x in POINTS.map(|x| x.map(number::<$T>)) {
            let wave_driver = function!($T, |x| wave(x));
            let rows_driver = function!($T, |x, y: [2]| y.copy_from_slice(&rows(x)));
            let (value, gradient) = forward::gradient(|x| wave(&x), x);
            assert_eq!(value, wave(&x));
            assert_near_all(&gradient, &wave_driver.gradient(&x), "gradient");
            let (values, jacobian) = forward::jacobian(|x| rows(&x), x);
            assert_eq!(values, rows(&x));
            assert_near_all(jacobian.as_flattened(), &rows_driver.jacobian(&x).concat(), "Jacobian");
            let (value, gradient, hessian) = forward::hessian(|x| wave(&x), x);
            assert_eq!(value, wave(&x));
            assert_near_all(&gradient, &wave_driver.gradient(&x), "gradient of second order");
            assert_near_all(hessian.as_flattened(), &wave_driver.hessian(&x).concat(), "Hessian");
        }
    )* };
}

#[test]
fn closures_over_arrays_have_the_derivatives_of_functions_in_both_precisions() {
    agreement! { f32 f64 }
}

#[test]
fn closures_capture_and_are_called_once() {
    let (weights, mut calls) = (vec![1.0, 2.0, 3.0], 0);
    let polynomial = |[x]: [Dual<f64, 1>; 1]| {
        calls += 1;
        weights.iter().rev().fold(Dual::from(0.0), |sum, &weight| sum * x + weight)
    };
    assert_eq!(forward::gradient(polynomial, [2.0]), (17.0, [14.0]));
    assert_eq!(calls, 1);
}

#[test]
fn arrays_may_be_empty() {
    assert_eq!(forward::gradient(|[]| Dual::from(3.0), []), (3.0, []));
    assert_eq!(forward::jacobian(|[x]| [x; 0], [1.0]), ([], []));
    assert_eq!(forward::hessian(|[]| Dual2::from(3.0), []), (3.0, [], []));
}

#[test]
fn numbers_with_derivatives_have_derivatives_of_all_results() {
    // The Hessian of x y³ is [[0, 3y²], [3y², 6xy]].
    let third = |y| forward::hessian(|[x, y]| x * y * y * y, [Dual::from(2.0), y]).2.map(|row| row.map(Dual::tangent));
    assert_eq!(third(Dual::var(3.0)), [[0.0, 18.0], [18.0, 12.0]]);
    let ([speed], [[slope]]) = forward::jacobian(|[x]| [x.exp()], [Value::from(0.0)]);
    assert_eq!((speed, slope), (Value::from(1.0), Value::from(1.0)));
}

#[test]
fn a_closure_allocates_what_it_allocates_itself() {
    let weights = vec![1.0, 2.0, 3.0];
    let count = allocations(|| {
        let (_, gradient) = forward::gradient(|x| wave(&x) * weights[0], POINTS[0]);
        let (_, jacobian) = forward::jacobian(|x| rows(&x), gradient);
        let (_, _, hessian) = forward::hessian(|x| wave(&x) * weights[2], jacobian[0]);
        assert!(hessian[0][0].is_finite());
    });
    assert_eq!(count, 0);
    assert_ne!(allocations(|| drop(weights.clone())), 0);
}

/// The operations of the table that allocate memory.
fn allocating<F: Real>(x: F, y: F) -> Vec<&'static str> {
    let many = |list: &[F; 3]| {
        let sum = list.iter().sum::<F>() + list.iter().product::<F>() + F::dot(list, list);
        sum + x.mul_add(y, x) + x.clamp(x.min(y), y) + x.sin_cos().0
    };
    let (unary, binary, list) = (Table::<F>::UNARY, Table::<F>::BINARY, [x, y, x * y]);
    let allocates = |f: &dyn Fn() -> F| allocations(|| _ = f()) > 0;
    let of_one = unary.iter().filter(|operation| allocates(&|| (operation.f)([x]))).map(|operation| operation.name);
    let of_two = binary.iter().filter(|operation| allocates(&|| (operation.f)([x, y]))).map(|operation| operation.name);
    let of_many = allocates(&|| many(&list)).then_some("operations on many numbers");
    of_one.chain(of_two).chain(of_many).collect()
}

#[test]
fn no_operation_of_forward_mode_allocates_at_singular_points_either() {
    for x in [0.0, 0.5, f64::INFINITY] {
        let nothing: [&str; 0] = [];
        assert_eq!(allocating(Dual::var(x), Dual::from(1.5)), nothing);
        assert_eq!(allocating(Dual2::vars([x, 1.5])[0], Dual2::vars([x, 1.5])[1]), nothing);
        assert_eq!(allocating(Jet::<f64, 3>::var(x), Jet::var(1.5)), nothing);
        assert_eq!(allocating(Jet::<f64, 6>::var(x), Jet::var(1.5)), nothing);
    }
}
