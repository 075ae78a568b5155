//! Chains: one operation again and again, such as a maximum in a loop.

use gradtape::program::Precision;
use gradtape::{Compiled, Driver, Function, Mode, Real, Stage};
use testing::structured::agreement::assert_gradients_of;
use testing::{TestFloat, bits, number};

use super::counts;

#[derive(Clone, Copy, Debug)]
pub(super) enum Chains {
    /// The largest input.
    Largest,
    /// The smallest square, beside a sum.
    SmallestSquare,
    /// The logarithm of a sum of exponentials, as people write it.
    LogSumExp,
    /// That of the crate.
    LogSumExpOfList,
    /// Griewank's function: a product of cosines.
    Griewank,
    /// The product of a list.
    Product,
    /// A length, step by step.
    Length,
    /// A maximum of sums, products and minima.
    Nested,
    /// With a constant at the start, one inside, and the same number several times.
    Constants,
    /// The operands are the other way round at each step.
    Turned,
    /// A result inside of the chain is needed elsewhere.
    Shared,
}

impl Chains {
    pub(super) const ALL: [Self; 11] = [
        Self::Largest,
        Self::SmallestSquare,
        Self::LogSumExp,
        Self::LogSumExpOfList,
        Self::Griewank,
        Self::Product,
        Self::Length,
        Self::Nested,
        Self::Constants,
        Self::Turned,
        Self::Shared,
    ];
}

impl<T: Precision + TestFloat> Function<T> for Chains {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let largest = |x: &[F]| x.iter().fold(F::neg_infinity(), |m, &x| m.max(x));
        let squares = || x.iter().map(|&x| x * x);
        match self {
            Self::Largest => largest(x),
            Self::SmallestSquare => squares().reduce(F::min).unwrap() + squares().sum::<F>(),
            Self::LogSumExp => {
                let m = x.iter().fold(x[0], |m, &x| m.max(x));
                m + x.iter().map(|&x| (x - m).exp()).sum::<F>().ln()
            }
            Self::LogSumExpOfList => F::logsumexp(x),
            Self::Griewank => {
                let mut product = F::one();
                for (k, &x) in (1..).zip(x) {
                    product *= (x / number::<T>(f64::from(k).sqrt())).cos();
                }
                squares().sum::<F>() / number::<T>(4000.0) - product + F::one()
            }
            Self::Product => x.iter().map(|&x| x * number::<T>(0.5) + number::<T>(0.75)).product(),
            Self::Length => x.iter().fold(F::zero(), |length, &x| length.hypot(x)),
            Self::Nested => {
                let product = |x: &[F]| x.iter().fold(F::one(), |p, &x| p * x);
                let rows = x.chunks(16).map(|x| x.iter().sum::<F>().max(product(x)));
                largest(&rows.collect::<Vec<F>>()) + product(&x[x.len() / 3..]).min(largest(&x[x.len() / 2..]))
            }
            Self::Constants => {
                let start = x.iter().fold(F::constant(number(0.1)), |m, &x| m.max(x).max(x));
                x.iter().fold(start.max(F::constant(number(0.2))), |m, &x| m.max(x * x).max(x))
            }
            Self::Turned => {
                (0..).zip(x).fold(x[0], |m, (k, &x)| if k % 2 == 0 { x.exp().max(m) } else { m.max(x.exp()) })
            }
            Self::Shared => {
                let first = x[..x.len() / 2].iter().fold(F::one(), |p, &x| p * x);
                x[x.len() / 2..].iter().fold(first, |p, &x| p * x) + first.sin()
            }
        }
    }
}

/// Two points, and one where all numbers are equal.
fn points<T: TestFloat>(count: usize) -> [Vec<T>; 3] {
    let wave = |shift: f64| (0..).take(count).map(move |k: u32| number(0.8 + (f64::from(k) * 0.7 + shift).sin() * 0.3));
    [wave(0.0).collect(), wave(1.0).collect(), vec![number(0.9); count]]
}

#[test]
fn chains_have_the_tapes_derivatives() {
    fn assert_chains<T: Precision + TestFloat>() {
        for chains in Chains::ALL {
            for count in [1, 2, 7, 8, 9, 40, 300] {
                for without in [None, Some(Stage::Dividing), Some(Stage::WrittenFirst), Some(Stage::EvenColumns)] {
                    assert_gradients_of(chains, without, &points::<T>(count), || format!("{chains:?} of {count}"));
                }
            }
        }
    }
    assert_chains::<f64>();
    assert_chains::<f32>();
}

#[test]
fn a_tie_of_a_long_maximum_has_the_tapes_shares() {
    let mut x = [0.5; 100];
    for k in [7, 20, 90] {
        x[k] = 0.75;
    }
    let (mut ours, mut theirs) = ([0.0; 100], [0.0; 100]);
    Compiled::new(Chains::Largest).without_driver().gradient(&x, &mut ours);
    Driver::new(Chains::Largest).with_mode(Mode::Reverse).gradient(&x, &mut theirs);
    assert_eq!(ours, theirs);
    assert_eq!([ours[7], ours[20], ours[90]], [0.25, 0.25, 0.5]);
}

#[test]
fn a_nan_in_a_chain_does_to_its_derivatives_what_it_does_on_the_tape() {
    for chains in [Chains::Largest, Chains::Length, Chains::Product, Chains::LogSumExpOfList] {
        for (at, number) in [(0, f64::NAN), (50, f64::NAN), (50, f64::INFINITY), (99, 0.0), (99, f64::NAN)] {
            let mut x = points(100)[0].clone();
            x[at] = number;
            let (mut ours, mut theirs) = ([0.0; 100], [0.0; 100]);
            let value = Compiled::new(chains).without_driver().gradient(&x, &mut ours);
            let of_tape = Driver::new(chains).with_mode(Mode::Reverse).gradient(&x, &mut theirs);
            assert!(
                value == of_tape || value.is_nan() && of_tape.is_nan() || (value - of_tape).abs() < 1e-14 * value.abs()
            );
            for (k, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                let is_near = (ours - theirs).abs() <= 1e-13 * theirs.abs();
                assert!(
                    is_near || bits(*ours) == bits(theirs) || ours.is_nan() && theirs.is_nan(),
                    "{chains:?} with {number} at {at}: {ours} and {theirs} at {k}"
                );
            }
        }
    }
}

#[test]
fn long_chains_and_scalar_products_need_no_driver() {
    /// The scalar product of two computed lists.
    struct Dot;
    impl Function for Dot {
        fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
            let [a, b] = [F::sin, F::exp].map(|f: fn(F) -> F| x.iter().map(|&x| f(x)).collect::<Vec<F>>());
            F::dot(&a, &b)
        }
    }
    fn assert_found(f: impl Function, what: &str) {
        let (compiled, x) = (Compiled::new(&f), &points(3000)[0]);
        let (mut ours, mut theirs) = (vec![0.0; 3000], vec![0.0; 3000]);
        compiled.gradient(x, &mut ours);
        assert_eq!(counts(&compiled), [1, 1, 0], "{what}");
        assert!(compiled.recordings().elements.iter().all(|&[_, operations]| operations < 40), "{what}");
        Driver::new(&f).gradient(x, &mut theirs);
        // The slope of a logarithm of a sum by the pivot is the rounding error of the sum.
        let largest = theirs.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() <= 1e-12 * largest.max(1.0)), "{what}");
    }
    for chains in Chains::ALL {
        assert_found(chains, &format!("{chains:?}"));
    }
    assert_found(Dot, "a scalar product");
}
