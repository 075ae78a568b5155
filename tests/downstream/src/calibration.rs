//! In f64: the parameters of an exponential decay, fitted to measurements by gradient descent.

use gradtape::{Gradients, Real, Tape};

use crate::mean_square;

/// `amplitude · exp(-rate · t)`
pub fn decay<F: Real<Plain = f64>>([amplitude, rate]: [F; 2], t: f64) -> F {
    amplitude * (-rate * t).exp()
}

/// The distance of the decay with these parameters from the measurements.
pub fn misfit<F: Real<Plain = f64>>(parameters: &[F], measurements: &[(f64, f64)]) -> F {
    let residuals: Vec<F> = measurements.iter().map(|&(t, y)| decay([parameters[0], parameters[1]], t) - y).collect();
    mean_square(&residuals)
}

/// The parameters after some steps of gradient descent, on one tape.
pub fn calibrate(start: [f64; 2], measurements: &[(f64, f64)], steps: usize) -> [f64; 2] {
    let (tape, mut gradients, mut parameters) = (Tape::new(), Gradients::new(), start);
    for _ in 0..steps {
        tape.clear();
        let values = parameters.map(|p| tape.var(p));
        misfit(&values, measurements).backward_into(&mut gradients);
        for (p, v) in parameters.iter_mut().zip(values) {
            *p -= 0.3 * gradients.wrt(v);
        }
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradtape::check;
    use gradtape::check::random::Unit;
    use quickcheck::quickcheck;

    const TIMES: [f64; 5] = [0.0, 0.5, 1.0, 2.0, 4.0];

    quickcheck! {
        fn the_gradient_of_the_misfit_is_right(amplitude: Unit, rate: Unit) -> bool {
            let (measurements, point) = (TIMES.map(|t| (t, 3.0 - t)), [amplitude.between(-9.0, 9.0), rate.between(0.0, 4.0)]);
            check::gradient(|x| misfit(x, &measurements), &point).is_ok()
        }
    }

    #[test]
    fn the_curve_moves_with_its_parameters() {
        let curve = check::jacobian(|x| TIMES.map(|t| decay([x[0], x[1]], t)).to_vec(), &[2.0, 0.7]).unwrap();
        assert!(curve.all_agree(), "{curve}");
    }

    #[test]
    fn a_calibration_finds_the_parameters() {
        let measurements = TIMES.map(|t| (t, decay([2.0, 0.7], t)));
        let [amplitude, rate] = calibrate([1.0, 0.2], &measurements, 2000);
        assert!((amplitude - 2.0).abs() < 1e-6 && (rate - 0.7).abs() < 1e-6, "{amplitude} {rate}");
    }
}
