//! Sparse derivatives equal the dense ones, for patterns found at any point.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::check::random::{Expression, Smooth, Unit};
use gradtape::sparse::{Coloring, Csr, Side, Sparsity};
use gradtape::{Driver, Function, Mode, Plain, Real, VectorFunction, function};
use num_traits::Float;
use testing::functions::{Chain, Random, Several, all_bits, gradient_by, jacobian_by, point};
use testing::{InBox, TestFloat, binary, number, quickcheck, unary};

/// Equal up to rounding, and NaN in the same entries.
fn is_near<T: TestFloat>(ours: T, theirs: T) -> bool {
    let close = (ours - theirs).abs() <= number::<T>(256.0) * T::epsilon() * (T::one() + theirs.abs());
    is_same(ours, theirs) || close
}

/// Equal, or both NaN.
fn is_same<T: TestFloat>(ours: T, theirs: T) -> bool {
    ours == theirs || (ours.is_nan() && theirs.is_nan())
}

#[track_caller]
fn assert_is_dense<T: TestFloat>(sparse: &Csr<T>, dense: &[Vec<T>], is_equal: impl Fn(T, T) -> bool, what: &str) {
    assert_eq!(sparse.rows(), dense.len(), "{what}");
    for (i, (ours, theirs)) in sparse.to_dense().iter().zip(dense).enumerate() {
        assert!(ours.iter().zip(theirs).all(|(&a, &b)| is_equal(a, b)), "{what}: row {i} is {ours:?}, not {theirs:?}");
    }
}

/// The Jacobian. The results that come with it are those of the function.
#[track_caller]
fn jacobian<T: TestFloat>(driver: &Driver<&impl VectorFunction<T>>, x: &[T]) -> Csr<T> {
    let value = driver.function().value(x);
    // The old contents do not matter.
    let (mut y, mut jacobian) = (vec![T::nan(); value.len()], Csr::default());
    driver.sparse_jacobian(x, &mut y, &mut jacobian);
    assert_eq!(all_bits(&y), all_bits(&value), "results at {x:?}");
    jacobian
}

/// The Hessian. The value and the gradient that come with it are those of reverse mode.
#[track_caller]
fn hessian<T: TestFloat>(driver: &Driver<&impl Function<T>>, x: &[T]) -> Csr<T> {
    let (mut gradient, mut hessian) = (vec![T::nan(); x.len()], Csr::default());
    let value = driver.sparse_hessian(x, &mut gradient, &mut hessian);
    let (theirs, slopes) = gradient_by(Mode::Reverse, *driver.function(), x);
    assert!(is_same(value, theirs), "{value:?} at {x:?}, not {theirs:?}");
    assert!(gradient.iter().zip(&slopes).all(|(&a, &b)| is_same(a, b)), "{gradient:?} at {x:?}, not {slopes:?}");
    hessian
}

/// The Jacobian at each of the points, with the patterns found at all of them, and by columns and rows. All members of
/// a colour but one add zeros to a number, without rounding: the dense mode of the same side has the same bits.
#[track_caller]
fn jacobians_are_dense<T: TestFloat>(f: &impl VectorFunction<T>, points: &[Vec<T>], what: &str) {
    let dense = |coloring: &Coloring, x| {
        let mode = if coloring.side() == Side::Columns { Mode::Forward } else { Mode::Reverse };
        jacobian_by(mode, f, x).1
    };
    // This one finds the pattern at the first point.
    let alone = Driver::new(f);
    for place in points {
        let pattern = f.sparsity(place);
        let best = Coloring::of_jacobian(&pattern);
        assert_is_dense(&f.sparse_jacobian(place), &dense(&best, place), is_same, what);
        assert_is_dense(&jacobian(&alone, place), &dense(&best, place), is_same, what);
        for coloring in [best, Coloring::of_columns(&pattern), Coloring::of_rows(&pattern)] {
            let driver = Driver::new(f).with_coloring(coloring.clone());
            for x in points {
                assert_is_dense(&jacobian(&driver, x), &dense(&coloring, x), is_same, what);
            }
        }
    }
}

