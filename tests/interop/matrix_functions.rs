//! `linalg::symmetric_matrix_function` and `linalg::spectral_sum` beside algebra that needs no eigenvalues, at and near
//! equal eigenvalues, up to the third derivative.

use gradtape::check::Check;
use gradtape::{Dual, Number, Real, Tape, Value, linalg, second_derivative};
use nalgebra::{DMatrix, Matrix2, Matrix3, RealField, SMatrix, Vector3, convert};
use testing::panics::assert_refused_here;
use testing::workloads::Draws;
use testing::{TestFloat, assert_near, number};

type Jet<T> = Dual<Dual<Dual<T>>>;

const B: Matrix3<f64> = Matrix3::new(1.0, -0.2, 0.7, -0.2, 0.2, 0.4, 0.7, 0.4, -1.8);
const C: Matrix3<f64> = Matrix3::new(0.2, 0.5, -1.0, 0.5, 1.0, 1.0, -1.0, 1.0, 1.6);

fn cube<F: Real>(x: F) -> F {
    x * x * x
}

fn reciprocal<F: Real>(x: F) -> F {
    F::one() / x
}

fn exponential<F: Real>(x: F) -> F {
    x.exp()
}

fn root<F: Real>(x: F) -> F {
    x.sqrt()
}

fn logarithm<F: Real>(x: F) -> F {
    x.ln()
}

/// A function that is known by its third derivative at the zeros of a Chebyshev polynomial no better than by its
/// values.
fn fast<F: Real<Plain = f64>>(x: F) -> F {
    (x * 40.0).sin()
}

/// The rotated diagonal matrix.
fn with_eigenvalues(values: Vector3<f64>) -> Matrix3<f64> {
    let q = nalgebra::Rotation3::from_euler_angles(0.3, 0.5, 0.7).into_inner();
    let s = q * Matrix3::from_diagonal(&values) * q.transpose();
    (s + s.transpose()) * 0.5
}

/// `S + t B + t² C` at `t = 0`, in one float with the numbers of another.
fn curve<T: TestFloat, Rounded: TestFloat>(s: &Matrix3<f64>) -> Matrix3<Jet<T>> {
    let t = Dual::var(Dual::var(Dual::var(T::zero())));
    let [s, b, c] = [s, &B, &C].map(|m| m.map(|x| number::<T>(number::<Rounded>(x).into())));
    Matrix3::from_fn(|i, j| t * t * c[(i, j)] + t * b[(i, j)] + s[(i, j)])
}

/// Three derivatives of a number along the curve, after its value.
fn derivatives<T: TestFloat>(x: Jet<T>) -> [f64; 4] {
    let levels = [x.data().data(), x.data().tangent(), x.tangent().tangent()];
    [levels[0].data(), levels[0].tangent(), levels[1].tangent(), levels[2].tangent()].map(Into::into)
}

/// The number and the derivatives agree; the tolerance is in units of the rounding of `T`.
#[track_caller]
fn assert_derivatives<T: TestFloat, U: TestFloat, const R: usize, const N: usize>(
    ours: &SMatrix<Jet<T>, R, N>,
    expected: &SMatrix<Jet<U>, R, N>,
    tolerance: f64,
    what: &str,
) {
    for order in 0..4 {
        let (ours, expected) = (ours.map(|x| derivatives(x)[order]), expected.map(|x| derivatives(x)[order]));
        let error = (ours - expected).amax() / expected.amax().max(1.0);
        let allowed = tolerance * T::epsilon().into();
        assert!(error <= allowed, "{what}, order {order}: {error:e} > {allowed:e}: {ours}instead of{expected}");
    }
}

