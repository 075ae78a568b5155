//! Claims about derivatives to the third order, in every mode.

use gradtape::check::random::{Arithmetic, Expression, Table};
use gradtape::program::{Expr, Options};
use gradtape::{Dual, Function, Value, gradient};
use num_traits::Zero;

use crate::differentiable::outcome;
use crate::functions::Random;
use crate::programs::{inputs, tells_the_sign_of_nan};

/// A plain number, and whether the partials of all operations that made it are finite.
#[derive(Clone)]
struct Tame(f64, bool);

impl Tame {
    fn of<const N: usize>(op: fn([Value<f64>; N]) -> Value<f64>, x: [&Self; N]) -> Self {
        let (y, partials) = outcome(op, x.map(|x| x.0));
        Self(y, partials.iter().all(|x| x.is_finite()) && x.iter().all(|x| x.1))
    }
}

impl Arithmetic for Tame {
    fn constant(x: f64) -> Self {
        Self(x, true)
    }

    fn unary(op: usize, a: &Self) -> Self {
        Self::of(Table::unary_at(op).f, [a])
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        Self::of(Table::binary_at(op).f, [a, b])
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self::of(|[a, b, c]| a.mul_add(b, c), [a, b, c])
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        Self::of(|[a, low, high]| if low <= high { a.clamp(low, high) } else { a }, [a, low, high])
    }

    fn derivative(_: usize, _: &Self) -> Self {
        unreachable!("expressions with derivatives are left out")
    }
}

/// The gradient at the inputs, and its first and second derivative along a direction.
type Orders = [Vec<f64>; 3];

/// By a sweep over a tape of duals of duals.
fn on_tapes(graph: &Expression, x: &[f64], v: &[f64]) -> Orders {
    let seeded: Vec<_> = x.iter().zip(v).map(|(&x, &v)| along(x, v)).collect();
    orders(&gradient(|x| Random(graph).eval(x), &seeded).1)
}

/// By duals of duals of duals, one input after the other.
fn in_duals(graph: &Expression, x: &[f64], v: &[f64]) -> Orders {
    let partial = |i: usize| {
        let unit = |k: usize| if k == i { Dual::from(Dual::from(1.0)) } else { Dual::default() };
        let seeded: Vec<_> = (0..x.len()).map(|k| Dual::new(along(x[k], v[k]), [unit(k)])).collect();
        Random(graph).eval(&seeded).tangent()
    };
    orders(&(0..x.len()).map(partial).collect::<Vec<_>>())
}

fn along(x: f64, v: f64) -> Dual<Dual<f64>> {
    Dual::new(Dual::new(x, [v]), [Dual::new(v, [0.0])])
}

fn orders(slopes: &[Dual<Dual<f64>>]) -> Orders {
    [
        slopes.iter().map(|slope| slope.data().data()).collect(),
        slopes.iter().map(|slope| slope.data().tangent()).collect(),
        slopes.iter().map(|slope| slope.tangent().tangent()).collect(),
    ]
}

/// By programs that are recorded at `x`: by the tangents of the gradient, and by those of the pullback of 1.
fn by_programs(graph: &Expression, x: &[f64], v: &[f64], options: Options) -> [Orders; 2] {
    let (n, zero) = (x.len(), vec![0.0; x.len()]);
    let program = options.record(|x: &[Expr<f64>]| graph.eval(x), x);
    let ways = [
        (program.gradient(), [x, v, v, &zero].concat()),
        (program.pullback(), [x, &[1.0], v, &[0.0], v, &[0.0], &zero, &[0.0]].concat()),
    ];
    ways.map(|(first, row)| {
        let all = first.tangent().tangent().eval(&row);
        let all = all.unwrap_or_else(|error| panic!("{options:?}: {error}: {graph:?}"));
        // The value and the gradient, and each of the two derivatives of all that before.
        let part = |k: usize| all[k * (n + 1) + 1..][..n].to_vec();
        [part(0), part(1), part(3)]
    })
}

/// Equal except for rounding, wherever theirs are finite.
fn agree(ours: &[f64], theirs: &[f64], tolerance: f64) -> bool {
    let finite = theirs.iter().copied().filter(|x| x.is_finite());
    let tolerance = tolerance * finite.fold(1.0, |largest: f64, x| largest.max(x.abs()));
    let near = |(&a, &b): (&f64, &f64)| !b.is_finite() || (a - b).abs() <= tolerance;
    ours.iter().zip(theirs).all(near)
}

/// Where tapes and duals agree on an order of derivatives and it is finite, a program agrees, too: it has the same
/// conventions where there is no derivative, and no NaN where the others have none.
///
/// The partials of all steps must be finite: infinite ones may cancel, in an order that differs from mode to mode. The
/// numbers of all steps must be neither small nor large, so that terms that cancel leave no large rounding errors.
pub fn programs_have_the_orders_of_tapes(graph: &Expression, options: Options) -> bool {
    let x = inputs::<f64>(graph);
    if graph.has_derivatives() {
        return false;
    }
    let is_ordinary = |x: &f64| x.is_zero() || 1e-2 < x.abs() && x.abs() < 1e4;
    let steps = graph.eval_all(&x.iter().map(|&x| Tame(x, true)).collect::<Vec<_>>());
    if !steps.iter().all(|Tame(x, is_tame)| *is_tame && is_ordinary(x)) || tells_the_sign_of_nan(graph, &x) {
        return false;
    }
    let v: Vec<f64> = (0..x.len()).map(|k| [1.0, -0.5, 0.25, 2.0][k % 4]).collect();
    let (tapes, duals) = (on_tapes(graph, &x, &v), in_duals(graph, &x, &v));
    let [ours, again] = by_programs(graph, &x, &v, options);
    for (order, (tapes, duals)) in tapes.iter().zip(&duals).enumerate() {
        if !agree(duals, tapes, 1e-11) || tapes.iter().any(|x| x.abs() > 1e6) {
            return order != 0;
        }
        for ours in [&ours[order], &again[order]] {
            assert!(agree(ours, tapes, 1e-6), "{options:?}, order {order}: {ours:?} instead of {tapes:?}: {graph:?}");
        }
    }
    true
}
