//! Lesson 1: a first gradient.
//!
//! The values of a [`Tape`] behave like floats, and the result has a derivative by each of them. The lesson prints the
//! number and both derivatives of micrograd's example, the change of the number after a small step of an input, and a
//! minimum that gradient descent finds in thirty steps.

use gradtape::{Tape, Value};

/// Any code works: assignments, branches, loops.
#[allow(clippy::misrefactored_assign_op, reason = "micrograd has it so")]
fn expression(a: Value<f64>, b: Value<f64>) -> Value<f64> {
    let mut c = a + b;
    let mut d = a * b + b.powi(3);
    c += c + 1.0;
    c += 1.0 + c - a;
    d += d * 2.0 + (b + a).relu();
    d += 3.0 * d + (b - a).relu();
    let f = (c - d).powi(2);
    f / 2.0 + 10.0 / f
}

fn main() {
    // Derivatives are taken by variables. They are `Copy`, like floats.
    let tape = Tape::<f64>::new();
    let (a, b) = (tape.var(-4.0), tape.var(2.0));
    let g = expression(a, b);

    // One sweep over the tape computes all derivatives.
    let gradients = g.backward();
    let (by_a, by_b) = (gradients.wrt(a), gradients.wrt(b));
    println!("g = {g:.4}, dg/da = {by_a:.4}, dg/db = {by_b:.4}");
    assert_eq!(format!("{g:.4} {by_a:.4} {by_b:.4}"), "24.7041 138.8338 645.5773");

    // Their meaning: a small step of `a` changes `g` by `dg/da` times the step. Constants need no tape.
    let step = 1e-6;
    let moved = expression(Value::constant(-4.0 + step), Value::constant(2.0)).data();
    println!("a + {step} changes g by {:.6e}, the derivative says {:.6e}", moved - g.data(), by_a * step);
    assert!(((moved - g.data()) / (by_a * step) - 1.0).abs() < 1e-4);

    // In a loop, `clear` keeps the memory: gradient descent to the minimum of x ln(x), where the derivative ln(x) + 1
    // is 0.
    let mut x = 1.0;
    for _ in 0..30 {
        tape.clear();
        let v = tape.var(x);
        x -= 0.3 * (v * v.ln()).backward().wrt(v);
    }
    println!("x ln(x) is smallest at {x:.12}");
    assert!((x - (-1.0_f64).exp()).abs() < 1e-15);
}
