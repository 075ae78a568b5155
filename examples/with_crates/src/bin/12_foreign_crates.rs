//! Lesson 12: derivatives through the code of other crates.
//!
//! The numbers of this crate implement the traits of `num_traits`. So a crate that is generic over these traits takes
//! them unchanged. The complex numbers of `num-complex` give the gain and the phase of a filter, and their derivatives
//! by the capacitance. The Fourier transform of `rustfft` gives the power of a signal at one frequency, and its
//! derivatives by all samples. The lesson prints derivatives, and compares them with their closed forms.
//!
//! Generic code that leaves out a number because it is 0 drops its derivatives. The roots and the inverse functions of
//! `num-complex` do so on the axes; `gradtape::complex` has functions to call instead.

use std::f64::consts::TAU;

use gradtape::num_traits::{Float, FloatConst};
use gradtape::{Dual, Tape, Value};
use num_complex::Complex;
use rustfft::{FftNum, FftPlanner};

const OHMS: f64 = 50.0;
const HENRIES: f64 = 1e-3;
const FARADS: f64 = 1e-7;

/// The voltage at the capacitor of a filter, at a frequency in hertz. A voltage of 1 drives a resistor, a coil and the
/// capacitor in series.
fn voltage<F: Float + FloatConst>(ohms: F, henries: F, farads: F, hertz: F) -> Complex<F> {
    let s = Complex::new(F::zero(), F::TAU() * hertz);
    (s * s * henries * farads + s * ohms * farads + F::one()).inv()
}

fn filter(hertz: f64) {
    let y = voltage(OHMS.into(), HENRIES.into(), Dual::var(FARADS), hertz.into());
    let (gain, phase) = (y.norm(), y.arg());

    let w = TAU * hertz;
    let real = 1.0 - w * w * HENRIES * FARADS;
    let square = gain.data().powi(2);
    let by_farads = [
        (gain.tangent(), -square * gain.data() * ((w * OHMS).powi(2) * FARADS - w * w * HENRIES * real)),
        (phase.tangent(), -square * w * OHMS),
    ];
    println!("{hertz} Hz: gain {gain:.4}, phase {phase:.4}; by the capacitance, with closed forms: {by_farads:.3?}");
    assert!(by_farads.iter().all(|(ours, closed)| (ours / closed - 1.0).abs() < 1e-12));
}

/// The power of a signal at the frequency of `k` periods in its length.
fn power<T: FftNum>(signal: &[T], k: usize) -> T {
    let mut spectrum: Vec<_> = signal.iter().map(Complex::from).collect();
    FftPlanner::new().plan_fft_forward(signal.len()).process(&mut spectrum);
    spectrum[k].norm_sqr()
}

fn spectrum() {
    let (k, times) = (3, (0..60).map(|n| f64::from(n) / 60.0));
    let signal: Vec<_> = times.clone().map(|t| (TAU * 3.0 * t).sin() + (t - 0.5).powi(2)).collect();

    let tape = Tape::new();
    let samples = tape.vars(&signal);
    let total: Value<f64> = power(&samples, k);
    let slopes = total.backward().wrt_all(&samples);

    // The transform is linear: its value at `k` is `Σ xₙ wₙ`, with `wₙ` on the unit circle.
    let waves: Vec<_> = times.map(|t| Complex::from_polar(1.0, -TAU * 3.0 * t)).collect();
    let at_k: Complex<f64> = signal.iter().zip(&waves).map(|(&x, wave)| wave * x).sum();
    let closed = waves.iter().map(|wave| 2.0 * (at_k.conj() * wave).re);
    let worst = slopes.iter().zip(closed).map(|(ours, closed)| (ours - closed).abs()).fold(0.0, f64::max);
    println!("power {total:.6}, by the first samples {:.6?}; all are off by at most {worst:.1e}", &slopes[..3]);
    assert!(worst < 1e-11);
}

fn main() {
    for hertz in [5e3, 15e3, 50e3] {
        filter(hertz);
    }
    spectrum();
}
