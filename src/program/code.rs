//! What the lanes execute: instructions on slots, made from an optimised graph.
//!
//! What depends on parameters only is computed once before the rows, by the *prologue*; what depends on sums over the
//! rows afterwards, by the *epilogue*. Both work on `uniforms`, numbers that are the same for all rows. The *body* works
//! on `slots`, which hold a number for each lane, and reads uniforms.

use std::collections::HashMap;

use super::graph::{Comparison, Graph, Guard, Id, exponent, index};
use super::op::Op;
use super::{Optimization, Options, Precision};

/// A slot, or with the highest bit a uniform.
pub(crate) type Place = u32;

pub(crate) const UNIFORM: Place = 1 << 31;
/// No place.
pub(crate) const NONE: Place = u32::MAX;

/// Which operands the terms of a run have: lanes or uniforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Products of a uniform and lanes.
    UniformLanes,
    /// Products of lanes.
    LanesLanes,
    /// Lanes without a factor.
    Lanes,
    /// Uniforms without a factor.
    Uniform,
}

/// How the terms of a run are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) kind: Kind,
    pub(crate) negative: bool,
    /// A zero factor wins against an infinity.
    pub(crate) zero_wins: bool,
    pub(crate) fused: bool,
}

/// What a sum over rows is made of: `± a b`, or `± a`, added to a total.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) total: u32,
    pub(crate) a: Place,
    /// Lanes, a uniform, or none.
    pub(crate) b: Place,
    pub(crate) negative: bool,
    pub(crate) zero_wins: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Instruction {
    /// An input of the rows.
    Load { input: u32, out: Place },
    /// A uniform to all lanes.
    Splat { a: Place, out: Place },
    /// The number of rows, times a uniform.
    Count { a: Place, out: Place },
    /// An operation that is vectorised. Uniform operands are those of [`takes_uniforms`] only.
    Fast { op: Op, args: [Place; 3], exponent: i32, out: Place },
    /// Any operation, lane by lane, as the plain float computes it.
    Plain { op: Op, args: [Place; 3], exponent: i32, out: Place },
    /// An operation and its derivative from the same intermediate results.
    Pair { op: Op, a: Place, outs: [Place; 2] },
    /// Terms added up from `init` on, if there is one.
    Run { manner: Manner, init: Place, start: u32, len: u32, out: Place },
    /// Shares of sums over rows.
    Reduce { start: u32, len: u32 },
    /// A comparison that must come out as it did when the program was recorded.
    Guard { comparison: Comparison, a: Place, b: Place, holds: bool },
    /// An output of the rows.
    Store { column: u32, a: Place },
}

#[derive(Clone, Debug)]
pub(crate) struct Code<T> {
    /// The uniforms, of which the constants are known.
    pub(crate) uniforms: Vec<T>,
    /// Where each parameter that is used goes.
    pub(crate) parameters: Vec<(u32, u32)>,
    pub(crate) prologue: Vec<Instruction>,
    pub(crate) body: Vec<Instruction>,
    pub(crate) epilogue: Vec<Instruction>,
    pub(crate) terms: Vec<[Place; 2]>,
    pub(crate) shares: Vec<Share>,
    /// The guards among uniforms.
    pub(crate) guards: Vec<Guard>,
    /// The uniform that each total becomes.
    pub(crate) totals: Vec<u32>,
    pub(crate) slots: usize,
    /// Where the outputs are, if they are the same for all rows: an index of `uniforms`.
    pub(crate) outputs: Vec<Option<u32>>,
    pub(crate) of_sum: bool,
    /// Whether a row may stray.
    pub(crate) has_guards: bool,
    /// Whether a zero may have to win.
    pub(crate) zero_wins: bool,
}

impl<T> Code<T> {
    /// How many results a row has.
    pub(crate) fn width(&self) -> usize {
        if self.of_sum { 0 } else { self.outputs.len() }
    }
}

/// When a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Prologue,
    Body,
    Epilogue,
}

#[derive(Clone, Copy, Debug)]
struct Term {
    negative: bool,
    a: Id,
    b: Option<Id>,
    zero_wins: bool,
}

/// How many terms one instruction adds at most, so that not too many operands have to be kept for it.
const LONGEST_RUN: usize = 48;

