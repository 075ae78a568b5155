//! Forward and reverse mode compute the same, and lanes are independent: every operation of the table, at ordinary,
//! singular and special points.

use gradtape::check::random::{Any, Operation};
use gradtape::{Dual, Real, Value};
use testing::differentiable::{Over, outcome};
use testing::{TestFloat, assert_same_bits, binary, bits, number, quickcheck, unary};

/// Kinks, poles, zeros and the ends of the range, in addition to the points of [`Any`].
fn special<T: TestFloat>() -> Vec<T> {
    let [tiniest, least, most] = [T::min_positive_value() * T::epsilon(), T::min_positive_value(), T::max_value()];
    let positive = [T::zero(), tiniest, least, number(0.25), number(0.5), T::one(), number(1.5), number(2.0)];
    let positive = positive.into_iter().chain([number(3.0), number(100.5), most, T::infinity()]);
    positive.flat_map(|x| [x, -x]).chain([T::nan()]).collect()
}

/// The bits of a derivative. Lanes add the zero of another argument where a tape adds nothing; and -0 + 0 is 0.
fn slope_bits<T: TestFloat>(slope: T) -> u64 {
    bits(slope + T::zero())
}

/// The observable result of `f` at `x`.
fn seen<T: TestFloat, F: Over<T>, const N: usize>(f: impl Fn([F; N]) -> F, x: [T; N]) -> (u64, [u64; N]) {
    let (y, slopes) = outcome(f, x);
    (bits(y), slopes.map(slope_bits))
}

/// In a product of duals over plain numbers, `0 · ∞` is NaN, and so is 0 times NaN.
fn is_nan_in_products<T: TestFloat>(name: &str, x: &[T]) -> bool {
    name == "mul" && !x.iter().all(|x| x.is_finite())
}

fn same_bits_of<T: TestFloat, const N: usize>(
    reverse: &Operation<Value<T>, N>,
    forward: &Operation<Dual<T>, N>,
    lanes: &Operation<Dual<T, 3>, N>,
    x: [T; N],
) {
    if is_nan_in_products(reverse.name, &x) {
        return;
    }
    let expected = seen(reverse.f, x);
    assert_eq!(seen(forward.f, x), expected, "{} at {x:?}", reverse.name);
    assert_eq!(seen(lanes.f, x), expected, "{} at {x:?}, three lanes", reverse.name);
}

fn same_bits_at<T: TestFloat>([a, b]: [T; 2]) {
    for ((reverse, forward), lanes) in unary().iter().zip(&unary()).zip(&unary()) {
        same_bits_of(reverse, forward, lanes, [a]);
    }
    for ((reverse, forward), lanes) in binary().iter().zip(&binary()).zip(&binary()) {
        same_bits_of(reverse, forward, lanes, [a, b]);
        if is_nan_in_products(reverse.name, &[a, b]) {
            continue;
        }
        let what = (reverse.name, a, b);
        // Both arguments are one variable: two slopes of the same node.
        let expected = seen(|[x]| (reverse.f)([x, x]), [a]);
        assert_eq!(seen(|[x]| (forward.f)([x, x]), [a]), expected, "{what:?}, both the first");
        let expected = seen(|[x]| (reverse.f)([x, Value::from(b)]), [a]);
        assert_eq!(seen(|[x]| (forward.f)([x, Dual::from(b)]), [a]), expected, "{what:?}, constant right");
        let expected = seen(|[x]| (reverse.f)([Value::from(a), x]), [b]);
        assert_eq!(seen(|[x]| (forward.f)([Dual::from(a), x]), [b]), expected, "{what:?}, constant left");
    }
}

fn same_bits<T: TestFloat>() {
    let special = special::<T>();
    for &a in &special {
        for &b in &special {
            same_bits_at([a, b]);
        }
    }
    quickcheck(500, (|Any(a), Any(b)| same_bits_at([a, b])) as fn(Any<T>, Any<T>));
}

