//! In f32: a small model, with an activation that gradtape does not have.

use gradtape::num_traits::Float;
use gradtape::{Real, Tape, Value, gradient};

use crate::mean_square;

/// `x / √(1 + x²)`, as one record of the tape.
pub fn isru(tape: &Tape<f32>, x: Value<f32>) -> Value<f32> {
    let scale = 1.0 / x.data().hypot(1.0);
    tape.custom(x.data() * scale, &[(x, scale.powi(3))])
}

/// A neuron with two weights and a bias, in code that does not know of derivatives.
pub fn neuron<F: Float>(weights: &[F], inputs: [F; 2]) -> F {
    (weights[0] * inputs[0] + weights[1] * inputs[1] + weights[2]).tanh()
}

/// The loss of the neuron on the exclusive or, which no single neuron can learn.
pub fn loss<F: Real>(weights: &[F]) -> F {
    let (no, yes) = (-F::one(), F::one());
    let rows = [([no, no], no), ([no, yes], yes), ([yes, no], yes), ([yes, yes], no)];
    mean_square(&rows.map(|(inputs, target)| neuron(weights, inputs) - target))
}

/// One step of gradient descent, and the loss before it.
pub fn step(weights: &mut [f32], rate: f32) -> f32 {
    let (loss, slopes) = gradient(loss, weights);
    weights.iter_mut().zip(slopes).for_each(|(weight, slope)| *weight -= rate * slope);
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradtape::check;
    use gradtape::check::Check;
    use gradtape::check::random::Magnitude;
    use quickcheck::quickcheck;

    quickcheck! {
        fn the_gradient_of_the_loss_is_right(weights: (i8, i8, i8)) -> bool {
            let weights = [weights.0, weights.1, weights.2].map(|w| f32::from(w) / 64.0);
            // Where the neuron saturates, the derivatives of the rows, each up to about 1, cancel. The sum is off by
            // their rounding.
            let tolerance = 8.0 * f64::from(f32::EPSILON);
            Check::new().absolute(tolerance).gradient_against(loss, loss, &weights).is_ok()
        }

        fn the_partial_of_the_activation_is_right(x: Magnitude<f32>) -> bool {
            check::tape_custom(|tape, x| isru(tape, x[0]), &[x.0]).is_ok()
        }
    }

    #[test]
    fn training_goes_downhill() {
        let mut weights = [0.5, -0.4, 0.3];
        let losses: Vec<f32> = (0..20).map(|_| step(&mut weights, 0.1)).collect();
        assert!(losses.is_sorted_by(|a, b| a > b), "{losses:?}");
    }
}
