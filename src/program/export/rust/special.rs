//! The functions that compute special functions, for generated code: those of the crate itself, taken from its source.

use super::text::indented;
pub(super) use crate::program::graph::special::ALL;
use crate::program::graph::special::{Facts, SOURCE};

/// The name and the text of each function and each constant, without documentation and attributes.
pub(super) fn items() -> impl Iterator<Item = (&'static str, String)> {
    SOURCE.split("\n\n").filter_map(|text| {
        let text = text.trim_end();
        let start = text.lines().take_while(|line| line.starts_with("//") || line.starts_with('#'));
        let start: usize = start.map(|line| line.len() + 1).sum();
        let text = text.get(start..)?;
        let text = text.strip_prefix("pub(super) ").unwrap_or(text);
        let (name, _) = text.strip_prefix("fn ").or_else(|| text.strip_prefix("const "))?.split_once(['(', ':'])?;
        Some((name, text.replace("consts::", "core::f64::consts::")))
    })
}

/// A special function for f32, with the one for f64 and all that it calls inside; `helpers` returns these for a code.
pub(super) fn wrapper(facts: &Facts, helpers: impl Fn(&str) -> Vec<String>) -> String {
    let Facts { function, parameter, operands, .. } = *facts;
    let list = |parameter: Option<String>, operand: fn(&str) -> String| {
        parameter.into_iter().chain(operands.iter().map(|name| operand(name))).collect::<Vec<_>>().join(", ")
    };
    let arguments = list(parameter.map(|[name, of]| format!("{name}: {of}")), |name| format!("{name}: f32"));
    let call = format!("{function}({})", list(parameter.map(|[name, _]| name.into()), |name| format!("{name}.into()")));
    let inside = helpers(&call).join("\n");
    let body = indented(&format!("{inside}\n{call} as f32"));
    format!("fn {function}({arguments}) -> f32 {{\n{body}}}")
}
