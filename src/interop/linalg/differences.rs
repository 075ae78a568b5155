//! Divided differences of a function, accurate at and near equal arguments.
#![allow(clippy::cast_precision_loss, reason = "all counts are small")]

use std::array::from_fn;

use crate::function::third_derivative;
use crate::number::Number;
use crate::ops::rules::constant;
use crate::scalar::Scalar;

/// The number of points at which an expansion takes the third derivative.
const POINTS: usize = 8;
/// The number of terms of an expansion.
const TERMS: usize = POINTS + 3;

/// The number of a function that has three derivatives: what [`third_derivative`] takes.
pub(super) type Jet<P> = crate::jet::Jet<P, 4>;

/// The divided differences `φ[x₀, …, xₖ]` of up to four of the given arguments, which are in ascending order.
///
/// They are computed by their recursion `(φ[x₁, …, xₖ] - φ[x₀, …, xₖ₋₁])/(xₖ - x₀)`, and where all arguments are equal,
/// as `φ⁽ᵏ⁾/k!`. Between arguments that are close, the recursion would lose digits. There, `φ` is expanded in powers.
pub(super) struct DividedDifferences<P> {
    arguments: Vec<P>,
    /// The value and three derivatives at each argument.
    jets: Vec<[P; 4]>,
    /// One for each pair of arguments, if `φ` has an expansion from the first to the second.
    expansions: Vec<Option<Expansion<P>>>,
}

impl<P: Number> DividedDifferences<P> {
    pub(super) fn new(arguments: Vec<P>, phi: impl Fn(Jet<P>) -> Jet<P>) -> Self {
        let jet = |x| third_derivative(&phi, x);
        let jets: Vec<_> = arguments.iter().map(|&x| jet(x)).collect();
        let all = || arguments.iter().zip(&jets);
        let pairs = all().flat_map(|low| all().map(move |high| [low, high]));
        let expansions = pairs.map(|ends| Expansion::between(ends, jet)).collect();
        Self { arguments, jets, expansions }
    }

    /// The difference of the arguments with these indices.
    pub(super) fn at<const N: usize>(&self, mut indices: [usize; N]) -> P {
        indices.sort_unstable();
        self.of_sorted(&indices)
    }

    fn of_sorted(&self, indices: &[usize]) -> P {
        let order = indices.len() - 1;
        let (first, last) = (indices[0], indices[order]);
        let width = self.arguments[last] - self.arguments[first];
        if order == 0 || width.is_zero() {
            self.jets[first][order] / constant([1.0, 1.0, 2.0, 6.0][order])
        } else if let Some(expansion) = &self.expansions[first * self.arguments.len() + last] {
            expansion.divided_difference(indices.iter().map(|&i| self.arguments[i]))
        } else {
            (self.of_sorted(&indices[1..]) - self.of_sorted(&indices[..order])) / width
        }
    }
}

/// The polynomial `Σ cₘ rⁿ tᵐ`, with `n = min(m, 3)`, which is close to `φ(x)` for `x = centre + r t`, `-1 ≤ t ≤ 1`.
struct Expansion<P> {
    centre: P,
    /// The number `r`.
    radius: P,
    coefficients: [P; TERMS],
}