fn functions_are_right<T: TestFloat + RealField>() {
    let gaps =
        [0.0, 1e-16, 1e-14, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.4, 1.0, 3.0];
    let shapes =
        [[0.0, 0.0, 3.0], [0.0, 1.0, 3.0], [0.0, 1.0, 1.0], [0.0, 1.0, 2.0], [0.0, 1.0, -0.3], [0.5, 0.5, 0.5]];
    for (gap, [a, b, c]) in gaps.into_iter().flat_map(|gap| shapes.map(|shape| (gap, shape))) {
        let far = |shift: f64| if shift == 3.0 { shift } else { shift * gap };
        let s = with_eigenvalues(Vector3::new(2.0 + far(a), 2.0 + far(b), 2.0 + far(c)));
        let (m, wide) = (curve::<T, T>(&s), curve::<f64, T>(&s));
        let what = |name: &str| format!("{name}, gap {gap}, {a} {b} {c}");

        let function = linalg::symmetric_matrix_function(m, cube);
        let expected = wide * wide * wide;
        assert_derivatives(&function, &expected, 300.0, &what("cube"));
        let sum = linalg::spectral_sum(m, cube);
        assert_derivatives(&SMatrix::from([sum]), &SMatrix::from([expected.trace()]), 300.0, &what("sum of cubes"));

        let function = linalg::symmetric_matrix_function(m, reciprocal);
        let expected = wide.try_inverse().unwrap();
        assert_derivatives(&function, &expected, 1e3, &what("inverse"));
        let sum = linalg::spectral_sum(m, reciprocal);
        assert_derivatives(&SMatrix::from([sum]), &SMatrix::from([expected.trace()]), 1e3, &what("sum of inverses"));

        let function = linalg::symmetric_matrix_function(m, exponential);
        let expected = wide.exp();
        assert_derivatives(&function, &expected, 1e3, &what("exponential"));
        let sum = linalg::spectral_sum(m, exponential);
        assert_derivatives(
            &SMatrix::from([sum]),
            &SMatrix::from([expected.trace()]),
            1e3,
            &what("sum of exponentials"),
        );

        let function = linalg::symmetric_matrix_function(m, root);
        assert_derivatives(&(function * function), &wide, 3e3, &what("root"));
        let sum = linalg::spectral_sum(m, root);
        assert_derivatives(&SMatrix::from([sum]), &SMatrix::from([function.trace()]), 3e3, &what("sum of roots"));

        let function = linalg::symmetric_matrix_function(m, logarithm).map(converted::<T, f64>);
        assert_derivatives(&function.exp().map(converted::<f64, T>), &wide, 3e3, &what("logarithm"));
        let sum = linalg::spectral_sum(m, logarithm);
        let expected = linalg::determinant(wide).ln();
        assert_derivatives(&SMatrix::from([sum]), &SMatrix::from([expected]), 3e3, &what("sum of logarithms"));
    }
}

/// The same number and derivatives in another float.
fn converted<T: TestFloat, U: TestFloat>(x: Jet<T>) -> Jet<U> {
    let [value, first, second, third] = derivatives(x).map(number::<U>);
    let level = |data, tangent| Dual::new(data, [tangent]);
    let low = Dual::new(level(value, first), [level(first, second)]);
    Dual::new(low, [Dual::new(level(first, second), [level(second, third)])])
}

#[test]
fn functions_are_right_at_and_near_equal_eigenvalues_up_to_the_third_derivative() {
    functions_are_right::<f64>();
    functions_are_right::<f32>();
}

/// A claim of `gradtape::linalg` about nalgebra. If this test fails, it has improved.
#[test]
fn the_exponential_of_nalgebra_loses_second_derivatives_in_f32() {
    let s = with_eigenvalues(Vector3::new(2.0, 2.0, 5.0));
    let exact = curve::<f64, f32>(&s).exp();
    let error = |ours: &Matrix3<Jet<f32>>, order: usize| {
        let differences = ours.zip_map(&exact, |ours, exact| derivatives(ours)[order] - derivatives(exact)[order]);
        differences.amax() / exact.map(|x| derivatives(x)[order]).amax()
    };
    let theirs = curve::<f32, f32>(&s).exp();
    assert!(error(&theirs, 1) < 1e-5 && error(&theirs, 2) > 1e-3, "{}", error(&theirs, 2));
    let ours = linalg::symmetric_matrix_function(curve::<f32, f32>(&s), exponential);
    assert!((0..4).all(|order| error(&ours, order) < 1e-5));
}