/// Therefore the page of accuracy, which measures reverse mode, holds for forward mode, too.
#[test]
fn every_operation_has_the_same_bits_in_both_modes_and_in_any_lane() {
    same_bits::<f32>();
    same_bits::<f64>();
}

/// One variable, and nothing that a tape records: both modes apply the chain rule in the same order.
fn chain<F: Real<Plain = f64>>(x: F) -> F {
    let y = (x.sin() * (-x * x).exp() + x.hypot(x + 1.0)).sqrt();
    let z = y.powf(x.abs() + 0.5) / (x.tanh() + 2.0) - y.max(x) * x.sigmoid();
    z.atan2(y).mul_add(x, z.ln_1p()) + (y % 0.25)
}

#[test]
fn a_function_of_one_variable_has_the_same_bits_in_both_modes() {
    fn property(Any(x): Any<f64>) {
        assert_eq!(seen(|[x]: [Dual<f64>; 1]| chain(x), [x]), seen(|[x]: [Value<f64>; 1]| chain(x), [x]), "{x:?}");
    }
    quickcheck(2000, property as fn(Any<f64>));
    for x in special() {
        property(Any(x));
    }
}

/// A function of three variables with joins.
fn net<F: Real>([a, b, c]: [F; 3]) -> F {
    let d = (a * b + c).tanh() + F::dot(&[a, b, c], &[c, a, b]);
    [d, a / b, c.powf(d), d.max(c)].iter().product::<F>() + d.atan2(a) - (b * d).sqrt()
}

fn lanes<T: TestFloat>() {
    let property = |Any(a), Any(b), Any(c)| {
        let x: [T; 3] = [a, b, c];
        let expected = seen(net::<Dual<T>>, x);
        assert_eq!(seen(net::<Dual<T, 2>>, x), expected, "{x:?}");
        assert_eq!(seen(net::<Dual<T, 3>>, x), expected, "{x:?}");
        assert_eq!(seen(net::<Dual<T, 8>>, x), expected, "{x:?}");
        // Without directions, only the number remains.
        assert_same_bits(net(x.map(Dual::<T, 0>::from)).data(), net(x), x);
    };
    quickcheck(500, property as fn(Any<T>, Any<T>, Any<T>));
}

#[test]
fn a_lane_is_what_it_is_without_the_others() {
    lanes::<f32>();
    lanes::<f64>();
}

#[test]
fn a_dual_is_plain_data() {
    fn plain_data<F: Copy + Send + Sync + Unpin + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static>() {}
    plain_data::<Dual<f32>>();
    plain_data::<Dual<Dual<f64, 2>, 3>>();
    assert_eq!(size_of::<Dual<f64, 3>>(), 32);
    assert_eq!(Dual::<f64, 0>::vars([]).len(), 0);
    let moved = std::thread::spawn(|| Dual::var(2.0).powi(2)).join().unwrap();
    assert_eq!((moved.data(), moved.tangent()), (4.0, 4.0));
}

/// A direction may have any numbers: the derivative is linear in it.
#[test]
fn tangents_are_linear_in_the_direction() {
    let f = |[x, y]: [Dual<f64>; 2]| (x * y).sin() + x.powf(y) / y;
    let along = |v: [f64; 2]| f([Dual::new(1.5, [v[0]]), Dual::new(0.5, [v[1]])]).tangent();
    let [by_x, by_y] = [along([1.0, 0.0]), along([0.0, 1.0])];
    assert!((along([3.0, -2.0]) - (3.0 * by_x - 2.0 * by_y)).abs() < 1e-14);
    assert_eq!(along([2.0, 0.0]), 2.0 * by_x);
    assert_eq!(along([0.0, 0.0]), 0.0);
    assert!(along([f64::NAN, 0.0]).is_nan());
    assert_eq!(along([f64::INFINITY, 0.0]), f64::INFINITY * by_x.signum());
}
