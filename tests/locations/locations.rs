//! With the feature `locations`, a tape reports where a derivative stopped being finite.

use std::panic::Location;

use gradtape::check::random::Table;
use gradtape::{Real, Tape, Value, checkpoint};
use num_traits::{Float, Inv, Pow};
use testing::{TestFloat, number};

#[track_caller]
fn assert_found<T: TestFloat>(tape: &Tape<T>, expected: &str, line: u32) {
    let found = tape.first_non_finite().expect(expected);
    assert_eq!(found.location().line(), line, "{found}");
    assert_eq!(found.location().file(), file!());
    let (file, expected) = (file!(), expected.split_once('|').unwrap());
    assert_eq!(found.to_string(), format!("{}{file}:{line}: {}", expected.0, expected.1));
}

#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}

fn findings<T: TestFloat>() {
    let tape = Tape::<T>::new();
    let (zero, tiny) = (tape.var(T::zero()), tape.var(number::<T>(1e-30)));

    let y = zero.powf(Value::from(number::<T>(-0.5))) * tiny;
    let line = line!() - 1;
    assert!(!y.backward().wrt(zero).is_finite());
    assert_found(&tape, "a non-finite partial was recorded at |powf(0.0, -0.5), partial -inf", line);
    // Later numbers, and numbers computed from this one, are not the first.
    let _ = (y.exp(), zero.ln(), zero.recip());
    assert_found(&tape, "a non-finite partial was recorded at |powf(0.0, -0.5), partial -inf", line);

    tape.clear();
    assert!(tape.first_non_finite().is_none());
    let zero = tape.var(T::zero());
    let _ = [zero * number::<T>(3.0), zero.sin(), zero.relu(), zero.hypot(zero), Value::from(T::zero()).ln()];
    assert!(tape.first_non_finite().is_none());
    let _ = zero.sqrt() + number::<T>(2.0);
    assert_found(&tape, "a non-finite partial was recorded at |sqrt(0.0), partial inf", line!() - 1);
}

#[test]
fn the_first_non_finite_partial_is_found_in_the_callers_line_in_f64() {
    findings::<f64>();
}

#[test]
fn the_first_non_finite_partial_is_found_in_the_callers_line_in_f32() {
    findings::<f32>();
}

type Call = fn(&Tape<f64>, Value<f64>) -> Value<f64>;

macro_rules! calls {
    ($($text:literal: |$tape:ident, $x:ident| $call:expr;)*) => {
        &[$(($text, |$tape, $x| $call)),*]
    };
}

/// Every way to call an operation. Each call is on one line.
#[allow(clippy::eq_op, clippy::op_ref, reason = "the forms are what is tested")]
const CALLS: &[(&str, Call)] = calls! {
    "ln(0.0)": |_t, x| x.ln();
    "ln(0.0)": |_t, x| Float::ln(x);
    "recip(0.0)": |_t, x| x.inv();
    "recip(0.0)": |_t, x| (&x).inv();
    "powi(0.0, -1.0)": |_t, x| x.powi(-1);
    "powi(0.0, -1.0)": |_t, x| Pow::pow(x, -1);
    "powf(0.0, -1.0)": |_t, x| Pow::pow(x, -1.0);
    "powf(0.0, -1.0)": |t, x| Pow::pow(x, t.var(-1.0));
    "div(1.0, 0.0)": |_t, x| 1.0 / x;
    "div(1.0, 0.0)": |_t, x| &1.0 / &x;
    "div(1.0, 0.0)": |_t, x| Value::from(1.0) / x;
    "div(1.0, 0.0)": |t, x| t.var(1.0) / x;
    "div(1.0, 0.0)": |t, x| { let mut y = t.var(1.0); y /= x; y };
    "div(0.0, 0.0)": |_t, x| x / x;
    "div(0.0, 0.0)": |_t, x| x / 0.0;
    "mul(0.0, inf)": |_t, x| x * f64::INFINITY;
    "mul(0.0, inf)": |t, x| x * t.var(f64::INFINITY);
    "log(0.0, 2.0)": |t, x| x.log(t.var(2.0));
    "leaky_relu(0.0, inf)": |_t, x| x.leaky_relu(f64::INFINITY);
    "leaky_relu(0.0, inf)": |_t, x| Real::leaky_relu(x, f64::INFINITY);
    "mul(0.0, inf)": |_t, x| x.mul_add(Value::from(f64::INFINITY), x);
    "dot": |_t, x| Value::dot(&[x, x], &[Value::from(f64::NAN), Value::from(1.0)]);
    "weighted_sum": |_t, x| Value::weighted_sum(&[x], &[f64::INFINITY]);
    "custom": |t, x| t.custom(0.0, &[(x, f64::NAN)]);
};