struct Compiler<'g, T> {
    graph: &'g Graph<T>,
    options: Options,
    sections: Vec<Section>,
    uses: Vec<u32>,
    /// Nodes that are computed as a part of another.
    absorbed: Vec<bool>,
    chains: HashMap<Id, Vec<Term>>,
    shares: HashMap<Id, Term>,
    pairs: HashMap<Id, [Id; 2]>,
    splats: Vec<bool>,
    code: Code<T>,
    uniform_of: Vec<u32>,
}

/// Compiles an optimised graph.
pub(crate) fn compile<T: Precision>(graph: &Graph<T>, options: Options) -> Code<T> {
    let mut compiler = Compiler::new(graph, options);
    compiler.find_chains();
    compiler.find_pairs();
    compiler.emit();
    compiler.finish()
}

/// Whether the lanes have a way to compute an operation on many numbers at once.
pub(crate) fn is_fast(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        add | sub
            | mul
            | scale
            | div
            | neg
            | max
            | min
            | clamp
            | mul_add
            | recip
            | sqrt
            | abs
            | sign
            | signum
            | powi
            | relu
            | leaky_relu
            | step
            | above
            | greater
            | detach
            | exp
            | exp2
            | exp_m1
            | ln
            | log2
            | log10
            | ln_1p
            | sin
            | cos
            | tan
            | tanh
            | tanh_slope
            | sigmoid
            | sigmoid_slope
            | softplus
            | powf
            | cbrt
            | normal_cdf
            | normal_pdf
            | exp_m1_slope
            | elu
            | elu_slope
            | over
            | copysign
            | to_degrees
            | to_radians
            | floor
            | ceil
            | trunc
            | fract
            | atan_slope
            | sinh
            | cosh
            | asin
            | acos
            | atan
            | atan2
    )
}

/// Whether an operation is the same number in lanes as of the plain float, bit for bit.
fn is_plain(op: Op) -> bool {
    use Op::*;
    matches!(op, add | sub | mul | div | neg | recip | sqrt | abs | detach | powi | scale)
}

/// Whether the fast form of an operation takes uniforms as they are.
fn takes_uniforms(op: Op) -> bool {
    use Op::*;
    matches!(op, add | sub | mul | scale | div)
}

impl<'g, T: Precision> Compiler<'g, T> {
    fn new(graph: &'g Graph<T>, options: Options) -> Self {
        let count = graph.nodes.len();
        let hoists = options.has(Optimization::Hoisting);
        let mut sections = Vec::with_capacity(count);
        let mut uses = vec![0; count];
        for node in &graph.nodes {
            let operands = graph.operands(node).iter().map(|&id| sections[id as usize]);
            let is_leaf = matches!(node.op, Op::constant | Op::parameter);
            sections.push(match node.op {
                Op::total => Section::Epilogue,
                Op::input => Section::Body,
                _ if operands.clone().any(|section| section == Section::Body) => Section::Body,
                _ if operands.clone().any(|section| section == Section::Epilogue) => Section::Epilogue,
                _ if hoists || is_leaf || graph.of_sum => Section::Prologue,
                _ => Section::Body,
            });
            graph.operands(node).iter().for_each(|&id| uses[id as usize] += 1);
        }
        // What is wanted as such is no part of something else.
        let roots = graph.outputs.iter().chain(graph.guards.iter().flat_map(|guard| &guard.operands));
        roots.for_each(|&id| uses[id as usize] += 2);
        let code = Code {
            uniforms: Vec::new(),
            parameters: Vec::new(),
            prologue: Vec::new(),
            body: Vec::new(),
            epilogue: Vec::new(),
            terms: Vec::new(),
            shares: Vec::new(),
            guards: Vec::new(),
            totals: Vec::new(),
            slots: 0,
            outputs: Vec::new(),
            of_sum: graph.of_sum,
            has_guards: !graph.guards.is_empty(),
            zero_wins: graph.nodes.iter().any(|node| node.op == Op::scale),
        };
        Self {
            graph,
            options,
            sections,
            uses,
            absorbed: vec![false; count],
            chains: HashMap::new(),
            shares: HashMap::new(),
            pairs: HashMap::new(),
            splats: vec![false; count],
            code,
            uniform_of: vec![NONE; count],
        }
    }

    fn op(&self, id: Id) -> Op {
        self.graph.nodes[id as usize].op
    }

