//! Claims about an expression, against the plain program, the naive reference and differences.
//!
//! Each returns whether it says anything about this expression, and panics if that is wrong.

use gradtape::check::{Expression, Number};
use gradtape::{Tape, Value};

use super::naive::Naive;
use super::{Plain, assert_near, assert_same_bits, difference, number};

fn inputs<T: Plain>(graph: &Expression) -> Vec<T> {
    graph.inputs().iter().map(|&x| number(x)).collect()
}

/// The number and the gradient of a graph.
fn swept<T: Plain>(graph: &Expression, tape: &Tape<T>) -> (T, Vec<T>)
where
    Value<T>: Number,
{
    let inputs = tape.vars(&inputs(graph));
    let result = graph.eval(&inputs);
    (result.data(), result.backward().wrt_all(&inputs))
}

/// The result of the reference, and its inputs.
fn reference<T: Plain + Number>(graph: &Expression) -> (Naive<T>, Vec<Naive<T>>)
where
    Value<T>: Number,
{
    let inputs: Vec<_> = inputs(graph).into_iter().map(|x| Naive::new(x, Vec::new())).collect();
    (graph.eval(&inputs), inputs)
}

/// The sign of a NaN is an accident of the machine, and `copysign` tells it.
fn depends_on_the_sign_of_nan<T: Plain + Number>(graph: &Expression) -> bool {
    graph.trace(&inputs::<T>(graph)).into_iter().any(T::is_nan) && graph.to_string().contains("copysign")
}

/// The number is that of the plain program, and the gradient is the reference's where that is ordinary. Elsewhere it
/// has no NaN where the number is none and the derivative of the reference is finite, unless slopes overflow.
///
/// The tape multiplies partials from the variables up and the reference from the result down, so where products of some
/// of them over- or underflow the two may differ; and so they may by paths that part behind an infinite partial, whose
/// slopes are infinite already where they meet again.
pub(crate) fn agrees_with_the_references<T: Plain + Number>(graph: &Expression) -> bool
where
    Value<T>: Number,
{
    if depends_on_the_sign_of_nan::<T>(graph) {
        return false;
    }
    let (value, gradient) = swept::<T>(graph, &Tape::new());
    assert_same_bits(value, graph.eval(&inputs::<T>(graph)), graph);
    let (result, inputs) = reference::<T>(graph);
    result.backward();
    for (ours, (theirs, scale)) in gradient.into_iter().zip(inputs.iter().map(Naive::adjoint)) {
        if result.is_ordinary() {
            // 1e-12 in f64.
            assert_near(ours, theirs, number::<T>(4500.0) * T::epsilon() * scale, graph);
        } else if result.is_bounded() && !value.is_nan() {
            assert!(!ours.is_nan() || !theirs.is_finite(), "{graph:?}: NaN instead of {theirs:?}");
        }
    }
    result.is_ordinary()
}

/// The gradient is that of differences of the plain program, where it is smooth and not too noisy.
pub(crate) fn agrees_with_differences(graph: &Expression) -> bool {
    if !graph.is_smooth_at(graph.inputs()) {
        return false;
    }
    let (_, gradient) = swept::<f64>(graph, &Tape::new());
    let (result, inputs) = reference::<f64>(graph);
    let noise = result.backward() * f64::EPSILON;
    if !result.is_ordinary() {
        return false;
    }
    let along = |k: usize, x: f64| {
        let mut inputs = graph.inputs().to_vec();
        inputs[k] = x;
        if graph.is_smooth_at(&inputs) { graph.eval(&inputs) } else { f64::NAN }
    };
    gradient.iter().enumerate().all(|(k, &ours)| {
        let (theirs, error) = difference(|x| along(k, x), graph.inputs()[k], 0.02, noise);
        let scale = inputs[k].adjoint().1 + 1.0;
        let is_clear = error <= 1e-4 * scale;
        if is_clear {
            assert_near(ours, theirs, error + 1e-9 * scale, (k, graph));
        }
        is_clear
    })
}

/// A tape of tapes computes the same number and the same derivatives, and so does a tape that was cleared.
pub(crate) fn agrees_with_other_tapes<T: Plain + Number>(graph: &Expression) -> bool
where
    Value<T>: Number,
    Value<Value<T>>: Number,
{
    if depends_on_the_sign_of_nan::<T>(graph) {
        return false;
    }
    let tape = Tape::new();
    let (value, gradient) = swept::<T>(graph, &tape);
    tape.clear();
    let again = swept(graph, &tape);
    tape.clear();
    let outer = Tape::new();
    let inputs = outer.vars(&tape.vars(&inputs(graph)));
    let result = graph.eval(&inputs);
    let nested = result.backward().wrt_all(&inputs).into_iter().map(Value::data).collect();
    for (other_value, other_gradient) in [again, (result.data().data(), nested)] {
        assert_same_bits(other_value, value, graph);
        for (other, ours) in other_gradient.into_iter().zip(&gradient) {
            assert_same_bits(other, *ours, graph);
        }
    }
    true
}
