//! Finding numbers that are not finite while a computation is recorded (feature `locations`).

#[cfg(feature = "locations")]
use std::panic::Location;

#[cfg(feature = "locations")]
use super::locations::{NonFinite, Quantity};
use super::node::NodeId;
#[cfg(feature = "locations")]
use super::registry::tape_if_alive;
use crate::ops::call::Call;
#[cfg(feature = "locations")]
use crate::scalar::Scalar;

/// Without the feature, it does nothing and costs nothing.
#[cfg(not(feature = "locations"))]
#[inline(always)]
pub(super) fn watch<T>(_: &[(NodeId, T, T)], _: Option<T>, _: impl FnOnce() -> Call) {}

/// Notes the first number that is not finite: the partial by an operand, its product with the slope of the operand, or
/// the slope of the result. The operands are node, partial and slope. If a slope is not finite already, nothing is
/// noted.
#[cfg(feature = "locations")]
#[inline(never)]
#[track_caller]
pub(super) fn watch<T: Scalar>(operands: &[(NodeId, T, T)], slope: Option<T>, call: impl FnOnce() -> Call) {
    if operands.iter().any(|(_, _, slope)| !slope.is_finite()) {
        return;
    }
    let largest = T::max_value().to_f64().unwrap_or(f64::MAX);
    // Computed in f64, because arithmetic of a nested number would be recorded.
    let product = |partial: T, slope: T| Some(partial.to_f64()? * slope.to_f64()?);
    let overflows = |partial: T, slope: T| product(partial, slope).is_some_and(|product| product.abs() > largest);
    let mut active = operands.iter().filter(|(node, ..)| !node.is_constant());
    let non_finite = active.clone().find_map(|&(node, partial, slope)| {
        if !partial.is_finite() {
            Some((node, Quantity::Partial as NewQuantity, partial.to_f64()))
        } else if overflows(partial, slope) {
            Some((node, Quantity::Slope as NewQuantity, product(partial, slope)))
        } else {
            None
        }
    });
    let of_result = || {
        let slope = slope.filter(|slope| !slope.is_finite())?;
        Some((active.next()?.0, Quantity::Slope as NewQuantity, slope.to_f64()))
    };
    let Some((node, kind, x)) = non_finite.or_else(of_result) else { return };
    // Before the tape is looked for, because `call` computes with foreign code.
    let found = NonFinite { quantity: kind(call(), x), location: Location::caller() };
    if let Some(tape) = tape_if_alive::<T>(node)
        && let Some(operand) = node.index(tape.first.get())
    {
        tape.locations.note(operand, found);
    }
}

#[cfg(feature = "locations")]
type NewQuantity = fn(Call, Option<f64>) -> Quantity;
