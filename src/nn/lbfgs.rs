//! L-BFGS, by `argmin`: each step searches along a line, on all rows.

use std::cell::RefCell;
use std::fmt;

use argmin::core::{CostFunction, Error, Gradient, IterState, Problem, Solver, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::optim::Optimizer;
use crate::function::Objective;
use crate::number::Plain;
use crate::ops::rules::constant;

type Point = Vec<f64>;
type Search = LBFGS<MoreThuenteLineSearch<Point, Point, f64>, Point, Point, f64>;
/// Value and gradient at a point.
type Evaluate<'a> = &'a dyn Fn(&[f64]) -> Result<(f64, Point), Error>;
type Iteration = IterState<Point, Point, (), (), (), f64>;

/// How many steps the estimate of the curvature remembers.
const MEMORY: usize = 10;

/// L-BFGS, by the crate `argmin`. Each step goes along a line, in the direction that the last 10 steps and gradients
/// suggest, to a point that meets the conditions of Moré and Thuente. Source: D. C. Liu, J. Nocedal, On the limited
/// memory BFGS method for large scale optimization, 1989.
///
/// The objective must be the same in all steps: the loss of all rows, not of a mini-batch. A step takes several
/// evaluations. It computes in f64. Where it has converged, or no point along the line is better, nothing changes.
///
/// # Panics
///
/// It makes steps by [`descend`](Optimizer::descend) alone; [`step`](Optimizer::step), which has no objective, panics.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Lbfgs, Optimizer};
/// use gradtape::{Driver, function};
///
/// let valley = Driver::new(function!(|x| (x[1] - x[0] * x[0]).powi(2) * 100.0 + (-x[0] + 1.0).powi(2)));
/// let (mut lbfgs, mut x, mut gradient) = (Lbfgs::new(), [-1.2, 1.0], [0.0; 2]);
/// for _ in 0..50 {
///     lbfgs.descend(&valley, &mut x, &mut gradient)?;
/// }
/// assert!((x[0] - 1.0).abs() < 1e-9 && (x[1] - 1.0).abs() < 1e-9);
/// # Ok::<(), gradtape::Error>(())
/// ```
pub struct Lbfgs {
    decay: f64,
    search: Search,
    /// What the last step left; none before the first.
    iteration: Option<Iteration>,
}

impl Lbfgs {
    /// Without weight decay.
    #[must_use]
    pub fn new() -> Self {
        Self { decay: 0.0, search: LBFGS::new(MoreThuenteLineSearch::new(), MEMORY), iteration: None }
    }

    /// Minimises the objective plus `decay / 2` times the squares of all parameters, whose gradient is the one that
    /// weight decay adds in other optimisers.
    #[must_use]
    pub fn with_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }

    /// Whether the gradient, or what the last step gained, is below the accuracy of f64.
    fn has_converged(&mut self) -> bool {
        let Self { search, iteration, .. } = self;
        let mut status = |iteration| Solver::<Loss<'_>, Iteration>::terminate(search, iteration);
        iteration.as_ref().is_some_and(|iteration| status(iteration).terminated())
    }

    /// One step from a point.
    fn step_from(&mut self, start: &[f64], loss: &mut Problem<Loss<'_>>) -> Result<Iteration, Error> {
        let iteration = match self.iteration.take() {
            Some(iteration) => iteration,
            None => self.search.init(loss, Iteration::new().param(start.to_vec()))?.0,
        };
        let (mut iteration, _) = self.search.next_iter(loss, iteration)?;
        iteration.increment_iter();
        Ok(iteration)
    }
}

impl<T: Plain> Optimizer<T> for Lbfgs {
    fn step(&mut self, _: &mut [T], _: &[T]) {
        panic!("`Lbfgs` searches along a line, which needs the objective; call `descend`");
    }

    /// Steps have the length that the search finds.
    fn set_rate(&mut self, _: T) {}

    fn descend(
        &mut self,
        objective: &dyn Objective<T>,
        parameters: &mut [T],
        gradient: &mut [T],
    ) -> Result<T, crate::error::Error> {
        let value = objective.value_and_gradient(parameters, gradient)?;
        if !value.is_finite() || self.has_converged() {
            return Ok(value);
        }
        let all_plain = |x: &[T]| x.iter().map(|&x| plain(x)).collect::<Vec<f64>>();
        let start = all_plain(parameters);
        let decay = self.decay;
        let penalized = |x: &[f64], value: f64, mut gradient: Point| {
            gradient.iter_mut().zip(x).for_each(|(slope, x)| *slope += decay * x);
            (value + decay / 2.0 * x.iter().map(|x| x * x).sum::<f64>(), gradient)
        };
        let failure = RefCell::new(None);
        let evaluate = |x: &[f64]| {
            let x: Vec<T> = x.iter().map(|&x| constant(x)).collect();
            let mut gradient = vec![T::zero(); x.len()];
            let value = objective.value_and_gradient(&x, &mut gradient).map_err(|error| {
                *failure.borrow_mut() = Some(error);
                Error::msg("the objective failed")
            })?;
            let value = Some(plain(value)).filter(|value| value.is_finite());
            let value = value.ok_or_else(|| Error::msg("the loss is not a finite number"))?;
            Ok(penalized(&all_plain(&x), value, all_plain(&gradient)))
        };
        let (value_at_start, gradient_at_start) = penalized(&start, plain(value), all_plain(gradient));
        let last = RefCell::new((start.clone(), value_at_start, gradient_at_start));
        let step = self.step_from(&start, &mut Problem::new(Loss { evaluate: &evaluate, last: &last }));
        if let Some(error) = failure.into_inner() {
            return Err(error);
        }
        match step {
            Ok(iteration) if !iteration.terminated() => {
                let next = iteration.get_param().expect("a step ends at a point");
                parameters.iter_mut().zip(next).for_each(|(w, &x)| *w = constant(x));
                self.iteration = Some(iteration);
            }
            _ => self.iteration = None,
        }
        Ok(value)
    }
}

/// `x` as f64.
fn plain<T: Plain>(x: T) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Lbfgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lbfgs").field("decay", &self.decay).finish_non_exhaustive()
    }
}

/// The loss as `argmin` asks for it: at one point for the value, then for the gradient.
struct Loss<'a> {
    evaluate: Evaluate<'a>,
    /// A point, its value and its gradient.
    last: &'a RefCell<(Point, f64, Point)>,
}

impl Loss<'_> {
    fn at<R>(&self, x: &Point, f: impl FnOnce(f64, &Point) -> R) -> Result<R, Error> {
        let mut last = self.last.borrow_mut();
        if last.0 != *x {
            let (value, gradient) = (self.evaluate)(x)?;
            *last = (x.clone(), value, gradient);
        }
        Ok(f(last.1, &last.2))
    }
}

impl CostFunction for Loss<'_> {
    type Param = Point;
    type Output = f64;

    fn cost(&self, x: &Point) -> Result<f64, Error> {
        self.at(x, |value, _| value)
    }
}

impl Gradient for Loss<'_> {
    type Param = Point;
    type Gradient = Point;

    fn gradient(&self, x: &Point) -> Result<Point, Error> {
        self.at(x, |_, gradient| gradient.clone())
    }
}
