//! Functions that branch: their patterns are marked as local, in whatever way the function reads a number.

use std::cmp::Ordering;
use std::num::FpCategory;
use std::panic::catch_unwind;
use std::thread;

use gradtape::sparse::{Coloring, Csr, Sparsity};
use gradtape::{Driver, Function, Mode, Number, Real, VectorFunction, function};
use num_traits::{Float, NumCast};
use testing::bits;
use testing::functions::{Chain, all_bits, gradient_by, point};
use testing::panics::{assert_refused, caught};

const REMEDY: &str = "find and colour the pattern anew";

/// The Jacobian with its pattern. The results that come with it are those of the function.
#[track_caller]
fn sparse_jacobian(driver: &Driver<impl VectorFunction>, x: &[f64]) -> Csr<f64> {
    let value = driver.function().value(x);
    let (mut y, mut jacobian) = (vec![f64::NAN; value.len()], Csr::default());
    driver.sparse_jacobian(x, &mut y, &mut jacobian);
    assert_eq!(all_bits(&y), all_bits(&value));
    jacobian
}

/// The Hessian with its pattern. The value and the gradient that come with it are those of the function.
#[track_caller]
fn sparse_hessian(driver: &Driver<impl Function>, x: &[f64]) -> Csr<f64> {
    let (mut gradient, mut hessian) = (vec![f64::NAN; x.len()], Csr::default());
    let value = driver.sparse_hessian(x, &mut gradient, &mut hessian);
    let expected = gradient_by(Mode::Reverse, driver.function(), x);
    assert_eq!((bits(value), all_bits(&gradient)), (bits(expected.0), all_bits(&expected.1)));
    hessian
}

#[track_caller]
fn jacobian(f: &impl VectorFunction, coloring: &Coloring, x: &[f64]) -> Vec<Vec<f64>> {
    sparse_jacobian(&Driver::new(f).with_coloring(coloring.clone()), x).to_dense()
}

#[track_caller]
fn hessian(f: &impl Function, coloring: &Coloring, x: &[f64]) -> Vec<Vec<f64>> {
    sparse_hessian(&Driver::new(f).with_coloring(coloring.clone()), x).to_dense()
}

/// All places of both patterns.
fn union(patterns: &[Sparsity; 2]) -> Sparsity {
    let rows = (0..patterns[0].rows()).map(|i| patterns.iter().flat_map(move |pattern| pattern.row(i).iter().copied()));
    Sparsity::new(rows, patterns[0].columns())
}

/// The pattern at either point is local: its colouring serves on the same path, and is refused on the other. A driver
/// without a given colouring is right on both paths: its pattern grows, and what it knows stays.
#[track_caller]
fn is_local<F: Copy>(
    name: &str,
    f: F,
    points: [[f64; 4]; 2],
    patterns: &[Sparsity; 2],
    color: fn(&Sparsity) -> Coloring,
    sparse: impl Fn(&Driver<F>, &[f64]) -> Csr<f64>,
    dense: impl Fn(&[f64]) -> Vec<Vec<f64>>,
) {
    for pattern in patterns {
        assert!(pattern.is_local(), "{name}: nobody saw that the function looked");
        // Functions of num-traits compare in a line of their own, and a formatter has none.
        let [from_others, printed] = [
            name.contains("from(x)") || name.contains("num_traits::"),
            name.contains("to_string") || name.contains("format!"),
        ];
        let line = pattern.transpose().local_at();
        assert_eq!(line.is_none(), printed, "{name}");
        assert!(from_others || line.is_none_or(|line| line.file() == file!()), "{name}: {line:?} instead of its line");
    }
    for (k, pattern) in patterns.iter().enumerate() {
        for pattern in [pattern, &pattern.transpose().transpose()] {
            let driver = Driver::new(f).with_coloring(color(pattern));
            let mut x = points[k];
            assert_eq!(sparse(&driver, &x).to_dense(), dense(&x), "{name}");
            x[1..].iter_mut().for_each(|x| *x += 1.0);
            assert_eq!(sparse(&driver, &x).to_dense(), dense(&x), "{name}");
            assert_refused(REMEDY, || sparse(&driver, &points[1 - k]));
            assert_eq!(sparse(&driver, &x).to_dense(), dense(&x), "{name}");
        }
        let (driver, other, both) = (Driver::new(f), points[1 - k], union(patterns));
        for (x, expected) in [(points[k], pattern), (other, &both), (points[k], &both), (other, &both)] {
            let ours = sparse(&driver, &x);
            assert_eq!((ours.to_dense(), ours.pattern()), (dense(&x), expected), "{name}");
        }
    }
}

