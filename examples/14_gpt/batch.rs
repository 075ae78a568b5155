//! The rows of a batch of names.
//!
//! There is a row for each *prediction* of a token. Attention has a row for each *pair* of a head and a name, with all
//! places of the name. Tables of both have one column behind the other.

use std::cmp::Reverse;
use std::ops::Range;

use gradtape::program::{Precision, Results};

use super::model::{HEADS, WIDTH, number, vectors};
use super::names::TOKENS;

struct Prediction {
    token: usize,
    place: usize,
    /// The token that follows.
    next: usize,
    /// By what the loss is divided in the mean.
    count: usize,
}

/// First come the predictions of all first letters, then those of all second letters, and so on. The names are always
/// in the same order, the longest first. So the predictions at a place are neighbours, and so are their pairs.
pub(crate) struct Batch {
    names: usize,
    predictions: Vec<Prediction>,
    /// The predictions of each place.
    places: Vec<Range<usize>>,
}

impl Batch {
    /// The batch whose loss is the mean of the losses of these names.
    pub(crate) fn new(names: &[Vec<usize>]) -> Self {
        let mut names: Vec<&[usize]> = names.iter().map(|name| &name[..]).collect();
        names.sort_by_key(|name| Reverse(name.len()));
        let (mut predictions, mut places) = (Vec::new(), Vec::new());
        for place in 0..names[0].len() - 1 {
            let start = predictions.len();
            let with_place = names.iter().take_while(|name| name.len() > place + 1);
            predictions.extend(with_place.map(|name| Prediction {
                token: name[place],
                place,
                next: name[place + 1],
                count: names.len() * (name.len() - 1),
            }));
            places.push(start..predictions.len());
        }
        Self { names: names.len(), predictions, places }
    }

    pub(crate) fn predictions(&self) -> usize {
        self.predictions.len()
    }

    pub(crate) fn pairs(&self) -> usize {
        HEADS * self.names
    }

    /// How many places the longest name has.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// Of each prediction the vectors of its token and of its place.
    pub(crate) fn vectors<T: Precision>(&self, parameters: &[T]) -> Vec<T> {
        let mut rows = Vec::with_capacity(2 * WIDTH * self.predictions());
        for prediction in &self.predictions {
            for vector in vectors(prediction.token, prediction.place) {
                rows.extend_from_slice(&parameters[vector]);
            }
        }
        rows
    }

    /// Adds the derivatives by the vectors, which are results from `first` on, to the gradient.
    pub(crate) fn add_to_vectors<T: Precision>(&self, results: Results<'_, T>, first: usize, gradient: &mut [T]) {
        for k in 0..2 * WIDTH {
            for (prediction, &derivative) in self.predictions.iter().zip(results.column(first + k)) {
                let vector = vectors(prediction.token, prediction.place)[k / WIDTH].clone();
                gradient[vector][k % WIDTH] += derivative;
            }
        }
    }

    /// Of each prediction the shares of the tokens that may follow, and the weight of the loss.
    pub(crate) fn targets<T: Precision>(&self) -> Vec<T> {
        let mut targets = vec![T::zero(); self.predictions() * (TOKENS + 1)];
        for (target, prediction) in targets.chunks_exact_mut(TOKENS + 1).zip(&self.predictions) {
            target[prediction.next] = T::one();
            target[TOKENS] = number::<T>(prediction.count).recip();
        }
        targets
    }

    /// For each place and head, the neighbouring predictions, and their pairs.
    fn pieces(&self) -> impl Iterator<Item = (usize, usize, Range<usize>, Range<usize>)> {
        let pieces = (0..self.places()).flat_map(|place| (0..HEADS).map(move |head| (place, head)));
        pieces.map(|(place, head)| {
            let (predictions, first) = (self.places[place].clone(), head * self.names);
            let pairs = first..first + predictions.len();
            (place, head, predictions, pairs)
        })
    }

    /// Copies `count` columns for each head, of predictions, to as many columns for each place, of pairs.
    pub(crate) fn to_pairs<'a, T: Precision>(&self, count: usize, from: impl Fn(usize) -> &'a [T], to: &mut [T]) {
        for (place, head, predictions, pairs) in self.pieces() {
            for k in 0..count {
                let column = &mut to[(count * place + k) * self.pairs()..];
                column[pairs.clone()].copy_from_slice(&from(count * head + k)[predictions.clone()]);
            }
        }
    }

    /// Copies `count` columns for each place, of pairs, to as many columns for each head, of predictions.
    pub(crate) fn to_predictions<'a, T: Precision>(&self, count: usize, from: impl Fn(usize) -> &'a [T], to: &mut [T]) {
        for (place, head, predictions, pairs) in self.pieces() {
            for k in 0..count {
                let column = &mut to[(count * head + k) * self.predictions()..];
                column[predictions.clone()].copy_from_slice(&from(count * place + k)[pairs.clone()]);
            }
        }
    }
}
