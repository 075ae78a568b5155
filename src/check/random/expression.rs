//! Straight-line programs as data.

use super::number::Arithmetic;
use super::table::Table;

/// A random straight-line program with shared parts, and a point to evaluate it at.
///
/// It applies any operation to any number: numbers can be special, huge or at a kink, so the result is often infinite
/// or NaN. [`Smooth`] keeps to where derivatives are well-behaved. Both reach
///
/// - every entry of [`Table`], and the operators also with a plain number on either side;
/// - negation, `mul_add`, `sin_cos`, `clamp`, and [`retain`](crate::Value::retain);
/// - short and long sums, products, scalar products and weighted sums;
/// - [`Tape::custom`](crate::Tape::custom), by `a² b` with its partials;
/// - a tape inside a tape, by steps that take the derivative of an entry. The whole can also be evaluated with
///   `Value<Value<f64>>`.
///
/// What can be claimed of a tape where numbers are wild: it computes the bits of the plain program, but for the sign of a
/// NaN, which is an accident of the machine and shows when `copysign` is given it. Its gradient agrees with that of
/// another method where all numbers and partials are finite, and products of partials along a path neither over- nor
/// underflow: a tape multiplies them from the inputs up, most references from the result down.
///
/// It prints as the Rust code that computes its number and its gradient. With feature `quickcheck` it shrinks to few
/// steps and simple numbers.
///
/// # Examples
///
/// The tape computes the number of the plain program, bit for bit:
///
/// ```
/// # #[cfg(feature = "quickcheck")] {
/// use gradtape::{check::Smooth, gradient};
///
/// fn numbers_are_those_of_plain_floats(Smooth(expression): Smooth) -> bool {
///     let x = expression.inputs();
///     gradient(|x| expression.eval(x), x).0 == expression.eval(x)
/// }
/// quickcheck::quickcheck(numbers_are_those_of_plain_floats as fn(Smooth) -> bool);
/// # }
/// ```
#[derive(Clone)]
pub struct Expression {
    pub(super) inputs: Vec<f64>,
    pub(super) steps: Vec<Step>,
}

/// An [`Expression`] that applies each operation of the table only inside its box, so that the whole is smooth around
/// the inputs, and its derivatives can be compared with differences.
#[derive(Clone)]
pub struct Smooth(
    /// The expression.
    pub Expression,
);

/// An operation and what it is applied to: indices of inputs, and behind these of earlier steps.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) kind: Kind,
    pub(super) operands: Vec<usize>,
}

/// The first number of an operation is its index in the table.
#[derive(Clone)]
pub(super) enum Kind {
    Constant(f64),
    Unary(usize),
    Binary(usize),
    PlainRight(usize, f64),
    PlainLeft(usize, f64),
    Neg,
    MulAdd,
    Sin,
    Cos,
    Clamp,
    Retain,
    Sum,
    Product,
    /// The first half of the operands with the second.
    Dot,
    WeightedSum(Vec<f64>),
    Custom,
    Derivative(usize),
}

impl Expression {
    /// The point to evaluate it at: at least one number.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// How many operations it has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it is nothing but its last input.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Its result at `inputs`: what the last step computes.
    ///
    /// # Panics
    ///
    /// If there are not as many inputs as [`inputs`](Self::inputs) has.
    #[track_caller]
    pub fn eval<F: Arithmetic>(&self, inputs: &[F]) -> F {
        self.trace(inputs).pop().expect("there is at least one input")
    }

    /// The inputs, and behind them the result of every step.
    ///
    /// # Panics
    ///
    /// If there are not as many inputs as [`inputs`](Self::inputs) has.
    #[track_caller]
    pub fn trace<F: Arithmetic>(&self, inputs: &[F]) -> Vec<F> {
        assert_eq!(inputs.len(), self.inputs.len(), "an expression is evaluated with as many numbers as it has inputs");
        let mut values = inputs.to_vec();
        for step in &self.steps {
            values.push(step.eval(&values));
        }
        values
    }

    /// Whether every operation is applied inside its box, with a margin of 0.5 %, and clamped numbers are away from
    /// their bounds.
    ///
    /// # Panics
    ///
    /// If there are not as many inputs as [`inputs`](Self::inputs) has.
    #[track_caller]
    pub fn is_smooth_at(&self, inputs: &[f64]) -> bool {
        let values = self.trace(inputs);
        self.steps.iter().all(|step| step.is_smooth(&values))
    }
}

impl Step {
    pub(super) fn new(kind: Kind, operands: impl Into<Vec<usize>>) -> Self {
        Self { kind, operands: operands.into() }
    }

    pub(super) fn eval<F: Arithmetic>(&self, values: &[F]) -> F {
        let of = |k: usize| &values[self.operands[k]];
        let all = || self.operands.iter().map(|&k| values[k].clone()).collect::<Vec<_>>();
        match &self.kind {
            Kind::Constant(x) => F::constant(*x),
            Kind::Unary(op) => F::unary(*op, of(0)),
            Kind::Binary(op) => F::binary(*op, of(0), of(1)),
            Kind::PlainRight(op, x) => F::plain_right(*op, of(0), *x),
            Kind::PlainLeft(op, x) => F::plain_left(*op, *x, of(0)),
            Kind::Neg => F::neg(of(0)),
            Kind::MulAdd => F::mul_add(of(0), of(1), of(2)),
            Kind::Sin => F::sin_cos(of(0)).0,
            Kind::Cos => F::sin_cos(of(0)).1,
            Kind::Clamp => F::clamp(of(0), of(1), of(2)),
            Kind::Retain => F::retain(of(0)),
            Kind::Sum => F::sum(&all()),
            Kind::Product => F::product(&all()),
            Kind::Dot => {
                let all = all();
                let (a, b) = all.split_at(all.len() / 2);
                F::dot(a, b)
            }
            Kind::WeightedSum(weights) => F::weighted_sum(&all(), weights),
            Kind::Custom => F::custom(of(0), of(1)),
            Kind::Derivative(op) => F::derivative(*op, of(0)),
        }
    }

    fn is_smooth(&self, values: &[f64]) -> bool {
        let inside = |x: f64, low: f64, high: f64| (x - low).min(high - x) >= -0.005 * (high - low);
        let of = |k: usize| values[self.operands[k]];
        match &self.kind {
            Kind::Unary(op) | Kind::Derivative(op) => {
                let op = &Table::<f64>::UNARY[*op];
                inside(of(0), op.low[0], op.high[0])
            }
            Kind::Binary(op) => {
                let op = &Table::<f64>::BINARY[*op];
                (0..2).all(|k| inside(of(k), op.low[k], op.high[k]))
            }
            Kind::PlainRight(op, x) | Kind::PlainLeft(op, x) => {
                let op = &Table::<f64>::BINARY[*op];
                let pair = if matches!(self.kind, Kind::PlainRight(..)) { [of(0), *x] } else { [*x, of(0)] };
                (0..2).all(|k| inside(pair[k], op.low[k], op.high[k]))
            }
            Kind::Clamp => of(1) + 0.1 < of(0) && of(0) + 0.1 < of(2),
            Kind::Constant(_)
            | Kind::Neg
            | Kind::MulAdd
            | Kind::Sin
            | Kind::Cos
            | Kind::Retain
            | Kind::Sum
            | Kind::Product
            | Kind::Dot
            | Kind::WeightedSum(_)
            | Kind::Custom => true,
        }
    }
}
