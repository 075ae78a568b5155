//! Errors of derivatives, and of values of special functions, in units in the last place.

use gradtape::check::random::{Operation, Table};
use gradtape::{Real, Special, Value};

use crate::big::Big;
use crate::exceptions::{EXCEPTIONS, Exception, Place};
use crate::{points, special, truth};
use testing::differentiable::outcome;
use testing::{TestFloat, number, partials};

/// The worst error of one partial, or of the value, in one region.
#[derive(Clone, Debug)]
pub(crate) struct Worst {
    pub(crate) operation: &'static str,
    /// The argument, or `value`.
    pub(crate) by: &'static str,
    /// `None` for all points outside the exceptions.
    pub(crate) exception: Option<&'static Exception>,
    pub(crate) ulps: f64,
    /// The error divided by the allowed error: above 1 is a failure.
    pub(crate) share: f64,
    pub(crate) at: String,
}

/// What stands in the two tables of the page: operations, and special functions.
pub(crate) fn both<T: TestFloat>() -> [Vec<Worst>; 2] {
    [all::<T>(), special::<T>()]
}

/// Integer powers, in addition to the power of the table.
fn powers<F: Real>() -> impl Iterator<Item = Operation<F, 1>> {
    macro_rules! powers {
        ($($n:expr),*) => {
            [$((concat!("powi(", stringify!($n), ")"), (|[x]| x.powi($n)) as fn([F; 1]) -> F)),*]
        };
    }
    let powers = powers![0, 1, 2, -1, -2, 4, -4, 10, -10, 1000, -1000, i32::MAX, i32::MIN];
    powers.into_iter().map(|(name, f)| {
        let mut op = *Table::unary("powi");
        (op.name, op.f) = (name, f);
        op
    })
}

/// Special functions with other parameters than those of the table.
fn parameters<F: Real>() -> Vec<Operation<F, 1>> {
    fn named<F: Real>(name: &'static str, f: fn([F; 1]) -> F) -> Operation<F, 1> {
        let operation = Table::<F>::SPECIAL.iter().find(|op| name.starts_with(op.name) && name.contains('('));
        let mut op = *operation.expect("a function with a parameter");
        (op.name, op.f) = (name, f);
        op
    }
    vec![
        named("polygamma(3)", |[x]| x.polygamma(3)),
        named("polygamma(10)", |[x]| x.polygamma(10)),
        named("gamma_p(0.25)", |[x]| x.gamma_p(number(0.25))),
        named("gamma_p(1000)", |[x]| x.gamma_p(number(1000.0))),
        named("gamma_q(0.25)", |[x]| x.gamma_q(number(0.25))),
        named("gamma_q(1000)", |[x]| x.gamma_q(number(1000.0))),
    ]
}

/// All operations, in the order of the table.
fn all<T: TestFloat>() -> Vec<Worst> {
    let mut rows = Vec::new();
    for op in Table::<Value<T>>::UNARY.iter().copied().chain(powers()) {
        let truth = |[x]: &[Big; 1]| [truth::unary(op.name, x)];
        rows.extend(worst(&op, ["x"], &points::unary(&op, points::COUNT), |x| partials(op.f, x), truth));
    }
    for op in Table::<Value<T>>::BINARY {
        rows.extend(worst(
            op,
            ["a", "b"],
            &points::pair(op, points::COUNT),
            |x| partials(op.f, x),
            |x| truth::pair(op.name, x),
        ));
    }
    rows
}

