//! Detection of sparsity patterns: a number that knows the inputs it depends on, by operations and not by values.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;

use crate::number::calculus::Calculus;
use crate::number::methods::sums_in_pairs;
use crate::number::stamp::{implement, inlined, number};
use crate::ops::call::Call;
pub(crate) use crate::ops::kind::Dependence;
use crate::ops::kind::{DEPENDENCE, Join};
use crate::scalar::Scalar;
use crate::sparse::Sparsity;
use crate::sparse::pattern::{Local, Rows};

const CONSTANT: u32 = 0;
/// A detached number: it contributes no dependence, but reading it makes the pattern local.
const DETACHED: u32 = u32::MAX;

#[derive(Default)]
struct DependenceGraph {
    /// The number of inputs. They are the nodes from 1 on.
    inputs: u32,
    /// The operands of the nodes behind the inputs.
    joins: Vec<[u32; 2]>,
}

thread_local! {
    static GRAPH: RefCell<DependenceGraph> = RefCell::default();
    /// Where the computation has first read the data of a number that depends on inputs.
    static DATA_READ: Cell<Option<Local>> = const { Cell::new(None) };
}

/// The inputs that each result of `f` at `x` depends on. If `f` reads a number, for example by a comparison, the
/// pattern is local: it holds for this path of `f` only.
pub(crate) fn dependences<T: Scalar>(x: &[T], f: impl FnOnce(&[Dependence<T>]) -> Vec<Dependence<T>>) -> Sparsity {
    /// Restores the graph of an outer detection, even if `f` panics.
    struct Restore(DependenceGraph, Option<Local>, Option<(TypeId, Join)>);
    impl Drop for Restore {
        fn drop(&mut self) {
            GRAPH.replace(std::mem::take(&mut self.0));
            DATA_READ.set(self.1);
            DEPENDENCE.set(self.2);
        }
    }
    let inputs = u32::try_from(x.len()).ok().filter(|&inputs| inputs < u32::MAX);
    let inputs = inputs.expect("a pattern has fewer than 2^32 - 1 columns: split the inputs");
    let _restore = Restore(
        GRAPH.replace(DependenceGraph { inputs, joins: Vec::new() }),
        DATA_READ.take(),
        DEPENDENCE.replace(Some((TypeId::of::<Dependence<T>>(), join::<T>))),
    );
    let x: Vec<_> = (1..).zip(x).map(|(node, &data)| Dependence { data, node }).collect();
    let y = f(&x);
    let nodes: Vec<_> = y.iter().map(|y| y.node).collect();
    GRAPH.take().pattern(&nodes).with(DATA_READ.get())
}

/// Makes the first number depend on the inputs of the second, too.
fn join<T: Scalar>(y: &mut dyn Any, x: &dyn Any) {
    let (Some(y), Some(x)) = (y.downcast_mut::<Dependence<T>>(), x.downcast_ref()) else { return };
    *y = Dependence::depends_on_both(y.data, *y, *x);
}

impl DependenceGraph {
    fn join(&mut self, a: u32, b: u32) -> u32 {
        let includes = |whole: u32, part: u32| {
            whole == part
                || part == CONSTANT
                || (part == DETACHED && whole != CONSTANT)
                || self.operands(whole).is_some_and(|operands| operands.contains(&part))
        };
        if includes(a, b) {
            a
        } else if includes(b, a) {
            b
        } else {
            self.joins.push([a, b]);
            let node = u32::try_from(self.inputs as usize + self.joins.len()).ok().filter(|&node| node != DETACHED);
            node.expect("a pattern is found among fewer than 2^32 - 1 joins: split the function")
        }
    }

    fn operands(&self, node: u32) -> Option<&[u32; 2]> {
        self.joins.get((node as usize).checked_sub(1 + self.inputs as usize)?)
    }

    /// The inputs that can be reached from each node.
    fn pattern(&self, nodes: &[u32]) -> Sparsity {
        // The last row that visited each node. Constants are not visited.
        let mut visited = vec![0; 1 + self.inputs as usize + self.joins.len()];
        let mut pending = Vec::new();
        let mut rows = Rows::new();
        for (row, &node) in (1_u32..).zip(nodes) {
            pending.push(node);
            let reach = |reached: &mut Vec<usize>| {
                while let Some(node) = pending.pop() {
                    let is_input_or_join = node != CONSTANT && node != DETACHED;
                    if !is_input_or_join || std::mem::replace(&mut visited[node as usize], row) == row {
                        continue;
                    }
                    match self.operands(node) {
                        Some(operands) => pending.extend(operands),
                        None => reached.push(node as usize - 1),
                    }
                }
            };
            rows.add(reach, self.inputs as usize);
        }
        rows.finish(self.inputs as usize)
    }
}

impl<T: Scalar> Dependence<T> {
    #[inline]
    pub(crate) fn constant(data: T) -> Self {
        Self { data, node: CONSTANT }
    }

    /// The number. The function has read it, so the pattern becomes local.
    #[track_caller]
    pub(crate) fn data(self) -> T {
        if self.node != CONSTANT {
            // Who prints the number is unknown: a formatter comes in between.
            let reader = Some(Location::caller()).filter(|line| line.file() != file!());
            DATA_READ.set(DATA_READ.get().or(Some(Local(reader))));
        }
        self.data
    }

    /// The same number, detached: it contributes no dependence, but reading it makes the pattern local.
    pub(crate) fn detach(self) -> Self {
        Self { node: if self.node == CONSTANT { CONSTANT } else { DETACHED }, ..self }
    }

    fn depends_on_both(data: T, a: Self, b: Self) -> Self {
        Self { data, node: GRAPH.with_borrow_mut(|graph| graph.join(a.node, b.node)) }
    }
}

impl<T: Scalar> Calculus<T> for Dependence<T> {
    fn number(self) -> T {
        self.data
    }

    fn chain(self, data: T, _: T, _: impl FnOnce() -> Call) -> Self {
        Self { data, ..self }
    }

    fn is_fixed(&self) -> bool {
        self.node == CONSTANT
    }

    fn join(data: T, a: Self, b: Self, _: impl FnOnce() -> T, _: impl FnOnce() -> T, _: impl FnOnce() -> Call) -> Self {
        Self::depends_on_both(data, a, b)
    }
}

sums_in_pairs! { [T: Scalar] Dependence<T> }
number! { calculus [T: Scalar] Dependence<T>; [] Dependence<f32>, Dependence<f64>; "" }

impl<T: Scalar + fmt::Debug> fmt::Debug for Dependence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data().fmt(f)
    }
}
