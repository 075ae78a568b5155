//! The command line: subcommands, options and help.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Arg, Command, value_parser};
use gradtape::nn::{Activation, Engine, Labels, Missing, Schedule, Unknown};

use crate::console::printable;
use crate::options::{Method, Precision};

/// With this seed, the first loss of the article's network is near the article's 1.9.
const DEFAULT_SEED: &str = "573";
/// The share of the epochs in which the schedule `warmup` raises the rate.
const WARMUP: f64 = 0.1;

pub(crate) fn command() -> Command {
    let count = || parser("a whole number of at least 1", |count: &usize| *count > 0);
    let positive = || parser("a number above 0", |x: &f64| *x > 0.0 && x.is_finite());
    let of_data = [
        option("target", "NAME|NUMBER", "the column to predict; otherwise one that is called label, target, class or so, or the last"),
        option("ignore", "NAMES", "columns to leave out, by names or numbers, as in id,date; one whose name has a comma by its number"),
        option("keep", "NAMES", "columns that are features although they are refused: numbers that look like those of the rows, ids or dates; or words, which become categories although they are dates or times, more than 20, beside numbers, or numbers with units"),
        option("missing", "WAY", "what to do where a cell is empty, NA, NaN, null, ? or so: error, mean (with a column that tells where), or drop the row")
            .default_value("error")
            .value_parser(names([("error", Missing::Error), ("mean", Missing::Mean), ("drop", Missing::Drop)])),
        option("task", "TASK", "classification or regression; otherwise words are classes, and so are few different whole numbers")
            .value_parser(names([("classification", Labels::Classes), ("regression", Labels::Numbers)])),
        option("hidden", "WIDTHS", "widths of the hidden layers, as in 16,16").default_value("32").value_parser(widths),
        option("activation", "NAME", "activation of the hidden layers, as in tanh or leaky_relu(0.1)")
            .default_value("tanh")
            .value_parser(activation),
        option("epochs", "N", "passes over the training set").default_value("100").value_parser(count()),
        option("batch", "N", "rows in one step").default_value("16").value_parser(count()),
        option("optimizer", "NAME", "adam, sgd with momentum 0.9, or lbfgs, which makes one step an epoch, on all rows")
            .default_value("adam")
            .value_parser(names([("adam", Method::Adam), ("sgd", Method::Sgd), ("lbfgs", Method::Lbfgs)])),
        option("rate", "X", "learning rate").default_value("0.005").value_parser(positive()),
        option("schedule", "NAME", "how the rate changes: constant, cosine, step (a tenth after each third), or warmup (cosine after a rise in the first tenth)")
            .default_value("constant")
            .value_parser(names([
                ("constant", Schedule::Constant),
                ("cosine", Schedule::Cosine { warmup: 0.0 }),
                ("step", Schedule::Step { parts: 3, decay: 0.1 }),
                ("warmup", Schedule::Cosine { warmup: WARMUP }),
            ])),
        option("weight-decay", "X", "share of the weights, times the rate, that each step takes away; for lbfgs, half of it times the squares of the weights is added to the loss [default: for adam 0.01 with classes and 0.2 with numbers, otherwise 0]")
            .value_parser(parser("a number of at least 0", |x: &f64| *x >= 0.0 && x.is_finite())),
        option("clip", "X", "the greatest length of a gradient; longer ones are shortened").value_parser(positive()),
        option("patience", "N", "stop after N epochs in which the loss of a fifth of the training set, kept for validation, was not better; the best weights are restored")
            .value_parser(count()),
        option("cross-validate", "K", "instead of one test, K of them: each row, in one of K parts with the same mixture of classes, is in the test set once")
            .value_parser(parser("a whole number of at least 2", |count: &usize| *count > 1)),
        option("save", "MODEL.json", "write the model to this file, for predict, inspect and export")
            .value_parser(value_parser!(PathBuf)),
        option("threads", "N", "how many threads compute, at most 1024; otherwise one for each core. It pays for batches of thousands of rows")
            .value_parser(parser("a whole number from 1 to 1024", |count: &usize| (1..=1024).contains(count))),
        option("class-weights", "balanced", "rare classes weigh as much as common ones").value_parser(["balanced"]),
    ];
    Command::new("train")
        .bin_name("train")
        .no_binary_name(true)
        .version(env!("CARGO_PKG_VERSION"))
        .about("Trains a network: without --data the article's 3 -> 4 tanh -> 4 tanh -> 1 tanh on its four rows.")
        .disable_help_subcommand(true)
        // So an option that stands before a subcommand is refused: it is not one of the subcommand.
        .args_conflicts_with_subcommands(true)
        .subcommands(subcommands())
        .after_help(
            "Words among the features become a column for each of them. Columns are standardised, and a fifth of the rows is \
             kept for the test. The losses of a regression are those of standardised numbers, its errors are not. Ctrl-C or \
             SIGTERM ends the training after its epoch; a second one ends the program.",
        )
        .arg(
            option("data", "FILE.csv", "train on this table: CSV, TSV, or with semicolons")
                .value_parser(value_parser!(PathBuf)),
        )
        .args(format("whether the first row has names; otherwise it has unless one of its cells is a number, or a word that occurs again below").into_iter().chain(of_data).chain([plot()]).map(|option| option.requires("data")))
        .args(for_all())
}

