//! Test problems of any size, by Moré, Garbow and Hillstrom (1981) and of `CUTEst`.

#![allow(clippy::needless_range_loop, reason = "the loops that people write")]

use gradtape::{Function, Real, VectorFunction};

use super::real;

/// Residuals from the collection of Moré, Garbow and Hillstrom, with the numbers that they have there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Residuals {
    /// 21, of an even number of variables.
    Rosenbrock,
    /// 22, of a multiple of four variables.
    PowellSingular,
    /// 23.
    Penalty,
    /// 25.
    VariablyDimensioned,
    /// 26.
    Trigonometric,
    /// 27.
    AlmostLinear,
    /// 28.
    BoundaryValue,
    /// 29.
    IntegralEquation,
    /// 30.
    BroydenTridiagonal,
    /// 31.
    BroydenBanded,
}

impl Residuals {
    pub const ALL: [Self; 10] = [
        Self::Rosenbrock,
        Self::PowellSingular,
        Self::Penalty,
        Self::VariablyDimensioned,
        Self::Trigonometric,
        Self::AlmostLinear,
        Self::BoundaryValue,
        Self::IntegralEquation,
        Self::BroydenTridiagonal,
        Self::BroydenBanded,
    ];

    /// The standard starting point.
    pub fn start(self, variables: usize) -> Vec<f64> {
        let n = real(variables);
        let at = |i: usize| match self {
            Self::Rosenbrock => [-1.2, 1.0][i % 2],
            Self::PowellSingular => [3.0, -1.0, 0.0, 1.0][i % 4],
            Self::Penalty => real(i + 1),
            Self::VariablyDimensioned => 1.0 - real(i + 1) / n,
            Self::Trigonometric => 1.0 / n,
            Self::AlmostLinear => 0.5,
            Self::BoundaryValue | Self::IntegralEquation => {
                let t = real(i + 1) / (n + 1.0);
                t * (t - 1.0)
            }
            Self::BroydenTridiagonal | Self::BroydenBanded => -1.0,
        };
        (0..variables).map(at).collect()
    }
}

impl VectorFunction for Residuals {
    fn outputs(&self, inputs: usize) -> usize {
        match self {
            Self::Penalty => inputs + 1,
            Self::VariablyDimensioned => inputs + 2,
            _ => inputs,
        }
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let f = match self {
            Self::Rosenbrock => rosenbrock,
            Self::PowellSingular => powell_singular,
            Self::Penalty => penalty,
            Self::VariablyDimensioned => variably_dimensioned,
            Self::Trigonometric => trigonometric,
            Self::AlmostLinear => almost_linear,
            Self::BoundaryValue => boundary_value,
            Self::IntegralEquation => integral_equation,
            Self::BroydenTridiagonal => broyden_tridiagonal,
            Self::BroydenBanded => broyden_banded,
        };
        f(x, y);
    }
}

fn rosenbrock<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    for i in (0..x.len()).step_by(2) {
        y[i] = (x[i + 1] - x[i] * x[i]) * 10.0;
        y[i + 1] = -x[i] + 1.0;
    }
}

fn powell_singular<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    for i in (0..x.len()).step_by(4) {
        y[i] = x[i] + x[i + 1] * 10.0;
        y[i + 1] = (x[i + 2] - x[i + 3]) * 5_f64.sqrt();
        y[i + 2] = (x[i + 1] - x[i + 2] * 2.0).powi(2);
        y[i + 3] = (x[i] - x[i + 3]).powi(2) * 10_f64.sqrt();
    }
}

fn penalty<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let mut squares = F::zero();
    for (y, &x) in y.iter_mut().zip(x) {
        *y = (x - 1.0) * 1e-5_f64.sqrt();
        squares += x * x;
    }
    y[x.len()] = squares - 0.25;
}

fn variably_dimensioned<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let n = x.len();
    let mut sum = F::zero();
    for i in 0..n {
        y[i] = x[i] - 1.0;
        sum += (x[i] - 1.0) * real(i + 1);
    }
    y[n] = sum;
    y[n + 1] = sum * sum;
}

fn trigonometric<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let cosines: F = x.iter().map(|&x| x.cos()).sum();
    for i in 0..x.len() {
        y[i] = -cosines + real(x.len()) + (-x[i].cos() + 1.0) * real(i + 1) - x[i].sin();
    }
}

