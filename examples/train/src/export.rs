//! A saved model as Rust source that needs no crate.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use gradtape::nn::{InputColumn, InputKind};
use gradtape::program::Program;

use crate::console::printable;
use crate::model::Model;
use crate::output_file;
use crate::run::Result;

pub(crate) fn export(model: &Path, rust: &Path, out: &mut dyn Write) -> Result<()> {
    output_file::check("--rust", rust, &[model])?;
    let model = Model::read(model)?;
    output_file::write(rust, source(&model)?)?;
    Ok(writeln!(out, "written to {}: the struct Row and the function predict", printable(&rust.display().to_string()))?)
}

/// A column, the name of its field, and the number of its first feature.
struct Field<'a> {
    input: &'a InputColumn,
    name: String,
    first: usize,
}

impl Field<'_> {
    fn is_word(&self) -> bool {
        matches!(self.input.kind, InputKind::Categories(_))
    }
}

fn source(model: &Model) -> Result<String> {
    let encoding = &model.encoding;
    let mut first = 0;
    let names = identifiers(encoding.inputs());
    let fields = encoding.inputs().iter().zip(names).map(|(input, name)| {
        let field = Field { input, name, first };
        first += input.width();
        field
    });
    let fields: Vec<Field<'_>> = fields.collect();
    let mut text = format!(
        "//! Predicts the column {:?} of a table. Written by gradtape's {}.\n//!\n//! It needs nothing but the standard library.\n\n",
        encoding.target(),
        model.program.escape_debug()
    );
    row(&fields, &mut text)?;
    prediction(encoding.classes(), &mut text)?;
    predict(model, &fields, &mut text)?;
    helpers(&fields, &mut text);
    text += &model.network.to_rust()?;
    Ok(text)
}

