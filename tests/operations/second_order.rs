//! The number of second order beside duals over duals, and beside closed forms.

use gradtape::check::random::Operation;
use gradtape::{Dual, Dual2, Real};
use testing::{TestFloat, binary, bits, number, unary};

/// Over numbers in whose products a zero wins.
type Nested<T, const N: usize> = Dual<Dual<Dual<T, 0>, N>, N>;
type Parts<T, const N: usize> = (T, [T; N], [[T; N]; N]);

fn parts<T: TestFloat, const N: usize>(y: Dual2<T, N>) -> Parts<T, N> {
    (y.data(), y.gradient(), y.hessian())
}

fn nested_parts<T: TestFloat, const N: usize>(y: Nested<T, N>) -> Parts<T, N> {
    (y.data().data().data(), y.data().tangents().map(Dual::data), y.tangents().map(|y| y.tangents().map(Dual::data)))
}

fn nested_vars<T: TestFloat, const N: usize>(x: [T; N]) -> [Nested<T, N>; N] {
    Dual::vars(Dual::vars(x.map(Dual::from)))
}

/// Zeros, kinks, poles, ends of domains, and ordinary numbers.
fn points<T: TestFloat>() -> Vec<T> {
    let positive = [0.0, 0.3, 0.5, 1.0, 2.0, 3.0, 25.0, 1e-30, f64::INFINITY];
    positive.into_iter().flat_map(|x| [number(x), number(-x)]).collect()
}

/// Equal except for rounding, which is relative to the largest derivative.
fn agree<T: TestFloat>(ours: &[T], theirs: &[T]) -> bool {
    let size = |x: &T| Some(x.abs().into()).filter(|x: &f64| x.is_finite()).unwrap_or_default();
    let tolerance = 1e2 * T::epsilon().into() * theirs.iter().map(size).fold(1.0, f64::max);
    let near = |(&a, &b): (&T, &T)| a == b || a.is_nan() && b.is_nan() || (a - b).abs().into() <= tolerance;
    ours.iter().zip(theirs).all(near)
}

/// What differs, if the value is finite and has first derivatives.
fn complaint<T: TestFloat, const N: usize>(name: &str, x: [T; N], y: Dual2<T, N>, z: Nested<T, N>) -> Option<String> {
    let (ours, theirs) = (parts(y), nested_parts(z));
    let is_symmetric = (0..N).all(|i| (0..i).all(|j| bits(ours.2[i][j]) == bits(ours.2[j][i])));
    let is_right = bits(ours.0) == bits(theirs.0)
        && agree(&ours.1, &theirs.1)
        && agree(ours.2.as_flattened(), theirs.2.as_flattened());
    let is_finite = theirs.0.is_finite() && !theirs.1.iter().any(|slope| slope.is_nan());
    (is_finite && !(is_symmetric && is_right)).then(|| format!("{name} at {x:?}: {ours:?} instead of {theirs:?}"))
}

/// The operation of variables, and of numbers that bend.
fn complaints<T: TestFloat, const N: usize>(
    ours: &[Operation<Dual2<T, N>, N>],
    theirs: &[Operation<Nested<T, N>, N>],
    x: [T; N],
) -> Vec<String> {
    let is_ordinary = x.iter().all(|x| x.abs() >= number(0.3) && x.is_finite());
    let factor = if is_ordinary { number::<T>(0.5) } else { T::zero() };
    let mut complaints = Vec::new();
    for (ours, theirs) in ours.iter().zip(theirs) {
        let nested = nested_vars(x);
        complaints.extend(complaint(ours.name, x, (ours.f)(Dual2::vars(x)), (theirs.f)(nested)));
        let y = (ours.f)(Dual2::vars(x).map(|v| v + (v - v.data()) * (v - v.data()) * factor));
        let z = (theirs.f)(nested.map(|v| {
            let moved = v - v.data().data().data();
            v + moved * moved * factor
        }));
        complaints.extend(complaint(ours.name, x, y, z));
    }
    complaints
}

