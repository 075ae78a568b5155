//! Claims about the derivatives of programs of random expressions: of some outputs by some inputs, and of derivatives.
//! Each returns whether it applies to the expression.

use gradtape::check::random::{Arithmetic, Expression};
use gradtape::program::{Expr, Options, Precision, Program};
use gradtape::{Tape, Value, gradient};

use crate::programs::{Common, Shaky, inputs, is_accidental, is_same, path, shaken, spread, wrapped};
use crate::{TestFloat, number};

/// Numbers that are adjoints, from one of them on: zeros and an infinity are among them.
fn adjoints<T: TestFloat>(count: usize, first: usize) -> Vec<T> {
    let numbers = [1.0, -0.5, 0.0, 2.0, -0.0, 0.25, f64::INFINITY, -3.0];
    (first..first + count).map(|k| number(numbers[k % numbers.len()])).collect()
}

/// The places whose bit is set, all if none is.
fn chosen(count: usize, bits: u8) -> Vec<usize> {
    let some: Vec<usize> = (0..count).filter(|k| bits >> (k % 8) & 1 == 1).collect();
    if some.is_empty() { (0..count).collect() } else { some }
}

/// Pullback and Jacobian of an exact program, of some results of an expression by some inputs, have the bits of a tape
/// on which the other inputs are constants: for all rows on the path of the program, whatever their numbers.
pub fn exact_pullbacks_are_the_tape<T>(graph: &Expression, rows: &[Vec<T>], choice: u8, options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let x = inputs::<T>(graph);
    if is_accidental(graph, &x) {
        return false;
    }
    let results = |x: &[Expr<T>]| graph.eval_all(&wrapped(x, Common)).into_iter().map(|y| y.0).collect::<Vec<_>>();
    let program = options.exact().record(results, &x);
    let (by, of) = (chosen(x.len(), choice), chosen(program.outputs(), choice.rotate_left(3)));
    let derivatives = program.wrt([], &by[..]).of(&of[..]);
    let (pullback, jacobian) = (derivatives.pullback(), derivatives.jacobian());
    let (w, way) = (adjoints::<T>(of.len(), choice.into()), path(graph, &x));
    let mut says_something = false;
    for row in rows.iter().filter(|row| !is_accidental(graph, row)) {
        let arguments = [&row[..], &w].concat();
        let (ours, rows_of_jacobian) = (pullback.eval(&arguments), jacobian.eval(row));
        let goes_the_same_way = path(graph, row) == way;
        assert_eq!([ours.is_ok(), rows_of_jacobian.is_ok()], [goes_the_same_way; 2], "{graph:?} at {row:?}");
        let (Ok(ours), Ok(rows_of_jacobian)) = (ours, rows_of_jacobian) else { continue };
        says_something = true;
        let tape = Tape::new();
        let mut numbers: Vec<Value<T>> = row.iter().map(|&x| Value::constant(x)).collect();
        let variables: Vec<Value<T>> = by.iter().map(|&k| tape.var(row[k])).collect();
        by.iter().zip(&variables).for_each(|(&k, &variable)| numbers[k] = variable);
        let all: Vec<Value<T>> = graph.eval_all(&wrapped(&numbers, Common)).into_iter().map(|y| y.0).collect();
        let some: Vec<Value<T>> = of.iter().map(|&k| all[k]).collect();
        let gradient =
            |y: Value<T>| if y.is_constant() { vec![T::zero(); by.len()] } else { y.backward().wrt_all(&variables) };
        let values = || all.iter().map(|y| y.data());
        let pulled: Vec<T> = values().chain(gradient(Value::weighted_sum(&some, &w))).collect();
        let slopes: Vec<T> = values().chain(some.iter().flat_map(|&y| gradient(y))).collect();
        for (what, ours, theirs) in [("pullback", ours, pulled), ("Jacobian", rows_of_jacobian, slopes)] {
            let same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(&a, &b)| is_same(a, b));
            assert!(
                same,
                "{options:?} {what} of {of:?} by {by:?}: {graph:?} at {row:?}, {w:?}: {ours:?} instead of {theirs:?}"
            );
        }
    }
    says_something
}

