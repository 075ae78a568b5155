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
    /// The mode of [`Function::gradient`](crate::Function::gradient): forward for up to 16 inputs.
    ///
    /// Up to 16 inputs, one pass of forward mode is faster in nearly all measurements, in f64 and in f32
    /// (`cargo bench -p gradtape-benches --bench derivatives -- modes`), by a factor between 1.2 and 10. The exception
    /// is a sum of costly terms of one input each: reverse mode is faster from 7 inputs on, and takes two thirds of the
    /// time at
    /// 16. With more inputs, forward mode needs two passes or more, and reverse mode is faster, or nearly as fast.
    #[inline]
    pub fn of_gradient(inputs: usize) -> Self {
        Self::of_jacobian(inputs, 1)
    }

    /// The mode of [`VectorFunction::jacobian`](crate::VectorFunction::jacobian): forward for up to 16 inputs, and for
    /// up to four inputs per output. A pass of forward mode has 16 directions, and takes the time of about four sweeps
    /// of reverse mode. Which mode is faster depends on the function, too.
    #[inline]
    pub fn of_jacobian(inputs: usize, outputs: usize) -> Self {
        if inputs <= DIRECTIONS.max(outputs.saturating_mul(4)) { Self::Forward } else { Self::Reverse }
    }
}
