//! A trained model in a file.

use std::fs;
use std::path::Path;

use gradtape::nn::{Encoding, Scaling};
use serde::{Deserialize, Serialize};

use crate::console::printable;
use crate::network::Network;
use crate::output_file;
use crate::run::Result;

/// All that predictions need, and what is known of how it was trained.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// The program that wrote the file, and its version.
    pub(crate) program: String,
    pub(crate) seed: u64,
    /// Whether the table had a header. Otherwise columns are found by their order.
    pub(crate) has_header: bool,
    /// The number of all columns of the table.
    pub(crate) columns: usize,
    pub(crate) encoding: Encoding,
    pub(crate) scaling: Scaling,
    pub(crate) network: Network,
    /// The class with the most rows of the training set; none if numbers are predicted.
    pub(crate) most_common_class: Option<usize>,
    pub(crate) training_rows: usize,
    pub(crate) test_rows: usize,
    /// The lines about the test set.
    pub(crate) test: Vec<String>,
    /// How much the error on the test set rises if the cells of a column are permuted.
    pub(crate) importance: Vec<Option<f64>>,
}

/// What tells whether the other fields can be understood.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl Model {
    pub(crate) const FORMAT: &str = "gradtape model";
    /// It grows when an older program would misunderstand the files of a newer one.
    pub(crate) const VERSION: u32 = 1;

    /// The name of this program and its version.
    pub(crate) fn program() -> String {
        format!("train {}", env!("CARGO_PKG_VERSION"))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        output_file::write(path, serde_json::to_string(self)? + "\n")
    }

    /// Reads a file. What is no model, or a damaged one, is an error in one line.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let name = printable(&path.display().to_string());
        let text = fs::read(path).map_err(|error| format!("{name}: cannot be read: {error}"))?;
        Self::parse(&text).map_err(|problem| {
            let problem = printable(&problem);
            format!("{name}: expected a model that train --save wrote, found {problem}; train and save it again").into()
        })
    }

    fn parse(text: &[u8]) -> std::result::Result<Self, String> {
        let head: Head = serde_json::from_slice(text).map_err(|error| format!("another file ({error})"))?;
        if head.format != Self::FORMAT {
            return Err(format!("the format {:?}, not {:?}", head.format, Self::FORMAT));
        }
        if head.version != Self::VERSION {
            let (found, expected) = (head.version, Self::VERSION);
            return Err(format!("version {found} of the format, not {expected}, which this program reads"));
        }
        let model: Self = serde_json::from_slice(text).map_err(|error| format!("a damaged one ({error})"))?;
        match model.contradiction() {
            Some(problem) => Err(format!("a damaged one ({problem})")),
            None => Ok(model),
        }
    }

    /// Which parts do not fit each other.
    fn contradiction(&self) -> Option<String> {
        let (features, inputs) = (self.encoding.names().len(), self.network.inputs());
        let (classes, outputs) = (self.encoding.classes().map(<[String]>::len), self.network.width());
        let scales = self.scaling.features().len();
        let columns = self.encoding.inputs().len();
        let of_order = |name: &str| {
            let number = name.strip_prefix("column ").and_then(|number| number.parse().ok());
            number.is_some_and(|number: usize| (1..=self.columns).contains(&number))
        };
        let mut names = self.encoding.inputs().iter().map(|input| &*input.name).chain([self.encoding.target()]);
        if features != inputs {
            Some(format!("{features} features, but a network of {inputs} inputs"))
        } else if features != scales {
            Some(format!("{features} features, but a scaling of {scales}"))
        } else if classes.unwrap_or(1) != outputs {
            Some(format!("{} classes or numbers, but a network of {outputs} outputs", classes.unwrap_or(1)))
        } else if !self.network.is_finite() {
            Some("parameters of the network that are not finite".to_owned())
        } else if self.most_common_class.is_some() != classes.is_some() || self.most_common_class >= classes.or(Some(1))
        {
            Some(format!("the most common class {:?}", self.most_common_class))
        } else if self.importance.len() != columns {
            Some(format!("{columns} columns, but the importance of {}", self.importance.len()))
        } else if self.columns <= columns || !self.has_header && !names.all(of_order) {
            Some(format!("a table of {} columns, without those of the model", self.columns))
        } else {
            let lines = || self.test.iter().chain([&self.program]);
            let line = lines().find(|line| line.contains(char::is_control));
            line.map(|line| format!("{line:?}, which is not one line"))
        }
    }
}
