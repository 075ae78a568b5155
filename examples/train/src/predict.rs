//! Predictions of a saved model for the rows of a table.

use std::collections::BTreeMap;
use std::io::Write;

use gradtape::nn::{Table, TableFormat, Unknown, metrics};

use crate::console::{Console, counted, printable};
use crate::evaluation::Evaluation;
use crate::model::Model;
use crate::options::{PredictOptions, with_options};
use crate::output_file;
use crate::run::Result;
use crate::table::{comments, read, shortened};

/// So many unknown categories are told.
const MOST_UNKNOWN: usize = 20;

pub(crate) fn predict(options: &PredictOptions, console: &mut Console<'_>) -> Result<()> {
    if let Some(out) = &options.out {
        output_file::check("--out", out, &[&options.data, &options.model])?;
    }
    let model = Model::read(&options.model)?;
    let header = options.format.header.unwrap_or(model.has_header);
    let table = read(&options.data, TableFormat { header: Some(header), ..options.format })?;
    check_header(&model, &table)?;
    let rows = model.encoding.features(&table, options.unknown).map_err(|error| with_options(&error))?;
    let csv = predictions(&model, &table, &rows)?;
    if let Some(out) = &options.out {
        output_file::write(out, csv)?;
        describe(&model, &table, &rows, options.unknown, console.out)
    } else {
        console.out.write_all(&csv)?;
        describe(&model, &table, &rows, options.unknown, console.notes)
    }
}

/// Refuses a table whose columns cannot be found in the way of the model: by their names, or by their order.
fn check_header(model: &Model, table: &Table) -> Result<()> {
    let name = printable(table.source());
    let (found, expected) = (table.names().len(), model.columns);
    match (model.has_header, table.has_header()) {
        (true, false) => {
            Err(format!("{name}: expected a header with the names of the columns, as the table of the training had, found none").into())
        }
        (false, true) => {
            Err(format!("{name}: expected no header, as the table of the training had none, found --header yes; without a header, columns are found by their order").into())
        }
        // The columns before a label have the same order without it.
        (false, false) if found != expected && !(found + 1 == expected && model.encoding.target() == format!("column {expected}")) => {
            Err(format!("{name}: expected {expected} columns as in the table of the training, which had no header, found {found}; the label may be empty").into())
        }
        _ => Ok(()),
    }
}

/// The predictions as CSV, a line for each row. A row in which a value is missing that must not has empty cells.
fn predictions(model: &Model, table: &Table, rows: &[Option<Vec<f64>>]) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["prediction".to_owned()];
    let classes = model.encoding.classes();
    header.extend(classes.into_iter().flatten().map(|class| format!("probability of {class}")));
    csv.write_record(&header)?;
    for (row, features) in rows.iter().enumerate() {
        let Some(mut features) = features.clone() else {
            csv.write_record(vec![""; header.len()])?;
            continue;
        };
        model.scaling.apply(&mut features);
        let mut outputs = model.network.predict(&features)?;
        if classes.is_none() {
            outputs[0] = model.scaling.restore(outputs[0]);
        }
        if let Some(y) = outputs.iter().find(|y| !y.is_finite()) {
            let place = format!("{}, row {}", printable(table.source()), row + 1);
            return Err(
                format!("{place}: expected values for which the network is finite, found that it is {y}").into()
            );
        }
        let class = classes.map(|classes| classes[metrics::largest(&outputs)].clone());
        csv.write_record(class.into_iter().chain(outputs.iter().map(|y| format!("{y:?}"))))?;
    }
    Ok(csv.into_inner().map_err(|error| error.to_string())?)
}

/// Tells what was predicted, what was ignored, and how good the predictions are if there are labels.
fn describe(
    model: &Model,
    table: &Table,
    rows: &[Option<Vec<f64>>],
    unknown: Unknown,
    out: &mut dyn Write,
) -> Result<()> {
    let encoding = &model.encoding;
    let incomplete = rows.iter().filter(|row| row.is_none()).count();
    let comments = comments(table);
    let predicted = counted(rows.len() - incomplete, "row");
    write!(out, "{}: {predicted} predicted{comments}", printable(table.source()))?;
    if incomplete > 0 {
        write!(out, ", {} not, in which a value is missing", counted(incomplete, "row"))?;
    }
    writeln!(out)?;
    write_unknown(model, table, out)?;
    let is_known =
        |name: &String| name == encoding.target() || encoding.inputs().iter().any(|input| input.name == *name);
    let others: Vec<_> = table.names().iter().filter(|name| !is_known(name)).map(|name| printable(name)).collect();
    if !others.is_empty() {
        writeln!(out, "{} ignored: {}", counted(others.len(), "column"), others.join(", "))?;
    }
    let Some(target) = table.names().iter().position(|name| name == encoding.target()) else {
        return Ok(());
    };
    let unlabelled = (0..rows.len()).filter(|&row| table.is_missing(row, target)).count();
    if unlabelled > 0 {
        writeln!(out, "{unlabelled} rows without a label")?;
    }
    let has_label = |row: usize| rows[row].is_some() && !table.is_missing(row, target);
    if !(0..rows.len()).any(has_label) {
        return Ok(());
    }
    // The predictions stand even if the labels are of another kind.
    match encoding.labelled(table, unknown) {
        Ok(mut labelled) => {
            labelled.standardize(&model.scaling);
            let evaluation = Evaluation::new(&model.network, &labelled)?;
            evaluation.write("labelled", &model.scaling, model.most_common_class, out)
        }
        Err(error) => Ok(writeln!(out, "the predictions cannot be measured: {error}")?),
    }
}

/// Tells how many cells have a category that was not in the training, and which.
fn write_unknown(model: &Model, table: &Table, out: &mut dyn Write) -> Result<()> {
    let cells = model.encoding.unknown(table)?;
    if cells.is_empty() {
        return Ok(());
    }
    let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for &(row, column) in &cells {
        *counts.entry((column, table.cell(row, column))).or_default() += 1;
    }
    let told = |((column, word), count): (&(usize, &str), &usize)| {
        format!("{} {:?} ({count})", printable(&table.names()[*column]), shortened(word))
    };
    let told: Vec<String> = counts.iter().take(MOST_UNKNOWN).map(told).collect();
    let more = if counts.len() > MOST_UNKNOWN { " and others" } else { "" };
    Ok(writeln!(out, "{} cells with unknown categories ignored: {}{more}", cells.len(), told.join(", "))?)
}
