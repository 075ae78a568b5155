//! The text of an operation and its operands, for messages.

use std::fmt;

/// A call of an operation. The operands of an operation on a list are not shown. Only tapes with locations use it.
///
/// It owns no memory, because a tape copies it where an allocator must not run.
#[cfg_attr(not(feature = "locations"), allow(dead_code))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    name: &'static str,
    /// The numbers of the operands, `None` if a number cannot be converted to f64.
    operands: [Option<f64>; 2],
    count: usize,
}

impl Call {
    #[inline]
    pub(crate) fn new<const N: usize>(name: &'static str, operands: [Option<f64>; N]) -> Self {
        const { assert!(N <= 2, "there is room for two operands") };
        let operand = |k: usize| operands.get(k).copied().flatten();
        Self { name, operands: [operand(0), operand(1)], count: N }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (k, operand) in self.operands[..self.count].iter().enumerate() {
            let before = if k == 0 { "(" } else { ", " };
            match operand {
                Some(x) => write!(f, "{before}{x:?}")?,
                None => write!(f, "{before}?")?,
            }
        }
        f.write_str(if self.count == 0 { "" } else { ")" })
    }
}
