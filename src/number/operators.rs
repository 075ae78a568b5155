//! The standard operators and comparisons, in all forms, from the table of operations.

/// The operators of a `Calculus` number, also with the number inside on the right. For example, `div` becomes
/// `impl Div for Value<T> { fn div(self, other: Self) -> Self { … Self::operator(y, self, other, || …, || …, call) } }`,
/// `impl Div<T> for Value<T> { … self.chain(a / b, b.recip(), call) … }`, and the [`forms`] of both.
macro_rules! calculus_operators {
    (
        $generics:tt $Number:ty;
        $($(#[$doc:meta])* $op:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(calculus_operator! { $generics $Number; $op $arguments $value $partials })*
        negatives! { $generics $Number, |x| x.negative() }
    };
}

macro_rules! calculus_operator {
    (
        $generics:tt $Number:ty;
        $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $OpAssign:ident::$op_assign:ident)
        { $r:ident = $value:expr } [$partial_a:expr, $partial_b:expr]
    ) => {
        operation! { $generics $Op::$op, $Number, $Number => Self, |left, right| {
            let ($a, $b) = (left.number(), right.number());
            let $y = $value;
            let call = || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]);
            combined!($op, $y, left, right, $partial_a, $partial_b, call)
        } }
        operation! { $generics $Op::$op, $Number, T => Self, |left, right| {
            let ($a, $b) = (left.number(), right);
            let $y = $value;
            let call = || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]);
            combined!($op, $y, left, $partial_a, call)
        } }
        forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, $Number }
        forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, T }
    };
}

/// The result of an operator. Sums and differences have separate arms, because they only add derivatives. For nested
/// numbers, the optimiser does not remove the multiplications by 1. So do products, for numbers that multiply
/// derivatives in a cheaper way there.
macro_rules! combined {
    (add, $y:ident, $a:expr, $partial:expr, $call:ident) => {
        $a.shifted($y, $call)
    };
    (sub, $y:ident, $a:expr, $partial:expr, $call:ident) => {
        $a.shifted($y, $call)
    };
    (mul, $y:ident, $a:expr, $factor:expr, $call:ident) => {
        $a.times($y, $factor, $call)
    };
    (left mul, $y:ident, $b:expr, $factor:expr, $call:ident) => {
        $b.times($y, $factor, $call)
    };
    (left $op:ident, $y:ident, $b:expr, $partial:expr, $call:ident) => {
        $b.chain($y, $partial, $call)
    };
    ($op:ident, $y:ident, $a:expr, $partial:expr, $call:ident) => {
        $a.chain($y, $partial, $call)
    };
    (add, $y:ident, $a:expr, $b:expr, $pa:expr, $pb:expr, $call:ident) => {
        Self::added($y, $a, $b, $call)
    };
    (sub, $y:ident, $a:expr, $b:expr, $pa:expr, $pb:expr, $call:ident) => {
        Self::subtracted($y, $a, $b, $call)
    };
    (mul, $y:ident, $a:expr, $b:expr, $pa:expr, $pb:expr, $call:ident) => {
        Self::multiplied($y, $a, $b, $call)
    };
    ($op:ident, $y:ident, $a:expr, $b:expr, $partial_a:expr, $partial_b:expr, $call:ident) => {
        Self::operator($y, $a, $b, || $partial_a, || $partial_b, $call)
    };
}

