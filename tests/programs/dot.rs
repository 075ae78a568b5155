//! Pictures of programs.

use gradtape::check::random::Table;
use gradtape::program::{Dot, Expr, Layout, Options, Program};
use gradtape::{Real, gradient};
use layout::gv::parser::ast::{Graph, Stmt};
use layout::gv::{DotParser, GraphBuilder};

/// The article's first expression.
const AFTER: &str = r##"digraph {
  rankdir=LR
  node [shape=record]
  n0 [label="a|data 2.0000|grad 4.0000" style=filled fillcolor="#d8e6ff"]
  n1 [label="b|data -3.0000|grad 4.0000" style=filled fillcolor="#d8e6ff"]
  n2 [label="+|data -1.0000|grad 4.0000"]
  n0 -> n2
  n1 -> n2
  n4 [label="× 4|data -4.0000|grad 1.0000" style=filled fillcolor="#ffe2c4"]
  n2 -> n4
}
"##;

type Function = fn(&[Expr<f64>]) -> Expr<f64>;

const AT: [f64; 2] = [2.0, -3.0];

fn article() -> Program<f64> {
    Program::record(|x| (x[0] + x[1]) * 4.0, &AT)
}

/// The text of the picture of a function of some inputs.
fn text<const N: usize>(f: impl FnOnce(&[Expr<f64>]) -> Expr<f64>, x: [f64; N]) -> String {
    Program::record(f, &x).dot(&[], &x).unwrap().to_string()
}

/// The first fields of all boxes.
fn titles(text: &str) -> Vec<&str> {
    let labels = text.lines().filter_map(|line| line.split_once("[label=\"")).filter(|(node, _)| !node.contains("->"));
    labels.map(|(_, label)| label.split_once('|').unwrap().0).collect()
}

/// The title of the last box.
fn last<const N: usize>(f: impl FnOnce(&[Expr<f64>]) -> Expr<f64>, x: [f64; N]) -> String {
    (*titles(&text(f, x)).last().unwrap()).to_owned()
}

/// The lines of the edges.
fn edges(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.contains("->")).collect()
}

/// Reads a label like the renderer of the examples.
fn parsed(text: &str) -> Graph {
    let graph = DotParser::new(text).process().unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&graph);
    let _ = builder.get();
    graph
}

fn labels(graph: &Graph) -> Vec<String> {
    let label = |statement: &Stmt| match statement {
        Stmt::Node(node) => node.list.iter().find(|(key, _)| key == "label").map(|(_, label)| label.clone()),
        _ => None,
    };
    graph.list.list.iter().filter_map(label).collect()
}

/// The numbers in the rows that begin with `what`, from all boxes.
fn numbers(text: &str, what: &str) -> Vec<f64> {
    let fields = text.split(['|', '"', '}']).map(str::trim);
    fields.filter_map(|field| field.strip_prefix(what)?.trim().parse().ok()).collect()
}

#[test]
fn the_article_s_expression_is_drawn_before_and_after_backward() {
    let program = article();
    let after = program.dot(&[], &AT).unwrap().names(&["a", "b"]);
    assert_eq!(after.to_string(), AFTER);
    let before = after.without_gradients().to_string();
    assert_eq!(before, AFTER.replace("|grad 4.0000", "").replace("|grad 1.0000", ""));
    assert_eq!(labels(&parsed(AFTER)).len(), 4);
}

#[test]
fn the_pictures_of_the_readme_are_of_this_expression() {
    for (picture, gradients) in
        [(include_str!("../../docs/pictures/before.svg"), false), (include_str!("../../docs/pictures/after.svg"), true)]
    {
        let shown: Vec<&str> =
            picture.split("<tspan").skip(1).map(|span| span.split(['>', '<']).nth(1).unwrap()).collect();
        let fields = AFTER.lines().filter_map(|line| line.split('"').nth(1)).filter(|label| label.contains('|'));
        let fields = fields.flat_map(|label| label.split('|')).filter(|field| gradients || !field.contains("grad"));
        assert_eq!(shown, fields.collect::<Vec<_>>());
        assert_eq!(picture.matches("<path").count(), edges(AFTER).len());
    }
}

