//! Any bytes as the data file of the example that trains: it ends with an error or a report, never with a panic.

#![no_main]

use std::sync::LazyLock;
use std::{env, fs, process};

use libfuzzer_sys::fuzz_target;

/// A file of this process.
static PATH: LazyLock<String> =
    LazyLock::new(|| env::temp_dir().join(format!("gradtape-fuzz-{}.csv", process::id())).display().to_string());

/// All is left to the file, or asked for.
const TASKS: [&[&str]; 4] = [
    &[],
    &["--task", "classification", "--precision", "f32", "--patience", "1", "--class-weights", "balanced"],
    &["--task", "regression", "--precision", "f32", "--clip", "1", "--missing", "mean"],
    &["--header", "no", "--separator", ";", "--target", "1", "--missing", "drop", "--precision", "f32"],
];

fuzz_target!(|bytes: &[u8]| {
    fs::write(&*PATH, bytes).expect("the directory of temporary files can be written");
    for task in TASKS {
        let (mut out, usual) = (Vec::new(), ["--data", &PATH, "--epochs", "1", "--hidden", "2"]);
        let args = usual.iter().chain(task);
        let message = match train::run(args.map(Into::into), &mut out, false) {
            Ok(()) => String::from_utf8(out).expect("a report is text").replace('\n', ""),
            Err(error) => error.to_string(),
        };
        assert!(!message.contains(char::is_control), "the text of the file got out of its line: {message:?}");
    }
    fs::remove_file(&*PATH).expect("a file that was written can be removed");
});
