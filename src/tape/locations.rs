//! The lines of code that recorded the nodes of a tape, and the numbers that were not finite (feature `locations`).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use crate::ops::call::Call;
use crate::scalar::Scalar;

/// A number of a tape that is not finite and makes derivatives non-finite, and the line of code that recorded it.
///
/// [`Tape::first_non_finite`](crate::Tape::first_non_finite) returns one, and
/// [`Tape::non_finite`](crate::Tape::non_finite) all.
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
                write!(f, "a non-finite partial was recorded at {file}:{line}: {call}, partial {partial}")
            }
            Quantity::Slope(call, slope) => {
                let slope = number(slope);
                write!(f, "a non-finite slope was recorded at {file}:{line}: {call}, slope {slope}")
            }
            Quantity::Adjoint(adjoint) => {
                let adjoint = number(adjoint);
                write!(f, "a non-finite adjoint is that of the value recorded at {file}:{line}: {adjoint}")
            }
        }
    }
}

/// The first non-finite numbers for each operand, each with its position among all that were found.
type Findings = BTreeMap<u32, Vec<(usize, NonFinite)>>;

/// How many numbers are noted for an operand.
const MOST_FINDINGS: usize = 8;

/// The causes of non-finite derivatives in a sweep, and how many numbers had been found before it.
type Causes = (Vec<NonFinite>, usize);

/// The locations and the non-finite numbers of a tape.
///
/// While a cell is borrowed, no foreign code runs, neither arithmetic nor an allocator: it might record on this tape.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    /// That of each node.
    pub(super) of_nodes: RefCell<Vec<&'static Location<'static>>>,
    findings: RefCell<Findings>,
    /// How many numbers were found, whether noted or not. It only grows.
    found: Cell<usize>,
    /// Those of the last sweep.
    causes: RefCell<Option<Causes>>,
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
        (self.causes.take(), self.findings.take())
    }

    /// Notes a non-finite number at an operand.
    pub(super) fn note(&self, operand: u32, found: NonFinite) {
        let place = self.found.get();
        self.found.set(place + 1);
        self.add(operand, (place, found));
    }

    fn add(&self, operand: u32, found: (usize, NonFinite)) {
        self.with_findings(|findings| {
            let of_operand = findings.entry(operand).or_default();
            if of_operand.len() < MOST_FINDINGS {
                of_operand.push(found);
            }
        });
    }

    /// Calls `f`, which may allocate, with the findings. What the allocator notes meanwhile is added to them.
    fn with_findings<R>(&self, f: impl FnOnce(&mut Findings) -> R) -> R {
        let mut findings = self.findings.take();
        let result = f(&mut findings);
        for (operand, later) in self.findings.replace(findings) {
            for found in later {
                self.add(operand, found);
            }
        }
        result
    }

    /// Notes the cause of non-finite adjoints in a recomputation at the operand whose adjoint it made non-finite.
    pub(crate) fn note_cause_of(&self, operand: u32, recomputation: &Self) {
        let first = |causes: &Option<Causes>| causes.as_ref().and_then(|(causes, _)| causes.first().cloned());
        let cause = first(&recomputation.causes.borrow());
        if let Some(cause) = cause {
            self.note(operand, cause);
        }
    }

    /// Finds the causes of a gradient that is not finite after a sweep.
    pub(crate) fn check_adjoints<T: Scalar>(&self, trace: &Trace, adjoints: &[T]) {
        let mut causes = Vec::new();
        if let Some(last) = trace.blamed.iter().rposition(|&is_blamed| is_blamed) {
            let findings = |is_meant: &dyn Fn(usize) -> bool| self.findings_from(0, is_meant);
            causes = findings(&|operand| trace.culprits.get(operand).is_some_and(|&is_culprit| is_culprit));
            if causes.is_empty() {
                causes = findings(&|operand| trace.blamed.get(operand).is_some_and(|&is_blamed| is_blamed));
            }
            if causes.is_empty() {
                let location = self.of_nodes.borrow()[last];
                causes.push(NonFinite { quantity: Quantity::Adjoint(adjoints[last].to_f64()), location });
            }
        }
        drop(self.causes.replace(Some((causes, self.found.get()))));
    }

    /// What made the gradient of the last sweep non-finite. If it is finite, or there was none, what was found since.
    pub(super) fn suspects(&self) -> Vec<NonFinite> {
        // Not borrowed while the copy is allocated.
        let last = self.causes.take();
        let (causes, before) = last.clone().unwrap_or_default();
        drop(self.causes.replace(last));
        if causes.is_empty() { self.findings_from(before, &|_| true) } else { causes }
    }

    /// The findings at operands of this kind, in the order in which they were recorded.
    fn findings_from(&self, first: usize, is_meant: &dyn Fn(usize) -> bool) -> Vec<NonFinite> {
        self.with_findings(|findings| {
            let meant = findings.iter().filter(|(operand, _)| is_meant(**operand as usize));
            let mut meant: Vec<_> = meant.flat_map(|(_, found)| found).filter(|(place, _)| *place >= first).collect();
            meant.sort_by_key(|(place, _)| place);
            meant.into_iter().map(|(_, found)| found.clone()).collect()
        })
    }
}

/// The way back from derivatives that are not finite to what made them so.
pub(crate) struct Trace {
    /// The nodes whose adjoints are not finite and made a derivative so.
    pub(crate) blamed: Vec<bool>,
    /// The nodes that are an operand with a partial that is not finite, or with a finite partial whose product with a
    /// finite adjoint is not finite.
    pub(crate) culprits: Vec<bool>,
}
