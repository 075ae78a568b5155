//! Integers that floats compute exactly.

use std::array::from_fn;
use std::cmp::Ordering;
use std::fmt::Debug;

use gradtape::{Scalar, Value};

/// An integer that depends on two more: itself, and its two derivatives by them. Beside each of the three the sum of
/// the magnitudes that it was made of, which says whether floats compute it exactly.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    parts: [i32; 3],
    sizes: [i32; 3],
}

impl Number {
    pub(super) fn new(parts: [i8; 3]) -> Self {
        let parts = parts.map(i32::from);
        Self { parts, sizes: parts.map(i32::abs) }
    }

    pub(super) fn integer(x: i8) -> Self {
        Self::new([x, 0, 0])
    }

    fn zip(self, other: Self, f: impl Fn([i32; 3], [i32; 3]) -> [i32; 3]) -> Self {
        Self { parts: f(self.parts, other.parts), sizes: f(self.sizes, other.sizes) }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| from_fn(|k| a[k].saturating_add(b[k])))
    }

    pub(super) fn times(self, other: Self) -> Self {
        self.zip(other, |a, b| {
            let cross = |k: usize| a[0].saturating_mul(b[k]).saturating_add(a[k].saturating_mul(b[0]));
            [a[0].saturating_mul(b[0]), cross(1), cross(2)]
        })
    }

    pub(super) fn is_zero(self) -> bool {
        self.parts == [0; 3]
    }

    /// Of the plain part, as numbers are compared.
    pub(super) fn cmp(self, other: Self) -> Ordering {
        self.parts[0].cmp(&other.parts[0])
    }

    pub(super) fn is_exact(self) -> bool {
        self.sizes.iter().all(|&size| size < 1 << 20)
    }
}

/// The plain number of a tape.
pub trait TestFloat: Scalar + Debug + Send {
    /// Whether it needs no tape itself.
    const IS_PLAIN: bool;

    fn of(x: Number, inner: &[Value<f64>]) -> Self;

    fn is(self, x: Number, inner: &[Value<f64>]) -> bool;
}

macro_rules! plain {
    ($($T:ident)*) => {
        $(impl TestFloat for $T {
            const IS_PLAIN: bool = true;

            #[allow(clippy::cast_lossless, reason = "f32 is not made of all i32")]
            fn of(x: Number, _: &[Value<f64>]) -> Self {
                x.parts[0] as $T
            }

            fn is(self, x: Number, inner: &[Value<f64>]) -> bool {
                self == Self::of(x, inner)
            }
        })*
    };
}

plain! { f32 f64 }

impl TestFloat for Value<f64> {
    const IS_PLAIN: bool = false;

    fn of(x: Number, inner: &[Value<f64>]) -> Self {
        let slopes = inner.iter().zip(&x.parts[1..]).filter(|(_, slope)| **slope != 0);
        let shift = slopes.clone().fold(Self::default(), |sum, (&v, &slope)| sum + (v - v.data()) * f64::from(slope));
        shift + f64::from(x.parts[0])
    }

    fn is(self, x: Number, inner: &[Value<f64>]) -> bool {
        let slopes = self.backward().wrt_all(inner);
        [self.data(), slopes[0], slopes[1]] == x.parts.map(f64::from)
    }
}
