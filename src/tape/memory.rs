//! The memory of a tape.

use std::cell::{Cell, UnsafeCell};
use std::mem::take;
use std::ops::Range;
use std::ptr;

#[cfg(feature = "locations")]
use super::locations::Locations;
use super::node::{MAX_NODES, NodeId};
use super::prefetch::prefetch;
use super::records::{Checkpoint, Placed, Record, Records};
use crate::scalar::Scalar;

const FIRST_CAPACITY: usize = 256;
/// The distance of the prefetch, for tapes that do not fit the cache.
const RECORDS_AHEAD: usize = 96;
/// The length of a tape while its memory is lent: no record can be added.
const LENT: usize = usize::MAX;

/// The data of a [`Tape`](super::Tape).
pub(crate) struct Inner<T> {
    /// The number of records, or [`LENT`].
    len: Cell<usize>,
    /// The number of records that may be written without another allocation. The memory has room for them, and the tape
    /// has numbers for their nodes.
    capacity: Cell<usize>,
    /// While it is lent, only the borrower accesses it.
    memory: UnsafeCell<Memory<T>>,
    variables: Cell<usize>,
    /// The first node, that of the first variable.
    pub(crate) first: Cell<NodeId>,
    /// They have room for as many nodes as the tape may have without another allocation.
    #[cfg(feature = "locations")]
    pub(crate) locations: Locations,
    /// The next tape of the same scalar type on this thread.
    pub(super) next: Cell<*const Inner<T>>,
}

struct Memory<T> {
    /// Its length is that of the tape when it was lent last. Later records are behind it.
    all: Vec<Record<T>>,
    /// The number of records that room was asked for.
    capacity: usize,
    nary: Vec<Range<usize>>,
    checkpoints: Vec<Placed<T>>,
}

/// The memory of a tape, lent. While it lives, nothing can change the tape, not even foreign code. When it is dropped,
/// the tape has `len` records.
struct Loan<'a, T> {
    owner: &'a Cell<usize>,
    len: usize,
    memory: &'a mut Memory<T>,
}

impl<T> Drop for Loan<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.owner.set(self.len);
    }
}

impl<T: Scalar> Inner<T> {
    pub(super) fn new(first: NodeId) -> Self {
        Self {
            len: Cell::new(0),
            capacity: Cell::new(0),
            memory: UnsafeCell::new(Memory { all: Vec::new(), capacity: 0, nary: Vec::new(), checkpoints: Vec::new() }),
            variables: Cell::new(0),
            first: Cell::new(first),
            #[cfg(feature = "locations")]
            locations: Locations::default(),
            next: Cell::new(ptr::null()),
        }
    }

    /// Appends a record and returns its node, if there is room and the memory is not lent. It calls no foreign code.
    #[inline(always)]
    #[track_caller]
    pub(super) fn try_push(&self, first: NodeId, record: Record<T>) -> Option<NodeId> {
        let len = self.len.get();
        if len >= self.capacity.get() {
            return None;
        }
        // SAFETY: the memory is not lent, because `LENT` is not below any capacity. So this is the only reference to
        // it. It has room for one more record.
        unsafe {
            let end = (*self.memory.get()).all.as_mut_ptr().add(len);
            prefetch(end.wrapping_add(RECORDS_AHEAD));
            end.write(record);
        }
        self.len.set(len + 1);
        #[cfg(feature = "locations")]
        self.locations.push(1);
        Some(first.exact(self.variables.get() + len))
    }

