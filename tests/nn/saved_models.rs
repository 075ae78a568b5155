//! Claims about models that the example saves: what they predict, what is told of them, and which files are refused.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gradtape::nn::{
    Activation, Adam, Columns, Dataset, Encoding, Init, Missing, Mlp, Scaling, Table, TableFormat, Target, Trainer,
};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde_json::{Value as Json, from_value, json};

use super::train_example::{Closed, Csv, IRIS, number, process, train};

/// The random numbers of the program without `--seed`.
fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(573)
}

/// The path of a file that a test writes.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A model that is trained on a table, and removed at the end of a test.
pub(crate) struct Saved(PathBuf);

impl Saved {
    pub(crate) fn train(name: &str, data: &str, options: &str) -> Self {
        let model = Self(path(&format!("{name}.json")));
        let out = model.run(&["--data", data, "--save"], options).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(out.ends_with(&format!("saved as {}\n", model.path())), "{out}");
        model
    }

    fn of_text(name: &str, text: impl AsRef<[u8]>) -> Self {
        let model = Self(path(&format!("{name}.json")));
        fs::write(&model.0, text).unwrap();
        model
    }

    /// The output with the path of the model behind the arguments.
    fn run(&self, args: &[&str], options: &str) -> Result<String, String> {
        train(&args.iter().copied().chain([self.path()]).chain(options.split_whitespace()).collect::<Vec<_>>())
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn json(&self) -> Json {
        serde_json::from_slice(&fs::read(&self.0).unwrap()).unwrap()
    }

    /// The lines of the predictions for a table.
    pub(crate) fn predict(&self, data: &str) -> Result<Vec<String>, String> {
        let out = self.run(&["predict", "--data", data, "--model"], "")?;
        Ok(out.lines().map(str::to_owned).collect())
    }

    /// What is told beside the predictions, which are written to a file.
    fn told(&self, data: &str) -> String {
        let out = self.0.with_extension("csv");
        let told = self.run(&["predict", "--data", data, "--out", out.to_str().unwrap(), "--model"], "").unwrap();
        let written: Vec<_> = fs::read_to_string(&out).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(written, self.predict(data).unwrap());
        fs::remove_file(out).unwrap();
        told
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// The numbers behind the first cell of a line; or all.
fn numbers(line: &str) -> Vec<f64> {
    line.split(',').filter_map(|cell| cell.parse().ok()).collect()
}

/// Rows of a number, a word, and a label: in some, something is missing.
fn mixed(label: &dyn Fn(u32) -> String) -> String {
    let row = |i: u32| {
        let size = if i % 11 == 3 { "NA".to_owned() } else { format!("{}.{}", i * 7 % 13, i % 10) };
        let colour = if i % 13 == 5 { "" } else { ["red", "blue", "dark green"][(i % 3) as usize] };
        format!("{size},{colour},{},{}\n", i * i % 17, label(i))
    };
    format!("size,the colour,type,y\n{}", (0..90).map(row).collect::<String>())
}

pub(crate) fn mixed_numbers() -> String {
    mixed(&|i| (100 * (i * 7 % 13) + 30 * (i % 3)).to_string())
}

pub(crate) fn mixed_classes() -> String {
    mixed(&|i| ["no", "yes"][usize::from(i * 7 % 13 > 6)].to_owned())
}

#[test]
fn predictions_are_those_of_the_parts_in_the_file() {
    let text = mixed_numbers();
    let csv = Csv::new("parts.csv", &text);
    for (precision, tolerance) in [("f64", 1e-12), ("f32", 1e-4)] {
        let options = format!("--missing mean --epochs 20 --precision {precision}");
        let model = Saved::train(&format!("parts-{precision}"), csv.path(), &options);
        let json = model.json();
        let encoding: Encoding = from_value(json["encoding"].clone()).unwrap();
        let scaling: Scaling = from_value(json["scaling"].clone()).unwrap();
        let network = json["network"][precision].clone();
        let network: Mlp<f64> = match precision {
            "f64" => from_value(network).unwrap(),
            _ => from_value::<Mlp<f32>>(network).unwrap().map(f64::from),
        };
        let table = Table::from_reader(text.as_bytes(), "parts", TableFormat::default()).unwrap();
        let columns = Columns { missing: Missing::Mean, ..Columns::default() };
        let mut of_table = Encoding::of(&table, &columns).unwrap();
        let data = encoding.dataset(&table).unwrap();
        // The means are those of the training rows.
        let (training, _) = of_table.dataset(&table).unwrap().split(0.2, &mut rng()).unwrap();
        assert_ne!(encoding, of_table);
        of_table.learn_means(&training);
        assert_eq!(encoding, of_table);
        let lines = model.predict(csv.path()).unwrap();
        assert_eq!((lines.len(), lines[0].as_str()), (91, "prediction"));
        for (row, line) in lines[1..].iter().enumerate() {
            let mut x = data.row(row).to_vec();
            scaling.apply(&mut x);
            let expected = scaling.restore(network.forward(&x).unwrap()[0]);
            let found: f64 = line.parse().unwrap();
            assert!((found - expected).abs() <= tolerance * expected.abs().max(100.0), "{found}, not {expected}");
        }
    }
}

#[test]
fn columns_are_found_by_their_names_in_any_order_with_or_without_the_label() {
    let text = fs::read_to_string(IRIS).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let in_order = |name: &str, order: &[usize], separator: &str| {
        let line = |row: &Vec<&str>| order.iter().map(|&k| row[k]).collect::<Vec<_>>().join(separator) + "\n";
        Csv::new(name, rows.iter().map(line).collect::<String>())
    };
    let model = Saved::train("order", IRIS, "--epochs 30");
    let expected = model.predict(IRIS).unwrap();
    assert_eq!(expected.len(), 151);
    let header = "prediction,probability of setosa,probability of versicolor,probability of virginica";
    assert_eq!(expected[0], header);
    for line in &expected[1..] {
        let (probabilities, class) = (numbers(line), line.split(',').next().unwrap());
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{line}");
        let best = (0..3).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b])).unwrap();
        assert_eq!(class, ["setosa", "versicolor", "virginica"][best]);
    }
    for (name, order, separator, told) in [
        ("permuted", &[4, 2, 0, 3, 1][..], ",", "150 rows predicted\nlabelled loss "),
        ("unlabelled", &[3, 2, 1, 0], "\t", "150 rows predicted\n"),
        ("more", &[0, 1, 2, 3, 4], ";", "labelled accuracy"),
    ] {
        let csv = in_order(&format!("{name}.csv"), order, separator);
        assert_eq!(model.predict(csv.path()).unwrap(), expected, "{name}");
        let out = model.told(csv.path());
        assert!(out.contains(told), "{name}: {out}");
        assert_eq!(out.contains("accuracy"), name != "unlabelled", "{out}");
    }
    let more: Vec<_> = text.lines().enumerate().map(|(k, line)| format!("extra{k},{line}")).collect();
    let more = Csv::new("further.csv", more.join("\n"));
    assert_eq!(model.predict(more.path()).unwrap(), expected);
    assert!(model.told(more.path()).contains("1 column ignored: extra0"));
    let accuracy = expected[1..].iter().zip(&rows[1..]).filter(|(line, row)| line.starts_with(row[4])).count();
    assert!(model.told(IRIS).contains(&format!("({accuracy} of 150)")));
    let without = in_order("without.csv", &[4, 0, 1, 3], ",");
    assert_eq!(
        model.predict(without.path()).unwrap_err(),
        format!(
            "{}: expected a column \"petal_length_cm\", found the columns \"species\", \"sepal_length_cm\", \"sepal_width_cm\", \
             \"petal_width_cm\"",
            without.path()
        )
    );
}

