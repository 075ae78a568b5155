//! Lesson 16: the pose of a camera from points that it sees, with Jacobians in local coordinates.
//!
//! A camera sees points whose places are known. The lesson finds its pose by the method of Gauss and Newton, written on
//! one page for any [`Manifold`]: Jacobians and steps are in the local coordinates of the pose, so that it stays a
//! rotation and a translation. The residual is ordinary code over matrices of any number.
//!
//! `levenberg-marquardt` finds the same pose. It uses another version of nalgebra, so it gets arrays: a step from the
//! first pose, and the Jacobian of a closure over `[f64; 6]`.
//!
//! At last, the lesson compares the Jacobian by the pose and by the point with the one derived by hand: all numbers,
//! and the time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gradtape::linalg::{self, Manifold};
use gradtape::{Dual, forward};
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{Isometry3, Matrix2x3, RealField, SMatrix, SVector, Vector2, Vector3, Vector6};

/// A point in space, and where the camera sees it.
struct Sight {
    point: Vector3<f64>,
    seen: Vector2<f64>,
}

/// The focal length in pixels, and the radial distortion.
const FOCAL: f64 = 500.0;
const DISTORTION: f64 = 0.05;

/// The place of a point in the picture. The pose takes points from the camera's frame to the world's.
fn project<T: RealField + Copy>(pose: &Isometry3<T>, point: &Vector3<T>) -> Vector2<T> {
    let number = nalgebra::convert::<f64, T>;
    let local = pose.rotation.inverse() * (point - pose.translation.vector);
    let flat = local.xy() / local.z;
    flat * ((flat.norm_squared() * number(DISTORTION) + T::one()) * number(FOCAL))
}

/// The point of the least sum of squares of all residuals, each with its Jacobian by the local coordinates of `x`.
/// Returns the sums of squares before each step, too.
fn gauss_newton<X, const N: usize, const M: usize>(
    mut x: X,
    residuals: &[impl Fn(&X) -> (SVector<f64, M>, SMatrix<f64, M, N>)],
) -> (X, Vec<f64>)
where
    X: Manifold<f64, N, Over<f64> = X>,
{
    let mut sums = Vec::new();
    for _ in 0..20 {
        let (mut sum, mut slope, mut matrix) = (0.0, SVector::<f64, N>::zeros(), SMatrix::<f64, N, N>::zeros());
        for residual in residuals {
            let (r, jacobian) = residual(&x);
            sum += r.norm_squared();
            slope += jacobian.tr_mul(&r);
            matrix += jacobian.tr_mul(&jacobian);
        }
        sums.push(sum);
        let step = matrix.cholesky().expect("the points are not all in one line").solve(&slope);
        x = x.retract(-step);
        if step.norm() < 1e-12 {
            break;
        }
    }
    (x, sums)
}

/// The Jacobians by hand: of `d(q) q FOCAL`, with `q` the first two of `p/p.z`, by `p`; and of `p = Rᵀ(point - t)` by
/// the local coordinates of the pose, where `R` becomes `R exp(φ)` and `t` becomes `t + R ρ`, and by the point.
fn by_hand(pose: &Isometry3<f64>, point: &Vector3<f64>) -> (Vector2<f64>, SMatrix<f64, 2, 6>, Matrix2x3<f64>) {
    let turned = pose.rotation.to_rotation_matrix().into_inner().transpose();
    let p = turned * (point - pose.translation.vector);
    let (q, factor) = (p.xy() / p.z, 1.0 + DISTORTION * p.xy().norm_squared() / (p.z * p.z));
    let by_q = (nalgebra::Matrix2::identity() * factor + q * q.transpose() * (2.0 * DISTORTION)) * FOCAL;
    let by_p = by_q * Matrix2x3::new(1.0, 0.0, -q.x, 0.0, 1.0, -q.y) / p.z;
    let mut by_pose = SMatrix::<f64, 2, 6>::zeros();
    by_pose.fixed_columns_mut::<3>(0).copy_from(&-by_p);
    by_pose.fixed_columns_mut::<3>(3).copy_from(&(by_p * p.cross_matrix()));
    (q * (factor * FOCAL), by_pose, by_p * turned)
}

/// The same problem for levenberg-marquardt: by a step from the first pose, as an array.
struct Step<'a> {
    sights: &'a [Sight],
    start: Isometry3<f64>,
    step: [f64; 6],
}

impl Step<'_> {
    /// Residuals and Jacobian, two rows for each point.
    fn rows(&self) -> Vec<(f64, [f64; 6])> {
        let of_point = |sight: &Sight| {
            let residual = |step: [Dual<f64, 6>; 6]| {
                let pose = self.start.retract(Vector6::from(step));
                let error = project(&pose, &sight.point.cast()) - sight.seen.cast();
                [error.x, error.y]
            };
            let (errors, jacobian) = forward::jacobian(residual, self.step);
            [0, 1].map(|i| (errors[i], jacobian[i]))
        };
        self.sights.iter().flat_map(of_point).collect()
    }
}

