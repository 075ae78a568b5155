//! Every function in both precisions, with and without the fused operation, against 320 bits and against literals.

#[allow(dead_code, reason = "the accuracy tests use more of it")]
#[path = "../../../tests/accuracy/big.rs"]
mod big;
mod float;
mod literals;
mod points;
mod truth;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use self::big::Big;
use self::float::{Tested, distance};
use self::literals::{LITERALS, POWERS};
use self::points::{points, specials};
use crate::ops::rules;
use crate::program::math::Math;

/// One result of a function.
struct Function<T> {
    name: &'static str,
    /// With and without the fused operation.
    whole: [fn([T; 8]) -> [T; 8]; 2],
    single: [fn([T; 1]) -> [T; 1]; 2],
    plain: fn(T) -> T,
    /// Where the arguments are ordinary.
    interval: (f64, f64),
    /// The distance that is allowed.
    most: f64,
}

macro_rules! functions {
    ($($label:literal $name:ident $(. $part:tt)?, $plain:expr, $low:expr, $high:expr, $most:literal;)*) => {
        vec![$(Function {
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

fn functions<T: Tested>() -> Vec<Function<T>> {
    functions! {
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

/// Whether 320 bits are enough for the truth. They are not for the sine of a very large number.
fn in_reach(name: &str, x: f64) -> bool {
    !matches!(name, "sin" | "cos" | "tan") || x.abs() < 1e15
}

fn sweep<T: Tested>(count: usize) {
    for f in functions::<T>() {
        let mut points = points::<T>(f.interval, count);
        if f.most == 2.0 && f.name == "normal_cdf" {
            // Its far tail is another entry.
            points.retain(|&x| x >= T::of(-5.0) || x.is_nan());
        }
        for chunk in points.chunks(8) {
            let x = core::array::from_fn(|i| chunk[i % chunk.len()]);
            let results = f.whole.map(|f| f(x));
            for (i, &x) in chunk.iter().enumerate() {
                let plain = (f.plain)(x);
                let limit = plain.is_nan() || plain == T::zero() || plain.is_infinite() || x.is_infinite();
                let exact = limit || !in_reach(f.name, x.into());
                let truth = (!exact).then(|| truth::unary(f.name, &Big::from(x.into())));
                for (y, how) in results.iter().map(|y| y[i]).zip(["fused", "not fused"]) {
                    if let Some(truth) = &truth {
                        let off = distance(y, truth);
                        assert!(off <= f.most, "{} of {x:e}, {how}: {y:e} is {off} units off", f.name);
                    } else if !(plain.is_nan() && y.is_nan()) && plain.key() != y.key() {
                        // An end of the range may be rounded either way.
                        let off = distance(y, &truth::unary(f.name, &Big::from(x.into())));
                        assert!(off <= f.most && x.is_finite(), "{} of {x:e}, {how}: {y:e}, not {plain:e}", f.name);
                    }
                }
            }
        }
    }
}

#[test]
fn the_error_is_two_units_at_most() {
    sweep::<f64>(100);
    sweep::<f32>(100);
}

#[test]
fn signs_of_zero_and_limits_are_those_of_the_plain_functions() {
    fn check<T: Tested>() {
        for f in functions::<T>() {
            for x in specials::<T>().into_iter().filter(|x| !x.is_normal() && !x.is_subnormal()) {
                let plain = (f.plain)(x);
                for single in f.single {
                    let [y] = single([x]);
                    let same = plain.key() == y.key() || (plain.is_nan() && y.is_nan());
                    assert!(
                        same || (y - plain).abs() <= plain.abs() * T::epsilon(),
                        "{} of {x:e}: {y:e}, not {plain:e}",
                        f.name
                    );
                    assert!(y.is_nan() || plain.is_sign_negative() == y.is_sign_negative(), "{} of {x:e}", f.name);
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn the_values_are_those_of_mpmath() {
    for f in functions::<f64>() {
        let (_, table) = LITERALS.iter().find(|(name, _)| *name == f.name).expect("a table of every function");
        for &(x, digits) in *table {
            for single in f.single {
                let [y] = single([x]);
                let off = distance(y, &Big::parse(digits));
                let most = if f.name == "normal_cdf" { 4.0 } else { f.most };
                assert!(off <= most, "{} of {x:e}: {y:e} is {off} units off", f.name);
            }
        }
    }
}

#[test]
fn a_lane_does_not_see_its_neighbours() {
    fn check<T: Tested>() {
        for f in functions::<T>() {
            let points = points::<T>(f.interval, 100);
            for (chunk, guest) in points.chunks_exact(8).zip(specials::<T>().into_iter().cycle()) {
                let x: [T; 8] = core::array::from_fn(|i| chunk[i]);
                for (whole, single) in f.whole.into_iter().zip(f.single) {
                    let alone = x.map(|x| single([x])[0].key());
                    assert_eq!(whole(x).map(T::key), alone, "{} of {x:?}", f.name);
                    for place in 0..8 {
                        let mut x = x;
                        x[place] = guest;
                        let mut among = whole(x).map(T::key);
                        among[place] = alone[place];
                        assert_eq!(among, alone, "{} of {x:?}", f.name);
                    }
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

type OfTwo<T, const W: usize> = fn([T; W], [T; W]) -> [T; W];

/// A function of two arguments, with and without the fused operation, the same alone and among others.
struct Pair<T> {
    whole: [OfTwo<T, 8>; 2],
    single: [OfTwo<T, 1>; 2],
}

impl<T: Tested> Pair<T> {
    const POWF: Self = Self {
        whole: [super::powf::<T, 8, true>, super::powf::<T, 8, false>],
        single: [super::powf::<T, 1, true>, super::powf::<T, 1, false>],
    };
    const ATAN2: Self = Self {
        whole: [super::atan2::<T, 8, true>, super::atan2::<T, 8, false>],
        single: [super::atan2::<T, 1, true>, super::atan2::<T, 1, false>],
    };

    fn of(&self, a: T, b: T) -> [T; 2] {
        let among = |x: T, guest: T| core::array::from_fn(|i| if i == 3 { x } else { guest });
        core::array::from_fn(|i| {
            let [alone] = self.single[i]([a], [b]);
            for guest in [T::one(), T::nan(), T::zero()] {
                assert_eq!(self.whole[i](among(a, guest), among(b, guest))[3].key(), alone.key(), "{a:e}, {b:e}");
            }
            alone
        })
    }
}

#[test]
fn powers_are_two_units_off_at_most() {
    fn check<T: Tested>() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(T::SEED);
        let largest = f64::from(T::TOP) * 0.72;
        for i in 0..1200 {
            let x = match i % 4 {
                0 => T::any(random.random()).abs(),
                1 => T::of(random.random_range(0.0..5.0)),
                2 => T::of(random.random_range(0.7..1.5)),
                _ => T::one().next(random.random_range(-9..9)),
            };
            let y = match i % 3 {
                0 => T::of(random.random_range(-20.0..20.0)),
                _ => T::of(random.random_range(-largest..largest) / x.into().ln()),
            };
            let exact = x.powf(y);
            if !x.is_finite() || !y.is_finite() || x == T::zero() {
                for z in Pair::<T>::POWF.of(x, y) {
                    assert!(z.key() == exact.key() || (z.is_nan() && exact.is_nan()), "{x:e} to the {y:e}: {z:e}");
                }
                continue;
            }
            let truth = (Big::from(x.into()).ln() * Big::from(y.into())).exp();
            for z in Pair::<T>::POWF.of(x, y) {
                let off = distance(z, &truth);
                assert!(off <= 2.0, "{x:e} to the {y:e}: {z:e} is {off} units off");
            }
        }
        let bases = specials::<T>().into_iter().chain([0.5, 2.0, 3.0, -2.0, -0.5].map(T::of));
        for x in bases {
            for y in specials::<T>().into_iter().chain([0.5, 1.0, 2.0, 3.0, -1.0, -3.0, 1e30].map(T::of)) {
                let exact = x.powf(y);
                for z in Pair::<T>::POWF.of(x, y) {
                    let near = (z - exact).abs() <= exact.abs() * T::epsilon();
                    assert!(
                        z.key() == exact.key() || near || (z.is_nan() && exact.is_nan()),
                        "{x:e} to the {y:e}: {z:e}"
                    );
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
    for &(x, y, digits) in POWERS {
        for z in Pair::<f64>::POWF.of(x, y) {
            let off = distance(z, &Big::parse(digits));
            assert!(off <= 2.0, "{x:e} to the {y:e}: {z:e} is {off} units off");
        }
    }
}

#[test]
fn angles_are_two_units_off_at_most() {
    fn check<T: Tested>() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(T::SEED);
        for i in 0..1200 {
            let [y, x] = match i % 4 {
                0 => [(); 2].map(|()| T::any(random.random())),
                1 => [(); 2].map(|()| T::of(random.random_range(-1.0..1.0))),
                2 => [(); 2].map(|()| T::of(random.random_range(-30.0_f64..30.0).exp2())),
                // The bounds of the reduction.
                _ => {
                    let x = T::of(random.random_range(-1.0..1.0));
                    [(x * T::of(0.414_213_562_373_095_05)).next(random.random_range(-2..=2)), x]
                }
            };
            for (y, x) in [(y, x), (x, y)] {
                let plain = y.atan2(x);
                let truth = plain.is_normal().then(|| truth::angle(&Big::from(y.into()), &Big::from(x.into())));
                for angle in Pair::<T>::ATAN2.of(y, x) {
                    if let Some(truth) = &truth {
                        let off = distance(angle, truth);
                        assert!(off <= 2.0, "({x:e}, {y:e}): {angle:e} is {off} units off");
                    } else {
                        let near = (angle - plain).abs() <= T::zero().next(2);
                        assert!(near || (angle.is_nan() && plain.is_nan()), "({x:e}, {y:e}): {angle:e}, not {plain:e}");
                    }
                }
            }
        }
        for y in specials::<T>() {
            for x in specials::<T>() {
                let plain = y.atan2(x);
                for angle in Pair::<T>::ATAN2.of(y, x) {
                    let near = (angle - plain).abs() <= plain.abs() * T::epsilon();
                    let same = near && angle.is_sign_negative() == plain.is_sign_negative();
                    assert!(same || (angle.is_nan() && plain.is_nan()), "({x:e}, {y:e}): {angle:e}, not {plain:e}");
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
}