    /// The operands of a node that is used by one other of the same section alone.
    fn inside(&self, id: Id, section: Section) -> Option<[Id; 3]> {
        let k = id as usize;
        (self.uses[k] == 1 && self.sections[k] == section).then(|| self.graph.nodes[k].args)
    }

    /// The node as a term of a sum, with what is computed as a part of it.
    fn term(&self, id: Id, negative: bool, section: Section, parts: &mut Vec<Id>) -> Term {
        if self.options.fuses()
            && let Some([a, b, _]) = self.inside(id, section)
        {
            match self.op(id) {
                Op::neg => {
                    parts.push(id);
                    return self.term(a, !negative, section, parts);
                }
                op @ (Op::mul | Op::scale) => {
                    parts.push(id);
                    return Term { negative, a, b: Some(b), zero_wins: op == Op::scale };
                }
                _ => {}
            }
        }
        Term { negative, a: id, b: None, zero_wins: false }
    }

    /// The terms of a sum, and the nodes that are such parts.
    fn terms_of(&self, id: Id) -> (Vec<Term>, Vec<Id>) {
        let section = self.sections[id as usize];
        let (mut terms, mut parts, mut id) = (Vec::new(), Vec::new(), id);
        loop {
            let node = self.graph.nodes[id as usize];
            let [a, b, c] = node.args;
            let rest = match node.op {
                Op::sum => {
                    let operands = self.graph.operands(&node).iter().rev();
                    terms.extend(operands.map(|&id| self.term(id, false, section, &mut parts)));
                    break;
                }
                Op::dot => {
                    let pairs = self.graph.operands(&node).chunks_exact(2).rev();
                    let product =
                        |pair: &[Id]| Term { negative: false, a: pair[0], b: Some(pair[1]), zero_wins: false };
                    terms.extend(pairs.map(product));
                    break;
                }
                Op::mul_add => {
                    terms.push(Term { negative: false, a, b: Some(b), zero_wins: false });
                    c
                }
                op => {
                    terms.push(self.term(b, op == Op::sub, section, &mut parts));
                    a
                }
            };
            let goes_on = matches!(self.op(rest), Op::add | Op::sub | Op::sum | Op::dot | Op::mul_add);
            if !goes_on || terms.len() >= LONGEST_RUN || self.inside(rest, section).is_none() {
                terms.push(self.term(rest, false, section, &mut parts));
                break;
            }
            parts.push(rest);
            id = rest;
        }
        terms.reverse();
        (terms, parts)
    }

    fn absorb(&mut self, parts: &[Id]) {
        parts.iter().for_each(|&id| self.absorbed[id as usize] = true);
    }

    /// Finds sums with products among their terms, and sums over rows.
    fn find_chains(&mut self) {
        for k in (0..index(self.graph.nodes.len())).rev() {
            if self.absorbed[k as usize] {
                continue;
            }
            let op = self.op(k);
            let is_list = matches!(op, Op::sum | Op::dot);
            let is_sum = self.options.fuses() && matches!(op, Op::add | Op::sub | Op::mul_add);
            if op == Op::total {
                let [a, ..] = self.graph.nodes[k as usize].args;
                if self.sections[a as usize] == Section::Body {
                    let mut parts = Vec::new();
                    let share = self.term(a, false, Section::Body, &mut parts);
                    self.absorb(&parts);
                    self.shares.insert(k, share);
                }
            } else if is_list || is_sum {
                let (terms, parts) = self.terms_of(k);
                if is_list || terms.iter().any(|term| term.b.is_some()) {
                    self.absorb(&parts);
                    self.chains.insert(k, terms);
                }
            }
        }
    }

    /// Finds functions that are wanted together with their derivatives.
    fn find_pairs(&mut self) {
        if self.options.is_exact() {
            return;
        }
        let mut first: HashMap<(Op, Id), Id> = HashMap::new();
        for k in 0..index(self.graph.nodes.len()) {
            let [a, ..] = self.graph.nodes[k as usize].args;
            let key = match self.op(k) {
                Op::sin | Op::cos => Op::sin,
                Op::tanh | Op::tanh_slope => Op::tanh,
                Op::sigmoid | Op::sigmoid_slope => Op::sigmoid,
                _ => continue,
            };
            if let Some(&other) = first.get(&(key, a)) {
                let pair = if self.op(other) == key { [other, k] } else { [k, other] };
                if self.op(pair[0]) == key && self.op(pair[1]) != key && !self.pairs.contains_key(&other) {
                    self.pairs.insert(other, pair);
                    self.absorbed[k as usize] = true;
                }
            } else {
                first.insert((key, a), k);
            }
        }
    }

