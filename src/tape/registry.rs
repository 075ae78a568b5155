//! The tapes of each thread, where a value finds its own.

use std::any::TypeId;
use std::cell::Cell;
use std::mem::swap;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::memory::Inner;
use super::node::{NodeId, TERRITORIES};
use crate::scalar::Scalar;

const SLOT_COUNT: usize = 32;

/// The tapes of one scalar type on one thread.
struct Slot {
    /// The first node of the head of the list, or none.
    first: Cell<NodeId>,
    /// The head of the list of `Inner<T>`, type-erased.
    head: Cell<*const ()>,
}

thread_local! {
    // Without destructor and with a constant initial value, an access is one address computation.
    static SLOTS: [Slot; SLOT_COUNT] =
        const { [const { Slot { first: Cell::new(NodeId::CONSTANT), head: Cell::new(ptr::null()) } }; SLOT_COUNT] };
}

/// Calls `f` with the lists of this thread.
///
/// Where threads have no variables of their own by the processor, the lists are taken down when the thread ends, and
/// made anew, empty, when one of its last destructors uses a tape. Meanwhile this is `None`. A tape that is in no list
/// is not found by its values.
#[inline(always)]
fn with_slots<R>(f: impl FnOnce(&[Slot; SLOT_COUNT]) -> R) -> Option<R> {
    SLOTS.try_with(f).ok()
}

/// The tape used last, its first node, and the indices of the two nodes, if both belong to this tape. The pointer is
/// valid until foreign code runs.
#[inline(always)]
pub(super) fn last<T: Scalar>(nodes: [NodeId; 2]) -> Option<(*const Inner<T>, NodeId, [u32; 2])> {
    with_slots(|slots| {
        // The slot of a node of a `Value<T>` holds `Inner<T>` only (module invariant). The slot of a constant may hold
        // others, but none of them has an index for a constant.
        let slot = &slots[slot_of_node::<T>(nodes[0])];
        let first = slot.first.get();
        NodeId::indices(nodes, first).map(|indices| (slot.head.get().cast(), first, indices))
    })?
}

/// Whether both nodes belong to the tape used last.
#[inline(always)]
pub(crate) fn is_last<T: Scalar>(nodes: [NodeId; 2]) -> bool {
    last::<T>(nodes).is_some()
}

/// Panics if no tape of this thread has both nodes.
#[track_caller]
pub(crate) fn assert_same_tape<T: Scalar>(nodes: [NodeId; 2]) {
    find::<T>(nodes);
}

/// The tape of this thread that has both nodes, and their indices. Panics if there is none. The tape stays alive even
/// if foreign code drops the `Tape`.
#[inline]
#[track_caller]
pub(super) fn find<T: Scalar>(nodes: [NodeId; 2]) -> (Rc<Inner<T>>, [u32; 2]) {
    // Not `unwrap_or_else`: the panics of a closure name a line of this file.
    let (tape, _, indices) = if let Some(found) = last(nodes) { found } else { bring_to_front(nodes) };
    (hold(tape), indices)
}

/// [`last`], after it has made the tape of both nodes the one used last. Panics if no tape has both.
#[cold]
#[inline(never)]
#[track_caller]
fn bring_to_front<T: Scalar>(nodes: [NodeId; 2]) -> (*const Inner<T>, NodeId, [u32; 2]) {
    for node in nodes {
        let Some(tape) = tape_if_alive::<T>(node) else {
            panic!(
                "a value is used whose tape was cleared or dropped, or lives on another thread; keep the tape alive, \
                 make values anew after `clear`, and use them on the thread that made them"
            )
        };
        unlink(&tape);
        link(&tape);
    }
    let Some(found) = last(nodes) else {
        panic!(
            "values of two different tapes met in one operation; make both with the same tape, or pass one as \
             `Value::constant(x.data())`, or, in a function of a checkpoint, as an input"
        )
    };
    found
}

/// The tape of a node, as [`find`] finds it.
#[inline]
#[track_caller]
pub(crate) fn tape_of<T: Scalar>(node: NodeId) -> Rc<Inner<T>> {
    find::<T>([node; 2]).0
}

