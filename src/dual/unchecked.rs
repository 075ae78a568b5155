//! The number of the drivers: a [`Dual`](crate::Dual) that does not look where `0 · ∞` makes a NaN.
//!
//! Its numbers are those of `Dual`, and so are its tangents, but where one of them is NaN. A NaN does not get lost on the
//! way to the results: what drops it (`max`, `detach`) goes by the number and drops what `Dual` has there, too. So a driver
//! looks at the results, and if there is a NaN, it computes them once more with `Dual`.

use std::array::from_fn;

use num_traits::ToPrimitive;

use crate::dual::Dual;
use crate::dual::forward;
use crate::methods::methods;
use crate::number::{Plain, Real};
use crate::ops::rules;
use crate::scalar::Scalar;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Unchecked<T, const N: usize = 1> {
    pub(crate) data: T,
    pub(crate) tangents: [T; N],
}

impl<T: Scalar, const N: usize> Unchecked<T, N> {
    #[inline]
    pub(crate) fn constant(data: T) -> Self {
        Self { data, tangents: [T::zero(); N] }
    }

    #[inline]
    pub(crate) fn data(self) -> T {
        self.data
    }

    #[inline(always)]
    pub(crate) fn chain<C>(self, data: T, partial: T, _call: C) -> Self {
        Self { data, tangents: self.tangents.map(|tangent| partial * tangent) }
    }

    #[inline(always)]
    pub(crate) fn operator<C>(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        _call: C,
    ) -> Self {
        let (partial_a, partial_b) = (partial_a(), partial_b());
        Self { data, tangents: from_fn(|k| partial_a * a.tangents[k] + partial_b * b.tangents[k]) }
    }

    forward! {}
}

#[allow(unreachable_pub, reason = "other numbers are public")]
impl<T: Scalar, const N: usize> Unchecked<T, N> {
    crate::operations! { methods "```text" "" "" "" ["" ""] "" }
}

/// A number of forward mode over the plain `T`, for drivers that run with either.
pub(crate) trait Tangents<T, const N: usize>: Real<Plain = T> {
    fn new(data: T, tangents: [T; N]) -> Self;

    fn tangents(self) -> [T; N];
}

impl<T: Plain, const N: usize> Tangents<T, N> for Unchecked<T, N> {
    #[inline]
    fn new(data: T, tangents: [T; N]) -> Self {
        Self { data, tangents }
    }

    #[inline]
    fn tangents(self) -> [T; N] {
        self.tangents
    }
}

impl<T: Plain, const N: usize> Tangents<T, N> for Dual<T, N> {
    #[inline]
    fn new(data: T, tangents: [T; N]) -> Self {
        Self::new(data, tangents)
    }

    #[inline]
    fn tangents(self) -> [T; N] {
        self.tangents()
    }
}
