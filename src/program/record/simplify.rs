//! Operations that need not be recorded as they were written.

use std::panic::Location;

use super::expr::Expr;
use super::session::{Recordable, Session, of_builder, with_session};
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::program::graph::{Comparison, Origin};

/// The same number without the operation, or by a simpler one, if there is such a number. It has the same bits unless
/// it is subnormal.
pub(super) fn simplified<T: Recordable>(op: Op, operands: [Expr<T>; 3], exponent: i32) -> Option<Expr<T>> {
    let [a, b, _] = operands;
    let is = |k: usize, x: T| operands[k].is_constant() && operands[k].data == x;
    let (zero, one) = (T::zero(), T::one());
    let may_round = || !of_builder::<T>(|builder| builder.exact, false);
    let negative = |x| Expr::call(Op::neg, [x], 0);
    if matches!(op, Op::mul | Op::scale) {
        if is(0, one) {
            return Some(b);
        }
        if is(1, one) {
            return Some(a);
        }
        if op == Op::scale && (is(0, zero) || is(1, zero)) {
            return Some(Expr::constant(zero));
        }
        if is(0, -one) {
            return Some(negative(b));
        }
        if is(1, -one) {
            return Some(negative(a));
        }
        // The sign goes outwards, where it may become a part of a sum.
        if a.is_negative_node() && may_round() {
            return Some(negative(Expr::call(op, [a.negated()?, b], 0)));
        }
        if b.is_negative_node() && may_round() {
            return Some(negative(Expr::call(op, [a, b.negated()?], 0)));
        }
        if op == Op::scale && (a.is_constant() || b.is_constant()) && may_round() {
            return if a.is_constant() { rescaled(a.data, b) } else { rescaled(b.data, a) };
        }
        return None;
    }
    if op == Op::kept {
        // No zero wins in a product with such a constant.
        let is_ordinary = |x: Expr<T>| x.is_constant() && x.data.is_finite() && !x.data.is_zero();
        return (is(0, zero) || [operands[1], operands[2]].into_iter().any(is_ordinary)).then_some(a);
    }
    if op == Op::exponent && b.is_constant() {
        return Some(b);
    }
    if op == Op::div && is(1, one) {
        return Some(a);
    }
    if op == Op::div && is(1, -one) {
        return Some(negative(a));
    }
    if op == Op::powi && exponent == 1 {
        return Some(a);
    }
    if op == Op::add && a.session != 0 && a.session == b.session && a.id == b.id {
        return Some(Expr::call(Op::mul, [a, Expr::constant(one + one)], 0));
    }
    if op == Op::neg {
        return a.negated();
    }
    None
}

/// `c` times a product of a constant `d` and a number, as one product with `c d`. That is exact if one of the constants
/// is a power of two.
fn rescaled<T: Recordable>(c: T, product: Expr<T>) -> Option<Expr<T>> {
    let one = T::one();
    let (d, x) = product.constant_factor()?;
    let is_power = |c: T| c.abs() == one || c.abs() == one + one;
    let is_large = |c: T| c.abs() >= one && c.is_finite();
    let is_exact = (is_power(c) || is_power(d)) && is_large(c) && is_large(d) && (c * d).is_finite();
    is_exact.then(|| Expr::call(Op::scale, [Expr::constant(c * d), x], 0))
}

/// The operand that `max`, `min` or `clamp` returns, with guards that keep it. At a tie of `max` and `min` there is
/// none: both operands have a share in the derivative.
#[track_caller]
pub(super) fn chosen<T: Recordable>(op: Op, [a, b, c]: [Expr<T>; 3]) -> Option<Expr<T>> {
    let origin = Origin { location: Location::caller(), is_read: false };
    let is_less = |a: Expr<T>, b: Expr<T>| a.ask(Comparison::Less, b, origin);
    let is_nan = |a: Expr<T>| !a.ask(Comparison::Equal, a, origin);
    let negative = |x| Expr::call(Op::neg, [x], 0);
    let wins = |a: Expr<T>, b: Expr<T>| is_less(b, a) || (is_nan(b) && !is_nan(a));
    if op == Op::clamp {
        return Some(if is_less(a, b) {
            b
        } else if is_less(c, a) {
            c
        } else {
            a
        });
    }
    if op == Op::max && wins(a, b) || op == Op::min && wins(negative(a), negative(b)) {
        return Some(a);
    }
    if a.compare(Comparison::Equal, b) {
        return None;
    }
    if is_nan(b) {
        // Both NaN: the result is NaN with derivative 0.
        return Some(Expr::call(Op::mul, [a, Expr::constant(T::zero())], 0));
    }
    Some(b)
}

impl<T: Recordable> Expr<T> {
    /// The operation that this is the result of, with its first two operands.
    #[track_caller]
    fn operation(self) -> Option<(Op, [NodeIndex; 2])> {
        if self.is_constant() {
            return None;
        }
        with_session(|session: &mut Session<T>| {
            let node = session.builder.graph.node(session.id_of_node(self));
            let [a, b, _] = node.three_operands();
            Some((node.op, [a, b]))
        })
    }

    /// Whether this is the result of a negation.
    fn is_negative_node(self) -> bool {
        self.operation().is_some_and(|(op, _)| op == Op::neg)
    }

    /// The operand of a negation.
    fn negated(self) -> Option<Self> {
        let (op, [id, _]) = self.operation()?;
        (op == Op::neg).then(|| Self::node(id, -self.data))
    }

    /// The constant and the other factor, if this is a product with a constant. Not where numbers are known: that of
    /// the other factor would be lost.
    fn constant_factor(self) -> Option<(T, Self)> {
        let (op, ids) = self.operation()?;
        if !matches!(op, Op::mul | Op::scale) || with_session(|session: &mut Session<T>| session.knows_numbers) {
            return None;
        }
        match ids.map(|id| Self::node(id, T::nan())) {
            [c, x] | [x, c] if c.is_constant() => Some((c.data, x)),
            _ => None,
        }
    }
}
