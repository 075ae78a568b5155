//! The methods of the numbers: with and without the traits that have the same methods, and in generic code.

use gradtape::program::{Expr, Program};
use gradtape::{Dual, Dual2, Jet, Number, Real, Value};
use num_traits::{Float, Inv, MulAdd, MulAddAssign, Pow, Signed};
use testing::differentiable::{Differentiable, Over, outcome};
use testing::for_every_number;
use testing::{TestFloat, bits, names, number, read_names};

for_every_number! {
    powers_inverses_and_fused_products_have_their_traits: powers;
}

/// The observable result of a function of one value: its number and its derivative. Compiled once for all functions.
fn seen<T: TestFloat, F: Over<T>>(f: &dyn Fn(F) -> F, x: T) -> [u64; 2] {
    let (y, [slope]) = outcome(|[x]| f(x), [x]);
    [bits(y), bits(slope)]
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
        $name:ident $Number:ty;
        real_many $real_many:tt
        float_unary { $($u:ident($($pv:literal: $pt:ident)?) at $uat:expr;)* }
        real_unary { $($v:ident($($qv:literal: $qt:ident)?) at $vat:expr;)* }
        float_binary { $($b:ident at $bat:tt;)* }
        float_choice { $($c:ident at $cat:tt;)* }
        real_binary { $($r:ident at $rat:tt;)* }
        $($rest:tt)*
    ) => {
        /// The methods of the number give the same results as those of `Float`, `Real` and `Signed`, and with a plain
        /// second argument the same as with a constant.
        fn $name<T: TestFloat + Signed>() {
            type Tested<T> = $Number;
            let (x, one) = (number::<T>(0.7), T::one());
            macro_rules! same {
                ($left:expr, $right:expr) => {
                    assert_eq!(seen::<T, Tested<T>>(&$left, x), seen::<T, Tested<T>>(&$right, x), "{}", stringify!($left))
                };
            }
            $(same!(|v| Tested::$u(v $(, parameter!($pt $pv))?), |v| Float::$u(v $(, parameter!($pt $pv))?));)*
            $(same!(|v| Tested::$v(v $(, parameter!($qt $qv))?), |v| Real::$v(v $(, parameter!($qt $qv))?));)*
            $(same!(|v| v.$b(v + one), |v| Float::$b(v, v + one));)*
            $(same!(|v| v.$c(v + one), |v| Float::$c(v, v + one));)*
            $(same!(|v| v.$r(v + one), |v| Real::$r(v, v + one));)*
            $(same!(|v| v.$b(x), |v| Float::$b(v, Tested::from(x)));)*
            $(same!(|v| v.$c(x), |v| Float::$c(v, Tested::from(x)));)*
            $(same!(|v| v.$r(x), |v| Real::$r(v, Tested::from(x)));)*
            same!(|v| v.clamp(x, one), |v| Float::clamp(v, Tested::from(x), Tested::from(one)));
            same!(|v| v.mul_add(x, v), |v| Float::mul_add(v, Tested::from(x), v));
            same!(|v| Tested::logsumexp(&[v, v + one]), |v| Real::logsumexp(&[v, v + one]));
            same!(|v| Tested::softmax(&[v, v * x])[1], |v| Real::softmax(&[v, v * x])[1]);
            same!(|v| Signed::abs(&v), |v| v.abs());
            same!(|v| Signed::signum(&v), |v| v.signum());
            same!(|v| Signed::abs_sub(&(v + one), &v), |v| Tested::abs_sub(v + one, v));
            same!(|v| Float::sin_cos(v).1, |v| v.sin_cos().1);
            same!(|v| Float::clamp(v, v - one, v + one), |v| v.clamp(v - one, v + one));
            same!(|v| Real::dot(&[v, v], &[v, v + one]), |v| Tested::dot(&[v, v], &[v, v + one]));
            same!(|v| Real::weighted_sum(&[v, v], &[x, one]), |v| Tested::weighted_sum(&[v, v], &[x, one]));
            same!(|v| Number::detach(v) * v, |v| v.detach() * v);
            same!(|v| v.detach() * v, |v| v * x);
            assert_eq!(Number::data(<Tested<T> as Number>::constant(x)), x);
        }
    };
}

names! { method_pairs methods_of_value Value<T>; }
names! { method_pairs methods_of_dual Dual<T>; }
names! { method_pairs methods_of_dual2 Dual2<T>; }
names! { method_pairs methods_of_jet Jet<T, 3>; }

#[test]
fn methods_and_trait_methods_are_the_same() {
    methods_of_value::<f32>();
    methods_of_value::<f64>();
    methods_of_dual::<f32>();
    methods_of_dual::<f64>();
    methods_of_dual2::<f32>();
    methods_of_dual2::<f64>();
    methods_of_jet::<f32>();
    methods_of_jet::<f64>();
}

