//! Runs a program on the rows of elements.

use std::panic::Location;

use crate::program::precision::Precision;
use crate::program::{Program, Rows, Workspace};

/// A comparison came out otherwise than when the function was recorded; and where it is, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Branched(pub(crate) Option<&'static Location<'static>>);

/// The number at a place.
pub(super) fn number<T: Copy>([x, state]: [&[T]; 2], place: u32) -> T {
    let place = place as usize;
    place.checked_sub(x.len()).map_or_else(|| x[place], |at| state[at])
}

/// The numbers at these places.
pub(super) fn uniforms<'p, T: Copy>(numbers: [&[T]; 2], places: &[u32], parameters: &'p mut Vec<T>) -> &'p [T] {
    parameters.clear();
    parameters.extend(places.iter().map(|&place| number(numbers, place)));
    parameters
}

/// Runs a program; the results are in the workspace.
pub(super) fn run<T: Precision>(
    program: &Program<T>,
    rows: Rows<'_, T>,
    parameters: &[T],
    workspace: &mut Workspace<T>,
) -> Result<(), Branched> {
    program.run_unguarded(parameters, rows, workspace).expect("a template fits its group");
    let failed = workspace.uniform_guard_failed || workspace.guard_failed.contains(&true);
    if failed { Err(Branched(program.failed_at(parameters, rows, workspace))) } else { Ok(()) }
}
