//! The way back from derivatives that are not finite (feature `locations`).

use super::locations::Trace;
use super::records::Records;
use crate::scalar::Scalar;

/// Follows the derivatives that are NaN, or, if there is none, those that are infinite. Numbers are compared as f64,
/// because the arithmetic of `T` is foreign code.
pub(super) fn trace<T: Scalar>(records: Records<'_, T>, adjoints: &[T]) -> Trace {
    let plain = |x: &T| if x.is_finite() { x.to_f64().unwrap_or(0.0) } else { x.to_f64().unwrap_or(f64::NAN) };
    let numbers: Vec<f64> = adjoints.iter().map(plain).collect();
    let largest = T::max_value().to_f64().unwrap_or(f64::MAX);
    let is_variable = |node: usize| {
        let record = node.checked_sub(records.variables).and_then(|record| records.all.get(record));
        record.is_none_or(|record| record.partials.iter().all(T::is_zero) && record.nodes[0] == record.nodes[1])
    };
    let variables: Vec<usize> = (0..numbers.len()).filter(|&node| is_variable(node)).collect();
    let is_nan = variables.iter().any(|&node| numbers[node].is_nan());
    let starts = |&node: &usize| if is_nan { numbers[node].is_nan() } else { !numbers[node].is_finite() };
    let mut trace = Trace { blamed: vec![false; numbers.len()], culprits: vec![false; numbers.len()] };
    variables.into_iter().filter(starts).for_each(|node| trace.blamed[node] = true);
    if !trace.blamed.contains(&true) {
        return trace;
    }
    // The functions of checkpoints have records of their own.
    for (outputs, _) in records.checkpoints {
        for node in outputs.clone().map(|record| records.variables + record) {
            if numbers.get(node).is_some_and(|adjoint| !adjoint.is_finite()) {
                trace.blamed[node] = true;
            }
        }
    }
    let mut nary = records.nary.iter().peekable();
    for (k, record) in records.all.iter().enumerate() {
        while nary.next_if(|run| run.end <= k).is_some() {}
        // All records of an n-ary node have the node of the last.
        let node = records.variables + nary.peek().filter(|run| run.start <= k).map_or(k, |run| run.end - 1);
        let Some(&adjoint) = numbers.get(node) else { break };
        for (&operand, partial) in record.nodes.iter().zip(&record.partials) {
            let partial = plain(partial);
            let is_finite = partial == 0.0 || adjoint == 0.0 || (partial * adjoint).abs() <= largest;
            if is_finite || operand as usize >= node || !trace.blamed[operand as usize] {
                continue;
            }
            trace.blamed[node] |= !adjoint.is_finite();
            trace.culprits[operand as usize] |= adjoint.is_finite() || !partial.is_finite();
        }
    }
    trace
}
