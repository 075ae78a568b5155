//! Derivatives of [`Compiled`] by a range of the inputs, beside those by all inputs.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use std::ops::Range;

use gradtape::program::Precision;
use gradtape::sparse::{Csr, Sparsity};
use gradtape::{Compiled, Driver, Function, Mode, Objective, Real, Stage, VectorFunction, function};
use testing::panics::{assert_refused, assert_refused_here};
use testing::structured::agreement::assert_same;
use testing::structured::{Hidden, Outputs};
use testing::{TestFloat, number, quickcheck};

use super::generated::Generated;
use super::lower_triangles::lower_triangle;
use super::{counts, on_threads};

/// The rows and columns of a matrix that belong to these ranges.
fn part<T: TestFloat>(matrix: &[Vec<T>], rows: Range<usize>, columns: &Range<usize>) -> Vec<T> {
    matrix[rows].iter().flat_map(|row| row[columns.clone()].to_vec()).collect()
}

/// A random vector.
fn vector<T: TestFloat>(count: usize) -> Vec<T> {
    (0..).take(count).map(|k| number(f64::from(k).cos())).collect()
}

/// All derivatives of a function by some of the inputs are the driver's.
fn assert_scalar<T: TestFloat + Precision>(
    compiled: &Compiled<impl Function<T>, T>,
    range: &Range<usize>,
    points: &[Vec<T>],
    what: impl Fn() -> String,
) {
    let (driver, count) = (Driver::new(compiled.function()).with_mode(Mode::Reverse), range.len());
    let v: Vec<T> = vector(count);
    for x in points {
        let what = |kind: &str| format!("{kind} of {} by {range:?} at {x:?}", what());
        let (mut slopes, mut matrix) = (vec![T::zero(); x.len()], Csr::default());
        let value = driver.sparse_hessian(x, &mut slopes, &mut matrix);
        let hessian = part(&matrix.to_dense(), range.clone(), range);
        let rows = (0..count).map(|i| &hessian[i * count..][..count]);
        let product: Vec<T> = rows.map(|row| row.iter().zip(&v).map(|(&h, &v)| h * v).sum()).collect();
        let expected = [&slopes[range.clone()], &[value]].concat();

        let mut ours = vec![T::zero(); count + 1];
        ours[count] = compiled.gradient(x, &mut ours[..count]);
        assert_same(&ours, &expected, || what("gradient"));
        assert_same(&[compiled.value(x)], &[value], || what("value"));
        ours[count] = compiled.sparse_hessian(x, &mut ours[..count], &mut matrix);
        assert_same(&ours, &expected, || what("gradient beside the Hessian"));
        assert_eq!([matrix.rows(), matrix.columns()], [count; 2]);
        assert_same(&matrix.to_dense().concat(), &hessian, || what("Hessian"));
        let mut ours_along = vec![T::zero(); count];
        compiled.hvp(x, &v, &mut ours_along);
        assert_same(&ours_along, &product, || what("product"));
        ours[count] = compiled.gradient_and_hvp(x, &v, &mut ours[..count], &mut ours_along);
        assert_same(&ours, &expected, || what("gradient beside the product"));
        assert_same(&ours_along, &product, || what("product beside the gradient"));
    }
}

