//! A scalar type may do anything while it computes: use, clear or drop the tape that is using it, or panic.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::num::FpCategory;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use gradtape::{Gradients, Tape, Value, checkpoint};
use num_traits::{Float, Num, NumCast, One, ParseFloatError, ToPrimitive, Zero};
use testing::panics::panic_of;
use testing::tapes::{Action, REFUSALS, actions, assert_works, program, variables};

/// The tape in use, and two of its values.
type Used = (Rc<Tape<Foreign>>, [Value<Foreign>; 2]);

thread_local! {
    /// The number of operations before the action, which happens once.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static ACTION: Cell<Action<Foreign>> = const { Cell::new(Action::Drop) };
    static USED: RefCell<Option<Used>> = const { RefCell::new(None) };
}

/// An f64 whose operations may take an action.
#[derive(Debug)]
struct Foreign(f64);

impl Foreign {
    /// The result of an operation.
    fn done<R>(result: R) -> R {
        LEFT.set(LEFT.get().wrapping_sub(1));
        if LEFT.get() == 0 {
            act(ACTION.get());
        }
        result
    }
}

macro_rules! implement {
    ($($Trait:ident {
        $(type $Type:ident = $T:ty;)?
        $(fn $f:ident $(<$N:ident: $Bound:ident>)? ($($args:tt)*) -> $R:ty = $result:expr;)*
        $(constants { $($constant:ident)* } queries { $($query:ident)* }
        functions { $($function:ident)* } pairs { $($pair:ident)* })?
    })*) => {
        $(#[allow(clippy::expl_impl_clone_on_copy, clippy::non_canonical_clone_impl)]
        impl $Trait for Foreign {
            $(type $Type = $T;)?
            $(fn $f $(<$N: $Bound>)? ($($args)*) -> $R { Self::done($result) })*
            $($(fn $constant() -> Self { Self::done(Self(f64::$constant())) })*
            $(fn $query(self) -> bool { Self::done(self.0.$query()) })*
            $(fn $function(self) -> Self { Self::done(Self(self.0.$function())) })*
            $(fn $pair(self, other: Self) -> Self { Self::done(Self(Float::$pair(self.0, other.0))) })*)?
        })*
    };
}

implement! {
    Clone { fn clone(&self) -> Self = Self(self.0); }
    Copy {}
    PartialEq { fn eq(&self, other: &Self) -> bool = self.0 == other.0; }
    PartialOrd { fn partial_cmp(&self, other: &Self) -> Option<Ordering> = self.0.partial_cmp(&other.0); }
    Add { type Output = Self; fn add(self, other: Self) -> Self = Self(self.0 + other.0); }
    Sub { type Output = Self; fn sub(self, other: Self) -> Self = Self(self.0 - other.0); }
    Mul { type Output = Self; fn mul(self, other: Self) -> Self = Self(self.0 * other.0); }
    Div { type Output = Self; fn div(self, other: Self) -> Self = Self(self.0 / other.0); }
    Rem { type Output = Self; fn rem(self, other: Self) -> Self = Self(self.0 % other.0); }
    Neg { type Output = Self; fn neg(self) -> Self = Self(-self.0); }
    Zero { fn zero() -> Self = Self(0.0); fn is_zero(&self) -> bool = self.0 == 0.0; }
    One { fn one() -> Self = Self(1.0); }
    ToPrimitive {
        fn to_i64(&self) -> Option<i64> = self.0.to_i64();
        fn to_u64(&self) -> Option<u64> = self.0.to_u64();
        fn to_f64(&self) -> Option<f64> = Some(self.0);
    }
    Num {
        type FromStrRadixErr = ParseFloatError;
        fn from_str_radix(s: &str, radix: u32) -> Result<Self, ParseFloatError> = f64::from_str_radix(s, radix).map(Self);
    }    NumCast { fn from<N: ToPrimitive>(x: N) -> Option<Self> = x.to_f64().map(Self); }
    Float {
        fn classify(self) -> FpCategory = self.0.classify();
        fn mul_add(self, a: Self, b: Self) -> Self = Self(self.0.mul_add(a.0, b.0));
        fn powi(self, n: i32) -> Self = Self(self.0.powi(n));
        fn sin_cos(self) -> (Self, Self) = (Self(self.0.sin()), Self(self.0.cos()));
        fn integer_decode(self) -> (u64, i16, i8) = self.0.integer_decode();
        constants { nan infinity neg_infinity neg_zero min_value min_positive_value max_value epsilon }
        queries { is_nan is_infinite is_finite is_normal is_sign_positive is_sign_negative }
        functions {
            floor ceil round trunc fract abs signum recip sqrt exp exp2 ln log2 log10 cbrt sin cos tan asin acos atan
            exp_m1 ln_1p sinh cosh tanh asinh acosh atanh
        }
        pairs { powf log max min abs_sub hypot atan2 copysign }
    }
}

