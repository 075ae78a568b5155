//! Values that do not belong together panic, in the caller's line, with a message that names the remedy.

use std::cell::Cell;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Sub, SubAssign};

use gradtape::{Gradients, Tape, Value, checkpoint, checkpoint_loop, gradient};
use num_traits::{MulAddAssign, Pow};
use testing::panics::{assert_refused, assert_refused_here, panic_of};
use testing::{names, read_names};

const STALE: &str = "keep the tape alive, make values anew after `clear`, and use them on the thread that made them";
const MIXED: &str = "make both with the same tape, or pass one as `Value::constant(x.data())`";
const ELSEWHERE: &str = "take the gradient and ask it about values of one tape between two calls of `clear`";
const NOT_KEPT: &str = "call `retain()` on it and compute with what it returns";

type Join = (&'static str, fn(Value<f64>, Value<f64>) -> Value<f64>);

/// Every way to join two values, from the table, called in this file.
macro_rules! joins {
    (
        real_many $real_many:tt
        float_unary $float_unary:tt
        real_unary $real_unary:tt
        float_binary { $($b:ident at $bat:tt;)* }
        float_choice $float_choice:tt
        real_binary { $($r:ident at $rat:tt;)* }
        operator { $($O:ident::$o:ident $OA:ident::$oa:ident at $oat:tt;)* }
    ) => {
        #[allow(clippy::op_ref)]
        const JOINS: &[Join] = &[
            $((stringify!($b), |a, b| a.$b(b)),)*
            $((stringify!($r), |a, b| a.$r(b)),)*
            $((stringify!($o), |a, b| $O::$o(a, b)), (concat!(stringify!($o), " by reference"), |a, b| $O::$o(&a, &b)),
              (stringify!($oa), |mut a, b| { $OA::$oa(&mut a, b); a }),)*
            ("mul_add", |a, b| a.mul_add(b, b)),
            ("mul_add_assign", |mut a, b| { a.mul_add_assign(b, b); a }),
            ("pow", |a, b| a.pow(b)),
            ("dot", |a, b| Value::dot(&[a, a, a], &[b, b, b])),
            ("weighted_sum", |a, b| Value::weighted_sum(&[a, b], &[1.0, 2.0])),
            ("Float::hypot", |a, b| num_traits::Float::hypot(a, b)),
            ("Float::max at a tie", |a, b| num_traits::Float::max(a, b - b.data() + a.data())),
            ("max at a tie", |a, b| a.max(b - b.data() + a.data())),
        ];
    };
}

names! { joins }

/// Iterators make these calls, so the panic is not in the line of the mistake.
const INDIRECT: &[Join] = &[("sum", |a, b| [a, b].iter().sum()), ("product", |a, b| [a, b].into_iter().product())];

#[track_caller]
fn assert_joins_refused(remedy: &str, a: Value<f64>, b: Value<f64>) {
    for (name, join) in JOINS.iter().chain(INDIRECT) {
        let (message, _) = panic_of(|| join(a, b));
        assert!(message.contains(remedy), "{name}: {message:?} does not say {remedy:?}");
    }
}

#[track_caller]
fn assert_value_refused(remedy: &str, x: Value<f64>) {
    assert_refused(remedy, || x.backward());
    assert_refused(remedy, || x.sin().backward());
    assert_refused(remedy, || x.sin().retain());
    assert_refused(remedy, || x.backward_into(&mut Gradients::new()));
}

#[test]
fn values_of_two_tapes_do_not_mix() {
    let (one, two) = (Tape::new(), Tape::new());
    let (x, y) = (one.var(0.7), two.var(1.3));
    assert_joins_refused(MIXED, x, y);
    assert_joins_refused(MIXED, y.exp(), x.exp());
    assert_refused("does not belong to this tape", || one.custom(1.0, &[(x, 1.0), (y, 1.0)]));
    assert_eq!((x * y.data()).backward().wrt(x), 1.3);
}

#[test]
fn choices_between_two_tapes_are_refused_whichever_number_is_taken() {
    let (one, two) = (Tape::new(), Tape::new());
    let (x, y, middle) = (one.var(0.7), two.var(1.3), Value::from(1.0));
    for (a, b) in [(x, y), (y, x), (x.exp(), y), (x, y - 9.0)] {
        assert_refused_here(MIXED, || a.max(b));
        assert_refused_here(MIXED, || a.min(b));
    }
    for number in [0.5, 0.7, 1.0, 1.3, 2.0] {
        assert_refused_here(MIXED, || Value::from(number).clamp(x, y));
        assert_refused_here(MIXED, || one.var(number).clamp(x, y));
        assert_refused_here(MIXED, || one.var(number).clamp(middle - 0.3, y));
        assert_refused_here(MIXED, || two.var(number).clamp(x, middle));
    }
    assert_eq!(middle.clamp(x, x + 9.0), 1.0);
}

#[test]
fn values_of_a_cleared_tape_are_refused() {
    let tape = Tape::new();
    let (x, y) = (tape.var(0.7), tape.var(1.3));
    tape.clear();
    let z = tape.var(1.9);
    assert_joins_refused(STALE, x, y);
    assert_joins_refused(STALE, x, z);
    assert_joins_refused(STALE, z, x);
    assert_value_refused(STALE, x);
    assert_refused("make it with `var` of this tape", || tape.custom(1.0, &[(x, 1.0)]));
    assert_eq!(z.backward().wrt(z), 1.0);
}

#[test]
fn values_of_a_dropped_tape_are_refused() {
    let (x, y) = {
        let tape = Tape::new();
        (tape.var(0.7), tape.var(1.3))
    };
    assert_joins_refused(STALE, x, y);
    assert_value_refused(STALE, x);
    let other = Tape::new();
    assert_joins_refused(STALE, x, other.var(1.0));
}

#[test]
fn values_are_refused_on_another_thread() {
    let tape = Tape::new();
    let (x, y) = (tape.var(0.7), tape.var(1.3));
    std::thread::spawn(move || {
        assert_joins_refused(STALE, x, y);
        assert_value_refused(STALE, x);
        // A tape on the other thread does not help.
        let other = Tape::new();
        assert_joins_refused(STALE, x, other.var(1.0));
    })
    .join()
    .unwrap();
    assert_eq!((x * y).backward().wrt(x), 1.3);
}

#[test]
fn a_foreign_tape_is_reported_in_the_callers_line() {
    let (one, two) = (Tape::new(), Tape::new());
    let (x, y) = (one.var(0.7), two.var(1.3));
    for (name, join) in JOINS {
        let (message, file) = panic_of(|| join(x, y));
        assert_eq!(file, file!(), "{name}: {message}");
    }
    assert_refused_here("make it with `var` of this tape", || one.custom(1.0, &[(x, 1.0), (y, 1.0)]));
    assert_refused_here(ELSEWHERE, || x.backward().wrt(y));
    assert_refused_here(ELSEWHERE, || x.backward().wrt_all(&[x, y]));
    assert_refused_here("add what `wrt` says of each", || {
        let mut sum = x.backward();
        sum += y.backward();
    });
}

#[test]
fn a_cleared_tape_is_reported_in_the_callers_line() {
    let tape = Tape::new();
    let (x, y) = (tape.var(0.7), tape.var(1.3));
    tape.clear();
    for (name, join) in JOINS {
        let (message, file) = panic_of(|| join(x, y));
        assert_eq!(file, file!(), "{name}: {message}");
    }
    assert_refused_here(STALE, || x.backward());
    assert_refused_here(STALE, || x.sin().retain());
    assert_refused_here(STALE, || x.backward_into(&mut Gradients::new()));
    assert_refused_here("make it with `var` of this tape", || tape.custom(1.0, &[(x, 1.0)]));
}

#[test]
fn gradients_answer_only_for_what_they_know() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, y) = (tape.var(-2.0), other.var(1.0));
    let gradients = (x * x).backward();
    assert_refused_here("make it a variable with `tape.var`", || gradients.wrt(Value::from(1.0)));
    assert_refused_here("make it a variable with `tape.var`", || gradients.wrt(Value::default()));
    let unkept = [x + 1.0, x * 1.0, -(-x), x.max(-3.0), x.abs(), x.clamp(-9.0, 9.0), x - x];
    for v in unkept {
        assert_refused_here(NOT_KEPT, || gradients.wrt(v));
        assert_refused_here(NOT_KEPT, || v.backward().wrt(v));
        let kept = v.retain();
        assert_eq!((kept * 3.0).backward().wrt(kept), 3.0);
    }
    assert_refused_here(ELSEWHERE, || gradients.wrt(y));
    assert_refused_here(ELSEWHERE, || y.backward().wrt(x));
    assert_refused_here("as many derivatives as values", || gradients.wrt_into(&[x, x], &mut [0.0]));
    tape.clear();
    let z = tape.var(5.0);
    assert_refused_here(ELSEWHERE, || gradients.wrt(z));
    assert_refused_here(ELSEWHERE, || z.backward().wrt(x));
    assert_eq!(gradients.wrt(x), -4.0, "gradients outlive `clear`");
    let before = z.backward();
    let later = tape.var(6.0);
    let unrelated = (later * z).backward();
    assert_refused_here("made after the gradient was taken", || before.wrt(later));
    assert_eq!((z.backward().wrt(later), unrelated.wrt(later)), (0.0, 5.0));
    let nothing = Value::from(3.0).backward();
    assert_eq!((nothing.wrt(z), nothing.wrt(x)), (0.0, 0.0), "a constant has a gradient of zeros");
    assert_refused_here(NOT_KEPT, || nothing.wrt(z * 2.0));
}

