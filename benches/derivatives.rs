//! Every derivative against plain floats, and against the crate `num-dual`.
//!
//! `cargo bench -p gradtape-benches --bench derivatives` asserts that all agree, and prints a line of ratios for each:
//! minima over rounds that interleave the competitors in one process.
//! `cargo bench -p gradtape-benches --bench derivatives -- check` asserts only.
//! `cargo bench -p gradtape-benches --bench derivatives -- duals` prints only the table of duals in direct use.
//! `cargo bench -p gradtape-benches --bench derivatives -- modes` prints from how many inputs on reverse mode is the
//! faster one for a gradient.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use gradtape::sparse::{Coloring, Csr};
use gradtape::{
    Driver, Function, Mode, Real, VectorFunction, derivative, function, second_derivative, third_derivative,
};
use nalgebra::SVector;
use num_dual::{Dual2SVec64, DualNum, DualSVec64};
use testing::minima::minima;
use testing::workloads::{Draws, Funcs, Mlp, Ode, Program, Rosenbrock};

/// A workload as a function.
struct Of<P>(P);

impl<P: Program> Function for Of<P> {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        self.0.eval(x)
    }
}

const START: [f64; 6] = [1.5, 1.0, 3.0, 1.0, 1.0, 1.0];

fn assert_near(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-9 * (1.0 + theirs.abs()), "{ours} instead of {theirs}");
    }
}

/// Prints the seconds of competitors as multiples of the first.
fn line(what: &str, names: &[&str], seconds: &[f64]) {
    print!("{what:<44} plain {:>9.3} µs", seconds[0] * 1e6);
    for (name, time) in names.iter().zip(&seconds[1..]) {
        print!("   {name} {:.2}", time / seconds[0]);
    }
    println!();
}

fn ode() {
    let f = Of(Ode);
    let [driver, reverse_driver] = [Driver::new(&f), Driver::new(&f).with_mode(Mode::Reverse)];
    let direction = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let dual = |i: usize| if i == 0 { num_dual::Dual64::new(START[0], 1.0) } else { START[i].into() };
    assert_near(&[f.slope(&START, &direction).1], &[Ode::solve(&std::array::from_fn::<_, 6, _>(dual)).eps]);
    let [plain, ours, theirs] = minima([
        &mut || _ = black_box(f.value(black_box(&START))),
        &mut || _ = black_box(driver.slope(black_box(&START), &direction)),
        &mut || _ = black_box(Ode::solve(&black_box(std::array::from_fn::<_, 6, _>(dual)))),
    ]);
    line("ode, one direction", &["forward", "num-dual"], &[plain, ours, theirs]);

    let mut slopes = [0.0; 6];
    let gradient = |x: &[f64; 6]| {
        let (y, slopes) = num_dual::gradient(|x| Ode::solve(x.as_slice()), &SVector::from(*x));
        (y, <[f64; 6]>::from(slopes))
    };
    assert_near(&f.gradient(&START), &gradient(&START).1);
    let mut reverse_slopes = [0.0; 6];
    let [plain, ours, reverse, theirs] = minima([
        &mut || _ = black_box(f.value(black_box(&START))),
        &mut || _ = black_box(driver.gradient(black_box(&START), &mut slopes)),
        &mut || _ = black_box(reverse_driver.gradient(black_box(&START), &mut reverse_slopes)),
        &mut || _ = black_box(gradient(black_box(&START))),
    ]);
    line("ode, gradient by 6 inputs", &["chosen", "reverse", "num-dual"], &[plain, ours, reverse, theirs]);
}

/// The price of an option, with an approximation of the normal distribution that either crate can do.
macro_rules! price {
    ($x:expr) => {{
        let [spot, strike, rate, volatility, time] = [$x[0], $x[1], $x[2], $x[3], $x[4]];
        let normal = |x: F| (((x * x * 0.044_715 + 1.0) * x * 0.797_884_560_8).tanh() + 1.0) * 0.5;
        let deviation = volatility * time.sqrt();
        let d = ((spot / strike).ln() + (rate + volatility * volatility * 0.5) * time) / deviation;
        spot * normal(d) - strike * (-rate * time).exp() * normal(d - deviation)
    }};
}

fn price<F: Real<Plain = f64>>(x: &[F]) -> F {
    price!(x)
}

fn their_price<F: DualNum<Primitive = f64> + Copy>(x: &[F]) -> F {
    price!(x)
}

// After the macro that it uses.
mod duals;

const OPTION: [f64; 5] = [100.0, 110.0, 0.03, 0.2, 1.5];

