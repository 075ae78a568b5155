//! The look for numbers that are not finite, while a computation is recorded (feature `locations`).

#[cfg(feature = "locations")]
use std::panic::Location;

#[cfg(feature = "locations")]
use super::locations::What;
use super::node::NodeId;
#[cfg(feature = "locations")]
use super::registry::hold_if_alive;
use crate::ops::call::Call;
#[cfg(feature = "locations")]
use crate::scalar::Scalar;

/// Without the feature: nothing, at no cost.
#[cfg(not(feature = "locations"))]
#[inline(always)]
pub(super) fn watch<T>(_: &[(NodeId, T, T)], _: Option<T>, _: impl FnOnce() -> Call) {}

/// Notes what is the first not to be finite: the partial by an operand, given with the operand's slope, the product
/// of the two, or the slope of the result. What comes from something that was not finite already is not the first.
#[cfg(feature = "locations")]
#[inline(never)]
#[track_caller]
pub(super) fn watch<T: Scalar>(operands: &[(NodeId, T, T)], slope: Option<T>, call: impl FnOnce() -> Call) {
    if operands.iter().any(|(_, _, slope)| !slope.is_finite()) {
        return;
    }
    let largest = T::max_value().to_f64().unwrap_or(f64::MAX);
    // In f64, because the arithmetic of a nested number would be recorded.
    let product = |partial: T, slope: T| Some(partial.to_f64()? * slope.to_f64()?);
    let overflows = |partial: T, slope: T| product(partial, slope).is_some_and(|product| product.abs() > largest);
    let mut active = operands.iter().filter(|(node, ..)| !node.is_constant());
    let spoiled = active.clone().find_map(|&(node, partial, slope)| {
        if !partial.is_finite() {
            Some((node, What::Partial as NewWhat, partial.to_f64()))
        } else if overflows(partial, slope) {
            Some((node, What::Slope as NewWhat, product(partial, slope)))
        } else {
            None
        }
    });
    let of_result = || {
        let slope = slope.filter(|slope| !slope.is_finite())?;
        Some((active.next()?.0, What::Slope as NewWhat, slope.to_f64()))
    };
    let location = Location::caller();
    if let Some((node, kind, x)) = spoiled.or_else(of_result)
        && let Some(tape) = hold_if_alive::<T>(node)
        && let Some(operand) = node.index(tape.first.get())
    {
        tape.locations.note(operand, kind(call(), x), location);
    }
}

#[cfg(feature = "locations")]
type NewWhat = fn(Call, Option<f64>) -> What;
