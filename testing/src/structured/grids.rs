//! Energies on a grid.

use gradtape::{Function, Real};

use super::real;
use crate::workloads::Draws;

/// Springs between the knots of a square grid in the plane: along rows, along columns, and along both diagonals.
///
/// The variables are the two coordinates of each knot, row by row.
pub struct Springs {
    pub springs: Vec<Spring>,
}

/// A spring between two knots.
pub struct Spring {
    pub knots: (usize, usize),
    pub length: f64,
    pub stiffness: f64,
}

impl Springs {
    /// A network of `side²` knots, all lengths and stiffnesses different; and a starting point beside the grid.
    pub fn new(side: usize) -> (Self, Vec<f64>) {
        let mut draws = Draws::new();
        let mut springs = Vec::new();
        for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
            for (from, to) in [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 0), (1, 1)), ((0, 1), (1, 0))] {
                let [a, b] = [from, to].map(|(down, right)| (row + down, column + right));
                if [a.0, a.1, b.0, b.1].iter().all(|&k| k < side) {
                    let (knots, draws) = ((a.0 * side + a.1, b.0 * side + b.1), draws.take(2));
                    springs.push(Spring { knots, length: 1.0 + 0.2 * draws[0], stiffness: 2.0 + draws[1] });
                }
            }
        }
        let beside = |(k, draw): (usize, f64)| real(if k % 2 == 0 { k / 2 % side } else { k / 2 / side }) + 0.2 * draw;
        let x = draws.take(2 * side * side).into_iter().enumerate().map(beside).collect();
        (Self { springs }, x)
    }
}

impl Function for Springs {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let mut energy = F::zero();
        for spring in &self.springs {
            let (a, b) = spring.knots;
            let (dx, dy) = (x[2 * a] - x[2 * b], x[2 * a + 1] - x[2 * b + 1]);
            let extension = (dx * dx + dy * dy).sqrt() - spring.length;
            energy += extension * extension * (0.5 * spring.stiffness);
        }
        energy
    }
}

/// The area of a surface over the unit square with given heights at the boundary: `LMINSURF` of `CUTEst`.
///
/// The variables are the heights at the `side²` inner points of a grid. The smallest area is 9, that of a plane.
pub struct MinimalSurface {
    pub side: usize,
}

impl MinimalSurface {
    /// The height of the plane at a point of the grid. The grid counts the points of the boundary, too.
    pub fn plane(&self, row: usize, column: usize) -> f64 {
        (8.0 * real(row) + 4.0 * real(column)) / real(self.side + 1) + 1.0
    }

    /// A surface of `side²` inner points, and heights beside the plane.
    pub fn new(side: usize) -> (Self, Vec<f64>) {
        let (surface, draws) = (Self { side }, Draws::new().take(side * side));
        let beside = |(k, draw)| surface.plane(k / side + 1, k % side + 1) + draw;
        let x = draws.into_iter().enumerate().map(beside).collect();
        (surface, x)
    }
}

impl Function for MinimalSurface {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let n = self.side;
        let height = |row: usize, column: usize| {
            let is_inner = (1..=n).contains(&row) && (1..=n).contains(&column);
            if is_inner { x[(row - 1) * n + column - 1] } else { F::constant(self.plane(row, column)) }
        };
        let cells = real(n + 1) * real(n + 1);
        let mut area = F::zero();
        for row in 0..=n {
            for column in 0..=n {
                let down = height(row + 1, column + 1) - height(row, column);
                let up = height(row, column + 1) - height(row + 1, column);
                area += ((down * down + up * up) * (0.5 * cells) + 1.0).sqrt() / cells;
            }
        }
        area
    }
}
