//! The verdict on a derivative, from the estimates that differences give.

use super::difference::{Estimate, Resolution, Sample, best, estimates, steps};
use super::report::{Doubt, Verdict};

/// The samples of one output of a function along one line.
pub(super) struct OutputSamples {
    pub(super) center: f64,
    pub(super) samples: Vec<Sample>,
    /// The magnitude of the point, in units of the steps.
    pub(super) position: f64,
    pub(super) resolution: Resolution,
}

/// A derivative from the tape, to be compared with differences.
pub(super) struct Candidate {
    pub(super) analytic: f64,
    /// Its change between neighbouring floats.
    pub(super) spread: f64,
    /// The size to which the relative tolerance refers, unless differences find a larger one.
    pub(super) scale: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) relative: f64,
    pub(super) absolute: f64,
}

/// The result of a comparison.
pub(super) struct Outcome {
    pub(super) numeric: f64,
    pub(super) error: f64,
    pub(super) verdict: Verdict,
    /// The distance of the two derivatives, divided by the largest allowed distance.
    pub(super) excess: f64,
}

impl Candidate {
    fn is_near(&self, estimate: &Estimate, allowed: f64) -> bool {
        (self.analytic - estimate.derivative).abs() <= allowed + estimate.error + self.spread
    }
}

impl OutputSamples {
    fn estimates(&self, samples: &[Sample]) -> Vec<Estimate> {
        estimates(self.center, samples, self.position, self.resolution)
    }

    /// Compares a derivative with differences; `sample` returns samples at further steps.
    pub(super) fn compare(
        &self,
        candidate: &Candidate,
        tolerance: Tolerance,
        sample: impl FnOnce(&[f64]) -> Vec<Sample>,
    ) -> Outcome {
        let estimates = self.estimates(&self.samples);
        let no_estimate =
            Estimate { derivative: f64::NAN, error: f64::INFINITY, step: 0.0, scale: 0.0, is_kink: false };
        let best = best(&estimates, self.center, self.resolution);
        let doubt = Verdict::CannotTell(match best {
            None => Doubt::Edge,
            // If the derivative is infinite and the differences have no limit, the slope is vertical.
            Some(best) if best.is_kink || candidate.analytic.is_infinite() => Doubt::Kink,
            Some(_) => Doubt::Noise,
        });
        let best = best.unwrap_or(no_estimate);
        let scale = if candidate.scale.is_finite() { candidate.scale.max(best.scale) } else { best.scale };
        let allowed = tolerance.relative * scale + tolerance.absolute;
        let distance = (candidate.analytic - best.derivative).abs();
        // The relevant estimates are those about as accurate as the best one, and those that contradict it. Larger
        // steps that do not converge while smaller ones do are not relevant: across a pole, they would agree with any
        // derivative.
        let is_too_long = |estimate: &Estimate| best.converges() && estimate.step > best.step && !estimate.converges();
        let is_relevant = |estimate: &&Estimate| {
            !is_too_long(estimate) && (estimate.error <= 10.0 * best.error || estimate.contradicts(&best))
        };
        let verdict = if candidate.analytic.is_nan() {
            Verdict::Disagrees
        } else if candidate.analytic.is_infinite() {
            if best.converges() { Verdict::Disagrees } else { doubt }
        } else if best.error.is_infinite() {
            doubt
        } else if candidate.is_near(&best, allowed) {
            let is_constant = best.scale == 0.0 && distance == 0.0;
            let is_close = distance <= allowed + best.error;
            match best.error <= allowed {
                true if is_close => Verdict::Agrees,
                _ if is_constant => Verdict::Agrees,
                // Only beside the point, the derivative is that of the accurate differences.
                true => Verdict::CannotTell(Doubt::Kink),
                false => doubt,
            }
        } else if estimates.iter().filter(is_relevant).any(|estimate| candidate.is_near(estimate, allowed)) {
            doubt
        } else if self.is_near_below(candidate, &best, allowed, sample) {
            Verdict::CannotTell(Doubt::Noise)
        } else {
            Verdict::Disagrees
        };
        let excess = match verdict {
            Verdict::Disagrees if !distance.is_finite() => f64::INFINITY,
            _ => (distance / (allowed + best.error + candidate.spread)).max(0.0),
        };
        Outcome { numeric: best.derivative, error: best.error, verdict, excess }
    }

    /// Whether differences at smaller steps than before confirm the derivative, and contradict the best estimate or
    /// resolve a ripple that is noise to it. The steps are so small that the derivative times the step does not exceed
    /// the sampled changes of the function.
    fn is_near_below(
        &self,
        candidate: &Candidate,
        best: &Estimate,
        allowed: f64,
        sample: impl FnOnce(&[f64]) -> Vec<Sample>,
    ) -> bool {
        let reach = self.samples.iter().map(|sample| sample.reach(self.center)).filter(|reach| reach.is_finite());
        let largest_step = reach.fold(0.0, f64::max) / candidate.analytic.abs() / 8.0;
        let last_step = self.samples.last().map_or(0.0, |last| last.step);
        let samples =
            sample(&steps(&[largest_step.min(last_step / 2.0)], self.resolution.smallest_step(self.position)));
        let confirms = |estimate: &Estimate| {
            let differs = estimate.contradicts(best) || best.noise() > 1e4 * estimate.noise();
            estimate.converges() && differs && candidate.is_near(estimate, allowed)
        };
        self.estimates(&samples).iter().any(confirms)
    }
}
