//! Programs against plain floats, adjoints written by hand, and the tape.
//!
//! `cargo bench -p gradtape-benches --bench programs` asserts that all agree, and prints a line of ratios for each
//! workload: minima over rounds that interleave the competitors in one process.
//! `cargo bench -p gradtape-benches --bench programs -- check` asserts only; other arguments are names of workloads.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Instant;

use gradtape::program::{Options, Precision, Program, Rows, Workspace};
use gradtape::{Gradients, Real, Tape, Value};
use testing::minima::{minima, only_checks};
use testing::workloads::{Draws, Funcs, Program as _, Rosenbrock};

fn assert_near(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance * (1.0 + theirs.abs()), "{ours} instead of {theirs}");
}

fn number<T: Precision>(x: f64) -> T {
    T::from(x).expect("a float has every f64")
}

/// The squared error of a 2-16-16-1 network of tanh neurons, a hundredth of it, on a row of two inputs and a target.
fn network<F: Real>(parameters: &[F], row: &[F]) -> F {
    let (mut x, mut rest) = (row[..2].to_vec(), parameters);
    for width in [16, 16, 1] {
        let (layer, behind) = rest.split_at((x.len() + 1) * width);
        rest = behind;
        let neuron = |neuron: &[F]| (F::dot(&neuron[..x.len()], &x) + neuron[x.len()]).tanh();
        x = layer.chunks_exact(x.len() + 1).map(neuron).collect();
    }
    let error = x[0] - row[2];
    error * error
}

/// The workload mlp: parameters and rows.
fn mlp<T: Precision>() -> (Vec<T>, Vec<T>) {
    let mut draws = Draws::new();
    let mut parameters = Vec::new();
    for (inputs, outputs) in [(2, 16), (16, 16), (16, 1)] {
        for _ in 0..outputs {
            parameters.extend(draws.take(inputs));
            parameters.push(0.0);
        }
    }
    let rows = (0..100).flat_map(|_| {
        let x = draws.take(2);
        [x[0], x[1], if x[0] * x[1] > 0.0 { 1.0 } else { -1.0 }]
    });
    (parameters.into_iter().map(number).collect(), rows.map(number).collect())
}

fn bench_mlp<T: Precision>(name: &str, tolerance: f64)
where
    Value<T>: Real<Plain = T>,
{
    let (parameters, rows) = mlp::<T>();
    let share = number::<T>(0.01);
    let program = Program::record_with(|w, x| network(w, x) * share, &parameters, &rows[..3]).gradient_of_sum();
    let exact =
        Options::new().exact().record_with(|w, x| network(w, x) * share, &parameters, &rows[..3]).gradient_of_sum();
    let table = Rows::new(&rows, 3).expect("rows are whole");
    let (mut workspace, mut workspace_of_exact) = (Workspace::new(), Workspace::new());
    let (tape, mut variables, mut gradients) = (Tape::<T>::new(), Vec::new(), Gradients::new());
    let mut slopes = vec![T::zero(); parameters.len()];
    let mut plain = || {
        let loss: T = black_box(&rows[..]).chunks_exact(3).map(|row| network(black_box(&parameters), row)).sum();
        black_box(loss * share);
    };
    let mut ours = || {
        black_box(program.run(black_box(&parameters), table, &mut workspace).expect("it fits").totals()[0]);
    };
    let mut exactly = || {
        let results = exact.run(black_box(&parameters), table, &mut workspace_of_exact).expect("it fits");
        black_box(results.totals()[0]);
    };
    let mut taped = || {
        tape.clear();
        tape.vars_into(black_box(&parameters), &mut variables);
        let row = |row: &[T]| network(&variables, &row.iter().map(|&x| Value::constant(x)).collect::<Vec<_>>());
        let loss = rows.chunks_exact(3).map(row).sum::<Value<T>>() * share;
        loss.backward_into(&mut gradients);
        gradients.wrt_into(&variables, &mut slopes);
    };
    let mut make = || {
        let program = Program::record_with(|w, x| network(w, x) * share, &parameters, &rows[..3]).gradient_of_sum();
        black_box(workspace_totals(&program, &parameters, table));
    };
    let [plain, ours, exactly, taped, make] = minima([&mut plain, &mut ours, &mut exactly, &mut taped, &mut make]);
    let statistics = program.statistics();
    for (ours, &theirs) in workspace_totals(&program, &parameters, table)[1..].iter().zip(&slopes) {
        assert_near(ours.to_f64().unwrap_or(f64::NAN), theirs.to_f64().unwrap_or(f64::NAN), tolerance);
    }
    println!(
        "{name:<12} plain {:>8.1} µs   program {:>5.2} of plain, {:>6.3} of the tape, exact {:>5.1} times as long   pays from evaluation {} on, {} bytes \
         per operation",
        plain * 1e6,
        ours / plain,
        ours / taped,
        exactly / ours,
        (make / (taped - ours)).ceil(),
        (statistics.graph_bytes + statistics.code_bytes) / statistics.recorded
    );
}

