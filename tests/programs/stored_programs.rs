//! Stored programs: a stored program can be read again, and a damaged one is refused.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::check::random::{Any, Arithmetic, Expression};
use gradtape::program::{Expr, Optimization, Options, Precision, Program, Rows, Workspace};
use serde_json::{Value as Json, from_str, from_value, json, to_string, to_value};
use testing::programs::{all_options, inputs, rows_of};
use testing::{TestFloat, bits, quickcheck};

/// Both compute the same bits, or refuse the same rows.
fn is_same<T: TestFloat + Precision>(a: &Program<T>, b: &Program<T>, rows: &[Vec<T>]) -> bool {
    let bits_of = |program: &Program<T>, row: &[T]| {
        let results = program.eval(row).ok()?;
        Some(results.into_iter().map(bits).collect::<Vec<_>>())
    };
    rows.iter().all(|row| bits_of(a, row) == bits_of(b, row))
}

fn is_read_as_it_was_written<T>(graph: Expression, others: Vec<Any<T>>, choice: u8, is_exact: bool)
where
    T: TestFloat + Arithmetic + Precision,
    Expr<T>: Arithmetic,
{
    let all = all_options();
    let options = all[usize::from(choice) % all.len()];
    let options = if is_exact { options.exact() } else { options };
    let rows = rows_of::<T>(&graph, &others[..others.len().min(8)]);
    let program = options.record(|x| graph.eval(x), &inputs::<T>(&graph));
    for program in [&program.gradient(), &program] {
        let text = to_string(program).unwrap();
        let read: Program<T> = from_str(&text).unwrap_or_else(|error| panic!("{error}: {graph:?}\n{text}"));
        assert!(is_same(program, &read, &rows), "{graph:?}\n{text}");
        assert_eq!(to_string(&read).unwrap(), text);
        assert_eq!(read.to_string(), program.to_string());
        if program.outputs() == 1 {
            assert!(is_same(&program.gradient(), &read.gradient(), &rows), "{graph:?}\n{text}");
        }
    }
}

#[test]
fn programs_are_read_as_they_were_written_in_f64() {
    quickcheck(200, is_read_as_it_was_written::<f64> as fn(Expression, Vec<Any<f64>>, u8, bool));
}

#[test]
fn programs_are_read_as_they_were_written_in_f32() {
    quickcheck(200, is_read_as_it_was_written::<f32> as fn(Expression, Vec<Any<f32>>, u8, bool));
}

#[test]
fn numbers_keep_all_their_bits() {
    let odd = f64::from_bits(0xfff8_0000_dead_beef);
    for x in [0.1, -0.0, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, odd] {
        let program = Program::record(|_| Expr::constant(x), &[1.0]);
        let read: Program<f64> = from_str(&to_string(&program).unwrap()).unwrap();
        assert_eq!(read.eval(&[0.0]).unwrap()[0].to_bits(), x.to_bits(), "{x}");
    }
}

/// A program with parameters, inputs that are not used, a list, a guard, and constants.
fn program() -> Program<f64> {
    let f = |w: &[Expr<f64>], x: &[Expr<f64>]| {
        let sum: Expr<f64> = [w[0] * x[0], x[1].powi(-2), x[0]].into_iter().sum();
        if sum < 100.0 { sum.exp() * 0.5 + Expr::dot(&[x[0], x[1]], &[w[1], w[1]]) } else { sum }
    };
    Program::record_with(f, &[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0])
}

fn run(program: &Program<f64>) -> Option<Vec<f64>> {
    let numbers: Vec<f64> = (0..12_u8).map(|k| f64::from(k) / 8.0 + 0.1).collect();
    let mut workspace = Workspace::new();
    let parameters = &numbers[..program.parameters().min(12)];
    let rows = Rows::new(&numbers, program.inputs()).ok()?;
    let results = program.run(parameters, rows, &mut workspace).ok()?;
    let rows = (0..results.len()).flat_map(|row| results.row(row));
    Some(rows.chain(results.totals().iter().copied()).collect())
}

