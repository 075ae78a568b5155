//! The number of reverse mode.

use std::fmt;
use std::marker::PhantomData;

use super::node::NodeId;
use super::record::record;
use super::registry::{assert_same_tape, is_last};
use super::watch::watch;
use crate::number::Number;
use crate::number::calculus::Calculus;
use crate::number::stamp::number;
use crate::ops::call::Call;
use crate::ops::rules::{both_scaled, scaled};
use crate::scalar::Scalar;

/// A number that knows its derivative by one node of a tape.
///
/// It means: "my number is `data`, and I change `slope` times as fast as the recorded node `node`". Functions of one
/// value only multiply the slope. A node is recorded when an operation combines values of two different nodes.
///
/// A `Value` behaves like the plain number: it has the methods of [`num_traits::Float`] and implements that trait,
/// compares and prints by its number, and mixes with plain numbers in all operators. On the left, these must be f32 or
/// f64, because Rust allows an operator there for named types only. A constant costs nothing. [`Tape`](crate::Tape)
/// makes variables.
///
/// # Examples
///
/// ```
/// use gradtape::Tape;
///
/// let tape = Tape::new();
/// let x = tape.var(0.5_f64);
/// let y = (-x * x).exp() / 2.0;
/// assert_eq!(y.data(), (-0.25_f64).exp() / 2.0);
/// assert_eq!(y.backward().wrt(x), -0.5 * (-0.25_f64).exp());
/// ```
///
/// A value keeps its scalar type: it is not coerced, not even to a supertype, because it has no tape of that type.
///
/// ```compile_fail
/// fn shorten<'a>(v: gradtape::Value<&'static str>) -> gradtape::Value<&'a str> {
///     v
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Value<T> {
    pub(crate) data: T,
    pub(crate) slope: T,
    pub(crate) node: NodeId,
    /// The node belongs to a `Tape<T>`, not to the tape of a subtype: a value must not be coerced to another type.
    pub(crate) invariant: PhantomData<fn(T) -> T>,
}

impl<T: Scalar> Value<T> {
    /// A number that depends on nothing.
    ///
    /// ```
    /// use gradtape::Value;
    ///
    /// let two = Value::constant(2.0);
    /// assert_eq!(two * two, 4.0);
    /// ```
    #[inline]
    pub fn constant(x: T) -> Self {
        Self { data: x, slope: T::zero(), node: NodeId::CONSTANT, invariant: PhantomData }
    }

    /// The number.
    #[inline]
    pub fn data(self) -> T {
        self.data
    }

    /// Whether this number depends on no variable.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(1.0);
    /// assert!(!x.is_constant());
    /// assert!(gradtape::Value::from(1.0).is_constant());
    /// ```
    #[inline]
    pub fn is_constant(self) -> bool {
        self.node.is_constant()
    }

    /// The same number, recorded as a node, so that [`Gradients::wrt`](crate::Gradients::wrt) accepts it.
    ///
    /// Variables and results of joins are nodes already. They are returned unchanged, and so are constants.
    ///
    /// # Panics
    ///
    /// If a node must be recorded, and the tape was cleared or dropped, or belongs to another thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(3.0_f64);
    /// let square = (x * x).retain();
    /// let gradients = (2.0 * square).backward();
    /// assert_eq!(gradients.wrt(square), 2.0);
    /// assert_eq!(gradients.wrt(x), 12.0);
    /// ```
    #[track_caller]
    #[must_use = "it is this value that `wrt` can be asked for"]
    pub fn retain(self) -> Self {
        if self.is_constant() || self.node.is_exact() {
            return self;
        }
        Self::exact(self.data, record([self.node; 2], [T::one(), T::zero()], [self.slope; 2]))
    }

    /// A value that is the node itself.
    #[inline(always)]
    pub(crate) fn exact(data: T, node: NodeId) -> Self {
        Self { data, slope: T::one(), node, invariant: PhantomData }
    }
}

impl<T: Scalar> Calculus<T> for Value<T> {
    #[inline(always)]
    fn number(self) -> T {
        self.data
    }

    /// The result of an operation on this value alone.
    #[inline(always)]
    #[track_caller]
    fn chain(self, data: T, partial: T, call: impl FnOnce() -> Call) -> Self {
        let slope = scaled(partial, self.slope);
        watch(&[(self.node, partial, self.slope)], Some(slope), call);
        Self { data, slope, node: self.node.inexact(), invariant: PhantomData }
    }

    /// The result of an operation on two values. It is recorded if they depend on different nodes.
    ///
    /// A partial is computed only if it is needed, so a constant operand costs nothing.
    #[inline(always)]
    #[track_caller]
    fn join(
        data: T,
        a: Self,
        b: Self,
        partial_a: impl FnOnce() -> T,
        partial_b: impl FnOnce() -> T,
        call: impl FnOnce() -> Call,
    ) -> Self {
        // First the case that the compiler can decide: two values computed from the same value.
        if a.node.same_node(b.node) {
            let partials = [partial_a(), partial_b()];
            let [from_a, from_b] = both_scaled(partials, [a.slope, b.slope]);
            let slope = from_a + from_b;
            watch(&[(a.node, partials[0], a.slope), (b.node, partials[1], b.slope)], Some(slope), call);
            return Self { data, slope, node: a.node.inexact(), invariant: PhantomData };
        }
        // A constant and a node never have the same tape, so a join of two nodes need not ask for constants.
        if !a.node.same_tape(b.node) {
            if b.is_constant() {
                return a.chain(data, partial_a(), call);
            }
            if a.is_constant() {
                return b.chain(data, partial_b(), call);
            }
        }
        let partials = [partial_a(), partial_b()];
        watch(&[(a.node, partials[0], a.slope), (b.node, partials[1], b.slope)], None, call);
        Self::exact(data, record([a.node, b.node], partials, [a.slope, b.slope]))
    }

    #[inline]
    fn is_fixed(&self) -> bool {
        self.is_constant()
    }

    /// Panics if the two values do not belong to one tape.
    #[inline(always)]
    #[track_caller]
    fn assert_same_tape(a: Self, b: Self) {
        if !a.node.same_node(b.node) && !is_last::<T>([a.node, b.node]) && !a.is_constant() && !b.is_constant() {
            assert_same_tape::<T>([a.node, b.node]);
        }
    }
}

impl<T: Number> Value<T> {
    /// The same number without its derivatives, as a constant.
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn detach(self) -> Self {
        Self::constant(self.data.detach())
    }
}

number! {
    calculus [T: Scalar] Value<T>; [] Value<f32>, Value<f64>;
    "\n# Panics\n\nIf the values belong to different tapes, or are joined on one that was cleared or dropped."
}

impl<T: fmt::Debug> fmt::Debug for Value<T> {
    /// Shows data, slope, node and the territory of the tape; for a constant only data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Value");
        fields.field("data", &self.data);
        if !self.node.is_constant() {
            fields.field("slope", &self.slope);
            fields.field("node", &self.node.offset()).field("tape", &self.node.territory());
        }
        fields.finish()
    }
}
