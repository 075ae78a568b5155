//! Adjoints: the derivatives of an output by the nodes of a tape.

use std::marker::PhantomData;

use crate::ops::kind::is_plain;
use crate::scalar::Scalar;

/// The adjoints of the first nodes of a tape, and memory for [`Reached`].
#[derive(Clone)]
pub(crate) struct Adjoints<T> {
    pub(crate) numbers: Vec<T>,
    marks: Vec<bool>,
}

/// The nodes that the output depends on, as far as the sweep has come.
///
/// For f32 and f64, these may be all: a node with the adjoint 0 adds 0 to others. If the numbers are values of inner
/// tapes, the sum would mix two inner tapes that the output does not mix, and the adjoint 0 alone does not say that a
/// node has no influence, because a number 0 may have derivatives.
pub(crate) struct Reached<'a, T> {
    /// Empty for f32 and f64.
    marks: &'a mut [bool],
    plain: PhantomData<T>,
}

impl<T> Adjoints<T> {
    pub(crate) const fn new() -> Self {
        Self { numbers: Vec::new(), marks: Vec::new() }
    }
}

impl<T: Scalar> Adjoints<T> {
    /// Forgets all and makes as many adjoints, all 0, of nodes that are not reached. Returns whether there is memory.
    pub(crate) fn start(&mut self, nodes: usize) -> bool {
        self.numbers.clear();
        self.marks.clear();
        let marks = if is_plain::<T>() { 0 } else { nodes };
        let reserved = self.numbers.try_reserve_exact(nodes).and(self.marks.try_reserve_exact(marks));
        if reserved.is_ok() {
            self.numbers.resize(nodes, T::zero());
            self.marks.resize(marks, false);
        }
        reserved.is_ok()
    }

    pub(crate) fn parts(&mut self) -> (&mut [T], Reached<'_, T>) {
        (&mut self.numbers, Reached { marks: &mut self.marks, plain: PhantomData })
    }
}

impl<T: Scalar> Reached<'_, T> {
    #[inline(always)]
    pub(crate) fn has(&self, node: usize) -> bool {
        is_plain::<T>() || self.marks[node]
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, node: usize) {
        if !is_plain::<T>() {
            self.marks[node] = true;
        }
    }

    /// The same marks, for a loop: the compiler need not read anew where they are.
    #[inline(always)]
    pub(crate) fn local(&mut self) -> Reached<'_, T> {
        Reached { marks: self.marks, plain: PhantomData }
    }
}
