//! Gradients through the matrices of nalgebra. Each function is written once, for any real number.

use crate::matrices::{MatrixElement, assert_gradients, definite, square, weighed};
#[allow(dead_code, reason = "each test binary takes what it needs")]
use gradtape::{Number, linalg};
use nalgebra::{ComplexField, DMatrix, Matrix3x2, SMatrix, Vector3, Vector4};

const NINE: [f64; 9] = [1.5, -0.3, 0.7, 0.2, 2.1, -0.6, -0.4, 0.9, 1.2];
const SIXTEEN: [f64; 16] = [1.5, -0.3, 0.7, 0.2, 2.1, -0.6, -0.4, 0.9, 1.2, 0.8, -1.1, 0.35, 0.6, -0.75, 0.15, 1.9];

#[test]
fn products_sums_and_norms_have_gradients() {
    fn products<T: MatrixElement>(x: &[T]) -> T {
        let (a, b) = (square::<T, 3>(x), Matrix3x2::from_column_slice(&x[2..8]));
        let mut c = a * b - b * x[8];
        c.gemm(x[0], &a.transpose(), &b, x[1]);
        weighed((c.transpose() * c).iter().copied()) + a.trace() * b.sum() + a.component_mul(&a).mean()
    }
    fn norms<T: MatrixElement>(x: &[T]) -> T {
        let a = square::<T, 3>(x);
        let (v, w) = (Vector3::from_column_slice(&x[..3]), Vector3::from_column_slice(&x[4..7]));
        let lengths = [a.norm(), v.norm(), v.lp_norm(3), v.amax(), w.angle(&v), v.metric_distance(&w), a.variance()];
        weighed(lengths) + weighed(v.normalize().cross(&w).iter().copied()) + v.cap_magnitude(x[8]).dot(&w)
    }
    assert_gradients! { products at NINE; norms at NINE; }
}

#[test]
fn linear_systems_have_gradients() {
    fn lu<T: MatrixElement>(x: &[T]) -> T {
        let solution = square::<T, 3>(x).lu().solve(&Vector3::from_column_slice(&x[2..5])).unwrap();
        weighed(solution.iter().copied())
    }
    fn full_piv_lu<T: MatrixElement>(x: &[T]) -> T {
        weighed(square::<T, 4>(x).full_piv_lu().solve(&Vector4::from_column_slice(&x[3..7])).unwrap().iter().copied())
    }
    fn qr<T: MatrixElement>(x: &[T]) -> T {
        let (q, r) = square::<T, 4>(x).qr().unpack();
        weighed(q.iter().chain(&r).copied())
    }
    fn col_piv_qr<T: MatrixElement>(x: &[T]) -> T {
        let qr = square::<T, 3>(x).col_piv_qr();
        weighed(qr.solve(&Vector3::from_column_slice(&x[2..5])).unwrap().iter().copied()) + qr.determinant()
    }
    fn cholesky<T: MatrixElement>(x: &[T]) -> T {
        let cholesky = definite::<T, 3>(x).cholesky().unwrap();
        weighed(cholesky.l().iter().chain(&cholesky.inverse()).copied()) + cholesky.ln_determinant()
    }
    fn dynamic<T: MatrixElement>(x: &[T]) -> T {
        let a = DMatrix::from_column_slice(3, 3, x);
        weighed(a.clone().try_inverse().unwrap().iter().copied()) + a.determinant()
    }
    fn udu<T: MatrixElement>(x: &[T]) -> T {
        let udu = definite::<T, 3>(x).udu().unwrap();
        weighed(udu.u.iter().chain(&udu.d).copied())
    }
    assert_gradients! {
        lu at NINE; full_piv_lu at SIXTEEN; qr at SIXTEEN; col_piv_qr at NINE; cholesky at NINE; dynamic at NINE; udu at NINE;
    }
}

#[test]
fn functions_of_a_matrix_have_gradients() {
    fn inverse<T: MatrixElement>(x: &[T]) -> T {
        weighed(square::<T, 4>(x).try_inverse().unwrap().iter().copied())
    }
    fn determinant<T: MatrixElement>(x: &[T]) -> T {
        square::<T, 4>(x).determinant() + square::<T, 3>(x).determinant() * square::<T, 2>(x).determinant()
    }
    fn exponential<T: MatrixElement>(x: &[T]) -> T {
        weighed(square::<T, 3>(x).exp().iter().copied())
    }
    fn power<T: MatrixElement>(x: &[T]) -> T {
        weighed(square::<T, 3>(x).pow(5).iter().copied())
    }
    assert_gradients! {
        inverse at SIXTEEN; determinant at SIXTEEN; power at NINE;
        exponential at NINE, NINE.map(|x| x / 100.0), NINE.map(|x| x * 4.0);
    }
}

