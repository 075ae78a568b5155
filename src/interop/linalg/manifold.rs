//! Points with local coordinates: vectors, rotations and poses.

use std::array::from_fn;

use nalgebra::{
    Complex, Isometry2, Isometry3, Matrix2, Quaternion, RealField, Rotation2, Rotation3, SMatrix, SVector,
    Scalar as Element, Translation, UnitComplex, UnitQuaternion, Vector1, Vector2, Vector3, Vector6,
};

use super::rotation::{alternating, from_scaled_axis, number};
use crate::scalar::Scalar;

/// A point of a space that has `N` local coordinates at each point, such as a rotation.
///
/// A rotation of space is stored as four or nine numbers, but can move in three directions only. So derivatives are
/// taken by three local coordinates `δ` around the point `x`, at `δ = 0`: those of `f(x ⊕ δ)`. A step of an optimiser
/// is a `δ`, too, and `x.retract(δ)` is the next point. The retraction `x ⊕ δ` is `x` at `δ = 0`, and must have all
/// derivatives there.
///
/// | point | `N` | `x ⊕ δ` |
/// |---|---|---|
/// | [`SVector`] | its length | `x + δ` |
/// | [`UnitComplex`], [`Rotation2`]: SO(2) | 1 | `x · exp(δ)`, the rotation by `δ` first |
/// | [`UnitQuaternion`], [`Rotation3`]: SO(3) | 3 | `x · exp(δ)`, the rotation by the scaled axis `δ` first |
/// | [`Isometry2`]: SE(2) | 3: `δ = (ρ, θ)` | `x · exp(δ)`, the translation part before the angle |
/// | [`Isometry3`]: SE(3) | 6: `δ = (ρ, φ)` | `x · exp(δ)`, the translation part before the scaled axis |
///
/// Increments are multiplied on the right: they are in the frame of the body. For a pose with rotation `R` and
/// translation `t`, `x ⊕ δ` has the rotation `R exp(φ)` and the translation `t + R V(φ) ρ`, where
/// `V(φ) = Σ [φ]ₓᵏ/(k + 1)!` and `[φ]ₓ` is the matrix of the cross product. Near `φ = 0`, all functions of the angle
/// are computed as series, so that derivatives of all orders are right there. At 0 itself, the first two are known, see
/// [`expansion`](Self::expansion). Source: J. Solà, J. Deray, D. Atchuthan, A micro Lie theory for state estimation in
/// robotics, 2018.
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
pub trait Manifold<T: Scalar, const N: usize> {
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

    /// `x ⊕ δ` near `δ = 0`, to second order. The function `series(c, a, b)` makes the number `c + Σ aᵢ δᵢ + ½ Σ bᵢⱼ δᵢ
    /// δⱼ`.
    ///
    /// [`jacobian`](super::jacobian) and its siblings begin with it. As provided, it is [`retract`](Self::retract). The
    /// points of this crate give the derivatives in closed form, which takes a small part of the time.
    ///
    /// ```
    /// use gradtape::{Dual, linalg::Manifold};
    /// use nalgebra::UnitComplex;
    ///
    /// let heading: UnitComplex<Dual<f64>> = UnitComplex::new(0.0).expansion(|x, slopes, _| Dual::new(x, slopes));
    /// assert_eq!((heading.re.tangent(), heading.im.tangent()), (0.0, 1.0));
    /// ```
    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(&self, series: impl Fn(T, [T; N], [[T; N]; N]) -> F) -> Self::Over<F> {
        let zero = T::zero();
        let unit = |i| from_fn(|k| if i == k { T::one() } else { zero });
        self.retract(SVector::from_fn(|i, _| series(zero, unit(i), [[zero; N]; N])))
    }
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
        let lifted = Complex::new(F::from(self.re), F::from(self.im));
        UnitComplex::new_unchecked(lifted) * UnitComplex::new(delta.x)
    }

    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(&self, series: impl Fn(T, [T; 1], [[T; 1]; 1]) -> F) -> UnitComplex<F> {
        let (re, im) = (self.re, self.im);
        UnitComplex::new_unchecked(Complex::new(series(re, [-im], [[-re]]), series(im, [re], [[-im]])))
    }
}

impl<T: Scalar + RealField> Manifold<T, 1> for Rotation2<T> {
    type Over<F: RealField + Copy> = Rotation2<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector1<F>) -> Rotation2<F> {
        Rotation2::from_matrix_unchecked(self.matrix().map(F::from)) * Rotation2::new(delta.x)
    }

    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(&self, series: impl Fn(T, [T; 1], [[T; 1]; 1]) -> F) -> Rotation2<F> {
        let quarter_turn = self.matrix() * Matrix2::new(T::zero(), -T::one(), T::one(), T::zero());
        let element = |i, j| series(self[(i, j)], [quarter_turn[(i, j)]], [[-self[(i, j)]]]);
        Rotation2::from_matrix_unchecked(SMatrix::from_fn(element))
    }
}

