//! Bessel functions of integer order.

/// `Jₙ(x)`.
pub(super) fn bessel_j(n: u32, x: f64) -> f64 {
    match n {
        0 => pxfm::f_j0(x),
        1 => pxfm::f_j1(x),
        _ if x.abs() < f64::from(n) => power_series(n, x, -1.0),
        // The recurrence is stable as long as the order is below `|x|`. Source: DLMF 10.6.1.
        _ => recur(n, x, [pxfm::f_j0(x), pxfm::f_j1(x)], |factor, [before, last]| factor * last - before),
    }
}

/// `Iₙ(x)`.
pub(super) fn bessel_i(n: u32, x: f64) -> f64 {
    match n {
        0 => pxfm::f_i0(x),
        1 => pxfm::f_i1(x),
        2 => pxfm::f_i2(x),
        _ if x.abs() < f64::from(n).powi(2).max(20.0) => power_series(n, x, 1.0),
        _ if pxfm::f_i0(x).is_infinite() => x.powf(f64::from(n % 2)) * f64::INFINITY,
        // The recurrence loses a factor of about `exp(n²/x)`. Source: DLMF 10.29.1.
        _ => recur(n, x, [pxfm::f_i0(x), pxfm::f_i1(x)], |factor, [before, last]| before - factor * last),
    }
}

/// The function of order `n`, from those of the orders 0 and 1; the factor is `2k/x`.
fn recur(n: u32, x: f64, start: [f64; 2], next: impl Fn(f64, [f64; 2]) -> f64) -> f64 {
    (1..n).fold(start, |[before, last], k| [last, next(f64::from(2 * k) / x, [before, last])])[1]
}

/// `(x/2)ⁿ/n! (1 + s (x/2)²/(n + 1) + s² (x/2)⁴/(2 (n + 1) (n + 2)) + …)`.
///
/// Source: DLMF 10.2.2 and 10.25.2.
fn power_series(n: u32, x: f64, s: f64) -> f64 {
    let half = x / 2.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 0.0);
    while f64::abs(term) > 1e-18 * f64::abs(sum) {
        k += 1.0;
        term *= s * half / k * (half / (k + f64::from(n)));
        sum += term;
    }
    (1..=n).fold(sum, |product, k| product * (half / f64::from(k)))
}
