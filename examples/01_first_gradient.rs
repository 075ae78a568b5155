//! Lesson 1: a first gradient.
//!
//! Numbers of a [`Tape`] are computed with as floats are; the result then says how it depends on each of them. It prints
//! the number and both derivatives of the example of micrograd, what the number does when an input moves a little, and
//! the minimum to which thirty steps down the slope lead.

use gradtape::{Tape, Value};

/// Any code will do: assignments, branches, loops.
#[allow(clippy::misrefactored_assign_op, reason = "as written there")]
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
    // Variables are what derivatives are taken by. They are `Copy`, as floats are.
    let tape = Tape::<f64>::new();
    let (a, b) = (tape.var(-4.0), tape.var(2.0));
    let g = expression(a, b);

    // One sweep back over the tape has all derivatives.
    let gradients = g.backward();
    let (by_a, by_b) = (gradients.wrt(a), gradients.wrt(b));
    println!("g = {g:.4}, dg/da = {by_a:.4}, dg/db = {by_b:.4}");
    assert_eq!(format!("{g:.4} {by_a:.4} {by_b:.4}"), "24.7041 138.8338 645.5773");

    // What they mean: a small step of `a` changes `g` by `dg/da` times as much. Constants need no tape.
    let step = 1e-6;
    let moved = expression(Value::constant(-4.0 + step), Value::constant(2.0)).data();
    println!("a + {step} changes g by {:.6e}, the derivative says {:.6e}", moved - g.data(), by_a * step);
    assert!(((moved - g.data()) / (by_a * step) - 1.0).abs() < 1e-4);

    // In a loop, `clear` keeps the memory: down the slope to the smallest x ln(x), where the derivative ln(x) + 1 is 0.
    let mut x = 1.0;
    for _ in 0..30 {
        tape.clear();
        let v = tape.var(x);
        x -= 0.3 * (v * v.ln()).backward().wrt(v);
    }
    println!("x ln(x) is smallest at {x:.12}");
    assert!((x - (-1.0_f64).exp()).abs() < 1e-15);
}
