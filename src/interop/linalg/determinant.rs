//! The determinant, with the derivatives of singular matrices.

use nalgebra::allocator::Allocator;
use nalgebra::{DefaultAllocator, Dim, Matrix, OMatrix, RawStorage, Scalar as Element};

use crate::number::Number;

/// The determinant of a matrix. The derivative by an element is its cofactor; that by several elements is the minor
/// without their rows and columns, with a sign.
///
/// Derivatives up to the third are correct at matrices of every rank; at regular matrices, all are. The
/// [`determinant`](Matrix::determinant) of nalgebra skips pivots of size 0, and loses derivatives of singular matrices
/// from 4×4 on.
///
/// Up to 3×3, this is the polynomial, with the same numbers as nalgebra's. Larger matrices are eliminated with complete
/// pivoting, so that the number is as accurate as by [`full_piv_lu`](Matrix::full_piv_lu). The elimination ends before
/// it would lose derivatives: at the last 3×3 numbers, or at pivots close to 0. What remains is a polynomial.
///
/// A number of a program is allowed, too. Each choice of a pivot is a guard of the program; up to 3×3, there is none.
///
/// # Panics
///
/// If the matrix is not square.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::Matrix4;
///
/// // The first two columns are equal.
/// let singular = Matrix4::new(
///     1.0, 1.0, 2.0, 3.0, //
///     2.0, 2.0, 1.0, 0.0, //
///     4.0, 4.0, 5.0, 1.0, //
///     1.0, 1.0, 0.0, 7.0,
/// );
/// let tape = Tape::<f64>::new();
/// let a = tape.matrix(&singular);
/// let det = linalg::determinant(a);
/// assert!(det.abs() < 1e-14);
/// let cofactor = singular.remove_row(0).remove_column(0).determinant();
/// assert_eq!(cofactor, 43.0);
/// assert!((det.backward().wrt(a.m11) - cofactor).abs() < 1e-13);
/// ```
#[track_caller]
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "as the other functions of this module")]
pub fn determinant<F, D, S>(matrix: Matrix<F, D, D, S>) -> F
where
    F: Number + Element,
    D: Dim,
    S: RawStorage<F, D, D>,
    DefaultAllocator: Allocator<D, D>,
{
    assert!(matrix.is_square(), "only a square matrix has a determinant");
    let mut a = matrix.map(|x| x);
    let size = a.nrows();
    if size <= 3 {
        return polynomial(size, |i, j| a[(i, j)]);
    }
    // The rest of a step is at most as large as its pivot `p`. So derivatives of order `d`, which have a factor `1/pᵈ`,
    // have a factor of at least as many `p` if `d` rows are left.
    let (mut product, mut done) = (F::one(), 0);
    while done + 3 < size {
        product = product * bring_largest(&mut a, done);
        let pivot = a[(done, done)];
        if pivot.abs().powi(3) * F::epsilon() < F::min_positive_value() {
            break;
        }
        product = product * pivot;
        for i in done + 1..size {
            let factor = a[(i, done)] / pivot;
            for j in done + 1..size {
                a[(i, j)] = a[(i, j)] - factor * a[(done, j)];
            }
        }
        done += 1;
    }
    product = product * diagonalize(&mut a, done);
    let rest = |i, j| a[(done + i, done + j)];
    product * if size - done == 3 { polynomial(3, rest) } else { truncated(size - done, rest) }
}

/// The determinant of up to three rows and columns.
fn polynomial<F: Number>(size: usize, a: impl Fn(usize, usize) -> F) -> F {
    let minor = |i, j, k, l| a(i, j) * a(k, l) - a(k, j) * a(i, l);
    match size {
        0 => F::one(),
        1 => a(0, 0),
        2 => minor(0, 0, 1, 1),
        _ => a(0, 0) * minor(1, 1, 2, 2) - a(0, 1) * minor(1, 0, 2, 2) + a(0, 2) * minor(1, 0, 2, 1),
    }
}

/// The determinant of a matrix `D + E` up to the third derivatives. `D` is diagonal and without derivatives; the
/// numbers of `E` are 0, but for rounding.
///
/// It is a sum over all sets of rows: the minor of `E` with the rows and columns of the set, times the numbers of `D`
/// in the other rows. A minor of more than three rows has no derivatives up to the third.
fn truncated<F: Number>(size: usize, a: impl Fn(usize, usize) -> F) -> F {
    let e = |i, j| if i == j { a(i, j) - a(i, j).detach() } else { a(i, j) };
    let term = |rows: &[usize]| {
        let others = (0..size).filter(|i| !rows.contains(i));
        let factor = others.fold(F::one(), |product, i| product * a(i, i).detach());
        polynomial(rows.len(), |i, j| e(rows[i], rows[j])) * factor
    };
    let mut sum = term(&[]);
    for i in 0..size {
        sum = sum + term(&[i]);
        for j in 0..i {
            sum = sum + term(&[i, j]);
            for k in 0..j {
                sum = sum + term(&[i, j, k]);
            }
        }
    }
    sum
}

/// Makes the numbers of the last rows and columns, from `first` on, a diagonal matrix, by adding constant multiples of
/// rows and columns. This does not change the determinant, and nothing cancels in its polynomial then. Returns the sign
/// of the exchanges.
fn diagonalize<F: Number + Element, D: Dim>(a: &mut OMatrix<F, D, D>, first: usize) -> F
where
    DefaultAllocator: Allocator<D, D>,
{
    let (size, mut sign) = (a.nrows(), F::one());
    for k in first..size - 1 {
        sign = sign * bring_largest(a, k);
        let pivot = a[(k, k)];
        if pivot == F::zero() {
            break;
        }
        for i in k + 1..size {
            let (by_row, by_column) = ((a[(i, k)] / pivot).detach(), (a[(k, i)] / pivot).detach());
            for j in first..size {
                a[(i, j)] = a[(i, j)] - a[(k, j)] * by_row;
            }
            for j in first..size {
                a[(j, i)] = a[(j, i)] - a[(j, k)] * by_column;
            }
        }
    }
    sign
}

/// Exchanges rows and columns so that the largest number of those from `k` on is at `(k, k)`, and returns the sign of
/// that. NaN counts as the largest.
fn bring_largest<F: Number + Element, D: Dim>(a: &mut OMatrix<F, D, D>, k: usize) -> F
where
    DefaultAllocator: Allocator<D, D>,
{
    let (size, mut place, mut largest) = (a.nrows(), (k, k), a[(k, k)].abs());
    for (i, j) in (k..size).flat_map(|j| (k..size).map(move |i| (i, j))).skip(1) {
        let other = a[(i, j)].abs();
        if other > largest || other.is_nan() {
            (place, largest) = ((i, j), other);
        }
    }
    a.swap_rows(k, place.0);
    a.swap_columns(k, place.1);
    if (place.0 == k) == (place.1 == k) { F::one() } else { -F::one() }
}
