//! The kernels of operations. Each lane is computed by itself.

use super::lanes::{Frame, LaneNumber, Numbers, choose, lanes, zero_wins};
use crate::ops::op::Op;
use crate::ops::rules;
use crate::program::compile::classes::{Arithmetic, Choice, Elementary, Exponential, Pair};
use crate::program::compile::instructions::Place;
use crate::program::math;

/// An operation on slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) op: Op,
    pub(super) args: [Place; 3],
    pub(super) exponent: i32,
    pub(super) out: Place,
    /// Whether 0 · ∞ is 0 in products of derivatives.
    pub(super) zero_wins: bool,
}

/// A loop over the chunks of an operand. A macro, because a closure is not always inlined, and then it is compiled
/// without the target features of its caller. `unary!(frame, a, out, |x| math::exp::<T, W, FMA>(x))` becomes
///
/// ```ignore
/// for (a, out) in frame.slot(a).iter().zip(frame.slot(out)) {
///     let x = a.read();
///     out.write(math::exp::<T, W, FMA>(x));
/// }
/// ```
macro_rules! unary {
    ($frame:ident, $a:expr, $out:expr, |$x:ident| $y:expr) => {
        for (a, out) in $frame.slot($a).iter().zip($frame.slot($out)) {
            let $x = a.read();
            out.write($y);
        }
    };
}

/// As `unary!`, of two operands.
macro_rules! binary {
    ($frame:ident, $a:expr, $b:expr, $out:expr, |$x:ident, $y:ident| $z:expr) => {
        for ((a, b), out) in $frame.slot($a).iter().zip($frame.slot($b)).zip($frame.slot($out)) {
            let ($x, $y) = (a.read(), b.read());
            out.write($z);
        }
    };
}

/// As `unary!`, with two results.
macro_rules! pair {
    ($frame:ident, $a:expr, $outs:expr, |$x:ident| $both:expr) => {
        for ((a, first), second) in $frame.slot($a).iter().zip($frame.slot($outs[0])).zip($frame.slot($outs[1])) {
            let $x = a.read();
            let both = $both;
            first.write(both.0);
            second.write(both.1);
        }
    };
}

