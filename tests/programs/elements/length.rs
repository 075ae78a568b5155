//! Functions of very many operations: time is linear in their number, and the stack is not used up.

use std::thread;
use std::time::{Duration, Instant};

use gradtape::{Compiled, Function, Real, VectorFunction, function};

/// So many numbers, recorded in a debug build in a moment.
const MANY: usize = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };
/// A stack that a function that calls itself for each of them would use up.
const STACK: usize = if cfg!(debug_assertions) { 256 << 10 } else { 128 << 10 };

fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(STACK).spawn(f).unwrap().join().unwrap();
}

#[test]
fn a_chain_of_very_many_additions_does_not_use_up_the_stack() {
    on_a_small_stack(|| {
        let chain = function!(|x: &[F]| (0..MANY).fold(F::zero(), |sum, k| sum + x[k % 4]));
        let (compiled, mut gradient) = (Compiled::new(chain).without_driver(), [0.0; 4]);
        #[allow(clippy::cast_precision_loss, reason = "the number is small")]
        let each = (MANY / 4) as f64;
        assert_eq!(compiled.gradient(&[1.0, 2.0, 3.0, 4.0], &mut gradient), 10.0 * each);
        assert_eq!(gradient, [each; 4]);
    });
}

#[test]
fn long_chains_of_other_kinds_do_not_use_up_the_stack() {
    on_a_small_stack(|| {
        let alternating = function!(|x: &[F]| (0..MANY / 8).fold(x[0], |sum, k| -sum + x[k % 4]));
        let waves = function!(|x: &[F]| (0..MANY / 50).fold(x[0], |y, k| (y + x[k % 4]).sin()));
        let (x, mut ours) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4]);
        Compiled::new(alternating).without_driver().gradient(&x, &mut ours);
        assert_eq!(ours.to_vec(), alternating.gradient(&x));
        Compiled::new(waves).without_driver().gradient(&x, &mut ours);
        let theirs = waves.gradient(&x);
        assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-12), "{ours:?} instead of {theirs:?}");
    });
}

/// Sums as people write them.
#[derive(Clone, Copy, Debug)]
enum Sum {
    Loop,
    List,
    Weighted,
    Dot,
}

impl Function for Sum {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let terms = x.windows(2).map(|x| (x[0] * x[1]).sin() * x[1]);
        match self {
            Self::Loop => terms.fold(F::zero(), |sum, term| sum + term),
            Self::List => terms.sum(),
            Self::Weighted => F::weighted_sum(&terms.collect::<Vec<_>>(), &vec![0.5; x.len() - 1]),
            Self::Dot => F::dot(&terms.collect::<Vec<_>>(), &x[1..]),
        }
    }
}

impl VectorFunction for Sum {
    fn outputs(&self, inputs: usize) -> usize {
        inputs - 1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(x.windows(2)).for_each(|(y, x)| *y = (x[0] * x[1]).sin());
    }
}

/// The time of the fastest of some runs.
fn fastest(runs: usize, f: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        f();
        start.elapsed()
    };
    (0..runs).map(|_| time()).min().unwrap()
}

/// The larger number of terms takes hardly more time per term. Twice as much as measured is allowed for, and more.
#[track_caller]
fn assert_linear(what: &str, f: impl Fn(&[f64])) {
    let (few, times) = (1000, 16);
    let time = |count: usize, runs| fastest(runs, || f(&vec![0.5; count]));
    let (short, long) = (time(few, 3), time(few * times, 1));
    let ratio = long.as_secs_f64() / short.as_secs_f64();
    assert!(ratio < 64.0, "{what}: {times} times as many terms take {ratio:.1} times as long");
}

#[test]
fn long_sums_take_linear_time() {
    for sum in [Sum::Loop, Sum::List, Sum::Weighted, Sum::Dot] {
        assert_linear(&format!("gradient of {sum:?}"), |x| {
            Compiled::new(sum).without_driver().gradient(x, &mut vec![0.0; x.len()]);
        });
    }
    assert_linear("product", |x| {
        Compiled::new(Sum::List).without_driver().hvp(x, x, &mut vec![0.0; x.len()]);
    });
}

#[test]
fn sums_of_very_many_terms_have_the_tapes_gradient() {
    on_a_small_stack(|| {
        let x: Vec<f64> = (0..100_001_u32).map(|k| f64::from(k % 1000) * 1e-3).collect();
        let (mut ours, mut theirs) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let value = Compiled::new(Sum::List).gradient(&x, &mut ours);
        let expected = gradtape::Driver::new(Sum::List).gradient(&x, &mut theirs);
        assert!((value - expected).abs() <= 1e-10 * expected.abs());
        assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-12));
    });
}
