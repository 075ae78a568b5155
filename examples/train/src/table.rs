//! The table that a network is trained on.

use std::io::Write;
use std::path::Path;

use gradtape::nn::{Dataset, Encoding, Table, Target};

use crate::console::printable;
use crate::options::Options;
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
        let table = Table::read(path, options.format)?;
        let encoding = Encoding::of(&table, &options.columns)?;
        let data = encoding.dataset(&table)?;
        let name = printable(table.source());
        let separator = match table.separator() {
            ',' => "commas",
            ';' => "semicolons",
            '\t' => "tabs",
            _ => "the given character",
        };
        let decimal = if table.decimal() == ',' { ", decimal commas" } else { "" };
        let header = match options.format.header {
            _ if table.has_header() => "a header",
            Some(_) => "no header",
            None => "no header, because the first row has a number",
        };
        writeln!(out, "{name}: fields separated by {separator}{decimal}, {header}{}", comments(&table))?;
        let kind = match data.target() {
            Target::Classes { names, .. } => format!("one of {} classes", names.len()),
            Target::Numbers(_) => "a number".to_owned(),
        };
        writeln!(out, "to predict: {}, {kind}", printable(encoding.target()))?;
        let (columns, used) = (table.names().len(), encoding.inputs().len());
        write!(out, "{} rows of {} features from {used} columns", data.len(), data.names().len())?;
        let ignored = columns - 1 - used;
        if ignored > 0 {
            write!(out, ", {ignored} columns ignored")?;
        }
        let dropped = table.len() - data.len();
        if dropped > 0 {
            write!(out, ", {dropped} rows of {} dropped, in which a value is missing", table.len())?;
        }
        writeln!(out)?;
        Ok(Self { name, has_header: table.has_header(), columns, encoding, data })
    }
}

/// How many lines of a table were left out, if any.
pub(crate) fn comments(table: &Table) -> String {
    match table.comments() {
        0 => String::new(),
        count => format!(", {count} lines that begin with # left out"),
    }
}
