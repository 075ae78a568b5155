//! Columns of a table: how a cell becomes features, or a label.

use std::collections::HashMap;

use super::date::{is_date, is_date_number};
use super::{Table, quoted};
use crate::error::Error;

/// The type of the labels of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// Names of classes, even if they look like numbers.
    Classes,
    /// Numbers.
    Numbers,
}

/// A column of a table that becomes features of a data set: those of its kind; then, if a cell may be missing, one that
/// is 1 where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct InputColumn {
    /// The name of the column.
    pub name: String,
    /// What its cells are.
    pub kind: InputKind,
    /// Whether a cell may be missing, which has a feature of its own then.
    pub may_be_missing: bool,
}

/// What the cells of an [`InputColumn`] are.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// A number, which is a feature.
    Number {
        /// The mean of the numbers that were there, or [that of the training rows](super::Encoding::learn_means). It
        /// replaces a missing one.
        mean: f64,
    },
    /// A word. There is a feature for each of these words, which is 1 where the word is this one.
    Categories(Vec<String>),
}

/// The column that is predicted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TargetColumn {
    pub(super) name: String,
    /// The classes in order; none if the target is a number.
    pub(super) classes: Option<Vec<String>>,
}

/// More words are no categories.
const MOST_CATEGORIES: usize = 20;
/// More whole numbers are no classes.
const MOST_NUMBERED_CLASSES: usize = 10;
/// Fewer rows for each whole number are no classes.
const ROWS_OF_CLASS: usize = 4;
/// Consecutive whole numbers in so many rows or more may be the numbers of the rows.
const ROWS_OF_NUMBERS: usize = 20;
/// How the names of such numbers end, in small letters.
const NAMES_OF_NUMBERS: [&str; 4] = ["id", "index", "number", "nr"];

/// What a user can do about a column that cannot be a feature; the second is for one that can be, as words.
const IGNORE: &str = "or `ignore` for the column";
const KEEP: &str = "or `ignore` or `keep` for the column";
const DATES: &str = "dates and times must become numbers, such as days since the first";

/// The first row whose cell is a number, and the first one whose cell is not.
fn kinds(table: &Table, column: usize, rows: &[usize]) -> [Option<usize>; 2] {
    [true, false].map(|is_number| {
        rows.iter()
            .copied()
            .find(|&row| !table.is_missing(row, column) && table.number(row, column).is_some() == is_number)
    })
}

impl InputColumn {
    /// A column that is kept is never refused for what its words are.
    pub(super) fn of(table: &Table, column: usize, rows: &[usize], is_kept: bool) -> Result<Self, Error> {
        let present: Vec<usize> = rows.iter().copied().filter(|&row| !table.is_missing(row, column)).collect();
        let place = || format!("{}, {}", table.source(), table.place_of(column));
        let kind = match kinds(table, column, &present) {
            [None, None] => return Err(Error::unexpected(place(), format!("values, {IGNORE}"), "none")),
            [Some(_), None] => {
                let count = super::number::<f64>(present.len());
                let numbers = present.iter().filter_map(|&row| table.number(row, column));
                InputKind::Number { mean: numbers.map(|x| x / count).sum() }
            }
            [Some(number), Some(word)] if !is_kept => {
                // The later one is the surprise.
                let (row, expected) = if word > number { (word, "a number") } else { (number, "a word") };
                let expected = format!("{expected} as in line {}, {KEEP}", table.line(number.min(word)));
                return Err(table.unexpected(row, column, expected));
            }
            [_, Some(first)] => {
                if !is_kept && present.iter().all(|&row| is_date(table.cell(row, column))) {
                    let expected = format!("numbers or categories, {KEEP}; {DATES}");
                    return Err(table.unexpected(first, column, expected));
                }
                let words = words(table, column, &present, IGNORE)?;
                if let Some(plain) = plain_number(&words).filter(|_| !is_kept) {
                    return Err(table.unexpected(first, column, format!("{plain}, {KEEP}")));
                }
                if !is_kept && words.len() > MOST_CATEGORIES {
                    let expected = format!("at most {MOST_CATEGORIES} different words, {KEEP}");
                    return Err(Error::unexpected(place(), expected, words.len().to_string()));
                }
                InputKind::Categories(words)
            }
        };
        Ok(Self { name: table.names()[column].clone(), kind, may_be_missing: present.len() < rows.len() })
    }

