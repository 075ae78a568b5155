//! From tables of text to data sets.

use std::collections::HashMap;

use super::{Dataset, Table, Target, quoted};
use crate::error::Error;

/// The type of the labels of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// Names of classes, even if they look like numbers.
    Classes,
    /// Numbers.
    Numbers,
}

/// What is done where a cell of a table is missing: it is empty, `NA`, `N/A`, `NaN` or `?`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is an error.
    #[default]
    Error,
    /// A number is replaced by the mean of its column, and a column that tells where is added; a missing word is a category of its
    /// own. A row without a label is an error.
    Mean,
    /// The row is left out.
    Drop,
}

/// Which columns of a table are predicted, from which others.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Columns, Encoding, Missing, Table, TableFormat, Target};
///
/// let text = "id,size,colour,label\n1,1.5,red,hat\n2,,blue,shoe\n3,2.5,red,hat\n";
/// let table = Table::from_reader(text.as_bytes(), "things", TableFormat::default())?;
/// let columns = Columns { ignore: vec!["id".into()], missing: Missing::Mean, ..Columns::default() };
/// let encoding = Encoding::of(&table, &columns)?;
/// assert_eq!(encoding.names(), ["size", "size missing", "colour=blue", "colour=red"]);
/// let data = encoding.dataset(&table)?;
/// assert_eq!(data.row(1), [2.0, 1.0, 1.0, 0.0]);
/// assert_eq!(data.target(), &Target::Classes { names: vec!["hat".into(), "shoe".into()], labels: vec![0, 1, 0] });
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The column to predict, by its name or its number, counted from 1. By default it is the one that is called as labels are:
    /// `label`, `target`, `outcome`, `species`, `survived`, `diagnosis`, `class` or `y`, in this order; otherwise the last one.
    pub target: Option<String>,
    /// The columns that are left out, by their names or numbers.
    pub ignore: Vec<String>,
    /// What is done where a cell is missing.
    pub missing: Missing,
    /// What the labels are. By default, words are classes, and numbers are numbers unless they are few different whole numbers.
    pub labels: Option<Labels>,
}

/// How the cells of a table become the numbers of a [`Dataset`], as it was found in one table: for each column the mean of its
/// numbers or its categories, and the classes of the target. It encodes other tables in the same way: columns are found by their
/// names.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    features: Vec<Feature>,
    target: TargetColumn,
    missing: Missing,
}

