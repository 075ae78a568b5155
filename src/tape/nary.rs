//! Recording an n-ary node: a node of many operands.

use std::mem::MaybeUninit;

use super::memory::Record;
use super::node::NodeId;
use super::registry::{find, tape_of};
use super::value::Value;
use super::watch::watch;
use crate::ops::call::Call;
use crate::ops::kind::is_dependence;
use crate::ops::rules::scaled;
use crate::scalar::Scalar;

/// Two operands of an n-ary node, each with its partial. If their number is odd, a constant is added.
pub(crate) type Pair<T> = [(Value<T>, T); 2];

/// The result `data` of the operation `name` on all `operands`, each with its partial.
#[inline]
#[track_caller]
pub(crate) fn join_all<T: Scalar>(
    name: &'static str,
    data: T,
    mut operands: impl ExactSizeIterator<Item = (Value<T>, T)> + Clone,
) -> Value<T> {
    let count = operands.len().div_ceil(2);
    let pairs = std::iter::from_fn(move || {
        let first = operands.next()?;
        Some([first, operands.next().unwrap_or_else(|| (Value::constant(T::zero()), T::zero()))])
    });
    join_all_pairs(name, data, count, pairs)
}

/// [`join_all`] for `count` pairs of operands.
#[inline]
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "iterators are passed by value")]
pub(crate) fn join_all_pairs<T: Scalar>(
    name: &'static str,
    data: T,
    count: usize,
    pairs: impl Iterator<Item = Pair<T>> + Clone,
) -> Value<T> {
    let active = || pairs.clone().flatten().filter(|(value, _)| !value.is_constant());
    let Some((first, _)) = active().next() else {
        return Value::constant(data);
    };
    if cfg!(feature = "locations") {
        for (value, partial) in active() {
            watch(&[(value.node, partial, value.slope)], None, || Call::new(name, []));
        }
    }
    if active().all(|(value, _)| value.node.same_node(first.node)) {
        let slopes = active().map(|(value, partial)| scaled(partial, value.slope));
        let slope = slopes.fold(T::zero(), |sum, slope| sum + slope);
        return Value { slope, node: first.node.inexact(), ..Value::constant(data) };
    }
    let tape = tape_of::<T>(first.node);
    let origin = tape.first.get();
    // A constant takes part as another operand with the slope 0. A number that remembers its dependences must not remember
    // the partial.
    let index = |value: Value<T>| value.node.index_or(first.node, origin);
    let remembers = is_dependence::<T>();
    let has_none = |value: Value<T>| remembers && value.is_constant();
    let write = |records: &mut [MaybeUninit<Record<T>>]| {
        // Rare cases are handled after the loop, so that the loop has no calls.
        let (mut written, mut foreign, mut nan) = (0, false, false);
        for (record, [(a, partial_a), (b, partial_b)]) in records.iter_mut().zip(pairs.clone()) {
            let product = |value, partial| if has_none(value) { T::zero() } else { partial * value.slope };
            let partials = [product(a, partial_a), product(b, partial_b)];
            nan |= partials[0].is_nan() | partials[1].is_nan();
            let nodes = [a, b].map(index);
            foreign |= nodes[0].1 | nodes[1].1;
            record.write(Record { nodes: [nodes[0].0, nodes[1].0], partials });
            written += 1;
        }
        assert_eq!(written, records.len(), "there are as many pairs as announced");
        if nan {
            for (record, [(a, partial_a), (b, partial_b)]) in records.iter_mut().zip(pairs.clone()) {
                let nodes = [a, b].map(|value| index(value).0);
                let product = |value, partial| if has_none(value) { T::zero() } else { scaled(partial, value.slope) };
                let partials = [product(a, partial_a), product(b, partial_b)];
                record.write(Record { nodes, partials });
            }
        }
        !foreign
    };
    // SAFETY: `write` counts what it writes.
    let Some(node) = (unsafe { tape.push_nary(count, write) }) else {
        panic_foreign::<T>(first.node, active().map(|(value, _)| value.node));
    };
    Value::exact(data, node)
}

/// Panics with the reason why the operands are not of one tape.
#[cold]
#[inline(never)]
#[track_caller]
fn panic_foreign<T: Scalar>(first: NodeId, operands: impl Iterator<Item = NodeId>) -> ! {
    for node in operands {
        find::<T>([first, node]);
    }
    unreachable!("the operands are of one tape after all")
}
