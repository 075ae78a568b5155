//! Lesson 15: a differential equation by Taylor series: `cargo run --release --example 15_taylor`.
//!
//! A planet on an ellipse, from the right-hand side of its equation alone. In each step, [`Jet`]s expand the solution:
//! if its coefficients up to `k` are known, those of the right-hand side are, too, and they are `(k + 1)` times the
//! next ones. With order 20, a step is long, and as accurate as the numbers are. The lesson prints the energy after
//! each ten periods.
//!
//! A jet over a [`Dual`] differentiates each step: here, the place after one period by the speed at its start.

use std::f64::consts::{PI, TAU};

use gradtape::{Dual, Jet, Number, Real};

/// The number of Taylor coefficients.
const N: usize = 21;

/// Place and velocity. The body attracts the planet from the origin.
type State<T> = [T; 4];

/// The derivative of a state by time.
fn motion<F: Real<Plain = f64>>([x, y, vx, vy]: State<F>) -> State<F> {
    let square = x * x + y * y;
    let pull = -(square * square.sqrt()).recip();
    [vx, vy, x * pull, y * pull]
}

/// The Taylor series of the solution that starts at a state.
fn solution<T: Number<Plain = f64>>(start: State<T>) -> State<Jet<T, N>>
where
    Jet<T, N>: Real<Plain = f64>,
{
    let mut series = start.map(Jet::constant);
    for k in 1..N {
        let slopes = motion(series);
        for (series, slope) in series.iter_mut().zip(slopes) {
            let mut coefficients = series.coefficients();
            coefficients[k] = slope.coefficients()[k - 1] / T::from(k).expect("a small number");
            *series = Jet::new(coefficients);
        }
    }
    series
}

/// The step for which the last term is negligible beside the state.
fn step(series: &State<Jet<f64, N>>) -> f64 {
    let size = |k: usize| series.iter().map(|series| series.coefficients()[k].abs()).fold(0.0, f64::max);
    (1e-18 * size(0) / size(N - 1)).powf(1.0 / 20.0)
}

fn energy([x, y, vx, vy]: State<f64>) -> f64 {
    0.5 * (vx * vx + vy * vy) - x.hypot(y).recip()
}

fn main() {
    // The point of an ellipse of size 1 and eccentricity 1/2 that is nearest to the origin. A period takes 2π.
    let start = [0.5, 0.0, 0.0, 3.0_f64.sqrt()];
    let (mut state, mut time, mut steps) = (start, 0.0, 0);
    for periods in (10..=100).step_by(10) {
        let end = f64::from(periods) * TAU;
        while time < end {
            let series = solution(state);
            let h = step(&series).min(end - time);
            state = series.map(|series| series.at(h));
            (time, steps) = (time + h, steps + 1);
        }
        let error = (energy(state) / energy(start) - 1.0).abs();
        println!("{periods:>3} periods, {steps:>4} steps: relative error of the energy {error:.1e}");
        assert!(error < 1e-13);
    }

    // One period later, the planet is where it was. If it is faster by dv, its period is longer by 6π √3 dv, and it is
    // behind by as much time.
    let [speed_up] = [Dual::var(start[3])];
    let mut state = [start[0].into(), start[1].into(), start[2].into(), speed_up];
    for _ in 0..64 {
        state = solution(state).map(|series| series.at(Dual::from(TAU / 64.0)));
    }
    let by_speed = state[1].tangent();
    println!("the place after a period by the speed at its start: {by_speed:.9}, expected {:.9}", -18.0 * PI);
    assert!((by_speed + 18.0 * PI).abs() < 1e-10);
}
