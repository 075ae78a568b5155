//! `linalg::determinant` beside exact integers: values and three derivatives, at matrices of every rank.
#![allow(clippy::cast_precision_loss, reason = "all integers are small")]

use gradtape::program::{Expr, Program};
use gradtape::{Dual, Function, Number, Real, Tape, Value, function, linalg};
use nalgebra::{DMatrix, Matrix2, Matrix3, Matrix4};
use testing::panics::assert_refused_here;
use testing::workloads::Draws;
use testing::{TestFloat, assert_near, number};

/// The matrix of the bug report: its first two columns are dependent.
const DEPENDENT_COLUMNS: Matrix4<f64> =
    Matrix4::new(1.0, 1.0, 2.0, 3.0, 2.0, 2.0, 1.0, 0.0, 4.0, 4.0, 5.0, 1.0, 1.0, 1.0, 0.0, 7.0);

/// The coefficients of `det(A + t B)` up to `t⁴`, by expansion along the rows. Without signs, it is the permanent.
fn expansion(a: &DMatrix<i32>, b: &DMatrix<i32>, is_signed: bool) -> [i128; 5] {
    let size = a.nrows();
    let mut minors = vec![[0_i128; 5]; 1 << size];
    minors[0][0] = 1;
    for columns in 1..1_usize << size {
        let row = columns.count_ones() as usize - 1;
        for column in (0..size).filter(|column| columns >> column & 1 == 1) {
            let minor = minors[columns & !(1 << column)];
            let sign = if is_signed && (columns >> column >> 1).count_ones() % 2 == 1 { -1 } else { 1 };
            let (constant, slope) = (sign * i128::from(a[(row, column)]), sign * i128::from(b[(row, column)]));
            for k in 0..5 {
                minors[columns][k] += constant * minor[k] + if k > 0 { slope * minor[k - 1] } else { 0 };
            }
        }
    }
    minors[(1 << size) - 1]
}

fn integers(draws: &mut Draws, rows: usize, columns: usize) -> DMatrix<i32> {
    let draw = draws.take(rows * columns);
    #[allow(clippy::cast_possible_truncation, reason = "they are small")]
    DMatrix::from_iterator(rows, columns, draw.iter().map(|x| (2.5 * x).round() as i32))
}

/// A matrix of each rank, and others of this size.
fn matrices(draws: &mut Draws, size: usize) -> Vec<DMatrix<i32>> {
    let mut all: Vec<_> = (0..=size).map(|rank| integers(draws, size, rank) * integers(draws, rank, size)).collect();
    all.push(DMatrix::from_element(size, size, 1));
    all.push(DMatrix::identity(size, size));
    all.push(DMatrix::from_fn(size, size, |i, j| i32::from((i + 1) % size == j)));
    all.push(DMatrix::from_fn(size, size, |i, j| i32::from(i < j)));
    if size > 0 {
        for line in [0, size - 1] {
            let mut with_zeros = integers(draws, size, size);
            with_zeros.row_mut(line).fill(0);
            all.push(with_zeros.clone());
            all.push(with_zeros.transpose());
            with_zeros.column_mut(size / 2).fill(0);
            all.push(with_zeros);
        }
    }
    if size == 4 {
        #[allow(clippy::cast_possible_truncation, reason = "they are small")]
        all.push(DMatrix::from_iterator(4, 4, DEPENDENT_COLUMNS.iter().map(|&x| x as i32)));
    }
    all
}

fn directional_derivatives_are_exact<T: TestFloat>() {
    let draws = &mut Draws::new();
    for size in 0..=7 {
        for a in matrices(draws, size) {
            for b in [integers(draws, size, size), DMatrix::identity(size, size)] {
                let t = Dual::var(Dual::var(Dual::var(T::zero())));
                let line = a.zip_map(&b, |a, b| t * number::<T>(b.into()) + number::<T>(a.into()));
                let det = linalg::determinant(line);
                let ours = [
                    det.data().data().data(),
                    det.data().data().tangent(),
                    det.data().tangent().tangent(),
                    det.tangent().tangent().tangent(),
                ];
                let exact = expansion(&a, &b, true);
                // Products without signs say how much cancels.
                let sizes = expansion(&a.abs(), &b.abs(), false);
                for (order, factor) in [1, 1, 2, 6].into_iter().enumerate() {
                    let [exact, size] = [exact[order], sizes[order]].map(|c| number::<T>((factor * c) as f64));
                    let tolerance = T::epsilon() * number(32.0) * size;
                    assert_near(ours[order], exact, tolerance, format!("order {order} of {a} along {b}"));
                }
            }
        }
    }
}