#[test]
fn gradients_of_different_tapes_or_times_are_not_added() {
    let (tape, other) = (Tape::new(), Tape::new());
    let x = tape.var(2.0);
    let mut sum = Gradients::new();
    sum += (x * x).backward();
    sum += &x.backward();
    sum += Value::from(1.0).backward();
    assert_eq!(sum.wrt(x), 5.0);
    assert_refused_here("add what `wrt` says of each", || sum += &other.var(1.0).backward());
    tape.clear();
    assert_refused_here("add what `wrt` says of each", || sum += tape.var(1.0).backward());
    assert_eq!(sum.wrt(x), 5.0, "a refused sum changes nothing");
}

#[test]
fn wrong_lengths_and_bounds_are_refused() {
    let tape = Tape::new();
    let x = tape.vars(&[1.0, 2.0]);
    assert_refused_here("as many factors on either side", || Value::dot(&x, &x[1..]));
    assert_refused_here("as many weights as values", || Value::weighted_sum(&x, &[1.0]));
    assert_refused_here("as many factors on either side", || <f64 as gradtape::Real>::dot(&[1.0], &[]));
    for (low, high) in [(2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::NAN)] {
        let remedy = "`clamp` needs a lower bound that is not above the upper one, and neither NaN";
        assert_refused_here(remedy, || x[0].clamp(low, high));
        assert_refused_here(remedy, || num_traits::Float::clamp(x[0], low.into(), high.into()));
    }
}

