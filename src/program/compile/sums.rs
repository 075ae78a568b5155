//! Finds the sums that become one instruction, with products among their terms.

use num_traits::Float;

use super::compiler::Compiler;
use super::instructions::{Section, Term, TermKind, TermRange};
use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};

/// The most terms that one instruction adds: their operands are kept in slots at the same time.
const LONGEST_SUM: usize = 48;

impl<T: Float> Compiler<'_, T> {
    /// The node as a term of a sum. Nodes that are computed as a part of it are added to `parts`.
    fn term(&self, id: NodeIndex, negative: bool, section: Section, parts: &mut Vec<NodeIndex>) -> Term<NodeIndex> {
        if self.fuses(id) && self.is_inside(id, section) {
            let node = self.graph.node(id);
            let [a, b, _] = node.three_operands();
            if node.op == Op::neg {
                parts.push(id);
                return self.term(a, !negative, section, parts);
            }
            if matches!(node.op, Op::mul | Op::scale) {
                parts.push(id);
                return Term { negative, zero_wins: node.op == Op::scale, ..self.product(a, b, section) };
            }
        }
        let kind = if self.is_in_slot(id, section) { TermKind::Lanes } else { TermKind::Uniform };
        Term { kind, negative, zero_wins: false, a: id, b: id }
    }

    fn product(&self, a: NodeIndex, b: NodeIndex, section: Section) -> Term<NodeIndex> {
        let in_slots = [a, b].map(|id| self.is_in_slot(id, section));
        let kind = if in_slots == [true; 2] { TermKind::Product } else { TermKind::Scaled };
        let (a, b) = if in_slots == [true, false] { (b, a) } else { (a, b) };
        Term { kind, negative: false, zero_wins: false, a, b }
    }

    /// The terms of a sum, the last one first. Nodes that are computed as a part of it are added to `parts`.
    fn terms_of(&self, mut id: NodeIndex, terms: &mut Vec<Term<NodeIndex>>, parts: &mut Vec<NodeIndex>) {
        let section = self.section(id);
        loop {
            let node = self.graph.node(id);
            let operands = self.graph.operands(node);
            if node.op == Op::sum {
                return terms.extend(operands.iter().rev().map(|&id| self.term(id, false, section, parts)));
            }
            if node.op == Op::dot {
                let pairs = operands.chunks_exact(2).rev();
                return terms.extend(pairs.map(|pair| self.product(pair[0], pair[1], section)));
            }
            // A sum or a difference of two numbers.
            let (rest, last) = (operands[0], operands[1]);
            terms.push(self.term(last, node.op == Op::sub, section, parts));
            let is_sum = matches!(self.graph.node(rest).op, Op::add | Op::sub | Op::sum | Op::dot);
            let goes_on = is_sum && self.is_inside(rest, section) && self.fuses(rest);
            if !goes_on || terms.len() >= LONGEST_SUM {
                return terms.push(self.term(rest, false, section, parts));
            }
            parts.push(rest);
            id = rest;
        }
    }

    /// Finds sums with products among their terms, and sums over rows.
    pub(super) fn find_sums(&mut self) {
        let graph = self.graph;
        let (mut terms, mut parts) = (Vec::new(), Vec::new());
        for (k, node) in graph.indexed_nodes().rev() {
            if self.absorbed[k.index()] {
                continue;
            }
            terms.clear();
            parts.clear();
            match node.op.form() {
                Form::Total => {
                    let operand = graph.operands(node)[0];
                    if self.section(operand) == Section::Body {
                        terms.push(self.term(operand, false, Section::Body, &mut parts));
                    }
                }
                Form::Sum | Form::Dot => self.terms_of(k, &mut terms, &mut parts),
                Form::Operation if self.fuses(k) && matches!(node.op, Op::add | Op::sub) => {
                    self.terms_of(k, &mut terms, &mut parts);
                    // Two numbers have kernels of their own.
                    if terms.len() == 2 && !terms.iter().any(Term::is_product) {
                        continue;
                    }
                }
                Form::Operation | Form::Product | Form::Custom | Form::Constant | Form::Parameter | Form::Input => {
                    continue;
                }
            }
            for part in &parts {
                self.absorbed[part.index()] = true;
            }
            let start = self.terms.len();
            self.terms.extend(terms.iter().rev());
            self.sums[k.index()] = TermRange::to_end(start, &self.terms);
        }
    }
}