#[test]
fn rows_without_values_or_labels_keep_their_lines() {
    let csv = Csv::new("keep.csv", mixed_classes());
    let dropping = Saved::train("dropping", csv.path(), "--missing drop --epochs 5");
    let keeping = Saved::train("keeping", csv.path(), "--missing mean --epochs 5");
    let new = "the colour,size,type,y\nred,1,2,yes\n,3,4,no\nblue,?,1,yes\ndark green,2,2,\nred,1,2,NA\n";
    let new = Csv::new("keep-new.csv", new);
    let lines = dropping.predict(new.path()).unwrap();
    let is_empty: Vec<bool> = lines.iter().map(|line| line == ",,").collect();
    assert_eq!(is_empty, [false, false, true, true, false, false], "{lines:?}");
    assert_eq!(lines[1], lines[5]);
    let told = dropping.told(new.path());
    assert!(
        told.contains("3 rows predicted, 2 rows not, in which a value is missing\n2 rows without a label\n"),
        "{told}"
    );
    assert!(told.contains(" of 1), always"), "{told}");
    assert!(keeping.predict(new.path()).unwrap().iter().all(|line| line != ",,"));
    let told = keeping.told(new.path());
    assert!(told.contains("5 rows predicted\n2 rows without a label\n") && told.contains(" of 3), always"), "{told}");
    // Labels of another kind leave the predictions as they are.
    let foreign = Csv::new("keep-foreign.csv", "size,the colour,type,y\n1,red,2,perhaps\n");
    let told = keeping.told(foreign.path());
    assert!(told.contains("1 row predicted\nthe predictions cannot be measured: "), "{told}");
    assert!(told.ends_with("line 2, column 4 (y): expected one of \"no\", \"yes\", found \"perhaps\"\n"), "{told}");
    for (text, error) in [
        ("size,the colour,type\n1,pink,2\n", ", line 2, column 2 (the colour): expected one of "),
        ("size,the colour,type\nbig,red,2\n", ", line 2, column 1 (size): expected a number, found \"big\""),
        ("size,the colour,type\n1,red,?\n", ", line 2, column 3 (type): expected a value, which was never missing"),
        ("1,red,2\n", ": expected rows below the header, found none"),
        ("1,red,2\n2,red,3\n", ": expected a column \"size\", found the columns \"1\", \"red\", \"2\""),
    ] {
        let csv = Csv::new("keep-wrong.csv", text);
        let found = keeping.predict(csv.path()).unwrap_err();
        assert!(found.starts_with(&format!("{}{error}", csv.path())), "{found}");
    }
}

