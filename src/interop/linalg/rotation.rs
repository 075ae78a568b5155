//! Rotations and their axes, smooth at the identity, too.

use nalgebra::{Quaternion, RealField, Storage, U3, UnitQuaternion, Vector, Vector3, convert};

/// The rotation about `v` by the angle `|v|`. Unlike [`UnitQuaternion::from_scaled_axis`], which is the constant
/// identity at 0, it has all derivatives there.
///
/// The quaternion is `(cos(|v|/2), v/2 · sin(|v|/2)/(|v|/2))`.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::Vector3;
///
/// let tape = Tape::<f64>::new();
/// let v = tape.matrix(&Vector3::zeros());
/// let moved = linalg::from_scaled_axis(v) * Vector3::x();
/// // Near 0, the rotation adds the cross product v × x.
/// assert_eq!(moved.y.backward().wrt(v.z), 1.0);
/// assert_eq!(moved.z.backward().wrt(v.y), -1.0);
/// ```
#[track_caller]
pub fn from_scaled_axis<F: RealField + Copy, S: Storage<F, U3>>(v: Vector<F, U3, S>) -> UnitQuaternion<F> {
    let half = v * number::<F>(0.5);
    let square = half.norm_squared();
    let (cos, sinc) = if square < F::one() {
        (alternating(square, 0), alternating(square, 1))
    } else {
        let angle = square.sqrt();
        (angle.cos(), angle.sin() / angle)
    };
    UnitQuaternion::new_unchecked(Quaternion::from_parts(cos, half * sinc))
}

/// The axis of the rotation times its angle, which is at most π: the inverse of [`from_scaled_axis`]. Unlike
/// [`UnitQuaternion::scaled_axis`], which is the constant 0 at the identity, it has all derivatives there.
///
/// For the quaternion `(w, u)` with `w ≥ 0`, it is `2 u atan(|u|/w)/|u|`.
///
/// # Examples
///
/// Interpolation between rotations, with derivatives where they are equal, too:
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::{UnitQuaternion, Vector3};
///
/// let tape = Tape::<f64>::new();
/// let [angle, t] = [0.5, 0.25].map(|x| tape.var(x));
/// let about_z = |angle| UnitQuaternion::from_axis_angle(&Vector3::z_axis(), angle);
/// let (a, b) = (about_z(0.5.into()), about_z(angle));
/// let between = a * linalg::from_scaled_axis(linalg::scaled_axis(&(a.inverse() * b)) * t);
/// assert!((linalg::scaled_axis(&between).z - 0.5).abs() < 1e-15);
/// assert!((linalg::scaled_axis(&between).z.backward().wrt(angle) - 0.25).abs() < 1e-15);
/// ```
#[track_caller]
pub fn scaled_axis<F: RealField + Copy>(rotation: &UnitQuaternion<F>) -> Vector3<F> {
    let (w, u) = (rotation.scalar(), rotation.imag());
    let (w, u) = if w < F::zero() { (-w, -u) } else { (w, u) };
    let square = u.norm_squared();
    let ratio = square / (w * w);
    let half = if ratio < number(1.0 / 16.0) {
        // atan(√r)/√r
        (0..14).rev().map(f64::from).fold(F::zero(), |tail, k| number::<F>(1.0 / (2.0 * k + 1.0)) - ratio * tail) / w
    } else {
        let sine = square.sqrt();
        sine.atan2(w) / sine
    };
    u * (half + half)
}

/// The series `1 - s/2! + …` of `cos √s`; with `shift` 1 the series `1 - s/3! + …` of `sin √s / √s`; with 2 and 3,
/// those that begin with `1 - 2! s/4!` and `1 - 3! s/5!`, for `s < 1`. The truncation error is below 10⁻²¹.
pub(super) fn alternating<F: RealField + Copy>(s: F, shift: u32) -> F {
    let factor = |k: u32| number::<F>(1.0 / f64::from((2 * k - 1 + shift) * (2 * k + shift)));
    (1..=10).rev().fold(F::one(), |tail, k| F::one() - s * factor(k) * tail)
}

pub(super) fn number<F: RealField>(x: f64) -> F {
    convert(x)
}
