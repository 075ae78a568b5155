//! The text of a table, divided into rows.

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::quotes::Quotes;
use super::{foreign_text, quoted};
use crate::error::Error;

/// The bytes of a file, and what divides them.
#[derive(Clone, Debug)]
pub(super) struct TableText {
    /// The name of the file.
    source: String,
    bytes: Vec<u8>,
    separator: u8,
    has_comments: bool,
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// So many rows tell which separator divides them.
const ROWS_TO_DIVIDE: usize = 50;
impl TableText {
    /// The text of a file, which begins as UTF-8 does. If no separator is given, it is found out.
    pub(super) fn new(source: &str, mut bytes: Vec<u8>, separator: Option<char>) -> Result<Self, Error> {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        foreign_text::check(source, &bytes)?;
        let separator = match separator {
            Some(separator) => {
                let byte = u8::try_from(separator).ok().filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte));
                let expected = "an ASCII character that is no quote and ends no line";
                byte.ok_or_else(|| Error::unexpected("separator", expected, quoted(&separator.to_string())))?
            }
            None => separator_of(&bytes),
        };
        let has_comments = has_comments(&bytes, separator);
        if has_comments {
            // A comment ends with its line.
            bytes.push(b'\n');
        }
        Ok(Self { source: source.to_owned(), bytes, separator, has_comments })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn separator(&self) -> char {
        self.separator.into()
    }

    /// The rows, and the number of comments.
    pub(super) fn rows(&self) -> Result<(Vec<StringRecord>, usize), Error> {
        let (mut rows, mut row) = (Vec::new(), StringRecord::new());
        let mut reader = reader(self.separator, false, self.has_comments).from_reader(&self.bytes[..]);
        let (mut comments, mut end) = (0, 0);
        loop {
            let read = reader.read_record(&mut row).map_err(|error| {
                let byte = error.position().map_or(0, csv::Position::byte);
                match error.into_kind() {
                    ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        let first = rows.first().map_or(1, |row| self.line_of(row));
                        let expected = format!(
                            "{expected_len} fields as in line {first}, or another `separator`, or quotes around cells that have one"
                        );
                        Error::unexpected(
                            format!("{}, line {}", self.source, self.line_at(byte)),
                            expected,
                            len.to_string(),
                        )
                    }
                    ErrorKind::Utf8 { err, .. } => {
                        let place = format!("{}, line {}, column {}", self.source, self.line_at(byte), err.field() + 1);
                        foreign_text::unexpected(place, &self.bytes)
                    }
                    ErrorKind::Io(error) => Error::unreadable(&self.source, error),
                    other => Error::unexpected(&self.source, "CSV", format!("{other:?}")),
                }
            })?;
            let (start, skipped) = self.skip(if read { byte_of(&row) } else { end });
            comments += skipped;
            if !read {
                return Ok((rows, comments));
            }
            end = reader.position().byte();
            self.check_quotes(&row, start, self.clamp(end))?;
            rows.push(row.clone());
        }
    }

    /// Refuses a row between these bytes that may have swallowed others, because a quote is missing.
    fn check_quotes(&self, row: &StringRecord, start: usize, end: usize) -> Result<(), Error> {
        let length = self.bytes[start..end].iter().rposition(|&byte| !is_end(byte)).map_or(0, |last| last + 1);
        let bytes = &self.bytes[start..start + length];
        let has_lines = bytes.iter().any(|&byte| is_end(byte));
        if !has_lines && end < self.bytes.len() {
            return Ok(());
        }
        let place = |column: usize| format!("{}, line {}, column {column}", self.source, self.line_of(row));
        match Quotes::of(bytes, self.separator) {
            Quotes::Open => {
                let found = quoted(&row[row.len() - 1]);
                Err(Error::unexpected(place(row.len()), "a closing quote, or none at the beginning", found))
            }
            Quotes::ClosedInside if has_lines => {
                let column = row.iter().position(|cell| cell.contains(char::is_control)).unwrap_or(row.len() - 1);
                let expected = "a separator behind the closing quote of a cell of several lines";
                Err(Error::unexpected(place(column + 1), expected, quoted(&row[column])))
            }
            _ => Ok(()),
        }
    }

    /// The number of the line in which a row begins.
    pub(super) fn line_of(&self, row: &StringRecord) -> usize {
        self.line_at(byte_of(row))
    }

    /// The line number of the row that the reader found from the given byte on. The reader's own count lacks the lines
    /// that it skips before a row.
    fn line_at(&self, byte: u64) -> usize {
        let (start, _) = self.skip(byte);
        let ends = |i| match self.bytes[i] {
            b'\r' => self.bytes.get(i + 1) != Some(&b'\n'),
            byte => byte == b'\n',
        };
        1 + (0..start).filter(|&i| ends(i)).count()
    }

    /// Skips blank lines and comments: returns where the next row begins, and the number of the comments.
    fn skip(&self, byte: u64) -> (usize, usize) {
        let (mut start, mut comments) = (self.clamp(byte), 0);
        loop {
            match self.bytes.get(start) {
                Some(&byte) if is_end(byte) => start += 1,
                Some(b'#') if self.has_comments => {
                    start += self.bytes[start..].iter().take_while(|&&byte| !is_end(byte)).count();
                    comments += 1;
                }
                _ => return (start, comments),
            }
        }
    }

    fn clamp(&self, byte: u64) -> usize {
        usize::try_from(byte).map_or(self.bytes.len(), |byte| byte.min(self.bytes.len()))
    }
}

/// Whether a byte ends a line.
fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Where the reader began to look for a row.
fn byte_of(row: &StringRecord) -> u64 {
    row.position().map_or(0, csv::Position::byte)
}

fn reader(separator: u8, is_flexible: bool, has_comments: bool) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).trim(Trim::All).delimiter(separator).flexible(is_flexible);
    builder.comment(has_comments.then_some(b'#'));
    builder
}

/// Whether lines that begin with `#` are comments: not if this is the name of the first column, or a line begins with a
/// number that is missing, as spreadsheets write it.
fn has_comments(text: &[u8], separator: u8) -> bool {
    let begins = |line: &[u8], cell: &[u8]| {
        line.split(|&byte| byte == separator).next().is_some_and(|first| first.eq_ignore_ascii_case(cell))
    };
    let mut lines = text.split(|&byte| is_end(byte)).filter(|line| !line.is_empty());
    let is_name = lines.clone().next().is_some_and(|first| first.starts_with(&[b'#', separator]));
    !is_name && !lines.any(|line| begins(line, b"#n/a") || begins(line, b"#na"))
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
