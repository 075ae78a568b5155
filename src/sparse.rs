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
//! # How patterns are found
//!
//! [`Function::hessian_sparsity`](crate::Function::hessian_sparsity) and
//! [`VectorFunction::sparsity`](crate::VectorFunction::sparsity) run the function once with numbers that remember which
//! inputs they depend on, whatever their values are: `x[0] * 0.0` depends on `x[0]`, and `max` on both of its arguments. So
//! the pattern of a function without branches is that of all points. A branch is followed at the given point alone, and the
//! pattern [is local](Sparsity::is_local): derivatives that are computed with it find the pattern again, and panic where it
//! misses something.
//!
//! ```
//! use gradtape::sparse::{Coloring, Csr};
//! use gradtape::{Function, Workspace, VectorFunction, function};
//!
//! let smooth = function!(|x| [x[0] * 0.0 + x[1].max(x[2]), x[1] * x[1]]);
//! let pattern = smooth.sparsity(&[1.0, 2.0, 3.0]);
//! assert_eq!((pattern.row(0), pattern.row(1)), (&[0, 1, 2][..], &[1][..]));
//! assert!(!pattern.is_local());
//!
//! let branch = function!(|x| if x[0] > 0.0 { x[0] * x[1] } else { x[1].sin() });
//! let (right, left) = (branch.hessian_sparsity(&[1.0, 2.0]), branch.hessian_sparsity(&[-1.0, 2.0]));
//! assert!(right.is_local() && left.is_local());
//! assert_eq!((right.row(0), right.row(1)), (&[1][..], &[0][..]));
//! assert_eq!((left.row(0), left.row(1)), (&[][..], &[1][..]));
//!
//! // Colours found on the left serve no point on the right.
//! let coloring = Coloring::of_hessian(&left);
//! let mut hessian = Csr::zeros(left);
//! let mut at = |x| branch.sparse_hessian_into(&[x, 2.0], &coloring, &mut hessian, &mut Workspace::new());
//! at(-2.0);
//! assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| at(1.0))).is_err());
//! ```
//!
//! The terms and the conditions are those of A. H. Gebremedhin, F. Manne, A. Pothen, "What Color Is Your Jacobian? Graph
//! Coloring for Computing Derivatives", SIAM Review 47 (2005).

mod coloring;
mod csr;
#[cfg(feature = "serde")]
mod file;
mod pattern;
mod recover;
mod star;

pub use coloring::{Coloring, Side};
pub use csr::Csr;
pub use pattern::Sparsity;
