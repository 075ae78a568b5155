//! A program as it was recorded: nodes in the order of their computation.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Precision;
use super::op::Op;
use crate::Real;

/// Where a node stands in its graph.
pub(crate) type Id = u32;

/// An operation and its operands. What is not an operand is 0.
///
/// A constant has the index of its number, a parameter or input its index; `powi` has its exponent behind its operand;
/// a list has the range of its operands in [`Graph::lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) args: [u32; 3],
}

/// How two numbers were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
}

/// A comparison that decided the way of the program, and what came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Guard {
    pub(crate) comparison: Comparison,
    pub(crate) operands: [Id; 2],
    pub(crate) holds: bool,
}

/// Nodes that depend on earlier nodes only.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Graph<T> {
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: Vec<T>,
    pub(crate) lists: Vec<Id>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) outputs: Vec<Id>,
    pub(crate) parameters: u32,
    pub(crate) inputs: u32,
    /// Whether the outputs are sums over all rows.
    pub(crate) of_sum: bool,
}

impl Comparison {
    #[inline(always)]
    pub(crate) fn of<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Equal => a == b,
        }
    }
}

impl<T: Precision> Graph<T> {
    /// Nothing but its leaves, of which the parameters come first.
    pub(crate) fn new(parameters: usize, inputs: usize) -> Self {
        let leaves = |op, count| (0..index(count)).map(move |k| Node { op, args: [k, 0, 0] });
        Self {
            nodes: leaves(Op::parameter, parameters).chain(leaves(Op::input, inputs)).collect(),
            constants: Vec::new(),
            lists: Vec::new(),
            guards: Vec::new(),
            outputs: Vec::new(),
            parameters: index(parameters),
            inputs: index(inputs),
            of_sum: false,
        }
    }

    /// The operands of a node.
    pub(crate) fn operands<'a>(&'a self, node: &'a Node) -> &'a [Id] {
        match node.op.arity() {
            Some(arity) => &node.args[..arity],
            None => &self.lists[node.args[0] as usize..][..node.args[1] as usize],
        }
    }

    pub(crate) fn constant(&self, node: &Node) -> Option<T> {
        (node.op == Op::constant).then(|| self.constants[node.args[0] as usize])
    }

    /// Computes all nodes with numbers of any kind. `each` sees every node's number and may put another in its place.
    pub(crate) fn replay<F: Real<Scalar = T>>(
        &self,
        parameters: &[F],
        inputs: &[F],
        mut each: impl FnMut(F) -> F,
    ) -> Vec<F> {
        let mut values: Vec<F> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let list = || self.operands(node).iter().map(|&k| values[k as usize]);
            let value = match node.op {
                Op::constant => F::constant(self.constants[node.args[0] as usize]),
                Op::parameter => parameters[node.args[0] as usize],
                Op::input => inputs[node.args[0] as usize],
                Op::sum => list().sum(),
                Op::product => list().product(),
                Op::dot => {
                    let (a, b): (Vec<F>, Vec<F>) = (list().step_by(2).collect(), list().skip(1).step_by(2).collect());
                    F::dot(&a, &b)
                }
                op => op.value(std::array::from_fn(|k| self.nth(node, k, &values)), exponent(node)),
            };
            values.push(each(value));
        }
        values
    }

    /// The number of operand `k`, or any number behind the last one.
    pub(crate) fn nth<F: Copy>(&self, node: &Node, k: usize, values: &[F]) -> F {
        let operands = self.operands(node);
        values[*operands.get(k).unwrap_or(&operands[0]) as usize]
    }

    /// Whether all guards hold for the numbers of the nodes.
    pub(crate) fn broken_guard(&self, values: &[T]) -> Option<usize> {
        let holds = |guard: &Guard| {
            let [a, b] = guard.operands.map(|k| values[k as usize]);
            guard.comparison.of(a, b) == guard.holds
        };
        self.guards.iter().position(|guard| !holds(guard))
    }

    /// Which nodes depend, by their number, on one that `starts` names.
    pub(crate) fn dependents(&self, starts: impl Fn(&Node) -> bool) -> Vec<bool> {
        let mut depends = vec![false; self.nodes.len()];
        for (k, node) in self.nodes.iter().enumerate() {
            depends[k] = starts(node) || self.operands(node).iter().any(|&operand| depends[operand as usize]);
        }
        depends
    }
}

