//! Random expressions: the operations they cover, the expressions they shrink to, and that they print as code that
//! computes the same.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use arbitrary::Unstructured;
use gradtape::check::random::{Arithmetic, Expression, Smooth, Table};
use gradtape::gradient;
use quickcheck::{Arbitrary, Gen};

fn operators() -> std::ops::Range<usize> {
    let first = Table::<f64>::BINARY.iter().position(|op| op.name == "add").unwrap();
    first..Table::<f64>::BINARY.len()
}

thread_local! {
    static SEEN: RefCell<BTreeSet<String>> = RefCell::default();
}

/// A number that notes the operations on it.
#[derive(Clone)]
struct Noting(f64);

impl Noting {
    fn note(name: &str, x: f64) -> Self {
        SEEN.with_borrow_mut(|seen| seen.insert(name.to_owned()));
        Self(x)
    }

    fn note_list(name: &str, list: &[Self], f: impl Fn(&[f64]) -> f64) -> Self {
        let length = if list.len() > 32 { "long" } else { "short" };
        Self::note(&format!("{name} {length}"), f(&list.iter().map(|x| x.0).collect::<Vec<_>>()))
    }
}

impl Arithmetic for Noting {
    fn constant(x: f64) -> Self {
        Self::note("constant", x)
    }

    fn unary(op: usize, a: &Self) -> Self {
        Self::note(Table::<f64>::unary_at(op).name, f64::unary(op, &a.0))
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        Self::note(Table::<f64>::binary_at(op).name, f64::binary(op, &a.0, &b.0))
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self::note("mul_add", f64::mul_add(a.0, b.0, c.0))
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        Self::note("clamp", Arithmetic::clamp(&a.0, &low.0, &high.0))
    }

    fn derivative(op: usize, a: &Self) -> Self {
        Self::note(&format!("derivative of {}", Table::<f64>::unary_at(op).name), f64::derivative(op, &a.0))
    }

    fn plain_right(op: usize, a: &Self, b: f64) -> Self {
        Self::note(&format!("{} right", Table::<f64>::binary_at(op).name), f64::plain_right(op, &a.0, b))
    }

    fn plain_left(op: usize, a: f64, b: &Self) -> Self {
        Self::note(&format!("{} left", Table::<f64>::binary_at(op).name), f64::plain_left(op, a, &b.0))
    }

    fn neg(a: &Self) -> Self {
        Self::note("neg", -a.0)
    }

    fn sin_cos(a: &Self) -> (Self, Self) {
        let (sin, cos) = a.0.sin_cos();
        (Self::note("sin_cos", sin), Self(cos))
    }

    fn custom(a: &Self, b: &Self) -> Self {
        Self::note("custom", f64::custom(&a.0, &b.0))
    }

    fn retain(a: &Self) -> Self {
        Self::note("retain", a.0)
    }

    fn sum(terms: &[Self]) -> Self {
        Self::note_list("sum", terms, f64::sum)
    }

    fn product(factors: &[Self]) -> Self {
        Self::note_list("product", factors, f64::product)
    }

    fn dot(a: &[Self], b: &[Self]) -> Self {
        let b: Vec<_> = b.iter().map(|b| b.0).collect();
        Self::note_list("dot", a, |a| <f64 as Arithmetic>::dot(a, &b))
    }

    fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
        Self::note_list("weighted_sum", values, |values| <f64 as Arithmetic>::weighted_sum(values, weights))
    }
}

/// All that [`Noting`] can note.
fn everything() -> BTreeSet<String> {
    let unary = testing::unary::<f64>().into_iter();
    let unary = unary.flat_map(|op| [op.name.to_owned(), format!("derivative of {}", op.name)]);
    let binary = testing::binary::<f64>().into_iter().map(|op| op.name.to_owned());
    let plain = Table::<f64>::BINARY[operators()].iter();
    let plain = plain.flat_map(|op| ["left", "right"].map(|side| format!("{} {side}", op.name)));
    let lists = ["sum", "product", "dot", "weighted_sum"];
    let lists = lists.into_iter().flat_map(|name| ["short", "long"].map(|length| format!("{name} {length}")));
    let others = ["constant", "mul_add", "clamp", "neg", "sin_cos", "custom", "retain"].map(str::to_owned);
    unary.chain(binary).chain(plain).chain(lists).chain(others).collect()
}

