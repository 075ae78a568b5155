//! The modes: forward and reverse.

use super::drive::DIRECTIONS;

/// The mode in which a gradient or a Jacobian is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each number carries its derivatives along some directions ([`Dual`](crate::Dual)). The cost grows with the
    /// number of inputs; the memory does not grow with the computation.
    Forward,
    /// The derivatives of an output are computed by a sweep over a tape ([`Value`](crate::Value)). The cost grows with
    /// the number of outputs; the memory grows with the computation.
    Reverse,
}

impl Mode {
    /// The mode of [`Function::gradient`](crate::Function::gradient): forward for up to 8 inputs.
    ///
    /// Up to 8 inputs, one pass of forward mode is faster in all measurements
    /// (`cargo bench -p gradtape-benches --bench derivatives -- modes`), by a factor between 1.1 and 10. With more inputs
    /// it needs two passes or more, and reverse mode is faster, or nearly as fast. A long computation in which nearly
    /// every operation joins two nodes, such as a step-by-step integration, may be an exception: there a sweep costs as
    /// much as several passes.
    #[inline]
    pub fn of_gradient(inputs: usize) -> Self {
        Self::of_jacobian(inputs, 1)
    }

    /// The mode of [`VectorFunction::jacobian`](crate::VectorFunction::jacobian): forward, if forward mode needs at
    /// most as many passes, of 8 inputs each, as reverse mode needs sweeps, one for each output. Which one is faster
    /// depends on the function, too.
    #[inline]
    pub fn of_jacobian(inputs: usize, outputs: usize) -> Self {
        if inputs.div_ceil(DIRECTIONS) <= outputs.max(1) { Self::Forward } else { Self::Reverse }
    }
}
