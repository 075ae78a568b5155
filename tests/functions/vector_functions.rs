//! Every driver of `VectorFunction` against the drivers of its single outputs, for numbers of inputs and outputs on
//! both sides of every boundary between passes and modes.

use gradtape::sparse::Csr;
use gradtape::{Driver, Function, Mode, Plain, Real, Value, VectorFunction, function};
use testing::TestFloat;
use testing::functions::{One, Several, all_bits, assert_all_near, inner, jacobian_by, point};
use testing::panics::{assert_refused_here, caught};

const MODES: [Mode; 2] = [Mode::Forward, Mode::Reverse];

/// The Jacobian of a function by all methods; its rows are the gradients of `outputs`. The drivers `by_mode` have the
/// modes of [`MODES`].
fn jacobians<T: TestFloat, G: VectorFunction<T>>(driver: &Driver<G>, by_mode: &[Driver<G>; 2], outputs: &[One], x: &[T])
where
    Value<T>: Real<Plain = T>,
{
    let (f, m, n) = (driver.function(), outputs.len(), x.len());
    let (values, rows): (Vec<T>, Vec<Vec<T>>) = outputs.iter().map(|one| one.value_and_gradient(x)).unzip();
    let nan = |len| vec![T::nan(); len];
    assert_eq!(all_bits(&f.value(x)), all_bits(&values));
    let mut y = nan(m);
    driver.value(x, &mut y);
    assert_eq!(all_bits(&y), all_bits(&values));
    for (mode, of_mode) in MODES.into_iter().zip(by_mode) {
        let (y, jacobian) = jacobian_by(mode, f, x);
        assert_eq!(all_bits(&y), all_bits(&values), "{mode:?} {m} {n}");
        assert_eq!(jacobian.len(), m);
        for (row, theirs) in jacobian.iter().zip(&rows) {
            assert_all_near(row, theirs, (mode, m, n));
        }
        let (mut y, mut flat) = (nan(m), nan(m * n));
        of_mode.jacobian(x, &mut y, &mut flat);
        assert_eq!((all_bits(&y), all_bits(&flat)), (all_bits(&values), all_bits(&jacobian.concat())));
        if mode == Mode::of_jacobian(n, m) {
            let expected = all_bits(&flat);
            assert_eq!(all_bits(&f.jacobian(x).concat()), expected);
            let (y, rows) = f.value_and_jacobian(x);
            assert_eq!((all_bits(&y), all_bits(&rows.concat()), rows.len()), (all_bits(&values), expected.clone(), m));
            let (mut y, mut flat) = (nan(m), nan(m * n));
            driver.jacobian(x, &mut y, &mut flat);
            assert_eq!((all_bits(&y), all_bits(&flat)), (all_bits(&values), expected));
        }
    }
    let (v, w) = (point::<T>(n, 5.0), point::<T>(m, 7.0));
    let (y, product) = f.jvp(x, &v);
    assert_eq!(all_bits(&y), all_bits(&values));
    assert_all_near(&product, &rows.iter().map(|row| inner(row, &v)).collect::<Vec<_>>(), ("jvp", m, n));
    let (mut y_again, mut again) = (nan(m), nan(m));
    driver.jvp(x, &v, &mut y_again, &mut again);
    assert_eq!((all_bits(&y_again), all_bits(&again)), (all_bits(&y), all_bits(&product)));
    let (y, product) = f.vjp(x, &w);
    assert_eq!(all_bits(&y), all_bits(&values));
    let column = |j: usize| rows.iter().map(|row| row[j]).collect::<Vec<_>>();
    assert_all_near(&product, &(0..n).map(|j| inner(&column(j), &w)).collect::<Vec<_>>(), ("vjp", m, n));
    let (mut y_again, mut again) = (nan(m), nan(n));
    driver.vjp(x, &w, &mut y_again, &mut again);
    assert_eq!((all_bits(&y_again), all_bits(&again)), (all_bits(&y), all_bits(&product)));
}

/// The function, with drivers of its own for all numbers of inputs in turn.
fn at_every_size<T: TestFloat, G: VectorFunction<T> + Clone>(f: &G, phase: f64)
where
    Value<T>: Real<Plain = T>,
{
    let driver = Driver::new(f.clone());
    let by_mode = MODES.map(|mode| driver.clone().with_mode(mode));
    for n in (0..=20).chain([33, 2]) {
        let outputs: Vec<_> = (0..f.outputs(n)).map(One).collect();
        jacobians(&driver, &by_mode, &outputs, &point(n, phase));
    }
}

/// As many outputs as inputs and one more, of those of [`Several`].
#[derive(Clone)]
struct Growing;

impl<T: Plain> VectorFunction<T> for Growing {
    fn outputs(&self, inputs: usize) -> usize {
        inputs + 1
    }

    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        Several(y.len()).eval(x, y);
    }
}

fn every_shape<T: TestFloat>()
where
    Value<T>: Real<Plain = T>,
{
    for m in [0, 1, 2, 3, 7, 16, 17, 40] {
        at_every_size::<T, _>(&Several(m), 1.0);
        at_every_size::<T, _>(&&Several(m), 2.0);
    }
    at_every_size::<T, _>(&Growing, 3.0);
}

