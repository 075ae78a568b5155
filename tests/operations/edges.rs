//! The partials at singular points: the conventions of the crate's page and points near them, as literal tables.

use gradtape::check::random::Table;
use gradtape::program::{Precision, Program};
use gradtape::{Dual, Function, Jet, Number, Real, Value, function};
use testing::differentiable::{Differentiable, Over, outcome};
use testing::for_every_number;
use testing::{TestFloat, assert_same_bits, complaint, number, partials};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Operation, arguments, derivatives at each argument.
const KINKS: &[(&str, &[f64], f64)] = &[
    ("abs", &[0.0, -0.0], 0.0),
    ("abs", &[-5e-324, -1.0, -INF], -1.0),
    ("abs", &[5e-324, 1.0, INF], 1.0),
    ("relu", &[0.0, -0.0, -5e-324, -1.0, -INF], 0.0),
    ("relu", &[5e-324, 1.0, INF], 1.0),
    ("leaky_relu", &[0.0, -0.0, -5e-324, -1.0, -INF], 0.25),
    ("leaky_relu", &[5e-324, 1.0, INF], 1.0),
    ("elu", &[0.0, -0.0, -5e-324], 1.5),
    ("elu", &[5e-324, 1.0, INF], 1.0),
    ("elu", &[-INF], 0.0),
    ("softsign", &[0.0, -0.0], 1.0),
    ("softsign", &[INF, -INF], 0.0),
    ("sqrt", &[0.0, -0.0], INF),
    ("cbrt", &[0.0, -0.0], INF),
    ("ln", &[0.0, -0.0], INF),
    ("log2", &[0.0, -0.0], INF),
    ("log10", &[0.0, -0.0], INF),
    ("ln_1p", &[-1.0], INF),
    ("asin", &[1.0, -1.0], INF),
    ("acos", &[1.0, -1.0], -INF),
    ("acosh", &[1.0], INF),
    ("atanh", &[1.0, -1.0], INF),
    ("recip", &[0.0, -0.0], -INF),
    ("recip", &[INF, -INF], 0.0),
    ("signum", &[0.0, -0.0, 1.0, -1.0, INF, -INF], 0.0),
    ("floor", &[0.0, -0.0, 1.0, -1.0, 0.5, INF], 0.0),
    ("ceil", &[0.0, -0.0, 1.0, -1.0, 0.5, INF], 0.0),
    ("round", &[0.0, -0.0, 0.5, -0.5, 1.5, INF], 0.0),
    ("round_ties_even", &[0.0, -0.0, 0.5, -0.5, 1.5, 2.5, INF], 0.0),
    ("sinc", &[0.0, -0.0], 0.0),
    ("normal_cdf", &[INF, -INF], 0.0),
    ("normal_pdf", &[0.0, -0.0, INF, -INF], 0.0),
    ("trunc", &[0.0, -0.0, 1.0, -1.0, 0.5, INF], 0.0),
    ("fract", &[0.0, -0.0, 1.0, -1.0], 1.0),
    ("powi", &[0.0, -0.0], 0.0),
    ("tanh", &[INF, -INF, 1e38, -1e38], 0.0),
    ("sigmoid", &[INF, -INF, 1e38, -1e38], 0.0),
    ("softplus", &[INF, 1e38], 1.0),
    ("softplus", &[-INF, -1e38], 0.0),
    ("log_sigmoid", &[-INF, -1e38], 1.0),
    ("log_sigmoid", &[INF, 1e38], 0.0),
    ("silu", &[1e38], 1.0),
    ("silu", &[-1e38], 0.0),
    ("gelu", &[1e15, 1e20, 3e38], 1.0),
    ("gelu", &[-1e15, -1e20, -3e38], 0.0),
    ("gelu_tanh", &[1e15, 1e20, 3e38], 1.0),
    ("gelu_tanh", &[-1e15, -1e20, -3e38], 0.0),
    ("mish", &[1e20, 3e38], 1.0),
    ("mish", &[-1e20, -3e38], 0.0),
    ("atan", &[INF, -INF], 0.0),
    ("asinh", &[INF, -INF], 0.0),
    ("acosh", &[INF], 0.0),
    ("exp", &[-INF], 0.0),
    ("exp_m1", &[-INF], 0.0),
    ("ln", &[INF], 0.0),
];

