//! The functions of `math` by name, for the test of their accuracy: that needs a crate for numbers of many digits,
//! which nothing else of the crate's own tests should have to compile. Not part of the API.

use super::Math;
use crate::ops::rules;

/// A function of one number, or one of the two results of a function.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<T> {
    /// Its name, as in the tables of the test.
    pub name: &'static str,
    /// With and without the fused operation, on a chunk.
    pub whole: [fn([T; 8]) -> [T; 8]; 2],
    /// The same, on a number alone.
    pub single: [fn([T; 1]) -> [T; 1]; 2],
    /// The plain float's function, which is right at zeros, infinities and NaN.
    pub plain: fn(T) -> T,
    /// Where the arguments are ordinary.
    pub interval: (f64, f64),
    /// The error that is allowed, in units in the last place.
    pub most: f64,
}

/// A function of two chunks of numbers.
pub type OfTwo<T, const W: usize> = fn([T; W], [T; W]) -> [T; W];

/// A function of two numbers.
#[derive(Clone, Copy, Debug)]
pub struct Pair<T> {
    /// With and without the fused operation, on chunks.
    pub whole: [OfTwo<T, 8>; 2],
    /// The same, on two numbers alone.
    pub single: [OfTwo<T, 1>; 2],
}

impl<T> Pair<T> {
    const fn new(whole: [OfTwo<T, 8>; 2], single: [OfTwo<T, 1>; 2]) -> Self {
        Self { whole, single }
    }
}

/// The list of kernels, each instantiated four times: `kernels! { "exp" exp, T::exp, -40.0, 40.0, 2.0; }` is
/// `vec![Kernel { name: "exp", whole: [|x| super::exp::<T, 8, true>(x), …], …, plain: T::exp, … }]`.
macro_rules! kernels {
    ($($label:literal $name:ident $(. $part:tt)?, $plain:expr, $low:expr, $high:expr, $most:literal;)*) => {
        vec![$(Kernel {
            name: $label,
            whole: [
                |x| super::$name::<T, 8, true>(x)$(.$part)?,
                |x| super::$name::<T, 8, false>(x)$(.$part)?,
            ],
            single: [
                |x| super::$name::<T, 1, true>(x)$(.$part)?,
                |x| super::$name::<T, 1, false>(x)$(.$part)?,
            ],
            plain: $plain,
            interval: ($low, $high),
            most: $most,
        }),*]
    };
}

fn kernels<T: Math>() -> Vec<Kernel<T>> {
    kernels! {
        "exp" exp, T::exp, -40.0, 40.0, 2.0;
        "exp2" exp2, T::exp2, -40.0, 40.0, 2.0;
        "exp_m1" exp_m1, T::exp_m1, -2.0, 3.0, 2.0;
        "sinh" sinh, T::sinh, -4.0, 4.0, 2.0;
        "cosh" cosh, T::cosh, -4.0, 4.0, 2.0;
        "tanh" tanh, T::tanh, -3.0, 3.0, 2.0;
        "tanh" tanh_with_slope.0, T::tanh, -25.0, 25.0, 2.0;
        "tanh_slope" tanh_with_slope.1, |x| rules::tanh(x, x.tanh()), -25.0, 25.0, 4.0;
        "sigmoid" sigmoid, rules::sigmoid, -40.0, 40.0, 2.0;
        "sigmoid" sigmoid_with_slope.0, rules::sigmoid, -5.0, 5.0, 2.0;
        "sigmoid_slope" sigmoid_with_slope.1, rules::sigmoid_slope, -40.0, 40.0, 4.0;
        "softplus" softplus, rules::softplus, -40.0, 40.0, 2.0;
        "ln" ln, T::ln, 0.0, 4.0, 2.0;
        "log2" log2, T::log2, 0.0, 4.0, 2.0;
        "log10" log10, T::log10, 0.0, 4.0, 2.0;
        "ln_1p" ln_1p, T::ln_1p, -1.0, 4.0, 2.0;
        "sin" sin, T::sin, -10.0, 10.0, 2.0;
        "sin" sin_cos.0, T::sin, -1e5, 1e5, 2.0;
        "cos" cos, T::cos, -10.0, 10.0, 2.0;
        "cos" sin_cos.1, T::cos, -1e5, 1e5, 2.0;
        "tan" tan, T::tan, -10.0, 10.0, 2.0;
        "asin" asin, T::asin, -1.0, 1.0, 2.0;
        "acos" acos, T::acos, -1.0, 1.0, 2.0;
        "atan" atan, T::atan, -10.0, 10.0, 2.0;
        "cbrt" cbrt, T::cbrt, -10.0, 10.0, 2.0;
        "erf" erf, erf_at_ends, -7.0, 7.0, 2.0;
        "normal_cdf" normal_cdf, rules::normal_cdf, -5.0, 5.0, 2.0;
        "normal_cdf" normal_cdf, rules::normal_cdf, -40.0, 9.0, 4.0;
        "normal_pdf" normal_pdf, plain_pdf, -39.0, 39.0, 2.0;
    }
}

fn erf_at_ends<T: Math>(x: T) -> T {
    if x.is_finite() { x } else { x.signum() }
}

fn plain_pdf<T: Math>(x: T) -> T {
    (x * x).half().neg().exp() * T::DENSITY[0]
}

fn powf<T: Math>() -> Pair<T> {
    Pair::new(
        [super::powf::<T, 8, true>, super::powf::<T, 8, false>],
        [super::powf::<T, 1, true>, super::powf::<T, 1, false>],
    )
}

fn atan2<T: Math>() -> Pair<T> {
    Pair::new(
        [super::atan2::<T, 8, true>, super::atan2::<T, 8, false>],
        [super::atan2::<T, 1, true>, super::atan2::<T, 1, false>],
    )
}

/// A precision of the kernels. The functions are inlined: they are compiled where they are used, which is in the test
/// alone.
pub trait Tested: Sized {
    /// All functions of one number.
    fn kernels() -> Vec<Kernel<Self>>;
    /// The power, and the angle of the point `(b, a)`.
    fn pairs() -> [Pair<Self>; 2];
}

macro_rules! tested {
    ($($T:ident)*) => {$(
        impl Tested for $T {
            #[inline]
            fn kernels() -> Vec<Kernel<$T>> {
                kernels()
            }

            #[inline]
            fn pairs() -> [Pair<$T>; 2] {
                [powf(), atan2()]
            }
        }
    )*};
}

tested! { f32 f64 }
