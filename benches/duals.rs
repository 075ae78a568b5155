//! [`Dual`] in direct use beside the dual numbers of the crate `num-dual`: one generic function for both, with the same
//! directions.

use std::array::from_fn;
use std::hint::black_box;

use gradtape::Dual;
use nalgebra::SVector;
use num_dual::{Derivative, DualNum, DualSVec64};
use testing::minima::{minima_within, only_checks};
use testing::workloads::{Arithmetic, Draws, Ode};

use super::{OPTION, START, assert_near};

/// What the functions need of a number.
trait Number: Arithmetic + From<f64> {
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn sqrt(self) -> Self;
    fn tanh(self) -> Self;
    fn sin_cos(self) -> (Self, Self);
}

macro_rules! number {
    ([$($generics:tt)*] $Number:ty, |$x:ident| $by:expr; $Methods:ident $($method:ident: $Result:ty),*) => {
        impl<$($generics)*> Number for $Number {
            $(#[inline]
            fn $method(self) -> $Result {
                let $x = &self;
                $Methods::$method($by)
            })*
        }
    };
    ($([$($generics:tt)*] $Number:ty, $Methods:ident, |$x:ident| $by:expr;)*) => {
        $(number! {
            [$($generics)*] $Number, |$x| $by;
            $Methods exp: Self, ln: Self, sqrt: Self, tanh: Self, sin_cos: (Self, Self)
        })*
    };
}

number! {
    [] f64, f64, |x| *x;
    [const N: usize] Dual<f64, N>, Dual, |x| *x;
    [const N: usize] DualSVec64<N>, DualNum, |x| x;
}

/// A function of `I` inputs, and the point where it is measured.
trait Workload<const I: usize> {
    const NAME: &str;
    /// Evaluations that are measured together.
    const REPETITIONS: usize = 1;

    fn point(&self) -> [f64; I];

    fn eval<F: Number>(&self, x: &[F; I]) -> F;
}

impl Workload<6> for Ode {
    const NAME: &str = "ode";

    fn point(&self) -> [f64; 6] {
        START
    }

    fn eval<F: Number>(&self, x: &[F; 6]) -> F {
        Self::solve(x)
    }
}

/// The distance of a hand of seven joints from a target.
struct Arm;

impl Workload<7> for Arm {
    const NAME: &str = "chain of rotations";
    const REPETITIONS: usize = 100;

    fn point(&self) -> [f64; 7] {
        [0.3, -0.8, 0.5, 1.1, -0.4, 0.9, 0.2]
    }

    fn eval<F: Number>(&self, angles: &[F; 7]) -> F {
        let mut hand = [F::from(0.0); 3];
        for (joint, &angle) in angles.iter().enumerate().rev() {
            let [along, across, up] = hand;
            let (sin, cos) = angle.sin_cos();
            // Every other joint turns about another axis.
            let rotated = [along * cos - across * sin, along * sin + across * cos, up + 0.4];
            hand = if joint % 2 == 0 { rotated } else { [rotated[2], rotated[0], rotated[1]] };
        }
        let [x, y, z] = [hand[0] - 0.7, hand[1] - 0.4, hand[2] - 1.1];
        (x * x + y * y + z * z).sqrt()
    }
}

/// The squared error of a point in a camera's picture: by the rotation vector and the translation of the camera, by
/// focal length and distortion, and by the point.
struct Reprojection;

impl Workload<11> for Reprojection {
    const NAME: &str = "reprojection error";
    const REPETITIONS: usize = 100;

    fn point(&self) -> [f64; 11] {
        [0.1, -0.2, 0.3, 0.4, -0.1, 2.0, 500.0, 0.01, 0.7, -0.3, 4.0]
    }

    fn eval<F: Number>(&self, x: &[F; 11]) -> F {
        let ([a, b, c], [u, v, w]) = ([x[0], x[1], x[2]], [x[8], x[9], x[10]]);
        // The formula of Rodrigues.
        let angle = (a * a + b * b + c * c).sqrt();
        let (sin, cos) = angle.sin_cos();
        let [a, b, c] = [a / angle, b / angle, c / angle];
        let along = (a * u + b * v + c * w) * (-cos + 1.0);
        let p = u * cos + (b * w - c * v) * sin + a * along + x[3];
        let q = v * cos + (c * u - a * w) * sin + b * along + x[4];
        let r = w * cos + (a * v - b * u) * sin + c * along + x[5];
        let (p, q) = (p / r, q / r);
        let scale = x[6] * (x[7] * (p * p + q * q) + 1.0);
        let (p, q) = (p * scale - 60.0, q * scale + 12.0);
        p * p + q * q
    }
}

