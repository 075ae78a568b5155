//! Errors of derivatives in units in the last place.

use gradtape::check::random::{Operation, Table};
use gradtape::{Real, Value};

use crate::big::Big;
use crate::exceptions::{EXCEPTIONS, Exception, Place};
use crate::{points, truth};
use testing::{TestFloat, partials};

/// The worst error of one partial in one region.
#[derive(Clone, Debug)]
pub(crate) struct Worst {
    pub(crate) operation: &'static str,
    pub(crate) by: &'static str,
    /// `None` for all points outside the exceptions.
    pub(crate) exception: Option<&'static Exception>,
    pub(crate) ulps: f64,
    /// The error divided by the allowed error: above 1 is a failure.
    pub(crate) share: f64,
    pub(crate) at: String,
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

/// All operations, in the order of the table.
pub(crate) fn all<T: TestFloat>() -> Vec<Worst> {
    let mut rows = Vec::new();
    for op in Table::<Value<T>>::UNARY.iter().copied().chain(powers()) {
        let truth = |[x]: &[Big; 1]| [truth::unary(op.name, x)];
        rows.extend(worst(&op, ["x"], &points::unary(&op), truth));
    }
    for op in Table::<Value<T>>::BINARY {
        rows.extend(worst(op, ["a", "b"], &points::pair(op), |x| truth::pair(op.name, x)));
    }
    rows
}

/// The worst errors by each argument: outside the exceptions, and in each exception.
fn worst<T: TestFloat, const N: usize>(
    op: &Operation<Value<T>, N>,
    arguments: [&'static str; N],
    points: &[[T; N]],
    truth: impl Fn(&[Big; N]) -> [Big; N],
) -> Vec<Worst> {
    assert!(points.len() >= 500, "{} has few points", op.name);
    let exceptions: Vec<_> = EXCEPTIONS.iter().filter(|e| e.operations.contains(&op.name)).collect();
    let row = |by, exception| Worst { operation: op.name, by, exception, ulps: 0.0, share: 0.0, at: String::new() };
    let regions = || [None].into_iter().chain(exceptions.iter().copied().map(Some));
    let mut rows: Vec<_> = arguments.into_iter().flat_map(|by| regions().map(move |e| row(by, e))).collect();
    for &point in points {
        let x: [f64; N] = point.map(Into::into);
        let (ours, truth) = (partials(op.f, point), truth(&x.map(Big::from)));
        for k in 0..N {
            let derivative = truth[k].scaled_to_f64(0);
            let place = Place { operation: op.name, x: &x, derivative, smallest: T::min_positive_value().into() };
            let region =
                exceptions.iter().position(|e| e.concerns(arguments[k]) && (e.contains)(&place)).map_or(0, |e| e + 1);
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
