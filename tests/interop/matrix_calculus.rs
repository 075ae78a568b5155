//! First and second derivatives of matrix functions with known formulas, by every number of this crate; and misuse.

use crate::matrices::{MatrixElement, definite, square, weighed};
#[allow(dead_code, reason = "each test binary takes what it needs")]
use gradtape::check::Check;
use gradtape::{Dual, Number, Real, Tape, Value, gradient, linalg};
use nalgebra::{
    Complex, ComplexField, DMatrix, DVector, Matrix2, Matrix3, Matrix3x2, Matrix4, RealField, SMatrix, SymmetricEigen,
    UnitQuaternion, Vector3, Vector4, dmatrix,
};
use testing::assert_near;
use testing::panics::assert_refused;

const A: Matrix3<f64> = Matrix3::new(1.5, 0.2, -0.4, -0.3, 2.1, 0.9, 0.7, -0.6, 1.2);
const B: Matrix3<f64> = Matrix3::new(0.5, -1.0, 0.3, 0.8, 0.1, -0.2, 0.4, 0.6, -0.9);

#[track_caller]
fn assert_close<const R: usize, const C: usize>(ours: SMatrix<f64, R, C>, expected: SMatrix<f64, R, C>) {
    assert!((ours - expected).amax() < 1e-13 * expected.amax().max(1.0), "{ours}instead of{expected}");
}

/// The gradient of a function of a matrix.
fn gradient_of(f: impl Fn(Matrix3<Value<f64>>) -> Value<f64>, a: &Matrix3<f64>) -> Matrix3<f64> {
    let tape = Tape::new();
    let a = tape.matrix(a);
    f(a).backward().wrt_matrix(&a)
}

/// The derivative of a function of a matrix along the direction `b`.
fn tangent_of<const R: usize, const C: usize>(
    f: impl Fn(Matrix3<Dual<f64>>) -> SMatrix<Dual<f64>, R, C>,
    a: &Matrix3<f64>,
    b: &Matrix3<f64>,
) -> SMatrix<f64, R, C> {
    f(a.zip_map(b, |a, b| Dual::new(a, [b]))).map(Dual::tangent)
}

#[test]
fn gradients_of_scalar_functions_are_those_of_the_formulas() {
    let inverse = A.try_inverse().unwrap();
    assert_close(gradient_of(|a| a.determinant().ln(), &A), inverse.transpose());
    assert_close(gradient_of(|a| (a * B.cast::<Value<f64>>()).trace(), &A), B.transpose());
    assert_close(gradient_of(|a| a.norm_squared(), &A), A * 2.0);
    assert_close(gradient_of(|a| a.norm(), &A), A / A.norm());
    assert_close(gradient_of(|a| a.exp().trace(), &A), A.exp().transpose());
    assert_close(gradient_of(|a| a.pow(4).trace(), &A), A.pow(3).transpose() * 4.0);
    let svd = A.svd(true, true);
    assert_close(gradient_of(|a| a.singular_values().sum(), &A), svd.u.unwrap() * svd.v_t.unwrap());
    let solution = |a: Matrix3<Value<f64>>| a.lu().solve(&Vector3::new(1.0, 2.0, 3.0).cast()).unwrap().z;
    let (x, z) = (inverse * Vector3::new(1.0, 2.0, 3.0), inverse.transpose() * Vector3::z());
    assert_close(gradient_of(solution, &A), -z * x.transpose());
}

#[test]
fn tangents_of_matrix_functions_are_those_of_the_formulas() {
    let inverse = A.try_inverse().unwrap();
    assert_close(tangent_of(|a| a.try_inverse().unwrap(), &A, &B), -inverse * B * inverse);
    assert_close(tangent_of(|a| a * a, &A, &B), A * B + B * A);
    // The exponential of the block matrix [A B; 0 A] has above the diagonal the derivative of the exponential of A
    // along B.
    let mut block = SMatrix::<f64, 6, 6>::zeros();
    for (row, column, part) in [(0, 0, A), (3, 3, A), (0, 3, B)] {
        block.fixed_view_mut::<3, 3>(row, column).copy_from(&part);
    }
    assert_close(tangent_of(|a| a.exp(), &A, &B), block.exp().fixed_view::<3, 3>(0, 3).into_owned());
    // The Cholesky factor has the derivative L Φ(L⁻¹ dS L⁻ᵀ), where Φ halves the diagonal of the lower triangle.
    let (s, ds) = (A * A.transpose(), B + B.transpose());
    let l = s.cholesky().unwrap().l();
    let l_inverse = l.try_inverse().unwrap();
    let mut phi = (l_inverse * ds * l_inverse.transpose()).lower_triangle();
    phi.set_diagonal(&(phi.diagonal() / 2.0));
    assert_close(tangent_of(|s| s.cholesky().unwrap().l(), &s, &ds), l * phi);
}