/// Evaluates expressions until all events were seen, and returns the expressions that showed new ones.
fn until_all_is_seen(next: impl FnMut() -> Expression) -> Vec<Expression> {
    SEEN.take();
    let everything = everything();
    let mut expressions = Vec::new();
    for expression in std::iter::repeat_with(next).take(20_000) {
        let before = SEEN.with_borrow(BTreeSet::len);
        let inputs: Vec<_> = expression.inputs().iter().map(|&x| Noting(x)).collect();
        expression.eval(&inputs);
        if SEEN.with_borrow(BTreeSet::len) > before {
            expressions.push(expression);
        }
        if SEEN.with_borrow(|seen| *seen == everything) {
            return expressions;
        }
    }
    let seen = SEEN.take();
    panic!("never seen: {:?}", everything.difference(&seen).collect::<Vec<_>>())
}

/// Random bytes, as from a fuzzer.
fn bytes(g: &mut Gen) -> Vec<u8> {
    (0..usize::arbitrary(g) % 2000).map(|_| u8::arbitrary(g)).collect()
}

#[test]
fn expressions_reach_every_operation_in_every_form() {
    let mut g = Gen::from_size_and_seed(100, 1);
    until_all_is_seen(|| Expression::arbitrary(&mut g));
    until_all_is_seen(|| Smooth::arbitrary(&mut g).0);
    until_all_is_seen(|| Unstructured::new(&bytes(&mut g)).arbitrary().unwrap());
    until_all_is_seen(|| Unstructured::new(&bytes(&mut g)).arbitrary::<Smooth>().unwrap().0);
}

