//! First and second derivatives at all points, against closed forms, differences, and nalgebra.

use gradtape::check::difference;
use gradtape::{Dual, Value};
use nalgebra::ComplexField;
use testing::differentiable::{Differentiable, Over};
use testing::{TestFloat, assert_near, for_every_number};

use super::{C, I, Map, OURS, W, cases, complaint, first_order, index_of, ours, pair, second_order, wide};

/// The first derivatives are `f'` and `i f'`. A point where `f'` is infinite or NaN is none of this test.
fn first_derivatives_are_exact<T: TestFloat, F: Over<T>>() {
    let mut complaints = String::new();
    for (name, f, [first, _], z) in cases::<T, F>() {
        let exact = first(wide(z));
        if exact.norm() < T::max_value().into() {
            let [_, by_re, by_im] = first_order(f, z);
            let what = format!("{name} at {z:?}");
            complaints.extend(complaint(by_re, exact, exact.norm(), 32.0, &what));
            complaints.extend(complaint(by_im, I * exact, exact.norm(), 32.0, &what));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// The second derivatives are `f''`, `i f''` and `-f''`.
fn second_derivatives_are_exact<T: TestFloat, F1: Over<T>, F2: Differentiable<Inner = F1>>() {
    let mut complaints = String::new();
    for (name, f, [first, second], z) in cases::<T, F2>() {
        let (slope, exact) = (first(wide(z)), second(wide(z)));
        // A power changes over the distance from 0.
        let distance = wide(z).norm();
        let length = if name.starts_with("pow") && distance != 0.0 { distance } else { distance.max(1.0) };
        let scale = exact.norm() + slope.norm() / length;
        if scale < T::max_value().into() {
            let signs = [C::ONE, I, I, -C::ONE];
            for (ours, sign) in second_order::<T, F1, F2>(f, z).into_iter().zip(signs) {
                complaints.extend(complaint(ours, sign * exact, scale, 64.0, &format!("{name} at {z:?}")));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

for_every_number! {
    first_derivatives_on_axes_and_cuts_are_those_of_holomorphic_functions: first_derivatives_are_exact;
}

#[test]
fn second_derivatives_on_axes_and_cuts_are_those_of_holomorphic_functions() {
    second_derivatives_are_exact::<f64, Value<f64>, Value<Value<f64>>>();
    second_derivatives_are_exact::<f64, Dual<f64, 2>, Value<Dual<f64, 2>>>();
    second_derivatives_are_exact::<f64, Value<f64>, Dual<Value<f64>>>();
    second_derivatives_are_exact::<f64, Dual<f64, 2>, Dual<Dual<f64, 2>, 2>>();
    second_derivatives_are_exact::<f32, Dual<f32, 2>, Dual<Dual<f32, 2>, 2>>();
}

/// The derivatives of plain values by differences, on the axes.
#[test]
fn derivatives_on_the_axes_are_those_of_differences() {
    let mut clear = 0;
    for (name, f) in OURS.iter().zip(ours::<Dual<f64, 2>>()) {
        let plain = ours::<f64>()[index_of(name)];
        for x in [-2.5, -0.3, 0.3, 2.5] {
            for z in [C::new(x, 0.0), C::new(0.0, x)] {
                let [_, by_re, by_im] = first_order(f, z);
                let along: [fn(C, f64) -> C; 2] = [|z, t| C::new(t, z.im), |z, t| C::new(z.re, t)];
                for ((along, at), ours) in along.into_iter().zip([z.re, z.im]).zip([by_re, by_im]) {
                    let [re, im] = [|w: C| w.re, |w: C| w.im].map(|part| difference(|t| part(plain(along(z, t))), at));
                    // No differences lead across a cut.
                    if re.1.max(im.1) < 1e-6 {
                        assert_near(ours.re, re.0, re.1 + 1e-12, (name, z));
                        assert_near(ours.im, im.0, im.1 + 1e-12, (name, z));
                        clear += 1;
                    }
                }
            }
        }
    }
    assert!(clear > 200, "{clear}");
}

/// What nalgebra's own functions have off the branch points.
#[test]
fn derivatives_are_those_of_nalgebra() {
    type F = Dual<f64, 2>;
    let theirs: [(&str, Map<F>); 9] = [
        ("sqrt", ComplexField::sqrt),
        ("cbrt", ComplexField::cbrt),
        ("powf_5_2", |z| ComplexField::powf(z, 2.5.into())),
        ("powc_w", |z| ComplexField::powc(z, pair(W.re, W.im))),
        ("tanh", ComplexField::tanh),
        ("asin", ComplexField::asin),
        ("acosh", ComplexField::acosh),
        ("atan", ComplexField::atan),
        ("atanh", ComplexField::atanh),
    ];
    for (name, f) in theirs {
        for x in [-2.5, -0.3, 0.3, 2.5] {
            for z in [C::new(x, 0.0), C::new(0.0, x)] {
                let [ours, theirs] = [ours()[index_of(name)], f].map(|f| first_order::<F>(f, z));
                for (ours, theirs) in ours.into_iter().zip(theirs) {
                    assert_near((ours - theirs).norm(), 0.0, 1e-13 * theirs.norm(), (name, z));
                }
            }
        }
    }
}
