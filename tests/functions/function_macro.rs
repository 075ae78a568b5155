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

fn weighted(weights: &[f64]) -> impl Function + Copy {
    function!(let weights: &[f64] = weights; |x| F::weighted_sum(x, weights))
}

#[test]
fn a_function_may_have_data_of_its_own() {
    let (points, scale) = (vec![(0.0, 1.0), (1.0, 3.0)], 2.0);
    let error = function!(
        let points: &[(f64, f64)] = &points;
        let scale: f64 = scale;
        |p| points.iter().map(|&(x, y)| (p[0] + p[1] * x - y).powi(2)).sum::<F>() * scale
    );
    assert_eq!(error.value_and_gradient(&[1.0, 1.0]), (2.0, vec![-4.0, -4.0]));
    let pair = function!(f32, let scale: f32 = 2.0; |x: &[N]| [x[0] * scale, N::PI() * scale]);
    assert_eq!(pair.jacobian(&[3.0]), [[2.0_f32], [0.0]]);
    // What it refers to may outlive the function that wrote it.
    assert_eq!(weighted(&[3.0, 4.0]).gradient(&[1.0, 1.0]), [3.0, 4.0]);
    // Data are evaluated once, in order, and may have any type that can be copied.
    let mut order = Vec::new();
    let mut next = |i| {
        order.push(i);
        i
    };
    let sum = function!(let a: usize = next(0); let b: usize = next(1); |x| x[a] - x[b]);
    assert_eq!((sum.gradient(&[1.0, 1.0]), sum.gradient(&[1.0, 1.0])), (vec![1.0, -1.0], vec![1.0, -1.0]));
    assert_eq!(order, [0, 1]);
}

#[test]
fn a_vector_function_may_have_as_many_outputs_as_data() {
    let points = vec![(0.0, 1.0), (1.0, 3.0), (2.0, 7.0)];
    let residuals = function!(
        let points: &[(f64, f64)] = &points;
        |p, y: [points.len()]| for (y, &(s, t)) in y.iter_mut().zip(points) {
            *y = p[0] + p[1] * s - t;
        }
    );
    assert_eq!(residuals.value(&[1.0, 1.0]), [0.0, -1.0, -4.0]);
    assert_eq!(residuals.jacobian(&[1.0, 1.0]), [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]);
    let first = function!(f32, |x: &[N], y: [2]| y[0] = x[0] * N::PI());
    assert_eq!(first.jacobian(&[1.0]), [[std::f32::consts::PI], [0.0]]);
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
    let (input, output) = (2.0, 3.0);
    let fourth = function!(
        let input: ::core::primitive::f64 = input;
        let output: ::core::primitive::f64 = output;
        |x, y: [2]| (y[0], y[1]) = (x[0] * input, x[0] * output)
    );
    assert_eq!(
        (first.gradient(&[x]), second.value(&[y]), third.value(&[f]), fourth.value(&[1.0])),
        (vec![2.0], vec![6.0, 2.0], vec![3.0, 9.0], vec![2.0, 3.0])
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
