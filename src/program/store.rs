//! Programs as files, in any format of `serde`.
//!
//! Operations have their names. Everything is checked when it is read: operations depend on earlier ones only and have as
//! many operands as they need, and every parameter and input is there once, so that nothing needs more memory than the
//! file has bytes, times a constant.

use std::sync::OnceLock;

use serde::de::Error as _;
use serde::de::value::{Error as Unknown, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::graph::{Comparison, Graph, Guard, Id, Node, exponent, index};
use super::{Optimization, Options, Precision, Program};
use crate::error::Error;
use crate::file::{FileKind, Format, PrecisionName, Version, digits, head, numbers, read};
use crate::ops::op::Op;

impl<T: Precision> FileKind for Program<T> {
    const FORMAT: &'static str = "gradtape program";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "T: Precision")]
struct Stored<T> {
    format: Format<Program<T>>,
    version: Version<Program<T>>,
    precision: PrecisionName<T>,
    exact: bool,
    /// The names of optimisations.
    without: Vec<String>,
    parameters: u32,
    inputs: u32,
    of_sum: bool,
    constants: Vec<String>,
    /// The name of an operation and its operands; a leaf has its index, and `powi` its exponent behind its operand.
    nodes: Vec<(String, Vec<i64>)>,
    guards: Vec<(Id, String, Id, bool)>,
    outputs: Vec<Id>,
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "==",
    }
}

impl<T: Precision> Stored<T> {
    fn new(program: &Program<T>) -> Self {
        let graph = &program.graph;
        let operands = |node: &Node| -> Vec<i64> {
            let mut numbers: Vec<i64> = graph.operands(node).iter().map(|&id| id.into()).collect();
            match node.op {
                Op::constant | Op::parameter | Op::input => numbers.push(node.args[0].into()),
                Op::powi => numbers.push(exponent(node).into()),
                _ => {}
            }
            numbers
        };
        let mut nodes: Vec<_> = graph.nodes.iter().map(|node| (node.op.name().to_owned(), operands(node))).collect();
        // Those that nothing depends on may have been left out.
        let parameters = program.parameters();
        for (k, _) in program.leaves().into_iter().enumerate().filter(|(_, leaf)| leaf.is_none()) {
            let (op, k) = if k < parameters { (Op::parameter, k) } else { (Op::input, k - parameters) };
            nodes.push((op.name().to_owned(), vec![i64::from(index(k))]));
        }
        let guard =
            |&Guard { comparison, operands: [a, b], holds }: &Guard| (a, symbol(comparison).to_owned(), b, holds);
        let (format, version, precision) = head();
        Self {
            format,
            version,
            precision,
            exact: program.options.is_exact(),
            without: Optimization::ALL
                .into_iter()
                .filter(|&optimization| !program.options.has(optimization))
                .map(|optimization| format!("{optimization:?}"))
                .collect(),
            parameters: graph.parameters,
            inputs: graph.inputs,
            of_sum: graph.of_sum,
            constants: digits(&graph.constants),
            nodes,
            guards: graph.guards.iter().map(guard).collect(),
            outputs: graph.outputs.clone(),
        }
    }

    fn options(&self) -> Result<Options, Error> {
        let mut options = if self.exact { Options::new().exact() } else { Options::new() };
        for name in &self.without {
            let known = Optimization::ALL.into_iter().find(|optimization| format!("{optimization:?}") == *name);
            let known = known.ok_or_else(|| {
                Error::unexpected("program", "the name of an optimisation that is left out", format!("{name:?}"))
            })?;
            options = options.without(known);
        }
        Ok(options)
    }

    /// The program, if there can be such.
    fn program(&self) -> Result<Program<T>, Error> {
        let options = self.options()?;
        let mut graph = Graph {
            nodes: Vec::with_capacity(self.nodes.len()),
            constants: numbers("constant", &self.constants)?,
            lists: Vec::new(),
            guards: Vec::with_capacity(self.guards.len()),
            outputs: Vec::with_capacity(self.outputs.len()),
            parameters: self.parameters,
            inputs: self.inputs,
            of_sum: self.of_sum,
        };
        let leaves = u64::from(self.parameters) + u64::from(self.inputs);
        if leaves > self.nodes.len() as u64 {
            let expected = format!("a node for each of {} parameters and {} inputs", self.parameters, self.inputs);
            return Err(Error::unexpected("program", expected, format!("{} nodes", self.nodes.len())));
        }
        let mut reader = Reader {
            parameters: vec![false; self.parameters as usize],
            inputs: vec![false; self.inputs as usize],
            varies: Vec::with_capacity(self.nodes.len()),
            is_late: Vec::with_capacity(self.nodes.len()),
        };
        for (name, numbers) in &self.nodes {
            reader.add(&mut graph, name, numbers)?;
        }
        if let Some(k) = reader.parameters.iter().position(|seen| !seen) {
            return Err(Error::unexpected("program", format!("a node for parameter {k}"), "none"));
        }
        if let Some(k) = reader.inputs.iter().position(|seen| !seen) {
            return Err(Error::unexpected("program", format!("a node for input {k}"), "none"));
        }
        for (a, comparison, b, holds) in &self.guards {
            let place = || format!("guard {}", graph.guards.len());
            let known = [Comparison::Less, Comparison::LessOrEqual, Comparison::Equal];
            let comparison = known
                .into_iter()
                .find(|&known| symbol(known) == comparison)
                .ok_or_else(|| Error::unexpected(place(), "one of <, <= and ==", format!("{comparison:?}")))?;
            for &operand in [a, b] {
                reader.check(operand, place)?;
                if reader.is_late[operand as usize] {
                    return Err(Error::unexpected(
                        place(),
                        "numbers that are known before the rows are added up",
                        "a sum",
                    ));
                }
            }
            graph.guards.push(Guard { comparison, operands: [*a, *b], holds: *holds });
        }
        for &output in &self.outputs {
            let place = || format!("output {}", graph.outputs.len());
            reader.check(output, place)?;
            if self.of_sum && reader.varies[output as usize] {
                return Err(Error::unexpected(place(), "a sum over all rows", "a number of each row"));
            }
            graph.outputs.push(output);
        }
        Ok(Program { graph, options, code: OnceLock::new() })
    }
}

/// What is known of the nodes that were read.
struct Reader {
    parameters: Vec<bool>,
    inputs: Vec<bool>,
    /// Whether it differs from row to row.
    varies: Vec<bool>,
    /// Whether it depends on a sum over the rows.
    is_late: Vec<bool>,
}

impl Reader {
    fn check(&self, operand: Id, place: impl FnOnce() -> String) -> Result<(), Error> {
        if (operand as usize) < self.varies.len() {
            return Ok(());
        }
        let expected = format!("one of the {} nodes before it", self.varies.len());
        Err(Error::unexpected(place(), expected, format!("node {operand}")))
    }

    fn add<T: Precision>(&mut self, graph: &mut Graph<T>, name: &str, numbers: &[i64]) -> Result<(), Error> {
        let place = || format!("node {}", graph.nodes.len());
        let Ok(op) = Op::deserialize(StrDeserializer::<Unknown>::new(name)) else {
            let found = format!("{:?}", name.chars().take(40).collect::<String>());
            return Err(Error::unexpected(place(), "an operation that this version of gradtape has", found));
        };
        let (count, rest) = match op {
            Op::constant | Op::parameter | Op::input => (0, 1),
            Op::powi => (1, 1),
            op => (op.arity().unwrap_or(numbers.len()), 0),
        };
        let is_whole = match op {
            Op::sum | Op::product => count != 0,
            Op::dot => count != 0 && count.is_multiple_of(2),
            _ => numbers.len() == count + rest,
        };
        if !is_whole {
            let expected = match op {
                Op::sum | Op::product => format!("at least one operand of {name}"),
                Op::dot => "pairs of operands of dot".to_owned(),
                _ => format!("{} numbers of {name}", count + rest),
            };
            return Err(Error::unexpected(place(), expected, numbers.len().to_string()));
        }
        if graph.nodes.len() >= u32::MAX as usize || graph.lists.len() + count >= u32::MAX as usize {
            return Err(Error::unexpected(place(), "fewer than 2^32 - 1 nodes", "more"));
        }
        let (operands, rest) = numbers.split_at(count);
        let mut ids = Vec::with_capacity(count);
        for &operand in operands {
            let id = Id::try_from(operand).unwrap_or(Id::MAX);
            self.check(id, place)?;
            ids.push(id);
        }
        let mut varies = ids.iter().any(|&id| self.varies[id as usize]);
        let mut is_late = ids.iter().any(|&id| self.is_late[id as usize]);
        let mut args = [0; 3];
        match op {
            Op::constant => args[0] = leaf(rest[0], graph.constants.len(), place)?,
            Op::parameter => args[0] = once(rest[0], &mut self.parameters, place)?,
            Op::input => {
                args[0] = once(rest[0], &mut self.inputs, place)?;
                varies = true;
            }
            Op::sum | Op::product | Op::dot => {
                args = [index(graph.lists.len()), index(count), 0];
                graph.lists.extend(&ids);
            }
            Op::total if is_late || !graph.of_sum => {
                return Err(Error::unexpected(place(), "no sum over rows here", "one"));
            }
            _ => args[..count].copy_from_slice(&ids),
        }
        if op == Op::powi {
            let exponent = i32::try_from(rest[0]);
            let exponent = exponent.map_err(|_| Error::unexpected(place(), "an exponent", rest[0].to_string()))?;
            args[1] = exponent.cast_unsigned();
        }
        if op == Op::total {
            (varies, is_late) = (false, true);
        }
        if varies && is_late {
            return Err(Error::unexpected(place(), "numbers of rows or sums over all rows", "both"));
        }
        self.varies.push(varies);
        self.is_late.push(is_late);
        graph.nodes.push(Node { op, args });
        Ok(())
    }
}

/// The index of one of `count` leaves.
fn leaf(number: i64, count: usize, place: impl FnOnce() -> String) -> Result<u32, Error> {
    let index = u32::try_from(number).ok().filter(|&index| (index as usize) < count);
    index.ok_or_else(|| Error::unexpected(place(), format!("an index below {count}"), number.to_string()))
}

/// The index of a leaf that has not come up yet.
fn once(number: i64, seen: &mut [bool], place: impl Fn() -> String) -> Result<u32, Error> {
    let index = leaf(number, seen.len(), &place)?;
    if std::mem::replace(&mut seen[index as usize], true) {
        return Err(Error::unexpected(place(), "each parameter and each input once", format!("{number} again")));
    }
    Ok(index)
}

/// A program as it was recorded or derived, with its options; the numbers it computes are the same afterwards, bit for
/// bit.
///
/// # Examples
///
/// ```
/// use gradtape::program::Program;
///
/// let program = Program::record(|x| (x[0] * x[1]).sin(), &[1.0, 2.0]).gradient();
/// let text = serde_json::to_string(&program)?;
/// let read: Program<f64> = serde_json::from_str(&text)?;
/// assert_eq!(read.eval(&[0.5, 3.0])?, program.eval(&[0.5, 3.0])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<T: Precision> Serialize for Program<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::new(self).serialize(serializer)
    }
}

/// What is damaged, foreign, of a newer format or of the other precision is an error that says what was expected.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de, T: Precision> Deserialize<'de> for Program<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<Stored<T>, D>(deserializer)?.program().map_err(D::Error::custom)
    }
}
