//! What a check found.

use std::fmt;

/// What the comparison of a derivative with differences says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The two are equal within the tolerance, and the differences are that exact.
    Agrees,
    /// The two differ by more than the tolerance and all errors that the differences may have; or the derivative is NaN.
    Disagrees,
    /// The differences are not exact enough to tell.
    CannotTell(Doubt),
}

impl Verdict {
    pub(super) fn is_bad(self, strict: bool) -> bool {
        match self {
            Self::Agrees => false,
            Self::Disagrees => true,
            Self::CannotTell(_) => strict,
        }
    }
}

/// Why differences cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The function has no one slope here: those to the right and to the left differ, or it is vertical.
    Kink,
    /// The function is rounded too roughly, or oscillates too fast, for the tolerance.
    Noise,
    /// The function is not finite on both sides of the point.
    Edge,
}

/// What was varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// One coordinate.
    Coordinate(usize),
    /// All coordinates at once, in a direction of this number.
    Direction(usize),
    /// One coordinate that is a variable while all others are constants.
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

/// One derivative that was compared.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Which output of the function, if it has several.
    pub output: Option<usize>,
    /// What was varied.
    pub along: Variation,
    /// The derivative from the tape.
    pub analytic: f64,
    /// The derivative from differences.
    pub numeric: f64,
    /// The estimated error of the numeric derivative.
    pub error: f64,
    /// What follows.
    pub verdict: Verdict,
    /// How far the two are apart, in units of what was allowed.
    pub(super) excess: f64,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(output) = self.output {
            write!(f, "output {output}, ")?;
        }
        write!(f, "{}: {:?}, differences say {:?} ± {:.1e}", self.along, self.analytic, self.numeric, self.error)?;
        f.write_str(match self.verdict {
            Verdict::Agrees => "; agrees",
            Verdict::Disagrees => "; disagrees",
            Verdict::CannotTell(Doubt::Kink) => "; cannot tell: a kink",
            Verdict::CannotTell(Doubt::Noise) => "; cannot tell: noise",
            Verdict::CannotTell(Doubt::Edge) => "; cannot tell: the function is not finite beside the point",
        })
    }
}

/// The derivatives that were compared, one [`Entry`] each. Prints a line for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(super) entries: Vec<Entry>,
}

impl Report {
    /// All comparisons: outputs in order, and for each what was varied.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The comparison that went worst: the two derivatives are farthest apart, for what tolerance and error allow.
    pub fn worst(&self) -> Option<&Entry> {
        self.entries.iter().max_by(|a, b| a.excess.total_cmp(&b.excess))
    }

    pub(super) fn judged(self, strict: bool) -> Result<Self, Failure> {
        if strict && self.entries.is_empty() {
            return Err(Kind::Nothing.into());
        }
        if self.entries.iter().any(|entry| entry.verdict.is_bad(strict)) {
            return Err(Kind::Wrong { report: self, strict }.into());
        }
        Ok(self)
    }

    /// Whether all derivatives agree, and no verdict is open.
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

/// A check that failed. Prints what is wrong, with a line for each bad derivative.
#[derive(Clone, PartialEq)]
pub struct Failure {
    kind: Kind,
}

#[derive(Clone, PartialEq)]
pub(super) enum Kind {
    NotFinite { output: Option<usize>, value: f64 },
    Inconsistent { output: Option<usize>, variables: f64, constants: f64 },
    NotConstant { output: Option<usize> },
    Nothing,
    Wrong { report: Report, strict: bool },
}

impl From<Kind> for Failure {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl Failure {
    /// All comparisons, if it came to these: the function may not have been finite.
    pub fn report(&self) -> Option<&Report> {
        match &self.kind {
            Kind::Wrong { report, .. } => Some(report),
            Kind::NotFinite { .. } | Kind::Inconsistent { .. } | Kind::NotConstant { .. } | Kind::Nothing => None,
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
            Kind::NotFinite { output, value } => write!(f, "{} is {value} at this point", function(output)),
            Kind::Inconsistent { output, variables, constants } => write!(
                f,
                "{} is {variables:?} for variables, but {constants:?} for constants of the same numbers",
                function(output)
            ),
            Kind::Nothing => f.write_str("there is no derivative to compare"),
            Kind::NotConstant { output } => write!(f, "{} of constants is not a constant", function(output)),
            Kind::Wrong { report, strict } => {
                let bad: Vec<_> = report.entries.iter().filter(|entry| entry.verdict.is_bad(*strict)).collect();
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

/// The same as `Display`, so that `unwrap` shows lines that can be read.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}
