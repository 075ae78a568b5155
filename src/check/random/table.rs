//! The table of operations as data, for everything that loops over it.

use std::marker::PhantomData;
use std::ops::Range;

use num_traits::{Float, NumOps};

use crate::number::Real;
#[cfg(feature = "special")]
use crate::number::special::{Special, special_functions};
#[cfg(feature = "program")]
use crate::ops::op::Op;
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
    Operator(char),
}

/// All operations that the crate differentiates, as functions over `F`: plain floats, values, or a number of your own
/// that implements [`Real`].
///
/// # Examples
///
/// ```
/// use gradtape::check::random::Table;
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

/// For example, the entry `powi(x, n: i32 = 3 -> y) … (at [0.7], from [0.2], to [3.0]) …` becomes
/// `Operation { name: "powi", f: |[x]| Float::powi(x, 3), at: [0.7], low: [0.2], high: [3.0], syntax: Method("3") }`.
macro_rules! table {
    (
        real_many $real_many:tt
        float_unary { $($(#[$fu_doc:meta])* $fu:ident $fua:tt $fuv:tt $fup:tt $fus:tt $fuf:tt;)* }
        real_unary { $($(#[$ru_doc:meta])* $ru:ident $rua:tt $ruv:tt $rup:tt $rus:tt $ruf:tt;)* }
        float_binary { $($(#[$fb_doc:meta])* $fb:ident $fba:tt $fbv:tt $fbp:tt $fbs:tt $fbf:tt;)* }
        float_choice { $($(#[$fc_doc:meta])* $fc:ident $fca:tt $fcv:tt $fcp:tt $fcs:tt $fcf:tt;)* }
        real_binary { $($(#[$rb_doc:meta])* $rb:ident $rba:tt $rbv:tt $rbp:tt $rbs:tt $rbf:tt;)* }
        operator { $($(#[$op_doc:meta])* $op:ident $opa:tt $opv:tt $opp:tt $ops:tt $opf:tt;)* }
        $($rest:tt)*
    ) => {
        impl<F: Real> Table<F> {
            /// The operations of one argument.
            pub const UNARY: &'static [Operation<F, 1>] = &[
                $(operation! { $fu, unary!(Float $fu $fua), $fus, syntax!($fua) },)*
                $(operation! { $ru, unary!(Real $ru $rua), $rus, syntax!($rua) },)*
            ];

            /// The operations of two arguments. The operators come last.
            pub const BINARY: &'static [Operation<F, 2>] = &[
                $(operation! { $fb, |[a, b]| Float::$fb(a, b), $fbs, Syntax::Method("") },)*
                $(operation! { $fc, |[a, b]| Float::$fc(a, b), $fcs, Syntax::Method("") },)*
                $(operation! { $rb, |[a, b]| Real::$rb(a, b), $rbs, Syntax::Method("") },)*
                $(operation! { $op, |[a, b]| operator!($op $opa)(a, b), $ops, symbol!($opf) },)*
            ];
        }

        /// The operators of the table, in the order in which they stand in [`Table::BINARY`].
        pub(super) fn operators<L: NumOps<R, O>, R, O>() -> [fn(L, R) -> O; OPERATORS.end - OPERATORS.start] {
            [$(operator!($op $opa)),*]
        }

        /// Which entries of [`Table::BINARY`] are operators.
        pub(super) const OPERATORS: Range<usize> =
            [$(stringify!($fb),)* $(stringify!($fc),)* $(stringify!($rb),)*].len()..Table::<f64>::BINARY.len();

        /// The entries of [`Table::UNARY`] as operations of programs, with the sample of a plain or of an integer
        /// parameter.
        #[cfg(feature = "program")]
        pub(super) const NODES: &[(Op, f64, i32)] = &[
            $((Op::$fu, parameter!(T $fua), parameter!(i32 $fua)),)*
            $((Op::$ru, parameter!(T $rua), parameter!(i32 $rua)),)*
        ];
    };
}

macro_rules! operation {
    ($name:ident, $f:expr, (at $at:tt, from $low:tt, to $high:tt), $syntax:expr) => {
        Operation { name: stringify!($name), f: $f, at: $at, low: $low, high: $high, syntax: $syntax }
    };
}

/// A method as a function of its argument; a parameter has its sample.
macro_rules! unary {
    ($Trait:ident $name:ident ($x:ident -> $y:ident)) => {
        |[x]| $Trait::$name(x)
    };
    ($Trait:ident $name:ident ($x:ident, $p:ident: T = $sample:literal -> $y:ident)) => {
        |[x]| $Trait::$name(x, constant::<F::Plain>($sample))
    };
    ($Trait:ident $name:ident ($x:ident, $p:ident: i32 = $sample:literal -> $y:ident)) => {
        |[x]| $Trait::$name(x, $sample)
    };
}

macro_rules! operator {
    ($op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $($assign:tt)*)) => {
        std::ops::$Op::$op
    };
}

/// The sample of a parameter of the type, or 0.
#[cfg(feature = "program")]
macro_rules! parameter {
    (T ($x:ident, $p:ident: T = $sample:literal -> $y:ident)) => {
        $sample
    };
    (i32 ($x:ident, $p:ident: i32 = $sample:literal -> $y:ident)) => {
        $sample
    };
    (T $arguments:tt) => {
        0.0
    };
    (i32 $arguments:tt) => {
        0
    };
}

macro_rules! syntax {
    (($x:ident -> $y:ident)) => {
        Syntax::Method("")
    };
    (($x:ident, $p:ident: T = $sample:literal -> $y:ident)) => {
        Syntax::Parameter(stringify!($sample))
    };
    (($x:ident, $p:ident: i32 = $sample:literal -> $y:ident)) => {
        Syntax::Method(stringify!($sample))
    };
}

macro_rules! symbol {
    ({kernel: $kernel:ident, nan: $nan:ident, source: Operator($symbol:literal) $($rest:tt)*}) => {
        Syntax::Operator($symbol)
    };
}

crate::operations! { table }

/// The lists of special functions. For example,
/// `gamma_p(x; a: Self::Plain = 2.5) = …, (at [1.5], from [0.2], to [9.0])` becomes
/// `Operation { name: "gamma_p", f: |[x]| Special::gamma_p(x, sample(2.5)), …, syntax: Syntax::Method("2.5") }`.
#[cfg(feature = "special")]
macro_rules! special {
    (
        operations $operations:tt
        $(#[$trait_doc:meta])*
        functions { $(
            $(#[$ud:meta])* $unary:ident(x $(; $p:ident: $P:ty = $sample:literal)?) = $unary_op:expr, $unary_box:tt;
        )* }
        pairs { $($(#[$pd:meta])* $pair:ident(a, b) = $pair_op:expr, $pair_box:tt;)* }
    ) => {
        #[cfg_attr(docsrs, doc(cfg(feature = "special")))]
        impl<F: Real> Table<F> {
            /// The functions of one argument of [`Special`](crate::Special).
            pub const SPECIAL: &'static [Operation<F, 1>] = &[$(
                operation! {
                    $unary, |[x]| Special::$unary(x $(, sample($sample))?), $unary_box,
                    Syntax::Method(concat!($($sample)?))
                },
            )*];

            /// The functions of two arguments of [`Special`](crate::Special).
            pub const SPECIAL_PAIRS: &'static [Operation<F, 2>] = &[$(
                operation! { $pair, |[a, b]| Special::$pair(a, b), $pair_box, Syntax::Method("") },
            )*];
        }
    };
}

#[cfg(feature = "special")]
special_functions! { special }

/// The sample of a parameter.
#[cfg(feature = "special")]
fn sample<P: num_traits::NumCast>(x: impl num_traits::NumCast) -> P {
    num_traits::cast(x).expect("a sample is a number of the type of its parameter")
}

#[cfg(not(feature = "special"))]
impl<F: Real> Table<F> {
    const SPECIAL: &'static [Operation<F, 1>] = &[];
    const SPECIAL_PAIRS: &'static [Operation<F, 2>] = &[];
}

impl<F: Real> Table<F> {
    /// How many operations of one and of two arguments a step of a random [`Expression`](super::Expression) may apply.
    pub(super) const COUNTS: [usize; 2] =
        [Self::UNARY.len() + Self::SPECIAL.len(), Self::BINARY.len() + Self::SPECIAL_PAIRS.len()];

    /// The operation of one argument with this index: those of [`UNARY`](Self::UNARY), and behind them, with the
    /// feature `special`, the functions of [`Special`](crate::Special).
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn unary_at(index: usize) -> &'static Operation<F, 1> {
        Self::UNARY.get(index).unwrap_or_else(|| &Self::SPECIAL[index - Self::UNARY.len()])
    }

    /// The same for two arguments: those of [`BINARY`](Self::BINARY), and behind them the special functions.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn binary_at(index: usize) -> &'static Operation<F, 2> {
        Self::BINARY.get(index).unwrap_or_else(|| &Self::SPECIAL_PAIRS[index - Self::BINARY.len()])
    }

    /// The operation of one argument with this name, which may be a special function.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn unary(name: &str) -> &'static Operation<F, 1> {
        Self::SPECIAL.iter().find(|op| op.name == name).unwrap_or_else(|| &Self::UNARY[position(Self::UNARY, name)])
    }

    /// The operation of two arguments with this name, which may be a special function.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn binary(name: &str) -> &'static Operation<F, 2> {
        let special = Self::SPECIAL_PAIRS.iter().find(|op| op.name == name);
        special.unwrap_or_else(|| &Self::BINARY[position(Self::BINARY, name)])
    }
}

/// Where the operation stands in its list.
#[track_caller]
pub(super) fn position<F, const N: usize>(list: &[Operation<F, N>], name: &str) -> usize {
    let position = list.iter().position(|op| op.name == name);
    position.unwrap_or_else(|| panic!("no operation of {N} arguments is called {name:?}; see `Table` for the names"))
}
