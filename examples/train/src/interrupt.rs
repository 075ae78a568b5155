//! Ctrl-C, which ends a training after its epoch.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// The exit code of a process that Ctrl-C ended.
const EXIT_CODE: i32 = 130;

/// Whether the training shall end after its epoch.
#[derive(Default)]
pub(crate) struct Interrupt {
    /// Whether Ctrl-C interrupts. It belongs to the process, so not in tests.
    is_by_signal: bool,
    is_set: Arc<AtomicBool>,
}

impl Interrupt {
    pub(crate) fn by_signal() -> Self {
        Self { is_by_signal: true, ..Self::default() }
    }

    /// From now on, Ctrl-C sets the flag, and a second one ends the process.
    pub(crate) fn listen(&self) -> io::Result<()> {
        if self.is_by_signal {
            // The order matters: the first one finds that the flag is not yet set.
            flag::register_conditional_shutdown(SIGINT, EXIT_CODE, Arc::clone(&self.is_set))?;
            flag::register(SIGINT, Arc::clone(&self.is_set))?;
        }
        Ok(())
    }

    pub(crate) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }
}
