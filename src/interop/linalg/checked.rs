//! Decompositions of matrices without derivatives: those of nalgebra, if they are right.
//!
//! Its singular vectors are wrong for some matrices of low rank or with equal singular values, and its eigenvectors are
//! not orthogonal for some matrices with very small numbers. Such matrices are decomposed by rotations.

use nalgebra::allocator::Allocator;
use nalgebra::{
    ComplexField, DMatrix, DefaultAllocator, Dim, DimDiff, DimMin, DimMinimum, DimSub, OMatrix, OVector, RealField,
    SVD, SymmetricEigen, U1, convert,
};

use super::jacobi;
use crate::number::Number;

/// The eigenvalues and eigenvectors of a symmetric matrix.
pub(super) fn symmetric_eigen<F: Number + RealField, D: DimSub<U1>>(
    matrix: OMatrix<F, D, D>,
) -> (OVector<F, D>, OMatrix<F, D, D>)
where
    DefaultAllocator: Allocator<D, D> + Allocator<D> + Allocator<DimDiff<D, U1>>,
{
    if matrix.is_empty() {
        return (matrix.diagonal(), matrix);
    }
    let SymmetricEigen { eigenvalues, eigenvectors } = matrix.clone().symmetric_eigen();
    let images = &matrix * &eigenvectors;
    let residual = OMatrix::from_fn_generic(matrix.shape_generic().0, matrix.shape_generic().1, |i, j| {
        images[(i, j)] - eigenvectors[(i, j)] * eigenvalues[j]
    });
    let allowed = allowed(matrix.nrows());
    if residual.amax() <= allowed * matrix.amax() && is_orthonormal(&eigenvectors, allowed) || !is_finite(&matrix) {
        return (eigenvalues, eigenvectors);
    }
    // Of a matrix without negative eigenvalues, the right singular vectors are the eigenvectors.
    let shift = matrix.norm();
    let shifted = DMatrix::from_fn(matrix.nrows(), matrix.nrows(), |i, j| {
        matrix[(i, j)] + if i == j { shift } else { F::zero() }
    });
    let (_, _, v) = jacobi::svd(shifted);
    let (rows, columns) = matrix.shape_generic();
    let vectors = OMatrix::from_fn_generic(rows, columns, |i, j| v[(i, j)]);
    (vectors.tr_mul(&(matrix * &vectors)).diagonal(), vectors)
}

/// The matrix `U`, the singular values and the matrix `V`.
type Factors<F, R, C> =
    (OMatrix<F, R, DimMinimum<R, C>>, OVector<F, DimMinimum<R, C>>, OMatrix<F, C, DimMinimum<R, C>>);

/// The singular value decomposition. All numbers are NaN if one of the matrix is not finite.
pub(super) fn svd<F, R, C>(matrix: &OMatrix<F, R, C>) -> Factors<F, R, C>
where
    F: Number + RealField,
    R: DimMin<C>,
    C: Dim,
    DimMinimum<R, C>: DimSub<U1>,
    DefaultAllocator: Allocator<R, C>
        + Allocator<R>
        + Allocator<C>
        + Allocator<DimMinimum<R, C>>
        + Allocator<DimDiff<DimMinimum<R, C>, U1>>
        + Allocator<R, DimMinimum<R, C>>
        + Allocator<C, DimMinimum<R, C>>
        + Allocator<DimMinimum<R, C>, C>
        + Allocator<DimMinimum<R, C>, DimMinimum<R, C>>,
{
    let (rows, columns) = matrix.shape_generic();
    let count = rows.min(columns);
    if !is_finite(matrix) {
        // The iteration of nalgebra would not end.
        let nan = F::nan();
        return (
            OMatrix::repeat_generic(rows, count, nan),
            OMatrix::repeat_generic(count, U1, nan),
            OMatrix::repeat_generic(columns, count, nan),
        );
    }
    let (tolerance, steps) = (F::default_epsilon() * convert(5.0), 100 * count.value());
    if let Some(SVD { u: Some(u), v_t: Some(v_t), singular_values: sigma }) =
        SVD::try_new(matrix.clone(), true, true, tolerance, steps)
    {
        let v = v_t.transpose();
        let images = OMatrix::from_fn_generic(rows, count, |i, j| u[(i, j)] * sigma[j]);
        let allowed = allowed(rows.value() + columns.value());
        let residual = images * &v_t - matrix;
        if residual.amax() <= allowed * matrix.amax() && is_orthonormal(&u, allowed) && is_orthonormal(&v, allowed) {
            return (u, sigma, v);
        }
    }
    let (u, sigma, v) = jacobi::svd(DMatrix::from_fn(rows.value(), columns.value(), |i, j| matrix[(i, j)]));
    (
        OMatrix::from_fn_generic(rows, count, |i, j| u[(i, j)]),
        OMatrix::from_fn_generic(count, U1, |i, _| sigma[i]),
        OMatrix::from_fn_generic(columns, count, |i, j| v[(i, j)]),
    )
}

/// The largest difference between values that are treated as equal.
pub(super) fn noise<F: RealField>(largest: F) -> F {
    largest * F::default_epsilon() * convert(16.0)
}

/// The largest error of a right decomposition, relative to the numbers of the matrix.
#[allow(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
fn allowed<F: RealField>(size: usize) -> F {
    noise(convert(size as f64))
}

fn is_orthonormal<F: Number + RealField, R: Dim, N: Dim>(vectors: &OMatrix<F, R, N>, allowed: F) -> bool
where
    DefaultAllocator: Allocator<R, N> + Allocator<N, N>,
{
    let products = vectors.tr_mul(vectors);
    let (rows, columns) = products.shape_generic();
    (products - OMatrix::identity_generic(rows, columns)).amax() <= allowed
}

fn is_finite<F: Number + RealField, R: Dim, C: Dim>(matrix: &OMatrix<F, R, C>) -> bool
where
    DefaultAllocator: Allocator<R, C>,
{
    matrix.iter().all(ComplexField::is_finite)
}
