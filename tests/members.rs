//! `cargo test` at the top runs this, and this runs the tests of the members of the workspace, with all features that
//! they need. Built apart, these features and the crates behind them cost the examples nothing.
//!
//! Arguments are passed on: `cargo test --test members -- tape::` runs the tests of the members with `tape::` in their
//! names.

use std::env;
use std::process::{Command, exit};

/// The members with tests. `locations` is not among them: its feature slows tapes down, and `.ci/run` tests it.
const MEMBERS: [&str; 4] = ["gradtape-testing", "gradtape-tests", "gradtape-tests-accuracy", "gradtape-tests-interop"];

/// The features that the members ask for together, so that the examples of the documentation need no second build.
const FEATURES: &str =
    "approx,arbitrary,compiled,complex,csv,half,lbfgs,nalgebra,ndarray,quickcheck,rayon,serde,simd,special,twofloat";

fn run(arguments: &[&str], passed_on: &[String]) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).arg("test");
    // In the profile of this test.
    cargo.args((!cfg!(debug_assertions)).then_some("--release"));
    cargo.args(MEMBERS.iter().flat_map(|member| ["--package", member]));
    cargo.args(arguments).arg("--").args(passed_on);
    println!("{cargo:?}");
    if !cargo.status().expect("whoever runs the tests has cargo").success() {
        exit(1);
    }
}

fn main() {
    let passed_on: Vec<String> = env::args().skip(1).collect();
    run(&["--tests", "--no-fail-fast"], &passed_on);
    run(&["--doc", "--package", "gradtape", "--features", FEATURES], &passed_on);
}
