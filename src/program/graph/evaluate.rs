//! Computes the nodes of a graph.

use std::fmt::Display;

use super::custom::Custom;
use super::{Graph, Guard, Origin};
use crate::error::Error;
use crate::number::Real;
use crate::ops::index::NodeIndex;
use crate::ops::op::{Form, Op};

impl<T: Copy> Graph<T> {
    /// The numbers of all nodes, of any kind, for which `custom` calls operations of the user's own. `each` sees the
    /// number of every node and may replace it.
    pub(crate) fn evaluate<F: Real<Plain = T>>(
        &self,
        parameters: &[F],
        inputs: &[F],
        custom: impl Fn(&Custom<T>, &[F]) -> F,
        mut each: impl FnMut(F) -> F,
    ) -> Vec<F> {
        let mut values: Vec<F> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let list = || self.operands(node).iter().map(|operand| values[operand.index()]);
            let value = match node.op.form() {
                Form::Constant => F::constant(self.constants[node.leaf_index()]),
                Form::Parameter => parameters[node.leaf_index()],
                Form::Input => inputs[node.leaf_index()],
                Form::Sum => list().sum(),
                Form::Product => list().product(),
                Form::Dot => {
                    let (a, b): (Vec<F>, Vec<F>) = (list().step_by(2).collect(), list().skip(1).step_by(2).collect());
                    F::dot(&a, &b)
                }
                Form::Custom => custom(self.custom(node), &list().collect::<Vec<F>>()),
                Form::Operation | Form::Total => {
                    node.op.value(node.map_operands(|operand| values[operand.index()]), node.exponent())
                }
            };
            values.push(each(value));
        }
        values
    }

    /// The numbers of all nodes.
    pub(crate) fn values(&self, parameters: &[T], inputs: &[T]) -> Vec<T>
    where
        T: Real<Plain = T>,
    {
        self.evaluate(parameters, inputs, Custom::value, |x| x)
    }

    /// The first guard that does not hold for these numbers of the nodes, and that depends on no input if it must be of
    /// the parameters alone.
    pub(crate) fn failed_guard(&self, values: &[T], of_parameters: bool) -> Option<(Guard, Option<Origin>)>
    where
        T: PartialOrd,
    {
        let is_of = |guard: &Guard| {
            let needed = || self.dependencies(&guard.operands);
            !of_parameters || !self.nodes.iter().zip(needed()).any(|(node, used)| used && node.op == Op::input)
        };
        let number = |operand: NodeIndex| values[operand.index()];
        self.guards_and_origins().find(|(guard, _)| !guard.holds(number) && is_of(guard))
    }

    /// An error that names the first guard that does not hold for these numbers of the nodes. `subject` is what has the
    /// numbers; if these are the parameters alone, only guards that depend on no input count.
    pub(crate) fn check_guards(
        &self,
        values: &[T],
        place: &str,
        subject: &str,
        of_parameters: bool,
    ) -> Result<(), Error>
    where
        T: PartialOrd + Display,
    {
        let number = |operand: NodeIndex| values[operand.index()];
        let Some((guard, origin)) = self.failed_guard(values, of_parameters) else { return Ok(()) };
        let at = origin.map_or_else(String::new, |origin| format!(" at {}", origin.location));
        Err(if origin.is_some_and(|origin| origin.is_read) {
            let expected = format!("{subject} with the number that `data()` read{at} when the program was recorded");
            let a = number(guard.operands[0]);
            Error::unexpected(
                place,
                expected,
                format!("one with {a} (`detach` keeps a number without its derivatives)"),
            )
        } else {
            let expected = format!("{subject} for which the comparison{at} comes out as when the program was recorded");
            let comparison = self.comparison(&guard, |operand| number(operand).to_string());
            let found = format!(
                "one for which {comparison} is {} (write `max`, `min` or `clamp`, or see `Paths` for functions that branch)",
                !guard.outcome
            );
            Error::unexpected(place, expected, found)
        })
    }
}
