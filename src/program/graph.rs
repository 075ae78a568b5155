//! A program as it was recorded: nodes in the order of their computation.

use std::collections::{HashMap, HashSet};

use super::Precision;
use crate::number::Real;
use crate::ops::op::Op;

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
    pub(crate) fn of<T: PartialOrd + Copy>(self, a: T, b: T) -> bool {
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
    pub(crate) fn replay<F: Real<Plain = T>>(
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
#[allow(clippy::struct_excessive_bools, reason = "they are independent")]
#[derive(Debug)]
pub(crate) struct Builder<T> {
    pub(crate) graph: Graph<T>,
    /// By their bits: the two zeros are different constants, and a NaN is itself.
    constants: HashMap<u64, Id>,
    guards: HashSet<Guard>,
    shares: bool,
    /// For each node the last one of which it is the youngest operand, and the one before with the same youngest operand.
    users: Vec<[Id; 2]>,
    /// Whether operations on constants, and those that change nothing, are left out.
    pub(crate) folds: bool,
    /// Whether every product is rounded as on a tape.
    pub(crate) exact: bool,
    /// Whether a choice between two numbers is a branch.
    pub(crate) branches: bool,
}

/// How many users of a number are looked at for one that computes the same. With this limit every node takes the same
/// time, and in practice nothing is overlooked: a number with so many users is mostly a parameter.
const LOOK_BACK: usize = 32;
const NOBODY: Id = Id::MAX;

impl<T: Precision> Builder<T> {
    /// With `shares`, a node that is there already is not added again.
    pub(crate) fn new(graph: Graph<T>, shares: bool, folds: bool, exact: bool) -> Self {
        let constants = (0..).zip(&graph.nodes).filter_map(|(k, node)| Some((graph.constant(node)?.bits(), k)));
        let constants = constants.collect();
        let guards = graph.guards.iter().copied().collect();
        let users = Vec::with_capacity(graph.nodes.len());
        let mut builder = Self { graph, constants, guards, shares, users, folds, exact, branches: false };
        if shares {
            (0..builder.graph.nodes.len()).for_each(|_| builder.note());
        }
        builder
    }

    /// Makes the next node known as a user.
    fn note(&mut self) {
        let k = self.users.len();
        let youngest = self.graph.operands(&self.graph.nodes[k]).iter().max().copied();
        let before =
            youngest.map_or(NOBODY, |operand| std::mem::replace(&mut self.users[operand as usize][0], index(k)));
        self.users.push([NOBODY, before]);
    }

    /// A node that computes the same, if there is one.
    fn find(&self, op: Op, operands: &[Id], is_same: impl Fn(&Node) -> bool) -> Option<Id> {
        let mut user = self.users.get(*operands.iter().max()? as usize)?[0];
        for _ in 0..LOOK_BACK {
            let node = self.graph.nodes.get(user as usize)?;
            if node.op == op && is_same(node) {
                return Some(user);
            }
            user = self.users[user as usize][1];
        }
        None
    }

    fn add(&mut self, node: Node) -> Id {
        self.graph.nodes.push(node);
        if self.shares {
            self.note();
        }
        index(self.graph.nodes.len() - 1)
    }

    pub(crate) fn constant(&mut self, x: T) -> Id {
        if let Some(&id) = self.constants.get(&x.bits()) {
            return id;
        }
        self.graph.constants.push(x);
        let id = self.add(Node { op: Op::constant, args: [index(self.graph.constants.len() - 1), 0, 0] });
        self.constants.insert(x.bits(), id);
        id
    }

    pub(crate) fn push(&mut self, op: Op, args: [u32; 3]) -> Id {
        let operands = &args[..op.arity().unwrap_or(0)];
        self.find(op, operands, |node| node.args == args).unwrap_or_else(|| self.add(Node { op, args }))
    }

    pub(crate) fn push_list(&mut self, op: Op, operands: &[Id]) -> Id {
        self.find(op, operands, |node| self.graph.operands(node) == operands).unwrap_or_else(|| {
            let start = index(self.graph.lists.len());
            self.graph.lists.extend(operands);
            self.add(Node { op, args: [start, index(operands.len()), 0] })
        })
    }

    pub(crate) fn guard(&mut self, guard: Guard) {
        if self.guards.insert(guard) {
            self.graph.guards.push(guard);
        }
    }
}
