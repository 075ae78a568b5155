//! What the kernels know of a float: its bits, and the constants and coefficients in its precision.

use num_traits::Float;

/// A float with kernels: f32 and f64.
///
/// A constant of two or three parts is their exact sum, each the float next to what the former leave; of a "short"
/// one, all but the last part have so few digits that their products with an exponent are exact.
pub(crate) trait Math: Float + 'static {
    /// `1.5 · 2ᵖ` for `p` digits after the first. A sum with it is rounded to an integer, which the low bits hold.
    const MAGIC: Self;
    /// The same for exponents: the low bits hold the integer plus twice the bias of the exponent.
    const MAGIC_EXPONENT: Self;
    /// The exponential is zero below the first, infinite above the second.
    const EXP_RANGE: [Self; 2];
    const LN_2: [Self; 2];
    const LN_2_SHORT: [Self; 2];
    const RECIP_LN_2: [Self; 2];
    const RECIP_LN_10: [Self; 2];
    const LOG10_2_SHORT: [Self; 2];
    const HALF_PI: [Self; 3];
    const SQRT_HALF: [Self; 2];
    /// `1/√(2π)`.
    const DENSITY: [Self; 2];
    /// The largest argument of the trigonometric kernels.
    const TRIGONOMETRIC_END: Self;
    /// What makes a biased exponent one that is divisible by 3 at `2⁰`, and what turns the third of it back.
    const CUBE_BIAS: [Self; 2];
    /// `(eʳ - 1 - r)/r²` for `|r| ≤ ln(2)/2`, weight `0.03 + |r|`.
    const EXP: &'static [Self];
    /// `((2 atanh s)/s - 2)/s²` by `s²` for `|s| ≤ (√2 - 1)/(√2 + 1)`, weight `0.002 + s²`.
    const LN: &'static [Self];
    /// The same for `s` from 0 to 1/3.
    const LN_WIDE: &'static [Self];
    /// `(sin r - r)/r³` by `r²` for `|r| ≤ π/4`, weight `0.01 + r²`.
    const SIN: &'static [Self];
    /// `(cos r - 1 + r²/2)/r⁴` by `r²` for `|r| ≤ π/4`, weight `0.01 + r⁴`.
    const COS: &'static [Self];
    /// `(sinh x - x)/x³` by `x²` for `|x| ≤ 1`, weight `0.01 + x²`.
    const SINH: &'static [Self];
    /// `(atan t - t)/t³` by `t²` for `|t| ≤ tan π/8`, weight `0.01 + t²`.
    const ATAN: &'static [Self];
    /// `(asin s - s)/s³` by `s²` for `|s| ≤ 1/2`, weight `0.01 + s²`.
    const ASIN: &'static [Self];
    /// `erf(x)/x - 1` by `x²` for `|x| ≤ 1`.
    const ERF: &'static [Self];
    /// `((1 + 2t) exp(t²) erfc(t) - 1)/(1 + u)` by `u = (t - a)/(t + a)`, up to where the function is 0, weight
    /// `1.02 + u`.
    const ERFC: &'static [Self];
    /// This `a`.
    const ERFC_CENTRE: Self;

    /// `c` rounded to the type.
    fn of(c: f64) -> Self;
    /// `self · b + c`, with one rounding if `FMA`.
    fn times_plus<const FMA: bool>(self, b: Self, c: Self) -> Self;
    /// The number without the lower half of its digits.
    fn head(self) -> Self;
    /// For the sum of [`MAGIC_EXPONENT`](Self::MAGIC_EXPONENT) and `k`: two powers of two whose product is `2ᵏ`, and
    /// the reciprocal of the second. The product alone may be out of range.
    fn powers(magic_sum: Self) -> (Self, Self, Self);
    /// For a positive normal number `2ᵏ m` with `m` from `√½` to `√2`: `k`, `m` and `2⁻ᵏ`.
    fn split(self) -> (Self, Self, Self);
    /// The biased exponent, and the mantissa from 1 to 2.
    fn biased_split(self) -> (Self, Self);
    /// `2ᵏ` for the sum of [`MAGIC`](Self::MAGIC) and the biased exponent of that power.
    fn power(magic_sum: Self) -> Self;
    /// Whether a sum with [`MAGIC`](Self::MAGIC) holds an odd integer.
    fn is_odd(magic_sum: Self) -> bool;
    /// The number with its sign changed where the integer in the sum has a 2 in its binary digits.
    fn flip_by_two(self, magic_sum: Self) -> Self;
    /// The number with its sign changed where `other` is negative.
    fn flip_by_sign(self, other: Self) -> Self;
    /// See [`trigonometric::reduce`](super::trigonometric).
    fn reduce<const FMA: bool>(self) -> (Self, Self, Self);
    /// See [`power`](super::power).
    fn powf_lanes<const W: usize, const FMA: bool>(x: [Self; W], y: [Self; W]) -> [Self; W];

    /// The smaller number; NaN stays.
    #[inline(always)]
    fn at_most(self, high: Self) -> Self {
        if self > high { high } else { self }
    }

    /// The larger number; NaN stays.
    #[inline(always)]
    fn at_least(self, low: Self) -> Self {
        if self < low { low } else { self }
    }

    #[inline(always)]
    fn half(self) -> Self {
        self * Self::of(0.5)
    }
}

