//! Derivatives inside of functions, which are differentiated themselves.

use gradtape::program::{Expr, Program};
use gradtape::{
    Driver, Dual, Dual2, Function, Jet, Mode, Number, Real, Tape, Value, check, derivative, forward, function,
    gradient, second_derivative,
};

fn potential<F: Real<Plain = f64>>(r: F) -> F {
    (r * r + 1.0).ln() * 0.5 + F::dot(&[r, r], &[r, r * 2.0]) - 1.0 / 3.0
}

/// By hand: the first three derivatives of the potential.
fn by_hand(r: f64) -> [f64; 3] {
    let s = r * r + 1.0;
    [r / s + 6.0 * r, (1.0 - r * r) / (s * s) + 6.0, 2.0 * r * (r * r - 3.0) / (s * s * s)]
}

fn force<F: Real<Plain = f64>>(r: F) -> F
where
    Dual<F>: Real<Plain = f64>,
{
    derivative(potential::<Dual<F>>, r)[1]
}

fn force_by_tape<F: Real<Plain = f64>>(r: F) -> F
where
    Value<F>: Real<Plain = f64>,
{
    let tape = Tape::new();
    let r = tape.var(r);
    potential(r).backward().wrt(r)
}

fn stiffness<F: Real<Plain = f64>>(r: F) -> F
where
    Jet<F, 3>: Real<Plain = f64>,
{
    second_derivative(potential::<Jet<F, 3>>, r)[2]
}

fn assert_near(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() <= 1e-14 * (1.0 + b.abs())), "{ours:?}, {theirs:?}");
}

#[test]
fn a_derivative_inside_of_a_generic_function_is_differentiated_in_every_mode() {
    for r in [0.0, 0.5, -2.0, 30.0] {
        let [first, second, third] = by_hand(r);
        assert_near(&[force(r), force_by_tape(r), stiffness(r)], &[first, first, second]);
        for value_and_slope in [derivative(force, r), derivative(force_by_tape, r)] {
            assert_near(&value_and_slope, &[first, second]);
        }
        for (value, slopes) in [gradient(|x| force(x[0]), &[r]), gradient(|x| force_by_tape(x[0]), &[r])] {
            assert_near(&[value, slopes[0]], &[first, second]);
        }
        assert_near(&second_derivative(force, r), &[first, second, third]);
        assert_near(&derivative(stiffness, r), &[second, third]);
        let (value, slopes) = gradient(|x| stiffness(x[0]), &[r]);
        assert_near(&[value, slopes[0]], &[second, third]);
    }
}

#[test]
fn a_derivative_inside_of_a_function_is_recorded_with_it() {
    let at = |x: &[Expr<f64>]| [force(x[0]), force_by_tape(x[0]), stiffness(x[0])];
    let program = Program::record(at, &[0.5]).jacobian();
    for r in [0.0, 0.5, -2.0, 30.0] {
        let [first, second, third] = by_hand(r);
        assert_near(&program.eval(&[r]).unwrap(), &[first, first, second, second, second, third]);
    }
}

/// A function of any number has no bound of its own. Inside, constants stand for plain numbers.
#[test]
fn a_written_function_may_contain_a_derivative() {
    let force = function!(|x| -derivative(|r| r.powi(4) / F::constant(4.0), x[0])[1]);
    assert_eq!(force.value_and_gradient(&[2.0]), (-8.0, vec![-12.0]));
    assert_eq!(force.hessian(&[2.0]), [[-12.0]]);
    assert_eq!(force.record(&[1.0]).gradient().eval(&[2.0]).unwrap(), [-8.0, -12.0]);
    check::function(&force, &[2.0]).unwrap();
}

#[test]
fn a_written_function_may_contain_a_hessian() {
    // Of √a exp(a b), by a and b.
    let mixed = function!(|x| forward::hessian(|[a, b]| (a * b).exp() * a.sqrt(), [x[0], x[1]]).2[0][1]);
    let expected = [3.0, 0.375, 20.0];
    for mode in [Mode::Forward, Mode::Reverse] {
        let mut slopes = [0.0; 2];
        let value = Driver::new(&mixed).with_mode(mode).gradient(&[4.0, 0.0], &mut slopes);
        assert_near(&[value, slopes[0], slopes[1]], &expected);
    }
    assert_near(&mixed.record(&[1.0, 1.0]).gradient().eval(&[4.0, 0.0]).unwrap(), &expected);
    check::function(&mixed, &[4.0, 0.5]).unwrap();
}

#[test]
fn recorded_numbers_inside_of_others_are_real() {
    fn is_real<F: Real<Plain = T>, T: Number>() {}
    is_real::<Value<Expr<f64>>, f64>();
    is_real::<Dual<Expr<f32>, 3>, f32>();
    is_real::<Dual2<Expr<f32>, 3>, f32>();
    is_real::<Jet<Expr<f32>, 3>, f32>();
    is_real::<Dual<Dual<Expr<f64>, 2>, 3>, f64>();
}
