//! The points at which derivatives are measured.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use gradtape::check::random::Operation;

use testing::{TestFloat, number};

/// The distribution of one argument.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Axis {
    Between(f64, f64),
    /// From the floats next to this number to about twice it: distances of all magnitudes.
    Near(f64),
    /// All floats except 0, by the logarithm of their magnitude: subnormal to huge, of either sign.
    Anywhere,
}

use Axis::{Anywhere, Between, Near};

/// The points for operations of one argument, in addition to the interval of the table and [`Anywhere`]: where their
/// derivatives are between 0 and ∞, near their singular points, near zeros of their derivatives, and near changes of
/// formula.
const UNARY: &[(&[&str], &[Axis])] = &[
    (
        &["exp", "exp2", "exp_m1", "elu", "sinh", "cosh"],
        &[Between(-1100.0, 1100.0), Between(-150.0, 130.0), Near(-0.5)],
    ),
    (&["ln", "log2", "log10", "sqrt", "cbrt", "recip"], &[Near(1.0), Near(-1.0)]),
    (&["powi"], &[Near(1.0), Near(-1.0), Between(-8.0, 8.0)]),
    (&["ln_1p", "asin", "acos", "acosh", "atanh"], &[Near(1.0), Near(-1.0), Between(-1.0, 1.0)]),
    (&["sin", "cos", "tan"], &[Near(FRAC_PI_2), Near(PI), Near(-TAU), Near(11.0), Between(-1e5, 1e5)]),
    (&["atan"], &[Near(1.0), Near(100.0), Between(-200.0, 200.0)]),
    (&["asinh"], &[Near(1.0), Between(-200.0, 200.0)]),
    (&["tanh"], &[Near(0.881_373_587_019_543), Between(-20.0, 20.0), Between(-50.0, 50.0), Between(-375.0, 375.0)]),
    (&["sigmoid", "softplus", "log_sigmoid"], &[Between(-40.0, 40.0), Between(-110.0, 110.0), Between(-750.0, 750.0)]),
    (&["silu"], &[Near(-1.278_464_542_761_074), Between(-40.0, 40.0), Between(-110.0, 110.0), Between(-760.0, 760.0)]),
    (&["mish"], &[Near(-1.192_431_214_526_155), Between(-40.0, 40.0), Between(-110.0, 110.0), Between(-760.0, 760.0)]),
    (&["erf"], &[Near(0.476_936_275), Between(-6.0, 6.0), Between(-11.0, 11.0), Between(-28.0, 28.0)]),
    (&["normal_cdf", "normal_pdf"], &[Near(1.0), Between(-6.0, 6.0), Between(-15.0, 15.0), Between(-40.0, 40.0)]),
    (&["sinc"], &[Near(1.0), Near(3.0), Between(-4.0, 4.0), Between(-100.0, 100.0)]),
    (&["softsign"], &[Near(1.0), Between(-100.0, 100.0)]),
    (
        &["gelu", "gelu_tanh"],
        &[
            Near(-0.751_791_524_693_564_4),
            Near(-0.752_461_422_071_088_4),
            Near(0.674_489_75),
            Near(-0.674_489_75),
            Near(5.656_854_249_492_38),
            Near(-5.656_854_249_492_38),
            Between(-15.0, 10.0),
            Between(-40.0, 40.0),
        ],
    ),
    (
        &["ln_gamma", "digamma", "trigamma", "polygamma"],
        &[
            Near(1.0),
            Near(1.461_632_144_968_362_3),
            Near(-0.504_083_008_264_455_4),
            Near(-2.457_024_738_220_801),
            Near(-7.0),
            Between(0.0, 60.0),
            Between(-30.0, 0.0),
            Between(1.0, 1e6),
        ],
    ),
    (&["gamma_p", "gamma_q"], &[Near(2.5), Between(0.0, 10.0), Between(0.0, 1400.0), Between(850.0, 1150.0)]),
    (&["erfc"], &[Near(1.0), Between(-6.0, 6.0), Between(5.0, 11.0), Between(5.0, 28.0)]),
    (&["erf_inv"], &[Near(0.5), Near(1.0), Near(-1.0), Between(-1.0, 1.0)]),
    (&["normal_quantile", "logit"], &[Near(0.5), Near(1.0), Between(0.0, 1.0)]),
    (
        &["normal_ln_cdf"],
        &[Near(-1.0), Near(5.0), Between(-6.0, 6.0), Between(-40.0, 15.0), Between(5.0, 40.0), Between(-1e5, 0.0)],
    ),
    (&["ln_1m_exp"], &[Near(-core::f64::consts::LN_2), Between(-3.0, 0.0), Between(-110.0, 0.0), Between(-760.0, 0.0)]),
    (
        &["bessel_j0", "bessel_j1"],
        &[
            Near(1.0),
            Near(2.404_825_557_695_773),
            Near(3.831_705_970_207_512_5),
            Between(-10.0, 10.0),
            Between(-60.0, 60.0),
        ],
    ),
    (&["bessel_i0", "bessel_i1"], &[Near(1.0), Between(-10.0, 10.0), Between(-100.0, 100.0), Between(-720.0, 720.0)]),
];

