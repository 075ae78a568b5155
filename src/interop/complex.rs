//! Complex numbers of [`num_complex`]: the functions of which that crate drops derivatives.
//!
//! A [`Complex`] of numbers of this crate has derivatives by its real and its imaginary part. Its operators and most of
//! its methods are right. But some ask whether a part is 0, and leave the part out with its derivatives. This module
//! has these functions again, with all derivatives. They also take plain floats, so generic code calls them for both.
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["complex"] }
//! num-complex = "0.4"
//! ```
//!
//! ```
//! use gradtape::{Dual, complex};
//! use num_complex::Complex;
//!
//! // √z at z = 4, in the direction of the imaginary axis: i/(2√z).
//! let z = Complex::new(Dual::constant(4.0), Dual::var(0.0));
//! assert_eq!(complex::sqrt(z).im.tangent(), 0.25);
//! assert_eq!(z.sqrt().im.tangent(), 1.0); // wrong
//! ```
//!
//! The roots of a quadratic, with derivatives by all coefficients, whether the roots are real or not:
//!
//! ```
//! use gradtape::{Real, complex, gradient};
//! use num_complex::Complex;
//!
//! /// The root of `a x² + b x + c` in the upper half-plane, or the larger one of two real roots.
//! fn root<F: Real<Plain = f64>>([a, b, c]: [F; 3]) -> Complex<F> {
//!     let discriminant = b * b - a * c * 4.0;
//!     (complex::sqrt(discriminant.into()) - b).unscale(a * 2.0)
//! }
//!
//! assert_eq!(root([1.0, -3.0, 2.0]), Complex::new(2.0, 0.0));
//! assert_eq!(root([1.0, -2.0, 5.0]), Complex::new(1.0, 2.0));
//! // dx/dc = -1/(2 a x + b), which is i/4 here.
//! assert_eq!(gradient(|x| root([x[0], x[1], x[2]]).im, &[1.0, -2.0, 5.0]).1[2], 0.25);
//! ```
//!
//! # What to call
//!
//! | of num-complex | derivatives | call |
//! |---|---|---|
//! | `+ - * / %`, `inv`, `finv`, `fdiv`, `scale`, `unscale`, `conj`, sums, products | right | as they are |
//! | `exp`, `exp2`, `expf`, `cis`, `from_polar`, `powi`, `powu` | right | as they are |
//! | `sin`, `cos`, `sinh`, `cosh` | right | as they are |
//! | `norm`, `arg`, `to_polar` | right; 0 at 0, as [`hypot` and `atan2`](crate#where-there-is-no-derivative) | as they are |
//! | `norm_sqr` | right, at 0, too | as it is |
//! | `l1_norm` | right; where a part is 0, that of its `abs` is 0 | as it is |
//! | `ln`, `log`, `log2`, `log10` | right; 0 at 0, where the value is infinite | as they are |
//! | `sqrt`, `cbrt` | wrong on both axes | [`sqrt`], [`cbrt`] |
//! | `powf`, `powc`, `Pow` with such an exponent | lost by the exponent 0; wrong at the base 0 | [`powf`], [`powc`] |
//! | `asin`, `acos`, `asinh`, `acosh` | wrong on an axis; inaccurate far from 0 | [`asin`], [`acos`], [`asinh`], [`acosh`] |
//! | `atan`, `atanh` | inaccurate far from 0 | [`atan`], [`atanh`] |
//! | `tan` | inaccurate far from the real axis | [`tan`] |
//! | `tanh` | inaccurate far from the imaginary axis | [`tanh`] |
//!
//! A method of `Complex` wins against a method of a trait, so these are functions: `complex::sqrt(z)`, not `z.sqrt()`.
//! Generic code over [`ComplexFloat`](num_complex::ComplexFloat) calls the methods of num-complex. The trait
//! `ComplexField` of nalgebra has functions of its own: `sqrt`, `cbrt`, `powf` and `powc` are right, except at 0.
//!
//! # Values
//!
//! At finite numbers, the values are those of num-complex, up to the rounding errors of that crate. The sides of the
//! branch cuts are the same, too: `sqrt`, `cbrt` and powers tell them by the sign of a zero, inverse functions do not.
//! The values are more accurate where a formula of num-complex cancels or overflows: its `asin(-10⁹)` is infinite, and
//! its `tanh(400)` is NaN.
//!
//! # Derivatives
//!
//! All functions are holomorphic: the derivative by the real part is `f'(z)`, and by the imaginary part `i f'(z)`. On a
//! branch cut, it is that of the side to which the value belongs. At branch points:
//!
//! | case | derivative |
//! |---|---|
//! | [`sqrt`] at 0 | infinite: the limit from the right, or from the left if the real part is -0 |
//! | [`cbrt`] at 0 | infinite: the limit from the right |
//! | [`asin`], [`acos`], [`acosh`] at ±1, [`asinh`] at ±i | infinite |
//! | [`powf`], [`powc`] at 0, by the base | of an integer exponent, that of [`powi`](Complex::powi); of others, infinite below 1, else 0 |
//! | [`powf`], [`powc`] at 0, by the exponent | 0 |
//! | [`atanh`] at ±1, [`atan`] at ±i | the value is infinite; the derivative is not promised |
//!
//! # Programs
//!
//! In a program, the functions of num-complex ask for zeros and signs, and a row with other answers is an error. Those
//! of this module do not, so a program takes rows in the whole plane. Only [`cbrt`], [`powf`] and [`powc`] ask whether
//! `z` is 0. In an exact program, [`sqrt`] does so, too, and so do the inverse functions that are made of it.