    fn uniform(&mut self, id: Id, x: T) -> u32 {
        let place = index(self.code.uniforms.len());
        self.code.uniforms.push(x);
        self.uniform_of[id as usize] = place;
        place
    }

    /// Emits the instructions of all nodes, which name nodes instead of places.
    fn emit(&mut self) {
        let mut guards: Vec<_> = self.graph.guards.clone();
        guards.sort_by_key(|guard| guard.operands.iter().max().copied());
        let mut guards = guards.into_iter().peekable();
        let mut columns: HashMap<Id, Vec<u32>> = HashMap::new();
        for (column, &id) in (0..).zip(&self.graph.outputs) {
            columns.entry(id).or_default().push(column);
        }
        for k in 0..index(self.graph.nodes.len()) {
            if self.sections[k as usize] != Section::Body {
                let node = self.graph.nodes[k as usize];
                let x = self.graph.constant(&node).unwrap_or(T::zero());
                if !self.absorbed[k as usize] {
                    let place = self.uniform(k, x);
                    if node.op == Op::parameter {
                        self.code.parameters.push((node.args[0], place));
                    }
                }
                if let Some(&[a, b]) = self.pairs.get(&k) {
                    let other = if a == k { b } else { a };
                    self.uniform(other, T::zero());
                }
            }
            if !self.absorbed[k as usize] {
                self.emit_node(k);
            }
            let ids = self.pairs.get(&k).map_or(vec![k], |pair| pair.to_vec());
            for id in ids {
                if self.sections[id as usize] == Section::Body && !(self.absorbed[id as usize] && id == k) {
                    for &column in columns.get(&id).into_iter().flatten() {
                        self.code.body.push(Instruction::Store { column, a: id });
                    }
                }
            }
            while let Some(guard) = guards.next_if(|guard| guard.operands.iter().all(|&id| id <= k)) {
                if guard.operands.iter().any(|&id| self.sections[id as usize] == Section::Body) {
                    let [a, b] = guard.operands.map(|id| self.lanes(id));
                    let Guard { comparison, holds, .. } = guard;
                    self.code.body.push(Instruction::Guard { comparison, a, b, holds });
                } else {
                    self.code.guards.push(guard);
                }
            }
        }
        // Behind all guards, because a row that strays must not count.
        let len = index(self.code.shares.len());
        if len != 0 {
            self.code.body.push(Instruction::Reduce { start: 0, len });
        }
        for id in &self.graph.outputs {
            let uniform = self.uniform_of[*id as usize];
            self.code.outputs.push((self.sections[*id as usize] != Section::Body).then_some(uniform));
        }
    }

