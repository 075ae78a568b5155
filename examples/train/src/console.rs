//! What the program writes to, and what ends it early.

use std::io::{self, Write};

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

impl Console<'_> {
    /// Whether this is the only process, or the one that writes files.
    pub(crate) fn is_first(&self) -> bool {
        self.ranks.as_ref().is_none_or(|ranks| ranks.rank() == 0)
    }
}

/// A name in one line.
pub(crate) fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

/// A count of things, as "1 row" or "2 rows".
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// An output that may be closed by its reader, as `head` does. From then on, what is written is dropped.
pub(crate) struct Closable<'a> {
    out: &'a mut dyn Write,
    is_closed: bool,
}

impl<'a> Closable<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, is_closed: false }
    }

    /// The result of writing, or that of an output that takes everything.
    fn unless_closed<R>(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<R>, dropped: R) -> io::Result<R> {
        if self.is_closed {
            return Ok(dropped);
        }
        match write(self.out) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(dropped)
            }
            result => result,
        }
    }
}

impl Write for Closable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(|out| out.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed(|out| out.flush(), ())
    }
}