impl<P: Scalar> Expansion<P> {
    /// The expansion between two arguments, if its divided differences are as accurate as differences of values: at the
    /// ends, its value and derivatives are those of `φ`.
    ///
    /// It has the value and two derivatives of `φ` at the centre. The third derivative is interpolated at the zeros of
    /// a Chebyshev polynomial.
    fn between([(&low, at_low), (&high, at_high)]: [(&P, &[P; 4]); 2], jet: impl Fn(P) -> [P; 4]) -> Option<Self> {
        let radius = (high - low) * constant(0.5);
        if radius <= P::zero() {
            return None;
        }
        let centre = low + radius;
        let zeros: [P; POINTS] = from_fn(|k| constant((std::f64::consts::PI * (k as f64 + 0.5) / POINTS as f64).cos()));
        let [value, first, second, _] = jet(centre);
        let third = monomials(zeros, zeros.map(|t| jet(centre + radius * t)[3]));
        let coefficients = from_fn(|m| match m {
            0 => value,
            1 => first,
            2 => second * constant(0.5),
            _ => third[m - 3] / constant((m * (m - 1) * (m - 2)) as f64),
        });
        let expansion = Self { centre, radius, coefficients };
        // Rounding is taken to be at most this share of a number, although a function may have more.
        let rounding = P::epsilon().sqrt() * P::epsilon().sqrt().sqrt();
        let is_close = |t: P, jet: &[P; 4]| {
            let share = |k: usize, x: P| (x * power(radius, k)).abs();
            let largest = (0..4).fold(P::zero(), |largest, k| largest.max(share(k, jet[k])));
            (0..4).all(|k| {
                let error = share(k, expansion.derivative(k, t) - jet[k]);
                error <= share(k, jet[k]) * rounding || error <= largest * P::epsilon() * constant(16.0)
            })
        };
        (is_close(-P::one(), at_low) && is_close(P::one(), at_high)).then_some(expansion)
    }

    /// The derivative by `x`.
    fn derivative(&self, order: usize, t: P) -> P {
        let factor = |m: usize| constant((m + 1 - order..=m).map(|k| k as f64).product());
        (order..TERMS).rev().fold(P::zero(), |tail, m| tail * t + self.term(m, order) * factor(m))
    }

    /// The divided difference of `tᵐ` is the sum of all products of `m - k` of the arguments, with repetition.
    fn divided_difference(&self, arguments: impl ExactSizeIterator<Item = P>) -> P {
        let order = arguments.len() - 1;
        // These sums for the arguments so far, by the number of factors.
        let mut sums: [P; TERMS] = unit();
        for x in arguments {
            let t = (x - self.centre) / self.radius;
            for m in 1..TERMS {
                sums[m] = sums[m] + t * sums[m - 1];
            }
        }
        (order..TERMS).rev().fold(P::zero(), |sum, m| sum + self.term(m, order) * sums[m - order])
    }

    /// The coefficient of `tᵐ`, divided by `r` to the power of `order`.
    fn term(&self, m: usize, order: usize) -> P {
        self.coefficients[m] * power(self.radius, m.min(3) - order)
    }
}

/// The coefficients of the polynomial that has these values at the zeros of the Chebyshev polynomial.
fn monomials<P: Scalar>(zeros: [P; POINTS], values: [P; POINTS]) -> [P; POINTS] {
    let times_t = |powers: [P; POINTS]| from_fn(|m| if m == 0 { P::zero() } else { powers[m - 1] });
    // Two Chebyshev polynomials in succession, each by its coefficients and by its values at the zeros.
    let mut this = (unit(), [P::one(); POINTS]);
    let mut next = (times_t(unit()), zeros);
    let mut sum = [P::zero(); POINTS];
    for k in 0..POINTS {
        let weight: P = constant(if k == 0 { 1.0 } else { 2.0 } / POINTS as f64);
        let product = (0..POINTS).fold(P::zero(), |sum, j| sum + values[j] * this.1[j]);
        sum = from_fn(|m| sum[m] + weight * product * this.0[m]);
        let shifted = times_t(next.0);
        let after = (
            from_fn(|m| shifted[m] + shifted[m] - this.0[m]),
            from_fn(|j| (zeros[j] + zeros[j]) * next.1[j] - this.1[j]),
        );
        (this, next) = (next, after);
    }
    sum
}

/// The numbers 1, 0, 0, …
fn unit<P: Scalar, const N: usize>() -> [P; N] {
    from_fn(|m| if m == 0 { P::one() } else { P::zero() })
}

/// The power with a small exponent.
fn power<P: Scalar>(x: P, exponent: usize) -> P {
    (0..exponent).fold(P::one(), |power, _| power * x)
}