#[test]
fn programs_of_sums_and_options_are_read_as_they_were_written() {
    for program in [program(), program().gradient(), program().gradient_of_sum(), program().gradient_of_sum().tangent()]
    {
        let read: Program<f64> = from_str(&to_string(&program).unwrap()).unwrap();
        if program.parameters() == 3 {
            assert_eq!(run(&read), run(&program));
            assert!(run(&read).is_some());
        }
        assert_eq!(read.is_of_sum(), program.is_of_sum());
        assert_eq!((read.parameters(), read.inputs()), (program.parameters(), program.inputs()));
    }
    for optimization in Optimization::ALL {
        let program = Options::new().without(optimization).record(|x| x[0], &[1.0]);
        let stored = to_value(&program).unwrap();
        assert_eq!(stored["without"], json!([format!("{optimization:?}")]));
        assert_eq!(to_value(from_value::<Program<f64>>(stored.clone()).unwrap()).unwrap(), stored);
    }
}

#[test]
fn a_stored_program_is_what_the_documentation_says() {
    let program = Options::new().exact().record(|x| if x[0] <= 1.0 { x[0] * 2.0 } else { x[0] }, &[1.0]);
    let expected = json!({
        "format": "gradtape program", "version": 1, "precision": "f64", "exact": true, "without": [],
        "parameters": 0, "inputs": 1, "of_sum": false,
        "constants": ["3ff0000000000000", "4000000000000000"],
        "nodes": [["input", [0]], ["constant", [0]], ["constant", [1]], ["mul", [0, 2]]],
        "guards": [[0, "<=", 1, true]], "outputs": [3],
    });
    assert_eq!(to_value(&program).unwrap(), expected);
}

/// The error for a stored program in which one field was replaced.
#[track_caller]
fn refusal(field: &str, value: Json) -> String {
    let mut stored = to_value(program()).unwrap();
    stored[field] = value;
    from_str::<Program<f64>>(&stored.to_string()).unwrap_err().to_string()
}

#[test]
fn what_is_foreign_newer_or_of_the_other_precision_is_refused_with_what_was_expected() {
    let text = to_string(&program()).unwrap();
    let error = from_str::<Program<f32>>(&text).unwrap_err().to_string();
    assert!(error.starts_with("precision: expected \"f32\", found \"f64\""), "{error}");
    let error = refusal("version", json!(2));
    assert!(error.starts_with("version of the format: expected 1, which this version"), "{error}");
    let error = refusal("format", json!("svg"));
    assert!(error.starts_with("format: expected \"gradtape program\", found \"svg\""), "{error}");
    // The version is checked before any field that a newer version may have.
    let newer = r#"{"format": "gradtape program", "version": 2, "shape": []}"#;
    let error = from_str::<Program<f64>>(newer).unwrap_err().to_string();
    assert!(error.starts_with("version of the format"), "{error}");
    for text in ["", "{}", "[]", "null", "[1, 2]", "\"gradtape program\"", &text[..text.len() - 1]] {
        assert!(from_str::<Program<f64>>(text).is_err(), "{text}");
    }
}

