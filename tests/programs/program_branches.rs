//! The rows that a program accepts and refuses, and the functions that cannot be recorded.

use std::thread;

use gradtape::Real;
use gradtape::check::random::{Operation, Table};
use gradtape::program::{Expr, Optimization, Options, Program, Rows, Workspace};
use testing::panics::{assert_refused, caught};
use testing::programs::all_options;
use testing::{bits, number};

const TINY: f64 = 5e-324;
/// Numbers that comparisons distinguish.
const NUMBERS: [f64; 12] =
    [0.0, -0.0, TINY, -TINY, 1.0, -1.0, f64::MIN_POSITIVE, 2.0, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
/// The numbers that programs are recorded with.
const RECORDED: [u64; 6] = [
    0.0_f64.to_bits(),
    (-0.0_f64).to_bits(),
    TINY.to_bits(),
    1.0_f64.to_bits(),
    f64::NEG_INFINITY.to_bits(),
    f64::NAN.to_bits(),
];

/// A test of two numbers, with as many results as a program can distinguish.
type Question<F> = (&'static str, fn(F, F) -> u8);

fn questions<F: Real<Plain = f64>>() -> Vec<Question<F>> {
    vec![
        ("<", |a, b| (a < b).into()),
        ("<=", |a, b| (a <= b).into()),
        (">", |a, b| (a > b).into()),
        (">=", |a, b| (a >= b).into()),
        ("==", |a, b| (a == b).into()),
        ("!=", |a, b| (a != b).into()),
        ("< 0", |a, _| (a < F::zero()).into()),
        ("0 <", |a, _| (F::zero() < a).into()),
        (">= 0", |a, _| (a >= F::zero()).into()),
        ("partial_cmp", |a, b| a.partial_cmp(&b).map_or(9, |order| order as u8)),
        ("is_nan", |a, _| a.is_nan().into()),
        ("is_infinite", |a, _| a.is_infinite().into()),
        ("is_finite", |a, _| a.is_finite().into()),
        ("is_zero", |a, _| a.is_zero().into()),
        ("is_one", |a, _| a.is_one().into()),
        ("classify", |a, _| a.classify() as u8),
        ("is_sign_negative", |a, _| a.is_sign_negative().into()),
        ("is_sign_positive of a sum", |a, b| (a + b).is_sign_positive().into()),
        ("signum by copysign", |a, _| (F::one().copysign(a) < F::zero()).into()),
    ]
}

/// A different result for each answer.
fn answer<F: Real<Plain = f64>>(question: fn(F, F) -> u8, x: &[F]) -> F {
    match question(x[0], x[1]) {
        0 => x[0] + F::constant(3.0) * x[1],
        1 => x[0] * x[1],
        k => x[1] - F::constant(k.into()) * x[0],
    }
}

fn pairs() -> impl Iterator<Item = [f64; 2]> {
    NUMBERS.into_iter().flat_map(|a| NUMBERS.map(|b| [a, b]))
}

#[test]
fn exactly_the_rows_for_which_a_question_has_the_same_answer_are_taken() {
    let rows: Vec<f64> = pairs().flatten().collect();
    let mut workspace = Workspace::new();
    for (&(name, of_expr), (_, of_number)) in questions().iter().zip(questions::<f64>()) {
        for options in [Options::new(), Options::new().exact()] {
            for at in pairs().filter(|at| at.iter().all(|x| RECORDED.contains(&x.to_bits()))) {
                let program = options.record(|x| answer(of_expr, x), &at);
                let same = |[a, b]: [f64; 2]| of_number(a, b) == of_number(at[0], at[1]);
                for row in pairs() {
                    match program.eval(&row) {
                        Ok(ours) => {
                            assert!(same(row), "{name} at {at:?} takes {row:?}");
                            // A fused multiply-add does not overflow in between.
                            if options == Options::new().exact() {
                                let theirs = answer(of_number, &row);
                                assert_eq!(bits(ours[0]), bits(theirs), "{name} at {at:?} and {row:?}");
                            }
                        }
                        Err(error) => assert!(!same(row), "{name} at {at:?} refuses {row:?}: {error}"),
                    }
                }
                let first = pairs().position(|row| !same(row));
                let result = program.run(&[], Rows::new(&rows, 2).unwrap(), &mut workspace);
                let message = result.map(|_| ()).map_err(|error| error.to_string());
                match (first, message) {
                    (Some(row), Err(message)) => assert!(message.starts_with(&format!("row {row}: ")), "{message}"),
                    (first, message) => assert!(first.is_none() && message.is_ok(), "{name}: {first:?} {message:?}"),
                }
            }
        }
    }
}

#[test]
fn a_constant_stands_on_the_right_of_a_comparison_that_is_printed() {
    type Compare = fn(Expr<f64>, Expr<f64>) -> bool;
    let comparisons: [(Compare, &str, &str); 7] = [
        (|a, _| a > 0.5, "require x[0] > 0.5\n", "-1 > 0.5 is false"),
        (|a, _| a >= 0.5, "require x[0] >= 0.5\n", "-1 >= 0.5 is false"),
        (|a, _| 0.5 <= a, "require x[0] >= 0.5\n", "-1 >= 0.5 is false"),
        (|a, _| a < 0.5, "require not x[0] < 0.5\n", ""),
        (|a, _| 0.5 >= a, "require not x[0] <= 0.5\n", ""),
        (|a, _| a == 1.0, "require x[0] == 1.0\n", "-1 == 1 is false"),
        (|a, b| a > b, "require x[1] < x[0]\n", "0 < -1 is false"),
    ];
    for (compare, listed, found) in comparisons {
        let program = Program::record(|x| if compare(x[0], x[1]) { x[0] } else { x[0] + x[1] }, &[1.0, 0.0]);
        assert!(program.to_string().contains(listed), "{program}");
        if !found.is_empty() {
            let error = program.eval(&[-1.0, 0.0]).unwrap_err().to_string();
            assert!(error.contains(found), "{error}");
        }
    }
}

#[test]
fn a_number_that_was_looked_at_is_that_number_only() {
    type Look = fn(Expr<f64>) -> f64;
    let looked_at: [(&str, Look); 3] = [
        ("data", |x| x.data()),
        ("to_f64", |x| num_traits::ToPrimitive::to_f64(&x).unwrap()),
        ("integer_decode", |x| f64::from(u8::from(num_traits::Float::integer_decode(x).0 > 1))),
    ];
    for (name, look) in looked_at {
        for at in NUMBERS {
            let program = Program::record(|x| x[0] + look(x[0]), &[at]);
            for row in NUMBERS {
                let is_same = bits(at) == bits(row);
                assert_eq!(program.eval(&[row]).is_ok(), is_same, "{name} at {at:?}: {row:?}");
            }
        }
    }
}

#[test]
fn clamped_numbers_go_all_three_ways_unless_the_program_is_exact() {
    let f = |x: &[Expr<f64>]| x[0].clamp(x[1], x[2]);
    let program = Program::record(f, &[0.0, -1.0, 1.0]).gradient();
    for (row, expected) in [
        ([0.5, -1.0, 1.0], [0.5, 1.0, 0.0, 0.0]),
        ([-2.0, -1.0, 1.0], [-1.0, 0.0, 1.0, 0.0]),
        ([2.0, -1.0, 1.0], [1.0, 0.0, 0.0, 1.0]),
        // At a bound, the result is the number itself.
        ([1.0, -1.0, 1.0], [1.0, 1.0, 0.0, 0.0]),
        ([-1.0, -1.0, 1.0], [-1.0, 1.0, 0.0, 0.0]),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]),
    ] {
        assert_eq!(program.eval(&row).unwrap(), expected, "{row:?}");
        let exact = Options::new().exact().record(f, &row).gradient();
        assert_eq!(exact.eval(&row).unwrap(), expected, "{row:?}");
    }
    for bounds in [[1.0, -1.0], [f64::NAN, 1.0], [0.0, f64::NAN]] {
        let error = program.eval(&[0.0, bounds[0], bounds[1]]).unwrap_err().to_string();
        assert!(error.starts_with("row 0: "), "{error}");
    }
    let exact = Options::new().exact().record(f, &[0.0, -1.0, 1.0]);
    let takes = |x: f64| exact.eval(&[x, -1.0, 1.0]).is_ok();
    assert_eq!([-1.0 - f64::EPSILON, -1.0, 1.0, 1.0 + f64::EPSILON].map(takes), [false, true, true, false]);
    assert!(takes(f64::NAN), "a NaN is neither below nor above");
}

