//! Functions as people write them, loops over terms, against plain floats and the tape.
//!
//! `cargo bench -p gradtape-benches --bench elements` asserts that all agree, and prints a line of ratios for each:
//! minima over rounds that interleave the competitors in one process. Each is called twice in a round, and measured
//! once. `cargo bench -p gradtape-benches --bench elements -- check` asserts only; other arguments are names of
//! workloads.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use gradtape::program::{Rows, Workspace};
use gradtape::sparse::Csr;
use gradtape::{Compiled, Driver, Function, Mode, Real, VectorFunction, function};
use testing::minima::{only_checks, warm_minima};
use testing::structured::{BundleAdjustment, GaussianMixture, MinimalSurface, Residuals, Springs};
use testing::workloads::{Draws, Funcs, Mlp, Ode, Program, Rosenbrock};

fn naive_rosenbrock<F: Real<Plain = f64>>(x: &[F]) -> F {
    let mut sum = F::zero();
    for i in 0..x.len() - 1 {
        let d = x[i + 1] - x[i] * x[i];
        let e = -x[i] + 1.0;
        sum += d * d * 100.0 + e * e;
    }
    sum
}

fn naive_funcs<F: Real<Plain = f64>>(x: &[F]) -> F {
    let mut sum = F::zero();
    for &x in x {
        sum += x.sin() * (-x * x).exp()
            + (x * x + 1.0).ln()
            + (x * x + 1.0).sqrt() * x.tanh()
            + (x + 1.5).powf(F::constant(2.5));
    }
    sum
}

fn naive_log_sum_exp<F: Real<Plain = f64>>(x: &[F]) -> F {
    let largest = x.iter().fold(x[0], |largest, &x| largest.max(x));
    let mut sum = F::zero();
    for &x in x {
        sum += (x - largest).exp();
    }
    largest + sum.ln()
}

fn naive_griewank<F: Real<Plain = f64>>(x: &[F]) -> F {
    let (mut sum, mut product) = (F::zero(), F::one());
    for (k, &x) in (1..).zip(x) {
        sum += x * x * (1.0 / 4000.0);
        product *= (x * (1.0 / f64::from(k).sqrt())).cos();
    }
    sum - product + 1.0
}

/// The loss of a network of tanh neurons, neuron by neuron: a share of the sum of squared errors.
struct Network {
    widths: &'static [usize],
    /// Inputs and a target.
    rows: Vec<[f64; 4]>,
    share: f64,
}

impl Network {
    /// The workload mlp.
    fn quadrants() -> Self {
        let mut draws = Draws::new();
        draws.take(304);
        let row = |_| {
            let x = draws.take(2);
            [x[0], x[1], if x[0] * x[1] > 0.0 { 1.0 } else { -1.0 }, 0.0]
        };
        Self { widths: &[2, 16, 16, 1], rows: (0..100).map(row).collect(), share: 0.01 }
    }

    /// The workload `mlp_seed`.
    fn article() -> Self {
        let rows = vec![[2.0, 3.0, -1.0, 1.0], [3.0, -1.0, 0.5, -1.0], [0.5, 1.0, 1.0, -1.0], [1.0, 1.0, -1.0, 1.0]];
        Self { widths: &[3, 4, 4, 1], rows, share: 1.0 }
    }
}

impl Function for Network {
    fn eval<F: Real<Plain = f64>>(&self, parameters: &[F]) -> F {
        let mut loss = F::zero();
        for row in &self.rows {
            let mut x: Vec<F> = row[..self.widths[0]].iter().map(|&x| F::constant(x)).collect();
            let mut next = 0;
            for &width in &self.widths[1..] {
                let mut y = Vec::with_capacity(width);
                for _ in 0..width {
                    let mut sum = parameters[next + x.len()];
                    for i in 0..x.len() {
                        sum += parameters[next + i] * x[i];
                    }
                    next += x.len() + 1;
                    y.push(sum.tanh());
                }
                x = y;
            }
            let error = x[0] - row[self.widths[0]];
            loss += error * error;
        }
        loss * self.share
    }
}

#[track_caller]
fn assert_near(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-9 * (1.0 + theirs.abs()), "{ours} instead of {theirs}");
    }
}

#[track_caller]
fn assert_equal_but_for_rounding(ours: &Csr<f64>, theirs: &Csr<f64>) {
    for row in 0..theirs.rows() {
        let (columns, values) = theirs.row(row);
        let ours: Vec<f64> = columns.iter().map(|&column| ours.get(row, column)).collect();
        assert_near(&ours, values);
    }
    assert_near(&[ours.values().iter().sum()], &[theirs.values().iter().sum()]);
}

/// A size, and a small one for the assertions.
fn size(full: usize, small: usize) -> usize {
    if only_checks() { small } else { full }
}

