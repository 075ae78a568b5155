//! The sweep: it propagates adjoints back over the records of a tape, from the last to the first.

use std::ptr;

use super::memory::{Record, Records, Workspace};
use super::prefetch::prefetch;
use crate::ops::rules::both_scaled;
use crate::scalar::Scalar;

/// Computes the adjoints of the first `end` nodes. `seed` sets those of the outputs.
#[track_caller]
pub(crate) fn sweep_from<T: Scalar>(
    records: Records<'_, T>,
    adjoints: &mut Vec<T>,
    end: usize,
    seed: impl FnOnce(&mut [T]),
    workspace: &mut Workspace,
) {
    adjoints.clear();
    let reserved = adjoints.try_reserve_exact(end);
    assert!(reserved.is_ok(), "there is no memory for the adjoints of {end} nodes; clear the tape more often");
    adjoints.resize(end, T::zero());
    seed(adjoints);
    sweep(records, adjoints, workspace);
    #[cfg(feature = "locations")]
    records.locations.check_adjoints(adjoints);
}

/// Propagates the adjoints of all nodes back over the records, from the last one.
#[track_caller]
fn sweep<T: Scalar>(records: Records<'_, T>, mut adjoints: &mut [T], workspace: &mut Workspace) {
    let node = |record: usize| records.variables + record;
    let reached = records.checkpoints.partition_point(|checkpoint| node(checkpoint.records().start) < adjoints.len());
    for checkpoint in records.checkpoints[..reached].iter().rev() {
        adjoints = sweep_records(records, checkpoint.records().end, adjoints);
        let (earlier, later) = adjoints.split_at_mut(node(checkpoint.records().start));
        checkpoint.sweep(records, later, earlier, workspace);
        adjoints = earlier;
    }
    sweep_records(records, 0, adjoints);
}

/// The sweep from the last node to the record `start`. It returns the adjoints of the earlier nodes.
fn sweep_records<'a, T: Scalar>(records: Records<'_, T>, start: usize, mut adjoints: &'a mut [T]) -> &'a mut [T] {
    let end = adjoints.len().saturating_sub(records.variables);
    if end <= start {
        return adjoints;
    }
    let mut rest = &records.all[..end];
    let [first, last] = [start, end].map(|limit| records.nary.partition_point(|node| node.start < limit));
    for node in records.nary[first..last].iter().rev() {
        adjoints = sweep_joins(&rest[node.end..], adjoints);
        let (earlier, later) = adjoints.split_at_mut(records.variables + node.start);
        if let Some(&mut adjoint) = later.last_mut() {
            for record in &rest[node.clone()] {
                spread(record, adjoint, earlier);
            }
        }
        (rest, adjoints) = (&rest[..node.start], earlier);
    }
    sweep_joins(&rest[start..], adjoints)
}

const RECORDS_AHEAD: usize = 64;
const ADJOINTS_AHEAD: usize = 256;

/// The sweep of the last nodes, one for each record. It returns the adjoints of the earlier nodes.
fn sweep_joins<'a, T: Scalar>(joins: &[Record<T>], adjoints: &'a mut [T]) -> &'a mut [T] {
    let mut end = adjoints.len();
    for record in joins.iter().rev() {
        end -= 1;
        let (earlier, later) = adjoints.split_at_mut(end);
        prefetch(ptr::from_ref(record).wrapping_sub(RECORDS_AHEAD));
        prefetch(ptr::from_ref(&later[0]).wrapping_sub(ADJOINTS_AHEAD));
        spread(record, later[0], earlier);
    }
    &mut adjoints[..end]
}

/// One record of the sweep: two multiply-adds. A node depends on earlier nodes only.
#[inline(always)]
fn spread<T: Scalar>(record: &Record<T>, adjoint: T, earlier: &mut [T]) {
    let shares = both_scaled(record.partials, [adjoint; 2]);
    for (node, share) in record.nodes.into_iter().zip(shares) {
        let adjoint = &mut earlier[node as usize];
        *adjoint = *adjoint + share;
    }
}
