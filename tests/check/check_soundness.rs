//! `gradtape::check` over many functions and points: correct gradients are never reported as wrong, wrong gradients
//! are, and the error estimates of differences are large enough.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::check;
use gradtape::check::random::{Operation, Smooth, Unit};
use gradtape::check::{Check, Entry, Variation, Verdict, difference};
use gradtape::{Real, Tape, Value};
use std::f64::consts::PI;
use testing::wrong::{is_caught, with_slope};
use testing::{InBox, TestFloat, binary, number, quickcheck, unary};

type Function = fn(&[Value<f64>]) -> Value<f64>;

/// `x` in all magnitudes.
fn magnitudes() -> impl Iterator<Item = f64> {
    [-300, -200, -100, -30, -17, -9, -6, -3, -1, 0, 1, 3, 6, 9, 17, 30, 100, 200, 300]
        .into_iter()
        .flat_map(|exponent| [1.0, 2.7, 7.1].map(|digits| digits * 10.0_f64.powi(exponent)))
}

const SMOOTH: [(&str, Function); 24] = [
    ("x", |x| x[0]),
    ("2 x", |x| x[0] * 2.0),
    ("x + 1", |x| x[0] + 1.0),
    ("x^2", |x| x[0] * x[0]),
    ("x^3 - x", |x| x[0].powi(3) - x[0]),
    ("1/x", |x| x[0].recip()),
    ("sqrt", |x| x[0].sqrt()),
    ("cbrt", |x| x[0].cbrt()),
    ("ln", |x| x[0].ln()),
    ("x ln x", |x| x[0] * x[0].ln()),
    ("ln_1p", |x| x[0].ln_1p()),
    ("exp(-x)", |x| (-x[0]).exp()),
    ("exp_m1", |x| (-x[0]).exp_m1()),
    ("sin", |x| x[0].sin()),
    ("cos", |x| x[0].cos()),
    ("atan", |x| x[0].atan()),
    ("tanh", |x| x[0].tanh()),
    ("asinh", |x| x[0].asinh()),
    ("sigmoid", |x| x[0].sigmoid()),
    ("softplus", |x| x[0].softplus()),
    ("gelu", |x| x[0].gelu()),
    ("hypot(x, 1)", |x| x[0].hypot(Value::from(1.0))),
    ("sqrt(1 + x^2)", |x| (x[0] * x[0] + 1.0).sqrt()),
    ("x^0.3 exp(-x)", |x| x[0].powf(Value::from(0.3)) * (-x[0]).exp()),
];

/// Functions that lose most digits, oscillate faster than any step, are barely smooth, or come close to overflow.
const ILL_CONDITIONED: [(&str, Function); 20] = [
    ("ln(cosh x)", |x| x[0].cosh().ln()),
    ("1 - cos x", |x| -x[0].cos() + 1.0),
    ("(1 + x^2) - 1", |x| (x[0] * x[0] + 1.0) - 1.0),
    ("(x + 1e8) - 1e8", |x| (x[0] + 1e8) - 1e8),
    ("(x + 1e12) - 1e12", |x| (x[0] + 1e12) - 1e12),
    ("(x + 1e13) - 1e13", |x| (x[0] + 1e13) - 1e13),
    ("exp(x) - exp(x) + x", |x| x[0].exp() - x[0].exp() + x[0]),
    ("sin(1e3 x)", |x| (x[0] * 1e3).sin()),
    ("sin(1e6 x)", |x| (x[0] * 1e6).sin()),
    ("sin(1e9 x)", |x| (x[0] * 1e9).sin()),
    ("sin(1e12 x)", |x| (x[0] * 1e12).sin()),
    ("sin(1e20 x)", |x| (x[0] * 1e20).sin()),
    ("x + sin(1e9 x)/1e6", |x| x[0] + (x[0] * 1e9).sin() / 1e6),
    ("x^20", |x| x[0].powi(20)),
    ("x^-20", |x| x[0].powi(-20)),
    ("exp(exp(x))", |x| x[0].exp().exp()),
    ("tanh(1e6 x)", |x| (x[0] * 1e6).tanh()),
    ("tanh(1e20 x)", |x| (x[0] * 1e20).tanh()),
    ("sqrt(x^2 + 1e-12)", |x| (x[0] * x[0] + 1e-12).sqrt()),
    ("exp(100 sin x)", |x| (x[0].sin() * 100.0).exp()),
];

/// The verdict on a function of one variable, or `None` where it is not finite.
fn verdict(f: Function, x: f64) -> Option<Verdict> {
    f(&[Value::from(x)]).is_finite().then(|| match check::gradient(f, &[x]) {
        Ok(report) => report.entries()[0].verdict,
        Err(failure) => {
            assert!(failure.report().is_some(), "at {x:?}: {failure}");
            Verdict::Disagrees
        }
    })
}

