//! Claims about programs of random expressions, against tapes and against themselves.
//!
//! Each function panics if its claim is wrong for the expression, and returns whether the claim applies to it.

use std::cell::{Cell, RefCell};

use gradtape::check::random::{Any, Arithmetic, Expression, Unit};
use gradtape::program::{Expr, Optimization, Options, Precision, Program, Rows, Workspace};
use gradtape::{Real, Value, gradient};
use num_traits::Float;

use crate::bounded::Bounded;
use crate::naive::Naive;
use crate::{TestFloat, bits, number};

/// All optimisations, all but one, and none.
pub fn all_options() -> Vec<Options> {
    let without = Optimization::ALL.map(|optimization| Options::new().without(optimization));
    let none = Optimization::ALL.iter().fold(Options::new(), |options, &one| options.without(one));
    [Options::new(), none].into_iter().chain(without).collect()
}

pub fn inputs<T: TestFloat>(graph: &Expression) -> Vec<T> {
    graph.inputs().iter().map(|&x| number(x)).collect()
}

/// The inputs, and some more.
pub fn rows_near<T: TestFloat>(graph: &Expression, units: &[Unit]) -> Vec<Vec<T>> {
    let x = inputs::<T>(graph);
    let row = |units: &[Unit]| {
        let beside = |(k, &x): (usize, &T)| {
            let unit = units[k % units.len()].between(-1.0, 1.0);
            x + number::<T>(1e-3 * unit) * (x.abs() + number(0.1))
        };
        x.iter().enumerate().map(beside).collect()
    };
    std::iter::once(x.clone()).chain(units.chunks(x.len()).map(row)).collect()
}

/// The inputs, and rows in which some or all numbers are different.
pub fn rows_of<T: TestFloat>(graph: &Expression, others: &[Any<T>]) -> Vec<Vec<T>> {
    let x = inputs::<T>(graph);
    let row = |(k, &Any(other)): (usize, &Any<T>)| {
        let mut row = x.clone();
        let len = row.len();
        row[k % len] = other;
        if k.is_multiple_of(3) {
            row = (0..len).map(|l| others[(k + 7 * l) % others.len()].0).collect();
        }
        row
    };
    std::iter::once(x.clone()).chain(others.iter().enumerate().map(row)).collect()
}

thread_local! {
    /// The size by which the numbers of [`Shaky`] are moved, and the state of the random generator.
    static SHAKE: Cell<(f64, u64)> = const { Cell::new((0.0, 0)) };
    /// The results of comparisons.
    static PATH: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
    /// Whether there was a maximum or minimum of zeros with both signs.
    static HAS_ZEROS: Cell<bool> = const { Cell::new(false) };
}

/// The number moved up or down, by between half the size and the size. If all moved by exactly the size, terms that
/// cancel would too often move together.
pub(crate) fn shaken<F: Real>(y: F) -> F
where
    F::Plain: Float,
{
    let (size, state) = SHAKE.get();
    let state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    SHAKE.set((size, state));
    let [sign, part] =
        [state >> 63, state >> 31 & 0xffff_ffff].map(|bits| f64::from(u32::try_from(bits).expect("32 bits")));
    y * number::<F::Plain>(1.0 + size * (2.0 * sign - 1.0) * (0.5 + part / 2.0_f64.powi(33)))
}

