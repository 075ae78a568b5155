//! A computation that uses all features of tapes, and what foreign code may do to a tape meanwhile.

use std::rc::Weak;

use gradtape::{Gradients, Tape, Value, checkpoint};
use num_traits::Float;

use crate::number;

/// What foreign code does to a tape in use.
#[derive(Clone, Copy)]
pub enum Action<T: Float + 'static> {
    /// It uses the tape and two of its values.
    Use(fn(&Tape<T>, [Value<T>; 2])),
    /// It drops the tape.
    Drop,
}

/// All actions, by name.
pub fn actions<T: Float + 'static>() -> [(&'static str, Action<T>); 10] {
    [
        ("record", Action::Use(|_, [a, b]| assert!((a * b).data() > T::zero()))),
        ("record much", Action::Use(|_, [a, b]| assert!((0..300).all(|_| (a * b).data() > T::zero())))),
        (
            "record many operands",
            Action::Use(|_, [a, b]| assert!([a, b, a, b].iter().sum::<Value<_>>().data() > T::zero())),
        ),
        // With locations, the tape notes it.
        ("find a pole", Action::Use(|_, [a, _]| assert!((a * T::zero()).ln().data() < T::zero()))),
        ("sweep", Action::Use(|_, [a, _]| drop(a.sin().retain().backward()))),
        ("make variables", Action::Use(|tape, _| assert_eq!(tape.vars(&[T::one(); 600]).len(), 600))),
        (
            "look",
            Action::Use(|tape, _| assert!(tape.len().max(tape.bytes()) < 1 << 20 && !format!("{tape:?}").is_empty())),
        ),
        ("clear", Action::Use(|tape, _| tape.clear())),
        ("drop", Action::Drop),
        ("use another tape", Action::Use(|_, _| assert_works(&Tape::<T>::new()))),
    ]
}

/// The messages of the panics that refuse an action, or a computation after it.
pub const REFUSALS: [&str; 4] =
    ["the tape is busy", "keep the tape alive", "make it with `var` of this tape", "the program lost its tape"];

/// A new computation on the tape is right.
#[track_caller]
pub fn assert_works<T: Float + 'static>(tape: &Tape<T>) {
    let (x, y) = (tape.var(number(2.0)), tape.var(number(3.0)));
    assert!((0..300).fold(x, |_, _| x * y).backward().wrt(x) == number(3.0));
}

/// A gradient that uses all features of tapes.
pub fn program<T: Float + 'static>(tape: &Weak<Tape<T>>, x: &[Value<T>]) -> Vec<T> {
    let tape = || tape.upgrade().expect("the program lost its tape");
    let (a, b, long) = (x[0], x[1], &x[2..]);
    let (zero, ones) = (T::zero(), vec![T::one(); long.len()]);
    let y = (a * b).sin() + b;
    let y = y.max(a) + y.min(b) + y.powf(a) + y.hypot(b) + y.clamp(Value::constant(zero), b).gelu();
    let late = tape().vars(&[T::one(), T::epsilon()]);
    let y = y + Value::dot(long, long) * Value::weighted_sum(long, &ones) * late[0];
    let y = y + long.iter().sum::<Value<T>>() * long.iter().map(|&l| l * a).sum::<Value<T>>();
    let inner = |x: &[Value<T>]| checkpoint(|x| [x[0] * x[1]], &[x[0] + x[1], x[2]]);
    let [c, d] = checkpoint(move |x| [inner(x)[0] + x[0], x[1].sin()], &[a, y, y]);
    let y = y + c * number::<T>(1e-3) + d;
    // A number that is not used has no influence, even if it is infinite or NaN.
    let odd = tape().custom(T::one(), &[(a * zero, T::infinity()), (b, T::nan()), (late[1], zero)]);
    let y = y + long.iter().product::<Value<T>>() + y.max(late[1]) + odd * zero;
    let y = (y * number::<T>(1e-3)).exp().retain();
    let mut gradients = Gradients::new();
    y.backward_into(&mut gradients);
    let mut total = y.tanh().backward();
    total += &gradients;
    total.wrt_all(x)
}

/// The variables of [`program`].
pub fn variables<T: Float + 'static>(tape: &Tape<T>) -> Vec<Value<T>> {
    tape.vars(&[&[number(0.75), number(1.25)][..], &[number(1.1); 18]].concat())
}
