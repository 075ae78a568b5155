//! Lesson 10: gradients of long computations in little memory: `cargo run --release --example 10_checkpoints`.
//!
//! The predator-prey equations, x' = a x - b x y and y' = -c y + d x y, by the classic Runge-Kutta method. The gradient
//! of the final x + y by the four coefficients and the initial state is computed in four ways: with every operation on
//! the tape, with only the Jacobian of each step on the tape, and each of these with checkpoints.

use std::time::Instant;

use gradtape::{Driver, Real, Tape, Value, VectorFunction, checkpoint_loop};

const DT: f64 = 0.001;

/// One time step `DT`. The inputs are x, y, a, b, c, d.
struct Step;

impl VectorFunction for Step {
    fn outputs(&self, _: usize) -> usize {
        2
    }

    fn eval<F: Real<Plain = f64>>(&self, s: &[F], next: &mut [F]) {
        let slopes = |x: F, y: F| [s[2] * x - s[3] * x * y, s[5] * x * y - s[4] * y];
        let slopes_after = |time: f64, k: [F; 2]| slopes(s[0] + k[0] * time, s[1] + k[1] * time);
        let k1 = slopes(s[0], s[1]);
        let k2 = slopes_after(DT / 2.0, k1);
        let k3 = slopes_after(DT / 2.0, k2);
        let k4 = slopes_after(DT, k3);
        for i in 0..2 {
            next[i] = s[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (DT / 6.0);
        }
    }
}

/// A step of the loop on a tape: all its operations, or its Jacobian.
type OneStep = fn(&Driver<Step>, [Value<f64>; 2], &[Value<f64>]) -> [Value<f64>; 2];

fn recorded(step: &Driver<Step>, [x, y]: [Value<f64>; 2], p: &[Value<f64>]) -> [Value<f64>; 2] {
    let mut next = [x, y];
    step.function().eval(&[x, y, p[0], p[1], p[2], p[3]], &mut next);
    next
}

fn preaccumulated(step: &Driver<Step>, [x, y]: [Value<f64>; 2], p: &[Value<f64>]) -> [Value<f64>; 2] {
    let mut next = [x, y];
    step.preaccumulate(&[x, y, p[0], p[1], p[2], p[3]], &mut next);
    next
}

fn main() {
    let (state, p) = ([1.0, 1.0], [1.5, 1.0, 3.0, 1.0]);
    for steps in [10_000, 1_000_000] {
        let (time, driver, mut next) = (Instant::now(), Driver::new(Step), state);
        for _ in 0..steps {
            driver.value(&[next[0], next[1], p[0], p[1], p[2], p[3]], &mut next);
        }
        let plain = time.elapsed().as_secs_f64();
        println!("{steps} steps: x + y = {:.10}, plain floats {:.1} ms", next[0] + next[1], 1e3 * plain);

        let mut first: Option<Vec<f64>> = None;
        for (recording, one_step) in [("all recorded", recorded as OneStep), ("preaccumulated", preaccumulated)] {
            for (suffix, checkpoints) in [("", false), (", checkpoints", true)] {
                let (time, tape, driver) = (Instant::now(), Tape::new(), Driver::new(Step));
                let (s, p) = (tape.vars(&state), tape.vars(&p));
                let step = move |_, &s: &[_; 2], p: &[_]| one_step(&driver, s, p);
                let [x, y] = if checkpoints {
                    checkpoint_loop(step, steps, [s[0], s[1]], &p)
                } else {
                    (0..steps).fold([s[0], s[1]], |s, k| step(k, &s, &p))
                };
                let gradient = (x + y).backward().wrt_all(&[p, s].concat());
                let (time, bytes) = (time.elapsed().as_secs_f64(), tape.bytes());
                let name = format!("{recording}{suffix}");
                println!("    {name:<28} {:6.1} of plain, {:8} kB", time / plain, bytes / 1000);
                for (ours, theirs) in gradient.iter().zip(first.get_or_insert(gradient.clone())) {
                    assert!((ours - *theirs).abs() < 1e-9 * theirs.abs(), "{name}: {ours} instead of {theirs}");
                }
            }
        }
    }
}
