//! The program without its process: from arguments to output.

use std::error::Error;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};

use gradtape::Real;
use gradtape::program::Communicator;

use crate::console::{Closable, Console};
use crate::interrupt::Interrupt;
use crate::options::{Method, Options, Precision, Task, WHOLE};
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
    run_with(args, None, out, terminal)
}

/// The same on one of several ranks, which share the epochs. Only the first one writes files.
///
/// # Errors
///
/// Those of [`run`]; or if the ranks have different options or data, or another rank failed.
pub fn run_with(
    args: impl Iterator<Item = OsString>,
    ranks: Option<Box<dyn Communicator>>,
    out: &mut dyn Write,
    terminal: bool,
) -> Result<()> {
    let (notes, interrupt) = (&mut io::sink(), &Interrupt::default());
    run_in(args, Console { out, notes, is_terminal: terminal, interrupt, ranks })
}

pub(crate) fn run_in(args: impl Iterator<Item = OsString>, mut console: Console<'_>) -> Result<()> {
    let Some(task) = Task::parse(args, console.out)? else { return Ok(()) };
    match task {
        Task::Train(options) => train(*options, console),
        // One rank is enough.
        _ if !console.is_first() => Ok(()),
        Task::Predict(options) => predict::predict(&options, &mut console),
        Task::Inspect(path) => inspect::inspect(&path, console.out),
        Task::Export { model, rust } => export::export(&model, &rust, console.out),
    }
}

fn train(mut options: Options, console: Console<'_>) -> Result<()> {
    let Console { out, notes, is_terminal, interrupt, ranks } = console;
    let mut closable;
    // Without its reader, a training goes on if it writes something else, or works together with others.
    let goes_on = options.save.is_some() || options.plot.is_some() || ranks.is_some();
    let out: &mut dyn Write = if goes_on {
        closable = Closable::new(out);
        &mut closable
    } else {
        out
    };
    let mut console = Console { out, notes, is_terminal, interrupt, ranks };
    if let Some(ranks) = &mut console.ranks {
        introduce(&mut **ranks, &options, console.out)?;
    }
    options.check_features()?;
    if !console.is_first() {
        (options.save, options.plot) = (None, None);
    }
    let out = &mut *console.out;
    match (&options, options.precision) {
        (Options { is_moons: true, .. }, Precision::F32) => moons::train::<f32>(&options, out),
        (Options { is_moons: true, .. }, Precision::F64) => moons::train::<f64>(&options, out),
        (Options { data: Some(path), .. }, _) => fit::fit(path, &options, &mut console),
        (_, Precision::F32) => article::train::<f32>(&options, out),
        (_, Precision::F64) => article::train::<f64>(&options, out),
    }
}

/// Checks that all ranks have the same options, but for the name of the file, and that ranks can share them. Tells how
/// many share a batch.
fn introduce(ranks: &mut dyn Communicator, options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", Options { data: None, ..options.clone() }).hash(&mut hasher);
    ranks.check_same("options", hasher.finish())?;
    let run_one = format!("run one process, by {WHOLE}");
    let not_shared = [
        ("--cross-validate", options.cross_validate.is_some(), &*run_one),
        ("--optimizer lbfgs", matches!(options.optimizer, Method::Lbfgs), &run_one),
        ("--threads", options.threads.is_some(), "leave it out, and start more processes in place of threads"),
    ];
    if ranks.size() > 1
        && let Some((option, _, remedy)) = not_shared.iter().find(|(_, is_given, _)| *is_given)
    {
        return Err(format!("{option}: not available with several processes; {remedy}").into());
    }
    if options.data.is_none() {
        return Ok(writeln!(out, "{} ranks, which all compute the same: only with --data, they share", ranks.size())?);
    }
    write!(out, "{} ranks", ranks.size())?;
    // With too few rows for all, the first rank has none.
    let is_idle = |batch: usize| ranks.share(batch).is_empty();
    if is_idle(options.batch) {
        write!(out, ", of which some have nothing to do")?;
        let mut larger = (1..usize::BITS).map(|k| options.batch.saturating_mul(1 << k));
        if let Some(batch) = larger.find(|&batch| !is_idle(batch)) {
            write!(out, ": --batch {batch} gives work to all")?;
        }
    }
    Ok(writeln!(out)?)
}

/// Whether the reader closed the output, as `head` does. That is not an error.
pub fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// `x` in the precision of the network.
pub(crate) fn number<T: Real>(x: f64) -> T {
    T::from(x).expect("a float takes any f64, rounded")
}

/// `x` as f64.
pub(crate) fn plain<T: Real>(x: T) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

/// A loss or an error with a few digits, even if it is huge or tiny.
pub(crate) fn brief<T: Real>(loss: T) -> String {
    let loss = plain(loss);
    if loss == 0.0 || (1e-4..1e6).contains(&loss.abs()) { format!("{loss:.6}") } else { format!("{loss:.3e}") }
}

/// The error for a loss that grew in training.
pub(crate) fn runaway<T: Real>(what: &str, loss: T) -> Box<dyn Error> {
    format!("the {what} is {}; a smaller --rate or --weight-decay may help", brief(loss)).into()
}
