//! What the lanes execute: instructions on slots, made from an optimised graph.
//!
//! What depends on parameters only is computed once before the rows, by the *prologue*; what depends on sums over the
//! rows afterwards, by the *epilogue*. Both work on *uniforms*, numbers that are the same for all rows. The *body* works
//! on *slots*, which hold a number for each lane, and reads uniforms.

mod classes;
mod places;
mod sums;

use super::graph::{Comparison, Graph, Guard, Id, Node, exponent, index};
use super::{Optimization, Options, Precision};
use crate::ops::op::Op;
use classes::{exact, hides_nan, is_fast, is_plain, takes_uniforms};

/// A slot, or with the highest bit a uniform.
pub(crate) type Place = u32;

pub(crate) const UNIFORM: Place = 1 << 31;
/// No place, no node.
pub(crate) const NONE: u32 = u32::MAX;

/// What a term of a sum is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A uniform times lanes.
    Scaled,
    /// Lanes times lanes.
    Product,
    /// Lanes.
    Lanes,
    /// A uniform.
    Uniform,
}

/// A term of a sum: `± a b`, or `± a`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) kind: Kind,
    pub(crate) negative: bool,
    /// A zero factor wins against an infinity.
    pub(crate) zero_wins: bool,
    pub(crate) a: Place,
    pub(crate) b: Place,
}

impl Term {
    fn is_product(self) -> bool {
        matches!(self.kind, Kind::Product | Kind::Scaled)
    }

    /// Whether it is a number as it is.
    fn is_plain(self) -> bool {
        !self.is_product() && !self.negative
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Instruction {
    /// An input of the rows.
    Load { input: u32, out: Place },
    /// A uniform to all lanes.
    Splat { a: Place, out: Place },
    /// The number of rows, times a uniform.
    Count { a: Place, out: Place },
    /// An operation on many numbers at once. Its operands are uniforms only where it [takes](takes_uniforms) them.
    Fast { op: Op, args: [Place; 3], exponent: i32, out: Place },
    /// Any operation, lane by lane, as the plain float computes it.
    Plain { op: Op, args: [Place; 3], exponent: i32, out: Place },
    /// An operation and its derivative from the same intermediate results.
    Pair { op: Op, a: Place, outs: [Place; 2] },
    /// `c` and a product, fused.
    MulAdd { product: Term, c: Place, out: Place },
    /// The sum of terms, in order, of which products are fused if that is allowed.
    Sum { start: u32, len: u32, out: Place, fused: bool },
    /// A term for each sum over rows.
    Reduce { start: u32, len: u32 },
    /// A comparison that must come out as it did when the program was recorded.
    Guard { comparison: Comparison, a: Place, b: Place, holds: bool },
    /// One of the results of the rows, which may be NaN because a zero did not win.
    Store { column: u32, a: Place, checks: bool },
}

#[allow(clippy::struct_excessive_bools, reason = "they are independent")]
#[derive(Clone, Debug)]
pub(crate) struct Code<T> {
    /// The uniforms, of which the constants are known.
    pub(crate) uniforms: Vec<T>,
    /// Where each parameter that is used goes.
    pub(crate) parameters: Vec<(u32, u32)>,
    pub(crate) prologue: Vec<Instruction>,
    pub(crate) body: Vec<Instruction>,
    pub(crate) epilogue: Vec<Instruction>,
    pub(crate) terms: Vec<Term>,
    /// The guards among uniforms.
    pub(crate) guards: Vec<Guard>,
    /// The uniform that each sum over rows becomes.
    pub(crate) totals: Vec<u32>,
    pub(crate) slots: usize,
    /// The uniform that an output is, if it is the same for all rows.
    pub(crate) outputs: Vec<Option<u32>>,
    pub(crate) of_sum: bool,
    /// Whether a row may stray.
    pub(crate) has_guards: bool,
    /// Whether a zero may have to win. That shows in NaN among the results,
    pub(crate) zero_wins: bool,
    /// but for operations and guards that let no NaN pass.
    pub(crate) hides_nan: bool,
}

impl<T> Code<T> {
    /// How many results a row has.
    pub(crate) fn width(&self) -> usize {
        if self.of_sum { 0 } else { self.outputs.len() }
    }
}

impl<T> Default for Code<T> {
    /// Code that computes nothing.
    fn default() -> Self {
        Self {
            uniforms: Vec::new(),
            parameters: Vec::new(),
            prologue: Vec::new(),
            body: Vec::new(),
            epilogue: Vec::new(),
            terms: Vec::new(),
            guards: Vec::new(),
            totals: Vec::new(),
            slots: 0,
            outputs: Vec::new(),
            of_sum: false,
            has_guards: false,
            zero_wins: false,
            hides_nan: false,
        }
    }
}

/// When a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Prologue,
    Body,
    Epilogue,
}

struct Compiler<'g, T> {
    graph: &'g Graph<T>,
    options: Options,
    sections: Vec<Section>,
    uses: Vec<u32>,
    /// Nodes that a guard depends on: computed as the plain float does it, so that a comparison comes out as it does
    /// there, even at a tie.
    exact: Vec<bool>,
    /// Nodes that are computed as a part of another.
    absorbed: Vec<bool>,
    /// The range of terms of each node that is a sum.
    sums: Vec<[u32; 2]>,
    /// A function and its derivative, which are computed where the first of the two stands.
    pairs: Vec<Option<[Id; 2]>>,
    /// Whether a uniform is in lanes, too.
    splats: Vec<bool>,
    uniforms: Vec<u32>,
    /// What each total adds up.
    shares: Vec<Term>,
    code: Code<T>,
}

