//! Special functions: the same literals in all modes and precisions, the limits at the ends of their ranges, and
//! identities with all their derivatives. The tests of the table of operations loop over these functions, too.

use gradtape::program::{Expr, Options, Rows, Workspace};
use gradtape::{Dual, Number, Real, Special, Value, third_derivative};
use testing::differentiable::{Over, outcome, partials};
use testing::functions::assert_all_near;
use testing::{TestFloat, assert_near, for_every_number, number};

use super::special_literals::LITERALS;

type Jets<T> = gradtape::Jet<T, 4>;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// The function with this name, and its parameter: a plain number, an order, or the second operand.
fn named<F: Number<Plain: TestFloat>>(name: &str, parameter: f64, x: F) -> F {
    let plain = number::<F::Plain>(parameter);
    match name {
        "ln_gamma" => x.ln_gamma(),
        "polygamma" => x.polygamma(number(parameter)),
        "ln_beta" => x.ln_beta(F::constant(plain)),
        "gamma_p" => x.gamma_p(plain),
        "gamma_q" => x.gamma_q(plain),
        "erfc" => x.erfc(),
        "erf_inv" => x.erf_inv(),
        "normal_ln_cdf" => x.normal_ln_cdf(),
        "normal_quantile" => x.normal_quantile(),
        "ln_1m_exp" => x.ln_1m_exp(),
        "logit" => x.logit(),
        "bessel_j0" => x.bessel_j0(),
        "bessel_j1" => x.bessel_j1(),
        "bessel_i0" => x.bessel_i0(),
        "bessel_i1" => x.bessel_i1(),
        _ => panic!("there is no {name}"),
    }
}

fn literals<T: TestFloat>() {
    for &(name, parameter, x, expected) in LITERALS {
        let ours = third_derivative(|x: Jets<T>| named(name, parameter, x), number(x));
        for (order, (ours, expected)) in ours.into_iter().zip(expected).enumerate() {
            let expected = number::<T>(expected);
            let smallest = T::min_positive_value();
            let tolerance = number::<T>(64.0) * T::epsilon() * expected.abs().max(smallest);
            if expected.is_infinite() {
                // A product of duals over plain numbers that overflows may become a `0 · ∞`.
                assert!(ours == expected || ours.is_nan(), "{name} {parameter} {x} {order}: {ours}");
            } else {
                assert_near(ours, expected, tolerance, (name, parameter, x, order));
            }
        }
    }
}

#[test]
fn values_and_three_derivatives_are_those_of_mpmath() {
    literals::<f64>();
    literals::<f32>();
}

/// The factor `n!/xⁿ` is an exponential there, of a difference of large logarithms.
#[test]
fn orders_above_170_have_twelve_digits() {
    // The order 2³² - 1 takes no longer: its values are out of range.
    for (x, expected) in [(1e-3, INF), (0.3, INF), (5.0, INF), (1e10, 0.0), (-0.3, INF), (-7.25, INF)] {
        assert_eq!(Special::polygamma(x, u32::MAX), expected, "{x}");
    }
    let expected = [-2.034_303_512_767_49e-123, 1.358_214_786_360_012e-123, -9.113_534_182_474_358e-124];
    for (ours, expected) in third_derivative(|x: Jets<f64>| x.polygamma(200), 300.0).into_iter().zip(expected) {
        assert_near(ours, expected, 1e-12 * expected.abs(), "mpmath");
    }
}

