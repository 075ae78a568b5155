//! The settings of a compiled function.

use std::ops::RangeBounds;

use super::{Compiled, Stage};
use crate::program::elements::making::Making;
use crate::program::elements::variables::Variables;
use crate::sparse::Sparsity;

impl<F, T> Compiled<F, T> {
    /// The same, without what is known of other derivatives.
    fn anew(self) -> Self {
        let Self { driver, required, is_lower, making, .. } = self;
        Self { required, is_lower, making, ..Self::new(driver.into_function()) }
    }

    /// The same, but the recording runs even where the driver would be faster: for tests and comparisons.
    #[must_use]
    pub fn without_driver(self) -> Self {
        Self { making: Making { always: true, ..self.making }, ..self.anew() }
    }

    /// The same without one of the steps by which elements become fewer or faster: for tests and comparisons.
    #[doc(hidden)]
    #[must_use]
    pub fn without_stage(self, stage: impl Into<Option<Stage>>) -> Self {
        Self { making: Making { without: stage.into(), ..self.making }, ..self.anew() }
    }

    /// Derivatives are those by these inputs alone, a range. The others are data: samples, measurements, the state from
    /// which a controller plans. They may be others at each evaluation, and need no new recording as long as there are
    /// as many.
    ///
    /// Every point `x` has all inputs. Gradients, the vectors of [`hvp`](Self::hvp), the rows and columns of Hessians
    /// and the columns of Jacobians are those of the range, and are counted from its start. Data cost no derivatives.
    /// A comparison of data is a branch, as any other.
    ///
    /// An [`Objective`](crate::Objective) has a derivative by each input. So an optimiser takes a closure that
    /// completes the point with the data.
    ///
    /// # Panics
    ///
    /// An evaluation panics if there are no such inputs.
    ///
    /// # Examples
    ///
    /// A line through samples. The variables are its height and its slope; then there are places and measurements.
    ///
    /// ```
    /// use gradtape::{Compiled, Objective, Real, function};
    ///
    /// let squares = Compiled::new(function!(|x: &[F]| {
    ///     let (line, samples) = x.split_at(2);
    ///     let (places, measured) = samples.split_at(samples.len() / 2);
    ///     places.iter().zip(measured).map(|(&at, &y)| (line[0] + line[1] * at - y).powi(2)).sum::<F>()
    /// }));
    /// let fit = squares.wrt(..2);
    /// let mut gradient = [0.0; 2];
    /// // All samples are on the line 1 + 3t, and those of the next batch on 2 + 3t.
    /// for (height, expected) in [(1.0, [0.0, 0.0]), (2.0, [-200.0, -9900.0])] {
    ///     let places = (0..100).map(f64::from);
    ///     let measured = places.clone().map(|at| height + 3.0 * at);
    ///     let x: Vec<f64> = [1.0, 3.0].into_iter().chain(places).chain(measured).collect();
    ///     assert_eq!(fit.gradient(&x, &mut gradient), 100.0 * (height - 1.0).powi(2));
    ///     assert_eq!(gradient, expected);
    /// }
    /// assert_eq!(fit.recordings().to_string(), "2 evaluations, 1 recording\n100 elements of 4 operations");
    ///
    /// // An objective of height and slope.
    /// let samples = [0.0, 1.0, 2.0, 5.0];
    /// let objective = |line: &[f64], gradient: &mut [f64]| fit.gradient(&[line, &samples].concat(), gradient);
    /// assert_eq!(objective.value_and_gradient(&[2.0, 3.0], &mut gradient)?, 0.0);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn wrt(self, inputs: impl RangeBounds<usize>) -> Self {
        Self { making: Making { variables: Variables::new(inputs), ..self.making }, ..self.anew() }
    }

    /// The matrices of sparse derivatives have at least the places of this pattern, also where their numbers are zero.
    /// So the pattern stays the same whatever branches the function takes, and a solver can analyse it once.
    ///
    /// The evaluation of a matrix of another shape panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::{Csr, Sparsity};
    /// use gradtape::{Compiled, function};
    ///
    /// let squares = function!(|x: &[F]| x.iter().map(|&x| x * x).sum::<F>());
    /// let tridiagonal = Sparsity::new((0..9_usize).map(|k| k.saturating_sub(1)..9.min(k + 2)), 9);
    /// let compiled = Compiled::new(squares).with_pattern(tridiagonal.clone());
    /// let mut hessian = Csr::default();
    /// compiled.sparse_hessian(&[1.0; 9], &mut [0.0; 9], &mut hessian);
    /// assert_eq!(hessian.pattern(), &tridiagonal);
    /// assert_eq!(hessian.row(4), (&[3, 4, 5][..], &[0.0, 2.0, 0.0][..]));
    /// ```
    #[must_use]
    pub fn with_pattern(self, pattern: Sparsity) -> Self {
        Self { required: Some(pattern), ..self.anew() }
    }

    /// Symmetric matrices, which are those of [`sparse_hessian`](Self::sparse_hessian),
    /// [`weighted_hessian`](Self::weighted_hessian) and [`normal_equations`](Self::normal_equations), have their lower
    /// triangle alone: the places of each row up to the diagonal. So factorisations and solvers take them. Of a
    /// [given pattern](Self::with_pattern), the places above the diagonal are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Compiled, function};
    ///
    /// let chain = function!(|x: &[F]| x.windows(2).map(|x| x[0] * x[1]).sum::<F>());
    /// let (compiled, mut hessian) = (Compiled::new(chain).with_lower_triangle(), Csr::default());
    /// compiled.sparse_hessian(&[2.0; 100], &mut [0.0; 100], &mut hessian);
    /// assert_eq!(hessian.row(50), (&[49][..], &[1.0][..]));
    /// assert_eq!(hessian.nnz(), 99);
    /// ```
    #[must_use]
    pub fn with_lower_triangle(self) -> Self {
        Self { is_lower: true, ..self.anew() }
    }
}
