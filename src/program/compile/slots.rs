//! Assigns slots: every node of the body has one for as long as it is needed.

use super::compiler::Compiler;
use super::instructions::{Bytecode, Instruction, Place, Register, Section, Slot, Term, TermRange};
use crate::program::options::Optimization;

/// Replaces the registers of all instructions by places.
pub(super) fn assign<T>(compiler: Compiler<'_, T>) -> Bytecode<T> {
    let Compiler { graph, options, sections, uniforms, code, .. } = compiler;
    let nodes = graph.nodes.len();
    // Nodes of the body, and copies.
    let is_in_slot =
        |register: Register| sections.get(register.index()).is_none_or(|&section| section == Section::Body);
    let (slots, count) = slots(&code, 2 * nodes, is_in_slot, options.has(Optimization::Reuse));
    let uniform = |register: Register| uniforms[register.index()].expect("nodes outside of the body are uniforms");
    let in_body = |register: Register| {
        if is_in_slot(register) {
            Place::from(slots[register.index()].expect("what is read was written before"))
        } else {
            Place::from(uniform(register))
        }
    };
    // The slots of the prologue and the epilogue are the uniforms.
    let outside = |register: Register| Place::from(Slot::new(uniform(register).index()));
    let mut terms = Vec::with_capacity(code.terms.len());
    Bytecode {
        prologue: renamed(code.prologue, &code.terms, &mut terms, outside),
        body: renamed(code.body, &code.terms, &mut terms, in_body),
        epilogue: renamed(code.epilogue, &code.terms, &mut terms, outside),
        terms,
        customs: code.customs,
        guards: code.guards.into_iter().map(|guard| guard.map(|register| Place::from(uniform(register)))).collect(),
        one_row: code.one_row,
        slots: count,
        uniforms: code.uniforms,
        parameters: code.parameters,
        totals: code.totals,
        outputs: code.outputs,
        of_sum: code.of_sum,
        has_guards: code.has_guards,
        zero_wins: code.zero_wins,
        always_careful: code.always_careful,
        leaves_out_kept: code.leaves_out_kept,
    }
}

/// The slot of each register of the body, and the number of slots.
fn slots<T>(
    code: &Bytecode<T, Register>,
    registers: usize,
    is_in_slot: impl Fn(Register) -> bool,
    reuses: bool,
) -> (Vec<Option<Slot>>, usize) {
    // The last instruction that reads each register.
    let mut last = vec![0; registers];
    for (at, instruction) in code.body.iter().enumerate() {
        instruction.visit_operands(&code.terms, |register| last[register.index()] = at);
    }
    let (mut free, mut count, mut slots) = (Vec::new(), 0, vec![None; registers]);
    for (at, instruction) in code.body.iter().enumerate() {
        // An operand that is no longer needed makes room for the result.
        if reuses {
            instruction.visit_operands(&code.terms, |register| {
                if last[register.index()] == at
                    && is_in_slot(register)
                    && let Some(slot) = slots[register.index()]
                {
                    free.push(slot);
                    last[register.index()] = usize::MAX;
                }
            });
        }
        for out in instruction.outs() {
            slots[out.index()].get_or_insert_with(|| {
                free.pop().unwrap_or_else(|| {
                    count += 1;
                    Slot::new(count - 1)
                })
            });
        }
        // The slot of a result that is never read is free at once.
        if reuses {
            for out in instruction.outs() {
                if last[out.index()] <= at {
                    free.extend(slots[out.index()]);
                    last[out.index()] = usize::MAX;
                }
            }
        }
    }
    (slots, count)
}

/// The instructions with places for registers. Their terms are added to `terms`.
fn renamed(
    instructions: Vec<Instruction<Register>>,
    old_terms: &[Term<Register>],
    terms: &mut Vec<Term>,
    place: impl Fn(Register) -> Place,
) -> Vec<Instruction> {
    let renamed = |instruction: Instruction<Register>| {
        let mut renamed = instruction.map(&place);
        if let Instruction::Sum { terms: range, .. }
        | Instruction::Custom { terms: range, .. }
        | Instruction::Reduce { terms: range } = &mut renamed
        {
            let start = terms.len();
            terms.extend(range.of(old_terms).iter().map(|term| term.map(&place)));
            *range = TermRange::to_end(start, terms);
        }
        renamed
    };
    instructions.into_iter().map(renamed).collect()
}
