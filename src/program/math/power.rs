//! Powers and the cube root.

use super::arithmetic::{polynomial, product, sum_in_order};
use super::coefficients::Coefficients;
use super::exponential::Exponential;
use super::float::KernelFloat;
use super::logarithm;

/// Whether the base is positive and normal, and the exponent finite.
#[inline(always)]
pub(super) fn is_ordinary_power<T: KernelFloat>(x: T, y: T) -> bool {
    logarithm::is_ordinary(x) & (y.abs() <= T::max_value())
}

/// `exp(y ln x)`, with a logarithm of twice the digits, since its error is multiplied by up to 745: `ln x = k ln 2 +
/// 2 atanh s` as for the plain one, with every step in two parts but for the powers of `s` from the fifth on (the
/// arithmetic of Dekker 1971; Muller, "Elementary Functions", on the power function).
#[inline(always)]
fn powf<const FMA: bool>(x: f64, y: f64) -> f64 {
    let (k, m, _) = x.split();
    let (h, l) = ln_twice::<FMA>(k, m);
    // Beyond that, even the power of the float next to 1 is 0 or infinite.
    let y = y.at_least(-18_446_744_073_709_551_616.0).at_most(18_446_744_073_709_551_616.0);
    let (p, p_low) = product::<f64, FMA>(y, h);
    let p_low = y.times_plus::<FMA>(l, p_low);
    // The low part is large only where the exponential is 0 or infinite anyway.
    Exponential::of::<FMA>(p, p_low.at_least(-1.0).at_most(1.0)).value()
}

/// `k ln 2 + ln m` in two parts, to about `2⁻⁶⁴` of its size.
#[inline(always)]
fn ln_twice<const FMA: bool>(k: f64, m: f64) -> (f64, f64) {
    /// `(((2 atanh s)/s - 2)/s² - 2/3)/s²` by `s²`, weight `10⁻⁵ + s⁴`.
    const REST: &[f64] = &[
        0.399_999_999_999_999_97,
        0.285_714_285_714_338_16,
        0.222_222_222_199_858_18,
        0.181_818_185_998_138_98,
        0.153_845_736_261_901_7,
        0.133_357_276_256_349_08,
        0.116_858_466_787_341_9,
        0.119_039_126_848_418,
    ];
    const TWO_THIRDS: (f64, f64) = (2.0 / 3.0, 3.700_743_415_417_188e-17);
    let f = m - 1.0;
    let (d, d_low) = sum_in_order(2.0, f);
    let reciprocal = d.recip();
    let s = f * reciprocal;
    let (p, p_low) = product::<f64, FMA>(s, d);
    let s_low = (((f - p) - p_low) - s * d_low) * reciprocal;
    let (z, z_low) = product::<f64, FMA>(s, s);
    let z_low = (s + s).times_plus::<FMA>(s_low, z_low);
    // 2/3 + z · REST, times z.
    let (t, t_low) = sum_in_order(TWO_THIRDS.0, z * polynomial::<f64, FMA>(z, REST));
    let t_low = t_low + TWO_THIRDS.1;
    let (v, v_low) = product::<f64, FMA>(z, t);
    let v_low = z.times_plus::<FMA>(t_low, z_low.times_plus::<FMA>(t, v_low));
    // 2 + that, times s.
    let (g, g_low) = sum_in_order(2.0, v);
    let g_low = g_low + v_low;
    let (h, h_low) = product::<f64, FMA>(s, g);
    let h_low = s.times_plus::<FMA>(g_low, s_low.times_plus::<FMA>(g, h_low));
    let (sum, sum_low) = sum_in_order(k * f64::LN_2_SHORT[0], h);
    sum_in_order(sum, sum_low + k.times_plus::<FMA>(f64::LN_2_SHORT[1], h_low))
}

/// A float that has powers in lanes.
pub(crate) trait Power: KernelFloat {
    /// `xʸ`, where [`is_ordinary_power`] holds.
    fn powf_lanes<const W: usize, const FMA: bool>(x: [Self; W], y: [Self; W]) -> [Self; W];
}

impl Power for f64 {
    #[inline(always)]
    fn powf_lanes<const W: usize, const FMA: bool>(x: [f64; W], y: [f64; W]) -> [f64; W] {
        powf_f64::<W, FMA>(x, y)
    }
}

impl Power for f32 {
    #[inline(always)]
    fn powf_lanes<const W: usize, const FMA: bool>(x: [f32; W], y: [f32; W]) -> [f32; W] {
        powf_f32::<W, FMA>(x, y)
    }
}

/// [`powf`] in every lane.
#[inline(always)]
fn powf_f64<const W: usize, const FMA: bool>(x: [f64; W], y: [f64; W]) -> [f64; W] {
    let mut z = [0.0; W];
    for i in 0..W {
        z[i] = powf::<FMA>(x[i], y[i]);
    }
    z
}

