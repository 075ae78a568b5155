//! Values and first derivatives of special functions by their definitions, in 320 bits: series, recurrences and
//! asymptotic expansions, with so many terms that more than 50 digits are right.

use std::cell::LazyCell;

use gradtape::Special;

use crate::big::Big;
use crate::truth::{normal_cdf, normal_pdf, normal_series, normal_tail, normal_tail_fraction, square};

/// The number of terms of asymptotic expansions at numbers above 50: the next term is below 1e-80 of the result.
const TERMS: usize = 40;

thread_local! {
    /// The Bernoulli numbers `B₂ₖ` from `k = 1` on, by way of the tangent numbers.
    ///
    /// Source: R. P. Brent, D. Harvey, "Fast computation of Bernoulli, tangent and secant numbers", 2011.
    static BERNOULLI: LazyCell<Vec<Big>> = const { LazyCell::new(|| {
        let mut tangent: Vec<Big> = vec![Big::from(1)];
        for k in 1..TERMS {
            tangent.push(&tangent[k - 1] * int(k));
        }
        for k in 1..TERMS {
            for j in k..TERMS {
                tangent[j] = &tangent[j - 1] * int(j - k) + &tangent[j] * int(j - k + 2);
            }
        }
        let number = |(k, tangent): (usize, &Big)| {
            let power = Big::power_of_two(2 * int(k + 1));
            let magnitude = tangent * int(2 * (k + 1)) / (&power * (&power - 1));
            if k.is_multiple_of(2) { magnitude } else { -magnitude }
        };
        tangent.iter().enumerate().map(number).collect()
    }) };
}

fn int(k: usize) -> i32 {
    k.try_into().expect("a small number")
}

fn factorial(n: usize) -> Big {
    (1..=n).fold(Big::from(1), |product, k| product * int(k))
}

fn power(x: &Big, n: usize) -> Big {
    (0..n).fold(Big::from(1), |product, _| product * x)
}

/// `x`, `x + 1`, … below 50, and the number after these.
fn shifted(x: &Big) -> (Vec<Big>, Big) {
    let (mut below, mut y) = (Vec::new(), x.clone());
    while y.is_less(&Big::from(50)) {
        below.push(y.clone());
        y = y + 1;
    }
    (below, y)
}

/// `Σ B₂ₖ factor(2k) y⁻²ᵏ` from `k = 1` on.
fn asymptotic(y: &Big, factor: impl Fn(usize) -> Big) -> Big {
    let square = square(y);
    let term = |sum: Big, (k, b): (usize, &Big)| (sum + b * factor(2 * (k + 1))) / &square;
    BERNOULLI.with(|bernoulli| bernoulli.iter().enumerate().rev().fold(Big::from(0), term))
}

/// `ln |Γ(x)|`, by recurrence and Stirling's series.
fn ln_gamma(x: &Big) -> Big {
    let (below, y) = shifted(x);
    let product = below.iter().fold(Big::from(1), |product, y| product * y);
    // (2k - 2)!/(2k)!
    let series = asymptotic(&y, |k| 1 / Big::from(int(k * (k - 1)))) * &y;
    (&y - 0.5) * y.ln() - &y + (2 * Big::pi()).ln() / 2 + series - product.abs().ln()
}

/// `ψ⁽ⁿ⁾(x)`, by recurrence and its asymptotic series.
fn polygamma(n: usize, x: &Big) -> Big {
    let (below, y) = shifted(x);
    // (2k + n - 1)!/(2k)!
    let ratio = |k: usize| match n {
        0 => 1 / Big::from(int(k)),
        _ => (k + 1..k + n).fold(Big::from(1), |product, j| product * int(j)),
    };
    let series = asymptotic(&y, ratio) / power(&y, n);
    let poles = below.iter().fold(Big::from(0), |sum, y| sum + 1 / power(y, n + 1)) * factorial(n);
    if n == 0 {
        return y.ln() - 1 / (2 * &y) - series - poles;
    }
    let sum = poles + factorial(n - 1) / power(&y, n) + factorial(n) / (2 * power(&y, n + 1)) + series;
    if n.is_multiple_of(2) { -sum } else { sum }
}

/// `ln(1 + x)`.
fn ln_1p(x: &Big) -> Big {
    if x.abs().is_less(&Big::parse("1e-30")) { x - x * x / 2 + x * x * x / 3 } else { (1 + x).ln() }
}

/// `eˣ - 1`.
fn exp_m1(x: &Big) -> Big {
    if x.abs().is_less(&Big::parse("1e-30")) { x + x * x / 2 + x * x * x / 6 } else { x.exp() - 1 }
}

/// `y` with `erf(y) = x` and `erfc(y) = q`, for `x ≥ 0`: two steps of Newton's method from the crate's own result,
/// which double the digits. Far from the root, the steps would not be small.
fn erf_inv(x: &Big, q: &Big) -> Big {
    let root = Big::from(2).sqrt();
    let step = |y: &Big| {
        let z = &root * y;
        let density = normal_pdf(&z);
        if x.is_less(&Big::from(0.5)) {
            (x - 2 * &density * normal_series(&z)) / (2 * &root * density)
        } else {
            // For the logarithm, which is concave.
            let tail = 2 * normal_cdf(&-z);
            (tail.ln() - q.ln()) * tail / (2 * &root * density)
        }
    };
    let [x, q] = [x, q].map(|x| x.scaled_to_f64(0));
    let start =
        if x < 0.5 { Special::erf_inv(x) } else { -Special::normal_quantile(q / 2.0) / std::f64::consts::SQRT_2 };
    [1e-12, 1e-25].into_iter().fold(Big::from(start), |y, most| {
        let step = step(&y);
        assert!(!(y.abs() * most).is_less(&step.abs()), "{start} is not the inverse at {x}");
        y + step
    })
}

