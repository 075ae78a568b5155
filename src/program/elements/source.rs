//! Compiled functions as Rust source: functions for each template, and loops over its elements.

use std::fmt;
use std::ops::Range;

use crate::program::export::rust::Source;
use crate::program::export::rust::text::{Text, indented};
use crate::program::precision::Precision;
use crate::program::run::index::Column;

/// A compiled function as Rust source, made by [`Compiled::to_rust`](crate::Compiled::to_rust),
/// [`sparse_jacobian_to_rust`](crate::Compiled::sparse_jacobian_to_rust) and
/// [`sparse_hessian_to_rust`](crate::Compiled::sparse_hessian_to_rust). `Display` writes its text.
#[derive(Clone, Debug)]
pub struct CompiledSource<T> {
    pub(super) name: String,
    /// What the function computes.
    pub(super) summary: String,
    pub(super) inputs: usize,
    /// The vectors that it writes, and their lengths.
    pub(super) written: Vec<(&'static str, usize)>,
    /// The value that it returns, if any.
    pub(super) result: Option<String>,
    pub(super) has_guards: bool,
    /// The length of the last argument; 0 if there is none.
    pub(super) memory: usize,
    /// The tables beside the function.
    pub(super) beside: String,
    /// Those of the templates.
    pub(super) functions: Vec<Source<T>>,
    pub(super) body: Body,
}

/// The adjoint of all data.
pub(super) const UNUSED: &str = "unused";
/// The most numbers in a line of a table.
const NUMBERS_IN_LINE: usize = 12;

impl<T> CompiledSource<T> {
    /// The same function for `no_std`: it calls the functions of the crate [`libm`](https://crates.io/crates/libm)
    /// instead of the methods of floats, which only `std` has. Those may differ in the last places.
    #[must_use]
    pub fn libm(self) -> Self {
        Self { functions: self.functions.into_iter().map(Source::libm).collect(), ..self }
    }

    /// The length of the last argument of the function, `memory`; 0 if it has no such argument.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

impl<T: Precision> fmt::Display for CompiledSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let float = T::NAME;
        writeln!(f, "{}/// {} Written by gradtape.", self.beside, self.summary)?;
        if self.has_guards {
            writeln!(f, "///\n/// `None` where a comparison comes out otherwise than when the function was recorded.")?;
        }
        let mut arguments = vec![format!("inputs: &[{float}; {}]", self.inputs)];
        let memory = ("memory", self.memory);
        if self.memory > 0 {
            writeln!(f, "///\n/// It is of no importance what `memory` contains.")?;
        }
        let vectors = self.written.iter().chain((self.memory > 0).then_some(&memory));
        arguments.extend(vectors.map(|(vector, length)| format!("{vector}: &mut [{float}; {length}]")));
        let (returned, result) = match (&self.result, self.has_guards) {
            (None, false) => (String::new(), String::new()),
            (None, true) => (" -> Option<()>".into(), "Some(())\n".into()),
            (Some(result), false) => (format!(" -> {float}"), format!("{result}\n")),
            (Some(result), true) => (format!(" -> Option<{float}>"), format!("Some({result})\n")),
        };
        let styles = "non_snake_case, unused_assignments, unused_mut, unused_variables";
        writeln!(f, "#[allow(clippy::all, clippy::pedantic, {styles})]\n#[rustfmt::skip]")?;
        writeln!(f, "pub fn {}({}){returned} {{", self.name, arguments.join(", "))?;
        for function in &self.functions {
            write!(f, "{}", indented(&function.to_string()))?;
        }
        writeln!(f, "{}}}", indented(&[&self.body.tables, &*self.body.statements, &result].concat()))
    }
}

/// The body of a function.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// How many inputs the function has, and which of them it is differentiated by.
    inputs: usize,
    variables: Range<usize>,
    tables: String,
    statements: String,
}

impl Body {
    pub(super) fn new(inputs: usize, variables: Range<usize>) -> Self {
        Self { inputs, variables, tables: String::new(), statements: String::new() }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn variables(&self) -> Range<usize> {
        self.variables.clone()
    }

    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.statements.push_str(line.as_ref());
        self.statements.push('\n');
    }

    /// Writes what is done for each row: a loop, unless there is one row alone.
    pub(super) fn for_each(&mut self, rows: usize, lines: &str) {
        self.repeat(rows, &format!("0..{rows}"), lines);
    }

    /// The same, the last row first.
    pub(super) fn for_each_reversed(&mut self, rows: usize, lines: &str) {
        self.repeat(rows, &format!("(0..{rows}).rev()"), lines);
    }

    fn repeat(&mut self, rows: usize, range: &str, lines: &str) {
        if rows == 1 {
            self.line(lines);
        } else {
            self.line(format!("for row in {range} {{\n{}}}", indented(lines)));
        }
    }

    /// The place of a row of a loop, counted from `start` on. If places are not equally far apart, they become a table
    /// of this name.
    pub(super) fn place(&mut self, column: &Column, rows: usize, start: usize, name: &str) -> String {
        let Some(stride) = column.stride() else {
            let places = (0..rows).map(|row| (column.place(row) - start).to_string());
            self.tables += &table("static", name, "u32", places);
            return format!("{name}[row] as usize");
        };
        let first = column.places().start - start;
        match (stride, first) {
            (0, _) => first.to_string(),
            (1, 0) => "row".into(),
            (1, _) => format!("row + {first}"),
            (_, 0) => format!("{stride} * row"),
            _ => format!("{stride} * row + {first}"),
        }
    }

