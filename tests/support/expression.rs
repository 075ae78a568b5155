//! Random expression graphs with shared parts. Every operation of the table takes part, and is applied to numbers of
//! its own interval only, so that the whole is smooth around the inputs.

use gradtape::{Real, Value};
use num_traits::Float;
use quickcheck::{Arbitrary, Gen};

use super::{Table, Unit, number};

/// What a graph is evaluated with: plain floats, values, the naive reference.
pub(crate) trait Number: Clone {
    fn constant(x: f64) -> Self;
    /// The entry of the table with this index.
    fn unary(index: usize, a: &Self) -> Self;
    fn pair(index: usize, a: &Self, b: &Self) -> Self;
    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self;
    fn retain(&self) -> Self;
    fn sum(terms: &[Self]) -> Self;
    fn product(factors: &[Self]) -> Self;
    fn dot(a: &[Self], b: &[Self]) -> Self;
    fn weighted_sum(values: &[Self], weights: &[f64]) -> Self;

    fn pair_named(name: &str) -> usize {
        Table::<f64>::PAIRS.iter().position(|op| op.name == name).expect(name)
    }
}

macro_rules! numbers {
    ($($F:ty: $retain:expr;)*) => {
        $(impl Number for $F {
            fn constant(x: f64) -> Self {
                number(x)
            }

            fn unary(index: usize, &a: &Self) -> Self {
                (Table::<Self>::UNARY[index].f)([a])
            }

            fn pair(index: usize, &a: &Self, &b: &Self) -> Self {
                (Table::<Self>::PAIRS[index].f)([a, b])
            }

            fn mul_add(&a: &Self, &b: &Self, &c: &Self) -> Self {
                Float::mul_add(a, b, c)
            }

            fn retain(&self) -> Self {
                $retain(*self)
            }

            fn sum(terms: &[Self]) -> Self {
                terms.iter().sum()
            }

            fn product(factors: &[Self]) -> Self {
                factors.iter().product()
            }

            fn dot(a: &[Self], b: &[Self]) -> Self {
                Real::dot(a, b)
            }

            fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
                let weights: Vec<_> = weights.iter().map(|&w| number(w)).collect();
                Real::weighted_sum(values, &weights)
            }
        })*
    };
}

numbers! { f32: |x| x; f64: |x| x; Value<f32>: Value::retain; Value<f64>: Value::retain; }

/// One step; operands are indices of earlier ones.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Input(usize),
    Constant(f64),
    Unary(usize, usize),
    Pair(usize, [usize; 2]),
    MulAdd([usize; 3]),
    Retain(usize),
    Sum(Vec<usize>),
    Product(Vec<usize>),
    Dot(Vec<usize>, Vec<usize>),
    WeightedSum(Vec<usize>, Vec<f64>),
}

/// The nodes compute the sum of all nodes that no other node uses.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) inputs: Vec<f64>,
    pub(crate) nodes: Vec<Node>,
}

impl Expression {
    pub(crate) fn evaluate<F: Number>(&self, inputs: &[F]) -> F {
        let mut values: Vec<F> = Vec::new();
        for node in &self.nodes {
            values.push(step(node, inputs, &values));
        }
        let mut used = vec![false; values.len()];
        self.nodes.iter().flat_map(operands).for_each(|k| used[k] = true);
        let outputs: Vec<F> = values.into_iter().zip(used).filter(|(_, used)| !used).map(|(value, _)| value).collect();
        F::sum(&outputs)
    }

    /// The number, or NaN where an operation is evaluated outside its interval, with a margin of 2 %.
    pub(crate) fn smooth(&self, inputs: &[f64]) -> f64 {
        let mut values: Vec<f64> = Vec::new();
        for node in &self.nodes {
            values.push(step(node, inputs, &values));
            let (x, low, high): (Vec<f64>, &[f64], &[f64]) = match node {
                Node::Unary(op, a) => {
                    let op = &Table::<f64>::UNARY[*op];
                    (vec![values[*a]], &op.low, &op.high)
                }
                Node::Pair(op, [a, b]) => {
                    let op = &Table::<f64>::PAIRS[*op];
                    (vec![values[*a], values[*b]], &op.low, &op.high)
                }
                _ => continue,
            };
            let inside = |k: usize| (x[k] - low[k]).min(high[k] - x[k]) >= -0.02 * (high[k] - low[k]);
            if !(0..x.len()).all(inside) {
                return f64::NAN;
            }
        }
        self.evaluate(inputs)
    }
}

fn step<F: Number>(node: &Node, inputs: &[F], values: &[F]) -> F {
    let all = |list: &[usize]| list.iter().map(|&k| values[k].clone()).collect::<Vec<_>>();
    match node {
        Node::Input(k) => inputs[*k].clone(),
        Node::Constant(x) => F::constant(*x),
        Node::Unary(op, a) => F::unary(*op, &values[*a]),
        Node::Pair(op, [a, b]) => F::pair(*op, &values[*a], &values[*b]),
        Node::MulAdd([a, b, c]) => F::mul_add(&values[*a], &values[*b], &values[*c]),
        Node::Retain(a) => values[*a].retain(),
        Node::Sum(list) => F::sum(&all(list)),
        Node::Product(list) => F::product(&all(list)),
        Node::Dot(a, b) => F::dot(&all(a), &all(b)),
        Node::WeightedSum(list, weights) => F::weighted_sum(&all(list), weights),
    }
}