/// The function of order `n` by its power series, with the sign of `s`.
fn bessel(n: usize, x: &Big, s: i32) -> Big {
    let half = x / 2;
    let step = s * square(&half);
    let mut term = power(&half, n) / factorial(n);
    let mut sum = term.clone();
    for k in 1..3000 {
        term = term * &step / (int(k) * int(k + n));
        sum = sum + &term;
        if term.abs().is_less(&(sum.abs() * 1e-100)) {
            break;
        }
    }
    sum
}

/// `xᵃ⁻¹ e⁻ˣ/Γ(a)`.
fn gamma_density(a: &Big, x: &Big) -> Big {
    ((a - 1) * x.ln() - x - ln_gamma(a)).exp()
}

/// `P(a, x)` and `Q(a, x)`: the series of `P`, or where `Q` is small, its continued fraction.
fn gamma_parts(a: &Big, x: &Big) -> [Big; 2] {
    if !(2 * a + 40).is_less(x) {
        let (mut term, mut sum) = (Big::from(1), Big::from(1));
        for k in 1..5000 {
            term = term * x / (a + k);
            sum = sum + &term;
            if term.is_less(&(&sum * 1e-100)) {
                break;
            }
        }
        let p = gamma_density(a, x) * x / a * sum;
        let q = 1 - &p;
        if Big::parse("1e-25").is_less(&q) {
            return [p, q];
        }
    }
    let depth = if Big::from(3000).is_less(x) { 60 } else { 600 };
    let below = (1..=depth).rev().fold(Big::from(0), |rest, k| k * (k - a) / (x + (2 * k + 1) - a - rest));
    let q = gamma_density(a, x) * x / (x + 1 - a - below);
    [1 - &q, q]
}

/// The number in brackets behind a name.
fn parameter(name: &str) -> Option<f64> {
    name.split_once('(').map(|(_, rest)| rest.trim_end_matches(')').parse().expect("a number"))
}

/// The value and the derivative at `x` of the function with this name.
pub(crate) fn unary(name: &str, x: &Big) -> [Big; 2] {
    let shape = || Big::from(parameter(name).unwrap_or(2.5));
    match name.split('(').next().expect("a name") {
        "ln_gamma" => [ln_gamma(x), polygamma(0, x)],
        "digamma" => [polygamma(0, x), polygamma(1, x)],
        "trigamma" => [polygamma(1, x), polygamma(2, x)],
        "polygamma" => {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small integer")]
            let n = parameter(name).unwrap_or(2.0) as usize;
            [polygamma(n, x), polygamma(n + 1, x)]
        }
        "gamma_p" => [gamma_parts(&shape(), x)[0].clone(), gamma_density(&shape(), x)],
        "gamma_q" => [gamma_parts(&shape(), x)[1].clone(), -gamma_density(&shape(), x)],
        "erfc" => [2 * normal_cdf(&(-x.clone() * Big::from(2).sqrt())), -2 / Big::pi().sqrt() * (-square(x)).exp()],
        "erf_inv" => {
            let y = erf_inv(&x.abs(), &(1 - x.abs()));
            let slope = Big::pi().sqrt() / 2 * square(&y).exp();
            [if x.is_negative() { -y } else { y }, slope]
        }
        "normal_ln_cdf" => {
            if x.is_less(&Big::from(-5)) {
                let fraction = normal_tail_fraction(&-x.clone());
                [-square(x) / 2 - (2 * Big::pi()).ln() / 2 - fraction.ln(), fraction]
            } else if x.is_less(&Big::from(5)) {
                [normal_cdf(x).ln(), normal_pdf(x) / normal_cdf(x)]
            } else {
                [ln_1p(&-normal_tail(x)), normal_pdf(x) / normal_cdf(x)]
            }
        }
        "normal_quantile" => {
            let tail = if x.is_less(&Big::from(0.5)) { x.clone() } else { 1 - x };
            let y = Big::from(2).sqrt() * erf_inv(&(1 - 2 * &tail), &(2 * tail));
            let slope = 1 / normal_pdf(&y);
            [if x.is_less(&Big::from(0.5)) { -y } else { y }, slope]
        }
        "ln_1m_exp" => {
            let value = if x.is_less(&Big::from(-1)) { ln_1p(&-x.exp()) } else { (-exp_m1(x)).ln() };
            [value, x.exp() / exp_m1(x)]
        }
        "logit" => [x.ln() - ln_1p(&-x.clone()), 1 / (x * (1 - x))],
        "bessel_j0" => [bessel(0, x, -1), -bessel(1, x, -1)],
        "bessel_j1" => [bessel(1, x, -1), (bessel(0, x, -1) - bessel(2, x, -1)) / 2],
        "bessel_i0" => [bessel(0, x, 1), bessel(1, x, 1)],
        "bessel_i1" => [bessel(1, x, 1), (bessel(0, x, 1) + bessel(2, x, 1)) / 2],
        _ => panic!("no truth is known for {name}: write it here"),
    }
}

/// The value and both partials at `(a, b)`.
pub(crate) fn pair(name: &str, [a, b]: &[Big; 2]) -> [Big; 3] {
    match name {
        "ln_beta" => {
            let sum = a + b;
            [
                ln_gamma(a) + ln_gamma(b) - ln_gamma(&sum),
                polygamma(0, a) - polygamma(0, &sum),
                polygamma(0, b) - polygamma(0, &sum),
            ]
        }
        _ => panic!("no truth is known for {name}: write it here"),
    }
}
