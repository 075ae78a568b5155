//! Operations of one's own and special functions, written down: as files and as Rust source.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use gradtape::check::random::Table;
use gradtape::program::{Expr, Options, Precision, Program};
use gradtape::{CustomOperation, Number, Real, Special, check};
use testing::{TestFloat, assert_same_bits, number};

fn read_again<T: Precision>(program: &Program<T>) -> Program<T> {
    serde_json::from_str(&serde_json::to_string(program).unwrap()).unwrap()
}

/// Special functions of one and of two arguments, with their gradients and second derivatives: each a program, and the
/// points at which it is evaluated.
fn programs<T: Precision + TestFloat>() -> Vec<(String, Program<T>, Vec<Vec<T>>)> {
    let exact = Options::new().exact();
    let one = |x: &[Expr<T>], k: usize| (Table::<Expr<T>>::SPECIAL[k].f)([x[0]]);
    let two = |x: &[Expr<T>], k: usize| (Table::<Expr<T>>::SPECIAL_PAIRS[k].f)([x[0], x[1]]);
    let unary = (Table::<f64>::SPECIAL.iter().enumerate()).map(|(k, op)| {
        (op.name, exact.record(|x| one(x, k), &op.at.map(number)), vec![op.low[0], op.at[0], op.high[0]])
    });
    let pairs = (Table::<f64>::SPECIAL_PAIRS.iter().enumerate())
        .map(|(k, op)| (op.name, exact.record(|x| two(x, k), &op.at.map(number)), [op.low, op.at, op.high].concat()));
    let mixed = exact.record(
        |x| x[0].normal_ln_cdf() * x[0].normal_pdf() + x[0].polygamma(2) * x[0].gamma_q(x[0].data()),
        &[T::one()],
    );
    let mut all = Vec::new();
    for (name, program, numbers) in unary.chain(pairs).chain([("mixed", mixed, vec![1.0])]) {
        let ends = [0.0, 1.0, -1.0, 0.5, -2.5, 12.0, 40.0, 300.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        let ends = if name == "mixed" { &[][..] } else { &ends[..] };
        let numbers = numbers.into_iter().chain(ends.iter().copied()).collect::<Vec<_>>();
        let mut program = program;
        for order in ["value", "gradient", "second"] {
            let points = numbers.chunks_exact(program.inputs().min(numbers.len()));
            let point = |list: &[f64]| (0..program.inputs()).map(|k| number(list[k % list.len()])).collect();
            all.push((format!("{name}_{order}_{}", T::NAME), program.clone(), points.map(point).collect()));
            program = if order == "value" { program.gradient() } else { program.tangent() };
        }
    }
    all
}

fn round_trips<T: Precision + TestFloat>() {
    for (name, program, points) in programs::<T>() {
        let again = read_again(&program);
        for x in points {
            let (Ok(ours), Ok(expected)) = (again.eval(&x), program.eval(&x)) else { panic!("{name} at {x:?}") };
            ours.into_iter().zip(expected).for_each(|(ours, expected)| assert_same_bits(ours, expected, (&name, &x)));
        }
        assert_eq!(again.to_string(), program.to_string());
    }
}

#[test]
fn files_hold_special_functions() {
    round_trips::<f32>();
    round_trips::<f64>();
}

#[test]
fn files_with_damaged_special_functions_are_refused() {
    let text = serde_json::to_string(&Program::record(|x| x[0].polygamma(2), &[1.5_f64])).unwrap();
    assert!(text.contains(r#"["Polygamma",[0,2]]"#), "{text}");
    for (damage, message) in [
        (r#"["Polygamma",[0,-1]]"#, "node 1: expected a parameter of Polygamma, found -1"),
        (r#"["Polygamma",[0,2,1]]"#, "node 1: expected an index below 1, found 1"),
        (r#"["Polygamma",[0,2,0,0,0,0]]"#, "node 1: expected 5 numbers of Polygamma, found 6"),
        (r#"["Polygamma",[0]]"#, "node 1: expected 2 numbers of Polygamma, found 1"),
        (r#"["Polygamma",[1,2]]"#, "node 1: expected one of the 1 nodes before it, found node 1"),
        (r#"["LnGamma",[0,1]]"#, "node 1: expected an index below 1, found 1"),
        (r#"["Gamma",[0]]"#, "node 1: expected an operation that this version of gradtape has, found \"Gamma\""),
    ] {
        let damaged = text.replace(r#"["Polygamma",[0,2]]"#, damage);
        let error = serde_json::from_str::<Program<f64>>(&damaged).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// Code that prints the bits of the results of all programs.
fn code<T: Precision + TestFloat>(code: &mut String, main: &mut String, expected: &mut Vec<(String, f64, f64)>) {
    for (name, program, points) in programs::<T>() {
        write!(code, "{}", program.to_rust(&name).unwrap()).unwrap();
        for x in points {
            let bits: Vec<_> =
                x.iter().map(|&x| format!("f64::from_bits({}) as {}", x.into().to_bits(), T::NAME)).collect();
            // A program with a guard has an optional result.
            let call = format!("{name}(&[{}])", bits.join(", "));
            writeln!(main, "    Show::show({call});").unwrap();
            let results = program.eval(&x).unwrap();
            // Second derivatives are differentiated formulas, which round otherwise.
            let tolerance = if name.contains("second") { 64.0 * T::epsilon().into() } else { 0.0 };
            expected.extend(results.into_iter().map(|y| (format!("{name} at {x:?}"), y.into(), tolerance)));
        }
    }
}

const SHOW: &str = "
trait Show {
    fn show(self);
}
impl Show for f64 {
    fn show(self) {
        println!(\"{}\", if self.is_nan() { f64::NAN.to_bits() } else { self.to_bits() });
    }
}
impl Show for f32 {
    fn show(self) {
        f64::from(self).show();
    }
}
impl<T: Show, const N: usize> Show for [T; N] {
    fn show(self) {
        self.into_iter().for_each(Show::show);
    }
}
impl<T: Show> Show for Option<T> {
    fn show(self) {
        self.unwrap().show();
    }
}
";

#[test]
fn generated_source_computes_special_functions_and_their_derivatives() {
    let (mut text, mut main, mut expected) = (format!("#![deny(warnings)]\n{SHOW}"), String::new(), Vec::new());
    code::<f32>(&mut text, &mut main, &mut expected);
    code::<f64>(&mut text, &mut main, &mut expected);
    assert!(text.contains("/// It calls the crate `pxfm`, version 0.1, which computes special functions.\n"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("special");
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = "[package]\nname = \"special\"\nedition = \"2024\"\n[dependencies]\npxfm = \"0.1\"\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/main.rs"), format!("{text}\nfn main() {{\n{main}}}\n")).unwrap();
    // The version that the tests were built with is available without a download.
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::copy(library.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--offline", "--quiet"]).current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target"));
    // In the same profile, because optimised code rounds differently where constants are folded.
    cargo.args((!cfg!(debug_assertions)).then_some("--release"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), expected.len());
    let mut complaints = String::new();
    for (printed, (name, expected, tolerance)) in printed.lines().zip(expected) {
        let ours = f64::from_bits(printed.parse().unwrap());
        let is_near = (ours - expected).abs() <= tolerance * expected.abs().max(1.0);
        if !is_near && testing::bits(ours) != testing::bits(expected) {
            writeln!(complaints, "{name}: {ours:?} instead of {expected:?}").unwrap();
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
}

/// `√(x² + s)`, by a loop, with a formula.
#[derive(Clone)]
struct Root(f64);

impl CustomOperation<1> for Root {
    fn value(&self, [x]: [f64; 1]) -> f64 {
        (0..60).fold(1.0, |y, _| 0.5 * (y + (x * x + self.0) / y))
    }

    fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], y: F) -> [F; 1] {
        [x / y]
    }

    fn expression<F: Real<Plain = f64>>(&self, [x]: [F; 1]) -> Option<F> {
        Some((x * x + self.0).sqrt())
    }
}

#[test]
fn files_hold_the_expressions_of_operations_of_ones_own() {
    for options in [Options::new(), Options::new().exact()] {
        let f = |x: &[Expr<f64>]| Root(2.0).apply([x[0]]) * x[1] + Root(1.0).apply([x[1]]);
        let program = options.record(f, &[1.0, 2.0]);
        // The program itself keeps the operation.
        assert!(program.to_string().contains("Root(x[0])"), "{program}");
        let text = read_again(&program).to_string();
        assert!(text.contains("sqrt(") && !text.contains("Root"), "{text}");
        let second = program.gradient().tangent();
        let x = [0.75, -1.5, 0.5, 0.25];
        let expected = second.eval(&x).unwrap();
        for again in [read_again(&second), read_again(&program.gradient()).tangent()] {
            for (ours, expected) in again.eval(&x).unwrap().into_iter().zip(&expected) {
                testing::assert_near(ours, *expected, 1e-14, options);
            }
        }
    }
}

#[test]
fn an_operation_without_an_expression_is_refused_with_the_remedy() {
    #[derive(Clone)]
    struct Plain;

    impl CustomOperation<1> for Plain {
        fn value(&self, [x]: [f64; 1]) -> f64 {
            x.exp()
        }

        fn partials<F: Number<Plain = f64>>(&self, _: [F; 1], y: F) -> [F; 1] {
            [y]
        }
    }

    let program = Program::record(|x| Plain.apply([x[0]]).ln_gamma(), &[1.0]);
    for program in [program.gradient(), program] {
        let refused =
            [program.to_rust("f").unwrap_err().to_string(), serde_json::to_string(&program).unwrap_err().to_string()];
        for error in refused {
            let remedy = "found `Plain`, a custom operation; give it an expression (`CustomOperation::expression`)";
            assert!(error.ends_with(remedy), "{error}");
        }
    }
}

#[test]
fn an_expression_that_compares_numbers_is_refused_where_it_does() {
    #[derive(Clone)]
    struct Branching;

    impl CustomOperation<1> for Branching {
        fn value(&self, [x]: [f64; 1]) -> f64 {
            x.abs()
        }

        fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
            [x.signum()]
        }

        fn expression<F: Real<Plain = f64>>(&self, [x]: [F; 1]) -> Option<F> {
            Some(if x < F::zero() { -x } else { x })
        }
    }

    let error = Program::record(|x| Branching.apply([x[0]]), &[1.0]).to_rust("f").unwrap_err().to_string();
    assert!(
        error.starts_with("custom operation `Branching`: expected an expression and partials that compare no numbers"),
        "{error}"
    );
    assert!(error.contains("a comparison at ") && error.contains("written.rs"), "{error}");
    // The comparisons of the program itself are its guards, as ever.
    let program = Program::record(|x| if x[0] < 2.0 { Root(1.0).apply([x[0]]) } else { x[0] }, &[1.0]);
    let again = read_again(&program);
    assert!(again.eval(&[3.0]).is_err());
    assert_eq!(again.eval(&[0.0]).unwrap(), [1.0]);
}

#[test]
fn a_check_compares_the_expression_with_the_value() {
    #[derive(Clone)]
    struct Wrong;

    impl CustomOperation<1> for Wrong {
        fn value(&self, [x]: [f64; 1]) -> f64 {
            x * x
        }

        fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
            [x + x]
        }

        fn expression<F: Real<Plain = f64>>(&self, [x]: [F; 1]) -> Option<F> {
            Some(x * x * x)
        }
    }

    assert!(check::custom(&Root(2.0), [0.75]).unwrap().all_agree());
    let failure = check::custom(&Wrong, [2.0]).unwrap_err().to_string();
    assert_eq!(failure, "the expression is 8.0, but the value is 4.0");
}
