//! Random points: the values they cover, and that they shrink to simpler points of the same kind.

use std::collections::BTreeSet;
use std::fmt::Debug;

use gradtape::check::random::{Any, Magnitude, NearKink, Special, Unit};
use quickcheck::{Arbitrary, Gen};
use testing::{TestFloat, bits, number};

fn many<A: Arbitrary>() -> Vec<A> {
    let mut g = Gen::from_size_and_seed(100, 6);
    (0..5000).map(|_| A::arbitrary(&mut g)).collect()
}

/// The simplest points to which each can shrink by always taking the first or the last candidate. Shrinking ends.
fn simplest<A: Arbitrary>(points: &[A], key: impl Fn(&A) -> String) -> BTreeSet<String> {
    let ways: [fn(&A) -> Option<A>; 2] = [|point| point.shrink().next(), |point| point.shrink().last()];
    let ends =
        points[..500].iter().flat_map(|point| ways.map(|way| std::iter::successors(Some(point.clone()), way).last()));
    ends.flatten().map(|point| key(&point)).collect()
}

#[test]
fn units_fill_intervals_to_both_ends() {
    let units = many::<Unit>();
    for (low, high) in [(-3.0, 5.0), (0.0, 1.0), (2.0, 2.0), (0.125, 0.375)] {
        let x: Vec<f64> = units.iter().map(|unit| unit.between(low, high)).collect();
        assert!(x.iter().all(|x| (low..=high).contains(x)));
        assert!(x.contains(&low) && x.contains(&high), "{low} {high}");
        let below = x.iter().filter(|x| **x < 0.5 * (low + high)).count();
        assert!(low == high || (2000..3000).contains(&below), "{below}");
    }
    assert_eq!(simplest(&units, |unit| format!("{unit:?}")), BTreeSet::from(["Unit(0.0)".to_owned()]));
}

fn magnitudes<T: TestFloat>(decades: f64) {
    let points = many::<Magnitude<T>>();
    let logarithms: Vec<f64> = points.iter().map(|x| x.0.abs().log10().into()).collect();
    assert!(logarithms.iter().all(|x| x.abs() <= decades + 1e-6));
    for tenth in 0..10 {
        let low = decades * (0.2 * f64::from(tenth) - 1.0);
        let count = logarithms.iter().filter(|&&x| (low..low + 0.2 * decades).contains(&x)).count();
        // The ends are more frequent.
        assert!((300..1200).contains(&count), "{count} from 1e{low}");
    }
    let negative = points.iter().filter(|x| x.0 < T::zero()).count();
    assert!((2000..3000).contains(&negative), "{negative}");
    assert_eq!(simplest(&points, |x| format!("{:?}", x.0)), BTreeSet::from(["1.0".to_owned()]));
}

#[test]
fn magnitudes_are_of_every_order_and_either_sign() {
    magnitudes::<f32>(37.0);
    magnitudes::<f64>(300.0);
}

fn kinks<T: TestFloat>() {
    let points = many::<NearKink<T>>();
    let seen: BTreeSet<u64> = points.iter().map(|x| bits(x.0)).collect();
    let tiniest = T::min_positive_value() * T::epsilon();
    for expected in [T::zero(), -T::zero(), T::one(), -T::one(), tiniest, -tiniest, number(0.5), number(-3.5)] {
        assert!(seen.contains(&bits(expected)), "{expected:?}");
    }
    for k in 1_u8..=4 {
        let k: T = number(f64::from(k));
        let off = |x: u64| (number::<T>(f64::from_bits(x)) - k) / k;
        assert!(seen.iter().any(|&x| T::zero() < off(x) && off(x) <= T::epsilon()), "above {k:?}");
        assert!(seen.iter().any(|&x| T::zero() > off(x) && off(x) >= -T::epsilon()), "below {k:?}");
    }
    let ties = points.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
    assert!(ties > 50, "{ties}");
    assert!(points.iter().all(|x| {
        let halves = x.0 + x.0;
        (halves - halves.round()).abs() <= T::epsilon() * number(16.0)
    }));
    let simplest = simplest(&points, |x| format!("{:?}", x.0));
    assert_eq!(simplest, BTreeSet::from(["0.0".to_owned()]));
}

#[test]
fn kinks_are_met_and_missed_by_one_unit() {
    kinks::<f32>();
    kinks::<f64>();
}

fn special<T: TestFloat>() {
    let points = many::<Special<T>>();
    let has = |is: fn(T) -> bool| points.iter().any(|x| is(x.0));
    assert!(has(T::is_nan) && has(|x| x == T::infinity()) && has(|x| x == T::neg_infinity()));
    assert!(has(|x| x.is_zero() && x.is_sign_negative()) && has(|x| x.is_zero() && x.is_sign_positive()));
    assert!(has(|x| x.is_subnormal() && x > T::zero()) && has(|x| x.is_subnormal() && x < T::zero()));
    assert!(has(|x| x == T::max_value()) && has(|x| x == T::min_value()) && has(|x| x == T::min_positive_value()));
    let simplest = simplest(&points, |x| format!("{:?}", x.0));
    assert_eq!(simplest, BTreeSet::from(["-0.0".to_owned(), "0.0".to_owned()]));
}

#[test]
fn special_numbers_are_all_there() {
    special::<f32>();
    special::<f64>();
}

fn any<T: TestFloat + Debug>() {
    let points = many::<Any<T>>();
    let between = points.iter().filter(|x| !x.0.is_zero() && x.0.abs() < T::one()).count();
    assert!(between > 1000, "{between}");
    assert!(points.iter().any(|x| x.0.is_nan()) && points.iter().any(|x| x.0.abs() > number(1e30)));
    assert_eq!(simplest(&points, |x| format!("{:?}", x.0)), BTreeSet::from(["0.0".to_owned()]));
}

#[test]
fn any_floats_are_special_huge_tiny_and_ordinary() {
    any::<f32>();
    any::<f64>();
}
