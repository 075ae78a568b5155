//! Sorts the body of a program into batches for a single row.
//!
//! Many rows share the dispatch of an instruction, and fill the lanes. A single row does neither. But most programs
//! have many operations of one kind that do not depend on each other: the neurons of a layer, the terms of a sum. These
//! become a batch.

use std::collections::HashMap;

use super::batches::{Batch, Batches, Column, Kind, Operand};
use super::instructions::{Bytecode, Instruction, Place, Term, TermKind};
use crate::ops::index::checked_u32;

/// How many instructions are sorted together: their numbers stay in the first cache.
const WINDOW: usize = 2048;

impl<T> Bytecode<T> {
    /// The body for a single row.
    pub(crate) fn batches(&self) -> &Batches {
        self.one_row.get_or_init(|| batched(self))
    }
}

fn batched<T>(code: &Bytecode<T>) -> Batches {
    let is_load = |instruction: &&Instruction| matches!(instruction, Instruction::Load { .. });
    let inputs = code.body.iter().filter(is_load).count();
    let first = Batches::UNIFORMS + code.uniforms.len() + inputs;
    let mut batching = Batching {
        terms: &code.terms,
        first_input: Batches::UNIFORMS + code.uniforms.len(),
        in_slots: vec![Operand::ONE; code.slots],
        places: Vec::with_capacity(code.body.len()),
        window: Vec::with_capacity(WINDOW),
        levels: Vec::with_capacity(2 * WINDOW),
        window_operands: Vec::new(),
        kinds: HashMap::new(),
        made: Batches { first_result: first, numbers: first, inputs: Vec::with_capacity(inputs), ..Batches::default() },
    };
    for instruction in &code.body {
        batching.push(instruction);
        if batching.window.len() == WINDOW {
            batching.sort_window();
        }
    }
    batching.sort_window();
    batching.finish()
}

/// An instruction of the window.
struct Pending {
    /// How many instructions of the window must run before this one, one after the other.
    level: u32,
    /// The index of the kind.
    kind: u32,
    /// The first of its operands among those of the window.
    first_operand: u32,
    /// The first of its results, in the order of the bytecode.
    result: u32,
}

struct Batching<'c> {
    terms: &'c [Term],
    first_input: usize,
    /// The number that each slot holds at present. Results are numbered as in the bytecode, until `places` are known.
    in_slots: Vec<Operand>,
    /// The place of each result.
    places: Vec<Operand>,
    window: Vec<Pending>,
    /// The level of each result of the window.
    levels: Vec<u32>,
    window_operands: Vec<Operand>,
    /// The index of each kind and number of operands.
    kinds: HashMap<(Kind, u32), u32>,
    made: Batches,
}

