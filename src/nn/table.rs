//! Tables of text.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;

use super::table_text::TableText;
use super::{cut, quoted};
use crate::error::Error;

/// How the text of a [`Table`] is divided. What is not given is found out.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Table, TableFormat};
///
/// let text = "breite;farbe\n1,5;rot\n2;blau\n";
/// let table = Table::from_reader(text.as_bytes(), "hats", TableFormat::default())?;
/// assert_eq!((table.separator(), table.has_header(), table.decimal()), (';', true, ','));
/// assert_eq!(table.number(0, 0), Some(1.5));
/// let table = Table::from_reader(text.as_bytes(), "hats", TableFormat { header: Some(false), ..TableFormat::default() })?;
/// assert_eq!(table.names(), ["column 1", "column 2"]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableFormat {
    /// The separator of the fields: a comma, a semicolon, a tab or another ASCII character.
    pub separator: Option<char>,
    /// Whether the first row has the names of the columns.
    pub header: Option<bool>,
    /// What divides the digits of a number: a point or a comma.
    pub decimal: Option<char>,
}

/// A table of text, as CSV and its like hold it: names of columns, and rows of cells.
///
/// Spaces around cells, blank lines, and lines that begin with `#` are left out; but if the first line begins with `#`
/// and a separator, that is a name, and if a line begins with `#N/A` or `#NA`, that is a missing number; then no line
/// is left out. Cells may be quoted, and have several lines then; the lines of a name are joined by spaces. The
/// separator is the comma, semicolon or tab that divides the first lines into the most fields, the same number in each.
///
/// The first row has the names of the columns unless one of its cells is a number; or, where no column below it has
/// numbers alone, unless one of its words occurs again in its column.
///
/// In a file that is not separated by commas, numbers may have a decimal comma. If some have, and others a decimal
/// point, it is an error, because one of them may divide thousands.
#[derive(Clone, Debug)]
pub struct Table {
    /// The file, to count lines in.
    text: TableText,
    has_header: bool,
    is_header_given: bool,
    /// How many lines are comments.
    comments: usize,
    decimal: char,
    names: Vec<String>,
    rows: Vec<StringRecord>,
}

