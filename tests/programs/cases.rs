//! The programs that are exported as Rust source, and their expected results.

use gradtape::check::random::{Arithmetic, Expression, Table};
use gradtape::program::{Expr, Options, Precision, Program, Rows, Workspace};
use gradtape::{CustomOperation, Number, Real};

use quickcheck::{Arbitrary, Gen};

use testing::{TestFloat, number};

/// A program with some points.
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    /// The source for `std` and the source for `libm`.
    pub(crate) sources: [String; 2],
    pub(crate) has_parameters: bool,
    pub(crate) has_inputs: bool,
    pub(crate) is_of_sum: bool,
    /// The tolerance, relative to numbers larger than 1; 0 if all bits must be the same.
    pub(crate) tolerance: f64,
    pub(crate) points: Vec<Point>,
}

pub(crate) struct Point {
    pub(crate) parameters: Vec<f64>,
    /// The inputs of all rows, if the outputs are sums over rows.
    pub(crate) inputs: Vec<f64>,
    /// `None` if the program does not hold at this point.
    pub(crate) expected: Option<Vec<f64>>,
}

fn case<T: Precision + TestFloat>(
    group: &'static str,
    name: impl Into<String>,
    program: &Program<T>,
    tolerance: f64,
    points: impl IntoIterator<Item = (Vec<f64>, Vec<f64>)>,
) -> Case {
    let name = name.into() + if size_of::<T>() == 4 { "_in_f32" } else { "_in_f64" };
    let source = program.to_rust(&name).unwrap();
    let mut workspace = Workspace::new();
    let mut point = |(parameters, inputs): (Vec<f64>, Vec<f64>)| {
        let [plain_parameters, plain_inputs] =
            [&parameters, &inputs].map(|list| list.iter().map(|&x| number(x)).collect::<Vec<T>>());
        let rows = Rows::new(&plain_inputs, program.inputs()).unwrap();
        let results = program.run(&plain_parameters, rows, &mut workspace).ok();
        let list = |results: Vec<T>| results.into_iter().map(Into::into).collect();
        let expected = results.map(|r| {
            list(if program.is_of_sum() {
                r.totals().to_vec()
            } else {
                (0..r.width()).map(|k| r.column(k)[0]).collect()
            })
        });
        let exactly = |list: Vec<T>| list.into_iter().map(Into::into).collect();
        Point { parameters: exactly(plain_parameters), inputs: exactly(plain_inputs), expected }
    };
    Case {
        group,
        sources: [source.to_string(), source.libm().to_string()],
        name,
        has_parameters: program.parameters() != 0,
        has_inputs: program.inputs() != 0,
        is_of_sum: program.is_of_sum(),
        tolerance,
        points: points.into_iter().map(&mut point).collect(),
    }
}

/// Ordinary numbers, and all special numbers of some operation.
fn numbers<T: TestFloat>() -> Vec<f64> {
    let positive = [
        0.0,
        0.3,
        0.5,
        0.6,
        0.7,
        1.0,
        1.5,
        2.0,
        3.3,
        5.7,
        17.0,
        40.0,
        120.0,
        1e10,
        1e-9,
        f64::INFINITY,
        T::min_positive_value().into(),
        T::min_positive_value().into() * 1e-3,
        T::max_value().into(),
        T::max_value().into().sqrt(),
        T::epsilon().into(),
    ];
    positive.into_iter().flat_map(|x| [x, -x]).chain([f64::NAN]).collect()
}

fn tuples(numbers: &[f64], count: u32) -> Vec<(Vec<f64>, Vec<f64>)> {
    let base = numbers.len();
    let digit = |k: usize, place: u32| numbers[k / base.pow(place) % base];
    (0..base.pow(count)).map(|k| (vec![], (0..count).map(|place| digit(k, place)).collect())).collect()
}

