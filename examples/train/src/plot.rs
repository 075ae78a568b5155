//! Pictures of a training: the losses, and beside them what the network learnt.

use std::cmp::Reverse;
use std::path::Path;

use gradtape::nn::{Encoding, Scaling, Target, metrics};

use crate::evaluation::Evaluation;
use crate::network::Network;
use crate::output_file;
use crate::run::Result;
#[cfg(feature = "plot")]
use crate::svg::text;

/// The losses of the epochs.
#[derive(Default)]
pub(crate) struct Losses {
    pub(crate) training: Vec<f64>,
    /// Those of the validation set; none if there is no such set.
    pub(crate) validation: Vec<f64>,
}

/// A picture of a training.
pub(crate) struct Picture<'a> {
    pub(crate) losses: &'a Losses,
    pub(crate) panel: Panel<'a>,
    /// Why the panel is another one than usual.
    pub(crate) note: &'static str,
}

/// What is drawn beside the losses.
pub(crate) enum Panel<'a> {
    /// The plane of two features, in the colours of the classes that are predicted.
    Boundary(Boundary<'a>),
    /// How many rows of each class are predicted as which.
    Confusion(Confusion),
    /// Predicted numbers against the true ones.
    Fit { target: &'a str, rows: Vec<[f64; 2]> },
}

/// The classes of points.
pub(crate) type Predict<'a> = Box<dyn Fn(&[[f64; 2]]) -> Result<Vec<usize>> + 'a>;

pub(crate) struct Boundary<'a> {
    pub(crate) features: [&'a str; 2],
    pub(crate) classes: &'a [String],
    /// Rows with their classes, and what they are.
    pub(crate) rows: Vec<([f64; 2], usize)>,
    pub(crate) rows_are: &'static str,
    pub(crate) predict: Predict<'a>,
}

/// The most classes that have a colour of their own.
pub(crate) const MOST_COLOURS: usize = 10;
/// The most classes for which a confusion table is readable.
const MOST_CLASSES: usize = 20;

pub(crate) struct Confusion {
    pub(crate) title: String,
    pub(crate) classes: Vec<String>,
    /// For each class the rows that are predicted as each one.
    pub(crate) counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// The table of these classes. If there are too many, those that are confused most stand for themselves, and all
    /// others are one.
    fn new(names: &[String], counts: &[Vec<usize>]) -> Self {
        if names.len() <= MOST_CLASSES {
            let title = "rows of the test set".to_owned();
            return Self { title, classes: names.to_vec(), counts: counts.to_vec() };
        }
        let wrong = |class: usize| {
            let of_others: usize = counts.iter().map(|row| row[class]).sum();
            counts[class].iter().sum::<usize>() + of_others - 2 * counts[class][class]
        };
        let mut shown: Vec<usize> = (0..names.len()).collect();
        shown.sort_by_key(|&class| Reverse(wrong(class)));
        shown.truncate(MOST_CLASSES);
        shown.sort_unstable();
        let place = |class: usize| shown.binary_search(&class).unwrap_or(MOST_CLASSES);
        let mut table = vec![vec![0; MOST_CLASSES + 1]; MOST_CLASSES + 1];
        for (class, row) in counts.iter().enumerate() {
            for (prediction, count) in row.iter().enumerate() {
                table[place(class)][place(prediction)] += count;
            }
        }
        Self {
            title: format!("rows of the test set: the {MOST_CLASSES} of {} classes confused most", names.len()),
            classes: shown.iter().map(|&class| names[class].clone()).chain(["(others)".to_owned()]).collect(),
            counts: table,
        }
    }
}

/// The picture of a network for a table, and of its test.
pub(crate) fn of_training<'a>(
    losses: &'a Losses,
    network: &'a Network,
    encoding: &'a Encoding,
    scaling: &'a Scaling,
    test: &Evaluation<'a>,
) -> Picture<'a> {
    let rows = test.rows();
    let is_plane = encoding.inputs().len() == 2 && rows.names().len() == 2;
    let mut note = "";
    let panel = match rows.target() {
        Target::Numbers(truth) => {
            let [truth, predicted] =
                [truth, &test.numbers()].map(|numbers| numbers.iter().map(|&y| scaling.restore(y)).collect::<Vec<_>>());
            Panel::Fit {
                target: encoding.target(),
                rows: truth.into_iter().zip(predicted).map(|(truth, predicted)| [truth, predicted]).collect(),
            }
        }
        Target::Classes { names, labels } => match rows.names() {
            [a, b] if is_plane && names.len() <= MOST_COLOURS => {
                let scales: Vec<[f64; 2]> = scaling.features().collect();
                let original = |row: usize| [0, 1].map(|k| scales[k][0] + scales[k][1] * rows.row(row)[k]);
                Panel::Boundary(Boundary {
                    features: [a, b],
                    classes: names,
                    rows: labels.iter().enumerate().map(|(row, &label)| (original(row), label)).collect(),
                    rows_are: "the test set",
                    predict: Box::new(|points| {
                        let mut points = points.to_vec();
                        for point in &mut points {
                            scaling.apply(point);
                        }
                        let scores = network.outputs(points.iter().map(|point| &point[..]))?;
                        Ok(scores.iter().map(|scores| metrics::largest(scores)).collect())
                    }),
                })
            }
            _ => {
                if is_plane {
                    note = ", with a table, because there are too many classes for the colours of a plane";
                }
                let counts = metrics::confusion(labels, &test.classes(), names.len());
                Panel::Confusion(Confusion::new(names, &counts))
            }
        },
    };
    Picture { losses, panel, note }
}

impl Picture<'_> {
    pub(crate) fn draw(&self, path: &Path) -> Result<()> {
        output_file::write(path, text(self)?)
    }
}

#[cfg(not(feature = "plot"))]
fn text(_: &Picture<'_>) -> Result<String> {
    unreachable!("the options were refused")
}