/// The same for a function of several results.
fn assert_vector<T: TestFloat + Precision, V: VectorFunction<T>>(
    compiled: &Compiled<V, T>,
    range: &Range<usize>,
    points: &[Vec<T>],
    what: impl Fn() -> String,
) {
    let (driver, all) =
        (Driver::new(compiled.function()), Compiled::<&V, T>::new(compiled.function()).without_driver());
    for x in points {
        let what = |kind: &str| format!("{kind} of {} by {range:?} at {x:?}", what());
        let (outputs, count) = (compiled.function().outputs(x.len()), range.len());
        let (mut results, mut matrix) = (vec![T::zero(); outputs], Csr::default());
        driver.sparse_jacobian(x, &mut results, &mut matrix);
        let jacobian = part(&matrix.to_dense(), 0..outputs, range);
        let by = |k: usize| jacobian.iter().skip(k).step_by(count).copied();
        let dot = |a: usize, b: usize| by(a).zip(by(b)).map(|(a, b)| a * b).sum::<T>();
        let squares: Vec<T> = (0..count * count).map(|k| dot(k / count, k % count)).collect();
        let product: Vec<T> = (0..count).map(|k| by(k).zip(&results).map(|(j, &r)| j * r).sum()).collect();
        let weights: Vec<T> = vector(outputs);
        all.weighted_hessian(x, &weights, &mut matrix);
        let hessian = part(&matrix.to_dense(), range.clone(), range);

        let (mut ours, mut ours_product) = (vec![T::zero(); outputs], vec![T::zero(); count]);
        compiled.results(x, &mut ours);
        assert_same(&ours, &results, || what("results"));
        compiled.sparse_jacobian(x, &mut ours, &mut matrix);
        assert_same(&ours, &results, || what("results beside the Jacobian"));
        assert_eq!([matrix.rows(), matrix.columns()], [outputs, count]);
        assert_same(&matrix.to_dense().concat(), &jacobian, || what("Jacobian"));
        compiled.normal_equations(x, &mut ours, &mut ours_product, &mut matrix);
        assert_same(&ours, &results, || what("results of the normal equations"));
        assert_same(&ours_product, &product, || what("Jᵀr"));
        assert_same(&matrix.to_dense().concat(), &squares, || what("JᵀJ"));
        compiled.weighted_hessian(x, &weights, &mut matrix);
        assert_same(&matrix.to_dense().concat(), &hessian, || what("weighted Hessian"));
    }
}

fn assert_hidden<T: TestFloat + Precision>(hidden: &Hidden, range: &Range<usize>, without: Option<Stage>) {
    let points: Vec<Vec<T>> = (0..3).map(|k| hidden.point(k)).collect();
    let what = || format!("{hidden:?} without {without:?}");
    let scalar = Compiled::new(hidden).without_driver().without_stage(without).wrt(range.clone());
    assert_scalar(&scalar, range, &points, what);
    let vector = Compiled::new(Outputs(hidden)).without_driver().without_stage(without).wrt(range.clone());
    assert_vector(&vector, range, &points, what);
}

/// The range between two numbers.
fn between(a: usize, b: usize, inputs: usize) -> Range<usize> {
    let [a, b] = [a % (inputs + 1), b % (inputs + 1)];
    a.min(b)..a.max(b)
}

/// Nothing, one, the front, the back, the middle, all.
fn ranges(inputs: usize) -> [Range<usize>; 6] {
    let (third, half) = (inputs / 3, inputs / 2);
    [half..half, half..half + 1, 0..half, half..inputs, third..inputs - third, 0..inputs]
}

#[test]
fn derivatives_of_random_functions_by_some_inputs_are_the_tapes() {
    fn property(hidden: Hidden, a: usize, b: usize) {
        let range = between(a, b, hidden.inputs());
        assert_hidden::<f64>(&hidden, &range, None);
        assert_hidden::<f32>(&hidden, &range, None);
    }
    quickcheck(30, property as fn(Hidden, usize, usize));
}

#[test]
fn derivatives_by_some_inputs_do_not_depend_on_any_stage() {
    fn property(hidden: Hidden, a: usize, b: usize) {
        for stage in Stage::ALL {
            assert_hidden::<f64>(&hidden, &between(a, b, hidden.inputs()), Some(stage));
        }
    }
    quickcheck(5, property as fn(Hidden, usize, usize));
}

#[test]
fn pieces_of_one_row_on_several_threads_give_the_same_derivatives_by_some_inputs() {
    fn property(hidden: Hidden, a: usize, b: usize) {
        assert_hidden::<f64>(&hidden, &between(a, b, hidden.inputs()), Some(Stage::LongChunks));
    }
    on_threads(3, || quickcheck(10, property as fn(Hidden, usize, usize)));
}

/// Functions whose terms have variables and data in all ways.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mixed {
    /// Each term has neighbours, of which one may be data.
    Chain,
    /// Any two inputs.
    Pairs,
    /// Inputs themselves are terms.
    Linear,
    /// A maximum and a product of inputs.
    Chains,
    /// A function of each input, which several terms need.
    Shared,
    /// A root of a sum, so that every term has an adjoint.
    Norm,
}

impl Mixed {
    const ALL: [Self; 6] = [Self::Chain, Self::Pairs, Self::Linear, Self::Chains, Self::Shared, Self::Norm];

