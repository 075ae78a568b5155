//! Sparse matrices, and how to compute sparse Jacobians and Hessians from few products.
//!
//! Most numbers of a large matrix are zero. Its [`Sparsity`] pattern says which ones may differ from zero. Columns that
//! have no number in the same row are computed together, because their sum contains each of their numbers. A
//! [`Coloring`] of the columns says which ones belong together. The result is a [`Csr`] matrix.
//!
//! | matrix | the colouring guarantees | |
//! |---|---|---|
//! | Jacobian, forward mode | columns of a colour share no row | [`Coloring::of_columns`] |
//! | Jacobian, reverse mode | rows of a colour share no column | [`Coloring::of_rows`] |
//! | Jacobian | the better of the two | [`Coloring::of_jacobian`] |
//! | Hessian | one of `(i, j)` and `(j, i)` is the only number of its row with its colour | [`Coloring::of_hessian`] |
//!
//! The time is proportional to the stored numbers, times the number of colours at most.
//!
//! # How patterns are found
//!
//! [`Function::hessian_sparsity`](crate::Function::hessian_sparsity) and
//! [`VectorFunction::sparsity`](crate::VectorFunction::sparsity) run the function once with numbers that record which
//! inputs they depend on. The values do not matter: `x[0] * 0.0` depends on `x[0]`, and `max` depends on both of its
//! arguments. So the pattern of a function without branches is valid at all points. At a branch, only the path of the
//! given point is followed, and the pattern [is local](Sparsity::is_local). A [`Driver`](crate::Driver) with a local
//! pattern finds the pattern once more at each point. It adds the places that are new; or it panics, if the colouring
//! was given to it. [`Sparsity::local_at`] names the line that made the pattern local.
//!
//! ```
//! use gradtape::sparse::{Coloring, Csr};
//! use gradtape::{Driver, Function, VectorFunction, function};
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
//! // A colouring found on the left is not valid on the right.
//! let driver = Driver::new(branch).with_coloring(Coloring::of_hessian(&left));
//! let (mut gradient, mut hessian) = ([0.0; 2], Csr::default());
//! let mut at = |x| driver.sparse_hessian(&[x, 2.0], &mut gradient, &mut hessian);
//! at(-2.0);
//! assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| at(1.0))).is_err());
//! ```
//!
//! With the feature `nalgebra`, `CsrMatrix::from(&jacobian)` is the matrix of `nalgebra-sparse`, with its
//! factorisations.
//!
//! Terms and conditions follow A. H. Gebremedhin, F. Manne, A. Pothen, "What Color Is Your Jacobian? Graph Coloring for
//! Computing Derivatives", SIAM Review 47 (2005).

mod color;
mod coloring;
mod csr;
#[cfg(feature = "serde")]
mod file;
pub(crate) mod pattern;
mod recover;
mod star;

pub use color::Side;
pub use coloring::Coloring;
pub use csr::Csr;
pub use pattern::Sparsity;
