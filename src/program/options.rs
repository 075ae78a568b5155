//! How a program is recorded, optimised and run.

/// How a program is recorded, optimised and run; by default as fast as it can.
///
/// # Examples
///
/// ```
/// use gradtape::program::Options;
///
/// let f = |x: f64| (x * 0.3 + 0.1).exp().sin();
/// let program = Options::new().exact().record(|x| (x[0] * 0.3 + 0.1).exp().sin(), &[1.0]);
/// assert_eq!(program.eval(&[0.7])?, [f(0.7)]);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    exact: bool,
    /// A bit for each [`Optimization`] that is left out.
    without: u8,
}

/// A transformation that makes a program faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Optimization {
    /// Operations on constants are computed when the program is made, and operations that change nothing are left out.
    Folding,
    /// Equal operations on the same operands are computed once.
    Sharing,
    /// Operations that no output depends on are left out.
    Pruning,
    /// A product and a sum are rounded once, where the machine has an instruction for that.
    Fusion,
    /// Operations that depend on parameters only are computed once for all rows.
    Hoisting,
    /// Numbers that are never needed at the same time share memory.
    Reuse,
    /// The vector instructions of this machine are used, not only those of all machines of its kind.
    Simd,
}

impl Optimization {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Folding, Self::Sharing, Self::Pruning, Self::Fusion, Self::Hoisting, Self::Reuse, Self::Simd];
}

impl Options {
    /// All optimisations.
    pub const fn new() -> Self {
        Self { exact: false, without: 0 }
    }

    /// The same, but the numbers and the derivatives of a row are those of the tape, bit for bit.
    ///
    /// Without it they differ from those of the tape by the rounding of a few operations: products and sums are fused,
    /// elementary functions are computed in lanes, to within 2 units in the last place, and derivatives are multiplied
    /// in another order. Only the numbers that comparisons depend on have the bits of the plain float. With it `max`,
    /// `min` and `clamp` are branches.
    ///
    /// It costs time: with AVX2, gradients on 10,000 rows took 4 to 14 times as long. An exact program calls the
    /// functions of the plain float, which take one number at a time, and adds in the order of the tape. The benchmark
    /// `programs` of the repository prints the factor for a network.
    #[must_use]
    pub const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    /// The same without one of the optimisations.
    #[must_use]
    pub const fn without(self, optimization: Optimization) -> Self {
        Self { without: self.without | 1 << optimization as u8, ..self }
    }

    pub(crate) fn is_exact(self) -> bool {
        self.exact
    }

    pub(crate) fn has(self, optimization: Optimization) -> bool {
        self.without & 1 << optimization as u8 == 0
    }

    /// The same optimisations, but not exact.
    pub(crate) fn without_exactness(self) -> Self {
        Self { exact: false, ..self }
    }

    /// Whether products and sums may be fused.
    pub(crate) fn fuses(self) -> bool {
        !self.exact && self.has(Optimization::Fusion)
    }
}
