//! The command-line arguments.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use gradtape::nn::{Activation, Columns, Engine, Schedule, TableFormat, Unknown};

use crate::command::command;
use crate::run::Result;

/// What the program does.
pub(crate) enum Task {
    Train(Box<Options>),
    Predict(PredictOptions),
    Inspect(PathBuf),
    Export { model: PathBuf, rust: PathBuf },
}

pub(crate) struct PredictOptions {
    pub(crate) model: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) out: Option<PathBuf>,
    pub(crate) format: TableFormat,
    pub(crate) unknown: Unknown,
}

/// How to run the program with all its features.
pub(crate) const WHOLE: &str = "cargo run --release --package gradtape-train -- ...";

/// The options that say how small steps are made.
const NOT_FOR_LBFGS: [&str; 5] = ["batch", "rate", "schedule", "clip", "engine"];

/// The options of a training.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) is_moons: bool,
    pub(crate) data: Option<PathBuf>,
    pub(crate) format: TableFormat,
    pub(crate) columns: Columns,
    pub(crate) hidden: Vec<usize>,
    pub(crate) activation: Activation,
    pub(crate) epochs: usize,
    pub(crate) batch: usize,
    pub(crate) optimizer: Method,
    pub(crate) rate: f64,
    pub(crate) schedule: Schedule,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) clip: Option<f64>,
    pub(crate) patience: Option<usize>,
    pub(crate) is_balanced: bool,
    pub(crate) cross_validate: Option<usize>,
    pub(crate) save: Option<PathBuf>,
    pub(crate) plot: Option<PathBuf>,
    pub(crate) threads: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) precision: Precision,
    pub(crate) engine: Engine,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    Adam,
    Sgd,
    Lbfgs,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Precision {
    F32,
    F64,
}

impl Task {
    /// The task from the arguments. If these ask for help, it is written, and there is no task.
    pub(crate) fn parse(args: impl Iterator<Item = OsString>, out: &mut dyn Write) -> Result<Option<Self>> {
        let mut matches = match command().try_get_matches_from(args) {
            Ok(matches) => matches,
            Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                write!(out, "{error}")?;
                return Ok(None);
            }
            Err(error) => {
                let message = in_one_line(&error.to_string());
                let hint = match error.kind() {
                    ErrorKind::InvalidSubcommand => "; --data takes the name of a file, and --help tells what there is",
                    ErrorKind::ArgumentConflict if message.starts_with("the subcommand") => {
                        "; it has options of its own, behind its name"
                    }
                    _ => "",
                };
                return Err(format!("{message}{hint}").into());
            }
        };
        Ok(Some(match matches.remove_subcommand() {
            Some((name, mut matches)) => match &*name {
                "predict" => Self::Predict(PredictOptions {
                    model: given(&mut matches, "model"),
                    data: given(&mut matches, "data"),
                    out: matches.remove_one("out"),
                    format: format(&mut matches),
                    unknown: given(&mut matches, "unknown"),
                }),
                "inspect" => Self::Inspect(given(&mut matches, "model")),
                "export" => Self::Export { model: given(&mut matches, "model"), rust: given(&mut matches, "rust") },
                _ => Self::Train(Options::moons(matches)?),
            },
            None => Self::Train(Options::of(matches, false)?),
        }))
    }
}

impl Options {
    /// The options of the two moons: those of every training, and the defaults of the others.
    fn moons(mut of_moons: ArgMatches) -> Result<Box<Self>> {
        let defaults = command().try_get_matches_from(std::iter::empty::<OsString>())?;
        let mut options = Self::of(defaults, true)?;
        options.plot = of_moons.remove_one("plot");
        options.seed = given(&mut of_moons, "seed");
        options.precision = given(&mut of_moons, "precision");
        options.engine = given(&mut of_moons, "engine");
        Ok(options)
    }

