//! How gradients and Hessians are computed.

use std::array::from_fn;

use super::Function;
use super::scratch::{COLUMNS, LANES, Reverse, Scratch};
use crate::{Dual, Real, Scalar};

#[track_caller]
pub(super) fn forward_gradient<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    scratch: &mut Scratch<T>,
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
    scratch: &mut Scratch<T>,
) -> T {
    scratch.many.start(x.iter().map(|&x| Dual::constant(x)));
    let mut value = T::zero();
    for (pass, gradient) in gradient.chunks_mut(LANES).enumerate() {
        let y = f.eval(seed(&mut scratch.many.x, pass));
        value = y.data();
        gradient.copy_from_slice(&y.tangents()[..gradient.len()]);
    }
    value
}

/// Gives each input of this pass a direction of its own, and takes those of the pass before away.
pub(super) fn seed<T: Scalar>(x: &mut [Dual<T, LANES>], pass: usize) -> &[Dual<T, LANES>] {
    let start = pass * LANES;
    for (i, x) in x.iter_mut().enumerate().take(start + LANES).skip(start.saturating_sub(LANES)) {
        *x = Dual::new(x.data(), from_fn(|k| if i == start + k { T::one() } else { T::zero() }));
    }
    x
}

#[track_caller]
pub(super) fn reverse_gradient<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    gradient: &mut [T],
    scratch: &mut Scratch<T>,
) -> T {
    scratch.reverse.start(x.iter().copied());
    let y = f.eval(&scratch.reverse.x);
    gradient.iter_mut().zip(scratch.reverse.sweep(y)).for_each(|(slope, adjoint)| *slope = adjoint);
    y.data()
}

/// The gradient over `Dual`s: its tangents are columns of the Hessian, or products with it.
#[track_caller]
pub(super) fn hessian_columns<T: Real<Scalar = T>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: impl Iterator<Item = Dual<T, N>>,
    memory: &mut Reverse<Dual<T, N>>,
) -> impl Iterator<Item = Dual<T, N>> {
    memory.start(x);
    let y = f.eval(&memory.x);
    memory.sweep(y)
}

/// The lower triangle, some columns at a time, and its mirror image.
#[track_caller]
pub(super) fn hessian<T: Real<Scalar = T>>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    hessian: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let n = x.len();
    for first in (0..n).step_by(COLUMNS) {
        let unit = |i: usize| from_fn(|k| if i == first + k { T::one() } else { T::zero() });
        let duals = x.iter().enumerate().map(|(i, &x)| Dual::new(x, unit(i)));
        for (i, row) in hessian_columns(f, duals, &mut scratch.hessian).enumerate().skip(first) {
            for (j, &second) in (first..=i).zip(&row.tangents()) {
                hessian[i * n + j] = second;
                hessian[j * n + i] = second;
            }
        }
    }
}

/// A matrix of rows of this length.
pub(super) fn rows<T: Copy>(matrix: &[T], width: usize) -> Vec<Vec<T>> {
    if width == 0 { Vec::new() } else { matrix.chunks(width).map(<[T]>::to_vec).collect() }
}
