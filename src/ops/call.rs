//! The text of an operation and its operands, for messages.

use std::fmt;

/// A call of an operation. The operands of an operation on a list are not shown. Only tapes with locations use it.
#[cfg_attr(not(feature = "locations"), allow(dead_code))]
#[derive(Clone, Debug)]
pub(crate) struct Call {
    name: &'static str,
    /// The numbers of the operands, `None` if a number cannot be converted to f64.
    operands: Vec<Option<f64>>,
}

impl Call {
    #[inline]
    pub(crate) fn new(name: &'static str, operands: impl Into<Vec<Option<f64>>>) -> Self {
        Self { name, operands: operands.into() }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (k, operand) in self.operands.iter().enumerate() {
            let before = if k == 0 { "(" } else { ", " };
            match operand {
                Some(x) => write!(f, "{before}{x:?}")?,
                None => write!(f, "{before}?")?,
            }
        }
        f.write_str(if self.operands.is_empty() { "" } else { ")" })
    }
}
