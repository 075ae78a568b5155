//! Names as tokens: numbers for letters.

use super::model::CONTEXT;

/// The letters a to z, and [`END`].
pub(crate) const TOKENS: usize = 27;
/// The token before the first letter of a name, and behind the last one.
pub(crate) const END: usize = 26;

/// All names, as tokens.
pub(crate) fn all() -> Vec<Vec<usize>> {
    include_str!("../data/names.txt").lines().map(tokens).collect()
}

/// A name as tokens, which begin and end with [`END`]: at most as many predictions as the model sees tokens.
pub(crate) fn tokens(name: &str) -> Vec<usize> {
    let letters = name.bytes().map(|letter| usize::from(letter - b'a'));
    [END].into_iter().chain(letters).chain([END]).take(CONTEXT + 1).collect()
}

/// The letter of a token that is not [`END`].
pub(crate) fn letter(token: usize) -> char {
    ('a'..='z').nth(token).expect("there are 26 letters")
}
