//! Rows whose inputs stand anywhere in a vector: they are the same rows, copied to a table.

use gradtape::Real;
use gradtape::program::{Expr, Index, Options, PathOutput, Paths, Precision, Program, Rows, Workspace};
use testing::TestFloat;
use testing::panics::{assert_refused, assert_refused_here};
use testing::{bits, number};

use crate::program_threads::with_threads;

/// A function with parameters, operations of all kinds, and a zero that wins over an infinite slope.
fn function<F: Real>(p: &[F], x: &[F]) -> Vec<F> {
    let hidden = (p[0] * x[0] + x[1] * x[2]).tanh() * p[1].exp();
    vec![hidden * x[1] + (x[2] - x[0]).sin(), x[0] * x[0].abs().sqrt() + p[0]]
}

/// The same with a comparison that comes out the same for all rows.
fn guarded<F: Real>(p: &[F], x: &[F]) -> Vec<F> {
    let mut y = function(p, x);
    y[0] = if x[0] + x[2] < F::constant(number(100.0)) { y[0] } else { -y[0] };
    y
}

type Recorded<T> = fn(&[Expr<T>], &[Expr<T>]) -> Vec<Expr<T>>;

/// A program of each kind.
fn programs<T: Precision>(f: Recorded<T>) -> Vec<(&'static str, Program<T>)> {
    let point = |count: usize| vec![number::<T>(0.5); count];
    let record = |options: Options| options.record_with(f, &point(2), &point(3));
    let (fast, exact) = (record(Options::new()), record(Options::new().exact()));
    let one = Program::record_with(|p, x| f(p, x).remove(0), &point(2), &point(3));
    vec![
        ("gradient", one.gradient()),
        ("gradient of sum", one.gradient_of_sum()),
        ("values", fast.clone()),
        ("Jacobian", fast.jacobian()),
        ("exact values", exact.clone()),
        ("exact Jacobian", exact.jacobian()),
        (
            "exact gradient of sum",
            Options::new().exact().record_with(|p, x| f(p, x).remove(1), &point(2), &point(3)).gradient_of_sum(),
        ),
    ]
}

/// Columns of places below `7 count + 300`.
fn columns(count: usize) -> Vec<(&'static str, Vec<usize>)> {
    let mut state = 7_usize;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 300
    };
    let place = |f: &mut dyn FnMut(usize) -> usize| (0..count).map(f).collect();
    vec![
        ("contiguous", place(&mut |k| 3 + k)),
        ("strided", place(&mut |k| 1 + 2 * k)),
        ("far apart", place(&mut |k| 7 * k)),
        ("decreasing", place(&mut |k| count - 1 - k)),
        ("random", place(&mut |_| random())),
        ("repeated", place(&mut |k| k / 3)),
        ("periodic", place(&mut |k| k % 5)),
        ("constant", place(&mut |_| 11)),
        ("constant but for the last", place(&mut |k| if k + 1 == count { 0 } else { 11 })),
    ]
}

fn vector<T: TestFloat>(len: usize) -> Vec<T> {
    (0_u32..).take(len).map(|k| number(if k % 97 == 0 { 0.0 } else { (f64::from(k) * 0.7).sin() * 1.5 })).collect()
}

/// All numbers of the results, as bits.
fn run<T: TestFloat + Precision>(program: &Program<T>, rows: Rows<'_, T>) -> Vec<u64> {
    let (parameters, mut workspace) = ([0.25, -0.5].map(number), Workspace::new());
    let results = program.run(&parameters, rows, &mut workspace).unwrap();
    let columns = (0..results.width()).flat_map(|k| results.column(k));
    columns.chain(results.totals()).map(|&x| bits(x)).collect()
}

