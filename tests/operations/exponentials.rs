//! Sums of exponentials without overflow: `ln_add_exp`, `logsumexp`, `softmax`, in every number.

use gradtape::check::difference;
use gradtape::check::random::{Magnitude, Unit};
use gradtape::program::{Options, Program};
use gradtape::{Dual, Function, Real, VectorFunction, function, gradient};
use testing::quickcheck;

const INF: f64 = f64::INFINITY;

/// Points where the naive formula overflows, underflows, has ties or is NaN, with value and softmax.
fn points() -> Vec<(Vec<f64>, f64, Vec<f64>)> {
    let ln_2 = std::f64::consts::LN_2;
    vec![
        (vec![0.0, 0.0], ln_2, vec![0.5, 0.5]),
        (vec![1000.0, 1000.0], 1000.0 + ln_2, vec![0.5, 0.5]),
        (vec![-1000.0, -1000.0], -1000.0 + ln_2, vec![0.5, 0.5]),
        (vec![7.0], 7.0, vec![1.0]),
        (vec![0.0, -INF], 0.0, vec![1.0, 0.0]),
        (vec![-INF, 3.0, -INF, 3.0], 3.0 + ln_2, vec![0.0, 0.5, 0.0, 0.5]),
        (vec![1e300, -1e300], 1e300, vec![1.0, 0.0]),
        (vec![3.0; 4], 3.0 + 2.0 * ln_2, vec![0.25; 4]),
    ]
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 4.0 * f64::EPSILON * (1.0 + a.abs())
}

#[track_caller]
fn assert_all_close(ours: &[f64], expected: &[f64]) {
    assert!(
        ours.len() == expected.len() && ours.iter().zip(expected).all(|(&a, &b)| close(a, b)),
        "{ours:?} {expected:?}"
    );
}

#[test]
fn the_gradient_of_logsumexp_is_softmax_in_every_mode() {
    let f = function!(|x| F::logsumexp(x));
    for (x, value, shares) in points() {
        assert_all_close(&[f.value(&x)], &[value]);
        assert_all_close(&f64::softmax(&x), &shares);
        let (tape, slopes) = gradient(Real::logsumexp, &x);
        assert_all_close(&[tape], &[value]);
        assert_all_close(&slopes, &shares);
        assert_all_close(&f.gradient(&x), &shares);
        for options in [Options::new(), Options::new().exact()] {
            let program = options.record(Real::logsumexp, &vec![0.5; x.len()]).gradient();
            let results = program.eval(&x).expect("no comparison is a guard");
            assert_all_close(&results[..1], &[value]);
            assert_all_close(&results[1..], &shares);
        }
    }
}

#[test]
fn softmax_has_its_jacobian_and_logsumexp_its_hessian_at_ties_too() {
    let softmax = function!(|x| [F::softmax(x)[0], F::softmax(x)[1], F::softmax(x)[2]]);
    let sum = function!(|x| F::logsumexp(x));
    for x in [[1.0, 1.0, 1.0], [0.3, 0.3, -2.0], [5.0, -1.0, 2.0], [900.0, 900.0, -900.0]] {
        let p = f64::softmax(&x);
        let expected: Vec<f64> = (0..9).map(|k| p[k / 3] * (f64::from(u8::from(k / 3 == k % 3)) - p[k % 3])).collect();
        assert_all_close(&softmax.jacobian(&x).concat(), &expected);
        assert_all_close(&sum.hessian(&x).concat(), &expected);
        let program = Program::record(Real::logsumexp, &[0.0, 1.0, 2.0]).gradient().jacobian();
        assert_all_close(&program.eval(&x).unwrap()[7..], &expected);
    }
    assert!(!sum.hessian_sparsity(&[1.0, 2.0, 3.0]).is_local());
    assert_eq!(sum.hessian_sparsity(&[1.0, 2.0, 3.0]).nnz(), 9);
}

#[test]
fn ln_add_exp_is_logsumexp_of_two_with_all_its_derivatives() {
    fn property(a: Unit, b: Unit, Magnitude(c): Magnitude<f64>) {
        let (a, b) = (a.between(-3.0, 3.0), b.between(-3.0, 3.0));
        for [a, b] in [[a, b], [8.0 * a, 8.0 * b], [a, a], [c, b], [c, -c]] {
            let two = function!(|x| x[0].ln_add_exp(x[1]));
            let list = function!(|x| F::logsumexp(x));
            assert_all_close(&[two.value(&[a, b])], &[list.value(&[a, b])]);
            assert_all_close(&two.gradient(&[a, b]), &list.gradient(&[a, b]));
            assert_all_close(&two.hessian(&[a, b]).concat(), &list.hessian(&[a, b]).concat());
            let program = Program::record(|x| x[0].ln_add_exp(x[1]), &[0.0, 1.0]).gradient().jacobian();
            assert_all_close(&program.eval(&[a, b]).unwrap()[5..], &two.hessian(&[a, b]).concat());
        }
    }
    quickcheck(300, property as fn(Unit, Unit, Magnitude<f64>));
}

#[test]
fn an_empty_sum_of_exponentials_is_nothing() {
    assert_eq!(f64::logsumexp(&[]), -INF);
    assert_eq!(f64::softmax(&[]), Vec::<f64>::new());
    assert_eq!(f64::logsumexp(&[-INF, -INF]), -INF);
    assert_eq!(gradient(Real::logsumexp, &[-INF, -INF]), (-INF, vec![0.0, 0.0]));
    assert!(f64::softmax(&[-INF, -INF]).iter().all(|share| share.is_nan()));
    assert!(f64::logsumexp(&[1.0, f64::NAN]).is_nan());
    assert_eq!(f64::logsumexp(&[1.0, INF]), INF);
}

#[test]
fn the_cardinal_sine_has_its_derivatives_at_0_and_beside_it() {
    let second = |x: f64| {
        let y = Dual::var(Dual::var(x)).sinc();
        [y.data().data(), y.tangent().data(), y.tangent().tangent()]
    };
    assert_eq!(second(0.0), [1.0, 0.0, -1.0 / 3.0]);
    for x in [1e-300, 1e-8, 1e-3, 0.5, 0.999, 1.0, 1.001, 2.9, 3.0, 3.1, 7.0, -2.0, 40.0] {
        let [value, slope, curvature] = second(x);
        let exact = x.sin() / x;
        assert!((value - exact).abs() <= 4.0 * f64::EPSILON, "{x}");
        let (difference, error) = difference(|x: f64| Real::sinc(x), x);
        assert!((difference - slope).abs() <= error + 1e-14, "{x}: {slope} {difference}");
        // x y'' + 2 y' + x y = 0
        assert!((x * curvature + 2.0 * slope + x * value).abs() <= 1e-14 * (1.0 + x.abs()), "{x}");
        let program = Program::record(|x| x[0].sinc(), &[0.3]).gradient().jacobian();
        let results = program.eval(&[x]).unwrap();
        assert!((results[3] - curvature).abs() <= 1e-14, "{x}: {results:?} {curvature}");
    }
}