macro_rules! bits {
    ($T:ident, $U:ident, digits $P:literal, power $POWER:literal, bias $BIAS:literal, $FLOAT_BIAS:literal) => {
        const MAGIC: $T = 1.5 * $POWER;
        const MAGIC_EXPONENT: $T = Self::MAGIC + 2.0 * $FLOAT_BIAS;

        #[inline(always)]
        #[allow(clippy::cast_possible_truncation, trivial_numeric_casts, reason = "one body for both types")]
        fn of(c: f64) -> $T {
            c as $T
        }

        #[inline(always)]
        fn times_plus<const FMA: bool>(self, b: $T, c: $T) -> $T {
            if FMA { $T::mul_add(self, b, c) } else { self * b + c }
        }

        #[inline(always)]
        fn head(self) -> $T {
            $T::from_bits(self.to_bits() & ($U::MAX << (($P + 2) / 2)))
        }

        #[inline(always)]
        fn powers(magic_sum: $T) -> ($T, $T, $T) {
            // The upper bits leave with the shift.
            let both = magic_sum.to_bits();
            let first = both >> 1;
            let second = both.wrapping_sub(first);
            let reciprocal = $U::wrapping_sub(2 * $BIAS, second);
            ($T::from_bits(first << $P), $T::from_bits(second << $P), $T::from_bits(reciprocal << $P))
        }

        #[inline(always)]
        fn split(self) -> ($T, $T, $T) {
            const ROOT: $U = core::$T::consts::FRAC_1_SQRT_2.to_bits();
            const ONE: $U = $BIAS << $P;
            const POWER: $T = $POWER;
            let shifted = self.to_bits().wrapping_add(ONE - ROOT);
            let exponent = shifted >> $P;
            let k = $T::from_bits(exponent | POWER.to_bits()) - (POWER + $FLOAT_BIAS);
            let mantissa = (shifted & ((1 << $P) - 1)).wrapping_add(ROOT);
            let reciprocal = $U::wrapping_sub(2 * $BIAS, exponent) << $P;
            (k, $T::from_bits(mantissa), $T::from_bits(reciprocal))
        }

        #[inline(always)]
        fn biased_split(self) -> ($T, $T) {
            const ONE: $U = $BIAS << $P;
            const POWER: $T = $POWER;
            let exponent = self.to_bits() >> $P;
            let mantissa = self.to_bits() & ((1 << $P) - 1);
            ($T::from_bits(exponent | POWER.to_bits()) - POWER, $T::from_bits(mantissa | ONE))
        }

        #[inline(always)]
        fn power(magic_sum: $T) -> $T {
            $T::from_bits(magic_sum.to_bits() << $P)
        }

        #[inline(always)]
        fn is_odd(magic_sum: $T) -> bool {
            magic_sum.to_bits() & 1 != 0
        }

        #[inline(always)]
        fn flip_by_two(self, magic_sum: $T) -> $T {
            $T::from_bits(self.to_bits() ^ ((magic_sum.to_bits() & 2) << ($U::BITS - 2)))
        }

        #[inline(always)]
        fn flip_by_sign(self, other: $T) -> $T {
            $T::from_bits(self.to_bits() ^ (other.to_bits() & (1 << ($U::BITS - 1))))
        }
    };
}

