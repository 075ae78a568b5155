//! Operations of one's own are the same as the same formula in operations of the crate, in every number.

use std::sync::Arc;

use gradtape::program::{Expr, Options, Precision, Program, Rows, Workspace};
use gradtape::sparse::Csr;
use gradtape::{CustomOperation, Driver, Dual, Function, Mode, Number, Real, Tape, Value, VectorFunction, function};
use testing::differentiable::{Differentiable, Over, outcome, partials};
use testing::functions::{assert_all_near, gradient_by, jacobian_by};
use testing::panics::assert_refused;
use testing::{TestFloat, assert_near, number};

/// `eˣ`, whose partial is the value.
#[derive(Clone)]
struct Exp;

impl<T: TestFloat> CustomOperation<1, T> for Exp {
    fn value(&self, [x]: [T; 1]) -> T {
        x.exp()
    }

    fn partials<F: Number<Plain = T>>(&self, _: [F; 1], y: F) -> [F; 1] {
        [y]
    }
}

/// `Σ cₖ xᵏ sin y`, with coefficients as data, a loop and a branch.
#[derive(Clone)]
struct Polynomial(Arc<[f64]>);

impl Polynomial {
    fn slope<F: Number<Plain: TestFloat>>(&self, x: F) -> F {
        // A branch, which is none of a program.
        if x == F::zero() {
            return F::constant(number(self.0[1])) + x * F::constant(number(2.0 * self.0[2]));
        }
        let (mut power, mut sum) = (F::one(), F::zero());
        for (k, &c) in (0_u32..).zip(&*self.0).skip(1) {
            sum = sum + F::constant(number(c * f64::from(k))) * power;
            power = power * x;
        }
        sum
    }

    fn polynomial<F: Number<Plain: TestFloat>>(&self, x: F) -> F {
        self.0.iter().rev().fold(F::zero(), |sum, &c| sum * x + F::constant(number(c)))
    }
}

impl<T: TestFloat> CustomOperation<2, T> for Polynomial {
    fn value(&self, [x, y]: [T; 2]) -> T {
        self.polynomial(x) * y.sin()
    }

    fn partials<F: Number<Plain = T>>(&self, [x, y]: [F; 2], _: F) -> [F; 2] {
        [self.slope(x) * y.sin(), self.polynomial(x) * y.cos()]
    }
}

/// `a b c d`, whose partials are operations of one's own, too.
#[derive(Clone)]
struct Product;

impl<T: TestFloat> CustomOperation<4, T> for Product {
    fn value(&self, x: [T; 4]) -> T {
        x.into_iter().fold(T::one(), |product, x| product * x)
    }

    fn partials<F: Number<Plain = T>>(&self, x: [F; 4], _: F) -> [F; 4] {
        std::array::from_fn(|i| self.apply(std::array::from_fn(|k| if k == i { F::one() } else { x[k] })))
    }
}

/// The same function with operations of one's own, and without.
fn both<F: Real<Plain = T>, T: TestFloat>(own: bool, x: [F; 3]) -> F {
    let [a, b, c] = x;
    let coefficients = [1.0, -0.5, 0.25, 2.0];
    if own {
        let polynomial = Polynomial(coefficients.into());
        let first = Exp.apply([a * b]) + polynomial.apply([b, c]);
        // Operands that are constants, equal, or computed from one number.
        let second = Product.apply([a, a * c, F::constant(number(0.5)), b]);
        first * second + Exp.apply([F::constant(number(0.25))]) * polynomial.apply([a, a])
    } else {
        let polynomial = |x: F| coefficients.iter().rev().fold(F::zero(), |sum, &c| sum * x + F::constant(number(c)));
        let first = (a * b).exp() + polynomial(b) * c.sin();
        let second = a * (a * c) * F::constant(number(0.5)) * b;
        first * second + F::constant(number::<T>(0.25).exp()) * (polynomial(a) * a.sin())
    }
}

fn own<F: Real<Plain = T>, T: TestFloat>(x: [F; 3]) -> F {
    both(true, x)
}

fn native<F: Real<Plain = T>, T: TestFloat>(x: [F; 3]) -> F {
    both(false, x)
}

fn point<T: TestFloat>() -> [T; 3] {
    [0.75, -0.5, 1.25].map(number)
}

fn near<T: TestFloat>(ours: T, theirs: T, what: &str) {
    assert_near(ours, theirs, number::<T>(200.0) * T::epsilon() * (T::one() + theirs.abs()), what);
}