/// All special functions: their values, too, which are no other float's.
fn special<T: TestFloat>() -> Vec<Worst> {
    let mut rows = Vec::new();
    for op in Table::<Value<T>>::SPECIAL.iter().copied().chain(parameters()) {
        let ours = |x| {
            let (value, [slope]) = outcome(op.f, x);
            [value, slope]
        };
        rows.extend(worst(&op, ["value", "x"], &points::unary(&op, points::SPECIAL_COUNT), ours, |[x]| {
            special::unary(op.name, x)
        }));
    }
    for op in Table::<Value<T>>::SPECIAL_PAIRS {
        let ours = |x| {
            let (value, [a, b]) = outcome(op.f, x);
            [value, a, b]
        };
        rows.extend(worst(op, ["value", "a", "b"], &points::pair(op, points::SPECIAL_COUNT), ours, |x| {
            special::pair(op.name, x)
        }));
    }
    rows
}

/// The worst errors of each result: outside the exceptions, and in each exception.
fn worst<T: TestFloat, const N: usize, const M: usize>(
    op: &Operation<Value<T>, N>,
    results: [&'static str; M],
    points: &[[T; N]],
    ours: impl Fn([T; N]) -> [T; M],
    truth: impl Fn(&[Big; N]) -> [Big; M],
) -> Vec<Worst> {
    assert!(points.len() >= 500, "{} has few points", op.name);
    let exceptions: Vec<_> = EXCEPTIONS.iter().filter(|e| e.operations.contains(&op.name)).collect();
    let row = |by, exception| Worst { operation: op.name, by, exception, ulps: 0.0, share: 0.0, at: String::new() };
    let regions = || [None].into_iter().chain(exceptions.iter().copied().map(Some));
    let mut rows: Vec<_> = results.into_iter().flat_map(|by| regions().map(move |e| row(by, e))).collect();
    for &point in points {
        let x: [f64; N] = point.map(Into::into);
        let (ours, truth) = (ours(point), truth(&x.map(Big::from)));
        for k in 0..M {
            let result = truth[k].scaled_to_f64(0);
            let place = Place { operation: op.name, x: &x, result, smallest: T::min_positive_value().into() };
            let region =
                exceptions.iter().position(|e| e.concerns(results[k]) && (e.contains)(&place)).map_or(0, |e| e + 1);
            let row = &mut rows[k * (exceptions.len() + 1) + region];
            let (unit, allowed) = row.exception.map_or((0.0, 4.0), |e| (e.unit, (e.ulps)(&place)));
            let ulps = off(ours[k], &truth[k], unit);
            let share = ulps / allowed;
            if row.at.is_empty() || (share, ulps) > (row.share, row.ulps) {
                let at = point.map(|x| format!("{x:?}")).join(", ");
                *row = Worst { ulps, share, at, ..row.clone() };
            }
        }
    }
    // The exceptions of some operations cover all points.
    rows.retain(|row| row.exception.map_or(!row.at.is_empty(), |e| e.concerns(row.by)));
    rows
}

/// The error of `ours` in units in the last place of `T` at the truth, or at `unit` if the truth is smaller. Below the
/// normal range, the unit is the step of the subnormal numbers. Infinity, and every truth beyond the range, count as
/// the power of two above the range.
#[allow(clippy::cast_possible_truncation, reason = "exponents of floats")]
fn off<T: TestFloat>(ours: T, truth: &Big, unit: f64) -> f64 {
    let exponent = |x: T| Into::<f64>::into(x.log2()).round() as i32;
    let (top, bottom) = (exponent(T::max_value()), exponent(T::min_positive_value() * T::epsilon()));
    let within = |x: Big| {
        let end = Big::power_of_two(top);
        if x.abs().is_less(&end) {
            x
        } else if x.is_negative() {
            -end
        } else {
            end
        }
    };
    let ours = if ours.is_nan() {
        return f64::INFINITY;
    } else if ours.is_infinite() {
        Big::power_of_two(top) * ours.signum().into()
    } else {
        Big::from(ours.into())
    };
    let truth = within(truth.clone());
    let size = truth.exponent().max(Big::from(unit).exponent()).unwrap_or(i32::MIN);
    let ulp = (size.min(top).saturating_add(exponent(T::epsilon()) - 1)).max(bottom);
    (ours - truth).abs().scaled_to_f64(-ulp)
}
