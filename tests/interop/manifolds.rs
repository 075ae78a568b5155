//! Derivatives by vectors, rotations and poses: retractions against the exponentials of matrices, Jacobians of several
//! blocks against those of one.

use gradtape::linalg::{self, Manifold};
use gradtape::{Dual, Dual2};
use nalgebra::{
    Isometry2, Isometry3, Matrix3, Matrix4, RealField, Rotation2, SMatrix, SVector, UnitComplex, UnitQuaternion,
    Vector1, Vector2, Vector3, Vector6,
};
use testing::allocations::allocations;
use testing::{TestFloat, number};

/// `exp(m)`, by its series.
fn exponential<F: RealField + Copy, const K: usize>(m: SMatrix<F, K, K>) -> SMatrix<F, K, K> {
    let (mut sum, mut term) = (SMatrix::identity(), SMatrix::identity());
    for k in 1..60 {
        term = term * m / nalgebra::convert::<f64, F>(f64::from(k));
        sum += term;
    }
    sum
}

fn in_plane<F: RealField + Copy>(angle: F) -> SMatrix<F, 2, 2> {
    SMatrix::<F, 2, 2>::new(F::zero(), -angle, angle, F::zero())
}

/// Value, gradient and Hessian of each element of the matrix of `x ⊕ δ`, and of its expansion at 0, beside those of the
/// matrix of `x` times the exponential.
fn assert_is_exponential<T, A, const N: usize, const K: usize>(
    x: &A,
    delta: SVector<T, N>,
    matrix: impl Fn(A::Over<Dual2<T, N>>) -> SMatrix<Dual2<T, N>, K, K>,
    generator: impl Fn(SVector<Dual2<T, N>, N>) -> SMatrix<Dual2<T, N>, K, K>,
) where
    T: TestFloat + RealField,
    A: Manifold<T, N>,
{
    let start = matrix(x.retract(SVector::from([Dual2::from(T::zero()); N])));
    let variables = |delta: SVector<T, N>| SVector::from(Dual2::vars(delta.into()));
    let tolerance = 4e3 * Into::<f64>::into(T::epsilon());
    let numbers =
        |y: &Dual2<T, N>| [vec![y.data()], y.gradient().to_vec(), y.hessian().as_flattened().to_vec()].concat();
    for (delta, ours) in [(delta, x.retract(variables(delta))), (SVector::zeros(), x.expansion(Dual2::new))] {
        let expected = start * exponential(generator(variables(delta)));
        for (ours, expected) in matrix(ours).iter().zip(&expected) {
            for (a, b) in numbers(ours).into_iter().zip(numbers(expected)) {
                let error: f64 = (a - b).into();
                assert!(error.abs() <= tolerance, "at {delta:?}: {ours:?} instead of {expected:?}");
            }
        }
    }
}

/// Angles at 0, on both sides of where the formula changes, and large ones.
const ANGLES: [f64; 9] = [0.0, 1e-30, 1e-8, 0.000_999, 0.001_001, 0.999, 1.001, 2.5, 3.2];

fn retractions<T: TestFloat + RealField>() {
    for angle in ANGLES {
        let n = |x: f64| number::<T>(x);
        let axis = Vector3::new(0.6, -0.48, 0.64).map(|x| n(x * angle));
        let plane = Vector1::new(n(angle));
        let complex = UnitComplex::new(n(0.4));
        assert_is_exponential(&complex, plane, |x| x.to_rotation_matrix().into_inner(), |d| in_plane(d.x));
        assert_is_exponential(&Rotation2::new(n(0.4)), plane, nalgebra::Rotation::into_inner, |d| in_plane(d.x));
        let quaternion = UnitQuaternion::from_euler_angles(n(0.1), n(-0.7), n(2.0));
        assert_is_exponential(&quaternion, axis, |x| x.to_rotation_matrix().into_inner(), |d| d.cross_matrix());
        let rotation = quaternion.to_rotation_matrix();
        assert_is_exponential(&rotation, axis, nalgebra::Rotation::into_inner, |d| d.cross_matrix());
        let flat = Isometry2::new(Vector2::new(n(0.3), n(-2.0)), n(0.4));
        let twist = Vector3::new(n(0.5), n(-0.25), n(angle));
        assert_is_exponential(
            &flat,
            twist,
            |x| x.to_homogeneous(),
            |d| {
                let mut m = Matrix3::zeros();
                m.fixed_view_mut::<2, 2>(0, 0).copy_from(&in_plane(d.z));
                m.fixed_view_mut::<2, 1>(0, 2).copy_from(&d.xy());
                m
            },
        );
        let pose = Isometry3::from_parts(Vector3::new(n(0.3), n(-2.0), n(1.0)).into(), quaternion);
        let twist = Vector6::new(n(0.5), n(-0.25), n(0.75), axis.x, axis.y, axis.z);
        assert_is_exponential(
            &pose,
            twist,
            |x| x.to_homogeneous(),
            |d| {
                let mut m = Matrix4::zeros();
                m.fixed_view_mut::<3, 3>(0, 0).copy_from(&d.fixed_rows::<3>(3).into_owned().cross_matrix());
                m.fixed_view_mut::<3, 1>(0, 3).copy_from(&d.fixed_rows::<3>(0));
                m
            },
        );
    }
}

#[test]
fn retractions_and_their_expansions_are_products_with_the_exponential_to_second_order() {
    retractions::<f64>();
    retractions::<f32>();
}

