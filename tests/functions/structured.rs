//! The functions with many terms of few shapes: their values are those of the literature, or computed by hand, and what
//! drivers say of random ones agrees.

use std::collections::BTreeSet;
use std::f64::consts::{FRAC_PI_2, LN_2, PI, SQRT_2};

use gradtape::sparse::Csr;
use gradtape::{Driver, Function, Mode, VectorFunction};
use quickcheck::Arbitrary;
use testing::assert_near;
use testing::functions::{gradient_by, inner};
use testing::structured::{
    BundleAdjustment, GaussianMixture, Hidden, MinimalSurface, Outputs, Problem, Residuals, Springs,
};

#[track_caller]
fn assert_all_within(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
    ours.iter().zip(theirs).for_each(|(&ours, &theirs)| assert_near(ours, theirs, tolerance * largest, "all"));
}

/// The sums of squares at the standard starting points, those of the residuals of 12 variables.
#[test]
fn problems_have_the_values_of_the_literature_at_their_starting_points() {
    let n = 12.0_f64;
    let (cosine, sine) = ((1.0 / n).cos(), (1.0 / n).sin());
    let trigonometric = (1..=12).map(|i| ((n + f64::from(i)) * (1.0 - cosine) - sine).powi(2)).sum();
    // Σ j²/n, the sum of the variably dimensioned function.
    let weighted = 650.0 / n;
    let expected = |problem| match problem {
        Problem::Squares(Residuals::Rosenbrock) => 6.0 * 24.2,
        Problem::Squares(Residuals::PowellSingular) => 3.0 * 215.0,
        Problem::Squares(Residuals::Penalty) => (650.0_f64 - 0.25).powi(2) + 1e-5 * 506.0,
        Problem::Squares(Residuals::VariablyDimensioned) => weighted / n + weighted.powi(2) + weighted.powi(4),
        Problem::Squares(Residuals::Trigonometric) => trigonometric,
        Problem::Squares(Residuals::AlmostLinear) => 11.0 * 6.5_f64.powi(2) + (1.0 - 0.5_f64.powi(12)).powi(2),
        // By an independent program with 40 digits.
        Problem::Squares(Residuals::BoundaryValue) => 0.000_493_387_557_543_218_5,
        Problem::Squares(Residuals::IntegralEquation) => 0.074_606_386_663_389_4,
        Problem::Squares(Residuals::BroydenTridiagonal) => n + 11.0,
        Problem::Squares(Residuals::BroydenBanded) => 36.0 * n,
        // The function of Wood, and the same of (-3, -1, -2, 0) and of (-2, 0, -2, 0).
        Problem::ChainedWood => 1.0 + 19_192.0 + 11_555.1 + 3.0 * 3_098.0,
        Problem::Engval => 59.0 * 11.0,
        Problem::Arrowhead => 3.0 * 11.0,
    };
    for problem in Problem::all() {
        let (value, expected) = (problem.value(&problem.start(12)), expected(problem));
        assert_near(value, expected, 1e-13 * expected, problem);
    }
    // Of ten variables, as Moré, Garbow and Hillstrom print them.
    for (residuals, expected) in [
        (Residuals::VariablyDimensioned, 2_198_551.162_5),
        (Residuals::Trigonometric, 0.007_075_759_466_222_2),
        (Residuals::AlmostLinear, 273.248_047_828_674_3),
    ] {
        let value = Problem::Squares(residuals).value(&residuals.start(10));
        assert_near(value, expected, 1e-13 * expected, residuals);
    }
}

#[test]
fn residuals_of_bands_see_their_neighbours() {
    let ones = [1.0; 9];
    let tridiagonal = [0.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 1.0];
    assert_eq!(Residuals::BroydenTridiagonal.value(&ones), tridiagonal);
    // Eight less two for each neighbour: five on the left, one on the right.
    assert_eq!(Residuals::BroydenBanded.value(&ones), [6.0, 4.0, 2.0, 0.0, -2.0, -4.0, -4.0, -4.0, -2.0]);
}

