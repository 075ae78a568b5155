//! Makes instructions of the nodes of an optimised graph.
//!
//! What depends on parameters only is computed once before the rows, by the *prologue*; what depends on sums over the
//! rows afterwards, by the *epilogue*. Both work on *uniforms*, numbers that are the same for all rows. The *body*
//! works on *slots*, which hold a number for each row, and reads uniforms.

use std::sync::OnceLock;

use num_traits::Float;

use super::classes::Pair;
use super::instructions::{Bytecode, Instruction, Register, Section, Term, TermKind, TermRange, Uniform};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::{Form, Op};
use crate::program::graph::{Graph, Guard, Node};
use crate::program::options::{Optimization, Options};

pub(super) struct Compiler<'g, T> {
    pub(super) graph: &'g Graph<T>,
    pub(super) options: Options,
    pub(super) sections: Vec<Section>,
    /// How many operations use each node.
    uses: Vec<u32>,
    /// The nodes that a guard depends on. They are computed as the plain float computes them, so that a comparison has
    /// the plain float's outcome, even at a tie.
    exact: Vec<bool>,
    /// The nodes that are computed as a part of another.
    pub(super) absorbed: Vec<bool>,
    /// The range of `terms` of each node that is a sum.
    pub(super) sums: Vec<TermRange>,
    pub(super) terms: Vec<Term<NodeIndex>>,
    /// A function and its derivative, at the first of the two: both are computed there.
    pairs: Vec<Option<(Pair, [NodeIndex; 2])>>,
    /// Whether a uniform has been copied to all lanes.
    copied: Vec<bool>,
    /// Where each node is computed: in a register of its own, except if a `kept` is left out.
    registers: Vec<Register>,
    /// The uniform of each node that is not computed in the body.
    pub(super) uniforms: Vec<Option<Uniform>>,
    /// The term that each total adds up.
    total_terms: Vec<Term<Register>>,
    pub(super) code: Bytecode<T, Register>,
}

/// The section of each node, and how many operations use it.
fn sections_and_uses<T>(graph: &Graph<T>, options: Options) -> (Vec<Section>, Vec<u32>) {
    let hoists = options.has(Optimization::Hoisting) || graph.of_sum;
    let mut sections = Vec::with_capacity(graph.nodes.len());
    let mut uses = vec![0; graph.nodes.len()];
    for node in &graph.nodes {
        let (mut in_body, mut in_epilogue) = (false, false);
        for operand in graph.operands(node) {
            uses[operand.index()] += 1;
            in_body |= sections[operand.index()] == Section::Body;
            in_epilogue |= sections[operand.index()] == Section::Epilogue;
        }
        sections.push(match node.op.form() {
            Form::Total => Section::Epilogue,
            Form::Input => Section::Body,
            Form::Constant | Form::Parameter => Section::Prologue,
            Form::Operation | Form::Sum | Form::Product | Form::Dot | Form::Custom => {
                if in_body {
                    Section::Body
                } else if in_epilogue {
                    Section::Epilogue
                } else if hoists {
                    Section::Prologue
                } else {
                    Section::Body
                }
            }
        });
    }
    // An output, or a number that a guard compares, cannot be a part of another node.
    graph.outputs.iter().chain(graph.guarded()).for_each(|root| uses[root.index()] += 2);
    (sections, uses)
}

/// Whether the node is a product in which a zero wins, or the derivative of one.
fn zero_wins_in(node: &Node) -> bool {
    matches!(node.op, Op::scale | Op::kept)
}