/// The exponent of `powi`, which no other operation looks at.
pub(crate) fn exponent(node: &Node) -> i32 {
    node.args[1].cast_signed()
}

/// A count as an index: a program has fewer than 2³² nodes.
#[track_caller]
pub(crate) fn index(count: usize) -> u32 {
    u32::try_from(count).expect("a program has room for 2^32 - 1 numbers; record a smaller part of the computation")
}

/// A graph that grows, in which a constant, and if wanted every node, is there only once.
#[derive(Debug)]
pub(crate) struct Builder<T> {
    pub(crate) graph: Graph<T>,
    /// By their bits: the two zeros are different constants, and a NaN is itself.
    constants: FxHashMap<u64, Id>,
    guards: FxHashSet<Guard>,
    known: Option<FxHashMap<Node, Id>>,
    known_lists: FxHashMap<(Op, Vec<Id>), Id>,
    /// Whether operations on constants, and those that change nothing, are left out.
    pub(crate) folds: bool,
    /// Whether every product is rounded as on a tape.
    pub(crate) exact: bool,
    /// Whether a choice between two numbers is a branch.
    pub(crate) branches: bool,
}

impl<T: Precision> Builder<T> {
    /// With `shares`, a node that is there already is not added again.
    pub(crate) fn new(graph: Graph<T>, shares: bool, folds: bool, exact: bool) -> Self {
        let constants = (0..).zip(&graph.nodes).filter_map(|(k, node)| Some((graph.constant(node)?.bits(), k)));
        let constants = constants.collect();
        let guards = graph.guards.iter().copied().collect();
        let mut known = shares.then(FxHashMap::default);
        let mut known_lists = FxHashMap::default();
        for (k, node) in (0..).zip(&graph.nodes) {
            if let Some(known) = &mut known {
                if node.op.arity().is_some() {
                    known.insert(*node, k);
                } else {
                    known_lists.insert((node.op, graph.operands(node).to_vec()), k);
                }
            }
        }
        Self { graph, constants, guards, known, known_lists, folds, exact, branches: false }
    }

    pub(crate) fn constant(&mut self, x: T) -> Id {
        *self.constants.entry(x.bits()).or_insert_with(|| {
            self.graph.constants.push(x);
            let args = [index(self.graph.constants.len() - 1), 0, 0];
            self.graph.nodes.push(Node { op: Op::constant, args });
            index(self.graph.nodes.len() - 1)
        })
    }

    pub(crate) fn push(&mut self, op: Op, args: [u32; 3]) -> Id {
        let node = Node { op, args };
        let nodes = &mut self.graph.nodes;
        let mut add = || {
            nodes.push(node);
            index(nodes.len() - 1)
        };
        match &mut self.known {
            Some(known) => *known.entry(node).or_insert_with(add),
            None => add(),
        }
    }

    pub(crate) fn push_list(&mut self, op: Op, operands: Vec<Id>) -> Id {
        let (graph, shares) = (&mut self.graph, self.known.is_some());
        let mut add = |operands: &[Id]| {
            let start = index(graph.lists.len());
            graph.lists.extend(operands);
            graph.nodes.push(Node { op, args: [start, index(operands.len()), 0] });
            index(graph.nodes.len() - 1)
        };
        if !shares {
            return add(&operands);
        }
        let key = (op, operands);
        if let Some(&id) = self.known_lists.get(&key) {
            return id;
        }
        let id = add(&key.1);
        self.known_lists.insert(key, id);
        id
    }

    pub(crate) fn guard(&mut self, guard: Guard) {
        if self.guards.insert(guard) {
            self.graph.guards.push(guard);
        }
    }
}
