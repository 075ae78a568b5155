//! The operations of the table as functions that are generic over the number, so that a number evaluates the partials
//! in numbers of its choice.

// Each operation is a type with the name of its method.
#![allow(non_camel_case_types, reason = "names of methods")]
#![allow(dead_code, reason = "products and quotients are defined, not applied")]

use crate::number::Number;
use crate::number::custom::CustomOperation;
use crate::ops::rules;

/// A number over the same plain number as `T`, in which partials are evaluated: `T` itself, or a number over it.
pub(crate) trait Inner<T: Number>: Number<Plain = T::Plain> {
    /// The number as a constant.
    fn lift(x: T) -> Self;
}

impl<T: Number> Inner<T> for T {
    #[inline(always)]
    fn lift(x: T) -> Self {
        x
    }
}

/// An operation with `M` operands, for numbers over `T`.
pub(crate) trait Operation<T: Number, const M: usize>: Copy {
    /// Whether a partial is computed from the result.
    const USES_RESULT: bool;
    /// Whether the value and a partial have a computation in common.
    const IS_SHARED: bool = false;

    fn value<I: Inner<T>>(self, x: [I; M]) -> I;

    /// The partials by the operands that are wanted. The others are 0 and are not computed.
    fn partials<I: Inner<T>>(self, x: [I; M], y: I, wanted: [bool; M]) -> [I; M];

    /// The value and the partials. What both need is computed once.
    #[inline(always)]
    fn value_and_partials<I: Inner<T>>(self, x: [I; M], wanted: [bool; M]) -> (I, [I; M]) {
        let y = self.value(x);
        (y, self.partials(x, y, wanted))
    }
}

/// An operation of the user's own.
pub(crate) struct Custom<'a, C>(pub(crate) &'a C);

impl<C> Clone for Custom<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Custom<'_, C> {}

impl<T: Number, C: CustomOperation<M, T::Plain>, const M: usize> Operation<T, M> for Custom<'_, C> {
    const USES_RESULT: bool = true;

    #[inline]
    fn value<I: Inner<T>>(self, x: [I; M]) -> I {
        I::apply_custom(self.0, x)
    }

    #[inline]
    fn partials<I: Inner<T>>(self, x: [I; M], y: I, _: [bool; M]) -> [I; M] {
        self.0.partials(x, y)
    }
}

/// Whether the name occurs in the text of an expression, as a word.
const fn mentions(expression: &str, name: &str) -> bool {
    const fn is_in_word(text: &[u8], k: usize) -> bool {
        k < text.len() && (text[k].is_ascii_alphanumeric() || text[k] == b'_')
    }
    let (text, name) = (expression.as_bytes(), name.as_bytes());
    let mut start = 0;
    while start + name.len() <= text.len() {
        let mut same = 0;
        while same < name.len() && text[start + same] == name[same] {
            same += 1;
        }
        let is_part = start > 0 && is_in_word(text, start - 1) || is_in_word(text, start + name.len());
        if same == name.len() && !is_part {
            return true;
        }
        start += 1;
    }
    false
}

/// A type for each operation of the table on numbers. For example, the entry `powi(x, n: i32 = 3 -> y) …` gives
/// `struct powi<P>(P); impl<T: Number> Operation<T, 1> for powi<i32> { … }`.
macro_rules! define {
    (
        real_many $real_many:tt
        float_unary { $($float_unary:tt)* }
        real_unary { $($real_unary:tt)* }
        float_binary { $($float_binary:tt)* }
        float_choice { $($float_choice:tt)* }
        real_binary { $($real_binary:tt)* }
        operator { $($operator:tt)* }
        $($rest:tt)*
    ) => {
        unary! { $($float_unary)* $($real_unary)* }
        binary! { $($float_binary)* $($float_choice)* $($real_binary)* $($operator)* }
    };
}

macro_rules! unary {
    ($(
        $(#[$doc:meta])*
        $name:ident ($x:ident $(, $p:ident: $P:ident = $sample:literal)? -> $y:ident)
        $value:tt [$partial:expr] $samples:tt $facts:tt;
    )*) => { $(
        #[derive(Clone, Copy)]
        pub(crate) struct $name<P>(pub(crate) P);

        impl<N: Number> Operation<N, 1> for $name<parameter!(type N $($P)?)> {
            const USES_RESULT: bool = mentions(stringify!($partial), stringify!($y));
            const IS_SHARED: bool = is_shared!($value);

            #[inline(always)]
            #[allow(unused_variables, reason = "names of the entry")]
            fn value<T: Inner<N>>(self, [$x]: [T; 1]) -> T {
                $(let $p = parameter!(T $P self.0);)?
                with_value!($value $y)
            }

            #[inline(always)]
            #[allow(unused_variables, reason = "names of the entry")]
            fn partials<T: Inner<N>>(self, [$x]: [T; 1], $y: T, _: [bool; 1]) -> [T; 1] {
                $(let $p = parameter!(T $P self.0);)?
                with_shared!($value [$partial])
            }

            #[inline(always)]
            fn value_and_partials<T: Inner<N>>(self, [$x]: [T; 1], _: [bool; 1]) -> (T, [T; 1]) {
                $(let $p = parameter!(T $P self.0);)?
                with_value!($value ($y, [$partial]))
            }
        }
    )* };
}

/// The type of the parameter of an entry, and the parameter as a number of type `$T`.
macro_rules! parameter {
    (type $N:ident) => {
        ()
    };
    (type $N:ident T) => {
        $N
    };
    (type $N:ident $P:ident) => {
        $P
    };
    ($T:ident T $p:expr) => {
        <$T as Inner<N>>::lift($p)
    };
    ($T:ident $P:ident $p:expr) => {
        $p
    };
}

/// Computes the value, binds its names, and expands to the expression.
macro_rules! with_value {
    ({ $names:pat_param = $value:expr } $result:expr) => {{
        let $names = $value;
        $result
    }};
}

/// Whether the pattern binds more than the result.
macro_rules! is_shared {
    ({ $y:ident = $value:expr }) => {
        false
    };
    ($value:tt) => {
        true
    };
}

/// Expands to the expression. If the pattern binds more than the result, the value is computed again to bind it.
macro_rules! with_shared {
    ({ $y:ident = $value:expr } $result:expr) => {
        $result
    };
    ($value:tt $result:expr) => {
        with_value!($value $result)
    };
}

macro_rules! binary {
    ($(
        $(#[$doc:meta])*
        $name:ident ($a:ident, $b:ident -> $y:ident $($operator:tt)*)
        { $r:ident = $value:expr } [$partial_a:expr, $partial_b:expr] $samples:tt $facts:tt;
    )*) => { $(
        #[derive(Clone, Copy)]
        pub(crate) struct $name;

        impl<N: Number> Operation<N, 2> for $name {
            const USES_RESULT: bool =
                mentions(stringify!($partial_a), stringify!($y)) || mentions(stringify!($partial_b), stringify!($y));

            #[inline(always)]
            fn value<T: Inner<N>>(self, [$a, $b]: [T; 2]) -> T {
                $value
            }

            #[inline(always)]
            #[allow(unused_variables, reason = "names of the entry")]
            fn partials<T: Inner<N>>(self, [$a, $b]: [T; 2], $y: T, wanted: [bool; 2]) -> [T; 2] {
                [
                    if wanted[0] { $partial_a } else { T::zero() },
                    if wanted[1] { $partial_b } else { T::zero() },
                ]
            }
        }
    )* };
}

crate::operations! { define }
