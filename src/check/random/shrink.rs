//! Simpler expressions, for shrinking: fewer steps, then fewer operands, then simpler numbers.
//!
//! Every simpler expression is less in this order than the original one, so that shrinking ends. Inputs count as steps.

use super::expression::{Expression, Step, StepKind};
use super::points::simpler_numbers;

impl Expression {
    /// Expressions that are simpler by one change, the shortest first.
    pub(super) fn simpler_expressions(&self) -> impl Iterator<Item = Self> + use<> {
        let changes: [fn(&Self, usize) -> Vec<Self>; 5] =
            [Self::cut, Self::replaced, Self::shortened, Self::rounded, Self::moved];
        let this = self.clone();
        changes.into_iter().flat_map(move |change| {
            let this = this.clone();
            (0..=this.last()).flat_map(move |k| change(&this, k))
        })
    }

    /// The index of the result.
    fn last(&self) -> usize {
        self.inputs.len() + self.steps.len() - 1
    }

    /// The expression that ends at index `k`, without unused steps, if it is shorter.
    fn cut(&self, k: usize) -> Vec<Self> {
        let part = self.part(k);
        let is_smaller = part.last() < self.last();
        is_smaller.then_some(part).into_iter().collect()
    }

    /// Expressions in which an input, an operand of `k`, an equal constant or a new one replaces index `k`.
    fn replaced(&self, k: usize) -> Vec<Self> {
        let first = self.inputs.len();
        let step = k.checked_sub(first);
        let operands = step.map_or(&[][..], |step| &self.steps[step].operands);
        let mut others: Vec<usize> = (0..first.min(k)).chain(operands.iter().copied()).collect();
        let constant = |step: &Step| if let StepKind::Constant(x) = step.kind { Some(x.to_bits()) } else { None };
        if let Some((step, x)) = step.and_then(|step| Some((step, constant(&self.steps[step])?))) {
            let equal = (first..).zip(&self.steps[..step]).filter(|(_, earlier)| constant(earlier) == Some(x));
            others.extend(equal.map(|(index, _)| index));
        }
        others.sort_unstable();
        others.dedup();
        let mut replaced: Vec<Self> = others.into_iter().map(|other| self.redirected(k, other)).collect();
        if let Some(step) = step.filter(|_| !operands.is_empty()) {
            let x = self.eval_all(&self.inputs)[k];
            replaced.push(self.with_step(step, Step::new(StepKind::Constant(x), [])));
        }
        replaced
    }

    fn shortened(&self, k: usize) -> Vec<Self> {
        let Some(step) = k.checked_sub(self.inputs.len()) else { return Vec::new() };
        self.steps[step].shorter().into_iter().map(|shorter| self.with_step(step, shorter)).collect()
    }

    fn rounded(&self, k: usize) -> Vec<Self> {
        let Some(step) = k.checked_sub(self.inputs.len()) else { return Vec::new() };
        self.steps[step]
            .with_simpler_number()
            .into_iter()
            .map(|with_simpler_number| self.with_step(step, with_simpler_number))
            .collect()
    }

    fn moved(&self, k: usize) -> Vec<Self> {
        let Some(&input) = self.inputs.get(k) else { return Vec::new() };
        let moved = |x| {
            let mut moved = self.clone();
            moved.inputs[k] = x;
            moved
        };
        simpler_numbers(input).map(moved).collect()
    }

    /// The expression whose result has index `result`.
    fn part(&self, result: usize) -> Self {
        let mut part = self.clone();
        if result < part.inputs.len() {
            part.steps.clear();
            part.inputs = vec![part.inputs[result]];
            return part;
        }
        part.steps.truncate(result + 1 - part.inputs.len());
        part.without_unused()
    }

    fn with_step(&self, k: usize, step: Step) -> Self {
        let mut changed = self.clone();
        changed.steps[k] = step;
        changed.without_unused()
    }

    /// The expression in which all steps use the earlier index `other` instead of `k`.
    fn redirected(&self, k: usize, other: usize) -> Self {
        let mut changed = self.clone();
        if k == self.last() {
            return changed.part(other);
        }
        let operands = changed.steps.iter_mut().flat_map(|step| &mut step.operands);
        operands.filter(|operand| **operand == k).for_each(|operand| *operand = other);
        changed.without_unused()
    }

    /// Removes all steps and inputs on which the result does not depend, but keeps at least one input.
    fn without_unused(mut self) -> Self {
        let first = self.inputs.len();
        let mut used = vec![false; first + self.steps.len()];
        if let Some(result) = used.last_mut() {
            *result = true;
        }
        for (k, step) in self.steps.iter().enumerate().rev() {
            if used[first + k] {
                step.operands.iter().for_each(|&operand| used[operand] = true);
            }
        }
        if !used[..first].contains(&true) {
            used[0] = true;
        }
        let new_index: Vec<usize> = used
            .iter()
            .scan(0, |next, &used| {
                *next += usize::from(used);
                Some(next.saturating_sub(1))
            })
            .collect();
        let mut is_used = used.iter().copied();
        self.inputs.retain(|_| is_used.next() == Some(true));
        self.steps.retain(|_| is_used.next() == Some(true));
        self.steps.iter_mut().flat_map(|step| &mut step.operands).for_each(|operand| *operand = new_index[*operand]);
        self
    }
}

impl Step {
    /// The same step with a list of half the length, or shorter by one.
    fn shorter(&self) -> Vec<Self> {
        let lists = match self.kind {
            StepKind::Sum | StepKind::Product | StepKind::WeightedSum(_) => 1,
            StepKind::Dot => 2,
            _ => return Vec::new(),
        };
        let len = self.operands.len() / lists;
        let halves = [(0, len / 2), (len / 2, len)].into_iter().filter(|_| len > 2);
        let kept = halves.map(|(low, high)| (low..high).collect::<Vec<_>>());
        let ones = (0..len).filter(|_| len > 1).map(|k| (0..len).filter(|&other| other != k).collect());
        kept.chain(ones).map(|kept| self.with_only(&kept, len)).collect()
    }

    /// The same step with only these positions of its lists of length `len`.
    fn with_only(&self, kept: &[usize], len: usize) -> Self {
        let kind = match &self.kind {
            StepKind::WeightedSum(weights) => StepKind::WeightedSum(kept.iter().map(|&k| weights[k]).collect()),
            kind => kind.clone(),
        };
        let operands: Vec<usize> = self.operands.chunks(len).flat_map(|list| kept.iter().map(|&k| list[k])).collect();
        Self { kind, operands }
    }

    /// The same step with one simpler plain number.
    fn with_simpler_number(&self) -> Vec<Self> {
        let with = |kind| Self { kind, operands: self.operands.clone() };
        match &self.kind {
            StepKind::Constant(x) => simpler_numbers(*x).map(|x| with(StepKind::Constant(x))).collect(),
            StepKind::PlainRight(op, x) => simpler_numbers(*x).map(|x| with(StepKind::PlainRight(*op, x))).collect(),
            StepKind::PlainLeft(op, x) => simpler_numbers(*x).map(|x| with(StepKind::PlainLeft(*op, x))).collect(),
            StepKind::WeightedSum(weights) => {
                let changed = |k: usize| {
                    simpler_numbers(weights[k]).map(move |x| {
                        let mut weights = weights.clone();
                        weights[k] = x;
                        weights
                    })
                };
                (0..weights.len()).flat_map(changed).map(|weights| with(StepKind::WeightedSum(weights))).collect()
            }
            _ => Vec::new(),
        }
    }
}
