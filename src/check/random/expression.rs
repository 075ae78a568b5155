//! Straight-line programs as data.

use super::number::Arithmetic;
use super::table::Table;

/// A random straight-line program with shared parts, and a point at which to evaluate it.
///
/// It applies any operation to any number: numbers can be special, huge or at a kink, so the result is often infinite
/// or NaN. [`Smooth`] avoids points where derivatives behave badly. Both contain
///
/// - every entry of [`Table`], with the feature `special` also the special functions, and the operators with a plain
///   number on either side, too;
/// - negation, `mul_add`, `sin_cos`, `clamp`, and [`retain`](crate::Value::retain);
/// - short and long sums, products, scalar products and weighted sums;
/// - [`Tape::custom`](crate::Tape::custom), by `a² b` with its partials;
/// - a tape inside a tape, in steps that take the derivative of an entry. The whole expression can be evaluated with
///   `Value<Value<f64>>`, too.
///
/// These properties of a tape hold for any numbers: it computes the same bits as the plain program, except for the sign
/// of a NaN, which depends on the machine and is visible through `copysign`. Its gradient agrees with that of another
/// method if all numbers and partials are finite, and if products of partials along a path neither overflow nor
/// underflow: a tape multiplies them from the inputs up, most references from the result down.
///
/// `Display` prints the Rust code that computes its value and its gradient. With the feature `quickcheck` it shrinks to
/// few steps and simple numbers.
///
/// # Examples
///
/// The tape computes the same number as the plain program, bit for bit:
///
/// ```
/// # #[cfg(feature = "quickcheck")] {
/// use gradtape::{check::random::Smooth, gradient};
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

/// An [`Expression`] that applies each operation of the table only inside its box. So it is smooth around the inputs,
/// and its derivatives can be compared with differences.
#[derive(Clone)]
pub struct Smooth(
    /// The expression.
    pub Expression,
);

/// An [`Expression`] of zeros, halves, ones and twos, where operations have kinks, poles, and derivatives that are
/// conventions.
#[derive(Clone)]
pub struct Singular(
    /// The expression.
    pub Expression,
);

/// An operation and the indices of its operands. Indices count the inputs first, then the steps.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    pub(super) operands: Vec<usize>,
}

/// The operation of a step. An operation of the table is given by its index there.
#[derive(Clone)]
pub(super) enum StepKind {
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
    /// The scalar product of the first half of the operands and the second half.
    Dot,
    WeightedSum(Vec<f64>),
    Custom,
    Derivative(usize),
}

impl Expression {
    /// The point at which it is evaluated: at least one number.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// The number of operations.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is no operation: the result is the last input.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether a step applies the operation of the table with this name.
    pub fn applies(&self, name: &str) -> bool {
        self.steps.iter().any(|step| match step.kind {
            StepKind::Unary(op) | StepKind::Derivative(op) => Table::<f64>::unary_at(op).name == name,
            StepKind::Binary(op) | StepKind::PlainRight(op, _) | StepKind::PlainLeft(op, _) => {
                Table::<f64>::binary_at(op).name == name
            }
            _ => false,
        })
    }

    /// Whether a step is a derivative of an operation, which is computed with a number over the other steps' numbers.
    pub fn has_derivatives(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.kind, StepKind::Derivative(_)))
    }

    /// The result at `inputs`: that of the last step.
    ///
    /// # Panics
    ///
    /// If the number of inputs is not that of [`inputs`](Self::inputs).
    #[track_caller]
    pub fn eval<F: Arithmetic>(&self, inputs: &[F]) -> F {
        self.eval_all(inputs).pop().expect("there is at least one input")
    }

    /// The inputs, followed by the result of every step.
    ///
    /// # Panics
    ///
    /// If the number of inputs is not that of [`inputs`](Self::inputs).
    #[track_caller]
    pub fn eval_all<F: Arithmetic>(&self, inputs: &[F]) -> Vec<F> {
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
    /// If the number of inputs is not that of [`inputs`](Self::inputs).
    #[track_caller]
    pub fn is_smooth_at(&self, inputs: &[f64]) -> bool {
        let values = self.eval_all(inputs);
        self.steps.iter().all(|step| step.is_smooth(&values))
    }
}

impl Step {
    pub(super) fn new(kind: StepKind, operands: impl Into<Vec<usize>>) -> Self {
        Self { kind, operands: operands.into() }
    }

    pub(super) fn eval<F: Arithmetic>(&self, values: &[F]) -> F {
        let of = |k: usize| &values[self.operands[k]];
        let all = || self.operands.iter().map(|&k| values[k].clone()).collect::<Vec<_>>();
        match &self.kind {
            StepKind::Constant(x) => F::constant(*x),
            StepKind::Unary(op) => F::unary(*op, of(0)),
            StepKind::Binary(op) => F::binary(*op, of(0), of(1)),
            StepKind::PlainRight(op, x) => F::plain_right(*op, of(0), *x),
            StepKind::PlainLeft(op, x) => F::plain_left(*op, *x, of(0)),
            StepKind::Neg => F::neg(of(0)),
            StepKind::MulAdd => F::mul_add(of(0), of(1), of(2)),
            StepKind::Sin => F::sin_cos(of(0)).0,
            StepKind::Cos => F::sin_cos(of(0)).1,
            StepKind::Clamp => F::clamp(of(0), of(1), of(2)),
            StepKind::Retain => F::retain(of(0)),
            StepKind::Sum => F::sum(&all()),
            StepKind::Product => F::product(&all()),
            StepKind::Dot => {
                let all = all();
                let (a, b) = all.split_at(all.len() / 2);
                F::dot(a, b)
            }
            StepKind::WeightedSum(weights) => F::weighted_sum(&all(), weights),
            StepKind::Custom => F::custom(of(0), of(1)),
            StepKind::Derivative(op) => F::derivative(*op, of(0)),
        }
    }

    fn is_smooth(&self, values: &[f64]) -> bool {
        let inside = |x: f64, low: f64, high: f64| (x - low).min(high - x) >= -0.005 * (high - low);
        let of = |k: usize| values[self.operands[k]];
        match &self.kind {
            StepKind::Unary(op) | StepKind::Derivative(op) => {
                let op = Table::<f64>::unary_at(*op);
                inside(of(0), op.low[0], op.high[0])
            }
            StepKind::Binary(op) => {
                let op = Table::<f64>::binary_at(*op);
                (0..2).all(|k| inside(of(k), op.low[k], op.high[k]))
            }
            StepKind::PlainRight(op, x) | StepKind::PlainLeft(op, x) => {
                let op = Table::<f64>::binary_at(*op);
                let pair = if matches!(self.kind, StepKind::PlainRight(..)) { [of(0), *x] } else { [*x, of(0)] };
                (0..2).all(|k| inside(pair[k], op.low[k], op.high[k]))
            }
            StepKind::Clamp => of(1) + 0.1 < of(0) && of(0) + 0.1 < of(2),
            StepKind::Constant(_)
            | StepKind::Neg
            | StepKind::MulAdd
            | StepKind::Sin
            | StepKind::Cos
            | StepKind::Retain
            | StepKind::Sum
            | StepKind::Product
            | StepKind::Dot
            | StepKind::WeightedSum(_)
            | StepKind::Custom => true,
        }
    }
}
