fn normal_pdf(x: f64) -> f64 {
    if x.abs() > 39.0 {
        return 0.0;
    }
    let sixteenths = x * 16.0;
    let head = sixteenths.trunc() / 16.0;
    let (large, small) = (-(head * head) * 0.5, -((x - head) * (x + head)) * 0.5);
    let scale = core::f64::consts::FRAC_1_PI * 0.5;
    large.exp() * small.exp() * scale.sqrt()
}

fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

fn fraction<const N: usize>(x: f64, [numerator, denominator]: &[[f64; N]; 2]) -> f64 {
    polynomial(x, numerator) / polynomial(x, denominator)
}

fn normal_centre(square: f64) -> f64 {
    const CENTRE: [[f64; 5]; 2] = [
        [
            0.065_682_337_918_207_45,
            2.235_252_035_460_683_7,
            161.028_231_068_555_88,
            1_067.689_485_460_370_9,
            18_154.981_253_343_56,
        ],
        [
            1.0,
            47.202_581_904_688_245,
            976.098_551_737_776_7,
            10_260.932_208_618_979,
            45_507.789_335_026_73,
        ],
    ];
    fraction(square, &CENTRE)
}

fn normal_cdf(x: f64) -> f64 {
    const FLANK: [[f64; 9]; 2] = [
        [
            1.076_557_677_372_019_2e-8,
            0.398_941_512_088_134_66,
            8.883_149_794_388_377,
            93.506_656_132_177_85,
            597.270_276_394_800_3,
            2_494.537_585_290_372_6,
            6_848.190_450_536_283,
            11_602.651_437_647_35,
            9_842.714_838_383_978,
        ],
        [
            1.0,
            22.266_688_044_328_117,
            235.387_901_782_625,
            1_519.377_599_407_554_7,
            6_485.558_298_266_761,
            18_615.571_640_885_097,
            34_900.952_721_145_98,
            38_912.003_286_093_27,
            19_685.429_676_859_992,
        ],
    ];
    const TAIL: [[f64; 6]; 2] = [
        [
            0.023_073_441_764_940_174,
            0.215_898_534_057_957,
            0.127_401_161_160_247_36,
            0.022_235_277_870_649_807,
            0.001_421_619_193_227_893_4,
            2.911_287_495_116_879_3e-5,
        ],
        [
            1.0,
            1.284_260_096_144_911,
            0.468_238_212_480_865_1,
            0.065_988_137_868_928_56,
            0.003_782_396_332_027_582_4,
            7.297_515_550_839_662e-5,
        ],
    ];
    let magnitude = x.abs();
    if magnitude <= 0.674_489_75 {
        return 0.5 + x * normal_centre(x * x);
    }
    let tail = if magnitude <= 5.656_854_249_492_38 {
        let scale = 2.0 * core::f64::consts::PI;
        normal_pdf(x) * scale.sqrt() * fraction(magnitude, &FLANK)
    } else {
        let square = 1.0 / (x * x);
        let scale = core::f64::consts::FRAC_1_PI * 0.5;
        let share = square * fraction(square, &TAIL) / scale.sqrt();
        normal_pdf(x) * (1.0 - share) / magnitude
    };
    if x < 0.0 {
        return tail;
    }
    1.0 - tail
}

fn erf(x: f64) -> f64 {
    let scaled = x * core::f64::consts::SQRT_2;
    if scaled.abs() <= 0.674_489_75 {
        return (scaled + scaled) * normal_centre(scaled * scaled);
    }
    let below = if x < 0.0 { scaled } else { -scaled };
    let tail = normal_cdf(below);
    let y = 1.0 - (tail + tail);
    if x < 0.0 {
        return -y;
    }
    y
}

fn erf_slope(x: f64) -> f64 {
    if x.abs() > 39.0 {
        return 0.0;
    }
    let sixteenths = x * 16.0;
    let head = sixteenths.trunc() / 16.0;
    let (large, small) = (-(head * head), -((x - head) * (x + head)));
    let scale = core::f64::consts::FRAC_1_PI * 4.0;
    large.exp() * small.exp() * scale.sqrt()
}