    fn term<F: Real<Plain = f64>>(self, x: &[F], k: usize) -> F {
        let other = |step: usize, shift: usize| x[(step * k + shift) % x.len()];
        match self {
            Self::Chain | Self::Norm => (other(1, 1) - x[k] * x[k]).powi(2),
            Self::Pairs => (x[k] * other(7, 1)).sin() * other(3, 2),
            Self::Linear if k.is_multiple_of(3) => x[k] * 0.5,
            Self::Linear => x[k].sin(),
            Self::Chains => x[k].cos(),
            Self::Shared => x[k].exp() * other(1, 1).exp() + other(1, 2).exp().sin(),
        }
    }
}

impl Function for Mixed {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let sum: F = (0..x.len()).map(|k| self.term(x, k)).sum();
        match self {
            Self::Norm => (sum + 1.0).sqrt(),
            Self::Chains => {
                let largest = x.iter().fold(F::constant(-9.0), |largest, &x| largest.max(x));
                sum + largest * 2.0 + x.iter().fold(F::one(), |product, &x| product * x)
            }
            _ => sum,
        }
    }
}

impl VectorFunction for Mixed {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().enumerate().for_each(|(k, y)| *y = self.term(x, k));
        y[0] = Function::eval(self, x);
    }
}

fn points(inputs: u32) -> Vec<Vec<f64>> {
    [0.0, 1.0].map(|shift| (0..inputs).map(|k| 0.75 + 0.375 * (f64::from(k) * 2.0 + shift).sin()).collect()).to_vec()
}

#[test]
fn derivatives_by_ranges_are_the_tapes_by_elements_and_by_the_driver() {
    for (mixed, inputs) in Mixed::ALL.into_iter().flat_map(|mixed| [(mixed, 6), (mixed, 60)]) {
        for range in ranges(inputs as usize) {
            for (scalar, vector) in [
                (Compiled::new(mixed), Compiled::new(mixed)),
                (Compiled::new(mixed).without_driver(), Compiled::new(mixed).without_driver()),
            ] {
                assert_scalar(&scalar.wrt(range.clone()), &range, &points(inputs), || format!("{mixed:?}"));
                assert_vector(&vector.wrt(range.clone()), &range, &points(inputs), || format!("{mixed:?}"));
            }
        }
    }
}

#[test]
fn ranges_can_be_told_in_all_ways() {
    let x = &points(20)[0];
    let slopes = |compiled: Compiled<Mixed>, count: usize| {
        let mut gradient = vec![0.0; count];
        compiled.gradient(x, &mut gradient);
        gradient
    };
    let new = || Compiled::new(Mixed::Pairs);
    let all = slopes(new(), 20);
    assert_eq!(slopes(new().wrt(..), 20), all);
    assert_same(&slopes(new().wrt(5..), 15), &all[5..], || "a back".into());
    assert_same(&slopes(new().wrt(..=5), 6), &all[..=5], || "a front".into());
    assert_same(&slopes(new().wrt(2..=5), 4), &all[2..=5], || "a middle".into());
    // The last one counts, also if the function was evaluated before.
    let compiled = new().wrt(..6);
    compiled.sparse_hessian(x, &mut [0.0; 6], &mut Csr::default());
    compiled.gradient(x, &mut [0.0; 6]);
    assert_same(&slopes(compiled.wrt(7..13), 6), &all[7..13], || "another middle".into());
}

/// The squares of the errors of a line, for samples that stand behind it.
#[derive(Clone, Copy)]
struct Fit;

impl VectorFunction for Fit {
    fn outputs(&self, inputs: usize) -> usize {
        (inputs - 2) / 2
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        let (places, measured) = x[2..].split_at(y.len());
        y.iter_mut().zip(places).zip(measured).for_each(|((y, &at), &measured)| *y = x[0] + x[1] * at - measured);
    }
}

impl Function for Fit {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let mut errors = vec![F::zero(); VectorFunction::outputs(self, x.len())];
        VectorFunction::eval(self, x, &mut errors);
        errors.into_iter().map(|error| error * error).sum()
    }
}

#[test]
fn other_data_need_no_other_recording() {
    let (scalar, vector) = (Compiled::new(Fit).wrt(..2), Compiled::new(Fit).wrt(..2));
    let points: Vec<Vec<f64>> = (0..10).map(|k| vector_of(202, k)).collect();
    assert_scalar(&scalar, &(0..2), &points, || "a fit".into());
    assert_vector(&vector, &(0..2), &points, || "a fit".into());
    // Value and gradient, Hessian, and products; and results, Jacobian, normal equations and weighted Hessian.
    assert_eq!((counts(&scalar), counts(&vector)), ([50, 3, 0], [40, 4, 0]));
    let jacobian = Sparsity::new((0..100).map(|_| 0..2), 2);
    let mut matrix = Csr::default();
    vector.sparse_jacobian(&points[0], &mut [0.0; 100], &mut matrix);
    assert_eq!(matrix.pattern(), &jacobian);
}

