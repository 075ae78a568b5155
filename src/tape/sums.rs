//! Sums, products and scalar products of values: one wide record instead of a chain of joins.

use std::iter::{Product, Sum};

use super::many::{many, many_pairs};
use super::value::Value;
use crate::ops::rules::{scaled, total};
use crate::scalar::Scalar;

impl<T: Scalar> Value<T> {
    /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or values of different tapes meet.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Tape, Value};
    ///
    /// let tape = Tape::new();
    /// let (a, b) = (tape.vars(&[1.0, 2.0]), tape.vars(&[3.0, 4.0]));
    /// let product = Value::dot(&a, &b);
    /// assert_eq!(product, 11.0);
    /// assert_eq!(product.backward().wrt_all(&b), [1.0, 2.0]);
    /// ```
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn dot(a: &[Self], b: &[Self]) -> Self {
        assert_eq!(a.len(), b.len(), "a scalar product needs as many factors on either side");
        let data = total(a.iter().zip(b).map(|(a, b)| a.data * b.data));
        let is_plain = |values: &[Self]| values.iter().all(|value| value.is_constant());
        let (values, factors) = if is_plain(b) {
            (a, b)
        } else if is_plain(a) {
            (b, a)
        } else {
            let pairs = a.iter().zip(b).map(|(&a, &b)| [(a, b.data), (b, a.data)]);
            return many_pairs("dot", data, a.len(), pairs);
        };
        many("dot", data, values.iter().zip(factors).map(|(&value, factor)| (value, factor.data)))
    }

    #[inline]
    #[track_caller]
    pub(crate) fn weighted(values: &[Self], weights: impl ExactSizeIterator<Item = T> + Clone) -> Self {
        assert_eq!(values.len(), weights.len(), "a weighted sum needs as many weights as values");
        let data = total(values.iter().zip(weights.clone()).map(|(value, weight)| value.data * weight));
        many("weighted_sum", data, values.iter().copied().zip(weights))
    }
}

/// How many operands an iterator hands over at a time. The tape takes them as one node, which is the first operand of
/// the next: they cannot be written as they come, because making the next may record, too.
pub(crate) const CHUNK: usize = 32;

/// Combines the values from `identity` on with `combine`, a chunk at a time.
#[inline]
fn in_chunks<T: Scalar>(
    identity: T,
    values: impl Iterator<Item = Value<T>>,
    combine: impl Fn(&[Value<T>]) -> Value<T>,
) -> Value<T> {
    let mut chunk = [Value::constant(identity); CHUNK];
    let mut values = values.fuse();
    loop {
        let mut len = 1;
        for value in values.by_ref().take(CHUNK - 1) {
            chunk[len] = value;
            len += 1;
        }
        if len == 1 {
            return chunk[0];
        }
        chunk[0] = combine(&chunk[..len]);
    }
}

impl<T: Scalar> Sum for Value<T> {
    #[inline]
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        // -0 is what changes nothing when it is added, and the sum of no floats.
        in_chunks(T::neg_zero(), values, |terms| {
            many("sum", total(terms.iter().map(|term| term.data)), terms.iter().map(|&term| (term, T::one())))
        })
    }
}

impl<T: Scalar> Product for Value<T> {
    #[inline]
    #[track_caller]
    fn product<I: Iterator<Item = Self>>(values: I) -> Self {
        in_chunks(T::one(), values, |factors| {
            // The partial by a factor is the product of those before it and those behind it, also where some are 0,
            // and even if the others overflow.
            let mut partials = [T::one(); CHUNK];
            for i in (1..factors.len()).rev() {
                partials[i - 1] = scaled(partials[i], factors[i].data);
            }
            let mut before = T::one();
            for (partial, factor) in partials.iter_mut().zip(factors) {
                *partial = scaled(before, *partial);
                before = before * factor.data;
            }
            many("product", before, factors.iter().copied().zip(partials))
        })
    }
}