fn almost_linear<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let n = x.len();
    let sum: F = x.iter().sum();
    for i in 0..n - 1 {
        y[i] = x[i] + sum - real(n + 1);
    }
    y[n - 1] = x.iter().product::<F>() - 1.0;
}

fn boundary_value<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let n = x.len();
    let h = 1.0 / real(n + 1);
    for i in 0..n {
        let left = if i == 0 { F::zero() } else { x[i - 1] };
        let right = if i == n - 1 { F::zero() } else { x[i + 1] };
        y[i] = x[i] * 2.0 - left - right + (x[i] + real(i + 1) * h + 1.0).powi(3) * (h * h / 2.0);
    }
}

fn integral_equation<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let n = x.len();
    let h = 1.0 / real(n + 1);
    let t = |i: usize| real(i + 1) * h;
    for i in 0..n {
        let (mut before, mut behind) = (F::zero(), F::zero());
        for j in 0..n {
            let cube = (x[j] + t(j) + 1.0).powi(3);
            if j <= i {
                before += cube * t(j);
            } else {
                behind += cube * (1.0 - t(j));
            }
        }
        y[i] = x[i] + (before * (1.0 - t(i)) + behind * t(i)) * (h / 2.0);
    }
}

fn broyden_tridiagonal<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    let last = x.len() - 1;
    for i in 0..x.len() {
        let mut residual = (-x[i] * 2.0 + 3.0) * x[i] + 1.0;
        if i > 0 {
            residual -= x[i - 1];
        }
        if i < last {
            residual -= x[i + 1] * 2.0;
        }
        y[i] = residual;
    }
}

fn broyden_banded<F: Real<Plain = f64>>(x: &[F], y: &mut [F]) {
    for i in 0..x.len() {
        y[i] = x[i] * (x[i] * x[i] * 5.0 + 2.0) + 1.0;
        for j in i.saturating_sub(5)..x.len().min(i + 2) {
            if j != i {
                y[i] -= x[j] * (x[j] + 1.0);
            }
        }
    }
}

/// Objectives: sums of squares of the residuals, and some from `CUTEst`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Problem {
    Squares(Residuals),
    /// The chained function of Wood, of an even number of variables, four at least.
    ChainedWood,
    /// `ENGVAL1`.
    Engval,
    /// `ARWHEAD`: the last variable is in all terms.
    Arrowhead,
}

impl Problem {
    pub fn all() -> impl Iterator<Item = Self> {
        Residuals::ALL.into_iter().map(Self::Squares).chain([Self::ChainedWood, Self::Engval, Self::Arrowhead])
    }

    /// The standard starting point.
    pub fn start(self, variables: usize) -> Vec<f64> {
        match self {
            Self::Squares(residuals) => residuals.start(variables),
            Self::ChainedWood => {
                (0..variables).map(|i| if i < 4 { [-3.0, -1.0][i % 2] } else { [-2.0, 0.0][i % 2] }).collect()
            }
            Self::Engval => vec![2.0; variables],
            Self::Arrowhead => vec![1.0; variables],
        }
    }
}

impl Function for Problem {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let mut sum = F::zero();
        match self {
            Self::Squares(residuals) => {
                let mut y = vec![F::zero(); residuals.outputs(x.len())];
                residuals.eval(x, &mut y);
                for y in y {
                    sum += y * y;
                }
            }
            Self::ChainedWood => {
                sum += 1.0;
                for i in (0..x.len() - 3).step_by(2) {
                    sum += (x[i + 1] - x[i].powi(2)).powi(2) * 100.0 + (-x[i] + 1.0).powi(2);
                    sum += (x[i + 3] - x[i + 2].powi(2)).powi(2) * 90.0 + (-x[i + 2] + 1.0).powi(2);
                    sum += (x[i + 1] + x[i + 3] - 2.0).powi(2) * 10.0 + (x[i + 1] - x[i + 3]).powi(2) * 0.1;
                }
            }
            Self::Engval => {
                for x in x.windows(2) {
                    sum += (x[0] * x[0] + x[1] * x[1]).powi(2) - x[0] * 4.0 + 3.0;
                }
            }
            Self::Arrowhead => {
                let (&last, rest) = x.split_last().expect("there is a variable");
                for &x in rest {
                    sum += (x * x + last * last).powi(2) - x * 4.0 + 3.0;
                }
            }
        }
        sum
    }
}
