//! The decompositions that `gradtape::linalg` offers, of matrices where such algorithms fail: low rank, equal singular
//! values, graded numbers, zeros.
#![allow(clippy::cast_precision_loss, reason = "all sizes are small")]

use gradtape::{Dual, Number, Tape, linalg};
use nalgebra::{
    ComplexField, DMatrix, DVector, Dyn, Matrix3, OMatrix, RealField, SMatrix, SVD, Schur, SymmetricEigen, Vector3,
    convert,
};
use testing::workloads::Draws;

/// The entries as f64; `random` is uniform in [-1, 1).
type Entry = fn(row: usize, column: usize, random: f64) -> f64;

/// The singular value with this index.
type Value = fn(index: usize) -> f64;

const KINDS: &[(&str, Entry)] = &[
    ("ones", |_, _, _| 1.0),
    ("tenths", |_, _, _| 0.1),
    ("zero", |_, _, _| 0.0),
    ("identity", |i, j, _| f64::from(i == j)),
    ("diagonal", |i, j, _| if i == j { i as f64 - 2.0 } else { 0.0 }),
    ("chessboard", |i, j, _| f64::from((i + j) % 2 == 0)),
    ("counted", |i, j, _| (15 * i + j) as f64),
    ("upper triangle", |i, j, _| f64::from(i <= j)),
    ("nilpotent", |i, j, _| f64::from(i + 1 == j)),
    ("Hilbert", |i, j, _| 1.0 / (i + j + 1) as f64),
    ("random", |_, _, random| random),
    ("signs", |_, _, random| random.signum()),
    ("digits", |_, _, random| (1.5 * random).round()),
    ("with zeros", |_, _, random| if random > 0.3 { random } else { 0.0 }),
    ("graded", |i, j, random| random * 0.03_f64.powi(i32::try_from(i + j).unwrap())),
    ("with a column of zeros", |_, j, random| if j == 0 { 0.0 } else { random }),
];

/// A plain number of both crates.
trait Float: Number<Plain = Self> + RealField + Into<f64> {}

impl<T: Number<Plain = T> + RealField + Into<f64>> Float for T {}

fn matrix<T: Float>(rows: usize, columns: usize, entries: impl IntoIterator<Item = f64>) -> DMatrix<T> {
    DMatrix::from_iterator(rows, columns, entries.into_iter().map(convert::<f64, T>))
}

fn random(draws: &mut Draws, rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_vec(rows, columns, draws.take(rows * columns))
}

/// Matrices of this shape, each with a name.
fn matrices<T: Float>(draws: &mut Draws, rows: usize, columns: usize) -> Vec<(String, DMatrix<T>)> {
    let mut all = Vec::new();
    for (name, entry) in KINDS {
        let numbers = random(draws, rows, columns);
        let entries = numbers.map_with_location(entry);
        all.push(((*name).to_owned(), matrix(rows, columns, entries.iter().copied())));
    }
    for rank in 1..rows.min(columns).min(5) {
        let product = random(draws, rows, rank) * random(draws, rank, columns);
        all.push((format!("rank {rank}"), matrix(rows, columns, product.iter().copied())));
        let digits = |m: DMatrix<f64>| m.map(|x| (2.5 * x).round());
        let product = digits(random(draws, rows, rank)) * digits(random(draws, rank, columns));
        all.push((format!("digits of rank {rank}"), matrix(rows, columns, product.iter().copied())));
    }
    // Given singular values: repeated ones, close ones, and graded ones.
    let (u, v) = (random(draws, rows, rows).qr().q(), random(draws, columns, columns).qr().q());
    let values: [(&str, Value); 3] = [
        ("repeated", |k| [3.0, 3.0, 1.0, 0.0][k % 4]),
        ("close", |k| 1.0 + 1e-9 * k as f64),
        ("graded values", |k| 0.01_f64.powi(i32::try_from(k).unwrap())),
    ];
    for (name, value) in values {
        let sigma = DMatrix::from_fn(rows, columns, |i, j| if i == j { value(i) } else { 0.0 });
        all.push((name.to_owned(), matrix(rows, columns, (&u * sigma * &v).iter().copied())));
    }
    all
}