impl Batching<'_> {
    fn number(&self, place: Place) -> Operand {
        if place.is_uniform() {
            Operand::new(checked_u32(Batches::UNIFORMS + place.index()))
        } else {
            self.in_slots[place.index()]
        }
    }

    /// The factors of a term. That of a single number is one.
    fn factors(&self, term: &Term) -> [Operand; 2] {
        let b = match term.kind {
            TermKind::Scaled | TermKind::Product => self.number(term.b),
            TermKind::Lanes | TermKind::Uniform => Operand::ONE,
        };
        [self.number(term.a).with_flag(term.negative), b.with_flag(term.zero_wins)]
    }

    fn push(&mut self, instruction: &Instruction) {
        let start = self.window_operands.len();
        let kind = match *instruction {
            Instruction::Load { input, out } => {
                let place = self.first_input + self.made.inputs.len();
                self.made.inputs.push(input);
                self.in_slots[out.index()] = Operand::new(checked_u32(place));
                return;
            }
            Instruction::Splat { a, out } => {
                self.in_slots[out.index()] = Operand::new(checked_u32(Batches::UNIFORMS + a.index()));
                return;
            }
            Instruction::Store { column, a, checks } => {
                self.made.columns.push(Column { output: column, number: self.number(a), checks });
                return;
            }
            Instruction::Guard(guard) => return self.made.guards.push(guard.map(|place| self.number(place))),
            Instruction::Reduce { terms } => {
                let totals = terms.of(self.terms).iter().map(|term| self.factors(term)).collect();
                self.made.totals = totals;
                return;
            }
            Instruction::Count { .. } => unreachable!("rows are counted behind them"),
            Instruction::Kernel { op, kernel, args, exponent, .. } => {
                self.push_operands(op.arity(), args);
                Kind::Kernel { op, kernel, exponent }
            }
            Instruction::PerLane { op, args, exponent, .. } => {
                self.push_operands(op.arity(), args);
                Kind::Plain { op, exponent }
            }
            Instruction::Pair { pair, a, .. } => {
                self.window_operands.push(self.number(a));
                Kind::Pair(pair)
            }
            Instruction::MulAdd { ref product, c, .. } => {
                let [a, b] = self.factors(product);
                self.window_operands.extend([a, b, self.number(c)]);
                Kind::MulAdd
            }
            Instruction::Sum { terms, fused, .. } => {
                for term in terms.of(self.terms) {
                    let factors = self.factors(term);
                    self.window_operands.extend(factors);
                }
                Kind::Sum { fused }
            }
            Instruction::Custom { index, terms, .. } => {
                for term in terms.of(self.terms) {
                    let operand = self.number(term.a);
                    self.window_operands.push(operand);
                }
                Kind::Custom { index }
            }
        };
        self.push_pending(kind, start, instruction);
    }

    fn push_operands(&mut self, arity: Option<usize>, args: [Place; 3]) {
        for &arg in &args[..arity.expect("lists are sums and products")] {
            let operand = self.number(arg);
            self.window_operands.push(operand);
        }
    }

    fn push_pending(&mut self, kind: Kind, start: usize, instruction: &Instruction) {
        let operands = &self.window_operands[start..];
        let before = self.made.first_result + self.places.len();
        let level = |operand: &Operand| operand.index().checked_sub(before).map_or(0, |result| self.levels[result] + 1);
        let level = operands.iter().map(level).max().unwrap_or(0);
        let operands = checked_u32(operands.len());
        let kinds = &mut self.made.kinds;
        let next = checked_u32(kinds.len());
        let kind = *self.kinds.entry((kind, operands)).or_insert_with_key(|&kind| {
            kinds.push(kind);
            next
        });
        let result = checked_u32(self.levels.len());
        for out in instruction.outs() {
            self.in_slots[out.index()] = Operand::new(checked_u32(before + self.levels.len()));
            self.levels.push(level);
        }
        self.window.push(Pending { level, kind, first_operand: checked_u32(start), result });
    }

    /// The place of a number. (Those of the inputs are known from the beginning.)
    fn placed(&self, operand: Operand) -> Operand {
        match operand.index().checked_sub(self.made.first_result) {
            None => operand,
            Some(result) => self.places[result].with_flag(operand.has_flag()),
        }
    }

    /// Makes batches of the window.
    fn sort_window(&mut self) {
        let mut window = std::mem::take(&mut self.window);
        window.sort_unstable_by_key(|pending| (pending.level, pending.kind, pending.result));
        let before = self.places.len();
        self.places.resize(before + self.levels.len(), Operand::ONE);
        for batch in window.chunk_by(|a, b| (a.level, a.kind) == (b.level, b.kind)) {
            let (kind, width) = self.made.kinds[batch[0].kind as usize];
            for (k, pending) in batch.iter().enumerate() {
                for result in 0..kind.results() {
                    let place = Operand::new(checked_u32(self.made.numbers + result * batch.len() + k));
                    self.places[before + pending.result as usize + result] = place;
                }
                let operands = &self.window_operands[pending.first_operand as usize..][..width as usize];
                for &operand in operands {
                    let operand = self.placed(operand);
                    self.made.operands.push(operand);
                }
            }
            self.made.numbers += kind.results() * batch.len();
            self.made.list.push(Batch { kind: batch[0].kind, count: checked_u32(batch.len()) });
        }
        window.clear();
        self.window = window;
        self.levels.clear();
        self.window_operands.clear();
    }

    fn finish(self) -> Batches {
        let guards = self.made.guards.iter().map(|guard| guard.map(|operand| self.placed(operand))).collect();
        let totals = self.made.totals.iter().map(|factors| factors.map(|operand| self.placed(operand))).collect();
        let placed = |column: &Column| Column { number: self.placed(column.number), ..*column };
        let columns = self.made.columns.iter().map(placed).collect();
        Batches { guards, columns, totals, ..self.made }
    }
}
