//! Recording an n-ary node: a node of many operands.

use super::node::{NodeId, Nodes};
use super::records::Record;
use super::registry::{find, last, tape_of};
use super::value::Value;
use super::watch::watch;
use crate::dual::is_tapeless;
use crate::ops::call::Call;
use crate::ops::kind::is_plain;
use crate::ops::rules::scaled;
use crate::scalar::Scalar;

/// Two operands of an n-ary node, each with its partial. If their number is odd, the last one is repeated with the
/// partial 0.
type Pair<T> = [(Value<T>, T); 2];

/// The pairs by their index. In rare cases they are called through a pointer, so that this code is compiled once for each
/// type of numbers.
type Pairs<'a, T> = dyn Fn(usize) -> Pair<T> + 'a;

/// The result `data` of the operation `name` on `count` operands: `operand(k)` is an operand and its partial.
///
/// A function of the index, because adapters of iterators take long to compile, and this is compiled for each operation
/// of each type.
#[inline]
#[track_caller]
pub(crate) fn join_all<T: Scalar>(
    name: &'static str,
    data: T,
    count: usize,
    operand: impl Fn(usize) -> (Value<T>, T),
) -> Value<T> {
    let pair = |k: usize| {
        let first = operand(2 * k);
        let last = if is_plain::<T>() { first.0 } else { Value::constant(T::zero()) };
        [first, if 2 * k + 1 < count { operand(2 * k + 1) } else { (last, T::zero()) }]
    };
    let pairs = count.div_ceil(2);
    match try_record(pairs, &pair) {
        Some(node) => Value::exact(data, node),
        None => join_slowly(name, data, pairs, &pair),
    }
}

/// Records the node, or nothing in a rare case: a constant, operands that all depend on one node, another tape than the
/// last one, a NaN, no room, or arithmetic that may be foreign code.
#[inline(always)]
fn try_record<T: Scalar>(pairs: usize, pair: &impl Fn(usize) -> Pair<T>) -> Option<NodeId> {
    if !is_plain::<T>() || cfg!(feature = "locations") || pairs == 0 {
        return None;
    }
    let [(first, _), _] = pair(0);
    if first.is_constant() {
        return None;
    }
    let (tape, origin, _) = last::<T>([first.node; 2])?;
    let seen = (Nodes::new(first.node, origin), false);
    let record = |(nodes, any_nan): &mut (Nodes, bool), k| {
        let [(a, partial_a), (b, partial_b)] = pair(k);
        let partials = [partial_a * a.slope, partial_b * b.slope];
        *any_nan |= partials[0].is_nan() | partials[1].is_nan();
        Record { nodes: [nodes.see(a.node), nodes.see(b.node)], partials }
    };
    // SAFETY: the tape used last is alive until foreign code runs. There is none, because the numbers are plain.
    unsafe { (*tape).try_push_nary(origin, pairs, seen, record, |(nodes, any_nan)| nodes.are_some() && !any_nan) }
}

/// [`join_all`] in all cases.
#[cold]
#[inline(never)]
#[track_caller]
fn join_slowly<T: Scalar>(name: &'static str, data: T, count: usize, pair: &Pairs<'_, T>) -> Value<T> {
    let Some((first, is_only)) = first_node(count, pair) else {
        return Value::constant(data);
    };
    if cfg!(feature = "locations") {
        // Not `for_active`: the locations of a closure are lines of this file.
        for (value, partial) in (0..count).flat_map(pair).filter(|(value, _)| !value.is_constant()) {
            watch(&[(value.node, partial, value.slope)], None, || Call::new(name, []));
        }
    }
    if is_only {
        let mut slope = T::zero();
        for_active(count, pair, |value, partial| slope = slope + scaled(partial, value.slope));
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
    let record = |k| {
        let [(a, partial_a), (b, partial_b)] = pair(k);
        let product = |value, partial| if is_missing(value) { T::zero() } else { partial * value.slope };
        let partials = [product(a, partial_a), product(b, partial_b)];
        let [(a, a_is_foreign), (b, b_is_foreign)] = [index(a), index(b)];
        let is_nan = partials[0].is_nan() | partials[1].is_nan();
        (Record { nodes: [a, b], partials }, [is_nan, a_is_foreign | b_is_foreign])
    };
    let check = |records: &mut [Record<T>], [any_nan, any_foreign]: [bool; 2]| {
        if any_nan {
            for (k, record) in records.iter_mut().enumerate() {
                let [(a, partial_a), (b, partial_b)] = pair(k);
                let product = |value, partial| if is_missing(value) { T::zero() } else { scaled(partial, value.slope) };
                record.partials = [product(a, partial_a), product(b, partial_b)];
            }
        }
        !any_foreign
    };
    let Some(node) = tape.push_nary(count, record, check) else { panic_foreign(first, count, pair) };
    Value::exact(data, node)
}

/// Panics with the reason why the operands are not of one tape.
#[cold]
#[inline(never)]
#[track_caller]
fn panic_foreign<T: Scalar>(first: NodeId, count: usize, pair: &Pairs<'_, T>) -> ! {
    for k in 0..count {
        for (value, _) in pair(k) {
            if !value.is_constant() {
                find::<T>([first, value.node]);
            }
        }
    }
    unreachable!("the operands are of one tape after all")
}

/// Calls `f` with the operands that are no constants.
fn for_active<T: Scalar>(count: usize, pair: &Pairs<'_, T>, mut f: impl FnMut(Value<T>, T)) {
    for k in 0..count {
        for (value, partial) in pair(k) {
            if !value.is_constant() {
                f(value, partial);
            }
        }
    }
}

/// The node of the first operand that is no constant, and whether all others have the same node.
fn first_node<T: Scalar>(count: usize, pair: &Pairs<'_, T>) -> Option<(NodeId, bool)> {
    let mut first: Option<NodeId> = None;
    for k in 0..count {
        for (value, _) in pair(k) {
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
