//! Functions whose repeated parts are found: [`Compiled`] against the tape.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::{Compiled, Stage};
use testing::quickcheck;
use testing::structured::agreement::{assert_gradients_of, assert_hessians_of, assert_hidden, assert_jacobians_of};
use testing::structured::{Hidden, Problem, Residuals};

/// Counts the allocations of each thread.
#[global_allocator]
static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;

mod adbench;
mod branches;
mod chains;
mod edges;
mod generated;
mod least_squares;
mod length;
mod long_sums;
mod lower_triangles;
mod source;
mod uses;

/// Runs `f` with so many threads.
fn on_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

/// How often a function was evaluated, how often it was recorded, and how many evaluations the driver made.
fn counts<F, T>(compiled: &Compiled<F, T>) -> [usize; 3] {
    let counts = compiled.recordings();
    [counts.evaluations, counts.recordings, counts.by_driver]
}

#[test]
fn derivatives_of_random_functions_are_the_tapes() {
    fn property(hidden: Hidden) {
        assert_hidden::<f64>(&hidden, None);
        assert_hidden::<f32>(&hidden, None);
    }
    quickcheck(30, property as fn(Hidden));
}

#[test]
fn derivatives_of_random_functions_do_not_depend_on_any_stage() {
    fn property(hidden: Hidden) {
        for stage in Stage::ALL {
            assert_hidden::<f64>(&hidden, Some(stage));
        }
    }
    quickcheck(10, property as fn(Hidden));
}

/// Rows are cut into pieces of one, and each thread has a part of every vector, however few there are.
#[test]
fn pieces_of_one_row_on_several_threads_give_the_same_derivatives() {
    fn property(hidden: Hidden) {
        assert_hidden::<f64>(&hidden, Some(Stage::LongChunks));
        assert_hidden::<f32>(&hidden, Some(Stage::LongChunks));
    }
    on_threads(3, || quickcheck(10, property as fn(Hidden)));
}

#[test]
fn derivatives_of_test_problems_are_the_tapes() {
    for problem in Problem::all() {
        for variables in [12, 60] {
            let start = problem.start(variables);
            let moved = start.iter().zip(0..).map(|(x, k)| x + 0.1 * f64::from(k).sin()).collect();
            let points = [start, moved];
            assert_gradients_of(problem, None, &points, || format!("{problem:?}"));
            assert_hessians_of(problem, None, &points, || format!("{problem:?}"));
        }
    }
    for residuals in Residuals::ALL {
        assert_jacobians_of(residuals, None, &[residuals.start(12), residuals.start(60)], || format!("{residuals:?}"));
    }
}
