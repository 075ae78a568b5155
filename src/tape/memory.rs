//! The memory of a tape.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;

#[cfg(feature = "locations")]
use super::locations::Locations;
use super::node::{MAX_NODES, NodeId};
use super::prefetch::prefetch;
use crate::scalar::Scalar;

const FIRST_CAPACITY: usize = 256;
/// The distance of the prefetch, for tapes that do not fit the cache.
const RECORDS_AHEAD: usize = 96;
/// The length of a tape while its records are borrowed: no record can be added.
const BORROWED: usize = usize::MAX;

/// One node: its derivative by `nodes[k]` is `partials[k]`.
#[derive(Copy, Debug)]
pub(crate) struct Record<T> {
    pub(crate) nodes: [u32; 2],
    pub(crate) partials: [T; 2],
}

#[allow(clippy::expl_impl_clone_on_copy, reason = "a derived `clone` would call that of `T`, which is foreign code")]
impl<T: Copy> Clone for Record<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

/// All that a tape has recorded.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a, T> {
    #[cfg(feature = "locations")]
    pub(crate) locations: &'a Locations,
    pub(crate) first: NodeId,
    /// The number of variables at the start of the tape. They have no records.
    pub(crate) variables: usize,
    /// The records of the nodes behind them, in order.
    pub(crate) all: &'a [Record<T>],
    /// The n-ary nodes, each a run of records. Its last record has the index of the node.
    pub(crate) nary: &'a [Range<usize>],
    /// The checkpoints, in the order of their nodes.
    pub(crate) checkpoints: &'a [Box<dyn Checkpoint<T>>],
}

/// A part of a computation that runs again when a sweep needs its records.
pub(crate) trait Checkpoint<T> {
    /// The records of its outputs. They have no operands.
    fn records(&self) -> Range<usize>;

    /// Adds the contributions of the outputs to the adjoints of the inputs, which are among those of `earlier` nodes.
    fn sweep(&self, records: Records<'_, T>, output_adjoints: &[T], earlier: &mut [T], workspace: &mut Workspace);

    /// Its memory in bytes, without the heap of its function.
    fn bytes(&self) -> usize;
}

/// Memory that a sweep keeps from one checkpoint to the next.
pub(crate) type Workspace = Option<Box<dyn Any>>;

/// The data of a [`Tape`](super::Tape).
pub(crate) struct Inner<T> {
    /// The number of records, or [`BORROWED`].
    len: Cell<usize>,
    /// The number of records that the memory has room for.
    capacity: Cell<usize>,
    /// While the records are borrowed, only the borrower accesses it.
    memory: UnsafeCell<Memory<T>>,
    variables: Cell<usize>,
    /// The first node, that of the first variable.
    pub(crate) first: Cell<NodeId>,
    #[cfg(feature = "locations")]
    pub(crate) locations: Locations,
    /// The next tape of the same scalar type on this thread.
    pub(super) next: Cell<*const Inner<T>>,
}

struct Memory<T> {
    /// Its length is its capacity; the first `len` records are written.
    all: Vec<MaybeUninit<Record<T>>>,
    nary: Vec<Range<usize>>,
    checkpoints: Vec<Box<dyn Checkpoint<T>>>,
}

impl<T: Scalar> Inner<T> {
    pub(super) fn new(first: NodeId) -> Self {
        Self {
            len: Cell::new(0),
            capacity: Cell::new(0),
            memory: UnsafeCell::new(Memory { all: Vec::new(), nary: Vec::new(), checkpoints: Vec::new() }),
            variables: Cell::new(0),
            first: Cell::new(first),
            #[cfg(feature = "locations")]
            locations: Locations::default(),
            next: Cell::new(ptr::null()),
        }
    }

    /// Appends a record and returns its node, if there is room and the records are not borrowed.
    #[inline(always)]
    #[track_caller]
    pub(super) fn try_push(&self, first: NodeId, record: Record<T>) -> Option<NodeId> {
        let len = self.len.get();
        if len >= self.capacity.get() {
            return None;
        }
        // SAFETY: the records are not borrowed, because `BORROWED` is not below any capacity. So this is the only
        // reference to the memory. It has room for one more record.
        let end = unsafe { (*self.memory.get()).all.as_mut_ptr().add(len) };
        prefetch(end.wrapping_add(RECORDS_AHEAD));
        // SAFETY: as above.
        unsafe { end.write(MaybeUninit::new(record)) };
        self.len.set(len + 1);
        #[cfg(feature = "locations")]
        self.locations.push(1);
        Some(first.exact(self.variables.get() + len))
    }

