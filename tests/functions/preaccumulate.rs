//! Blocks that record only their Jacobian: their gradient is that of the plain tape.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::check::random::Smooth;
use gradtape::{
    Driver, Gradients, Mode, Plain, Real, Tape, Value, VectorFunction, checkpoint, checkpoint_loop, function,
    preaccumulate,
};
use testing::functions::{Random, Several, all_bits, assert_all_near, point};
use testing::panics::assert_refused_here;
use testing::{TestFloat, quickcheck};

/// The outputs of `f` recorded on the tape of its inputs.
fn recorded<T: TestFloat>(f: &impl VectorFunction<T>, x: &[Value<T>]) -> Vec<Value<T>> {
    let mut y = vec![Value::constant(T::zero()); f.outputs(x.len())];
    f.eval(x, &mut y);
    y
}

/// The block and the record have the same numbers, and the same gradients of each output and of their sum.
#[track_caller]
fn is_as_recorded<T: TestFloat>(f: &impl VectorFunction<T>, tape: &Tape<T>, variables: &[Value<T>], x: &[Value<T>]) {
    let before = tape.len();
    let ours = preaccumulate(f, x);
    let added = tape.len() - before;
    let theirs = recorded(f, x);
    let data = |y: &[Value<T>]| all_bits(&y.iter().map(|y| y.data()).collect::<Vec<_>>());
    assert_eq!(data(&ours), data(&theirs));
    let mut again = vec![Value::constant(T::nan()); ours.len()];
    Driver::new(f).preaccumulate(x, &mut again);
    assert_eq!(data(&again), data(&ours));
    let records = x.len().div_ceil(2).max(1) * ours.len();
    assert!(added <= records, "{added} records of {} inputs and {} outputs", x.len(), ours.len());
    let weighted = |y: &[Value<T>]| y.iter().map(|&y| y * y).sum::<Value<T>>();
    for (ours, theirs) in ours.iter().zip(&theirs).map(|(&a, &b)| (a, b)).chain([(weighted(&ours), weighted(&theirs))])
    {
        let [ours, theirs] = [ours, theirs].map(|y| y.backward().wrt_all(variables));
        assert_all_near(&ours, &theirs, "a gradient");
    }
    let gradient = |y: &[Value<T>]| all_bits(&weighted(y).backward().wrt_all(variables));
    assert_eq!(gradient(&again), gradient(&ours));
}

/// Inputs that are variables, computed from variables, constants, or repeated.
fn inputs_are_of_any_kind<T: TestFloat>() {
    for (n, outputs) in [(1, 1), (2, 5), (4, 3), (5, 8), (9, 2), (20, 2), (20, 30), (3, 0), (0, 0)] {
        let (f, tape) = (Several(outputs), Tape::new());
        let x = tape.vars(&point::<T>(n, 0.5));
        is_as_recorded(&f, &tape, &x, &x);
        let made: Vec<_> = x.iter().map(|&v| (v * v).sin() + x[0] * T::epsilon()).collect();
        is_as_recorded(&f, &tape, &x, &made);
        let some: Vec<_> = x.iter().enumerate().map(|(k, &v)| if k % 2 == 0 { v } else { v.detach() }).collect();
        is_as_recorded(&f, &tape, &x, &some);
        is_as_recorded(&f, &tape, &x, &vec![x.first().copied().unwrap_or_default(); n]);
        let constants: Vec<_> = x.iter().map(|v| v.detach()).collect();
        let before = tape.len();
        assert!(preaccumulate(&f, &constants).iter().all(|y| y.is_constant()));
        assert_eq!(tape.len(), before);
    }
}

#[test]
fn blocks_have_the_gradient_of_the_plain_tape() {
    inputs_are_of_any_kind::<f32>();
    inputs_are_of_any_kind::<f64>();
}

fn all_finite(y: &Value<f64>, x: &[Value<f64>]) -> bool {
    y.backward().wrt_all(x).iter().all(|slope| slope.is_finite())
}

/// Random expressions of the same inputs.
struct Expressions<'a>(&'a Smooth);

impl VectorFunction for Expressions<'_> {
    fn outputs(&self, _inputs: usize) -> usize {
        2
    }

    #[inline(never)]
    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y[0] = gradtape::Function::eval(&Random(&self.0.0), x).atan();
        y[1] = y[0] * x[0];
    }
}

#[test]
fn random_blocks_have_the_gradient_of_the_plain_tape() {
    quickcheck(
        100,
        (|expression: Smooth| {
            let tape = Tape::new();
            let x = tape.vars(expression.0.inputs());
            // Where an expression takes a derivative, the operation itself may leave the domain of the next operation.
            if recorded(&Expressions(&expression), &x).iter().any(|y| !y.is_finite() || !all_finite(y, &x)) {
                return;
            }
            is_as_recorded(&Expressions(&expression), &tape, &x, &x);
        }) as fn(Smooth),
    );
}

