//! Adjoints of all nodes, swept back from one output.

use std::fmt;
use std::ops::AddAssign;
use std::ptr;

use crate::ops::rules::both_scaled;
use crate::scalar::Scalar;
use crate::tape::checkpoint::Recomputation;
use crate::tape::node::NodeId;
use crate::tape::{self, Record, Records, prefetch};
use crate::tape::{Tape, Value};

/// The derivatives of one number by everything it was computed from.
///
/// Made by [`Value::backward`]. Plain data: it outlives its tape and may go to another thread, and it answers for the
/// values of that tape, of the time before its next [`clear`](Tape::clear).
///
/// # Examples
///
/// Gradients of several outputs of one tape add up:
///
/// ```
/// use gradtape::Tape;
///
/// let tape = Tape::new();
/// let w = tape.var(0.5);
/// let mut total = gradtape::Gradients::new();
/// for row in [1.0, 2.0, 3.0] {
///     total += &(w * row).powi(2).backward();
/// }
/// assert_eq!(total.wrt(w), 2.0 * 0.5 * (1.0 + 4.0 + 9.0));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Gradients<T> {
    /// Of the first nodes of the tape; of the others they are zero.
    adjoints: Vec<T>,
    /// The first node of the tape, or none for the gradient of a constant, which is zero everywhere.
    first: NodeId,
    /// How many nodes the tape had.
    nodes: usize,
}

impl<T: Scalar> Gradients<T> {
    /// The gradient of a constant: zero by every value. Memory for [`Value::backward_into`].
    pub const fn new() -> Self {
        Self { adjoints: Vec::new(), first: NodeId::CONSTANT, nodes: 0 }
    }

    /// The derivative by `v`.
    ///
    /// # Panics
    ///
    /// If `v` is a constant, or belongs to another tape or to another time of the same tape, or was made after the
    /// gradient was taken, or is an intermediate result that is no node of the tape: see [`Value::retain`].
    #[inline]
    #[track_caller]
    pub fn wrt(&self, v: Value<T>) -> T {
        let index = v.node.own_index(self.first);
        match index.and_then(|index| self.adjoints.get(index as usize)) {
            Some(&adjoint) => adjoint,
            None => self.beyond(v.node),
        }
    }

    /// The derivatives by each of `values`, in order.
    ///
    /// # Panics
    ///
    /// As [`wrt`](Self::wrt).
    #[track_caller]
    #[must_use]
    pub fn wrt_all(&self, values: &[Value<T>]) -> Vec<T> {
        let mut derivatives = vec![T::zero(); values.len()];
        self.wrt_into(values, &mut derivatives);
        derivatives
    }

    /// The derivatives by each of `values`, in order, written to `derivatives`.
    ///
    /// # Panics
    ///
    /// If the lengths differ, and as [`wrt`](Self::wrt).
    #[track_caller]
    pub fn wrt_into(&self, values: &[Value<T>], derivatives: &mut [T]) {
        assert_eq!(values.len(), derivatives.len(), "as many derivatives as values are needed");
        for (&v, derivative) in values.iter().zip(derivatives) {
            *derivative = self.wrt(v);
        }
    }

    /// The derivative by a node that has no adjoint: 0, if the tape had it already.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn beyond(&self, node: NodeId) -> T {
        assert!(!node.is_constant(), "the gradient by a constant is not known; make it a variable with `tape.var`");
        // The gradient of a constant is zero by everything.
        let had = |index: u32| (index as usize) < self.nodes;
        assert!(
            self.first.is_constant() || node.index(self.first).is_some_and(had),
            "the gradient by a value of another tape, or of the same tape before or after `clear`, or made after the \
             gradient was taken, is not known; take the gradient and ask it about values of one tape between two \
             calls of `clear`"
        );
        assert!(
            node.is_own(),
            "the gradient by this intermediate result was not kept; call `retain()` on it and compute with what it \
             returns"
        );
        T::zero()
    }

    #[track_caller]
    pub(crate) fn sweep(&mut self, output: Value<T>) {
        // Away from `self`, so that a panic half-way leaves no half of a gradient behind.
        let mut adjoints = std::mem::take(&mut self.adjoints);
        *self = Self::new();
        adjoints.clear();
        if !output.is_constant() {
            tape::read(output.node, |records| {
                let Some(index) = output.node.index(records.first) else {
                    unreachable!("the tape of the node is read")
                };
                let end = index as usize + 1;
                sweep_from(records, &mut adjoints, end, |adjoints| adjoints[end - 1] = output.slope, &mut None);
                (self.first, self.nodes) = (records.first, records.variables + records.all.len());
            });
        }
        self.adjoints = adjoints;
    }
}

/// The adjoints of the first `end` nodes, of which `seed` sets those of the outputs.
#[track_caller]
pub(crate) fn sweep_from<T: Scalar>(
    records: Records<'_, T>,
    adjoints: &mut Vec<T>,
    end: usize,
    seed: impl FnOnce(&mut [T]),
    recomputation: &mut Option<Box<Recomputation<T>>>,
) {
    adjoints.clear();
    let reserved = adjoints.try_reserve_exact(end);
    assert!(reserved.is_ok(), "there is no memory for the adjoints of {end} nodes; clear the tape more often");
    adjoints.resize(end, T::zero());
    seed(adjoints);
    sweep(records, adjoints, recomputation);
    #[cfg(feature = "locations")]
    records.locations.watch_adjoints(adjoints);
}

