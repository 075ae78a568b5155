//! A steady loop over the drivers of functions does not allocate.

use gradtape::{Function, Mode, VectorFunction, Workspace, function};
use testing::allocations::allocations;

#[test]
fn a_steady_loop_allocates_nothing_in_any_driver_at_any_size() {
    let f = function!(|x| x.windows(2).map(|x| (x[0] * x[1]).sin()).sum::<F>() + x[0].exp());
    let g = function!(|x| [x[0] * x[x.len() - 1], f_of(x), x[0]]);
    for n in [1, 2, 7, 8, 9, 16, 17, 40] {
        let (x, mut v, mut matrix) = (vec![0.5; n], vec![1.0; n], vec![0.0; n * n]);
        let (mut y, mut slopes, mut jacobian) = ([0.0; 3], [0.0; 3], vec![0.0; 3 * n]);
        let workspace = &mut Workspace::new();
        let mut round = || {
            f.value_and_gradient_into(&x, &mut v, workspace);
            f.gradient_into(&x, &mut v, workspace);
            for mode in [Mode::Forward, Mode::Reverse] {
                f.value_and_gradient_by_into(mode, &x, &mut v, workspace);
                g.value_and_jacobian_by_into(mode, &x, &mut y, &mut jacobian, workspace);
            }
            f.jvp_into(&x, &x, workspace);
            f.directional_into(&x, &x, workspace);
            f.hvp_into(&x, &x, &mut v, workspace);
            f.hessian_into(&x, &mut matrix, workspace);
            g.value_into(&x, &mut y);
            g.jacobian_into(&x, &mut jacobian, workspace);
            g.value_and_jacobian_into(&x, &mut y, &mut jacobian, workspace);
            g.jvp_into(&x, &x, &mut y, &mut slopes, workspace);
            g.vjp_into(&x, &[1.0, 2.0, 3.0], &mut y, &mut v, workspace);
        };
        assert_ne!(allocations(&mut round), 0);
        round();
        assert_eq!(allocations(|| (0..10).for_each(|_| round())), 0, "{n} inputs");
    }
}

fn f_of<F: gradtape::Real>(x: &[F]) -> F {
    F::dot(x, x).tanh()
}
