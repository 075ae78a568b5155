//! Functions that branch: another way at a new point is recorded anew, and too many are the driver's.

use gradtape::sparse::Csr;
use gradtape::{Compiled, Driver, Function, Mode, Real, VectorFunction, function};

use super::counts;
use testing::structured::agreement::{assert_gradients_of, assert_hessians_of, assert_jacobians_of};

/// Terms that branch by their own numbers.
struct Terms;

const TERM_LINE: u32 = line!() + 2;
fn term<F: Real<Plain = f64>>(a: F, b: F) -> F {
    if a > b { (a * b).sin() } else { a * a + b }
}

impl Function for Terms {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        x.windows(2).map(|x| term(x[0], x[1])).sum()
    }
}

impl VectorFunction for Terms {
    fn outputs(&self, inputs: usize) -> usize {
        inputs - 1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        for (y, x) in y.iter_mut().zip(x.windows(2)) {
            *y = term(x[0], x[1]);
        }
    }
}

/// What a function compares.
#[derive(Clone, Copy, Debug)]
enum Compared {
    /// The output with a constant.
    Output,
    /// A sum that is a part of the output.
    Sum,
    /// Two sums.
    Sums,
    /// Two inputs.
    Inputs,
    /// A sum that no output needs.
    Unused,
    /// A sum and an input.
    SumAndInput,
    /// A term, after the sum of all.
    Term,
}

impl Compared {
    const ALL: [Self; 7] =
        [Self::Output, Self::Sum, Self::Sums, Self::Inputs, Self::Unused, Self::SumAndInput, Self::Term];
}

impl Compared {
    fn eval<F: Real<Plain = f64>>(self, x: &[F]) -> [F; 2] {
        let terms: Vec<F> = x.windows(2).map(|x| x[0].sin() * x[1]).collect();
        let sum: F = terms.iter().sum();
        let squares: F = x.iter().map(|&x| x * x).sum();
        let is_larger = match self {
            Self::Output | Self::Sum => sum > 1.0,
            Self::Sums => sum > squares,
            Self::Inputs => x[0] > x[1],
            Self::Unused => x.iter().map(|&x| x.exp()).sum::<F>() > 50.0,
            Self::SumAndInput => sum > x[0],
            Self::Term => terms[1] > terms[2],
        };
        match (self, is_larger) {
            (Self::Output, true) => [sum, sum],
            (_, true) => [sum.tanh() + squares, sum * squares],
            (_, false) => [sum * sum - squares, sum.sin()],
        }
    }
}

impl Function for Compared {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        Compared::eval(*self, x)[0]
    }
}

impl VectorFunction for Compared {
    fn outputs(&self, _: usize) -> usize {
        2
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.copy_from_slice(&Compared::eval(*self, x));
    }
}

/// Points at which comparisons come out in all ways.
fn points() -> Vec<Vec<f64>> {
    let scales = [0.3, 1.5, -0.4, 0.3, -1.5, 2.5, 0.1];
    let point = |(scale, shift): (f64, f64)| (0..20).map(|k| scale * (f64::from(k) * 0.7 + shift).sin()).collect();
    scales.into_iter().zip([0.0, 1.0, 2.0, 0.0, 3.0, 1.5, 1.0]).map(point).collect()
}

#[test]
fn a_branch_that_goes_another_way_gives_the_tapes_derivatives() {
    assert_gradients_of(Terms, None, &points(), || "terms".to_owned());
    assert_hessians_of(Terms, None, &points(), || "terms".to_owned());
    assert_jacobians_of(Terms, None, &points(), || "terms".to_owned());
}

#[test]
fn gradients_are_right_whatever_is_compared() {
    for compared in Compared::ALL {
        assert_gradients_of(compared, None, &points(), || format!("{compared:?}"));
    }
}

#[test]
fn hessians_are_right_whatever_is_compared() {
    for compared in Compared::ALL {
        assert_hessians_of(compared, None, &points(), || format!("{compared:?}"));
    }
}

#[test]
fn jacobians_are_right_whatever_is_compared() {
    for compared in Compared::ALL {
        assert_jacobians_of(compared, None, &points(), || format!("{compared:?}"));
    }
}

