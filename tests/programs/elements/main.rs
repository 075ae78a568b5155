//! Functions whose repeated parts are found: [`Compiled`] against the tape.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::Compiled;
use testing::quickcheck;
use testing::structured::agreement::{assert_gradients_of, assert_hessians_of, assert_hidden, assert_jacobians_of};
use testing::structured::{Hidden, Problem, Residuals};

/// Counts the allocations of each thread.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod adbench;
mod branches;
mod edges;
mod least_squares;
mod length;
mod source;
mod uses;

/// How often a function was evaluated, how often it was recorded, and how many evaluations the driver made.
fn counts<F, T>(compiled: &Compiled<F, T>) -> [usize; 3] {
    let counts = compiled.recordings();
    [counts.evaluations, counts.recordings, counts.by_driver]
}

#[test]
fn derivatives_of_random_functions_are_the_tapes() {
    fn property(hidden: Hidden) {
        assert_hidden::<f64>(&hidden);
        assert_hidden::<f32>(&hidden);
    }
    quickcheck(30, property as fn(Hidden));
}

#[test]
fn derivatives_of_test_problems_are_the_tapes() {
    for problem in Problem::all() {
        for variables in [12, 60] {
            let start = problem.start(variables);
            let moved = start.iter().zip(0..).map(|(x, k)| x + 0.1 * f64::from(k).sin()).collect();
            let points = [start, moved];
            assert_gradients_of(problem, &points, || format!("{problem:?}"));
            assert_hessians_of(problem, &points, || format!("{problem:?}"));
        }
    }
    for residuals in Residuals::ALL {
        assert_jacobians_of(residuals, &[residuals.start(12), residuals.start(60)], || format!("{residuals:?}"));
    }
}