struct Step;

impl<T: Plain> VectorFunction<T> for Step {
    fn outputs(&self, _inputs: usize) -> usize {
        2
    }

    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let (mut a, mut b) = (x[0], x[1]);
        for _ in 0..20 {
            (a, b) = ((a + b * x[2]).sin(), (b - a * x[2]).cos());
        }
        (y[0], y[1]) = (a, b);
    }
}

/// The last state of a chain of steps. Only one output is used.
fn chain<T: TestFloat>(x: &[Value<T>], steps: usize, step: impl Fn(&[Value<T>]) -> Vec<Value<T>>) -> Value<T> {
    let mut state = [x[0], x[1]];
    for _ in 0..steps {
        let y = step(&[state[0], state[1], x[2]]);
        state = [y[0], y[1]];
    }
    state[1]
}

fn chains_are_as_recorded<T: TestFloat>() {
    let tape = Tape::<T>::new();
    let x = tape.vars(&point::<T>(3, 0.25));
    let theirs = chain(&x, 5, |x| recorded(&Step, x));
    let before = tape.len();
    let blocks = chain(&x, 5, |x| preaccumulate(&Step, x));
    // Three inputs take two records for each output.
    assert_eq!(tape.len() - before, 5 * 2 * 2);
    let pieces = chain(&x, 5, |x| checkpoint(|x| preaccumulate(&Step, x), x));
    let step = |_, s: &Vec<_>, p: &[_]| preaccumulate(&Step, &[s[0], s[1], p[0]]);
    let in_loop = checkpoint_loop(step, 5, x[..2].to_vec(), &x[2..])[1];
    for ours in [blocks, pieces, in_loop] {
        assert_eq!(ours.data(), theirs.data());
        assert_all_near(&ours.backward().wrt_all(&x), &theirs.backward().wrt_all(&x), "a chain");
    }
}

#[test]
fn blocks_in_a_chain_and_in_checkpoints_have_the_gradient_of_the_plain_tape() {
    chains_are_as_recorded::<f32>();
    chains_are_as_recorded::<f64>();
}

#[test]
fn blocks_whose_inputs_are_of_two_tapes_are_refused() {
    let (one, other) = (Tape::new(), Tape::new());
    let x = [one.var(1.0), other.var(2.0)];
    let f = function!(|x| [x[0] * x[1]]);
    let (driver, mut y) = (Driver::new(f), [Value::from(0.0)]);
    assert_refused_here("same tape", || preaccumulate(&f, &x));
    assert_refused_here("same tape", || driver.preaccumulate(&x, &mut y));
    let old = one.vars(&[1.0, 2.0]);
    one.clear();
    assert_refused_here("after `clear`", || preaccumulate(&f, &old));
    assert_refused_here("after `clear`", || driver.preaccumulate(&old, &mut y));
    assert_refused_here("the function has 1 outputs", || driver.preaccumulate(&[x[1]; 2], &mut [y[0]; 2]));
    // The other tape has not changed, and the driver is usable.
    assert_eq!(preaccumulate(&f, &[x[1]; 2])[0].backward().wrt(x[1]), 4.0);
    driver.preaccumulate(&[x[1]; 2], &mut y);
    assert_eq!(y[0].backward().wrt(x[1]), 4.0);
}

#[test]
fn unused_roots_of_zero_make_no_nan_in_a_block() {
    let f = function!(|x| [x[0].sqrt() * 0.0 + x[1], x[0].sqrt()]);
    let tape = Tape::new();
    let x = tape.vars(&[0.0, 2.0]);
    let y = preaccumulate(&f, &x);
    assert_eq!(y[0].backward().wrt_all(&x), [0.0, 1.0]);
    assert_eq!((y[1] * 0.0 + x[0]).backward().wrt_all(&x), [1.0, 0.0]);
}

#[test]
fn steady_loops_with_one_driver_allocate_nothing() {
    for mode in [Mode::Forward, Mode::Reverse] {
        let n = if mode == Mode::Forward { 3 } else { 40 };
        assert_eq!(Mode::of_jacobian(n, 2), mode);
        let (tape, driver, mut gradients) = (Tape::new(), Driver::new(Step), Gradients::new());
        let (numbers, mut y) = (point::<f64>(n, 0.0), [Value::from(0.0); 2]);
        let mut x = Vec::new();
        let mut round = || {
            tape.clear();
            x.clear();
            x.extend(numbers.iter().map(|&x| tape.var(x)));
            for _ in 0..10 {
                driver.preaccumulate(&x, &mut y);
                (x[0], x[1]) = (y[0], y[1]);
            }
            y[0].backward_into(&mut gradients);
        };
        (0..2).for_each(|_| round());
        assert_eq!(testing::allocations::allocations(|| (0..5).for_each(|_| round())), 0, "{mode:?}");
    }
}
