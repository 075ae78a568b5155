//! The traits of `ndarray`: numbers as operands of its arrays, and as the floats of generic code.

use std::fmt::{Debug, Display, LowerExp, UpperExp};

use ndarray::{NdFloat, ScalarOperand};

use crate::dual::Dual;
use crate::scalar::Scalar;
use crate::tape::Value;

macro_rules! operand {
    ([$($constant:tt)*] $Number:ty) => {
        impl<T: Scalar, $($constant)*> ScalarOperand for $Number {}

        impl<T, $($constant)*> NdFloat for $Number where
            T: Scalar + Debug + Display + LowerExp + UpperExp + Send + Sync
        {
        }
    };
}

operand! { [] Value<T> }
operand! { [const N: usize] Dual<T, N> }