    /// Refuses numbers that are dates yyyymmdd.
    pub(super) fn check_are_no_dates(table: &Table, column: usize, rows: &[usize]) -> Result<(), Error> {
        let mut present = rows.iter().copied().filter(|&row| !table.is_missing(row, column)).peekable();
        let Some(&first) = present.peek() else { return Ok(()) };
        let (mut is_date, mut differs) = (true, false);
        for number in present.map(|row| table.number(row, column)) {
            is_date &= number.is_some_and(is_date_number);
            differs |= number != table.number(first, column);
        }
        if is_date && differs {
            return Err(table.unexpected(first, column, format!("numbers that say how much, {KEEP}; {DATES}")));
        }
        Ok(())
    }

    /// Refuses a column that numbers the rows: whole numbers, each one more than that before, which begin at 0 or 1, or
    /// are called as such numbers are; or whole numbers that are all different, and called as ids are.
    pub(super) fn check_is_no_count(table: &Table, column: usize, rows: &[usize]) -> Result<(), Error> {
        let present = rows.iter().filter(|&&row| !table.is_missing(row, column));
        let numbers: Option<Vec<f64>> = present.map(|&row| table.number(row, column)).collect();
        let Some(numbers) = numbers.filter(|numbers| numbers.iter().all(|number| number.fract() == 0.0)) else {
            return Ok(());
        };
        let [first, ..] = numbers[..] else { return Ok(()) };
        let name = &table.names()[column];
        let lower = name.to_lowercase();
        let begins = [0.0, 1.0].contains(&first) || NAMES_OF_NUMBERS.iter().any(|end| lower.ends_with(end));
        let is_count = rows.len() >= ROWS_OF_NUMBERS && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0);
        let found = if begins && is_count && numbers.len() == rows.len() {
            format!("the numbers of the rows, from {first}")
        } else if is_name_of_ids(name) && are_different(&numbers) {
            format!("ids, another one in each row, from {first}")
        } else {
            return Ok(());
        };
        let place = format!("{}, {}", table.source(), table.place_of(column));
        Err(Error::unexpected(place, format!("numbers that say something, {KEEP}"), found))
    }

    /// The number of its features.
    pub fn width(&self) -> usize {
        let of_kind = match &self.kind {
            InputKind::Number { .. } => 1,
            InputKind::Categories(words) => words.len(),
        };
        of_kind + usize::from(self.may_be_missing)
    }

    /// The names of its features.
    pub(super) fn names(&self) -> Vec<String> {
        let name = &self.name;
        let missing = self.may_be_missing.then(|| format!("{name} missing"));
        match &self.kind {
            InputKind::Number { .. } => [name.clone()].into_iter().chain(missing).collect(),
            InputKind::Categories(words) => words.iter().map(|word| format!("{name}={word}")).chain(missing).collect(),
        }
    }

    /// Whether a cell has a word that is none of the categories.
    pub(super) fn is_unknown(&self, table: &Table, row: usize, column: usize) -> bool {
        let cell = table.cell(row, column);
        match &self.kind {
            InputKind::Number { .. } => false,
            InputKind::Categories(words) => !table.is_missing(row, column) && !words.iter().any(|word| word == cell),
        }
    }

    /// Appends the features of a cell. Those of an unknown category are 0.
    pub(super) fn encode(
        &self,
        table: &Table,
        row: usize,
        column: usize,
        features: &mut Vec<f64>,
    ) -> Result<(), Error> {
        let is_missing = table.is_missing(row, column);
        if is_missing && !self.may_be_missing {
            return Err(table.unexpected(row, column, "a value, which was never missing in the training"));
        }
        match &self.kind {
            InputKind::Number { mean } if is_missing => features.push(*mean),
            InputKind::Number { .. } => {
                features.push(table.number(row, column).ok_or_else(|| table.unexpected(row, column, "a number"))?);
            }
            InputKind::Categories(words) => {
                let cell = table.cell(row, column);
                features.extend(words.iter().map(|word| f64::from(u8::from(!is_missing && word == cell))));
            }
        }
        features.extend(self.may_be_missing.then(|| f64::from(u8::from(is_missing))));
        Ok(())
    }
}

