//! Several tapes in use at once, beside a model of them that differentiates forwards.
//!
//! The model knows the derivatives of every value by every node below it, and of every node, tape and clear when it
//! was made. From these alone it tells what each call must return, or with which message it must be refused. All
//! numbers are integers so small that both floats compute them exactly, in any order.

use std::array::from_fn;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::{iter, thread};

use gradtape::{Gradients, Scalar, Tape, Value};
use libfuzzer_sys::arbitrary::{self, Arbitrary};

use crate::panics::caught;

/// The remedies that messages name.
const STALE: &str = "keep the tape alive, make values anew after `clear`";
const MIXED: &str = "make both with the same tape";
const NOT_OF_THIS_TAPE: &str = "make it with `var` of this tape";
const CONSTANT: &str = "make it a variable with `tape.var`";
const ELSEWHERE: &str = "take the gradient and ask it about values of one tape between two calls of `clear`";
const NOT_KEPT: &str = "call `retain()` on it";
const NOT_ADDED: &str = "add what `wrt` says of each";

/// How many there are of each at most; the oldest goes first.
const TAPES: usize = 5;
const VALUES: usize = 24;
const GRADIENTS: usize = 4;
const OPERANDS: usize = 6;

/// One call. Indices are taken modulo what there is.
#[derive(Arbitrary, Debug)]
pub enum Action {
    Make,
    Clear(u8),
    Drop(u8),
    Variable(u8, [i8; 3]),
    Constant([i8; 3]),
    Compute(Operation, Vec<u8>),
    Retain(u8),
    Backward(u8),
    BackwardInto(u8, u8),
    Add(u8, u8),
    OnAnotherThread(u8, u8),
}

/// What makes one value of some.
#[derive(Arbitrary, Debug)]
pub enum Operation {
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
    WeightedSum([i8; 3]),
    Custom(u8, i8, [i8; 3]),
}

/// An integer that depends on two more: itself, and its two derivatives by them. Beside each of the three the sum of
/// the magnitudes that it was made of, which says whether floats compute it exactly.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    parts: [i64; 3],
    sizes: [i64; 3],
}

impl Number {
    fn new(parts: [i8; 3]) -> Self {
        let parts = parts.map(|part| i64::from(part % 4));
        Self { parts, sizes: parts.map(i64::abs) }
    }

    fn integer(x: i8) -> Self {
        Self::new([x, 0, 0])
    }

    fn zip(self, other: Self, f: impl Fn([i64; 3], [i64; 3]) -> [i64; 3]) -> Self {
        Self { parts: f(self.parts, other.parts), sizes: f(self.sizes, other.sizes) }
    }

    fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| from_fn(|k| a[k].saturating_add(b[k])))
    }

    fn times(self, other: Self) -> Self {
        self.zip(other, |a, b| {
            let cross = |k: usize| a[0].saturating_mul(b[k]).saturating_add(a[k].saturating_mul(b[0]));
            [a[0].saturating_mul(b[0]), cross(1), cross(2)]
        })
    }

    fn is_exact(self) -> bool {
        self.sizes.iter().all(|&size| size < 1 << 20)
    }
}

impl Operation {
    /// How many of the offered operands it takes.
    fn arity(&self, offered: usize) -> usize {
        match self {
            Self::Neg => 1,
            Self::Add | Self::Sub | Self::Mul | Self::Max | Self::Min => 2,
            Self::Dot => offered.min(OPERANDS) / 2 * 2,
            Self::Sum | Self::Product | Self::WeightedSum(_) | Self::Custom(..) => offered.min(OPERANDS),
        }
    }

