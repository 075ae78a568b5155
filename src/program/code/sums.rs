//! Sums with products among their terms, each of which becomes one instruction.

use super::super::Precision;
use super::super::graph::{Id, Node, index};
use super::{Compiler, Kind, Section, Term};
use crate::ops::op::Op;

/// How many terms one instruction adds at most, so that not too many operands have to be kept for it.
const LONGEST_SUM: usize = 48;

impl<T: Precision> Compiler<'_, T> {
    /// The node as a term of a sum. What is computed as a part of it is added to `parts`.
    fn term(&self, id: Id, negative: bool, section: Section, parts: &mut Vec<Id>) -> Term {
        if self.fuses(id) && self.is_inside(id, section) {
            let Node { op, args: [a, b, _] } = *self.node(id);
            match op {
                Op::neg => {
                    parts.push(id);
                    return self.term(a, !negative, section, parts);
                }
                Op::mul | Op::scale => {
                    parts.push(id);
                    return Term { negative, zero_wins: op == Op::scale, ..self.product(a, b, section) };
                }
                _ => {}
            }
        }
        let kind = if self.is_lanes(id, section) { Kind::Lanes } else { Kind::Uniform };
        Term { kind, negative, zero_wins: false, a: id, b: id }
    }

    fn product(&self, a: Id, b: Id, section: Section) -> Term {
        let lanes = [a, b].map(|id| self.is_lanes(id, section));
        let kind = if lanes == [true; 2] { Kind::Product } else { Kind::Scaled };
        let (a, b) = if lanes == [true, false] { (b, a) } else { (a, b) };
        Term { kind, negative: false, zero_wins: false, a, b }
    }

    /// The terms of a sum, from the last on, and the nodes that are computed as parts of it.
    fn terms_of(&self, mut id: Id, terms: &mut Vec<Term>, parts: &mut Vec<Id>) {
        let section = self.section(id);
        loop {
            let node = self.node(id);
            let [a, b, _] = node.args;
            let rest = match node.op {
                Op::sum => {
                    let operands = self.graph.operands(node).iter().rev();
                    return terms.extend(operands.map(|&id| self.term(id, false, section, parts)));
                }
                Op::dot => {
                    let pairs = self.graph.operands(node).chunks_exact(2).rev();
                    return terms.extend(pairs.map(|pair| self.product(pair[0], pair[1], section)));
                }
                op => {
                    terms.push(self.term(b, op == Op::sub, section, parts));
                    a
                }
            };
            let is_sum = matches!(self.node(rest).op, Op::add | Op::sub | Op::sum | Op::dot);
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
        let (mut terms, mut parts) = (Vec::new(), Vec::new());
        for k in (0..index(self.graph.nodes.len())).rev() {
            let op = self.node(k).op;
            let is_list = matches!(op, Op::sum | Op::dot);
            let is_sum = self.fuses(k) && matches!(op, Op::add | Op::sub);
            if self.absorbed[k as usize] || !(is_list || is_sum || op == Op::total) {
                continue;
            }
            terms.clear();
            parts.clear();
            if op == Op::total {
                let a = self.node(k).args[0];
                if self.section(a) == Section::Body {
                    terms.push(self.term(a, false, Section::Body, &mut parts));
                }
            } else {
                self.terms_of(k, &mut terms, &mut parts);
                if !is_list && !terms.iter().any(|term| term.is_product()) {
                    continue;
                }
            }
            for &id in &parts {
                self.absorbed[id as usize] = true;
            }
            self.sums[k as usize] = [index(self.code.terms.len()), index(terms.len())];
            self.code.terms.extend(terms.iter().rev());
        }
    }
}
