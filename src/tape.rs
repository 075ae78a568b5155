//! The tape: records of joins, tape identity, and the only `unsafe` of the crate.
//!
//! # Invariants
//!
//! - A slot belongs to one scalar type for the life of the process, and so does a territory of node numbers: of f32 and
//!   f64 the compiler knows the slot, otherwise the number of the territory names it.
//! - A [`Value<T>`] takes its node from a `Tape<T>`. So the slot that it names holds pointers to `Inner<T>` only,
//!   whatever else the node says.
//! - Two living tapes never share a territory, and no node number is given twice. When the numbers of a scalar type are
//!   used up (2⁶² for f32 and f64, 2⁵⁷ for others), the next tape panics.
//! - `SLOTS` is thread-local. The slot's list holds exactly the tapes of its type that live on this thread; its head
//!   is the one used last.
//! - A record names nodes by their distance from the first, which is checked again where the sweep reads it.
//!
//! # What the unsafe blocks rely on
//!
//! | block | relies on | enforced by |
//! |---|---|---|
//! | the pointer that `last` and `find` return is read | a tape in the list is alive, and of this `T` | `Tape::new` enters it, `Drop` takes it out; slots and territories belong to one type |
//! | it is still valid then | no foreign code runs in between | `record` and `record_slowly` compute all of `T` before they look for the tape |
//! | `hold` raises the count of an `Rc` | the pointer is that of `Rc::as_ptr` | `enter` is handed no other, `walk` passes it on unchanged |
//! | memory is touched through its `UnsafeCell` | no other reference to it is alive | `len` is `LENT` while there is one: no room to push, and everything else asks `len()` first |
//! | a record is written | there is room | `capacity` is the length of the memory, set by `allocate` alone |
//! | records are read | the first `len` are written | `len` grows after a write; `push_wide` asks its caller to write all, who counts |
//! | checkpoints are kept and given up | no foreign code runs meanwhile, which the destructors of their functions are | `clear` takes them out, and its caller drops them once the tape is whole |
//! | the sweep, all other reads of nodes | nothing: safe code, with its bounds checks | |
//! | `prefetch` | nothing: a hint to any address | |
//!
//! Foreign code is the arithmetic of `T`, the functions of checkpoints, and hooks and destructors they may have: it may
//! use, clear and drop any tape.
//! `tests/foreign_arithmetic.rs` does all of it; CONTRIBUTING.md has the commands for the checkers of memory.

#![allow(unsafe_code)]

mod checkpoint;
mod gradients;
#[cfg(feature = "locations")]
mod locations;
mod loops;
mod many;
mod memory;
mod node;
mod prefetch;
mod record;
mod registry;
mod sums;
mod sweep;
mod value;
mod watch;

use std::fmt;
use std::rc::Rc;

pub use checkpoint::checkpoint;
pub use gradients::{Gradients, gradient};
#[cfg(feature = "locations")]
pub use locations::NonFinite;
pub use loops::checkpoint_loop;
pub(crate) use many::many;
#[cfg(feature = "program")]
pub(crate) use sums::CHUNK;
pub use value::Value;

use crate::scalar::Scalar;
use memory::{Inner, Records};
use registry::{enter, first_node, give_back, leave};

