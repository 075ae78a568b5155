//! Derivatives of any order: the number `Jet`.

mod prefix;
mod series;

use crate::number::Number;
use crate::number::methods::sums_in_pairs;
use crate::number::operation::Operation;
use crate::number::stamp::{implement, inlined, number};
use crate::ops::rules::constant;

use prefix::Prefix;
use series::{Series, integrate};

/// A truncated Taylor series: a number and its derivatives by one variable, of any order.
///
/// It means: "around the point, I am `c₀ + c₁ t + c₂ t² + …`", with `N` coefficients `cₖ = y⁽ᵏ⁾/k!`. One evaluation of
/// a function over jets gives its value and `N - 1` derivatives, as [`derivatives`](crate::derivatives) does. Its cost
/// grows with a low power of `N`, where nested [`Dual`](crate::Dual)s double it with each order. A jet is plain data,
/// without a tape.
///
/// A `Jet` behaves like the plain number: it has the methods of [`num_traits::Float`] and implements that trait,
/// compares and prints by its number, and mixes with plain numbers in all operators, like [`Value`](crate::Value).
///
/// # Examples
///
/// ```
/// use gradtape::Jet;
///
/// let x = Jet::<f64, 5>::var(0.0);
/// assert_eq!((1.0 / (1.0 - x)).coefficients(), [1.0, 1.0, 1.0, 1.0, 1.0]);
/// assert_eq!((x * x).exp().derivatives(), [1.0, 0.0, 2.0, 0.0, 12.0]);
/// ```
///
/// A differential equation gives its own Taylor series, coefficient by coefficient. For `y' = y²` from `y = 1`, that is
/// `1/(1 - t)`. The lesson `15_taylor` integrates the orbit of a planet in this way.
///
/// ```
/// use gradtape::Jet;
///
/// let mut y = Jet::<f64, 8>::constant(1.0);
/// for k in 1..8 {
///     let mut coefficients = y.coefficients();
///     coefficients[k] = (y * y).coefficients()[k - 1] / k as f64;
///     y = Jet::new(coefficients);
/// }
/// assert_eq!(y.coefficients(), [1.0; 8]);
/// ```
///
/// Jets nest with duals and values: over a `Dual`, a step of such an integrator has derivatives by parameters.
///
/// ```
/// use gradtape::{Dual, Jet};
///
/// let (x, a) = (Jet::<_, 3>::var(Dual::from(0.5)), Dual::var(2.0));
/// let second = (x * a).exp().derivatives()[2]; // a² exp(a x)
/// assert!((second.tangent() - (4.0 + 2.0) * 1.0_f64.exp()).abs() < 1e-14); // (2 a + a² x) exp(a x)
/// ```
///
/// # How it computes
///
/// Sums act on each coefficient. A product is a convolution, and a quotient solves one. Any other operation `y = f(x)`
/// has
///
/// ```text
/// y' = f'(x) x',   so   k yₖ = Σ pⱼ (k - j) xₖ₋ⱼ   with j from 0 to k - 1 and the coefficients pⱼ of p = f'(x)
/// ```
///
/// where the partial `f'(x)` is that of all other numbers, evaluated in jets of fewer coefficients. If it uses the
/// result `y`, it is evaluated once for each coefficient, else once.
///
/// # Where there is no derivative
///
/// The [conventions](crate#where-there-is-no-derivative) hold for every order, as for nested duals: a kink has the
/// series of the side, or of the convention. A zero wins against an infinity in each product of two coefficients. If
/// the product of a partial and the first derivative of its operand is such a zero, the operand has no influence at
/// all: `(x * x).sqrt()` is constant at 0.
///
/// # Cost
///
/// An operation costs up to about `N³` operations on `T`; a product, a quotient, a sine, `ln` of a positive number cost
/// `N²`. Exceptions, whose cost doubles with each order: `x.powf(y)` at `x = 0` with an exponent that varies, and of
/// the special functions the Bessel functions, `erf_inv` and `normal_quantile`.
#[derive(Clone, Copy, Debug)]
pub struct Jet<T, const N: usize> {
    coefficients: [T; N],
}

impl<T: Number, const N: usize> Jet<T, N> {
    /// The series `Σ cₖ tᵏ`. It does not compile for `N = 0`.
    #[inline]
    pub fn new(coefficients: [T; N]) -> Self {
        const { assert!(N > 0, "a jet has a number, which is its first coefficient") };
        Self { coefficients }
    }

    /// The variable `x + t`.
    #[inline]
    pub fn var(x: T) -> Self {
        let mut terms = Self::constant(x).coefficients;
        if let Some(slope) = terms.get_mut(1) {
            *slope = T::one();
        }
        Self::new(terms)
    }

    /// A number that depends on nothing.
    #[inline]
    pub fn constant(x: T) -> Self {
        let mut terms = [T::zero(); N];
        terms[0] = x;
        Self::new(terms)
    }

