//! The model: one block of a transformer, as functions of its parameters.
//!
//! All functions are written once over [`Real`]: plain floats choose letters with them, values on a tape and programs
//! differentiate them.

use std::ops::Range;

use gradtape::Real;
use gradtape::nn::loss;
use gradtape::num_traits::ToPrimitive;

use super::names::TOKENS;

/// The length of the vector that stands for a token or a place.
pub(crate) const WIDTH: usize = 16;
/// The most tokens that the model sees.
pub(crate) const CONTEXT: usize = 16;
pub(crate) const HEADS: usize = 4;
/// How many numbers the query, the key and the value of a head have.
pub(crate) const HEAD: usize = WIDTH / HEADS;
const HIDDEN: usize = 4 * WIDTH;

/// The vectors of the tokens, among the parameters.
const OF_TOKENS: Range<usize> = 0..TOKENS * WIDTH;
/// The vectors of the places.
const OF_PLACES: Range<usize> = OF_TOKENS.end..OF_TOKENS.end + CONTEXT * WIDTH;
/// The parameters of [`project`].
pub(crate) const OF_PROJECT: Range<usize> = OF_PLACES.end..OF_PLACES.end + 3 * WIDTH * WIDTH;
/// The parameters of [`predict`].
pub(crate) const OF_PREDICT: Range<usize> =
    OF_PROJECT.end..OF_PROJECT.end + WIDTH * WIDTH + 2 * HIDDEN * WIDTH + TOKENS * WIDTH;
pub(crate) const PARAMETERS: usize = OF_PREDICT.end;

/// The parameters of a token, and those of a place.
pub(crate) fn vectors(token: usize, place: usize) -> [Range<usize>; 2] {
    [OF_TOKENS.start + token * WIDTH, OF_PLACES.start + place * WIDTH].map(|first| first..first + WIDTH)
}

/// A number of any type.
pub(crate) fn number<F: Real>(x: impl ToPrimitive) -> F {
    F::from(x).expect("floats take any number, rounded")
}

fn sum<F: Real>(x: &[F], y: &[F]) -> Vec<F> {
    x.iter().zip(y).map(|(&x, &y)| x + y).collect()
}

/// The product of a matrix, row by row, and a vector.
fn product<F: Real>(matrix: &[F], x: &[F]) -> Vec<F> {
    matrix.chunks_exact(x.len()).map(|row| F::dot(row, x)).collect()
}

/// The vector, divided by the root of its mean square.
fn normalized<F: Real>(x: &[F]) -> Vec<F> {
    let mean = F::dot(x, x) / number::<F>(WIDTH);
    let factor = (mean + number::<F>(1e-5)).sqrt().recip();
    x.iter().map(|&x| x * factor).collect()
}

/// The first part, for one place: the vectors of its token and of the place become a state and, for each head, a query,
/// a key and a value.
pub(crate) fn project<F: Real>(weights: &[F], token: &[F], place: &[F]) -> Vec<F> {
    let state = normalized(&sum(token, place));
    let heads = product(weights, &normalized(&state));
    [state, heads].concat()
}

/// The second part, for one head and one place: the mean of the values so far, weighted by how well their keys fit the
/// query. `numbers` has query, key and value of the place; `seen` has the keys and values before, and gets these.
pub(crate) fn attend<F: Real>(numbers: &[F], seen: &mut Vec<F>) -> Vec<F> {
    let (query, key_and_value) = numbers.split_at(HEAD);
    seen.extend_from_slice(key_and_value);
    let (keys, values): (Vec<&[F]>, Vec<&[F]>) = seen.chunks_exact(2 * HEAD).map(|seen| seen.split_at(HEAD)).unzip();
    let scale = number::<F>(HEAD).sqrt().recip();
    let scores: Vec<F> = keys.iter().map(|key| F::dot(query, key) * scale).collect();
    let shares = F::softmax(&scores);
    let column = |k: usize| values.iter().map(|value| value[k]).collect::<Vec<F>>();
    (0..HEAD).map(|k| F::dot(&shares, &column(k))).collect()
}

/// The third part: the scores of the tokens that may follow.
pub(crate) fn predict<F: Real>(weights: &[F], state: &[F], attended: &[F]) -> Vec<F> {
    let (output, weights) = weights.split_at(WIDTH * WIDTH);
    let (up, weights) = weights.split_at(HIDDEN * WIDTH);
    let (down, head) = weights.split_at(WIDTH * HIDDEN);
    let state = sum(state, &product(output, attended));
    let hidden: Vec<F> = product(up, &normalized(&state)).into_iter().map(F::relu).collect();
    product(head, &sum(&state, &product(down, &hidden)))
}

/// The keys and values that each head has seen.
pub(crate) type Seen<F> = [Vec<F>; HEADS];

/// The scores of what follows a token at the place behind those that were seen.
pub(crate) fn scores<F: Real>(parameters: &[F], token: usize, seen: &mut Seen<F>) -> Vec<F> {
    let [token, place] = vectors(token, seen[0].len() / (2 * HEAD));
    let numbers = project(&parameters[OF_PROJECT], &parameters[token], &parameters[place]);
    let (state, heads) = numbers.split_at(WIDTH);
    let attended = heads.chunks_exact(3 * HEAD).zip(seen).flat_map(|(numbers, seen)| attend(numbers, seen));
    predict(&parameters[OF_PREDICT], state, &attended.collect::<Vec<F>>())
}

/// The mean loss of the predictions of a name: of each token from those before it.
pub(crate) fn loss<F: Real>(parameters: &[F], name: &[usize]) -> F {
    let mut seen = Seen::default();
    let losses = name.windows(2).map(|pair| loss::cross_entropy(&scores(parameters, pair[0], &mut seen), pair[1]));
    losses.sum::<F>() / number::<F>(name.len() - 1)
}
