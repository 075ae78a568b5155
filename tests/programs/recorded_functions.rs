//! A program as a function: it has the derivatives of the function that was recorded.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::check::random::{Any, Arithmetic, Expression};
use gradtape::program::{Expr, Options, Precision, Program};
use gradtape::sparse::Csr;
use gradtape::{Compiled, CustomOperation, Driver, Function, Number, Real, Special, VectorFunction, function};
use serde_json::{from_str, to_string};
use testing::panics::assert_refused;
use testing::programs::{inputs, rows_of};
use testing::structured::{Hidden, Outputs};
use testing::{TestFloat, bits, quickcheck};

/// The same program, after it was written to a file and read again.
fn stored<T: Precision>(program: &Program<T>) -> Program<T> {
    from_str(&to_string(program).unwrap()).unwrap()
}

fn assert_near<T: TestFloat>(ours: &[T], theirs: &[T], what: impl Fn() -> String) {
    let scale = theirs.iter().map(|&x| x.into().abs()).filter(|x| x.is_finite()).fold(1.0, f64::max);
    for (&a, &b) in ours.iter().zip(theirs) {
        let apart: f64 = (a - b).into();
        let is_same = bits(a) == bits(b) || a == b || a.is_nan() && b.is_nan();
        assert!(is_same || apart.abs() <= 1e4 * T::epsilon().into() * scale, "{a:?} instead of {b:?}: {}", what());
    }
}

fn has_the_numbers_of_an_exact_program<T>(graph: Expression, others: Vec<Any<T>>)
where
    T: TestFloat + Arithmetic + Precision,
    Expr<T>: Arithmetic,
{
    let value = Options::new().exact().record(|x| graph.eval(x), &inputs::<T>(&graph));
    for program in [stored(&value), value.gradient()] {
        let function = program.clone().into_function().unwrap();
        for x in rows_of::<T>(&graph, &others) {
            let Ok(expected) = program.eval(&x) else { continue };
            // Zeros have either sign.
            let is_same = |(&a, &b): (&T, &T)| a == b || bits(a) == bits(b);
            let ours = VectorFunction::value(&function, &x);
            assert!(ours.iter().zip(&expected).all(is_same), "{ours:?} instead of {expected:?}: {graph:?} at {x:?}");
        }
    }
}

#[test]
fn recorded_functions_have_the_numbers_of_their_exact_programs() {
    quickcheck(100, has_the_numbers_of_an_exact_program::<f64> as fn(Expression, Vec<Any<f64>>));
    quickcheck(100, has_the_numbers_of_an_exact_program::<f32> as fn(Expression, Vec<Any<f32>>));
}

#[test]
fn elements_are_found_in_stored_programs() {
    fn property(hidden: Hidden) {
        let x: Vec<f64> = hidden.point(0);
        let program = stored(&Program::record(|x| Function::<f64>::eval(&hidden, x), &x));
        let compiled = Compiled::new(program.into_function().unwrap()).without_driver();
        let driver = Driver::new(&hidden);
        let (mut ours, mut theirs) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let (mut our_hessian, mut their_hessian) = (Csr::default(), Csr::default());
        compiled.sparse_hessian(&x, &mut ours, &mut our_hessian);
        driver.sparse_hessian(&x, &mut theirs, &mut their_hessian);
        assert_near(&ours, &theirs, || format!("{hidden:?}"));
        let dense = [our_hessian, their_hessian].map(|hessian| hessian.to_dense().concat());
        assert_near(&dense[0], &dense[1], || format!("Hessian of {hidden:?}"));
        let outputs = Outputs(&hidden);
        let program = stored(&Program::record(|x| outputs_of(&outputs, x), &x)).into_function().unwrap();
        let ours = VectorFunction::jacobian(&program, &x);
        assert_near(&ours.concat(), &VectorFunction::jacobian(&outputs, &x).concat(), || format!("{hidden:?}"));
    }
    quickcheck(10, property as fn(Hidden));
}

fn outputs_of<F: Real<Plain = f64>>(f: &impl VectorFunction, x: &[F]) -> Vec<F> {
    let mut y = vec![F::zero(); f.outputs(x.len())];
    f.eval(x, &mut y);
    y
}

