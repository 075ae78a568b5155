//! Work on all threads of rayon, if the feature is on.

#[cfg(feature = "rayon")]
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn threads() -> usize {
    1
}

/// Calls `f` for each share, each on a thread of its own if there are several.
#[cfg(feature = "rayon")]
pub(crate) fn for_each<S: Send>(shares: impl ExactSizeIterator<Item = S>, f: impl Fn(S) + Sync) {
    if shares.len() == 1 {
        return shares.for_each(f);
    }
    rayon::in_place_scope(|scope| {
        let f = &f;
        shares.for_each(|share| scope.spawn(move |_| f(share)));
    });
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn for_each<S>(shares: impl ExactSizeIterator<Item = S>, f: impl Fn(S)) {
    shares.for_each(f);
}

/// A part of a vector.
pub(crate) struct Part<'a, T> {
    /// The place of the first number in the vector.
    pub(crate) start: usize,
    pub(crate) numbers: &'a mut [T],
}

impl<'a, T> Part<'a, T> {
    /// Divides a vector, whose first number is at the place `start`, into equal parts. Late ones may be empty.
    pub(crate) fn divide(vector: &'a mut [T], start: usize, parts: usize) -> impl ExactSizeIterator<Item = Self> {
        let length = vector.len().div_ceil(parts).max(1);
        let mut rest = vector.chunks_mut(length);
        (0..parts).map(move |k| Part { start: start + k * length, numbers: rest.next().unwrap_or_default() })
    }
}
