//! Operations with many operands: one wide record instead of a chain of joins.

use std::iter::{Product, Sum};

use crate::tape::Wide;
use crate::{Scalar, Value};

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
    pub fn dot(a: &[Self], b: &[Self]) -> Self {
        assert_eq!(a.len(), b.len(), "a scalar product needs as many factors on either side");
        let mut wide = Wide::new();
        let mut sum = None;
        for (&a, &b) in a.iter().zip(b) {
            accumulate(&mut sum, a.data * b.data);
            wide.add(a, b.data);
            wide.add(b, a.data);
        }
        wide.finish(sum.unwrap_or_else(T::zero))
    }

    /// The sum `Σ wᵢ vᵢ` with plain weights, added up from the first product on.
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
    /// let x = tape.vars(&[1.0, 2.0]);
    /// let sum = Value::weighted_sum(&x, &[0.5, 3.0]);
    /// assert_eq!(sum, 6.5);
    /// assert_eq!(sum.backward().wrt_all(&x), [0.5, 3.0]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn weighted_sum(values: &[Self], weights: &[T]) -> Self {
        assert_eq!(values.len(), weights.len(), "a weighted sum needs as many weights as values");
        let mut wide = Wide::new();
        let mut sum = None;
        for (&value, &weight) in values.iter().zip(weights) {
            accumulate(&mut sum, value.data * weight);
            wide.add(value, weight);
        }
        wide.finish(sum.unwrap_or_else(T::zero))
    }
}

#[inline(always)]
fn accumulate<T: Scalar>(sum: &mut Option<T>, term: T) {
    *sum = Some(sum.map_or(term, |sum| sum + term));
}

impl<T: Scalar> Sum for Value<T> {
    #[inline]
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        let mut wide = Wide::new();
        let mut sum = None;
        for value in values {
            accumulate(&mut sum, value.data);
            wide.add(value, T::one());
        }
        // The sum of no floats is -0, the one number that changes nothing when it is added.
        wide.finish(sum.unwrap_or_else(T::neg_zero))
    }
}

impl<T: Scalar> Product for Value<T> {
    #[inline]
    #[track_caller]
    fn product<I: Iterator<Item = Self>>(mut values: I) -> Self {
        const FACTORS: usize = 32;
        let mut factors = [Self::constant(T::one()); FACTORS];
        loop {
            let mut len = 1;
            for value in values.by_ref().take(FACTORS - 1) {
                factors[len] = value;
                len += 1;
            }
            if len == 1 {
                return factors[0];
            }
            factors[0] = product(&factors, len);
        }
    }
}

/// The partial by each factor is the product of those before it and those behind it: right where factors are 0, too.
#[track_caller]
fn product<T: Scalar, const N: usize>(factors: &[Value<T>; N], len: usize) -> Value<T> {
    let mut behind = [T::one(); N];
    for i in (1..len).rev() {
        behind[i - 1] = behind[i] * factors[i].data;
    }
    let mut wide = Wide::new();
    let mut before = T::one();
    for (&factor, &behind) in factors.iter().zip(&behind).take(len) {
        wide.add(factor, before * behind);
        before = before * factor.data;
    }
    wide.finish(before)
}

/// Sums and products of references.
macro_rules! of_references {
    ($($Trait:ident $method:ident),*) => {
        $(impl<'a, T: Scalar> $Trait<&'a Value<T>> for Value<T> {
            #[inline]
            #[track_caller]
            fn $method<I: Iterator<Item = &'a Self>>(values: I) -> Self {
                values.copied().$method()
            }
        })*
    };
}

of_references! { Sum sum, Product product }
