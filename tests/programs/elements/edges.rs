//! Functions at the edge: nothing to add up, nothing to differentiate, numbers that are not finite, operations of other
//! kinds.

use gradtape::sparse::Csr;
use gradtape::{
    Compiled, CustomOperation, Driver, Function, Mode, Number, Plain, Real, Special, Stage, VectorFunction, function,
};
use testing::structured::agreement::{assert_gradients_of, assert_hessians_of, assert_jacobians_of};
use testing::{bits, number};

fn points(inputs: u32) -> Vec<Vec<f64>> {
    [0.5, 1.5, 0.25].map(|x| (0..inputs).map(|k| x + 0.01 * f64::from(k)).collect()).to_vec()
}

fn assert_derivatives_of(f: impl Function, points: &[Vec<f64>], what: &str) {
    for without in [None, Some(Stage::LongChunks)] {
        assert_gradients_of(&f, without, points, || what.to_owned());
        assert_hessians_of(&f, without, points, || what.to_owned());
    }
}

#[test]
fn functions_without_terms_have_their_derivatives() {
    assert_derivatives_of(function!(|_x| F::constant(3.0)), &points(3), "a constant");
    assert_derivatives_of(function!(|x| x[1]), &points(3), "an input");
    assert_derivatives_of(function!(|x: &[F]| x[3..].iter().sum::<F>()), &points(3), "an empty sum");
    assert_derivatives_of(function!(|x| x[0] + 2.0), &points(1), "a shifted input");
    assert_derivatives_of(function!(|x| x[0] * 0.0), &points(2), "a product with zero");
    assert_derivatives_of(function!(|x| x[0] - x[0]), &points(2), "terms that cancel");
    assert_derivatives_of(function!(|x| x[0] * 2.0 + x[0] * x[1] - x[0] * 2.0), &points(2), "weights that cancel");
}

/// Results with a slope of NaN or infinity, whose adjoints add up to 0.
#[derive(Clone, Copy, Debug)]
enum Cancelling {
    /// Terms of one number.
    Term,
    /// Two products with equal inputs.
    Products,
    /// All neighbours.
    Telescope,
}

impl Function for Cancelling {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let roots: Vec<F> = x.iter().map(|x| x.sqrt()).collect();
        let squares: F = x.iter().map(|&x| x * x).sum();
        squares
            + match self {
                Self::Term => roots[5] * 2.0 - roots[5] - roots[5],
                Self::Products => x[6] * roots[5] - x[7] * roots[5],
                Self::Telescope => roots.windows(2).map(|root| root[1] - root[0]).sum::<F>(),
            }
    }
}

#[test]
fn a_slope_of_nan_reaches_the_tapes_gradient_alone_where_the_adjoint_cancels() {
    for cancelling in [Cancelling::Term, Cancelling::Products, Cancelling::Telescope] {
        for x5 in [-1.0, 0.0] {
            let mut x = [1.0; 40];
            x[5] = x5;
            let (mut ours, mut theirs) = ([0.0; 40], [0.0; 40]);
            let value = Compiled::new(cancelling).without_driver().gradient(&x, &mut ours);
            let of_tape = Driver::new(cancelling).with_mode(Mode::Reverse).gradient(&x, &mut theirs);
            let program = cancelling.record(&x).gradient().eval(&x).unwrap();
            assert_eq!([value.is_nan(), of_tape.is_nan(), program[0].is_nan()], [x5 < 0.0; 3], "{cancelling:?}");
            assert!(theirs[5].is_nan(), "{cancelling:?}: {}", theirs[5]);
            assert_eq!([ours[5], program[6]], [2.0 * x5; 2], "{cancelling:?}");
        }
    }
}

