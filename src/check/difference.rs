//! Derivatives from plain evaluations, with a reliable estimate of their error.
//!
//! Steps are powers of two, each half of the step before, so that `x ± step` is exact where possible. The central
//! differences of all steps give Ridders' tableau: each of its columns removes one power of `step²`. A second tableau
//! contains half the difference between the slopes to the right and to the left. Its columns remove `step`, `step³`, …,
//! so that it tends to 0 unless there is a kink. Each step gives an [`Estimate`].
//!
//! Source: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4
//! (1982).

use num_traits::Float;

/// The number of halved steps.
const LEVELS: usize = 30;
/// The largest number of columns of a tableau.
const COLUMNS: usize = 7;
/// The number of smaller steps that an estimate needs, because they show the noise of the function.
const STEPS_BELOW: usize = 3;
/// The factor between an estimated error and the differences from which it is estimated.
pub(super) const SAFETY: f64 = 4.0;

/// The resolution of the float type of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolution {
    pub(super) epsilon: f64,
    pub(super) smallest: f64,
}

impl Resolution {
    pub(super) const F64: Self = Self { epsilon: f64::EPSILON, smallest: f64::MIN_POSITIVE * f64::EPSILON };

    /// The resolution of `T`, or that of f64 if it is coarser.
    pub(super) fn of<T: Float>() -> Self {
        let to_f64 = |x: T, least: f64| x.to_f64().map_or(least, |x| x.max(least));
        Self {
            epsilon: to_f64(T::epsilon(), Self::F64.epsilon),
            smallest: to_f64(T::min_positive_value() * T::epsilon(), Self::F64.smallest),
        }
    }

    /// The smallest useful step at a number of this magnitude: adding and subtracting it gives other numbers.
    pub(super) fn smallest_step(self, position: f64) -> f64 {
        4.0 * (self.epsilon * position).max(self.smallest)
    }
}

/// The largest power of two that is at most `x`.
pub(super) fn power_of_two(x: f64) -> f64 {
    f64::from_bits(x.clamp(f64::MIN_POSITIVE, f64::MAX).to_bits() & f64::INFINITY.to_bits())
}

/// The halved steps from each of `first_steps` on, in descending order, without duplicates, at least `smallest_step`.
pub(super) fn steps(first_steps: &[f64], smallest_step: f64) -> Vec<f64> {
    let mut steps: Vec<f64> = Vec::new();
    for &first in first_steps {
        let mut step = power_of_two(first);
        for _ in 0..LEVELS {
            if step >= smallest_step && steps.last().is_none_or(|&last| step < last) {
                steps.push(step);
            }
            step /= 2.0;
        }
    }
    steps
}

/// The first steps at a coordinate: an eighth of the larger one of 1 and `|x|`, then an eighth of `|x|`.
pub(super) fn first_steps(x: f64) -> [f64; 2] {
    [x.abs().max(1.0) / 8.0, if x == 0.0 { 1.0 } else { x.abs() } / 8.0]
}

/// The values of a function on both sides of a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) step: f64,
    pub(super) above: f64,
    pub(super) below: f64,
}

impl Sample {
    /// The slope of the chord from below to above.
    fn central(&self) -> f64 {
        // Both are halved first, because the difference of two large numbers may overflow.
        (self.above / 2.0 - self.below / 2.0) / self.step
    }

    /// Half the difference between the slopes of the chords to the right and to the left.
    fn bend(&self, center: f64) -> f64 {
        ((self.above / 2.0 - center / 2.0) - (center / 2.0 - self.below / 2.0)) / self.step
    }

    /// The largest distance of the samples from the value at the point.
    pub(super) fn reach(&self, center: f64) -> f64 {
        (self.above - center).abs().max((self.below - center).abs())
    }
}

/// The derivative that the samples at one step and the steps above it give.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) derivative: f64,
    pub(super) error: f64,
    pub(super) step: f64,
    /// The typical size of a derivative here: the slope of the steeper chord. A chord longer than the distance of the
    /// point from 0 counts only in part.
    pub(super) scale: f64,
    /// Whether most of the error is the difference between the slopes to the right and to the left.
    pub(super) is_kink: bool,
}

/// One row of each of the two tableaux, for one step.
struct Row {
    slopes: Vec<f64>,
    bends: Vec<f64>,
}

