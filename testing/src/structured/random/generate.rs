//! Random functions from bytes.

use super::{Feature, Group, Hidden, Output, Outside, Row, Step, Writing};
use crate::number;

/// No number of a template is larger.
const LARGEST: f64 = 60.0;

/// Bytes that decide. If there are none left, they are zeros, and the choice is the first one.
struct Source<I>(I);

impl Hidden {
    /// The function of these bytes, those of a fuzzer. Any bytes are a function.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Source(bytes.iter().copied()).function()
    }

    /// The function of this seed.
    pub fn from_seed(seed: u64) -> Self {
        // Near seeds become different ones.
        let mut state = (seed ^ (seed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bytes = std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        });
        Source(bytes.skip(16)).function()
    }
}

impl<I: Iterator<Item = u8>> Source<I> {
    fn byte(&mut self) -> usize {
        usize::from(self.0.next().unwrap_or(0))
    }

    /// A count below the bound, which is at most 256.
    fn below(&mut self, bound: usize) -> usize {
        self.byte() % bound
    }

    fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A number from -1 to 1, the same in both precisions.
    fn unit(&mut self) -> f64 {
        let [high, low] = [(); 2].map(|()| number::<f32>(super::real(self.byte())));
        f64::from((high * 256.0 + low) / 32768.0 - 1.0)
    }

    /// A number that may be special: operations with zeros and ones are simplified.
    fn constant(&mut self) -> f64 {
        match self.below(8) {
            0 => self.choose(&[0.0, 1.0, -1.0, 2.0]),
            _ => 1.5 * self.unit(),
        }
    }

    fn function(&mut self) -> Hidden {
        let variables = 1 + if self.below(4) == 0 { self.below(4) } else { self.below(40) };
        let groups = 1 + self.below(4);
        let feature = self.choose(&[Feature::Tanh, Feature::Sin, Feature::Square]);
        // Equal variables would be kinks of maxima.
        let x = (0..variables).map(|k| f64::from(number::<f32>(2.0 * self.unit() + 1e-3 * super::real(k)))).collect();
        let groups: Vec<_> = (0..groups).map(|_| self.group(variables, feature)).collect();
        let outputs = self.outputs(&groups);
        Hidden { x, feature, groups, outputs }
    }

    fn group(&mut self, variables: usize, feature: Feature) -> Group {
        let count = 1 + if self.below(4) == 0 { self.below(4) } else { self.below(60) };
        let reads = 1 + self.below(4);
        let columns: Vec<_> = (0..reads).map(|_| self.column(variables, count)).collect();
        let data = [(); 2].map(|()| self.data(count));
        let weights = self.data(count);
        let row = |k: usize| Row {
            reads: columns.iter().map(|column| column[k]).collect(),
            data: [data[0][k], data[1][k]],
            weight: weights[k],
        };
        let rows = (0..count).map(row).collect();
        let bound = |column: &Vec<usize>| {
            let squares =
                feature == Feature::Square && column.iter().any(|index| (variables..2 * variables).contains(index));
            if squares { 4.2 } else { 2.1 }
        };
        let template = self.template(columns.iter().map(bound).collect());
        let chunk = 1 + self.below(8);
        let writing = self.choose(&[
            Writing::Loop,
            Writing::Weights,
            Writing::Sum,
            Writing::WeightedSum,
            Writing::Dot,
            Writing::Minus,
            Writing::Cancelling,
            Writing::Chunks(chunk),
            Writing::Roots(chunk),
            Writing::Tree,
            Writing::Chain,
            Writing::Maximum,
            Writing::LoopProduct,
            Writing::Product,
        ]);
        let outside = match self.below(14) {
            0..6 => Outside::Plain,
            6..8 => Outside::Root,
            8 => Outside::Tanh,
            9 | 10 => Outside::Cross,
            11 | 12 => Outside::Branch,
            _ => Outside::Cancelled,
        };
        let scale = self.choose(&[1.0, 1.0, 0.25, -1.0, -0.5]);
        Group { template, rows, writing, outside, scale }
    }

