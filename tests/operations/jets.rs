//! Jets: of the third order, they are nested duals; of high order, they have the coefficients of known series.

use gradtape::check::random::{Smooth, Unit};
use gradtape::program::{Expr, Options};
use gradtape::{CustomOperation, Dual, Jet, Number, Real, derivatives};
use testing::{InBox, TestFloat, assert_near, binary, bits, number, quickcheck, unary};

type Three<T> = Dual<Dual<Dual<T>>>;

fn constant<F: Number>(x: F::Plain) -> F {
    F::constant(x)
}

/// Three derivatives of a function of one number, by nested duals.
fn nested<T: TestFloat>(f: impl Fn(Three<T>) -> Three<T>, x: T) -> [T; 4] {
    let y = f(Dual::var(Dual::var(Dual::var(x))));
    let (first, second) = (y.tangent(), y.tangent().tangent());
    [y.data().data().data(), first.data().data(), second.data(), second.tangent()]
}

/// Equal except for rounding, which is relative to the largest derivative.
fn agree<T: TestFloat>(ours: &[T], theirs: &[T]) -> bool {
    let size = |x: &T| Some(x.abs().into()).filter(|x: &f64| x.is_finite()).unwrap_or_default();
    let largest = theirs.iter().map(size).fold(1.0, f64::max);
    let tolerance = 1e3 * T::epsilon().into() * largest;
    let same = |(&a, &b): (&T, &T)| a == b || a.is_nan() && b.is_nan() || (a - b).abs().into() <= tolerance;
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
}

/// What is wrong with jets of four and of six coefficients.
fn complaint<T: TestFloat>(
    name: &str,
    x: T,
    duals: impl Fn(Three<T>) -> Three<T>,
    short: impl Fn(Jet<T, 4>) -> Jet<T, 4>,
    long: impl Fn(Jet<T, 6>) -> Jet<T, 6>,
) -> Option<String> {
    let (mut expected, short, long) = (nested(duals, x), derivatives(short, x), derivatives(long, x));
    // In products of duals over plain numbers, `0 · ∞` is NaN.
    for (expected, &ours) in expected.iter_mut().zip(&short) {
        if expected.is_nan() {
            *expected = ours;
        }
    }
    let is_right = !expected[0].is_finite() || agree(&short, &expected) && agree(&long[..4], &expected);
    (!is_right).then(|| format!("{name} at {x:?}: {short:?} and {long:?} instead of {expected:?}"))
}

/// Operations of two numbers as functions of one: of either operand, and of both.
fn complaints<T: TestFloat>([a, b]: [T; 2]) -> Vec<String> {
    let mut complaints = Vec::new();
    for ((duals, short), long) in unary::<Three<T>>().iter().zip(&unary()).zip(&unary()) {
        complaints.extend(complaint(duals.name, a, |x| (duals.f)([x]), |x| (short.f)([x]), |x| (long.f)([x])));
    }
    for ((duals, short), long) in binary::<Three<T>>().iter().zip(&binary()).zip(&binary()) {
        let name = |rest: &str| format!("{} {rest}", duals.name);
        complaints.extend(complaint(
            &name(&format!("with {b:?}")),
            a,
            |x| (duals.f)([x, constant(b)]),
            |x| (short.f)([x, constant(b)]),
            |x| (long.f)([x, constant(b)]),
        ));
        complaints.extend(complaint(
            &name(&format!("of {a:?}")),
            b,
            |x| (duals.f)([constant(a), x]),
            |x| (short.f)([constant(a), x]),
            |x| (long.f)([constant(a), x]),
        ));
        complaints.extend(complaint(
            &name("of both"),
            a,
            |x| (duals.f)([x, x * x + x]),
            |x| (short.f)([x, x * x + x]),
            |x| (long.f)([x, x * x + x]),
        ));
    }
    complaints
}

