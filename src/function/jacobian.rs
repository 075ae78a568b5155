//! How derivatives of functions of several results are computed.

use super::drive::{self, DIRECTIONS, fast_then_exact, seeds_along, unit_seeds, unit_seeds_on_stack};
use super::memory::{ForwardMemory, Memory, ReverseMemory};
use super::{Mode, VectorFunction};
use crate::dual::Dual;
use crate::number::{Number, Plain, Real};
use crate::tape::Value;

/// The largest number of outputs that are kept on the stack.
const STACK_OUTPUTS: usize = 4;

#[track_caller]
pub(super) fn assert_outputs<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T], y: &[T]) {
    let outputs = f.outputs(x.len());
    assert_eq!(y.len(), outputs, "the function has {outputs} outputs; make `y`, and what belongs to it, so long");
}

/// The results.
#[track_caller]
pub(super) fn value<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T], y: &mut [T]) {
    assert_outputs(f, x, y);
    y.fill(T::zero());
    f.eval(x, y);
}

/// The results and their derivatives along `v`.
#[track_caller]
pub(super) fn jvp<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    v: &[T],
    y: &mut [T],
    product: &mut [T],
    memory: &mut Memory,
) {
    assert_outputs(f, x, y);
    assert_outputs(f, x, product);
    fast_then_exact!(T, [jvp_over for 1] of 1, (f, x, v, y, product, memory), product);
}

#[track_caller]
fn jvp_over<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    v: &[T],
    y: &mut [T],
    product: &mut [T],
    memory: &mut Memory,
) where
    Dual<E, N>: Real<Plain = T>,
{
    let buffers = memory.get::<ForwardMemory<Dual<E, N>>>();
    let (inputs, outputs) = buffers.set_inputs(seeds_along(x, v)).inputs_and_outputs(y.len());
    f.eval(inputs, outputs);
    for ((y, product), output) in y.iter_mut().zip(product).zip(outputs) {
        (*y, *product) = (Number::data(*output), output.tangents[0].data());
    }
}

/// The results and the gradient of their sum with weights `w`.
#[track_caller]
pub(super) fn vjp<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    w: &[T],
    y: &mut [T],
    product: &mut [T],
    memory: &mut Memory,
) {
    assert_outputs(f, x, w);
    assert_outputs(f, x, y);
    assert_eq!(product.len(), x.len(), "the product is as long as the point; make `product` so");
    let buffers = memory.get::<ReverseMemory<T>>();
    let (inputs, outputs) = buffers.set_inputs(x.iter().copied()).inputs_and_outputs(y.len());
    f.eval(inputs, outputs);
    y.iter_mut().zip(&*outputs).for_each(|(y, output)| *y = output.data());
    let sum = Value::weighted_sum(outputs, w);
    product.iter_mut().zip(buffers.sweep(sum)).for_each(|(product, adjoint)| *product = adjoint);
}

/// The results and the Jacobian.
#[track_caller]
pub(super) fn dense<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    mode: Mode,
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    memory: &mut Memory,
) {
    assert_outputs(f, x, y);
    assert_eq!(jacobian.len(), y.len() * x.len(), "a Jacobian is as long as outputs times inputs; make `jacobian` so");
    match mode {
        Mode::Forward => forward_jacobian(f, x, y, jacobian, memory),
        Mode::Reverse => reverse_jacobian(f, x, y, jacobian, memory),
    }
}

#[track_caller]
fn forward_jacobian<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    memory: &mut Memory,
) {
    fast_then_exact!(
        T,
        [jacobian_in_passes for DIRECTIONS; jacobian_in_one_pass for 1 2 4 6 8 12 16] of x.len(),
        (f, x, y, jacobian, memory),
        jacobian
    );
}

/// All columns, at most `N`, in one pass, with the inputs on the stack as in [`gradient_in_one_pass`](super::drive).
#[track_caller]
fn jacobian_in_one_pass<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    memory: &mut Memory,
) where
    Dual<E, N>: Real<Plain = T>,
{
    let mut on_stack = [Dual::constant(E::zero()); STACK_OUTPUTS];
    let numbers = match on_stack.get_mut(..y.len()) {
        Some(outputs) => outputs,
        None => memory.get::<ForwardMemory<Dual<E, N>>>().set_inputs(std::iter::empty()).inputs_and_outputs(y.len()).1,
    };
    f.eval(&unit_seeds_on_stack::<T, E, N>(x)[..x.len()], numbers);
    if x.len() < N {
        return write_columns(0, x.len(), numbers, y, jacobian);
    }
    for ((y, row), number) in y.iter_mut().zip(jacobian.as_chunks_mut::<N>().0).zip(numbers) {
        (*y, *row) = (number.data.data(), number.tangents.map(E::data));
    }
}

/// `N` columns at a time.
#[track_caller]
fn jacobian_in_passes<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    memory: &mut Memory,
) where
    Dual<E, N>: Real<Plain = T>,
{
    let buffers = memory.get::<ForwardMemory<Dual<E, N>>>();
    for first in (0..x.len()).step_by(N) {
        let (inputs, numbers) = buffers.set_inputs(unit_seeds(x, first)).inputs_and_outputs(y.len());
        f.eval(inputs, numbers);
        write_columns(first, x.len(), numbers, y, jacobian);
    }
}

/// Writes the columns from `first` on of a Jacobian of `n` columns.
fn write_columns<T: Plain, E: Number<Plain = T>, const N: usize>(
    first: usize,
    n: usize,
    numbers: &[Dual<E, N>],
    y: &mut [T],
    jacobian: &mut [T],
) {
    for (i, (y, number)) in y.iter_mut().zip(numbers).enumerate() {
        *y = number.data.data();
        drive::write(&mut jacobian[i * n..][first..n], number.tangents);
    }
}

#[track_caller]
fn reverse_jacobian<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    y: &mut [T],
    jacobian: &mut [T],
    memory: &mut Memory,
) {
    let buffers = memory.get::<ReverseMemory<T>>();
    let (inputs, outputs) = buffers.set_inputs(x.iter().copied()).inputs_and_outputs(y.len());
    f.eval(inputs, outputs);
    for (i, y) in y.iter_mut().enumerate() {
        let output = buffers.outputs()[i];
        *y = output.data();
        let row = &mut jacobian[i * x.len()..][..x.len()];
        row.iter_mut().zip(buffers.sweep(output)).for_each(|(slope, adjoint)| *slope = adjoint);
    }
}
