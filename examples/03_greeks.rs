//! Lesson 3: the greeks, first and second derivatives of the price of an option.
//!
//! The price of Black and Scholes is written once. Its gradient contains the greeks of first order, its Hessian those
//! of second order. The lesson prints each beside its closed form; they differ by rounding only.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use gradtape::{Function, Real};

/// The right to buy a share at the price `strike`.
struct Call {
    strike: f64,
}

// The positions of the inputs.
const SPOT: usize = 0;
const VOLATILITY: usize = 1;
const RATE: usize = 2;
const MATURITY: usize = 3;

impl Call {
    /// `d₁` and `d₂` of the formula, and the discounted strike.
    fn parts<F: Real<Plain = f64>>(&self, x: &[F]) -> (F, F, F) {
        let deviation = x[VOLATILITY] * x[MATURITY].sqrt();
        let discounted = (-x[RATE] * x[MATURITY]).exp() * self.strike;
        let d1 = (x[SPOT] / discounted).ln() / deviation + deviation / 2.0;
        (d1, d1 - deviation, discounted)
    }
}

impl Function for Call {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let (d1, d2, discounted) = self.parts(x);
        x[SPOT] * normal(d1) - discounted * normal(d2)
    }
}

/// The normal distribution function.
fn normal<F: Real<Plain = f64>>(x: F) -> F {
    (x * FRAC_1_SQRT_2).erf() / 2.0 + 0.5
}

fn main() {
    let call = Call { strike: 105.0 };
    let x = [100.0, 0.2, 0.03, 0.75];
    let (price, gradient) = call.value_and_gradient(&x);
    let hessian = call.hessian(&x);
    println!("price {price:.6}");

    // The closed forms, derived by hand.
    let [spot, volatility, rate, maturity] = x;
    let (d1, d2, discounted) = call.parts(&x);
    let (root, density) = (maturity.sqrt(), (-d1 * d1 / 2.0).exp() / (2.0 * PI).sqrt());
    let vega = spot * density * root;
    let greeks = [
        ("delta", gradient[SPOT], normal(d1)),
        ("vega", gradient[VOLATILITY], vega),
        ("rho", gradient[RATE], maturity * discounted * normal(d2)),
        // The derivative by time: the time to maturity decreases.
        ("theta", -gradient[MATURITY], -vega * volatility / (2.0 * maturity) - rate * discounted * normal(d2)),
        ("gamma", hessian[SPOT][SPOT], density / (spot * volatility * root)),
        ("vanna", hessian[SPOT][VOLATILITY], -density * d2 / volatility),
        ("vomma", hessian[VOLATILITY][VOLATILITY], vega * d1 * d2 / volatility),
        ("charm", -hessian[SPOT][MATURITY], {
            let drift = 2.0 * rate * maturity - d2 * volatility * root;
            -density * drift / (2.0 * maturity * volatility * root)
        }),
    ];
    for (name, derivative, closed) in greeks {
        println!("{name}  {derivative:20.15}  closed form {closed:20.15}");
        assert!((derivative / closed - 1.0).abs() < 1e-12, "{name}");
    }
}