fn real(count: usize) -> f64 {
    num_traits::cast(count).expect("a count is a number")
}

/// Prints the seconds of competitors as multiples of the first.
fn line(what: &str, seconds: &[f64], names: &[&str]) {
    if only_checks() {
        return;
    }
    print!("{what:<44} plain {:>9.1} µs", seconds[0] * 1e6);
    for (name, time) in names.iter().zip(&seconds[1..]) {
        print!("   {name} {:.2}", time / seconds[0]);
    }
    println!();
}

/// A gradient by hand.
type Hand<'a> = Option<&'a dyn Fn(&[f64], &mut [f64]) -> f64>;

/// Value and gradient at one point: by a tape, by elements, and by a program that has the whole function as one row.
fn gradient(what: &str, f: &impl Function, x: &[f64], hand: Hand<'_>) {
    let [mut by_hand, mut by_tape, mut by_elements, mut made] = [(); 4].map(|()| vec![0.0; x.len()]);
    let (tape, elements) = (Driver::new(f).with_mode(Mode::Reverse), Compiled::new(f));
    let value = tape.gradient(x, &mut by_tape);
    assert_near(&[elements.gradient(x, &mut by_elements)], &[value]);
    assert_near(&by_elements, &by_tape);
    let (program, mut workspace) = (f.record(x).gradient(), Workspace::new());
    let one_row = program.run(&[], Rows::one(x), &mut workspace).expect("it fits").row(0);
    assert_near(&one_row, &[&[value], &by_tape[..]].concat());
    if let Some(hand) = hand {
        assert_near(&[hand(x, &mut by_hand), f.value(x)], &[value; 2]);
        assert_near(&by_hand, &by_tape);
    }
    let seconds = warm_minima([
        &mut || _ = black_box(f.value(black_box(x))),
        &mut || _ = black_box(tape.gradient(black_box(x), &mut by_tape)),
        &mut || _ = black_box(elements.gradient(black_box(x), &mut by_elements)),
        &mut || _ = black_box(program.run(&[], Rows::one(black_box(x)), &mut workspace).is_ok()),
        &mut || _ = black_box(hand.map(|hand| hand(black_box(x), &mut by_hand))),
        &mut || _ = black_box(Compiled::new(f).gradient(black_box(x), &mut made)),
    ]);
    let names = ["tape", "compiled", "program on one row", "by hand"];
    line(what, &seconds[..4 + usize::from(hand.is_some())], &names);
    let [_, tape, elements, _, _, make] = seconds;
    if !only_checks() {
        let each = make / real(f.record(x).statistics().recorded) * 1e9;
        let pays = if elements < tape { (make / (tape - elements)).ceil() } else { f64::INFINITY };
        println!("{:<44} made in {each:.0} ns per operation, pays from evaluation {pays} on", "");
    }
}

/// A sparse Hessian with value and gradient.
fn hessian(what: &str, f: &impl Function, x: &[f64]) {
    let [mut by_tape, mut by_elements] = [(); 2].map(|()| (vec![0.0; x.len()], Csr::default()));
    let (tape, elements) = (Driver::new(f), Compiled::new(f));
    let value = tape.sparse_hessian(x, &mut by_tape.0, &mut by_tape.1);
    assert_near(&[elements.sparse_hessian(x, &mut by_elements.0, &mut by_elements.1)], &[value]);
    assert_near(&by_elements.0, &by_tape.0);
    assert_equal_but_for_rounding(&by_elements.1, &by_tape.1);
    // The driver leaves little in the cache.
    let [driver] = warm_minima([&mut || {
        _ = black_box(tape.sparse_hessian(black_box(x), &mut by_tape.0, &mut by_tape.1));
    }]);
    let [plain, compiled] = warm_minima([&mut || _ = black_box(f.value(black_box(x))), &mut || {
        _ = black_box(elements.sparse_hessian(black_box(x), &mut by_elements.0, &mut by_elements.1));
    }]);
    line(&format!("{what}, sparse Hessian"), &[plain, driver, compiled], &["driver", "compiled"]);
}

/// The Hessian times a vector.
fn hvp(what: &str, f: &impl Function, x: &[f64]) {
    let v: Vec<f64> = x.iter().map(|x| (7.0 * x).sin()).collect();
    let [mut by_tape, mut by_elements] = [(); 2].map(|()| vec![0.0; x.len()]);
    let (tape, elements) = (Driver::new(f), Compiled::new(f));
    tape.hvp(x, &v, &mut by_tape);
    elements.hvp(x, &v, &mut by_elements);
    assert_near(&by_elements, &by_tape);
    let seconds = warm_minima([
        &mut || _ = black_box(f.value(black_box(x))),
        &mut || tape.hvp(black_box(x), &v, black_box(&mut by_tape)),
        &mut || elements.hvp(black_box(x), &v, black_box(&mut by_elements)),
    ]);
    line(&format!("{what}, Hessian times a vector"), &seconds, &["driver", "compiled"]);
}

