//! Training: gradients on a tape or by programs, and the steps along them.

use gradtape::nn::{Adam, Optimizer};
use gradtape::program::Precision;
use gradtape::{Gradients, Tape, Value};

use super::batch::Batch;
use super::model::{PARAMETERS, loss, number};
use super::recorded::Recorded;

/// Computes the mean loss of some names at these parameters, and writes its gradient.
pub(crate) trait Gradient<T>: FnMut(&[T], &[Vec<usize>], &mut [T]) -> T {}

impl<T, F: FnMut(&[T], &[Vec<usize>], &mut [T]) -> T> Gradient<T> for F {}

/// The gradient on a tape, which records the loss anew in every step.
pub(crate) fn on_tape<T: Precision>() -> impl Gradient<T> {
    let (tape, mut gradients) = (Tape::new(), Gradients::new());
    move |parameters, names, gradient| {
        tape.clear();
        let values = tape.vars(parameters);
        let sum: Value<T> = names.iter().map(|name| loss(&values, name)).sum();
        let mean = sum / number::<T>(names.len());
        mean.backward_into(&mut gradients);
        gradients.wrt_into(&values, gradient);
        mean.data()
    }
}

/// The gradient by programs, which are recorded once.
pub(crate) fn recorded<T: Precision>() -> impl Gradient<T> {
    let mut recorded = Recorded::new();
    move |parameters, names, gradient| {
        recorded.gradient(parameters, &Batch::new(names), gradient).expect("the rows have the width of the programs")
    }
}

/// Changes the parameters in steps of `batch` names each. Returns the loss of each step.
pub(crate) fn train<T: Precision>(
    parameters: &mut [T],
    names: &[Vec<usize>],
    batch: usize,
    mut gradient_of: impl Gradient<T>,
) -> Vec<T> {
    let mut adam = Adam::new(T::zero()).with_betas([number(0.85), number(0.99)]);
    let mut gradient = vec![T::zero(); PARAMETERS];
    let steps = names.len().div_ceil(batch);
    let step = |(step, names): (usize, &[Vec<usize>])| {
        let loss = gradient_of(parameters, names, &mut gradient);
        adam.set_rate(number::<T>(0.01) * number(steps - step) / number(steps));
        adam.step(parameters, &gradient);
        loss
    };
    names.chunks(batch).enumerate().map(step).collect()
}
