//! The training loop.

use rand::Rng;
use rand::seq::SliceRandom;

use super::engine::{self, BatchRunner};
use super::ranks::Ranks;
use super::{Dataset, Engine, Loss, LossProgram, Mlp, Optimizer, Workspace, number};
use crate::error::Error;
use crate::number::Plain;
use crate::program::{Communicator, Precision, Rows};
use crate::tape::{Gradients, Tape, Value};

/// The number of rows on the tape at once. With more rows, making the parameters variables costs less per row; with
/// fewer, the records stay in the cache.
const ROWS_PER_SWEEP: usize = 16;

/// A network in training, with the memory that it needs: after the first steps nothing is allocated.
///
/// # Examples
///
/// A network that learns to add:
///
/// ```
/// use gradtape::nn::{Activation, Adam, Dataset, Init, Mlp, Target, Trainer};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let rows = vec![0.0, 1.0, 1.0, 1.0, 2.0, 0.0, 2.0, 3.0];
/// let data = Dataset::new(vec!["a".into(), "b".into()], rows, Target::Numbers(vec![1.0, 2.0, 2.0, 5.0]))?;
/// let mut rng = StdRng::seed_from_u64(0);
/// let network = Mlp::<f64>::new(2, &[(1, Activation::Identity)], Init::Xavier, &mut rng)?;
/// let mut trainer = Trainer::new(network, Adam::new(0.05));
/// for _ in 0..500 {
///     trainer.epoch(&data, 2, &mut rng)?;
/// }
/// let sum = trainer.network().forward(&[3.0, 4.0])?[0];
/// assert!((sum - 7.0).abs() < 0.01);
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer<T: Plain, O> {
    network: Mlp<T>,
    optimizer: O,
    /// None is that of the target.
    loss: Option<Loss>,
    /// Computes the epochs, in place of the tape.
    runner: Option<Box<dyn BatchRunner<T>>>,
    /// Those that share the epochs.
    ranks: Option<Ranks<T>>,
    tape: Tape<T>,
    values: Mlp<Value<T>>,
    workspace: Workspace<Value<T>>,
    gradients: Gradients<T>,
    gradient: Vec<T>,
    order: Vec<usize>,
    row: Vec<Value<T>>,
}

impl<T: Plain, O: Optimizer<T>> Trainer<T, O> {
    /// A trainer of the network with the optimiser. Epochs use [`Engine::Program`].
    pub fn new(network: Mlp<T>, optimizer: O) -> Self {
        Self {
            values: network.map(Value::constant),
            gradient: vec![T::zero(); network.parameters().len()],
            network,
            optimizer,
            loss: None,
            runner: engine::program_runner(),
            ranks: None,
            tape: Tape::new(),
            workspace: Workspace::new(),
            gradients: Gradients::new(),
            order: Vec::new(),
            row: Vec::new(),
        }
    }

    /// Sets the engine of the epochs.
    #[must_use]
    pub fn with_engine(self, engine: Engine) -> Self {
        let runner = match engine {
            Engine::Tape => None,
            Engine::Program => engine::program_runner(),
        };
        Self { runner, ..self }
    }

    /// Sets the loss of the epochs. By default it is that [of the target](Loss::of_target).
    #[must_use]
    pub fn with_loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    /// The network in its current state.
    pub fn network(&self) -> &Mlp<T> {
        &self.network
    }

    /// The network in its current state; frees the memory of the training.
    pub fn into_network(self) -> Mlp<T> {
        self.network
    }

    /// The optimiser, to change its rate during the training.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// Makes one optimisation step with the gradient of a loss, computed on the tape. Returns the loss.
    ///
    /// `loss` gets the network over values, and memory for [`Mlp::forward_into`]. If the loss is not finite, neither
    /// the network nor the optimiser changes.
    ///
    /// # Errors
    ///
    /// Those of `loss`; then nothing changes.
    ///
    /// # Panics
    ///
    /// If the loss is a value of another tape.
    pub fn step(
        &mut self,
        loss: impl FnOnce(&Mlp<Value<T>>, &mut Workspace<Value<T>>) -> Result<Value<T>, Error>,
    ) -> Result<T, Error> {
        self.gradient.fill(T::zero());
        let loss = self.sweep(loss)?;
        self.descend(loss);
        Ok(loss)
    }

