//! Every derivative against plain floats, and against the crate `num-dual`.
//!
//! `cargo bench -p gradtape-benches --bench derivatives` asserts that all agree, and prints a line of ratios for each:
//! minima over rounds that interleave the competitors in one process.
//! `cargo bench -p gradtape-benches --bench derivatives -- check` asserts only.
//! `cargo bench -p gradtape-benches --bench derivatives -- modes` prints from how many inputs on reverse mode is the
//! faster one for a gradient.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use gradtape::sparse::{Coloring, Csr};
use gradtape::{
    Function, Mode, Real, VectorFunction, Workspace, derivative, function, second_derivative, third_derivative,
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
    let (f, mut workspace) = (Of(Ode), Workspace::new());
    let direction = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let dual = |i: usize| if i == 0 { num_dual::Dual64::new(START[0], 1.0) } else { START[i].into() };
    assert_near(&[f.jvp(&START, &direction).1], &[Ode::solve(&std::array::from_fn::<_, 6, _>(dual)).eps]);
    let [plain, ours, theirs] = minima([
        &mut || _ = black_box(f.value(black_box(&START))),
        &mut || _ = black_box(f.jvp_into(black_box(&START), &direction, &mut workspace)),
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
    let (mut workspace, mut reverse_scratch) = (Workspace::new(), Workspace::new());
    let [plain, ours, reverse, theirs] = minima([
        &mut || _ = black_box(f.value(black_box(&START))),
        &mut || _ = black_box(f.value_and_gradient_into(black_box(&START), &mut slopes, &mut workspace)),
        &mut || {
            let (x, mode) = (black_box(&START), Mode::Reverse);
            black_box(f.value_and_gradient_by_into(mode, x, &mut reverse_slopes, &mut reverse_scratch));
        },
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

const OPTION: [f64; 5] = [100.0, 110.0, 0.03, 0.2, 1.5];

fn option() {
    let (f, mut workspace, mut slopes) = (function!(price), Workspace::new(), [0.0; 5]);
    let (mut forward_slopes, mut reverse_slopes, mut reverse_scratch) = ([0.0; 5], [0.0; 5], Workspace::new());
    let gradient =
        |x: &[f64; 5]| num_dual::gradient(|x: SVector<DualSVec64<5>, 5>| their_price(x.as_slice()), &SVector::from(*x));
    assert_near(&f.gradient(&OPTION), gradient(&OPTION).1.as_slice());
    let [plain, ours, forward, reverse, theirs] = minima([
        &mut || (0..100).for_each(|_| _ = black_box(f.value(black_box(&OPTION)))),
        &mut || {
            (0..100).for_each(|_| {
                _ = black_box(f.value_and_gradient_into(black_box(&OPTION), &mut slopes, &mut workspace));
            });
        },
        &mut || {
            (0..100).for_each(|_| {
                let (x, mode) = (black_box(&OPTION), Mode::Forward);
                _ = black_box(f.value_and_gradient_by_into(mode, x, &mut forward_slopes, &mut Workspace::new()));
            });
        },
        &mut || {
            (0..100).for_each(|_| {
                let (x, mode) = (black_box(&OPTION), Mode::Reverse);
                _ = black_box(f.value_and_gradient_by_into(mode, x, &mut reverse_slopes, &mut reverse_scratch));
            });
        },
        &mut || (0..100).for_each(|_| _ = black_box(gradient(black_box(&OPTION)))),
    ])
    .map(|seconds| seconds / 100.0);
    let names = ["chosen", "forward", "reverse", "num-dual"];
    line("option price, gradient by 5 inputs", &names, &[plain, ours, forward, reverse, theirs]);

    let (mut hessian, mut workspace) = ([0.0; 25], Workspace::new());
    let their_hessian = |x: &[f64; 5]| {
        num_dual::hessian(|x: SVector<Dual2SVec64<5>, 5>| their_price(x.as_slice()), &SVector::from(*x)).2
    };
    f.hessian_into(&OPTION, &mut hessian, &mut workspace);
    assert_near(&hessian, their_hessian(&OPTION).as_slice());
    let [plain, ours, theirs] = minima([
        &mut || (0..100).for_each(|_| _ = black_box(f.value(black_box(&OPTION)))),
        &mut || (0..100).for_each(|_| f.hessian_into(black_box(&OPTION), black_box(&mut hessian), &mut workspace)),
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
    let (f, x) = (Pendulum, [1.2, 0.4, 0.1, -0.3]);
    let theirs = |x: &[f64; 4]| {
        let f = |s: SVector<DualSVec64<4>, 4>| SVector::from(pendulum!(s));
        num_dual::jacobian(f, &SVector::from(*x)).1
    };
    let (mut jacobian, mut workspace) = ([0.0; 16], Workspace::new());
    f.jacobian_into(&x, &mut jacobian, &mut workspace);
    assert_near(&jacobian, theirs(&x).transpose().as_slice());
    let mut y = [0.0; 4];
    let seconds = minima([
        &mut || (0..100).for_each(|_| f.value_into(black_box(&x), black_box(&mut y))),
        &mut || (0..100).for_each(|_| f.jacobian_into(black_box(&x), black_box(&mut jacobian), &mut workspace)),
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
    let (mut workspace, mut other) = (Workspace::new(), Workspace::new());
    f.hvp_into(x, &direction, &mut product, &mut other);
    let curvature: f64 = product.iter().zip(&direction).map(|(a, b)| a * b).sum();
    assert_near(&[curvature], &[f.directional(x, &direction)[2]]);
    let [plain, gradient, ours] = minima([
        &mut || _ = black_box(f.value(black_box(x))),
        &mut || _ = black_box(f.value_and_gradient_by_into(Mode::Reverse, black_box(x), &mut slopes, &mut workspace)),
        &mut || f.hvp_into(black_box(x), &direction, black_box(&mut product), &mut other),
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
        let (x, mut y, mut workspace) = (Draws::new().take(n), vec![0.0; n], Workspace::new());
        let coloring = Coloring::of_jacobian(&Tridiagonal.sparsity(&x));
        let mut jacobian = Csr::zeros(coloring.pattern().clone());
        let [plain, ours, once] = minima([
            &mut || Tridiagonal.value_into(black_box(&x), black_box(&mut y)),
            &mut || Tridiagonal.sparse_jacobian_into(black_box(&x), &coloring, &mut jacobian, &mut workspace),
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
    let (mut workspace, mut other) = (Workspace::new(), Workspace::new());
    let repetitions = 1 + 1000 / x.len();
    let seconds = minima([
        &mut || (0..repetitions).for_each(|_| _ = black_box(f.value(black_box(x)))),
        &mut || {
            (0..repetitions).for_each(|_| {
                let x = black_box(x);
                _ = black_box(f.value_and_gradient_by_into(Mode::Forward, x, &mut slopes, &mut workspace));
            });
        },
        &mut || {
            (0..repetitions).for_each(|_| {
                let x = black_box(x);
                _ = black_box(f.value_and_gradient_by_into(Mode::Reverse, x, &mut other_slopes, &mut other));
            });
        },
    ])
    .map(|seconds| seconds / f64::from(u32::try_from(repetitions).expect("few")));
    line(&format!("{what} of {}", x.len()), &["forward", "reverse"], &seconds);
}

fn main() {
    if std::env::args().any(|argument| argument == "modes") {
        return modes();
    }
    ode();
    option();
    univariate();
    small_jacobian();
    hessian_products();
    sparse();
}