#[test]
fn functions_without_inputs_are_constants() {
    let compiled = Compiled::new(function!(|x: &[F]| x.iter().sum::<F>() + 3.0)).without_driver();
    let mut hessian = Csr::default();
    assert_eq!(compiled.value(&[]), 3.0);
    assert_eq!(compiled.gradient(&[], &mut []), 3.0);
    assert_eq!(compiled.sparse_hessian(&[], &mut [], &mut hessian), 3.0);
    assert_eq!((hessian.rows(), hessian.columns()), (0, 0));
    compiled.hvp(&[], &[], &mut []);
    let (mut y, mut jacobian) = ([0.0], Csr::default());
    let compiled = Compiled::new(function!(|_x| [F::constant(1.0)])).without_driver();
    compiled.sparse_jacobian(&[], &mut y, &mut jacobian);
    assert_eq!((y, jacobian.rows(), jacobian.columns()), ([1.0], 1, 0));
}

#[test]
fn outputs_may_be_inputs_constants_or_each_other() {
    /// By a number that tells them apart.
    struct Outputs(usize);
    impl VectorFunction for Outputs {
        fn outputs(&self, _: usize) -> usize {
            [0, 4, 3, 6, 2, 5][self.0]
        }

        fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
            match self.0 {
                0 => {}
                1 => y.copy_from_slice(&[x[0], x[1], x[0], F::constant(7.0)]),
                2 => y.copy_from_slice(&[x[0] * x[1], x[0] * x[1], x[0] * x[1] + x[0]]),
                3 => {
                    for (k, y) in y.iter_mut().enumerate() {
                        *y = if k % 2 == 0 { x[k % 3] } else { x[k % 3] * x[0] + x[1] };
                    }
                }
                4 => y.copy_from_slice(&[x.iter().sum::<F>().powi(2), x[0] * x[0].sin()]),
                _ => {
                    let shared = x[0].sin();
                    let product = shared * x[1];
                    y.copy_from_slice(&[F::constant(2.0), shared, product, product + shared, product - product]);
                }
            }
        }
    }
    for k in 0..6 {
        assert_jacobians_of(Outputs(k), None, &points(3), || format!("outputs {k}"));
        let compiled = Compiled::new(Outputs(k)).without_driver();
        compiled.sparse_jacobian(&[0.5; 3], &mut vec![0.0; Outputs(k).outputs(3)], &mut Csr::default());
        assert_eq!(super::counts(&compiled), [1, 1, 0], "outputs {k} need no driver");
    }
}

#[test]
fn sums_may_be_nested_three_deep() {
    let nested = function!(|x: &[F]| {
        let block = |x: &[F]| x.iter().map(|&x| x.sin() * x).sum::<F>().sqrt();
        let of_blocks = |x: &[F]| x.chunks(5).map(block).map(|block| block * block * block).sum::<F>();
        x.chunks(40).map(|x| of_blocks(x).ln_1p()).sum::<F>().powi(2)
    });
    assert_derivatives_of(nested, &points(160), "sums of sums of sums");
    let weighted = function!(|x: &[F]| {
        let mut total = F::one();
        for x in x.chunks(40) {
            let mut outer = F::zero();
            for x in x.chunks(8) {
                let inner: F = x.windows(2).map(|x| x[0] * x[1]).sum();
                outer -= inner.tanh() * 0.5;
            }
            total += outer.exp();
        }
        total
    });
    assert_derivatives_of(weighted, &points(120), "weighted sums of sums of sums");
}

/// Terms with poles and roots, times weights that are also zero.
struct Singular;

impl<T: Plain> Function<T> for Singular {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let term = |k: usize, x: &[F]| (x[0].sqrt() * x[1] + x[0].recip()) * number::<T>([1.0, 0.0, -0.5][k % 3]);
        x.chunks(2).enumerate().map(|(k, x)| term(k, x)).sum()
    }
}

/// The same terms, of which a factor may be zero.
struct Scaled;

impl<T: Plain> Function<T> for Scaled {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        x.chunks(2).map(|x| x[1] * (x[0].sqrt() + x[0].abs().ln())).sum()
    }
}

