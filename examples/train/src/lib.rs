//! Trains a network: without arguments that of the article, for four rows; with `--data` a network for a file.
//!
//! ```text
//! cargo run --release --example train
//! cargo run --release --example train -- moons
//! cargo run --release --example train -- --data examples/data/iris.csv
//! cargo run --release --example train -- --help
//! ```

mod article;
mod file;
mod moons;
mod options;
mod report;
mod run;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

pub use run::{Result, is_closed_pipe, run, run_with};

/// The program as a process.
pub fn main() -> ExitCode {
    let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
    let result = run(std::env::args_os().skip(1), &mut io::stdout().lock(), terminal);
    match result {
        Err(error) if !is_closed_pipe(&*error) => {
            // If the standard error is closed, too, the message is lost.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
