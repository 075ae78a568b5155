//! What need not be recorded as it was written.

use super::super::Precision;
use super::super::graph::Id;
use super::{Session, with_session};
use crate::ops::kind::Expr;
use crate::ops::op::Op;

/// What is the same number without the operation, or with a simpler one: but for subnormal numbers, to the bit.
pub(super) fn simpler<T: Precision>(op: Op, operands: [Expr<T>; 3], exponent: i32) -> Option<Expr<T>> {
    let [a, b, _] = operands;
    let is = |k: usize, x: T| operands[k].is_constant() && operands[k].data == x;
    let (zero, one) = (T::zero(), T::one());
    let is_inexact = || !Expr::<T>::has(|builder| builder.exact, false);
    match op {
        Op::mul | Op::scale if is(0, one) => Some(b),
        Op::mul | Op::scale | Op::div if is(1, one) => Some(a),
        Op::scale if is(0, zero) || is(1, zero) => Some(Expr::constant(zero)),
        Op::mul | Op::scale if is(0, -one) => Some(-b),
        Op::mul | Op::scale | Op::div if is(1, -one) => Some(-a),
        Op::powi if exponent == 1 => Some(a),
        Op::add if a.session != 0 && a.session == b.session && a.id == b.id => Some(a * (one + one)),
        Op::neg => a.negated(),
        // Outwards, where it may become a part of a sum.
        Op::mul | Op::scale if a.is_negative_node() && is_inexact() => Some(-Expr::call(op, [a.negated()?, b], 0)),
        Op::mul | Op::scale if b.is_negative_node() && is_inexact() => Some(-Expr::call(op, [a, b.negated()?], 0)),
        // The product of two constants is exact if one of them is a power of two.
        Op::scale if (a.is_constant() || b.is_constant()) && is_inexact() => {
            let (c, x) = if a.is_constant() { (a.data, b) } else { (b.data, a) };
            let (d, x) = x.product()?;
            let is_power = |c: T| c.abs() == one || c.abs() == one + one;
            let is_large = |c: T| c.abs() >= one && c.is_finite();
            let is_exact = (is_power(c) || is_power(d)) && is_large(c) && is_large(d) && (c * d).is_finite();
            is_exact.then(|| Expr::call(Op::scale, [Expr::constant(c * d), x], 0))
        }
        _ => None,
    }
}

/// The operand that is chosen, unless both have a share, or none because both are NaN.
#[track_caller]
pub(super) fn choice<T: Precision>(op: Op, [a, b, c]: [Expr<T>; 3]) -> Option<Expr<T>> {
    let larger = |a: Expr<T>, b: Expr<T>| a > b || (b.is_nan() && !a.is_nan());
    match op {
        Op::max if larger(a, b) => Some(a),
        Op::min if larger(-a, -b) => Some(a),
        Op::max | Op::min if a == b => None,
        // Both are NaN: a result of the first that it has no influence on.
        Op::max | Op::min if b.is_nan() => Some(a * T::zero()),
        Op::max | Op::min => Some(b),
        Op::clamp if a < b => Some(b),
        Op::clamp if a > c => Some(c),
        Op::clamp => Some(a),
        _ => None,
    }
}

impl<T: Precision> Expr<T> {
    /// The operation that this is the result of, with its operands.
    #[track_caller]
    fn operation(self) -> Option<(Op, [Id; 2])> {
        if self.is_constant() {
            return None;
        }
        with_session(|session: &mut Session<T>| {
            let id = session.id(self) as usize;
            let node = session.builder.graph.nodes[id];
            Some((node.op, [node.args[0], node.args[1]]))
        })
    }

    fn is_negative_node(self) -> bool {
        self.operation().is_some_and(|(op, _)| op == Op::neg)
    }

    /// What this is the negative of.
    fn negated(self) -> Option<Self> {
        let (op, [id, _]) = self.operation()?;
        (op == Op::neg).then(|| Self::node(id, -self.data))
    }

    /// The factor and the rest, if this is a product with a constant, and no numbers are known that would get lost.
    fn product(self) -> Option<(T, Self)> {
        let (op, ids) = self.operation()?;
        if !matches!(op, Op::mul | Op::scale) || with_session(|session: &mut Session<T>| session.knows) {
            return None;
        }
        match ids.map(|id| Self::node(id, T::nan())) {
            [c, x] | [x, c] if c.is_constant() => Some((c.data, x)),
            _ => None,
        }
    }
}
