//! The macro for functions in one line.

/// A [`Function`](crate::Function) or [`VectorFunction`](crate::VectorFunction) in one line, from a closure or from a
/// generic function.
///
/// | you write | it is |
/// |---|---|
/// | `function!(\|x\| x[0].sin())` | a [`Function`](crate::Function) of the slice `x`, in f64 |
/// | `function!(name)` | the same, from `fn name<F: Real<Plain = f64>>(x: &[F]) -> F` |
/// | `function!(let a: f64 = a; \|x\| x[0] * a)` | the same, with data of its own |
/// | `function!(\|x\| [x[0], x[1]])` | a [`VectorFunction`](crate::VectorFunction) with an output for each element |
/// | `function!(\|x, y: [n]\| y[0] = x[0])` | one with `n` outputs, which are zero before |
/// | `function!(f32, \|x\| x[0])` | any of these in f32 |
/// | `function!(\|x: &[F]\| x[0] * F::PI())` | any of these, with a name for the number |
///
/// Only a body that begins with a bracket has an output for each element. If it has statements, too, take `y: [n]`.
///
/// The body becomes a generic function over all numbers of the crate, so it cannot use the variables around it. A `let`
/// with a type gives it data: plain numbers, references, and whatever else is `Copy`. For a function that owns its
/// data, implement the trait for a `struct`.
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
/// fn square<F: Real>(x: &[F]) -> F {
///     F::dot(x, x)
/// }
/// assert_eq!(function!(square).gradient(&[3.0, 4.0]), [6.0, 8.0]);
/// ```
///
/// With data: the squared distance of a line to some points, and the distances.
///
/// ```
/// use gradtape::{Function, VectorFunction, function};
///
/// let points = vec![(0.0, 1.0), (1.0, 3.0)];
/// let error = function!(
///     let points: &[(f64, f64)] = &points;
///     |p| points.iter().map(|&(x, y)| (p[0] + p[1] * x - y).powi(2)).sum()
/// );
/// assert_eq!(error.value_and_gradient(&[1.0, 1.0]), (1.0, vec![-2.0, -2.0]));
///
/// let residuals = function!(
///     let points: &[(f64, f64)] = &points;
///     |p, residuals: [points.len()]| for (residual, &(x, y)) in residuals.iter_mut().zip(points) {
///         *residual = p[0] + p[1] * x - y;
///     }
/// );
/// assert_eq!(residuals.jacobian(&[1.0, 1.0]), [[1.0, 0.0], [1.0, 1.0]]);
/// ```
///
/// Without the `let`, a variable cannot be used. The compiler suggests a closure, which would not help:
///
/// ```compile_fail,E0434
/// let scale = 2.0;
/// let scaled = gradtape::function!(|x| x[0] * scale);
/// ```
///
/// Nor can its type be left out:
///
/// ```compile_fail
/// let scale = 2.0;
/// let scaled = gradtape::function!(let scale = scale; |x| x[0] * scale);
/// ```
// `function!(let a: f64 = 2.0; |x| x[0] * a)` is
//
// {
//     #[derive(Clone, Copy, Debug)]
//     struct Written<a> {
//         a: a,
//     }
//
//     impl gradtape::Function<f64> for Written<f64> {
//         #[inline]
//         fn eval<F: gradtape::Real<Plain = f64>>(&self, input: &[F]) -> F {
//             let a = self.a;
//             let x = input;
//             x[0] * a
//         }
//     }
//
//     Written::<f64> { a: 2.0 }
// }
#[macro_export]
macro_rules! function {
    // The closure, with the type and the data before it. First the number gets a name.
    (@ $T:ty, $data:tt |$x:ident| $($body:tt)+) => { $crate::function!(@ $T, $data |$x: &[F]| $($body)+) };
    (@ $T:ty, $data:tt |$x:ident, $y:ident: [$outputs:expr]| $($body:tt)+) => {
        $crate::function!(@ $T, $data |$x: &[F], $y: [$outputs]| $($body)+)
    };
    (@ $T:ty, [$($name:ident: $type:ty = $value:expr;)*] |$x:ident: &[$F:ident], $y:ident: [$outputs:expr]| $body:expr) => {
        $crate::function! {
            @struct [$($name: $type = $value;)*] $crate::VectorFunction<$T> {
                #[allow(unused_variables)]
                fn outputs(&self, _inputs: usize) -> usize {
                    $(let $name = self.$name;)*
                    $outputs
                }

                #[inline]
                fn eval<$F: $crate::Real<Plain = $T>>(&self, input: &[$F], output: &mut [$F]) {
                    $(let $name = self.$name;)*
                    let ($x, $y) = (input, output);
                    $body
                }
            }
        }
    };
    (@ $T:ty, [$($name:ident: $type:ty = $value:expr;)*] |$x:ident: &[$F:ident]| [$($y:expr),* $(,)?]) => {
        $crate::function! {
            @struct [$($name: $type = $value;)*] $crate::VectorFunction<$T> {
                fn outputs(&self, _inputs: usize) -> usize {
                    const { <[&str]>::len(&[$(::core::stringify!($y)),*]) }
                }

                #[inline]
                fn eval<$F: $crate::Real<Plain = $T>>(&self, input: &[$F], output: &mut [$F]) {
                    $(let $name = self.$name;)*
                    let $x = input;
                    output.copy_from_slice(&[$($y),*]);
                }
            }
        }
    };
    (@ $T:ty, [$($name:ident: $type:ty = $value:expr;)*] |$x:ident: &[$F:ident]| $y:expr) => {
        $crate::function! {
            @struct [$($name: $type = $value;)*] $crate::Function<$T> {
                #[inline]
                fn eval<$F: $crate::Real<Plain = $T>>(&self, input: &[$F]) -> $F {
                    $(let $name = self.$name;)*
                    let $x = input;
                    $y
                }
            }
        }
    };
    (@ $T:ty, $data:tt $f:path) => { $crate::function!(@ $T, $data |x: &[F]| $f(x)) };

    // The type of the function. Each datum has a parameter with its name, so that references need no lifetime.
    (@struct [$($name:ident: $type:ty = $value:expr;)*] $Trait:ty { $($items:item)* }) => {{
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug)]
        struct Written<$($name),*> {
            $($name: $name),*
        }

        impl $Trait for Written<$($type),*> {
            $($items)*
        }

        Written::<$($type),*> { $($name: $value),* }
    }};

    // What a user writes.
    ($(let $name:ident: $type:ty = $value:expr;)* |$($closure:tt)+) => {
        $crate::function!(@ ::core::primitive::f64, [$($name: $type = $value;)*] |$($closure)+)
    };
    ($T:ty, $(let $name:ident: $type:ty = $value:expr;)* |$($closure:tt)+) => {
        $crate::function!(@ $T, [$($name: $type = $value;)*] |$($closure)+)
    };
    (let $($rest:tt)*) => {
        ::core::compile_error!("give each datum of the function a type: `let name: Type = value;`, then the closure")
    };
    ($f:path) => { $crate::function!(@ ::core::primitive::f64, [] $f) };
    ($T:ty, $f:path) => { $crate::function!(@ $T, [] $f) };
}