/// A record of a computation over numbers of type `T`, from which gradients are swept.
///
/// A tape belongs to one thread. Its [`Value`]s are plain data and find back to their tape by the number of their node,
/// which is never given twice. One that is used after the tape was cleared or dropped, or on another thread, panics as
/// soon as it reaches for the tape: at a join with another node, at [`retain`](Value::retain), or at
/// [`backward`](Value::backward).
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
    /// If the process already has tapes of 32 other scalar types.
    pub fn new() -> Self {
        let inner = Rc::new(Inner::new(first_node::<T>()));
        enter(Rc::as_ptr(&inner));
        Self { inner }
    }

    /// An empty tape with room for `records` records before it allocates again.
    ///
    /// # Panics
    ///
    /// If the memory cannot be had, or `records` is more than the 2³² - 1 that a tape can number.
    #[track_caller]
    pub fn with_capacity(records: usize) -> Self {
        let tape = Self::new();
        tape.inner.grow(records);
        tape
    }

    /// A new variable of the number `x`.
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

    /// [`vars`](Self::vars) into the memory of old values, which are lost.
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
        let (start, first) = (self.inner.push_variables(xs.len()), self.inner.first.get());
        values.clear();
        values.extend((start..).zip(xs).map(|(index, &x)| Value::exact(x, first.exact(index))));
    }

    /// A value of the number `value` whose partial derivatives by some operands are known: an operation of your own.
    ///
    /// Constant operands contribute nothing. The operands take one record for every two.
    ///
    /// # Panics
    ///
    /// If an operand belongs to another tape, or to this one before it was cleared.
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
    /// Where `g(x, p) = 0` defines `x`, any solver may find its plain number: the partials of the solution are
    /// `dx/dp = -(∂g/∂x)⁻¹ ∂g/∂p`, of derivatives of `g` at that one point. A fixed point `x = h(x, p)` is the root of
    /// `h(x, p) - x`. With several unknowns, `∂g/∂x` is a matrix: see `examples/04_implicit_functions.rs`.
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
        many("custom", value, operands.iter().copied())
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
        // Whatever panics does so before anything has changed.
        let next = self.inner.next_first().unwrap_or_else(first_node::<T>);
        let checkpoints = self.inner.clear();
        #[cfg(feature = "locations")]
        self.inner.locations.clear();
        leave(Rc::as_ptr(&self.inner));
        self.inner.first.set(next);
        enter(Rc::as_ptr(&self.inner));
        // Their functions are foreign code to the end.
        drop(checkpoints);
    }

    /// The number of nodes: one for a variable, a join of two nodes, a retained value or an output of a checkpoint, and
    /// for a node of many one for every two operands.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.inner.read(|records| records.variables + records.all.len())
    }

    /// Whether nothing was recorded since the tape was made or cleared.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory that records and checkpoints take, in bytes. Spare capacity does not count, nor does what functions of
    /// checkpoints own on the heap, and variables that were made before everything else need none.
    #[track_caller]
    pub fn bytes(&self) -> usize {
        let checkpoints =
            |records: &Records<'_, T>| records.checkpoints.iter().map(|checkpoint| checkpoint.bytes()).sum::<usize>();
        self.inner.read(|records| size_of_val(records.all) + size_of_val(records.wide) + checkpoints(&records))
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
        self.inner.locations.locations.borrow().get(index as usize).copied()
    }

    /// The first partial or slope that was not finite and spoiled a sweep, of the last sweep that met any; if no
    /// sweep did yet, the first since the tape was made or cleared. A sweep that overflows although all of these
    /// are finite names the value whose derivative did first.
    ///
    /// This is the way to find out where a NaN in a gradient comes from: turn the feature on, compute on a tape of your
    /// own up to the NaN, print what this returns, and turn the feature off again. Iterators do not hand on who called their
    /// `sum` and `product`: the line is not yours there.
    ///
    /// ```
    /// let tape = gradtape::Tape::new();
    /// let x = tape.var(0.0_f64);
    /// let y = x.powf(gradtape::Value::from(-0.5)) * x;
    /// assert_eq!(y.backward().wrt(x), f64::INFINITY);
    /// let found = tape.first_non_finite().unwrap().to_string();
    /// assert!(found.starts_with("the first non-finite partial was recorded at "));
    /// assert!(found.ends_with(": powf(0.0, -0.5), partial -inf"));
    /// ```
    pub fn first_non_finite(&self) -> Option<NonFinite> {
        self.inner.locations.first()
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
        leave(Rc::as_ptr(&self.inner));
        if let Some(first) = self.inner.next_first() {
            give_back::<T>(first);
        }
    }
}
