//! How derivatives of functions of one result are computed.
//!
//! Forward mode runs with [`Unchecked`] numbers. If a result is NaN, it runs once more with [`Dual`]s, in which 0·∞ is
//! 0.

use std::array::from_fn;

use super::memory::{ForwardMemory, Memory, ReverseMemory};
use super::{Function, Mode};
use crate::dual::unchecked::{Tangents, Unchecked};
use crate::dual::{Dual, any_nan};
use crate::number::{Plain, Real};
use crate::scalar::Scalar;
use crate::tape::Value;

/// The number of directions of a pass of forward mode, if there are more.
pub(super) const DIRECTIONS: usize = 8;
/// The number of columns of a Hessian that a pass computes.
pub(super) const HESSIAN_DIRECTIONS: usize = 4;

/// Calls a function with [`Unchecked`] numbers, and once more with [`Dual`]s if there is a NaN in the results. The numbers
/// have the smallest listed number of directions that is at least `$count`, or `$most`; the `Dual`s have one, because they
/// compile fastest. For each listed number of directions, the compiler makes one more copy of the user's function. It is
/// a macro because a generic function cannot be passed to a function.
///
/// `fast_then_exact!(T, [many for 4; few for 1 2] of n, (f, x), y)` is
///
/// ```text
/// let result = match n {
///     0..=1 => few::<T, Unchecked<T, 1>, 1>(f, x),
///     0..=2 => few::<T, Unchecked<T, 2>, 2>(f, x),
///     _ => many::<T, Unchecked<T, 4>, 4>(f, x),
/// };
/// if any_nan(y) { many::<T, Dual<T>, 1>(f, x) } else { result }
/// ```
macro_rules! fast_then_exact {
    (
        $T:ty, [$many:ident for $most:expr $(; $few:ident for $($N:literal)*)?] of $count:expr,
        $arguments:tt, $results:expr
    ) => {{
        let result = match $count {
            $($(0..=$N => $few::<$T, Unchecked<$T, $N>, $N> $arguments,)*)?
            _ => $many::<$T, Unchecked<$T, { $most }>, { $most }> $arguments,
        };
        if $crate::dual::any_nan($results) { $many::<$T, Dual<$T>, 1> $arguments } else { result }
    }};
}

pub(super) use fast_then_exact;

/// Returns the value, and writes the gradient.
#[track_caller]
pub(super) fn gradient<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    mode: Mode,
    x: &[T],
    gradient: &mut [T],
    memory: &mut Memory,
) -> T {
    assert_gradient(x, gradient);
    match mode {
        Mode::Forward => forward_gradient(f, x, gradient, memory),
        Mode::Reverse => reverse_gradient_over(f, x.iter().copied(), memory.get(), |i, slope| gradient[i] = slope),
    }
}

#[track_caller]
pub(super) fn assert_gradient<T>(x: &[T], gradient: &[T]) {
    assert_eq!(gradient.len(), x.len(), "a gradient is as long as the point; make `gradient` so");
}

#[track_caller]
fn forward_gradient<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T], gradient: &mut [T], memory: &mut Memory) -> T {
    fast_then_exact!(
        T,
        [gradient_in_passes for DIRECTIONS; gradient_in_one_pass for 1 2 3 4 5 6 8] of x.len(),
        (f, x, gradient, memory),
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
    _memory: &mut Memory,
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
    memory: &mut Memory,
) -> T {
    let buffers = memory.get::<ForwardMemory<D>>();
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
pub(super) fn unit_seeds_on_stack<T: Plain, D: Tangents<T, N>, const N: usize>(x: &[T]) -> [D; N] {
    from_fn(|i| {
        let unit = from_fn(|k| if i == k { T::one() } else { T::zero() });
        D::new(x.get(i).copied().unwrap_or_else(T::zero), unit)
    })
}

/// The point `x`, where the `N` inputs from `first` on have the tangents of their unit vectors.
pub(super) fn unit_seeds<T: Scalar, D: Tangents<T, N>, const N: usize>(
    x: &[T],
    first: usize,
) -> impl ExactSizeIterator<Item = D> {
    let unit = move |i: usize| from_fn(|k| if i == first + k { T::one() } else { T::zero() });
    x.iter().enumerate().map(move |(i, &x)| D::new(x, unit(i)))
}

/// The point `x` with tangents along the direction `v`: `new(xᵢ, vᵢ)`.
#[track_caller]
pub(super) fn seeds_along<'a, T: Scalar, D>(
    x: &'a [T],
    v: &'a [T],
    new: impl Fn(T, T) -> D + 'a,
) -> impl ExactSizeIterator<Item = D> + 'a {
    assert_direction(x, v);
    x.iter().zip(v).map(move |(&x, &v)| new(x, v))
}

