//! Derivatives of a program, which are programs again.
//!
//! Both modes add to the graph what the table says of the partials of each node. *Reverse mode* links every node to an
//! *anchor* with a slope, as a [`Value`](crate::Value) hangs on a node of its tape, and sweeps the anchors back. By
//! default each node is an anchor of its own; an exact program has one only where the tape has one, so that every
//! product is rounded as the tape rounds it.

use super::expr::{Expr, record};
use super::graph::{Graph, Id, Node, exponent, index};
use super::op::Op;
use super::{Options, Precision};
use crate::ops::rules::scaled;

/// A place where adjoints are added up.
struct Anchor<T> {
    /// The anchors below, each with the partial by it.
    below: Vec<(usize, Expr<T>)>,
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

struct Reverse<'g, T> {
    graph: &'g Graph<T>,
    exact: bool,
    exprs: Vec<Expr<T>>,
    anchors: Vec<Anchor<T>>,
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
    let (mut derived, outputs) = record(options.builder(graph.clone()), || {
        let mut reverse = Reverse {
            graph,
            exact: options.is_exact(),
            exprs: exprs(graph),
            anchors: Vec::new(),
            links: vec![None; graph.nodes.len()],
        };
        let is_wanted = flags(graph.nodes.len(), wanted);
        for (k, node) in graph.nodes.iter().enumerate() {
            if is_wanted[k] {
                reverse.links[k] = Some(reverse.anchor(Vec::new(), !varying[k]));
            } else {
                reverse.links[k] = reverse.link(k, node, !varying[k]);
            }
        }
        let mut outputs: Vec<Id> = Vec::new();
        for &output in &graph.outputs {
            let value = reverse.exprs[output as usize];
            outputs.push(if of_sum { total(value) } else { value }.id());
        }
        for &output in &graph.outputs {
            let adjoints = reverse.sweep(output as usize, of_sum, wanted);
            // The adjoints of a tape start from +0.
            let plus_zero = |adjoint: Expr<T>| if options.is_exact() { adjoint + T::zero() } else { adjoint };
            outputs.extend(adjoints.into_iter().map(|adjoint| plus_zero(adjoint).id()));
        }
        outputs
    });
    (derived.outputs, derived.of_sum) = (outputs, of_sum);
    derived
}

fn flags(count: usize, set: &[Option<Id>]) -> Vec<bool> {
    let mut flags = vec![false; count];
    set.iter().flatten().for_each(|&k| flags[k as usize] = true);
    flags
}

/// The nodes of a graph as numbers of the recording that goes on behind it. What they are is not known.
fn exprs<T: Precision>(graph: &Graph<T>) -> Vec<Expr<T>> {
    (0..index(graph.nodes.len())).map(|k| Expr::node(k, T::nan())).collect()
}

/// The sum over all rows, also of what is the same in each.
fn total<T: Precision>(x: Expr<T>) -> Expr<T> {
    Expr::call_always(Op::total, x)
}

fn add<T: Precision>(sum: Option<Expr<T>>, term: Expr<T>) -> Option<Expr<T>> {
    Some(sum.map_or(term, |sum| sum + term))
}

