//! Networks with a loss, recorded as programs.

use super::Mlp;
use crate::error::Error;
use crate::program::{Expr, Precision, Program, Rows, Workspace};

/// A network with a loss of your own, recorded once as a [`Program`] of its gradient, for
/// [`Trainer::step_on`](super::Trainer::step_on).
///
/// A row contains all data of the loss of one example: usually the inputs of the network, then the targets. The
/// parameters of the network may change from step to step, but not its shape.
///
/// # Examples
///
/// The four rows of [micrograd's network](super), whose last number is the target:
///
/// ```
/// use gradtape::nn::{Activation, Init, LossProgram, Mlp, Sgd, Trainer, loss};
/// use gradtape::program::Rows;
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let rows = [2.0, 3.0, -1.0, 1.0, 3.0, -1.0, 0.5, -1.0, 0.5, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0];
/// let rows = Rows::new(&rows, 4)?;
/// let shape = [(4, Activation::Tanh), (4, Activation::Tanh), (1, Activation::Tanh)];
/// let network = Mlp::<f64>::new(3, &shape, Init::Uniform, &mut StdRng::seed_from_u64(1))?;
///
/// let mut program = LossProgram::record(&network, rows.row(0), |network, row| {
///     Ok(loss::sum_of_squares(&network.forward(&row[..3])?, &row[3..]))
/// })?;
/// let mut trainer = Trainer::new(network, Sgd::new(0.05));
/// let first = trainer.step_on(&mut program, rows)?;
/// for _ in 0..50 {
///     trainer.step_on(&mut program, rows)?;
/// }
/// assert!(trainer.step_on(&mut program, rows)? < 0.2 * first);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Debug)]
pub struct LossProgram<T: Precision> {
    /// The recorded network, without its parameters.
    shape: Mlp<()>,
    /// The sum of the losses, and its gradient by all parameters.
    program: Program<T>,
    workspace: Workspace<T>,
    is_mean: bool,
}

impl<T: Precision> LossProgram<T> {
    /// Records the sum of the losses of all rows. `loss` gets the network and a row.
    ///
    /// `row` is an example of a row. If `loss` branches, the program follows the path of this row, and later accepts
    /// only rows that take the same path. A loss without comparisons accepts all rows.
    ///
    /// # Errors
    ///
    /// Those of `loss`.
    ///
    /// # Panics
    ///
    /// If the result of `loss` was not computed from its arguments.
    #[track_caller]
    pub fn record(
        network: &Mlp<T>,
        row: &[T],
        loss: impl FnOnce(&Mlp<Expr<T>>, &[Expr<T>]) -> Result<Expr<T>, Error>,
    ) -> Result<Self, Error> {
        let mut recorded = network.map(Expr::constant);
        let mut error = None;
        let record = |parameters: &[Expr<T>], row: &[Expr<T>]| {
            recorded.parameters_mut().copy_from_slice(parameters);
            loss(&recorded, row).unwrap_or_else(|failure| {
                error = Some(failure);
                Expr::constant(T::nan())
            })
        };
        let program = Program::record_with(record, network.parameters(), row);
        match error {
            Some(error) => Err(error),
            None => Ok(Self {
                shape: network.map(|_| ()),
                program: program.gradient_of_sum(),
                workspace: Workspace::new(),
                is_mean: false,
            }),
        }
    }

    /// Uses the mean over all rows instead of the sum.
    #[must_use]
    pub fn mean(self) -> Self {
        Self { is_mean: true, ..self }
    }

    /// Returns the loss, and writes its gradient to `gradient`.
    pub(super) fn gradient(&mut self, network: &Mlp<T>, rows: Rows<'_, T>, gradient: &mut [T]) -> Result<T, Error> {
        if !self.shape.has_shape_of(network) {
            let expected = format!("{}, which was recorded", self.shape);
            return Err(Error::unexpected("network", expected, network.to_string()));
        }
        let count = if self.is_mean { super::number(rows.len()) } else { T::one() };
        gradient.fill(T::zero());
        self.add_gradient(network.parameters(), rows, count, gradient)
    }

    /// Adds the gradient of the sum, divided by `count`, to `gradient`; returns the sum, divided by `count`.
    pub(super) fn add_gradient(
        &mut self,
        parameters: &[T],
        rows: Rows<'_, T>,
        count: T,
        gradient: &mut [T],
    ) -> Result<T, Error> {
        let totals = self.program.run(parameters, rows, &mut self.workspace)?.totals();
        gradient.iter_mut().zip(&totals[1..]).for_each(|(sum, &slope)| *sum += slope / count);
        Ok(totals[0] / count)
    }
}
