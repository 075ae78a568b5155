//! Lesson 6: a curve fitted to measurements, by `levenberg-marquardt` with Jacobians of this crate.
//!
//! [`Problem`] makes a problem of that crate from any [`VectorFunction`]. The data are those of Misra1a, a problem from
//! the Statistical Reference Datasets of NIST. The lesson prints both parameters and their standard errors, computed
//! from the Jacobian, beside the certified ones.

use gradtape::{Driver, VectorFunction, function};
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra_0_34::{DMatrix, DVector, Dyn, storage::Owned};

/// Residuals at a point, in the form that levenberg-marquardt takes.
struct Problem<F> {
    residuals: Driver<F>,
    p: DVector<f64>,
}

impl<F: VectorFunction> LeastSquaresProblem<f64, Dyn, Dyn> for Problem<F> {
    type ParameterStorage = Owned<f64, Dyn>;
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;

    fn set_params(&mut self, p: &DVector<f64>) {
        self.p.copy_from(p);
    }

    fn params(&self) -> DVector<f64> {
        self.p.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let mut y = DVector::zeros(self.residuals.function().outputs(self.p.len()));
        self.residuals.value(self.p.as_slice(), y.as_mut_slice());
        Some(y)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let mut y = vec![0.0; self.residuals.function().outputs(self.p.len())];
        let mut rows = vec![0.0; y.len() * self.p.len()];
        self.residuals.jacobian(self.p.as_slice(), &mut y, &mut rows);
        // The driver writes row by row; a `DMatrix` holds its columns one after another.
        Some(DMatrix::from_row_slice(y.len(), self.p.len(), &rows))
    }
}

fn main() {
    let x = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0];
    let y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78];
    let measured: Vec<_> = x.into_iter().zip(y).collect();
    // The differences between `p₀ (1 - exp(-p₁ x))` and the measurements.
    let residuals = function!(
        let measured: &[(f64, f64)] = &measured;
        |p, residuals: [measured.len()]| for (residual, &(x, y)) in residuals.iter_mut().zip(measured) {
            *residual = p[0] * -(-p[1] * x).exp_m1() - y;
        }
    );
    let problem = Problem { residuals: Driver::new(residuals), p: DVector::from_vec(vec![500.0, 1e-4]) };
    let (fit, report) = LevenbergMarquardt::new().minimize(problem);
    assert!(report.termination.was_successful(), "{report:?}");

    // The covariance is s² (JᵀJ)⁻¹, with s² of 14 measurements and 2 parameters.
    let jacobian = fit.jacobian().expect("it is always known");
    let inverse = (jacobian.transpose() * jacobian).try_inverse().expect("the parameters differ in effect");
    let variance = 2.0 * report.objective_function / 12.0;
    let certified = [(238.942_129_18, 2.707_007_524_1), (5.501_564_318_1e-4, 7.266_868_843_6e-6)];
    for (i, (parameter, error)) in certified.into_iter().enumerate() {
        let found = (fit.p[i], (variance * inverse[(i, i)]).sqrt());
        println!("p{i} = {:.10e} ± {:.7e}, certified {parameter:.10e} ± {error:.7e}", found.0, found.1);
        assert!((found.0 / parameter - 1.0).abs() < 1e-7 && (found.1 / error - 1.0).abs() < 1e-6);
    }
}