fn nested<T, F1, F2, F3>()
where
    T: TestFloat,
    F1: Over<T>,
    F2: Differentiable<Inner = F1> + Real<Plain = T>,
    F3: Differentiable<Inner = F2> + Real<Plain = T>,
{
    for i in 0..3 {
        for j in 0..3 {
            let third = |f: fn([F3; 3]) -> F3| {
                outcome(|x: [F1; 3]| partials(|x: [F2; 3]| partials(f, x)[i], x)[j], point::<T>())
            };
            let ((ours, our_slopes), (theirs, their_slopes)) = (third(own), third(native));
            near(ours, theirs, "second");
            our_slopes.into_iter().zip(their_slopes).for_each(|(ours, theirs)| near(ours, theirs, "third"));
        }
    }
}

#[test]
fn an_operation_of_ones_own_has_three_orders_in_every_nesting() {
    nested::<f64, Dual<f64>, Dual<Dual<f64>>, Dual<Dual<Dual<f64>>>>();
    nested::<f64, Value<f64>, Value<Value<f64>>, Value<Value<Value<f64>>>>();
    nested::<f64, Value<f64>, Dual<Value<f64>, 2>, Value<Dual<Value<f64>, 2>>>();
    nested::<f64, Dual<f64, 3>, Value<Dual<f64, 3>>, Dual<Value<Dual<f64, 3>>, 2>>();
    nested::<f32, Dual<f32>, Value<Dual<f32>>, Value<Value<Dual<f32>>>>();
}

struct Own;

impl Function<f64> for Own {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        own([x[0], x[1], x[2]])
    }
}

struct Native;

impl Function<f64> for Native {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        native([x[0], x[1], x[2]])
    }
}

#[test]
fn drivers_take_functions_with_operations_of_ones_own() {
    let x: [f64; 3] = point();
    for mode in [Mode::Forward, Mode::Reverse] {
        let (ours, theirs) = (gradient_by(mode, &Own, &x), gradient_by(mode, &Native, &x));
        near(ours.0, theirs.0, "value");
        assert_all_near(&ours.1, &theirs.1, mode);
    }
    assert_all_near(&Own.hessian(&x).concat(), &Native.hessian(&x).concat(), "Hessian");
    assert_all_near(&Own.hvp(&x, &[1.0, 2.0, -1.0]), &Native.hvp(&x, &[1.0, 2.0, -1.0]), "product");
    assert_all_near(&Own.directional(&x, &[1.0, 2.0, -1.0]), &Native.directional(&x, &[1.0, 2.0, -1.0]), "direction");
}

#[test]
fn patterns_see_the_operands_of_an_operation_of_ones_own() {
    let f = function!(|x, y: [4]| {
        y[0] = Polynomial(Arc::from([0.0, 1.0, 0.0])).apply([x[0], x[2]]);
        y[1] = Exp.apply([x[1]]);
        y[2] = Product.apply([x[3], x[0], F::one(), F::one()]);
        y[3] = F::one();
    });
    let x = [0.5, 0.25, 1.0, 2.0];
    let pattern = f.sparsity(&x);
    assert!(!pattern.is_local());
    let rows: Vec<&[usize]> = (0..4).map(|row| pattern.row(row)).collect();
    assert_eq!(rows, [&[0, 2][..], &[1], &[0, 3], &[]]);
    assert_all_near(&f.sparse_jacobian(&x).to_dense().concat(), &f.jacobian(&x).concat(), "sparse");
    let (mut gradient, mut hessian) = ([0.0; 3], Csr::default());
    Driver::new(&Own).sparse_hessian(&point(), &mut gradient, &mut hessian);
    assert_all_near(&hessian.to_dense().concat(), &Native.hessian(&point()).concat(), "sparse Hessian");
    for mode in [Mode::Forward, Mode::Reverse] {
        assert_all_near(&jacobian_by(mode, &f, &x).1.concat(), &f.jacobian(&x).concat(), mode);
    }
}

fn programs<T: TestFloat + Precision>(options: Options) {
    let recorded = |f: fn([Expr<T>; 3]) -> Expr<T>| {
        // Recorded at another point, where nothing in the operation branches otherwise.
        options.record(|x| f([x[0], x[1], x[2]]), &[T::one(); 3]).gradient().jacobian().jacobian()
    };
    let (ours, theirs) = (recorded(own), recorded(native));
    let mut rows: Vec<T> = point().to_vec();
    rows.extend((0..300).map(|k| number::<T>(f64::from(k % 17) / 8.0 - 1.0)));
    let mut workspaces = [Workspace::new(), Workspace::new()];
    let [first, second] = &mut workspaces;
    let all = Rows::new(&rows, 3).unwrap();
    let (ours, theirs) = (ours.run(&[], all, first).unwrap(), theirs.run(&[], all, second).unwrap());
    for row in 0..all.len() {
        for (ours, theirs) in ours.row(row).into_iter().zip(theirs.row(row)) {
            near(ours, theirs, "row");
        }
    }
}

