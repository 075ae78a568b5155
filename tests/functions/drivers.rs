//! What a driver is besides its derivatives: where it may live, what it may hold, and who may call it.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

use gradtape::sparse::{Coloring, Csr, Sparsity};
use gradtape::{Driver, Function, Mode, Plain, Real, Tape, Value, VectorFunction, function};
use testing::TestFloat;
use testing::functions::{Chain, Several, all_bits, point};

#[test]
fn a_driver_may_live_as_long_as_its_thread() {
    thread_local! {
        static DRIVER: Driver<Chain> = const { Driver::new(Chain) };
    }
    for _ in 0..3 {
        let thread = thread::spawn(|| {
            let mut slopes = [0.0; 20];
            DRIVER.with(|driver| {
                driver.hvp(&point(20, 1.0), &point(20, 5.0), &mut [0.0; 20]);
                driver.gradient(&point(20, 1.0), &mut slopes);
            });
            slopes
        });
        assert_eq!(thread.join().unwrap().to_vec(), Chain.gradient(&point::<f64>(20, 1.0)));
    }
}

/// The root of a function near `x`, by Newton's method. As many solvers do, it takes an `Fn` of value and slope.
fn root(f: &dyn Fn(&[f64]) -> [f64; 2], mut x: f64) -> f64 {
    for _ in 0..20 {
        let [y, slope] = f(&[x]);
        x -= y / slope;
    }
    x
}

#[test]
fn a_solver_that_takes_an_fn_takes_a_closure_with_a_driver_in_it() {
    let driver = Driver::new(function!(|x| x[0].powi(3) - 2.0));
    let of_scalar = |x: &[f64]| {
        let mut slope = [0.0];
        [driver.gradient(x, &mut slope), slope[0]]
    };
    let of_hessian = |x: &[f64]| {
        let (mut slope, mut curvature) = ([0.0], [0.0]);
        driver.hessian(x, &mut slope, &mut curvature);
        [slope[0] - 6.0, curvature[0]]
    };
    let vector = Driver::new(function!(|x| [x[0] * x[0] - 9.0]));
    let of_vector = |x: &[f64]| {
        let (mut y, mut jacobian) = ([0.0], Csr::default());
        vector.sparse_jacobian(x, &mut y, &mut jacobian);
        [y[0], jacobian.get(0, 0)]
    };
    for (f, expected) in
        [(&of_scalar as &dyn Fn(&[f64]) -> [f64; 2], 2_f64.cbrt()), (&of_hessian, 2_f64.sqrt()), (&of_vector, 3.0)]
    {
        assert!((root(f, 2.0) - expected).abs() < 1e-15, "{}", root(f, 2.0));
    }
}

thread_local! {
    static OWN_SLOPE: Driver<OwnSlope> = const { Driver::new(OwnSlope) };
    static OWN_RESULTS: Driver<OwnResults> = const { Driver::new(OwnResults) };
}

/// `x₀² s`, where `s` is the first slope of the function itself at `x₁, x₂, …`, or 1 if there are none.
struct OwnSlope;

impl Function for OwnSlope {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let inner: Vec<_> = x[1..].iter().map(|x| x.data()).collect();
        x[0] * x[0] * if inner.is_empty() { 1.0 } else { OWN_SLOPE.with(|driver| first_slope(driver, &inner)) }
    }
}

/// The first slope. All drivers agree on it, and on what else they compute.
#[track_caller]
fn first_slope(driver: &Driver<OwnSlope>, x: &[f64]) -> f64 {
    let n = x.len();
    let unit: Vec<_> = (0..n).map(|i| if i == 0 { 1.0 } else { 0.0 }).collect();
    let (mut slopes, mut again, mut column) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let value = driver.gradient(x, &mut slopes);
    assert_eq!(driver.slope(x, &unit), (value, slopes[0]));
    let [y, slope, curvature] = driver.directional(x, &unit);
    assert_eq!((y, slope), (value, slopes[0]));
    driver.hvp(x, &unit, &mut column);
    assert_eq!(column[0], curvature);
    let (mut dense, mut sparse) = (vec![0.0; n * n], Csr::default());
    assert_eq!((driver.hessian(x, &mut again, &mut dense), &again), (value, &slopes));
    assert_eq!(dense[..n], column);
    assert_eq!((driver.sparse_hessian(x, &mut again, &mut sparse), &again), (value, &slopes));
    assert_eq!(sparse.to_dense().concat(), dense);
    slopes[0]
}

