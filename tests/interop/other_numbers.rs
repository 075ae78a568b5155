//! Numbers beyond f32 and f64: three levels of nesting, and floats of other crates; and functions of other crates over
//! the numbers of this crate.

use easer::functions::{Back, Easing, Elastic};
use gradtape::check::difference;
use gradtape::check::random::Operation;
use gradtape::{Dual, Function, Mode, Plain, Real, Tape, Value, derivative, function, gradient};
use half::{bf16, f16};
use num_complex::{Complex, ComplexFloat};
use num_quaternion::UnitQuaternion;
use num_traits::{Float, FloatConst};
use testing::differentiable::{Differentiable, Over, outcome};
use testing::functions::gradient_by;
use testing::{assert_near, assert_same_bits, binary, number, partials, unary};
use twofloat::TwoFloat;

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

/// The partials over `T` equal those over f64 at the same point, within some units `epsilon` of rounding.
fn assert_partials_of_f64<F>(epsilon: f64)
where
    F: Differentiable<Inner: Into<f64>>,
{
    fn complaints<F: Differentiable<Inner: Into<f64>>, const N: usize>(
        op: &Operation<F, N>,
        exact: &Operation<Value<f64>, N>,
        epsilon: f64,
    ) -> String {
        let x = op.at.map(number::<F::Inner>);
        let (ours, theirs) = (partials(op.f, x).map(F::Inner::into), partials(exact.f, x.map(F::Inner::into)));
        let off = |k: &usize| (ours[*k] - theirs[*k]).abs() / epsilon / (theirs[*k].abs() + 0.1);
        let bad = (0..N).filter(|k| off(k).is_nan() || off(k) > 16.0);
        let lines: Vec<_> = bad.map(|k| format!("{} {k} at {x:?}: {} for {}\n", op.name, ours[k], theirs[k])).collect();
        lines.concat()
    }
    let of_one = unary::<F>().into_iter().zip(unary()).map(|(op, exact)| complaints(&op, &exact, epsilon));
    let of_two = binary::<F>().into_iter().zip(binary()).map(|(op, exact)| complaints(&op, &exact, epsilon));
    let complaints: String = of_one.chain(of_two).collect();
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn half_precision_numbers_have_gradients() {
    assert_partials_of_f64::<Value<f16>>(f16::EPSILON.into());
    assert_partials_of_f64::<Dual<f16>>(f16::EPSILON.into());
    assert_partials_of_f64::<Dual<f16, 3>>(f16::EPSILON.into());
}

/// A function of any plain number.
struct Wave;

impl<T: Plain> Function<T> for Wave {
    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let half = number::<T>(0.5);
        x.windows(2).map(|x| (x[0] * x[1]).sin() * half + x[1].sigmoid()).sum::<F>() + F::dot(x, x)
    }
}

/// All derivatives of a function over `T` equal those over f64 at the same point, within the rounding of `T`.
fn assert_derivatives_of_f64<T: Plain + Into<f64>>() {
    let x = [0.75, -1.25, 0.5].map(number::<T>);
    let exact = x.map(T::into);
    let tolerance = 16.0 * T::epsilon().into();
    for mode in [Mode::Forward, Mode::Reverse] {
        let (value, slopes) = gradient_by(mode, &Wave, &x);
        let (exact_value, exact_slopes) = gradient_by(mode, &Wave, &exact);
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
    // All intermediate numbers are exact.
    let product = function!(f16, |x| x[0] * x[1] * x[1] + f16::from_f32(0.5));
    let [two, three] = [2.0, 3.0].map(f16::from_f32);
    assert_eq!(
        product.value_and_gradient(&[two, three]),
        (f16::from_f32(18.5), [9.0, 12.0].map(f16::from_f32).to_vec())
    );
}

/// In `twofloat`, functions have the digits of f64 only; sums and products have twice as many.
#[test]
fn double_double_numbers_have_gradients() {
    fn check<F: Differentiable<Inner = TwoFloat>>() {
        assert_partials_of_f64::<F>(1e-13);
        let tiny = TwoFloat::from(1e-20);
        let x = [TwoFloat::from(0.7) + tiny, TwoFloat::from(1.3) - tiny, TwoFloat::from(-0.2) + tiny];
        let [a, b, c] = x;
        let ours = partials(|[a, b, c]: [F; 3]| a * b * b - F::dot(&[a, b, c], &[c, c, a]) + c.powi(3) * b, x);
        let expected = [b * b - c - c, a * b + a * b - c + c * c * c, c * c * b * 3.0 - b - a - a];
        for (ours, theirs) in ours.into_iter().zip(expected) {
            assert_near(ours, theirs, TwoFloat::from(1e-30), x);
        }
    }
    check::<Value<TwoFloat>>();
    check::<Dual<TwoFloat>>();
    check::<Dual<TwoFloat, 2>>();
}

/// Polynomials at 1/3. Their derivatives there are `p/q`.
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
    // The operator `/` of the crate has the digits of f64 only.
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

/// A function of another crate. Its results over plain numbers give the differences for its gradient over numbers of
/// this crate.
#[track_caller]
fn assert_foreign_gradient<F: Over<f64>, const N: usize>(f: fn([F; N]) -> F, plain: fn([f64; N]) -> f64, x: [f64; N]) {
    let (value, ours) = outcome(f, x);
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
    assert_same_bits(value, plain(x), x);
}

/// The same generic function over the numbers of both modes and over plain numbers.
macro_rules! assert_foreign_gradient {
    ($f:ident at $($x:expr),+) => { $(
        assert_foreign_gradient($f::<Value<f64>>, $f, $x);
        assert_foreign_gradient($f::<Dual<f64>>, $f, $x);
        assert_foreign_gradient($f::<Dual<f64, 3>>, $f, $x);
    )+ };
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