#[test]
fn programs_call_operations_of_ones_own_on_every_row_and_differentiate_them_three_times() {
    programs::<f64>(Options::new());
    programs::<f64>(Options::new().exact());
    programs::<f32>(Options::new());
}

#[test]
fn a_program_shares_equal_calls_and_shows_them() {
    let program = Program::record(|x| Exp.apply([x[0]]) * Exp.apply([x[0]]) + Exp.apply([x[1]]), &[1.0_f64, 2.0]);
    assert_eq!(program.statistics().recorded, 4);
    let text = program.gradient().to_string();
    assert!(text.contains("Exp(x[0])") && text.contains("Exp'(x[1])"), "{text}");
    let picture = program.dot(&[], &[1.0, 2.0]).unwrap().to_string();
    assert!(picture.contains("Exp") && picture.contains("grad"), "{picture}");
}

#[test]
fn parameters_and_sums_may_go_through_operations_of_ones_own() {
    let loss = Program::record_with(|p, x| Exp.apply([p[0]]) * Exp.apply([x[0] * p[1]]), &[0.5, 0.25], &[1.0]);
    let gradient = loss.gradient_of_sum();
    let mut workspace = Workspace::new();
    let rows = [1.0, 2.0, 3.0];
    let results = gradient.run(&[0.5, 0.25], Rows::new(&rows, 1).unwrap(), &mut workspace).unwrap();
    let terms = rows.map(|x: f64| (0.5 + 0.25 * x).exp());
    let expected =
        [terms.iter().sum::<f64>(), terms.iter().sum(), terms.iter().zip(rows).map(|(term, x)| term * x).sum()];
    assert_all_near(results.totals(), &expected, "sums");
}

#[test]
fn what_is_not_possible_is_refused_with_a_remedy() {
    let program = Program::record(|x| Exp.apply([x[0]]), &[1.0_f64]);
    let stored = serde_json::to_string(&Program::record(|x| x[0].exp(), &[1.0])).unwrap();
    let error = serde_json::from_str::<Program<f64>>(&stored.replace("\"exp\"", "\"custom\"")).unwrap_err().to_string();
    assert!(error.contains("node 1: expected an operation of gradtape"), "{error}");
    let third = program.gradient().tangent().tangent();
    assert_refused("the operation Exp 3 times at most; take higher derivatives by nested numbers", || third.tangent());
}

/// `√x` with an infinite partial at 0, where an argument that does not vary counts nothing.
#[derive(Clone)]
struct Root;

impl CustomOperation<2> for Root {
    fn value(&self, [x, y]: [f64; 2]) -> f64 {
        x.sqrt() * y
    }

    fn partials<F: Number<Plain = f64>>(&self, [x, y]: [F; 2], _: F) -> [F; 2] {
        [F::constant(0.5) / x.sqrt() * y, x.sqrt()]
    }
}

#[test]
fn a_zero_wins_against_an_infinite_partial_of_ones_own() {
    let f = function!(|x| Root.apply([x[0] * F::zero(), x[1]]));
    let program = Function::<f64>::record(&f, &[1.0, 2.0]).gradient();
    for gradient in [
        gradient_by(Mode::Forward, &f, &[1.0, 2.0]).1,
        gradient_by(Mode::Reverse, &f, &[1.0, 2.0]).1,
        program.eval(&[1.0, 2.0]).unwrap()[1..].to_vec(),
    ] {
        assert_eq!(gradient, [0.0, 0.0]);
    }
    let constant = function!(|x| Root.apply([F::zero(), x[0]]));
    assert_eq!(constant.gradient(&[2.0]), [0.0]);
}

#[test]
fn partials_are_not_computed_for_constants() {
    #[derive(Clone)]
    struct Never;

    impl CustomOperation<1> for Never {
        fn value(&self, [x]: [f64; 1]) -> f64 {
            x
        }

        fn partials<F: Number<Plain = f64>>(&self, _: [F; 1], _: F) -> [F; 1] {
            panic!("nobody asked")
        }
    }

    assert_eq!(Never.apply([2.0]), 2.0);
    assert_eq!(Never.apply([Value::from(2.0)]), 2.0);
    assert_eq!(Never.apply([Dual::<f64>::from(2.0)]), 2.0);
    let tape = Tape::<f64>::new();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Never.apply([tape.var(1.0)]))).is_err());
}
