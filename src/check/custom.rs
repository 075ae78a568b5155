//! Checks of a custom operation with all combinations of variables and constants.

use super::compare::{Line, LineDerivatives, TapedFunction, assert_outputs, to_f64, values_and_jacobian};
use super::report::{Failure, FailureKind, Variation};
use crate::scalar::Scalar;
use crate::tape::{Tape, Value};

/// An error if `f` of constants differs from `f` of variables, or is not constant.
pub(super) fn check_constants<T: Scalar>(
    f: TapedFunction<'_, T>,
    x: &[T],
    values: &[f64],
    numbered: bool,
) -> Result<(), Failure> {
    let constants: Vec<_> = x.iter().map(|&x| Value::constant(x)).collect();
    let outputs = f(&Tape::new(), &constants);
    assert_outputs(outputs.len(), values.len());
    for (k, (output, &variables)) in outputs.into_iter().zip(values).enumerate() {
        let (name, constants) = (numbered.then_some(k), to_f64(output.data()));
        if constants != variables {
            return Err(FailureKind::Inconsistent { output: name, variables, constants }.into());
        }
        if !output.is_constant() {
            return Err(FailureKind::NotConstant { output: name }.into());
        }
    }
    Ok(())
}

/// Adds to the lines along the coordinates the derivatives by a single variable operand, and adds a line for the
/// derivative by one variable from which all operands are computed.
pub(super) fn add_operand_uses<T: Scalar>(lines: &mut Vec<LineDerivatives>, f: TapedFunction<'_, T>, x: &[T]) {
    let mut derivatives_by = |v: T, operands: &dyn Fn(Value<T>) -> Vec<Value<T>>| -> Vec<f64> {
        let (_, rows) = values_and_jacobian(&mut |tape, v| f(tape, &operands(v[0])), &[v]);
        rows.into_iter().map(|row| row[0]).collect()
    };
    let has_others = x.len() > 1;
    for (i, (_, derivatives)) in lines.iter_mut().enumerate().filter(|_| has_others) {
        let alone = |v: Value<T>| {
            let operands = x.iter().enumerate();
            operands.map(|(k, &x)| if k == i { v } else { Value::constant(x) }).collect()
        };
        derivatives.push((Variation::Alone(i), derivatives_by(x[i], &alone)));
    }
    let together = derivatives_by(T::one(), &|v| x.iter().map(|&x| v * x).collect());
    let direction = x.iter().enumerate().map(|(i, &x)| (i, to_f64(x))).collect();
    lines.push((Line::in_direction(direction), vec![(Variation::Together, together)]));
}
