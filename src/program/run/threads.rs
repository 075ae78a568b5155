//! Work on all threads of rayon, if the feature is on.

#[cfg(feature = "rayon")]
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn threads() -> usize {
    1
}

/// Calls `f` for each share, for the first one on this thread, and for each other one on a thread of its own.
#[cfg(feature = "rayon")]
pub(crate) fn for_each<S: Send>(mut shares: impl ExactSizeIterator<Item = S>, f: impl Fn(S) + Sync) {
    if shares.len() <= 1 {
        return shares.for_each(f);
    }
    rayon::in_place_scope(|scope| {
        let (f, first) = (&f, shares.next());
        shares.for_each(|share| scope.spawn(move |_| f(share)));
        first.into_iter().for_each(f);
    });
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn for_each<S>(shares: impl ExactSizeIterator<Item = S>, f: impl Fn(S)) {
    shares.for_each(f);
}
