//! Recording an n-ary node: a node of many operands.

use super::node::NodeId;
use super::records::Record;
use super::registry::{find, tape_of};
use super::value::Value;
use super::watch::watch;
use crate::dual::is_tapeless;
use crate::ops::call::Call;
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
    let Some((first, is_only)) = first_node(pairs.clone()) else {
        return Value::constant(data);
    };
    if cfg!(feature = "locations") {
        // Not `for_active`: the locations of a closure are lines of this file.
        for (value, partial) in pairs.clone().flatten().filter(|(value, _)| !value.is_constant()) {
            watch(&[(value.node, partial, value.slope)], None, || Call::new(name, []));
        }
    }
    if is_only {
        let mut slope = T::zero();
        for_active(pairs, |value, partial| slope = slope + scaled(partial, value.slope));
        return Value { slope, node: first.inexact(), ..Value::constant(data) };
    }
    let tape = tape_of::<T>(first);
    let origin = tape.first.get();
    // A constant takes part with the slope 0, or is left out if it may mix inner tapes.
    let is_missing = |value: Value<T>| !is_tapeless::<T>() && value.is_constant();
    let index = |value: Value<T>| {
        if is_missing(value) { (Record::<T>::no_operand(0), false) } else { value.node.index_or(first, origin) }
    };
    // Rare cases are handled after the loop, so that the loop has no calls.
    let records = pairs.clone().map(|[(a, partial_a), (b, partial_b)]| {
        let product = |value, partial| if is_missing(value) { T::zero() } else { partial * value.slope };
        let partials = [product(a, partial_a), product(b, partial_b)];
        let [(a, a_is_foreign), (b, b_is_foreign)] = [index(a), index(b)];
        let is_nan = partials[0].is_nan() | partials[1].is_nan();
        (Record { nodes: [a, b], partials }, [is_nan, a_is_foreign | b_is_foreign])
    });
    let check = |records: &mut [Record<T>], [any_nan, any_foreign]: [bool; 2]| {
        if any_nan {
            for (record, [(a, partial_a), (b, partial_b)]) in records.iter_mut().zip(pairs.clone()) {
                let product = |value, partial| if is_missing(value) { T::zero() } else { scaled(partial, value.slope) };
                record.partials = [product(a, partial_a), product(b, partial_b)];
            }
        }
        !any_foreign
    };
    let Some(node) = tape.push_nary(count, records, check) else { panic_foreign(first, pairs) };
    Value::exact(data, node)
}

/// Panics with the reason why the operands are not of one tape.
#[cold]
#[inline(never)]
#[track_caller]
fn panic_foreign<T: Scalar>(first: NodeId, pairs: impl Iterator<Item = Pair<T>>) -> ! {
    for [(a, _), (b, _)] in pairs {
        for value in [a, b] {
            if !value.is_constant() {
                find::<T>([first, value.node]);
            }
        }
    }
    unreachable!("the operands are of one tape after all")
}

/// Calls `f` with the operands that are no constants. A loop, because adapters of iterators take long to compile, and this
/// is compiled for each operation of each type.
#[inline]
fn for_active<T: Scalar>(pairs: impl Iterator<Item = Pair<T>>, mut f: impl FnMut(Value<T>, T)) {
    for [(a, partial_a), (b, partial_b)] in pairs {
        if !a.is_constant() {
            f(a, partial_a);
        }
        if !b.is_constant() {
            f(b, partial_b);
        }
    }
}

/// The node of the first operand that is no constant, and whether all others have the same node.
#[inline]
fn first_node<T: Scalar>(pairs: impl Iterator<Item = Pair<T>>) -> Option<(NodeId, bool)> {
    let mut first: Option<NodeId> = None;
    for [(a, _), (b, _)] in pairs {
        for value in [a, b] {
            if !value.is_constant() {
                if first.is_some_and(|first| !first.same_node(value.node)) {
                    return first.map(|first| (first, false));
                }
                first = first.or(Some(value.node));
            }
        }
    }
    first.map(|first| (first, true))
}