/// Four outputs. The inputs from the fifth on are weights: an output with a weight is a product of two neighbours, and
/// an output without one is an input.
#[derive(Clone, Copy, Debug)]
struct Neighbours;

impl VectorFunction for Neighbours {
    fn outputs(&self, _: usize) -> usize {
        4
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        for (k, y) in y.iter_mut().enumerate() {
            *y = x[4..].get(k).map_or(x[k], |&weight| weight * x[k] * x[(k + 1) % 4]);
        }
    }
}

impl Function for Neighbours {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let mut products = [F::zero(); 4];
        VectorFunction::eval(self, x, &mut products);
        products.into_iter().sum()
    }
}

#[test]
fn the_number_of_data_may_change_beside_a_range_that_stays() {
    fn compiled<G, T>(function: G, always: bool) -> Compiled<G, T> {
        let compiled = Compiled::new(function);
        if always { compiled.without_driver() } else { compiled }
    }
    let of_lengths = |lengths: &[u32]| lengths.iter().flat_map(|&length| points(length)).collect::<Vec<_>>();
    for always in [false, true] {
        let what = || format!("without driver {always}");
        let some = of_lengths(&[5, 7, 4, 6, 8, 5, 7]);
        assert_scalar(&compiled(Neighbours, always).wrt(..4), &(0..4), &some, what);
        assert_vector(&compiled(Neighbours, always).wrt(..4), &(0..4), &some, what);
        for mixed in Mixed::ALL {
            let some = of_lengths(&[6, 9, 7, 12, 6]);
            assert_scalar(&compiled(mixed, always).wrt(1..5), &(1..5), &some, || format!("{mixed:?} {}", what()));
            assert_vector(&compiled(mixed, always).wrt(1..5), &(1..5), &some, || format!("{mixed:?} {}", what()));
        }
    }
}

/// Data of a number.
fn vector_of(count: u32, number: u32) -> Vec<f64> {
    (0..count).map(|k| (f64::from(k) + 0.5 * f64::from(number)).sin()).collect()
}

/// The derivatives by data are in no program: the adjoint of the only element that is returned is that of the
/// variables.
#[test]
fn data_cost_no_derivatives() {
    let x = vector_of(202, 0);
    let source = |compiled: Compiled<Fit>| compiled.to_rust("fit", &x).unwrap().to_string();
    let returned = |count: usize| format!("-> [f64; {count}] {{");
    assert!(source(Compiled::new(Fit)).contains(&returned(5)), "value, two variables, two columns of data");
    assert!(source(Compiled::new(Fit).wrt(..2)).contains(&returned(3)), "value and two variables");
    // What depends on data alone is computed forward.
    let features = function!(|x: &[F]| x[10..]
        .iter()
        .map(|x| x.exp())
        .zip(x[..10].iter().cycle())
        .map(|(a, &x)| { (a * x).sin() + a })
        .sum::<F>());
    let features = Compiled::<_>::new(features).wrt(..10);
    let source = features.to_rust("features", &x).unwrap().to_string();
    assert!(!source.contains("unused +="), "{source}");
}

#[test]
fn the_source_by_some_inputs_has_the_numbers_of_compiled_and_driver() {
    let (mut generated, points) = (Generated::default(), points(12));
    for (mixed, range) in Mixed::ALL.into_iter().flat_map(|mixed| ranges(12).map(|range| (mixed, range))) {
        let of_range = |matrix: &Csr<f64>, rows: Range<usize>| {
            let dense = part(&matrix.to_dense(), rows.clone(), &range);
            Csr::new(Sparsity::new(rows.map(|_| 0..range.len()), range.len()), dense)
        };
        generated.add_wrt(mixed, range.clone(), &points, &[]);
        let compiled = || Compiled::new(mixed).without_driver().wrt(range.clone());
        generated.add_compiled_hessian(&compiled(), &points, &[], |matrix| of_range(matrix, range.clone()));
        generated.add_compiled_jacobian(&compiled(), &points, &[], |matrix| of_range(matrix, 0..matrix.rows()));
    }
    for (k, seed) in (0..12).zip(0..) {
        let hidden = Hidden::from_seed(seed);
        let range = between(k, 5 * k + 3, hidden.inputs());
        generated.add_wrt(&hidden, range, &[hidden.point::<f64>(0)], &[]);
    }
    generated.assert_right("wrt_source");
}

