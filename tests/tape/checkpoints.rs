//! A checkpoint changes only the cost of a gradient.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use std::cell::Cell;
use std::rc::Rc;

use gradtape::check::random::{Arithmetic, Expression, Unit};
use gradtape::program::{Expr, Program};
use gradtape::{Gradients, Real, Scalar, Tape, Value, assert_gradient, checkpoint, checkpoint_loop, gradient};
use quickcheck::TestResult;
use testing::allocations::peak;
use testing::panics::panic_of;
use testing::{TestFloat, assert_near, bits, number, quickcheck};

/// Calls a function directly, or in a checkpoint.
fn call<T: Scalar>(
    in_checkpoint: bool,
    f: impl Fn(&[Value<T>]) -> Vec<Value<T>> + 'static,
    inputs: &[Value<T>],
) -> Vec<Value<T>> {
    if in_checkpoint { checkpoint(f, inputs) } else { f(inputs) }
}

/// A random expression, retained, so that every output is a separate record.
fn expression<T: TestFloat>(graph: Expression, units: Vec<Unit>, is_nested: bool) -> TestResult
where
    Value<T>: Arithmetic,
{
    let numbers = (0..graph.inputs().len()).map(|k| match units.get(k) {
        Some(unit) => number(unit.between(-3.0, 3.0)),
        None => number(graph.inputs()[k]),
    });
    let numbers: Vec<T> = numbers.collect();
    let run = |in_checkpoint: bool| {
        let tape = Tape::new();
        let x = tape.vars(&numbers);
        // An input with a slope, and a node that meets the outputs later.
        let mut inputs: Vec<_> = x.iter().map(|&x| x * T::one()).collect();
        let below: Value<T> = x.iter().sum();
        if let Some(first) = inputs.first_mut() {
            *first = *first * number::<T>(3.0) / number::<T>(3.0);
        }
        let graph = graph.clone();
        let f = move |x: &[Value<T>]| {
            let (y, graph) = (graph.eval(x), graph.clone());
            let twice = move |x: &[Value<T>]| vec![(graph.eval(x) + x[0] * x[x.len() - 1]).retain()];
            let z = call(in_checkpoint && is_nested, twice, x)[0];
            vec![(y * z + y).retain(), ((y * x[0]).sin() - z).retain()]
        };
        let y = call(in_checkpoint, f, &inputs);
        let last = y[0] * below + y[1] * y[0] + x.iter().sum::<Value<T>>();
        let gradients = last.backward();
        let slopes = gradients.wrt_all(&x).into_iter().map(bits).collect::<Vec<_>>();
        (bits(last.data()), slopes)
    };
    if numbers.is_empty() {
        return TestResult::discard();
    }
    assert_eq!(run(true), run(false), "{graph:?} at {numbers:?}");
    TestResult::passed()
}

#[test]
fn gradients_of_random_expressions_are_the_same_bits_in_f64() {
    quickcheck(300, expression::<f64> as fn(Expression, Vec<Unit>, bool) -> TestResult);
}

#[test]
fn gradients_of_random_expressions_are_the_same_bits_in_f32() {
    quickcheck(300, expression::<f32> as fn(Expression, Vec<Unit>, bool) -> TestResult);
}

/// Random programs over small integers, so that summation never rounds. Nested functions take all values, including
/// constants and repetitions, and return some of them: also inputs, constants and repetitions.
fn program<T: TestFloat>(bytes: &[u8], mut values: Vec<Value<T>>, in_checkpoints: bool) -> Vec<Value<T>> {
    let mut bytes = bytes;
    while let [byte, rest @ ..] = bytes {
        bytes = rest;
        let count = values.len();
        let pick = |salt: usize| values[(usize::from(*byte) / 8 * 5 + salt) % count];
        let (a, b) = (pick(0), pick(3));
        let new = match byte % 8 {
            0 => a + b,
            1 => a - b,
            2 if a.data().abs() <= number(2.0) && b.data().abs() <= number(2.0) => a * b,
            2 | 3 => -a,
            4 => Value::constant(a.data()),
            5 => (a + a).retain(),
            _ => {
                let (inner, after) = rest.split_at(rest.len() / 2);
                bytes = after;
                let inner = inner.to_vec();
                let f = move |x: &[Value<T>]| {
                    let all = program(&inner, x.to_vec(), in_checkpoints);
                    vec![all[all.len() - 1], all[0], all[all.len() / 2], all[all.len() - 1]]
                };
                let results = call(in_checkpoints, f, &values);
                values.extend(results);
                continue;
            }
        };
        values.push(new);
    }
    values
}

