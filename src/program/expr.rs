//! The number that records a program.

use std::any::{Any, TypeId};
use std::cmp::Ordering;
use std::fmt;
use std::iter::{Product, Sum};
use std::num::FpCategory;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use num_traits::{Float, One, Zero};

use super::Precision;
use super::graph::{Builder, Comparison, Graph, Guard, Id};
use super::op::Op;
use crate::ops::rules;

/// A number that remembers how it is computed, for a [`Program`](super::Program).
///
/// While a program is recorded, its inputs are of this type. An `Expr` behaves as the plain number does: it has the
/// methods of [`num_traits::Float`] and implements that trait and [`Real`](crate::Real), compares and prints by its number, and
/// mixes with plain numbers in all operators. What depends on no input is a constant, and is computed at once.
///
/// A comparison between numbers that depend on inputs is remembered as a *guard*: the program is the one for inputs
/// where it comes out in the same way. So is every other question about such a number (`is_nan`, `classify` ...), and
/// to look at it as a plain number ([`data`](crate::Real::data), `to_f64` ...) is to ask whether it is exactly this one.
///
/// # Examples
///
/// ```
/// use gradtape::program::Program;
///
/// let program = Program::record(|x| (x[0] * x[1]).sin() + 1.0, &[1.0_f64, 2.0]);
/// assert_eq!(program.eval(&[0.0, 3.0])?, [1.0]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Expr<T> {
    pub(crate) data: T,
    id: Id,
    /// Which recording it belongs to; 0 for a constant.
    session: u64,
}

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

/// What is the same number without the operation, or with a simpler one: but for subnormal numbers, to the bit.
fn simpler<T: Precision>(op: Op, operands: [Expr<T>; 3], exponent: i32) -> Option<Expr<T>> {
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
fn choice<T: Precision>(op: Op, [a, b, c]: [Expr<T>; 3]) -> Option<Expr<T>> {
    let larger = |a: Expr<T>, b: Expr<T>| a > b || (b.is_nan() && !a.is_nan());
    match op {
        Op::max if larger(a, b) => Some(a),
        Op::min if larger(-a, -b) => Some(a),
        Op::max | Op::min if a == b || b.is_nan() => None,
        Op::max | Op::min => Some(b),
        Op::clamp if a < b => Some(b),
        Op::clamp if a > c => Some(c),
        Op::clamp => Some(a),
        _ => None,
    }
}

/// `op` of the operands, if `T` is an [`Expr`]: what makes the rules of the table record instead of branching.
///
/// The compiler knows the answer, so that this costs nothing on a tape of floats.
#[inline(always)]
pub(crate) fn symbolic<T: Copy + 'static, const N: usize>(op: Op, operands: [T; N]) -> Option<T> {
    if TypeId::of::<T>() == TypeId::of::<Expr<f64>>() {
        Some(same(Expr::<f64>::call(op, operands.map(same), 0)))
    } else if TypeId::of::<T>() == TypeId::of::<Expr<f32>>() {
        Some(same(Expr::<f32>::call(op, operands.map(same), 0)))
    } else {
        None
    }
}

/// The value as one of the type that it has.
fn same<A: Copy + 'static, B: Copy + 'static>(a: A) -> B {
    *(&a as &dyn Any).downcast_ref().expect("the types are one")
}

