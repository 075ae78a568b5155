//! From the claims of differences to a verdict.

use super::difference::{Claim, Precision, Sample, best, claims, steps};
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
pub(super) struct Suspect {
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

impl Suspect {
    fn is_near(&self, claim: &Claim, allowed: f64) -> bool {
        (self.analytic - claim.derivative).abs() <= allowed + claim.error + self.blur
    }
}

impl Evidence {
    fn claims(&self, samples: &[Sample]) -> Vec<Claim> {
        claims(self.center, samples, self.position, self.precision)
    }

    /// Judges a derivative; `sample` may be asked for samples at further steps.
    pub(super) fn judge(
        &self,
        suspect: &Suspect,
        tolerance: Tolerance,
        sample: impl FnOnce(&[f64]) -> Vec<Sample>,
    ) -> Judgement {
        let claims = self.claims(&self.samples);
        let nothing = Claim { derivative: f64::NAN, error: f64::INFINITY, step: 0.0, scale: 0.0, kink: false };
        let best = best(&claims, self.center, self.precision);
        let doubt = Verdict::CannotTell(match best {
            None => Doubt::Edge,
            // Differences have no limit, and the derivative is none.
            Some(best) if best.kink || suspect.analytic.is_infinite() => Doubt::Kink,
            Some(_) => Doubt::Noise,
        });
        let best = best.unwrap_or(nothing);
        let scale = if suspect.scale.is_finite() { suspect.scale.max(best.scale) } else { best.scale };
        let allowed = tolerance.relative * scale + tolerance.absolute;
        let distance = (suspect.analytic - best.derivative).abs();
        // A claim as good as the best has a vote, and so has one that the best cannot be reconciled with; but not one of
        // chords so long, as across a pole, that they are near any derivative while shorter ones have found theirs.
        let is_vain = |claim: &Claim| best.converges() && claim.step > best.step && !claim.converges();
        let has_vote =
            |claim: &&Claim| !is_vain(claim) && (claim.error <= 10.0 * best.error || claim.contradicts(&best));
        let verdict = if suspect.analytic.is_nan() {
            Verdict::Disagrees
        } else if suspect.analytic.is_infinite() {
            if best.converges() { Verdict::Disagrees } else { doubt }
        } else if best.error.is_infinite() {
            doubt
        } else if suspect.is_near(&best, allowed) {
            let is_constant = best.scale == 0.0 && distance == 0.0;
            let is_close = distance <= allowed + best.error && best.error <= allowed;
            if is_close || is_constant { Verdict::Agrees } else { doubt }
        } else if claims.iter().filter(has_vote).any(|claim| suspect.is_near(claim, allowed)) {
            doubt
        } else if self.is_near_below(suspect, &best, allowed, sample) {
            Verdict::CannotTell(Doubt::Noise)
        } else {
            Verdict::Disagrees
        };
        let excess = match verdict {
            Verdict::Disagrees if !distance.is_finite() => f64::INFINITY,
            _ => (distance / (allowed + best.error + suspect.blur)).max(0.0),
        };
        Judgement { numeric: best.derivative, error: best.error, verdict, excess }
    }

    /// Whether differences contradict the best claim, and confirm the derivative, at steps below all that were taken,
    /// and so small that it does not lead farther than the function went.
    fn is_near_below(
        &self,
        suspect: &Suspect,
        best: &Claim,
        allowed: f64,
        sample: impl FnOnce(&[f64]) -> Vec<Sample>,
    ) -> bool {
        let reach = self.samples.iter().map(|sample| sample.reach(self.center)).filter(|reach| reach.is_finite());
        let top = reach.fold(0.0, f64::max) / suspect.analytic.abs() / 8.0;
        let taken = self.samples.last().map_or(0.0, |last| last.step);
        let samples = sample(&steps(&[top.min(taken / 2.0)], self.precision.finest(self.position)));
        let confirms = |claim: &Claim| claim.converges() && claim.contradicts(best) && suspect.is_near(claim, allowed);
        self.claims(&samples).iter().any(confirms)
    }
}