macro_rules! wrapper {
    ($($(#[$doc:meta])* $Name:ident: $shake:expr, |$op:ident, $a:ident| $derivative:expr, { $($own:item)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $Name<F>(pub F);

            impl<F: Real> $Name<F>
            where
                F::Plain: Float,
            {
                /// The terms of a list, each moved separately: they are rounded, too, and may cancel.
                fn on_the_way(list: &[Self]) -> Vec<F> {
                    wrapped(list, |x| $shake(x.0))
                }
            }

            impl<F: Arithmetic + Real> Arithmetic for $Name<F> {
                fn constant(x: f64) -> Self {
                    Self(Arithmetic::constant(x))
                }

                fn unary(op: usize, a: &Self) -> Self {
                    Self($shake(F::unary(op, &a.0)))
                }

                fn binary(op: usize, a: &Self, b: &Self) -> Self {
                    Self($shake(F::binary(op, &a.0, &b.0)))
                }

                fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
                    Self($shake(<F as Arithmetic>::mul_add(&$shake(a.0), &b.0, &c.0)))
                }

                fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
                    Self(Arithmetic::clamp(&a.0, &low.0, &high.0))
                }

                fn derivative($op: usize, $a: &Self) -> Self {
                    Self($shake($derivative))
                }

                fn plain_right(op: usize, a: &Self, b: f64) -> Self {
                    Self($shake(F::plain_right(op, &a.0, b)))
                }

                fn plain_left(op: usize, a: f64, b: &Self) -> Self {
                    Self($shake(F::plain_left(op, a, &b.0)))
                }

                fn neg(a: &Self) -> Self {
                    Self(Arithmetic::neg(&a.0))
                }

                fn sin_cos(a: &Self) -> (Self, Self) {
                    let (sin, cos) = Arithmetic::sin_cos(&a.0);
                    (Self($shake(sin)), Self($shake(cos)))
                }

                fn sum(terms: &[Self]) -> Self {
                    Self($shake(<F as Arithmetic>::sum(&Self::on_the_way(terms))))
                }

                fn product(factors: &[Self]) -> Self {
                    Self($shake(<F as Arithmetic>::product(&Self::on_the_way(factors))))
                }

                fn dot(a: &[Self], b: &[Self]) -> Self {
                    Self($shake(<F as Arithmetic>::dot(&Self::on_the_way(a), &wrapped(b, |x| x.0))))
                }

                fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
                    Self($shake(<F as Arithmetic>::weighted_sum(&Self::on_the_way(values), weights)))
                }

                $($own)*
            }
        )*
    };
}

wrapper! {
    /// The same operations on a tape and in a recording. `custom` and `retain` are ordinary operations. A derivative is
    /// a constant for both, because a program has another formula for its second derivative.
    Common: |y| y, |op, a| F::derivative(op, &a.0).detach(), {
        fn custom(a: &Self, b: &Self) -> Self {
            Self(a.0 * a.0 * b.0)
        }
    }
    /// The same with every result moved a little, to find out which results depend on that.
    Shaky: shaken, |op, a| F::derivative(op, &a.0), {
        fn custom(a: &Self, b: &Self) -> Self {
            Self(shaken(F::custom(&a.0, &b.0)))
        }
    }
    /// The results of [`Common`], moved a little.
    ShakyCommon: shaken, |op, a| F::derivative(op, &a.0).detach(), {
        fn custom(a: &Self, b: &Self) -> Self {
            Self(shaken(shaken(a.0 * a.0) * b.0))
        }
    }
}

/// A plain number that notes the results of comparisons where an exact program has guards.
#[derive(Clone, Copy, Debug)]
struct Traced<T>(T);

fn holds(condition: bool) -> bool {
    PATH.with_borrow_mut(|path| path.push(condition));
    condition
}

impl<T: TestFloat + Arithmetic> Arithmetic for Traced<T> {
    fn constant(x: f64) -> Self {
        Self(number(x))
    }

    fn unary(op: usize, a: &Self) -> Self {
        Self(T::unary(op, &a.0))
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        let larger = |a: T, b: T| holds(a > b) || (holds(b.is_nan()) && !holds(a.is_nan()));
        let (x, y) = (a.0, b.0);
        match gradtape::check::random::Table::<f64>::binary_at(op).name {
            "max" => _ = larger(x, y) || holds(x == y),
            "min" => _ = larger(-x, -y) || holds(x == y),
            _ => return Self(T::binary(op, &x, &y)),
        }
        let are_zeros = x.is_zero() && y.is_zero() && x.is_sign_negative() != y.is_sign_negative();
        HAS_ZEROS.set(HAS_ZEROS.get() || are_zeros);
        Self(T::binary(op, &x, &y))
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self(<T as Arithmetic>::mul_add(&a.0, &b.0, &c.0))
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        let _ = holds(low.0 <= high.0) && !holds(a.0 < low.0) && holds(a.0 > high.0);
        Self(Arithmetic::clamp(&a.0, &low.0, &high.0))
    }

    fn derivative(op: usize, a: &Self) -> Self {
        Self(T::derivative(op, &a.0))
    }
}

