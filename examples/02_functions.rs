//! Lesson 2: a function that is written once, and all its derivatives.
//!
//! [`function!`] makes a function from a line of code. A `struct` that implements [`Function`] can have data, too. The
//! lesson prints value, gradient and Hessian of Rosenbrock's function, its slope and curvature along a direction, and
//! the circle that Newton's method fits to some points.

use gradtape::{Driver, Function, Mode, Real, function};

/// The sum of squared distances of points from a circle with center (p₀, p₁) and radius p₂.
struct Circle {
    points: Vec<[f64; 2]>,
}

impl Function for Circle {
    /// `F` is the plain float or a number with derivatives; the caller chooses.
    fn eval<F: Real<Plain = f64>>(&self, p: &[F]) -> F {
        self.points.iter().map(|&[x, y]| ((p[0] - x).hypot(p[1] - y) - p[2]).powi(2)).sum()
    }
}

fn main() {
    let rosenbrock = function!(|x| (x[1] - x[0] * x[0]).powi(2) * 100.0 + (-x[0] + 1.0).powi(2));
    let (x, v) = ([-1.0, 2.0], [1.0, 3.0]);
    let (value, gradient) = rosenbrock.value_and_gradient(&x);
    let hessian = rosenbrock.hessian(&x);
    println!("value {value}, gradient {gradient:?}, Hessian {hessian:?}");
    assert_eq!((value, gradient), (104.0, vec![396.0, 200.0]));
    assert_eq!(hessian, [[402.0, 400.0], [400.0, 200.0]]);

    // Along a direction: value, slope and curvature in one evaluation, and the Hessian times a vector without the
    // Hessian.
    let along = rosenbrock.directional(&x, &v);
    let product = rosenbrock.hvp(&x, &v);
    println!("along {v:?}: value, slope, curvature {along:?}; the Hessian times it {product:?}");
    assert_eq!(along, [104.0, 396.0 + 3.0 * 200.0, 402.0 + 6.0 * 400.0 + 9.0 * 200.0]);
    assert_eq!(product, [402.0 + 3.0 * 400.0, 400.0 + 3.0 * 200.0]);

    // By default the number of inputs determines the mode: forward for few, reverse for many. A driver writes to your
    // slices, and its mode is yours to choose.
    for mode in [Mode::Forward, Mode::Reverse] {
        let mut slopes = [0.0; 2];
        assert_eq!(Driver::new(rosenbrock).with_mode(mode).gradient(&x, &mut slopes), value);
        assert_eq!(slopes, [396.0, 200.0]);
    }

    // In a loop, a driver keeps its memory. The gradient comes with the Hessian.
    let angles = (0..12).map(f64::from);
    let circle = Driver::new(Circle { points: angles.map(|t| [1.0 + 2.0 * t.cos(), -0.5 + 2.0 * t.sin()]).collect() });
    let (mut p, mut slopes, mut hessian) = ([0.8, -0.2, 1.5], [0.0; 3], [0.0; 9]);
    for _ in 0..8 {
        circle.hessian(&p, &mut slopes, &mut hessian);
        let step = solve(&hessian, &slopes);
        p = std::array::from_fn(|i| p[i] - step[i]);
    }
    println!("center ({:.6}, {:.6}), radius {:.6}", p[0], p[1], p[2]);
    assert!(p.iter().zip([1.0, -0.5, 2.0]).all(|(p, truth)| (p - truth).abs() < 1e-12));
}

/// The solution of three linear equations, by Cramer's rule.
fn solve(rows: &[f64; 9], right: &[f64; 3]) -> [f64; 3] {
    let determinant = |m: &[f64; 9]| {
        let minor = |i: usize, j: usize| m[3 + i] * m[6 + j] - m[3 + j] * m[6 + i];
        m[0] * minor(1, 2) - m[1] * minor(0, 2) + m[2] * minor(0, 1)
    };
    std::array::from_fn(|k| {
        let mut replaced = *rows;
        (0..3).for_each(|i| replaced[3 * i + k] = right[i]);
        determinant(&replaced) / determinant(rows)
    })
}