#[test]
fn functions_that_vary_fast_are_right() {
    // sin² + cos² = 1, where an expansion between the eigenvalues does not hold.
    for gap in [0.0, 1e-9, 1e-6, 1e-3, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0] {
        let m = curve::<f64, f64>(&with_eigenvalues(Vector3::new(1.0, 1.0 + gap, 1.0 + 2.2 * gap)));
        let sine = linalg::symmetric_matrix_function(m, fast);
        let cosine = linalg::symmetric_matrix_function(m, |x| (x * 40.0).cos());
        let one = sine * sine + cosine * cosine;
        for (order, size) in [1.0, 40.0, 1600.0, 64_000.0].into_iter().enumerate() {
            let expected = Matrix3::identity() * f64::from(order == 0);
            let error = (one.map(|x| derivatives(x)[order]) - expected).amax();
            assert!(error < 1e-12 * size, "gap {gap}, order {order}: {error:e}");
        }
    }
}

/// The cases of the bug report.
#[test]
fn energies_of_the_undeformed_state_have_second_derivatives() {
    fn power<F: Real<Plain = f64>>(x: F) -> F {
        x.powf(F::constant(0.75))
    }

    let squares = |h: gradtape::Jet<f64, 3>| {
        let one = gradtape::Jet::constant(1.0);
        linalg::spectral_sum(Matrix2::new(one, h, h, one), |x| x * x)
    };
    assert_eq!(second_derivative(squares, 0.0), [2.0, 0.0, 4.0]);
    // Simple shear: F = 1 + γ e₁ e₂ᵀ, C = FᵀF with the eigenvalues 1, and l, 1/l with l + 1/l = 2 + γ².
    let shear = |gamma: gradtape::Jet<f64, 3>| {
        let mut f = Matrix3::identity();
        f.m12 = gamma;
        linalg::spectral_sum(f.transpose() * f, power)
    };
    let closed_form = |gamma: gradtape::Jet<f64, 3>| {
        let root = (gamma * gamma + 4.0).sqrt();
        let stretch = (gamma + root) / 2.0;
        stretch.powi(3).sqrt() + stretch.powi(-3).sqrt() + 1.0
    };
    let undeformed = second_derivative(shear, 0.0);
    assert_eq!(undeformed[..2], [3.0, 0.0]);
    assert_near(undeformed[2], 1.125, 1e-14, "undeformed");
    for gamma in [0.0, 1e-9, 1e-8, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5, 2.0] {
        let (ours, expected) = (second_derivative(shear, gamma), second_derivative(closed_form, gamma));
        for (ours, expected) in ours.into_iter().zip(expected) {
            assert_near(ours, expected, 1e-13, gamma);
        }
    }
}

#[test]
fn sums_over_separate_eigenvalues_lose_second_derivatives_at_equal_ones() {
    let squares = |h: gradtape::Jet<f64, 3>| {
        let one = gradtape::Jet::constant(1.0);
        linalg::symmetric_eigen(Matrix2::new(one, h, h, one)).eigenvalues.norm_squared()
    };
    let [value, slope, second] = second_derivative(squares, 0.0);
    assert_eq!([value, slope], [2.0, 0.0]);
    assert!((second - 4.0).abs() > 1.0, "the page of `linalg` says so: {second}");
    let singular = |h: gradtape::Jet<f64, 3>| {
        let one = gradtape::Jet::constant(1.0);
        let a = Matrix2::new(one, h, h, one);
        [
            linalg::svd(a).singular_values.norm_squared(),
            linalg::spectral_sum(a.transpose() * a, |x| x),
            linalg::spectral_sum(a.transpose() * a, |x| x.sqrt()),
        ]
    };
    let second = [0, 1, 2].map(|k| second_derivative(|h| singular(h)[k], 0.0)[2]);
    assert!((second[0] - 4.0).abs() > 1.0, "{second:?}");
    assert_near(second[1], 4.0, 1e-14, "Σσ²");
    assert_near(second[2], 0.0, 1e-14, "Σσ = 2");
}