/// The results of the comparisons at a row.
pub(crate) fn path<T: TestFloat + Arithmetic>(graph: &Expression, row: &[T]) -> Vec<bool> {
    PATH.with_borrow_mut(Vec::clear);
    graph.eval(&row.iter().map(|&x| Traced(x)).collect::<Vec<_>>());
    PATH.take()
}

/// Whether the result may depend on the machine: on the sign of a NaN, or on which of two zeros is the larger, which
/// any function of its sign shows.
pub(crate) fn is_accidental<T: TestFloat + Arithmetic>(graph: &Expression, row: &[T]) -> bool {
    HAS_ZEROS.set(false);
    path(graph, row);
    HAS_ZEROS.get() || tells_the_sign_of_nan(graph, row)
}

/// The sign of a NaN depends on the machine, and `copysign` shows it.
pub fn tells_the_sign_of_nan<T: TestFloat + Arithmetic>(graph: &Expression, row: &[T]) -> bool {
    graph.applies("copysign") && graph.eval_all(row).into_iter().any(T::is_nan)
}

pub(crate) fn wrapped<F: Copy, W>(x: &[F], wrap: impl Fn(F) -> W) -> Vec<W> {
    x.iter().map(|&x| wrap(x)).collect()
}

/// Equal, or both NaN.
pub(crate) fn is_same<T: TestFloat>(a: T, b: T) -> bool {
    a == b || bits(a) == bits(b)
}

/// The value and the gradient, in this order.
fn on_tape<T: TestFloat>(f: impl FnOnce(&[Value<T>]) -> Value<T>, row: &[T]) -> Vec<T> {
    let (value, slopes) = gradient(f, row);
    std::iter::once(value).chain(slopes).collect()
}

/// An exact program computes the same bits as the tape for all rows on its path, whatever their numbers, and refuses
/// all other rows.
pub fn exact_programs_are_the_tape<T>(graph: &Expression, rows: &[Vec<T>], options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let x = inputs::<T>(graph);
    if is_accidental(graph, &x) {
        return false;
    }
    let program = options.exact().record(|x| graph.eval(&wrapped(x, Common)).0, &x);
    let way = path(graph, &x);
    let program = program.gradient();
    let mut accepted = 0;
    for row in rows {
        if is_accidental(graph, row) {
            continue;
        }
        let ours = program.eval(row);
        let goes_the_same_way = path(graph, row) == way;
        assert_eq!(ours.is_ok(), goes_the_same_way, "{graph:?}: {row:?} is taken for one that goes the other way");
        if let Ok(ours) = ours {
            accepted += 1;
            let theirs = on_tape(|x| graph.eval(&wrapped(x, Common)).0, row);
            let same = ours.iter().zip(&theirs).all(|(&a, &b)| is_same(a, b));
            assert!(same, "{options:?} {graph:?} at {row:?}: {ours:?} instead of {theirs:?}");
        }
    }
    accepted != 0
}

