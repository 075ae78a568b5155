//! Writes a graph as statements that are short enough for rustfmt to leave them as they are.

use std::collections::HashMap;

use super::call::Calls;
use super::text::Text;
use crate::ops::op::Op;
use crate::program::Precision;
use crate::program::graph::{Comparison, Graph, Guard, Id, Node, exponent};

/// The longest expression of a statement: rustfmt breaks some that are longer than 60.
const LONGEST: usize = 60;

/// Where a node is computed: for rows, before them or behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Prologue,
    Body,
    Epilogue,
}

struct Writer<'g, T> {
    graph: &'g Graph<T>,
    calls: Calls,
    sections: Vec<Section>,
    /// How many statements name the node; more than one if it must have a name.
    uses: Vec<usize>,
    texts: Vec<Text>,
    /// Which nodes have the name of a variable for a text.
    named: Vec<bool>,
    names: usize,
    code: Code,
}

/// The body of a function.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// The statements before those for rows, these, and those behind them. What is no sum over rows has these alone.
    pub(super) sections: [String; 3],
    /// The last expression.
    pub(super) result: String,
    pub(super) reads_parameters: bool,
    pub(super) reads_inputs: bool,
    /// Whether the number of rows is asked for, as `count`.
    pub(super) counts: bool,
}

/// What computes the outputs of the graph.
pub(super) fn code<T: Precision>(graph: &Graph<T>, calls: Calls) -> Code {
    let mut writer = Writer::new(graph, calls);
    writer.code.result = writer.write();
    let is_read = |op| graph.nodes.iter().zip(&writer.uses).any(|(node, &uses)| node.op == op && uses != 0);
    (writer.code.reads_parameters, writer.code.reads_inputs) = (is_read(Op::parameter), is_read(Op::input));
    writer.code
}

