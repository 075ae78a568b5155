//! Decompositions with derivatives, at diagonal matrices, too.
//!
//! The plain numbers are decomposed first. Two Newton steps with the numbers that have derivatives then give all
//! derivatives up to the third: like the number of correct digits, the order of correct derivatives doubles with each
//! step (Ogita and Aishima, Iterative refinement for symmetric eigenvalue decomposition, 2018, and for singular value
//! decomposition, 2020).

use nalgebra::allocator::Allocator;
use nalgebra::{
    ComplexField, DefaultAllocator, Dim, DimDiff, DimMin, DimMinimum, DimSub, Matrix, OMatrix, RawStorage, RealField,
    SVD, Storage, SymmetricEigen, U1, convert,
};

use super::checked::{self, noise};
use crate::number::Number;

/// Eigenvalues and eigenvectors of a symmetric matrix `A`: `A vᵢ = λᵢ vᵢ`, `dλᵢ = vᵢᵀ dA vᵢ`,
/// `dvᵢ = Σⱼ vⱼ (vⱼᵀ dA vᵢ)/(λᵢ - λⱼ)`. Only the lower triangle is read.
///
/// [`symmetric_eigen`](OMatrix::symmetric_eigen) of nalgebra replaces small elements by 0 and drops their derivatives.
/// This function loses none; second and third derivatives are correct, too, if the eigenvalues differ. Order and signs
/// are those of nalgebra, unless its eigenvectors are not orthogonal, as for some matrices with very small numbers.
///
/// Equal eigenvalues have no derivatives of their own. Symmetric functions of them, such as their sum, have correct
/// first derivatives, but wrong second ones, and close to equal eigenvalues inexact second ones. Use
/// [`spectral_sum`](super::spectral_sum) and [`symmetric_matrix_function`](super::symmetric_matrix_function) there. The
/// eigenvectors of equal eigenvalues have no derivatives: they are infinite or NaN.
///
/// # Panics
///
/// If the matrix is not square.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::Matrix2;
///
/// let tape = Tape::new();
/// let a = tape.matrix(&Matrix2::new(3.0, 0.0, 0.0, 1.0));
/// let eigen = linalg::symmetric_eigen(a);
/// assert_eq!(eigen.eigenvalues[0].backward().wrt_matrix(&a), Matrix2::new(1.0, 0.0, 0.0, 0.0));
/// // The first eigenvector turns towards the second by da₂₁/(3 - 1).
/// assert_eq!(eigen.eigenvectors[(1, 0)].backward().wrt(a.m21), 0.5);
/// ```
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "as nalgebra's own")]
pub fn symmetric_eigen<F, D, S>(matrix: Matrix<F, D, D, S>) -> SymmetricEigen<F, D>
where
    S: RawStorage<F, D, D>,
    F: Number + RealField,
    D: DimSub<U1>,
    DefaultAllocator: Allocator<D, D> + Allocator<D> + Allocator<DimDiff<D, U1>>,
{
    let matrix = lower_triangle_mirrored(&matrix);
    let (rows, columns) = matrix.shape_generic();
    let (mut eigenvalues, mut eigenvectors) = checked::symmetric_eigen(matrix.map(Number::detach));
    let noise = noise(eigenvalues.amax());
    let mut ties = Vec::new();
    for _ in 0..2 {
        let excess = OMatrix::identity_generic(rows, columns) - eigenvectors.tr_mul(&eigenvectors);
        let products = eigenvectors.tr_mul(&(&matrix * &eigenvectors));
        eigenvalues = eigenvalues.map_with_location(|i, _, eigenvalue| {
            let quotient = products[(i, i)] / (F::one() - excess[(i, i)]);
            eigenvalue.detach() + (quotient - quotient.detach())
        });
        let gap = |i, j| eigenvalues[j] - eigenvalues[i];
        let change = OMatrix::from_fn_generic(rows, columns, |i, j| {
            if ComplexField::abs(gap(i, j)) <= noise {
                excess[(i, j)] * convert(0.5)
            } else {
                (products[(i, j)] + eigenvalues[j] * excess[(i, j)]) / gap(i, j)
            }
        });
        let is_tie = |i, j| i != j && ComplexField::abs(gap(i, j)) <= noise;
        ties = undefined_rotations(rows.value(), is_tie, |i, j| products[(i, j)]);
        eigenvectors = derivatives_added(&eigenvectors, &(&eigenvectors * change));
    }
    rotate(&mut eigenvectors, &ties);
    SymmetricEigen { eigenvectors, eigenvalues }
}

