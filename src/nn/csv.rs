//! Data sets from CSV files.

use std::io::Read;
use std::path::Path;

use super::{Columns, Dataset, Encoding, Labels, Table, TableFormat};
use crate::error::Error;

impl Dataset {
    /// Reads a CSV file of numbers and words, whose label is in the column that is called as labels are, otherwise in
    /// the last one.
    ///
    /// Without `labels`, words are classes, and numbers are numbers unless they are few different whole numbers. Words
    /// among the features become a feature for each. A missing cell is an error. For other tables, read a [`Table`] and
    /// make an [`Encoding`].
    ///
    /// # Errors
    ///
    /// Those of [`Table::read`], [`Encoding::of`] and [`Dataset::new`].
    pub fn from_csv(path: impl AsRef<Path>, labels: Option<Labels>) -> Result<Self, Error> {
        Self::of_table(&Table::read(path, TableFormat::default())?, labels)
    }

    /// The same as [`from_csv`](Self::from_csv), from any reader; `name` stands for the file in errors.
    ///
    /// # Errors
    ///
    /// The same as [`from_csv`](Self::from_csv).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Dataset, Target};
    ///
    /// let data = Dataset::from_csv_reader(&b"size,colour\n1.5,red\n2,blue\n"[..], "hats", None)?;
    /// assert_eq!(data.row(0), [1.5]);
    /// assert_eq!(data.target(), &Target::Classes { names: vec!["blue".into(), "red".into()], labels: vec![1, 0] });
    ///
    /// let error = Dataset::from_csv_reader(&b"size,colour\n1.5,red\nbig,blue\n"[..], "hats", None).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "hats, line 3, column 1 (size): expected a number as in line 2, or `ignore` or `keep` for the column, found \"big\""
    /// );
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn from_csv_reader(reader: impl Read, name: &str, labels: Option<Labels>) -> Result<Self, Error> {
        Self::of_table(&Table::from_reader(reader, name, TableFormat::default())?, labels)
    }

    fn of_table(table: &Table, labels: Option<Labels>) -> Result<Self, Error> {
        Encoding::of(table, &Columns { labels, ..Columns::default() })?.dataset(table)
    }
}
