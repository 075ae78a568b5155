//! The command-line arguments.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, value_parser};
use gradtape::nn::{Activation, Columns, Engine, Labels, Missing, Schedule, TableFormat};

use crate::run::Result;

/// With this seed, the first loss of the article's network is near the article's 1.9.
const DEFAULT_SEED: &str = "573";
/// The share of the epochs in which the schedule `warmup` raises the rate.
const WARMUP: f64 = 0.1;

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
    pub(crate) seed: u64,
    pub(crate) precision: Precision,
    pub(crate) engine: Engine,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    Adam,
    Sgd,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Precision {
    F32,
    F64,
}

impl Options {
    /// The options from the arguments. If these ask for help, it is written, and there are no options.
    pub(crate) fn parse(args: impl Iterator<Item = OsString>, out: &mut dyn Write) -> Result<Option<Self>> {
        let matches = match command().try_get_matches_from(args) {
            Ok(matches) => matches,
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                write!(out, "{error}")?;
                return Ok(None);
            }
            Err(error) => {
                let is_name = error.kind() == ErrorKind::InvalidSubcommand;
                let hint = if is_name { "; --data takes the name of a file" } else { "" };
                return Err(format!("{}{hint}", in_one_line(&error.to_string())).into());
            }
        };
        let mut matches = matches;
        let is_moons = matches.subcommand_name().is_some();
        let options = Self {
            is_moons,
            data: matches.remove_one("data"),
            format: TableFormat { separator: matches.remove_one("separator"), header: matches.remove_one("header") },
            columns: Columns {
                target: matches.remove_one("target"),
                ignore: matches
                    .remove_one::<String>("ignore")
                    .map_or(Vec::new(), |names| names.split(',').map(|name| name.trim().to_owned()).collect()),
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
            seed: given(&mut matches, "seed"),
            precision: given(&mut matches, "precision"),
            engine: given(&mut matches, "engine"),
        };
        options.check_rate()?;
        Ok(Some(options))
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

fn command() -> Command {
    let count = || parser("a whole number of at least 1", |count: &usize| *count > 0);
    let positive = || parser("a number above 0", |x: &f64| *x > 0.0 && x.is_finite());
    let of_data = [
        option("separator", "CHAR", "what divides the fields; otherwise a comma, semicolon or tab is recognised")
            .value_parser(value_parser!(char)),
        option("header", "YES|NO", "whether the first row has names; otherwise it has unless one of them is a number")
            .value_parser(names([("yes", true), ("no", false)])),
        option("target", "NAME|NUMBER", "the column to predict; otherwise one that is called label, target, class or so, or the last"),
        option("ignore", "NAMES", "columns to leave out, by names or numbers, as in id,date"),
        option("missing", "WAY", "what to do where a cell is empty, NA, NaN or ?: error, mean (with a column that tells where), or drop the row")
            .default_value("error")
            .value_parser(names([("error", Missing::Error), ("mean", Missing::Mean), ("drop", Missing::Drop)])),
        option("task", "TASK", "classification or regression; otherwise words are classes, and so are few different whole numbers")
            .value_parser(names([("classification", Labels::Classes), ("regression", Labels::Numbers)])),
        option("hidden", "WIDTHS", "widths of the hidden layers, as in 16,16").default_value("32").value_parser(widths),
        option("activation", "NAME", "activation of the hidden layers, as in tanh or leaky_relu(0.1)")
            .default_value("tanh")
            .value_parser(Activation::from_str),
        option("epochs", "N", "passes over the training set").default_value("100").value_parser(count()),
        option("batch", "N", "rows in one step").default_value("16").value_parser(count()),
        option("optimizer", "NAME", "adam, or sgd with momentum 0.9")
            .default_value("adam")
            .value_parser(names([("adam", Method::Adam), ("sgd", Method::Sgd)])),
        option("rate", "X", "learning rate").default_value("0.005").value_parser(positive()),
        option("schedule", "NAME", "how the rate changes: constant, cosine, step (a tenth after each third), or warmup (cosine after a rise in the first tenth)")
            .default_value("constant")
            .value_parser(names([
                ("constant", Schedule::Constant),
                ("cosine", Schedule::Cosine { warmup: 0.0 }),
                ("step", Schedule::Step { parts: 3, decay: 0.1 }),
                ("warmup", Schedule::Cosine { warmup: WARMUP }),
            ])),
        option("weight-decay", "X", "share of the weights, times the rate, that each step takes away [default: 0.01 for adam, 0 for sgd]")
            .value_parser(parser("a number of at least 0", |x: &f64| *x >= 0.0 && x.is_finite())),
        option("clip", "X", "the greatest length of a gradient; longer ones are shortened").value_parser(positive()),
        option("patience", "N", "stop after N epochs in which the loss of a fifth of the training set, kept for validation, was not better; the best weights are restored")
            .value_parser(count()),
        option("class-weights", "balanced", "rare classes weigh as much as common ones").value_parser(["balanced"]),
    ];
    Command::new("train")
        .no_binary_name(true)
        .about("Trains a network: without --data the article's 3 -> 4 tanh -> 4 tanh -> 1 tanh on its four rows.")
        .disable_help_subcommand(true)
        .subcommand(Command::new("moons").about("Tells two moons apart: micrograd's demonstration"))
        .after_help(
            "Words among the features become a column for each of them. Columns are standardised, and a fifth of the rows is \
             kept for the test. The losses of a regression are those of standardised numbers, its errors are not.",
        )
        .arg(
            option("data", "FILE.csv", "train on this table: CSV, TSV, or with semicolons")
                .value_parser(value_parser!(PathBuf)),
        )
        .args(of_data.map(|option| option.requires("data")))
        .args(for_all())
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).allow_hyphen_values(true)
}

/// The options that apply to everything.
fn for_all() -> [Arg; 3] {
    [
        option("seed", "N", "seed of the split, the weights and the order of rows")
            .default_value(DEFAULT_SEED)
            .value_parser(parser("a whole number from 0 to 18446744073709551615", |_: &u64| true)),
        option("precision", "TYPE", "f32 or f64")
            .default_value("f64")
            .value_parser(names([("f32", Precision::F32), ("f64", Precision::F64)])),
        option("engine", "NAME", "program, recorded once and run on many rows, or tape, row by row")
            .default_value("program")
            .value_parser(Engine::from_str),
    ]
    .map(|option| option.global(true))
}

/// The value of an option that has a default.
fn given<T: Clone + Send + Sync + 'static>(matches: &mut ArgMatches, name: &str) -> T {
    matches.remove_one(name).expect("the option has a default")
}