/// The same for the Hessian. Each number equals that of its column, or by symmetry that of its row.
#[track_caller]
fn hessians_are_dense<T: TestFloat>(f: &impl Function<T>, points: &[Vec<T>], what: &str) {
    let columns = |x: &[T]| -> Vec<Vec<T>> {
        let unit = |j| (0..x.len()).map(|i| if i == j { T::one() } else { T::zero() }).collect::<Vec<_>>();
        (0..x.len()).map(|j| f.hvp(x, &unit(j))).collect()
    };
    let assert_is_of = |ours: Vec<Vec<T>>, columns: &[Vec<T>]| {
        assert_eq!(ours.len(), columns.len(), "{what}");
        for (i, row) in ours.iter().enumerate() {
            for (j, &ours) in row.iter().enumerate() {
                let theirs = [columns[j][i], columns[i][j]];
                assert!(theirs.iter().any(|&b| is_same(ours, b)), "{what} at {i}, {j}: {ours:?} is none of {theirs:?}");
            }
        }
    };
    let dense: Vec<_> = points.iter().map(|x| columns(x)).collect();
    let alone = Driver::new(f);
    for (place, columns) in points.iter().zip(&dense) {
        // By fewer inputs it is computed without a tape, and rounded otherwise: see the tests of functions.
        if place.len() > 6 {
            assert_is_of(f.hessian(place), columns);
        }
        assert_is_of(f.sparse_hessian(place).to_dense(), columns);
        assert_is_of(hessian(&alone, place).to_dense(), columns);
        let pattern = f.hessian_sparsity(place);
        for coloring in [Coloring::of_hessian(&pattern), Coloring::of_columns(&pattern)] {
            let driver = Driver::new(f).with_coloring(coloring);
            for (x, columns) in points.iter().zip(&dense) {
                assert_is_of(hessian(&driver, x).to_dense(), columns);
            }
        }
    }
}

/// Where little cancels, the two modes differ by rounding only.
#[track_caller]
fn modes_agree<T: TestFloat>(f: &impl VectorFunction<T>, points: &[Vec<T>], what: &str) {
    for x in points {
        for mode in [Mode::Forward, Mode::Reverse] {
            assert_is_dense(&f.sparse_jacobian(x), &jacobian_by(mode, f, x).1, is_near, what);
        }
    }
}

/// Random expressions. The inputs of all expressions, one after the other, are the inputs of the function.
struct Expressions {
    list: Vec<Smooth>,
}

impl Expressions {
    fn point(&self) -> Vec<f64> {
        self.list.iter().flat_map(|Smooth(expression)| expression.inputs().iter().copied()).collect()
    }

    fn outputs<'a, F: Real<Plain = f64>>(&'a self, x: &'a [F]) -> impl Iterator<Item = F> + 'a {
        let mut first = 0;
        self.list.iter().map(move |Smooth(expression)| {
            let count = expression.inputs().len();
            first += count;
            Random(expression).eval(&x[first - count..first]) * x[first - count]
        })
    }
}

impl VectorFunction for Expressions {
    fn outputs(&self, _inputs: usize) -> usize {
        self.list.len()
    }

    #[inline(never)]
    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(Expressions::outputs(self, x)).for_each(|(y, output)| *y = output);
        // Neighbours share inputs, and the last output is an input.
        for i in 1..y.len() {
            let before = y[i - 1];
            y[i] -= before * x[0].detach();
        }
        y.last_mut().into_iter().zip(x.last()).for_each(|(y, &x)| *y = x);
    }
}

impl Function for Expressions {
    #[inline(never)]
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        Expressions::outputs(self, x).map(Float::sin).sum()
    }
}

#[test]
fn random_expressions_have_their_dense_derivatives() {
    quickcheck(
        60,
        (|list: Vec<Smooth>| {
            let list = list.into_iter().take(4).filter(|Smooth(expression)| expression.inputs().len() < 6).collect();
            let f = Expressions { list };
            let x = [f.point()];
            jacobians_are_dense(&f, &x, "expressions");
            hessians_are_dense(&f, &x, "expressions");
        }) as fn(Vec<Smooth>),
    );
}

