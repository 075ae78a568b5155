//! How a value finds its tape.

use std::any::TypeId;
use std::cell::Cell;
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::inner::{Inner, number};
use crate::Scalar;
use crate::node::{Node, SLOT_BITS, SLOT_COUNT};

/// A tape id has 31 bits.
const EPOCH_COUNT: u32 = 1 << (31 - SLOT_BITS);

/// Where recording finds the tape of one scalar type.
struct Slot {
    /// The first node of the head of the list, or none.
    origin: Cell<Node>,
    /// The head of the list of `Inner<T>`, type-erased.
    head: Cell<*const ()>,
}

thread_local! {
    // No destructor and a constant initial value: an access is one address computation.
    static SLOTS: [Slot; SLOT_COUNT] =
        const { [const { Slot { origin: Cell::new(Node::CONSTANT), head: Cell::new(ptr::null()) } }; SLOT_COUNT] };
}

/// The tape of a node if it is the one used last, alive and unmoved until foreign code runs.
#[inline(always)]
pub(super) fn find_first<T: Scalar>(node: Node) -> Option<(Node, *const Inner<T>)> {
    SLOTS.with(|slots| {
        // The slot named by a node of a `Value<T>` holds `Inner<T>` only (module invariant).
        let slot = &slots[known_slot::<T>().unwrap_or(node.slot())];
        let origin = slot.origin.get();
        node.is_beside(origin).then(|| (origin, slot.head.get().cast()))
    })
}

/// [`find_first`], among all tapes of this thread. Panics if the tape is not there.
#[track_caller]
pub(super) fn find<T: Scalar>(node: Node) -> *const Inner<T> {
    match find_first(node) {
        Some((_, inner)) => inner,
        None => bring_to_front(node),
    }
}

/// [`find`], kept alive even if foreign code drops the tape.
#[track_caller]
pub(super) fn hold<T: Scalar>(node: Node) -> Rc<Inner<T>> {
    let inner = find::<T>(node);
    // SAFETY: `inner` comes from `Rc::as_ptr` and is alive; the count is raised for the new owner.
    unsafe {
        Rc::increment_strong_count(inner);
        Rc::from_raw(inner)
    }
}

/// The slot of a scalar type, given to it when its first tape is made.
fn slot_of<T: 'static>() -> usize {
    static TYPES: [OnceLock<TypeId>; SLOT_COUNT] = [const { OnceLock::new() }; SLOT_COUNT];
    let id = TypeId::of::<T>();
    let search = || TYPES.iter().skip(KNOWN_SLOTS).position(|slot| *slot.get_or_init(|| id) == id);
    known_slot::<T>().or_else(|| Some(search()? + KNOWN_SLOTS)).unwrap_or_else(|| {
        panic!("this process has tapes of {SLOT_COUNT} scalar types already; use fewer types of numbers on tapes")
    })
}

/// How many types have a slot that the compiler knows.
const KNOWN_SLOTS: usize = 2;

/// The slot of a type that has one from the start. Where it is not looked up in a node, finding the tape need not wait
/// for the join that made the node, which halves the time of a chain of joins.
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

/// The first node of a new tape. Its id was never given before, until 2^26 tapes and clears of the scalar type have
/// gone by, and never to a tape that is alive on this thread.
pub(super) fn fresh_origin<T: Scalar>() -> Node {
    static EPOCHS: [AtomicU32; SLOT_COUNT] = [const { AtomicU32::new(1) }; SLOT_COUNT];
    let slot = slot_of::<T>();
    loop {
        // From the end of its range the counter goes back to the second round, in which the list is asked.
        let next = |count: u32| Some(count.checked_add(1).unwrap_or(EPOCH_COUNT));
        let (Ok(count) | Err(count)) = EPOCHS[slot].fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let epoch = count % EPOCH_COUNT;
        let origin = Node::own(epoch << SLOT_BITS | number(slot), 0);
        let is_taken = || walk::<T>(slot).any(|(_, inner, _)| inner.origin.get() == origin);
        if epoch != 0 && (count < EPOCH_COUNT || !is_taken()) {
            return origin;
        }
    }
}

/// Puts a tape, which is in no list, at the front of its list.
pub(super) fn enter<T: Scalar>(inner: *const Inner<T>) {
    // SAFETY: the caller owns the tape, or took it from the list.
    let tape = unsafe { &*inner };
    SLOTS.with(|slots| {
        let slot = &slots[tape.origin.get().slot()];
        tape.next.set(slot.head.get().cast());
        slot.head.set(inner.cast());
        slot.origin.set(tape.origin.get());
    });
}

/// Takes a tape out of its list. Found by its address: ids may come round again.
pub(super) fn leave<T: Scalar>(inner: *const Inner<T>) {
    // SAFETY: the caller owns the tape, or found it in the list.
    let tape = unsafe { &*inner };
    let slot = tape.origin.get().slot();
    let next = tape.next.get();
    match walk::<T>(slot).find(|&(_, _, here)| ptr::eq(here, inner)) {
        Some((Some(previous), ..)) => previous.next.set(next),
        _ => SLOTS.with(|slots| {
            slots[slot].head.set(next.cast());
            // SAFETY: `next` is in the list, or null.
            slots[slot].origin.set(unsafe { next.as_ref() }.map_or(Node::CONSTANT, |next| next.origin.get()));
        }),
    }
}

/// The tapes of a slot on this thread, each with the one before it and the pointer of its `Rc`, which must not be
/// made anew from the reference: that one knows nothing of the counts. No foreign code may run during the walk.
fn walk<'a, T: Scalar>(slot: usize) -> impl Iterator<Item = (Option<&'a Inner<T>>, &'a Inner<T>, *const Inner<T>)> {
    let mut previous = None;
    let mut next: *const Inner<T> = SLOTS.with(|slots| slots[slot].head.get().cast());
    std::iter::from_fn(move || {
        let here = next;
        // SAFETY: the list holds live tapes of this slot's type only (module invariant).
        let inner = unsafe { here.as_ref() }?;
        next = inner.next.get();
        Some((previous.replace(inner), inner, here))
    })
}

#[cold]
#[inline(never)]
#[track_caller]
fn bring_to_front<T: Scalar>(node: Node) -> *const Inner<T> {
    let Some((_, _, inner)) = walk::<T>(node.slot()).find(|(_, inner, _)| node.is_beside(inner.origin.get())) else {
        panic!(
            "a value is used whose tape was cleared or dropped, or lives on another thread; keep the tape alive, make \
             values anew after `clear`, and use them on the thread that made them"
        )
    };
    leave(inner);
    enter(inner);
    inner
}

/// Values of two tapes met.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn mismatch<T: Scalar>(a: Node, b: Node) -> ! {
    // A value of no living tape gets the message that says so.
    find::<T>(a);
    find::<T>(b);
    panic!(
        "values of two different tapes met in one operation; make both with the same tape, or pass one as \
         `Value::constant(x.data())`"
    )
}
