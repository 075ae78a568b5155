//! Complex functions of `gradtape::complex` and of num-complex, on axes, at both sides of branch cuts, and at branch
//! points.
//!
//! The references are closed forms of the derivatives in plain complex numbers, the plain values of num-complex,
//! differences, nalgebra, and values that mpmath computed with 400 bits.

mod derivatives;
mod exceptions;
mod programs;
mod values;

use gradtape::{Real, complex};
use num_complex::Complex;
use num_traits::{Float, FloatConst};
use testing::differentiable::{Differentiable, Over, outcome, partials};
use testing::{TestFloat, number};

type C = Complex<f64>;

const I: C = C::new(0.0, 1.0);

/// A function of one complex number.
type Map<F> = fn(Complex<F>) -> Complex<F>;

/// Lists of functions over any number. For example, the line `exp: Complex::exp, C::exp, C::exp;` adds its name to
/// `$NAMES`, the function to what `$functions` returns, and its first and second derivative to what `$derivatives`
/// returns.
macro_rules! lists {
    ($NAMES:ident $functions:ident $derivatives:ident: $($name:ident: $f:expr, $first:expr, $second:expr;)*) => {
        const $NAMES: &[&str] = &[$(stringify!($name)),*];

        fn $functions<F: Real>() -> Vec<Map<F>> {
            vec![$($f),*]
        }

        fn $derivatives() -> Vec<[Map<f64>; 2]> {
            vec![$([$first, $second]),*]
        }
    };
}

/// `√(1 - z²)` on the side of the cut to which num-complex belongs, without loss of digits at ±1.
fn root(z: C) -> C {
    (C::ONE - z).sqrt() * (C::ONE + z).sqrt()
}

/// `√(z² - 1)` likewise, for `acosh`.
fn other_root(z: C) -> C {
    (z - 1.0 + C::ZERO).sqrt() * (z + C::ONE).sqrt()
}

/// `1 - z²` in factors.
fn product(z: C) -> C {
    (1.0 - z) * (1.0 + z)
}

fn real<F: Float>(x: f64) -> F {
    number(x)
}

fn pair<F: Float>(re: f64, im: f64) -> Complex<F> {
    Complex::new(real(re), real(im))
}

/// The exponent, or the factor, of some functions.
const W: C = C::new(1.5, 0.5);

// The functions of this crate.
lists! { OURS ours derivatives:
    sqrt: complex::sqrt, |z| 0.5 / z.sqrt(), |z| -0.25 / (z * z.sqrt());
    cbrt: complex::cbrt, |z| z.cbrt() / z / 3.0, |z| z.cbrt() / z / z * (-2.0 / 9.0);
    powf_0: |z| complex::powf(z, real::<F>(0.0)), |_| C::ZERO, |_| C::ZERO;
    powf_1: |z| complex::powf(z, real::<F>(1.0)), |_| C::ONE, |_| C::ZERO;
    powf_2: |z| complex::powf(z, real::<F>(2.0)), |z| z * 2.0, |_| C::ONE * 2.0;
    powf_5_2: |z| complex::powf(z, real::<F>(2.5)), |z| z * z.sqrt() * 2.5, |z| z.sqrt() * 3.75;
    powf_neg: |z| complex::powf(z, real::<F>(-0.5)), |z| -0.5 / (z * z.sqrt()), |z| 0.75 / (z * z * z.sqrt());
    powc_0: |z| complex::powc(z, pair(0.0, 0.0)), |_| C::ZERO, |_| C::ZERO;
    powc_2: |z| complex::powc(z, pair(2.0, 0.0)), |z| z * 2.0, |_| C::ONE * 2.0;
    powc_w: |z| complex::powc(z, pair(W.re, W.im)), |z| W * z.powc(W) / z, |z| W * (W - 1.0) * z.powc(W) / z / z;
    tan: complex::tan, |z| z.cos().powi(-2), |z| z.sin() / z.cos().powi(3) * 2.0;
    tanh: complex::tanh, |z| z.cosh().powi(-2), |z| z.sinh() / z.cosh().powi(3) * -2.0;
    asin: complex::asin, |z| root(z).inv(), |z| z / root(z).powi(3);
    acos: complex::acos, |z| -root(z).inv(), |z| -z / root(z).powi(3);
    asinh: complex::asinh, |z| root(I * z).inv(), |z| -z / root(I * z).powi(3);
    acosh: complex::acosh, |z| other_root(z).inv(), |z| -z / other_root(z).powi(3);
    atan: complex::atan, |z| product(I * z).inv(), |z| z * -2.0 / product(I * z).powi(2);
    atanh: complex::atanh, |z| product(z).inv(), |z| z * 2.0 / product(z).powi(2);
}

