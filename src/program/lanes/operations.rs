//! Operations on each lane alone.

use super::super::Precision;
use super::super::code::Place;
use super::super::math::{self, Math};
use super::{Memory, Numbers, choose, lanes, zero_wins};
use crate::ops::op::Op;
use crate::ops::rules;

/// An operation on slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) op: Op,
    pub(super) args: [Place; 3],
    pub(super) exponent: i32,
    pub(super) out: Place,
    /// Whether zeros win against infinities in products of derivatives.
    pub(super) careful: bool,
}

/// Which function computes an operation. They are apart because the compiler is slow with long functions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Family {
    Arithmetic,
    Choice,
    Exponential,
    Elementary,
}

pub(super) fn family(op: Op) -> Family {
    #[allow(clippy::enum_glob_use, reason = "a list of operations")]
    use Op::*;
    #[rustfmt::skip]
    let family = match op {
        max | min | clamp | mul_add | relu | leaky_relu | step | above | greater | sign | signum
            | copysign | over | atan_slope | to_degrees | to_radians | floor | ceil | trunc | fract => Family::Choice,
        sinh | cosh | exp | exp2 | exp_m1 | exp_m1_slope | tanh | tanh_slope | sigmoid | sigmoid_slope
            | softplus | erf | erf_slope | normal_cdf | normal_pdf | elu | elu_slope => Family::Exponential,
        asin | acos | atan | atan2 | ln | log2 | log10 | ln_1p | sin | cos | tan | cbrt | powf
            | powf_by_base | powf_by_exponent | hypot_slope => Family::Elementary,
        _ => Family::Arithmetic,
    };
    family
}

/// Loops over chunks. Macros, because a closure is not always inlined, and then it is compiled without the vector
/// instructions of its caller.
macro_rules! unary {
    ($memory:ident, $a:expr, $out:expr, |$x:ident| $y:expr) => {
        for (a, out) in $memory.slot($a).iter().zip($memory.slot($out)) {
            let $x = a.read();
            out.write($y);
        }
    };
}

macro_rules! binary {
    ($memory:ident, $a:expr, $b:expr, $out:expr, |$x:ident, $y:ident| $z:expr) => {
        for ((a, b), out) in $memory.slot($a).iter().zip($memory.slot($b)).zip($memory.slot($out)) {
            let ($x, $y) = (a.read(), b.read());
            out.write($z);
        }
    };
}

macro_rules! pair {
    ($memory:ident, $a:expr, $outs:expr, |$x:ident| $both:expr) => {
        for ((a, first), second) in $memory.slot($a).iter().zip($memory.slot($outs[0])).zip($memory.slot($outs[1])) {
            let $x = a.read();
            let both = $both;
            first.write(both.0);
            second.write(both.1);
        }
    };
}

/// Three operands, and whether the result holds; where it does not, the lane is computed as the plain float does it.
macro_rules! ternary_or_plain {
    ($memory:ident, $operation:ident, |$a:ident, $b:ident, $y:ident| $result:expr, if $ordinary:expr) => {{
        let [a, b, y] = $operation.args.map(|place| $memory.slot(place));
        for (((a, b), y), out) in a.iter().zip(b).zip(y).zip($memory.slot($operation.out)) {
            let ($a, $b, $y) = (a.read(), b.read(), y.read());
            let mut all = true;
            for i in 0..W {
                let ($a, $b, $y) = ($a[i], $b[i], $y[i]);
                all &= $ordinary;
            }
            let mut result = $result;
            if !all {
                for i in 0..W {
                    let ($a, $b, $y) = ($a[i], $b[i], $y[i]);
                    if !$ordinary {
                        result[i] = plain_one($operation, [$a, $b, $y]);
                    }
                }
            }
            out.write(result);
        }
    }};
}

#[cold]
#[inline(never)]
fn plain_one<T: Precision>(operation: Operation, operands: [T; 3]) -> T {
    operation.op.value(operands, operation.exponent)
}

/// Arithmetic.
#[inline(always)]
pub(super) fn arithmetic<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    operation: Operation,
) {
    let Operation { op, args, exponent, out, careful } = operation;
    let [a, b, _] = args;
    let one = T::one();
    match op {
        Op::add => memory.mixed(a, b, out, |a, b| a + b),
        Op::sub => memory.mixed(a, b, out, |a, b| a - b),
        Op::scale if careful => memory.mixed(a, b, out, zero_wins),
        Op::mul | Op::scale => memory.mixed(a, b, out, |a, b| a * b),
        Op::div => memory.mixed(a, b, out, |a, b| a / b),
        Op::neg => memory.each(a, out, |a| -a),
        Op::detach => memory.each(a, out, |a| a),
        Op::recip => memory.each(a, out, |a| one / a),
        Op::sqrt => memory.each(a, out, T::sqrt),
        Op::abs => memory.each(a, out, T::abs),
        Op::powi => unary!(memory, a, out, |a| powi(a, exponent)),
        _ => plain(memory, operation),
    }
}

