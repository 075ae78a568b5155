//! Files that are not UTF-8: what they seem to be, and what makes UTF-8 of them.

use crate::error::Error;

/// How a file begins, what it is then, and what makes a text in UTF-8 of it.
const BEGINNINGS: [(&[u8], &str, &str); 5] = [
    (b"\xff\xfe\0\0", "UTF-32", "iconv -f UTF-32 -t UTF-8 FILE > NEW"),
    (b"\xff\xfe", "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE > NEW"),
    (b"\xfe\xff", "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE > NEW"),
    (b"PK\x03\x04", "a workbook or an archive", "the command to save as CSV"),
    (b"\x1f\x8b", "a file that gzip compressed", "gunzip"),
];
/// So many bytes tell which ones are 0.
const BYTES: usize = 64;

/// Refuses a file that begins as UTF-8 does not.
pub(super) fn check(name: &str, text: &[u8]) -> Result<(), Error> {
    let known = BEGINNINGS.iter().find(|(beginning, ..)| text.starts_with(beginning));
    match known.map(|&(_, found, remedy)| (found, remedy)).or_else(|| without_mark(text)) {
        Some((found, remedy)) => Err(Error::unexpected(name, format!("UTF-8, which {remedy} makes of it"), found)),
        None => Ok(()),
    }
}

/// UTF-16 without a mark at its beginning: most letters are below 256, so most of every other byte is 0, and no byte
/// between.
fn without_mark(text: &[u8]) -> Option<(&'static str, &'static str)> {
    let begins = &text[..text.len().min(BYTES)];
    let zeros = [0, 1].map(|first| begins.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count());
    let most = (begins.len() / 4).max(1);
    match zeros {
        [0, odd] if odd > most => Some(("UTF-16 (little-endian)", "iconv -f UTF-16LE -t UTF-8 FILE > NEW")),
        [even, 0] if even > most => Some(("UTF-16 (big-endian)", "iconv -f UTF-16BE -t UTF-8 FILE > NEW")),
        _ => None,
    }
}

/// The error of a file in which these bytes are not UTF-8: most are in an encoding of one byte for each letter.
pub(super) fn unexpected(place: String, text: &[u8]) -> Error {
    // What stands in none of the two.
    let is_undefined = |byte: &u8| matches!(byte, 0x00..=0x08 | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    if text.iter().any(is_undefined) {
        return Error::unexpected(place, "UTF-8", "other bytes");
    }
    let is_windows = text.iter().any(|byte| (0x80..0xa0).contains(byte));
    let (found, name) = if is_windows { ("Windows-1252", "WINDOWS-1252") } else { ("Latin-1", "LATIN1") };
    let expected = format!("UTF-8, which iconv -f {name} -t UTF-8 FILE > NEW makes of it");
    Error::unexpected(place, expected, format!("other bytes, which may be {found}"))
}