impl Row {
    fn new(sample: &Sample, center: f64, previous: Option<&Self>) -> Self {
        let mut row = Self { slopes: vec![sample.central()], bends: vec![sample.bend(center)] };
        if let Some(previous) = previous {
            let mut power = 1.0;
            for j in 0..previous.slopes.len().min(COLUMNS - 1) {
                power *= 4.0;
                row.slopes.push(row.slopes[j] + (row.slopes[j] - previous.slopes[j]) / (power - 1.0));
                row.bends.push(row.bends[j] + (row.bends[j] - previous.bends[j]) / (power / 2.0 - 1.0));
            }
        }
        row
    }

    /// The smallest change of an extrapolation since the step before, of slopes or bends, whichever changes more. At
    /// small steps, the rest of it is noise. Where an oscillation turns, it cancels in the slopes, but not in the
    /// bends.
    fn change(&self, previous: &Self) -> f64 {
        let smallest = |now: &[f64], before: &[f64]| {
            now.iter().zip(before).map(|(a, b)| (a - b).abs()).fold(f64::INFINITY, f64::min)
        };
        smallest(&self.slopes, &previous.slopes).max(smallest(&self.bends, &previous.bends))
    }
}

/// The smallest change of a function that is constant at small steps because it rounds inside, as `ln(cosh x)` at 0.
/// Differences of such a function can be exactly 0, so that no noise is visible. 0 for other functions.
fn quantum(center: f64, samples: &[Sample], resolution: Resolution) -> f64 {
    let reaches = || samples.iter().map(|sample| sample.reach(center)).filter(|reach| reach.is_finite());
    let largest = reaches().fold(0.0, f64::max);
    let smallest = reaches().filter(|&reach| reach > 0.0).fold(f64::INFINITY, f64::min);
    let is_flat = reaches().any(|reach| reach == 0.0);
    if is_flat && smallest <= 1e3 * resolution.epsilon * largest { smallest } else { 0.0 }
}

/// An estimate for each step that allows one.
///
/// `position` is the magnitude of the point, in units of the steps. It is needed because the function may round its
/// argument.
pub(super) fn estimates(center: f64, samples: &[Sample], position: f64, resolution: Resolution) -> Vec<Estimate> {
    let mut rows: Vec<Row> = Vec::with_capacity(samples.len());
    let mut noises = vec![0.0; samples.len()];
    for (k, sample) in samples.iter().enumerate() {
        // A new tableau begins after a value that is not finite, and where the step is not half the step before.
        let previous = rows.last().filter(|row| row.slopes[0].is_finite() && samples[k - 1].step == 2.0 * sample.step);
        let row = Row::new(sample, center, previous);
        noises[k] = previous.map_or(0.0, |previous| row.change(previous) * sample.step);
        rows.push(row);
    }
    let (mut estimates, quantum) = (Vec::new(), quantum(center, samples, resolution));
    let mut noise: f64 = 0.0;
    for k in (1..samples.len()).rev() {
        let (sample, row, previous) = (&samples[k], &rows[k], &rows[k - 1]);
        if noises[k].is_finite() {
            noise = noise.max(noises[k]);
        }
        if k + STEPS_BELOW >= samples.len() {
            continue;
        }
        let chord = sample.reach(center) / sample.step;
        let rounding_of_values = [sample.above, sample.below, center].map(|y| resolution.epsilon * y.abs());
        let rounding_of_argument = resolution.epsilon * (position + sample.step) * chord;
        let rounding =
            rounding_of_values.into_iter().sum::<f64>() + rounding_of_argument + quantum + resolution.smallest;
        let floor = (rounding + noise) / sample.step;
        // At a kink the bend is the same at all steps. At a jump it doubles when the step is halved.
        let persists = (row.bends[0] - previous.bends[0]).abs() < 0.6 * row.bends[0].abs();
        let estimate = |j: usize| {
            let slope = row.slopes[j];
            let truncation = (slope - row.slopes[j - 1]).abs().max((slope - previous.slopes[j - 1]).abs());
            let (smooth_error, bend) = (SAFETY * (truncation + floor), 2.0 * row.bends[j].abs());
            let chord_excess = (chord - slope.abs()).max(0.0);
            let share = if position == 0.0 { 1.0 } else { (position / sample.step).min(1.0) };
            let scale = slope.abs() + share * chord_excess;
            Estimate {
                derivative: slope,
                error: smooth_error + bend,
                step: sample.step,
                scale,
                is_kink: persists && bend > 4.0 * smooth_error,
            }
        };
        estimates.extend(
            (1..row.slopes.len())
                .map(estimate)
                .filter(|estimate| estimate.error.is_finite())
                .min_by(|a, b| a.error.total_cmp(&b.error)),
        );
    }
    estimates
}

