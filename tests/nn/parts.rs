//! Claims about the parts of a training: metrics, schedules, early stopping, optimisers.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small"
)]
#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use gradtape::nn::{Adam, Clipped, EarlyStopping, Optimizer, Schedule, Sgd, metrics};
use testing::panics::assert_refused_here;
use testing::quickcheck;

/// The share of pairs in order, by looking at all pairs.
fn auc_of_all_pairs(scores: &[f64], is_positive: &[bool]) -> f64 {
    let of = |positive: bool| scores.iter().zip(is_positive).filter(move |row| *row.1 == positive).map(|row| *row.0);
    let pair = |a: f64, b: f64| {
        if a > b {
            1.0
        } else if a == b {
            0.5
        } else {
            0.0
        }
    };
    let sum: f64 = of(true).map(|a| of(false).map(|b| pair(a, b)).sum::<f64>()).sum();
    sum / (of(true).count() * of(false).count()) as f64
}

#[test]
fn auc_is_the_share_of_pairs_in_order() {
    fn property(rows: Vec<(u8, bool)>) -> bool {
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0 % 16)).collect();
        let is_positive: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let (ours, all) = (metrics::auc(&scores, &is_positive), auc_of_all_pairs(&scores, &is_positive));
        ours.is_nan() && all.is_nan() || (ours - all).abs() < 1e-12
    }
    quickcheck(300, property as fn(Vec<(u8, bool)>) -> bool);
    assert_eq!(metrics::auc(&[1.0, 2.0, 3.0], &[false, true, true]), 1.0);
    assert_eq!(metrics::auc(&[1.0, 1.0], &[false, true]), 0.5);
    assert!(metrics::auc(&[1.0, 2.0], &[true, true]).is_nan());
}

#[test]
fn f1_is_the_harmonic_mean_of_precision_and_recall() {
    fn property(rows: Vec<(u8, u8)>) -> bool {
        let of = |f: fn(&(u8, u8)) -> u8| rows.iter().map(|row| usize::from(f(row) % 3)).collect::<Vec<_>>();
        let (labels, predictions) = (of(|row| row.0), of(|row| row.1));
        let table = metrics::confusion(&labels, &predictions, 3);
        assert_eq!(table.iter().flatten().sum::<usize>(), rows.len());
        metrics::f1(&table).into_iter().enumerate().all(|(k, ours)| {
            let count = |f: &dyn Fn(usize, usize) -> bool| {
                labels.iter().zip(&predictions).filter(|(l, p)| f(**l, **p)).count() as f64
            };
            let right = count(&|l, p| l == k && p == k);
            let (precision, recall) = (right / count(&|_, p| p == k), right / count(&|l, _| l == k));
            let expected = if right == 0.0 { 0.0 } else { 2.0 / (1.0 / precision + 1.0 / recall) };
            let is_absent = count(&|l, p| l == k || p == k) == 0.0;
            if is_absent { ours.is_nan() } else { (ours - expected).abs() < 1e-12 }
        })
    }
    quickcheck(300, property as fn(Vec<(u8, u8)>) -> bool);
}

#[test]
fn metrics_of_numbers_neither_overflow_nor_lose_small_errors() {
    let (large, small) = ([1e200, -1e200], [1e-200, -1e-200]);
    for (numbers, size) in [(large, 1e200), (small, 1e-200)] {
        assert!((metrics::root_mean_square_error(&numbers, &[0.0, 0.0]) / size - 1.0).abs() < 1e-15);
    }
    assert_eq!(metrics::mean_absolute_error(&[f64::MAX, f64::MAX], &[0.0, 0.0]), f64::MAX);
    assert_eq!(metrics::r_squared(&large, &[0.0, 0.0]), 0.0);
    assert_eq!(metrics::r_squared(&small, &small), 1.0);
    assert!(!metrics::r_squared(&[2.0, 2.0], &[1.0, 3.0]).is_finite());
    for empty in
        [metrics::root_mean_square_error(&[], &[]), metrics::mean_absolute_error(&[], &[]), metrics::accuracy(&[], &[])]
    {
        assert!(empty.is_nan());
    }
}

#[test]
fn predictions_of_another_count_are_refused() {
    assert_refused_here("as many predictions as targets", || metrics::accuracy(&[0, 1], &[0]));
    assert_refused_here("as many predictions as targets", || metrics::r_squared(&[0.0, 1.0], &[0.0]));
    assert_refused_here("as many predictions as targets", || metrics::auc(&[0.0, 1.0], &[true]));
    assert_refused_here("classes are numbers below 2", || metrics::confusion(&[0, 2], &[0, 1], 2));
    assert_refused_here("a score for each class", || metrics::largest::<f64>(&[]));
    assert_eq!(metrics::largest(&[1.0, f64::NAN, 3.0, 3.0]), 2);
}

