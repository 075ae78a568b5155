//! How dense derivatives are computed.

use std::array::from_fn;

use super::scratch::{Forward, Reverse, Scratch};
use super::{Function, VectorFunction};
use crate::{Dual, Real, Scalar, Value};

/// How many directions forward mode takes at a time, where there are more.
const LANES: usize = 8;
/// How many columns of a Hessian are computed at a time.
const COLUMNS: usize = 4;

#[track_caller]
pub(super) fn forward_gradient<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    scratch: &mut Scratch,
) -> T {
    match x.len() {
        0 | 1 => at_once::<_, _, 1>(f, x, gradient),
        2 => at_once::<_, _, 2>(f, x, gradient),
        3 => at_once::<_, _, 3>(f, x, gradient),
        4 => at_once::<_, _, 4>(f, x, gradient),
        5 => at_once::<_, _, 5>(f, x, gradient),
        6 => at_once::<_, _, 6>(f, x, gradient),
        7 => at_once::<_, _, 7>(f, x, gradient),
        LANES => at_once::<_, _, LANES>(f, x, gradient),
        _ => in_passes(f, x, gradient, scratch),
    }
}

/// With a direction for each of `N` inputs.
#[track_caller]
fn at_once<T: Real<Scalar = T>, G: Function<T> + ?Sized, const N: usize>(f: &G, x: &[T], gradient: &mut [T]) -> T {
    let inputs: [T; N] = from_fn(|i| x.get(i).copied().unwrap_or_else(T::zero));
    let y = f.eval(&Dual::vars(inputs)[..x.len()]);
    gradient.copy_from_slice(&y.tangents()[..x.len()]);
    y.data()
}

#[track_caller]
fn in_passes<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    scratch: &mut Scratch,
) -> T {
    let memory = scratch.of::<Forward<Dual<T, LANES>>>();
    let mut value = T::zero();
    for first in (0..x.len()).step_by(LANES) {
        let (inputs, _) = memory.start(units(x, first)).numbers(0);
        let y = f.eval(inputs);
        value = y.data();
        let slopes = &mut gradient[first..];
        let width = slopes.len().min(LANES);
        slopes[..width].copy_from_slice(&y.tangents()[..width]);
    }
    value
}

/// The point `x`, where each of the `N` inputs from `first` on has a direction of its own.
fn units<T: Real<Scalar = T>, const N: usize>(x: &[T], first: usize) -> impl Iterator<Item = Dual<T, N>> {
    let unit = move |i: usize| from_fn(|k| if i == first + k { T::one() } else { T::zero() });
    x.iter().enumerate().map(move |(i, &x)| Dual::new(x, unit(i)))
}

#[track_caller]
pub(super) fn reverse_gradient<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    scratch: &mut Scratch,
) -> T {
    gradient_over(f, x.iter().copied(), scratch.of(), |i, slope| gradient[i] = slope)
}

/// The gradient in reverse mode over any number: of [`Dual`]s, its tangents are columns of the Hessian, or products with
/// it.
#[track_caller]
pub(super) fn gradient_over<T: Real<Scalar = T>, S: Scalar>(
    f: &(impl Function<T> + ?Sized),
    x: impl Iterator<Item = S>,
    memory: &mut Reverse<S>,
    mut write: impl FnMut(usize, S),
) -> S
where
    Value<S>: Real<Scalar = T>,
{
    let (inputs, _) = memory.start(x).numbers(0);
    let y = f.eval(inputs);
    memory.sweep(y).enumerate().for_each(|(i, slope)| write(i, slope));
    y.data()
}

/// The lower triangle, some columns at a time, and its mirror image.
#[track_caller]
pub(super) fn hessian<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    hessian: &mut [T],
    scratch: &mut Scratch,
) {
    let n = x.len();
    for first in (0..n).step_by(COLUMNS) {
        gradient_over(f, units::<_, COLUMNS>(x, first), scratch.of(), |i, row| {
            for (j, second) in (first..=i).zip(row.tangents()) {
                hessian[i * n + j] = second;
                hessian[j * n + i] = second;
            }
        });
    }
}

#[track_caller]
pub(super) fn forward_jacobian<T: Real<Scalar = T>>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    scratch: &mut Scratch,
) {
    match x.len() {
        0 => f.value_into(x, y),
        1 => columns::<_, 1>(f, x, y, jacobian, scratch.of()),
        2 => columns::<_, 2>(f, x, y, jacobian, scratch.of()),
        3 | 4 => columns::<_, 4>(f, x, y, jacobian, scratch.of()),
        5 | 6 => columns::<_, 6>(f, x, y, jacobian, scratch.of()),
        _ => columns::<_, LANES>(f, x, y, jacobian, scratch.of()),
    }
}

/// `N` columns at a time.
#[track_caller]
fn columns<T: Real<Scalar = T>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    memory: &mut Forward<Dual<T, N>>,
) {
    let n = x.len();
    for first in (0..n).step_by(N) {
        let (inputs, outputs) = memory.start(units(x, first)).numbers(y.len());
        f.eval(inputs, outputs);
        let width = N.min(n - first);
        for (i, output) in outputs.iter().enumerate() {
            y[i] = output.data();
            jacobian[i * n + first..][..width].copy_from_slice(&output.tangents()[..width]);
        }
    }
}

#[track_caller]
pub(super) fn reverse_jacobian<T: Real<Scalar = T>>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    scratch: &mut Scratch,
) {
    let memory = scratch.of::<Reverse<T>>();
    let (inputs, outputs) = memory.start(x.iter().copied()).numbers(y.len());
    f.eval(inputs, outputs);
    for (i, y) in y.iter_mut().enumerate() {
        let output = memory.outputs()[i];
        *y = output.data();
        let row = &mut jacobian[i * x.len()..][..x.len()];
        row.iter_mut().zip(memory.sweep(output)).for_each(|(slope, adjoint)| *slope = adjoint);
    }
}

/// The derivatives along a direction.
#[track_caller]
pub(super) fn along<T: Real<Scalar = T>, F>(x: &[T], v: &[T], lift: impl Fn(T, T) -> F) -> impl Iterator<Item = F> {
    assert_eq!(v.len(), x.len(), "a direction is as long as the point; make `v` so");
    x.iter().zip(v).map(move |(&x, &v)| lift(x, v))
}

/// The rows of a matrix.
pub(super) fn rows<T: Copy>(matrix: &[T], rows: usize) -> Vec<Vec<T>> {
    let width = matrix.len().checked_div(rows).unwrap_or(0);
    (0..rows).map(|i| matrix[i * width..][..width].to_vec()).collect()
}