impl<T: Precision> Reverse<'_, T> {
    fn anchor(&mut self, below: Vec<(usize, Expr<T>)>, uniform: bool) -> Link<T> {
        self.anchors.push(Anchor { below, uniform, adjoint: [None; 2] });
        Link { anchor: self.anchors.len() - 1, slope: Expr::constant(T::one()) }
    }

    /// What the result of an operation hangs on.
    fn link(&mut self, k: usize, node: &Node, uniform: bool) -> Option<Link<T>> {
        let y = self.exprs[k];
        let operands = self.graph.operands(node);
        if !operands.iter().any(|&operand| self.links[operand as usize].is_some()) {
            return None;
        }
        let of = |this: &Self, id: Id| (this.links[id as usize], this.exprs[id as usize]);
        match node.op {
            Op::detach => None,
            Op::total => {
                panic!("the gradient of a sum over rows needs all rows; differentiate before summing, or forward")
            }
            Op::mul_add if self.exact => {
                let [(link_a, a), (link_b, b), (link_c, _)] = [0, 1, 2].map(|k| of(self, operands[k]));
                let product = self.join(&[(link_a, b), (link_b, a)], uniform);
                let one = Expr::constant(T::one());
                self.join(&[(product, one), (link_c, one)], uniform)
            }
            Op::sum | Op::product => self.list(node.op, operands, uniform),
            Op::dot => {
                let pairs: Vec<_> = operands.iter().map(|&id| of(self, id)).collect();
                let both = pairs.chunks_exact(2).flat_map(|pair| [(pair[0].0, pair[1].1), (pair[1].0, pair[0].1)]);
                self.join(&both.collect::<Vec<_>>(), uniform)
            }
            op => {
                let x = std::array::from_fn(|k| self.graph.nth(node, k, &self.exprs));
                let partials: Vec<_> = (0..operands.len())
                    .map(|k| (self.links[operands[k] as usize], k))
                    .filter(|(link, _)| link.is_some())
                    .map(|(link, k)| (link, op.partial(k, x, exponent(node), y)))
                    .collect();
                self.join(&partials, uniform)
            }
        }
    }

    /// The result of an operation on some operands, given with the partials by them.
    fn join(&mut self, operands: &[(Option<Link<T>>, Expr<T>)], uniform: bool) -> Option<Link<T>> {
        let slopes: Vec<(usize, Expr<T>)> = operands
            .iter()
            .filter_map(|&(link, partial)| link.map(|link| (link.anchor, scaled(partial, link.slope))))
            .collect();
        if !self.exact {
            let is_zero = |slope: &Expr<T>| slope.is_constant() && slope.data == T::zero();
            let slopes: Vec<_> = slopes.into_iter().filter(|(_, slope)| !is_zero(slope)).collect();
            return (!slopes.is_empty()).then(|| self.anchor(slopes, uniform));
        }
        let &(anchor, first) = slopes.first()?;
        if slopes.iter().any(|&(other, _)| other != anchor) {
            return Some(self.anchor(slopes, uniform));
        }
        Some(Link { anchor, slope: slopes[1..].iter().fold(first, |sum, &(_, slope)| sum + slope) })
    }

    /// A sum or a product, in the chunks in which the tape takes it.
    fn list(&mut self, op: Op, operands: &[Id], uniform: bool) -> Option<Link<T>> {
        let chunk = if self.exact { crate::many::CHUNK - 1 } else { operands.len() };
        let one = Expr::constant(T::one());
        let mut before: (Option<Link<T>>, Expr<T>) = (None, one);
        for ids in operands.chunks(chunk) {
            let mut factors = vec![before];
            factors.extend(ids.iter().map(|&id| (self.links[id as usize], self.exprs[id as usize])));
            let partials = if op == Op::sum { vec![one; factors.len()] } else { others(&factors) };
            let chunk: Vec<_> = factors.iter().zip(partials).map(|(&(link, _), partial)| (link, partial)).collect();
            before.0 = self.join(&chunk, uniform);
            if op == Op::product {
                before.1 = factors.iter().fold(one, |product, &(_, factor)| product * factor);
            }
        }
        before.0
    }

    /// The derivatives of one output by the wanted leaves.
    fn sweep(&mut self, output: usize, of_sum: bool, wanted: &[Option<Id>]) -> Vec<Expr<T>> {
        if let Some(link) = self.links[output] {
            self.anchors[link.anchor].adjoint[0] = Some(link.slope);
        }
        let mut result = vec![Expr::constant(T::zero()); self.anchors.len()];
        for k in (0..self.anchors.len()).rev() {
            let anchor = &mut self.anchors[k];
            let [rows, sums] = std::mem::take(&mut anchor.adjoint);
            let summed = of_sum && anchor.uniform;
            let rows = if summed { rows.map(total) } else { rows };
            let Some(adjoint) = sums.map_or(rows, |sums| add(rows, sums)) else { continue };
            result[k] = adjoint;
            let below = std::mem::take(&mut self.anchors[k].below);
            for &(operand, partial) in &below {
                let share = scaled(partial, adjoint);
                let sum = &mut self.anchors[operand].adjoint[usize::from(summed)];
                *sum = add(*sum, share);
            }
            self.anchors[k].below = below;
        }
        wanted
            .iter()
            .map(|&leaf| {
                leaf.and_then(|leaf| self.links[leaf as usize]).map_or(Expr::default(), |link| result[link.anchor])
            })
            .collect()
    }
}

/// For each factor the product of those before it and those behind it, as the tape multiplies them.
fn others<T: Precision>(factors: &[(Option<Link<T>>, Expr<T>)]) -> Vec<Expr<T>> {
    let one = Expr::constant(T::one());
    let mut partials = vec![one; factors.len()];
    for i in (1..factors.len()).rev() {
        partials[i - 1] = scaled(partials[i], factors[i].1);
    }
    let mut before = one;
    for (partial, &(_, factor)) in partials.iter_mut().zip(factors) {
        *partial = scaled(before, *partial);
        before = before * factor;
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
    let (mut derived, outputs) = record(options.builder(wider), || {
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
                    terms.filter(|term| !(term.is_constant() && term.data == T::zero())).reduce(|sum, term| sum + term)
                }
            });
        }
        let tangent = |&output: &Id| tangents[output as usize].unwrap_or_default().id();
        graph.outputs.iter().copied().chain(graph.outputs.iter().map(tangent)).collect()
    });
    derived.outputs = outputs;
    derived
}