#[test]
fn unknown_categories_are_told_and_refused_unless_they_are_ignored() {
    let csv = Csv::new("unknown.csv", mixed_classes());
    let model = Saved::train("unknown", csv.path(), "--missing mean --epochs 5");
    let new = "size,the colour,type,y\n1,pink,2,no\n1,red,2,yes\n3,mauve,1,no\n,pink,3,\n";
    let new = Csv::new("unknown-new.csv", new);
    let error = model.predict(new.path()).unwrap_err();
    let expected = "line 2, column 2 (the colour): expected one of \"blue\", \"dark green\", \"red\", or --unknown ignore, found \
                    \"pink\"; 3 cells have 2 unknown words: \"mauve\" in column 2 (the colour), \"pink\" in column 2 (the colour)";
    assert_eq!(error, format!("{}, {expected}", new.path()));
    let output =
        process(&["predict", "--model", model.path(), "--data", new.path(), "--unknown", "ignore"]).output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(
        notes.contains("3 cells with unknown categories ignored: the colour \"mauve\" (1), the colour \"pink\" (2)\n"),
        "{notes}"
    );
    assert!(notes.contains(" of 3), always"), "{notes}");
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 5);
    // The network gets 0 for each word of the column.
    let json = model.json();
    let scaling: Scaling = from_value(json["scaling"].clone()).unwrap();
    let network: Mlp<f64> = from_value(json["network"]["f64"].clone()).unwrap();
    let mut x = vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0];
    scaling.apply(&mut x);
    let scores = network.forward(&x).unwrap();
    let probability = 1.0 / (1.0 + (scores[1] - scores[0]).exp());
    assert!((numbers(&lines[1])[0] - probability).abs() < 1e-12, "{lines:?}");
}

#[test]
fn tables_without_a_header_are_matched_by_order_if_that_of_the_training_had_none() {
    let text = fs::read_to_string(IRIS).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let plain = Csv::new("plain.csv", rows.join("\n"));
    let unlabelled: Vec<&str> = rows.iter().map(|row| row.rsplit_once(',').unwrap().0).collect();
    let unlabelled = Csv::new("plain-unlabelled.csv", unlabelled.join("\n"));
    let model = Saved::train("plain", plain.path(), "--epochs 5");
    let expected = model.predict(plain.path()).unwrap();
    assert_eq!(model.predict(unlabelled.path()).unwrap(), expected);
    let error = model.predict(IRIS).unwrap_err();
    assert!(error.ends_with("line 1, column 1: expected a number, found \"sepal_length_cm\""), "{error}");
    let error = model.run(&["predict", "--data", IRIS, "--header", "yes", "--model"], "").unwrap_err();
    assert!(error.contains(": expected no header, as the table of the training had none"), "{error}");
    // The label is the first column: without it, all others would be one place further to the left.
    let first = |row: &&str| row.rsplit_once(',').map(|(rest, label)| format!("{label},{rest}\n")).unwrap();
    let first = Csv::new("plain-first.csv", rows.iter().map(first).collect::<String>());
    let of_first = Saved::train("plain-first", first.path(), "--target 1 --epochs 5");
    assert_eq!(of_first.predict(first.path()).unwrap().len(), 151);
    let error = of_first.predict(unlabelled.path()).unwrap_err();
    assert!(
        error.contains(": expected 5 columns as in the table of the training, which had no header, found 4"),
        "{error}"
    );
    let named = Saved::train("named", IRIS, "--epochs 5");
    let error = named.run(&["predict", "--data", plain.path(), "--header", "no", "--model"], "").unwrap_err();
    assert!(error.contains(": expected a header with the names of the columns"), "{error}");
}

