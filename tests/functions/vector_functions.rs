//! Every driver of `VectorFunction` against the drivers of its single outputs, for numbers of inputs and outputs on
//! both sides of every boundary between passes and modes.

use gradtape::{Function, Mode, Real, Value, VectorFunction, Workspace, function};
use testing::TestFloat;
use testing::functions::{Chain, One, Several, all_bits, assert_all_near, inner, point};
use testing::panics::{assert_refused_here, caught};

const MODES: [Mode; 2] = [Mode::Forward, Mode::Reverse];

/// The Jacobian of `f` by all methods; its rows are the gradients of `outputs`.
fn jacobians<T: TestFloat>(f: &impl VectorFunction<T>, outputs: &[One], x: &[T], workspace: &mut Workspace)
where
    Value<T>: Real<Plain = T>,
{
    let (m, n) = (outputs.len(), x.len());
    let (values, rows): (Vec<T>, Vec<Vec<T>>) = outputs.iter().map(|one| one.value_and_gradient(x)).unzip();
    let nan = |len| vec![T::nan(); len];
    assert_eq!(all_bits(&f.value(x)), all_bits(&values));
    let mut y = nan(m);
    f.value_into(x, &mut y);
    assert_eq!(all_bits(&y), all_bits(&values));
    for mode in MODES {
        let (y, jacobian) = f.value_and_jacobian_by(mode, x);
        assert_eq!(all_bits(&y), all_bits(&values), "{mode:?} {m} {n}");
        assert_eq!(jacobian.len(), m);
        for (row, theirs) in jacobian.iter().zip(&rows) {
            assert_all_near(row, theirs, (mode, m, n));
        }
        let (mut y, mut flat) = (nan(m), nan(m * n));
        f.value_and_jacobian_by_into(mode, x, &mut y, &mut flat, workspace);
        assert_eq!((all_bits(&y), all_bits(&flat)), (all_bits(&values), all_bits(&jacobian.concat())));
        if mode == Mode::of_jacobian(n, m) {
            let expected = all_bits(&flat);
            assert_eq!(all_bits(&f.jacobian(x).concat()), expected);
            let (y, rows) = f.value_and_jacobian(x);
            assert_eq!((all_bits(&y), all_bits(&rows.concat()), rows.len()), (all_bits(&values), expected.clone(), m));
            let (mut y, mut first, mut second) = (nan(m), nan(m * n), nan(m * n));
            f.jacobian_into(x, &mut first, workspace);
            f.value_and_jacobian_into(x, &mut y, &mut second, workspace);
            assert_eq!(
                (all_bits(&first), all_bits(&second), all_bits(&y)),
                (expected.clone(), expected, all_bits(&values))
            );
        }
    }
    let (v, w) = (point::<T>(n, 5.0), point::<T>(m, 7.0));
    let (y, product) = f.jvp(x, &v);
    assert_eq!(all_bits(&y), all_bits(&values));
    assert_all_near(&product, &rows.iter().map(|row| inner(row, &v)).collect::<Vec<_>>(), ("jvp", m, n));
    let (mut into, mut product_into) = (nan(m), nan(m));
    f.jvp_into(x, &v, &mut into, &mut product_into, workspace);
    assert_eq!((all_bits(&into), all_bits(&product_into)), (all_bits(&y), all_bits(&product)));
    let (y, product) = f.vjp(x, &w);
    assert_eq!(all_bits(&y), all_bits(&values));
    let column = |j: usize| rows.iter().map(|row| row[j]).collect::<Vec<_>>();
    assert_all_near(&product, &(0..n).map(|j| inner(&column(j), &w)).collect::<Vec<_>>(), ("vjp", m, n));
    let (mut into, mut product_into) = (nan(m), nan(n));
    f.vjp_into(x, &w, &mut into, &mut product_into, workspace);
    assert_eq!((all_bits(&into), all_bits(&product_into)), (all_bits(&y), all_bits(&product)));
}

