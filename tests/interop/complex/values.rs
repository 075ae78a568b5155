//! Values, against those of num-complex, and of mpmath.

use gradtape::complex;
use num_complex::Complex;
use num_traits::Float;
use testing::differentiable::Over;
use testing::{TestFloat, for_every_number};

use super::{C, I, Map, W, complaint, first_order, index_of, ours, pair, points, real, wide};

/// What num-complex has for the functions of this crate.
fn originals<F: Float>() -> Vec<(&'static str, Map<F>)> {
    vec![
        ("sqrt", Complex::sqrt),
        ("cbrt", Complex::cbrt),
        ("powf_0", |z| z.powf(real(0.0))),
        ("powf_1", |z| z.powf(real(1.0))),
        ("powf_2", |z| z.powf(real(2.0))),
        ("powf_5_2", |z| z.powf(real(2.5))),
        ("powf_neg", |z| z.powf(real(-0.5))),
        ("powc_0", |z| z.powc(pair(0.0, 0.0))),
        ("powc_2", |z| z.powc(pair(2.0, 0.0))),
        ("powc_w", |z| z.powc(pair(W.re, W.im))),
        ("tan", Complex::tan),
        ("tanh", Complex::tanh),
        ("asin", Complex::asin),
        ("acos", Complex::acos),
        ("asinh", Complex::asinh),
        ("acosh", Complex::acosh),
        ("atan", Complex::atan),
        ("atanh", Complex::atanh),
    ]
}

/// The rounding errors of num-complex, in units: its formulas cancel.
fn noise(name: &str, z: C, value: C) -> f64 {
    let after = |terms: [C; 2]| (terms[0].norm() + terms[1].norm()) / (terms[0] + terms[1]).norm();
    // A square root of 1 ± z², whose relative error is that of the sum.
    let with_root = |square: C, turn: C, z: C| {
        let root = (C::ONE + square).sqrt();
        let error = (1.0 + square.norm()) / root.norm() + root.norm() + z.norm();
        error / (turn * root + z).norm()
    };
    value.norm()
        + match name {
            "asin" => with_root(-z * z, C::ONE, I * z),
            "acos" => with_root(-z * z, I, z),
            "asinh" => with_root(z * z, C::ONE, z),
            "acosh" => 1.0,
            "atan" => (1.0 + I * z).ln().norm() + (1.0 - I * z).ln().norm() + 1.0,
            "atanh" => (1.0 + z).ln().norm() + (1.0 - z).ln().norm() + 1.0,
            "tan" => after([(z.re * 2.0).cos().into(), (z.im * 2.0).cosh().into()]) * value.norm(),
            "tanh" => after([(z.im * 2.0).cos().into(), (z.re * 2.0).cosh().into()]) * value.norm(),
            _ => value.norm(),
        }
}