/// Derivatives of eigenvalues and eigenvectors of `s` along `ds`.
fn eigen_formulas(eigen: &SymmetricEigen<f64, nalgebra::U3>, ds: &Matrix3<f64>) -> (Vector3<f64>, Matrix3<f64>) {
    let (values, vectors) = (&eigen.eigenvalues, &eigen.eigenvectors);
    let m = vectors.transpose() * ds * vectors;
    let turn = Matrix3::from_fn(|i, j| if i == j { 0.0 } else { m[(i, j)] / (values[j] - values[i]) });
    (m.diagonal(), vectors * turn)
}

#[test]
fn eigenvalues_and_eigenvectors_have_the_derivatives_of_the_formulas() {
    let s = A * A.transpose();
    let ds = B + B.transpose();
    let (values, vectors) = eigen_formulas(&s.symmetric_eigen(), &ds);
    assert_close(tangent_of(|s| s.symmetric_eigenvalues(), &s, &ds), values);
    assert_close(tangent_of(|s| s.symmetric_eigen().eigenvectors, &s, &ds), vectors);
    // In this crate, this also holds where the matrix is diagonal or has a zero block.
    let diagonal = Matrix3::from_diagonal(&Vector3::new(1.0, 4.0, 2.0));
    let block = Matrix3::new(2.0, 1.0, 0.0, 1.0, 3.0, 0.0, 0.0, 0.0, 5.0);
    for s in [s, diagonal, block] {
        let (values, vectors) = eigen_formulas(&linalg::symmetric_eigen(s), &ds);
        assert_close(tangent_of(|s| linalg::symmetric_eigen(s).eigenvalues, &s, &ds), values);
        assert_close(tangent_of(|s| linalg::symmetric_eigen(s).eigenvectors, &s, &ds), vectors);
    }
}

#[test]
fn eigen_decompositions_of_this_crate_are_those_of_nalgebra() {
    for s in [A * A.transpose(), Matrix3::identity(), Matrix3::zeros(), B + B.transpose()] {
        let (ours, theirs) = (linalg::symmetric_eigen(s), s.symmetric_eigen());
        assert_close(ours.eigenvalues, theirs.eigenvalues);
        assert_close(ours.eigenvectors, theirs.eigenvectors);
        assert_close(ours.recompose(), s);
    }
    let only_lower = linalg::symmetric_eigen((A * A.transpose()).lower_triangle());
    assert_close(only_lower.recompose(), A * A.transpose());
    let dynamic = linalg::symmetric_eigen(dmatrix![2.0, 1.0; 1.0, 2.0]);
    assert_near(dynamic.eigenvalues.max(), 3.0, 1e-15, "2 + 1");
}

#[test]
fn equal_eigenvalues_have_derivatives_together_and_their_vectors_none() {
    let tape = Tape::new();
    let s = tape.matrix(&Matrix3::from_diagonal(&Vector3::new(2.0, 5.0, 2.0)));
    let eigen = linalg::symmetric_eigen(s);
    let sum = eigen.eigenvalues.iter().map(|&value| value * value).sum::<Value<f64>>();
    assert_close(sum.backward().wrt_matrix(&s), linalg::data_of(&s) * 2.0);
    for (column, is_finite) in [(0, false), (1, true), (2, false)] {
        let turned = weighed(eigen.eigenvectors.column(column).iter().copied()).backward().wrt_matrix(&s);
        assert_eq!(turned.iter().all(ComplexField::is_finite), is_finite, "{column}: {turned}");
    }
}

