//! Functions of several outputs among which are sums of more terms than an element has inputs, against the driver.

use gradtape::program::Precision;
use gradtape::sparse::Csr;
use gradtape::{Compiled, Driver, Real, Stage, VectorFunction, function};
use testing::structured::agreement::assert_jacobians_of;
use testing::{TestFloat, number};

use super::least_squares::assert_residuals;
use super::{counts, on_threads};

/// What the outputs are.
#[derive(Clone, Copy, Debug)]
enum Sums {
    /// A long sum, and products of neighbours.
    ObjectiveAndConstraints,
    /// Two long sums of the same terms with other weights; some terms are outputs, too.
    SameTerms,
    /// Long sums of inputs alone, which have some inputs several times.
    Inputs,
    /// Long sums with a constant and weights, a constant, and an input.
    WeightsAndConstants,
    /// One long sum several times.
    Repeated,
    /// A long sum that is a term of other outputs.
    Nested,
    /// A long sum of numbers that other outputs need.
    Shared,
    /// A sum of roots of sums.
    Roots,
    /// A long sum of terms that branch.
    Branches,
    /// A sum of several shapes, in which some terms cancel.
    Shapes,
    /// A sum that is written as a tree, and one as a loop.
    TreeAndLoop,
}

const ALL: [Sums; 11] = [
    Sums::ObjectiveAndConstraints,
    Sums::SameTerms,
    Sums::Inputs,
    Sums::WeightsAndConstants,
    Sums::Repeated,
    Sums::Nested,
    Sums::Shared,
    Sums::Roots,
    Sums::Branches,
    Sums::Shapes,
    Sums::TreeAndLoop,
];

fn tree<F: Real>(terms: &[F]) -> F {
    match terms {
        [term] => *term,
        _ => tree(&terms[..terms.len() / 2]) + tree(&terms[terms.len() / 2..]),
    }
}

impl<T: TestFloat + Precision> VectorFunction<T> for Sums {
    fn outputs(&self, inputs: usize) -> usize {
        match self {
            Self::ObjectiveAndConstraints | Self::Shared => inputs,
            Self::SameTerms | Self::Inputs | Self::WeightsAndConstants | Self::Repeated | Self::Nested => 4,
            Self::Roots | Self::Branches | Self::Shapes | Self::TreeAndLoop => 2,
        }
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let weight = |k: usize| number::<T>([0.5, -2.0, 3.25][k % 3]);
        let products: Vec<F> = x.windows(2).map(|x| (x[0] * x[1]).sin()).collect();
        let weighted = |terms: &[F]| terms.iter().enumerate().map(|(k, &term)| term * weight(k)).sum::<F>();
        let sum: F = products.iter().sum();
        match self {
            Self::ObjectiveAndConstraints => {
                y[0] = x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2)).sum();
                y[1..].iter_mut().zip(x.windows(2)).for_each(|(y, x)| *y = x[0] * x[1] - T::one());
            }
            Self::SameTerms => y.copy_from_slice(&[sum, weighted(&products), products[3], products[5]]),
            Self::Inputs => {
                let inputs: F = x.iter().sum();
                let constant = number::<T>(5.0);
                y.copy_from_slice(&[inputs, weighted(x) + constant, inputs - weighted(x), x[0] * x[1]]);
            }
            Self::WeightsAndConstants => {
                let constant = F::constant(number(2.5));
                y.copy_from_slice(&[constant - weighted(&products), weighted(x) + sum * weight(1), constant, x[3]]);
            }
            Self::Repeated => y.copy_from_slice(&[sum, sum, products[0], sum]),
            Self::Nested => y.copy_from_slice(&[sum + x[0] * x[0], sum * weight(2) - x[1], sum, sum + products[2]]),
            Self::Shared => {
                let exp: Vec<F> = x.iter().map(|x| x.exp()).collect();
                y[0] = exp.iter().sum();
                y[1..].iter_mut().zip(exp.windows(2)).for_each(|(y, exp)| *y = exp[0] * exp[1]);
            }
            Self::Roots => {
                let root = |x: &[F]| (x.iter().map(|&x| x * x).sum::<F>() + T::one()).sqrt();
                y.copy_from_slice(&[x.chunks(5).map(root).sum(), x.chunks(12).map(root).sum::<F>() * weight(1)]);
            }
            Self::Branches => {
                let branch = |x: F| if x > number::<T>(0.3) { x * x } else { x.sin() };
                y.copy_from_slice(&[x.iter().map(|&x| branch(x)).sum(), branch(x[0] * x[1])]);
            }
            Self::Shapes => {
                let squares: F = x.iter().map(|&x| x * x).sum();
                y[0] = sum + squares + x.iter().sum::<F>() - x.iter().map(|x| x.tanh()).sum::<F>() * weight(1);
                y[1] = squares + x[0] - squares;
            }
            Self::TreeAndLoop => {
                y.copy_from_slice(&[tree(&products), x.iter().fold(F::one(), |sum, &x| sum - x * x * x)]);
            }
        }
    }
}