/// A difference, in units of the rounding of the largest number.
fn distance<T: Float>(ours: &DMatrix<T>, expected: &DMatrix<T>) -> f64 {
    let scale: f64 = expected.amax().into();
    let epsilon: f64 = T::default_epsilon().into();
    let error: f64 = (ours - expected).iter().map(|&x| x.into()).fold(0.0, |most: f64, x: f64| most.max(x.abs()));
    if error == 0.0 { 0.0 } else { error / (epsilon * scale) }
}

fn identity<T: Float>(size: usize) -> DMatrix<T> {
    DMatrix::identity(size, size)
}

#[track_caller]
fn assert_svd<T: Float>(name: &str, a: &DMatrix<T>) {
    let svd = linalg::svd(a.clone());
    let (u, v_t, sigma) = (svd.u.unwrap(), svd.v_t.unwrap(), svd.singular_values);
    let size = a.nrows() + a.ncols();
    let errors = [
        distance(&(&u * DMatrix::from_diagonal(&sigma) * &v_t), a),
        distance(&u.tr_mul(&u), &identity(sigma.len())),
        distance(&(&v_t * v_t.transpose()), &identity(sigma.len())),
        distance(&DMatrix::from_element(1, 1, sigma.norm()), &DMatrix::from_element(1, 1, a.norm())),
    ];
    for error in errors {
        assert!(error <= 16.0 * size as f64, "{name}: {errors:?} of {a}");
    }
    let rounding = T::default_epsilon() * convert(16.0) * sigma[0];
    assert!(sigma.iter().all(|&x| x >= -rounding), "{name}: {sigma}");
    assert!(sigma.as_slice().windows(2).all(|pair| pair[0] + rounding >= pair[1]), "{name}: {sigma}");
}

#[track_caller]
fn assert_eigen<T: Float>(name: &str, a: &DMatrix<T>) {
    let a = a + a.transpose();
    let eigen = linalg::symmetric_eigen(a.clone());
    let v = &eigen.eigenvectors;
    let errors = [
        distance(&(v * DMatrix::from_diagonal(&eigen.eigenvalues) * v.transpose()), &a),
        distance(&v.tr_mul(v), &identity(a.nrows())),
    ];
    for error in errors {
        assert!(error <= 32.0 * a.nrows() as f64, "{name}: {errors:?} of {a}");
    }
}

fn decompositions_are_right<T: Float>(largest: usize) {
    let draws = &mut Draws::new();
    let sizes = || [1, 2, 3, 4, 5, 7, 10, 15].into_iter().filter(|&size| size <= largest);
    for rows in sizes() {
        for columns in sizes() {
            for (name, a) in matrices::<T>(draws, rows, columns) {
                assert_svd(&name, &a);
                if rows == columns {
                    assert_eigen(&name, &a);
                }
            }
        }
    }
}

#[test]
fn decompositions_of_this_crate_are_right_for_matrices_of_every_kind() {
    decompositions_are_right::<f64>(15);
    decompositions_are_right::<f32>(10);
}

#[test]
fn small_matrices_of_signs_are_decomposed() {
    fn each<const R: usize, const C: usize>(assert: impl Fn(&DMatrix<f64>)) {
        let count = 3_usize.pow(u32::try_from(R * C).unwrap());
        // Not all of them, but in each digit all.
        for n in (0..count).step_by((count / 3000).max(1)) {
            let digit = |k: usize| (n / 3_usize.pow(u32::try_from(k).unwrap()) % 3) as f64 - 1.0;
            assert(&DMatrix::from_fn(R, C, |i, j| digit(R * j + i)));
        }
    }
    each::<2, 2>(|a| assert_svd("signs", a));
    each::<3, 3>(|a| assert_svd("signs", a));
    each::<4, 3>(|a| assert_svd("signs", a));
    each::<4, 4>(|a| assert_svd("signs", a));
    each::<3, 5>(|a| assert_svd("signs", a));
    each::<4, 4>(|a| assert_eigen("signs", a));
    // nalgebra has methods of its own for these sizes.
    let two = SMatrix::<f64, 2, 2>::from_element(1.0);
    assert!((linalg::svd(two).recompose().unwrap() - two).amax() < 1e-14);
    let three = Matrix3::from_element(1.0);
    assert!((linalg::svd(three).recompose().unwrap() - three).amax() < 1e-14);
}

