//! The expressions of micrograd, whose story this crate retells: <https://github.com/karpathy/micrograd>.

use gradtape::{Real, Tape, gradient};

/// The example of micrograd's README.
#[allow(clippy::misrefactored_assign_op, reason = "as written there")]
fn readme<F: Real<Plain = f64>>(a: F, b: F) -> F {
    let n = F::constant;
    let mut c = a + b;
    let mut d = a * b + b.powi(3);
    c += c + n(1.0);
    c += n(1.0) + c + (-a);
    d += d * n(2.0) + (b + a).relu();
    d += n(3.0) * d + (b - a).relu();
    let e = c - d;
    let f = e.powi(2);
    let mut g = f / n(2.0);
    g += n(10.0) / f;
    g
}

#[test]
fn the_readme_example_gives_its_numbers() {
    let tape = Tape::<f64>::new();
    let (a, b) = (tape.var(-4.0), tape.var(2.0));
    let g = readme(a, b);
    let grads = g.backward();
    assert_eq!(format!("{:.4} {:.4} {:.4}", g.data(), grads.wrt(a), grads.wrt(b)), "24.7041 138.8338 645.5773");
    assert_eq!(g.data(), readme(-4.0, 2.0));
}

/// The numbers that micrograd's tests take from `PyTorch`, computed by hand: x = -4 gives z = -10, q = relu(z) + zx =
/// 40, h = relu(z²) = 100, y = h + q + qx = -20; dz/dx = 3, dq/dx = 3x + z = -22, dh/dx = 2z · 3 = -60, dy/dx = -60 +
/// (1 + x)(-22) + q = 46.
#[test]
fn the_sanity_check_gives_its_numbers() {
    let sanity = |x: &[gradtape::Value<f64>]| {
        let x = x[0];
        let z = 2.0 * x + 2.0 + x;
        let q = z.relu() + z * x;
        let h = (z * z).relu();
        h + q + q * x
    };
    assert_eq!(gradient(sanity, &[-4.0]), (-20.0, vec![46.0]));
}

/// The neuron of micrograd's lecture: the gradient of its weights and inputs is 1.0, -1.5, 0.5, 0.0.
#[test]
fn the_lectures_neuron_gives_its_numbers() {
    let bias = 6.881_373_587_019_543;
    let (output, slopes) = gradient(|v| (v[0] * v[2] + v[1] * v[3] + bias).tanh(), &[2.0_f64, 0.0, -3.0, 1.0]);
    assert_eq!(format!("{output:.4}"), "0.7071");
    for (ours, theirs) in slopes.into_iter().zip([-1.5, 0.5, 1.0, 0.0]) {
        assert!((ours - theirs).abs() < 1e-12, "{ours} instead of {theirs}");
    }
}

/// The article that brought micrograd to Julia passed `+grad` to the subtrahend.
#[test]
#[allow(clippy::op_ref)]
fn a_difference_sends_the_negative_to_the_subtrahend() {
    let tape = Tape::<f64>::new();
    let (x, y) = (tape.var(5.0), tape.var(3.0));
    let (mut assigned, mut by_reference) = (x, x);
    assigned -= y;
    by_reference -= &y;
    for difference in [x - y, &x - &y, assigned, by_reference] {
        assert_eq!(difference, 2.0);
        assert_eq!((10.0 * difference).backward().wrt_all(&[x, y]), [10.0, -10.0]);
    }
    assert_eq!((x - 3.0).backward().wrt(x), 1.0);
    assert_eq!((5.0 - y).backward().wrt(y), -1.0);
}

/// The article's descent added the gradient, and added the gradients of a second sweep to those of the first.
#[test]
fn descent_goes_down_and_every_sweep_starts_from_zero() {
    let loss = |w: &[gradtape::Value<f64>]| (w[0] - 3.0).powi(2) + (w[1] + 1.0).powi(2);
    let mut w = vec![0.0, 0.0];
    let mut last = f64::INFINITY;
    for _ in 0..50 {
        let (value, slopes) = gradient(loss, &w);
        assert!(value < last);
        last = value;
        w.iter_mut().zip(&slopes).for_each(|(w, slope)| *w -= 0.1 * slope);
    }
    assert!(last < 1e-8, "{last}");
    let tape = Tape::new();
    let x = tape.var(3.0);
    let y = x * x;
    assert_eq!([y.backward().wrt(x), y.backward().wrt(x), (y + x).backward().wrt(x)], [6.0, 6.0, 7.0]);
}
