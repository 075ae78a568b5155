//! The five programs: generic code, a hand-written adjoint, inputs and checksums.

use std::ops::Neg;

use gradtape::Real;
use num_traits::NumOps;

/// A number computed from many inputs, in the two forms that need no tape.
pub trait Program {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F;

    /// The value; the gradient is written, not added.
    fn hand(&self, x: &[f64], gradient: &mut [f64]) -> f64;

    /// Arithmetic operations of one evaluation. An elementary function counts as one.
    fn operations(&self, inputs: usize) -> usize;

    /// The number of steps of gradient descent in one run.
    fn steps(&self) -> usize {
        1
    }
}

/// The stream of random numbers of all programs: a 64-bit congruential generator, advanced before each draw.
pub struct Draws(u64);

impl Default for Draws {
    fn default() -> Self {
        Self::new()
    }
}

impl Draws {
    pub fn new() -> Self {
        Self(42)
    }

    /// Uniform in [-1, 1).
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss, reason = "53 bits are left")]
        let u = (self.0 >> 11) as f64 * 2.0_f64.powi(-53);
        2.0 * u - 1.0
    }

    pub fn take(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.draw()).collect()
    }
}

pub struct Rosenbrock;

impl Program for Rosenbrock {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let term = |x: &[F]| {
            let d = x[1] - x[0] * x[0];
            let e = F::constant(1.0) - x[0];
            d * d * 100.0 + e * e
        };
        x.windows(2).map(term).sum()
    }

    fn hand(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for i in 0..x.len() - 1 {
            let d = x[i + 1] - x[i] * x[i];
            let e = 1.0 - x[i];
            sum += 100.0 * (d * d) + e * e;
            gradient[i] -= 400.0 * d * x[i] + 2.0 * e;
            gradient[i + 1] += 200.0 * d;
        }
        sum
    }

    fn operations(&self, inputs: usize) -> usize {
        8 * (inputs - 1)
    }
}

pub struct Funcs;

impl Program for Funcs {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let term = |&x: &F| {
            x.sin() * (-x * x).exp()
                + (x * x + 1.0).ln()
                + (x * x + 1.0).sqrt() * x.tanh()
                + (x + 1.5).powf(F::constant(2.5))
        };
        x.iter().map(term).sum()
    }

    fn hand(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        for (&x, slope) in x.iter().zip(gradient) {
            let (sin, cos) = x.sin_cos();
            let (bell, square) = ((-x * x).exp(), 1.0 + x * x);
            let (root, tanh) = (square.sqrt(), x.tanh());
            let (base, power) = (1.5 + x, (1.5 + x).powf(2.5));
            sum += sin * bell + square.ln() + root * tanh + power;
            *slope = (cos - 2.0 * x * sin) * bell
                + 2.0 * x / square
                + x / root * tanh
                + root * (1.0 - tanh * tanh)
                + 2.5 * power / base;
        }
        sum
    }

    fn operations(&self, inputs: usize) -> usize {
        19 * inputs
    }
}

/// Lotka-Volterra by the classic Runge-Kutta method; the inputs are a, b, c, d and the first state.
pub struct Ode;

const STEPS: usize = 10_000;
const DT: f64 = 0.001;

/// The operations that Runge-Kutta needs.
pub trait Arithmetic: Copy + NumOps + NumOps<f64> + Neg<Output = Self> {}

impl<F: Copy + NumOps + NumOps<f64> + Neg<Output = F>> Arithmetic for F {}

impl Ode {
    #[inline(always)]
    fn slopes<F: Arithmetic>(p: &[F], x: F, y: F) -> (F, F) {
        (p[0] * x - p[1] * x * y, -p[2] * y + p[3] * x * y)
    }

    /// The state after one step, and the four states where slopes were evaluated.
    #[inline(always)]
    fn step<F: Arithmetic>(p: &[F], x: F, y: F) -> ((F, F), [(F, F); 4]) {
        let (k1x, k1y) = Self::slopes(p, x, y);
        let (x2, y2) = (x + k1x * (DT / 2.0), y + k1y * (DT / 2.0));
        let (k2x, k2y) = Self::slopes(p, x2, y2);
        let (x3, y3) = (x + k2x * (DT / 2.0), y + k2y * (DT / 2.0));
        let (k3x, k3y) = Self::slopes(p, x3, y3);
        let (x4, y4) = (x + k3x * DT, y + k3y * DT);
        let (k4x, k4y) = Self::slopes(p, x4, y4);
        let next = (
            x + (k1x + k2x * 2.0 + k3x * 2.0 + k4x) * (DT / 6.0),
            y + (k1y + k2y * 2.0 + k3y * 2.0 + k4y) * (DT / 6.0),
        );
        (next, [(x, y), (x2, y2), (x3, y3), (x4, y4)])
    }

    /// `x + y` at the end.
    pub fn solve<F: Arithmetic>(inputs: &[F]) -> F {
        let (p, mut x, mut y) = (&inputs[..4], inputs[4], inputs[5]);
        for _ in 0..STEPS {
            ((x, y), _) = Self::step(p, x, y);
        }
        x + y
    }
}

