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
            for node in &builder.graph.nodes {
                let youngest = builder.graph.operands(node).iter().max().copied();
                register_user(&mut builder.users, youngest);
            }
        }
        builder
    }

    /// A node with this youngest operand that computes the same, if there is one.
    #[inline]
    fn find(&self, op: Op, youngest: Option<NodeIndex>, is_same: impl Fn(&Node) -> bool) -> Option<NodeIndex> {
        let mut user = self.users.get(youngest?.index())?[0];
        for _ in 0..MOST_USERS {
            let node = self.graph.nodes.get(user.index())?;
            if node.op == op && is_same(node) {
                return Some(user);
            }
            user = self.users[user.index()][1];
        }
        None
    }

    #[inline]
    fn add(&mut self, node: Node, youngest: Option<NodeIndex>) -> NodeIndex {
        if self.shares {
            register_user(&mut self.users, youngest);
        }
        self.graph.push(node)
    }

    pub(crate) fn constant(&mut self, x: T) -> NodeIndex {
        if let Some(&index) = self.constants.get(&x.bits()) {
            return index;
        }
        let node = self.graph.add_constant(x);
        let index = self.add(node, None);
        self.constants.insert(x.bits(), index);
        index
    }

    pub(crate) fn push(&mut self, node: Node) -> NodeIndex {
        let youngest = self.graph.operands(&node).iter().max().copied();
        self.find(node.op, youngest, |other| *other == node).unwrap_or_else(|| self.add(node, youngest))
    }

    pub(crate) fn push_list(&mut self, op: Op, operands: &[NodeIndex]) -> NodeIndex {
        let youngest = operands.iter().max().copied();
        self.find(op, youngest, |node| self.graph.operands(node) == operands).unwrap_or_else(|| {
            let node = self.graph.add_list(op, operands);
            self.add(node, youngest)
        })
    }

    /// A call of the operation of the user's own of this index.
    pub(crate) fn push_custom(&mut self, index: usize, operands: &[NodeIndex]) -> NodeIndex {
        let youngest = operands.iter().max().copied();
        let is_same = |node: &Node| node.custom_index() == index && self.graph.operands(node) == operands;
        self.find(Op::custom, youngest, is_same).unwrap_or_else(|| {
            let node = self.graph.add_custom(index, operands);
            self.add(node, youngest)
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

/// Registers the next node as a user of its youngest operand.
#[inline]
fn register_user(users: &mut Vec<[NodeIndex; 2]>, youngest: Option<NodeIndex>) {
    let user = NodeIndex::new(users.len());
    let older = youngest.map_or(NodeIndex::NONE, |operand| std::mem::replace(&mut users[operand.index()][0], user));
    users.push([NodeIndex::NONE, older]);
}
