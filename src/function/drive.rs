//! How dense derivatives are computed.
//!
//! Forward mode runs with [`Unchecked`] numbers, and where a NaN comes out, once more with [`Dual`]s, which know when zero wins
//! against infinity.

use std::array::from_fn;

use super::workspace::{Forward, Reverse, Workspace};
use super::{Function, VectorFunction};
use crate::dual::Dual;
use crate::dual::unchecked::{Tangents, Unchecked};
use crate::number::{Plain, Real};
use crate::scalar::Scalar;
use crate::tape::Value;

/// How many directions forward mode takes at a time, where there are more.
pub(super) const LANES: usize = 8;
/// How many outputs are few.
const FEW: usize = 4;
/// How many columns of a Hessian are computed at a time.
pub(super) const COLUMNS: usize = 4;

/// Calls a function with [`Unchecked`] numbers of as many directions as `$count` asks for, of `$most` if none is enough, and
/// again with [`Dual`]s if there is a NaN in the results. Each number of directions is one more copy of the user's
/// function to compile.
macro_rules! look_twice {
    (
        $T:ty, [$call:ident for $most:expr $(; $few:ident for $($N:literal)*)?] of $count:expr,
        $arguments:tt, $results:expr
    ) => {{
        let y = match $count {
            $($(0..=$N => $few::<$T, Unchecked<$T, $N>, $N> $arguments,)*)?
            _ => $call::<$T, Unchecked<$T, { $most }>, { $most }> $arguments,
        };
        if $crate::dual::any_nan($results) {
            $call::<$T, Dual<$T, { $most }>, { $most }> $arguments
        } else {
            y
        }
    }};
}

pub(super) use look_twice;

#[track_caller]
pub(super) fn forward_gradient<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    workspace: &mut Workspace,
) -> T {
    look_twice!(T, [in_passes for LANES; at_once for 1 2 3 4 5 6 8] of x.len(), (f, x, gradient, workspace), gradient)
}

/// With a direction for each of `N` inputs: on the stack, where the compiler knows them if the function is in line.
#[track_caller]
fn at_once<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    _scratch: &mut Workspace,
) -> T {
    let y = f.eval(&all_units::<T, D, N>(x)[..x.len()]);
    gradient.copy_from_slice(&y.tangents()[..x.len()]);
    y.data()
}

#[track_caller]
fn in_passes<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    workspace: &mut Workspace,
) -> T {
    let memory = workspace.of::<Forward<D>>();
    let mut value = T::zero();
    for (first, slopes) in (0..x.len()).step_by(N).zip(gradient.chunks_mut(N)) {
        let (inputs, _) = memory.start(units(x, first)).numbers(0);
        let y = f.eval(inputs);
        value = y.data();
        slopes.copy_from_slice(&y.tangents()[..slopes.len()]);
    }
    value
}

/// The point `x` of at most `N` inputs, each with a direction of its own. What is known when it is compiled stays known
/// where the compiler puts the function in line.
#[inline(always)]
fn all_units<T: Plain, D: Tangents<T, N>, const N: usize>(x: &[T]) -> [D; N] {
    from_fn(|i| {
        let unit = from_fn(|k| if i == k { T::one() } else { T::zero() });
        D::new(x.get(i).copied().unwrap_or_else(T::zero), unit)
    })
}

/// The point `x`, where each of the `N` inputs from `first` on has a direction of its own.
fn units<T: Scalar, D: Tangents<T, N>, const N: usize>(x: &[T], first: usize) -> impl Iterator<Item = D> {
    let unit = move |i: usize| from_fn(|k| if i == first + k { T::one() } else { T::zero() });
    x.iter().enumerate().map(move |(i, &x)| D::new(x, unit(i)))
}

/// The derivatives along a direction.
#[track_caller]
pub(super) fn along<'a, T: Scalar, D>(
    x: &'a [T],
    v: &'a [T],
    lift: impl Fn(T, T) -> D + 'a,
) -> impl Iterator<Item = D> + 'a {
    assert_eq!(v.len(), x.len(), "a direction is as long as the point; make `v` so");
    x.iter().zip(v).map(move |(&x, &v)| lift(x, v))
}

#[track_caller]
pub(super) fn jvp<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    workspace: &mut Workspace,
) -> (T, T) {
    let x = along(x, v, |x, v| D::new(x, [v; N]));
    let y = f.eval(workspace.of::<Forward<D>>().start(x).numbers(0).0);
    (y.data(), y.tangents()[0])
}

/// Value, slope and curvature; `D` is a number over numbers `E`.
#[track_caller]
pub(super) fn directional<T: Plain, E: Tangents<T, 1>, D: Real<Plain = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    new: impl Fn(E, E) -> D,
    parts: impl Fn(D) -> [E; 2],
    workspace: &mut Workspace,
) -> [T; 3] {
    let x = along(x, v, |x, v| new(E::new(x, [v]), E::new(v, [T::zero()])));
    let [y, slope] = parts(f.eval(workspace.of::<Forward<D>>().start(x).numbers(0).0));
    [y.data(), slope.data(), slope.tangents()[0]]
}

