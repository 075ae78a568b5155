//! Claims about the example that trains networks: its runs in this process, its exit codes as a process.

#[path = "../examples/train/article.rs"]
mod article;
#[path = "../examples/train/file.rs"]
mod file;
#[path = "../examples/train/options.rs"]
mod options;
#[path = "../examples/train/report.rs"]
mod report;
#[path = "../examples/train/run.rs"]
mod run;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Once;

const IRIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/iris.csv");
const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv");

/// What the example prints, or its error.
fn train(args: &[&str]) -> Result<String, String> {
    let mut out = Vec::new();
    let args = args.iter().map(OsString::from);
    run::run(args, &mut out, false).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

/// A file for one test.
struct Csv(PathBuf);

impl Csv {
    fn new(name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Csv {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// The number behind `label` in the first line that has it.
fn number(text: &str, label: &str) -> f64 {
    let line = text.lines().find(|line| line.contains(label)).unwrap_or_else(|| panic!("no {label} in {text}"));
    let rest = &line[line.find(label).unwrap() + label.len()..];
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn the_articles_network_learns_its_four_rows_in_both_precisions() {
    for precision in ["f32", "f64"] {
        let out = train(&["--precision", precision]).unwrap();
        assert_eq!(out.lines().filter(|line| line.starts_with("step ")).count(), 50);
        assert_eq!(out.lines().filter(|line| line.starts_with("first prediction ")).count(), 4);
        assert!((1.5..2.5).contains(&number(&out, "step 1, loss")), "{out}");
        assert!(number(&out, "final loss") < 0.05, "{out}");
        for line in out.lines().filter(|line| line.starts_with("prediction ")) {
            let error =
                number(line, "target") - line["prediction ".len()..].split_once(',').unwrap().0.parse::<f64>().unwrap();
            assert!(error.abs() < 0.2, "{line}");
        }
    }
}

#[test]
fn a_seed_repeats_a_run_and_another_one_does_not() {
    let run = |seed| train(&["--data", IRIS, "--seed", seed, "--epochs", "2"]).unwrap();
    assert_eq!(run("5"), run("5"));
    assert_ne!(run("5"), run("6"));
}

fn median_accuracy(data: &str) -> f64 {
    let mut accuracies: Vec<_> = (0..10)
        .map(|seed| number(&train(&["--data", data, "--seed", &seed.to_string()]).unwrap(), "test accuracy"))
        .collect();
    accuracies.sort_by(f64::total_cmp);
    f64::midpoint(accuracies[4], accuracies[5])
}

#[test]
fn the_median_test_accuracy_on_iris_is_at_least_96_percent() {
    assert!(median_accuracy(IRIS) >= 96.0);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimisation")]
fn the_median_test_accuracy_on_digits_is_at_least_96_percent() {
    assert!(median_accuracy(DIGITS) >= 96.0);
}

#[test]
fn a_label_that_is_a_number_means_regression() {
    let rows = (0..60).map(|i| format!("{},{},{}", i % 8, i % 5, 100 * (i % 8) - 30 * (i % 5)));
    let rows: Vec<_> = std::iter::once("a,b,y".to_owned()).chain(rows).collect();
    let csv = Csv::new("regression.csv", rows.join("\n"));
    let out = train(&["--data", csv.path()]).unwrap();
    assert!(number(&out, "R²") > 0.95, "{out}");
    let out = train(&["--data", csv.path(), "--task", "classification", "--epochs", "1"]).unwrap();
    assert!(out.contains("test accuracy"), "{out}");
}

#[test]
fn every_option_is_accepted() {
    for options in [
        "--hidden 5,4 --activation leaky_relu(0.2) --optimizer sgd --rate 0.02 --precision f32",
        "--hidden=3 --activation=gelu --batch=1000 --optimizer=adam --seed=18446744073709551615",
        "--task classification",
    ] {
        let mut args = vec!["--data", IRIS, "--epochs", "2"];
        args.extend(options.split(' '));
        assert!(train(&args).unwrap().contains("test accuracy"), "{options}");
    }
    assert!(train(&["--help"]).unwrap().contains("--precision TYPE"));
}

#[test]
fn a_wrong_option_is_named_with_what_was_expected() {
    for (args, error) in [
        ("--foo 3", "unknown argument \"--foo\"; --help lists the options"),
        ("iris.csv", "unknown argument \"iris.csv\"; --help lists the options"),
        ("--seed", "--seed: a value is missing"),
        ("--epochs 3", "--epochs: means something only with --data"),
        ("--data x --batch 0", "--batch: expected a whole number of at least 1, found \"0\""),
        ("--data x --epochs 0", "--epochs: expected a whole number of at least 1, found \"0\""),
        ("--data x --epochs -1", "--epochs: expected a whole number of at least 1, found \"-1\""),
        ("--data x --hidden 0", "--hidden: expected whole numbers of at least 1, as in 16,16, found \"0\""),
        ("--data x --hidden 3,,3", "--hidden: expected whole numbers of at least 1, as in 16,16, found \"3,,3\""),
        ("--data x --rate NaN", "--rate: expected a number above 0, found \"NaN\""),
        ("--data x --rate -1", "--rate: expected a number above 0, found \"-1\""),
        ("--data x --rate inf", "--rate: expected a number above 0, found \"inf\""),
        ("--data x --optimizer lbfgs", "--optimizer: expected adam or sgd, found \"lbfgs\""),
        ("--data x --precision f16", "--precision: expected f32 or f64, found \"f16\""),
        ("--data x --task clustering", "--task: expected classification or regression, found \"clustering\""),
    ] {
        let args: Vec<_> = args.split(' ').collect();
        assert_eq!(train(&args).unwrap_err(), error);
    }
    let error = train(&["--data", "x", "--activation", "step"]).unwrap_err();
    assert!(error.starts_with("--activation: ") && error.ends_with("found \"step\""), "{error}");
}

#[test]
fn a_wrong_file_is_an_error_that_names_file_line_and_column() {
    for (i, (text, error)) in [
        (&b""[..], ": expected a header and rows, found an empty file"),
        (b"\n\n", ": expected a header and rows, found an empty file"),
        (b"a,y\n", ": expected rows below the header, found none"),
        (b"y\n1\n2\n", ", line 1, column 1: expected features and a label, found one column"),
        (b"a,a,y\n1,2,p\n", ", line 1, column 2: expected a name that no other column has, found \"a\""),
        (b"a,,y\n1,2,p\n", ", line 1, column 2: expected a name that no other column has, found \"\""),
        (b"a,y\n1,p\n2,p,q\n", ", line 3: expected 2 fields as in the header, found 3"),
        (b"a,y\r\n1,p\r\n\r\n2\r\n", ", line 4: expected 2 fields as in the header, found 1"),
        (b"a,y\n1,p\n\n\nx y,q\n", ", line 5, column 1 (a): expected a finite number, found \"x y\""),
        (b"\xef\xbb\xbfa,y\n1,p\n,q\n", ", line 3, column 1 (a): expected a finite number, found \"\""),
        (b"a,y\n1,p\nNaN,q\n", ", line 3, column 1 (a): expected a finite number, found \"NaN\""),
        (b"a,y\n1,1\n2,-inf\n", ", line 3, column 2 (y): expected a finite number, found \"-inf\""),
        (b"a,y\n1,2\n2,red\n", ", line 3, column 2 (y): expected a finite number, found \"red\""),
        (b"a,y\n1,p\n2,\n", ", line 3, column 2 (y): expected a label, found \"\""),
        (b"a,y\n1,p\n2,\xff\n", ", line 3, column 2 (y): expected UTF-8, found other bytes"),
        (b"a,y\n1,p\n2,p\n", ", column 2 (y): expected at least 2 classes, found only \"p\""),
        (b"a,y\n1,3\n", ": expected rows for a training set and a test set, found 1"),
    ]
    .into_iter()
    .enumerate()
    {
        let csv = Csv::new(&format!("wrong{i}.csv"), text);
        assert_eq!(train(&["--data", csv.path()]).unwrap_err(), format!("{}{error}", csv.path()));
    }
    let error = train(&["--data", "no/such.csv"]).unwrap_err();
    assert!(error.starts_with("no/such.csv: cannot be read: "), "{error}");
    let error = train(&["--data", IRIS, "--task", "regression"]).unwrap_err();
    assert!(
        error.ends_with("iris.csv, line 2, column 5 (species): expected a finite number, found \"setosa\""),
        "{error}"
    );
}

#[test]
fn a_loss_that_runs_away_is_an_error() {
    let error = train(&["--data", IRIS, "--activation", "relu", "--rate", "1e300"]).unwrap_err();
    assert!(error.contains("a smaller --rate may help"), "{error}");
}

#[test]
fn a_reader_that_goes_away_is_recognised() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = run::run(std::iter::empty(), &mut Closed, false).unwrap_err();
    assert!(run::is_closed_pipe(&*error));
}

/// The example as a process. `cargo test` builds it beside the tests; where only this file was asked for, it may be
/// missing.
fn process(args: &[&str]) -> Command {
    static BUILD: Once = Once::new();
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    let example = profile.join("examples").join("train").with_extension(std::env::consts::EXE_EXTENSION);
    BUILD.call_once(|| {
        if !example.exists() {
            let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
            let build = ["build", "--example", "train", "--profile", profile];
            let status = Command::new(env!("CARGO")).args(build).current_dir(env!("CARGO_MANIFEST_DIR")).status();
            assert!(status.unwrap().success());
        }
    });
    let mut command = Command::new(example);
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_failed_process_prints_one_line_and_exits_with_code_1() {
    for args in [&["--data", "no/such.csv"][..], &["--data", IRIS, "--batch", "0"], &["--nonsense"]] {
        let output = process(args).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_process_whose_output_is_closed_ends_in_silence() {
    let mut child = process(&[]).spawn().unwrap();
    drop(child.stdout.take());
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!(error, "");
    assert!(child.wait().unwrap().success());
}
