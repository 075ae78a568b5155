//! Second derivatives by all four nestings of the two modes: against differences of first derivatives, against each
//! other, and against literal values where the rules branch.

use gradtape::check::difference;
use gradtape::check::random::{Operation, Table, Unit};
use gradtape::{Dual, Number, Real, Value};
use testing::differentiable::{Differentiable, outcome, partials};
use testing::{InBox, assert_near, binary, bits, number, quickcheck, unary};

/// A number over a number over f64, or over `Dual<f64, 0>`.
trait Nested: Differentiable<Inner: Over64> + Real<Plain = f64> {}

impl<F: Differentiable<Inner: Over64> + Real<Plain = f64>> Nested for F {}

trait Over64: Differentiable<Inner: Number<Plain = f64>> + Number<Plain = f64> {}

impl<F: Differentiable<Inner: Number<Plain = f64>> + Number<Plain = f64>> Over64 for F {}

/// In products of duals over plain numbers, `0 · ∞` is NaN. Over these, a zero wins.
type Careful = Dual<f64, 0>;

/// A test of each generic check, for every nesting: over plain numbers, or over those where a zero wins in every
/// product.
macro_rules! for_every_nesting {
    ($over:ty; $($test:ident: $check:ident;)*) => {
        $(#[test]
        fn $test() {
            $check::<Value<Value<f64>>>();
            $check::<Value<Dual<$over>>>();
            $check::<Value<Dual<$over, 2>>>();
            $check::<Dual<Value<f64>>>();
            $check::<Dual<Value<f64>, 3>>();
            $check::<Dual<Dual<$over>>>();
            $check::<Dual<Dual<$over, 2>, 3>>();
        })*
    };
}

for_every_nesting! {
    Careful;
    nestings_have_the_same_bits_for_one_argument_at_special_points: unary_agreement;
    nestings_agree_for_two_arguments_at_special_points: pair_agreement;
    hessians_of_one_argument_are_symmetric_at_special_points: unary_symmetry;
    hessians_of_two_arguments_are_symmetric_at_special_points: pair_symmetry;
}

for_every_nesting! {
    f64;
    second_derivatives_of_one_argument_agree_with_differences_of_the_first: unary_differences;
    second_derivatives_of_two_arguments_agree_with_differences_of_the_first: pair_differences;
    second_derivatives_pass_through_joins_of_many_operands: joins;
    smooth_operations_have_both_derivatives_at_zero: at_zero;
    powers_have_second_derivatives_at_exponents_zero_and_one: powers;
    numbers_are_the_plain_floats_however_deep: numbers;
}

const POINTS: [f64; 16] =
    [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 25.0, -25.0, 1e-200, -1e-200, 1e200, -1e200];

/// The Hessian: row `i` is the gradient, in the inner mode, of partial `i`, in the outer mode.
fn hessian<F: Nested, const N: usize>(f: impl Fn([F; N]) -> F, x: [f64; N]) -> [[f64; N]; N] {
    std::array::from_fn(|i| slopes(|x: [F::Inner; N]| partials(&f, x)[i], x))
}

fn slopes<F: Over64, const N: usize>(f: impl Fn([F; N]) -> F, x: [f64; N]) -> [f64; N] {
    partials(f, x.map(F::Inner::constant)).map(Number::data)
}

fn assert_agrees_with_differences<F: Nested, const N: usize>(
    nested: &Operation<F, N>,
    op: &Operation<F::Inner, N>,
    units: [Unit; N],
) {
    let x = op.point(units);
    let ours = hessian(nested.f, x);
    for (i, j) in (0..N).flat_map(|i| (0..N).map(move |j| (i, j))) {
        let along = |at| {
            let mut x = x;
            x[j] = at;
            slopes(op.f, x)[i]
        };
        let (expected, error) = difference(along, x[j]);
        assert!(error < 1e-5 * (1.0 + expected.abs()), "{} at {x:?}: no difference to compare with", op.name);
        assert_near(ours[i][j], expected, error + 1e-12 * (1.0 + expected.abs()), (op.name, i, j, x));
    }
}

fn unary_differences<F: Nested>()
where
    F::Inner: Real,
{
    let property = |unit| {
        for (nested, op) in unary::<F>().iter().zip(&unary()) {
            assert_agrees_with_differences(nested, op, [unit]);
        }
    };
    quickcheck(20, property as fn(Unit));
}

