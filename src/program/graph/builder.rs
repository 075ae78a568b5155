//! A graph that grows.

use std::any::TypeId;
use std::collections::HashMap;

use super::custom::Custom;
use super::words::{WordMap, WordSet};
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
    constants: WordMap<u64, NodeIndex>,
    guards: WordSet<Guard>,
    /// The indices of operations of the user's own, by their keys, and of those without data, by their types.
    customs: HashMap<(usize, Vec<usize>), usize>,
    custom_types: HashMap<TypeId, usize>,
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
    /// Whether the expressions of the user's own operations are recorded in their place.
    pub(crate) expresses: bool,
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
            customs: graph.customs.iter().enumerate().map(|(index, custom)| (custom.key(), index)).collect(),
            custom_types: HashMap::new(),
            shares,
            users: Vec::with_capacity(graph.nodes.len()),
            folds: options.has(Optimization::Folding),
            exact: options.is_exact(),
            branches: false,
            expresses: false,
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

    /// A call of the operation of the user's own of this index.
    pub(crate) fn push_custom(&mut self, index: usize, operands: &[NodeIndex]) -> NodeIndex {
        let is_same = |node: &Node| node.custom_index() == index && self.graph.operands(node) == operands;
        self.find(Op::custom, operands, is_same).unwrap_or_else(|| {
            let node = self.graph.add_custom(index, operands);
            self.add(node)
        })
    }

    /// The index of an operation of the user's own.
    pub(crate) fn custom_index(&mut self, custom: Custom<T>) -> usize {
        let customs = &mut self.graph.customs;
        *self.customs.entry(custom.key()).or_insert_with(|| {
            customs.push(custom);
            customs.len() - 1
        })
    }

    /// The same of an operation of the type `id` without data, which is made once.
    pub(crate) fn custom_index_of_type(&mut self, id: TypeId, make: impl FnOnce() -> Custom<T>) -> usize {
        if let Some(&index) = self.custom_types.get(&id) {
            return index;
        }
        let index = self.custom_index(make());
        self.custom_types.insert(id, index);
        index
    }

    pub(crate) fn guard(&mut self, guard: Guard, origin: Option<Origin>) {
        if self.guards.insert(guard) {
            self.graph.add_guard(guard, origin);
        }
    }
}