#[test]
fn gradients_are_those_of_the_tape_by_every_node() {
    fn f<F: Real<Plain = f64>>(x: &[F]) -> F {
        let d = x[0] * x[1] + x[1].powi(3);
        (d * 2.0 + (x[1] + x[0]).relu()) / x[0].exp() + F::dot(x, x).sqrt()
    }
    let x = [0.75, 1.25];
    let program = Program::record(f, &x);
    let text = program.dot(&[], &x).unwrap().decimals(17).to_string();
    let (value, slopes) = gradient(f, &x);
    let (data, grads) = (numbers(&text, "data"), numbers(&text, "grad"));
    assert_eq!(data.len(), grads.len());
    assert_eq!((data[..2].to_vec(), *data.last().unwrap(), *grads.last().unwrap()), (x.to_vec(), value, 1.0));
    for (ours, theirs) in grads.iter().zip(slopes) {
        assert!((ours - theirs).abs() < 1e-14, "{ours} instead of {theirs}");
    }
}

#[test]
fn intermediate_numbers_have_gradients() {
    let text = text(|x| ((x[0] * x[0]) * 2.0).exp_m1() * 0.0 + (x[0] * x[0]) * 3.0, [0.5]);
    // By x: 3 (2x), by the square: 3.
    assert!(text.contains("[label=\"×|data 0.2500|grad 3.0000\"]"), "{text}");
    assert!(text.contains("x0|data 0.5000|grad 3.0000"), "{text}");
}

#[test]
fn constants_are_written_where_they_are_used() {
    let cases: [(&str, Function); 25] = [
        ("+ 1.5", |x| x[0] + 1.5),
        ("+ 1.5", |x| 1.5 + x[0]),
        ("× 4", |x| x[0] * 4.0),
        ("− 1", |x| x[0] - 1.0),
        ("1 −", |x| 1.0 - x[0]),
        ("÷ 3", |x| x[0] / 3.0),
        ("3 ÷", |x| 3.0 / x[0]),
        ("% 3", |x| x[0] % 3.0),
        ("^3", |x| x[0].powi(3)),
        ("^-2", |x| x[0].powi(-2)),
        ("^2.5", |x| x[0].powf(Expr::constant(2.5))),
        ("2^", |x| Expr::constant(2.0).powf(x[0])),
        ("leaky_relu(0.25)", |x| x[0].leaky_relu(0.25)),
        ("elu(1.5)", |x| x[0].elu(1.5)),
        ("max(·, 0.5)", |x| x[0].max(Expr::constant(0.5))),
        ("atan2(2, ·)", |x| Expr::constant(2.0).atan2(x[0])),
        ("clamp(·, 0, 1)", |x| x[0].clamp(Expr::constant(0.0), Expr::constant(1.0))),
        ("mul_add(·, 2, 1)", |x| x[0].mul_add(Expr::constant(2.0), Expr::constant(1.0))),
        ("Σ + 2 + -1", |x| [x[0], Expr::constant(2.0), x[1], Expr::constant(-1.0)].into_iter().sum()),
        ("Π × 2", |x| [x[0], Expr::constant(2.0), x[1]].into_iter().product()),
        ("dot(2, 3)", |x| Expr::weighted_sum(x, &[2.0, 3.0])),
        ("dot([·, 1], [2, ·])", |x| Expr::dot(&[x[0], Expr::constant(1.0)], &[Expr::constant(2.0), x[1]])),
        ("dot(2, 2, 2, 2, 2, 2, 2, 2, …)", |x| Expr::weighted_sum(&[x[0]; 9], &[2.0; 9])),
        ("+ 1.0000", |x| x[0] + 1.00001),
        ("× 1.5000e300", |x| x[0] * 1.5e300),
    ];
    for (title, f) in cases {
        let text = text(f, [0.75, 1.25]);
        assert_eq!(titles(&text).last(), Some(&title), "{text}");
        parsed(&text);
    }
    // A constant that is an output has a separate box.
    assert!(text(|_| Expr::constant(2.0), [1.0]).contains("[label=\"2\" style=filled"));
}