fn option() {
    let f = function!(price);
    let driver = Driver::new(f);
    let [forward_driver, reverse_driver] = [Mode::Forward, Mode::Reverse].map(|mode| driver.clone().with_mode(mode));
    let (mut slopes, mut forward_slopes, mut reverse_slopes) = ([0.0; 5], [0.0; 5], [0.0; 5]);
    let gradient =
        |x: &[f64; 5]| num_dual::gradient(|x: SVector<DualSVec64<5>, 5>| their_price(x.as_slice()), &SVector::from(*x));
    assert_near(&f.gradient(&OPTION), gradient(&OPTION).1.as_slice());
    let [plain, ours, forward, reverse, theirs] = minima([
        &mut || (0..100).for_each(|_| _ = black_box(f.value(black_box(&OPTION)))),
        &mut || {
            (0..100).for_each(|_| _ = black_box(driver.gradient(black_box(&OPTION), &mut slopes)));
        },
        &mut || {
            (0..100).for_each(|_| _ = black_box(forward_driver.gradient(black_box(&OPTION), &mut forward_slopes)));
        },
        &mut || {
            (0..100).for_each(|_| _ = black_box(reverse_driver.gradient(black_box(&OPTION), &mut reverse_slopes)));
        },
        &mut || (0..100).for_each(|_| _ = black_box(gradient(black_box(&OPTION)))),
    ])
    .map(|seconds| seconds / 100.0);
    let names = ["chosen", "forward", "reverse", "num-dual"];
    line("option price, gradient by 5 inputs", &names, &[plain, ours, forward, reverse, theirs]);

    let mut hessian = [0.0; 25];
    let their_hessian = |x: &[f64; 5]| {
        num_dual::hessian(|x: SVector<Dual2SVec64<5>, 5>| their_price(x.as_slice()), &SVector::from(*x)).2
    };
    driver.hessian(&OPTION, &mut slopes, &mut hessian);
    assert_near(&hessian, their_hessian(&OPTION).as_slice());
    let [plain, ours, theirs] = minima([
        &mut || (0..100).for_each(|_| _ = black_box(f.value(black_box(&OPTION)))),
        &mut || {
            (0..100).for_each(|_| {
                _ = black_box(driver.hessian(black_box(&OPTION), &mut slopes, black_box(&mut hessian)));
            });
        },
        &mut || (0..100).for_each(|_| _ = black_box(their_hessian(black_box(&OPTION)))),
    ])
    .map(|seconds| seconds / 100.0);
    line("option price, Hessian", &["ours", "num-dual"], &[plain, ours, theirs]);
}

/// A function of one number, for either crate.
macro_rules! wave {
    ($x:expr) => {{
        let x = $x;
        (x * x + 1.0).ln() * x.sin() + (-x * x).exp() / (x + 2.0).sqrt()
    }};
}

fn univariate() {
    let repeated = |f: &dyn Fn(f64)| (0..100).for_each(|_| f(black_box(0.7)));
    let theirs = num_dual::third_derivative(|x| wave!(x), 0.7);
    assert_near(&third_derivative(|x| wave!(x), 0.7), &[theirs.0, theirs.1, theirs.2, theirs.3]);
    let seconds = minima([
        &mut || repeated(&|x| _ = black_box(wave!(x))),
        &mut || repeated(&|x| _ = black_box(derivative(|x| wave!(x), x))),
        &mut || repeated(&|x| _ = black_box(num_dual::first_derivative(|x| wave!(x), x))),
        &mut || repeated(&|x| _ = black_box(second_derivative(|x| wave!(x), x))),
        &mut || repeated(&|x| _ = black_box(num_dual::second_derivative(|x| wave!(x), x))),
        &mut || repeated(&|x| _ = black_box(third_derivative(|x| wave!(x), x))),
        &mut || repeated(&|x| _ = black_box(num_dual::third_derivative(|x| wave!(x), x))),
    ])
    .map(|seconds| seconds / 100.0);
    let names = ["first", "num-dual", "second", "num-dual", "third", "num-dual"];
    line("a function of one number, derivatives", &names, &seconds);
}

/// A pendulum on a spring: four numbers in, four out.
macro_rules! pendulum {
    ($s:expr) => {{
        let [r, angle, speed, rotation] = [$s[0], $s[1], $s[2], $s[3]];
        [
            speed,
            rotation,
            r * rotation * rotation - (r - 1.0) * 40.0 + angle.cos() * 9.81,
            -(speed * rotation * 2.0 + angle.sin() * 9.81) / r,
        ]
    }};
}

struct Pendulum;

impl VectorFunction for Pendulum {
    fn outputs(&self, _: usize) -> usize {
        4
    }

    #[inline]
    fn eval<F: Real<Plain = f64>>(&self, s: &[F], y: &mut [F]) {
        y.copy_from_slice(&pendulum!(s));
    }
}

fn small_jacobian() {
    let x = [1.2, 0.4, 0.1, -0.3];
    let theirs = |x: &[f64; 4]| {
        let f = |s: SVector<DualSVec64<4>, 4>| SVector::from(pendulum!(s));
        num_dual::jacobian(f, &SVector::from(*x)).1
    };
    let (driver, mut y, mut results, mut jacobian) = (Driver::new(Pendulum), [0.0; 4], [0.0; 4], [0.0; 16]);
    driver.jacobian(&x, &mut results, &mut jacobian);
    assert_near(&jacobian, theirs(&x).transpose().as_slice());
    let seconds = minima([
        &mut || (0..100).for_each(|_| driver.value(black_box(&x), black_box(&mut y))),
        &mut || {
            (0..100).for_each(|_| driver.jacobian(black_box(&x), &mut results, black_box(&mut jacobian)));
        },
        &mut || (0..100).for_each(|_| _ = black_box(theirs(black_box(&x)))),
    ])
    .map(|seconds| seconds / 100.0);
    line("pendulum on a spring, Jacobian 4 × 4", &["ours", "num-dual"], &seconds);
}