macro_rules! recorded_with_plain {
    (
        real_many $real_many:tt
        float_unary $float_unary:tt
        real_unary $real_unary:tt
        float_binary { $($b:ident at $bat:tt;)* }
        float_choice { $($c:ident at $cat:tt;)* }
        real_binary { $($r:ident at $rat:tt;)* }
        $($rest:tt)*
    ) => {
        /// Pairs of a method with a plain second argument and with a constant.
        fn recorded_with_plain(v: Expr<f64>) -> Vec<[Expr<f64>; 2]> {
            vec![
                $([v.$b(0.6), v.$b(Expr::from(0.6))],)*
                $([v.$c(0.6), v.$c(Expr::from(0.6))],)*
                $([v.$r(0.6), v.$r(Expr::from(0.6))],)*
                [v.clamp(0.6, v), v.clamp(Expr::from(0.6), v)],
                [v.mul_add(0.6, 2.0), v.mul_add(Expr::from(0.6), Expr::from(2.0))],
            ]
        }
    };
}

names! { recorded_with_plain }

#[test]
fn recorded_methods_take_a_plain_second_argument() {
    let program = Program::record(|x| recorded_with_plain(x[0]).into_flattened(), &[0.7]);
    let results = program.jacobian().eval(&[0.7]).unwrap();
    assert!(results.len() >= 4 * 13);
    assert!(results.as_chunks::<2>().0.iter().all(|[plain, constant]| bits(*plain) == bits(*constant)), "{results:?}");
}

fn powers<T: TestFloat, F>()
where
    F: Over<T> + Inv<Output = F> + Pow<i32, Output = F> + Pow<F, Output = F> + MulAdd<Output = F> + MulAddAssign,
{
    let x = number::<T>(0.7);
    macro_rules! same {
        ($left:expr, $right:expr) => {
            assert_eq!(seen::<T, F>(&$left, x), seen::<T, F>(&$right, x), "{}", stringify!($left))
        };
    }
    same!(|v| Pow::pow(v, -3), |v| Float::powi(v, -3));
    same!(|v| Pow::pow(v, v), |v| Float::powf(v, v));
    same!(|v| num_traits::pow(v, 3), |v| v * v * v);
    same!(Inv::inv, Float::recip);
    same!(|v| MulAdd::mul_add(v, v, v), |v| Float::mul_add(v, v, v));
    same!(
        |v| {
            let mut w = v;
            w.mul_add_assign(v, v);
            w
        },
        |v| Float::mul_add(v, v, v)
    );
}

#[test]
fn a_plain_exponent_is_a_constant_power() {
    macro_rules! same {
        ($($T:ident $Number:ty;)*) => { $(
            let (pow, powf) = (|v: $Number| Pow::pow(v, 2.5 as $T), |v: $Number| v.powf(<$Number>::from(2.5)));
            assert_eq!(seen(&pow, 0.7), seen(&powf, 0.7));
        )* };
    }
    same! { f32 Value<f32>; f64 Value<f64>; f32 Dual<f32>; f64 Dual<f64, 3>; }
}

/// No trait is in scope here.
mod without_traits {
    use gradtape::{Dual, Tape, Value};

    #[test]
    fn questions_are_answered_without_the_float_trait() {
        let tape = Tape::new();
        for x in [0.0, -0.0, 1.5, -1.5, 5e-324, -5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            macro_rules! same {
                ($v:ident: $($name:ident)*) => { $(assert_eq!($v.$name(), x.$name(), "{} {x}", stringify!($name));)* };
                ($($v:expr),*) => { $({
                    let v = $v;
                    same! { v: is_nan is_infinite is_finite is_normal is_subnormal is_sign_positive is_sign_negative classify }
                })* };
            }
            same! { Value::from(x), tape.var(x) * 1.0, Dual::<f64>::from(x), Dual::var(x) * 1.0 }
        }
    }
}

/// Every operator of [`Real`] with a plain number on the right, in generic code.
fn mixed<F: Real<Plain = f64>>(x: F) -> F {
    let mut y = (x + 3.0) * 2.0 - x / 4.0;
    y += 1.0;
    y *= 3.0;
    y -= 2.0;
    y /= 5.0;
    y % 2.0
}

#[test]
fn generic_code_mixes_with_plain_numbers_however_deep() {
    fn check<F: Differentiable + Real<Plain = f64>>()
    where
        F::Inner: Number<Plain = f64>,
    {
        let (y, [slope]) = outcome(|[x]: [F; 1]| mixed(x), [F::Inner::constant(0.75)]);
        assert_eq!((y.data(), slope.data()), (mixed(0.75), 1.75 * 3.0 / 5.0));
    }
    check::<Value<f64>>();
    check::<Dual<f64>>();
    check::<Dual<f64, 3>>();
    check::<Value<Value<f64>>>();
    check::<Value<Dual<f64, 2>>>();
    check::<Dual<Value<f64>, 2>>();
    check::<Dual<Dual<f64, 2>, 3>>();
    check::<Value<Value<Value<f64>>>>();
    check::<Value<Value<Dual<f64>>>>();
    check::<Value<Dual<Dual<f64>>>>();
    check::<Dual<Dual<Dual<f64>>>>();
    check::<Dual2<f64>>();
    check::<Dual2<Dual<f64>>>();
    check::<Dual2<Value<f64>>>();
    check::<Value<Dual2<f64>>>();
    check::<Dual<Dual2<f64>>>();
    check::<Jet<f64, 3>>();
    check::<Jet<Dual<f64>, 6>>();
    check::<Jet<Jet<f64, 2>, 3>>();
    check::<Dual<Jet<f64, 6>>>();
    check::<Value<Jet<f64, 3>>>();
    check::<Jet<Value<f64>, 3>>();
}
