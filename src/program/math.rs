//! Elementary functions of a whole chunk of numbers at a time.
//!
//! A *kernel* computes a function for one number without a branch, so that the compiler makes vector instructions of
//! the loop over a chunk, whatever the target: everything here is inlined into the caller and takes its target
//! features. `FMA` says whether these have a fused multiplication and addition; without it, `mul_add` would be a call
//! of a library function.
//!
//! Some kernels do not hold for all arguments (a subnormal argument of a logarithm, a sine of a million). A predicate
//! says where they hold; the other lanes are computed again by the plain float's method, out of line. The result of a
//! lane never depends on its neighbours.
//!
//! The error is at most 2 units in the last place, 4 for the slopes and the far tail of [`normal_cdf`]: the tests
//! measure it. Coefficients of polynomials are minimax: computed with the exchange algorithm of Remez in 40 digits or
//! more, for the interval and the weight that the kernel names, then rounded to the type.

mod arithmetic;
mod coefficients;
mod exponential;
mod float;
mod inverse;
pub mod kernels;
mod logarithm;
mod normal;
mod power;
mod trigonometric;

use power::Power;
use trigonometric::Reduce;

/// A float with vectorised functions: f32 and f64.
pub(crate) trait Math: Reduce + Power {}

impl Math for f32 {}
impl Math for f64 {}

/// Computes the lanes where the predicate does not hold again, by the plain function.
#[cold]
#[inline(never)]
fn repair<T: Math>(x: &[T], y: &mut [T], holds: impl Fn(T) -> bool, plain: impl Fn(T) -> T) {
    for (&x, y) in x.iter().zip(y) {
        if !holds(x) {
            *y = plain(x);
        }
    }
}

// The loops call the kernels by their names: a function passed as a value is called through a shim, which has no target
// features and is inlined only if the compiler likes.

/// Functions of a chunk. `ln = logarithm, in is_ordinary, else T::ln;` becomes
///
/// ```ignore
/// pub(crate) fn ln<T: Math, const W: usize, const FMA: bool>(x: [T; W]) -> [T; W] {
///     let mut y = [T::zero(); W];
///     for i in 0..W {
///         y[i] = logarithm::ln::<T, FMA>(x[i]);
///     }
///     let mut all = true;
///     for i in 0..W {
///         all &= logarithm::is_ordinary(x[i]);
///     }
///     if !all {
///         repair(&x, &mut y, logarithm::is_ordinary, T::ln);
///     }
///     y
/// }
/// ```
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident = $module:ident $(, in $holds:ident, else $plain:expr)?;)*) => {
        $($(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name<T: Math, const W: usize, const FMA: bool>(x: [T; W]) -> [T; W] {
            let mut y = [T::zero(); W];
            for i in 0..W {
                y[i] = $module::$name::<T, FMA>(x[i]);
            }
            $(let mut all = true;
            for i in 0..W {
                all &= $module::$holds(x[i]);
            }
            if !all {
                repair(&x, &mut y, $module::$holds, $plain);
            })?
            y
        })*
    };
}

/// As `functions!`, with two results.
macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident = $module:ident $(, in $holds:ident, else $first:expr, $second:expr)?;)*) => {
        $($(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name<T: Math, const W: usize, const FMA: bool>(x: [T; W]) -> ([T; W], [T; W]) {
            let (mut y, mut z) = ([T::zero(); W], [T::zero(); W]);
            for i in 0..W {
                (y[i], z[i]) = $module::$name::<T, FMA>(x[i]);
            }
            $(let mut all = true;
            for i in 0..W {
                all &= $module::$holds(x[i]);
            }
            if !all {
                repair(&x, &mut y, $module::$holds, $first);
                repair(&x, &mut z, $module::$holds, $second);
            })?
            (y, z)
        })*
    };
}

functions! {
    /// `eˣ`.
    exp = exponential;
    /// `2ˣ`.
    exp2 = exponential;
    /// `eˣ - 1`.
    exp_m1 = exponential;
    /// The hyperbolic sine.
    sinh = exponential;
    /// The hyperbolic cosine.
    cosh = exponential;
    /// The hyperbolic tangent.
    tanh = exponential;
    /// The logistic function `1/(1 + e⁻ˣ)`.
    sigmoid = exponential;
    /// `ln(1 + eˣ)`.
    softplus = exponential;
    /// The natural logarithm.
    ln = logarithm, in is_ordinary, else T::ln;
    /// The logarithm to base 2.
    log2 = logarithm, in is_ordinary, else T::log2;
    /// The logarithm to base 10.
    log10 = logarithm, in is_ordinary, else T::log10;
    /// `ln(1 + x)`.
    ln_1p = logarithm, in is_ordinary_1p, else T::ln_1p;
    /// The sine.
    sin = trigonometric, in is_ordinary, else T::sin;
    /// The cosine.
    cos = trigonometric, in is_ordinary, else T::cos;
    /// The tangent.
    tan = trigonometric, in is_ordinary, else T::tan;
    /// The arc sine.
    asin = inverse;
    /// The arc cosine.
    acos = inverse;
    /// The arc tangent.
    atan = inverse;
    /// The cube root.
    cbrt = power, in is_ordinary_cube, else T::cbrt;
    /// The error function.
    erf = normal;
    /// The normal distribution function.
    normal_cdf = normal;
    /// The density of the normal distribution.
    normal_pdf = normal;
}

pairs! {
    /// The sine and the cosine.
    sin_cos = trigonometric, in is_ordinary, else T::sin, T::cos;
    /// `tanh x` and its derivative `1 - tanh² x`.
    tanh_with_slope = exponential;
    /// The logistic function `σ(x)` and its derivative `σ(x) σ(-x)`.
    sigmoid_with_slope = exponential;
}

/// `xʸ`.
#[inline(always)]
pub(crate) fn powf<T: Math, const W: usize, const FMA: bool>(x: [T; W], y: [T; W]) -> [T; W] {
    let mut z = T::powf_lanes::<W, FMA>(x, y);
    let mut all = true;
    for i in 0..W {
        all &= power::is_ordinary_power(x[i], y[i]);
    }
    if !all {
        repair_pairs(&x, &y, &mut z, power::is_ordinary_power, T::powf);
    }
    z
}

/// The angle of the point `(x, y)`.
#[inline(always)]
pub(crate) fn atan2<T: Math, const W: usize, const FMA: bool>(y: [T; W], x: [T; W]) -> [T; W] {
    let mut z = [T::zero(); W];
    let mut all = true;
    for i in 0..W {
        z[i] = inverse::atan2::<T, FMA>(y[i], x[i]);
        all &= inverse::is_ordinary_point(y[i], x[i]);
    }
    if !all {
        repair_pairs(&y, &x, &mut z, inverse::is_ordinary_point, T::atan2);
    }
    z
}

/// [`repair`] for two arguments.
#[cold]
#[inline(never)]
fn repair_pairs<T: Math>(a: &[T], b: &[T], z: &mut [T], holds: impl Fn(T, T) -> bool, plain: impl Fn(T, T) -> T) {
    for ((&a, &b), z) in a.iter().zip(b).zip(z) {
        if !holds(a, b) {
            *z = plain(a, b);
        }
    }
}
