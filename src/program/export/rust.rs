//! Programs as Rust source: a graph goes in, the text of a function comes out.

mod call;
mod function;
mod special;
pub(crate) mod text;
mod write;

use crate::error::Error;
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::transform::express::written;
use crate::program::transform::lower::rebuild;
use crate::program::transform::pruned;

/// A program as a Rust function that needs no crate, but for [special functions](crate::Special), made by
/// [`Program::to_rust`](crate::program::Program::to_rust). `Display` writes its text.
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
/// #[allow(clippy::all, clippy::pedantic)]
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

impl<T: Precision> Source<T> {
    /// The function `name` of a graph.
    pub(crate) fn new(name: &str, graph: &Graph<T>, options: Options) -> Result<Self, Error> {
        check_name(name)?;
        let written = written(graph, options, false)?;
        // Sharing changes no bits here, even in exact programs: the derivatives are nodes already.
        let inexact = options.without_exactness();
        Ok(Self { name: name.into(), graph: rebuild(&pruned(&written, options), inexact), libm: false })
    }
}

impl<T> Source<T> {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the function returns an `Option`.
    pub(crate) fn has_guards(&self) -> bool {
        !self.graph.guards().is_empty()
    }

    /// The same function for `no_std`: it calls the functions of the crate [`libm`](https://crates.io/crates/libm)
    /// instead of the methods of floats, which only `std` has. Those may differ in the last places.
    ///
    /// A program with [special functions](crate::Special) needs `std` even so, as the crate `pxfm` does.
    #[must_use]
    pub fn libm(self) -> Self {
        Self { libm: true, ..self }
    }
}

/// Refuses what cannot be the name of a function.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
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
    Ok(())
}

/// The keywords of all editions, and the reserved ones.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