#[test]
fn spectra_have_gradients() {
    fn symmetric_eigenvalues<T: MatrixElement>(x: &[T]) -> T {
        weighed(definite::<T, 4>(x).symmetric_eigenvalues().iter().copied())
    }
    fn symmetric_eigen<T: MatrixElement>(x: &[T]) -> T {
        let eigen = definite::<T, 3>(x).symmetric_eigen();
        weighed(eigen.eigenvectors.iter().chain(&eigen.eigenvalues).copied())
    }
    fn own_symmetric_eigen<T: MatrixElement + Number>(x: &[T]) -> T {
        let eigen = linalg::symmetric_eigen(definite::<T, 4>(x));
        weighed(eigen.eigenvectors.iter().chain(&eigen.eigenvalues).copied())
    }
    fn own_svd<T: MatrixElement + Number>(x: &[T]) -> T {
        let svd = linalg::svd(SMatrix::<T, 4, 3>::from_column_slice(&x[..12]));
        weighed(svd.u.unwrap().iter().chain(&svd.v_t.unwrap()).chain(&svd.singular_values).copied())
    }
    fn singular_values<T: MatrixElement>(x: &[T]) -> T {
        weighed(square::<T, 4>(x).singular_values().iter().copied())
    }
    fn small_singular_values<T: MatrixElement>(x: &[T]) -> T {
        let (two, three) = (square::<T, 2>(x).singular_values(), square::<T, 3>(x).singular_values());
        weighed(two.iter().chain(&three).copied())
    }
    fn svd<T: MatrixElement>(x: &[T]) -> T {
        let svd = square::<T, 4>(x).svd(true, true);
        weighed(svd.u.unwrap().iter().chain(&svd.v_t.unwrap()).copied())
    }
    fn pseudo_inverse<T: MatrixElement>(x: &[T]) -> T {
        weighed(
            SMatrix::<T, 4, 2>::from_column_slice(&x[..8])
                .pseudo_inverse(T::default_epsilon())
                .unwrap()
                .iter()
                .copied(),
        )
    }
    fn eigenvalues<T: MatrixElement>(x: &[T]) -> T {
        weighed(square::<T, 3>(x).complex_eigenvalues().iter().flat_map(|z| [z.re, z.im]))
    }
    assert_gradients! {
        symmetric_eigenvalues at SIXTEEN; symmetric_eigen at NINE; own_symmetric_eigen at SIXTEEN; own_svd at SIXTEEN; singular_values at SIXTEEN;
        small_singular_values at NINE; svd at SIXTEEN; pseudo_inverse at SIXTEEN; eigenvalues at NINE;
    }
}

#[test]
fn matrices_with_zeros_have_gradients() {
    fn qr<T: MatrixElement>(x: &[T]) -> T {
        let (q, r) = square::<T, 4>(x).qr().unpack();
        weighed(q.iter().chain(&r).copied())
    }
    fn others<T: MatrixElement>(x: &[T]) -> T {
        let a = square::<T, 4>(x);
        let cholesky = (a * a.transpose()).cholesky().unwrap();
        weighed(a.try_inverse().unwrap().iter().chain(&cholesky.l()).chain(&a.exp()).copied()) + a.determinant()
    }
    fn spectra<T: MatrixElement + Number>(x: &[T]) -> T {
        // Eigenvalues have no particular order.
        let eigenvalues = linalg::symmetric_eigen(definite::<T, 4>(x)).eigenvalues;
        let singular_values = linalg::svd(square::<T, 4>(x)).singular_values;
        weighed(singular_values.iter().copied()) + eigenvalues.map(|value| ComplexField::ln(value)).sum()
    }
    let diagonal = SMatrix::<f64, 4, 4>::from_diagonal(&Vector4::new(1.0, 2.0, -3.0, 4.0));
    let matrices = [
        diagonal,
        diagonal + SMatrix::from_fn(|i, j| if i < j { 0.5 } else { 0.0 }),
        diagonal + SMatrix::from_fn(|i, j| if i > j { 0.5 } else { 0.0 }),
        SMatrix::from_fn(|i, j| if (i + 1) % 4 == j { f64::from(u8::try_from(i).unwrap()) + 1.0 } else { 0.0 }),
    ];
    for matrix in matrices {
        let x: [f64; 16] = matrix.as_slice().try_into().unwrap();
        assert_gradients! { qr at x; others at x; spectra at x; }
    }
}
