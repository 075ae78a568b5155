//! New names, letter by letter.

use gradtape::Real;
use gradtape::program::Precision;
use rand::{Rng, RngExt};

use super::model::{CONTEXT, Seen, number, scores};
use super::names::{END, letter};

/// A name that the model writes. The lower the temperature, the more often it takes the letter that is most probable.
pub(crate) fn name<T: Precision>(parameters: &[T], temperature: f64, rng: &mut impl Rng) -> String {
    let (mut token, mut seen, mut name) = (END, Seen::default(), String::new());
    for _ in 0..CONTEXT {
        let scores: Vec<T> = scores(parameters, token, &mut seen);
        let scores: Vec<T> = scores.into_iter().map(|score| score / number::<T>(temperature)).collect();
        token = choose(&T::softmax(&scores), rng);
        if token == END {
            break;
        }
        name.push(letter(token));
    }
    name
}

/// A number below that of the shares, each with the probability of its share.
fn choose<T: Real>(shares: &[T], rng: &mut impl Rng) -> usize {
    let mut rest = number::<T>(rng.random::<f64>());
    // The shares may add up to a little less than 1.
    let is_chosen = |&share: &T| {
        rest -= share;
        rest < T::zero()
    };
    shares.iter().position(is_chosen).unwrap_or(END)
}
