//! Derivatives of a program, which are programs again.
//!
//! Both modes add to the graph what the table says of the partials of each node. *Reverse mode* links every node to an
//! *anchor* with a slope, as a [`Value`](crate::Value) hangs on a node of its tape, and sweeps the anchors back. By
//! default each node is an anchor of its own; an exact program has one only where the tape has one, so that every
//! product is rounded as the tape rounds it.

use std::collections::BinaryHeap;

use super::expr::record;
use super::graph::{Graph, Id, Node, exponent, index};
use super::{Options, Precision};
use crate::ops::kind::Expr;
use crate::ops::op::Op;
use crate::ops::rules::scaled;

/// A place where adjoints are added up.
struct Anchor<T> {
    /// The range of [`Reverse::below`].
    below: [usize; 2],
    /// Whether it is the same for all rows.
    uniform: bool,
    /// The sum of the contributions of each row, and of those that are sums over the rows already.
    adjoint: [Option<Expr<T>>; 2],
}

/// What a number hangs on.
#[derive(Clone, Copy)]
struct Link<T> {
    anchor: usize,
    slope: Expr<T>,
}

/// An operand that hangs on something, with the partial by it.
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

/// The graph with the derivatives of each output by the leaves that `wanted` names, behind the outputs. With `of_sum`,
/// outputs and derivatives are summed over the rows, and the leaves are parameters. A leaf that nothing depends on is
/// `None`.
pub(crate) fn reverse<T: Precision>(
    graph: &Graph<T>,
    options: Options,
    wanted: &[Option<Id>],
    of_sum: bool,
) -> Graph<T> {
    let varying = graph.dependents(|node| node.op == Op::input);
    let (mut derived, outputs) = record(options.builder(graph.clone()), false, || {
        let count = graph.nodes.len();
        let mut reverse = Reverse {
            graph,
            exact: options.is_exact(),
            exprs: exprs(graph),
            anchors: Vec::with_capacity(count),
            below: Vec::with_capacity(2 * count),
            links: vec![None; count],
        };
        wanted.iter().flatten().for_each(|&leaf| {
            let leaf = leaf as usize;
            reverse.links[leaf] = Some(reverse.anchor(0, !varying[leaf]));
        });
        for (k, node) in graph.nodes.iter().enumerate() {
            if reverse.links[k].is_none() {
                reverse.links[k] = reverse.link(k, node, !varying[k]);
            }
        }
        let value = |&output: &Id| {
            let value = reverse.exprs[output as usize];
            if of_sum { total(value) } else { value }.id()
        };
        let mut outputs: Vec<Id> = graph.outputs.iter().map(value).collect();
        for &output in &graph.outputs {
            let adjoints = reverse.sweep(output as usize, of_sum, wanted);
            outputs.extend(adjoints.into_iter().map(Expr::id));
        }
        outputs
    });
    (derived.outputs, derived.of_sum) = (outputs, of_sum);
    derived
}

/// The nodes of a graph as numbers of the recording that goes on behind it. What they are is not known.
fn exprs<T: Precision>(graph: &Graph<T>) -> Vec<Expr<T>> {
    (0..index(graph.nodes.len())).map(|k| Expr::node(k, T::nan())).collect()
}

/// The sum over all rows, also of what is the same in each.
fn total<T: Precision>(x: Expr<T>) -> Expr<T> {
    Expr::call_always(Op::total, x)
}

fn add<T: Precision>(sum: Option<Expr<T>>, term: Expr<T>) -> Expr<T> {
    sum.map_or(term, |sum| sum + term)
}

fn is_zero<T: Precision>(x: Expr<T>) -> bool {
    x.is_constant() && x.data == T::zero()
}