impl<'g, T: Precision> Writer<'g, T> {
    fn new(graph: &'g Graph<T>, calls: Calls) -> Self {
        let mut sections: Vec<Section> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let operands = graph.operands(node).iter().map(|&id| sections[id as usize]);
            sections.push(match node.op {
                _ if !graph.of_sum => Section::Body,
                Op::total => Section::Epilogue,
                Op::input => Section::Body,
                _ => operands.max().unwrap_or(Section::Prologue),
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
            code: Code::default(),
        };
        writer.count_uses();
        writer
    }

    /// Counts how often what is live is used. What is used in another section counts twice: it must not be moved there.
    fn count_uses(&mut self) {
        let graph = self.graph;
        for guard in &graph.guards {
            let section = self.section_of(guard);
            guard.operands.iter().for_each(|&id| self.add_use(id, section));
        }
        let last = if graph.of_sum { Section::Epilogue } else { Section::Body };
        graph.outputs.iter().for_each(|&id| self.add_use(id, last));
        for (k, node) in graph.nodes.iter().enumerate().rev() {
            if self.uses[k] != 0 {
                let total = node.op == Op::total && self.sections[node.args[0] as usize] == Section::Body;
                let section = if total { Section::Body } else { self.sections[k] };
                let times = if node.op == Op::powi && matches!(exponent(node), 2 | 3) { 2 } else { 1 };
                for &id in graph.operands(node) {
                    (0..times).for_each(|_| self.add_use(id, section));
                }
            }
        }
    }

    fn add_use(&mut self, id: Id, section: Section) {
        self.uses[id as usize] += if self.sections[id as usize] == section { 1 } else { 2 };
    }

    fn section_of(&self, guard: &Guard) -> Section {
        guard.operands.map(|id| self.sections[id as usize]).into_iter().max().unwrap_or(Section::Body)
    }

    fn push(&mut self, section: Section, statement: &str) {
        let code = &mut self.code.sections[section as usize];
        code.push_str(statement);
        code.push('\n');
    }

    /// Writes all statements, and returns the result.
    fn write(&mut self) -> String {
        let graph = self.graph;
        let mut guards: HashMap<Id, Vec<&Guard>> = HashMap::new();
        for guard in &graph.guards {
            guards.entry(guard.operands[0].max(guard.operands[1])).or_default().push(guard);
        }
        let is_live = |writer: &Self, k: usize| writer.uses[k] != 0;
        // Only there could a number have any type.
        let depends = graph.dependents(|node| matches!(node.op, Op::parameter | Op::input | Op::total));
        let is_leaf = |node: &Node| node.op.arity() == Some(0);
        let ambiguous = (0..depends.len()).any(|k| is_live(self, k) && !depends[k] && !is_leaf(&graph.nodes[k]));
        let suffix = if ambiguous { format!("_{}", T::NAME) } else { String::new() };
        for (k, node) in (0..).zip(&graph.nodes) {
            if !is_live(self, k as usize) {
                self.texts.push(Text::atom(String::new()));
                continue;
            }
            let text = match node.op {
                Op::constant => Text::constant(graph.constants[node.args[0] as usize], &suffix),
                Op::parameter => Text::atom(format!("parameters[{}]", node.args[0])),
                Op::input => Text::atom(format!("inputs[{}]", node.args[0])),
                Op::total => self.total(node.args[0]),
                Op::sum | Op::product | Op::dot => self.list(k, node),
                op => {
                    let op = if self.is_product(node) { Op::mul } else { op };
                    self.fitting(graph.operands(node), LONGEST, |writer, x| writer.operation(op, exponent(node), x))
                }
            };
            self.texts.push(text);
            if !is_leaf(node) && self.uses[k as usize] > 1 {
                self.name(k);
            }
            for guard in guards.remove(&k).into_iter().flatten() {
                self.guard(guard);
            }
        }
        self.result()
    }

    /// Gives a node a name.
    fn name(&mut self, id: Id) {
        let k = id as usize;
        if !self.named[k] {
            let name = format!("v{}", self.names);
            self.names += 1;
            let of_type = if self.graph.nodes[k].op == Op::constant { format!(": {}", T::NAME) } else { String::new() };
            let text = std::mem::replace(&mut self.texts[k], Text::atom(name.clone())).text;
            self.push(self.sections[k], &format!("let {name}{of_type} = {text};"));
            self.named[k] = true;
        }
    }

    /// What `f` makes of the texts of some nodes; the longest of these get names until the result is short enough.
    fn fitting(&mut self, ids: &[Id], longest: usize, f: impl Fn(&Self, &[&Text]) -> Text) -> Text {
        loop {
            let operands: Vec<&Text> = ids.iter().map(|&id| &self.texts[id as usize]).collect();
            let text = f(self, &operands);
            let unnamed = ids.iter().copied().filter(|&id| !self.named[id as usize]);
            match unnamed.max_by_key(|&id| self.texts[id as usize].text.len()) {
                Some(id) if text.text.len() > longest => self.name(id),
                _ => return text,
            }
        }
    }

    /// Whether the zero that wins in a scaling need not: a constant makes no `0 · ∞` with anything.
    fn is_product(&self, node: &Node) -> bool {
        let constants = self.graph.operands(node).iter().map(|&id| self.graph.constant(&self.graph.nodes[id as usize]));
        node.op == Op::scale && constants.flatten().any(|x| x.is_finite() && !x.is_zero())
    }

    fn operation(&self, op: Op, exponent: i32, x: &[&Text]) -> Text {
        let call = |name, arguments: &[&Text]| self.calls.call(name, arguments);
        let (one, n) = (Text::constant(T::one(), ""), Text::atom(exponent.to_string()));
        match op {
            Op::add => Text::binary('+', x[0], x[1]),
            Op::sub => Text::binary('-', x[0], x[1]),
            Op::mul => Text::binary('*', x[0], x[1]),
            Op::div => Text::binary('/', x[0], x[1]),
            Op::rem => Text::binary('%', x[0], x[1]),
            Op::neg => x[0].negative(),
            Op::detach => x[0].clone(),
            Op::recip => Text::binary('/', &one, x[0]),
            Op::log => Text::binary('/', &call("ln", &x[..1]), &call("ln", &x[1..])),
            // The others are multiplied in an order that `powi` knows.
            Op::powi if exponent == -1 => Text::binary('/', &one, x[0]),
            Op::powi if matches!(exponent, 2 | 3) => {
                let square = Text::binary('*', x[0], x[0]);
                if exponent == 2 { square } else { Text::binary('*', &square, x[0]) }
            }
            Op::powi => call("powi", &[x[0], &n]),
            op => call(op.name(), x),
        }
    }

    /// A sum or a product, from the left to the right, as many lines as it needs.
    fn list(&mut self, k: Id, node: &Node) -> Text {
        let operands = self.graph.operands(node);
        let (operator, width) = match node.op {
            Op::product => ('*', 1),
            Op::sum => ('+', 1),
            _ => ('+', 2),
        };
        let mut list: Option<Text> = None;
        for ids in operands.chunks_exact(width) {
            // Short enough to go behind a name.
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
                        self.push(self.sections[k as usize], &format!("let {name} = {};", list.text));
                        Text::binary(operator, &Text::atom(name), &term)
                    }
                }
            });
        }
        // The sum of nothing is a constant, which is no list.
        list.unwrap_or_else(|| Text::constant(T::zero(), ""))
    }

    /// A sum over the rows.
    fn total(&mut self, id: Id) -> Text {
        let k = id as usize;
        if self.sections[k] != Section::Body {
            self.code.counts = true;
            let count = Text::atom("count".into());
            return self.fitting(&[id], LONGEST, |_, x| Text::binary('*', &count, x[0]));
        }
        let name = format!("sum{}", self.names);
        self.names += 1;
        self.push(Section::Prologue, &format!("let mut {name}: {} = 0.0;", T::NAME));
        self.push(Section::Body, &format!("{name} += {};", self.texts[k].text));
        Text::atom(name)
    }

    /// Returns `None` where a comparison comes out otherwise.
    fn guard(&mut self, guard: &Guard) {
        let [a, b] = guard.operands;
        for id in guard.operands {
            // The compiler warns of comparisons with a literal NaN.
            let constant = self.graph.constant(&self.graph.nodes[id as usize]);
            if constant.is_some_and(T::is_nan) || self.texts[id as usize].text.len() > LONGEST / 2 {
                self.name(id);
            }
        }
        let [x, y] = [a, b].map(|id| &self.texts[id as usize]);
        let is_number = a == b && guard.comparison != Comparison::Less;
        let condition = match guard.comparison {
            _ if is_number && guard.holds => format!("{}.is_nan()", x.receiver(T::NAME)),
            _ if is_number => format!("!{}.is_nan()", x.receiver(T::NAME)),
            comparison => {
                let operator = match comparison {
                    Comparison::Less => "<",
                    Comparison::LessOrEqual => "<=",
                    Comparison::Equal => "==",
                };
                let condition = format!("{} {operator} {}", x.text, y.text);
                if guard.holds { format!("!({condition})") } else { condition }
            }
        };
        self.push(self.section_of(guard), &format!("if {condition} {{\n    return None;\n}}"));
    }

    /// The last expression.
    fn result(&mut self) -> String {
        let graph = self.graph;
        let last = if graph.of_sum { Section::Epilogue } else { Section::Body };
        let (start, end) = if graph.guards.is_empty() { ("", "") } else { ("Some(", ")") };
        let text = |writer: &Self, id: Id| writer.texts[id as usize].text.clone();
        if let &[id] = &graph.outputs[..] {
            return format!("{start}{}{end}", text(self, id));
        }
        let array = |_: &Self, x: &[&Text]| {
            let list: Vec<&str> = x.iter().map(|text| &*text.text).collect();
            Text::atom(format!("{start}[{}]{end}", list.join(", ")))
        };
        // More do not fit whatever they are called.
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
