//! The loss of a batch as programs: each part of the model is recorded once, and runs on all rows.

use std::ops::Range;

use gradtape::Error;
use gradtape::nn::loss;
use gradtape::program::{Expr, Index, Precision, Program, Results, Rows, Workspace};

use super::batch::Batch;
use super::model::{HEAD, HEADS, OF_PREDICT, OF_PROJECT, WIDTH, attend, predict, project};
use super::names::TOKENS;

/// The inputs of the first and of the last part: two vectors.
const INPUTS: usize = 2 * WIDTH;
/// The query, the key and the value of a head.
const OF_HEAD: usize = 3 * HEAD;
/// The results of the first part.
const PROJECTED: usize = WIDTH + HEADS * OF_HEAD;

/// The programs, and their memory.
pub(crate) struct Recorded<T> {
    project: Program<T>,
    /// Of the sum of its results, each times its adjoint.
    project_back: Derivatives<T>,
    /// For names of one place, of two, and so on.
    attend: Vec<Attend<T>>,
    /// Of the loss of the predictions.
    predict_back: Derivatives<T>,
    workspace: Workspace<T>,
    /// A row for each prediction: the inputs of the last part, and the adjoints of the results of the first one.
    predictions: Vec<T>,
    /// A row for each pair: query, key and value of each place, and the adjoints of the results of attention.
    pairs: Vec<T>,
}

/// The derivatives of a part: of each row by some inputs, and of the sum over the rows by all weights.
struct Derivatives<T> {
    by_inputs: Program<T>,
    by_weights: Program<T>,
}

impl<T: Precision> Derivatives<T> {
    /// Records a part. It has no branch, so any numbers will do.
    fn new(
        part: impl FnOnce(&[Expr<T>], &[Expr<T>]) -> Expr<T>,
        weights: usize,
        width: usize,
        inputs: Range<usize>,
    ) -> Self {
        let program = Program::record_with(part, &vec![T::zero(); weights], &vec![T::zero(); width]);
        Self { by_inputs: program.wrt([], inputs).gradient(), by_weights: program.gradient_of_sum() }
    }
}

struct Attend<T> {
    forward: Program<T>,
    back: Program<T>,
}

impl<T: Precision> Attend<T> {
    /// Records the attention of one head to all places of a name.
    fn new(places: usize) -> Self {
        let part = |x: &[Expr<T>]| {
            let mut seen = Vec::new();
            x.chunks_exact(OF_HEAD).flat_map(|numbers| attend(numbers, &mut seen)).collect::<Vec<_>>()
        };
        let forward = Program::record(part, &vec![T::zero(); OF_HEAD * places]);
        Self { back: forward.pullback(), forward }
    }
}

/// Where a table has the columns of its rows.
fn columns(count: usize, rows: usize) -> Result<Index, Error> {
    let first: Vec<usize> = (0..count).map(|column| column * rows).collect();
    Index::moving(&first, 1, rows)
}

/// Copies results from `first` on to the first columns of a table.
fn copy_columns<T: Precision>(results: Results<'_, T>, first: usize, count: usize, to: &mut [T]) {
    for (k, to) in to.chunks_exact_mut(results.len()).take(count).enumerate() {
        to.copy_from_slice(results.column(first + k));
    }
}

impl<T: Precision> Recorded<T> {
    pub(crate) fn new() -> Self {
        let projected = |weights: &[Expr<T>], x: &[Expr<T>]| project(weights, &x[..WIDTH], &x[WIDTH..]);
        let weighted = |weights: &[Expr<T>], x: &[Expr<T>]| {
            let (adjoints, x) = x.split_at(PROJECTED);
            Expr::dot(&projected(weights, x), adjoints)
        };
        let loss = |weights: &[Expr<T>], x: &[Expr<T>]| {
            let (inputs, target) = x.split_at(INPUTS);
            let scores = predict(weights, &inputs[..WIDTH], &inputs[WIDTH..]);
            loss::soft_cross_entropy(&scores, &target[..TOKENS]) * target[TOKENS]
        };
        let (weights, width) = (OF_PROJECT.len(), PROJECTED + INPUTS);
        Self {
            project: Program::record_with(projected, &vec![T::zero(); weights], &[T::zero(); INPUTS]),
            project_back: Derivatives::new(weighted, weights, width, PROJECTED..width),
            attend: Vec::new(),
            predict_back: Derivatives::new(loss, OF_PREDICT.len(), INPUTS + TOKENS + 1, 0..INPUTS),
            workspace: Workspace::new(),
            predictions: Vec::new(),
            pairs: Vec::new(),
        }
    }

