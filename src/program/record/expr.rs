//! The number that records a program.

mod custom;
mod methods;
mod nested;
mod traits;

use std::panic::Location;

use super::session::{Recordable, Session, of_builder, with_session};
use super::simplify::{chosen, simplified};
use crate::ops::index::{NodeIndex, checked_u32};
pub(crate) use crate::ops::kind::Expr;
use crate::ops::op::Op;
use crate::program::graph::{Comparison, Guard, Node, Origin};

impl<T: Recordable> Expr<T> {
    /// A number that depends on nothing.
    #[inline]
    pub fn constant(x: T) -> Self {
        Self { data: x, id: NodeIndex::NONE, session: 0 }
    }

    /// A node of the recording under way. Its number is NaN where numbers are not known.
    pub(crate) fn node(id: NodeIndex, data: T) -> Self {
        let constant = with_session(|session: &mut Session<T>| {
            let graph = &session.builder.graph;
            graph.constant(graph.node(id)).ok_or(session.number)
        });
        match constant {
            Ok(x) => Self::constant(x),
            Err(session) => Self { data, id, session },
        }
    }

    /// Whether this number depends on no input.
    #[inline]
    pub fn is_constant(self) -> bool {
        self.session == 0
    }

    /// The number where it was recorded, which is printed without a guard.
    pub(crate) fn shown(self) -> T {
        self.data
    }

    /// The node of this number in the recording under way.
    #[track_caller]
    pub(crate) fn id(self) -> NodeIndex {
        with_session(|session| session.id(self))
    }

    /// The result of an operation.
    #[track_caller]
    pub(crate) fn call<const N: usize>(op: Op, operands: [Self; N], exponent: i32) -> Self {
        Self::call_any(op, std::array::from_fn(|k| operands[k.min(N - 1)]), exponent)
    }

    /// The result of an operation. It takes as many of the operands as it has.
    #[track_caller]
    pub(crate) fn call_any(op: Op, operands: [Self; 3], exponent: i32) -> Self {
        let used = &operands[..op.arity().unwrap_or(0)];
        let constants = used.iter().filter(|operand| operand.is_constant()).count();
        let may_fold = constants != 0 || matches!(op, Op::neg | Op::add | Op::mul | Op::scale | Op::powi);
        if may_fold && folds::<T>() {
            if constants == used.len() {
                return Self::constant(op.value(operands.map(|operand| operand.data), exponent));
            }
            if let Some(same) = simplified(op, operands, exponent) {
                return same;
            }
        }
        if matches!(op, Op::max | Op::min | Op::clamp)
            && of_builder::<T>(|builder| builder.branches, false)
            && let Some(operand) = chosen(op, operands)
        {
            return operand;
        }
        with_session(|session| {
            let first = session.id(used[0]);
            let mut ids = [first; 3];
            for (id, &operand) in ids[1..].iter_mut().zip(&used[1..]) {
                *id = session.id(operand);
            }
            let data =
                if session.knows_numbers { op.value(operands.map(|operand| operand.data), exponent) } else { T::nan() };
            session.expr(Node::operation(op, ids, exponent), data)
        })
    }

    /// The parameter or input of this index, whose number is not known.
    pub(crate) fn leaf(op: Op, index: usize) -> Self {
        with_session(|session: &mut Session<T>| session.expr(Node::leaf(op, checked_u32(index)), T::nan()))
    }

    /// Adds a guard to the program: the comparison must have this outcome.
    pub(crate) fn guard(comparison: Comparison, [a, b]: [Self; 2], outcome: bool, origin: Option<Origin>) {
        if !(a.is_constant() && b.is_constant()) {
            with_session(|session| {
                let operands = [session.id(a), session.id(b)];
                session.builder.guard(Guard { comparison, operands, outcome }, origin);
            });
        }
    }

    /// The result of an operation that is recorded even on a constant: a sum over all rows.
    pub(crate) fn call_always(op: Op, operand: Self) -> Self {
        with_session(|session| {
            let id = session.id(operand);
            session.expr(Node::operation(op, [id; 3], 0), operand.data)
        })
    }

    /// The result of an operation on a list, which is known where numbers are.
    #[track_caller]
    fn call_list(op: Op, data: T, operands: &[Self]) -> Self {
        if operands.is_empty() || folds::<T>() && operands.iter().all(|operand| operand.is_constant()) {
            return Self::constant(data);
        }
        if op != Op::dot && operands.len() == 1 {
            return operands[0];
        }
        with_session(|session| {
            let ids: Vec<NodeIndex> = operands.iter().map(|&operand| session.id(operand)).collect();
            Self { data, id: session.builder.push_list(op, &ids), session: session.number }
        })
    }

    /// The outcome of a comparison, for which a guard is added to the program.
    #[track_caller]
    pub(super) fn compare(self, comparison: Comparison, other: Self) -> bool {
        self.ask(comparison, other, Origin { location: Location::caller(), is_read: false })
    }

    /// [`compare`](Self::compare) for a guard of this origin: a closure does not know its caller.
    pub(super) fn ask(self, comparison: Comparison, other: Self, origin: Origin) -> bool {
        let outcome = comparison.of(self.data, other.data);
        Self::guard(comparison, [self, other], outcome, Some(origin));
        outcome
    }

    /// The plain number. Guards make the program valid for exactly this number.
    #[track_caller]
    fn fixed(self) -> T {
        let origin = Origin { location: Location::caller(), is_read: true };
        if !self.ask(Comparison::Equal, self, origin) {
            // A NaN.
            return self.data;
        }
        let is_zero = self.ask(Comparison::Equal, Self::constant(self.data), origin) && self.data.is_zero();
        if is_zero {
            // The sign of the zero.
            let sign = Self::call(Op::copysign, [Self::constant(T::one()), self], 0);
            let _ = sign.ask(Comparison::Less, Self::constant(T::zero()), origin);
        }
        self.data
    }

    fn is_below(self, bound: T) -> bool {
        Self::call(Op::abs, [self], 0).compare(Comparison::Less, Self::constant(bound))
    }
}

/// Whether operations on constants, and those that change nothing, are left out of the recording under way.
fn folds<T: Recordable>() -> bool {
    of_builder::<T>(|builder| builder.folds, true)
}

impl<T: Recordable> Session<T> {
    /// The node of a number.
    #[inline]
    #[track_caller]
    fn id(&mut self, expr: Expr<T>) -> NodeIndex {
        if expr.is_constant() { self.builder.constant(expr.data) } else { self.id_of_node(expr) }
    }

    /// The node of a number that is no constant.
    #[inline]
    #[track_caller]
    pub(super) fn id_of_node(&self, expr: Expr<T>) -> NodeIndex {
        assert!(
            expr.session == self.number,
            "this number belongs to another recording; compute with the inputs that the function is given while a \
             program is recorded"
        );
        expr.id
    }

    /// The number that a new node computes.
    fn expr(&mut self, node: Node, data: T) -> Expr<T> {
        Expr { data, id: self.builder.push(node), session: self.number }
    }
}