use num_complex::Complex;

use crate::number::Real;
use crate::ops::rules::{constant, half};

/// The principal square root `√z`, with `Re √z ≥ 0`; derivative `1/(2√z)`. The cut is `(-∞, 0)`; the sign of the
/// imaginary part, also that of a zero, tells the side.
///
/// # Examples
///
/// ```
/// use gradtape::complex;
/// use num_complex::Complex;
///
/// assert_eq!(complex::sqrt(Complex::new(-4.0, 0.0)), Complex::new(0.0, 2.0));
/// assert_eq!(complex::sqrt(Complex::new(-4.0, -0.0)), Complex::new(0.0, -2.0));
/// ```
pub fn sqrt<F: Real>(z: Complex<F>) -> Complex<F> {
    let (x, y) = (z.re, z.im);
    let [side, up] = [x, y].map(|part| part.signum().detach());
    // The larger part is √((r + |x|)/2), in a form that does not overflow.
    let r = x.hypot(y);
    let large = (r - (r - x * side) * half::<F>()).sqrt();
    // The smaller part is y over twice the larger. At z = 0, it is 0 over a number so small that 4 over it is infinite.
    let small = y / (large * constant::<F>(8.0)).max(F::min_positive_value()) * constant::<F>(4.0);
    // Signs as factors need no branch, and keep the derivatives by a part that is 0.
    let [right, left] = [side, -side].map(|sign| (sign + F::one()) * half::<F>());
    Complex::new(large * right + small * (left * up), small * right + large * (left * up))
}

/// The principal cube root `∛z`, with an angle of at most π/3; derivative `∛z/(3z)`. The cut is `(-∞, 0)`; the sign of
/// the imaginary part, also that of a zero, tells the side. The root of -8 is `1 + i√3`, not -2.
///
/// # Examples
///
/// ```
/// use gradtape::complex;
/// use num_complex::Complex;
///
/// let root = complex::cbrt(Complex::new(-8.0, 0.0));
/// assert!((root - Complex::new(1.0, 3.0_f64.sqrt())).norm() < 1e-15);
/// ```
pub fn cbrt<F: Real>(z: Complex<F>) -> Complex<F> {
    let (r, angle) = z.to_polar();
    if r.is_zero() {
        // The modulus and the angle have the derivative 0 there by convention, and the root has an infinite one.
        return Complex::new(z.re.cbrt() + F::zero(), z.im.cbrt());
    }
    Complex::from_polar(r.cbrt(), angle / constant::<F>(3.0))
}

/// The power `zᵖ` with a real exponent, `rᵖ e^(i p φ)` for `z = r e^(i φ)`; derivatives `p zᵖ⁻¹` and `zᵖ ln z`. For
/// exponents without a fraction, [`powi`](Complex::powi) is faster.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// // The exponent 0: by the exponent, the derivative is ln z.
/// let z = Complex::new(Dual::constant(0.0), Dual::constant(1.0));
/// let power = complex::powf(z, Dual::var(0.0));
/// assert_eq!(power.im.tangent(), std::f64::consts::FRAC_PI_2);
/// ```
pub fn powf<F: Real>(z: Complex<F>, exponent: impl Into<F>) -> Complex<F> {
    let exponent = exponent.into();
    let (r, angle) = z.to_polar();
    if r.is_zero() && exponent >= F::zero() {
        return power_of_zero(z, exponent.into());
    }
    Complex::from_polar(r.powf(exponent), angle * exponent)
}

