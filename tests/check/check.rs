//! `gradtape::check`: operations, Jacobians, kinks, the text of reports, options.

use gradtape::check;
use gradtape::check::{Check, Doubt, Report, Variation, Verdict};
use gradtape::{Real, Tape, Value, assert_gradient};
use testing::number;
use testing::panics::{assert_refused, assert_refused_here};
use testing::wrong::{is_caught, with_slope};

type Function = fn(&[Value<f64>]) -> Value<f64>;

fn verdicts(report: &Report) -> Vec<Verdict> {
    report.entries().iter().map(|entry| entry.verdict).collect()
}

/// A custom operation in which each partial is multiplied by a factor of `change`.
fn custom<T: gradtape::Scalar>(tape: &Tape<T>, x: &[Value<T>], change: [T; 2]) -> Value<T> {
    let (a, b) = (x[0].data(), x[1].data());
    tape.custom(a * a * b.sin(), &[(x[0], change[0] * (a + a) * b.sin()), (x[1], change[1] * a * a * b.cos())])
}

#[test]
fn operations_of_ones_own_are_confirmed() {
    let report = check::tape_custom(|tape, x| custom(tape, x, [1.0, 1.0]), &[1.5, 0.7]).unwrap();
    assert!(report.all_agree(), "{report}");
    let variations: Vec<_> = report.entries().iter().map(|entry| entry.variation).collect();
    let expected = [
        Variation::Coordinate(0),
        Variation::Alone(0),
        Variation::Coordinate(1),
        Variation::Alone(1),
        Variation::Together,
    ];
    assert_eq!(variations, expected);
    let report =
        check::tape_custom(|tape, x| tape.custom(x[0].data().exp(), &[(x[0], x[0].data().exp())]), &[1.5_f64]).unwrap();
    let variations: Vec<_> = report.entries().iter().map(|entry| entry.variation).collect();
    assert_eq!(variations, [Variation::Coordinate(0), Variation::Together], "one operand has no others");
    let report = check::tape_custom(|tape, x| custom(tape, x, [1.0, 1.0]), &[1.5_f32, 0.7]).unwrap();
    assert!(report.all_agree(), "{report}");
}

#[test]
fn wrong_partials_of_operations_are_caught() {
    for x in [[1.5, 0.7], [-3.0, 1e-3], [1e-8, 2.0], [1e150, 0.7], [1e-150, -0.7]] {
        for wrong in [1.0 + 1e-4, 1.0 - 1e-4, 0.0, -1.0, 2.0] {
            for k in 0..2 {
                let mut change = [1.0; 2];
                change[k] = wrong;
                let failure = check::tape_custom(|tape, x| custom(tape, x, change), &x).unwrap_err();
                let report = failure.report().unwrap();
                let disagree = |variation| {
                    report
                        .entries()
                        .iter()
                        .any(|entry| entry.variation == variation && entry.verdict == Verdict::Disagrees)
                };
                assert!(
                    disagree(Variation::Coordinate(k)) && disagree(Variation::Alone(k)),
                    "{wrong} at {x:?}: {report}"
                );
                assert!(!disagree(Variation::Coordinate(1 - k)), "{wrong} at {x:?}: {report}");
            }
        }
    }
}

#[test]
fn swapped_and_missing_partials_are_caught() {
    let swapped = |tape: &Tape<f64>, x: &[Value<f64>]| {
        tape.custom(x[0].data() / x[1].data(), &[(x[1], 1.0 / x[1].data()), (x[0], -x[0].data() / x[1].data().powi(2))])
    };
    assert_eq!(check::tape_custom(swapped, &[2.0, 3.0]).unwrap_err().report().unwrap().entries().len(), 5);
    let missing = |tape: &Tape<f64>, x: &[Value<f64>]| tape.custom(x[0].data() * x[1].data(), &[(x[0], x[1].data())]);
    let failure = check::tape_custom(missing, &[2.0, 3.0]).unwrap_err();
    assert_eq!(
        verdicts(failure.report().unwrap()),
        [Verdict::Agrees, Verdict::Agrees, Verdict::Disagrees, Verdict::Disagrees, Verdict::Disagrees]
    );
}