impl Math for f64 {
    bits!(f64, u64, digits 52, power 4_503_599_627_370_496.0, bias 1023, 1023.0);

    const EXP_RANGE: [f64; 2] = [-750.0, 712.0];
    const LN_2: [f64; 2] = [core::f64::consts::LN_2, 2.319_046_813_846_299_6e-17];
    const LN_2_SHORT: [f64; 2] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14];
    const RECIP_LN_2: [f64; 2] = [core::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17];
    const RECIP_LN_10: [f64; 2] = [core::f64::consts::LOG10_E, 1.098_319_650_216_765e-17];
    const LOG10_2_SHORT: [f64; 2] = [0.301_029_995_663_952_83, 2.836_339_455_104_496_4e-14];
    const HALF_PI: [f64; 3] = [core::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
    const SQRT_HALF: [f64; 2] = [core::f64::consts::FRAC_1_SQRT_2, -4.833_646_656_726_457e-17];
    const DENSITY: [f64; 2] = [0.398_942_280_401_432_7, -2.492_327_202_277_73e-17];
    const TRIGONOMETRIC_END: f64 = 1_048_576.0;
    const CUBE_BIAS: [f64; 2] = [0.0, 682.0];
    const EXP: &'static [f64] = &[
        0.500_000_000_000_000_4,
        0.166_666_666_666_666_85,
        0.041_666_666_666_584_21,
        0.008_333_333_333_315_813,
        0.001_388_888_892_972_616_7,
        0.000_198_412_699_007_223_25,
        2.480_150_701_904_474_2e-5,
        2.755_722_975_451_68e-6,
        2.762_547_548_319_662_3e-7,
        2.511_397_459_913_404e-8,
    ];
    const LN: &'static [f64] = &[
        0.666_666_666_666_668_6,
        0.399_999_999_996_998_4,
        0.285_714_286_848_298_47,
        0.222_222_040_249_04,
        0.181_832_997_257_293_65,
        0.153_204_274_890_643_7,
        0.147_354_463_189_394,
    ];
    const LN_WIDE: &'static [f64] = &[
        0.666_666_666_666_665_1,
        0.400_000_000_000_969_25,
        0.285_714_285_543_818_9,
        0.222_222_236_113_865_2,
        0.181_817_553_009_452_76,
        0.153_863_384_384_924_78,
        0.133_036_598_494_249_56,
        0.120_862_899_850_409_88,
        0.084_212_385_615_123_12,
        0.168_767_047_461_582_86,
    ];
    const SIN: &'static [f64] = &[
        -0.166_666_666_666_666_38,
        0.008_333_333_333_323_284,
        -0.000_198_412_698_302_765_06,
        2.755_731_380_066_662_4e-6,
        -2.505_076_892_942_282_2e-8,
        1.589_714_222_679_84e-10,
    ];
    const COS: &'static [f64] = &[
        0.041_666_666_666_666_66,
        -0.001_388_888_888_888_305,
        2.480_158_729_457_41e-5,
        -2.755_731_570_285_088_4e-7,
        2.087_589_263_800_179_2e-9,
        -1.136_777_371_160_729_8e-11,
    ];
    const SINH: &'static [f64] = &[
        0.166_666_666_666_666_69,
        0.008_333_333_333_333_16,
        0.000_198_412_698_414_257_03,
        2.755_731_915_856_294_4e-6,
        2.505_212_294_860_297_8e-8,
        1.605_727_171_171_254_2e-10,
        7.758_447_277_147_653e-13,
    ];
    const ATAN: &'static [f64] = &[
        -0.333_333_333_333_333_15,
        0.199_999_999_999_840_06,
        -0.142_857_142_829_919_88,
        0.111_111_109_120_583_5,
        -0.090_909_011_859_259_2,
        0.076_921_171_111_009_24,
        -0.066_637_107_642_690_15,
        0.058_520_500_246_559_88,
        -0.050_570_453_143_295_47,
        0.038_492_588_200_700_69,
        -0.018_353_706_591_494_223,
    ];
    const ASIN: &'static [f64] = &[
        0.166_666_666_666_666_8,
        0.074_999_999_999_903_85,
        0.044_642_857_157_635_58,
        0.030_381_943_457_160_433,
        0.022_372_195_372_446_72,
        0.017_351_941_895_599_212,
        0.013_977_094_528_209_671,
        0.011_427_790_726_506_517,
        0.010_626_220_063_194_441,
        0.004_262_306_626_223_955,
        0.020_410_609_222_283_098,
        -0.019_233_987_191_167_697,
        0.031_564_094_207_953_44,
    ];
    const ERF: &'static [f64] = &[
        0.128_379_167_095_512_56,
        -0.376_126_389_031_835_5,
        0.112_837_916_709_452_53,
        -0.026_866_170_643_276_22,
        0.005_223_977_607_423_468,
        -0.000_854_832_598_969_675_8,
        0.000_120_552_953_204_942_94,
        -1.492_474_466_333_548_9e-5,
        1.644_751_767_787_187_3e-6,
        -1.620_917_591_174_869_6e-7,
        1.372_297_626_592_450_4e-8,
        -7.801_188_874_097_751e-10,
    ];
    const ERFC: &'static [f64] = &[
        0.232_995_118_625_552_5,
        -0.372_616_235_466_115_4,
        0.387_995_887_568_736_43,
        -0.319_898_833_313_998_54,
        0.218_859_767_277_627_54,
        -0.125_126_932_280_856_67,
        0.058_796_566_469_803_91,
        -0.021_629_050_906_816_494,
        0.005_431_316_841_820_98,
        -0.000_399_347_091_919_577_56,
        -0.000_358_426_209_016_518_9,
        0.000_159_170_745_243_057_68,
        -8.548_666_096_090_93e-6,
        -1.585_470_071_015_511e-5,
        4.630_310_295_712_854e-6,
        1.088_128_524_457_160_1e-6,
        -7.873_138_395_703_71e-7,
        -4.877_279_530_157_099e-8,
        1.117_767_987_531_865_7e-7,
        4.424_056_140_387_277e-9,
        -1.205_480_960_675_502_5e-8,
        -1.946_711_544_620_068_4e-9,
    ];
    const ERFC_CENTRE: f64 = 4.0;

    #[inline(always)]
    fn reduce<const FMA: bool>(self) -> (f64, f64, f64) {
        super::trigonometric::reduce_f64::<FMA>(self)
    }

    #[inline(always)]
    fn powf_lanes<const W: usize, const FMA: bool>(x: [f64; W], y: [f64; W]) -> [f64; W] {
        super::power::powf_f64::<W, FMA>(x, y)
    }
}

