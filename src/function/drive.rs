//! The drivers of dense derivatives.
//!
//! Forward mode runs with [`Unchecked`] numbers. If a result is NaN, it runs once more with [`Dual`]s, in which 0·∞ is
//! 0.

use std::array::from_fn;

use super::workspace::{ForwardWorkspace, ReverseWorkspace, Workspace};
use super::{Function, VectorFunction};
use crate::dual::Dual;
use crate::dual::unchecked::{Tangents, Unchecked};
use crate::number::{Plain, Real};
use crate::scalar::Scalar;
use crate::tape::Value;

/// The number of directions of a pass of forward mode, if there are more.
pub(super) const DIRECTIONS: usize = 8;
/// The largest number of outputs that are kept on the stack.
const STACK_OUTPUTS: usize = 4;
/// The number of columns of a Hessian that a pass computes.
pub(super) const HESSIAN_DIRECTIONS: usize = 4;

/// Calls a driver with [`Unchecked`] numbers, and once more with [`Dual`]s if there is a NaN in the results. The
/// numbers have the smallest listed number of directions that is at least `$count`, or `$most`. For each listed number
/// of directions, the compiler makes one more copy of the user's function. It is a macro because a generic function
/// cannot be passed to a function.
///
/// `fast_then_exact!(T, [many for 4; few for 1 2] of n, (f, x), y)` is
///
/// ```text
/// let y = match n {
///     0..=1 => few::<T, Unchecked<T, 1>, 1>(f, x),
///     0..=2 => few::<T, Unchecked<T, 2>, 2>(f, x),
///     _ => many::<T, Unchecked<T, 4>, 4>(f, x),
/// };
/// if any_nan(y) { many::<T, Dual<T, 4>, 4>(f, x) } else { y }
/// ```
macro_rules! fast_then_exact {
    (
        $T:ty, [$many:ident for $most:expr $(; $few:ident for $($N:literal)*)?] of $count:expr,
        $arguments:tt, $results:expr
    ) => {{
        let y = match $count {
            $($(0..=$N => $few::<$T, Unchecked<$T, $N>, $N> $arguments,)*)?
            _ => $many::<$T, Unchecked<$T, { $most }>, { $most }> $arguments,
        };
        if $crate::dual::any_nan($results) {
            $many::<$T, Dual<$T, { $most }>, { $most }> $arguments
        } else {
            y
        }
    }};
}

pub(super) use fast_then_exact;

#[track_caller]
pub(super) fn forward_gradient<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    workspace: &mut Workspace,
) -> T {
    fast_then_exact!(
        T,
        [gradient_in_passes for DIRECTIONS; gradient_in_one_pass for 1 2 3 4 5 6 8] of x.len(),
        (f, x, gradient, workspace),
        gradient
    )
}

/// One pass with a direction for each input, at most `N`. The inputs are on the stack, so that the compiler knows their
/// tangents if it inlines the function.
#[track_caller]
fn gradient_in_one_pass<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    _workspace: &mut Workspace,
) -> T {
    let y = f.eval(&unit_seeds_on_stack::<T, D, N>(x)[..x.len()]);
    gradient.copy_from_slice(&y.tangents()[..x.len()]);
    y.data()
}

/// `N` directions at a time.
#[track_caller]
fn gradient_in_passes<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    workspace: &mut Workspace,
) -> T {
    let buffers = workspace.get::<ForwardWorkspace<D>>();
    let mut value = T::zero();
    for (first, slopes) in (0..x.len()).step_by(N).zip(gradient.chunks_mut(N)) {
        let (inputs, _) = buffers.set_inputs(unit_seeds(x, first)).inputs_and_outputs(0);
        let y = f.eval(inputs);
        value = y.data();
        slopes.copy_from_slice(&y.tangents()[..slopes.len()]);
    }
    value
}

/// The point `x` of at most `N` inputs, each with the tangents of its unit vector. These are constants for the compiler
/// where it inlines the function.
#[inline(always)]
fn unit_seeds_on_stack<T: Plain, D: Tangents<T, N>, const N: usize>(x: &[T]) -> [D; N] {
    from_fn(|i| {
        let unit = from_fn(|k| if i == k { T::one() } else { T::zero() });
        D::new(x.get(i).copied().unwrap_or_else(T::zero), unit)
    })
}

/// The point `x`, where the `N` inputs from `first` on have the tangents of their unit vectors.
fn unit_seeds<T: Scalar, D: Tangents<T, N>, const N: usize>(x: &[T], first: usize) -> impl Iterator<Item = D> {
    let unit = move |i: usize| from_fn(|k| if i == first + k { T::one() } else { T::zero() });
    x.iter().enumerate().map(move |(i, &x)| D::new(x, unit(i)))
}

/// The point `x` with tangents along the direction `v`: `new(xᵢ, vᵢ)`.
#[track_caller]
pub(super) fn seeds_along<'a, T: Scalar, D>(
    x: &'a [T],
    v: &'a [T],
    new: impl Fn(T, T) -> D + 'a,
) -> impl Iterator<Item = D> + 'a {
    assert_eq!(v.len(), x.len(), "a direction is as long as the point; make `v` so");
    x.iter().zip(v).map(move |(&x, &v)| new(x, v))
}

