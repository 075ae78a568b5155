//! Instructions, and the places of the numbers that they read and write.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use super::batches::Batches;
use super::classes::{Kernel, Pair};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::Op;
use crate::program::graph::Guard;
use crate::program::graph::custom::Custom;

/// The index of a number for each row of a block, plus one: so an `Option` of it has no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(NonZeroU32);

/// The index of a number that all rows share, plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uniform(NonZeroU32);

/// A slot, or with the highest bit set a uniform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u32);

/// What an instruction reads or writes before places are assigned: a node, or the copy of a node in all lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Register(u32);

impl Slot {
    #[inline]
    #[track_caller]
    pub(crate) fn new(index: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(checked_index(index)))
    }
}

impl Uniform {
    #[inline]
    #[track_caller]
    pub(crate) fn new(index: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(checked_index(index)))
    }

    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Place {
    const UNIFORM: u32 = 1 << 31;

    #[inline(always)]
    pub(crate) fn is_uniform(self) -> bool {
        self.0 & Self::UNIFORM != 0
    }

    /// The index among the slots, or among the uniforms.
    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        (self.0 & !Self::UNIFORM) as usize
    }
}

impl From<Slot> for Place {
    #[inline]
    fn from(slot: Slot) -> Self {
        Self(slot.0.get() - 1)
    }
}

impl From<Uniform> for Place {
    #[inline]
    fn from(uniform: Uniform) -> Self {
        Self((uniform.0.get() - 1) | Self::UNIFORM)
    }
}

impl Register {
    #[inline]
    pub(super) fn node(node: NodeIndex) -> Self {
        Self(checked_index(node.index()))
    }

    /// The copies have the indices behind the `nodes`.
    #[inline]
    pub(super) fn copy_in_lanes(node: NodeIndex, nodes: usize) -> Self {
        Self(checked_index(nodes + node.index()))
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

#[inline]
#[track_caller]
fn checked_index(index: usize) -> u32 {
    let index = checked_u32(index);
    assert!(index < Place::UNIFORM, "a program that is run has room for 2^30 operations; record a smaller part");
    index
}

/// What a term of a sum is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TermKind {
    /// A uniform `a` times a slot `b`.
    Scaled,
    /// A slot `a` times a slot `b`.
    Product,
    /// A slot `a`.
    Lanes,
    /// A uniform `a`.
    Uniform,
}

/// A term of a sum: `± a b`, or `± a`. Then `b` is `a`, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term<P = Place> {
    pub(crate) kind: TermKind,
    pub(crate) negative: bool,
    /// Whether `0 · ∞` is 0 in this product.
    pub(crate) zero_wins: bool,
    pub(crate) a: P,
    pub(crate) b: P,
}

impl<P> Term<P> {
    pub(super) fn is_product(&self) -> bool {
        matches!(self.kind, TermKind::Product | TermKind::Scaled)
    }

    /// Whether the term is a number as it is, without a factor or a sign.
    pub(super) fn is_single_number(&self) -> bool {
        !self.is_product() && !self.negative
    }

    #[inline]
    pub(super) fn map<Q>(self, place: impl Fn(P) -> Q) -> Term<Q> {
        let Self { kind, negative, zero_wins, a, b } = self;
        Term { kind, negative, zero_wins, a: place(a), b: place(b) }
    }
}

/// A range of the terms of a program.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TermRange {
    start: u32,
    len: u32,
}

