//! Second derivatives where the rules branch: there they agree with each other and with literal values.

mod support;

use gradtape::check::Table;
use gradtape::{Value, gradient};
use support::{assert_near, bits, number};

type Nested = Value<Value<f64>>;

const POINTS: [f64; 16] =
    [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 25.0, -25.0, 1e-200, -1e-200, 1e200, -1e200];

/// Each row by a sweep over a sweep.
fn hessian<const N: usize>(f: impl Fn([Nested; N]) -> Nested, x: [f64; N]) -> [[f64; N]; N] {
    let slope = |x: &[_], i| gradient(|x: &[Nested]| f(std::array::from_fn(|k| x[k])), x).1[i];
    std::array::from_fn(|i| gradient(|x| slope(x, i), &x).1.try_into().unwrap())
}

/// Says where the matrix is not symmetric.
fn complaint<const N: usize>(name: &str, f: impl Fn([Nested; N]) -> Nested, x: [f64; N]) -> Option<String> {
    let h = hessian(f, x);
    let same = |a: f64, b: f64| bits(a) == bits(b) || (a - b).abs() <= 1e-12 * (1.0 + a.abs().max(b.abs()));
    let (i, j) = (0..N).flat_map(|i| (0..i).map(move |j| (j, i))).find(|&(i, j)| !same(h[i][j], h[j][i]))?;
    Some(format!("{name} at {:?}: {i}{j} is {:e}, {j}{i} is {:e}\n", &x[1..], h[i][j], h[j][i]))
}

#[test]
fn hessians_of_one_argument_are_symmetric_at_special_points() {
    let mut complaints = String::new();
    for (op, plain) in Table::<Nested>::UNARY.iter().zip(Table::<f64>::UNARY) {
        for x in POINTS.into_iter().filter(|&x| !(plain.f)([x]).is_nan()) {
            complaints.extend(complaint(op.name, |[w, x]| w * (op.f)([x]), [3.0, x]));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// The arguments of an operation where nothing is promised about its second derivatives.
type Exception = (&'static str, fn(f64, f64) -> bool);

const EXCEPTIONS: &[Exception] = &[
    // A negative base has no derivative by the exponent; at 0 the derivative is a convention, or infinite.
    ("powf", |base, exponent| base < 0.0 || (base == 0.0 && exponent <= 1.0)),
    // The derivative is no f64, or one of its factors is not.
    ("log", |x, base| x.abs().log10().abs() >= 200.0 && base.abs().log10().abs() >= 200.0),
    ("atan2", |y, x| y.hypot(x) <= 1e-200),
];

#[test]
fn hessians_of_two_arguments_are_symmetric_at_special_points() {
    let mut complaints = String::new();
    for (op, plain) in Table::<Nested>::BINARY.iter().zip(Table::<f64>::BINARY) {
        let excepted = |x, y| EXCEPTIONS.iter().any(|(name, covers)| *name == op.name && covers(x, y));
        for (x, y) in POINTS.into_iter().flat_map(|x| POINTS.map(|y| (x, y))) {
            if !(plain.f)([x, y]).is_nan() && !excepted(x, y) {
                complaints.extend(complaint(op.name, |[w, x, y]| w * (op.f)([x, y]), [3.0, x, y]));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// Operation, its first and its second derivative at 0.
const AT_ZERO: &[(&str, f64, f64)] = &[
    ("sigmoid", 0.25, 0.0),
    ("log_sigmoid", 0.5, -0.25),
    ("softplus", 0.5, 0.25),
    ("silu", 0.5, 0.5),
    ("gelu", 0.5, 0.797_884_560_802_865_4),
    ("gelu_tanh", 0.5, 0.797_884_560_802_865_4),
    ("mish", 0.6, 0.64),
    ("tanh", 1.0, 0.0),
    ("sin", 1.0, 0.0),
    ("cos", 0.0, -1.0),
    ("sinh", 1.0, 0.0),
    ("cosh", 0.0, 1.0),
    ("exp_m1", 1.0, 1.0),
    ("ln_1p", 1.0, -1.0),
    ("atan", 1.0, 0.0),
    ("asinh", 1.0, 0.0),
    ("powi", 0.0, 0.0),
    ("relu", 0.0, 0.0),
    ("abs", 0.0, 0.0),
];

#[test]
fn smooth_operations_have_both_derivatives_at_zero() {
    for &(name, first, second) in AT_ZERO {
        let op = Table::<Nested>::unary(name).f;
        for zero in [0.0, -0.0] {
            let h = hessian(|[w, x]| w * op([x]), [1.0, zero]);
            for (ours, theirs) in [(h[0][1], first), (h[1][0], first), (h[1][1], second)] {
                assert_near(ours, theirs, 1e-15, (name, zero, h));
            }
        }
    }
}

#[test]
fn powers_have_second_derivatives_at_exponents_zero_and_one() {
    let power = |[a, b]: [Nested; 2]| a.powf(b);
    let l = std::f64::consts::LN_2;
    for (exponent, expected) in [(0.0, [0.0, 0.5, l * l]), (1.0, [0.0, 1.0 + l, 2.0 * l * l])] {
        let [[aa, ab], [ba, bb]] = hessian(power, [2.0, exponent]);
        for (ours, theirs) in [aa, ab, bb].into_iter().zip(expected).chain([(ba, expected[1])]) {
            assert_near(ours, theirs, 1e-15, exponent);
        }
    }
    assert_eq!(hessian(|[a]| a.powf(number(2.0)), [0.0]), [[2.0]]);
    assert_eq!(hessian(|[a]| a.powi(2) + a.powi(3), [0.0]), [[2.0]]);
}
