//! The macro for functions in one line.

/// A [`Function`](crate::Function) or [`VectorFunction`](crate::VectorFunction) in one line, from a closure or from a
/// generic function.
///
/// A body in brackets makes a [`VectorFunction`](crate::VectorFunction) with one output for each element. The body
/// becomes a generic function over all numbers of the crate, so it cannot capture variables. For a function with data,
/// implement the trait for a `struct`.
///
/// # Examples
///
/// ```
/// use gradtape::{Function, Real, VectorFunction, function};
///
/// let wave = function!(|x| x[0].sin() * 2.0);
/// assert_eq!(wave.gradient(&[0.0]), [2.0]);
///
/// let sums = function!(|x| [x[0] + x[1], x[0] - x[1]]);
/// assert_eq!(sums.value(&[2.0, 3.0]), [5.0, -1.0]);
///
/// // A generic function.
/// fn square<F: Real>(x: &[F]) -> F {
///     F::dot(x, x)
/// }
/// assert_eq!(function!(square).gradient(&[3.0, 4.0]), [6.0, 8.0]);
///
/// // In f32, and with a name for the number type.
/// assert_eq!(function!(f32, square).value(&[3.0, 4.0]), 25.0_f32);
/// let distance = function!(f32, |x: &[F]| F::constant(1.0) - x[0]);
/// assert_eq!(distance.gradient(&[3.0]), [-1.0_f32]);
/// ```
///
/// A variable cannot be captured:
///
/// ```compile_fail,E0434
/// let scale = 2.0;
/// let scaled = gradtape::function!(|x| x[0] * scale);
/// ```
// `function!(|x| x[0].sin())` is
//
// {
//     #[derive(Clone, Copy, Debug)]
//     struct Written;
//
//     impl gradtape::Function<f64> for Written {
//         #[inline]
//         fn eval<F: gradtape::Real<Plain = f64>>(&self, x: &[F]) -> F {
//             x[0].sin()
//         }
//     }
//
//     Written
// }
#[macro_export]
macro_rules! function {
    (|$x:ident| $($body:tt)+) => { $crate::function!(::core::primitive::f64, |$x: &[F]| $($body)+) };
    (|$x:ident: &[$F:ident]| $($body:tt)+) => { $crate::function!(::core::primitive::f64, |$x: &[$F]| $($body)+) };
    ($T:ty, |$x:ident| $($body:tt)+) => { $crate::function!($T, |$x: &[F]| $($body)+) };
    ($T:ty, |$x:ident: &[$F:ident]| [$($y:expr),* $(,)?]) => {{
        #[derive(Clone, Copy, Debug)]
        struct Written;

        impl $crate::VectorFunction<$T> for Written {
            fn outputs(&self, _inputs: usize) -> usize {
                const { <[&str]>::len(&[$(::core::stringify!($y)),*]) }
            }

            #[inline]
            fn eval<$F: $crate::Real<Plain = $T>>(&self, $x: &[$F], y: &mut [$F]) {
                y.copy_from_slice(&[$($y),*]);
            }
        }

        Written
    }};
    ($T:ty, |$x:ident: &[$F:ident]| $y:expr) => {{
        #[derive(Clone, Copy, Debug)]
        struct Written;

        impl $crate::Function<$T> for Written {
            #[inline]
            fn eval<$F: $crate::Real<Plain = $T>>(&self, $x: &[$F]) -> $F {
                $y
            }
        }

        Written
    }};
    ($f:path) => { $crate::function!(::core::primitive::f64, $f) };
    ($T:ty, $f:path) => { $crate::function!($T, |x: &[F]| $f(x)) };
}