fn of_table<T: Precision + TestFloat>(cases: &mut Vec<Case>) {
    let numbers = numbers::<T>();
    // Points on both sides of every threshold of a helper.
    let between = (-80..=80).map(|k: i32| f64::from(k.signum()) * 0.1 * 1.08_f64.powi(k.abs()));
    let units = tuples(&numbers.iter().copied().chain(between).chain([38.2, -38.2]).collect::<Vec<_>>(), 1);
    let pairs = tuples(&numbers, 2);
    let few: Vec<_> = pairs.iter().step_by(7).cloned().collect();
    let mut add = |name: &str, program: Program<T>, points: &[(Vec<f64>, Vec<f64>)]| {
        let gradient = program.gradient();
        let second = gradient.tangent();
        cases.push(case("operations", format!("{name}_value"), &program, 0.0, points.to_vec()));
        cases.push(case("operations", format!("{name}_gradient"), &gradient, 0.0, points.to_vec()));
        let along = points.iter().step_by(if points.len() > 100 { 5 } else { 1 }).map(|(_, x)| {
            let direction = [0.5, -2.0].into_iter().cycle().take(x.len());
            (vec![], x.iter().copied().chain(direction).collect())
        });
        cases.push(case("second derivatives", format!("{name}_second"), &second, 0.0, along));
    };
    let exact = Options::new().exact();
    for op in Table::<Expr<T>>::UNARY {
        add(op.name, exact.record(|x| (op.f)([x[0]]), &op.at.map(number)), &units);
    }
    for op in Table::<Expr<T>>::BINARY {
        add(op.name, exact.record(|x| (op.f)([x[0], x[1]]), &op.at.map(number)), &pairs);
    }
    let one = [T::one(), T::one()];
    add("tied_max", exact.record(|x| x[0].max(x[1]), &one), &few);
    add("tied_min", exact.record(|x| x[0].min(x[1]), &one), &few);
    // Elsewhere, exact programs have guards.
    add("either_max", Program::record(|x| x[0].max(x[1]), &[T::one(), T::zero()]), &few);
    add("either_min", Program::record(|x| x[0].min(x[1]), &[T::one(), T::zero()]), &few);
    for n in [-7, -2, -1, 0, 2, 4, 5, 12] {
        let name = format!("powi_{}", n.to_string().replace('-', "minus_"));
        add(&name, exact.record(|x| x[0].powi(n), &[number(0.7)]), &units);
    }
    add("mul_add", exact.record(|x| x[0].mul_add(x[1], x[0]), &[T::one(), T::one()]), &few);
    add("detach", exact.record(|x| gradtape::Number::detach(x[0]) * x[1], &[T::one(), T::one()]), &few);
    let clamp = |x: &[Expr<T>]| x[0].clamp(-Expr::constant(T::one()), Expr::constant(T::one()) + x[1] * x[1]);
    add("clamp", exact.record(clamp, &[T::zero(), T::one()]), &few);
    let zero = [T::zero(), T::zero()];
    add("either_clamp", Program::record(clamp, &zero), &few);
    add("wrong_clamp", Program::record(|x| x[0].clamp(x[1], x[1] + T::one()), &zero), &few);
}

fn rosenbrock<T: Precision>(x: &[Expr<T>]) -> Expr<T> {
    let c = |c: f64| Expr::constant(T::from(c).unwrap());
    c(100.0) * (x[1] - x[0] * x[0]).powi(2) + (c(1.0) - x[0]).powi(2)
}

/// A network of two inputs, six neurons and one output, with the weights as parameters.
fn network<T: Precision>(w: &[Expr<T>], x: &[Expr<T>]) -> Expr<T> {
    let hidden: Vec<_> = (0..6).map(|k| (w[3 * k] * x[0] + w[3 * k + 1] * x[1] + w[3 * k + 2]).tanh()).collect();
    (Expr::dot(&w[18..24], &hidden) + w[24]).sigmoid()
}

type Branching<T> = fn(&[Expr<T>]) -> Expr<T>;