    /// Lends the memory. Whoever has it may call foreign code, such as an allocator.
    #[inline]
    #[track_caller]
    fn lend(&self) -> Loan<'_, T> {
        let len = self.len();
        self.len.set(LENT);
        // SAFETY: the memory was not lent, and until the loan is dropped, `len` is `LENT`: `try_push` finds no room,
        // and this function panics. So this is the only reference to the memory. The first `len` records are written.
        let memory = unsafe {
            let memory = &mut *self.memory.get();
            memory.all.set_len(len);
            memory
        };
        Loan { owner: &self.len, len, memory }
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
            assert_room(count, MAX_NODES - variables);
            let nodes = variables + count;
            let capacity = self.capacity.get().min(MAX_NODES - nodes);
            #[cfg(feature = "locations")]
            self.reserve_locations(nodes + capacity);
            self.capacity.set(capacity);
            self.variables.set(nodes);
            #[cfg(feature = "locations")]
            self.locations.push(count);
        } else {
            // A variable behind other nodes has a record without operands.
            self.push_blanks(count, zero);
        }
        variables + len
    }

    /// Appends nodes without operands, and returns their records.
    #[track_caller]
    fn push_blanks(&self, count: usize, zero: T) -> Range<usize> {
        self.grow(count);
        let start = self.len();
        for _ in 0..count {
            self.push(Record::blank(zero));
        }
        start..start + count
    }

    /// Appends a checkpoint and the nodes of its outputs, and returns the records of the outputs.
    #[track_caller]
    pub(crate) fn push_checkpoint(&self, outputs: usize, checkpoint: Box<dyn Checkpoint<T>>, zero: T) -> Range<usize> {
        self.grow(outputs);
        // The loan ends with its statement, before the assertion, whose panic hook may use the tape.
        let reserved = self.lend().memory.checkpoints.try_reserve(1);
        assert!(reserved.is_ok(), "the tape cannot get memory for another checkpoint; clear it more often");
        // Nothing is allocated from here on.
        let records = self.push_blanks(outputs, zero);
        self.lend().memory.checkpoints.push((records.clone(), checkpoint));
        records
    }

    /// Appends the `count` records of an n-ary node and returns the node, if there is room, the memory is not lent, and
    /// what `record` has seen is accepted.
    ///
    /// # Safety
    ///
    /// The closures must call no foreign code.
    #[inline(always)]
    #[cfg_attr(feature = "locations", allow(dead_code, reason = "then a node is recorded slowly"))]
    pub(super) unsafe fn try_push_nary<S>(
        &self,
        first: NodeId,
        count: usize,
        mut seen: S,
        record: impl Fn(&mut S, usize) -> Record<T>,
        accepts: impl FnOnce(S) -> bool,
    ) -> Option<NodeId> {
        let start = self.len.get();
        // The memory is lent if the length is `LENT`, which is above any capacity.
        if self.capacity.get().checked_sub(start)? < count {
            return None;
        }
        // SAFETY: the memory is not lent, and no foreign code runs here. So this is the only reference to it.
        let memory = unsafe { &mut *self.memory.get() };
        if count > 1 && memory.nary.len() == memory.nary.capacity() {
            return None;
        }
        let room = memory.all.as_mut_ptr().wrapping_add(start);
        for k in 0..count {
            // SAFETY: there is room for `count` records behind the first `start`.
            unsafe { room.add(k).write(record(&mut seen, k)) };
        }
        if !accepts(seen) {
            return None;
        }
        let end = start + count;
        if count > 1 {
            memory.nary.push(start..end);
        }
        self.len.set(end);
        Some(first.exact(self.variables.get() + end - 1))
    }

    /// Appends the `count` records of an n-ary node and returns the node, or `None` if `check` returns `false`.
    ///
    /// With each record comes a pair of flags. If any record has one, `check` gets the records and, for either flag,
    /// whether a record has it. Both closures may call foreign code.
    #[track_caller]
    pub(super) fn push_nary(
        &self,
        count: usize,
        record: impl Fn(usize) -> (Record<T>, [bool; 2]),
        check: impl FnOnce(&mut [Record<T>], [bool; 2]) -> bool,
    ) -> Option<NodeId> {
        self.grow(count);
        let loan = self.lend();
        let (start, end) = (loan.len, loan.len + count);
        let mut flags = [false; 2];
        for k in 0..count {
            let (record, [a, b]) = record(k);
            loan.memory.all.push(record);
            flags = [flags[0] | a, flags[1] | b];
        }
        if (flags[0] | flags[1]) && !check(&mut loan.memory.all[start..], flags) {
            return None;
        }
        Some(self.join_records(loan, start..end))
    }

    /// Makes one node of the last records. A single record is one already.
    #[track_caller]
    fn join_records(&self, mut loan: Loan<'_, T>, records: Range<usize>) -> NodeId {
        let end = records.end;
        #[cfg(feature = "locations")]
        let count = records.len();
        if records.len() > 1 {
            if loan.memory.nary.try_reserve(1).is_err() {
                // Before the panic, whose hook may use the tape.
                drop(loan);
                panic!("the tape cannot get memory for another node of many operands; clear it more often");
            }
            loan.memory.nary.push(records);
        }
        loan.len = end;
        drop(loan);
        #[cfg(feature = "locations")]
        self.locations.push(count);
        self.node(end - 1)
    }

    /// Calls `f` with the records. `f` may call foreign code.
    #[track_caller]
    pub(crate) fn read<R>(&self, f: impl FnOnce(Records<'_, T>) -> R) -> R {
        let loan = self.lend();
        f(Records {
            #[cfg(feature = "locations")]
            locations: &self.locations,
            first: self.first.get(),
            variables: self.variables.get(),
            all: &loan.memory.all,
            nary: &loan.memory.nary,
            checkpoints: &loan.memory.checkpoints,
        })
    }

    /// The first node of the next tape in this territory, if there is room and the memory is not lent.
    pub(super) fn next_first(&self) -> Option<NodeId> {
        let len = Some(self.len.get()).filter(|&len| len != LENT)?;
        self.first.get().skip(self.variables.get() + len)
    }

    /// Forgets all nodes. Returns what is left of them, because dropping it is foreign code.
    #[track_caller]
    #[must_use]
    pub(super) fn clear(&self) -> impl Sized + use<T> {
        let mut loan = self.lend();
        loan.len = 0;
        loan.memory.nary.clear();
        self.variables.set(0);
        self.capacity.set(loan.memory.capacity);
        #[cfg(feature = "locations")]
        let findings = self.locations.clear();
        #[cfg(not(feature = "locations"))]
        let findings = ();
        (take(&mut loan.memory.checkpoints), findings)
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
        #[cfg(feature = "locations")]
        self.reserve_locations(self.variables.get() + capacity);
        let loan = self.lend();
        let reserved = loan.memory.all.try_reserve_exact(capacity - len).is_ok();
        if reserved {
            loan.memory.capacity = capacity;
            self.capacity.set(capacity);
        }
        // Before the assertion, whose panic hook may use the tape.
        drop(loan);
        assert!(reserved, "the tape cannot get memory for {capacity} records of {size} bytes; clear it more often");
    }

    /// Makes room for the locations of so many nodes.
    #[cfg(feature = "locations")]
    #[track_caller]
    fn reserve_locations(&self, nodes: usize) {
        let loan = self.lend();
        let reserved = self.locations.reserve(nodes);
        drop(loan);
        assert!(reserved, "the tape cannot get memory for the locations of {nodes} nodes; clear it more often");
    }

    /// The number of records.
    #[inline]
    #[track_caller]
    pub(crate) fn len(&self) -> usize {
        let len = self.len.get();
        assert!(
            len != LENT,
            "the tape is busy; the arithmetic of its scalar type must neither record on it nor clear it, nor must the \
             function of a checkpoint, whose values are inputs, nor an allocator"
        );
        len
    }

    /// The node of a record.
    #[inline(always)]
    pub(crate) fn node(&self, record: usize) -> NodeId {
        self.first.get().exact(self.variables.get() + record)
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
mod tests;