#[track_caller]
fn jacobian_is_local(name: &str, f: &impl VectorFunction, points: [[f64; 4]; 2]) {
    let patterns = points.map(|x| f.sparsity(&x));
    assert!(patterns[0] != patterns[1], "{name}: both points are on one path");
    is_local(name, f, points, &patterns, Coloring::of_jacobian, |f, x| sparse_jacobian(f, x), |x| f.jacobian(x));
}

#[track_caller]
fn hessian_is_local(name: &str, f: &impl Function, points: [[f64; 4]; 2]) {
    let patterns = points.map(|x| f.hessian_sparsity(&x));
    is_local(name, f, points, &patterns, Coloring::of_hessian, |f, x| sparse_hessian(f, x), |x| f.hessian(x));
}

/// Functions that branch on a condition on the first input. At the first number the condition holds, at the second it
/// does not. All conditions are in one type: the derivatives of sixty types would take longer to compile than all other
/// tests of sparse derivatives.
macro_rules! conditions {
    ($($yes:expr, $no:expr => |$x:ident| $condition:expr;)*) => {{
        /// A function with the condition of this index.
        #[derive(Clone, Copy)]
        struct Branching(usize);

        impl Branching {
            fn condition<F: Real<Plain = f64>>(self, x: F) -> bool {
                let conditions: &[fn(F) -> bool] = &[$(|$x: F| $condition),*];
                conditions[self.0](x)
            }
        }

        impl VectorFunction for Branching {
            fn outputs(&self, _inputs: usize) -> usize {
                1
            }

            fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
                y[0] = if self.condition(x[0]) { x[1] } else { x[2] };
            }
        }

        impl Function for Branching {
            fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
                if self.condition(x[0]) { x[1] * x[2] } else { x[2] * x[3] }
            }
        }

        for (index, (name, first)) in [$((stringify!($condition), [$yes, $no])),*].into_iter().enumerate() {
            let points = first.map(|first: f64| [first, 2.0, 3.0, 4.0]);
            jacobian_is_local(name, &Branching(index), points);
            hessian_is_local(name, &Branching(index), points);
        }
    }};
}

#[test]
fn whatever_compares_a_number_makes_a_pattern_local() {
    conditions! {
        1.0, -1.0 => |x| x > 0.0;
        -1.0, 1.0 => |x| x < 0.0;
        1.0, -1.0 => |x| x >= 0.0;
        -1.0, 1.0 => |x| x <= 0.0;
        1.0, 2.0 => |x| x == 1.0;
        2.0, 1.0 => |x| x != 1.0;
        1.0, -1.0 => |x| x > F::zero();
        1.0, -1.0 => |x| F::zero() < x;
        -1.0, 1.0 => |x| x <= F::zero();
        1.0, 2.0 => |x| x == F::one();
        1.0, 2.0 => |x| !(F::one() != x);
        1.0, -1.0 => |x| x.partial_cmp(&F::zero()) == Some(Ordering::Greater);
        1.0, -1.0 => |x| x.partial_cmp(&0.0) == Some(Ordering::Greater);
        1.0, -1.0 => |x| x.abs() == x;
        1.0, -1.0 => |x| x.relu() > 0.0;
        1.0, -1.0 => |x| x.signum() + 1.0 > 0.0;
        1.0, -1.0 => |x| x.max(F::zero()) > 0.0;
        1.0, -1.0 => |x| Float::clamp(x, -F::one(), F::one()) > 0.0;
        1.0, -1.0 => |x| num_traits::clamp(x, F::zero(), F::one()) == x;
        1.0, -1.0 => |x| [x, x].iter().sum::<F>() > 0.0;
        1.0, -1.0 => |x| [x, F::one()].into_iter().product::<F>() > 0.0;
        1.0, -1.0 => |x| F::dot(&[x], &[F::one()]) > 0.0;
        1.0, -1.0 => |x| F::weighted_sum(&[x], &[2.0]) > 0.0;
        1.0, -1.0 => |x| F::one().mul_add(x, F::zero()) > 0.0;
        2.0, 1.0 => |x| F::one() % x > 0.0;
    }
}

