//! Lesson 5: the optimisers of `argmin`, with gradients and Hessians of this crate.
//!
//! [`Problem`] makes a problem of argmin from any [`Objective`]. Its Hessian may be a matrix; for few variables, a
//! closure over an array has it in one evaluation. It may also be [`HessianAt`], which only multiplies vectors: so
//! Newton's method needs no matrix. The lesson minimises Rosenbrock's function of 10 and of 1000 variables with L-BFGS
//! and with Newton's method in a trust region. It prints how many gradients and Hessians argmin asked for.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient, Hessian, IterState, Solver, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use argmin::solver::trustregion::{Steihaug, TrustRegion};
use argmin_math::ArgminDot;
use gradtape::{Driver, Function, Objective, Real, forward, function};

/// An objective in the form that argmin takes, with a closure for the Hessian.
struct Problem<'a, O, M> {
    objective: &'a O,
    hessian: M,
    /// A point, its value and its gradient: at the same point, argmin asks for the one, then for the other.
    last: RefCell<(Vec<f64>, f64, Vec<f64>)>,
}

impl<'a, O: Objective, M> Problem<'a, O, M> {
    fn new(objective: &'a O, hessian: M) -> Self {
        Self { objective, hessian, last: RefCell::default() }
    }

    fn value_and_gradient(&self, x: &[f64]) -> Result<(f64, Vec<f64>), Error> {
        let mut last = self.last.borrow_mut();
        if last.0 != x {
            let mut gradient = vec![0.0; x.len()];
            *last = (x.to_vec(), self.objective.value_and_gradient(x, &mut gradient)?, gradient);
        }
        Ok((last.1, last.2.clone()))
    }
}

impl<O: Objective, M> CostFunction for Problem<'_, O, M> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.value_and_gradient(x)?.0)
    }
}

impl<O: Objective, M> Gradient for Problem<'_, O, M> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.value_and_gradient(x)?.1)
    }
}

impl<O, H, M: Fn(&[f64]) -> H> Hessian for Problem<'_, O, M> {
    type Param = Vec<f64>;
    type Hessian = H;

    fn hessian(&self, x: &Vec<f64>) -> Result<H, Error> {
        Ok((self.hessian)(x))
    }
}

/// The Hessian at a point, as an operator.
#[derive(Clone)]
struct HessianAt<'a, F> {
    driver: &'a Driver<F>,
    x: Vec<f64>,
}

impl<F: Function> ArgminDot<Vec<f64>, Vec<f64>> for HessianAt<'_, F> {
    fn dot(&self, v: &Vec<f64>) -> Vec<f64> {
        let mut product = vec![0.0; v.len()];
        self.driver.hvp(&self.x, v, &mut product);
        product
    }
}

/// A curved valley with the minimum 0 where all variables are 1.
fn rosenbrock<F: Real<Plain = f64>>(x: &[F]) -> F {
    x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2) * 100.0 + (-x[0] + 1.0).powi(2)).sum()
}

/// The state of a solver, with a Hessian of type `H`.
type Iterations<H> = IterState<Vec<f64>, Vec<f64>, (), H, (), f64>;

/// Runs a solver to the minimum. Prints and returns the numbers of gradients and Hessians.
fn minimize<P, H, S: Solver<P, Iterations<H>>>(
    name: &str,
    problem: P,
    solver: S,
    start: &[f64],
) -> Result<[u64; 2], Error> {
    let run = Executor::new(problem, solver);
    let run = run.configure(|state| state.param(start.to_vec()).target_cost(1e-14).max_iters(200).counting(true));
    let state = run.run()?.state;
    let counts = ["gradient_count", "hessian_count"].map(|what| state.get_func_counts().get(what).map_or(0, |&n| n));
    let best = state.get_best_param().expect("a solver that ran has a best point");
    println!("{} variables, {name}: {} gradients, {} Hessians", start.len(), counts[0], counts[1]);
    assert!(best.iter().all(|x| (x - 1.0).abs() < 1e-6), "{name}");
    Ok(counts)
}

fn main() -> Result<(), Error> {
    let driver = Driver::new(function!(rosenbrock));
    let matrix = |x: &[f64]| driver.function().hessian(x);
    let operator = |x: &[f64]| HessianAt { driver: &driver, x: x.to_vec() };
    let lbfgs = || LBFGS::new(MoreThuenteLineSearch::new(), 7);
    let newton = || TrustRegion::new(Steihaug::new().with_max_iters(30));

    let in_one_pass = |x: &[f64]| {
        let x: [f64; 10] = x.try_into().expect("it is for ten variables");
        forward::hessian(|x| rosenbrock(&x), x).2.map(|row| row.to_vec()).to_vec()
    };

    let few = [1.3, 0.7, 0.8, 1.9, 1.2, 0.9, 1.1, 0.6, 1.4, 1.0];
    let many: Vec<_> = (0..1000).map(|i| 1.0 + 0.3 * f64::from(i).sin()).collect();
    let by_matrix = minimize("Newton by matrices", Problem::new(&driver, matrix), newton(), &few)?;
    let by_pass = minimize("Newton by matrices in one pass", Problem::new(&driver, in_one_pass), newton(), &few)?;
    assert_eq!(by_pass, by_matrix);
    for start in [&few[..], &many] {
        let [gradients, _] = minimize("L-BFGS", Problem::new(&driver, ()), lbfgs(), start)?;
        let by_products = minimize("Newton by products", Problem::new(&driver, operator), newton(), start)?;
        assert!(gradients < 300 && by_products[1] < 20);
        assert!(start.len() > 10 || by_products == by_matrix);
    }
    Ok(())
}