/// What stands where a number or a word is missing, in small letters.
const MISSING: [&str; 15] = [
    "", "?", "na", "n/a", "#na", "#n/a", "#n/a n/a", "<na>", "null", "nan", "-nan", "1.#ind", "-1.#ind", "1.#qnan",
    "-1.#qnan",
];

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, has no rows, is not UTF-8, the number of fields of a row differs from that of the
    /// first one, a name of a column occurs twice, a quote is not closed, a cell of several lines has text behind its
    /// closing quote, or numbers have decimal points and commas. The error names file, line and column.
    pub fn read(path: impl AsRef<Path>, format: TableFormat) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::from_reader(file, &name, format),
            Err(error) => Err(Error::unreadable(&name, error)),
        }
    }

    /// The same as [`read`](Self::read), from any reader; `name` stands for the file in errors.
    ///
    /// # Errors
    ///
    /// The same as [`read`](Self::read); or if the separator is no ASCII character, a quote or the end of a line, or
    /// the decimal separator no point or comma.
    pub fn from_reader(mut reader: impl Read, name: &str, format: TableFormat) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| Error::unreadable(name, error))?;
        let text = TableText::new(name, bytes, format.separator)?;
        let (rows, comments) = text.rows()?;
        let mut table = Self {
            text,
            has_header: false,
            is_header_given: format.header.is_some(),
            comments,
            decimal: '.',
            names: Vec::new(),
            rows,
        };
        table.decimal = match format.decimal {
            Some(decimal @ ('.' | ',')) => decimal,
            Some(other) => {
                return Err(Error::unexpected("decimal separator", "a point or a comma", quoted(&other.to_string())));
            }
            None if table.separator() == ',' => '.',
            None => table.decimal_of_numbers()?,
        };
        if table.rows.is_empty() {
            return Err(Error::unexpected(name, "a header and rows", table.without_comments("an empty file")));
        }
        table.has_header = format.header.unwrap_or_else(|| table.begins_with_names());
        table.take_names()?;
        if table.rows.is_empty() {
            return Err(Error::unexpected(name, "rows below the header", table.without_comments("none")));
        }
        Ok(table)
    }

    /// What was found in the place of rows, and how many lines were left out.
    fn without_comments(&self, found: &str) -> String {
        match self.comments {
            0 => found.to_owned(),
            1 => format!("{found} but for a line that begins with #, which is a comment unless the # is in quotes"),
            count => {
                format!("{found} but for {count} lines that begin with #, which are comments unless the # is in quotes")
            }
        }
    }

    /// Whether the first row has names.
    fn begins_with_names(&self) -> bool {
        let (first, below) = (&self.rows[0], &self.rows[1..]);
        if first.iter().any(|cell| self.parsed(cell).is_some()) {
            return false;
        }
        let are_numbers = |column: usize| {
            let mut present = below.iter().map(|row| &row[column]).filter(|cell| !is_missing(cell)).peekable();
            present.peek().is_some() && present.all(|cell| self.parsed(cell).is_some())
        };
        let recurs = |column: usize| !first[column].is_empty() && below.iter().any(|row| row[column] == first[column]);
        (0..first.len()).any(are_numbers) || !(0..first.len()).any(recurs)
    }

    /// The comma if there are numbers with it, and none with a point.
    fn decimal_of_numbers(&self) -> Result<char, Error> {
        let is_number = |cell: &str, decimal| cell.contains(decimal) && cell.replace(',', ".").parse::<f64>().is_ok();
        let first = |decimal: char| {
            let mut rows = self.rows.iter().enumerate();
            rows.find_map(|(row, cells)| Some((row, cells.iter().position(|cell| is_number(cell, decimal))?)))
        };
        match [first('.'), first(',')] {
            [Some(point), Some(comma)] => {
                let ((row, column), earlier) = (point.max(comma), point.min(comma));
                let place = format!("{}, line {}, column {}", self.source(), self.line(row), column + 1);
                let expected = format!(
                    "a decimal separator as in {}, line {}, or a given `decimal`",
                    quoted(&self.rows[earlier.0][earlier.1]),
                    self.line(earlier.0)
                );
                Err(Error::unexpected(place, expected, quoted(&self.rows[row][column])))
            }
            [None, Some(_)] => Ok(','),
            [_, None] => Ok('.'),
        }
    }

    /// Takes the names of the columns from the first row, or makes them.
    fn take_names(&mut self) -> Result<(), Error> {
        let numbered = |column: usize| format!("column {}", column + 1);
        if !self.has_header {
            self.names = (0..self.rows[0].len()).map(numbered).collect();
            return Ok(());
        }
        let header = self.rows.remove(0);
        let name = |(column, name): (usize, &str)| {
            let parts: Vec<_> = name.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect();
            if parts.is_empty() { numbered(column) } else { parts.join(" ") }
        };
        let names: Vec<String> = header.iter().enumerate().map(name).collect();
        let mut seen = HashSet::new();
        for (column, name) in names.iter().enumerate() {
            if !seen.insert(name) {
                let place = format!("{}, line {}, column {}", self.source(), self.text.line_of(&header), column + 1);
                return Err(Error::unexpected(place, "a name that no other column has", quoted(name)));
            }
        }
        self.names = names;
        Ok(())
    }

    /// The name of the file.
    pub fn source(&self) -> &str {
        self.text.source()
    }

    /// The separator of the fields.
    pub fn separator(&self) -> char {
        self.text.separator()
    }

    /// Whether the first row had the names of the columns. Otherwise they are `column 1`, `column 2` and so on.
    pub fn has_header(&self) -> bool {
        self.has_header
    }

    /// Whether it was given, not found out, if the first row has names.
    pub(super) fn is_header_given(&self) -> bool {
        self.is_header_given
    }

    /// How many lines were left out because they begin with `#`.
    pub fn comments(&self) -> usize {
        self.comments
    }

    /// The decimal separator of its numbers: a point or a comma.
    pub fn decimal(&self) -> char {
        self.decimal
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of rows, without the header.
    #[allow(clippy::len_without_is_empty, reason = "a table has rows")]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The text of a cell.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[track_caller]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        &self.rows[row][column]
    }

    /// The finite number that a cell is; none if it is another text.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[track_caller]
    pub fn number(&self, row: usize, column: usize) -> Option<f64> {
        self.parsed(self.cell(row, column))
    }

    /// Whether a cell is empty, `?`, `NA`, `N/A`, `#N/A`, `NaN`, `null` or another of the markers that pandas takes for
    /// a missing number, in small or capital letters. `None` is a word, because it may be a category.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[track_caller]
    pub fn is_missing(&self, row: usize, column: usize) -> bool {
        is_missing(self.cell(row, column))
    }

    fn parsed(&self, cell: &str) -> Option<f64> {
        let number = match self.decimal {
            // A point would divide thousands.
            ',' if cell.contains('.') => return None,
            ',' => cell.replace(',', ".").parse(),
            _ => cell.parse(),
        };
        number.ok().filter(|x: &f64| x.is_finite())
    }

    /// The line of a row in the file.
    pub(super) fn line(&self, row: usize) -> usize {
        self.text.line_of(&self.rows[row])
    }

    /// Where a cell stands, for an error: file, line, column and its name.
    pub(super) fn place(&self, row: usize, column: usize) -> String {
        format!("{}, line {}, {}", self.source(), self.line(row), self.place_of(column))
    }

    /// The number of a column and its name.
    pub(super) fn place_of(&self, column: usize) -> String {
        let number = column + 1;
        match &self.names[column] {
            name if self.has_header => format!("column {number} ({})", cut(name).escape_debug()),
            _ => format!("column {number}"),
        }
    }

    pub(super) fn unexpected(&self, row: usize, column: usize, expected: impl Into<String>) -> Error {
        Error::unexpected(self.place(row, column), expected, quoted(self.cell(row, column)))
    }
}

fn is_missing(cell: &str) -> bool {
    MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}
