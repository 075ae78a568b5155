//! Compiled functions as Rust source: it compiles without a warning, and computes what the tape computes.

use gradtape::program::Precision;
use gradtape::sparse::{Csr, Sparsity};
use gradtape::{Compiled, Function, Real, VectorFunction, function};
use testing::structured::{
    BundleAdjustment, GaussianMixture, Hidden, MinimalSurface, Outputs, Problem, Residuals, Springs,
};
use testing::{TestFloat, number};

use super::chains::Chains;
use super::generated::Generated;
use super::lower_triangles::lower_triangle;

/// The exponential of every input is needed by two elements.
struct Neighbours;

impl<T: Precision> Function<T> for Neighbours {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let exp: Vec<F> = x.iter().map(|x| x.exp()).collect();
        exp.windows(2).map(|y| y[0] * y[1] - y[0]).sum::<F>().sqrt() + x[0]
    }
}

/// The sign of every number decides what is added.
struct Signs;

impl<T: Precision> Function<T> for Signs {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        x.iter().map(|&x| if x > F::zero() { x * x } else { x.exp() }).sum()
    }
}

/// Sums with terms that are no elements.
#[derive(Clone, Copy, Debug)]
enum Sums {
    /// Inputs of one weight, beside products.
    Equal,
    /// Inputs in no order, of different weights.
    Weighted,
    /// Results of other elements, and inputs.
    Exponentials,
    /// A sum is a term of another one.
    Nested,
    /// Each sum has one term more than the one before.
    Triangle,
    /// A mean, and what every input adds to it.
    Mean,
}

impl Sums {
    const ALL: [Self; 6] = [Self::Equal, Self::Weighted, Self::Exponentials, Self::Nested, Self::Triangle, Self::Mean];
}

impl<T: Precision + TestFloat> Function<T> for Sums {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let weight = |k: usize| number::<T>(f64::from(u32::try_from(k % 7).unwrap()) - 2.5);
        let weighted = |x: &[F]| x.iter().enumerate().map(|(k, &x)| x * weight(k)).sum::<F>();
        let products: F = x.windows(2).map(|x| x[0] * x[1]).sum();
        match self {
            Self::Equal => x.windows(2).fold(products, |sum, x| sum - x[0] * number::<T>(0.25)),
            Self::Weighted => (0..x.len()).fold(products, |sum, k| sum + x[7 * k % x.len()] * weight(k)),
            Self::Exponentials => {
                let exp: Vec<F> = x.iter().map(|x| x.exp()).collect();
                exp.windows(2).map(|y| y[0] * y[1]).sum::<F>() + weighted(&exp) + weighted(&x[3..])
            }
            Self::Nested => {
                let exp: Vec<F> = x.iter().map(|x| x.exp()).collect();
                let sum: F = exp.iter().sum();
                (weighted(&exp) + sum).sin() + sum.cos()
            }
            Self::Triangle => (8..x.len()).map(|k| weighted(&x[..k]).sin()).sum(),
            Self::Mean => {
                let mean = x.iter().sum::<F>() * number::<T>(0.1);
                x.iter().map(|&x| (x - mean).powi(2)).sum::<F>() + mean
            }
        }
    }
}

#[test]
fn the_source_of_sums_grows_by_tables_alone() {
    let lines = |sums: Sums, count: usize| {
        let source = Compiled::new(sums).to_rust("sums", &vec![0.5; count]).unwrap().to_string();
        source.lines().filter(|line| !line.ends_with(',')).count()
    };
    for sums in Sums::ALL {
        let [few, many] = [300, 600].map(|count| lines(sums, count));
        assert!(many <= few + 2, "{sums:?} has {few} lines, then {many}");
    }
}

