//! Ctrl-C or SIGTERM, which ends a training after its epoch.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The exit code of a process that a signal ended is this, plus the number of the signal.
const EXIT_CODE: i32 = 128;
/// How soon a signal is answered.
const ANSWER: Duration = Duration::from_millis(50);

/// Whether the training shall end after its epoch.
#[derive(Default)]
pub(crate) struct Interrupt {
    /// Whether signals interrupt. They belong to the process, so not in tests.
    is_by_signal: bool,
    is_set: Arc<AtomicBool>,
}

impl Interrupt {
    pub(crate) fn by_signal() -> Self {
        Self { is_by_signal: true, ..Self::default() }
    }

    /// From now on, a signal sets the flag, which is told at once, and a second one ends the process.
    pub(crate) fn listen(&self) -> io::Result<()> {
        if !self.is_by_signal {
            return Ok(());
        }
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first one finds that the flag is not yet set.
            flag::register_conditional_shutdown(signal, EXIT_CODE + signal, Arc::clone(&self.is_set))?;
            flag::register(signal, Arc::clone(&self.is_set))?;
        }
        let is_set = Arc::clone(&self.is_set);
        thread::spawn(move || {
            while !is_set.load(Ordering::Relaxed) {
                thread::sleep(ANSWER);
            }
            // A terminal shows the keys in the line of the progress.
            let end = if io::stderr().is_terminal() { "\n" } else { "" };
            // If the standard error is closed, nobody is told.
            let _ = writeln!(
                io::stderr(),
                "{end}interrupted: the training stops after this epoch; Ctrl-C once more ends the program at once"
            );
        });
        Ok(())
    }

    pub(crate) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }
}