#[test]
fn parameters_come_before_inputs() {
    let program = Program::record_with(|p, x| [p[0] * x[0], x[1] - p[0]], &[2.0], &[3.0, 4.0]);
    let function = stored(&program).into_function().unwrap();
    let x = [2.0, 5.0, 7.0];
    assert_eq!(VectorFunction::value(&function, &x), [10.0, 5.0]);
    assert_eq!(VectorFunction::jacobian(&function, &x), [[5.0, 2.0, 0.0], [-1.0, 0.0, 1.0]]);
    assert_refused("the recorded function has 2 outputs; use it as a `VectorFunction`", || {
        Function::gradient(&function, &x)
    });
    assert_refused("the recorded function has 3 inputs", || VectorFunction::value(&function, &x[..2]));
}

#[test]
fn a_recorded_function_has_one_path() {
    let f = |x: &[Expr<f64>]| if x[0] < x[1] { x[0] * x[1] } else { x[0].exp() };
    let function = Program::record(f, &[1.0, 2.0]).into_function().unwrap();
    assert_eq!(Function::gradient(&function, &[3.0, 5.0]), [5.0, 3.0]);
    assert_eq!(Function::hessian(&function, &[3.0, 5.0]), [[0.0, 1.0], [1.0, 0.0]]);
    let compiled = Compiled::new(&function).without_driver();
    assert_eq!(compiled.gradient(&[3.0, 5.0], &mut [0.0; 2]), 15.0);
    for refused in [
        &|| _ = Function::gradient(&function, &[5.0, 3.0]),
        &|| _ = compiled.gradient(&[5.0, 3.0], &mut [0.0; 2]),
        &|| _ = Function::value(&function, &[5.0, f64::NAN]),
    ] as [&dyn Fn(); 3]
    {
        assert_refused("recorded function: expected a point for which the comparison", refused);
    }
}

/// x³, with an expression.
#[derive(Clone, Copy)]
struct Cube;

impl CustomOperation<1> for Cube {
    fn value(&self, [x]: [f64; 1]) -> f64 {
        x * x * x
    }

    fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
        [x * x * F::constant(3.0)]
    }

    fn expression<F: Real<Plain = f64>>(&self, [x]: [F; 1]) -> Option<F> {
        Some(x.powi(3))
    }
}

/// The same without one.
#[derive(Clone, Copy)]
struct Opaque;

impl CustomOperation<1> for Opaque {
    fn value(&self, [x]: [f64; 1]) -> f64 {
        x * x * x
    }

    fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
        [x * x * F::constant(3.0)]
    }
}

#[test]
fn special_functions_and_expressions_of_custom_operations_are_part_of_recorded_functions() {
    let f = function!(|x: &[F]| Cube.apply([x[0].sin()]) * x[1].erf() + x[1].polygamma(1));
    let (x, program) = ([0.5, 1.5], Program::record(|x| f.eval(x), &[0.25, 1.0]));
    for program in [stored(&program), program.clone()] {
        let function = program.into_function().unwrap();
        assert_near(&Function::gradient(&function, &x), &f.gradient(&x), || "gradient".to_owned());
        assert_near(&Function::hessian(&function, &x).concat(), &f.hessian(&x).concat(), || "Hessian".to_owned());
    }
    // The derivative of a program is a function, too.
    let gradient = program.gradient().into_function().unwrap();
    let ours = VectorFunction::jacobian(&gradient, &x);
    assert_near(&ours[1..].concat(), &f.hessian(&x).concat(), || "Jacobian of the gradient".to_owned());
}

#[test]
fn errors_of_recorded_functions_name_the_remedy() {
    let error = |program: Program<f64>| program.into_function().unwrap_err().to_string();
    let square = Program::record(|x| x[0] * x[0], &[1.0]);
    assert_eq!(
        error(square.gradient_of_sum()),
        "program: expected outputs of one row, found sums over rows; make a function of the program that was differentiated"
    );
    let opaque = error(Program::record(|x| Opaque.apply([x[0]]), &[1.0]));
    assert!(opaque.contains("Opaque") && opaque.contains("expression"), "{opaque}");
}
