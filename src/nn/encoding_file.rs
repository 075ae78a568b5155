//! Encodings as files, in any format of `serde`, checked when they are read.

use std::collections::HashSet;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::column::{InputColumn, InputKind, TargetColumn};
use super::{Encoding, Missing, quoted};
use crate::error::Error;
use crate::file::{FileKind, Format, PrecisionName, Version, digits, head, numbers, read};

impl FileKind for Encoding {
    const FORMAT: &'static str = "gradtape encoding";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: Format<Encoding>,
    version: Version<Encoding>,
    precision: PrecisionName<f64>,
    inputs: Vec<StoredInput>,
    target: String,
    classes: Option<Vec<String>>,
    missing: StoredMissing,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredInput {
    name: String,
    kind: StoredKind,
    may_be_missing: bool,
}

/// The mean of the numbers, or the words.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    Number(String),
    Categories(Vec<String>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredMissing {
    Error,
    Mean,
    Drop,
}

/// Stores an encoding, beside the network and the scaling of its features. The encoding that is read gives the same
/// features, bit for bit.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Columns, Encoding, Table, TableFormat};
///
/// let text = "size,colour,label\n1.5,red,hat\n2,blue,shoe\n";
/// let table = Table::from_reader(text.as_bytes(), "things", TableFormat::default())?;
/// let encoding = Encoding::of(&table, &Columns::default())?;
/// let read: Encoding = serde_json::from_str(&serde_json::to_string(&encoding)?)?;
/// assert_eq!(read, encoding);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (format, version, precision) = head();
        let input = |input: &InputColumn| StoredInput {
            name: input.name.clone(),
            kind: match &input.kind {
                InputKind::Number { mean } => StoredKind::Number(digits(&[*mean]).concat()),
                InputKind::Categories(words) => StoredKind::Categories(words.clone()),
            },
            may_be_missing: input.may_be_missing,
        };
        let inputs = self.inputs().iter().map(input).collect();
        let (target, classes) = (self.target().to_owned(), self.classes().map(<[String]>::to_vec));
        let missing = match self.missing() {
            Missing::Error => StoredMissing::Error,
            Missing::Mean => StoredMissing::Mean,
            Missing::Drop => StoredMissing::Drop,
        };
        Stored { format, version, precision, inputs, target, classes, missing }.serialize(serializer)
    }
}

/// Data that are damaged, of another kind, or that no table gives are an error that says what was expected: names that
/// are empty or occur twice, no columns or categories, fewer than two classes, a mean that is not finite.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { inputs, target, classes, missing, .. } = read::<Stored, D>(deserializer)?;
        let input = |input: StoredInput| {
            let kind = match input.kind {
                StoredKind::Number(mean) => InputKind::Number { mean: numbers("mean", &[mean])?[0] },
                StoredKind::Categories(words) => InputKind::Categories(words),
            };
            Ok(InputColumn { name: input.name, kind, may_be_missing: input.may_be_missing })
        };
        let missing = match missing {
            StoredMissing::Error => Missing::Error,
            StoredMissing::Mean => Missing::Mean,
            StoredMissing::Drop => Missing::Drop,
        };
        let inputs = inputs.into_iter().map(input).collect::<Result<Vec<_>, Error>>().map_err(D::Error::custom)?;
        let target = TargetColumn { name: target, classes };
        check(&inputs, &target).map_err(D::Error::custom)?;
        Ok(Self::from_checked(inputs, target, missing))
    }
}

/// Refuses what no table gives.
fn check(inputs: &[InputColumn], target: &TargetColumn) -> Result<(), Error> {
    let fail = |expected: &str, found: String| Err(Error::unexpected("encoding", expected, found));
    if inputs.is_empty() {
        return fail("at least 1 column of features", "none".to_owned());
    }
    if let Some(classes) = target.classes.as_ref().filter(|classes| classes.len() < 2) {
        return fail("at least 2 classes", classes.len().to_string());
    }
    let columns = inputs.iter().map(|input| &input.name).chain([&target.name]).cloned().collect();
    let features = inputs.iter().flat_map(InputColumn::names).collect();
    let mut lists = vec![columns, features, target.classes.clone().unwrap_or_default()];
    for input in inputs {
        match &input.kind {
            InputKind::Number { mean } if !mean.is_finite() => {
                return fail("means that are finite", mean.to_string());
            }
            InputKind::Number { .. } => {}
            InputKind::Categories(words) if words.is_empty() => {
                return fail("at least 1 category", format!("none of {}", quoted(&input.name)));
            }
            InputKind::Categories(words) => lists.push(words.clone()),
        }
    }
    for list in lists {
        let mut seen = HashSet::new();
        for name in list {
            // A table has no cell of several lines.
            if name.is_empty() || name.contains(char::is_control) || !seen.insert(name.clone()) {
                return fail("names in one line that are not empty and all different", quoted(&name));
            }
        }
    }
    Ok(())
}