/// Writes residuals, and the numbers of a matrix whose pattern is known.
type JacobianByHand<'a> = &'a dyn Fn(&[f64], &mut [f64], &mut [f64]);

/// All residuals and their sparse Jacobian.
fn jacobian(what: &str, f: &impl VectorFunction, x: &[f64], hand: Option<JacobianByHand<'_>>) {
    let outputs = f.outputs(x.len());
    let [mut by_tape, mut by_elements] = [(); 2].map(|()| (vec![0.0; outputs], Csr::default()));
    let (tape, elements) = (Driver::new(f), Compiled::new(f));
    tape.sparse_jacobian(x, &mut by_tape.0, &mut by_tape.1);
    elements.sparse_jacobian(x, &mut by_elements.0, &mut by_elements.1);
    assert_near(&by_elements.0, &f.value(x));
    assert_equal_but_for_rounding(&by_elements.1, &by_tape.1);
    let (mut y, mut once) = (vec![0.0; outputs], (vec![0.0; outputs], Csr::default()));
    let mut by_hand = by_elements.clone();
    if let Some(hand) = hand {
        by_hand.1.values_mut().fill(0.0);
        hand(x, &mut by_hand.0, by_hand.1.values_mut());
        assert_near(&by_hand.0, &by_elements.0);
        assert_equal_but_for_rounding(&by_hand.1, &by_elements.1);
    }
    // The driver leaves little in the cache.
    let [driver, made] =
        warm_minima([&mut || tape.sparse_jacobian(black_box(x), &mut by_tape.0, &mut by_tape.1), &mut || {
            Compiled::new(f).sparse_jacobian(black_box(x), &mut once.0, &mut once.1);
        }]);
    let [plain, compiled] = warm_minima([&mut || tape.value(black_box(x), black_box(&mut y)), &mut || {
        elements.sparse_jacobian(black_box(x), &mut by_elements.0, &mut by_elements.1);
    }]);
    let mut seconds = vec![plain, driver, compiled, made];
    if let Some(hand) = hand {
        seconds.extend(warm_minima([&mut || hand(black_box(x), &mut by_hand.0, black_box(by_hand.1.values_mut()))]));
    }
    let names = ["driver", "compiled", "made and run once", "by hand"];
    line(&format!("{what}, sparse Jacobian"), &seconds, &names[..seconds.len() - 1]);
}

fn rosenbrock() {
    let x = Draws::new().take(10_000);
    gradient("rosenbrock", &function!(naive_rosenbrock), &x, Some(&|x, slopes| Rosenbrock.hand(x, slopes)));
}

fn mlp() {
    let (workload, x) = Mlp::quadrants();
    gradient("mlp", &Network::quadrants(), &x, Some(&|x, slopes| workload.hand(x, slopes)));
}

fn mlp_seed() {
    let (workload, x) = Mlp::article();
    gradient("mlp_seed, one step", &Network::article(), &x, Some(&|x, slopes| workload.hand(x, slopes)));
}

fn ode() {
    let x = [1.5, 1.0, 3.0, 1.0, 1.0, 1.0];
    gradient("ode", &function!(|x: &[F]| Ode::solve(x)), &x, Some(&|x, slopes| Ode.hand(x, slopes)));
}

fn funcs() {
    let x = Draws::new().take(10_000);
    gradient("funcs", &function!(naive_funcs), &x, Some(&|x, slopes| Funcs.hand(x, slopes)));
}

/// Maxima and products in loops, and functions of a sum.
fn reductions() {
    let x = Draws::new().take(10_000);
    gradient("log-sum-exp", &function!(naive_log_sum_exp), &x, None);
    gradient("griewank", &function!(naive_griewank), &x, None);
    hvp("log-sum-exp of a list", &function!(|x: &[F]| F::logsumexp(x)), &x);
    hvp("root of rosenbrock", &function!(|x: &[F]| naive_rosenbrock(x).sqrt()), &x);
}

fn mixture() {
    let (mixture, x) = GaussianMixture::new(10, 5, size(1000, 50));
    gradient("mixture of Gaussians", &mixture, &x, None);
}

fn bundle() {
    let (bundle, x) = BundleAdjustment::new(49, size(7776, 60), size(31_843, 250));
    jacobian("bundle adjustment", &bundle, &x, None);
}

fn tridiagonal() {
    let x = Draws::new().take(size(100_000, 1000));
    jacobian("Broyden tridiagonal", &Residuals::BroydenTridiagonal, &x, Some(&tridiagonal_by_hand));
}