#[test]
fn every_number_has_the_derivatives_of_the_formulas() {
    fn energy<F: Number<Plain = f64> + RealField>(x: &[F]) -> F {
        let a = SMatrix::<F, 3, 3>::from_column_slice(x);
        let a: SMatrix<F, 3, 3> = a * a.transpose() + SMatrix::<F, 3, 3>::identity() * convert::<f64, F>(0.5);
        let strain: SMatrix<F, 3, 3> = linalg::symmetric_matrix_function(a, |x| x.ln() / 2.0);
        let sum = linalg::spectral_sum(a, |x| x.sqrt());
        strain.norm_squared() + strain[(1, 0)] * sum
    }
    let check = Check::new();
    let draws = &mut Draws::new();
    let random: [f64; 9] = draws.take(9).try_into().unwrap();
    let mut points = vec![[0.0; 9], random, random.map(f64::round)];
    for i in 0..3 {
        points[0][4 * i] = 1.5;
    }
    for x in &points {
        check.gradient(energy, x).unwrap();
        check.jacobian(|x| gradtape::gradient(energy, x).1, x).unwrap();
        assert!(check.gradient(energy, x).unwrap().all_agree(), "{x:?}");
        testing::assert_same_bits(gradtape::gradient(energy, x).0, energy(x), "plain numbers");
    }
    // The gradient of Σ φ(λ) is φ'(A), and its second derivatives along B are those of φ'.
    for values in [Vector3::new(2.0, 2.0, 5.0), Vector3::new(2.0, 2.0 + 1e-9, 2.0), Vector3::new(1.0, 2.0, 4.0)] {
        let s = with_eigenvalues(values);
        let both = |m: Matrix3<f64>| m + m.transpose();
        let tape = Tape::new();
        let a = tape.matrix(&s);
        let whole = a.lower_triangle() + a.lower_triangle().transpose() - Matrix3::from_diagonal(&a.diagonal());
        let sum = linalg::spectral_sum(a, |x| x * x.ln());
        let lower = both(sum.backward().wrt_matrix(&a)) * 0.5;
        assert!((lower - slope(s)).amax() < 1e-14, "{lower}");
        let sum = linalg::spectral_sum(whole, |x| x * x.ln());
        assert!((both(sum.backward().wrt_matrix(&a)) * 0.5 - slope(s)).amax() < 1e-14);

        let expected = slope(s.zip_map(&B, |s, b| Dual::new(s, [b]))).map(Dual::tangent);
        let a = tape_of_duals(&s);
        let product = linalg::spectral_sum(a.1, |x| x * x.ln()).backward().wrt_matrix(&a.1).map(Dual::tangent);
        assert!((both(product) * 0.5 - expected).amax() < 1e-13, "{product}{expected}");
        let (inner, outer) = (Tape::new(), Tape::new());
        let variables = inner.matrix(&s);
        let a = outer.matrix(&variables);
        let slopes = linalg::spectral_sum(a, |x| x * x.ln()).backward().wrt_matrix(&a);
        let product = slopes.dot(&B.cast::<Value<f64>>()).backward().wrt_matrix(&variables);
        assert!((both(product) * 0.5 - expected).amax() < 1e-13, "{product}{expected}");
    }
}

/// The matrix function of the derivative of `x ln x`.
fn slope<F: Number<Plain = f64> + RealField>(s: Matrix3<F>) -> Matrix3<F> {
    linalg::symmetric_matrix_function(s, |x| x.ln() + 1.0)
}

fn tape_of_duals(s: &Matrix3<f64>) -> (Tape<Dual<f64>>, Matrix3<Value<Dual<f64>>>) {
    let tape = Tape::new();
    let a = tape.matrix(&s.zip_map(&B, |s, b| Dual::new(s, [b])));
    (tape, a)
}

