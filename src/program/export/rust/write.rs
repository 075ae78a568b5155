//! Writes a graph as statements that are short enough for rustfmt to leave them as they are.

use std::collections::HashMap;

use super::call::Calls;
use super::text::Text;
use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};
use crate::program::compile::instructions::Section;
use crate::program::graph::special::{Parameter, Special};
use crate::program::graph::{Comparison, Graph, Guard, Node};
use crate::program::precision::Precision;

/// The longest expression of a statement: rustfmt breaks some that are longer than 60.
const LONGEST: usize = 60;

struct Writer<'g, T> {
    graph: &'g Graph<T>,
    calls: Calls,
    sections: Vec<Section>,
    /// How many statements name the node; more than one if it must have a name.
    uses: Vec<usize>,
    texts: Vec<Text>,
    /// For each node whether its text is the name of a variable.
    named: Vec<bool>,
    names: usize,
    body: FunctionBody,
}

/// The body of a function.
#[derive(Debug, Default)]
pub(super) struct FunctionBody {
    /// The statements of each [`Section`]. A function that is no sum over rows has only those of the body.
    pub(super) sections: [String; 3],
    /// The last expression.
    pub(super) result: String,
    pub(super) reads_parameters: bool,
    pub(super) reads_inputs: bool,
    /// Whether the statements use the number of rows, as `count`.
    pub(super) counts: bool,
}

/// The statements that compute the outputs of the graph.
pub(super) fn function_body<T: Precision>(graph: &Graph<T>, calls: Calls) -> FunctionBody {
    let mut writer = Writer::new(graph, calls);
    writer.body.result = writer.write();
    let is_read = |op| graph.nodes.iter().zip(&writer.uses).any(|(node, &uses)| node.op == op && uses != 0);
    (writer.body.reads_parameters, writer.body.reads_inputs) = (is_read(Op::parameter), is_read(Op::input));
    writer.body
}

/// The call of a special function: its parameter, then its operands.
fn special_call(special: &Special, x: &[&Text]) -> Text {
    let parameter = special.parameter.map(|parameter| match parameter {
        Parameter::Order(n) => n.to_string(),
        Parameter::Number(x) => Text::constant(x, "").text,
    });
    let arguments: Vec<String> = parameter.into_iter().chain(x.iter().map(|text| text.text.clone())).collect();
    Text::atom(format!("{}({})", special.facts.function, arguments.join(", ")))
}

