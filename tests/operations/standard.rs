//! Functions that floats have and `num_traits::Float` lacks: the numbers are those of the standard library, bit for
//! bit.

// A number in f32 is that in f64, rounded.
#![allow(clippy::cast_possible_truncation)]

use std::cmp::Ordering;

use gradtape::check::random::Any;
use gradtape::program::Program;
use gradtape::{Dual, Real, Tape, Value, gradient};
use num_traits::Euclid;
use testing::{bits, quickcheck};

#[test]
fn euclidean_division_and_even_rounding_have_the_bits_of_std() {
    fn property(Any(a): Any<f64>, Any(b): Any<f64>) {
        for (a, b) in [(a, b), (a, b.signum()), (a.fract() * 100.0, 0.5), (a.trunc() + 0.5, -b)] {
            let single = |x: f64| f64::from(x as f32);
            for (a, b) in [(a, b), (single(a), single(b))] {
                let (x, y) = (Value::from(a), Dual::<f64>::from(b));
                assert_eq!(bits(x.div_euclid(b).data()), bits(a.div_euclid(b)), "{a} {b}");
                assert_eq!(bits(Real::rem_euclid(a, b)), bits(f64::rem_euclid(a, b)), "{a} {b}");
                assert_eq!(bits(Euclid::rem_euclid(&Dual::from(a), &y).data()), bits(f64::rem_euclid(a, b)), "{a} {b}");
                assert_eq!(bits(x.round_ties_even().data()), bits(a.round_ties_even()), "{a}");
            }
            let (a, b) = (a as f32, b as f32);
            assert_eq!(bits(Real::rem_euclid(a, b)), bits(f32::rem_euclid(a, b)), "{a} {b}");
            assert_eq!(bits(Real::div_euclid(a, b)), bits(f32::div_euclid(a, b)), "{a} {b}");
            assert_eq!(bits(Real::round_ties_even(a)), bits(f32::round_ties_even(a)), "{a}");
        }
    }
    quickcheck(2000, property as fn(Any<f64>, Any<f64>));
}

#[test]
fn halves_are_rounded_to_the_even_integer() {
    for (x, y) in
        [(0.5, 0.0), (-0.5, -0.0), (1.5, 2.0), (2.5, 2.0), (-2.5, -2.0), (3.5, 4.0), (0.499_999_999_999_999_94, 0.0)]
    {
        assert_eq!(bits(Real::round_ties_even(x)), bits(y), "{x}");
        assert_eq!(bits(Real::round_ties_even(x as f32)), bits(f32::round_ties_even(x as f32)), "{x}");
    }
}

/// For all numbers except NaN of the same sign, which `std` orders by their digits, too.
#[test]
fn the_total_order_is_that_of_std() {
    let inf = f64::INFINITY;
    let all = [-f64::NAN, -inf, -1e308, -1.0, -5e-324, -0.0, 0.0, 5e-324, 1.0, 1.5, 1e308, inf, f64::NAN];
    let tape = Tape::new();
    for (i, a) in all.into_iter().enumerate() {
        for (j, b) in all.into_iter().enumerate() {
            let expected = i.cmp(&j);
            if i != j {
                assert_eq!(expected, f64::total_cmp(&a, &b), "{a} {b}");
            }
            assert_eq!(tape.var(a).total_cmp(&tape.var(b)), expected, "{a} {b}");
            assert_eq!(Dual::<f64>::from(a).total_cmp(&Dual::from(b)), expected, "{a} {b}");
            assert_eq!(Real::total_cmp(&(a as f32), &(b as f32)), f32::total_cmp(&(a as f32), &(b as f32)), "{a} {b}");
        }
    }
    assert_eq!(tape.len(), 2 * all.len() * all.len(), "a comparison records nothing");
}

/// A program that sorts is valid for all numbers in this order.
#[test]
fn a_recorded_total_order_is_a_guard_of_the_order_alone() {
    fn second<F: Real>(x: &[F]) -> F {
        let mut x = x.to_vec();
        x.sort_by(F::total_cmp);
        x[1]
    }
    let program = Program::record(second, &[3.0, 1.0, 2.0]).gradient();
    assert_eq!(program.eval(&[9.0, -4.0, 5.0]).unwrap(), [5.0, 0.0, 0.0, 1.0]);
    assert!(program.eval(&[1.0, 2.0, 3.0]).is_err());
    assert_eq!(gradient(second, &[3.0, 1.0, 2.0]), (2.0, vec![0.0, 0.0, 1.0]));
    assert!(second::<f64>(&[-0.0, 0.0]).is_sign_positive() && second::<f64>(&[0.0, -0.0]).is_sign_positive());
    assert_eq!(Real::total_cmp(&0.0, &-0.0), Ordering::Greater);
}
