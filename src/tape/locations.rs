//! Where on a tape numbers stop being finite (feature `locations`).

#[cfg(not(feature = "locations"))]
use super::node::NodeId;
#[cfg(not(feature = "locations"))]
use crate::ops::call::Call;

/// Without the feature: nothing, at no cost.
#[cfg(not(feature = "locations"))]
#[inline(always)]
pub(crate) fn watch<T>(_: &[(NodeId, T, T)], _: Option<T>, _: impl FnOnce() -> Call) {}

#[cfg(feature = "locations")]
#[cfg_attr(docsrs, doc(cfg(feature = "locations")))]
pub use on::NonFinite;
#[cfg(feature = "locations")]
pub(crate) use on::{Locations, watch};

#[cfg(feature = "locations")]
mod on {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::fmt;
    use std::panic::Location;

    use crate::ops::call::Call;
    use crate::scalar::Scalar;
    use crate::tape;
    use crate::tape::node::NodeId;
    use crate::tape::{Tape, Value};

    /// The first number of a tape that was not finite and spoils derivatives: what
    /// [`Tape::first_non_finite`](crate::Tape::first_non_finite) found.
    #[derive(Clone, Debug)]
    pub struct NonFinite {
        what: What,
        location: &'static Location<'static>,
    }

    #[derive(Clone, Debug)]
    enum What {
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
        locations: RefCell<Vec<&'static Location<'static>>>,
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

        fn note(&self, operand: u32, what: What, location: &'static Location<'static>) {
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

        fn first(&self) -> Option<NonFinite> {
            let first =
                || self.findings.borrow().values().min_by_key(|(place, _)| place).map(|(_, found)| found.clone());
            self.culprit.borrow().clone().or_else(first)
        }
    }

    /// Notes what is the first not to be finite: the partial by an operand, given with the operand's slope, the product
    /// of the two, or the slope of the result. What comes from something that was not finite already is not the first.
    #[inline(never)]
    #[track_caller]
    pub(crate) fn watch<T: Scalar>(operands: &[(NodeId, T, T)], slope: Option<T>, call: impl FnOnce() -> Call) {
        if operands.iter().any(|(_, _, slope)| !slope.is_finite()) {
            return;
        }
        let largest = T::max_value().to_f64().unwrap_or(f64::MAX);
        // In f64, because the arithmetic of a nested number would be recorded.
        let product = |partial: T, slope: T| Some(partial.to_f64()? * slope.to_f64()?);
        let overflows = |partial: T, slope: T| product(partial, slope).is_some_and(|product| product.abs() > largest);
        let mut active = operands.iter().filter(|(node, ..)| !node.is_constant());
        let spoiled = active.clone().find_map(|&(node, partial, slope)| {
            if !partial.is_finite() {
                Some((node, What::Partial as Kind, partial.to_f64()))
            } else if overflows(partial, slope) {
                Some((node, What::Slope as Kind, product(partial, slope)))
            } else {
                None
            }
        });
        let of_result = || {
            let slope = slope.filter(|slope| !slope.is_finite())?;
            Some((active.next()?.0, What::Slope as Kind, slope.to_f64()))
        };
        let location = Location::caller();
        if let Some((node, kind, x)) = spoiled.or_else(of_result)
            && let Some(tape) = tape::hold_if_alive::<T>(node)
            && let Some(operand) = node.index(tape.first.get())
        {
            tape.locations.note(operand, kind(call(), x), location);
        }
    }

    type Kind = fn(Call, Option<f64>) -> What;

    impl<T: Scalar> Tape<T> {
        /// Where the value's node was recorded, if it is one of this tape.
        ///
        /// ```
        /// let tape = gradtape::Tape::new();
        /// let x = tape.var(1.0);
        /// assert_eq!(tape.location(x).unwrap().line(), line!() - 1);
        /// ```
        pub fn location(&self, v: Value<T>) -> Option<&'static Location<'static>> {
            let index = v.node.index(self.inner.first.get())?;
            self.inner.locations.locations.borrow().get(index as usize).copied()
        }

        /// The first partial or slope that was not finite and spoiled a sweep, of the last sweep that met any; if no
        /// sweep did yet, the first since the tape was made or cleared. A sweep that overflows although all of these
        /// are finite names the value whose derivative did first.
        ///
        /// This is the way to find out where a NaN in a gradient comes from. Iterators do not hand on who called their
        /// `sum` and `product`: the line is not yours there.
        ///
        /// ```
        /// let tape = gradtape::Tape::new();
        /// let x = tape.var(0.0_f64);
        /// let y = x.powf(gradtape::Value::from(-0.5)) * x;
        /// assert_eq!(y.backward().wrt(x), f64::INFINITY);
        /// let found = tape.first_non_finite().unwrap().to_string();
        /// assert!(found.starts_with("the first non-finite partial was recorded at "));
        /// assert!(found.ends_with(": powf(0.0, -0.5), partial -inf"));
        /// ```
        pub fn first_non_finite(&self) -> Option<NonFinite> {
            self.inner.locations.first()
        }
    }
}
