//! Every operation of the table, in both precisions: its number is that of the plain float, and its partials agree with
//! differences on the interval of the table.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Sub, SubAssign};

use gradtape::check::difference;
use gradtape::check::random::{Any, Operation, Table, Unit};
use gradtape::{Dual, Value};
use num_traits::Float;
use testing::differentiable::{Over, outcome};
use testing::for_every_number;
use testing::{
    InBox, TestFloat, assert_near, assert_same_bits, binary, bits, names, number, partials, quickcheck, read_names,
    unary,
};

/// `op` and `plain` are the same entry for `T` and for f64. The differences are computed in f64.
fn assert_agrees_with_differences<T: TestFloat, F: Over<T>, const N: usize>(
    op: &Operation<F, N>,
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

fn unary_partials<T: TestFloat, F: Over<T>>() {
    let property = |unit| {
        for (op, plain) in unary().iter().zip(&unary()) {
            assert_agrees_with_differences::<T, F, 1>(op, plain, [unit]);
        }
    };
    quickcheck(100, property as fn(Unit));
}

fn pair_partials<T: TestFloat, F: Over<T>>() {
    let property = |units| {
        for (op, plain) in binary().iter().zip(&binary()) {
            assert_agrees_with_differences::<T, F, 2>(op, plain, units);
        }
    };
    quickcheck(100, property as fn([Unit; 2]));
}

/// In the intervals of the table, the first argument of `max` and `min` is always below the second.
fn exchanged_partials<T: TestFloat, F: Over<T>>() {
    let property = |units| {
        let exchanged = |name| match name {
            "max" => |[a, b]: [F; 2]| b.max(a),
            _ => |[a, b]: [F; 2]| b.min(a),
        };
        for op in Table::<F>::BINARY.iter().filter(|op| ["max", "min"].contains(&op.name)) {
            let x = op.point(units).map(number);
            assert_eq!(partials(exchanged(op.name), x), partials(op.f, x), "{} at {x:?}", op.name);
        }
    };
    quickcheck(100, property as fn([Unit; 2]));
}

/// For any derivatives of the operands, and for constants.
fn numbers<T: TestFloat, F: Over<T>>() {
    let property = |Any(a): Any<T>, Any(b): Any<T>, Any(c): Any<T>| {
        let compare = |variables: [F; 3]| {
            // Not the nodes of any tape: operations must not depend on them.
            let [x, y, z] = variables.map(|x| x * T::one());
            let [left, right] = [a, b].map(F::constant);
            for (op, plain) in unary().iter().zip(&unary()) {
                assert_same_bits((op.f)([x]).data(), (plain.f)([a]), (op.name, a));
                assert_same_bits((op.f)([left]).data(), (plain.f)([a]), ("constant", op.name, a));
            }
            for (op, plain) in binary().iter().zip(&binary()) {
                for (operands, what) in
                    [([x, y], "variables"), ([x, right], "constant right"), ([left, y], "constant left")]
                {
                    assert_same_bits((op.f)(operands).data(), (plain.f)([a, b]), (op.name, what, a, b));
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
            assert_same_bits(list.iter().sum::<F>().data(), plain.iter().sum(), plain);
            assert_same_bits(list.iter().product::<F>().data(), plain.into_iter().product(), plain);
            assert_same_bits(F::dot(&list, &[y, z, x, y]).data(), T::dot(&plain, &[b, c, a, b]), plain);
            assert_same_bits(F::weighted_sum(&list, &[b, c, a, b]).data(), T::dot(&plain, &[b, c, a, b]), plain);
            x
        };
        outcome(compare, [a, b, c]);
    };
    quickcheck(1000, property as fn(Any<T>, Any<T>, Any<T>));
}

/// Composite operations that the table cannot contain agree with their parts.
fn composites<T: TestFloat, F: Over<T>>() {
    let property = |units: [Unit; 3]| {
        let x = units.map(|unit| number::<T>(unit.between(-2.0, 2.0)));
        let [a, b, c] = x;
        assert_eq!(partials(|[a, b, c]: [F; 3]| a.mul_add(b, c), x), [b, a, T::one()]);
        assert_eq!(partials(|[a]: [F; 1]| a.sin_cos().0, [a]), [a.cos()]);
        assert_eq!(partials(|[a]: [F; 1]| a.sin_cos().1, [a]), [-a.sin()]);
        assert_eq!(partials(|[a]: [F; 1]| -a, [a]), [-T::one()]);
        let (low, high) = (b.min(c), b.max(c));
        let inside = [a < low, low <= a && a <= high, a > high];
        let expected = inside.map(|inside| if inside { T::one() } else { T::zero() });
        assert_eq!(partials(|[low, a, high]: [F; 3]| a.clamp(low, high), [low, a, high]), expected);
        let sum = partials(|[a, b, c]: [F; 3]| [a, b, c, a].iter().sum(), x);
        assert_eq!(sum, [number(2.0), T::one(), T::one()]);
        let product = partials(|[a, b, c]: [F; 3]| [a, b, c, a].iter().product(), x);
        let tolerance = number::<T>(64.0) * T::epsilon();
        for (ours, theirs) in product.into_iter().zip([number::<T>(2.0) * a * b * c, a * a * c, a * a * b]) {
            assert_near(ours, theirs, tolerance, x);
        }
        let dot = partials(|[a, b, c]: [F; 3]| F::dot(&[a, b, a], &[b, c, c]), x);
        for (ours, theirs) in dot.into_iter().zip([b + c, a + c, b + a]) {
            assert_near(ours, theirs, tolerance, x);
        }
        let weights = [number(0.5), number(-3.0), T::zero()];
        assert_eq!(partials(|x: [F; 3]| F::weighted_sum(&x, &weights), x), weights);
    };
    quickcheck(300, property as fn([Unit; 3]));
}

/// The result of an operator form: the number, and the partials by the left and the right operand. Where two partials
/// are added, the sum of zeros is positive.
fn seen<T: TestFloat, F: Over<T>>(form: fn([F; 2], [T; 2]) -> F, x: [T; 2]) -> [u64; 3] {
    let (y, [left, right]) = outcome(|v| form(v, x), x);
    [bits(y), bits(left + T::zero()), bits(right + T::zero())]
}

/// Every form of every operator of the table gives the same bits as the form for two numbers.
macro_rules! forms {
    (
        real_many $real_many:tt float_unary $float_unary:tt real_unary $real_unary:tt
        float_binary $float_binary:tt float_choice $float_choice:tt real_binary $real_binary:tt
        operator { $($Op:ident::$op:ident $OpAssign:ident::$op_assign:ident at $at:tt;)* }
    ) => {
        forms! { @stamp operator_forms_value_f32 f32 Value<f32> [$($Op::$op $OpAssign::$op_assign)*] }
        forms! { @stamp operator_forms_value_f64 f64 Value<f64> [$($Op::$op $OpAssign::$op_assign)*] }
        forms! { @stamp operator_forms_dual_f32 f32 Dual<f32, 2> [$($Op::$op $OpAssign::$op_assign)*] }
        forms! { @stamp operator_forms_dual_f64 f64 Dual<f64> [$($Op::$op $OpAssign::$op_assign)*] }
    };
    (@stamp $name:ident $T:ident $F:ty [$($Op:ident::$op:ident $OpAssign:ident::$op_assign:ident)*]) => {
        #[allow(clippy::op_ref)]
        fn $name(Any(x): Any<$T>, Any(y): Any<$T>) {
            // In a product of duals over plain numbers, `0 · ∞` is NaN.
            let is_nan_in_products = stringify!($F).starts_with("Dual") && !(x.is_finite() && y.is_finite());
            $(if stringify!($op) != "mul" || !is_nan_in_products {
                let both: &[fn([$F; 2], [$T; 2]) -> $F] = &[
                    |[a, b], _| $Op::$op(&a, b), |[a, b], _| $Op::$op(a, &b), |[a, b], _| $Op::$op(&a, &b),
                    |[mut a, b], _| { $OpAssign::$op_assign(&mut a, b); a },
                    |[mut a, b], _| { $OpAssign::$op_assign(&mut a, &b); a },
                ];
                let plain_right: &[fn([$F; 2], [$T; 2]) -> $F] = &[
                    |[a, _], [_, y]| $Op::$op(a, y), |[a, _], [_, y]| $Op::$op(&a, y),
                    |[a, _], [_, y]| $Op::$op(a, &y), |[a, _], [_, y]| $Op::$op(&a, &y),
                    |[a, _], [_, y]| $Op::$op(a, <$F>::from(y)),
                    |[mut a, _], [_, y]| { $OpAssign::$op_assign(&mut a, y); a },
                    |[mut a, _], [_, y]| { $OpAssign::$op_assign(&mut a, &y); a },
                ];
                let plain_left: &[fn([$F; 2], [$T; 2]) -> $F] = &[
                    |[_, b], [x, _]| $Op::$op(x, b), |[_, b], [x, _]| $Op::$op(&x, b),
                    |[_, b], [x, _]| $Op::$op(x, &b), |[_, b], [x, _]| $Op::$op(&x, &b),
                    |[_, b], [x, _]| $Op::$op(<$F>::from(x), b),
                ];
                let [value, left, right] = seen::<$T, $F>(|[a, b], _| $Op::$op(a, b), [x, y]);
                for (forms, expected) in
                    [(both, [value, left, right]), (plain_right, [value, left, 0]), (plain_left, [value, 0, right])]
                {
                    for (k, &form) in forms.iter().enumerate() {
                        assert_eq!(seen(form, [x, y]), expected, "{} {x} {y}, form {k}", stringify!($op));
                    }
                }
            })*
        }
    };
}

names! { forms }

for_every_number! {
    partials_of_one_argument_agree_with_differences: unary_partials;
    partials_of_two_arguments_agree_with_differences: pair_partials;
    choices_do_not_depend_on_the_order_of_their_arguments: exchanged_partials;
    numbers_are_the_plain_floats_own_bit_for_bit: numbers;
    composite_operations_have_the_partials_of_their_parts: composites;
}

#[test]
fn every_form_of_every_operator_is_the_one_between_variables() {
    quickcheck(1000, operator_forms_value_f32 as fn(Any<f32>, Any<f32>));
    quickcheck(1000, operator_forms_value_f64 as fn(Any<f64>, Any<f64>));
    quickcheck(1000, operator_forms_dual_f32 as fn(Any<f32>, Any<f32>));
    quickcheck(1000, operator_forms_dual_f64 as fn(Any<f64>, Any<f64>));
}
