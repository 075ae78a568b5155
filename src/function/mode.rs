//! Forward or reverse.

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

/// Up to how many inputs forward mode is faster for a gradient.
const FEW: usize = 16;

impl Mode {
    /// The mode of [`Function::gradient`](crate::Function::gradient).
    #[inline]
    pub fn of_gradient(inputs: usize) -> Self {
        Self::of_jacobian(inputs, 1)
    }

    /// The mode of [`VectorFunction::jacobian`](crate::VectorFunction::jacobian).
    #[inline]
    pub fn of_jacobian(inputs: usize, outputs: usize) -> Self {
        if inputs <= FEW.max(outputs) { Self::Forward } else { Self::Reverse }
    }
}
