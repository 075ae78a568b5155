//! Second and third derivatives of every operation are the same in every mode: on tapes of tapes, as duals of duals,
//! and in programs, with and without exact arithmetic; and they are symmetric. At ordinary points, and where an
//! operation has a kink, a pole or a convention.

use gradtape::check::random::Operation;
use gradtape::check::{self, Doubt, Verdict};
use gradtape::program::{Expr, Options, Precision, Program};
use gradtape::{Dual, Function, Real, Value, function};
use testing::differentiable::{Differentiable, Over, outcome, partials};
use testing::{TestFloat, binary, number, unary};

type Duals<T> = Dual<Dual<Dual<T>>>;
type Tapes<T> = Value<Value<Value<T>>>;

/// Zeros, kinks, poles, ends of domains, and ordinary numbers.
fn points<T: TestFloat>() -> Vec<T> {
    let positive = [0.0, 0.5, 1.0, 2.0, 25.0, f64::INFINITY];
    positive.into_iter().flat_map(|x| [number(x), number(-x)]).collect()
}

/// All second derivatives, row by row, and all third ones.
type Orders<T> = [Vec<T>; 2];

fn nested<T, F1, F2, F3, const N: usize>(f: fn([F3; N]) -> F3, x: [T; N]) -> Orders<T>
where
    T: TestFloat,
    F1: Over<T>,
    F2: Differentiable<Inner = F1>,
    F3: Differentiable<Inner = F2>,
{
    let [mut second, mut third] = [Vec::new(), Vec::new()];
    for (i, j) in (0..N).flat_map(|i| (0..N).map(move |j| (i, j))) {
        let (by_both, slopes) = outcome(|x: [F1; N]| partials(|x: [F2; N]| partials(f, x)[i], x)[j], x);
        second.push(by_both);
        third.extend(slopes);
    }
    [second, third]
}

/// A program of all derivatives up to the third order.
fn program<T: TestFloat + Precision, const N: usize>(
    f: fn([Expr<T>; N]) -> Expr<T>,
    at: [T; N],
    options: Options,
) -> Program<T> {
    options.record(|x| f(std::array::from_fn(|k| x[k])), &at).gradient().jacobian().jacobian()
}

/// Of the outputs of such a program: the value and the gradient, the Jacobian of these, and the Jacobian of all that.
fn orders<T: TestFloat, const N: usize>(outputs: &[T]) -> Orders<T> {
    let (first, second) = (1 + N, (1 + N) * (1 + N));
    [outputs[first + N..second].to_vec(), outputs[second + (first + N) * N..].to_vec()]
}

/// Equal except for rounding, which is relative to the largest derivative.
fn agree<T: TestFloat>(ours: &[T], theirs: &[T]) -> bool {
    let size = |x: &T| Some(x.abs().into()).filter(|x: &f64| x.is_finite()).unwrap_or_default();
    let largest = theirs.iter().map(size).fold(1.0, f64::max);
    let tolerance = 1e3 * T::epsilon().into() * largest;
    ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|(&a, &b)| a == b || a.is_nan() && b.is_nan() || (a - b).abs().into() <= tolerance)
}

/// The same numbers with the first two indices exchanged, and with the last two.
fn is_symmetric<T: TestFloat, const N: usize>([second, third]: &Orders<T>) -> bool {
    let at = |order: &[T], indices: &[usize]| order[indices.iter().fold(0, |k, i| k * N + i)];
    let pairs = || (0..N * N).map(|k| (k / N, k % N));
    let exchanged = |f: &dyn Fn(usize, usize, usize) -> T| {
        (0..N).flat_map(|k| pairs().map(move |(i, j)| (i, j, k))).map(|(i, j, k)| f(i, j, k)).collect::<Vec<T>>()
    };
    let [straight, first, last] = [
        exchanged(&|i, j, k| at(third, &[i, j, k])),
        exchanged(&|i, j, k| at(third, &[j, i, k])),
        exchanged(&|i, j, k| at(third, &[i, k, j])),
    ];
    let transposed: Vec<T> = pairs().map(|(i, j)| at(second, &[j, i])).collect();
    agree(second, &transposed) && agree(&straight, &first) && agree(&straight, &last)
}

/// One function over the numbers of all modes.
struct Modes<T, const N: usize> {
    name: &'static str,
    /// Where programs are recorded.
    at: [f64; N],
    plain: fn([T; N]) -> T,
    duals: fn([Duals<T>; N]) -> Duals<T>,
    tapes: fn([Tapes<T>; N]) -> Tapes<T>,
    recorded: fn([Expr<T>; N]) -> Expr<T>,
}