#[test]
fn three_derivatives_are_exact_at_matrices_of_every_rank() {
    directional_derivatives_are_exact::<f64>();
    directional_derivatives_are_exact::<f32>();
}

#[test]
fn all_derivatives_are_exact_at_regular_matrices() {
    let draws = &mut Draws::new();
    for size in 4..8 {
        let a = integers(draws, size, size) + DMatrix::identity(size, size) * 3;
        let b = integers(draws, size, size);
        let t = Dual::var(Dual::var(Dual::var(Dual::var(0.0))));
        let constant = |x: i32| Dual::<Dual<Dual<Dual<f64>>>>::constant(Number::constant(x.into()));
        let line = a.zip_map(&b, |a, b| t * constant(b) + constant(a));
        let fourth = linalg::determinant(line).tangent().tangent().tangent().tangent();
        let (exact, cancelled) = (expansion(&a, &b, true), expansion(&a.abs(), &b.abs(), false));
        assert!(exact[0] != 0, "{a}");
        assert_near(fourth, 24.0 * exact[4] as f64, 1e-14 * 24.0 * cancelled[4] as f64, &a);
    }
}

/// One function for all numbers: the elements of a square matrix in column order.
fn of_elements<F: Real<Plain = f64>>(x: &[F]) -> F {
    let size = x.len().isqrt();
    linalg::determinant(DMatrix::from_column_slice(size, size, x))
}

#[test]
fn gradients_are_cofactors_and_hessians_are_minors() {
    let unit =
        |size, places: &[usize]| DMatrix::from_fn(size, size, |i, j| i32::from(places.contains(&(i + size * j))));
    let f = function!(|x| of_elements(x));
    let draws = &mut Draws::new();
    for a in (1..=5).flat_map(|size| matrices(draws, size)) {
        let x: Vec<f64> = a.iter().map(|&x| x.into()).collect();
        let hessian = f.hessian(&x);
        let gradient = f.gradient(&x);
        let by_tape = gradtape::gradient(of_elements, &x).1;
        for i in 0..x.len() {
            let cofactor = expansion(&a, &unit(a.nrows(), &[i]), true)[1] as f64;
            assert_near(gradient[i], cofactor, 1e-12, &a);
            assert_near(by_tape[i], cofactor, 1e-12, &a);
            for (j, &second) in hessian[i].iter().enumerate() {
                let minor = if i == j { 0.0 } else { expansion(&a, &unit(a.nrows(), &[i, j]), true)[2] as f64 };
                assert_near(second, minor, 1e-12, &a);
            }
        }
    }
    let tape = Tape::new();
    let a = tape.matrix(&DEPENDENT_COLUMNS);
    let slopes = linalg::determinant(a).backward().wrt_matrix(&a);
    assert_near(slopes.m11, 43.0, 1e-12, "a cofactor");
}

/// The claims of `gradtape::linalg` about the determinants of nalgebra. If this test fails, nalgebra has improved.
#[test]
fn nalgebra_loses_the_derivatives_of_determinants_of_singular_matrices() {
    let tape = Tape::new();
    let a = tape.matrix(&DEPENDENT_COLUMNS);
    for determinant in [a.determinant(), a.lu().determinant(), a.full_piv_lu().determinant()] {
        assert_eq!(determinant.backward().wrt(a.m11), 0.0, "the cofactor is 43");
    }
    let a = tape.matrix(&Matrix2::new(0.0, 1.0, 0.0, 2.0));
    assert_eq!(a.determinant().backward().wrt(a.m21), -1.0);
    assert_eq!(a.lu().determinant().backward().wrt(a.m21), 0.0);
    let a = tape.matrix(&Matrix2::new(1.0, 2.0, 2.0, 4.0));
    assert_eq!(a.determinant().backward().wrt(a.m11), 4.0);
    assert_eq!(a.full_piv_lu().determinant().backward().wrt_matrix(&a), Matrix2::zeros());
}

