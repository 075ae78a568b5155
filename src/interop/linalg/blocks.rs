//! Derivatives of closures over vectors, rotations and poses, by forward mode.

use nalgebra::{Const, RealField, SMatrix, SVector, Scalar as Element};

use super::manifold::Manifold;
use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::number::Number;
use crate::scalar::Scalar;

/// One point, or a tuple of up to four: the blocks by which [`gradient`] and [`jacobian`] differentiate.
///
/// A block is a reference to a [`Manifold`], such as a vector or a pose. `D` is the number of all local coordinates
/// together, and `Sizes` has that of each block; the compiler infers both.
pub trait Blocks<T, Sizes, const D: usize> {
    /// The blocks over numbers with derivatives, as the closure takes them.
    type Numbers;
    /// A matrix for each block, with `M` rows.
    type Jacobians<const M: usize>;

    /// The blocks as variables.
    fn variables(self) -> Self::Numbers;

    /// The derivatives of the results by each block.
    fn jacobians<const M: usize>(results: &SVector<Dual<T, D>, M>) -> Self::Jacobians<M>
    where
        Dual<T, D>: Element;
}

/// The block over duals whose directions from `first` on are its local coordinates.
#[inline]
fn variable<T, A, const D: usize, const N: usize>(block: &A, first: usize) -> A::Over<Dual<T, D>>
where
    T: Scalar + RealField,
    A: Manifold<T, N>,
{
    block.expansion(|x, slopes, _| {
        let mut tangents = [T::zero(); D];
        tangents[first..first + N].copy_from_slice(&slopes);
        Dual::new(x, tangents)
    })
}

/// The derivatives along `N` directions from `first` on.
#[inline]
fn columns<T: Scalar + Element, const D: usize, const M: usize, const N: usize>(
    results: &SVector<Dual<T, D>, M>,
    first: usize,
) -> SMatrix<T, M, N>
where
    Dual<T, D>: Element,
{
    SMatrix::from_fn(|i, j| results[i].tangents[first + j])
}

impl<T, A, const N: usize> Blocks<T, Const<N>, N> for &A
where
    T: Scalar + RealField,
    A: Manifold<T, N>,
{
    type Numbers = A::Over<Dual<T, N>>;
    type Jacobians<const M: usize> = SMatrix<T, M, N>;

    #[inline]
    fn variables(self) -> Self::Numbers {
        variable(self, 0)
    }

    #[inline]
    fn jacobians<const M: usize>(results: &SVector<Dual<T, N>, M>) -> SMatrix<T, M, N> {
        columns(results, 0)
    }
}

/// Tuples of blocks, each with the number of coordinates before it. For example, `tuples! { A N a 0, B M b N; }` gives
/// `impl Blocks<T, (Const<N>, Const<M>), D> for (&A, &B) { … }`.
macro_rules! tuples {
    ($($($Block:ident $N:ident $block:ident $first:expr),*;)*) => { $(
        impl<T, $($Block,)* $(const $N: usize,)* const D: usize> Blocks<T, ($(Const<$N>,)*), D> for ($(&$Block,)*)
        where
            T: Scalar + RealField,
            $($Block: Manifold<T, $N>,)*
        {
            type Numbers = ($($Block::Over<Dual<T, D>>,)*);
            type Jacobians<const R: usize> = ($(SMatrix<T, R, $N>,)*);

            #[inline]
            fn variables(self) -> Self::Numbers {
                const { assert!(D == 0 $(+ $N)*, "`Dual<_, D>` has as many directions as all blocks have coordinates") };
                let ($($block,)*) = self;
                ($(variable::<T, _, D, $N>($block, $first),)*)
            }

            #[inline]
            fn jacobians<const R: usize>(results: &SVector<Dual<T, D>, R>) -> Self::Jacobians<R> {
                ($(columns::<T, D, R, $N>(results, $first),)*)
            }
        }
    )* };
}

tuples! {
    A N1 a 0;
    A N1 a 0, B N2 b N1;
    A N1 a 0, B N2 b N1, C N3 c N1 + N2;
    A N1 a 0, B N2 b N1, C N3 c N1 + N2, E N4 e N1 + N2 + N3;
}

