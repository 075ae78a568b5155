//! Where on a tape numbers stop being finite (feature `locations`).

use std::fmt;

/// An operation on some operands, or on a list that is not shown. Without the feature none is ever made.
#[cfg_attr(not(feature = "locations"), allow(dead_code))]
#[derive(Clone, Debug)]
pub(crate) struct Call {
    name: &'static str,
    operands: Vec<Option<f64>>,
}

impl Call {
    #[inline]
    pub(crate) fn new(name: &'static str, operands: impl Into<Vec<Option<f64>>>) -> Self {
        Self { name, operands: operands.into() }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (k, operand) in self.operands.iter().enumerate() {
            let before = if k == 0 { "(" } else { ", " };
            match operand {
                Some(x) => write!(f, "{before}{x:?}")?,
                None => write!(f, "{before}?")?,
            }
        }
        f.write_str(if self.operands.is_empty() { "" } else { ")" })
    }
}

/// Without the feature: nothing, at no cost.
#[cfg(not(feature = "locations"))]
#[inline(always)]
pub(crate) fn watch<T>(_: crate::node::Node, _: &[(T, T)], _: Option<T>, _: impl FnOnce() -> Call) {}

#[cfg(feature = "locations")]
#[cfg_attr(docsrs, doc(cfg(feature = "locations")))]
pub use on::NonFinite;
#[cfg(feature = "locations")]
pub(crate) use on::{Trace, watch};

#[cfg(feature = "locations")]
mod on {
    use std::cell::{Cell, RefCell};
    use std::fmt;
    use std::panic::Location;

    use super::Call;
    use crate::node::Node;
    use crate::{Scalar, Tape, Value, tape};

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
    pub(crate) struct Trace {
        locations: RefCell<Vec<&'static Location<'static>>>,
        first: RefCell<Option<NonFinite>>,
        found: Cell<bool>,
    }

    impl Trace {
        /// `count` nodes were made.
        #[track_caller]
        pub(crate) fn push(&self, count: usize) {
            let mut locations = self.locations.borrow_mut();
            let len = locations.len() + count;
            locations.resize(len, Location::caller());
        }

        pub(crate) fn clear(&self) {
            self.locations.borrow_mut().clear();
            *self.first.borrow_mut() = None;
            self.found.set(false);
        }

        fn note(&self, what: What, location: &'static Location<'static>) {
            if !self.found.replace(true) {
                *self.first.borrow_mut() = Some(NonFinite { what, location });
            }
        }

        /// The sweep is over.
        pub(crate) fn watch_adjoints<T: Scalar>(&self, adjoints: &[T]) {
            if let Some(node) = adjoints.iter().rposition(|adjoint| !adjoint.is_finite()) {
                let location = self.locations.borrow()[node];
                self.note(What::Adjoint(adjoints[node].to_f64()), location);
            }
        }
    }

    /// Notes what is the first not to be finite: a partial, each given with the slope of its operand, or the slope of
    /// the result. What comes from something that was not finite already is not the first.
    #[inline(never)]
    #[track_caller]
    pub(crate) fn watch<T: Scalar>(node: Node, partials: &[(T, T)], slope: Option<T>, call: impl FnOnce() -> Call) {
        if node.is_constant() || partials.iter().any(|(_, slope)| !slope.is_finite()) {
            return;
        }
        let partial = partials.iter().find(|(partial, _)| !partial.is_finite());
        let what = match (partial, slope.filter(|slope| !slope.is_finite())) {
            (Some((partial, _)), _) => What::Partial(call(), partial.to_f64()),
            (None, Some(slope)) => What::Slope(call(), slope.to_f64()),
            (None, None) => return,
        };
        if let Some(tape) = tape::hold_if_alive::<T>(node) {
            tape.trace.note(what, Location::caller());
        }
    }

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
            self.inner.trace.locations.borrow().get(index as usize).copied()
        }

        /// The first partial or slope since the tape was made or cleared that was not finite, or, if all were, the
        /// first such derivative in a sweep.
        ///
        /// This is the way to find out where a NaN in a gradient comes from. Iterators do not hand on who called their
        /// `sum` and `product`, so that these are found in a line of the standard library; `Value::sum(iterator)` with
        /// the trait [`Sum`](std::iter::Sum), and in the same way `product`, are found in your own.
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
            self.inner.trace.first.borrow().clone()
        }
    }
}
