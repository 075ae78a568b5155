//! Where zero meets infinity, all drivers agree with the tape; if one result is NaN there, all are.

use std::fmt::Debug;

use gradtape::check::random::Table;
use gradtape::sparse::Csr;
use gradtape::{Driver, Function, Mode, Real, Value, VectorFunction, gradient};
use testing::bits;
use testing::functions;
use testing::functions::{gradient_by, jacobian_by};

/// The Hessian by a tape of tapes, row by row.
fn by_tapes(f: &impl Function, x: &[f64]) -> Vec<Vec<f64>> {
    let slope = |x: &[Value<f64>], i: usize| gradient(|x: &[Value<Value<f64>>]| f.eval(x), x).1[i];
    (0..x.len()).map(|i| gradient(|x| slope(x, i), x).1).collect()
}

fn is_same(ours: f64, theirs: f64) -> bool {
    ours == theirs || (ours.is_nan() && theirs.is_nan()) || (ours - theirs).abs() <= 1e-13 * theirs.abs()
}

#[track_caller]
fn assert_same(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().zip(theirs).all(|(&a, &b)| is_same(a, b)), "{what}: {ours:?} instead of {theirs:?}");
}

/// A function as the only output of a vector function.
struct Output<'a, G>(&'a G);

impl<G: Function> VectorFunction for Output<'_, G> {
    fn outputs(&self, _inputs: usize) -> usize {
        1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y[0] = self.0.eval(x);
    }
}

/// All results of the drivers for `f` agree with the tape, and with the tape of tapes.
#[track_caller]
fn drivers_agree(f: &impl Function, x: &[f64], what: &str) {
    let n = x.len();
    let (value, gradient) = gradient_by(Mode::Reverse, f, x);
    let forward = gradient_by(Mode::Forward, f, x);
    assert_eq!(bits(forward.0), bits(value), "{what}");
    assert_same(&forward.1, &gradient, what);
    let jacobian = Output(f);
    for mode in [Mode::Forward, Mode::Reverse] {
        assert_same(&jacobian_by(mode, &jacobian, x).1[0], &gradient, what);
    }
    assert_same(&jacobian.vjp(x, &[1.0]).1, &gradient, what);
    assert_same(&jacobian.sparse_jacobian(x).to_dense()[0], &gradient, what);
    // Value and gradient come with every second derivative.
    let (driver, mut slopes, mut again) = (Driver::new(f), vec![0.0; n], vec![0.0; n]);
    let values = [
        driver.hessian(x, &mut slopes, &mut vec![0.0; n * n]),
        driver.sparse_hessian(x, &mut again, &mut Csr::default()),
    ];
    assert_eq!(values.map(bits), [bits(value); 2], "{what}");
    assert_same(&slopes, &gradient, what);
    assert_same(&again, &gradient, what);
    let hessian = by_tapes(f, x);
    // Where second derivatives are infinite, the two sides of the diagonal may differ; dense Hessians are computed
    // below it.
    let (dense, sparse) = (f.hessian(x), f.sparse_hessian(x).to_dense());
    for (i, j) in (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))) {
        assert_same(&[dense[i][j], dense[j][i]], &[hessian[i][j]; 2], what);
        let sparse = [sparse[i][j], sparse[j][i]];
        assert!([hessian[i][j], hessian[j][i]].iter().any(|&x| is_same(sparse[0], x)), "{what}: {sparse:?}");
        assert_same(&sparse[..1], &sparse[1..], what);
    }
    for i in 0..n {
        let unit: Vec<_> = (0..n).map(|k| if k == i { 1.0 } else { 0.0 }).collect();
        assert!(is_same(f.slope(x, &unit).1, gradient[i]), "{what}");
        assert!(is_same(jacobian.jvp(x, &unit).1[0], gradient[i]), "{what}");
        assert_same(&f.directional(x, &unit)[1..], &[gradient[i], hessian[i][i]], what);
        let column: Vec<_> = hessian.iter().map(|row| row[i]).collect();
        assert_same(&f.hvp(x, &unit), &column, what);
        let (y, slopes, product) = f.gradient_and_hvp(x, &unit);
        assert_eq!(bits(y), bits(value), "{what}");
        assert_same(&slopes, &gradient, what);
        assert_same(&product, &column, what);
    }
}

/// Functions of `x = 0` and `w = 3`, and their gradient.
macro_rules! at_zero {
    ($($gradient:expr => |$x:ident, $w:ident| $y:expr;)*) => {
        let functions = functions![$(|inputs| { let ($x, $w) = (inputs[0], inputs[1]); $y }),*];
        for (f, (gradient, what)) in functions.iter().zip([$(($gradient, stringify!($y))),*]) {
            assert_same(&gradient_by(Mode::Reverse, f, &[0.0, 3.0]).1, &gradient, what);
            drivers_agree(f, &[0.0, 3.0], what);
        }
    };
}

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

