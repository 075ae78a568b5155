//! The traits that say what the methods do not.

use std::cmp::Ordering;
use std::fmt;
use std::iter::{Product, Sum};

use num_traits::{One, Zero};

use super::Expr;
use crate::program::graph::Comparison;
use crate::program::op::Op;
use crate::program::precision::Precision;

impl<T: Precision> Zero for Expr<T> {
    fn zero() -> Self {
        Self::constant(T::zero())
    }

    #[track_caller]
    fn is_zero(&self) -> bool {
        self.compare(Comparison::Equal, Self::zero())
    }
}

impl<T: Precision> One for Expr<T> {
    fn one() -> Self {
        Self::constant(T::one())
    }

    #[track_caller]
    fn is_one(&self) -> bool {
        self.compare(Comparison::Equal, Self::one())
    }
}

impl<T: Precision> Sum for Expr<T> {
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        // -0 is what changes nothing when it is added, and the sum of no floats.
        let terms: Vec<Self> = values.collect();
        let data = terms.iter().fold(T::neg_zero(), |sum, term| sum + term.data);
        Self::call_list(Op::sum, data, &terms)
    }
}

impl<T: Precision> Product for Expr<T> {
    #[track_caller]
    fn product<I: Iterator<Item = Self>>(values: I) -> Self {
        let factors: Vec<Self> = values.collect();
        let data = factors.iter().fold(T::one(), |product, factor| product * factor.data);
        Self::call_list(Op::product, data, &factors)
    }
}

impl<T: Precision> PartialEq for Expr<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.compare(Comparison::Equal, *other)
    }
}

impl<T: Precision> PartialOrd for Expr<T> {
    #[track_caller]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self < other {
            Some(Ordering::Less)
        } else if self == other {
            Some(Ordering::Equal)
        } else if self > other {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    #[track_caller]
    fn lt(&self, other: &Self) -> bool {
        self.compare(Comparison::Less, *other)
    }

    #[track_caller]
    fn le(&self, other: &Self) -> bool {
        self.compare(Comparison::LessOrEqual, *other)
    }

    #[track_caller]
    fn gt(&self, other: &Self) -> bool {
        other < self
    }

    #[track_caller]
    fn ge(&self, other: &Self) -> bool {
        other <= self
    }
}

impl<T: fmt::Debug> fmt::Debug for Expr<T> {
    /// Shows data and node; of a constant only data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Expr");
        fields.field("data", &self.data);
        if self.session != 0 {
            fields.field("node", &self.id);
        }
        fields.finish()
    }
}
