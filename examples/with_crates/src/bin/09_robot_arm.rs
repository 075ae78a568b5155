//! Lesson 9: inverse kinematics of a robot arm, with matrices of `nalgebra`.
//!
//! The forward kinematics are products of rotations, written over any number; nalgebra multiplies matrices of any
//! number. Steps of damped least squares use the Jacobian as a plain matrix. The lesson prints the distance of the hand
//! from its goal after each step, and the joint angles.

use gradtape::{Real, VectorFunction};
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

/// An arm of six joints that turn about one axis each, with a link behind every joint.
struct Arm {
    axes: [Vector3<f64>; JOINTS],
    links: [Vector3<f64>; JOINTS],
}

const JOINTS: usize = 6;
/// The pose of the hand: its position, and two columns of its rotation matrix.
const POSE: usize = 9;

/// A rotation about a unit vector, by the formula of Rodrigues.
fn rotation<F: Real<Plain = f64>>(axis: &Vector3<f64>, angle: F) -> Matrix3<F> {
    let cross = axis.cross_matrix();
    let (square, lift) = (cross * cross, |m: Matrix3<f64>| m.map(F::constant));
    Matrix3::identity() + lift(cross) * angle.sin() + lift(square) * (-angle.cos() + 1.0)
}

impl VectorFunction for Arm {
    fn outputs(&self, _inputs: usize) -> usize {
        POSE
    }

    fn eval<F: Real<Plain = f64>>(&self, joints: &[F], pose: &mut [F]) {
        let (mut position, mut frame) = (Vector3::zeros(), Matrix3::identity());
        for ((axis, link), &angle) in self.axes.iter().zip(&self.links).zip(joints) {
            frame *= rotation(axis, angle);
            position += frame * link.map(F::constant);
        }
        let hand = Matrix3::from_columns(&[position, frame.column(0).into(), frame.column(1).into()]);
        pose.copy_from_slice(hand.as_slice());
    }
}

fn main() {
    let (x, y, z) = (Vector3::x(), Vector3::y(), Vector3::z());
    let arm = Arm { axes: [z, y, y, x, y, x], links: [z * 0.4, z * 0.6, x * 0.5, x * 0.1, x * 0.1, x * 0.05] };
    let goal = SVector::<f64, POSE>::from_vec(arm.value(&[0.5, 0.3, -0.4, 0.6, 0.7, -0.2]));

    let mut joints = SVector::<f64, JOINTS>::repeat(0.1);
    let mut errors = Vec::new();
    for step in 0..50 {
        let (pose, rows) = arm.value_and_jacobian(joints.as_slice());
        let error = SVector::<f64, POSE>::from_vec(pose) - goal;
        errors.push(error.norm());
        println!("step {step}: the hand misses its goal by {:.3e}", error.norm());
        if error.norm() < 1e-13 {
            break;
        }
        // The damping is proportional to the error: strong at first, and in the end the steps are those of Newton's
        // method.
        let jacobian = SMatrix::<f64, POSE, JOINTS>::from_row_iterator(rows.into_iter().flatten());
        let normal = jacobian.tr_mul(&jacobian) + SMatrix::<f64, JOINTS, JOINTS>::identity() * (0.01 * error.norm());
        joints -= normal.cholesky().expect("damped, it is positive definite").solve(&jacobian.tr_mul(&error));
    }
    println!("joints {:.6?}", joints.as_slice());
    assert!(errors.last().is_some_and(|&error| error < 1e-13));
    // Near the goal, each error is about the square of the one before.
    assert!(errors.windows(2).all(|pair| pair[0] > 0.01 || pair[1] < 2.0 * pair[0].powi(2) + 1e-14));
}
