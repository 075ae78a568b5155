//! Bounds of the rounding errors of a float relative to f64: a running error analysis.
//!
//! If the operands have errors `eᵢ`, the result of an operation has the error `Σ |fᵢ| eᵢ + ½ Σ |fᵢⱼ| eᵢ eⱼ` plus its
//! own rounding error, with the partials `fᵢ` and second partials `fᵢⱼ` at the numbers of f64. A partial has the error
//! `Σ |fᵢⱼ| eⱼ` plus its own rounding error. The derivative by an input is the sum, over all paths to it, of products
//! of partials, in any order of the sweep. So its error is at most the sum of the errors that each partial causes in
//! the magnitudes of these products. This holds only if errors are too small to change the second partials much.
//! Therefore [`Bounded::is_sure`] requires that errors are small beside the box in which an operation is smooth.
//!
//! See N. J. Higham, "Accuracy and Stability of Numerical Algorithms", section 3.3, on running error analysis.

use std::array::from_fn;
use std::marker::PhantomData;

use gradtape::check::random::{Arithmetic, Table};
use gradtape::{Tape, Value, gradient};

use crate::{TestFloat, number};

/// The largest relative error of an operation or a partial itself, in units in the last place. The worst of the table,
/// `gelu_tanh` in its tail, has this error; most have less than 2.
const UNITS: f64 = 16.0;
/// Partials that cancel to a smaller number are as uncertain as one of this size.
const UNCERTAIN: f64 = 0.1;
/// The largest error, relative to the box of an operation.
const SHARE_OF_BOX: f64 = 1e-3;

/// A number of f64, its derivatives by the inputs, and bounds of the errors of `T` relative to these. For f64 itself,
/// the bounds are relative to the exact numbers, and two computations differ by at most twice the bound.
#[derive(Clone, Debug)]
pub struct Bounded<T> {
    data: f64,
    error: f64,
    derivatives: Vec<PathOutput>,
    is_sure: bool,
    float: PhantomData<T>,
}

/// A derivative by one input.
#[derive(Clone, Copy, Debug, Default)]
struct PathOutput {
    /// The sum of the magnitudes of the products that make up the derivative.
    size: f64,
    error: f64,
}

impl<T: TestFloat> Bounded<T> {
    /// The variables at `x`.
    pub fn variables(x: &[T]) -> Vec<Self> {
        let unit = |k| (0..x.len()).map(|i| PathOutput { size: f64::from(u8::from(i == k)), error: 0.0 }).collect();
        let float = PhantomData;
        let variable =
            |(k, &x): (usize, &T)| Self { data: x.into(), error: 0.0, derivatives: unit(k), is_sure: true, float };
        x.iter().enumerate().map(variable).collect()
    }

    /// The largest error of a number by rounding alone.
    fn rounding(size: f64) -> f64 {
        // The error of underflow.
        UNITS * T::epsilon().into() * size + T::min_positive_value().into()
    }

    /// Whether all intermediate errors are small enough for the bounds to hold, and nothing is too large for the float.
    pub fn is_sure(&self) -> bool {
        self.is_sure
    }

    /// The bound of the error of the number.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The bound of the error of the derivative by an input.
    pub fn error_of_derivative(&self, input: usize) -> f64 {
        self.derivatives.get(input).map_or(0.0, |derivative| derivative.error)
    }

    /// The scale of the rounding errors of sums of the derivative by an input.
    pub fn size_of_derivative(&self, input: usize) -> f64 {
        self.derivatives.get(input).map_or(0.0, |derivative| derivative.size)
    }

    /// The result of a function of the operands.
    fn compute<const N: usize>(
        f: impl FnOnce([Value<Value<f64>>; N]) -> Value<Value<f64>>,
        operands: [&Self; N],
        uncertain: f64,
    ) -> Self {
        let tape = Tape::new();
        let x = operands.map(|operand| tape.var(operand.data));
        let (y, partials) = gradient(|x| f(from_fn(|k| x[k])), &x);
        let mut result = Self {
            data: y.data(),
            error: Self::rounding(y.data().abs().max(uncertain)),
            derivatives: vec![PathOutput::default(); operands.iter().map(|a| a.derivatives.len()).max().unwrap_or(0)],
            is_sure: operands.iter().all(|operand| operand.is_sure),
            float: PhantomData,
        };
        for (operand, partial) in operands.iter().zip(partials) {
            let seconds = partial.backward().wrt_all(&x);
            let shift: f64 = operands.iter().zip(seconds).map(|(other, second)| second.abs() * other.error).sum();
            let partial = partial.data().abs();
            result.error += (partial + shift / 2.0) * operand.error;
            let shift = shift + Self::rounding(partial.max(UNCERTAIN));
            for (ours, theirs) in result.derivatives.iter_mut().zip(&operand.derivatives) {
                ours.size += partial * theirs.size;
                ours.error += (partial + shift) * theirs.error + shift * theirs.size;
            }
        }
        let largest = result.derivatives.iter().fold(result.data.abs(), |most, derivative| most.max(derivative.size));
        result.is_sure &= largest < T::max_value().into() / 2.0;
        result
    }

    /// The same number. It is sure only if the error is small beside an interval.
    fn beside(&self, low: f64, high: f64) -> Self {
        Self { is_sure: self.is_sure && self.error <= SHARE_OF_BOX * (high - low), ..self.clone() }
    }
}

impl<T: TestFloat> Arithmetic for Bounded<T> {
    fn constant(x: f64) -> Self {
        let rounded: f64 = number::<T>(x).into();
        let error = (rounded - x).abs();
        Self { data: x, error, derivatives: Vec::new(), is_sure: error.is_finite(), float: PhantomData }
    }

    fn unary(op: usize, a: &Self) -> Self {
        let op = Table::<Value<Value<f64>>>::unary_at(op);
        Self::compute(op.f, [&a.beside(op.low[0], op.high[0])], 0.0)
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        let op = Table::<Value<Value<f64>>>::binary_at(op);
        let [a, b] = [(a, 0), (b, 1)].map(|(x, k)| x.beside(op.low[k], op.high[k]));
        Self::compute(op.f, [&a, &b], 0.0)
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self::compute(|[a, b, c]| a.mul_add(b, c), [a, b, c], 0.0)
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        let is_between = |low: &Self, high: &Self| low.data + low.error < high.data - high.error;
        let is_sure = a.is_sure && low.is_sure && high.is_sure && is_between(low, a) && is_between(a, high);
        Self { is_sure, ..a.clone() }
    }

    fn derivative(op: usize, a: &Self) -> Self {
        let box_of = Table::<f64>::unary_at(op);
        let a = a.beside(box_of.low[0], box_of.high[0]);
        Self::compute(|[a]| Arithmetic::derivative(op, &a), [&a], UNCERTAIN)
    }
}
