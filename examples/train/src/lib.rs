//! Trains a network: without arguments that of the article, for four rows; with `--data` a network for a file. What was
//! saved predicts, is described, and is exported as source.
//!
//! ```text
//! cargo run --release --example train
//! cargo run --release --example train -- moons
//! cargo run --release --example train -- --data examples/data/iris.csv --save iris.json
//! cargo run --release --example train -- predict --model iris.json --data examples/data/iris.csv
//! cargo run --release --example train -- --help
//! ```

mod all_rows;
mod article;
mod command;
mod console;
mod cross_validation;
mod evaluation;
mod export;
mod fit;
mod importance;
mod inspect;
mod interrupt;
mod model;
mod moons;
mod network;
mod options;
mod output_file;
mod outputs;
#[cfg_attr(not(feature = "plot"), allow(dead_code, reason = "nothing draws what is collected"))]
mod plot;
mod predict;
mod progress;
mod run;
#[cfg(feature = "plot")]
mod svg;
mod table;
mod training;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use console::Console;
use interrupt::Interrupt;
pub use run::{Result, is_closed_pipe, run, run_with};

/// The program as a process. Ctrl-C ends a training after its epoch.
pub fn main() -> ExitCode {
    let console = Console {
        out: &mut io::stdout().lock(),
        notes: &mut io::stderr(),
        is_terminal: io::stdout().is_terminal() && io::stderr().is_terminal(),
        interrupt: &Interrupt::by_signal(),
        ranks: None,
    };
    match run::run_in(std::env::args_os().skip(1), console) {
        Err(error) if !is_closed_pipe(&*error) => {
            // If the standard error is closed, too, the message is lost.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
