//! Data sets from CSV files.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};

use super::{Dataset, Target, cut, quoted};
use crate::error::Error;

/// The type of the labels of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// Names of classes, even if they look like numbers.
    Classes,
    /// Numbers.
    Numbers,
}

impl Dataset {
    /// Reads a CSV file: a header, then rows of numeric features with a label in the last column.
    ///
    /// Without `labels` the first label decides: if it is a number, all must be numbers. Classes are numbered in the
    /// order of their names. Blank lines and spaces around fields are skipped.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, has no rows or no features, the number of fields of a row differs from that of the
    /// header, a name in the header is empty or occurs twice, a feature or a numeric label is not a finite number, a
    /// label is empty, a name or a label has control characters such as a line end, there is only one class, or a field
    /// is not UTF-8. The error names file, line and column.
    pub fn from_csv(path: impl AsRef<Path>, labels: Option<Labels>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::from_csv_reader(file, &name, labels),
            Err(error) => Err(Error::unreadable(&name, error)),
        }
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
    /// assert_eq!(error.to_string(), "hats, line 3, column 1 (size): expected a finite number, found \"big\"");
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn from_csv_reader(mut reader: impl Read, name: &str, labels: Option<Labels>) -> Result<Self, Error> {
        let mut text = Vec::new();
        reader.read_to_end(&mut text).map_err(|error| Error::unreadable(name, error))?;
        RowReader::new(&text, name)?.collect(labels)
    }
}

/// Reads the rows of a file, one at a time.
struct RowReader<'a> {
    /// The name of the file.
    name: &'a str,
    /// The file without a byte order mark: the reader does not count it in its offsets.
    text: &'a [u8],
    reader: Reader<&'a [u8]>,
    header: StringRecord,
    row: StringRecord,
}

impl<'a> RowReader<'a> {
    fn new(text: &'a [u8], name: &'a str) -> Result<Self, Error> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(text);
        let mut rows = Self { name, text, reader, header: StringRecord::new(), row: StringRecord::new() };
        if !rows.advance()? {
            return Err(Error::unexpected(name, "a header and rows", "an empty file"));
        }
        let header = std::mem::take(&mut rows.row);
        let mut seen = HashSet::new();
        for (i, name) in header.iter().enumerate() {
            let expected = match name {
                "" => "a name",
                _ if name.contains(char::is_control) => "a name in one line",
                _ if !seen.insert(name) => "a name that no other column has",
                _ => continue,
            };
            let place = rows.place(header.position().map_or(0, csv::Position::byte), i);
            return Err(Error::unexpected(place, expected, quoted(name)));
        }
        if header.len() < 2 {
            return Err(Error::unexpected(rows.place(0, 0), "features and a label", "one column"));
        }
        rows.header = header;
        Ok(rows)
    }

    fn collect(mut self, labels: Option<Labels>) -> Result<Dataset, Error> {
        let label_column = self.header.len() - 1;
        let (mut features, mut numbers, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        let mut labels = labels;
        while self.advance()? {
            for column in 0..label_column {
                features.push(self.number(column)?);
            }
            let label = &self.row[label_column];
            let detected = if label.parse::<f64>().is_ok() { Labels::Numbers } else { Labels::Classes };
            match *labels.get_or_insert(detected) {
                Labels::Numbers => numbers.push(self.number(label_column)?),
                Labels::Classes if label.is_empty() => return Err(self.unexpected(label_column, "a label")),
                // After an unclosed quote, the rest of the file is one field.
                Labels::Classes if label.contains(char::is_control) => {
                    return Err(self.unexpected(label_column, "a label in one line"));
                }
                Labels::Classes => classes.push(label.to_owned()),
            }
        }
        if features.is_empty() {
            return Err(Error::unexpected(self.name, "rows below the header", "none"));
        }
        let target = if classes.is_empty() { Target::Numbers(numbers) } else { self.classes(&classes)? };
        let names = self.header.iter().take(label_column).map(str::to_owned).collect();
        Dataset::new(names, features, target)
    }

    fn classes(&self, classes: &[String]) -> Result<Target, Error> {
        let mut names = classes.to_vec();
        names.sort_unstable();
        names.dedup();
        if let [name] = &names[..] {
            let place = format!("{}, {}", self.name, self.column(self.header.len() - 1));
            return Err(Error::unexpected(place, "at least 2 classes", format!("only {}", quoted(name))));
        }
        let indices: HashMap<_, _> = names.iter().enumerate().map(|(i, name)| (name, i)).collect();
        let labels = classes.iter().map(|class| indices[class]).collect();
        Ok(Target::Classes { names, labels })
    }

    /// Reads the next row. `false` at the end.
    fn advance(&mut self) -> Result<bool, Error> {
        self.reader.read_record(&mut self.row).map_err(|error| {
            let byte = error.position().map_or(0, csv::Position::byte);
            match error.into_kind() {
                ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    let expected = format!("{expected_len} fields as in the header");
                    Error::unexpected(format!("{}, line {}", self.name, self.line(byte)), expected, format!("{len}"))
                }
                ErrorKind::Utf8 { err, .. } => Error::unexpected(self.place(byte, err.field()), "UTF-8", "other bytes"),
                ErrorKind::Io(error) => Error::unreadable(self.name, error),
                other => Error::unexpected(self.name, "CSV", format!("{other:?}")),
            }
        })
    }

    fn number(&self, column: usize) -> Result<f64, Error> {
        let number = self.row[column].parse().ok().filter(|x: &f64| x.is_finite());
        number.ok_or_else(|| self.unexpected(column, "a finite number"))
    }

    fn unexpected(&self, column: usize, expected: &str) -> Error {
        let byte = self.row.position().map_or(0, csv::Position::byte);
        Error::unexpected(self.place(byte, column), expected, quoted(&self.row[column]))
    }

    fn place(&self, byte: u64, column: usize) -> String {
        format!("{}, line {}, {}", self.name, self.line(byte), self.column(column))
    }

    fn column(&self, column: usize) -> String {
        let number = column + 1;
        self.header.get(column).map_or_else(
            || format!("column {number}"),
            |name| format!("column {number} ({})", cut(name).escape_debug()),
        )
    }

    /// The line number of the row that the reader found from the given byte on. The reader's own count lacks the lines
    /// that it skips before a row.
    fn line(&self, byte: u64) -> usize {
        let start = usize::try_from(byte).map_or(self.text.len(), |byte| byte.min(self.text.len()));
        let skipped = self.text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let ends = |i| match self.text[i] {
            b'\r' => self.text.get(i + 1) != Some(&b'\n'),
            byte => byte == b'\n',
        };
        1 + (0..start + skipped).filter(|&i| ends(i)).count()
    }
}
