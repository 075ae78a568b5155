//! From the estimates of differences to a verdict.

use super::difference::{Estimate, Precision, Sample, best, estimates, steps};
use super::report::{Doubt, Verdict};

/// One output of a function along one line, as far as it was sampled.
pub(super) struct Evidence {
    pub(super) center: f64,
    pub(super) samples: Vec<Sample>,
    /// The magnitude of the point in units of the steps.
    pub(super) position: f64,
    pub(super) precision: Precision,
}

/// A derivative to be judged.
pub(super) struct Candidate {
    pub(super) analytic: f64,
    /// How much it changes between neighbouring floats.
    pub(super) blur: f64,
    /// What the relative tolerance refers to, if differences find nothing larger.
    pub(super) scale: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) relative: f64,
    pub(super) absolute: f64,
}

/// What differences say about a derivative.
pub(super) struct Judgement {
    pub(super) numeric: f64,
    pub(super) error: f64,
    pub(super) verdict: Verdict,
    /// The distance of the two numbers, in units of what was allowed.
    pub(super) excess: f64,
}

impl Candidate {
    fn is_near(&self, estimate: &Estimate, allowed: f64) -> bool {
        (self.analytic - estimate.derivative).abs() <= allowed + estimate.error + self.blur
    }
}

impl Evidence {
    fn estimates(&self, samples: &[Sample]) -> Vec<Estimate> {
        estimates(self.center, samples, self.position, self.precision)
    }

    /// Judges a derivative; `sample` may be asked for samples at further steps.
    pub(super) fn judge(
        &self,
        candidate: &Candidate,
        tolerance: Tolerance,
        sample: impl FnOnce(&[f64]) -> Vec<Sample>,
    ) -> Judgement {
        let estimates = self.estimates(&self.samples);
        let nothing = Estimate { derivative: f64::NAN, error: f64::INFINITY, step: 0.0, scale: 0.0, kink: false };
        let best = best(&estimates, self.center, self.precision);
        let doubt = Verdict::CannotTell(match best {
            None => Doubt::Edge,
            // Differences have no limit, and the derivative is none.
            Some(best) if best.kink || candidate.analytic.is_infinite() => Doubt::Kink,
            Some(_) => Doubt::Noise,
        });
        let best = best.unwrap_or(nothing);
        let scale = if candidate.scale.is_finite() { candidate.scale.max(best.scale) } else { best.scale };
        let allowed = tolerance.relative * scale + tolerance.absolute;
        let distance = (candidate.analytic - best.derivative).abs();
        // A estimate as good as the best has a vote, and so has one that the best cannot be reconciled with; but not one of
        // chords so long, as across a pole, that they are near any derivative while shorter ones have found theirs.
        let is_vain = |estimate: &Estimate| best.converges() && estimate.step > best.step && !estimate.converges();
        let has_vote = |estimate: &&Estimate| {
            !is_vain(estimate) && (estimate.error <= 10.0 * best.error || estimate.contradicts(&best))
        };
        let verdict = if candidate.analytic.is_nan() {
            Verdict::Disagrees
        } else if candidate.analytic.is_infinite() {
            if best.converges() { Verdict::Disagrees } else { doubt }
        } else if best.error.is_infinite() {
            doubt
        } else if candidate.is_near(&best, allowed) {
            let is_constant = best.scale == 0.0 && distance == 0.0;
            let is_close = distance <= allowed + best.error && best.error <= allowed;
            if is_close || is_constant { Verdict::Agrees } else { doubt }
        } else if estimates.iter().filter(has_vote).any(|estimate| candidate.is_near(estimate, allowed)) {
            doubt
        } else if self.is_near_below(candidate, &best, allowed, sample) {
            Verdict::CannotTell(Doubt::Noise)
        } else {
            Verdict::Disagrees
        };
        let excess = match verdict {
            Verdict::Disagrees if !distance.is_finite() => f64::INFINITY,
            _ => (distance / (allowed + best.error + candidate.blur)).max(0.0),
        };
        Judgement { numeric: best.derivative, error: best.error, verdict, excess }
    }

    /// Whether differences contradict the best estimate, and confirm the derivative, at steps below all that were taken,
    /// and so small that it does not lead farther than the function went.
    fn is_near_below(
        &self,
        candidate: &Candidate,
        best: &Estimate,
        allowed: f64,
        sample: impl FnOnce(&[f64]) -> Vec<Sample>,
    ) -> bool {
        let reach = self.samples.iter().map(|sample| sample.reach(self.center)).filter(|reach| reach.is_finite());
        let top = reach.fold(0.0, f64::max) / candidate.analytic.abs() / 8.0;
        let taken = self.samples.last().map_or(0.0, |last| last.step);
        let samples = sample(&steps(&[top.min(taken / 2.0)], self.precision.finest(self.position)));
        let confirms = |estimate: &Estimate| {
            estimate.converges() && estimate.contradicts(best) && candidate.is_near(estimate, allowed)
        };
        self.estimates(&samples).iter().any(confirms)
    }
}
