//! The traits of every number: [`Number`], [`Plain`], and [`Real`], over which functions are written.

pub(crate) mod applied;
pub(crate) mod calculus;
pub(crate) mod custom;
pub(crate) mod methods;
pub(crate) mod operation;
pub(crate) mod operators;
#[cfg(feature = "special")]
pub(crate) mod special;
pub(crate) mod stamp;

use std::cmp::Ordering;
use std::fmt::{Debug, Display};
use std::iter::{Product, Sum};

#[cfg(feature = "half")]
use num_traits::Float;
use num_traits::{FloatConst, NumAssign, NumAssignOps, NumOps};

use crate::ops::rules;
use crate::scalar::Scalar;
use custom::CustomOperation;
use stamp::inlined;

/// A number with a plain number inside: a plain number itself, or a number of this crate over a `Number`.
///
/// In nested numbers, the plain number is the innermost one: f64 for `Value<Dual<f64>>`. If your own float implements
/// this trait, with itself as `Plain`, it can be the plain number of [`Real`] functions over `Value`s and `Dual`s.
///
/// # Examples
///
/// ```
/// use gradtape::{Number, Value};
///
/// let x = <Value<Value<f64>> as Number>::constant(2.0);
/// assert_eq!(Number::data(x), 2.0);
/// ```
pub trait Number: Scalar + FloatConst + Debug + Display {
    /// The plain number inside: the type of data, parameters and results.
    type Plain: Number<Plain = Self::Plain>;

    /// The constant `x`, which depends on no input.
    fn constant(x: Self::Plain) -> Self;

    /// The plain number inside.
    fn data(self) -> Self::Plain;

    /// The same number without its derivatives, as a constant.
    ///
    /// ```
    /// use gradtape::gradient;
    ///
    /// assert_eq!(gradient(|x| x[0] * x[0].detach(), &[3.0]), (9.0, vec![3.0]));
    /// ```
    #[must_use]
    fn detach(self) -> Self;

    /// An operation of your own on these numbers, as [`CustomOperation::apply`] calls it.
    ///
    /// A number that is its own `Plain` needs no method of its own.
    #[inline]
    #[track_caller]
    #[must_use]
    fn apply_custom<const N: usize>(operation: &impl CustomOperation<N, Self::Plain>, x: [Self; N]) -> Self {
        Self::constant(operation.value(x.map(Self::data)))
    }
}

/// A plain number: f64, f32, or another float that is its own innermost number.
///
/// The data, parameters and results of functions have such a type.
pub trait Plain: Real<Plain = Self> {}

impl<T: Real<Plain = T>> Plain for T {}

/// `Number` for floats. For example, `fn constant(x: f64) -> f64 { x }`.
macro_rules! plain {
    ($($Float:ty),*) => {
        $(impl Number for $Float {
            type Plain = Self;
            inlined! {
                fn constant(x: Self) -> Self { x }
                fn data(self) -> Self { self }
                fn detach(self) -> Self { self }
            }
        })*
    };
}

plain! { f32, f64 }
#[cfg(feature = "half")]
plain! { half::f16, half::bf16 }
#[cfg(feature = "twofloat")]
plain! { twofloat::TwoFloat }