    fn of(mut matches: ArgMatches, is_moons: bool) -> Result<Box<Self>> {
        let is_given = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let of_small_steps = NOT_FOR_LBFGS.into_iter().find(is_given);
        let options = Self {
            is_moons,
            data: matches.remove_one("data"),
            format: format(&mut matches),
            columns: Columns {
                target: matches.remove_one("target"),
                ignore: columns(&mut matches, "ignore"),
                keep: columns(&mut matches, "keep"),
                missing: given(&mut matches, "missing"),
                labels: matches.remove_one("task"),
            },
            hidden: given(&mut matches, "hidden"),
            activation: given(&mut matches, "activation"),
            epochs: given(&mut matches, "epochs"),
            batch: given(&mut matches, "batch"),
            optimizer: given(&mut matches, "optimizer"),
            rate: given(&mut matches, "rate"),
            schedule: given(&mut matches, "schedule"),
            weight_decay: matches.remove_one("weight-decay"),
            clip: matches.remove_one("clip"),
            patience: matches.remove_one("patience"),
            is_balanced: matches.contains_id("class-weights"),
            cross_validate: matches.remove_one("cross-validate"),
            save: matches.remove_one("save"),
            plot: matches.remove_one("plot"),
            threads: matches.remove_one("threads"),
            seed: given(&mut matches, "seed"),
            precision: given(&mut matches, "precision"),
            engine: given(&mut matches, "engine"),
        };
        options.check_rate()?;
        if let (Method::Lbfgs, Some(name)) = (options.optimizer, of_small_steps) {
            return Err(format!("--{name}: lbfgs has no such option; leave it out, or take another --optimizer").into());
        }
        let of_one = [("--save", options.save.is_some()), ("--plot", options.plot.is_some())];
        if let (Some(_), Some((option, _))) = (options.cross_validate, of_one.iter().find(|(_, is_given)| *is_given)) {
            return Err(format!(
                "--cross-validate: trains several networks, and {option} is for one; leave out one of the two"
            )
            .into());
        }
        Ok(Box::new(options))
    }

    /// Refuses what this build of the program lacks.
    pub(crate) fn check_features(&self) -> Result<()> {
        let is_lbfgs = matches!(self.optimizer, Method::Lbfgs);
        for (option, is_wanted, is_there) in [
            ("--optimizer lbfgs", is_lbfgs, cfg!(feature = "lbfgs")),
            ("--plot", self.plot.is_some(), cfg!(feature = "plot")),
            ("--threads", self.threads.is_some(), cfg!(feature = "threads")),
        ] {
            if is_wanted && !is_there {
                return Err(format!(
                    "{option}: the example of the library is built without it; the whole program is {WHOLE}"
                )
                .into());
            }
        }
        Ok(())
    }

    /// Checks the rate in the precision of the network: a rate above 0 may be 0 or infinite in f32.
    fn check_rate(&self) -> Result<()> {
        #[allow(clippy::cast_possible_truncation, reason = "the rounded number is checked")]
        let rate = self.rate as f32;
        match self.precision {
            Precision::F32 if rate == 0.0 || rate.is_infinite() => {
                Err(format!("--rate: expected a number above 0 in f32, found {:?}", self.rate).into())
            }
            _ => Ok(()),
        }
    }
}

fn format(matches: &mut ArgMatches) -> TableFormat {
    TableFormat {
        separator: matches.remove_one("separator"),
        header: matches.remove_one("header"),
        decimal: matches.remove_one("decimal"),
    }
}

/// Names of columns, divided by commas.
fn columns(matches: &mut ArgMatches, name: &str) -> Vec<String> {
    let names = matches.remove_one::<String>(name);
    names.map_or(Vec::new(), |names| names.split(',').map(|name| name.trim().to_owned()).collect())
}

/// What the library calls a setting in its errors, and what the program calls it.
const SETTINGS: [(&str, &str); 10] = [
    ("`decimal` comma", "--decimal ','"),
    ("`decimal`", "--decimal"),
    ("`header`", "--header"),
    ("`ignore`", "--ignore"),
    ("`keep`", "--keep"),
    ("`labels` classes", "--task classification"),
    ("`missing`", "--missing"),
    ("`separator`", "--separator"),
    ("`target`", "--target"),
    ("`unknown`", "--unknown"),
];

/// An error of the library, with the options of the program.
pub(crate) fn with_options(error: &gradtape::Error) -> String {
    SETTINGS.iter().fold(error.to_string(), |message, (setting, option)| message.replace(setting, option))
}

/// The value of an option that has a default or is required.
fn given<T: Clone + Send + Sync + 'static>(matches: &mut ArgMatches, name: &str) -> T {
    matches.remove_one(name).expect("the option has a default or is required")
}

/// The first paragraph of a message, without the word `error`.
fn in_one_line(message: &str) -> String {
    let paragraph = message.split("\n\n").next().unwrap_or_default();
    let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    words.strip_prefix("error: ").unwrap_or(&words).to_owned()
}