#[test]
fn at_zero_a_retraction_is_the_point_itself_bit_for_bit() {
    let quaternion = UnitQuaternion::from_euler_angles(0.1, -0.7, 2.0);
    let pose = Isometry3::from_parts(Vector3::new(0.3, -2.0, 1.0).into(), quaternion);
    let same: Isometry3<f64> = pose.retract(Vector6::zeros());
    assert_eq!((same.translation, same.rotation.coords), (pose.translation, quaternion.coords));
    assert_eq!(pose.expansion(|x, _, _| x), same);
    let flat = Isometry2::new(Vector2::new(0.3, -2.0), 0.4);
    assert_eq!(flat.retract::<f64>(Vector3::zeros()), flat);
    assert_eq!(Vector2::new(1.0, 2.0).retract::<f64>(Vector2::zeros()), Vector2::new(1.0, 2.0));
}

/// The place of a point in the picture of a camera.
fn project<F: RealField + Copy>(pose: &Isometry3<F>, point: &Vector3<F>, focal: &Vector1<F>) -> Vector2<F> {
    let p = pose.inverse_transform_vector(&(point - pose.translation.vector));
    p.xy() * (focal.x / p.z)
}

#[test]
fn several_blocks_have_the_jacobians_of_each_alone() {
    let pose = Isometry3::new(Vector3::new(0.1, 0.2, -3.0), Vector3::new(0.2, -0.1, 0.05));
    let (point, focal) = (Vector3::new(0.4, -0.3, 2.0), Vector1::new(500.0));
    let (value, (by_pose, by_point, by_focal)) = linalg::jacobian(
        |(pose, point, focal): (Isometry3<Dual<f64, 10>>, _, _)| project(&pose, &point, &focal),
        (&pose, &point, &focal),
    );
    assert!((value - project(&pose, &point, &focal)).amax() < 1e-12);
    let (lifted_point, lifted_focal) = (point.map(Dual::from), focal.map(Dual::from));
    let alone = linalg::jacobian(|pose| project(&pose, &lifted_point, &lifted_focal), &pose).1;
    assert!((by_pose - alone).amax() < 1e-11);
    let alone = linalg::jacobian(|point| project(&pose.cast(), &point, &focal.map(Dual::from)), &point).1;
    assert!((by_point - alone).amax() < 1e-11);
    let (_, (alone,)) = linalg::jacobian(
        |(focal,): (Vector1<Dual<f64, 1>>,)| project(&pose.cast(), &point.map(Dual::from), &focal),
        (&focal,),
    );
    assert!((by_focal - alone).amax() < 1e-11);

    let (_, (row_by_pose, row_by_point)) = linalg::gradient(
        |(pose, point): (Isometry3<Dual<f64, 9>>, _)| project(&pose, &point, &focal.map(Dual::from)).x,
        (&pose, &point),
    );
    assert!((row_by_pose - by_pose.row(0)).amax() < 1e-11 && (row_by_point - by_point.row(0)).amax() < 1e-11);
}

#[test]
fn four_blocks_stand_in_the_order_of_their_arguments() {
    let (a, b, c, d) = (Vector1::new(1.0), Vector2::new(2.0, 3.0), Vector1::new(4.0), Vector1::new(5.0));
    let (value, (by_a, by_b, by_c, by_d)) = linalg::gradient(
        |(a, b, c, d): (Vector1<Dual<f64, 5>>, Vector2<_>, Vector1<_>, Vector1<_>)| a.x * b.x * b.y * c.x * d.x,
        (&a, &b, &c, &d),
    );
    assert_eq!((value, by_a.x, by_b.x, by_b.y, by_c.x, by_d.x), (120.0, 120.0, 60.0, 40.0, 30.0, 24.0));
}

#[test]
fn a_hessian_by_local_coordinates_is_that_of_the_exponential() {
    // u · R exp(φ) v has the gradient v × Rᵀu, and the Hessian sym(w vᵀ) - (w·v) I with w = Rᵀu.
    let rotation = UnitQuaternion::<f64>::from_euler_angles(0.3, 0.5, -0.2);
    let (u, v) = (Vector3::new(1.0, 2.0, -1.0), Vector3::new(0.5, -0.3, 2.0));
    let (value, gradient, hessian) =
        linalg::hessian(|r: UnitQuaternion<_>| (r * v.map(Dual2::from)).dot(&u.map(Dual2::from)), &rotation);
    let w = rotation.inverse() * u;
    let expected = (w * v.transpose() + v * w.transpose()) / 2.0 - Matrix3::identity() * w.dot(&v);
    assert!((value - w.dot(&v)).abs() < 1e-14);
    assert!((gradient - v.cross(&w)).amax() < 1e-14);
    assert!((hessian - expected).amax() < 1e-14, "{hessian} instead of {expected}");
}

#[test]
fn nothing_is_allocated() {
    let pose = Isometry3::new(Vector3::new(0.1, 0.2, -3.0), Vector3::new(0.2, -0.1, 0.05));
    let point = Vector3::new(0.4, -0.3, 2.0);
    let count = allocations(|| {
        let residual = |(pose, point): (Isometry3<Dual<f64, 9>>, _)| project(&pose, &point, &Vector1::new(1.0.into()));
        let (_, (by_pose, _)) = linalg::jacobian(residual, (&pose, &point));
        let square =
            |pose: Isometry3<_>| project(&pose, &point.map(Dual2::from), &Vector1::new(1.0.into())).norm_squared();
        let (_, _, hessian) = linalg::hessian(square, &pose);
        assert!(by_pose.iter().chain(&hessian).all(|x| x.is_finite()));
    });
    assert_eq!(count, 0);
}