/// The gradients of all results by the variables agree with and without checkpoints.
fn programs<T: TestFloat>(bytes: &[u8], constants: bool) {
    let run = |in_checkpoints: bool| {
        let tape = Tape::<T>::new();
        let mut x = tape.vars(&[number(1.0), number(2.0), number(-1.0)]);
        if constants {
            x[1] = Value::constant(number(2.0));
        }
        // More values before and after than a chunk of a sum has.
        let wide: Vec<_> = tape.vars(&[T::one(); 40]).into_iter().chain(x.iter().copied()).collect();
        let sum = wide.iter().sum::<Value<T>>() - number::<T>(42.0);
        let values = program(bytes, [&x[..], &[sum, x[0]]].concat(), in_checkpoints);
        let outputs: Vec<_> = values.iter().copied().chain([values.iter().chain(&wide).sum()]).collect();
        let variables: Vec<_> = wide.iter().copied().filter(|v| !v.is_constant()).collect();
        let slopes = outputs.iter().flat_map(|y| [y.backward(), y.backward()]).map(|g| g.wrt_all(&variables));
        (outputs.iter().map(|y| y.data()).collect::<Vec<_>>(), slopes.collect::<Vec<_>>())
    };
    assert_eq!(run(true), run(false), "{bytes:?}");
}

#[test]
fn gradients_of_random_programs_are_exact_where_nothing_rounds_in_f64() {
    quickcheck(500, (|bytes, constants| programs::<f64>(few(&bytes, 20), constants)) as fn(Vec<u8>, bool));
}

#[test]
fn gradients_of_random_programs_are_exact_where_nothing_rounds_in_f32() {
    quickcheck(500, (|bytes, constants| programs::<f32>(few(&bytes, 8), constants)) as fn(Vec<u8>, bool));
}

fn few(bytes: &[u8], most: usize) -> &[u8] {
    &bytes[..bytes.len().min(most)]
}

#[test]
fn differences_confirm_gradients_through_checkpoints() {
    assert_gradient!(
        |x| {
            let [y, z] = checkpoint(|x| [x[0] * x[1].sin(), x[1].exp() / x[0]], &[x[0], x[1]]);
            let [w] = checkpoint(|x| [x[0].hypot(x[1])], &[y, z]);
            w * y + x[0]
        },
        &[1.5, 0.5]
    );
}

#[test]
fn outputs_are_nodes_of_whatever_kind_they_are() {
    let tape = Tape::new();
    let (x, y) = (tape.var(2.0), tape.var(5.0));
    let f = |x: &[Value<f64>]| [x[0], 7.0.into(), x[0] * x[1], x[2] + 1.0, x[0] * x[1], x[1]];
    let [same, constant, product, sum, again, other] = checkpoint(f, &[x, y, 3.0.into()]);
    assert_eq!([same, constant, product, sum, again, other].map(Value::data), [2.0, 7.0, 10.0, 4.0, 10.0, 5.0]);
    let total = same + constant * 3.0 + product * 10.0 + sum * 100.0 + again * 1000.0 + other * x;
    let gradients = total.backward();
    assert_eq!(gradients.wrt_all(&[x, y]), [1.0 + 5.0 * 1010.0 + 5.0, 2.0 * 1010.0 + 2.0]);
    assert_eq!(gradients.wrt_all(&[same, constant, product, sum, again, other]), [1.0, 3.0, 10.0, 100.0, 1000.0, 2.0]);
    // From one output only, and from values that were there before.
    assert_eq!(product.backward().wrt_all(&[x, y, product, constant, again]), [5.0, 2.0, 1.0, 0.0, 0.0]);
    assert_eq!(other.backward().wrt_all(&[x, y]), [0.0, 1.0]);
    assert_eq!((constant.backward().wrt(x), sum.backward().wrt(y), x.backward().wrt(x)), (0.0, 0.0, 1.0));
}

#[test]
fn constants_and_empty_lists_record_nothing() {
    let tape = Tape::new();
    let x = tape.var(2.0);
    let [y] = checkpoint(|x| [x[0] * 3.0], &[Value::constant(2.0)]);
    assert!(y.is_constant() && y == 6.0);
    let none: Vec<Value<f64>> = checkpoint(|_| Vec::new(), &[x]);
    assert!(none.is_empty());
    let [one]: [Value<f64>; 1] = checkpoint(|_| [1.0.into()], &[]);
    assert!(one.is_constant());
    assert_eq!((tape.len(), tape.bytes()), (1, 0));
}

