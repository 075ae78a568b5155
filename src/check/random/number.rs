//! What an expression can be evaluated with.

use num_traits::{Float, NumOps};

#[cfg(feature = "program")]
use super::table::NODES;
use super::table::{OPERATORS, Table, operators, position};
use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::function::derivative;
use crate::jet::Jet;
use crate::number::{Number, Real};
use crate::ops::rules::constant;
#[cfg(feature = "program")]
use crate::program::{Expr, Precision};
use crate::tape::{Value, gradient, join_all};

/// A number that an [`Expression`](super::Expression) can be evaluated with: f32, f64, [`Jet`]s, [`Dual2`]s, [`Value`]s
/// and [`Dual`]s over these, `Value<Value>`, `Value<Dual>` and `Dual<Dual>`, the [`Expr`](crate::program::Expr) that
/// records a program, or a reference of your own, which need not be `Copy`.
///
/// Operations are named by their index, which [`Table::unary_at`] and [`Table::binary_at`] take. What is provided here
/// is made of the six methods that are required.
///
/// # Examples
///
/// A reference that counts operations:
///
/// ```
/// use gradtape::check::random::Arithmetic;
///
/// #[derive(Clone)]
/// struct Counted(f64, usize);
///
/// impl Arithmetic for Counted {
///     fn constant(x: f64) -> Self {
///         Self(x, 0)
///     }
///     fn unary(op: usize, a: &Self) -> Self {
///         Self(f64::unary(op, &a.0), a.1 + 1)
///     }
///     fn binary(op: usize, a: &Self, b: &Self) -> Self {
///         Self(f64::binary(op, &a.0, &b.0), a.1 + b.1 + 1)
///     }
///     fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
///         Self(a.0.mul_add(b.0, c.0), a.1 + b.1 + c.1 + 1)
///     }
///     fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
///         Self(Arithmetic::clamp(&a.0, &low.0, &high.0), a.1 + low.1 + high.1 + 1)
///     }
///     fn derivative(op: usize, a: &Self) -> Self {
///         Self(f64::derivative(op, &a.0), a.1 + 1)
///     }
/// }
///
/// # #[cfg(feature = "quickcheck")] {
/// use gradtape::check::random::Smooth;
///
/// fn numbers_are_those_of_floats(Smooth(expression): Smooth) -> bool {
///     let x: Vec<_> = expression.inputs().iter().map(|&x| Counted(x, 0)).collect();
///     expression.eval(&x).0 == expression.eval(expression.inputs())
/// }
/// quickcheck::quickcheck(numbers_are_those_of_floats as fn(Smooth) -> bool);
/// # }
/// ```
pub trait Arithmetic: Clone {
    /// The number `x`, rounded to the precision of `Self`.
    fn constant(x: f64) -> Self;

    /// An operation of one argument.
    fn unary(op: usize, a: &Self) -> Self;

    /// An operation of two arguments.
    fn binary(op: usize, a: &Self, b: &Self) -> Self;

    /// The fused `a b + c`.
    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self;

    /// `a` within the bounds where `low <= high`, else `a`.
    fn clamp(a: &Self, low: &Self, high: &Self) -> Self;

    /// The derivative of an operation of one argument, taken with a number over `Self`: on a tape of its own, or by
    /// `Dual`s.
    fn derivative(op: usize, a: &Self) -> Self;

    /// An operator with a plain number on the right.
    fn plain_right(op: usize, a: &Self, b: f64) -> Self {
        Self::binary(op, a, &Self::constant(b))
    }

    /// An operator with a plain number on the left.
    fn plain_left(op: usize, a: f64, b: &Self) -> Self {
        Self::binary(op, &Self::constant(a), b)
    }

    /// The negative.
    fn neg(a: &Self) -> Self {
        Self::plain_left(multiplication(), -1.0, a)
    }

    /// The sine and the cosine.
    fn sin_cos(a: &Self) -> (Self, Self) {
        let index = |name| position(Table::<f64>::UNARY, name);
        (Self::unary(index("sin"), a), Self::unary(index("cos"), a))
    }

