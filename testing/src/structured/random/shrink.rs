//! Simpler functions of the same kind.

use quickcheck::{Arbitrary, Gen};

use super::{Feature, Group, Hidden, Output, Outside, Step, Writing};

impl Arbitrary for Hidden {
    fn arbitrary(g: &mut Gen) -> Self {
        Self::from_seed(u64::arbitrary(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.simpler().into_iter())
    }
}

/// Parts of a list that can be left out: halves first, then single elements of a short list.
fn cuts(len: usize) -> Vec<std::ops::Range<usize>> {
    let mut cuts = Vec::new();
    let mut size = len / 2;
    while size > 0 && (size > 1 || len <= 8) {
        cuts.extend((0..len).step_by(size).map(|start| start..len.min(start + size)));
        size /= 2;
    }
    cuts
}

impl Hidden {
    /// Functions that are simpler by one change, the simplest first.
    fn simpler(&self) -> Vec<Self> {
        let mut simpler = Vec::new();
        if self.groups.len() > 1 {
            simpler.extend((0..self.groups.len()).map(|group| self.without_group(group)));
        }
        for (k, group) in self.groups.iter().enumerate() {
            simpler.extend(cuts(group.rows.len()).into_iter().map(|cut| self.without_rows(k, cut)));
        }
        simpler.extend(cuts(self.outputs.len()).into_iter().map(|cut| {
            let mut simpler = self.clone();
            simpler.outputs.drain(cut);
            simpler
        }));
        if self.x.len() > 1 {
            let less = [1, self.x.len() / 2, self.x.len() - 1];
            simpler.extend(less.into_iter().map(|variables| self.with_variables(variables)));
        }
        for (k, group) in self.groups.iter().enumerate() {
            simpler.extend(group.simpler().into_iter().map(|group| self.with_group(k, group)));
        }
        if self.feature != Feature::Square {
            simpler.push(Self { feature: Feature::Square, ..self.clone() });
        }
        simpler
    }

    fn with_group(&self, k: usize, group: Group) -> Self {
        let mut simpler = self.clone();
        simpler.groups[k] = group;
        simpler
    }

    /// Without outputs that `keep` drops; one is left at least.
    fn with_outputs(mut self, keep: impl Fn(Output) -> Option<Output>) -> Self {
        self.outputs = self.outputs.into_iter().filter_map(keep).collect();
        if self.outputs.is_empty() {
            self.outputs.push(Output::Total);
        }
        self
    }

    fn without_group(&self, gone: usize) -> Self {
        let mut simpler = self.clone();
        simpler.groups.remove(gone);
        let rest = |group: usize| (group != gone).then(|| group - usize::from(group > gone));
        simpler.with_outputs(|output| match output {
            Output::Term(group, row) => Some(Output::Term(rest(group)?, row)),
            Output::Sum(group) => Some(Output::Sum(rest(group)?)),
            Output::Total => Some(output),
        })
    }

    fn without_rows(&self, k: usize, cut: std::ops::Range<usize>) -> Self {
        let mut simpler = self.clone();
        simpler.groups[k].rows.drain(cut.clone());
        simpler.with_outputs(|output| match output {
            Output::Term(group, row) if group == k && cut.contains(&row) => None,
            Output::Term(group, row) if group == k && row >= cut.end => Some(Output::Term(group, row - cut.len())),
            _ => Some(output),
        })
    }