fn every_operation<T: TestFloat>() {
    let unary: Vec<_> = points().into_iter().flat_map(|x: T| complaints(&unary(), &unary(), [x])).collect();
    let pairs = points().into_iter().flat_map(|x: T| points().into_iter().map(move |y| [x, y]));
    // Powers that are 1 at such arguments, and 0 or ∞ beside them.
    let is_excepted = |[a, b]: &[T; 2]| a.abs() == T::one() && b.is_infinite() || a.is_infinite() && b.is_zero();
    let pairs = pairs.filter(|x| !is_excepted(x));
    let binary: Vec<_> = pairs.flat_map(|x| complaints(&binary(), &binary(), x)).collect();
    let complaints = [unary, binary].concat();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_operation_has_the_second_derivatives_of_duals_over_duals_at_singular_points_too() {
    every_operation::<f32>();
    every_operation::<f64>();
}

fn many<F: Real<Plain = f64>>([x, y, z]: [F; 3]) -> F {
    let list = [x * y, y - z, z * z, x / y];
    let sum = list.iter().sum::<F>() + list.iter().product::<F>() + F::logsumexp(&list) + F::dot(&list, &[z, y, x, x]);
    let (sin, cos) = sum.sin_cos();
    let clamped = x.clamp(y, z * z) + (x * 3.0).clamp(y, z) - (-x).clamp(y, z);
    (sin * cos).mul_add(x, y) + F::weighted_sum(&list, &[1.0, -2.0, 0.5, 3.0]) + clamped - x % y
}

#[test]
fn functions_of_many_numbers_agree_with_duals_over_duals() {
    for x in [[1.5, 1.2, 2.0], [-0.7, -1.1, 0.4], [0.3, 0.1, 7.0]] {
        let complaint = complaint("many", x, many(Dual2::vars(x)), many(nested_vars(x)));
        assert_eq!(complaint, None);
    }
}

#[test]
fn plain_numbers_on_either_side_keep_the_derivatives_of_the_other() {
    let [x] = Dual2::vars([3.0]);
    let cases: [(Dual2<f64, 1>, [f64; 3]); 9] = [
        (x + 2.0, [5.0, 1.0, 0.0]),
        (2.0 - x * x, [-7.0, -6.0, -2.0]),
        (2.0 * x.powi(2), [18.0, 12.0, 4.0]),
        (x.powi(2) / 2.0, [4.5, 3.0, 1.0]),
        (54.0 / x, [18.0, -6.0, 4.0]),
        (x.powi(3) % 20.0, [7.0, 27.0, 18.0]),
        (-x.powi(3), [-27.0, -27.0, -18.0]),
        (x.powf(2.0), [9.0, 6.0, 2.0]),
        (x * x.detach(), [9.0, 3.0, 0.0]),
    ];
    for (y, [value, first, second]) in cases {
        assert_eq!(parts(y), (value, [first], [[second]]));
    }
}

#[test]
fn a_zero_wins_against_an_infinity_in_functions() {
    let [x, y] = Dual2::vars([0.0_f64, 4.0]);
    assert_eq!(parts(x.sqrt() + y), (4.0, [f64::INFINITY, 1.0], [[0.0; 2]; 2]));
    // The unused number has no influence.
    assert_eq!(parts(x.sqrt() * 0.0 + y * y), (16.0, [0.0, 8.0], [[0.0, 0.0], [0.0, 2.0]]));
    assert_eq!(parts(x.sqrt().min(-y)), (-4.0, [0.0, -1.0], [[0.0; 2]; 2]));
    // Of √(x²), the inner number does not move.
    assert_eq!(parts((x * x).sqrt()), (0.0, [0.0; 2], [[0.0; 2]; 2]));
}

#[test]
fn a_hessian_over_a_dual_has_derivatives() {
    let [x, y] = Dual2::vars([Dual::new(2.0, [1.0]), Dual::new(3.0, [0.0])]);
    let hessian = (x * x * x * y * 2.0 + x).hessian();
    assert_eq!(hessian.map(|row| row.map(Dual::data)), [[72.0, 24.0], [24.0, 0.0]]);
    assert_eq!(hessian.map(|row| row.map(Dual::tangent)), [[36.0, 24.0], [24.0, 0.0]]);
}