#[test]
fn a_program_without_branches_takes_choices_and_ties_as_the_tape_does() {
    fn f<F: Real<Plain = f64>>(x: &[F]) -> F {
        x[0].max(x[1]) * F::constant(3.0) + x[0].min(x[1]) * F::constant(5.0) + x[0].abs() + x[0].relu()
    }
    for at in pairs() {
        let program = Program::record(f, &at).gradient();
        for row in pairs() {
            let (value, slopes) = gradtape::gradient(f, &row);
            let ours = program.eval(&row).unwrap();
            let theirs = [value, slopes[0], slopes[1]];
            let same = ours.iter().zip(theirs).all(|(a, b)| *a == b || bits(*a) == bits(b));
            assert!(same, "at {row:?}: {ours:?} instead of {theirs:?}");
        }
    }
}

#[test]
fn the_first_row_that_strays_is_named_among_many() {
    let program = Program::record(|x| if x[0] < 0.0 { -x[0] } else { x[0] }, &[1.0]);
    let mut workspace = Workspace::new();
    for count in [1, 2, 15, 16, 17, 33, 255, 256, 257, 1000] {
        for stray in [0, 1, 14, 15, 16, 200, 255, 256, 999].into_iter().filter(|&stray| stray < count) {
            let mut rows = vec![1.0; count];
            (rows[stray], rows[count - 1]) = (-1.0, -1.0);
            let error = program.run(&[], Rows::new(&rows, 1).unwrap(), &mut workspace).unwrap_err().to_string();
            assert!(error.starts_with(&format!("row {stray}: ")), "{error}");
            assert!(error.contains("Paths"), "{error}");
        }
        let rows = vec![2.0; count];
        assert_eq!(program.run(&[], Rows::new(&rows, 1).unwrap(), &mut workspace).unwrap().column(0), rows);
    }
}