fn tridiagonal_by_hand(x: &[f64], y: &mut [f64], matrix: &mut [f64]) {
    let last = x.len() - 1;
    let residual = |k: usize, left: f64, right: f64| (3.0 - 2.0 * x[k]) * x[k] - left - 2.0 * right + 1.0;
    let slope = |k: usize| 3.0 - 4.0 * x[k];
    (y[0], y[last]) = (residual(0, 0.0, x[1]), residual(last, x[last - 1], 0.0));
    let [first, inner @ .., a, b] = matrix else { return };
    (*first, *a, *b) = (slope(0), -1.0, slope(last));
    let (right_of_first, inner) = inner.split_first_mut().expect("there are two variables or more");
    *right_of_first = -2.0;
    for ((k, row), y) in (1..last).zip(inner.chunks_exact_mut(3)).zip(&mut y[1..]) {
        *y = residual(k, x[k - 1], x[k + 1]);
        row.copy_from_slice(&[-1.0, slope(k), -2.0]);
    }
}

fn hessians() {
    let x = Draws::new().take(size(10_000, 1000));
    hessian("rosenbrock", &function!(naive_rosenbrock), &x);
    let (springs, x) = Springs::new(size(70, 10));
    hessian("springs", &springs, &x);
    let (surface, x) = MinimalSurface::new(size(100, 10));
    hessian("minimal surface", &surface, &x);
}

/// The time to record grows with the operations, and not faster.
fn recording() {
    for variables in [1_000, 10_000, 100_000, 1_000_000] {
        let (f, x) = (function!(naive_rosenbrock), Draws::new().take(variables));
        let (mut slopes, operations) = (vec![0.0; variables], 8.0 * real(variables));
        let seconds = warm_minima([&mut || _ = black_box(f.record(black_box(&x))), &mut || {
            _ = black_box(Compiled::new(f).gradient(black_box(&x), &mut slopes));
        }]);
        let [record, make] = seconds.map(|seconds| seconds / operations * 1e9);
        println!("{operations:>9} operations: {record:>5.0} ns each to record, {make:>5.0} with the first gradient");
    }
}

/// The same on one thread and on two.
fn on_two_threads<F: FnMut()>(what: &str, make: impl Fn() -> F + Sync) {
    let seconds = |threads: usize| pool(threads).install(|| warm_minima([&mut make()])[0]);
    let [one, two] = [seconds(1), seconds(2)];
    if !only_checks() {
        println!("{what:<44} {:>9.1} µs   on two threads {:.2} times as fast", one * 1e6, one / two);
    }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had")
}

fn threads() {
    let f = function!(naive_rosenbrock);
    for variables in [size(100_000, 1000), size(1_000_000, 1000)] {
        let x = &Draws::new().take(variables);
        on_two_threads(&format!("rosenbrock of {variables}, gradient"), || {
            let (elements, mut gradient) = (Compiled::new(f), vec![0.0; x.len()]);
            move || _ = black_box(elements.gradient(black_box(x), &mut gradient))
        });
        on_two_threads(&format!("rosenbrock of {variables}, sparse Hessian"), || {
            let (elements, mut gradient, mut hessian) = (Compiled::new(f), vec![0.0; x.len()], Csr::default());
            move || _ = black_box(elements.sparse_hessian(black_box(x), &mut gradient, &mut hessian))
        });
    }
    let x = Draws::new().take(size(100_000, 1000));
    jacobian_on_two_threads("Broyden tridiagonal", &Residuals::BroydenTridiagonal, &x);
    let (bundle, x) = BundleAdjustment::new(49, size(7776, 60), size(31_843, 250));
    jacobian_on_two_threads("bundle adjustment", &bundle, &x);
}

fn jacobian_on_two_threads(what: &str, f: &(impl VectorFunction + Sync), x: &[f64]) {
    on_two_threads(&format!("{what}, sparse Jacobian"), || {
        let (elements, mut y, mut jacobian) = (Compiled::new(f), vec![0.0; f.outputs(x.len())], Csr::default());
        move || elements.sparse_jacobian(black_box(x), &mut y, &mut jacobian)
    });
}

fn main() {
    let is_name = |argument: &String| !argument.starts_with('-') && argument != "check";
    let wanted: Vec<String> = std::env::args().skip(1).filter(is_name).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(&**wanted));
    let is_measured = |name: &str| name != "recording" || !only_checks();
    let all: [(&str, fn()); 12] = [
        ("rosenbrock", rosenbrock),
        ("mlp", mlp),
        ("mlp_seed", mlp_seed),
        ("ode", ode),
        ("funcs", funcs),
        ("reductions", reductions),
        ("mixture", mixture),
        ("bundle", bundle),
        ("tridiagonal", tridiagonal),
        ("hessians", hessians),
        ("recording", recording),
        ("threads", threads),
    ];
    // One thread, where nothing else is said.
    pool(1)
        .install(|| all.iter().filter(|(name, _)| is_wanted(name) && is_measured(name)).for_each(|(_, bench)| bench()));
}
