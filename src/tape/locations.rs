//! Where in the program the nodes of a tape were recorded, and which numbers were not finite (feature `locations`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use crate::ops::call::Call;
use crate::scalar::Scalar;

/// The first number of a tape that was not finite and spoils derivatives: what
/// [`Tape::first_non_finite`](crate::Tape::first_non_finite) found.
#[derive(Clone, Debug)]
pub struct NonFinite {
    what: What,
    location: &'static Location<'static>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Partial(Call, Option<f64>),
    Slope(Call, Option<f64>),
    Adjoint(Option<f64>),
}

impl NonFinite {
    /// The line of the program that called the operation.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |x: &Option<f64>| x.map_or_else(|| "not finite".to_owned(), |x| format!("{x:?}"));
        let (file, line) = (self.location.file(), self.location.line());
        match &self.what {
            What::Partial(call, partial) => {
                let partial = number(partial);
                write!(f, "the first non-finite partial was recorded at {file}:{line}: {call}, partial {partial}")
            }
            What::Slope(call, slope) => {
                let slope = number(slope);
                write!(f, "the first non-finite slope was recorded at {file}:{line}: {call}, slope {slope}")
            }
            What::Adjoint(adjoint) => {
                let adjoint = number(adjoint);
                write!(f, "the first non-finite adjoint is that of the value recorded at {file}:{line}: {adjoint}")
            }
        }
    }
}

/// What a tape remembers.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    pub(super) locations: RefCell<Vec<&'static Location<'static>>>,
    /// The first that was recorded for each operand, with its place among all.
    findings: RefCell<BTreeMap<u32, (usize, NonFinite)>>,
    /// What spoiled the last sweep that was spoiled.
    culprit: RefCell<Option<NonFinite>>,
}

impl Locations {
    /// `count` nodes were made.
    #[track_caller]
    pub(crate) fn push(&self, count: usize) {
        let mut locations = self.locations.borrow_mut();
        let len = locations.len() + count;
        locations.resize(len, Location::caller());
    }

    pub(crate) fn clear(&self) {
        self.locations.borrow_mut().clear();
        self.findings.borrow_mut().clear();
        *self.culprit.borrow_mut() = None;
    }

    pub(super) fn note(&self, operand: u32, what: What, location: &'static Location<'static>) {
        let mut findings = self.findings.borrow_mut();
        let place = findings.len();
        findings.entry(operand).or_insert((place, NonFinite { what, location }));
    }

    /// What spoiled a recomputation spoils the adjoint of this node, too.
    pub(crate) fn adopt(&self, operand: u32, recomputation: &Self) {
        if let Some(NonFinite { what, location }) = recomputation.culprit.borrow().clone() {
            self.note(operand, what, location);
        }
    }

    /// The sweep is over. What was found at an operand whose adjoint is finite did no harm.
    pub(crate) fn watch_adjoints<T: Scalar>(&self, adjoints: &[T]) {
        let is_spoiled = |node: usize| adjoints.get(node).is_some_and(|adjoint| !adjoint.is_finite());
        let Some(last) = (0..adjoints.len()).rfind(|&node| is_spoiled(node)) else { return };
        let findings = self.findings.borrow();
        let harmful = findings.iter().filter(|(operand, _)| is_spoiled(**operand as usize));
        let culprit = harmful.map(|(_, finding)| finding).min_by_key(|(place, _)| place);
        let overflow = || {
            let location = self.locations.borrow()[last];
            NonFinite { what: What::Adjoint(adjoints[last].to_f64()), location }
        };
        *self.culprit.borrow_mut() = Some(culprit.map_or_else(overflow, |(_, found)| found.clone()));
    }

    pub(super) fn first(&self) -> Option<NonFinite> {
        let first = || self.findings.borrow().values().min_by_key(|(place, _)| place).map(|(_, found)| found.clone());
        self.culprit.borrow().clone().or_else(first)
    }
}
