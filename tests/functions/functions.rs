//! Every driver of `Function` against every other way to compute the same: plain evaluation, tapes and nested tapes by
//! hand, differences, and recorded programs. The numbers of inputs are on both sides of every boundary between passes.

use gradtape::check::difference;
use gradtape::check::random::Smooth;
use gradtape::program::{self, Precision, Program, Rows};
use gradtape::sparse::Csr;
use gradtape::{Driver, Dual, Function, Mode, Real, Value, function, gradient};
use quickcheck::TestResult;
use testing::functions;
use testing::functions::{Chain, Random, all_bits, assert_all_near, gradient_by, inner, point};
use testing::panics::{assert_refused_here, caught};
use testing::{TestFloat, assert_near, assert_same_bits, bits, quickcheck};

const MODES: [Mode; 2] = [Mode::Forward, Mode::Reverse];

/// Drivers of one function: one that chooses the mode, and one for each mode.
struct Drivers<'a, G> {
    chosen: Driver<&'a G>,
    by_mode: [Driver<&'a G>; 2],
}

impl<'a, G> Drivers<'a, G> {
    fn new(f: &'a G) -> Self {
        Self { chosen: Driver::new(f), by_mode: MODES.map(|mode| Driver::new(f).with_mode(mode)) }
    }
}

/// The gradients of a function by all methods.
fn gradients<T: TestFloat>(drivers: &Drivers<impl Function<T>>, x: &[T])
where
    Value<T>: Real<Plain = T>,
{
    let (f, n) = (*drivers.chosen.function(), x.len());
    let (value, by_hand) = gradient(|x| f.eval(x), x);
    assert_same_bits(f.value(x), value, n);
    for (mode, driver) in MODES.into_iter().zip(&drivers.by_mode) {
        let (y, slopes) = gradient_by(mode, f, x);
        assert_same_bits(y, value, (mode, n));
        assert_all_near(&slopes, &by_hand, (mode, n));
        // The old contents do not matter.
        let mut again = vec![T::nan(); n];
        assert_same_bits(driver.gradient(x, &mut again), value, (mode, n));
        assert_eq!(all_bits(&again), all_bits(&slopes), "{mode:?} {n}");
        if mode == Mode::Reverse {
            assert_eq!(all_bits(&slopes), all_bits(&by_hand), "{n}");
        }
    }
    let (y, chosen) = gradient_by(Mode::of_gradient(n), f, x);
    let expected = (bits(y), all_bits(&chosen));
    let mut slopes = vec![T::nan(); n];
    let y_of_driver = drivers.chosen.gradient(x, &mut slopes);
    let (y, both) = f.value_and_gradient(x);
    assert_eq!((bits(y), all_bits(&both)), expected);
    assert_eq!((bits(y_of_driver), all_bits(&slopes)), expected);
    assert_eq!(all_bits(&f.gradient(x)), expected.1);
    // A reference to a function is a function.
    assert_eq!(all_bits(&(&f).gradient(x)), all_bits(&chosen));
}

/// The derivatives along `v` agree with gradient and Hessian.
fn directions<T: TestFloat>(drivers: &Drivers<impl Function<T>>, x: &[T], v: &[T]) {
    let (driver, n) = (&drivers.chosen, x.len());
    let f = *driver.function();
    let (value, slopes) = f.value_and_gradient(x);
    let (y, slope) = f.slope(x, v);
    assert_same_bits(y, value, n);
    assert_all_near(&[slope], &[inner(&slopes, v)], n);
    let of_driver = driver.slope(x, v);
    assert_eq!([of_driver.0, of_driver.1].map(bits), [y, slope].map(bits));
    let product = f.hvp(x, v);
    let [y, slope_again, curvature] = f.directional(x, v);
    assert_same_bits(y, value, n);
    assert_all_near(&[slope_again, curvature], &[slope, inner(&product, v)], n);
    assert_eq!(driver.directional(x, v).map(bits), [y, slope_again, curvature].map(bits));
    let mut again = vec![T::nan(); n];
    driver.hvp(x, v, &mut again);
    assert_eq!(all_bits(&again), all_bits(&product));
    let (mut slopes, mut again) = (vec![T::nan(); n], vec![T::nan(); n]);
    assert_same_bits(driver.gradient_and_hvp(x, v, &mut slopes, &mut again), value, n);
    let (by_tape, product_bits) = (all_bits(&gradient_by(Mode::Reverse, f, x).1), all_bits(&product));
    assert_eq!((all_bits(&slopes), all_bits(&again)), (by_tape.clone(), product_bits.clone()));
    let (y, slopes, again) = f.gradient_and_hvp(x, v);
    assert_same_bits(y, value, n);
    assert_eq!((all_bits(&slopes), all_bits(&again)), (by_tape, product_bits));
    let rows = f.hessian(x);
    assert_all_near(&product, &rows.iter().map(|row| inner(row, v)).collect::<Vec<_>>(), n);
}

