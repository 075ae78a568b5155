//! Blocks of a computation that put only their Jacobian on the tape.

use crate::function::{VectorFunction, Workspace};
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
    preaccumulate_into(f, x, &mut y, &mut Workspace::new());
    y
}

/// The same as [`preaccumulate`], written to `y`, with the memory of `workspace`.
///
/// # Panics
///
/// If the length of `y` is not the number of outputs, and in the cases of [`preaccumulate`].
///
/// # Examples
///
/// ```
/// use gradtape::{Workspace, Tape, function, preaccumulate_into};
///
/// let (polar, tape) = (function!(|x| [x[0].hypot(x[1]), x[1].atan2(x[0])]), Tape::new());
/// let (x, mut y) = (tape.vars(&[3.0, 4.0]), [gradtape::Value::from(0.0); 2]);
/// preaccumulate_into(&polar, &x, &mut y, &mut Workspace::new());
/// assert_eq!(y[0], 5.0);
/// assert_eq!(y[0].backward().wrt_all(&x), [0.6, 0.8]);
/// ```
#[track_caller]
pub fn preaccumulate_into<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[Value<T>],
    y: &mut [Value<T>],
    workspace: &mut Workspace,
) {
    let mut block = std::mem::take(workspace.get::<Block<T>>());
    block.x.clear();
    block.x.extend(x.iter().map(|x| x.data()));
    block.y.resize(y.len(), T::zero());
    block.jacobian.resize(y.len() * x.len(), T::zero());
    if x.iter().all(|x| x.is_constant()) {
        f.value_into(&block.x, &mut block.y);
        y.iter_mut().zip(&block.y).for_each(|(y, &data)| *y = Value::constant(data));
    } else {
        f.value_and_jacobian_into(&block.x, &mut block.y, &mut block.jacobian, workspace);
        for (i, (y, &data)) in y.iter_mut().zip(&block.y).enumerate() {
            let row = &block.jacobian[i * x.len()..][..x.len()];
            *y = join_all("preaccumulate", data, x.iter().copied().zip(row.iter().copied()));
        }
    }
    *workspace.get() = block;
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
