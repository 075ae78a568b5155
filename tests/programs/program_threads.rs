//! The results have the same bits with any number of threads.

use gradtape::Real;
use gradtape::program::{Precision, Program, Rows, Workspace};

fn function<F: Real>(p: &[F], x: &[F]) -> F {
    let hidden = (p[0] * x[0] + p[1] * x[1]).tanh() * p[2].exp();
    (hidden - x[0] * x[1]).powi(2) + (hidden * x[0]).sin()
}

pub(crate) fn with_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

fn is_the_same_with_any_number_of_threads<T: Precision>(count: usize) {
    let number = |x: f64| T::from(x).unwrap();
    let parameters = [0.3, -0.7, 0.2].map(number);
    let numbers: Vec<T> =
        (0..2 * count).map(|k| number(f64::from(u32::try_from(k * 37 % 1009).unwrap()) / 400.0)).collect();
    let rows = Rows::new(&numbers, 2).unwrap();
    let program = Program::record_with(function, &parameters, &numbers[..2]);
    let (sum, each) = (program.gradient_of_sum(), program.gradient());
    let run = || {
        let mut workspace = Workspace::new();
        let totals = sum.run(&parameters, rows, &mut workspace).unwrap().totals().to_vec();
        let results = each.run(&parameters, rows, &mut workspace).unwrap();
        (totals, (0..results.width()).flat_map(|output| results.column(output).to_vec()).collect::<Vec<T>>())
    };
    let one = with_threads(1, run);
    for threads in [2, 3, 7] {
        assert!(with_threads(threads, run) == one, "{count} rows on {threads} threads");
    }
    let alone = each.run(&parameters, Rows::one(&rows.row(count - 1)), &mut Workspace::new()).unwrap().row(0);
    let last: Vec<T> = one.1.chunks(count).map(|column| column[count - 1]).collect();
    assert!(alone == last, "a row alone, and as the last of {count}");
}

#[test]
fn results_and_sums_are_the_same_bits_with_any_number_of_threads() {
    for count in [1, 17, 959, 960, 961, 20_000, 100_003] {
        is_the_same_with_any_number_of_threads::<f64>(count);
        is_the_same_with_any_number_of_threads::<f32>(count);
    }
}

#[test]
fn threads_can_share_a_program() {
    let program = Program::record(|x| function(&[x[0]; 3], &x[1..]), &[0.1, 0.2, 0.3]).gradient();
    let expected = program.eval(&[0.5, 0.6, 0.7]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(program.eval(&[0.5, 0.6, 0.7]).unwrap(), expected));
        }
    });
}
