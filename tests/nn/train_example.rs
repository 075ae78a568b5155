//! Claims about the example that trains networks: its runs in this process, and its exit codes as a process.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;

use gradtape::nn::{Activation, Adam, Dataset, Init, Mlp, Optimizer, Sgd, Target, Trainer};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

pub(crate) const IRIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/iris.csv");
const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/digits.csv");

/// The output of the example, or its error.
pub(crate) fn train(args: &[&str]) -> Result<String, String> {
    let mut out = Vec::new();
    let args = args.iter().map(OsString::from);
    train::run(args, &mut out, false).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

/// The lines about losses, from a run without errors.
fn losses(args: &[&str]) -> Vec<String> {
    train(args).unwrap().lines().filter(|line| line.contains("loss")).map(str::to_owned).collect()
}

/// A file for one test.
pub(crate) struct Csv(PathBuf);

impl Csv {
    pub(crate) fn new(name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Csv {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// The number after `label` in the first line that contains it.
pub(crate) fn number(text: &str, label: &str) -> f64 {
    let line = text.lines().find(|line| line.contains(label)).unwrap_or_else(|| panic!("no {label} in {text}"));
    let rest = &line[line.find(label).unwrap() + label.len()..];
    rest.split_whitespace().next().unwrap().trim_end_matches(',').parse().unwrap()
}

#[test]
fn the_articles_network_learns_its_four_rows_in_both_precisions_and_by_both_engines() {
    for precision in ["f32", "f64"] {
        let [out, by_tape] =
            ["program", "tape"].map(|engine| train(&["--precision", precision, "--engine", engine]).unwrap());
        // In f32, rounding may change the last digit.
        let last_digit = |text: &str| {
            10_f64.powi(-text.split_once('.').map_or(0, |(_, digits)| i32::try_from(digits.len()).unwrap()))
        };
        for (a, b) in out.split_whitespace().zip(by_tape.split_whitespace()).filter(|(a, b)| a != b) {
            let [x, y] = [a, b].map(|text| text.trim_end_matches(',').parse::<f64>().unwrap());
            assert!(precision == "f32" && (x - y).abs() < 1.5 * last_digit(a.trim_end_matches(',')), "{a}, not {b}");
        }
        assert_eq!(out.lines().count(), by_tape.lines().count());
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
    for rest in [&["--data", IRIS, "--epochs", "2"][..], &[]] {
        let run = |seed| losses(&[&["--seed", seed], rest].concat());
        assert_eq!(run("5"), run("5"));
        assert_ne!(run("5"), run("6"));
    }
}

#[test]
fn every_option_changes_the_training() {
    let mut runs: Vec<_> = [
        "",
        "--hidden 32,3",
        "--activation relu",
        "--epochs 19",
        "--batch 15",
        "--optimizer sgd",
        "--optimizer sgd --rate 0.01",
        "--rate 0.01",
        "--seed 1",
        "--precision f32 --rate 0.1",
        "--rate 0.1",
        "--schedule cosine",
        "--schedule step",
        "--schedule warmup",
        "--weight-decay 0.1",
        "--clip 0.1",
        "--patience 15",
    ]
    .map(|options| {
        let epochs = if options.contains("--epochs") { "" } else { "--epochs 20 " };
        let options = format!("{epochs}{options}");
        losses(&["--data", IRIS].into_iter().chain(options.split_whitespace()).collect::<Vec<_>>())
    })
    .to_vec();
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), 17);
}

#[test]
fn ten_epochs_of_many_are_told_of_and_the_first_and_the_last() {
    let epochs = |number: &str| {
        let out = train(&["--data", IRIS, "--epochs", number]).unwrap();
        let lines = out.lines().filter_map(|line| line.strip_prefix("epoch ")?.split_once(','));
        lines.map(|(epoch, _)| epoch.parse::<u32>().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(epochs("3"), [1, 2, 3]);
    assert_eq!(epochs("25"), [1, 3, 6, 9, 12, 15, 18, 21, 24, 25]);
}

/// A terminal shows a bar in the place of all epochs but the last.
#[test]
fn a_terminal_is_told_the_accuracy_on_the_validation_rows_or_else_on_at_most_1000_training_rows() {
    for (name, data, options) in [
        ("training", IRIS, "--epochs 12"),
        ("validation", IRIS, "--epochs 1 --patience 1"),
        ("many", DIGITS, "--epochs 1"),
    ] {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("accuracy-{name}.json"));
        let args = ["--data", data, "--seed", "7", "--save", path.to_str().unwrap()];
        let mut out = Vec::new();
        train::run(args.into_iter().chain(options.split(' ')).map(OsString::from), &mut out, true).unwrap();
        let out = String::from_utf8(out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        let network: Mlp<f64> = serde_json::from_value(json["network"]["f64"].clone()).unwrap();

        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        let (mut rows, _) = Dataset::from_csv(data, None).unwrap().split(0.2, &mut rng).unwrap();
        rows.standardize(&rows.scaling());
        if name == "validation" {
            // The program makes the network first.
            let layers = [(32, Activation::Tanh), (3, Activation::Identity)];
            Mlp::<f64>::new(rows.names().len(), &layers, Init::Xavier, &mut rng).unwrap();
            rows = rows.split(0.2, &mut rng).unwrap().1;
        }
        let Target::Classes { labels, .. } = rows.target() else { panic!() };
        let count = rows.len().min(1000);
        let is_right = |row: usize| {
            let scores = network.forward(rows.row(row)).unwrap();
            scores.iter().all(|&score| score <= scores[labels[row]])
        };
        let right = (0..count).filter(|k| is_right(k * rows.len() / count)).count();
        let expected = f64::from(u32::try_from(right).unwrap()) / f64::from(u32::try_from(count).unwrap());
        let epochs: Vec<_> = out.lines().filter(|line| line.starts_with("epoch ")).collect();
        assert_eq!(epochs.len(), 1, "{out}");
        assert!((number(epochs[0], ", accuracy") - 100.0 * expected).abs() < 0.0501, "{expected}: {out}");
        assert!(expected < 1.0, "{name}: a network without errors proves little");
    }
    // Nothing is measured where nobody watches, and numbers have no accuracy.
    assert!(!losses(&["--data", IRIS, "--epochs", "2"]).concat().contains("accuracy"));
    let csv = wild("terminal.csv", 1.0);
    let mut out = Vec::new();
    train::run(["--data", csv.path()].iter().map(OsString::from), &mut out, true).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("accuracy"));
}

/// A file of 20 rows. A few of them are far away from all others.
fn wild(name: &str, scale: f64) -> Csv {
    let rows = (0..20).map(|i| {
        let (a, b) = (1.5_f64.powi(i), f64::from(i % 3));
        format!("{a},{b},{:e}\n", scale * (a - 100.0 * b))
    });
    Csv::new(name, format!("a,b,y\n{}", rows.collect::<String>()))
}

/// Losses, root mean square error and R² of three epochs, computed without the example.
fn by_hand(path: &str, activation: Activation, init: Init, optimizer: impl Optimizer<f64>) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let (mut training, test) = Dataset::from_csv(path, None).unwrap().split(0.2, &mut rng).unwrap();
    let scaling = training.scaling();
    training.standardize(&scaling);
    let network = Mlp::new(2, &[(3, activation), (1, Activation::Identity)], init, &mut rng).unwrap();
    let mut trainer = Trainer::new(network, optimizer);
    let mut numbers: Vec<_> = (0..3).map(|_| trainer.epoch(&training, 5, &mut rng).unwrap()).collect();
    let Target::Numbers(targets) = test.target() else { panic!() };
    let count = f64::from(u32::try_from(targets.len()).unwrap());
    let mean = targets.iter().sum::<f64>() / count;
    let (mut residual, mut total) = (0.0, 0.0);
    for (row, y) in targets.iter().enumerate() {
        let mut x = test.row(row).to_vec();
        scaling.apply(&mut x);
        residual += (y - scaling.restore(trainer.network().forward(&x).unwrap()[0])).powi(2);
        total += (y - mean).powi(2);
    }
    numbers.extend([(residual / count).sqrt(), 1.0 - residual / total]);
    numbers
}

#[test]
fn the_training_is_that_of_its_description() {
    let csv = wild("description.csv", 1.0);
    let adam = Adam::new(0.05).with_decay(0.2);
    let sgd = Sgd::new(0.05).with_momentum(0.9);
    for (options, expected) in [
        ("tanh --optimizer adam", by_hand(csv.path(), Activation::Tanh, Init::Xavier, adam)),
        ("relu --optimizer sgd", by_hand(csv.path(), Activation::Relu, Init::He, sgd)),
    ] {
        let data = ["--data", csv.path()];
        let options = format!("--activation {options} --rate 0.05 --hidden 3 --batch 5 --epochs 3 --seed 7");
        let out = train(&[&data[..], &options.split(' ').collect::<Vec<_>>()].concat()).unwrap();
        let by_tape = format!("{options} --engine tape");
        assert_eq!(train(&[&data[..], &by_tape.split(' ').collect::<Vec<_>>()].concat()).unwrap(), out);
        let labels = ["epoch 1, loss", "epoch 2, loss", "epoch 3, loss", "root mean square error", "R²"];
        for (label, expected) in labels.into_iter().zip(expected) {
            let found = number(&out, label);
            assert!((found - expected).abs() < if label == "R²" { 6e-5 } else { 6e-7 }, "{expected}: {out}");
        }
    }
}

#[test]
fn patience_stops_a_training_and_keeps_the_best_weights() {
    let noise = |i: u32| f64::from(i * 7919 % 101) / 101.0;
    let rows = (0..60).map(|i| format!("{},{},{}\n", noise(i), noise(i + 1000), noise(3 * i + 17)));
    let csv = Csv::new("noise.csv", format!("a,b,y\n{}", rows.collect::<String>()));
    let options = "--epochs 300 --rate 0.05 --patience 5 --hidden 64";
    let out = train(&["--data", csv.path()].into_iter().chain(options.split(' ')).collect::<Vec<_>>()).unwrap();
    assert!(out.contains("training set 48 rows, of which 10 for validation, test set 12 rows"), "{out}");
    let best = number(&out, "of epoch");
    let last = out.lines().rfind(|line| line.starts_with("epoch ")).unwrap();
    assert_eq!(number(last, "epoch") - best, 5.0, "{out}");
    assert!(best < 290.0 && number(&out, "best validation loss") <= 1.5, "{out}");
}

#[test]
fn balanced_weights_give_a_rare_class_more_predictions() {
    let rows = (0..120)
        .map(|i| format!("{},{}\n", i * 37 % 100, if i * 37 % 100 > 70 && i % 3 == 0 { "rare" } else { "common" }));
    let csv = Csv::new("rare.csv", format!("a,y\n{}", rows.collect::<String>()));
    let predicted = |options: &[&str]| {
        let out = train(&[&["--data", csv.path(), "--epochs", "60"], options].concat()).unwrap();
        assert!(out.contains(", always common ") && out.contains("AUC ") && out.contains(" for rare"), "{out}");
        let table: Vec<_> = out.lines().skip_while(|line| !line.starts_with("confusion")).skip(2).take(2).collect();
        table.iter().map(|line| line.split_whitespace().last().unwrap().parse::<u32>().unwrap()).sum::<u32>()
    };
    let (balanced, plain) = (predicted(&["--class-weights", "balanced"]), predicted(&[]));
    assert!(balanced > plain, "{balanced} are not more than {plain}");
    let numbers = Csv::new("balanced.csv", "a,y\n1,2\n2,3\n3,4\n4,5\n");
    let error = train(&["--data", numbers.path(), "--class-weights", "balanced"]).unwrap_err();
    assert_eq!(error, "--class-weights: there are no classes; --task classification makes some");
}

#[test]
fn huge_and_tiny_targets_are_measured_as_others_are() {
    let [tiny, one, huge] = [1e-300, 1.0, 1e300].map(|scale| {
        let out = train(&["--data", wild(&format!("wild{scale:e}.csv"), scale).path()]).unwrap();
        (number(&out, "root mean square error") / scale, number(&out, "R²"))
    });
    for (error, share) in [tiny, huge] {
        assert!((error / one.0 - 1.0).abs() < 1e-3, "{error}, not {}", one.0);
        assert!((share - one.1).abs() < 2e-4, "{share}, not {}", one.1);
    }
    let csv = Csv::new("constant.csv", format!("a,y\n3,5.7\n{}", "1,0.1\n2,0.1\n".repeat(17)));
    // The seed puts the only other row into the training set.
    let out = train(&["--data", csv.path(), "--seed", "1"]).unwrap();
    assert!(out.contains("R² is not defined: the targets of the test set are all equal"), "{out}");
}

#[test]
fn the_confusion_has_a_row_for_each_class_and_short_names() {
    let name = "n".repeat(70_000);
    let classes = [(10, "few"), (15, "some"), (25, name.as_str())];
    let rows = classes.iter().flat_map(|&(rows, class)| (0..rows).map(move |i| format!("{},{class}\n", i % 7)));
    let csv = Csv::new("confusion.csv", format!("a,y\n{}", rows.collect::<String>()));
    let out = train(&["--data", csv.path(), "--epochs", "20"]).unwrap();
    let table: Vec<_> = out.lines().skip_while(|line| !line.starts_with("confusion")).skip(1).collect();
    assert!(table.iter().all(|line| line.chars().count() == 4 * 20 + 3 * 2), "{out}");
    let counts = |line: &str| -> Vec<u32> { line.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect() };
    let counts: Vec<_> = table[1..].iter().map(|line| counts(line)).collect();
    // The rows add up to the classes of the test set; the columns do not.
    assert_eq!(counts.iter().map(|row| row.iter().sum()).collect::<Vec<u32>>(), [2, 5, 3], "{out}");
    assert_ne!((0..3).map(|i| counts.iter().map(|row| row[i]).sum()).collect::<Vec<u32>>(), [2, 5, 3], "{out}");
    assert_eq!(number(&out, "test accuracy"), f64::from(10 * (0..3).map(|i| counts[i][i]).sum::<u32>()));
}

fn median_accuracy(data: &str, engine: &str) -> f64 {
    let accuracy = |seed: u32| {
        let args = ["--data", data, "--engine", engine, "--seed", &seed.to_string()];
        number(&train(&args).unwrap(), "test accuracy")
    };
    // By two processes at a time.
    let both = |k: u32| {
        std::thread::scope(|scope| {
            let first = scope.spawn(move || accuracy(2 * k));
            [accuracy(2 * k + 1), first.join().unwrap()]
        })
    };
    let mut accuracies: Vec<_> = (0..5).flat_map(both).collect();
    accuracies.sort_by(f64::total_cmp);
    f64::midpoint(accuracies[4], accuracies[5])
}

#[test]
fn the_median_test_accuracy_on_iris_is_at_least_96_percent() {
    assert!(median_accuracy(IRIS, "program") >= 96.0);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimisation")]
fn the_median_test_accuracy_on_iris_is_at_least_96_percent_on_the_tape() {
    assert!(median_accuracy(IRIS, "tape") >= 96.0);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimisation")]
fn the_median_test_accuracy_on_digits_is_at_least_96_percent() {
    assert!(["program", "tape"].iter().all(|engine| median_accuracy(DIGITS, engine) >= 96.0));
}

#[test]
fn the_moons_are_told_apart_in_both_precisions_and_by_both_engines() {
    for precision in ["f32", "f64"] {
        for engine in ["program", "tape"] {
            let out = train(&["moons", "--precision", precision, "--engine", engine]).unwrap();
            assert_eq!(number(&out, "final accuracy"), 100.0, "{out}");
            assert!(number(&out, "step 99, loss") < 0.03, "{out}");
            let picture: Vec<&str> = out.lines().skip_while(|line| !line.starts_with("micrograd")).skip(1).collect();
            assert_eq!(picture.len(), 22);
            // One moon is on the side of the dots, the other one is not.
            let around = |wanted: char, side: char| {
                let is_between = |line: &&&str| line.contains(&format!("{side}{wanted}{side}"));
                picture.iter().filter(is_between).count()
            };
            assert!(around('+', '.') > 5 && around('o', ' ') > 5 && around('+', ' ') + around('o', '.') == 0, "{out}");
        }
    }
    let mut accuracies: Vec<f64> = (0..10)
        .map(|seed| number(&train(&["moons", "--seed", &seed.to_string()]).unwrap(), "final accuracy"))
        .collect();
    accuracies.sort_by(f64::total_cmp);
    assert!(accuracies[4] == 100.0 && accuracies[0] >= 98.0, "{accuracies:?}");
    let error = train(&["--data", IRIS, "moons"]).unwrap_err();
    let expected =
        "the subcommand 'moons' cannot be used with '--data <FILE.csv>'; it has options of its own, behind its name";
    assert_eq!(error, expected);
    assert_eq!(train(&["moons", "--epochs", "3"]).unwrap_err(), "unexpected argument '--epochs' found");
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
        "--schedule warmup --patience 2 --clip 0.5 --weight-decay 0 --class-weights balanced",
        "--engine tape",
        "--engine=program",
    ] {
        let mut args = vec!["--data", IRIS, "--epochs", "2"];
        args.extend(options.split(' '));
        assert!(train(&args).unwrap().contains("test accuracy"), "{options}");
    }
    let help = train(&["--help"]).unwrap();
    assert!(
        ["--precision <TYPE>", "--engine <NAME>", "for adam 0.01", "momentum 0.9"]
            .iter()
            .all(|part| help.contains(part)),
        "{help}"
    );
    assert_eq!(train(&["-h"]).unwrap(), help);
    let version = train(&["--version"]).unwrap();
    assert!(version.starts_with("train 0.") && version.lines().count() == 1, "{version}");
    for (subcommand, usage) in [
        ("moons", "train moons [OPTIONS]"),
        ("predict", "train predict [OPTIONS] --model <MODEL.json> --data <NEW.csv>"),
        ("inspect", "train inspect <MODEL.json>"),
        ("export", "train export --model <MODEL.json> --rust <MODEL.rs>"),
    ] {
        let help = train(&[subcommand, "--help"]).unwrap();
        assert!(help.contains(&format!("\nUsage: {usage}\n")), "{help}");
    }
}

#[test]
fn a_wrong_option_is_named_with_what_was_expected() {
    let value = |value: &str, option: &str, expected: &str| {
        format!("invalid value '{value}' for '--{option}': expected {expected}")
    };
    let separators = "comma, semicolon, tab, space, pipe, or one ASCII character that is no quote and ends no line";
    let (whole, widths) = ("a whole number of at least 1", "whole numbers of at least 1, as in 16,16");
    for (args, error) in [
        ("--foo 3", "unexpected argument '--foo' found".to_owned()),
        (
            "iris.csv",
            "unrecognized subcommand 'iris.csv'; --data takes the name of a file, and --help tells what there is"
                .to_owned(),
        ),
        ("--seed", "a value is required for '--seed <N>' but none was supplied".to_owned()),
        ("--seed 1 --seed 2", "the argument '--seed <N>' cannot be used multiple times".to_owned()),
        ("--epochs 3", "the following required arguments were not provided: --data <FILE.csv>".to_owned()),
        ("--data x --batch 0", value("0", "batch <N>", whole)),
        ("--data x --epochs 0", value("0", "epochs <N>", whole)),
        ("--data x --epochs -1", value("-1", "epochs <N>", whole)),
        ("--data x --patience 0", value("0", "patience <N>", whole)),
        ("--data x --hidden 0", value("0", "hidden <WIDTHS>", widths)),
        ("--data x --hidden 3,,3", value("3,,3", "hidden <WIDTHS>", widths)),
        ("--data=", "a value is required for '--data <FILE.csv>' but none was supplied".to_owned()),
        ("--rate 1e-50 --data x --precision f32", "--rate: expected a number above 0 in f32, found 1e-50".to_owned()),
        ("--rate 1e50 --data x --precision f32", "--rate: expected a number above 0 in f32, found 1e50".to_owned()),
        ("--data x --rate NaN", value("NaN", "rate <X>", "a number above 0")),
        ("--data x --rate -1", value("-1", "rate <X>", "a number above 0")),
        ("--data x --rate inf", value("inf", "rate <X>", "a number above 0")),
        ("--data x --clip 0", value("0", "clip <X>", "a number above 0")),
        ("--data x --weight-decay -1", value("-1", "weight-decay <X>", "a number of at least 0")),
        ("--data x --optimizer adams", value("adams", "optimizer <NAME>", "adam or sgd or lbfgs")),
        ("--data x --schedule slow", value("slow", "schedule <NAME>", "constant or cosine or step or warmup")),
        ("--data x --precision f16", value("f16", "precision <TYPE>", "f32 or f64")),
        ("--data x --cross-validate 1", value("1", "cross-validate <K>", "a whole number of at least 2")),
        (
            "--data x --cross-validate 5 --save y",
            "--cross-validate: trains several networks, and --save is for one; leave out one of the two".to_owned(),
        ),
        ("predict --data x", "the following required arguments were not provided: --model <MODEL.json>".to_owned()),
        ("predict --model x --data y --seed 1", "unexpected argument '--seed' found".to_owned()),
        ("inspect", "the following required arguments were not provided: <MODEL.json>".to_owned()),
        ("export --model x", "the following required arguments were not provided: --rust <MODEL.rs>".to_owned()),
        (
            "--data x --save no/such/folder/y",
            "--save no/such/folder/y: expected a file in a folder, found no folder no/such/folder".to_owned(),
        ),
        ("--data x --separator ab", value("ab", "separator <CHAR>", separators)),
        ("--data x --separator \"", value("\"", "separator <CHAR>", separators)),
        ("predict --model x --data y --unknown 1", value("1", "unknown <WAY>", "error or ignore")),
        ("--data x --task clustering", value("clustering", "task <TASK>", "classification or regression")),
        (
            "--data x --class-weights equal",
            "invalid value 'equal' for '--class-weights <balanced>' [possible values: balanced]".to_owned(),
        ),
        ("--engine taps", "invalid value 'taps' for '--engine <NAME>': expected program or tape".to_owned()),
    ] {
        let args: Vec<_> = args.split(' ').collect();
        assert_eq!(train(&args).unwrap_err(), error);
    }
    let error = train(&["--data", "x", "--activation", "step"]).unwrap_err();
    let expected = "invalid value 'step' for '--activation <NAME>': expected one of identity, tanh, ";
    assert!(error.starts_with(expected) && !error.contains("found"), "{error}");
}

#[test]
fn a_wrong_file_is_an_error_that_names_file_line_and_column() {
    for (i, (text, error)) in [
        (&b""[..], ": expected a header and rows, found an empty file"),
        (b"\n\n", ": expected a header and rows, found an empty file"),
        (b"a,y\n", ": expected rows below the header, found none"),
        (b"y\n1\n2\n", ": expected several columns, divided by commas, semicolons, tabs or a given --separator, found one column \"y\""),
        (b"a,a,y\n1,2,p\n", ", line 1, column 2: expected a name that no other column has, found \"a\""),
        (b"column 2,\n1,2\n", ", line 1, column 2: expected a name that no other column has, found \"column 2\""),
        (b"a,\"a\n\"\n1,2\n", ", line 1, column 2: expected a name that no other column has, found \"a\""),
        (b"a,y\n1,p\n2,p,q\n", ", line 3: expected 2 fields as in line 1, or another --separator, or quotes around cells that have one, found 3"),
        (
            b"# no row\n\na,y\n1,p\n2\n",
            ", line 5: expected 2 fields as in line 3, or another --separator, or quotes around cells that have one, found 1",
        ),
        (
            b"#a,y\n#1,p\n",
            ": expected a header and rows, found an empty file but for 2 lines that begin with #, which are comments unless the # is \
             in quotes",
        ),
        (
            b"a,y\n#1,p\n#2,q\n",
            ": expected rows below the header, found none but for 2 lines that begin with #, which are comments unless the # is in \
             quotes",
        ),
        (
            b"a,y\n#1,p\n",
            ": expected rows below the header, found none but for a line that begins with #, which is a comment unless the # is in \
             quotes",
        ),
        (b"a,y\r\n1,p\r\n\r\n2\r\n", ", line 4: expected 2 fields as in line 1, or another --separator, or quotes around cells that have one, found 1"),
        (
            b"a,y\n1,p\n\n#no row\nx y,q\n",
            ", line 5, column 1 (a): expected a number as in line 2, or --ignore or --keep for the column, found \"x y\"",
        ),
        (
            b"a,y\nred,p\n2,q\n",
            ", line 3, column 1 (a): expected a word as in line 2, or --ignore or --keep for the column, found \"2\"",
        ),
        (
            b"\xef\xbb\xbfa,y\n1,p\n,q\n",
            ", line 3, column 1 (a): expected a value, or --missing mean or --missing drop, found \"\"",
        ),
        (
            b"a,y\n1,p\nNaN,q\n",
            ", line 3, column 1 (a): expected a value, or --missing mean or --missing drop, found \"NaN\"",
        ),
        (
            b"a,y\n1,p\n2,\n3,q\n",
            ", line 3, column 2 (y): expected a label, or --missing drop, which leaves out the row, found \"\"",
        ),
        (
            b"a,y\n1,2\n2,red\n",
            ", line 3, column 2 (y): expected a number as in line 2, or --task classification, found \"red\"",
        ),
        (b"a,y\n1,p\n2,\xff\n", ", line 3, column 2: expected UTF-8, which iconv -f LATIN1 -t UTF-8 FILE > NEW makes of it, found other bytes, which may be Latin-1"),
        (b"a,y\n1,\"p\n2,q\n", ", line 2, column 2: expected a closing quote, or none at the beginning, found \"p\\n2,q\""),
        (b"a,y\n1,p\n2,p\n", ", column 2 (y): expected at least 2 classes, found only \"p\""),
        (
            b"when,y\n2024-01-31,p\n2024-02-01,q\n",
            ", line 2, column 1 (when): expected numbers or categories, or --ignore or --keep for the column; dates and times must become \
             numbers, such as days since the first, found \"2024-01-31\"",
        ),
        (
            b"country,2019,2020,y\nde,1.5,2.5,0\nfr,2.5,2.5,1\n",
            ", line 1, column 4: expected a number as in line 2, or --header yes if this line has the names, found \"y\"",
        ),
        (b"a,y\n1,3\n", ": expected at least 3 rows, found 1"),
        (b"a,y\n1,p\n2,q\n", ": expected at least 3 rows, found 2"),
    ]
    .into_iter()
    .enumerate()
    {
        // A name with two lines, on systems that allow it.
        let csv = Csv::new(&format!("wrong{}{i}.csv", if cfg!(unix) { "\n" } else { "" }), text);
        let name = csv.path().replace('\n', "\u{fffd}");
        assert_eq!(train(&["--data", csv.path()]).unwrap_err(), format!("{name}{error}"));
    }
    let error = train(&["--data", "no/such.csv"]).unwrap_err();
    assert!(error.starts_with("no/such.csv: cannot be read: "), "{error}");
    let error = train(&["--data", IRIS, "--task", "regression"]).unwrap_err();
    let expected = "iris.csv, line 2, column 5 (species): expected a number, or --task classification, or another --target, found \"setosa\"";
    assert!(error.ends_with(expected), "{error}");
    let csv = Csv::new("comma.csv", "\"a,b\",c,y\n1,2,p\n2,3,q\n3,5,p\n4,6,q\n");
    let error = train(&["--data", csv.path(), "--ignore", "a,b"]).unwrap_err();
    let expected = "comma.csv: expected one of the columns \"a,b\", \"c\", \"y\", or a number from 1 to 3, found \"a\"";
    assert!(error.ends_with(expected), "{error}");
    assert!(train(&["--data", csv.path(), "--ignore", "1", "--epochs", "1"]).is_ok());
}

#[test]
fn tables_of_all_kinds_are_read_and_the_decisions_are_told() {
    let rows = |separator: &str, decimal: &str, word: &dyn Fn(u32) -> String| -> String {
        let row =
            |i: u32| [format!("{}{decimal}{}", i % 7, i % 10), word(i), (i % 7 > 3).to_string()].join(separator) + "\n";
        (0..60).map(row).collect()
    };
    let colour = |i: u32| ["red", "blue"][(i % 2) as usize].to_owned();
    let plain = |i: u32| (i % 4).to_string();
    let pair = |i: u32| format!("{},{}\n", colour(i), ["p", "q"][(i % 3 / 2) as usize]);
    let labelled = |i: u32| format!("{},{}\n", colour(i), i % 7);
    let numbered = |(k, row): (u32, &str)| format!("{k},{row}\n");
    let missing = |i: u32| if i.is_multiple_of(9) { "NA".to_owned() } else { (i % 4).to_string() };
    for (name, text, options, told) in [
        (
            "comma",
            format!("a,b,y\n{}", rows(",", ".", &plain)),
            "",
            &["separated by commas, a header", "2 features from 2"][..],
        ),
        ("semicolon", format!("a;b;y\n{}", rows(";", ",", &plain)), "", &["semicolons, decimal commas, a header"]),
        ("tab", format!("# a comment\na\tb\ty\n{}", rows("\t", ".", &plain)), "", &["tabs, a header"]),
        ("bar", format!("a|b|y\n{}", rows("|", ".", &plain)), "--separator |", &["separated by pipes"]),
        ("pipe", format!("a|b|y\n{}", rows("|", ".", &plain)), "--separator pipe", &["separated by pipes"]),
        ("space", format!("a b y\n{}", rows(" ", ".", &plain)), "--separator space", &["separated by spaces"]),
        ("tabs", format!("a\tb\ty\n{}", rows("\t", ".", &plain)), "--separator tab", &["separated by tabs"]),
        ("other", format!("a~b~y\n{}", rows("~", ".", &plain)), "--separator ~", &["the given character, a header"]),
        (
            "words",
            (0..40).fold(String::new(), |text, i| text + &pair(i)),
            "",
            &["no header, because a word of the first row occurs again below", "40 rows"],
        ),
        (
            "names",
            (0..40).fold("colour,y\n".to_owned(), |text, i| text + &pair(i)),
            "",
            &["a header, because none of its words occurs again below", "40 rows"],
        ),
        (
            "keep",
            format!("id,a,b,y\n{}", (0..60).zip(rows(",", ".", &plain).lines()).map(numbered).collect::<String>()),
            "--keep id",
            &["3 features from 3 columns"],
        ),
        ("none", rows(",", ".", &plain), "", &["no header", "to predict: column 3, one of 2 classes"]),
        ("categories", format!("a,b,y\n{}", rows(",", ".", &colour)), "", &["60 rows of 3 features from 2 columns"]),
        (
            "drop",
            format!("a,b,y\n{}", rows(",", ".", &missing)),
            "--missing drop",
            &["53 rows", "7 rows of 60 dropped"],
        ),
        ("mean", format!("a,b,y\n{}", rows(",", ".", &missing)), "--missing mean", &["60 rows of 3 features"]),
        (
            "first",
            format!("label,b\n{}", (0..60).map(labelled).collect::<String>()),
            "",
            &["to predict: label, one of 2 classes"],
        ),
        (
            "number",
            format!("a,b,y\n{}", rows(",", ".", &plain)),
            "--target 2",
            &["to predict: b, one of 4 classes", "3 features"],
        ),
        (
            "regression",
            format!("a,b,y\n{}", rows(",", ".", &plain)),
            "--target b --task regression",
            &["predict: b, a number"],
        ),
        (
            "ignore",
            format!("id,a,b,y\n{}", (0..60).zip(rows(",", ".", &plain).lines()).map(numbered).collect::<String>()),
            "--ignore id,b",
            &["1 feature from 1 column, 2 columns ignored"],
        ),
    ] {
        let csv = Csv::new(&format!("table-{name}.csv"), text);
        let mut args = vec!["--data", csv.path(), "--epochs", "1"];
        args.extend(options.split_whitespace());
        let out = train(&args).unwrap_or_else(|error| panic!("{name}: {error}"));
        for told in told {
            assert!(out.contains(told), "{name}: {told} is not told:\n{out}");
        }
    }
}

#[test]
fn columns_of_categories_are_told_with_their_values_in_the_order_of_the_features() {
    let long = "x".repeat(70);
    let row = |k: usize| format!("{},{},{k},{}\n", ["male", "female"][k % 2], ["S", "C", &long][k % 3], k % 5 % 2);
    let rows: String = (0..60).map(|k| row(k * 7 % 60)).collect();
    for (header, options, told) in [
        ("Sex,Port,x,y", "", format!("\ncategories: Sex (female, male), Port (C, S, {}…)\n", "x".repeat(40))),
        ("\"S\u{85}x\",Port,x,y", "--ignore Port", "\ncategories: S x (female, male)\n".to_owned()),
        ("\"S\u{202e}\u{1b}[1mx\",Port,x,y", "--ignore 2", "\ncategories: S\u{202e} [1mx (female, male)\n".to_owned()),
    ] {
        let csv = Csv::new("categories.csv", format!("{header}\n{rows}"));
        let args = ["--data", csv.path(), "--epochs", "1"].into_iter().chain(options.split_whitespace());
        let out = train(&args.collect::<Vec<_>>()).unwrap();
        assert!(out.contains(&told), "{told:?} is not told:\n{out}");
    }
    let numbers = train(&["--data", IRIS, "--epochs", "1", "--missing", "mean"]).unwrap();
    assert!(!numbers.contains("categories") && !numbers.contains("missing"), "{numbers}");
    // Of many, the first are told.
    let row = |k: usize| format!("{:02},{}\n", k % 25, k % 2).replacen('2', "two", 1);
    let csv = Csv::new("many-categories.csv", format!("a,y\n{}", (0..100).map(row).collect::<String>()));
    let out = train(&["--data", csv.path(), "--epochs", "1", "--keep", "a"]).unwrap();
    let line = out.lines().find(|line| line.starts_with("categories: a (00, 01, 03, ")).unwrap();
    assert!(line.ends_with(" and 5 others)") && line.matches(", ").count() == 19, "{line}");
}

#[test]
fn columns_with_missing_cells_are_told_with_their_number_where_the_mean_replaces_them() {
    let or_missing = |is_missing: bool, cell: String| if is_missing { "NA".to_owned() } else { cell };
    let row = |k: usize| {
        let port = or_missing(k % 30 == 3, ["S", "C"][k % 2].to_owned());
        format!("{},{},{port},{}\n", or_missing(k.is_multiple_of(7), format!("{k}.5")), k * k % 11, k % 2)
    };
    let csv = Csv::new("missing.csv", format!("Age,x,Port,y\n{}", (0..60).map(row).collect::<String>()));
    let out = train(&["--data", csv.path(), "--epochs", "1", "--missing", "mean"]).unwrap();
    assert!(
        out.contains(
            "60 rows of 6 features from 3 columns\ncategories: Port (C, S)\ncells missing: Age (9), Port (2); for each of these \
             columns, one more feature tells where\n"
        ),
        "{out}"
    );
    let dropped = train(&["--data", csv.path(), "--epochs", "1", "--missing", "drop"]).unwrap();
    assert!(!dropped.contains("cells missing"), "{dropped}");
}

#[test]
fn a_loss_that_runs_away_is_an_error() {
    for (options, expected) in [
        ("--activation relu --rate 1e4", "the loss of epoch "),
        ("--activation relu --rate 1e300 --epochs 1 --batch 1000", "the test loss is NaN"),
        ("--activation identity --optimizer sgd --rate 1 --epochs 20", "the last loss is "),
        ("--weight-decay 1000", "the loss of epoch "),
    ] {
        let mut out = Vec::new();
        let args = ["--data", IRIS].into_iter().chain(options.split(' ')).map(OsString::from);
        let error = train::run(args, &mut out, false).unwrap_err().to_string();
        let out = String::from_utf8(out).unwrap();
        assert!(
            error.contains(expected) && error.ends_with("; a smaller --rate or --weight-decay may help"),
            "{error}"
        );
        assert!(out.contains("epoch 1, loss ") && !out.contains("test accuracy"), "{out}");
    }
}

/// An output whose reader goes away after so many bytes.
pub(crate) struct Closed(pub(crate) usize);

impl Write for Closed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken > 0 { Ok(taken) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_is_recognised() {
    for args in [&[][..], &["--data", IRIS], &["moons"]] {
        let error = train::run(args.iter().map(OsString::from), &mut Closed(100), false).unwrap_err();
        assert!(train::is_closed_pipe(&*error), "{error}");
    }
}

/// The example, run as a process.
pub(crate) fn process(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_train"));
    command.args(args);
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
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = process(&[]).stdout(writer).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}
