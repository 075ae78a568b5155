//! The comparison of the derivatives from a tape with differences of plain numbers.

use super::difference::{Resolution, SAFETY, Sample, first_steps, steps};
use super::report::{Entry, Variation};
use super::verdict::{Candidate, OutputSamples, Tolerance};
use crate::scalar::Scalar;
use crate::tape::{Gradients, Tape, Value};

pub(super) type TapedFunction<'a, T> = &'a mut dyn FnMut(&Tape<T>, &[Value<T>]) -> Vec<Value<T>>;
pub(super) type PlainFunction<'a> = &'a mut dyn FnMut(&[f64]) -> Vec<f64>;

/// Panics if the number of outputs changes, because such outputs cannot be compared.
pub(super) fn assert_outputs(outputs: usize, expected: usize) {
    assert_eq!(
        outputs, expected,
        "a function must have as many outputs at every point, on a tape and in plain numbers"
    );
}

/// The derivatives of all outputs, a row for each, by all coordinates.
pub(super) type Jacobian = Vec<Vec<f64>>;

pub(super) fn to_f64<T: Scalar>(x: T) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

/// The outputs of `f` at `x` and their derivatives, on a tape of their own.
pub(super) fn values_and_jacobian<T: Scalar>(f: TapedFunction<'_, T>, x: &[T]) -> (Vec<f64>, Jacobian) {
    let (tape, mut gradients) = (Tape::new(), Gradients::new());
    let x = tape.vars(x);
    let outputs = f(&tape, &x);
    let row = |output: &Value<T>| {
        output.backward_into(&mut gradients);
        x.iter().map(|&x| to_f64(gradients.wrt(x))).collect()
    };
    let jacobian = outputs.iter().map(row).collect();
    (outputs.into_iter().map(|y| to_f64(y.data())).collect(), jacobian)
}

/// The outputs of `f` at constants; a coordinate that the scalar type cannot represent is NaN.
pub(super) fn values_at_constants<T: Scalar>(f: TapedFunction<'_, T>, tape: &Tape<T>, x: &[f64]) -> Vec<f64> {
    if !tape.is_empty() {
        tape.clear();
    }
    let constant = |&x: &f64| Value::constant(T::from(x).filter(|x| x.is_finite()).unwrap_or_else(T::nan));
    f(tape, &x.iter().map(constant).collect::<Vec<_>>()).into_iter().map(|y| to_f64(y.data())).collect()
}

/// The derivatives at some neighbouring floats. Their differences bound the accuracy that can be expected.
pub(super) fn neighbour_jacobians<T: Scalar>(f: TapedFunction<'_, T>, x: &[T]) -> Vec<Jacobian> {
    let one = T::one();
    let shifted = |k: usize| {
        let up = |i: usize| scramble(k, i) & 1 == 0;
        let factor = |i: usize| if up(i) { one + T::epsilon() } else { one - T::epsilon() };
        x.iter().enumerate().map(|(i, &x)| x * factor(i)).collect::<Vec<T>>()
    };
    (0..4).map(|k| values_and_jacobian(f, &shifted(k)).1).collect()
}

