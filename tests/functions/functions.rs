//! Every driver of `Function` against every other way to compute the same: plain evaluation, tapes and nested tapes by
//! hand, differences, and recorded programs. The numbers of inputs are on both sides of every boundary between passes.

use std::cell::RefCell;

use gradtape::check::difference;
use gradtape::check::random::Smooth;
use gradtape::program::{self, Precision, Program, Rows};
use gradtape::{Dual, Function, Mode, Real, Value, Workspace, function, gradient};
use quickcheck::TestResult;
use testing::functions;
use testing::functions::{Chain, Random, all_bits, assert_all_near, inner, point};
use testing::panics::{assert_refused_here, caught};
use testing::{TestFloat, assert_near, assert_same_bits, bits, quickcheck};

const MODES: [Mode; 2] = [Mode::Forward, Mode::Reverse];

/// The gradients of `f` by all methods.
fn gradients<T: TestFloat>(f: &impl Function<T>, x: &[T], workspace: &mut Workspace)
where
    Value<T>: Real<Plain = T>,
{
    let n = x.len();
    let (value, by_hand) = gradient(|x| f.eval(x), x);
    assert_same_bits(f.value(x), value, n);
    for mode in MODES {
        let (y, slopes) = f.value_and_gradient_by(mode, x);
        assert_same_bits(y, value, (mode, n));
        assert_all_near(&slopes, &by_hand, (mode, n));
        // The old contents do not matter.
        let mut again = vec![T::nan(); n];
        assert_same_bits(f.value_and_gradient_by_into(mode, x, &mut again, workspace), value, (mode, n));
        assert_eq!(all_bits(&again), all_bits(&slopes), "{mode:?} {n}");
        if mode == Mode::Reverse {
            assert_eq!(all_bits(&slopes), all_bits(&by_hand), "{n}");
        }
    }
    let (y, chosen) = f.value_and_gradient_by(Mode::of_gradient(n), x);
    let expected = (bits(y), all_bits(&chosen));
    let mut slopes = [vec![T::nan(); n], vec![T::nan(); n]];
    let y_into = f.value_and_gradient_into(x, &mut slopes[0], workspace);
    f.gradient_into(x, &mut slopes[1], workspace);
    let (y, both) = f.value_and_gradient(x);
    assert_eq!((bits(y), all_bits(&both)), expected);
    assert_eq!((bits(y_into), all_bits(&slopes[0])), expected);
    assert_eq!((all_bits(&f.gradient(x)), all_bits(&slopes[1])), (expected.1.clone(), expected.1));
    // A reference to a function is a function.
    assert_eq!(all_bits(&(&f).gradient(x)), all_bits(&chosen));
}

/// The derivatives along `v` agree with gradient and Hessian.
fn directions<T: TestFloat>(f: &impl Function<T>, x: &[T], v: &[T], workspace: &mut Workspace) {
    let n = x.len();
    let (value, slopes) = f.value_and_gradient(x);
    let (y, slope) = f.jvp(x, v);
    assert_same_bits(y, value, n);
    assert_all_near(&[slope], &[inner(&slopes, v)], n);
    let into = f.jvp_into(x, v, workspace);
    assert_eq!([into.0, into.1].map(bits), [y, slope].map(bits));
    let product = f.hvp(x, v);
    let [y, slope_again, curvature] = f.directional(x, v);
    assert_same_bits(y, value, n);
    assert_all_near(&[slope_again, curvature], &[slope, inner(&product, v)], n);
    assert_eq!(f.directional_into(x, v, workspace).map(bits), [y, slope_again, curvature].map(bits));
    let mut again = vec![T::nan(); n];
    f.hvp_into(x, v, &mut again, workspace);
    assert_eq!(all_bits(&again), all_bits(&product));
    let rows = f.hessian(x);
    assert_all_near(&product, &rows.iter().map(|row| inner(row, v)).collect::<Vec<_>>(), n);
}

fn hessians<T: TestFloat>(f: &impl Function<T>, x: &[T], workspace: &mut Workspace)
where
    Value<Value<T>>: Real<Plain = T>,
{
    let n = x.len();
    let hessian = f.hessian(x);
    assert_eq!(hessian.len(), n);
    let slope = |x: &[Value<T>], i: usize| gradient(|x: &[Value<Value<T>>]| f.eval(x), x).1[i];
    for (i, row) in hessian.iter().enumerate() {
        assert_all_near(row, &gradient(|x| slope(x, i), x).1, (n, i));
        let column: Vec<_> = hessian.iter().map(|row| row[i]).collect();
        assert_eq!(all_bits(row), all_bits(&column), "row and column {i} of {n}");
        let unit: Vec<_> = (0..n).map(|k| if k == i { T::one() } else { T::zero() }).collect();
        assert_all_near(row, &f.hvp(x, &unit), (n, i));
    }
    let mut again = vec![T::nan(); n * n];
    f.hessian_into(x, &mut again, workspace);
    assert_eq!(all_bits(&again), all_bits(&hessian.concat()));
}