#[test]
fn edges_tell_the_order_of_operands_where_it_matters() {
    let x = [5.0, 3.0];
    assert_eq!(edges(&text(|x| x[0] + x[1], x)), ["n0 -> n2", "n1 -> n2"]);
    assert_eq!(edges(&text(|x| x[1] - x[0], x)), ["n1 -> n2 [label=\"1\"]", "n0 -> n2 [label=\"2\"]"]);
    assert_eq!(edges(&text(|x| x[0] * x[0], x)), ["n0 -> n2 [label=\"1, 2\"]"]);
    assert_eq!(edges(&text(|x| x[0] - 1.0, x)), ["n0 -> n3"]);
}

#[test]
fn edges_that_no_derivative_passes_are_dashed() {
    let text = text(|x| x[0] * x[0].exp().detach(), [0.0]);
    assert_eq!(edges(&text)[1], "n1 -> n2 [style=dashed]");
    // The product depends on the detached number, but not on the number that was detached.
    assert!(text.contains("detach|data 1.0000|grad 0.0000"), "{text}");
    assert!(text.contains("exp|data 1.0000|grad 0.0000"), "{text}");
    assert!(text.contains("x0|data 0.0000|grad 1.0000"), "{text}");
}

#[test]
fn what_no_output_depends_on_is_not_drawn() {
    let text = text(
        |x| {
            let _ = x[1].sin();
            x[0].cos()
        },
        [0.0, 1.0],
    );
    assert_eq!(titles(&text), ["x0", "cos"]);
}

