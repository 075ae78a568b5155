//! The graph of a function: its operations as nodes, in the order in which they are computed.
//!
//! A graph is what a recording returns and what all later stages read. In: nodes, one by one, through a
//! [`Builder`](builder::Builder). Out: the numbers of all nodes for any kind of number, by [`Graph::evaluate`].

pub(crate) mod builder;
pub(crate) mod custom;
mod evaluate;
mod guard;
pub(crate) mod special;
mod value;
pub(crate) mod words;

use crate::error::Error;
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::{Form, Op};
use custom::Custom;
pub(crate) use guard::{Comparison, Guard, Origin};

/// An operation and its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) op: Op,
    /// The operands, filled up with the first one. Some places hold other words: a constant has the index of its number
    /// in the first place, a parameter and an input have their index there; `powi` has its exponent in the second; a
    /// list has the start and the length of its operands in [`Graph::lists`], and `custom` the index of its operation.
    args: [NodeIndex; 3],
}

/// Nodes that depend on earlier nodes only.
#[derive(Clone, Debug)]
pub(crate) struct Graph<T> {
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: Vec<T>,
    /// The operands of sums, products and scalar products, one list after the other.
    pub(crate) lists: Vec<NodeIndex>,
    /// The operations of the user's own.
    pub(crate) customs: Vec<Custom<T>>,
    guards: Vec<Guard>,
    /// Where each guard was recorded, if that is known: a file does not say it.
    origins: Vec<Option<Origin>>,
    pub(crate) outputs: Vec<NodeIndex>,
    pub(crate) parameters: u32,
    pub(crate) inputs: u32,
    /// Whether the outputs are sums over all rows.
    pub(crate) of_sum: bool,
}

impl Node {
    /// The constant, parameter or input of this index.
    pub(crate) fn leaf(op: Op, index: u32) -> Self {
        Self { op, args: [NodeIndex::from_word(index); 3] }
    }

    /// An operation on one, two or three operands, filled up with the first one. The exponent is that of `powi`.
    #[inline]
    pub(crate) fn operation(op: Op, operands: [NodeIndex; 3], exponent: i32) -> Self {
        let [a, b, c] = operands;
        let b = if op == Op::powi { NodeIndex::from_word(exponent.cast_unsigned()) } else { b };
        Self { op, args: [a, b, c] }
    }

    /// An operation on a list: the start and the length of its operands.
    fn list(op: Op, start: u32, len: u32) -> Self {
        let [start, len] = [start, len].map(NodeIndex::from_word);
        Self { op, args: [start, len, start] }
    }

    /// An operation of the user's own, of this index in [`Graph::customs`], on a list.
    fn custom(index: u32, start: u32, len: u32) -> Self {
        Self { op: Op::custom, args: [start, len, index].map(NodeIndex::from_word) }
    }

    /// The index of an operation of the user's own.
    pub(crate) fn custom_index(&self) -> usize {
        self.args[2].index()
    }

    /// Which of the constants, parameters or inputs this leaf is.
    #[inline]
    pub(crate) fn leaf_index(&self) -> usize {
        self.args[0].index()
    }

    /// The exponent of `powi`. 0 for other operations, which ignore it.
    #[inline]
    pub(crate) fn exponent(&self) -> i32 {
        if self.op == Op::powi { self.args[1].word().cast_signed() } else { 0 }
    }

    /// The operands of an operation that has one, two or three, filled up with the first one.
    #[inline]
    pub(crate) fn three_operands(&self) -> [NodeIndex; 3] {
        let [a, b, c] = self.args;
        if self.op == Op::powi { [a; 3] } else { [a, b, c] }
    }

    /// `f` of the [three operands](Self::three_operands). (`map` of an array is not always inlined.)
    #[inline]
    pub(crate) fn map_operands<F>(&self, f: impl Fn(NodeIndex) -> F) -> [F; 3] {
        let [a, b, c] = self.three_operands();
        [f(a), f(b), f(c)]
    }

    #[inline]
    pub(crate) fn is_leaf(&self) -> bool {
        matches!(self.op.form(), Form::Constant | Form::Parameter | Form::Input)
    }
}

impl<T> Graph<T> {
    /// A graph of leaves only: the parameters, then the inputs.
    pub(crate) fn new(parameters: usize, inputs: usize) -> Self {
        let leaves = |op, count| (0..checked_u32(count)).map(move |k| Node::leaf(op, k));
        Self {
            nodes: leaves(Op::parameter, parameters).chain(leaves(Op::input, inputs)).collect(),
            constants: Vec::new(),
            lists: Vec::new(),
            customs: Vec::new(),
            guards: Vec::new(),
            origins: Vec::new(),
            outputs: Vec::new(),
            parameters: checked_u32(parameters),
            inputs: checked_u32(inputs),
            of_sum: false,
        }
    }

    /// A graph without nodes that has as many parameters and inputs as this one, and its operations of the user's own.
    pub(crate) fn emptied(&self) -> Self {
        let customs = self.customs.clone();
        Self { parameters: self.parameters, inputs: self.inputs, of_sum: self.of_sum, customs, ..Self::new(0, 0) }
    }

