//! What tapes must do: the rules of the model.

use std::iter;

use super::TAPES;
use super::number::Number;
use super::step::{Operation, Step};

/// The remedies that messages name.
const STALE: &str = "keep the tape alive, make values anew after `clear`";
const MIXED: &str = "make both with the same tape";
const NOT_OF_THIS_TAPE: &str = "make it with `var` of this tape";
const CONSTANT: &str = "make it a variable with `tape.var`";
const ELSEWHERE: &str = "take the gradient and ask it about values of one tape between two calls of `clear`";
const NOT_KEPT: &str = "call `retain()` on it";
const NOT_ADDED: &str = "add what `wrt` says of each";

/// What must happen: a result, or a refusal that names this remedy.
pub(super) type Expected<M> = Result<M, &'static str>;

/// The moment of a call, and the thread: some times of tapes are not over, and a node would get this number.
pub(super) struct Now {
    /// No time of a tape is 0.
    pub(super) alive: [usize; TAPES],
    pub(super) node: usize,
}

impl Now {
    fn check(&self, epoch: usize) -> Expected<()> {
        if self.alive.contains(&epoch) { Ok(()) } else { Err(STALE) }
    }
}

/// Derivatives by nodes, in the order of these. A node that is not there does not count.
#[derive(Clone, Debug)]
struct Slopes(Vec<(usize, Number)>);

impl Slopes {
    const NONE: Self = Self(Vec::new());

    /// With the derivative by a node after all others.
    fn and(mut self, node: usize, slope: Number) -> Self {
        self.0.push((node, slope));
        self
    }

    /// Adds a multiple of others.
    fn plus(self, others: &Self, factor: Number) -> Self {
        // With a place for the node that the result may be.
        let mut sum = Vec::with_capacity(self.0.len() + others.0.len() + 1);
        let mut ours = self.0.into_iter().peekable();
        for &(node, slope) in &others.0 {
            sum.extend(iter::from_fn(|| ours.next_if(|(before, _)| *before < node)));
            let (_, before) = ours.next_if(|(same, _)| *same == node).unwrap_or((node, Number::integer(0)));
            sum.push((node, before.plus(slope.times(factor))));
        }
        sum.extend(ours);
        Self(sum)
    }

    fn by(&self, node: usize) -> Number {
        let found = self.0.binary_search_by_key(&node, |(node, _)| *node);
        found.map_or(Number::integer(0), |k| self.0[k].1)
    }

    fn is_exact(&self) -> bool {
        self.0.iter().all(|(_, slope)| slope.is_exact())
    }
}

fn is_one_node(mut nodes: impl Iterator<Item = usize>) -> bool {
    let first = nodes.next();
    nodes.all(|node| Some(node) == first)
}

/// What the model knows of a value.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) data: Number,
    /// Of which time of which tape it is, or 0 for a constant.
    epoch: usize,
    node: usize,
    /// Whether it is the node itself, which gradients can be asked about.
    is_own: bool,
    /// The derivatives by all nodes.
    slopes: Slopes,
}

impl Model {
    pub(super) fn constant(data: Number) -> Self {
        Self { data, epoch: 0, node: 0, is_own: false, slopes: Slopes::NONE }
    }

    pub(super) fn variable(data: Number, epoch: usize, node: usize) -> Self {
        Self { epoch, ..Self::constant(data) }.own(node)
    }

    /// A value that is the node itself.
    fn own(self, node: usize) -> Self {
        Self { node, is_own: true, slopes: self.slopes.and(node, Number::integer(1)), ..self }
    }

    /// The result of an operation, before it is known whether it is a node.
    fn chain(data: Number, operands: &[&Self], partials: &[Number]) -> Self {
        let terms = operands.iter().zip(partials);
        let slopes = terms.fold(Slopes::NONE, |sum, (operand, partial)| sum.plus(&operand.slopes, *partial));
        Self { slopes, ..Self::constant(data) }
    }

