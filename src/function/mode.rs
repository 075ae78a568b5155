//! Forward or reverse.

use super::drive::LANES;

/// How a gradient or a Jacobian is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Derivatives along directions go with the numbers ([`Dual`](crate::Dual)): the cost grows with the inputs, and no
    /// memory with the computation.
    Forward,
    /// Derivatives of an output are swept back over a tape ([`Value`](crate::Value)): the cost grows with the outputs,
    /// and memory with the computation.
    Reverse,
}

impl Mode {
    /// The mode of [`Function::gradient`](crate::Function::gradient): forward for up to 8 inputs.
    ///
    /// Up to there one pass of forward mode is the faster way for whatever was measured (`cargo bench --bench derivatives
    /// -- modes`), by a factor between 1.1 and 10. From 9 inputs on it takes two passes, and reverse mode is the faster
    /// way, or nearly so. A long computation in which nearly everything joins, as an integration step by step, may be an
    /// exception: there a sweep costs as much as several passes.
    #[inline]
    pub fn of_gradient(inputs: usize) -> Self {
        Self::of_jacobian(inputs, 1)
    }

    /// The mode of [`VectorFunction::jacobian`](crate::VectorFunction::jacobian): forward, if there are no more passes of
    /// 8 inputs than outputs, each of which would take a sweep. Which one is faster depends on the function, too.
    #[inline]
    pub fn of_jacobian(inputs: usize, outputs: usize) -> Self {
        if inputs.div_ceil(LANES) <= outputs.max(1) { Self::Forward } else { Self::Reverse }
    }
}