#[test]
fn whatever_asks_for_a_number_makes_a_pattern_local() {
    conditions! {
        1.0, -1.0 => |x| Number::data(x) > 0.0;
        1.0, -1.0 => |x| x.detach() > 0.0;
        1.0, -1.0 => |x| Number::data(x.detach().exp() - 1.0) > 0.0;
        1.0, -1.0 => |x| (F::one() * x.detach()).max(F::zero()) > F::zero();
        f64::NAN, 1.0 => |x| x.is_nan();
        f64::INFINITY, 1.0 => |x| x.is_infinite();
        1.0, f64::INFINITY => |x| x.is_finite();
        1.0, 0.0 => |x| x.is_normal();
        1e-310, 1.0 => |x| x.is_subnormal();
        1.0, -1.0 => |x| x.is_sign_positive();
        -0.0, 0.0 => |x| x.is_sign_negative();
        0.0, 1.0 => |x| x.classify() == FpCategory::Zero;
        0.0, 1.0 => |x| x.is_zero();
        1.0, 0.0 => |x| x.is_one();
        1.0, -1.0 => |x| x.integer_decode().2 > 0;
        1.0, -1.0 => |x| F::from(x).unwrap() > 0.0;
        1.0, -1.0 => |x| <f64 as NumCast>::from(x).unwrap() > 0.0;
        1.0, -1.0 => |x| x.to_string().parse::<f64>().unwrap() > 0.0;
        1.0, -1.0 => |x| F::from_str_radix(&x.to_string(), 10).ok() > Some(F::zero());
        1.0, -1.0 => |x| !format!("{x:?}").contains('-');
        1.0, -1.0 => |x| !format!("{:?}", x.detach()).contains('-');
        1.0, -1.0 => |x| x.to_i8().unwrap() > 0;
        1.0, -1.0 => |x| x.to_i16().unwrap() > 0;
        1.0, -1.0 => |x| x.to_i32().unwrap() > 0;
        1.0, -1.0 => |x| x.to_i64().unwrap() > 0;
        1.0, -1.0 => |x| x.to_i128().unwrap() > 0;
        1.0, -1.0 => |x| x.to_isize().unwrap() > 0;
        1.0, -1.0 => |x| x.to_u8().is_some();
        1.0, -1.0 => |x| x.to_u16().is_some();
        1.0, -1.0 => |x| x.to_u32().is_some();
        1.0, -1.0 => |x| x.to_u64().is_some();
        1.0, -1.0 => |x| x.to_u128().is_some();
        1.0, -1.0 => |x| x.to_usize().is_some();
        1.0, -1.0 => |x| x.to_f32().unwrap() > 0.0;
        1.0, -1.0 => |x| x.to_f64().unwrap() > 0.0;
    }
}

#[test]
fn what_looks_at_constants_only_does_not_make_a_pattern_local() {
    let f = function!(|x| [
        if F::one() > F::zero() && !F::nan().is_finite() { x[0] } else { x[1] },
        if (F::one() + 2.0).detach() > 0.0 && F::from(3).is_some() { x[0].clamp(x[1], x[2]) } else { x[1] },
        x[0].max(x[1]).min(x[2]).abs().floor().relu(),
    ]);
    let x = [0.5, 0.0, 1.0];
    let pattern = f.sparsity(&x);
    assert!(!pattern.is_local());
    assert_eq!(pattern, Sparsity::new([vec![0], vec![0, 1, 2], vec![0, 1, 2]], 3));
    let coloring = Coloring::of_jacobian(&pattern);
    for x in [x, [-1.0, 0.0, 1.0], [2.0, 0.0, 1.0]] {
        assert_eq!(jacobian(&f, &coloring, &x), f.jacobian(&x));
    }
    let g =
        function!(|x| x[0].relu().powi(2) + x[0].tanh() * x[1].abs().powf(F::constant(2.5)) + x[1].gelu() * x[2].erf());
    assert!(!g.hessian_sparsity(&x).is_local());
    let h = function!(|x| x[0].clamp(x[1], x[2]).powi(2));
    assert!(!h.hessian_sparsity(&x).is_local());
    let coloring = Coloring::of_hessian(&h.hessian_sparsity(&x));
    for x in [x, [-1.0, 0.25, 1.0], [2.0, 0.0, 1.0]] {
        assert_eq!(hessian(&h, &coloring, &x), h.hessian(&x));
    }
}