/// The actions on any tape, and one of arithmetic.
fn all_actions() -> impl Iterator<Item = (&'static str, Action<Foreign>)> {
    actions().into_iter().chain([("panic", Action::Use(|_, _| panic!("the arithmetic panics")))])
}

/// Whether a panic may have the message.
fn is_refusal(message: &str) -> bool {
    REFUSALS.iter().chain(&["finished", "the arithmetic panics"]).any(|known| message.contains(known))
}

/// Takes the action on the tape in use.
fn act(action: Action<Foreign>) {
    let used = USED.with_borrow(Clone::clone);
    match (action, used) {
        (Action::Use(action), Some((tape, values))) => action(&tape, values),
        (Action::Drop, used) => drop((used, USED.take())),
        (Action::Use(_), None) => {}
    }
}

/// Runs `f` on a tape with variables, with the action in operation `at`. Returns whether the action happened, too.
fn run(action: Action<Foreign>, at: usize, f: impl FnOnce(&Weak<Tape<Foreign>>, &[Value<Foreign>])) -> (String, bool) {
    let tape = Rc::new(Tape::new());
    let (x, used) = (variables(&tape), Rc::downgrade(&tape));
    USED.set(Some((tape, [x[0], x[1]])));
    ACTION.set(action);
    let (message, _) = panic_of(|| {
        LEFT.set(at);
        f(&used, &x);
        panic!("finished");
    });
    let came = !(1..=at).contains(&LEFT.replace(0));
    assert!(is_refusal(&message), "{message:?}");
    assert_works(&Tape::<Foreign>::new());
    if let Some((tape, _)) = USED.take() {
        assert_works(&tape);
    }
    (message, came)
}

#[test]
fn gradients_are_right_or_refused_whatever_the_arithmetic_does() {
    let tape = Rc::new(Tape::<f64>::new());
    let expected = program(&Rc::downgrade(&tape), &variables(&tape));
    assert!(expected.iter().all(|slope| slope.is_normal()), "{expected:?}");
    for (name, action) in all_actions() {
        let came = |at: &usize| {
            let (message, came) = run(action, *at, |tape, x| {
                let slopes: Vec<_> = program(tape, x).into_iter().map(|slope| slope.0).collect();
                assert_eq!(slopes, expected, "{name} in operation {at}");
            });
            assert!(message == "finished" || name != "use another tape", "{message}");
            came
        };
        let numbers = (1..9999).step_by(if name == "record" { 1 } else { 11 });
        assert!(numbers.take_while(came).count() > 100, "{name}");
    }
}

#[test]
fn a_sweep_that_panics_leaves_gradients_as_new() {
    for (name, action) in all_actions() {
        let came = |at: &usize| {
            let mut gradients = Gradients::new();
            let mut x = Vec::new();
            let (message, came) = run(action, *at, |_, all| {
                LEFT.set(0);
                x.extend_from_slice(all);
                let y = (x[0] * x[1] * x[1]).retain() * x[0] + Value::dot(&x, &x);
                (x[0] * x[2]).backward_into(&mut gradients);
                LEFT.set(*at);
                y.backward_into(&mut gradients);
            });
            let slopes: Vec<_> = gradients.wrt_all(&x).into_iter().map(|slope| slope.0).collect();
            if message == "finished" {
                assert_eq!(slopes[..3], [3.84375, 3.90625, 2.2], "{name} {at}");
            } else {
                let elsewhere = gradients.wrt(Tape::new().var(Foreign(1.0))).0;
                assert_eq!((slopes, elsewhere), (vec![0.0; x.len()], 0.0), "{name} {at}");
            }
            came
        };
        assert!((1..9999).take_while(came).count() > 50, "{name}");
    }
}

/// With locations, the tape looks for the cause.
#[test]
fn infinite_gradients_are_right_or_refused_whatever_the_arithmetic_does() {
    for (name, action) in all_actions() {
        let came = |at: &usize| {
            let (_, came) = run(action, *at, |_, x| {
                let pole = (x[0] - Value::constant(x[0].data())).ln();
                let gradients = (x[1] * x[1] + pole * x[1] + x[2].sqrt() * x[1]).backward();
                let slopes = [x[0], x[2]].map(|x| gradients.wrt(x).0);
                assert_eq!(slopes, [f64::INFINITY, 1.25 * 0.5 / 1.1_f64.sqrt()], "{name} in operation {at}");
            });
            came
        };
        assert!((1..9999).take_while(came).count() > 40, "{name}");
    }
}