/// Derivatives by some inputs are some of the derivatives by all, and the pullback is the Jacobian times the adjoints,
/// with all options; except for rounding, and where all numbers are ordinary.
pub fn derivatives_by_some_are_some_of_all<T>(graph: &Expression, choice: u8, options: Options) -> bool
where
    T: TestFloat + Precision,
    Expr<T>: Arithmetic,
{
    let x = inputs::<T>(graph);
    let program: Program<T> = options.record(|x| graph.eval_all(x), &x);
    let (n, m) = (x.len(), program.outputs());
    let (by, of) = (chosen(n, choice), chosen(m, choice.rotate_left(3)));
    let some = program.wrt([], &by[..]).of(&of[..]);
    let eval = |program: Program<T>, x: &[T]| {
        program.eval(x).unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}")).split_off(m)
    };
    let w: Vec<T> = (0..of.len()).map(|k| number([1.0, -0.5, 0.0, 2.0][k % 4])).collect();
    let v: Vec<T> = (0..by.len()).map(|k| number([1.0, -0.5, 0.25, 2.0][k % 4])).collect();
    let all = eval(program.jacobian(), &x);
    let expected: Vec<Vec<T>> = of.iter().map(|i| by.iter().map(|j| all[i * n + j]).collect()).collect();
    let largest = expected.iter().flatten().fold(T::one(), |largest, x| largest.max(x.abs()));
    if largest > number(1e4) || expected.iter().flatten().any(|x| x.is_nan()) {
        return false;
    }
    let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::zero(), |sum, (&a, &b)| sum + a * b);
    let column = |j: usize| expected.iter().map(|row| row[j]).collect::<Vec<T>>();
    let claims = [
        ("Jacobian", eval(some.jacobian(), &x), expected.concat()),
        (
            "pullback",
            eval(some.pullback(), &[&x[..], &w].concat()),
            (0..by.len()).map(|j| dot(&column(j), &w)).collect(),
        ),
        ("tangent", eval(some.tangent(), &[&x[..], &v].concat()), expected.iter().map(|row| dot(row, &v)).collect()),
    ];
    let tolerance = largest * number::<T>(1024.0) * T::epsilon() * T::from(m).expect("it is small");
    for (what, ours, theirs) in claims {
        let near = |(&a, &b): (&T, &T)| (a - b).abs() <= tolerance;
        let same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(near);
        assert!(
            same,
            "{options:?} {what} of {of:?} by {by:?}: {graph:?}: {ours:?} instead of {theirs:?} ± {tolerance:?}"
        );
    }
    true
}

/// The gradient, followed by the second derivatives along a direction, by a tape of tapes.
fn second_derivatives<T: TestFloat>(
    f: impl FnOnce(&[Value<Value<T>>]) -> Value<Value<T>>,
    row: &[T],
    direction: &[T],
) -> Vec<T> {
    let tape = Tape::new();
    let x = tape.vars(row);
    let (_, slopes) = gradient(f, &x);
    let along = Value::weighted_sum(&slopes, direction).backward().wrt_all(&x);
    slopes.into_iter().map(Value::data).chain(along).collect()
}

/// The derivative of a gradient along a direction, in forward mode, by the Jacobian and by pullbacks, agrees with a
/// tape of tapes, where rounding is harmless.
pub fn second_derivatives_agree<T>(graph: &Expression, options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Value<Value<T>>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let row = inputs::<T>(graph);
    let n = row.len();
    let direction: Vec<T> = (0..n).map(|k| number([1.0, -0.5, 0.25, 2.0][k % 4])).collect();
    let theirs = second_derivatives(|x| graph.eval(x), &row, &direction);
    let shaken = || second_derivatives(|x| graph.eval(&wrapped(x, |x| Shaky(shaken(x)))).0, &row, &direction);
    let Some(spread) = spread(shaken, &theirs) else { return false };
    let program = options.record(|x| graph.eval(x), &row).gradient();
    let forward = program.tangent().eval(&[&row[..], &direction].concat());
    let forward = forward.unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}"));
    let jacobian = program.jacobian().eval(&row).unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}"));
    // The value and the gradient, and the derivatives of each.
    assert_eq!((forward.len(), jacobian.len()), (2 * (n + 1), (n + 1) * (n + 1)));
    // The gradient of the gradient times the direction, and the tangent of a gradient whose adjoint is an input.
    let pullback = program.wrt(.., ..).of(1..).pullback().eval(&[&row[..], &direction].concat());
    let pullback = pullback.unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}"));
    let (one, zero) = ([T::one()], [T::zero()]);
    let of_pullback = options.record(|x| graph.eval(x), &row).pullback().tangent();
    let of_pullback = of_pullback.eval(&[&row[..], &one, &direction, &zero].concat());
    let of_pullback = of_pullback.unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}"));
    assert_eq!((pullback.len(), of_pullback.len()), (2 * n + 1, 2 * (n + 1)));
    let hessian = &jacobian[(n + 1) + n..];
    let dot = |row: &[T]| row.iter().zip(&direction).fold(T::zero(), |sum, (&a, &b)| sum + a * b);
    let reverse: Vec<T> = hessian.chunks(n).map(dot).collect();
    let largest = theirs.iter().fold(0.0_f64, |most, x| most.max(x.abs().into()));
    let ways = [
        ("tangent", &forward[n + 2..]),
        ("jacobian", &reverse),
        ("pullback", &pullback[n + 1..]),
        ("tangent of pullback", &of_pullback[n + 2..]),
    ];
    for (name, ours) in ways {
        for (k, (&ours, (&theirs, spread))) in ours.iter().zip(theirs[n..].iter().zip(&spread[n..])).enumerate() {
            let tolerance = 8.0 * spread + 256.0 * T::epsilon().into() * (largest + 1.0);
            assert!(
                (ours - theirs).abs().into() <= tolerance,
                "{options:?} {name} [{k}]: {ours:?} instead of {theirs:?} ± {tolerance:?}: {graph:?}"
            );
        }
    }
    true
}