#[test]
fn every_way_to_call_an_operation_is_found_in_its_line() {
    let mut lines = std::collections::BTreeSet::new();
    for (text, call) in CALLS {
        let tape = Tape::new();
        let _ = call(&tape, tape.var(0.0));
        let found = tape.first_non_finite().expect(text);
        assert!(found.to_string().contains(&format!(": {text}, partial ")), "{found} instead of {text}");
        assert_eq!(found.location().file(), file!(), "{found}");
        lines.insert(found.location().line());
    }
    assert_eq!(lines.len(), CALLS.len());
}

#[test]
fn every_operation_of_the_table_names_itself_where_its_derivative_is_not_finite() {
    let special = [0.0, -0.0, 1.0, -1.0, 1e-320, f64::INFINITY, f64::NAN];
    let check = |tape: &Tape<f64>, start: String, is_finite: bool| {
        let found = tape.first_non_finite().map(|found| found.to_string());
        assert_eq!(found.is_none(), is_finite, "{start}: {found:?}");
        assert!(found.is_none_or(|found| found.contains(&format!(": {start}"))), "{start}");
    };
    for x in special {
        for op in Table::<Value<f64>>::UNARY {
            let tape = Tape::new();
            let v = tape.var(x);
            let slope = (op.f)([v]).backward().wrt(v);
            check(&tape, format!("{}({x:?}", op.name), slope.is_finite());
        }
        for (op, y) in Table::<Value<f64>>::BINARY.iter().flat_map(|op| special.map(|y| (op, y))) {
            let tape = Tape::new();
            let list = tape.vars(&[x, y]);
            let slopes = (op.f)([list[0], list[1]]).backward().wrt_all(&list);
            check(&tape, format!("{}({x:?}, {y:?})", op.name), slopes.iter().all(|slope| slope.is_finite()));
        }
    }
}

#[test]
fn overflow_of_slopes_and_of_adjoints_is_found() {
    let tape = Tape::<f64>::new();
    let x = tape.var(1e-200);
    let y = x * 1e200 * 1e200;
    assert_found(&tape, "a non-finite slope was recorded at |mul(1.0, 1e200), slope inf", line!() - 1);
    assert!(y.data().is_finite());

    tape.clear();
    let (a, b) = (tape.var(1e-200), tape.var(1.0));
    let product = a * b;
    let line = line!() - 1;
    let (big, one) = (tape.var(1e200), tape.var(1.0));
    let z = (product * big) * one * 1e200 * 1e100;
    assert!(tape.first_non_finite().is_none());
    assert!(z.backward().wrt(a).is_infinite());
    assert_found(&tape, "a non-finite adjoint is that of the value recorded at |inf", line);
}

#[test]
fn overflow_at_a_join_is_found_at_the_join() {
    let tape = Tape::<f64>::new();
    let (x, y) = (tape.var(1.0), tape.var(0.0));
    let z = (x * 1e200) * (y + 1e200);
    assert_found(&tape, "a non-finite slope was recorded at |mul(1e200, 1e200), slope inf", line!() - 1);
    assert!(z.backward().wrt(x).is_infinite());
    let tape = Tape::<f32>::new();
    let (x, y) = (tape.var(1.0), tape.var(0.0));
    let _ = (x * 1e20) * (y + 1e30);
    assert!(tape.first_non_finite().is_some());
}

#[test]
fn what_does_no_harm_does_not_hide_what_does() {
    let tape = Tape::<f64>::new();
    let (x, y, z) = (tape.var(0.0), tape.var(0.0), tape.var(1.0));
    let unused = x.sqrt() * 0.0;
    let unused_line = line!() - 1;
    let bad = y.ln();
    let bad_line = line!() - 1;
    let one = "a non-finite partial was recorded at |sqrt(0.0), partial inf";
    assert_found(&tape, one, unused_line);
    // Nothing is wrong with a gradient that is finite.
    assert_eq!((unused + z * z).backward().wrt_all(&[x, z]), [0.0, 2.0]);
    assert!(tape.first_non_finite().is_none());
    let other = "a non-finite partial was recorded at |ln(0.0), partial inf";
    assert!(!(unused + bad).backward().wrt(y).is_finite());
    assert_found(&tape, other, bad_line);
    // Both non-finite numbers matter once the root is used.
    assert!(!(bad + x.sqrt()).backward().wrt(x).is_finite());
    assert_found(&tape, one, unused_line);
}

