//! Functions of a symmetric matrix that treat all its eigenvalues alike, smooth at equal eigenvalues, too.

use std::any::TypeId;

use nalgebra::allocator::Allocator;
use nalgebra::{
    ComplexField, DefaultAllocator, Dim, DimDiff, DimSub, Matrix, OMatrix, RawStorage, RealField, U1, convert,
};
use num_traits::{Float, Zero};

use super::checked::{self, noise};
use super::differences::{DividedDifferences, Jet};
use super::spectral::lower_triangle_mirrored;
use crate::dual::Dual;
use crate::number::Number;
use crate::ops::rules::total_cmp;
use crate::tape::Value;

/// The function `φ(A) = Σ φ(λᵢ) vᵢ vᵢᵀ` of a symmetric matrix with eigenvalues `λᵢ` and eigenvectors `vᵢ`. Only the
/// lower triangle is read.
///
/// `φ(A)` is smooth where eigenvalues are equal, although the eigenvectors are not. In the basis of the eigenvectors,
/// `dφ(A)` has the elements `φ[λᵢ, λⱼ] vᵢᵀ dA vⱼ`, where `φ[λᵢ, λⱼ] = (φ(λᵢ) - φ(λⱼ))/(λᵢ - λⱼ)`, or `φ'(λᵢ)` if they
/// are equal (Daleckii and Krein, 1965; Higham, Functions of Matrices, 2008, theorem 3.11). The second and third
/// derivatives have divided differences of more arguments. All of them are accurate at and near equal eigenvalues.
///
/// Write `φ` as a function over [`Real`](crate::Real), or as a closure: it is called with plain numbers inside three
/// duals, which give three derivatives. If it has none at an eigenvalue, such as the square root at 0, derivatives by
/// this eigenvalue are infinite.
///
/// With one level of derivatives, it costs a few products of matrices. A second level adds some `n³` products of
/// numbers for the second derivatives, a third one some `n⁴`.
///
/// # Panics
///
/// If the matrix is not square.
///
/// # Examples
///
/// The square root and the logarithm of a matrix with equal eigenvalues:
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::Matrix2;
///
/// let tape = Tape::<f64>::new();
/// let a = tape.matrix(&Matrix2::new(4.0, 0.0, 0.0, 4.0));
/// let root = linalg::symmetric_matrix_function(a, |x| x.sqrt());
/// assert_eq!(linalg::data_of(&root), Matrix2::new(2.0, 0.0, 0.0, 2.0));
/// assert_eq!(root.m21.backward().wrt(a.m21), 0.25); // 1/(2 √4)
/// let strain = linalg::symmetric_matrix_function(a, |x| x.ln() / 2.0);
/// assert_eq!(strain.m11.backward().wrt(a.m11), 0.125);
/// ```
#[track_caller]
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "as the other functions of this module")]
pub fn symmetric_matrix_function<F, D, S>(
    matrix: Matrix<F, D, D, S>,
    phi: impl Fn(Jet<F::Plain>) -> Jet<F::Plain>,
) -> OMatrix<F, D, D>
where
    S: RawStorage<F, D, D>,
    F: Number + RealField,
    D: DimSub<U1>,
    DefaultAllocator: Allocator<D, D> + Allocator<D> + Allocator<DimDiff<D, U1>>,
{
    let Spectrum { vectors, change, phi } = Spectrum::new(&matrix, phi);
    let (size, order) = (change.nrows(), order::<F>());
    let (rows, columns) = change.shape_generic();
    let e = |i, j| change[(i, j)];
    let mut result = OMatrix::from_fn_generic(rows, columns, |i, j| scaled(phi.at([i, j]), e(i, j)));
    for i in 0..size {
        result[(i, i)] += F::constant(phi.at([i]));
    }
    if order >= 2 {
        for (i, j, k) in triples(size) {
            let product = e(i, j) * e(j, k);
            result[(i, k)] += scaled(phi.at([i, j, k]), product);
            for l in (0..size).filter(|_| order >= 3) {
                result[(i, l)] += scaled(phi.at([i, j, k, l]), product * e(k, l));
            }
        }
    }
    &vectors * result * vectors.transpose()
}

