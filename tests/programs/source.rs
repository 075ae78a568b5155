//! Programs as Rust source: the source compiles without a warning, is formatted, and computes the same as the program.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::cases::all_cases;
use super::compiled::{Compiled, compiled};
use gradtape::program::{Expr, Options, Program};

/// Compares the functions of a group with their programs.
fn functions_agree(group: &str) {
    let Compiled { cases, results } = compiled();
    let mut compared = 0;
    let mut complaints = String::new();
    for (case, results) in cases.iter().zip(results).filter(|(case, _)| case.group == group) {
        for (point, flavours) in case.points.iter().zip(results) {
            for (flavour, result) in ["std", "libm"].iter().zip(flavours) {
                let agree = match (&point.expected, result) {
                    (None, None) => true,
                    (Some(expected), Some(result)) => {
                        expected.len() == result.len()
                            && expected.iter().zip(result).all(|(&expected, &result)| {
                                let near = case.tolerance * expected.abs().max(1.0);
                                testing::bits(expected) == testing::bits(result) || (expected - result).abs() <= near
                            })
                    }
                    _ => false,
                };
                if !agree && complaints.len() < 4000 {
                    let (name, x) = (&case.name, (&point.parameters, &point.inputs));
                    writeln!(complaints, "{name} ({flavour}) at {x:?}: {result:?} instead of {:?}", point.expected)
                        .unwrap();
                }
                compared += 1;
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
    assert!(compared > 10, "{group} has cases");
}

#[test]
fn every_operation_and_its_gradient_are_the_program_bit_for_bit() {
    functions_agree("operations");
}

#[test]
fn second_derivatives_are_the_program_bit_for_bit() {
    functions_agree("second derivatives");
}

#[test]
fn random_expressions_and_their_gradients_are_the_program_bit_for_bit() {
    functions_agree("random");
}

#[test]
fn programs_that_are_not_exact_are_the_program_to_rounding() {
    functions_agree("rounded");
}

#[test]
fn constants_are_written_to_the_bit() {
    functions_agree("constants");
}

#[test]
fn where_a_program_strays_the_function_is_none() {
    functions_agree("branches");
    let is_none = |case: &&super::cases::Case| case.points.iter().any(|point| point.expected.is_none());
    assert!(compiled().cases.iter().filter(|case| case.group == "branches").all(|case| is_none(&case)));
}

#[test]
fn sums_over_rows_are_the_program_to_rounding() {
    functions_agree("sums");
}

#[test]
fn expressions_of_operations_of_ones_own_are_the_program_to_rounding() {
    functions_agree("customs");
}

#[test]
fn rustfmt_leaves_the_code_as_it_is() {
    let sources: Vec<String> = all_cases().iter().flat_map(|case| case.sources.clone()).collect();
    let mut code = sources.join("\n");
    let program = Program::record_with(|w, x| [w[0] * x[0], x[1], w[0]], &[1.0], &[2.0, 3.0]);
    for length in 20..70 {
        write!(code, "\n{}", program.to_rust(&"f".repeat(length)).unwrap()).unwrap();
    }
    // Not the style of this crate, but the usual one.
    let style = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rustfmt.toml");
    fs::write(&style, "").unwrap();
    for edition in ["2021", "2024"] {
        let rustfmt = Command::new("rustfmt")
            .args(["--edition", edition, "--config-path"])
            .arg(&style)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut rustfmt) = rustfmt else {
            eprintln!("SKIPPED: there is no rustfmt");
            return;
        };
        super::compiled::feed(&mut rustfmt, code.clone());
        let output = rustfmt.wait_with_output().unwrap();
        let formatted = String::from_utf8(output.stdout).unwrap();
        for (ours, formatted) in code.lines().zip(formatted.lines()) {
            assert_eq!(ours, formatted);
        }
        assert_eq!(code.len(), formatted.len());
    }
}

#[test]
fn expressions_have_no_more_parentheses_than_they_need() {
    let body = |f: fn(&[Expr<f64>]) -> Expr<f64>| {
        let source = Options::new().record(f, &[1.0, 2.0, 3.0]).to_rust("f").unwrap().to_string();
        source.lines().nth(3).unwrap().trim().to_owned()
    };
    assert_eq!(body(|x| x[0] + x[1] * x[2]), "inputs[0] + inputs[1] * inputs[2]");
    assert_eq!(body(|x| (x[0] + x[1]) * x[2]), "(inputs[0] + inputs[1]) * inputs[2]");
    assert_eq!(body(|x| x[0] - (x[1] - x[2])), "inputs[0] - (inputs[1] - inputs[2])");
    assert_eq!(body(|x| x[0] - x[1] + x[2]), "inputs[0] - inputs[1] + inputs[2]");
    assert_eq!(body(|x| x[0] / (x[1] * x[2])), "inputs[0] / (inputs[1] * inputs[2])");
    assert_eq!(body(|x| -x[0] + -x[1]), "-inputs[0] - inputs[1]");
    assert_eq!(body(|x| -(x[0] * x[1]) - -2.0), "-(inputs[0] * inputs[1]) + 2.0");
    assert_eq!(body(|x| (-x[0]).exp().sqrt()), "(-inputs[0]).exp().sqrt()");
    assert_eq!(body(|x| Expr::constant(2.0).powf(x[0].powi(3))), "2.0_f64.powf(inputs[0] * inputs[0] * inputs[0])");
}

#[test]
fn what_is_used_twice_has_a_name_and_what_is_not_used_is_not_there() {
    let f = |x: &[Expr<f64>]| {
        let (shared, _unused) = ((x[0] * 0.5).sin(), x[0].exp());
        shared * shared + x[0]
    };
    let source = Program::record(f, &[1.0]).to_rust("f").unwrap();
    let expected = "\
/// 1 output from 1 input, written by gradtape.
#[allow(clippy::all, clippy::pedantic)]
pub fn f(inputs: &[f64; 1]) -> f64 {
    let v0 = (inputs[0] * 0.5).sin();
    v0 * v0 + inputs[0]
}
";
    assert_eq!(source.to_string(), expected);
}

#[test]
fn what_is_no_name_of_a_function_is_refused() {
    let program = Program::record(|x| x[0], &[1.0]);
    for name in
        ["", "_", "__", "1st", "a b", "a-b", "a::b", "r#fn", "größe", "f()", "fn", "self", "Self", "gen", "yield"]
    {
        let error = program.to_rust(name).unwrap_err().to_string();
        assert!(error.contains("expected an identifier") && error.ends_with(&format!("{name:?}")), "{error}");
    }
    for name in ["f", "_f", "f_2", "Model", "union"] {
        assert!(program.to_rust(name).is_ok(), "{name}");
    }
}