/// The values are those of num-complex, to within its rounding errors, and so are the sides of the cuts.
fn values_are_those_of_num_complex<T: TestFloat, F: Over<T>>() {
    let mut complaints = String::new();
    for ((name, original), z) in originals().into_iter().flat_map(|f| points::<T>().into_iter().map(move |z| (f, z))) {
        let (value, theirs) = (first_order(ours::<F>()[index_of(name)], z)[0], wide(original(z)));
        let units = noise(name, wide(z), theirs);
        // Its `acos` may be below 0, because a rounding error decides on which side of a cut the argument of `ln` is.
        let is_principal = name != "acos" || theirs.re >= 0.0;
        if theirs.is_finite() && is_principal && units < 0.1 / T::epsilon().into() {
            complaints.extend(complaint(value, theirs, units, 8.0, &format!("{name} at {z:?}")));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

for_every_number! {
    values_and_sides_of_cuts_are_those_of_num_complex: values_are_those_of_num_complex;
}

/// Where the formulas of num-complex cancel or overflow: `mpmath` with 400 bits.
#[rustfmt::skip]
#[allow(clippy::approx_constant, clippy::excessive_precision, clippy::unreadable_literal, reason = "as they were printed")]
const VALUES: &[(&str, [f64; 2], [f64; 2])] = &[
    ("asin", [-30.0, 0.3], [-1.5607911010320179692, 4.0941167495675485436]),
    ("asin", [1e-06, 1e-06], [9.9999999999966662141e-7, 1.0000000000003332881e-6]),
    ("asin", [0.3, -1000000.0], [2.999999999998409889e-7, -14.508657738524514414]),
    ("asin", [1.0, 1e-09], [1.5707647040182975707, 0.000031622776604319025688]),
    ("asin", [-1000000000.0, 1000000000.0], [-0.78539816339744830949, 21.76298660778632912]),
    ("acos", [30.0, 0.3], [0.010005225762878650073, -4.0941167495675485436]),
    ("acos", [1.0, 1e-09], [0.000031622776599048562921, -0.000031622776604319025688]),
    ("acos", [-0.3, -1000000.0], [1.5707966267948966191, 14.508657738524514414]),
    ("acos", [1000000000.0, 1.0], [1.0000000000000000002e-9, -21.416413017506356466]),
    ("asinh", [-30.0, 0.3], [-4.0946721386268013195, 0.0099941168650910739998]),
    ("asinh", [1e-06, 1e-06], [1.0000000000003332881e-6, 9.9999999999966662141e-7]),
    ("asinh", [-1000000.0, 2.0], [-14.508657738526469414, 1.9999999999963333333e-6]),
    ("asinh", [1e-09, 1.0], [0.000031622776604319025688, 1.5707647040182975707]),
    ("acosh", [1.0, 1e-09], [0.000031622776604319025688, 0.000031622776599048562921]),
    ("acosh", [1000000000.0, 1.0], [21.416413017506356466, 1.0000000000000000002e-9]),
    ("acosh", [-30.0, 0.3], [4.0941167495675485436, 3.1315874278269145884]),
    ("acosh", [0.3, 1e-06], [1.0482848367216692858e-6, 1.2661036727796719171]),
    ("atan", [1e-06, 1e-06], [1.0000000000006666214e-6, 9.9999999999933328808e-7]),
    ("atan", [1000000000.0, -1.0], [1.5707963257948966192, -9.99999999999999998e-19]),
    ("atan", [1e-09, 1.0], [0.78539816364744830962, 10.708206508753178202]),
    ("atan", [0.3, 2.5], [1.5148511937090585638, 0.41567377227690792437]),
    ("atanh", [1e-06, 1e-06], [9.9999999999933328808e-7, 1.0000000000006666214e-6]),
    ("atanh", [1000000000.0, 1.0], [9.9999999999999999933e-10, 1.5707963267948966182]),
    ("atanh", [-1.0, 1e-09], [-10.708206508753178202, 0.78539816364744830962]),
    ("atanh", [2.5, -0.3], [0.41567377227690792437, -1.5148511937090585638]),
    ("tan", [1e-06, 0.3], [9.15136961826856552e-7, 0.2913126124518574866]),
    ("tan", [0.5, 400.0], [6.1728200769997047075e-348, 1.0]),
    ("tan", [1.5707963267948966, 1e-09], [61.232339957367421629, 999999999.99999618865]),
    ("tanh", [400.0, 0.5], [1.0, 6.1728200769997047075e-348]),
    ("tanh", [1e-09, 1.5707963267948966], [999999999.99999618865, 61.232339957367421629]),
    ("tanh", [0.3, 1e-06], [0.2913126124518574866, 9.15136961826856552e-7]),
    ("sqrt", [-1.0, 1e-09], [5.0000000000000003108e-10, 1.0000000000000000001]),
    ("sqrt", [1e+300, 1e+300], [1.0986841134678099949e+150, 4.5508986056222735325e+149]),
    ("sqrt", [3e-310, 0.0], [1.7320508075688746478e-155, 0.0]),
    ("sqrt", [-2.0, -3.0], [0.89597747612983812472, -1.6741492280355400404]),
    ("cbrt", [-1.0, 1e-09], [0.50000000028867513465, 0.86602540361777198019]),
    ("cbrt", [0.0, -8.0], [1.7320508075688772935, -1.0]),
    ("cbrt", [1e+300, -1e+300], [1.0842150814913512009e+100, -2.9051455550725144959e+99]),
];

#[test]
fn values_are_exact_where_those_of_num_complex_are_not() {
    let complaints: String = VALUES
        .iter()
        .filter_map(|&(name, [x, y], [re, im])| {
            let f = ours::<f64>()[index_of(name)];
            let exact = C::new(re, im);
            complaint(f(C::new(x, y)), exact, exact.norm(), 4.0, &format!("{name} at ({x}, {y})"))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn values_are_finite_where_num_complex_cancels_or_overflows() {
    let (far, right) = (C::new(-1e9, 0.0), C::new(400.0, 0.0));
    assert!(far.asin().im.is_infinite() && right.tanh().is_nan());
    assert_eq!(complex::asin(far).im, 1e9_f64.acosh());
    assert_eq!(complex::tanh(right), C::ONE);
}
