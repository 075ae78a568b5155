//! The numbers of the crate behave like the plain number: the traits of num-traits, comparison, text, sums.

use std::fmt::{Debug, LowerExp, UpperExp};
use std::iter::{Product, Sum};
use std::ops::Neg;
use std::str::FromStr;

use gradtape::check::random::Any;
use gradtape::{Dual, Number, Tape, Value};
use num_traits::{
    Bounded, Float, FloatConst, FromPrimitive, Inv, MulAdd, MulAddAssign, Num, NumAssignRef, NumRef, One, Pow, RefNum,
    Signed, Zero,
};
use testing::differentiable::{Differentiable, Over, outcome};
use testing::for_every_number;
use testing::{TestFloat, assert_same_bits, number, quickcheck};

for_every_number! {
    constants_are_the_plain_floats: constants;
    questions_are_answered_by_the_number: questions;
    comparison_is_by_the_number: comparison;
    text_is_the_plain_floats: text;
    text_is_read_as_constants: parsing;
    conversions_are_the_plain_floats: conversions;
    sums_and_products_are_the_plain_floats: sums;
}

/// A trait with bounds that all numbers must satisfy.
macro_rules! all_of {
    ($(#[$doc:meta])* $Name:ident: $($bounds:tt)*) => {
        $(#[$doc])*
        trait $Name where Self: $($bounds)* {}
        impl<F> $Name for F where Self: $($bounds)* {}
    };
}

all_of! {
    /// The bounds of any number, even if it is deeply nested.
    Complete: Differentiable + Bounded + FromPrimitive + Signed + Inv<Output = Self> + Pow<i32, Output = Self>
        + Pow<Self, Output = Self> + MulAdd<Output = Self> + MulAddAssign + NumRef + NumAssignRef
        + From<<Self as Differentiable>::Inner> + FromStr + Default + LowerExp + UpperExp + Send + Sync + 'static
}

#[test]
fn every_trait_of_num_traits_is_there() {
    fn number<F: Complete + num_traits::real::Real>()
    where
        for<'a> &'a F: RefNum<F> + Neg<Output = F> + Inv<Output = F>,
    {
    }
    macro_rules! numbers {
        ($($T:ident)*) => { $(
            number::<Value<$T>>();
            number::<Dual<$T>>();
            number::<Dual<$T, 3>>();
            number::<Value<Value<$T>>>();
            number::<Value<Dual<$T, 3>>>();
            number::<Dual<Value<$T>>>();
            number::<Dual<Dual<$T>, 3>>();
        )* };
    }
    numbers! { f32 f64 }
}

/// A number that depends on no variable.
fn constant<T: TestFloat, F: Over<T>>(make: impl Fn() -> F) -> T {
    let (number, [slope]) = outcome(|[_]: [F; 1]| make(), [T::one()]);
    assert_eq!(slope, T::zero());
    number
}

fn constants<T: TestFloat + Bounded + Default, F: Over<T> + Complete>() {
    macro_rules! same {
        ($($Trait:ident: $($name:ident)*;)*) => {
            $($(
                let ours = constant(|| <F as $Trait>::$name());
                assert_same_bits(ours, <T as $Trait>::$name(), stringify!($name));
            )*)*
        };
    }
    same! {
        Float: nan infinity neg_infinity neg_zero min_value min_positive_value epsilon max_value;
        Bounded: min_value max_value;
        Zero: zero;
        One: one;
        Default: default;
        FloatConst: E FRAC_1_PI FRAC_1_SQRT_2 FRAC_2_PI FRAC_2_SQRT_PI FRAC_PI_2 FRAC_PI_3 FRAC_PI_4 FRAC_PI_6
            FRAC_PI_8 LN_10 LN_2 LOG10_E LOG2_E PI SQRT_2 TAU LOG10_2 LOG2_10;
    }
    assert!(F::zero().is_zero() && F::one().is_one() && !F::one().is_zero());
    let x = number::<T>(1.5);
    assert_eq!((constant(|| <F as From<T>>::from(x)), constant(|| <F as Number>::constant(x))), (x, x));
}

#[test]
fn a_value_knows_whether_it_is_a_constant() {
    let x = Tape::new().var(1.5);
    assert!(Value::from(1.5).is_constant() && Value::constant(1.5).is_constant() && Value::<f64>::PI().is_constant());
    assert!(!x.is_constant() && x.detach().is_constant() && !(x * 0.0).is_constant());
}

fn questions<T: TestFloat + Signed, F: Over<T> + Complete>() {
    macro_rules! same {
        ($x:ident: $($name:ident)*) => {
            $(assert_eq!(<F as Number>::constant($x).$name(), $x.$name(), "{} {}", stringify!($name), $x);)*
        };
    }
    quickcheck(
        500,
        (|Any(x)| {
            same! { x: is_nan is_infinite is_finite is_normal is_subnormal is_sign_positive is_sign_negative classify
            is_positive is_negative is_zero is_one }
            if !x.is_nan() {
                same! { x: integer_decode }
            }
        }) as fn(Any<T>),
    );
}

#[allow(clippy::nonminimal_bool)]
fn comparison<T: TestFloat, F: Over<T>>() {
    quickcheck(
        500,
        (|Any(x), Any(y)| {
            for (x, y) in [(x, y), (x, x), (x, -x)] {
                let compare = |[a]: [F; 1]| {
                    let (a, b) = (a * T::one(), F::constant(y));
                    let expected = (x == y, x != y, x < y, x <= y, x > y, x >= y, x.partial_cmp(&y));
                    assert_eq!((a == b, a != b, a < b, a <= b, a > b, a >= b, a.partial_cmp(&b)), expected, "{x} {y}");
                    assert_eq!((a == y, a != y, a < y, a <= y, a > y, a >= y, a.partial_cmp(&y)), expected, "{x} {y}");
                    a
                };
                outcome(compare, [x]);
            }
        }) as fn(Any<T>, Any<T>),
    );
}

#[test]
fn plain_numbers_compare_with_values_on_their_right() {
    let tape = Tape::new();
    macro_rules! compared {
        ($($T:ident $x:expr),*) => { $({
            let x = $x;
            assert!(2.0 == x && 1.0 < x && 3.0 >= x && 2.0 != x + 1.0);
            assert_eq!((1.0.partial_cmp(&x), $T::NAN.partial_cmp(&x)), (Some(std::cmp::Ordering::Less), None));
        })* };
    }
    compared! { f64 tape.var(2.0), f32 Value::from(2.0), f64 Dual::<f64>::var(2.0), f32 Dual::<f32, 3>::from(2.0) }
}

fn text<T: TestFloat + LowerExp + UpperExp, F: Over<T> + Complete>() {
    for x in [0.0, -0.0, 1.0, -2.5, 0.1, 1e-30, -1e30, f64::INFINITY, f64::NAN].map(number::<T>) {
        let print = |[v]: [F; 1]| {
            for v in [F::constant(x), v, v * T::one()] {
                macro_rules! same {
                    ($($format:literal)*) => { $(assert_eq!(format!($format, v), format!($format, x));)* };
                }
                same! { "{}" "{:.3}" "{:+}" "{:12}|" "{:<12.2}|" "{:^+12.1}|" "{:*>9}" "{:08.3}" "{:+09.2}" }
                same! { "{:e}" "{:.2e}" "{:+e}" "{:14.3e}|" "{:E}" "{:<14.1E}|" }
            }
            v
        };
        outcome(print, [x]);
    }
}

#[test]
fn debug_shows_data_node_and_tape() {
    let tape = Tape::new();
    let (_, x) = (tape.var(0.0), tape.var(1.5));
    let shown = format!("{:?}", x * 2.0);
    let after = |text: &str, mark: &str| {
        text.split_once(mark).unwrap().1.split([',', ' ']).next().unwrap().parse::<u64>().unwrap()
    };
    let (node, id) = (after(&shown, "node: "), after(&format!("{tape:?}"), "tape: "));
    assert_eq!(shown, format!("Value {{ data: 3.0, slope: 2.0, node: {node}, tape: {id} }}"));
    assert_eq!(after(&format!("{:?}", tape.var(0.0)), "node: "), node + 1);
    assert_eq!(format!("{:?}", Value::from(2.0)), "Value { data: 2.0 }");
    assert!(format!("{x:#?}").contains("\n    data: 1.5,\n"));
    assert!(format!("{:?}", x.backward()).starts_with("Gradients"));
    assert_eq!(format!("{:?}", Dual::var(1.5) * 2.0), "Dual { data: 3.0, tangents: [2.0] }");
}

fn parsing<T: TestFloat + FromStr, F: Over<T> + Complete + FromStr<Err = <T as FromStr>::Err>>()
where
    <T as FromStr>::Err: PartialEq + Debug,
    <F as Num>::FromStrRadixErr: Debug,
{
    for text in ["1.5", "-0", "1e-3", "NaN", "inf", "0.1", "", "x", "1,5"] {
        let (ours, theirs) = (text.parse::<F>(), text.parse::<T>());
        assert_eq!(ours.as_ref().err(), theirs.as_ref().err(), "{text}");
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            assert_same_bits(constant(|| ours), theirs, text);
        }
    }
    assert_eq!(constant(|| F::from_str_radix("101.1", 2).unwrap()), number::<T>(5.5));
    assert!(F::from_str_radix("2", 2).is_err());
}

fn conversions<T: TestFloat + FromPrimitive, F: Over<T> + Complete>() {
    macro_rules! same {
        ($x:ident: $($to:ident)*; $($from:ident $n:expr),*) => {
            $(assert_eq!(<F as Number>::constant($x).$to(), $x.$to(), "{} {}", stringify!($to), $x);)*
            $(assert_eq!(constant(|| F::$from($n).unwrap()), T::$from($n).unwrap());)*
        };
    }
    for x in [0.0, -0.5, 1.9, -7.0, 255.0, 1e10, -1e30, f64::INFINITY].map(number::<T>) {
        same! {
            x: to_i8 to_i16 to_i32 to_i64 to_i128 to_isize to_u8 to_u16 to_u32 to_u64 to_u128 to_usize to_f32 to_f64;
            from_i8 -3, from_i16 -300, from_i32 -70_000, from_i64 1 << 40, from_i128 -(1 << 90), from_isize -9,
            from_u8 200, from_u16 60_000, from_u32 1 << 31, from_u64 u64::MAX, from_u128 1 << 100, from_usize 7,
            from_f32 0.1, from_f64 0.1
        }
    }
    assert_same_bits(constant(|| num_traits::cast::<_, F>(0.1_f64).unwrap()), number(0.1), "cast from f64");
    let (again, [slope]) = outcome(|[x]: [F; 1]| num_traits::cast(x).unwrap(), [number::<T>(0.1)]);
    assert_eq!((again.to_f64(), slope), (number::<T>(0.1).to_f64(), T::zero()));
    assert_eq!(num_traits::cast::<F, i32>(F::constant(number(41.9))), Some(41));
}

fn sums<T: TestFloat, F: Over<T>>() {
    quickcheck(
        300,
        (|list: Vec<Any<T>>| {
            // A gradient calls the function once for each input or few of them, which takes long for many inputs.
            let plain: Vec<T> = list.iter().take(40).map(|x| x.0).collect();
            let add_up = |variables: &[F]| {
                for values in [variables, &plain.iter().map(|&x| F::constant(x)).collect::<Vec<_>>()] {
                    let by_reference: [F; 2] = [values.iter().sum(), values.iter().product()];
                    let by_value: [F; 2] = [values.iter().copied().sum(), values.iter().copied().product()];
                    let expected: [T; 2] = [plain.iter().sum(), plain.iter().copied().product()];
                    for k in 0..2 {
                        assert_same_bits(by_reference[k].data(), expected[k], &plain);
                        assert_same_bits(by_value[k].data(), expected[k], &plain);
                    }
                    let (dot, expected) = (F::dot(values, values), T::dot(&plain, &plain));
                    assert_same_bits(dot.data(), expected, &plain);
                    assert_same_bits(F::weighted_sum(values, &plain).data(), expected, &plain);
                }
                F::zero()
            };
            F::gradient(&add_up, &plain);
        }) as fn(Vec<Any<T>>),
    );
    let none: [F; 0] = [];
    assert_same_bits(constant(|| none.iter().sum::<F>()), std::iter::empty::<T>().sum(), "the sum of nothing");
    assert_same_bits(constant(|| none.iter().product::<F>()), T::one(), "the product of nothing");
    assert_same_bits(constant(|| F::dot(&none, &none)), T::zero(), "the scalar product of nothing");
}

#[test]
fn sums_and_products_end_where_the_iterator_does() {
    /// Numbers up to the first `None`, and more numbers after it, which no loop may see.
    fn resuming(count: u8) -> impl Iterator<Item = f64> {
        (1..=count + 9).map(move |k| (k != count + 1).then(|| f64::from(k))).scan((), |(), x| x)
    }
    fn check<F: Number<Plain = f64> + Sum + Product>() {
        for count in 0..70 {
            let values = || resuming(count).map(F::constant);
            assert_same_bits(values().sum::<F>().data(), resuming(count).sum(), count);
            assert_same_bits(values().product::<F>().data(), resuming(count).product(), count);
        }
    }
    check::<Value<f64>>();
    check::<Dual<f64>>();
}
