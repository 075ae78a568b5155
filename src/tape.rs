//! The tape: records of joins, tape identity, and the only `unsafe` of the crate.
//!
//! # Invariants
//!
//! - A slot belongs to one scalar type for the life of the process, and so does a territory (a range of node numbers).
//!   For f32 and f64 the compiler knows the slot; for other types it follows from the number of the territory.
//! - A [`Value<T>`] takes its node from a `Tape<T>`. So the slot of this node holds pointers to `Inner<T>` only.
//! - Two live tapes never share a territory, and no node number is given twice. When the numbers of a scalar type are
//!   used up (2⁶² for f32 and f64, 2⁵⁷ for others), the next tape panics.
//! - `SLOTS` is thread-local. The list of a slot holds only tapes of its type that live on this thread; its head is the
//!   tape used last. A tape is missing only at the end of a thread without native thread-local variables.
//! - A record stores each operand as its distance from the first node. The sweep checks the distance when it reads it.
//!
//! # Foreign code
//!
//! The arithmetic of `T`, the functions of checkpoints, their destructors, panic hooks, and the allocator: it may count
//! calls with code that uses tapes. So memory is foreign code wherever it is allocated or freed, and so is every panic.
//! Foreign code may use, clear and drop any tape. While it must not change a tape, the memory of the tape is *lent*
//! (`Inner::lend`): all changes are refused, with a panic, until the loan ends. While it may drop a tape that is still
//! needed, an `Rc` holds the tape.
//!
//! # What the unsafe blocks rely on
//!
//! | block | relies on | enforced by |
//! |---|---|---|
//! | `record.rs`: the tape that `last` found is used; `registry.rs`: the list is read | a tape in the list is alive, and has this `T` | `Tape::new` links it, `Drop` unlinks it; slots and territories belong to one type |
//! | `record.rs`: the tape is still alive then | no foreign code runs in between | `record` computes before it looks for the tape; `try_push` allocates nothing, also for locations, and all other callers hold the tape |
//! | `registry.rs`: `hold` raises the count of an `Rc` | the pointer comes from `Rc::as_ptr` | `link` takes an `Rc`, and `last` and `tapes_of` return its pointer unchanged |
//! | `memory.rs`: `try_push` writes a record | the memory is not lent, and has room | a lent tape has the length `LENT`, which no capacity exceeds; `allocate` sets the capacity after it has reserved the room, others only lower it or set it back |
//! | `memory.rs`: `lend` makes a reference to the memory | no other reference is alive | the tape has the length `LENT` until the loan is dropped: `try_push` finds no room, and all others call `len` first, which panics |
//! | `memory.rs`: `lend` and `push_nary` set the length of the records | so many are written | `len` grows after the write; `push_nary` counts |
//! | `prefetch.rs` | nothing: a hint to any address | |
//!
//! All reads of nodes are safe code with bounds checks. A record needs no destructor. A `Box<dyn Checkpoint<T>>` does,
//! and it is foreign code: `Inner::clear` returns the checkpoints, and `Tape::clear` drops them last.
//!
//! `tests/tape/foreign_arithmetic.rs` and `tests/allocator` test this; CONTRIBUTING.md has the commands for the memory
//! checkers.

#![allow(unsafe_code)]

mod adjoints;
mod checkpoint;
mod gradients;
#[cfg(feature = "locations")]
mod locations;
mod loops;
mod memory;
mod nary;
mod node;
mod prefetch;
mod record;
mod records;
mod registry;
mod sums;
mod sweep;
#[cfg(feature = "locations")]
mod trace;
mod value;
mod watch;

use std::fmt;
use std::rc::Rc;

pub(crate) use adjoints::Kept;
pub use checkpoint::checkpoint;
pub use gradients::{Gradients, gradient};
#[cfg(feature = "locations")]
pub use locations::NonFinite;
pub use loops::checkpoint_loop;
pub(crate) use nary::join_all;
#[cfg(feature = "program")]
pub(crate) use sums::CHUNK;
pub use value::Value;

use crate::scalar::Scalar;
use memory::Inner;
use records::Records;
use registry::{first_node, link, release_territory, unlink};

/// The record of a computation over numbers of type `T`. A sweep over it computes gradients.
///
/// A tape belongs to one thread. Its [`Value`]s are plain data. They find their tape by the number of their node, and
/// no number is given twice. If the tape was cleared or dropped, or belongs to another thread, a value panics when it
/// needs the tape: at a join with another node, at [`retain`](Value::retain), or at [`backward`](Value::backward).
///
/// # Examples
///
/// ```
/// use gradtape::Tape;
///
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(3.0), tape.var(4.0));
/// let z = x.hypot(y);
/// let gradients = z.backward();
/// assert_eq!(z.data(), 5.0);
/// assert_eq!(gradients.wrt(x), 0.6);
/// assert_eq!(gradients.wrt(y), 0.8);
/// ```
pub struct Tape<T: Scalar> {
    pub(crate) inner: Rc<Inner<T>>,
}

