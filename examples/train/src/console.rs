//! What the program writes to, and what ends it early.

use std::io::Write;

use gradtape::program::Communicator;

use crate::interrupt::Interrupt;

pub(crate) struct Console<'a> {
    pub(crate) out: &'a mut dyn Write,
    /// What does not belong to the output, such as notes beside a table.
    pub(crate) notes: &'a mut dyn Write,
    /// Whether a progress bar can be shown.
    pub(crate) is_terminal: bool,
    pub(crate) interrupt: &'a Interrupt,
    /// The processes that share the epochs, if there are several.
    pub(crate) ranks: Option<Box<dyn Communicator>>,
}

/// A name in one line.
pub(crate) fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

/// A count of things, as "1 row" or "2 rows".
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
