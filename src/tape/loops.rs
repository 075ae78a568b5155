//! Loops that record one block of steps at a time.

use std::ops::Range;
use std::panic::Location;
use std::rc::Rc;

use super::checkpoint::record;
use super::value::Value;
use crate::scalar::Scalar;

/// The largest number of steps that are recorded at a time.
const BLOCK: usize = 128;
/// The largest number of pieces that a piece is cut into.
const PIECES: usize = 128;

/// The state after `steps` steps, each `state = step(k, &state, parameters)` with `k = 0, 1, …`. The memory for its
/// gradient grows like the logarithm of `steps`.
///
/// The loop is cut into at most 128 pieces, each a [checkpoint](fn@crate::checkpoint). A piece is cut in the same way,
/// until at most 128 steps are left; these are recorded when the sweep needs them. The tape keeps the inputs of the
/// largest pieces; for each smaller size, the tape of a recomputation keeps those of one larger piece at a time. With
/// `d` sizes, every step is computed `d` times on constants and once on a tape: `d` is 1 up to 16 384 steps, 2 up to
/// two million, 3 up to 268 million. On constants, a step of joins takes less than half the time of recording and
/// sweeping it. Up to 128 steps, or if everything is constant, this is the plain loop.
///
/// The state is an array, a vector, or another list of values; its length does not change. The parameters are all other
/// active values that `step` uses. The gradient is that of the plain loop: bit for bit if each component of a new state
/// is a separate record (a join of two nodes, or retained), otherwise up to rounding.
///
/// `step` must be a function of its arguments alone.
///
/// # Panics
///
/// If a step returns more or fewer values than it was given, and as [`checkpoint`](fn@crate::checkpoint).
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, checkpoint_loop};
///
/// // Free fall with drag, in 100 000 steps of the symplectic Euler method.
/// let tape = Tape::new();
/// let (drag, speed) = (tape.var(0.1), tape.var(0.0));
/// let fall = |_, &[height, speed]: &[_; 2], p: &[gradtape::Value<f64>]| {
///     let speed = speed + (9.81 - p[0] * speed * speed) * 1e-4;
///     [height - speed * 1e-4, speed]
/// };
/// let [_, last] = checkpoint_loop(fall, 100_000, [100.0.into(), speed], &[drag]);
/// let limit = (9.81_f64 / 0.1).sqrt();
/// assert!((last.data() - limit).abs() < 1e-6);
/// assert!((last.backward().wrt(drag) + limit / 0.2).abs() < 1e-3);
/// assert!(tape.bytes() < 20_000);
/// ```
#[track_caller]
pub fn checkpoint_loop<T: Scalar, S: AsMut<[Value<T>]> + Clone + 'static>(
    step: impl Fn(usize, &S, &[Value<T>]) -> S + 'static,
    steps: usize,
    state: S,
    parameters: &[Value<T>],
) -> S {
    let shape = state.clone();
    Rc::new(Steps { step, shape, location: Location::caller() }).run(0..steps, state, parameters)
}

/// The loop. All its pieces share it.
struct Steps<S, F> {
    step: F,
    /// Any state: only its type and length are used.
    shape: S,
    location: &'static Location<'static>,
}

impl<S: Clone + 'static, F: 'static> Steps<S, F> {
    /// The state after a range of steps. Short ranges are recorded, long ones are cut into checkpoints.
    #[track_caller]
    fn run<T: Scalar>(self: Rc<Self>, steps: Range<usize>, mut state: S, parameters: &[Value<T>]) -> S
    where
        S: AsMut<[Value<T>]>,
        F: Fn(usize, &S, &[Value<T>]) -> S,
    {
        let width = state.as_mut().len();
        let all_constant = state.as_mut().iter().chain(parameters).all(|value| value.is_constant());
        if all_constant || steps.len() <= BLOCK {
            for k in steps {
                state = (self.step)(k, &state, parameters);
                let returned = state.as_mut().len();
                assert!(
                    returned == width,
                    "step {k} of the loop at {} returned {returned} values; it must return as many as it is given, \
                     which are {width}",
                    self.location
                );
            }
            return state;
        }
        let mut size = BLOCK;
        while steps.len().div_ceil(size) > PIECES {
            size *= PIECES;
        }
        let mut inputs = Vec::with_capacity(width + parameters.len());
        for start in steps.clone().step_by(size) {
            let piece = start..steps.end.min(start.saturating_add(size));
            inputs.clear();
            inputs.extend(state.as_mut().iter().chain(parameters).copied());
            let this = Rc::clone(&self);
            let run = move |inputs: &[Value<T>]| {
                let (values, parameters) = inputs.split_at(width);
                let mut state = this.shape.clone();
                state.as_mut().copy_from_slice(values);
                Rc::clone(&this).run(piece.clone(), state, parameters)
            };
            state = record(run, &inputs, self.location);
        }
        state
    }
}
