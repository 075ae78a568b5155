//! The text of the boxes.

use num_traits::Float;

use crate::ops::op::{Form, Op};
use crate::program::precision::Precision;

/// Stands for an operand that has a box.
const OPERAND: &str = "·";
/// The most constants of a list that are shown.
const SHOWN: usize = 8;

/// How numbers are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    decimals: usize,
}

impl Numbers {
    pub(super) fn new(decimals: usize) -> Self {
        Self { decimals }
    }

    /// With all decimals, and a power of ten where these would be too many or too few.
    pub(super) fn long<T: Precision>(self, x: T) -> String {
        let Self { decimals } = self;
        let size = Float::abs(x).to_f64().unwrap_or(f64::NAN);
        if x == T::zero() {
            // Both zeros are written as 0.
            return format!("{:.decimals$}", 0.0);
        }
        let smallest = 10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX));
        if x.is_finite() && (size < smallest || size >= 1e9) { self.scientific(x) } else { format!("{x:.decimals$}") }
    }

    /// Without the decimals that are 0.
    pub(super) fn short<T: Precision>(self, x: T) -> String {
        let exact = format!("{x:?}");
        match exact.split_once('.') {
            Some((whole, "0")) if whole.len() < 10 => whole.to_owned(),
            Some((_, decimals)) if decimals.len() > self.decimals => self.long(x),
            _ => exact,
        }
    }

    fn scientific<T: Precision>(self, x: T) -> String {
        let Self { decimals } = self;
        format!("{:.decimals$e}", x.to_f64().unwrap_or(f64::NAN))
    }
}

/// Any text as part of the label of a record.
pub(super) fn escaped(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '"' | '\\' | '{' | '}' | '|' | '<' | '>' | ' ' => label.extend(['\\', c]),
            '\n' => label.push_str("\\n"),
            c if c.is_control() => label.push('\u{fffd}'),
            '&' if is_entity(&text[at + 1..]) => label.push_str("&amp;"),
            c => label.push(c),
        }
    }
    label
}

/// Whether an ampersand and this text are the name of a character, which Graphviz would replace.
fn is_entity(rest: &str) -> bool {
    rest.split_once(';')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#'))
}

/// The operation with the operands that have no box.
pub(super) fn title(op: Op, exponent: i32, operands: &[Option<String>]) -> String {
    let folded: Vec<&str> = operands.iter().flatten().map(String::as_str).collect();
    let symbols = [(Op::add, "+"), (Op::mul, "×"), (Op::scale, "×"), (Op::sub, "−"), (Op::div, "÷"), (Op::rem, "%")];
    match op.form() {
        Form::Sum => list("Σ", "+", &folded),
        Form::Product => list("Π", "×", &folded),
        Form::Dot => dot(operands),
        Form::Total => "Σ rows".to_owned(),
        Form::Operation | Form::Custom | Form::Constant | Form::Parameter | Form::Input => {
            if let Some((_, symbol)) = symbols.iter().find(|(other, _)| *other == op) {
                around(symbol, operands, op.is_symmetric())
            } else if op == Op::powi {
                format!("^{exponent}")
            } else if op == Op::powf && folded.len() == 1 {
                if operands[0].is_some() { format!("{}^", folded[0]) } else { format!("^{}", folded[0]) }
            } else if [Op::leaky_relu, Op::elu].contains(&op) && operands[0].is_none() {
                call(op.name(), folded.iter().copied())
            } else {
                let named = if folded.is_empty() { &[] } else { operands };
                call(op.name(), named.iter().map(Option::as_deref).map(shown))
            }
        }
    }
}

fn shown(operand: Option<&str>) -> &str {
    operand.unwrap_or(OPERAND)
}

/// An operator with the operand that has no box on its side.
fn around(symbol: &str, operands: &[Option<String>], symmetric: bool) -> String {
    match operands {
        [Some(left), Some(right)] => format!("{left} {symbol} {right}"),
        [Some(folded), None] if symmetric => format!("{symbol} {folded}"),
        [Some(left), None] => format!("{left} {symbol}"),
        [None, Some(right)] => format!("{symbol} {right}"),
        _ => symbol.to_owned(),
    }
}

/// A call as in code; without arguments, the name.
fn call<'a>(name: &str, arguments: impl Iterator<Item = &'a str>) -> String {
    let arguments: Vec<&str> = arguments.collect();
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) }
}

fn list(name: &str, symbol: &str, folded: &[&str]) -> String {
    let shown = folded.iter().take(SHOWN).map(|term| format!(" {symbol} {term}"));
    let rest = if folded.len() > SHOWN { " …" } else { "" };
    format!("{name}{}{rest}", shown.collect::<String>())
}

/// A scalar product: one list, if all of it has no box and all of the other has; else both lists, if any of it has no
/// box.
fn dot(operands: &[Option<String>]) -> String {
    let side = |first: usize| operands.iter().skip(first).step_by(2);
    let name = Op::dot.name();
    let all = |first| side(first).all(Option::is_some);
    let none = |first| side(first).all(Option::is_none);
    match () {
        () if none(0) && none(1) => name.to_owned(),
        () if none(0) && all(1) => call(name, short(side(1)).iter().copied()),
        () if none(1) && all(0) => call(name, short(side(0)).iter().copied()),
        () => {
            let both = [0, 1].map(|first| format!("[{}]", short(side(first)).join(", ")));
            call(name, both.iter().map(String::as_str))
        }
    }
}

/// The first of a list.
fn short<'a>(list: impl ExactSizeIterator<Item = &'a Option<String>>) -> Vec<&'a str> {
    let rest = (list.len() > SHOWN).then_some("…");
    list.take(SHOWN).map(Option::as_deref).map(shown).chain(rest).collect()
}
