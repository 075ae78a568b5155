//! Functions that branch, run on rows of all kinds: the results are those of the tape, row by row.

use gradtape::program::{Expr, Options, PathOutput, Paths, Program, Rows, Workspace};
use gradtape::{Real, gradient};
use testing::panics::panic_of;
use testing::{number, quickcheck};

/// Six paths, with ties and NaN among the numbers that decide.
fn branchy<F: Real>(p: &[F], x: &[F]) -> F {
    let c = |c: f64| F::constant(num_traits::NumCast::from(c).unwrap());
    let mut y = if x[0] < x[1] { p[0] * x[0].sin() } else { x[1] * x[1] - p[1] };
    if x[0] == x[1] {
        y *= c(3.0);
    }
    if y.is_nan() {
        return x[1] + p[0];
    }
    if y.abs() >= c(1.0) { y * p[1] } else { y.max(p[0]) + x[0] }
}

const PARAMETERS: [f64; 2] = [0.75, 1.5];

fn rows(seed: u64, count: usize) -> Vec<f64> {
    let values = [-2.0, -1.0, -0.25, 0.0, 0.5, 0.75, 1.0, 2.5, f64::NAN, f64::INFINITY];
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        values[usize::try_from(state >> 33).unwrap() % values.len()]
    };
    (0..2 * count).map(|_| draw()).collect()
}

/// The tape's value and gradient by the parameters and the inputs.
fn on_tape(row: &[f64]) -> Vec<f64> {
    let all = [PARAMETERS[0], PARAMETERS[1], row[0], row[1]];
    let (y, slopes) = gradient(|v| branchy(&v[..2], &v[2..]), &all);
    [y].into_iter().chain(slopes).collect()
}

fn is_same(ours: f64, theirs: f64) -> bool {
    ours == theirs || ours.is_nan() && theirs.is_nan() || (ours - theirs).abs() <= 1e-13 * (1.0 + theirs.abs())
}

#[test]
fn every_row_has_the_tapes_value_and_gradient_with_any_limit_of_paths() {
    quickcheck(
        60,
        (|seed: u64, count: u8, limit: u8| {
            let data = rows(seed, usize::from(count) + 1);
            for options in [Options::new(), Options::new().exact()] {
                let limit = usize::from(limit % 8);
                let mut paths = Paths::new(branchy, PathOutput::Gradient).with_options(options).with_limit(limit);
                let results = paths.run(&PARAMETERS, Rows::new(&data, 2).unwrap()).unwrap();
                for (k, row) in data.chunks(2).enumerate() {
                    let (ours, theirs) = (results.row(k), on_tape(row));
                    let exact = options == Options::new().exact();
                    let same =
                        |(&a, &b): (&f64, &f64)| if exact { a == b || a.is_nan() && b.is_nan() } else { is_same(a, b) };
                    assert!(ours.iter().zip(&theirs).all(same), "{row:?}: {ours:?} instead of {theirs:?}");
                }
                let counted = paths.rows_of_paths().iter().sum::<usize>() + paths.rows_on_tape();
                assert_eq!(counted, data.len() / 2);
                assert!(paths.programs().len() <= limit);
            }
        }) as fn(u64, u8, u8),
    );
}

#[test]
fn sums_over_rows_of_several_paths_are_those_of_the_tape() {
    for count in [1, 15, 16, 17, 300, 1000] {
        let data: Vec<f64> = rows(9, count).into_iter().map(|x| if x.is_finite() { x } else { 0.125 }).collect();
        let mut expected = [0.0; 3];
        for row in data.chunks(2) {
            expected.iter_mut().zip(on_tape(row)).for_each(|(sum, x)| *sum += x);
        }
        for limit in [0, 1, 3, 64] {
            let mut paths = Paths::new(branchy, PathOutput::GradientOfSum).with_limit(limit);
            let results = paths.run(&PARAMETERS, Rows::new(&data, 2).unwrap()).unwrap();
            for (&ours, theirs) in results.totals().iter().zip(expected) {
                assert!(
                    (ours - theirs).abs() < 1e-11 * (1.0 + theirs.abs()),
                    "{count} rows: {ours} instead of {theirs}"
                );
            }
        }
    }
}