/// A pattern found at extreme points has all entries that are nonzero at other points, unless the function has
/// branched.
#[test]
fn patterns_of_random_expressions_hold_all_that_is_not_zero() {
    quickcheck(
        1000,
        (|expression: Expression, point: Vec<Unit>| {
            let (f, wild) = (Random(&expression), expression.inputs());
            let tame: Vec<_> =
                (0..wild.len()).map(|i| point.get(i).map_or(1.25, |unit| unit.between(-2.0, 2.0))).collect();
            let pattern = f.hessian_sparsity(wild);
            for x in [wild, &tame].into_iter().take(if pattern.is_local() { 1 } else { 2 }) {
                for (i, row) in f.hessian(x).iter().enumerate() {
                    let missed =
                        (0..x.len()).find(|j| row[*j] != 0.0 && !row[*j].is_nan() && !pattern.row(i).contains(j));
                    assert_eq!(missed, None, "{row:?} of row {i} at {x:?}, {pattern:?}");
                }
            }
        }) as fn(Expression, Vec<Unit>),
    );
}

/// Every operation of the table: operations of one argument on one input each, operations of two on two inputs.
struct AllOperations;

impl<T: Plain> VectorFunction<T> for AllOperations {
    fn outputs(&self, _inputs: usize) -> usize {
        unary::<f64>().len() + binary::<f64>().len()
    }

    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let (unary, binary) = (unary::<F>(), binary::<F>());
        let (ys, pairs) = y.split_at_mut(unary.len());
        ys.iter_mut().zip(&unary).zip(x).for_each(|((y, op), &x)| *y = (op.f)([x]));
        let x = x[unary.len()..].chunks(2);
        pairs.iter_mut().zip(&binary).zip(x).for_each(|((y, op), x)| *y = (op.f)([x[0], x[1]]));
    }
}

/// A point in the boxes of all operations.
fn in_all_boxes<T: TestFloat>(unit: Unit) -> Vec<T> {
    let unary = unary::<f64>().into_iter().flat_map(|op| op.point([unit]));
    unary.chain(binary::<f64>().into_iter().flat_map(|op| op.point([unit; 2]))).map(number).collect()
}

fn operations_are_dense<T: TestFloat>() {
    quickcheck(
        10,
        (|u: Unit, v: Unit| {
            let points = [in_all_boxes::<T>(u), in_all_boxes(v)];
            jacobians_are_dense(&AllOperations, &points, "operations");
            modes_agree(&AllOperations, &points, "operations");
        }) as fn(Unit, Unit),
    );
}

#[test]
fn all_operations_have_their_dense_jacobians() {
    operations_are_dense::<f32>();
    operations_are_dense::<f64>();
}

/// An operation of one argument inside nonlinear ones: `w y² + y` with `y = op(x)`.
struct OfOne(usize);

impl<T: Plain> Function<T> for OfOne {
    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let y = (unary::<F>()[self.0].f)([x[1]]);
        x[0] * y * y + y
    }
}

struct OfTwo(usize);

impl<T: Plain> Function<T> for OfTwo {
    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let y = (binary::<F>()[self.0].f)([x[1], x[2]]);
        x[0] * y * y + y
    }
}

const SPECIAL: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -3.0,
    6.0,
    -50.0,
    50.0,
    1e-30,
    1e30,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// Whether a pattern found at any of the points is valid where the operation is smooth.
fn serve_everywhere<T: TestFloat>(f: &impl Function<T>, places: &[Vec<T>], points: &[Vec<T>], name: &str) {
    let dense: Vec<_> = points.iter().map(|x| f.hessian(x)).collect();
    for place in places {
        let pattern = f.hessian_sparsity(place);
        assert!(!pattern.is_local(), "{name} does not branch");
        let driver = Driver::new(f).with_coloring(Coloring::of_hessian(&pattern));
        for (x, dense) in points.iter().zip(&dense) {
            let what = format!("{name} at {x:?}, its pattern found at {place:?}");
            assert_is_dense(&hessian(&driver, x), dense, is_near, &what);
        }
    }
}

