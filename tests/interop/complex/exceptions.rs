//! Branch points, exponents that are variables, functions with real results, sparsity, and other floats.

use gradtape::sparse::Sparsity;
use gradtape::{Dual, Value, VectorFunction, complex, function};
use half::f16;
use num_complex::Complex;
use testing::differentiable::{Over, outcome, partials};
use testing::{TestFloat, assert_near, for_every_number, number};
use twofloat::TwoFloat;

use super::{C, I, W, first_order, index_of, ours, pair, real};

/// Functions at points where the derivative is 0 or infinite, with its direction.
const BRANCH_POINTS: &[(&str, C, C)] = &[
    ("sqrt", C::new(0.0, 0.0), C::new(1.0, 0.0)),
    ("sqrt", C::new(0.0, -0.0), C::new(1.0, 0.0)),
    ("sqrt", C::new(-0.0, 0.0), C::new(0.0, -1.0)),
    ("sqrt", C::new(-0.0, -0.0), C::new(0.0, 1.0)),
    ("cbrt", C::new(0.0, 0.0), C::new(1.0, 0.0)),
    ("cbrt", C::new(-0.0, -0.0), C::new(1.0, 0.0)),
    ("powf_5_2", C::new(0.0, 0.0), C::new(0.0, 0.0)),
    ("powc_w", C::new(0.0, -0.0), C::new(0.0, 0.0)),
    ("asin", C::new(1.0, 0.0), C::new(1.0, 0.0)),
    ("asin", C::new(-1.0, -0.0), C::new(1.0, 0.0)),
    ("acos", C::new(1.0, -0.0), C::new(-1.0, 0.0)),
    ("acos", C::new(-1.0, 0.0), C::new(-1.0, 0.0)),
    ("asinh", C::new(0.0, 1.0), C::new(1.0, 0.0)),
    ("asinh", C::new(-0.0, -1.0), C::new(1.0, 0.0)),
    ("acosh", C::new(1.0, 0.0), C::new(1.0, 0.0)),
    ("acosh", C::new(-1.0, 0.0), C::new(0.0, -1.0)),
];

fn derivatives_at_branch_points<T: TestFloat, F: Over<T>>() {
    let infinite = |direction: C| {
        let part = |x: f64| number::<T>(if x == 0.0 { 0.0 } else { x * f64::INFINITY });
        Complex::new(part(direction.re), part(direction.im))
    };
    // In a product of duals over plain numbers, `0 · ∞` is NaN.
    let is_right = |ours: Complex<T>, expected: Complex<T>| {
        let is_right = |ours: T, expected: T| ours == expected || !F::ZERO_WINS && ours.is_nan();
        is_right(ours.re, expected.re) && is_right(ours.im, expected.im)
    };
    for &(name, z, direction) in BRANCH_POINTS {
        let [value, by_re, by_im] = first_order(ours::<F>()[index_of(name)], pair(z.re, z.im));
        assert!(value.re.is_finite() && value.im.is_finite(), "{name} at {z}: {value}");
        assert!(is_right(by_re, infinite(direction)), "{name} at {z:?}: {by_re}");
        assert!(is_right(by_im, infinite(I * direction)), "{name} at {z:?}: {by_im}");
    }
    let small = first_order::<F>(|z| complex::powf(z, real::<F>(0.5)), pair(0.0, 0.0));
    assert!(is_right(small[1], infinite(C::ONE)) && is_right(small[2], infinite(I)), "{small:?}");
}

for_every_number! {
    derivatives_at_branch_points_are_infinite: derivatives_at_branch_points;
}

/// First and second derivatives of a power by its exponent, and by its base and its exponent.
#[test]
fn powers_have_all_derivatives_by_their_exponents() {
    type F1 = Dual<f64, 3>;
    type F2 = Value<F1>;
    let parts = [-2.5, -0.0, 0.0, 0.3, 1.0];
    let bases = parts.iter().flat_map(|&re| parts.map(|im| C::new(re, im))).filter(|z| z.norm() > 0.0);
    for (z, w) in bases.flat_map(|z| [0.0, 0.5, 1.0, 2.0, -1.0].map(|w| (z, w))) {
        let slopes = |f: fn([F2; 3]) -> F2| {
            partials(|x: [F1; 3]| partials(f, x)[2], [z.re, z.im, w])
                .into_iter()
                .chain([partials(|x: [F1; 3]| outcome(f, x).0, [z.re, z.im, w])[2]])
        };
        let re = slopes(|[x, y, w]| complex::powf(Complex::new(x, y), w).re);
        let im = slopes(|[x, y, w]| complex::powf(Complex::new(x, y), w).im);
        let (power, log) = (z.powf(w), z.ln());
        let mixed = power / z * (1.0 + w * log);
        let exact = [mixed, I * mixed, power * log * log, power * log];
        for ((re, im), exact) in re.zip(im).zip(exact) {
            assert_near((C::new(re, im) - exact).norm(), 0.0, 1e-14 * (1.0 + exact.norm() + mixed.norm()), (z, w));
        }
    }
    for (z, w) in [C::new(-2.5, -0.0), C::new(0.0, 0.3)].into_iter().flat_map(|z| [C::ZERO, C::ONE, W].map(|w| (z, w)))
    {
        let exact = z.powc(w) * z.ln();
        let base = Complex::new(z.re.into(), z.im.into());
        let [_, by_re, by_im] = first_order_of(|w| complex::powc(base, w), w);
        assert_near((by_re - exact).norm() + (by_im - I * exact).norm(), 0.0, 1e-14 * exact.norm(), (z, w));
    }
    // No power of 0 depends on its exponent.
    for w in [0.0, 0.5, 1.0, 2.0] {
        let power = complex::powf(Complex::new(Dual::constant(0.0), Dual::constant(0.0)), Dual::var(w));
        assert_eq!([power.re.tangent(), power.im.tangent()], [0.0; 2], "0 to the {w}");
    }
}