/// Whether an operation or a guard may swallow the NaN of a product in which a zero should have won, or the infinity or
/// NaN of a derivative that should have been 0 then.
fn hides_nan<T>(graph: &Graph<T>, sections: &[Section]) -> bool {
    let of_products = graph.dependents(zero_wins_in);
    let of_derivatives = graph.dependents(|node| node.op == Op::kept);
    let is_hidden_by = |(node, section): (&Node, &Section)| {
        // A `kept` of the body is left out; its operands do not matter.
        let is_left_out = node.op == Op::kept && *section == Section::Body;
        let hides_nan = !is_left_out && node.op.hides_nan(node.exponent());
        let hides_infinity = !is_left_out && !node.op.is_linear();
        let is_hidden =
            |x: &NodeIndex| hides_nan && of_products[x.index()] || hides_infinity && of_derivatives[x.index()];
        graph.operands(node).iter().any(is_hidden)
    };
    graph.nodes.iter().zip(sections).any(is_hidden_by) || graph.guarded().any(|operand| of_products[operand.index()])
}

impl<'g, T: Float> Compiler<'g, T> {
    pub(super) fn new(graph: &'g Graph<T>, options: Options, zeros_win: bool) -> Self {
        let count = graph.nodes.len();
        let (sections, uses) = sections_and_uses(graph, options);
        let exact = if options.is_exact() { vec![true; count] } else { graph.dependencies(graph.guarded()) };
        let always_careful = zeros_win || options.is_exact() || hides_nan(graph, &sections);
        let code = Bytecode {
            uniforms: Vec::new(),
            parameters: Vec::new(),
            prologue: Vec::new(),
            body: Vec::with_capacity(count),
            epilogue: Vec::new(),
            terms: Vec::new(),
            customs: graph.customs.clone(),
            guards: Vec::new(),
            totals: Vec::new(),
            one_row: OnceLock::new(),
            slots: 0,
            outputs: Vec::new(),
            of_sum: graph.of_sum,
            has_guards: !graph.guards().is_empty(),
            zero_wins: graph.nodes.iter().any(zero_wins_in),
            always_careful,
            leaves_out_kept: !always_careful && graph.nodes.iter().any(|node| node.op == Op::kept),
        };
        Self {
            graph,
            options,
            sections,
            uses,
            exact,
            absorbed: vec![false; count],
            sums: vec![TermRange::default(); count],
            terms: Vec::new(),
            pairs: vec![None; count],
            copied: vec![false; count],
            registers: (0..count).map(|k| Register::node(NodeIndex::new(k))).collect(),
            uniforms: vec![None; count],
            total_terms: Vec::new(),
            code,
        }
    }

    pub(super) fn section(&self, node: NodeIndex) -> Section {
        self.sections[node.index()]
    }

    /// Whether a node is used by one other node only, of this section.
    pub(super) fn is_inside(&self, node: NodeIndex, section: Section) -> bool {
        self.uses[node.index()] == 1 && self.section(node) == section
    }

    /// Whether products that are a part of this node may be fused.
    pub(super) fn fuses(&self, node: NodeIndex) -> bool {
        self.options.fuses() && !self.exact[node.index()]
    }

    /// Whether a node is in a slot. The slots of the prologue and the epilogue are the uniforms.
    pub(super) fn is_in_slot(&self, node: NodeIndex, section: Section) -> bool {
        section != Section::Body || self.section(node) == Section::Body
    }

    /// Finds functions that are needed together with their derivatives.
    pub(super) fn find_pairs(&mut self) {
        // The first function of each number, of each kind of pair.
        let mut first = vec![[NodeIndex::NONE; 3]; self.graph.nodes.len()];
        for (k, node) in self.graph.indexed_nodes() {
            let Some((pair, is_derivative)) = node.op.pair() else { continue };
            if self.exact[k.index()] {
                continue;
            }
            let [a, ..] = node.three_operands();
            let before = &mut first[a.index()][pair as usize];
            if *before == NodeIndex::NONE {
                *before = k;
            } else if self.graph.node(*before).op != node.op && self.pairs[before.index()].is_none() {
                let both = if is_derivative { [*before, k] } else { [k, *before] };
                self.pairs[before.index()] = Some((pair, both));
                self.absorbed[k.index()] = true;
            }
        }
    }

