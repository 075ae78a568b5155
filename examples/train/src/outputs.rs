//! What a network computes for rows.

use gradtape::nn::{Mlp, Workspace};
use gradtape::program::Precision;

use crate::run::{Result, number, plain};

/// The scores of the classes, or the standardised number, for each row of standardised features.
pub(crate) fn outputs<'a, T: Precision>(
    network: &Mlp<T>,
    rows: impl Iterator<Item = &'a [f64]>,
) -> Result<Vec<Vec<f64>>> {
    let (mut workspace, mut x) = (Workspace::new(), Vec::new());
    let of_row = |row: &[f64]| {
        x.clear();
        x.extend(row.iter().map(|&x| number::<T>(x)));
        Ok(network.forward_into(&x, &mut workspace)?.iter().map(|&y| plain(y)).collect())
    };
    rows.map(of_row).collect()
}
