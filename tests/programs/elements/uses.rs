//! How a [`Compiled`] function is used and misused.

use gradtape::sparse::{Csr, Sparsity};
use gradtape::{Compiled, CustomOperation, Driver, Function, Mode, Number, Real, Recordings, VectorFunction, function};
use testing::allocations::allocations;
use testing::panics::{assert_refused_here, caught, panic_of};

use super::{counts, on_threads};

/// Terms of one shape.
#[derive(Clone, Copy)]
struct Chain;

impl Function for Chain {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        x.windows(2).map(|x| (x[0] * x[1]).sin() * x[0]).sum()
    }
}

impl VectorFunction for Chain {
    fn outputs(&self, inputs: usize) -> usize {
        inputs - 1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(x.windows(2)).for_each(|(y, x)| *y = (x[0] * x[1]).sin());
    }
}

fn point(inputs: u32) -> Vec<f64> {
    (0..inputs).map(|k| 0.25 + f64::from(k % 100) * 0.01).collect()
}

#[test]
fn a_steady_loop_allocates_nothing_for_values_and_gradients() {
    let (compiled, x) = (Compiled::new(Chain), point(3000));
    let mut gradient = vec![0.0; x.len()];
    let mut round = || (compiled.value(&x), compiled.gradient(&x, &mut gradient));
    round();
    let count = allocations(|| {
        (0..5).for_each(|_| {
            round();
        });
    });
    assert_eq!((count, counts(&compiled)), (0, [12, 1, 0]));
}

#[test]
fn a_steady_loop_allocates_nothing_for_sparse_derivatives() {
    let (compiled, x) = (Compiled::new(Chain), point(3000));
    let (mut gradient, mut product, mut y) = (vec![0.0; 3000], vec![0.0; 3000], vec![0.0; 2999]);
    let (mut hessian, mut jacobian) = (Csr::default(), Csr::default());
    let mut round = || {
        compiled.sparse_hessian(&x, &mut gradient, &mut hessian);
        compiled.hvp(&x, &x, &mut product);
        compiled.sparse_jacobian(&x, &mut y, &mut jacobian);
    };
    round();
    assert_eq!(allocations(|| (0..5).for_each(|_| round())), 0);
}

/// The root of a sum is one element with all inputs, so that the driver computes all matrices.
struct Norm;

impl Function for Norm {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        x.iter().map(|&x| x * x).sum::<F>().sqrt()
    }
}

impl VectorFunction for Norm {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y[0] = Function::eval(self, x);
        y[1..].iter_mut().zip(x.windows(2)).for_each(|(y, x)| *y = x[0] * x[1]);
    }
}

#[test]
fn a_steady_loop_allocates_nothing_for_matrices_of_the_driver() {
    let (x, all) = (point(60), Sparsity::new((0..60).map(|_| 0..60), 60));
    let new = || Compiled::<_>::new(Norm);
    for compiled in [new(), new().with_lower_triangle(), new().with_pattern(all)] {
        let (mut slopes, mut y, weights) = (vec![0.0; 60], vec![0.0; 60], vec![0.5; 60]);
        let mut matrices = [(); 4].map(|()| Csr::default());
        let mut round = || {
            compiled.sparse_hessian(&x, &mut slopes, &mut matrices[0]);
            compiled.sparse_jacobian(&x, &mut y, &mut matrices[1]);
            compiled.normal_equations(&x, &mut y, &mut slopes, &mut matrices[2]);
            compiled.weighted_hessian(&x, &weights, &mut matrices[3]);
        };
        round();
        let count = allocations(|| (0..5).for_each(|_| round()));
        assert_eq!((count, counts(&compiled)), (0, [24, 4, 24]));
    }
}

/// The pattern that the driver keeps does not depend on the weights.
#[test]
fn weights_that_are_zero_at_first_lose_no_places() {
    let (compiled, x) = (Compiled::<_>::new(Norm), point(60));
    let (mut zero, mut one) = (Csr::default(), Csr::default());
    compiled.weighted_hessian(&x, &[0.0; 60], &mut zero);
    compiled.weighted_hessian(&x, &[1.0; 60], &mut one);
    assert_eq!(zero.pattern(), one.pattern());
    assert!(zero.values().iter().all(|&x| x == 0.0));
    let expected = Compiled::<_>::new(Norm);
    expected.weighted_hessian(&x, &[1.0; 60], &mut zero);
    assert_eq!((one, compiled.recordings().by_driver), (zero, 2));
}

/// Steps of an ordinary differential equation: each depends on the one before.
struct Ode;