fn point<T: TestFloat>(inputs: usize, shift: f64) -> Vec<T> {
    (0..).take(inputs).map(|k: u32| number(0.4 + (f64::from(k) * 0.7 + shift).sin() * 0.5)).collect()
}

fn assert_derivatives<T: TestFloat + Precision>(sums: Sums, without: Option<Stage>) {
    let points: [Vec<T>; 3] = [0.0, 1.0, 2.5].map(|shift| point(70, shift));
    let what = || format!("{sums:?} without {without:?}");
    let points = if without.is_some() { &points[..1] } else { &points };
    assert_jacobians_of(sums, without, points, what);
    for x in points {
        assert_residuals(sums, without, x, what);
    }

    let compiled = Compiled::<_, T>::new(sums).without_driver().without_stage(without);
    let (x, outputs) = (&points[0], VectorFunction::<T>::outputs(&sums, 70));
    let (mut y, mut matrix) = (vec![T::zero(); outputs], Csr::default());
    for _ in 0..2 {
        compiled.results(x, &mut y);
        compiled.sparse_jacobian(x, &mut y, &mut matrix);
        compiled.weighted_hessian(x, &y, &mut matrix);
    }
    assert_eq!(counts(&compiled), [6, 3, 0], "{}", what());
}

#[test]
fn derivatives_of_long_sums_beside_other_outputs_are_the_drivers_and_need_no_driver() {
    for sums in ALL {
        assert_derivatives::<f64>(sums, None);
        assert_derivatives::<f32>(sums, None);
    }
}

#[test]
fn derivatives_of_long_sums_do_not_depend_on_any_stage() {
    for sums in ALL {
        for stage in Stage::ALL {
            assert_derivatives::<f64>(sums, Some(stage));
        }
    }
}

#[test]
fn pieces_of_one_row_on_several_threads_give_the_same_sums() {
    on_threads(3, || ALL.into_iter().for_each(|sums| assert_derivatives::<f64>(sums, Some(Stage::LongChunks))));
}

#[test]
fn any_number_of_threads_gives_long_sums_the_same_bits() {
    let results = |sums: Sums| {
        let (compiled, x) = (Compiled::new(sums), point::<f64>(33_500, 0.0));
        let (mut y, mut matrices) =
            (vec![0.0; VectorFunction::<f64>::outputs(&sums, x.len())], [(); 2].map(|()| Csr::default()));
        compiled.sparse_jacobian(&x, &mut y, &mut matrices[0]);
        compiled.weighted_hessian(&x, &y, &mut matrices[1]);
        assert_eq!(counts(&compiled), [2, 2, 0]);
        (y, matrices)
    };
    for sums in [Sums::ObjectiveAndConstraints, Sums::SameTerms, Sums::Shared] {
        assert!(on_threads(3, || results(sums)) == on_threads(1, || results(sums)), "threads change a bit of {sums:?}");
    }
}

#[test]
fn a_long_output_that_is_no_sum_is_left_to_the_driver() {
    let f = function!(|x, y: [2]| {
        y[0] = x.iter().map(|&x| x * x).sum::<F>().sqrt();
        y[1] = x[0] * x[1];
    });
    let (compiled, driver, x) = (Compiled::new(f).without_driver(), Driver::new(f), point::<f64>(70, 0.0));
    let (mut ours, mut theirs) = (([0.0; 2], Csr::default()), ([0.0; 2], Csr::default()));
    compiled.sparse_jacobian(&x, &mut ours.0, &mut ours.1);
    driver.sparse_jacobian(&x, &mut theirs.0, &mut theirs.1);
    assert_eq!((ours, counts(&compiled)), (theirs, [1, 1, 1]));
}