#[test]
fn a_function_may_return_a_constant_but_no_foreign_value() {
    assert_eq!(gradient(|_| Value::from(2.0), &[1.0, 1.0]), (2.0, vec![0.0, 0.0]));
    let tape = Tape::new();
    let foreign = tape.var(1.0);
    assert_refused_here(ELSEWHERE, || gradient(|_| foreign, &[1.0]));
}

const CAPTURED: &str = "captures a value of a tape; pass it as an input";

#[test]
fn inputs_of_a_checkpoint_are_of_one_living_tape() {
    let (one, two) = (Tape::new(), Tape::new());
    let (x, y) = (one.var(0.7), two.var(1.3));
    let product = |x: &[Value<f64>]| [x[0] * x[1]];
    assert_refused_here(MIXED, || checkpoint(product, &[x, y]));
    assert_refused_here(MIXED, || checkpoint_loop(|_, &[x]: &[_; 1], p| [x * p[0]], 1000, [x], &[y]));
    one.clear();
    assert_refused_here(STALE, || checkpoint(product, &[x, x]));
    assert_refused(STALE, || checkpoint(product, &[y, x]));
    assert_eq!((one.len(), two.len()), (0, 1), "what is refused is not recorded");
}

#[test]
fn captured_values_are_refused_when_they_first_show() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, w, foreign) = (tape.var(3.0), tape.var(2.0), other.var(2.0));
    for captured in [w, w.exp(), foreign, x] {
        assert_refused_here(CAPTURED, || checkpoint(move |x| [x[0] * captured], &[x]));
        assert_refused_here(CAPTURED, || checkpoint(move |_| [captured], &[x]));
        assert_refused_here(CAPTURED, || checkpoint(move |x| [x[0] * captured], &[Value::from(1.0)]));
        assert_refused_here(CAPTURED, || checkpoint_loop(move |_, &[x]: &[_; 1], _| [x * captured], 1000, [x], &[]));
        // The first run does not use it.
        let [larger] = checkpoint(move |x| [x[0].max(captured - 9.0)], &[x]);
        assert_refused("in a function of a checkpoint, as an input", || larger.backward());
        let [active] =
            checkpoint(move |x| [if x[0].is_constant() { 2.0.into() } else { captured - captured.data() + 2.0 }], &[x]);
        assert_refused(CAPTURED, || active.backward());
    }
    // It cannot record during a sweep either.
    let [scaled] = checkpoint(move |y| [y[0] * (w * x).data()], &[x]);
    assert_refused("the tape is busy", || scaled.backward());
    assert_refused("whose values are inputs", || scaled.backward());
    // A number may be captured.
    let c = w.data();
    assert_eq!(checkpoint(move |x| [x[0] * c], &[x])[0].backward().wrt(x), 2.0);
}