impl<T: Precision> Reverse<'_, T> {
    /// A new anchor above all that was added to `below` from `start` on.
    fn anchor(&mut self, start: usize, uniform: bool) -> Link<T> {
        self.anchors.push(Anchor { below: [start, self.below.len()], uniform, adjoint: [None; 2] });
        Link { anchor: self.anchors.len() - 1, slope: Expr::constant(T::one()) }
    }

    /// What the result of an operation hangs on.
    fn link(&mut self, k: usize, node: &Node, uniform: bool) -> Option<Link<T>> {
        let graph = self.graph;
        let operands = graph.operands(node);
        if node.op == Op::detach || !operands.iter().any(|&operand| self.links[operand as usize].is_some()) {
            return None;
        }
        let of = |this: &Self, id: Id| (this.links[id as usize], this.exprs[id as usize]);
        match node.op {
            Op::total => unreachable!("programs of sums are differentiated forward"),
            Op::mul_add if self.exact => {
                let [(link_a, a), (link_b, b), (link_c, _)] = [0, 1, 2].map(|k| of(self, operands[k]));
                let one = Expr::constant(T::one());
                let product = self.join([(link_a, b), (link_b, a)], uniform);
                self.join([(product, one), (link_c, one)], uniform)
            }
            Op::sum | Op::product => self.list(node.op, operands, uniform),
            Op::dot => {
                let pairs: Vec<_> = operands.iter().map(|&id| of(self, id)).collect();
                let shares: Vec<_> = (0..pairs.len()).map(|k| (pairs[k].0, pairs[k ^ 1].1)).collect();
                self.join(shares, uniform)
            }
            op => {
                let x = std::array::from_fn(|k| graph.nth(node, k, &self.exprs));
                let y = self.exprs[k];
                let share = |this: &Self, k: usize| {
                    let link = operands.get(k).and_then(|&id| this.links[id as usize]);
                    (link, link.map_or(Expr::default(), |_| op.partial(k, x, exponent(node), y)))
                };
                let shares = [0, 1, 2].map(|k| share(self, k));
                self.join(shares, uniform)
            }
        }
    }

    /// The result of an operation on some operands.
    fn join(&mut self, operands: impl IntoIterator<Item = Share<T>>, uniform: bool) -> Option<Link<T>> {
        let start = self.below.len();
        for (link, partial) in operands {
            let Some(Link { anchor, slope }) = link else { continue };
            let slope = scaled(partial, slope);
            match self.below[start..].last_mut() {
                _ if !self.exact && is_zero(slope) => {}
                // Twice the same operand.
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

    /// A sum or a product, in the chunks in which the tape takes it.
    fn list(&mut self, op: Op, operands: &[Id], uniform: bool) -> Option<Link<T>> {
        let chunk = if self.exact { crate::tape::CHUNK - 1 } else { operands.len() };
        let one = Expr::constant(T::one());
        let mut before: Share<T> = (None, one);
        for ids in operands.chunks(chunk) {
            let mut factors = vec![before];
            factors.extend(ids.iter().map(|&id| (self.links[id as usize], self.exprs[id as usize])));
            let partials = if op == Op::sum { vec![one; factors.len()] } else { others(&factors) };
            let shares: Vec<_> = factors.iter().zip(partials).map(|(&(link, _), partial)| (link, partial)).collect();
            before.0 = self.join(shares, uniform);
            if op == Op::product {
                before.1 = factors.iter().fold(one, |product, &(_, factor)| product * factor);
            }
        }
        before.0
    }

    /// The derivatives of one output by the wanted leaves.
    fn sweep(&mut self, output: usize, of_sum: bool, wanted: &[Option<Id>]) -> Vec<Expr<T>> {
        let mut result = vec![Expr::default(); wanted.iter().flatten().count()];
        // The anchors that have an adjoint: of many outputs, each may depend on few.
        let mut waiting = BinaryHeap::new();
        if let Some(link) = self.links[output] {
            self.anchors[link.anchor].adjoint[0] = Some(link.slope);
            waiting.push(link.anchor);
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
        let anchor = |leaf: &Option<Id>| leaf.and_then(|leaf| self.links[leaf as usize]).map(|link| link.anchor);
        wanted.iter().map(|leaf| anchor(leaf).map_or(Expr::default(), |anchor| result[anchor])).collect()
    }
}

/// For each factor the product of those before it and those behind it, as the tape multiplies them.
fn others<T: Precision>(factors: &[Share<T>]) -> Vec<Expr<T>> {
    let one = Expr::constant(T::one());
    let mut partials = vec![one; factors.len()];
    for i in (1..factors.len()).rev() {
        partials[i - 1] = scaled(partials[i], factors[i].1);
    }
    let mut before = one;
    for (partial, &(_, factor)) in partials.iter_mut().zip(factors) {
        *partial = scaled(before, *partial);
        before *= factor;
    }
    partials
}

/// The graph with the derivatives of all outputs along a direction behind the outputs. The direction is that many
/// further parameters and inputs.
pub(crate) fn forward<T: Precision>(graph: &Graph<T>, options: Options) -> Graph<T> {
    let (parameters, inputs) = (graph.parameters, graph.inputs);
    let mut wider = graph.clone();
    (wider.parameters, wider.inputs) = (2 * parameters, 2 * inputs);
    let first = graph.nodes.len();
    wider.nodes.extend((0..parameters).map(|k| Node { op: Op::parameter, args: [parameters + k, 0, 0] }));
    wider.nodes.extend((0..inputs).map(|k| Node { op: Op::input, args: [inputs + k, 0, 0] }));
    let (mut derived, outputs) = record(options.builder(wider), false, || {
        let exprs = exprs(graph);
        let leaf = |k: u32| Some(Expr::node(index(first) + k, T::nan()));
        let mut tangents: Vec<Option<Expr<T>>> = Vec::with_capacity(graph.nodes.len());
        for (k, node) in graph.nodes.iter().enumerate() {
            tangents.push(match node.op {
                Op::parameter => leaf(node.args[0]),
                Op::input => leaf(parameters + node.args[0]),
                Op::constant | Op::detach => None,
                Op::total => tangents[node.args[0] as usize].map(total),
                op => {
                    let operands = graph.operands(node);
                    let x = std::array::from_fn(|k| graph.nth(node, k, &exprs));
                    let partials = match op {
                        Op::product => {
                            let factors = operands.iter().map(|&id| (None, exprs[id as usize]));
                            others(&factors.collect::<Vec<_>>())
                        }
                        Op::dot => (0..operands.len()).map(|k| exprs[operands[k ^ 1] as usize]).collect(),
                        _ => {
                            let partial = |l: usize| {
                                tangents[operands[l] as usize]
                                    .map_or(Expr::default(), |_| op.partial(l, x, exponent(node), exprs[k]))
                            };
                            (0..operands.len()).map(partial).collect()
                        }
                    };
                    let terms = operands.iter().zip(partials);
                    let terms = terms.filter_map(|(&id, partial)| Some(scaled(partial, tangents[id as usize]?)));
                    terms.filter(|&term| !is_zero(term)).reduce(|sum, term| sum + term)
                }
            });
        }
        let tangent = |&output: &Id| tangents[output as usize].unwrap_or_default().id();
        graph.outputs.iter().copied().chain(graph.outputs.iter().map(tangent)).collect()
    });
    derived.outputs = outputs;
    derived
}
