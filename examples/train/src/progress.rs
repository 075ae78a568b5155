//! How far a training is, on a terminal.

use std::time::{Duration, Instant};

use gradtape::nn::{Dataset, Mlp, Target, metrics};
use gradtape::program::Precision;
use indicatif::{ProgressBar, ProgressStyle};

use crate::outputs::outputs;
use crate::run::Result;

/// The accuracy is measured on at most so many rows.
const MOST_ROWS: usize = 1000;
/// The least time between two measurements.
const PAUSE: Duration = Duration::from_millis(300);
/// A measurement that takes long is followed by a pause of so many times its own time.
const PAUSE_RATIO: u32 = 30;

/// A progress bar, and the accuracy that it shows. Where there is no terminal, nothing is shown or measured.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// The last accuracy, in percent; none before the first one.
    accuracy: Option<f64>,
    /// When the accuracy may be measured again.
    next: Instant,
}

impl Progress {
    pub(crate) fn new(epochs: usize, is_terminal: bool) -> Result<Self> {
        let style = ProgressStyle::with_template("epoch {pos}/{len} {wide_bar} {msg}, {eta} left")?;
        let epochs = u64::try_from(epochs).unwrap_or(u64::MAX);
        let bar = is_terminal.then(|| ProgressBar::new(epochs).with_style(style));
        Ok(Self { bar, accuracy: None, next: Instant::now() })
    }

    /// The accuracy on some of the rows, to be told behind the loss. It is measured now and then, and after the last
    /// epoch. Numbers have none.
    pub(crate) fn accuracy<T: Precision>(&mut self, network: &Mlp<T>, rows: &Dataset, is_last: bool) -> Result<String> {
        let Target::Classes { labels, .. } = rows.target() else { return Ok(String::new()) };
        let start = Instant::now();
        if self.bar.is_some() && (is_last || start >= self.next) {
            self.accuracy = Some(100.0 * measure(network, rows, labels)?);
            self.next = Instant::now() + PAUSE.max(PAUSE_RATIO * start.elapsed());
        }
        Ok(self.accuracy.map_or_else(String::new, |accuracy| format!(", accuracy {accuracy:.1} %")))
    }

    /// Shows that an epoch is complete.
    pub(crate) fn advance(&self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(message.to_owned());
            bar.inc(1);
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The accuracy on rows from the whole set, because classes may stand one after the other.
fn measure<T: Precision>(network: &Mlp<T>, rows: &Dataset, labels: &[usize]) -> Result<f64> {
    let count = rows.len().min(MOST_ROWS);
    let chosen = || (0..count).map(|k| k * rows.len() / count);
    let scores = outputs(network, chosen().map(|row| rows.row(row)))?;
    let predictions: Vec<usize> = scores.iter().map(|scores| metrics::largest(scores)).collect();
    Ok(metrics::accuracy(&chosen().map(|row| labels[row]).collect::<Vec<_>>(), &predictions))
}
