//! What was found in a recorded function, and how often it was recorded.

use std::fmt;
use std::panic::Location;

use crate::program::elements::along::Along;
use crate::program::elements::matrix::{MatrixPlan, Wanted};
use crate::program::elements::run::Branched;
use crate::program::elements::whole::Recorded;

/// What is known of a function so far.
pub(super) struct Recording<T> {
    pub(super) plans: Plans<T>,
    pub(super) counts: Counts,
}

/// The plans that were found in the function.
pub(super) struct Plans<T> {
    pub(super) gradient: Found<Recorded<T>>,
    pub(super) along: Found<Along<T>>,
    matrices: [Found<MatrixPlan<T>>; Wanted::MATRICES],
}

/// A plan for a number of inputs, if there is one that pays.
pub(super) struct Found<P> {
    inputs: usize,
    plan: Option<Box<P>>,
    evaluations: usize,
    /// How many of them the plans made.
    by_plans: usize,
    recordings: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Counts {
    evaluations: usize,
    recordings: usize,
    by_driver: usize,
    branched_at: Option<&'static Location<'static>>,
}

/// How often a [`Compiled`](super::Compiled) function was recorded and evaluated, and what was found in it.
///
/// `Display` lists the kinds of elements. Several kinds of fewer than 4 elements are added up in the last line.
///
/// # Examples
///
/// ```
/// use gradtape::{Compiled, function};
///
/// let chain = Compiled::new(function!(|x: &[F]| {
///     let inside: F = x.windows(2).map(|x| (x[1] - x[0]).powi(2)).sum();
///     inside + x[0].exp() + x[99].sin()
/// }));
/// chain.gradient(&[0.5; 100], &mut [0.0; 100]);
/// assert_eq!(
///     chain.recordings().to_string(),
///     "1 evaluation, 1 recording\n\
///      99 elements of 2 operations\n\
///      2 elements of 2 operations in all, at most 3 of a kind"
/// );
/// assert_eq!(chain.recordings().elements, [[99, 2], [1, 1], [1, 1]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recordings {
    /// How often the function was evaluated.
    pub evaluations: usize,
    /// How often it was recorded.
    pub recordings: usize,
    /// How many evaluations the driver made.
    pub by_driver: usize,
    /// The last comparison that came out otherwise than when the function was recorded.
    pub branched_at: Option<&'static Location<'static>>,
    /// For each kind of element how many there are, and how many operations each has. Gradients and matrices are listed
    /// one after the other. What you write as one term may be several elements, where it branches or shares results
    /// with others.
    pub elements: Vec<[usize; 2]>,
}

/// Kinds of fewer elements are not listed one by one.
const FEWEST_LISTED: usize = 4;
/// So many recordings are made in any case, and one more each time the number of evaluations has doubled.
const FREE_RECORDINGS: usize = 2;
/// Others only after so many evaluations by plans, which pay for them.
const EVALUATIONS_EACH: usize = 100;

impl<T> Recording<T> {
    pub(super) const NEW: Self = Self {
        plans: Plans { gradient: Found::NONE, along: Found::NONE, matrices: [const { Found::NONE }; Wanted::MATRICES] },
        counts: Counts { evaluations: 0, recordings: 0, by_driver: 0, branched_at: None },
    };

    pub(super) fn recordings(&self) -> Recordings {
        let Counts { evaluations, recordings, by_driver, branched_at } = self.counts;
        let Plans { gradient, along, matrices } = &self.plans;
        let matrices = matrices.iter().filter_map(|found| found.plan.as_ref());
        let elements = gradient.plan.iter().flat_map(|plan| plan.templates());
        let elements = elements.chain(along.plan.iter().flat_map(|plan| plan.templates()));
        let elements = elements.chain(matrices.flat_map(|plan| plan.templates()));
        Recordings { evaluations, recordings, by_driver, branched_at, elements: elements.collect() }
    }
}

impl<T> Default for Recording<T> {
    fn default() -> Self {
        Self::NEW
    }
}

impl<T> Plans<T> {
    /// The plan of a matrix.
    pub(super) fn matrix(&mut self, wanted: Wanted) -> &mut Found<MatrixPlan<T>> {
        &mut self.matrices[wanted as usize]
    }
}

impl<P> Found<P> {
    const NONE: Self = Self { inputs: 0, plan: None, evaluations: 0, by_plans: 0, recordings: 0 };
}

impl Counts {
    /// Evaluates the plan that was found before, or finds one. None if there is none, or if branches change too often.
    pub(super) fn evaluate<P, R>(
        &mut self,
        found: &mut Found<P>,
        inputs: usize,
        find: impl Fn() -> Option<P>,
        mut evaluate: impl FnMut(&mut P) -> Result<R, Branched>,
    ) -> Option<R> {
        self.evaluations += 1;
        found.evaluations += 1;
        let mut is_new = false;
        let mut is_needed = found.recordings == 0 || found.inputs != inputs;
        loop {
            if is_needed {
                let paid = found.by_plans / EVALUATIONS_EACH + found.evaluations.ilog2() as usize;
                if found.recordings >= FREE_RECORDINGS + paid {
                    break;
                }
                // If the function panics, what was found before stays.
                (found.plan, found.inputs, is_new) = (find().map(Box::new), inputs, true);
                found.recordings += 1;
                self.recordings += 1;
            }
            let Some(plan) = &mut found.plan else { break };
            match evaluate(plan) {
                Ok(result) => {
                    found.by_plans += 1;
                    return Some(result);
                }
                Err(Branched(at)) => self.branched_at = at.or(self.branched_at),
            }
            // A comparison with a NaN may fail even where it was recorded.
            if is_new {
                break;
            }
            is_needed = true;
        }
        self.by_driver += 1;
        None
    }
}

impl fmt::Display for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        write!(f, "{}, {}", many(self.evaluations, "evaluation"), many(self.recordings, "recording"))?;
        if self.by_driver > 0 {
            write!(f, ", {} by the driver", self.by_driver)?;
        }
        if let Some(at) = self.branched_at {
            write!(f, "; the comparison at {at} came out otherwise than before")?;
        }
        let few: Vec<[usize; 2]> = self.elements.iter().copied().filter(|&[count, _]| count < FEWEST_LISTED).collect();
        let is_listed = |&&[count, _]: &&[usize; 2]| count >= FEWEST_LISTED || few.len() == 1;
        for &[count, operations] in self.elements.iter().filter(is_listed) {
            write!(f, "\n{} of {}", many(count, "element"), many(operations, "operation"))?;
        }
        if few.len() > 1 {
            let count: usize = few.iter().map(|[count, _]| count).sum();
            let operations = few.iter().map(|[count, operations]| count * operations).sum();
            let most = FEWEST_LISTED - 1;
            write!(f, "\n{count} elements of {} in all, at most {most} of a kind", many(operations, "operation"))?;
        }
        Ok(())
    }
}
