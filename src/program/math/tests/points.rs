//! The points at which functions are tested.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::float::Tested;
use super::literals::NEAR_MULTIPLES;

/// Ends and middles of the intervals that the kernels divide their arguments into.
pub(super) const BOUNDARIES: &[f64] = &[
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

pub(super) fn specials<T: Tested>() -> Vec<T> {
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

/// Ordinary arguments, all magnitudes, and what is near a boundary or a multiple of `π/2`.
pub(super) fn points<T: Tested>(interval: (f64, f64), count: usize) -> Vec<T> {
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
