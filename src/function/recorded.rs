//! Programs as functions.

use super::{Function, VectorFunction};
use crate::error::Error;
use crate::number::Real;
use crate::program::graph::Graph;
use crate::program::graph::custom::Custom;
use crate::program::transform::express::written;
use crate::program::{Options, Precision, Program};

/// A program as a function of any number, by [`Program::into_function`].
#[derive(Clone, Debug)]
pub struct RecordedFunction<T> {
    graph: Graph<T>,
}

impl<T: Precision> Program<T> {
    /// The program as a [`Function`], if it has one output, and as a [`VectorFunction`]. Its inputs are the parameters,
    /// then the inputs. So a program that was read from a file has all derivatives of a [`Driver`](crate::Driver), can
    /// be [checked](crate::check), and a [`Compiled`](crate::Compiled) finds its elements, which takes less time than
    /// reading it.
    ///
    /// # Errors
    ///
    /// If the outputs are sums over rows, or the program calls a custom operation without an
    /// [expression](crate::CustomOperation::expression).
    ///
    /// # Panics
    ///
    /// The function panics if a comparison comes out otherwise than when it was recorded, and if it is given another
    /// number of inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "compiled")] {
    /// use gradtape::program::{Expr, Program};
    /// use gradtape::{Compiled, Function};
    ///
    /// let energy = |x: &[Expr<f64>]| x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2)).sum::<Expr<f64>>();
    /// let chain = Program::record(energy, &[0.0; 1000]);
    /// let chain = chain.into_function()?; // perhaps in another program, which has read it
    /// assert_eq!(chain.gradient(&[2.0; 1000])[..2], [16.0, 12.0]);
    /// let compiled = Compiled::new(chain);
    /// assert_eq!(compiled.gradient(&[2.0; 1000], &mut [0.0; 1000]), 4.0 * 999.0);
    /// assert_eq!(compiled.recordings().elements, [[999, 3]]);
    /// # }
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn into_function(self) -> Result<RecordedFunction<T>, Error> {
        if self.is_of_sum() {
            let found = "sums over rows; make a function of the program that was differentiated";
            return Err(Error::unexpected("program", "outputs of one row", found));
        }
        let graph = self.into_needed();
        let graph = written(&graph, Options::new(), false)?.into_owned();
        Ok(RecordedFunction { graph })
    }
}

impl<T: Precision> RecordedFunction<T> {
    #[track_caller]
    fn results<F: Real<Plain = T>>(&self, x: &[F]) -> impl Iterator<Item = F> {
        let graph = &self.graph;
        let (parameters, inputs) = (graph.parameters as usize, graph.inputs as usize);
        assert_eq!(x.len(), parameters + inputs, "the recorded function has {} inputs", parameters + inputs);
        let (parameters, inputs) = x.split_at(parameters);
        let special = |custom: &_, x: &[F]| Custom::applied(custom, x).expect("other operations were expressed");
        let values = graph.evaluate(parameters, inputs, special, |x| x);
        if !graph.guards().iter().all(|guard| guard.holds(|operand| values[operand.index()])) {
            let plain: Vec<T> = values.iter().map(|value| value.data()).collect();
            let checked = graph.check_guards(&plain, "recorded function", "a point", false);
            panic!("{}", checked.expect_err("a comparison of the same numbers fails"));
        }
        graph.outputs.iter().map(move |output| values[output.index()])
    }
}

impl<T: Precision> Function<T> for RecordedFunction<T> {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let outputs = self.graph.outputs.len();
        assert_eq!(outputs, 1, "the recorded function has {outputs} outputs; use it as a `VectorFunction`");
        self.results(x).next().expect("there is one output")
    }
}

impl<T: Precision> VectorFunction<T> for RecordedFunction<T> {
    fn outputs(&self, _: usize) -> usize {
        self.graph.outputs.len()
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(self.results(x)).for_each(|(y, result)| *y = result);
    }
}