#[test]
fn a_comparison_of_parameters_refuses_all_rows() {
    let f = |w: &[Expr<f64>], x: &[Expr<f64>]| if w[0] < w[1] { x[0] * w[0] } else { x[0] };
    let program = Program::record_with(f, &[1.0, 2.0], &[0.0]);
    let mut workspace = Workspace::new();
    for count in [1, 2, 40] {
        let numbers = vec![3.0; count];
        let rows = Rows::new(&numbers, 1).unwrap();
        assert_eq!(program.run(&[1.0, 2.0], rows, &mut workspace).unwrap().column(0), numbers);
        for parameters in [[2.0, 2.0], [2.0, 1.0], [f64::NAN, 1.0]] {
            let error = program.run(&parameters, rows, &mut workspace).unwrap_err().to_string();
            assert!(error.starts_with("parameters: "), "{error}");
        }
    }
}

#[test]
fn a_sum_with_a_row_that_strays_is_refused() {
    let f = |w: &[Expr<f64>], x: &[Expr<f64>]| if x[0] < 0.0 { w[0] } else { w[0] * x[0] };
    let program = Program::record_with(f, &[1.0], &[1.0]).gradient_of_sum();
    let mut workspace = Workspace::new();
    assert_eq!(program.run(&[2.0], Rows::new(&[1.0; 20], 1).unwrap(), &mut workspace).unwrap().totals(), [40.0, 20.0]);
    let mut rows = [1.0; 20];
    rows[17] = -1.0;
    let error = program.run(&[2.0], Rows::new(&rows, 1).unwrap(), &mut workspace).unwrap_err().to_string();
    assert!(error.starts_with("row 17: "), "{error}");
}

