//! The derivatives by their definitions, in 320 bits: written from the mathematics, not from the rules of the crate.

use crate::big::Big;

fn one() -> Big {
    Big::from(1)
}

/// The derivative at `x` of the operation of one argument with this name, with the parameter of the table.
pub(crate) fn unary(name: &str, x: &Big) -> Big {
    match name {
        "recip" => -1 / (x * x),
        "sqrt" => 1 / (2 * x.sqrt()),
        "cbrt" => 1 / (3 * (x * x).cbrt()),
        "exp" | "exp_m1" => x.exp(),
        "exp2" => (x * Big::ln_2()).exp() * Big::ln_2(),
        "ln" => 1 / x,
        "log2" => 1 / (x * Big::ln_2()),
        "log10" => 1 / (x * Big::ln_10()),
        "ln_1p" => 1 / (1 + x),
        "sin" => x.cos(),
        "cos" => -x.sin(),
        "tan" => 1 / (x.cos() * x.cos()),
        "asin" => 1 / (1 - x * x).sqrt(),
        "acos" => -1 / (1 - x * x).sqrt(),
        "atan" => 1 / (1 + x * x),
        "sinh" => x.bounded().cosh(),
        "cosh" => x.bounded().sinh(),
        "tanh" => 1 / square(&x.bounded().cosh()),
        "asinh" => 1 / (x * x + 1).sqrt(),
        "acosh" => 1 / (x * x - 1).sqrt(),
        "atanh" => 1 / (1 - x * x),
        "abs" => Big::from(if x.is_negative() { -1 } else { 1 }),
        "signum" | "floor" | "ceil" | "round" | "trunc" | "round_ties_even" => Big::from(0),
        "fract" => one(),
        "to_degrees" => 180 / Big::pi(),
        "to_radians" => Big::pi() / 180,
        "powi" => powi(x, 3),
        _ if name.starts_with("powi(") => powi(x, exponent(name)),
        "relu" => Big::from(i32::from(!x.is_negative())),
        "leaky_relu" => Big::from(if x.is_negative() { 0.25 } else { 1.0 }),
        "elu" => {
            if x.is_negative() {
                x.exp() * 1.5
            } else {
                one()
            }
        }
        "sigmoid" => 1 / square(&(2 * (x / 2).bounded().cosh())),
        "softplus" => logistic(x),
        "log_sigmoid" => logistic(&-x.clone()),
        "softsign" => 1 / square(&(1 + x.abs())),
        "silu" => logistic(x) + x / square(&(2 * (x / 2).bounded().cosh())),
        "erf" => 2 / Big::pi().sqrt() * (-square(x)).exp(),
        "normal_cdf" => normal_pdf(x),
        "normal_pdf" => -x.clone() * normal_pdf(x),
        // After two terms of the series, less than x⁴ of it remains.
        "sinc" if x.abs().is_less(&Big::from(1e-40)) => x * x * x / 30 - x / 3,
        "sinc" => (x.cos() - x.sin() / x) / x,
        "gelu" => normal_cdf(x) + x * normal_pdf(x),
        "gelu_tanh" => {
            let c = Big::from(44_715) / 1_000_000;
            let scale = (2 / Big::pi()).sqrt();
            let u = &scale * (x + &c * x * x * x);
            let du = scale * (1 + 3 * c * x * x);
            // x/2 (1 + tanh u) is x/(1 + exp(-2u)).
            logistic(&(2 * &u)) + x * du / (2 * square(&u.bounded().cosh()))
        }
        "mish" => {
            // tanh(ln(1 + w)) is n/(n + 2) for n = w(w + 2).
            let w = x.exp();
            let n = &w * (&w + 2);
            &n / (&n + 2) + 4 * x * &w * (&w + 1) / square(&(n + 2))
        }
        _ => panic!("no truth is known for {name}: write it here"),
    }
}