    /// The operation of the user's own that a node calls.
    pub(crate) fn custom(&self, node: &Node) -> &Custom<T> {
        &self.customs[node.custom_index()]
    }

    /// An error if the graph calls an operation of the user's own, which is code that only this process has. Special
    /// functions have names everywhere.
    pub(crate) fn refuse_customs(&self) -> Result<(), Error> {
        let mut customs = self.nodes.iter().filter(|node| node.op == Op::custom).map(|node| self.custom(node));
        let Some(custom) = customs.find(|custom| custom.special().is_none()) else { return Ok(()) };
        let found = format!(
            "`{}`, a custom operation; give it an expression (`CustomOperation::expression`)",
            custom.name().trim_end_matches('\'')
        );
        Err(Error::unexpected("program", "operations of gradtape, which can be written down", found))
    }

    /// Adds the list of operands of a node that calls the operation of this index, and returns the node.
    pub(crate) fn add_custom(&mut self, index: usize, operands: &[NodeIndex]) -> Node {
        let start = checked_u32(self.lists.len());
        self.lists.extend(operands);
        Node::custom(checked_u32(index), start, checked_u32(operands.len()))
    }

    #[inline]
    pub(crate) fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.index()]
    }

    /// All indices, in order.
    pub(crate) fn indices(&self) -> impl DoubleEndedIterator<Item = NodeIndex> + ExactSizeIterator + use<T> {
        (0..checked_u32(self.nodes.len())).map(NodeIndex::from_word)
    }

    /// All nodes with their indices, in order.
    pub(crate) fn indexed_nodes(&self) -> impl DoubleEndedIterator<Item = (NodeIndex, &Node)> + ExactSizeIterator {
        self.indices().zip(&self.nodes)
    }

    /// How many nodes are no leaves.
    pub(crate) fn operations(&self) -> usize {
        self.nodes.iter().filter(|node| !node.is_leaf()).count()
    }

    /// The operands of a node.
    #[inline]
    pub(crate) fn operands<'a>(&'a self, node: &'a Node) -> &'a [NodeIndex] {
        match node.op.arity() {
            Some(arity) => &node.args[..arity],
            None => &self.lists[node.args[0].index()..][..node.args[1].index()],
        }
    }

    /// Adds the list of operands of a node, and returns the node.
    pub(crate) fn add_list(&mut self, op: Op, operands: &[NodeIndex]) -> Node {
        let start = checked_u32(self.lists.len());
        self.lists.extend(operands);
        Node::list(op, start, checked_u32(operands.len()))
    }

    /// Adds the number of a constant, and returns the node.
    pub(crate) fn add_constant(&mut self, x: T) -> Node {
        self.constants.push(x);
        Node::leaf(Op::constant, checked_u32(self.constants.len() - 1))
    }

    /// Adds a node, and returns its index.
    pub(crate) fn push(&mut self, node: Node) -> NodeIndex {
        self.nodes.push(node);
        NodeIndex::new(self.nodes.len() - 1)
    }

    /// Adds a node of another graph with these operands. The operations of the user's own of that graph stand in this
    /// one from `first_custom` on.
    pub(crate) fn push_with(
        &mut self,
        other: &Self,
        node: &Node,
        first_custom: usize,
        operands: &[NodeIndex],
    ) -> NodeIndex
    where
        T: Copy,
    {
        let node = match node.op.form() {
            Form::Constant => self.add_constant(other.constants[node.leaf_index()]),
            Form::Parameter | Form::Input => *node,
            Form::Operation | Form::Total => {
                let operand = |k: usize| operands[if k < operands.len() { k } else { 0 }];
                Node::operation(node.op, [operand(0), operand(1), operand(2)], node.exponent())
            }
            Form::Sum | Form::Product | Form::Dot => self.add_list(node.op, operands),
            Form::Custom => self.add_custom(first_custom + node.custom_index(), operands),
        };
        self.push(node)
    }

    /// The same of the operands that the node has, renamed.
    pub(crate) fn copy_node(
        &mut self,
        other: &Self,
        node: &Node,
        first_custom: usize,
        renamed: impl Fn(NodeIndex) -> NodeIndex,
    ) -> NodeIndex
    where
        T: Copy,
    {
        let operands = other.operands(node);
        let mut few = [NodeIndex::NONE; 3];
        if let Some(few) = few.get_mut(..operands.len()) {
            few.iter_mut().zip(operands).for_each(|(new, &old)| *new = renamed(old));
            return self.push_with(other, node, first_custom, few);
        }
        let operands: Vec<NodeIndex> = operands.iter().map(|&operand| renamed(operand)).collect();
        self.push_with(other, node, first_custom, &operands)
    }

    /// A copy of this graph with these outputs. `again` adds each node to it, and returns its index there. It is given
    /// the indices of the nodes before.
    pub(crate) fn copied(
        &self,
        outputs: &[NodeIndex],
        mut again: impl FnMut(&mut Self, NodeIndex, &Node, &[NodeIndex]) -> NodeIndex,
    ) -> Self {
        let (mut copy, mut ids) = (self.emptied(), Vec::with_capacity(self.nodes.len()));
        for (k, node) in self.indexed_nodes() {
            ids.push(again(&mut copy, k, node, &ids));
        }
        let renamed = |operand: NodeIndex| ids[operand.index()];
        copy.outputs = outputs.iter().map(|&output| renamed(output)).collect();
        self.guards_and_origins().for_each(|(guard, origin)| copy.add_guard(guard.map(renamed), origin));
        copy
    }

    /// Computes a node that is several outputs once for each, unless it is a leaf. So each has a node of its own.
    pub(crate) fn separate_outputs(&mut self) {
        let mut is_output = vec![false; self.nodes.len()];
        for k in 0..self.outputs.len() {
            let output = self.outputs[k];
            let node = *self.node(output);
            if !node.is_leaf() && std::mem::replace(&mut is_output[output.index()], true) {
                self.outputs[k] = self.push(node);
            }
        }
    }

    /// Adds all nodes and guards of another graph, whose leaves are those of this one. Returns its outputs.
    pub(crate) fn append(&mut self, other: &Self) -> Vec<NodeIndex>
    where
        T: Copy,
    {
        let leaves = self.leaves();
        let mut ids: Vec<NodeIndex> = Vec::with_capacity(other.nodes.len());
        let first_custom = self.customs.len();
        self.customs.extend_from_slice(&other.customs);
        for node in &other.nodes {
            let leaf = match node.op.form() {
                Form::Parameter => leaves[node.leaf_index()],
                Form::Input => leaves[self.parameters as usize + node.leaf_index()],
                _ => None,
            };
            ids.push(leaf.unwrap_or_else(|| self.copy_node(other, node, first_custom, |operand| ids[operand.index()])));
        }
        let renamed = |operand: NodeIndex| ids[operand.index()];
        other.guards_and_origins().for_each(|(guard, origin)| self.add_guard(guard.map(renamed), origin));
        other.outputs.iter().map(|&output| renamed(output)).collect()
    }

    /// The number of a constant.
    pub(crate) fn constant(&self, node: &Node) -> Option<T>
    where
        T: Copy,
    {
        (node.op == Op::constant).then(|| self.constants[node.leaf_index()])
    }

    /// The leaves: all parameters, and then all inputs. One that nothing depends on may have no node.
    pub(crate) fn leaves(&self) -> Vec<Option<NodeIndex>> {
        let parameters = self.parameters as usize;
        let mut leaves = vec![None; parameters + self.inputs as usize];
        for (index, node) in self.indexed_nodes() {
            if node.op == Op::parameter {
                leaves[node.leaf_index()] = Some(index);
            } else if node.op == Op::input {
                leaves[parameters + node.leaf_index()] = Some(index);
            }
        }
        leaves
    }

    /// For each node whether it is one that `is_start` names, or depends on one.
    pub(crate) fn dependents(&self, is_start: impl Fn(&Node) -> bool) -> Vec<bool> {
        let mut depends = vec![false; self.nodes.len()];
        for (k, node) in self.nodes.iter().enumerate() {
            depends[k] = is_start(node) || self.operands(node).iter().any(|operand| depends[operand.index()]);
        }
        depends
    }

    /// For each node whether it is one of these, or one of these depends on it.
    pub(crate) fn dependencies<'a>(&self, of: impl IntoIterator<Item = &'a NodeIndex>) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        of.into_iter().for_each(|index| needed[index.index()] = true);
        for (k, node) in self.nodes.iter().enumerate().rev() {
            if needed[k] {
                self.operands(node).iter().for_each(|operand| needed[operand.index()] = true);
            }
        }
        needed
    }

    pub(crate) fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// One of the guards, with its origin.
    pub(crate) fn guard(&self, index: usize) -> (Guard, Option<Origin>) {
        (self.guards[index], self.origins[index])
    }

    /// The guards, each with its origin.
    pub(crate) fn guards_and_origins(&self) -> impl Iterator<Item = (Guard, Option<Origin>)> {
        self.guards.iter().copied().zip(self.origins.iter().copied())
    }

    pub(crate) fn add_guard(&mut self, guard: Guard, origin: Option<Origin>) {
        self.guards.push(guard);
        self.origins.push(origin);
    }

    /// A guard as text, each operand written by `side`. A constant stands on the right.
    pub(crate) fn comparison(&self, guard: &Guard, side: impl Fn(NodeIndex) -> String) -> String {
        let [a, b] = guard.operands;
        if self.node(a).op == Op::constant {
            format!("{} {} {}", side(b), guard.comparison.symbol_from_right(), side(a))
        } else {
            format!("{} {} {}", side(a), guard.comparison.symbol(), side(b))
        }
    }

    /// The nodes that guards compare.
    pub(crate) fn guarded(&self) -> impl Iterator<Item = &NodeIndex> {
        self.guards.iter().flat_map(|guard| &guard.operands)
    }
}