/// The sum `Σ φ(λᵢ)` over the eigenvalues of a symmetric matrix, which is the trace of `φ(A)`. Only the lower triangle
/// is read.
///
/// The gradient by a symmetric `A` is `φ'(A)`; an element below the diagonal counts twice. Like
/// [`symmetric_matrix_function`], which describes `φ`, this function has accurate derivatives up to the third at and
/// near equal eigenvalues. A sum over the eigenvalues of [`symmetric_eigen`] has correct first derivatives there, but
/// wrong second ones.
///
/// [`symmetric_eigen`]: super::symmetric_eigen
///
/// # Panics
///
/// If the matrix is not square.
///
/// # Examples
///
/// The eigenvalues of `[1 h; h 1]` are `1 ± h`, so that the sum of their squares is `2 + 2 h²`:
///
/// ```
/// use gradtape::{Jet, linalg, second_derivative};
/// use nalgebra::Matrix2;
///
/// let squares = |h: Jet<f64, 3>| {
///     let one = Jet::constant(1.0);
///     linalg::spectral_sum(Matrix2::new(one, h, h, one), |x| x * x)
/// };
/// assert_eq!(second_derivative(squares, 0.0), [2.0, 0.0, 4.0]);
/// ```
///
/// An energy of a deformation `F`, by the eigenvalues of `C = FᵀF`, the squares of the stretches. Its second derivative
/// along simple shear, where the body is undeformed and all stretches are 1:
///
/// ```
/// use gradtape::{Jet, Real, linalg, second_derivative};
/// use nalgebra::Matrix3;
///
/// fn energy<F: Real<Plain = f64>>(square: F) -> F {
///     square.powf(F::constant(0.75))
/// }
///
/// let shear = |gamma: Jet<f64, 3>| {
///     let mut f = Matrix3::identity();
///     f.m12 = gamma;
///     linalg::spectral_sum(f.transpose() * f, energy)
/// };
/// assert_eq!(second_derivative(shear, 0.0), [3.0, 0.0, 1.125]);
/// ```
#[track_caller]
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "as the other functions of this module")]
pub fn spectral_sum<F, D, S>(matrix: Matrix<F, D, D, S>, phi: impl Fn(Jet<F::Plain>) -> Jet<F::Plain>) -> F
where
    S: RawStorage<F, D, D>,
    F: Number + RealField,
    D: DimSub<U1>,
    DefaultAllocator: Allocator<D, D> + Allocator<D> + Allocator<DimDiff<D, U1>>,
{
    let Spectrum { change, phi, .. } = Spectrum::new(&matrix, phi);
    let (size, order) = (change.nrows(), order::<F>());
    let e = |i, j| change[(i, j)];
    let mut sum = (0..size).fold(F::zero(), |sum, i| sum + F::constant(phi.at([i])));
    for i in 0..size {
        sum += scaled(phi.at([i, i]), e(i, i));
    }
    // A divided difference of φ' is the derivative of that of φ when all arguments move together.
    if order >= 2 {
        for (i, j) in (0..size).flat_map(|i| (0..size).map(move |j| (i, j))) {
            let slope = phi.at([i, i, j]) + phi.at([i, j, j]);
            sum += scaled(slope, e(i, j) * e(j, i)) * convert(1.0 / 2.0);
        }
    }
    if order >= 3 {
        for (i, j, k) in triples(size) {
            let slope = phi.at([i, i, j, k]) + phi.at([i, j, j, k]) + phi.at([i, j, k, k]);
            sum += scaled(slope, e(i, j) * e(j, k) * e(k, i)) * convert(1.0 / 3.0);
        }
    }
    sum
}

