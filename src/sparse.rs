//! Sparse matrices, and how to compute sparse Jacobians and Hessians from few products.
//!
//! Of a large matrix, most numbers are zero, and it is known where: [`Sparsity`]. Columns that have no number in the same
//! row can then be computed together, for their sum tells them all; which ones is a [`Coloring`] of the columns. The result
//! is a [`Csr`] matrix.
//!
//! | matrix | a colouring such that | |
//! |---|---|---|
//! | Jacobian, forward mode | columns of a colour share no row | [`Coloring::of_columns`] |
//! | Jacobian, reverse mode | rows of a colour share no column | [`Coloring::of_rows`] |
//! | Jacobian | the better one of the two | [`Coloring::of_jacobian`] |
//! | Hessian | of `(i, j)` and `(j, i)`, one is alone in its row with its colour | [`Coloring::of_hessian`] |
//!
//! All of it takes a time in proportion to the stored numbers, times the colours at most.
//!
//! The terms and the conditions are those of A. H. Gebremedhin, F. Manne, A. Pothen, "What Color Is Your Jacobian? Graph
//! Coloring for Computing Derivatives", SIAM Review 47 (2005).

mod coloring;
mod csr;
mod pattern;
mod recover;
mod star;
#[cfg(feature = "serde")]
mod store;
mod tracer;

pub use coloring::{Coloring, Side};
pub use csr::Csr;
pub use pattern::Sparsity;
pub(crate) use tracer::{Tracer, is_traced, is_traced_over, trace};