/// The mean loss of a logistic regression of 2000 rows.
struct Regression(Vec<[f64; 11]>);

impl Regression {
    fn new() -> Self {
        Self(Draws::new().take(2000 * 11).as_chunks().0.to_vec())
    }
}

impl Workload<11> for Regression {
    const NAME: &str = "logistic regression";

    fn point(&self) -> [f64; 11] {
        [0.4, -0.2, 0.1, 0.9, -1.1, 0.3, 0.5, -0.6, 0.8, 0.2, -0.7]
    }

    fn eval<F: Number>(&self, weights: &[F; 11]) -> F {
        let mut loss = F::from(0.0);
        for row in &self.0 {
            let mut score = weights[0] * row[0];
            for (&weight, &feature) in weights[1..].iter().zip(&row[1..]) {
                score = score + weight * feature;
            }
            let score = if row[0] + row[1] > 0.0 { -score } else { score };
            loss = loss + (score.exp() + 1.0).ln();
        }
        loss / 2000.0
    }
}

struct Option5;

impl Workload<5> for Option5 {
    const NAME: &str = "Black-Scholes";
    const REPETITIONS: usize = 100;

    fn point(&self) -> [f64; 5] {
        OPTION
    }

    fn eval<F: Number>(&self, x: &[F; 5]) -> F {
        price!(x)
    }
}

/// The inputs with `N` directions, none of them along an axis.
fn directions<const I: usize, const N: usize>() -> [[f64; N]; I] {
    let mut draws = Draws::new();
    from_fn(|_| draws.take(N).try_into().expect("as many as asked for"))
}

#[inline(never)]
fn repeated<const I: usize, F: Number, W: Workload<I>>(workload: &W, x: &[F; I]) {
    for _ in 0..W::REPETITIONS {
        black_box(workload.eval(black_box(x)));
    }
}

/// The seconds of the plain number, ours and theirs.
fn seconds<const I: usize, const N: usize>(workload: &impl Workload<I>) -> [f64; 3] {
    let (x, directions) = (workload.point(), directions::<I, N>());
    let ours: [Dual<f64, N>; I] = from_fn(|i| Dual::new(x[i], directions[i]));
    let theirs: [DualSVec64<N>; I] = from_fn(|i| DualSVec64::new(x[i], Derivative::some(SVector::from(directions[i]))));
    let (y, expected) = (workload.eval(&ours), workload.eval(&theirs));
    assert_near(&[y.data()], &[expected.re]);
    assert_near(&y.tangents(), expected.eps.unwrap_generic(nalgebra::Const, nalgebra::U1).as_slice());
    minima_within(
        std::time::Duration::from_millis(200),
        [&mut || repeated(workload, &x), &mut || repeated(workload, &ours), &mut || repeated(workload, &theirs)],
    )
}

/// A line for each workload: our time as a multiple of theirs, and of the plain number's, by the number of directions.
fn line<const I: usize, W: Workload<I>>(workload: &W) {
    macro_rules! by_directions {
        ($($N:literal)*) => {
            [$(($N, seconds::<I, $N>(workload)),)*]
        };
    }
    let columns = by_directions!(1 2 3 4 6 8 9 11 12 15 16);
    if only_checks() {
        return;
    }
    print!("{:<22}{:>14}", W::NAME, "");
    for (directions, _) in &columns {
        print!("{directions:>7}");
    }
    print!("\n{:>36}", "of num-dual");
    for (_, [_, ours, theirs]) in &columns {
        print!("{:>7.2}", ours / theirs);
    }
    print!("\n{:>36}", "of plain");
    for (_, [plain, ours, _]) in &columns {
        print!("{:>7.2}", ours / plain);
    }
    println!();
}

pub(super) fn duals() {
    line(&Ode);
    line(&Arm);
    line(&Reprojection);
    line(&Regression::new());
    line(&Option5);
}