/// The Hessian by all methods, and the value and the gradient that come with it: they are those of reverse mode.
fn hessians<T: TestFloat>(drivers: &Drivers<impl Function<T>>, x: &[T])
where
    Value<Value<T>>: Real<Plain = T>,
{
    let (driver, n) = (&drivers.chosen, x.len());
    let f = *driver.function();
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
    let gradient_of = |mode| {
        let (value, slopes) = gradient_by(mode, f, x);
        (bits(value), all_bits(&slopes))
    };
    let (mut again, mut matrix) = (vec![T::nan(); n], vec![T::nan(); n * n]);
    let y = driver.hessian(x, &mut again, &mut matrix);
    assert_eq!(all_bits(&matrix), all_bits(&hessian.concat()));
    // The Hessian by few inputs is computed without a tape.
    assert_eq!((bits(y), all_bits(&again)), gradient_of(if n <= 6 { Mode::Forward } else { Mode::Reverse }), "{n}");
    let (mut again, mut sparse) = (vec![T::nan(); n], Csr::default());
    let y = driver.sparse_hessian(x, &mut again, &mut sparse);
    assert_eq!((bits(y), all_bits(&again)), gradient_of(Mode::Reverse), "{n}");
    assert_all_near(&sparse.to_dense().concat(), &matrix, n);
}

fn every_driver<T: TestFloat>()
where
    Value<T>: Real<Plain = T>,
    Value<Value<T>>: Real<Plain = T>,
{
    // The same drivers for all numbers of inputs in turn.
    let drivers = Drivers::new(&Chain);
    for n in (0..=20).chain([33, 3, 0, 17]) {
        let (x, v) = (point::<T>(n, 1.0), point(n, 5.0));
        gradients(&drivers, &x);
        directions(&drivers, &x, &v);
        hessians(&drivers, &x);
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
            (curvature, &|t| Chain.slope(&beside(t, &v), &v).1),
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
        let [forward, reverse] = MODES.map(|mode| gradient_by(mode, &f, x));
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
            let firsts = [forward.1[k], reverse.1[k], recorded[k + 1], f.slope(x, &unit).1, f.directional(x, &unit)[1]];
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
            compare(&[f.directional(x, &unit)[2], hessian[k][k]], &|at| f.slope(&moved(at), &unit).1);
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
        let drivers = Drivers::new(f);
        gradients(&drivers, x);
        directions(&drivers, x, &vec![1.5; x.len()]);
        hessians(&drivers, x);
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
        let [forward, reverse] = MODES.map(|mode| gradient_by(mode, &f, &x));
        assert_eq!((bits(forward.0), all_bits(&forward.1)), (bits(reverse.0), all_bits(&reverse.1)), "{x:?}");
    }
}

