//! What a compiled function of several outputs computes.

use std::cell::Cell;

use super::Compiled;
use crate::function::jacobian::assert_outputs;
use crate::function::memory::{Lent, Memory};
use crate::function::vector::results;
use crate::function::{Function, VectorFunction, sparse};
use crate::number::Real;
use crate::program::elements::dots;
use crate::program::elements::matrix::{Collected, Wanted};
use crate::program::graph::Graph;
use crate::program::{Precision, Program};
use crate::sparse::{Csr, Sparsity};

impl<F, T: Precision> Compiled<F, T> {
    pub(super) fn recorded_results(&self, x: &[T]) -> Graph<T>
    where
        F: VectorFunction<T>,
    {
        let mut graph = dots::expanded(Program::record(|x| results(self.function(), x), x).into_needed());
        graph.separate_outputs();
        graph
    }

    /// Writes the results at `x` to `y`.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not the number of outputs.
    #[track_caller]
    pub fn results(&self, x: &[T], y: &mut [T])
    where
        F: VectorFunction<T>,
    {
        assert_outputs(self.function(), x, y);
        let collected = Collected { outputs: &mut *y, ..Collected::default() };
        if !self.evaluate_matrix(Wanted::Outputs, || self.recorded_results(x), [x, &[]], collected, None) {
            y.fill(T::zero());
            self.function().eval(x, y);
        }
    }

    /// Writes the results at `x` to `y`, and the Jacobian. The matrix gets its pattern.
    ///
    /// # Panics
    ///
    /// If the length of `y` is not the number of outputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Compiled, function};
    ///
    /// let steps = Compiled::new(function!(|x, y: [99]| for (y, x) in y.iter_mut().zip(x.windows(2)) {
    ///     *y = x[1] * x[1] - x[0];
    /// }));
    /// let (x, mut y, mut jacobian) = (vec![3.0; 100], vec![0.0; 99], Csr::default());
    /// steps.sparse_jacobian(&x, &mut y, &mut jacobian);
    /// assert_eq!(y[50], 6.0);
    /// assert_eq!(jacobian.row(50), (&[50, 51][..], &[-1.0, 6.0][..]));
    /// ```
    #[track_caller]
    pub fn sparse_jacobian(&self, x: &[T], y: &mut [T], jacobian: &mut Csr<T>)
    where
        F: VectorFunction<T>,
    {
        assert_outputs(self.function(), x, y);
        let record = || self.recorded_results(x);
        let collected = Collected { outputs: &mut *y, ..Collected::default() };
        if !self.evaluate_matrix(Wanted::Jacobian, record, [x, &[]], collected, Some(&mut *jacobian)) {
            let stored = self.stored(Wanted::Jacobian, [y.len(), self.variables(x, []).len()]);
            self.store(Wanted::Jacobian, jacobian, stored, |jacobian, _| {
                self.by_driver(x, |driver, variables| driver.sparse_jacobian(variables, y, jacobian));
            });
        }
    }