impl Function for Ode {
    fn eval<F: Real<Plain = f64>>(&self, p: &[F]) -> F {
        let (mut x, mut y) = (p[4], p[5]);
        for _ in 0..1000 {
            let slopes = (p[0] * x - p[1] * x * y, -p[2] * y + p[3] * x * y);
            (x, y) = (x + slopes.0 * 0.001, y + slopes.1 * 0.001);
        }
        x + y
    }
}

/// Every operation is another one.
struct Unstructured;

impl Function for Unstructured {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let a = (x[0] * x[1]).sin() + x[2].exp() / x[3];
        let b = (a - x[4]).powi(2).sqrt() * x[5].tanh();
        (a * b).ln_1p() + (x[0] / b).atan() - b.cos() * x[3].recip()
    }
}

#[test]
fn what_repeats_nothing_has_the_drivers_bits() {
    fn assert_bits(f: &impl Function) {
        let x = [0.75, 1.25, 0.5, 1.5, 2.0, 0.625];
        let (compiled, driver) = (Compiled::new(f), Driver::new(f));
        let (mut ours, mut theirs) = ([0.0; 6], [0.0; 6]);
        for round in 1..4 {
            assert_eq!(compiled.gradient(&x, &mut ours), driver.gradient(&x, &mut theirs));
            assert_eq!(ours, theirs);
            assert_eq!(counts(&compiled), [round, 1, round]);
        }
        assert_eq!(compiled.value(&x), f.value(&x));
    }
    assert_bits(&Ode);
    assert_bits(&Unstructured);
}

#[test]
fn products_and_hessians_of_what_repeats_nothing_have_the_drivers_bits() {
    fn assert_bits(f: &impl Function) {
        let x = [0.75, 1.25, 0.5, 1.5, 2.0, 0.625];
        let (compiled, driver) = (Compiled::new(f), Driver::new(f));
        let (mut ours, mut theirs) = ([0.0; 6], [0.0; 6]);
        compiled.hvp(&x, &[1.0; 6], &mut ours);
        driver.hvp(&x, &[1.0; 6], &mut theirs);
        assert_eq!(ours, theirs);
    }
    assert_bits(&Ode);
    assert_bits(&Unstructured);
}

#[test]
fn wrong_lengths_are_refused_as_by_the_driver() {
    let (compiled, driver) = (Compiled::new(Chain), Driver::new(Chain));
    let x = [1.0; 3];
    let same = |ours: &dyn Fn(), theirs: &dyn Fn()| assert_eq!(panic_of(ours), panic_of(theirs));
    for short in [vec![0.0; 2], vec![0.0; 4]] {
        let out = || short.clone();
        same(&|| _ = compiled.gradient(&x, &mut out()), &|| _ = driver.gradient(&x, &mut out()));
        same(&|| compiled.hvp(&x, &x, &mut out()), &|| driver.hvp(&x, &x, &mut out()));
        same(&|| compiled.hvp(&x, &out(), &mut [0.0; 3]), &|| driver.hvp(&x, &out(), &mut [0.0; 3]));
        same(&|| _ = compiled.sparse_hessian(&x, &mut out(), &mut Csr::default()), &|| {
            _ = driver.sparse_hessian(&x, &mut out(), &mut Csr::default());
        });
    }
    for lengths in [[2, 3, 3], [3, 2, 3], [3, 3, 4]] {
        let zeros = || lengths.map(|length| vec![0.0; length]);
        same(
            &|| {
                let [v, mut gradient, mut product] = zeros();
                _ = compiled.gradient_and_hvp(&x, &v, &mut gradient, &mut product);
            },
            &|| {
                let [v, mut gradient, mut product] = zeros();
                _ = driver.gradient_and_hvp(&x, &v, &mut gradient, &mut product);
            },
        );
    }
    same(&|| compiled.sparse_jacobian(&x, &mut [0.0; 3], &mut Csr::default()), &|| {
        driver.sparse_jacobian(&x, &mut [0.0; 3], &mut Csr::default());
    });
    let mut gradient = [0.0; 3];
    assert_eq!(compiled.gradient(&x, &mut gradient), driver.gradient(&x, &mut [0.0; 3]));
}

/// Depends on its neighbours only where they are larger.
struct Larger;

impl Function for Larger {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        x.windows(2).map(|x| if x[0] < x[1] { (x[1] - x[0]).powi(3) } else { x[0] * x[0] }).sum()
    }
}

impl VectorFunction for Larger {
    fn outputs(&self, inputs: usize) -> usize {
        inputs - 1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        for (y, x) in y.iter_mut().zip(x.windows(2)) {
            *y = if x[0] < x[1] { x[1] * x[0] } else { x[0] };
        }
    }
}

