//! Recorded numbers inside other numbers: operators and comparisons with plain numbers. So a gradient inside of a
//! function is recorded with it.

use super::Expr;
use crate::dual::Dual;
use crate::dual2::Dual2;
use crate::jet::Jet;
use crate::nested::nested;
use crate::number::operators::{assignment, compared, forms, lifted_left, lifted_right, operation, references};
use crate::ops::operators;
use crate::program::record::session::Recordable;
use crate::tape::Value;

type ValueOfExpr<T> = Value<Expr<T>>;
type DualOfExpr<T, const N: usize> = Dual<Expr<T>, N>;
type Dual2OfExpr<T, const N: usize> = Dual2<Expr<T>, N>;
type JetOfExpr<T, const N: usize> = Jet<Expr<T>, N>;
type DualOfDualOfExpr<T, const M: usize, const N: usize> = Dual<Dual<Expr<T>, M>, N>;

nested! {
    T: Recordable;
    [] ValueOfExpr [] over Expr<T>;
    [const N: usize,] DualOfExpr [, N] over Expr<T>;
    [const N: usize,] Dual2OfExpr [, N] over Expr<T>;
    [const N: usize,] JetOfExpr [, N] over Expr<T>;
    [const M: usize, const N: usize,] DualOfDualOfExpr [, M, N] over Dual<Expr<T>, M>;
}
