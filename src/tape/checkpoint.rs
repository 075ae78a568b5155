//! Checkpoints: functions that run again when a sweep needs their records.

use std::fmt;
use std::panic::Location;

use super::Tape;
use super::adjoints::{Adjoints, Kept, Reached};
use super::node::NodeId;
use super::records::{Checkpoint, Records, Workspace};
use super::registry::{assert_same_tape, tape_of};
use super::sweep::sweep_from;
use super::value::Value;
use crate::ops::kind::is_plain;
use crate::ops::rules::scaled;
use crate::scalar::Scalar;

/// `f(inputs)`, without keeping the records of `f`: a sweep that needs them runs `f` again.
///
/// A tape keeps every join of a computation until it is cleared. For a checkpoint it keeps only the inputs, the numbers
/// of the outputs, and `f`. First `f` runs on constants, which records nothing. When a sweep arrives at the outputs, it
/// runs `f` once more, on a separate tape, and sweeps that tape at once. This trades time for memory: a computation of
/// `n` equal pieces, each a checkpoint, needs the memory of one piece and `n` times the state between them, and one
/// more plain evaluation. `f` may itself use checkpoints; [`checkpoint_loop`](crate::checkpoint_loop) nests them for
/// long loops.
///
/// `f` returns an array, a vector, or another list of values. Every output becomes a node, so
/// [`Gradients::wrt`](crate::Gradients::wrt) accepts it. If all inputs are constants, so are the outputs. The gradient
/// is that of `f(inputs)` on the tape. It is the same bit for bit if each output is a separate record (a join of two
/// nodes, or retained); otherwise the chain rule may multiply and add in another order.
///
/// `f` must be a function of its inputs alone. It may capture numbers, but no active values: make them inputs. On a
/// tape of tapes, `Tape<Value<T>>`, the numbers are values of the other tape, and both runs record on it.
///
/// # Panics
///
/// If the inputs belong to different tapes, or their tape was cleared or dropped, or if `f` captures an active value. A
/// sweep panics if the second run of `f` uses a captured active value that the first did not, or returns other numbers,
/// or another count of them. If `f` panics in a sweep, the tape stays as it was, and the gradients are empty.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, checkpoint};
///
/// let tape = Tape::new();
/// let (mut x, rate) = (tape.var(0.4), tape.var(3.5));
/// for _ in 0..3 {
///     // Ten steps of the logistic map. The tape keeps none of them.
///     [x] = checkpoint(
///         |inputs| {
///             let (mut x, rate) = (inputs[0], inputs[1]);
///             for _ in 0..10 {
///                 x = rate * x * (1.0 - x);
///             }
///             [x]
///         },
///         &[x, rate],
///     );
/// }
/// let (value, slopes) = gradtape::gradient(|v| (0..30).fold(v[0], |x, _| v[1] * x * (1.0 - x)), &[0.4, 3.5]);
/// assert_eq!((x.data(), x.backward().wrt(rate)), (value, slopes[1]));
/// assert_eq!(tape.len(), 2 + 3);
/// ```
#[track_caller]
pub fn checkpoint<T: Scalar, O: AsMut<[Value<T>]>>(f: impl Fn(&[Value<T>]) -> O + 'static, inputs: &[Value<T>]) -> O {
    record(f, inputs, Location::caller())
}

/// [`checkpoint`], with the location of its caller.
#[track_caller]
pub(super) fn record<T: Scalar, O: AsMut<[Value<T>]>>(
    f: impl Fn(&[Value<T>]) -> O + 'static,
    inputs: &[Value<T>],
    location: &'static Location<'static>,
) -> O {
    let constants: Vec<_> = inputs.iter().map(|input| Value::constant(input.data)).collect();
    let (mut result, zero, one) = (f(&constants), T::zero(), T::one());
    let outputs = result.as_mut();
    assert!(
        outputs.iter().all(|output| output.is_constant()),
        "the function of the checkpoint at {location} captures a value of a tape; pass it as an input"
    );
    let active = || inputs.iter().map(|input| input.node).filter(|node| !node.is_constant());
    let Some(any) = active().next().filter(|_| !outputs.is_empty()) else {
        return result;
    };
    for node in active() {
        assert_same_tape::<T>([any, node]);
    }
    let first = tape_of::<T>(any).first.get();
    let mut nodes: Vec<u32> = active().filter_map(|node| node.index(first)).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let run = move |inputs: &[Value<T>], outputs: &mut Vec<Value<T>>| {
        outputs.extend(f(inputs).as_mut().iter().copied());
    };
    let checkpoint = Box::new(Recorded {
        run: Box::new(run),
        inputs: inputs.iter().copied().collect(),
        nodes: nodes.into(),
        numbers: outputs.iter().map(|output| output.data).collect(),
        location,
    });
    // The allocator is foreign code, too. If it cleared the tape, the tape is not found here.
    let tape = tape_of::<T>(any);
    let records = tape.push_checkpoint(outputs.len(), checkpoint, zero);
    for (output, record) in outputs.iter_mut().zip(records) {
        *output = Value { node: tape.node(record), slope: one, ..*output };
    }
    result
}

/// A checkpoint as the tape keeps it.
struct Recorded<T> {
    run: Box<Run<T>>,
    inputs: Box<[Value<T>]>,
    /// The nodes of the inputs, ascending, without duplicates.
    nodes: Box<[u32]>,
    /// The numbers of the outputs.
    numbers: Box<[T]>,
    location: &'static Location<'static>,
}

/// The function of a checkpoint. It appends its outputs to the list.
type Run<T> = dyn Fn(&[Value<T>], &mut Vec<Value<T>>);

