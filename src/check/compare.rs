//! The function of a check, from both sides: derivatives from a tape, and plain numbers for differences.

use super::difference::{Precision, SAFETY, Sample, steps, tops};
use super::judge::{Candidate, Evidence, Tolerance};
use super::report::{Entry, Variation};
use crate::scalar::Scalar;
use crate::tape::{Gradients, Tape, Value};

pub(super) type OnTape<'a, T> = &'a mut dyn FnMut(&Tape<T>, &[Value<T>]) -> Vec<Value<T>>;
pub(super) type PlainFunction<'a> = &'a mut dyn FnMut(&[f64]) -> Vec<f64>;

/// Outputs that come and go could not be compared, and must not be passed over.
pub(super) fn assert_as_many(outputs: usize, expected: usize) {
    assert_eq!(
        outputs, expected,
        "a function must have as many outputs at every point, on a tape and in plain numbers"
    );
}

/// The derivatives of every output by every coordinate.
pub(super) type Rows = Vec<Vec<f64>>;

pub(super) fn to_f64<T: Scalar>(x: T) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

/// The numbers and the derivatives of `f` at `x`, on a tape of their own.
pub(super) fn swept<T: Scalar>(f: OnTape<'_, T>, x: &[T]) -> (Vec<f64>, Rows) {
    let (tape, mut gradients) = (Tape::new(), Gradients::new());
    let x = tape.vars(x);
    let outputs = f(&tape, &x);
    let row = |output: &Value<T>| {
        output.backward_into(&mut gradients);
        x.iter().map(|&x| to_f64(gradients.wrt(x))).collect()
    };
    let rows = outputs.iter().map(row).collect();
    (outputs.into_iter().map(|y| to_f64(y.data())).collect(), rows)
}

/// The numbers of `f` at constants; NaN where the scalar type has no such constant.
pub(super) fn evaluated<T: Scalar>(f: OnTape<'_, T>, tape: &Tape<T>, x: &[f64]) -> Vec<f64> {
    if !tape.is_empty() {
        tape.clear();
    }
    let constant = |&x: &f64| Value::constant(T::from(x).filter(|x| x.is_finite()).unwrap_or_else(T::nan));
    f(tape, &x.iter().map(constant).collect::<Vec<_>>()).into_iter().map(|y| to_f64(y.data())).collect()
}

/// The derivatives at some neighbouring floats: how much they differ is how exact they can be.
pub(super) fn neighbours<T: Scalar>(f: OnTape<'_, T>, x: &[T]) -> Vec<Rows> {
    let one = T::one();
    let shifted = |k: usize| {
        let up = |i: usize| scramble(k, i) & 1 == 0;
        let factor = |i: usize| if up(i) { one + T::epsilon() } else { one - T::epsilon() };
        x.iter().enumerate().map(|(i, &x)| x * factor(i)).collect::<Vec<T>>()
    };
    (0..4).map(|k| swept(f, &shifted(k)).1).collect()
}

/// Digits without a pattern, the same in every run.
///
/// Source: the finaliser of `SplitMix64`; Steele, Lea and Flood, "Unchecked splittable pseudorandom number generators",
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
    tops: Vec<f64>,
    /// The magnitude of the point, in units of `t`.
    position: f64,
}

impl Line {
    pub(super) fn coordinate(x: &[f64], i: usize) -> Self {
        Self { direction: vec![(i, 1.0)], tops: tops(x[i]).to_vec(), position: x[i].abs() }
    }

    pub(super) fn to(direction: Vec<(usize, f64)>) -> Self {
        Self { direction, tops: vec![1.0 / 8.0], position: 1.0 }
    }

    /// All coordinates up or down, each on its own scale.
    pub(super) fn scattered(x: &[f64], number: usize) -> Self {
        let weight = |(i, x): (usize, &f64)| {
            let [sign, size, ..] = scramble(number, i).to_le_bytes();
            let size = x.abs().max(1.0) * (0.5 + f64::from(size) / 512.0);
            (i, if sign & 1 == 0 { size } else { -size })
        };
        Self::to(x.iter().enumerate().map(weight).collect())
    }

    pub(super) fn starting_with(mut self, step: Option<f64>) -> Self {
        if let Some(step) = step {
            self.tops = vec![step];
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

/// A line, and for everything that was varied along it the derivatives of all outputs.
pub(super) type Checked = (Line, Vec<(Variation, Vec<f64>)>);

/// What all lines of a check share.
pub(super) struct Comparison<'a> {
    pub(super) plain: PlainFunction<'a>,
    pub(super) precision: Precision,
    pub(super) tolerance: Tolerance,
    pub(super) x: Vec<f64>,
    /// The function at the point, in the precision of the differences.
    pub(super) centers: Vec<f64>,
    pub(super) rows: Rows,
    pub(super) neighbours: Vec<Rows>,
    /// Whether the outputs are to be numbered.
    pub(super) numbered: bool,
}

impl Comparison<'_> {
    /// For each output the samples at the given steps along a line.
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
                assert_as_many(outputs.len(), self.rows.len());
                outputs
            };
            let (above, below) = (at(step), at(-step));
            for (samples, (above, below)) in samples.iter_mut().zip(above.into_iter().zip(below)) {
                samples.push(Sample { step, above, below });
            }
        }
        samples
    }

    /// Compares derivatives along one line, each for all outputs, with differences.
    pub(super) fn compare(&mut self, line: &Line, derivatives: &[(Variation, Vec<f64>)]) -> Vec<Entry> {
        let all = self.sample(line, &steps(&line.tops, self.precision.finest(line.position)));
        let mut entries = Vec::new();
        for (k, samples) in all.into_iter().enumerate() {
            let evidence =
                Evidence { center: self.centers[k], samples, position: line.position, precision: self.precision };
            let row = &self.rows[k];
            let change = |rows: &Rows| (line.slope(&rows[k]) - line.slope(row)).abs();
            let changes = self.neighbours.iter().map(change).filter(|change| change.is_finite());
            let blur = SAFETY * changes.fold(0.0, f64::max);
            let scale = line.scale(row);
            for (along, slopes) in derivatives {
                let candidate = Candidate { analytic: slopes[k], blur, scale };
                let judgement = evidence.judge(&candidate, self.tolerance, |steps| self.sample(line, steps).remove(k));
                entries.push(Entry {
                    output: self.numbered.then_some(k),
                    along: *along,
                    analytic: slopes[k],
                    numeric: judgement.numeric,
                    error: judgement.error,
                    verdict: judgement.verdict,
                    excess: judgement.excess,
                });
            }
        }
        entries
    }
}
