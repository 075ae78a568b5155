//! Numbers beyond f32 and f64 on a tape: tapes of tapes, floats of other crates; and functions of other crates over
//! values.

mod support;

use std::fmt::Debug;

use easer::functions::{Back, Easing, Elastic};
use gradtape::check::{Operation, Table, Unit, difference};
use gradtape::{Dual, Function, Mode, Real, Tape, Value, derivative, function, gradient};
use half::{bf16, f16};
use num_complex::{Complex, ComplexFloat};
use num_quaternion::UnitQuaternion;
use num_traits::{Float, FloatConst};
use support::{InBox, assert_near, assert_same_bits, number, partials, quickcheck};
use twofloat::TwoFloat;

type Nested = Value<Value<f64>>;

/// The second derivatives of `f` by reverse over reverse.
fn hessian<const N: usize>(f: fn([Nested; N]) -> Nested, x: [f64; N]) -> [[f64; N]; N] {
    let (inner, outer) = (Tape::new(), Tape::new());
    let x = x.map(|x| inner.var(x));
    let nested = x.map(|x| outer.var(x));
    let slopes = f(nested).backward();
    nested.map(|nested| {
        let second = slopes.wrt(nested).backward();
        x.map(|x| second.wrt(x))
    })
}

fn assert_second_derivatives_agree<const N: usize>(
    nested: &Operation<Nested, N>,
    op: &Operation<Value<f64>, N>,
    units: [Unit; N],
) {
    let x = op.point(units);
    let ours = hessian(nested.f, x);
    for (i, j) in (0..N).flat_map(|i| (0..N).map(move |j| (i, j))) {
        let along = |at| {
            let mut x = x;
            x[j] = at;
            partials(op.f, x)[i]
        };
        let (expected, error) = difference(along, x[j]);
        assert!(error < 1e-5 * (1.0 + expected.abs()), "{} at {x:?}: no difference to compare with", op.name);
        assert_near(ours[i][j], expected, error + 1e-12 * (1.0 + expected.abs()), (op.name, i, j, x));
    }
}

#[test]
fn second_derivatives_of_one_argument_agree_with_differences_of_the_first() {
    fn property(unit: Unit) {
        for (nested, op) in Table::UNARY.iter().zip(Table::UNARY) {
            assert_second_derivatives_agree(nested, op, [unit]);
        }
    }
    quickcheck(50, property as fn(Unit));
}

#[test]
fn second_derivatives_of_two_arguments_agree_with_differences_of_the_first() {
    fn property(units: [Unit; 2]) {
        for (nested, op) in Table::BINARY.iter().zip(Table::BINARY) {
            assert_second_derivatives_agree(nested, op, units);
        }
    }
    quickcheck(50, property as fn([Unit; 2]));
}

#[test]
fn second_derivatives_pass_through_joins_of_many_operands() {
    // ab + ac + bc + abc
    let f = |[a, b, c]: [Nested; 3]| Value::dot(&[a, a, b], &[b, c, c]) + [a, b, c].iter().product::<Nested>().retain();
    assert_eq!(hessian(f, [2.0, 3.0, 5.0]), [[0.0, 6.0, 4.0], [6.0, 0.0, 3.0], [4.0, 3.0, 0.0]]);
    // a³ + ab² + a²b
    let f = |[a, b]: [Nested; 2]| [a * a, b * b, a * b].iter().sum::<Nested>() * a;
    assert_eq!(hessian(f, [2.0, 3.0]), [[18.0, 10.0], [10.0, 4.0]]);
    // ab + a² + √(a² + b²)
    let f = |[a, b]: [Nested; 2]| a.mul_add(b, a * a).max(b) + a.hypot(b).clamp(a, b * b);
    let ours = hessian(f, [3.0, 4.0]);
    for (&ours, theirs) in ours.as_flattened().iter().zip([2.128, 0.904, 0.904, 0.072]) {
        assert_near(ours, theirs, 1e-14, "branches");
    }
}

#[test]
fn a_third_derivative_comes_from_three_tapes() {
    let (one, two, three) = (Tape::new(), Tape::new(), Tape::new());
    let x = one.var(0.7_f64);
    let y = two.var(x);
    let z = three.var(y);
    let first = (z.sin() * z).backward().wrt(z);
    let third = first.backward().wrt(y).backward().wrt(x);
    assert_near(third, -3.0 * 0.7_f64.sin() - 0.7 * 0.7_f64.cos(), 1e-15, "x sin x");
}

#[test]
fn numbers_are_the_plain_floats_however_deep() {
    let (one, two) = (Tape::new(), Tape::new());
    let lift = |x: f64| two.var(one.var(x));
    for (nested, plain) in Table::<Nested>::UNARY.iter().zip(Table::<f64>::UNARY) {
        assert_same_bits((nested.f)(plain.at.map(lift)).data().data(), (plain.f)(plain.at), plain.name);
    }
    for (nested, plain) in Table::<Nested>::BINARY.iter().zip(Table::<f64>::BINARY) {
        assert_same_bits((nested.f)(plain.at.map(lift)).data().data(), (plain.f)(plain.at), plain.name);
    }
}

