//! Errors about the columns and cells that an encoding refuses.

use super::{Table, quoted};
use crate::error::Error;

/// So many names or errors are told.
pub(super) const SHOWN: usize = 20;

fn missing_in(table: &Table, column: usize) -> impl Iterator<Item = usize> {
    (0..table.len()).filter(move |&row| table.is_missing(row, column))
}

/// The error about the cells of the features that are missing, if some are. A column that is empty is refused for that.
pub(super) fn missing_values(table: &Table, used: &[usize]) -> Option<Error> {
    let is_refused = |&&column: &&usize| (1..table.len()).contains(&missing_in(table, column).count());
    let columns: Vec<usize> = used.iter().filter(is_refused).copied().collect();
    let (row, column) = columns.iter().filter_map(|&column| Some((missing_in(table, column).next()?, column))).min()?;
    let mut found = quoted(table.cell(row, column));
    if columns.len() > 1 {
        let names: Vec<String> = columns.iter().map(|&column| table.names()[column].clone()).collect();
        found = format!("{found}; values are missing in the columns {}", listed(&names));
    }
    let expected = "a value, or `missing` mean or `missing` drop";
    Some(Error::unexpected(table.place(row, column), expected, found))
}

/// The error about the labels that are missing, if some are.
pub(super) fn missing_labels(table: &Table, target: usize) -> Option<Error> {
    let row = missing_in(table, target).next()?;
    Some(table.unexpected(row, target, "a label, or `missing` drop, which leaves out the row"))
}

/// The error of a table in which every row lacks something.
pub(super) fn without_rows(table: &Table, used: &[usize], target: usize) -> Error {
    let missing = |column: usize| missing_in(table, column).count();
    let (count, column) =
        used.iter().chain([&target]).map(|&column| (missing(column), column)).max().unwrap_or_default();
    let expected = "rows in which nothing is missing, or `ignore` for columns in which much is";
    let found = format!("none; {} is missing in {count} of {} rows", table.place_of(column), table.len());
    Error::unexpected(table.source(), expected, found)
}

/// The error about a first row that may have names, although it was found to have none: a cell of it is a word and all
/// below are numbers, or the other way round.
pub(super) fn names_as_row(table: &Table, columns: &[usize], rows: &[usize]) -> Option<Error> {
    if table.has_header() || table.is_header_given() || rows.first() != Some(&0) {
        return None;
    }
    let differs = |&column: &usize| {
        let is_number = |row: usize| table.number(row, column).is_some();
        let mut below = rows[1..].iter().copied().filter(|&row| !table.is_missing(row, column)).peekable();
        let next = *below.peek()?;
        let differs = !table.is_missing(0, column) && below.all(|row| is_number(row) != is_number(0));
        differs.then_some((column, next, is_number(next)))
    };
    let (column, next, is_number) = columns.iter().find_map(differs)?;
    let kind = if is_number { "a number" } else { "a word" };
    let expected = format!("{kind} as in line {}, or `header` yes if this line has the names", table.line(next));
    Some(table.unexpected(0, column, expected))
}

/// All errors as one, and what leaves out the columns that are refused, if there are several.
pub(super) fn joined(table: &Table, mut errors: Vec<Error>, refused: &[usize]) -> Error {
    if let [_] = &errors[..] {
        return errors.remove(0);
    }
    let mut parts: Vec<String> = errors.iter().take(SHOWN).map(ToString::to_string).collect();
    if errors.len() > SHOWN {
        parts.push(format!("and {} more errors", errors.len() - SHOWN));
    }
    if refused.len() > 1 {
        parts.push(format!("`ignore` {} leaves out what cannot be a feature", arguments(table, refused)));
    }
    Error::other(parts.join("; "))
}

/// Columns as a user writes them: their names, where these are single words, otherwise their numbers.
fn arguments(table: &Table, columns: &[usize]) -> String {
    let is_word = |name: &str| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let argument = |&column: &usize| match &table.names()[column] {
        name if is_word(name) => name.clone(),
        _ => (column + 1).to_string(),
    };
    columns.iter().map(argument).collect::<Vec<_>>().join(",")
}

/// The beginning of a list of names.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} others"),
    }
}