#[test]
fn functions_that_do_not_repeat_themselves_are_refused() {
    let tape = Tape::new();
    let x = tape.var(3.0);
    let changes = |runs: [f64; 2]| {
        let run = Cell::new(0);
        checkpoint(
            move |x| {
                run.set(run.get() + 1);
                [x[0], x[0] * 0.0 + runs[usize::from(run.get() > 1)]]
            },
            &[x],
        )
    };
    for runs in [[1.0, 2.0], [1.0, 1.0_f64.next_up()], [f64::NAN, 1.0], [1.0, f64::NAN], [f64::INFINITY, f64::MAX]] {
        let [y, _] = changes(runs);
        assert_refused("output 1 of the function of the checkpoint at tests/tape/tape_misuse.rs:", || y.backward());
        assert_refused("depend on its inputs alone", || y.backward());
    }
    for same in [1.0, 0.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(changes([same; 2])[0].backward().wrt(x), 1.0);
    }
    let zeros = Cell::new(-0.0);
    let [y] = checkpoint(move |x| [x[0].copysign(zeros.replace(0.0)) * 0.0], &[x]);
    assert_refused("was another number when it ran again", || y.backward());
    let count = Cell::new(1);
    let y = checkpoint(move |x| vec![x[0]; count.replace(2)], &[x]);
    assert_refused("returned 1 values, and 2 when it ran again", || y[0].backward());
    let shrinking = |_: usize, state: &Vec<Value<f64>>, _: &[Value<f64>]| state[1..].to_vec();
    assert_refused("step 0 of the loop at tests/tape/tape_misuse.rs", || {
        checkpoint_loop(shrinking, 5, vec![x, x], &[])
    });
}
