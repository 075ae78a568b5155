//! Lesson 11: Newton's method with a sparse Hessian: `cargo run --release --example 11_springs`.
//!
//! A net of masses and springs hangs by its corners. In each step, a [`Driver`] computes the energy, its gradient and
//! its sparse Hessian in one call. Conjugate gradients solve the linear equations: they only multiply the matrix by
//! vectors. The lesson prints the energy and the gradient before each step, and how deep the net hangs.

use gradtape::sparse::Csr;
use gradtape::{Driver, Function, Real};

/// The number of masses in a row, and in a column.
const SIDE: u32 = 20;
/// The length of a spring without force. In the flat net, all springs have the length 1.
const REST: f64 = 0.9;
const STIFFNESS: f64 = 100.0;
const WEIGHT: f64 = 0.1;

struct Net {
    /// The two masses of each spring. The free masses come first, then the corners.
    springs: Vec<[usize; 2]>,
    /// The coordinates of the corners.
    corners: Vec<f64>,
}

impl Function for Net {
    /// The energy of springs and weights. The inputs are the three coordinates of each free mass.
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let all: Vec<F> = x.iter().copied().chain(self.corners.iter().map(|&x| F::constant(x))).collect();
        let springs = self.springs.iter().map(|&[a, b]| {
            let difference: [F; 3] = std::array::from_fn(|k| all[3 * a + k] - all[3 * b + k]);
            (F::dot(&difference, &difference).sqrt() - REST).powi(2) * (STIFFNESS / 2.0)
        });
        springs.sum::<F>() + x.chunks(3).map(|mass| mass[2] * WEIGHT).sum::<F>()
    }
}

/// The places of the masses in the grid, with the corners at the end.
fn places() -> Vec<[u32; 2]> {
    let mut places: Vec<_> = (0..SIDE * SIDE).map(|k| [k / SIDE, k % SIDE]).collect();
    places.sort_by_key(|place| place.iter().all(|&i| i == 0 || i == SIDE - 1));
    places
}

/// `x + t y`.
fn add(x: &[f64], t: f64, y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x + t * y).collect()
}

/// The solution `x` of `matrix · x = right`, by conjugate gradients.
fn solve(matrix: &Csr<f64>, right: &[f64]) -> Vec<f64> {
    let (mut x, mut residual, mut direction) = (vec![0.0; right.len()], right.to_vec(), right.to_vec());
    let mut square = f64::dot(right, right);
    let small = 1e-24 * square;
    while square > small {
        let image = matrix.mul_vec(&direction);
        let curvature = f64::dot(&direction, &image);
        assert!(curvature > 0.0, "the Hessian is positive definite while the springs are stretched");
        x = add(&x, square / curvature, &direction);
        residual = add(&residual, -square / curvature, &image);
        let before = std::mem::replace(&mut square, f64::dot(&residual, &residual));
        direction = add(&residual, square / before, &direction);
    }
    x
}

fn main() {
    let places = places();
    let are_neighbours = |a: usize, b: usize| (0..2).map(|k| places[a][k].abs_diff(places[b][k])).sum::<u32>() == 1;
    let pairs = (0..places.len()).flat_map(|a| (0..a).map(move |b| [a, b]));
    let springs = pairs.filter(|&[a, b]| are_neighbours(a, b)).collect();
    let mut x: Vec<_> = places.iter().flat_map(|&[i, j]| [f64::from(i), f64::from(j), 0.0]).collect();
    let corners = x.split_off(x.len() - 12);
    let net = Driver::new(Net { springs, corners });

    let (mut gradient, mut hessian) = (vec![0.0; x.len()], Csr::default());
    for step in 0.. {
        let energy = net.sparse_hessian(&x, &mut gradient, &mut hessian);
        let norm = f64::dot(&gradient, &gradient).sqrt();
        println!("step {step}: energy {energy:.10}, gradient {norm:.1e}");
        assert!(step < 15, "Newton's method needs few steps");
        if norm < 1e-9 {
            break;
        }
        // Newton's step, or the part of it that decreases the energy.
        let newton = solve(&hessian, &gradient);
        let parts = (0..10).map(|halvings| add(&x, -0.5_f64.powi(halvings), &newton));
        x = parts.into_iter().find(|x| net.function().value(x) < energy).expect("the step goes downhill");
    }

    // The force on a mass depends on its place and on those of four neighbours, in three coordinates each.
    println!("{} of {} second derivatives are not zero", hessian.nnz(), x.len() * x.len());
    assert!(hessian.nnz() <= 15 * x.len());
    let height = |place| x[3 * places.iter().position(|&other| other == place).expect("it is a place of the net") + 2];
    let middle = SIDE / 2;
    println!("height at the edge {:.4}, in the middle {:.4}", height([0, middle]), height([middle, middle]));
    // The net is as symmetric as the square.
    for &[i, j] in &places[..x.len() / 3] {
        assert!((height([i, j]) - height([j, i])).abs() < 1e-9);
        assert!((height([i, j]) - height([SIDE - 1 - i, j])).abs() < 1e-9);
        assert!(height([middle, middle]) <= height([i, j]) && height([i, j]) < 0.0);
    }
}