fn every_shape<T: TestFloat>()
where
    Value<T>: Real<Plain = T>,
{
    // One workspace for all functions and sizes in turn.
    let workspace = &mut Workspace::new();
    for n in (0..=20).chain([33, 2]) {
        for m in [0, 1, 2, 3, 7, 16, 17, 40] {
            let outputs: Vec<_> = (0..m).map(One).collect();
            jacobians(&Several(m), &outputs, &point(n, 1.0), workspace);
            jacobians(&&Several(m), &outputs, &point(n, 2.0), workspace);
            let mut gradient = vec![T::zero(); n];
            Chain.gradient_into(&point(n, 1.0), &mut gradient, workspace);
        }
    }
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
    let (f, x, workspace) = (function!(|x| [x[0] * x[1], x[0], x[1].sin()]), [1.0, 2.0], &mut Workspace::new());
    let outputs = "the function has 3 outputs; make `y`, and what belongs to it, so long";
    let (mut y, mut matrix) = ([0.0; 3], [0.0; 6]);
    for len in [0, 1, 4, 5] {
        let (wrong, mut out) = (vec![1.0; len], vec![0.0; len]);
        assert_refused_here(outputs, || f.value_into(&x, &mut out));
        assert_refused_here(outputs, || f.value_and_jacobian_into(&x, &mut out, &mut matrix, workspace));
        assert_refused_here(outputs, || f.jvp_into(&x, &x, &mut out, &mut y, workspace));
        assert_refused_here(outputs, || f.jvp_into(&x, &x, &mut y, &mut out, workspace));
        assert_refused_here(outputs, || f.vjp(&x, &wrong));
        assert_refused_here(outputs, || f.vjp_into(&x, &wrong, &mut y, &mut [0.0; 2], workspace));
        assert_refused_here(outputs, || f.vjp_into(&x, &[1.0; 3], &mut out, &mut [0.0; 2], workspace));
        assert_refused_here("make `product` so", || f.vjp_into(&x, &[1.0; 3], &mut y, &mut out, workspace));
        assert_refused_here("make `v` so", || f.jvp(&x, &wrong));
        let jacobian = "a Jacobian is as long as outputs times inputs; make `jacobian` so";
        assert_refused_here(jacobian, || f.jacobian_into(&x, &mut out, workspace));
        for mode in MODES {
            assert_refused_here(jacobian, || f.value_and_jacobian_by_into(mode, &x, &mut y, &mut out, workspace));
            assert_refused_here(outputs, || f.value_and_jacobian_by_into(mode, &x, &mut out, &mut matrix, workspace));
        }
    }
    f.jacobian_into(&x, &mut matrix, workspace);
    assert_eq!(matrix[..4], [2.0, 1.0, 1.0, 0.0]);
}

#[test]
fn a_function_that_panics_leaves_the_scratch_usable() {
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
    let (mut y, mut product, workspace) = ([0.0; 4], [0.0; 4], &mut Workspace::new());
    let (good, bad, mut matrix) = ([1.0, 2.0, 3.0, 4.0], [-1.0, 2.0, 3.0, 4.0], [0.0; 16]);
    let expected = [2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    for _ in 0..2 {
        assert!(caught(|| Fragile.jacobian_into(&bad, &mut matrix, workspace)).is_err());
        for mode in MODES {
            assert!(caught(|| Fragile.value_and_jacobian_by_into(mode, &bad, &mut y, &mut matrix, workspace)).is_err());
        }
        assert!(caught(|| Fragile.jvp_into(&bad, &good, &mut y, &mut product, workspace)).is_err());
        assert!(caught(|| Fragile.vjp_into(&bad, &good, &mut y, &mut product, workspace)).is_err());
        for mode in MODES {
            Fragile.value_and_jacobian_by_into(mode, &good, &mut y, &mut matrix, workspace);
            // An output that the function does not write is zero.
            assert_eq!((y, matrix), ([2.0, 0.0, 6.0, 4.0], expected));
        }
    }
}
