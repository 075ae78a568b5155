//! A page about a saved model.

use std::io::Write;
use std::path::Path;

use gradtape::nn::{InputColumn, InputKind, Missing};

use crate::console::printable;
use crate::evaluation::told;
use crate::model::Model;
use crate::run::{Result, brief};

pub(crate) fn inspect(path: &Path, out: &mut dyn Write) -> Result<()> {
    let model = Model::read(path)?;
    let Model { program, seed, encoding, training_rows, test_rows, .. } = &model;
    writeln!(out, "{}: a model of {program}", printable(&path.display().to_string()))?;
    match encoding.classes() {
        Some(classes) => {
            let count = classes.len();
            writeln!(out, "predicts {}, one of {count} classes: {}", encoding.target(), classes.join(", "))?;
        }
        None => writeln!(out, "predicts {}, a number", encoding.target())?,
    }
    writeln!(out, "network {}, seed {seed}", model.network.describe())?;
    writeln!(out, "trained on {training_rows} rows, tested on {test_rows} others:")?;
    for line in &model.test {
        writeln!(out, "  {line}")?;
    }
    let order = if model.has_header { "found by their names" } else { "found by their order, without a header" };
    writeln!(out, "{} columns of features, {order}:", encoding.inputs().len())?;
    for input in encoding.inputs() {
        writeln!(out, "  {}: {}", input.name, describe(input))?;
    }
    if encoding.missing() == Missing::Drop {
        writeln!(out, "  rows in which one of them is missing are not predicted")?;
    }
    write_importance(&model, out)
}

/// What the cells of a column may be.
fn describe(input: &InputColumn) -> String {
    let kind = match &input.kind {
        InputKind::Number { mean } => format!("a number, {} in the mean", brief(*mean)),
        InputKind::Categories(words) => format!("one of {}", words.join(", ")),
    };
    if input.may_be_missing { format!("{kind}; may be missing") } else { kind }
}

/// Writes the columns, the most important first.
fn write_importance(model: &Model, out: &mut dyn Write) -> Result<()> {
    let is_class = model.encoding.classes().is_some();
    let (error, unit) = if is_class { ("error rate", " %") } else { ("root mean square error", "") };
    writeln!(out, "importance: how much the {error} on the test rows rises if the cells of a column are permuted:")?;
    let mut columns: Vec<_> = model.encoding.inputs().iter().zip(&model.importance).collect();
    columns.sort_by(|(_, a), (_, b)| b.unwrap_or(f64::INFINITY).total_cmp(&a.unwrap_or(f64::INFINITY)));
    for (input, rise) in columns {
        match rise {
            Some(rise) => writeln!(out, "  {}: {}", input.name, told(*rise, unit))?,
            None => writeln!(out, "  {}: without bounds", input.name)?,
        }
    }
    Ok(())
}
