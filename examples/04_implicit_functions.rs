//! Lesson 4: derivatives of a solution, without differentiating the solver.
//!
//! If `g(x, p) = 0` defines `x` as a function of `p`, the implicit function theorem says `dx/dp = -(∂g/∂x)⁻¹ ∂g/∂p`. So
//! the solver may be any code over plain floats. One Jacobian at the solution and [`Tape::custom`] put the solution on
//! the tape. A fixed point `x = h(x, p)` is a root of `h(x, p) - x`. The lesson prints two unknowns, their derivatives
//! by two parameters, and the distance from the derivatives through all iterations of the solver.

use gradtape::check;
use gradtape::{Dual, Real, Tape, Value, VectorFunction};

/// Two variables that depend on each other: `h(x, p) = (cos(p₀ x₁), sin(p₁ x₀))`.
fn coupled<F: Real<Plain = f64>>(x: &[F], p: &[F]) -> [F; 2] {
    [(p[0] * x[1]).cos(), (p[1] * x[0]).sin()]
}

/// The equations `h(x, p) - x = 0` of the fixed point. The inputs are `x` and then `p`.
struct Equations;

impl VectorFunction for Equations {
    fn outputs(&self, _inputs: usize) -> usize {
        2
    }

    fn eval<F: Real<Plain = f64>>(&self, inputs: &[F], y: &mut [F]) {
        let (x, p) = inputs.split_at(2);
        let h = coupled(x, p);
        (y[0], y[1]) = (h[0] - x[0], h[1] - x[1]);
    }
}

/// The fixed point by iteration, over any number.
fn iterate<F: Real<Plain = f64>>(p: &[F]) -> [F; 2] {
    (0..200).fold([F::constant(0.5); 2], |x, _| coupled(&x, p))
}

/// A root of `g` by Newton's method, over plain floats.
fn newton(g: &impl VectorFunction, p: &[f64]) -> [f64; 2] {
    let mut x = [0.5; 2];
    for _ in 0..20 {
        let (y, jacobian) = g.value_and_jacobian(&[&x, p].concat());
        let step = solve(&jacobian, [y[0], y[1]]);
        x = [x[0] - step[0], x[1] - step[1]];
    }
    x
}

/// The pattern: makes values of the plain solution `x`, found by any solver, with its derivatives by `p`.
fn implicit(tape: &Tape<f64>, g: &impl VectorFunction, x: [f64; 2], p: &[Value<f64>]) -> [Value<f64>; 2] {
    let plain: Vec<f64> = x.into_iter().chain(p.iter().map(|p| p.data())).collect();
    let jacobian = g.jacobian(&plain);
    let columns = (0..p.len()).map(|k| solve(&jacobian, [-jacobian[0][2 + k], -jacobian[1][2 + k]]));
    let slopes: Vec<[f64; 2]> = columns.collect(); // dx/dpₖ
    std::array::from_fn(|i| {
        let partials: Vec<_> = p.iter().zip(&slopes).map(|(&p, slope)| (p, slope[i])).collect();
        tape.custom(x[i], &partials)
    })
}

/// The solution of two linear equations, whose matrix is the first two columns of `rows`.
fn solve(rows: &[Vec<f64>], right: [f64; 2]) -> [f64; 2] {
    let [a, b, c, d] = [rows[0][0], rows[0][1], rows[1][0], rows[1][1]];
    [(d * right[0] - b * right[1]) / (a * d - b * c), (a * right[1] - c * right[0]) / (a * d - b * c)]
}

fn main() {
    let p = [0.6, 0.8];
    let through_iterations = iterate(&Dual::vars(p)); // derivatives of 200 iterations
    for (name, found) in [("root", newton(&Equations, &p)), ("fixed point", iterate(&p))] {
        let tape = Tape::new();
        let v = tape.vars(&p);
        let x = implicit(&tape, &Equations, found, &v);
        for i in 0..2 {
            let slopes = x[i].backward().wrt_all(&v);
            let worst = (0..2).map(|k| (slopes[k] - through_iterations[i].tangents()[k]).abs()).fold(0.0, f64::max);
            println!("{name}: x{i} = {:.12}, by p {slopes:.12?}, off by {worst:.1e}", x[i]);
            assert!(worst < 1e-14);
        }
    }

    // Differences of the solver confirm the derivatives. Later computations use the solution like any other value.
    let energy = |tape: &Tape<f64>, p: &[Value<f64>]| {
        let plain: Vec<f64> = p.iter().map(|p| p.data()).collect();
        let x = implicit(tape, &Equations, newton(&Equations, &plain), p);
        x[0] * x[1] + p[0]
    };
    let report = check::custom(energy, &p).expect("the derivatives are right");
    assert!(report.all_agree());
    println!("{report}");
}
