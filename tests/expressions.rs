//! Random expression graphs, against the plain program, the naive reference and differences.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

mod support;

use gradtape::check::{Expression, Number, Smooth};
use gradtape::{Tape, Value, gradient};
use quickcheck::TestResult;
use support::naive::Naive;
use support::{Plain, assert_near, assert_same_bits, difference, number, quickcheck};

/// The number and the gradient of a graph.
fn swept<T: Plain + Number>(graph: &Expression) -> (T, Vec<T>)
where
    Value<T>: Number,
{
    let tape = Tape::new();
    let inputs: Vec<_> = graph.inputs().iter().map(|&x| tape.var(number(x))).collect();
    let result = graph.eval(&inputs);
    (result.data(), result.backward().wrt_all(&inputs))
}

/// From the reference: the rounding error of the number, and each derivative with the scale of its rounding errors,
/// where all this is ordinary.
fn expected<T: Plain + Number>(graph: &Expression) -> (T, Option<Vec<(T, T)>>)
where
    Value<T>: Number,
{
    let inputs: Vec<Naive<T>> = graph.inputs().iter().map(|&x| Naive::new(number(x), Vec::new())).collect();
    let result = graph.eval(&inputs);
    let scale = result.backward();
    (scale * T::epsilon(), result.is_ordinary().then(|| inputs.iter().map(Naive::adjoint).collect()))
}

/// The same claims on any expression: the number always, and the gradient where the reference is ordinary. The tape
/// multiplies partials from the variables up and the reference from the result down, so where products of some of them
/// over- or underflow the two may differ.
fn agrees_with_the_references<T: Plain + Number>(graph: &Expression) -> TestResult
where
    Value<T>: Number,
{
    let plain: Vec<T> = graph.inputs().iter().map(|&x| number(x)).collect();
    if depends_on_the_sign_of_nan(graph, &plain) {
        return TestResult::discard();
    }
    let (value, gradient) = swept::<T>(graph);
    assert_same_bits(value, graph.eval(&plain), graph);
    let Some(derivatives) = expected::<T>(graph).1 else { return TestResult::discard() };
    for (ours, (theirs, scale)) in gradient.into_iter().zip(derivatives) {
        // 1e-12 in f64.
        assert_near(ours, theirs, number::<T>(4500.0) * T::epsilon() * scale, graph);
    }
    TestResult::passed()
}

/// The sign of a NaN is an accident of the machine, and `copysign` tells it.
fn depends_on_the_sign_of_nan<T: Plain + Number>(graph: &Expression, inputs: &[T]) -> bool {
    graph.trace(inputs).into_iter().any(T::is_nan) && graph.to_string().contains("copysign")
}

#[test]
fn numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f64() {
    quickcheck(1000, (|Smooth(graph)| agrees_with_the_references::<f64>(&graph)) as fn(Smooth) -> TestResult);
}

#[test]
fn numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f32() {
    quickcheck(1000, (|Smooth(graph)| agrees_with_the_references::<f32>(&graph)) as fn(Smooth) -> TestResult);
}

#[test]
fn wild_numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f64() {
    quickcheck(1000, (|graph| agrees_with_the_references::<f64>(&graph)) as fn(Expression) -> TestResult);
}

#[test]
fn wild_numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f32() {
    quickcheck(1000, (|graph| agrees_with_the_references::<f32>(&graph)) as fn(Expression) -> TestResult);
}

/// A tape of tapes computes with the same numbers.
fn agrees_with_nested_tapes(graph: Expression) -> TestResult {
    if depends_on_the_sign_of_nan(&graph, graph.inputs()) {
        return TestResult::discard();
    }
    let (value, slopes) = swept::<f64>(&graph);
    let inner = Tape::new();
    let inputs = inner.vars(graph.inputs());
    let (nested, nested_slopes) = gradient(|x: &[Value<Value<f64>>]| graph.eval(x), &inputs);
    assert_same_bits(nested.data(), value, &graph);
    for (nested, plain) in nested_slopes.iter().zip(&slopes) {
        assert_same_bits(nested.data(), *plain, &graph);
    }
    TestResult::passed()
}

#[test]
fn nested_tapes_have_the_numbers_and_the_gradients_of_one_bit_for_bit() {
    quickcheck(500, agrees_with_nested_tapes as fn(Expression) -> TestResult);
    quickcheck(500, (|Smooth(graph)| agrees_with_nested_tapes(graph)) as fn(Smooth) -> TestResult);
}

#[test]
fn gradients_agree_with_differences() {
    fn property(Smooth(graph): Smooth) -> TestResult {
        let (_, gradient) = swept::<f64>(&graph);
        let (noise, derivatives) = expected::<f64>(&graph);
        let derivatives = derivatives.expect("a smooth expression is ordinary");
        let along = |k: usize, x: f64| {
            let mut inputs = graph.inputs().to_vec();
            inputs[k] = x;
            if graph.is_smooth_at(&inputs) { graph.eval(&inputs) } else { f64::NAN }
        };
        for (k, &ours) in gradient.iter().enumerate() {
            let (theirs, error) = difference(|x| along(k, x), graph.inputs()[k], 0.02, noise);
            let scale = derivatives[k].1 + 1.0;
            if error.is_nan() || error > 1e-4 * scale {
                return TestResult::discard();
            }
            assert_near(ours, theirs, error + 1e-9 * scale, (k, &graph));
        }
        TestResult::passed()
    }
    quickcheck(300, property as fn(Smooth) -> TestResult);
}
