//! A graph that grows.

use std::collections::{HashMap, HashSet};

use super::{Graph, Guard, Node, Origin};
use crate::ops::index::NodeIndex;
use crate::ops::op::Op;
use crate::program::options::{Optimization, Options};
use crate::scalar::Bits;

/// A graph that grows. It has every constant and every guard once, and if wanted every node.
#[allow(clippy::struct_excessive_bools, reason = "they are independent")]
#[derive(Debug)]
pub(crate) struct Builder<T> {
    pub(crate) graph: Graph<T>,
    /// By their bits: the two zeros are different constants, and a NaN is itself.
    constants: HashMap<u64, NodeIndex>,
    guards: HashSet<Guard>,
    /// Whether a node that the graph has already is not added again.
    shares: bool,
    /// A node is a *user* of its youngest operand. For each node: its youngest user, and the next older user of its own
    /// youngest operand.
    users: Vec<[NodeIndex; 2]>,
    /// Whether operations on constants, and those that change nothing, are left out.
    pub(crate) folds: bool,
    /// Whether every product is rounded as on a tape.
    pub(crate) exact: bool,
    /// Whether `max`, `min` and `clamp` are recorded as branches.
    pub(crate) branches: bool,
}

/// How many users of a node are compared with a new node. With this limit every node takes the same time. It rarely
/// misses a node to share: a node with more users is mostly a parameter.
const MOST_USERS: usize = 32;

impl<T: Bits + Copy> Builder<T> {
    /// A builder appending to `graph`. Exact programs do not share nodes: the tape would keep two adjoints.
    pub(crate) fn new(graph: Graph<T>, options: Options) -> Self {
        let shares = options.has(Optimization::Sharing) && !options.is_exact();
        let constants = graph.indexed_nodes().filter_map(|(k, node)| Some((graph.constant(node)?.bits(), k)));
        let mut builder = Self {
            constants: constants.collect(),
            guards: graph.guards().iter().copied().collect(),
            shares,
            users: Vec::with_capacity(graph.nodes.len()),
            folds: options.has(Optimization::Folding),
            exact: options.is_exact(),
            branches: false,
            graph,
        };
        if shares {
            (0..builder.graph.nodes.len()).for_each(|_| builder.register_user());
        }
        builder
    }

    /// Registers the next node as a user of its youngest operand.
    fn register_user(&mut self) {
        let user = NodeIndex::new(self.users.len());
        let youngest = self.graph.operands(self.graph.node(user)).iter().max().copied();
        let older =
            youngest.map_or(NodeIndex::NONE, |operand| std::mem::replace(&mut self.users[operand.index()][0], user));
        self.users.push([NodeIndex::NONE, older]);
    }

    /// A node with these operands that computes the same, if there is one.
    fn find(&self, op: Op, operands: &[NodeIndex], is_same: impl Fn(&Node) -> bool) -> Option<NodeIndex> {
        let mut user = self.users.get(operands.iter().max()?.index())?[0];
        for _ in 0..MOST_USERS {
            let node = self.graph.nodes.get(user.index())?;
            if node.op == op && is_same(node) {
                return Some(user);
            }
            user = self.users[user.index()][1];
        }
        None
    }

    fn add(&mut self, node: Node) -> NodeIndex {
        self.graph.nodes.push(node);
        if self.shares {
            self.register_user();
        }
        NodeIndex::new(self.graph.nodes.len() - 1)
    }

    pub(crate) fn constant(&mut self, x: T) -> NodeIndex {
        if let Some(&index) = self.constants.get(&x.bits()) {
            return index;
        }
        let node = self.graph.add_constant(x);
        let index = self.add(node);
        self.constants.insert(x.bits(), index);
        index
    }

    pub(crate) fn push(&mut self, node: Node) -> NodeIndex {
        let operands = self.graph.operands(&node);
        self.find(node.op, operands, |other| *other == node).unwrap_or_else(|| self.add(node))
    }

    pub(crate) fn push_list(&mut self, op: Op, operands: &[NodeIndex]) -> NodeIndex {
        self.find(op, operands, |node| self.graph.operands(node) == operands).unwrap_or_else(|| {
            let node = self.graph.add_list(op, operands);
            self.add(node)
        })
    }

    pub(crate) fn guard(&mut self, guard: Guard, origin: Option<Origin>) {
        if self.guards.insert(guard) {
            self.graph.add_guard(guard, origin);
        }
    }
}
