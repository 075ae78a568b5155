//! Programs as text, and how large they are.

use std::fmt;

use super::code::{Code, Instruction, compile};
use super::graph::{Comparison, Graph, Guard, Id, Node, exponent};
use super::optimize::{lower, prune, rebuild};
use super::{Optimization, Options, Precision, Program};
use crate::ops::op::Op;

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
            *count += usize::from(is_operation(node));
            Some(number)
        };
        Self { graph, numbers: graph.nodes.iter().scan(0, before).collect() }
    }

    fn name(&self, id: Id) -> String {
        let node = &self.graph.nodes[id as usize];
        match node.op {
            Op::constant => self.graph.constant(node).map_or_else(String::new, |x| format!("{x:?}")),
            Op::parameter => format!("p[{}]", node.args[0]),
            Op::input => format!("x[{}]", node.args[0]),
            _ => format!("v{}", self.numbers[id as usize]),
        }
    }

    fn names(&self, ids: &[Id]) -> String {
        ids.iter().map(|&id| self.name(id)).collect::<Vec<_>>().join(", ")
    }

    /// What a node computes.
    fn formula(&self, node: &Node) -> String {
        let operands = self.graph.operands(node);
        let infix = |symbol: &str| format!("{} {symbol} {}", self.name(operands[0]), self.name(operands[1]));
        match node.op {
            Op::add => infix("+"),
            Op::sub => infix("-"),
            Op::mul => infix("*"),
            Op::div => infix("/"),
            Op::rem => infix("%"),
            Op::neg => format!("-{}", self.name(operands[0])),
            Op::powi => format!("powi({}, {})", self.name(operands[0]), exponent(node)),
            Op::dot => {
                let side = |k: usize| operands.iter().skip(k).step_by(2).copied().collect::<Vec<_>>();
                format!("dot([{}], [{}])", self.names(&side(0)), self.names(&side(1)))
            }
            op => format!("{}({})", op.name(), self.names(operands)),
        }
    }

    fn guard(&self, guard: &Guard) -> String {
        let symbol = match guard.comparison {
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Equal => "==",
        };
        let [a, b] = guard.operands.map(|id| self.name(id));
        if guard.holds { format!("{a} {symbol} {b}") } else { format!("not {a} {symbol} {b}") }
    }
}

fn is_operation(node: &Node) -> bool {
    !matches!(node.op, Op::constant | Op::parameter | Op::input)
}

fn operations<T>(graph: &Graph<T>) -> usize {
    graph.nodes.iter().filter(|node| is_operation(node)).count()
}

impl<T: Precision> fmt::Display for Program<T> {
    /// A line for each operation, as it was recorded or derived: `p` are the parameters, `x` the inputs.
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let f = |p: &[_], x: &[_]| if x[0] < 0.0 { x[0] } else { p[0] * x[0] + 1.0 };
    /// let program = Program::record_with(f, &[2.0], &[1.0]);
    /// let lines = ["program of f64 (p[0]; x[0])", "require not x[0] < 0.0", "v0 = p[0] * x[0]", "v1 = v0 + 1.0", "return v1\n"];
    /// assert_eq!(program.to_string(), lines.join("\n"));
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (graph, names) = (&self.graph, Names::new(&self.graph));
        let leaves = |name: &str, count: u32| match count {
            0 => String::new(),
            1 => format!("{name}[0]"),
            count => format!("{name}[0..{count}]"),
        };
        let parameters = if graph.parameters == 0 { String::new() } else { leaves("p", graph.parameters) + "; " };
        writeln!(f, "program of {} ({parameters}{})", T::NAME, leaves("x", graph.inputs))?;
        let mut guards: Vec<(Id, &Guard)> =
            graph.guards.iter().map(|guard| (guard.operands[0].max(guard.operands[1]), guard)).collect();
        guards.sort_by_key(|&(last, _)| last);
        let mut guards = guards.into_iter().peekable();
        for (id, node) in (0..).zip(&graph.nodes) {
            if is_operation(node) {
                writeln!(f, "{} = {}", names.name(id), names.formula(node))?;
            }
            while let Some((_, guard)) = guards.next_if(|&(last, _)| last <= id) {
                writeln!(f, "require {}", names.guard(guard))?;
            }
        }
        let what = if graph.of_sum { "return for all rows" } else { "return" };
        writeln!(f, "{}", format!("{what} {}", names.names(&graph.outputs)).trim_end())
    }
}