impl<T: Scalar + RealField> Manifold<T, 3> for UnitQuaternion<T> {
    type Over<F: RealField + Copy> = UnitQuaternion<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector3<F>) -> UnitQuaternion<F> {
        lifted(self) * from_scaled_axis(delta)
    }

    /// The quaternion `exp(δ)` is `1 + δ/2 - |δ|²/8`.
    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(
        &self,
        series: impl Fn(T, [T; 3], [[T; 3]; 3]) -> F,
    ) -> UnitQuaternion<F> {
        let [i, j, k, w]: [T; 4] = self.coords.into();
        // The products with the quaternions i, j and k.
        let products = [[w, -k, j], [k, w, -i], [-j, i, w], [-i, -j, -k]];
        let coordinate = |m: usize, _| {
            let x = self.coords[m];
            let bend = |i, j| if i == j { x * number(-0.25) } else { T::zero() };
            series(x, products[m].map(|product| product * number(0.5)), table(bend))
        };
        UnitQuaternion::new_unchecked(Quaternion::from(SVector::from_fn(coordinate)))
    }
}

impl<T: Scalar + RealField> Manifold<T, 3> for Rotation3<T> {
    type Over<F: RealField + Copy> = Rotation3<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector3<F>) -> Rotation3<F> {
        let matrix = self.matrix().map(F::from) * from_scaled_axis(delta).to_rotation_matrix().into_inner();
        Rotation3::from_matrix_unchecked(matrix)
    }

    /// The matrix `exp(δ)` is `I + [δ]ₓ + ½ [δ]ₓ²`, and `[δ]ₓ²` is `δ δᵀ - |δ|² I`.
    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(&self, series: impl Fn(T, [T; 3], [[T; 3]; 3]) -> F) -> Rotation3<F> {
        let element = |r: usize, c: usize| {
            let row = self.matrix().row(r).transpose();
            let turned = row.cross_matrix();
            let part = |i, j| if i == c { row[j] * number(0.5) } else { T::zero() };
            let square = |i, j| if i == j { row[c] } else { T::zero() };
            series(row[c], from_fn(|i| turned[(c, i)]), table(|i, j| part(i, j) + part(j, i) - square(i, j)))
        };
        Rotation3::from_matrix_unchecked(SMatrix::from_fn(element))
    }
}

impl<T: Scalar + RealField> Manifold<T, 3> for Isometry2<T> {
    type Over<F: RealField + Copy> = Isometry2<F>;

    #[inline]
    fn retract<F: RealField + Copy + From<T>>(&self, delta: Vector3<F>) -> Isometry2<F> {
        let (rho, angle) = (delta.xy(), delta.z);
        let (sinc, half, _) = coefficients(angle * angle);
        let across = Vector2::new(-rho.y, rho.x);
        let rotation = UnitComplex::new_unchecked(Complex::new(F::from(self.rotation.re), F::from(self.rotation.im)));
        let moved = rotation * (rho * sinc + across * (angle * half));
        let translation = self.translation.vector.map(F::from) + moved;
        Isometry2::from_parts(Translation::from(translation), rotation * UnitComplex::new(angle))
    }

    /// The translation is `t + R (ρ + ½ θ ρ')`, where `ρ'` is `ρ` after a quarter turn.
    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(&self, series: impl Fn(T, [T; 3], [[T; 3]; 3]) -> F) -> Isometry2<F> {
        let (zero, half) = (T::zero(), number::<T>(0.5));
        let rotation = self.rotation.expansion(|x, [a], [[b]]| {
            series(x, [zero, zero, a], table(|i, j| if i == 2 && j == 2 { b } else { zero }))
        });
        let matrix = self.rotation.to_rotation_matrix();
        let translation = SVector::from_fn(|r, _| {
            let (x, y) = (matrix[(r, 0)], matrix[(r, 1)]);
            let bend = [y * half, -x * half];
            series(
                self.translation.vector[r],
                [x, y, zero],
                [[zero, zero, bend[0]], [zero, zero, bend[1]], [bend[0], bend[1], zero]],
            )
        });
        Isometry2::from_parts(Translation::from(translation), rotation)
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

    /// The translation is `t + R (ρ + ½ φ × ρ)`.
    #[inline]
    fn expansion<F: RealField + Copy + From<T>>(&self, series: impl Fn(T, [T; 6], [[T; 6]; 6]) -> F) -> Isometry3<F> {
        let zero = T::zero();
        let rotation = self.rotation.expansion(|x, a, b| {
            let slopes = [zero, zero, zero, a[0], a[1], a[2]];
            series(x, slopes, table(|i, j| if i < 3 || j < 3 { zero } else { b[i - 3][j - 3] }))
        });
        let matrix = self.rotation.to_rotation_matrix();
        let translation = SVector::from_fn(|r, _| {
            let row = matrix.matrix().row(r).transpose();
            let turned = row.cross_matrix() * number::<T>(0.5);
            let bend = |i: usize, j: usize| match (i < 3, j < 3) {
                (true, false) => turned[(i, j - 3)],
                (false, true) => turned[(j, i - 3)],
                _ => zero,
            };
            series(self.translation.vector[r], [row.x, row.y, row.z, zero, zero, zero], table(bend))
        });
        Isometry3::from_parts(Translation::from(translation), rotation)
    }
}

/// The same rotation over another number.
fn lifted<T: Scalar + RealField, F: RealField + Copy + From<T>>(rotation: &UnitQuaternion<T>) -> UnitQuaternion<F> {
    UnitQuaternion::new_unchecked(Quaternion::from(rotation.coords.map(F::from)))
}

/// The array of these numbers.
#[inline(always)]
fn table<T, const N: usize>(f: impl Fn(usize, usize) -> T) -> [[T; N]; N] {
    from_fn(|i| from_fn(|j| f(i, j)))
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