/// The function, its parameter, the argument, the value, and two derivatives: limits from inside the range. NaN is
/// where there is none.
const ENDS: &[(&str, f64, f64, [f64; 3])] = &[
    ("ln_gamma", 0.0, 0.0, [INF, -INF, INF]),
    ("ln_gamma", 0.0, -0.0, [INF, INF, INF]),
    ("ln_gamma", 0.0, -1.0, [INF, NAN, INF]),
    ("ln_gamma", 0.0, 1.0, [0.0, -0.577_215_664_901_532_9, 1.644_934_066_848_226_4]),
    ("ln_gamma", 0.0, INF, [INF, INF, 0.0]),
    ("polygamma", 0.0, 0.0, [-INF, INF, -INF]),
    ("polygamma", 0.0, -0.0, [INF, INF, INF]),
    ("polygamma", 0.0, -3.0, [NAN, INF, NAN]),
    ("polygamma", 0.0, INF, [INF, 0.0, 0.0]),
    ("polygamma", 1.0, 0.0, [INF, -INF, INF]),
    ("polygamma", 1.0, -2.0, [INF, NAN, INF]),
    ("polygamma", 1.0, INF, [0.0, 0.0, 0.0]),
    ("polygamma", 1.0, -INF, [NAN, NAN, NAN]),
    ("polygamma", 2.0, 0.0, [-INF, INF, -INF]),
    ("polygamma", 2.0, -0.0, [INF, INF, INF]),
    ("polygamma", 3.0, -1.0, [INF, NAN, INF]),
    ("polygamma", 2.0, INF, [0.0, 0.0, 0.0]),
    ("polygamma", 2.0, -INF, [NAN, NAN, NAN]),
    ("ln_beta", 1.0, 0.0, [INF, -INF, INF]),
    ("ln_beta", 1.0, 1.0, [0.0, -1.0, 1.0]),
    ("ln_beta", 1.0, INF, [-INF, 0.0, 0.0]),
    ("ln_beta", 1.0, -0.5, [NAN, NAN, NAN]),
    ("gamma_p", 0.5, 0.0, [0.0, INF, -INF]),
    ("gamma_p", 1.0, 0.0, [0.0, 1.0, -1.0]),
    ("gamma_p", 1.5, 0.0, [0.0, 0.0, INF]),
    ("gamma_p", 2.0, 0.0, [0.0, 0.0, 1.0]),
    ("gamma_p", 2.5, 0.0, [0.0, 0.0, 0.0]),
    ("gamma_p", 20.0, 0.0, [0.0, 0.0, 0.0]),
    ("gamma_p", 2.5, INF, [1.0, 0.0, 0.0]),
    ("gamma_p", 2.5, -1.0, [NAN, NAN, NAN]),
    ("gamma_p", 0.0, 1.0, [NAN, NAN, NAN]),
    ("gamma_p", INF, 1.0, [0.0, 0.0, 0.0]),
    ("gamma_q", 0.5, 0.0, [1.0, -INF, INF]),
    ("gamma_q", 20.0, INF, [0.0, 0.0, 0.0]),
    ("gamma_q", -1.0, 1.0, [NAN, NAN, NAN]),
    ("erfc", 0.0, 0.0, [1.0, -std::f64::consts::FRAC_2_SQRT_PI, 0.0]),
    ("erfc", 0.0, INF, [0.0, 0.0, 0.0]),
    ("erfc", 0.0, -INF, [2.0, 0.0, 0.0]),
    ("erf_inv", 0.0, 0.0, [0.0, 0.886_226_925_452_758, 0.0]),
    ("erf_inv", 0.0, 1.0, [INF, INF, INF]),
    ("erf_inv", 0.0, -1.0, [-INF, INF, -INF]),
    ("erf_inv", 0.0, 1.5, [NAN, NAN, NAN]),
    ("normal_ln_cdf", 0.0, -INF, [-INF, INF, -1.0]),
    ("normal_ln_cdf", 0.0, INF, [0.0, 0.0, 0.0]),
    ("normal_quantile", 0.0, 0.0, [-INF, INF, -INF]),
    ("normal_quantile", 0.0, 0.5, [0.0, 2.506_628_274_631_000_5, 0.0]),
    ("normal_quantile", 0.0, 1.0, [INF, INF, INF]),
    ("normal_quantile", 0.0, -0.5, [NAN, NAN, NAN]),
    ("normal_quantile", 0.0, 1.5, [NAN, NAN, NAN]),
    ("ln_1m_exp", 0.0, 0.0, [-INF, -INF, -INF]),
    ("ln_1m_exp", 0.0, -0.0, [-INF, -INF, -INF]),
    ("ln_1m_exp", 0.0, -INF, [0.0, 0.0, 0.0]),
    ("logit", 0.0, 0.0, [-INF, INF, -INF]),
    ("logit", 0.0, -0.0, [-INF, INF, -INF]),
    ("logit", 0.0, 0.5, [0.0, 4.0, 0.0]),
    ("logit", 0.0, 1.0, [INF, INF, INF]),
    ("bessel_j0", 0.0, 0.0, [1.0, 0.0, -0.5]),
    ("bessel_j0", 0.0, INF, [0.0, 0.0, 0.0]),
    ("bessel_j1", 0.0, 0.0, [0.0, 0.5, 0.0]),
    ("bessel_j1", 0.0, -INF, [0.0, 0.0, 0.0]),
    ("bessel_i0", 0.0, 0.0, [1.0, 0.0, 0.5]),
    ("bessel_i0", 0.0, INF, [INF, INF, INF]),
    ("bessel_i0", 0.0, -800.0, [INF, -INF, INF]),
    ("bessel_i1", 0.0, 0.0, [0.0, 0.5, 0.0]),
    ("bessel_i1", 0.0, -INF, [-INF, INF, -INF]),
];

