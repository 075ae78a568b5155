//! Computes the nodes of a graph.

use super::{Graph, Guard};
use crate::number::Real;
use crate::ops::op::Form;

impl<T: Copy> Graph<T> {
    /// The numbers of all nodes, of any kind. `each` sees the number of every node and may replace it.
    pub(crate) fn evaluate<F: Real<Plain = T>>(
        &self,
        parameters: &[F],
        inputs: &[F],
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
                Form::Operation | Form::Total => {
                    node.op.value(node.map_operands(|operand| values[operand.index()]), node.exponent())
                }
            };
            values.push(each(value));
        }
        values
    }

    /// The first guard that does not hold for these numbers of the nodes.
    pub(crate) fn first_failed_guard(&self, values: &[T]) -> Option<&Guard>
    where
        T: PartialOrd,
    {
        self.guards.iter().find(|guard| !guard.holds(|operand| values[operand.index()]))
    }
}