fn assert_elements_are_alone<T: testing::TestFloat + gradtape::program::Precision>(f: &impl Function<T>) {
    let good: Vec<T> = (0..120_u8).map(|k| number(0.5 + f64::from(k) / 64.0)).collect();
    let (compiled, driver) = (Compiled::new(f).without_driver(), Driver::new(f).with_mode(Mode::Reverse));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0] {
        for place in [0, 1, 2, 3, 4, 5, 77, 118, 119] {
            let mut x = good.clone();
            x[place] = number(bad);
            let (mut ours, mut theirs) = (vec![T::zero(); x.len()], vec![T::zero(); x.len()]);
            let values = [compiled.gradient(&x, &mut ours), driver.gradient(&x, &mut theirs)];
            let tolerance = T::epsilon() * number(64.0);
            let near = |ours: T, theirs: T| {
                bits(ours) == bits(theirs) || (ours - theirs).abs() <= tolerance * theirs.abs().max(T::one())
            };
            assert!(near(values[0], values[1]), "{bad} at {place}: {values:?}");
            let assert_all_near = |ours: &[T], theirs: &[T], what: &str| {
                for (k, (&ours, &theirs)) in ours.iter().zip(theirs).enumerate() {
                    assert!(near(ours, theirs), "{bad} at {place}: {what} {k} is {ours:?} instead of {theirs:?}");
                }
            };
            assert_all_near(&ours, &theirs, "slope");
            let v: Vec<T> = (0..120_u8).map(|k| number(f64::from(k).cos())).collect();
            compiled.hvp(&x, &v, &mut ours);
            driver.hvp(&x, &v, &mut theirs);
            assert_all_near(&ours, &theirs, "product");
            let mut hessians = [Csr::default(), Csr::default()];
            compiled.sparse_hessian(&x, &mut ours, &mut hessians[0]);
            driver.sparse_hessian(&x, &mut theirs, &mut hessians[1]);
            let [ours, theirs] = hessians.map(|hessian| hessian.to_dense().concat());
            assert_all_near(&ours, &theirs, "curvature");
        }
    }
}

#[test]
fn numbers_that_are_not_finite_leave_other_elements_alone() {
    assert_elements_are_alone::<f64>(&Singular);
    assert_elements_are_alone::<f32>(&Singular);
    assert_elements_are_alone::<f64>(&Scaled);
    assert_elements_are_alone::<f32>(&Scaled);
}

#[test]
fn derivatives_in_f32_are_the_tapes() {
    struct Wave;
    impl Function<f32> for Wave {
        fn eval<F: Real<Plain = f32>>(&self, x: &[F]) -> F {
            x.windows(3).map(|x| (x[0] * x[1]).sin() * x[2] + x[1] * 0.25).sum()
        }
    }
    let points = [0.5, 1.5].map(|x| (0..300_u16).map(|k| x + 0.01 * f32::from(k)).collect());
    assert_gradients_of::<f32, _>(Wave, None, &points, || "waves".to_owned());
    assert_hessians_of::<f32, _>(Wave, None, &points, || "waves".to_owned());
}

/// `eˣ y`.
#[derive(Clone)]
struct Growth;

impl CustomOperation<2> for Growth {
    fn value(&self, [x, y]: [f64; 2]) -> f64 {
        x.exp() * y
    }

    fn partials<F: Number<Plain = f64>>(&self, [x, _]: [F; 2], z: F) -> [F; 2] {
        [z, x.exp()]
    }
}

/// `c x²`, with data.
#[derive(Clone)]
struct Parabola(f64);

impl CustomOperation<1> for Parabola {
    fn value(&self, [x]: [f64; 1]) -> f64 {
        self.0 * x * x
    }

    fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
        [F::constant(2.0 * self.0) * x]
    }
}