#[test]
fn what_does_not_depend_on_rows_counts_once_for_each_in_a_sum() {
    for options in [Options::new(), Options::new().exact()] {
        let f = |w: &[Expr<f64>], _: &[Expr<f64>]| w[0] * w[0] + 1.0;
        let squares = options.record_with(f, &[1.0, 5.0], &[0.0]).gradient_of_sum();
        let constant = options.record_with(|_, _| Expr::constant(0.5), &[1.0], &[0.0]).gradient_of_sum();
        let mixed = options.record_with(|w, x| w[0] * x[0] + w[1], &[1.0, 1.0], &[0.0]).gradient_of_sum();
        let mut workspace = Workspace::new();
        for count in [0_u16, 1, 2, 15, 16, 17, 255, 256, 257, 1000] {
            let numbers = vec![2.0; count.into()];
            let rows = Rows::new(&numbers, 1).unwrap();
            let n = f64::from(count);
            assert_eq!(squares.run(&[3.0, 5.0], rows, &mut workspace).unwrap().totals(), [10.0 * n, 6.0 * n, 0.0]);
            assert_eq!(constant.run(&[3.0], rows, &mut workspace).unwrap().totals(), [0.5 * n, 0.0]);
            let totals = mixed.run(&[3.0, 0.5], rows, &mut workspace).unwrap().totals();
            assert_eq!(totals, [6.5 * n, 2.0 * n, n], "{options:?} {count}");
        }
    }
}

#[test]
fn outputs_may_be_leaves_constants_and_each_other() {
    let f = |w: &[Expr<f64>], x: &[Expr<f64>]| [w[1], x[0], Expr::constant(7.0), x[0] + w[0], x[0], w[1]];
    for options in [Options::new(), Options::new().exact()] {
        let program = options.record_with(f, &[0.0; 2], &[0.0; 2]);
        let mut workspace = Workspace::new();
        for count in [1, 2, 17, 300] {
            let numbers: Vec<f64> = (0..2 * count).map(|k| f64::from(u16::try_from(k).unwrap())).collect();
            let rows = Rows::new(&numbers, 2).unwrap();
            let results = program.run(&[1.0, 2.0], rows, &mut workspace).unwrap();
            for k in 0..count {
                let x = rows.row(k)[0];
                assert_eq!(results.row(k), [2.0, x, 7.0, x + 1.0, x, 2.0], "{options:?} {k} of {count}");
            }
            let jacobian = program.jacobian();
            let results = jacobian.run(&[1.0, 2.0], rows, &mut workspace).unwrap();
            let derivatives = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0; 4], [1.0, 0.0, 1.0, 0.0]];
            let expected: Vec<f64> = derivatives.into_iter().flatten().collect();
            assert_eq!(results.row(count - 1)[6..22], expected, "{options:?} {count}");
        }
    }
}

#[test]
fn no_rows_have_no_results_and_sums_of_zero() {
    let program = Program::record_with(|w, x| w[0] * x[0], &[1.0], &[1.0]);
    let mut workspace = Workspace::new();
    let none = Rows::new(&[], 1).unwrap();
    assert!(program.run(&[1.0], none, &mut workspace).unwrap().is_empty());
    assert_eq!(program.gradient_of_sum().run(&[1.0], none, &mut workspace).unwrap().totals(), [0.0, 0.0]);
}

#[test]
fn shapes_that_do_not_fit_are_errors_that_say_so() {
    let program = Program::record_with(|w, x| w[0] * x[0] + x[1], &[1.0], &[1.0, 2.0]);
    let mut workspace = Workspace::new();
    let rows = Rows::new(&[1.0, 2.0], 2).unwrap();
    let message = program.run(&[], rows, &mut workspace).unwrap_err().to_string();
    assert_eq!(message, "program: expected 1 parameters, found 0 (`eval` gives none, `run` takes them)");
    let rows = Rows::new(&[1.0, 2.0], 1).unwrap();
    let message = program.run(&[1.0], rows, &mut workspace).unwrap_err().to_string();
    assert_eq!(message, "program: expected rows of 2 inputs, found 1");
}