/// The memory of a recomputation. A sweep keeps it from one checkpoint to the next.
struct Recomputation<T: Scalar> {
    tape: Tape<T>,
    inputs: Vec<Value<T>>,
    outputs: Vec<Value<T>>,
    adjoints: Adjoints<T>,
    /// For the checkpoints on `tape`.
    inner: Workspace,
}

impl<T: Scalar> Checkpoint<T> for Recorded<T> {
    fn bytes(&self) -> usize {
        let heap = [size_of_val(&*self.run), size_of_val(&*self.inputs), size_of_val(&*self.nodes)];
        size_of_val(self) + heap.into_iter().sum::<usize>() + size_of_val(&*self.numbers)
    }

    /// `output_adjoints` may be shorter than the outputs: a sweep may start between them.
    ///
    /// The tape of the recomputation has one variable for each node of the inputs. The adjoint of the variable starts
    /// as that of the node. So the recomputation records and adds in the same order as the tape itself would.
    #[track_caller]
    fn sweep(
        &self,
        records: Records<'_, T>,
        output_adjoints: &[T],
        earlier: &mut [T],
        reached: &mut Reached<'_, T>,
        workspace: &mut Workspace,
    ) {
        let start = earlier.len();
        // The zero of a nested number may have derivatives.
        let has_influence =
            |(k, adjoint): (usize, &T)| if is_plain::<T>() { !adjoint.is_zero() } else { reached.has(start + k) };
        if !output_adjoints.iter().enumerate().any(has_influence) {
            return;
        }
        let kept = workspace.get_or_insert_with(|| Box::new(Recomputation::<T>::default()));
        let Some(Recomputation { tape, inputs, outputs, adjoints, inner }) = kept.downcast_mut::<Recomputation<T>>()
        else {
            unreachable!("all checkpoints of a sweep have one scalar type")
        };
        tape.clear();
        tape.inner.push_variables(self.nodes.len());
        let first = tape.inner.first.get();
        inputs.clear();
        inputs.extend(self.inputs.iter().map(|&input| {
            let variable = input.node.index(records.first).and_then(|node| self.nodes.binary_search(&node).ok());
            let node = variable.map_or(NodeId::CONSTANT, |variable| first.exact(variable));
            Value { node: if input.node.is_exact() { node } else { node.inexact() }, ..input }
        }));
        outputs.clear();
        (self.run)(inputs, outputs);
        self.assert_repeated(outputs);
        let index = |output: &Value<T>| {
            let index = output.node.index(first);
            assert!(
                index.is_some() || output.is_constant(),
                "the function of the checkpoint at {} captures a value of a tape; pass it as an input",
                self.location
            );
            index.map(|index| index as usize)
        };
        let end = outputs.iter().filter_map(index).fold(self.nodes.len(), |end, index| end.max(index + 1));
        tape.inner.read(|local| {
            let seed = |adjoints: &mut [T], local_reached: &mut Reached<'_, T>| {
                for (variable, &node) in self.nodes.iter().enumerate() {
                    adjoints[variable] = earlier[node as usize];
                    if reached.has(node as usize) {
                        local_reached.add(variable);
                    }
                }
                for (k, (output, &adjoint)) in outputs.iter().zip(output_adjoints).enumerate() {
                    if let Some(index) = index(output)
                        && reached.has(start + k)
                    {
                        adjoints[index] = adjoints[index] + scaled(output.slope, adjoint);
                        local_reached.add(index);
                    }
                }
            };
            sweep_from(local, adjoints, end, seed, Kept::Variables, inner);
            #[cfg(feature = "locations")]
            if output_adjoints.iter().all(|adjoint| adjoint.is_finite()) {
                let non_finite = self.nodes.iter().zip(&adjoints.numbers).filter(|(_, adjoint)| !adjoint.is_finite());
                let non_finite = non_finite.map(|(&node, _)| node).filter(|&node| earlier[node as usize].is_finite());
                non_finite.for_each(|node| records.locations.note_cause_of(node, local.locations));
            }
        });
        let (numbers, local_reached) = adjoints.parts();
        for (variable, &node) in self.nodes.iter().enumerate() {
            earlier[node as usize] = numbers[variable];
            if local_reached.has(variable) {
                reached.add(node as usize);
            }
        }
    }
}

impl<T: Scalar> Recorded<T> {
    /// Panics if the second run did not compute the same as the first.
    #[track_caller]
    fn assert_repeated(&self, outputs: &[Value<T>]) {
        let (count, location) = (self.numbers.len(), self.location);
        assert!(
            outputs.len() == count,
            "the function of the checkpoint at {location} returned {count} values, and {} when it ran again; it must \
             depend on its inputs alone",
            outputs.len()
        );
        // Two floats are the same if they have the same bits, or are both NaN. Other numbers are not asked for their
        // sign: a program that records them would get a guard.
        let same_sign = |a: T, b: T| !is_plain::<T>() || a.is_sign_negative() == b.is_sign_negative();
        let same = |a: T, b: T| (a == b && same_sign(a, b)) || (a.is_nan() && b.is_nan());
        let changed = outputs.iter().zip(&self.numbers).position(|(output, &number)| !same(output.data, number));
        assert!(
            changed.is_none(),
            "output {} of the function of the checkpoint at {location} was another number when it ran again; it must \
             depend on its inputs alone",
            changed.unwrap_or_default()
        );
    }
}

impl<T: Scalar> Default for Recomputation<T> {
    fn default() -> Self {
        Self { tape: Tape::new(), inputs: Vec::new(), outputs: Vec::new(), adjoints: Adjoints::new(), inner: None }
    }
}

impl<T> fmt::Debug for Recorded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").field("location", &self.location).finish_non_exhaustive()
    }
}
