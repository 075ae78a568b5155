//! Functions over floats of 16 bits.

use gradtape::nn::{Adam, Optimizer};
use gradtape::sparse::Sparsity;
use gradtape::{Function, Mode, VectorFunction, function};
use half::f16;
use testing::functions::gradient_by;

#[test]
fn functions_of_half_precision_have_drivers() {
    let f = function!(f16, |x: &[F]| x[0] * x[0] * x[1]);
    let x = [f16::from_f32(1.5), f16::from_f32(2.0)];
    let [forward, reverse] = [Mode::Forward, Mode::Reverse].map(|mode| gradient_by(mode, &f, &x));
    assert_eq!(forward, reverse);
    assert_eq!(forward.1, [6.0, 2.25].map(f16::from_f32));
    assert_eq!(f.hessian(&x), [[4.0, 3.0], [3.0, 0.0]].map(|row| row.map(f16::from_f32)));
}

#[test]
fn functions_of_half_precision_have_sparse_derivatives() {
    let x = [0.5, 1.0, 2.0].map(f16::from_f64);
    let f = function!(f16, |x: &[F]| [x[0].max(x[1]), x[2] * x[2]]);
    assert_eq!(f.sparsity(&x), Sparsity::new([vec![0, 1], vec![2]], 3));
    assert_eq!(f.sparse_jacobian(&x).to_dense(), f.jacobian(&x));
    let g = function!(f16, |x: &[F]| x[0].relu() * x[0] + x[1] * x[2]);
    assert_eq!(g.sparse_hessian(&x).to_dense(), g.hessian(&x));
    assert_eq!(g.hessian_sparsity(&[-x[0], x[1], x[2]]), g.hessian_sparsity(&x));
}

#[test]
fn adam_stays_where_the_gradient_is_zero_in_a_float_of_16_bits() {
    let mut w = [f16::ONE];
    Adam::new(f16::ONE).step(&mut w, &[f16::ZERO]);
    assert_eq!(w, [f16::ONE]);
}
