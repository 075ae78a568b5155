//! The sources of randomness: quickcheck's generator, or the bytes of a fuzzer.

/// A source of random numbers. An exhausted source returns 0 for ever.
pub(super) trait RandomSource {
    /// A whole number below `bound`.
    fn below(&mut self, bound: usize) -> usize;

    /// Any 32 bits.
    fn word(&mut self) -> u32;

    /// The largest number of steps that an expression should have.
    fn size(&mut self) -> usize;

    fn is_exhausted(&self) -> bool;
}

/// A value that is made from random numbers.
pub(super) trait Random: Sized {
    fn random(source: &mut impl RandomSource) -> Self;

    /// Simpler values, the simplest first, by which quickcheck shrinks a failing test.
    #[cfg(feature = "quickcheck")]
    fn simpler(&self) -> impl Iterator<Item = Self> + 'static;
}

#[cfg(feature = "quickcheck")]
impl RandomSource for quickcheck::Gen {
    fn below(&mut self, bound: usize) -> usize {
        self.word() as usize % bound
    }

    fn word(&mut self) -> u32 {
        quickcheck::Arbitrary::arbitrary(self)
    }

    fn size(&mut self) -> usize {
        let largest = quickcheck::Gen::size(self) * 2 / 5;
        1 + self.below(largest.max(1))
    }

    fn is_exhausted(&self) -> bool {
        false
    }
}

#[cfg(feature = "arbitrary")]
impl RandomSource for arbitrary::Unstructured<'_> {
    fn below(&mut self, bound: usize) -> usize {
        // It takes no more bytes than the bound needs, and fails only for the bound 0.
        self.int_in_range(0..=bound - 1).unwrap_or(0)
    }

    fn word(&mut self) -> u32 {
        self.int_in_range(0..=u32::MAX).unwrap_or(0)
    }

    fn size(&mut self) -> usize {
        64
    }

    fn is_exhausted(&self) -> bool {
        self.is_empty()
    }
}

/// Implements the `Arbitrary` traits of both crates for a type that is [`Random`]. Rust allows no implementation of a
/// foreign trait for all such types at once, hence a macro.
///
/// `arbitrary! { [] Unit }` is
///
/// ```text
/// impl quickcheck::Arbitrary for Unit {
///     fn arbitrary(g: &mut quickcheck::Gen) -> Self { Self::random(g) }
///     fn shrink(&self) -> Box<dyn Iterator<Item = Self>> { Box::new(self.simpler()) }
/// }
/// impl<'a> arbitrary::Arbitrary<'a> for Unit {
///     fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> { Ok(Self::random(bytes)) }
/// }
/// ```
macro_rules! arbitrary {
    ([$($generics:tt)*] $Type:ty) => {
        #[cfg(feature = "quickcheck")]
        #[cfg_attr(docsrs, doc(cfg(feature = "quickcheck")))]
        impl<$($generics)*> quickcheck::Arbitrary for $Type {
            fn arbitrary(g: &mut quickcheck::Gen) -> Self { Self::random(g) }
            fn shrink(&self) -> Box<dyn Iterator<Item = Self>> { Box::new(Random::simpler(self)) }
        }

        #[cfg(feature = "arbitrary")]
        #[cfg_attr(docsrs, doc(cfg(feature = "arbitrary")))]
        impl<'a, $($generics)*> arbitrary::Arbitrary<'a> for $Type {
            fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> { Ok(Self::random(bytes)) }
        }
    };
}

pub(super) use arbitrary;