impl Math for f32 {
    bits!(f32, u32, digits 23, power 8_388_608.0, bias 127, 127.0);

    const EXP_RANGE: [f32; 2] = [-106.0, 91.0];
    const LN_2: [f32; 2] = [core::f32::consts::LN_2, -1.904_654_2e-9];
    const LN_2_SHORT: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
    const RECIP_LN_2: [f32; 2] = [core::f32::consts::LOG2_E, 1.925_963e-8];
    const RECIP_LN_10: [f32; 2] = [core::f32::consts::LOG10_E, -1.010_305e-8];
    const LOG10_2_SHORT: [f32; 2] = [0.301_025_4, 4.605_039e-6];
    const HALF_PI: [f32; 3] = [core::f32::consts::FRAC_PI_2, -4.371_139e-8, -1.715_124_5e-15];
    const SQRT_HALF: [f32; 2] = [core::f32::consts::FRAC_1_SQRT_2, 1.210_161_75e-8];
    const DENSITY: [f32; 2] = [0.398_942_3, -1.133_517e-8];
    const TRIGONOMETRIC_END: f32 = 32_768.0;
    const CUBE_BIAS: [f32; 2] = [2.0, 84.0];
    const EXP: &'static [f32] = &[0.5, 0.166_665_45, 0.041_666_29, 0.008_366_366, 0.001_394_602_4];
    const LN: &'static [f32] = &[0.666_667_5, 0.399_796_96, 0.298_226_27];
    const LN_WIDE: &'static [f32] = &[0.666_664_36, 0.400_205_1, 0.280_158_46, 0.279_514_2];
    const SIN: &'static [f32] = &[-0.166_666_55, 0.008_332_183, -0.000_195_170_23];
    const COS: &'static [f32] = &[0.041_666_653, -0.001_388_756_1, 2.445_703_5e-5];
    const SINH: &'static [f32] = &[0.166_666_67, 0.008_333_350_5, 0.000_198_361_48, 2.817_041e-6];
    const ATAN: &'static [f32] = &[-0.333_333_22, 0.199_989_05, -0.142_505_39, 0.106_395_69, -0.061_827_257];
    const ASIN: &'static [f32] = &[0.166_667_25, 0.074_962_08, 0.045_372_28, 0.024_609_922, 0.041_502_032];
    const ERF: &'static [f32] =
        &[0.128_379_17, -0.376_126_26, 0.112_836, -0.026_854_444, 0.005_189_535_7, -0.000_802_084_2, 7.889_123e-5];
    const ERFC: &'static [f32] = &[
        0.276_978_4,
        -0.369_742_4,
        0.203_710_96,
        -0.039_655_47,
        -0.014_548_792,
        0.006_488_162_6,
        0.002_143_020_3,
        -0.000_828_436_8,
        -0.000_400_534_16,
    ];
    const ERFC_CENTRE: f32 = 2.0;

    #[inline(always)]
    fn reduce<const FMA: bool>(self) -> (f32, f32, f32) {
        super::trigonometric::reduce_f32::<FMA>(self)
    }

    #[inline(always)]
    fn powf_lanes<const W: usize, const FMA: bool>(x: [f32; W], y: [f32; W]) -> [f32; W] {
        super::power::powf_f32::<W, FMA>(x, y)
    }
}

