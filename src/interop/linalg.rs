//! Linear algebra: gradients through the matrices, decompositions and rotations of [`nalgebra`].
//!
//! [`Value`] and [`Dual`](crate::Dual) are real numbers of nalgebra ([`RealField`](nalgebra::RealField),
//! [`ComplexField`](nalgebra::ComplexField)), and so are those nested in each other: what nalgebra computes of f64, it
//! computes of them, with the same numbers.
//!
//! ```
//! use gradtape::Tape;
//! use nalgebra::Matrix3;
//!
//! let m = Matrix3::new(4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0);
//! let tape = Tape::new();
//! let a = tape.matrix(&m); // a matrix of variables
//! let y = a.determinant().ln();
//! let slopes = y.backward().wrt_matrix(&a); // the derivatives, in the shape of the matrix
//! assert!((slopes - m.try_inverse().unwrap().transpose()).amax() < 1e-15);
//! ```
//!
//! # Porting a function written for f64
//!
//! 1. Write `T` for f64, with the bound `T: RealField + Copy`, or just `Value<f64>`.
//! 2. A constant `c` becomes `nalgebra::convert(c)`. With `Value<f64>` for `T`, numbers may stay as they are beside
//!    operators: `x * 2.0`.
//! 3. nalgebra multiplies matrices of one type only: lift what is plain with its own `cast`, as in `m.cast::<T>() * v`.
//!    Rotations, quaternions, points and isometries have it, too. A number that a matrix is multiplied with is a `T` on the
//!    right: `v * T::one()`.
//! 4. Call it with [`Tape::matrix`], and ask [`Gradients::wrt_matrix`].
//!
//! ```
//! use gradtape::{Tape, linalg};
//! use nalgebra::{Matrix2, RealField, Vector2, convert};
//!
//! /// The energy of a spring whose end has moved, in a frame that is turned.
//! fn energy<T: RealField + Copy>(stiffness: &Matrix2<f64>, x: &Vector2<T>) -> T {
//!     (stiffness.cast::<T>() * x).dot(x) * convert(0.5)
//! }
//!
//! let stiffness = Matrix2::new(2.0, 0.5, 0.5, 1.0);
//! let at = Vector2::new(1.0, -2.0);
//! let tape = Tape::new();
//! let x = tape.matrix(&at);
//! let force = energy(&stiffness, &x).backward().wrt_matrix(&x);
//! assert_eq!(energy(&stiffness, &at), 2.0); // the function of floats is still there
//! assert_eq!(force, stiffness * at);
//! assert_eq!(linalg::data_of(&x), at);
//! ```
//!
//! A bound that has the activations of this crate, too, is `T: Real<Plain = f64> + RealField`. Where both traits have a
//! method, call it by the name of one of them: `Real::sigmoid(x)` needs none, but `ComplexField::sin(x)`.
//!
//! For few inputs, a matrix of [`Dual`](crate::Dual)s needs no tape: `Vector3::from(Dual::vars([x, y, z]))`. For second
//! derivatives, the tape has the numbers of another, or duals: `outer.matrix(&inner.matrix(&m))`.
//!
//! # What works
//!
//! | of nalgebra | |
//! |---|---|
//! | products, sums, norms, views, `gemm`, dynamic and static matrices | all |
//! | LU, QR, Cholesky, UDU, `solve`, `try_inverse`, `determinant`, `exp`, `pow` | all derivatives; at a matrix with zeros, too |
//! | `symmetric_eigen`, `svd`, `singular_values`, `pseudo_inverse` | better with [`symmetric_eigen`] and [`svd`] of this module, see below |
//! | `schur`, `eigenvalues`, `complex_eigenvalues` | first derivatives, away from what the next section says |
//! | rotations, quaternions, isometries, `slerp` | away from what the next section says |
//! | complex matrices `Complex<Value<f64>>` | as the real ones |
//! | `cast` and `convert` to numbers of this crate | constants |
//! | `try_convert` and `try_cast` to f64 | the number alone, as [`Value::data`] |
//! | `nalgebra-lapack`, the types for vector instructions, `serde` | not for numbers that have derivatives |
//!
//! Products go through loops of nalgebra instead of the kernels for floats: each multiplication and addition of two
//! variables is a record on the tape. A solution of a large system takes less memory if it is computed in f64 and recorded as
//! one operation, with [`Tape::custom`], for `x = A⁻¹ b` has the adjoints `A⁻ᵀ x̄` of `b` and `-A⁻ᵀ x̄ xᵀ` of `A`.
//!
//! # Where derivatives are lost
//!
//! Pivots and shifts are chosen by the numbers, as in f64, and that is right: it is the same function, computed in
//! another way. But where nalgebra finds that a number is 0, or small enough to be taken for 0, it may leave the number
//! out, and with the number its derivatives:
//!
//! | here | lost | take instead |
//! |---|---|---|
//! | `Rotation3::new`, `UnitQuaternion::new`, `from_scaled_axis` at a vector 0 | all | [`from_scaled_axis`] |
//! | `Rotation3::from_axis_angle` at the angle 0 | all | `UnitQuaternion::from_axis_angle`, or Euler angles |
//! | `scaled_axis`, `axis_angle`, `ln`, `powf` of no rotation; `slerp` between equal ones | all | [`scaled_axis`], as its example has it |
//! | `rotation_between` parallel vectors, `Quaternion::exp` without a vector part | all | |
//! | `angle` of a `Rotation3` close to none or to half a turn | digits, or infinite | that of its `UnitQuaternion` |
//! | `symmetric_eigen` of a matrix that is diagonal, in blocks or as a whole | those by the elements 0 | [`symmetric_eigen`] |
//! | `svd`, `singular_values`, `pseudo_inverse` of a matrix with many zeros | some, or wrong altogether | [`svd`]; `(AᵀA)⁻¹ Aᵀ` by `cholesky` |
//! | second derivatives of eigenvalues and singular values | there, too | the same |
//! | `schur`, `eigenvalues`, `complex_eigenvalues` of a triangular matrix, in blocks or as a whole | those by the elements 0 | |
//! | `axpy`, `gemv`, `gemm` with a variable `beta` that is 0 | that by `beta` | `y * beta + …` |
//! | `determinant` of a 4×4 matrix or a larger one with a column of zeros | those by the column | |
//!
//! Of equal eigenvalues, and of equal singular values, only functions that treat them alike have derivatives, such as their
//! sum. The length of a vector 0 has the derivative 0.

mod rotation;
mod spectral;

pub use rotation::{from_scaled_axis, scaled_axis};
pub use spectral::{svd, symmetric_eigen};

use nalgebra::allocator::Allocator;
use nalgebra::{DefaultAllocator, Dim, Matrix, OMatrix, RawStorage, Scalar as Element};

use crate::number::Number;
use crate::scalar::Scalar;
use crate::tape::{Gradients, Tape, Value};

impl<T: Scalar + Element> Tape<T> {
    /// A matrix of new variables, in column order, of the numbers of `m`. A vector is a matrix with one column.
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
    /// As [`wrt`](Self::wrt).
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

/// The plain numbers of a matrix, however deep they are nested.
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
