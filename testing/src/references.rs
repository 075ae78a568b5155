//! Claims about an expression, against the plain program, the naive reference and differences.
//!
//! Each function panics if its claim is wrong for the expression, and returns whether the claim applies to it.

use std::collections::HashMap;

use gradtape::check::difference;
use gradtape::check::random::{Arithmetic, Expression};
use gradtape::{Dual, Dual2, Tape, Value, gradient};

use crate::differentiable::{Differentiable, Over};
use crate::naive::Naive;
use crate::programs::{inputs, tells_the_sign_of_nan};
use crate::{TestFloat, assert_near, assert_same_bits, bits, number};

/// The inputs and the steps of the reference.
fn reference<T: TestFloat + Arithmetic>(graph: &Expression) -> Vec<Naive<T>>
where
    Value<T>: Arithmetic,
{
    let inputs: Vec<_> = inputs(graph).into_iter().map(|x| Naive::new(x, Vec::new())).collect();
    graph.eval_all(&inputs)
}

/// Every number equals that of the plain program. The gradient of the last step that is ordinary and no constant equals
/// that of the reference. If the result is a number and the derivative of the reference is finite, the gradient has no
/// NaN, unless slopes overflow.
///
/// The tape multiplies partials from the variables up, the reference from the result down. So the two may differ if
/// products of some partials over- or underflow. They may also differ if paths divide behind an infinite partial: their
/// slopes are infinite before they meet again.
///
/// The same holds for duals, whose slopes are computed from the variables up in every operation. But over plain
/// numbers, their products may be NaN.
pub fn agrees_with_the_references<T: TestFloat + Arithmetic, F: Over<T> + Arithmetic>(graph: &Expression) -> bool
where
    Value<T>: Arithmetic,
{
    if tells_the_sign_of_nan(graph, &inputs::<T>(graph)) {
        return false;
    }
    let plain = inputs::<T>(graph);
    let numbers = graph.eval_all(&plain);
    let gradient_of = |step: usize| {
        let trace = |x: &[F]| {
            let ours = graph.eval_all(x);
            for (ours, &plain) in ours.iter().zip(&numbers) {
                assert_same_bits(ours.data(), plain, graph);
            }
            ours[step]
        };
        F::gradient(&trace, &plain).1
    };
    let (naive, result) = (reference::<T>(graph), numbers.len() - 1);
    let wild = &naive[result];
    let slopes = gradient_of(result);
    if F::ZERO_WINS && !wild.is_ordinary() && wild.is_bounded() && !numbers[result].is_nan() {
        wild.backward();
        for (ours, theirs) in slopes.into_iter().zip(&naive) {
            let (theirs, _) = theirs.adjoint();
            assert!(!ours.is_nan() || !theirs.is_finite(), "{graph:?}: NaN instead of {theirs:?}");
        }
    }
    let naive = reference::<T>(graph);
    let Some(last) = naive.iter().rposition(|x| x.is_ordinary() && !x.is_constant()) else { return false };
    naive[last].backward();
    for (ours, theirs) in gradient_of(last).into_iter().zip(&naive) {
        let (theirs, scale) = theirs.adjoint();
        // The tolerance is 1e-12 in f64.
        assert_near(ours, theirs, number::<T>(4500.0) * T::epsilon() * scale, (last, graph));
    }
    true
}

/// The gradient agrees with differences of the plain program, where the program is smooth and not too noisy.
pub fn agrees_with_differences(graph: &Expression) -> bool {
    let naive = reference::<f64>(graph);
    let result = &naive[naive.len() - 1];
    if !graph.is_smooth_at(graph.inputs()) || !result.is_ordinary() {
        return false;
    }
    result.backward();
    let along = |k: usize, x: f64| {
        let mut inputs = graph.inputs().to_vec();
        inputs[k] = x;
        if graph.is_smooth_at(&inputs) { graph.eval(&inputs) } else { f64::NAN }
    };
    let (_, slopes) = gradient(|x| graph.eval(x), graph.inputs());
    slopes.iter().enumerate().all(|(k, &ours)| {
        let (theirs, error) = difference(|x| along(k, x), graph.inputs()[k]);
        let scale = naive[k].adjoint().1 + 1.0;
        let is_clear = error <= 1e-4 * scale;
        if is_clear {
            assert_near(ours, theirs, error + 1e-9 * scale, (k, graph));
        }
        is_clear
    })
}

/// A tape of tapes computes the same number and the same derivatives, and so does a cleared tape.
pub fn agrees_with_other_tapes<T: TestFloat + Arithmetic>(graph: &Expression) -> bool
where
    Value<T>: Arithmetic,
    Value<Value<T>>: Arithmetic,
{
    if tells_the_sign_of_nan(graph, &inputs::<T>(graph)) {
        return false;
    }
    let (tape, plain) = (Tape::new(), inputs::<T>(graph));
    let swept = || {
        let x = tape.vars(&plain);
        let y = graph.eval(&x);
        (y.data(), y.backward().wrt_all(&x))
    };
    let (value, slopes) = swept();
    tape.clear();
    let again = swept();
    tape.clear();
    let (nested, nested_slopes) = gradient(|x: &[Value<Value<T>>]| graph.eval(x), &tape.vars(&plain));
    let nested = (nested.data(), nested_slopes.into_iter().map(Value::data).collect());
    for (other, other_slopes) in [again, nested] {
        assert_same_bits(other, value, graph);
        for (other, &ours) in other_slopes.into_iter().zip(&slopes) {
            assert_same_bits(other, ours, graph);
        }
    }
    true
}

