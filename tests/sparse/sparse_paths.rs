//! Functions that branch: their patterns are marked as local, in whatever way the function reads a number.

use std::cmp::Ordering;
use std::num::FpCategory;
use std::panic::catch_unwind;
use std::thread;

use gradtape::sparse::{Coloring, Csr, Sparsity};
use gradtape::{Function, Number, Real, VectorFunction, Workspace, function};
use num_traits::{Float, NumCast};
use testing::functions::{Chain, point};
use testing::panics::{assert_refused, caught};

const REMEDY: &str = "find and colour the pattern anew";

fn jacobian(f: &impl VectorFunction, coloring: &Coloring, x: &[f64]) -> Vec<Vec<f64>> {
    let mut jacobian = Csr::zeros(coloring.pattern().clone());
    f.sparse_jacobian_into(x, coloring, &mut jacobian, &mut Workspace::new());
    jacobian.to_dense()
}

fn hessian(f: &impl Function, coloring: &Coloring, x: &[f64]) -> Vec<Vec<f64>> {
    let mut hessian = Csr::zeros(coloring.pattern().clone());
    f.sparse_hessian_into(x, coloring, &mut hessian, &mut Workspace::new());
    hessian.to_dense()
}

/// The pattern of `f` at either point is local: it is valid on the same path and is refused on the other.
#[track_caller]
fn jacobian_is_local(name: &str, f: &impl VectorFunction, points: [[f64; 4]; 2]) {
    let patterns = points.map(|x| f.sparsity(&x));
    assert!(patterns.iter().all(Sparsity::is_local), "{name}: nobody saw that the function looked");
    assert!(patterns[0] != patterns[1], "{name}: both points are on one path");
    for (k, pattern) in patterns.iter().enumerate() {
        for pattern in [pattern, &pattern.transpose().transpose()] {
            let coloring = Coloring::of_jacobian(pattern);
            let mut x = points[k];
            assert_eq!(jacobian(f, &coloring, &x), f.jacobian(&x), "{name}");
            x[1..].iter_mut().for_each(|x| *x += 1.0);
            assert_eq!(jacobian(f, &coloring, &x), f.jacobian(&x), "{name}");
            assert_refused(REMEDY, || jacobian(f, &coloring, &points[1 - k]));
        }
    }
}

#[track_caller]
fn hessian_is_local(name: &str, f: &impl Function, points: [[f64; 4]; 2]) {
    let patterns = points.map(|x| f.hessian_sparsity(&x));
    assert!(patterns.iter().all(Sparsity::is_local), "{name}: nobody saw that the function looked");
    for (k, pattern) in patterns.iter().enumerate() {
        let coloring = Coloring::of_hessian(pattern);
        let mut x = points[k];
        assert_eq!(hessian(f, &coloring, &x), f.hessian(&x), "{name}");
        x[1..].iter_mut().for_each(|x| *x += 1.0);
        assert_eq!(hessian(f, &coloring, &x), f.hessian(&x), "{name}");
        assert_refused(REMEDY, || hessian(f, &coloring, &points[1 - k]));
    }
}

/// Functions that branch on a condition on the first input. At the first number the condition holds, at the second it
/// does not.
macro_rules! conditions {
    ($($yes:expr, $no:expr => |$x:ident| $condition:expr;)*) => {$({
        let name = stringify!($condition);
        let points = [$yes, $no].map(|first: f64| [first, 2.0, 3.0, 4.0]);
        let vector = function!(f64, |inputs: &[F]| [{ let $x = inputs[0]; if $condition { inputs[1] } else { inputs[2] } }]);
        jacobian_is_local(name, &vector, points);
        let scalar = function!(f64, |inputs: &[F]| {
            let $x = inputs[0];
            if $condition { inputs[1] * inputs[2] } else { inputs[2] * inputs[3] }
        });
        hessian_is_local(name, &scalar, points);
    })*};
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
    let coloring = Coloring::of_columns(&square.sparsity(&[1.0; 2]));
    let empty = Coloring::of_columns(&Sparsity::new([vec![], vec![]], 2));
    let symmetric = Coloring::of_hessian(&Sparsity::new([vec![0, 1], vec![0, 1]], 2));
    let narrow = Coloring::of_columns(&Sparsity::new([[0], [0]], 1));
    let low = Coloring::of_columns(&Sparsity::new([[0, 1]], 2));
    let into = |coloring: &Coloring, pattern: &Sparsity| {
        square.sparse_jacobian_into(&[1.0; 2], coloring, &mut Csr::zeros(pattern.clone()), &mut Workspace::new());
    };
    assert_refused("has the pattern that was coloured", || into(&coloring, empty.pattern()));
    assert_refused("has the pattern that was coloured", || into(&empty, coloring.pattern()));
    assert_refused("`of_jacobian`", || into(&symmetric, symmetric.pattern()));
    assert_refused("as many columns as the point is long", || into(&narrow, narrow.pattern()));
    assert_refused("as many rows as outputs", || into(&low, low.pattern()));
    let scalar = function!(|x| x[0] * x[1]);
    assert_refused("a Hessian is square", || hessian(&scalar, &low, &[1.0; 2]));
}
