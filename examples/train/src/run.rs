//! The program without its process: from arguments to output.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};

use gradtape::Real;

use crate::options::{Options, Precision};
use crate::{article, file, moons};

/// Any error, which the program tells in one line.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Runs the program with these arguments; on a terminal with a progress bar.
///
/// # Errors
///
/// If the arguments or the file are not as expected, the output cannot be written, or a loss grows without bounds.
pub fn run(args: impl Iterator<Item = OsString>, out: &mut dyn Write, terminal: bool) -> Result<()> {
    let Some(options) = Options::parse(args, out)? else { return Ok(()) };
    match (&options.data, options.precision) {
        _ if options.is_moons && options.data.is_some() => Err("moons: they are made here; leave out --data".into()),
        (_, Precision::F32) if options.is_moons => moons::train::<f32>(&options, out),
        (_, Precision::F64) if options.is_moons => moons::train::<f64>(&options, out),
        (None, Precision::F32) => article::train::<f32>(&options, out),
        (None, Precision::F64) => article::train::<f64>(&options, out),
        (Some(path), Precision::F32) => file::train::<f32>(path, &options, out, terminal),
        (Some(path), Precision::F64) => file::train::<f64>(path, &options, out, terminal),
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
    if loss == 0.0 || (1e-4..1e6).contains(&loss) { format!("{loss:.6}") } else { format!("{loss:.3e}") }
}

/// The error for a loss that grew in training.
pub(crate) fn runaway<T: Real>(what: &str, loss: T) -> Box<dyn Error> {
    format!("the {what} is {}; a smaller --rate may help", brief(loss)).into()
}
