//! Operations of the user's own as nodes of a graph.

use std::any::{Any, type_name};
use std::array::from_fn;
use std::fmt;
use std::sync::Arc;

use crate::dual::Dual;
use crate::number::custom::CustomOperation;
use crate::number::{Number, Plain, Real};
use crate::ops::kind::Expr;
use crate::tape::Value;

/// An operation of the user's own, or one of its partial derivatives.
pub(crate) struct Custom<T> {
    operation: Arc<dyn Evaluate<T>>,
    /// The operands by which it is differentiated, the first one first.
    by: Vec<usize>,
}

/// How often a program differentiates such an operation at most. Each order is compiled for each operation.
pub(crate) const MOST_ORDERS: usize = 3;

impl<T: Plain + Send + Sync> Custom<T>
where
    Expr<T>: Real<Plain = T>,
{
    pub(crate) fn new<const N: usize>(operation: impl CustomOperation<N, T>) -> Self {
        Self { operation: Arc::new(Operation::<_, N>(operation)), by: Vec::new() }
    }
}

impl<T> Custom<T> {
    /// The partial derivative by operand `k`.
    #[track_caller]
    pub(crate) fn derivative(&self, k: usize) -> Self {
        assert!(
            self.by.len() < MOST_ORDERS,
            "a program differentiates the operation {} {MOST_ORDERS} times at most; take higher derivatives by nested \
             numbers",
            self.operation.name()
        );
        Self { operation: self.operation.clone(), by: self.by.iter().copied().chain([k]).collect() }
    }

    /// The name in listings, pictures and messages: that of the type, with an apostrophe for each order.
    pub(crate) fn name(&self) -> String {
        self.operation.name().to_owned() + &"'".repeat(self.by.len())
    }

    /// The operation itself, and the place where it is: another one is another operation.
    pub(super) fn operation(&self) -> (&dyn Any, usize) {
        (self.operation.data(), Arc::as_ptr(&self.operation).cast::<()>() as usize)
    }

    /// The operands by which it is differentiated.
    pub(crate) fn by(&self) -> &[usize] {
        &self.by
    }

    /// The operation differentiated at most once, and the operands by which this one is differentiated further.
    pub(crate) fn at_most_once(&self) -> (Self, &[usize]) {
        let (first, others) = self.by.split_at(self.by.len().min(1));
        (Self { operation: self.operation.clone(), by: first.to_vec() }, others)
    }

    /// The expression, or a first partial, recorded as other operations, if a recording that asks for expressions is
    /// under way, see [`Builder::expresses`](super::builder::Builder::expresses).
    pub(crate) fn expressed(&self, x: &[Expr<T>]) -> Expr<T> {
        self.operation.expressed(x, self.by.first().copied())
    }

    pub(crate) fn value(&self, x: &[T]) -> T {
        self.operation.plain(x, &self.by)
    }

    pub(crate) fn on_tape(&self, x: &[Value<T>]) -> Value<T> {
        self.operation.on_tape(x, &self.by)
    }
}

impl<T> Clone for Custom<T> {
    fn clone(&self) -> Self {
        Self { operation: self.operation.clone(), by: self.by.clone() }
    }
}

impl<T> fmt::Debug for Custom<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// An operation of any type, on the numbers that a graph is evaluated with.
trait Evaluate<T>: Send + Sync {
    fn name(&self) -> &'static str;

    /// The derivative by these operands.
    fn plain(&self, x: &[T], by: &[usize]) -> T;

    /// The same on a tape.
    fn on_tape(&self, x: &[Value<T>], by: &[usize]) -> Value<T>;

    /// The operation, or the derivative by an operand, in a recording.
    fn expressed(&self, x: &[Expr<T>], by: Option<usize>) -> Expr<T>;

    /// The operation itself.
    fn data(&self) -> &dyn Any;
}

struct Operation<O, const N: usize>(O);

impl<T: Plain, O: CustomOperation<N, T>, const N: usize> Evaluate<T> for Operation<O, N>
where
    Expr<T>: Real<Plain = T>,
{
    fn name(&self) -> &'static str {
        let path = type_name::<O>().split('<').next().unwrap_or_default();
        path.rsplit("::").next().unwrap_or(path)
    }

    fn plain(&self, x: &[T], by: &[usize]) -> T {
        if by.len() < 2 {
            return derivative(&self.0, from_fn(|k| x[k]), by);
        }
        // In duals over numbers that are not plain, a zero wins in every product.
        derivative(&self.0, from_fn(|k| Dual::<T, 0>::from(x[k])), by).data()
    }

    fn on_tape(&self, x: &[Value<T>], by: &[usize]) -> Value<T> {
        derivative(&self.0, from_fn(|k| x[k]), by)
    }

    fn expressed(&self, x: &[Expr<T>], by: Option<usize>) -> Expr<T> {
        let x = from_fn(|k| x[k]);
        by.map_or_else(|| self.0.apply(x), |by| first(&self.0, x, by))
    }

    fn data(&self) -> &dyn Any {
        &self.0
    }
}

/// The derivative by at most three operands.
fn derivative<F: Number, const N: usize>(operation: &impl CustomOperation<N, F::Plain>, x: [F; N], by: &[usize]) -> F {
    match *by {
        [] => operation.apply(x),
        [i] => first(operation, x, i),
        [i, j] => second(operation, x, [i, j]),
        [i, j, k] => second(operation, along(x, k), [i, j]).tangent(),
        _ => unreachable!("there are {MOST_ORDERS} orders at most"),
    }
}

fn first<F: Number, const N: usize>(operation: &impl CustomOperation<N, F::Plain>, x: [F; N], i: usize) -> F {
    operation.partials(x, operation.apply(x))[i]
}

fn second<F: Number, const N: usize>(
    operation: &impl CustomOperation<N, F::Plain>,
    x: [F; N],
    [i, j]: [usize; 2],
) -> F {
    first(operation, along(x, j), i).tangent()
}

/// The point `x`, which varies along coordinate `j`.
fn along<F: Number, const N: usize>(x: [F; N], j: usize) -> [Dual<F>; N] {
    from_fn(|k| Dual::new(x[k], [if k == j { F::one() } else { F::zero() }]))
}
