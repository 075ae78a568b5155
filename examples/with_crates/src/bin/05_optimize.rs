//! Lesson 5: the optimisers of `argmin`, with gradients and Hessians of this crate.
//!
//! [`Problem`] makes a problem of argmin from any [`Function`]. The lesson minimises Rosenbrock's function of ten
//! variables with L-BFGS and with Newton's method in a trust region. It prints the minima and the numbers of gradients
//! and Hessians.

use argmin::core::{CostFunction, Error, Executor, Gradient, Hessian, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use argmin::solver::trustregion::{Steihaug, TrustRegion};
use gradtape::{Function, Real, function};

/// A function in the form that argmin takes.
struct Problem<G>(G);

impl<G: Function> CostFunction for Problem<G> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.0.value(x))
    }
}

impl<G: Function> Gradient for Problem<G> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.0.gradient(x))
    }
}

impl<G: Function> Hessian for Problem<G> {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, x: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        Ok(self.0.hessian(x))
    }
}

/// A curved valley with the minimum 0 where all variables are 1.
fn rosenbrock<F: Real<Plain = f64>>(x: &[F]) -> F {
    x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2) * 100.0 + (-x[0] + 1.0).powi(2)).sum()
}

fn main() -> Result<(), Error> {
    let start = vec![1.3, 0.7, 0.8, 1.9, 1.2, 0.9, 1.1, 0.6, 1.4, 1.0];
    let problem = || Problem(function!(rosenbrock));

    let run = Executor::new(problem(), LBFGS::new(MoreThuenteLineSearch::new(), 7));
    let lbfgs =
        run.configure(|state| state.param(start.clone()).target_cost(1e-14).max_iters(200).counting(true)).run()?;

    let run = Executor::new(problem(), TrustRegion::new(Steihaug::new().with_max_iters(10)));
    let newton = run.configure(|state| state.param(start).target_cost(1e-14).max_iters(50).counting(true)).run()?;

    for (name, best, counts) in [
        ("L-BFGS", lbfgs.state.get_best_param(), lbfgs.state.get_func_counts()),
        ("Newton", newton.state.get_best_param(), newton.state.get_func_counts()),
    ] {
        let count = |what| counts.get(what).copied().unwrap_or(0);
        let (gradients, hessians) = (count("gradient_count"), count("hessian_count"));
        let best = best.expect("a solver that ran has a best point");
        println!("{name}: {best:.6?} after {gradients} gradients and {hessians} Hessians");
        assert!(best.iter().all(|x| (x - 1.0).abs() < 1e-6), "{name}");
        assert!(gradients < if hessians > 0 { 20 } else { 300 }, "{name}");
    }
    Ok(())
}