#[track_caller]
pub(super) fn vector_jvp<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    v: &[T],
    y: &mut [T],
    product: &mut [T],
    workspace: &mut Workspace,
) {
    let x = along(x, v, |x, v| D::new(x, [v; N]));
    let (inputs, outputs) = workspace.of::<Forward<D>>().start(x).numbers(y.len());
    f.eval(inputs, outputs);
    for ((y, product), output) in y.iter_mut().zip(product).zip(outputs) {
        (*y, *product) = (output.data(), output.tangents()[0]);
    }
}

#[track_caller]
pub(super) fn reverse_gradient<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    workspace: &mut Workspace,
) -> T {
    gradient_over(f, x.iter().copied(), workspace.of(), |i, slope| gradient[i] = slope)
}

/// The gradient in reverse mode over any number: of those of forward mode, its tangents are columns of the Hessian, or
/// products with it.
#[track_caller]
pub(super) fn gradient_over<T: Plain, S: Scalar>(
    f: &(impl Function<T> + ?Sized),
    x: impl Iterator<Item = S>,
    memory: &mut Reverse<S>,
    mut write: impl FnMut(usize, S),
) -> S
where
    Value<S>: Real<Plain = T>,
{
    let (inputs, _) = memory.start(x).numbers(0);
    let y = f.eval(inputs);
    memory.sweep(y).enumerate().for_each(|(i, slope)| write(i, slope));
    y.data()
}

#[track_caller]
pub(super) fn hvp<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    product: &mut [T],
    workspace: &mut Workspace,
) where
    Value<D>: Real<Plain = T>,
{
    let x = along(x, v, |x, v| D::new(x, [v; N]));
    gradient_over(f, x, workspace.of(), |i, slope: D| product[i] = slope.tangents()[0]);
}

/// The lower triangle, some columns at a time, and its mirror image.
#[track_caller]
pub(super) fn hessian<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    hessian: &mut [T],
    workspace: &mut Workspace,
) {
    look_twice!(T, [lower_triangle for COLUMNS; lower_triangle for 1 2] of x.len(), (f, x, hessian, workspace), hessian);
}

#[track_caller]
fn lower_triangle<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    hessian: &mut [T],
    workspace: &mut Workspace,
) where
    Value<D>: Real<Plain = T>,
{
    let n = x.len();
    for first in (0..n).step_by(N) {
        gradient_over(f, units(x, first), workspace.of(), |i, row: D| {
            for (j, second) in (first..=i).zip(row.tangents()) {
                hessian[i * n + j] = second;
                hessian[j * n + i] = second;
            }
        });
    }
}

#[track_caller]
pub(super) fn forward_jacobian<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    workspace: &mut Workspace,
) {
    look_twice!(T, [columns for LANES; matrix for 1 2 4 6 8] of x.len(), (f, x, y, jacobian, workspace), jacobian);
}

/// All of at most `N` columns: on the stack, as in [`at_once`].
#[track_caller]
fn matrix<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    workspace: &mut Workspace,
) {
    let mut few = [D::constant(T::zero()); FEW];
    let numbers = match few.get_mut(..y.len()) {
        Some(few) => few,
        None => workspace.of::<Forward<D>>().start(std::iter::empty()).numbers(y.len()).1,
    };
    f.eval(&all_units::<T, D, N>(x)[..x.len()], numbers);
    if x.len() < N {
        return write_columns(0, x.len(), numbers, y, jacobian);
    }
    for ((y, row), number) in y.iter_mut().zip(jacobian.as_chunks_mut::<N>().0).zip(numbers) {
        (*y, *row) = (number.data(), number.tangents());
    }
}

/// `N` columns at a time.
#[track_caller]
fn columns<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    workspace: &mut Workspace,
) {
    let memory = workspace.of::<Forward<D>>();
    for first in (0..x.len()).step_by(N) {
        let (inputs, numbers) = memory.start(units(x, first)).numbers(y.len());
        f.eval(inputs, numbers);
        write_columns(first, x.len(), numbers, y, jacobian);
    }
}

/// The columns from `first` on of a Jacobian of `n`.
fn write_columns<T: Plain, D: Tangents<T, N>, const N: usize>(
    first: usize,
    n: usize,
    numbers: &[D],
    y: &mut [T],
    jacobian: &mut [T],
) {
    for (i, (y, number)) in y.iter_mut().zip(numbers).enumerate() {
        *y = number.data();
        let row = jacobian[i * n + first..].iter_mut().take(n - first);
        row.zip(number.tangents()).for_each(|(slope, tangent)| *slope = tangent);
    }
}

#[track_caller]
pub(super) fn reverse_jacobian<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    workspace: &mut Workspace,
) {
    let memory = workspace.of::<Reverse<T>>();
    let (inputs, outputs) = memory.start(x.iter().copied()).numbers(y.len());
    f.eval(inputs, outputs);
    for (i, y) in y.iter_mut().enumerate() {
        let output = memory.outputs()[i];
        *y = output.data();
        let row = &mut jacobian[i * x.len()..][..x.len()];
        row.iter_mut().zip(memory.sweep(output)).for_each(|(slope, adjoint)| *slope = adjoint);
    }
}

/// The rows of a matrix.
pub(super) fn rows<T: Copy>(matrix: &[T], rows: usize) -> Vec<Vec<T>> {
    let width = matrix.len().checked_div(rows).unwrap_or(0);
    (0..rows).map(|i| matrix[i * width..][..width].to_vec()).collect()
}