fn weights(count: usize) -> Vec<f64> {
    (0..count).map(|k| 0.02 * f64::from(u8::try_from((k * 37 + 11) % 101).unwrap()) - 1.0).collect()
}

fn of_functions<T: Precision + TestFloat>(cases: &mut Vec<Case>) {
    let near = <T as Into<f64>>::into(T::epsilon()) * 64.0;
    let plain = |list: &[f64]| list.iter().map(|&x| number(x)).collect::<Vec<T>>();
    let ordinary = [-1.7, -0.6, 0.0, 0.3, 1.1, 2.5];
    let pairs = tuples(&ordinary, 2);
    let w = weights(25);
    let with_weights: Vec<_> = pairs.iter().map(|(_, x)| (w.clone(), x.clone())).collect();
    for (kind, options, tolerance) in [("fast", Options::new(), near * 16.0), ("exact", Options::new().exact(), 0.0)] {
        let program = options.record(rosenbrock, &[T::one(), T::zero()]);
        cases.push(case("rounded", format!("rosenbrock_{kind}"), &program.gradient(), tolerance, pairs.clone()));
        let second = pairs.iter().map(|(_, x)| (vec![], [&x[..], &[1.0, -0.5]].concat()));
        let second_program = program.gradient().tangent();
        cases.push(case("rounded", format!("rosenbrock_second_{kind}"), &second_program, tolerance * 4.0, second));
        let pulled = pairs.iter().map(|(_, x)| (vec![], [&x[..], &[0.75]].concat()));
        cases.push(case("rounded", format!("rosenbrock_pullback_{kind}"), &program.pullback(), tolerance, pulled));
        let program = options.record_with(network, &plain(&w), &[T::one(), T::zero()]);
        cases.push(case("rounded", format!("network_{kind}"), &program, tolerance, with_weights.clone()));
        let gradient = program.gradient();
        cases.push(case("rounded", format!("network_gradient_{kind}"), &gradient, tolerance, with_weights.clone()));
        let many =
            options.record(|x| x.iter().map(|&x| x.sin()).sum::<Expr<T>>() * x.iter().product::<Expr<T>>(), &plain(&w));
        cases.push(case("rounded", format!("Many__{kind}"), &many.gradient(), tolerance, [(vec![], w.clone())]));
    }
    // Sums over rows. A result that is the same in every row becomes a multiple.
    let rows = weights(2 * 31);
    let of_rows = [1, 2, 31].map(|count| (w.clone(), rows[..2 * count].to_vec()));
    let loss = |w: &[Expr<T>], x: &[Expr<T>]| (network(w, x) - x[0]).powi(2) + (w[0] * w[1]).exp();
    for (kind, options) in [("fast", Options::new()), ("exact", Options::new().exact())] {
        let program = options.record_with(loss, &plain(&w), &[T::one(), T::zero()]).gradient_of_sum();
        cases.push(case("sums", format!("sum_{kind}"), &program, near * 32.0, of_rows.clone()));
        let along = of_rows.clone().map(|(w, x)| {
            ([&w[..], &weights(25)].concat(), { x.chunks(2).flat_map(|x| [x[0], x[1], 0.5, 0.25]).collect() })
        });
        cases.push(case("sums", format!("sum_second_{kind}"), &program.tangent(), near * 128.0, along));
    }
    let uniform = Program::record_with(|w, _| w[0].exp() * w[1], &plain(&w[..2]), &[T::one()]).gradient_of_sum();
    let of_uniform = [1, 5].map(|count| (w[..2].to_vec(), vec![0.5; count]));
    cases.push(case("sums", "sum_of_uniform", &uniform, near, of_uniform));
    let guarded = |w: &[Expr<T>], x: &[Expr<T>]| if x[0] > w[0] { (x[0] - w[0]) * w[1] } else { x[0] };
    let guarded = Program::record_with(guarded, &plain(&[0.5, 2.0]), &[T::one()]).gradient_of_sum();
    let of_guarded = [[1.0, 2.0, 0.75], [1.0, 0.25, 2.0]].map(|x| (vec![0.5, 2.0], x.to_vec()));
    cases.push(case("branches", "sum_with_branch", &guarded, near, of_guarded));

    let numbers = tuples(&numbers::<T>(), 1);
    let branching: [(&str, Branching<T>, f64); 6] = [
        ("below", |x| if x[0] < Expr::constant(T::one()) { x[0] * x[0] } else { x[0].sqrt() }, 0.3),
        ("not_below", |x| if x[0] < Expr::constant(T::one()) { x[0] * x[0] } else { x[0].sqrt() }, 2.0),
        ("at_most", |x| if x[0].sin() <= x[0].cos() { x[0].exp() } else { x[0] }, 0.3),
        ("number", |x| if x[0].ln().is_nan() { x[0] } else { x[0].ln() }, 0.3),
        ("no_number", |x| if x[0].ln().is_nan() { x[0] } else { x[0].ln() }, -0.3),
        ("equal", |x| if x[0].floor() == x[0] { x[0] } else { x[0].fract() }, 2.0),
    ];
    for (name, f, at) in branching {
        for (kind, options) in [("fast", Options::new()), ("exact", Options::new().exact())] {
            let program = options.record(f, &[number(at)]);
            let tolerance = if kind == "exact" { 0.0 } else { near };
            cases.push(case("branches", format!("{name}_{kind}"), &program, tolerance, numbers.clone()));
        }
    }
    let constants = Program::record(
        |x| {
            let all = numbers.iter().map(|(_, list)| Expr::constant(number(list[0])));
            [x[0]].into_iter().chain(all.flat_map(|c| [c, c + x[0], x[0] - c, c * x[0]])).collect::<Vec<_>>()
        },
        &[T::one()],
    );
    cases.push(case("constants", "constants", &constants, 0.0, numbers.clone()));
    let unused = Options::new().record_with(|_, _| Expr::constant(T::one()), &plain(&w), &[T::one()]);
    cases.push(case("constants", "unused", &unused.gradient(), 0.0, [(w.clone(), vec![0.5])]));
    let none = Program::record(|_| Vec::<Expr<T>>::new(), &[T::one()]);
    cases.push(case("constants", "nothing", &none, 0.0, [(vec![], vec![0.5])]));
    let unfolded = Options::new().without(gradtape::program::Optimization::Folding);
    let unfolded =
        unfolded.record(|x| (Expr::constant(number(-2.0)) * number::<T>(3.0)).sin() * x[0] + T::one(), &[T::one()]);
    cases.push(case("constants", "unfolded", &unfolded, 0.0, numbers.clone()));
}

