//! The methods that nalgebra requires of a number: they give the numbers of the plain float, and their gradients.

use std::fmt::Debug;

use approx::UlpsEq;
use gradtape::check::Check;
use gradtape::{Dual, Dual2, Tape, Value, gradient};
use nalgebra::{ComplexField, RealField, SimdValue, try_convert};
use simba::scalar::{SubsetOf, SupersetOf};
use simba::simd::{PrimitiveSimdValue, SimdComplexField, SimdRealField};
use testing::{assert_near, assert_same_bits, number, partials};

type Method<T> = (&'static str, fn([T; 3]) -> T);

/// Every computing method of `ComplexField` and `RealField`, for a number and up to two others.
fn methods<T: RealField + Copy>() -> Vec<Method<T>> {
    macro_rules! methods {
        ($([$a:ident $b:ident $c:ident] $($name:literal $value:expr),*;)*) => {
            vec![$($(($name, |[$a, $b, $c]: [T; 3]| { let _ = ($a, $b, $c); $value })),*),*]
        };
    }
    methods! {
        [x y z]
        "from_real" T::from_real(x), "real" x.real(), "imaginary" x.imaginary(), "conjugate" x.conjugate(),
        "modulus" x.modulus(), "modulus_squared" x.modulus_squared(), "norm1" x.norm1(), "abs" ComplexField::abs(x),
        "argument" x.argument(), "signum" ComplexField::signum(x), "scale" x.scale(y), "unscale" x.unscale(y),
        "to_polar" x.to_polar().0, "to_polar, angle" x.to_polar().1, "to_exp" x.to_exp().0, "to_exp, sign" x.to_exp().1,
        "floor" x.floor(), "ceil" x.ceil(), "round" x.round(), "trunc" x.trunc(), "fract" x.fract(),
        "recip" x.recip(), "mul_add" x.mul_add(y, z), "hypot" x.hypot(y),
        "sin" x.sin(), "cos" x.cos(), "tan" x.tan(), "asin" x.asin(), "acos" x.acos(), "atan" x.atan(),
        "sin_cos, sin" x.sin_cos().0, "sin_cos, cos" x.sin_cos().1,
        "sinh" x.sinh(), "cosh" x.cosh(), "tanh" x.tanh(), "asinh" x.asinh(), "acosh" x.acosh(), "atanh" x.atanh(),
        "sinh_cosh, sinh" x.sinh_cosh().0, "sinh_cosh, cosh" x.sinh_cosh().1,
        "sinc" x.sinc(), "sinhc" x.sinhc(), "cosc" x.cosc(), "coshc" x.coshc(),
        "exp" x.exp(), "exp2" x.exp2(), "exp_m1" x.exp_m1(),
        "log" x.log(y), "log2" x.log2(), "log10" x.log10(), "ln" x.ln(), "ln_1p" x.ln_1p(),
        "sqrt" x.sqrt(), "cbrt" x.cbrt(), "try_sqrt" x.try_sqrt().unwrap_or(y),
        "powi" x.powi(3), "powi, negative" x.powi(-2), "powf" x.powf(y), "powc" x.powc(y),
        "copysign" x.copysign(y), "max" x.max(y), "min" x.min(y), "clamp" x.clamp(y, z), "atan2" x.atan2(y),
        "min_value" T::min_value().unwrap(), "max_value" T::max_value().unwrap(),
        "pi" T::pi(), "two_pi" T::two_pi(), "frac_pi_2" T::frac_pi_2(), "frac_pi_3" T::frac_pi_3(),
        "frac_pi_4" T::frac_pi_4(), "frac_pi_6" T::frac_pi_6(), "frac_pi_8" T::frac_pi_8(), "frac_1_pi" T::frac_1_pi(),
        "frac_2_pi" T::frac_2_pi(), "frac_2_sqrt_pi" T::frac_2_sqrt_pi(), "e" T::e(), "log2_e" T::log2_e(),
        "log10_e" T::log10_e(), "ln_2" T::ln_2(), "ln_10" T::ln_10(),
        "simd_abs" x.simd_abs(), "simd_horizontal_sum" x.simd_horizontal_sum(), "simd_atan2" x.simd_atan2(y),
        "simd_pi" T::simd_pi();
    }
}

const SPECIAL: [f64; 19] = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    -2.5,
    3.0,
    1e-8,
    -1e-30,
    1e-310,
    25.0,
    -90.0,
    800.0,
    1e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

fn assert_plain_numbers<T: testing::TestFloat + RealField>()
where
    Value<T>: RealField + Copy,
{
    let tape = Tape::new();
    for (ours, plain) in methods::<Value<T>>().into_iter().zip(methods::<T>()) {
        for (x, y) in SPECIAL.into_iter().flat_map(|x| SPECIAL.map(|y| (x, y))) {
            let x = [x, y, 2.0].map(number::<T>);
            let result = (ours.1)(x.map(|x| tape.var(x)));
            assert_same_bits(result.data(), (plain.1)(x), (plain.0, x));
        }
    }
}

#[test]
fn every_method_gives_the_number_of_the_plain_float() {
    assert_plain_numbers::<f64>();
    assert_plain_numbers::<f32>();
}

/// Points inside the domains of some functions and outside the domains of others.
const POINTS: [[f64; 3]; 8] = [
    [0.7, 1.3, 2.9],
    [-0.7, 1.3, 2.9],
    [0.3, -0.4, 0.8],
    [1.7, 0.6, 1.1],
    [2.4, 1.2, 1.9],
    [-3.3, -1.2, 0.4],
    [0.01, 2.3, -1.7],
    [1e-5, 1.5, 1.6],
];

#[test]
fn every_method_has_the_gradient_of_differences() {
    let mut seen = 0;
    for (name, f) in methods::<Value<f64>>() {
        let inside = |x: &&[f64; 3]| f(x.map(Value::from)).data().is_finite();
        let points: Vec<_> = POINTS.iter().filter(inside).collect();
        assert!(points.len() > 1, "{name} is not defined at the points of this test");
        for x in points {
            if let Err(failure) = Check::new().gradient(|x| f([x[0], x[1], x[2]]), x) {
                panic!("{name} at {x:?}: {failure}");
            }
            seen += 1;
        }
    }
    assert!(seen > 500, "only {seen} gradients were compared");
}

#[test]
fn every_method_has_the_same_derivatives_forward_and_backward() {
    for ((name, f), (_, g)) in methods::<Value<f64>>().into_iter().zip(methods::<Dual<f64, 3>>()) {
        for x in POINTS.into_iter().filter(|x| f(x.map(Value::from)).data().is_finite()) {
            let forward = g(Dual::vars(x));
            assert_same_bits(forward.data(), f(x.map(Value::from)).data(), (name, x));
            for (forward, backward) in forward.tangents().into_iter().zip(partials(f, x)) {
                assert_near(forward, backward, 1e-15 * backward.abs(), (name, x));
            }
        }
    }
}

#[test]
fn every_method_has_the_second_derivatives_of_differences() {
    let nested = methods::<Value<Value<f64>>>();
    for ((name, f), (_, g)) in methods::<Value<f64>>().into_iter().zip(nested) {
        for x in POINTS.into_iter().filter(|x| f(x.map(Value::from)).data().is_finite()) {
            let slopes = |x: &[Value<f64>]| -> Value<f64> {
                let tape = Tape::new();
                let y = [0, 1, 2].map(|k| tape.var(x[k]));
                let gradients = g(y).backward();
                y.into_iter().zip([0.9, -0.7, 0.4]).map(|(y, w)| gradients.wrt(y) * w).sum()
            };
            if let Err(failure) = Check::new().absolute(1e-12).gradient(slopes, &x) {
                panic!("{name} at {x:?}: {failure}");
            }
        }
    }
}

#[test]
fn cardinal_functions_keep_the_digits_of_their_derivatives() {
    // The first terms of the series, or the quotient where nothing cancels.
    type Case = (fn(Value<f64>) -> Value<f64>, f64, fn(f64) -> f64);
    let cases: [Case; 2] = [
        (ComplexField::sinc, -1.0, |x| (x * x.cos() - x.sin()) / (x * x)),
        (ComplexField::sinhc, 1.0, |x| (x * x.cosh() - x.sinh()) / (x * x)),
    ];
    for (f, sign, quotient) in cases {
        for x in [0.0, -0.0, 1e-300, 1e-20, -1e-9, 1e-5, -1e-3, 0.004] {
            let expected = sign * x / 3.0 + x * x * x / 30.0 + sign * x.powi(5) / 840.0;
            assert_near(partials(|[x]| f(x), [x])[0], expected, 4e-16 * expected.abs(), x);
        }
        for x in [0.5, -0.7, 0.99, 1.0_f64.next_down(), 1.0, 1.2, -3.0, 20.0] {
            let expected = quotient(x);
            assert_near(partials(|[x]| f(x), [x])[0], expected, 2e-14 * expected.abs(), x);
        }
    }
    assert_eq!(partials::<gradtape::Value<f64>, 1>(|[x]| x.sinhc(), [720.0]), [f64::INFINITY], "and not NaN");
    assert_eq!(partials::<gradtape::Value<f64>, 1>(|[x]| x.coshc(), [-720.0]), [f64::INFINITY], "and not NaN");
    for zero in [0.0, -0.0] {
        assert_eq!(
            partials::<gradtape::Value<f64>, 1>(|[x]| x.cosc() + x.coshc() + x.sinc() + x.sinhc(), [zero]),
            [0.0]
        );
    }
    let (x, tape) = (0.0_f64, Tape::new());
    let inner = Tape::new();
    let v = tape.var(inner.var(x));
    let second = v.sinc().backward().wrt(v);
    assert_near(second.backward().wrt(v.data()), -1.0 / 3.0, 1e-16, "sinc''(0)");
}

#[test]
fn modulus_times_sign_is_the_number_also_where_it_is_zero() {
    for x in [2.0, -2.0, 0.0, -0.0] {
        let product = |[x]: [Value<f64>; 1]| {
            let (modulus, sign) = x.to_exp();
            modulus * sign
        };
        assert_eq!(partials(product, [x]), [1.0]);
    }
}

#[test]
fn bounds_in_the_wrong_order_clamp_as_floats_do() {
    let clamped = |[x, low, high]: [Value<f64>; 3]| RealField::clamp(x, low, high);
    assert_eq!(partials(clamped, [0.0, 1.0, -1.0]), [0.0, 1.0, 0.0]);
    assert_eq!(partials(clamped, [3.0, 1.0, -1.0]), [0.0, 0.0, 1.0]);
    assert_eq!(partials(clamped, [3.0, f64::NAN, 2.0]), [0.0, 0.0, 1.0]);
    assert_eq!(partials(clamped, [3.0, f64::NAN, f64::NAN]), [1.0, 0.0, 0.0]);
}

#[test]
fn roots_of_negative_numbers_and_nan_are_none() {
    let root = |x: f64| Value::from(x).try_sqrt().map(Value::data);
    assert_eq!([-1.0, -1e-300, f64::NAN].map(root), [None; 3]);
    assert_eq!([-0.0, 0.0, 4.0].map(root), [-0.0, 0.0, 2.0].map(Some));
}

#[test]
fn plain_numbers_become_constants_and_come_back_alone() {
    fn round_trip<T: Copy + SubsetOf<Value<f64>> + SubsetOf<Value<f32>> + PartialEq + Debug>(x: T, number: f64) {
        let wide: Value<f64> = x.to_superset();
        let narrow: Value<f32> = x.to_superset();
        assert!(wide.is_constant() && narrow.is_constant());
        assert_eq!((wide.data(), f64::from(narrow.data())), (number, number));
        assert!(T::is_in_subset(&wide));
        assert_eq!(T::from_superset(&wide).as_ref(), Some(&x));
        assert_eq!(T::from_superset_unchecked(&narrow), x);
    }
    round_trip(1.5_f64, 1.5);
    round_trip(-1.5_f32, -1.5);
    round_trip(-3_i8, -3.0);
    round_trip(3_u64, 3.0);
    round_trip(7_usize, 7.0);

    let tape = Tape::new();
    let x = tape.var(2.0_f64);
    assert_eq!(try_convert::<Value<f64>, f64>(x * x), Some(4.0));
    let nested: Value<Value<f64>> = Value::from_subset(&3.0);
    assert_eq!(try_convert::<_, f64>(nested), Some(3.0));
    let same: Value<f64> = x.to_superset();
    assert_eq!(partials(|[x]: [Value<f64>; 1]| Value::from_superset(&x.to_superset()).unwrap(), [2.0]), [1.0]);
    assert!(!same.is_constant() && <Value<_> as SubsetOf<_>>::is_in_subset(&same));
}

#[test]
fn a_number_is_one_lane() {
    fn is_primitive<V: PrimitiveSimdValue>() {}
    is_primitive::<Value<f64>>();
    let tape = Tape::new();
    let (x, y) = (tape.var(2.0), tape.var(3.0));
    let mut lane = Value::splat(x);
    assert_eq!((Value::<f64>::LANES, lane.extract(0)), (1, x));
    lane.replace(0, x * y);
    let chosen = lane.select(true, x) + lane.select(false, y);
    assert_eq!(chosen.backward().wrt_all(&[x, y]), [3.0, 3.0]);
    assert_eq!(lane.map_lanes(|v| v * v).backward().wrt(x), 36.0);
    assert_eq!(lane.zip_map_lanes(x, |v, x| v * x).backward().wrt(x), 12.0);
}

#[test]
fn comparison_with_tolerance_is_by_number() {
    let tape = Tape::new();
    let x = tape.var(0.1_f64);
    assert!((x + 0.2).ulps_eq(&Value::from(0.3), Value::simd_default_epsilon(), 4));
    assert_eq!(gradient(|x| x[0] * Value::<f64>::simd_default_epsilon(), &[1.0]).1, [f64::EPSILON]);
}

#[test]
fn cardinal_functions_have_the_second_derivatives_of_duals_over_duals() {
    macro_rules! both {
        ($($name:ident)*) => { $(
            for x in [0.0, 1e-3, 0.5, -0.999, 1.001, 2.0] {
                let ours = nalgebra::ComplexField::$name(Dual2::vars([x])[0]);
                let theirs = nalgebra::ComplexField::$name(Dual::var(Dual::var(x)));
                assert_eq!(ours.data(), theirs.data().data());
                let pairs: [(f64, f64); 2] = [
                    (ours.gradient()[0], theirs.tangent().data()),
                    (ours.hessian()[0][0], theirs.tangent().tangent()),
                ];
                for (a, b) in pairs {
                    let is_same = a == b || (a - b).abs() < 1e-14 * (1.0 + b.abs()) || a.is_nan() && b.is_nan();
                    assert!(is_same, "{} at {x}: {a} instead of {b}", stringify!($name));
                }
            }
        )* };
    }
    both! { sinc sinhc cosc coshc }
}
