//! Two moons: micrograd's demonstration.

use std::f64::consts::PI;
use std::io::Write;

use gradtape::nn::{Activation, Engine, Init, LossProgram, Mlp, Optimizer, Schedule, Sgd, Trainer, loss};
use gradtape::program::{Precision, Rows};
use gradtape::{Error, Real, Value};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::StandardNormal;

use crate::console::printable;
use crate::options::Options;
use crate::output_file;
use crate::plot::{Boundary, Losses, Panel, Picture};
use crate::run::{Result, number, plain};

const POINTS_OF_MOON: u32 = 50;
const NOISE: f64 = 0.1;
const STEPS: usize = 100;
/// The weight of the squares of all parameters in the loss.
const PENALTY: f64 = 1e-4;
/// How many letters the picture has.
const COLUMNS: u32 = 66;
const LINES: u32 = 22;

/// Two half circles that reach into each other: for each point its place, and the target 1 or -1.
fn moons(rng: &mut impl Rng) -> Vec<[f64; 3]> {
    let mut points = Vec::new();
    for k in 0..POINTS_OF_MOON {
        let angle = PI * f64::from(k) / f64::from(POINTS_OF_MOON - 1);
        for (x, y, target) in [(angle.cos(), angle.sin(), -1.0), (1.0 - angle.cos(), 0.5 - angle.sin(), 1.0)] {
            let [dx, dy]: [f64; 2] = [rng.sample(StandardNormal), rng.sample(StandardNormal)];
            points.push([x + NOISE * dx, y + NOISE * dy, target]);
        }
    }
    points
}

/// The loss of one row, its place and its target. The penalty is the same in all rows.
fn max_margin<F: Real>(network: &Mlp<F>, row: &[F]) -> std::result::Result<F, Error> {
    let penalty = loss::l2(network.parameters()) * number::<F>(PENALTY);
    Ok(loss::hinge(&network.forward(&row[..2])?, &row[2..]) + penalty)
}

pub(crate) fn train<T: Precision>(options: &Options, out: &mut dyn Write) -> Result<()> {
    if let Some(plot) = &options.plot {
        output_file::check("--plot", plot, &[])?;
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let points = moons(&mut rng);
    let numbers: Vec<T> = points.iter().flatten().map(|&x| number(x)).collect();
    let rows = Rows::new(&numbers, 3)?;
    let layers = [(16, Activation::Relu), (16, Activation::Relu), (1, Activation::Identity)];
    let network = Mlp::<T>::new(2, &layers, Init::Uniform, &mut rng)?;
    writeln!(out, "{} points of two moons", points.len())?;
    writeln!(out, "network {network}, {} parameters, seed {}", network.parameters().len(), options.seed)?;

    let mut program = LossProgram::record(&network, &rows.row(0), max_margin)?.mean();
    let mut trainer = Trainer::new(network, Sgd::new(T::one()));
    let mut losses = Losses::default();
    for step in 0..STEPS {
        let accuracy = accuracy(trainer.network(), &numbers)?;
        trainer.optimizer_mut().set_rate(number(Schedule::Linear { to: 0.1 }.factor(step, STEPS)));
        let loss = match options.engine {
            Engine::Tape => trainer.step(|network, _| {
                let rows = numbers.chunks(3).map(|row| row.iter().copied().map(Value::constant).collect::<Vec<_>>());
                let sum: Value<T> = rows.map(|row| max_margin(network, &row)).sum::<std::result::Result<_, _>>()?;
                Ok(sum / number::<T>(f64::from(2 * POINTS_OF_MOON)))
            })?,
            _ => trainer.step_on(&mut program, rows)?,
        };
        losses.training.push(plain(loss));
        if step % 10 == 0 || step == STEPS - 1 {
            writeln!(out, "step {step}, loss {loss:.6}, accuracy {:.0} %", 100.0 * accuracy)?;
        }
    }
    let network = trainer.network();
    writeln!(out, "final accuracy {:.0} %", 100.0 * accuracy(network, &numbers)?)?;
    writeln!(
        out,
        "micrograd's notebook, on its own points: step 0, loss 0.895844; step 99, loss 0.010978, accuracy 100 %"
    )?;
    let class = |&[x, y]: &[f64; 2]| Ok(usize::from(network.forward(&[number(x), number(y)])?[0] > T::zero()));
    if let Some(plot) = &options.plot {
        let classes = ["moon -1", "moon 1"].map(String::from);
        let boundary = Boundary {
            features: ["x", "y"],
            classes: &classes,
            rows: points.iter().map(|&[x, y, target]| ([x, y], usize::from(target > 0.0))).collect(),
            rows_are: "all points",
            predict: Box::new(|points| points.iter().map(class).collect()),
        };
        Picture { losses: &losses, panel: Panel::Boundary(boundary), note: "" }.draw(plot)?;
        writeln!(out, "drawn as {}", printable(&plot.display().to_string()))?;
    }
    draw(&class, &points, out)
}

/// The share of points on their side.
fn accuracy<T: Precision>(network: &Mlp<T>, numbers: &[T]) -> Result<f64> {
    let mut right = 0;
    for row in numbers.chunks(3) {
        right += u32::from((network.forward(&row[..2])?[0] > T::zero()) == (row[2] > T::zero()));
    }
    Ok(f64::from(right) / f64::from(2 * POINTS_OF_MOON))
}

/// Draws the points, and between them dots where the network predicts 1.
fn draw(class: &dyn Fn(&[f64; 2]) -> Result<usize>, points: &[[f64; 3]], out: &mut dyn Write) -> Result<()> {
    let bounds = |k: usize| {
        let of = points.iter().map(|point| point[k]);
        (of.clone().fold(f64::INFINITY, f64::min) - 0.3, of.fold(f64::NEG_INFINITY, f64::max) + 0.3)
    };
    let [x, y] = [bounds(0), bounds(1)];
    // The middle of each letter, from left to right, and of each line, from above.
    let middle =
        |(low, high): (f64, f64), k: u32, count: u32| low + (high - low) * (f64::from(k) + 0.5) / f64::from(count);
    let [width, height] = [(x, COLUMNS), (y, LINES)].map(|((low, high), count)| (high - low) / f64::from(count));
    for line in 0..LINES {
        let at_y = middle((y.1, y.0), line, LINES);
        let mut text = String::new();
        for column in 0..COLUMNS {
            let at_x = middle(x, column, COLUMNS);
            let is_here =
                |point: &&[f64; 3]| (point[0] - at_x).abs() <= width / 2.0 && (point[1] - at_y).abs() <= height / 2.0;
            text.push(match points.iter().find(is_here) {
                Some(point) if point[2] > 0.0 => '+',
                Some(_) => 'o',
                None if class(&[at_x, at_y])? == 1 => '.',
                None => ' ',
            });
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}
