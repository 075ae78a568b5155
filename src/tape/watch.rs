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

/// Notes numbers that are not finite: for each operand the partial, or its product with the slope of the operand; or
/// else the slope of the result. The operands are node, partial and slope. Where a slope is not finite already, nothing
/// is noted.
#[cfg(feature = "locations")]
#[inline(never)]
#[track_caller]
pub(super) fn watch<T: Scalar>(operands: &[(NodeId, T, T)], slope: Option<T>, call: impl FnOnce() -> Call) {
    let largest = T::max_value().to_f64().unwrap_or(f64::MAX);
    // Computed in f64, because arithmetic of a nested number would be recorded.
    let product = |partial: T, slope: T| Some(partial.to_f64()? * slope.to_f64()?);
    let overflows = |partial: T, slope: T| product(partial, slope).is_some_and(|product| product.abs() > largest);
    let is_finite = |(.., slope): &&(NodeId, T, T)| slope.is_finite();
    let active = || operands.iter().filter(|(node, ..)| !node.is_constant());
    let non_finite = active().filter(is_finite).filter_map(|&(node, partial, slope)| {
        if !partial.is_finite() {
            Some((node, Quantity::Partial as NewQuantity, partial.to_f64()))
        } else if overflows(partial, slope) {
            Some((node, Quantity::Slope as NewQuantity, product(partial, slope)))
        } else {
            None
        }
    });
    let mut found: Vec<_> = non_finite.collect();
    let is_new = found.is_empty() && operands.iter().all(|operand| is_finite(&operand));
    if let Some(slope) = slope.filter(|slope| is_new && !slope.is_finite()) {
        found.extend(active().next().map(|&(node, ..)| (node, Quantity::Slope as NewQuantity, slope.to_f64())));
    }
    if found.is_empty() {
        return;
    }
    // Before the tape is looked for, because `call` computes with foreign code.
    let (call, location) = (call(), Location::caller());
    for (node, kind, x) in found {
        let found = NonFinite { quantity: kind(call, x), location };
        if let Some(tape) = tape_if_alive::<T>(node)
            && let Some(operand) = node.index(tape.first.get())
        {
            tape.locations.note(operand, found);
        }
    }
}

#[cfg(feature = "locations")]
type NewQuantity = fn(Call, Option<f64>) -> Quantity;
