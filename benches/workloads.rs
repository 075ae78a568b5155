//! Five programs: as plain floats, with a hand-written adjoint, and on the tape.
//!
//! `cargo bench -p gradtape-benches --bench workloads` asserts the checksums, prints a line of ratios for each program
//! (minima over rounds that interleave the three), then lets criterion measure them.
//! `cargo bench -p gradtape-benches --bench workloads -- ratios` stops after the lines, and `-- check` measures
//! nothing.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use gradtape::{Gradients, Tape, Value};
use testing::minima::{minima_within, only_checks};
use testing::workloads::{Draws, Funcs, Mlp, Ode, Program, Rosenbrock};

/// What a user keeps from step to step, so that a steady loop allocates nothing.
#[derive(Default)]
struct Memory {
    tape: Tape<f64>,
    variables: Vec<Value<f64>>,
    gradients: Gradients<f64>,
}

impl Memory {
    fn gradient(&mut self, program: &impl Program, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.tape.clear();
        self.tape.vars_into(x, &mut self.variables);
        let y = program.eval(&self.variables);
        y.backward_into(&mut self.gradients);
        self.gradients.wrt_into(&self.variables, gradient);
        y.data()
    }
}

/// One run of a program, with as many steps of gradient descent at rate 0.05 as it asks for: the value of the last
/// step, and the gradient there.
fn run(program: &impl Program, input: &[f64], mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64) -> (f64, Vec<f64>) {
    let (mut x, mut slopes) = (input.to_vec(), vec![0.0; input.len()]);
    let mut value = gradient(&x, &mut slopes);
    for _ in 1..program.steps() {
        x.iter_mut().zip(&slopes).for_each(|(x, slope)| *x -= 0.05 * slope);
        value = gradient(black_box(&x), &mut slopes);
    }
    (value, slopes)
}

struct Bench {
    criterion: Criterion,
    only_ratios: bool,
}

impl Bench {
    /// `checksums`: the value, the sum of the gradient, and the sum of the gradient's absolute values.
    fn measure(&mut self, name: &str, program: &impl Program, input: &[f64], checksums: [f64; 3]) {
        let mut memory = Memory::default();
        let plain = || run(program, black_box(input), |x, _| program.eval(x));
        let hand = || run(program, black_box(input), |x, slopes| program.hand(x, slopes));
        let mut tape = || run(program, black_box(input), |x, slopes| memory.gradient(program, x, slopes));

        for (value, gradient) in [hand(), tape()] {
            let sums = [value, gradient.iter().sum(), gradient.iter().map(|g| g.abs()).sum()];
            for (sum, expected) in sums.into_iter().zip(checksums) {
                assert!((sum - expected).abs() <= 1e-8 * expected.abs(), "{name}: {sum} instead of {expected}");
            }
        }

        let [plain_time, hand_time, tape_time] = minima_within(
            Duration::from_secs(3),
            [&mut || _ = black_box(plain()), &mut || _ = black_box(hand()), &mut || _ = black_box(tape())],
        );
        if !self.only_ratios {
            let mut group = self.criterion.benchmark_group(name);
            group.bench_function("plain", |b| b.iter(plain));
            group.bench_function("hand-written", |b| b.iter(hand));
            group.bench_function("gradtape", |b| b.iter(&mut tape));
            group.finish();
        }
        #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let bytes = memory.tape.bytes() as f64 / program.operations(input.len()) as f64;
        println!(
            "{name:<12}plain {:>9.1} µs   hand-written {:>5.2}   gradtape {:>5.2}   {bytes:>5.1} tape bytes per operation",
            plain_time * 1e6,
            hand_time / plain_time,
            tape_time / plain_time,
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only_ratios = only_checks() || arguments.iter().any(|a| a == "ratios");
    let criterion = if only_ratios { Criterion::default() } else { Criterion::default().configure_from_args() };
    let random = Draws::new().take(10_000);
    let (quadrants, quadrant_parameters) = Mlp::quadrants();
    let (article, article_parameters) = Mlp::article();
    let start = vec![1.5, 1.0, 3.0, 1.0, 1.0, 1.0];
    let mut bench = Bench { criterion, only_ratios };
    let sums = [545_597.087_868_823_8, -702_157.071_58, 2_257_857.305_43];
    bench.measure("rosenbrock", &Rosenbrock, &random, sums);
    bench.measure("mlp", &quadrants, &quadrant_parameters, [1.166_298_183_167_4, 1.414_372_001_12, 19.340_264_544_1]);
    let sums = [0.010_081_122_537_6, -0.003_601_875_51, 0.294_751_088_53];
    bench.measure("mlp_seed", &article, &article_parameters, sums);
    bench.measure("ode", &Ode, &start, [1.936_035_845_711_4, -7.933_485_395_88, 8.734_049_928_33]);
    bench.measure("funcs", &Funcs, &random, [37_363.966_920_876_795, 62_068.356_8, 62_068.356_8]);
}