/// A parser of numbers that says what it expects.
fn parser<T: FromStr + Clone + Send + Sync + 'static>(
    expected: &'static str,
    is_valid: impl Fn(&T) -> bool + Clone + Send + Sync + 'static,
) -> impl TypedValueParser<Value = T> {
    move |text: &str| text.parse().ok().filter(&is_valid).ok_or_else(|| format!("expected {expected}"))
}

/// A parser of a few names.
fn names<T: Copy + Send + Sync + 'static, const N: usize>(
    choices: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    move |text: &str| {
        let choice = choices.iter().find(|(name, _)| *name == text);
        choice
            .map(|(_, value)| *value)
            .ok_or_else(|| format!("expected {}", choices.map(|(name, _)| name).join(" or ")))
    }
}

fn widths(text: &str) -> std::result::Result<Vec<usize>, String> {
    let widths: Option<Vec<_>> = text.split(',').map(|width| width.trim().parse().ok()).collect();
    let widths = widths.filter(|widths| !widths.contains(&0));
    widths.ok_or_else(|| "expected whole numbers of at least 1, as in 16,16".to_owned())
}

/// The first paragraph of a message, without the word `error`.
fn in_one_line(message: &str) -> String {
    let paragraph = message.split("\n\n").next().unwrap_or_default();
    let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    words.strip_prefix("error: ").unwrap_or(&words).to_owned()
}
