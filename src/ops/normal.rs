//! The normal distribution, for `gelu` and `erf`.

use crate::scalar::Scalar;

use super::kind::symbolic;
use super::product::depends_on;
use super::rules::{constant, half};

/// `exp(-scale x²)`. The square is split into an exact part and a small rest, because the rounding error of a large
/// exponent becomes a relative error of the result. For `|x| > 39`, the result is 0 even in f64.
#[inline]
fn bell<T: Scalar>(x: T, scale: T) -> T {
    if x.abs() > constant(39.0) {
        return depends_on(T::zero(), [x]);
    }
    let sixteen = constant::<T>(16.0);
    let head = (x * sixteen).trunc() / sixteen;
    let rest = (x - head) * (x + head);
    (-(head * head) * scale).exp() * (-rest * scale).exp()
}

/// The density `exp(-x²/2)/√(2π)`.
#[inline]
pub(crate) fn normal_pdf<T: Scalar>(x: T) -> T {
    symbolic!(normal_pdf(x));
    let scale = constant::<T>(core::f64::consts::FRAC_1_PI) * half();
    bell(x, half()) * scale.sqrt()
}

/// The derivative `2/√π exp(-x²)` of the error function.
#[inline]
pub(crate) fn erf_slope<T: Scalar>(x: T) -> T {
    symbolic!(erf_slope(x));
    let scale = constant::<T>(core::f64::consts::FRAC_1_PI) * constant(4.0);
    bell(x, T::one()) * scale.sqrt()
}

/// The normal distribution function `Φ`, with a relative error of about 1e-16 on either side.
///
/// Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23
/// (1969), in the form of his ANORM (Algorithm 715, ACM TOMS 19, 1993).
pub(crate) fn normal_cdf<T: Scalar>(x: T) -> T {
    symbolic!(normal_cdf(x));
    let magnitude = x.abs();
    if magnitude <= constant(CENTRE_END) {
        return half::<T>() + x * fraction(x * x, &CENTRE);
    }
    let tail = if magnitude <= constant(5.656_854_249_492_38) {
        // The density without its factor 1/√(2π): the approximation contains it.
        normal_pdf(x) * constant::<T>(2.0 * core::f64::consts::PI).sqrt() * fraction(magnitude, &FLANK)
    } else {
        let square = (x * x).recip();
        let scale = (constant::<T>(core::f64::consts::FRAC_1_PI) * half()).sqrt();
        normal_pdf(x) * (T::one() - square * fraction(square, &TAIL) / scale) / magnitude
    };
    if x < T::zero() { tail } else { T::one() - tail }
}

/// The error function `2 Φ(√2 x) - 1`; where it is small, without the subtraction.
pub(crate) fn erf<T: Scalar>(x: T) -> T {
    let scaled = x * constant::<T>(2.0).sqrt();
    if scaled.abs() <= constant(CENTRE_END) {
        return (scaled + scaled) * fraction(scaled * scaled, &CENTRE);
    }
    let tail = normal_cdf(if x < T::zero() { scaled } else { -scaled });
    let y = T::one() - (tail + tail);
    if x < T::zero() { -y } else { y }
}

/// Numerator and denominator, highest power first, and a power of two that keeps both in the range of half-precision
/// floats.
type Fraction = (&'static [f64], &'static [f64], f64);

#[inline(always)]
fn fraction<T: Scalar>(x: T, &(numerator, denominator, scale): &Fraction) -> T {
    let polynomial =
        |coefficients: &[f64]| coefficients.iter().fold(T::zero(), |sum, &c| sum * x + constant(scale * c));
    polynomial(numerator) / polynomial(denominator)
}

/// The largest magnitude for the approximation around 0.
const CENTRE_END: f64 = 0.674_489_75;

#[allow(clippy::excessive_precision, reason = "the digits of the source")]
const CENTRE: Fraction = (
    &[
        0.065_682_337_918_207_449_113,
        2.235_252_035_460_683_928_7,
        161.028_231_068_555_878_81,
        1_067.689_485_460_370_958_2,
        18_154.981_253_343_561_249,
    ],
    &[
        1.0,
        47.202_581_904_688_241_87,
        976.098_551_737_776_693_22,
        10_260.932_208_618_978_205,
        45_507.789_335_026_729_956,
    ],
    1.0,
);

#[allow(clippy::excessive_precision, reason = "the digits of the source")]
const FLANK: Fraction = (
    &[
        1.076_557_677_372_019_231_7e-8,
        0.398_941_512_088_134_667_64,
        8.883_149_794_388_375_941_2,
        93.506_656_132_177_855_979,
        597.270_276_394_800_262_26,
        2_494.537_585_290_372_671_1,
        6_848.190_450_536_282_332_6,
        11_602.651_437_647_350_124,
        9_842.714_838_383_978_021_8,
    ],
    &[
        1.0,
        22.266_688_044_328_115_691,
        235.387_901_782_624_998_61,
        1_519.377_599_407_554_805,
        6_485.558_298_266_760_755,
        18_615.571_640_885_098_091,
        34_900.952_721_145_977_266,
        38_912.003_286_093_271_411,
        19_685.429_676_859_990_727,
    ],
    1.0 / 4096.0,
);

#[allow(clippy::excessive_precision, reason = "the digits of the source")]
const TAIL: Fraction = (
    &[
        0.023_073_441_764_940_173_03,
        0.215_898_534_057_956_99,
        0.127_401_161_160_247_363_9,
        0.022_235_277_870_649_807,
        0.001_421_619_193_227_893_466,
        2.911_287_495_116_879_2e-5,
    ],
    &[
        1.0,
        1.284_260_096_144_911_21,
        0.468_238_212_480_865_118,
        0.065_988_137_868_928_551_5,
        0.003_782_396_332_027_582_44,
        7.297_515_550_839_662_05e-5,
    ],
    1.0,
);
