//! Every function that programs compute in lanes, in both precisions, with and without fused multiply-add, against 320
//! bits and against literals.

mod literals;
mod truth;

use std::fmt::{Debug, LowerExp};

use gradtape::program::kernels::{self, Pair};
use num_traits::Float;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use self::literals::{LITERALS, NEAR_MULTIPLES, POWERS};
use crate::big::Big;

/// One of the two precisions, with the facts that the tests need.
trait Tested: kernels::Tested + Float + Debug + LowerExp + Into<f64> {
    const DIGITS: i32;
    /// The exponent of the largest number, as the power of two above it.
    const TOP: i32;
    const SEED: u64;

    fn of(x: f64) -> Self;
    fn any(random: u64) -> Self;
    fn next(self, steps: i32) -> Self;
    fn key(self) -> u64;
}

impl Tested for f64 {
    const DIGITS: i32 = 53;
    const TOP: i32 = 1024;
    const SEED: u64 = 64;

    fn of(x: f64) -> f64 {
        x
    }

    fn any(random: u64) -> f64 {
        f64::from_bits(random)
    }

    fn next(self, steps: i32) -> f64 {
        f64::from_bits(self.to_bits().wrapping_add_signed(i64::from(steps)))
    }

    fn key(self) -> u64 {
        self.to_bits()
    }
}

impl Tested for f32 {
    const DIGITS: i32 = 24;
    const TOP: i32 = 128;
    const SEED: u64 = 32;

    #[allow(clippy::cast_possible_truncation, reason = "rounded")]
    fn of(x: f64) -> f32 {
        x as f32
    }

    #[allow(clippy::cast_possible_truncation, reason = "half of the bits")]
    fn any(random: u64) -> f32 {
        f32::from_bits(random as u32)
    }

    fn next(self, steps: i32) -> f32 {
        f32::from_bits(self.to_bits().wrapping_add_signed(steps))
    }

    fn key(self) -> u64 {
        u64::from(self.to_bits())
    }
}

/// The error in units in the last place of the truth.
fn distance<T: Tested>(y: T, truth: &Big) -> f64 {
    let smallest = 3 - T::TOP - T::DIGITS;
    let Some(exponent) = truth.exponent() else {
        return if y == T::zero() { 0.0 } else { f64::INFINITY };
    };
    let unit = (exponent.min(T::TOP) - T::DIGITS).max(smallest);
    let beyond = T::TOP < exponent;
    let y = y.into();
    // The power of two above the largest float stands for all numbers beyond it.
    let top = if beyond || y.is_infinite() { Big::power_of_two(T::TOP) } else { Big::from(y) };
    if y.is_infinite() {
        let signed = if y < 0.0 { -top } else { top };
        return if beyond && (y < 0.0) == truth.is_negative() {
            0.0
        } else {
            (signed - truth).scaled_to_f64(-unit).abs()
        };
    }
    if beyond {
        return f64::INFINITY;
    }
    (top - truth).scaled_to_f64(-unit).abs()
}

/// Ends and middles of the intervals that the kernels divide their arguments into.
const BOUNDARIES: &[f64] = &[
    0.173_286_795_139_986_3,
    0.346_573_590_279_972_64,
    0.414_213_562_373_095_05,
    0.5,
    0.549_306_144_334_054_8,
    core::f64::consts::LN_2,
    core::f64::consts::FRAC_1_SQRT_2,
    core::f64::consts::FRAC_PI_4,
    1.0,
    1.039_720_770_839_917_9,
    core::f64::consts::SQRT_2,
    2.0,
    2.414_213_562_373_095,
    4.0,
    8.0,
    9.010_913_347_279_289,
    14.0,
    18.714_973_875_118_524,
    20.0,
    36.736_800_569_677_1,
    38.5,
    53.0,
    87.336_544_75,
    88.722_839_05,
    103.972_077_08,
    126.0,
    149.0,
    708.396_418_532_264_1,
    709.782_712_893_384,
    745.133_219_101_941_1,
    1022.0,
    1074.0,
    32_768.0,
    1_048_576.0,
];

fn specials<T: Tested>() -> Vec<T> {
    let largest_subnormal = T::min_positive_value().next(-1);
    let positive = [
        T::zero(),
        T::zero().next(1),
        largest_subnormal,
        T::min_positive_value(),
        T::one(),
        T::max_value(),
        T::infinity(),
        T::nan(),
    ];
    positive.into_iter().flat_map(|x| [x, -x]).collect()
}

