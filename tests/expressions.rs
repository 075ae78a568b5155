//! Random expression graphs, against the plain program, the naive reference and differences.

mod support;

use gradtape::check::{Expression, Smooth};
use quickcheck::TestResult;
use support::quickcheck;
use support::references::{agrees_with_differences, agrees_with_other_tapes, agrees_with_the_references};

/// Another expression takes the place of one about which the claim says nothing.
fn counted(says_something: bool) -> TestResult {
    if says_something { TestResult::passed() } else { TestResult::discard() }
}

#[test]
fn numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f64() {
    quickcheck(1000, (|Smooth(graph)| counted(agrees_with_the_references::<f64>(&graph))) as fn(Smooth) -> TestResult);
}

#[test]
fn numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f32() {
    quickcheck(1000, (|Smooth(graph)| counted(agrees_with_the_references::<f32>(&graph))) as fn(Smooth) -> TestResult);
}

#[test]
fn wild_numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f64() {
    quickcheck(1000, (|graph| counted(agrees_with_the_references::<f64>(&graph))) as fn(Expression) -> TestResult);
}

#[test]
fn wild_numbers_are_the_plain_programs_and_gradients_the_naive_ones_in_f32() {
    quickcheck(1000, (|graph| counted(agrees_with_the_references::<f32>(&graph))) as fn(Expression) -> TestResult);
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
