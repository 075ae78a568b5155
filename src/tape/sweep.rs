//! The sweep: it propagates adjoints back over the records of a tape, from the last to the first.

use std::ptr;

use super::adjoints::{Adjoints, Kept, Reached};
use super::prefetch::prefetch;
use super::records::{Record, Records, Workspace};
#[cfg(feature = "locations")]
use super::trace::trace;
use crate::ops::rules::both_scaled;
use crate::scalar::Scalar;

/// Computes the adjoints of the first `end` nodes. `seed` sets those of the outputs, and says that they are reached.
#[track_caller]
pub(crate) fn sweep_from<T: Scalar>(
    records: Records<'_, T>,
    adjoints: &mut Adjoints<T>,
    end: usize,
    seed: impl FnOnce(&mut [T], &mut Reached<'_, T>),
    kept: Kept,
    workspace: &mut Workspace,
) {
    // Locations are found from all adjoints.
    let kept = if cfg!(feature = "locations") { Kept::All } else { kept };
    let has_memory = adjoints.start(end);
    assert!(has_memory, "there is no memory for the adjoints of {end} nodes; clear the tape more often");
    let (numbers, mut reached) = adjoints.parts();
    seed(numbers, &mut reached);
    sweep(records, numbers, &mut reached, kept, workspace);
    #[cfg(feature = "locations")]
    records.locations.check_adjoints(&trace(records, numbers), numbers);
    adjoints.finish(kept, records.variables);
}

/// Propagates the adjoints of all nodes back over the records, from the last one.
#[track_caller]
fn sweep<T: Scalar>(
    records: Records<'_, T>,
    mut adjoints: &mut [T],
    reached: &mut Reached<'_, T>,
    kept: Kept,
    workspace: &mut Workspace,
) {
    let node = |record: usize| records.variables + record;
    let before = records.checkpoints.partition_point(|(outputs, _)| node(outputs.start) < adjoints.len());
    for (outputs, checkpoint) in records.checkpoints[..before].iter().rev() {
        adjoints = sweep_records(records, outputs.end, adjoints, reached, kept);
        let (earlier, later) = adjoints.split_at_mut(node(outputs.start));
        checkpoint.sweep(records, later, earlier, reached, workspace);
        if kept == Kept::Variables {
            later.fill(T::zero());
        }
        adjoints = earlier;
    }
    sweep_records(records, 0, adjoints, reached, kept);
}

/// The sweep from the last node to the record `start`. It returns the adjoints of the earlier nodes.
fn sweep_records<'a, T: Scalar>(
    records: Records<'_, T>,
    start: usize,
    mut adjoints: &'a mut [T],
    reached: &mut Reached<'_, T>,
    kept: Kept,
) -> &'a mut [T] {
    let end = adjoints.len().saturating_sub(records.variables);
    if end <= start {
        return adjoints;
    }
    let mut rest = &records.all[..end];
    let [first, last] = [start, end].map(|limit| records.nary.partition_point(|node| node.start < limit));
    for node in records.nary[first..last].iter().rev() {
        adjoints = sweep_joins(&rest[node.end..], adjoints, reached, kept);
        let last = adjoints.len().wrapping_sub(1);
        let (earlier, later) = adjoints.split_at_mut(records.variables + node.start);
        if let Some(adjoint) = later.last_mut()
            && reached.has(last)
        {
            for record in &rest[node.clone()] {
                spread(record, *adjoint, earlier, reached);
            }
            if kept == Kept::Variables {
                *adjoint = T::zero();
            }
        }
        (rest, adjoints) = (&rest[..node.start], earlier);
    }
    sweep_joins(&rest[start..], adjoints, reached, kept)
}

const RECORDS_AHEAD: usize = 64;
const ADJOINTS_AHEAD: usize = 256;

/// The sweep of the last nodes, one for each record. It returns the adjoints of the earlier nodes.
fn sweep_joins<'a, T: Scalar>(
    joins: &[Record<T>],
    adjoints: &'a mut [T],
    reached: &mut Reached<'_, T>,
    kept: Kept,
) -> &'a mut [T] {
    let mut end = adjoints.len();
    for record in joins.iter().rev() {
        end -= 1;
        let (earlier, later) = adjoints.split_at_mut(end);
        let (mut earlier_reached, is_reached) = reached.split_at(end);
        prefetch(ptr::from_ref(record).wrapping_sub(RECORDS_AHEAD));
        prefetch(ptr::from_ref(&later[0]).wrapping_sub(ADJOINTS_AHEAD));
        if is_reached {
            spread(record, later[0], earlier, &mut earlier_reached);
            if kept == Kept::Variables {
                later[0] = T::zero();
            }
        }
    }
    &mut adjoints[..end]
}

/// One record of the sweep: two multiply-adds. A node depends on earlier nodes only.
#[inline(always)]
fn spread<T: Scalar>(record: &Record<T>, adjoint: T, earlier: &mut [T], reached: &mut Reached<'_, T>) {
    let shares = both_scaled(record.partials, [adjoint; 2]);
    for (node, share) in record.nodes.into_iter().zip(shares) {
        let Some(adjoint) = earlier.get_mut(node as usize) else {
            assert!(Record::<T>::is_missing(node), "a node depends on earlier nodes only");
            continue;
        };
        *adjoint = *adjoint + share;
        reached.add(node as usize);
    }
}