/// Both partials at `(a, b)` of the operation of two arguments with this name.
pub(crate) fn pair(name: &str, [a, b]: &[Big; 2]) -> [Big; 2] {
    match name {
        "powf" => {
            let y = (b * a.ln()).exp();
            [&y * b / a, y * a.ln()]
        }
        "log" => [1 / (a * b.ln()), -a.ln() / (b * square(&b.ln()))],
        "atan2" => [b / (a * a + b * b), -a.clone() / (a * a + b * b)],
        "hypot" => [a / (a * a + b * b).sqrt(), b / (a * a + b * b).sqrt()],
        "abs_sub" => {
            if b.is_less(a) {
                [one(), -one()]
            } else {
                [0, 0].map(Big::from)
            }
        }
        "copysign" => [Big::from(if a.is_negative() == b.is_negative() { 1 } else { -1 }), Big::from(0)],
        "max" => chosen(b.is_less(a)),
        "min" => chosen(a.is_less(b)),
        "add" => [one(), one()],
        "sub" => [one(), -one()],
        "mul" => [b.clone(), a.clone()],
        "div" => [1 / b, -a.clone() / (b * b)],
        "rem" => [one(), -(a / b).trunc()],
        "div_euclid" => [0, 0].map(Big::from),
        "rem_euclid" => {
            let quotient = (a / b).trunc();
            let remainder = a - &quotient * b;
            let below = if b.is_negative() { -1 } else { 1 };
            [one(), -if remainder.is_negative() { quotient - below } else { quotient }]
        }
        "ln_add_exp" => [logistic(&(a - b)), logistic(&(b - a))],
        _ => panic!("no truth is known for {name}: write it here"),
    }
}

/// The exponent in `powi(n)`.
pub(crate) fn exponent(name: &str) -> i32 {
    match name.trim_start_matches("powi(").trim_end_matches(')') {
        "i32::MAX" => i32::MAX,
        "i32::MIN" => i32::MIN,
        n => n.parse().expect("an integer"),
    }
}

/// The derivative of `xⁿ`.
fn powi(x: &Big, n: i32) -> Big {
    if (1..=16).contains(&n) {
        return (1..n).fold(Big::from(n), |product, _| product * x);
    }
    let magnitude = (x.abs().ln() * (Big::from(n) - 1)).exp();
    n * if x.is_negative() && n % 2 == 0 { -magnitude } else { magnitude }
}

fn chosen(first: bool) -> [Big; 2] {
    [first, !first].map(|this| Big::from(i32::from(this)))
}

pub(crate) fn square(x: &Big) -> Big {
    x * x
}

fn logistic(x: &Big) -> Big {
    1 / (1 + (-x.clone()).exp())
}

pub(crate) fn normal_pdf(x: &Big) -> Big {
    (-square(x) / 2).exp() / (2 * Big::pi()).sqrt()
}

/// The normal distribution function, from two expansions that meet at -5, where their digits are compared.
pub(crate) fn normal_cdf(x: &Big) -> Big {
    if x.is_less(&Big::from(-5)) {
        normal_tail(&-x.clone())
    } else if x.is_less(&Big::from(5)) {
        normal_centre(x)
    } else {
        1 - normal_tail(x)
    }
}

/// `1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + …)`.
pub(crate) fn normal_centre(x: &Big) -> Big {
    Big::from(0.5) + normal_pdf(x) * normal_series(x)
}

/// `x + x³/3 + x⁵/(3·5) + …`.
pub(crate) fn normal_series(x: &Big) -> Big {
    let (mut term, mut sum) = (x.clone(), x.clone());
    let square = square(x);
    // All terms have one sign. The loop ends when they are negligible: after fewer than 400 for |x| < 10.
    for k in 1..400 {
        term = term * &square / (2 * k + 1);
        sum = sum + &term;
        if term.abs().is_less(&(sum.abs() * 1e-100)) {
            break;
        }
    }
    sum
}

/// `1 - Φ(x) = φ(x)/(x + 1/(x + 2/(x + 3/(x + …))))`.
pub(crate) fn normal_tail(x: &Big) -> Big {
    normal_pdf(x) / normal_tail_fraction(x)
}

/// `x + 1/(x + 2/(x + 3/(x + …)))`, Laplace's continued fraction.
pub(crate) fn normal_tail_fraction(x: &Big) -> Big {
    (1..250).rev().fold(x.clone(), |fraction, k| x + k / fraction)
}