#[test]
fn the_source_of_a_compiled_function_has_the_tapes_gradients() {
    fn point<T: TestFloat>(count: usize) -> Vec<T> {
        (0..).take(count).map(|k: u32| number(0.3 + (f64::from(k) * 0.7).sin() * 0.2)).collect()
    }
    fn add<T: TestFloat + Precision>(generated: &mut Generated) {
        generated.add(Neighbours, &[point::<T>(20), point(20).into_iter().rev().collect()], &[]);
        generated.add(Neighbours, &[point::<T>(1100)], &[]);
        generated.add(Signs, &[point::<T>(9), negative(point(9))], &[false, true]);
        generated.add(Signs, &[negative(point::<T>(9)), point(9), negative(point(9))], &[false, true, false]);
        for sums in Sums::ALL {
            generated.add(sums, &points::<T>(20), &[]);
        }
        generated.add(Sums::Exponentials, &[point::<T>(1100)], &[]);
        for chains in Chains::ALL {
            generated.add(chains, &points::<T>(20), &[]);
        }
        generated.add(Chains::LogSumExp, &[point::<T>(1100)], &[]);
        for seed in 0..12 {
            let hidden = Hidden::from_seed(seed);
            generated.add(&hidden, &[hidden.point::<T>(0)], &[]);
        }
    }
    let mut generated = Generated::default();
    add::<f64>(&mut generated);
    add::<f32>(&mut generated);
    generated.add(function!(|x: &[F]| x[0] * 0.0 + 3.0), &[vec![1.0_f64]], &[]);
    generated.add(function!(|x: &[F]| x[2] * 2.0 - x[0]), &[vec![1.0_f64, 2.0, 3.0]], &[]);
    generated.add(function!(|x: &[F]| x[2]), &[vec![1.0_f64, 2.0, 3.0]], &[]);
    let (mixture, x) = GaussianMixture::new(3, 2, 20);
    generated.add(&mixture, &[x], &[]);
    let (springs, x) = Springs::new(5);
    generated.add(&springs, &[x], &[]);
    let (surface, x) = MinimalSurface::new(6);
    generated.add(&surface, &[x], &[]);
    for problem in Problem::all() {
        generated.add(problem, &[problem.start(12)], &[]);
    }
    generated.assert_right("compiled_source");
}

/// The point, the same in another order, and one beside.
fn points<T: TestFloat>(count: usize) -> [Vec<T>; 3] {
    let at = |shift: f64| {
        (0..).take(count).map(move |k: u32| number(0.6 + (f64::from(k) * 0.7 + shift).sin() * 0.3)).collect()
    };
    [0.0, 1.0, 2.5].map(at)
}

/// Differences of exponentials: each is in two outputs.
struct Steps;

impl<T: Precision> VectorFunction<T> for Steps {
    fn outputs(&self, inputs: usize) -> usize {
        inputs - 1
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let exp: Vec<F> = x.iter().map(|x| x.exp()).collect();
        for (y, exp) in y.iter_mut().zip(exp.windows(2)) {
            *y = exp[1] - exp[0] * exp[0];
        }
    }
}

/// Outputs that are constants, inputs and each other; elements with data, with an input that all share, and with one
/// input twice in some rows.
struct Mixed;

impl<T: Precision + TestFloat> VectorFunction<T> for Mixed {
    fn outputs(&self, inputs: usize) -> usize {
        6 * inputs + 1
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let n = x.len();
        for k in 0..n {
            let data = number::<T>([0.5, -2.0, 3.25][k % 3]);
            y[6 * k] = F::constant(data);
            y[6 * k + 1] = x[n - 1 - k];
            y[6 * k + 2] = (x[k] * data).sin() * x[0];
            y[6 * k + 3] = x[k] * x[k * k % n].exp() * x[n / 2];
            y[6 * k + 4] = y[6 * k + 2];
            y[6 * k + 5] = x[k * k % n] * number::<T>(2.0) - x[n - 1 - k];
        }
        y[6 * n] = F::constant(number(-0.0));
    }
}

/// A sum of more inputs and products than an element has inputs in the source, beside other outputs.
struct LongSum;

impl<T: Precision + TestFloat> VectorFunction<T> for LongSum {
    fn outputs(&self, _: usize) -> usize {
        3
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let weighted = x.iter().zip([0.5, -2.0, 3.25].into_iter().cycle()).map(|(&x, weight)| x * number::<T>(weight));
        let products = x.windows(2).map(|x| (x[0] * x[1]).sin());
        y.copy_from_slice(&[x[0] * x[1], weighted.chain(products).sum::<F>() - number::<T>(2.5), x[3]]);
    }
}

/// Each output branches.
struct SignsOfAll;

impl<T: Precision> VectorFunction<T> for SignsOfAll {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = if x > F::zero() { x * x } else { x.exp() };
        }
    }
}

/// The point with another sign in one place.
fn negative<T: TestFloat>(mut x: Vec<T>) -> Vec<T> {
    x[1] = -x[1];
    x
}

