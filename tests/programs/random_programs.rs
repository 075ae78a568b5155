//! Programs of random expressions on random rows, compared with tapes and with each other.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::Value;
use gradtape::check::random::{Any, Arithmetic, Expression, Singular, Smooth, Unit};
use gradtape::program::{Expr, Optimization, Options, Precision};
use quickcheck::TestResult;
use testing::derivatives::{
    derivatives_by_some_are_some_of_all, exact_pullbacks_are_the_tape, second_derivatives_agree,
};
use testing::orders::programs_have_the_orders_of_tapes;
use testing::programs::{
    all_options, exact_programs_are_the_tape, inputs, programs_agree_where_rounding_is_harmless,
    programs_agree_within_rounding, rows_are_independent, rows_near, rows_of, sums_agree,
};
use testing::{TestFloat, quickcheck};

/// If the claim does not apply to an expression, another expression is tried.
fn counted(says_something: bool) -> TestResult {
    if says_something { TestResult::passed() } else { TestResult::discard() }
}

/// One of the options; all of them are covered.
fn one(choice: u8) -> Options {
    let all = all_options();
    all[usize::from(choice) % all.len()]
}

fn few<T>(list: &[T], most: usize) -> &[T] {
    &list[..list.len().min(most)]
}

fn exact_where_smooth<T>(Smooth(graph): Smooth, units: Vec<Unit>, choice: u8) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    counted(exact_programs_are_the_tape(&graph, &rows_near::<T>(&graph, few(&units, 24)), one(choice)))
}

fn exact_anywhere<T>(graph: Expression, others: Vec<Any<T>>, choice: u8) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
    Any<T>: Clone,
{
    counted(exact_programs_are_the_tape(&graph, &rows_of(&graph, few(&others, 24)), one(choice)))
}

#[test]
fn exact_programs_compute_the_bits_of_the_tape_in_f64() {
    quickcheck(200, exact_where_smooth::<f64> as fn(Smooth, Vec<Unit>, u8) -> TestResult);
}

#[test]
fn exact_programs_compute_the_bits_of_the_tape_in_f32() {
    quickcheck(200, exact_where_smooth::<f32> as fn(Smooth, Vec<Unit>, u8) -> TestResult);
}

#[test]
fn exact_programs_of_wild_numbers_compute_the_bits_of_the_tape_and_refuse_what_goes_another_way_in_f64() {
    quickcheck(400, exact_anywhere::<f64> as fn(Expression, Vec<Any<f64>>, u8) -> TestResult);
}

#[test]
fn exact_programs_of_wild_numbers_compute_the_bits_of_the_tape_and_refuse_what_goes_another_way_in_f32() {
    quickcheck(400, exact_anywhere::<f32> as fn(Expression, Vec<Any<f32>>, u8) -> TestResult);
}

fn near_with_each_optimization<T>(Smooth(graph): Smooth, units: Vec<Unit>, choice: u8) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Expr<T>: Arithmetic,
{
    counted(programs_agree_within_rounding(&graph, &rows_near::<T>(&graph, few(&units, 4)), one(choice)))
}

#[test]
fn programs_are_off_by_rounding_alone_with_and_without_each_optimization_in_f64() {
    quickcheck(200, near_with_each_optimization::<f64> as fn(Smooth, Vec<Unit>, u8) -> TestResult);
}

#[test]
fn programs_are_off_by_rounding_alone_with_and_without_each_optimization_in_f32() {
    quickcheck(200, near_with_each_optimization::<f32> as fn(Smooth, Vec<Unit>, u8) -> TestResult);
}

fn wild_and_harmless<T>(graph: Expression, choice: u8) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    counted(programs_agree_where_rounding_is_harmless(&graph, &inputs::<T>(&graph), one(choice)))
}

#[test]
fn programs_of_wild_numbers_are_the_tapes_where_rounding_is_harmless_in_f64() {
    quickcheck(400, wild_and_harmless::<f64> as fn(Expression, u8) -> TestResult);
}

#[test]
fn programs_of_wild_numbers_are_the_tapes_where_rounding_is_harmless_in_f32() {
    quickcheck(400, wild_and_harmless::<f32> as fn(Expression, u8) -> TestResult);
}

/// All lengths up to 40, and some around the sizes of blocks and tasks.
fn length(choice: u8) -> usize {
    match choice {
        0..40 => usize::from(choice) + 1,
        _ => [40, 63, 64, 65, 127, 128, 129, 255, 256, 257, 271, 511, 513][usize::from(choice) % 13],
    }
}

