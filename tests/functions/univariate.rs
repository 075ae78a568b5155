//! Derivatives up to the third of functions of one number: for every operation of the table, against differences.

use gradtape::check::difference;
use gradtape::check::random::Unit;
use gradtape::{Dual, Jet, derivative, second_derivative, third_derivative};
use testing::{InBox, assert_near, bits, quickcheck, unary};

type Three = Jet<f64, 4>;

fn property(unit: Unit) {
    let orders = unary::<Dual<f64>>().into_iter().zip(unary::<Jet<f64, 3>>()).zip(unary::<Three>());
    for ((first, second), third) in orders {
        let [x] = third.point([unit]);
        let ours = third_derivative(|x| (third.f)([x]), x);
        // The lower orders do not depend on the higher ones.
        let second = |x| second_derivative(|x| (second.f)([x]), x);
        assert_eq!(ours[..3].iter().map(|&x| bits(x)).collect::<Vec<_>>(), second(x).map(bits), "{} {x}", third.name);
        let one = derivative(|x| (first.f)([x]), x);
        assert_eq!(ours[..2].iter().map(|&x| bits(x)).collect::<Vec<_>>(), one.map(bits), "{} {x}", third.name);
        let (expected, error) = difference(|x| second(x)[2], x);
        let scale = 1.0 + expected.abs();
        assert!(error < 1e-4 * scale, "{} at {x}: no difference to compare with: {error}", third.name);
        assert_near(ours[3], expected, error + 1e-11 * scale, (third.name, x));
    }
}

#[test]
fn third_derivatives_of_every_operation_agree_with_differences_of_the_second() {
    quickcheck(50, property as fn(Unit));
}

#[test]
fn a_closure_may_capture_and_branch() {
    let (scale, mut count) = (3.0, 0);
    let f = third_derivative(
        |x| {
            count += 1;
            if x > 1.0 { x.powi(3) * scale } else { x }
        },
        2.0,
    );
    assert_eq!((f, count), ([24.0, 36.0, 36.0, 18.0], 1));
    assert_eq!(third_derivative(|x| x.detach() * x, 2.0_f32), [4.0, 2.0, 0.0, 0.0]);
    assert_eq!(second_derivative(|_| Jet::from(7.0), 2.0), [7.0, 0.0, 0.0]);
}

/// `eˣ sin x`: its derivatives have closed forms.
#[test]
fn derivatives_of_a_product_are_those_of_the_closed_form() {
    for x in [-2.0_f64, 0.0, 0.5, 3.0] {
        let (e, s, c) = (x.exp(), x.sin(), x.cos());
        let expected = [e * s, e * (s + c), 2.0 * e * c, 2.0 * e * (c - s)];
        for (ours, theirs) in third_derivative(|x| x.exp() * x.sin(), x).into_iter().zip(expected) {
            assert_near(ours, theirs, 1e-14 * e, x);
        }
    }
}