    /// Makes room and appends a record; returns its node.
    #[track_caller]
    pub(super) fn push(&self, record: Record<T>) -> NodeId {
        self.grow(1);
        self.try_push(self.first.get(), record).expect("a tape that grew has room")
    }

    /// Appends variables and returns the number of nodes before them.
    #[inline]
    #[track_caller]
    pub(crate) fn push_variables(&self, count: usize) -> usize {
        let zero = T::zero();
        let (len, variables) = (self.len(), self.variables.get());
        if len == 0 {
            assert_room(count, MAX_NODES - variables - self.capacity.get());
            self.variables.set(variables + count);
            #[cfg(feature = "locations")]
            self.locations.push(count);
        } else {
            // A variable behind other nodes has a record without operands.
            self.push_blanks(count, zero);
        }
        variables + len
    }

    /// Appends nodes without operands.
    #[track_caller]
    fn push_blanks(&self, count: usize, zero: T) {
        self.grow(count);
        for _ in 0..count {
            self.push(Record { nodes: [0; 2], partials: [zero; 2] });
        }
    }

    /// Appends a checkpoint and the nodes of its outputs.
    #[track_caller]
    pub(crate) fn push_checkpoint(&self, checkpoint: Box<dyn Checkpoint<T>>, zero: T) {
        let (start, count) = (self.len(), checkpoint.records().len());
        assert_eq!(start, checkpoint.records().start, "the nodes of a checkpoint are the next");
        self.grow(count);
        // SAFETY: the records are not borrowed, and an allocation calls no foreign code. The reference ends before the
        // assertion, whose panic hook may call foreign code.
        let reserved = unsafe { (*self.memory.get()).checkpoints.try_reserve(1) };
        assert!(reserved.is_ok(), "the tape cannot get memory for another checkpoint; clear it more often");
        self.push_blanks(count, zero);
        // SAFETY: as above. There is room, so nothing is dropped.
        unsafe { (*self.memory.get()).checkpoints.push(checkpoint) };
    }

    /// Appends the `count` records of an n-ary node and returns the node, or `None` if `write` returns `false`.
    ///
    /// `write` may call foreign code.
    ///
    /// # Safety
    ///
    /// If `write` returns `true`, it must have written all records.
    #[inline]
    #[track_caller]
    pub(super) unsafe fn push_nary(
        &self,
        count: usize,
        write: impl FnOnce(&mut [MaybeUninit<Record<T>>]) -> bool,
    ) -> Option<NodeId> {
        self.grow(count);
        let mut borrow = self.borrow();
        let (start, end) = (borrow.len, borrow.len + count);
        // SAFETY: the records are borrowed by this function.
        let memory = unsafe { &mut *self.memory.get() };
        if !write(&mut memory.all[start..end]) {
            return None;
        }
        let reserved = memory.nary.try_reserve(1);
        assert!(reserved.is_ok(), "the tape cannot get memory for another node of many operands; clear it more often");
        memory.nary.push(start..end);
        borrow.len = end;
        drop(borrow);
        #[cfg(feature = "locations")]
        self.locations.push(count);
        Some(self.node(end - 1))
    }