/// The results of `f` at `x` and the Jacobian: by a vector, by the local coordinates of a rotation or a pose at 0, or a
/// matrix for each of several blocks. It is forward mode in one evaluation, without allocation.
///
/// For several blocks, the numbers of the closure have as many directions as all blocks have coordinates together. The
/// closure says how many, in the type of an argument.
///
/// # Examples
///
/// ```
/// use gradtape::linalg;
/// use nalgebra::{Matrix2, Vector2};
///
/// let offset = 1.0;
/// let (y, jacobian) = linalg::jacobian(|x| Vector2::new(x.x * x.y, x.x + offset), &Vector2::new(2.0, 3.0));
/// assert_eq!(y, Vector2::new(6.0, 3.0));
/// assert_eq!(jacobian, Matrix2::new(3.0, 2.0, 1.0, 0.0));
/// ```
///
/// A point in the frame of a camera, by the pose of the camera and by the point:
///
/// ```
/// use gradtape::{Dual, linalg};
/// use nalgebra::{Isometry3, Vector3};
///
/// let (pose, point) = (Isometry3::translation(1.0, 0.0, 0.0), Vector3::new(0.0, 2.0, 5.0));
/// let (local, (by_pose, by_point)) = linalg::jacobian(
///     |(pose, point): (Isometry3<Dual<f64, 9>>, _)| pose.inverse_transform_vector(&(point - pose.translation.vector)),
///     (&pose, &point),
/// );
/// assert_eq!(local, Vector3::new(-1.0, 2.0, 5.0));
/// assert_eq!(by_point, pose.rotation.inverse().to_rotation_matrix().into_inner());
/// assert_eq!(by_pose.fixed_columns::<3>(0), -nalgebra::Matrix3::identity());
/// assert_eq!(by_pose.fixed_columns::<3>(3), local.cross_matrix());
/// ```
#[must_use]
#[inline]
pub fn jacobian<T, B, Sizes, const D: usize, const M: usize>(
    f: impl FnOnce(B::Numbers) -> SVector<Dual<T, D>, M>,
    x: B,
) -> (SVector<T, M>, B::Jacobians<M>)
where
    T: Scalar + RealField,
    B: Blocks<T, Sizes, D>,
{
    let y = f(x.variables());
    (y.map(Dual::data), B::jacobians(&y))
}

/// The value of `f` at `x` and the gradient as a row, or a row for each of several blocks: the [`jacobian`] of one
/// result.
///
/// # Examples
///
/// ```
/// use gradtape::linalg;
/// use nalgebra::{RowVector3, Vector3};
///
/// let (value, gradient) = linalg::gradient(|x| x.norm_squared(), &Vector3::new(1.0, 2.0, 3.0));
/// assert_eq!((value, gradient), (14.0, RowVector3::new(2.0, 4.0, 6.0)));
/// ```
#[must_use]
#[inline]
pub fn gradient<T, B, Sizes, const D: usize>(f: impl FnOnce(B::Numbers) -> Dual<T, D>, x: B) -> (T, B::Jacobians<1>)
where
    T: Scalar + RealField,
    B: Blocks<T, Sizes, D>,
{
    let y = f(x.variables());
    (y.data(), B::jacobians(&SVector::from([y])))
}

/// The value of `f` at `x`, the gradient as a column, and the Hessian: by a vector, or by the local coordinates of a
/// rotation or a pose at 0.
///
/// # Examples
///
/// ```
/// use gradtape::linalg;
/// use nalgebra::{Matrix2, Vector2};
///
/// let (value, gradient, hessian) = linalg::hessian(|x| x.x * x.x * x.y, &Vector2::new(3.0, 4.0));
/// assert_eq!((value, gradient), (36.0, Vector2::new(24.0, 9.0)));
/// assert_eq!(hessian, Matrix2::new(8.0, 6.0, 6.0, 0.0));
/// ```
#[must_use]
#[inline]
pub fn hessian<T, A, const N: usize>(
    f: impl FnOnce(A::Over<Dual2<T, N>>) -> Dual2<T, N>,
    x: &A,
) -> (T, SVector<T, N>, SMatrix<T, N, N>)
where
    T: Number + RealField,
    A: Manifold<T, N>,
{
    let y = f(x.expansion(Dual2::new));
    let hessian = y.hessian();
    (y.data(), y.gradient().into(), SMatrix::from_fn(|i, j| hessian[i][j]))
}