    /// What the rows read at one place.
    fn column(&mut self, variables: usize, count: usize) -> Vec<usize> {
        // The functions of the variables follow the variables in the pool.
        let offset = [0, 0, 0, variables][self.below(4)];
        let (start, stride) = (self.below(variables), 2 + self.below(4));
        let same = self.below(16);
        (0..count)
            .map(|k| match same {
                0..6 => offset + (start + k) % variables,
                6..9 => offset + (start + k * stride) % variables,
                9..12 => offset + self.below(variables),
                12..14 => offset + start,
                _ => 2 * variables + same - 14,
            })
            .collect()
    }

    /// A number of each row: all equal, all different, or of two.
    fn data(&mut self, count: usize) -> Vec<f64> {
        let [a, b] = [(); 2].map(|()| self.constant());
        match self.below(3) {
            0 => vec![a; count],
            1 => (0..count).map(|_| self.choose(&[a, b])).collect(),
            _ => (0..count).map(|_| self.constant()).collect(),
        }
    }

    /// A template on numbers that are at most so large.
    fn template(&mut self, mut bounds: Vec<f64>) -> Vec<Step> {
        let steps = 1 + self.below(8);
        let mut template = Vec::new();
        for _ in 0..steps {
            let a = if self.below(2) == 0 { bounds.len() - 1 } else { self.below(bounds.len()) };
            let b = self.below(bounds.len());
            let (step, bound) = self.step([a, b], [bounds[a], bounds[b]]);
            let (step, bound) = if bound <= LARGEST { (step, bound) } else { (Step::Tanh(a), 1.0) };
            template.push(step);
            bounds.push(bound);
        }
        template
    }

    /// A step on two slots, and how large its result is at most.
    fn step(&mut self, [a, b]: [usize; 2], [x, y]: [f64; 2]) -> (Step, f64) {
        match self.below(20) {
            0..3 => (Step::Mul(a, b), x * y),
            3..5 => (Step::Add(a, b), x + y),
            5..7 => (Step::Sub(a, b), x + y),
            7 => (Step::Div(a, b), x),
            8 => (Step::Max(a, b), x.max(y)),
            9 => (Step::Sin(a), 1.0),
            10 => (Step::Exp(a), x.exp()),
            11 => (Step::Tanh(a), 1.0),
            12 => (Step::Root(a), 1.0 + x),
            13 => {
                let n = self.choose(&[2, 3, 4]);
                (Step::Power(a, n), x.powi(n))
            }
            14 => (Step::Abs(a), x),
            15 => (Step::Branch(a, b), (x * y).max(1.0)),
            16 => (Step::Constant(self.constant()), 2.0),
            17 => (Step::Data(self.below(2)), 2.0),
            18 => (Step::Scaled(a, self.constant()), 2.0 * x),
            _ => (Step::Shifted(a, self.below(2)), x + 2.0),
        }
    }

    /// Terms and sums, in order or not.
    fn outputs(&mut self, groups: &[Group]) -> Vec<Output> {
        let mut outputs = Vec::new();
        for (k, group) in groups.iter().enumerate() {
            let terms = (0..group.rows.len()).map(|row| Output::Term(k, row));
            match self.below(4) {
                0 | 1 => outputs.extend(terms),
                2 => outputs.extend(terms.filter(|_| self.below(2) == 0)),
                _ => {}
            }
            if self.below(3) == 0 {
                outputs.push(Output::Sum(k));
            }
        }
        if outputs.is_empty() || self.below(3) == 0 {
            outputs.push(Output::Total);
        }
        if self.below(3) == 0 {
            for k in 1..outputs.len() {
                outputs.swap(k, self.below(k.min(255) + 1));
            }
        }
        outputs
    }
}
