//! A steady loop over a program does not allocate.

use gradtape::program::{Program, Rows, Workspace};
use testing::allocations::allocations;

#[test]
fn a_steady_loop_allocates_nothing_for_one_row_for_many_and_for_sums() {
    let program = Program::record_with(|p, x| (p[0].exp() * x[0]).tanh() + p[1] * x[1], &[0.1, 0.2], &[0.3, 0.4]);
    let numbers: Vec<f64> = (0..2000).map(|k| f64::from(k) / 1000.0).collect();
    for program in [program.clone(), program.gradient(), program.gradient_of_sum(), program.gradient().tangent()] {
        let (parameters, width) = (vec![0.5; program.parameters()], program.inputs());
        for rows in [Rows::one(&numbers[..width]), Rows::new(&numbers, width).unwrap()] {
            let mut workspace = Workspace::new();
            let mut run = || assert!(program.run(&parameters, rows, &mut workspace).is_ok());
            run();
            assert_eq!(allocations(|| (0..10).for_each(|_| run())), 0, "{} rows", rows.len());
        }
    }
}

/// Rows with and without a zero that wins, whose derivative another bytecode computes.
#[test]
fn the_first_run_of_a_compiled_program_compiles_nothing() {
    let program = Program::record(|x| x[0].sqrt() * x[1] * x[1], &[1.0, 1.0]).gradient().tangent();
    for rows in [[1.0, 2.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]] {
        let mut workspace = Workspace::new();
        let mut run = |program: &Program<f64>| {
            allocations(|| assert!(program.run(&[], Rows::one(&rows), &mut workspace).is_ok()))
        };
        assert_ne!(run(&program.clone()), 0);
        let others = [program.clone(), program.clone()];
        assert_ne!(run(&others[0]), 0, "the first run compiles");
        others[1].compile();
        assert_eq!(run(&others[1]), 0);
        // It is compiled once, and so are its clones.
        assert_eq!(allocations(|| others[1].compile()), 0);
        assert_eq!(run(&others[1].clone()), 0);
    }
}