/// `x₀ r`, where `r` are the results of the function itself at `x₁, x₂, …`, and behind them 1 and the sum of their
/// Jacobian.
struct OwnResults;

impl VectorFunction for OwnResults {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let inner: Vec<_> = x[1..].iter().map(|x| x.data()).collect();
        let (mut results, sum) =
            if inner.is_empty() { (vec![], 0.0) } else { OWN_RESULTS.with(|driver| results_and_sum(driver, &inner)) };
        results.push(1.0 + sum);
        y.iter_mut().zip(results).for_each(|(y, result)| *y = x[0] * result);
    }
}

/// The results and the sum of the Jacobian. All drivers agree on them.
#[track_caller]
fn results_and_sum(driver: &Driver<OwnResults>, x: &[f64]) -> (Vec<f64>, f64) {
    let (n, ones) = (x.len(), vec![1.0; x.len()]);
    let (mut results, mut again, mut product) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let (mut dense, mut sparse) = (vec![0.0; n * n], Csr::default());
    driver.jacobian(x, &mut results, &mut dense);
    let sum = dense.iter().sum::<f64>();
    driver.value(x, &mut again);
    assert_eq!(again, results);
    driver.sparse_jacobian(x, &mut again, &mut sparse);
    assert_eq!((&again, sparse.to_dense().concat()), (&results, dense));
    driver.jvp(x, &ones, &mut again, &mut product);
    assert_eq!((&again, product.iter().sum()), (&results, sum));
    driver.vjp(x, &ones, &mut again, &mut product);
    assert_eq!((&again, product.iter().sum()), (&results, sum));
    let tape = Tape::new();
    let (variables, mut y) = (tape.vars(x), vec![Value::from(0.0); n]);
    driver.preaccumulate(&variables, &mut y);
    assert_eq!(y, results);
    assert_eq!(y.iter().sum::<Value<_>>().backward().wrt_all(&variables), product);
    (results, sum)
}

/// Each evaluation calls the driver that called it.
#[test]
fn a_function_that_uses_its_own_driver_is_right() {
    let x = [2.0, 3.0, 5.0];
    // At (5), the slope is 2·5; at (3, 5), it is 2·3·10; at x, it is 2·2·60.
    assert_eq!((0..2).map(|_| OWN_SLOPE.with(|driver| first_slope(driver, &x))).collect::<Vec<_>>(), [240.0; 2]);
    // At (5), the result is 5, with slope 1; at (3, 5), results are 3·(5, 2), with slopes 5 and 2; at x, they are
    // 2·(15, 6, 8).
    for _ in 0..2 {
        assert_eq!(OWN_RESULTS.with(|driver| results_and_sum(driver, &x)), (vec![30.0, 12.0, 16.0], 29.0));
    }
}

/// [`Several`] as a function of three outputs, and [`Chain`] as one of one. Clones count their evaluations together.
#[derive(Clone, Default)]
struct Counted {
    evaluations: Rc<Cell<usize>>,
}

impl<T: Plain> VectorFunction<T> for Counted {
    fn outputs(&self, _inputs: usize) -> usize {
        3
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        self.evaluations.set(self.evaluations.get() + 1);
        Several(3).eval(x, y);
    }
}

impl<T: Plain> Function<T> for Counted {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        self.evaluations.set(self.evaluations.get() + 1);
        Chain.eval(x)
    }
}

