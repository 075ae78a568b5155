//! Random expression graphs, against the plain program, the naive reference and differences.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

mod support;

use gradtape::check::difference;
use gradtape::{Tape, Value};
use quickcheck::TestResult;
use support::expression::{Expression, Number};
use support::naive::Naive;
use support::{Plain, assert_near, assert_same_bits, number, quickcheck};

/// The number and the gradient of a graph.
fn swept<T: Plain + Number>(graph: &Expression) -> (T, Vec<T>)
where
    Value<T>: Number,
{
    let tape = Tape::new();
    let inputs: Vec<_> = graph.inputs.iter().map(|&x| tape.var(number(x))).collect();
    let result = graph.evaluate(&inputs);
    (result.data(), result.backward().wrt_all(&inputs))
}

/// From the reference: each derivative with the scale of its rounding errors.
fn expected<T: Plain>(graph: &Expression) -> Vec<(T, T)> {
    let inputs: Vec<Naive<T>> = graph.inputs.iter().map(|&x| Naive::new(number(x), Vec::new())).collect();
    let result = graph.evaluate(&inputs);
    result.backward();
    inputs.iter().map(Naive::adjoint).collect()
}

fn agrees_with_the_references<T: Plain + Number>(graph: Expression)
where
    Value<T>: Number,
{
    let (value, gradient) = swept::<T>(&graph);
    let plain: Vec<T> = graph.inputs.iter().map(|&x| number(x)).collect();
    assert_same_bits(value, graph.evaluate(&plain), &graph);
    let derivatives = expected::<T>(&graph);
    for (ours, (theirs, scale)) in gradient.into_iter().zip(derivatives) {
        // 1e-12 in f64.
        assert_near(ours, theirs, number::<T>(4500.0) * T::epsilon() * scale, &graph);
    }
}

#[test]
fn numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f64() {
    quickcheck(1000, agrees_with_the_references::<f64> as fn(Expression));
}

#[test]
fn numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f32() {
    quickcheck(1000, agrees_with_the_references::<f32> as fn(Expression));
}

#[test]
fn gradients_agree_with_differences() {
    fn property(graph: Expression) -> TestResult {
        let (_, gradient) = swept::<f64>(&graph);
        let derivatives = expected::<f64>(&graph);
        let along = |k: usize, x: f64| {
            let mut inputs = graph.inputs.clone();
            inputs[k] = x;
            graph.smooth(&inputs)
        };
        for (k, &ours) in gradient.iter().enumerate() {
            let (theirs, error) = difference(|x| along(k, x), graph.inputs[k]);
            let scale = derivatives[k].1 + 1.0;
            if error.is_nan() || error > 1e-4 * scale {
                return TestResult::discard();
            }
            assert_near(ours, theirs, error + 1e-9 * scale, (k, &graph));
        }
        TestResult::passed()
    }
    quickcheck(300, property as fn(Expression) -> TestResult);
}
