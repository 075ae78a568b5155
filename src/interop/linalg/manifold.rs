//! Points with local coordinates: vectors, rotations and poses.

use nalgebra::{
    Isometry2, Isometry3, RealField, Rotation2, Rotation3, SVector, Scalar as Element, Translation, UnitComplex,
    UnitQuaternion, Vector1, Vector3, Vector6,
};

use super::rotation::{alternating, from_scaled_axis, number};
use crate::scalar::Scalar;

/// A point of a space that has `N` local coordinates at each point, such as a rotation.
///
/// A rotation of space is stored as four or nine numbers, but can move in three directions only. So derivatives are taken by
/// three local coordinates `δ` around the point `x`, at `δ = 0`: those of `f(x ⊕ δ)`. A step of an optimiser is a `δ`, too,
/// and `x.retract(δ)` is the next point. The retraction `x ⊕ δ` is `x` at `δ = 0`, and must have all derivatives there.
///
/// | point | `N` | `x ⊕ δ` |
/// |---|---|---|
/// | [`SVector`] | its length | `x + δ` |
/// | [`UnitComplex`], [`Rotation2`]: SO(2) | 1 | `x · exp(δ)`, the rotation by `δ` first |
/// | [`UnitQuaternion`], [`Rotation3`]: SO(3) | 3 | `x · exp(δ)`, the rotation by the scaled axis `δ` first |
/// | [`Isometry2`]: SE(2) | 3: `δ = (ρ, θ)` | `x · exp(δ)`, the translation part before the angle |
/// | [`Isometry3`]: SE(3) | 6: `δ = (ρ, φ)` | `x · exp(δ)`, the translation part before the scaled axis |
///
/// Increments are multiplied on the right: they are in the frame of the body. For a pose with rotation `R` and translation
/// `t`, `x ⊕ δ` has the rotation `R exp(φ)` and the translation `t + R V(φ) ρ`, where `V(φ) = Σ [φ]ₓᵏ/(k + 1)!` and `[φ]ₓ` is the
/// matrix of the cross product. Near `φ = 0`, all functions of the angle are computed as series, so that derivatives of all
/// orders are right there. Source: J. Solà, J. Deray, D. Atchuthan, A micro Lie theory for state estimation in robotics, 2018.
///
/// # Examples
///
/// A point of your own, a direction on the unit circle of which only the angle is known:
///
/// ```
/// use gradtape::linalg::{self, Manifold};
/// use nalgebra::{RealField, SVector, Vector1, Vector2};
///
/// struct Direction<F> {
///     angle: F,
/// }
///
/// impl Manifold<f64, 1> for Direction<f64> {
///     type Over<F: RealField + Copy> = Direction<F>;
///
///     fn retract<F: RealField + Copy + From<f64>>(&self, delta: SVector<F, 1>) -> Direction<F> {
///         Direction { angle: delta.x + F::from(self.angle) }
///     }
/// }
///
/// let (_, jacobian) = linalg::jacobian(
///     |x: Direction<_>| Vector2::new(x.angle.cos(), x.angle.sin()),
///     &Direction { angle: 0.0 },
/// );
/// assert_eq!(jacobian, Vector2::new(0.0, 1.0));
/// ```
///
/// A rotated point moves by the cross product `R (φ × p)`:
///
/// ```
/// use gradtape::linalg;
/// use nalgebra::{UnitQuaternion, Vector3};
///
/// let rotation = UnitQuaternion::from_euler_angles(0.1, 0.2, 0.3);
/// let point = Vector3::new(1.0, 2.0, 3.0);
/// let (moved, jacobian) = linalg::jacobian(|r: UnitQuaternion<_>| r * point.map(From::from), &rotation);
/// assert!((moved - rotation * point).amax() < 1e-15);
/// let expected = -(rotation.to_rotation_matrix() * point.cross_matrix());
/// assert!((jacobian - expected).amax() < 1e-15);
/// ```
pub trait Manifold<T, const N: usize> {
    /// The same kind of point over another number.
    type Over<F: RealField + Copy>;

    /// `x ⊕ δ`: the point with the local coordinates `δ` around this one.
    ///
    /// ```
    /// use gradtape::linalg::Manifold;
    /// use nalgebra::{Isometry2, Vector3};
    ///
    /// // A quarter turn to the left on a circle of radius 2.
    /// let quarter = std::f64::consts::FRAC_PI_2;
    /// let start = Isometry2::<f64>::identity();
    /// let end: Isometry2<f64> = start.retract(Vector3::new(2.0 * quarter, 0.0, quarter));
    /// assert!((end.translation.vector.x - 2.0).abs() < 1e-15 && (end.translation.vector.y - 2.0).abs() < 1e-15);
    /// ```
    fn retract<F: RealField + Copy + From<T>>(&self, delta: SVector<F, N>) -> Self::Over<F>;
}