/// The properties of a decomposition: its factors give the matrix, and the columns are orthonormal.
fn identities<F: Number + RealField>(a: &DMatrix<F>) -> [DMatrix<F>; 3] {
    let svd = linalg::svd(a.clone());
    let (u, v_t) = (svd.u.unwrap(), svd.v_t.unwrap());
    [&u * DMatrix::from_diagonal(&svd.singular_values) * &v_t, u.tr_mul(&u), &v_t * v_t.transpose()]
}

/// The identities hold for numbers, first, and second derivatives; singular values have the derivatives of the formula.
fn assert_svd(a: &DMatrix<f64>, b: &DMatrix<f64>) {
    let line = a.zip_map(b, |a, b| Dual::new(Dual::new(a, [b]), [Dual::from(b)]));
    let size = a.nrows().min(a.ncols());
    let (one, zero) = (DMatrix::identity(size, size), DMatrix::zeros(size, size));
    let expected = [[a, b], [&one, &zero], [&one, &zero]];
    for (ours, [number, slope]) in identities(&line).into_iter().zip(expected) {
        assert!((linalg::data_of(&ours) - number).amax() < 1e-13, "{a}");
        assert!((ours.map(|x| x.tangent().data()) - slope).amax() < 1e-13, "{a}");
        assert!(ours.map(|x| x.tangent().tangent()).amax() < 1e-12, "{a}");
    }
    let plain = linalg::svd(a.clone());
    let slopes = (plain.u.unwrap().tr_mul(b) * plain.v_t.unwrap().transpose()).diagonal();
    let ours = linalg::svd(line).singular_values;
    assert!((linalg::data_of(&ours) - a.singular_values()).amax() < 1e-13, "{a}");
    assert!((ours.map(|x| x.tangent().data()) - slopes).amax() < 1e-13, "{a}");
}

#[test]
fn singular_value_decompositions_have_first_and_second_derivatives() {
    let diagonal = Matrix3::from_diagonal(&Vector3::new(1.0, 4.0, -2.0));
    let cyclic = Matrix3::new(0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 1.0, 0.0, 0.0);
    let upper = Matrix3::new(1.0, 2.0, 0.5, 0.0, 3.0, 0.7, 0.0, 0.0, -2.0);
    let singular = Matrix3::new(1.0, 2.0, 3.0, 2.0, 4.0, 6.0, -1.0, 0.5, 0.25);
    for a in [A, diagonal, cyclic, upper, singular] {
        let dynamic = |m: &Matrix3<f64>, columns| DMatrix::from_column_slice(3, columns, &m.as_slice()[..3 * columns]);
        assert_svd(&dynamic(&a, 3), &dynamic(&B, 3));
        if a != singular {
            let (tall, b) = (dynamic(&a, 2), dynamic(&B, 2));
            assert_svd(&tall, &b);
            assert_svd(&tall.transpose(), &b.transpose());
        }
    }
}

#[test]
fn equal_singular_values_have_derivatives_together_and_their_vectors_none() {
    let tape = Tape::new();
    let a = tape.matrix(&Matrix3::from_diagonal(&Vector3::new(2.0, 5.0, -2.0)));
    let svd = linalg::svd(a);
    let slopes = svd.singular_values.sum().backward().wrt_matrix(&a);
    assert_close(slopes, Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, -1.0)));
    for (column, is_finite) in [(0, true), (1, false), (2, false)] {
        let u = svd.u.unwrap();
        let turned = weighed(u.column(column).iter().copied()).backward().wrt_matrix(&a);
        assert_eq!(turned.iter().all(ComplexField::is_finite), is_finite, "{column}: {turned}");
    }
    // The matrix has rank 1: the other vector on the long side may have any direction, but it must have numbers.
    let a = tape.matrix(&Matrix3x2::new(1.0, 2.0, 2.0, 4.0, 3.0, 6.0));
    let u = linalg::svd(a).u.unwrap();
    assert!(linalg::data_of(&u).iter().all(ComplexField::is_finite), "{u}");
    assert!(weighed(u.column(0).iter().copied()).backward().wrt_matrix(&a).iter().all(ComplexField::is_finite));
    assert!(!weighed(u.column(1).iter().copied()).backward().wrt_matrix(&a).iter().all(ComplexField::is_finite));
}