    /// What a step of Gauss and Newton needs: writes the results `r` at `x`, `Jᵀr` and `JᵀJ` for their Jacobian `J`.
    /// These are the gradient of `½ Σ rᵢ²` and an approximation of its Hessian. Both triangles of `JᵀJ` are stored, or
    /// the [lower one](Self::with_lower_triangle) alone.
    ///
    /// # Panics
    ///
    /// If the length of `residuals` is not the number of outputs, or that of `product` not the number of variables.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Compiled, function};
    ///
    /// let steps = Compiled::new(function!(|x, y: [99]| for (y, x) in y.iter_mut().zip(x.windows(2)) {
    ///     *y = x[1] - x[0] * 2.0;
    /// }));
    /// let (x, mut residuals) = (vec![3.0; 100], vec![0.0; 99]);
    /// let (mut product, mut matrix) = (vec![0.0; 100], Csr::default());
    /// steps.normal_equations(&x, &mut residuals, &mut product, &mut matrix);
    /// assert_eq!((residuals[50], product[50]), (-3.0, -3.0 + 6.0));
    /// assert_eq!(matrix.row(50), (&[49, 50, 51][..], &[-2.0, 5.0, -2.0][..]));
    /// ```
    #[track_caller]
    pub fn normal_equations(&self, x: &[T], residuals: &mut [T], product: &mut [T], matrix: &mut Csr<T>)
    where
        F: VectorFunction<T>,
    {
        assert_outputs(self.function(), x, residuals);
        let columns = self.variables(x, [("product", product.len())]).len();
        let record = || self.recorded_results(x);
        let collected = Collected { outputs: &mut *residuals, gradient: &mut *product, ..Collected::default() };
        if !self.evaluate_matrix(Wanted::NormalEquations, record, [x, &[]], collected, Some(&mut *matrix)) {
            let stored = self.stored(Wanted::NormalEquations, [columns; 2]);
            self.with_kept(Wanted::NormalEquations, |kept, _| {
                self.by_driver(x, |driver, variables| driver.sparse_jacobian(variables, residuals, &mut kept.matrix));
                kept.matrix.transposed_mul_into(residuals, product);
                matrix.set_pattern(kept.pattern(stored, Sparsity::gram));
                kept.matrix.gram_into(matrix);
            });
        }
    }

    /// Writes the Hessian of `Σ wᵢ yᵢ`, the sum of the outputs with weights: that of the constraints in a Lagrangian.
    /// Both triangles are stored, or the [lower one](Self::with_lower_triangle) alone.
    ///
    /// # Panics
    ///
    /// If there is not a weight for each output.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Compiled, function};
    ///
    /// let constraints = Compiled::new(function!(|x, y: [99]| for (y, x) in y.iter_mut().zip(x.windows(2)) {
    ///     *y = x[0] * x[1];
    /// }));
    /// let (x, weights, mut hessian) = (vec![3.0; 100], vec![0.5; 99], Csr::default());
    /// constraints.weighted_hessian(&x, &weights, &mut hessian);
    /// assert_eq!(hessian.row(50), (&[49, 51][..], &[0.5, 0.5][..]));
    /// ```
    #[track_caller]
    pub fn weighted_hessian(&self, x: &[T], weights: &[T], hessian: &mut Csr<T>)
    where
        F: VectorFunction<T>,
    {
        assert_outputs(self.function(), x, weights);
        let record = || self.recorded_results(x);
        let (vectors, matrix) = ([x, weights], Some(&mut *hessian));
        if !self.evaluate_matrix(Wanted::WeightedHessian, record, vectors, Collected::default(), matrix) {
            let variables = self.variables(x, []);
            let stored = self.stored(Wanted::WeightedHessian, [variables.len(); 2]);
            self.store(Wanted::WeightedHessian, hessian, stored, |hessian, memory| {
                let mut gradient = std::mem::take(memory.get::<Vec<T>>());
                gradient.resize(variables.len(), T::zero());
                let outputs = Cell::new(std::mem::take(memory.get::<Memory>()));
                let sum = Weighted { function: &self.completed(x), weights, outputs };
                *memory.get() = self.data(x);
                sparse::hessian(&sum, variables, None, &mut gradient, hessian, memory);
                *memory.get() = sum.outputs.into_inner();
                *memory.get() = gradient;
            });
        }
    }
}

/// The sum of the outputs of a function, with weights.
struct Weighted<'a, F, T> {
    function: &'a F,
    weights: &'a [T],
    /// The memory of the outputs.
    outputs: Cell<Memory>,
}

impl<G: VectorFunction<T>, T: Precision> Function<T> for Weighted<'_, G, T> {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let mut memory = Lent::new(&self.outputs);
        let outputs = memory.get::<Vec<F>>();
        outputs.clear();
        outputs.resize(self.weights.len(), F::zero());
        self.function.eval(x, outputs);
        F::weighted_sum(outputs, self.weights)
    }
}
