//! Every operation of the table, in both precisions: its number is the plain float's own, and its partials agree with
//! differences on the interval that the table names.

mod support;

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Sub, SubAssign};

use gradtape::check::{Any, Operation, Table, Unit, difference};
use gradtape::{Tape, Value};
use num_traits::Float;
use support::{InBox, Plain, assert_near, assert_same_bits, bits, number, partials, quickcheck};

/// `op` and `plain` are the same entry for `T` and for f64, where the differences are taken.
fn assert_agrees_with_differences<T: Plain, const N: usize>(
    op: &Operation<Value<T>, N>,
    plain: &Operation<f64, N>,
    units: [Unit; N],
) {
    let x = op.point(units);
    let ours = partials(op.f, x.map(number::<T>));
    for k in 0..N {
        let along = |at| {
            let mut x = x;
            x[k] = at;
            (plain.f)(x)
        };
        let (expected, error) = difference(along, x[k]);
        assert!(error < 1e-6 * (1.0 + expected.abs()), "{} at {x:?}: no difference to compare with: {error}", op.name);
        let rounding = 16.0 * T::epsilon().into() * (expected.abs() + 0.1);
        assert_near(ours[k].into(), expected, error + rounding, (op.name, k, x));
    }
}

fn unary_partials<T: Plain>(unit: Unit) {
    for (op, plain) in Table::UNARY.iter().zip(Table::UNARY) {
        assert_agrees_with_differences::<T, 1>(op, plain, [unit]);
    }
}

fn pair_partials<T: Plain>(units: [Unit; 2]) {
    for (op, plain) in Table::BINARY.iter().zip(Table::BINARY) {
        assert_agrees_with_differences::<T, 2>(op, plain, units);
    }
}

/// The table's intervals have the first argument of `max` and `min` always below the second.
fn exchanged_partials<T: Plain>(units: [Unit; 2]) {
    let exchanged = |name| match name {
        "max" => |[a, b]: [Value<T>; 2]| b.max(a),
        _ => |[a, b]: [Value<T>; 2]| b.min(a),
    };
    for op in Table::<Value<T>>::BINARY.iter().filter(|op| ["max", "min"].contains(&op.name)) {
        let x = op.point(units).map(number);
        assert_eq!(partials(exchanged(op.name), x), partials(op.f, x), "{} at {x:?}", op.name);
    }
}

/// A value of any number that is no node of its tape: operations must not care.
fn scaled<T: Plain>(tape: &Tape<T>, x: T) -> Value<T> {
    tape.var(x) * T::one()
}

fn numbers<T: Plain>(Any(a): Any<T>, Any(b): Any<T>, Any(c): Any<T>) {
    let tape = Tape::new();
    let [x, y, z] = [a, b, c].map(|x| scaled(&tape, x));
    for (op, plain) in Table::UNARY.iter().zip(Table::UNARY) {
        assert_same_bits((op.f)([x]).data(), (plain.f)([a]), (op.name, a));
        assert_same_bits((op.f)([Value::from(a)]).data(), (plain.f)([a]), ("constant", op.name, a));
    }
    for (op, plain) in Table::BINARY.iter().zip(Table::BINARY) {
        for ([x, y], operands) in
            [([x, y], "values"), ([x, Value::from(b)], "constant right"), ([Value::from(a), y], "constant left")]
        {
            assert_same_bits((op.f)([x, y]).data(), (plain.f)([a, b]), (op.name, operands, a, b));
        }
    }
    assert_same_bits((-x).data(), -a, ("neg", a));
    assert_same_bits(x.mul_add(y, z).data(), a.mul_add(b, c), ("mul_add", a, b, c));
    let ((sin, cos), (plain_sin, plain_cos)) = (x.sin_cos(), a.sin_cos());
    assert_same_bits(sin.data(), plain_sin, ("sin_cos", a));
    assert_same_bits(cos.data(), plain_cos, ("sin_cos", a));
    if b <= c {
        assert_same_bits(x.clamp(y, z).data(), Float::clamp(a, b, c), ("clamp", a, b, c));
    }
    let (list, plain) = ([x, y, z, x], [a, b, c, a]);
    assert_same_bits(list.iter().sum::<Value<T>>().data(), plain.iter().sum(), plain);
    assert_same_bits(list.iter().product::<Value<T>>().data(), plain.into_iter().product(), plain);
    assert_same_bits(Value::dot(&list, &[y, z, x, y]).data(), T::dot(&plain, &[b, c, a, b]), plain);
    assert_same_bits(Value::weighted_sum(&list, &[b, c, a, b]).data(), T::dot(&plain, &[b, c, a, b]), plain);
}

/// Composite operations, which the table cannot name, agree with their parts.
fn composites<T: Plain>(units: [Unit; 3]) {
    let x = units.map(|unit| number::<T>(unit.between(-2.0, 2.0)));
    let [a, b, c] = x;
    assert_eq!(partials(|[a, b, c]| a.mul_add(b, c), x), [b, a, T::one()]);
    assert_eq!(partials(|[a]| a.sin_cos().0, [a]), [a.cos()]);
    assert_eq!(partials(|[a]| a.sin_cos().1, [a]), [-a.sin()]);
    assert_eq!(partials(|[a]| -a, [a]), [-T::one()]);
    let (low, high) = (b.min(c), b.max(c));
    let inside = [a < low, low <= a && a <= high, a > high];
    let expected = inside.map(|inside| if inside { T::one() } else { T::zero() });
    assert_eq!(partials(|[low, a, high]| a.clamp(low, high), [low, a, high]), expected);
    assert_eq!(partials(|[a, b, c]| [a, b, c, a].iter().sum(), x), [number(2.0), T::one(), T::one()]);
    let product = partials(|[a, b, c]| [a, b, c, a].iter().product(), x);
    let tolerance = number::<T>(64.0) * T::epsilon();
    for (ours, theirs) in product.into_iter().zip([number::<T>(2.0) * a * b * c, a * a * c, a * a * b]) {
        assert_near(ours, theirs, tolerance, x);
    }
    let dot = partials(|[a, b, c]| Value::dot(&[a, b, a], &[b, c, c]), x);
    for (ours, theirs) in dot.into_iter().zip([b + c, a + c, b + a]) {
        assert_near(ours, theirs, tolerance, x);
    }
    assert_eq!(
        partials(|[a, b, c]| Value::weighted_sum(&[a, b, c], &[number(0.5), number(-3.0), T::zero()]), x),
        [number(0.5), number(-3.0), T::zero()]
    );
}

