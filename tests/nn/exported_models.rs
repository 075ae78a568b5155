//! Exported models are compiled, and predict what the saved ones do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use testing::rustc::rustc;

use super::saved_models::{Saved, mixed_classes, mixed_numbers};
use super::train_example::{Csv, IRIS, train};

/// The fields of the struct `Row`: name and type.
fn fields(source: &str) -> Vec<(String, String)> {
    let row = source.split_once("pub struct Row").unwrap().1.split_once("\n}").unwrap().0;
    let fields = row.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(',')?.split_once(": "));
    fields.map(|(name, of_field)| (name.to_owned(), of_field.to_owned())).collect()
}

/// A cell as an expression of this type.
fn expression(cell: &str, of_field: &str) -> String {
    match of_field {
        "f64" => format!("{:?}", cell.parse::<f64>().unwrap()),
        "&'a str" => format!("{cell:?}"),
        _ if ["", "NA"].contains(&cell) => "None".to_owned(),
        _ => {
            let inner = of_field.strip_prefix("Option<").unwrap().strip_suffix('>').unwrap();
            format!("Some({})", expression(cell, inner))
        }
    }
}

#[test]
fn exported_source_predicts_what_the_saved_model_does() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exported");
    fs::create_dir_all(&folder).unwrap();
    let numbers = Csv::new("exported-numbers.csv", mixed_numbers());
    let classes = Csv::new("exported-classes.csv", mixed_classes());
    // Names that are no identifiers, or the same one.
    let names = "\"größe \"\"quoted\"\" €\",the-colour,the_colour,y";
    let odd = mixed_numbers().replace("size,the colour,type,y", names);
    let odd = Csv::new("exported-odd.csv", odd.replace("NA,", "1,"));
    let mut main = String::from("fn main() {\n");
    let mut expected = Vec::new();
    let mut tolerances = Vec::new();
    for (name, data, options) in [
        ("iris_f64", IRIS, "--epochs 20"),
        ("iris_f32", IRIS, "--epochs 20 --precision f32 --activation relu"),
        ("classes", classes.path(), "--epochs 20 --missing mean --activation gelu"),
        ("numbers", numbers.path(), "--epochs 20 --missing mean --activation elu(0.5) --hidden 5,4"),
        ("dropped", numbers.path(), "--epochs 20 --missing drop --activation leaky_relu(0.1) --precision f32"),
        ("odd", odd.path(), "--epochs 20 --missing mean --ignore 3"),
    ] {
        let model = Saved::train(&format!("exported-{name}"), data, options);
        let file = folder.join(format!("{name}.rs"));
        train(&["export", "--model", model.path(), "--rust", file.to_str().unwrap()]).unwrap();
        let source = fs::read_to_string(&file).unwrap();
        let strict = ["--crate-type", "lib", "-D", "warnings", "-D", "missing-docs"];
        rustc(&folder, &format!("{name}.rs"), &source, &strict);
        let fields = fields(&source);
        let text = fs::read_to_string(data).unwrap();
        let result = if source.contains("pub struct Prediction") {
            "let y = y.unwrap(); println!(\"{} {:?}\", y.class, y.probabilities)"
        } else {
            "println!(\"{:?}\", y.unwrap())"
        };
        for (line, prediction) in text.lines().skip(1).zip(&model.predict(data).unwrap()[1..]) {
            if prediction.starts_with([',', '"']) {
                continue;
            }
            let cells = fields.iter().zip(line.split(','));
            let row: Vec<_> =
                cells.map(|((name, of_field), cell)| format!("{name}: {}", expression(cell, of_field))).collect();
            let row = row.join(", ");
            writeln!(main, "    let y = {name}::predict(&{name}::Row {{ {row} }}); {result};").unwrap();
            expected.push(prediction.replace(',', " "));
            tolerances.push(if options.contains("f32") { 1e-4 } else { 1e-12 });
        }
        if name == "classes" {
            writeln!(main, "    let row = |size, the_colour| {name}::Row {{ size, the_colour, column_type: 1.0 }};")
                .unwrap();
            writeln!(main, "    println!(\"{{}}\", {name}::predict(&row(Some(f64::NAN), None)).unwrap_err());")
                .unwrap();
            writeln!(main, "    println!(\"{{}}\", {name}::predict(&row(None, Some(\"pink\"))).unwrap_err());")
                .unwrap();
            expected.push("column \"size\": expected a finite number, found NaN".to_owned());
            expected.push(
                "column \"the colour\": expected one of [\"blue\", \"dark green\", \"red\"], found \"pink\"".to_owned(),
            );
            tolerances.extend([0.0; 2]);
        }
    }
    main += "}\n";
    let names = ["iris_f64", "iris_f32", "classes", "numbers", "dropped", "odd"];
    let externs: Vec<&str> = names.iter().flat_map(|name| ["--extern", name]).collect();
    rustc(&folder, "main.rs", &main, &externs);
    let output = Command::new(folder.join("main")).output().unwrap();
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && found.lines().count() == expected.len() && expected.len() > 500);
    for ((found, expected), tolerance) in found.lines().zip(&expected).zip(tolerances) {
        let parts = |text: &str| -> Vec<String> {
            text.split_whitespace().map(|part| part.trim_matches(['[', ']', ',']).to_owned()).collect()
        };
        let (a, b) = (parts(found), parts(expected));
        assert_eq!(a.len(), b.len(), "{found}, not {expected}");
        for (a, b) in a.iter().zip(&b).filter(|(a, b)| a != b) {
            let [a, b] = [a, b].map(|text| text.parse::<f64>().unwrap_or(f64::NAN));
            assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{found}, not {expected}");
        }
    }
}