/// The partials over `T` are those over f64 at the same point, but for some units `epsilon` of rounding.
fn assert_partials_of_f64<T>(epsilon: f64)
where
    T: Float + Into<f64> + Debug + 'static,
    Value<T>: Real,
{
    fn complaints<T: Float + Into<f64> + Debug + 'static, const N: usize>(
        op: &Operation<Value<T>, N>,
        exact: &Operation<Value<f64>, N>,
        epsilon: f64,
    ) -> String {
        let x = op.at.map(number::<T>);
        let (ours, theirs) = (partials(op.f, x).map(T::into), partials(exact.f, x.map(T::into)));
        let off = |k: &usize| (ours[*k] - theirs[*k]).abs() / epsilon / (theirs[*k].abs() + 0.1);
        let bad = (0..N).filter(|k| off(k).is_nan() || off(k) > 16.0);
        let lines: Vec<_> = bad.map(|k| format!("{} {k} at {x:?}: {} for {}\n", op.name, ours[k], theirs[k])).collect();
        lines.concat()
    }
    let unary = Table::UNARY.iter().zip(Table::UNARY).map(|(op, exact)| complaints(op, exact, epsilon));
    let pairs = Table::BINARY.iter().zip(Table::BINARY).map(|(op, exact)| complaints(op, exact, epsilon));
    let complaints: String = unary.chain(pairs).collect();
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn half_precision_numbers_have_gradients() {
    assert_partials_of_f64::<f16>(f16::EPSILON.into());
}

/// A function of any plain number.
struct Wave;

impl<T: Real<Scalar = T>> Function<T> for Wave {
    fn eval<F: Real<Scalar = T>>(&self, x: &[F]) -> F {
        let half = number::<T>(0.5);
        x.windows(2).map(|x| (x[0] * x[1]).sin() * half + x[1].sigmoid()).sum::<F>() + F::dot(x, x)
    }
}

/// All derivatives of a function over `T` are those over f64 at the same point, within its rounding.
fn assert_derivatives_of_f64<T: Real<Scalar = T> + Into<f64>>() {
    let x = [0.75, -1.25, 0.5].map(number::<T>);
    let exact = x.map(T::into);
    let tolerance = 16.0 * T::epsilon().into();
    for mode in [Mode::Forward, Mode::Reverse] {
        let (value, slopes) = Wave.value_and_gradient_by(mode, &x);
        let (exact_value, exact_slopes) = Wave.value_and_gradient_by(mode, &exact);
        assert_near(value.into(), exact_value, tolerance, mode);
        for (ours, theirs) in slopes.into_iter().zip(exact_slopes) {
            assert_near(ours.into(), theirs, tolerance, mode);
        }
    }
    for (ours, theirs) in Wave.hessian(&x).concat().into_iter().zip(Wave.hessian(&exact).concat()) {
        assert_near(ours.into(), theirs, tolerance, "hessian");
    }
    let (ours, theirs) = (Wave.sparse_hessian(&x), Wave.sparse_hessian(&exact));
    assert_eq!(ours.pattern(), theirs.pattern());
}

#[test]
fn half_precision_numbers_are_the_plain_numbers_of_functions() {
    assert_derivatives_of_f64::<f16>();
    assert_derivatives_of_f64::<bf16>();
    // All numbers on the way are exact.
    let product = function!(f16, |x| x[0] * x[1] * x[1] + f16::from_f32(0.5));
    let [two, three] = [2.0, 3.0].map(f16::from_f32);
    assert_eq!(
        product.value_and_gradient(&[two, three]),
        (f16::from_f32(18.5), [9.0, 12.0].map(f16::from_f32).to_vec())
    );
}

/// The functions of `twofloat` are as good as f64 only, its sums and products are twice as good.
#[test]
fn double_double_numbers_have_gradients() {
    assert_partials_of_f64::<TwoFloat>(1e-13);
    let tiny = TwoFloat::from(1e-20);
    let x = [TwoFloat::from(0.7) + tiny, TwoFloat::from(1.3) - tiny, TwoFloat::from(-0.2) + tiny];
    let [a, b, c] = x;
    let ours = partials(|[a, b, c]| a * b * b - Value::dot(&[a, b, c], &[c, c, a]) + c.powi(3) * b, x);
    let expected = [b * b - c - c, a * b + a * b - c + c * c * c, c * c * b * 3.0 - b - a - a];
    for (ours, theirs) in ours.into_iter().zip(expected) {
        assert_near(ours, theirs, TwoFloat::from(1e-30), x);
    }
}

