//! Decompositions with derivatives, at diagonal matrices, too.
//!
//! nalgebra decomposes the plain numbers. Two Newton steps with the numbers that have derivatives then give all
//! derivatives up to the third: like the number of correct digits, the order of correct derivatives doubles with each
//! step (Ogita and Aishima, Iterative refinement for symmetric eigenvalue decomposition, 2018, and for singular value
//! decomposition, 2020).

use nalgebra::allocator::Allocator;
use nalgebra::{
    ComplexField, DefaultAllocator, Dim, DimDiff, DimMin, DimMinimum, DimSub, Matrix, OMatrix, RawStorage, RealField,
    SVD, Storage, SymmetricEigen, U1, convert,
};

use crate::number::Number;

/// Eigenvalues and eigenvectors of a symmetric matrix `A`: `A vᵢ = λᵢ vᵢ`, `dλᵢ = vᵢᵀ dA vᵢ`,
/// `dvᵢ = Σⱼ vⱼ (vⱼᵀ dA vᵢ)/(λᵢ - λⱼ)`. Only the lower triangle is read.
///
/// [`symmetric_eigen`](OMatrix::symmetric_eigen) of nalgebra replaces small elements by 0 and drops their derivatives.
/// This function loses none; second and third derivatives are correct, too. Order and signs are those of nalgebra.
///
/// Equal eigenvalues have no derivatives of their own, but symmetric functions of them have, such as their sum. Their
/// eigenvectors have none: these derivatives are infinite or NaN.
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
    assert!(matrix.is_square(), "only a square matrix has eigenvalues; `svd` takes any");
    let (rows, columns) = matrix.shape_generic();
    let matrix = OMatrix::from_fn_generic(rows, columns, |i, j| matrix[(i.max(j), i.min(j))]);
    let SymmetricEigen { mut eigenvalues, mut eigenvectors } = matrix.map(Number::detach).symmetric_eigen();
    let noise = noise(eigenvalues.amax());
    let mut ties = Vec::new();
    for _ in 0..2 {
        let excess = OMatrix::identity_generic(rows, columns) - eigenvectors.tr_mul(&eigenvectors);
        let products = eigenvectors.tr_mul(&(&matrix * &eigenvectors));
        eigenvalues = eigenvalues.map_with_location(|i, _, _| products[(i, i)] / (F::one() - excess[(i, i)]));
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
        eigenvectors = &eigenvectors + &eigenvectors * change;
    }
    rotate(&mut eigenvectors, &ties);
    SymmetricEigen { eigenvectors, eigenvalues }
}

/// The singular value decomposition `A = U Σ Vᵀ`: `dσᵢ = uᵢᵀ dA vᵢ`. `U` and `V` have one column for each singular
/// value, in descending order.
///
/// [`svd`](OMatrix::svd) of nalgebra replaces small elements by 0: derivatives are lost or wrong where a matrix has
/// many zeros. This function has correct derivatives up to the third. Order and signs are those of nalgebra.
///
/// Equal singular values have no derivatives of their own, but symmetric functions of them have, such as their sum.
/// Their vectors have none: these derivatives are infinite or NaN. The same holds for the vectors of a singular value
/// 0, if the matrix is not square.
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
    let plain = matrix.map(Number::detach).svd(true, true);
    let (Some(mut u), Some(v_t)) = (plain.u, plain.v_t) else { unreachable!("both were asked for") };
    let (mut v, mut sigma) = (v_t.transpose(), plain.singular_values);
    let size = sigma.shape_generic().0;
    let identity = || OMatrix::identity_generic(size, size);
    let noise = noise(sigma.amax());
    let mut ties = Vec::new();
    for _ in 0..2 {
        let (excess_u, excess_v) = (identity() - u.tr_mul(&u), identity() - v.tr_mul(&v));
        let (image_v, image_u) = (&matrix * &v, matrix.tr_mul(&u));
        let products_u = u.tr_mul(&image_v);
        let products_v = products_u.transpose();
        sigma = sigma.map_with_location(|i, _, _| {
            products_u[(i, i)] / (F::one() - (excess_u[(i, i)] + excess_v[(i, i)]) * convert(0.5))
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
        let mut turned_u = &u + &u * turn([&excess_u, &excess_v], &products_u);
        let mut turned_v = &v + &v * turn([&excess_v, &excess_u], &products_v);
        let is_lost = |i: usize| !matrix.is_square() && sigma[i] <= noise;
        // The parts of the images of the vectors that are orthogonal to the vectors of the other side.
        let inverse = sigma.map_with_location(|i, _, sigma| if is_lost(i) { F::zero() } else { F::one() / sigma });
        let inverse = OMatrix::from_diagonal(&inverse);
        if matrix.nrows() > matrix.ncols() {
            turned_u += (image_v - &u * (&products_u + &excess_u * &products_u)) * &inverse;
        } else if matrix.nrows() < matrix.ncols() {
            turned_v += (image_u - &v * (&products_v + &excess_v * &products_v)) * &inverse;
        }
        let is_undefined = |i, j| if i == j { is_lost(i) } else { is_tie(i, j) };
        ties = undefined_rotations(size.value(), is_undefined, |i, j| products_u[(i, j)] + products_u[(j, i)]);
        (u, v) = (turned_u, turned_v);
    }
    rotate(&mut u, &ties);
    rotate(&mut v, &ties);
    SVD { u: Some(u), v_t: Some(v.transpose()), singular_values: sigma }
}

/// The largest difference between values that are treated as equal.
fn noise<F: RealField>(largest: F) -> F {
    largest * F::default_epsilon() * convert(16.0)
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
