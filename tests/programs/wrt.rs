//! Derivatives of some outputs by some parameters and inputs: `Program::wrt`.

use gradtape::program::{Expr, Options, Program, Rows, Selection, Workspace};
use testing::panics::assert_refused_here;
use testing::programs::all_options;

fn row(program: &Program<f64>, parameters: &[f64], inputs: &[f64]) -> Vec<f64> {
    program.run(parameters, Rows::one(inputs), &mut Workspace::new()).unwrap().row(0)
}

/// A product of the parameters and the inputs, each to another power; and their sum.
fn of_all(p: &[Expr<f64>], x: &[Expr<f64>]) -> [Expr<f64>; 2] {
    [p[0] * p[1].powi(2) * x[0].powi(3) * x[1].powi(4) * x[2], p[0] + p[1] + x[0] + x[1] + x[2]]
}

#[test]
fn derivatives_are_in_the_order_in_which_their_variables_are_named() {
    for options in all_options() {
        let program = options.record_with(of_all, &[1.0; 2], &[1.0; 3]);
        let (p, x) = ([3.0, 1.0], [1.0, 1.0, 2.0]);
        let jacobian = |derivatives: gradtape::program::Derivatives<'_, f64>| row(&derivatives.jacobian(), &p, &x);
        let all = [6.0, 8.0, 2.0, 12.0, 18.0, 24.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(jacobian(program.wrt(.., ..)), all);
        assert_eq!(row(&program.jacobian(), &p, &x), all);
        assert_eq!(jacobian(program.wrt([1, 0], [2, 0])), [6.0, 8.0, 12.0, 2.0, 3.0, 18.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(jacobian(program.wrt([], 1..)), [6.0, 8.0, 24.0, 3.0, 1.0, 1.0]);
        assert_eq!(jacobian(program.wrt([], 1).of(0)), [6.0, 8.0, 24.0]);
        assert_eq!(jacobian(program.wrt(1..=1, ..0).of([1, 0])), [6.0, 8.0, 1.0, 12.0]);
        assert_eq!(jacobian(program.wrt([], [])), [6.0, 8.0]);
        assert_eq!(jacobian(program.wrt(.., ..).of([])), [6.0, 8.0]);
        assert_eq!(row(&program.wrt(..1, 2..).of(0).gradient(), &p, &x), [6.0, 8.0, 2.0, 3.0]);
    }
}

#[test]
fn a_selection_is_a_range_a_list_or_one() {
    fn positions(selection: impl Selection) -> Vec<usize> {
        selection.positions(4)
    }
    assert_eq!(positions(..), [0, 1, 2, 3]);
    assert_eq!(positions(1..), [1, 2, 3]);
    assert_eq!([positions(..2), positions(..=1), positions(0..2), positions(0..=1)], [[0, 1]; 4]);
    assert_eq!([positions([3, 1]), positions(&[3, 1][..]), positions(vec![3, 1])], [[3, 1]; 3]);
    assert_eq!(positions(2), [2]);
    assert!(positions([]).is_empty() && positions(2..2).is_empty());
}

/// 2 variables and 1000 columns of data.
#[test]
fn data_columns_cost_neither_outputs_nor_operations() {
    let f = |x: &[Expr<f64>]| Expr::dot(&x[2..502], &x[502..]) * x[0] + x[1];
    let program = Program::record(f, &[1.0; 1002]);
    let (gradient, full) = (program.wrt([], 0..2).gradient(), program.gradient());
    assert_eq!((gradient.inputs(), gradient.outputs()), (1002, 3));
    assert_eq!(full.outputs(), 1003);
    let lines = |program: &Program<f64>| program.to_string().lines().count();
    assert_eq!(lines(&gradient), lines(&program), "the gradient has no operations of its own");
    assert!(lines(&full) > lines(&program) + 900);
    assert_eq!(gradient.eval(&[2.0; 1002]).unwrap(), [4002.0, 2000.0, 1.0]);
    assert_eq!(program.wrt([], 0..2).pullback().outputs(), 3);
    assert_eq!(program.wrt([], 0..2).tangent().inputs(), 1004);
}

#[test]
fn what_is_not_named_has_no_direction() {
    let program = Program::record_with(of_all, &[1.0; 2], &[1.0; 3]);
    let tangent = program.wrt(1, [2, 0]).of(0).tangent();
    assert_eq!((tangent.parameters(), tangent.inputs(), tangent.outputs()), (3, 5, 3));
    let (p, x) = ([3.0, 1.0, 1.0], [1.0, 1.0, 2.0, 10.0, 100.0]);
    assert_eq!(row(&tangent, &p, &x), [6.0, 8.0, 12.0 + 30.0 + 1800.0]);
    // By the parameter twice.
    let second = program.wrt(1, []).of(0).gradient().wrt(1, []).of(2).tangent();
    assert_eq!(row(&second, &[3.0, 1.0, 1.0], &x[..3]), [6.0, 8.0, 12.0, 12.0]);
}

#[test]
fn numbers_beside_a_loss_are_summed_and_a_penalty_is_no_part_of_them() {
    let f = |p: &[Expr<f64>], x: &[Expr<f64>]| [x[0] * 2.0, (p[0] * x[0] - p[1]).powi(2), x[0]];
    let penalty = Program::record_with(|p, _| p[0] * p[0] * 100.0, &[1.0; 2], &[]);
    for options in all_options().into_iter().chain([Options::new().exact()]) {
        let losses = options.record_with(f, &[1.0; 2], &[1.0]);
        let run = |program: Program<f64>| {
            let rows = [1.0, 3.0];
            program.run(&[2.0, 1.0], Rows::new(&rows, 1).unwrap(), &mut Workspace::new()).unwrap().totals().to_vec()
        };
        assert_eq!(run(losses.wrt(.., []).of(1).gradient_of_sum()), [8.0, 26.0, 4.0, 32.0, -12.0]);
        assert_eq!(run(losses.wrt(1, []).of(1).gradient_of_sum()), [8.0, 26.0, 4.0, -12.0]);
        let with_penalty = losses.wrt([1, 0], []).of(1).gradient_of_sum_plus(&penalty);
        assert_eq!(run(with_penalty), [8.0, 426.0, 4.0, -12.0, 432.0]);
    }
}

/// The tangent of a gradient has both: value and gradient, and their derivatives along the direction.
#[test]
fn the_tangent_of_a_gradient_is_gradient_and_hessian_times_vector() {
    let program = Program::record(|x| x[0] * x[0] * x[1] * x[2], &[1.0; 3]);
    let (x, v) = ([2.0, 3.0, 5.0], [1.0, 10.0]);
    // Along the first two inputs; the third is a datum.
    let both = program.wrt([], ..2).gradient().wrt([], ..2).tangent().eval(&[&x[..], &v].concat()).unwrap();
    assert_eq!(both[..3], [60.0, 60.0, 20.0]);
    assert_eq!(both[3..], [260.0, 30.0 + 200.0, 20.0]);
    let hessian_alone = program.wrt([], ..2).gradient().wrt([], ..2).of(1..).tangent();
    assert_eq!(hessian_alone.eval(&[&x[..], &v].concat()).unwrap()[3..], both[4..]);
}

#[test]
fn what_is_missing_or_named_twice_is_refused_where_it_is_asked() {
    let program = Program::record_with(of_all, &[1.0; 2], &[1.0; 3]);
    assert_refused_here("there are 2 parameters, and none at position 2", || program.wrt(..3, ..));
    assert_refused_here("there are 3 inputs, and none at position 7", || program.wrt(.., [0, 7]));
    assert_refused_here("there are 2 outputs, and none at position 2", || program.wrt(.., ..).of(2));
    assert_refused_here("position 1 of the inputs is selected twice; name it once", || program.wrt([], [1, 0, 1]));
    let one = "of several outputs take the `jacobian`, or choose one by `wrt(.., ..).of(0)`";
    assert_refused_here(one, || program.gradient());
    assert_refused_here(one, || program.gradient_of_sum());
    assert_refused_here(one, || program.wrt(.., []).of([]).gradient());
    assert_refused_here("write `wrt(.., [])`", || program.wrt(.., ..).of(0).gradient_of_sum());
    let sum = program.wrt(.., []).of(0).gradient_of_sum();
    assert_refused_here("are those of `tangent`", || sum.jacobian());
    assert_refused_here("are those of `tangent`", || sum.wrt(.., []).of(1).gradient_of_sum());
}
