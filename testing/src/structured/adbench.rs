//! The functions of the benchmark suite `ADBench`: bundle adjustment, a mixture of Gaussians, hand tracking, and an
//! LSTM.

mod hand;
mod lstm;

use std::f64::consts::{LN_2, PI};

use gradtape::{Function, Real, Special, VectorFunction};
pub use hand::Hand;
pub use lstm::Lstm;
use num_traits::{One, Zero};

use super::real;
use crate::workloads::Draws;

/// Bundle adjustment: cameras see points, and where they see them is known.
///
/// The variables are eleven numbers of each camera (rotation as axis times angle, centre, focal length, principal
/// point, radial distortion), three of each point, and a weight of each observation. The residuals are two reprojection
/// errors times the weight for each observation, then `1 - w²` for each.
pub struct BundleAdjustment {
    pub cameras: usize,
    pub points: usize,
    /// The camera and the point of each observation.
    pub pairs: Vec<(usize, usize)>,
    /// Where the camera saw the point.
    pub features: Vec<[f64; 2]>,
}

/// The camera and the point of `ADBench`'s file of 49 cameras.
const CAMERA: [f64; 11] = [
    -0.758_453,
    -1.109_613,
    -0.845_551,
    34.556_073,
    39.676_747,
    53.881_673,
    419.194_514,
    5.864_426,
    -8.518_870,
    0.087_812,
    0.002_739,
];
const POINT: [f64; 3] = [7.203_245, 0.001_144, 3.023_326];

/// How far the numbers of other cameras are from it.
const SPREAD: [f64; 11] = [0.2, 0.2, 0.2, 3.0, 3.0, 3.0, 50.0, 5.0, 5.0, 0.02, 0.001];

impl BundleAdjustment {
    /// The problem, and a starting point. As in `ADBench`, cameras and points take turns. Its file has 49 cameras, 7776
    /// points and 31843 observations.
    pub fn new(cameras: usize, points: usize, observations: usize) -> (Self, Vec<f64>) {
        let mut draws = Draws::new();
        let mut near = |center: &[f64], spread: &[f64]| -> Vec<f64> {
            let draws = draws.take(center.len());
            draws.iter().zip(center).zip(spread).map(|((draw, center), spread)| center + spread * draw).collect()
        };
        let mut x = Vec::new();
        (0..cameras).for_each(|_| x.extend(near(&CAMERA, &SPREAD)));
        (0..points).for_each(|_| x.extend(near(&POINT, &[3.0; 3])));
        (0..observations).for_each(|_| x.extend(near(&[0.6], &[0.4])));
        let pairs = (0..observations).map(|i| (i % cameras, i % points)).collect();
        let features = (0..observations).map(|_| near(&[0.0; 2], &[900.0; 2])).map(|f| [f[0], f[1]]).collect();
        (Self { cameras, points, pairs, features }, x)
    }
}

fn cross<F: Real>(a: &[F], b: &[F]) -> [F; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The point, turned about the axis by the angle that is the axis' length.
fn rotate<F: Real>(rotation: &[F], point: &[F]) -> [F; 3] {
    let square = rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2];
    if square == F::Plain::zero() {
        let turned = cross(rotation, point);
        return [point[0] + turned[0], point[1] + turned[1], point[2] + turned[2]];
    }
    let angle = square.sqrt();
    let (sin, cos) = (angle.sin(), angle.cos());
    let inverse = F::one() / angle;
    let axis = [rotation[0] * inverse, rotation[1] * inverse, rotation[2] * inverse];
    let turned = cross(&axis, point);
    let along = (axis[0] * point[0] + axis[1] * point[1] + axis[2] * point[2]) * (-cos + F::Plain::one());
    [0, 1, 2].map(|i| point[i] * cos + turned[i] * sin + axis[i] * along)
}

/// Where the camera sees the point.
fn project<F: Real<Plain = f64>>(camera: &[F], point: &[F]) -> [F; 2] {
    let from_center = [point[0] - camera[3], point[1] - camera[4], point[2] - camera[5]];
    let [x, y, z] = rotate(&camera[..3], &from_center);
    let (x, y) = (x / z, y / z);
    let square = x * x + y * y;
    let distortion = camera[9] * square + camera[10] * square * square + 1.0;
    [x * distortion * camera[6] + camera[7], y * distortion * camera[6] + camera[8]]
}

