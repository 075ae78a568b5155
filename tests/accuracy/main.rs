//! Every derivative of the table, and values and derivatives of special functions, against 90 digits, at ordinary,
//! tiny, huge and nearly singular points, in f32 and f64: the error is at most four units in the last place (ulp), with
//! the exceptions of `exceptions.rs`. The test measures reverse mode; forward mode has the same bits
//! (`tests/operations/modes.rs`).
//!
//! ```console
//! cargo test -p gradtape-tests-accuracy -- --nocapture        # prints the worst errors
//! GRADTAPE_WRITE=1 cargo test -p gradtape-tests-accuracy      # writes them to docs/accuracy.md
//! ```
//!
//! The truth is the derivative at the argument, which is a float, by the mathematical definition (`truth.rs`) in the
//! arithmetic of the crate `astro-float`. The digits of mpmath (`literals.rs`) confirm both.

mod big;
mod exceptions;
mod kernels;
mod literals;
mod measure;
mod page;
mod points;
mod special;
mod truth;

use big::Big;
use gradtape::check::random::{Any, Table};
use literals::{PAIRS, SPECIAL, UNARY};
use testing::differentiable::Over;
use testing::for_every_number;
use testing::{TestFloat, bits, partials, quickcheck};

#[track_caller]
fn assert_agrees(truth: &Big, digits: &str, what: impl std::fmt::Debug) {
    let expected = Big::parse(digits);
    let (off, allowed) = ((truth - &expected).abs(), (&expected * Big::parse("1e-49")).abs());
    assert!(!allowed.is_less(&off), "{what:?}: {truth:?} instead of {digits}");
}

#[test]
fn the_truth_has_the_digits_that_another_tool_computes() {
    for &(name, x, digits) in UNARY {
        assert_agrees(&truth::unary(name, &Big::from(x)), digits, (name, x));
    }
    for &(name, x, digits) in PAIRS {
        let truth = truth::pair(name, &x.map(Big::from));
        assert_agrees(&truth[0], digits[0], (name, x, "by a"));
        assert_agrees(&truth[1], digits[1], (name, x, "by b"));
    }
    for &(name, x, digits) in SPECIAL {
        let truth = special::unary(name, &Big::from(x));
        assert_agrees(&truth[0], digits[0], (name, x, "value"));
        assert_agrees(&truth[1], digits[1], (name, x));
    }
    let truth = special::pair("ln_beta", &[0.25, 1e9].map(Big::from));
    for (truth, digits) in truth.iter().zip(literals::LN_BETA) {
        assert_agrees(truth, digits, "ln_beta");
    }
}

#[test]
fn the_two_expansions_of_the_normal_distribution_agree_where_they_meet() {
    for x in [5.0, 5.125, 5.5] {
        let [tail, centre] = [truth::normal_tail(&Big::from(x)), truth::normal_centre(&Big::from(-x))];
        assert!(((&tail - centre) / &tail).abs().is_less(&Big::parse("1e-50")), "{x}");
    }
}

#[test]
fn no_derivative_is_off_by_more_than_documented() {
    let [wide, narrow] = std::thread::scope(|scope| {
        let both = [scope.spawn(measure::both::<f64>), scope.spawn(measure::both::<f32>)];
        both.map(|rows| rows.join().unwrap())
    });
    page::compare(&wide, &narrow);
}

fn composed<T: TestFloat, F: Over<T>>() {
    quickcheck(
        300,
        (|Any(a), Any(b), Any(c)| {
            // In a product of duals over plain numbers, `0 · ∞` is NaN.
            if F::ZERO_WINS || a.is_finite() && b.is_finite() {
                let fused = partials(|[x, a, b]: [F; 3]| x.mul_add(a, b), [a, b, c]);
                // A sum of derivatives that starts with 0 is never a negative zero.
                assert_eq!(fused.map(bits), [b + T::zero(), a + T::zero(), T::one()].map(bits), "mul_add {a} {b} {c}");
            }
            for (ours, table) in [
                (partials(|[x]: [F; 1]| x.sin_cos().0, [a]), "sin"),
                (partials(|[x]: [F; 1]| x.sin_cos().1, [a]), "cos"),
            ] {
                assert_eq!(ours.map(bits), partials(Table::<F>::unary(table).f, [a]).map(bits), "{table} {a}");
            }
        }) as fn(Any<T>, Any<T>, Any<T>),
    );
}

for_every_number! {
    what_is_composed_of_the_table_is_as_accurate: composed;
}
