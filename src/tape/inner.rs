//! The memory of a tape.

use std::cell::{Cell, UnsafeCell};
use std::mem::take;
use std::ops::{Deref, DerefMut, Range};
use std::ptr;

use crate::Scalar;
use crate::node::Node;

/// Variables and room for records together never exceed what a node number can count.
pub(super) const MAX_NODES: usize = u32::MAX as usize;
const FULL: &str = "the tape is full, it can number 2^32 - 1 nodes; clear it more often";
const FIRST_RECORDS: usize = 256;

/// One node: it changes `partials[k]` times as fast as `nodes[k]`.
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

/// Everything that was recorded.
#[derive(Debug)]
pub(crate) struct Records<T> {
    /// The first nodes are this many variables, without records.
    pub(crate) variables: usize,
    /// The nodes behind them, in order.
    pub(crate) all: Vec<Record<T>>,
    /// Runs of records that make one node of many operands, numbered by the last.
    pub(crate) wide: Vec<Range<usize>>,
}

/// What a [`Tape`](super::Tape) owns.
pub(super) struct Inner<T> {
    records: UnsafeCell<Records<T>>,
    /// The records are lent out, and an empty stand-in is in their place.
    lent: Cell<bool>,
    /// The first node of the tape, which tells its id.
    pub(super) origin: Cell<Node>,
    /// The next tape of the same scalar type on this thread.
    pub(super) next: Cell<*const Inner<T>>,
}

impl<T: Scalar> Inner<T> {
    pub(super) fn new(origin: Node) -> Self {
        Self {
            records: UnsafeCell::new(Records::default()),
            lent: Cell::new(false),
            origin: Cell::new(origin),
            next: Cell::new(ptr::null()),
        }
    }

    /// The hot path of the crate: a dozen instructions, no call.
    #[inline(always)]
    #[track_caller]
    pub(super) fn push(&self, record: Record<T>) -> Node {
        // SAFETY: `Inner` is not `Sync`, and nothing in this function calls foreign code, so this is the only
        // reference. While the records are lent, the stand-in has no room, and `grow` refuses.
        let Records { variables, all, .. } = unsafe { &mut *self.records.get() };
        let len = all.len();
        if len == all.capacity() {
            self.grow(all, *variables);
        }
        // SAFETY: there is room for one more record, and it is written before the length says so.
        unsafe {
            all.as_mut_ptr().add(len).write(record);
            all.set_len(len + 1);
        }
        self.origin.get().at(node_number(*variables + len))
    }

    /// Appends variables and returns the first.
    #[inline]
    #[track_caller]
    pub(super) fn push_variables(&self, count: usize) -> u32 {
        self.assert_not_lent();
        let blank = Record { nodes: [0; 2], partials: [T::zero(); 2] };
        // SAFETY: as in `push`.
        let Records { variables, all, .. } = unsafe { &mut *self.records.get() };
        let first = *variables + all.len();
        if all.is_empty() {
            assert!(count <= MAX_NODES - first - all.capacity(), "{FULL}: {first} variables, {count} more wanted");
            *variables += count;
        } else {
            // A variable behind other nodes is swept like them, to no effect.
            reserve(all, count, MAX_NODES - *variables);
            all.resize(all.len() + count, blank);
        }
        node_number(first)
    }

    /// Appends records to a node of many operands, or to a new one, and returns the node and its records.
    #[inline]
    #[track_caller]
    pub(super) fn extend(&self, new: &[Record<T>], node: Option<Range<usize>>) -> (Node, Range<usize>) {
        self.assert_not_lent();
        // SAFETY: as in `push`.
        let Records { variables, all, wide } = unsafe { &mut *self.records.get() };
        let start = all.len();
        reserve(all, new.len(), MAX_NODES - *variables);
        all.extend_from_slice(new);
        let node = match (node, wide.last_mut()) {
            (Some(node), Some(last)) => {
                assert_eq!(node.end, start, "the arithmetic of a scalar type must not record on a tape of that type");
                last.end = all.len();
                node.start..all.len()
            }
            _ => {
                wide.push(start..all.len());
                start..all.len()
            }
        };
        (self.origin.get().at(node_number(*variables + node.end - 1)), node)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn grow(&self, all: &mut Vec<Record<T>>, variables: usize) {
        self.assert_not_lent();
        reserve(all, 1, MAX_NODES - variables);
    }

    #[track_caller]
    fn assert_not_lent(&self) {
        assert!(
            !self.lent.get(),
            "the tape is busy; the arithmetic of its scalar type must neither record on it nor clear it"
        );
    }

    /// The records, for code that may call foreign code. They are put back even if that panics.
    #[inline]
    #[track_caller]
    pub(super) fn lend(&self) -> Loan<'_, T> {
        self.assert_not_lent();
        self.lent.set(true);
        // SAFETY: `lent` was false, so no other reference to the records exists.
        Loan { inner: self, records: take(unsafe { &mut *self.records.get() }) }
    }
}

/// The records of a tape, away from it.
pub(super) struct Loan<'a, T> {
    inner: &'a Inner<T>,
    records: Records<T>,
}

impl<T> Deref for Loan<'_, T> {
    type Target = Records<T>;

    #[inline]
    fn deref(&self) -> &Records<T> {
        &self.records
    }
}

impl<T> DerefMut for Loan<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Records<T> {
        &mut self.records
    }
}

impl<T> Drop for Loan<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: there is one loan at a time, and the stand-in is only touched within `push`.
        unsafe { *self.inner.records.get() = take(&mut self.records) };
        self.inner.lent.set(false);
    }
}

impl<T> Default for Records<T> {
    #[inline]
    fn default() -> Self {
        Self { variables: 0, all: Vec::new(), wide: Vec::new() }
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "`MAX_NODES` is below 2^32")]
pub(super) fn node_number(index: usize) -> u32 {
    index as u32
}

/// Makes room for `count` more records, and then for twice as many as there are, but not for more than `limit`.
#[inline]
#[track_caller]
pub(super) fn reserve<T>(all: &mut Vec<Record<T>>, count: usize, limit: usize) {
    if all.capacity() - all.len() < count {
        enlarge(all, count, limit);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn enlarge<T>(all: &mut Vec<Record<T>>, count: usize, limit: usize) {
    let (len, size) = (all.len(), size_of::<Record<T>>());
    assert!(count <= limit.saturating_sub(len), "{FULL}: {len} records, {count} more wanted");
    let capacity = (len + count).max(2 * len).max(FIRST_RECORDS).min(limit);
    let reserved = all.try_reserve_exact(capacity - len);
    assert!(reserved.is_ok(), "the tape cannot get memory for {capacity} records of {size} bytes; clear it more often");
    assert!(all.capacity() <= limit, "the allocator gave a tape more room than it can number");
}
