//! Networks, scalings and data sets as files, in any format of `serde`, checked when they are read.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

use super::{Activation, Dataset, Mlp, Scaling, Target};
use crate::error::Error;
use crate::file::{FileKind, Format, PrecisionName, Version, digits, head, numbers, read};
use crate::program::Precision;

impl<T: Precision> FileKind for Mlp<T> {
    const FORMAT: &'static str = "gradtape network";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "T: Precision")]
struct Stored<T> {
    format: Format<Mlp<T>>,
    version: Version<Mlp<T>>,
    precision: PrecisionName<T>,
    inputs: usize,
    layers: Vec<(usize, Activation)>,
    parameters: Vec<String>,
}

/// Stores a network of plain numbers, f32 or f64. The network that is read predicts the same, bit for bit.
///
/// # Examples
///
/// ```
/// use gradtape::nn::{Activation, Mlp};
///
/// let network = Mlp::from_parameters(1, &[(1, Activation::Tanh)], vec![1.0, -2.0])?;
/// let text = serde_json::to_string(&network)?;
/// let expected = r#"{"format":"gradtape network","version":1,"precision":"f64","inputs":1,"layers":[[1,"tanh"]],"#;
/// assert!(text.starts_with(expected));
/// let read: Mlp<f64> = serde_json::from_str(&text)?;
/// assert_eq!(read.forward(&[0.5])?, network.forward(&[0.5])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A network of values belongs to a tape, which is not stored. Store its numbers: `network.map(|w| w.data())`.
///
/// ```compile_fail,E0277
/// # use gradtape::{Tape, nn::{Activation, Mlp}};
/// # let tape = Tape::new();
/// # let plain = Mlp::from_parameters(1, &[(1, Activation::Tanh)], vec![1.0, -2.0])?;
/// let network = plain.map(|w| tape.var(w));
/// let text = serde_json::to_string(&network)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<T: Precision> Serialize for Mlp<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (format, version, precision) = head();
        let layers = self.layers().map(|layer| (layer.outputs(), layer.activation())).collect();
        let parameters = digits(self.parameters());
        Stored::<T> { format, version, precision, inputs: self.inputs(), layers, parameters }.serialize(serializer)
    }
}

/// Data that are damaged, of another kind, of a newer format or of the other precision give an error that says what was
/// expected.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de, T: Precision> Deserialize<'de> for Mlp<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { inputs, layers, parameters, .. } = read::<Stored<T>, D>(deserializer)?;
        let network =
            numbers("parameter", &parameters).and_then(|parameters| Self::from_parameters(inputs, &layers, parameters));
        network.map_err(D::Error::custom)
    }
}

/// Stores the text of `Display`, such as `"leaky_relu(0.1)"`. A parameter that is not finite is an error, because it
/// could not be read again.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_string().parse::<Self>().map_err(ser::Error::custom)?;
        serializer.collect_str(self)
    }
}

/// An unknown name gives an error that lists the known names.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FileKind for Scaling {
    const FORMAT: &'static str = "gradtape scaling";
    const VERSION: u32 = 1;
}

/// Mean and standard deviation of each feature, then of the target.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredScaling {
    format: Format<Scaling>,
    version: Version<Scaling>,
    precision: PrecisionName<f64>,
    numbers: Vec<String>,
}

/// Stores a scaling, beside the network that was trained with it. The scaling that is read scales the same, bit for
/// bit.
///
/// # Examples
///
/// ```
/// use gradtape::nn::Scaling;
///
/// let scaling = Scaling::new(&[[10.0, 2.0]], [0.0, 1.0])?;
/// let read: Scaling = serde_json::from_str(&serde_json::to_string(&scaling)?)?;
/// assert_eq!(read, scaling);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Scaling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (format, version, precision) = head();
        let numbers: Vec<f64> = self.features().chain([self.target()]).flatten().collect();
        StoredScaling { format, version, precision, numbers: digits(&numbers) }.serialize(serializer)
    }
}

/// Data that are damaged or of another kind give an error that says what was expected.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Scaling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredScaling { numbers: digits, .. } = read::<StoredScaling, D>(deserializer)?;
        let numbers = numbers::<f64>("number of the scaling", &digits).map_err(D::Error::custom)?;
        let (pairs, rest) = numbers.as_chunks::<2>();
        let Some((&target, features)) = pairs.split_last().filter(|_| rest.is_empty()) else {
            let expected = "a mean and a standard deviation for each feature and the target";
            let found = format!("{} numbers", numbers.len());
            return Err(D::Error::custom(Error::unexpected("scaling", expected, found)));
        };
        Self::new(features, target).map_err(D::Error::custom)
    }
}

impl FileKind for Dataset {
    const FORMAT: &'static str = "gradtape data set";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDataset {
    format: Format<Dataset>,
    version: Version<Dataset>,
    precision: PrecisionName<f64>,
    names: Vec<String>,
    features: Vec<String>,
    target: StoredTarget,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum StoredTarget {
    Classes { names: Vec<String>, labels: Vec<usize> },
    Numbers(Vec<String>),
}

/// Stores a data set. All numbers that are read have the same bits.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Dataset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (format, version, precision) = head();
        let features: Vec<f64> = (0..self.len()).flat_map(|row| self.row(row)).copied().collect();
        let target = match self.target() {
            Target::Classes { names, labels } => StoredTarget::Classes { names: names.clone(), labels: labels.clone() },
            Target::Numbers(numbers) => StoredTarget::Numbers(digits(numbers)),
        };
        let (names, features) = (self.names().to_vec(), digits(&features));
        StoredDataset { format, version, precision, names, features, target }.serialize(serializer)
    }
}

/// Data that are damaged, of another kind, or that [`Dataset::new`] refuses give an error that says what was expected.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Dataset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredDataset { names, features, target, .. } = read::<StoredDataset, D>(deserializer)?;
        let features = numbers::<f64>("feature", &features).map_err(D::Error::custom)?;
        let target = match target {
            StoredTarget::Classes { names, labels } => Target::Classes { names, labels },
            StoredTarget::Numbers(digits) => Target::Numbers(numbers("target", &digits).map_err(D::Error::custom)?),
        };
        Self::new(names, features, target).map_err(D::Error::custom)
    }
}
