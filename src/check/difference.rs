//! Derivatives from plain evaluations, with an error that can be trusted.
//!
//! Steps are powers of two, each half of the one before, so that `x ± step` is exact where it can be. From the central
//! differences of all steps come Ridders' tableau, whose columns remove one power of `step²` each, and beside it the
//! tableau of half the difference between the slopes to the right and to the left, whose columns remove `step`,
//! `step³`, … and which therefore tends to 0 unless there is a kink. Each step so makes a [`Estimate`].
//!
//! Source: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4
//! (1982).

use num_traits::Float;

/// How many times steps are halved.
const LEVELS: usize = 30;
const COLUMNS: usize = 7;
/// The last steps of all make no estimates: too few are left below to see how noisy the function is.
const UNJUDGED: usize = 3;
/// How much larger an error is than the largest of the signs that point to it.
pub(super) const SAFETY: f64 = 4.0;

/// What the float of a function can resolve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Precision {
    pub(super) epsilon: f64,
    pub(super) tiniest: f64,
}

impl Precision {
    pub(super) const F64: Self = Self { epsilon: f64::EPSILON, tiniest: f64::MIN_POSITIVE * f64::EPSILON };

    /// That of `T`, as far as f64 can tell.
    pub(super) fn of<T: Float>() -> Self {
        let to_f64 = |x: T, least: f64| x.to_f64().map_or(least, |x| x.max(least));
        Self {
            epsilon: to_f64(T::epsilon(), Self::F64.epsilon),
            tiniest: to_f64(T::min_positive_value() * T::epsilon(), Self::F64.tiniest),
        }
    }

    /// The smallest step that still leads from a number of this magnitude to another one, and back.
    pub(super) fn finest(self, position: f64) -> f64 {
        4.0 * (self.epsilon * position).max(self.tiniest)
    }
}

/// The largest power of two that is not above `x`.
pub(super) fn power_of_two(x: f64) -> f64 {
    f64::from_bits(x.clamp(f64::MIN_POSITIVE, f64::MAX).to_bits() & f64::INFINITY.to_bits())
}

/// Halved steps from each of `tops` on, which fall; none twice, none below `finest`.
pub(super) fn steps(tops: &[f64], finest: f64) -> Vec<f64> {
    let mut steps: Vec<f64> = Vec::new();
    for &top in tops {
        let mut step = power_of_two(top);
        for _ in 0..LEVELS {
            if step >= finest && steps.last().is_none_or(|&last| step < last) {
                steps.push(step);
            }
            step /= 2.0;
        }
    }
    steps
}

/// The largest steps to take at a coordinate: an eighth of 1 or of `|x|`, whichever is larger, and then of the other.
pub(super) fn tops(x: f64) -> [f64; 2] {
    [x.abs().max(1.0) / 8.0, if x == 0.0 { 1.0 } else { x.abs() } / 8.0]
}

/// A function on both sides of a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) step: f64,
    pub(super) above: f64,
    pub(super) below: f64,
}

impl Sample {
    /// The slope of the chord across.
    fn central(&self) -> f64 {
        // Halved first: the difference of two large numbers may overflow.
        (self.above / 2.0 - self.below / 2.0) / self.step
    }

    /// Half of how much the slope of the chord to the right is larger than that to the left.
    fn bend(&self, center: f64) -> f64 {
        ((self.above / 2.0 - center / 2.0) - (center / 2.0 - self.below / 2.0)) / self.step
    }

    /// How far the function goes from its value at the point.
    pub(super) fn reach(&self, center: f64) -> f64 {
        (self.above - center).abs().max((self.below - center).abs())
    }
}

/// What the samples from one step downwards say about the derivative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) derivative: f64,
    pub(super) error: f64,
    pub(super) step: f64,
    /// How large a derivative would be ordinary here: that of the steeper chord, or of a chord that is no longer than
    /// the point is far from 0.
    pub(super) scale: f64,
    /// Most of the error is that the slopes to the right and to the left differ.
    pub(super) kink: bool,
}

/// The two tableaux, one row of each for a step.
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

    /// How little the extrapolation changes from the step before: what stays at small steps is noise.
    fn change(&self, previous: &Self) -> f64 {
        self.slopes.iter().zip(&previous.slopes).map(|(a, b)| (a - b).abs()).fold(f64::INFINITY, f64::min)
    }
}

/// The smallest change of a function that is flat at smaller steps and not at larger ones, if that looks like rounding
/// inside of it, as in `ln(cosh x)` at 0: the differences of such a function can be exactly 0 without any noise.
fn quantum(center: f64, samples: &[Sample], precision: Precision) -> f64 {
    let reaches = || samples.iter().map(|sample| sample.reach(center)).filter(|reach| reach.is_finite());
    let largest = reaches().fold(0.0, f64::max);
    let smallest = reaches().filter(|&reach| reach > 0.0).fold(f64::INFINITY, f64::min);
    let is_flat = reaches().any(|reach| reach == 0.0);
    if is_flat && smallest <= 1e3 * precision.epsilon * largest { smallest } else { 0.0 }
}