#[test]
fn names_may_be_any_text() {
    let program = article();
    let named = |name: &str| program.dot(&[], &AT).unwrap().names(&[name]).to_string();
    for (name, escaped) in [
        ("say \"a\"", r#"say\ \"a\""#),
        (r"a\b", r"a\\b"),
        (r"\N", r"\\N"),
        ("{a|b}", r"\{a\|b\}"),
        ("<port>", r"\<port\>"),
        ("two\nlines", r"two\nlines"),
        ("tab\tnul\0", "tab\u{fffd}nul\u{fffd}"),
        ("x² · 变量 🦀", r"x²\ ·\ 变量\ 🦀"),
        ("&lt;", "&amp;lt;"),
        ("&#65;", "&amp;#65;"),
        ("a & b;", r"a\ &\ b;"),
    ] {
        let text = named(name);
        assert!(text.contains(&format!("  n0 [label=\"{escaped}|data 2.0000|grad 4.0000\" ")), "{text}");
        // The renderer removes one level of backslashes and knows no entities.
        let plain = &labels(&parsed(&text))[0];
        let expected = name.replace(['\t', '\0'], "\u{fffd}").replace("&l", "&amp;l").replace("&#", "&amp;#");
        assert_eq!(*plain, format!("{expected}|data 2.0000|grad 4.0000"));
    }
    assert_eq!(named(""), program.dot(&[], &AT).unwrap().to_string());
}

#[test]
fn parameters_inputs_and_outputs_have_names_and_colors() {
    let (w, x) = ([2.0, 0.5], [3.0]);
    let program = Program::record_with(|w, x| w[0] * x[0] + w[1], &w, &x);
    let dot = program.dot(&w, &x).unwrap();
    assert_eq!(titles(&dot.to_string()), ["w0", "w1", "x0", "×", "+"]);
    let named = dot.names(&["slope", "", "place", "height"]).to_string();
    assert_eq!(titles(&named), ["slope", "w1", "place", "×", "height"]);
    assert!(named.contains("[label=\"height|+|data 6.5000"));
    assert_eq!(["#dcf0d8", "#d8e6ff", "#ffe2c4"].map(|color| named.matches(color).count()), [2, 1, 1]);
}

#[test]
#[should_panic(expected = "4 names for 3 parameters, inputs and outputs")]
fn too_many_names_are_refused() {
    let program = article();
    let _ = program.dot(&[], &AT).unwrap().names(&["a", "b", "y", "z"]);
}

#[test]
fn folded_parameters_have_no_box() {
    let (w, x) = ([2.0, -1.0, 0.5], [3.0, 4.0]);
    let program = Program::record_with(|w, x| (Expr::dot(&w[..2], x) + w[2]).tanh(), &w, &x);
    let text = program.dot(&w, &x).unwrap().names(&["a", "b c"]).fold_parameters().to_string();
    assert_eq!(titles(&text), ["x0", "x1", "dot(a, b\\ c)", "+ w2", "tanh"]);
    assert_eq!(edges(&text).len(), 4);
}

#[test]
fn pictures_grow_in_every_direction() {
    let program = article();
    for (direction, name, brace) in [
        (Layout::LeftToRight, "LR", ""),
        (Layout::RightToLeft, "RL", ""),
        (Layout::TopToBottom, "TB", "{"),
        (Layout::BottomToTop, "BT", "{"),
    ] {
        let text = program.dot(&[], &AT).unwrap().direction(direction).to_string();
        assert!(text.contains(&format!("  rankdir={name}\n")), "{text}");
        assert!(text.contains(&format!("[label=\"{brace}x0|data")), "{text}");
        parsed(&text);
    }
}

#[test]
fn numbers_can_be_hidden() {
    let program = article();
    let text = program.dot(&[], &AT).unwrap().without_numbers().to_string();
    assert_eq!(labels(&parsed(&text)), ["x0", "x1", "+", "× 4"]);
}

#[test]
fn numbers_are_as_long_as_they_should_be() {
    let data = |x: f64, decimals: usize| {
        let text = Program::record(|x| x[0].abs(), &[x]).dot(&[], &[x]).unwrap().decimals(decimals).to_string();
        text.split("x0|data ").nth(1).unwrap().split('|').next().unwrap().to_owned()
    };
    assert_eq!(data(1.0 / 3.0, 4), "0.3333");
    assert_eq!(data(2.5, 0), "2");
    assert_eq!(data(-0.0, 2), "0.00");
    assert_eq!(data(1e-5, 4), "1.0000e-5");
    assert_eq!(data(-1.25e200, 2), "-1.25e200");
    assert_eq!(data(123_456.0, 1), "123456.0");
    assert_eq!(data(f64::INFINITY, 4), "inf");
    assert_eq!(data(f64::NEG_INFINITY, 4), "-inf");
    assert_eq!(data(f64::NAN, 4), "NaN");
}

#[test]
fn infinite_derivatives_are_shown() {
    let text = text(|x| x[0].sqrt(), [0.0]);
    assert!(text.contains("x0|data 0.0000|grad inf"), "{text}");
}

#[test]
fn single_precision_is_drawn_as_double() {
    let x = [0.1_f32, 0.7];
    let program = Program::record(|x| (x[0] / x[1]).sin() * 0.3, &x);
    let single = program.dot(&[], &x).unwrap().to_string();
    let x = x.map(f64::from);
    let program = Program::record(|x| (x[0] / x[1]).sin() * 0.3, &x);
    assert_eq!(single, program.dot(&[], &x).unwrap().to_string());
}

#[test]
fn of_several_outputs_one_has_its_gradient_shown() {
    let program = Program::record(|x| [x[0] * 2.0, x[0] * 3.0, x[0]], &[1.5]);
    let dot = || program.dot(&[], &[1.5]).unwrap();
    assert!(!dot().to_string().contains("grad"));
    let gradients = |k| numbers(&dot().gradients_of(k).to_string(), "grad");
    assert_eq!([0, 1, 2].map(gradients), [[2.0, 1.0, 0.0], [3.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
}

#[test]
#[should_panic(expected = "there is no output 1 of 1")]
fn gradients_of_no_output_are_refused() {
    let _ = article().dot(&[], &AT).unwrap().gradients_of(1);
}

#[test]
fn derived_programs_can_be_drawn() {
    let (w, x) = ([0.5, -0.25], [2.0, 1.0]);
    let program = Program::record_with(|w, x| ((w[0] * x[0] + w[1]).tanh() - x[1]).powi(2), &w, &x);
    for (derived, w, x) in [
        (program.gradient(), &w[..], &x[..]),
        (program.gradient().jacobian(), &w, &x),
        (program.gradient_of_sum(), &w, &x),
        (program.tangent(), &[0.5, -0.25, 1.0, 0.0], &[2.0, 1.0, 0.0, 0.0]),
    ] {
        let dot = derived.dot(w, x).unwrap();
        let count = labels(&parsed(&dot.to_string())).len();
        assert!(count > 6, "{dot}");
        assert_eq!(labels(&parsed(&dot.gradients_of(0).to_string())).len(), count);
    }
    let sum = program.gradient_of_sum().dot(&w, &x).unwrap().to_string();
    assert_eq!(titles(&sum).iter().filter(|title| **title == "Σ rows").count(), 3);
}

#[test]
fn every_operation_of_the_table_can_be_drawn() {
    let check = |name: &str, dot: Dot<'_, f64>| {
        let text = dot.to_string();
        parsed(&text);
        assert!(text.contains("|grad "), "{name}: {text}");
        (*titles(&text).last().unwrap()).to_owned()
    };
    for options in [Options::new(), Options::new().exact()] {
        for op in Table::<Expr<f64>>::UNARY {
            let program = options.record(|x| (op.f)([x[0]]), &op.at);
            let title = check(op.name, program.dot(&[], &op.at).unwrap());
            assert!(title.starts_with(op.name) || op.name == "powi", "{title} of {}", op.name);
        }
        for op in Table::<Expr<f64>>::BINARY {
            let program = options.record(|x| (op.f)([x[0], x[1]]), &op.at);
            check(op.name, program.dot(&[], &op.at).unwrap());
        }
    }
}

#[test]
fn a_point_of_another_length_is_an_error() {
    let program = Program::record_with(|w, x| w[0] * x[0], &[1.0], &[2.0]);
    let error = |w: &[f64], x: &[f64]| program.dot(w, x).unwrap_err().to_string();
    assert_eq!(error(&[], &[2.0]), "picture: expected 1 parameters, found 0");
    assert_eq!(error(&[1.0], &[2.0, 3.0]), "picture: expected 1 inputs, found 2");
}

#[test]
fn a_point_where_the_function_branches_otherwise_is_an_error() {
    let (program, line) = (Program::record(|x| if x[0] < 1.0 { x[0] } else { x[0] * 2.0 }, &[0.5]), line!());
    assert!(program.dot(&[], &[0.75]).is_ok());
    let error = program.dot(&[], &[3.0]).unwrap_err().to_string();
    assert!(error.starts_with("picture: expected a point for which the comparison at "), "{error}");
    assert!(error.contains(&format!("dot.rs:{line}:")), "{error}");
    assert!(error.ends_with("found one for which 3 < 1 is false (write `max`, `min` or `clamp`, or see `Paths` for functions that branch)"), "{error}");
}

#[test]
fn operations_and_branches_keep_their_titles() {
    assert_eq!(last(|x| -x[0], [1.0]), "neg");
    assert_eq!(last(|x| x[0].hypot(x[1]), [1.0, 2.0]), "hypot");
    assert_eq!(last(|x| Expr::dot(x, x), [1.0, 2.0]), "dot");
    assert_eq!(last(|x| x.iter().sum(), [1.0, 2.0]), "Σ");
    assert_eq!(last(|x| x.iter().product(), [1.0, 2.0]), "Π");
}