#[test]
fn elements_may_have_custom_operations() {
    let growth = function!(|x: &[F]| x.windows(2).map(|x| Growth.apply([x[0] * x[1], x[1]]).sin()).sum::<F>());
    assert_derivatives_of(growth, &points(100), "an operation");
    let compiled = Compiled::new(growth);
    compiled.gradient(&points(1000)[0], &mut vec![0.0; 1000]);
    assert_eq!(super::counts(&compiled), [1, 1, 0], "operations without data are of one kind");
    let parabolas = function!(|x: &[F]| {
        let term = |(k, x): (u32, &[F])| Parabola(f64::from(k)).apply([x[0] * x[1]]) + x[0];
        (0..).zip(x.windows(2)).map(term).sum::<F>()
    });
    assert_derivatives_of(parabolas, &points(30), "operations with data");
}

#[test]
fn elements_may_have_special_functions() {
    let f =
        function!(|x: &[F]| x.windows(2).map(|x| (x[0] * x[1]).erf() * x[0].ln_gamma() + x[1].digamma()).sum::<F>());
    assert_derivatives_of(f, &points(100), "special functions");
}

#[test]
fn operations_on_lists_may_have_all_inputs() {
    assert_derivatives_of(function!(|x| F::logsumexp(x)), &points(40), "logsumexp");
    let softmax = function!(|x: &[F]| {
        let all = F::logsumexp(x);
        x.iter().map(|&x| (x - all).exp() * x).sum::<F>()
    });
    assert_derivatives_of(softmax, &points(40), "terms with logsumexp");
    assert_derivatives_of(function!(|x: &[F]| x.iter().copied().product::<F>() + x[0]), &points(12), "a product");
}

#[test]
fn numbers_may_be_read_and_detached() {
    let of_each = function!(|x: &[F]| x.iter().map(|&x| x * x.data() + x * x.detach()).sum::<F>());
    assert_derivatives_of(of_each, &points(30), "numbers of inputs");
    let of_one = function!(|x: &[F]| {
        let first = x[0].data();
        x.iter().map(|&x| x.sin() * first).sum::<F>()
    });
    assert_derivatives_of(of_one, &points(30), "the number of one input");
    let of_sum = function!(|x: &[F]| {
        let sum: F = x.iter().map(|&x| x * x).sum();
        x.iter().map(|&x| (x - sum.detach()).sin()).sum::<F>() + sum * sum.data()
    });
    assert_derivatives_of(of_sum, &points(30), "the number of a sum");
}

/// More inputs in an element than a plan of second derivatives takes.
#[test]
fn elements_may_have_many_inputs() {
    let windows = function!(|x: &[F]| {
        let length = |x: &[F]| x.iter().map(|&x| x * x).sum::<F>().sqrt();
        x.windows(60).map(length).sum::<F>()
    });
    assert_derivatives_of(windows, &points(70), "long windows");
    let layers = function!(|x: &[F]| {
        let mut y = x.to_vec();
        for k in 0..100 {
            y[k % 20] = (y[k % 20] + y[(k + 1) % 20]).sin();
        }
        y.iter().sum::<F>()
    });
    assert_derivatives_of(layers, &points(20), "layers");
}

#[test]
fn weights_that_would_overflow_together_give_finite_derivatives() {
    // The slopes of a tape overflow here. The sum is 10⁻¹⁰⁰ Σ x².
    let f = function!(|x: &[F]| x.iter().map(|&x| (x * 1e-200) * x).sum::<F>() * 1e200 * 1e200 * 1e-300);
    let x: Vec<f64> = (1..40).map(f64::from).collect();
    let mut gradient = vec![0.0; x.len()];
    let value = Compiled::new(f).without_driver().gradient(&x, &mut gradient);
    assert!((value * 1e100 - x.iter().map(|x| x * x).sum::<f64>()).abs() < 1e-10);
    for (slope, x) in gradient.iter().zip(&x) {
        assert!((slope * 1e100 - 2.0 * x).abs() < 1e-12, "{slope} at {x}");
    }
}
