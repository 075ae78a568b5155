//! The tests with the crates whose traits the numbers have. They need features that would make every other build of this
//! folder wait for these crates, so they are built apart, and run from here.

use std::env;
use std::process::Command;

/// The features that need those crates, of which the documentation has examples, too.
const FEATURES: &str = "approx,half,nalgebra,ndarray,twofloat";

fn cargo(arguments: &[&str]) {
    let mut cargo = Command::new(env!("CARGO"));
    // In the folder of the workspace, and in the profile of this test.
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo.args(["test", "--package", "gradtape", "--package", "gradtape-tests-interop", "--features", FEATURES]);
    cargo.args((!cfg!(debug_assertions)).then_some("--release")).args(arguments);
    let output = cargo.output().expect("whoever runs the tests has cargo");
    let [printed, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    print!("{printed}");
    assert!(output.status.success(), "{printed}\n{errors}");
    assert!(printed.contains("test result: ok"), "no test was run: {printed}\n{errors}");
}

#[test]
fn numbers_work_inside_of_other_crates_and_so_do_the_examples_of_their_documentation() {
    cargo(&["--test", "interop"]);
    // What has these features: the others are examples of every build.
    cargo(&["--doc", "--", "src/interop", "src/lib.rs"]);
}