#[test]
fn the_source_of_sparse_jacobians_has_the_numbers_of_compiled_and_driver() {
    fn add<T: TestFloat + Precision>(generated: &mut Generated) {
        generated.add_jacobian(Steps, &points::<T>(20), &[]);
        generated.add_jacobian(Mixed, &points::<T>(7), &[]);
        generated.add_jacobian(LongSum, &points::<T>(4100)[..1], &[]);
        let positive = points::<T>(9)[0].clone();
        let both = [positive.clone(), negative(positive)];
        generated.add_jacobian(SignsOfAll, &both, &[false, true]);
        generated.add_jacobian(SignsOfAll, &[both[1].clone(), both[0].clone(), both[1].clone()], &[false, true, false]);
        for seed in 0..12 {
            let hidden = Hidden::from_seed(seed);
            let f = Outputs(&hidden);
            let points = [0, 1, 2].map(|k| hidden.point::<T>(k));
            let program = VectorFunction::record(&f, &points[0]);
            generated.add_jacobian(f, &points, &points.each_ref().map(|x| program.eval(x).is_err()));
        }
    }
    let mut generated = Generated::default();
    add::<f64>(&mut generated);
    add::<f32>(&mut generated);
    for residuals in Residuals::ALL {
        let is_dense =
            matches!(residuals, Residuals::Trigonometric | Residuals::AlmostLinear | Residuals::IntegralEquation);
        for &variables in if is_dense { &[12][..] } else { &[12, 60] } {
            let start = residuals.start(variables);
            let beside = start.iter().zip(0..).map(|(x, k)| x + 0.1 * f64::from(k).sin()).collect();
            generated.add_jacobian(residuals, &[start, beside], &[]);
        }
    }
    let (bundle, x) = BundleAdjustment::new(3, 7, 20);
    let beside = x.iter().zip(0..).map(|(x, k)| x * (1.0 + 1e-3 * f64::from(k).sin())).collect();
    generated.add_jacobian(&bundle, &[x, beside], &[]);
    generated.add_jacobian(function!(|x, y: [0]| { let _ = (x, y); }), &[vec![1.0]], &[]);
    let wider = Sparsity::new((0..19_usize).map(|k| k.saturating_sub(1)..k + 2), 20);
    let compiled = Compiled::new(Steps).without_driver().with_pattern(wider);
    generated.add_compiled_jacobian::<f64>(&compiled, &points(20), &[], Clone::clone);
    generated.assert_right("jacobian_source");
}

#[test]
fn the_source_of_sparse_hessians_has_the_numbers_of_compiled_and_driver() {
    fn add<T: TestFloat + Precision>(generated: &mut Generated) {
        let positive = points::<T>(9)[0].clone();
        generated.add_hessian(Signs, &[positive.clone(), negative(positive)], &[false, true]);
        for seed in 0..12 {
            let hidden = Hidden::from_seed(seed);
            if Compiled::new(&hidden).sparse_hessian_to_rust("f", &hidden.point::<T>(0)).is_ok() {
                generated.add_hessian(&hidden, &[hidden.point::<T>(0)], &[]);
            }
        }
    }
    let mut generated = Generated::default();
    add::<f64>(&mut generated);
    add::<f32>(&mut generated);
    assert!(generated.count >= 16, "most random functions have a source: {}", generated.count);
    generated.add_hessian(function!(|x: &[F]| x[0] * 0.0 + 3.0), &[vec![1.0]], &[]);
    generated.add_hessian(function!(|x: &[F]| x[2]), &[vec![1.0, 2.0, 3.0]], &[]);
    generated.add_hessian(
        function!(|x: &[F]| x[0] * 4.0 - x[2] * 2.0 + x[0] * x[1] * 3.0),
        &[vec![1.0, 2.0, 3.0]],
        &[],
    );
    // The first input is the same in all rows, and others stand in two columns.
    let star = function!(|x: &[F]| x.windows(2).map(|y| (y[0] * y[1]).sin() * x[0]).sum::<F>() + x[3]);
    generated.add_hessian(star, &points(9), &[]);
    for sums in [Sums::Equal, Sums::Weighted] {
        generated.add_hessian::<f64>(sums, &points(20), &[]);
    }
    let lower = Compiled::new(star).without_driver().with_lower_triangle();
    generated.add_compiled_hessian::<f64>(&lower, &points(9), &[], lower_triangle);
    let (springs, x) = Springs::new(5);
    generated.add_hessian(&springs, &[x], &[]);
    let (surface, x) = MinimalSurface::new(6);
    generated.add_hessian(&surface, &[x], &[]);
    for problem in Problem::all() {
        generated.add_hessian(problem, &[problem.start(12)], &[]);
    }
    generated.assert_right("hessian_source");
}

