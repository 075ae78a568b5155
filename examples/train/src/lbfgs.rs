//! L-BFGS, by `argmin`: each step searches along a line, on all rows.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Gradient, IterState, Problem, Solver, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use gradtape::nn::Optimizer;
use gradtape::{Objective, Plain};

use crate::run::{number, plain};

type Point = Vec<f64>;
type Search = LBFGS<MoreThuenteLineSearch<Point, Point, f64>, Point, Point, f64>;
/// Value and gradient at a point.
type Evaluate<'a> = &'a dyn Fn(&[f64]) -> Result<(f64, Point), Error>;
type Iteration = IterState<Point, Point, (), (), (), f64>;

/// How many steps the estimate of the curvature remembers.
const MEMORY: usize = 10;

/// An optimiser that makes whole steps, by [`descend`](Optimizer::descend). It minimises the objective plus `decay / 2` times the
/// squares of all parameters, whose gradient is the one that weight decay adds in other optimisers. It computes in f64. Where it
/// has converged, or no point along the line is better, nothing changes.
pub(crate) struct Lbfgs {
    decay: f64,
    search: Search,
    /// What the last step left; none before the first.
    iteration: Option<Iteration>,
}

impl Lbfgs {
    pub(crate) fn new(decay: f64) -> Self {
        Self { decay, search: LBFGS::new(MoreThuenteLineSearch::new(), MEMORY), iteration: None }
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
        unreachable!("a search along a line needs the objective");
    }

    /// Steps have the length that the search finds.
    fn set_rate(&mut self, _: T) {}

    fn descend(
        &mut self,
        objective: &dyn Objective<T>,
        parameters: &mut [T],
        gradient: &mut [T],
    ) -> Result<T, gradtape::Error> {
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
            let x: Vec<T> = x.iter().map(|&x| number(x)).collect();
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
                parameters.iter_mut().zip(next).for_each(|(w, &x)| *w = number(x));
                self.iteration = Some(iteration);
            }
            _ => *self = Self::new(decay),
        }
        Ok(value)
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