/// Compiles an optimised graph.
pub(crate) fn compile<T: Precision>(graph: &Graph<T>, options: Options) -> Code<T> {
    assert!(graph.nodes.len() < 1 << 30, "a program that is run has room for 2^30 operations; record a smaller part");
    let mut compiler = Compiler::new(graph, options);
    compiler.find_sums();
    if !options.is_exact() {
        compiler.find_pairs();
    }
    compiler.emit();
    places::assign(compiler)
}

impl<'g, T: Precision> Compiler<'g, T> {
    fn new(graph: &'g Graph<T>, options: Options) -> Self {
        let count = graph.nodes.len();
        let hoists = options.has(Optimization::Hoisting) || graph.of_sum;
        let mut sections = Vec::with_capacity(count);
        let mut uses = vec![0; count];
        for node in &graph.nodes {
            let (mut in_body, mut in_epilogue) = (node.op == Op::input, node.op == Op::total);
            for &id in graph.operands(node) {
                uses[id as usize] += 1;
                in_body |= sections[id as usize] == Section::Body;
                in_epilogue |= sections[id as usize] == Section::Epilogue;
            }
            sections.push(match node.op {
                Op::total => Section::Epilogue,
                _ if in_body => Section::Body,
                _ if in_epilogue => Section::Epilogue,
                Op::constant | Op::parameter => Section::Prologue,
                _ if hoists => Section::Prologue,
                _ => Section::Body,
            });
        }
        // What is wanted as such is no part of something else.
        let roots = graph.outputs.iter().chain(graph.guards.iter().flat_map(|guard| &guard.operands));
        roots.for_each(|&id| uses[id as usize] += 2);
        let code = Code {
            body: Vec::with_capacity(count),
            of_sum: graph.of_sum,
            has_guards: !graph.guards.is_empty(),
            zero_wins: graph.nodes.iter().any(|node| node.op == Op::scale),
            hides_nan: hides_nan(graph),
            ..Code::default()
        };
        Self {
            graph,
            options,
            sections,
            uses,
            exact: exact(graph, options),
            absorbed: vec![false; count],
            sums: vec![[0; 2]; count],
            pairs: vec![None; count],
            splats: vec![false; count],
            uniforms: vec![NONE; count],
            shares: Vec::new(),
            code,
        }
    }

