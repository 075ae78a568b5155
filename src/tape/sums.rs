//! Sums, products and scalar products of values: one n-ary node instead of a chain of joins.

use std::iter::{Product, Sum};
use std::mem::MaybeUninit;
use std::slice;

use super::nary::join_all;
use super::value::Value;
use crate::ops::rules::{scaled, total};
use crate::scalar::Scalar;

impl<T: Scalar> Value<T> {
    /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or the values belong to different tapes.
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
        let all_constant = |values: &[Self]| values.iter().all(|value| value.is_constant());
        let (values, factors) = if all_constant(b) {
            (a, b)
        } else if all_constant(a) {
            (b, a)
        } else {
            let operand =
                |k: usize| if k.is_multiple_of(2) { (a[k / 2], b[k / 2].data) } else { (b[k / 2], a[k / 2].data) };
            return join_all("dot", data, 2 * a.len(), operand);
        };
        join_all("dot", data, values.len(), |k| (values[k], factors[k].data))
    }

    #[inline]
    #[track_caller]
    pub(crate) fn weighted<W: Copy>(values: &[Self], weights: &[W], number: impl Fn(W) -> T) -> Self {
        assert_eq!(values.len(), weights.len(), "a weighted sum needs as many weights as values");
        let data = total(values.iter().zip(weights).map(|(value, &weight)| value.data * number(weight)));
        join_all("weighted_sum", data, values.len(), |k| (values[k], number(weights[k])))
    }
}

/// The number of operands that are taken from an iterator at a time. They make one node, which is the first operand of
/// the next node. Operands cannot be recorded one by one, because the iterator itself may record.
pub(crate) const CHUNK: usize = 32;

/// Combines the values with `combine`, a chunk at a time. `identity` is the result of none.
#[inline]
fn fold_in_chunks<T: Scalar>(
    identity: T,
    values: impl Iterator<Item = Value<T>>,
    combine: impl Fn(&[Value<T>]) -> Value<T>,
) -> Value<T> {
    let mut values = values.fuse();
    // Most sums are short, so the chunk is not filled before.
    let (mut chunk, mut len) = ([const { MaybeUninit::<Value<T>>::uninit() }; CHUNK], 0);
    // How many of these are the result of the chunk before.
    let mut combined = 0;
    // `next` and `combine` are called in one place each: they are large.
    loop {
        let value = values.next();
        if let Some(value) = value {
            chunk[len].write(value);
            len += 1;
        }
        if len == CHUNK || value.is_none() && len > combined {
            // SAFETY: the first `len` are written.
            let result = combine(unsafe { slice::from_raw_parts(chunk.as_ptr().cast(), len) });
            chunk[0].write(result);
            (len, combined) = (1, 1);
        }
        if value.is_none() {
            // SAFETY: if there is one, it is written.
            return if len == 0 { Value::constant(identity) } else { unsafe { chunk[0].assume_init() } };
        }
    }
}

impl<T: Scalar> Sum for Value<T> {
    #[inline]
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        // -0 is the identity of addition, and the sum of no floats.
        fold_in_chunks(T::neg_zero(), values, |terms| {
            join_all("sum", total(terms.iter().map(|term| term.data)), terms.len(), |k| (terms[k], T::one()))
        })
    }
}

impl<T: Scalar> Product for Value<T> {
    #[inline]
    #[track_caller]
    fn product<I: Iterator<Item = Self>>(values: I) -> Self {
        fold_in_chunks(T::one(), values, |factors| {
            // The partial by a factor is the product of the factors before it and behind it. This also holds if some
            // are 0, or the product of the others overflows.
            let mut partials = [T::one(); CHUNK];
            for i in (1..factors.len()).rev() {
                partials[i - 1] = scaled(partials[i], factors[i].data);
            }
            let mut before = T::one();
            for (partial, factor) in partials.iter_mut().zip(factors) {
                *partial = scaled(before, *partial);
                before = before * factor.data;
            }
            join_all("product", before, factors.len(), |k| (factors[k], partials[k]))
        })
    }
}
