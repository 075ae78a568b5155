//! Writes the function around its statements.

use std::fmt;

use super::Source;
use super::call::Calls;
use super::text::indented;
use super::write::{FunctionBody, function_body};
use crate::ops::op::Op;
use crate::program::precision::Precision;

/// The width of rustfmt.
const WIDTH: usize = 100;

impl<T: Precision> fmt::Display for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = Calls { float: T::NAME, libm: self.libm };
        let body = function_body(&self.graph, calls);
        self.describe(f)?;
        let name = self.name.trim_matches('_');
        let is_snake_case = !name.contains("__") && !name.contains(|c: char| c.is_uppercase());
        writeln!(f, "#[allow(clippy::all, clippy::pedantic{})]", if is_snake_case { "" } else { ", non_snake_case" })?;
        self.head(&body, f)?;
        let body = self.statements(body);
        // Helpers are inside of the function, so that those of several functions do not clash.
        for helper in calls.helpers(&body) {
            writeln!(f, "{}", indented(&helper))?;
        }
        writeln!(f, "{}}}", indented(&body))
    }
}

impl<T: Precision> Source<T> {
    /// The documentation of the function.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let arguments = [(self.graph.parameters, "parameter"), (self.graph.inputs, "input")];
        let arguments = arguments.into_iter().filter(|&(n, _)| n != 0);
        let arguments: Vec<String> = arguments.map(|(n, what)| count(n as usize, what)).collect();
        let from = if arguments.is_empty() { "nothing".into() } else { arguments.join(" and ") };
        writeln!(f, "/// {} from {from}, written by gradtape.", count(self.graph.outputs.len(), "output"))?;
        if self.graph.nodes.iter().any(|node| node.op == Op::custom) {
            writeln!(f, "///\n/// It calls the crate `pxfm`, version 0.1, which computes special functions.")?;
        }
        if self.graph.of_sum {
            writeln!(f, "///\n/// Outputs are sums over the rows, which are added up from the first to the last.")?;
        }
        if !self.graph.guards().is_empty() {
            writeln!(f, "///\n/// `None` where a comparison comes out otherwise than when the program was recorded.")?;
        }
        Ok(())
    }

    /// The name, the arguments and the type of the result.
    fn head(&self, body: &FunctionBody, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, graph, float) = (&self.name, &self.graph, T::NAME);
        let of_rows = !body.sections[1].is_empty() || body.counts;
        let unused = |is_used: bool| if is_used { "" } else { "_" };
        let mut arguments = Vec::new();
        if graph.parameters != 0 {
            arguments.push(format!("{}parameters: &[{float}; {}]", unused(body.reads_parameters), graph.parameters));
        }
        if graph.of_sum {
            arguments.push(format!("{}rows: &[[{float}; {}]]", unused(of_rows), graph.inputs));
        } else if graph.inputs != 0 {
            arguments.push(format!("{}inputs: &[{float}; {}]", unused(body.reads_inputs), graph.inputs));
        }
        let returned = match graph.outputs.len() {
            1 => float.into(),
            count => format!("[{float}; {count}]"),
        };
        let returned = if graph.guards().is_empty() { returned } else { format!("Option<{returned}>") };
        let line = format!("pub fn {name}({}) -> {returned} {{", arguments.join(", "));
        if line.len() <= WIDTH || arguments.is_empty() {
            writeln!(f, "{line}")
        } else {
            writeln!(f, "pub fn {name}(\n    {},\n) -> {returned} {{", arguments.join(",\n    "))
        }
    }

    fn statements(&self, body: FunctionBody) -> String {
        let [before, rows, behind] = body.sections;
        let rows = match &rows[..] {
            rows if !self.graph.of_sum => rows.into(),
            "" => String::new(),
            rows => format!("for inputs in rows {{\n{}}}\n", indented(rows)),
        };
        let count = if body.counts { format!("let count = rows.len() as {};\n", T::NAME) } else { String::new() };
        [before, rows, count, behind, body.result].concat()
    }
}