impl Program for Ode {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        Self::solve(x)
    }

    fn hand(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let p = &x[..4];
        let mut path = Vec::with_capacity(STEPS);
        let (mut x, mut y) = (x[4], x[5]);
        for _ in 0..STEPS {
            let (next, stages) = Self::step(p, x, y);
            path.push(stages);
            (x, y) = next;
        }
        gradient.fill(0.0);
        let mut adjoint = [1.0, 1.0];
        // Propagates the adjoint of the slopes at one stage to the parameters, and returns it for the state.
        let mut back = |(x, y): (f64, f64), [kx, ky]: [f64; 2]| {
            gradient[0] += kx * x;
            gradient[1] -= kx * x * y;
            gradient[2] -= ky * y;
            gradient[3] += ky * x * y;
            [kx * (p[0] - p[1] * y) + ky * p[3] * y, ky * (p[3] * x - p[2]) - kx * p[1] * x]
        };
        for stages in path.iter().rev() {
            let a = adjoint;
            let weighted = |w: f64, s: [f64; 2]| [0, 1].map(|i| w / 6.0 * DT * a[i] + s[i]);
            let s4 = back(stages[3], weighted(1.0, [0.0; 2]));
            let s3 = back(stages[2], weighted(2.0, s4.map(|s| DT * s)));
            let s2 = back(stages[1], weighted(2.0, s3.map(|s| DT / 2.0 * s)));
            let s1 = back(stages[0], weighted(1.0, s2.map(|s| DT / 2.0 * s)));
            adjoint = [0, 1].map(|i| a[i] + s1[i] + s2[i] + s3[i] + s4[i]);
        }
        gradient[4..].copy_from_slice(&adjoint);
        x + y
    }

    fn operations(&self, _: usize) -> usize {
        STEPS * (4 * 8 + 3 * 4 + 2 * 7)
    }
}

/// A network of tanh neurons with one output, and the loss `scale · Σ (prediction - target)²` over some rows.
pub struct Mlp {
    widths: Vec<usize>,
    rows: Vec<Vec<f64>>,
    targets: Vec<f64>,
    scale: f64,
    steps: usize,
}

impl Mlp {
    /// 2-16-16-1 on 100 random points. The target is 1 if both coordinates have the same sign, else -1.
    pub fn quadrants() -> (Self, Vec<f64>) {
        let (widths, mut draws) = (vec![2, 16, 16, 1], Draws::new());
        let parameters = Self::draw(&widths, &mut draws);
        let rows: Vec<_> = (0..100).map(|_| draws.take(2)).collect();
        let targets = rows.iter().map(|x| if x[0] * x[1] > 0.0 { 1.0 } else { -1.0 }).collect();
        (Self { widths, rows, targets, scale: 0.01, steps: 1 }, parameters)
    }

    /// 3-4-4-1 on the four rows of the article.
    pub fn article() -> (Self, Vec<f64>) {
        let widths = vec![3, 4, 4, 1];
        let parameters = Self::draw(&widths, &mut Draws::new());
        let rows = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]].map(Vec::from).into();
        (Self { widths, rows, targets: vec![1.0, -1.0, -1.0, 1.0], scale: 1.0, steps: 50 }, parameters)
    }

    /// For each neuron, its weights and then its bias 0.
    fn draw(widths: &[usize], draws: &mut Draws) -> Vec<f64> {
        let mut parameters = Vec::new();
        for width in widths.windows(2) {
            for _ in 0..width[1] {
                parameters.extend(draws.take(width[0]));
                parameters.push(0.0);
            }
        }
        parameters
    }
}

impl Program for Mlp {
    fn eval<F: Real<Plain = f64>>(&self, parameters: &[F]) -> F {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        let mut loss = |(row, &target): (&Vec<f64>, &f64)| {
            x.clear();
            x.extend(row.iter().map(|&x| F::constant(x)));
            let mut rest = parameters;
            for &width in &self.widths[1..] {
                let (layer, behind) = rest.split_at((x.len() + 1) * width);
                rest = behind;
                y.clear();
                y.extend(layer.chunks_exact(x.len() + 1).map(|neuron| {
                    let (bias, weights) = neuron.split_last().expect("a neuron has a bias");
                    (F::dot(weights, &x) + *bias).tanh()
                }));
                std::mem::swap(&mut x, &mut y);
            }
            let error = x[0] - target;
            error * error
        };
        let sum: F = self.rows.iter().zip(&self.targets).map(&mut loss).sum();
        sum * self.scale
    }

    fn hand(&self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut activations: Vec<Vec<f64>> = self.widths.iter().map(|&width| vec![0.0; width]).collect();
        let mut adjoints = activations.clone();
        let mut loss = 0.0;
        for (row, &target) in self.rows.iter().zip(&self.targets) {
            activations[0].copy_from_slice(row);
            let mut offset = 0;
            for layer in 1..self.widths.len() {
                let (below, above) = activations.split_at_mut(layer);
                let x = &below[layer - 1];
                for y in &mut above[0] {
                    let weights = &parameters[offset..offset + x.len()];
                    let sum: f64 = weights.iter().zip(x).map(|(w, x)| w * x).sum();
                    *y = (sum + parameters[offset + x.len()]).tanh();
                    offset += x.len() + 1;
                }
            }
            let last = self.widths.len() - 1;
            let error = activations[last][0] - target;
            loss += error * error;
            adjoints[last][0] = 2.0 * self.scale * error;
            for layer in (1..self.widths.len()).rev() {
                let (below, above) = adjoints.split_at_mut(layer);
                let (x, dx) = (&activations[layer - 1], &mut below[layer - 1]);
                offset -= (x.len() + 1) * above[0].len();
                dx.fill(0.0);
                let mut at = offset;
                for (dy, y) in above[0].iter().zip(&activations[layer]) {
                    let d = dy * (1.0 - y * y);
                    for i in 0..x.len() {
                        gradient[at + i] += d * x[i];
                        dx[i] += d * parameters[at + i];
                    }
                    gradient[at + x.len()] += d;
                    at += x.len() + 1;
                }
            }
        }
        loss * self.scale
    }

    fn operations(&self, _: usize) -> usize {
        let neurons: usize = self.widths.windows(2).map(|w| (2 * w[0] + 1) * w[1]).sum();
        self.rows.len() * (neurons + 3)
    }

    fn steps(&self) -> usize {
        self.steps
    }
}