/// Numbers that only f64 can represent.
const KINKS_WIDE: &[(&str, &[f64], f64)] = &[
    ("gelu", &[1e200, 1e308], 1.0),
    ("gelu", &[-1e200, -1e308], 0.0),
    ("gelu_tanh", &[1e200, 1e308], 1.0),
    ("gelu_tanh", &[-1e200, -1e308], 0.0),
    ("silu", &[1e308], 1.0),
    ("silu", &[-1e308], 0.0),
    ("mish", &[1e308], 1.0),
    ("mish", &[-1e308], 0.0),
];

/// Operation, arguments, partials; NaN where nothing is promised.
const PAIR_KINKS: &[(&str, [f64; 2], [f64; 2])] = &[
    ("max", [2.0, 2.0], [0.5, 0.5]),
    ("max", [0.0, -0.0], [0.5, 0.5]),
    ("max", [INF, INF], [0.5, 0.5]),
    ("max", [-INF, 1.0], [0.0, 1.0]),
    ("max", [f64::NAN, 1.0], [0.0, 1.0]),
    ("max", [1.0, f64::NAN], [1.0, 0.0]),
    ("min", [2.0, 2.0], [0.5, 0.5]),
    ("min", [-0.0, 0.0], [0.5, 0.5]),
    ("min", [-INF, -INF], [0.5, 0.5]),
    ("min", [INF, 1.0], [0.0, 1.0]),
    ("min", [f64::NAN, 1.0], [0.0, 1.0]),
    ("min", [1.0, f64::NAN], [1.0, 0.0]),
    ("abs_sub", [1.0, 1.0], [0.0, 0.0]),
    ("abs_sub", [1.0, 2.0], [0.0, 0.0]),
    ("abs_sub", [2.0, 1.0], [1.0, -1.0]),
    ("copysign", [0.0, -1.0], [0.0, 0.0]),
    ("copysign", [2.0, -0.0], [-1.0, 0.0]),
    ("copysign", [-2.0, 0.0], [-1.0, 0.0]),
    ("hypot", [0.0, 0.0], [0.0, 0.0]),
    ("hypot", [-0.0, 0.0], [0.0, 0.0]),
    ("hypot", [0.0, -2.0], [0.0, -1.0]),
    ("hypot", [INF, 1.0], [1.0, 0.0]),
    ("hypot", [-1.0, -INF], [0.0, -1.0]),
    ("atan2", [0.0, 0.0], [0.0, 0.0]),
    ("atan2", [-0.0, -0.0], [0.0, 0.0]),
    ("atan2", [0.0, -2.0], [-0.5, 0.0]),
    ("atan2", [INF, 1.0], [0.0, 0.0]),
    ("atan2", [1.0, INF], [0.0, 0.0]),
    ("atan2", [-1.0, -INF], [0.0, 0.0]),
    ("rem", [7.0, 2.0], [1.0, -3.0]),
    ("rem", [-7.0, 2.0], [1.0, 3.0]),
    ("rem", [6.0, 2.0], [1.0, -3.0]),
    ("rem", [1.0, INF], [1.0, 0.0]),
    // The quotient rounds to 10.
    ("rem", [1.0, 0.1], [1.0, -9.0]),
    ("rem", [-1.0, 0.1], [1.0, 9.0]),
    ("rem", [1.0, -0.1], [1.0, 9.0]),
    ("rem_euclid", [7.0, 2.0], [1.0, -3.0]),
    ("rem_euclid", [-7.0, 2.0], [1.0, 4.0]),
    ("rem_euclid", [-7.0, -2.0], [1.0, -4.0]),
    ("rem_euclid", [6.0, 2.0], [1.0, -3.0]),
    ("rem_euclid", [1.0, 0.1], [1.0, -9.0]),
    ("div_euclid", [6.0, 2.0], [0.0, 0.0]),
    ("ln_add_exp", [2.0, 2.0], [0.5, 0.5]),
    ("ln_add_exp", [0.0, -0.0], [0.5, 0.5]),
    ("ln_add_exp", [1.0, -INF], [1.0, 0.0]),
    ("ln_add_exp", [-INF, 1.0], [0.0, 1.0]),
    ("ln_add_exp", [-INF, -INF], [0.5, 0.5]),
    ("ln_add_exp", [INF, INF], [0.5, 0.5]),
    ("ln_add_exp", [INF, 1.0], [1.0, 0.0]),
    ("ln_add_exp", [1e30, -1e30], [1.0, 0.0]),
    ("powf", [0.0, 0.0], [0.0, 0.0]),
    ("powf", [-0.0, 0.0], [0.0, 0.0]),
    ("powf", [0.0, 2.5], [0.0, 0.0]),
    ("powf", [-0.0, 2.5], [0.0, 0.0]),
    ("powf", [0.0, 1.0], [1.0, 0.0]),
    ("powf", [0.0, 0.5], [INF, 0.0]),
    ("powf", [-0.0, 0.5], [INF, 0.0]),
    ("powf", [0.0, -1.5], [-INF, -INF]),
    ("powf", [-0.0, -1.5], [-INF, -INF]),
    ("powf", [-2.0, 3.0], [12.0, NAN]),
    ("powf", [-2.0, -3.0], [-0.1875, NAN]),
    ("powf", [-2.0, 0.0], [0.0, NAN]),
    ("powf", [1.0, 0.0], [0.0, 0.0]),
    ("powf", [INF, 2.0], [INF, INF]),
    ("powf", [INF, -2.0], [0.0, NAN]),
    ("powf", [2.0, -INF], [0.0, 0.0]),
    ("powf", [0.5, INF], [0.0, 0.0]),
    ("powf", [0.0, INF], [0.0, 0.0]),
    ("powf", [2.0, INF], [INF, INF]),
    ("powf", [-0.5, 0.25], [NAN, NAN]),
    ("powf", [0.0, 1e-20], [INF, 0.0]),
    ("powf", [-0.0, 1e-20], [INF, 0.0]),
    ("powf", [-2.0, -1.5], [NAN, NAN]),
];

