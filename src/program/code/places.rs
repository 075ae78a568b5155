//! Slots: every node of the body has one for as long as it is needed.

use super::super::graph::Id;
use super::super::{Optimization, Precision};
use super::{Code, Compiler, Instruction, Kind, NONE, Place, Section, Term, UNIFORM};

/// Names places in the instructions, which name nodes.
pub(super) fn assign<T: Precision>(mut compiler: Compiler<'_, T>) -> Code<T> {
    let mut code = std::mem::take(&mut compiler.code);
    let count = compiler.graph.nodes.len();
    let is_lanes = |id: Id| id as usize >= count || compiler.sections[id as usize] == Section::Body;
    // The last instruction that reads each node.
    let mut last = vec![0; 2 * count];
    for (at, instruction) in code.body.iter().enumerate() {
        visit(&code, instruction, |id| last[id as usize] = at);
    }
    let reuses = compiler.options.has(Optimization::Reuse);
    let (mut free, mut slots, mut places) = (Vec::new(), 0, vec![NONE; 2 * count]);
    for (at, instruction) in code.body.iter().enumerate() {
        // An operand that is no longer needed makes room for the result.
        if reuses {
            visit(&code, instruction, |id| {
                if last[id as usize] == at && is_lanes(id) && places[id as usize] != NONE {
                    free.push(places[id as usize]);
                    last[id as usize] = usize::MAX;
                }
            });
        }
        for out in outs(instruction) {
            if places[out as usize] == NONE {
                places[out as usize] = free.pop().unwrap_or_else(|| {
                    slots += 1;
                    slots - 1
                });
            }
        }
        // What nobody reads is free again at once.
        if reuses {
            for out in outs(instruction) {
                if last[out as usize] <= at {
                    free.push(places[out as usize]);
                    last[out as usize] = usize::MAX;
                }
            }
        }
    }
    let uniforms = &compiler.uniforms;
    let in_body = |id: Id| if is_lanes(id) { places[id as usize] } else { UNIFORM | uniforms[id as usize] };
    let outside = |id: Id| uniforms[id as usize];
    for instruction in &mut code.body {
        if let Instruction::Sum { start, len, .. } | Instruction::Reduce { start, len } = *instruction {
            code.terms[start as usize..][..len as usize].iter_mut().for_each(|term| rename_term(term, in_body));
        }
        rename(instruction, in_body);
    }
    for instruction in code.prologue.iter_mut().chain(&mut code.epilogue) {
        if let Instruction::Sum { start, len, .. } = *instruction {
            code.terms[start as usize..][..len as usize].iter_mut().for_each(|term| rename_term(term, outside));
        }
        rename(instruction, outside);
    }
    code.guards.iter_mut().for_each(|guard| guard.operands = guard.operands.map(outside));
    code.slots = slots as usize;
    code
}

/// Shows every node that an instruction of the body reads, and then those that it writes.
fn visit<T>(code: &Code<T>, instruction: &Instruction, mut see: impl FnMut(Id)) {
    let terms = |start: u32, len: u32| &code.terms[start as usize..][..len as usize];
    match *instruction {
        Instruction::Fast { args, .. } | Instruction::Plain { args, .. } => args.into_iter().for_each(see),
        Instruction::MulAdd { product, c, .. } => [product.a, product.b, c].into_iter().for_each(see),
        Instruction::Pair { a, .. } | Instruction::Store { a, .. } => see(a),
        Instruction::Guard { a, b, .. } => [a, b].into_iter().for_each(see),
        Instruction::Sum { start, len, .. } | Instruction::Reduce { start, len } => {
            terms(start, len).iter().flat_map(|term| [term.a, term.b]).for_each(see);
        }
        Instruction::Load { .. } | Instruction::Splat { .. } | Instruction::Count { .. } => {}
    }
}

fn outs(instruction: &Instruction) -> impl Iterator<Item = Id> {
    let outs = match *instruction {
        Instruction::Load { out, .. }
        | Instruction::Splat { out, .. }
        | Instruction::Count { out, .. }
        | Instruction::Fast { out, .. }
        | Instruction::Plain { out, .. }
        | Instruction::MulAdd { out, .. }
        | Instruction::Sum { out, .. } => [out, NONE],
        Instruction::Pair { outs, .. } => outs,
        Instruction::Reduce { .. } | Instruction::Guard { .. } | Instruction::Store { .. } => [NONE; 2],
    };
    outs.into_iter().filter(|&id| id != NONE)
}

fn rename_term(term: &mut Term, place: impl Fn(Id) -> Place) {
    // Which of the two is a uniform is known by the kind.
    (term.a, term.b) = (place(term.a) & !UNIFORM, place(term.b) & !UNIFORM);
    debug_assert!(term.kind != Kind::Uniform || term.a == term.b);
}

fn rename(instruction: &mut Instruction, place: impl Fn(Id) -> Place) {
    match instruction {
        Instruction::Load { out, .. } | Instruction::Sum { out, .. } => *out = place(*out),
        Instruction::Splat { a, out } | Instruction::Count { a, out } => (*a, *out) = (place(*a), place(*out)),
        Instruction::Fast { args, out, .. } | Instruction::Plain { args, out, .. } => {
            (*args, *out) = (args.map(&place), place(*out));
        }
        Instruction::MulAdd { product, c, out } => {
            rename_term(product, &place);
            (*c, *out) = (place(*c), place(*out));
        }
        Instruction::Pair { a, outs, .. } => (*a, *outs) = (place(*a), outs.map(&place)),
        Instruction::Guard { a, b, .. } => (*a, *b) = (place(*a), place(*b)),
        Instruction::Store { a, .. } => *a = place(*a),
        Instruction::Reduce { .. } => {}
    }
}