impl<T: TestFloat + Precision, const N: usize> Modes<T, N> {
    /// What is wrong at the points where the value is finite.
    fn complaints(&self, points: impl IntoIterator<Item = [T; N]>) -> Vec<String> {
        let recorded = [("program", Options::new()), ("exact program", Options::new().exact())];
        let programs = recorded.map(|(_, options)| program(self.recorded, self.at.map(number), options));
        let mut complaints = Vec::new();
        for x in points.into_iter().filter(|&x| (self.plain)(x).is_finite()) {
            let expected = nested(self.tapes, x);
            let mut compare = |mode, ours: Orders<T>| {
                if ours.iter().zip(&expected).any(|(ours, expected)| !agree(ours, expected)) {
                    complaints.push(format!("{} at {x:?}, {mode}: {ours:?} instead of {expected:?}", self.name));
                }
            };
            // In products of duals over plain numbers, `0 · ∞` is NaN.
            let mut in_duals = nested(self.duals, x);
            for (ours, &expected) in in_duals.iter_mut().flatten().zip(expected.iter().flatten()) {
                if ours.is_nan() {
                    *ours = expected;
                }
            }
            compare("duals", in_duals);
            for ((mode, options), program_elsewhere) in recorded.into_iter().zip(&programs) {
                // If a comparison comes out in another way here, the program is recorded here.
                let outputs = program_elsewhere.eval(&x);
                let outputs = outputs.or_else(|_| program(self.recorded, x, options).eval(&x));
                compare(mode, orders::<T, N>(&outputs.expect("a program takes its own path")));
            }
        }
        complaints
    }

    /// What is not symmetric at `x`, if the value is finite there.
    fn asymmetry(&self, x: [T; N]) -> Option<String> {
        let derivatives = nested(self.tapes, x);
        let is_right = !(self.plain)(x).is_finite() || is_symmetric::<T, N>(&derivatives);
        (!is_right).then(|| format!("{} at {x:?} is not symmetric: {derivatives:?}", self.name))
    }
}

/// The operations of a list of the table.
fn modes<T, const N: usize>(
    plain: &[Operation<T, N>],
    duals: &[Operation<Duals<T>, N>],
    tapes: &[Operation<Tapes<T>, N>],
    recorded: &[Operation<Expr<T>, N>],
) -> Vec<Modes<T, N>> {
    let of = |k: usize| {
        let (plain, duals, tapes, recorded) = (&plain[k], &duals[k], &tapes[k], &recorded[k]);
        Modes { name: plain.name, at: plain.at, plain: plain.f, duals: duals.f, tapes: tapes.f, recorded: recorded.f }
    };
    (0..plain.len()).map(of).collect()
}

/// Powers that are 1 at such arguments, and 0 or ∞ beside them.
fn has_no_limit<T: TestFloat>(name: &str, [a, b]: [T; 2]) -> bool {
    name == "powf" && (a.abs() == T::one() && b.is_infinite() || a.is_infinite() && b.is_zero())
}

