//! The lines of code that recorded the nodes of a tape, and the numbers that were not finite (feature `locations`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use crate::ops::call::Call;
use crate::scalar::Scalar;

/// The first number of a tape that was not finite and makes derivatives non-finite.
///
/// [`Tape::first_non_finite`](crate::Tape::first_non_finite) returns it.
#[derive(Clone, Debug)]
pub struct NonFinite {
    quantity: Quantity,
    location: &'static Location<'static>,
}

/// The number that was not finite, if it is an f64, and the operation that computed it.
#[derive(Clone, Debug)]
pub(super) enum Quantity {
    Partial(Call, Option<f64>),
    Slope(Call, Option<f64>),
    Adjoint(Option<f64>),
}

impl NonFinite {
    /// The line of code that called the operation.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |x: &Option<f64>| x.map_or_else(|| "not finite".to_owned(), |x| format!("{x:?}"));
        let (file, line) = (self.location.file(), self.location.line());
        match &self.quantity {
            Quantity::Partial(call, partial) => {
                let partial = number(partial);
                write!(f, "the first non-finite partial was recorded at {file}:{line}: {call}, partial {partial}")
            }
            Quantity::Slope(call, slope) => {
                let slope = number(slope);
                write!(f, "the first non-finite slope was recorded at {file}:{line}: {call}, slope {slope}")
            }
            Quantity::Adjoint(adjoint) => {
                let adjoint = number(adjoint);
                write!(f, "the first non-finite adjoint is that of the value recorded at {file}:{line}: {adjoint}")
            }
        }
    }
}

/// The locations and the non-finite numbers of a tape.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    /// That of each node.
    pub(super) of_nodes: RefCell<Vec<&'static Location<'static>>>,
    /// The first non-finite number for each operand, with its position among all that were found.
    findings: RefCell<BTreeMap<u32, (usize, NonFinite)>>,
    /// The cause of non-finite adjoints, in the last sweep that had any.
    cause: RefCell<Option<NonFinite>>,
}

impl Locations {
    /// Appends the location of the caller for `count` new nodes.
    #[track_caller]
    pub(crate) fn push(&self, count: usize) {
        let mut locations = self.of_nodes.borrow_mut();
        let len = locations.len() + count;
        locations.resize(len, Location::caller());
    }

    pub(crate) fn clear(&self) {
        self.of_nodes.borrow_mut().clear();
        self.findings.borrow_mut().clear();
        *self.cause.borrow_mut() = None;
    }

    /// Notes a non-finite number at an operand, unless it has one.
    pub(super) fn note(&self, operand: u32, quantity: Quantity, location: &'static Location<'static>) {
        let mut findings = self.findings.borrow_mut();
        let place = findings.len();
        findings.entry(operand).or_insert((place, NonFinite { quantity, location }));
    }

    /// Notes the cause of non-finite adjoints in a recomputation at the operand whose adjoint it made non-finite.
    pub(crate) fn note_cause_of(&self, operand: u32, recomputation: &Self) {
        if let Some(NonFinite { quantity, location }) = recomputation.cause.borrow().clone() {
            self.note(operand, quantity, location);
        }
    }

    /// Finds the cause of non-finite adjoints after a sweep. A finding at an operand with a finite adjoint did no harm.
    pub(crate) fn check_adjoints<T: Scalar>(&self, adjoints: &[T]) {
        let is_non_finite = |node: usize| adjoints.get(node).is_some_and(|adjoint| !adjoint.is_finite());
        let Some(last) = (0..adjoints.len()).rfind(|&node| is_non_finite(node)) else { return };
        let findings = self.findings.borrow();
        let harmful = findings.iter().filter(|(operand, _)| is_non_finite(**operand as usize));
        let cause = harmful.map(|(_, finding)| finding).min_by_key(|(place, _)| place);
        let overflow = || {
            let location = self.of_nodes.borrow()[last];
            NonFinite { quantity: Quantity::Adjoint(adjoints[last].to_f64()), location }
        };
        *self.cause.borrow_mut() = Some(cause.map_or_else(overflow, |(_, found)| found.clone()));
    }

    pub(super) fn first(&self) -> Option<NonFinite> {
        let first = || self.findings.borrow().values().min_by_key(|(place, _)| place).map(|(_, found)| found.clone());
        self.cause.borrow().clone().or_else(first)
    }
}