#[test]
fn what_no_program_can_be_is_refused_with_what_was_expected() {
    let nodes = |changed: Json| {
        let leaves = [["parameter", "0"], ["parameter", "1"], ["parameter", "2"], ["input", "0"], ["input", "1"]];
        let leaves = leaves.map(|[name, k]| json!([name, [k.parse::<u32>().unwrap()]]));
        let mut nodes = leaves.to_vec();
        nodes.extend([json!(["input", [2]]), changed]);
        Json::Array(nodes)
    };
    for (field, value, expected) in [
        ("nodes", nodes(json!(["foo", [0]])), "node 6: expected an operation that this version of gradtape has"),
        ("nodes", nodes(json!(["sin", [6]])), "node 6: expected one of the 6 nodes before it, found node 6"),
        ("nodes", nodes(json!(["sin", [-1]])), "node 6: expected one of the 6 nodes before it"),
        ("nodes", nodes(json!(["sin", [4_294_967_296_i64]])), "node 6: expected one of the 6 nodes before it"),
        ("nodes", nodes(json!(["sin", []])), "node 6: expected 1 numbers of sin, found 0"),
        ("nodes", nodes(json!(["mul", [0, 1, 2]])), "node 6: expected 2 numbers of mul, found 3"),
        ("nodes", nodes(json!(["powi", [0]])), "node 6: expected 2 numbers of powi, found 1"),
        ("nodes", nodes(json!(["powi", [0, 3_000_000_000_i64]])), "node 6: expected an exponent"),
        ("nodes", nodes(json!(["sum", []])), "node 6: expected at least one operand of sum"),
        ("nodes", nodes(json!(["dot", [0]])), "node 6: expected pairs of operands of dot"),
        ("nodes", nodes(json!(["total", [0]])), "node 6: expected no sum over rows here"),
        ("nodes", nodes(json!(["input", [0]])), "node 6: expected each parameter and each input once"),
        ("nodes", nodes(json!(["input", [3]])), "node 6: expected an index below 3, found 3"),
        ("nodes", nodes(json!(["constant", [2]])), "node 6: expected an index below 2, found 2"),
        ("nodes", json!([]), "program: expected a node for each of 3 parameters and 3 inputs, found 0 nodes"),
        ("inputs", json!(4_000_000_000_u32), "program: expected a node for each of 3 parameters and 4000000000 inputs"),
        ("parameters", json!(4), "program: expected a node for parameter 3, found none"),
        (
            "constants",
            json!(["3ff", "0000000000000000"]),
            "constant: expected 16 hexadecimal digits of a number of f64",
        ),
        ("constants", json!(["+3ff000000000000", "0000000000000000"]), "constant: expected 16 hexadecimal digits"),
        ("outputs", json!([99]), "output 0: expected one of the"),
        ("guards", json!([[0, "<", 99, true]]), "guard 0: expected one of the"),
        ("guards", json!([[0, "!=", 1, true]]), "guard 0: expected one of <, <= and =="),
        ("of_sum", json!(true), "output 0: expected a sum over all rows, found a number of each row"),
        (
            "without",
            json!(["Magic"]),
            "program: expected the name of an optimisation that is left out, found \"Magic\"",
        ),
        ("exact", json!(1), "invalid type"),
        ("more", json!(1), "unknown field `more`"),
    ] {
        let error = refusal(field, value);
        assert!(error.starts_with(expected), "{error:?} does not say {expected:?}");
    }
}

#[test]
fn numbers_of_rows_and_sums_over_them_do_not_mix() {
    let mut stored = to_value(Program::record_with(|w, x| w[0] * x[0], &[1.0], &[1.0]).gradient_of_sum()).unwrap();
    let count = stored["nodes"].as_array().unwrap().len();
    let total = stored["outputs"][0].clone();
    let input = stored["nodes"].as_array().unwrap().iter().position(|node| node[0] == "input").unwrap();
    let with = |stored: &Json, node: Json| {
        let mut stored = stored.clone();
        stored["nodes"].as_array_mut().unwrap().push(node);
        from_value::<Program<f64>>(stored).map(|_| ()).map_err(|error| error.to_string())
    };
    let mixed = with(&stored, json!(["mul", [total, input]])).unwrap_err();
    assert!(mixed.contains(&format!("node {count}: expected numbers of rows or sums over all rows")), "{mixed}");
    let nested = with(&stored, json!(["total", [total]])).unwrap_err();
    assert!(nested.contains("expected no sum over rows here"), "{nested}");
    assert!(with(&stored, json!(["mul", [total, total]])).is_ok());
    stored["guards"] = json!([[total, "<", total, true]]);
    let guarded = from_value::<Program<f64>>(stored).unwrap_err().to_string();
    assert!(guarded.contains("guard 0: expected numbers that are known before the rows are added up"), "{guarded}");
}

/// Whatever is read is an error, or a program that can be run and differentiated.
fn is_harmless(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(program) = from_str::<Program<f64>>(text) {
        run(&program);
        let _ = (program.to_string(), program.statistics());
        if program.outputs() == 1 && !program.is_of_sum() {
            run(&program.gradient());
            run(&program.gradient_of_sum());
        }
    }
}