#[test]
fn inspect_tells_what_was_printed_and_which_columns_are_important() {
    // The label depends on the first column alone.
    let row =
        |i: u32| format!("{},{},{}\n", i * 37 % 100, i * 61 % 89, ["low", "high"][usize::from(i * 37 % 100 > 49)]);
    let csv = Csv::new("important.csv", format!("telling,noise,y\n{}", (0..200).map(row).collect::<String>()));
    let model = path("important.json");
    let model = Saved({
        let out = train(&["--data", csv.path(), "--save", model.to_str().unwrap()]).unwrap();
        let page = train(&["inspect", model.to_str().unwrap()]).unwrap();
        let report: Vec<_> = out.lines().skip_while(|line| !line.starts_with("test loss")).collect();
        let report = report.iter().filter(|line| !line.starts_with("saved"));
        for line in report {
            assert!(page.contains(&format!("\n  {line}\n")), "{line:?} is missing:\n{page}");
        }
        let network = out.lines().find_map(|line| line.strip_prefix("network ")?.split_once(',')).unwrap().0;
        assert!(page.contains(&format!("network {network}, ")), "{page}");
        model
    });
    let page = train(&["inspect", model.path()]).unwrap();
    for told in [
        "a model of train 0.1.0\n",
        "predicts y, one of 2 classes: high, low\n",
        "in f64, seed 573\n",
        "trained on 160 rows, tested on 40 others:\n",
        "telling: a number, ",
    ] {
        assert!(page.contains(told), "{told:?} is missing:\n{page}");
    }
    let importance = page.split_once("importance: ").unwrap().1;
    assert!(number(importance, "telling:") > 25.0 && number(importance, "noise:").abs() < 10.0, "{page}");
    let csv = Csv::new("inspect.csv", mixed_numbers());
    let page = train(&["inspect", Saved::train("inspect", csv.path(), "--missing mean").path()]).unwrap();
    for told in [
        "predicts y, a number\n",
        "the colour: one of blue, dark green, red; may be missing\n",
        "root mean square error on",
    ] {
        assert!(page.contains(told), "{told:?} is missing:\n{page}");
    }
}

