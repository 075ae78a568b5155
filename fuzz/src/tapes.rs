//! Several tapes in use at once, beside a model of them that differentiates forwards.
//!
//! The model knows the derivatives of every value by every node below it, and of every node, tape and clear when it
//! was made. From these alone it tells what each call must return, or with which message it must be refused. All
//! numbers are integers so small that both floats compute them exactly, in any order.

mod model;
mod number;
mod step;

use std::collections::VecDeque;
use std::fmt::Debug;
use std::thread;

use gradtape::{Gradients, Tape, Value};

use crate::panics::caught;
use model::{Expected, Model, ModelGradients, Now};
use number::{Number, TestFloat};
use step::{Action, Operation};

pub use step::Step;

/// How many there are of each at most; the oldest goes first.
const TAPES: usize = 5;
const VALUES: usize = 24;
const GRADIENTS: usize = 4;

/// Tapes of one scalar type, and everything made with them.
pub struct World<T: TestFloat> {
    tapes: Vec<(Tape<T>, usize)>,
    values: VecDeque<(Value<T>, Model)>,
    gradients: VecDeque<(Gradients<T>, ModelGradients)>,
    /// Numbers nodes and epochs.
    count: usize,
    inner: Vec<Value<f64>>,
}

/// The two results, which must both be there or both be refused for the same reason.
fn agreed<R: Debug, M: Debug>(ours: Result<R, (String, String)>, model: Expected<M>) -> Option<(R, M)> {
    match (ours, model) {
        (Ok(ours), Ok(model)) => Some((ours, model)),
        (Err((message, _)), Err(remedy)) if message.contains(remedy) => None,
        (ours, model) => panic!("{ours:?}, where the model has {model:?}"),
    }
}

/// Puts an item behind the others, of which only the newest stay.
fn push<T>(items: &mut VecDeque<T>, most: usize, item: T) {
    items.push_back(item);
    if items.len() > most {
        items.pop_front();
    }
}

/// The index that a byte stands for, if there is any.
fn index(byte: u8, len: usize) -> Option<usize> {
    usize::from(byte).checked_rem(len)
}

impl<T: TestFloat> World<T> {
    /// A world of two tapes. Numbers that need a tape depend on the two values of `inner`.
    pub fn new(inner: &[Value<f64>]) -> Self {
        Self {
            tapes: vec![(Tape::new(), 1), (Tape::new(), 2)],
            values: VecDeque::new(),
            gradients: VecDeque::new(),
            count: 2,
            inner: inner.to_vec(),
        }
    }

    /// Does what the step says, if there is what it needs.
    pub fn act(&mut self, step: &Step) -> Option<()> {
        self.count += 1;
        let tape = index(step.at, self.tapes.len());
        let value = index(step.picks[0], self.values.len());
        let gradients = index(step.at, self.gradients.len());
        match step.action {
            Action::Make if self.tapes.len() < TAPES => self.tapes.push((Tape::new(), self.count)),
            Action::Make => {}
            Action::Clear => {
                let (tape, epoch) = &mut self.tapes[tape?];
                tape.clear();
                *epoch = self.count;
            }
            Action::Drop => drop(self.tapes.swap_remove(tape?)),
            Action::Variable => {
                let (tape, epoch) = &self.tapes[tape?];
                let model = Model::variable(Number::new(step.numbers), *epoch, self.count);
                self.learn(Ok(tape.var(T::of(model.data, &self.inner))), Ok(model));
            }
            Action::Constant => {
                let model = Model::constant(Number::new(step.numbers));
                self.learn(Ok(Value::constant(T::of(model.data, &self.inner))), Ok(model));
            }
            Action::Retain => {
                let (value, model) = self.values[value?].clone();
                self.learn(caught(|| value.retain()), model.retained(&self.now()));
            }
            Action::Backward => {
                let (value, model) = &self.values[value?];
                let gradients = agreed(caught(|| value.backward()), model.swept(&self.now()))?;
                push(&mut self.gradients, GRADIENTS, gradients);
                self.ask(self.gradients.len() - 1);
            }
            Action::BackwardInto => {
                let (gradients, (value, model)) = (gradients?, &self.values[value?]);
                let model = model.swept(&self.now());
                let (ours, theirs) = &mut self.gradients[gradients];
                // A sweep that is refused leaves nothing behind.
                *theirs = model.clone().unwrap_or(ModelGradients::NONE);
                agreed(caught(|| value.backward_into(ours)), model);
                self.ask(gradients);
            }
            Action::Accumulate => {
                let (to, other) = (gradients?, index(step.picks[0], self.gradients.len())?);
                let (other, of_other) = self.gradients[other].clone();
                let (ours, theirs) = &mut self.gradients[to];
                let sum = theirs.plus(&of_other);
                if sum.as_ref().is_ok_and(|sum| !sum.is_exact()) {
                    return None;
                }
                if let Some(((), sum)) = agreed(caught(|| *ours += &other), sum) {
                    *theirs = sum;
                }
                self.ask(to);
            }
            Action::OnAnotherThread => self.go(step)?,
            Action::Compute(operation) => self.compute(step, operation)?,
        }
        Some(())
    }