fn hessian_products() {
    let random = Draws::new().take(10_000);
    let (mlp, parameters) = Mlp::quadrants();
    hessian_product("rosenbrock of 10,000, Hessian times a vector", &Of(Rosenbrock), &random);
    hessian_product("mlp, Hessian times a vector", &Of(mlp), &parameters);
    hessian_product("ode, Hessian times a vector", &Of(Ode), &START);
    hessian_product("funcs of 10,000, Hessian times a vector", &Of(Funcs), &random);
}

fn hessian_product(what: &str, f: &impl Function, x: &[f64]) {
    let (mut slopes, mut product) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let direction: Vec<f64> = (0..x.len()).map(|i| if i % 2 == 0 { 0.5 } else { -0.25 }).collect();
    let (driver, reverse_driver) = (Driver::new(f), Driver::new(f).with_mode(Mode::Reverse));
    driver.hvp(x, &direction, &mut product);
    let curvature: f64 = product.iter().zip(&direction).map(|(a, b)| a * b).sum();
    assert_near(&[curvature], &[f.directional(x, &direction)[2]]);
    let [plain, gradient, ours] = minima([
        &mut || _ = black_box(f.value(black_box(x))),
        &mut || _ = black_box(reverse_driver.gradient(black_box(x), &mut slopes)),
        &mut || driver.hvp(black_box(x), &direction, black_box(&mut product)),
    ]);
    line(what, &["gradient", "product"], &[plain, gradient, ours]);
    println!("{:<44} {:.2} of the gradient", "", ours / gradient);
}

/// Reaction and diffusion on a line.
struct Tridiagonal;

impl VectorFunction for Tridiagonal {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let last = x.len() - 1;
        for i in 0..x.len() {
            let (left, right) = (x[i.saturating_sub(1)], x[(i + 1).min(last)]);
            y[i] = left + right - x[i] * 2.0 + x[i] * (-x[i] + 1.0) * 0.1;
        }
    }
}

fn sparse() {
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        let (x, mut y, mut results) = (Draws::new().take(n), vec![0.0; n], vec![0.0; n]);
        let coloring = Coloring::of_jacobian(&Tridiagonal.sparsity(&x));
        let mut jacobian = Csr::zeros(coloring.pattern().clone());
        let driver = Driver::new(Tridiagonal).with_coloring(coloring);
        let [plain, ours, once] = minima([
            &mut || driver.value(black_box(&x), black_box(&mut y)),
            &mut || driver.sparse_jacobian(black_box(&x), &mut results, &mut jacobian),
            &mut || _ = black_box(Tridiagonal.sparse_jacobian(black_box(&x))),
        ]);
        let names = ["pattern known", "with its pattern"];
        line(&format!("tridiagonal of {n}, Jacobian"), &names, &[plain, ours, once]);
    }
}

/// For a gradient: the time of either mode, by the number of inputs.
fn modes() {
    let (_, parameters) = Mlp::article();
    let random = Draws::new().take(64);
    for n in [2, 4, 6, 8, 9, 12, 16, 17, 20, 24, 32, 40, 48, 64] {
        mode("rosenbrock", &Of(Rosenbrock), &random[..n]);
        mode("funcs", &Of(Funcs), &random[..n]);
        let product = function!(|x: &[F]| x.iter().product::<F>().tanh() + x[0]);
        mode("product", &product, &random[..n]);
        // A computation that is long beside its inputs.
        let iterated =
            function!(|x: &[F]| (0..200).fold(x[0], |y, k| (y * x[k % x.len()] + x[(k + 1) % x.len()]).sin()));
        mode("iterated", &iterated, &random[..n]);
    }
    mode("mlp_seed", &Of(Mlp::article().0), &parameters);
}

fn mode(what: &str, f: &impl Function, x: &[f64]) {
    let (mut slopes, mut other_slopes) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let [forward, reverse] = [Mode::Forward, Mode::Reverse].map(|mode| Driver::new(f).with_mode(mode));
    let repetitions = 1 + 1000 / x.len();
    let seconds = minima([
        &mut || (0..repetitions).for_each(|_| _ = black_box(f.value(black_box(x)))),
        &mut || {
            (0..repetitions).for_each(|_| _ = black_box(forward.gradient(black_box(x), &mut slopes)));
        },
        &mut || {
            (0..repetitions).for_each(|_| _ = black_box(reverse.gradient(black_box(x), &mut other_slopes)));
        },
    ])
    .map(|seconds| seconds / f64::from(u32::try_from(repetitions).expect("few")));
    line(&format!("{what} of {}", x.len()), &["forward", "reverse"], &seconds);
}

fn main() {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    if has("modes") {
        return modes();
    }
    duals::duals();
    if has("duals") {
        return;
    }
    ode();
    option();
    univariate();
    small_jacobian();
    hessian_products();
    sparse();
}
