//! Programs as files, in any format of `serde`.
//!
//! Operations have their names. Everything is checked when it is read: operations depend on earlier ones only and have
//! as many operands as they need, and every parameter and input is there once. So reading needs no more memory than the
//! file has bytes, times a constant.

use std::collections::HashMap;
use std::marker::PhantomData;

use serde::de::value::{Error as Unknown, StrDeserializer};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::file::{FileKind, Format, PrecisionName, Version, digits, head, numbers};
use crate::ops::index::{NodeIndex, checked_u32};
use crate::ops::op::{Form, Op};
use crate::program::graph::custom::MOST_ORDERS;
use crate::program::graph::special::{self, Parameter, Special};
use crate::program::graph::{Comparison, Graph, Guard, Node};
use crate::program::options::{Optimization, Options};
use crate::program::precision::Precision;

/// The kind of file that a program is.
pub(crate) struct ProgramFile<T>(PhantomData<T>);

impl<T: Precision> FileKind for ProgramFile<T> {
    const FORMAT: &'static str = "gradtape program";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "T: Precision")]
pub(crate) struct StoredProgram<T> {
    format: Format<ProgramFile<T>>,
    version: Version<ProgramFile<T>>,
    precision: PrecisionName<T>,
    exact: bool,
    /// The names of optimisations.
    without: Vec<String>,
    parameters: u32,
    inputs: u32,
    of_sum: bool,
    constants: Vec<String>,
    /// The name of an operation and its operands; a leaf has its index. `powi` has its exponent behind its operand. A
    /// special function has its parameter there, an order or the bits of an f64, and a derivative of it the numbers of
    /// the operands by which it is taken.
    nodes: Vec<(String, Vec<i64>)>,
    guards: Vec<(NodeIndex, String, NodeIndex, bool)>,
    outputs: Vec<NodeIndex>,
}

impl<T: Precision> StoredProgram<T> {
    pub(crate) fn new(graph: &Graph<T>, options: Options) -> Self {
        let named = |node: &Node| -> (String, Vec<i64>) {
            let mut numbers: Vec<i64> = graph.operands(node).iter().map(|&operand| operand.into()).collect();
            if node.is_leaf() {
                numbers.push(checked_u32(node.leaf_index()).into());
            } else if node.op == Op::powi {
                numbers.push(node.exponent().into());
            }
            if node.op != Op::custom {
                return (node.op.name().to_owned(), numbers);
            }
            let custom = graph.custom(node);
            let Special { facts, parameter } =
                custom.special().expect("other operations of the user's own are refused");
            numbers.extend(parameter.map(Parameter::word));
            numbers.extend(custom.by().iter().map(|&k| i64::from(checked_u32(k))));
            (facts.name.to_owned(), numbers)
        };
        let mut nodes: Vec<_> = graph.nodes.iter().map(named).collect();
        // Leaves that nothing depends on may have been left out.
        let leaves = (0..graph.parameters).map(|k| (Op::parameter, k)).chain((0..graph.inputs).map(|k| (Op::input, k)));
        for ((op, k), _) in leaves.zip(graph.leaves()).filter(|(_, leaf)| leaf.is_none()) {
            nodes.push((op.name().to_owned(), vec![k.into()]));
        }
        let guard = |guard: &Guard| {
            let [a, b] = guard.operands;
            (a, guard.comparison.symbol().to_owned(), b, guard.outcome)
        };
        let (format, version, precision) = head();
        Self {
            format,
            version,
            precision,
            exact: options.is_exact(),
            without: Optimization::ALL
                .into_iter()
                .filter(|&optimization| !options.has(optimization))
                .map(|optimization| format!("{optimization:?}"))
                .collect(),
            parameters: graph.parameters,
            inputs: graph.inputs,
            of_sum: graph.of_sum,
            constants: digits(&graph.constants),
            nodes,
            guards: graph.guards().iter().map(guard).collect(),
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

    /// The program, if the file is valid.
    pub(crate) fn program(&self) -> Result<(Graph<T>, Options), Error> {
        let options = self.options()?;
        let mut graph = Graph::new(0, 0);
        graph.constants = numbers("constant", &self.constants)?;
        (graph.parameters, graph.inputs, graph.of_sum) = (self.parameters, self.inputs, self.of_sum);
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
            specials: HashMap::new(),
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
        for (a, comparison, b, outcome) in &self.guards {
            let place = || format!("guard {}", graph.guards().len());
            let comparison = Comparison::ALL
                .into_iter()
                .find(|known| known.symbol() == comparison)
                .ok_or_else(|| Error::unexpected(place(), "one of <, <= and ==", format!("{comparison:?}")))?;
            for &operand in [a, b] {
                reader.check(operand, place)?;
                if reader.is_late[operand.index()] {
                    return Err(Error::unexpected(
                        place(),
                        "numbers that are known before the rows are added up",
                        "a sum",
                    ));
                }
            }
            graph.add_guard(Guard { comparison, operands: [*a, *b], outcome: *outcome }, None);
        }
        for &output in &self.outputs {
            let place = || format!("output {}", graph.outputs.len());
            reader.check(output, place)?;
            if self.of_sum && reader.varies[output.index()] {
                return Err(Error::unexpected(place(), "a sum over all rows", "a number of each row"));
            }
            graph.outputs.push(output);
        }
        Ok((graph, options))
    }
}

/// The facts of the nodes that were read.
struct Reader {
    /// Which parameters have a node.
    parameters: Vec<bool>,
    /// Which inputs have a node.
    inputs: Vec<bool>,
    /// For each node whether it differs from row to row.
    varies: Vec<bool>,
    /// For each node whether it depends on a sum over the rows.
    is_late: Vec<bool>,
    /// The indices of special functions, by their keys.
    specials: HashMap<(usize, Vec<usize>), usize>,
}

impl Reader {
    fn check(&self, operand: NodeIndex, place: impl FnOnce() -> String) -> Result<(), Error> {
        if operand.index() < self.varies.len() {
            return Ok(());
        }
        let expected = format!("one of the {} nodes before it", self.varies.len());
        Err(Error::unexpected(place(), expected, format!("node {}", operand.index())))
    }

    fn add<T: Precision>(&mut self, graph: &mut Graph<T>, name: &str, numbers: &[i64]) -> Result<(), Error> {
        let index = graph.nodes.len();
        let place = || format!("node {index}");
        let special = special::ALL.iter().find(|facts| facts.name == name);
        let op = Op::deserialize(StrDeserializer::<Unknown>::new(name)).ok().or(special.map(|_| Op::custom));
        let Some(op) = op else {
            let found = format!("{:?}", name.chars().take(40).collect::<String>());
            return Err(Error::unexpected(place(), "an operation that this version of gradtape has", found));
        };
        let form = op.form();
        if form == Form::Custom && special.is_none() {
            return Err(Error::unexpected(
                place(),
                "an operation of gradtape",
                "one of a user's own, which no file holds",
            ));
        }
        let has_exponent = op == Op::powi;
        // How many operands, and how many numbers in all.
        let (count, all) = match form {
            Form::Constant | Form::Parameter | Form::Input => (0, 1),
            Form::Sum | Form::Product | Form::Dot => (numbers.len(), numbers.len()),
            Form::Custom => special.map_or((0, 0), |facts| {
                let (arity, fewest) =
                    (facts.operands.len(), facts.operands.len() + usize::from(facts.parameter.is_some()));
                (arity, numbers.len().clamp(fewest, fewest + MOST_ORDERS))
            }),
            Form::Operation | Form::Total => {
                let arity = op.arity().unwrap_or(numbers.len());
                (arity, arity + usize::from(has_exponent))
            }
        };
        let expected = match form {
            Form::Sum | Form::Product if count == 0 => format!("at least one operand of {name}"),
            Form::Dot if count == 0 || !count.is_multiple_of(2) => "pairs of operands of dot".to_owned(),
            _ if numbers.len() != all => format!("{all} numbers of {name}"),
            _ => String::new(),
        };
        if !expected.is_empty() {
            return Err(Error::unexpected(place(), expected, numbers.len().to_string()));
        }
        if graph.nodes.len() >= u32::MAX as usize || graph.lists.len() + count >= u32::MAX as usize {
            return Err(Error::unexpected(place(), "fewer than 2^32 - 1 nodes", "more"));
        }
        let (operands, rest) = numbers.split_at(count);
        let mut ids = Vec::with_capacity(count);
        for &operand in operands {
            let id = NodeIndex::try_from(operand).unwrap_or(NodeIndex::NONE);
            self.check(id, place)?;
            ids.push(id);
        }
        let mut varies = form == Form::Input || ids.iter().any(|id| self.varies[id.index()]);
        let mut is_late = ids.iter().any(|id| self.is_late[id.index()]);
        let node = match form {
            Form::Constant => Node::leaf(op, leaf(rest[0], graph.constants.len(), place)?),
            Form::Parameter => Node::leaf(op, unseen_leaf(rest[0], &mut self.parameters, place)?),
            Form::Input => Node::leaf(op, unseen_leaf(rest[0], &mut self.inputs, place)?),
            Form::Total if is_late || !graph.of_sum => {
                return Err(Error::unexpected(place(), "no sum over rows here", "one"));
            }
            Form::Total => {
                (varies, is_late) = (false, true);
                Node::operation(op, [ids[0]; 3], 0)
            }
            Form::Operation => {
                let exponent = i32::try_from(rest.first().copied().unwrap_or(0));
                let exponent = exponent.map_err(|_| Error::unexpected(place(), "an exponent", rest[0].to_string()))?;
                Node::operation(op, std::array::from_fn(|k| *ids.get(k).unwrap_or(&ids[0])), exponent)
            }
            Form::Sum | Form::Product | Form::Dot => graph.add_list(op, &ids),
            Form::Custom => {
                let (parameter, by) =
                    rest.split_at(usize::from(special.is_some_and(|facts| facts.parameter.is_some())));
                let parameter = parameter.first().copied().unwrap_or(0);
                let mut custom = special::read::<T>(name, parameter).ok_or_else(|| {
                    Error::unexpected(place(), format!("a parameter of {name}"), parameter.to_string())
                })?;
                for &operand in by {
                    custom = custom.derivative(leaf(operand, count, place)? as usize);
                }
                let customs = &mut graph.customs;
                let custom = *self.specials.entry(custom.key()).or_insert_with(|| {
                    customs.push(custom);
                    customs.len() - 1
                });
                graph.add_custom(custom, &ids)
            }
        };
        if varies && is_late {
            return Err(Error::unexpected(place(), "numbers of rows or sums over all rows", "both"));
        }
        self.varies.push(varies);
        self.is_late.push(is_late);
        graph.nodes.push(node);
        Ok(())
    }
}

/// The index of one of `count` leaves.
fn leaf(number: i64, count: usize, place: impl FnOnce() -> String) -> Result<u32, Error> {
    let index = u32::try_from(number).ok().filter(|&index| (index as usize) < count);
    index.ok_or_else(|| Error::unexpected(place(), format!("an index below {count}"), number.to_string()))
}

/// The index of a leaf that had no node so far.
fn unseen_leaf(number: i64, seen: &mut [bool], place: impl Fn() -> String) -> Result<u32, Error> {
    let index = leaf(number, seen.len(), &place)?;
    if std::mem::replace(&mut seen[index as usize], true) {
        return Err(Error::unexpected(place(), "each parameter and each input once", format!("{number} again")));
    }
    Ok(index)
}
