//! Nodes of many operands.

use std::mem::MaybeUninit;
use std::ptr;

use super::inner::Record;
use super::slots::{find, mismatch};
use crate::node::Node;
use crate::ops::rules::scaled;
use crate::{Scalar, Value};

/// Two operands of a node of many, each with its partial. A constant fills up an odd number.
pub(crate) type Pair<T> = [(Value<T>, T); 2];

/// Operands two by two.
#[inline]
pub(crate) fn pairs<T: Scalar>(
    operands: impl Iterator<Item = (Value<T>, T)> + Clone,
) -> impl Iterator<Item = Pair<T>> + Clone {
    let mut operands = operands;
    std::iter::from_fn(move || {
        let first = operands.next()?;
        Some([first, operands.next().unwrap_or_else(|| (Value::constant(T::zero()), T::zero()))])
    })
}

/// A value of the number `data` that changes as its operands do, each times its partial.
#[inline]
#[track_caller]
pub(crate) fn wide<T: Scalar>(data: T, pairs: impl Iterator<Item = Pair<T>> + Clone) -> Value<T> {
    let active = || pairs.clone().flatten().filter(|(value, _)| !value.is_constant());
    let Some((first, _)) = active().next() else {
        return Value::constant(data);
    };
    if active().all(|(value, _)| value.node.is(first.node)) {
        let slopes = active().map(|(value, partial)| scaled(partial, value.slope));
        let slope = slopes.fold(T::zero(), |sum, slope| sum + slope);
        return Value { data, slope, node: first.node.derived() };
    }
    let is_foreign = |node: Node| !node.is_constant() & !node.is_beside(first.node);
    // Foreign arithmetic makes the records, so they reach the tape a chunk at a time.
    let mut chunk = [const { MaybeUninit::uninit() }; 16];
    let (mut rest, mut node) = (pairs, None);
    loop {
        let here = rest.clone();
        // What is rare is looked at once a chunk, so that the loop stays free of calls.
        let (mut len, mut foreign, mut nan) = (0, false, false);
        for (record, [(a, partial_a), (b, partial_b)]) in chunk.iter_mut().zip(&mut rest) {
            let partials = [partial_a * a.slope, partial_b * b.slope];
            nan |= partials[0].is_nan() | partials[1].is_nan();
            foreign |= is_foreign(a.node) | is_foreign(b.node);
            // A constant hangs on node 0 with slope 0.
            record.write(Record { nodes: [a.node.index(), b.node.index()], partials });
            len += 1;
        }
        if foreign {
            let other = here.flatten().map(|(value, _)| value.node).find(|&node| is_foreign(node));
            mismatch::<T>(first.node, other.unwrap_or(first.node));
        }
        // SAFETY: the first `len` records of the chunk were just written, and `MaybeUninit` has their layout.
        let new = unsafe { &mut *(ptr::from_mut(&mut chunk[..len]) as *mut [Record<T>]) };
        if nan {
            for (record, [(a, partial_a), (b, partial_b)]) in new.iter_mut().zip(here) {
                record.partials = [scaled(partial_a, a.slope), scaled(partial_b, b.slope)];
            }
        }
        // SAFETY: nothing in `extend` calls foreign code.
        let (own, records) = unsafe { &*find::<T>(first.node) }.extend(new, node);
        if len < chunk.len() {
            return Value::own(data, own);
        }
        node = Some(records);
    }
}