    /// `a² b`, for values an operation of a user's own with the partials `2ab` and `a²`.
    fn custom(a: &Self, b: &Self) -> Self {
        Self::product(&[a.clone(), a.clone(), b.clone()])
    }

    /// The same number, for values as a node of its own.
    fn retain(a: &Self) -> Self {
        a.clone()
    }

    /// The sum of at least one number, from the first on.
    fn sum(terms: &[Self]) -> Self {
        fold(position(Table::<f64>::BINARY, "add"), terms)
    }

    /// The product of at least one number, from the first on.
    fn product(factors: &[Self]) -> Self {
        fold(multiplication(), factors)
    }

    /// The scalar product, from the first product on.
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let products: Vec<_> = a.iter().zip(b).map(|(a, b)| Self::binary(multiplication(), a, b)).collect();
        Self::sum(&products)
    }

    /// The sum with plain weights, from the first product on.
    fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
        Self::dot(values, &weights.iter().map(|&weight| Self::constant(weight)).collect::<Vec<_>>())
    }
}

fn multiplication() -> usize {
    position(Table::<f64>::BINARY, "mul")
}

fn fold<F: Arithmetic>(op: usize, list: &[F]) -> F {
    list.iter()
        .cloned()
        .reduce(|a, b| F::binary(op, &a, &b))
        .expect("there is no sum or product of no numbers; hand over at least one")
}

/// What the numbers of this crate do in their own way.
pub trait Special: Real {
    /// The derivative of an operation of one argument, by a number over this one.
    fn derivative(op: usize, a: Self) -> Self;

    /// `a² b`, for values an operation of a user's own.
    fn custom(a: Self, b: Self) -> Self {
        a * a * b
    }

    /// The same number, for values as a node of its own.
    fn retain(a: Self) -> Self {
        a
    }

    /// An operator with a plain number on the left, where Rust has one.
    fn plain_left(op: usize, a: f64, b: Self) -> Self;
}

impl<F: Real + Special> Arithmetic for F {
    fn constant(x: f64) -> Self {
        constant(x)
    }

    fn unary(op: usize, &a: &Self) -> Self {
        (Table::<Self>::unary_at(op).f)([a])
    }

    fn binary(op: usize, &a: &Self, &b: &Self) -> Self {
        (Table::<Self>::binary_at(op).f)([a, b])
    }

    fn mul_add(&a: &Self, &b: &Self, &c: &Self) -> Self {
        Float::mul_add(a, b, c)
    }

    fn clamp(&a: &Self, &low: &Self, &high: &Self) -> Self {
        if low <= high { Float::clamp(a, low, high) } else { a }
    }

    fn derivative(op: usize, &a: &Self) -> Self {
        Special::derivative(op, a)
    }

    fn plain_right(op: usize, &a: &Self, b: f64) -> Self {
        operators::<F, F::Plain, F>()[op - OPERATORS.start](a, constant(b))
    }

    fn plain_left(op: usize, a: f64, &b: &Self) -> Self {
        Special::plain_left(op, a, b)
    }

    fn neg(&a: &Self) -> Self {
        -a
    }

    fn sin_cos(&a: &Self) -> (Self, Self) {
        Float::sin_cos(a)
    }

    fn custom(&a: &Self, &b: &Self) -> Self {
        Special::custom(a, b)
    }

    fn retain(&a: &Self) -> Self {
        Special::retain(a)
    }

    fn sum(terms: &[Self]) -> Self {
        terms.iter().sum()
    }

    fn product(factors: &[Self]) -> Self {
        factors.iter().product()
    }

    fn dot(a: &[Self], b: &[Self]) -> Self {
        Real::dot(a, b)
    }

    fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
        Real::weighted_sum(values, &weights.iter().map(|&weight| constant(weight)).collect::<Vec<_>>())
    }
}