    /// The number and the partials.
    fn rule(&self, x: &[Number]) -> (Number, Vec<Number>) {
        let integers = |list: &[i8]| list.iter().copied().cycle().take(x.len()).map(Number::integer).collect();
        let linear = |partials: Vec<Number>| {
            let terms = x.iter().zip(&partials).map(|(x, partial)| x.times(*partial));
            (terms.fold(Number::integer(0), Number::plus), partials)
        };
        let product = |but: usize| {
            let factors = (0..x.len()).filter(|k| *k != but).map(|k| x[k]);
            factors.fold(Number::integer(1), Number::times)
        };
        match self {
            Self::Neg => linear(integers(&[-1])),
            Self::Add | Self::Sum => linear(integers(&[1])),
            Self::Sub => linear(integers(&[1, -1])),
            Self::Mul | Self::Product => (product(x.len()), (0..x.len()).map(product).collect()),
            Self::Max | Self::Min => {
                let above = x[0].parts[0].cmp(&x[1].parts[0]) as i8;
                let above = if matches!(self, Self::Max) { above } else { -above };
                linear(integers(&[1 + above, 1 - above]))
            }
            Self::Dot => {
                let pairs = x.chunks_exact(2).map(|pair| pair[0].times(pair[1]));
                (pairs.fold(Number::integer(0), Number::plus), (0..x.len()).map(|k| x[k ^ 1]).collect())
            }
            Self::WeightedSum(weights) => linear(integers(weights)),
            Self::Custom(_, data, partials) => (Number::integer(*data), integers(partials)),
        }
    }

    /// What the crate makes of the operands. The tape is that of a custom operation.
    fn apply<T: Plain>(&self, tape: Option<&Tape<T>>, x: &[Value<T>]) -> Value<T> {
        let plain = |x: i8| T::of(Number::integer(x), &[]);
        let cycled = |list: &[i8]| list.iter().copied().cycle().take(x.len()).map(plain).collect::<Vec<_>>();
        match self {
            Self::Neg => -x[0],
            Self::Add => x[0] + x[1],
            Self::Sub => x[0] - x[1],
            Self::Mul => x[0] * x[1],
            Self::Max => x[0].max(x[1]) * plain(2),
            Self::Min => x[0].min(x[1]) * plain(2),
            Self::Sum => x.iter().sum(),
            Self::Product => x.iter().product(),
            Self::Dot => {
                let (a, b): (Vec<_>, Vec<_>) = x.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
                Value::dot(&a, &b)
            }
            Self::WeightedSum(weights) => Value::weighted_sum(x, &cycled(weights)),
            Self::Custom(_, data, partials) => {
                let operands: Vec<_> = x.iter().copied().zip(cycled(partials)).collect();
                tape.expect("a custom operation has a tape").custom(plain(*data), &operands)
            }
        }
    }
}

/// What the model knows of a value.
#[derive(Clone, Debug)]
struct Model {
    data: Number,
    /// Of which time of which tape it is, or 0 for a constant.
    epoch: usize,
    node: usize,
    /// Whether it is the node itself, which gradients can be asked about.
    is_own: bool,
    /// The derivatives by all nodes.
    slopes: BTreeMap<usize, Number>,
}

impl Model {
    fn constant(data: Number) -> Self {
        Self { data, epoch: 0, node: 0, is_own: false, slopes: BTreeMap::new() }
    }

    fn own(self, node: usize) -> Self {
        let mut slopes = self.slopes;
        slopes.insert(node, Number::integer(1));
        Self { node, is_own: true, slopes, ..self }
    }

    /// The result of an operation, before it is known whether it is a node.
    fn chain(data: Number, operands: &[Self], partials: &[Number]) -> Self {
        let mut slopes = BTreeMap::new();
        for (operand, &partial) in operands.iter().zip(partials) {
            for (&node, &slope) in &operand.slopes {
                let sum = slopes.entry(node).or_insert(Number::integer(0));
                *sum = sum.plus(slope.times(partial));
            }
        }
        Self { slopes, ..Self::constant(data) }
    }

    fn is_exact(&self) -> bool {
        self.data.is_exact() && self.slopes.values().all(|slope| slope.is_exact())
    }
}

/// What the model knows of gradients.
#[derive(Clone, Debug)]
struct ModelGradients {
    /// As of a value: that of a constant has no tape.
    epoch: usize,
    slopes: BTreeMap<usize, Number>,
}

