//! Stub until the vectorised functions are merged.
use num_traits::Float;
pub(crate) trait Math: Float {}
impl Math for f32 {}
impl Math for f64 {}
macro_rules! functions { ($($name:ident = $f:expr;)*) => { $(
    #[inline(always)]
    pub(crate) fn $name<T: Math + crate::Real, const W: usize, const FMA: bool>(x: [T; W]) -> [T; W] { x.map($f) }
)* } }
functions! {
    exp = Float::exp; exp2 = Float::exp2; exp_m1 = Float::exp_m1; tanh = Float::tanh; sigmoid = crate::Real::sigmoid;
    softplus = crate::Real::softplus; ln = Float::ln; log2 = Float::log2; log10 = Float::log10; ln_1p = Float::ln_1p;
    sin = Float::sin; cos = Float::cos; tan = Float::tan; cbrt = Float::cbrt;
    normal_cdf = crate::ops::rules::normal_cdf; normal_pdf = crate::ops::rules::normal_pdf;
}
macro_rules! pairs { ($($name:ident = $f:expr, $g:expr;)*) => { $(
    #[inline(always)]
    pub(crate) fn $name<T: Math + crate::Real, const W: usize, const FMA: bool>(x: [T; W]) -> ([T; W], [T; W]) { (x.map($f), x.map($g)) }
)* } }
pairs! {
    sin_cos = Float::sin, Float::cos;
    tanh_with_slope = Float::tanh, |x| crate::ops::rules::tanh(x, x.tanh());
    sigmoid_with_slope = crate::Real::sigmoid, crate::ops::rules::sigmoid_slope;
}
pub(crate) fn powf<T: Math, const W: usize, const FMA: bool>(x: [T; W], y: [T; W]) -> [T; W] {
    std::array::from_fn(|i| x[i].powf(y[i]))
}
