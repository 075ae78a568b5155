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
    pub(super) quantity: Quantity,
    pub(super) location: &'static Location<'static>,
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

/// The first non-finite number for each operand, with its position among all that were found.
type Findings = BTreeMap<u32, (usize, NonFinite)>;

/// The locations and the non-finite numbers of a tape.
///
/// While a cell is borrowed, no foreign code runs, neither arithmetic nor an allocator: it might record on this tape.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    /// That of each node.
    pub(super) of_nodes: RefCell<Vec<&'static Location<'static>>>,
    findings: RefCell<Findings>,
    /// The cause of non-finite adjoints, in the last sweep that had any.
    cause: RefCell<Option<NonFinite>>,
}

impl Locations {
    /// Makes room for the locations of so many nodes. Returns whether there is memory.
    pub(crate) fn reserve(&self, nodes: usize) -> bool {
        let (len, capacity) = (self.of_nodes.borrow().len(), self.of_nodes.borrow().capacity());
        if nodes <= capacity {
            return true;
        }
        let mut larger = Vec::new();
        let reserved = larger.try_reserve_exact(nodes.max(2 * len));
        if reserved.is_ok() {
            larger.extend_from_slice(&self.of_nodes.borrow());
            // The old memory is freed after the exchange.
            drop(self.of_nodes.replace(larger));
        }
        reserved.is_ok()
    }

    /// Appends the location of the caller for `count` new nodes, for which there is room.
    #[track_caller]
    pub(crate) fn push(&self, count: usize) {
        let mut locations = self.of_nodes.borrow_mut();
        let len = locations.len() + count;
        locations.resize(len, Location::caller());
    }

    /// Forgets all. Returns what is left to be dropped.
    #[must_use]
    pub(crate) fn clear(&self) -> impl Sized + use<> {
        self.of_nodes.borrow_mut().clear();
        *self.cause.borrow_mut() = None;
        self.findings.take()
    }

    /// Notes a non-finite number at an operand, unless it has one.
    pub(super) fn note(&self, operand: u32, found: NonFinite) {
        let mut findings = self.findings.take();
        let place = findings.len();
        findings.entry(operand).or_insert((place, found));
        // Others, if the allocator noted them.
        let later = self.findings.replace(findings);
        for (operand, (_, found)) in later {
            self.note(operand, found);
        }
    }

    /// Notes the cause of non-finite adjoints in a recomputation at the operand whose adjoint it made non-finite.
    pub(crate) fn note_cause_of(&self, operand: u32, recomputation: &Self) {
        if let Some(cause) = recomputation.cause() {
            self.note(operand, cause);
        }
    }

    /// Finds the cause of non-finite adjoints after a sweep. A finding at an operand with a finite adjoint did no harm.
    pub(crate) fn check_adjoints<T: Scalar>(&self, adjoints: &[T]) {
        let non_finite: Vec<bool> = adjoints.iter().map(|adjoint| !adjoint.is_finite()).collect();
        let Some(last) = non_finite.iter().rposition(|&is_non_finite| is_non_finite) else { return };
        let adjoint = Quantity::Adjoint(adjoints[last].to_f64());
        let overflow = NonFinite { quantity: adjoint, location: self.of_nodes.borrow()[last] };
        let is_harmful = |operand: u32| non_finite.get(operand as usize).is_some_and(|&is_non_finite| is_non_finite);
        let cause = self.first_finding(is_harmful).unwrap_or(overflow);
        *self.cause.borrow_mut() = Some(cause);
    }

    pub(super) fn first(&self) -> Option<NonFinite> {
        self.cause().or_else(|| self.first_finding(|_| true))
    }

    fn cause(&self) -> Option<NonFinite> {
        self.cause.borrow().clone()
    }

    /// The first finding at an operand of this kind.
    fn first_finding(&self, is_meant: impl Fn(u32) -> bool) -> Option<NonFinite> {
        let findings = self.findings.borrow();
        let meant = findings.iter().filter(|(operand, _)| is_meant(**operand));
        meant.map(|(_, finding)| finding).min_by_key(|(place, _)| place).map(|(_, found)| found.clone())
    }
}
