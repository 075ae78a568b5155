//! Programs as pictures, Rust source, statistics, text and files.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Program;
use super::export::dot::Dot;
#[cfg(feature = "serde")]
use super::export::file::StoredProgram;
use super::export::listing;
use super::export::rust::Source;
use super::export::statistics::Statistics;
use super::precision::Precision;
#[cfg(feature = "serde")]
use super::transform::express::written;
use crate::error::Error;
#[cfg(feature = "serde")]
use crate::file::read;

impl<T: Precision> Program<T> {
    /// The picture of this program for these parameters and inputs, see [`Dot`].
    ///
    /// If the program has one output, the picture shows the gradient; if it has several, only after
    /// [`gradients_of`](Dot::gradients_of).
    ///
    /// # Errors
    ///
    /// If there are not as many numbers as the program has parameters and inputs, or if a comparison has another
    /// outcome than in the recording.
    pub fn dot(&self, parameters: &[T], inputs: &[T]) -> Result<Dot<'_, T>, Error> {
        Dot::new(&self.graph, parameters, inputs)
    }

    /// The program as the Rust function `name`, which needs no crate, unless it has special functions: their source
    /// calls the crate `pxfm`, which computes them here, too. A [custom operation](crate::CustomOperation) is written
    /// as its [expression](crate::CustomOperation::expression).
    ///
    /// The function is `fn name(parameters: &[T; P], inputs: &[T; N]) -> [T; M]`, without an argument that has no
    /// numbers, and returns a plain number if there is but one output. That of a program of sums over rows takes
    /// `rows: &[[T; N]]` instead of the inputs, and adds them up from the first to the last. A program that branches is
    /// one for its own path: its function returns an `Option`, which is `None` where a comparison comes out otherwise
    /// than when the program was recorded.
    ///
    /// Several functions can stand in one file: each contains the helper functions that it calls. Their text compiles
    /// without a warning and is formatted, except what computes special functions.
    ///
    /// With any options, nothing is fused or computed in lanes. So the results are those of an
    /// [exact](crate::program::Options::exact) program bit for bit on the same machine, except sums over rows, custom
    /// operations, and second derivatives of special functions. The results of other programs differ by rounding.
    ///
    /// # Errors
    ///
    /// If `name` is no identifier of ASCII letters, digits and underscores, or a keyword; or if the program calls a
    /// custom operation without an expression.
    ///
    /// # Examples
    ///
    /// A file that a `build.rs` may write, with the value and with the gradient:
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let area = Program::record(|x| x[0] * x[1], &[2.0, 3.0]);
    /// let file = format!("{}\n{}", area.to_rust("area")?, area.gradient().to_rust("area_and_gradient")?);
    /// assert!(file.contains("pub fn area(inputs: &[f64; 2]) -> f64 {\n    inputs[0] * inputs[1]\n}"));
    /// assert!(file.contains("pub fn area_and_gradient(inputs: &[f64; 2]) -> [f64; 3] {"));
    ///
    /// let error = area.to_rust("fn").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "name of a function: expected an identifier of ASCII letters, digits and underscores, found the keyword \"fn\""
    /// );
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn to_rust(&self, name: &str) -> Result<Source<T>, Error> {
        Source::new(name, &self.graph, self.options)
    }

    /// The size of the program, and the effect of each optimisation.
    pub fn statistics(&self) -> Statistics {
        Statistics::new(&self.graph, self.options, self.code())
    }
}

impl<T: Precision> fmt::Display for Program<T> {
    /// Writes a line for each recorded operation: `p` are the parameters, `x` the inputs.
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let f = |p: &[_], x: &[_]| if x[0] < 0.0 { x[0] } else { p[0] * x[0] + 1.0 };
    /// let program = Program::record_with(f, &[2.0], &[1.0]);
    /// let lines = ["program of f64 (p[0]; x[0])", "require not x[0] < 0.0", "v0 = p[0] * x[0]", "v1 = v0 + 1.0", "return v1\n"];
    /// assert_eq!(program.to_string(), lines.join("\n"));
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        listing::write(&self.graph, f)
    }
}

/// Stores the recorded operations and the options. The program that is read computes the same numbers, bit for bit.
///
/// A [custom operation](crate::CustomOperation) is stored as its [expression](crate::CustomOperation::expression),
/// whose numbers may differ by rounding. One without an expression is an error. Special functions are stored by name,
/// and read where the feature `special` is on.
///
/// # Examples
///
/// ```
/// use gradtape::program::Program;
///
/// let program = Program::record(|x| (x[0] * x[1]).sin(), &[1.0, 2.0]).gradient();
/// let text = serde_json::to_string(&program)?;
/// let read: Program<f64> = serde_json::from_str(&text)?;
/// assert_eq!(read.eval(&[0.5, 3.0])?, program.eval(&[0.5, 3.0])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<T: Precision> Serialize for Program<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = written(&self.graph, self.options, true).map_err(serde::ser::Error::custom)?;
        StoredProgram::new(&written, self.options).serialize(serializer)
    }
}

/// Returns an error that says what was expected, if the file is damaged, foreign, of a newer format, or of the other
/// precision.
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de, T: Precision> Deserialize<'de> for Program<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (graph, options) = read::<StoredProgram<T>, D>(deserializer)?.program().map_err(D::Error::custom)?;
        Ok(Self::new(graph, options))
    }
}
