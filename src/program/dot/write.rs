//! The text of a picture.

use std::fmt;

use super::label::{self, Numbers, escaped, title};
use super::{Dot, Layout};
use crate::ops::op::Op;
use crate::program::Precision;
use crate::program::graph::{Id, Node, exponent};

const PARAMETER: &str = "#dcf0d8";
const INPUT: &str = "#d8e6ff";
const OUTPUT: &str = "#ffe2c4";

impl Layout {
    fn is_horizontal(self) -> bool {
        matches!(self, Self::LeftToRight | Self::RightToLeft)
    }

    /// As Graphviz calls it.
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
    /// The name of a leaf, which is that of its place in the point.
    fn name(&self, place: usize) -> String {
        let name = self.names.get(place).map_or("", String::as_str);
        match place.checked_sub(self.program.parameters()) {
            _ if !name.is_empty() => escaped(name),
            None => format!("w{place}"),
            Some(input) => format!("x{input}"),
        }
    }

    /// Which nodes the outputs depend on.
    fn is_needed(&self) -> Vec<bool> {
        let graph = &self.program.graph;
        let mut needed = vec![false; graph.nodes.len()];
        for &output in &graph.outputs {
            needed[output as usize] = true;
        }
        for (k, node) in graph.nodes.iter().enumerate().rev() {
            if needed[k] {
                graph.operands(node).iter().for_each(|&operand| needed[operand as usize] = true);
            }
        }
        needed
    }

    /// What is written instead of a box.
    fn folded(&self, id: Id) -> Option<String> {
        let node = &self.program.graph.nodes[id as usize];
        match node.op {
            Op::constant => Some(Numbers::new(self.decimals).short(self.data[id as usize])),
            Op::parameter if self.folds_parameters => Some(self.name(node.args[0] as usize)),
            _ => None,
        }
    }

    fn title(&self, id: Id, node: &Node) -> String {
        match node.op {
            Op::constant => Numbers::new(self.decimals).short(self.data[id as usize]),
            Op::parameter => self.name(node.args[0] as usize),
            Op::input => self.name(self.program.parameters() + node.args[0] as usize),
            op => {
                let operands: Vec<_> =
                    self.program.graph.operands(node).iter().map(|&operand| self.folded(operand)).collect();
                title(op, exponent(node), &operands)
            }
        }
    }

    fn write_box(&self, f: &mut fmt::Formatter<'_>, id: Id, node: &Node) -> fmt::Result {
        let outputs = &self.program.graph.outputs;
        let names = self.names.get(self.point.len()..).unwrap_or_default();
        let names = outputs.iter().zip(names).filter(|(output, name)| **output == id && !name.is_empty());
        let mut fields: Vec<String> = names.map(|(_, name)| escaped(name)).collect();
        fields.push(self.title(id, node));
        if self.shows_numbers && node.op != Op::constant {
            let numbers = Numbers::new(self.decimals);
            fields.push(format!("data {}", numbers.long(self.data[id as usize])));
            if let Some(gradients) = &self.gradients {
                fields.push(format!("grad {}", numbers.long(gradients[id as usize])));
            }
        }
        let label = fields.join("|");
        // The fields of a record lie across the direction of the graph.
        let label = if self.direction.is_horizontal() { label } else { format!("{{{label}}}") };
        write!(f, "  n{id} [label=\"{label}\"")?;
        let color = match node.op {
            Op::parameter => Some(PARAMETER),
            Op::input => Some(INPUT),
            _ if outputs.contains(&id) => Some(OUTPUT),
            _ => None,
        };
        if let Some(color) = color {
            write!(f, " style=filled fillcolor=\"{color}\"")?;
        }
        writeln!(f, "]")
    }

    fn write_edges(&self, f: &mut fmt::Formatter<'_>, id: Id, node: &Node) -> fmt::Result {
        let operands = self.program.graph.operands(node);
        let drawn: Vec<(usize, Id)> =
            (1..).zip(operands.iter().copied()).filter(|&(_, operand)| self.folded(operand).is_none()).collect();
        let numbered = drawn.len() > 1 && !label::is_symmetric(node.op);
        let mut done: Vec<Id> = Vec::new();
        for &(_, operand) in &drawn {
            // Not two edges between the same boxes: they would lie one on the other.
            if done.contains(&operand) {
                continue;
            }
            done.push(operand);
            let same = drawn.iter().filter(|&&(_, other)| other == operand);
            let places: Vec<String> = same.map(|(place, _)| place.to_string()).collect();
            write!(f, "  n{operand} -> n{id}")?;
            if numbered || places.len() > 1 {
                write!(f, " [label=\"{}\"]", places.join(", "))?;
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
        let graph = &self.program.graph;
        writeln!(f, "digraph {{\n  rankdir={}\n  node [shape=record]", self.direction.name())?;
        for ((id, node), needed) in (0..).zip(&graph.nodes).zip(self.is_needed()) {
            if needed && (graph.outputs.contains(&id) || self.folded(id).is_none()) {
                self.write_box(f, id, node)?;
                self.write_edges(f, id, node)?;
            }
        }
        writeln!(f, "}}")
    }
}