#[test]
fn every_kind_of_input_passes_its_adjoint_on() {
    let tape = Tape::new();
    let (x, y) = (tape.var(3.0_f64), tape.var(2.0));
    let (retained, derived) = ((x * x).retain(), -2.0 * y);
    // The same node five times, once with a constant among them.
    let [z] =
        checkpoint(|x| [x[0] * x[1] * x[2] + x[3] * x[4] * x[5]], &[x, retained, x.ln(), derived, y, 10.0.into()]);
    let gradients = (z * 2.0 + retained).backward();
    let plainly = gradient(|v| (v[0].powi(3) * v[0].ln() - v[1] * v[1] * 20.0) * 2.0 + v[0] * v[0], &[3.0, 2.0]);
    for (ours, theirs) in gradients.wrt_all(&[x, y]).into_iter().zip(plainly.1) {
        assert_near(ours, theirs, 1e-12 * theirs.abs(), "aliases");
    }
    assert_near(gradients.wrt(retained), 1.0 + 2.0 * 3.0 * 3.0_f64.ln(), 1e-14, "a retained input");
}

#[test]
fn what_has_no_influence_contributes_nothing() {
    let tape = Tape::new();
    let (x, zero) = (tape.var(2.0), tape.var(0.0));
    let [y, z] = checkpoint(|x| [x[0] * 3.0, x[1].sqrt()], &[x, zero]);
    assert_eq!((y + z * 0.0).backward().wrt_all(&[x, zero]), [3.0, 0.0]);
    assert_eq!((y * z).backward().wrt_all(&[x, zero]), [0.0, f64::INFINITY]);
    let [y] = checkpoint(|x| [x[0] * 3.0 + 0.0 * x[1]], &[x, zero.ln()]);
    assert_eq!(y.backward().wrt_all(&[x, zero]), [3.0, 0.0]);
}

#[test]
fn sums_of_gradients_and_old_memory_work_through_checkpoints() {
    let tape = Tape::new();
    let (mut gradients, mut total) = (Gradients::new(), Gradients::new());
    for round in 1..4 {
        let w = tape.var(f64::from(round));
        for row in [1.0, 2.0, 3.0] {
            let [error] = checkpoint(move |w| [(w[0] * row).powi(2)], &[w]);
            error.backward_into(&mut gradients);
            total += &gradients;
        }
        assert_eq!(total.wrt(w), 2.0 * 14.0 * f64::from(round));
        tape.clear();
        assert_eq!((tape.len(), tape.bytes()), (0, 0));
        total = Gradients::new();
    }
}

/// A nested sine. Its arguments go through nested checkpoints.
fn deep<T: Scalar>(depth: usize, x: Value<T>, y: Value<T>) -> Value<T> {
    let [z] = checkpoint(
        move |x| [if depth == 0 { x[0] * x[1] } else { (deep(depth - 1, x[0], x[1]) + x[0]).sin() * x[1] }],
        &[x, y],
    );
    z
}

fn deep_plainly<T: Scalar>(depth: usize, x: Value<T>, y: Value<T>) -> Value<T> {
    if depth == 0 { x * y } else { (deep_plainly(depth - 1, x, y) + x).sin() * y }
}

#[test]
fn checkpoints_nest() {
    for depth in 0..9 {
        let at = [0.7, 1.3];
        let plainly = gradient(|x| deep_plainly(depth, x[0], x[1]), &at);
        assert_eq!(gradient(|x| deep(depth, x[0], x[1]), &at), plainly);
    }
}

type Nested = Value<Value<f64>>;

/// The Hessian of a function of two numbers, by a sweep over a sweep.
fn hessian(f: impl Fn(Nested, Nested) -> Nested, x: [f64; 2]) -> [Vec<f64>; 2] {
    let slope = |x: &[Value<f64>], i: usize| gradient(|x| f(x[0], x[1]), x).1[i];
    [0, 1].map(|i| gradient(|x| slope(x, i), &x).1)
}