/// In f64, with polynomials for an error of `2⁻³⁴`. In two loops, so that the processor can overlap more lanes.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the rounding is meant")]
fn powf_f32<const W: usize, const FMA: bool>(x: [f32; W], y: [f32; W]) -> [f32; W] {
    let (mut exponent, mut z) = ([0.0; W], [0.0; W]);
    for i in 0..W {
        exponent[i] = f64::from(y[i]) * short_ln::<FMA>(f64::from(x[i]));
    }
    for i in 0..W {
        z[i] = short_exp::<FMA>(exponent[i]) as f32;
    }
    z
}

#[inline(always)]
fn short_ln<const FMA: bool>(x: f64) -> f64 {
    /// As [`Coefficients::LN`] of f32, with the digits of f64.
    const REST: &[f64] =
        &[0.666_666_660_098_504_5, 0.400_002_692_628_453_84, 0.285_408_623_684_619_33, 0.235_229_119_564_989_5];
    let (k, m, _) = x.split();
    let f = m - 1.0;
    let s = f / (f + 2.0);
    let z = s * s;
    let ln = polynomial::<f64, FMA>(z, REST).times_plus::<FMA>(z, 2.0) * s;
    k.times_plus::<FMA>(core::f64::consts::LN_2, ln)
}

#[inline(always)]
fn short_exp<const FMA: bool>(x: f64) -> f64 {
    /// `(eʳ - 1 - r)/r²` for `|r| ≤ ln(2)/2`, weight `0.03 + |r|`.
    const REST: &[f64] = &[
        0.500_000_004_079_167_9,
        0.166_666_668_104_847_6,
        0.041_666_369_500_857_02,
        0.008_333_274_269_906_998,
        0.001_394_015_715_187_061_2,
        0.000_199_136_266_458_269_6,
    ];
    // Outside of these bounds, the power is 0 or infinite in f32. Inside, its exponent is one of f64.
    let x = x.at_least(-200.0).at_most(200.0);
    let magic_sum = x.times_plus::<FMA>(core::f64::consts::LOG2_E, f64::MAGIC);
    let k = f64::MAGIC - magic_sum;
    let r = k.times_plus::<FMA>(core::f64::consts::LN_2, x);
    let e = polynomial::<f64, FMA>(r, REST).times_plus::<FMA>(r * r, 1.0 + r);
    e * f64::power(magic_sum + 1023.0)
}

/// Whether the number is normal or 0.
#[inline(always)]
pub(super) fn is_ordinary_cube<T: KernelFloat>(x: T) -> bool {
    let magnitude = x.abs();
    ((magnitude >= T::min_positive_value()) & (magnitude <= T::max_value())) | (magnitude == T::zero())
}

/// For `x = 8ʲ M` with `M` from 1 to 8, `y ≈ 1/∛M` is a polynomial of the mantissa, which the binomial series of
/// `(1 - (1 - M y³))^(-1/3)` improves (Householder's iteration); no division. Then `t = M y²`, cut to half its digits
/// so that `t²` is exact, and the rest from `M - t³`.
#[inline(always)]
pub(super) fn cbrt<T: KernelFloat, const FMA: bool>(x: T) -> T {
    /// `1/∛m` for `m` from 1 to 2.
    const ROOT: [f64; 5] = [1.670_006_8, -1.172_880_4, 0.695_482_85, -0.221_237_96, 0.028_591_042];
    let third = T::of(1.0 / 3.0);
    let (exponent, mantissa) = x.abs().biased_split();
    let exponent = exponent + T::CUBE_BIAS[0];
    let magic_sum = (exponent - T::one()) * third + T::MAGIC;
    let thirds = magic_sum - T::MAGIC;
    let rest = exponent - T::of(3.0) * thirds;
    let (factor, root) = if rest == T::zero() {
        (T::one(), T::one())
    } else if rest == T::one() {
        (T::of(2.0), T::of(0.793_700_525_984_099_8))
    } else {
        (T::of(4.0), T::of(0.629_960_524_947_436_6))
    };
    let m = mantissa * factor;
    let y = polynomial::<T, FMA>(mantissa, &ROOT.map(T::of)) * root;
    let e = (-(m * y)).times_plus::<FMA>(y * y, T::one());
    let series = [1.0 / 3.0, 2.0 / 9.0, 14.0 / 81.0].map(T::of);
    let y = (y * e).times_plus::<FMA>(polynomial::<T, FMA>(e, &series), y);
    let square = y * y;
    let t = (m * square).head();
    let step = (-(t * t)).times_plus::<FMA>(t, m) * (square * third);
    let root = (step * step).times_plus::<FMA>(y, step) + t;
    let root = root * T::power(magic_sum + T::CUBE_BIAS[1]);
    if x == T::zero() { x } else { root.copysign(x) }
}
