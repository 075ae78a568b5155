//! The numbers of the drivers of forward mode.

use super::Dual;
use crate::number::{Plain, Real};

/// A [`Dual`] in which `0 · ∞` is NaN, not 0. The driver checks its results for NaN and then computes again.
pub(crate) type Unchecked<T, const N: usize = 1> = Dual<T, N, false>;

/// A forward-mode number over the plain `T`, for drivers that run with a [`Dual`] or an [`Unchecked`].
pub(crate) trait Tangents<T, const N: usize>: Real<Plain = T> {
    fn new(data: T, tangents: [T; N]) -> Self;

    fn tangents(self) -> [T; N];
}

impl<T: Plain, const N: usize, const CHECKED: bool> Tangents<T, N> for Dual<T, N, CHECKED> {
    #[inline]
    fn new(data: T, tangents: [T; N]) -> Self {
        Self { data, tangents }
    }

    #[inline]
    fn tangents(self) -> [T; N] {
        self.tangents
    }
}