#[test]
fn a_sum_of_gradients_that_panics_stays_as_it_was() {
    for (name, action) in all_actions() {
        let came = |at: &usize| {
            let mut total = Gradients::new();
            let mut x = Vec::new();
            let (message, came) = run(action, *at, |_, all| {
                LEFT.set(0);
                x.extend_from_slice(all);
                total += (x[0] * x[1]).backward();
                // It has more adjoints, so that the sum grows.
                let more = Value::dot(&x, &x).backward();
                LEFT.set(*at);
                total += &more;
            });
            let slopes: Vec<_> = total.wrt_all(&x).into_iter().map(|slope| slope.0).collect();
            let expected: Vec<_> = if message == "finished" {
                assert_eq!(total.wrt(x[2]).0, 2.2);
                (0..x.len()).map(|k| 2.0 * x[k].data().0 + if k < 2 { x[1 - k].data().0 } else { 0.0 }).collect()
            } else {
                (0..x.len()).map(|k| if k < 2 { x[1 - k].data().0 } else { 0.0 }).collect()
            };
            assert_eq!(slopes, expected, "{name} {at}: {message}");
            came
        };
        assert!((1..9999).take_while(came).count() > 20, "{name}");
    }
}

/// Takes an action when it is dropped.
struct Guard(Option<Action<Foreign>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.into_iter().for_each(act);
    }
}

#[test]
fn functions_of_checkpoints_may_do_anything_when_they_run_and_when_they_are_dropped() {
    const WHEN: [&str; 4] = ["first run", "second run", "clear", "drop"];
    for ((name, action), when) in all_actions().flat_map(|action| WHEN.map(|when| (action, when))) {
        let tape = Rc::new(Tape::new());
        let x = variables(&tape);
        let used = Rc::downgrade(&tape);
        let guard = Guard((when == "clear" || when == "drop").then_some(action));
        let runs = Cell::new(0);
        let f = move |x: &[Value<Foreign>]| {
            let _ = &guard;
            runs.set(runs.get() + 1);
            if WHEN.get(runs.get() - 1) == Some(&when) {
                act(action);
            }
            [x[0] * x[1]]
        };
        let other = Rc::new(Tape::new());
        let [a, b] = [other.var(Foreign(1.0)), other.var(Foreign(2.0))];
        USED.set(Some((tape, [x[0], x[1]])));
        let (message, _) = panic_of(|| {
            let [y] = checkpoint(f, &x[..2]);
            assert_eq!(y.backward().wrt(x[0]).0, 1.25);
            match when {
                "clear" => used.upgrade().expect("the program lost its tape").clear(),
                // The function is dropped with its tape, while another tape is in use.
                "drop" => drop(USED.replace(Some((Rc::clone(&other), [a, b])))),
                _ => {}
            }
            panic!("finished");
        });
        let is_harmless = name == "use another tape" || (when != "second run" && name == "record");
        assert!(is_refusal(&message), "{name}, {when}: {message:?}");
        assert!(message == "finished" || !is_harmless || when == "clear", "{name}, {when}: {message:?}");
        assert_works(&Tape::<Foreign>::new());
        assert_works(&other);
        if let Some((tape, _)) = USED.take() {
            assert_works(&tape);
        }
    }
}

/// When a thread ends, its variables are dropped one after the other, including those of this crate.
#[test]
fn tapes_work_to_the_end_of_a_thread_and_beyond_their_owners() {
    struct Late(Vec<Tape<Foreign>>);
    impl Drop for Late {
        fn drop(&mut self) {
            assert_works(&self.0.swap_remove(1));
            assert_works(&self.0[3]);
            assert_works(&Tape::<Foreign>::new());
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    thread_local! {
        static EARLIER: RefCell<Late> = const { RefCell::new(Late(Vec::new())) };
        static LATER: RefCell<Late> = const { RefCell::new(Late(Vec::new())) };
    }
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    let leaked = || {
        EARLIER.with_borrow_mut(|late| late.0.extend((0..5).map(|_| Tape::new())));
        let tape = Tape::new();
        let x = tape.var(Foreign(2.0));
        std::mem::forget(tape);
        LATER.with_borrow_mut(|late| late.0.extend((0..5).map(|_| Tape::new())));
        assert_works(&Tape::<Foreign>::new());
        assert_eq!((x * x).retain().backward().wrt(x).0, 4.0);
    };
    (0..20).for_each(|_| std::thread::spawn(leaked).join().unwrap());
    assert_eq!(DROPPED.load(SeqCst), 40);
}