fn independent<T>(graph: Expression, others: Vec<Any<T>>, choice: u8, len: u8, is_exact: bool) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Expr<T>: Arithmetic,
{
    let options = if is_exact { one(choice).exact() } else { one(choice) };
    counted(rows_are_independent(&graph, &rows_of(&graph, &others), length(len), options))
}

#[test]
fn rows_do_not_depend_on_their_neighbours_in_f64() {
    quickcheck(100, independent::<f64> as fn(Expression, Vec<Any<f64>>, u8, u8, bool) -> TestResult);
}

#[test]
fn rows_do_not_depend_on_their_neighbours_in_f32() {
    quickcheck(100, independent::<f32> as fn(Expression, Vec<Any<f32>>, u8, u8, bool) -> TestResult);
}

fn summed<T>(Smooth(graph): Smooth, units: Vec<Unit>, choice: u8, len: u8, is_exact: bool) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let count = [1, 2, 15, 16, 17, 31, 255, 256, 257, 1000][usize::from(len) % 10];
    let options = if is_exact { one(choice).exact() } else { one(choice) };
    counted(sums_agree(&graph, &rows_near::<T>(&graph, few(&units, 9)), count, options))
}

#[test]
fn sums_over_rows_are_those_of_the_rows_in_f64() {
    quickcheck(120, summed::<f64> as fn(Smooth, Vec<Unit>, u8, u8, bool) -> TestResult);
}

#[test]
fn sums_over_rows_are_those_of_the_rows_in_f32() {
    quickcheck(120, summed::<f32> as fn(Smooth, Vec<Unit>, u8, u8, bool) -> TestResult);
}

fn twice_differentiated<T>(Smooth(graph): Smooth, choice: u8, is_exact: bool) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Value<Value<T>>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let options = if is_exact { one(choice).exact() } else { one(choice) };
    counted(second_derivatives_agree::<T>(&graph, options))
}

#[test]
fn programs_of_derivatives_have_the_derivatives_of_tapes_of_tapes_in_f64() {
    quickcheck(120, twice_differentiated::<f64> as fn(Smooth, u8, bool) -> TestResult);
}

#[test]
fn programs_of_derivatives_have_the_derivatives_of_tapes_of_tapes_in_f32() {
    quickcheck(120, twice_differentiated::<f32> as fn(Smooth, u8, bool) -> TestResult);
}

fn exact_pullbacks<T>(graph: Expression, others: Vec<Any<T>>, choice: u8, some: u8) -> TestResult
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
    Any<T>: Clone,
{
    counted(exact_pullbacks_are_the_tape(&graph, &rows_of(&graph, few(&others, 8)), some, one(choice)))
}

#[test]
fn exact_pullbacks_and_jacobians_of_wild_numbers_compute_the_bits_of_the_tape_in_f64() {
    quickcheck(150, exact_pullbacks::<f64> as fn(Expression, Vec<Any<f64>>, u8, u8) -> TestResult);
}

#[test]
fn exact_pullbacks_and_jacobians_of_wild_numbers_compute_the_bits_of_the_tape_in_f32() {
    quickcheck(150, exact_pullbacks::<f32> as fn(Expression, Vec<Any<f32>>, u8, u8) -> TestResult);
}

fn by_some<T>(Smooth(graph): Smooth, choice: u8, some: u8) -> TestResult
where
    T: TestFloat + Precision,
    Expr<T>: Arithmetic,
{
    counted(derivatives_by_some_are_some_of_all::<T>(&graph, some, one(choice)))
}

#[test]
fn derivatives_of_some_outputs_by_some_inputs_are_some_of_all_in_f64() {
    quickcheck(150, by_some::<f64> as fn(Smooth, u8, u8) -> TestResult);
}

#[test]
fn derivatives_of_some_outputs_by_some_inputs_are_some_of_all_in_f32() {
    quickcheck(150, by_some::<f32> as fn(Smooth, u8, u8) -> TestResult);
}

#[test]
fn all_optimizations_have_options_of_their_own() {
    assert_eq!(all_options().len(), Optimization::ALL.len() + 2);
}

fn orders_at_singular_points(Singular(graph): Singular, choice: u8) -> TestResult {
    counted(programs_have_the_orders_of_tapes(&graph, one(choice)))
}

#[test]
fn programs_have_the_derivatives_of_tapes_to_the_third_order_at_singular_points() {
    quickcheck(200, orders_at_singular_points as fn(Singular, u8) -> TestResult);
}
