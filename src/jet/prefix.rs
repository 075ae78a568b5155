//! The number in which the partials of long jets are evaluated.

use crate::number::Number;
use crate::number::methods::sums_in_pairs;
use crate::number::operation::Operation;
use crate::number::stamp::{implement, inlined, number};

use super::series::{Series, integrate};

/// The first coefficients of a series, of which `length` are known.
///
/// An operation on several knows as many as all of its operands. So a partial tells by its length how far the result is
/// known: a partial that does not need the result is evaluated once, and another once for each coefficient. No
/// operation is evaluated in the same way twice, as it would be if each evaluated itself in shorter series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix<T, const N: usize> {
    terms: [T; N],
    length: usize,
}

impl<T: Number, const N: usize> Prefix<T, N> {
    /// A number that depends on nothing. Any number of coefficients is known.
    #[inline]
    pub(crate) fn constant(x: T) -> Self {
        let mut terms = [T::zero(); N];
        terms[0] = x;
        Self { terms, length: usize::MAX }
    }

    #[inline]
    pub(crate) fn data(self) -> T {
        self.terms[0]
    }

    pub(crate) fn detach(self) -> Self {
        Self::constant(self.data().detach())
    }

    /// At most the first `length` coefficients.
    #[inline]
    fn first(self, length: usize) -> Self {
        Self { length: length.min(self.length), ..self }
    }
}

impl<T: Number, const N: usize> Series<T, N> for Prefix<T, N> {
    #[inline(always)]
    fn with_length(terms: [T; N], length: usize) -> Self {
        Self { terms, length }
    }

    #[inline(always)]
    fn terms(&self) -> &[T; N] {
        &self.terms
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length
    }

    fn apply<const M: usize>(operation: impl Operation<T, M>, x: [Self; M]) -> Self {
        let mut y = Self::constant(operation.value(x.map(|x| x.terms[0])));
        let length = x.iter().map(|x| x.length).min().unwrap_or(usize::MAX);
        let wanted = x.map(|x| x.length < usize::MAX && !x.is_constant(length));
        if !wanted.contains(&true) {
            return y.first(length);
        }
        y.length = 1;
        let terms = x.map(|x| x.terms);
        let arguments = x.map(|x| x.first(length - 1));
        while y.length < length {
            let partials = operation.partials(arguments, y, wanted);
            let known = (0..M).filter(|&m| wanted[m]).map(|m| partials[m].length).min().unwrap_or(length);
            debug_assert!(known >= y.length, "a partial is known as far as its operands are");
            let slopes = partials.map(|p| p.terms);
            let end = known.saturating_add(1).min(length);
            integrate(&mut y.terms, &slopes, &terms, wanted, y.length..end);
            y.length = end;
        }
        y
    }
}

sums_in_pairs! { [T: Number, const N: usize] Prefix<T, N> }
number! {
    applied [T: Number, const N: usize] Prefix<T, N>; [const N: usize] Prefix<f32, N>, Prefix<f64, N>
}