/// Choices and steps.
#[inline(always)]
pub(super) fn choice<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    operation: Operation,
) {
    let Operation { op, args, out, .. } = operation;
    let [a, b, _] = args;
    let (zero, one) = (T::zero(), T::one());
    match op {
        // Not the float's own, which lets a NaN pass where it is the first operand.
        Op::max => memory.each2(a, b, out, |a, b| choose((a > b) | (b != b), a, b)),
        Op::min => memory.each2(a, b, out, |a, b| choose((a < b) | (b != b), a, b)),
        Op::clamp => memory.each3(args, out, |x, low, high| choose(x < low, low, choose(x > high, high, x))),
        // Rounded once on every machine, unlike what is fused to be fast.
        Op::mul_add => memory.each3(args, out, |a, b, c| a.mul_add(b, c)),
        Op::relu => memory.each(a, out, |a| choose(a <= zero, zero, a)),
        Op::leaky_relu => memory.each2(a, b, out, |a, slope| choose(a > zero, a, slope * a)),
        Op::step => memory.each2(a, b, out, |a, below| choose(a > zero, one, below)),
        Op::above => memory.each2(a, b, out, |a, b| choose(a > b, one, zero)),
        Op::greater => memory.each2(a, b, out, |a, b| {
            let wins = (a > b) | ((b != b) & (a == a));
            choose(wins, one, choose(a == b, rules::half(), zero))
        }),
        Op::sign => memory.each(a, out, |a| choose(a == zero, zero, choose(a == a, one.copysign(a), a))),
        Op::signum => memory.each(a, out, |a| choose(a == a, one.copysign(a), a)),
        Op::copysign => memory.each2(a, b, out, T::copysign),
        Op::over => memory.each3(args, out, |a, b, y| {
            let lost = (y.abs() < T::min_positive_value()) & (b.abs() < one) & (y != zero);
            choose(lost, a / (b * b), y / b)
        }),
        Op::atan_slope => memory.each(a, out, |a| {
            let far = a.abs() > rules::constant(100.0);
            choose(far, (one / a) / (a + one / a), one / (one + a * a))
        }),
        Op::to_degrees => memory.each(a, out, T::to_degrees),
        Op::to_radians => memory.each(a, out, T::to_radians),
        Op::floor => memory.each(a, out, T::floor),
        Op::ceil => memory.each(a, out, T::ceil),
        Op::trunc => memory.each(a, out, T::trunc),
        Op::fract => memory.each(a, out, T::fract),
        _ => plain(memory, operation),
    }
}

/// Functions made of one exponential.
#[inline(always)]
pub(super) fn exponential<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    operation: Operation,
) {
    let Operation { op, args, out, .. } = operation;
    let [a, b, _] = args;
    let (zero, one) = (T::zero(), T::one());
    match op {
        Op::exp | Op::exp_m1_slope => unary!(memory, a, out, |x| math::exp::<T, W, FMA>(x)),
        Op::exp2 => unary!(memory, a, out, |x| math::exp2::<T, W, FMA>(x)),
        Op::exp_m1 => unary!(memory, a, out, |x| math::exp_m1::<T, W, FMA>(x)),
        Op::sinh => unary!(memory, a, out, |x| math::sinh::<T, W, FMA>(x)),
        Op::cosh => unary!(memory, a, out, |x| math::cosh::<T, W, FMA>(x)),
        Op::tanh => unary!(memory, a, out, |x| math::tanh::<T, W, FMA>(x)),
        Op::tanh_slope => unary!(memory, a, out, |a| math::tanh_with_slope::<T, W, FMA>(a).1),
        Op::sigmoid => unary!(memory, a, out, |x| math::sigmoid::<T, W, FMA>(x)),
        Op::sigmoid_slope => unary!(memory, a, out, |a| math::sigmoid_with_slope::<T, W, FMA>(a).1),
        Op::softplus => unary!(memory, a, out, |x| math::softplus::<T, W, FMA>(x)),
        Op::erf_slope => unary!(memory, a, out, |x| {
            // As the rule: the square in two parts.
            let sixteen = rules::constant::<T>(16.0);
            let head: [T; W] = lanes(|i| (x[i] * sixteen).trunc() / sixteen);
            let tall = math::exp::<T, W, FMA>(lanes(|i| -(head[i] * head[i])));
            let rest = math::exp::<T, W, FMA>(lanes(|i| -((x[i] - head[i]) * (x[i] + head[i]))));
            let scale = (rules::constant::<T>(core::f64::consts::FRAC_1_PI) * rules::constant(4.0)).sqrt();
            lanes(|i| choose(x[i].abs() > rules::constant(39.0), zero, tall[i] * rest[i] * scale))
        }),
        Op::erf => unary!(memory, a, out, |x| math::erf::<T, W, FMA>(x)),
        Op::normal_cdf => unary!(memory, a, out, |x| math::normal_cdf::<T, W, FMA>(x)),
        Op::normal_pdf => unary!(memory, a, out, |x| math::normal_pdf::<T, W, FMA>(x)),
        Op::elu => binary!(memory, a, b, out, |a, alpha| {
            let e = math::exp_m1::<T, W, FMA>(a);
            lanes(|i| choose(a[i] > zero, a[i], alpha[i] * e[i]))
        }),
        Op::elu_slope => binary!(memory, a, b, out, |a, alpha| {
            let e = math::exp::<T, W, FMA>(a);
            lanes(|i| choose(a[i] > zero, one, alpha[i] * e[i]))
        }),
        _ => plain(memory, operation),
    }
}