/// Duals compute the same bits in any lane, and over other duals, where a zero wins in products, too.
pub fn agrees_in_any_lane<T: TestFloat + Arithmetic>(graph: &Expression) -> bool
where
    Dual<T>: Arithmetic + Over<T>,
    Dual<T, 3>: Arithmetic + Over<T>,
    Dual<Dual<T>>: Arithmetic,
    Dual<Dual<T, 0>>: Arithmetic,
{
    if tells_the_sign_of_nan(graph, &inputs::<T>(graph)) {
        return false;
    }
    // A lane adds the zero of another input, and -0 + 0 is 0.
    let all_bits =
        |(y, slopes): (T, Vec<T>)| (bits(y), slopes.iter().map(|&x| bits(x + T::zero())).collect::<Vec<_>>());
    let x = inputs::<T>(graph);
    let one = Dual::<T>::gradient(&|x| graph.eval(x), &x);
    let lanes = Dual::<T, 3>::gradient(&|x| graph.eval(x), &x);
    let inner = x.iter().map(|&x| Dual::from(x)).collect::<Vec<Dual<T>>>();
    let (y, slopes) = Dual::<Dual<T>>::gradient(&|x| graph.eval(x), &inner);
    let nested = (y.data(), slopes.into_iter().map(Dual::data).collect());
    let inner = x.iter().map(|&x| Dual::from(x)).collect::<Vec<Dual<T, 0>>>();
    let (y, slopes) = Dual::<Dual<T, 0>>::gradient(&|x| graph.eval(x), &inner);
    let careful = all_bits((y.data(), slopes.into_iter().map(Dual::data).collect()));
    let has_nan = one.1.iter().any(|slope| slope.is_nan());
    let expected = all_bits(one);
    assert_eq!(all_bits(lanes), expected, "three lanes: {graph}");
    assert_eq!(all_bits(nested), careful, "nested: {graph}");
    assert!(has_nan || careful == expected, "careful: {graph}");
    true
}

/// The second derivatives agree with differences of the gradient, in all nestings, where the expression is smooth and
/// not too noisy.
pub fn agrees_with_second_differences(graph: &Expression) -> bool {
    let x = graph.inputs();
    let naive = reference::<f64>(graph);
    let result = &naive[naive.len() - 1];
    if !graph.is_smooth_at(x) || !result.is_ordinary() {
        return false;
    }
    let column = |k: usize| {
        let seeded = |x: &[f64], k: usize| -> Vec<Dual<f64>> {
            x.iter().enumerate().map(|(i, &x)| Dual::new(x, [f64::from(u8::from(i == k))])).collect()
        };
        let (_, slopes) = gradient(|x: &[Value<Dual<f64>>]| graph.eval(x), &seeded(x, k));
        let by_tapes = gradient(|x: &[Value<f64>]| gradient(|x: &[Value<Value<f64>>]| graph.eval(x), x).1[k], x).1;
        let by_duals: Vec<f64> =
            Dual::<f64, 2>::gradient(&|x| Dual::<Dual<f64, 2>>::gradient(&|x| graph.eval(x), x).1[k], x).1;
        (slopes.into_iter().map(Dual::tangent).collect::<Vec<_>>(), by_tapes, by_duals)
    };
    // One evaluation along the directions of two inputs.
    let of_second_order = |i: usize, k: usize| {
        let seeded = |(j, &x)| Dual2::new(x, [i, k].map(|input| f64::from(u8::from(input == j))), [[0.0; 2]; 2]);
        graph.eval(&x.iter().enumerate().map(seeded).collect::<Vec<Dual2<f64, 2>>>()).hessian()[1][0]
    };
    (0..x.len()).all(|k| {
        let (mixed, tapes, duals) = column(k);
        // The same points serve all partials.
        let mut gradients = HashMap::new();
        let mut along = |at: f64, i: usize| {
            let slopes = gradients.entry(at.to_bits()).or_insert_with(|| {
                let mut inputs = x.to_vec();
                inputs[k] = at;
                graph.is_smooth_at(&inputs).then(|| gradient(|x| graph.eval(x), &inputs).1)
            });
            slopes.as_ref().map_or(f64::NAN, |slopes| slopes[i])
        };
        (0..x.len()).all(|i| {
            let (theirs, error) = difference(|at| along(at, i), x[k]);
            let scale = 1.0 + theirs.abs();
            let is_clear = error <= 1e-4 * scale;
            if is_clear {
                for ours in [mixed[i], tapes[i], duals[i], of_second_order(i, k)] {
                    assert_near(ours, theirs, error + 1e-7 * scale, (i, k, graph));
                }
            }
            is_clear
        })
    })
}