/// A symmetric matrix as `V (Λ + E) Vᵀ`, where only `E` has derivatives and all its numbers are 0. In powers of `E`,
/// `φ` of the matrix in the middle is
///
/// ```text
/// φ(λᵢ) δᵢⱼ + φ[λᵢ, λⱼ] Eᵢⱼ + Σₖ φ[λᵢ, λₖ, λⱼ] Eᵢₖ Eₖⱼ + Σₖₗ φ[λᵢ, λₖ, λₗ, λⱼ] Eᵢₖ Eₖₗ Eₗⱼ + …
/// ```
///
/// and its trace is `Σᵢ φ(λᵢ) + Σᵢ φ'(λᵢ) Eᵢᵢ + Σᵢⱼ φ'[λᵢ, λⱼ] Eᵢⱼ Eⱼᵢ/2 + Σᵢⱼₖ φ'[λᵢ, λⱼ, λₖ] Eᵢⱼ Eⱼₖ Eₖᵢ/3 + …`. The
/// terms that are left out have no derivatives up to the third.
struct Spectrum<F: Number, D: Dim>
where
    DefaultAllocator: Allocator<D, D>,
{
    /// The matrix `V`.
    vectors: OMatrix<F, D, D>,
    /// The matrix `E`.
    change: OMatrix<F, D, D>,
    /// Of the eigenvalues, in ascending order.
    phi: DividedDifferences<F::Plain>,
}

impl<F: Number + RealField, D: DimSub<U1>> Spectrum<F, D>
where
    DefaultAllocator: Allocator<D, D> + Allocator<D> + Allocator<DimDiff<D, U1>>,
{
    #[track_caller]
    fn new<S: RawStorage<F, D, D>>(matrix: &Matrix<F, D, D, S>, phi: impl Fn(Jet<F::Plain>) -> Jet<F::Plain>) -> Self {
        let matrix = lower_triangle_mirrored(matrix);
        let (eigenvalues, eigenvectors) = checked::symmetric_eigen(matrix.map(Number::detach));
        let mut order: Vec<usize> = (0..matrix.nrows()).collect();
        order.sort_by(|&i, &j| total_cmp(eigenvalues[i].data(), eigenvalues[j].data()));
        let (rows, columns) = matrix.shape_generic();
        let vectors = OMatrix::from_fn_generic(rows, columns, |i, j| eigenvectors[(i, order[j])]);
        let change = vectors.tr_mul(&(matrix * &vectors)).map(|x| x - x.detach());
        let mut arguments: Vec<_> = order.iter().map(|&i| eigenvalues[i].data()).collect();
        let noise = noise(eigenvalues.amax()).data();
        for i in 1..arguments.len() {
            if arguments[i] - arguments[i - 1] <= noise {
                arguments[i] = arguments[i - 1];
            }
        }
        let phi = DividedDifferences::new(arguments, phi);
        Self { vectors, change, phi }
    }
}

/// All triples of indices below `size`.
fn triples(size: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..size.pow(3)).map(move |n| (n / size / size, n / size % size, n % size))
}

/// How many derivatives a number has: 3 for all numbers that are not in the list. Terms of a higher order are zeros
/// that a tape would record.
fn order<F: Number>() -> usize {
    let this = TypeId::of::<F>();
    let first = [TypeId::of::<Value<F::Plain>>(), TypeId::of::<Dual<F::Plain>>()];
    let second = [
        TypeId::of::<Value<Value<F::Plain>>>(),
        TypeId::of::<Value<Dual<F::Plain>>>(),
        TypeId::of::<Dual<Value<F::Plain>>>(),
        TypeId::of::<Dual<Dual<F::Plain>>>(),
    ];
    if this == TypeId::of::<F::Plain>() {
        0
    } else if first.contains(&this) {
        1
    } else if second.contains(&this) {
        2
    } else {
        3
    }
}

/// The product of a number without value and a factor that may be infinite: then the derivative is.
fn scaled<F: Number + RealField>(factor: F::Plain, x: F) -> F {
    if factor.is_finite() {
        x * F::constant(factor)
    } else if factor < F::Plain::zero() {
        -ComplexField::sqrt(x)
    } else {
        ComplexField::sqrt(x)
    }
}
