//! The checks and their options.

use super::compare::{
    Comparison, Jacobian, Line, LineDerivatives, PlainFunction, TapedFunction, assert_outputs, neighbour_jacobians,
    to_f64, values_and_jacobian, values_at_constants,
};
use super::custom::{add_operand_uses, check_constants};
use super::difference::Resolution;
use super::report::{Entry, Failure, FailureKind, Report, Variation};
use super::verdict::Tolerance;
use crate::function::{Function, VectorFunction, results};
use crate::number::custom::CustomOperation;
use crate::number::{Number, Plain};
use crate::scalar::Scalar;
use crate::sparse::Csr;
use crate::tape::{Tape, Value, gradient};

/// A check of derivatives, with its options.
///
/// # Examples
///
/// ```
/// use gradtape::check::Check;
///
/// let x: Vec<f64> = (0..1000).map(|i| f64::from(i) / 100.0).collect();
/// let report = Check::new().directions(3).relative(1e-9).gradient(|x| x.iter().map(|x| x.sin()).sum(), &x)?;
/// assert!(report.entries().len() == 3 && report.all_agree());
/// # Ok::<(), gradtape::check::Failure>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Check {
    relative: Option<f64>,
    absolute: f64,
    step: Option<f64>,
    directions: Option<usize>,
    strict: bool,
}

impl Check {
    /// The default options: every coordinate, with a relative tolerance of 10⁻⁷, or of 200 ε if that is more, as for
    /// f32.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the allowed relative error of a derivative. It refers to the derivative, or to the slopes of the chords
    /// from `x` to the points of the differences if these are larger.
    ///
    /// # Panics
    ///
    /// If `tolerance` is negative or not finite.
    #[track_caller]
    pub fn relative(self, tolerance: f64) -> Self {
        assert!(tolerance >= 0.0 && tolerance.is_finite(), "a tolerance is a finite number from 0 on");
        Self { relative: Some(tolerance), ..self }
    }

    /// Sets the allowed absolute error of a derivative, which is added to the relative one; 0 by default.
    ///
    /// # Panics
    ///
    /// If `tolerance` is negative or not finite.
    #[track_caller]
    pub fn absolute(self, tolerance: f64) -> Self {
        assert!(tolerance >= 0.0 && tolerance.is_finite(), "a tolerance is a finite number from 0 on");
        Self { absolute: tolerance, ..self }
    }

    /// Sets the first step of the differences, which is then halved 30 times. By default it is an eighth of `|x|`, or
    /// of 1 if that is larger, and for small `x` a second sequence begins at an eighth of `|x|`. Along a direction, the
    /// step is in units of the direction, by default an eighth.
    ///
    /// # Panics
    ///
    /// If `step` is not a positive finite number.
    #[track_caller]
    pub fn step(self, step: f64) -> Self {
        assert!(step > 0.0 && step.is_finite(), "a step is a positive finite number");
        Self { step: Some(step), ..self }
    }

    /// Checks derivatives along this many directions instead of along every coordinate, for functions of very many
    /// variables. Each direction moves all coordinates, by `max(1, |xᵢ|)` times a factor between ½ and 1, up or down.
    /// Factors and signs are pseudorandom, but the same in every run. This has no effect on the first derivatives of
    /// [`custom`](Self::custom) and [`tape_custom`](Self::tape_custom).
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    #[track_caller]
    pub fn directions(self, count: usize) -> Self {
        assert!(count > 0, "a check needs a direction at least");
        Self { directions: Some(count), ..self }
    }

    /// Fails also if differences cannot tell a derivative, so that no test passes without a comparison.
    pub fn strict(self) -> Self {
        Self { strict: true, ..self }
    }

    /// The same as [`check::gradient`](crate::check::gradient), with these options.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or the function is not finite at `x`.
    pub fn gradient<T: Scalar>(&self, mut f: impl FnMut(&[Value<T>]) -> Value<T>, x: &[T]) -> Result<Report, Failure> {
        self.run(&mut |_, x| vec![f(x)], None, x, Subject::Gradient, None)
    }

    /// The same as [`gradient`](Self::gradient), with differences of `plain`, the same function in f64. For functions
    /// of f32 this is more accurate: it finds relative errors of 10⁻⁴, which differences in f32 seldom find.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or a function is not finite at `x`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::Real;
    /// use gradtape::check::Check;
    ///
    /// fn energy<F: Real>(x: &[F]) -> F {
    ///     x[0] * (-x[1]).exp() + x[1].ln_1p()
    /// }
    ///
    /// let report = Check::new().gradient_against(energy, energy, &[1.5_f32, 0.25])?;
    /// assert!(report.all_agree());
    /// # Ok::<(), gradtape::check::Failure>(())
    /// ```
    pub fn gradient_against<T: Scalar>(
        &self,
        mut f: impl FnMut(&[Value<T>]) -> Value<T>,
        mut plain: impl FnMut(&[f64]) -> f64,
        x: &[T],
    ) -> Result<Report, Failure> {
        self.run(&mut |_, x| vec![f(x)], Some(&mut |x| vec![plain(x)]), x, Subject::Gradient, None)
    }

