//! Linear algebra: gradients through the matrices, decompositions and rotations of [`nalgebra`].
//!
//! [`Value`] and [`Dual`](crate::Dual) implement [`RealField`](nalgebra::RealField) and
//! [`ComplexField`](nalgebra::ComplexField), and so do nested ones. nalgebra computes with them as with f64, and gets
//! the same numbers.
//!
//! ```toml
//! [dependencies]
//! gradtape = { version = "0.1", features = ["nalgebra"] }
//! nalgebra = "0.35"
//! ```
//!
//! ```
//! use gradtape::{Tape, linalg};
//! use nalgebra::Matrix3;
//!
//! let m = Matrix3::new(4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0);
//! let tape = Tape::new();
//! let a = tape.matrix(&m); // a matrix of variables
//! let y = linalg::determinant(a).ln();
//! let slopes = y.backward().wrt_matrix(&a); // the derivatives, in the shape of the matrix
//! assert!((slopes - m.try_inverse().unwrap().transpose()).amax() < 1e-15);
//! ```
//!
//! # Small vectors, rotations and poses
//!
//! [`gradient`], [`jacobian`] and [`hessian`] take a closure over vectors of fixed size, and return matrices, without a
//! tape and without allocation. There may be several blocks, with a Jacobian for each. A rotation or a pose is a block,
//! too: its Jacobian is by local coordinates, as optimisers on manifolds need it. See [`Manifold`], and the lesson
//! `16_camera`.
//!
//! ```
//! use gradtape::{Dual, linalg};
//! use nalgebra::{Matrix2, UnitComplex, Vector2};
//!
//! let (heading, point) = (UnitComplex::new(0.0), Vector2::new(3.0, 4.0));
//! let (moved, (by_heading, by_point)) =
//!     linalg::jacobian(|(heading, point): (UnitComplex<Dual<f64, 3>>, _)| heading * point, (&heading, &point));
//! assert_eq!(moved, point);
//! assert_eq!(by_heading, Vector2::new(-4.0, 3.0));
//! assert_eq!(by_point, Matrix2::identity());
//! ```
//!
//! # Porting a function written for f64
//!
//! 1. Replace f64 by a type parameter `T: RealField + Copy`, or by `Value<f64>`.
//! 2. Replace a constant `c` by `nalgebra::convert(c)`. With `Value<f64>`, numbers may stay unchanged beside operators:
//!    `x * 2.0`.
//! 3. nalgebra multiplies only matrices of the same type. Convert plain ones with `cast`, as in `m.cast::<T>() * v`.
//!    Rotations, quaternions, points and isometries have this method, too. A factor of a matrix is a `T` on the right:
//!    `v * T::one()`.
//! 4. Make variables with [`Tape::matrix`], and read their derivatives with [`Gradients::wrt_matrix`].
//!
//! ```
//! use gradtape::{Tape, linalg};
//! use nalgebra::{Matrix2, RealField, Vector2, convert};
//!
//! /// The energy of a spring with a displaced end.
//! fn energy<T: RealField + Copy>(stiffness: &Matrix2<f64>, x: &Vector2<T>) -> T {
//!     (stiffness.cast::<T>() * x).dot(x) * convert(0.5)
//! }
//!
//! let stiffness = Matrix2::new(2.0, 0.5, 0.5, 1.0);
//! let at = Vector2::new(1.0, -2.0);
//! let tape = Tape::new();
//! let x = tape.matrix(&at);
//! let force = energy(&stiffness, &x).backward().wrt_matrix(&x);
//! assert_eq!(energy(&stiffness, &at), 2.0); // it still takes floats
//! assert_eq!(force, stiffness * at);
//! assert_eq!(linalg::data_of(&x), at);
//! ```
//!
//! The bound `T: Real<Plain = f64> + RealField` adds the activations of this crate. Where both traits have a method,
//! name the trait: `ComplexField::sin(x)`, but just `x.sigmoid()`.
//!
//! For few inputs, a matrix of [`Dual`](crate::Dual)s needs no tape: `Vector3::from(Dual::vars([x, y, z]))`. For second
//! derivatives, use a tape over the numbers of another tape, or over duals: `outer.matrix(&inner.matrix(&m))`. A row of
//! the Hessian is the gradient of an element of the gradient:
//!
//! ```
//! use gradtape::linalg::spectral_sum;
//! use gradtape::{Tape, Value};
//! use nalgebra::Matrix2;
//!
//! let (inner, outer) = (Tape::<f64>::new(), Tape::<Value<f64>>::new());
//! let a = inner.matrix(&Matrix2::new(2.0, 0.0, 0.0, 2.0));
//! let b = outer.matrix(&a);
//! let gradient = spectral_sum(b, |x| x * x).backward().wrt_matrix(&b);
//! let row = gradient[(1, 0)].backward().wrt_matrix(&a);
//! // Σ λ² = a₁₁² + a₂₂² + 2 a₂₁²: an element below the diagonal stands for both.
//! assert_eq!(row, Matrix2::new(0.0, 0.0, 4.0, 0.0));
//! ```
//!
//! In a [`Function`](crate::Function) numbers are [`Real`](crate::Real), and no `RealField`. Of this module,
//! [`determinant`] alone can be called there.
//!
//! # Supported parts of nalgebra
//!
//! | of nalgebra | derivatives |
//! |---|---|
//! | products, sums, norms, views, `gemm`, dynamic and static matrices | all |
//! | LU, QR, Cholesky, UDU, `solve`, `try_inverse`, `exp`, `pow` | all, except where the next section says otherwise; at a matrix with zeros, too |
//! | `determinant` | all at regular matrices; at singular ones, take [`determinant`] of this module |
//! | `symmetric_eigen`, `svd`, `singular_values`, `pseudo_inverse` | better with [`symmetric_eigen`] and [`svd`] of this module, see below |
//! | `schur`, `eigenvalues`, `complex_eigenvalues` | first derivatives, except where the next section says otherwise |
//! | rotations, quaternions, isometries, `slerp` | all, except where the next section says otherwise |
//! | complex matrices `Complex<Value<f64>>` | as for real ones; for functions of their elements, see [`complex`](crate::complex) |
//! | `cast` and `convert` to numbers of this crate | the results are constants |
//! | `try_convert` and `try_cast` to f64 | none: the number alone, as [`Value::data`] |
//! | `nalgebra-lapack`, SIMD types, `serde` | not supported for numbers with derivatives |
//!
//! Products use the generic loops of nalgebra, not its kernels for floats: each multiplication and addition of two
//! variables is a record on the tape. For a large system, compute the solution in f64 and record it as one operation
//! with [`Tape::custom`]; this needs less memory. `x = A⁻¹ b` has the adjoints `A⁻ᵀ x̄` of `b` and `-A⁻ᵀ x̄ xᵀ` of `A`.
//!
//! # Where derivatives are lost
//!
//! Pivots and shifts are chosen by the numbers, as in f64. That is correct: the function is the same, computed in
//! another way. But where nalgebra finds that a number is 0, or negligibly small, it may drop the number together with
//! its derivatives:
//!
//! | case | lost derivatives | use instead |
//! |---|---|---|
//! | `Rotation3::new`, `UnitQuaternion::new`, `from_scaled_axis` at the vector 0 | all | [`from_scaled_axis`] |
//! | `Rotation3::from_axis_angle` at the angle 0 | all | `UnitQuaternion::from_axis_angle`, or Euler angles |
//! | `scaled_axis`, `axis_angle`, `ln`, `powf` of the identity; `slerp` between equal rotations | all | [`scaled_axis`], see its example |
//! | `rotation_between` parallel vectors, `Quaternion::exp` without a vector part | all | |
//! | `angle` of a `Rotation3` close to the identity or to half a turn | inexact, or infinite | `angle` of its `UnitQuaternion` |
//! | `lu().determinant()`, and `determinant` from 4×4 on, if a column depends on those before it, or is 0 | some, or all | [`determinant`] |
//! | `full_piv_lu().determinant()`, if a pivot is 0 | some, or all | [`determinant`] |
//! | `symmetric_eigen` of a matrix that is diagonal, in blocks or as a whole | by the elements 0 | [`symmetric_eigen`] |
//! | `symmetric_eigen`, `symmetric_eigenvalues` at equal eigenvalues | wrong, even of their sum | [`symmetric_eigen`], or a function of the next section |
//! | `svd`, `singular_values`, `pseudo_inverse` of a matrix with many zeros | some; others are wrong | [`svd`]; `(AᵀA)⁻¹ Aᵀ` by `cholesky` |
//! | second derivatives of eigenvalues and singular values | in the same cases | the same |
//! | `schur`, `eigenvalues`, `complex_eigenvalues` of a triangular matrix, in blocks or as a whole | by the elements 0 | |
//! | second derivatives of `exp` in f32, if the norm is above 2 | inexact | f64, or [`symmetric_matrix_function`] |
//! | `axpy`, `gemv`, `gemm` with a variable `beta` that is 0 | by `beta` | `y * beta + …` |
//!
//! The norm of the vector 0 has the derivative 0.
//!
//! # Equal eigenvalues and singular values
//!
//! They have no derivatives of their own: those of `[1 h; h 1]` are `1 + |h|` and `1 - |h|`. But a function that treats
//! all of them alike may be smooth, such as the sum of their squares, `2 + 2 h²`. The energies and stresses of
//! mechanics are such functions, and an undeformed body has equal eigenvalues.
//!
//! | function of a symmetric matrix | write | derivatives at and near equal eigenvalues |
//! |---|---|---|
//! | `Σ φ(λᵢ)` | [`spectral_sum`] | three |
//! | `φ(A)`, such as the square root or the logarithm | [`symmetric_matrix_function`] | three |
//! | another one of all eigenvalues | [`symmetric_eigen`] | first ones at equal eigenvalues; the second ones are wrong |
//!
//! The sum `Σ φ(σᵢ)` over the singular values of `A` is the spectral sum of `AᵀA` with `φ(√x)`.
//!
//! # Where numbers are wrong
//!
//! Some results of nalgebra 0.35 are wrong for plain floats, too:
//!
//! - `svd(true, true)` of some matrices of low rank or with equal singular values: of a 5×5 matrix of ones, it has the
//!   singular value 5.73 instead of 5. Without vectors, the values are right. If a number is NaN, the iteration does
//!   not end.
//! - The eigenvectors of `symmetric_eigen` are not orthogonal if a matrix has very small numbers beside ordinary ones,
//!   such that their squares underflow: below 10⁻¹⁹ in f32.
//! - The iteration of `schur`, `eigenvalues` and `complex_eigenvalues` does not end for some matrices, such as
//!   `[0 1 0; 1 0 1; 0 1 0]`. `Schur::try_new` has a bound.
//!
//! [`svd`] and [`symmetric_eigen`] of this module check what nalgebra computes, and take another method where it is
//! wrong. LU, QR, Cholesky and UDU are right for all matrices in the tests of this crate.

