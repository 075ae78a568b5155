//! Adjoints: the derivatives of an output by the nodes of a tape.

use std::marker::PhantomData;

use crate::dual::is_tapeless;
use crate::scalar::Scalar;

/// The adjoints of the first nodes of a tape, and memory for [`Reached`].
#[derive(Clone)]
pub(crate) struct Adjoints<T> {
    pub(crate) numbers: Vec<T>,
    marks: Vec<bool>,
    /// After a sweep that kept the adjoints of variables alone, how many these are. All later numbers are 0.
    variables: Option<usize>,
}

/// The adjoints that are wanted after a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    All,
    /// Those of the variables at the start of the tape. The sweep makes the others 0 when it has used them, while they
    /// are in the cache, so that the next sweep finds them so.
    Variables,
}

/// The nodes that the output depends on, as far as the sweep has come.
///
/// For [numbers without tapes](is_tapeless), these may be all: a node with the adjoint 0 adds 0 to others. If the
/// numbers are values of inner tapes, the sum would mix two inner tapes that the output does not mix, and the adjoint 0
/// alone does not say that a node has no influence, because a number 0 may have derivatives.
pub(crate) struct Reached<'a, T> {
    /// Empty for numbers without tapes.
    marks: &'a mut [bool],
    number: PhantomData<T>,
}

impl<T> Adjoints<T> {
    pub(crate) const fn new() -> Self {
        Self { numbers: Vec::new(), marks: Vec::new(), variables: None }
    }
}

impl<T: Scalar> Adjoints<T> {
    /// Forgets all and makes as many adjoints, all 0, of nodes that are not reached. Returns whether there is memory.
    pub(crate) fn start(&mut self, nodes: usize) -> bool {
        match self.variables.take().filter(|_| nodes <= self.numbers.capacity()) {
            Some(variables) => {
                self.numbers.truncate(nodes);
                self.numbers.iter_mut().take(variables).for_each(|adjoint| *adjoint = T::zero());
            }
            None => self.numbers.clear(),
        }
        self.marks.clear();
        let marks = if is_tapeless::<T>() { 0 } else { nodes };
        let reserved =
            self.numbers.try_reserve_exact(nodes - self.numbers.len()).and(self.marks.try_reserve_exact(marks));
        if reserved.is_ok() {
            self.numbers.resize(nodes, T::zero());
            self.marks.resize(marks, false);
        }
        reserved.is_ok()
    }

    /// A sweep is over that kept these adjoints.
    pub(crate) fn finish(&mut self, kept: Kept, variables: usize) {
        self.variables = (kept == Kept::Variables).then_some(variables);
    }

    pub(crate) fn parts(&mut self) -> (&mut [T], Reached<'_, T>) {
        (&mut self.numbers, Reached { marks: &mut self.marks, number: PhantomData })
    }
}

impl<T: Scalar> Reached<'_, T> {
    #[inline(always)]
    pub(crate) fn has(&self, node: usize) -> bool {
        is_tapeless::<T>() || self.marks[node]
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, node: usize) {
        if !is_tapeless::<T>() {
            self.marks[node] = true;
        }
    }

    /// Those of the nodes before `node`, and whether this one is reached.
    #[inline(always)]
    pub(crate) fn split_at(&mut self, node: usize) -> (Reached<'_, T>, bool) {
        let (marks, later) = self.marks.split_at_mut(if is_tapeless::<T>() { 0 } else { node });
        (Reached { marks, number: PhantomData }, is_tapeless::<T>() || later[0])
    }
}
