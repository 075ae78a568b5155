//! Random numbers to evaluate functions at.

use super::source::{Random, RandomSource, arbitrary};
use crate::number::Plain;
use crate::ops::rules::constant;

/// A number of [0, 1], which [`between`](Self::between) maps to any interval. Both ends occur.
///
/// The floats of quickcheck itself are special or huge, and hardly ever lie between -1 and 1.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "quickcheck")] {
/// use gradtape::{check::random::Unit, gradient};
///
/// fn logarithms_have_reciprocal_slopes(unit: Unit) -> bool {
///     let x = unit.between(0.1, 9.0);
///     gradient(|x| x[0].ln(), &[x]).1 == [1.0 / x]
/// }
/// quickcheck::quickcheck(logarithms_have_reciprocal_slopes as fn(Unit) -> bool);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit(f64);

impl Unit {
    /// The number `low + unit (high - low)` of the interval, rounded to f32 so that both precisions can represent it.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> f64 {
        #[allow(clippy::cast_possible_truncation, reason = "rounding is intended")]
        let rounded = (low + self.0 * (high - low)) as f32;
        f64::from(rounded).clamp(low, high)
    }
}

/// A number of either sign with a magnitude from 1e-300 to 1e300, or in f32 from 1e-37 to 1e37. All orders of magnitude
/// have the same probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Magnitude<T>(
    /// The number.
    pub T,
);

/// A multiple of 1/2 from -4 to 4, or a float next to it: operations have kinks, jumps and poles there. Two of these
/// numbers are often equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearKink<T>(
    /// The number.
    pub T,
);

/// Zero of either sign, the smallest and the largest numbers of a float, its infinities and NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Special<T>(
    /// The number.
    pub T,
);

/// Any float: a special one, one near a kink, one of any magnitude, or an ordinary one between -8 and 8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Any<T>(
    /// The number.
    pub T,
);

/// The limits of a plain float.
trait Limits: Plain {
    /// The exponent of the largest power of ten that is well inside the range.
    fn decades() -> f64 {
        (0.975 * Self::max_value().log10().to_f64().unwrap_or_default()).floor()
    }

    /// The smallest number above 0.
    fn smallest_positive() -> Self {
        Self::min_positive_value() * Self::epsilon()
    }

    /// The distance to the next larger float.
    fn ulp(self) -> Self {
        if self.is_zero() { Self::smallest_positive() } else { self.abs().log2().floor().exp2() * Self::epsilon() }
    }
}

impl<T: Plain> Limits for T {}

impl Random for Unit {
    fn random(source: &mut impl RandomSource) -> Self {
        Self(f64::from(source.word()) / f64::from(u32::MAX))
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        simpler_numbers(self.0).filter(|y| (0.0..=1.0).contains(y)).map(Self)
    }
}

impl<T: Plain> Random for Magnitude<T> {
    fn random(source: &mut impl RandomSource) -> Self {
        let sign = [1.0, -1.0][source.below(2)];
        let exponent = T::decades() * (2.0 * Unit::random(source).0 - 1.0);
        Self(constant(sign * 10_f64.powf(exponent)))
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        let is_inside = |y: &T| y.to_f64().is_some_and(|y| y.abs().log10().abs() <= T::decades());
        simpler_floats(self.0).filter(is_inside).map(Self)
    }
}

impl<T: Plain> Random for NearKink<T> {
    fn random(source: &mut impl RandomSource) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "17 is a small number")]
        let halves = source.below(17) as f64 - 8.0;
        let kink = constant::<T>(halves / 2.0);
        Self(match source.below(4) {
            0 => kink,
            1 => kink + kink.ulp(),
            2 => kink - kink.ulp(),
            _ => -kink,
        })
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        simpler_floats(self.0).filter(|&y| (y + y).fract().is_zero()).map(Self)
    }
}

impl<T: Plain> Random for Special<T> {
    fn random(source: &mut impl RandomSource) -> Self {
        let all = specials();
        Self(all[source.below(all.len())])
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        let x = self.0;
        specials::<T>().into_iter().take_while(move |&y| y != x && !y.is_nan()).map(Self)
    }
}

/// The special numbers, the simplest first.
fn specials<T: Plain>() -> [T; 16] {
    let largest_subnormal = T::min_positive_value() - T::smallest_positive();
    let positive = [
        T::zero(),
        T::min_positive_value(),
        T::smallest_positive(),
        largest_subnormal,
        T::epsilon(),
        T::max_value(),
        T::infinity(),
    ];
    std::array::from_fn(|k| match k {
        0..7 => positive[k],
        7..14 => -positive[k - 7],
        14 => T::one(),
        _ => T::nan(),
    })
}

impl<T: Plain> Random for Any<T> {
    fn random(source: &mut impl RandomSource) -> Self {
        Self(match source.below(4) {
            0 => constant(Unit::random(source).between(-8.0, 8.0)),
            1 => NearKink::random(source).0,
            2 => Magnitude::random(source).0,
            _ => Special::random(source).0,
        })
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        simpler_floats(self.0).map(Self)
    }
}

arbitrary! { [] Unit }
arbitrary! { [T: Plain] Magnitude<T> }
arbitrary! { [T: Plain] NearKink<T> }
arbitrary! { [T: Plain] Special<T> }
arbitrary! { [T: Plain] Any<T> }

/// The complexity of a number: it grows with its sign, its binary digits and its exponent.
#[cfg(feature = "quickcheck")]
fn complexity(x: f64) -> u64 {
    let (significand, exponent, sign) = num_traits::Float::integer_decode(x);
    let negative = u64::from(sign < 0);
    if !x.is_finite() {
        1 << 32
    } else if significand == 0 {
        negative
    } else {
        let digits = 64 - significand.leading_zeros() - significand.trailing_zeros();
        let exponent = i64::from(exponent) + i64::from(significand.trailing_zeros());
        2 * u64::from(digits) + 2 * exponent.unsigned_abs() + negative
    }
}

/// Numbers of less complexity, so that shrinking ends, the simplest first.
#[cfg(feature = "quickcheck")]
pub(super) fn simpler_numbers(x: f64) -> impl Iterator<Item = f64> {
    let rounded = (1..=24).step_by(3).map(move |digits| {
        let unit = 2_f64.powf(x.abs().log2().floor() - f64::from(digits - 1));
        (x / unit).round() * unit
    });
    let whole = [0.0, 1.0, x.abs(), x.trunc(), 0.5 * x, x.signum() * f64::MAX];
    whole.into_iter().chain(rounded).filter(move |y| complexity(*y) < complexity(x))
}

/// [`simpler_numbers`], rounded to `T`.
#[cfg(feature = "quickcheck")]
fn simpler_floats<T: Plain>(x: T) -> impl Iterator<Item = T> {
    let x = x.to_f64().unwrap_or(f64::NAN);
    // Rounding to `T` can give an infinity, which is not simpler.
    let is_simpler = move |y: &T| y.to_f64().is_some_and(|y| complexity(y) < complexity(x));
    simpler_numbers(x).map(constant::<T>).filter(is_simpler)
}
