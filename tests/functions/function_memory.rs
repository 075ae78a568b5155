//! A steady loop over the drivers of functions does not allocate.

use gradtape::{Driver, Mode, Real, function};
use testing::allocations::allocations;

#[test]
fn a_steady_loop_allocates_nothing_in_any_driver_at_any_size() {
    let f = function!(|x| x.windows(2).map(|x| (x[0] * x[1]).sin()).sum::<F>() + x[0].exp());
    let g = function!(|x| [x[0] * x[x.len() - 1], f_of(x), x[0]]);
    for n in [1, 2, 7, 8, 9, 16, 17, 40] {
        let (x, mut v, mut matrix) = (vec![0.5; n], vec![1.0; n], vec![0.0; n * n]);
        let (mut y, mut slopes, mut jacobian) = ([0.0; 3], [0.0; 3], vec![0.0; 3 * n]);
        let (scalar, vector) = (Driver::new(f), Driver::new(g));
        let by_mode =
            [Mode::Forward, Mode::Reverse].map(|mode| (Driver::new(f).with_mode(mode), vector.clone().with_mode(mode)));
        let mut round = || {
            scalar.gradient(&x, &mut v);
            for (scalar, vector) in &by_mode {
                scalar.gradient(&x, &mut v);
                vector.jacobian(&x, &mut y, &mut jacobian);
            }
            scalar.slope(&x, &x);
            scalar.directional(&x, &x);
            scalar.hvp(&x, &x, &mut v);
            scalar.gradient_and_hvp(&x, &x, &mut v, &mut matrix[..n]);
            scalar.hessian(&x, &mut v, &mut matrix);
            vector.value(&x, &mut y);
            vector.jacobian(&x, &mut y, &mut jacobian);
            vector.jvp(&x, &x, &mut y, &mut slopes);
            vector.vjp(&x, &[1.0, 2.0, 3.0], &mut y, &mut v);
        };
        assert_ne!(allocations(&mut round), 0);
        round();
        assert_eq!(allocations(|| (0..10).for_each(|_| round())), 0, "{n} inputs");
    }
}

#[test]
fn a_driver_that_was_not_used_has_allocated_nothing() {
    assert_eq!(allocations(|| drop(Driver::new(function!(|x| x[0])).with_mode(Mode::Reverse).clone())), 0);
}

/// Memory for many inputs is enough for few.
#[test]
fn a_driver_keeps_its_memory_when_the_number_of_inputs_changes() {
    let driver = Driver::new(function!(|x| x.windows(2).map(|x| (x[0] * x[1]).sin()).sum::<F>() + x[0].exp()));
    let (x, mut v, mut matrix) = ([0.5; 40], [0.0; 40], [0.0; 40 * 40]);
    let mut round = || {
        for n in [40, 17, 9, 33] {
            driver.gradient(&x[..n], &mut v[..n]);
            driver.hvp(&x[..n], &x[..n], &mut v[..n]);
            driver.hessian(&x[..n], &mut v[..n], &mut matrix[..n * n]);
        }
    };
    (0..2).for_each(|_| round());
    assert_eq!(allocations(|| (0..10).for_each(|_| round())), 0);
}

/// A sweep leaves numbers in the memory of the next one. Here the calls differ in inputs, records, and last node.
#[test]
fn a_derivative_does_not_depend_on_earlier_calls_of_the_driver() {
    let f = function!(|x| match x.len() {
        5 => F::constant(1.0),
        7 => x[3],
        n => x.windows(2).map(|x| (x[0] * x[1]).sin()).sum::<F>() * F::dot(x, x) + x[n / 2].exp() * x[0],
    });
    let used = Driver::new(f).with_mode(Mode::Reverse);
    for n in [3, 40, 2, 5, 41, 7, 40, 1000, 7, 3, 5, 40] {
        let x: Vec<f64> = (1..=n).map(|k| (f64::from(k)).sqrt()).collect();
        let derivatives = |driver: &Driver<_>| {
            let [mut gradient, mut slopes, mut product] = [(); 3].map(|()| vec![0.0; x.len()]);
            driver.gradient(&x, &mut gradient);
            driver.gradient_and_hvp(&x, &x, &mut slopes, &mut product);
            [gradient, slopes, product]
        };
        assert_eq!(derivatives(&used), derivatives(&Driver::new(f).with_mode(Mode::Reverse)), "{n} inputs");
    }
}

fn f_of<F: Real>(x: &[F]) -> F {
    F::dot(x, x).tanh()
}
