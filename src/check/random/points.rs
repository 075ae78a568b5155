//! Random numbers to evaluate functions at.

use super::source::{Random, Source, arbitrary};
use crate::number::{Plain, Real};
use crate::ops::rules::constant;

/// A number of [0, 1], of which [`between`](Self::between) makes one of any interval; both ends come up.
///
/// The floats of quickcheck itself are special or huge, and hardly ever lie between -1 and 1.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "quickcheck")] {
/// use gradtape::{check::Unit, gradient};
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
    /// The number of the interval that lies as far into it, rounded to f32 so that both precisions can have it.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> f64 {
        #[allow(clippy::cast_possible_truncation, reason = "it is to be rounded")]
        let rounded = (low + self.0 * (high - low)) as f32;
        f64::from(rounded).clamp(low, high)
    }
}

macro_rules! point {
    ($($(#[$doc:meta])* $Name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct $Name<T>(
                /// The number.
                pub T,
            );
        )*
    };
}

point! {
    /// A number of either sign whose magnitude is anything from 1e-300 to 1e300, or in f32 from 1e-37 to 1e37, every
    /// order of magnitude as often as any other.
    Magnitude;
    /// A multiple of 1/2 from -4 to 4, or what is next to it: where operations have kinks, jumps and poles. There are
    /// so few that two are often equal.
    NearKink;
    /// Zero of either sign, the smallest and the largest numbers of a float, its infinities and NaN.
    Special;
    /// Any float: a special one, one near a kink, one of any magnitude, or an ordinary one between -8 and 8.
    Any;
}

/// A float, f32 or f64.
trait PointFloat: Real<Plain = Self> {
    /// The exponent of the largest power of ten that is well inside the range.
    fn decades() -> f64 {
        (0.975 * Self::max_value().log10().to_f64().unwrap_or_default()).floor()
    }

    /// The smallest number above 0.
    fn tiniest() -> Self {
        Self::min_positive_value() * Self::epsilon()
    }

    /// The distance of floats above `x`.
    fn ulp(self) -> Self {
        if self.is_zero() { Self::tiniest() } else { self.abs().log2().floor().exp2() * Self::epsilon() }
    }
}

impl<T: Plain> PointFloat for T {}

impl Random for Unit {
    fn random(source: &mut impl Source) -> Self {
        Self(f64::from(source.word()) / f64::from(u32::MAX))
    }
}

impl<T: Plain> Random for Magnitude<T> {
    fn random(source: &mut impl Source) -> Self {
        let sign = [1.0, -1.0][source.below(2)];
        let exponent = T::decades() * (2.0 * Unit::random(source).0 - 1.0);
        Self(constant(sign * 10_f64.powf(exponent)))
    }
}

impl<T: Plain> Random for NearKink<T> {
    fn random(source: &mut impl Source) -> Self {
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
}

impl<T: Plain> Random for Special<T> {
    fn random(source: &mut impl Source) -> Self {
        let all = specials();
        Self(all[source.below(all.len())])
    }
}

/// The simplest first.
fn specials<T: PointFloat>() -> [T; 16] {
    let largest_subnormal = T::min_positive_value() - T::tiniest();
    let positive = [
        T::zero(),
        T::min_positive_value(),
        T::tiniest(),
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
    fn random(source: &mut impl Source) -> Self {
        Self(match source.below(4) {
            0 => constant(Unit::random(source).between(-8.0, 8.0)),
            1 => NearKink::random(source).0,
            2 => Magnitude::random(source).0,
            _ => Special::random(source).0,
        })
    }
}

/// How complicated a number is: by its sign, its binary digits and its exponent.
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

/// Numbers that are less complicated, so that shrinking ends: the simplest first.
#[cfg(feature = "quickcheck")]
pub(super) fn simpler(x: f64) -> impl Iterator<Item = f64> {
    let rounded = (1..=24).step_by(3).map(move |digits| {
        let unit = 2_f64.powf(x.abs().log2().floor() - f64::from(digits - 1));
        (x / unit).round() * unit
    });
    let whole = [0.0, 1.0, x.abs(), x.trunc(), 0.5 * x, x.signum() * f64::MAX];
    whole.into_iter().chain(rounded).filter(move |y| complexity(*y) < complexity(x))
}

#[cfg(feature = "quickcheck")]
fn simpler_points<T: PointFloat>(x: T) -> impl Iterator<Item = T> {
    let precise = x.to_f64().unwrap_or(f64::NAN);
    // Rounding to `T` can make an infinity of what was simpler.
    simpler(precise).map(constant::<T>).filter(move |y| y.to_f64().is_some_and(|y| complexity(y) < complexity(precise)))
}

arbitrary! {
    Unit, |&Self(x): &Self| simpler(x).filter(|y| (0.0..=1.0).contains(y)).map(Self);
    Magnitude<T>, |&Self(x): &Self| {
        simpler_points(x).filter(|y| y.to_f64().is_some_and(|y| y.abs().log10().abs() <= T::decades())).map(Self)
    };
    NearKink<T>, |&Self(x): &Self| {
        simpler_points(x).filter(|&y| (y + y).fract().is_zero()).map(Self)
    };
    Special<T>, |&Self(x): &Self| {
        specials::<T>().into_iter().take_while(move |&y| y != x && !y.is_nan()).map(Self)
    };
    Any<T>, |&Self(x): &Self| simpler_points(x).map(Self);
}