fn pair_differences<F: Nested>() {
    let property = |units| {
        for (nested, op) in binary::<F>().iter().zip(&binary()) {
            assert_agrees_with_differences(nested, op, units);
        }
    };
    quickcheck(20, property as fn([Unit; 2]));
}

fn joins<F: Nested>() {
    // ab + ac + bc + abc
    let f = |[a, b, c]: [F; 3]| F::dot(&[a, a, b], &[b, c, c]) + [a, b, c].iter().product::<F>();
    assert_eq!(hessian(f, [2.0, 3.0, 5.0]), [[0.0, 6.0, 4.0], [6.0, 0.0, 3.0], [4.0, 3.0, 0.0]]);
    // a³ + ab² + a²b
    let f = |[a, b]: [F; 2]| [a * a, b * b, a * b].iter().sum::<F>() * a;
    assert_eq!(hessian(f, [2.0, 3.0]), [[18.0, 10.0], [10.0, 4.0]]);
    // ab + a² + √(a² + b²)
    let f = |[a, b]: [F; 2]| a.mul_add(b, a * a).max(b) + a.hypot(b).clamp(a, b * b);
    let ours = hessian(f, [3.0, 4.0]);
    for (&ours, theirs) in ours.as_flattened().iter().zip([2.128, 0.904, 0.904, 0.072]) {
        assert_near(ours, theirs, 1e-14, "branches");
    }
}

fn numbers<F: Nested>() {
    fn check<F: Nested, const N: usize>(nested: &Operation<F, N>, plain: &Operation<f64, N>) {
        let f = |x: [F::Inner; N]| outcome(nested.f, x).0;
        let x = plain.at.map(<F::Inner as Differentiable>::Inner::constant);
        assert_eq!(bits(outcome(f, x).0.data()), bits((plain.f)(plain.at)), "{}", plain.name);
    }
    unary::<F>().iter().zip(&unary()).for_each(|(nested, plain)| check(nested, plain));
    binary::<F>().iter().zip(&binary()).for_each(|(nested, plain)| check(nested, plain));
}

/// A message if the matrix is not symmetric.
fn complaint<F: Nested, const N: usize>(name: &str, f: impl Fn([F; N]) -> F, x: [f64; N]) -> Option<String> {
    let h = hessian(f, x);
    let same = |a: f64, b: f64| bits(a) == bits(b) || (a - b).abs() <= 1e-12 * (1.0 + a.abs().max(b.abs()));
    let (i, j) = (0..N).flat_map(|i| (0..i).map(move |j| (j, i))).find(|&(i, j)| !same(h[i][j], h[j][i]))?;
    Some(format!("{name} at {:?}: {i}{j} is {:e}, {j}{i} is {:e}\n", &x[1..], h[i][j], h[j][i]))
}