/// The bug report: matrices of ones, whose only singular value is `√(r c)`.
#[test]
fn matrices_of_ones_have_one_singular_value_and_its_derivatives() {
    for (rows, columns) in (1..=15).flat_map(|rows| (1..=15).map(move |columns| (rows, columns))) {
        let ones = DMatrix::from_element(rows, columns, 1.0);
        let expected = ((rows * columns) as f64).sqrt();
        let tape = Tape::new();
        let a = tape.matrix(&ones);
        let sigma = linalg::svd(a.clone()).singular_values;
        assert!((sigma[0] - expected).abs() < 1e-13, "{rows}×{columns}: {sigma}");
        let slopes = sigma[0].backward().wrt_matrix(&a);
        assert!((slopes - &ones / expected).amax() < 1e-13, "{rows}×{columns}");
    }
    // The second derivative along B is 2 Σ over the other vectors, here for a matrix of rank 1 with one column.
    let column = DVector::from_element(5, 1.0);
    let b = DVector::from_fn(5, |i, _| i as f64);
    let line = column.zip_map(&b, |a, b| Dual::new(Dual::new(a, [b]), [Dual::from(b)]));
    let length = linalg::svd(line).singular_values[0];
    // |a + t b| has the derivatives a·b/|a| and (|a|² |b|² - (a·b)²)/|a|³.
    assert!((length.tangent().data() - 10.0 / 5.0_f64.sqrt()).abs() < 1e-13);
    assert!((length.tangent().tangent() - 50.0 / 5.0_f64.powf(1.5)).abs() < 1e-12);
}

#[test]
fn decompositions_of_numbers_that_are_not_finite_end() {
    for bad in [f64::NAN, f64::INFINITY, -f64::INFINITY] {
        for (size, place) in [(1, 0), (2, 1), (3, 4), (4, 0), (5, 7), (6, 35)] {
            let mut a = identity::<f64>(size);
            a[place] = bad;
            assert!(linalg::svd(a.clone()).singular_values.iter().all(|x| x.is_nan()), "{a}");
            assert!(
                !linalg::symmetric_eigen(a.clone() + a.transpose()).eigenvalues.iter().all(ComplexField::is_finite)
            );
            let wide = a.clone().resize_horizontally(size + 2, 1.0);
            assert!(linalg::svd(wide).singular_values[0].is_nan(), "{a}");
        }
    }
}

/// The claims of `gradtape::linalg` about decompositions of nalgebra: some are wrong, and some do not end.
/// If this test fails, nalgebra has changed.
#[test]
fn nalgebra_decomposes_some_matrices_wrongly() {
    let wrong_with_vectors = |a: &DMatrix<f64>| {
        let with_vectors: SVD<f64, Dyn, Dyn> = a.clone().svd(true, true);
        assert!(
            (a.singular_values().norm() - a.norm()).abs() < 1e-12 * a.norm(),
            "without vectors, the values are right"
        );
        (with_vectors.singular_values.norm() - a.norm()).abs() > 1e-6 * a.norm()
    };
    let shapes = (1..=15).flat_map(|rows| (1..=15).map(move |columns| (rows, columns)));
    let wrong = shapes.filter(|&(rows, columns)| wrong_with_vectors(&DMatrix::from_element(rows, columns, 1.0)));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.contains(&(5, 5)) && wrong.len() > 20, "{wrong:?}");
    let five: SVD<f64, Dyn, Dyn> = DMatrix::from_element(5, 5, 1.0).svd(true, true);
    assert!((five.singular_values[0] - 5.73).abs() < 0.01, "{}", five.singular_values);
    let with_nan = DMatrix::from_fn(4, 4, |i, j| if i == j { f64::NAN } else { 1.0 });
    assert!(SVD::try_new(with_nan, true, true, f64::EPSILON, 10_000).is_none());
    // A path of three nodes: the iteration without a bound would not end.
    let path = Matrix3::new(0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0);
    assert!(Schur::try_new(path, f64::EPSILON, 10_000).is_none());
    let largest: f64 = path.symmetric_eigenvalues().amax();
    assert!((largest - 2.0_f64.sqrt()).abs() < 1e-15);

    // The squares of small numbers underflow.
    let graded = |numbers: DMatrix<f64>| {
        numbers.map_with_location(|i, j, x| testing::number::<f32>(x * 0.001_f64.powi(i32::try_from(i + j).unwrap())))
    };
    let draws = &mut Draws::new();
    let skewed = (0..50).map(|_| graded(random(draws, 5, 5))).filter(|a| {
        let v = (a + a.transpose()).symmetric_eigen().eigenvectors;
        assert_eigen("graded", a);
        distance(&v.tr_mul(&v), &identity(5)) > 1e3
    });
    assert!(skewed.count() > 0);
}

