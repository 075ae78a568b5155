//! Which places of a matrix are stored.

use crate::sparse::Sparsity;

/// Which places of a matrix are stored beside those that were found, or instead of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stored<'a> {
    /// Places that are stored in any case.
    pub(crate) required: Option<&'a Sparsity>,
    /// Whether no places above the diagonal are stored.
    pub(crate) is_lower: bool,
}

impl Stored<'_> {
    /// Whether all places that are found are stored, and no others.
    pub(crate) fn is_as_found(self) -> bool {
        self.required.is_none() && !self.is_lower
    }

    /// The pattern of all places that are stored, of those that were found.
    pub(crate) fn pattern(self, found: &Sparsity) -> Sparsity {
        let all = self.required.map_or_else(|| found.clone(), |required| required.union(found));
        if self.is_lower { all.lower_triangle() } else { all }
    }
}