fn operations<T: TestFloat + Precision>() {
    let pairs = || points().into_iter().flat_map(|a: T| points().into_iter().map(move |b| [a, b]));
    let mut complaints = Vec::new();
    for op in modes(&unary(), &unary(), &unary(), &unary()) {
        let points = || points().into_iter().map(|x: T| [x]);
        complaints.extend(op.complaints(points()));
        complaints.extend(points().filter_map(|x| op.asymmetry(x)));
    }
    for op in modes(&binary(), &binary(), &binary(), &binary()) {
        let points = || pairs().filter(|&x| !has_no_limit(op.name, x));
        complaints.extend(op.complaints(points()));
        complaints.extend(points().filter_map(|x| op.asymmetry(x)));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn second_and_third_derivatives_are_symmetric_and_the_same_in_every_mode() {
    operations::<f32>();
    operations::<f64>();
}

/// Defines functions of two numbers, and the list of them in all modes.
///
/// `compositions! { T; product(x, y) { x * y } }` is
/// `{ fn product<F: Real>([x, y]: [F; 2]) -> F { x * y } [Modes { name: "product", plain: product, … }] }`.
macro_rules! compositions {
    ($T:ident; $($name:ident($x:ident, $y:ident) { $value:expr })*) => {{
        $(fn $name<F: Real>([$x, $y]: [F; 2]) -> F { $value })*
        [$(Modes::<$T, 2> {
            name: stringify!($name),
            at: [0.5, 0.75],
            plain: $name,
            duals: $name,
            tapes: $name,
            recorded: $name,
        }),*]
    }};
}

fn constant<F: Real>(x: f64) -> F {
    F::constant(number(x))
}

/// Infinite derivatives may cancel, in an order that differs from mode to mode. So the first ones must be finite.
fn assert_agree_at_zeros<T: TestFloat + Precision>(functions: &[Modes<T, 2>]) {
    let zeros = [T::zero(), -T::zero(), T::one()];
    let pairs = || zeros.into_iter().flat_map(|a| zeros.map(|b| [a, b]));
    let is_finite = |modes: &Modes<T, 2>, x: &[T; 2]| {
        let slopes = partials(modes.tapes, x.map(|x| Value::constant(Value::constant(x))));
        slopes.into_iter().all(|slope| slope.data().data().is_finite())
    };
    let complaints_of = |modes: &Modes<T, 2>| modes.complaints(pairs().filter(|x| is_finite(modes, x)));
    let complaints: Vec<String> = functions.iter().flat_map(complaints_of).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Functions that are smooth where a part of them is not, and their second derivatives at the origin.
fn removable<T: TestFloat + Precision>() {
    let functions = compositions! { T;
        square_of_a_root(x, y) { x.sqrt().powi(2) + y }
        product_of_roots(x, y) { x.sqrt() * x.sqrt() * y }
        cube_of_a_cube_root(x, y) { x.cbrt() * x.cbrt() * x.cbrt() * y }
        polynomial(x, y) { constant::<F>(3.0) * x.powf(constant::<F>(0.0)) + x * constant::<F>(2.0) + x.powf(constant::<F>(2.0)) * (y + constant::<F>(1.0)) }
        polynomial_of_computed_degree(x, y) { (0..3).map(|k| x.powf(y * constant::<F>(0.0) + constant::<F>(f64::from(k)))).sum() }
    };
    let second = [[0.0; 4], [0.0; 4], [0.0; 4], [2.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0]];
    for (modes, second) in functions.iter().zip(second) {
        let (ours, expected) = (nested(modes.tapes, [T::zero(); 2]), second.map(number::<T>));
        assert!(agree(&ours[0], &expected), "{}: {:?} instead of {expected:?}", modes.name, ours[0]);
    }
    assert_agree_at_zeros(&functions);
}

#[test]
fn functions_that_are_smooth_where_a_part_is_not_have_their_second_derivatives_in_every_mode() {
    removable::<f32>();
    removable::<f64>();
}

/// Functions of operations that have a kink or a pole at the origin.
fn singular<T: TestFloat + Precision>() {
    assert_agree_at_zeros(&compositions! { T;
        square_of_a_distance(x, y) { x.hypot(y).powi(2) }
        distance(x, y) { (x * x + y * y).sqrt() }
        matern(x, y) { (-x.hypot(y)).exp() * (x.hypot(y) + constant::<F>(1.0)) }
        larger_square(x, y) { (x * x).max(constant::<F>(0.0)) + (y * y).relu() }
        no_larger_distance(x, y) { x.hypot(y).min(constant::<F>(0.0)) }
        no_larger_root(x, y) { x.sqrt().min(constant::<F>(0.0)) + (x * y).sqrt().min(y) }
        sum_of_exponentials(x, y) { x.max(y) + (-(x - y).abs()).exp().ln_1p() }
        entropy(x, y) { x * x.ln() + y * y.ln() }
        powers(x, y) { x.powf(y) + y.powf(x) }
        power_of_powers(x, y) { (x * x).powf(y * y) }
        sine_of_an_angle(x, y) { x.atan2(y).sin() * y }
        quotient_of_squares(x, y) { x * x / (x * x + y * y + constant::<F>(1.0)).sqrt() }
        steep(x, y) { (x.sqrt() + y.sqrt()).sin() * x }
        root_of_a_root(x, y) { x.sqrt().sqrt() * y.cbrt() }
        arcs(x, y) { (constant::<F>(1.0) - x * x).asin() + (constant::<F>(1.0) + y * y).acosh() }
        logarithm(x, y) { (constant::<F>(1.0) + x.abs()).log(constant::<F>(2.0) + y.abs()) }
    });
}

#[test]
fn functions_with_kinks_and_poles_have_the_same_derivatives_in_every_mode() {
    singular::<f32>();
    singular::<f64>();
}

/// Checks of Hessians find all of them. If the second derivatives beside the point are right, it is told as a kink.
#[test]
fn kinks_that_cancel_have_the_second_derivatives_of_the_crates_page() {
    fn second(f: &impl Function<f64>, x: [f64; 2], ours: f64, truth: f64, verdict: Verdict) {
        assert_eq!(f.hessian(&x)[0][0], ours);
        let report = check::hessian(f, &x);
        assert_eq!(report.is_err(), verdict == Verdict::Disagrees);
        let entry = report.map_or_else(|failure| failure.report().unwrap().entries()[0], |report| report.entries()[0]);
        assert_eq!((entry.analytic, entry.verdict), (ours, verdict));
        assert!((entry.numeric - truth).abs() <= entry.error + 1e-7, "{entry}");
    }
    use Verdict::{CannotTell, Disagrees};
    second(&function!(|x| x[0].hypot(x[1]).powi(2)), [0.0, 0.0], 0.0, 2.0, Disagrees);
    second(&function!(|x| (x[0] * x[0]).relu()), [0.0, 1.0], 0.0, 2.0, Disagrees);
    second(&function!(|x| (x[0] * x[0]).max(F::constant(0.0))), [0.0, 1.0], 1.0, 2.0, Disagrees);
    let larger = function!(|x| x[0].max(x[1]) + (-(x[0] - x[1]).abs()).exp().ln_1p());
    second(&larger, [0.5, 0.5], 0.0, 0.25, CannotTell(Doubt::Kink));
    let kernel = function!(|x| (x[0].hypot(x[1]) + 1.0) * (-x[0].hypot(x[1])).exp());
    second(&kernel, [0.0, 0.0], 0.0, -1.0, Disagrees);
}
