//! What kind of node an operation makes.

use crate::ops::op::Op;

/// How a node gets its number. Stages match this instead of [`Op`] where all operations are alike to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Constant,
    Parameter,
    Input,
    /// From one, two or three operands.
    Operation,
    /// From a list of terms.
    Sum,
    /// From a list of factors.
    Product,
    /// From a list of pairs.
    Dot,
    /// From the numbers of all rows.
    Total,
}

impl Op {
    #[inline]
    pub(crate) fn form(self) -> Form {
        match self {
            Self::constant => Form::Constant,
            Self::parameter => Form::Parameter,
            Self::input => Form::Input,
            Self::sum => Form::Sum,
            Self::product => Form::Product,
            Self::dot => Form::Dot,
            Self::total => Form::Total,
            _ => Form::Operation,
        }
    }
}
