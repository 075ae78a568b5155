//! How derivatives of functions of one result are computed.
//!
//! Forward mode runs with [`Dual`]s over plain numbers, in whose products `0 · ∞` is NaN. If a result is NaN, it runs
//! once more with `Dual`s over [`Careful`] numbers, where that is 0.

use super::memory::{ForwardMemory, Memory, ReverseMemory};
use super::{Function, Mode};
use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::number::{Number, Plain, Real};
use crate::scalar::Scalar;
use crate::tape::Value;

/// The number of directions of a pass of forward mode, if there are more.
pub(super) const DIRECTIONS: usize = 16;
/// The number of columns of a Hessian that a pass computes.
pub(super) const HESSIAN_DIRECTIONS: usize = 4;

/// A plain number for numbers over it in which a zero wins against an infinity in every product, as it does in every
/// `Dual` over another number.
pub(super) type Careful<T> = Dual<T, 0>;

/// Calls a function with `Dual`s over `T`, and once more over [`Careful`] numbers if there is a NaN in the results. The
/// `Dual`s have the smallest listed number of directions that is at least `$count`, or `$most`; the careful ones have
/// one, because they compile fastest. For each listed number of directions, the compiler makes one more copy of the
/// user's function. It is a macro because a generic function cannot be passed to a function.
///
/// `fast_then_exact!(T, [many for 4; few for 1 2] of n, (f, x), y)` is
///
/// ```text
/// let result = match n {
///     0..=1 => few::<T, T, 1>(f, x),
///     0..=2 => few::<T, T, 2>(f, x),
///     _ => many::<T, T, 4>(f, x),
/// };
/// if any_nan(y) { many::<T, Careful<T>, 1>(f, x) } else { result }
/// ```
macro_rules! fast_then_exact {
    (
        $T:ty, [$many:ident for $most:expr $(; $few:ident for $($N:literal)*)?] of $count:expr,
        $arguments:tt, $results:expr
    ) => {{
        let result = match $count {
            $($(0..=$N => $few::<$T, $T, $N> $arguments,)*)?
            _ => $many::<$T, $T, { $most }> $arguments,
        };
        if $crate::function::drive::any_nan($results) {
            $many::<$T, $crate::function::drive::Careful<$T>, 1> $arguments
        } else {
            result
        }
    }};
}

pub(super) use fast_then_exact;

/// Whether any of the numbers is NaN.
#[inline]
pub(super) fn any_nan<T: Scalar>(numbers: &[T]) -> bool {
    numbers.iter().fold(false, |nan, x| nan | x.is_nan())
}

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
        [gradient_in_passes for DIRECTIONS; gradient_in_one_pass for 1 2 4 6 8 12 16] of x.len(),
        (f, x, gradient, memory),
        gradient
    )
}

/// One pass with a direction for each input, at most `N`. The inputs are on the stack, so that the compiler knows their
/// tangents if it inlines the function.
#[track_caller]
fn gradient_in_one_pass<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    _memory: &mut Memory,
) -> T
where
    Dual<E, N>: Real<Plain = T>,
{
    let y = f.eval(&unit_seeds_on_stack::<T, E, N>(x)[..x.len()]);
    write(gradient, y.tangents);
    Number::data(y)
}

/// Writes the first tangents.
#[inline]
pub(super) fn write<T: Plain, E: Number<Plain = T>, const N: usize>(slopes: &mut [T], tangents: [E; N]) {
    slopes.iter_mut().zip(tangents).for_each(|(slope, tangent)| *slope = tangent.data());
}

/// `N` directions at a time.
#[track_caller]
fn gradient_in_passes<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    memory: &mut Memory,
) -> T
where
    Dual<E, N>: Real<Plain = T>,
{
    let buffers = memory.get::<ForwardMemory<Dual<E, N>>>();
    let mut value = T::zero();
    for (first, slopes) in (0..x.len()).step_by(N).zip(gradient.chunks_mut(N)) {
        let (inputs, _) = buffers.set_inputs(unit_seeds(x, first)).inputs_and_outputs(0);
        let y = f.eval(inputs);
        value = Number::data(y);
        write(slopes, y.tangents);
    }
    value
}

/// The point `x` of at most `N` inputs, each with the tangents of its unit vector. These are constants for the compiler
/// where it inlines the function.
#[inline(always)]
pub(super) fn unit_seeds_on_stack<T: Plain, E: Number<Plain = T>, const N: usize>(x: &[T]) -> [Dual<E, N>; N] {
    let mut seeds = [Dual::constant(E::zero()); N];
    for (i, seed) in seeds.iter_mut().enumerate() {
        seed.data = E::constant(x.get(i).copied().unwrap_or_else(T::zero));
        seed.tangents[i] = E::one();
    }
    seeds
}

/// The point `x`, where the `N` inputs from `first` on have the tangents of their unit vectors.
pub(super) fn unit_seeds<T: Plain, E: Number<Plain = T>, const N: usize>(
    x: &[T],
    first: usize,
) -> impl ExactSizeIterator<Item = Dual<E, N>> {
    x.iter().enumerate().map(move |(i, &x)| {
        let mut seed = Dual::constant(E::constant(x));
        if let Some(tangent) = seed.tangents.get_mut(i.wrapping_sub(first)) {
            *tangent = E::one();
        }
        seed
    })
}