/// Detaching a number removes dependences; reading a detached number makes the pattern local.
#[test]
fn a_trace_goes_where_the_function_goes() {
    let f = function!(|x| [if x[0].clamp(F::zero(), F::one()).is_nan() { x[1] } else { x[2] }]);
    assert_eq!(f.sparsity(&[f64::NAN, 1.0, 1.0]).row(0), [1]);
    let f = function!(|x| [if x[0].clamp(F::zero(), F::one()).is_sign_negative() { x[1] } else { x[2] }]);
    assert_eq!(f.sparsity(&[-0.0, 1.0, 1.0]).row(0), [1]);
    let f = function!(|x| if (x[0].relu() * x[1]).is_nan() { x[1] * x[2] } else { x[2] * x[3] });
    for x in [[f64::NAN, 1.0, 1.0, 1.0], [-1.0, 1.0, 1.0, 1.0]] {
        assert_eq!(hessian(&f, &Coloring::of_hessian(&f.hessian_sparsity(&x)), &x), f.hessian(&x));
    }
}

#[test]
fn a_stored_pattern_is_local_still() {
    let f = function!(|x| [if x[0] > 0.0 { x[1] } else { x[2] }]);
    let text = serde_json::to_string(&f.sparsity(&[1.0; 3])).unwrap();
    let pattern: Sparsity = serde_json::from_str(&text).unwrap();
    assert!(pattern.is_local());
    assert_refused(REMEDY, || jacobian(&f, &Coloring::of_columns(&pattern), &[-1.0; 3]));
}

/// A sum of the terms whose first factor is positive: each point has a path of its own.
struct Positive;

impl Function for Positive {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        x.windows(2).filter(|x| x[0] > 0.0).map(|x| x[0].sin() * x[1]).sum()
    }
}

impl VectorFunction for Positive {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(x.windows(2)).filter(|(_, x)| x[0] > 0.0).for_each(|(y, x)| *y = x[0] * x[1]);
    }
}

#[test]
fn a_driver_is_right_on_many_paths_in_turn_and_its_pattern_grows_to_the_union() {
    let (driver, mut before) = (Driver::new(Positive), [0, 0]);
    for phase in (0..20).map(Into::into) {
        let x = point::<f64>(12, phase);
        let (jacobian, hessian) = (sparse_jacobian(&driver, &x), sparse_hessian(&driver, &x));
        assert_eq!(jacobian.to_dense(), VectorFunction::jacobian(&Positive, &x));
        assert_eq!(hessian.to_dense(), Function::hessian(&Positive, &x));
        let now = [jacobian.nnz(), hessian.nnz()];
        assert!(now[0] >= before[0] && now[1] >= before[1], "{before:?} {now:?}");
        before = now;
    }
    // All pairs of neighbours, and the diagonal of all but the last.
    assert_eq!(before, [2 * 11, 2 * 11 + 11]);
}

/// During its evaluation, it computes sparse derivatives of plain numbers.
struct Nested;

impl VectorFunction for Nested {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let n = x.len();
        let sums: Vec<F> = (0..n).map(|i| x[i] * x[(i + 1) % n]).collect();
        let inner = function!(|x| [if x[0] > x[1] { x[0] * x[0] } else { x[1] }]).sparse_jacobian(&[3.0, 2.0]);
        let curved = function!(|x| x[0] * x[0].relu() * x[1]).sparse_hessian(&[1.0, 2.0]);
        for i in 0..n {
            y[i] = sums[i] * inner.get(0, 0) + x[(i + 2) % n].sin() * curved.get(0, 1);
        }
    }
}

impl Function for Nested {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let mut y = vec![F::zero(); x.len()];
        VectorFunction::eval(self, x, &mut y);
        y.into_iter().sum()
    }
}