#[test]
fn every_driver_agrees_with_the_gradients_of_the_outputs_for_any_shape() {
    every_shape::<f64>();
    every_shape::<f32>();
}

#[test]
fn the_gradient_of_a_function_of_one_output_is_its_jacobian() {
    let (scalar, vector) = (function!(|x| x[0] / x[1]), function!(|x| [x[0] / x[1]]));
    let x = [3.0, 4.0];
    assert_eq!(vector.jacobian(&x), [scalar.gradient(&x)]);
    assert_eq!(vector.value(&x), [scalar.value(&x)]);
}

#[test]
fn wrong_lengths_are_refused_where_they_are_made() {
    let (f, x) = (function!(|x| [x[0] * x[1], x[0], x[1].sin()]), [1.0, 2.0]);
    let driver = Driver::new(f);
    let by_mode = MODES.map(|mode| driver.clone().with_mode(mode));
    let outputs = "the function has 3 outputs; make `y`, and what belongs to it, so long";
    let (mut y, mut matrix) = ([0.0; 3], [0.0; 6]);
    for len in [0, 1, 4, 5] {
        let (wrong, mut out) = (vec![1.0; len], vec![0.0; len]);
        assert_refused_here(outputs, || driver.value(&x, &mut out));
        assert_refused_here(outputs, || driver.sparse_jacobian(&x, &mut out, &mut Csr::default()));
        assert_refused_here(outputs, || driver.jvp(&x, &x, &mut out, &mut y));
        assert_refused_here(outputs, || driver.jvp(&x, &x, &mut y, &mut out));
        assert_refused_here(outputs, || f.vjp(&x, &wrong));
        assert_refused_here(outputs, || driver.vjp(&x, &wrong, &mut y, &mut [0.0; 2]));
        assert_refused_here(outputs, || driver.vjp(&x, &[1.0; 3], &mut out, &mut [0.0; 2]));
        assert_refused_here("make `product` so", || driver.vjp(&x, &[1.0; 3], &mut y, &mut out));
        assert_refused_here("make `v` so", || f.jvp(&x, &wrong));
        assert_refused_here("make `v` so", || driver.jvp(&x, &wrong, &mut y, &mut [0.0; 3]));
        let jacobian = "a Jacobian is as long as outputs times inputs; make `jacobian` so";
        for driver in by_mode.iter().chain([&driver]) {
            assert_refused_here(jacobian, || driver.jacobian(&x, &mut y, &mut out));
            assert_refused_here(outputs, || driver.jacobian(&x, &mut out, &mut matrix));
        }
    }
    for driver in by_mode.iter().chain([&driver]) {
        driver.jacobian(&x, &mut y, &mut matrix);
        assert_eq!((y, &matrix[..5]), ([2.0, 1.0, 2_f64.sin()], &[2.0, 1.0, 1.0, 0.0, 0.0][..]));
    }
}

#[test]
fn a_function_that_panics_leaves_its_driver_usable() {
    #[derive(Clone)]
    struct Fragile;
    impl VectorFunction for Fragile {
        fn outputs(&self, _inputs: usize) -> usize {
            4
        }

        fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
            y[0] = x[0] * x[1];
            y[2] += x[1] * x[2];
            assert!(x[0] >= 0.0, "negative");
            y[3] = x[3];
        }
    }
    let driver = Driver::new(Fragile);
    let by_mode = MODES.map(|mode| driver.clone().with_mode(mode));
    let (mut y, mut product, mut sparse) = ([0.0; 4], [0.0; 4], Csr::default());
    let (good, bad, mut matrix) = ([1.0, 2.0, 3.0, 4.0], [-1.0, 2.0, 3.0, 4.0], [0.0; 16]);
    let expected = [2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    for _ in 0..2 {
        for driver in by_mode.iter().chain([&driver]) {
            assert!(caught(|| driver.jacobian(&bad, &mut y, &mut matrix)).is_err());
        }
        assert!(caught(|| driver.value(&bad, &mut y)).is_err());
        assert!(caught(|| driver.sparse_jacobian(&bad, &mut y, &mut sparse)).is_err());
        assert!(caught(|| driver.jvp(&bad, &good, &mut y, &mut product)).is_err());
        assert!(caught(|| driver.vjp(&bad, &good, &mut y, &mut product)).is_err());
        for driver in by_mode.iter().chain([&driver]) {
            driver.jacobian(&good, &mut y, &mut matrix);
            // An output that the function does not write is zero.
            assert_eq!((y, matrix), ([2.0, 0.0, 6.0, 4.0], expected));
        }
        driver.sparse_jacobian(&good, &mut y, &mut sparse);
        assert_eq!((y, sparse.to_dense().concat()), ([2.0, 0.0, 6.0, 4.0], expected.to_vec()));
        driver.jvp(&good, &[1.0; 4], &mut y, &mut product);
        assert_eq!((y, product), ([2.0, 0.0, 6.0, 4.0], [3.0, 0.0, 5.0, 1.0]));
        driver.vjp(&good, &[1.0; 4], &mut y, &mut product);
        assert_eq!((y, product), ([2.0, 0.0, 6.0, 4.0], [2.0, 4.0, 2.0, 1.0]));
    }
}