impl<T: Scalar> Tape<T> {
    /// An empty tape.
    ///
    /// # Panics
    ///
    /// If the process already has tapes of 30 other scalar types than f32 and f64.
    pub fn new() -> Self {
        let inner = Rc::new(Inner::new(first_node::<T>()));
        link(&inner);
        Self { inner }
    }

    /// An empty tape with room for `records` records. It allocates again only when it has more.
    ///
    /// # Panics
    ///
    /// If there is not enough memory, or `records` is more than the 2³² - 1 that a tape can number.
    #[track_caller]
    pub fn with_capacity(records: usize) -> Self {
        let tape = Self::new();
        tape.inner.grow(records);
        tape
    }

    /// A new variable with the number `x`.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(1.5_f32);
    /// assert_eq!((x * x).backward().wrt(x), 3.0);
    /// ```
    #[inline]
    #[track_caller]
    pub fn var(&self, x: T) -> Value<T> {
        let index = self.inner.push_variables(1);
        Value::exact(x, self.inner.first.get().exact(index))
    }

    /// A new variable for each number of `xs`, in order.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.vars(&[1.0, 2.0, 3.0]);
    /// let gradients = (x[0] * x[2]).backward();
    /// assert_eq!(gradients.wrt_all(&x), [3.0, 0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn vars(&self, xs: &[T]) -> Vec<Value<T>> {
        let mut values = Vec::new();
        self.vars_into(xs, &mut values);
        values
    }

    /// [`vars`](Self::vars), written over old values to reuse their memory.
    ///
    /// ```
    /// let (tape, mut x) = (gradtape::Tape::new(), Vec::new());
    /// for step in 0..3 {
    ///     tape.clear();
    ///     tape.vars_into(&[f64::from(step), 2.0], &mut x);
    ///     assert_eq!((x[0] * x[1]).backward().wrt(x[0]), 2.0);
    /// }
    /// ```
    #[track_caller]
    pub fn vars_into(&self, xs: &[T], values: &mut Vec<Value<T>>) {
        self.vars_of(xs.iter().copied(), values);
    }

    /// [`vars_into`](Self::vars_into) for any numbers. They are nodes one after the other.
    #[track_caller]
    pub(crate) fn vars_of(&self, xs: impl ExactSizeIterator<Item = T>, values: &mut Vec<Value<T>>) {
        let (start, first) = (self.inner.push_variables(xs.len()), self.inner.first.get());
        values.clear();
        values.extend((start..).zip(xs).map(|(index, x)| Value::exact(x, first.exact(index))));
    }

    /// An operation of your own: a value with the number `value`, and its partial derivative by each operand.
    ///
    /// Constant operands contribute nothing. The tape keeps one record for every two operands.
    ///
    /// # Panics
    ///
    /// If an operand belongs to another tape, or was made before this tape was cleared.
    ///
    /// # Examples
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let (x, y) = (tape.var(2.0), tape.var(3.0));
    /// // x² y, with its partials 2xy and x²
    /// let z = tape.custom(12.0, &[(x, 12.0), (y, 4.0)]);
    /// let gradients = (z + x).backward();
    /// assert_eq!(gradients.wrt(x), 13.0);
    /// assert_eq!(gradients.wrt(y), 4.0);
    /// ```
    ///
    /// # Implicit functions
    ///
    /// If `g(x, p) = 0` defines `x`, any solver may find its plain number. The partials of the solution are
    /// `dx/dp = -(∂g/∂x)⁻¹ ∂g/∂p`, with derivatives of `g` at the solution only. A fixed point `x = h(x, p)` is the
    /// root of `h(x, p) - x`. If there are several unknowns, `∂g/∂x` is a matrix: see
    /// `examples/04_implicit_functions.rs`.
    ///
    /// ```
    /// use gradtape::{Function, Tape, Value, function};
    ///
    /// /// The x with `x exp(x) = p`.
    /// fn lambert(tape: &Tape<f64>, p: Value<f64>) -> Value<f64> {
    ///     let g = function!(|xp| xp[0] * xp[0].exp() - xp[1]);
    ///     let mut x = p.data().ln_1p();
    ///     for _ in 0..10 {
    ///         let (miss, slopes) = g.value_and_gradient(&[x, p.data()]);
    ///         x -= miss / slopes[0];
    ///     }
    ///     let slopes = g.gradient(&[x, p.data()]);
    ///     tape.custom(x, &[(p, -slopes[1] / slopes[0])])
    /// }
    ///
    /// let tape = Tape::new();
    /// let p = tape.var(2.0);
    /// let x = lambert(&tape, p);
    /// let truth = 1.0 / (x.data().exp() * (1.0 + x.data())); // of the inverse function x exp(x)
    /// assert!((x.data() * x.data().exp() - 2.0).abs() < 1e-15);
    /// assert!((x.backward().wrt(p) - truth).abs() < 1e-15);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn custom(&self, value: T, operands: &[(Value<T>, T)]) -> Value<T> {
        let first = self.inner.first.get();
        assert!(
            operands.iter().all(|(operand, _)| operand.is_constant() || operand.node.index(first).is_some()),
            "an operand of `custom` does not belong to this tape, or was made before `clear`; make it with `var` of \
             this tape, or pass `Value::constant(x)`"
        );
        join_all("custom", value, operands.len(), |k| operands[k])
    }

    /// Forgets all records and keeps their memory. The values made so far must no longer be used.
    ///
    /// # Panics
    ///
    /// If a sweep over this tape is under way.
    ///
    /// # Examples
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// for step in 1..=3 {
    ///     let x = tape.var(f64::from(step));
    ///     assert_eq!(x.powi(2).backward().wrt(x), f64::from(2 * step));
    ///     tape.clear();
    ///     assert!(tape.is_empty());
    /// }
    /// ```
    #[track_caller]
    pub fn clear(&self) {
        self.inner.len();
        // All panics happen before the tape changes.
        let next = self.inner.next_first().unwrap_or_else(first_node::<T>);
        let rest = self.inner.clear();
        unlink(&self.inner);
        self.inner.first.set(next);
        link(&self.inner);
        // Last, because it calls foreign code.
        drop(rest);
    }

    /// The number of nodes: one for a variable, a join of two nodes, a retained value or an output of a checkpoint. An
    /// operation on many values counts one for every two.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.inner.read(|records| records.variables + records.all.len())
    }

    /// Whether nothing was recorded since the tape was made or cleared.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory of records and checkpoints, in bytes. Spare capacity does not count, nor does the heap of the
    /// functions of checkpoints. Variables that are made before everything else need no memory.
    #[track_caller]
    pub fn bytes(&self) -> usize {
        let checkpoints = |records: &Records<'_, T>| {
            let bytes =
                records.checkpoints.iter().map(|(outputs, checkpoint)| size_of_val(outputs) + checkpoint.bytes());
            bytes.sum::<usize>()
        };
        self.inner.read(|records| size_of_val(records.all) + size_of_val(records.nary) + checkpoints(&records))
    }
}

