//! How sparse derivatives are computed: the pattern is found by [`dependences`], the numbers by one product for each
//! colour.

use std::array::from_fn;
use std::marker::PhantomData;

use super::drive::{DIRECTIONS, HESSIAN_DIRECTIONS, assert_gradient, fast_then_exact, reverse_gradient_over};
use super::jacobian::{self, assert_outputs};
use super::memory::{ForwardMemory, Memory, ReverseMemory};
use super::vector::results;
use super::{Function, VectorFunction};
use crate::dependence::{Dependence, dependences};
use crate::dual::Dual;
use crate::number::{Number, Plain, Real};
use crate::sparse::{Coloring, Csr, Side, Sparsity};
use crate::tape::Value;

/// The pattern of the Jacobian.
pub(super) fn jacobian_pattern<T: Plain>(f: &(impl VectorFunction<T> + ?Sized), x: &[T]) -> Sparsity {
    dependences(x, |x| results(f, x))
}

/// The pattern of the Hessian: the pattern of the Jacobian of the gradient, made symmetric. On one side of the diagonal
/// only, it may have an entry whose derivative is zero everywhere.
pub(super) fn hessian_pattern<T: Plain>(f: &(impl Function<T> + ?Sized), x: &[T]) -> Sparsity {
    let rows = dependences(x, |x| {
        let mut slopes = vec![Dependence::constant(T::zero()); x.len()];
        reverse_gradient_over(f, x.iter().copied(), &mut ReverseMemory::default(), |i, slope| slopes[i] = slope);
        slopes
    });
    // The rules of derivatives compare numbers, too, but the pattern is local only if the function itself compares.
    let function = dependences(x, |x| vec![f.eval(x)]);
    rows.union(&rows.transpose()).with(function.local())
}

/// How many data the function has beside its variables. With more or fewer, it may depend on other variables.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Data(pub(super) usize);

/// The colouring that the driver found, for the Hessian or the Jacobian of a function of `T`.
struct Found<T, const HESSIAN: bool> {
    coloring: Option<Coloring>,
    /// The data of the function when its pattern was found last.
    data: Data,
    of: PhantomData<T>,
}

impl<T, const HESSIAN: bool> Default for Found<T, HESSIAN> {
    fn default() -> Self {
        Self { coloring: None, data: Data(0), of: PhantomData }
    }
}

/// Calls `fill` with a colouring whose pattern contains that at `x`, and has `shape`: the one that was given, or that
/// was found before, or a new one. Before, the matrix gets its pattern.
#[track_caller]
fn colored<T: Plain, R, const HESSIAN: bool>(
    given: Option<&Coloring>,
    shape: (usize, usize),
    pattern_at_x: impl Fn() -> Sparsity,
    matrix: &mut Csr<T>,
    memory: &mut Memory,
    fill: impl FnOnce(&Coloring, &mut Csr<T>, &mut Memory) -> R,
) -> R {
    let color = if HESSIAN { Coloring::of_hessian } else { Coloring::of_jacobian };
    let is_shape = |pattern: &Sparsity| (pattern.rows(), pattern.columns()) == shape;
    if let Some(coloring) = given {
        let pattern = coloring.pattern();
        assert!(
            is_shape(pattern),
            "the coloured pattern has {} rows and {} columns, and the derivative {} and {}; colour the pattern of this \
             function at a point of this length",
            pattern.rows(),
            pattern.columns(),
            shape.0,
            shape.1
        );
        assert!(HESSIAN || !coloring.is_symmetric(), "the colouring is one of a Hessian; colour with `of_jacobian`");
        assert!(
            !pattern.is_local() || pattern_at_x().is_within(pattern),
            "the function compares numbers, or reads one with `data()`, and depends on other inputs here than where its \
             pattern was found; find and colour the pattern anew, or leave the colouring to the driver"
        );
        matrix.set_pattern(pattern);
        return fill(coloring, matrix, memory);
    }
    let data = *memory.get::<Data>();
    let found = std::mem::take(memory.get::<Found<T, HESSIAN>>());
    let coloring = match found.coloring.filter(|coloring| is_shape(coloring.pattern())) {
        None => color(&pattern_at_x()),
        Some(coloring) if !coloring.pattern().is_local() && found.data == data => coloring,
        Some(coloring) => {
            let here = pattern_at_x();
            if here.is_within(coloring.pattern()) { coloring } else { color(&coloring.pattern().union(&here)) }
        }
    };
    matrix.set_pattern(coloring.pattern());
    let result = fill(&coloring, matrix, memory);
    *memory.get() = Found::<T, HESSIAN> { coloring: Some(coloring), data, of: PhantomData };
    result
}

