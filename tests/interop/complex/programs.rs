//! Programs of complex functions.

use gradtape::program::{Expr, Options, Precision, Rows, Workspace};
use gradtape::{Dual, complex};
use num_complex::Complex;
use testing::{TestFloat, number};

use super::{OURS, complaint, first_order, ours, points, second_order, wide};

/// A program, recorded off the axes, takes rows in the whole plane. Its outputs, and their first and second
/// derivatives, are those of duals.
fn programs_take_the_whole_plane<T: TestFloat + Precision>(options: Options) {
    let lists = ours::<Expr<T>>().into_iter().zip(ours::<Dual<T, 2>>()).zip(ours::<Dual<Dual<T, 2>, 2>>());
    let mut complaints = String::new();
    for (name, ((recorded, dual), nested)) in OURS.iter().zip(lists) {
        let record = |x: &[Expr<T>]| {
            let w = recorded(Complex::new(x[0], x[1]));
            [w.re, w.im]
        };
        let program = options.record(record, &[number(0.7), number(0.4)]).jacobian().jacobian();
        let (points, mut workspace) = (points::<T>(), Workspace::new());
        let takes_zero = !(name.starts_with("pow") || *name == "cbrt");
        for z in points.into_iter().filter(|z| takes_zero || z.norm() > T::zero()) {
            let first = first_order(dual, z);
            let expected =
                [first.to_vec(), second_order::<T, Dual<T, 2>, Dual<Dual<T, 2>, 2>>(nested, z).to_vec()].concat();
            if expected.iter().all(|w| w.re.is_finite() && w.im.is_finite()) {
                let outputs = program.run(&[], Rows::one(&[z.re, z.im]), &mut workspace);
                let outputs = outputs.unwrap_or_else(|error| panic!("{name} at {z}: {error}")).row(0);
                // Six outputs: the parts, and their gradients. Then the derivatives of each.
                let parts = [(0, 1), (2, 4), (3, 5), (10, 14), (11, 15), (12, 16), (13, 17)];
                let largest = expected[3..].iter().map(|&w| wide(w).norm()).fold(0.0, f64::max);
                let length = wide(z).norm().clamp(1e-6, 1.0);
                let scales = [wide(first[0]).norm(), wide(first[1]).norm(), largest + wide(first[1]).norm() / length];
                for (k, ((re, im), &exact)) in parts.into_iter().zip(&expected).enumerate() {
                    let ours = Complex::new(outputs[re], outputs[im]);
                    let scale = scales[[0, 1, 1, 2, 2, 2, 2][k]];
                    complaints.extend(complaint(ours, wide(exact), scale, 64.0, &format!("{name} at {z:?}, {k}")));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn programs_take_rows_in_the_whole_plane() {
    programs_take_the_whole_plane::<f64>(Options::new());
    programs_take_the_whole_plane::<f32>(Options::new());
    programs_take_the_whole_plane::<f64>(Options::new().exact());
}

#[test]
fn a_program_takes_the_root_of_0_unless_it_is_exact() {
    let record = |options: Options| {
        let root = |x: &[Expr<f64>]| complex::sqrt(Complex::new(x[0], x[1])).im;
        options.record(root, &[0.7, 0.4]).gradient().eval(&[0.0, 0.0])
    };
    assert_eq!(record(Options::new()).unwrap(), [0.0, 0.0, f64::INFINITY]);
    assert!(record(Options::new().exact()).is_err());
}
