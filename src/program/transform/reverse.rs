//! Reverse mode: derivatives by many leaves at once.
//!
//! Every node depends on an *anchor* with a slope, as a [`Value`](crate::tape::Value) depends on a node of its tape. An
//! anchor has partials by the anchors below it. The sweep passes adjoints from the last anchor down to the first. By
//! default each node is an anchor of its own. An exact program has one only where the tape has one, so that every
//! product is rounded as the tape rounds it.

use std::collections::BinaryHeap;

use super::{custom_partial, exprs, is_zero, product_partials, total};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::{Form, Op};
use crate::ops::rules::scaled;
use crate::program::graph::builder::Builder;
use crate::program::graph::{Graph, Node};
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::record::expr::Expr;
use crate::program::record::session::record;
use crate::tape::CHUNK;

/// A node of the sweep: adjoints are added up here.
struct Anchor<T> {
    /// The range of [`Reverse::below`].
    below: [usize; 2],
    /// Whether the node is the same for all rows.
    uniform: bool,
    /// The sum of the contributions of each row, and of the contributions that are sums over the rows already.
    adjoint: [Option<Expr<T>>; 2],
}

/// How a number depends on an anchor.
#[derive(Clone, Copy)]
struct Link<T> {
    anchor: usize,
    slope: Expr<T>,
}

/// The link of an operand, if it has one, and the partial by it.
type Share<T> = (Option<Link<T>>, Expr<T>);

struct Reverse<'g, T> {
    graph: &'g Graph<T>,
    exact: bool,
    exprs: Vec<Expr<T>>,
    anchors: Vec<Anchor<T>>,
    /// The anchors below each, with the partials by them.
    below: Vec<(usize, Expr<T>)>,
    links: Vec<Option<Link<T>>>,
}

/// That outputs are summed over all rows.
#[derive(Clone, Copy)]
pub(crate) struct Sum {
    /// A number that depends on parameters alone, and is added to the sum of the one output that is differentiated.
    pub(crate) once: Option<NodeIndex>,
}

/// The graph with the derivatives of each output by the `wanted` leaves, behind the outputs. With a `sum`, outputs and
/// derivatives are summed over the rows, and the leaves are parameters. A leaf without a node is `None`: its derivative
/// is 0.
pub(crate) fn reverse<T: Precision>(
    graph: &Graph<T>,
    options: Options,
    wanted: &[Option<NodeIndex>],
    sum: Option<Sum>,
) -> Graph<T> {
    let all: Vec<usize> = (0..graph.outputs.len()).collect();
    reverse_of(graph, options, &all, wanted, sum)
}

/// The graph with the derivatives of the outputs at these positions by the `wanted` leaves, see [`reverse`].
pub(crate) fn reverse_of<T: Precision>(
    graph: &Graph<T>,
    options: Options,
    positions: &[usize],
    wanted: &[Option<NodeIndex>],
    sum: Option<Sum>,
) -> Graph<T> {
    let (of_sum, once) = (sum.is_some(), sum.and_then(|sum| sum.once));
    let varying = graph.dependents(|node| node.op == Op::input);
    let (mut derived, outputs) = record(Builder::new(graph.clone(), options), false, || {
        let count = graph.nodes.len();
        let mut reverse = Reverse {
            graph,
            exact: options.is_exact(),
            exprs: exprs(graph),
            anchors: Vec::with_capacity(count),
            below: Vec::with_capacity(2 * count),
            links: vec![None; count],
        };
        for leaf in wanted.iter().flatten().map(|leaf| leaf.index()) {
            reverse.links[leaf] = Some(reverse.anchor(0, !varying[leaf]));
        }
        for (k, node) in graph.nodes.iter().enumerate() {
            if reverse.links[k].is_none() {
                reverse.links[k] = reverse.link(k, node, !varying[k]);
            }
        }
        let value = |(position, output): (usize, &NodeIndex)| {
            let value = reverse.exprs[output.index()];
            let sum = if of_sum { total(value) } else { value };
            let once = once.filter(|_| positions.contains(&position));
            once.map_or(sum, |once| sum + reverse.exprs[once.index()]).id()
        };
        let mut outputs: Vec<NodeIndex> = graph.outputs.iter().enumerate().map(value).collect();
        for &position in positions {
            let adjoints = reverse.sweep(graph.outputs[position], once, of_sum, wanted);
            outputs.extend(adjoints.into_iter().map(Expr::id));
        }
        outputs
    });
    (derived.outputs, derived.of_sum) = (outputs, of_sum);
    derived
}