/// Other elementary functions.
#[inline(always)]
pub(super) fn elementary<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    operation: Operation,
) {
    let Operation { op, args, out, .. } = operation;
    let [a, b, _] = args;
    match op {
        Op::ln => unary!(memory, a, out, |x| math::ln::<T, W, FMA>(x)),
        Op::log2 => unary!(memory, a, out, |x| math::log2::<T, W, FMA>(x)),
        Op::log10 => unary!(memory, a, out, |x| math::log10::<T, W, FMA>(x)),
        Op::ln_1p => unary!(memory, a, out, |x| math::ln_1p::<T, W, FMA>(x)),
        Op::asin => unary!(memory, a, out, |x| math::asin::<T, W, FMA>(x)),
        Op::acos => unary!(memory, a, out, |x| math::acos::<T, W, FMA>(x)),
        Op::atan => unary!(memory, a, out, |x| math::atan::<T, W, FMA>(x)),
        Op::atan2 => binary!(memory, a, b, out, |x, y| math::atan2::<T, W, FMA>(x, y)),
        Op::sin => unary!(memory, a, out, |x| math::sin::<T, W, FMA>(x)),
        Op::cos => unary!(memory, a, out, |x| math::cos::<T, W, FMA>(x)),
        Op::tan => unary!(memory, a, out, |x| math::tan::<T, W, FMA>(x)),
        Op::cbrt => unary!(memory, a, out, |x| math::cbrt::<T, W, FMA>(x)),
        Op::powf_by_base => ternary_or_plain!(
            memory, operation, |a, b, y| lanes(|i| b[i] * (y[i] / a[i])),
            if (y.abs() >= T::min_positive_value()) & (y.abs() < T::infinity()) & (b != T::zero()) & (a == a)
        ),
        Op::powf_by_exponent => ternary_or_plain!(
            memory, operation, |a, y, b| {
                let ln = math::ln::<T, W, FMA>(a);
                lanes(|i| y[i] * ln[i])
            },
            if (y.abs() >= T::min_positive_value()) & (y.abs() < T::infinity()) & (a != T::zero()) & (b == b)
        ),
        Op::hypot_slope => ternary_or_plain!(
            memory, operation, |v, u, h| lanes(|i| v[i] / h[i]),
            if (h >= T::min_positive_value()) & (h < T::infinity()) & (u == u) & (v == v)
        ),
        Op::powf => binary!(memory, a, b, out, |x, y| math::powf::<T, W, FMA>(x, y)),
        _ => plain(memory, operation),
    }
}

/// A function and its derivative.
#[inline(always)]
pub(super) fn pair<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    op: Op,
    a: Place,
    outs: [Place; 2],
) {
    match op {
        Op::sin => pair!(memory, a, outs, |x| math::sin_cos::<T, W, FMA>(x)),
        Op::tanh => pair!(memory, a, outs, |x| math::tanh_with_slope::<T, W, FMA>(x)),
        _ => pair!(memory, a, outs, |x| math::sigmoid_with_slope::<T, W, FMA>(x)),
    }
}

/// The power by repeated squaring, in the order in which the plain float's is computed.
#[inline(always)]
fn powi<T: Precision, const W: usize>(x: [T; W], exponent: i32) -> [T; W] {
    let (mut n, mut square, mut power) = (exponent.unsigned_abs(), x, [T::one(); W]);
    while n != 0 {
        if n & 1 == 1 {
            power = lanes(|i| power[i] * square[i]);
        }
        n >>= 1;
        if n != 0 {
            square = lanes(|i| square[i] * square[i]);
        }
    }
    if exponent < 0 { lanes(|i| T::one() / power[i]) } else { power }
}

/// Lane by lane what the plain float computes.
#[inline(never)]
pub(super) fn plain<T: Precision, const W: usize>(memory: &Memory<'_, T, W>, operation: Operation) {
    let slot = |place: Place| &memory.slots[place as usize * memory.chunks()..][..memory.chunks()];
    let args = operation.args.map(slot);
    for (k, out) in slot(operation.out).iter().enumerate() {
        let x = args.map(|arg| arg[k].read());
        out.write(lanes(|i| operation.op.value([x[0][i], x[1][i], x[2][i]], operation.exponent)));
    }
}