#[test]
fn right_gradients_of_smooth_functions_agree_at_all_magnitudes() {
    let (mut agreeing, mut all) = (0, 0);
    for (name, f) in SMOOTH {
        for x in magnitudes().flat_map(|x| [x, -x]) {
            let Some(verdict) = verdict(f, x) else { continue };
            let tape = Tape::new();
            let v = tape.var(x);
            assert_ne!(verdict, Verdict::Disagrees, "{name} at {x:?}: {}", check::gradient(f, &[x]).unwrap_err());
            agreeing += usize::from(verdict == Verdict::Agrees);
            all += 1;
            let steep = |y: Value<f64>| y.backward().wrt(v).abs() * x.abs() > 1e-4 * y.data().abs();
            if (1e-3..1e3).contains(&x.abs()) && steep(f(&[v])) {
                assert_eq!(verdict, Verdict::Agrees, "{name} at {x:?}: {:?}", check::gradient(f, &[x]));
            }
        }
    }
    assert!(all > 1500 && agreeing * 100 > all * 85, "{agreeing} of {all}");
}

#[test]
fn right_gradients_of_ill_conditioned_functions_do_not_disagree() {
    fn property(units: [Unit; 4]) {
        for (name, f) in ILL_CONDITIONED {
            for x in units.iter().map(|unit| unit.between(-4.0, 4.0)) {
                let found = verdict(f, x);
                assert_ne!(found, Some(Verdict::Disagrees), "{name} at {x:?}: {:?}", check::gradient(f, &[x]));
            }
        }
    }
    quickcheck(100, property as fn([Unit; 4]));
    // The ripple on `x + …` is finer than the spacing of floats at 10⁶.
    for (name, f) in ILL_CONDITIONED.into_iter().filter(|(name, _)| !name.starts_with("x + ")) {
        for x in magnitudes().chain([0.0, 650.0, 709.0, 1.7, 6.56, -709.0]) {
            assert_ne!(verdict(f, x), Some(Verdict::Disagrees), "{name} at {x:?}: {:?}", check::gradient(f, &[x]));
        }
    }
}

#[test]
fn where_an_oscillation_turns_right_gradients_do_not_disagree() {
    fn property(unit: Unit) {
        for (name, f, frequency) in [
            ("sin(1e6 x)", (|x| (x[0] * 1e6).sin()) as Function, 1e6),
            ("sin(1e9 x)", |x| (x[0] * 1e9).sin(), 1e9),
            ("sin(1e12 x)", |x| (x[0] * 1e12).sin(), 1e12),
            ("x + sin(1e9 x)/1e6", |x| x[0] + (x[0] * 1e9).sin() / 1e6, 1e9),
        ] {
            // One of the extrema of the sine, and points beside it.
            let turn = ((unit.between(-4.0, 4.0) * frequency / PI).round() + 0.5) * PI / frequency;
            for phase in [0.0, 1e-6, 1e-5, -1e-4, 1e-3, -1e-2, 0.1] {
                let x = turn + phase / frequency;
                assert_ne!(verdict(f, x), Some(Verdict::Disagrees), "{name} at {x:?}: {:?}", check::gradient(f, &[x]));
            }
        }
    }
    // Once the differences told a slope of -7.5 ± 130 here, because all steps bend to one side. The slope is 6·10⁷.
    let (slope, error) = difference(|x| (x * 1e12).sin(), -0.082_193_195_819_854_74);
    assert!((slope - 61_849_376.93).abs() <= error, "{slope} ± {error}");
    quickcheck(300, property as fn(Unit));
}

/// Entries that the table marks as smooth.
fn assert_operations_agree<T: TestFloat, const N: usize>(
    table: &[Operation<Value<T>, N>],
    plain: &[Operation<f64, N>],
    units: [Unit; N],
) {
    for (op, plain) in table.iter().zip(plain) {
        let x = op.point(units);
        let of_values = |x: &[Value<T>]| (op.f)(std::array::from_fn(|k| x[k]));
        let of_numbers = |x: &[f64]| (plain.f)(std::array::from_fn(|k| x[k]));
        let point = x.map(number::<T>);
        let against = Check::new().gradient_against(of_values, of_numbers, &point);
        let against = against.unwrap_or_else(|failure| panic!("{} at {x:?}: {failure}", op.name));
        // Near a zero of the derivative, the rounding of f32 can hide it; in f64 the verdict is always clear.
        let is_rounding = |entry: &Entry| T::epsilon() > number(1e-9) && entry.analytic.abs() < 0.01;
        let is_told = |entry: &Entry| entry.verdict == Verdict::Agrees || is_rounding(entry);
        assert!(against.entries().iter().all(is_told), "{} at {x:?}: {against}", op.name);
        check::gradient(of_values, &point).unwrap_or_else(|failure| panic!("{} at {x:?}: {failure}", op.name));
    }
}