/// As `unary!`, of three operands. A lane where the condition is false is computed as the plain float does it.
macro_rules! ternary_or_plain {
    ($frame:ident, $operation:ident, |$a:ident, $b:ident, $y:ident| $result:expr, if $ordinary:expr) => {{
        let [a, b, y] = $operation.args.map(|place| $frame.slot(place));
        for (((a, b), y), out) in a.iter().zip(b).zip(y).zip($frame.slot($operation.out)) {
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
fn plain_one<T: LaneNumber>(operation: Operation, operands: [T; 3]) -> T {
    operation.op.value(operands, operation.exponent)
}

/// Arithmetic.
#[inline(always)]
pub(super) fn arithmetic<T: LaneNumber, const W: usize>(
    frame: &Frame<'_, T, W>,
    kernel: Arithmetic,
    operation: Operation,
) {
    let Operation { args, exponent, out, zero_wins: zeros_win, .. } = operation;
    let [a, b, _] = args;
    let one = T::one();
    match kernel {
        Arithmetic::add => frame.mixed(a, b, out, |a, b| a + b),
        Arithmetic::sub => frame.mixed(a, b, out, |a, b| a - b),
        Arithmetic::scale if zeros_win => frame.mixed(a, b, out, zero_wins),
        Arithmetic::mul | Arithmetic::scale => frame.mixed(a, b, out, |a, b| a * b),
        Arithmetic::div => frame.mixed(a, b, out, |a, b| a / b),
        Arithmetic::neg => frame.each(a, out, |a| -a),
        Arithmetic::detach => frame.each(a, out, |a| a),
        Arithmetic::recip => frame.each(a, out, |a| one / a),
        Arithmetic::sqrt => frame.each(a, out, T::sqrt),
        Arithmetic::abs => frame.each(a, out, T::abs),
        Arithmetic::powi => unary!(frame, a, out, |a| powi(a, exponent)),
    }
}

/// Choices and steps.
#[inline(always)]
pub(super) fn choice<T: LaneNumber, const W: usize>(frame: &Frame<'_, T, W>, kernel: Choice, operation: Operation) {
    let Operation { args, out, .. } = operation;
    let [a, b, _] = args;
    let (zero, one) = (T::zero(), T::one());
    match kernel {
        // As the plain float's, but never NaN where one operand is a number.
        Choice::max => frame.each2(a, b, out, |a, b| choose((a > b) | (b != b), a, b)),
        Choice::min => frame.each2(a, b, out, |a, b| choose((a < b) | (b != b), a, b)),
        Choice::pivot => frame.each2(a, b, out, |a, b| {
            let larger = choose((a > b) | (b != b), a, b);
            choose(larger < T::max_value(), larger, T::max_value())
        }),
        Choice::clamp => frame.each3(args, out, |x, low, high| choose(x < low, low, choose(x > high, high, x))),
        // Rounded once on every machine, unlike sums that are fused for speed.
        Choice::mul_add => frame.each3(args, out, |a, b, c| a.mul_add(b, c)),
        Choice::relu => frame.each(a, out, |a| choose(a <= zero, zero, a)),
        Choice::leaky_relu => frame.each2(a, b, out, |a, slope| choose(a > zero, a, slope * a)),
        Choice::step => frame.each2(a, b, out, |a, below| choose(a > zero, one, below)),
        Choice::above => frame.each2(a, b, out, |a, b| choose(a > b, one, zero)),
        Choice::greater => frame.each2(a, b, out, |a, b| {
            let wins = (a > b) | ((b != b) & (a == a));
            choose(wins, one, choose(a == b, rules::half(), zero))
        }),
        Choice::sign => frame.each(a, out, |a| choose(a == zero, zero, choose(a == a, one.copysign(a), a))),
        Choice::signum => frame.each(a, out, |a| choose(a == a, one.copysign(a), a)),
        Choice::copysign => frame.each2(a, b, out, T::copysign),
        Choice::over => frame.each3(args, out, |a, b, y| {
            let lost = (y.abs() < T::min_positive_value()) & (b.abs() < one) & (y != zero);
            choose(lost, a / (b * b), y / b)
        }),
        Choice::atan_slope => frame.each(a, out, |a| {
            let far = a.abs() > rules::constant(100.0);
            choose(far, (one / a) / (a + one / a), one / (one + a * a))
        }),
        Choice::kept => frame.each3(args, out, |x, a, b| {
            let nothing = (a == zero) | (b == zero);
            choose(nothing & (a * b != a * b), zero, x)
        }),
        Choice::softsign => frame.each(a, out, |a| {
            let d = one + a.abs();
            choose(d == T::infinity(), one.copysign(a), a / d)
        }),
        Choice::to_degrees => frame.each(a, out, T::to_degrees),
        Choice::to_radians => frame.each(a, out, T::to_radians),
        Choice::floor => frame.each(a, out, T::floor),
        Choice::ceil => frame.each(a, out, T::ceil),
        Choice::trunc => frame.each(a, out, T::trunc),
        Choice::fract => frame.each(a, out, T::fract),
    }
}

/// Functions made of one exponential.
#[inline(always)]
pub(super) fn exponential<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    kernel: Exponential,
    operation: Operation,
) {
    let Operation { args, out, .. } = operation;
    let [a, b, _] = args;
    let (zero, one) = (T::zero(), T::one());
    match kernel {
        Exponential::exp | Exponential::exp_m1_slope => unary!(frame, a, out, |x| math::exp::<T, W, FMA>(x)),
        Exponential::exp2 => unary!(frame, a, out, |x| math::exp2::<T, W, FMA>(x)),
        Exponential::exp_m1 => unary!(frame, a, out, |x| math::exp_m1::<T, W, FMA>(x)),
        Exponential::sinh => unary!(frame, a, out, |x| math::sinh::<T, W, FMA>(x)),
        Exponential::cosh => unary!(frame, a, out, |x| math::cosh::<T, W, FMA>(x)),
        Exponential::tanh => unary!(frame, a, out, |x| math::tanh::<T, W, FMA>(x)),
        Exponential::tanh_slope => unary!(frame, a, out, |a| math::tanh_with_slope::<T, W, FMA>(a).1),
        Exponential::sigmoid => unary!(frame, a, out, |x| math::sigmoid::<T, W, FMA>(x)),
        Exponential::sigmoid_slope => unary!(frame, a, out, |a| math::sigmoid_with_slope::<T, W, FMA>(a).1),
        Exponential::softplus => unary!(frame, a, out, |x| math::softplus::<T, W, FMA>(x)),
        Exponential::erf_slope => unary!(frame, a, out, |x| {
            // As the rule does it: the square in two parts.
            let sixteen = rules::constant::<T>(16.0);
            let head: [T; W] = lanes(|i| (x[i] * sixteen).trunc() / sixteen);
            let tall = math::exp::<T, W, FMA>(lanes(|i| -(head[i] * head[i])));
            let rest = math::exp::<T, W, FMA>(lanes(|i| -((x[i] - head[i]) * (x[i] + head[i]))));
            let scale = (rules::constant::<T>(core::f64::consts::FRAC_1_PI) * rules::constant(4.0)).sqrt();
            lanes(|i| choose(x[i].abs() > rules::constant(39.0), zero, tall[i] * rest[i] * scale))
        }),
        Exponential::erf => unary!(frame, a, out, |x| math::erf::<T, W, FMA>(x)),
        Exponential::normal_cdf => unary!(frame, a, out, |x| math::normal_cdf::<T, W, FMA>(x)),
        Exponential::normal_pdf => unary!(frame, a, out, |x| math::normal_pdf::<T, W, FMA>(x)),
        Exponential::elu => binary!(frame, a, b, out, |a, alpha| {
            let e = math::exp_m1::<T, W, FMA>(a);
            lanes(|i| choose(a[i] > zero, a[i], alpha[i] * e[i]))
        }),
        Exponential::elu_slope => binary!(frame, a, b, out, |a, alpha| {
            let e = math::exp::<T, W, FMA>(a);
            lanes(|i| choose(a[i] > zero, one, alpha[i] * e[i]))
        }),
    }
}

/// Other elementary functions.
#[inline(always)]
pub(super) fn elementary<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    kernel: Elementary,
    operation: Operation,
) {
    let Operation { args, out, .. } = operation;
    let [a, b, _] = args;
    match kernel {
        Elementary::ln => unary!(frame, a, out, |x| math::ln::<T, W, FMA>(x)),
        Elementary::log2 => unary!(frame, a, out, |x| math::log2::<T, W, FMA>(x)),
        Elementary::log10 => unary!(frame, a, out, |x| math::log10::<T, W, FMA>(x)),
        Elementary::ln_1p => unary!(frame, a, out, |x| math::ln_1p::<T, W, FMA>(x)),
        Elementary::asin => unary!(frame, a, out, |x| math::asin::<T, W, FMA>(x)),
        Elementary::acos => unary!(frame, a, out, |x| math::acos::<T, W, FMA>(x)),
        Elementary::atan => unary!(frame, a, out, |x| math::atan::<T, W, FMA>(x)),
        Elementary::atan2 => binary!(frame, a, b, out, |x, y| math::atan2::<T, W, FMA>(x, y)),
        Elementary::sin => unary!(frame, a, out, |x| math::sin::<T, W, FMA>(x)),
        Elementary::cos => unary!(frame, a, out, |x| math::cos::<T, W, FMA>(x)),
        Elementary::tan => unary!(frame, a, out, |x| math::tan::<T, W, FMA>(x)),
        Elementary::cbrt => unary!(frame, a, out, |x| math::cbrt::<T, W, FMA>(x)),
        Elementary::powf_by_base => ternary_or_plain!(
            frame, operation, |a, b, y| lanes(|i| b[i] * (y[i] / a[i])),
            if (y.abs() >= T::min_positive_value()) & (y.abs() < T::infinity()) & (b != T::zero()) & (a == a)
        ),
        Elementary::powf_by_exponent => ternary_or_plain!(
            frame, operation, |a, y, b| {
                let ln = math::ln::<T, W, FMA>(a);
                lanes(|i| y[i] * ln[i])
            },
            if (y.abs() >= T::min_positive_value()) & (y.abs() < T::infinity()) & (a != T::zero()) & (b == b)
        ),
        Elementary::hypot_slope => ternary_or_plain!(
            frame, operation, |v, u, h| lanes(|i| v[i] / h[i]),
            if (h >= T::min_positive_value()) & (h < T::infinity()) & (u == u) & (v == v)
        ),
        Elementary::powf => binary!(frame, a, b, out, |x, y| math::powf::<T, W, FMA>(x, y)),
    }
}

/// A function and its derivative.
#[inline(always)]
pub(super) fn pair<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    pair: Pair,
    a: Place,
    outs: [Place; 2],
) {
    match pair {
        Pair::SinCos => pair!(frame, a, outs, |x| math::sin_cos::<T, W, FMA>(x)),
        Pair::Tanh => pair!(frame, a, outs, |x| math::tanh_with_slope::<T, W, FMA>(x)),
        Pair::Sigmoid => pair!(frame, a, outs, |x| math::sigmoid_with_slope::<T, W, FMA>(x)),
    }
}

/// The power by repeated squaring, in the order of the plain float's `powi`.
#[inline(always)]
fn powi<T: LaneNumber, const W: usize>(x: [T; W], exponent: i32) -> [T; W] {
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

/// Any operation, computed lane by lane as the plain float computes it.
#[inline(never)]
pub(super) fn per_lane<T: LaneNumber, const W: usize>(frame: &Frame<'_, T, W>, operation: Operation) {
    let args = operation.args.map(|arg| frame.slot(arg));
    for (k, out) in frame.slot(operation.out).iter().enumerate() {
        let x = args.map(|arg| arg[k].read());
        out.write(lanes(|i| operation.op.value([x[0][i], x[1][i], x[2][i]], operation.exponent)));
    }
}