fn unary_symmetry<F: Nested>() {
    let mut complaints = String::new();
    for (op, plain) in unary::<F>().iter().zip(unary::<f64>()) {
        for x in POINTS.into_iter().filter(|&x| !(plain.f)([x]).is_nan()) {
            complaints.extend(complaint(op.name, |[w, x]: [F; 2]| w * (op.f)([x]), [3.0, x]));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// The arguments for which nothing is promised about the second derivatives of an operation.
type Exception = (&'static str, fn(f64, f64) -> bool);

const EXCEPTIONS: &[Exception] = &[
    // The power, the derivative, or one of its factors, is out of the range of f64.
    ("powf", |base, _| base < 0.0 && base.abs().log10().abs() >= 200.0),
    ("log", |x, base| x.abs().log10().abs() >= 200.0 && base.abs().log10().abs() >= 200.0),
    ("atan2", |y, x| y.hypot(x) <= 1e-200),
];

fn pair_symmetry<F: Nested>() {
    let mut complaints = String::new();
    for (op, plain) in binary::<F>().iter().zip(binary::<f64>()) {
        let excepted = |x, y| EXCEPTIONS.iter().any(|(name, covers)| *name == op.name && covers(x, y));
        for (x, y) in POINTS.into_iter().flat_map(|x| POINTS.map(|y| (x, y))) {
            if !(plain.f)([x, y]).is_nan() && !excepted(x, y) {
                complaints.extend(complaint(op.name, |[w, x, y]: [F; 3]| w * (op.f)([x, y]), [3.0, x, y]));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// Equal except for the sign of a zero: a lane adds the zero of the other argument, and -0 + 0 is 0.
fn same_bits<const N: usize>(ours: [[f64; N]; N], theirs: [[f64; N]; N]) -> bool {
    ours.as_flattened().iter().zip(theirs.as_flattened()).all(|(&a, &b)| bits(a + 0.0) == bits(b + 0.0))
}

fn unary_agreement<F: Nested>() {
    for (op, tapes) in unary::<F>().iter().zip(unary::<Value<Value<f64>>>()) {
        for x in POINTS.into_iter().chain([f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, 5e-324, -5e-324, 0.25])
        {
            let ours = hessian(|[w, x]: [F; 2]| w * (op.f)([x]), [3.0, x]);
            let theirs = hessian(|[w, x]: [Value<Value<f64>>; 2]| w * (tapes.f)([x]), [3.0, x]);
            assert!(same_bits(ours, theirs), "{} at {x:e}: {ours:?} for {theirs:?}", op.name);
        }
    }
}

fn pair_agreement<F: Nested>() {
    for (op, tapes) in binary::<F>().iter().zip(binary::<Value<Value<f64>>>()) {
        let excepted = |x, y| EXCEPTIONS.iter().any(|(name, covers)| *name == op.name && covers(x, y));
        for (x, y) in POINTS.into_iter().flat_map(|x| POINTS.map(|y| (x, y))).filter(|&(x, y)| !excepted(x, y)) {
            let ours = hessian(|[w, x, y]: [F; 3]| w * (op.f)([x, y]), [3.0, x, y]);
            let theirs = hessian(|[w, x, y]: [Value<Value<f64>>; 3]| w * (tapes.f)([x, y]), [3.0, x, y]);
            let is_near = |(&a, &b): (&f64, &f64)| bits(a) == bits(b) || (a - b).abs() <= 1e-12 * (1.0 + a.abs());
            let are_near = ours.as_flattened().iter().zip(theirs.as_flattened()).all(is_near);
            assert!(are_near, "{} at {x:e}, {y:e}: {ours:?} for {theirs:?}", op.name);
        }
    }
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

fn at_zero<F: Nested>() {
    for &(name, first, second) in AT_ZERO {
        let op = Table::<F>::unary(name).f;
        for zero in [0.0, -0.0] {
            let h = hessian(|[w, x]: [F; 2]| w * op([x]), [1.0, zero]);
            for (ours, theirs) in [(h[0][1], first), (h[1][0], first), (h[1][1], second)] {
                assert_near(ours, theirs, 1e-15, (name, zero, h));
            }
        }
    }
}

/// What a rule hides in a kink, as `exp(-|x|)` does, is seen in the third derivative alone.
#[test]
fn third_derivatives_at_zero_agree_with_differences_of_the_second() {
    let mut compared = Vec::new();
    for (triple, double) in unary::<Dual<Dual<Dual<f64>>>>().iter().zip(unary::<Dual<Dual<f64>>>()) {
        let second = |at| partials(|x: [Dual<f64>; 1]| partials(double.f, x)[0], [at])[0];
        let (expected, error) = difference(second, 0.0);
        // Not smooth at 0, or not defined there.
        if error.is_nan() || error > 1e-5 {
            continue;
        }
        let first = |x: [Dual<Dual<f64>>; 1]| partials(triple.f, x)[0];
        let third = partials(|x: [Dual<f64>; 1]| partials(first, x)[0], [0.0])[0];
        assert_near(third, expected, error + 1e-12, (triple.name, third, expected));
        compared.push(triple.name);
    }
    for &(name, ..) in AT_ZERO {
        assert!(compared.contains(&name), "{name}: the second derivative has a kink at zero");
    }
}

fn powers<F: Nested>() {
    let power = |[a, b]: [F; 2]| a.powf(b);
    let l = std::f64::consts::LN_2;
    for (exponent, expected) in [(0.0, [0.0, 0.5, l * l]), (1.0, [0.0, 1.0 + l, 2.0 * l * l])] {
        let [[aa, ab], [ba, bb]] = hessian(power, [2.0, exponent]);
        for (ours, theirs) in [aa, ab, bb].into_iter().zip(expected).chain([(ba, expected[1])]) {
            assert_near(ours, theirs, 1e-15, exponent);
        }
    }
    assert_eq!(hessian(|[a]: [F; 1]| a.powf(number(2.0)), [0.0]), [[2.0]]);
    assert_eq!(hessian(|[a]: [F; 1]| a.powi(2) + a.powi(3), [0.0]), [[2.0]]);
}
