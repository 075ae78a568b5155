//! The operations of programs: those of the table, and those that give a program its structure.

/// The facts about an operation that programs need besides its value and its partials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// The kernel that computes it for many rows at once.
    pub(crate) kernel: Family,
    /// Whether a NaN of an operand always reaches the result.
    pub(crate) nan: Nan,
    /// The call of it in generated Rust code.
    pub(crate) source: Source,
    /// Whether the two operands may be exchanged.
    pub(crate) symmetric: bool,
}

/// The family of lane kernels that computes an operation. Each family is one function of `program/run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// No kernel: the plain float computes it, lane by lane.
    Plain,
    /// No kernel: the compiler of a program replaces it by the simpler operations of the formula of its value.
    Parts,
    /// As [`Arithmetic`](Self::Arithmetic), and an operand may be one number for all rows.
    Broadcast,
    /// Arithmetic with the same bits as the plain float.
    Arithmetic,
    /// Comparisons, choices, roundings.
    Choice,
    /// Functions made of one exponential.
    Exponential,
    /// Other elementary functions.
    Elementary,
}

/// The result if an operand is the NaN of a product `0 · ∞`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nan {
    /// The result is NaN.
    Kept,
    /// The result may be a number.
    Hidden,
    /// The result may be a number where the integer parameter is 0.
    HiddenByZero,
}

/// The code that computes an operation in generated Rust source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// This operator.
    Operator(char),
    /// A method that floats have without `std`.
    Core,
    /// A method of `std`, or this function of the crate `libm`.
    Libm(&'static str),
    /// A method of `std`, or a helper of the same name.
    Std,
    /// A helper of the same name in `program/export/rust/helpers.rs`.
    Helper,
    /// A formula in `program/export/rust`.
    Formula,
    /// None: the operation is replaced first, see [`Family::Parts`].
    Parts,
}

/// How a node gets its number. Stages match this instead of [`Op`] where all operations are alike to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Constant,
    Parameter,
    Input,
    /// From one, two or three operands.
    Operation,
    /// From a list of terms.
    Sum,
    /// From a list of factors.
    Product,
    /// From a list of pairs.
    Dot,
    /// From the numbers of all rows.
    Total,
    /// From a list of operands, by an operation of the user's own.
    Custom,
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

/// Expands to the number of operands. A plain parameter counts as one, an integer does not count.
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
            /// An operation of the user's own, or one of its derivatives.
            custom,
        }

        impl Op {
            /// All operations.
            pub(crate) const ALL: &[Self] = &[
                $($(Self::$name,)*)* Self::constant, Self::parameter, Self::input, Self::neg, Self::mul_add, Self::clamp,
                Self::detach, Self::sum, Self::product, Self::dot, Self::total, Self::custom,
            ];

            /// The name in listings and pictures.
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
                    Self::custom => "custom",
                }
            }

            /// The number of its operands: 0 for a leaf, `None` for a list.
            #[inline]
            pub(crate) fn arity(self) -> Option<usize> {
                let count = Self::COUNTS[self as usize];
                (count != Self::LIST).then_some(usize::from(count))
            }

            /// In the place of a number of operands: they are a list.
            const LIST: u8 = u8::MAX;

            /// The numbers of operands of all operations. A table, because a jump to a case takes longer.
            const COUNTS: [u8; Self::ALL.len()] = {
                let mut counts = [0; Self::ALL.len()];
                let mut k = 0;
                while k < counts.len() {
                    counts[Self::ALL[k] as usize] = match Self::ALL[k] {
                        $($(Self::$name => arity!($arguments),)*)*
                        Self::constant | Self::parameter | Self::input => 0,
                        Self::neg | Self::detach | Self::total => 1,
                        Self::mul_add | Self::clamp => 3,
                        Self::sum | Self::product | Self::dot | Self::custom => Self::LIST,
                    };
                    k += 1;
                }
                counts
            };

            /// The kind of node that it makes.
            #[inline]
            pub(crate) fn form(self) -> Form {
                match self {
                    $($(Self::$name)|*)|* | Self::neg | Self::mul_add | Self::clamp | Self::detach => Form::Operation,
                    Self::constant => Form::Constant,
                    Self::parameter => Form::Parameter,
                    Self::input => Form::Input,
                    Self::sum => Form::Sum,
                    Self::product => Form::Product,
                    Self::dot => Form::Dot,
                    Self::total => Form::Total,
                    Self::custom => Form::Custom,
                }
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
                    Self::custom => facts!({kernel: Plain, nan: Hidden, source: Formula}),
                }
            }
        }
    };
}

crate::operations! { define }
