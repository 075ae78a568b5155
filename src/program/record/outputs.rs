//! What a recorded function returns.

use super::expr::Expr;

/// What a recorded function returns: an [`Expr`], or several as an array or a vector.
pub trait IntoOutputs<T> {
    /// The outputs, in order.
    fn into_outputs(self) -> Vec<Expr<T>>;
}

impl<T> IntoOutputs<T> for Expr<T> {
    fn into_outputs(self) -> Vec<Expr<T>> {
        vec![self]
    }
}

impl<T> IntoOutputs<T> for Vec<Expr<T>> {
    fn into_outputs(self) -> Vec<Expr<T>> {
        self
    }
}

impl<T, const N: usize> IntoOutputs<T> for [Expr<T>; N] {
    fn into_outputs(self) -> Vec<Expr<T>> {
        self.into()
    }
}