/// `c₀ + c₁ x + c₂ x² + …`, in pairs of terms (the first step of Estrin's scheme): half as long a chain of
/// operations that wait for each other as Horner's.
#[inline(always)]
pub(super) fn polynomial<T: Math, const FMA: bool>(x: T, c: &[T]) -> T {
    let square = x * x;
    let mut i = (c.len() - 1) / 2 * 2;
    let mut sum = if i + 1 < c.len() { c[i + 1].times_plus::<FMA>(x, c[i]) } else { c[i] };
    while i > 0 {
        i -= 2;
        sum = sum.times_plus::<FMA>(square, c[i + 1].times_plus::<FMA>(x, c[i]));
    }
    sum
}

/// `a b` and the rounding error of it, by the fused operation or by Dekker's product of halves (Numerische Mathematik
/// 18, 1971). His halves are rounded; those of [`Math::head`] are cut, so that the last digit of the error may be off.
#[inline(always)]
pub(super) fn product<T: Math, const FMA: bool>(a: T, b: T) -> (T, T) {
    let p = a * b;
    if FMA {
        return (p, a.times_plus::<true>(b, -p));
    }
    let (ah, bh) = (a.head(), b.head());
    let (al, bl) = (a - ah, b - bh);
    (p, ((ah * bh - p) + (ah * bl + al * bh)) + al * bl)
}

/// `a + b` and the rounding error of it, for `|a| ≥ |b|` or `a = 0` (Dekker 1971).
#[inline(always)]
pub(super) fn sum_in_order<T: Math>(a: T, b: T) -> (T, T) {
    let s = a + b;
    (s, b - (s - a))
}

/// `a + b` and the rounding error of it (Knuth, "The Art of Computer Programming", volume 2, 4.2.2).
#[inline(always)]
pub(super) fn sum<T: Math>(a: T, b: T) -> (T, T) {
    let s = a + b;
    let b_in_s = s - a;
    (s, (a - (s - b_in_s)) + (b - b_in_s))
}

/// `(a + a') / (b + b')` for small `a'`, `b'`: the quotient of the heads, and one step of Newton's method, which is left
/// with the rounding of its last sum. Without the fused operation the division is rounded by itself.
#[inline(always)]
pub(super) fn quotient<T: Math, const FMA: bool>((a, a_low): (T, T), (b, b_low): (T, T)) -> T {
    let reciprocal = b.recip();
    let (q, rest) = if FMA {
        let q = a * reciprocal;
        (q, q.times_plus::<true>(-b, a) + a_low)
    } else {
        (a / b, a_low)
    };
    q + (rest - q * b_low) * reciprocal
}
