//! Operations on each lane alone.

use super::super::Precision;
use super::super::code::Place;
use super::super::math::{self, Math};
use super::super::op::Op;
use super::{Chunk, Memory, choose, fused, lanes, zero_wins};
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
    use Op::*;
    match op {
        max | min | clamp | mul_add | relu | leaky_relu | step | above | greater | sign | signum | copysign | over
        | atan_slope | to_degrees | to_radians | floor | ceil | trunc | fract => Family::Choice,
        sinh | cosh | exp | exp2 | exp_m1 | exp_m1_slope | tanh | tanh_slope | sigmoid | sigmoid_slope | softplus
        | normal_cdf | normal_pdf | elu | elu_slope => Family::Exponential,
        asin | acos | atan | atan2 | ln | log2 | log10 | ln_1p | sin | cos | tan | cbrt | powf => Family::Elementary,
        _ => Family::Arithmetic,
    }
}

/// Arithmetic.
#[inline(always)]
pub(super) fn arithmetic<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
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
        Op::powi => memory.unary(a, out, |a| powi(a, exponent)),
        _ => plain(memory, operation),
    }
}

/// Choices and steps.
#[inline(always)]
pub(super) fn choice<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
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
        Op::mul_add => memory.each3(args, out, fused::<T, FMA>),
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
    memory: &Memory<'_, T, Chunk<T, W>>,
    operation: Operation,
) {
    let Operation { op, args, out, .. } = operation;
    let [a, b, _] = args;
    let (zero, one) = (T::zero(), T::one());
    match op {
        Op::exp => memory.unary(a, out, math::exp::<T, W, FMA>),
        Op::exp2 => memory.unary(a, out, math::exp2::<T, W, FMA>),
        Op::exp_m1 => memory.unary(a, out, math::exp_m1::<T, W, FMA>),
        Op::exp_m1_slope => memory.unary(a, out, math::exp::<T, W, FMA>),
        Op::sinh => memory.unary(a, out, math::sinh::<T, W, FMA>),
        Op::cosh => memory.unary(a, out, math::cosh::<T, W, FMA>),
        Op::tanh => memory.unary(a, out, math::tanh::<T, W, FMA>),
        Op::tanh_slope => memory.unary(a, out, |a| math::tanh_with_slope::<T, W, FMA>(a).1),
        Op::sigmoid => memory.unary(a, out, math::sigmoid::<T, W, FMA>),
        Op::sigmoid_slope => memory.unary(a, out, |a| math::sigmoid_with_slope::<T, W, FMA>(a).1),
        Op::softplus => memory.unary(a, out, math::softplus::<T, W, FMA>),
        Op::normal_cdf => memory.unary(a, out, math::normal_cdf::<T, W, FMA>),
        Op::normal_pdf => memory.unary(a, out, math::normal_pdf::<T, W, FMA>),
        Op::elu => memory.binary(a, b, out, |a, alpha| {
            let e = math::exp_m1::<T, W, FMA>(a);
            lanes(|i| choose(a[i] > zero, a[i], alpha[i] * e[i]))
        }),
        Op::elu_slope => memory.binary(a, b, out, |a, alpha| {
            let e = math::exp::<T, W, FMA>(a);
            lanes(|i| choose(a[i] > zero, one, alpha[i] * e[i]))
        }),
        _ => plain(memory, operation),
    }
}

/// Other elementary functions.
#[inline(always)]
pub(super) fn elementary<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    operation: Operation,
) {
    let Operation { op, args, out, .. } = operation;
    let [a, b, _] = args;
    match op {
        Op::ln => memory.unary(a, out, math::ln::<T, W, FMA>),
        Op::log2 => memory.unary(a, out, math::log2::<T, W, FMA>),
        Op::log10 => memory.unary(a, out, math::log10::<T, W, FMA>),
        Op::ln_1p => memory.unary(a, out, math::ln_1p::<T, W, FMA>),
        Op::asin => memory.unary(a, out, math::asin::<T, W, FMA>),
        Op::acos => memory.unary(a, out, math::acos::<T, W, FMA>),
        Op::atan => memory.unary(a, out, math::atan::<T, W, FMA>),
        Op::atan2 => memory.binary(a, b, out, math::atan2::<T, W, FMA>),
        Op::sin => memory.unary(a, out, math::sin::<T, W, FMA>),
        Op::cos => memory.unary(a, out, math::cos::<T, W, FMA>),
        Op::tan => memory.unary(a, out, math::tan::<T, W, FMA>),
        Op::cbrt => memory.unary(a, out, math::cbrt::<T, W, FMA>),
        Op::powf => memory.binary(a, b, out, math::powf::<T, W, FMA>),
        _ => plain(memory, operation),
    }
}

/// A function and its derivative.
#[inline(always)]
pub(super) fn pair<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    op: Op,
    a: Place,
    outs: [Place; 2],
) {
    match op {
        Op::sin => memory.pair(a, outs, math::sin_cos::<T, W, FMA>),
        Op::tanh => memory.pair(a, outs, math::tanh_with_slope::<T, W, FMA>),
        _ => memory.pair(a, outs, math::sigmoid_with_slope::<T, W, FMA>),
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
pub(super) fn plain<T: Precision, const W: usize>(memory: &Memory<'_, T, Chunk<T, W>>, operation: Operation) {
    let slot = |place: Place| &memory.slots[place as usize * memory.chunks..][..memory.chunks];
    let args = operation.args.map(slot);
    for (k, out) in slot(operation.out).iter().enumerate() {
        let x = args.map(|arg| arg[k].get());
        out.set(lanes(|i| operation.op.value([x[0][i], x[1][i], x[2][i]], operation.exponent)));
    }
}