/// Rows of a program and of its gradient are independent, for any number of copies of the rows.
pub fn rows_are_independent<T>(graph: &Expression, rows: &[Vec<T>], count: usize, options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Expr<T>: Arithmetic,
{
    let program = options.record(|x| graph.eval(x), &inputs::<T>(graph));
    // A vector instruction may give a NaN another sign.
    let rows = rows.iter().filter(|row| !tells_the_sign_of_nan(graph, row));
    let rows: Vec<_> = rows.cycle().take(count).cloned().collect();
    let (mut workspace, what) = (Workspace::new(), (options, graph));
    rows_do_not_influence_each_other(&program, &rows, &mut workspace, &what)
        & rows_do_not_influence_each_other(&program.gradient(), &rows, &mut workspace, &what)
}

/// The result of a row depends on no other row: not on their number, and not on their contents. The first row that
/// violates a guard is reported.
fn rows_do_not_influence_each_other<T>(
    program: &Program<T>,
    rows: &[Vec<T>],
    workspace: &mut Workspace<T>,
    what: &impl std::fmt::Debug,
) -> bool
where
    T: TestFloat + Precision,
{
    let alone: Vec<_> = rows.iter().map(|row| program.eval(row)).collect();
    let run = |rows: &[Vec<T>], workspace: &mut Workspace<T>| {
        let rows = rows.concat();
        let rows = Rows::new(&rows, program.inputs()).expect("they are whole rows");
        program
            .run(&[], rows, workspace)
            .map(|results| (0..results.len()).flat_map(|row| results.row(row)).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    };
    match (run(rows, workspace), alone.iter().position(Result::is_err)) {
        (Err(message), Some(row)) => {
            let place = format!("row {row}: ");
            assert!(message.starts_with(&place), "{message:?} does not say {place:?}: {what:?}");
        }
        (Ok(_), None) => {}
        (all, first) => panic!("{what:?}: {first:?} strays alone, together {all:?}"),
    }
    let (good, alone): (Vec<_>, Vec<_>) =
        rows.iter().zip(alone).filter_map(|(row, alone)| Some((row.clone(), alone.ok()?))).unzip();
    if good.is_empty() {
        return false;
    }
    let together = run(&good, workspace).expect("these rows go the right way alone");
    for (k, (ours, alone)) in together.chunks(program.outputs()).zip(&alone).enumerate() {
        let same = ours.iter().zip(alone).all(|(&a, &b)| bits(a) == bits(b));
        assert!(same, "row {k} of {}: {ours:?} instead of {alone:?}, at {:?}: {what:?}", good.len(), good[k]);
    }
    true
}

/// Values and derivatives agree with a tape of f64, within the rounding errors of a smooth expression.
pub fn programs_agree_within_rounding<T>(graph: &Expression, rows: &[Vec<T>], options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Expr<T>: Arithmetic,
{
    let program = options.record(|x| graph.eval(x), &inputs::<T>(graph)).gradient();
    let mut says_something = false;
    for row in rows {
        let precise: Vec<f64> = row.iter().map(|&x| x.into()).collect();
        let bound = graph.eval(&Bounded::variables(row));
        if !bound.is_sure() || !graph.is_smooth_at(&precise) {
            continue;
        }
        says_something = true;
        let ours = program.eval(row).unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?} at {row:?}"));
        let theirs = on_tape(|x| graph.eval(x), &precise);
        for (k, (&ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            let error = 2.0 * if k == 0 { bound.error() } else { bound.error_of_derivative(k - 1) };
            assert!(
                (ours.into() - theirs).abs() <= error,
                "{options:?} [{k}] {graph:?} at {row:?}: {ours:?} instead of {theirs:?} ± {error:?}"
            );
        }
    }
    says_something
}

/// The change of the results if all intermediate numbers are moved a little; `None` if results are not finite or change
/// much.
pub(crate) fn spread<T: TestFloat>(f: impl Fn() -> Vec<T>, around: &[T]) -> Option<Vec<f64>> {
    let mut spread = vec![0.0_f64; around.len()];
    for seed in 0..8_u64 {
        SHAKE.set((16.0 * T::epsilon().into(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555));
        for ((moved, &x), spread) in f().into_iter().zip(around).zip(&mut spread) {
            *spread = spread.max((moved - x).abs().into());
            let (moved, x): (f64, f64) = (moved.into(), x.into());
            if !moved.is_finite() || (moved - x).abs() > 1e-2 * (x.abs() + 1.0) {
                return None;
            }
        }
    }
    Some(spread)
}

/// Values and derivatives agree with the tape where rounding does not change them much. The tolerance is several times
/// the change that results from moving all intermediate numbers by 16 units in the last place.
pub fn programs_agree_where_rounding_is_harmless<T>(graph: &Expression, row: &[T], options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let variables = wrapped(row, |x| Naive::new(x, Vec::new()));
    let naive = graph.eval(&variables);
    let is_subnormal = |x: &T| !x.is_zero() && x.abs() < T::min_positive_value() / T::epsilon();
    if !naive.is_ordinary() || is_accidental(graph, row) || graph.eval_all(row).iter().any(is_subnormal) {
        return false;
    }
    let theirs = on_tape(|x| graph.eval(&wrapped(x, Common)).0, row);
    let shaken = || on_tape(|x| graph.eval(&wrapped(x, |x| ShakyCommon(shaken(x)))).0, row);
    let Some(spread) = spread(shaken, &theirs) else { return false };
    let Ok(ours) = options.record(|x| graph.eval(&wrapped(x, Common)).0, row).gradient().eval(row) else {
        panic!("{options:?}: a program refuses the row that it was recorded with: {graph:?} at {row:?}")
    };
    naive.backward();
    for (k, ((&ours, &theirs), spread)) in ours.iter().zip(&theirs).zip(spread).enumerate() {
        // The scale of rounding errors where terms cancel.
        let scale = if k == 0 { theirs.abs() } else { variables[k - 1].adjoint().1 };
        let tolerance = 8.0 * spread + 64.0 * T::epsilon().into() * scale.into() + 1e-30;
        assert!(
            (ours - theirs).abs().into() <= tolerance,
            "{options:?} [{k}] {graph:?} at {row:?}: {ours:?} instead of {theirs:?} ± {tolerance:?}"
        );
    }
    true
}

/// The sum over rows, and its gradient by parameters, are the sums over the single rows, within rounding, and have the
/// same bits if they are computed again.
pub fn sums_agree<T>(graph: &Expression, rows: &[Vec<T>], count: usize, options: Options) -> bool
where
    T: TestFloat + Arithmetic + Precision,
    Value<T>: Arithmetic,
    Expr<T>: Arithmetic,
{
    let x = inputs::<T>(graph);
    // The first inputs are parameters. One more parameter and one more input are not used.
    let split = x.len() / 2;
    let of_row = |w: &[Expr<T>], x: &[Expr<T>]| graph.eval(&[&w[..split], &x[1..]].concat());
    let parameters: Vec<T> = x[..split].iter().copied().chain([number(7.0)]).collect();
    let widened: Vec<Vec<T>> = rows.iter().map(|row| [&[T::nan()], &row[split..]].concat()).collect();
    let program = options.record_with(of_row, &parameters, &widened[0]).gradient_of_sum();
    let (mut sums, mut errors) = (vec![0.0; split + 1], vec![0.0; split + 1]);
    let mut used = Vec::new();
    for (row, wide) in rows.iter().zip(&widened) {
        let row = [&x[..split], &row[split..]].concat();
        let precise: Vec<f64> = row.iter().map(|&x| x.into()).collect();
        let bound = graph.eval(&Bounded::variables(&row));
        if bound.is_sure() && graph.is_smooth_at(&precise) {
            used.push((wide, bound, on_tape_of_doubles(graph, &precise)));
        }
    }
    if used.is_empty() {
        return false;
    }
    let all: Vec<T> = (0..count).flat_map(|k| used[k % used.len()].0).copied().collect();
    for (k, (_, bound, theirs)) in used.iter().enumerate() {
        // Sums in the order of rows would have a larger error than the program.
        let times: f64 = num_traits::cast((count + used.len() - 1 - k) / used.len()).expect("it is small");
        for j in 0..=split {
            let (error, size) = match j {
                0 => (bound.error(), theirs[0].abs()),
                j => (bound.error_of_derivative(j - 1), bound.size_of_derivative(j - 1)),
            };
            sums[j] += times * theirs[j];
            errors[j] += times * (2.0 * error + 64.0 * T::epsilon().into() * size);
        }
    }
    let mut workspace = Workspace::new();
    let rows = Rows::new(&all, widened[0].len()).expect("they are whole rows");
    let run = |workspace: &mut Workspace<T>| {
        let totals = program.run(&parameters, rows, workspace).map(|results| results.totals().to_vec());
        totals.unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}"))
    };
    let totals = run(&mut workspace);
    let again = [run(&mut workspace), run(&mut Workspace::new())];
    assert!(again.iter().flatten().zip(totals.iter().cycle()).all(|(&a, &b)| bits(a) == bits(b)), "{graph:?}");
    assert_eq!(totals.len(), split + 2);
    assert_eq!(totals[split + 1], T::zero(), "a parameter that nothing uses has no derivative: {graph:?}");
    for ((j, &ours), (sum, error)) in totals.iter().enumerate().zip(sums.into_iter().zip(errors)) {
        assert!(
            (ours.into() - sum).abs() <= error,
            "{options:?} [{j}] of {count} rows {all:?}: {ours:?} instead of {sum:?} ± {error:?}: {graph:?}"
        );
    }
    true
}

fn on_tape_of_doubles(graph: &Expression, row: &[f64]) -> Vec<f64> {
    on_tape(|x| graph.eval(x), row)
}