// Functions of num-complex that the page calls right.
lists! { THEIRS unchanged unchanged_derivatives:
    exp: Complex::exp, C::exp, C::exp;
    exp2: Complex::exp2, |z| z.exp2() * f64::LN_2(), |z| z.exp2() * f64::LN_2().powi(2);
    expf: |z| z.expf(real(2.5)), |z| z.expf(2.5) * 2.5_f64.ln(), |z| z.expf(2.5) * 2.5_f64.ln().powi(2);
    cis: |z| Complex::cis(z.re) * (-z.im).exp(), |z| I * (I * z).exp(), |z| -(I * z).exp();
    ln: Complex::ln, |z| z.inv(), |z| -z.powi(-2);
    log: |z| z.log(real(2.5)), |z| z.inv() / 2.5_f64.ln(), |z| -z.powi(-2) / 2.5_f64.ln();
    log2: Complex::log2, |z| z.inv() / f64::LN_2(), |z| -z.powi(-2) / f64::LN_2();
    log10: Complex::log10, |z| z.inv() / f64::LN_10(), |z| -z.powi(-2) / f64::LN_10();
    sin: Complex::sin, C::cos, |z| -z.sin();
    cos: Complex::cos, |z| -z.sin(), |z| -z.cos();
    sinh: Complex::sinh, C::cosh, C::sinh;
    cosh: Complex::cosh, C::sinh, C::cosh;
    powi_0: |z| z.powi(0), |_| C::ZERO, |_| C::ZERO;
    powi_1: |z| z.powi(1), |_| C::ONE, |_| C::ZERO;
    powu_3: |z| z.powu(3), |z| z * z * 3.0, |z| z * 6.0;
    powi_neg: |z| z.powi(-2), |z| z.powi(-3) * -2.0, |z| z.powi(-4) * 6.0;
    inv: |z| z.inv(), |z| -z.powi(-2), |z| z.powi(-3) * 2.0;
    finv: Complex::finv, |z| -z.powi(-2), |z| z.powi(-3) * 2.0;
    fdiv: |z| pair::<F>(W.re, W.im).fdiv(z), |z| -W * z.powi(-2), |z| W * z.powi(-3) * 2.0;
    div: |z| pair::<F>(W.re, W.im) / z, |z| -W * z.powi(-2), |z| W * z.powi(-3) * 2.0;
}

/// Both axes and both signs of their zeros, branch points, and points near and far from them.
fn points<T: TestFloat>() -> Vec<Complex<T>> {
    let parts = [0.0, 1e-6, 0.3, 1.0, 1.0 + 1e-5, 2.5, 30.0, 1e6];
    let parts: Vec<T> = parts.into_iter().flat_map(|x| [number(x), number(-x)]).collect();
    parts.iter().flat_map(|&re| parts.iter().map(move |&im| Complex::new(re, im))).collect()
}

fn wide<T: TestFloat>(z: Complex<T>) -> C {
    C::new(z.re.into(), z.im.into())
}

/// A message if two results differ by more than a number of units of rounding, relative to `scale`.
fn complaint<T: TestFloat>(ours: Complex<T>, exact: C, scale: f64, units: f64, what: &str) -> Option<String> {
    let off = (wide(ours) - exact).norm() / T::epsilon().into();
    // A difference of subnormal numbers is no error.
    let is_tiny = off <= T::min_positive_value().into() / T::epsilon().into();
    let good = wide(ours) == exact || off <= units * scale || is_tiny;
    (!good).then(|| format!("{what}: {ours:?} instead of {exact:?}, off by {:.1} units\n", off / scale))
}

/// The value and the derivatives by the real and the imaginary part.
fn first_order<F: Differentiable>(f: Map<F>, z: Complex<F::Inner>) -> [Complex<F::Inner>; 3] {
    let parts: [fn(Complex<F>) -> F; 2] = [|w| w.re, |w| w.im];
    let [(re, by_re), (im, by_im)] = parts.map(|part| outcome(|[x, y]| part(f(Complex::new(x, y))), [z.re, z.im]));
    [Complex::new(re, im), Complex::new(by_re[0], by_im[0]), Complex::new(by_re[1], by_im[1])]
}

/// The second derivatives: twice by the real part, by both in either order, and twice by the imaginary part.
fn second_order<T, F1, F2>(f: Map<F2>, z: Complex<T>) -> [Complex<T>; 4]
where
    T: TestFloat,
    F1: Over<T>,
    F2: Differentiable<Inner = F1>,
{
    let parts: [fn(Complex<F2>) -> F2; 2] = [|w| w.re, |w| w.im];
    let [re, im] = parts.map(|part| {
        let slope = |k: usize, x: [F1; 2]| partials(|[x, y]: [F2; 2]| part(f(Complex::new(x, y))), x)[k];
        [0, 1].map(|k| partials(|x: [F1; 2]| slope(k, x), [z.re, z.im])).concat()
    });
    std::array::from_fn(|k| Complex::new(re[k], im[k]))
}

fn index_of(name: &str) -> usize {
    OURS.iter().position(|&other| other == name).expect("a function of the list")
}

/// The name of a function, the function, its first and second derivative, and a point.
type Case<T, F> = (&'static str, Map<F>, [Map<f64>; 2], Complex<T>);

/// All functions at all points; those of num-complex at points that are not far.
fn cases<T: TestFloat, F: Real>() -> Vec<Case<T, F>> {
    let near = points::<T>().into_iter().filter(|z| z.norm() < number(100.0));
    let ours = OURS.iter().zip(ours::<F>()).zip(derivatives()).map(|f| (f, points::<T>()));
    let theirs = THEIRS.iter().zip(unchanged::<F>()).zip(unchanged_derivatives()).map(|f| (f, near.clone().collect()));
    let all = ours.chain(theirs);
    all.flat_map(|(((name, f), derivatives), points)| points.into_iter().map(move |z| (*name, f, derivatives, z)))
        .collect()
}