impl TermRange {
    /// The range from `start` to the end of the terms.
    #[inline]
    pub(super) fn to_end<P>(start: usize, terms: &[P]) -> Self {
        Self { start: checked_u32(start), len: checked_u32(terms.len() - start) }
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The terms of the range.
    #[inline]
    pub(crate) fn of<P>(self, terms: &[P]) -> &[P] {
        &terms[self.start as usize..][..self.len as usize]
    }
}

/// One step of the interpreter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instruction<P = Place> {
    /// Reads an input of the rows.
    Load { input: u32, out: P },
    /// Copies a uniform to all lanes.
    Splat { a: P, out: P },
    /// Multiplies a uniform by the number of rows.
    Count { a: P, out: P },
    /// An operation that has a kernel. Operands are uniforms only where the operation
    /// [takes uniforms](Op::takes_uniforms).
    Kernel { op: Op, kernel: Kernel, args: [P; 3], exponent: i32, out: P },
    /// Any operation, computed lane by lane as the plain float computes it.
    PerLane { op: Op, args: [P; 3], exponent: i32, out: P },
    /// A function and its derivative.
    Pair { pair: Pair, a: P, outs: [P; 2] },
    /// `c` and a product, fused.
    MulAdd { product: Term<P>, c: P, out: P },
    /// The sum of a range of terms, in order. Products are fused if that is allowed.
    Sum { terms: TermRange, out: P, fused: bool },
    /// An operation of the user's own, of this index, on the first operands of a range of terms.
    Custom { index: u32, terms: TermRange, out: P },
    /// Adds the terms of a range to the totals, one to each.
    Reduce { terms: TermRange },
    /// A comparison that must have its recorded outcome.
    Guard(Guard<P>),
    /// Writes a column of the results. With `checks` it notes a NaN, which may come from a product where 0 must win.
    Store { column: u32, a: P, checks: bool },
}

impl<P: Copy> Instruction<P> {
    /// Calls `see` with every register that the instruction reads, but for uniforms that it copies.
    #[inline]
    pub(super) fn visit_operands(&self, terms: &[Term<P>], see: impl FnMut(P)) {
        match *self {
            Self::Kernel { args, .. } | Self::PerLane { args, .. } => args.into_iter().for_each(see),
            Self::MulAdd { product, c, .. } => [product.a, product.b, c].into_iter().for_each(see),
            Self::Pair { a, .. } | Self::Store { a, .. } => [a].into_iter().for_each(see),
            Self::Guard(guard) => guard.operands.into_iter().for_each(see),
            Self::Sum { terms: range, .. } | Self::Custom { terms: range, .. } | Self::Reduce { terms: range } => {
                range.of(terms).iter().flat_map(|term| [term.a, term.b]).for_each(see);
            }
            Self::Load { .. } | Self::Splat { .. } | Self::Count { .. } => {}
        }
    }

    /// What the instruction writes.
    pub(super) fn outs(&self) -> impl Iterator<Item = P> + use<P> {
        let outs = match *self {
            Self::Load { out, .. }
            | Self::Splat { out, .. }
            | Self::Count { out, .. }
            | Self::Kernel { out, .. }
            | Self::PerLane { out, .. }
            | Self::MulAdd { out, .. }
            | Self::Sum { out, .. }
            | Self::Custom { out, .. } => [Some(out), None],
            Self::Pair { outs: [y, z], .. } => [Some(y), Some(z)],
            Self::Reduce { .. } | Self::Guard(_) | Self::Store { .. } => [None; 2],
        };
        outs.into_iter().flatten()
    }

    /// The instruction on other places. (Not by `map` of arrays, which is not always inlined.)
    #[inline]
    pub(super) fn map<Q>(self, place: impl Fn(P) -> Q) -> Instruction<Q> {
        match self {
            Self::Load { input, out } => Instruction::Load { input, out: place(out) },
            Self::Splat { a, out } => Instruction::Splat { a: place(a), out: place(out) },
            Self::Count { a, out } => Instruction::Count { a: place(a), out: place(out) },
            Self::Kernel { op, kernel, args: [a, b, c], exponent, out } => {
                Instruction::Kernel { op, kernel, args: [place(a), place(b), place(c)], exponent, out: place(out) }
            }
            Self::PerLane { op, args: [a, b, c], exponent, out } => {
                Instruction::PerLane { op, args: [place(a), place(b), place(c)], exponent, out: place(out) }
            }
            Self::Pair { pair, a, outs: [y, z] } => Instruction::Pair { pair, a: place(a), outs: [place(y), place(z)] },
            Self::MulAdd { product, c, out } => {
                Instruction::MulAdd { product: product.map(&place), c: place(c), out: place(out) }
            }
            Self::Sum { terms, out, fused } => Instruction::Sum { terms, out: place(out), fused },
            Self::Custom { index, terms, out } => Instruction::Custom { index, terms, out: place(out) },
            Self::Reduce { terms } => Instruction::Reduce { terms },
            Self::Guard(guard) => Instruction::Guard(guard.map(place)),
            Self::Store { column, a, checks } => Instruction::Store { column, a: place(a), checks },
        }
    }
}

