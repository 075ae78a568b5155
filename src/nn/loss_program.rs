//! Networks with a loss, recorded as programs.

use super::{Dataset, Loss, Mlp};
use crate::error::Error;
use crate::function::Objective;
use crate::program::sum::SumOfRows;
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
/// let mut program = LossProgram::record(&network, &rows.row(0), |network, row| {
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
    /// Records the sum of a loss over the rows of a data set, which [`Dataset::write`] writes.
    ///
    /// # Errors
    ///
    /// If the number of inputs or outputs of the network does not fit the data, or the loss is not one for these
    /// targets.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Activation, Dataset, Loss, LossProgram, Mlp, Sgd, Target, Trainer};
    /// use gradtape::program::Rows;
    ///
    /// let data = Dataset::new(vec!["x".into()], vec![1.0, 2.0, 3.0], Target::Numbers(vec![2.0, 4.0, 6.0]))?;
    /// let mut numbers = vec![0.0; data.len() * data.width()];
    /// numbers.chunks_exact_mut(data.width()).enumerate().for_each(|(row, numbers)| data.write(row, numbers));
    ///
    /// let network = Mlp::from_parameters(1, &[(1, Activation::Identity)], vec![0.0_f64, 0.0])?;
    /// let mut program = LossProgram::of(&network, &Loss::Squared, &data)?.mean();
    /// let mut trainer = Trainer::new(network, Sgd::new(0.1));
    /// for _ in 0..500 {
    ///     trainer.step_on(&mut program, Rows::new(&numbers, data.width())?)?;
    /// }
    /// assert!((trainer.network().forward(&[10.0])?[0] - 20.0).abs() < 0.1);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn of(network: &Mlp<T>, loss: &Loss, data: &Dataset) -> Result<Self, Error> {
        loss.check(data.target())?;
        data.target().check_outputs(network.outputs())?;
        Self::record(network, &vec![T::zero(); data.width()], |network, row| {
            let (x, target) = row.split_at(data.names().len());
            Ok(loss.value(&network.forward(x)?, target))
        })
    }

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

    /// The loss over these rows as an [`Objective`](crate::Objective) of the [parameters](Mlp::parameters) of a
    /// network, for optimisers.
    ///
    /// ```
    /// use gradtape::nn::{Activation, LossProgram, Mlp, loss};
    /// use gradtape::{Objective, program::Rows};
    ///
    /// let network = Mlp::from_parameters(1, &[(1, Activation::Identity)], vec![2.0, 0.0])?;
    /// let error = LossProgram::record(&network, &[1.0, 1.0], |network, row| {
    ///     Ok(loss::sum_of_squares(&network.forward(&row[..1])?, &row[1..]))
    /// })?;
    /// let (objective, mut gradient) = (error.objective(Rows::new(&[1.0, 3.0, 2.0, 4.0], 2)?), [0.0; 2]);
    /// assert_eq!(objective.value_and_gradient(network.parameters(), &mut gradient)?, 1.0);
    /// assert_eq!(gradient, [-2.0, -2.0]);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn objective<'a>(&'a self, rows: Rows<'a, T>) -> impl Objective<T> + use<'a, T> {
        self.objective_in(rows, Workspace::new())
    }

    fn objective_in<'a>(&'a self, rows: Rows<'a, T>, workspace: Workspace<T>) -> SumOfRows<'a, T> {
        let divisor = if self.is_mean { super::number(rows.len()) } else { T::one() };
        SumOfRows::new(&self.program, rows, divisor, workspace)
    }

    pub(super) fn check_shape(&self, network: &Mlp<T>) -> Result<(), Error> {
        if self.shape.has_shape_of(network) {
            return Ok(());
        }
        Err(Error::unexpected("network", format!("{}, which was recorded", self.shape), network.to_string()))
    }

    /// Calls `f` with the objective of these rows, in memory that is kept.
    pub(super) fn with_objective<R>(&mut self, rows: Rows<'_, T>, f: impl FnOnce(&SumOfRows<'_, T>) -> R) -> R {
        let workspace = std::mem::take(&mut self.workspace);
        let objective = self.objective_in(rows, workspace);
        let result = f(&objective);
        self.workspace = objective.into_workspace();
        result
    }

    /// Adds the gradient of the sum, divided by `divisor`, to `gradient`; returns the sum, divided by `divisor`.
    pub(super) fn add_gradient(
        &mut self,
        parameters: &[T],
        rows: Rows<'_, T>,
        divisor: T,
        gradient: &mut [T],
    ) -> Result<T, Error> {
        let workspace = std::mem::take(&mut self.workspace);
        let objective = SumOfRows::new(&self.program, rows, divisor, workspace);
        let result = objective.add(parameters, gradient);
        self.workspace = objective.into_workspace();
        result
    }
}