/// The value and the derivative along `v`.
#[track_caller]
pub(super) fn slope<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T], v: &[T], memory: &mut Memory) -> (T, T) {
    let (y, slope) = slope_over::<T, Unchecked<T>, 1>(f, x, v, memory);
    if slope.is_nan() { slope_over::<T, Dual<T>, 1>(f, x, v, memory) } else { (y, slope) }
}

#[track_caller]
fn slope_over<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    memory: &mut Memory,
) -> (T, T) {
    let x = seeds_along(x, v, |x, v| D::new(x, [v; N]));
    let y = f.eval(memory.get::<ForwardMemory<D>>().set_inputs(x).inputs_and_outputs(0).0);
    (y.data(), y.tangents()[0])
}

/// Value, slope and curvature along `v`.
#[track_caller]
pub(super) fn directional<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T], v: &[T], memory: &mut Memory) -> [T; 3] {
    let new = |data: Unchecked<T>, tangent| Unchecked { data, tangents: [tangent] };
    let y = directional_over(f, x, v, new, |y: Unchecked<Unchecked<T>>| [y.data, y.tangents[0]], memory);
    if any_nan(&y) {
        let new = |data: Dual<T>, tangent| Dual::new(data, [tangent]);
        return directional_over(f, x, v, new, |y: Dual<Dual<T>>| [y.data(), y.tangent()], memory);
    }
    y
}

/// The same, where `D` is a number over numbers `E`.
#[track_caller]
fn directional_over<T: Plain, E: Tangents<T, 1>, D: Real<Plain = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    new: impl Fn(E, E) -> D,
    parts: impl Fn(D) -> [E; 2],
    memory: &mut Memory,
) -> [T; 3] {
    let x = seeds_along(x, v, |x, v| new(E::new(x, [v]), E::new(v, [T::zero()])));
    let [y, slope] = parts(f.eval(memory.get::<ForwardMemory<D>>().set_inputs(x).inputs_and_outputs(0).0));
    [y.data(), slope.data(), slope.tangents()[0]]
}

/// The gradient in reverse mode over any number `S`. If `S` is a number of forward mode, the tangents of the gradient
/// are columns of the Hessian, or products of the Hessian and a vector.
#[track_caller]
pub(super) fn reverse_gradient_over<T: Plain, S: Scalar>(
    f: &(impl Function<T> + ?Sized),
    x: impl ExactSizeIterator<Item = S>,
    buffers: &mut ReverseMemory<S>,
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

/// The Hessian times `v`.
#[track_caller]
pub(super) fn hvp<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T], v: &[T], product: &mut [T], memory: &mut Memory) {
    assert_product(x, product);
    fast_then_exact!(T, [hvp_over for 1] of 1, (f, x, v, None, product, memory), product);
}

/// Returns the value, and writes the gradient and the Hessian times `v`.
#[track_caller]
pub(super) fn gradient_and_hvp<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    gradient: &mut [T],
    product: &mut [T],
    memory: &mut Memory,
) -> T {
    assert_gradient(x, gradient);
    assert_product(x, product);
    // The gradient is the same over both numbers: only tangents of `Unchecked` may have a NaN of 0·∞.
    fast_then_exact!(T, [hvp_over for 1] of 1, (f, x, v, Some(&mut *gradient), product, memory), product)
}