#[test]
fn an_operation_that_treats_constants_or_shared_nodes_otherwise_is_caught() {
    // The number for a constant is half of that for a variable.
    let halved = |tape: &Tape<f64>, x: &[Value<f64>]| {
        let y = x[0].data() * if x[0].is_constant() { 0.5 } else { 1.0 };
        tape.custom(y, &[(x[0], 1.0)])
    };
    assert_eq!(
        check::tape_custom(halved, &[3.0]).unwrap_err().to_string(),
        "the function is 3.0 for variables, but 1.5 for constants of the same numbers"
    );
    // Creates a new variable, which loses the dependence on the operand.
    let lost = |tape: &Tape<f64>, x: &[Value<f64>]| tape.custom(x[0].data(), &[(tape.var(x[0].data()), 1.0)]);
    assert_eq!(
        check::tape_custom(lost, &[3.0]).unwrap_err().to_string(),
        "the function of constants is not a constant"
    );
    // The partial by the second operand is right only if the first operand is no constant.
    let half = |tape: &Tape<f64>, x: &[Value<f64>]| {
        let (a, b) = (x[0].data(), x[1].data());
        tape.custom(a * b, &[(x[0], b), (x[1], if x[0].is_constant() { 0.0 } else { a })])
    };
    let failure = check::tape_custom(half, &[2.0, 3.0]).unwrap_err();
    assert!(is_caught(Err(failure), Variation::Alone(1)));
    // Assumes that an operand with a slope is a node.
    let own = |tape: &Tape<f64>, x: &[Value<f64>]| {
        let (a, b) = (x[0].data(), x[1].data());
        let whole = |v: Value<f64>| if format!("{v:?}").contains("slope: 1.0") { 1.0 } else { 0.5 };
        tape.custom(a + b, &[(x[0], whole(x[0])), (x[1], whole(x[1]))])
    };
    assert!(is_caught(check::tape_custom(own, &[2.0, 3.0]), Variation::Together));
}

#[test]
fn one_wrong_coordinate_of_a_hundred_is_caught() {
    fn f<F: Real>(x: &[F]) -> F {
        x.iter().map(|&x| x.sin() * x).sum()
    }
    let x: Vec<f64> = (0..100).map(|k| 0.3 + f64::from(k) / 40.0).collect();
    let narrow: Vec<f32> = x.iter().map(|&x| number(x)).collect();
    for k in [0, 37, 99] {
        for slope in [1.0 + 1e-4, -1.0, 0.0] {
            assert!(
                is_caught(check::gradient(|x| f(&with_slope(x, k, slope)), &x), Variation::Coordinate(k)),
                "{k} {slope}"
            );
            let wrong = |x: &[Value<f32>]| f(&with_slope(x, k, number(slope)));
            assert!(
                is_caught(Check::new().gradient_against(wrong, f, &narrow), Variation::Coordinate(k)),
                "{k} {slope}"
            );
            let variations = Check::new().directions(1).gradient(|x| f(&with_slope(x, k, slope)), &x);
            assert!(is_caught(variations, Variation::Direction(0)), "{k} {slope}");
        }
    }
    assert!(check::gradient(|x| f(&with_slope(x, 37, 1.0)), &x).unwrap().all_agree());
}

#[test]
fn a_number_taken_out_of_the_tape_is_caught() {
    assert!(is_caught(check::gradient(|x| x[0] * x[0].data(), &[3.0]), Variation::Coordinate(0)));
    assert!(is_caught(check::gradient(|x| x[0] * x[0].data(), &[3.0_f32]), Variation::Coordinate(0)));
    assert!(is_caught(check::gradient(|x| Value::from(x[0].data()), &[1e300]), Variation::Coordinate(0)));
}

#[test]
fn at_kinks_nothing_can_be_told() {
    let kinks: [(Function, &[f64]); 7] = [
        (|x| x[0].abs(), &[0.0]),
        (|x| x[0].relu(), &[0.0]),
        (|x| x[0].leaky_relu(0.1) * 1e-8, &[0.0]),
        (|x| x[0].max(x[1]), &[0.7, 0.7]),
        (|x| x[0].min(x[1]) * 1e9, &[-3.0, -3.0]),
        (|x| (x[0] - 0.5).relu() + x[0].exp(), &[0.5]),
        (|x| x[0].cbrt(), &[0.0]),
    ];
    for (k, (f, x)) in kinks.into_iter().enumerate() {
        let report = check::gradient(f, x).unwrap();
        assert_eq!(verdicts(&report), vec![Verdict::CannotTell(Doubt::Kink); x.len()], "{k}: {report}");
        assert!(Check::new().strict().gradient(f, x).is_err());
        assert!(!report.all_agree());
    }
    // At a kink, a slope that is steeper than those on both sides is wrong, too.
    let steep = |tape: &Tape<f64>, x: &[Value<f64>]| tape.custom(x[0].data().abs(), &[(x[0], 5.0)]);
    assert!(check::tape_custom(steep, &[0.0]).is_err());
}

#[test]
fn at_the_end_of_the_domain_nothing_can_be_told() {
    let report = check::gradient(|x| x[0].sqrt() + x[1], &[0.0, 1.0]).unwrap();
    assert_eq!(verdicts(&report), [Verdict::CannotTell(Doubt::Edge), Verdict::Agrees]);
    let line = report.entries()[0].to_string();
    assert_eq!(line, "x[0]: inf, differences say NaN ± inf; cannot tell: the function is not finite beside the point");
}

