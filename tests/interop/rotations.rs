//! Gradients through the rotations of nalgebra, and through those of this crate where nalgebra has no gradient.

use crate::matrices::{MatrixElement, assert_gradients, weighed};
#[allow(dead_code, reason = "each test binary takes what it needs")]
use gradtape::linalg::{from_scaled_axis, scaled_axis};
use gradtape::{Dual, Tape, Value};
use nalgebra::{
    Isometry3, Matrix3, Quaternion, Rotation2, Rotation3, Translation3, Unit, UnitComplex, UnitQuaternion, Vector2,
    Vector3,
};
use testing::assert_near;

fn vector<T: MatrixElement>(x: &[T]) -> Vector3<T> {
    Vector3::from_column_slice(&x[..3])
}

const SIX: [f64; 6] = [0.3, -0.4, 0.9, 1.0, 0.5, -0.7];

#[test]
fn rotation_matrices_have_gradients() {
    fn axis_angle<T: MatrixElement>(x: &[T]) -> T {
        let rotation = Rotation3::from_axis_angle(&Unit::new_normalize(vector(x)), x[3]);
        weighed((rotation * vector(&x[2..])).iter().copied()) + rotation.angle()
    }
    fn scaled<T: MatrixElement>(x: &[T]) -> T {
        let rotation = Rotation3::new(vector(x));
        weighed(rotation.matrix().iter().chain(&rotation.scaled_axis()).copied())
    }
    fn euler<T: MatrixElement>(x: &[T]) -> T {
        let rotation = Rotation3::from_euler_angles(x[0], x[1], x[2]);
        let (roll, pitch, yaw) = (rotation * Rotation3::new(vector(&x[3..]))).euler_angles();
        weighed(rotation.matrix().iter().copied().chain([roll, pitch, yaw]))
    }
    fn plane<T: MatrixElement>(x: &[T]) -> T {
        let (a, b) = (Rotation2::new(x[0]), UnitComplex::new(x[1]));
        let v = a * (b * Vector2::new(x[2], x[3]));
        weighed([v.x, v.y, (a * Rotation2::new(x[5])).angle(), b.powf(x[4]).angle(), a.slerp(&b.into(), x[5]).angle()])
    }
    fn facing<T: MatrixElement>(x: &[T]) -> T {
        let rotation = Rotation3::face_towards(&vector(x), &vector(&x[3..]));
        let between = Rotation3::rotation_between(&vector(x), &vector(&x[2..])).unwrap();
        weighed(rotation.matrix().iter().chain(between.matrix()).copied())
    }
    fn moved<T: MatrixElement>(x: &[T]) -> T {
        let motion = Isometry3::from_parts(Translation3::from(vector(x)), UnitQuaternion::new(vector(&x[3..])));
        weighed((motion.inverse() * (motion * motion)).to_homogeneous().iter().copied())
    }
    assert_gradients! { axis_angle at SIX; scaled at SIX; euler at SIX; plane at SIX; facing at SIX; moved at SIX; }
}

#[test]
fn quaternions_have_gradients() {
    fn slerp<T: MatrixElement>(x: &[T]) -> T {
        let a = UnitQuaternion::from_euler_angles(x[0], x[1], x[2]);
        let b = UnitQuaternion::new(vector(&x[3..]));
        weighed(a.slerp(&b, x[2]).coords.iter().chain(&a.nlerp(&b, x[2]).coords).copied()) + a.angle_to(&b)
    }
    fn functions<T: MatrixElement>(x: &[T]) -> T {
        let (q, p) = (Quaternion::new(x[0], x[1], x[2], x[3]), Quaternion::new(x[3], x[4], x[5], x[0]));
        let results =
            [q * p, q.exp(), q.ln(), q.powf(x[4]), q.try_inverse().unwrap(), q.sqrt(), q.sin(), p.cosh(), p.tanh()];
        weighed(results.iter().flat_map(|q| q.coords.iter().copied())) + q.norm()
    }
    fn unit<T: MatrixElement>(x: &[T]) -> T {
        let q = UnitQuaternion::from_quaternion(Quaternion::new(x[3], x[0], x[1], x[2]));
        let matrix = q.to_rotation_matrix();
        let back = UnitQuaternion::from_rotation_matrix(&matrix);
        let results = [q.ln(), *q.powf(x[4]), *back];
        weighed(results.iter().flat_map(|q| q.coords.iter().copied())) + weighed(q.scaled_axis().iter().copied())
    }
    assert_gradients! { slerp at SIX; functions at SIX; unit at SIX; }
}