/// A pseudorandom word, the same in every run.
///
/// Source: the finaliser of `SplitMix64`; Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014.
fn scramble(k: usize, i: usize) -> u64 {
    let mut z = ((k as u64) << 32 ^ i as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// A line through the point, `x + t · direction`.
pub(super) struct Line {
    pub(super) direction: Vec<(usize, f64)>,
    /// The first step of each sequence of halved steps.
    first_steps: Vec<f64>,
    /// The magnitude of the point, in units of `t`.
    position: f64,
}

impl Line {
    pub(super) fn coordinate(x: &[f64], i: usize) -> Self {
        Self { direction: vec![(i, 1.0)], first_steps: first_steps(x[i]).to_vec(), position: x[i].abs() }
    }

    pub(super) fn in_direction(direction: Vec<(usize, f64)>) -> Self {
        Self { direction, first_steps: vec![1.0 / 8.0], position: 1.0 }
    }

    /// A line on which all coordinates move, up or down, each on its own scale.
    pub(super) fn pseudorandom(x: &[f64], number: usize) -> Self {
        let weight = |(i, x): (usize, &f64)| {
            let [sign, size, ..] = scramble(number, i).to_le_bytes();
            let size = x.abs().max(1.0) * (0.5 + f64::from(size) / 512.0);
            (i, if sign & 1 == 0 { size } else { -size })
        };
        Self::in_direction(x.iter().enumerate().map(weight).collect())
    }

    pub(super) fn with_first_step(mut self, step: Option<f64>) -> Self {
        if let Some(step) = step {
            self.first_steps = vec![step];
        }
        self
    }

    /// The terms of the derivative along the line.
    fn terms<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.direction.iter().map(|&(i, weight)| row[i] * weight)
    }

    /// The derivative along the line.
    pub(super) fn slope(&self, row: &[f64]) -> f64 {
        self.terms(row).sum()
    }

    fn scale(&self, row: &[f64]) -> f64 {
        self.terms(row).fold(0.0, f64::hypot)
    }
}

/// A line, and the derivatives of all outputs along it for each variation of the operands.
pub(super) type LineDerivatives = (Line, Vec<(Variation, Vec<f64>)>);

/// The data that all lines of a check share.
pub(super) struct Comparison<'a> {
    pub(super) plain: PlainFunction<'a>,
    pub(super) resolution: Resolution,
    pub(super) tolerance: Tolerance,
    pub(super) x: Vec<f64>,
    /// The function at the point, in the precision of the differences.
    pub(super) centers: Vec<f64>,
    /// From the tape.
    pub(super) jacobian: Jacobian,
    pub(super) neighbours: Vec<Jacobian>,
    /// Whether entries name their output.
    pub(super) numbered: bool,
}

impl Comparison<'_> {
    /// The samples of each output at the given steps along a line.
    fn sample(&mut self, line: &Line, steps: &[f64]) -> Vec<Vec<Sample>> {
        let mut samples = vec![Vec::with_capacity(steps.len()); self.centers.len()];
        for &step in steps {
            let mut at = |t: f64| {
                let mut x = self.x.clone();
                for &(i, weight) in &line.direction {
                    x[i] += t * weight;
                }
                if !x.iter().all(|x| x.is_finite()) {
                    return vec![f64::NAN; self.centers.len()];
                }
                let outputs = (self.plain)(&x);
                assert_outputs(outputs.len(), self.jacobian.len());
                outputs
            };
            let (above, below) = (at(step), at(-step));
            for (samples, (above, below)) in samples.iter_mut().zip(above.into_iter().zip(below)) {
                samples.push(Sample { step, above, below });
            }
        }
        samples
    }

    /// Compares the derivatives of all outputs along a line with differences.
    pub(super) fn compare(&mut self, line: &Line, derivatives: &[(Variation, Vec<f64>)]) -> Vec<Entry> {
        let samples_of_outputs =
            self.sample(line, &steps(&line.first_steps, self.resolution.smallest_step(line.position)));
        let mut entries = Vec::new();
        for (k, samples) in samples_of_outputs.into_iter().enumerate() {
            let samples = OutputSamples {
                center: self.centers[k],
                samples,
                position: line.position,
                resolution: self.resolution,
            };
            let row = &self.jacobian[k];
            let change = |jacobian: &Jacobian| (line.slope(&jacobian[k]) - line.slope(row)).abs();
            let changes = self.neighbours.iter().map(change).filter(|change| change.is_finite());
            let spread = SAFETY * changes.fold(0.0, f64::max);
            let scale = line.scale(row);
            for (variation, slopes) in derivatives {
                let candidate = Candidate { analytic: slopes[k], spread, scale };
                let outcome = samples.compare(&candidate, self.tolerance, |steps| self.sample(line, steps).remove(k));
                entries.push(Entry {
                    output: self.numbered.then_some(k),
                    variation: *variation,
                    analytic: slopes[k],
                    numeric: outcome.numeric,
                    error: outcome.error,
                    verdict: outcome.verdict,
                    excess: outcome.excess,
                });
            }
        }
        entries
    }
}