#[cfg(feature = "locations")]
#[cfg_attr(docsrs, doc(cfg(feature = "locations")))]
impl<T: Scalar> Tape<T> {
    /// Where the value's node was recorded, if it is one of this tape.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(1.0);
    /// assert_eq!(tape.location(x).unwrap().line(), line!() - 1);
    /// ```
    pub fn location(&self, v: Value<T>) -> Option<&'static std::panic::Location<'static>> {
        let index = v.node.index(self.inner.first.get())?;
        self.inner.locations.of_nodes.borrow().get(index as usize).copied()
    }

    /// The partial or slope that made the gradient of the last sweep NaN or infinite: the first of
    /// [`non_finite`](Self::non_finite).
    ///
    /// Use this to find out where a NaN in a gradient comes from: turn the feature on, compute on a tape of your own up
    /// to the NaN, print the result of this method, and turn the feature off again. `sum` and `product` of iterators do
    /// not pass on the line of their caller, so their location is not in your code.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(0.0_f64);
    /// let y = x.powf(gradtape::Value::from(-0.5)) * x;
    /// assert_eq!(y.backward().wrt(x), f64::INFINITY);
    /// let found = tape.first_non_finite().unwrap().to_string();
    /// assert!(found.starts_with("a non-finite partial was recorded at "));
    /// assert!(found.ends_with(": powf(0.0, -0.5), partial -inf"));
    /// ```
    pub fn first_non_finite(&self) -> Option<NonFinite> {
        self.non_finite().into_iter().next()
    }

    /// All partials and slopes that may have made the gradient of the last sweep NaN or infinite, in the order in which
    /// they were recorded.
    ///
    /// Derivatives by variables that are NaN, or else those that are infinite, are followed back to what made them so.
    /// What did no harm is not among them: nothing is reported if the gradient is finite. Before the first sweep, and
    /// after one whose gradient is finite, everything that was recorded since counts. If a sweep overflows although all
    /// partials and slopes are finite, it is the value whose adjoint overflowed first.
    ///
    /// ```
    /// use gradtape::Tape;
    ///
    /// let tape = Tape::new();
    /// let (a, b, w) = (tape.var(0.0_f64), tape.var(0.0), tape.var(800.0));
    /// let norm = (a * a + b * b).sqrt(); // the partial is infinite, but the derivatives by a and b are 0
    /// let e = w.exp();
    /// let y = norm + e / (e + 1.0);
    /// assert!(y.backward().wrt(w).is_nan());
    /// let suspects = tape.non_finite();
    /// assert!(suspects[0].to_string().contains(": exp(800.0), partial inf"));
    /// assert_eq!(suspects[0].location().line(), line!() - 5);
    /// ```
    pub fn non_finite(&self) -> Vec<NonFinite> {
        self.inner.locations.suspects()
    }
}

impl<T: Scalar> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("tape", &self.inner.first.get().territory()).field("len", &self.len()).finish()
    }
}

impl<T: Scalar> Drop for Tape<T> {
    fn drop(&mut self) {
        unlink(&self.inner);
        if let Some(first) = self.inner.next_first() {
            release_territory::<T>(first);
        }
    }
}