/// A compiled program. The compiler makes it of [`Register`]s, which then become [`Place`]s.
#[allow(clippy::struct_excessive_bools, reason = "they are independent")]
#[derive(Clone, Debug)]
pub(crate) struct Bytecode<T, P = Place> {
    /// The uniforms. Constants have their numbers; the others are computed.
    pub(crate) uniforms: Vec<T>,
    /// The parameters that are used, and the uniform that each is copied to.
    pub(crate) parameters: Vec<(u32, Uniform)>,
    /// Runs once before the rows. The slots of the prologue and the epilogue are the uniforms.
    pub(crate) prologue: Vec<Instruction<P>>,
    /// Runs for the rows.
    pub(crate) body: Vec<Instruction<P>>,
    /// Runs once after the rows.
    pub(crate) epilogue: Vec<Instruction<P>>,
    /// The terms of all sums.
    pub(crate) terms: Vec<Term<P>>,
    /// The operations of the user's own.
    pub(crate) customs: Vec<Custom<T>>,
    /// The guards among uniforms.
    pub(crate) guards: Vec<Guard<P>>,
    /// The uniform that each sum over rows is written to.
    pub(crate) totals: Vec<Uniform>,
    /// The body for a single row, made when it is first needed.
    pub(crate) one_row: OnceLock<Batches>,
    /// How many slots the body needs.
    pub(crate) slots: usize,
    /// The uniform of each output that is the same for all rows.
    pub(crate) outputs: Vec<Option<Uniform>>,
    /// Whether outputs that are the same for all rows are totals, and no columns.
    pub(crate) of_sum: bool,
    /// Whether the program has guards.
    pub(crate) has_guards: bool,
    /// Contains products where 0 · ∞ is 0. Run fast; redo carefully if a result is NaN.
    pub(crate) zero_wins: bool,
    /// An operation or guard may swallow that NaN, or the numbers are those of a tape: always run carefully.
    pub(crate) always_careful: bool,
    /// The derivatives of those products are computed as if no zero had won. Run the careful bytecode if a result is
    /// not finite.
    pub(crate) leaves_out_kept: bool,
}

impl<T, P> Bytecode<T, P> {
    /// How many results a row has.
    pub(crate) fn width(&self) -> usize {
        if self.of_sum { self.outputs.iter().filter(|uniform| uniform.is_none()).count() } else { self.outputs.len() }
    }

    /// Where each output is found.
    pub(crate) fn places(&self) -> impl Iterator<Item = ResultPlace> + Clone {
        let [mut totals, mut columns] = [0, 0];
        self.outputs.iter().map(move |uniform| {
            let is_total = self.of_sum && uniform.is_some();
            let next = if is_total { &mut totals } else { &mut columns };
            *next += 1;
            if is_total { ResultPlace::Total(*next - 1) } else { ResultPlace::Column(*next - 1) }
        })
    }

    /// The values of `zero_wins` with which the body is run until no result is NaN.
    pub(crate) fn fast_then_careful(&self) -> [bool; 2] {
        [self.always_careful, true]
    }

    /// The instructions of prologue, body and epilogue.
    pub(crate) fn sections(&self) -> [&[Instruction<P>]; 3] {
        [&self.prologue, &self.body, &self.epilogue]
    }
}

/// Where an output is found in the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResultPlace {
    Total(usize),
    Column(usize),
}

/// When a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// Before the rows.
    Prologue,
    /// For each row.
    Body,
    /// After the rows.
    Epilogue,
}
