//! Compiled functions as Rust source.

use super::{Compiled, CompiledSource};
use crate::error::Error;
use crate::function::{Function, VectorFunction};
use crate::program::Precision;
use crate::program::elements::matrix::{Stored, Wanted};
use crate::program::elements::variables::Variables;
use crate::program::elements::{gradient, matrix};
use crate::program::graph::Graph;
use crate::program::precision::compiled_here;

impl<F, T: Precision> Compiled<F, T> {
    /// Value and gradient as the Rust function `name`, which needs no crate: a function for each kind of element, and
    /// loops over tables. So its length hardly grows with the number of elements; but in a chain, where each element
    /// needs the one before, all have functions of their own. It is recorded at `x`, and not compiled for this.
    ///
    /// The function is `fn name(inputs: &[T; N], gradient: &mut [T; N]) -> T`; the gradient is shorter if
    /// [`wrt`](Self::wrt) names fewer inputs. If the function has branches, it returns
    /// an `Option`, which is `None` where a comparison comes out otherwise than at `x`. If it needs more memory than
    /// should be on the stack, it has a third argument, `memory: &mut [T; M]`, whose length is
    /// [`CompiledSource::memory`].
    ///
    /// # Errors
    ///
    /// As [`Program::to_rust`](crate::program::Program::to_rust).
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Compiled, function};
    ///
    /// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2)).sum::<F>()));
    /// let source = chain.to_rust("chain", &[2.0; 1000])?.to_string();
    /// assert!(source.contains("pub fn chain(inputs: &[f64; 1000], gradient: &mut [f64; 1000]) -> f64 {"));
    /// assert!(source.contains("for row in 0..999 {"));
    /// assert!(source.contains("gradient[row + 1] += y[2];"));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn to_rust(&self, name: &str, x: &[T]) -> Result<CompiledSource<T>, Error>
    where
        F: Function<T>,
    {
        self.variables(x, []);
        let source =
            compiled_here!(fn(&str, &Graph<T>, Variables) -> Result<CompiledSource<T>, Error> = gradient::source);
        source(name, &self.recorded(x), self.making.variables)
    }

    /// Results and Jacobian as the Rust function `name`, which needs no crate: a function for each kind of element, and
    /// loops over tables. So its length hardly grows with the number of elements; but an element that has many numbers
    /// in the matrix has a long function. It is recorded at `x`, and not compiled for this.
    ///
    /// The function is `fn name(inputs: &[T; N], outputs: &mut [T; M], jacobian: &mut [T; P])`. If it has branches, it
    /// returns an `Option`, which is `None` where a comparison comes out otherwise than at `x`. What the vectors
    /// contained before is of no importance.
    ///
    /// The numbers of the Jacobian are those of [`sparse_jacobian`](Self::sparse_jacobian): row by row, and in each row
    /// from left to right. Two tables beside the function tell their places, in the form of a
    /// [`Csr`](crate::sparse::Csr). Row `i` has the numbers from `NAME_ROW_STARTS[i]` to before
    /// `NAME_ROW_STARTS[i + 1]`, and number `k` stands in column `NAME_COLUMNS[k]`. The Jacobian has the places of
    /// [`with_pattern`](Self::with_pattern), too.
    ///
    /// # Errors
    ///
    /// As [`Program::to_rust`](crate::program::Program::to_rust). Also if an element that is no sum has more than 4096
    /// variables, or if elements share so much that they have many times as many operations as the function. If the
    /// function is small, write its [`Program::jacobian`](crate::program::Program::jacobian) instead, which has a
    /// number for each pair of an output and an input.
    ///
    /// # Panics
    ///
    /// If a pattern was given, and is not one of this matrix.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Compiled, function};
    ///
    /// let steps = Compiled::new(function!(|x, y: [99]| for (y, x) in y.iter_mut().zip(x.windows(2)) {
    ///     *y = x[1] * x[1] - x[0];
    /// }));
    /// let source = steps.sparse_jacobian_to_rust("steps", &[3.0; 100])?.to_string();
    /// let function = "pub fn steps(inputs: &[f64; 100], outputs: &mut [f64; 99], jacobian: &mut [f64; 198]) {";
    /// assert!(source.contains(function));
    /// assert!(source.contains("pub static STEPS_ROW_STARTS: [u32; 100]"));
    /// assert!(source.contains("pub static STEPS_COLUMNS: [u32; 198]"));
    /// assert!(source.contains("for row in 0..99 {"));
    /// assert!(source.contains("jacobian[2 * row + 1] = y[1];"));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn sparse_jacobian_to_rust(&self, name: &str, x: &[T]) -> Result<CompiledSource<T>, Error>
    where
        F: VectorFunction<T>,
    {
        let stored = self.stored(Wanted::Jacobian, [self.function().outputs(x.len()), self.variables(x, []).len()]);
        matrix_source(name, &self.recorded_results(x), Wanted::Jacobian, stored, self.making.variables)
    }

    /// Value, gradient and Hessian as the Rust function `name`, as
    /// [`sparse_jacobian_to_rust`](Self::sparse_jacobian_to_rust) writes a Jacobian. Both triangles are
    /// written, or the [lower one](Self::with_lower_triangle) alone.
    ///
    /// The function is `fn name(inputs: &[T; N], gradient: &mut [T; N], hessian: &mut [T; P]) -> T`, or returns an
    /// `Option`.
    ///
    /// # Errors
    ///
    /// As [`Program::to_rust`](crate::program::Program::to_rust). Also if an element has more than 128 variables, or if
    /// elements share so much that they have many times as many operations as the function. A sum that is compared by a
    /// branch is one element.
    ///
    /// # Panics
    ///
    /// If a pattern was given, and is not one of this matrix.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Compiled, function};
    ///
    /// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| x[0] * x[1]).sum::<F>()));
    /// let source = chain.sparse_hessian_to_rust("chain", &[2.0; 100])?.to_string();
    /// let function = "pub fn chain(inputs: &[f64; 100], gradient: &mut [f64; 100], hessian: &mut [f64; 198]) -> f64 {";
    /// assert!(source.contains(function));
    /// assert!(source.contains("pub static CHAIN_COLUMNS: [u32; 198]"));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn sparse_hessian_to_rust(&self, name: &str, x: &[T]) -> Result<CompiledSource<T>, Error>
    where
        F: Function<T>,
    {
        let stored = self.stored(Wanted::Hessian, [self.variables(x, []).len(); 2]);
        matrix_source(name, &self.recorded(x), Wanted::Hessian, stored, self.making.variables)
    }
}

fn matrix_source<T: Precision>(
    name: &str,
    graph: &Graph<T>,
    wanted: Wanted,
    stored: Stored<'_>,
    variables: Variables,
) -> Result<CompiledSource<T>, Error> {
    let source = compiled_here!(
        fn(&str, &Graph<T>, Wanted, Stored<'_>, Variables) -> Result<CompiledSource<T>, Error> = matrix::source
    );
    source(name, graph, wanted, stored, variables)
}