fn every_driver<T: TestFloat>()
where
    Value<T>: Real<Plain = T>,
    Value<Value<T>>: Real<Plain = T>,
{
    let workspace = &mut Workspace::new();
    for n in (0..=20).chain([33, 3, 0, 17]) {
        let (x, v) = (point::<T>(n, 1.0), point(n, 5.0));
        gradients(&Chain, &x, workspace);
        directions(&Chain, &x, &v, workspace);
        hessians(&Chain, &x, workspace);
    }
}

#[test]
fn every_driver_agrees_with_every_other_way_for_any_number_of_inputs() {
    every_driver::<f64>();
    every_driver::<f32>();
}

#[test]
fn derivatives_are_those_of_differences() {
    for n in 1..=20 {
        let (x, v) = (point::<f64>(n, 1.0), point::<f64>(n, 5.0));
        let beside = |t: f64, v: &[f64]| x.iter().zip(v).map(|(x, v)| x + t * v).collect::<Vec<_>>();
        let [_, slope, curvature] = Chain.directional(&x, &v);
        for (ours, along) in [
            (slope, &(|t| Chain.value(&beside(t, &v))) as &dyn Fn(f64) -> f64),
            (curvature, &|t| Chain.jvp(&beside(t, &v), &v).1),
        ] {
            let (theirs, error) = difference(along, 0.0);
            assert!(error < 1e-6, "{n}: no difference to compare with");
            assert_near(ours, theirs, error + 1e-12 * (1.0 + theirs.abs()), n);
        }
    }
}

/// Forward mode, reverse mode, and both kinds of second derivatives of random programs.
#[test]
fn drivers_of_random_functions_agree_with_differences() {
    fn property(Smooth(expression): Smooth) -> TestResult {
        let (f, x) = (Random(&expression), expression.inputs());
        let (n, value) = (x.len(), f.value(x));
        let [forward, reverse] = MODES.map(|mode| f.value_and_gradient_by(mode, x));
        let hessian = f.hessian(x);
        if !value.is_finite() || hessian.iter().flatten().chain(&forward.1).any(|x| !x.is_finite()) {
            return TestResult::discard();
        }
        assert_eq!([forward.0, reverse.0].map(bits), [bits(value); 2], "{expression}");
        let program = Program::record(|x| f.eval(x), x).gradient();
        let recorded = program.run(&[], Rows::one(x), &mut program::Workspace::new()).unwrap().row(0);
        let mut is_clear = true;
        for k in 0..n {
            let moved = |at| {
                let mut x = x.to_vec();
                x[k] = at;
                x
            };
            let unit: Vec<_> = (0..n).map(|i| f64::from(u8::from(i == k))).collect();
            let column = f.hvp(x, &unit);
            let firsts = [forward.1[k], reverse.1[k], recorded[k + 1], f.jvp(x, &unit).1, f.directional(x, &unit)[1]];
            let mut compare = |ours: &[f64], along: &dyn Fn(f64) -> f64| {
                let (theirs, error) = difference(along, x[k]);
                let scale = 1.0 + theirs.abs();
                if error > 1e-4 * scale {
                    is_clear = false;
                    return;
                }
                for &ours in ours {
                    assert_near(ours, theirs, error + 1e-7 * scale, (k, &expression));
                }
            };
            compare(&firsts, &|at| f.value(&moved(at)));
            compare(&[f.directional(x, &unit)[2], hessian[k][k]], &|at| f.jvp(&moved(at), &unit).1);
            for i in 0..n {
                assert_same_bits(hessian[i][k], hessian[k][i], (i, k, &expression));
                compare(&[hessian[i][k], column[i]], &|at| f.gradient(&moved(at))[i]);
            }
        }
        if is_clear { TestResult::passed() } else { TestResult::discard() }
    }
    quickcheck(100, property as fn(Smooth) -> TestResult);
}

