//! Any bytes as the data file of the example that trains, and as its model: it ends with an error or a report, never
//! with a panic. A model that was saved can be read and exported.

#![no_main]

use std::sync::LazyLock;
use std::{env, fs, process};

use libfuzzer_sys::fuzz_target;

/// Files of this process.
static DATA: LazyLock<String> = LazyLock::new(|| path("csv"));
static CHANGED: LazyLock<String> = LazyLock::new(|| path("changed.csv"));
static MODEL: LazyLock<String> = LazyLock::new(|| path("json"));
static SOURCE: LazyLock<String> = LazyLock::new(|| path("rs"));

fn path(extension: &str) -> String {
    let name = format!("gradtape-fuzz-{}.{extension}", process::id());
    env::temp_dir().join(name).display().to_string()
}

/// How the file is read, and what is trained. All is left to the file, or asked for.
const TASKS: [(&[&str], &[&str]); 5] = [
    (&[], &[]),
    (&[], &["--task", "classification", "--precision", "f32", "--patience", "1", "--class-weights", "balanced"]),
    (&[], &["--task", "regression", "--precision", "f32", "--clip", "1", "--missing", "mean"]),
    (
        &["--separator", ";", "--decimal", ","],
        &["--header", "no", "--target", "1", "--missing", "drop", "--precision", "f32"],
    ),
    (&[], &["--target", "y", "--keep", "1", "--ignore", "2", "--missing", "mean", "--precision", "f32"]),
];

/// The output of the program; none if it ends with an error.
fn run(args: &[&str]) -> Option<String> {
    let mut out = Vec::new();
    let result = train::run(args.iter().map(Into::into), &mut out, false);
    let out = String::from_utf8(out).expect("a report is text");
    let message = result.as_ref().map_or_else(ToString::to_string, |()| out.replace('\n', ""));
    assert!(!message.contains(char::is_control), "the text of the file got out of its line: {message:?}");
    result.ok().map(|()| out)
}

fuzz_target!(|bytes: &[u8]| {
    fs::write(&*DATA, bytes).expect("the directory of temporary files can be written");
    // Words that the model does not know.
    let changed: Vec<u8> = bytes.iter().map(|&byte| if byte == b'u' { b'w' } else { byte }).collect();
    fs::write(&*CHANGED, changed).expect("the directory of temporary files can be written");
    let usual = ["--data", &DATA, "--epochs", "1", "--hidden", "2"];
    for (format, task) in TASKS {
        if run(&[&usual[..], &["--save", &MODEL], format, task].concat()).is_some() {
            let page = run(&["inspect", &MODEL]);
            assert!(page.is_some(), "a model that was saved cannot be read");
            // Values far from those of the training may be too large for the network.
            run(&[&["predict", "--model", &MODEL, "--data", &DATA][..], format].concat());
            run(&[&["predict", "--model", &MODEL, "--data", &CHANGED, "--unknown", "ignore"][..], format].concat());
            let source = run(&["export", "--model", &MODEL, "--rust", &SOURCE]);
            assert!(source.is_some(), "a model that was saved cannot be exported");
            // Only of tables that can be trained on: folds have fewer rows.
            run(&[&usual[..], &["--cross-validate", "2"], format, task].concat());
        }
    }
    fs::write(&*MODEL, bytes).expect("the directory of temporary files can be written");
    run(&["inspect", &MODEL]);
    run(&["predict", "--model", &MODEL, "--data", &DATA]);
    for path in [&*DATA, &*CHANGED, &*MODEL, &*SOURCE] {
        // Not every table gives all of them.
        let _ = fs::remove_file(path);
    }
});