/// Compiles and runs the text as a program of a dependent crate.
#[test]
fn expressions_print_as_code_that_computes_the_same() {
    let mut g = Gen::from_size_and_seed(50, 2);
    let mut expressions = until_all_is_seen(|| Expression::arbitrary(&mut g));
    expressions.extend(until_all_is_seen(|| Smooth::arbitrary(&mut g).0));

    let mut program = String::from("#![allow(unused)]\n");
    let mut expected = String::new();
    for (k, expression) in expressions.iter().enumerate() {
        writeln!(program, "fn f{k}() {{\n{expression}}}").unwrap();
        let (value, slopes) = gradient(|x| expression.eval(x), expression.inputs());
        writeln!(expected, "{value:?} {slopes:?}").unwrap();
    }
    let calls: Vec<_> = (0..expressions.len()).map(|k| format!("f{k}();")).collect();
    writeln!(program, "fn main() {{ {} }}", calls.concat()).unwrap();

    let crate_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed");
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = format!(
        "[package]\nname = \"printed\"\nedition = \"2024\"\n[dependencies]\n\
         gradtape = {{ path = {library:?}, features = [\"special\"] }}\n[workspace]\n"
    );
    fs::create_dir_all(crate_dir.join("src")).unwrap();
    fs::write(crate_dir.join("Cargo.toml"), manifest).unwrap();
    fs::write(crate_dir.join("src/main.rs"), program).unwrap();
    // The versions that the tests were built with are available without a download.
    fs::copy(library.join("Cargo.lock"), crate_dir.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--offline", "--quiet"])
        .current_dir(&crate_dir)
        .env("CARGO_TARGET_DIR", crate_dir.join("target"));
    // In the same profile, because optimised code rounds differently where constants are folded.
    cargo.args((!cfg!(debug_assertions)).then_some("--release"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), expressions.len());
    for ((printed, expected), expression) in printed.lines().zip(expected.lines()).zip(&expressions) {
        assert_eq!(printed, expected, "{expression}");
    }
}

#[test]
fn all_bytes_are_expressions() {
    fn property(bytes: &[u8]) {
        let expression: Expression = Unstructured::new(bytes).arbitrary().unwrap();
        let Smooth(smooth) = Unstructured::new(bytes).arbitrary().unwrap();
        assert!(smooth.is_smooth_at(smooth.inputs()), "{smooth}");
        for expression in [expression, smooth] {
            assert!(expression.len() < 1000, "{} steps", expression.len());
            let _ = gradient(|x| expression.eval(x), expression.inputs());
        }
    }
    property(&[]);
    for byte in 0..=255 {
        property(&[byte; 3000]);
    }
    let mut g = Gen::from_size_and_seed(100, 7);
    for _ in 0..1000 {
        property(&bytes(&mut g));
    }
}

thread_local! {
    static MISTAKE: Cell<&'static str> = const { Cell::new("") };
}

/// A number with a mistake in one operation.
#[derive(Clone, Debug)]
struct Mistaken(f64);

impl Mistaken {
    fn new(x: f64, is_mistaken: impl Fn(&str) -> bool) -> Self {
        Self(if is_mistaken(MISTAKE.get()) { x + 1e-3 } else { x })
    }
}

impl Arithmetic for Mistaken {
    fn constant(x: f64) -> Self {
        Self(x)
    }

    fn unary(op: usize, a: &Self) -> Self {
        Self::new(f64::unary(op, &a.0), |mistake| mistake == Table::<f64>::unary_at(op).name)
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        let is_tie = a.0 == b.0;
        Self::new(f64::binary(op, &a.0, &b.0), |mistake| is_tie && mistake == Table::<f64>::binary_at(op).name)
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self(f64::mul_add(a.0, b.0, c.0))
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        Self(Arithmetic::clamp(&a.0, &low.0, &high.0))
    }

    fn derivative(op: usize, a: &Self) -> Self {
        Self(f64::derivative(op, &a.0))
    }

    fn product(factors: &[Self]) -> Self {
        let factors: Vec<_> = factors.iter().map(|x| x.0).collect();
        let is_long = factors.len() > 3;
        Self::new(<f64 as Arithmetic>::product(&factors), |mistake| is_long && mistake == "long product")
    }
}

fn is_mistaken(expression: &Expression) -> bool {
    let inputs: Vec<_> = expression.inputs().iter().map(|&x| Mistaken(x)).collect();
    (expression.eval(&inputs).0 - expression.eval(expression.inputs())).abs() > 1e-6
}

/// The results of shrinking ten random expressions that show a mistake.
fn shrunken<E: Arbitrary>(mistake: &'static str, expression: fn(&E) -> &Expression) -> BTreeSet<String> {
    MISTAKE.set(mistake);
    let mut g = Gen::from_size_and_seed(100, 3);
    let mut random = || std::iter::repeat_with(|| E::arbitrary(&mut g)).find(|e| is_mistaken(expression(e))).unwrap();
    let shrunken = (0..10).map(|_| {
        let mut smallest = random();
        while let Some(smaller) = smallest.shrink().find(|e| is_mistaken(expression(e))) {
            smallest = smaller;
        }
        expression(&smallest).to_string()
    });
    shrunken.collect()
}

/// The code of an expression of one step.
fn code(names: &str, x: &str, step: &str) -> BTreeSet<String> {
    BTreeSet::from([format!(
        "use gradtape::{names};\n\
         let tape = Tape::<f64>::new();\n\
         let x = tape.vars(&[{x}]);\n\
         let a = {step};\n\
         let gradients = a.backward();\n\
         println!(\"{{:?}} {{:?}}\", a.data(), gradients.wrt_all(&x));\n"
    )])
}

#[test]
fn mistakes_shrink_to_the_one_operation_that_makes_them() {
    assert_eq!(shrunken::<Expression>("tanh", |e| e), code("Tape", "0.0", "x[0].tanh()"));
    assert_eq!(shrunken::<Smooth>("tanh", |Smooth(e)| e), code("Tape", "0.0", "x[0].tanh()"));
    assert_eq!(shrunken::<Expression>("max", |e| e), code("Tape", "0.0", "x[0].max(x[0])"));
    let product = "[x[0], x[0], x[0], x[0]].iter().product::<Value<f64>>()";
    assert_eq!(shrunken::<Expression>("long product", |e| e), code("{Tape, Value}", "0.0", product));
}

#[test]
fn shrinking_ends_whatever_way_it_goes() {
    fn walk<E: Arbitrary>(g: &mut Gen) -> E {
        let mut expression = E::arbitrary(g);
        loop {
            let candidates: Vec<E> = expression.shrink().take(50).collect();
            let Some(next) = g.choose(&candidates) else { return expression };
            expression = next.clone();
        }
    }
    let mut g = Gen::from_size_and_seed(50, 4);
    for _ in 0..50 {
        for simplest in [walk::<Expression>(&mut g), walk::<Smooth>(&mut g).0] {
            assert_eq!((simplest.len(), simplest.inputs()), (0, &[0.0][..]));
        }
    }
}

/// Every simpler expression of a smooth one is smooth, and every simpler expression can be evaluated.
#[test]
fn simpler_expressions_are_expressions() {
    let mut g = Gen::from_size_and_seed(30, 5);
    for _ in 0..10 {
        for Smooth(simpler) in Smooth::arbitrary(&mut g).shrink() {
            assert!(simpler.is_smooth_at(simpler.inputs()), "{simpler}");
        }
        for simpler in Expression::arbitrary(&mut g).shrink() {
            let _ = gradient(|x| simpler.eval(x), simpler.inputs());
        }
    }
}
