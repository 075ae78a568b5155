//! Expressions as Rust code.

use std::fmt::{self, Write};

use super::expression::{Expression, Singular, Smooth, Step, StepKind};
use super::table::{Syntax, Table};

impl fmt::Display for Expression {
    /// The Rust code that computes the number and the gradient on a tape, and prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.inputs.len();
        let mut code = String::new();
        for (k, step) in self.steps.iter().enumerate() {
            let name = |k: usize| self.name(k);
            writeln!(code, "let {} = {};", name(first + k), step.code(name))?;
        }
        let result = self.name(first + self.steps.len() - 1);
        let mut names = vec!["Tape"];
        names.extend(["Value", "gradient"].into_iter().filter(|name| code.contains(name)));
        let is_special = |step: &Step| match step.kind {
            StepKind::Unary(op) | StepKind::Derivative(op) => op >= Table::<f64>::UNARY.len(),
            StepKind::Binary(op) => op >= Table::<f64>::BINARY.len(),
            _ => false,
        };
        names.splice(0..0, self.steps.iter().any(is_special).then_some("Special"));
        let names = if names.len() > 1 { format!("{{{}}}", names.join(", ")) } else { names.concat() };
        writeln!(f, "use gradtape::{names};")?;
        writeln!(f, "let tape = Tape::<f64>::new();")?;
        writeln!(f, "let x = tape.vars(&[{}]);", numbers(&self.inputs))?;
        f.write_str(&code)?;
        writeln!(f, "let gradients = {result}.backward();")?;
        writeln!(f, "println!(\"{{:?}} {{:?}}\", {result}.data(), gradients.wrt_all(&x));")
    }
}

impl fmt::Debug for Expression {
    /// The Rust code, because quickcheck and fuzzers show a failure in this form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl fmt::Debug for Singular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Smooth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Expression {
    /// Letters for steps, followed by a number after the first 23.
    fn name(&self, k: usize) -> String {
        let Some(k) = k.checked_sub(self.inputs.len()) else {
            return format!("x[{k}]");
        };
        // `x` is the name of the inputs.
        let letters = "abcdefghijklmnopqrstuvw";
        let (round, letter) = (k / letters.len(), &letters[k % letters.len()..][..1]);
        if round == 0 { letter.to_owned() } else { format!("{letter}{round}") }
    }
}

impl Step {
    /// The expression to the right of `=`.
    fn code(&self, name: impl Fn(usize) -> String) -> String {
        let names: Vec<String> = self.operands.iter().map(|&k| name(k)).collect();
        let list = |names: &[String]| format!("[{}]", names.join(", "));
        match (&self.kind, &names[..]) {
            (StepKind::Constant(x), _) => format!("Value::<f64>::from({})", number(*x)),
            (StepKind::Unary(op), [a]) => {
                let op = Table::<f64>::unary_at(*op);
                call(a, op.name, op.syntax, "")
            }
            (StepKind::Derivative(op), [a]) => {
                let op = Table::<f64>::unary_at(*op);
                // The scalars of the nested tape are values.
                let operation = match op.syntax {
                    Syntax::Parameter(x) => format!("v[0].{}(Value::from({x}))", op.name),
                    syntax => call("v[0]", op.name, syntax, ""),
                };
                format!("gradient(|v| {operation}, &[{a}]).1[0]")
            }
            (StepKind::Binary(op), [a, b]) => {
                let op = Table::<f64>::binary_at(*op);
                call(a, op.name, op.syntax, b)
            }
            (StepKind::PlainRight(op, x), [a]) => {
                let op = Table::<f64>::binary_at(*op);
                call(a, op.name, op.syntax, &number(*x))
            }
            (StepKind::PlainLeft(op, x), [a]) => {
                let op = Table::<f64>::binary_at(*op);
                call(&number(*x), op.name, op.syntax, a)
            }
            (StepKind::Neg, [a]) => format!("-{a}"),
            (StepKind::MulAdd, [a, b, c]) => format!("{a}.mul_add({b}, {c})"),
            (StepKind::Sin, [a]) => format!("{a}.sin_cos().0"),
            (StepKind::Cos, [a]) => format!("{a}.sin_cos().1"),
            (StepKind::Clamp, [a, b, c]) => format!("if {b} <= {c} {{ {a}.clamp({b}, {c}) }} else {{ {a} }}"),
            (StepKind::Retain, [a]) => format!("{a}.retain()"),
            (StepKind::Custom, [a, b]) => format!(
                "tape.custom({a}.data() * {a}.data() * {b}.data(), \
                 &[({a}, 2.0 * {a}.data() * {b}.data()), ({b}, {a}.data() * {a}.data())])"
            ),
            (StepKind::Sum, all) => format!("{}.iter().sum::<Value<f64>>()", list(all)),
            (StepKind::Product, all) => format!("{}.iter().product::<Value<f64>>()", list(all)),
            (StepKind::Dot, all) => {
                let (a, b) = all.split_at(all.len() / 2);
                format!("Value::dot(&{}, &{})", list(a), list(b))
            }
            (StepKind::WeightedSum(weights), all) => {
                format!("Value::weighted_sum(&{}, &[{}])", list(all), numbers(weights))
            }
            _ => unreachable!("every step has as many operands as its operation"),
        }
    }
}

fn call(a: &str, name: &str, syntax: Syntax, b: &str) -> String {
    match syntax {
        Syntax::Method(argument) | Syntax::Parameter(argument) => format!("{a}.{name}({b}{argument})"),
        Syntax::Operator(symbol) => format!("{a} {symbol} {b}"),
    }
}

fn numbers(list: &[f64]) -> String {
    list.iter().map(|&x| number(x)).collect::<Vec<_>>().join(", ")
}

/// A float as a literal or a constant with the same bits.
fn number(x: f64) -> String {
    if x.is_nan() {
        "f64::NAN".to_owned()
    } else if x.is_infinite() {
        if x > 0.0 { "f64::INFINITY".to_owned() } else { "f64::NEG_INFINITY".to_owned() }
    } else {
        format!("{x:?}")
    }
}
