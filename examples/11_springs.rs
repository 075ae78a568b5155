//! Lesson 11: Newton's method with a sparse Hessian: `cargo run --release --example 11_springs`.
//!
//! A net of masses and springs hangs by its corners. In each step, a [`Driver`] computes the energy, its gradient and
//! its sparse Hessian in one call. The method of conjugate gradients solves the linear equations, and needs the matrix
//! only to multiply it by vectors. The lesson prints the energy and the gradient of each step, and the shape of the net.

use gradtape::sparse::Csr;
use gradtape::{Driver, Function, Real};

/// The number of masses in a row, and in a column.
const SIDE: usize = 20;
/// The rest length of a spring. The corners pull the springs to the length 1 before the net sags.
const REST: f64 = 0.9;
const STIFFNESS: f64 = 100.0;
const WEIGHT: f64 = 0.1;

/// A net: the free masses come first, then the corners.
struct Net {
    /// The places in the grid.
    places: Vec<(usize, usize)>,
    /// The two masses of each spring.
    springs: Vec<(usize, usize)>,
}

impl Net {
    fn new() -> Self {
        let mut places: Vec<_> = (0..SIDE * SIDE).map(|k| (k / SIDE, k % SIDE)).collect();
        places.sort_by_key(|(i, j)| [i, j].iter().all(|k| [0, SIDE - 1].contains(k)));
        let pairs = (0..places.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let distance = |a: usize, b: usize| places[a].0.abs_diff(places[b].0) + places[a].1.abs_diff(places[b].1);
        let springs = pairs.filter(|&(a, b)| distance(a, b) == 1).collect();
        Self { places, springs }
    }

    /// The three coordinates of each mass in the flat net.
    fn flat(&self) -> Vec<f64> {
        self.places.iter().flat_map(|&(i, j)| [i as f64, j as f64, 0.0]).collect()
    }
}

impl Function for Net {
    /// The energy of the springs and of the weights. The inputs are the coordinates of the free masses.
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let fixed = self.flat().split_off(x.len());
        let all: Vec<F> = x.iter().copied().chain(fixed.into_iter().map(F::constant)).collect();
        let spring = |&(a, b): &(usize, usize)| {
            let length = (0..3).map(|k| (all[3 * a + k] - all[3 * b + k]).powi(2)).sum::<F>().sqrt();
            (length - REST).powi(2) * (STIFFNESS / 2.0)
        };
        let heights = x.chunks(3).map(|mass| mass[2] * WEIGHT);
        self.springs.iter().map(spring).sum::<F>() + heights.sum::<F>()
    }
}

/// The solution of `matrix · x = right` by conjugate gradients. The matrix is positive definite.
fn solve(matrix: &Csr<f64>, right: &[f64]) -> Vec<f64> {
    let (mut x, mut residual, mut direction) = (vec![0.0; right.len()], right.to_vec(), right.to_vec());
    let mut square = f64::dot(right, right);
    let enough = 1e-24 * square;
    while square > enough {
        let image = matrix.mul_vec(&direction);
        let step = square / f64::dot(&direction, &image);
        x = plus(&x, step, &direction);
        residual = plus(&residual, -step, &image);
        let before = std::mem::replace(&mut square, f64::dot(&residual, &residual));
        direction = plus(&residual, square / before, &direction);
    }
    x
}

/// `x + t y`.
fn plus(x: &[f64], t: f64, y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x + t * y).collect()
}

fn main() {
    let net = Driver::new(Net::new());
    let free = 3 * (SIDE * SIDE - 4);
    let mut x = net.function().flat();
    x.truncate(free);
    let (mut gradient, mut hessian) = (vec![0.0; free], Csr::default());
    for step in 0..50 {
        let energy = net.sparse_hessian(&x, &mut gradient, &mut hessian);
        let norm = f64::dot(&gradient, &gradient).sqrt();
        println!("step {step}: energy {energy:.10}, gradient {norm:.1e}");
        if norm < 1e-10 {
            break;
        }
        let newton = solve(&hessian, &gradient);
        let mut damping = 1.0;
        while net.function().value(&plus(&x, -damping, &newton)) >= energy {
            damping /= 2.0;
        }
        println!("damping {damping}");
        x = plus(&x, -damping, &newton);
    }
    println!("{} of {} second derivatives are stored", hessian.nnz(), free * free);
}