/// The same for the operations of two arguments.
const PAIRS: &[(&[&str], &[[Axis; 2]])] = &[
    (
        &["powf"],
        &[
            [Near(1.0), Anywhere],
            [Between(0.5, 2.0), Between(-1000.0, 1000.0)],
            [Anywhere, Between(-3.0, 3.0)],
            [Between(0.0, 10.0), Between(-30.0, 30.0)],
            [Between(0.0, 10.0), Near(1.0)],
            [Between(0.0, 10.0), Near(2.0)],
        ],
    ),
    (
        &["log"],
        &[
            [Near(1.0), Near(1.0)],
            [Anywhere, Near(1.0)],
            [Near(1.0), Anywhere],
            [Between(0.0, 10.0), Between(0.0, 10.0)],
        ],
    ),
    (
        &["atan2", "hypot", "div", "mul", "copysign"],
        &[
            [Between(-10.0, 10.0), Between(-10.0, 10.0)],
            [Near(1.0), Near(1.0)],
            [Anywhere, Between(-2.0, 2.0)],
            [Between(-2.0, 2.0), Anywhere],
        ],
    ),
    (
        &["rem", "rem_euclid"],
        &[
            [Between(-10.0, 10.0), Between(-0.1, 0.1)],
            [Between(-1e6, 1e6), Between(-10.0, 10.0)],
            [Near(3.0), Near(1.0)],
        ],
    ),
    (
        &["ln_add_exp"],
        &[[Between(-40.0, 40.0), Between(-40.0, 40.0)], [Near(1.0), Near(1.0)], [Anywhere, Between(-2.0, 2.0)]],
    ),
    (&["max", "min", "abs_sub", "add", "sub"], &[[Near(1.0), Near(1.0)]]),
    (
        &["ln_beta"],
        &[
            [Between(0.0, 10.0), Between(0.0, 10.0)],
            [Between(5.0, 30.0), Between(5.0, 30.0)],
            [Between(0.0, 1.0), Between(0.0, 1e6)],
            [Between(0.0, 1e6), Between(0.0, 1.0)],
            [Near(1.0), Near(1.0)],
        ],
    ),
];

/// The number of points in each region.
pub(crate) const COUNT: usize = 500;
/// The same for special functions, whose truths take long.
pub(crate) const SPECIAL_COUNT: usize = 200;

pub(crate) fn unary<T: TestFloat, F>(op: &Operation<F, 1>, count: usize) -> Vec<[T; 1]> {
    // All parameters share one row.
    let name = op.name.split('(').next().unwrap_or_default();
    let regions: Vec<_> = of(name, UNARY).map(|&axis| [axis]).collect();
    points(op, &regions, count)
}

pub(crate) fn pair<T: TestFloat, F>(op: &Operation<F, 2>, count: usize) -> Vec<[T; 2]> {
    let regions: Vec<_> = of(op.name, PAIRS).copied().collect();
    points(op, &regions, count)
}

fn of<R>(name: &str, all: &'static [(&[&str], &[R])]) -> impl Iterator<Item = &'static R> {
    all.iter().filter(move |(names, _)| names.contains(&name)).flat_map(|(_, regions)| *regions)
}

fn points<T: TestFloat, F, const N: usize>(op: &Operation<F, N>, regions: &[[Axis; N]], count: usize) -> Vec<[T; N]> {
    let random = &mut Random(0);
    let table = std::array::from_fn(|k| Between(op.low[k], op.high[k]));
    let regions = [[Anywhere; N], table].into_iter().chain(regions.iter().copied());
    let regions = regions.flat_map(|region| std::iter::repeat_n(region, count));
    let points = regions.map(|region| region.map(|axis| axis.draw(random)));
    points.filter(|&x| is_inside(op.name, x.map(Into::into))).collect()
}

/// Whether the operation has a derivative there. `tests/operations/edges.rs` tests the conventions where it has none.
fn is_inside<const N: usize>(name: &str, x: [f64; N]) -> bool {
    let a = x[0];
    x.iter().all(|&x| x != 0.0)
        && match name.split('(').next().unwrap_or_default() {
            "sqrt" | "ln" | "log2" | "log10" | "powf" | "gamma_p" | "gamma_q" => a > 0.0,
            "ln_1p" => a > -1.0,
            "asin" | "acos" | "atanh" | "erf_inv" => a.abs() < 1.0,
            "acosh" => a > 1.0,
            "log" => a > 0.0 && x[1] > 0.0 && x[1] != 1.0,
            "max" | "min" | "abs_sub" => a != x[1],
            "ln_gamma" | "digamma" | "trigamma" | "polygamma" => a > -30.0 && (a > 0.0 || a != a.round()),
            "normal_quantile" | "logit" => a > 0.0 && a < 1.0,
            "ln_1m_exp" => a < 0.0,
            // Where 320 bits are enough for power series.
            "bessel_j0" | "bessel_j1" => a.abs() < 60.0,
            "bessel_i0" | "bessel_i1" => a.abs() < 750.0,
            "ln_beta" => x.iter().all(|&x| x > 1e-30 && x < 1e30),
            _ => true,
        }
}

impl Axis {
    fn draw<T: TestFloat>(self, random: &mut Random) -> T {
        let [min, normal, max] = [T::min_positive_value() * T::epsilon(), T::min_positive_value(), T::max_value()]
            .map(|x| -> f64 { x.log2().into() });
        let sign = if random.unit() < 0.5 { -1.0 } else { 1.0 };
        number(match self {
            Between(low, high) => low + random.unit() * (high - low),
            Near(x) => {
                let digits = -T::epsilon().log2().into();
                let x: f64 = number::<T>(x).into();
                x + sign * x * (-digits * random.unit()).exp2()
            }
            Anywhere => {
                // A quarter of the points is within eight binades of the ends of the normal range.
                let exponent = match random.unit() {
                    u if u < 0.125 => max - 64.0 * u,
                    u if u < 0.25 => normal + 64.0 * (u - 0.1875),
                    _ => min + (max - min) * random.unit(),
                };
                sign * exponent.exp2()
            }
        })
    }
}

/// The generator `SplitMix64`.
///
/// Source: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct Random(u64);

impl Random {
    /// A number from 0 to 1.
    #[allow(clippy::cast_precision_loss)]
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    }
}