/// The singular value decomposition `A = U Σ Vᵀ`: `dσᵢ = uᵢᵀ dA vᵢ`. `U` and `V` have one column for each singular
/// value, in descending order.
///
/// [`svd`](OMatrix::svd) of nalgebra replaces small elements by 0: derivatives are lost or wrong where a matrix has
/// many zeros, and numbers are wrong for some matrices of low rank or with equal singular values. This function has
/// correct numbers, and correct derivatives up to the third if the singular values differ. Order and signs are those of
/// nalgebra, where it is right. If a number of the matrix is not finite, all results are NaN.
///
/// Equal singular values have no derivatives of their own. Symmetric functions of them, such as their sum, have correct
/// first derivatives, but wrong second ones: use [`spectral_sum`](super::spectral_sum) of `AᵀA` there. The vectors of
/// equal singular values have no derivatives: they are infinite or NaN. The same holds for the vectors of a singular
/// value 0, if the matrix is not square.
///
/// # Panics
///
/// If the matrix is empty.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::Matrix2;
///
/// let tape = Tape::new();
/// let a = tape.matrix(&Matrix2::new(3.0, 0.0, 0.0, 1.0));
/// let svd = linalg::svd(a);
/// assert_eq!(linalg::data_of(&svd.singular_values).as_slice(), [3.0, 1.0]);
/// assert_eq!(svd.singular_values.sum().backward().wrt_matrix(&a), Matrix2::identity());
/// ```
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "as nalgebra's own")]
pub fn svd<F, R, C, S>(matrix: Matrix<F, R, C, S>) -> SVD<F, R, C>
where
    S: Storage<F, R, C>,
    F: Number + RealField,
    R: DimMin<C>,
    C: Dim,
    DimMinimum<R, C>: DimSub<U1>,
    DefaultAllocator: Allocator<R, C>
        + Allocator<C, R>
        + Allocator<R>
        + Allocator<C>
        + Allocator<DimMinimum<R, C>>
        + Allocator<DimDiff<DimMinimum<R, C>, U1>>
        + Allocator<R, DimMinimum<R, C>>
        + Allocator<C, DimMinimum<R, C>>
        + Allocator<DimMinimum<R, C>, C>
        + Allocator<DimMinimum<R, C>, DimMinimum<R, C>>,
{
    let (mut u, mut sigma, mut v) = checked::svd(&matrix.map(Number::detach));
    let size = sigma.shape_generic().0;
    let identity = || OMatrix::identity_generic(size, size);
    let noise = noise(sigma.amax());
    let mut ties = Vec::new();
    for _ in 0..2 {
        let (excess_u, excess_v) = (identity() - u.tr_mul(&u), identity() - v.tr_mul(&v));
        let (image_v, image_u) = (&matrix * &v, matrix.tr_mul(&u));
        let products_u = u.tr_mul(&image_v);
        let products_v = products_u.transpose();
        sigma = sigma.map_with_location(|i, _, sigma| {
            let quotient = products_u[(i, i)] / (F::one() - (excess_u[(i, i)] + excess_v[(i, i)]) * convert(0.5));
            sigma.detach() + (quotient - quotient.detach())
        });
        let is_tie = |i: usize, j: usize| ComplexField::abs(sigma[j] - sigma[i]) <= noise;
        let turn = |[excess, other_excess]: [&OMatrix<F, _, _>; 2], products: &OMatrix<F, _, _>| {
            OMatrix::from_fn_generic(size, size, |i, j| {
                if is_tie(i, j) {
                    return excess[(i, j)] * convert(0.5);
                }
                let this_side = products[(i, j)] + sigma[j] * excess[(i, j)];
                let other_side = products[(j, i)] + sigma[j] * other_excess[(i, j)];
                (sigma[j] * this_side + sigma[i] * other_side) / ((sigma[j] - sigma[i]) * (sigma[j] + sigma[i]))
            })
        };
        let mut change_u = &u * turn([&excess_u, &excess_v], &products_u);
        let mut change_v = &v * turn([&excess_v, &excess_u], &products_v);
        let is_lost = |i: usize| !matrix.is_square() && sigma[i] <= noise;
        // The parts of the images of the vectors that are orthogonal to the vectors of the other side.
        let inverse = sigma.map_with_location(|i, _, sigma| if is_lost(i) { F::zero() } else { F::one() / sigma });
        let inverse = OMatrix::from_diagonal(&inverse);
        if matrix.nrows() > matrix.ncols() {
            change_u += (image_v - &u * (&products_u + &excess_u * &products_u)) * &inverse;
        } else if matrix.nrows() < matrix.ncols() {
            change_v += (image_u - &v * (&products_v + &excess_v * &products_v)) * &inverse;
        }
        let is_undefined = |i, j| if i == j { is_lost(i) } else { is_tie(i, j) };
        ties = undefined_rotations(size.value(), is_undefined, |i, j| products_u[(i, j)] + products_u[(j, i)]);
        (u, v) = (derivatives_added(&u, &change_u), derivatives_added(&v, &change_v));
    }
    rotate(&mut u, &ties);
    rotate(&mut v, &ties);
    SVD { u: Some(u), v_t: Some(v.transpose()), singular_values: sigma }
}

