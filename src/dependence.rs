//! Which inputs a number depends on: a number that remembers it, by the structure of the computation and not by values.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::fmt;

use num_traits::ToPrimitive;

use crate::methods::methods;
use crate::ops::rules;
use crate::scalar::Scalar;
use crate::sparse::Sparsity;

/// A number, and a node of the graph of this thread's [`trace`]. What a node depends on can be reached from it.
#[derive(Clone, Copy)]
pub(crate) struct Dependence<T> {
    pub(crate) data: T,
    pub(crate) node: u32,
}

const CONSTANT: u32 = 0;
/// A number of the inputs that is taken for a constant: nothing depends on it, but to look at it is to look at them.
const DETACHED: u32 = u32::MAX;

#[derive(Default)]
struct Graph {
    /// Nodes are numbered from 1 on: first the inputs.
    inputs: u32,
    /// The nodes behind them depend on two others each.
    joins: Vec<[u32; 2]>,
}

thread_local! {
    static GRAPH: RefCell<Graph> = RefCell::default();
    /// Whether the computation asked for a number that depends on inputs.
    static ASKED: Cell<bool> = const { Cell::new(false) };
    /// The type of the numbers that are traced.
    static TRACED: Cell<Option<TypeId>> = const { Cell::new(None) };
}

/// Runs `f` with inputs of the numbers `x`, and returns on which of them each of its results depends. Where `f` looked
/// at a number, by a comparison, say, that is the pattern of its path alone.
pub(crate) fn trace<T: Scalar>(x: &[T], f: impl FnOnce(&[Dependence<T>]) -> Vec<Dependence<T>>) -> Sparsity {
    /// Whatever happens in `f`, the graph of a trace around it comes back.
    struct Around(Graph, bool, Option<TypeId>);
    impl Drop for Around {
        fn drop(&mut self) {
            GRAPH.replace(std::mem::take(&mut self.0));
            ASKED.set(self.1);
            TRACED.set(self.2);
        }
    }
    let inputs = u32::try_from(x.len()).ok().filter(|&inputs| inputs < u32::MAX);
    let inputs = inputs.expect("a function has fewer than 2^32 - 1 inputs");
    let traced = TRACED.replace(Some(TypeId::of::<Dependence<T>>()));
    let _around = Around(GRAPH.replace(Graph { inputs, joins: Vec::new() }), ASKED.replace(false), traced);
    let x: Vec<_> = (1..).zip(x).map(|(node, &data)| Dependence { data, node }).collect();
    let y = f(&x);
    let graph = GRAPH.take();
    graph.pattern(y.iter().map(|y| y.node)).local(ASKED.get())
}

impl Graph {
    fn join(&mut self, a: u32, b: u32) -> u32 {
        let has = |whole: u32, part: u32| {
            whole == part
                || part == CONSTANT
                || (part == DETACHED && whole != CONSTANT)
                || self.operands(whole).is_some_and(|operands| operands.contains(&part))
        };
        if has(a, b) {
            a
        } else if has(b, a) {
            b
        } else {
            self.joins.push([a, b]);
            let node = u32::try_from(self.inputs as usize + self.joins.len()).ok().filter(|&node| node != DETACHED);
            node.expect("a function whose pattern is looked for makes fewer than 2^32 - 1 numbers")
        }
    }

    fn operands(&self, node: u32) -> Option<&[u32; 2]> {
        self.joins.get((node as usize).checked_sub(1 + self.inputs as usize)?)
    }

    /// The inputs that can be reached from each node.
    fn pattern(&self, nodes: impl Iterator<Item = u32>) -> Sparsity {
        // By which row a node was visited last. The constant is never.
        let mut visited = vec![0; 1 + self.inputs as usize + self.joins.len()];
        let mut pending = Vec::new();
        let rows = (1_u32..).zip(nodes).map(|(row, node)| {
            let mut reached = Vec::new();
            pending.push(node);
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
            reached
        });
        Sparsity::new(rows, self.inputs as usize)
    }
}

/// Whether `T` is a number that keeps all that it might depend on.
#[inline(always)]
pub(crate) fn is_traced<T: 'static>() -> bool {
    !rules::is_plain::<T>() && TRACED.get() == Some(TypeId::of::<T>())
}

/// Whether a number over `T` is one that keeps all that it might depend on, or `T` is.
#[inline(always)]
pub(crate) fn is_traced_over<Number: 'static, T: 'static>() -> bool {
    TypeId::of::<Number>() == TypeId::of::<Dependence<T>>() || is_traced::<T>()
}

impl<T: Scalar> Dependence<T> {
    #[inline]
    pub(crate) fn constant(data: T) -> Self {
        Self { data, node: CONSTANT }
    }

    /// The number, which `f` now knows.
    pub(crate) fn data(self) -> T {
        if self.node != CONSTANT {
            ASKED.set(true);
        }
        self.data
    }

    /// The same number, on which nothing depends.
    pub(crate) fn detached(self) -> Self {
        Self { node: if self.node == CONSTANT { CONSTANT } else { DETACHED }, ..self }
    }

    pub(crate) fn chain<C>(self, data: T, _partial: T, _call: C) -> Self {
        Self { data, ..self }
    }

    pub(crate) fn join<C>(data: T, a: Self, b: Self, _: impl FnOnce() -> T, _: impl FnOnce() -> T, _call: C) -> Self {
        Self { data, node: GRAPH.with_borrow_mut(|graph| graph.join(a.node, b.node)) }
    }

    pub(crate) fn meet(_: Self, _: Self) {}
}

#[allow(unreachable_pub, reason = "other numbers are public")]
impl<T: Scalar> Dependence<T> {
    crate::operations! { methods "```text" "Dependence" "" "" ["" ""] "" }
}

/// Text is a way to look at a number, too.
macro_rules! text {
    ($($Trait:ident)*) => {
        $(impl<T: Scalar + fmt::$Trait> fmt::$Trait for Dependence<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.data().fmt(f)
            }
        })*
    };
}

text! { Display Debug }

impl<T: Scalar> PartialEq for Dependence<T> {
    fn eq(&self, other: &Self) -> bool {
        self.data() == other.data()
    }
}

impl<T: Scalar> PartialEq<T> for Dependence<T> {
    fn eq(&self, other: &T) -> bool {
        self.data() == *other
    }
}

impl<T: Scalar> PartialOrd for Dependence<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.data().partial_cmp(&other.data())
    }
}

impl<T: Scalar> PartialOrd<T> for Dependence<T> {
    fn partial_cmp(&self, other: &T) -> Option<Ordering> {
        self.data().partial_cmp(other)
    }
}