/// The graph with the derivatives of the sum of the outputs at these positions, each times an adjoint, behind the
/// outputs. The adjoints are as many further inputs.
pub(crate) fn pullback<T: Precision>(
    graph: &Graph<T>,
    options: Options,
    positions: &[usize],
    wanted: &[Option<NodeIndex>],
) -> Graph<T> {
    let mut extended = graph.clone();
    let mut factors = Vec::with_capacity(2 * positions.len());
    for &position in positions {
        let adjoint = extended.push(Node::leaf(Op::input, extended.inputs));
        extended.inputs = checked_u32(extended.inputs as usize + 1);
        factors.extend([graph.outputs[position], adjoint]);
    }
    let sum = if factors.is_empty() { extended.add_constant(T::zero()) } else { extended.add_list(Op::dot, &factors) };
    let sum = extended.push(sum);
    extended.outputs.push(sum);
    let position = graph.outputs.len();
    let mut derived = reverse_of(&extended, options, &[position], wanted, None);
    // The sum itself is no output.
    derived.outputs.remove(position);
    derived
}

fn add<T: Precision>(sum: Option<Expr<T>>, term: Expr<T>) -> Expr<T> {
    sum.map_or(term, |sum| sum + term)
}

impl<T: Precision> Reverse<'_, T> {
    /// A new anchor. Its partials were added to `below` from `start` on.
    fn anchor(&mut self, start: usize, uniform: bool) -> Link<T> {
        self.anchors.push(Anchor { below: [start, self.below.len()], uniform, adjoint: [None; 2] });
        Link { anchor: self.anchors.len() - 1, slope: Expr::constant(T::one()) }
    }

    /// The link of the result of an operation.
    fn link(&mut self, k: usize, node: &Node, uniform: bool) -> Option<Link<T>> {
        let graph = self.graph;
        let operands = graph.operands(node);
        if node.op == Op::detach || !operands.iter().any(|operand| self.links[operand.index()].is_some()) {
            return None;
        }
        let of = |this: &Self, id: NodeIndex| (this.links[id.index()], this.exprs[id.index()]);
        match node.op.form() {
            Form::Total => unreachable!("programs of sums are differentiated forward"),
            Form::Operation if self.exact && node.op == Op::mul_add => {
                let [(link_a, a), (link_b, b), (link_c, _)] = [0, 1, 2].map(|k| of(self, operands[k]));
                let one = Expr::constant(T::one());
                let product = self.join([(link_a, b), (link_b, a)], uniform);
                self.join([(product, one), (link_c, one)], uniform)
            }
            Form::Sum | Form::Product => self.list(node.op, operands, uniform),
            Form::Dot => {
                let pairs: Vec<_> = operands.iter().map(|&id| of(self, id)).collect();
                let shares: Vec<_> = (0..pairs.len()).map(|k| (pairs[k].0, pairs[k ^ 1].1)).collect();
                self.join(shares, uniform)
            }
            Form::Custom => {
                let partial = |this: &Self, k: usize| {
                    let link = this.links[operands[k].index()];
                    (link, link.map_or(Expr::default(), |_| custom_partial(graph, node, &this.exprs, k)))
                };
                let shares: Vec<_> = (0..operands.len()).map(|k| partial(self, k)).collect();
                self.join(shares, uniform)
            }
            Form::Operation | Form::Constant | Form::Parameter | Form::Input => {
                let x = node.map_operands(|operand| self.exprs[operand.index()]);
                let y = self.exprs[k];
                let share = |this: &Self, k: usize| {
                    let link = operands.get(k).and_then(|id| this.links[id.index()]);
                    (link, link.map_or(Expr::default(), |_| node.op.partial(k, x, node.exponent(), y)))
                };
                self.join([share(self, 0), share(self, 1), share(self, 2)], uniform)
            }
        }
    }

    /// The link of the result of an operation with these partials.
    fn join(&mut self, operands: impl IntoIterator<Item = Share<T>>, uniform: bool) -> Option<Link<T>> {
        let start = self.below.len();
        for (link, partial) in operands {
            let Some(Link { anchor, slope }) = link else { continue };
            let slope = scaled(partial, slope);
            match self.below[start..].last_mut() {
                _ if !self.exact && is_zero(slope) => {}
                // The same operand twice.
                Some((before, sum)) if !self.exact && *before == anchor => *sum += slope,
                _ => self.below.push((anchor, slope)),
            }
        }
        let &(anchor, first) = self.below[start..].first()?;
        if !self.exact || self.below[start..].iter().any(|&(other, _)| other != anchor) {
            return Some(self.anchor(start, uniform));
        }
        let slope = self.below.drain(start..).skip(1).fold(first, |sum, (_, slope)| sum + slope);
        Some(Link { anchor, slope })
    }

    /// The link of a sum or a product. An exact program takes its operands in the chunks of the tape.
    fn list(&mut self, op: Op, operands: &[NodeIndex], uniform: bool) -> Option<Link<T>> {
        let (first, others) = operands.split_at(if self.exact { operands.len().min(CHUNK) } else { operands.len() });
        let one = Expr::constant(T::one());
        let mut before: Share<T> = (None, one);
        // The result of a chunk is the first operand of the next one.
        for ids in std::iter::once(first).chain(others.chunks(CHUNK - 1)) {
            let links = [before.0].into_iter().chain(ids.iter().map(|id| self.links[id.index()]));
            let factors: Vec<_> = [before.1].into_iter().chain(ids.iter().map(|id| self.exprs[id.index()])).collect();
            let partials = if op == Op::sum { vec![one; factors.len()] } else { product_partials(&factors) };
            let shares: Vec<_> = links.zip(partials).collect();
            before.0 = self.join(shares, uniform);
            if op == Op::product {
                before.1 = factors.iter().fold(one, |product, &factor| product * factor);
            }
        }
        before.0
    }

    /// The derivatives of one output by the wanted leaves.
    fn sweep(
        &mut self,
        output: NodeIndex,
        once: Option<NodeIndex>,
        of_sum: bool,
        wanted: &[Option<NodeIndex>],
    ) -> Vec<Expr<T>> {
        let mut result = vec![Expr::default(); wanted.iter().flatten().count()];
        // The anchors with an adjoint, the last first. An output may depend on few of them.
        let mut waiting = BinaryHeap::new();
        // What counts once is a sum over the rows already.
        for (node, of_sums) in [(Some(output), 0), (once, 1)] {
            if let Some(link) = node.and_then(|node| self.links[node.index()]) {
                let anchor = &mut self.anchors[link.anchor];
                if anchor.adjoint.iter().all(Option::is_none) {
                    waiting.push(link.anchor);
                }
                anchor.adjoint[of_sums] = Some(link.slope);
            }
        }
        while let Some(k) = waiting.pop() {
            let anchor = &mut self.anchors[k];
            let ([start, end], summed) = (anchor.below, of_sum && anchor.uniform);
            let [rows, sums] = std::mem::take(&mut anchor.adjoint);
            let rows = if summed { rows.map(total) } else { rows };
            let Some(adjoint) = sums.map_or(rows, |sums| Some(add(rows, sums))) else { continue };
            // The leaves have the first anchors.
            if let Some(result) = result.get_mut(k) {
                *result = adjoint;
            }
            for &(operand, partial) in &self.below[start..end] {
                let share = scaled(partial, adjoint);
                let below = &mut self.anchors[operand];
                if below.adjoint.iter().all(Option::is_none) {
                    waiting.push(operand);
                }
                let sum = &mut below.adjoint[usize::from(summed)];
                // The adjoints of a tape start from +0.
                let share = if self.exact && sum.is_none() { share + T::zero() } else { share };
                *sum = Some(add(*sum, share));
            }
        }
        let anchor = |leaf: &Option<NodeIndex>| leaf.and_then(|leaf| self.links[leaf.index()]).map(|link| link.anchor);
        wanted.iter().map(|leaf| anchor(leaf).map_or(Expr::default(), |anchor| result[anchor])).collect()
    }
}