/// As [`first_order`], for a closure.
fn first_order_of(f: impl Fn(Complex<Dual<f64, 2>>) -> Complex<Dual<f64, 2>>, z: C) -> [C; 3] {
    let [x, y] = Dual::vars([z.re, z.im]);
    let w = f(Complex::new(x, y));
    let along = |k: usize| C::new(w.re.tangents()[k], w.im.tangents()[k]);
    [C::new(w.re.data(), w.im.data()), along(0), along(1)]
}

/// The functions of num-complex with real results, and the remainder.
#[test]
fn moduli_and_angles_of_num_complex_have_derivatives_on_the_axes() {
    type F = Value<Value<f64>>;
    type Case = (&'static str, fn([F; 2]) -> F, fn(C) -> [f64; 6]);
    let functions: [Case; 4] = [
        (
            "norm",
            |[x, y]| Complex::new(x, y).norm(),
            |z| {
                let (r, x, y) = (z.norm(), z.re, z.im);
                let cube = r * r * r;
                [r, x / r, y / r, y * y / cube, -x * y / cube, x * x / cube]
            },
        ),
        (
            "arg",
            |[x, y]| Complex::new(x, y).arg(),
            |z| {
                let (square, x, y) = (z.norm_sqr(), z.re, z.im);
                let (mixed, fourth) = (y * y - x * x, square * square);
                [y.atan2(x), -y / square, x / square, 2.0 * x * y / fourth, mixed / fourth, -2.0 * x * y / fourth]
            },
        ),
        ("norm_sqr", |[x, y]| Complex::new(x, y).norm_sqr(), |z| [z.norm_sqr(), 2.0 * z.re, 2.0 * z.im, 2.0, 0.0, 2.0]),
        (
            "modulus by polar",
            |[x, y]| Complex::new(x, y).to_polar().0.powi(2),
            |z| [z.norm_sqr(), 2.0 * z.re, 2.0 * z.im, 2.0, 0.0, 2.0],
        ),
    ];
    for (name, f, exact) in functions {
        for z in [C::new(2.5, 0.0), C::new(-0.3, -0.0), C::new(0.0, 0.3), C::new(-0.0, -2.5)] {
            let x = [z.re, z.im];
            let (value, slopes) = outcome(|x: [Value<f64>; 2]| outcome(f, x).0, x);
            let second = [0, 1].map(|k| partials(|x: [Value<f64>; 2]| partials(f, x)[k], x));
            let ours = [value, slopes[0], slopes[1], second[0][0], second[0][1], second[1][1]];
            for (ours, exact) in ours.into_iter().zip(exact(z)) {
                assert_near(ours, exact, 1e-14 * (1.0 + exact.abs()), (name, z));
            }
        }
    }
    // 7 + 5i = (3 - i)(1 + 2i) + 2: minus the integer quotient is the derivative by the divisor.
    let seven = pair::<Dual<f64, 2>>(7.0, 5.0);
    let [rest, by_re, by_im] = first_order_of(|w| seven % w, C::new(1.0, 2.0));
    assert_eq!([rest, by_re, by_im], [C::new(2.0, 0.0), C::new(-3.0, 1.0), C::new(-1.0, -3.0)]);
}

#[test]
fn other_floats_have_roots() {
    let root = complex::sqrt(Complex::new(Value::from(TwoFloat::from(-4.0)), Value::from(TwoFloat::from(0.0))));
    assert_eq!([root.re.data(), root.im.data()], [TwoFloat::from(0.0), TwoFloat::from(2.0)]);
    let zero = complex::sqrt(Complex::new(Value::from(TwoFloat::from(0.0)), Value::from(TwoFloat::from(0.0))));
    assert_eq!([zero.re.data(), zero.im.data()], [TwoFloat::from(0.0); 2]);
    let half = complex::sqrt(pair::<f16>(-4.0, -0.0));
    assert_eq!(half, pair(0.0, -2.0));
    assert_eq!(complex::sqrt(pair::<f16>(0.0, 0.0)), pair(0.0, 0.0));
}

/// A part that is 0 keeps its derivatives, also those that are 0 at this point only.
#[test]
fn both_parts_are_in_the_sparsity_pattern() {
    for at in [[4.0, 0.0], [-4.0, 0.0], [0.0, 4.0]] {
        let roots = function!(|x, y: [2]| {
            let root = complex::sqrt(Complex::new(x[0], x[1]));
            (y[0], y[1]) = (root.re, root.im);
        });
        assert_eq!(roots.sparsity(&at), Sparsity::new([vec![0, 1], vec![0, 1]], 2));
        assert_eq!(roots.sparse_jacobian(&at).to_dense(), roots.jacobian(&at));
    }
}