/// Functions for which a driver could go wrong, with point and gradient.
#[test]
fn constants_inputs_branches_and_detached_parts_have_their_gradients() {
    fn check(f: &impl Function, x: &[f64], expected: (f64, &[f64])) {
        let workspace = &mut Workspace::new();
        gradients(f, x, workspace);
        directions(f, x, &vec![1.5; x.len()], workspace);
        hessians(f, x, workspace);
        assert_eq!(f.value_and_gradient(x), (expected.0, expected.1.to_vec()));
    }
    let [constant, second, sum, half_detached, detached, without_influence, tie, branch, newton] = functions![
        |_x| F::constant(2.5),
        |x| x[1],
        |x| x.iter().sum::<F>(),
        |x| x[0] * x[0].detach(),
        |x| (x[0] * x[1]).detach(),
        |x| x[0].abs().sqrt() * 0.0 + x[1],
        |x| x[0].max(x[1]),
        |x| if x[0] > 0.0 { x[0] * 3.0 } else { -x[1] },
        |x| {
            let mut root = x[0];
            while (root * root - x[0]).abs() > 1e-12 {
                root = (root + x[0] / root) / 2.0;
            }
            root
        },
    ];
    check(&constant, &[], (2.5, &[]));
    check(&constant, &[1.0, 2.0], (2.5, &[0.0, 0.0]));
    check(&second, &[1.0, 2.0, 3.0], (2.0, &[0.0, 1.0, 0.0]));
    check(&sum, &[1.5; 9], (13.5, &[1.0; 9]));
    check(&half_detached, &[3.0], (9.0, &[3.0]));
    check(&detached, &[3.0, 2.0], (6.0, &[0.0, 0.0]));
    check(&without_influence, &[0.0, 2.0], (2.0, &[0.0, 1.0]));
    check(&tie, &[2.0, 2.0], (2.0, &[0.5, 0.5]));
    check(&branch, &[2.0, 5.0], (6.0, &[3.0, 0.0]));
    check(&branch, &[-2.0, 5.0], (-5.0, &[0.0, -1.0]));
    let [value, slope] = [newton.value(&[2.0]), newton.gradient(&[2.0])[0]];
    assert!((value - 2.0_f64.sqrt()).abs() < 1e-12 && (slope - 0.5 / 2.0_f64.sqrt()).abs() < 1e-9);
}

#[test]
fn what_is_not_finite_is_the_same_in_both_modes() {
    let f = function!(|x| x[0].sqrt() * x[1] + x[2].ln());
    for x in [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, 1.0, f64::INFINITY], [f64::NAN, 1.0, 2.0], [1.0, f64::NAN, 0.0]]
    {
        let [forward, reverse] = MODES.map(|mode| f.value_and_gradient_by(mode, &x));
        assert_eq!((bits(forward.0), all_bits(&forward.1)), (bits(reverse.0), all_bits(&reverse.1)), "{x:?}");
    }
}

/// The wrong lengths for each driver, and the remedy in the message.
#[test]
fn wrong_lengths_are_refused_where_they_are_made() {
    let (f, x, workspace) = (function!(|x| x[0] * x[1]), [1.0, 2.0], &mut Workspace::new());
    for len in [0, 1, 3, 4] {
        let (wrong, mut out) = (vec![1.0; len], vec![0.0; len]);
        let gradient = "a gradient is as long as the point; make `gradient` so";
        assert_refused_here(gradient, || f.gradient_into(&x, &mut out, workspace));
        assert_refused_here(gradient, || f.value_and_gradient_into(&x, &mut out, workspace));
        for mode in MODES {
            assert_refused_here(gradient, || f.value_and_gradient_by_into(mode, &x, &mut out, workspace));
        }
        let direction = "a direction is as long as the point; make `v` so";
        assert_refused_here(direction, || f.jvp(&x, &wrong));
        assert_refused_here(direction, || f.jvp_into(&x, &wrong, workspace));
        assert_refused_here(direction, || f.directional(&x, &wrong));
        assert_refused_here(direction, || f.directional_into(&x, &wrong, workspace));
        assert_refused_here(direction, || f.hvp(&x, &wrong));
        assert_refused_here(direction, || f.hvp_into(&x, &wrong, &mut [0.0; 2], workspace));
        assert_refused_here("make `product` so", || f.hvp_into(&x, &x, &mut out, workspace));
        if len != 4 {
            assert_refused_here("a Hessian is as long as the point squared; make `hessian` so", || {
                f.hessian_into(&x, &mut out, workspace);
            });
        }
    }
    gradients(&f, &x, workspace);
}

/// Panics halfway through the evaluation if the first number is negative.
struct Fragile;

impl Function for Fragile {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let product: F = x.iter().product();
        assert!(x[0] >= 0.0, "negative");
        product + x[0]
    }
}