#[test]
fn comparisons_that_come_out_as_before_need_no_recording() {
    for compared in Compared::ALL {
        let compiled = Compiled::new(compared).without_driver();
        let (x, mut gradient) = (points().remove(0), vec![0.0; 20]);
        for _ in 0..5 {
            compiled.gradient(&x, &mut gradient);
        }
        assert_eq!(counts(&compiled), [5, 1, 0], "{compared:?}");
    }
}

#[test]
fn a_branch_that_goes_another_way_is_recorded_anew() {
    let compiled = Compiled::new(Terms).without_driver();
    let (up, mut down): (Vec<f64>, Vec<f64>) = ((0..50).map(f64::from).collect(), Vec::new());
    down.extend(up.iter().rev());
    let mut gradient = vec![0.0; 50];
    for (x, recordings) in [(&up, 1), (&up, 1), (&down, 2), (&down, 2), (&up, 3)] {
        let value = compiled.gradient(x, &mut gradient);
        let (expected, slopes) = Function::value_and_gradient(&Terms, x);
        assert!((value - expected).abs() <= 1e-13 * expected.abs());
        gradient
            .iter()
            .zip(slopes)
            .for_each(|(ours, theirs)| assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}"));
        assert_eq!(counts(&compiled)[1..], [recordings, 0]);
        let branched_at = compiled.recordings().branched_at.map(|at| (at.file(), at.line()));
        assert_eq!(branched_at, (recordings > 1).then_some((file!(), TERM_LINE)));
    }
    let (mut hessian, at) = (Csr::default(), format!("the comparison at {}:{TERM_LINE}:", file!()));
    for x in [&up, &down] {
        compiled.sparse_hessian(x, &mut gradient, &mut hessian);
    }
    assert!(compiled.recordings().to_string().contains(&at), "{}", compiled.recordings());
}

/// An output that is compared itself: the recording must know the whole sum before it compares.
#[test]
fn the_output_may_be_compared() {
    let f = function!(|x: &[F]| {
        let sum: F = x.iter().map(|&x| x * x * x.sin()).sum();
        if sum < 10.0 { sum } else { -sum }
    });
    let until = function!(|x: &[F]| {
        let mut sum = F::zero();
        for &x in x {
            sum += x * x;
            if sum > 4.0 {
                break;
            }
        }
        sum
    });
    let low_and_high = [0.1, 1.5, 0.1, 1.6].map(|x| (0..30).map(|k| x + 0.001 * f64::from(k)).collect::<Vec<f64>>());
    for points in [&low_and_high[..], &low_and_high[1..]] {
        assert_gradients_of(f, None, points, || "a compared output".to_owned());
        assert_hessians_of(f, None, points, || "a compared output".to_owned());
        assert_gradients_of(until, None, points, || "a sum with a bound".to_owned());
        assert_hessians_of(until, None, points, || "a sum with a bound".to_owned());
    }
}

/// Sorting, the largest element, returns in between, and walks that depend on where they are.
#[test]
fn code_that_branches_on_what_it_computed_has_the_tapes_derivatives() {
    fn assert_right(f: impl Function, what: &str) {
        assert_gradients_of(&f, None, &points(), || what.to_owned());
        assert_hessians_of(&f, None, &points(), || what.to_owned());
    }
    let sorted = function!(|x: &[F]| {
        let mut sorted = x.to_vec();
        sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
        (0_u8..).zip(sorted).map(|(k, x)| x * x * f64::from(k)).sum::<F>()
    });
    assert_right(sorted, "a sorted list");
    let shifted = function!(|x: &[F]| {
        let largest = x.iter().copied().reduce(|a, b| if a > b { a } else { b }).unwrap();
        x.iter().map(|&x| (x - largest).exp()).sum::<F>().ln() + largest
    });
    assert_right(shifted, "the largest element");
    let returns = function!(|x: &[F]| {
        let [squares, powers] = [|x: F| x * x, F::exp].map(|f| x.iter().map(|&x| f(x)).sum::<F>());
        if squares > powers {
            return squares;
        }
        if powers > 30.0 {
            return powers;
        }
        squares + powers
    });
    assert_right(returns, "returns in between");
    let walk = function!(|x: &[F]| {
        let mut place = x.iter().map(|&x| x * x).sum::<F>();
        for &x in x {
            place += if place > 3.0 { -x.sin() } else { x.exp() };
        }
        place
    });
    assert_right(walk, "a walk");
}