#[track_caller]
pub(super) fn jvp<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    workspace: &mut Workspace,
) -> (T, T) {
    let x = seeds_along(x, v, |x, v| D::new(x, [v; N]));
    let y = f.eval(workspace.get::<ForwardWorkspace<D>>().set_inputs(x).inputs_and_outputs(0).0);
    (y.data(), y.tangents()[0])
}

/// Value, slope and curvature along `v`; `D` is a number over numbers `E`.
#[track_caller]
pub(super) fn directional<T: Plain, E: Tangents<T, 1>, D: Real<Plain = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    new: impl Fn(E, E) -> D,
    parts: impl Fn(D) -> [E; 2],
    workspace: &mut Workspace,
) -> [T; 3] {
    let x = seeds_along(x, v, |x, v| new(E::new(x, [v]), E::new(v, [T::zero()])));
    let [y, slope] = parts(f.eval(workspace.get::<ForwardWorkspace<D>>().set_inputs(x).inputs_and_outputs(0).0));
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
    let x = seeds_along(x, v, |x, v| D::new(x, [v; N]));
    let (inputs, outputs) = workspace.get::<ForwardWorkspace<D>>().set_inputs(x).inputs_and_outputs(y.len());
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
    reverse_gradient_over(f, x.iter().copied(), workspace.get(), |i, slope| gradient[i] = slope)
}

/// The gradient in reverse mode over any number `S`. If `S` is a number of forward mode, the tangents of the gradient
/// are columns of the Hessian, or products of the Hessian and a vector.
#[track_caller]
pub(super) fn reverse_gradient_over<T: Plain, S: Scalar>(
    f: &(impl Function<T> + ?Sized),
    x: impl Iterator<Item = S>,
    buffers: &mut ReverseWorkspace<S>,
    mut write: impl FnMut(usize, S),
) -> S
where
    Value<S>: Real<Plain = T>,
{
    let (inputs, _) = buffers.set_inputs(x).inputs_and_outputs(0);
    let y = f.eval(inputs);
    buffers.sweep(y).enumerate().for_each(|(i, slope)| write(i, slope));
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
    let x = seeds_along(x, v, |x, v| D::new(x, [v; N]));
    reverse_gradient_over(f, x, workspace.get(), |i, slope: D| product[i] = slope.tangents()[0]);
}

/// The lower triangle, several columns at a time, and its mirror image.
#[track_caller]
pub(super) fn hessian<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    hessian: &mut [T],
    workspace: &mut Workspace,
) {
    fast_then_exact!(
        T,
        [lower_triangle for HESSIAN_DIRECTIONS; lower_triangle for 1 2] of x.len(),
        (f, x, hessian, workspace),
        hessian
    );
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
        reverse_gradient_over(f, unit_seeds(x, first), workspace.get(), |i, row: D| {
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
    fast_then_exact!(
        T,
        [jacobian_in_passes for DIRECTIONS; jacobian_in_one_pass for 1 2 4 6 8] of x.len(),
        (f, x, y, jacobian, workspace),
        jacobian
    );
}

/// All columns, at most `N`, in one pass, with the inputs on the stack as in [`gradient_in_one_pass`].
#[track_caller]
fn jacobian_in_one_pass<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    workspace: &mut Workspace,
) {
    let mut on_stack = [D::constant(T::zero()); STACK_OUTPUTS];
    let numbers = match on_stack.get_mut(..y.len()) {
        Some(outputs) => outputs,
        None => workspace.get::<ForwardWorkspace<D>>().set_inputs(std::iter::empty()).inputs_and_outputs(y.len()).1,
    };
    f.eval(&unit_seeds_on_stack::<T, D, N>(x)[..x.len()], numbers);
    if x.len() < N {
        return write_columns(0, x.len(), numbers, y, jacobian);
    }
    for ((y, row), number) in y.iter_mut().zip(jacobian.as_chunks_mut::<N>().0).zip(numbers) {
        (*y, *row) = (number.data(), number.tangents());
    }
}

/// `N` columns at a time.
#[track_caller]
fn jacobian_in_passes<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    workspace: &mut Workspace,
) {
    let buffers = workspace.get::<ForwardWorkspace<D>>();
    for first in (0..x.len()).step_by(N) {
        let (inputs, numbers) = buffers.set_inputs(unit_seeds(x, first)).inputs_and_outputs(y.len());
        f.eval(inputs, numbers);
        write_columns(first, x.len(), numbers, y, jacobian);
    }
}

/// Writes the columns from `first` on of a Jacobian of `n` columns.
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
    let buffers = workspace.get::<ReverseWorkspace<T>>();
    let (inputs, outputs) = buffers.set_inputs(x.iter().copied()).inputs_and_outputs(y.len());
    f.eval(inputs, outputs);
    for (i, y) in y.iter_mut().enumerate() {
        let output = buffers.outputs()[i];
        *y = output.data();
        let row = &mut jacobian[i * x.len()..][..x.len()];
        row.iter_mut().zip(buffers.sweep(output)).for_each(|(slope, adjoint)| *slope = adjoint);
    }
}

/// The rows of a matrix that is stored row by row.
pub(super) fn to_rows<T: Copy>(matrix: &[T], rows: usize) -> Vec<Vec<T>> {
    let width = matrix.len().checked_div(rows).unwrap_or(0);
    (0..rows).map(|i| matrix[i * width..][..width].to_vec()).collect()
}
