//! Special functions as nodes of a graph: operations that files and generated source can name.

use std::any::Any;
#[cfg(feature = "special")]
use std::array::from_fn;

use super::custom::Custom;
use crate::number::Number;
#[cfg(feature = "special")]
use crate::number::custom::CustomOperation;
#[cfg(feature = "special")]
use crate::number::special as functions;
#[cfg(all(feature = "serde", feature = "special"))]
use crate::number::{Plain, Real};
#[cfg(all(feature = "serde", feature = "special"))]
use crate::ops::kind::Expr;

/// A special function, and its parameter if it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Special {
    pub(crate) facts: &'static Facts,
    pub(crate) parameter: Option<Parameter>,
}

/// The functions that compute special functions, as text.
#[cfg(feature = "special")]
pub(crate) use crate::number::special::SOURCE;
#[cfg(not(feature = "special"))]
pub(crate) const SOURCE: &str = "";

/// What is known of a special function besides its value and its partials.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The name in files.
    #[cfg_attr(not(feature = "serde"), allow(dead_code, reason = "there are no files"))]
    pub(crate) name: &'static str,
    /// The function of f64 that computes it, which takes the parameter, then the operands.
    pub(crate) function: &'static str,
    /// The name and the type of the parameter.
    pub(crate) parameter: Option<[&'static str; 2]>,
    /// The names of the operands.
    pub(crate) operands: &'static [&'static str],
}

/// A parameter: an order, or a plain number.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "special"), allow(dead_code, reason = "there are none"))]
pub(crate) enum Parameter {
    Order(u32),
    Number(f64),
}

impl Parameter {
    /// What makes it another one: an order, or the bytes of a number.
    fn key(self) -> Vec<usize> {
        match self {
            Self::Order(n) => vec![n as usize],
            Self::Number(x) => x.to_bits().to_le_bytes().map(usize::from).to_vec(),
        }
    }

    /// The word in files: the order, or the bits of the number.
    #[cfg(feature = "serde")]
    pub(crate) fn word(self) -> i64 {
        match self {
            Self::Order(n) => n.into(),
            Self::Number(x) => x.to_bits().cast_signed(),
        }
    }
}

#[cfg(feature = "special")]
impl From<u32> for Parameter {
    fn from(n: u32) -> Self {
        Self::Order(n)
    }
}

#[cfg(feature = "special")]
impl From<f64> for Parameter {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

impl<T> Custom<T> {
    /// The special function, if it is one, or a derivative of one.
    pub(crate) fn special(&self) -> Option<Special> {
        of(self.operation().0)
    }

    /// The special function of numbers of any kind, if it is one and not a derivative of one.
    pub(crate) fn applied<F: Number<Plain = T>>(&self, x: &[F]) -> Option<F> {
        if self.by().is_empty() { applied(self.operation().0, x) } else { None }
    }

    /// What makes two of them the same operation: the place of its data, and the operands by which it is
    /// differentiated. A special function is the same as another one with the same parameter.
    pub(crate) fn key(&self) -> (usize, Vec<usize>) {
        let (place, mut words) = match self.special() {
            Some(Special { facts, parameter }) => {
                (std::ptr::from_ref(facts) as usize, parameter.map_or(Vec::new(), Parameter::key))
            }
            None => (self.operation().1, Vec::new()),
        };
        words.extend(self.by());
        (place, words)
    }
}

/// A parameter that a file holds as a [word](Parameter::word).
#[cfg(all(feature = "serde", feature = "special"))]
trait Stored: Sized {
    fn of_word(word: i64) -> Option<Self>;
}

#[cfg(all(feature = "serde", feature = "special"))]
impl Stored for u32 {
    fn of_word(word: i64) -> Option<Self> {
        Self::try_from(word).ok()
    }
}

#[cfg(all(feature = "serde", feature = "special"))]
impl Stored for f64 {
    fn of_word(word: i64) -> Option<Self> {
        Some(Self::from_bits(word.cast_unsigned()))
    }
}

/// For example, the entry `Polygamma { n: u32 } (1: x -> y) { gamma::polygamma(n, x) } …` adds to [`ALL`]
/// `Facts { name: "Polygamma", function: "polygamma", parameter: Some(["n", "u32"]), operands: &["x"] }`, to [`of`] a
/// question whether the operation is a `Polygamma`, and to [`read`] an arm that makes one.
#[cfg(feature = "special")]
macro_rules! define {
    (
        operations { $(
            $(#[$doc:meta])*
            $Op:ident $({ $field:ident: $Field:ident })? ($N:literal: $($x:ident),+ -> $y:ident)
            { $module:ident::$function:ident $arguments:tt } $partials:tt;
        )* }
        $($rest:tt)*
    ) => {
        /// All special functions.
        pub(crate) const ALL: &[Facts] = &[$(
            Facts {
                name: stringify!($Op),
                function: stringify!($function),
                parameter: [$([stringify!($field), stringify!($Field)])?].as_slice().first().copied(),
                operands: &[$(stringify!($x)),+],
            },
        )*];

        /// What the operation is, if it is a special function.
        fn of(operation: &dyn Any) -> Option<Special> {
            let mut all = ALL.iter();
            $(
                let facts = all.next()?;
                if let Some(functions::$Op { $($field)? }) = operation.downcast_ref() {
                    let parameter = [$(Parameter::from(*$field))?].as_slice().first().copied();
                    return Some(Special { facts, parameter });
                }
            )*
            None
        }

        /// The special function of these numbers, if the operation is one.
        fn applied<F: Number>(operation: &dyn Any, x: &[F]) -> Option<F> {
            $(
                if let Some(operation) = operation.downcast_ref::<functions::$Op>() {
                    return Some(operation.apply(from_fn(|k| x[k])));
                }
            )*
            None
        }

        /// The special function of this name and with this parameter.
        #[cfg(feature = "serde")]
        pub(crate) fn read<T: Plain + Send + Sync>(name: &str, parameter: i64) -> Option<Custom<T>>
        where
            Expr<T>: Real<Plain = T>,
        {
            Some(match name {
                $(stringify!($Op) => Custom::new(functions::$Op { $($field: <$Field>::of_word(parameter)?)? }),)*
                _ => return None,
            })
        }
    };
}

#[cfg(feature = "special")]
functions::special_functions! { define }

#[cfg(not(feature = "special"))]
pub(crate) const ALL: &[Facts] = &[];

#[cfg(not(feature = "special"))]
fn of(_: &dyn Any) -> Option<Special> {
    None
}

#[cfg(not(feature = "special"))]
fn applied<F>(_: &dyn Any, _: &[F]) -> Option<F> {
    None
}

#[cfg(all(feature = "serde", not(feature = "special")))]
pub(crate) fn read<T>(_: &str, _: i64) -> Option<Custom<T>> {
    None
}