#[test]
fn a_zero_wins_in_all_drivers() {
    at_zero! {
        [0.0, 1.0] => |x, w| x.sqrt() * 0.0 + w;
        [0.0, 1.0] => |x, w| x.cbrt() * 0.0 + w;
        [0.0, 1.0] => |x, w| x.powf(F::constant(0.5)) * 0.0 + w;
        [1.0, 0.0] => |x, w| (x.sqrt() + w) * 0.0 + x;
        [1.0, 0.0] => |x, w| x.sqrt() * (w - 3.0) + x;
        [1.0, 0.0] => |x, w| x.sqrt() * w.detach() * 0.0 + x;
        [0.0, 1.0] => |x, w| x.sqrt().max(w);
        [0.0, 1.0] => |x, w| (-x.sqrt()).min(w) * 0.0 + w;
        [0.0, 1.0] => |x, w| x.sqrt().floor() + w;
        [3.0, 0.0] => |x, w| F::dot(&[x.sqrt(), x], &[F::zero(), w]);
        [6.0, 0.0] => |x, w| F::dot(&[x.sqrt(), w, x], &[w - 3.0, x, w]);
        [1.0, 1.0] => |x, w| F::weighted_sum(&[x.sqrt(), x, w], &[0.0, 1.0, 1.0]);
        [1.0, 0.0] => |x, w| [x.sqrt(), w].iter().sum::<F>() * 0.0 + x;
        [1.0, 0.0] => |x, w| [x.sqrt(), w, x * 0.0, w].iter().product::<F>() + x;
        [0.0, 1.0] => |x, w| x.sqrt().mul_add(w - 3.0, w);
        [0.0, 1.0] => |x, w| (x.ln() - w).exp() + w;
        [0.0, 1.0] => |x, w| x.sqrt().clamp(F::one(), w) * 0.0 + w;
        [0.0, 1.0] => |x, w| x.sqrt().detach() + w;
        [1.0, 0.0] => |x, w| x.powi(3).cbrt() * w + x;
    }
}

#[test]
fn what_is_infinite_or_nan_is_so_in_all_drivers() {
    at_zero! {
        [INFINITY, 1.0] => |x, w| x.sqrt() + w;
        [-INFINITY, 1.0] => |x, w| w - x.cbrt();
        [NAN, 1.0] => |x, w| x.sqrt() - x.cbrt() + w;
        [-INFINITY, INFINITY] => |x, w| w / x;
    }
}

const SPECIAL: [f64; 13] = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-310, -1e-310, 1e300, -1e300, INFINITY, -INFINITY, NAN];

/// An operation of one argument on the result of another, or an operation of two arguments, times another input.
enum Scaled {
    OfOne(usize, usize),
    OfTwo(usize),
}

impl Function for Scaled {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let unary = Table::<F>::UNARY;
        let y = match *self {
            Self::OfOne(outer, inner) => (unary[outer].f)([(unary[inner].f)([x[1]])]),
            Self::OfTwo(op) => (Table::<F>::BINARY[op].f)([x[1], x[2]]),
        };
        y * x[0]
    }
}

/// Both modes use the same partials, and multiply the same two or three factors in each product, from the input up.
#[track_caller]
fn modes_agree_exactly(f: &Scaled, x: &[f64], what: impl Debug) {
    let (value, reverse) = gradient_by(Mode::Reverse, f, x);
    let (again, forward) = gradient_by(Mode::Forward, f, x);
    let same = reverse.iter().zip(&forward).all(|(&a, &b)| a == b || (a.is_nan() && b.is_nan()));
    assert!(same && bits(value) == bits(again), "{what:?} at {x:?}: {forward:?} forward, {reverse:?} in reverse");
}

#[test]
fn operations_and_their_compositions_have_the_same_gradient_in_both_modes_at_all_points() {
    for (w, a) in [0.0, 1.0, -3.0, INFINITY].into_iter().flat_map(|w| SPECIAL.map(|a| (w, a))) {
        for (outer, op) in Table::<f64>::UNARY.iter().enumerate() {
            for (inner, of) in Table::<f64>::UNARY.iter().enumerate() {
                modes_agree_exactly(&Scaled::OfOne(outer, inner), &[w, a], (op.name, of.name));
            }
        }
        for (k, op) in Table::<f64>::BINARY.iter().enumerate() {
            for b in SPECIAL {
                modes_agree_exactly(&Scaled::OfTwo(k), &[w, a, b], op.name);
            }
        }
    }
}
