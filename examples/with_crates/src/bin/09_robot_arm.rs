//! Lesson 9: the joints of a robot arm for a place of its hand, with matrices of `nalgebra`.
//!
//! The forward kinematics are products of rotations, written over any number: nalgebra multiplies matrices of them. Its
//! solvers then take the Jacobian as a plain matrix, in steps of damped least squares. It prints how far the hand is from
//! its goal after each step, and the joints.

use gradtape::{Real, VectorFunction};
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

/// An arm of six joints that turn about one axis each, with a link behind every joint.
struct Arm {
    axes: [Vector3<f64>; JOINTS],
    links: [Vector3<f64>; JOINTS],
}

const JOINTS: usize = 6;
/// The hand: its place, and the directions of two of its edges.
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
        let (mut place, mut frame) = (Vector3::zeros(), Matrix3::identity());
        for ((axis, link), &angle) in self.axes.iter().zip(&self.links).zip(joints) {
            frame *= rotation(axis, angle);
            place += frame * link.map(F::constant);
        }
        let hand = Matrix3::from_columns(&[place, frame.column(0).into(), frame.column(1).into()]);
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
        let miss = SVector::<f64, POSE>::from_vec(pose) - goal;
        errors.push(miss.norm());
        println!("step {step}: the hand misses its goal by {:.3e}", miss.norm());
        if miss.norm() < 1e-13 {
            break;
        }
        // Damped in proportion to the error: careful at first, and as fast as Newton's method in the end.
        let jacobian = SMatrix::<f64, POSE, JOINTS>::from_row_iterator(rows.into_iter().flatten());
        let normal = jacobian.tr_mul(&jacobian) + SMatrix::<f64, JOINTS, JOINTS>::identity() * (0.01 * miss.norm());
        joints -= normal.cholesky().expect("damped, it is positive definite").solve(&jacobian.tr_mul(&miss));
    }
    println!("joints {:.6?}", joints.as_slice());
    assert!(errors.last().is_some_and(|&error| error < 1e-13));
    // Near the goal, each error is about the square of the one before.
    assert!(errors.windows(2).all(|pair| pair[0] > 0.01 || pair[1] < 2.0 * pair[0].powi(2) + 1e-14));
}
