//! The methods of the number: the table's, and questions about it.

use std::num::FpCategory;

use num_traits::Float;

use super::Expr;
use crate::ops::rules;
use crate::program::graph::Comparison;
use crate::program::op::Op;
use crate::program::precision::Precision;

macro_rules! methods {
    (
        unary { $(
            $(#[$doc:meta])*
            $unary:ident($x:ident, $y:ident $(; $p:ident: $pt:ident = $pv:literal)?) $(let $shared:ident = $both:expr =>)? $(=)? $value:expr, $partial:expr;
            at $at:literal, $($interval:literal),*;
        )* }
        activation { $(
            $(#[$activation_doc:meta])*
            $activation:ident($ax:ident, $ay:ident $(; $ap:ident: $apt:ident = $apv:literal)?) $(let $ashared:ident = $aboth:expr =>)? $(=)? $avalue:expr, $apartial:expr;
            at $aat:literal, $($ainterval:literal),*;
        )* }
        binary { $($(#[$binary_doc:meta])* $binary:ident $bargs:tt = $bv:expr, $bp:expr, $bq:expr; at $bat:tt, $blow:tt, $bhigh:tt;)* }
        choice { $($(#[$choice_doc:meta])* $choice:ident $cargs:tt = $cv:expr, $cp:expr, $cq:expr; at $cat:tt, $clow:tt, $chigh:tt;)* }
        operator { $($operator:tt)* }
    ) => {
        impl<T: Precision> Expr<T> {
            $(
                $(#[$doc])*
                #[track_caller]
                #[must_use]
                pub fn $unary(self $(, $p: $pt)?) -> Self {
                    unary!(self, $unary $(, $p: $pt)?)
                }
            )*
            $(
                $(#[$activation_doc])*
                #[track_caller]
                #[must_use]
                pub fn $activation(self $(, $ap: $apt)?) -> Self {
                    unary!(self, $activation $(, $ap: $apt)?)
                }
            )*
            $(
                $(#[$binary_doc])*
                #[track_caller]
                #[must_use]
                pub fn $binary(self, other: Self) -> Self {
                    Self::call(Op::$binary, [self, other], 0)
                }
            )*
            $(
                $(#[$choice_doc])*
                #[track_caller]
                #[must_use]
                pub fn $choice(self, other: Self) -> Self {
                    Self::call(Op::$choice, [self, other], 0)
                }
            )*
        }
    };
}

macro_rules! unary {
    ($self:ident, $name:ident) => {
        Self::call(Op::$name, [$self], 0)
    };
    ($self:ident, $name:ident, $p:ident: T) => {
        Self::call(Op::$name, [$self, Self::constant($p)], 0)
    };
    ($self:ident, $name:ident, $p:ident: $Other:ident) => {
        Self::call(Op::$name, [$self], $p)
    };
}

crate::operations! { methods }

impl<T: Precision> Expr<T> {
    /// The number where it was recorded.
    ///
    /// The program is then one for inputs that give exactly this number: to compute with a number but without its
    /// derivative, take [`detach`](Self::detach).
    #[track_caller]
    pub fn data(self) -> T {
        self.fixed()
    }

    /// The fused `self · a + b`, rounded once.
    #[track_caller]
    #[must_use]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        Self::call(Op::mul_add, [self, a, b], 0)
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
    pub fn clamp(self, low: Self, high: Self) -> Self {
        assert!(low <= high, "`clamp` needs a lower bound that is not above the upper one, and neither NaN");
        Self::call(Op::clamp, [self, low, high], 0)
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
        Self::weighted(values, weights.iter().copied())
    }

    #[track_caller]
    pub(crate) fn weighted(values: &[Self], weights: impl Iterator<Item = T>) -> Self {
        Self::dot(values, &weights.map(Self::constant).collect::<Vec<_>>())
    }
}
