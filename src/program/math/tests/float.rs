//! Floats as the tests need them, and distances from the truth.

use std::fmt::{Debug, LowerExp};

use super::big::Big;
use crate::program::math::Math;

/// Either precision, as the tests need it.
pub(super) trait Tested: Math + Debug + LowerExp + Into<f64> {
    const DIGITS: i32;
    /// The exponent of the largest number, as the power of two above it.
    const TOP: i32;
    const SEED: u64;

    fn any(random: u64) -> Self;
    fn next(self, steps: i32) -> Self;
    fn key(self) -> u64;
}

impl Tested for f64 {
    const DIGITS: i32 = 53;
    const TOP: i32 = 1024;
    const SEED: u64 = 64;

    fn any(random: u64) -> f64 {
        f64::from_bits(random)
    }

    fn next(self, steps: i32) -> f64 {
        f64::from_bits(self.to_bits().wrapping_add_signed(i64::from(steps)))
    }

    fn key(self) -> u64 {
        self.to_bits()
    }
}

impl Tested for f32 {
    const DIGITS: i32 = 24;
    const TOP: i32 = 128;
    const SEED: u64 = 32;

    #[allow(clippy::cast_possible_truncation, reason = "half of the bits")]
    fn any(random: u64) -> f32 {
        f32::from_bits(random as u32)
    }

    fn next(self, steps: i32) -> f32 {
        f32::from_bits(self.to_bits().wrapping_add_signed(steps))
    }

    fn key(self) -> u64 {
        u64::from(self.to_bits())
    }
}

/// The distance in units in the last place of the truth.
pub(super) fn distance<T: Tested>(y: T, truth: &Big) -> f64 {
    let smallest = 3 - T::TOP - T::DIGITS;
    let Some(exponent) = truth.exponent() else {
        return if y == T::zero() { 0.0 } else { f64::INFINITY };
    };
    let unit = (exponent.min(T::TOP) - T::DIGITS).max(smallest);
    let beyond = T::TOP < exponent;
    let y = y.into();
    // The float after the largest stands for what is beyond.
    let top = if beyond || y.is_infinite() { Big::power_of_two(T::TOP) } else { Big::from(y) };
    if y.is_infinite() {
        let signed = if y < 0.0 { -top } else { top };
        return if beyond && (y < 0.0) == truth.is_negative() {
            0.0
        } else {
            (signed - truth).scaled_to_f64(-unit).abs()
        };
    }
    if beyond {
        return f64::INFINITY;
    }
    (top - truth).scaled_to_f64(-unit).abs()
}
