//! The traits of `ndarray`: numbers as operands of its arrays, and as the floats of generic code.

use std::fmt::{Debug, Display, LowerExp, UpperExp};

use ndarray::{NdFloat, ScalarOperand};

use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::jet::Jet;
use crate::number::Number;
use crate::scalar::Scalar;
use crate::tape::Value;

impl<T: Scalar> ScalarOperand for Value<T> {}

impl<T: Scalar, const N: usize> ScalarOperand for Dual<T, N> {}

impl<T: Number, const N: usize> ScalarOperand for Dual2<T, N> {}
impl<T: Number, const N: usize> ScalarOperand for Jet<T, N> {}

impl<T: Scalar + Debug + Display + LowerExp + UpperExp + Send + Sync> NdFloat for Value<T> {}

impl<T: Scalar + Debug + Display + LowerExp + UpperExp + Send + Sync, const N: usize> NdFloat for Dual<T, N> {}

impl<T: Number + LowerExp + UpperExp + Send + Sync, const N: usize> NdFloat for Dual2<T, N> {}
impl<T: Number + LowerExp + UpperExp + Send + Sync, const N: usize> NdFloat for Jet<T, N> {}