#[test]
fn the_whole_table_agrees_in_both_precisions() {
    fn property(unit: Unit, units: [Unit; 2]) {
        assert_operations_agree::<f64, 1>(&unary(), &unary(), [unit]);
        assert_operations_agree::<f64, 2>(&binary(), &binary(), units);
        assert_operations_agree::<f32, 1>(&unary(), &unary(), [unit]);
        assert_operations_agree::<f32, 2>(&binary(), &binary(), units);
    }
    quickcheck(100, property as fn(Unit, [Unit; 2]));
}

#[test]
fn what_f32_cannot_resolve_does_not_disagree_with_f64() {
    fn wave<F: Real>(x: &[F]) -> F {
        (x[0] * F::from(1000.0).expect("a float has a thousand")).sin()
    }
    fn property(unit: Unit) {
        Check::new().gradient_against(wave, wave, &[number::<f32>(unit.between(-4.0, 4.0))]).unwrap();
    }
    quickcheck(200, property as fn(Unit));
}

#[test]
fn random_expressions_do_not_disagree() {
    fn property(Smooth(graph): Smooth) {
        for strictly in [Check::new(), Check::new().directions(2)] {
            if let Err(failure) = strictly.gradient(|x: &[Value<f64>]| graph.eval(x), graph.inputs()) {
                assert!(failure.report().is_none(), "{failure} {graph:?}");
            }
        }
    }
    quickcheck(300, property as fn(Smooth));
}

#[test]
fn smooth_functions_with_a_wrong_gradient_are_caught_at_ordinary_points() {
    fn property(unit: Unit) {
        let x = unit.between(0.3, 5.0);
        for (name, f) in SMOOTH {
            let slope = check::gradient(f, &[x]).unwrap().entries()[0].analytic;
            // Near a zero of the derivative, a small relative change is invisible.
            if slope.abs() * x > 0.1 * f(&[Value::from(x)]).data().abs() {
                for wrong in [1.0 + 1e-4, -1.0] {
                    let result = check::gradient(|x| f(&with_slope(x, 0, wrong)), &[x]);
                    assert!(is_caught(result, Variation::Coordinate(0)), "{name} at {x:?}");
                }
            }
        }
    }
    quickcheck(100, property as fn(Unit));
}

/// Long chords, across a pole or many periods, are nearly flat, and so is a function of a detached number.
#[test]
fn no_gradient_at_all_is_caught_where_long_chords_are_flat() {
    let poles: [(&str, Function); 3] = [
        ("1/x", |x| x[0].recip()),
        ("1/x^3", |x| x[0].powi(-3)),
        ("1/(x^2 + 1e-12)", |x| (x[0] * x[0] + 1e-12).recip()),
    ];
    let waves: [(&str, Function); 2] =
        [("sin(100 x)", |x| (x[0] * 100.0).sin()), ("sin(1e4 x)", |x| (x[0] * 1e4).sin())];
    let tiny = || (-17..=-2).map(|exponent| 2.7 * 10.0_f64.powi(exponent));
    let ordinary = || [1e-6, 0.01, 0.7, 1.3, 19.0].into_iter();
    let cases = poles.iter().flat_map(|case| tiny().map(move |x| (case, x)));
    for ((name, f), x) in cases.chain(waves.iter().flat_map(|case| ordinary().map(move |x| (case, x)))) {
        assert_ne!(verdict(*f, x), Some(Verdict::Disagrees), "{name} at {x:?}");
        let detached = |x: &[Value<f64>]| Value::constant(f(x).data());
        if check::gradient(f, &[x]).unwrap().all_agree() {
            assert!(is_caught(check::gradient(detached, &[x]), Variation::Coordinate(0)), "{name} at {x:?}");
        }
    }
}

#[test]
fn beside_kinks_it_can_be_told() {
    for x in [1e-12, 1e-6, 0.01, -0.01, -1e-9] {
        assert_eq!(verdict(|x| x[0].abs(), x), Some(Verdict::Agrees), "{x}");
        assert_eq!(verdict(|x| x[0].max(x[0] * x[0] * x[0]) * 1e-9, x), Some(Verdict::Agrees), "{x}");
    }
}

#[test]
fn the_error_of_a_difference_covers_it() {
    fn property(unit: Unit) {
        for (name, f) in SMOOTH {
            let x = unit.between(-4.0, 4.0);
            let tape = Tape::new();
            let v = tape.var(x);
            let y = f(&[v]);
            let (derivative, error) = difference(|x| f(&[Value::from(x)]).data(), x);
            if y.is_finite() {
                let off = (derivative - y.backward().wrt(v)).abs();
                assert!(off <= error, "{name} at {x:?}: {derivative} ± {error} is off by {off}");
            }
        }
    }
    quickcheck(300, property as fn(Unit));
    let (derivative, error) = difference(f64::sqrt, -1.0);
    assert!(derivative.is_nan() && error == f64::INFINITY);
}
