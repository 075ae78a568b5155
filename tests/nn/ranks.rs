//! Claims about ranks that share sums over rows, on threads in place of machines.

use std::ffi::OsString;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use gradtape::nn::{Activation, Adam, Dataset, Engine, Init, Mlp, Target, Trainer};
use gradtape::program::{Alone, Communicator, Precision, Program, Rows};
use gradtape::{Error, Objective};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::train_example::IRIS;

const SIZES: [usize; 7] = [1, 2, 3, 4, 5, 7, 11];

/// A rank on a thread, with a channel to and from each rank.
#[derive(Debug)]
struct Thread {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

impl Communicator for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn exchange(
        &mut self,
        sent: &[u8],
        parts: &[Range<usize>],
        received: &mut [u8],
        places: &[Range<usize>],
    ) -> Result<(), Error> {
        assert_eq!([parts.len(), places.len()], [self.size(); 2]);
        for (to, part) in self.to.iter().zip(parts) {
            to.send(sent[part.clone()].to_vec()).map_err(|_| Error::other("a rank has ended"))?;
        }
        for (from, place) in self.from.iter().zip(places) {
            received[place.clone()].copy_from_slice(&from.recv().map_err(|_| Error::other("a rank has ended"))?);
        }
        Ok(())
    }
}

/// The results of some ranks that run `f`.
fn run<R: Send>(size: usize, f: impl Fn(Thread) -> R + Sync) -> Vec<R> {
    let mut ranks: Vec<Thread> = (0..size).map(|rank| Thread { rank, to: Vec::new(), from: Vec::new() }).collect();
    for sender in 0..size {
        for receiver in 0..size {
            let (to, from) = channel();
            ranks[sender].to.push(to);
            ranks[receiver].from.push(from);
        }
    }
    thread::scope(|scope| {
        let threads: Vec<_> = ranks.into_iter().map(|rank| scope.spawn(|| f(rank))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn numbers(rows: u32) -> Dataset {
    let x: Vec<f64> = (0..2 * rows).map(|k| f64::from(k * k % 97) / 40.0 - 1.0).collect();
    let target = Target::Numbers(x.chunks(2).map(|x| x[0] * x[1] - x[0]).collect());
    Dataset::new(vec!["a".into(), "b".into()], x, target).unwrap()
}

fn classes(rows: u32) -> Dataset {
    let data = numbers(rows);
    let labels = (0..data.len()).map(|row| usize::from(data.row(row)[0] > data.row(row)[1])).collect();
    let target = Target::Classes { names: vec!["no".into(), "yes".into()], labels };
    let x = (0..data.len()).flat_map(|row| data.row(row).to_vec()).collect();
    Dataset::new(data.names().to_vec(), x, target).unwrap()
}

fn network<T: Precision>(data: &Dataset) -> Mlp<T> {
    let layers = [(5, Activation::Tanh), (data.target().width(), Activation::Identity)];
    Mlp::new(2, &layers, Init::Xavier, &mut rng(1)).unwrap()
}

fn trainer<T: Precision>(data: &Dataset, engine: Engine) -> Trainer<T, Adam<T>> {
    Trainer::new(network(data), Adam::new(T::from(0.05).unwrap())).with_engine(engine)
}

/// The loss of the third epoch, and the parameters after it.
fn after_three_epochs<T: Precision>(mut trainer: Trainer<T, Adam<T>>, data: &Dataset, batch: usize) -> Vec<f64> {
    let mut rng = rng(2);
    let losses: Vec<T> = (0..3).map(|_| trainer.epoch(data, batch, &mut rng).unwrap()).collect();
    let parameters = trainer.network().parameters().iter();
    losses[2..].iter().chain(parameters).map(|x| x.to_f64().unwrap()).collect()
}

#[test]
fn trained_networks_have_the_same_bits_with_any_number_of_ranks_and_those_of_one_process() {
    fn check<T: Precision>(tolerance: f64) {
        for (data, batch) in [(numbers(700), 500), (numbers(70), 1000), (classes(400), 300), (classes(40), 7)] {
            for engine in [Engine::Tape, Engine::Program] {
                let alone = after_three_epochs(trainer::<T>(&data, engine).with_communicator(Alone), &data, batch);
                for size in SIZES {
                    let train =
                        |rank| after_three_epochs(trainer::<T>(&data, engine).with_communicator(rank), &data, batch);
                    for of_rank in run(size, train) {
                        assert_eq!(of_rank, alone, "{size} ranks, {engine}, batch {batch}");
                    }
                }
                // Without ranks, the rows are added in another order.
                let plain = after_three_epochs(trainer::<T>(&data, engine), &data, batch);
                for (a, b) in plain.iter().zip(&alone) {
                    assert!((a - b).abs() <= tolerance * (1.0 + a.abs()), "{engine}, batch {batch}: {a}, not {b}");
                }
            }
        }
    }
    check::<f64>(1e-12);
    check::<f32>(1e-3);
}

#[test]
fn the_share_of_a_rank_follows_that_of_the_rank_before() {
    for size in SIZES {
        for rows in [0, 1, 63, 64, 127, 128, 129, 400, 1537, 100_000] {
            let shares = run(size, |rank| rank.share(rows));
            assert_eq!((shares[0].start, shares[size - 1].end), (0, rows), "{rows} rows, {size} ranks");
            assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start), "{shares:?}");
            let lengths = || shares.iter().map(Range::len);
            // One block more, and in each block one row.
            let blocks = (rows / 64).clamp(1, 96);
            let more = rows / blocks + blocks.div_ceil(size);
            assert!(lengths().max().unwrap() <= lengths().min().unwrap() + more, "{shares:?}");
        }
    }
}

/// The gradient of the sum of squared errors of a curve.
fn curve<T: Precision>() -> Program<T> {
    let square = Program::record_with(
        |p, row| (p[0] * (p[1] * row[0]).sin() - row[1]).powi(2),
        &[T::one(), T::one()],
        &[T::one(), T::one()],
    );
    square.gradient_of_sum()
}

fn points<T: Precision>(rows: usize) -> Vec<T> {
    (0..2 * rows).map(|k| T::from(k * k % 1009).unwrap() / T::from(173.7).unwrap()).collect()
}

/// Value and gradient at a point.
fn evaluate<T: Precision>(objective: &impl Objective<T>) -> Vec<T> {
    let mut gradient = [T::zero(); 2];
    let value = objective.value_and_gradient(&[T::one() + T::one(), T::one()], &mut gradient).unwrap();
    vec![value, gradient[0], gradient[1]]
}

#[test]
fn a_sum_over_shared_rows_is_added_as_the_documented_tree() {
    /// Blocks of at least 64 rows, at most 96, added in halves.
    fn by_halves<T: Precision>(program: &Program<T>, points: &[T], blocks: Range<usize>, starts: &[usize]) -> Vec<T> {
        if blocks.len() == 1 {
            let rows = Rows::new(&points[2 * starts[blocks.start]..2 * starts[blocks.end]], 2).unwrap();
            return evaluate(&program.objective(rows));
        }
        let middle = blocks.start + (blocks.end - blocks.start) / 2;
        let [left, right] = [blocks.start..middle, middle..blocks.end];
        let [left, right] = [left, right].map(|half| by_halves(program, points, half, starts));
        left.iter().zip(right).map(|(&a, b)| a + b).collect()
    }
    fn check<T: Precision>() {
        let program = curve::<T>();
        for rows in [1, 70, 150, 1000, 8000] {
            let points = points::<T>(rows);
            let blocks = (rows / 64).clamp(1, 96);
            let mut starts = vec![0];
            for block in 0..blocks {
                starts.push(starts[block] + rows / blocks + usize::from(block < rows % blocks));
            }
            let expected = by_halves(&program, &points, 0..blocks, &starts);
            for size in SIZES {
                let totals = run(size, |rank| {
                    let share = rank.share(rows);
                    let mine = Rows::new(&points[2 * share.start..2 * share.end], 2).unwrap();
                    evaluate(&program.objective_of_ranks(mine, rows, rank).unwrap())
                });
                assert!(totals.iter().all(|total| *total == expected), "{rows} rows, {size} ranks: {totals:?}");
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn ranks_that_differ_all_have_the_same_error() {
    struct Run {
        data: Dataset,
        batch: usize,
        seed: u64,
        rate: f64,
        bias: f64,
    }
    type Change = fn(&mut Run);
    let cases: [(&str, Change); 6] = [
        ("number of rows", |run| run.data = numbers(199)),
        ("data", |run| run.data.standardize(&run.data.scaling())),
        ("batch, loss and engine", |run| run.batch = 149),
        ("random numbers", |run| run.seed = 3),
        // This is found when the first epoch ends.
        ("network", |run| run.rate = 0.051),
        ("network", |run| run.bias = -0.0),
    ];
    for (what, differ) in cases {
        let errors = run(3, |rank| {
            let mut run = Run { data: numbers(200), batch: 150, seed: 2, rate: 0.05, bias: 0.0 };
            if rank.rank() == 2 {
                differ(&mut run);
            }
            let mut network = network::<f64>(&run.data);
            network.parameters_mut()[0] = run.bias;
            let mut trainer = Trainer::new(network, Adam::new(run.rate)).with_communicator(rank);
            trainer.epoch(&run.data, run.batch, &mut rng(run.seed)).unwrap_err().to_string()
        });
        assert_eq!(errors, vec![format!("rank 2: expected the same {what} as rank 0 has, found a difference"); 3]);
    }
}

#[test]
fn rows_that_are_not_the_share_of_a_rank_and_points_that_differ_are_errors() {
    let program = curve::<f64>();
    let errors = run(2, |rank| {
        // One row too many on rank 1.
        let mine = points(rank.share(200).len() + rank.rank());
        program.objective_of_ranks(Rows::new(&mine, 2).unwrap(), 200, rank).err().map(|error| error.to_string())
    });
    assert_eq!(
        errors,
        [None, Some("rank 1: expected its share of 200 rows, which are 133, found 134 rows".to_owned())]
    );
    let errors = run(2, |rank| {
        let (mine, x) = (points(rank.share(200).len()), [1.0, if rank.rank() == 1 { 2.0 } else { 3.0 }]);
        let objective = program.objective_of_ranks(Rows::new(&mine, 2).unwrap(), 200, rank).unwrap();
        objective.value_and_gradient(&x, &mut [0.0; 2]).unwrap_err().to_string()
    });
    assert_eq!(errors, ["rank 1: expected the same point as rank 0 has, found a difference"; 2]);
}

#[test]
fn options_that_several_processes_do_not_share_are_refused_with_a_remedy() {
    let output = |options: &str, size| {
        run(size, |rank| {
            let args = ["--data", IRIS, "--epochs", "2"].into_iter().chain(options.split(' ')).map(OsString::from);
            let mut out = Vec::new();
            let result = train::run_with(args, Some(Box::new(rank)), &mut out, false);
            result.map(|()| String::from_utf8(out).unwrap()).map_err(|error| error.to_string())
        })
    };
    let one = "run one process, by cargo run --release --package gradtape-train -- ...";
    let more = "leave it out, and start more processes in place of threads";
    for (options, name, remedy) in [
        ("--cross-validate 3", "--cross-validate", one),
        ("--optimizer lbfgs", "--optimizer lbfgs", one),
        ("--threads 2", "--threads", more),
    ] {
        let expected = format!("{name}: not available with several processes; {remedy}");
        assert_eq!(output(options, 2), [Err(expected.clone()), Err(expected)], "{options}");
    }
    // One process is not several.
    for options in ["--cross-validate 3", "--optimizer lbfgs"] {
        let out = output(options, 1).remove(0).unwrap();
        assert!(out.starts_with("1 ranks\n") && out.contains("accuracy "), "{out}");
    }
}

#[test]
fn a_rank_that_ends_is_an_error_on_the_others() {
    let data = numbers(200);
    for engine in [Engine::Tape, Engine::Program] {
        let results = run(3, |rank| {
            let epochs = if rank.rank() == 1 { 1 } else { 2 };
            let (mut trainer, mut rng) = (trainer::<f64>(&data, engine).with_communicator(rank), rng(2));
            (0..epochs)
                .try_for_each(|_| trainer.epoch(&data, 150, &mut rng).map(drop))
                .map_err(|error| error.to_string())
        });
        let ended = Err("a rank has ended".to_owned());
        assert_eq!(results, [ended.clone(), Ok(()), ended]);
    }
}