/// Spreads the adjoints of all nodes back over the records, from the last one.
#[track_caller]
fn sweep<T: Scalar>(
    records: Records<'_, T>,
    mut adjoints: &mut [T],
    recomputation: &mut Option<Box<Recomputation<T>>>,
) {
    let node = |record: usize| records.variables + record;
    let reached = records.checkpoints.partition_point(|checkpoint| node(checkpoint.records.start) < adjoints.len());
    for checkpoint in records.checkpoints[..reached].iter().rev() {
        adjoints = sweep_records(records, checkpoint.records.end, adjoints);
        let (below, own) = adjoints.split_at_mut(node(checkpoint.records.start));
        checkpoint.sweep(records, own, below, recomputation);
        adjoints = below;
    }
    sweep_records(records, 0, adjoints);
}

/// The sweep from the last node to the record `start`; returns the adjoints below.
fn sweep_records<'a, T: Scalar>(records: Records<'_, T>, start: usize, mut adjoints: &'a mut [T]) -> &'a mut [T] {
    let end = adjoints.len().saturating_sub(records.variables);
    if end <= start {
        return adjoints;
    }
    let mut rest = &records.all[..end];
    let [first, last] = [start, end].map(|limit| records.wide.partition_point(|node| node.start < limit));
    for node in records.wide[first..last].iter().rev() {
        adjoints = sweep_joins(&rest[node.end..], adjoints);
        let (below, own) = adjoints.split_at_mut(records.variables + node.start);
        if let Some(&mut adjoint) = own.last_mut() {
            for record in &rest[node.clone()] {
                spread(record, adjoint, below);
            }
        }
        (rest, adjoints) = (&rest[..node.start], below);
    }
    sweep_joins(&rest[start..], adjoints)
}

const RECORDS_AHEAD: usize = 64;
const ADJOINTS_AHEAD: usize = 256;

/// The sweep of the last nodes, one for each record; returns the adjoints below.
fn sweep_joins<'a, T: Scalar>(joins: &[Record<T>], adjoints: &'a mut [T]) -> &'a mut [T] {
    let mut end = adjoints.len();
    for record in joins.iter().rev() {
        end -= 1;
        let (below, own) = adjoints.split_at_mut(end);
        prefetch(ptr::from_ref(record).wrapping_sub(RECORDS_AHEAD));
        prefetch(ptr::from_ref(&own[0]).wrapping_sub(ADJOINTS_AHEAD));
        spread(record, own[0], below);
    }
    &mut adjoints[..end]
}

/// One record of the sweep: two multiply-adds. What a node depends on lies below it.
#[inline(always)]
fn spread<T: Scalar>(record: &Record<T>, adjoint: T, below: &mut [T]) {
    let shares = both_scaled(record.partials, [adjoint; 2]);
    for (node, share) in record.nodes.into_iter().zip(shares) {
        let adjoint = &mut below[node as usize];
        *adjoint = *adjoint + share;
    }
}

impl<T: Scalar> Default for Gradients<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> AddAssign<&Gradients<T>> for Gradients<T> {
    /// # Panics
    ///
    /// If the two belong to different tapes, or to different times of one tape.
    #[track_caller]
    fn add_assign(&mut self, other: &Gradients<T>) {
        if other.first.is_constant() {
            return;
        }
        assert!(
            self.first.is_constant() || self.first == other.first,
            "gradients of two tapes, or of one tape before and after `clear`, cannot be added; add what `wrt` says of \
             each"
        );
        self.first = other.first;
        self.nodes = self.nodes.max(other.nodes);
        if self.adjoints.len() < other.adjoints.len() {
            self.adjoints.resize(other.adjoints.len(), T::zero());
        }
        for (sum, &adjoint) in self.adjoints.iter_mut().zip(&other.adjoints) {
            *sum = *sum + adjoint;
        }
    }
}

impl<T: Scalar> AddAssign for Gradients<T> {
    #[track_caller]
    fn add_assign(&mut self, other: Gradients<T>) {
        *self += &other;
    }
}

impl<T> fmt::Debug for Gradients<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gradients")
            .field("nodes", &self.nodes)
            .field("tape", &self.first.territory())
            .finish_non_exhaustive()
    }
}

/// The value and the gradient of `f` at `x`, on a tape of its own.
///
/// # Panics
///
/// If `f` returns a value of another tape.
///
/// # Examples
///
/// ```
/// use gradtape::gradient;
///
/// let (value, slopes) = gradient(|x| x[0] * x[0] * x[1], &[3.0, 2.0]);
/// assert_eq!(value, 18.0);
/// assert_eq!(slopes, [12.0, 9.0]);
/// ```
#[track_caller]
#[must_use]
pub fn gradient<T: Scalar>(f: impl FnOnce(&[Value<T>]) -> Value<T>, x: &[T]) -> (T, Vec<T>) {
    let tape = Tape::new();
    let x = tape.vars(x);
    let y = f(&x);
    (y.data(), y.backward().wrt_all(&x))
}
