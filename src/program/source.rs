//! Programs as Rust source.

mod call;
mod function;
mod text;
mod write;

use super::graph::Graph;
use super::optimize::rebuild;
use super::{Optimization, Options, Precision, Program};
use crate::error::Error;

/// A program as a Rust function that needs nothing else, made by [`Program::to_rust`]. Its text is what it displays.
///
/// # Examples
///
/// ```
/// use gradtape::program::Program;
///
/// let program = Program::record(|x| (x[0] * 0.5).tanh() + x[1], &[1.0_f32, 2.0]);
/// let source = program.to_rust("model")?.libm();
/// assert_eq!(
///     source.to_string(),
///     "\
/// /// 1 output from 2 inputs, written by gradtape.
/// #[allow(clippy::all)]
/// pub fn model(inputs: &[f32; 2]) -> f32 {
///     libm::tanhf(inputs[0] * 0.5) + inputs[1]
/// }
/// "
/// );
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Source<T> {
    name: String,
    graph: Graph<T>,
    libm: bool,
}

impl<T: Precision> Program<T> {
    /// The program as the Rust function `name`, which needs neither this crate nor any other.
    ///
    /// The function is `fn name(parameters: &[T; P], inputs: &[T; N]) -> [T; M]`, without an argument that has no
    /// numbers, and returns a plain number if there is but one output. That of a program of sums over rows takes
    /// `rows: &[[T; N]]` instead of the inputs, and adds them up from the first to the last. A program that branches is
    /// one for its own path: its function returns an `Option`, which is `None` where a comparison comes out otherwise
    /// than when the program was recorded.
    ///
    /// Functions can be written one behind the other: what one needs besides is inside. Their text is formatted, and
    /// compiles without a warning.
    ///
    /// Whatever the options, nothing is fused or computed in lanes. So the results are those of an
    /// [exact](Options::exact) program bit for bit on the same machine, except sums over rows; those of others to within
    /// rounding.
    ///
    /// # Errors
    ///
    /// If `name` is no identifier of ASCII letters, digits and underscores, or a keyword.
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
        let is_identifier = !name.trim_matches('_').is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let is_keyword = KEYWORDS.contains(&name);
        if !is_identifier || is_keyword {
            return Err(Error::unexpected(
                "name of a function",
                "an identifier of ASCII letters, digits and underscores",
                format!("{}{name:?}", if is_keyword { "the keyword " } else { "" }),
            ));
        }
        // What is shared has the same bits; only derivatives are those of a tape when nothing is.
        let kept = Optimization::ALL.into_iter().filter(|&optimization| !self.options.has(optimization));
        let options = kept.fold(Options::new(), Options::without);
        Ok(Source { name: name.into(), graph: rebuild(&self.pruned(&self.graph), options), libm: false })
    }
}

impl<T> Source<T> {
    /// The same function for `no_std`: it calls the functions of the crate [`libm`](https://crates.io/crates/libm)
    /// instead of the methods of floats, which only `std` has. Those may differ in the last places.
    #[must_use]
    pub fn libm(self) -> Self {
        Self { libm: true, ..self }
    }
}

/// Those of all editions, and those that are reserved.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