#[test]
fn the_source_of_a_jacobian_for_devices_calls_libm_and_grows_by_tables_alone() {
    let function = |count: usize| {
        let source = Compiled::new(Steps).sparse_jacobian_to_rust("steps", &vec![0.5; count]).unwrap().libm();
        assert_eq!(source.memory(), 0);
        let source = source.to_string();
        assert!(source.contains("libm::exp(") && !source.contains(".exp()"), "{source}");
        source[source.find("pub fn steps").unwrap()..].to_owned()
    };
    assert!(function(500).len() < function(50).len() + 20);
    let mut generated = Generated::default();
    generated.functions += "mod libm {\n    pub fn exp(x: f64) -> f64 {\n        x.exp()\n    }\n}\n";
    let (compiled, x) = (Compiled::new(Steps), points(6)[0].clone());
    let source = compiled.sparse_jacobian_to_rust("f0", &x).unwrap().libm();
    let (mut y, mut jacobian) = (vec![0.0; 5], Csr::default());
    compiled.sparse_jacobian(&x, &mut y, &mut jacobian);
    generated.add_source(
        &source,
        (&[5, 10], false),
        std::slice::from_ref(&x),
        "let _ = (&F0_ROW_STARTS, &F0_COLUMNS, value);",
    );
    generated.expect("numbers", &x, Some([&y, jacobian.values()].concat()));
    generated.assert_right("jacobian_source_for_devices");
}

#[test]
fn the_source_of_elements_that_share_too_much_is_refused() {
    /// A long computation, of which every step is an output.
    struct Trajectory;
    impl VectorFunction for Trajectory {
        fn outputs(&self, _: usize) -> usize {
            2000
        }

        fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
            let mut state = x[0];
            for y in y {
                state = state.sin() + x[1];
                *y = state * state;
            }
        }
    }
    let error = Compiled::new(Trajectory).sparse_jacobian_to_rust("trajectory", &[1.0, 2.0]).unwrap_err().to_string();
    assert!(error.starts_with("source of `trajectory`: expected elements"), "{error}");
    assert!(error.ends_with("write `record(x).jacobian().to_rust(name)`"), "{error}");
    let branch = function!(|x: &[F]| {
        let sum: F = x.windows(2).map(|x| x[0] * x[1]).sum();
        if sum > F::one() { sum } else { sum * sum }
    });
    let error = Compiled::new(branch).sparse_hessian_to_rust("branch", &[1.0; 150]).unwrap_err().to_string();
    assert!(error.ends_with("write `record(x).gradient().jacobian().to_rust(name)`"), "{error}");
}

#[test]
#[should_panic = "the given pattern has 3 rows and 3 columns, and the derivative 8 and 9; give a pattern of this matrix"]
fn a_pattern_of_another_shape_has_no_source() {
    let compiled = Compiled::new(Steps).with_pattern(Sparsity::new([0..3, 0..3, 0..3], 3));
    let _ = compiled.sparse_jacobian_to_rust("steps", &[0.5; 9]);
}

#[test]
fn source_for_devices_calls_libm_and_grows_by_tables_alone() {
    let length = |count: usize| {
        let source = Compiled::new(Neighbours).to_rust("neighbours", &vec![0.5; count]).unwrap().libm().to_string();
        assert!(source.contains("libm::exp(") && !source.contains(".exp()"), "{source}");
        source.len()
    };
    assert!(length(500) < length(50) + 100);
}

#[test]
fn the_name_of_a_compiled_function_is_checked() {
    let compiled = Compiled::new(Neighbours);
    let error = compiled.to_rust("fn", &[1.0, 2.0]).unwrap_err().to_string();
    assert_eq!(error, compiled.function().record(&[1.0, 2.0]).to_rust("fn").unwrap_err().to_string());
    let x = [1.0, 2.0];
    for found in [compiled.sparse_hessian_to_rust("fn", &x), Compiled::new(Steps).sparse_jacobian_to_rust("fn", &x)] {
        assert_eq!(found.unwrap_err().to_string(), error);
    }
}