#[test]
fn second_derivatives_go_through_checkpoints() {
    for depth in 0..5 {
        let [ours, theirs] = [deep::<Value<f64>>, deep_plainly].map(|f| hessian(|x, y| f(depth, x, y), [0.7, 1.3]));
        for (ours, theirs) in ours.concat().into_iter().zip(theirs.concat()) {
            assert_near(ours, theirs, 1e-13 * theirs.abs().max(1.0), depth);
        }
    }
    // The adjoint of the checkpoint is 0, but has a derivative.
    let x = [3.0, 0.0];
    let by_zero = hessian(
        |x, y| {
            let [square] = checkpoint(|x| [x[0] * x[0]], &[x]);
            square * y
        },
        x,
    );
    assert_eq!(by_zero, [[0.0, 6.0], [6.0, 0.0]]);
    // The plain numbers of the outer tape are active on the inner one, even where they are captured.
    let captured = gradient(
        |w| {
            let w = w[0];
            let by_x = gradient(|x| checkpoint(move |x| [x[0] * x[0] * w], &[x[0]])[0], &[Value::from(5.0)]);
            by_x.1[0]
        },
        &[7.0],
    );
    assert_eq!(captured, (70.0, vec![10.0]));
}

#[test]
fn checkpoints_of_an_inner_tape_serve_an_outer_one() {
    let (inner, outer) = (Tape::<f64>::new(), Tape::<Value<f64>>::new());
    let x = inner.var(2.0);
    let [square] = checkpoint(|x| [x[0] * x[0]], &[x]);
    let v = outer.var(square);
    let [cube] = checkpoint(|v| [v[0] * v[0] * v[0]], &[v]);
    let slope = cube.backward().wrt(v);
    // 3 x⁴, and its derivative 12 x³.
    assert_eq!((slope.data(), slope.backward().wrt(x)), (48.0, 96.0));
}

#[test]
fn programs_record_gradients_through_checkpoints() {
    let slope = |x: &[Expr<f64>]| gradient(|x| checkpoint(|x| [x[0] * x[1].sin(), x[0] * x[0]], x)[0], x).1[1];
    let program = Program::record(slope, &[1.0, 2.0]);
    for x in [[3.0_f64, 2.5], [-3.0, 2.5], [0.5, -1.0]] {
        assert_eq!(program.eval(&x).unwrap(), [x[0] * x[1].cos()]);
    }
}

/// A step of the classic Runge-Kutta method for the predator-prey equations.
fn step<F: Real<Plain = f64>>(s: [F; 2], p: &[F]) -> [F; 2] {
    let slopes = |[x, y]: [F; 2]| [p[0] * x - p[1] * x * y, p[3] * x * y - p[2] * y];
    let ahead = |time: f64, k: [F; 2]| [s[0] + k[0] * time, s[1] + k[1] * time];
    let k1 = slopes(s);
    let k2 = slopes(ahead(0.0005, k1));
    let k3 = slopes(ahead(0.0005, k2));
    let k4 = slopes(ahead(0.001, k3));
    [0, 1].map(|i| s[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (0.001 / 6.0))
}

const START: [f64; 6] = [1.5, 1.0, 3.0, 1.0, 1.0, 1.0];

/// The gradient of the final state by parameters and start, and the bytes of the tape.
fn predator_and_prey(steps: usize, in_checkpoints: bool) -> (Vec<f64>, usize) {
    let tape = Tape::new();
    let v = tape.vars(&START);
    let (state, p) = ([v[4], v[5]], &v[..4]);
    let [x, y] = if in_checkpoints {
        checkpoint_loop(|_, &state, p| step(state, p), steps, state, p)
    } else {
        (0..steps).fold(state, |state, _| step(state, p))
    };
    assert_eq!((0..steps).fold([1.0, 1.0], |s, _| step(s, &START[..4])), [x.data(), y.data()]);
    ((x + y).backward().wrt_all(&v), tape.bytes())
}

#[test]
fn a_loop_has_the_gradient_of_the_plain_loop_bit_for_bit() {
    for steps in [0, 1, 2, 127, 128, 129, 255, 256, 257, 1000, 16_384, 16_385] {
        assert_eq!(predator_and_prey(steps, true).0, predator_and_prey(steps, false).0, "{steps} steps");
    }
}

#[test]
fn a_long_loop_takes_little_memory() {
    for (steps, sizes) in [(1000, 1), (10_000, 1), (100_000, 2)] {
        let mut bytes = 0;
        let most = peak(|| bytes = predator_and_prey(steps, true).1);
        // 128 checkpoints of six inputs and two outputs for each size of pieces, and the records of 128 steps.
        assert!(bytes <= 128 * 400, "{bytes} bytes on the tape after {steps} steps");
        assert!(most <= 500_000 + sizes * 128 * 500, "{most} bytes in use in {steps} steps");
    }
    let most = peak(|| _ = predator_and_prey(1000, false));
    assert!(most > 1_000_000, "the plain loop uses {most} bytes");
}

#[test]
fn steps_know_their_number_and_states_may_be_vectors() {
    for steps in [0, 5, 128, 200, 17_000] {
        let tape = Tape::new();
        let x = tape.vars(&[0.5, 0.25]);
        // x ← x / 2 + k p, y stays.
        let step = |k: usize, state: &Vec<Value<f64>>, p: &[Value<f64>]| {
            let k = number::<f64>(f64::from(u32::try_from(k % 3).unwrap()));
            vec![state[0] / 2.0 + p[0] * k, state[1]]
        };
        let last = checkpoint_loop(step, steps, x.clone(), &[x[1]]);
        let plainly = (0..steps).fold(x.clone(), |state, k| step(k, &state, &x[1..]));
        assert_eq!(last, plainly);
        let [ours, theirs] = [last, plainly].map(|y| (y[0] * y[1]).backward().wrt_all(&x));
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            assert_near(ours, theirs, 1e-15, steps);
        }
    }
}