fn workspace_totals<T: Precision>(program: &Program<T>, parameters: &[T], rows: Rows<'_, T>) -> Vec<T> {
    let mut workspace = Workspace::new();
    program.run(parameters, rows, &mut workspace).expect("it fits").totals().to_vec()
}

/// A sum in eight parts, which the processor adds up side by side.
fn sum(numbers: &[f64]) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut parts = [0.0; 8];
    for chunk in chunks {
        parts.iter_mut().zip(chunk).for_each(|(part, x)| *part += x);
    }
    parts.iter().chain(rest).sum()
}

fn bench_funcs() {
    let x = Draws::new().take(10_000);
    let program = Program::record(|x| Funcs.eval(x), &[0.5]).gradient();
    let rows = Rows::new(&x, 1).expect("rows are whole");
    let (mut workspace, mut gradient) = (Workspace::new(), vec![0.0; x.len()]);
    let mut plain = || {
        black_box(Funcs.eval(black_box(&x[..])));
    };
    let mut by_hand = || {
        black_box(Funcs.hand(black_box(&x), &mut gradient));
    };
    let mut ours = || {
        black_box(program.run(&[], black_box(rows), &mut workspace).expect("it fits").column(0));
    };
    let [plain, by_hand, ours] = minima([&mut plain, &mut by_hand, &mut ours]);
    let results = program.run(&[], rows, &mut workspace).expect("it fits");
    assert_near(results.column(0).iter().sum(), Funcs.eval(&x[..]), 1e-12);
    for (&ours, &theirs) in results.column(1).iter().zip(&gradient) {
        assert_near(ours, theirs, 1e-12);
    }
    println!(
        "{:<12} plain {:>8.1} µs   program {:>5.2} of plain, {:>5.2} of the adjoint by hand",
        "funcs",
        plain * 1e6,
        ours / plain,
        ours / by_hand
    );
}

fn bench_rosenbrock() {
    let x = Draws::new().take(10_000);
    let program = Program::record(|x| Rosenbrock.eval(x), &[0.5, 0.5]).gradient();
    let rows = Rows::windows(&x, 2).expect("there are windows");
    let mut workspace = Workspace::new();
    let (mut by_hand_gradient, mut gradient) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let (mut value, mut by_hand_value) = (0.0, 0.0);
    let mut plain = || {
        black_box(Rosenbrock.eval(black_box(&x[..])));
    };
    let mut by_hand = || {
        by_hand_value = Rosenbrock.hand(black_box(&x), &mut by_hand_gradient);
    };
    let mut ours = || {
        let results = program.run(&[], black_box(rows), &mut workspace).expect("it fits");
        value = sum(results.column(0));
        let [by_first, by_second] = [1, 2].map(|output| results.column(output));
        let last = by_first.len();
        (gradient[0], gradient[last]) = (by_first[0], by_second[last - 1]);
        for ((slope, first), second) in gradient[1..last].iter_mut().zip(&by_first[1..]).zip(by_second) {
            *slope = first + second;
        }
    };
    let [plain, by_hand, ours] = minima([&mut plain, &mut by_hand, &mut ours]);
    assert_near(value, by_hand_value, 1e-12);
    for (&ours, &theirs) in gradient.iter().zip(&by_hand_gradient) {
        assert_near(ours, theirs, 1e-12);
    }
    println!(
        "{:<12} plain {:>8.1} µs   program {:>5.2} of plain, {:>5.2} of the adjoint by hand",
        "rosenbrock",
        plain * 1e6,
        ours / plain,
        ours / by_hand
    );
}