/// Polynomials at 1/3, whose derivatives there are `p/q`.
#[test]
fn derivatives_in_double_double_numbers_have_30_digits() {
    type Pair = (&'static str, fn(Dual<TwoFloat>) -> Dual<TwoFloat>, fn(&[Value<TwoFloat>]) -> Value<TwoFloat>);
    fn cubic<F: Real>(x: F) -> F {
        x * x * x - (x + x)
    }
    fn nested<F: Real>(x: F) -> F {
        let y = x * x + F::one();
        y * y * x + x.powi(5)
    }
    fn sums<F: Real>(x: F) -> F {
        F::dot(&[x, x * x], &[x, x]) + [x, x, x].into_iter().product::<F>()
    }
    let functions: [(Pair, f64, f64); 3] = [
        (("cubic", cubic, |x| cubic(x[0])), -5.0, 3.0),
        (("nested", nested, |x| nested(x[0])), 145.0, 81.0),
        (("sums", sums, |x| sums(x[0])), 4.0, 3.0),
    ];
    // The operator `/` of the crate has the digits of f64 alone.
    let third = TwoFloat::new_div(1.0, 3.0);
    for ((name, forward, reverse), p, q) in functions {
        let [value, slope] = derivative(forward, third);
        let (same_value, slopes) = gradient(reverse, &[third]);
        assert_near(value, same_value, TwoFloat::from(1e-30), name);
        for slope in [slope, slopes[0]] {
            assert_near(slope * q, TwoFloat::from(p), TwoFloat::from(1e-30 * p.abs()), name);
        }
    }
}

/// A function of another crate: over plain numbers it gives the differences for the gradient of what it gives over
/// values.
#[track_caller]
fn assert_foreign_gradient<const N: usize>(
    f: fn([Value<f64>; N]) -> Value<f64>,
    plain: fn([f64; N]) -> f64,
    x: [f64; N],
) {
    let ours = partials(f, x);
    for k in 0..N {
        let along = |at| {
            let mut x = x;
            x[k] = at;
            plain(x)
        };
        let (expected, error) = difference(along, x[k]);
        assert!(error < 1e-8, "no difference to compare with: {error}");
        assert_near(ours[k], expected, error, (k, x));
    }
    let (value, _) = gradient(|v| f(std::array::from_fn(|k| v[k])), &x);
    assert_same_bits(value, plain(x), x);
}

/// The same generic function over values and over plain numbers.
macro_rules! assert_foreign_gradient {
    ($f:ident at $($x:expr),+) => { $(assert_foreign_gradient($f, $f, $x);)+ };
}

#[test]
fn easing_functions_of_easer_have_gradients() {
    fn elastic<F: Float + FloatConst>([t, b, c, d]: [F; 4]) -> F {
        Elastic::ease_in_out(t, b, c, d) + Elastic::ease_in(t, b, c, d) * Back::ease_out(t, b, c, d)
    }
    assert_foreign_gradient!(elastic at [0.3, 1.0, 2.0, 1.0], [51.0, 1.0, 3.0, 90.0]);
}

#[test]
fn complex_functions_of_num_complex_have_gradients() {
    fn mixed<F: Float>([a, b, c, d]: [F; 4]) -> F {
        let (z, w) = (Complex::new(a, b), Complex::new(c, d));
        let y = z.powc(w) * w.sinh().inv() + (z / w).sqrt().atan() - z.exp().ln().cosh();
        y.norm() + y.arg()
    }
    assert_foreign_gradient!(mixed at [0.7, 0.4, 1.2, -0.3], [1.1, -0.6, 0.4, 0.8]);
}

#[test]
fn generic_functions_over_complex_and_real_numbers_have_gradients() {
    fn spiral<C: ComplexFloat>(z: C, w: C) -> C::Real {
        (z.powi(3) + w.cosh() * z.conj()).abs() + (z * w).exp().re()
    }
    fn complex<F: Float + FloatConst>([a, b, c, d]: [F; 4]) -> F {
        spiral(Complex::new(a, b), Complex::new(c, d))
    }
    fn real<F: Float + FloatConst>([a, b]: [F; 2]) -> F {
        spiral(a, b)
    }
    assert_foreign_gradient!(complex at [0.7, 0.4, 1.2, -0.3]);
    assert_foreign_gradient!(real at [0.7, 0.4]);
    let narrow = partials(complex::<Value<f32>>, [0.7, 0.4, 1.2, -0.3]);
    for (ours, exact) in narrow.into_iter().zip(partials(complex::<Value<f64>>, [0.7, 0.4, 1.2, -0.3])) {
        assert_near(f64::from(ours), exact, 4e-6, narrow);
    }
}

#[test]
fn rotations_of_num_quaternion_have_gradients() {
    fn rotated<F: Float + FloatConst>([roll, pitch, yaw, x, y, z]: [F; 6]) -> F {
        let half = (F::one() + F::one()).recip();
        let rotation = UnitQuaternion::from_euler_angles(roll, pitch, yaw);
        let other = UnitQuaternion::from_rotation_vector(&[x, y, z]);
        let [a, b, c] = rotation.slerp(&other, half).rotate_vector([x, y, z]);
        a * b + c.sin() + rotation.into_quaternion().exp().norm()
    }
    assert_foreign_gradient!(rotated at [0.3, -0.4, 0.9, 1.0, 0.5, -0.7], [1.0, 0.2, -0.5, 0.4, 0.3, 0.2]);
}
