//! A single row of many independent parts, whose operations are the lanes: it has the same bits as among other rows.

use gradtape::CustomOperation;
use gradtape::check::random::{Operation, Table};
use gradtape::program::{Expr, Optimization, Options, Precision, Program, Rows, Workspace};
use testing::functions::all_bits;
use testing::{TestFloat, number};

use super::Cube;

/// Numbers whose lanes are computed again, in which a zero wins, or which are not finite.
const SPECIAL: [f64; 16] = [
    0.0,
    -0.0,
    0.3,
    -1.7,
    25.0,
    -900.0,
    1e6,
    1e-9,
    -1e-310,
    1e-40,
    1e300,
    -1e300,
    0.5,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// A row of many parts has the same values and derivatives if it is run alone and with another. Whether a guard holds,
/// too.
#[track_caller]
fn assert_same_alone<T: Precision + TestFloat, const N: usize>(
    options: Options,
    f: impl Fn(&[Expr<T>]) -> Expr<T>,
    parts: &[[T; N]],
    what: &str,
) {
    let program = options.record(|x| x.chunks(N).map(&f).collect::<Vec<_>>(), parts.as_flattened()).pullback();
    for scale in [1.0, -1.0] {
        let x = parts.as_flattened().iter().map(|&x| x * number(scale));
        let row: Vec<T> = x.chain(vec![T::one(); parts.len()]).collect();
        let (rows, mut workspace) = (row.repeat(2), Workspace::new());
        let alone = program.run(&[], Rows::one(&row), &mut workspace).ok().map(|results| all_bits(&results.row(0)));
        let rows = Rows::new(&rows, row.len()).unwrap();
        let second = program.run(&[], rows, &mut workspace).ok().map(|results| all_bits(&results.row(1)));
        assert!(scale < 0.0 || alone.is_some(), "{what}, {} parts, {options:?}", parts.len());
        assert_eq!(alone, second, "{what}, {} parts, {options:?}, times {scale}", parts.len());
    }
}

fn has_the_bits_of_rows<T: Precision + TestFloat, const N: usize>(operations: &[Operation<Expr<T>, N>]) {
    let special = |k: usize| std::array::from_fn(|i| number(SPECIAL[(k + i * (1 + k / 16)) % 16]));
    let special: Vec<[T; N]> = (0..160).map(special).collect();
    for op in operations {
        let near = |k: u8| op.at.map(|x| number(x * (1.0 + f64::from(k) / 1024.0)));
        let near: Vec<[T; N]> = (0..67).map(near).collect();
        let f = |x: &[Expr<T>]| (op.f)(std::array::from_fn(|k| x[k]));
        for options in [Options::new(), Options::new().exact(), Options::new().without(Optimization::Simd)] {
            for count in [1, 3, 4, 16, 67] {
                assert_same_alone(options, f, &near[..count], op.name);
            }
            assert_same_alone(options, f, &special, op.name);
        }
    }
}

#[test]
fn every_operation_has_the_bits_of_rows_in_f64() {
    has_the_bits_of_rows(Table::<Expr<f64>>::UNARY);
    has_the_bits_of_rows(Table::<Expr<f64>>::BINARY);
}

#[test]
fn every_operation_has_the_bits_of_rows_in_f32() {
    has_the_bits_of_rows(Table::<Expr<f32>>::UNARY);
    has_the_bits_of_rows(Table::<Expr<f32>>::BINARY);
}

/// Sums of products, fused products, lists, branches, and an operation of one's own.
fn mixed(x: &[Expr<f64>]) -> Expr<f64> {
    let [a, b, c] = [x[0], x[1], x[2]];
    let sum = a * b - b * c * 0.5 + (a - 1.0) * c - b;
    let list = [a * c, b, a.sqrt(), sum].into_iter().sum::<Expr<f64>>();
    let product = [a, b, c, sum].into_iter().product::<Expr<f64>>();
    let branch = if a > b * 1e-3 { Cube.apply([sum]) } else { c };
    list.tanh() * product + Expr::dot(&x[..2], &[c, branch]).sin() - sum.mul_add(a, b).powi(-3) + branch.exp()
}

#[test]
fn windows_of_many_operations_have_the_bits_of_rows() {
    let part = |k: u16| [1.0, 0.3, -0.7].map(|x| x + f64::from(k % 97) / 100.0);
    let parts: Vec<[f64; 3]> = (0..700).map(part).collect();
    for options in [Options::new(), Options::new().exact(), Options::new().without(Optimization::Hoisting)] {
        for count in [1, 2, 5, 17, 700] {
            assert_same_alone(options, mixed, &parts[..count], "mixed");
        }
    }
}

#[test]
fn a_part_that_goes_another_way_is_found_wherever_it_is() {
    let f = |x: &[Expr<f64>]| x.iter().map(|&x| if x > 0.0 { x.sqrt() } else { x }).sum::<Expr<f64>>();
    let program = Program::record(f, &[1.0; 40]).gradient();
    assert!(program.eval(&[4.0; 40]).is_ok());
    for part in 0..40 {
        let mut x = [4.0; 40];
        x[part] = -4.0;
        let error = program.eval(&x).unwrap_err().to_string();
        assert!(error.contains("found one for which -4 > 0 is false"), "{error}");
    }
}

#[test]
fn a_zero_wins_in_one_part_alone() {
    // The derivative of the square root is infinite at 0, and the factor 0 wins.
    let f = |x: &[Expr<f64>]| x.chunks(2).map(|x| x[0].sqrt() * x[1]).sum::<Expr<f64>>();
    let mut x = [[4.0, 3.0]; 20];
    let program = Program::record(f, x.as_flattened()).gradient();
    let ordinary = program.eval(x.as_flattened()).unwrap();
    x[7] = [0.0, 0.0];
    let results = program.eval(x.as_flattened()).unwrap();
    assert_eq!(results[0], ordinary[0] - 6.0);
    assert_eq!(results[15..17], [0.0, 0.0]);
    assert_eq!((&results[1..15], &results[17..]), (&ordinary[1..15], &ordinary[17..]));
}
