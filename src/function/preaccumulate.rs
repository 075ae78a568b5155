//! Blocks of a computation that put only their Jacobian on the tape.

use super::memory::Memory;
use super::{Mode, VectorFunction, jacobian};
use crate::number::Plain;
use crate::tape::Value;
use crate::tape::join_all;

/// The results of `f` at `x`. The tape records only their Jacobian, not the operations of `f`.
///
/// Use it for a block with few inputs and outputs and many operations: a time step, a layer, the solution of a small
/// system. It needs only the memory of its Jacobian, and is often faster, too, because the Jacobian is computed in
/// forward mode if there are few inputs.
///
/// # Panics
///
/// If the inputs belong to different tapes, or to a tape that was cleared or dropped. If all inputs have the same node,
/// the sweep panics instead.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, function, preaccumulate};
///
/// /// A step of `x'' = -x`.
/// let step = function!(|s| [s[0] + s[1] * 0.01, s[1] - (s[0] + s[1] * 0.01) * 0.01]);
///
/// let tape = Tape::new();
/// let start = tape.vars(&[1.0, 0.0]);
/// let mut state = start.clone();
/// for _ in 0..1000 {
///     state = preaccumulate(&step, &state);
/// }
/// assert!((state[0].data() - 10_f64.cos()).abs() < 0.01);
/// assert!((state[0].backward().wrt(start[0]) - 10_f64.cos()).abs() < 0.01);
/// ```
#[must_use]
#[track_caller]
pub fn preaccumulate<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[Value<T>]) -> Vec<Value<T>> {
    let mut y = vec![Value::constant(T::zero()); f.outputs(x.len())];
    block(f, x, &mut y, &mut Memory::new());
    y
}

/// [`preaccumulate`], written to `y`.
#[track_caller]
pub(super) fn block<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[Value<T>],
    y: &mut [Value<T>],
    memory: &mut Memory,
) {
    let mut block = std::mem::take(memory.get::<Block<T>>());
    block.x.clear();
    block.x.extend(x.iter().map(|x| x.data()));
    block.y.resize(y.len(), T::zero());
    block.jacobian.resize(y.len() * x.len(), T::zero());
    if x.iter().all(|x| x.is_constant()) {
        jacobian::value(f, &block.x, &mut block.y);
        y.iter_mut().zip(&block.y).for_each(|(y, &data)| *y = Value::constant(data));
    } else {
        let mode = Mode::of_jacobian(x.len(), y.len());
        jacobian::dense(f, mode, &block.x, &mut block.y, &mut block.jacobian, memory);
        for (i, (y, &data)) in y.iter_mut().zip(&block.y).enumerate() {
            let row = &block.jacobian[i * x.len()..][..x.len()];
            *y = join_all("preaccumulate", data, x.len(), |k| (x[k], row[k]));
        }
    }
    *memory.get() = block;
}

/// The plain numbers of a block.
struct Block<T> {
    x: Vec<T>,
    y: Vec<T>,
    jacobian: Vec<T>,
}

impl<T> Default for Block<T> {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new(), jacobian: Vec::new() }
    }
}
