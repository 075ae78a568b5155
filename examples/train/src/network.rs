//! A trained network in either precision.

use gradtape::Real;
use gradtape::nn::Mlp;
use gradtape::program::{Expr, Precision as Float, Program};
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::console::Console;
use crate::options::Precision;
use crate::outputs::outputs;
use crate::plot::Losses;
use crate::run::{Result, number, plain};
use crate::training::{self, Training};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Network {
    F32(Mlp<f32>),
    F64(Mlp<f64>),
}

impl Network {
    pub(crate) fn train(
        training: &Training<'_>,
        rng: &mut Xoshiro256PlusPlus,
        console: &mut Console<'_>,
    ) -> Result<(Self, Losses)> {
        Ok(match training.options.precision {
            Precision::F32 => {
                let (network, losses) = training::train(training, rng, console)?;
                (Self::F32(network), losses)
            }
            Precision::F64 => {
                let (network, losses) = training::train(training, rng, console)?;
                (Self::F64(network), losses)
            }
        })
    }

    /// The scores of the classes, or the standardised number, for each row of standardised features.
    pub(crate) fn outputs<'a>(&self, rows: impl Iterator<Item = &'a [f64]>) -> Result<Vec<Vec<f64>>> {
        match self {
            Self::F32(network) => outputs(network, rows),
            Self::F64(network) => outputs(network, rows),
        }
    }

    /// The probabilities of the classes, or the standardised number, for a row of standardised features.
    pub(crate) fn predict(&self, row: &[f64]) -> Result<Vec<f64>> {
        match self {
            Self::F32(network) => predict_in(network, row),
            Self::F64(network) => predict_in(network, row),
        }
    }

    /// The source of a function `network` that takes and returns what [`predict`](Self::predict) does. It computes in
    /// f64.
    pub(crate) fn to_rust(&self) -> Result<String> {
        match self {
            Self::F32(network) => to_rust(&network.map(f64::from)),
            Self::F64(network) => to_rust(network),
        }
    }

    pub(crate) fn inputs(&self) -> usize {
        match self {
            Self::F32(network) => network.inputs(),
            Self::F64(network) => network.inputs(),
        }
    }

    pub(crate) fn width(&self) -> usize {
        match self {
            Self::F32(network) => network.outputs(),
            Self::F64(network) => network.outputs(),
        }
    }

    pub(crate) fn is_finite(&self) -> bool {
        match self {
            Self::F32(network) => network.parameters().iter().all(|w| w.is_finite()),
            Self::F64(network) => network.parameters().iter().all(|w| w.is_finite()),
        }
    }

    /// Its layers, the number of its parameters and its precision.
    pub(crate) fn describe(&self) -> String {
        let (layers, parameters, precision) = match self {
            Self::F32(network) => (network.to_string(), network.parameters().len(), "f32"),
            Self::F64(network) => (network.to_string(), network.parameters().len(), "f64"),
        };
        format!("{layers}, {parameters} parameters in {precision}")
    }
}

/// The outputs of a network; those of several classes as probabilities.
fn prediction<F: Real>(network: &Mlp<F>, x: &[F]) -> Result<Vec<F>> {
    let outputs = network.forward(x)?;
    Ok(if outputs.len() > 1 { F::softmax(&outputs) } else { outputs })
}

fn predict_in<T: Float>(network: &Mlp<T>, row: &[f64]) -> Result<Vec<f64>> {
    let x: Vec<T> = row.iter().map(|&x| number(x)).collect();
    Ok(prediction(network, &x)?.into_iter().map(plain).collect())
}

fn to_rust(network: &Mlp<f64>) -> Result<String> {
    let predict = |x: &[Expr<f64>]| {
        let network = network.map(Expr::constant);
        prediction(&network, x).expect("a network takes as many numbers as it has inputs")
    };
    Ok(Program::record(predict, &vec![0.0; network.inputs()]).to_rust("network")?.to_string())
}