#[test]
fn nested_numbers_agree() {
    let x = DEPENDENT_COLUMNS;
    let direction = Matrix4::from_fn(|i, j| if (i + j) % 3 == 0 { 1.0 } else { -0.5 });
    let along = |a: Matrix4<f64>| linalg::determinant(a.zip_map(&direction, |a, b| Dual::new(a, [b]))).tangent();
    // Forward over reverse, and reverse over reverse.
    let tape = Tape::new();
    let a = tape.matrix(&x.zip_map(&direction, |a, b| Dual::new(a, [b])));
    let product = linalg::determinant(a).backward().wrt_matrix(&a).map(Dual::tangent);
    let (inner, outer) = (Tape::new(), Tape::new());
    let variables = inner.matrix(&x);
    let a = outer.matrix(&variables);
    let slopes = linalg::determinant(a).backward().wrt_matrix(&a);
    let slope = slopes.dot(&direction.cast::<Value<f64>>());
    assert_near(slope.data(), along(x), 1e-12, "the derivative along the direction");
    let second = slope.backward().wrt_matrix(&variables);
    for (i, (&ours, &theirs)) in second.iter().zip(&product).enumerate() {
        let mut moved = x;
        // The determinant is linear in each element.
        moved[i] += 1.0;
        assert_near(ours, along(moved) - along(x), 1e-10, i);
        assert_near(theirs, along(moved) - along(x), 1e-10, i);
    }
}

#[test]
fn numbers_are_as_accurate_as_by_elimination() {
    // Up to 3×3, they are those of nalgebra.
    let three = Matrix3::new(1.5, 0.2, -0.4, -0.3, 2.1, 0.9, 0.7, -0.6, 1.2);
    assert_eq!(linalg::determinant(three), three.determinant());
    assert_eq!(
        linalg::determinant(three.remove_row(1).remove_column(0)),
        three.remove_row(1).remove_column(0).determinant()
    );
    // Graded numbers: no part is lost.
    for size in 1..9_i32 {
        let n = usize::try_from(size).unwrap();
        let graded =
            DMatrix::from_fn(n, n, |i, j| if i == j { 10.0_f64.powi(-7 * i32::try_from(i).unwrap()) } else { 0.0 });
        let exact = 10.0_f64.powi(-7 * size * (size - 1) / 2);
        assert_near(linalg::determinant(graded.clone()) / exact, 1.0, 1e-13, &graded);
        let (value, slopes) = gradtape::gradient(of_elements, graded.as_slice());
        assert_near(value / exact, 1.0, 1e-13, &graded);
        for i in 0..n {
            assert_near(slopes[i * (n + 1)] * graded[(i, i)] / exact, 1.0, 1e-13, i);
        }
    }
    // A matrix close to rank 1, of which the polynomial would lose all digits: 2⁻³⁰ⁿ⁺³⁰ times a determinant of
    // integers. Large pivots before it must not help.
    let draws = &mut Draws::new();
    for (size, before) in [(3, 1), (3, 2), (3, 4), (4, 0), (4, 1), (5, 0), (6, 0), (7, 2), (8, 0)] {
        let small = integers(draws, size, size);
        let near = small.map(|x| 1.0 + f64::from(x) * 2.0_f64.powi(-30));
        let ones = DMatrix::from_element(size, size, 1);
        let [constant, slope, ..] = expansion(&small, &ones, true);
        let small_power = 2.0_f64.powi(-30 * i32::try_from(size - 1).unwrap());
        let exact = small_power * (slope as f64 + constant as f64 * 2.0_f64.powi(-30));
        let mut with_pivots = DMatrix::identity(size + before, size + before) * 4.0;
        with_pivots.view_mut((before, before), (size, size)).copy_from(&near);
        let exact = exact * 4.0_f64.powi(i32::try_from(before).unwrap());
        assert_near(linalg::determinant(with_pivots) / exact, 1.0, 1e-5, &near);
    }
    // The gradient of the logarithm is the transposed inverse, at regular matrices of any size.
    for size in 1..=15 {
        let a = DMatrix::from_vec(size, size, draws.take(size * size)) + DMatrix::identity(size, size);
        let (value, slopes) = gradtape::gradient(|x| of_elements(x).abs().ln(), a.as_slice());
        let inverse = a.clone().try_inverse().unwrap().transpose();
        let tolerance = 1e-12 * inverse.amax().max(1.0);
        assert_near(value, a.clone().full_piv_lu().determinant().abs().ln(), tolerance, &a);
        let slopes = DMatrix::from_vec(size, size, slopes);
        assert!((&slopes - &inverse).amax() < tolerance * inverse.amax().max(1.0), "{slopes}{inverse}");
    }
}