#[track_caller]
fn nested_derivatives_are_dense() {
    let x = point::<f64>(6, 0.5);
    let pattern = Nested.sparsity(&x);
    assert!(!pattern.is_local(), "the inner function branches, the outer one does not");
    assert_eq!(pattern, Sparsity::new((0..6).map(|i| (i..i + 3).map(|k| k % 6)), 6));
    assert_eq!(Nested.sparse_jacobian(&x).to_dense(), VectorFunction::jacobian(&Nested, &x));
    assert_eq!(Nested.sparse_hessian(&x).to_dense(), Function::hessian(&Nested, &x));
}

#[test]
fn sparse_derivatives_inside_of_a_function_do_not_disturb_those_of_it() {
    nested_derivatives_are_dense();
    let local =
        function!(|x| if x[0] > 0.0 { x[1] * Nested.sparse_jacobian(&[1.0; 3]).get(0, 0) } else { x[2] * x[2] });
    assert!(local.hessian_sparsity(&[1.0; 3]).is_local());
}

/// It panics after some operations, if its number says so.
struct Panicking(usize);

impl VectorFunction for Panicking {
    fn outputs(&self, _inputs: usize) -> usize {
        1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        for (k, &x) in x.iter().enumerate() {
            y[0] = y[0] * x + x;
            assert!(y[0] >= 0.0 && k != self.0, "a panic of the function");
            if k == 2 {
                // Inside the detection of this one.
                assert!(catch_unwind(|| Panicking(1).sparsity(&[1.0; 4])).is_err());
            }
        }
    }
}

#[test]
fn a_panic_in_a_trace_leaves_later_and_outer_traces_intact() {
    for at in [0, 1, 3] {
        let (message, _) = caught(|| Panicking(at).sparsity(&[1.0; 5])).unwrap_err();
        assert_eq!(message, "a panic of the function");
        nested_derivatives_are_dense();
    }
    let pattern = caught(|| Panicking(usize::MAX).sparsity(&[1.0; 5])).unwrap();
    assert!(pattern.is_local());
    assert_eq!(pattern.row(0), [0, 1, 2, 3, 4]);
}

#[test]
fn traces_on_several_threads_do_not_meet() {
    let x = point::<f64>(9, 0.5);
    let expected = (Chain.sparse_hessian(&x), Nested.sparse_jacobian(&x));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!((Chain.sparse_hessian(&x), Nested.sparse_jacobian(&x)), expected);
                }
            });
        }
    });
}

#[test]
fn colorings_that_do_not_belong_to_a_function_are_refused() {
    let square = function!(|x| [x[0] * x[1], x[0] + x[1]]);
    let symmetric = Coloring::of_hessian(&Sparsity::new([vec![0, 1], vec![0, 1]], 2));
    let narrow = Coloring::of_columns(&Sparsity::new([[0], [0]], 1));
    let low = Coloring::of_columns(&Sparsity::new([[0, 1]], 2));
    let scalar = function!(|x| x[0] * x[1]);
    let shapes = |rows: usize, columns: usize| {
        format!("the coloured pattern has {rows} rows and {columns} columns, and the derivative 2 and 2")
    };
    assert_refused(&shapes(2, 1), || jacobian(&square, &narrow, &[1.0; 2]));
    assert_refused(&shapes(1, 2), || jacobian(&square, &low, &[1.0; 2]));
    assert_refused(&shapes(1, 2), || hessian(&scalar, &low, &[1.0; 2]));
    assert_refused("colour the pattern of this function", || hessian(&scalar, &narrow, &[1.0; 2]));
    assert_refused("`of_jacobian`", || jacobian(&square, &symmetric, &[1.0; 2]));
    assert_eq!(hessian(&scalar, &symmetric, &[1.0; 2]), [[0.0, 1.0], [1.0, 0.0]]);
    // What was refused at a point of another length is usable at the right one.
    let driver = Driver::new(square).with_coloring(Coloring::of_columns(&square.sparsity(&[1.0; 2])));
    assert_refused("has 2 rows and 2 columns, and the derivative 2 and 3", || sparse_jacobian(&driver, &[1.0; 3]));
    assert_eq!(sparse_jacobian(&driver, &[2.0, 3.0]).to_dense(), [[3.0, 2.0], [1.0, 1.0]]);
}
