//! From tables of text to data sets.

use super::column::{InputColumn, Labels, TargetColumn};
use super::{Dataset, Table, Target, quoted};
use crate::error::Error;

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
    inputs: Vec<InputColumn>,
    target: TargetColumn,
    missing: Missing,
}

/// The names that labels have, in small letters; if there are several, the first one. Other features may be called `class`.
const LABELS: [&str; 9] = ["label", "labels", "target", "outcome", "species", "survived", "diagnosis", "class", "y"];

impl Encoding {
    /// Finds out how a table becomes numbers.
    ///
    /// # Errors
    ///
    /// If a column that is named does not exist; a column has both numbers and words, dates, more than 20 words, numbers with
    /// units or separators of thousands, the numbers of the rows, or nothing; a cell is missing and may not be; there is no feature,
    /// only one class, or a class for less than two rows in the mean; or the column to predict is ignored. The error names file,
    /// line, column and the remedy.
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
        let inputs = used.iter().map(|&column| InputColumn::of(table, column, &rows)).collect::<Result<_, _>>()?;
        let target = TargetColumn::of(table, target, &rows, columns.labels)?;
        Ok(Self { inputs, target, missing: columns.missing })
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
    /// If the table lacks a column, a cell is of another kind than in the table that was learnt from, is a new category or class,
    /// or is missing and was not there.
    pub fn dataset(&self, table: &Table) -> Result<Dataset, Error> {
        self.encode(table, self.missing == Missing::Drop)
    }

    /// The same as [`dataset`](Self::dataset), without the rows that have no label.
    ///
    /// # Errors
    ///
    /// The same as [`dataset`](Self::dataset), or if no row has a label.
    pub fn labelled(&self, table: &Table) -> Result<Dataset, Error> {
        self.encode(table, true)
    }

    fn encode(&self, table: &Table, are_unlabelled_dropped: bool) -> Result<Dataset, Error> {
        let columns = self.positions(table)?;
        let target = named(table, &self.target.name)?;
        let (mut features, mut labels) = (Vec::new(), Vec::new());
        for row in (0..table.len()).filter(|&row| !are_unlabelled_dropped || !table.is_missing(row, target)) {
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

    /// The features of each row of a table that need not have labels. With [`Missing::Drop`], a row in which something is missing
    /// has none.
    ///
    /// # Errors
    ///
    /// Those of [`dataset`](Self::dataset) that are not about labels.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Columns, Encoding, Missing, Table, TableFormat};
    ///
    /// let table = |text: &str| Table::from_reader(text.as_bytes(), "things", TableFormat::default());
    /// let columns = Columns { missing: Missing::Drop, ..Columns::default() };
    /// let encoding = Encoding::of(&table("size,colour,label\n1.5,red,hat\n2,blue,shoe\n")?, &columns)?;
    /// let rows = encoding.features(&table("colour,size\nblue,7\n?,8\n")?)?;
    /// assert_eq!(rows, [Some(vec![7.0, 1.0, 0.0]), None]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn features(&self, table: &Table) -> Result<Vec<Option<Vec<f64>>>, Error> {
        let columns = self.positions(table)?;
        (0..table.len()).map(|row| self.features_of(table, row, &columns)).collect()
    }

    /// Where the columns of the features are in a table.
    fn positions(&self, table: &Table) -> Result<Vec<usize>, Error> {
        self.inputs.iter().map(|input| named(table, &input.name)).collect()
    }

    fn features_of(&self, table: &Table, row: usize, columns: &[usize]) -> Result<Option<Vec<f64>>, Error> {
        if self.missing == Missing::Drop && columns.iter().any(|&column| table.is_missing(row, column)) {
            return Ok(None);
        }
        let mut features = Vec::new();
        for (input, &column) in self.inputs.iter().zip(columns) {
            input.encode(table, row, column, &mut features)?;
        }
        Ok(Some(features))
    }
}

/// The column of this name.
fn named(table: &Table, name: &str) -> Result<usize, Error> {
    table.names().iter().position(|other| other == name).ok_or_else(|| {
        let found = format!("the columns {}", listed(table.names()));
        Error::unexpected(table.source(), format!("a column {}", quoted(name)), found)
    })
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// The column of this name, or of this number.
fn position(table: &Table, name: &str) -> Result<usize, Error> {
    let names = table.names();
    let number = || name.parse().ok().and_then(|number: usize| number.checked_sub(1)).filter(|&k| k < names.len());
    names
        .iter()
        .position(|other| other == name)
        .or_else(number)
        .ok_or_else(|| Error::unexpected(table.source(), format!("one of the columns {}", listed(names)), quoted(name)))
}

fn is_whole(table: &Table, row: usize, columns: &[usize], target: usize) -> bool {
    !columns.iter().chain([&target]).any(|&column| table.is_missing(row, column))
}
