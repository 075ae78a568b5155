//! The number that records a program.

mod methods;
mod simplify;
mod traits;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use num_traits::Float;

use super::Precision;
use super::graph::{Builder, Comparison, Graph, Guard, Id};
use crate::ops::kind::Expr;
use crate::ops::op::Op;
use simplify::{choice, simpler};

/// What is recorded on a thread.
#[derive(Debug)]
pub struct Session<T> {
    number: u64,
    builder: Builder<T>,
    /// Whether the numbers of the inputs are known.
    knows: bool,
}

/// The number of the next recording, which is never given twice.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Runs `f`, which adds to the graph, at inputs whose numbers it `knows`, or not. A recording that was under way waits.
pub(crate) fn record<T: Precision, R>(builder: Builder<T>, knows: bool, f: impl FnOnce() -> R) -> (Graph<T>, R) {
    /// Puts back what was recorded before, also when `f` panics.
    struct Restore<T: Precision>(Option<Session<T>>);

    impl<T: Precision> Drop for Restore<T> {
        fn drop(&mut self) {
            T::session().set(self.0.take());
        }
    }

    T::recorder().set(Some(|op, operands| Expr::call_any(op, operands, 0)));
    let session = Session { number: NEXT.fetch_add(1, Relaxed), builder, knows };
    let before = Restore(T::session().replace(Some(session)));
    let result = f();
    let session = T::session().take();
    drop(before);
    let graph = session.expect("nobody else ends this recording").builder.graph;
    (graph, result)
}

/// The builder of the recording under way, and its number.
#[track_caller]
fn with_session<T: Precision, R>(f: impl FnOnce(&mut Session<T>) -> R) -> R {
    T::session().with_borrow_mut(|session| {
        f(session.as_mut().expect(
            "this number belongs to a recording that is over, or to another thread's; compute with the inputs that the \
             function is given while a program is recorded",
        ))
    })
}

impl<T: Precision> Expr<T> {
    /// A number that depends on nothing.
    #[inline]
    pub fn constant(x: T) -> Self {
        Self { data: x, id: 0, session: 0 }
    }

    /// A node of the recording under way, with its number where that is known.
    pub(crate) fn node(id: Id, data: T) -> Self {
        let constant = with_session(|session: &mut Session<T>| {
            let graph = &session.builder.graph;
            graph.constant(&graph.nodes[id as usize]).ok_or(session.number)
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
    pub(crate) fn id(self) -> Id {
        with_session(|session| session.id(self))
    }

    /// The result of an operation.
    #[track_caller]
    pub(crate) fn call<const N: usize>(op: Op, operands: [Self; N], exponent: i32) -> Self {
        Self::call_any(op, std::array::from_fn(|k| operands[k.min(N - 1)]), exponent)
    }

    /// The result of an operation of as many of the operands as it has.
    #[track_caller]
    pub(crate) fn call_any(op: Op, operands: [Self; 3], exponent: i32) -> Self {
        let active = &operands[..op.arity().unwrap_or(0)];
        let plain = active.iter().filter(|operand| operand.is_constant()).count();
        let may_fold = plain != 0 || matches!(op, Op::neg | Op::add | Op::mul | Op::scale | Op::powi);
        if may_fold && Self::folds() {
            if plain == active.len() {
                return Self::constant(op.value(operands.map(|operand| operand.data), exponent));
            }
            if let Some(same) = simpler(op, operands, exponent) {
                return same;
            }
        }
        if matches!(op, Op::max | Op::min | Op::clamp)
            && Self::has(|builder| builder.branches, false)
            && let Some(chosen) = choice(op, operands)
        {
            return chosen;
        }
        with_session(|session| {
            let mut args = [0; 3];
            for (arg, &operand) in args.iter_mut().zip(active) {
                *arg = session.id(operand);
            }
            if op == Op::powi {
                args[1] = exponent.cast_unsigned();
            }
            // Where no numbers are known, none decides anything.
            let data = if session.knows { op.value(operands.map(|operand| operand.data), exponent) } else { T::nan() };
            Self { data, id: session.builder.push(op, args), session: session.number }
        })
    }

    /// Asks the builder of the recording under way, if there is one, about its habits.
    fn has(habit: impl FnOnce(&Builder<T>) -> bool, default: bool) -> bool {
        T::session().with_borrow(|session| session.as_ref().map_or(default, |session| habit(&session.builder)))
    }

    fn folds() -> bool {
        Self::has(|builder| builder.folds, true)
    }

    /// A parameter or an input.
    pub(crate) fn leaf(op: Op, k: u32) -> Self {
        with_session(|session: &mut Session<T>| {
            let id = session.builder.push(op, [k, 0, 0]);
            Self { data: T::nan(), id, session: session.number }
        })
    }

    /// Remembers that a comparison comes out in this way.
    pub(crate) fn guard(comparison: Comparison, [a, b]: [Self; 2], holds: bool) {
        if !(a.is_constant() && b.is_constant()) {
            with_session(|session| {
                let operands = [session.id(a), session.id(b)];
                session.builder.guard(Guard { comparison, operands, holds });
            });
        }
    }

    /// The result of an operation that is none on constants.
    pub(crate) fn call_always(op: Op, operand: Self) -> Self {
        with_session(|session| {
            let args = [session.id(operand), 0, 0];
            Self { data: operand.data, id: session.builder.push(op, args), session: session.number }
        })
    }

    /// The result of an operation on a list.
    #[track_caller]
    fn call_list(op: Op, data: T, operands: &[Self]) -> Self {
        if operands.is_empty() || Self::folds() && operands.iter().all(|operand| operand.is_constant()) {
            return Self::constant(data);
        }
        if op != Op::dot && operands.len() == 1 {
            return operands[0];
        }
        with_session(|session| {
            let ids: Vec<Id> = operands.iter().map(|&operand| session.id(operand)).collect();
            Self { data, id: session.builder.push_list(op, &ids), session: session.number }
        })
    }

    /// How the numbers compare, which the program will ask again.
    #[track_caller]
    fn compare(self, comparison: Comparison, other: Self) -> bool {
        let holds = comparison.of(self.data, other.data);
        Self::guard(comparison, [self, other], holds);
        holds
    }

    /// The number itself, after which the program is one for exactly this number.
    #[track_caller]
    fn fixed(self) -> T {
        if self.is_nan() {
            return self.data;
        }
        let is_zero = self.compare(Comparison::Equal, Self::constant(self.data)) && self.data.is_zero();
        if is_zero {
            let _ = self.is_sign_negative();
        }
        self.data
    }

    fn is_below(self, bound: T) -> bool {
        Float::abs(self).compare(Comparison::Less, Self::constant(bound))
    }
}

impl<T: Precision> Session<T> {
    #[track_caller]
    fn id(&mut self, expr: Expr<T>) -> Id {
        if expr.is_constant() {
            return self.builder.constant(expr.data);
        }
        assert!(
            expr.session == self.number,
            "this number belongs to another recording; compute with the inputs that the function is given while a \
             program is recorded"
        );
        expr.id
    }
}
