//! From tables of text to data sets.

use super::column::{InputColumn, InputKind, Labels, TargetColumn};
use super::refusal::{self, SHOWN, listed};
use super::{Dataset, Table, Target, quoted};
use crate::error::Error;

/// What is done where a cell of a table [is missing](Table::is_missing).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is an error.
    #[default]
    Error,
    /// A number is replaced by the mean of its column, and a column that tells where is added; a missing word is a
    /// category of its own. A row without a label is an error. [`Encoding::learn_means`] takes the means of the
    /// training rows alone.
    Mean,
    /// The row is left out.
    Drop,
}

/// What is done where a cell has a category that the table that was learnt from did not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// It is an error.
    #[default]
    Error,
    /// The features of the cell are 0.
    Ignore,
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
    /// The column to predict, by its name or its number, counted from 1. By default it is the one that is called as
    /// labels are: `label`, `target`, `outcome`, `species`, `survived`, `diagnosis`, `class` or `y`, in this order;
    /// otherwise the last one.
    pub target: Option<String>,
    /// The columns that are left out, by their names or numbers.
    pub ignore: Vec<String>,
    /// The columns that are features, by their names or numbers, although they look like something else. Numbers may be
    /// those of the rows, ids or dates, and stay numbers. Words may be dates or times, more than 20, beside numbers, or
    /// numbers with units: each becomes a category.
    pub keep: Vec<String>,
    /// What is done where a cell is missing.
    pub missing: Missing,
    /// What the labels are. By default, words are classes, and numbers are numbers unless they are few different whole
    /// numbers.
    pub labels: Option<Labels>,
}

/// How the cells of a table become the numbers of a [`Dataset`], as it was found in one table: for each column the mean
/// of its numbers or its categories, and the classes of the target. It encodes other tables in the same way: columns
/// are found by their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    pub(super) inputs: Vec<InputColumn>,
    target: TargetColumn,
    missing: Missing,
}

/// The names that labels have, in small letters; if there are several, the first one. Other features may be called
/// `class`.
const LABELS: [&str; 9] = ["label", "labels", "target", "outcome", "species", "survived", "diagnosis", "class", "y"];

