//! The command-line arguments.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use gradtape::nn::{Activation, Engine, Labels};

use crate::run::Result;

/// Name, value, meaning.
const OPTIONS: [(&str, &str, &str); 12] = [
    ("data", "FILE.csv", "train on this file: a header, numeric features, the label in the last column"),
    ("task", "TASK", "classification or regression [default: regression if the first label is a number]"),
    ("hidden", "WIDTHS", "widths of the hidden layers, as in 16,16 [default: 32]"),
    ("activation", "NAME", "activation of the hidden layers, as in tanh or leaky_relu(0.1) [default: tanh]"),
    ("epochs", "N", "passes over the training set [default: 100]"),
    ("batch", "N", "rows in one step [default: 16]"),
    ("optimizer", "NAME", "adam, with decay 0.01, or sgd, with momentum 0.9 [default: adam]"),
    ("rate", "X", "learning rate [default: 0.005]"),
    ("seed", "N", "seed of the split, the weights and the order of rows [default: 573]"),
    ("precision", "TYPE", "f32 or f64 [default: f64]"),
    ("engine", "NAME", "program, recorded once and run on many rows, or tape, row by row [default: program]"),
    ("help", "", "print this, as -h does"),
];

/// The options that apply without `--data`, too.
const COMMON_OPTIONS: [&str; 3] = ["seed", "precision", "engine"];

/// With this seed, the first loss of the article's network is near the article's 1.9.
const DEFAULT_SEED: u64 = 573;

pub(crate) struct Options {
    pub(crate) data: Option<PathBuf>,
    pub(crate) labels: Option<Labels>,
    pub(crate) hidden: Vec<usize>,
    pub(crate) activation: Activation,
    pub(crate) epochs: u64,
    pub(crate) batch: usize,
    pub(crate) optimizer: Method,
    pub(crate) rate: f64,
    pub(crate) seed: u64,
    pub(crate) precision: Precision,
    pub(crate) engine: Engine,
}

#[derive(Clone, Copy)]
pub(crate) enum Method {
    Adam,
    Sgd,
}

#[derive(Clone, Copy)]
pub(crate) enum Precision {
    F32,
    F64,
}

impl Options {
    /// The options from the arguments, or `None` if these ask for help.
    pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Option<Self>> {
        let mut options = Self {
            data: None,
            labels: None,
            hidden: vec![32],
            activation: Activation::Tanh,
            epochs: 100,
            batch: 16,
            optimizer: Method::Adam,
            rate: 0.005,
            seed: DEFAULT_SEED,
            precision: Precision::F64,
            engine: Engine::Program,
        };
        let mut data_option = None;
        let mut args = args;
        while let Some(arg) = args.next() {
            // A path need not be UTF-8; names and all other values must be.
            let text = arg.to_string_lossy().into_owned();
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned().into())),
                None => (text, None),
            };
            let Some(name) = known(&name) else {
                return Err(format!("unknown argument {name:?}; --help lists the options").into());
            };
            if name == "help" {
                return Ok(None);
            }
            let Some(value) = value.or_else(|| args.next()) else {
                return Err(format!("--{name}: a value is missing").into());
            };
            options.set(name, value)?;
            if name != "data" && !COMMON_OPTIONS.contains(&name) {
                data_option = Some(name);
            }
        }
        options.check_rate()?;
        match data_option {
            Some(name) if options.data.is_none() => Err(format!("--{name}: means something only with --data").into()),
            _ => Ok(Some(options)),
        }
    }

    fn set(&mut self, name: &str, value: OsString) -> Result<()> {
        if name == "data" {
            if value.is_empty() {
                return Err("--data: expected a file, found \"\"".into());
            }
            self.data = Some(value.into());
            return Ok(());
        }
        let value = Value { name, text: value.to_string_lossy().into_owned() };
        let whole = "a whole number of at least 1";
        match name {
            "task" => {
                let tasks = [("classification", Labels::Classes), ("regression", Labels::Numbers)];
                self.labels = Some(value.one_of(&tasks)?);
            }
            "hidden" => {
                let widths: Option<Vec<_>> = value.text.split(',').map(|width| width.trim().parse().ok()).collect();
                let widths = widths.filter(|widths| !widths.contains(&0));
                self.hidden = widths.ok_or_else(|| value.malformed("whole numbers of at least 1, as in 16,16"))?;
            }
            "activation" => self.activation = value.text.parse().map_err(|error| format!("--{error}"))?,
            "epochs" => self.epochs = value.number(whole, |&epochs| epochs > 0)?,
            "batch" => self.batch = value.number(whole, |&batch| batch > 0)?,
            "optimizer" => self.optimizer = value.one_of(&[("adam", Method::Adam), ("sgd", Method::Sgd)])?,
            "rate" => self.rate = value.number("a number above 0", |rate: &f64| *rate > 0.0 && rate.is_finite())?,
            "seed" => self.seed = value.number("a whole number from 0 to 18446744073709551615", |_| true)?,
            "engine" => self.engine = value.text.parse().map_err(|error| format!("--{error}"))?,
            _ => self.precision = value.one_of(&[("f32", Precision::F32), ("f64", Precision::F64)])?,
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

/// The value of an option, and the name of the option.
struct Value<'a> {
    name: &'a str,
    text: String,
}

impl Value<'_> {
    fn malformed(&self, expected: &str) -> String {
        format!("--{}: expected {expected}, found {:?}", self.name, self.text)
    }

    fn number<T: FromStr>(&self, expected: &str, is_valid: impl Fn(&T) -> bool) -> Result<T> {
        let number = self.text.parse().ok().filter(is_valid);
        Ok(number.ok_or_else(|| self.malformed(expected))?)
    }

    fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let choice = choices.iter().find(|(name, _)| *name == self.text);
        let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" or ");
        Ok(choice.ok_or_else(|| self.malformed(&names()))?.1)
    }
}

fn known(arg: &str) -> Option<&'static str> {
    let name = if arg == "-h" { "help" } else { arg.strip_prefix("--")? };
    OPTIONS.iter().map(|(known, ..)| *known).find(|known| *known == name)
}

pub(crate) fn write_help(out: &mut dyn Write) -> Result<()> {
    let mut help = String::from(
        "Trains a network: without --data the article's 3 -> 4 tanh -> 4 tanh -> 1 tanh on its four rows.\n\n",
    );
    for (name, value, meaning) in OPTIONS {
        writeln!(help, "  {:<24} {meaning}", format!("--{name} {value}"))?;
    }
    help.push_str(
        "\nColumns are standardised, and a fifth of the rows is kept for the test.\n\
         Labels that are numbers mean regression; with --task classification they are names of classes.\n\
         The losses of a regression are those of standardised numbers, its root mean square error is not.\n",
    );
    Ok(out.write_all(help.as_bytes())?)
}