/// What an operator form gives: the number and, where they exist, the partials by the left and the right operand.
fn outcome<T: Plain>(y: Value<T>, a: Value<T>, b: Value<T>, known: [bool; 2]) -> impl PartialEq + Debug {
    let gradients = y.backward();
    // The sweep of a join adds to 0, which loses the sign of a zero.
    let partial = |v, known: bool| known.then(|| bits(gradients.wrt(v) + T::zero()));
    (bits(y.data()), partial(a, known[0]), partial(b, known[1]))
}

/// Every form of every operator of the table is the one between two values, bit for bit.
macro_rules! forms {
    (
        unary { $($unary:tt)* } activation { $($activation:tt)* } binary { $($binary:tt)* } choice { $($choice:tt)* }
        operator { $(
            $(#[$doc:meta])*
            $Op:ident::$op:ident, $OpAssign:ident::$op_assign:ident $args:tt = $v:expr, $p:expr, $q:expr;
            at $at:tt, $low:tt, $high:tt;
        )* }
    ) => {
        forms! { @stamp operator_forms_f32 f32 $($Op::$op $OpAssign::$op_assign)* }
        forms! { @stamp operator_forms_f64 f64 $($Op::$op $OpAssign::$op_assign)* }
    };
    (@stamp $name:ident $T:ident $($Op:ident::$op:ident $OpAssign:ident::$op_assign:ident)*) => {
        #[allow(clippy::op_ref)]
        fn $name(Any(x): Any<$T>, Any(y): Any<$T>) {
            let tape = Tape::new();
            let (a, b) = (tape.var(x), tape.var(y));
            $({
                let joined = $Op::$op(a, b);
                for form in [
                    $Op::$op(&a, b), $Op::$op(a, &b), $Op::$op(&a, &b),
                    { let mut c = a; $OpAssign::$op_assign(&mut c, b); c },
                    { let mut c = a; $OpAssign::$op_assign(&mut c, &b); c },
                ] {
                    let known = [true, true];
                    assert_eq!(outcome(form, a, b, known), outcome(joined, a, b, known), "{} {x} {y}", stringify!($op));
                }
                for form in [
                    $Op::$op(a, y), $Op::$op(&a, y), $Op::$op(a, &y), $Op::$op(&a, &y), $Op::$op(a, Value::from(y)),
                    { let mut c = a; $OpAssign::$op_assign(&mut c, y); c },
                    { let mut c = a; $OpAssign::$op_assign(&mut c, &y); c },
                ] {
                    let known = [true, false];
                    assert_eq!(outcome(form, a, b, known), outcome(joined, a, b, known), "{} {x} {y}", stringify!($op));
                }
                for form in [
                    $Op::$op(x, b), $Op::$op(&x, b), $Op::$op(x, &b), $Op::$op(&x, &b), $Op::$op(Value::from(x), b),
                ] {
                    let known = [false, true];
                    assert_eq!(outcome(form, a, b, known), outcome(joined, a, b, known), "{} {x} {y}", stringify!($op));
                }
            })*
        }
    };
}

gradtape::operations! { forms }

macro_rules! in_both_precisions {
    ($($test:ident: $tests:literal $property:ident($($Argument:ty),*);)*) => {
        $(#[test]
        fn $test() {
            quickcheck($tests, $property::<f32> as fn($(in_both_precisions!(@ f32 $Argument)),*));
            quickcheck($tests, $property::<f64> as fn($(in_both_precisions!(@ f64 $Argument)),*));
        })*
    };
    (@ $T:ident $Argument:ty) => { <$Argument as Of<$T>>::Type };
}

/// The type of an argument of a property over `T`.
trait Of<T> {
    type Type;
}

impl<T> Of<T> for Unit {
    type Type = Unit;
}

impl<T, const N: usize> Of<T> for [Unit; N] {
    type Type = [Unit; N];
}

impl<T> Of<T> for Any<()> {
    type Type = Any<T>;
}

in_both_precisions! {
    partials_of_one_argument_agree_with_differences: 200 unary_partials(Unit);
    partials_of_two_arguments_agree_with_differences: 200 pair_partials([Unit; 2]);
    choices_do_not_depend_on_the_order_of_their_arguments: 100 exchanged_partials([Unit; 2]);
    numbers_are_the_plain_floats_own_bit_for_bit: 2000 numbers(Any<()>, Any<()>, Any<()>);
    composite_operations_have_the_partials_of_their_parts: 300 composites([Unit; 3]);
}

#[test]
fn every_form_of_every_operator_is_the_one_between_values() {
    quickcheck(1000, operator_forms_f32 as fn(Any<f32>, Any<f32>));
    quickcheck(1000, operator_forms_f64 as fn(Any<f64>, Any<f64>));
}