type Steps = nalgebra_0_34::Vector6<f64>;

impl LeastSquaresProblem<f64, nalgebra_0_34::Dyn, nalgebra_0_34::U6> for Step<'_> {
    type ParameterStorage = nalgebra_0_34::storage::Owned<f64, nalgebra_0_34::U6>;
    type ResidualStorage = nalgebra_0_34::storage::Owned<f64, nalgebra_0_34::Dyn>;
    type JacobianStorage = nalgebra_0_34::storage::Owned<f64, nalgebra_0_34::Dyn, nalgebra_0_34::U6>;

    fn set_params(&mut self, step: &Steps) {
        self.step = (*step).into();
    }

    fn params(&self) -> Steps {
        self.step.into()
    }

    fn residuals(&self) -> Option<nalgebra_0_34::DVector<f64>> {
        let rows = self.rows();
        Some(nalgebra_0_34::DVector::from_iterator(rows.len(), rows.iter().map(|row| row.0)))
    }

    fn jacobian(
        &self,
    ) -> Option<nalgebra_0_34::Matrix<f64, nalgebra_0_34::Dyn, nalgebra_0_34::U6, Self::JacobianStorage>> {
        let rows = self.rows();
        Some(nalgebra_0_34::OMatrix::from_fn_generic(nalgebra_0_34::Dyn(rows.len()), nalgebra_0_34::U6, |i, j| {
            rows[i].1[j]
        }))
    }
}

/// The shortest of many runs of all points.
fn shortest<R>(sights: &[Sight], f: impl Fn(&Sight) -> R) -> Duration {
    let run = || {
        let start = Instant::now();
        sights.iter().for_each(|sight| _ = black_box(f(black_box(sight))));
        start.elapsed()
    };
    (0..200).map(|_| run()).min().expect("there are runs")
}

fn main() {
    let truth = Isometry3::new(Vector3::new(0.3, -0.2, -4.0), Vector3::new(0.1, 0.4, -0.2));
    let points = (0..40)
        .map(|i| f64::from(i) * 0.7)
        .map(|t| Vector3::new(2.0 * t.sin(), 1.5 * (1.3 * t).cos(), (2.1 * t).sin()));
    let sights: Vec<_> = points.map(|point| Sight { point, seen: project(&truth, &point) }).collect();
    let start = Isometry3::new(Vector3::new(0.0, 0.0, -4.5), Vector3::new(0.0, 0.3, 0.0));

    let residual = |sight: &Sight| {
        let (point, seen) = (sight.point.cast(), sight.seen.cast());
        move |pose: &Isometry3<f64>| linalg::jacobian(|pose: Isometry3<_>| project(&pose, &point) - seen, pose)
    };
    let residuals: Vec<_> = sights.iter().map(residual).collect();
    let (pose, sums) = gauss_newton(start, &residuals);
    for (step, sum) in sums.iter().enumerate() {
        println!("step {step}: the sum of squared errors is {sum:.3e} pixels²");
    }
    let distance = |pose: &Isometry3<f64>| (pose.inverse() * truth).to_homogeneous() - nalgebra::Matrix4::identity();
    assert!(distance(&pose).amax() < 1e-12 && sums.len() < 10);

    let (fit, report) = LevenbergMarquardt::new().minimize(Step { sights: &sights, start, step: [0.0; 6] });
    assert!(report.termination.was_successful(), "{report:?}");
    let found = start.retract(Vector6::from(fit.step));
    println!(
        "levenberg-marquardt: {} evaluations, the same pose to {:.0e}",
        report.number_of_evaluations,
        distance(&found).amax()
    );
    assert!(distance(&found).amax() < 1e-9);

    let blocks = |sight: &Sight| {
        linalg::jacobian(|(pose, point): (Isometry3<Dual<f64, 9>>, _)| project(&pose, &point), (&pose, &sight.point))
    };
    for sight in &sights {
        let (value, (by_pose, by_point)) = blocks(sight);
        let expected = by_hand(&pose, &sight.point);
        assert!((value - expected.0).amax() < 1e-11);
        assert!((by_pose - expected.1).amax() < 1e-10 && (by_point - expected.2).amax() < 1e-10);
    }
    let plain = shortest(&sights, |sight| project(&pose, &sight.point));
    let hand = shortest(&sights, |sight| by_hand(&pose, &sight.point));
    let ours = shortest(&sights, blocks);
    let each = |time: Duration| time.as_secs_f64() * 1e9 / sights.len() as f64;
    println!(
        "a point: {:.0} ns, with 2 × 9 derivatives by hand {:.0} ns, by duals {:.0} ns",
        each(plain),
        each(hand),
        each(ours)
    );
}