/// One estimate for each step that allows one.
///
/// `position` is the magnitude of the point, in units of the steps: the function may have rounded its argument.
pub(super) fn estimates(center: f64, samples: &[Sample], position: f64, precision: Precision) -> Vec<Estimate> {
    let mut rows: Vec<Row> = Vec::with_capacity(samples.len());
    let mut noises = vec![0.0; samples.len()];
    for (k, sample) in samples.iter().enumerate() {
        // Where there was no number, or the steps make a leap, a new tableau begins.
        let previous = rows.last().filter(|row| row.slopes[0].is_finite() && samples[k - 1].step == 2.0 * sample.step);
        let row = Row::new(sample, center, previous);
        noises[k] = previous.map_or(0.0, |previous| row.change(previous) * sample.step);
        rows.push(row);
    }
    let (mut estimates, quantum) = (Vec::new(), quantum(center, samples, precision));
    let mut noise: f64 = 0.0;
    for k in (1..samples.len()).rev() {
        let (sample, row, previous) = (&samples[k], &rows[k], &rows[k - 1]);
        if noises[k].is_finite() {
            noise = noise.max(noises[k]);
        }
        if k + UNJUDGED >= samples.len() {
            continue;
        }
        let chord = sample.reach(center) / sample.step;
        let of_value = [sample.above, sample.below, center].map(|y| precision.epsilon * y.abs());
        let of_argument = precision.epsilon * (position + sample.step) * chord;
        let rounding = of_value.into_iter().sum::<f64>() + of_argument + quantum + precision.tiniest;
        let floor = (rounding + noise) / sample.step;
        // At a kink the bend is the same at all steps; where the function jumps it is twice as large at half the step.
        let lasting = (row.bends[0] - previous.bends[0]).abs() < 0.6 * row.bends[0].abs();
        let estimate = |j: usize| {
            let slope = row.slopes[j];
            let truncation = (slope - row.slopes[j - 1]).abs().max((slope - previous.slopes[j - 1]).abs());
            let (own, bend) = (SAFETY * (truncation + floor), 2.0 * row.bends[j].abs());
            let excess = (chord - slope.abs()).max(0.0);
            let share = if position == 0.0 { 1.0 } else { (position / sample.step).min(1.0) };
            let scale = slope.abs() + share * excess;
            Estimate {
                derivative: slope,
                error: own + bend,
                step: sample.step,
                scale,
                kink: lasting && bend > 4.0 * own,
            }
        };
        estimates.extend(
            (1..row.slopes.len())
                .map(estimate)
                .filter(|c| c.error.is_finite())
                .min_by(|a, b| a.error.total_cmp(&b.error)),
        );
    }
    estimates
}

impl Estimate {
    /// The error, in relation to what is ordinary here.
    fn relative_error(&self) -> f64 {
        self.error / self.scale
    }

    /// Whether it is a derivative: more than noise is left of the chords.
    pub(super) fn converges(&self) -> bool {
        self.relative_error() < 0.1
    }

    /// Whether the two cannot both be right.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        (self.derivative - other.derivative).abs() > 2.0 * (self.error + other.error)
    }
}

/// The estimate with the smallest error. If some steps converge, it is one of theirs, and the error covers other limits.
pub(super) fn best(estimates: &[Estimate], center: f64, precision: Precision) -> Option<Estimate> {
    // Three steps in a row: one may converge by chance.
    let converging = || {
        let rows = estimates.windows(3).filter(|row| {
            row[2].step == 4.0 * row[0].step
                && row.iter().all(Estimate::converges)
                && !row[1..].iter().any(|estimate| estimate.contradicts(&row[0]))
        });
        rows.flatten()
    };
    if let Some(&best) = converging().min_by(|a, b| a.relative_error().total_cmp(&b.relative_error())) {
        let off = |rival: &Estimate| (rival.derivative - best.derivative).abs() + rival.error;
        let error = converging().filter(|rival| rival.contradicts(&best)).map(off).fold(best.error, f64::max);
        return Some(Estimate { error, ..best });
    }
    let mut best = *estimates.iter().min_by(|a, b| a.error.total_cmp(&b.error))?;
    // At a kink the slopes differ at most steps, not at this one by chance.
    best.kink = 4 * estimates.iter().filter(|estimate| estimate.kink).count() > 3 * estimates.len();
    if !best.kink && best.error * best.step > 1e3 * (precision.epsilon * center.abs() + precision.tiniest) {
        // Up and down between the steps, by more than rounding: every slope is possible.
        best.error = f64::INFINITY;
    }
    Some(best)
}

/// The derivative of `f` at `x` from central differences, and an estimate of its error from above.
///
/// The steps are an eighth of `|x|`, or of 1 where that is larger, and are halved 30 times; for a small `x` steps that
/// are scaled to it follow. Of Ridders' extrapolations to the step 0 the one with the smallest error is returned. The
/// error accounts for what the extrapolation leaves, for the rounding of `f` as far as it shows in small steps, and for
/// kinks, which show in that the slopes to the right and to the left differ. It is infinite if `f` goes up and down
/// between the steps or, with NaN for the derivative, is nowhere finite on both sides of `x`.
///
/// # Examples
///
/// ```
/// use gradtape::check::difference;
///
/// let (derivative, error) = difference(f64::exp, 1.0);
/// assert!((derivative - 1.0_f64.exp()).abs() <= error && error < 1e-11);
///
/// let (_, error) = difference(f64::abs, 1e-12); // smooth, but only just
/// assert!(error < 1e-11);
/// let (_, error) = difference(f64::abs, 0.0);
/// assert!(error > 1.0);
/// ```
#[must_use]
pub fn difference(mut f: impl FnMut(f64) -> f64, x: f64) -> (f64, f64) {
    let center = f(x);
    let steps = steps(&tops(x), Precision::F64.finest(x.abs()));
    let samples = steps.into_iter().filter(|step| (x.abs() + step).is_finite());
    let samples: Vec<_> = samples.map(|step| Sample { step, above: f(x + step), below: f(x - step) }).collect();
    let estimates = estimates(center, &samples, x.abs(), Precision::F64);
    let best = best(&estimates, center, Precision::F64);
    best.map_or((f64::NAN, f64::INFINITY), |best| (best.derivative, best.error))
}
