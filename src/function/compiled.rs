//! Functions that are recorded once, and evaluated element by element.

use std::cell::Cell;
use std::fmt;

use super::drive::{assert_direction, assert_gradient, assert_product};
use super::jacobian::assert_outputs;
use super::vector::results;
use super::{Driver, Function, VectorFunction};
use crate::program::elements::gradient::{Branched, GradientPlan};
use crate::program::elements::matrix::{MatrixPlan, Wanted};
use crate::program::graph::Graph;
use crate::program::{Precision, Program};
use crate::sparse::Csr;

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
    /// Whether the recording runs even where the driver would be faster.
    without_driver: bool,
    /// A call takes the recording out and puts it back.
    recording: Cell<Recording<T>>,
}

/// What was found in the function.
struct Recording<T> {
    gradient: Option<Found<GradientPlan<T>>>,
    jacobian: Option<Found<MatrixPlan<T>>>,
    hessian: Option<Found<MatrixPlan<T>>>,
    hessian_times_vector: Option<Found<MatrixPlan<T>>>,
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

impl<T> Recording<T> {
    const NEW: Self = Self {
        gradient: None,
        jacobian: None,
        hessian: None,
        hessian_times_vector: None,
        statistics: Statistics { evaluations: 0, recordings: 0, by_driver: 0 },
    };
}

impl<T> Default for Recording<T> {
    fn default() -> Self {
        Self::NEW
    }
}

impl<F, T> Compiled<F, T> {
    /// A function that is recorded when it is evaluated first.
    #[must_use]
    pub const fn new(function: F) -> Self {
        Self { driver: Driver::new(function), without_driver: false, recording: Cell::new(Recording::NEW) }
    }

    /// The same, but the recording runs even where the driver would be faster: for tests and comparisons.
    #[must_use]
    pub fn without_driver(self) -> Self {
        Self { without_driver: true, ..self }
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
    /// Evaluates a plan of the function, which is recorded if there is none yet.
    fn evaluate<P, R>(
        &self,
        inputs: usize,
        plan: impl Fn(&mut Recording<T>) -> &mut Option<Found<P>>,
        find: impl Fn() -> Option<P>,
        evaluate: impl FnMut(&mut P) -> Result<R, Branched>,
    ) -> Option<R> {
        let mut recording = self.recording.take();
        let (mut found, mut statistics) = (plan(&mut recording).take(), recording.statistics);
        let result = evaluate_or_find(&mut found, &mut statistics, inputs, find, evaluate);
        *plan(&mut recording) = found;
        recording.statistics = statistics;
        self.recording.set(recording);
        result
    }

    fn recorded(&self, x: &[T]) -> Graph<T>
    where
        F: Function<T>,
    {
        Program::record(|x| self.function().eval(x), x).into_needed()
    }

    /// The value at `x`.
    pub fn value(&self, x: &[T]) -> T
    where
        F: Function<T>,
    {
        let find = || GradientPlan::of(&self.recorded(x), self.without_driver);
        let value = self.evaluate(x.len(), |recording| &mut recording.gradient, find, |plan| plan.value(x));
        value.unwrap_or_else(|| self.function().value(x))
    }

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
        assert_gradient(x, gradient);
        let find = || GradientPlan::of(&self.recorded(x), self.without_driver);
        let value =
            self.evaluate(x.len(), |recording| &mut recording.gradient, find, |plan| plan.gradient(x, gradient));
        value.unwrap_or_else(|| self.driver.gradient(x, gradient))
    }

    /// Writes the Hessian at `x` times `v` to `product`.
    ///
    /// # Panics
    ///
    /// If the lengths of `x`, `v` and `product` differ.
    #[track_caller]
    pub fn hvp(&self, x: &[T], v: &[T], product: &mut [T])
    where
        F: Function<T>,
    {
        assert_product(x, product);
        assert_direction(x, v);
        let find = || MatrixPlan::of(&self.recorded(x), Wanted::HessianTimesVector);
        let done = self.evaluate(
            x.len(),
            |recording| &mut recording.hessian_times_vector,
            find,
            |plan| plan.product(x, v, product),
        );
        if done.is_none() {
            self.driver.hvp(x, v, product);
        }
    }

    /// Returns the value at `x`, and writes the gradient and the Hessian, which gets its pattern. Both triangles are
    /// stored.
    ///
    /// # Panics
    ///
    /// If the length of `gradient` is not that of `x`.
    #[track_caller]
    pub fn sparse_hessian(&self, x: &[T], gradient: &mut [T], hessian: &mut Csr<T>) -> T
    where
        F: Function<T>,
    {
        let find = || MatrixPlan::of(&self.recorded(x), Wanted::Hessian);
        let done =
            self.evaluate(x.len(), |recording| &mut recording.hessian, find, |plan| plan.matrix(x, &mut [], hessian));
        match done {
            Some(()) => self.gradient(x, gradient),
            None => self.driver.sparse_hessian(x, gradient, hessian),
        }
    }

    /// Writes the results at `x` to `y`, and the Jacobian, which gets its pattern.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not the number of outputs.
    #[track_caller]
    pub fn sparse_jacobian(&self, x: &[T], y: &mut [T], jacobian: &mut Csr<T>)
    where
        F: VectorFunction<T>,
    {
        assert_outputs(self.function(), x, y);
        let find = || {
            let graph = Program::record(|x| results(self.function(), x), x).into_needed();
            MatrixPlan::of(&graph, Wanted::Jacobian)
        };
        let done =
            self.evaluate(x.len(), |recording| &mut recording.jacobian, find, |plan| plan.matrix(x, y, jacobian));
        if done.is_none() {
            self.driver.sparse_jacobian(x, y, jacobian);
        }
    }
}

/// Evaluates the plan that was found before, or finds one. None if there is none, or if branches change too often.
fn evaluate_or_find<P, R>(
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