fn patterns_of_operations_serve_everywhere<T: TestFloat>() {
    let w = number(1.5);
    for (k, op) in unary::<f64>().iter().enumerate() {
        let places: Vec<_> = SPECIAL.iter().map(|&x| vec![w, number(x)]).collect();
        let points = [op.at[0], op.low[0], op.high[0], 0.3, -0.3, 1.7, -1.7].map(|x| vec![w, number(x)]);
        serve_everywhere::<T>(&OfOne(k), &places, &points, op.name);
    }
    for (k, op) in binary::<f64>().iter().enumerate() {
        let pairs = SPECIAL.iter().flat_map(|&a| SPECIAL.map(|b| [a, b]));
        let places: Vec<_> = pairs.map(|[a, b]| vec![w, number(a), number(b)]).collect();
        let points = [op.at, op.low, op.high, [0.3, 1.7], [1.7, 0.3], [-0.3, 1.7], [2.3, -1.7]];
        let points = points.map(|[a, b]| vec![w, number(a), number(b)]);
        serve_everywhere::<T>(&OfTwo(k), &places, &points, op.name);
    }
}

/// A pattern follows from the structure, not from values: kinks, ties, underflow and overflow hide no entry.
#[test]
fn patterns_of_operations_found_at_special_points_serve_everywhere() {
    patterns_of_operations_serve_everywhere::<f32>();
    patterns_of_operations_serve_everywhere::<f64>();
}

/// The function that [`Shape`] computes of its inputs.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Products of neighbours.
    Chain,
    /// Functions of five inputs at a time.
    Band,
    /// All outputs share the first input.
    Arrowhead,
    /// The first output depends on all inputs.
    DenseRow,
    /// Some outputs are constants, some are inputs, and every third input is unused.
    Gaps,
    /// The operand that is chosen depends on the point.
    Choices,
    /// Sums, products and powers of many operands.
    Lists,
    /// A sum over everything.
    Total,
    /// Detached numbers.
    Detached,
}

const KINDS: [Kind; 9] = [
    Kind::Chain,
    Kind::Band,
    Kind::Arrowhead,
    Kind::DenseRow,
    Kind::Gaps,
    Kind::Choices,
    Kind::Lists,
    Kind::Total,
    Kind::Detached,
];

struct Shape(Kind);

impl<T: Plain> VectorFunction<T> for Shape {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let n = x.len();
        let two = number::<T>(2.0);
        for i in 0..n {
            let (here, next) = (x[i], x[(i + 1) % n]);
            let near = &x[i.saturating_sub(2)..n.min(i + 3)];
            y[i] = match self.0 {
                Kind::Chain => (next - here).sin() * next,
                Kind::Band => near.iter().fold(F::one(), |y, &x| y * x.cos() + x),
                Kind::Arrowhead => x[0].exp() * here * here,
                Kind::DenseRow if i == 0 => x.iter().map(|&x| x * x).sum::<F>().sqrt(),
                Kind::DenseRow => here.tanh(),
                Kind::Gaps => match i % 3 {
                    0 => F::constant(two),
                    1 => here,
                    _ => x[i - 1] * here,
                },
                Kind::Choices => match i % 4 {
                    0 => (here * here).max(next * two).min(x[n - 1]),
                    1 => here.clamp(F::constant(-two), F::constant(two)) * next,
                    2 => here.abs() * next.relu() * next,
                    _ => next.elu(two) + here.leaky_relu(two) * here.abs_sub(next),
                },
                Kind::Lists => match i % 6 {
                    0 => near.iter().product(),
                    1 => F::dot(near, &x[..near.len()]),
                    2 => F::weighted_sum(near, &vec![two; near.len()]) * here,
                    3 => here.mul_add(next, x[0]),
                    4 => here.powi(3) + next.powi(0),
                    _ => here.abs().powf(F::constant(two)) + F::constant(two).powf(next),
                },
                Kind::Total if i == 0 => x.iter().sum(),
                Kind::Total => F::zero(),
                Kind::Detached => here * next.detach() + (here * here).detach(),
            };
        }
    }
}

