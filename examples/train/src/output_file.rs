//! Files that the program writes.

use std::fs::{self, OpenOptions};
use std::path::Path;

use crate::console::printable;
use crate::run::Result;

/// Refuses a file that cannot be written, or that is read as well, before a long computation. Nothing changes.
pub(crate) fn check(option: &str, path: &Path, read: &[&Path]) -> Result<()> {
    let name = printable(&path.display().to_string());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let folder = printable(&folder.display().to_string());
        return Err(format!("{option} {name}: expected a file in a folder, found no folder {folder}").into());
    }
    if path.is_dir() {
        return Err(format!("{option} {name}: expected the name of a file, found a folder").into());
    }
    if let Ok(written) = fs::canonicalize(path)
        && read.iter().any(|read| fs::canonicalize(read).is_ok_and(|read| read == written))
    {
        return Err(format!("{option} {name}: expected a file of its own, found the one that is read").into());
    }
    let opened = if path.exists() {
        OpenOptions::new().append(true).open(path).map(drop)
    } else {
        OpenOptions::new().write(true).create_new(true).open(path).and_then(|_| fs::remove_file(path))
    };
    opened.map_err(|error| format!("{option} {name}: cannot be written: {error}").into())
}

pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, text)
        .map_err(|error| format!("{}: cannot be written: {error}", printable(&path.display().to_string())).into())
}
