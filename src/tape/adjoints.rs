//! Adjoints: the derivatives of an output by the nodes of a tape.

use std::marker::PhantomData;

use crate::ops::kind::is_plain;
use crate::scalar::Scalar;

/// The adjoints of the first nodes of a tape.
#[derive(Clone)]
pub(crate) struct Adjoints<T> {
    pub(crate) numbers: Vec<T>,
    pub(crate) reached: Reached<T>,
}

/// The nodes that the output depends on, as far as the sweep has come.
///
/// For f32 and f64, these may be all: a node with the adjoint 0 adds 0 to others. If the numbers are values of inner
/// tapes, the sum would mix two inner tapes that the output does not mix, and the adjoint 0 alone does not say that a
/// node has no influence, because a number 0 may have derivatives.
#[derive(Clone)]
pub(crate) struct Reached<T> {
    /// Empty for f32 and f64.
    nodes: Vec<bool>,
    plain: PhantomData<fn(T)>,
}

impl<T> Adjoints<T> {
    pub(crate) const fn new() -> Self {
        Self { numbers: Vec::new(), reached: Reached { nodes: Vec::new(), plain: PhantomData } }
    }
}

impl<T: Scalar> Adjoints<T> {
    /// Forgets all and makes as many adjoints, all 0, of nodes that are not reached. Returns whether there is memory.
    pub(crate) fn start(&mut self, nodes: usize) -> bool {
        self.numbers.clear();
        self.reached.nodes.clear();
        let marks = if is_plain::<T>() { 0 } else { nodes };
        let reserved = self.numbers.try_reserve_exact(nodes).and(self.reached.nodes.try_reserve_exact(marks));
        if reserved.is_ok() {
            self.numbers.resize(nodes, T::zero());
            self.reached.nodes.resize(marks, false);
        }
        reserved.is_ok()
    }
}

impl<T: Scalar> Reached<T> {
    #[inline(always)]
    pub(crate) fn has(&self, node: usize) -> bool {
        is_plain::<T>() || self.nodes[node]
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, node: usize) {
        if !is_plain::<T>() {
            self.nodes[node] = true;
        }
    }
}