#[test]
fn extreme_matrices_have_no_nan() {
    // Rounding leaves pivots of rounding, and pivots of the rounding of rounding.
    fn line<T: TestFloat>(a: f64, b: f64) -> Dual<Dual<Dual<T>>> {
        Dual::var(Dual::var(Dual::var(T::zero()))) * number::<T>(b) + number::<T>(a)
    }
    fn derivatives<T: TestFloat>(a: &DMatrix<f64>, b: &DMatrix<f64>) -> [T; 4] {
        let det = linalg::determinant(a.zip_map(b, |a, b| line::<T>(a, b)));
        let by_level = [det.data().data(), det.data().tangent(), det.tangent().tangent()];
        [by_level[0].data(), by_level[0].tangent(), by_level[1].tangent(), by_level[2].tangent()]
    }
    let draws = &mut Draws::new();
    for size in 4..12 {
        for rank in 0..size {
            let a = DMatrix::from_vec(size, rank, draws.take(size * rank))
                * DMatrix::from_vec(rank, size, draws.take(rank * size));
            let b = DMatrix::from_vec(size, size, draws.take(size * size));
            for scale in [1.0, 1e-30, 1e20] {
                let a = &a * scale;
                let wide = derivatives::<f64>(&a, &b);
                let narrow = derivatives::<f32>(&a, &b);
                assert!(wide.iter().all(|x| x.is_finite()), "{wide:?} at {a}");
                // A product of many numbers may overflow in f32.
                assert!(narrow.iter().all(|x| x.is_finite()) || scale > 1.0, "{narrow:?} at {a}");
                for (order, derivative) in wide.into_iter().enumerate().take(size - rank) {
                    let bound = 1e-13 * scale.powi(i32::try_from(size - order).unwrap()) * f64::from(1 << (2 * size));
                    assert_near(derivative, 0.0, bound, format!("order {order} of rank {rank}{a}"));
                }
            }
        }
    }
    for size in 1..6 {
        for place in 0..size * size {
            let mut a = DMatrix::from_vec(size, size, draws.take(size * size));
            a[place] = f64::NAN;
            assert!(linalg::determinant(a.clone()).is_nan(), "{a}");
        }
    }
}

#[test]
fn programs_compute_determinants() {
    let singular = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 0.0, 1.0, 1.0];
    let recorded = [1.5, -0.3, 0.7, 0.2, 2.1, -0.6, -0.4, 0.9, 1.2];
    let f = function!(|x| of_elements(x));
    // Up to 3×3 there is no guard: the program holds for all matrices.
    let program = f.record(&recorded).gradient();
    for x in [singular, recorded, [0.0; 9], [1.0; 9]] {
        let (value, gradient) = f.value_and_gradient(&x);
        let expected: Vec<f64> = std::iter::once(value).chain(gradient).collect();
        for (ours, theirs) in program.eval(&x).unwrap().into_iter().zip(expected) {
            assert_near(ours, theirs, 1e-14, x);
        }
    }
    // Larger ones hold for matrices with the same pivots.
    let x: [f64; 16] = DEPENDENT_COLUMNS.as_slice().try_into().unwrap();
    let of_array = |x: &[Expr<f64>]| linalg::determinant(Matrix4::from_column_slice(x));
    let program = Program::record(of_array, &x).gradient();
    let near = x.map(|x| x * 1.5);
    for x in [x, near] {
        let expected = f.gradient(&x);
        for (ours, theirs) in program.eval(&x).unwrap()[1..].iter().zip(expected) {
            assert_near(*ours, theirs, 1e-11, x);
        }
    }
    let mut other = x;
    other.reverse();
    assert!(program.eval(&other).is_err(), "another pivot is the largest");
}

#[test]
fn misuse_is_refused_and_the_empty_matrix_has_the_determinant_one() {
    assert_eq!(linalg::determinant(DMatrix::<f64>::zeros(0, 0)), 1.0);
    assert_refused_here("square", || linalg::determinant(DMatrix::<f64>::zeros(2, 3)));
    let block = DMatrix::<f64>::identity(5, 5);
    assert_eq!(linalg::determinant(block.view((1, 1), (4, 4))), 1.0, "a view");
}
