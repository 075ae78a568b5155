//! The kinds of numbers that a rule distinguishes: plain, recorded, or a dependence.
//!
//! The rules are generic over the float. They treat three kinds of numbers in a special way. A plain float has no
//! derivatives. On a recorded number, a branch must become an operation of the program. On a [`Dependence`], the
//! dependences of both sides of a branch count. The last two numbers are declared here as plain data, so that the rules
//! import nothing from the files that use them. On a tape of floats, the compiler decides every case, at no cost.

use std::any::{Any, TypeId};
use std::cell::Cell;
#[cfg(feature = "program")]
use std::thread::LocalKey;

#[cfg(feature = "program")]
use super::index::NodeIndex;
#[cfg(feature = "program")]
use super::op::Op;

/// Whether `T` is f32 or f64: a float without derivatives.
#[inline(always)]
pub(crate) fn is_plain<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<f64>() || TypeId::of::<T>() == TypeId::of::<f32>()
}

/// A number, and the inputs it depends on, as a node of the dependence graph of this thread.
#[derive(Clone, Copy)]
pub(crate) struct Dependence<T> {
    pub(crate) data: T,
    pub(crate) node: u32,
}

/// Makes the first of two [`Dependence`]s depend on the inputs of the second, too.
pub(crate) type Join = fn(&mut dyn Any, &dyn Any);

thread_local! {
    /// The type of the [`Dependence`] that is in use on this thread, if any is, and how to join two.
    pub(crate) static DEPENDENCE: Cell<Option<(TypeId, Join)>> = const { Cell::new(None) };
}

/// Whether `T` is the [`Dependence`] in use on this thread.
#[inline(always)]
pub(crate) fn is_dependence<T: 'static>() -> bool {
    !is_plain::<T>() && DEPENDENCE.get().is_some_and(|(id, _)| id == TypeId::of::<T>())
}

/// `y`, which depends on the inputs of `x`, too, if both are the [`Dependence`] in use. Joined by an operation, such as
/// `max`, every number would have to be compiled with it.
#[inline(always)]
pub(crate) fn depending_on<T: 'static>(mut y: T, x: &T) -> T {
    if !is_plain::<T>()
        && let Some((id, join)) = DEPENDENCE.get()
        && id == TypeId::of::<T>()
    {
        join(&mut y, x);
    }
    y
}

/// Whether `N`, a number over `T`, is a [`Dependence`], or `T` is the one in use on this thread.
#[inline(always)]
pub(crate) fn is_dependence_over<N: 'static, T: 'static>() -> bool {
    TypeId::of::<N>() == TypeId::of::<Dependence<T>>() || is_dependence::<T>()
}

/// A number that records how it is computed, for a [`Program`](crate::program::Program).
///
/// While a program is recorded, its inputs have this type. An `Expr` behaves like the plain number: it has the methods
/// of [`num_traits::Float`] and implements that trait and [`Real`](crate::Real), compares and prints by its number, and
/// mixes with plain numbers in all operators. A number that depends on no input is a constant and is computed at once.
///
/// A comparison of numbers that depend on inputs is recorded as a *guard*: the program is valid for inputs where the
/// comparison has the same result. The same holds for every other test of such a number (`is_nan`, `classify` ...). If
/// it is read as a plain number ([`data`](crate::Number::data), `to_f64` ...), the guard requires exactly this number.
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
#[cfg(feature = "program")]
#[derive(Clone, Copy)]
pub struct Expr<T> {
    pub(crate) data: T,
    /// Its node in the recording, or none for a constant.
    pub(crate) id: NodeIndex,
    /// The number of the recording, or 0 for a constant.
    pub(crate) session: u64,
}

/// Whether `T` is an `Expr`.
#[inline(always)]
#[cfg_attr(not(feature = "program"), expect(clippy::extra_unused_type_parameters, reason = "there is no `Expr`"))]
pub(crate) fn is_recorded<T: 'static>() -> bool {
    #[cfg(feature = "program")]
    let is_recorded = TypeId::of::<T>() == TypeId::of::<Expr<f64>>() || TypeId::of::<T>() == TypeId::of::<Expr<f32>>();
    #[cfg(not(feature = "program"))]
    let is_recorded = false;
    is_recorded
}

/// Adds an operation to the current recording.
#[cfg(feature = "program")]
pub(crate) type Record<T> = fn(Op, [Expr<T>; 3]) -> Expr<T>;

/// A float that can be recorded: f32 and f64.
#[cfg(feature = "program")]
pub trait Recorded: Sized + 'static {
    /// The function by which rules record, set by a recording on this thread. Before the first one, all numbers are
    /// constants.
    #[allow(private_interfaces, reason = "nobody else implements it")]
    fn recorder() -> &'static LocalKey<Cell<Option<Record<Self>>>>;
}

/// For example, `recorded! { f64 }` is
/// `impl Recorded for f64 { fn recorder() -> … { thread_local! { static RECORDER: … } &RECORDER } }`.
#[cfg(feature = "program")]
macro_rules! recorded {
    ($($T:ident)*) => {
        $(impl Recorded for $T {
            #[allow(private_interfaces, reason = "nobody else implements it")]
            fn recorder() -> &'static LocalKey<Cell<Option<Record<Self>>>> {
                thread_local! {
                    static RECORDER: Cell<Option<Record<$T>>> = const { Cell::new(None) };
                }
                &RECORDER
            }
        })*
    };
}

#[cfg(feature = "program")]
recorded! { f32 f64 }

/// Records a rule as one operation if `T` is an `Expr`. The operation branches when the program runs.
#[cfg(feature = "program")]
#[inline(always)]
pub(crate) fn record<T: Copy + 'static, const N: usize>(op: Op, operands: [T; N]) -> Option<T> {
    fn call<T: Recorded + Copy, U: Copy + 'static, const N: usize>(op: Op, operands: [U; N]) -> Option<U> {
        let record = T::recorder().get()?;
        Some(same(record(op, std::array::from_fn(|k| same(operands[k.min(N - 1)])))))
    }
    if TypeId::of::<T>() == TypeId::of::<Expr<f64>>() {
        call::<f64, T, N>(op, operands)
    } else if TypeId::of::<T>() == TypeId::of::<Expr<f32>>() {
        call::<f32, T, N>(op, operands)
    } else {
        None
    }
}

/// The same value, where both type parameters are the same type.
#[cfg(feature = "program")]
fn same<A: Copy + 'static, B: Copy + 'static>(a: A) -> B {
    *(&a as &dyn Any).downcast_ref().expect("the two types are one")
}

/// The first line of a rule that branches: `symbolic!(step(x, below))` returns the recorded operation `step` if the
/// number is an `Expr`. It expands to `if let Some(y) = kind::record(Op::step, [x, below]) { return y; }`.
macro_rules! symbolic {
    ($op:ident($($x:ident),*)) => {
        #[cfg(feature = "program")]
        if let Some(y) = $crate::ops::kind::record($crate::ops::op::Op::$op, [$($x),*]) {
            return y;
        }
    };
}

pub(crate) use symbolic;