#[test]
fn a_camera_sees_a_point_where_a_calculation_by_hand_says() {
    let (mut problem, mut x) = BundleAdjustment::new(1, 1, 1);
    problem.features = vec![[1.0, 2.0]];
    // A quarter turn about the third axis, and none: the point (1, 2, 4) before the camera becomes (-2, 1, 4).
    for (turn, point) in [(FRAC_PI_2, [1.0, 2.0, 4.0]), (0.0, [-2.0, 1.0, 4.0])] {
        let camera = [0.0, 0.0, turn, 10.0, 20.0, 30.0, 2.0, 3.0, 4.0, 0.1, 0.01];
        x[..11].copy_from_slice(&camera);
        (0..3).for_each(|i| x[11 + i] = point[i] + camera[3 + i]);
        x[14] = 0.5;
        // The image (-1/2, 1/4) is 5/16 squared from the centre: the distortion is 1 + 0.03125 + 0.0009765625.
        let distortion = 1.032_226_562_5;
        let seen = [-distortion + 3.0, 0.5 * distortion + 4.0];
        let expected = [0.5 * (seen[0] - 1.0), 0.5 * (seen[1] - 2.0), 0.75];
        assert_all_within(&problem.value(&x), &expected, 1e-15);
    }
    let (problem, x) = BundleAdjustment::new(4, 9, 30);
    assert_eq!((x.len(), problem.outputs(x.len())), (4 * 11 + 9 * 3 + 30, 90));
    assert!(problem.value(&x).iter().all(|residual| residual.abs() < 2000.0));
}

#[test]
fn a_mixture_is_the_sum_of_its_densities() {
    let (mut problem, x) = GaussianMixture::new(2, 3, 7);
    (problem.gamma, problem.degrees) = (1.5, 2);
    let (weights, means, roots) = (&x[..3], &x[3..9], &x[9..]);
    let total: f64 = weights.iter().map(|weight| weight.exp()).sum();
    let root = |c: usize| [roots[3 * c].exp(), roots[3 * c + 1].exp(), roots[3 * c + 2]];
    let density = |c: usize, point: &[f64]| {
        let ([a, b, below], [x, y]) = (root(c), [0, 1].map(|i| point[i] - means[2 * c + i]));
        let square = (a * x).powi(2) + (b * y + below * x).powi(2);
        weights[c].exp() / total * a * b / (2.0 * PI) * (-0.5 * square).exp()
    };
    let likelihood: f64 = problem.points.iter().map(|p| (0..3).map(|c| density(c, p)).sum::<f64>().ln()).sum();
    // n = d + m + 1 = 5, and ln Γ₂(5/2) = ½ ln π + ln Γ(5/2) + ln Γ(2), where Γ(5/2) = ¾ √π.
    let constant = 10.0 * (1.5_f64.ln() - 0.5 * LN_2) - (0.5 * PI.ln() + (0.75 * PI.sqrt()).ln());
    let prior = |c: usize| {
        let [a, b, below] = root(c);
        0.5 * 2.25 * (a * a + b * b + below * below) - 2.0 * (a * b).ln() - constant
    };
    let expected = likelihood + (0..3).map(prior).sum::<f64>();
    assert_near(problem.value(&x), expected, 1e-13 * expected.abs(), "the likelihood");
}

#[test]
fn springs_along_a_grid_are_at_rest_and_diagonals_are_not() {
    let (mut springs, mut x) = Springs::new(5);
    assert_eq!(springs.springs.len(), 2 * 20 + 2 * 16);
    (springs.springs.iter_mut()).for_each(|spring| (spring.length, spring.stiffness) = (1.0, 1.0));
    for x in &mut x {
        *x = x.round();
    }
    assert_near(springs.value(&x), 16.0 * (SQRT_2 - 1.0).powi(2), 1e-14, "the energy");
}

#[test]
fn the_smallest_surface_is_the_plane() {
    let (surface, mut x) = MinimalSurface::new(6);
    assert!(surface.value(&x) > 9.01);
    for (k, x) in x.iter_mut().enumerate() {
        *x = surface.plane(k / 6 + 1, k % 6 + 1);
    }
    assert_near(surface.value(&x), 9.0, 1e-13, "the area");
    assert_all_within(&surface.gradient(&x), &[0.0; 36], 1e-13);
}

