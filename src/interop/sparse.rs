//! Conversions from and to the sparse matrices of `nalgebra-sparse`.

use nalgebra_sparse::CsrMatrix;

use crate::sparse::{Csr, Sparsity};

/// The same matrix, with the products and factorisations of `nalgebra-sparse`.
///
/// # Examples
///
/// ```
/// use gradtape::{Function, function};
/// use nalgebra::DMatrix;
/// use nalgebra_sparse::{CscMatrix, CsrMatrix, factorization::CscCholesky};
///
/// let bowl = function!(|x| (x[0] - 1.0).powi(2) + (x[1] - x[0]).powi(2) + (x[2] - x[1]).powi(2));
/// let x = [3.0, -1.0, 4.0];
/// let hessian = CsrMatrix::from(bowl.sparse_hessian(&x));
/// let cholesky = CscCholesky::factor(&CscMatrix::from(&hessian))?;
/// let step = cholesky.solve(&DMatrix::from_vec(3, 1, bowl.gradient(&x))); // Newton's
/// assert!((0..3).all(|i| (x[i] - step[i] - 1.0).abs() < 1e-14));
/// # Ok::<(), nalgebra_sparse::factorization::CholeskyError>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
impl<T> From<Csr<T>> for CsrMatrix<T> {
    fn from(matrix: Csr<T>) -> Self {
        let (pattern, values) = matrix.into_parts();
        let (offsets, indices) = (pattern.offsets().to_vec(), pattern.indices().to_vec());
        Self::try_from_csr_data(pattern.rows(), pattern.columns(), offsets, indices, values)
            .expect("the places of a pattern ascend in each row")
    }
}

/// The same matrix, copied.
#[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
impl<T: Clone> From<&Csr<T>> for CsrMatrix<T> {
    fn from(matrix: &Csr<T>) -> Self {
        matrix.clone().into()
    }
}

/// The same matrix.
///
/// # Panics
///
/// If there are 2³² - 1 rows or columns, or more.
#[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
impl<T> From<CsrMatrix<T>> for Csr<T> {
    #[track_caller]
    fn from(matrix: CsrMatrix<T>) -> Self {
        let columns = matrix.ncols();
        let (offsets, indices, values) = matrix.disassemble();
        let rows = offsets.windows(2).map(|ends| indices[ends[0]..ends[1]].iter().copied());
        Self::new(Sparsity::new(rows, columns), values)
    }
}
