//! Lesson 4: derivatives of a solution, without differentiating the solver.
//!
//! If `g(x, p) = 0` defines `x` as a function of `p`, the implicit function theorem says `dx/dp = -(∂g/∂x)⁻¹ ∂g/∂p`. So
//! the solver may be any code over plain floats. A [`CustomOperation`] states its value and its partials once, and then
//! it is an operation of every number: the lesson prints two unknowns, the gradient and the Hessian of a function of
//! them, and the gradient by a program, each with the distance from the derivatives through all iterations of a solver.
//! A fixed point `x = h(x, p)` is a root of `h(x, p) - x`.

use gradtape::check;
use gradtape::{CustomOperation, Dual, Function, Number, Real, function};

/// Two unknowns that depend on each other: `x = (cos(p₀ x₁), sin(p₁ x₀))`.
fn coupled<F: Number>(x: [F; 2], p: [F; 2]) -> [F; 2] {
    [(p[0] * x[1]).cos(), (p[1] * x[0]).sin()]
}

/// The derivatives of `coupled(x, p) - x`, a row for each of the two, by `x` and then by `p`.
fn jacobian<F: Number>(x: [F; 2], p: [F; 2]) -> [[F; 4]; 2] {
    let [a, b, c, d] = Dual::vars([x[0], x[1], p[0], p[1]]);
    let h = coupled([a, b], [c, d]);
    [(h[0] - a).tangents(), (h[1] - b).tangents()]
}

/// The solution of two linear equations, whose matrix is the first two columns of `rows`.
fn solve<F: Number>(rows: [[F; 4]; 2], right: [F; 2]) -> [F; 2] {
    let [[a, b, ..], [c, d, ..]] = rows;
    [(d * right[0] - b * right[1]) / (a * d - b * c), (a * right[1] - c * right[0]) / (a * d - b * c)]
}

/// The unknowns by Newton's method, over plain floats.
fn newton(p: [f64; 2]) -> [f64; 2] {
    (0..20).fold([0.5; 2], |x, _| {
        let h = coupled(x, p);
        let step = solve(jacobian(x, p), [h[0] - x[0], h[1] - x[1]]);
        [x[0] - step[0], x[1] - step[1]]
    })
}

/// One of the two unknowns, as an operation on `p`.
#[derive(Clone)]
struct Solution(usize);

impl CustomOperation<2> for Solution {
    fn value(&self, p: [f64; 2]) -> f64 {
        newton(p)[self.0]
    }

    fn partials<F: Number<Plain = f64>>(&self, p: [F; 2], _: F) -> [F; 2] {
        let rows = jacobian([Solution(0), Solution(1)].map(|unknown| unknown.apply(p)), p);
        [2, 3].map(|column| -solve(rows, [rows[0][column], rows[1][column]])[self.0])
    }
}

/// The same unknowns by iteration, over any number: its derivatives go through all 200 steps.
fn iterate<F: Real>(p: [F; 2]) -> [F; 2] {
    (0..200).fold([F::from(0.5).expect("every float has room for it"); 2], |x, _| coupled(x, p))
}

fn largest_distance(ours: &[f64], theirs: &[f64]) -> f64 {
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn main() {
    let p = [0.6, 0.8];
    println!("the unknowns: {:.12?}", newton(p));

    // Later computations use the solution like any other number.
    let energy = function!(|p| Solution(0).apply([p[0], p[1]]) * Solution(1).apply([p[0], p[1]]) + p[0]);
    let iterated = function!(|p| {
        let x = iterate([p[0], p[1]]);
        x[0] * x[1] + p[0]
    });

    let (value, gradient) = energy.value_and_gradient(&p);
    let (expected_value, expected_gradient) = iterated.value_and_gradient(&p);
    // A program calls the solver for each row.
    let by_program = energy.record(&[0.5, 0.5]).gradient().eval(&p).expect("the solver's branches are its own");
    for (name, ours, theirs, tolerance) in [
        ("value", vec![value], vec![expected_value], 1e-15),
        ("gradient", gradient, expected_gradient.clone(), 1e-14),
        ("Hessian", energy.hessian(&p).concat(), iterated.hessian(&p).concat(), 1e-13),
        ("gradient by a program", by_program[1..].to_vec(), expected_gradient, 1e-14),
    ] {
        let distance = largest_distance(&ours, &theirs);
        println!("{name}: {ours:.12?}, off by {distance:.1e}");
        assert!(distance < tolerance);
    }

    // Differences of the solver confirm the partials, and differences of the partials the second derivatives.
    let report = check::custom(&Solution(0), p).expect("the derivatives are right");
    assert!(report.all_agree());
    println!("{report}");
}