#[test]
fn gradients_of_problems_are_those_of_the_other_mode() {
    fn claim(f: &impl Function, x: &[f64]) {
        let [(value, forward), (same, reverse)] = [Mode::Forward, Mode::Reverse].map(|mode| gradient_by(mode, f, x));
        assert_eq!((value, same), (f.value(x), value));
        assert_all_within(&forward, &reverse, 1e-12);
    }
    Problem::all().for_each(|problem| claim(&problem, &problem.start(12)));
    let (mixture, x) = GaussianMixture::new(3, 2, 5);
    claim(&mixture, &x);
    let (springs, x) = Springs::new(4);
    claim(&springs, &x);
    let (surface, x) = MinimalSurface::new(4);
    claim(&surface, &x);
    let (bundle, x) = BundleAdjustment::new(2, 3, 8);
    let (mut y, mut jacobian) = (vec![0.0; 24], Csr::default());
    Driver::new(&bundle).sparse_jacobian(&x, &mut y, &mut jacobian);
    assert_eq!(y, bundle.value(&x));
    assert_all_within(&jacobian.to_dense().concat(), &bundle.jacobian(&x).concat(), 1e-12);
}

/// The same numbers by both modes, and by pattern and colouring.
#[test]
fn drivers_agree_on_random_functions() {
    let drivers_agree = |hidden: Hidden| {
        for index in 0..3 {
            let x = hidden.point::<f64>(index);
            let (value, forward) = gradient_by(Mode::Forward, &hidden, &x);
            let (same, reverse) = gradient_by(Mode::Reverse, &hidden, &x);
            assert_eq!(value, same);
            assert!(value.is_finite());
            assert_all_within(&forward, &reverse, 1e-10);
            let outputs = Outputs(&hidden);
            let (mut y, mut jacobian) = (outputs.value(&x), Csr::default());
            Driver::new(outputs).sparse_jacobian(&x, &mut y, &mut jacobian);
            assert_eq!(y, outputs.value(&x));
            let ones = vec![1.0; x.len()];
            let slopes: Vec<f64> = jacobian.to_dense().iter().map(|row| inner(row, &ones)).collect();
            assert_all_within(&slopes, &outputs.jvp(&x, &ones).1, 1e-10);
        }
        true
    };
    testing::quickcheck(100, drivers_agree as fn(Hidden) -> bool);
}

#[test]
fn random_functions_are_those_of_their_seed_and_of_any_bytes() {
    let mut different = BTreeSet::new();
    let mut largest = 0;
    for seed in 0..200 {
        let hidden = Hidden::from_seed(seed);
        assert_eq!(format!("{hidden:?}"), format!("{:?}", Hidden::from_seed(seed)));
        largest = largest.max(hidden.rows());
        different.insert(format!("{hidden:?}"));
    }
    assert_eq!(different.len(), 200);
    assert!(largest > 100, "{largest} rows");
    let all: String = different.into_iter().collect();
    for word in [
        "Tanh",
        "Square",
        "Constant",
        "Data",
        "Scaled",
        "Shifted",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Max",
        "Sin",
        "Exp",
        "Root",
        "Power",
        "Abs",
        "Branch",
        "Loop",
        "Weights",
        "WeightedSum",
        "Dot",
        "Minus",
        "Cancelling",
        "Chunks",
        "Roots",
        "Tree",
        "Chain",
        "Cross",
        "Cancelled",
        "Term",
        "Total",
    ] {
        assert!(all.contains(word), "there is no {word}");
    }
    let none = Hidden::from_bytes(&[]);
    assert_eq!((none.inputs(), none.rows()), (1, 1));
    for byte in 0..=255 {
        let hidden = Hidden::from_bytes(&[byte; 40]);
        assert!(hidden.value(&hidden.point::<f64>(0)).is_finite());
    }
}

#[test]
fn random_functions_shrink_to_the_simplest_that_fails() {
    for seed in 0..50 {
        let mut hidden = Hidden::from_seed(seed);
        // Fails as long as a row branches.
        let fails = |hidden: &Hidden| {
            assert!(Outputs(hidden).value(&hidden.point(1)).into_iter().all(f64::is_finite));
            format!("{hidden:?}").contains("Branch")
        };
        if !fails(&hidden) {
            continue;
        }
        let mut changes = 0;
        while let Some(simpler) = hidden.shrink().find(fails) {
            hidden = simpler;
            changes += 1;
            assert!(changes < 1000, "it does not end: {hidden:?}");
        }
        assert!(hidden.rows() == 1 && hidden.inputs() == 1, "{hidden:?}");
        assert_eq!(format!("{hidden:?}").matches("Branch").count(), 1, "{hidden:?}");
        assert_eq!(Outputs(&hidden).value(&hidden.point::<f64>(0)).len(), 1, "{hidden:?}");
    }
}