impl ModelGradients {
    const NONE: Self = Self { epoch: 0, slopes: BTreeMap::new() };

    /// What `wrt` must say.
    fn wrt(&self, v: &Model) -> Result<Number, &'static str> {
        if v.epoch == 0 {
            Err(CONSTANT)
        } else if self.epoch != 0 && self.epoch != v.epoch {
            Err(ELSEWHERE)
        } else if !v.is_own {
            Err(NOT_KEPT)
        } else {
            Ok(self.slopes.get(&v.node).copied().unwrap_or(Number::integer(0)))
        }
    }

    fn plus(&self, other: &Self) -> Result<Self, &'static str> {
        if self.epoch != 0 && other.epoch != 0 && self.epoch != other.epoch {
            return Err(NOT_ADDED);
        }
        let mut sum = Self { epoch: self.epoch.max(other.epoch), ..self.clone() };
        for (&node, &slope) in &other.slopes {
            let total = sum.slopes.entry(node).or_insert(Number::integer(0));
            *total = total.plus(slope);
        }
        Ok(sum)
    }
}

/// The plain number of a tape.
pub trait Plain: Scalar + Debug + Send {
    /// Whether it needs no tape itself.
    const IS_PLAIN: bool;

    fn of(x: Number, inner: &[Value<f64>]) -> Self;

    fn is(self, x: Number, inner: &[Value<f64>]) -> bool;
}

macro_rules! plain {
    ($($T:ident)*) => {
        $(impl Plain for $T {
            const IS_PLAIN: bool = true;

            fn of(x: Number, _: &[Value<f64>]) -> Self {
                x.parts[0] as $T
            }

            fn is(self, x: Number, inner: &[Value<f64>]) -> bool {
                self == Self::of(x, inner)
            }
        })*
    };
}

plain! { f32 f64 }

impl Plain for Value<f64> {
    const IS_PLAIN: bool = false;

    fn of(x: Number, inner: &[Value<f64>]) -> Self {
        let slopes = inner.iter().zip(&x.parts[1..]).filter(|(_, slope)| **slope != 0);
        let shift = slopes.clone().fold(Self::default(), |sum, (&v, &slope)| sum + (v - v.data()) * slope as f64);
        shift + x.parts[0] as f64
    }

    fn is(self, x: Number, inner: &[Value<f64>]) -> bool {
        let slopes = self.backward().wrt_all(inner);
        [self.data(), slopes[0], slopes[1]] == x.parts.map(|part| part as f64)
    }
}

/// Tapes of one scalar type, and everything made with them.
pub struct World<T: Plain> {
    tapes: Vec<(Tape<T>, usize)>,
    values: VecDeque<(Value<T>, Model)>,
    gradients: VecDeque<(Gradients<T>, ModelGradients)>,
    /// Numbers nodes and epochs.
    count: usize,
    inner: Vec<Value<f64>>,
}