    /// The same as [`check::jacobian`](crate::check::jacobian), with these options.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or an output is not finite at `x`.
    pub fn jacobian<T: Scalar>(
        &self,
        mut f: impl FnMut(&[Value<T>]) -> Vec<Value<T>>,
        x: &[T],
    ) -> Result<Report, Failure> {
        self.run(&mut |_, x| f(x), None, x, Subject::Jacobian, None)
    }

    /// The same as [`jacobian`](Self::jacobian), with differences of `plain`, the same function in f64.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or an output is not finite at `x`.
    ///
    /// # Panics
    ///
    /// If `f` or `plain` does, or if their numbers of outputs differ or change.
    pub fn jacobian_against<T: Scalar>(
        &self,
        mut f: impl FnMut(&[Value<T>]) -> Vec<Value<T>>,
        mut plain: impl FnMut(&[f64]) -> Vec<f64>,
        x: &[T],
    ) -> Result<Report, Failure> {
        self.run(&mut |_, x| f(x), Some(&mut plain), x, Subject::Jacobian, None)
    }

    /// The same as [`check::function`](crate::check::function), with these options.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or the function is not finite at `x`.
    pub fn function<T: Plain>(&self, f: &(impl Function<T> + ?Sized), x: &[T]) -> Result<Report, Failure> {
        self.gradient(|x| f.eval(x), x)
    }

    /// The same as [`check::vector_function`](crate::check::vector_function), with these options.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or an output is not finite at `x`.
    pub fn vector_function<T: Plain>(&self, f: &(impl VectorFunction<T> + ?Sized), x: &[T]) -> Result<Report, Failure> {
        let report = self.jacobian(|x| results(f, x), x)?;
        self.sparse(report, &mut |_, x| results(f, x), x, &f.sparse_jacobian(x))
    }

    /// The same as [`check::hessian`](crate::check::hessian), with these options.
    ///
    /// # Errors
    ///
    /// If a second derivative disagrees with differences, or the gradient is not finite at `x`.
    pub fn hessian<T: Plain>(&self, f: &(impl Function<T> + ?Sized), x: &[T]) -> Result<Report, Failure> {
        let partials = &mut |_: &Tape<T>, x: &[Value<T>]| gradient(|x| f.eval(x), x).1;
        let report = self.run(partials, None, x, Subject::Jacobian, Some(&f.hessian(x)))?;
        self.sparse(report, partials, x, &f.sparse_hessian(x))
    }

    /// Checks a sparse matrix of derivatives, too, if it differs from the one that was checked.
    fn sparse<T: Plain>(
        &self,
        report: Report,
        f: TapedFunction<'_, T>,
        x: &[T],
        matrix: &Csr<T>,
    ) -> Result<Report, Failure> {
        let rows = matrix.to_dense();
        let is_same = |entry: &Entry| match (entry.output, entry.variation) {
            (Some(row), Variation::Coordinate(column)) => to_f64(rows[row][column]) == entry.analytic,
            _ => false,
        };
        if report.entries().iter().all(is_same) {
            return Ok(report);
        }
        self.run(f, None, x, Subject::Jacobian, Some(&rows)).map(|_| report)
    }

    /// The same as [`check::custom`](crate::check::custom), with these options.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or the value or a partial is not finite at `x`, or the value for
    /// variables differs from that for constants, or the expression from the value.
    pub fn custom<T: Plain, const N: usize>(
        &self,
        operation: &impl CustomOperation<N, T>,
        x: [T; N],
    ) -> Result<Report, Failure> {
        let report = self.tape_custom(|_, x| apply(operation, x), &x)?;
        if let Some(expression) = operation.expression(x) {
            let (value, expression) = (to_f64(operation.value(x)), to_f64(expression));
            let Tolerance { relative, absolute } = self.tolerance(Resolution::of::<T>(), Resolution::of::<T>());
            let is_near = (expression - value).abs() <= relative * value.abs() + absolute;
            is_near.then_some(()).ok_or(FailureKind::Expression { value, expression })?;
        }
        let partials = &mut |_: &Tape<T>, x: &[Value<T>]| gradient(|x| apply(operation, x), x).1;
        self.run(partials, None, &x, Subject::Jacobian, None).map(|_| report)
    }

