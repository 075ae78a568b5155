//! Random expressions, from any source of randomness.

use super::expression::{Expression, Singular, Smooth, Step, StepKind};
use super::points::{Any, Unit};
use super::source::{Random, RandomSource, arbitrary};
use super::table::{OPERATORS, Table};

/// The inputs and constants of an expression.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    Any,
    /// Inside the box of the operation.
    Smooth,
    /// Of [`SINGULAR`].
    Singular,
}

const SINGULAR: [f64; 8] = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0];

/// An expression under construction.
struct Draft<'a, S> {
    source: &'a mut S,
    numbers: Numbers,
    inputs: Vec<f64>,
    steps: Vec<Step>,
    /// The values of inputs and steps.
    values: Vec<f64>,
}

impl<S: RandomSource> Draft<'_, S> {
    fn is_smooth(&self) -> bool {
        self.numbers == Numbers::Smooth
    }

    /// A number of the interval, or one of another kind if the expression need not be smooth.
    fn number(&mut self, low: f64, high: f64) -> f64 {
        match self.numbers {
            Numbers::Any => Any::random(self.source).0,
            Numbers::Smooth => Unit::random(self.source).between(low, high),
            Numbers::Singular => SINGULAR[self.source.below(SINGULAR.len())],
        }
    }

    fn push(&mut self, step: Step) -> usize {
        self.values.push(step.eval(&self.values));
        self.steps.push(step);
        self.values.len() - 1
    }

    fn constant(&mut self, x: f64) -> usize {
        self.push(Step::new(StepKind::Constant(x), []))
    }

    /// The index of a value in the interval, or of any value if the expression need not be smooth. It is a new constant
    /// if there is no such value, and sometimes if there is.
    fn operand(&mut self, low: f64, high: f64) -> usize {
        let fits = |x: f64| !self.is_smooth() || (low <= x && x <= high);
        let candidates: Vec<usize> = (0..self.values.len()).filter(|&k| fits(self.values[k])).collect();
        if candidates.is_empty() || self.source.below(8) == 7 {
            let x = self.number(low, high);
            return self.constant(x);
        }
        candidates[self.source.below(candidates.len())]
    }

    fn operands(&mut self, count: usize, low: f64, high: f64) -> Vec<usize> {
        (0..count).map(|_| self.operand(low, high)).collect()
    }

    fn step(&mut self) -> Step {
        match self.source.below(24) {
            0..7 => {
                let index = self.source.below(Table::<f64>::COUNTS[0]);
                let op = Table::<f64>::unary_at(index);
                let kind = if self.source.below(8) == 7 { StepKind::Derivative(index) } else { StepKind::Unary(index) };
                Step::new(kind, [self.operand(op.low[0], op.high[0])])
            }
            7..12 => {
                let index = self.source.below(Table::<f64>::COUNTS[1]);
                let op = Table::<f64>::binary_at(index);
                Step::new(StepKind::Binary(index), [0, 1].map(|k| self.operand(op.low[k], op.high[k])))
            }
            12..15 => {
                let index = OPERATORS.start + self.source.below(OPERATORS.len());
                let op = Table::<f64>::binary_at(index);
                // The side of the plain number.
                let (plain, other) = [(1, 0), (0, 1)][self.source.below(2)];
                let x = self.number(op.low[plain], op.high[plain]);
                let kind = if plain == 1 { StepKind::PlainRight(index, x) } else { StepKind::PlainLeft(index, x) };
                Step::new(kind, [self.operand(op.low[other], op.high[other])])
            }
            15 => Step::new(StepKind::Neg, [self.operand(-30.0, 30.0)]),
            16 => Step::new(StepKind::MulAdd, self.operands(3, -9.0, 9.0)),
            17 => {
                let kind = [StepKind::Sin, StepKind::Cos][self.source.below(2)].clone();
                Step::new(kind, [self.operand(-6.0, 6.0)])
            }
            18 => self.clamp(),
            19 => Step::new(StepKind::Retain, [self.operand(-30.0, 30.0)]),
            20 => Step::new(StepKind::Custom, self.operands(2, -3.0, 3.0)),
            _ => self.list(),
        }
    }

    fn clamp(&mut self) -> Step {
        let x = self.operand(-30.0, 30.0);
        let bounds = if self.is_smooth() {
            let value = self.values[x];
            [(value - 2.0, value - 1.0), (value + 1.0, value + 2.0)].map(|(low, high)| {
                let bound = self.number(low, high);
                self.constant(bound)
            })
        } else {
            [(); 2].map(|()| self.operand(0.0, 0.0))
        };
        Step::new(StepKind::Clamp, [x, bounds[0], bounds[1]])
    }

    fn list(&mut self) -> Step {
        // Most lists are short; some are longer than the blocks in which tapes process them.
        let count = if self.source.below(6) == 5 { 20 + self.source.below(60) } else { 1 + self.source.below(5) };
        let ordinary = (-30.0, 30.0);
        let (kind, count, (low, high)) = match self.source.below(4) {
            0 => (StepKind::Sum, count, ordinary),
            // The product of many numbers stays small if they are near 1.
            1 => (StepKind::Product, count, if count > 3 { (0.9, 1.1) } else { ordinary }),
            2 => (StepKind::Dot, 2 * count, ordinary),
            _ => (StepKind::WeightedSum((0..count).map(|_| self.number(-3.0, 3.0)).collect()), count, ordinary),
        };
        Step::new(kind, self.operands(count, low, high))
    }

    /// Ends the expression with the sum of all values that no step uses, unless only the last step is unused.
    fn finish(mut self) -> Expression {
        let mut used = vec![false; self.values.len()];
        used[..self.inputs.len()].fill(true);
        self.steps.iter().flat_map(|step| &step.operands).for_each(|&k| used[k] = true);
        let results: Vec<usize> = (0..used.len()).filter(|&k| !used[k]).collect();
        if results.len() > 1 {
            self.push(Step::new(StepKind::Sum, results));
        }
        Expression { inputs: self.inputs, steps: self.steps }
    }
}

fn expression(source: &mut impl RandomSource, numbers: Numbers) -> Expression {
    let mut draft = Draft { source, numbers, inputs: Vec::new(), steps: Vec::new(), values: Vec::new() };
    let count = 1 + draft.source.below(4);
    draft.inputs = (0..count).map(|_| draft.number(-3.0, 3.0)).collect();
    draft.values.clone_from(&draft.inputs);
    let size = draft.source.size();
    while draft.steps.len() < size && !draft.source.is_exhausted() {
        let step = draft.step();
        draft.push(step);
    }
    draft.finish()
}

impl Random for Expression {
    fn random(source: &mut impl RandomSource) -> Self {
        expression(source, Numbers::Any)
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        self.simpler_expressions()
    }
}

impl Random for Smooth {
    fn random(source: &mut impl RandomSource) -> Self {
        Self(expression(source, Numbers::Smooth))
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        self.0.simpler_expressions().filter(|simpler| simpler.is_smooth_at(simpler.inputs())).map(Self)
    }
}

impl Random for Singular {
    fn random(source: &mut impl RandomSource) -> Self {
        Self(expression(source, Numbers::Singular))
    }

    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static {
        self.0.simpler_expressions().map(Self)
    }
}

arbitrary! { [] Singular }
arbitrary! { [] Expression }
arbitrary! { [] Smooth }