/// Argument, exponent, partial.
const POWI_KINKS: &[(f64, i32, f64)] = &[
    (0.0, 0, 0.0),
    (-0.0, 0, 0.0),
    (-2.0, 0, 0.0),
    (0.0, 1, 1.0),
    (-0.0, 1, 1.0),
    (0.0, 2, 0.0),
    (0.0, -1, -INF),
    (-0.0, -1, -INF),
    (-0.0, -2, INF),
    (-2.0, 3, 12.0),
    (-2.0, -3, -0.1875),
    (INF, 2, INF),
    (-INF, -2, 0.0),
    (-1.5, 3, 6.75),
    (0.5, -3, -48.0),
    (1.0, i32::MAX, 2_147_483_647.0),
    (-1.0, i32::MAX, 2_147_483_647.0),
    (1.0, i32::MIN, -2_147_483_648.0),
    (-1.0, i32::MIN, 2_147_483_648.0),
    (0.5, i32::MAX, 0.0),
    (2.0, i32::MIN, 0.0),
];

/// Operation, its limit at -∞ and at ∞.
const LIMITS: &[(&str, f64, f64)] = &[
    ("relu", 0.0, INF),
    ("elu", -1.5, INF),
    ("sigmoid", 0.0, 1.0),
    ("log_sigmoid", -INF, 0.0),
    ("softplus", 0.0, INF),
    ("softsign", -1.0, 1.0),
    ("silu", 0.0, INF),
    ("gelu", 0.0, INF),
    ("gelu_tanh", 0.0, INF),
    ("mish", 0.0, INF),
    ("erf", -1.0, 1.0),
    ("normal_cdf", 0.0, 1.0),
    ("normal_pdf", 0.0, 0.0),
    ("tanh", -1.0, 1.0),
];

fn limits<T: TestFloat + Precision>() {
    for &(name, below, above) in LIMITS {
        for (x, limit) in [(-T::infinity(), below), (T::infinity(), above)] {
            let program = Program::record(|x| (Table::unary(name).f)([x[0]]), &[T::one()]);
            for ours in [(Table::unary(name).f)([x]), program.eval(&[x]).unwrap()[0]] {
                assert_eq!(ours, number(limit), "{name} at {x:?}");
            }
        }
    }
}

#[test]
fn activations_have_their_limits_at_infinity() {
    limits::<f32>();
    limits::<f64>();
}