impl<T: Scalar + Element, const N: usize> Manifold<T, N> for SVector<T, N> {
    type Over<F: RealField + Copy> = SVector<F, N>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: SVector<F, N>) -> SVector<F, N> {
        delta.zip_map(self, |delta, x| delta + F::from(x))
    }
}

impl<T: Scalar + RealField> Manifold<T, 1> for UnitComplex<T> {
    type Over<F: RealField + Copy> = UnitComplex<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector1<F>) -> UnitComplex<F> {
        let lifted = nalgebra::Complex::new(F::from(self.re), F::from(self.im));
        UnitComplex::new_unchecked(lifted) * UnitComplex::new(delta.x)
    }
}

impl<T: Scalar + RealField> Manifold<T, 1> for Rotation2<T> {
    type Over<F: RealField + Copy> = Rotation2<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector1<F>) -> Rotation2<F> {
        Rotation2::from_matrix_unchecked(self.matrix().map(F::from)) * Rotation2::new(delta.x)
    }
}

impl<T: Scalar + RealField> Manifold<T, 3> for UnitQuaternion<T> {
    type Over<F: RealField + Copy> = UnitQuaternion<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector3<F>) -> UnitQuaternion<F> {
        lifted(self) * from_scaled_axis(delta)
    }
}

impl<T: Scalar + RealField> Manifold<T, 3> for Rotation3<T> {
    type Over<F: RealField + Copy> = Rotation3<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector3<F>) -> Rotation3<F> {
        let matrix = self.matrix().map(F::from) * from_scaled_axis(delta).to_rotation_matrix().into_inner();
        Rotation3::from_matrix_unchecked(matrix)
    }
}

impl<T: Scalar + RealField> Manifold<T, 3> for Isometry2<T> {
    type Over<F: RealField + Copy> = Isometry2<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector3<F>) -> Isometry2<F> {
        let (rho, angle) = (delta.xy(), delta.z);
        let (sinc, half, _) = coefficients(angle * angle);
        let across = nalgebra::Vector2::new(-rho.y, rho.x);
        let rotation = nalgebra::Complex::new(F::from(self.rotation.re), F::from(self.rotation.im));
        let rotation = UnitComplex::new_unchecked(rotation);
        let moved = rotation * (rho * sinc + across * (angle * half));
        let translation = self.translation.vector.map(F::from) + moved;
        Isometry2::from_parts(Translation::from(translation), rotation * UnitComplex::new(angle))
    }
}

impl<T: Scalar + RealField> Manifold<T, 6> for Isometry3<T> {
    type Over<F: RealField + Copy> = Isometry3<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector6<F>) -> Isometry3<F> {
        let (rho, phi) = (delta.fixed_rows::<3>(0).into_owned(), delta.fixed_rows::<3>(3).into_owned());
        let (_, half, sixth) = coefficients(phi.norm_squared());
        let (rotation, once) = (lifted(&self.rotation), phi.cross(&rho));
        let moved = rotation * (rho + once * half + phi.cross(&once) * sixth);
        let translation = self.translation.vector.map(F::from) + moved;
        Isometry3::from_parts(Translation::from(translation), rotation * from_scaled_axis(phi))
    }
}

/// The same rotation over another number.
fn lifted<T: Scalar + RealField, F: RealField + Copy + From<T>>(rotation: &UnitQuaternion<T>) -> UnitQuaternion<F> {
    UnitQuaternion::new_unchecked(nalgebra::Quaternion::from(rotation.coords.map(F::from)))
}

/// `sin θ/θ`, `(1 - cos θ)/θ²` and `(θ - sin θ)/θ³`, as functions of `s = θ²`.
fn coefficients<F: RealField + Copy>(s: F) -> (F, F, F) {
    if s < F::one() {
        return (alternating(s, 1), alternating(s, 2) * number(0.5), alternating(s, 3) * number(1.0 / 6.0));
    }
    let angle = s.sqrt();
    let (sin, half_sin) = (angle.sin(), (angle * number(0.5)).sin());
    (sin / angle, half_sin * half_sin * number::<F>(2.0) / s, (angle - sin) / (s * angle))
}