#[test]
fn schedules_have_the_factors_that_they_name() {
    let factors = |schedule: Schedule, steps| (0..steps).map(|step| schedule.factor(step, steps)).collect::<Vec<_>>();
    assert_eq!(factors(Schedule::Constant, 3), [1.0; 3]);
    assert_eq!(factors(Schedule::Linear { to: 0.0 }, 4), [1.0, 0.75, 0.5, 0.25]);
    assert_eq!(factors(Schedule::Linear { to: 0.5 }, 2), [1.0, 0.75]);
    assert_eq!(factors(Schedule::Step { parts: 3, decay: 0.1 }, 6), [1.0, 1.0, 0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1]);
    for warmup in [0.0, 0.1, 0.25, 0.37, 1.0] {
        let steps = 200;
        let factors = factors(Schedule::Cosine { warmup }, steps);
        let top = (warmup * steps as f64) as usize;
        assert!(factors[..top].windows(2).all(|pair| pair[0] < pair[1]), "{warmup} does not rise");
        assert!(factors[top..].windows(2).all(|pair| pair[0] > pair[1]), "{warmup} does not fall");
        assert!(factors.iter().all(|factor| (0.0..=1.0).contains(factor)), "{warmup}");
        assert!(factors.iter().any(|&factor| factor > 0.9999), "{warmup} does not reach 1");
        if top > 0 {
            assert!((factors[top / 2] - (top / 2 + 1) as f64 / (warmup * 200.0)).abs() < 1e-12);
        }
        let middle = top + (steps - top) / 2;
        assert!(warmup == 1.0 || (factors[middle] - 0.5).abs() < 0.01, "{warmup}: {}", factors[middle]);
    }
    assert_refused_here("there is no step 3 of 3", || Schedule::Constant.factor(3, 3));
}

#[test]
fn early_stopping_keeps_the_best_parameters_and_never_takes_a_nan() {
    let mut stopping = EarlyStopping::new(3);
    assert_eq!((stopping.best_loss(), stopping.best()), (None, &[][..]));
    let stops: Vec<bool> = [f64::NAN, 5.0, 5.0, f64::NAN, 4.0, f64::INFINITY, 4.0, 4.5]
        .iter()
        .zip(0_u8..)
        .map(|(&loss, k)| stopping.observe(loss, &[f64::from(k), 1.0]))
        .collect();
    assert_eq!(stops, [false, false, false, false, false, false, false, true]);
    assert_eq!((stopping.best_loss(), stopping.best()), (Some(4.0), &[4.0, 1.0][..]));
    assert!(EarlyStopping::new(0).observe(f32::NAN, &[1.0]));
}

#[test]
fn clipped_gradients_keep_their_direction() {
    let step = |gradient: [f64; 2], length: f64| {
        let (mut clipped, mut w) = (Clipped::new(Sgd::new(1.0), length), [0.0; 2]);
        clipped.step(&mut w, &gradient);
        w
    };
    assert_eq!(step([0.3, -0.4], 1.0), [-0.3, 0.4]);
    assert_eq!(step([3.0, -4.0], 1.0), [-0.6, 0.8]);
    let [a, b] = step([3e200, -4e200], 10.0);
    assert!((a + 6.0).abs() < 1e-14 && (b - 8.0).abs() < 1e-14);
    let (mut clipped, mut w) = (Clipped::new(Adam::new(1.0), 1.0), [0.0_f32; 2]);
    clipped.set_rate(0.0);
    clipped.step(&mut w, &[3.0, 4.0]);
    assert_eq!(w, [0.0; 2]);
}

#[test]
fn optimisers_make_the_steps_of_their_formulas() {
    let mut w = [2.0, -1.0];
    let mut sgd = Sgd::new(0.5).with_momentum(0.5).with_decay(0.1);
    sgd.step(&mut w, &[1.0, 0.0]);
    assert_eq!(w, [2.0 - 0.5 * (1.0 + 0.2), -1.0 - 0.5 * -0.1]);
    let (mut adam, mut w) = (Adam::new(0.1).with_betas([0.85, 0.99]).with_decay(0.01), 1.0_f64);
    let (mut m, mut v, mut expected) = (0.0, 0.0, 1.0);
    for (k, g) in [0.5, -2.0, 0.25, 3.0].into_iter().enumerate() {
        adam.step(std::slice::from_mut(&mut w), &[g]);
        m = 0.85 * m + 0.15 * g;
        v = 0.99 * v + 0.01 * g * g;
        let k = i32::try_from(k).unwrap() + 1;
        let step: f64 = m / (1.0 - 0.85_f64.powi(k)) / ((v / (1.0 - 0.99_f64.powi(k))).sqrt() + 1e-8);
        expected -= 0.1 * (step + 0.01 * expected);
        assert!((w - expected).abs() < 1e-14, "step {k}: {w} instead of {expected}");
    }
}
