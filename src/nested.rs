//! Numbers over numbers: operators and comparisons with the innermost plain numbers.
//!
//! Rust needs the names of the nested types: an operator of `Value<N>` with the plain number of any `N` would overlap
//! with the operator of `Value<f64>` with f64. This file lists the nestings that the drivers use, and those of the
//! public numbers in three levels.

use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::jet::Jet;
use crate::number::Number;
use crate::number::operators::{assignment, compared, forms, lifted_left, lifted_right, operation, references};
use crate::ops::kind::Dependence;
use crate::ops::operators;
use crate::tape::Value;

type ValueOfValue<T> = Value<Value<T>>;
type ValueOfDependence<T> = Value<Dependence<T>>;
type ValueOfDual<T, const M: usize> = Value<Dual<T, M>>;
type DualOfValue<T, const N: usize> = Dual<Value<T>, N>;
type DualOfDual<T, const M: usize, const N: usize> = Dual<Dual<T, M>, N>;
type ValueOfDual2<T, const M: usize> = Value<Dual2<T, M>>;
type DualOfDual2<T, const M: usize, const N: usize> = Dual<Dual2<T, M>, N>;
type Dual2OfValue<T, const N: usize> = Dual2<Value<T>, N>;
type Dual2OfDual<T, const M: usize, const N: usize> = Dual2<Dual<T, M>, N>;
type ValueOfJet<T, const M: usize> = Value<Jet<T, M>>;
type DualOfJet<T, const M: usize, const N: usize> = Dual<Jet<T, M>, N>;
type JetOfValue<T, const N: usize> = Jet<Value<T>, N>;
type JetOfDual<T, const M: usize, const N: usize> = Jet<Dual<T, M>, N>;
type JetOfJet<T, const M: usize, const N: usize> = Jet<Jet<T, M>, N>;
type ValueOfValueOfValue<T> = Value<Value<Value<T>>>;
type ValueOfValueOfDual<T, const M: usize> = Value<Value<Dual<T, M>>>;
type ValueOfDualOfValue<T, const M: usize> = Value<Dual<Value<T>, M>>;
type ValueOfDualOfDual<T, const L: usize, const M: usize> = Value<Dual<Dual<T, L>, M>>;
type DualOfValueOfValue<T, const N: usize> = Dual<Value<Value<T>>, N>;
type DualOfValueOfDual<T, const M: usize, const N: usize> = Dual<Value<Dual<T, M>>, N>;
type DualOfDualOfValue<T, const M: usize, const N: usize> = Dual<Dual<Value<T>, M>, N>;
type DualOfDualOfDual<T, const L: usize, const M: usize, const N: usize> = Dual<Dual<Dual<T, L>, M>, N>;

/// For example, the line of `ValueOfValue` gives `impl Add<T> for Value<Value<T>>`,
/// `impl Add<Value<Value<f64>>> for f64`, `impl PartialEq<T> for Value<Value<T>>`, and the same for all operators.
macro_rules! nested {
    (T: $Plain:path; $([$($generics:tt)*] $Number:ident [$($arguments:tt)*] over $Inner:ty;)*) => { $(
        operators! { lifted_right [$($generics)* T: $Plain] $Number<T $($arguments)*>, T, $Inner; }
        operators! { lifted_left [$($generics)*] f32, $Number<f32 $($arguments)*>; }
        operators! { lifted_left [$($generics)*] f64, $Number<f64 $($arguments)*>; }
        compared! {
            [$($generics)* T: $Plain] $Number<T $($arguments)*>, T, |left, right| (left.data(), *right)
        }
    )* };
}

#[cfg(feature = "program")]
pub(crate) use nested;

nested! {
    T: Number<Plain = T>;
    [] ValueOfValue [] over Value<T>;
    [] ValueOfDependence [] over Dependence<T>;
    [const M: usize,] ValueOfDual [, M] over Dual<T, M>;
    [const N: usize,] DualOfValue [, N] over Value<T>;
    [const M: usize, const N: usize,] DualOfDual [, M, N] over Dual<T, M>;
    [const M: usize,] ValueOfDual2 [, M] over Dual2<T, M>;
    [const M: usize, const N: usize,] DualOfDual2 [, M, N] over Dual2<T, M>;
    [const N: usize,] Dual2OfValue [, N] over Value<T>;
    [const M: usize, const N: usize,] Dual2OfDual [, M, N] over Dual<T, M>;
    [const M: usize,] ValueOfJet [, M] over Jet<T, M>;
    [const M: usize, const N: usize,] DualOfJet [, M, N] over Jet<T, M>;
    [const N: usize,] JetOfValue [, N] over Value<T>;
    [const M: usize, const N: usize,] JetOfDual [, M, N] over Dual<T, M>;
    [const M: usize, const N: usize,] JetOfJet [, M, N] over Jet<T, M>;
    [] ValueOfValueOfValue [] over Value<Value<T>>;
    [const M: usize,] ValueOfValueOfDual [, M] over Value<Dual<T, M>>;
    [const M: usize,] ValueOfDualOfValue [, M] over Dual<Value<T>, M>;
    [const L: usize, const M: usize,] ValueOfDualOfDual [, L, M] over Dual<Dual<T, L>, M>;
    [const N: usize,] DualOfValueOfValue [, N] over Value<Value<T>>;
    [const M: usize, const N: usize,] DualOfValueOfDual [, M, N] over Value<Dual<T, M>>;
    [const M: usize, const N: usize,] DualOfDualOfValue [, M, N] over Dual<Value<T>, M>;
    [const L: usize, const M: usize, const N: usize,] DualOfDualOfDual [, L, M, N] over Dual<Dual<T, L>, M>;
}