impl Encoding {
    /// Finds out how a table becomes numbers.
    ///
    /// # Errors
    ///
    /// If a column that is named does not exist; a column has both numbers and words, dates or times, more than 20
    /// words, words of several lines, numbers with units or separators of thousands, the numbers of the rows, ids, or
    /// nothing; a cell is missing and may not be; there is no feature, only one class, or a class for less than two
    /// rows in the mean; the column to predict is ignored, or one to keep is no feature. The error names file, line,
    /// column and the remedy, of all columns that are refused.
    pub fn of(table: &Table, columns: &Columns) -> Result<Self, Error> {
        let position = |name: &String| position(table, name);
        let ignored = columns.ignore.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let mut others = (0..table.names().len()).filter(|k| !ignored.contains(k));
        let target = if let Some(name) = &columns.target {
            let target = position(name)?;
            if ignored.contains(&target) {
                let expected = "a column to predict that is not ignored";
                return Err(Error::unexpected(table.source(), expected, quoted(name)));
            }
            target
        } else {
            let is = |k: usize, label: &str| table.names()[k].to_lowercase() == label;
            let column = |label: &&str| others.clone().find(|&k| is(k, label));
            let found = LABELS.iter().find_map(column).or_else(|| others.next_back());
            found.ok_or_else(|| Error::unexpected(table.source(), "a column that is not ignored", "none"))?
        };
        let used: Vec<usize> = (0..table.names().len()).filter(|k| *k != target && !ignored.contains(k)).collect();
        if table.names().len() == 1 {
            let expected = "several columns, divided by commas, semicolons, tabs or a given `separator`";
            return Err(Error::unexpected(
                table.source(),
                expected,
                format!("one column {}", quoted(&table.names()[0])),
            ));
        }
        if used.is_empty() {
            return Err(Error::unexpected(table.source(), "features beside the column to predict", "no other column"));
        }
        let kept = columns.keep.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        if let Some((name, _)) = columns.keep.iter().zip(&kept).find(|(_, column)| !used.contains(column)) {
            return Err(Error::unexpected(table.source(), "columns to `keep` that are features", quoted(name)));
        }
        let is_kept = |row: usize| columns.missing != Missing::Drop || is_whole(table, row, &used, target);
        let rows: Vec<usize> = (0..table.len()).filter(|&row| is_kept(row)).collect();
        if rows.is_empty() {
            return Err(refusal::without_rows(table, &used, target));
        }
        // Columns that must not have both numbers and words.
        let of_target = (columns.labels != Some(Labels::Classes)).then_some(target);
        let mixed: Vec<usize> = used.iter().copied().filter(|k| !kept.contains(k)).chain(of_target).collect();
        if let Some(error) = refusal::names_as_row(table, &mixed, &rows) {
            return Err(error);
        }
        let mut errors: Vec<Error> = match columns.missing {
            Missing::Error => refusal::missing_values(table, &used).into_iter().collect(),
            Missing::Mean | Missing::Drop => Vec::new(),
        };
        if columns.missing != Missing::Drop {
            errors.extend(refusal::missing_labels(table, target));
        }
        let (mut inputs, mut refused) = (Vec::new(), Vec::new());
        for &column in &used {
            let is_kept = kept.contains(&column);
            let input = || {
                if !is_kept {
                    InputColumn::check_are_no_dates(table, column, &rows)?;
                }
                if !is_kept && used.len() > 1 {
                    InputColumn::check_is_no_count(table, column, &rows)?;
                }
                InputColumn::of(table, column, &rows, is_kept)
            };
            match input() {
                Ok(input) => inputs.push(input),
                Err(error) => {
                    errors.push(error);
                    refused.push(column);
                }
            }
        }
        let labelled: Vec<usize> = rows.into_iter().filter(|&row| !table.is_missing(row, target)).collect();
        match TargetColumn::of(table, target, &labelled, columns.labels) {
            Ok(target) if errors.is_empty() => return Ok(Self { inputs, target, missing: columns.missing }),
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
        Err(refusal::joined(table, errors, &refused))
    }

    /// An encoding from its parts, which were checked.
    #[cfg(feature = "serde")]
    pub(super) fn from_checked(inputs: Vec<InputColumn>, target: TargetColumn, missing: Missing) -> Self {
        Self { inputs, target, missing }
    }

    /// The names of the features.
    pub fn names(&self) -> Vec<String> {
        self.inputs.iter().flat_map(InputColumn::names).collect()
    }

    /// The columns that become features.
    pub fn inputs(&self) -> &[InputColumn] {
        &self.inputs
    }

    /// The name of the column that is predicted.
    pub fn target(&self) -> &str {
        &self.target.name
    }

    /// The classes of the target; none if it is a number.
    pub fn classes(&self) -> Option<&[String]> {
        self.target.classes.as_deref()
    }

    /// What is done where a cell is missing.
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// The rows of a table as numbers: all, or without those in which something is missing.
    ///
    /// # Errors
    ///
    /// If the table lacks a column, a cell is of another kind than in the table that was learnt from, is a new category
    /// or class, or is missing and was not there.
    pub fn dataset(&self, table: &Table) -> Result<Dataset, Error> {
        self.encode(table, self.missing == Missing::Drop, Unknown::Error)
    }

    /// The same as [`dataset`](Self::dataset), without the rows that have no label.
    ///
    /// # Errors
    ///
    /// The same as [`dataset`](Self::dataset), or if no row has a label.
    pub fn labelled(&self, table: &Table, unknown: Unknown) -> Result<Dataset, Error> {
        self.encode(table, true, unknown)
    }

    fn encode(&self, table: &Table, are_unlabelled_dropped: bool, unknown: Unknown) -> Result<Dataset, Error> {
        let columns = self.positions(table)?;
        let target = named(table, &self.target.name)?;
        let is_encoded = |row: usize| !are_unlabelled_dropped || !table.is_missing(row, target);
        self.check_categories(table, unknown, is_encoded)?;
        let (mut features, mut labels) = (Vec::new(), Vec::new());
        for row in (0..table.len()).filter(|&row| is_encoded(row)) {
            if let Some(of_row) = self.features_of(table, row, &columns)? {
                features.extend(of_row);
                labels.push(self.target.encode(table, row, target)?);
            }
        }
        if labels.is_empty() {
            return Err(Error::unexpected(table.source(), "rows in which nothing is missing", "none"));
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

    /// The features of each row of a table that need not have labels. With [`Missing::Drop`], a row in which something
    /// is missing has none.
    ///
    /// # Errors
    ///
    /// Those of [`dataset`](Self::dataset) that are not about labels.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Columns, Encoding, Missing, Table, TableFormat, Unknown};
    ///
    /// let table = |text: &str| Table::from_reader(text.as_bytes(), "things", TableFormat::default());
    /// let columns = Columns { missing: Missing::Drop, ..Columns::default() };
    /// let encoding = Encoding::of(&table("size,colour,label\n1.5,red,hat\n2,blue,shoe\n")?, &columns)?;
    /// let new = table("colour,size\nblue,7\n?,8\ngreen,9\n")?;
    /// let rows = encoding.features(&new, Unknown::Ignore)?;
    /// assert_eq!(rows, [Some(vec![7.0, 1.0, 0.0]), None, Some(vec![9.0, 0.0, 0.0])]);
    /// assert_eq!(encoding.unknown(&new)?, [(2, 0)]);
    /// let error = encoding.features(&new, Unknown::Error).unwrap_err().to_string();
    /// assert!(error.starts_with("things, line 4, column 1 (colour): expected one of \"blue\", \"red\", "));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn features(&self, table: &Table, unknown: Unknown) -> Result<Vec<Option<Vec<f64>>>, Error> {
        self.check_categories(table, unknown, |_| true)?;
        let columns = self.positions(table)?;
        (0..table.len()).map(|row| self.features_of(table, row, &columns)).collect()
    }

    /// The cells whose category is unknown: row and column in the table, both from 0, row by row. Those of rows that
    /// have no features do not count.
    ///
    /// # Errors
    ///
    /// If the table lacks a column.
    pub fn unknown(&self, table: &Table) -> Result<Vec<(usize, usize)>, Error> {
        let columns = self.positions(table)?;
        let rows = (0..table.len()).filter(|&row| !self.is_dropped(table, row, &columns));
        let of_row = |row: usize| {
            let inputs = self.inputs.iter().zip(columns.iter().copied());
            inputs.filter(move |(input, column)| input.is_unknown(table, row, *column)).map(move |(_, k)| (row, k))
        };
        let mut cells: Vec<_> = rows.flat_map(of_row).collect();
        cells.sort_unstable();
        Ok(cells)
    }

    /// Refuses unknown categories in rows that are encoded, unless they are ignored.
    fn check_categories(
        &self,
        table: &Table,
        unknown: Unknown,
        is_encoded: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        let mut cells = if unknown == Unknown::Error { self.unknown(table)? } else { Vec::new() };
        cells.retain(|&(row, _)| is_encoded(row));
        let Some(&(row, column)) = cells.first() else { return Ok(()) };
        let input = self.inputs.iter().find(|input| input.name == table.names()[column]);
        let known = match input.map(|input| &input.kind) {
            Some(InputKind::Categories(words)) => listed(words),
            _ => unreachable!("only a category is unknown"),
        };
        let mut words: Vec<(usize, &str)> =
            cells.iter().map(|&(row, column)| (column, table.cell(row, column))).collect();
        words.sort_unstable();
        words.dedup();
        let mut found = quoted(table.cell(row, column));
        if words.len() > 1 || cells.len() > 1 {
            let shown = words
                .iter()
                .take(SHOWN)
                .map(|&(column, word)| format!("{} in {}", quoted(word), table.place_of(column)));
            let more = if words.len() > SHOWN { " and others" } else { "" };
            let shown = shown.collect::<Vec<_>>().join(", ");
            found = format!("{found}; {} cells have {} unknown words: {shown}{more}", cells.len(), words.len());
        }
        Err(Error::unexpected(table.place(row, column), format!("one of {known}, or `unknown` ignore"), found))
    }

    /// Where the columns of the features are in a table.
    fn positions(&self, table: &Table) -> Result<Vec<usize>, Error> {
        self.inputs.iter().map(|input| named(table, &input.name)).collect()
    }

    fn features_of(&self, table: &Table, row: usize, columns: &[usize]) -> Result<Option<Vec<f64>>, Error> {
        if self.is_dropped(table, row, columns) {
            return Ok(None);
        }
        let mut features = Vec::new();
        for (input, &column) in self.inputs.iter().zip(columns) {
            input.encode(table, row, column, &mut features)?;
        }
        Ok(Some(features))
    }

    /// Whether a row has no features, because a value is missing.
    fn is_dropped(&self, table: &Table, row: usize, columns: &[usize]) -> bool {
        self.missing == Missing::Drop && columns.iter().any(|&column| table.is_missing(row, column))
    }
}

/// The column of this name.
fn named(table: &Table, name: &str) -> Result<usize, Error> {
    table.names().iter().position(|other| other == name).ok_or_else(|| {
        let found = format!("the columns {}", listed(table.names()));
        Error::unexpected(table.source(), format!("a column {}", quoted(name)), found)
    })
}

/// The column of this name, or of this number.
fn position(table: &Table, name: &str) -> Result<usize, Error> {
    let names = table.names();
    let number = || name.parse().ok().and_then(|number: usize| number.checked_sub(1)).filter(|&k| k < names.len());
    names.iter().position(|other| other == name).or_else(number).ok_or_else(|| {
        let expected = format!("one of the columns {}, or a number from 1 to {}", listed(names), names.len());
        Error::unexpected(table.source(), expected, quoted(name))
    })
}

fn is_whole(table: &Table, row: usize, columns: &[usize], target: usize) -> bool {
    !columns.iter().chain([&target]).any(|&column| table.is_missing(row, column))
}