impl Estimate {
    /// The error relative to the typical size of a derivative.
    fn relative_error(&self) -> f64 {
        self.error / self.scale
    }

    /// Whether the extrapolation converges: the error is small beside the scale.
    pub(super) fn converges(&self) -> bool {
        self.relative_error() < 0.1
    }

    /// Whether the two cannot both be correct.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        (self.derivative - other.derivative).abs() > 2.0 * (self.error + other.error)
    }

    /// The size of the changes of the function that this estimate cannot explain.
    pub(super) fn noise(&self) -> f64 {
        self.error * self.step
    }
}

/// The estimate with the smallest error. If it converges at some steps, one of these is chosen, and the error covers
/// the other limits.
pub(super) fn best(estimates: &[Estimate], center: f64, resolution: Resolution) -> Option<Estimate> {
    // Three consecutive steps must converge, because a single one may do so by chance.
    let converging = || {
        let rows = estimates.windows(3).filter(|row| {
            row[2].step == 4.0 * row[0].step
                && row.iter().all(Estimate::converges)
                && !row[1..].iter().any(|estimate| estimate.contradicts(&row[0]))
        });
        rows.flatten()
    };
    if let Some(&best) = converging().min_by(|a, b| a.relative_error().total_cmp(&b.relative_error())) {
        let distance = |other: &Estimate| (other.derivative - best.derivative).abs() + other.error;
        let error = converging().filter(|other| other.contradicts(&best)).map(distance).fold(best.error, f64::max);
        return Some(Estimate { error, ..best });
    }
    let mut best = *estimates.iter().min_by(|a, b| a.error.total_cmp(&b.error))?;
    // At a kink the slopes differ at most of the steps, not only at this one.
    best.is_kink = 4 * estimates.iter().filter(|estimate| estimate.is_kink).count() > 3 * estimates.len();
    if !best.is_kink && best.error * best.step > 1e3 * (resolution.epsilon * center.abs() + resolution.smallest) {
        // The function oscillates between the steps by more than rounding: every slope is possible.
        best.error = f64::INFINITY;
    }
    Some(best)
}

/// The derivative of `f` at `x` from central differences, and an estimate of its error from above.
///
/// The first step is an eighth of `|x|`, or of 1 if that is larger, and is halved 30 times. For a small `x`, steps from
/// an eighth of `|x|` on follow. The result is the one of Ridders' extrapolations to the step 0 with the smallest
/// error. The error includes the truncation error of the extrapolation, the rounding of `f` that is visible at small
/// steps, and the difference between the slopes to the right and to the left, which shows kinks. The error is infinite
/// if `f` oscillates between the steps. If `f` is nowhere finite on both sides of `x`, the error is infinite and the
/// derivative NaN.
///
/// # Examples
///
/// ```
/// use gradtape::check::difference;
///
/// let (derivative, error) = difference(f64::exp, 1.0);
/// assert!((derivative - 1.0_f64.exp()).abs() <= error && error < 1e-11);
///
/// let (_, error) = difference(f64::abs, 1e-12); // smooth, but close to a kink
/// assert!(error < 1e-11);
/// let (_, error) = difference(f64::abs, 0.0);
/// assert!(error > 1.0);
/// ```
#[must_use]
pub fn difference(mut f: impl FnMut(f64) -> f64, x: f64) -> (f64, f64) {
    let center = f(x);
    let steps = steps(&first_steps(x), Resolution::F64.smallest_step(x.abs()));
    let samples = steps.into_iter().filter(|step| (x.abs() + step).is_finite());
    let samples: Vec<_> = samples.map(|step| Sample { step, above: f(x + step), below: f(x - step) }).collect();
    let estimates = estimates(center, &samples, x.abs(), Resolution::F64);
    let best = best(&estimates, center, Resolution::F64);
    best.map_or((f64::NAN, f64::INFINITY), |best| (best.derivative, best.error))
}