#[test]
fn gradients_that_are_not_finite_never_agree() {
    let slope = |slope: f64| move |tape: &Tape<f64>, x: &[Value<f64>]| tape.custom(x[0].data(), &[(x[0], slope)]);
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let failure = check::tape_custom(slope(wrong), &[2.0]).unwrap_err();
        let all = verdicts(failure.report().unwrap());
        assert_eq!(all, [Verdict::Disagrees; 2], "{failure}");
        let lax = Check::new().relative(1e300).absolute(1e300).tape_custom(slope(wrong), &[2.0]);
        assert!(lax.is_err(), "{wrong}");
    }
    // 0 · ∞ in a product of plain numbers
    let nan = |tape: &Tape<f64>, x: &[Value<f64>]| tape.custom(x[0].data().sqrt(), &[(x[0], f64::NAN)]);
    assert!(check::tape_custom(nan, &[0.0]).is_err());
}

#[test]
fn a_function_without_a_value_is_reported() {
    let message = |f: Function, x: f64| check::gradient(f, &[x]).unwrap_err().to_string();
    assert_eq!(message(|x| x[0].ln(), -1.0), "the function is NaN at this point");
    assert_eq!(message(|x| x[0].exp(), 1000.0), "the function is inf at this point");
    assert_eq!(message(|x| x[0] * 2.0, f64::NAN), "the function is NaN at this point");
    let failure = check::jacobian(|x| vec![x[0], x[0].ln()], &[0.0]).unwrap_err();
    assert_eq!(failure.to_string(), "output 1 of the function is -inf at this point");
    assert!(failure.report().is_none());
    let failure = Check::new().gradient_against(|x: &[Value<f32>]| x[0], |_| f64::NAN, &[1.0]).unwrap_err();
    assert_eq!(failure.to_string(), "the function is NaN at this point");
}

#[test]
fn a_failure_prints_a_line_for_each_bad_derivative() {
    let f = |x: &[Value<f64>]| x[0] * x[0].data() + x[1] * 2.0 + x[2].abs();
    let failure = check::gradient(f, &[3.0, 1.0, 0.0]).unwrap_err();
    let [bad, good, open] = failure.report().unwrap().entries() else { panic!("three coordinates") };
    assert_eq!(
        failure.to_string(),
        format!(
            "1 of 3 derivatives is not confirmed by differences\nx[0]: 3.0, differences say 6.0 ± {:.1e}; disagrees",
            bad.error
        )
    );
    assert!(bad.error < 1e-11, "{}", bad.error);
    assert_eq!(good.to_string(), format!("x[1]: 2.0, differences say 2.0 ± {:.1e}; agrees", good.error));
    assert_eq!(open.to_string(), "x[2]: 0.0, differences say 0.0 ± 2.0e0; cannot tell: a kink");
    let strict = Check::new().strict().gradient(f, &[3.0, 1.0, 0.0]).unwrap_err().to_string();
    assert_eq!(strict.lines().next(), Some("2 of 3 derivatives are not confirmed by differences"));
    assert_eq!(strict.lines().count(), 3);
    assert_eq!(format!("{failure:?}"), failure.to_string());
    let jacobian = check::jacobian(|x| vec![x[0], x[0] * x[1].data()], &[2.0, 0.5]).unwrap_err().to_string();
    assert!(jacobian.contains("\noutput 1, x[1]: 0.0, differences say 2.0 ± "), "{jacobian}");
}

#[test]
fn jacobians_are_checked_by_output_and_input() {
    fn f<F: Real>(x: &[F]) -> Vec<F> {
        vec![x[0] * x[1].cos(), x[0] * x[1].sin(), F::one(), x[1].exp()]
    }
    let report = check::jacobian(f, &[2.0, 0.5]).unwrap();
    assert!(report.all_agree(), "{report}");
    let places: Vec<_> = report.entries().iter().map(|entry| (entry.output, entry.variation)).collect();
    let expected: Vec<_> = (0..4).flat_map(|i| (0..2).map(move |j| (Some(i), Variation::Coordinate(j)))).collect();
    assert_eq!(places, expected);
    assert!(Check::new().jacobian_against(f, f, &[2.0_f32, 0.5]).unwrap().all_agree());
    assert!(check::jacobian(|_| Vec::new(), &[1.0]).unwrap().entries().is_empty());
    let wrong = check::jacobian(|x| f(&with_slope(x, 1, 1.0001)), &[2.0, 0.5]).unwrap_err();
    let bad: Vec<_> =
        wrong.report().unwrap().entries().iter().filter(|entry| entry.verdict == Verdict::Disagrees).collect();
    assert_eq!(bad.iter().map(|entry| entry.output.unwrap()).collect::<Vec<_>>(), [0, 1, 3]);
}