/// The symmetric matrix with this lower triangle.
#[track_caller]
pub(super) fn lower_triangle_mirrored<F: Number + RealField, D: Dim, S: RawStorage<F, D, D>>(
    matrix: &Matrix<F, D, D, S>,
) -> OMatrix<F, D, D>
where
    DefaultAllocator: Allocator<D, D>,
{
    assert!(matrix.is_square(), "only a square matrix has eigenvalues; `svd` takes any");
    let (rows, columns) = matrix.shape_generic();
    OMatrix::from_fn_generic(rows, columns, |i, j| matrix[(i.max(j), i.min(j))])
}

/// The numbers with the derivatives of a Newton step. Its change of the numbers is left out: it is rounding, divided by
/// differences of values that may be small, and would make the vectors less orthogonal than they are.
fn derivatives_added<F: Number + RealField, R: Dim, C: Dim>(
    numbers: &OMatrix<F, R, C>,
    change: &OMatrix<F, R, C>,
) -> OMatrix<F, R, C>
where
    DefaultAllocator: Allocator<R, C>,
{
    numbers.zip_map(change, |x, change| x + (change - change.detach()))
}

/// The rotations of vector `j` towards vector `i` that are not defined, because their values are equal. Each is 0, with
/// an infinite derivative by the product that would separate the values.
fn undefined_rotations<F: Number + RealField>(
    size: usize,
    is_undefined: impl Fn(usize, usize) -> bool,
    product: impl Fn(usize, usize) -> F,
) -> Vec<(usize, usize, F)> {
    let pairs = (0..size).flat_map(|i| (0..size).map(move |j| (i, j)));
    let rotation = |x: F| ComplexField::sqrt(x - x.detach());
    pairs.filter(|&(i, j)| is_undefined(i, j)).map(|(i, j)| (i, j, rotation(product(i, j)))).collect()
}

/// Adds `rotation` times vector `i` to vector `j`, for each `(i, j, rotation)`.
fn rotate<F: Number + RealField, R: Dim, C: Dim>(vectors: &mut OMatrix<F, R, C>, rotations: &[(usize, usize, F)])
where
    DefaultAllocator: Allocator<R, C>,
{
    let before = vectors.clone();
    for &(i, j, rotation) in rotations {
        vectors.column_mut(j).axpy(rotation, &before.column(i), F::one());
    }
}