    /// Returns a loss, and adds its gradient to that of the step.
    #[inline]
    fn sweep(
        &mut self,
        loss: impl FnOnce(&Mlp<Value<T>>, &mut Workspace<Value<T>>) -> Result<Value<T>, Error>,
    ) -> Result<T, Error> {
        self.tape.clear();
        self.network.map_into(&mut self.values, |w| self.tape.var(w));
        let loss = loss(&self.values, &mut self.workspace)?;
        loss.backward_into(&mut self.gradients);
        for (sum, &w) in self.gradient.iter_mut().zip(self.values.parameters()) {
            *sum += self.gradients.wrt(w);
        }
        Ok(loss.data())
    }

    #[inline]
    fn descend(&mut self, loss: T) {
        if loss.is_finite() {
            self.optimizer.step(self.network.parameters_mut(), &self.gradient);
        }
    }

    /// Makes one step for each batch of at most `batch` rows, in random order. Returns the mean loss of all
    /// rows, each at the time of its step.
    ///
    /// Both [engines](Engine) use the same order of rows, and differ by rounding. The tape holds a few rows at a time,
    /// however large the batch is. A program runs on a copy of the batch, a million numbers at a time. A batch whose
    /// loss is not finite changes nothing.
    ///
    /// # Errors
    ///
    /// If `batch` is 0, the number of inputs or outputs of the network does not fit the data, or the loss is not one
    /// for these targets; or if ranks differ, or another rank failed.
    pub fn epoch(&mut self, data: &Dataset, batch: usize, rng: &mut impl Rng) -> Result<T, Error> {
        if batch == 0 {
            return Err(Error::unexpected("batch", "at least 1 row", "0"));
        }
        data.target().check_outputs(self.network.outputs())?;
        let given = self.loss.take();
        let default = Loss::of_target(data.target());
        let loss = given.as_ref().unwrap_or(&default);
        let mean = loss.check(data.target()).and_then(|()| self.epoch_by(loss, data, batch, rng));
        self.loss = given;
        mean
    }

    fn epoch_by(&mut self, loss: &Loss, data: &Dataset, batch: usize, rng: &mut impl Rng) -> Result<T, Error> {
        let (mut order, mut x) = (std::mem::take(&mut self.order), std::mem::take(&mut self.row));
        order.clear();
        order.extend(0..data.len());
        order.shuffle(rng);
        if let Some(ranks) = &mut self.ranks {
            ranks.check_start(&self.network, &format!("{batch} {loss:?} {}", self.runner.is_some()), data, &order)?;
        }
        let mut total = T::zero();
        for rows in order.chunks(batch) {
            let mean = self.batch_gradient(loss, data, rows, &mut x)?;
            self.descend(mean);
            total += mean * number(rows.len());
        }
        if let Some(ranks) = &mut self.ranks {
            ranks.check_network(&self.network)?;
        }
        (self.order, self.row) = (order, x);
        Ok(total / number::<T>(data.len()))
    }

    /// Returns the mean loss of some rows, and leaves its gradient in `self.gradient`.
    fn batch_gradient(
        &mut self,
        loss: &Loss,
        data: &Dataset,
        rows: &[usize],
        x: &mut Vec<Value<T>>,
    ) -> Result<T, Error> {
        let count = number(rows.len());
        let Some(mut ranks) = self.ranks.take() else {
            self.gradient.fill(T::zero());
            return self.add_gradient(loss, data, rows, count, x);
        };
        let result = ranks.sum(rows.len(), |block, sum| {
            self.gradient.fill(T::zero());
            sum[0] = self.add_gradient(loss, data, &rows[block], count, x)?;
            sum[1..].copy_from_slice(&self.gradient);
            Ok(())
        });
        let mean = result.map(|totals| {
            self.gradient.copy_from_slice(&totals[1..]);
            totals[0]
        });
        self.ranks = Some(ranks);
        mean
    }

