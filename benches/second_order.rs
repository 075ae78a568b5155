//! Value, gradient and Hessian in one forward pass: `Dual2` beside `Dual2Vec` of the crate `num-dual`, and beside a
//! `Dual` over `Dual`s.
//!
//! `cargo bench -p gradtape-benches --bench second_order` asserts that all agree, and prints a line of ratios for each
//! function: minima over rounds that interleave the competitors in one process.

#![allow(missing_docs, reason = "a benchmark")]

use std::array::from_fn;
use std::hint::black_box;
use std::time::Duration;

use gradtape::{Dual, Dual2};
use nalgebra::SMatrix;
use num_dual::{Derivative, Dual2SVec64, DualNum};
use testing::minima::{minima_within, only_checks};
use testing::workloads::Ode;

/// The distance of a pendulum's end from a target.
macro_rules! pendulum {
    ($x:expr) => {{
        let [length, angle] = $x;
        let (sin, cos) = angle.sin_cos();
        let (x, y) = (length * sin - 0.3, length * cos - 0.8);
        (x * x + y * y).sqrt()
    }};
}

/// The error of logistic growth at ten times.
macro_rules! growth {
    ($x:expr) => {{
        let [capacity, rate, midpoint] = $x;
        let error = |t: f64| {
            let residual = capacity / ((rate * (midpoint - t)).exp() + 1.0) - (0.1 * t * t + 0.2);
            residual * residual
        };
        (1..10).fold(error(0.0), |sum, t| sum + error(f64::from(t)))
    }};
}

/// The squared error of a point in a camera's picture, by the rotation vector and the translation of the camera.
macro_rules! reprojection {
    ($x:expr) => {{
        let [a, b, c, x, y, z] = $x;
        let [u, v, w] = [0.7, -0.3, 4.0];
        // The formula of Rodrigues.
        let angle = (a * a + b * b + c * c).sqrt();
        let (sin, cos) = angle.sin_cos();
        let [a, b, c] = [a / angle, b / angle, c / angle];
        let along = (a * u + b * v + c * w) * (-cos + 1.0);
        let p = cos * u + (b * w - c * v) * sin + a * along + x;
        let q = cos * v + (c * u - a * w) * sin + b * along + y;
        let r = cos * w + (a * v - b * u) * sin + c * along + z;
        let (p, q) = (p / r * 500.0 - 60.0, q / r * 500.0 + 12.0);
        p * p + q * q
    }};
}

macro_rules! ode {
    ($x:expr) => {
        Ode::solve(&$x)
    };
}

/// An option's price, as a function of spot, volatility and time.
macro_rules! option {
    ($x:expr) => {{
        let [spot, volatility, time] = $x;
        let deviation = volatility * time.sqrt();
        let d = ((spot / 110.0).ln() + (volatility * volatility * 0.5 + 0.03) * time) / deviation;
        let e = d - deviation;
        let density = |x: f64| x * 0.797_884_560_8;
        let first = ((d * d * 0.044_715 + 1.0) * d * density(1.0)).tanh() + 1.0;
        let second = ((e * e * 0.044_715 + 1.0) * e * density(1.0)).tanh() + 1.0;
        spot * first * 0.5 - (time * -0.03).exp() * second * 55.0
    }};
}

fn near(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-9 * (1.0 + theirs.abs())
}

/// Their number as value, gradient and Hessian.
fn parts<const N: usize>(y: Dual2SVec64<N>) -> (f64, [f64; N], [[f64; N]; N]) {
    let one = nalgebra::Const::<1>;
    let gradient: SMatrix<f64, 1, N> = y.v1.unwrap_generic(one, nalgebra::Const::<N>);
    let hessian: SMatrix<f64, N, N> = y.v2.unwrap_generic(nalgebra::Const::<N>, nalgebra::Const::<N>);
    (y.re, gradient.transpose().into(), hessian.into())
}

fn their_vars<const N: usize>(x: [f64; N]) -> [Dual2SVec64<N>; N] {
    from_fn(|i| {
        let unit = SMatrix::<f64, 1, N>::from_fn(|_, k| f64::from(u8::from(i == k)));
        Dual2SVec64::new(x[i], Derivative::some(unit), Derivative::none())
    })
}

macro_rules! line {
    ($what:literal, $function:ident, $N:literal, $repetitions:literal, $x:expr) => {{
        const N: usize = $N;
        #[inline(never)]
        fn plain(x: [f64; N]) -> f64 {
            $function!(x)
        }
        #[inline(never)]
        fn ours(x: [f64; N]) -> (f64, [f64; N], [[f64; N]; N]) {
            let y = $function!(Dual2::vars(x));
            (y.data(), y.gradient(), y.hessian())
        }
        #[inline(never)]
        fn nested(x: [f64; N]) -> (f64, [f64; N], [[f64; N]; N]) {
            let y = $function!(Dual::vars(Dual::vars(x)));
            (y.data().data(), y.data().tangents(), y.tangents().map(Dual::tangents))
        }
        #[inline(never)]
        fn theirs(x: [f64; N]) -> (f64, [f64; N], [[f64; N]; N]) {
            parts($function!(their_vars(x)))
        }
        let x: [f64; N] = $x;
        let expected = theirs(x);
        for (value, gradient, hessian) in [ours(x), nested(x)] {
            assert!(near(value, expected.0), "{}", $what);
            let pairs = gradient.iter().zip(&expected.1).chain(hessian.as_flattened().iter().zip(expected.2.as_flattened()));
            pairs.for_each(|(ours, theirs)| assert!(near(*ours, *theirs), "{}: {ours} for {theirs}", $what));
        }
        let seconds = minima_within(
            Duration::from_millis(500),
            [
                &mut || (0..$repetitions).for_each(|_| _ = black_box(plain(black_box(x)))),
                &mut || (0..$repetitions).for_each(|_| _ = black_box(ours(black_box(x)))),
                &mut || (0..$repetitions).for_each(|_| _ = black_box(nested(black_box(x)))),
                &mut || (0..$repetitions).for_each(|_| _ = black_box(theirs(black_box(x)))),
            ],
        );
        if !only_checks() {
            let [plain, ours, nested, theirs] = seconds;
            println!(
                "{:<22} of {N}: {:>8.1} ns plain; Dual2 {:>6.2}, Dual<Dual> {:>6.2}, num-dual {:>6.2}; Dual2 is {:.2} of num-dual",
                $what, plain * 1e9 / f64::from($repetitions), ours / plain, nested / plain, theirs / plain, ours / theirs
            );
        }
    }};
}

fn main() {
    line!("pendulum", pendulum, 2, 100, [1.2, 0.4]);
    line!("option", option, 3, 100, [100.0, 0.2, 1.5]);
    line!("logistic growth", growth, 3, 100, [5.0, 0.7, 4.0]);
    line!("reprojection error", reprojection, 6, 100, [0.1, -0.2, 0.3, 0.4, -0.1, 2.0]);
    line!("ode", ode, 6, 1, [1.5, 1.0, 3.0, 1.0, 1.0, 1.0]);
}