/// The point `x` with tangents along the direction `v`.
#[track_caller]
pub(super) fn seeds_along<'a, T: Plain, E: Number<Plain = T>, const N: usize>(
    x: &'a [T],
    v: &'a [T],
) -> impl ExactSizeIterator<Item = Dual<E, N>> + 'a {
    assert_direction(x, v);
    x.iter().zip(v).map(|(&x, &v)| Dual::new(E::constant(x), [E::constant(v); N]))
}

/// The value and the derivative along `v`.
#[track_caller]
pub(super) fn slope<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T], v: &[T], memory: &mut Memory) -> (T, T) {
    let (y, slope) = slope_over::<T, T>(f, x, v, memory);
    if slope.is_nan() { slope_over::<T, Careful<T>>(f, x, v, memory) } else { (y, slope) }
}

#[track_caller]
fn slope_over<T: Plain, E: Number<Plain = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    memory: &mut Memory,
) -> (T, T)
where
    Dual<E>: Real<Plain = T>,
{
    let buffers = memory.get::<ForwardMemory<Dual<E>>>();
    let y = f.eval(buffers.set_inputs(seeds_along(x, v)).inputs_and_outputs(0).0);
    (Number::data(y), y.tangent().data())
}

/// Value, slope and curvature along `v`.
#[track_caller]
pub(super) fn directional<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T], v: &[T], memory: &mut Memory) -> [T; 3] {
    let y = directional_over::<T, T>(f, x, v, memory);
    if any_nan(&y) { directional_over::<T, Careful<T>>(f, x, v, memory) } else { y }
}

#[track_caller]
fn directional_over<T: Plain, E: Number<Plain = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    memory: &mut Memory,
) -> [T; 3]
where
    Dual<Dual<E>>: Real<Plain = T>,
{
    let x = seeds_along(x, v).map(|x: Dual<E>| Dual::new(x, [Dual::constant(x.tangent())]));
    let y = f.eval(memory.get::<ForwardMemory<Dual<Dual<E>>>>().set_inputs(x).inputs_and_outputs(0).0);
    [y.data().data(), y.tangent().data(), y.tangent().tangent()].map(E::data)
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
    // The gradient is the same over both numbers: only tangents over plain numbers may have a NaN of 0 · ∞.
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
fn hvp_over<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    v: &[T],
    mut gradient: Option<&mut [T]>,
    product: &mut [T],
    memory: &mut Memory,
) -> T
where
    Value<Dual<E, N>>: Real<Plain = T>,
{
    let write = |i: usize, slope: Dual<E, N>| {
        if let Some(gradient) = &mut gradient {
            gradient[i] = slope.data.data();
        }
        product[i] = slope.tangents[0].data();
    };
    reverse_gradient_over(f, seeds_along(x, v), memory.get(), write).data.data()
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
        0..=2 => hessian_in_one_pass::<T, 2>(f, x, gradient, hessian),
        3..=4 => hessian_in_one_pass::<T, 4>(f, x, gradient, hessian),
        5..=6 => hessian_in_one_pass::<T, 6>(f, x, gradient, hessian),
        _ => lower_triangle::<T, T, HESSIAN_DIRECTIONS>(f, x, gradient, hessian, memory),
    };
    if any_nan(gradient) || any_nan(hessian) {
        lower_triangle::<T, Careful<T>, 1>(f, x, gradient, hessian, memory)
    } else {
        value
    }
}

/// Forward mode of second order, for at most `N` inputs. For few inputs, it takes less time than a tape, to run and to
/// compile.
#[track_caller]
fn hessian_in_one_pass<T: Plain, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    hessian: &mut [T],
) -> T {
    let n = x.len();
    let mut point = [T::zero(); N];
    point[..n].copy_from_slice(x);
    let y = f.eval(&Dual2::vars(point)[..n]);
    gradient.copy_from_slice(&y.gradient()[..n]);
    for (row, second) in hessian.chunks_exact_mut(n.max(1)).zip(y.hessian()) {
        row.copy_from_slice(&second[..n]);
    }
    y.data()
}

/// On a tape: the lower triangle, several columns at a time, and its mirror image.
#[track_caller]
fn lower_triangle<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    hessian: &mut [T],
    memory: &mut Memory,
) -> T
where
    Value<Dual<E, N>>: Real<Plain = T>,
{
    let (n, mut value) = (x.len(), T::zero());
    for first in (0..n).step_by(N) {
        let y = reverse_gradient_over(f, unit_seeds(x, first), memory.get(), |i, row: Dual<E, N>| {
            gradient[i] = row.data.data();
            for (j, second) in (first..=i).zip(row.tangents.map(E::data)) {
                hessian[i * n + j] = second;
                hessian[j * n + i] = second;
            }
        });
        value = y.data.data();
    }
    value
}

/// The rows of a matrix that is stored row by row.
pub(super) fn to_rows<T: Copy>(matrix: &[T], rows: usize) -> Vec<Vec<T>> {
    let width = matrix.len().checked_div(rows).unwrap_or(0);
    (0..rows).map(|i| matrix[i * width..][..width].to_vec()).collect()
}