/// The wrong lengths for each driver, and the remedy in the message.
#[test]
fn wrong_lengths_are_refused_where_they_are_made() {
    let (f, x) = (function!(|x| x[0] * x[1]), [1.0, 2.0]);
    let drivers = Drivers::new(&f);
    let driver = &drivers.chosen;
    for len in [0, 1, 3, 4] {
        let (wrong, mut out) = (vec![1.0; len], vec![0.0; len]);
        let gradient = "a gradient is as long as the point; make `gradient` so";
        assert_refused_here(gradient, || driver.gradient(&x, &mut out));
        for driver in &drivers.by_mode {
            assert_refused_here(gradient, || driver.gradient(&x, &mut out));
        }
        assert_refused_here(gradient, || driver.hessian(&x, &mut out, &mut [0.0; 4]));
        assert_refused_here(gradient, || driver.sparse_hessian(&x, &mut out, &mut Csr::default()));
        let direction = "a direction is as long as the point; make `v` so";
        assert_refused_here(direction, || f.slope(&x, &wrong));
        assert_refused_here(direction, || driver.slope(&x, &wrong));
        assert_refused_here(direction, || f.directional(&x, &wrong));
        assert_refused_here(direction, || driver.directional(&x, &wrong));
        assert_refused_here(direction, || f.hvp(&x, &wrong));
        assert_refused_here(direction, || driver.hvp(&x, &wrong, &mut [0.0; 2]));
        assert_refused_here("make `product` so", || driver.hvp(&x, &x, &mut out));
        assert_refused_here(direction, || f.gradient_and_hvp(&x, &wrong));
        assert_refused_here(direction, || driver.gradient_and_hvp(&x, &wrong, &mut [0.0; 2], &mut [0.0; 2]));
        assert_refused_here(gradient, || driver.gradient_and_hvp(&x, &x, &mut out, &mut [0.0; 2]));
        assert_refused_here("make `product` so", || driver.gradient_and_hvp(&x, &x, &mut [0.0; 2], &mut out));
        if len != 4 {
            assert_refused_here("a Hessian is as long as the point squared; make `hessian` so", || {
                driver.hessian(&x, &mut [0.0; 2], &mut out)
            });
        }
    }
    gradients(&drivers, &x);
    directions(&drivers, &x, &[3.0, 4.0]);
    hessians(&drivers, &x);
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
fn a_function_that_panics_leaves_its_driver_usable() {
    for n in [1, 5, 9, 20] {
        let drivers = Drivers::new(&Fragile);
        let driver = &drivers.chosen;
        let good: Vec<f64> = point::<f64>(n, 1.0).iter().map(|x| x.abs()).collect();
        let bad: Vec<f64> = good.iter().map(|x| -x).collect();
        let (mut out, mut matrix) = (vec![0.0; good.len()], vec![0.0; good.len().pow(2)]);
        for _ in 0..2 {
            for driver in drivers.by_mode.iter().chain([driver]) {
                assert!(caught(|| driver.gradient(&bad, &mut out)).is_err());
            }
            assert!(caught(|| driver.slope(&bad, &good)).is_err());
            assert!(caught(|| driver.directional(&bad, &good)).is_err());
            assert!(caught(|| driver.hvp(&bad, &good, &mut out)).is_err());
            assert!(caught(|| driver.gradient_and_hvp(&bad, &good, &mut out, &mut matrix[..n])).is_err());
            assert!(caught(|| driver.hessian(&bad, &mut out, &mut matrix)).is_err());
            assert!(caught(|| driver.sparse_hessian(&bad, &mut out, &mut Csr::default())).is_err());
            gradients(&drivers, &good);
            directions(&drivers, &good, &bad);
            hessians(&drivers, &good);
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
    gradients(&Drivers::new(&Outer), &x);
    hessians(&Drivers::new(&Outer), &x);
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
    let (x, drivers) = ([2.0, 3.0], Drivers::new(&Slope));
    // 2xy + 3y² + x
    assert_eq!(Slope.value_and_gradient(&x), (12.0 + 27.0 + 2.0, vec![6.0 + 1.0, 4.0 + 18.0]));
    assert_eq!(Slope.hessian(&x), [[0.0, 2.0], [2.0, 6.0]]);
    gradients(&drivers, &x);
    directions(&drivers, &x, &[1.0, -2.0]);
    hessians(&drivers, &x);
    let program = Program::record(|x| Slope.eval(x), &x);
    let mut workspace = program::Workspace::new();
    for x in [x, [0.0, 0.0], [-1.0, 0.5]] {
        let (value, slopes) = Slope.value_and_gradient(&x);
        let results = program.gradient().run(&[], Rows::one(&x), &mut workspace).unwrap().row(0);
        assert_eq!(results, [vec![value], slopes].concat(), "{x:?}");
    }
}