/// The power `z^w = e^(w ln z)`; derivatives `w z^(w - 1)` and `z^w ln z`.
///
/// # Examples
///
/// ```
/// use gradtape::complex;
/// use num_complex::Complex;
///
/// let power = complex::powc(Complex::i(), Complex::i()); // e^(-π/2)
/// assert!((power - (-std::f64::consts::FRAC_PI_2).exp()).norm() < 1e-16);
/// ```
pub fn powc<F: Real>(z: Complex<F>, exponent: Complex<F>) -> Complex<F> {
    let (r, angle) = z.to_polar();
    if r.is_zero() && (exponent.re > F::zero() || exponent.re.is_zero() && exponent.im.is_zero()) {
        return power_of_zero(z, exponent);
    }
    let power = exponent * Complex::new(r.ln(), angle);
    Complex::from_polar(power.re.exp(), power.im)
}

/// A power of 0. An integer one is a product, which has derivatives of any order. Another one has the value 0 and the
/// derivative 0 or infinity, as that of a real number.
#[cold]
fn power_of_zero<F: Real>(z: Complex<F>, exponent: Complex<F>) -> Complex<F> {
    let Complex { re: power, im } = exponent;
    if im.is_zero()
        && power == power.floor()
        && let Some(n) = power.to_u32()
    {
        return z.powu(n);
    }
    Complex::new(z.re.powf(power), z.im.powf(power))
}

/// The tangent; derivative `1/cos² z`.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// // 1/cos² z is about 4 e^(2 i z), far above the real axis.
/// let z = Complex::new(Dual::var(0.0), Dual::constant(30.0));
/// let slope = complex::tan(z).re.tangent();
/// assert!((slope / (4.0 * (-60.0_f64).exp()) - 1.0).abs() < 1e-15);
/// ```
pub fn tan<F: Real>(z: Complex<F>) -> Complex<F> {
    let (re, im) = tanh_parts(z.im, z.re);
    Complex::new(im, re)
}

/// The hyperbolic tangent; derivative `1/cosh² z`.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::constant(0.0), Dual::var(0.5));
/// let slope = complex::tanh(z).im.tangent(); // tanh(iy) = i tan y
/// assert!((slope - 0.5_f64.cos().powi(-2)).abs() < 1e-15);
/// ```
pub fn tanh<F: Real>(z: Complex<F>) -> Complex<F> {
    let (re, im) = tanh_parts(z.re, z.im);
    Complex::new(re, im)
}

/// The real and the imaginary part of `tanh(x + iy)`. With `t = tanh x` and `s = 1/cosh x`, it is
/// `(t + i s² sin y cos y)/(t² + s² cos² y)`: a sum of squares, without exponentials that overflow.
fn tanh_parts<F: Real>(x: F, y: F) -> (F, F) {
    let (t, s) = (x.tanh(), x.cosh().recip());
    let (sin, cos) = y.sin_cos();
    let square = t * t + s * s * cos * cos;
    (t / square, s * s * sin * cos / square)
}

/// The principal inverse sine, with `|Re| ≤ π/2`; derivative `1/√(1 - z²)`. The cuts are `(-∞, -1)`, continuous from
/// above, and `(1, ∞)`, continuous from below.
///
/// The formula is that of W. Kahan, Branch cuts for complex elementary functions, 1987.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::constant(0.0), Dual::var(0.75));
/// assert_eq!(complex::asin(z).im.tangent(), 0.8); // 1/√(1 + 0.75²)
/// ```
pub fn asin<F: Real>(z: Complex<F>) -> Complex<F> {
    let [p, q] = [below_one(z), above_one(z)].map(sqrt);
    Complex::new(z.re.atan2(p.re * q.re - p.im * q.im), (p.re * q.im - p.im * q.re).asinh())
}

/// The principal inverse cosine, with `0 ≤ Re ≤ π`; derivative `-1/√(1 - z²)`. The cuts are those of [`asin`].
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::var(1.25_f64), Dual::constant(0.0));
/// assert!((complex::acos(z).im.tangent() - 1.0 / 0.75).abs() < 1e-15); // acos x = i acosh x for x > 1
/// ```
pub fn acos<F: Real>(z: Complex<F>) -> Complex<F> {
    let [p, q] = [below_one(z), above_one(z)].map(sqrt);
    Complex::new(p.re.atan2(q.re) * constant::<F>(2.0), (q.re * p.im - q.im * p.re).asinh())
}