/// The operators with a plain number of type `T` on the left, which Rust allows for named types only. For example,
/// `impl Sub<Value<f64>> for f64 { fn sub(self, other: Value<f64>) -> Value<f64> { … other.chain(y, -1.0, call) } }`.
macro_rules! plain_left {
    (
        @ $generics:tt $Plain:ident, $Number:ty;
        $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $($assign:tt)*)
        { $r:ident = $value:expr } [$partial_a:expr, $partial_b:expr]
    ) => {
        operation! { $generics $Op::$op, $Plain, $Number => $Number, |left, right| {
            #[allow(dead_code, reason = "few partials name their type")]
            type T = $Plain;
            let ($a, $b) = (left, right.number());
            let $y = $value;
            let call = || Call::new(stringify!($op), [$a.to_f64(), $b.to_f64()]);
            combined!(left $op, $y, right, $partial_b, call)
        } }
        references! { $generics $Op::$op, $Plain, $Number, $Number }
    };
    (
        $generics:tt $Plain:ident, $Number:ty;
        $($(#[$doc:meta])* $op:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(plain_left! { @ $generics $Plain, $Number; $op $arguments $value $partials })*
    };
}

/// The operators with a plain number of type `$Plain` on the right, which becomes a constant of type `$Inner` first.
/// For example,
/// `impl Add<T> for Value<Value<T>> { fn add(self, other: T) -> Self { self + Value::<T>::constant(other) } }`.
macro_rules! lifted_right {
    (
        @ $generics:tt $Number:ty, $Plain:ty, $Inner:ty;
        $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $OpAssign:ident::$op_assign:ident)
    ) => {
        operation! { $generics $Op::$op, $Number, $Plain => Self, |left, right|
            std::ops::$Op::$op(left, <$Inner as $crate::number::Number>::constant(right))
        }
        forms! { $generics $Op::$op, $OpAssign::$op_assign, $Number, $Plain }
    };
    (
        $generics:tt $Number:ty, $Plain:ty, $Inner:ty;
        $($(#[$doc:meta])* $op:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(lifted_right! { @ $generics $Number, $Plain, $Inner; $op $arguments })*
    };
}

/// The same with a plain number on the left, which Rust allows for named types only.
macro_rules! lifted_left {
    (
        @ $generics:tt $Plain:ident, $Number:ty;
        $op:ident ($a:ident, $b:ident -> $y:ident: $Op:ident, $($assign:tt)*)
    ) => {
        operation! { $generics $Op::$op, $Plain, $Number => $Number, |left, right|
            std::ops::$Op::$op(<$Number as $crate::number::Number>::constant(left), right)
        }
        references! { $generics $Op::$op, $Plain, $Number, $Number }
    };
    (
        $generics:tt $Plain:ident, $Number:ty;
        $($(#[$doc:meta])* $op:ident $arguments:tt $value:tt $partials:tt $samples:tt $facts:tt;)*
    ) => {
        $(lifted_left! { @ $generics $Plain, $Number; $op $arguments })*
    };
}

/// One operator on two types. For example, `operation! { [] Add::add, f64, Dual<f64> => Dual<f64>, |a, b| b + a }`
/// gives
/// `impl Add<Dual<f64>> for f64 { type Output = Dual<f64>; fn add(self, b: Dual<f64>) -> Dual<f64> { let a = self; b + a } }`.
/// With all operators expanded in every caller, debug builds of the tests took 60 per cent longer.
macro_rules! operation {
    (
        [$($generics:tt)*] $Op:ident::$op:ident, $Left:ty, $Right:ty => $Output:ty,
        |$left:ident, $right:ident| $result:expr
    ) => {
        impl<$($generics)*> std::ops::$Op<$Right> for $Left {
            type Output = $Output;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn $op(self, $right: $Right) -> $Output {
                let $left = self;
                $result
            }
        }
    };
}

/// An operator with references on either side, and as an assignment.
macro_rules! forms {
    ($generics:tt $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident, $Left:ty, $Right:ty) => {
        references! { $generics $Op::$op, $Left, $Right, $Left }
        assignment! { $generics $Op::$op, $OpAssign::$op_assign, $Left, $Right, |right| right }
        assignment! { $generics $Op::$op, $OpAssign::$op_assign, $Left, &$Right, |right| *right }
    };
}

/// An operator with a reference on one side or on both.
macro_rules! references {
    ($generics:tt $Op:ident::$op:ident, $Left:ty, $Right:ty, $Output:ty) => {
        operation! { $generics $Op::$op, $Left, &$Right => $Output, |left, right| std::ops::$Op::$op(left, *right) }
        operation! { $generics $Op::$op, &$Left, $Right => $Output, |left, right| std::ops::$Op::$op(*left, right) }
        operation! { $generics $Op::$op, &$Left, &$Right => $Output, |left, right| std::ops::$Op::$op(*left, *right) }
    };
}

macro_rules! assignment {
    (
        [$($generics:tt)*] $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident, $Left:ty, $Right:ty,
        |$right:ident| $value:expr
    ) => {
        impl<$($generics)*> std::ops::$OpAssign<$Right> for $Left {
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn $op_assign(&mut self, $right: $Right) {
                *self = std::ops::$Op::$op(*self, $value);
            }
        }
    };
}

/// The negative of numbers and of references to them.
macro_rules! negatives {
    ($generics:tt $Number:ty, |$x:ident| $negative:expr) => {
        negative! { $generics $Number => $Number, |$x| $negative }
        negative! { $generics &$Number => $Number, |x| -*x }
    };
}

macro_rules! negative {
    ([$($generics:tt)*] $Number:ty => $Output:ty, |$x:ident| $negative:expr) => {
        impl<$($generics)*> std::ops::Neg for $Number {
            type Output = $Output;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn neg(self) -> $Output {
                let $x = self;
                $negative
            }
        }
    };
}

/// Comparison of two types by their numbers, so that a branch goes the same way as with plain numbers.
macro_rules! compared {
    ([$($generics:tt)*] $Left:ty, $Right:ty, |$left:ident, $right:ident| ($a:expr, $b:expr)) => {
        #[allow(clippy::partialeq_ne_impl, reason = "the provided method would hide the line of the caller")]
        impl<$($generics)*> PartialEq<$Right> for $Left {
            $crate::number::operators::answers! { $left, $right: $Right, bool; eq { $a == $b } ne { $a != $b } }
        }

        impl<$($generics)*> PartialOrd<$Right> for $Left {
            $crate::number::operators::answers! {
                $left, $right: $Right, Option<std::cmp::Ordering>; partial_cmp { $a.partial_cmp(&$b) }
            }
            $crate::number::operators::answers! {
                $left, $right: $Right, bool; lt { $a < $b } le { $a <= $b } gt { $a > $b } ge { $a >= $b }
            }
        }
    };
}

/// For example, `answers! { left, right: T, bool; lt { left.data() < *right } }` is
/// `#[inline] #[track_caller] fn lt(&self, right: &T) -> bool { let left = self; left.data() < *right }`.
macro_rules! answers {
    ($left:ident, $right:ident: $Right:ty, $Answer:ty; $($name:ident { $answer:expr })*) => {
        $(#[inline]
        #[track_caller]
        fn $name(&self, $right: &$Right) -> $Answer {
            let $left = self;
            $answer
        })*
    };
}

pub(crate) use {
    answers, assignment, calculus_operator, calculus_operators, combined, compared, forms, lifted_left, lifted_right,
    negative, negatives, operation, plain_left, references,
};