    /// Returns the sum of the losses of some rows, divided by `count`, and adds its gradient to `self.gradient`.
    fn add_gradient(
        &mut self,
        loss: &Loss,
        data: &Dataset,
        rows: &[usize],
        count: T,
        x: &mut Vec<Value<T>>,
    ) -> Result<T, Error> {
        if let Some(runner) = &mut self.runner {
            return runner.add_gradient(&self.network, loss, data, rows, count, &mut self.gradient);
        }
        let features = data.names().len();
        let mut mean = T::zero();
        for rows in rows.chunks(ROWS_PER_SWEEP) {
            mean += self.sweep(|network, workspace| {
                let mut sum = Value::constant(T::zero());
                for &row in rows {
                    x.resize(data.width(), Value::constant(T::zero()));
                    data.write(row, x);
                    let (x, target) = x.split_at(features);
                    sum += loss.value(network.forward_into(x, workspace)?, target);
                }
                Ok(sum / count)
            })?;
        }
        Ok(mean)
    }
}

impl<T: Precision, O: Optimizer<T>> Trainer<T, O> {
    /// Shares the [epochs](Self::epoch) among the ranks of a communicator. All ranks have the same data, network,
    /// optimiser, batch and random numbers; each computes a part of each batch. The trained network has the same bits
    /// on all ranks, and with any number of ranks: see [the order of sums](Communicator#the-order-of-sums).
    ///
    /// An epoch begins and ends with a check that the ranks do not differ. A batch gives work to at most one rank for
    /// each 64 rows. Single steps are not shared: every rank computes all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Activation, Adam, Dataset, Init, Mlp, Target, Trainer};
    /// use gradtape::program::Alone;
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let x: Vec<f64> = (0..256).map(|k| f64::from(k) / 128.0 - 1.0).collect();
    /// let data = Dataset::new(vec!["x".into()], x.clone(), Target::Numbers(x.iter().map(|x| 2.0 * x).collect()))?;
    /// let mut rng = StdRng::seed_from_u64(0);
    /// let network = Mlp::<f64>::new(1, &[(1, Activation::Identity)], Init::Xavier, &mut rng)?;
    /// let mut trainer = Trainer::new(network, Adam::new(0.05)).with_communicator(Alone);
    /// for _ in 0..200 {
    ///     trainer.epoch(&data, 256, &mut rng)?;
    /// }
    /// assert!((trainer.network().forward(&[0.5])?[0] - 1.0).abs() < 0.01);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn with_communicator(self, communicator: impl Communicator + 'static) -> Self {
        let ranks = Ranks::new(Box::new(communicator), &self.network);
        Self { ranks: Some(ranks), ..self }
    }

    /// Makes one optimisation step with the gradient of a recorded loss over all rows. Returns the loss.
    ///
    /// If the loss is not finite, neither the network nor the optimiser changes.
    ///
    /// # Errors
    ///
    /// If the loss was recorded for a network of another shape or for rows of another width, or if at a row it takes
    /// another branch than at the row with which it was recorded; then nothing changes.
    ///
    /// # Examples
    ///
    /// A network of one neuron that finds the median, not the mean:
    ///
    /// ```
    /// use gradtape::nn::{Activation, LossProgram, Mlp, Sgd, Trainer};
    /// use gradtape::program::Rows;
    ///
    /// let network = Mlp::from_parameters(1, &[(1, Activation::Identity)], vec![0.0_f64, 0.0])?;
    /// let rows = Rows::new(&[1.0, 2.0, 3.0, 5.0, 100.0], 1)?;
    /// let mut error = LossProgram::record(&network, &rows.row(0), |network, row| {
    ///     Ok((network.forward(&[0.0.into()])?[0] - row[0]).abs())
    /// })?
    /// .mean();
    /// let mut trainer = Trainer::new(network, Sgd::new(0.1));
    /// for _ in 0..500 {
    ///     trainer.step_on(&mut error, rows)?;
    /// }
    /// assert!((trainer.network().forward(&[0.0])?[0] - 3.0).abs() < 0.1);
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn step_on(&mut self, loss: &mut LossProgram<T>, rows: Rows<'_, T>) -> Result<T, Error> {
        let Self { network, optimizer, gradient, .. } = self;
        loss.check_shape(network)?;
        loss.with_objective(rows, |objective| optimizer.descend(objective, network.parameters_mut(), gradient))
    }
}