    /// Asks all gradients about all values.
    pub fn ask_all(&self) {
        (0..self.gradients.len()).for_each(|gradients| self.ask(gradients));
    }

    fn ask(&self, gradients: usize) {
        let (gradients, model) = &self.gradients[gradients];
        for (k, &(value, ref of_value)) in self.values.iter().enumerate() {
            let model = model.wrt(of_value);
            // To be refused takes a hundred times as long as to be answered.
            if model.is_err() && !(k + self.count).is_multiple_of(4) {
                continue;
            }
            if let Some((ours, theirs)) = agreed(caught(|| gradients.wrt(value)), model) {
                assert!(ours.is(theirs, &self.inner), "the derivative is {ours:?}, that of the model {theirs:?}");
            }
        }
    }

    fn compute(&mut self, step: &Step, operation: Operation) -> Option<()> {
        let count = match operation {
            Operation::Neg => 1,
            Operation::Add | Operation::Sub | Operation::Mul | Operation::Max | Operation::Min => 2,
            Operation::Dot => step.count / 2 * 2,
            Operation::Sum | Operation::Product | Operation::WeightedSum | Operation::Custom => step.count,
        };
        let picks = step.picks[..count].iter().map(|&pick| index(pick, self.values.len()));
        let picks = picks.collect::<Option<Vec<_>>>()?;
        let (x, models): (Vec<_>, Vec<_>) =
            picks.iter().map(|&pick| (self.values[pick].0, &self.values[pick].1)).unzip();
        let (tape, epoch) = match operation {
            Operation::Custom => {
                let (tape, epoch) = &self.tapes[index(step.at, self.tapes.len())?];
                (Some(tape), Some(*epoch))
            }
            _ => (None, None),
        };
        let model = Model::computed((step, operation), epoch, &models, &self.now());
        if model.as_ref().is_ok_and(|model| !model.is_exact()) {
            return None;
        }
        self.learn(caught(|| step.apply(operation, tape, &x)), model);
        Some(())
    }

    /// What a thread that has no tapes can do with two values: only what needs none.
    fn go(&mut self, step: &Step) -> Option<()> {
        let [a, b, ..] = step.picks;
        let (x, of_x) = self.values.get(index(a, self.values.len())?)?.clone();
        let (y, of_y) = self.values.get(index(b, self.values.len())?)?.clone();
        let there = Now { alive: [0; TAPES], node: self.count };
        let sum = Model::computed((step, Operation::Add), None, &[&of_x, &of_y], &there);
        if T::IS_PLAIN && !sum.as_ref().is_ok_and(|sum| !sum.is_exact()) {
            let work = move || (caught(|| x + y), caught(|| x.retain()), caught(|| x.backward()));
            let (ours, kept, gradients) = thread::spawn(work).join().expect("panics are caught");
            self.learn(ours, sum);
            if let Some(gradients) = agreed(gradients, of_x.swept(&there)) {
                push(&mut self.gradients, GRADIENTS, gradients);
            }
            self.learn(kept, of_x.retained(&there));
        }
        Some(())
    }

    fn learn(&mut self, ours: Result<Value<T>, (String, String)>, model: Expected<Model>) {
        if let Some((value, model)) = agreed(ours, model) {
            assert!(value.data().is(model.data, &self.inner), "the number is {value:?}, that of the model {model:?}");
            push(&mut self.values, VALUES, (value, model));
        }
    }

    fn now(&self) -> Now {
        let mut alive = [0; TAPES];
        alive.iter_mut().zip(&self.tapes).for_each(|(alive, (_, epoch))| *alive = *epoch);
        Now { alive, node: self.count }
    }
}