#[test]
fn a_number_of_a_recording_that_is_over_is_refused() {
    let mut kept = None;
    let program = Program::record(|x| (kept.replace(x[0]), x[0] + 1.0).1, &[1.0_f64]);
    let old = kept.unwrap();
    let remedy = "compute with the inputs that the function is given";
    assert_refused(remedy, || old + 1.0);
    assert_refused(remedy, || old.sin());
    assert_refused(remedy, || old < 1.0);
    assert_refused(remedy, || [old, old].into_iter().sum::<Expr<f64>>());
    assert_refused(remedy, || Program::record(|x| x[0] + old, &[1.0]));
    assert_refused(remedy, || Program::record(|_| old, &[1.0]));
    assert_refused(remedy, || Program::record(|x| [x[0], old], &[1.0]));
    assert_refused(remedy, || Program::record(|x| if x[0] < old { x[0] } else { -x[0] }, &[1.0]));
    // No recording remains.
    assert_eq!(program.eval(&[3.0]).unwrap(), [4.0]);
    assert_eq!(Program::record(|x| x[0] * 2.0, &[1.0]).eval(&[3.0]).unwrap(), [6.0]);
}

#[test]
fn a_number_of_another_recording_is_refused_and_both_go_on() {
    let program = Program::record(
        |x| {
            let y = x[0] * 2.0;
            assert_refused("belongs to another recording", || Program::record(|z| z[0] + y, &[1.0]));
            let inner = Program::record(|z| z[0] * z[0], &[1.0]);
            let single = Program::record(|z| z[0] + 0.5, &[1.0_f32]);
            assert_eq!(inner.gradient().eval(&[3.0]).unwrap(), [9.0, 6.0]);
            y + number::<f64>(single.eval(&[1.0]).unwrap()[0].into()) + inner.eval(&[3.0]).unwrap()[0]
        },
        &[1.0_f64],
    );
    assert_eq!(program.eval(&[4.0]).unwrap(), [18.5]);
}

#[test]
fn a_panic_in_a_recording_leaves_that_around_it_as_it_was() {
    let program = Program::record(
        |x| {
            let y = x[0].exp();
            let panicked = caught(|| Program::record(|z| if z[0] > 0.0 { panic!("inside") } else { z[0] }, &[1.0]));
            assert_eq!(panicked.unwrap_err().0, "inside");
            y + x[0]
        },
        &[0.0_f64],
    );
    assert_eq!(program.eval(&[0.0]).unwrap(), [1.0]);
    let mut kept = None;
    let outside = |x: &[Expr<f64>]| {
        kept = Some(x[0]);
        if x[0] > 0.0 { panic!("outside") } else { x[0] }
    };
    assert_eq!(caught(|| Program::record(outside, &[1.0])).unwrap_err().0, "outside");
    assert_refused("belongs to a recording that is over", || kept.unwrap() + 1.0);
    assert_eq!(Program::record(|x| x[0] + 1.0, &[1.0]).eval(&[1.0]).unwrap(), [2.0]);
}

#[test]
fn a_number_on_another_thread_is_refused() {
    let program = Program::record(
        |x| {
            let y = x[0];
            let remedy = "another thread's; compute with the inputs";
            thread::spawn(move || assert_refused(remedy, || y + 1.0)).join().unwrap();
            let elsewhere = move || assert_refused("another recording", || Program::record(|z| z[0] * y, &[1.0]));
            thread::spawn(elsewhere).join().unwrap();
            y + 1.0
        },
        &[1.0_f64],
    );
    assert_eq!(program.eval(&[1.0]).unwrap(), [2.0]);
    assert_eq!(thread::spawn(move || program.eval(&[2.0]).unwrap()).join().unwrap(), [3.0]);
}