fn subcommands() -> [Command; 4] {
    let model = || option("model", "MODEL.json", "a model that --save wrote").required(true);
    let file = |option: Arg| option.value_parser(value_parser!(PathBuf));
    [
        Command::new("moons").about("Tells two moons apart: micrograd's demonstration").args(for_all()).arg(plot()),
        Command::new("predict")
            .about("Predicts the rows of a table with a saved model")
            .after_help(
                "Columns are found by their names, in any order; further ones are ignored. If the table has the column that is \
                 predicted, the predictions are measured. A row of which a model cannot predict anything, because it was trained \
                 with --missing drop, has empty cells.",
            )
            .arg(file(model()))
            .arg(file(option("data", "NEW.csv", "the table, with or without labels").required(true)))
            .arg(file(option("out", "PREDICTIONS.csv", "write the predictions to this file; otherwise to the standard output, and what else is told to the standard error")))
            .arg(
                option("unknown", "WAY", "what to do where a cell has a category that was not in the training: error, or ignore, which leaves all features of the cell 0")
                    .default_value("error")
                    .value_parser(names([("error", Unknown::Error), ("ignore", Unknown::Ignore)])),
            )
            .args(format("whether the first row has names; otherwise it has if that of the training had")),
        Command::new("inspect")
            .about("Tells what a saved model is")
            .arg(file(Arg::new("model").value_name("MODEL.json").help("a model that --save wrote").required(true))),
        Command::new("export")
            .about("Writes a saved model as Rust source that needs no crate")
            .arg(file(model()))
            .arg(file(option("rust", "MODEL.rs", "write the source to this file").required(true))),
    ]
}

/// How tables are divided.
fn format(header: &'static str) -> [Arg; 3] {
    [
        option("separator", "CHAR", "what divides the fields: comma, semicolon, tab, space, pipe or any other character; otherwise a comma, semicolon or tab is recognised")
            .value_parser(separator),
        option("header", "YES|NO", header).value_parser(names([("yes", true), ("no", false)])),
        option("decimal", "CHAR", "what divides the digits of numbers, a point or a comma; otherwise it is recognised")
            .value_parser(names([(".", '.'), (",", ',')])),
    ]
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).allow_hyphen_values(true)
}

fn plot() -> Arg {
    option("plot", "FILE.svg", "draw the losses, and what the network learnt")
        .value_parser(PathBufValueParser::new().try_map(picture))
}

/// The options that apply to every training.
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
            .value_parser(names([("program", Engine::Program), ("tape", Engine::Tape)])),
    ]
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

/// What divides fields, and its name.
pub(crate) const SEPARATORS: [(&str, char); 5] =
    [("comma", ','), ("semicolon", ';'), ("tab", '\t'), ("space", ' '), ("pipe", '|')];

fn separator(text: &str) -> std::result::Result<char, String> {
    let of_name = SEPARATORS.iter().find(|(name, _)| *name == text).map(|(_, separator)| *separator);
    let is_valid = |separator: &char| separator.is_ascii() && !matches!(separator, '"' | '\r' | '\n');
    of_name.or_else(|| text.parse().ok().filter(is_valid)).ok_or_else(|| {
        let names = SEPARATORS.map(|(name, _)| name).join(", ");
        format!("expected {names}, or one ASCII character that is no quote and ends no line")
    })
}

/// The name of a picture.
fn picture(path: PathBuf) -> std::result::Result<PathBuf, String> {
    let is_svg = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    let expected = || {
        format!(
            "pictures are SVG; expected a name that ends in .svg, as in {}",
            printable(&path.with_extension("svg").display().to_string())
        )
    };
    if is_svg { Ok(path) } else { Err(expected()) }
}

/// An activation. The option names the place, and the value what was found.
fn activation(text: &str) -> std::result::Result<Activation, String> {
    text.parse::<Activation>().map_err(|error| {
        let message = error.to_string();
        let expected = message.split_once(": ").map_or(&*message, |(_, expected)| expected);
        expected.rsplit_once(", found ").map_or(expected, |(expected, _)| expected).to_owned()
    })
}

fn widths(text: &str) -> std::result::Result<Vec<usize>, String> {
    let widths: Option<Vec<_>> = text.split(',').map(|width| width.trim().parse().ok()).collect();
    let widths = widths.filter(|widths| !widths.contains(&0));
    widths.ok_or_else(|| "expected whole numbers of at least 1, as in 16,16".to_owned())
}