/// A rotation vector, converted to a rotation and back by this crate.
fn there_and_back<T: MatrixElement>(x: &[T]) -> T {
    let rotation = from_scaled_axis(vector(x));
    weighed(rotation.coords.iter().chain(&scaled_axis(&rotation)).copied())
}

#[test]
fn rotations_by_a_vector_have_gradients_from_none_to_half_a_turn() {
    assert_gradients! {
        there_and_back at [0.0; 3], [-0.0; 3], [1e-9, 0.0, -3e-9], [0.01, -0.02, 0.0], [0.4, -0.2, 0.3], [1.2, 1.1, -1.15],
            [1.3, 1.1, -1.15], [2.0, 1.0, -2.0];
    }
}

#[test]
fn rotations_by_a_vector_are_those_of_nalgebra_and_come_back() {
    for length in [0.0, 1e-200, 1e-8, 0.1, 0.49, 0.51, 1.0, 1.999, 2.0, 2.001, 3.0, std::f64::consts::PI - 1e-9] {
        let v = Vector3::new(0.6, -0.48, 0.64) * length;
        let rotation = from_scaled_axis(v);
        assert!((rotation.coords - UnitQuaternion::new(v).coords).amax() < 3e-16, "{length}");
        assert!((scaled_axis(&rotation) - v).amax() <= 4e-16 * length, "{length}");
        let opposite = UnitQuaternion::new_unchecked(-rotation.into_inner());
        assert_eq!(scaled_axis(&opposite), scaled_axis(&rotation), "{length}");
    }
}

#[test]
fn second_derivatives_exist_where_nothing_rotates() {
    // R(v) = 1 + [v] + [v]²/2 + …: the second derivative of its trace is the second derivative of -|v|².
    let hessian = |at: Vector3<f64>| {
        Matrix3::from_fn(|i, j| {
            let v = Vector3::from_fn(|k, _| {
                Dual::new(Dual::new(at[k], [f64::from(u8::from(k == j))]), [f64::from(u8::from(k == i)).into()])
            });
            from_scaled_axis(v).to_rotation_matrix().matrix().trace().tangent().tangent()
        })
    };
    assert!((hessian(Vector3::zeros()) + Matrix3::identity() * 2.0).amax() < 1e-15);
    let (inner, outer) = (Tape::new(), Tape::new());
    let v = inner.matrix(&Vector3::<f64>::zeros());
    let w = outer.matrix(&v);
    let first = scaled_axis(&from_scaled_axis(w)).norm_squared().backward().wrt_matrix(&w);
    let second = first.x.backward().wrt_matrix(&v);
    assert!((second - Vector3::x() * 2.0).amax() < 1e-15, "{second}");
}

/// The claims of `gradtape::linalg` about nalgebra's rotations by the angle 0: the derivative is lost. If one of these
/// tests fails, nalgebra has improved.
#[test]
fn nalgebra_loses_the_derivative_where_nothing_rotates() {
    let tape = Tape::new();
    let v = tape.matrix(&Vector3::<f64>::zeros());
    let lost = [
        UnitQuaternion::new(v).i,
        Rotation3::new(v).matrix()[(2, 1)],
        Rotation3::from_axis_angle(&Vector3::x_axis(), v.x).matrix()[(2, 1)],
        from_scaled_axis(v).scaled_axis().x,
        from_scaled_axis(v).powf(2.0.into()).i,
        Quaternion::from_imag(v).exp().i,
        UnitQuaternion::identity().slerp(&from_scaled_axis(v), 0.5.into()).i,
        UnitQuaternion::rotation_between(&(v + Vector3::x()), &Vector3::x()).unwrap().k,
    ];
    assert!(lost.into_iter().all(Value::is_constant), "{lost:?}");
    let kept = [
        UnitQuaternion::from_axis_angle(&Vector3::x_axis(), v.x).i * 2.0,
        UnitQuaternion::from_euler_angles(v.x, v.y, v.z).i * 2.0,
        Rotation3::from_euler_angles(v.x, v.y, v.z).matrix()[(2, 1)],
        from_scaled_axis(v).i * 2.0,
        scaled_axis(&from_scaled_axis(v)).x,
    ];
    for value in kept {
        assert_near(value.backward().wrt(v.x), 1.0, 1e-15, value);
    }
}
