//! The bits of a float, as the kernels use them.

use num_traits::Float;

use super::coefficients::Coefficients;

/// A float with kernels: f32 and f64.
pub(crate) trait KernelFloat: Float + Coefficients {
    /// `1.5 · 2ᵖ` for `p` digits after the first. A sum with it is rounded to an integer, which the low bits hold.
    const MAGIC: Self;
    /// The same for exponents: the low bits hold the integer plus twice the bias of the exponent.
    const MAGIC_EXPONENT: Self;

    /// `c` rounded to the type.
    fn of(c: f64) -> Self;
    /// `self · b + c`, with one rounding if `FMA`.
    fn times_plus<const FMA: bool>(self, b: Self, c: Self) -> Self;
    /// The number without the lower half of its digits.
    fn head(self) -> Self;
    /// For the sum of [`MAGIC_EXPONENT`](Self::MAGIC_EXPONENT) and `k`: two powers of two whose product is `2ᵏ`, and
    /// the reciprocal of the second. The product alone may be out of range.
    fn powers(magic_sum: Self) -> (Self, Self, Self);
    /// For a positive normal number `2ᵏ m` with `m` from `√½` to `√2`: `k`, `m` and `2⁻ᵏ`.
    fn split(self) -> (Self, Self, Self);
    /// The biased exponent, and the mantissa from 1 to 2.
    fn biased_split(self) -> (Self, Self);
    /// `2ᵏ` for the sum of [`MAGIC`](Self::MAGIC) and the biased exponent of that power.
    fn power(magic_sum: Self) -> Self;
    /// Whether a sum with [`MAGIC`](Self::MAGIC) holds an odd integer.
    fn is_odd(magic_sum: Self) -> bool;
    /// The number with its sign changed where the integer in the sum has a 2 in its binary digits.
    fn flip_by_two(self, magic_sum: Self) -> Self;
    /// The number with its sign changed where `other` is negative.
    fn flip_by_sign(self, other: Self) -> Self;
    /// The number with its sign changed if `flips`, without a branch.
    fn flip_if(self, flips: bool) -> Self;

    /// The smaller number; NaN stays NaN.
    #[inline(always)]
    fn at_most(self, high: Self) -> Self {
        if self > high { high } else { self }
    }

    /// The larger number; NaN stays NaN.
    #[inline(always)]
    fn at_least(self, low: Self) -> Self {
        if self < low { low } else { self }
    }

    #[inline(always)]
    fn half(self) -> Self {
        self * Self::of(0.5)
    }
}

/// Implements [`KernelFloat`], for the float `$T` with the bits of the integer `$U`. `$P` is the number of digits after
/// the first, `$POWER` is `2ᵖ`, and the bias of the exponent comes as an integer and as a float.
macro_rules! bits {
    ($T:ident, $U:ident, digits $P:literal, power $POWER:literal, bias $BIAS:literal, $FLOAT_BIAS:literal) => {
        const MAGIC: $T = 1.5 * $POWER;
        const MAGIC_EXPONENT: $T = Self::MAGIC + 2.0 * $FLOAT_BIAS;

        #[inline(always)]
        #[allow(clippy::cast_possible_truncation, trivial_numeric_casts, reason = "one body for both types")]
        fn of(c: f64) -> $T {
            c as $T
        }

        #[inline(always)]
        fn times_plus<const FMA: bool>(self, b: $T, c: $T) -> $T {
            if FMA { $T::mul_add(self, b, c) } else { self * b + c }
        }

        #[inline(always)]
        fn head(self) -> $T {
            $T::from_bits(self.to_bits() & ($U::MAX << (($P + 2) / 2)))
        }

        #[inline(always)]
        fn powers(magic_sum: $T) -> ($T, $T, $T) {
            // The shift removes the upper bits.
            let both = magic_sum.to_bits();
            let first = both >> 1;
            let second = both.wrapping_sub(first);
            let reciprocal = $U::wrapping_sub(2 * $BIAS, second);
            ($T::from_bits(first << $P), $T::from_bits(second << $P), $T::from_bits(reciprocal << $P))
        }

        #[inline(always)]
        fn split(self) -> ($T, $T, $T) {
            const ROOT: $U = core::$T::consts::FRAC_1_SQRT_2.to_bits();
            const ONE: $U = $BIAS << $P;
            const POWER: $T = $POWER;
            let shifted = self.to_bits().wrapping_add(ONE - ROOT);
            let exponent = shifted >> $P;
            let k = $T::from_bits(exponent | POWER.to_bits()) - (POWER + $FLOAT_BIAS);
            let mantissa = (shifted & ((1 << $P) - 1)).wrapping_add(ROOT);
            let reciprocal = $U::wrapping_sub(2 * $BIAS, exponent) << $P;
            (k, $T::from_bits(mantissa), $T::from_bits(reciprocal))
        }

        #[inline(always)]
        fn biased_split(self) -> ($T, $T) {
            const ONE: $U = $BIAS << $P;
            const POWER: $T = $POWER;
            let exponent = self.to_bits() >> $P;
            let mantissa = self.to_bits() & ((1 << $P) - 1);
            ($T::from_bits(exponent | POWER.to_bits()) - POWER, $T::from_bits(mantissa | ONE))
        }

        #[inline(always)]
        fn power(magic_sum: $T) -> $T {
            $T::from_bits(magic_sum.to_bits() << $P)
        }

        #[inline(always)]
        fn is_odd(magic_sum: $T) -> bool {
            magic_sum.to_bits() & 1 != 0
        }

        #[inline(always)]
        fn flip_by_two(self, magic_sum: $T) -> $T {
            $T::from_bits(self.to_bits() ^ ((magic_sum.to_bits() & 2) << ($U::BITS - 2)))
        }

        #[inline(always)]
        fn flip_by_sign(self, other: $T) -> $T {
            $T::from_bits(self.to_bits() ^ (other.to_bits() & (1 << ($U::BITS - 1))))
        }

        #[inline(always)]
        fn flip_if(self, flips: bool) -> $T {
            $T::from_bits(self.to_bits() ^ ($U::from(flips) << ($U::BITS - 1)))
        }
    };
}

impl KernelFloat for f64 {
    bits!(f64, u64, digits 52, power 4_503_599_627_370_496.0, bias 1023, 1023.0);
}

impl KernelFloat for f32 {
    bits!(f32, u32, digits 23, power 8_388_608.0, bias 127, 127.0);
}