    /// What an operation on some values must give. A custom one belongs to a time of a tape.
    pub(super) fn computed(
        (step, operation): (&Step, Operation),
        tape: Option<usize>,
        operands: &[&Self],
        now: &Now,
    ) -> Expected<Self> {
        let numbers: Vec<_> = operands.iter().map(|operand| operand.data).collect();
        let (data, partials) = step.rule(operation, &numbers);
        let is_choice = matches!(operation, Operation::Max | Operation::Min);
        let active = || operands.iter().filter(|operand| operand.epoch != 0);
        if tape.is_some_and(|epoch| active().any(|operand| operand.epoch != epoch)) {
            return Err(NOT_OF_THIS_TAPE);
        }
        let result = Self::chain(data, operands, &partials);
        let Some(&&Self { epoch, .. }) = active().next() else { return Ok(result) };
        if let Some(foreign) = active().find(|operand| operand.epoch != epoch) {
            return now.check(epoch).and(now.check(foreign.epoch)).and(Err(MIXED));
        }
        if !is_one_node(active().map(|operand| operand.node)) {
            now.check(epoch)?;
        }
        // A choice hangs on what it takes.
        let taken = operands.iter().zip(&partials).filter(|(_, partial)| !is_choice || !partial.is_zero());
        let taken = taken.filter(|(operand, _)| operand.epoch != 0).map(|(operand, _)| operand.node);
        Ok(match taken.clone().next() {
            None => result,
            Some(node) if is_one_node(taken) => Self { epoch, node, ..result },
            Some(_) if is_choice => Self { epoch, node: now.node, ..result },
            Some(_) => Self { epoch, ..result }.own(now.node),
        })
    }

    /// What `retain` must give.
    pub(super) fn retained(self, now: &Now) -> Expected<Self> {
        if self.epoch == 0 || self.is_own {
            return Ok(self);
        }
        now.check(self.epoch)?;
        Ok(self.own(now.node))
    }

    /// What `backward` must give.
    pub(super) fn swept(&self, now: &Now) -> Expected<ModelGradients> {
        if self.epoch == 0 {
            return Ok(ModelGradients::NONE);
        }
        now.check(self.epoch)?;
        Ok(ModelGradients { epoch: self.epoch, node: now.node, slopes: self.slopes.clone() })
    }

    pub(super) fn is_exact(&self) -> bool {
        self.data.is_exact() && self.slopes.is_exact()
    }
}

/// What the model knows of gradients.
#[derive(Clone, Debug)]
pub(super) struct ModelGradients {
    /// As of a value: that of a constant has no tape.
    epoch: usize,
    /// The number of a node that would have been made instead.
    node: usize,
    slopes: Slopes,
}

impl ModelGradients {
    /// The gradient of a constant.
    pub(super) const NONE: Self = Self { epoch: 0, node: 0, slopes: Slopes::NONE };

    /// What `wrt` must say.
    pub(super) fn wrt(&self, v: &Model) -> Expected<Number> {
        if v.epoch == 0 {
            Err(CONSTANT)
        } else if self.epoch != 0 && (self.epoch != v.epoch || self.node < v.node) {
            Err(ELSEWHERE)
        } else if !v.is_own {
            Err(NOT_KEPT)
        } else {
            Ok(self.slopes.by(v.node))
        }
    }

    /// What the sum of two must be.
    pub(super) fn plus(&self, other: &Self) -> Expected<Self> {
        if self.epoch != 0 && other.epoch != 0 && self.epoch != other.epoch {
            return Err(NOT_ADDED);
        }
        let (epoch, node) = (self.epoch.max(other.epoch), self.node.max(other.node));
        Ok(Self { epoch, node, slopes: self.slopes.clone().plus(&other.slopes, Number::integer(1)) })
    }

    pub(super) fn is_exact(&self) -> bool {
        self.slopes.is_exact()
    }
}
