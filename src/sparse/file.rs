//! Patterns and matrices as files, in any format of `serde`, checked when they are read.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::pattern::{Local, Places, is_small};
use super::{Csr, Sparsity};
use crate::error::Error;
use crate::file::read;

impl Places {
    /// An error if the places are not those of a pattern.
    fn check(&self) -> Result<(), Error> {
        let Self { columns, offsets, indices } = self;
        if !is_small(*columns) || !is_small(offsets.len()) {
            return Err(Error::unexpected("pattern", "fewer than 2^32 - 1 rows and columns", "more"));
        }
        let (first, last) = (offsets.first(), offsets.last());
        if first != Some(&0) || last != Some(&indices.len()) {
            let expected = format!("offsets from 0 to {}, the number of indices", indices.len());
            let found = |offset: Option<&usize>| offset.map_or_else(|| "none".to_owned(), usize::to_string);
            return Err(Error::unexpected("pattern", expected, format!("from {} to {}", found(first), found(last))));
        }
        for (row, ends) in offsets.windows(2).enumerate() {
            let place = || format!("row {row} of the pattern");
            let Some(row) = indices.get(ends[0]..ends[1]) else {
                let found = format!("{} and {}", ends[0], ends[1]);
                return Err(Error::unexpected(place(), format!("offsets that ascend to {}", indices.len()), found));
            };
            if !row.is_sorted_by(|a, b| a < b) || row.last().is_some_and(|last| last >= columns) {
                let found = row.iter().zip(row.iter().skip(1)).find(|(a, b)| a >= b);
                let found = found.map_or_else(|| row[row.len() - 1].to_string(), |(a, b)| format!("{a} before {b}"));
                return Err(Error::unexpected(place(), format!("ascending indices below {columns}"), found));
            }
        }
        Ok(())
    }
}

/// Stores the number of columns, the offsets, the indices, and [`is_local`](Sparsity::is_local).
///
/// # Examples
///
/// ```
/// use gradtape::sparse::Sparsity;
///
/// let pattern = Sparsity::new([vec![0, 2], vec![1]], 3);
/// let text = serde_json::to_string(&pattern)?;
/// assert_eq!(text, r#"{"columns":3,"offsets":[0,2,3],"indices":[0,2,1],"is_local":false}"#);
/// assert_eq!(serde_json::from_str::<Sparsity>(&text)?, pattern);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Sparsity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Places { columns, offsets, indices } = self.places();
        let is_local = self.is_local();
        StoredPattern { columns: *columns, offsets: offsets.into(), indices: indices.into(), is_local }
            .serialize(serializer)
    }
}

/// Data that are not a pattern give an error that says what was expected.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Sparsity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredPattern { columns, offsets, indices, is_local } = read(deserializer)?;
        let places = Places { columns, offsets: offsets.into(), indices: indices.into() };
        places.check().map_err(D::Error::custom)?;
        Ok(Self::from(places).with(is_local.then_some(Local(None))))
    }
}

/// Data that are not a matrix give an error that says what was expected.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Csr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredMatrix { pattern, values } = read(deserializer)?;
        if values.len() != pattern.nnz() {
            let expected = format!("{} values, one for each index", pattern.nnz());
            return Err(D::Error::custom(Error::unexpected("matrix", expected, values.len().to_string())));
        }
        Ok(Self { pattern, values })
    }
}

/// A pattern before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Sparsity", deny_unknown_fields)]
struct StoredPattern<'a> {
    columns: usize,
    offsets: Cow<'a, [usize]>,
    indices: Cow<'a, [usize]>,
    is_local: bool,
}

/// A matrix before it is checked.
#[derive(Deserialize)]
#[serde(rename = "Csr", deny_unknown_fields)]
struct StoredMatrix<T> {
    pattern: Sparsity,
    values: Vec<T>,
}