    /// Emits the instructions of all nodes.
    pub(super) fn emit(&mut self) {
        let graph = self.graph;
        let mut guards = graph.guards().to_vec();
        guards.sort_by_key(|guard| guard.operands.iter().max().copied());
        let mut guards = guards.into_iter().peekable();
        let is_column = |output: &NodeIndex| !graph.of_sum || self.section(*output) == Section::Body;
        let mut columns: Vec<(NodeIndex, u32)> = graph.outputs.iter().copied().filter(is_column).zip(0..).collect();
        columns.retain(|&(output, _)| self.section(output) == Section::Body);
        columns.sort_unstable();
        let zero_wins = graph.dependents(zero_wins_in);
        let mut columns = columns.into_iter().peekable();
        for (k, node) in graph.indexed_nodes() {
            if !self.absorbed[k.index()] {
                self.emit_node(k, node);
            }
            while let Some((output, column)) = columns.next_if(|&(output, _)| output <= k) {
                let (a, checks) = (self.register(output), zero_wins[output.index()]);
                self.code.body.push(Instruction::Store { column, a, checks });
            }
            while let Some(guard) = guards.next_if(|guard| guard.operands.iter().all(|&operand| operand <= k)) {
                self.emit_guard(guard);
            }
        }
        // Behind all guards: a row with a failed guard must not count.
        if !self.total_terms.is_empty() {
            let start = self.code.terms.len();
            self.code.terms.append(&mut self.total_terms);
            self.code.body.push(Instruction::Reduce { terms: TermRange::to_end(start, &self.code.terms) });
        }
        self.code.outputs = graph.outputs.iter().map(|output| self.uniforms[output.index()]).collect();
    }

    fn emit_guard(&mut self, guard: Guard) {
        if guard.operands.iter().any(|&operand| self.section(operand) == Section::Body) {
            let guard = guard.map(|operand| self.in_lanes(operand));
            self.code.body.push(Instruction::Guard(guard));
        } else {
            self.code.guards.push(guard.map(|operand| self.register(operand)));
        }
    }

    fn register(&self, node: NodeIndex) -> Register {
        self.registers[node.index()]
    }

    /// The register that holds the node for every row. A uniform is copied to one.
    fn in_lanes(&mut self, node: NodeIndex) -> Register {
        let register = self.register(node);
        if self.section(node) == Section::Body {
            return register;
        }
        let copy = Register::copy_in_lanes(node, self.graph.nodes.len());
        if !self.copied[node.index()] {
            self.copied[node.index()] = true;
            self.code.body.push(Instruction::Splat { a: register, out: copy });
        }
        copy
    }

    fn push(&mut self, section: Section, instruction: Instruction<Register>) {
        match section {
            Section::Prologue => self.code.prologue.push(instruction),
            Section::Body => self.code.body.push(instruction),
            Section::Epilogue => self.code.epilogue.push(instruction),
        }
    }

    fn add_uniform(&mut self, node: NodeIndex) -> Uniform {
        let uniform = Uniform::new(self.code.uniforms.len());
        self.uniforms[node.index()] = Some(uniform);
        self.code.uniforms.push(self.graph.constant(self.graph.node(node)).unwrap_or(T::zero()));
        uniform
    }