#[test]
fn second_derivatives_pass_through_decompositions() {
    let inverse = A.try_inverse().unwrap();
    let expected = -(inverse * B * inverse * B).trace();
    let a = A.zip_map(&B, |a, b| Dual::new(Dual::new(a, [b]), [Dual::from(b)]));
    let by_lu = a.determinant().ln();
    let by_qr = a.qr().r().diagonal().map(|x| ComplexField::abs(x).ln()).sum();
    let by_cholesky = (a * a.transpose()).cholesky().unwrap().ln_determinant() / 2.0;
    for value in [by_lu, by_qr, by_cholesky] {
        assert_near(value.tangent().tangent(), expected, 1e-13, "forward over forward");
    }

    // Forward over reverse: the Hessian times B.
    let tape = Tape::new();
    let a = tape.matrix(&A.zip_map(&B, |a, b| Dual::new(a, [b])));
    let slopes = a.lu().determinant().ln().backward().wrt_matrix(&a);
    assert_close(slopes.map(Dual::tangent), -(inverse * B * inverse).transpose());

    // Reverse over reverse, through an eigenvalue: λ'' = 2 Σ (vⱼᵀ B v)²/(λ - λⱼ).
    let (s, ds) = (A * A.transpose(), B + B.transpose());
    for s in [s, Matrix3::from_diagonal(&Vector3::new(1.0, 4.0, 2.0))] {
        let eigen = linalg::symmetric_eigen(s);
        let m = eigen.eigenvectors.transpose() * ds * eigen.eigenvectors;
        let (v, w) = (eigen.eigenvalues, m.column(0));
        let expected = 2.0 * (w[1] * w[1] / (v[0] - v[1]) + w[2] * w[2] / (v[0] - v[2]));
        let largest = |t: &[Value<Value<f64>>]| {
            let lifted = s.cast::<Value<Value<f64>>>() + ds.cast() * t[0];
            linalg::symmetric_eigen(lifted).eigenvalues[0]
        };
        let (_, second) = gradient(|t| gradient(largest, t).1[0], &[0.0]);
        assert_near(second[0], expected, 1e-12 * expected.abs(), s);
    }
}

#[test]
fn dynamic_matrices_complex_matrices_and_many_directions_work() {
    let [x, y] = Dual::vars([3.0, 4.0]);
    let m = DMatrix::from_row_slice(2, 2, &[x, y, -y, x]);
    assert_eq!(m.determinant().tangents(), [6.0, 8.0]);
    // A + iB as a complex matrix; |det| against differences.
    let modulus = |x: &[Value<f64>]| {
        let m = Matrix2::from_fn(|i, j| Complex::new(x[2 * i + j], x[4 + 2 * i + j]));
        let solution = m.lu().solve(&m.column(0).map(|z| z * z)).unwrap();
        m.determinant().modulus() + solution.norm() + solution[0].argument()
    };
    Check::new().strict().gradient(modulus, &[1.0, 0.5, -0.3, 2.0, 0.2, -0.7, 1.1, 0.4]).unwrap();
}

#[test]
fn helpers_take_every_shape_and_storage() {
    let tape = Tape::new();
    let plain = DMatrix::from_fn(4, 3, |i, j| f64::from(u8::try_from(3 * i + j).unwrap()));
    let a = tape.matrix(&plain.rows(1, 2));
    assert_eq!(linalg::data_of(&a), plain.rows(1, 2));
    let row = a.row(1);
    let gradients = row.dot(&row).backward();
    assert_eq!(gradients.wrt_matrix(&a.columns(1, 2)).row(1).into_owned(), plain.view((2, 1), (1, 2)) * 2.0);
    assert_eq!(gradients.wrt_matrix(&a).shape(), (2, 3));
    let v: DVector<Value<f32>> = Tape::new().matrix(&DVector::from_element(5, 1.5));
    assert_eq!(linalg::data_of(&v).sum(), 7.5);
    let nested = Matrix3x2::<Value<Dual<f64, 2>>>::identity();
    assert_eq!(linalg::data_of(&nested), Matrix3x2::identity());
    assert_eq!(linalg::data_of(&A), A, "plain numbers are their own data");
    let block = DMatrix::<Value<f64>>::identity(4, 4);
    let block = block.view((1, 1), (2, 2));
    assert_eq!(linalg::data_of(&linalg::symmetric_eigen(block).eigenvalues).as_slice(), [1.0, 1.0]);
    assert_eq!(linalg::data_of(&linalg::svd(block).singular_values).as_slice(), [1.0, 1.0]);
    let axis = DVector::from_vec(vec![9.0, 0.0, 0.0, 1.0]);
    assert_eq!(linalg::from_scaled_axis(axis.fixed_rows::<3>(1)), UnitQuaternion::from_scaled_axis(Vector3::z()));
}

