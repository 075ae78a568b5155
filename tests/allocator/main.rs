//! An allocator may call safe code whenever memory is allocated or freed: code that uses, clears or drops the very tape
//! that asks for memory. Then every result is right, or refused.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gradtape::{Gradients, Tape, Value, checkpoint};
use testing::panics::caught;
use testing::tapes::{Action, REFUSALS, actions, assert_works, program, variables};
use testing::tracking::tracked;

#[global_allocator]
static ALLOCATOR: testing::tracking::Tracking = testing::tracking::Tracking;

thread_local! {
    /// The number of calls of the tracker before the action, which happens once.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static ACTION: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    /// Why the action was refused.
    static REFUSED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Takes the action when it is due.
fn tracker() {
    LEFT.set(LEFT.get().wrapping_sub(1));
    if LEFT.get() == 0
        && let Some(action) = ACTION.take()
    {
        REFUSED.set(caught(action).err().map(|(message, _)| message));
    }
}

/// What happened when an allocator took an action.
struct Outcome<R> {
    result: Result<R, String>,
    /// Whether the action happened.
    came: bool,
    /// Why it was refused.
    refused: Option<String>,
    /// The tape, unless it was dropped.
    tape: Option<Rc<Tape<f64>>>,
}

/// The result of `f` on a tape and its values, with the action on the tape in call `at` of the tracker.
fn run<R>(
    action: Action<f64>,
    at: usize,
    tape: Tape<f64>,
    values: &[Value<f64>],
    f: impl FnOnce(&Weak<Tape<f64>>) -> R,
) -> Outcome<R> {
    let (tape, pair) = (Rc::new(tape), [values[0], values[1]]);
    let (weak, owner) = (Rc::downgrade(&tape), Rc::new(RefCell::new(Some(tape))));
    let shared = Rc::clone(&owner);
    let act = move || match action {
        Action::Use(action) => action(&Rc::clone(shared.borrow().as_ref().expect("it was not dropped")), pair),
        Action::Drop => drop(shared.take()),
    };
    ACTION.set(Some(Box::new(act)));
    LEFT.set(at);
    let result = caught(|| tracked(tracker, || f(&weak))).map_err(|(message, _)| message);
    let came = ACTION.take().is_none();
    let outcome = Outcome { result, came, refused: REFUSED.take(), tape: owner.take() };
    for message in outcome.result.as_ref().err().into_iter().chain(&outcome.refused) {
        assert!(REFUSALS.iter().any(|refusal| message.contains(refusal)), "{message:?}");
    }
    outcome
}

/// A tape with so many joins, and the variables of [`program`].
fn filled(joins: usize) -> (Tape<f64>, Vec<Value<f64>>) {
    let tape = Tape::new();
    let x = variables(&tape);
    (0..joins).fold(x[0], |y, _| y * x[1] * 0.5);
    (tape, x)
}

type Compute = fn(&Weak<Tape<f64>>, &[Value<f64>]) -> Vec<f64>;

/// The same gradient, on a tape of the values of the tape.
fn nested(tape: &Weak<Tape<f64>>, x: &[Value<f64>]) -> Vec<f64> {
    let outer = Rc::new(Tape::new());
    let slopes = program(&Rc::downgrade(&outer), &outer.vars(x));
    let total = slopes.iter().copied().sum::<Value<f64>>();
    let second = total.backward().wrt_all(x);
    assert!(tape.upgrade().is_some(), "the program lost its tape");
    slopes.iter().map(|slope| slope.data()).chain(second).collect()
}

/// The joins before the gradient are so many that the tape grows in one of its first records, in the middle, and so on.
fn assert_right_or_refused(compute: Compute, fillings: &[usize]) {
    let (tape, x) = filled(0);
    let tape = Rc::new(tape);
    let expected = compute(&Rc::downgrade(&tape), &x);
    assert!(expected.iter().any(|slope| slope.is_normal()), "{expected:?}");
    for (name, action) in actions() {
        for &joins in fillings {
            let came = |at: &usize| {
                let (tape, x) = filled(joins);
                let Outcome { result, came, refused, tape } = run(action, *at, tape, &x, |tape| compute(tape, &x));
                match result {
                    Ok(slopes) => assert_eq!(slopes, expected, "{name} in call {at} after {joins} joins"),
                    Err(message) => assert!(["clear", "drop"].contains(&name), "{name}: {message}"),
                }
                assert!(refused.is_none() || name != "use another tape", "{refused:?}");
                assert_works(&Tape::<f64>::new());
                if let Some(tape) = tape {
                    assert_works(&tape);
                }
                came
            };
            let step = if joins == 0 { 1 } else { 7 };
            let calls = (1 + joins % step..99_999).step_by(step).take_while(came).count();
            assert!(calls > 10, "{name}: {calls}");
        }
    }
}

#[test]
fn gradients_are_right_or_refused_whatever_the_allocator_does() {
    let fillings: Vec<usize> = [0].into_iter().chain((150..256).step_by(7)).collect();
    assert_right_or_refused(program::<f64>, &fillings);
}

#[test]
fn second_derivatives_are_right_or_refused_whatever_the_allocator_does() {
    assert_right_or_refused(nested, &[0, 100, 250]);
}

/// A tape whose memory is full.
fn full() -> (Tape<f64>, [Value<f64>; 2]) {
    let tape = Tape::with_capacity(256);
    let (x, y) = (tape.var(2.0), tape.var(3.0));
    for _ in 0..256 {
        let _ = x * y;
    }
    (tape, [x, y])
}

#[test]
fn a_tape_is_busy_while_it_grows() {
    type Grow = fn(&Tape<f64>, [Value<f64>; 2]) -> Value<f64>;
    let ten_joins = Action::Use(|_, [a, b]| (0..10).for_each(|_| assert_eq!(a * b, 6.0)));
    let growths: [(&str, Grow); 5] = [
        ("a join", |_, [a, b]| a * b),
        ("a sum", |_, [a, b]| [a, b].iter().product()),
        ("a retained value", |_, [a, _]| (a * 3.0).retain()),
        ("a variable", |tape, [a, b]| a * b + tape.var(1.0)),
        ("a checkpoint", |_, x| checkpoint(|x| [x[0] * x[1]], &x)[0]),
    ];
    for (name, grow) in growths {
        let mut busy = 0;
        for at in 1.. {
            let (tape, x) = full();
            let before = tape.len();
            let outcome = run(ten_joins, at, tape, &x, |tape| grow(&tape.upgrade().expect("nobody drops it"), x));
            if !outcome.came {
                break;
            }
            let (y, tape) =
                (outcome.result.expect("nothing is refused but the action"), outcome.tape.expect("it is kept"));
            let slopes = y.backward().wrt_all(&x);
            assert_eq!(slopes, if name == "a retained value" { [3.0, 0.0] } else { [3.0, 2.0] }, "{name} {at}");
            let added = tape.len() - before;
            assert_eq!(outcome.refused.is_some(), added < 10, "{name} {at}: {added} {:?}", outcome.refused);
            busy += usize::from(outcome.refused.is_some_and(|message| message.contains("the tape is busy")));
        }
        assert!(busy > 1, "{name} was busy {busy} times");
    }
}

#[test]
fn a_tape_that_is_dropped_or_cleared_while_it_grows_is_refused_afterwards() {
    for action in [Action::Drop, Action::Use(|tape, _| tape.clear())] {
        for at in 1.. {
            let (tape, [x, y]) = full();
            let outcome = run(action, at, tape, &[x, y], |_| x * y);
            if !outcome.came {
                break;
            }
            let is_gone = outcome.tape.as_ref().is_none_or(|tape| tape.is_empty());
            assert_eq!(is_gone, outcome.refused.is_none());
            let swept = outcome.result.map(|z| caught(|| z.backward().wrt(x)));
            match swept {
                Ok(Ok(slope)) => assert!(!is_gone && slope == 3.0),
                Ok(Err((message, _))) | Err(message) => {
                    assert!(is_gone && message.contains("keep the tape alive"), "{message}");
                }
            }
        }
    }
}

#[test]
fn a_tape_that_is_cleared_while_a_checkpoint_is_made_is_refused() {
    let mut gone = 0;
    for at in 1.. {
        let tape = Tape::new();
        let x = tape.vars(&[2.0, 3.0]);
        let clear = Action::Use(|tape: &Tape<f64>, _| {
            tape.clear();
            tape.vars(&[5.0, 7.0]);
        });
        let outcome = run(clear, at, tape, &x, |_| checkpoint(|x| [x[0] * x[1]], &x)[0]);
        if !outcome.came {
            break;
        }
        let is_gone = outcome.refused.is_none();
        gone += usize::from(is_gone);
        let slopes = outcome.result.and_then(|y| caught(|| y.backward().wrt_all(&x)).map_err(|(message, _)| message));
        match slopes {
            Ok(slopes) => assert!(!is_gone && slopes == [3.0, 2.0], "{at}: {slopes:?}"),
            Err(message) => assert!(is_gone && message.contains("keep the tape alive"), "{at}: {message}"),
        }
        let tape = outcome.tape.expect("it is kept");
        assert_eq!(tape.len(), if is_gone { 2 } else { 3 });
    }
    assert!(gone > 10, "{gone}");
}

/// The list of free territories is locked while a tape is dropped.
#[test]
fn no_tape_waits_for_ever_for_another_that_is_dropped() {
    let (sender, receiver) = mpsc::channel();
    for _ in 0..2 {
        let sender = sender.clone();
        thread::spawn(move || {
            let tapes: Vec<Tape<f64>> = (0..1000).map(|_| Tape::new()).collect();
            let make_and_drop = || {
                let tape = Tape::new();
                let x = tape.var(3.0_f64);
                assert_eq!((x * x).backward().wrt(x), 6.0);
            };
            tracked(make_and_drop, || drop(tapes));
            sender.send(()).expect("the test waits");
        });
    }
    for _ in 0..2 {
        receiver.recv_timeout(Duration::from_secs(200)).expect("a tape waits for ever, or a tracker panics");
    }
}

#[test]
fn a_sweep_whose_adjoints_are_allocated_is_a_loan() {
    for at in 1.. {
        let (tape, x) = filled(10);
        let y = x[0] * x[1];
        let clear = Action::Use(|tape: &Tape<f64>, _| tape.clear());
        let mut gradients = Gradients::new();
        let outcome = run(clear, at, tape, &x, |_| y.backward_into(&mut gradients));
        if !outcome.came {
            break;
        }
        assert_eq!(gradients.wrt_all(&x[..2]), [x[1].data(), x[0].data()]);
        assert!(outcome.refused.expect("a loan").contains("the tape is busy"));
    }
}