#[test]
fn a_given_pattern_stays_the_same_whatever_branches_are_taken() {
    const INPUTS: usize = 20;
    let near = |rows: usize| Sparsity::new((0..rows).map(|k: usize| k.saturating_sub(1)..INPUTS.min(k + 2)), INPUTS);
    // From the fifth point on, the driver computes what is asked for.
    let points: Vec<Vec<f64>> = (0..8).map(|k| (0..20).map(|i| f64::from(i * (k + 3) % 7)).collect()).collect();
    let (square, tall) = (near(INPUTS), near(INPUTS - 1));
    let (compiled, plain) = (Compiled::new(Larger).without_driver().with_pattern(square.clone()), Driver::new(Larger));
    let tall_compiled = Compiled::new(Larger).without_driver().with_pattern(tall.clone());
    let same = |ours: &Csr<f64>, theirs: &Csr<f64>, pattern: &Sparsity| {
        assert_eq!(ours.pattern(), pattern);
        for (ours, theirs) in ours.to_dense().concat().iter().zip(theirs.to_dense().concat()) {
            assert!((ours - theirs).abs() <= 1e-12 * theirs.abs(), "{ours} instead of {theirs}");
        }
    };
    for x in &points {
        let (mut ours, mut theirs) = (Csr::default(), Csr::default());
        let (mut gradient, mut y, weights) = (vec![0.0; INPUTS], vec![0.0; INPUTS - 1], vec![0.5; INPUTS - 1]);
        compiled.sparse_hessian(x, &mut gradient, &mut ours);
        plain.sparse_hessian(x, &mut gradient, &mut theirs);
        same(&ours, &theirs, &square);
        tall_compiled.sparse_jacobian(x, &mut y, &mut ours);
        plain.sparse_jacobian(x, &mut y, &mut theirs);
        same(&ours, &theirs, &tall);
        compiled.normal_equations(x, &mut y, &mut gradient, &mut ours);
        Compiled::new(Larger).normal_equations(x, &mut y, &mut gradient, &mut theirs);
        same(&ours, &theirs, &square);
        compiled.weighted_hessian(x, &weights, &mut ours);
        Compiled::new(Larger).weighted_hessian(x, &weights, &mut theirs);
        same(&ours, &theirs, &square);
        compiled.hvp(x, x, &mut gradient);
    }
    assert!(compiled.recordings().by_driver > 0 && compiled.recordings().evaluations > compiled.recordings().by_driver);
    let refused = || compiled.sparse_jacobian(&points[0], &mut [0.0; INPUTS - 1], &mut Csr::default());
    assert_refused_here("the given pattern has 20 rows and 20 columns, and the derivative 19 and 20", refused);
}

/// Refuses negative numbers.
#[derive(Clone, Copy)]
enum Fragile {
    /// After a comparison.
    Compares,
    /// In an operation of its own.
    Operates,
}

/// The number itself, which is not negative.
#[derive(Clone, Copy)]
struct NotNegative;

impl CustomOperation<1> for NotNegative {
    fn value(&self, [x]: [f64; 1]) -> f64 {
        assert!(x >= 0.0, "negative");
        x
    }

    fn partials<F: Number<Plain = f64>>(&self, _: [F; 1], _: F) -> [F; 1] {
        [F::one()]
    }
}

impl Fragile {
    fn checked<F: Real<Plain = f64>>(self, x: F) -> F {
        match self {
            Self::Compares => {
                assert!(x >= 0.0, "negative");
                x
            }
            Self::Operates => NotNegative.apply([x]),
        }
    }
}

impl Function for Fragile {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        x.iter().map(|&x| self.checked(x * x) * self.checked(x)).sum()
    }
}

impl VectorFunction for Fragile {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = self.checked(x) * x);
    }
}