fn at_points<T: TestFloat>() {
    let positive = [0.0, 0.5, 1.0, 2.0, 25.0];
    let points = || positive.into_iter().flat_map(|x| [number::<T>(x), number(-x)]);
    let complaints: Vec<_> = points().flat_map(|a| points().flat_map(move |b| complaints([a, b]))).collect();
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn jets_of_the_third_order_are_nested_duals_at_singular_points_too() {
    at_points::<f32>();
    at_points::<f64>();
}

#[test]
fn jets_of_the_third_order_are_nested_duals_in_the_box_of_every_operation() {
    fn property(unit: [Unit; 2]) {
        for ((duals, short), long) in unary::<Three<f64>>().iter().zip(&unary()).zip(&unary()) {
            let [x] = duals.point([unit[0]]);
            let complaint = complaint(duals.name, x, |x| (duals.f)([x]), |x| (short.f)([x]), |x| (long.f)([x]));
            assert_eq!(complaint, None);
        }
        for ((duals, short), long) in binary::<Three<f64>>().iter().zip(&binary()).zip(&binary()) {
            let [a, b] = duals.point(unit);
            let complaint = complaint(
                duals.name,
                0.0,
                |t| (duals.f)([t * 0.5 + a, t * t - t + b]),
                |t| (short.f)([t * 0.5 + a, t * t - t + b]),
                |t| (long.f)([t * 0.5 + a, t * t - t + b]),
            );
            assert_eq!(complaint, None);
        }
    }
    quickcheck(50, (|a, b| property([a, b])) as fn(Unit, Unit));
}

/// A function at order 20.
type Series = fn(Jet<f64, 21>) -> Jet<f64, 21>;

/// Coefficient `k` of a series, by its formula.
type Coefficient = fn(i32) -> f64;

#[test]
fn series_of_high_order_have_the_coefficients_of_their_formulas() {
    fn factorial(k: i32) -> f64 {
        (1..=k).map(f64::from).product()
    }
    /// The coefficients of `(1 + t)` to this power.
    fn binomial(power: f64, k: i32) -> f64 {
        (0..k).map(|j| (power - f64::from(j)) / f64::from(j + 1)).product()
    }
    let rows: &[(&str, Series, f64, Coefficient)] = &[
        ("exp", |x| x.exp(), 0.0, |k| 1.0 / factorial(k)),
        ("sin", |x| x.sin(), 0.0, |k| f64::from(k % 2 * (2 - k % 4)) / factorial(k)),
        ("cos", |x| x.cos(), 0.0, |k| f64::from((1 - k % 2) * (1 - k % 4)) / factorial(k)),
        ("sinh", |x| x.sinh(), 0.0, |k| f64::from(k % 2) / factorial(k)),
        ("1/(1 - x)", |x| 1.0 / (1.0 - x), 0.0, |_| 1.0),
        ("recip", |x| (-x + 1.0).recip(), 0.0, |_| 1.0),
        ("ln", |x| x.ln(), 1.0, |k| if k == 0 { 0.0 } else { f64::from(2 * (k % 2) - 1) / f64::from(k) }),
        ("ln_1p", |x| x.ln_1p(), 0.0, |k| if k == 0 { 0.0 } else { f64::from(2 * (k % 2) - 1) / f64::from(k) }),
        ("sqrt", |x| x.sqrt(), 1.0, |k| binomial(0.5, k)),
        ("powf", |x| x.powf(-1.5), 1.0, |k| binomial(-1.5, k)),
        ("powi", |x| x.powi(12), 1.0, |k| binomial(12.0, k)),
        ("atan", |x| x.atan(), 0.0, |k| if k % 2 == 0 { 0.0 } else { f64::from(2 - k % 4) / f64::from(k) }),
        ("atanh", |x| x.atanh(), 0.0, |k| if k % 2 == 0 { 0.0 } else { 1.0 / f64::from(k) }),
    ];
    for &(name, f, at, coefficient) in rows {
        for (k, ours) in (0..).zip(f(Jet::var(at)).coefficients()) {
            assert_near(ours, coefficient(k), 1e-14 * (1.0 + coefficient(k).abs()), (name, k));
        }
    }
}

/// Along the direction of all inputs at once.
#[test]
fn jets_of_random_expressions_are_nested_duals() {
    fn property(Smooth(expression): Smooth) {
        let along = |x: &f64| Dual::new(Dual::var(*x), [Dual::from(1.0)]);
        let nested = expression.eval(&expression.inputs().iter().map(along).collect::<Vec<Dual<Dual<f64>>>>());
        let nested = [nested.data().data(), nested.tangent().data(), nested.tangent().tangent()];
        let inputs: Vec<Jet<f64, 3>> = expression.inputs().iter().map(|&x| Jet::var(x)).collect();
        let short = expression.eval(&inputs).derivatives();
        let inputs: Vec<Jet<f64, 6>> = expression.inputs().iter().map(|&x| Jet::var(x)).collect();
        let long = expression.eval(&inputs).derivatives();
        let is_right = !nested[0].is_finite() || agree(&short, &nested) && agree(&long[..3], &nested);
        assert!(is_right, "{short:?} and {long:?} instead of {nested:?}");
    }
    quickcheck(200, property as fn(Smooth));
}

/// Operations that evaluate other ones, and these the first: their cost doubles with each order.
const DOUBLING: [&str; 6] = ["erf_inv", "normal_quantile", "bessel_j0", "bessel_j1", "bessel_i0", "bessel_i1"];

/// In an exact program, no two nodes are the same, so that it counts what is computed.
#[test]
fn the_cost_of_an_operation_is_polynomial_in_the_order() {
    // Without optimisation, jets of recorded numbers need much stack.
    std::thread::Builder::new().stack_size(256 << 20).spawn(costs).unwrap().join().unwrap();
}

fn costs() {
    fn count<const N: usize>(f: impl Fn(Jet<Expr<f64>, N>) -> Jet<Expr<f64>, N>, x: f64) -> usize {
        let program = Options::new().exact().record(|x| f(Jet::var(x[0])).coefficients().to_vec(), &[x]);
        program.to_string().lines().count()
    }
    let mut complaints = Vec::new();
    let mut compare = |name: &str, x: f64, [short, long]: [usize; 2]| {
        // Twice the order: 8 times for a cost of the third power, 32 times if an operation computes itself twice.
        if long > 12 * short + 100 || long > 12_000 {
            complaints.push(format!("{name} at {x}: {short} operations of order 5, {long} of order 10"));
        }
    };
    for (short, long) in unary::<Jet<Expr<f64>, 6>>().iter().zip(&unary::<Jet<Expr<f64>, 11>>()) {
        for x in [short.at[0], 0.0].into_iter().filter(|_| !DOUBLING.contains(&short.name)) {
            compare(short.name, x, [count(|x| (short.f)([x]), x), count(|x| (long.f)([x]), x)]);
        }
    }
    for (short, long) in binary::<Jet<Expr<f64>, 6>>().iter().zip(&binary::<Jet<Expr<f64>, 11>>()) {
        let [a, b] = short.at;
        for x in [a, 0.0] {
            // A power of 0 is differentiated by powers of lower exponents, once by the base and once by the exponent.
            if short.name == "powf" && x == 0.0 {
                continue;
            }
            let by_first = [count(|x| (short.f)([x, constant(b)]), x), count(|x| (long.f)([x, constant(b)]), x)];
            let by_both = [count(|x| (short.f)([x, x + (b - a)]), x), count(|x| (long.f)([x, x + (b - a)]), x)];
            compare(short.name, x, by_first);
            compare(short.name, x, by_both);
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Evaluated twice for each order, it would not end.
#[test]
fn a_constant_power_of_zero_has_any_order() {
    let power = Jet::<f64, 61>::var(0.0).powf(2.0).coefficients();
    assert_eq!(power[..4], [0.0, 0.0, 1.0, 0.0]);
    assert!(power[4..].iter().all(|&coefficient| coefficient == 0.0));
}

/// `y' = a y` from `y = 1`: a step of a Taylor integrator, and its derivative by `a`.
#[test]
fn a_jet_over_a_dual_is_the_sensitivity_of_a_taylor_step() {
    let a = Dual::var(0.5);
    let mut y = Jet::<Dual<f64>, 20>::constant(Dual::from(1.0));
    for (k, order) in (1..20).zip((1..).map(f64::from)) {
        let mut coefficients = y.coefficients();
        coefficients[k] = (y * a).coefficients()[k - 1] / order;
        y = Jet::new(coefficients);
    }
    let end = y.at(Dual::from(1.5));
    assert_near(end.data(), 0.75_f64.exp(), 1e-15, "value");
    assert_near(end.tangent(), 1.5 * 0.75_f64.exp(), 1e-14, "sensitivity");
}

#[test]
fn a_dual_over_a_jet_and_a_jet_over_a_dual_have_the_same_mixed_derivatives() {
    fn f<F: Real<Plain = f64>>(x: F, y: F) -> F {
        (x * y).sin() + x.powf(y) / (y + 1.0)
    }
    let (x, y) = (0.75, 1.5);
    let outer = f(Jet::<_, 6>::var(Dual::from(x)), Jet::constant(Dual::var(y))).derivatives();
    let inner = f(Dual::from(Jet::<f64, 6>::var(x)), Dual::var(Jet::constant(y)));
    for (k, (outer, inner)) in outer.into_iter().zip(inner.tangent().derivatives()).enumerate() {
        assert_near(outer.tangent(), inner, 1e-12 * (1.0 + inner.abs()), k);
    }
}

#[test]
fn an_operation_of_the_users_own_has_all_orders() {
    #[derive(Clone)]
    struct Square;
    impl CustomOperation<1> for Square {
        fn value(&self, [x]: [f64; 1]) -> f64 {
            x * x
        }
        fn partials<F: Number<Plain = f64>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
            [x + x]
        }
    }
    assert_eq!(derivatives(|x| Square.apply([x * x]), 2.0), [16.0, 32.0, 48.0, 48.0, 24.0, 0.0, 0.0]);
    assert_eq!(derivatives(|x| Square.apply([x * x]), 2.0), [16.0, 32.0, 48.0]);
}

#[test]
fn a_jet_is_plain_data() {
    fn plain_data<F: Copy + Send + Sync + Unpin + 'static>() {}
    plain_data::<Jet<Jet<f64, 2>, 3>>();
    assert_eq!(size_of::<Jet<f64, 7>>(), 56);
    assert_eq!(bits(Jet::<f64, 1>::var(2.0).sqrt().data()), bits(2.0_f64.sqrt()));
    assert_eq!(format!("{:?}", Jet::<f64, 3>::var(1.5) * 2.0), "Jet { coefficients: [3.0, 2.0, 0.0] }");
    assert_eq!(Jet::new([1.0, 2.0, 3.0]).at(10.0), 321.0);
}