/// A number of a random expression that is recorded.
#[derive(Clone)]
struct Recorded(Expr<f64>);

impl Arithmetic for Recorded {
    fn constant(x: f64) -> Self {
        Self(Expr::constant(x))
    }

    fn unary(op: usize, a: &Self) -> Self {
        Self((Table::unary_at(op).f)([a.0]))
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        Self((Table::binary_at(op).f)([a.0, b.0]))
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self(a.0.mul_add(b.0, c.0))
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        Self(a.0.max(low.0).min(high.0))
    }

    // Any other operation would serve as well.
    fn derivative(op: usize, a: &Self) -> Self {
        Self::unary(op, a)
    }

    fn sum(terms: &[Self]) -> Self {
        Self(terms.iter().map(|x| x.0).sum())
    }

    fn product(factors: &[Self]) -> Self {
        Self(factors.iter().map(|x| x.0).product())
    }
}

fn of_random(cases: &mut Vec<Case>) {
    let mut g = Gen::from_size_and_seed(60, 7);
    // Special functions call a crate, and have a test of their own.
    let is_special = |expression: &Expression| {
        let names = Table::<f64>::SPECIAL.iter().map(|op| op.name);
        names.chain(Table::<f64>::SPECIAL_PAIRS.iter().map(|op| op.name)).any(|name| expression.applies(name))
    };
    let expressions = std::iter::repeat_with(|| Expression::arbitrary(&mut g)).filter(|e| !is_special(e));
    for (k, expression) in expressions.take(80).enumerate() {
        let f = |x: &[Expr<f64>]| expression.eval(&x.iter().map(|&x| Recorded(x)).collect::<Vec<_>>()).0;
        let x = expression.inputs();
        let program = Options::new().exact().record(f, x).gradient();
        let points =
            [1.0, 0.99, 1.01, -1.0, 1e3, 1e-3, 0.0].map(|factor| (vec![], x.iter().map(|x| x * factor).collect()));
        cases.push(case("random", format!("random_{k}"), &program, 0.0, points));
    }
}