/// Both before there is a recording, and when the recording does not fit.
#[test]
fn a_panic_of_the_function_leaves_what_was_found_before() {
    for fragile in [Fragile::Compares, Fragile::Operates] {
        let compiled = Compiled::new(fragile).without_driver();
        let (good, bad) = ([1.0, 2.0, 0.5], [-1.0, 2.0, 0.5]);
        let (mut out, mut matrix) = ([0.0; 3], Csr::default());
        for round in 0..3 {
            let before = compiled.recordings();
            for refused in [
                caught(|| compiled.value(&bad)).map(drop),
                caught(|| compiled.gradient(&bad, &mut out)).map(drop),
                caught(|| compiled.hvp(&bad, &good, &mut out)),
                caught(|| compiled.sparse_hessian(&bad, &mut out, &mut matrix)).map(drop),
                caught(|| compiled.sparse_jacobian(&bad, &mut out, &mut matrix)),
            ] {
                assert_eq!(refused.unwrap_err().0, "negative");
            }
            let after = compiled.recordings();
            assert_eq!((after.recordings, after.elements), (before.recordings, before.elements));
            assert_eq!((compiled.gradient(&good, &mut out), out), (9.125, [3.0, 12.0, 0.75]));
            compiled.hvp(&good, &[1.0; 3], &mut out);
            assert_eq!(out, [6.0, 12.0, 3.0]);
            compiled.sparse_hessian(&good, &mut out, &mut matrix);
            assert_eq!(matrix.values(), [6.0, 12.0, 3.0]);
            compiled.sparse_jacobian(&good, &mut out, &mut matrix);
            assert_eq!((out, matrix.values()), ([1.0, 4.0, 0.25], &[2.0, 4.0, 1.0][..]));
            assert_eq!(counts(&compiled), [9 * (round + 1), 4, 0]);
        }
    }
}

/// A function that evaluates its own [`Compiled`] at a point with fewer numbers.
struct Recursive;

thread_local! {
    static OWN: Compiled<Recursive> = Compiled::new(Recursive).without_driver();
}

impl Function for Recursive {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let terms: F = x.windows(2).map(|x| x[0] * x[1]).sum();
        let mut slopes = vec![0.0; x.len().saturating_sub(1)];
        if !slopes.is_empty() {
            OWN.with(|own| own.gradient(&vec![0.5; slopes.len()], &mut slopes));
        }
        terms * (slopes.iter().sum::<f64>() + 1.0)
    }
}

#[test]
fn a_function_may_evaluate_its_own_compiled() {
    let driver = Driver::new(Recursive).with_mode(Mode::Reverse);
    for inputs in [4, 4, 5, 3] {
        let x = point(inputs);
        let (mut ours, mut theirs) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let value = OWN.with(|own| own.gradient(&x, &mut ours));
        assert_eq!((value, &ours), (driver.gradient(&x, &mut theirs), &theirs));
    }
}

#[test]
fn elements_of_which_there_are_few_are_one_line() {
    let kinds = |elements: &[[usize; 2]]| {
        let mut recordings = Recordings::default();
        (recordings.evaluations, recordings.recordings, recordings.elements) = (2, 1, elements.to_vec());
        recordings.to_string()
    };
    for (elements, lines) in [
        (&[][..], &[][..]),
        (&[[1, 1]], &["1 element of 1 operation"]),
        (&[[3, 2]], &["3 elements of 2 operations"]),
        (&[[1, 1], [9, 2]], &["1 element of 1 operation", "9 elements of 2 operations"]),
        (&[[1, 0], [1, 1]], &["2 elements of 1 operation in all, at most 3 of a kind"]),
        (
            &[[3, 5], [4, 1], [9, 2], [2, 4]],
            &[
                "4 elements of 1 operation",
                "9 elements of 2 operations",
                "5 elements of 23 operations in all, at most 3 of a kind",
            ],
        ),
    ] {
        assert_eq!(kinds(elements).lines().collect::<Vec<_>>(), [&["2 evaluations, 1 recording"], lines].concat());
    }
    let powers = Compiled::new(function!(|x: &[F]| (2..).zip(x).map(|(k, x)| x.powi(k)).sum::<F>())).without_driver();
    powers.gradient(&[1.0; 1000], &mut [0.0; 1000]);
    assert_eq!((powers.recordings().elements.len(), powers.recordings().to_string().lines().count()), (1000, 2));
}

#[test]
fn the_value_is_that_of_the_function() {
    let compiled = Compiled::new(Chain).without_driver();
    for inputs in [2, 50, 50, 1000] {
        let x = point(inputs);
        let expected = Function::value(&Chain, &x);
        assert!((compiled.value(&x) - expected).abs() <= 1e-13 * expected.abs());
    }
    let described = format!("{:?}", Compiled::<_, f64>::new(2.0));
    assert!(described.starts_with("Compiled { function: 2.0, recordings: Recordings {"), "{described}");
    let square = Compiled::<_, f64>::new(function!(|x| x[0] * x[0]));
    assert_eq!(Function::value(square.function(), &[3.0]), 9.0);
}

/// Springs between neighbours, and between numbers that are far apart in no order. One number is in all terms.
struct Scattered;

impl Function for Scattered {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let far = |k: usize| x[(k * k + 7 * k) % x.len()];
        let spring = |k: usize| (x[k + 1] - x[k] * x[0]).powi(2) + (x[k] - far(k)).sin() * x[0];
        (0..x.len() - 1).map(spring).sum::<F>() + x[3] * 2.0
    }
}