#[test]
fn given_patterns_and_lower_triangles_have_the_shape_of_the_range() {
    let (x, range) = (&points(60)[0], 20..50);
    for mixed in [Mixed::Chain, Mixed::Norm] {
        let banded = Sparsity::new((0..30_usize).map(|k| k.saturating_sub(9)..30.min(k + 10)), 30);
        let (mut slopes, mut matrix, mut lower) = ([0.0; 30], Csr::default(), Csr::default());
        let compiled = Compiled::new(mixed).wrt(range.clone()).with_pattern(banded.clone());
        compiled.sparse_hessian(x, &mut slopes, &mut matrix);
        assert!(mixed == Mixed::Norm || matrix.pattern() == &banded);
        assert!((0..30).all(|k| banded.row(k).iter().all(|column| matrix.pattern().row(k).contains(column))));
        compiled.with_lower_triangle().sparse_hessian(x, &mut slopes, &mut lower);
        assert_eq!(lower.pattern(), lower_triangle(&matrix).pattern());
        assert_same(lower.values(), lower_triangle(&matrix).values(), || format!("{mixed:?}"));
    }
}

/// Data choose what each term depends on.
#[derive(Clone, Copy)]
struct Chosen;

impl Function for Chosen {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let (variables, data) = x.split_at(4);
        data.iter()
            .enumerate()
            .map(|(k, &data)| {
                let [a, b] = [variables[k % 4], variables[(k + 1) % 4]];
                if data > 0.0 { a * b * data } else { (a * data).sin() }
            })
            .sum()
    }
}

impl VectorFunction for Chosen {
    fn outputs(&self, _inputs: usize) -> usize {
        1
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        y[0] = Function::eval(self, x);
    }
}

#[test]
fn branches_on_data_are_those_of_the_point() {
    let point = |signs: [f64; 4]| [&[1.0, 2.0, 3.0, 4.0][..], &signs].concat();
    let points =
        [[-1.0, -1.0, -1.0, -1.0], [1.0, -1.0, 2.0, -1.0], [-1.0, 0.5, -1.0, 1.0], [1.0, 1.0, 1.0, 1.0]].map(point);
    for compiled in [Compiled::new(Chosen), Compiled::new(Chosen).without_driver()] {
        assert_scalar(&compiled.wrt(..4), &(0..4), &points, || "data that choose".into());
    }
    assert_vector(&Compiled::new(Chosen).wrt(..4), &(0..4), &points, || "data that choose".into());
}

#[test]
fn wrong_ranges_and_lengths_are_refused_with_the_remedy() {
    let x = points(20).remove(0);
    for range in [0..21, 21..22] {
        let compiled = Compiled::new(Mixed::Chain).wrt(range);
        let remedy = "there are 20 inputs; give `wrt` a range of these";
        assert_refused_here(remedy, || compiled.value(&x));
        assert_refused_here(remedy, || compiled.gradient(&x, &mut [0.0; 20]));
        assert_refused_here(remedy, || compiled.sparse_hessian(&x, &mut [0.0; 20], &mut Csr::default()));
        assert_refused_here(remedy, || compiled.sparse_jacobian(&x, &mut [0.0; 20], &mut Csr::default()));
        assert_refused_here(remedy, || compiled.to_rust("f", &x));
        assert_refused_here(remedy, || compiled.elements(&x));
    }
    let compiled = Compiled::new(Mixed::Chain).wrt(..5);
    let long = || [0.0; 20];
    assert_refused("`gradient` has a number for each input, or for each one that `wrt` names", || {
        compiled.gradient(&x, &mut long())
    });
    assert_refused("`v` has a number", || compiled.hvp(&x, &long(), &mut [0.0; 5]));
    assert_refused("`product` has a number", || {
        compiled.normal_equations(&x, &mut long(), &mut long(), &mut Csr::default());
    });
    assert_refused("take a closure that completes the point", || compiled.value_and_gradient(&x, &mut long()));
}
