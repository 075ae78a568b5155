//! The operations of programs: those of the table, and those that give a program its structure.

/// What programs must know of an operation besides its value and its partials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// How it is computed for many rows at once.
    pub(crate) kernel: Family,
    /// Whether a NaN among the operands always reaches the result.
    pub(crate) nan: Nan,
    /// How generated Rust code calls it.
    pub(crate) source: Source,
    /// Whether the two operands may change places.
    pub(crate) symmetric: bool,
}

/// The family of lane kernels that has an operation. Each family is one function of `program/run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// None: the plain float computes it, lane by lane.
    Plain,
    /// None: a program is compiled with the simpler operations of the value's formula in its place.
    Parts,
    /// As [`Arithmetic`](Self::Arithmetic), and an operand may be one number for all rows.
    Broadcast,
    /// Arithmetic, with the bits of the plain float.
    Arithmetic,
    /// Comparisons, choices, roundings.
    Choice,
    /// Functions made of one exponential.
    Exponential,
    /// Other elementary functions.
    Elementary,
}

/// What becomes of the NaN of a product `0 · ∞` among the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nan {
    /// The result is NaN.
    Kept,
    /// The result may be a number.
    Hidden,
    /// The result may be a number where the integer parameter is 0.
    HiddenByZero,
}

/// How generated Rust code computes an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// With this operator.
    Operator(char),
    /// With a method that floats have without `std`.
    Core,
    /// With a method of `std`, or with this function of the crate `libm`.
    Libm(&'static str),
    /// With a method of `std`, or with a helper of the same name.
    Std,
    /// With a helper of the same name, of `program/export/rust/helpers.rs`.
    Helper,
    /// With a formula that `program/export/rust` knows.
    Formula,
    /// Never: see [`Family::Parts`].
    Parts,
}

/// Expands to the [`Facts`] of an entry.
macro_rules! facts {
    ({kernel: $kernel:ident, nan: $nan:ident, source: $source:expr}) => {
        facts!({kernel: $kernel, nan: $nan, source: $source, symmetric: false})
    };
    ({kernel: $kernel:ident, nan: $nan:ident, source: $source:expr, symmetric: $symmetric:literal}) => {{
        #[allow(unused_imports, clippy::enum_glob_use, reason = "the words of the table")]
        use Source::*;
        Facts { kernel: Family::$kernel, nan: Nan::$nan, source: $source, symmetric: $symmetric }
    }};
}

/// Expands to the number of operands: a plain parameter is one, an integer is none.
macro_rules! arity {
    (($a:ident -> $y:ident)) => {
        1
    };
    (($a:ident, $p:ident: T = $sample:literal -> $y:ident)) => {
        2
    };
    (($a:ident, $p:ident: i32 = $sample:literal -> $y:ident)) => {
        1
    };
    (($a:ident, $b:ident -> $y:ident $($traits:tt)*)) => {
        2
    };
    (($a:ident, $b:ident, $c:ident -> $y:ident)) => {
        3
    };
}

macro_rules! define {
    (
        real_many { $($many:tt)* }
        $($section:ident { $(
            $(#[$doc:meta])*
            $name:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;
        )* })*
    ) => {
        /// An operation of a program, named as in the table.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub(crate) enum Op {
            /// A number of the program.
            constant,
            /// A number shared by all rows.
            parameter,
            /// A number of each row.
            input,
            $($($name,)*)*
            neg,
            mul_add,
            clamp,
            /// The same number, without a derivative.
            detach,
            /// The sum of a list.
            sum,
            /// The product of a list.
            product,
            /// The sum of products of the pairs of a list, rounded twice a pair.
            dot,
            /// The sum over all rows.
            total,
        }

        impl Op {
            /// All that the table has.
            pub(crate) const ALL: &[Self] = &[
                $($(Self::$name,)*)* Self::constant, Self::parameter, Self::input, Self::neg, Self::mul_add, Self::clamp,
                Self::detach, Self::sum, Self::product, Self::dot, Self::total,
            ];

            /// As it is written in listings and pictures.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $($(Self::$name => stringify!($name),)*)*
                    Self::constant => "constant",
                    Self::parameter => "parameter",
                    Self::input => "input",
                    Self::neg => "neg",
                    Self::mul_add => "mul_add",
                    Self::clamp => "clamp",
                    Self::detach => "detach",
                    Self::sum => "sum",
                    Self::product => "product",
                    Self::dot => "dot",
                    Self::total => "total",
                }
            }

            /// The number of its operands: 0 for a leaf, `None` for a list.
            pub(crate) fn arity(self) -> Option<usize> {
                Some(match self {
                    $($(Self::$name => arity!($arguments),)*)*
                    Self::constant | Self::parameter | Self::input => 0,
                    Self::neg | Self::detach | Self::total => 1,
                    Self::mul_add | Self::clamp => 3,
                    Self::sum | Self::product | Self::dot => return None,
                })
            }

            pub(crate) const fn facts(self) -> Facts {
                match self {
                    $($(Self::$name => facts!($facts),)*)*
                    Self::constant | Self::parameter | Self::input | Self::total => {
                        facts!({kernel: Plain, nan: Kept, source: Formula})
                    }
                    Self::neg | Self::detach => facts!({kernel: Arithmetic, nan: Kept, source: Formula}),
                    Self::mul_add => facts!({kernel: Choice, nan: Kept, source: Libm("fma")}),
                    Self::clamp => facts!({kernel: Choice, nan: Hidden, source: Helper}),
                    Self::sum | Self::product | Self::dot => {
                        facts!({kernel: Plain, nan: Kept, source: Formula, symmetric: true})
                    }
                }
            }
        }
    };
}

crate::operations! { define }