impl<'g, T: Precision> Writer<'g, T> {
    fn new(graph: &'g Graph<T>, calls: Calls) -> Self {
        let mut sections: Vec<Section> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let operands = graph.operands(node).iter().map(|operand| sections[operand.index()]);
            sections.push(match node.op.form() {
                _ if !graph.of_sum => Section::Body,
                Form::Total => Section::Epilogue,
                Form::Input => Section::Body,
                Form::Constant
                | Form::Parameter
                | Form::Operation
                | Form::Sum
                | Form::Product
                | Form::Dot
                | Form::Custom => operands.max().unwrap_or(Section::Prologue),
            });
        }
        let mut writer = Self {
            graph,
            calls,
            uses: vec![0; sections.len()],
            sections,
            texts: Vec::with_capacity(graph.nodes.len()),
            named: vec![false; graph.nodes.len()],
            names: 0,
            body: FunctionBody::default(),
        };
        writer.count_uses();
        writer
    }

    /// Counts the uses of all live nodes. A use in another section counts twice, so that the node gets a name in its
    /// own.
    fn count_uses(&mut self) {
        let graph = self.graph;
        for guard in graph.guards() {
            let section = self.section_of(guard);
            guard.operands.iter().for_each(|&id| self.add_use(id, section));
        }
        let last = if graph.of_sum { Section::Epilogue } else { Section::Body };
        graph.outputs.iter().for_each(|&id| self.add_use(id, last));
        for (k, node) in graph.nodes.iter().enumerate().rev() {
            if self.uses[k] != 0 {
                let operands = graph.operands(node);
                let is_total = node.op == Op::total && self.section(operands[0]) == Section::Body;
                let section = if is_total { Section::Body } else { self.sections[k] };
                let times = if node.op == Op::powi && matches!(node.exponent(), 2 | 3) { 2 } else { 1 };
                for &id in operands {
                    (0..times).for_each(|_| self.add_use(id, section));
                }
            }
        }
    }

    fn section(&self, id: NodeIndex) -> Section {
        self.sections[id.index()]
    }

    fn text(&self, id: NodeIndex) -> &Text {
        &self.texts[id.index()]
    }

    fn add_use(&mut self, id: NodeIndex, section: Section) {
        self.uses[id.index()] += if self.section(id) == section { 1 } else { 2 };
    }

    fn section_of(&self, guard: &Guard) -> Section {
        guard.operands.map(|id| self.section(id)).into_iter().max().unwrap_or(Section::Body)
    }

    fn push(&mut self, section: Section, statement: &str) {
        let statements = &mut self.body.sections[section as usize];
        statements.push_str(statement);
        statements.push('\n');
    }

    /// Writes all statements, and returns the result.
    fn write(&mut self) -> String {
        let graph = self.graph;
        let mut guards: HashMap<NodeIndex, Vec<&Guard>> = HashMap::new();
        for guard in graph.guards() {
            guards.entry(guard.operands[0].max(guard.operands[1])).or_default().push(guard);
        }
        let is_live = |writer: &Self, k: usize| writer.uses[k] != 0;
        // Without a suffix, the compiler would not know the type of numbers that are computed from constants only.
        let depends = graph.dependents(|node| matches!(node.op, Op::parameter | Op::input | Op::total));
        let ambiguous = (0..depends.len()).any(|k| is_live(self, k) && !depends[k] && !graph.nodes[k].is_leaf());
        let suffix = if ambiguous { format!("_{}", T::NAME) } else { String::new() };
        for (k, node) in graph.indexed_nodes() {
            if !is_live(self, k.index()) {
                self.texts.push(Text::atom(String::new()));
                continue;
            }
            let operands = graph.operands(node);
            let text = match node.op.form() {
                Form::Constant => Text::constant(graph.constants[node.leaf_index()], &suffix),
                Form::Parameter => Text::atom(format!("parameters[{}]", node.leaf_index())),
                Form::Input => Text::atom(format!("inputs[{}]", node.leaf_index())),
                Form::Total => self.total(operands[0]),
                Form::Sum | Form::Product | Form::Dot => self.list(k, node),
                Form::Custom => {
                    let special = graph.custom(node).special().expect("other operations of the user's own are refused");
                    self.fitting(operands, LONGEST, |_, x| special_call(&special, x))
                }
                Form::Operation => {
                    let op = if self.is_product(node) { Op::mul } else { node.op };
                    self.fitting(operands, LONGEST, |writer, x| writer.operation(op, node.exponent(), x))
                }
            };
            self.texts.push(text);
            if !node.is_leaf() && self.uses[k.index()] > 1 {
                self.name(k);
            }
            for guard in guards.remove(&k).into_iter().flatten() {
                self.guard(guard);
            }
        }
        self.result()
    }

    /// Gives a node a name.
    fn name(&mut self, id: NodeIndex) {
        let k = id.index();
        if !self.named[k] {
            let name = format!("v{}", self.names);
            self.names += 1;
            let of_type = if self.graph.nodes[k].op == Op::constant { format!(": {}", T::NAME) } else { String::new() };
            let text = std::mem::replace(&mut self.texts[k], Text::atom(name.clone())).text;
            self.push(self.sections[k], &format!("let {name}{of_type} = {text};"));
            self.named[k] = true;
        }
    }

    /// The text that `f` returns for the texts of some nodes. The longest of these get names until it is short enough.
    fn fitting(&mut self, ids: &[NodeIndex], longest: usize, f: impl Fn(&Self, &[&Text]) -> Text) -> Text {
        loop {
            let operands: Vec<&Text> = ids.iter().map(|&id| self.text(id)).collect();
            let text = f(self, &operands);
            let unnamed = ids.iter().copied().filter(|id| !self.named[id.index()]);
            match unnamed.max_by_key(|&id| self.text(id).text.len()) {
                Some(id) if text.text.len() > longest => self.name(id),
                _ => return text,
            }
        }
    }

    /// Whether a scaling is a plain product: times such a constant nothing is `0 · ∞`.
    fn is_product(&self, node: &Node) -> bool {
        let constants = self.graph.operands(node).iter().map(|&id| self.graph.constant(self.graph.node(id)));
        node.op == Op::scale && constants.flatten().any(|x| x.is_finite() && !x.is_zero())
    }

    fn operation(&self, op: Op, exponent: i32, x: &[&Text]) -> Text {
        let call = |name, arguments: &[&Text]| self.calls.call(name, arguments);
        let (one, n) = (Text::constant(T::one(), ""), Text::atom(exponent.to_string()));
        if let Some(operator) = op.infix() {
            Text::binary(operator, x[0], x[1])
        } else if op == Op::neg {
            x[0].negative()
        } else if op == Op::detach {
            x[0].clone()
        } else if op == Op::recip || op == Op::powi && exponent == -1 {
            Text::binary('/', &one, x[0])
        } else if op == Op::log {
            Text::binary('/', &call("ln", &x[..1]), &call("ln", &x[1..]))
        } else if op == Op::powi && matches!(exponent, 2 | 3) {
            // `powi` knows in which order other powers are multiplied.
            let square = Text::binary('*', x[0], x[0]);
            if exponent == 2 { square } else { Text::binary('*', &square, x[0]) }
        } else if op == Op::powi {
            call("powi", &[x[0], &n])
        } else {
            call(op.name(), x)
        }
    }

    /// A sum or a product from left to right, in as many lines as it needs.
    fn list(&mut self, k: NodeIndex, node: &Node) -> Text {
        let operands = self.graph.operands(node);
        let operator = if node.op == Op::product { '*' } else { '+' };
        let width = if node.op == Op::dot { 2 } else { 1 };
        let mut list: Option<Text> = None;
        for ids in operands.chunks_exact(width) {
            // Short enough to follow a name.
            let term = self.fitting(ids, LONGEST - 20, |_, x| match x {
                [a, b] => Text::binary('*', a, b),
                _ => x[0].clone(),
            });
            list = Some(match list {
                None => term,
                Some(list) => {
                    let longer = Text::binary(operator, &list, &term);
                    if longer.text.len() <= LONGEST {
                        longer
                    } else {
                        let name = format!("v{}", self.names);
                        self.names += 1;
                        self.push(self.section(k), &format!("let {name} = {};", list.text));
                        Text::binary(operator, &Text::atom(name), &term)
                    }
                }
            });
        }
        // Not reached: an empty list is recorded as a constant.
        list.unwrap_or_else(|| Text::constant(T::zero(), ""))
    }

    /// A sum over the rows.
    fn total(&mut self, id: NodeIndex) -> Text {
        if self.section(id) != Section::Body {
            self.body.counts = true;
            let count = Text::atom("count".into());
            return self.fitting(&[id], LONGEST, |_, x| Text::binary('*', &count, x[0]));
        }
        let name = format!("sum{}", self.names);
        self.names += 1;
        self.push(Section::Prologue, &format!("let mut {name}: {} = 0.0;", T::NAME));
        self.push(Section::Body, &format!("{name} += {};", self.text(id).text));
        Text::atom(name)
    }

    /// Returns `None` where a comparison has another outcome.
    fn guard(&mut self, guard: &Guard) {
        let [a, b] = guard.operands;
        for id in guard.operands {
            // The compiler warns of comparisons with a literal NaN.
            let constant = self.graph.constant(self.graph.node(id));
            if constant.is_some_and(T::is_nan) || self.text(id).text.len() > LONGEST / 2 {
                self.name(id);
            }
        }
        let [x, y] = [a, b].map(|id| self.text(id));
        let is_number = a == b && guard.comparison != Comparison::Less;
        let condition = match guard.comparison {
            _ if is_number && guard.outcome => format!("{}.is_nan()", x.receiver(T::NAME)),
            _ if is_number => format!("!{}.is_nan()", x.receiver(T::NAME)),
            comparison => {
                let condition = format!("{} {} {}", x.text, comparison.symbol(), y.text);
                if guard.outcome { format!("!({condition})") } else { condition }
            }
        };
        self.push(self.section_of(guard), &format!("if {condition} {{\n    return None;\n}}"));
    }

    /// The last expression.
    fn result(&mut self) -> String {
        let graph = self.graph;
        let last = if graph.of_sum { Section::Epilogue } else { Section::Body };
        let (start, end) = if graph.guards().is_empty() { ("", "") } else { ("Some(", ")") };
        let text = |writer: &Self, id: NodeIndex| writer.text(id).text.clone();
        if let &[id] = &graph.outputs[..] {
            return format!("{start}{}{end}", text(self, id));
        }
        let array = |_: &Self, x: &[&Text]| {
            let list: Vec<&str> = x.iter().map(|text| &*text.text).collect();
            Text::atom(format!("{start}[{}]{end}", list.join(", ")))
        };
        // More would not fit in a line, even with the shortest names.
        if graph.outputs.len() <= LONGEST / 4 {
            let result = self.fitting(&graph.outputs, LONGEST, array);
            if result.text.len() <= LONGEST {
                return result.text;
            }
        }
        self.push(last, &format!("let mut outputs = [0.0; {}];", graph.outputs.len()));
        for (k, &id) in graph.outputs.iter().enumerate() {
            self.push(last, &format!("outputs[{k}] = {};", text(self, id)));
        }
        format!("{start}outputs{end}")
    }
}
