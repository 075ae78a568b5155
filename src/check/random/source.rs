//! Where random things come from: quickcheck's generator, or the bytes of a fuzzer.

/// Choices. One that has run out makes the first choice for ever.
pub(super) trait Source {
    /// A whole number below `bound`.
    fn below(&mut self, bound: usize) -> usize;

    /// Any 32 bits.
    fn word(&mut self) -> u32;

    /// How many steps an expression should have at most.
    fn size(&mut self) -> usize;

    fn has_run_out(&self) -> bool;
}

/// Something that is made of choices.
pub(super) trait Random {
    fn random(source: &mut impl Source) -> Self;
}

#[cfg(feature = "quickcheck")]
impl Source for quickcheck::Gen {
    fn below(&mut self, bound: usize) -> usize {
        self.word() as usize % bound
    }

    fn word(&mut self) -> u32 {
        quickcheck::Arbitrary::arbitrary(self)
    }

    fn size(&mut self) -> usize {
        let most = quickcheck::Gen::size(self) * 2 / 5;
        1 + self.below(most.max(1))
    }

    fn has_run_out(&self) -> bool {
        false
    }
}

#[cfg(feature = "arbitrary")]
impl Source for arbitrary::Unstructured<'_> {
    fn below(&mut self, bound: usize) -> usize {
        // Takes no more bytes than the bound needs, and fails for no bound but 0.
        self.int_in_range(0..=bound - 1).unwrap_or(0)
    }

    fn word(&mut self) -> u32 {
        self.int_in_range(0..=u32::MAX).unwrap_or(0)
    }

    fn size(&mut self) -> usize {
        64
    }

    fn has_run_out(&self) -> bool {
        self.is_empty()
    }
}

/// Makes types that are [`Random`] arbitrary for both crates, those over a plain float `T` for every such. Quickcheck
/// shrinks them by the given function.
macro_rules! arbitrary {
    ($($Type:ident $(<$T:ident>)?, $shrink:expr;)*) => {
        $(
            #[cfg(feature = "quickcheck")]
            #[cfg_attr(docsrs, doc(cfg(feature = "quickcheck")))]
            impl $(<$T: crate::Real<Plain = $T>>)? quickcheck::Arbitrary for $Type $(<$T>)? {
                fn arbitrary(g: &mut quickcheck::Gen) -> Self {
                    Self::random(g)
                }

                fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
                    Box::new($shrink(self))
                }
            }

            #[cfg(feature = "arbitrary")]
            #[cfg_attr(docsrs, doc(cfg(feature = "arbitrary")))]
            impl<'a $(, $T: crate::Real<Plain = $T>)?> arbitrary::Arbitrary<'a> for $Type $(<$T>)? {
                fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                    Ok(Self::random(bytes))
                }
            }
        )*
    };
}

pub(super) use arbitrary;