/// The results and the Jacobian.
#[track_caller]
pub(super) fn jacobian<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    given: Option<&Coloring>,
    y: &mut [T],
    jacobian: &mut Csr<T>,
    memory: &mut Memory,
) {
    assert_outputs(f, x, y);
    let (shape, pattern) = ((y.len(), x.len()), || jacobian_pattern(f, x));
    colored::<_, _, false>(given, shape, pattern, jacobian, memory, |coloring, jacobian, memory| {
        match (coloring.side(), coloring.colors()) {
            (_, 0) => jacobian::value(f, x, y),
            (Side::Rows, _) => rows_by_color(f, x, coloring, y, jacobian, memory),
            (Side::Columns, count) => {
                fast_then_exact!(
                    T,
                    [columns_by_color for DIRECTIONS; columns_by_color for 2 3 4] of count,
                    (f, x, coloring, y, jacobian, memory),
                    jacobian.values()
                );
            }
        }
    });
}

/// Forward mode: `N` colours of columns at a time.
fn columns_by_color<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    y: &mut [T],
    jacobian: &mut Csr<T>,
    memory: &mut Memory,
) where
    Dual<E, N>: Real<Plain = T>,
{
    let buffers = memory.get::<ForwardMemory<Dual<E, N>>>();
    for first in (0..coloring.colors()).step_by(N) {
        let (inputs, outputs) = buffers.set_inputs(color_seeds(x, coloring, first)).inputs_and_outputs(jacobian.rows());
        f.eval(inputs, outputs);
        for color in first..coloring.colors().min(first + N) {
            coloring.scatter(color, |row| outputs[row].tangents[color - first].data(), jacobian);
        }
        y.iter_mut().zip(&*outputs).for_each(|(y, output)| *y = output.data.data());
    }
}

/// The point `x`, where direction `k` moves all inputs of colour `first + k`.
fn color_seeds<T: Plain, E: Number<Plain = T>, const N: usize>(
    x: &[T],
    coloring: &Coloring,
    first: usize,
) -> impl ExactSizeIterator<Item = Dual<E, N>> {
    x.iter().enumerate().map(move |(i, &x)| {
        let color = coloring.color(i);
        Dual::new(E::constant(x), from_fn(|k| if color == Some(first + k) { E::one() } else { E::zero() }))
    })
}

/// Reverse mode: one colour of rows at a time.
fn rows_by_color<T: Plain>(
    f: &(impl VectorFunction<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    y: &mut [T],
    jacobian: &mut Csr<T>,
    memory: &mut Memory,
) {
    let mut product = std::mem::take(memory.get::<Vec<T>>());
    product.resize(x.len(), T::zero());
    let buffers = memory.get::<ReverseMemory<T>>();
    let (inputs, outputs) = buffers.set_inputs(x.iter().copied()).inputs_and_outputs(jacobian.rows());
    f.eval(inputs, outputs);
    y.iter_mut().zip(&*outputs).for_each(|(y, output)| *y = output.data());
    for color in 0..coloring.colors() {
        let sum = coloring.members(color).iter().map(|&row| buffers.outputs()[row]).sum::<Value<T>>();
        product.iter_mut().zip(buffers.sweep(sum)).for_each(|(product, adjoint)| *product = adjoint);
        coloring.scatter(color, |column| product[column], jacobian);
    }
    *memory.get() = product;
}

/// Value, gradient and Hessian.
#[track_caller]
pub(super) fn hessian<T: Plain>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    given: Option<&Coloring>,
    gradient: &mut [T],
    hessian: &mut Csr<T>,
    memory: &mut Memory,
) -> T {
    assert_gradient(x, gradient);
    let (shape, pattern) = ((x.len(), x.len()), || hessian_pattern(f, x));
    colored::<_, _, true>(given, shape, pattern, hessian, memory, |coloring, hessian, memory| {
        fast_then_exact!(
            T,
            [hessian_by_color for HESSIAN_DIRECTIONS; hessian_by_color for 2] of coloring.colors(),
            (f, x, coloring, gradient, hessian, memory),
            hessian.values()
        )
    })
}

/// Forward over reverse mode: `N` colours at a time.
fn hessian_by_color<T: Plain, E: Number<Plain = T>, const N: usize>(
    f: &(impl Function<T> + ?Sized),
    x: &[T],
    coloring: &Coloring,
    gradient: &mut [T],
    hessian: &mut Csr<T>,
    memory: &mut Memory,
) -> T
where
    Value<Dual<E, N>>: Real<Plain = T>,
{
    let mut value = T::zero();
    let mut slopes = std::mem::take(memory.get::<Vec<[T; N]>>());
    slopes.resize(x.len(), [T::zero(); N]);
    // One pass even without colours, for value and gradient.
    for first in (0..coloring.colors().max(1)).step_by(N) {
        let y = reverse_gradient_over(f, color_seeds(x, coloring, first), memory.get(), |i, slope: Dual<E, N>| {
            (gradient[i], slopes[i]) = (slope.data.data(), slope.tangents.map(E::data));
        });
        value = y.data.data();
        for color in first..coloring.colors().min(first + N) {
            coloring.scatter(color, |row| slopes[row][color - first], hessian);
        }
    }
    *memory.get() = slopes;
    value
}
