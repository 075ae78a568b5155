//! Errors in data from outside: shapes, names, files.

use std::fmt;

/// An error in data from outside: it says what was wrong, where, and what was expected instead.
///
/// The message is one sentence without a full stop. Misuse of the interface panics instead, see the methods.
///
/// # Examples
///
/// ```
/// use gradtape::nn::Activation;
///
/// let error = "thanh".parse::<Activation>().unwrap_err();
/// assert!(error.to_string().starts_with("activation: expected one of identity, tanh, "));
/// assert!(error.to_string().ends_with(", found \"thanh\""));
/// ```
pub struct Error {
    kind: ErrorKind,
}

enum ErrorKind {
    #[cfg(feature = "program")]
    Unexpected { place: String, expected: String, found: String },
    #[cfg(feature = "program")]
    Other(Box<dyn std::error::Error + Send + Sync>),
    #[cfg(feature = "csv")]
    Unreadable { file: String, source: std::io::Error },
}

impl Error {
    /// An error of your own, for what you implement: a [`Communicator`](crate::program::Communicator) or an
    /// [`Objective`](crate::Objective).
    ///
    /// ```
    /// let error = gradtape::Error::other("rank 1: expected an answer, found none");
    /// assert_eq!(error.to_string(), "rank 1: expected an answer, found none");
    /// ```
    #[cfg(feature = "program")]
    #[cfg_attr(docsrs, doc(cfg(feature = "program")))]
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Other(error.into()) }
    }

    #[cfg(feature = "program")]
    #[cold]
    pub(crate) fn unexpected(place: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let place = printable(&place.into());
        Self { kind: ErrorKind::Unexpected { place, expected: expected.into(), found: found.into() } }
    }

    #[cfg(feature = "csv")]
    #[cold]
    pub(crate) fn unreadable(file: &str, source: std::io::Error) -> Self {
        Self { kind: ErrorKind::Unreadable { file: printable(file), source } }
    }
}

/// The name without control characters, so that a message is one line, whatever the name of a file or a column is.
#[cfg(feature = "program")]
pub(crate) fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

impl fmt::Display for Error {
    #[allow(unused_variables, reason = "without features nothing can go wrong")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            #[cfg(feature = "program")]
            ErrorKind::Unexpected { place, expected, found } => {
                write!(f, "{place}: expected {expected}, found {found}")
            }
            #[cfg(feature = "program")]
            ErrorKind::Other(error) => error.fmt(f),
            #[cfg(feature = "csv")]
            ErrorKind::Unreadable { file, source } => write!(f, "{file}: cannot be read: {source}"),
            #[cfg(not(feature = "program"))]
            kind => match *kind {},
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            #[cfg(feature = "program")]
            ErrorKind::Other(error) => error.source(),
            #[cfg(feature = "csv")]
            ErrorKind::Unreadable { source, .. } => Some(source),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }
}