macro_rules! methods {
    (
        unary { $(
            $(#[$doc:meta])*
            $unary:ident($x:ident, $y:ident $(; $p:ident: $pt:ident = $pv:literal)?) $(let $shared:ident = $both:expr =>)? $(=)? $value:expr, $partial:expr;
            at $at:literal, $($interval:literal),*;
        )* }
        activation { $(
            $(#[$activation_doc:meta])*
            $activation:ident($ax:ident, $ay:ident $(; $ap:ident: $apt:ident = $apv:literal)?) $(let $ashared:ident = $aboth:expr =>)? $(=)? $avalue:expr, $apartial:expr;
            at $aat:literal, $($ainterval:literal),*;
        )* }
        binary { $($(#[$binary_doc:meta])* $binary:ident $bargs:tt = $bv:expr, $bp:expr, $bq:expr; at $bat:tt, $blow:tt, $bhigh:tt;)* }
        choice { $($(#[$choice_doc:meta])* $choice:ident $cargs:tt = $cv:expr, $cp:expr, $cq:expr; at $cat:tt, $clow:tt, $chigh:tt;)* }
        operator { $($operator:tt)* }
    ) => {
        impl<T: Precision> Expr<T> {
            $(
                $(#[$doc])*
                #[track_caller]
                #[must_use]
                pub fn $unary(self $(, $p: $pt)?) -> Self {
                    unary!(self, $unary $(, $p: $pt)?)
                }
            )*
            $(
                $(#[$activation_doc])*
                #[track_caller]
                #[must_use]
                pub fn $activation(self $(, $ap: $apt)?) -> Self {
                    unary!(self, $activation $(, $ap: $apt)?)
                }
            )*
            $(
                $(#[$binary_doc])*
                #[track_caller]
                #[must_use]
                pub fn $binary(self, other: Self) -> Self {
                    Self::call(Op::$binary, [self, other], 0)
                }
            )*
            $(
                $(#[$choice_doc])*
                #[track_caller]
                #[must_use]
                pub fn $choice(self, other: Self) -> Self {
                    Self::call(Op::$choice, [self, other], 0)
                }
            )*
        }
    };
}

macro_rules! unary {
    ($self:ident, $name:ident) => {
        Self::call(Op::$name, [$self], 0)
    };
    ($self:ident, $name:ident, $p:ident: T) => {
        Self::call(Op::$name, [$self, Self::constant($p)], 0)
    };
    ($self:ident, $name:ident, $p:ident: $Other:ident) => {
        Self::call(Op::$name, [$self], $p)
    };
}

crate::operations! { methods }

impl<T: Precision> Expr<T> {
    /// The number where it was recorded.
    ///
    /// The program is then one for inputs that give exactly this number: to compute with a number but without its
    /// derivative, take [`detach`](crate::Real::detach).
    #[track_caller]
    pub fn data(self) -> T {
        self.fixed()
    }

    /// The fused `self · a + b`, rounded once.
    #[track_caller]
    #[must_use]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        Self::call(Op::mul_add, [self, a, b], 0)
    }

    /// The sine and the cosine.
    #[track_caller]
    #[must_use]
    pub fn sin_cos(self) -> (Self, Self) {
        (self.sin(), self.cos())
    }

    /// The number itself within `[low, high]`, else the nearer bound.
    ///
    /// # Panics
    ///
    /// If `low > high`, or either is NaN.
    #[track_caller]
    #[must_use]
    pub fn clamp(self, low: Self, high: Self) -> Self {
        assert!(low <= high, "`clamp` needs a lower bound that is not above the upper one, and neither NaN");
        Self::call(Op::clamp, [self, low, high], 0)
    }

    /// Whether the number is NaN.
    #[track_caller]
    pub fn is_nan(self) -> bool {
        !self.compare(Comparison::Equal, self)
    }

    /// Whether the number is infinite.
    #[track_caller]
    pub fn is_infinite(self) -> bool {
        Float::abs(self).compare(Comparison::Equal, Self::constant(T::infinity()))
    }

    /// Whether the number is neither infinite nor NaN.
    #[track_caller]
    pub fn is_finite(self) -> bool {
        self.is_below(T::infinity())
    }

    /// Whether the number is neither zero, infinite, subnormal nor NaN.
    #[track_caller]
    pub fn is_normal(self) -> bool {
        self.classify() == FpCategory::Normal
    }

    /// Whether the number is subnormal.
    #[track_caller]
    pub fn is_subnormal(self) -> bool {
        self.classify() == FpCategory::Subnormal
    }

    /// Whether the number has a positive sign.
    #[track_caller]
    pub fn is_sign_positive(self) -> bool {
        !self.is_sign_negative()
    }

    /// Whether the number has a negative sign.
    #[track_caller]
    pub fn is_sign_negative(self) -> bool {
        Self::constant(T::one()).copysign(self).compare(Comparison::Less, Self::constant(T::zero()))
    }

    /// The kind of the number.
    #[track_caller]
    pub fn classify(self) -> FpCategory {
        if self.is_nan() {
            FpCategory::Nan
        } else if !self.is_finite() {
            FpCategory::Infinite
        } else if !self.is_below(T::min_positive_value()) {
            FpCategory::Normal
        } else if self.compare(Comparison::Equal, Self::constant(T::zero())) {
            FpCategory::Zero
        } else {
            FpCategory::Subnormal
        }
    }

    /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[track_caller]
    #[must_use]
    pub fn dot(a: &[Self], b: &[Self]) -> Self {
        let [x, y] = [a, b].map(|list| list.iter().map(|x| x.data).collect::<Vec<T>>());
        let data = rules::dot(&x, &y);
        let pairs: Vec<Self> = a.iter().zip(b).flat_map(|(&a, &b)| [a, b]).collect();
        Self::call_list(Op::dot, data, &pairs)
    }

    /// The sum `Σ wᵢ vᵢ` with plain weights, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[track_caller]
    #[must_use]
    pub fn weighted_sum(values: &[Self], weights: &[T]) -> Self {
        Self::dot(values, &weights.iter().map(|&weight| Self::constant(weight)).collect::<Vec<_>>())
    }
}

impl<T: Precision> Zero for Expr<T> {
    fn zero() -> Self {
        Self::constant(T::zero())
    }

    #[track_caller]
    fn is_zero(&self) -> bool {
        self.compare(Comparison::Equal, Self::zero())
    }
}

impl<T: Precision> One for Expr<T> {
    fn one() -> Self {
        Self::constant(T::one())
    }

    #[track_caller]
    fn is_one(&self) -> bool {
        self.compare(Comparison::Equal, Self::one())
    }
}

impl<T: Precision> Sum for Expr<T> {
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        // -0 is what changes nothing when it is added, and the sum of no floats.
        let terms: Vec<Self> = values.collect();
        let data = terms.iter().fold(T::neg_zero(), |sum, term| sum + term.data);
        Self::call_list(Op::sum, data, &terms)
    }
}

impl<T: Precision> Product for Expr<T> {
    #[track_caller]
    fn product<I: Iterator<Item = Self>>(values: I) -> Self {
        let factors: Vec<Self> = values.collect();
        let data = factors.iter().fold(T::one(), |product, factor| product * factor.data);
        Self::call_list(Op::product, data, &factors)
    }
}

impl<T: Precision> PartialEq for Expr<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.compare(Comparison::Equal, *other)
    }
}

impl<T: Precision> PartialOrd for Expr<T> {
    #[track_caller]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self < other {
            Some(Ordering::Less)
        } else if self == other {
            Some(Ordering::Equal)
        } else if self > other {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    #[track_caller]
    fn lt(&self, other: &Self) -> bool {
        self.compare(Comparison::Less, *other)
    }

    #[track_caller]
    fn le(&self, other: &Self) -> bool {
        self.compare(Comparison::LessOrEqual, *other)
    }

    #[track_caller]
    fn gt(&self, other: &Self) -> bool {
        other < self
    }

    #[track_caller]
    fn ge(&self, other: &Self) -> bool {
        other <= self
    }
}

impl<T: fmt::Debug> fmt::Debug for Expr<T> {
    /// Shows data and node; of a constant only data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Expr");
        fields.field("data", &self.data);
        if self.session != 0 {
            fields.field("node", &self.id);
        }
        fields.finish()
    }
}
