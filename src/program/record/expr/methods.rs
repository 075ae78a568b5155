//! The methods of the number: the table's, and questions about it.

use std::num::FpCategory;

use num_traits::Float;

use super::Expr;
use crate::number::operators::{
    assignment, forms, lifted_left, lifted_right, negative, negatives, operation, references,
};
use crate::number::stamp::number;
use crate::ops::op::Op;
use crate::ops::{operators, rules};
use crate::program::graph::Comparison;
use crate::program::record::session::Recordable;

/// The methods of the table, which record their operation. For example, `sqrt` becomes
/// `pub fn sqrt(self) -> Self { Self::call(Op::sqrt, [self], 0) }`.
macro_rules! methods {
    (
        real_many { $(
            $(#[$many_doc:meta])*
            $many:ident ($values:ident -> $my:ident: $Many:ty) { $mr:ident = $many_value:expr } $mp:tt $ms:tt $mf:tt;
        )* }
        float_unary { $($(#[$fu_doc:meta])* $fu:ident $fua:tt $fuv:tt $fup:tt $fus:tt $fuf:tt;)* }
        real_unary { $($(#[$ru_doc:meta])* $ru:ident $rua:tt $ruv:tt $rup:tt $rus:tt $ruf:tt;)* }
        float_binary { $($(#[$fb_doc:meta])* $fb:ident $fba:tt $fbv:tt $fbp:tt $fbs:tt $fbf:tt;)* }
        float_choice { $($(#[$fc_doc:meta])* $fc:ident $fca:tt $fcv:tt $fcp:tt $fcs:tt $fcf:tt;)* }
        real_binary { $($(#[$rb_doc:meta])* $rb:ident $rba:tt $rbv:tt $rbp:tt $rbs:tt $rbf:tt;)* }
        $($rest:tt)*
    ) => {
        impl<T: Recordable> Expr<T> {
            $(unary! { [$(#[$fu_doc])*] $fu $fua })*
            $(unary! { [$(#[$ru_doc])*] $ru $rua })*
            $(binary! { [$(#[$fb_doc])*] $fb })*
            $(binary! { [$(#[$fc_doc])*] $fc })*
            $(binary! { [$(#[$rb_doc])*] $rb })*
            $(
                $(#[$many_doc])*
                #[track_caller]
                #[must_use]
                pub fn $many($values: &[Self]) -> $Many {
                    $many_value
                }
            )*
        }
    };
}

macro_rules! unary {
    ([$(#[$doc:meta])*] $name:ident ($x:ident -> $y:ident)) => {
        unary! { @ [$(#[$doc])*] $name(self) => [self], 0 }
    };
    ([$(#[$doc:meta])*] $name:ident ($x:ident, $p:ident: T = $sample:literal -> $y:ident)) => {
        unary! { @ [$(#[$doc])*] $name(self, $p: T) => [self, Self::constant($p)], 0 }
    };
    ([$(#[$doc:meta])*] $name:ident ($x:ident, $p:ident: i32 = $sample:literal -> $y:ident)) => {
        unary! { @ [$(#[$doc])*] $name(self, $p: i32) => [self], $p }
    };
    (@ [$(#[$doc:meta])*] $name:ident($self:ident $(, $p:ident: $P:ty)?) => $operands:expr, $n:expr) => {
        $(#[$doc])*
        #[track_caller]
        #[must_use]
        pub fn $name($self $(, $p: $P)?) -> Self {
            Self::call(Op::$name, $operands, $n)
        }
    };
}

macro_rules! binary {
    ([$(#[$doc:meta])*] $name:ident) => {
        $(#[$doc])*
        #[track_caller]
        #[must_use]
        pub fn $name(self, other: impl Into<Self>) -> Self {
            Self::call(Op::$name, [self, other.into()], 0)
        }
    };
}

/// The operators of the table, in all forms.
macro_rules! recorded_operators {
    ($(
        $(#[$doc:meta])*
        $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $OpAssign:ident::$op_assign:ident)
        $value:tt $partials:tt $samples:tt $facts:tt;
    )*) => { $(
        operation! { [T: Recordable] $Op::$op, Expr<T>, Expr<T> => Self, |a, b| Self::call(Op::$op, [a, b], 0) }
        forms! { [T: Recordable] $Op::$op, $OpAssign::$op_assign, Expr<T>, Expr<T> }
    )* };
}

crate::operations! { methods }
operators! { recorded_operators }
operators! { lifted_right [T: Recordable] Expr<T>, T, Expr<T>; }
operators! { lifted_left [] f32, Expr<f32>; }
operators! { lifted_left [] f64, Expr<f64>; }
number! { recorded [T: Recordable] Expr<T>; [] Expr<f32>, Expr<f64> }
negatives! { [T: Recordable] Expr<T>, |x| Self::call(Op::neg, [x], 0) }

impl<T: Recordable> Expr<T> {
    /// The number where it was recorded.
    ///
    /// The program is then one for inputs that give exactly this number: to compute with a number but without its
    /// derivative, take [`detach`](Self::detach).
    #[track_caller]
    pub fn data(self) -> T {
        self.fixed()
    }

    /// The same number, without its derivatives: what depends on it is computed as if it were a constant.
    #[track_caller]
    #[must_use]
    pub fn detach(self) -> Self {
        Self::call(Op::detach, [self], 0)
    }

    /// The fused `self · a + b`, rounded once.
    #[track_caller]
    #[must_use]
    pub fn mul_add(self, a: impl Into<Self>, b: impl Into<Self>) -> Self {
        Self::call(Op::mul_add, [self, a.into(), b.into()], 0)
    }

    /// The sine and the cosine.
    #[track_caller]
    #[must_use]
    pub fn sin_cos(self) -> (Self, Self) {
        (self.sin(), self.cos())
    }

    /// The number itself within `[low, high]`, else the nearer bound.
    ///
    /// # Panics
    ///
    /// If `low > high`, or either is NaN.
    #[track_caller]
    #[must_use]
    pub fn clamp(self, low: impl Into<Self>, high: impl Into<Self>) -> Self {
        let (low, high) = (low.into(), high.into());
        assert!(low <= high, "`clamp` needs a lower bound that is not above the upper one, and neither NaN");
        Self::call(Op::clamp, [self, low, high], 0)
    }

    /// The order of the numbers with -0 below 0, -NaN below and NaN above all others; NaN of one sign are equal.
    #[track_caller]
    pub fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        rules::total_cmp(*self, *other)
    }

    /// Whether the number is NaN.
    #[track_caller]
    pub fn is_nan(self) -> bool {
        !self.compare(Comparison::Equal, self)
    }

    /// Whether the number is infinite.
    #[track_caller]
    pub fn is_infinite(self) -> bool {
        Float::abs(self).compare(Comparison::Equal, Self::constant(T::infinity()))
    }

    /// Whether the number is neither infinite nor NaN.
    #[track_caller]
    pub fn is_finite(self) -> bool {
        self.is_below(T::infinity())
    }

    /// Whether the number is neither zero, infinite, subnormal nor NaN.
    #[track_caller]
    pub fn is_normal(self) -> bool {
        self.classify() == FpCategory::Normal
    }

    /// Whether the number is subnormal.
    #[track_caller]
    pub fn is_subnormal(self) -> bool {
        self.classify() == FpCategory::Subnormal
    }

    /// Whether the number has a positive sign.
    #[track_caller]
    pub fn is_sign_positive(self) -> bool {
        !self.is_sign_negative()
    }

    /// Whether the number has a negative sign.
    #[track_caller]
    pub fn is_sign_negative(self) -> bool {
        Self::constant(T::one()).copysign(self).compare(Comparison::Less, Self::constant(T::zero()))
    }

    /// The kind of the number.
    #[track_caller]
    pub fn classify(self) -> FpCategory {
        if self.is_nan() {
            FpCategory::Nan
        } else if !self.is_finite() {
            FpCategory::Infinite
        } else if !self.is_below(T::min_positive_value()) {
            FpCategory::Normal
        } else if self.compare(Comparison::Equal, Self::constant(T::zero())) {
            FpCategory::Zero
        } else {
            FpCategory::Subnormal
        }
    }

    /// The scalar product `Σ aᵢ bᵢ`, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[track_caller]
    #[must_use]
    pub fn dot(a: &[Self], b: &[Self]) -> Self {
        let [x, y] = [a, b].map(|list| list.iter().map(|x| x.data).collect::<Vec<T>>());
        let data = rules::dot(&x, &y);
        let pairs: Vec<Self> = a.iter().zip(b).flat_map(|(&a, &b)| [a, b]).collect();
        Self::call_list(Op::dot, data, &pairs)
    }

    /// The sum `Σ wᵢ vᵢ` with plain weights, added up from the first product on.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[track_caller]
    #[must_use]
    pub fn weighted_sum(values: &[Self], weights: &[T]) -> Self {
        Self::weighted(values, weights, |weight| weight)
    }

    #[track_caller]
    pub(crate) fn weighted<W: Copy>(values: &[Self], weights: &[W], number: impl Fn(W) -> T) -> Self {
        Self::dot(values, &weights.iter().map(|&weight| Self::constant(number(weight))).collect::<Vec<_>>())
    }
}