/// `aᵇ` for positive numbers, whose expression and partials use the operation below.
#[derive(Clone)]
struct Power;

impl<T: TestFloat> CustomOperation<2, T> for Power {
    fn value(&self, [a, b]: [T; 2]) -> T {
        a.powf(b)
    }

    fn partials<F: Number<Plain = T>>(&self, [a, b]: [F; 2], y: F) -> [F; 2] {
        [b * Self.apply([a, b - F::one()]), Scaled(1.0).apply([a]) * y]
    }

    fn expression<F: Real<Plain = T>>(&self, [a, b]: [F; 2]) -> Option<F> {
        Some((Scaled(1.0).apply([a]) * b).exp())
    }
}

/// `s ln x`, with the factor as data.
#[derive(Clone)]
struct Scaled(f64);

impl<T: TestFloat> CustomOperation<1, T> for Scaled {
    fn value(&self, [x]: [T; 1]) -> T {
        x.ln() * number::<T>(self.0)
    }

    fn partials<F: Number<Plain = T>>(&self, [x]: [F; 1], _: F) -> [F; 1] {
        [F::constant(number(self.0)) / x]
    }

    fn expression<F: Real<Plain = T>>(&self, [x]: [F; 1]) -> Option<F> {
        Some(x.ln() * number::<T>(self.0))
    }
}

fn of_customs<T: Precision + TestFloat>(cases: &mut Vec<Case>) {
    let tolerance = <T as Into<f64>>::into(T::epsilon()) * 256.0;
    let points = tuples(&[0.25, 0.5, 1.0, 1.75, 3.0], 2);
    let f = |x: &[Expr<T>]| Power.apply([x[0], x[1]]) * Scaled(0.5).apply([x[0] * x[1]]) + x[1];
    for (kind, options) in [("fast", Options::new()), ("exact", Options::new().exact())] {
        let mut program = options.record(f, &[T::one(), T::one()]);
        let mut points = points.clone();
        for order in 0..4_i32 {
            let name = format!("custom_{kind}_{order}");
            cases.push(case("customs", name, &program, tolerance * 4.0_f64.powi(order), points.clone()));
            if order == 0 {
                program = program.gradient();
            } else if order < 3 {
                for (_, x) in &mut points {
                    x.extend_from_within(..);
                }
                program = program.tangent();
            }
        }
    }
    // Rows of which a part goes through operations of one's own.
    let of_rows = [1, 7].map(|count| (vec![0.5, 1.5], weights(count).iter().map(|x| x.abs() + 0.5).collect()));
    let sum = Program::record_with(|p, x| Power.apply([x[0] * p[0], p[1]]), &[T::one(); 2], &[T::one()]);
    cases.push(case("customs", "custom_sum", &sum.gradient_of_sum(), tolerance * 8.0, of_rows));
}

pub(crate) fn all_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    of_table::<f32>(&mut cases);
    of_table::<f64>(&mut cases);
    of_functions::<f32>(&mut cases);
    of_functions::<f64>(&mut cases);
    of_customs::<f32>(&mut cases);
    of_customs::<f64>(&mut cases);
    of_random(&mut cases);
    cases
}
