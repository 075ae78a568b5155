//! A value behaves as the plain number does: the traits of num-traits, comparison, text, sums.

#[macro_use]
mod support;

use std::fmt::Debug;

use gradtape::check::Any;
use gradtape::{Lift, Real, Tape, Value};
use num_traits::{
    Bounded, Float, FloatConst, FromPrimitive, Inv, MulAdd, MulAddAssign, Num, NumAssignRef, NumRef, One, Pow, RefNum,
    Signed, ToPrimitive, Zero,
};
use support::{Plain, assert_same_bits, bits, number, quickcheck};

/// Runs a generic check in both precisions.
macro_rules! in_both_precisions {
    ($($(#[$meta:meta])* $test:ident: $check:ident;)*) => {
        $($(#[$meta])* #[test]
        fn $test() {
            $check::<f32>();
            $check::<f64>();
        })*
    };
}

in_both_precisions! {
    every_trait_of_num_traits_is_there: bounds;
    constants_are_the_plain_floats: constants;
    questions_are_answered_by_the_number: questions;
    comparison_is_by_the_number: comparison;
    text_is_the_plain_floats: text;
    text_is_read_as_constants: parsing;
    conversions_are_the_plain_floats: conversions;
    methods_and_trait_methods_are_the_same: methods;
    powers_inverses_and_fused_products_have_their_traits: powers;
    sums_and_products_are_the_plain_floats: sums;
}

fn bounds<T: Plain + Signed + FromPrimitive + Bounded + std::str::FromStr>()
where
    Value<T>: Copy + Debug + Default + Send + Sync + From<T> + 'static,
{
    fn number<F>()
    where
        F: Float
            + num_traits::real::Real
            + FloatConst
            + num_traits::NumCast
            + ToPrimitive
            + FromPrimitive
            + Zero
            + One
            + Signed,
        F: Bounded + Inv<Output = F> + Pow<i32, Output = F> + Pow<F, Output = F> + MulAdd<Output = F> + MulAddAssign,
        F: NumRef + NumAssignRef + std::iter::Sum + std::iter::Product + std::str::FromStr + Real,
        for<'a> F: std::iter::Sum<&'a F> + std::iter::Product<&'a F>,
        for<'a> &'a F: RefNum<F> + std::ops::Neg<Output = F>,
    {
    }
    number::<Value<T>>();
    number::<Value<Value<T>>>();
}

fn constants<T: Plain + Bounded + Default>() {
    macro_rules! same {
        ($($Trait:ident: $($name:ident)*;)*) => {
            $($(
                let ours = <Value<T> as $Trait>::$name();
                assert!(ours.is_constant());
                assert_same_bits(ours.data(), <T as $Trait>::$name(), stringify!($name));
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
    assert!(Value::<T>::zero().is_zero() && Value::<T>::one().is_one() && !Value::<T>::one().is_zero());
    let (from, constant) = (Value::from(number::<T>(1.5)), Value::constant(number::<T>(1.5)));
    assert!(from.is_constant() && constant.is_constant() && from == constant && from == number::<T>(1.5));
    assert!(!Tape::new().var(T::one()).is_constant());
}

fn questions<T: Plain + Signed>() {
    macro_rules! same {
        ($x:ident: $($name:ident)*) => {
            $(assert_eq!(Value::from($x).$name(), $x.$name(), "{} {}", stringify!($name), $x);)*
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
fn comparison<T: Plain>() {
    quickcheck(
        500,
        (|Any(x), Any(y)| {
            let tape = Tape::new();
            for (x, y) in [(x, y), (x, x), (x, -x)] {
                let (a, b) = (tape.var(x) * number::<T>(1.0), Value::from(y));
                let expected = (x == y, x != y, x < y, x <= y, x > y, x >= y, x.partial_cmp(&y));
                assert_eq!((a == b, a != b, a < b, a <= b, a > b, a >= b, a.partial_cmp(&b)), expected, "{x} {y}");
                assert_eq!((a == y, a != y, a < y, a <= y, a > y, a >= y, a.partial_cmp(&y)), expected, "{x} {y}");
            }
        }) as fn(Any<T>, Any<T>),
    );
}

#[test]
fn plain_numbers_compare_with_values_on_their_right() {
    let tape = Tape::new();
    let (x, y) = (tape.var(2.0_f64), Value::from(2.0_f32));
    assert!(2.0 == x && 1.0 < x && 3.0 >= x && 2.0 != x + 1.0);
    assert!(2.0 == y && 1.0 < y && 3.0 >= y && 2.0 != y + 1.0);
    assert_eq!((f64::NAN.partial_cmp(&x), 1.0.partial_cmp(&y)), (None, Some(std::cmp::Ordering::Less)));
}

fn text<T: Plain + std::fmt::LowerExp + std::fmt::UpperExp>() {
    let tape = Tape::new();
    for x in [0.0, -0.0, 1.0, -2.5, 0.1, 1e-30, -1e30, f64::INFINITY, f64::NAN].map(number::<T>) {
        for v in [Value::from(x), tape.var(x), tape.var(x) * T::one()] {
            macro_rules! same {
                ($($format:literal)*) => { $(assert_eq!(format!($format, v), format!($format, x));)* };
            }
            same! { "{}" "{:.3}" "{:+}" "{:12}|" "{:<12.2}|" "{:^+12.1}|" "{:*>9}" "{:08.3}" "{:+09.2}" }
            same! { "{:e}" "{:.2e}" "{:+e}" "{:14.3e}|" "{:E}" "{:<14.1E}|" }
        }
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
}

fn parsing<T: Plain + std::str::FromStr>()
where
    T::Err: PartialEq + Debug,
    <T as Num>::FromStrRadixErr: Debug,
{
    for text in ["1.5", "-0", "1e-3", "NaN", "inf", "0.1", "", "x", "1,5"] {
        let (ours, theirs) = (text.parse::<Value<T>>(), text.parse::<T>());
        assert_eq!(ours.as_ref().err(), theirs.as_ref().err(), "{text}");
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            assert!(ours.is_constant());
            assert_same_bits(ours.data(), theirs, text);
        }
    }
    assert_eq!(Value::<T>::from_str_radix("101.1", 2).unwrap(), number::<T>(5.5));
    assert!(Value::<T>::from_str_radix("2", 2).is_err());
}

fn conversions<T: Plain + FromPrimitive>() {
    macro_rules! same {
        ($x:ident: $($to:ident)*; $($from:ident $n:expr),*) => {
            $(assert_eq!(Value::from($x).$to(), $x.$to(), "{} {}", stringify!($to), $x);)*
            $(assert_eq!(Value::<T>::$from($n).unwrap(), T::$from($n).unwrap());)*
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
    let value: Value<T> = num_traits::cast(0.1_f64).unwrap();
    assert!(value.is_constant());
    assert_same_bits(value.data(), number(0.1), "cast from f64");
    let again: Value<T> = num_traits::cast(Tape::new().var(number::<T>(0.1))).unwrap();
    assert_eq!(again.data().to_f64(), number::<T>(0.1).to_f64());
    assert_eq!(num_traits::cast::<_, i32>(Value::from(number::<T>(41.9))), Some(41));
}

/// What can be seen of a function of one value: its number and its derivative.
fn seen<T: Plain>(f: impl Fn(Value<T>) -> Value<T>, x: T) -> [u64; 2] {
    let tape = Tape::new();
    let v = tape.var(x);
    let y = f(v);
    [bits(y.data()), bits(y.backward().wrt(v))]
}

macro_rules! parameter {
    (T $value:literal) => {
        number($value)
    };
    ($Other:ident $value:literal) => {
        $value
    };
}

macro_rules! method_pairs {
    (
        unary { $($(#[$ud:meta])* $u:ident($($ua:ident),* $(; $p:ident: $pt:ident = $pv:literal)?)
            $(let $us:ident = $ub:expr =>)? $(=)? $uv:expr, $up:expr; at $uat:literal, $ul:literal, $uh:literal;)* }
        activation { $($(#[$vd:meta])* $v:ident($($va:ident),* $(; $q:ident: $qt:ident = $qv:literal)?)
            $(let $vs:ident = $vb:expr =>)? $(=)? $vv:expr, $vp:expr; at $vat:literal, $vl:literal, $vh:literal;)* }
        binary { $($(#[$bd:meta])* $b:ident $ba:tt = $bv:expr, $bp:expr, $bq:expr; at $bat:tt, $bl:tt, $bh:tt;)* }
        choice { $($(#[$cd:meta])* $c:ident $ca:tt = $cv:expr, $cp:expr, $cq:expr; at $cat:tt, $cl:tt, $ch:tt;)* }
        $($rest:tt)*
    ) => {
        /// The methods of `Value` itself give what those of `Float`, `Real` and `Signed` give.
        fn methods<T: Plain + Signed>() {
            let (x, one) = (number::<T>(0.7), T::one());
            macro_rules! same {
                ($left:expr, $right:expr) => { assert_eq!(seen($left, x), seen($right, x), "{}", stringify!($left)) };
            }
            $(same!(|v| Value::$u(v $(, parameter!($pt $pv))?), |v| Float::$u(v $(, parameter!($pt $pv))?));)*
            $(same!(|v| Value::$v(v $(, parameter!($qt $qv))?), |v| Real::$v(v $(, parameter!($qt $qv))?));)*
            $(same!(|v| v.$b(v + one), |v| Float::$b(v, v + one));)*
            $(same!(|v| v.$c(v + one), |v| Float::$c(v, v + one));)*
            same!(|v| Signed::abs(&v), |v| v.abs());
            same!(|v| Signed::signum(&v), |v| v.signum());
            same!(|v| Signed::abs_sub(&(v + one), &v), |v| (v + one).abs_sub(v));
            same!(|v| Float::sin_cos(v).1, |v| v.sin_cos().1);
            same!(|v| Float::clamp(v, v - one, v + one), |v| v.clamp(v - one, v + one));
            same!(|v| Real::dot(&[v, v], &[v, v + one]), |v| Value::dot(&[v, v], &[v, v + one]));
            same!(|v| Real::weighted_sum(&[v, v], &[x, one]), |v| Value::weighted_sum(&[v, v], &[x, one]));
            assert_eq!(Lift::data(<Value<T> as Lift>::constant(x)), x);
        }
    };
}

gradtape::operations! { method_pairs }

fn powers<T: Plain>() {
    let x = number::<T>(0.7);
    macro_rules! same {
        ($left:expr, $right:expr) => {
            assert_eq!(seen($left, x), seen($right, x), "{}", stringify!($left))
        };
    }
    same!(|v| Pow::pow(v, -3), |v| v.powi(-3));
    same!(|v| Pow::pow(v, v), |v| v.powf(v));
    same!(|v| num_traits::pow(v, 3), |v| v * v * v);
    same!(Inv::inv, Value::recip);
    same!(|v| MulAdd::mul_add(v, v, v), |v| v.mul_add(v, v));
    same!(|v| Float::mul_add(v, v, v), |v| v.mul_add(v, v));
    same!(
        |v| {
            let mut w = v;
            w.mul_add_assign(v, v);
            w
        },
        |v| v.mul_add(v, v)
    );
}

#[test]
fn a_plain_exponent_is_a_constant_power() {
    assert_eq!(seen(|v| Pow::pow(v, 2.5), 0.7_f64), seen(|v| v.powf(2.5.into()), 0.7_f64));
    assert_eq!(seen(|v| Pow::pow(v, 2.5_f32), 0.7_f32), seen(|v| v.powf(2.5.into()), 0.7_f32));
}

fn sums<T: Plain>() {
    quickcheck(
        300,
        (|list: Vec<Any<T>>| {
            let plain: Vec<T> = list.iter().map(|x| x.0).collect();
            let tape = Tape::new();
            for values in [tape.vars(&plain), plain.iter().map(|&x| Value::from(x)).collect()] {
                let by_reference: [Value<T>; 2] = [values.iter().sum(), values.iter().product()];
                let by_value: [Value<T>; 2] = [values.iter().copied().sum(), values.iter().copied().product()];
                let expected: [T; 2] = [plain.iter().sum(), plain.iter().copied().product()];
                for k in 0..2 {
                    assert_same_bits(by_reference[k].data(), expected[k], &plain);
                    assert_same_bits(by_value[k].data(), expected[k], &plain);
                }
                let (dot, expected) = (Value::dot(&values, &values), T::dot(&plain, &plain));
                assert_same_bits(dot.data(), expected, &plain);
                assert_same_bits(Value::weighted_sum(&values, &plain).data(), expected, &plain);
            }
        }) as fn(Vec<Any<T>>),
    );
    let none: [Value<T>; 0] = [];
    assert_same_bits(none.iter().sum::<Value<T>>().data(), std::iter::empty::<T>().sum(), "the sum of nothing");
    assert_same_bits(none.iter().product::<Value<T>>().data(), T::one(), "the product of nothing");
    assert_same_bits(Value::dot(&none, &none).data(), T::zero(), "the scalar product of nothing");
    assert!(none.iter().sum::<Value<T>>().is_constant() && Value::dot(&none, &none).is_constant());
}

#[test]
fn sums_and_products_end_where_the_iterator_does() {
    /// Numbers up to the first `None`, and more behind it, which no loop sees.
    fn resuming(count: u8) -> impl Iterator<Item = f64> {
        (1..=count + 9).map(move |k| (k != count + 1).then(|| f64::from(k))).scan((), |(), x| x)
    }
    for count in 0..70 {
        let values = || resuming(count).map(Value::from);
        assert_same_bits(values().sum::<Value<f64>>().data(), resuming(count).sum(), count);
        assert_same_bits(values().product::<Value<f64>>().data(), resuming(count).product(), count);
    }
}

/// No trait is in scope here.
mod without_traits {
    use gradtape::{Tape, Value};

    #[test]
    fn questions_are_answered_without_the_float_trait() {
        let tape = Tape::new();
        for x in [0.0, -0.0, 1.5, -1.5, 5e-324, -5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            for v in [Value::from(x), tape.var(x) * 1.0] {
                macro_rules! same {
                    ($($name:ident)*) => { $(assert_eq!(v.$name(), x.$name(), "{} {x}", stringify!($name));)* };
                }
                same! { is_nan is_infinite is_finite is_normal is_subnormal is_sign_positive is_sign_negative classify }
            }
        }
    }
}

/// Every operator of [`Real`] with a plain number on the right, in generic code.
fn mixed<F: Real<Scalar = f64>>(x: F) -> F {
    let mut y = (x + 3.0) * 2.0 - x / 4.0;
    y += 1.0;
    y *= 3.0;
    y -= 2.0;
    y /= 5.0;
    y % 2.0
}

#[test]
fn generic_code_mixes_with_plain_numbers() {
    let tape = Tape::new();
    let x = tape.var(0.75);
    let y = mixed(x);
    assert_eq!(y, mixed(0.75));
    assert_eq!(y.backward().wrt(x), 1.75 * 3.0 / 5.0);
}
