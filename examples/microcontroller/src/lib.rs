//! A robot arm with two joints: the position of its hand, and the angles for a given position.

#![no_std]

include!(concat!(env!("OUT_DIR"), "/arm.rs"));

/// Angles at which the distance of the hand from `target` is below 10 µm, by Newton's method from the current angles.
/// `None` if it does not converge: the target is out of reach, or the arm is stretched out at the start, where the
/// Jacobian has no inverse.
pub fn reach(target: [f32; 2], mut angles: [f32; 2]) -> Option<[f32; 2]> {
    for _ in 0..20 {
        let [x, y, x_by_a, x_by_b, y_by_a, y_by_b] = hand_and_jacobian(&angles);
        let (dx, dy) = (target[0] - x, target[1] - y);
        if libm::hypotf(dx, dy) < 1e-5 {
            return Some(angles);
        }
        let determinant = x_by_a * y_by_b - x_by_b * y_by_a;
        angles[0] += (dx * y_by_b - dy * x_by_b) / determinant;
        angles[1] += (dy * x_by_a - dx * y_by_a) / determinant;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{hand, hand_and_jacobian, reach};

    #[test]
    fn the_hand_is_where_the_angles_say() {
        let [x, y] = hand(&[0.0, core::f32::consts::FRAC_PI_2]);
        assert!((x - 0.30).abs() < 1e-6 && (y - 0.25).abs() < 1e-6, "{x}, {y}");
    }

    #[test]
    fn the_jacobian_is_that_of_differences() {
        let (angles, step) = ([0.4, 1.1], 1e-2);
        let [x, y, jacobian @ ..] = hand_and_jacobian(&angles);
        assert_eq!([x, y], hand(&angles));
        for joint in 0..2 {
            let [mut before, mut behind] = [angles; 2];
            before[joint] -= step;
            behind[joint] += step;
            let (before, behind) = (hand(&before), hand(&behind));
            for axis in 0..2 {
                let difference = (behind[axis] - before[axis]) / (2.0 * step);
                assert!((jacobian[2 * axis + joint] - difference).abs() < 1e-4, "{joint} {axis}");
            }
        }
    }

    #[test]
    fn the_hand_gets_where_it_can() {
        let angles = reach([0.2, 0.4], [0.5, 1.0]).expect("that is near");
        let [x, y] = hand(&angles);
        assert!((x - 0.2).abs() < 1e-5 && (y - 0.4).abs() < 1e-5, "{x}, {y}");
        assert_eq!(reach([0.6, 0.0], [0.5, 1.0]), None);
    }
}