#[track_caller]
pub(super) fn assert_direction<T>(x: &[T], v: &[T]) {
    assert_eq!(v.len(), x.len(), "a direction is as long as the point; make `v` so");
}

#[track_caller]
pub(super) fn assert_product<T>(x: &[T], product: &[T]) {
    assert_eq!(product.len(), x.len(), "the Hessian times a vector is as long as the point; make `product` so");
}

/// Returns the value, and writes the gradient, if it is wanted, and the Hessian times `v`.
#[track_caller]
fn hvp_over<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    mut gradient: Option<&mut [T]>,
    product: &mut [T],
    memory: &mut Memory,
) -> T
where
    Value<D>: Real<Plain = T>,
{
    let x = seeds_along(x, v, |x, v| D::new(x, [v; N]));
    let write = |i: usize, slope: D| {
        if let Some(gradient) = &mut gradient {
            gradient[i] = slope.data();
        }
        product[i] = slope.tangents()[0];
    };
    reverse_gradient_over(f, x, memory.get(), write).data()
}

/// Value, gradient and Hessian.
#[track_caller]
pub(super) fn hessian<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    hessian: &mut [T],
    memory: &mut Memory,
) -> T {
    assert_gradient(x, gradient);
    assert_eq!(hessian.len(), x.len() * x.len(), "a Hessian is as long as the point squared; make `hessian` so");
    let value = match x.len() {
        0..=1 => hessian_in_one_pass::<T, 1>(f, x, gradient, hessian),
        2 => hessian_in_one_pass::<T, 2>(f, x, gradient, hessian),
        3..=4 => hessian_in_one_pass::<T, 4>(f, x, gradient, hessian),
        _ => lower_triangle::<T, Unchecked<T, HESSIAN_DIRECTIONS>, HESSIAN_DIRECTIONS>(f, x, gradient, hessian, memory),
    };
    if any_nan(gradient) || any_nan(hessian) {
        lower_triangle::<T, Dual<T>, 1>(f, x, gradient, hessian, memory)
    } else {
        value
    }
}

/// Forward mode over forward mode, for at most `N` inputs. For few inputs, it takes less time than a tape, to run and to
/// compile.
#[track_caller]
fn hessian_in_one_pass<T: Plain, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    hessian: &mut [T],
) -> T {
    let inner: [Unchecked<T, N>; N] = unit_seeds_on_stack(x);
    let inputs: [Unchecked<_, N>; N] = from_fn(|i| Unchecked {
        data: inner[i],
        tangents: from_fn(|k| Unchecked::constant(if i == k { T::one() } else { T::zero() })),
    });
    let y = f.eval(&inputs[..x.len()]);
    for i in 0..x.len() {
        gradient[i] = y.data.tangents[i];
        for j in 0..=i {
            let second = y.tangents[i].tangents[j];
            hessian[i * x.len() + j] = second;
            hessian[j * x.len() + i] = second;
        }
    }
    y.data.data
}

/// On a tape: the lower triangle, several columns at a time, and its mirror image.
#[track_caller]
fn lower_triangle<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    hessian: &mut [T],
    memory: &mut Memory,
) -> T
where
    Value<D>: Real<Plain = T>,
{
    let (n, mut value) = (x.len(), T::zero());
    for first in (0..n).step_by(N) {
        let y = reverse_gradient_over(f, unit_seeds(x, first), memory.get(), |i, row: D| {
            gradient[i] = row.data();
            for (j, second) in (first..=i).zip(row.tangents()) {
                hessian[i * n + j] = second;
                hessian[j * n + i] = second;
            }
        });
        value = y.data();
    }
    value
}

/// The rows of a matrix that is stored row by row.
pub(super) fn to_rows<T: Copy>(matrix: &[T], rows: usize) -> Vec<Vec<T>> {
    let width = matrix.len().checked_div(rows).unwrap_or(0);
    (0..rows).map(|i| matrix[i * width..][..width].to_vec()).collect()
}