impl TargetColumn {
    pub(super) fn of(table: &Table, column: usize, rows: &[usize], given: Option<Labels>) -> Result<Self, Error> {
        let [number, word] = kinds(table, column, rows);
        let labels = match (given, number, word) {
            (Some(labels), ..) => labels,
            (None, Some(number), Some(word)) => {
                let (row, expected) = if word > number { (word, "a number") } else { (number, "a word") };
                let expected = format!("{expected} as in line {}, {CLASSES}", table.line(number.min(word)));
                return Err(table.unexpected(row, column, expected));
            }
            (None, _, Some(_)) => Labels::Classes,
            (None, ..) if are_classes(table, column, rows) => Labels::Classes,
            (None, ..) => Labels::Numbers,
        };
        let name = table.names()[column].clone();
        if labels == Labels::Numbers {
            return match word {
                Some(word) => Err(table.unexpected(word, column, format!("a number, {CLASSES}, or another `target`"))),
                None => Ok(Self { name, classes: None }),
            };
        }
        let mut classes = words(table, column, rows, "or another `target`")?;
        if let (None, Some(first)) = (given, word) {
            if let Some(plain) = plain_number(&classes) {
                return Err(table.unexpected(first, column, format!("{plain}, {CLASSES}")));
            }
            if classes.len() > MOST_CATEGORIES && 2 * classes.len() > rows.len() {
                let place = format!("{}, {}", table.source(), table.place_of(column));
                let expected = "at most half as many classes as rows, or another `target`";
                return Err(Error::unexpected(place, expected, format!("{} in {} rows", classes.len(), rows.len())));
            }
        }
        if let [class] = &classes[..] {
            let place = format!("{}, {}", table.source(), table.place_of(column));
            return Err(Error::unexpected(place, "at least 2 classes", format!("only {}", quoted(class))));
        }
        let number = |class: &String| class.parse::<f64>().unwrap_or(f64::NAN);
        classes.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
        Ok(Self { name, classes: Some(classes) })
    }

    /// The number of a row, or that of its class.
    pub(super) fn encode(&self, table: &Table, row: usize, column: usize) -> Result<f64, Error> {
        if table.is_missing(row, column) {
            return Err(table.unexpected(row, column, "a label"));
        }
        let Some(classes) = &self.classes else {
            return table.number(row, column).ok_or_else(|| table.unexpected(row, column, "a number"));
        };
        let class = classes.iter().position(|class| class == table.cell(row, column));
        let known = || classes.iter().map(|class| quoted(class)).collect::<Vec<_>>().join(", ");
        class.map(super::number).ok_or_else(|| table.unexpected(row, column, format!("one of {}", known())))
    }
}

/// Whether a name is `id`, or ends with this word, as in `user_id` or `PassengerId`.
fn is_name_of_ids(name: &str) -> bool {
    let Some((start, end)) = name.len().checked_sub(2).and_then(|at| name.split_at_checked(at)) else { return false };
    let is_apart = match start.chars().next_back() {
        Some(before) if before.is_alphanumeric() => end.starts_with('I') && !before.is_uppercase(),
        _ => true,
    };
    end.eq_ignore_ascii_case("id") && is_apart
}

/// Whether no number occurs twice.
fn are_different(numbers: &[f64]) -> bool {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    numbers.windows(2).all(|pair| pair[0] != pair[1])
}

/// Whether numbers are few different whole numbers, each in several rows.
fn are_classes(table: &Table, column: usize, rows: &[usize]) -> bool {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for &row in rows {
        if table.number(row, column).is_none_or(|number| number.fract() != 0.0) {
            return false;
        }
        *counts.entry(table.cell(row, column)).or_default() += 1;
        if counts.len() > MOST_NUMBERED_CLASSES {
            return false;
        }
    }
    counts.len() * ROWS_OF_CLASS <= rows.len()
}

/// What is expected in the place of words that are all numbers with something that a number must not have: separators
/// of thousands, a currency, a percent sign.
fn plain_number(words: &[String]) -> Option<String> {
    let is_more = |c: char| matches!(c, ',' | '\'' | '_' | ' ' | '$' | '€' | '£' | '%');
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    let looks_like_one =
        |word: &String| word.contains(|c: char| c.is_ascii_digit()) && word.chars().all(|c| is_more(c) || is_digit(c));
    if !words.iter().all(looks_like_one) || !words.iter().any(|word| word.contains(is_more)) {
        return None;
    }
    let with_decimal_comma = |word: &String| word.replacen(',', ".", 1).parse::<f64>().is_ok();
    let decimal = if words.iter().all(with_decimal_comma) { ", or `decimal` comma" } else { "" };
    Some(format!("a plain number, without separators of thousands and units{decimal}"))
}

/// What a user can do about labels that are not what they seem to be.
const CLASSES: &str = "or `labels` classes";

/// The different words of a column, in alphabetical order. A word that is not in one line, which is none, is an error
/// with this remedy.
fn words(table: &Table, column: usize, rows: &[usize], remedy: &str) -> Result<Vec<String>, Error> {
    if let Some(&row) = rows.iter().find(|&&row| table.cell(row, column).contains(char::is_control)) {
        return Err(table.unexpected(row, column, format!("a word in one line, {remedy}")));
    }
    let mut words: Vec<&str> = rows.iter().map(|&row| table.cell(row, column)).collect();
    words.sort_unstable();
    words.dedup();
    Ok(words.into_iter().map(str::to_owned).collect())
}