impl VectorFunction for Scattered {
    fn outputs(&self, inputs: usize) -> usize {
        inputs - 1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let far = |k: usize| x[(k * k + 7 * k) % x.len()];
        y.iter_mut().enumerate().for_each(|(k, y)| *y = (x[k + 1] - x[k] * x[0]).powi(2) + far(k).cos());
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    fn results(f: impl Function + VectorFunction, x: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<Csr<f64>>) {
        let (compiled, mut values, mut vectors) = (Compiled::new(f), vec![], vec![]);
        let (mut vector, mut y) = (vec![0.0; x.len()], vec![0.0; x.len() - 1]);
        let mut matrices = vec![Csr::default(); 3];
        values.push(compiled.gradient(x, &mut vector));
        vectors.extend_from_slice(&vector);
        values.push(compiled.sparse_hessian(x, &mut vector, &mut matrices[0]));
        vectors.extend_from_slice(&vector);
        compiled.hvp(x, x, &mut vector);
        vectors.extend_from_slice(&vector);
        compiled.sparse_jacobian(x, &mut y, &mut matrices[1]);
        vectors.extend_from_slice(&y);
        compiled.normal_equations(x, &mut y, &mut vector, &mut matrices[2]);
        vectors.extend_from_slice(&vector);
        assert_eq!(counts(&compiled), [5, 5, 0]);
        (values, vectors, matrices)
    }
    // Enough for three parts of each vector.
    let x = point(33_500);
    let on = |threads: usize| on_threads(threads, || (results(Chain, &x), results(Scattered, &x)));
    assert!(on(3) == on(1), "threads change a bit");
}

/// The loss of a network of 41 parameters on four rows: too few for elements, but enough neurons for a program.
struct Network;

impl Function for Network {
    fn eval<F: Real<Plain = f64>>(&self, parameters: &[F]) -> F {
        const ROWS: [[f64; 4]; 4] =
            [[2.0, 3.0, -1.0, 1.0], [3.0, -1.0, 0.5, -1.0], [0.5, 1.0, 1.0, -1.0], [1.0, 1.0, -1.0, 1.0]];
        let loss = |row: [f64; 4]| {
            let (mut x, mut rest): (Vec<F>, _) = (row[..3].iter().map(|&x| F::constant(x)).collect(), parameters);
            for neurons in [4, 4, 1] {
                let (layer, behind) = rest.split_at(neurons * (x.len() + 1));
                let neuron = |w: &[F]| x.iter().zip(w).fold(w[x.len()], |sum, (&x, &w)| sum + w * x);
                let sums = layer.chunks(x.len() + 1).map(neuron);
                x = sums.map(|sum| if sum > 2.0 { sum * 0.5 } else { sum.tanh() }).collect();
                rest = behind;
            }
            (x[0] - row[3]).powi(2)
        };
        ROWS.into_iter().map(loss).sum()
    }
}

#[test]
fn what_repeats_little_is_one_program_where_its_operations_are_independent() {
    let compiled = Compiled::new(Network);
    let driver = Driver::new(Network).with_mode(Mode::Reverse);
    let mut gradients = [vec![0.0; 41], vec![0.0; 41]];
    let mut assert_near = |scale: f64| {
        let x: Vec<f64> = (0..41).map(|k| (f64::from(k) * 1.3).sin() * scale).collect();
        let [ours, theirs] = &mut gradients;
        let values = [compiled.gradient(&x, ours), driver.gradient(&x, theirs)];
        assert!((values[0] - values[1]).abs() <= 1e-12 * values[1]);
        ours.iter().zip(theirs).for_each(|(a, b)| assert!((*a - *b).abs() <= 1e-12, "{a} instead of {b}"));
        assert_eq!(compiled.value(&x), Network.value(&x));
    };
    assert_near(0.1);
    assert_near(0.2);
    assert_eq!(counts(&compiled), [4, 1, 0]);
    assert_eq!((compiled.recordings().elements.len(), compiled.recordings().branched_at), (1, None));
    // Some neurons take the other branch.
    assert_near(2.0);
    assert_near(0.3);
    assert_eq!(counts(&compiled), [8, 3, 0]);
    assert_eq!(compiled.recordings().branched_at.map(std::panic::Location::file), Some(file!()));
    let x = [0.1; 41];
    compiled.gradient(&x, &mut gradients[0]);
    assert_eq!(allocations(|| _ = compiled.gradient(&x, &mut gradients[0])), 0);
}
