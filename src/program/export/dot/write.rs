//! Writes the text of a picture.

use std::fmt;

use super::label::{Numbers, escaped, title};
use super::{Dot, Layout};
use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};
use crate::program::graph::Node;
use crate::program::precision::Precision;

const PARAMETER: &str = "#dcf0d8";
const INPUT: &str = "#d8e6ff";
const OUTPUT: &str = "#ffe2c4";

impl Layout {
    fn is_horizontal(self) -> bool {
        matches!(self, Self::LeftToRight | Self::RightToLeft)
    }

    /// The name in the language of Graphviz.
    fn name(self) -> &'static str {
        match self {
            Self::LeftToRight => "LR",
            Self::TopToBottom => "TB",
            Self::RightToLeft => "RL",
            Self::BottomToTop => "BT",
        }
    }
}

impl<T: Precision> Dot<'_, T> {
    /// The name of the leaf at this position of the point.
    fn name(&self, position: usize) -> String {
        let name = self.names.get(position).map_or("", String::as_str);
        match position.checked_sub(self.graph.parameters as usize) {
            _ if !name.is_empty() => escaped(name),
            None => format!("w{position}"),
            Some(input) => format!("x{input}"),
        }
    }

    /// The text of a node that has no box.
    fn folded(&self, id: NodeIndex) -> Option<String> {
        let node = &self.graph.nodes[id.index()];
        match node.op.form() {
            Form::Constant => Some(Numbers::new(self.decimals).short(self.data[id.index()])),
            Form::Parameter => self.folds_parameters.then(|| self.name(node.leaf_index())),
            Form::Input | Form::Operation | Form::Sum | Form::Product | Form::Dot | Form::Custom | Form::Total => None,
        }
    }

    fn title(&self, id: NodeIndex, node: &Node) -> String {
        match node.op.form() {
            Form::Constant => Numbers::new(self.decimals).short(self.data[id.index()]),
            Form::Parameter => self.name(node.leaf_index()),
            Form::Input => self.name(self.graph.parameters as usize + node.leaf_index()),
            Form::Custom => escaped(&self.graph.custom(node).name()),
            Form::Operation | Form::Sum | Form::Product | Form::Dot | Form::Total => {
                let operands: Vec<_> = self.graph.operands(node).iter().map(|&operand| self.folded(operand)).collect();
                title(node.op, node.exponent(), &operands)
            }
        }
    }

    fn write_box(&self, f: &mut fmt::Formatter<'_>, id: NodeIndex, node: &Node) -> fmt::Result {
        let outputs = &self.graph.outputs;
        let names = self.names.get(self.point.len()..).unwrap_or_default();
        let names = outputs.iter().zip(names).filter(|(output, name)| **output == id && !name.is_empty());
        let mut fields: Vec<String> = names.map(|(_, name)| escaped(name)).collect();
        fields.push(self.title(id, node));
        if self.shows_numbers && node.op != Op::constant {
            let numbers = Numbers::new(self.decimals);
            fields.push(format!("data {}", numbers.long(self.data[id.index()])));
            if let Some(gradients) = &self.gradients {
                fields.push(format!("grad {}", numbers.long(gradients[id.index()])));
            }
        }
        let label = fields.join("|");
        // Graphviz puts the fields of a record across the direction of the graph.
        let label = if self.layout.is_horizontal() { label } else { format!("{{{label}}}") };
        write!(f, "  {id} [label=\"{label}\"")?;
        let color = match node.op.form() {
            Form::Parameter => Some(PARAMETER),
            Form::Input => Some(INPUT),
            Form::Constant | Form::Operation | Form::Sum | Form::Product | Form::Dot | Form::Custom | Form::Total => {
                outputs.contains(&id).then_some(OUTPUT)
            }
        };
        if let Some(color) = color {
            write!(f, " style=filled fillcolor=\"{color}\"")?;
        }
        writeln!(f, "]")
    }

    fn write_edges(&self, f: &mut fmt::Formatter<'_>, id: NodeIndex, node: &Node) -> fmt::Result {
        let operands = self.graph.operands(node);
        let drawn: Vec<(usize, NodeIndex)> =
            (1..).zip(operands.iter().copied()).filter(|&(_, operand)| self.folded(operand).is_none()).collect();
        let numbered = drawn.len() > 1 && !node.op.is_symmetric();
        let mut done: Vec<NodeIndex> = Vec::new();
        for &(_, operand) in &drawn {
            // One edge between two boxes: several would be drawn one on the other.
            if done.contains(&operand) {
                continue;
            }
            done.push(operand);
            let same = drawn.iter().filter(|&&(_, other)| other == operand);
            let positions: Vec<String> = same.map(|(position, _)| position.to_string()).collect();
            write!(f, "  {operand} -> {id}")?;
            if numbered || positions.len() > 1 {
                write!(f, " [label=\"{}\"]", positions.join(", "))?;
            }
            if node.op == Op::detach {
                write!(f, " [style=dashed]")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl<T: Precision> fmt::Display for Dot<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = self.graph;
        writeln!(f, "digraph {{\n  rankdir={}\n  node [shape=record]", self.layout.name())?;
        for ((id, node), needed) in graph.indexed_nodes().zip(graph.dependencies(&graph.outputs)) {
            if needed && (graph.outputs.contains(&id) || self.folded(id).is_none()) {
                self.write_box(f, id, node)?;
                self.write_edges(f, id, node)?;
            }
        }
        writeln!(f, "}}")
    }
}
