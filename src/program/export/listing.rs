//! Programs as text.

use std::fmt;

use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};
use crate::program::graph::{Graph, Guard, Node};
use crate::program::precision::Precision;

/// The names of the nodes of a graph: `p[0]` is a parameter, `x[0]` an input, `v0` the result of an operation.
struct Names<'g, T> {
    graph: &'g Graph<T>,
    /// How many operations come before each node.
    numbers: Vec<usize>,
}

impl<'g, T: Precision> Names<'g, T> {
    fn new(graph: &'g Graph<T>) -> Self {
        let before = |count: &mut usize, node: &Node| {
            let number = *count;
            *count += usize::from(!node.is_leaf());
            Some(number)
        };
        Self { graph, numbers: graph.nodes.iter().scan(0, before).collect() }
    }

    fn name(&self, id: NodeIndex) -> String {
        let node = self.graph.node(id);
        match node.op.form() {
            Form::Constant => format!("{:?}", self.graph.constants[node.leaf_index()]),
            Form::Parameter => format!("p[{}]", node.leaf_index()),
            Form::Input => format!("x[{}]", node.leaf_index()),
            Form::Operation | Form::Sum | Form::Product | Form::Dot | Form::Custom | Form::Total => {
                format!("v{}", self.numbers[id.index()])
            }
        }
    }

    fn names(&self, ids: &[NodeIndex]) -> String {
        ids.iter().map(|&id| self.name(id)).collect::<Vec<_>>().join(", ")
    }

    /// The formula of a node.
    fn formula(&self, node: &Node) -> String {
        let operands = self.graph.operands(node);
        if let Some(operator) = node.op.infix() {
            return format!("{} {operator} {}", self.name(operands[0]), self.name(operands[1]));
        }
        if node.op == Op::dot {
            let side = |k: usize| operands.iter().skip(k).step_by(2).copied().collect::<Vec<_>>();
            format!("dot([{}], [{}])", self.names(&side(0)), self.names(&side(1)))
        } else if node.op == Op::neg {
            format!("-{}", self.name(operands[0]))
        } else if node.op == Op::powi {
            format!("powi({}, {})", self.name(operands[0]), node.exponent())
        } else if node.op == Op::custom {
            format!("{}({})", self.graph.custom(node).name(), self.names(operands))
        } else {
            format!("{}({})", node.op.name(), self.names(operands))
        }
    }

    fn guard(&self, guard: &Guard) -> String {
        let not = if guard.outcome { "" } else { "not " };
        format!("{not}{}", self.graph.comparison(guard, |id| self.name(id)))
    }
}

/// Writes a line for each operation and each guard.
pub(crate) fn write<T: Precision>(graph: &Graph<T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let names = Names::new(graph);
    let leaves = |name: &str, count: u32| match count {
        0 => String::new(),
        1 => format!("{name}[0]"),
        count => format!("{name}[0..{count}]"),
    };
    let parameters = if graph.parameters == 0 { String::new() } else { leaves("p", graph.parameters) + "; " };
    writeln!(f, "program of {} ({parameters}{})", T::NAME, leaves("x", graph.inputs))?;
    let mut guards: Vec<(NodeIndex, &Guard)> =
        graph.guards().iter().map(|guard| (guard.operands[0].max(guard.operands[1]), guard)).collect();
    guards.sort_by_key(|&(last, _)| last);
    let mut guards = guards.into_iter().peekable();
    for (id, node) in graph.indexed_nodes() {
        if !node.is_leaf() {
            writeln!(f, "{} = {}", names.name(id), names.formula(node))?;
        }
        while let Some((_, guard)) = guards.next_if(|&(last, _)| last <= id) {
            writeln!(f, "require {}", names.guard(guard))?;
        }
    }
    let what = if graph.of_sum { "return for all rows" } else { "return" };
    writeln!(f, "{}", format!("{what} {}", names.names(&graph.outputs)).trim_end())
}