#[test]
fn matrices_of_any_size_have_functions() {
    let draws = &mut Draws::new();
    for size in [0, 1, 2, 5, 8] {
        let a = DMatrix::from_vec(size, size, draws.take(size * size));
        let b = DMatrix::from_vec(size, size, draws.take(size * size));
        let (s, b) = (&a * a.transpose() + DMatrix::identity(size, size), &b + b.transpose());
        let t = Dual::var(Dual::var(0.0));
        let line = s.zip_map(&b, |s, b| t * b + s);
        let root = linalg::symmetric_matrix_function(line.clone(), |x| x.sqrt());
        let sum = linalg::spectral_sum(line.clone(), |x| x.sqrt());
        let errors = (&root * &root - &line).map(|x| x.data().data().abs().max(x.tangent().data().abs()));
        let second = (&root * &root - &line).map(|x| x.tangent().tangent().abs());
        assert!(errors.iter().chain(&second).all(|&error| error < 1e-12), "{errors}{second}");
        let difference = sum - root.trace();
        for error in [difference.data().data(), difference.data().tangent(), difference.tangent().tangent()] {
            assert_near(error, 0.0, 1e-12, size);
        }
    }
}

#[test]
fn functions_without_derivatives_at_an_eigenvalue_keep_their_numbers() {
    fn positive<F: Number<Plain = f64> + RealField>(x: &[F]) -> F {
        linalg::spectral_sum(Matrix3::from_column_slice(x), |x| x.relu().powi(2))
    }

    // The derivatives of the square root at 0 are infinite.
    for first in [4.0, 0.0] {
        let tape = Tape::<f64>::new();
        let a = tape.matrix(&Matrix3::from_diagonal(&Vector3::new(first, 0.0, 0.0)));
        let sum = linalg::spectral_sum(a, |x| x.sqrt());
        let root = linalg::symmetric_matrix_function(a, |x| x.sqrt());
        assert_eq!(sum, first.sqrt());
        assert_eq!(linalg::data_of(&root), Matrix3::from_diagonal(&Vector3::new(first.sqrt(), 0.0, 0.0)));
        let slopes = sum.backward().wrt_matrix(&a);
        assert_eq!([slopes.m11, slopes.m22, slopes.m33], [0.5 / first.sqrt(), f64::INFINITY, f64::INFINITY]);
        assert_eq!(root.m21.backward().wrt(a.m21), 1.0 / first.sqrt());
        assert_eq!(root.m32.backward().wrt(a.m32), f64::INFINITY);
    }
    // Rounding makes the eigenvalues 0 of a matrix of rank 1 negative, or not.
    let v = Vector3::new(1.0, 2.0, 2.0);
    let sum = linalg::spectral_sum(v * v.transpose(), |x| x.abs().sqrt());
    assert_near(sum, 3.0, 1e-7, "a matrix of rank 1");
    // A kink at 0, between the eigenvalues: their positive part.
    let check = Check::new();
    for values in [Vector3::new(2.0, 2.0, -1.0), Vector3::new(-1.0, -1.0, 0.5), Vector3::new(0.1, 0.2, -0.1)] {
        let s = with_eigenvalues(values);
        check.gradient(positive, s.as_slice()).unwrap();
        check.jacobian(|x| gradtape::gradient(positive, x).1, s.as_slice()).unwrap();
    }
}

#[test]
fn misuse_is_refused_and_only_the_lower_triangle_is_read() {
    assert_refused_here("square", || linalg::spectral_sum(DMatrix::<f64>::zeros(2, 3), |x| x));
    assert_refused_here("square", || linalg::symmetric_matrix_function(DMatrix::<f64>::zeros(2, 3), |x| x));
    let s = with_eigenvalues(Vector3::new(1.0, 2.0, 4.0));
    let lower = linalg::symmetric_matrix_function(s.lower_triangle(), |x| x * x);
    assert!((lower - s * s).amax() < 1e-13);
    assert_near(linalg::spectral_sum(s.lower_triangle(), |x| x), 7.0, 1e-14, "the trace");
    let block = DMatrix::<Value<f64>>::identity(4, 4);
    assert_eq!(linalg::spectral_sum(block.view((1, 1), (2, 2)), |x| x + 1.0), 4.0, "a view");
    let nan = s.map_with_location(|i, j, x| if i == j { f64::NAN } else { x });
    assert!(linalg::spectral_sum(nan, |x| x).is_nan());
}
