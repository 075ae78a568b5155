//! The two scalar types that programs compute with.

use super::record::session::Recordable;
use super::run::kernels::Lanes;
use crate::number::Plain;

/// A float that a [`Program`](super::Program) can compute with: f32 or f64.
#[diagnostic::on_unimplemented(note = "programs compute in f32 and f64; other numbers take a tape")]
pub trait Precision: Plain + Send + Sync + sealed::Sealed {}

mod sealed {
    use super::{Lanes, Recordable};

    /// What the stages of a program need of a float.
    #[allow(private_bounds, reason = "nobody else implements it")]
    pub trait Sealed: Recordable + Lanes {}
}

impl sealed::Sealed for f32 {}
impl sealed::Sealed for f64 {}
impl Precision for f32 {}
impl Precision for f64 {}