/// A column that becomes features.
#[derive(Clone, Debug, PartialEq)]
struct Feature {
    name: String,
    kind: Kind,
    /// Whether a missing cell has a feature of its own.
    may_be_missing: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// A number. The mean is that of the numbers that are there.
    Number { mean: f64 },
    /// A feature for each of these words.
    Categories(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
struct TargetColumn {
    name: String,
    /// The classes in order; none if the target is a number.
    classes: Option<Vec<String>>,
}

/// The names that labels have, in small letters; if there are several, the first one. Other features may be called `class`.
const LABELS: [&str; 9] = ["label", "labels", "target", "outcome", "species", "survived", "diagnosis", "class", "y"];
/// More words are no categories.
const MOST_CATEGORIES: usize = 20;
/// More whole numbers are no classes.
const MOST_NUMBERED_CLASSES: usize = 10;
/// Fewer rows for each whole number are no classes.
const ROWS_OF_CLASS: usize = 4;
/// Consecutive whole numbers in so many rows or more are the numbers of the rows.
const ROWS_OF_NUMBERS: usize = 20;

impl Encoding {
    /// Finds out how a table becomes numbers.
    ///
    /// # Errors
    ///
    /// If a column that is named does not exist; a column has both numbers and words, dates, more than 20 words, the numbers of the
    /// rows, or nothing; a cell is missing and may not be; or there is no feature, or only one class. The error names file, line,
    /// column and the remedy.
    pub fn of(table: &Table, columns: &Columns) -> Result<Self, Error> {
        let position = |name: &String| position(table, name);
        let target = if let Some(name) = &columns.target {
            position(name)?
        } else {
            let column = |label: &&str| table.names().iter().position(|name| name.to_lowercase() == **label);
            LABELS.iter().find_map(column).unwrap_or(table.names().len() - 1)
        };
        let ignored = columns.ignore.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let used: Vec<usize> = (0..table.names().len()).filter(|k| *k != target && !ignored.contains(k)).collect();
        if table.names().len() == 1 {
            let expected = "several columns, divided by commas, semicolons, tabs or a separator that is given";
            return Err(Error::unexpected(table.source(), expected, "one column"));
        }
        if used.is_empty() {
            return Err(Error::unexpected(table.source(), "features beside the column to predict", "no other column"));
        }
        if columns.missing != Missing::Drop {
            // The first one in the file.
            let may_be_missing = |column: usize| columns.missing == Missing::Mean && column != target;
            for row in 0..table.len() {
                let all = || used.iter().copied().chain([target]);
                if let Some(column) = all().filter(|&k| table.is_missing(row, k) && !may_be_missing(k)).min() {
                    let expected = if column == target {
                        "a label (where missing is drop, such rows are left out)"
                    } else {
                        "a value (where missing is mean or drop, it may be missing)"
                    };
                    return Err(table.unexpected(row, column, expected));
                }
            }
        }
        let is_kept = |row: usize| columns.missing != Missing::Drop || is_whole(table, row, &used, target);
        let rows: Vec<usize> = (0..table.len()).filter(|&row| is_kept(row)).collect();
        if rows.is_empty() {
            return Err(Error::unexpected(table.source(), "rows in which nothing is missing", "none"));
        }
        let features = used.iter().map(|&column| Feature::of(table, column, &rows)).collect::<Result<_, _>>()?;
        let target = TargetColumn::of(table, target, &rows, columns.labels)?;
        Ok(Self { features, target, missing: columns.missing })
    }

    /// The names of the features.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().flat_map(Feature::names).collect()
    }

    /// The number of columns that become features.
    pub fn columns(&self) -> usize {
        self.features.len()
    }

    /// The name of the column that is predicted.
    pub fn target(&self) -> &str {
        &self.target.name
    }

    /// The classes of the target; none if it is a number.
    pub fn classes(&self) -> Option<&[String]> {
        self.target.classes.as_deref()
    }

    /// The rows of a table as numbers: all, or without those in which something is missing.
    ///
    /// # Errors
    ///
    /// If the table lacks a column, a cell is of another kind than in the table that was learnt from, is a new category or class,
    /// or is missing and was not there.
    pub fn dataset(&self, table: &Table) -> Result<Dataset, Error> {
        let column = |name: &str| position(table, name);
        let columns = self.features.iter().map(|feature| column(&feature.name)).collect::<Result<Vec<_>, _>>()?;
        let target = column(&self.target.name)?;
        let (mut features, mut labels) = (Vec::new(), Vec::new());
        for row in
            (0..table.len()).filter(|&row| self.missing != Missing::Drop || is_whole(table, row, &columns, target))
        {
            for (feature, &column) in self.features.iter().zip(&columns) {
                feature.encode(table, row, column, &mut features)?;
            }
            labels.push(self.target.encode(table, row, target)?);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they are numbers of classes")]
        let target = match &self.target.classes {
            Some(names) => Target::Classes {
                names: names.clone(),
                labels: labels.into_iter().map(|label| label as usize).collect(),
            },
            None => Target::Numbers(labels),
        };
        Dataset::new(self.names(), features, target)
    }
}

/// The column of this name, or of this number.
fn position(table: &Table, name: &str) -> Result<usize, Error> {
    let names = table.names();
    let number = || name.parse().ok().and_then(|number: usize| number.checked_sub(1)).filter(|&k| k < names.len());
    names.iter().position(|other| other == name).or_else(number).ok_or_else(|| {
        let expected =
            format!("one of the columns {}", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "));
        Error::unexpected(table.source(), expected, quoted(name))
    })
}

fn is_whole(table: &Table, row: usize, columns: &[usize], target: usize) -> bool {
    !columns.iter().chain([&target]).any(|&column| table.is_missing(row, column))
}

/// The first row whose cell is a number, and the first one whose cell is not.
fn kinds(table: &Table, column: usize, rows: &[usize]) -> [Option<usize>; 2] {
    [true, false].map(|is_number| {
        rows.iter()
            .copied()
            .find(|&row| !table.is_missing(row, column) && table.number(row, column).is_some() == is_number)
    })
}

impl Feature {
    fn of(table: &Table, column: usize, rows: &[usize]) -> Result<Self, Error> {
        let present: Vec<usize> = rows.iter().copied().filter(|&row| !table.is_missing(row, column)).collect();
        let place = || format!("{}, {}", table.source(), table.place_of(column));
        let remedy = "or ignore the column";
        let kind = match kinds(table, column, &present) {
            [None, None] => return Err(Error::unexpected(place(), format!("values, {remedy}"), "none")),
            [Some(_), None] => Self::number(table, column, &present)?,
            [None, Some(first)] => {
                if present.iter().all(|&row| is_date(table.cell(row, column))) {
                    return Err(table.unexpected(
                        first,
                        column,
                        format!("numbers or categories, {remedy}; dates must become numbers"),
                    ));
                }
                let words = words(table, column, &present);
                if words.len() > MOST_CATEGORIES {
                    let expected = format!("at most {MOST_CATEGORIES} different words, {remedy}");
                    return Err(Error::unexpected(place(), expected, words.len().to_string()));
                }
                Kind::Categories(words)
            }
            [Some(number), Some(word)] => {
                // The later one is the surprise.
                let (row, expected) = if word > number { (word, "a number") } else { (number, "a word") };
                let expected = format!("{expected} as in line {}, {remedy}", table.line(number.min(word)));
                return Err(table.unexpected(row, column, expected));
            }
        };
        Ok(Self { name: table.names()[column].clone(), kind, may_be_missing: present.len() < rows.len() })
    }

    fn number(table: &Table, column: usize, rows: &[usize]) -> Result<Kind, Error> {
        let numbers: Vec<f64> = rows.iter().filter_map(|&row| table.number(row, column)).collect();
        let are_rows = numbers.len() >= ROWS_OF_NUMBERS
            && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0)
            && numbers[0].fract() == 0.0;
        if are_rows {
            let place = format!("{}, {}", table.source(), table.place_of(column));
            let expected = "numbers that say something, or ignore the column";
            return Err(Error::unexpected(place, expected, format!("the numbers of the rows, from {}", numbers[0])));
        }
        let count = super::number::<f64>(numbers.len());
        Ok(Kind::Number { mean: numbers.iter().map(|x| x / count).sum() })
    }

    fn names(&self) -> Vec<String> {
        let name = &self.name;
        let missing = self.may_be_missing.then(|| format!("{name} missing"));
        match &self.kind {
            Kind::Number { .. } => [name.clone()].into_iter().chain(missing).collect(),
            Kind::Categories(words) => words.iter().map(|word| format!("{name}={word}")).chain(missing).collect(),
        }
    }

    /// Appends the features of a cell.
    fn encode(&self, table: &Table, row: usize, column: usize, features: &mut Vec<f64>) -> Result<(), Error> {
        let is_missing = table.is_missing(row, column);
        if is_missing && !self.may_be_missing {
            return Err(table.unexpected(row, column, "a value, which was never missing in the training"));
        }
        match &self.kind {
            Kind::Number { mean } if is_missing => features.push(*mean),
            Kind::Number { .. } => {
                features.push(table.number(row, column).ok_or_else(|| table.unexpected(row, column, "a number"))?);
            }
            Kind::Categories(words) => {
                let cell = table.cell(row, column);
                if !is_missing && !words.iter().any(|word| word == cell) {
                    let known = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
                    return Err(table.unexpected(row, column, format!("one of {known}")));
                }
                features.extend(words.iter().map(|word| f64::from(u8::from(!is_missing && word == cell))));
            }
        }
        features.extend(self.may_be_missing.then(|| f64::from(u8::from(is_missing))));
        Ok(())
    }
}

impl TargetColumn {
    fn of(table: &Table, column: usize, rows: &[usize], labels: Option<Labels>) -> Result<Self, Error> {
        let [number, word] = kinds(table, column, rows);
        let labels = match (labels, number, word) {
            (Some(labels), ..) => labels,
            (None, Some(number), Some(word)) => {
                let (row, expected) = if word > number { (word, "a number") } else { (number, "a word") };
                let expected =
                    format!("{expected} as in line {}, or the labels as classes", table.line(number.min(word)));
                return Err(table.unexpected(row, column, expected));
            }
            (None, _, Some(_)) => Labels::Classes,
            (None, ..) if are_classes(table, column, rows) => Labels::Classes,
            (None, ..) => Labels::Numbers,
        };
        let name = table.names()[column].clone();
        if labels == Labels::Numbers {
            return match word {
                Some(word) => Err(table.unexpected(word, column, "a number")),
                None => Ok(Self { name, classes: None }),
            };
        }
        let mut classes = words(table, column, rows);
        if let [class] = &classes[..] {
            let place = format!("{}, {}", table.source(), table.place_of(column));
            return Err(Error::unexpected(place, "at least 2 classes", format!("only {}", quoted(class))));
        }
        let number = |class: &String| class.parse::<f64>().unwrap_or(f64::NAN);
        classes.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
        Ok(Self { name, classes: Some(classes) })
    }

    /// The number of a row, or that of its class.
    fn encode(&self, table: &Table, row: usize, column: usize) -> Result<f64, Error> {
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

/// The different words of a column, in alphabetical order.
fn words(table: &Table, column: usize, rows: &[usize]) -> Vec<String> {
    let mut words: Vec<&str> = rows.iter().map(|&row| table.cell(row, column)).collect();
    words.sort_unstable();
    words.dedup();
    words.into_iter().map(str::to_owned).collect()
}

/// Whether a text is a date, as in 2024-12-31, 31.12.2024 or 12/31/24, perhaps with a time.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    ['-', '.', '/'].iter().any(|&separator| {
        let parts: Vec<&str> = day.split(separator).collect();
        parts.len() == 3
            && parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}
