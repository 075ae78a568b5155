//! The functions by their definitions, in 320 bits.

use crate::big::Big;

/// The function of this name at `x`, finite for any float `x`. A value out of the range of a float is only large.
pub(super) fn unary(name: &str, x: &Big) -> Big {
    match name {
        "exp" => x.exp(),
        "exp2" => (x.bounded() * Big::ln_2()).exp(),
        "exp_m1" => {
            let half = x.bounded() / 2;
            2 * half.sinh() * half.exp()
        }
        "sinh" => x.bounded().sinh(),
        "cosh" => x.bounded().cosh(),
        "tanh" => x.bounded().sinh() / x.bounded().cosh(),
        "tanh_slope" => {
            let cosh = x.bounded().cosh();
            1 / (&cosh * &cosh)
        }
        "sigmoid" => 1 / (1 + (-x.clone()).exp()),
        "sigmoid_slope" => {
            let cosh = (x / 2).bounded().cosh();
            1 / (4 * &cosh * &cosh)
        }
        "softplus" if x.is_negative() => ln_1p(&x.exp()),
        "softplus" => x + ln_1p(&(-x.clone()).exp()),
        "ln" => x.ln(),
        "log2" => x.ln() / Big::ln_2(),
        "log10" => x.ln() / Big::ln_10(),
        "ln_1p" => ln_1p(x),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "tan" => x.sin() / x.cos(),
        "asin" => angle(x, &(1 - x * x).sqrt()),
        "acos" => angle(&(1 - x * x).sqrt(), x),
        "atan" => angle(x, &Big::from(1)),
        "cbrt" => x.cbrt(),
        "erf" => {
            let s = x.bounded() * Big::from(2).sqrt();
            let far = Big::from(5);
            if far.is_less(&s) {
                1 - 2 * normal_tail(&s)
            } else if s.is_less(&-far) {
                2 * normal_tail(&-s) - 1
            } else {
                2 * normal_centre(&s)
            }
        }
        "normal_cdf" => {
            let x = x.bounded();
            let far = Big::from(5);
            if far.is_less(&x) {
                1 - normal_tail(&x)
            } else if x.is_less(&-far) {
                normal_tail(&-x)
            } else {
                normal_centre(&x) + 0.5
            }
        }
        "normal_pdf" => normal_pdf(&x.bounded()),
        _ => panic!("no truth is known for {name}: write it here"),
    }
}

/// The angle of the point `(x, y)`: the angle that a float computes, plus its small error.
pub(super) fn angle(y: &Big, x: &Big) -> Big {
    let first = Big::from(y.scaled_to_f64(0).atan2(x.scaled_to_f64(0)));
    let (sin, cos) = (first.sin(), first.cos());
    let tangent = (y * &cos - x * &sin) / (x * &cos + y * &sin);
    let square = &tangent * &tangent;
    first + tangent * (1 - square.clone() / 3 + &square * &square / 5)
}

/// `ln(1 + x)` of a number above -1, by the series where the sum would lose digits.
fn ln_1p(x: &Big) -> Big {
    if x.abs().is_less(&Big::power_of_two(-60)) {
        (1..=6).rev().fold(Big::from(0), |sum, k| x * (1 / Big::from(k) - sum))
    } else {
        (1 + x).ln()
    }
}

fn normal_pdf(x: &Big) -> Big {
    (-(x * x) / 2).exp() / (2 * Big::pi()).sqrt()
}

/// `Φ(x) - 1/2 = φ(x) (x + x³/3 + x⁵/(3·5) + …)`.
fn normal_centre(x: &Big) -> Big {
    let smallest = x.exponent().map_or(0, |exponent| exponent - 160);
    let (mut term, mut sum) = (x.clone(), x.clone());
    for k in 1.. {
        term = term * x * x / (2 * k + 1);
        sum = sum + &term;
        if term.exponent().is_none_or(|exponent| exponent < smallest) {
            break;
        }
    }
    normal_pdf(x) * sum
}

/// `1 - Φ(x) = φ(x)/(x + 1/(x + 2/(x + 3/(x + …))))`, Laplace's continued fraction.
fn normal_tail(x: &Big) -> Big {
    let fraction = (1..150).rev().fold(x.clone(), |fraction, k| x + k / fraction);
    normal_pdf(x) / fraction
}
