//! The memory of a tape.

use std::cell::{Cell, UnsafeCell};
use std::mem::take;
use std::ops::{Deref, DerefMut, Range};
use std::ptr;

use crate::Scalar;
use crate::node::Node;

/// A tape never has room for more records than a node number can count.
const MAX_RECORDS: usize = u32::MAX as usize;
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
    pub(crate) all: Vec<Record<T>>,
    /// Runs of records that make one node of many operands, numbered by the last.
    pub(crate) wide: Vec<Range<u32>>,
    /// The first records are this many variables.
    pub(crate) variables: usize,
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
        let all = unsafe { &mut (*self.records.get()).all };
        let len = all.len();
        if len == all.capacity() {
            self.grow(all, 1);
        }
        // SAFETY: there is room for one more record, and it is written before the length says so.
        unsafe {
            all.as_mut_ptr().add(len).write(record);
            all.set_len(len + 1);
        }
        self.origin.get().at(node_number(len))
    }

    /// Appends variables and returns the first.
    #[inline]
    #[track_caller]
    pub(super) fn push_variables(&self, count: usize) -> u32 {
        let variable = Record { nodes: [0; 2], partials: [T::zero(); 2] };
        // SAFETY: as in `push`.
        let Records { all, variables, .. } = unsafe { &mut *self.records.get() };
        let first = all.len();
        if all.capacity() - first < count {
            self.grow(all, count);
        }
        all.resize(first + count, variable);
        // A variable behind other records is swept like them, to no effect.
        if *variables == first {
            *variables += count;
        }
        node_number(first)
    }

    /// Appends records to the node of many operands `node`, or to a new one, and returns the records of the node.
    #[inline]
    #[track_caller]
    pub(super) fn extend(&self, new: &[Record<T>], node: Option<Range<u32>>) -> Range<u32> {
        // SAFETY: as in `push`.
        let Records { all, wide, .. } = unsafe { &mut *self.records.get() };
        self.assert_not_lent();
        reserve(all, new.len());
        let start = node_number(all.len());
        all.extend_from_slice(new);
        let end = node_number(all.len());
        let Some(node) = node else {
            wide.push(start..end);
            return start..end;
        };
        assert_eq!(node.end, start, "the arithmetic of a scalar type must not record on a tape of that type");
        if let Some(last) = wide.last_mut() {
            last.end = end;
        }
        node.start..end
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn grow(&self, all: &mut Vec<Record<T>>, count: usize) {
        self.assert_not_lent();
        reserve(all, count);
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
        Self { all: Vec::new(), wide: Vec::new(), variables: 0 }
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "`reserve` keeps the length of a tape below 2^32")]
pub(super) fn node_number(index: usize) -> u32 {
    index as u32
}

/// Makes room for `count` more records, and then for twice as many as there are.
#[inline]
#[track_caller]
pub(super) fn reserve<T>(all: &mut Vec<Record<T>>, count: usize) {
    if all.capacity() - all.len() < count {
        enlarge(all, count);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn enlarge<T>(all: &mut Vec<Record<T>>, count: usize) {
    let (len, size) = (all.len(), size_of::<Record<T>>());
    assert!(
        count <= MAX_RECORDS - len,
        "the tape is full: it has {len} records and wants {count} more, but can number 2^32 - 1; clear it more often"
    );
    let capacity = (len + count).max(2 * len).clamp(FIRST_RECORDS, MAX_RECORDS);
    let reserved = all.try_reserve_exact(capacity - len);
    assert!(reserved.is_ok(), "the tape cannot get memory for {capacity} records of {size} bytes; clear it more often");
    assert!(all.capacity() <= MAX_RECORDS, "the allocator gave a tape room for more than 2^32 - 1 records");
}
