//! The ways in which an operation of the user's own is used.

use super::compare::{Checked, Line, OnTape, assert_as_many, swept, to_f64};
use super::report::{Failure, Kind, Variation};
use crate::scalar::Scalar;
use crate::tape::{Tape, Value};

/// Whether `f` has the same numbers for constants as for variables, and makes constants of them.
pub(super) fn check_constants<T: Scalar>(
    f: OnTape<'_, T>,
    x: &[T],
    values: &[f64],
    numbered: bool,
) -> Result<(), Failure> {
    let constants: Vec<_> = x.iter().map(|&x| Value::constant(x)).collect();
    let outputs = f(&Tape::new(), &constants);
    assert_as_many(outputs.len(), values.len());
    for (k, (output, &variables)) in outputs.into_iter().zip(values).enumerate() {
        let (name, constants) = (numbered.then_some(k), to_f64(output.data()));
        if constants != variables {
            return Err(Kind::Inconsistent { output: name, variables, constants }.into());
        }
        if !output.is_constant() {
            return Err(Kind::NotConstant { output: name }.into());
        }
    }
    Ok(())
}

/// Adds the derivatives by each operand alone to the lines along the coordinates, and a line for the derivative by one
/// variable that is behind all operands.
pub(super) fn add_uses<T: Scalar>(lines: &mut Vec<Checked>, f: OnTape<'_, T>, x: &[T]) {
    let mut by_one = |v: T, operands: &dyn Fn(Value<T>) -> Vec<Value<T>>| -> Vec<f64> {
        let (_, rows) = swept(&mut |tape, v| f(tape, &operands(v[0])), &[v]);
        rows.into_iter().map(|row| row[0]).collect()
    };
    for (i, (_, derivatives)) in lines.iter_mut().enumerate() {
        let alone = |v: Value<T>| {
            let operands = x.iter().enumerate();
            operands.map(|(k, &x)| if k == i { v } else { Value::constant(x) }).collect()
        };
        derivatives.push((Variation::Alone(i), by_one(x[i], &alone)));
    }
    let together = by_one(T::one(), &|v| x.iter().map(|&x| v * x).collect());
    let direction = x.iter().enumerate().map(|(i, &x)| (i, to_f64(x))).collect();
    lines.push((Line::to(direction), vec![(Variation::Together, together)]));
}