#[test]
fn derivatives_that_there_are_not_are_refused() {
    let two = Program::record(|x| [x[0], x[1]], &[1.0_f64, 2.0]);
    assert_refused("take the `jacobian`", || two.gradient());
    assert_refused("of one number", || two.gradient_of_sum());
    let sum = Program::record_with(|w, x| w[0] * x[0], &[1.0_f64], &[1.0]).gradient_of_sum();
    assert_refused("those of `tangent`", || sum.jacobian());
    assert_eq!(sum.tangent().outputs(), 4);
}

#[test]
fn a_row_that_is_not_finite_changes_no_bits_of_the_others_wherever_it_is() {
    fn f<F: Real<Plain = f64>>(x: &[F]) -> F {
        (x[0] * F::constant(57.3)).sin() * x[0] + (x[0] * x[0] + F::constant(0.1)).ln() * x[0].sqrt()
    }
    let mut workspace = Workspace::new();
    for options in [Options::new(), Options::new().exact()] {
        let program = options.record(f, &[1.0]).gradient();
        let good: Vec<f64> = (1..=40_u8).map(|k| f64::from(k) / 7.0).collect();
        let alone: Vec<Vec<f64>> = good.iter().map(|&x| program.eval(&[x]).unwrap()).collect();
        for count in 1..=40 {
            for (at, bad) in (0..count).flat_map(|at| [f64::NAN, f64::INFINITY, 0.0, -1.0, TINY].map(|bad| (at, bad))) {
                let mut numbers = good[..count].to_vec();
                numbers[at] = bad;
                let results = program.run(&[], Rows::new(&numbers, 1).unwrap(), &mut workspace).unwrap();
                for k in (0..count).filter(|&k| k != at) {
                    let same = results.row(k).iter().zip(&alone[k]).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{:?} beside {bad}, alone {:?}", results.row(k), alone[k]);
                }
            }
        }
    }
}

#[test]
fn a_zero_wins_also_where_the_nan_would_be_swallowed() {
    // `silu(-∞)` is 0, because its zero wins against the infinity.
    let infinite = [f64::NEG_INFINITY];
    let smaller = Program::record(|x| x[0].silu().min(Expr::constant(5.0)), &infinite);
    assert_eq!(smaller.eval(&infinite).unwrap(), [0.0]);
    assert_eq!(smaller.gradient().eval(&infinite).unwrap(), [0.0, 0.0]);
    let guarded = Program::record(|x| if x[0].silu() > -1.0 { 1.0 / x[0] } else { x[0] }, &infinite);
    assert_eq!(guarded.eval(&infinite).unwrap(), [0.0]);
}

/// Findings of a review: products of infinities and zeros, sums of empty lanes, a factor that would overflow.
#[test]
fn second_derivatives_at_singular_points_and_sums_with_infinite_factors_are_what_they_should_be() {
    let power = Program::record(|x| x[0].powf(x[1]), &[1.0, 2.0]).gradient().tangent();
    assert_eq!(power.eval(&[0.0, 2.0, 1.0, 0.0]).unwrap()[3..], [0.0, 2.0, 0.0]);
    let angle = Program::record(|x| x[0].atan(), &[1.0]).gradient().tangent();
    assert_eq!(angle.eval(&[f64::INFINITY, 1.0]).unwrap()[2..], [0.0, 0.0]);

    let sum = Program::record_with(|p, x| p[0] * x[0], &[1.0], &[1.0]).gradient_of_sum();
    let mut workspace = Workspace::new();
    let rows = [1.0, 2.0, 3.0];
    let totals = sum.run(&[f64::INFINITY], Rows::new(&rows, 1).unwrap(), &mut workspace).unwrap().totals();
    assert_eq!(totals, [f64::INFINITY, 6.0]);
    let rows = [1e307; 1600];
    let total = sum.run(&[1e-10], Rows::new(&rows, 1).unwrap(), &mut workspace).unwrap().totals()[0];
    assert!((total / 1.6e300 - 1.0).abs() < 1e-12, "{total}");

    let folded = Program::record(|x| ((x[0] * 1.7e308) * 2.0).exp(), &[-2e-306]).gradient();
    assert!(f64::is_finite(folded.eval(&[-2e-306]).unwrap()[1]));
    assert!(Program::<f64>::record(|_| Vec::new(), &[1.0]).eval(&[1.0]).unwrap().is_empty());
}