    fn node(&self, id: Id) -> &'g Node {
        &self.graph.nodes[id as usize]
    }

    fn section(&self, id: Id) -> Section {
        self.sections[id as usize]
    }

    /// Whether a node is used by one other of the same section alone.
    fn is_inside(&self, id: Id, section: Section) -> bool {
        self.uses[id as usize] == 1 && self.section(id) == section
    }

    /// Whether products may be fused in what is a part of this node.
    fn fuses(&self, id: Id) -> bool {
        self.options.fuses() && !self.exact[id as usize]
    }

    /// Whether a node has a number for each lane. Outside of the body, uniforms are the lanes.
    fn is_lanes(&self, id: Id, section: Section) -> bool {
        section != Section::Body || self.section(id) == Section::Body
    }

    /// Finds functions that are wanted together with their derivatives.
    fn find_pairs(&mut self) {
        // The first function of each number: at most one of each of the three kinds.
        let mut first = vec![[NONE; 3]; self.graph.nodes.len()];
        for k in 0..index(self.graph.nodes.len()) {
            let Node { op, args: [a, ..] } = *self.node(k);
            let (family, is_derivative) = match op {
                Op::sin => (0, false),
                Op::cos => (0, true),
                Op::tanh => (1, false),
                Op::tanh_slope => (1, true),
                Op::sigmoid => (2, false),
                Op::sigmoid_slope => (2, true),
                _ => continue,
            };
            if self.exact[k as usize] {
                continue;
            }
            let before = &mut first[a as usize][family];
            if *before == NONE {
                *before = k;
            } else if self.node(*before).op != op && self.pairs[*before as usize].is_none() {
                self.pairs[*before as usize] = Some(if is_derivative { [*before, k] } else { [k, *before] });
                self.absorbed[k as usize] = true;
            }
        }
    }

    /// Emits the instructions of all nodes, which name nodes instead of places.
    fn emit(&mut self) {
        let mut guards = self.graph.guards.clone();
        guards.sort_by_key(|guard| guard.operands.iter().max().copied());
        let mut guards = guards.into_iter().peekable();
        let mut columns: Vec<(Id, u32)> = self.graph.outputs.iter().copied().zip(0..).collect();
        columns.retain(|&(id, _)| self.section(id) == Section::Body);
        columns.sort_unstable();
        let zero_wins = self.graph.dependents(|node| node.op == Op::scale);
        let mut columns = columns.into_iter().peekable();
        for k in 0..index(self.graph.nodes.len()) {
            if !self.absorbed[k as usize] {
                self.emit_node(k);
            }
            while let Some((a, column)) = columns.next_if(|&(id, _)| id <= k) {
                let checks = zero_wins[a as usize];
                self.code.body.push(Instruction::Store { column, a, checks });
            }
            while let Some(guard) = guards.next_if(|guard| guard.operands.iter().all(|&id| id <= k)) {
                self.emit_guard(guard);
            }
        }
        // Behind all guards, because a row that strays must not count.
        if !self.shares.is_empty() {
            let (start, len) = (index(self.code.terms.len()), index(self.shares.len()));
            self.code.terms.append(&mut self.shares);
            self.code.body.push(Instruction::Reduce { start, len });
        }
        let outputs = self.graph.outputs.iter().map(|&id| Some(self.uniforms[id as usize]).filter(|&k| k != NONE));
        self.code.outputs = outputs.collect();
    }

    fn emit_guard(&mut self, guard: Guard) {
        let Guard { comparison, operands, holds } = guard;
        if operands.iter().any(|&id| self.section(id) == Section::Body) {
            let [a, b] = operands.map(|id| self.lanes(id));
            self.code.body.push(Instruction::Guard { comparison, a, b, holds });
        } else {
            self.code.guards.push(guard);
        }
    }

    /// The node, or what holds it for every lane.
    fn lanes(&mut self, id: Id) -> Id {
        if self.section(id) == Section::Body {
            return id;
        }
        let splat = index(self.graph.nodes.len()) + id;
        if !self.splats[id as usize] {
            self.splats[id as usize] = true;
            self.code.body.push(Instruction::Splat { a: id, out: splat });
        }
        splat
    }

    fn push(&mut self, section: Section, instruction: Instruction) {
        match section {
            Section::Prologue => self.code.prologue.push(instruction),
            Section::Body => self.code.body.push(instruction),
            Section::Epilogue => self.code.epilogue.push(instruction),
        }
    }

    fn add_uniform(&mut self, id: Id) {
        self.uniforms[id as usize] = index(self.code.uniforms.len());
        self.code.uniforms.push(self.graph.constant(self.node(id)).unwrap_or(T::zero()));
    }

    fn emit_node(&mut self, k: Id) {
        let (node, section) = (self.node(k), self.section(k));
        let pair = self.pairs[k as usize];
        if section != Section::Body {
            pair.map_or(vec![k], |pair| pair.to_vec()).into_iter().for_each(|id| self.add_uniform(id));
        }
        if let Some(outs) = pair {
            let (op, a) = (self.node(outs[0]).op, node.args[0]);
            let a = if section == Section::Body { self.lanes(a) } else { a };
            return self.push(section, Instruction::Pair { op, a, outs });
        }
        let [start, len] = self.sums[k as usize];
        match node.op {
            Op::constant => {}
            Op::parameter => self.code.parameters.push((node.args[0], self.uniforms[k as usize])),
            Op::input => self.push(section, Instruction::Load { input: node.args[0], out: k }),
            Op::total if len == 0 => self.push(section, Instruction::Count { a: node.args[0], out: k }),
            Op::total => {
                self.code.totals.push(self.uniforms[k as usize]);
                self.shares.push(self.code.terms[start as usize]);
            }
            _ if len != 0 => {
                // A list may have products of two uniforms.
                for at in start as usize..(start + len) as usize {
                    let Term { kind, b, .. } = self.code.terms[at];
                    if kind == Kind::Scaled && section == Section::Body {
                        self.code.terms[at].b = self.lanes(b);
                    }
                }
                let fused = self.fuses(k);
                self.push(
                    section,
                    match self.code.terms[start as usize..][..len as usize] {
                        [c, product] if fused && c.is_plain() && product.is_product() => {
                            Instruction::MulAdd { product, c: c.a, out: k }
                        }
                        _ => Instruction::Sum { start, len, out: k, fused },
                    },
                );
            }
            Op::product => match *self.graph.operands(node) {
                [only] => self.emit_operation(section, Op::detach, [only, 0, 0], 0, k),
                [first, ref factors @ ..] => {
                    let mut product = first;
                    for &factor in factors {
                        self.emit_operation(section, Op::mul, [product, factor, 0], 0, k);
                        product = k;
                    }
                }
                [] => unreachable!("a list has operands"),
            },
            op => self.emit_operation(section, op, node.args, exponent(node), k),
        }
    }

    fn emit_operation(&mut self, section: Section, op: Op, mut args: [Id; 3], exponent: i32, out: Id) {
        let count = op.arity().unwrap_or(2);
        let fast = if self.exact[out as usize] { is_plain(op) } else { is_fast(op) };
        if section == Section::Body {
            // At least one operand has a number for each lane.
            let mixes = fast && takes_uniforms(op) && args[..count].iter().any(|&id| self.section(id) == Section::Body);
            if !mixes {
                args[..count].iter_mut().for_each(|arg| *arg = self.lanes(*arg));
            }
        }
        let first = args[0];
        args[count..].fill(first);
        let instruction = if fast {
            Instruction::Fast { op, args, exponent, out }
        } else {
            Instruction::Plain { op, args, exponent, out }
        };
        self.push(section, instruction);
    }
}