/// [`tape_of`] without the panic, and without moving the tape to the front.
pub(super) fn tape_if_alive<T: Scalar>(node: NodeId) -> Option<Rc<Inner<T>>> {
    let has_node = |inner: &Inner<T>| node.index(inner.first.get()).is_some();
    tapes_of::<T>(slot_of_node::<T>(node)).find(|(_, inner, _)| has_node(inner)).map(|(.., inner)| hold(inner))
}

/// Another owner of a tape from the list.
#[inline]
fn hold<T: Scalar>(inner: *const Inner<T>) -> Rc<Inner<T>> {
    // SAFETY: `inner` comes from `Rc::as_ptr`, because `link` puts no other pointer into the list, and the tape is
    // alive (module invariant). The count is raised for the returned `Rc`.
    unsafe {
        Rc::increment_strong_count(inner);
        Rc::from_raw(inner)
    }
}

/// The slot of a scalar type. The first tape of the type takes one.
fn slot_of<T: 'static>() -> usize {
    static TYPES: [OnceLock<TypeId>; SLOT_COUNT] = [const { OnceLock::new() }; SLOT_COUNT];
    let id = TypeId::of::<T>();
    let search = || TYPES.iter().skip(KNOWN_SLOTS).position(|slot| *slot.get_or_init(|| id) == id);
    known_slot::<T>().or_else(|| Some(search()? + KNOWN_SLOTS)).unwrap_or_else(|| {
        panic!(
            "this process has tapes of {} scalar types other than f32 and f64 already; use fewer types of numbers on \
             tapes",
            SLOT_COUNT - KNOWN_SLOTS
        )
    })
}

/// The slot of the scalar type, computed from a node of one of its tapes.
#[inline(always)]
fn slot_of_node<T: 'static>(node: NodeId) -> usize {
    known_slot::<T>().unwrap_or(node.territory() as usize % SLOT_COUNT)
}

/// The number of types whose slot the compiler knows.
const KNOWN_SLOTS: usize = 2;

/// The slot of f64 and f32, which is fixed. It is not computed from a node, so finding the tape need not wait for the
/// join that made the node. This halves the time of a chain of joins.
#[inline(always)]
fn known_slot<T: 'static>() -> Option<usize> {
    let id = TypeId::of::<T>();
    if id == TypeId::of::<f64>() {
        Some(0)
    } else if id == TypeId::of::<f32>() {
        Some(1)
    } else {
        None
    }
}

/// The number of territories allocated for each slot.
static ALLOCATED: [AtomicU32; SLOT_COUNT] = [const { AtomicU32::new(0) }; SLOT_COUNT];
/// The unused rests of the territories of dropped tapes, by their first nodes.
static RELEASED: [Mutex<Vec<NodeId>>; SLOT_COUNT] = [const { Mutex::new(Vec::new()) }; SLOT_COUNT];

/// The released territories of a slot, locked. While they are, no memory is allocated or freed: the allocator is
/// foreign code, and may make or drop a tape.
fn released(slot: usize) -> MutexGuard<'static, Vec<NodeId>> {
    RELEASED[slot].lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first node of a new tape, in a territory that no other tape has.
///
/// If the compiler knows the slot of the type, the territory may have any number; otherwise its number determines the
/// slot.
#[track_caller]
pub(super) fn first_node<T: Scalar>() -> NodeId {
    let slot = slot_of::<T>();
    if let Some(first) = released(slot).pop() {
        return first;
    }
    let step = if known_slot::<T>().is_some() { 1 } else { SLOT_COUNT };
    let territory = |allocated: u32| (allocated as usize + 1) * step + slot % step;
    let take = |allocated: u32| (territory(allocated) < TERRITORIES as usize - 1).then_some(allocated + 1);
    let allocated = ALLOCATED[slot].fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
    let Ok(allocated) = allocated else {
        panic!("this process has numbered more nodes of one scalar type than there are numbers; start it anew")
    };
    #[allow(clippy::cast_possible_truncation, reason = "it is below `TERRITORIES`")]
    NodeId::first_of(territory(allocated) as u32)
}