/// Compares rows that are gathered with the same rows in a table: all of their inputs, and all but the last one or two,
/// which are plain data.
fn assert_gathers_as_table<T: TestFloat + Precision>(count: usize, threads: &[usize]) {
    let columns = columns(count);
    let vector = vector::<T>(7 * count + 300);
    for f in [function::<Expr<T>>, guarded] {
        let programs = programs(f);
        for (k, (name, _)) in columns.iter().enumerate() {
            let picked: Vec<&[usize]> = [0, 4, 2].map(|step| &columns[(k + step) % columns.len()].1[..]).to_vec();
            let table: Vec<T> =
                (0..count).flat_map(|row| picked.iter().map(move |column| column[row])).map(|at| vector[at]).collect();
            let table = Rows::new(&table, 3).unwrap();
            for gathered in 1..=3 {
                let indices: Vec<usize> =
                    (0..count).flat_map(|row| picked[..gathered].iter().map(move |column| column[row])).collect();
                let index = Index::new(&indices, gathered).unwrap();
                let own: Vec<T> = (0..count)
                    .flat_map(|row| picked[gathered..].iter().map(move |column| column[row]))
                    .map(|at| vector[at])
                    .collect();
                let rows = if gathered == 3 {
                    Rows::gathered(&vector, &index).unwrap()
                } else {
                    Rows::new(&own, 3 - gathered).unwrap().behind(&vector, &index).unwrap()
                };
                assert_eq!((rows.len(), rows.width(), rows.is_empty()), (count, 3, count == 0));
                for row in [0, count / 2, count.saturating_sub(1)].into_iter().filter(|&row| row < count) {
                    assert_eq!(rows.row(row), table.row(row));
                }
                for (kind, program) in &programs {
                    let expected = run(program, table);
                    for &threads in threads {
                        let ours = with_threads(threads, || run(program, rows));
                        assert!(
                            ours == expected,
                            "{kind}, {count} rows, {name}, {gathered} gathered, {threads} threads"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn gathered_rows_have_the_bits_of_the_same_rows_in_a_table() {
    for count in [0, 1, 2, 3, 8, 15, 16, 17, 33] {
        assert_gathers_as_table::<f64>(count, &[1]);
        assert_gathers_as_table::<f32>(count, &[1]);
    }
}

#[test]
fn many_gathered_rows_have_the_bits_of_a_table_on_any_number_of_threads() {
    assert_gathers_as_table::<f64>(1000, &[1]);
    assert_gathers_as_table::<f32>(2500, &[1, 3]);
}

/// Enough rows that several threads have work.
#[test]
fn threads_gather_their_own_rows() {
    let count = 20_000;
    let program = Program::record_with(|p, x| guarded(p, x).remove(0), &[0.5; 2], &[0.5; 3]);
    let vector = vector::<f64>(2 * count + 1);
    let place = |row: usize| [row, 2 * row + 1, row * 7919 % count];
    let index = Index::new(&(0..count).flat_map(place).collect::<Vec<_>>(), 3).unwrap();
    let table: Vec<f64> = (0..count).flat_map(place).map(|at| vector[at]).collect();
    for program in [program.gradient(), program.gradient_of_sum()] {
        let expected = run(&program, Rows::new(&table, 3).unwrap());
        for threads in [1, 2, 3, 7] {
            let ours = with_threads(threads, || run(&program, Rows::gathered(&vector, &index).unwrap()));
            assert!(ours == expected, "{threads} threads");
        }
    }
}

#[test]
fn windows_may_stand_behind_gathered_numbers() {
    let program = Program::record(|x| x[0] * 100.0 + x[1] * 10.0 + x[2], &[0.0; 3]);
    let (x, series) = ([1.0, 2.0], [3.0, 4.0, 5.0, 6.0]);
    let index = Index::new(&[1, 0, 1], 1).unwrap();
    let rows = Rows::windows(&series, 2).unwrap().behind(&x, &index).unwrap();
    assert_eq!(rows.row(2), [2.0, 5.0, 6.0]);
    assert_eq!(program.run(&[], rows, &mut Workspace::new()).unwrap().column(0), [234.0, 145.0, 256.0]);
    let one = Index::new(&[0], 1).unwrap();
    let rows = Rows::one(&[7.0, 8.0]).behind(&x, &one).unwrap();
    assert_eq!(program.run(&[], rows, &mut Workspace::new()).unwrap().column(0), [178.0]);
}

#[test]
fn scatter_adds_what_a_loop_adds() {
    let program = Program::record(|x| (x[0] * x[1]).sin() + x[2] * x[1], &[0.1, 0.2, 0.3]).gradient();
    for count in [1, 2, 17, 1000] {
        let (columns, vector) = (columns(count), vector::<f64>(7 * count + 300));
        let inputs = vector.iter().copied().cycle().take(3 * count).collect::<Vec<_>>();
        let mut workspace = Workspace::new();
        let results = program.run(&[], Rows::new(&inputs, 3).unwrap(), &mut workspace).unwrap();
        for (k, (name, column)) in columns.iter().enumerate() {
            // The last column is the first one again: each row has a place twice.
            let picked = [column, &columns[(k + 1) % columns.len()].1, column];
            let indices: Vec<usize> = (0..count).flat_map(|row| picked.map(|column| column[row])).collect();
            let index = Index::new(&indices, 3).unwrap();
            let (mut ours, mut theirs) = (vector.clone(), vector.clone());
            results.scatter(1, &index, &mut ours);
            for (output, column) in (1..).zip(picked) {
                for (row, &place) in column.iter().enumerate() {
                    theirs[place] += results.column(output)[row];
                }
            }
            assert_eq!(ours, theirs, "{count} rows, {name}");
        }
    }
}

#[test]
fn scatter_adds_to_places_that_occur_several_times() {
    let program = Program::record(|x| vec![x[0], x[0] * 10.0], &[1.0_f32]);
    let mut workspace = Workspace::new();
    let results = program.run(&[], Rows::new(&[1.0, 2.0, 3.0], 1).unwrap(), &mut workspace).unwrap();
    for (indices, expected) in [
        ([2, 2, 2, 2, 2, 2], [0.5, 0.5, 66.5]),
        ([0, 0, 1, 1, 2, 2], [11.5, 22.5, 33.5]),
        ([2, 0, 1, 0, 0, 0], [63.5, 2.5, 1.5]),
    ] {
        let mut sums = [0.5; 3];
        results.scatter(0, &Index::new(&indices, 2).unwrap(), &mut sums);
        assert_eq!(sums, expected, "{indices:?}");
    }
    let none = program.run(&[], Rows::new(&[], 1).unwrap(), &mut workspace).unwrap();
    none.scatter(0, &Index::new(&[], 2).unwrap(), &mut []);
}

#[test]
fn scatter_refuses_other_lengths_with_the_remedy() {
    let program = Program::record(|x| x[0] * x[1], &[1.0, 1.0]).gradient();
    let index = Index::new(&[0, 1, 1, 2], 2).unwrap();
    let mut workspace = Workspace::new();
    let x = [1.0, 2.0, 3.0];
    let results = program.run(&[], Rows::gathered(&x, &index).unwrap(), &mut workspace).unwrap();
    let one_row = Index::new(&[0, 1], 2).unwrap();
    let mut gradient = [0.0; 3];
    assert_refused_here("take the one of the inputs", || results.scatter(1, &one_row, &mut gradient));
    assert_refused_here("the vector needs 3 numbers at least, not 2", || {
        results.scatter(1, &index, &mut gradient[..2]);
    });
    assert_refused("there is no output 3 of rows, but 3", || results.scatter(2, &index, &mut gradient));
}

#[test]
fn an_index_has_its_rows() {
    let indices = [5, 0, 1, 5, 2, 1, 9, 4, 1];
    let index = Index::new(&indices, 3).unwrap();
    assert_eq!((index.len(), index.width(), index.needed(), index.is_empty()), (3, 3, 10, false));
    for row in 0..3 {
        assert_eq!(index.row(row).collect::<Vec<_>>(), indices[3 * row..][..3]);
        assert_eq!(index.row(row).len(), 3);
    }
    assert_refused_here("there is no row 3 of 3", || index.row(3).next());
    let empty = Index::new(&[], 4).unwrap();
    assert_eq!((empty.len(), empty.width(), empty.needed(), empty.is_empty()), (0, 4, 0, true));
    assert_refused_here("there is no row 0 of 0", || empty.row(0).next());
    assert!(Rows::<f64>::gathered(&[], &empty).unwrap().is_empty());
    for count in [1, 2, 3, 50] {
        for (name, column) in columns(count) {
            let index = Index::new(&column, 1).unwrap();
            let rows: Vec<usize> = (0..count).flat_map(|row| index.row(row)).collect();
            assert_eq!(rows, column, "{name}");
            assert_eq!(index.needed(), column.iter().max().unwrap() + 1, "{name}");
        }
    }
}

#[test]
fn rows_that_move_on_are_those_of_the_same_indices() {
    for (first, step, count) in
        [(&[0, 1, 2][..], 1, 40), (&[7], 0, 5), (&[30, 2, 9], 10, 17), (&[4, 4], 3, 1), (&[1], 1, 0)]
    {
        let indices: Vec<usize> = (0..count).flat_map(|row| first.iter().map(move |&k| k + row * step)).collect();
        let moving = Index::moving(first, step, count).unwrap();
        assert_eq!((moving.len(), moving.width()), (count, first.len()));
        if count > 1 {
            assert_eq!(moving, Index::new(&indices, first.len()).unwrap());
        }
        let rows: Vec<usize> = (0..count).flat_map(|row| moving.row(row)).collect();
        assert_eq!(rows, indices);
    }
    let message = |first: &[usize], step, count| Index::moving(first, step, count).unwrap_err().to_string();
    assert_eq!(message(&[], 1, 2), "index: expected at least 1 index in a row, found 0");
    for (step, count) in [(1 << 20, 1 << 13), (usize::MAX, 3), (1, usize::MAX)] {
        assert_eq!(
            message(&[1, 2], step, count),
            format!("index: expected indices below 2^32 - 1, found {count} rows of [1, 2] that move on by {step}")
        );
    }
}

#[test]
fn blocks_have_the_results_of_all_rows() {
    fn assert_blocks<T: TestFloat + Precision>(count: usize) {
        let (parameters, vector) = ([0.25, -0.5].map(number::<T>), vector::<T>(7 * count + 300));
        let indices: Vec<usize> = columns(count).swap_remove(4).1;
        let index = Index::new(&indices, 1).unwrap();
        let moving = Index::moving(&[1, 0], 2, count).unwrap();
        let kinds = [
            Rows::new(&vector[..3 * count], 3).unwrap(),
            Rows::windows(&vector[..count + 2], 3).unwrap(),
            Rows::new(&vector[..2 * count], 2).unwrap().behind(&vector, &index).unwrap(),
            Rows::windows(&vector[..count], 1).unwrap().behind(&vector, &moving).unwrap(),
        ];
        for (kind, program) in programs(function::<Expr<T>>).iter().filter(|(_, program)| !program.is_of_sum()) {
            for rows in kinds {
                let (mut whole, mut workspace) = (Workspace::new(), Workspace::new());
                let whole = program.run(&parameters, rows, &mut whole).unwrap();
                let (mut next, mut blocks) = (0, 0);
                program
                    .run_in_blocks(&parameters, rows, &mut workspace, |first, results| {
                        assert_eq!(first, next, "{kind}");
                        for row in 0..results.len() {
                            let same = results.row_iter(row).map(bits).eq(whole.row_iter(first + row).map(bits));
                            assert!(same, "{kind}, row {row} of the block from {first} on");
                        }
                        next += results.len();
                        blocks += 1;
                    })
                    .unwrap();
                assert_eq!(next, count, "{kind}");
                assert!(blocks > 1, "{kind} has one block");
            }
        }
    }
    assert_blocks::<f64>(20_000);
    assert_blocks::<f32>(40_000);
}

#[test]
fn errors_of_blocks_name_the_row_among_all() {
    let program = Program::record(|x| if x[0] < 70_000.0 { x[0] * 2.0 } else { x[0] }, &[0.0]);
    let numbers: Vec<f64> = (0..80_000).map(f64::from).collect();
    let (rows, mut workspace, mut seen) = (Rows::new(&numbers, 1).unwrap(), Workspace::new(), 0);
    let error = program.run_in_blocks(&[], rows, &mut workspace, |_, results| seen += results.len()).unwrap_err();
    assert!(error.to_string().starts_with("row 70000: expected a row for which the comparison at "), "{error}");
    assert!(0 < seen && seen <= 70_000);
    let sum = program.gradient_of_sum();
    assert_eq!(
        sum.run_in_blocks(&[], rows, &mut workspace, |_, _| panic!("sums have no blocks")).unwrap_err().to_string(),
        "program: expected outputs of each row, found sums over all rows, which `run` gives"
    );
    let wide = Rows::new(&[0.0; 4], 2).unwrap();
    let error = program.run_in_blocks(&[], wide, &mut workspace, |_, _| panic!("no such rows")).unwrap_err();
    assert_eq!(error.to_string(), "program: expected rows of 1 inputs, found 2");
}

#[test]
fn errors_say_where_what_was_expected_and_what_was_found() {
    let message = |error: gradtape::Error| error.to_string();
    let of_index = |indices: &[usize], width| message(Index::new(indices, width).unwrap_err());
    assert_eq!(of_index(&[1, 2, 3], 2), "index: expected whole rows of 2 indices, found 3 indices");
    assert_eq!(of_index(&[1], 0), "index: expected whole rows of 1 indices, found 1 indices");
    assert_eq!(of_index(&[0, u32::MAX as usize], 1), "index: expected indices below 2^32 - 1, found 4294967295");
    assert_eq!(of_index(&[usize::MAX], 1), format!("index: expected indices below 2^32 - 1, found {}", usize::MAX));
    let largest = Index::new(&[u32::MAX as usize - 1], 1).unwrap();
    assert_eq!(
        message(Rows::gathered(&[1.0], &largest).unwrap_err()),
        "vector: expected at least 4294967295 numbers, which the index names, found 1"
    );
    let index = Index::new(&[0, 3, 1, 2], 2).unwrap();
    let expected = "vector: expected at least 4 numbers, which the index names, found 3";
    assert_eq!(message(Rows::gathered(&[1.0; 3], &index).unwrap_err()), expected);
    let data = [1.0; 6];
    assert_eq!(message(Rows::new(&data, 3).unwrap().behind(&[1.0; 3], &index).unwrap_err()), expected);
    assert_eq!(
        message(Rows::new(&data, 2).unwrap().behind(&[1.0; 4], &index).unwrap_err()),
        "index: expected 3 rows, as many as there are data for, found 2 rows"
    );
    let vector = [1.0; 4];
    let gathered = Rows::gathered(&vector, &index).unwrap();
    assert_refused_here("make one index of both", || gathered.behind(&vector, &index));
    let program = Program::record(|x| x[0], &[1.0]);
    assert_eq!(
        message(program.run(&[], gathered, &mut Workspace::new()).unwrap_err()),
        "program: expected rows of 1 inputs, found 2"
    );
    assert_refused_here("there is no row 2 of 2", || gathered.row(2));
}

#[test]
fn a_guard_that_fails_names_the_numbers_of_the_gathered_row() {
    let program = Program::record(|x| if x[0] < x[1] { x[0] * x[1] } else { x[2] }, &[0.0, 1.0, 0.0]);
    let x = [1.0, 2.0, 3.5, 0.25];
    let index = Index::new(&[0, 1, 1, 2, 2, 3], 2).unwrap();
    let data = [0.0; 3];
    let rows = Rows::new(&data, 1).unwrap().behind(&x, &index).unwrap();
    for program in [program.clone(), program.gradient(), program.gradient_of_sum()] {
        let error = program.run(&[], rows, &mut Workspace::new()).unwrap_err().to_string();
        assert!(error.starts_with("row 2: expected a row for which the comparison at "), "{error}");
        assert!(error.contains("found one for which 3.5 < 0.25 is false"), "{error}");
    }
}

#[test]
fn paths_run_gathered_rows() {
    let f = |p: &[Expr<f64>], x: &[Expr<f64>]| {
        if x[0] > x[1] {
            x[0].sin() * p[0]
        } else if x[2] > 0.0 {
            x[0] * x[1] * x[2]
        } else {
            x[2].exp()
        }
    };
    for count in [1, 2, 40, 1000] {
        let (columns, vector) = (columns(count), vector::<f64>(7 * count + 300));
        let picked = [4, 3, 6].map(|k| &columns[k].1);
        let indices: Vec<usize> = (0..count).flat_map(|row| [picked[0][row], picked[1][row]]).collect();
        let index = Index::new(&indices, 2).unwrap();
        let own: Vec<f64> = picked[2].iter().map(|&at| vector[at] - 0.5).collect();
        let rows = Rows::new(&own, 1).unwrap().behind(&vector, &index).unwrap();
        let table: Vec<f64> = (0..count).flat_map(|row| rows.row(row)).collect();
        let table = Rows::new(&table, 3).unwrap();
        for output in [PathOutput::Values, PathOutput::Gradient, PathOutput::GradientOfSum] {
            for limit in [0, 1, 8] {
                let [ours, theirs] = [rows, table].map(|rows| {
                    let mut paths = Paths::new(f, output).with_limit(limit);
                    let results = paths.run(&[0.75], rows).unwrap();
                    let columns = (0..results.width()).flat_map(|k| results.column(k));
                    let numbers: Vec<u64> = columns.chain(results.totals()).map(|&x| bits(x)).collect();
                    (numbers, paths.rows_of_paths(), paths.rows_on_tape())
                });
                assert!(ours == theirs, "{count} rows, {output:?}, {limit} paths");
            }
        }
    }
}

#[test]
fn a_steady_loop_over_gathered_rows_allocates_nothing() {
    let program = Program::record(|x| (x[0] * x[1]).sin(), &[1.0, 1.0]).gradient();
    let x = vector::<f64>(1000);
    let index = Index::new(&(0..999).flat_map(|k| [k, k * 37 % 1000]).collect::<Vec<_>>(), 2).unwrap();
    let (mut workspace, mut gradient) = (Workspace::new(), vec![0.0; 1000]);
    let mut round = || {
        let results = program.run(&[], Rows::gathered(&x, &index).unwrap(), &mut workspace).unwrap();
        results.scatter(1, &index, &mut gradient);
    };
    round();
    assert_eq!(testing::allocations::allocations(|| (0..10).for_each(|_| round())), 0);
}