fn ends<T: TestFloat, F: Over<T>>() {
    for &(name, parameter, x, [value, first, second]) in ENDS {
        let (ours, [slope]) = outcome(|[x]: [F; 1]| named(name, parameter, x), [number(x)]);
        let [.., curvature, _] = third_derivative(|x: Jets<T>| named(name, parameter, x), number(x));
        for (ours, expected) in [(ours, value), (slope, first), (curvature, second)] {
            let (ours, expected): (T, T) = (ours, number(expected));
            let off = (ours - expected).abs();
            let near = off.is_finite() && off <= number::<T>(4.0) * T::epsilon() * expected.abs();
            assert!(
                ours == expected || near || ours.is_nan() && expected.is_nan(),
                "{name} {parameter} at {x}: {ours} instead of {expected}"
            );
        }
    }
}

for_every_number! {
    functions_and_their_derivatives_have_their_limits_at_the_ends_of_their_ranges: ends;
}

/// Makes functions of the sides of equations: `fn difference<F: Real>(x: F) -> [F; 2] { [x.sin(), x.sin()] }`.
macro_rules! identities {
    ($($name:ident($x:ident in $low:literal..$high:literal) { $left:expr } = { $right:expr })*) => {
        $(fn $name<F: Real<Plain: TestFloat>>($x: F) -> [F; 2] { [$left, $right] })*

        fn identities<F: Real<Plain: TestFloat>>() -> Vec<(&'static str, [f64; 2], fn(F) -> [F; 2])> {
            vec![$((stringify!($name), [$low, $high], $name)),*]
        }
    };
}

fn c<F: Real<Plain: TestFloat>>(x: f64) -> F {
    F::constant(number(x))
}

fn d<F: Real<Plain: TestFloat>>(x: f64) -> F::Plain {
    number(x)
}

identities! {
    gamma_recurrence(x in 0.25..40.0) { (x + c::<F>(1.0)).ln_gamma() } = { x.ln_gamma() + x.ln() }
    gamma_reflection(x in 0.05..0.95) {
        x.ln_gamma() + (c::<F>(1.0) - x).ln_gamma()
    } = {
        c::<F>(std::f64::consts::PI).ln() - (x * c::<F>(std::f64::consts::PI)).sin().ln()
    }
    gamma_below_zero(x in -3.9..-3.1) { (x + c::<F>(1.0)).ln_gamma() } = { x.ln_gamma() + x.abs().ln() }
    digamma_recurrence(x in 0.25..40.0) { (x + c::<F>(1.0)).digamma() } = { x.digamma() + x.recip() }
    digamma_below_zero(x in -3.9..-3.1) { (x + c::<F>(1.0)).digamma() } = { x.digamma() + x.recip() }
    trigamma_duplication(x in 0.25..30.0) {
        (x + x).trigamma() * c::<F>(4.0)
    } = {
        x.trigamma() + (x + c::<F>(0.5)).trigamma()
    }
    polygamma_duplication(x in 0.5..30.0) {
        (x + x).polygamma(3) * c::<F>(16.0)
    } = {
        x.polygamma(3) + (x + c::<F>(0.5)).polygamma(3)
    }
    polygamma_recurrence(x in 0.5..30.0) {
        (x + c::<F>(1.0)).polygamma(2)
    } = {
        x.polygamma(2) + x.powi(-3) * c::<F>(2.0)
    }
    polygamma_below_zero(x in -5.8..-5.2) {
        (x + c::<F>(1.0)).polygamma(2)
    } = {
        x.polygamma(2) + x.powi(-3) * c::<F>(2.0)
    }
    beta_of_gammas(x in 0.25..20.0) {
        x.ln_beta(x * x)
    } = {
        x.ln_gamma() + (x * x).ln_gamma() - (x + x * x).ln_gamma()
    }
    beta_is_symmetric(x in 0.25..20.0) { x.ln_beta(x.sqrt()) } = { x.sqrt().ln_beta(x) }
    beta_recurrence(x in 0.5..60.0) {
        (x + c::<F>(1.0)).ln_beta(x)
    } = {
        x.ln_beta(x) - c::<F>(2.0).ln()
    }
    incomplete_gammas_add_up(x in 0.1..20.0) { x.gamma_p(d::<F>(2.25)) } = { c::<F>(1.0) - x.gamma_q(d::<F>(2.25)) }
    incomplete_gamma_recurrence(x in 100.0..500.0) {
        x.gamma_q(d::<F>(251.0))
    } = {
        x.gamma_q(d::<F>(250.0)) + (x.ln() * c::<F>(250.0) - x - c::<F>(251.0).ln_gamma()).exp()
    }
    exponential_tail(x in 0.1..30.0) { x.gamma_q(d::<F>(1.0)) } = { (-x).exp() }
    error_function_of_gamma(x in 0.1..5.0) { (x * x).gamma_q(d::<F>(0.5)) } = { x.erfc() }
    error_functions_add_up(x in -3.0..3.0) { x.erfc() } = { c::<F>(1.0) - x.erf() }
    error_function_inverted(x in -2.0..2.0) { x.erf().erf_inv() } = { x }
    normal_inverted(x in -3.0..2.0) { x.normal_cdf().normal_quantile() } = { x }
    normal_logarithm(x in -8.0..4.0) { x.normal_ln_cdf() } = { x.normal_cdf().ln() }
    logarithm_of_the_rest(x in -8.0..-0.125) { x.ln_1m_exp() } = { (c::<F>(1.0) - x.exp()).ln() }
    logistic_inverted(x in -6.0..6.0) { x.sigmoid().logit() } = { x }
}