#[test]
fn a_function_that_panics_leaves_the_scratch_usable() {
    for n in [1, 5, 9, 20] {
        let workspace = &mut Workspace::new();
        let good: Vec<f64> = point::<f64>(n, 1.0).iter().map(|x| x.abs()).collect();
        let bad: Vec<f64> = good.iter().map(|x| -x).collect();
        let (mut out, mut matrix) = (vec![0.0; good.len()], vec![0.0; good.len().pow(2)]);
        for _ in 0..2 {
            for mode in MODES {
                assert!(caught(|| Fragile.value_and_gradient_by_into(mode, &bad, &mut out, workspace)).is_err());
            }
            assert!(caught(|| Fragile.jvp_into(&bad, &good, workspace)).is_err());
            assert!(caught(|| Fragile.directional_into(&bad, &good, workspace)).is_err());
            assert!(caught(|| Fragile.hvp_into(&bad, &good, &mut out, workspace)).is_err());
            assert!(caught(|| Fragile.hessian_into(&bad, &mut matrix, workspace)).is_err());
            gradients(&Fragile, &good, workspace);
            directions(&Fragile, &good, &bad, workspace);
            hessians(&Fragile, &good, workspace);
        }
    }
}

/// A driver inside a function, and a tape of the user beside the tapes of the drivers.
#[test]
fn drivers_and_tapes_do_not_disturb_each_other() {
    struct Outer;
    impl Function for Outer {
        fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
            let slope = gradtape::derivative(|y: gradtape::Dual<f64>| y * y, x[0].data())[1];
            let inner = Chain.gradient(&[x[0].data(), 0.5])[1];
            x[0] * x[1] * slope + inner
        }
    }
    let (tape, x) = (gradtape::Tape::new(), [0.75, 2.0]);
    let v = tape.var(3.0);
    let square = v * v;
    gradients(&Outer, &x, &mut Workspace::new());
    hessians(&Outer, &x, &mut Workspace::new());
    assert_eq!(Outer.gradient(&x), [2.0 * 1.5, 0.75 * 1.5]);
    assert_eq!(square.backward().wrt(v), 6.0);
}

fn recorded<T: TestFloat + Precision>()
where
    Value<T>: Real<Plain = T>,
{
    for n in 1..=20 {
        let x = point::<T>(n, 1.0);
        let program = Program::record(|x| Chain.eval(x), &x);
        let mut workspace = program::Workspace::new();
        let results = program.gradient().run(&[], Rows::one(&x), &mut workspace).unwrap().row(0);
        let (value, slopes) = Chain.value_and_gradient(&x);
        assert_all_near(&results, &[vec![value], slopes].concat(), n);
    }
}

#[test]
fn a_function_is_recorded_as_a_program_that_agrees() {
    recorded::<f64>();
    recorded::<f32>();
}

/// `∂/∂t (x t² + t³)` at `t = y`: a derivative inside a function. Its variable must not be confused with that of the
/// driver.
struct Slope;

impl Function for Slope {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let f = |t: Dual<F>| t.powi(2) * x[0] + t * t * t;
        gradtape::derivative(f, x[1])[1] + x[0] * gradient(|t| t[0] + x[0], &[x[1]]).1[0]
    }
}

#[test]
fn derivatives_inside_of_functions_are_not_confused_with_those_outside() {
    let (x, workspace) = ([2.0, 3.0], &mut Workspace::new());
    // 2xy + 3y² + x
    assert_eq!(Slope.value_and_gradient(&x), (12.0 + 27.0 + 2.0, vec![6.0 + 1.0, 4.0 + 18.0]));
    assert_eq!(Slope.hessian(&x), [[0.0, 2.0], [2.0, 6.0]]);
    gradients(&Slope, &x, workspace);
    directions(&Slope, &x, &[1.0, -2.0], workspace);
    hessians(&Slope, &x, workspace);
    let program = Program::record(|x| Slope.eval(x), &x);
    let mut workspace = program::Workspace::new();
    for x in [x, [0.0, 0.0], [-1.0, 0.5]] {
        let (value, slopes) = Slope.value_and_gradient(&x);
        let results = program.gradient().run(&[], Rows::one(&x), &mut workspace).unwrap().row(0);
        assert_eq!(results, [vec![value], slopes].concat(), "{x:?}");
    }
}

/// Thread-local memory.
#[test]
fn scratch_may_live_as_long_as_its_thread() {
    thread_local! {
        static WORKSPACE: RefCell<Workspace> = RefCell::default();
    }
    for _ in 0..3 {
        let thread = std::thread::spawn(|| {
            let mut slopes = [0.0; 20];
            WORKSPACE.with_borrow_mut(|workspace| {
                Chain.gradient_into(&point(20, 1.0), &mut slopes, workspace);
                Chain.hvp_into(&point(20, 1.0), &point(20, 5.0), &mut [0.0; 20], workspace);
            });
            slopes
        });
        assert_eq!(thread.join().unwrap().to_vec(), Chain.gradient(&point::<f64>(20, 1.0)));
    }
}
