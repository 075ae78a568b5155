//! The drivers of sparse derivatives: the pattern is found by [`dependences`], the numbers by one product for each
//! colour.

use std::array::from_fn;

use super::drive::{DIRECTIONS, HESSIAN_DIRECTIONS, fast_then_exact, reverse_gradient_over};
use super::workspace::{ForwardWorkspace, ReverseWorkspace, Workspace};
use super::{Function, VectorFunction};
use crate::dependence::{Dependence, dependences};
use crate::dual::Dual;
use crate::dual::unchecked::{Tangents, Unchecked};
use crate::number::{Plain, Real};
use crate::sparse::{Coloring, Csr, Side, Sparsity};
use crate::tape::Value;

/// The pattern of the Jacobian.
pub(super) fn jacobian_pattern<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T]) -> Sparsity {
    dependences(x, |x| {
        let mut y = vec![Dependence::constant(T::zero()); f.outputs(x.len())];
        f.eval(x, &mut y);
        y
    })
}

/// The pattern of the Hessian: the pattern of the Jacobian of the gradient, made symmetric. On one side of the diagonal
/// only, it may have an entry whose derivative is zero everywhere.
pub(super) fn hessian_pattern<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T]) -> Sparsity {
    let rows = dependences(x, |x| {
        let mut slopes = vec![Dependence::constant(T::zero()); x.len()];
        reverse_gradient_over(f, x.iter().copied(), &mut ReverseWorkspace::default(), |i, slope| slopes[i] = slope);
        slopes
    });
    // The rules of derivatives compare numbers, too, but the pattern is local only if the function itself compares.
    let is_local = dependences(x, |x| vec![f.eval(x)]).is_local();
    rows.union(&rows.transpose()).local(is_local)
}

/// Panics if the pattern of the matrix is not the coloured one, or if the pattern is local and lacks a place of the
/// pattern at this point, `pattern_at_x`.
#[track_caller]
fn assert_pattern<T>(coloring: &Coloring, matrix: &Csr<T>, inputs: usize, pattern_at_x: impl FnOnce() -> Sparsity) {
    let pattern = coloring.pattern();
    assert!(matrix.pattern() == pattern, "a matrix has the pattern that was coloured: clone `pattern()`");
    assert_eq!(pattern.columns(), inputs, "a pattern has as many columns as the point is long; colour that of `x`");
    if pattern.is_local() {
        assert!(
            pattern_at_x().is_within(pattern),
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
        (Side::Rows, _) => rows_by_color(f, x, coloring, jacobian, workspace),
        (Side::Columns, count) => {
            fast_then_exact!(
                T,
                [columns_by_color for DIRECTIONS; columns_by_color for 2 3 4] of count,
                (f, x, coloring, jacobian, workspace),
                jacobian.values()
            );
        }
    }
}

/// Forward mode: `N` colours of columns at a time.
fn columns_by_color<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    jacobian: &mut Csr<T>,
    workspace: &mut Workspace,
) {
    let buffers = workspace.get::<ForwardWorkspace<D>>();
    for first in (0..coloring.colors()).step_by(N) {
        let (inputs, outputs) = buffers.set_inputs(color_seeds(x, coloring, first)).inputs_and_outputs(jacobian.rows());
        f.eval(inputs, outputs);
        for color in first..coloring.colors().min(first + N) {
            coloring.scatter(color, |row| outputs[row].tangents()[color - first], jacobian);
        }
    }
}

/// The point `x`, where direction `k` moves all inputs of colour `first + k`.
fn color_seeds<T: Plain, D: Tangents<T, N>, const N: usize>(
    x: &[T],
    coloring: &Coloring,
    first: usize,
) -> impl Iterator<Item = D> {
    x.iter().enumerate().map(move |(i, &x)| {
        let color = coloring.color(i);
        D::new(x, from_fn(|k| if color == Some(first + k) { T::one() } else { T::zero() }))
    })
}

/// Reverse mode: one colour of rows at a time.
fn rows_by_color<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    jacobian: &mut Csr<T>,
    workspace: &mut Workspace,
) {
    let mut product = std::mem::take(workspace.get::<Vec<T>>());
    product.resize(x.len(), T::zero());
    let buffers = workspace.get::<ReverseWorkspace<T>>();
    let (inputs, outputs) = buffers.set_inputs(x.iter().copied()).inputs_and_outputs(jacobian.rows());
    f.eval(inputs, outputs);
    for color in 0..coloring.colors() {
        let sum = coloring.members(color).iter().map(|&row| buffers.outputs()[row]).sum::<Value<T>>();
        product.iter_mut().zip(buffers.sweep(sum)).for_each(|(product, adjoint)| *product = adjoint);
        coloring.scatter(color, |column| product[column], jacobian);
    }
    *workspace.get() = product;
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
        fast_then_exact!(
            T,
            [hessian_by_color for HESSIAN_DIRECTIONS; hessian_by_color for 2] of coloring.colors(),
            (f, x, coloring, hessian, workspace),
            hessian.values()
        );
    }
}

/// Forward over reverse mode: `N` colours at a time.
fn hessian_by_color<T: Plain, D: Tangents<T, N>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    hessian: &mut Csr<T>,
    workspace: &mut Workspace,
) where
    Value<D>: Real<Plain = T>,
{
    let mut slopes = std::mem::take(workspace.get::<Vec<[T; N]>>());
    slopes.resize(x.len(), [T::zero(); N]);
    for first in (0..coloring.colors()).step_by(N) {
        reverse_gradient_over(f, color_seeds(x, coloring, first), workspace.get(), |i, slope: D| {
            slopes[i] = slope.tangents();
        });
        for color in first..coloring.colors().min(first + N) {
            coloring.scatter(color, |row| slopes[row][color - first], hessian);
        }
    }
    *workspace.get() = slopes;
}
