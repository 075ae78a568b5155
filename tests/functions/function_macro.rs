//! `function!` in all its forms, and in all places where it may be written.

use gradtape::{Function, Real, VectorFunction, function};

fn square<F: Real>(x: &[F]) -> F {
    F::dot(x, x)
}

mod nested {
    pub(crate) fn shifted<F: gradtape::Real<Plain = f32>>(x: &[F]) -> F {
        x[0] * x[0] + 1.0
    }
}

#[test]
fn every_form_makes_a_function() {
    assert_eq!(function!(|x| x[0] * 2.0 + 1.0).value_and_gradient(&[3.0]), (7.0, vec![2.0]));
    assert_eq!(function!(|x: &[F]| x[0] * F::constant(2.0)).gradient(&[3.0]), [2.0]);
    assert_eq!(function!(|x: &[N]| x[0] * N::constant(2.0)).gradient(&[3.0]), [2.0]);
    assert_eq!(function!(f32, |x| x[0] * 2.0).gradient(&[3.0]), [2.0_f32]);
    assert_eq!(function!(f32, |x: &[F]| x[0] * F::PI()).gradient(&[3.0]), [std::f32::consts::PI]);
    assert_eq!(function!(square).gradient(&[3.0, 4.0]), [6.0, 8.0]);
    assert_eq!(function!(f32, square).gradient(&[3.0, 4.0]), [6.0_f32, 8.0]);
    assert_eq!(function!(f32, nested::shifted).value_and_gradient(&[3.0]), (10.0_f32, vec![6.0]));
    assert_eq!(function!(self::square).value(&[3.0]), 9.0);
    let block = function!(|x| {
        let mut y = x[0];
        for _ in 0..3 {
            y *= y;
        }
        y
    });
    assert_eq!(block.value_and_gradient(&[2.0]), (256.0, vec![8.0 * 128.0]));
    assert_eq!(function!(|x| if x[0] > 0.0 { x[0] } else { -x[0] }).gradient(&[-2.0]), [-1.0]);
    assert_eq!(function!(|x| [x[0], x[1] * 2.0][1]).gradient(&[1.0, 2.0]), [0.0, 2.0]);
}

#[test]
fn every_form_makes_a_vector_function() {
    assert_eq!(function!(|x| [x[0] * x[1], x[1]]).jacobian(&[2.0, 3.0]), [[3.0, 2.0], [0.0, 1.0]]);
    assert_eq!(function!(|x| [x[0], x[0], x[0],]).jacobian(&[2.0]), [[1.0], [1.0], [1.0]]);
    assert_eq!(function!(|x: &[F]| [x[0] * F::E()]).value(&[2.0]), [2.0 * std::f64::consts::E]);
    assert_eq!(function!(f32, |x| [x[0] * 0.5, x[0]]).value(&[2.0]), [1.0_f32, 2.0]);
    let none = function!(|_x| []);
    assert_eq!((none.outputs(3), none.value(&[1.0]).len(), none.jacobian(&[1.0]).len()), (0, 0, 0));
    assert_eq!(none.vjp(&[1.0, 2.0], &[]), (vec![], vec![0.0, 0.0]));
}

/// The names inside the macro do not conflict with those of the user.
#[test]
fn names_of_the_user_do_not_clash() {
    #[allow(non_camel_case_types, dead_code)]
    struct f64;
    #[allow(dead_code)]
    struct F;
    let (x, y, f) = (1.0, 2.0, 3.0);
    let first = function!(|x| x[0] * 2.0);
    let second = function!(|y| [y[0] * 3.0, y[0]]);
    let third = function!(|f| [f[0], function!(|x| x[0] * x[0]).eval(f)]);
    assert_eq!(
        (first.gradient(&[x]), second.value(&[y]), third.value(&[f])),
        (vec![2.0], vec![6.0, 2.0], vec![3.0, 9.0])
    );
}

/// A function without data is a constant like any other; it can be copied and sent to other threads.
const fn constant() -> impl Function + Copy + Send + Sync + std::fmt::Debug + 'static {
    function!(|x| x[0] * x[0])
}

#[test]
fn a_written_function_is_a_constant() {
    const SIZE: usize = size_of_val(&function!(|x| x[0]));
    let f = constant();
    let copies = [f, f];
    assert_eq!((copies.map(|f| f.gradient(&[3.0])[0]), SIZE), ([6.0, 6.0], 0));
    assert_eq!(std::thread::spawn(move || f.value(&[2.0])).join().unwrap(), 4.0);
    assert!(!format!("{f:?}").is_empty());
}