    /// The same as [`check::tape_custom`](crate::check::tape_custom), with these options.
    ///
    /// # Errors
    ///
    /// If a derivative disagrees with differences, or the operation is not finite at `x`, or its value for variables
    /// differs from that for constants.
    pub fn tape_custom<T: Scalar>(
        &self,
        mut f: impl FnMut(&Tape<T>, &[Value<T>]) -> Value<T>,
        x: &[T],
    ) -> Result<Report, Failure> {
        let f: TapedFunction<'_, T> = &mut |tape, x| vec![f(tape, x)];
        self.run(f, None, x, Subject::Operation, None)
    }

    /// Compares derivatives with differences: those from the tape, unless others are given.
    fn run<T: Scalar>(
        &self,
        f: TapedFunction<'_, T>,
        plain: Option<PlainFunction<'_>>,
        x: &[T],
        subject: Subject,
        derivatives: Option<&[Vec<T>]>,
    ) -> Result<Report, Failure> {
        let numbered = subject == Subject::Jacobian;
        let (values, jacobian) = values_and_jacobian(f, x);
        let row = |row: &Vec<T>| row.iter().map(|&x| to_f64(x)).collect();
        let derivatives: Option<Jacobian> = derivatives.map(|rows| rows.iter().map(row).collect());
        check_finite(&values, numbered)?;
        check_constants(f, x, &values, numbered)?;
        let mut lines = self.lines(x, derivatives.as_ref().unwrap_or(&jacobian), subject);
        if subject == Subject::Operation {
            add_operand_uses(&mut lines, f, x);
        }
        let neighbours = neighbour_jacobians(f, x);
        let resolution = if plain.is_some() { Resolution::F64 } else { Resolution::of::<T>() };
        let workspace = Tape::new();
        let mut at_constants = |x: &[f64]| values_at_constants(f, &workspace, x);
        let plain: PlainFunction<'_> = match plain {
            Some(plain) => plain,
            None => &mut at_constants,
        };
        let x: Vec<f64> = x.iter().map(|&x| to_f64(x)).collect();
        let centers = plain(&x);
        neighbours.iter().map(Vec::len).chain([centers.len()]).for_each(|len| assert_outputs(len, jacobian.len()));
        check_finite(&centers, numbered)?;
        let tolerance = self.tolerance(Resolution::of::<T>(), resolution);
        let mut comparison = Comparison { plain, resolution, tolerance, x, centers, jacobian, neighbours, numbered };
        let mut entries: Vec<Entry> =
            lines.iter().flat_map(|(line, derivatives)| comparison.compare(line, derivatives)).collect();
        entries.sort_by_key(|entry| entry.output);
        Report { entries }.into_result(self.strict)
    }

    fn tolerance(&self, of_derivatives: Resolution, of_differences: Resolution) -> Tolerance {
        let default = (200.0 * of_derivatives.epsilon).max(1e4 * of_differences.epsilon).max(1e-7);
        Tolerance { relative: self.relative.unwrap_or(default), absolute: self.absolute }
    }

    /// The lines along which the function is checked, with the derivatives along them.
    fn lines<T: Scalar>(&self, x: &[T], jacobian: &Jacobian, subject: Subject) -> Vec<LineDerivatives> {
        let x: Vec<f64> = x.iter().map(|&x| to_f64(x)).collect();
        let with_slopes = |variation, line: Line| {
            let line = line.with_first_step(self.step);
            let slopes = jacobian.iter().map(|row| line.slope(row)).collect();
            (line, vec![(variation, slopes)])
        };
        match self.directions {
            Some(count) if subject != Subject::Operation && !x.is_empty() => {
                (0..count).map(|k| with_slopes(Variation::Direction(k), Line::pseudorandom(&x, k))).collect()
            }
            _ => (0..x.len()).map(|k| with_slopes(Variation::Coordinate(k), Line::coordinate(&x, k))).collect(),
        }
    }
}

/// The operation on a list of `N` numbers.
fn apply<F: Number, const N: usize>(operation: &impl CustomOperation<N, F::Plain>, x: &[F]) -> F {
    operation.apply(std::array::from_fn(|k| x[k]))
}

#[derive(Clone, Copy, PartialEq)]
enum Subject {
    Gradient,
    Jacobian,
    Operation,
}

fn check_finite(values: &[f64], numbered: bool) -> Result<(), Failure> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(k) => Err(FailureKind::NotFinite { output: numbered.then_some(k), value: values[k] }.into()),
        None => Ok(()),
    }
}