/// The number that stands on the left of an operator of `F`: a plain number for numbers over f32 and f64. Rust allows a
/// plain number on the left for named types only; of nested numbers it is made an `F`.
pub trait Left<F> {
    fn apply(op: usize, a: f64, b: F) -> F;
}

/// The operator of the table with a left operand of the type `L`.
fn with_left<L: NumOps<F, F> + Float, F>(op: usize, a: f64, b: F) -> F {
    operators::<L, F, F>()[op - OPERATORS.start](constant(a), b)
}

impl<F> Left<F> for f32
where
    f32: NumOps<F, F>,
{
    fn apply(op: usize, a: f64, b: F) -> F {
        with_left::<Self, F>(op, a, b)
    }
}

impl<F> Left<F> for f64
where
    f64: NumOps<F, F>,
{
    fn apply(op: usize, a: f64, b: F) -> F {
        with_left::<Self, F>(op, a, b)
    }
}

impl<T, F: Real> Left<F> for Value<T> {
    fn apply(op: usize, a: f64, b: F) -> F {
        with_left::<F, F>(op, a, b)
    }
}

/// The derivative by a tape of its own.
fn on_tape<F: Real>(op: usize, a: F) -> F
where
    Value<F>: Real,
{
    gradient(|x| (Table::unary_at(op).f)([x[0]]), &[a]).1[0]
}

impl Special for f32 {
    fn derivative(op: usize, a: Self) -> Self {
        on_tape(op, a)
    }

    fn plain_left(op: usize, a: f64, b: Self) -> Self {
        <Self as Left<Self>>::apply(op, a, b)
    }
}

impl Special for f64 {
    fn derivative(op: usize, a: Self) -> Self {
        on_tape(op, a)
    }

    fn plain_left(op: usize, a: f64, b: Self) -> Self {
        <Self as Left<Self>>::apply(op, a, b)
    }
}

impl<T: Number + Left<Self>> Special for Value<T>
where
    Self: Real,
    Value<Self>: Real,
{
    fn derivative(op: usize, a: Self) -> Self {
        on_tape(op, a)
    }

    fn custom(a: Self, b: Self) -> Self {
        let (x, y) = (a.data(), b.data());
        let operands = [(a, (x + x) * y), (b, x * x)];
        join_all("custom", x * x * y, 2, |k| operands[k])
    }

    fn retain(a: Self) -> Self {
        a.retain()
    }

    fn plain_left(op: usize, a: f64, b: Self) -> Self {
        T::apply(op, a, b)
    }
}

/// The numbers of forward mode. For example, `forward! { Dual }` gives `impl<…> Left<F> for Dual<T, N> { … }` and
/// `impl<…> Special for Dual<T, N> { … }`.
macro_rules! forward {
    ($($Number:ident)*) => { $(
        impl<T, const N: usize, F: Real> Left<F> for $Number<T, N> {
            fn apply(op: usize, a: f64, b: F) -> F {
                with_left::<F, F>(op, a, b)
            }
        }

        impl<T: Number + Left<Self>, const N: usize> Special for $Number<T, N>
        where
            Self: Real,
            Dual<Self>: Real,
        {
            fn derivative(op: usize, a: Self) -> Self {
                derivative(|x| (Table::unary_at(op).f)([x]), a)[1]
            }

            fn plain_left(op: usize, a: f64, b: Self) -> Self {
                T::apply(op, a, b)
            }
        }
    )* };
}

forward! { Dual Dual2 Jet }

#[cfg(feature = "program")]
impl<T: Precision + Left<Self>> Special for Expr<T> {
    // By the table: a tape would ask whether the derivative is NaN, and the program would remember that.
    fn derivative(op: usize, a: Self) -> Self {
        let Some(&(op, parameter, exponent)) = NODES.get(op) else {
            // A special function.
            return derivative(|x| (Table::unary_at(op).f)([x]), a)[1];
        };
        let x = [a, constant(parameter), a];
        op.partial(0, x, exponent, Self::call_any(op, x, exponent))
    }

    fn plain_left(op: usize, a: f64, b: Self) -> Self {
        T::apply(op, a, b)
    }
}