/// Names of fields that are all different.
fn identifiers(inputs: &[InputColumn]) -> Vec<String> {
    // A program knows which names are keywords.
    let program = Program::record(|x| x[0], &[0.0]);
    let mut names: Vec<String> = Vec::new();
    for (k, input) in inputs.iter().enumerate() {
        let letters = input.name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let words: Vec<&str> = letters.split('_').filter(|word| !word.is_empty()).collect();
        let mut name = words.join("_");
        if name.is_empty() {
            name = format!("column_{}", k + 1);
        } else if program.to_rust(&name).is_err() {
            name = format!("column_{name}");
        }
        let mut unique = name.clone();
        let mut number = 1;
        while names.contains(&unique) {
            number += 1;
            unique = format!("{name}_{number}");
        }
        names.push(unique);
    }
    names
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

/// The struct of the inputs.
fn row(fields: &[Field<'_>], text: &mut String) -> Result<()> {
    let lifetime = lifetime(fields, "<'a>");
    writeln!(
        text,
        "/// The features of a row.\n#[derive(Clone, Copy, Debug, PartialEq)]\npub struct Row{lifetime} {{"
    )?;
    for field in fields {
        let (kind, of_kind) = match &field.input.kind {
            InputKind::Number { .. } => ("a number".to_owned(), "f64"),
            InputKind::Categories(words) => (format!("one of {}", quoted(words)), "&'a str"),
        };
        let may_be_missing = field.input.may_be_missing;
        let missing = if may_be_missing { "; `None` if it is missing" } else { "" };
        let of_field = if may_be_missing { format!("Option<{of_kind}>") } else { of_kind.to_owned() };
        writeln!(text, "    /// The column {:?}: {kind}{missing}.", field.input.name)?;
        writeln!(text, "    pub {}: {of_field},", field.name)?;
    }
    Ok(writeln!(text, "}}\n")?)
}

/// A lifetime, if the struct of the inputs has words.
fn lifetime(fields: &[Field<'_>], lifetime: &'static str) -> &'static str {
    if fields.iter().any(Field::is_word) { lifetime } else { "" }
}

/// The struct of a prediction of classes.
fn prediction(classes: Option<&[String]>, text: &mut String) -> Result<()> {
    let Some(classes) = classes else { return Ok(()) };
    let count = classes.len();
    writeln!(text, "/// The classes.\npub const CLASSES: [&str; {count}] = [{}];\n", quoted(classes))?;
    Ok(write!(
        text,
        "/// What is predicted for a row.\n\
         #[derive(Clone, Copy, Debug, PartialEq)]\n\
         pub struct Prediction {{\n    \
             /// The most probable class.\n    \
             pub class: &'static str,\n    \
             /// The probability of each class, in the order of [`CLASSES`].\n    \
             pub probabilities: [f64; {count}],\n\
         }}\n\n"
    )?)
}

/// The function: features, their scaling, the network, and what its outputs say.
fn predict(model: &Model, fields: &[Field<'_>], text: &mut String) -> Result<()> {
    let is_class = model.encoding.classes().is_some();
    let returned = if is_class { "Prediction" } else { "f64" };
    let count = model.scaling.features().len();
    writeln!(
        text,
        "/// Predicts {:?}.\n///\n/// # Errors\n///\n/// If a number is not finite, or a word is not one of those of its column.",
        model.encoding.target()
    )?;
    writeln!(text, "pub fn predict(row: &Row{}) -> Result<{returned}, String> {{", lifetime(fields, "<'_>"))?;
    writeln!(text, "    /// Half the mean and half the standard deviation of each feature: the whole could overflow.")?;
    writeln!(text, "    const SCALES: [[f64; 2]; {count}] = [")?;
    for [mean, deviation] in model.scaling.features() {
        writeln!(text, "        [{:?}, {:?}],", mean / 2.0, deviation / 2.0)?;
    }
    writeln!(text, "    ];\n    let mut features = [0.0; {count}];")?;
    for field in fields {
        encode(field, text)?;
    }
    writeln!(text, "    for (x, [mean, deviation]) in features.iter_mut().zip(SCALES) {{")?;
    writeln!(text, "        *x = (*x / 2.0 - mean) / deviation;\n    }}")?;
    if is_class {
        let best = "let best = (1..CLASSES.len()).fold(0, |best, k| if probabilities[k] > probabilities[best] { k } else { best });";
        writeln!(text, "    let probabilities = network(&features);\n    {best}")?;
        writeln!(text, "    Ok(Prediction {{ class: CLASSES[best], probabilities }})\n}}\n")?;
    } else {
        let [mean, deviation] = model.scaling.target().map(|x| x / 2.0);
        writeln!(text, "    Ok(2.0 * ({mean:?} + network(&features) * {deviation:?}))\n}}\n")?;
    }
    Ok(())
}

/// The statements that write the features of a column.
fn encode(field: &Field<'_>, text: &mut String) -> Result<()> {
    let Field { input, name, first } = field;
    let column = &input.name;
    match (&input.kind, input.may_be_missing) {
        (InputKind::Number { .. }, false) => {
            writeln!(text, "    features[{first}] = finite({column:?}, row.{name})?;")?;
        }
        (InputKind::Number { mean }, true) => {
            let missing = first + 1;
            writeln!(text, "    match row.{name} {{")?;
            writeln!(text, "        Some(x) => features[{first}] = finite({column:?}, x)?,")?;
            writeln!(text, "        None => [features[{first}], features[{missing}]] = [{mean:?}, 1.0],\n    }}")?;
        }
        (InputKind::Categories(words), false) => {
            let words = quoted(words);
            writeln!(text, "    features[{first} + position({column:?}, row.{name}, &[{words}])?] = 1.0;")?;
        }
        (InputKind::Categories(words), true) => {
            let (missing, words) = (first + words.len(), quoted(words));
            writeln!(text, "    match row.{name} {{")?;
            writeln!(text, "        Some(word) => features[{first} + position({column:?}, word, &[{words}])?] = 1.0,")?;
            writeln!(text, "        None => features[{missing}] = 1.0,\n    }}")?;
        }
    }
    Ok(())
}

/// The functions that check numbers and words, where there are some.
fn helpers(fields: &[Field<'_>], text: &mut String) {
    if fields.iter().any(|field| !field.is_word()) {
        *text += "\
fn finite(column: &str, x: f64) -> Result<f64, String> {
    if x.is_finite() { Ok(x) } else { Err(format!(\"column {column:?}: expected a finite number, found {x}\")) }
}

";
    }
    if fields.iter().any(Field::is_word) {
        *text += "\
fn position(column: &str, word: &str, known: &[&str]) -> Result<usize, String> {
    let position = known.iter().position(|other| *other == word);
    position.ok_or_else(|| format!(\"column {column:?}: expected one of {known:?}, found {word:?}\"))
}

";
    }
}
