//! The table of operations as data, for everything that loops over it.

use std::marker::PhantomData;
use std::ops::Range;

use num_traits::Float;

use crate::number::Real;
use crate::ops::rules::constant;

/// One entry of the table of operations, as a function over `F`.
///
/// No kink and no pole lies inside its box, so that the function is smooth there.
#[derive(Clone, Copy, Debug)]
pub struct Operation<F, const N: usize> {
    /// The name of the method, or of the method of the operator's trait.
    pub name: &'static str,
    /// The operation. A parameter has the table's sample.
    pub f: fn([F; N]) -> F,
    /// A point inside the box.
    pub at: [f64; N],
    /// The lowest arguments of the box.
    pub low: [f64; N],
    /// The highest arguments of the box.
    pub high: [f64; N],
    pub(super) syntax: Syntax,
}

/// How code writes an operation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Syntax {
    /// With the argument behind the operands, which may be none.
    Method(&'static str),
    /// With a parameter that is a plain number.
    Parameter(&'static str),
    Operator(&'static str),
}

/// All operations that the crate differentiates, as functions over `F`: plain floats, values, or a number of your own
/// that implements [`Real`].
///
/// # Examples
///
/// ```
/// use gradtape::check::Table;
/// use gradtape::{Value, gradient};
///
/// for (op, plain) in Table::<Value<f64>>::UNARY.iter().zip(Table::<f64>::UNARY) {
///     let (value, slopes) = gradient(|x| (op.f)([x[0]]), &op.at);
///     assert_eq!(value, (plain.f)(plain.at), "{}", op.name);
///     assert!(slopes[0].is_finite());
/// }
/// assert_eq!((Table::<f64>::binary("hypot").f)([3.0, 4.0]), 5.0);
/// ```
#[derive(Debug)]
pub struct Table<F>(PhantomData<F>);

macro_rules! table {
    (
        unary { $($(#[$ud:meta])*
            $u:ident($($ua:ident),* $(; $p:ident: $pt:ident = $pv:literal)?)
            $(let $us:ident = $ub:expr =>)? $(=)? $uv:expr, $up:expr; at $uat:literal, $ul:literal, $uh:literal;)* }
        activation { $($(#[$vd:meta])*
            $v:ident($($va:ident),* $(; $q:ident: $qt:ident = $qv:literal)?)
            $(let $vs:ident = $vb:expr =>)? $(=)? $vv:expr, $vp:expr; at $vat:literal, $vl:literal, $vh:literal;)* }
        binary { $($(#[$bd:meta])* $b:ident $ba:tt = $bv:expr, $bp:expr, $bq:expr;
            at ($($bat:literal),*), ($($bl:literal),*), ($($bh:literal),*);)* }
        choice { $($(#[$cd:meta])* $c:ident $ca:tt = $cv:expr, $cp:expr, $cq:expr;
            at ($($cat:literal),*), ($($cl:literal),*), ($($ch:literal),*);)* }
        operator { $($(#[$od:meta])* $O:ident::$o:ident, $OA:ident::$oa:ident $oargs:tt = $ov:expr, $op:expr, $oq:expr;
            at ($($oat:literal),*), ($($ol:literal),*), ($($oh:literal),*);)* }
    ) => {
        impl<F: Real> Table<F> {
            /// The operations of one argument.
            pub const UNARY: &'static [Operation<F, 1>] = &[
                $(Operation { name: stringify!($u), f: |[x]| Float::$u(x $(, parameter!($pt $pv))?),
                    at: [$uat], low: [$ul], high: [$uh], syntax: syntax!($($pt $pv)?) },)*
                $(Operation { name: stringify!($v), f: |[x]| Real::$v(x $(, parameter!($qt $qv))?),
                    at: [$vat], low: [$vl], high: [$vh], syntax: syntax!($($qt $qv)?) },)*
            ];

            /// The operations of two arguments. The operators come last.
            pub const BINARY: &'static [Operation<F, 2>] = &[
                $(Operation { name: stringify!($b), f: |[a, b]| Float::$b(a, b),
                    at: [$($bat),*], low: [$($bl),*], high: [$($bh),*], syntax: syntax!() },)*
                $(Operation { name: stringify!($c), f: |[a, b]| Float::$c(a, b),
                    at: [$($cat),*], low: [$($cl),*], high: [$($ch),*], syntax: syntax!() },)*
                $(Operation { name: stringify!($o), f: |[a, b]| std::ops::$O::$o(a, b),
                    at: [$($oat),*], low: [$($ol),*], high: [$($oh),*], syntax: Syntax::Operator(symbol!($o)) },)*
            ];
        }

        /// Which entries of [`Table::BINARY`] are operators.
        pub(super) const OPERATORS: Range<usize> =
            [$(stringify!($b),)* $(stringify!($c),)*].len()..Table::<f64>::BINARY.len();
    };
}

macro_rules! parameter {
    (T $value:literal) => {
        constant::<F::Plain>($value)
    };
    ($Other:ident $value:literal) => {
        $value
    };
}

macro_rules! syntax {
    () => {
        Syntax::Method("")
    };
    (T $value:literal) => {
        Syntax::Parameter(stringify!($value))
    };
    ($Other:ident $value:literal) => {
        Syntax::Method(stringify!($value))
    };
}

macro_rules! symbol {
    (add) => {
        "+"
    };
    (sub) => {
        "-"
    };
    (mul) => {
        "*"
    };
    (div) => {
        "/"
    };
    (rem) => {
        "%"
    };
}

crate::operations! { table }

impl<F: Real> Table<F> {
    /// The operation of one argument with this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn unary(name: &str) -> &'static Operation<F, 1> {
        &Self::UNARY[position(Self::UNARY, name)]
    }

    /// The operation of two arguments with this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn binary(name: &str) -> &'static Operation<F, 2> {
        &Self::BINARY[position(Self::BINARY, name)]
    }
}

/// Where the operation stands in its list.
#[track_caller]
pub(super) fn position<F, const N: usize>(list: &[Operation<F, N>], name: &str) -> usize {
    let position = list.iter().position(|op| op.name == name);
    position.unwrap_or_else(|| panic!("no operation of {N} arguments is called {name:?}; see `Table` for the names"))
}