fn nalgebra_decomposes<T: Float>() {
    let draws = &mut Draws::new();
    for (rows, columns) in [(1, 1), (2, 3), (3, 3), (4, 4), (6, 4), (5, 8), (7, 7), (10, 10), (12, 15)] {
        for (name, a) in matrices::<T>(draws, rows, columns) {
            let (qr, pivoted) = (a.clone().qr(), a.clone().col_piv_qr());
            let (lu, full) = (a.clone().lu(), a.clone().full_piv_lu());
            let mut products = [qr.q() * qr.r(), pivoted.q() * pivoted.r(), lu.l() * lu.u(), full.l() * full.u()];
            pivoted.p().inv_permute_columns(&mut products[1]);
            lu.p().inv_permute_rows(&mut products[2]);
            full.p().inv_permute_rows(&mut products[3]);
            full.q().inv_permute_columns(&mut products[3]);
            let shift = RealField::max(a.norm_squared(), convert(1e-3));
            let gram: OMatrix<T, Dyn, Dyn> = &a * a.transpose() + identity::<T>(rows) * shift;
            let (l, udu) = (gram.clone().cholesky().unwrap().l(), gram.clone().udu().unwrap());
            let grams = [&l * l.transpose(), &udu.u * udu.d_matrix() * udu.u.transpose()];
            let pairs = products.iter().map(|m| (m, &a)).chain(grams.iter().map(|m| (m, &gram)));
            for (k, (product, expected)) in pairs.enumerate() {
                let error = distance(product, expected);
                assert!(error <= 64.0 * (rows + columns) as f64, "decomposition {k}, {name}: {error} of {a}");
            }
            for q in [qr.q(), pivoted.q()] {
                let error = distance(&q.tr_mul(&q), &identity(q.ncols()));
                assert!(error <= 64.0 * rows as f64, "{name}: {error} of {a}");
            }
        }
    }
}

#[test]
fn other_decompositions_of_nalgebra_are_right_for_the_same_matrices() {
    nalgebra_decomposes::<f64>();
    nalgebra_decomposes::<f32>();
}

#[test]
fn nalgebra_loses_the_sum_of_eigenvalues_at_equal_ones() {
    let q = nalgebra::Rotation3::from_euler_angles(0.3, 0.5, 0.7).into_inner();
    let s = q * Matrix3::from_diagonal(&Vector3::new(2.0, 2.0, 5.0)) * q.transpose();
    let tape = Tape::new();
    let a = tape.matrix(&s);
    let slopes = |sum: gradtape::Value<f64>| sum.backward().wrt_matrix(&a).diagonal();
    let theirs = slopes(a.symmetric_eigenvalues().sum());
    assert!((theirs - Vector3::new(0.46, 1.78, 0.75)).amax() < 0.01, "{theirs}");
    let SymmetricEigen { eigenvalues, .. } = linalg::symmetric_eigen(a);
    for ours in [slopes(eigenvalues.sum()), slopes(linalg::spectral_sum(a, |x| x)), slopes(a.trace())] {
        assert!((ours - Vector3::repeat(1.0)).amax() < 1e-14, "{ours}");
    }
}