/// How large a program is, and what the optimisations have made of it.
///
/// # Examples
///
/// ```
/// use gradtape::program::{Optimization, Program};
///
/// let program = Program::record_with(|w, x| w[0].exp() * x[0] + x[1], &[0.5], &[1.0, 2.0]);
/// let statistics = program.statistics();
/// assert_eq!(statistics.recorded, 3);
/// assert_eq!(statistics.left[0], (Optimization::Pruning, 3));
/// // The exponential is computed once for all rows.
/// assert!(statistics.left.iter().any(|&(after, left)| after == Optimization::Hoisting && left < 3));
/// assert!(statistics.slots <= statistics.slots_without_reuse);
/// println!("{statistics}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// The operations that were recorded, or that the derivatives are made of.
    pub recorded: usize,
    /// What is left when one optimisation after another is applied, those that the program's options leave out excepted:
    /// after pruning, folding and sharing operations, after fusion instructions, and after hoisting instructions for
    /// each row.
    pub left: Vec<(Optimization, usize)>,
    /// The instructions that are executed once before the rows, for each row, and once after them.
    pub instructions: [usize; 3],
    /// How many numbers of each row are kept at the same time.
    pub slots: usize,
    /// How many that would be if numbers that are no longer needed kept their memory.
    pub slots_without_reuse: usize,
    /// How many numbers all rows share: constants, parameters, and what is made of them.
    pub uniforms: usize,
    /// The comparisons that each row must pass.
    pub guards: usize,
    /// The memory of the operations, in bytes.
    pub graph_bytes: usize,
    /// The memory of the instructions, in bytes.
    pub code_bytes: usize,
}

/// In the order in which they are applied.
const ORDER: [Optimization; 5] =
    [Optimization::Pruning, Optimization::Folding, Optimization::Sharing, Optimization::Fusion, Optimization::Hoisting];

impl<T: Precision> Program<T> {
    /// How large the program is, and what the optimisations have made of it.
    pub fn statistics(&self) -> Statistics {
        let (graph, code) = (&self.graph, self.code());
        let compiled = |options: Options| compile(&lower(again(graph, options), options), options);
        let left = |(k, &optimization): (usize, &Optimization)| {
            let options = ORDER[k + 1..].iter().fold(self.options, |options, &later| options.without(later));
            let count = match optimization {
                Optimization::Fusion => {
                    let code = compiled(options);
                    [&code.prologue, &code.body, &code.epilogue].into_iter().map(|list| computing(list)).sum()
                }
                Optimization::Hoisting => computing(&compiled(options).body),
                _ => operations(&again(graph, options)),
            };
            (optimization, count)
        };
        Statistics {
            recorded: operations(graph),
            left: ORDER
                .iter()
                .enumerate()
                .filter(|&(_, &optimization)| self.options.has(optimization))
                .map(left)
                .collect(),
            instructions: [&code.prologue, &code.body, &code.epilogue].map(Vec::len),
            slots: code.slots,
            slots_without_reuse: compiled(self.options.without(Optimization::Reuse)).slots,
            uniforms: code.uniforms.len(),
            guards: graph.guards.len(),
            graph_bytes: size_of_val(&graph.nodes[..])
                + size_of_val(&graph.constants[..])
                + size_of_val(&graph.lists[..])
                + size_of_val(&graph.guards[..])
                + size_of_val(&graph.outputs[..]),
            code_bytes: bytes(code),
        }
    }
}

/// The graph as it would be with these options.
fn again<T: Precision>(graph: &Graph<T>, options: Options) -> Graph<T> {
    let pruned = if options.has(Optimization::Pruning) { prune(graph) } else { graph.clone() };
    rebuild(&pruned, options)
}

/// How many of the instructions compute something.
fn computing(instructions: &[Instruction]) -> usize {
    let computes = |instruction: &&Instruction| match instruction {
        Instruction::Count { .. }
        | Instruction::Fast { .. }
        | Instruction::Plain { .. }
        | Instruction::Pair { .. }
        | Instruction::MulAdd { .. }
        | Instruction::Sum { .. }
        | Instruction::Reduce { .. } => true,
        Instruction::Load { .. }
        | Instruction::Splat { .. }
        | Instruction::Guard { .. }
        | Instruction::Store { .. } => false,
    };
    instructions.iter().filter(computes).count()
}

fn bytes<T>(code: &Code<T>) -> usize {
    [&code.prologue, &code.body, &code.epilogue].into_iter().map(|list| size_of_val(&list[..])).sum::<usize>()
        + size_of_val(&code.uniforms[..])
        + size_of_val(&code.parameters[..])
        + size_of_val(&code.terms[..])
        + size_of_val(&code.guards[..])
        + size_of_val(&code.totals[..])
        + size_of_val(&code.outputs[..])
}

impl fmt::Display for Statistics {
    /// One line for each count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>8} operations recorded", self.recorded)?;
        for (optimization, count) in &self.left {
            writeln!(f, "{count:>8} left after {}", format!("{optimization:?}").to_lowercase())?;
        }
        let [before, body, behind] = self.instructions;
        writeln!(f, "{body:>8} instructions for each row, {before} before and {behind} after all rows")?;
        writeln!(f, "{:>8} slots, {} without reuse", self.slots, self.slots_without_reuse)?;
        writeln!(f, "{:>8} uniforms", self.uniforms)?;
        writeln!(f, "{:>8} guards", self.guards)?;
        writeln!(f, "{:>8} bytes of the graph", self.graph_bytes)?;
        writeln!(f, "{:>8} bytes of the code", self.code_bytes)
    }
}