#[test]
fn outputs_that_come_and_go_or_are_not_compared_are_refused() {
    const SAME: &str = "a function must have as many outputs at every point";
    let one = |x: &[Value<f64>]| vec![x[0]];
    let two = |x: &[Value<f64>]| vec![x[0], x[0] * x[0].data()];
    assert_refused(SAME, || check::jacobian(|x| if x[0] > 1.0 { two(x) } else { one(x) }, &[1.0]));
    assert_refused(SAME, || check::jacobian(|x| if x[0] == 1.0 { two(x) } else { one(x) }, &[1.0]));
    assert_refused(SAME, || check::jacobian(|x| if x[0].is_constant() { one(x) } else { two(x) }, &[1.0]));
    assert_refused(SAME, || Check::new().jacobian_against(two, |x| vec![x[0]], &[1.0]));
    assert_refused(SAME, || Check::new().jacobian_against(one, |x| vec![x[0]; 2], &[1.0]));
}

#[test]
fn what_the_function_does_not_depend_on_agrees() {
    let report = check::gradient(|x| x[0] * 1e12 + 3.0, &[0.3, 1e200, 0.0, -1e-200]).unwrap();
    assert!(report.all_agree(), "{report}");
    assert!(check::gradient(|_: &[Value<f64>]| Value::from(1.0), &[]).unwrap().worst().is_none());
}

#[test]
fn minima_agree() {
    fn rosenbrock(x: &[Value<f64>]) -> Value<f64> {
        (x[1] - x[0] * x[0]).powi(2) * 100.0 + (1.0 - x[0]).powi(2)
    }
    for x in [[1.0, 1.0], [1.0 / 3.0, 1.0 / 9.0], [-1.0, 1.0]] {
        let report = check::gradient(rosenbrock, &x).unwrap();
        assert!(report.all_agree(), "{x:?}: {report}");
    }
    assert!(check::gradient(|x| (x[0] - 0.7).powi(2) + 1.0, &[0.7]).unwrap().all_agree());
}

#[test]
fn options_do_what_they_say() {
    let wrong = |x: &[Value<f64>]| with_slope(x, 0, 1.01)[0].exp();
    assert!(check::gradient(wrong, &[1.0]).is_err());
    assert!(Check::new().relative(0.02).gradient(wrong, &[1.0]).is_ok());
    assert!(Check::new().absolute(0.02).gradient(wrong, &[1.0]).is_err());
    assert!(Check::new().absolute(0.03).gradient(wrong, &[1.0]).is_ok());
    // A bump that steps of 1/8 jump over.
    let bump = |x: &[Value<f64>]| (-(x[0] * 1e9).powi(2)).exp() + x[0] * 0.0;
    assert!(Check::new().step(1e-10).gradient(bump, &[1e-9]).unwrap().all_agree());
    let mut largest: f64 = 0.0;
    let spy = |x: &[Value<f64>]| {
        largest = largest.max((x[0].data() - 5.0).abs());
        x[0]
    };
    Check::new().step(0.3).gradient(spy, &[5.0]).unwrap();
    assert_eq!(largest, 0.25);
}

#[test]
fn options_without_sense_are_refused() {
    for size in [-1.0, f64::NAN, f64::INFINITY] {
        assert_refused_here("a tolerance is a finite number from 0 on", || Check::new().relative(size));
        assert_refused_here("a tolerance is a finite number from 0 on", || Check::new().absolute(size));
        assert_refused_here("a step is a positive finite number", || Check::new().step(size));
    }
    assert_refused_here("a step is a positive finite number", || Check::new().step(0.0));
    assert_refused_here("a check needs a direction at least", || Check::new().directions(0));
}

#[test]
fn an_assertion_fails_with_the_lines_of_the_failure() {
    assert_gradient!(|x| x[0] * x[1], &[1.0, 2.0]);
    assert_gradient!(|x| x[0] * x[1], &[1.0_f32, 2.0], Check::new().relative(0.01));
    let message = "the gradient is wrong: 1 of 1 derivatives is not confirmed by differences\nx[0]: 3.0, ";
    assert_refused_here(message, || assert_gradient!(|x| x[0] * x[0].data(), &[3.0]));
}

#[test]
fn a_strict_check_of_nothing_fails() {
    let nothing = |_: &[Value<f64>]| Value::from(1.0);
    for check in [Check::new(), Check::new().directions(2)] {
        assert!(check.gradient(nothing, &[]).unwrap().entries().is_empty());
        let message = check.strict().gradient(nothing, &[]).unwrap_err().to_string();
        assert_eq!(message, "there is no derivative to compare");
    }
    assert!(Check::new().strict().jacobian(|_: &[Value<f64>]| Vec::new(), &[1.0]).is_err());
}
