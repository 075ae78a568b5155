//! The table that a network is trained on.

use std::io::Write;
use std::path::Path;

use gradtape::nn::{Dataset, Encoding, InputColumn, InputKind, Scaling, Table, TableFormat, Target};

use crate::command::SEPARATORS;
use crate::console::{counted, printable};
use crate::options::{Options, with_options};
use crate::run::Result;

/// A table as numbers, and what is known of it.
pub(crate) struct TrainingTable {
    /// The name of the file.
    pub(crate) name: String,
    pub(crate) has_header: bool,
    /// The number of all columns.
    pub(crate) columns: usize,
    pub(crate) encoding: Encoding,
    pub(crate) data: Dataset,
}

impl TrainingTable {
    /// Reads the table, and tells what was recognised in it.
    pub(crate) fn read(path: &Path, options: &Options, out: &mut dyn Write) -> Result<Self> {
        let table = read(path, options.format)?;
        let encoding = Encoding::of(&table, &options.columns).map_err(|error| with_options(&error))?;
        let data = encoding.dataset(&table)?;
        let name = printable(table.source());
        let of_name = SEPARATORS.iter().find(|(_, separator)| *separator == table.separator());
        let separator = of_name.map_or("the given character".to_owned(), |(name, _)| format!("{name}s"));
        let decimal = if table.decimal() == ',' { ", decimal commas" } else { "" };
        let has_number = |row: usize| (0..table.names().len()).any(|column| table.number(row, column).is_some());
        let header = match (table.has_header(), options.format.header) {
            (true, None) if !(0..table.len()).any(has_number) => {
                "a header, because none of its words occurs again below"
            }
            (true, _) => "a header",
            (false, Some(_)) => "no header",
            (false, None) if has_number(0) => "no header, because the first row has a number",
            (false, None) => "no header, because a word of the first row occurs again below",
        };
        writeln!(out, "{name}: fields separated by {separator}{decimal}, {header}{}", comments(&table))?;
        let kind = match data.target() {
            Target::Classes { names, .. } => format!("one of {} classes", names.len()),
            Target::Numbers(_) => "a number".to_owned(),
        };
        writeln!(out, "to predict: {}, {kind}", printable(encoding.target()))?;
        let (columns, used) = (table.names().len(), encoding.inputs().len());
        let (rows, features) = (counted(data.len(), "row"), counted(data.names().len(), "feature"));
        write!(out, "{rows} of {features} from {}", counted(used, "column"))?;
        let ignored = columns - 1 - used;
        if ignored > 0 {
            write!(out, ", {} ignored", counted(ignored, "column"))?;
        }
        let dropped = table.len() - data.len();
        if dropped > 0 {
            write!(out, ", {} of {} dropped, in which a value is missing", counted(dropped, "row"), table.len())?;
        }
        writeln!(out)?;
        write_categories(encoding.inputs(), out)?;
        write_missing(&table, encoding.inputs(), out)?;
        Ok(Self { name, has_header: table.has_header(), columns, encoding, data })
    }

    /// Puts the means of the training rows where numbers are missing, and standardises all rows by the training rows.
    /// Returns the encoding with these means, and the scaling.
    pub(crate) fn prepare(&self, training: &mut Dataset, test: &mut Dataset) -> (Encoding, Scaling) {
        let mut encoding = self.encoding.clone();
        encoding.learn_means(training);
        encoding.replace_missing(training);
        encoding.replace_missing(test);
        let scaling = training.scaling();
        training.standardize(&scaling);
        test.standardize(&scaling);
        (encoding, scaling)
    }
}

/// So many columns, and so many values of each, are told.
const MOST_TOLD: usize = 20;
/// So many letters of each.
const MOST_LETTERS: usize = 40;

/// Tells which columns became categories, with their values in the order of the features.
fn write_categories(inputs: &[InputColumn], out: &mut dyn Write) -> Result<()> {
    let told = |input: &InputColumn| match &input.kind {
        InputKind::Number { .. } => None,
        InputKind::Categories(words) => {
            let words = listed(&words.iter().map(|word| shortened(word)).collect::<Vec<_>>());
            Some(format!("{} ({words})", shortened(&input.name)))
        }
    };
    match &inputs.iter().filter_map(told).collect::<Vec<_>>()[..] {
        [] => Ok(()),
        columns => Ok(writeln!(out, "categories: {}", listed(columns))?),
    }
}

/// Tells in which columns cells are missing, and that each has a feature that tells where.
fn write_missing(table: &Table, inputs: &[InputColumn], out: &mut dyn Write) -> Result<()> {
    let told = |input: &InputColumn| {
        let column = table.names().iter().position(|name| *name == input.name)?;
        let count = (0..table.len()).filter(|&row| table.is_missing(row, column)).count();
        input.may_be_missing.then(|| format!("{} ({count})", shortened(&input.name)))
    };
    match &inputs.iter().filter_map(told).collect::<Vec<_>>()[..] {
        [] => Ok(()),
        columns => {
            let columns = listed(columns);
            Ok(writeln!(out, "cells missing: {columns}; for each of these columns, one more feature tells where")?)
        }
    }
}

/// The first of some texts, and how many others there are.
fn listed(texts: &[String]) -> String {
    let shown = texts[..texts.len().min(MOST_TOLD)].join(", ");
    match texts.len().saturating_sub(MOST_TOLD) {
        0 => shown,
        others => format!("{shown} and {}", counted(others, "other")),
    }
}

/// The beginning of a text that may be long, in one line.
pub(crate) fn shortened(text: &str) -> String {
    let text = printable(text);
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Reads a file. An error names the options of the program.
pub(crate) fn read(path: &Path, format: TableFormat) -> Result<Table> {
    Ok(Table::read(path, format).map_err(|error| with_options(&error))?)
}

/// How many lines of a table were left out, if any.
pub(crate) fn comments(table: &Table) -> String {
    match table.comments() {
        0 => String::new(),
        count => format!(", {count} lines that begin with # left out"),
    }
}
