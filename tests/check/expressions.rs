//! Random expression graphs, against the plain program, the naive reference and differences.

use gradtape::Value;
use gradtape::check::random::{Arithmetic, Expression, Smooth};
use quickcheck::TestResult;
use testing::differentiable::Over;
use testing::for_every_number;
use testing::references::{
    agrees_in_any_lane, agrees_with_differences, agrees_with_other_tapes, agrees_with_second_differences,
    agrees_with_the_references,
};
use testing::{TestFloat, quickcheck};

/// If the claim does not apply to an expression, another expression is tried.
fn counted(says_something: bool) -> TestResult {
    if says_something { TestResult::passed() } else { TestResult::discard() }
}

fn smooth_references<T: TestFloat + Arithmetic, F: Over<T> + Arithmetic>()
where
    Value<T>: Arithmetic,
{
    let property = |Smooth(graph)| counted(agrees_with_the_references::<T, F>(&graph));
    quickcheck(500, property as fn(Smooth) -> TestResult);
}

fn wild_references<T: TestFloat + Arithmetic, F: Over<T> + Arithmetic>()
where
    Value<T>: Arithmetic,
{
    let property = |graph| counted(agrees_with_the_references::<T, F>(&graph));
    quickcheck(500, property as fn(Expression) -> TestResult);
}

for_every_number! {
    numbers_are_the_plain_programs_and_gradients_the_naive_ones: smooth_references;
    wild_numbers_are_the_plain_programs_and_gradients_the_naive_ones: wild_references;
}

#[test]
fn gradients_agree_with_differences() {
    quickcheck(300, (|Smooth(graph)| counted(agrees_with_differences(&graph))) as fn(Smooth) -> TestResult);
}

#[test]
fn nested_and_cleared_tapes_compute_the_same_bits_in_f64() {
    quickcheck(300, (|graph| counted(agrees_with_other_tapes::<f64>(&graph))) as fn(Expression) -> TestResult);
    quickcheck(300, (|Smooth(graph)| counted(agrees_with_other_tapes::<f64>(&graph))) as fn(Smooth) -> TestResult);
}

#[test]
fn nested_and_cleared_tapes_compute_the_same_bits_in_f32() {
    quickcheck(300, (|graph| counted(agrees_with_other_tapes::<f32>(&graph))) as fn(Expression) -> TestResult);
}

#[test]
fn lanes_and_nested_duals_compute_the_same_bits() {
    quickcheck(500, (|graph| counted(agrees_in_any_lane::<f64>(&graph))) as fn(Expression) -> TestResult);
    quickcheck(500, (|graph| counted(agrees_in_any_lane::<f32>(&graph))) as fn(Expression) -> TestResult);
    quickcheck(300, (|Smooth(graph)| counted(agrees_in_any_lane::<f64>(&graph))) as fn(Smooth) -> TestResult);
}

#[test]
fn second_derivatives_agree_with_differences_in_every_nesting() {
    quickcheck(100, (|Smooth(graph)| counted(agrees_with_second_differences(&graph))) as fn(Smooth) -> TestResult);
}