/// Runs `f` where programs see so many threads.
fn on_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("the threads can be had");
    pool.install(f)
}

/// The gradient of the network on many rows, on one thread and on two.
fn bench_threads() {
    let (parameters, _) = mlp::<f64>();
    let mut draws = Draws::new();
    let rows = draws.take(3 * 100_000);
    let table = Rows::new(&rows, 3).expect("rows are whole");
    let program = Program::record_with(network, &parameters, &rows[..3]).gradient_of_sum();
    let measure = |threads| {
        on_threads(threads, || {
            let mut workspace = Workspace::new();
            let mut totals = Vec::new();
            let mut run =
                || totals = program.run(&parameters, table, &mut workspace).expect("it fits").totals().to_vec();
            let [seconds] = minima([&mut run]);
            (seconds, totals)
        })
    };
    let ((one, totals), (two, same)) = (measure(1), measure(2));
    assert!(totals == same, "the threads changed a bit");
    println!(
        "{:<12} 100,000 rows: {:.1} ms on one thread, {:.2} times as fast on two",
        "threads",
        one * 1e3,
        one / two
    );
}

/// Recording, differentiating and optimising functions of more and more operations.
fn bench_recording() {
    let (rounds, all) = if only_checks() { (1, &[10_000][..]) } else { (3, &[10_000, 100_000, 1_000_000][..]) };
    for &operations in all {
        let function = |x: &[gradtape::program::Expr<f64>]| {
            let (mut a, mut b) = (x[0], x[1]);
            for _ in 0..operations / 4 {
                (a, b) = (a * b + 0.5, (b * 0.25).sin());
            }
            a
        };
        let mut best = [f64::INFINITY; 3];
        for _ in 0..rounds {
            let mut start = Instant::now();
            let mut lap = || std::mem::replace(&mut start, Instant::now()).elapsed().as_secs_f64();
            let program = Program::record(function, &[0.3, 0.4]);
            let recorded = lap();
            let gradient = program.gradient();
            let derived = lap();
            black_box(gradient.eval(&[0.3, 0.4]).expect("it fits"));
            let times = [recorded, derived, lap()];
            best = std::array::from_fn(|i| best[i].min(times[i]));
        }
        let [record, derive, compile] = best.map(|seconds| seconds / f64::from(operations) * 1e9);
        println!(
            "{operations:>9} operations: {record:>5.0} ns each to record, {derive:>5.0} to differentiate, {compile:>5.0} to \
             compile and run once"
        );
    }
}

fn main() {
    let is_name = |argument: &String| !argument.starts_with('-') && argument != "check";
    let wanted: Vec<String> = std::env::args().skip(1).filter(is_name).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(&**wanted));
    let all: [(&str, &(dyn Fn() + Sync)); 6] = [
        ("mlp f64", &|| bench_mlp::<f64>("mlp f64", 1e-12)),
        ("mlp f32", &|| bench_mlp::<f32>("mlp f32", 1e-4)),
        ("funcs", &bench_funcs),
        ("rosenbrock", &bench_rosenbrock),
        ("recording", &bench_recording),
        ("threads", &bench_threads),
    ];
    let wanted = all.into_iter().filter(|(name, _)| is_wanted(name));
    on_threads(1, || wanted.for_each(|(_, bench)| bench()));
}
