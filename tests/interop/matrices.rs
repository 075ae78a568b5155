//! Functions of matrices, written once for any real number, and the claims about them.

use nalgebra::{RealField, SMatrix, convert};

/// A number of nalgebra that is `Copy`, like a float.
pub(crate) trait MatrixElement: RealField + Copy {}

impl<T: RealField + Copy> MatrixElement for T {}

/// The gradient agrees with differences in f64 and f32, and the number equals that of the function of plain floats.
#[allow(unused_macros, reason = "each test binary takes what it needs")]
macro_rules! assert_gradients {
    ($($f:ident at $($x:expr),+;)*) => {$($({
        // Elementary functions that the compiler evaluates may differ in the last digits from those of the machine.
        let x = std::hint::black_box($x);
        let narrow = x.map(testing::number::<f32>);
        let wide = gradtape::check::Check::new().strict().gradient(|x| $f(x), &x);
        let single = gradtape::check::Check::new().relative(1e-3).strict().gradient_against(|x| $f(x), |x| $f(x), &narrow);
        for result in [wide, single] {
            if let Err(failure) = result {
                panic!("{} at {x:?}: {failure}", stringify!($f));
            }
        }
        testing::assert_same_bits(gradtape::gradient(|x| $f(x), &x).0, $f(&x), stringify!($f));
        testing::assert_same_bits(gradtape::gradient(|x| $f(x), &narrow).0, $f(&narrow), stringify!($f));
    })+)*};
}
#[allow(unused_imports, reason = "each test binary takes what it needs")]
pub(crate) use assert_gradients;

/// One number from many results; each result contributes to it.
pub(crate) fn weighed<T: MatrixElement>(results: impl IntoIterator<Item = T>) -> T {
    let weights = (1..).map(|k| convert::<f64, T>((1.3 * f64::from(k)).sin() + 0.3));
    results.into_iter().zip(weights).fold(T::zero(), |sum, (result, weight)| sum + result * weight)
}

/// The square matrix of the first numbers, in column order.
pub(crate) fn square<T: MatrixElement, const N: usize>(x: &[T]) -> SMatrix<T, N, N> {
    SMatrix::from_column_slice(&x[..N * N])
}

/// A matrix that is positive definite for all numbers.
pub(crate) fn definite<T: MatrixElement, const N: usize>(x: &[T]) -> SMatrix<T, N, N> {
    let a = square::<T, N>(x);
    a * a.transpose() + SMatrix::identity()
}
