//! One test for the numbers of both modes.

use gradtape::{Dual, Dual2, Jet, Number, Real, Value, gradient};

use crate::TestFloat;

/// A number that can become a variable and has a derivative.
pub trait Differentiable: Real {
    /// The type of its number and of its derivatives.
    type Inner: Number;
    /// Whether a zero wins against an infinity in products, too.
    const ZERO_WINS: bool;

    /// The value and the gradient of `f` at `x`, with all numbers as variables. Compiled once for all functions.
    fn gradient(f: &dyn Fn(&[Self]) -> Self, x: &[Self::Inner]) -> (Self::Inner, Vec<Self::Inner>);
}

impl<T: Number> Differentiable for Value<T>
where
    Self: Real,
{
    type Inner = T;
    const ZERO_WINS: bool = true;

    fn gradient(f: &dyn Fn(&[Self]) -> Self, x: &[T]) -> (T, Vec<T>) {
        gradient(f, x)
    }
}

/// As many evaluations as needed to give each input a separate lane.
fn in_lanes<T: Number, F, const N: usize>(
    f: &dyn Fn(&[F]) -> F,
    x: &[T],
    variable: impl Fn(T, [T; N]) -> F,
    derivatives: impl Fn(&F) -> (T, [T; N]),
) -> (T, Vec<T>) {
    let pass = |first: usize| {
        let unit = |i| std::array::from_fn(|k| if i == first + k { T::one() } else { T::zero() });
        derivatives(&f(&x.iter().enumerate().map(|(i, &x)| variable(x, unit(i))).collect::<Vec<_>>()))
    };
    let results: Vec<_> = (0..x.len().max(1)).step_by(N).map(pass).collect();
    (results[0].0, results.iter().flat_map(|result| result.1).take(x.len()).collect())
}

impl<T: Number, const N: usize> Differentiable for Dual<T, N>
where
    Self: Real,
{
    type Inner = T;
    const ZERO_WINS: bool = false;

    fn gradient(f: &dyn Fn(&[Self]) -> Self, x: &[T]) -> (T, Vec<T>) {
        in_lanes(f, x, Self::new, |y| (y.data(), y.tangents()))
    }
}

/// The second derivatives are not looked at.
impl<T: Number, const N: usize> Differentiable for Dual2<T, N>
where
    Self: Real,
{
    type Inner = T;
    const ZERO_WINS: bool = false;

    fn gradient(f: &dyn Fn(&[Self]) -> Self, x: &[T]) -> (T, Vec<T>) {
        in_lanes(f, x, |x, unit| Self::new(x, unit, [[T::zero(); N]; N]), |y| (y.data(), y.gradient()))
    }
}

/// As many evaluations as inputs. The higher coefficients are not looked at.
impl<T: Number, const N: usize> Differentiable for Jet<T, N>
where
    Self: Real,
{
    type Inner = T;
    const ZERO_WINS: bool = true;

    fn gradient(f: &dyn Fn(&[Self]) -> Self, x: &[T]) -> (T, Vec<T>) {
        let along = |direction: usize| {
            let input = |(i, &x)| if i == direction { Self::var(x) } else { Self::constant(x) };
            f(&x.iter().enumerate().map(input).collect::<Vec<_>>())
        };
        let results: Vec<Self> = (0..x.len().max(1)).map(along).collect();
        (results[0].data(), results.iter().map(|y| y.coefficients()[1]).take(x.len()).collect())
    }
}

/// A number of the crate over the plain float `T`.
pub trait Over<T: TestFloat>: Differentiable<Inner = T> + Real<Plain = T> {}

impl<T: TestFloat, F: Differentiable<Inner = T> + Real<Plain = T>> Over<T> for F {}

/// The value and the partial derivatives of `f` at `x`.
pub fn outcome<F: Differentiable, const N: usize>(
    f: impl Fn([F; N]) -> F,
    x: [F::Inner; N],
) -> (F::Inner, [F::Inner; N]) {
    let (value, slopes) = F::gradient(&|x| f(std::array::from_fn(|k| x[k])), &x);
    (value, std::array::from_fn(|k| slopes[k]))
}

/// The partial derivatives of `f` at `x`.
pub fn partials<F: Differentiable, const N: usize>(f: impl Fn([F; N]) -> F, x: [F::Inner; N]) -> [F::Inner; N] {
    outcome(f, x).1
}

/// A test of each generic check, for every number over both precisions.
#[macro_export]
macro_rules! for_every_number {
    ($($(#[$meta:meta])* $test:ident: $check:ident;)*) => {
        $($(#[$meta])* #[test]
        fn $test() {
            $crate::for_every_number! { @ $check f32 f64 }
        })*
    };
    (@ $check:ident $($T:ident)*) => {
        $(
            $check::<$T, gradtape::Value<$T>>();
            $check::<$T, gradtape::Dual<$T>>();
            $check::<$T, gradtape::Dual<$T, 3>>();
            $check::<$T, gradtape::Dual2<$T, 2>>();
            $check::<$T, gradtape::Jet<$T, 3>>();
            $check::<$T, gradtape::Jet<$T, 6>>();
        )*
    };
}
