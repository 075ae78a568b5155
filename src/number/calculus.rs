//! The trait of a number that computes derivatives. Its methods and operators are stamped from the table of operations.

use crate::ops::call::Call;
use crate::ops::kind::is_dependence_over;
use crate::ops::rules::{greater, less};
use crate::scalar::Scalar;

/// A number over `T` that computes its derivatives from the partials of each operation.
///
/// The stamped methods and operators compute in `T`: `data`, which is the number of the result, and the partials. The
/// functions of this trait make the result. A partial that the result does not need is not computed. Neither is the
/// [`Call`], which is for messages only.
pub(crate) trait Calculus<T: Scalar>: Copy + From<T> + 'static {
    /// The number inside. Comparisons call `data()` instead, which may note that it was read.
    fn number(self) -> T;

    /// The result of an operation on this number alone.
    fn chain(self, data: T, partial: T, call: impl FnOnce() -> Call) -> Self;

    /// The result of an operation on two numbers.
    fn join(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        call: impl FnOnce() -> Call,
    ) -> Self;

    /// Whether this number surely depends on nothing.
    fn is_fixed(&self) -> bool;

    /// The result of an operation of the user's own on any numbers, one join after the other.
    #[inline]
    #[track_caller]
    fn combined<const N: usize>(data: T, x: [Self; N], partials: impl FnOnce() -> [T; N]) -> Self {
        if x.iter().all(Self::is_fixed) {
            return Self::from(data);
        }
        let call = || Call::new("custom", x.map(|x| x.number().to_f64()));
        let terms = x.into_iter().zip(partials()).map(|(x, partial)| x.chain(data, partial, call));
        terms.reduce(|sum, term| Self::added(data, sum, term, call)).unwrap_or_else(|| Self::from(data))
    }

    /// Panics if the two cannot be operands of one operation.
    #[inline(always)]
    #[track_caller]
    fn assert_same_tape(_: Self, _: Self) {}

    /// [`join`](Self::join) for partials that cost nothing.
    #[inline(always)]
    #[track_caller]
    fn operator(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        call: impl FnOnce() -> Call,
    ) -> Self {
        Self::join(data, a, b, partial_a, partial_b, call)
    }

    /// The result of a sum.
    #[inline(always)]
    #[track_caller]
    fn added(data: T, a: Self, b: Self, call: impl FnOnce() -> Call) -> Self {
        Self::operator(data, a, b, T::one, T::one, call)
    }

    /// The result of a difference.
    #[inline(always)]
    #[track_caller]
    fn subtracted(data: T, a: Self, b: Self, call: impl FnOnce() -> Call) -> Self {
        Self::operator(data, a, b, T::one, || -T::one(), call)
    }

    /// The result of a product.
    #[inline(always)]
    #[track_caller]
    fn multiplied(data: T, a: Self, b: Self, call: impl FnOnce() -> Call) -> Self {
        let (x, y) = (a.number(), b.number());
        Self::operator(data, a, b, || y, || x, call)
    }

    /// The result of a product with a constant.
    #[inline(always)]
    #[track_caller]
    fn times(self, data: T, factor: T, call: impl FnOnce() -> Call) -> Self {
        self.chain(data, factor, call)
    }

    /// The result of a sum or a difference with a constant.
    #[inline(always)]
    #[track_caller]
    fn shifted(self, data: T, call: impl FnOnce() -> Call) -> Self {
        self.chain(data, T::one(), call)
    }

    /// The negative.
    #[inline(always)]
    #[track_caller]
    fn negative(self) -> Self {
        let x = self.number();
        self.chain(-x, -T::one(), || Call::new("neg", [x.to_f64()]))
    }

    /// The result of an operation that returns one of two numbers. It is a join only if both partials are nonzero.
    #[inline(always)]
    #[track_caller]
    fn choose(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        call: impl FnOnce() -> Call,
    ) -> Self {
        Self::assert_same_tape(a, b);
        let (partial_a, partial_b) = (partial_a(), partial_b());
        // The pattern of a dependence holds at other points, too, where the result may be the other number.
        let keeps_both = is_dependence_over::<Self, T>();
        if !keeps_both && partial_b.is_zero() {
            a.chain(data, partial_a, call)
        } else if !keeps_both && partial_a.is_zero() {
            b.chain(data, partial_b, call)
        } else {
            Self::join(data, a, b, || partial_a, || partial_b, call)
        }
    }

    /// The number within two bounds, for the stamped method `clamp`.
    #[inline]
    #[track_caller]
    fn clamped(self, low: Self, high: Self) -> Self {
        let [x, a, b] = [self.number(), low.number(), high.number()];
        assert!(a <= b, "`clamp` needs a lower bound that is not above the upper one, and neither NaN");
        Self::assert_same_tape(self, low);
        Self::assert_same_tape(self, high);
        Self::assert_same_tape(low, high);
        if is_dependence_over::<Self, T>() {
            // At another point, it may return another of the three.
            let (call, y) = (|| Call::new("clamp", []), x.max(a));
            let above = Self::choose(y, self, low, || greater(x, a), || greater(a, x), call);
            return Self::choose(x.clamp(a, b), above, high, || less(y, b), || less(b, y), call);
        }
        let chosen = if x < a {
            low
        } else if x > b {
            high
        } else {
            self
        };
        chosen.shifted(chosen.number(), || Call::new("clamp", [chosen.number().to_f64()]))
    }

    /// `self · a + b`, rounded once, for the stamped method `mul_add`.
    #[inline]
    #[track_caller]
    fn fused(self, a: Self, b: Self) -> Self {
        let [x, y, z] = [self.number(), a.number(), b.number()];
        let product = Self::multiplied(x * y, self, a, || Call::new("mul", [x.to_f64(), y.to_f64()]));
        Self::added(x.mul_add(y, z), product, b, || Call::new("add", [(x * y).to_f64(), z.to_f64()]))
    }

    /// The sine and the cosine, for the stamped method `sin_cos`.
    #[inline]
    #[track_caller]
    fn sine_and_cosine(self) -> (Self, Self) {
        let x = self.number();
        let (sin, cos) = x.sin_cos();
        let call = || Call::new("sin_cos", [x.to_f64()]);
        (self.chain(sin, cos, call), self.chain(cos, -sin, call))
    }
}
