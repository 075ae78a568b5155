//! Functions that are recorded once, and evaluated element by element.

use std::cell::Cell;
use std::fmt;

use super::{Driver, Function};
use crate::program::elements::gradient::{Branched, GradientPlan};
use crate::program::{Precision, Program};

/// A function that is recorded at its first point. Later points run the recording, whose repeated parts are found and
/// computed in vector lanes.
///
/// Most functions of many inputs are sums of a few small functions of a few inputs each, called again and again: a loss over
/// samples, an energy over springs, residuals over observations.
///
/// The methods are those of a [`Driver`], with the same results within rounding, and return what a driver returns where
/// nothing is repeated: then the driver computes it. If a comparison comes out otherwise than at the recorded point, the
/// function is recorded anew.
///
/// # Examples
///
/// ```
/// use gradtape::{Compiled, function};
///
/// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2)).sum::<F>()));
/// let (x, mut gradient) = (vec![2.0; 1000], vec![0.0; 1000]);
/// assert_eq!(chain.gradient(&x, &mut gradient), 4.0 * 999.0);
/// assert_eq!(gradient[..2], [16.0, 12.0]);
/// ```
pub struct Compiled<F, T = f64> {
    driver: Driver<F>,
    /// A call takes the recording out and puts it back.
    recording: Cell<Recording<T>>,
}

/// What was found in the function.
struct Recording<T> {
    gradient: Option<Found<GradientPlan<T>>>,
    statistics: Statistics,
}

/// A plan for a number of inputs, if there is one that pays.
struct Found<P> {
    inputs: usize,
    plan: Option<Box<P>>,
}

/// How often a [`Compiled`] function was recorded and evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// How often it was evaluated.
    pub evaluations: usize,
    /// How often it was recorded.
    pub recordings: usize,
    /// How many evaluations the driver made.
    pub by_driver: usize,
}

impl Statistics {
    /// Whether branches are so rare that recording anew pays.
    fn may_record(&self) -> bool {
        self.recordings < 4 || self.recordings * 8 < self.evaluations
    }
}

impl<T> Default for Recording<T> {
    fn default() -> Self {
        Self { gradient: None, statistics: Statistics::default() }
    }
}

impl<F, T> Compiled<F, T> {
    /// A function that is recorded when it is evaluated first.
    #[must_use]
    pub const fn new(function: F) -> Self {
        let recording = Recording {
            gradient: None,
            statistics: Statistics { evaluations: 0, recordings: 0, by_driver: 0 },
        };
        Self { driver: Driver::new(function), recording: Cell::new(recording) }
    }

    /// The function.
    pub fn function(&self) -> &F {
        self.driver.function()
    }

    /// How often the function was recorded and evaluated.
    pub fn statistics(&self) -> Statistics {
        let recording = self.recording.take();
        let statistics = recording.statistics;
        self.recording.set(recording);
        statistics
    }
}

impl<F, T: Precision> Compiled<F, T> {
    /// Returns the value at `x`, and writes the gradient to `gradient`.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`.
    #[track_caller]
    pub fn gradient(&self, x: &[T], gradient: &mut [T]) -> T
    where
        F: Function<T>,
    {
        let mut recording = self.recording.take();
        let Recording { gradient: found, statistics } = &mut recording;
        let value = evaluate(
            found,
            statistics,
            x.len(),
            || GradientPlan::of(&Program::record(|x| self.function().eval(x), x).into_needed()),
            |plan| plan.gradient(x, gradient),
        );
        self.recording.set(recording);
        value.unwrap_or_else(|| self.driver.gradient(x, gradient))
    }
}

/// Evaluates the plan that was found before, or finds one. None if there is none, or if branches change too often.
fn evaluate<P, R>(
    found: &mut Option<Found<P>>,
    statistics: &mut Statistics,
    inputs: usize,
    find: impl Fn() -> Option<P>,
    mut evaluate: impl FnMut(&mut P) -> Result<R, Branched>,
) -> Option<R> {
    statistics.evaluations += 1;
    if found.as_ref().is_some_and(|found| found.inputs != inputs) {
        *found = None;
    }
    for _ in 0..2 {
        let found = found.get_or_insert_with(|| {
            statistics.recordings += 1;
            Found { inputs, plan: find().map(Box::new) }
        });
        let Some(plan) = &mut found.plan else { break };
        if let Ok(result) = evaluate(plan) {
            return Some(result);
        }
        if !statistics.may_record() {
            break;
        }
        statistics.recordings += 1;
        found.plan = find().map(Box::new);
    }
    statistics.by_driver += 1;
    None
}

impl<F: fmt::Debug, T> fmt::Debug for Compiled<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("function", self.function())
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