/// The numbers that a driver computes, and how often it evaluates the function.
fn computed<T: TestFloat>(driver: &Driver<Counted>, x: &[T], v: &[T]) -> (Vec<u64>, usize) {
    let before = driver.function().evaluations.get();
    let n = x.len();
    let (mut slopes, mut dense, mut sparse) = (vec![T::zero(); n], vec![T::zero(); n * n], Csr::default());
    let (mut y, mut along, mut jacobian) = ([T::zero(); 3], [T::zero(); 3], vec![T::zero(); 3 * n]);
    let mut numbers = vec![driver.gradient(x, &mut slopes)];
    numbers.extend(&slopes);
    numbers.extend(driver.directional(x, v));
    numbers.push(driver.hessian(x, &mut slopes, &mut dense));
    numbers.extend(slopes.iter().chain(&dense));
    driver.hvp(x, v, &mut slopes);
    driver.jacobian(x, &mut y, &mut jacobian);
    numbers.extend(slopes.iter().chain(&y).chain(&jacobian));
    driver.jvp(x, v, &mut y, &mut along);
    numbers.extend(y.iter().chain(&along));
    driver.sparse_jacobian(x, &mut y, &mut sparse);
    numbers.extend(y.iter().chain(sparse.values()));
    (all_bits(&numbers), driver.function().evaluations.get() - before)
}

fn clones_give_the_same<T: TestFloat>() {
    let (x, v) = (point::<T>(20, 1.0), point::<T>(20, 5.0));
    let all = Coloring::of_rows(&Sparsity::new((0..3).map(|_| 0..20), 20));
    let new = || Driver::new(Counted::default());
    let drivers = [
        new(),
        new().with_mode(Mode::Forward),
        new().with_mode(Mode::Reverse),
        new().with_coloring(all.clone()),
        new().with_mode(Mode::Forward).with_coloring(all),
    ];
    let mut counts = Vec::new();
    for driver in drivers {
        let unused = driver.clone();
        let expected = computed(&driver, &x, &v);
        for clone in [&unused, &driver.clone(), &unused.clone()] {
            assert_eq!(computed(clone, &x, &v), expected);
        }
        // The clones did not disturb it.
        assert_eq!(computed(&driver, &x, &v).0, expected.0);
        counts.push(expected.1);
    }
    // For 20 inputs, forward mode takes one evaluation more than reverse mode, in the gradient and in the Jacobian.
    assert_eq!(counts[1], counts[2] + 2, "{counts:?}");
}

fn is_as_new<T: TestFloat>(driver: &Driver<Chain>) {
    let (x, v) = (point::<T>(9, 1.0), point::<T>(9, 5.0));
    let (mut slopes, mut product, mut sparse) = (vec![T::zero(); 9], vec![T::zero(); 9], Csr::default());
    let value = driver.sparse_hessian(&x, &mut slopes, &mut sparse);
    assert_eq!(sparse, Chain.sparse_hessian(&x));
    assert_eq!((driver.gradient(&x, &mut slopes), &slopes), (value, &Chain.gradient(&x)));
    driver.hvp(&x, &v, &mut product);
    assert_eq!(product, Chain.hvp(&x, &v));
    assert_eq!(driver.directional(&x, &v), Chain.directional(&x, &v));
}

#[test]
fn one_driver_serves_both_precisions_in_turn() {
    let driver = Driver::new(Chain);
    for _ in 0..2 {
        is_as_new::<f32>(&driver);
        is_as_new::<f64>(&driver);
    }
}

#[test]
fn a_clone_of_a_driver_has_its_settings_and_gives_the_same() {
    clones_give_the_same::<f32>();
    clones_give_the_same::<f64>();
}
/// One more term in f64. The precision is no input, so its pattern is not local.
struct ByPrecision;

impl<T: Plain> Function<T> for ByPrecision {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        x[0] * x[0] + if T::epsilon() < testing::number(1e-10) { x[1] * x[1] } else { F::zero() }
    }
}

#[test]
fn a_driver_has_a_pattern_of_its_own_for_each_precision() {
    let (driver, mut narrow, mut wide) = (Driver::new(ByPrecision), Csr::default(), Csr::default());
    driver.sparse_hessian(&[1.0_f32, 2.0], &mut [0.0; 2], &mut narrow);
    driver.sparse_hessian(&[1.0_f64, 2.0], &mut [0.0; 2], &mut wide);
    assert_eq!((narrow.nnz(), wide.to_dense()), (1, vec![vec![2.0, 0.0], vec![0.0, 2.0]]));
}