    /// The number: the first coefficient.
    #[inline]
    pub fn data(self) -> T {
        self.coefficients[0]
    }

    /// The coefficients of the series.
    #[inline]
    pub fn coefficients(self) -> [T; N] {
        self.coefficients
    }

    /// The number and its derivatives by `t`: coefficient `k` times `k!`.
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "an order is small")]
    pub fn derivatives(self) -> [T; N] {
        let (mut derivatives, mut factorial) = (self.coefficients, 1.0);
        for (k, derivative) in derivatives.iter_mut().enumerate().skip(2) {
            factorial *= k as f64;
            *derivative = *derivative * constant(factorial);
        }
        derivatives
    }

    /// The polynomial `Σ cₖ tᵏ` at `t`, by Horner's rule.
    ///
    /// ```
    /// assert_eq!(gradtape::Jet::new([1.0, 2.0, 3.0]).at(10.0), 321.0);
    /// ```
    #[inline]
    pub fn at(self, t: T) -> T {
        let last = self.coefficients[N - 1];
        self.coefficients[..N - 1].iter().rev().fold(last, |sum, &coefficient| sum * t + coefficient)
    }

    /// The same number without its derivatives, as a constant.
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn detach(self) -> Self {
        Self::constant(self.data().detach())
    }

    /// The series of a function with this number, from the series of its derivative.
    #[cfg(feature = "nalgebra")]
    pub(crate) fn chained(self, data: T, slope: Self) -> Self {
        let mut coefficients = Self::constant(data).coefficients;
        integrate(&mut coefficients, &[slope.coefficients], &[self.coefficients], [true], 1..N);
        Self { coefficients }
    }

    /// The first coefficients.
    #[inline(always)]
    fn first<const M: usize>(self) -> Jet<T, M> {
        let mut terms = [T::zero(); M];
        for (k, term) in terms.iter_mut().enumerate() {
            *term = self.coefficients[k];
        }
        Jet { coefficients: terms }
    }

    /// An operation whose partials are evaluated in jets of `LESS = N - 1` coefficients.
    #[inline(always)]
    fn raised<O: Operation<T, M>, const LESS: usize, const M: usize>(operation: O, x: [Self; M]) -> Self {
        let wanted = x.map(|x| M == 1 || !x.is_constant(N));
        let shorter = x.map(Self::first::<LESS>);
        let (known, (y, partials)) = if O::IS_SHARED {
            (LESS, operation.value_and_partials(shorter, wanted))
        } else if O::USES_RESULT {
            // The shorter jet, not the value of the rule: its derivatives are from the partials, too, and of the same
            // bits.
            let y = Jet::apply(operation, shorter);
            (LESS, (y, operation.partials(shorter, y, wanted)))
        } else {
            let y = Jet::constant(operation.value(x.map(Self::data)));
            (1, (y, operation.partials(shorter, y, wanted)))
        };
        let mut coefficients = [T::zero(); N];
        for (k, coefficient) in coefficients[..known].iter_mut().enumerate() {
            *coefficient = y.coefficients[k];
        }
        let mut slopes = [[T::zero(); N]; M];
        for (slopes, partial) in slopes.iter_mut().zip(partials) {
            for (k, slope) in slopes[..LESS].iter_mut().enumerate() {
                *slope = partial.coefficients[k];
            }
        }
        integrate(&mut coefficients, &slopes, &x.map(Self::coefficients), wanted, known..N);
        Self { coefficients }
    }
}

impl<T: Number, const N: usize> Series<T, N> for Jet<T, N> {
    #[inline(always)]
    fn with_length(coefficients: [T; N], _: usize) -> Self {
        Self { coefficients }
    }

    #[inline(always)]
    fn terms(&self) -> &[T; N] {
        &self.coefficients
    }

    #[inline(always)]
    fn length(&self) -> usize {
        N
    }

    /// Short jets evaluate the partials in jets of one coefficient less, of a type of their own, so that all loops are
    /// unrolled.
    #[inline(always)]
    fn apply<const M: usize>(operation: impl Operation<T, M>, x: [Self; M]) -> Self {
        match N {
            1 => Self { coefficients: [operation.value(x.map(Self::data)); N] },
            2 => Self::raised::<_, 1, M>(operation, x),
            3 => Self::raised::<_, 2, M>(operation, x),
            4 => Self::raised::<_, 3, M>(operation, x),
            _ => {
                let x = x.map(|x| Prefix::with_length(x.coefficients, N));
                Self { coefficients: *Prefix::apply(operation, x).terms() }
            }
        }
    }
}

sums_in_pairs! { [T: Number, const N: usize] Jet<T, N> }
number! {
    applied [T: Number, const N: usize] Jet<T, N>; [const N: usize] Jet<f32, N>, Jet<f64, N>
}
