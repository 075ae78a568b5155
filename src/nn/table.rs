//! Tables of text.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

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
/// Spaces around cells, blank lines, and lines that begin with `#` are left out; but if the first line begins with `#` and a
/// separator, that is a name, and no line is left out. Cells may be quoted. The separator is the comma,
/// semicolon or tab that divides the first lines into the most fields, the same number in each. The first row has the names of the
/// columns unless one of its cells is a number. In a file that is not separated by commas, numbers may have a decimal comma.
/// If some have, and others a decimal point, it is an error, because one of them may divide thousands.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name of the file.
    source: String,
    /// The file, to count lines in.
    text: Vec<u8>,
    separator: char,
    has_header: bool,
    has_comments: bool,
    decimal: char,
    names: Vec<String>,
    rows: Vec<StringRecord>,
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// So many rows tell which separator divides them.
const ROWS_TO_DIVIDE: usize = 50;
/// What stands where a number or a word is missing, in small letters.
const MISSING: [&str; 5] = ["", "na", "n/a", "nan", "?"];

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, has no rows, is not UTF-8, the number of fields of a row differs from that of the first one, a
    /// name of a column occurs twice, a cell has control characters, such as the end of a line, or numbers have decimal points and
    /// commas. The error names file, line and column.
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
    /// The same as [`read`](Self::read); or if the separator is no ASCII character, or the decimal separator no point or comma.
    pub fn from_reader(mut reader: impl Read, name: &str, format: TableFormat) -> Result<Self, Error> {
        let mut text = Vec::new();
        reader.read_to_end(&mut text).map_err(|error| Error::unreadable(name, error))?;
        if text.starts_with(b"\xef\xbb\xbf") {
            text.drain(..3);
        }
        let separator = match format.separator {
            Some(separator) => u8::try_from(separator)
                .ok()
                .filter(u8::is_ascii)
                .ok_or_else(|| Error::unexpected("separator", "an ASCII character", quoted(&separator.to_string())))?,
            None => separator_of(&text),
        };
        let has_comments = has_comments(&text, separator);
        if has_comments {
            // A comment ends with its line.
            text.push(b'\n');
        }
        let mut table = Self {
            source: name.to_owned(),
            text,
            separator: separator.into(),
            has_header: false,
            has_comments,
            decimal: '.',
            names: Vec::new(),
            rows: Vec::new(),
        };
        table.rows = table.records(separator)?;
        table.decimal = match format.decimal {
            Some(decimal @ ('.' | ',')) => decimal,
            Some(other) => {
                return Err(Error::unexpected("decimal separator", "a point or a comma", quoted(&other.to_string())));
            }
            None if separator == b',' => '.',
            None => table.decimal_of_numbers()?,
        };
        let Some(first) = table.rows.first() else {
            return Err(Error::unexpected(name, "a header and rows", "an empty file"));
        };
        let has_numbers = first.iter().any(|cell| table.parsed(cell).is_some());
        table.has_header = format.header.unwrap_or(!has_numbers);
        table.take_names()?;
        if table.rows.is_empty() {
            return Err(Error::unexpected(name, "rows below the header", "none"));
        }
        Ok(table)
    }

    fn records(&self, separator: u8) -> Result<Vec<StringRecord>, Error> {
        let (mut rows, mut row) = (Vec::new(), StringRecord::new());
        let mut reader = reader(separator, false, self.has_comments).from_reader(&self.text[..]);
        loop {
            let read = reader.read_record(&mut row).map_err(|error| {
                let byte = error.position().map_or(0, csv::Position::byte);
                match error.into_kind() {
                    ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        let expected = format!("{expected_len} fields as in the first row");
                        Error::unexpected(
                            format!("{}, line {}", self.source, self.line_at(byte)),
                            expected,
                            len.to_string(),
                        )
                    }
                    ErrorKind::Utf8 { err, .. } => {
                        let place = format!("{}, line {}, column {}", self.source, self.line_at(byte), err.field() + 1);
                        Error::unexpected(place, "UTF-8", "other bytes")
                    }
                    ErrorKind::Io(error) => Error::unreadable(&self.source, error),
                    other => Error::unexpected(&self.source, "CSV", format!("{other:?}")),
                }
            })?;
            if !read {
                return Ok(rows);
            }
            // After an unclosed quote, the rest of the file is one field.
            if let Some(column) = row.iter().position(|cell| cell.contains(char::is_control)) {
                let byte = row.position().map_or(0, csv::Position::byte);
                let place = format!("{}, line {}, column {}", self.source, self.line_at(byte), column + 1);
                return Err(Error::unexpected(place, "a cell in one line", quoted(&row[column])));
            }
            rows.push(row.clone());
        }
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
                let place = format!("{}, line {}, column {}", self.source, self.line(row), column + 1);
                let expected = format!(
                    "a decimal separator as in {}, line {}, or that the decimal separator is given",
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
        let mut seen = HashSet::new();
        for (column, name) in header.iter().enumerate() {
            if !name.is_empty() && !seen.insert(name) {
                let line = self.line_at(header.position().map_or(0, csv::Position::byte));
                let place = format!("{}, line {line}, column {}", self.source, column + 1);
                return Err(Error::unexpected(place, "a name that no other column has", quoted(name)));
            }
        }
        let name = |(column, name): (usize, &str)| if name.is_empty() { numbered(column) } else { name.to_owned() };
        self.names = header.iter().enumerate().map(name).collect();
        Ok(())
    }

    /// The name of the file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The separator of the fields.
    pub fn separator(&self) -> char {
        self.separator
    }

    /// Whether the first row had the names of the columns. Otherwise they are `column 1`, `column 2` and so on.
    pub fn has_header(&self) -> bool {
        self.has_header
    }

    /// How many lines were left out because they begin with `#`.
    pub fn comments(&self) -> usize {
        if !self.has_comments {
            return 0;
        }
        self.text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| line.starts_with(b"#")).count()
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

    /// Whether a cell is empty, `NA`, `N/A`, `NaN` or `?`.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[track_caller]
    pub fn is_missing(&self, row: usize, column: usize) -> bool {
        MISSING.iter().any(|missing| self.cell(row, column).eq_ignore_ascii_case(missing))
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
        self.line_at(self.rows[row].position().map_or(0, csv::Position::byte))
    }

    /// Where a cell stands, for an error: file, line, column and its name.
    pub(super) fn place(&self, row: usize, column: usize) -> String {
        format!("{}, line {}, {}", self.source, self.line(row), self.place_of(column))
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

    /// The line number of the row that the reader found from the given byte on. The reader's own count lacks the lines
    /// that it skips before a row.
    fn line_at(&self, byte: u64) -> usize {
        let mut start = usize::try_from(byte).map_or(self.text.len(), |byte| byte.min(self.text.len()));
        // Blank lines and comments before the row.
        loop {
            match self.text.get(start) {
                Some(b'\r' | b'\n') => start += 1,
                Some(b'#') if self.has_comments => {
                    start += self.text[start..].iter().take_while(|byte| !matches!(byte, b'\r' | b'\n')).count();
                }
                _ => break,
            }
        }
        let ends = |i| match self.text[i] {
            b'\r' => self.text.get(i + 1) != Some(&b'\n'),
            byte => byte == b'\n',
        };
        1 + (0..start).filter(|&i| ends(i)).count()
    }
}

fn reader(separator: u8, is_flexible: bool, has_comments: bool) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).trim(Trim::All).delimiter(separator).flexible(is_flexible);
    builder.comment(has_comments.then_some(b'#'));
    builder
}

/// Whether lines that begin with `#` are comments: not if this is the name of the first column.
fn has_comments(text: &[u8], separator: u8) -> bool {
    let mut lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty());
    !lines.next().is_some_and(|first| first.starts_with(&[b'#', separator]))
}

/// The separator that divides the first rows into the most fields, the same number in each; otherwise a comma.
fn separator_of(text: &[u8]) -> u8 {
    let fields = |&separator: &u8| {
        let mut reader = reader(separator, true, has_comments(text, separator)).from_reader(text);
        let mut counts = reader.byte_records().take(ROWS_TO_DIVIDE).map(|row| row.map_or(0, |row| row.len()));
        let first = counts.next().unwrap_or(0);
        if counts.all(|count| count == first) { first } else { 0 }
    };
    let best = SEPARATORS.iter().rev().max_by_key(|separator| fields(separator));
    best.copied().filter(|separator| fields(separator) > 1).unwrap_or(b',')
}