/// Ordinary arguments, all magnitudes, and arguments near a boundary or a multiple of `π/2`.
fn points<T: Tested>(interval: (f64, f64), count: usize) -> Vec<T> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(T::SEED);
    let mut points = specials();
    let around = |x: T| (-2..=2).flat_map(move |steps| [x.next(steps), -x.next(steps)]);
    points.extend(BOUNDARIES.iter().flat_map(|&x| around(T::of(x))));
    points.extend(NEAR_MULTIPLES.iter().flat_map(|&x| around(T::of(x))));
    for _ in 0..count {
        points.push(T::of(random.random_range(interval.0..interval.1)));
        points.push(T::of(random.random_range(interval.0..interval.1) * 0.05));
        points.push(T::any(random.random()));
        points.push(T::of(random.random_range(-12.0_f64..12.0).exp2()));
        points.push(T::of(-random.random_range(-12.0_f64..12.0).exp2()));
        let multiple = random.random_range(1.0_f64..600_000.0).floor() * core::f64::consts::FRAC_PI_2;
        points.push(T::of(multiple).next(random.random_range(-1..=1)));
    }
    points
}

/// Whether the truth can be computed. It cannot for the sine of a number so large that 320 bits do not resolve its
/// unit.
fn in_reach(name: &str, x: f64) -> bool {
    !matches!(name, "sin" | "cos" | "tan") || x.abs() < 1e15
}

fn sweep<T: Tested>(count: usize) {
    for f in T::kernels() {
        let mut points = points::<T>(f.interval, count);
        if f.most == 2.0 && f.name == "normal_cdf" {
            // Another entry tests the far tail.
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
                        // A result at the end of the range may be rounded either way.
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
        for f in T::kernels() {
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
    for f in <f64 as kernels::Tested>::kernels() {
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
        for f in T::kernels() {
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

/// With and without fused multiply-add; a number gives the same result alone and among others.
fn results_of_two<T: Tested>(f: &Pair<T>, a: T, b: T) -> [T; 2] {
    let among = |x: T, guest: T| core::array::from_fn(|i| if i == 3 { x } else { guest });
    core::array::from_fn(|i| {
        let [alone] = f.single[i]([a], [b]);
        for guest in [T::one(), T::nan(), T::zero()] {
            assert_eq!(f.whole[i](among(a, guest), among(b, guest))[3].key(), alone.key(), "{a:e}, {b:e}");
        }
        alone
    })
}

#[test]
fn powers_are_two_units_off_at_most() {
    fn check<T: Tested>() {
        let [powf, _] = T::pairs();
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
                for z in results_of_two(&powf, x, y) {
                    assert!(z.key() == exact.key() || (z.is_nan() && exact.is_nan()), "{x:e} to the {y:e}: {z:e}");
                }
                continue;
            }
            let truth = (Big::from(x.into()).ln() * Big::from(y.into())).exp();
            for z in results_of_two(&powf, x, y) {
                let off = distance(z, &truth);
                assert!(off <= 2.0, "{x:e} to the {y:e}: {z:e} is {off} units off");
            }
        }
        let bases = specials::<T>().into_iter().chain([0.5, 2.0, 3.0, -2.0, -0.5].map(T::of));
        for x in bases {
            for y in specials::<T>().into_iter().chain([0.5, 1.0, 2.0, 3.0, -1.0, -3.0, 1e30].map(T::of)) {
                let exact = x.powf(y);
                for z in results_of_two(&powf, x, y) {
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
    let [powf, _] = <f64 as kernels::Tested>::pairs();
    for &(x, y, digits) in POWERS {
        for z in results_of_two(&powf, x, y) {
            let off = distance(z, &Big::parse(digits));
            assert!(off <= 2.0, "{x:e} to the {y:e}: {z:e} is {off} units off");
        }
    }
}

#[test]
fn angles_are_two_units_off_at_most() {
    fn check<T: Tested>() {
        let [_, atan2] = T::pairs();
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
                for angle in results_of_two(&atan2, y, x) {
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
                for angle in results_of_two(&atan2, y, x) {
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