    /// Calls `f` with the records. `f` may call foreign code.
    #[track_caller]
    pub(crate) fn read<R>(&self, f: impl FnOnce(Records<'_, T>) -> R) -> R {
        let borrow = self.borrow();
        // SAFETY: the records are borrowed by this function, and the first `len` are written.
        let (all, nary, checkpoints) = unsafe {
            let memory = &*self.memory.get();
            let all = &*(ptr::from_ref(&memory.all[..borrow.len]) as *const [Record<T>]);
            (all, &memory.nary, &memory.checkpoints)
        };
        f(Records {
            #[cfg(feature = "locations")]
            locations: &self.locations,
            first: self.first.get(),
            variables: self.variables.get(),
            all,
            nary,
            checkpoints,
        })
    }

    /// The first node of the next tape in this territory, if there is room and the records are not borrowed.
    pub(super) fn next_first(&self) -> Option<NodeId> {
        let len = Some(self.len.get()).filter(|&len| len != BORROWED)?;
        self.first.get().skip(self.variables.get() + len)
    }

    /// Forgets all nodes. Returns the checkpoints, because dropping them is foreign code.
    #[track_caller]
    #[must_use]
    pub(super) fn clear(&self) -> Vec<Box<dyn Checkpoint<T>>> {
        self.len();
        self.len.set(0);
        self.variables.set(0);
        // SAFETY: the records are not borrowed, and this block calls no foreign code.
        unsafe {
            (*self.memory.get()).nary.clear();
            std::mem::take(&mut (*self.memory.get()).checkpoints)
        }
    }

    /// Makes room for `count` more records.
    #[inline]
    #[track_caller]
    pub(super) fn grow(&self, count: usize) {
        if self.capacity.get() - self.len() < count {
            self.allocate(count);
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn allocate(&self, count: usize) {
        let (len, size) = (self.len(), size_of::<Record<T>>());
        let limit = MAX_NODES - self.variables.get();
        assert_room(count, limit - len);
        let capacity = (len + count).max(2 * len).max(FIRST_CAPACITY).min(limit);
        // SAFETY: the records are not borrowed, and an allocation calls no foreign code. The reference ends before the
        // assertion, whose panic hook may call foreign code.
        let reserved = unsafe { (*self.memory.get()).all.try_reserve_exact(capacity - self.capacity.get()) };
        assert!(
            reserved.is_ok(),
            "the tape cannot get memory for {capacity} records of {size} bytes; clear it more often"
        );
        // SAFETY: as above. The capacity was reserved, and `MaybeUninit` needs no value.
        unsafe { (*self.memory.get()).all.set_len(capacity) };
        self.capacity.set(capacity);
    }

    /// The number of records.
    #[inline]
    #[track_caller]
    pub(crate) fn len(&self) -> usize {
        let len = self.len.get();
        assert!(
            len != BORROWED,
            "the tape is busy; the arithmetic of its scalar type must neither record on it nor clear it, nor must the \
             function of a checkpoint, whose values are inputs"
        );
        len
    }

    #[inline]
    #[track_caller]
    fn borrow(&self) -> Borrow<'_, T> {
        let len = self.len();
        self.len.set(BORROWED);
        Borrow { inner: self, len }
    }

    /// The node of a record.
    #[inline(always)]
    pub(crate) fn node(&self, record: usize) -> NodeId {
        self.first.get().exact(self.variables.get() + record)
    }
}

/// While it lives, nothing can change the tape, not even foreign code. When it is dropped, the tape has `len` records.
struct Borrow<'a, T> {
    inner: &'a Inner<T>,
    len: usize,
}

impl<T> Drop for Borrow<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.inner.len.set(self.len);
    }
}

#[inline]
#[track_caller]
fn assert_room(count: usize, room: usize) {
    assert!(count <= room, "a tape cannot number more than 2^32 - 1 nodes; clear it more often, or ask for less");
}

// A tape with locations stores one for each node, which is too much memory for so many.
#[cfg(test)]
#[cfg(not(feature = "locations"))]
mod tests {
    use std::panic::catch_unwind;

    use crate::tape::node::MAX_NODES;
    use crate::tape::{Tape, Value};

    fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> &'static str {
        catch_unwind(f).unwrap_err().downcast_ref::<&str>().expect("a message without numbers")
    }

    /// Variables without records take no memory, so the test reaches the last node.
    #[test]
    fn a_full_tape_says_so_and_its_last_nodes_are_numbered_right() {
        for clears in 0..3 {
            let tape = Tape::<f64>::new();
            let (x, y) = (tape.var(2.0), tape.var(3.0));
            (0..clears).for_each(|_| tape.clear());
            let (x, y) = if clears == 0 { (x, y) } else { (tape.var(2.0), tape.var(3.0)) };
            tape.inner.push_variables(MAX_NODES - 2 - 3);
            let first = tape.inner.first.get();
            let index = |v: Value<f64>| v.node.index(first).unwrap() as usize;
            let mut z = x * y;
            assert_eq!((index(x), index(z), tape.len()), (0, MAX_NODES - 3, MAX_NODES - 2));
            for last in [MAX_NODES - 2, MAX_NODES - 1] {
                z = z * y;
                assert_eq!(
                    (index(z), index(y), z.data()),
                    (last, 1, 6.0 * 3.0_f64.powi((last + 3 - MAX_NODES).try_into().unwrap()))
                );
            }
            let tape = std::panic::AssertUnwindSafe(&tape);
            for refused in [
                message(|| _ = z * y),
                message(|| _ = [x, z].iter().sum::<Value<f64>>()),
                message(|| _ = z.sin().retain()),
                message(|| _ = tape.var(1.0)),
                message(|| _ = tape.vars(&[1.0, 2.0])),
            ] {
                assert!(refused.contains("cannot number more than 2^32 - 1 nodes"), "{refused}");
            }
            assert_eq!(tape.len(), MAX_NODES);
            assert_eq!((z * 2.0 + z).node, z.node.inexact());
            tape.clear();
            let x = tape.var(5.0);
            assert_eq!((x * tape.var(2.0)).backward().wrt(x), 2.0);
        }
    }
}
