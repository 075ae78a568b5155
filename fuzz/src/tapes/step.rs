//! One call, from bytes.

use gradtape::{Tape, Value};

use super::number::{Number, TestFloat};

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Make,
    Clear,
    Drop,
    Variable,
    Constant,
    Retain,
    Backward,
    BackwardInto,
    Accumulate,
    OnAnotherThread,
    Compute(Operation),
}

/// What makes one value of some.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Neg,
    Add,
    Sub,
    Mul,
    /// Twice the larger, so that the partials are integers also at a tie.
    Max,
    Min,
    Sum,
    Product,
    Dot,
    WeightedSum,
    Custom,
}

const ACTIONS: [Action; 21] = [
    Action::Make,
    Action::Clear,
    Action::Drop,
    Action::Variable,
    Action::Constant,
    Action::Retain,
    Action::Backward,
    Action::BackwardInto,
    Action::Accumulate,
    Action::OnAnotherThread,
    Action::Compute(Operation::Neg),
    Action::Compute(Operation::Add),
    Action::Compute(Operation::Sub),
    Action::Compute(Operation::Mul),
    Action::Compute(Operation::Max),
    Action::Compute(Operation::Min),
    Action::Compute(Operation::Sum),
    Action::Compute(Operation::Product),
    Action::Compute(Operation::Dot),
    Action::Compute(Operation::WeightedSum),
    Action::Compute(Operation::Custom),
];

/// A call with its arguments. Indices are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub(super) action: Action,
    /// How many operands there are, where any number will do.
    pub(super) count: usize,
    /// Of a tape or of gradients.
    pub(super) at: u8,
    /// Of values.
    pub(super) picks: [u8; 4],
    /// Parts of a number, weights or partials.
    pub(super) numbers: [i8; 3],
}

impl From<&[u8; 9]> for Step {
    fn from(&[action, at, a, b, c, d, x, y, z]: &[u8; 9]) -> Self {
        let (count, action) = (usize::from(action) / ACTIONS.len(), usize::from(action) % ACTIONS.len());
        let numbers = [x, y, z].map(|x| x.cast_signed() % 4);
        Self { action: ACTIONS[action], count: count.min(4), at, picks: [a, b, c, d], numbers }
    }
}

impl Step {
    /// The number and the partials.
    pub(super) fn rule(&self, operation: Operation, x: &[Number]) -> (Number, Vec<Number>) {
        let integers = |list: &[i8]| list.iter().copied().cycle().take(x.len()).map(Number::integer).collect();
        let linear = |partials: Vec<Number>| {
            let terms = x.iter().zip(&partials).map(|(x, partial)| x.times(*partial));
            (terms.fold(Number::integer(0), Number::plus), partials)
        };
        let product = |but: usize| {
            let factors = (0..x.len()).filter(|k| *k != but).map(|k| x[k]);
            factors.fold(Number::integer(1), Number::times)
        };
        match operation {
            Operation::Neg => linear(integers(&[-1])),
            Operation::Add | Operation::Sum => linear(integers(&[1])),
            Operation::Sub => linear(integers(&[1, -1])),
            Operation::Mul | Operation::Product => (product(x.len()), (0..x.len()).map(product).collect()),
            Operation::Max | Operation::Min => {
                let above = x[0].cmp(x[1]) as i8;
                let above = if matches!(operation, Operation::Max) { above } else { -above };
                linear(integers(&[1 + above, 1 - above]))
            }
            Operation::Dot => {
                let pairs = x.chunks_exact(2).map(|pair| pair[0].times(pair[1]));
                (pairs.fold(Number::integer(0), Number::plus), (0..x.len()).map(|k| x[k ^ 1]).collect())
            }
            Operation::WeightedSum => linear(integers(&self.numbers)),
            Operation::Custom => (Number::integer(self.numbers[0]), integers(&self.numbers)),
        }
    }

    /// What the crate makes of the operands. The tape is that of a custom operation.
    pub(super) fn apply<T: TestFloat>(&self, operation: Operation, tape: Option<&Tape<T>>, x: &[Value<T>]) -> Value<T> {
        let plain = |x: i8| T::of(Number::integer(x), &[]);
        let numbers: Vec<T> = self.numbers.iter().copied().cycle().take(x.len()).map(plain).collect();
        match operation {
            Operation::Neg => -x[0],
            Operation::Add => x[0] + x[1],
            Operation::Sub => x[0] - x[1],
            Operation::Mul => x[0] * x[1],
            Operation::Max => x[0].max(x[1]) * plain(2),
            Operation::Min => x[0].min(x[1]) * plain(2),
            Operation::Sum => x.iter().sum(),
            Operation::Product => x.iter().product(),
            Operation::Dot => {
                let (a, b): (Vec<_>, Vec<_>) = x.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
                Value::dot(&a, &b)
            }
            Operation::WeightedSum => Value::weighted_sum(x, &numbers),
            Operation::Custom => {
                let operands: Vec<_> = x.iter().copied().zip(numbers).collect();
                tape.expect("a custom operation has a tape").custom(plain(self.numbers[0]), &operands)
            }
        }
    }
}