mod blocks;
mod checked;
mod determinant;
mod differences;
mod functions;
mod jacobi;
mod manifold;
mod rotation;
mod spectral;

pub use blocks::{Blocks, gradient, hessian, jacobian};
pub use determinant::determinant;
pub use functions::{spectral_sum, symmetric_matrix_function};
pub use manifold::Manifold;
pub use rotation::{from_scaled_axis, scaled_axis};
pub use spectral::{svd, symmetric_eigen};

use nalgebra::allocator::Allocator;
use nalgebra::{DefaultAllocator, Dim, Matrix, OMatrix, RawStorage, Scalar as Element};

use crate::number::Number;
use crate::scalar::Scalar;
use crate::tape::{Gradients, Tape, Value};

impl<T: Scalar + Element> Tape<T> {
    /// A matrix of new variables with the numbers of `m`, made in column order. A vector is a matrix with one column.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::Tape;
    /// use nalgebra::{Matrix2, Vector2};
    ///
    /// let tape = Tape::new();
    /// let a = tape.matrix(&Matrix2::new(2.0, 1.0, 1.0, 3.0));
    /// let v = tape.matrix(&Vector2::new(5.0, 7.0));
    /// let energy = (v.transpose() * a * v).x;
    /// assert_eq!(energy.backward().wrt_matrix(&a), Matrix2::new(25.0, 35.0, 35.0, 49.0));
    /// assert_eq!(energy.backward().wrt_matrix(&v), Vector2::new(34.0, 52.0));
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
    #[track_caller]
    pub fn matrix<R: Dim, C: Dim, S: RawStorage<T, R, C>>(&self, m: &Matrix<T, R, C, S>) -> OMatrix<Value<T>, R, C>
    where
        DefaultAllocator: Allocator<R, C>,
    {
        m.map(|x| self.var(x))
    }
}

