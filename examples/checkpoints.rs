//! Gradients of long computations in little memory: `cargo run --release --example checkpoints`.
//!
//! Predator and prey, x' = a x - b x y and y' = -c y + d x y, by the classic Runge-Kutta method. The gradient of the last
//! x + y by the four coefficients and the first state, with every step on the tape, and with checkpoints.

use std::time::Instant;

use gradtape::{Real, Tape, Value, checkpoint_loop};

const DT: f64 = 0.001;

/// The slopes x' and y'.
fn slopes<F: Real<Scalar = f64>>(p: &[F], [x, y]: [F; 2]) -> [F; 2] {
    [p[0] * x - p[1] * x * y, p[3] * x * y - p[2] * y]
}

/// One step of time `DT`.
fn step<F: Real<Scalar = f64>>(s: [F; 2], p: &[F]) -> [F; 2] {
    let ahead = |time: f64, k: [F; 2]| [s[0] + k[0] * time, s[1] + k[1] * time];
    let k1 = slopes(p, s);
    let k2 = slopes(p, ahead(DT / 2.0, k1));
    let k3 = slopes(p, ahead(DT / 2.0, k2));
    let k4 = slopes(p, ahead(DT, k3));
    [0, 1].map(|i| s[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (DT / 6.0))
}

/// The last state of `steps` steps.
type Method = fn(usize, [Value<f64>; 2], &[Value<f64>]) -> [Value<f64>; 2];

fn plain_loop(steps: usize, state: [Value<f64>; 2], p: &[Value<f64>]) -> [Value<f64>; 2] {
    (0..steps).fold(state, |state, _| step(state, p))
}

fn checkpoints(steps: usize, state: [Value<f64>; 2], p: &[Value<f64>]) -> [Value<f64>; 2] {
    checkpoint_loop(|_, &state, p| step(state, p), steps, state, p)
}

fn main() {
    let start = [1.5, 1.0, 3.0, 1.0, 1.0, 1.0];
    for steps in [10_000, 1_000_000] {
        let time = Instant::now();
        let [x, y] = (0..steps).fold([start[4], start[5]], |s, _| step(s, &start[..4]));
        println!("{steps} steps: x + y = {:.10}, plain floats {:.1} ms", x + y, 1e3 * time.elapsed().as_secs_f64());

        let mut gradients = Vec::new();
        for (name, method) in [("on the tape", plain_loop as Method), ("checkpoints", checkpoints)] {
            let time = Instant::now();
            let tape = Tape::new();
            let v = tape.vars(&start);
            let [x, y] = method(steps, [v[4], v[5]], &v[..4]);
            gradients.push((x + y).backward().wrt_all(&v));
            #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
            let kilobytes = tape.bytes() as f64 / 1e3;
            println!("    {name}: {:7.1} ms, {kilobytes:9.1} kB", 1e3 * time.elapsed().as_secs_f64());
        }
        assert_eq!(gradients[0], gradients[1], "the gradients are the same, bit for bit");
        println!("    gradient {:.6?}", gradients[0]);
    }
}