    /// The loss of a batch; writes its gradient.
    pub(crate) fn gradient(&mut self, parameters: &[T], batch: &Batch, gradient: &mut [T]) -> Result<T, Error> {
        self.attend.extend((self.attend.len() + 1..=batch.places()).map(Attend::new));
        self.predictions.resize((INPUTS + PROJECTED) * batch.predictions(), T::zero());
        // Pairs whose names are shorter read and add zeros.
        self.pairs.clear();
        self.pairs.resize((OF_HEAD + HEAD) * batch.places() * batch.pairs(), T::zero());
        gradient.fill(T::zero());

        let vectors = batch.vectors(parameters);
        let vectors = Rows::new(&vectors, INPUTS)?;
        self.forward(&parameters[OF_PROJECT], batch, vectors)?;
        let loss = self.predict(&parameters[OF_PREDICT], batch, &mut gradient[OF_PREDICT])?;
        self.back(&parameters[OF_PROJECT], batch, vectors, gradient)?;
        Ok(loss)
    }

    /// Computes the inputs of the last part.
    fn forward(&mut self, weights: &[T], batch: &Batch, vectors: Rows<'_, T>) -> Result<(), Error> {
        let Self { project, attend, workspace, predictions, pairs, .. } = self;
        let results = project.run(weights, vectors, workspace)?;
        copy_columns(results, 0, WIDTH, predictions);
        batch.to_pairs(OF_HEAD, |k| results.column(WIDTH + k), pairs);

        let heads = columns(OF_HEAD * batch.places(), batch.pairs())?;
        let results = attend[batch.places() - 1].forward.run(&[], Rows::gathered(pairs, &heads)?, workspace)?;
        batch.to_predictions(HEAD, |k| results.column(k), &mut predictions[WIDTH * batch.predictions()..]);
        Ok(())
    }

    /// The loss; writes its derivatives by the weights of the last part, and computes the adjoints of its inputs.
    fn predict(&mut self, weights: &[T], batch: &Batch, gradient: &mut [T]) -> Result<T, Error> {
        let Self { predict_back, workspace, predictions, pairs, .. } = self;
        let (inputs, adjoints) = predictions.split_at_mut(INPUTS * batch.predictions());
        let (index, targets) = (columns(INPUTS, batch.predictions())?, batch.targets());
        let rows = Rows::new(&targets, TOKENS + 1)?.behind(inputs, &index)?;
        let totals = predict_back.by_weights.run(weights, rows, workspace)?.totals();
        let loss = totals[0];
        gradient.copy_from_slice(&totals[1..]);

        let results = predict_back.by_inputs.run(weights, rows, workspace)?;
        copy_columns(results, 1, WIDTH, adjoints);
        let attended = OF_HEAD * batch.places() * batch.pairs();
        batch.to_pairs(HEAD, |k| results.column(1 + WIDTH + k), &mut pairs[attended..]);
        Ok(loss)
    }

    /// Writes the derivatives by the weights of the first part, and by the vectors.
    fn back(&mut self, weights: &[T], batch: &Batch, vectors: Rows<'_, T>, gradient: &mut [T]) -> Result<(), Error> {
        let Self { project_back, attend, workspace, predictions, pairs, .. } = self;
        let adjoints = &mut predictions[INPUTS * batch.predictions()..];
        let heads = columns((OF_HEAD + HEAD) * batch.places(), batch.pairs())?;
        let results = attend[batch.places() - 1].back.run(&[], Rows::gathered(pairs, &heads)?, workspace)?;
        let first = HEAD * batch.places();
        batch.to_predictions(OF_HEAD, |k| results.column(first + k), &mut adjoints[WIDTH * batch.predictions()..]);

        let index = columns(PROJECTED, batch.predictions())?;
        let rows = vectors.behind(adjoints, &index)?;
        let totals = project_back.by_weights.run(weights, rows, workspace)?.totals();
        gradient[OF_PROJECT].copy_from_slice(&totals[1..]);
        batch.add_to_vectors(project_back.by_inputs.run(weights, rows, workspace)?, 1, gradient);
        Ok(())
    }
}
