//! Expressions as text, with no more parentheses than they need.

use crate::program::precision::Precision;

/// How closely the outermost operation of an expression binds its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Sum,
    Product,
    Sign,
    Atom,
}

#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    binding: Binding,
}

impl Text {
    /// Text that never needs parentheses.
    pub(super) fn atom(text: String) -> Self {
        Self { text, binding: Binding::Atom }
    }

    /// A constant with all its bits. Every NaN is written as `NAN`.
    pub(super) fn constant<T: Precision>(x: T, suffix: &str) -> Self {
        let text = if x.is_nan() {
            format!("{}::NAN", T::NAME)
        } else if x.is_infinite() {
            format!("{}::{}INFINITY", T::NAME, if x < T::zero() { "NEG_" } else { "" })
        } else {
            format!("{x:?}{suffix}")
        };
        let binding = if text.starts_with('-') { Binding::Sign } else { Binding::Atom };
        Self { text, binding }
    }

    /// `a operator b`. A sum with a negative number becomes a difference.
    pub(super) fn binary(operator: char, a: &Self, b: &Self) -> Self {
        let binding = if matches!(operator, '+' | '-') { Binding::Sum } else { Binding::Product };
        let bare = b.text.strip_prefix('-').filter(|_| binding == Binding::Sum && b.binding == Binding::Sign);
        let (operator, b) = match bare {
            Some(bare) => (if operator == '+' { '-' } else { '+' }, bare.into()),
            None => (operator, b.within(b.binding <= binding)),
        };
        Self { text: format!("{} {operator} {b}", a.within(a.binding < binding)), binding }
    }

    pub(super) fn negative(&self) -> Self {
        Self { text: format!("-{}", self.within(self.binding <= Binding::Sign)), binding: Binding::Sign }
    }

    /// The text before the dot of a method call. A number needs a type there.
    pub(super) fn receiver(&self, float: &str) -> String {
        let suffix = if self.text.parse::<f64>().is_ok() { format!("_{float}") } else { String::new() };
        Self { text: format!("{}{suffix}", self.text), ..*self }.within(self.binding < Binding::Atom)
    }

    fn within(&self, parentheses: bool) -> String {
        if parentheses { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// The lines, one level further in.
pub(super) fn indented(text: &str) -> String {
    let lines = text.lines().flat_map(|line| [if line.is_empty() { "" } else { "    " }, line, "\n"]);
    lines.collect()
}