impl<T: Scalar + Element> Gradients<T> {
    /// The derivatives by each element of `m`, in the shape of `m`.
    ///
    /// # Panics
    ///
    /// The same as [`wrt`](Self::wrt).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::Tape;
    /// use nalgebra::RowVector3;
    ///
    /// let tape = Tape::new();
    /// let v = tape.matrix(&RowVector3::new(3.0, 0.0, 4.0));
    /// assert_eq!(v.norm_squared().backward().wrt_matrix(&v), RowVector3::new(6.0, 0.0, 8.0));
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "nalgebra")))]
    #[track_caller]
    #[must_use]
    pub fn wrt_matrix<R, C, S>(&self, m: &Matrix<Value<T>, R, C, S>) -> OMatrix<T, R, C>
    where
        R: Dim,
        C: Dim,
        S: RawStorage<Value<T>, R, C>,
        DefaultAllocator: Allocator<R, C>,
    {
        m.map(|v| self.wrt(v))
    }
}

/// The plain numbers of a matrix, whatever the depth of nesting.
///
/// # Examples
///
/// ```
/// use gradtape::{Tape, linalg};
/// use nalgebra::Matrix2;
///
/// let tape = Tape::new();
/// let a = tape.matrix(&Matrix2::new(4.0, 1.0, 2.0, 1.0));
/// let inverse = a.try_inverse().unwrap();
/// assert_eq!(linalg::data_of(&inverse), Matrix2::new(0.5, -0.5, -1.0, 2.0));
/// ```
#[must_use]
pub fn data_of<F, R, C, S>(m: &Matrix<F, R, C, S>) -> OMatrix<F::Plain, R, C>
where
    F: Number<Plain: Element>,
    R: Dim,
    C: Dim,
    S: RawStorage<F, R, C>,
    DefaultAllocator: Allocator<R, C>,
{
    m.map(Number::data)
}