fn unary_kinks<T: TestFloat, F: Over<T>>(unary: &[(&str, &[f64], f64)]) {
    let mut complaints = String::new();
    for &(name, arguments, expected) in unary {
        for &x in arguments.iter().filter(|&&x| x == 0.0 || number::<T>(x) != T::zero()) {
            let [ours] = partials(Table::<F>::unary(name).f, [number(x)]);
            complaints.extend(complaint(ours, expected, 0.0, (name, x)));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

fn kinks<T: TestFloat, F: Over<T>>() {
    unary_kinks::<T, F>(KINKS);
    if T::max_value() == number(f64::MAX) {
        unary_kinks::<T, F>(KINKS_WIDE);
    }
}

fn pair_kinks<T: TestFloat, F: Over<T>>() {
    let mut complaints = String::new();
    for &(name, x, expected) in PAIR_KINKS {
        let op = Table::<F>::binary(name).f;
        let ours = partials(op, x.map(number));
        // A constant operand does not change the partial by the other operand.
        let [a, b] = x.map(number);
        let [left] = partials(|[v]| op([v, F::constant(b)]), [a]);
        let [right] = partials(|[v]| op([F::constant(a), v]), [b]);
        for (k, ours) in [(0, ours[0]), (1, ours[1]), (0, left), (1, right)] {
            if !expected[k].is_nan() {
                complaints.extend(complaint(ours, expected[k], 0.0, (name, x, k)));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

fn powi_kinks<T: TestFloat, F: Over<T>>() {
    for &(x, n, expected) in POWI_KINKS {
        let [slope] = partials(|[v]: [F; 1]| v.powi(n), [number(x)]);
        assert_eq!(complaint(slope, expected, 0.0, (x, n)), None);
    }
}

fn rectifier<T: TestFloat, F: Over<T>>() {
    for (x, expected) in [(-0.0, 0.0), (0.0, 0.0), (-1.0, 0.0), (NAN, NAN)].map(|(x, y)| (number::<T>(x), number(y))) {
        assert_same_bits(x.relu(), expected, x);
        assert_same_bits(outcome(|[v]: [F; 1]| v.relu(), [x]).0, expected, x);
    }
}

fn clamp_at_a_bound<T: TestFloat, F: Over<T>>() {
    let [zero, one, two] = [0.0, 1.0, 2.0].map(number::<T>);
    for x in [[one, one, two], [two, one, two], [one; 3]] {
        assert_eq!(partials(|[x, low, high]: [F; 3]| x.clamp(low, high), x), [one, zero, zero]);
    }
    assert_eq!(partials(|[x]: [F; 1]| x.clamp(F::constant(one), F::constant(two)), [T::nan()]), [one]);
}

for_every_number! {
    kinks_and_limits_have_the_documented_partials: kinks;
    ties_and_singular_points_have_the_documented_partials: pair_kinks;
    integer_powers_at_singular_points_have_the_documented_partials: powi_kinks;
    the_rectifier_makes_positive_zeros_and_keeps_nan: rectifier;
    clamp_at_a_bound_hangs_on_the_number: clamp_at_a_bound;
    a_zero_factor_wins_over_others_whose_product_overflows: zero_beside_overflow;
    a_zero_wins_over_an_infinity_though_the_product_has_a_limit: cube_root_of_a_cube;
}

/// An expression of `x = 0` and `w`, and its partials.
type Unused<F, T> = (fn([F; 2]) -> F, [T; 2]);

fn unused_roots<T: TestFloat + Number, F: Differentiable + Real<Plain = T>>()
where
    F::Inner: Number<Plain = T>,
{
    let rows: &[Unused<F, f64>] = &[
        (|[x, w]| x.sqrt() * T::zero() + w, [0.0, 1.0]),
        (|[x, w]| x + (x.sqrt() * T::zero() + w), [1.0, 1.0]),
        (|[x, w]| (x.sqrt() + w) * T::zero() + x, [1.0, 0.0]),
        (|[x, w]| x.sqrt() * (w - w.data()) + x, [1.0, 0.0]),
        (|[x, w]| x.sqrt().max(w), [0.0, 1.0]),
        (|[x, w]| (-x.sqrt()).min(w) * T::zero() + w, [0.0, 1.0]),
        (|[x, w]| if x > w { x.sqrt() } else { w }, [0.0, 1.0]),
        (|[x, w]| x.sqrt().floor() + w, [0.0, 1.0]),
        (|[x, w]| x.sqrt().detach() + w, [0.0, 1.0]),
        (|[x, w]| F::dot(&[x.sqrt(), x], &[F::zero(), w]), [3.0, 0.0]),
        (|[x, w]| F::dot(&[x.sqrt(), w, x], &[w - w.data(), x, w]), [6.0, 0.0]),
        (|[x, w]| F::weighted_sum(&[x.sqrt(), x, w], &[T::zero(), T::one(), T::one()]), [1.0, 1.0]),
        (|[x, w]| [x.sqrt(), w].iter().sum::<F>() * T::zero() + x, [1.0, 0.0]),
        (|[x, w]| [x.sqrt(), w, x - x.data(), w].iter().product::<F>() + x, [1.0, 0.0]),
        (|[x, w]| x.sqrt().mul_add(w - w.data(), w), [0.0, 1.0]),
        (|[x, w]| (x.ln() - w).exp() + w, [0.0, 1.0]),
        (|[x, w]| x.hypot(x).sqrt() * T::zero() + w, [0.0, 1.0]),
    ];
    for (row, (f, expected)) in rows.iter().enumerate() {
        let x = [T::zero(), number(3.0)].map(F::Inner::constant);
        assert_eq!(partials(*f, x).map(Number::data), expected.map(number), "row {row}");
    }
}

#[test]
fn an_unused_root_of_zero_never_makes_a_nan() {
    unused_roots::<f32, Value<f32>>();
    unused_roots::<f64, Value<f64>>();
    unused_roots::<f32, Dual<Dual<f32, 0>>>();
    unused_roots::<f64, Dual<Dual<f64, 0>, 3>>();
    unused_roots::<f32, Jet<f32, 3>>();
    unused_roots::<f64, Jet<f64, 6>>();
}

#[test]
fn in_duals_over_plain_numbers_a_zero_wins_in_functions_and_quotients_but_not_in_products() {
    let [x, w] = Dual::vars([0.0, 3.0]);
    assert_eq!((x.sqrt() + w).tangents(), [f64::INFINITY, 1.0]);
    assert_eq!((w / x).tangents(), [-f64::INFINITY, f64::INFINITY]);
    assert_eq!((x.sqrt().relu() + w).tangents(), [0.0, 1.0]);
    let product = (x.sqrt() * 0.0 + w).tangents();
    assert!(product[0].is_nan() && product[1] == 1.0, "{product:?}");
    let unused = function!(|x| x[0].sqrt() * 0.0 + x[1]);
    assert_eq!(unused.gradient(&[0.0, 3.0]), [0.0, 1.0], "drivers compute again");
}

#[test]
fn an_unused_root_of_zero_never_makes_a_nan_on_the_tape_alone() {
    let rows: &[Unused<Value<f64>, f64>] = &[
        (|[x, w]| (x.sqrt() + w).retain() * 0.0 + x * w, [3.0, 0.0]),
        (|[x, w]| x.sqrt().retain() * 0.0 + x * w, [3.0, 0.0]),
    ];
    for (row, (f, expected)) in rows.iter().enumerate() {
        assert_eq!(partials(*f, [0.0, 3.0]), *expected, "row {row}");
    }
    let tape = gradtape::Tape::new();
    let (x, w) = (tape.var(0.0), tape.var(0.5));
    let gradients = tape.custom(0.5, &[(x.sqrt(), 0.0), (w, 0.5), (x, 0.5)]).backward();
    assert_eq!(gradients.wrt_all(&[x, w]), [0.5, 0.5]);
}

fn zero_beside_overflow<T: TestFloat, F: Over<T>>() {
    // After the third factor, the number is infinite before it is multiplied by the 0.
    for place in 0..2 {
        let product = |x: [F; 3]| {
            let mut factors = x.to_vec();
            factors.insert(place, F::zero());
            factors.iter().product::<F>()
        };
        assert_eq!(outcome(product, [T::max_value(); 3]), (T::zero(), [T::zero(); 3]), "{place}");
    }
}

fn cube_root_of_a_cube<T: TestFloat, F: Over<T>>() {
    assert_eq!(outcome(|[x]: [F; 1]| x.powi(3).cbrt(), [T::zero()]), (T::zero(), [T::zero()]));
    assert_eq!(outcome(|[x]: [F; 1]| (x * x).sqrt(), [T::zero()]), (T::zero(), [T::zero()]));
}