/// The methods of `Real` from the sections of the table that start with `real`. For example, the entry
/// `relu(x -> y) { y = rules::relu(x) } …` gives `fn relu(self) -> Self;`.
macro_rules! signatures {
    (
        real_many { $($(#[$md:meta])* $many:ident ($ma:ident -> $my:ident: $Many:ty) $mv:tt $mp:tt $ms:tt $mf:tt;)* }
        float_unary $float_unary:tt
        real_unary { $(
            $(#[$ud:meta])* $unary:ident ($x:ident $(, $p:ident: T = $sample:literal)? -> $uy:ident) $uv:tt $up:tt $us:tt $uf:tt;
        )* }
        float_binary $float_binary:tt
        float_choice $float_choice:tt
        real_binary { $($(#[$bd:meta])* $binary:ident $ba:tt $bv:tt $bp:tt $bs:tt $bf:tt;)* }
        $($rest:tt)*
    ) => {
        $($(#[$md])* #[must_use] fn $many(values: &[Self]) -> $Many;)*
        $($(#[$ud])* #[must_use] fn $unary(self $(, $p: Self::Plain)?) -> Self;)*
        $($(#[$bd])* #[must_use] fn $binary(self, other: Self) -> Self;)*
    };
}

/// The number of functions that are written once, for plain floats and for the numbers of this crate.
///
/// It is a [`Float`](num_traits::Float) that also has constants, assignment operators, plain numbers on the right of
/// all operators, sums, and the functions that floats lack.
///
/// # Examples
///
/// ```
/// use gradtape::{Real, gradient};
///
/// fn neuron<F: Real<Plain = f64>>(x: &[F]) -> F {
///     (x[0] * x[1] - 6.0).sigmoid()
/// }
///
/// assert_eq!(neuron(&[2.0, 3.0]), 0.5);
/// assert_eq!(gradient(neuron, &[2.0, 3.0]), (0.5, vec![0.75, 0.5]));
/// ```
///
/// # The compiler says
///
/// Rust does not allow everything that floats allow. In code over `F: Real<Plain = f64>`, or over numbers of this
/// crate:
///
/// | the compiler says | about | write |
/// |---|---|---|
/// | cannot multiply `{float}` by `F` (E0277) | `2.0 * x` | `x * 2.0`; for `2.0 - x`, `-x + 2.0`; for `2.0 / x`, `F::constant(2.0) / x` |
/// | the same over `F: Number` | `x * 2.0` in `CustomOperation::partials`, whose bound cannot be changed | `F::constant(2.0) * x`, `x.recip()` |
/// | cannot multiply `F` by `{float}` (E0277) | `x * 2.0` where `F: Real` | the bound `F: Real<Plain = f64>`; for f32 and f64 alike, `x * F::from(2.0).unwrap()` |
/// | expected type parameter `F`, found floating-point number, or found `f64` (E0308) | `x.powf(1.5)`, `x.rem_euclid(TAU)`, `if c { x } else { 0.0 }` | `x.powf(F::constant(1.5))`, `F::zero()` |
/// | expected type parameter `F`, found floating-point number (E0308) | `x * 2.0` where `F: Float` | `F: Real<Plain = f64>`, or `F::from(2.0).unwrap()` |
/// | cannot add-assign `F` to `{float}` (E0277) | `let mut sum = 0.0; sum += x` | `let mut sum = F::zero()` |
/// | cannot multiply `F` by `Option<F>` (E0277) | `x * F::from(2.0)` | `x * 2.0`, or `F::constant(2.0)` |
/// | the trait bound `F: From<{float}>` is not satisfied (E0277) | `let y: F = 2.0.into()` | `F::constant(2.0)` |
/// | cannot multiply `F` by `usize` (E0277) | `x * rows.len()` | `x * rows.len() as f64` |
/// | cannot multiply `F` by `&f64` (E0277) | `x.iter().zip(data).map(\|(x, y)\| *x * y)` | `\|(&x, &y)\| x * y` |
/// | cannot multiply `&F` by `&F` (E0369) | `x.iter().map(\|v\| v * v)` | `x.iter().map(\|&v\| v * v)` |
/// | type annotations needed (E0283) | `x.iter().sum() / 2.0` | `x.iter().sum::<F>() / 2.0` |
/// | type annotations needed (E0283) | `x.powf(2.0.into())` where `x: Value<f64>` | `x.powf(2.0)` |
/// | the trait bound `Value<f64>: From<{integer}>` is not satisfied (E0277) | `x.max(0)` | `x.max(0.0)` |
/// | expected `f64`, found `Value<f64>` (E0308) | a value as a plain number | `x.data()` |
/// | cannot multiply `Dual<F>` by `{float}` (E0277) | `derivative(\|y\| y * 2.0, x)` | `y * F::constant(2.0)`, or [the bound below](#derivatives-inside-of-functions) |
/// | cannot multiply `Matrix<Value<f64>, …>` by `{float}` (E0277) | `matrix * 2.0` | `matrix * Value::from(2.0)` |
/// | cannot multiply `Complex<Value<f64>>` by `{float}` (E0277) | `z * 2.0` | `z.scale(2.0.into())` |
/// | expected `f` to return `Value<_>`, but it returns `&[Value<_>]` (E0271) | `gradient(f, &[x])` of a function of one number | `derivative(f, x)` |
/// | can't capture dynamic environment in a fn item (E0434) | `function!(\|x\| x[0] * a)` | `function!(let a: f64 = a; \|x\| x[0] * a)` |
/// | cannot move out of a shared reference (E0507) | `function!(let a: Vec<f64> = a; …)` | `let a: &[f64] = &a`, or a `struct` that implements [`Function`](crate::Function) |
/// | expected type parameter `F`, found `[F; 2]` (E0308) | `function!(\|x\| { …; [a, b] })` | `function!(\|x, y: [2]\| { …; (y[0], y[1]) = (a, b); })` |
/// | the trait bound `F: SimdRealField` is not satisfied (E0277) | `Rotation2::new(x[0])` of nalgebra in a `Function` | products of matrices, as in the lesson `09_robot_arm`; or `gradient` and [`Dual`](crate::Dual), whose numbers are `RealField` |
/// | the trait bound `F: RealField` is not satisfied (E0277), or a method of a matrix exists but its trait bounds were not satisfied (E0599) | decompositions of nalgebra or of `linalg` in a `Function` | a function over `Real + RealField` on tapes, as the page `linalg` shows; `linalg::determinant` needs `Real` alone |
/// | expected a `FnOnce(&[Expr<_>])` closure, found … (E0277) | `Program::record(&f, &x)` | `f.record(&x)`; of `check`, `check::function(&f, &x)` |
///
/// # Derivatives inside of functions
///
/// A generic function may contain a derivative, and be differentiated itself. A [`Dual`](crate::Dual) over `F` has all
/// operators with `F`. To use it in other functions over `Real`, ask for it in a bound:
///
/// ```
/// use gradtape::{Dual, Real, derivative, gradient};
///
/// fn potential<F: Real<Plain = f64>>(r: F) -> F {
///     r.powi(4) / 4.0
/// }
///
/// fn force<F: Real<Plain = f64>>(r: F) -> F
/// where
///     Dual<F>: Real<Plain = f64>,
/// {
///     -derivative(potential::<Dual<F>>, r)[1]
/// }
///
/// assert_eq!(force(2.0), -8.0);
/// assert_eq!(gradient(|x| force(x[0]), &[2.0]), (-8.0, vec![-12.0]));
/// ```
///
/// The bound cannot be left out: operators of `Dual<F>` with the plain number of any `F` would overlap with those of
/// `Dual<f64>` with f64 (E0119), so they exist for the numbers of this crate in up to three levels. The method
/// [`Function::eval`](crate::Function::eval) cannot have a bound of its own; inside, write the plain numbers as
/// `F::constant(2.0)`:
///
/// ```
/// use gradtape::{Function, derivative, function};
///
/// let force = function!(|x| -derivative(|r| r.powi(4) / F::constant(4.0), x[0])[1]);
/// assert_eq!(force.value_and_gradient(&[2.0]), (-8.0, vec![-12.0]));
/// ```
#[diagnostic::on_unimplemented(
    note = "functions over `Real` take f32, f64, and the numbers of gradtape over them; the page of `Real` has a table \
            of what the compiler says and what to write"
)]
pub trait Real:
    Number
    + NumAssign
    + NumOps<<Self as Number>::Plain, Self>
    + NumAssignOps<<Self as Number>::Plain>
    + PartialOrd<<Self as Number>::Plain>
    + Sum
    + Product
    + for<'a> Sum<&'a Self>
    + for<'a> Product<&'a Self>
{
    /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    fn dot(a: &[Self], b: &[Self]) -> Self;

    /// The sum `Σ wᵢ vᵢ` with plain weights, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    fn weighted_sum(values: &[Self], weights: &[Self::Plain]) -> Self;

    crate::operations! { signatures }

    /// The order of the numbers, with -0 below 0, -NaN below all others, and NaN above all others. Two NaN with the
    /// same sign are equal. This is a comparison: it ignores derivatives and records nothing.
    ///
    /// ```
    /// use gradtape::Real;
    ///
    /// fn median<F: Real>(mut x: Vec<F>) -> F {
    ///     x.sort_by(F::total_cmp);
    ///     x[x.len() / 2]
    /// }
    ///
    /// let (value, slopes) = gradtape::gradient(|x| median(x.to_vec()), &[3.0, 1.0, 2.0]);
    /// assert_eq!((value, slopes), (2.0, vec![0.0, 0.0, 1.0]));
    /// ```
    fn total_cmp(&self, other: &Self) -> Ordering {
        rules::total_cmp(*self, *other)
    }
}

/// The same methods of a plain float: `fn relu(self) -> Self { let x = self; rules::relu(x) }`.
macro_rules! plain_real {
    (
        $Float:ty;
        real_many { $(
            $(#[$md:meta])* $many:ident ($x:ident -> $my:ident: $Many:ty) { $mr:ident = $value:expr } $mp:tt $ms:tt $mf:tt;
        )* }
        float_unary $float_unary:tt
        real_unary { $(
            $(#[$ud:meta])* $unary:ident ($ux:ident $(, $p:ident: T = $sample:literal)? -> $uy:ident) { $ur:ident = $uv:expr }
            $up:tt $us:tt $uf:tt;
        )* }
        float_binary $float_binary:tt
        float_choice $float_choice:tt
        real_binary { $(
            $(#[$bd:meta])* $binary:ident ($a:ident, $b:ident -> $by:ident) { $br:ident = $bv:expr } $bp:tt $bs:tt $bf:tt;
        )* }
        $($rest:tt)*
    ) => {
        impl Real for $Float {
            inlined! {
                fn dot(a: &[Self], b: &[Self]) -> Self { rules::dot(a, b) }
                fn weighted_sum(values: &[Self], weights: &[Self]) -> Self { rules::dot(values, weights) }
                $(fn $many($x: &[Self]) -> $Many { $value })*
                $(fn $unary(self $(, $p: Self)?) -> Self { let $ux = self; $uv })*
                $(fn $binary(self, other: Self) -> Self { let ($a, $b) = (self, other); $bv })*
            }
        }
    };
}

crate::operations! { plain_real f32; }
crate::operations! { plain_real f64; }
#[cfg(feature = "half")]
crate::operations! { plain_real half::f16; }
#[cfg(feature = "half")]
crate::operations! { plain_real half::bf16; }