#[test]
fn a_known_path_is_not_recorded_again() {
    let recorded = std::cell::Cell::new(0);
    let counted = |p: &[Expr<f32>], x: &[Expr<f32>]| {
        recorded.set(recorded.get() + 1);
        branchy(p, x)
    };
    let mut paths = Paths::new(counted, PathOutput::Values);
    let parameters: Vec<f32> = PARAMETERS.map(number).to_vec();
    let data: Vec<f32> = rows(3, 500).into_iter().map(number).collect();
    for _ in 0..3 {
        paths.run(&parameters, Rows::new(&data, 2).unwrap()).unwrap();
    }
    assert_eq!(recorded.get(), paths.programs().len());
    assert!(recorded.get() > 3 && paths.rows_on_tape() == 0);
    assert_eq!(paths.rows_of_paths().iter().sum::<usize>(), 1500);
}

#[test]
fn a_choice_is_an_operation_and_no_branch() {
    let f = |_: &[Expr<f64>], x: &[Expr<f64>]| {
        let low = Expr::constant(-1.0);
        x[0].max(x[1]) + x[0].min(x[1]).abs() + x[0].relu() + x[1].clamp(low, Expr::constant(1.0)).leaky_relu(0.5)
    };
    let mut paths = Paths::new(f, PathOutput::Gradient);
    let data: Vec<f64> = rows(5, 200);
    paths.run(&[], Rows::new(&data, 2).unwrap()).unwrap();
    assert_eq!(paths.rows_of_paths(), [200]);
}

#[test]
fn looking_at_a_number_makes_a_path_for_that_number() {
    let f = |_: &[Expr<f64>], x: &[Expr<f64>]| x[0] * x[1].data();
    let mut paths = Paths::new(f, PathOutput::Values).with_limit(2);
    let data = [1.0, 5.0, 2.0, 6.0, 3.0, 5.0, 4.0, 7.0];
    let results = paths.run(&[], Rows::new(&data, 2).unwrap()).unwrap();
    assert_eq!(results.column(0), [5.0, 12.0, 15.0, 28.0]);
    assert_eq!((paths.rows_of_paths(), paths.rows_on_tape()), (vec![2, 1], 1));
}

#[test]
fn a_program_refuses_exactly_the_rows_of_other_paths() {
    let program = Program::record(|x| if x[0] < x[1] { x[0] } else { x[1] }, &[0.0, 1.0]);
    let mut workspace = Workspace::new();
    for (row, fits) in [([0.0, 1.0], true), ([1.0, 1.0], false), ([2.0, 1.0], false), ([f64::NAN, 1.0], false)] {
        assert_eq!(program.run(&[], Rows::one(&row), &mut workspace).is_ok(), fits, "{row:?}");
        let among_others = [0.0, 1.0, row[0], row[1], 0.0, 2.0];
        let result = program.run(&[], Rows::new(&among_others, 2).unwrap(), &mut workspace);
        assert_eq!(result.is_ok(), fits);
        if let Err(error) = result {
            assert!(error.to_string().starts_with("row 1: expected "), "{error}");
        }
    }
}

#[test]
fn every_path_must_have_as_many_outputs() {
    let f = |_: &[Expr<f64>], x: &[Expr<f64>]| if x[0] > 0.0 { vec![x[0]] } else { vec![x[0], x[0]] };
    for limit in [1, 2] {
        let mut paths = Paths::new(f, PathOutput::Values).with_limit(limit);
        let (message, file) = panic_of(|| {
            paths.run(&[], Rows::new(&[1.0, -1.0], 1).unwrap()).unwrap();
        });
        assert!(message.contains("as many outputs on every path") && file.ends_with("paths.rs"), "{message}, {file}");
    }
}

#[test]
fn rows_and_parameters_of_other_lengths_are_errors() {
    let mut paths = Paths::new(branchy::<Expr<f64>>, PathOutput::Values);
    paths.run(&PARAMETERS, Rows::new(&[1.0, 2.0], 2).unwrap()).unwrap();
    let error = paths.run(&PARAMETERS, Rows::new(&[1.0, 2.0, 3.0], 3).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "program: expected rows of 2 inputs, found 3");
    let error = paths.run(&PARAMETERS[..1], Rows::new(&[1.0, 2.0], 2).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "program: expected 2 parameters, found 1");
}