impl<T: Plain> Function<T> for Shape {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let mut y = vec![F::zero(); x.len()];
        VectorFunction::eval(self, x, &mut y);
        y.into_iter().map(|y| y * y).sum()
    }
}

fn shapes_are_dense<T: TestFloat>() {
    for (kind, n) in KINDS.iter().flat_map(|&kind| [0, 1, 2, 3, 7, 20].map(|n| (kind, n))) {
        let points = [0.0, 1.0, 2.5].map(|phase| point::<T>(n, phase));
        let name = format!("{kind:?} of {n}");
        jacobians_are_dense(&Shape(kind), &points, &name);
        modes_agree(&Shape(kind), &points, &name);
        hessians_are_dense(&Shape(kind), &points, &name);
        assert!(!VectorFunction::<T>::sparsity(&Shape(kind), &points[0]).is_local(), "{kind:?} does not branch");
    }
}

#[test]
fn structured_functions_have_their_dense_derivatives() {
    shapes_are_dense::<f32>();
    shapes_are_dense::<f64>();
}

#[test]
fn functions_that_branch_have_their_dense_derivatives() {
    for n in [1, 2, 5, 9] {
        let x = point::<f64>(n, 0.5);
        assert_is_dense(&Several(7).sparse_jacobian(&x), &Several(7).jacobian(&x), is_near, "several");
        assert_is_dense(&Chain.sparse_hessian(&x), &Function::<f64>::hessian(&Chain, &x), is_near, "a chain");
    }
}

/// Nothing is written to the matrix, but everything else is written.
fn values_come_with_empty_matrices<T: TestFloat>() {
    for n in [0, 1, 9, 20] {
        let x = point::<T>(n, 1.0);
        for f in [Flat::Constant, Flat::Linear, Flat::Detached] {
            let expected = gradient_by(Mode::Reverse, &f, &x);
            let (mut gradient, mut matrix) = (vec![T::nan(); n], Csr::default());
            let value = Driver::new(&f).sparse_hessian(&x, &mut gradient, &mut matrix);
            assert_eq!((all_bits(&[value]), all_bits(&gradient)), (all_bits(&[expected.0]), all_bits(&expected.1)));
            assert_eq!((matrix.rows(), matrix.columns(), matrix.nnz()), (n, n, 0));
            let mut dense = vec![T::nan(); n * n];
            let mut gradient = vec![T::nan(); n];
            let value = Driver::new(&f).hessian(&x, &mut gradient, &mut dense);
            assert_eq!((all_bits(&[value]), all_bits(&gradient)), (all_bits(&[expected.0]), all_bits(&expected.1)));
            assert!(dense.iter().all(T::is_zero));
        }
        for m in [0, 1, 5] {
            let (mut y, mut matrix) = (vec![T::nan(); m], Csr::default());
            Driver::new(&Apart(m)).sparse_jacobian(&x, &mut y, &mut matrix);
            assert_eq!(all_bits(&y), all_bits(&Apart(m).value(&x)));
            assert_eq!((matrix.rows(), matrix.columns(), matrix.nnz()), (m, n, 0));
        }
    }
}

/// Functions without second derivatives.
enum Flat {
    Constant,
    Linear,
    Detached,
}

impl<T: Plain> Function<T> for Flat {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let weights: Vec<_> = (0..x.len()).map(|k| number(0.1 * f64::from(u32::try_from(k).unwrap()) - 0.7)).collect();
        match self {
            Self::Constant => F::constant(number(2.5)),
            Self::Linear => F::weighted_sum(x, &weights) - number::<T>(0.3),
            Self::Detached => x.iter().map(|x| x.detach() * x.detach()).sum(),
        }
    }
}