/// Releases the unused rest of the territory of a dropped tape. Without memory, nobody gets it.
pub(super) fn release_territory<T: Scalar>(first: NodeId) {
    let slot = slot_of_node::<T>(first);
    // It gets the memory for a longer list, and then that of the shorter one, which is freed after the lock.
    let mut spare = Vec::new();
    loop {
        let mut list = released(slot);
        let len = list.len();
        if len < list.capacity() {
            list.push(first);
            return;
        }
        if len < spare.capacity() {
            spare.append(&mut *list);
            swap(&mut spare, &mut *list);
            list.push(first);
            return;
        }
        drop(list);
        // Another thread, or the allocator, may lengthen the list meanwhile.
        if spare.try_reserve_exact(2 * len + 4).is_err() {
            return;
        }
    }
}

/// Puts a tape that is in no list at the front of its list.
pub(super) fn link<T: Scalar>(tape: &Rc<Inner<T>>) {
    with_slots(|slots| {
        let slot = &slots[slot_of_node::<T>(tape.first.get())];
        tape.next.set(slot.head.get().cast());
        slot.head.set(Rc::as_ptr(tape).cast());
        slot.first.set(tape.first.get());
    });
}

/// Takes a tape out of its list, if it is in one.
pub(super) fn unlink<T: Scalar>(tape: &Rc<Inner<T>>) {
    let (inner, next) = (Rc::as_ptr(tape), tape.next.get());
    let slot = slot_of_node::<T>(tape.first.get());
    let Some((previous, ..)) = tapes_of::<T>(slot).find(|&(_, _, pointer)| ptr::eq(pointer, inner)) else { return };
    let Some(previous) = previous else {
        with_slots(|slots| slots[slot].head.set(next.cast()));
        let first = tapes_of::<T>(slot).next().map_or(NodeId::CONSTANT, |(_, head, _)| head.first.get());
        with_slots(|slots| slots[slot].first.set(first));
        return;
    };
    previous.next.set(next);
}