    fn emit_node(&mut self, k: NodeIndex, node: &Node) {
        let (graph, section, out) = (self.graph, self.section(k), Register::node(k));
        if let Some((pair, both)) = self.pairs[k.index()] {
            let [a, ..] = node.three_operands();
            let a = if section == Section::Body {
                self.in_lanes(a)
            } else {
                for node in both {
                    self.add_uniform(node);
                }
                Register::node(a)
            };
            return self.push(section, Instruction::Pair { pair, a, outs: both.map(Register::node) });
        }
        let uniform = (section != Section::Body).then(|| self.add_uniform(k));
        let sum = self.sums[k.index()];
        let operands = graph.operands(node);
        match node.op.form() {
            Form::Constant => {}
            Form::Parameter => {
                let uniform = uniform.expect("parameters are uniforms");
                self.code.parameters.push((checked_u32(node.leaf_index()), uniform));
            }
            Form::Input => self.push(section, Instruction::Load { input: checked_u32(node.leaf_index()), out }),
            Form::Total if sum.is_empty() => {
                self.push(section, Instruction::Count { a: self.register(operands[0]), out });
            }
            Form::Total => {
                self.code.totals.push(uniform.expect("totals are uniforms"));
                self.total_terms.push(sum.of(&self.terms)[0].map(|node| self.register(node)));
            }
            Form::Sum | Form::Dot => self.emit_sum(k, sum),
            Form::Operation if !sum.is_empty() => self.emit_sum(k, sum),
            Form::Operation if node.op == Op::kept && section == Section::Body && self.code.leaves_out_kept => {
                self.registers[k.index()] = self.in_lanes(operands[0]);
            }
            Form::Custom => {
                let start = self.code.terms.len();
                for &operand in operands {
                    let a = if section == Section::Body { self.in_lanes(operand) } else { self.register(operand) };
                    self.code.terms.push(Term { kind: TermKind::Lanes, negative: false, zero_wins: false, a, b: a });
                }
                let terms = TermRange::to_end(start, &self.code.terms);
                self.push(section, Instruction::Custom { index: checked_u32(node.custom_index()), terms, out });
            }
            Form::Product => match *operands {
                [only] => self.emit_operation(section, Op::detach, [only; 3], 0, k),
                [first, ref factors @ ..] => {
                    let mut product = first;
                    for &factor in factors {
                        self.emit_operation(section, Op::mul, [product, factor, product], 0, k);
                        product = k;
                    }
                }
                [] => unreachable!("a list has operands"),
            },
            Form::Operation => self.emit_operation(section, node.op, node.three_operands(), node.exponent(), k),
        }
    }

    fn emit_sum(&mut self, k: NodeIndex, sum: TermRange) {
        let (section, fused, out) = (self.section(k), self.fuses(k), Register::node(k));
        let start = self.code.terms.len();
        let terms = std::mem::take(&mut self.terms);
        for &term in sum.of(&terms) {
            let mut registers = term.map(|node| self.register(node));
            // A list may have products of two uniforms.
            if section == Section::Body && term.kind == TermKind::Scaled {
                registers.b = self.in_lanes(term.b);
            }
            self.code.terms.push(registers);
        }
        self.terms = terms;
        let instruction = match self.code.terms[start..] {
            [c, product] if fused && c.is_single_number() && product.is_product() => {
                self.code.terms.truncate(start);
                Instruction::MulAdd { product, c: c.a, out }
            }
            _ => Instruction::Sum { terms: TermRange::to_end(start, &self.code.terms), out, fused },
        };
        self.push(section, instruction);
    }

    fn emit_operation(&mut self, section: Section, op: Op, operands: [NodeIndex; 3], exponent: i32, k: NodeIndex) {
        let kernel = op.kernel().filter(|_| !self.exact[k.index()] || op.kernel_is_exact());
        let takes_uniforms = kernel.is_some() && op.takes_uniforms();
        // At least one operand must be in a slot.
        let keeps_uniforms = section != Section::Body
            || takes_uniforms && operands.iter().any(|&operand| self.section(operand) == Section::Body);
        let mut arg = |operand| if keeps_uniforms { self.register(operand) } else { self.in_lanes(operand) };
        let args = [arg(operands[0]), arg(operands[1]), arg(operands[2])];
        let out = Register::node(k);
        self.push(
            section,
            match kernel {
                Some(kernel) => Instruction::Kernel { op, kernel, args, exponent, out },
                None => Instruction::PerLane { op, args, exponent, out },
            },
        );
    }
}
