//! The results of a check.

use std::fmt;

/// The verdict of a comparison of a derivative with differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The two are equal within the tolerance, and the differences are accurate to the tolerance.
    Agrees,
    /// The two differ by more than the tolerance and all possible errors of the differences; or the derivative is NaN.
    Disagrees,
    /// The differences are not accurate enough to tell.
    CannotTell(Doubt),
}

impl Verdict {
    pub(super) fn fails(self, strict: bool) -> bool {
        match self {
            Self::Agrees => false,
            Self::Disagrees => true,
            Self::CannotTell(_) => strict,
        }
    }
}

/// The reason why differences cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The function has no unique finite slope here: the slopes to the right and to the left differ, or it is vertical.
    Kink,
    /// The rounding of the function is too coarse for the tolerance, or it oscillates too fast.
    Noise,
    /// The function is not finite on both sides of the point.
    Edge,
}

/// The direction of a derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// One coordinate.
    Coordinate(usize),
    /// All coordinates at once, along the direction with this number.
    Direction(usize),
    /// One operand that is a variable while all others are constants.
    Alone(usize),
    /// One variable from which all operands are computed.
    Together,
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coordinate(k) => write!(f, "x[{k}]"),
            Self::Direction(k) => write!(f, "direction {k}"),
            Self::Alone(k) => write!(f, "x[{k}] with all others constant"),
            Self::Together => write!(f, "one variable behind all operands"),
        }
    }
}

/// The comparison of one derivative.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The index of the output, if the function has several.
    pub output: Option<usize>,
    /// The direction of the derivative.
    pub variation: Variation,
    /// The derivative from the tape.
    pub analytic: f64,
    /// The derivative from differences.
    pub numeric: f64,
    /// The estimated error of the numeric derivative.
    pub error: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// The distance of the two derivatives, divided by the largest allowed distance.
    pub(super) excess: f64,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(output) = self.output {
            write!(f, "output {output}, ")?;
        }
        write!(f, "{}: {:?}, differences say {:?} ± {:.1e}", self.variation, self.analytic, self.numeric, self.error)?;
        f.write_str(match self.verdict {
            Verdict::Agrees => "; agrees",
            Verdict::Disagrees => "; disagrees",
            Verdict::CannotTell(Doubt::Kink) => "; cannot tell: a kink",
            Verdict::CannotTell(Doubt::Noise) => "; cannot tell: noise",
            Verdict::CannotTell(Doubt::Edge) => "; cannot tell: the function is not finite beside the point",
        })
    }
}

/// The comparisons of all derivatives, one [`Entry`] each. Prints one line for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(super) entries: Vec<Entry>,
}

impl Report {
    /// All comparisons, in order of the outputs, and for each output in order of the directions.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The worst comparison: the distance of the two derivatives is largest, relative to tolerance and error.
    pub fn worst(&self) -> Option<&Entry> {
        self.entries.iter().max_by(|a, b| a.excess.total_cmp(&b.excess))
    }

    pub(super) fn into_result(self, strict: bool) -> Result<Self, Failure> {
        if strict && self.entries.is_empty() {
            return Err(FailureKind::NoDerivatives.into());
        }
        if self.entries.iter().any(|entry| entry.verdict.fails(strict)) {
            return Err(FailureKind::Wrong { report: self, strict }.into());
        }
        Ok(self)
    }

    /// Whether all verdicts are [`Verdict::Agrees`].
    pub fn all_agree(&self) -> bool {
        self.entries.iter().all(|entry| entry.verdict == Verdict::Agrees)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, self.entries.iter())
    }
}

fn write_lines<'a>(f: &mut fmt::Formatter<'_>, entries: impl Iterator<Item = &'a Entry>) -> fmt::Result {
    for (k, entry) in entries.enumerate() {
        write!(f, "{}{entry}", if k == 0 { "" } else { "\n" })?;
    }
    Ok(())
}

/// The failure of a check. Prints what is wrong, with a line for each wrong derivative.
#[derive(Clone, PartialEq)]
pub struct Failure {
    kind: FailureKind,
}

#[derive(Clone, PartialEq)]
pub(super) enum FailureKind {
    NotFinite { output: Option<usize>, value: f64 },
    Inconsistent { output: Option<usize>, variables: f64, constants: f64 },
    NotConstant { output: Option<usize> },
    Expression { value: f64, expression: f64 },
    NoDerivatives,
    Wrong { report: Report, strict: bool },
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        Self { kind }
    }
}

impl Failure {
    /// All comparisons; `None` if the check failed before it compared, for example because the function is not finite.
    pub fn report(&self) -> Option<&Report> {
        match &self.kind {
            FailureKind::Wrong { report, .. } => Some(report),
            FailureKind::NotFinite { .. }
            | FailureKind::Inconsistent { .. }
            | FailureKind::NotConstant { .. }
            | FailureKind::Expression { .. }
            | FailureKind::NoDerivatives => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = |output: &Option<usize>| match output {
            Some(output) => format!("output {output} of the function"),
            None => "the function".to_owned(),
        };
        match &self.kind {
            FailureKind::NotFinite { output, value } => write!(f, "{} is {value} at this point", function(output)),
            FailureKind::Inconsistent { output, variables, constants } => write!(
                f,
                "{} is {variables:?} for variables, but {constants:?} for constants of the same numbers",
                function(output)
            ),
            FailureKind::Expression { value, expression } => {
                write!(f, "the expression is {expression:?}, but the value is {value:?}")
            }
            FailureKind::NoDerivatives => f.write_str("there is no derivative to compare"),
            FailureKind::NotConstant { output } => write!(f, "{} of constants is not a constant", function(output)),
            FailureKind::Wrong { report, strict } => {
                let bad: Vec<_> = report.entries.iter().filter(|entry| entry.verdict.fails(*strict)).collect();
                let verb = if bad.len() == 1 { "is" } else { "are" };
                writeln!(
                    f,
                    "{} of {} derivatives {verb} not confirmed by differences",
                    bad.len(),
                    report.entries.len()
                )?;
                write_lines(f, bad.into_iter())
            }
        }
    }
}

/// The same as `Display`, so that `unwrap` shows readable lines.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}