fn operands(node: &Node) -> Vec<usize> {
    match node {
        Node::Input(_) | Node::Constant(_) => Vec::new(),
        Node::Unary(_, a) | Node::Retain(a) => vec![*a],
        Node::Pair(_, operands) => operands.to_vec(),
        Node::MulAdd(operands) => operands.to_vec(),
        Node::Sum(list) | Node::Product(list) | Node::WeightedSum(list, _) => list.clone(),
        Node::Dot(a, b) => [&a[..], b].concat(),
    }
}

/// A graph in the making, with the numbers of its nodes.
struct Draft<'a> {
    g: &'a mut Gen,
    inputs: Vec<f64>,
    nodes: Vec<Node>,
    values: Vec<f64>,
}

impl Draft<'_> {
    fn push(&mut self, node: Node) -> usize {
        self.values.push(step(&node, &self.inputs, &self.values));
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::arbitrary(self.g) % bound
    }

    /// A node whose number lies in the interval; a new constant if there is none, and sometimes if there is.
    fn operand(&mut self, low: f64, high: f64) -> usize {
        let candidates: Vec<usize> =
            (0..self.nodes.len()).filter(|&k| low <= self.values[k] && self.values[k] <= high).collect();
        if candidates.is_empty() || self.below(8) == 0 {
            let constant = Unit::arbitrary(self.g).between(low, high);
            return self.push(Node::Constant(constant));
        }
        *self.g.choose(&candidates).unwrap()
    }

    fn operands(&mut self, count: usize) -> Vec<usize> {
        (0..count).map(|_| self.operand(-30.0, 30.0)).collect()
    }

    fn grow(&mut self) {
        // Most lists are short, some longer than what tapes take at a time.
        let count = if self.below(6) == 0 { 20 + self.below(60) } else { 1 + self.below(5) };
        let node = match self.below(16) {
            0..6 => {
                let index = self.below(Table::<f64>::UNARY.len());
                let op = &Table::<f64>::UNARY[index];
                Node::Unary(index, self.operand(op.low[0], op.high[0]))
            }
            6..11 => {
                let index = self.below(Table::<f64>::PAIRS.len());
                let op = &Table::<f64>::PAIRS[index];
                Node::Pair(index, [0, 1].map(|k| self.operand(op.low[k], op.high[k])))
            }
            11 => Node::MulAdd([(); 3].map(|()| self.operand(-9.0, 9.0))),
            12 => Node::Retain(self.operand(-30.0, 30.0)),
            13 => Node::Sum(self.operands(count)),
            14 if count > 3 => {
                let weights = [0.5, -2.0, 0.0, 1.25, 3.0].into_iter().cycle().take(count).collect();
                Node::WeightedSum(self.operands(count), weights)
            }
            14 => Node::Product(self.operands(count)),
            _ => Node::Dot(self.operands(count), self.operands(count)),
        };
        self.push(node);
    }
}

impl Arbitrary for Expression {
    fn arbitrary(g: &mut Gen) -> Self {
        let inputs: Vec<f64> = (0..4).map(|_| Unit::arbitrary(g).between(-3.0, 3.0)).collect();
        let mut draft = Draft { g, inputs, nodes: Vec::new(), values: Vec::new() };
        for k in 0..draft.inputs.len() {
            draft.push(Node::Input(k));
        }
        let size = 5 + draft.below(30);
        while draft.nodes.len() < size {
            draft.grow();
        }
        Self { inputs: draft.inputs, nodes: draft.nodes }
    }

    /// Drops nodes that no other uses.
    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let whole = self.clone();
        let first = self.inputs.len();
        Box::new((first..self.nodes.len()).rev().filter_map(move |k| {
            let mut nodes = whole.nodes.clone();
            if nodes.iter().flat_map(operands).any(|operand| operand == k) {
                return None;
            }
            nodes.remove(k);
            for node in &mut nodes {
                let lists: Vec<&mut usize> = match node {
                    Node::Input(_) | Node::Constant(_) => Vec::new(),
                    Node::Unary(_, a) | Node::Retain(a) => vec![a],
                    Node::Pair(_, list) => list.iter_mut().collect(),
                    Node::MulAdd(list) => list.iter_mut().collect(),
                    Node::Sum(list) | Node::Product(list) | Node::WeightedSum(list, _) => list.iter_mut().collect(),
                    Node::Dot(a, b) => a.iter_mut().chain(b).collect(),
                };
                lists.into_iter().filter(|operand| **operand > k).for_each(|operand| *operand -= 1);
            }
            Some(Self { inputs: whole.inputs.clone(), nodes })
        }))
    }
}