    /// With fewer variables, which take the places of the others.
    fn with_variables(&self, fewer: usize) -> Self {
        let (mut simpler, n) = (self.clone(), self.x.len());
        simpler.x.truncate(fewer);
        for read in simpler.groups.iter_mut().flat_map(|group| &mut group.rows).flat_map(|row| &mut row.reads) {
            *read = if *read < 2 * n { *read / n * fewer + *read % n % fewer } else { *read - 2 * n + 2 * fewer };
        }
        simpler
    }
}

impl Group {
    fn simpler(&self) -> Vec<Self> {
        let mut simpler = Vec::new();
        let mut push = |change: &dyn Fn(&mut Self)| {
            let mut group = self.clone();
            change(&mut group);
            simpler.push(group);
        };
        if self.writing != Writing::Loop {
            push(&|group| group.writing = Writing::Loop);
        }
        if self.outside != Outside::Plain {
            push(&|group| group.outside = Outside::Plain);
        }
        if self.scale != 1.0 {
            push(&|group| group.scale = 1.0);
        }
        if self.rows.iter().any(|row| row.weight != 1.0) {
            push(&|group| group.rows.iter_mut().for_each(|row| row.weight = 1.0));
        }
        if self.has_different_data() {
            push(&|group| {
                let data = group.rows[0].data;
                group.rows.iter_mut().for_each(|row| row.data = data);
            });
        }
        for len in 0..self.template.len() {
            push(&|group| group.template.truncate(len));
        }
        // A step that is no longer used goes with the next cut.
        let reads = self.rows[0].reads.len();
        for (k, step) in self.template.iter().enumerate() {
            let is_simple = matches!(step, Step::Scaled(_, c) if *c == 1.0);
            for operand in step.operands().into_iter().filter(|_| !is_simple) {
                push(&|group| group.template[k] = Step::Scaled(operand, 1.0));
            }
            push(&|group| group.skip(reads + k));
        }
        for place in 0..reads {
            let first = self.rows[0].reads[place];
            if self.rows.iter().any(|row| row.reads[place] != first) {
                push(&|group| group.rows.iter_mut().for_each(|row| row.reads[place] = first));
            }
        }
        simpler.retain(|group| group.cost() < self.cost());
        simpler
    }

    /// Leaves out a step. Later ones read its first operand, or the first number of the row.
    fn skip(&mut self, slot: usize) {
        let k = slot - self.rows[0].reads.len();
        let instead = self.template[k].operands().first().copied().unwrap_or(0);
        self.template.remove(k);
        for step in &mut self.template[k..] {
            for operand in step.operands_mut() {
                *operand = if *operand == slot { instead } else { *operand - usize::from(*operand > slot) };
            }
        }
    }

    fn has_different_data(&self) -> bool {
        self.rows.iter().any(|row| row.data != self.rows[0].data)
    }

    /// A measure that every change makes smaller.
    fn cost(&self) -> [usize; 4] {
        let steps = self.template.iter().filter(|step| !matches!(step, Step::Scaled(_, c) if *c == 1.0)).count();
        let adorned = [
            self.writing != Writing::Loop,
            self.outside != Outside::Plain,
            self.scale != 1.0,
            self.rows.iter().any(|row| row.weight != 1.0),
            self.has_different_data(),
        ];
        let different = |place: usize| self.rows.iter().any(|row| row.reads[place] != self.rows[0].reads[place]);
        [
            self.template.len(),
            steps,
            adorned.iter().filter(|&&adorned| adorned).count(),
            (0..self.rows[0].reads.len()).filter(|&place| different(place)).count(),
        ]
    }
}

impl Step {
    fn operands_mut(&mut self) -> Vec<&mut usize> {
        match self {
            Self::Constant(_) | Self::Data(_) => vec![],
            Self::Add(a, b)
            | Self::Sub(a, b)
            | Self::Mul(a, b)
            | Self::Div(a, b)
            | Self::Max(a, b)
            | Self::Branch(a, b) => vec![a, b],
            Self::Scaled(a, _)
            | Self::Shifted(a, _)
            | Self::Sin(a)
            | Self::Exp(a)
            | Self::Tanh(a)
            | Self::Root(a)
            | Self::Power(a, _)
            | Self::Abs(a) => vec![a],
        }
    }

    fn operands(mut self) -> Vec<usize> {
        self.operands_mut().into_iter().map(|operand| *operand).collect()
    }
}