#[test]
fn functions_of_real_numbers_of_both_crates_mix() {
    fn loss<F: Real<Plain = f64> + RealField>(a: &Matrix3<F>, b: &Matrix3<f64>) -> F {
        (a * b.cast::<F>()).map(Real::softplus).sum()
    }
    let expected = loss(&A, &B);
    assert_eq!(loss(&A.cast::<Value<f64>>(), &B), expected);
    let sigmoid = (A * B).map(Real::sigmoid);
    assert_close(gradient_of(|a| loss(&a, &B), &A), sigmoid * B.transpose());
}

#[test]
fn matrices_of_two_tapes_do_not_mix() {
    let (one, two) = (Tape::new(), Tape::new());
    let (a, b) = (one.matrix(&A), two.matrix(&B));
    let remedy = "the same tape";
    assert_refused(remedy, || a * b);
    assert_refused(remedy, || a + b);
    assert_refused(remedy, || a.lu().solve(&b));
    assert_refused(remedy, || a.dot(&b));
    assert_refused("another tape", || a[0].backward().wrt_matrix(&b));
    assert_refused("retain", || (a * a)[0].backward().wrt_matrix(&(a * Value::from(2.0))));
    let cleared = Tape::new();
    let c = cleared.matrix(&A);
    cleared.clear();
    assert_refused("cleared", || c * c);
}

/// The claims of `gradtape::linalg` about decompositions that take small elements for 0: they lose derivatives. If one
/// of these tests fails, nalgebra has improved.
#[test]
fn nalgebra_loses_the_derivatives_of_elements_that_it_takes_for_zero() {
    let diagonal = Matrix3::from_diagonal(&Vector3::new(1.0, 4.0, 2.0));
    let upper = Matrix3::new(1.0, 2.0, 0.5, 0.0, 3.0, 0.7, 0.0, 0.0, -2.0);
    let vectors = tangent_of(|s| s.symmetric_eigen().eigenvectors, &diagonal, &(B + B.transpose()));
    assert_eq!(vectors, Matrix3::zeros());
    let below = Matrix3::new(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0);
    let eigenvalues = tangent_of(|a| a.complex_eigenvalues().map(|z| z.re), &upper, &below);
    assert_eq!(eigenvalues, Vector3::zeros());
    let mut y = Vector3::from_element(Dual::constant(1.0));
    y.axpy(Dual::constant(1.0), &y.clone(), Dual::var(0.0));
    assert_eq!(y.map(Dual::tangent), Vector3::zeros());
    let (mut empty, mut full) =
        (Matrix4::from_fn(|i, j| 1.0 / f64::from(u8::try_from(i + 2 * j + 1).unwrap())), A.to_homogeneous());
    full.set_column(0, &Vector4::new(1.0, 2.0, 3.0, 4.0));
    empty.set_column(0, &Vector4::zeros());
    let tangent = empty.zip_map(&full, |a, b| Dual::new(a, [b])).determinant().tangent();
    empty.set_column(0, &full.column(0));
    assert!((tangent - empty.determinant()).abs() > 1e-6, "{tangent}");
}

#[test]
fn numbers_that_are_positive_definite_stay_so() {
    fn energy<T: MatrixElement>(x: &[T]) -> T {
        let solved = definite::<T, 2>(x).cholesky().unwrap().solve(&square::<T, 2>(&x[4..]));
        weighed(solved.iter().copied())
    }
    Check::new().strict().gradient(energy, &[0.3, 1.0, -2.0, 0.7, 1.0, 0.5, 0.25, -1.0]).unwrap();
}
