//! Simpler expressions, for shrinking: fewer steps, then fewer operands, then simpler numbers.
//!
//! Every candidate is less by that order than what it was made of, so that shrinking ends. Inputs count as steps.

use super::expression::{Expression, Kind, Step};
use super::points::simpler;

impl Expression {
    /// Expressions that are simpler by one change, those that leave out most first.
    pub(super) fn simpler(&self) -> impl Iterator<Item = Self> + use<> {
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

    /// Ends with index `k`, and has nothing that is not used.
    fn cut(&self, k: usize) -> Vec<Self> {
        let part = self.part(k);
        let is_smaller = part.last() < self.last();
        is_smaller.then_some(part).into_iter().collect()
    }

    /// An earlier input or an operand does the work of `k`, or a constant does.
    fn replaced(&self, k: usize) -> Vec<Self> {
        let first = self.inputs.len();
        let step = k.checked_sub(first);
        let operands = step.map_or(&[][..], |step| &self.steps[step].operands);
        let mut others: Vec<usize> = (0..first.min(k)).chain(operands.iter().copied()).collect();
        others.sort_unstable();
        others.dedup();
        let mut replaced: Vec<Self> = others.into_iter().map(|other| self.redirected(k, other)).collect();
        if let Some(step) = step.filter(|_| !operands.is_empty()) {
            let x = self.trace(&self.inputs)[k];
            replaced.push(self.with_step(step, Step::new(Kind::Constant(x), [])));
        }
        replaced
    }

    fn shortened(&self, k: usize) -> Vec<Self> {
        let Some(step) = k.checked_sub(self.inputs.len()) else { return Vec::new() };
        self.steps[step].shorter().into_iter().map(|shorter| self.with_step(step, shorter)).collect()
    }

    fn rounded(&self, k: usize) -> Vec<Self> {
        let Some(step) = k.checked_sub(self.inputs.len()) else { return Vec::new() };
        self.steps[step].rounder().into_iter().map(|rounder| self.with_step(step, rounder)).collect()
    }

    fn moved(&self, k: usize) -> Vec<Self> {
        let Some(&input) = self.inputs.get(k) else { return Vec::new() };
        let moved = |x| {
            let mut moved = self.clone();
            moved.inputs[k] = x;
            moved
        };
        simpler(input).map(moved).collect()
    }

    /// The expression whose result is that of index `result`.
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

    /// All that uses `k` uses `other` instead, which comes before it.
    fn redirected(&self, k: usize, other: usize) -> Self {
        let mut changed = self.clone();
        if k == self.last() {
            return changed.part(other);
        }
        let operands = changed.steps.iter_mut().flat_map(|step| &mut step.operands);
        operands.filter(|operand| **operand == k).for_each(|operand| *operand = other);
        changed.without_unused()
    }

    /// Leaves out all that the result does not depend on, but one input.
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
    /// The same with a list of half the length, or one shorter.
    fn shorter(&self) -> Vec<Self> {
        let lists = match self.kind {
            Kind::Sum | Kind::Product | Kind::WeightedSum(_) => 1,
            Kind::Dot => 2,
            _ => return Vec::new(),
        };
        let len = self.operands.len() / lists;
        let halves = [(0, len / 2), (len / 2, len)].into_iter().filter(|_| len > 2);
        let kept = halves.map(|(low, high)| (low..high).collect::<Vec<_>>());
        let ones = (0..len).filter(|_| len > 1).map(|k| (0..len).filter(|&other| other != k).collect());
        kept.chain(ones).map(|kept| self.with_only(&kept, len)).collect()
    }

    /// Keeps these places of lists of length `len`.
    fn with_only(&self, kept: &[usize], len: usize) -> Self {
        let kind = match &self.kind {
            Kind::WeightedSum(weights) => Kind::WeightedSum(kept.iter().map(|&k| weights[k]).collect()),
            kind => kind.clone(),
        };
        let operands: Vec<usize> = self.operands.chunks(len).flat_map(|list| kept.iter().map(|&k| list[k])).collect();
        Self { kind, operands }
    }

    /// The same with one plain number that is simpler.
    fn rounder(&self) -> Vec<Self> {
        let with = |kind| Self { kind, operands: self.operands.clone() };
        match &self.kind {
            Kind::Constant(x) => simpler(*x).map(|x| with(Kind::Constant(x))).collect(),
            Kind::PlainRight(op, x) => simpler(*x).map(|x| with(Kind::PlainRight(*op, x))).collect(),
            Kind::PlainLeft(op, x) => simpler(*x).map(|x| with(Kind::PlainLeft(*op, x))).collect(),
            Kind::WeightedSum(weights) => {
                let changed = |k: usize| {
                    simpler(weights[k]).map(move |x| {
                        let mut weights = weights.clone();
                        weights[k] = x;
                        weights
                    })
                };
                (0..weights.len()).flat_map(changed).map(|weights| with(Kind::WeightedSum(weights))).collect()
            }
            _ => Vec::new(),
        }
    }
}
