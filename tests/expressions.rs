//! Random expression graphs, against the plain program, the naive reference and differences.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

mod support;

use gradtape::check::{Expression, Number, Smooth, difference};
use gradtape::{Tape, Value, gradient};
use quickcheck::TestResult;
use support::naive::Naive;
use support::{Plain, assert_near, assert_same_bits, number, quickcheck};

/// Every number is the plain program's, and the gradient of the last that is ordinary and no constant the reference's. The tape
/// multiplies partials from the variables up and the reference from the result down, so where products of some of them
/// over- or underflow the two may differ.
fn agrees_with_the_references<T: Plain + Number>(graph: &Expression) -> TestResult
where
    Value<T>: Number,
{
    let x: Vec<T> = graph.inputs().iter().map(|&x| number(x)).collect();
    if depends_on_the_sign_of_nan(graph, &x) {
        return TestResult::discard();
    }
    let tape = Tape::new();
    let inputs = tape.vars(&x);
    let ours = graph.trace(&inputs);
    for (ours, plain) in ours.iter().zip(graph.trace(&x)) {
        assert_same_bits(ours.data(), plain, graph);
    }
    let naive_inputs: Vec<Naive<T>> = x.iter().map(|&x| Naive::new(x, Vec::new())).collect();
    let naive = graph.trace(&naive_inputs);
    let Some(last) = naive.iter().rposition(|x| x.is_ordinary() && !x.is_constant()) else {
        return TestResult::discard();
    };
    naive[last].backward();
    for (ours, theirs) in ours[last].backward().wrt_all(&inputs).into_iter().zip(&naive_inputs) {
        let (theirs, scale) = theirs.adjoint();
        // 1e-12 in f64.
        assert_near(ours, theirs, number::<T>(4500.0) * T::epsilon() * scale, (last, graph));
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
    let (value, slopes) = gradient(|x| graph.eval(x), graph.inputs());
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
        let (_, slopes) = gradient(|x| graph.eval(x), graph.inputs());
        let inputs: Vec<Naive<f64>> = graph.inputs().iter().map(|&x| Naive::new(x, Vec::new())).collect();
        let naive = graph.eval(&inputs);
        assert!(naive.is_ordinary(), "{graph}");
        naive.backward();
        let along = |k: usize, x: f64| {
            let mut inputs = graph.inputs().to_vec();
            inputs[k] = x;
            if graph.is_smooth_at(&inputs) { graph.eval(&inputs) } else { f64::NAN }
        };
        for (k, &ours) in slopes.iter().enumerate() {
            let (theirs, error) = difference(|x| along(k, x), graph.inputs()[k]);
            let scale = inputs[k].adjoint().1 + 1.0;
            if error.is_nan() || error > 1e-4 * scale {
                return TestResult::discard();
            }
            assert_near(ours, theirs, error + 1e-9 * scale, (k, &graph));
        }
        TestResult::passed()
    }
    quickcheck(300, property as fn(Smooth) -> TestResult);
}