/// The two results, which must both be there or both be refused for the same reason.
fn agreed<R: Debug, M: Debug>(ours: Result<R, (String, String)>, model: Result<M, &'static str>) -> Option<(R, M)> {
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

impl<T: Plain> World<T> {
    /// A world without tapes. Plain numbers that need a tape depend on the two values of `inner`.
    pub fn new(inner: &[Value<f64>]) -> Self {
        Self {
            tapes: Vec::new(),
            values: VecDeque::new(),
            gradients: VecDeque::new(),
            count: 0,
            inner: inner.to_vec(),
        }
    }

    /// Does what the action says, if there is what it needs.
    pub fn act(&mut self, action: &Action) -> Option<()> {
        self.count += 1;
        match *action {
            Action::Make if self.tapes.len() < TAPES => self.tapes.push((Tape::new(), self.count)),
            Action::Make => {}
            Action::Clear(tape) => {
                let tape = index(tape, self.tapes.len())?;
                self.tapes[tape].0.clear();
                self.tapes[tape].1 = self.count;
            }
            Action::Drop(tape) => drop(self.tapes.swap_remove(index(tape, self.tapes.len())?)),
            Action::Variable(tape, parts) => {
                let (tape, epoch) = &self.tapes[index(tape, self.tapes.len())?];
                let model = Model { epoch: *epoch, ..Model::constant(Number::new(parts)) }.own(self.count);
                self.learn(Ok(tape.var(T::of(model.data, &self.inner))), Ok(model));
            }
            Action::Constant(parts) => {
                let model = Model::constant(Number::new(parts));
                self.learn(Ok(Value::constant(T::of(model.data, &self.inner))), Ok(model));
            }
            Action::Compute(ref operation, ref operands) => self.compute(operation, operands)?,
            Action::Retain(value) => {
                let (value, model) = self.values.get(index(value, self.values.len())?)?.clone();
                let model = self.retained(model, |epoch| self.is_alive(epoch));
                self.learn(caught(|| value.retain()), model);
            }
            Action::Backward(value) => {
                let (value, model) = self.values.get(index(value, self.values.len())?)?;
                let model = self.swept(model, |epoch| self.is_alive(epoch));
                let gradients = agreed(caught(|| value.backward()), model)?;
                push(&mut self.gradients, GRADIENTS, gradients);
                self.ask(self.gradients.len() - 1);
            }
            Action::BackwardInto(value, gradients) => {
                let gradients = index(gradients, self.gradients.len())?;
                let (value, model) = self.values.get(index(value, self.values.len())?)?;
                let model = self.swept(model, |epoch| self.is_alive(epoch));
                let (ours, theirs) = &mut self.gradients[gradients];
                // A sweep that is refused leaves nothing behind.
                *theirs = model.clone().unwrap_or(ModelGradients::NONE);
                agreed(caught(|| value.backward_into(ours)), model);
                self.ask(gradients);
            }
            Action::Add(to, other) => {
                let to = index(to, self.gradients.len())?;
                let (other, of_other) = self.gradients.get(index(other, self.gradients.len())?)?.clone();
                let (ours, theirs) = &mut self.gradients[to];
                let sum = theirs.plus(&of_other);
                if sum.as_ref().is_ok_and(|sum| !sum.slopes.values().all(|slope| slope.is_exact())) {
                    return None;
                }
                if let Some(((), sum)) = agreed(caught(|| *ours += &other), sum) {
                    *theirs = sum;
                }
                self.ask(to);
            }
            Action::OnAnotherThread(a, b) => self.go(a, b)?,
        }
        Some(())
    }

    /// Asks all gradients about all values.
    pub fn ask_all(&self) {
        (0..self.gradients.len()).for_each(|gradients| self.ask(gradients));
    }

    fn ask(&self, gradients: usize) {
        let (gradients, model) = &self.gradients[gradients];
        for &(value, ref of_value) in &self.values {
            if let Some((ours, theirs)) = agreed(caught(|| gradients.wrt(value)), model.wrt(of_value)) {
                assert!(ours.is(theirs, &self.inner), "the derivative is {ours:?}, that of the model {theirs:?}");
            }
        }
    }

    fn compute(&mut self, operation: &Operation, operands: &[u8]) -> Option<()> {
        let picks = operands.iter().chain(iter::repeat(&0)).take(operation.arity(operands.len()));
        let picks = picks.map(|&pick| index(pick, self.values.len())).collect::<Option<Vec<_>>>()?;
        let (x, models): (Vec<_>, Vec<_>) = picks.into_iter().map(|pick| self.values[pick].clone()).unzip();
        let tape = match *operation {
            Operation::Custom(tape, ..) => Some(&self.tapes[index(tape, self.tapes.len())?]),
            _ => None,
        };
        let model = match tape {
            Some((_, epoch)) if models.iter().any(|v| v.epoch != 0 && v.epoch != *epoch) => Err(NOT_OF_THIS_TAPE),
            _ => self.computed(operation, &models, |epoch| self.is_alive(epoch)),
        };
        if model.as_ref().is_ok_and(|model| !model.is_exact()) {
            return None;
        }
        self.learn(caught(|| operation.apply(tape.map(|(tape, _)| tape), &x)), model);
        Some(())
    }

    /// What a thread that has no tapes can do with two values: only what needs none.
    fn go(&mut self, a: u8, b: u8) -> Option<()> {
        let (x, of_x) = self.values.get(index(a, self.values.len())?)?.clone();
        let (y, of_y) = self.values.get(index(b, self.values.len())?)?.clone();
        let there = |_| false;
        let sum = self.computed(&Operation::Add, &[of_x.clone(), of_y], there);
        if T::IS_PLAIN && sum.as_ref().is_ok_and(Model::is_exact) {
            let work = move || (caught(|| x + y), caught(|| x.retain()), caught(|| x.backward()));
            let (ours, kept, gradients) = thread::spawn(work).join().expect("panics are caught");
            let model = self.swept(&of_x, there);
            self.learn(ours, sum);
            self.learn(kept, self.retained(of_x, there));
            if let Some(gradients) = agreed(gradients, model) {
                push(&mut self.gradients, GRADIENTS, gradients);
            }
        }
        Some(())
    }

    fn learn(&mut self, ours: Result<Value<T>, (String, String)>, model: Result<Model, &'static str>) {
        if let Some((value, model)) = agreed(ours, model) {
            assert!(value.data().is(model.data, &self.inner), "the number is {value:?}, that of the model {model:?}");
            push(&mut self.values, VALUES, (value, model));
        }
    }

    fn is_alive(&self, epoch: usize) -> bool {
        self.tapes.iter().any(|(_, of_tape)| *of_tape == epoch)
    }

    /// What an operation on some values must give.
    fn computed(
        &self,
        operation: &Operation,
        operands: &[Model],
        is_alive: impl Fn(usize) -> bool,
    ) -> Result<Model, &'static str> {
        let numbers: Vec<_> = operands.iter().map(|operand| operand.data).collect();
        let (data, partials) = operation.rule(&numbers);
        let is_choice = matches!(operation, Operation::Max | Operation::Min);
        let active = || operands.iter().filter(|operand| operand.epoch != 0);
        let result = Model::chain(data, operands, &partials);
        let Some(Model { epoch, .. }) = active().next() else { return Ok(result) };
        if let Some(foreign) = active().find(|operand| operand.epoch != *epoch) {
            return Err(if is_alive(*epoch) && is_alive(foreign.epoch) { MIXED } else { STALE });
        }
        // A choice depends on what it takes.
        let taken = operands.iter().zip(&partials).filter(|(_, partial)| !is_choice || partial.parts[0] != 0);
        let mut nodes = taken.filter(|(operand, _)| operand.epoch != 0).map(|(operand, _)| operand.node);
        let Some(node) = nodes.next() else { return Ok(result) };
        let result = Model { epoch: *epoch, node, ..result };
        if nodes.all(|other| other == node) {
            Ok(result)
        } else if !is_alive(*epoch) {
            Err(STALE)
        } else if is_choice {
            Ok(Model { node: self.count, ..result })
        } else {
            Ok(result.own(self.count))
        }
    }

    fn retained(&self, value: Model, is_alive: impl Fn(usize) -> bool) -> Result<Model, &'static str> {
        if value.epoch == 0 || value.is_own {
            Ok(value)
        } else if is_alive(value.epoch) {
            Ok(value.own(self.count))
        } else {
            Err(STALE)
        }
    }

    fn swept(&self, value: &Model, is_alive: impl Fn(usize) -> bool) -> Result<ModelGradients, &'static str> {
        if value.epoch == 0 || is_alive(value.epoch) {
            Ok(ModelGradients { epoch: value.epoch, slopes: value.slopes.clone() })
        } else {
            Err(STALE)
        }
    }
}
