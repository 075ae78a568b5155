//! Lesson 8: derivatives of the solution of a differential equation by its parameters, with the solvers of
//! `ode_solvers`.
//!
//! The right-hand side `f(y, p)` is written once. Besides `y`, the solver integrates the sensitivities `s = dy/dp`.
//! Their equation `ds/dt = ∂f/∂y s + ∂f/∂p` is a derivative along a direction. The second way is a solver of your own
//! over [`Dual`] numbers. The lesson prints foxes and hares after ten years, their sensitivities, and the difference of
//! the two ways.

use gradtape::{Driver, Dual, Real, VectorFunction};
use ode_solvers::{DVector, Dop853, OutputType, System};

/// The Lotka-Volterra equations; the inputs are hares, foxes, and four parameters.
struct LotkaVolterra;

const STATES: usize = 2;
const PARAMETERS: usize = 4;

impl VectorFunction for LotkaVolterra {
    fn outputs(&self, _inputs: usize) -> usize {
        STATES
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], slopes: &mut [F]) {
        let (hares, foxes, p) = (x[0], x[1], &x[STATES..]);
        slopes[0] = (p[0] - p[1] * foxes) * hares;
        slopes[1] = (p[3] * hares - p[2]) * foxes;
    }
}

/// The states, then the sensitivities of all states by each parameter.
struct WithSensitivities<G> {
    f: Driver<G>,
    p: [f64; PARAMETERS],
}

impl<G: VectorFunction> System<f64, DVector<f64>> for WithSensitivities<G> {
    fn system(&self, _time: f64, all: &DVector<f64>, slopes: &mut DVector<f64>) {
        let (y, sensitivities) = all.as_slice().split_at(STATES);
        let (y_slope, slopes) = slopes.as_mut_slice().split_at_mut(STATES);
        let x = [y, &self.p].concat();
        for (k, (s, slope)) in sensitivities.chunks(STATES).zip(slopes.chunks_mut(STATES)).enumerate() {
            let mut direction = [s, &[0.0; PARAMETERS]].concat();
            direction[STATES + k] = 1.0;
            self.f.jvp(&x, &direction, y_slope, slope);
        }
    }
}

/// A Runge-Kutta step over any number.
fn step<F: Real<Plain = f64>>(y: [F; STATES], p: [F; PARAMETERS], h: f64) -> [F; STATES] {
    let slope = |y: [F; STATES]| {
        let mut slopes = [F::zero(); STATES];
        LotkaVolterra.eval(&[y[0], y[1], p[0], p[1], p[2], p[3]], &mut slopes);
        slopes
    };
    let state_after = |k: [F; STATES], h: f64| std::array::from_fn(|i| y[i] + k[i] * h);
    let k1 = slope(y);
    let k2 = slope(state_after(k1, h / 2.0));
    let k3 = slope(state_after(k2, h / 2.0));
    let k4 = slope(state_after(k3, h));
    std::array::from_fn(|i| y[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (h / 6.0))
}

fn main() {
    let (start, p, end) = ([10.0, 5.0], [1.1, 0.4, 0.4, 0.1], 10.0);
    let mut all = DVector::zeros(STATES * (1 + PARAMETERS));
    all.as_mut_slice()[..STATES].copy_from_slice(&start);
    let system = WithSensitivities { f: Driver::new(LotkaVolterra), p };
    let mut solver = Dop853::new(system, 0.0, end, end, all, 1e-12, 1e-12);
    solver.set_output(OutputType::Sparse); // after each step of the solver, and so at the end
    solver.integrate().expect("the equations are smooth");
    let solved = solver.y_out().last().expect("the end is put out");

    let (p, steps) = (Dual::vars(p), 4000);
    let y = (0..steps).fold(start.map(Dual::constant), |y, _| step(y, p, end / f64::from(steps)));
    for (i, name) in ["hares", "foxes"].into_iter().enumerate() {
        let sensitivities: Vec<f64> = (0..PARAMETERS).map(|k| solved[STATES * (1 + k) + i]).collect();
        let worst = sensitivities.iter().zip(y[i].tangents()).map(|(s, t)| (s - t).abs()).fold(0.0, f64::max);
        println!("{name}: {:.6}, by the parameters {sensitivities:.6?}, off by {worst:.1e}", solved[i]);
        assert!((solved[i] - y[i].data()).abs() < 1e-8 && worst < 1e-7);
    }
}
