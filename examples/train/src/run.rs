//! The program without its process: from arguments to output.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};

use gradtape::Real;

use crate::console::Console;
use crate::interrupt::Interrupt;
use crate::options::{Options, Precision, Task};
use crate::{article, export, fit, inspect, moons, predict};

/// Any error, which the program tells in one line.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Runs the program with these arguments; on a terminal with a progress bar. Notes that do not belong to the output are
/// dropped.
///
/// # Errors
///
/// If the arguments or a file are not as expected, the output cannot be written, or a loss grows without bounds.
pub fn run(args: impl Iterator<Item = OsString>, out: &mut dyn Write, terminal: bool) -> Result<()> {
    let (notes, interrupt) = (&mut io::sink(), &Interrupt::default());
    run_in(args, Console { out, notes, is_terminal: terminal, interrupt })
}

pub(crate) fn run_in(args: impl Iterator<Item = OsString>, mut console: Console<'_>) -> Result<()> {
    let options = match Task::parse(args, console.out)? {
        None => return Ok(()),
        Some(Task::Train(options)) => options,
        Some(Task::Predict(options)) => return predict::predict(&options, &mut console),
        Some(Task::Inspect(path)) => return inspect::inspect(&path, console.out),
        Some(Task::Export { model, rust }) => return export::export(&model, &rust, console.out),
    };
    let out = &mut *console.out;
    match (&*options, options.precision) {
        (Options { is_moons: true, .. }, Precision::F32) => moons::train::<f32>(&options, out),
        (Options { is_moons: true, .. }, Precision::F64) => moons::train::<f64>(&options, out),
        (Options { data: Some(path), .. }, _) => fit::fit(path, &options, &mut console),
        (_, Precision::F32) => article::train::<f32>(&options, out),
        (_, Precision::F64) => article::train::<f64>(&options, out),
    }
}

/// Whether the reader closed the output, as `head` does. That is not an error.
pub fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// `x` in the precision of the network.
pub(crate) fn number<T: Real>(x: f64) -> T {
    T::from(x).expect("a float takes any f64, rounded")
}

/// A loss or an error with a few digits, even if it is huge or tiny.
pub(crate) fn brief<T: Real>(loss: T) -> String {
    let loss = loss.to_f64().unwrap_or(f64::NAN);
    if loss == 0.0 || (1e-4..1e6).contains(&loss.abs()) { format!("{loss:.6}") } else { format!("{loss:.3e}") }
}

/// The error for a loss that grew in training.
pub(crate) fn runaway<T: Real>(what: &str, loss: T) -> Box<dyn Error> {
    format!("the {what} is {}; a smaller --rate may help", brief(loss)).into()
}