/// Numbers that are equal when plain floats compute them, and rarely equal with fused products and lanes.
#[test]
fn every_row_takes_the_path_that_was_recorded_for_it_even_at_a_tie() {
    let f = |_: &[Expr<f64>], x: &[Expr<f64>]| {
        let r = x[1] - x[0] * x[0];
        let y = if r >= 0.0 { r * 2.0 } else { r * 3.0 };
        if x[0].exp().sin() == x[2] { y } else { -y }
    };
    let data: Vec<f64> = (1..200).map(|k| f64::from(k) * 0.0137).flat_map(|x| [x, x * x, x.exp().sin()]).collect();
    for row in data.chunks(3) {
        assert!(Program::record_with(f, &[], row).run(&[], Rows::one(row), &mut Workspace::new()).is_ok(), "{row:?}");
    }
    let mut paths = Paths::new(f, PathOutput::Gradient);
    paths.run(&[], Rows::new(&data, 3).unwrap()).unwrap();
    assert_eq!((paths.rows_of_paths(), paths.rows_on_tape()), (vec![199], 0));
}

#[test]
fn without_rows_totals_are_zero_once_a_path_is_known() {
    let mut paths = Paths::new(branchy::<Expr<f64>>, PathOutput::GradientOfSum);
    let none = Rows::new(&[], 2).unwrap();
    assert!(paths.run(&PARAMETERS, none).unwrap().totals().is_empty());
    paths.run(&PARAMETERS, Rows::new(&[1.0, 2.0], 2).unwrap()).unwrap();
    assert_eq!(paths.run(&PARAMETERS, none).unwrap().totals(), [0.0; 3]);
}

#[test]
fn parameters_that_go_another_way_are_the_ones_to_blame() {
    // The comparison of a parameter stands behind one of an input, which fails, too.
    let f = |p: &[Expr<f64>], x: &[Expr<f64>]| {
        let y = if x[0] < 2.0 { x[0] } else { -x[0] };
        if p[0] > 0.0 { y } else { -y }
    };
    let (program, line) = (Program::record_with(f, &[1.0], &[1.0]), line!() - 2);
    for rows in [Rows::one(&[1.0]), Rows::one(&[3.0]), Rows::new(&[], 1).unwrap()] {
        let error = program.run(&[-1.0], rows, &mut Workspace::new()).unwrap_err().to_string();
        assert!(error.starts_with("parameters: expected some for which the comparison at "), "{error}");
        assert!(error.contains(&format!("paths.rs:{line}:")), "{error}");
        assert!(
            error.ends_with("found one for which -1 > 0 is false (write `max`, `min` or `clamp`, or see `Paths` for functions that branch)"),
            "{error}"
        );
    }
}

fn branch<F: Real<Plain = f64>>(x: F) -> F {
    if x > 1.0 { x } else { -x }
}

/// Programs of derivatives, optimised ones, and exact ones keep the place of a comparison.
#[test]
fn a_row_that_goes_another_way_is_told_with_the_line_of_the_comparison() {
    let branch_at = format!("paths.rs:{}:", line!() - 6);
    let comparison: fn(&[Expr<f64>]) -> Expr<f64> = |x| branch(x[0]);
    let larger: fn(&[Expr<f64>]) -> Expr<f64> = |x| x[0].max(x[1]);
    let larger_at = format!("paths.rs:{}:", line!() - 1);
    let read: fn(&[Expr<f64>]) -> Expr<f64> = |x| x[0] * x[0].data();
    let read_at = format!("paths.rs:{}:", line!() - 1);
    for options in [Options::new(), Options::new().exact()] {
        for (f, at, start, end) in [
            (
                comparison,
                &branch_at,
                "a row for which the comparison at ",
                "for which -2 > 1 is false (write `max`, `min` or `clamp`, or see `Paths`",
            ),
            (read, &read_at, "a row with the number that `data()` read at ", "with -2 (`detach` keeps a number"),
        ] {
            let program = options.record(f, &[3.0, 0.0]);
            for program in [program.clone(), program.gradient(), program.gradient().tangent()] {
                let row = [-2.0, 1.0, 0.0, 0.0];
                let error = program.eval(&row[..program.inputs()]).unwrap_err().to_string();
                assert!(error.starts_with(&format!("row 0: expected {start}")), "{error}");
                assert!(error.contains(at.as_str()) && error.contains(end), "{error}");
            }
        }
    }
    let error = Options::new().exact().record(larger, &[3.0, 0.0]).eval(&[-2.0, 1.0]).unwrap_err().to_string();
    assert!(error.contains(&larger_at), "{error}");
}