/// The principal inverse hyperbolic sine, with `|Im| ≤ π/2`; derivative `1/√(1 + z²)`. The cuts are `(-i∞, -i)`,
/// continuous from the left, and `(i, i∞)`, continuous from the right.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::var(0.0_f64), Dual::constant(0.6));
/// assert!((complex::asinh(z).re.tangent() - 1.25).abs() < 1e-15); // 1/√(1 - 0.6²)
/// ```
pub fn asinh<F: Real>(z: Complex<F>) -> Complex<F> {
    let w = asin(times_i(z));
    Complex::new(w.im, -w.re)
}

/// The principal inverse hyperbolic cosine, with `Re ≥ 0` and `|Im| ≤ π`; derivative `1/(√(z - 1) √(z + 1))`. The cut
/// is `(-∞, 1)`, continuous from above.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::var(0.6_f64), Dual::constant(0.0));
/// assert!((complex::acosh(z).im.tangent() + 1.25).abs() < 1e-15); // acosh x = i acos x for |x| < 1
/// ```
pub fn acosh<F: Real>(z: Complex<F>) -> Complex<F> {
    // The sums with the zero of a real number make a zero positive, as those of num-complex.
    let [p, q] = [-F::one(), F::one()].map(|one| sqrt(z + Complex::from(one)));
    Complex::new((p.re * q.re + p.im * q.im).asinh(), p.im.atan2(q.re) * constant::<F>(2.0))
}

/// The principal inverse tangent, with `|Re| ≤ π/2`; derivative `1/(1 + z²)`. The cuts are `(-i∞, -i]`, continuous from
/// the left, and `[i, i∞)`, continuous from the right.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::var(0.0_f64), Dual::constant(0.5));
/// assert!((complex::atan(z).re.tangent() - 1.0 / 0.75).abs() < 1e-15); // 1/(1 - 0.5²)
/// ```
pub fn atan<F: Real>(z: Complex<F>) -> Complex<F> {
    let w = atanh(times_i(z));
    Complex::new(w.im, -w.re)
}

/// The principal inverse hyperbolic tangent, with `|Im| ≤ π/2`; derivative `1/(1 - z²)`. The cuts are `(-∞, -1]`,
/// continuous from above, and `[1, ∞)`, continuous from below.
///
/// # Examples
///
/// ```
/// use gradtape::{Dual, complex};
/// use num_complex::Complex;
///
/// let z = Complex::new(Dual::var(1e9), Dual::constant(0.0));
/// assert_eq!(complex::atanh(z).re.tangent(), -1e-18);
/// ```
pub fn atanh<F: Real>(z: Complex<F>) -> Complex<F> {
    let (x, y) = (z.re, z.im);
    let side = x.signum().detach();
    // Re = ln(far/near)/2 with the distances of z from the two points ±1, and far² - near² = 4|x|.
    let x_abs = x * side;
    let [near, far] = [F::one() - x_abs, F::one() + x_abs].map(|along| along.hypot(y));
    let re = (x_abs / (near + far) * constant::<F>(4.0) / near).ln_1p() * (side * half::<F>());
    // Im = arg((1 + z)/(1 - z))/2 = arg(1 - |z|² + 2iy)/2. A zero y gets the sign of the side to which the cut belongs,
    // because its difference from 0 is a positive zero.
    let right = (x - F::one()).signum().detach();
    let up = -right * (F::zero() - right * y);
    let im = up.atan2(((F::one() - x) * (F::one() + x) - y * y) * half::<F>()) * half::<F>();
    Complex::new(re, im)
}

/// `1 - z`. A difference from 0 makes a zero positive, which chooses the side of the cut.
fn below_one<F: Real>(z: Complex<F>) -> Complex<F> {
    Complex::new(F::one() - z.re, F::zero() - z.im)
}

/// `1 + z`, as [`below_one`].
fn above_one<F: Real>(z: Complex<F>) -> Complex<F> {
    Complex::new(F::one() + z.re, F::zero() + z.im)
}

fn times_i<F: Real>(z: Complex<F>) -> Complex<F> {
    Complex::new(-z.im, z.re)
}