/// What each subcommand says to a file in the place of a model: one line without control characters, about the file.
fn refusal(model: &Saved) -> String {
    let error = model.run(&["inspect"], "").unwrap_err();
    assert!(!error.contains(char::is_control), "{error:?}");
    assert_eq!(model.predict(IRIS).unwrap_err(), error);
    let rust = path("refused.rs");
    assert_eq!(model.run(&["export", "--rust", rust.to_str().unwrap(), "--model"], "").unwrap_err(), error);
    let expected = format!("{}: expected a model that train --save wrote, found ", model.path());
    let problem = error.strip_prefix(&expected).unwrap_or_else(|| panic!("{error}"));
    problem.strip_suffix("; train and save it again").unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[test]
fn files_that_are_foreign_newer_or_contradict_themselves_are_refused() {
    let whole = Saved::train("whole", IRIS, "--epochs 1 --hidden 2").json();
    let changed = |change: &dyn Fn(&mut Json)| {
        let mut model = whole.clone();
        change(&mut model);
        refusal(&Saved::of_text("changed", model.to_string()))
    };
    let hex = "3ff0000000000000";
    let infinity = "7ff0000000000000";
    for (place, value, expected) in [
        ("/format", json!("gradtape network"), "the format \"gradtape network\", not \"gradtape model\""),
        ("/format", json!("two\nlines"), "the format \"two\\nlines\""),
        ("/version", json!(2), "version 2 of the format, not 1, which this program reads"),
        (
            "/encoding/target",
            json!("sepal_width_cm"),
            "a damaged one (encoding: expected names in one line that are not empty",
        ),
        ("/encoding/inputs/1/name", json!("sepal_length_cm"), "a damaged one (encoding: expected names in one line"),
        ("/encoding/inputs/1/name", json!("two\nlines"), "a damaged one (encoding: expected names in one line"),
        ("/encoding/inputs", json!([]), "a damaged one (encoding: expected at least 1 column"),
        (
            "/encoding/inputs/0/kind",
            json!({"number": infinity}),
            "a damaged one (encoding: expected means that are finite",
        ),
        ("/encoding/inputs/0/kind", json!({"categories": []}), "a damaged one (encoding: expected at least 1 category"),
        (
            "/encoding/inputs/0/kind",
            json!({"categories": ["a", "b"]}),
            "a damaged one (5 features, but a network of 4 inputs)",
        ),
        ("/encoding/classes", json!(["a"]), "a damaged one (encoding: expected at least 2 classes, found 1"),
        ("/encoding/classes", json!(["a", "b"]), "a damaged one (2 classes or numbers, but a network of 3 outputs)"),
        ("/encoding/classes", Json::Null, "a damaged one (1 classes or numbers, but a network of 3 outputs)"),
        ("/scaling/numbers", json!([hex, hex, hex, hex]), "a damaged one (4 features, but a scaling of 1)"),
        ("/network/f64/inputs", json!(3), "a damaged one (network: expected "),
        ("/network/f64/parameters/0", json!(infinity), "a damaged one (parameters of the network that are not finite)"),
        ("/network", json!({"f16": []}), "a damaged one (unknown variant `f16`"),
        ("/most_common_class", json!(3), "a damaged one (the most common class Some(3))"),
        ("/most_common_class", Json::Null, "a damaged one (the most common class None)"),
        ("/importance", json!([]), "a damaged one (4 columns, but the importance of 0)"),
        ("/columns", json!(4), "a damaged one (a table of 4 columns"),
        ("/has_header", json!(false), "a damaged one (a table of 5 columns"),
        ("/test/0", json!("two\nlines"), "a damaged one (\"two\\nlines\", which is not one line)"),
    ] {
        let problem = changed(&|model| *model.pointer_mut(place).unwrap() = value.clone());
        assert!(problem.starts_with(expected), "{place}: {problem:?} does not say {expected:?}");
    }
    // What a newer version has beside is not looked at.
    let newer = json!({"format": "gradtape model", "version": 7, "layers": []});
    assert!(refusal(&Saved::of_text("newer", newer.to_string())).starts_with("version 7 of the format"));
    for field in whole.as_object().unwrap().keys() {
        let problem = changed(&|model| drop(model.as_object_mut().unwrap().remove(field)));
        let expected = if field == "most_common_class" { "the most common class None" } else { "missing field `" };
        assert!(problem.contains(expected), "{field}: {problem}");
    }
    assert!(changed(&|model| model["more"] = json!(1)).contains("unknown field `more`"));
    for text in ["", "{}", "[]", "null", "a,b\n1,2\n", "\u{feff}{}"] {
        assert!(refusal(&Saved::of_text("foreign", text)).starts_with("another file ("), "{text:?}");
    }
    assert!(refusal(&Saved::of_text("bytes", b"\xff\xfe")).starts_with("another file ("));
    let error = train(&["inspect", "no/such.json"]).unwrap_err();
    assert!(error.starts_with("no/such.json: cannot be read: "), "{error}");
}

#[test]
fn damaged_files_are_refused_or_models() {
    const BYTES: &[u8] = b"01f,[]\"{}:\\n\xff";
    let csv = Csv::new("damaged.csv", mixed_classes());
    let saved = Saved::train("damaged", csv.path(), "--missing mean --epochs 1 --hidden 1");
    let text = fs::read(&saved.0).unwrap();
    let (mut read, mut refused) = (0, 0);
    let mut check = |bytes: &[u8]| {
        let model = Saved::of_text("damaged-bytes", bytes);
        for result in [model.run(&["inspect"], ""), model.run(&["predict", "--data", csv.path(), "--model"], "")] {
            match result {
                Ok(page) => assert!(!page.replace('\n', "").contains(char::is_control)),
                Err(error) => assert!(!error.contains(char::is_control), "{error:?}"),
            }
        }
        if model.run(&["inspect"], "").is_ok() { read += 1 } else { refused += 1 }
    };
    for at in 0..text.len() {
        let mut changed = text.clone();
        // Another byte, or another bit.
        changed[at] = if at % 2 == 0 { BYTES[at % BYTES.len()] } else { text[at] ^ (1 << (at % 8)) };
        check(&changed);
        if at % 7 == 0 {
            check(&text[..at]);
        }
    }
    assert!(read > 100 && refused > 1000, "{read} were read and {refused} refused");
}

#[test]
fn files_that_are_read_or_cannot_be_written_are_refused_at_the_start() {
    let model = Saved::train("over", IRIS, "--epochs 1");
    let copy = Csv::new("over.csv", fs::read(IRIS).unwrap());
    for args in [
        ["--data", copy.path(), "--save", copy.path(), "--epochs", "1"].to_vec(),
        ["predict", "--model", model.path(), "--data", copy.path(), "--out", copy.path()].to_vec(),
        ["predict", "--model", model.path(), "--data", copy.path(), "--out", model.path()].to_vec(),
        ["export", "--model", model.path(), "--rust", model.path()].to_vec(),
    ] {
        let error = train(&args).unwrap_err();
        assert!(error.ends_with(": expected a file of its own, found the one that is read"), "{error}");
    }
    // A name that is too long: nothing is computed before that is told.
    let long = path(&format!("{}.svg", "n".repeat(300)));
    let long = long.to_str().unwrap();
    for args in [
        ["--data", copy.path(), "--save", long].to_vec(),
        ["--data", copy.path(), "--plot", long].to_vec(),
        ["moons", "--plot", long].to_vec(),
        ["predict", "--model", model.path(), "--data", copy.path(), "--out", long].to_vec(),
        ["export", "--model", model.path(), "--rust", long].to_vec(),
    ] {
        let output = process(&args).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains(&format!("{long}: cannot be written: ")) && output.stdout.is_empty(),
            "{args:?}: {error}"
        );
    }
    // What is checked is neither left behind nor changed.
    let save = path("over-none.json");
    train(&["--data", "no/such.csv", "--save", save.to_str().unwrap()]).unwrap_err();
    assert!(!save.exists());
    train(&["--data", "no/such.csv", "--save", model.path()]).unwrap_err();
    assert_eq!(fs::read(copy.path()).unwrap(), fs::read(IRIS).unwrap());
    model.json();
}