#[test]
fn a_loop_over_constants_records_nothing_and_one_with_active_parameters_alone_does() {
    let constant = checkpoint_loop(|_, &[x]: &[_; 1], _| [x * 0.5], 1000, [Value::constant(8.0)], &[]);
    assert!(constant[0].is_constant());
    let step = |_: usize, &[x]: &[Value<f64>; 1], p: &[Value<f64>]| [x * p[0] + 1.0];
    let (value, slopes) = gradient(|p| checkpoint_loop(step, 1000, [1.0.into()], p)[0], &[0.5]);
    // 1/(1 - p), and its derivative.
    assert_eq!((value, slopes), (2.0, vec![4.0]));
}

#[test]
fn second_derivatives_go_through_loops() {
    let step = |_: usize, &[x]: &[Nested; 1], p: &[Nested]| [x * p[0]];
    let f = |x, p| checkpoint_loop(step, 200, [x], &[p])[0];
    let (n, p) = (200.0, 1.01_f64);
    let expected = [0.0, n * p.powi(199), n * p.powi(199), 2.0 * n * (n - 1.0) * p.powi(198)];
    for (ours, theirs) in hessian(f, [2.0, p]).concat().into_iter().zip(expected) {
        assert_near(ours, theirs, 1e-12 * theirs.abs(), "x pⁿ");
    }
}

#[test]
fn a_panic_in_a_sweep_leaves_tape_and_gradients_usable() {
    let tape = Tape::new();
    let (x, y) = (tape.var(2.0), tape.var(3.0));
    let fails = Rc::new(Cell::new(false));
    let watched = Rc::clone(&fails);
    let f = move |x: &[Value<f64>]| {
        let z = x[0] * x[1];
        assert!(!watched.get(), "the function fails");
        checkpoint(|x| [x[0] * x[1]], &[z, x[0]])
    };
    let [z] = checkpoint(f, &[x, y]);
    let mut gradients = (x * y).backward();
    fails.set(true);
    for _ in 0..3 {
        let (message, _) = panic_of(|| (z * y).backward_into(&mut gradients));
        assert!(message.contains("the function fails"), "{message}");
        assert_eq!(gradients.wrt_all(&[x, y]), [0.0, 0.0]);
    }
    assert_eq!((x * y).backward().wrt(x), 3.0, "other sweeps do not need it");
    fails.set(false);
    assert_eq!((z * y).backward().wrt_all(&[x, y]), [4.0 * 9.0, 4.0 * 6.0]);
}

#[test]
fn a_tape_drops_functions_when_it_is_cleared_or_dropped() {
    let tape = Tape::new();
    let owned = Rc::new(());
    let make = || {
        let (captured, x) = (Rc::clone(&owned), tape.var(1.0));
        checkpoint(move |x| [x[0] * x[0] + number::<f64>(f64::from(u8::from(Rc::strong_count(&captured) == 0)))], &[x])
    };
    let (before, sizes) = (tape.bytes(), [make(), make(), make()].map(|_| tape.bytes()));
    assert!(before < sizes[0]);
    assert_eq!(Rc::strong_count(&owned), 4);
    tape.clear();
    assert_eq!((Rc::strong_count(&owned), tape.bytes()), (1, before));
    make();
    assert_eq!(Rc::strong_count(&owned), 2);
    drop(tape);
    assert_eq!(Rc::strong_count(&owned), 1);
}