#[test]
fn files_with_changed_bytes_are_refused_or_programs() {
    let text = to_string(&program()).unwrap();
    let of_sum = to_string(&program().gradient_of_sum()).unwrap();
    let damaged = |changes: Vec<(u16, u8)>, sums: bool| {
        let mut text = if sums { of_sum.clone() } else { text.clone() }.into_bytes();
        for (at, byte) in changes.into_iter().take(3) {
            let len = text.len();
            // Mostly texts that occur in such files.
            text[usize::from(at) % len] = b"0123456789,[]\"abcdefx -"[usize::from(byte) % 23];
        }
        is_harmless(&text);
    };
    let run = |changes: Vec<(u16, u8)>, sums: bool| damaged(changes, sums);
    for at in 0..text.len() {
        for byte in [0, 1, 7, 10] {
            run(vec![(u16::try_from(at).unwrap(), byte)], false);
        }
    }
    for at in 0..of_sum.len() {
        run(vec![(u16::try_from(at).unwrap(), 3)], true);
    }
}

/// The operations of a stored program, with one operation replaced by another.
#[test]
fn files_with_other_operations_are_refused_or_programs() {
    let names = [
        "add",
        "sum",
        "product",
        "dot",
        "powi",
        "total",
        "clamp",
        "mul_add",
        "exp",
        "detach",
        "hypot_slope",
        "scale",
        "constant",
        "powf_by_base",
        "softplus",
        "rem",
        "elu",
        "max",
    ];
    for stored in [to_value(program()).unwrap(), to_value(program().gradient_of_sum()).unwrap()] {
        for k in 0..stored["nodes"].as_array().unwrap().len() {
            for name in names {
                for operands in 0..5 {
                    let mut stored = stored.clone();
                    let few: Vec<usize> = (0..operands).map(|l| k.saturating_sub(l + 1)).collect();
                    stored["nodes"][k] = json!([name, few]);
                    is_harmless(stored.to_string().as_bytes());
                }
            }
        }
    }
}

#[test]
fn programs_are_shown_line_by_line() {
    let shown = program().to_string();
    let expected = [
        "program of f64 (p[0..3]; x[0..3])",
        "v0 = p[0] * x[0]",
        "v1 = powi(x[1], -2)",
        "v2 = sum(v0, v1, x[0])",
        "require v2 < 100.0",
        "v3 = exp(v2)",
        "v4 = v3 * 0.5",
        "v5 = dot([x[0], x[1]], [p[1], p[1]])",
        "v6 = v4 + v5",
        "return v6",
        "",
    ];
    assert_eq!(shown, expected.join("\n"));
    let sums = Program::record_with(|w, x| w[0] * x[0], &[1.0], &[1.0]).gradient_of_sum().to_string();
    assert!(sums.contains("total("), "{sums}");
    assert!(sums.contains("\nreturn for all rows v"), "{sums}");
}

#[test]
fn statistics_count_what_each_optimization_leaves() {
    let f = |w: &[Expr<f64>], x: &[Expr<f64>]| {
        let _unused = x[0].cos();
        let twice = (w[0] + 1.0).exp() * x[0];
        twice * x[1] + twice * x[2] + twice
    };
    let none = Optimization::ALL.into_iter().fold(Options::new(), Options::without);
    let program = Options::new().record_with(f, &[1.0], &[1.0; 3]);
    let statistics = program.statistics();
    assert_eq!(statistics.recorded, 8);
    assert_eq!(statistics.left[0], (Optimization::Pruning, 7));
    assert_eq!(statistics.left.len(), 5);
    let counts: Vec<usize> = statistics.left.iter().map(|(_, count)| *count).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    assert!(statistics.graph_bytes > 0 && statistics.code_bytes > 0);
    let plain = none.record_with(f, &[1.0], &[1.0; 3]).statistics();
    assert_eq!((plain.recorded, plain.left.len()), (8, 0));
    assert_eq!(plain.slots, plain.slots_without_reuse);
    assert!(statistics.slots < plain.slots, "{statistics} {plain}");
    let shown = statistics.to_string();
    assert!(shown.starts_with("       8 operations recorded\n       7 left after pruning\n"), "{shown}");
}