#[test]
fn a_function_whose_branches_change_all_the_time_ends_with_the_driver() {
    let (compiled, driver) = (Compiled::new(Terms).without_driver(), Driver::new(Terms).with_mode(Mode::Reverse));
    let point = |round: u32| (0..30).map(|k| f64::from(k * k + round).sin()).collect::<Vec<f64>>();
    let (mut ours, mut theirs) = ([0.0; 30], [0.0; 30]);
    for round in 0..200 {
        let values = [compiled.gradient(&point(round), &mut ours), driver.gradient(&point(round), &mut theirs)];
        assert!((values[0] - values[1]).abs() < 1e-12);
        ours.iter().zip(theirs).for_each(|(ours, theirs)| assert!((ours - theirs).abs() < 1e-12));
    }
    let [evaluations, recordings, by_driver] = counts(&compiled);
    assert_eq!(evaluations, 200);
    assert!(recordings <= 10, "{recordings} recordings");
    assert!(by_driver >= 175, "{by_driver} by the driver");
}

/// An optimiser that branches at first, and then stays where it is.
#[test]
fn a_function_whose_branches_no_longer_change_ends_with_its_elements() {
    let compiled = Compiled::new(Terms).without_driver();
    let point = |round: u32| (0..30).map(|k| f64::from(k * k + round.min(100)).sin()).collect::<Vec<f64>>();
    (0..600).for_each(|round| _ = compiled.gradient(&point(round), &mut [0.0; 30]));
    let [_, recordings, by_driver] = counts(&compiled);
    assert!(recordings <= 12 && by_driver <= 300, "{recordings} recordings, {by_driver} by the driver");
}

#[test]
fn matrices_of_functions_that_branch_have_patterns_that_are_local() {
    let compiled = Compiled::new(Terms).without_driver();
    let (x, mut y, mut gradient, mut matrix) = (points().remove(0), [0.0; 19], [0.0; 20], Csr::default());
    for round in 0..2 {
        compiled.sparse_jacobian(&x, &mut y, &mut matrix);
        assert_eq!(matrix.pattern().local_at().map(std::panic::Location::line), Some(TERM_LINE), "{round}");
        compiled.sparse_hessian(&x, &mut gradient, &mut matrix);
        assert_eq!(matrix.pattern().local_at().map(std::panic::Location::line), Some(TERM_LINE), "{round}");
        // A matrix that has the places already gets the pattern all the same.
        matrix = Csr::zeros(gradtape::sparse::Sparsity::new((0..20).map(|k| matrix.row(k).0.to_vec()), 20));
    }
    let smooth = Compiled::new(function!(|x| x.windows(2).map(|x| x[0].max(x[1]).powi(2)).sum::<F>())).without_driver();
    smooth.sparse_hessian(&x, &mut gradient, &mut matrix);
    assert!(!matrix.pattern().is_local());
}

#[test]
fn a_number_of_inputs_that_changes_all_the_time_is_not_recorded_each_time() {
    let compiled = Compiled::new(Terms).without_driver();
    for k in 0..16 {
        let x: Vec<f64> = (0..20 + k % 2).map(f64::from).map(f64::cos).collect();
        compiled.gradient(&x, &mut vec![0.0; x.len()]);
    }
    assert_eq!(counts(&compiled), [16, 6, 5]);
}

#[test]
fn another_number_of_inputs_is_recorded_anew() {
    let points: Vec<Vec<f64>> = [20, 21, 3, 20, 20].map(|n| (0..n).map(f64::from).map(f64::cos).collect()).to_vec();
    assert_gradients_of(Terms, None, &points, || "terms".to_owned());
    assert_hessians_of(Terms, None, &points, || "terms".to_owned());
    assert_jacobians_of(Terms, None, &points, || "terms".to_owned());
    let compiled = Compiled::new(function!(|x: &[F]| x.iter().map(|&x| x.sin()).sum::<F>())).without_driver();
    for (x, recordings) in points.iter().zip([1, 2, 3, 4, 4]) {
        compiled.gradient(x, &mut vec![0.0; x.len()]);
        assert_eq!(counts(&compiled)[1], recordings);
    }
}