impl VectorFunction for BundleAdjustment {
    fn outputs(&self, _: usize) -> usize {
        3 * self.pairs.len()
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let (cameras, rest) = x.split_at(11 * self.cameras);
        let (points, weights) = rest.split_at(3 * self.points);
        for (i, (&(camera, point), feature)) in self.pairs.iter().zip(&self.features).enumerate() {
            let seen = project(&cameras[11 * camera..][..11], &points[3 * point..][..3]);
            y[2 * i] = weights[i] * (seen[0] - feature[0]);
            y[2 * i + 1] = weights[i] * (seen[1] - feature[1]);
        }
        let errors = &mut y[2 * self.pairs.len()..];
        for (error, &weight) in errors.iter_mut().zip(weights) {
            *error = -(weight * weight) + 1.0;
        }
    }
}

/// The logarithm of the likelihood of a mixture of Gaussians, with a Wishart prior.
///
/// The variables are a logarithm of the weight of each component, its mean, and the triangular root of its inverse
/// covariance: first the logarithms of the diagonal, then what is below it, by columns.
pub struct GaussianMixture {
    pub components: usize,
    pub points: Vec<Vec<f64>>,
    /// The parameters of the prior.
    pub gamma: f64,
    pub degrees: usize,
}

impl GaussianMixture {
    /// The problem of so many points of so many numbers, and a starting point.
    pub fn new(dimension: usize, components: usize, points: usize) -> (Self, Vec<f64>) {
        let mut draws = Draws::new();
        let x = draws.take(components * (1 + dimension + dimension * (dimension + 1) / 2));
        let points = (0..points).map(|_| draws.take(dimension)).collect();
        (Self { components, points, gamma: 1.0, degrees: 0 }, x)
    }

    /// The constant of the prior of one component.
    fn wishart(&self, dimension: usize) -> f64 {
        let (d, n) = (real(dimension), real(dimension + self.degrees + 1));
        let gammas: f64 = (0..dimension).map(|j| Special::ln_gamma(0.5 * (n - real(j)))).sum();
        n * d * (self.gamma.ln() - 0.5 * LN_2) - 0.25 * d * (d - 1.0) * PI.ln() - gammas
    }
}

impl Function for GaussianMixture {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let (k, d) = (self.components, self.points[0].len());
        let size = d * (d + 1) / 2;
        let (weights, rest) = x.split_at(k);
        let (means, roots) = rest.split_at(k * d);
        let (mut diagonals, mut determinants) = (Vec::new(), Vec::new());
        for root in roots.chunks(size) {
            diagonals.push(root[..d].iter().map(|&log| log.exp()).collect::<Vec<_>>());
            determinants.push(root[..d].iter().sum::<F>());
        }

        let mut likelihood = F::zero();
        for point in &self.points {
            let mut terms = Vec::new();
            for c in 0..k {
                let centered: Vec<F> = (0..d).map(|i| F::constant(point[i]) - means[c * d + i]).collect();
                let mut product: Vec<F> = (0..d).map(|i| diagonals[c][i] * centered[i]).collect();
                let mut below = roots[c * size + d..].iter();
                for i in 0..d {
                    for (product, &root) in product[i + 1..].iter_mut().zip(&mut below) {
                        *product += root * centered[i];
                    }
                }
                let square: F = product.iter().map(|&p| p * p).sum();
                terms.push(weights[c] + determinants[c] - square * 0.5);
            }
            likelihood += F::logsumexp(&terms);
        }

        let mut prior = F::zero();
        for (c, root) in roots.chunks(size).enumerate() {
            let mut square = F::zero();
            for &entry in diagonals[c].iter().chain(&root[d..]) {
                square += entry * entry;
            }
            prior += square * (0.5 * self.gamma * self.gamma) - determinants[c] * real(self.degrees);
        }
        let n = real(self.points.len());
        let constant = -0.5 * n * real(d) * (2.0 * PI).ln() - real(k) * self.wishart(d);
        likelihood - F::logsumexp(weights) * n + prior + constant
    }
}
