//! The traits that say what the methods do not.

use std::cmp::Ordering;
use std::fmt;
use std::iter::{Product, Sum};

use num_traits::{One, Zero};

use super::Expr;
use crate::ops::op::Op;
use crate::program::graph::Comparison;
use crate::program::record::session::Recordable;

impl<T: Recordable> Zero for Expr<T> {
    fn zero() -> Self {
        Self::constant(T::zero())
    }

    #[track_caller]
    fn is_zero(&self) -> bool {
        self.compare(Comparison::Equal, Self::zero())
    }
}

impl<T: Recordable> One for Expr<T> {
    fn one() -> Self {
        Self::constant(T::one())
    }

    #[track_caller]
    fn is_one(&self) -> bool {
        self.compare(Comparison::Equal, Self::one())
    }
}

impl<T: Recordable> Sum for Expr<T> {
    #[track_caller]
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        // -0 is what changes nothing when it is added, and the sum of no floats.
        let terms: Vec<Self> = values.collect();
        let data = terms.iter().fold(T::neg_zero(), |sum, term| sum + term.data);
        Self::call_list(Op::sum, data, &terms)
    }
}

impl<T: Recordable> Product for Expr<T> {
    #[track_caller]
    fn product<I: Iterator<Item = Self>>(values: I) -> Self {
        let factors: Vec<Self> = values.collect();
        let data = factors.iter().fold(T::one(), |product, factor| product * factor.data);
        Self::call_list(Op::product, data, &factors)
    }
}

/// Comparison, which remembers each question as it is asked: the default of `lt` would ask three. For example,
/// `compared! { [] f64, Expr<f64>, |a, b| (Expr::constant(*a), *b) }` gives `PartialEq` and `PartialOrd` of a plain
/// number on the left.
macro_rules! compared {
    ([$($generics:tt)*] $Left:ty, $Right:ty, |$a:ident, $b:ident| ($left:expr, $right:expr)) => {
        impl<$($generics)*> PartialEq<$Right> for $Left {
            #[track_caller]
            fn eq(&self, $b: &$Right) -> bool {
                let $a = self;
                $left.compare(Comparison::Equal, $right)
            }
        }

        impl<$($generics)*> PartialOrd<$Right> for $Left {
            #[track_caller]
            fn partial_cmp(&self, $b: &$Right) -> Option<Ordering> {
                let $a = self;
                let (left, right) = ($left, $right);
                if left.compare(Comparison::Less, right) {
                    Some(Ordering::Less)
                } else if left.compare(Comparison::Equal, right) {
                    Some(Ordering::Equal)
                } else if right.compare(Comparison::Less, left) {
                    Some(Ordering::Greater)
                } else {
                    None
                }
            }

            compared! { @ask $Right, |$a, $b|
                lt: $left.compare(Comparison::Less, $right),
                le: $left.compare(Comparison::LessOrEqual, $right),
                gt: $right.compare(Comparison::Less, $left),
                ge: $right.compare(Comparison::LessOrEqual, $left)
            }
        }
    };
    (@ask $Right:ty, |$a:ident, $b:ident| $($question:ident: $answer:expr),*) => { $(
        #[track_caller]
        fn $question(&self, $b: &$Right) -> bool {
            let $a = self;
            $answer
        }
    )* };
}

compared! { [T: Recordable] Expr<T>, Expr<T>, |a, b| (*a, *b) }
compared! { [T: Recordable] Expr<T>, T, |a, b| (*a, Expr::constant(*b)) }
compared! { [] f32, Expr<f32>, |a, b| (Expr::constant(*a), *b) }
compared! { [] f64, Expr<f64>, |a, b| (Expr::constant(*a), *b) }

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
