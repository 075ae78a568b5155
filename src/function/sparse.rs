//! How sparse derivatives are computed: the pattern by a [`trace`], the numbers by one product for each colour.

use std::array::from_fn;

use super::drive::{COLUMNS, LANES, gradient_over, look_twice};
use super::workspace::{Forward, Reverse, Workspace};
use super::{Function, VectorFunction};
use crate::dependence::{Dependence, trace};
use crate::dual::Dual;
use crate::dual::unchecked::{Tangents, Unchecked};
use crate::number::{Plain, Real};
use crate::sparse::{Coloring, Csr, Side, Sparsity};
use crate::tape::Value;

/// The pattern of the Jacobian.
pub(super) fn jacobian_pattern<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T]) -> Sparsity {
    trace(x, |x| {
        let mut y = vec![Dependence::constant(T::zero()); f.outputs(x.len())];
        f.eval(x, &mut y);
        y
    })
}

/// The pattern of the Hessian: that of the Jacobian of the gradient, made symmetric, because a derivative that is zero
/// everywhere may be taken for one that is not on one side only.
pub(super) fn hessian_pattern<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T]) -> Sparsity {
    let rows = trace(x, |x| {
        let mut slopes = vec![Dependence::constant(T::zero()); x.len()];
        gradient_over(f, x.iter().copied(), &mut Reverse::default(), |i, slope| slopes[i] = slope);
        slopes
    });
    // The rules of derivatives compare, too; what counts is whether the function does.
    let is_local = trace(x, |x| vec![f.eval(x)]).is_local();
    rows.union(&rows.transpose()).local(is_local)
}

/// Panics if the matrix has another pattern, or if that was found on another path through the function than that of `x`,
/// and misses something.
#[track_caller]
fn assert_pattern<T>(coloring: &Coloring, matrix: &Csr<T>, inputs: usize, pattern_here: impl FnOnce() -> Sparsity) {
    let pattern = coloring.pattern();
    assert!(matrix.pattern() == pattern, "a matrix has the pattern that was coloured: clone `pattern()`");
    assert_eq!(pattern.columns(), inputs, "a pattern has as many columns as the point is long; colour that of `x`");
    if pattern.is_local() {
        assert!(
            pattern_here().is_within(pattern),
            "the function branches, and depends on other inputs here than where its pattern was found; find and colour \
             the pattern anew"
        );
    }
}

#[track_caller]
pub(super) fn jacobian<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    jacobian: &mut Csr<T>,
    workspace: &mut Workspace,
) {
    assert_pattern(coloring, jacobian, x.len(), || jacobian_pattern(f, x));
    assert!(!coloring.is_symmetric(), "the colouring is one of a Hessian; colour the pattern with `of_jacobian`");
    let outputs = f.outputs(x.len());
    assert_eq!(
        coloring.pattern().rows(),
        outputs,
        "a pattern has as many rows as outputs; colour that of this function"
    );
    match (coloring.side(), coloring.colors()) {
        (_, 0) => {}
        (Side::Rows, _) => rows(f, x, coloring, jacobian, workspace),
        (Side::Columns, count) => {
            look_twice!(
                T,
                [columns for LANES; columns for 2 3 4] of count,
                (f, x, coloring, jacobian, workspace),
                jacobian.values()
            );
        }
    }
}

/// `N` colours of columns at a time.
fn columns<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    jacobian: &mut Csr<T>,
    workspace: &mut Workspace,
) {
    let memory = workspace.of::<Forward<D>>();
    for first in (0..coloring.colors()).step_by(N) {
        let (inputs, outputs) = memory.start(directions(x, coloring, first)).numbers(jacobian.rows());
        f.eval(inputs, outputs);
        for color in first..coloring.colors().min(first + N) {
            coloring.scatter(color, |row| outputs[row].tangents()[color - first], jacobian);
        }
    }
}

/// The point `x`, where all inputs of each of the `N` colours from `first` on move along the same direction.
fn directions<T: Plain, D: Tangents<T, N>, const N: usize>(
    x: &[T],
    coloring: &Coloring,
    first: usize,
) -> impl Iterator<Item = D> {
    x.iter().enumerate().map(move |(i, &x)| {
        let color = coloring.color(i);
        D::new(x, from_fn(|k| if color == Some(first + k) { T::one() } else { T::zero() }))
    })
}

/// One colour of rows at a time.
fn rows<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    jacobian: &mut Csr<T>,
    workspace: &mut Workspace,
) {
    let mut product = std::mem::take(workspace.of::<Vec<T>>());
    product.resize(x.len(), T::zero());
    let memory = workspace.of::<Reverse<T>>();
    let (inputs, outputs) = memory.start(x.iter().copied()).numbers(jacobian.rows());
    f.eval(inputs, outputs);
    for color in 0..coloring.colors() {
        let sum = coloring.members(color).iter().map(|&row| memory.outputs()[row]).sum::<Value<T>>();
        product.iter_mut().zip(memory.sweep(sum)).for_each(|(product, adjoint)| *product = adjoint);
        coloring.scatter(color, |column| product[column], jacobian);
    }
    *workspace.of() = product;
}

#[track_caller]
pub(super) fn hessian<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    hessian: &mut Csr<T>,
    workspace: &mut Workspace,
) {
    assert_pattern(coloring, hessian, x.len(), || hessian_pattern(f, x));
    assert_eq!(coloring.pattern().rows(), x.len(), "a Hessian is square; colour the pattern of this function");
    if coloring.colors() != 0 {
        look_twice!(
            T,
            [products for COLUMNS; products for 2] of coloring.colors(),
            (f, x, coloring, hessian, workspace),
            hessian.values()
        );
    }
}

/// `N` colours at a time.
fn products<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    hessian: &mut Csr<T>,
    workspace: &mut Workspace,
) where
    Value<D>: Real<Plain = T>,
{
    let mut slopes = std::mem::take(workspace.of::<Vec<[T; N]>>());
    slopes.resize(x.len(), [T::zero(); N]);
    for first in (0..coloring.colors()).step_by(N) {
        gradient_over(f, directions(x, coloring, first), workspace.of(), |i, slope: D| slopes[i] = slope.tangents());
        for color in first..coloring.colors().min(first + N) {
            coloring.scatter(color, |row| slopes[row][color - first], hessian);
        }
    }
    *workspace.of() = slopes;
}
