//! Sparse matrices as those of `nalgebra-sparse`: products, round trips, and linear systems.

use gradtape::sparse::{Csr, Sparsity};
use gradtape::{Function, Plain, Real};
use nalgebra::{DMatrix, DVector, RealField};
use nalgebra_sparse::factorization::CscCholesky;
use nalgebra_sparse::{CscMatrix, CsrMatrix};
use testing::{TestFloat, assert_near, number, quickcheck};

/// A matrix with random entries and a different number in each.
fn matrix(rows: &[Vec<u8>], columns: u8) -> Csr<f64> {
    let columns = usize::from(columns);
    let row = |row: &Vec<u8>| row.iter().filter(|_| columns > 0).map(|&j| usize::from(j) % columns).collect::<Vec<_>>();
    let pattern = Sparsity::new(rows.iter().map(row), columns);
    let values = (0..pattern.nnz()).map(|k| number::<f64>(1.25) + f64::from(u32::try_from(k).unwrap())).collect();
    Csr::new(pattern, values)
}

#[test]
fn matrices_go_to_nalgebra_and_back_and_have_the_same_products() {
    let is_same = |rows: Vec<Vec<u8>>, columns: u8| {
        let ours = matrix(&rows, columns);
        let theirs = CsrMatrix::from(&ours);
        assert_eq!(CsrMatrix::from(ours.clone()), theirs);
        assert_eq!((theirs.nrows(), theirs.ncols(), theirs.nnz()), (ours.rows(), ours.columns(), ours.nnz()));
        let x: Vec<f64> = (0..columns).map(|j| f64::from(j).sin()).collect();
        let (ours_x, theirs_x) = (ours.mul_vec(&x), &theirs * &DVector::from_vec(x));
        for (a, b) in ours_x.into_iter().zip(&theirs_x) {
            assert_near(a, *b, 1e-12 * (1.0 + b.abs()), (&rows, columns));
        }
        assert_eq!(Csr::from(theirs), ours);
    };
    quickcheck(200, is_same as fn(Vec<Vec<u8>>, u8));
}

/// A chain of springs between two walls. A spring gets a little harder when it gets longer. The Hessian is tridiagonal.
struct Chain;

impl<T: Plain> Function<T> for Chain {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let spring = |length: F| length * length + length.powi(4);
        let inner: F = x.windows(2).map(|x| spring(x[1] - x[0])).sum();
        inner + spring(x[0]) + spring(x[x.len() - 1])
    }
}

/// The solution of a tridiagonal system, by elimination from the first row on and back substitution.
fn eliminate(lower: &[f64], diagonal: &[f64], upper: &[f64], right: &[f64]) -> Vec<f64> {
    let n = diagonal.len();
    let (mut diagonal, mut x) = (diagonal.to_vec(), right.to_vec());
    for i in 1..n {
        let factor = lower[i - 1] / diagonal[i - 1];
        diagonal[i] -= factor * upper[i - 1];
        x[i] -= factor * x[i - 1];
    }
    for i in (0..n).rev() {
        let above = if i + 1 < n { upper[i] * x[i + 1] } else { 0.0 };
        x[i] = (x[i] - above) / diagonal[i];
    }
    x
}

fn systems_are_solved<T: TestFloat + RealField>() {
    let n = 50;
    let x: Vec<T> = (0..n).map(|i: u8| number((f64::from(i) * 0.7).sin())).collect();
    let right: Vec<T> = (0..n).map(|i: u8| number((f64::from(i) * 0.3).cos())).collect();
    let hessian = Chain.sparse_hessian(&x);
    assert_eq!(hessian.nnz(), 3 * usize::from(n) - 2);
    let factor = CscCholesky::factor(&CscMatrix::from(&CsrMatrix::from(hessian))).expect("springs pull back");
    let solution = factor.solve(&DMatrix::from_vec(n.into(), 1, right.clone()));

    // Second derivatives of the springs, derived by hand, in f64.
    let x: Vec<f64> = x.into_iter().map(T::into).collect();
    let stiffness = |length: f64| 2.0 + 12.0 * length * length;
    let inner: Vec<f64> = x.windows(2).map(|x| stiffness(x[1] - x[0])).collect();
    let ends = [stiffness(x[0]), stiffness(x[x.len() - 1])];
    let springs: Vec<f64> = [ends[0]].into_iter().chain(inner.iter().copied()).chain([ends[1]]).collect();
    let diagonal: Vec<f64> = springs.windows(2).map(|pair| pair[0] + pair[1]).collect();
    let beside: Vec<f64> = inner.iter().map(|stiffness| -stiffness).collect();
    let right: Vec<f64> = right.into_iter().map(T::into).collect();
    let expected = eliminate(&beside, &diagonal, &beside, &right);
    let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let epsilon: f64 = <T as num_traits::Float>::epsilon().into();
    for (i, (&ours, theirs)) in solution.iter().zip(expected).enumerate() {
        assert_near(ours.into(), theirs, 1e3 * epsilon * largest, i);
    }
}

#[test]
fn cholesky_factors_of_sparse_hessians_solve_tridiagonal_systems_in_f64() {
    systems_are_solved::<f64>();
}

#[test]
fn cholesky_factors_of_sparse_hessians_solve_tridiagonal_systems_in_f32() {
    systems_are_solved::<f32>();
}