    /// The number of a row of a loop. If not all are the same, they become a table of this name.
    pub(super) fn number<T: Precision>(&mut self, numbers: &[T], name: &str) -> String {
        let mut texts = numbers.iter().map(|&x| constant(x));
        let first = texts.clone().next().unwrap_or_default();
        if texts.all(|text| text == first) {
            return first;
        }
        self.tables += &table("static", name, T::NAME, numbers.iter().map(|&x| constant(x)));
        format!("{name}[row]")
    }
}

/// What the elements of a template read: the text of each number, and of its adjoint.
pub(super) struct Reads {
    rows: usize,
    /// Of numbers that are the same in all rows.
    uniforms: Vec<[String; 2]>,
    gathered: Vec<[String; 2]>,
    data: Vec<String>,
}

impl Reads {
    /// The places and the data of template `k`, as loops over its elements read them.
    pub(super) fn new<'a, T: Precision>(
        body: &mut Body,
        [k, rows]: [usize; 2],
        uniforms: &[u32],
        gathered: &[Column],
        data: impl IntoIterator<Item = &'a [T]>,
    ) -> Self {
        let columns = gathered.iter().enumerate();
        Self {
            rows,
            uniforms: uniforms.iter().map(|&place| at(body, place as usize)).collect(),
            gathered: columns.map(|(j, column)| leaf(body, column, rows, &format!("PLACES_{k}_{j}"))).collect(),
            data: data.into_iter().zip(0..).map(|(data, j)| body.number(data, &format!("DATA_{k}_{j}"))).collect(),
        }
    }

    /// The adjoint of the leaf at this position. First come leaves that are the same in all rows.
    pub(super) fn adjoint(&self, leaf: usize) -> &str {
        let [_, adjoint] =
            leaf.checked_sub(self.uniforms.len()).map_or_else(|| &self.uniforms[leaf], |column| &self.gathered[column]);
        adjoint
    }

    /// Begins a loop over the elements, which calls a function. Further numbers stand behind the parameters and behind
    /// the inputs of the template.
    pub(super) fn begin<T>(&self, body: &mut Body, function: &Source<T>, [parameters, inputs]: [Vec<String>; 2]) {
        let number = |[number, _]: &[String; 2]| number.clone();
        let parameters: Vec<String> = self.uniforms.iter().map(number).chain(parameters).collect();
        let leaves = self.gathered.iter().map(number);
        let inputs: Vec<String> = leaves.chain(self.data.iter().cloned()).chain(inputs).collect();
        let lists = [parameters, inputs].into_iter().filter(|list| !list.is_empty());
        let arguments: Vec<String> = lists.map(|list| format!("&[{}]", list.join(", "))).collect();
        let branches = if function.has_guards() { "?" } else { "" };
        body.line(format!("for row in 0..{} {{", self.rows));
        body.line(format!("    let y = {}({}){branches};", function.name(), arguments.join(", ")));
    }
}

/// The text of a result of the function of a template, which has so many.
pub(super) fn result(k: usize, results: usize) -> String {
    if results == 1 { "y".into() } else { format!("y[{k}]") }
}

/// The text of the number at a place, and of its adjoint.
fn at(body: &Body, place: usize) -> [String; 2] {
    match place.checked_sub(body.inputs) {
        None if body.variables.contains(&place) => {
            [format!("inputs[{place}]"), format!("gradient[{}]", place - body.variables.start)]
        }
        None => [format!("inputs[{place}]"), UNUSED.into()],
        Some(place) => [format!("numbers[{place}]"), format!("adjoints[{place}]")],
    }
}

/// The same of a column in a loop, with the name of its table. A place may be that of a variable in one row, and that
/// of data, or one behind the inputs, in another.
pub(super) fn leaf(body: &mut Body, column: &Column, rows: usize, name: &str) -> [String; 2] {
    let (inputs, Range { start, end }) = (body.inputs, body.variables.clone());
    let places = column.places();
    if places.start >= inputs {
        let place = body.place(column, rows, inputs, name);
        return [format!("numbers[{place}]"), format!("adjoints[{place}]")];
    }
    let place = body.place(column, rows, 0, name);
    let moved = |place: &str, start: usize| if start == 0 { place.into() } else { format!("{place} - {start}") };
    let number = if places.end <= inputs {
        format!("inputs[{place}]")
    } else {
        format!(
            "{{ let place = {place}; if place < {inputs} {{ inputs[place] }} else {{ numbers[place - {inputs}] }} }}"
        )
    };
    let adjoint = if places.start >= start && places.end <= end {
        format!("gradient[{}]", moved(&place, start))
    } else {
        let (variables, data) = if end - start == inputs {
            (format!("place < {inputs}"), String::new())
        } else {
            (format!("({start}..{end}).contains(&place)"), format!("if place < {inputs} {{ &mut {UNUSED} }} else "))
        };
        let variable = format!("if {variables} {{ &mut gradient[{}] }}", moved("place", start));
        format!("*{{ let place = {place}; {variable} else {data}{{ &mut adjoints[place - {inputs}] }} }}")
    };
    [number, adjoint]
}

pub(super) fn constant<T: Precision>(x: T) -> String {
    Text::constant(x, "").text
}

/// A table of numbers, which is declared as `static` or `pub static`.
pub(super) fn table(declared: &str, name: &str, of: &str, numbers: impl Iterator<Item = String>) -> String {
    let numbers: Vec<String> = numbers.collect();
    let lines = numbers.chunks(NUMBERS_IN_LINE).map(|line| format!("    {},\n", line.join(", ")));
    let lines: Vec<String> = lines.collect();
    format!("{declared} {name}: [{of}; {}] = [\n{}];\n", numbers.len(), lines.concat())
}