#[test]
fn a_reader_that_goes_away_loses_no_file() {
    let [open, closed] = ["open", "closed"].map(|name| [path(&format!("{name}.json")), path(&format!("{name}.svg"))]);
    let files = |[model, plot]: &[PathBuf; 2], taken: usize| {
        for (option, file) in [("--save", model), ("--plot", plot)] {
            let args = ["--data", IRIS, "--epochs", "2", option, file.to_str().unwrap()];
            train::run(args.iter().map(OsString::from), &mut Closed(taken), false).unwrap();
        }
        [model, plot].map(|file| {
            let text = fs::read_to_string(file).unwrap();
            fs::remove_file(file).unwrap();
            text
        })
    };
    let expected = files(&open, usize::MAX);
    for taken in [0, 1, 100, 500] {
        assert_eq!(files(&closed, taken), expected, "after {taken} bytes");
    }
    // The processes of the program and of `predict --out`.
    let [model, predictions] = [path("pipe.json"), path("pipe.csv")];
    for args in [
        ["--data", IRIS, "--epochs", "2", "--save", model.to_str().unwrap()].to_vec(),
        ["predict", "--data", IRIS, "--model", model.to_str().unwrap(), "--out", predictions.to_str().unwrap()]
            .to_vec(),
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = process(&args).stdout(writer).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
        assert!(output.status.success(), "{args:?}");
    }
    assert_eq!(fs::read_to_string(&predictions).unwrap().lines().count(), 151);
    assert_eq!(fs::read_to_string(&model).unwrap(), expected[0]);
    for file in [model, predictions] {
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn cross_validation_measures_every_fold_and_their_mean() {
    let csv = Csv::new("folds.csv", mixed_numbers());
    for (data, options, names) in [
        (IRIS, "--cross-validate 5 --epochs 20", &["loss", "accuracy", "always the most common class", "macro F1"][..]),
        (csv.path(), "--cross-validate 3 --missing drop --epochs 20", &["loss", "root mean square error", "R²"]),
        (
            csv.path(),
            "--cross-validate 2 --missing mean --precision f32 --patience 3",
            &["mean absolute error", "mean absolute error of the mean"],
        ),
    ] {
        let out = train(&["--data", data].into_iter().chain(options.split(' ')).collect::<Vec<_>>()).unwrap();
        let folds: Vec<&str> = out.lines().filter(|line| line.starts_with("fold ")).collect();
        let count: f64 = options.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(folds.len().to_string(), count.to_string(), "{out}");
        let summary = out.split_once(" folds:\n").unwrap().1;
        for name in names {
            let numbers: Vec<f64> = folds.iter().map(|fold| number(&format!(" {fold}"), &format!(" {name}"))).collect();
            let mean = numbers.iter().sum::<f64>() / count;
            let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
            let line = summary.lines().find(|line| line.starts_with(name)).unwrap();
            let digits = if line.contains('%') { 0.01 } else { 1e-5 };
            assert!((number(line, name) - mean).abs() < digits, "{mean}: {out}");
            assert!((number(line, "±") - variance.sqrt()).abs() < digits, "{}: {out}", variance.sqrt());
        }
    }
    let error = train(&["--data", IRIS, "--cross-validate", "151"]).unwrap_err();
    assert_eq!(error, "--cross-validate: expected a number of folds from 2 to 150, the number of rows, found 151");
}

/// The rows of a data set as labels or numbers.
fn labels(data: &Dataset) -> Vec<usize> {
    let Target::Classes { labels, .. } = data.target() else { panic!() };
    labels.clone()
}

fn targets(data: &Dataset) -> Vec<f64> {
    let Target::Numbers(targets) = data.target() else { panic!() };
    targets.clone()
}

fn count(rows: usize) -> f64 {
    f64::from(u32::try_from(rows).unwrap())
}

#[test]
fn the_measures_of_cross_validation_are_those_of_their_definitions() {
    // The class tells little about the features, and is not equally common.
    let rows = |classes: u32| {
        (0..90).fold("a,b,y\n".to_owned(), |text, i| {
            let class = (i * i % 11 + i % 2).min(classes + 1) % classes;
            format!("{text}{}.5,{}.5,c{class}\n", i * 37 % 19 + 2 * class, i * 61 % 23)
        })
    };
    for classes in [2, 3] {
        let csv = Csv::new(&format!("definitions-{classes}.csv"), rows(classes));
        let out = train(&["--data", csv.path(), "--cross-validate", "4", "--epochs", "3"]).unwrap();
        let mut rng = rng();
        let folds = Dataset::from_csv(csv.path(), None).unwrap().folds(4, &mut rng).unwrap();
        let [mut always, mut macro_f1, mut auc] = [0.0; 3];
        for (mut training, mut test) in folds {
            let scaling = training.scaling();
            training.standardize(&scaling);
            test.standardize(&scaling);
            let width = training.target().width();
            let layers = [(32, Activation::Tanh), (width, Activation::Identity)];
            let network = Mlp::<f64>::new(2, &layers, Init::Xavier, &mut rng).unwrap();
            let mut trainer = Trainer::new(network, Adam::new(0.005).with_decay(0.01));
            for _ in 0..3 {
                trainer.epoch(&training, 16, &mut rng).unwrap();
            }
            let outputs: Vec<Vec<f64>> =
                (0..test.len()).map(|row| trainer.network().forward(test.row(row)).unwrap()).collect();
            let labels_of_test = labels(&test);
            let rows_of = |labels: &[usize], class| labels.iter().filter(|&&label| label == class).count();
            let common = (0..width).max_by_key(|&class| rows_of(&labels(&training), class)).unwrap();
            always += 25.0 * count(rows_of(&labels_of_test, common)) / count(test.len());
            for class in 0..width {
                let is_predicted = |row: usize| outputs[row].iter().all(|&score| score <= outputs[row][class]);
                let predicted = (0..test.len()).filter(|&row| is_predicted(row)).count();
                let right = (0..test.len()).filter(|&row| is_predicted(row) && labels_of_test[row] == class).count();
                let recall = count(right) / count(rows_of(&labels_of_test, class));
                let precision = count(right) / count(predicted.max(1));
                if right > 0 {
                    macro_f1 += 2.0 * precision * recall / (precision + recall) / count(width) / 4.0;
                }
            }
            let scores = |class| {
                let of_class = outputs.iter().zip(&labels_of_test).filter(move |(_, label)| **label == class);
                of_class.map(|(y, _)| y[1] - y[0]).collect::<Vec<f64>>()
            };
            let pairs: Vec<bool> = scores(1).iter().flat_map(|a| scores(0).into_iter().map(move |b| *a > b)).collect();
            auc += count(pairs.iter().filter(|is_right| **is_right).count()) / count(pairs.len()) / 4.0;
        }
        let summary = out.split_once(" folds:\n").unwrap().1;
        assert!((number(summary, "always the most common class") - always).abs() < 0.0051, "{always}: {out}");
        assert!((number(summary, "macro F1") - macro_f1).abs() < 1e-6, "{macro_f1}: {out}");
        assert!(macro_f1 < 0.99 && auc < 0.99, "{out}");
        if classes == 2 {
            assert!((number(summary, "AUC") - auc).abs() < 1e-6, "{auc}: {out}");
        } else {
            assert!(!out.contains("AUC"), "{out}");
        }
    }
    let csv = Csv::new("definitions.csv", mixed_numbers());
    let out = train(&["--data", csv.path(), "--cross-validate", "4", "--missing", "drop", "--epochs", "1"]).unwrap();
    let columns = Columns { missing: Missing::Drop, ..Columns::default() };
    let table = Table::read(csv.path(), TableFormat::default()).unwrap();
    let data = Encoding::of(&table, &columns).unwrap().dataset(&table).unwrap();
    let [mut square, mut absolute] = [0.0; 2];
    for (training, test) in data.folds(4, &mut rng()).unwrap() {
        let mean = targets(&training).iter().sum::<f64>() / count(training.len());
        let errors: Vec<f64> = targets(&test).iter().map(|y| (y - mean).abs()).collect();
        square += (errors.iter().map(|e| e * e).sum::<f64>() / count(errors.len())).sqrt() / 4.0;
        absolute += errors.iter().sum::<f64>() / count(errors.len()) / 4.0;
    }
    let summary = out.split_once(" folds:\n").unwrap().1;
    for (name, expected) in [("root mean square error", square), ("mean absolute error", absolute)] {
        let found = number(summary, &format!("{name} of the mean"));
        assert!((found - expected).abs() < 1e-5, "{expected}: {out}");
    }
}

#[test]
fn a_process_writes_predictions_to_the_standard_output_and_notes_to_the_standard_error() {
    let model = Saved::train("process", IRIS, "--epochs 1");
    let output = process(&["predict", "--model", model.path(), "--data", IRIS]).output().unwrap();
    assert!(output.status.success());
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines, model.predict(IRIS).unwrap());
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("150 rows predicted\nlabelled loss "), "{notes}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_training_after_its_epoch_and_a_second_one_ends_the_process() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    let csv = Csv::new(
        "interrupt.csv",
        (0..600).fold("a,b,y\n".to_owned(), |mut text, i: u32| {
            writeln!(text, "{},{},{}", i * 37 % 101, i * 61 % 89, i * 37 % 101 + i % 7).unwrap();
            text
        }),
    );
    let send = |signal: &str, id: u32| {
        assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
    };
    let note = "interrupted: the training stops after this epoch; Ctrl-C once more ends the program at once\n";
    for (signal, patience) in [("-INT", ""), ("-TERM", "--patience 1000000")] {
        let saved = Saved::of_text("interrupted", "");
        let args = ["--data", csv.path(), "--epochs", "1000000", "--hidden", "64", "--save", saved.path()];
        let args: Vec<&str> = args.into_iter().chain(patience.split_whitespace()).collect();
        let mut child = process(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.contains("epoch 1, ") {
            assert_ne!(out.read_line(&mut text).unwrap(), 0, "{text}");
        }
        send(signal, child.id());
        out.read_to_string(&mut text).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(text.contains("interrupted after epoch ") && text.contains(" of 1000000\n"), "{text}");
        assert_eq!(text.contains("whose weights are kept"), !patience.is_empty(), "{text}");
        assert!(text.contains("test loss ") && text.contains("saved as "), "{text}");
        assert_eq!(saved.predict(csv.path()).unwrap().len(), 601);
    }
    // An epoch that takes long.
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let args = ["--data", csv.path(), "--hidden", "512,512", "--epochs", "1", "--engine", "tape"];
        let mut child = process(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.contains("network ") {
            assert_ne!(out.read_line(&mut text).unwrap(), 0, "{text}");
        }
        send(signal, child.id());
        let (mut notes, mut told) = (BufReader::new(child.stderr.take().unwrap()), String::new());
        notes.read_line(&mut told).unwrap();
        assert_eq!(told, note);
        assert!(child.try_wait().unwrap().is_none(), "the first signal ended the process");
        send(signal, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