    /// The node, or what holds it for every lane.
    fn lanes(&mut self, id: Id) -> Id {
        if self.sections[id as usize] == Section::Body {
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

    fn emit_node(&mut self, k: Id) {
        let section = self.sections[k as usize];
        let node = self.graph.nodes[k as usize];
        if let Some(&outs) = self.pairs.get(&k) {
            let (op, a) = (self.op(outs[0]), node.args[0]);
            let a = if section == Section::Body { self.lanes(a) } else { a };
            self.push(section, Instruction::Pair { op, a, outs });
            return;
        }
        if let Some(chain) = self.chains.remove(&k) {
            self.emit_chain(k, section, &chain);
            return;
        }
        match node.op {
            Op::constant | Op::parameter => {}
            Op::input => self.push(section, Instruction::Load { input: node.args[0], out: k }),
            Op::total => self.emit_total(k, node.args[0]),
            Op::product => {
                let factors = self.graph.operands(&node).to_vec();
                let mut product = factors[0];
                for &factor in &factors[1..] {
                    self.emit_operation(section, Op::mul, [product, factor, 0], 0, k);
                    product = k;
                }
            }
            op => self.emit_operation(section, op, node.args, exponent(&node), k),
        }
    }

    fn emit_operation(&mut self, section: Section, op: Op, mut args: [Id; 3], exponent: i32, out: Id) {
        let count = op.arity().unwrap_or(2);
        let fast = if self.options.is_exact() { is_plain(op) } else { is_fast(op) };
        let has_lanes = args[..count].iter().any(|&id| self.sections[id as usize] == Section::Body);
        if section == Section::Body && !(fast && takes_uniforms(op) && has_lanes) {
            for arg in &mut args[..count] {
                *arg = self.lanes(*arg);
            }
        }
        for k in count..3 {
            args[k] = args[0];
        }
        let instruction = if fast {
            Instruction::Fast { op, args, exponent, out }
        } else {
            Instruction::Plain { op, args, exponent, out }
        };
        self.push(section, instruction);
    }

    fn emit_chain(&mut self, k: Id, section: Section, chain: &[Term]) {
        let fused = self.options.fuses();
        let mut terms = chain.iter().peekable();
        let mut init = NONE;
        while let Some(term) = terms.peek() {
            let (manner, _) = self.in_manner(section, **term, fused);
            let start = index(self.code.terms.len());
            while let Some(term) = terms.next_if(|term| self.in_manner(section, **term, fused).0 == manner) {
                let mut pair = self.in_manner(section, *term, fused).1;
                // A product of two uniforms, of a list, is one of a uniform and lanes.
                if manner.kind == Kind::UniformLanes {
                    pair[1] = self.lanes(pair[1]);
                }
                self.code.terms.push(pair);
            }
            let len = index(self.code.terms.len()) - start;
            self.push(section, Instruction::Run { manner, init, start, len, out: k });
            init = k;
        }
    }

    /// How a term is added, and its factors in the order of its kind.
    fn in_manner(&self, section: Section, term: Term, fused: bool) -> (Manner, [Id; 2]) {
        let is_lanes = |id: Id| section != Section::Body || self.sections[id as usize] == Section::Body;
        let (kind, pair) = match term.b {
            Some(b) if is_lanes(term.a) && is_lanes(b) => (Kind::LanesLanes, [term.a, b]),
            Some(b) if is_lanes(term.a) => (Kind::UniformLanes, [b, term.a]),
            Some(b) => (Kind::UniformLanes, [term.a, b]),
            None if is_lanes(term.a) => (Kind::Lanes, [term.a; 2]),
            None => (Kind::Uniform, [term.a; 2]),
        };
        (Manner { kind, negative: term.negative, zero_wins: term.zero_wins, fused }, pair)
    }

    fn emit_total(&mut self, k: Id, operand: Id) {
        let Some(term) = self.shares.remove(&k) else {
            self.push(Section::Epilogue, Instruction::Count { a: operand, out: k });
            return;
        };
        let total = index(self.code.totals.len());
        self.code.totals.push(self.uniform_of[k as usize]);
        let (Manner { kind, negative, zero_wins, .. }, [a, b]) = self.in_manner(Section::Body, term, true);
        let (a, b) = match kind {
            Kind::UniformLanes => (b, a),
            Kind::LanesLanes => (a, b),
            Kind::Lanes | Kind::Uniform => (a, NONE),
        };
        self.code.shares.push(Share { total, a, b, negative, zero_wins });
    }

    /// Gives every node of the body a slot for as long as it is needed, and names places instead of nodes.
    fn finish(mut self) -> Code<T> {
        let count = self.graph.nodes.len();
        let mut last = vec![0; 2 * count];
        let mut body = std::mem::take(&mut self.code.body);
        for (at, instruction) in body.iter().enumerate() {
            self.visit(instruction, &mut |id| last[id as usize] = at);
        }
        let (mut free, mut slots, mut place_of) = (Vec::new(), 0, vec![NONE; 2 * count]);
        let reuses = self.options.has(Optimization::Reuse);
        let mut dying: Vec<Id> = Vec::new();
        for (at, instruction) in body.iter().enumerate() {
            dying.clear();
            self.visit(instruction, &mut |id| {
                if last[id as usize] == at && !dying.contains(&id) {
                    dying.push(id);
                }
            });
            // An operand that is no longer needed makes room for the result.
            if reuses {
                free.extend(dying.iter().map(|&id| place_of[id as usize]).filter(|&place| place != NONE));
            }
            for out in outs(instruction) {
                if place_of[out as usize] == NONE {
                    place_of[out as usize] = free.pop().unwrap_or_else(|| {
                        slots += 1;
                        slots - 1
                    });
                    // What nobody reads is free again at once.
                    if reuses && last[out as usize] == at && dying.contains(&out) {
                        free.push(place_of[out as usize]);
                    }
                }
            }
        }
        let uniform_of = &self.uniform_of;
        let in_body = |id: Id| match id {
            NONE => NONE,
            id if place_of[id as usize] != NONE => place_of[id as usize],
            id => UNIFORM | uniform_of[id as usize],
        };
        let outside = |id: Id| if id == NONE { NONE } else { uniform_of[id as usize] };
        let mut in_runs = vec![false; self.code.terms.len()];
        for instruction in &mut body {
            if let Instruction::Run { start, len, .. } = *instruction {
                in_runs[start as usize..][..len as usize].fill(true);
            }
            rename(instruction, in_body);
        }
        for instruction in self.code.prologue.iter_mut().chain(&mut self.code.epilogue) {
            rename(instruction, outside);
        }
        for (pair, in_body_run) in self.code.terms.iter_mut().zip(in_runs) {
            *pair = pair.map(|id| if in_body_run { in_body(id) & !UNIFORM } else { outside(id) });
        }
        for share in &mut self.code.shares {
            (share.a, share.b) = (in_body(share.a), in_body(share.b));
        }
        for guard in &mut self.code.guards {
            guard.operands = guard.operands.map(outside);
        }
        self.code.body = body;
        self.code.slots = slots as usize;
        self.code
    }

    /// Shows every node of the body that an instruction reads or writes.
    fn visit(&self, instruction: &Instruction, see: &mut impl FnMut(Id)) {
        let count = self.graph.nodes.len();
        let mut see = |id: Id| {
            let is_lanes = id != NONE && (id as usize >= count || self.sections[id as usize] == Section::Body);
            if is_lanes {
                see(id);
            }
        };
        match *instruction {
            Instruction::Fast { args, .. } | Instruction::Plain { args, .. } => args.into_iter().for_each(&mut see),
            Instruction::Pair { a, .. } | Instruction::Store { a, .. } => see(a),
            Instruction::Guard { a, b, .. } => [a, b].into_iter().for_each(&mut see),
            Instruction::Run { init, start, len, .. } => {
                see(init);
                self.code.terms[start as usize..][..len as usize].iter().flatten().for_each(|&id| see(id));
            }
            Instruction::Reduce { start, len } => {
                let shares = &self.code.shares[start as usize..][..len as usize];
                shares.iter().flat_map(|share| [share.a, share.b]).for_each(&mut see);
            }
            Instruction::Load { .. } | Instruction::Splat { .. } | Instruction::Count { .. } => {}
        }
        outs(instruction).for_each(see);
    }
}

fn outs(instruction: &Instruction) -> impl Iterator<Item = Id> {
    let outs = match *instruction {
        Instruction::Load { out, .. }
        | Instruction::Splat { out, .. }
        | Instruction::Count { out, .. }
        | Instruction::Fast { out, .. }
        | Instruction::Plain { out, .. }
        | Instruction::Run { out, .. } => [out, NONE],
        Instruction::Pair { outs, .. } => outs,
        Instruction::Reduce { .. } | Instruction::Guard { .. } | Instruction::Store { .. } => [NONE; 2],
    };
    outs.into_iter().filter(|&id| id != NONE)
}

fn rename(instruction: &mut Instruction, place: impl Fn(Id) -> Place) {
    match instruction {
        Instruction::Load { out, .. } => *out = place(*out),
        Instruction::Splat { a, out } | Instruction::Count { a, out } => (*a, *out) = (place(*a), place(*out)),
        Instruction::Fast { args, out, .. } | Instruction::Plain { args, out, .. } => {
            (*args, *out) = (args.map(&place), place(*out));
        }
        Instruction::Pair { a, outs, .. } => (*a, *outs) = (place(*a), outs.map(&place)),
        Instruction::Run { init, out, .. } => (*init, *out) = (place(*init), place(*out)),
        Instruction::Guard { a, b, .. } => (*a, *b) = (place(*a), place(*b)),
        Instruction::Store { a, .. } => *a = place(*a),
        Instruction::Reduce { .. } => {}
    }
}