/// The tapes of a slot on this thread, each with its predecessor and the pointer of its `Rc`. A pointer made from the
/// reference must not replace the latter: it may not access the counts. No foreign code may run during the iteration.
fn tapes_of<'a, T: Scalar>(slot: usize) -> impl Iterator<Item = (Option<&'a Inner<T>>, &'a Inner<T>, *const Inner<T>)> {
    let mut previous = None;
    let mut next: *const Inner<T> = with_slots(|slots| slots[slot].head.get().cast()).unwrap_or(ptr::null());
    std::iter::from_fn(move || {
        let pointer = next;
        // SAFETY: the list holds live tapes of this slot's type only (module invariant).
        let inner = unsafe { pointer.as_ref() }?;
        next = inner.next.get();
        Some((previous.replace(inner), inner, pointer))
    })
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::tape::node::MAX_NODES;
    use crate::tape::{Tape, Value};

    /// The unique number of a variable.
    fn number<T: Scalar>(v: Value<T>) -> (u32, u64) {
        (v.node.territory(), v.node.offset())
    }

    /// Leaves the tape as if `count` nodes had been recorded and cleared.
    fn skip<T: Scalar>(tape: &Tape<T>, count: usize) {
        let first = tape.inner.first.get().skip(count).unwrap();
        unlink(&tape.inner);
        tape.inner.first.set(first);
        link(&tape.inner);
    }

    fn panics(f: impl FnOnce()) -> bool {
        catch_unwind(AssertUnwindSafe(f)).is_err()
    }

    /// As at the end of a thread where its variables are taken down before those of the user.
    fn take_lists_down() {
        SLOTS.with(|slots| {
            for slot in slots {
                slot.head.set(ptr::null());
                slot.first.set(NodeId::CONSTANT);
            }
        });
    }

    #[test]
    fn tapes_that_outlive_the_lists_of_their_thread_are_dropped_and_cleared_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut tapes = [0, 1, 2].map(|_| Some(Tape::<f64>::new()));
            let old = tapes.each_ref().map(|tape| tape.as_ref().unwrap().var(3.0));
            let nested = Tape::new();
            let inner = nested.var(old[0]);
            take_lists_down();
            assert!(panics(|| _ = old[0] * old[0].sin().retain()) && panics(|| _ = inner.backward()));
            let new = Tape::new();
            for k in order {
                let tape = tapes[k].take().unwrap();
                assert!(panics(|| _ = old[k].backward()));
                if k > 0 {
                    tape.clear();
                    let x = tape.var(5.0);
                    assert_eq!((x * tape.var(2.0)).backward().wrt(x), 2.0);
                }
                drop(tape);
                let x = new.var(5.0);
                assert_eq!((x * new.var(4.0)).backward().wrt(x), 4.0);
            }
        }
    }

    #[test]
    fn no_number_is_given_twice() {
        let (sender, receiver) = mpsc::channel();
        let work = move |seed: usize| {
            let mut tapes: Vec<Tape<f64>> = Vec::new();
            for i in 0..3000 {
                match (i * seed + i / 7) % 5 {
                    0 => tapes.push(Tape::new()),
                    1 if !tapes.is_empty() => drop(tapes.swap_remove(i % tapes.len())),
                    2 => tapes.iter().for_each(Tape::clear),
                    _ => tapes.iter().for_each(|tape| sender.send(number(tape.var(0.0))).unwrap()),
                }
                tapes.truncate(9);
            }
        };
        for seed in 1..5 {
            let work = work.clone();
            thread::spawn(move || work(seed));
        }
        drop(work);
        let mut numbers: Vec<_> = receiver.into_iter().collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert!(count > 10_000 && numbers.len() == count, "{count} numbers, {} different", numbers.len());
    }

    #[test]
    fn misuse_is_refused_after_more_clears_than_32_bits_count() {
        let (tape, other) = (Tape::new(), Tape::new());
        let (stale, foreign) = (tape.var(1.0), other.var(2.0));
        let (gradients, square) = ((stale * stale).backward(), stale * stale);
        let refused = |x: Value<f64>| {
            for old in [stale, square, foreign, foreign * 2.0] {
                assert!(panics(|| _ = x * old) && panics(|| _ = old + x) && panics(|| _ = x.max(old)));
                assert!(panics(|| _ = [x, old].iter().sum::<Value<f64>>()));
                assert!(panics(|| _ = tape.custom(0.0, &[(old, 1.0)])) && panics(|| _ = x.backward().wrt(old)));
            }
            assert!(panics(|| _ = stale.backward()) && panics(|| _ = square.retain()));
            assert!(panics(|| _ = gradients.wrt(x)));
            assert_eq!((gradients.wrt(stale), (x * x).backward().wrt(x)), (2.0, 2.0 * x.data()));
        };
        // Each clear uses up a number, and the first 2^32 stay in the first territory.
        tape.clear();
        refused(tape.var(3.0));
        for _ in 0..4 {
            let first = tape.inner.first.get();
            skip(&tape, MAX_NODES - usize::try_from(first.offset()).unwrap());
            refused(tape.var(4.0));
            tape.clear();
            refused(tape.var(5.0));
            tape.clear();
            assert_ne!(tape.inner.first.get().territory(), first.territory());
        }
    }

    #[test]
    fn when_the_numbers_are_used_up_the_next_tape_panics() {
        type Rare = Value<Value<f32>>;
        let first = Tape::<Rare>::new();
        let slot = slot_of::<Rare>();
        ALLOCATED[slot].store(TERRITORIES / 32 - 2, Ordering::Relaxed);
        let last: Tape<Rare> = Tape::new();
        assert_eq!(last.inner.first.get().territory() as usize, (TERRITORIES as usize / 32 - 1) * 32 + slot);
        for _ in 0..2 {
            assert!(panics(|| _ = Tape::<Rare>::new()));
        }
        let nested = |x: f32| Value::constant(Value::constant(x));
        // A tape that has used up its territory finds no other one either, and stays as it was.
        skip(&last, MAX_NODES);
        let full = last.vars(&[nested(2.0); 2]);
        let product = full[0] * full[1];
        assert!(panics(|| last.clear()));
        assert_eq!((product.backward().wrt(full[0]), last.len()), (nested(2.0), 3));
        let x = last.var(nested(3.0));
        assert_eq!((x * x).backward().wrt(x), nested(6.0));
        drop((last, first));
        let again = Tape::<Rare>::new();
        assert!(panics(|| _ = x.backward()) && panics(|| _ = x * again.var(x.data())));
        assert!(panics(|| _ = Tape::<Rare>::new()));
    }
}