/// So many outputs that depend on no input.
struct Apart(usize);

impl<T: Plain> VectorFunction<T> for Apart {
    fn outputs(&self, _inputs: usize) -> usize {
        self.0
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let sum: F = x.iter().map(|x| x.detach().sin()).sum();
        y.iter_mut().skip(1).for_each(|y| *y = sum + F::one());
    }
}

#[test]
fn values_and_gradients_come_with_matrices_without_entries() {
    values_come_with_empty_matrices::<f32>();
    values_come_with_empty_matrices::<f64>();
}

#[test]
fn a_matrix_of_another_pattern_gets_the_pattern_of_the_derivative() {
    let f = function!(|x| [x[0] * x[1], x[2] * x[2]]);
    let g = function!(|x| x[0] * x[1] + x[2] * x[2]);
    let (x, numbers) = ([2.0, 3.0, 5.0], |pattern: &Sparsity| vec![7.0; pattern.nnz()]);
    let (mut y, mut gradient) = ([0.0; 2], [0.0; 3]);
    for pattern in [
        Sparsity::new([[]; 0], 0),
        Sparsity::new([0..3, 0..3], 3),
        Sparsity::new([0..3, 0..3, 0..3], 3),
        Sparsity::new([[0]], 1),
        f.sparsity(&x),
        g.hessian_sparsity(&x),
    ] {
        let mut matrix = Csr::new(pattern.clone(), numbers(&pattern));
        Driver::new(f).sparse_jacobian(&x, &mut y, &mut matrix);
        assert_eq!(matrix, f.sparse_jacobian(&x));
        let mut matrix = Csr::new(pattern.clone(), numbers(&pattern));
        Driver::new(g).sparse_hessian(&x, &mut gradient, &mut matrix);
        assert_eq!(matrix, g.sparse_hessian(&x));
        let driver = Driver::new(g).with_coloring(Coloring::of_hessian(&Sparsity::new([0..3, 0..3, 0..3], 3)));
        driver.sparse_hessian(&x, &mut gradient, &mut matrix);
        assert_eq!((matrix.nnz(), matrix.to_dense()), (9, g.hessian(&x)));
    }
    assert_eq!((y, gradient), ([6.0, 25.0], [3.0, 2.0, 10.0]));
}

fn one_driver_serves_any_number_of_inputs<T: TestFloat>() {
    let (shape, chain) = (Shape(Kind::Chain), Chain);
    let (f, g) = (Driver::new(&shape), Driver::new(&chain));
    for (k, n) in [3, 9, 1, 0, 20, 9, 9, 2].into_iter().enumerate() {
        let x = point::<T>(n, f64::from(u32::try_from(k).unwrap()));
        assert_is_dense(&jacobian(&f, &x), &VectorFunction::jacobian(&shape, &x), is_near, "neighbours");
        assert_is_dense(&hessian(&f, &x), &Function::hessian(&shape, &x), is_near, "neighbours");
        assert_is_dense(&hessian(&g, &x), &chain.hessian(&x), is_near, "a function that branches");
    }
}

#[test]
fn one_driver_serves_any_number_of_inputs_in_turn() {
    one_driver_serves_any_number_of_inputs::<f32>();
    one_driver_serves_any_number_of_inputs::<f64>();
}

#[test]
fn few_products_are_taken_from_the_better_side() {
    let table = [
        (Kind::Chain, Side::Columns, 2..=3),
        (Kind::Band, Side::Columns, 5..=5),
        (Kind::Arrowhead, Side::Columns, 2..=2),
        (Kind::DenseRow, Side::Rows, 2..=2),
        (Kind::Total, Side::Rows, 1..=1),
    ];
    for (kind, side, colors) in table {
        let coloring = Coloring::of_jacobian(&VectorFunction::<f64>::sparsity(&Shape(kind), &point(50, 0.0)));
        assert_eq!(coloring.side(), side, "{kind:?}");
        assert!(colors.contains(&coloring.colors()), "{kind:?}: {}", coloring.colors());
    }
}