#[test]
fn a_harmless_suspect_is_not_named_and_all_that_did_harm_are_in_order() {
    let tape = Tape::<f64>::new();
    let (a, b, w) = (tape.var(0.0), tape.var(0.0), tape.var(800.0));
    let norm = (a * a + b * b).sqrt();
    let e = w.exp();
    let line = line!() - 1;
    let y = norm + e / (e + 1.0);
    let gradients = y.backward();
    assert_eq!(gradients.wrt_all(&[a, b]), [0.0, 0.0]);
    assert!(gradients.wrt(w).is_nan());
    assert_found(&tape, "a non-finite partial was recorded at |exp(800.0), partial inf", line);
    // Alone, the root has a finite gradient.
    assert_eq!(norm.backward().wrt(a), 0.0);
    assert!(tape.first_non_finite().is_none() && tape.non_finite().is_empty());

    // An infinite value is the partial of a product; the derivative by x is 0 in spite of its infinite partial.
    tape.clear();
    let (x, y) = (tape.var(0.0), tape.var(0.0));
    let product = x.ln() * y;
    let line = line!() - 1;
    let gradients = product.backward();
    assert_eq!((gradients.wrt(x), gradients.wrt(y)), (0.0, f64::NEG_INFINITY));
    assert_found(&tape, "a non-finite partial was recorded at |mul(-inf, 0.0), partial -inf", line);

    // Two coordinates, two causes, and one behind another value.
    tape.clear();
    let (x, y, z) = (tape.var(0.0), tape.var(-1.0), tape.var(0.0));
    let first = x.ln();
    let second = (y + 1.0).sqrt() + z * 3.0;
    let third = (second * 2.0).retain().powf(Value::from(-0.5));
    let lines = [line!() - 3, line!() - 2, line!() - 1];
    assert!((first + third).backward().wrt_all(&[x, y, z]).into_iter().all(f64::is_infinite));
    let found: Vec<u32> = tape.non_finite().iter().map(|found| found.location().line()).collect();
    assert_eq!(found, lines);
    assert_eq!(tape.first_non_finite().unwrap().location().line(), lines[0]);
}

#[test]
fn a_tape_knows_where_its_nodes_were_made() {
    let tape = Tape::<f64>::new();
    let first = here().line();
    let x = tape.var(1.0);
    let list = tape.vars(&[1.0, 2.0]);
    let product = x * list[1];
    let kept = x.sin().retain();
    let sum = tape.custom(0.0, &[(x, 1.0), (list[0], 2.0), (product, 1.0)]);
    let late = tape.var(2.0);
    for (k, v) in [x, list[0], product, kept, sum, late].into_iter().enumerate() {
        let offset = u32::try_from(k).unwrap() + 1;
        assert_eq!(tape.location(v).map(Location::line), Some(first + offset), "{k}");
    }
    assert_eq!(tape.location(list[1]), tape.location(list[0]));
    assert!(tape.location(Value::from(1.0)).is_none() && Tape::new().location(x).is_none());
    tape.clear();
    assert!(tape.location(x).is_none());
}

#[test]
fn tapes_of_tapes_and_stale_values_are_watched_without_harm() {
    let (outer, inner) = (Tape::new(), Tape::new());
    let x = outer.var(inner.var(0.0_f64));
    let y = x.sqrt();
    assert!(outer.first_non_finite().unwrap().to_string().contains(": sqrt(0.0), partial inf"));
    drop(outer);
    let _ = (y.ln(), x.recip());
    let tape = Tape::new();
    let stale = tape.var(0.0_f64);
    tape.clear();
    let _ = stale.ln();
    assert!(tape.first_non_finite().is_none());
}

#[test]
fn what_spoils_a_sweep_is_found_in_functions_of_checkpoints() {
    let tape = Tape::new();
    let (zero, w) = (tape.var(0.0), tape.var(2.0));
    let inner = |x: &[Value<f64>]| checkpoint(|x| [x[0].sqrt() * x[1]], x);
    let line = line!() - 1;
    let [harmless, y] = checkpoint(move |x| [x[0] * x[1], inner(x)[0]], &[zero, w]);
    assert!(tape.first_non_finite().is_none());
    assert_eq!((harmless + y * 0.0).backward().wrt(zero), 2.0);
    assert!(tape.first_non_finite().is_none());
    assert_eq!((harmless + y).backward().wrt(zero), f64::INFINITY);
    assert_found(&tape, "a non-finite partial was recorded at |sqrt(0.0), partial inf", line);
    // A number that becomes non-finite outside of the checkpoint is not attributed to its recomputation.
    tape.clear();
    let x = tape.var(0.0);
    let [y] = checkpoint(|x| [x[0] * 3.0], &[x]);
    assert_eq!(y.ln().backward().wrt(x), f64::INFINITY);
    assert_found(&tape, "a non-finite partial was recorded at |ln(0.0), partial inf", line!() - 1);
    assert_eq!(tape.location(y).unwrap().line(), line!() - 3);
}