/// Both sides with all derivatives, up to the rounding of the largest number on the way.
fn hold<T: TestFloat>(epsilons: f64) {
    for (name, [low, high], sides) in identities::<Jets<T>>() {
        for k in 0..40 {
            let x = number::<T>(low + (high - low) * (f64::from(k) + 0.37) / 40.0);
            let [left, right] = [0, 1].map(|side| third_derivative(|x: Jets<T>| sides(x)[side], x));
            let scale = left.iter().fold(T::one(), |most, y| most.max(y.abs()));
            let tolerance = number::<T>(epsilons) * T::epsilon() * scale;
            for (order, (left, right)) in left.into_iter().zip(right).enumerate() {
                assert_near(left, right, tolerance, (name, x, order));
            }
        }
    }
}

#[test]
fn identities_hold_with_all_their_derivatives() {
    hold::<f64>(4096.0);
    hold::<f32>(4096.0);
}

/// `x² y'' + x y' + (s x² - n²) y = 0`, and its derivative, with `s = 1` for `J` and `s = -1` for `I`.
#[test]
fn bessel_functions_solve_their_differential_equation() {
    type Function = fn(Jets<f64>) -> Jets<f64>;
    let functions: [(Function, f64, f64); 4] = [
        (Special::bessel_j0, 0.0, 1.0),
        (Special::bessel_j1, 1.0, 1.0),
        (Special::bessel_i0, 0.0, -1.0),
        (Special::bessel_i1, 1.0, -1.0),
    ];
    for (f, n, s) in functions {
        for x in [-30.0_f64, -2.4048, -1e-3, 1e-3, 0.5, 3.8317, 19.9, 20.1, 300.0] {
            let [y, first, second, third] = third_derivative(f, x);
            let factor = s * x * x - n * n;
            let terms = [x * x * second, x * first, factor * y];
            let slopes = [x * x * third, 3.0 * x * second, (s * x * x + (1.0 - n * n)) * first, 2.0 * s * x * y];
            for terms in [&terms[..], &slopes] {
                let largest = terms.iter().fold(0.0_f64, |most, term| most.max(term.abs()));
                assert_near(terms.iter().sum(), 0.0, 8.0 * f64::EPSILON * largest, (n, s, x));
            }
        }
    }
}

/// The negative log-likelihood of a count with a negative binomial distribution.
fn count<F: Real<Plain = f64>>(p: &[F], x: &[F]) -> F {
    let (rate, size) = ((p[0] + p[1] * x[0]).exp(), p[2]);
    (x[1] + 1.0).ln() + x[1].ln_beta(size) + (x[1] + size).ln() - size.ln() - x[1] * (rate / (rate + size)).ln()
        + (rate / size).ln_1p() * size
}

#[test]
fn programs_run_special_functions_on_rows_and_differentiate_them_by_parameters() {
    let p = [0.5, -0.25, 1.75];
    let rows: Vec<f64> = (0..400).flat_map(|k| [f64::from(k % 13) / 4.0, f64::from(k % 7 + 1)]).collect();
    let mut expected = vec![0.0; 4];
    for row in rows.chunks(2) {
        let row: [Value<f64>; 2] = [row[0].into(), row[1].into()];
        let (value, slopes) = gradtape::gradient(|p| count(p, &row), &p);
        expected.iter_mut().zip([value].into_iter().chain(slopes)).for_each(|(sum, term)| *sum += term);
    }
    for options in [Options::new(), Options::new().exact()] {
        let gradient = options.record_with(count::<Expr<f64>>, &p, &rows[..2]).gradient_of_sum();
        let mut workspace = Workspace::new();
        let results = gradient.run(&p, Rows::new(&rows, 2).unwrap(), &mut workspace).unwrap();
        assert_all_near(results.totals(), &expected, "sums");
    }
}

/// Every number of the crate has the functions without a bound of its own.
#[test]
fn code_over_any_real_number_needs_no_other_bound() {
    fn loss<F: Real>(x: F) -> F {
        x.erfc() + x.ln_gamma()
    }
    assert_eq!(partials(|[x]: [Value<f32>; 1]| loss(x), [1.0]), partials(|[x]: [Dual<f32>; 1]| loss(x), [1.0]));
}