/// The derivatives up to order 4 at the middle of the operation's box, of a program that was recorded elsewhere.
fn derivatives<const N: usize>(operation: &Operation<Expr<f64>, N>, options: Options) -> Vec<f64> {
    let mut program = options.record(|x| (operation.f)(std::array::from_fn(|k| x[k])), &operation.at);
    for _ in 0..4 {
        program = program.jacobian();
    }
    let middle: Vec<f64> = operation.low.iter().zip(&operation.high).map(|(low, high)| 0.5 * (low + high)).collect();
    program.eval(&middle).unwrap_or_else(|error| panic!("{} {options:?}: {error}", operation.name))
}

#[test]
fn no_derivative_of_an_operation_depends_on_a_branch_with_or_without_each_optimization() {
    fn check<const N: usize>(operations: &[Operation<Expr<f64>, N>]) {
        for operation in operations {
            let expected = derivatives(operation, Options::new());
            for options in all_options() {
                let derivatives = derivatives(operation, options);
                assert_eq!(derivatives.len(), expected.len(), "{} {options:?}", operation.name);
                for (ours, theirs) in derivatives.into_iter().zip(&expected) {
                    let error = (ours - theirs).abs();
                    assert!(error <= 1e-9 * theirs.abs().max(1.0), "{} {options:?}: {ours} {theirs}", operation.name);
                }
            }
        }
    }
    check(Table::UNARY);
    check(Table::BINARY);
}

#[test]
fn a_fused_product_that_was_asked_for_is_rounded_once_on_every_machine() {
    let rest = |x: &[Expr<f64>]| x[0].mul_add(x[1], -(x[0] * x[1]));
    let expected = 0.1_f64.mul_add(0.3, -(0.1 * 0.3));
    for options in [Options::new(), Options::new().exact(), Options::new().without(Optimization::Simd)] {
        assert_eq!(options.record(rest, &[1.0, 1.0]).eval(&[0.1, 0.3]).unwrap(), [expected], "{options:?}");
    }
}

#[test]
fn a_zero_derivative_of_an_exact_program_has_the_sign_of_the_tapes() {
    for f in [|x: &[Expr<f64>]| -x[0].relu(), |x: &[Expr<f64>]| x[0] * -0.0] {
        let slope = Options::new().exact().record(f, &[-1.0]).gradient().eval(&[-1.0]).unwrap()[1];
        assert!(slope == 0.0 && slope.is_sign_negative(), "{slope:?}");
    }
}

/// The maximum of two NaN depends on nothing, so a sum with it has as many terms as on the tape.
#[test]
fn gradients_beside_a_maximum_of_two_nans_are_added_up_as_on_the_tape() {
    fn sum<F: Real<Plain = f64>>(x: &[F], which: usize) -> F {
        let nan = F::constant(f64::NAN);
        let other = [x[1], nan].into_iter().sum::<F>();
        let beside = [nan.max(other), nan.min(other), other.max(nan), other.min(nan)][which];
        [x[0], x[0], x[0], x[0] + beside, x[0], x[0], x[0], x[0].cbrt(), x[0].to_degrees()].into_iter().sum()
    }
    for which in 0..4 {
        let exact = Options::new().exact().record(|x| sum(x, which), &[0.0, 0.0]).gradient();
        for x in [[1.0, 1.0], [0.3, -7.0]] {
            assert_eq!(exact.eval(&x).unwrap()[1..], gradtape::gradient(|x| sum(x, which), &x).1, "{which} {x:?}");
        }
    }
}
