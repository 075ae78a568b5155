//! The Hessian times a vector: the gradient of the derivative along the vector.

use super::gradient::GradientPlan;
use super::making::Making;
use super::matrix::{Collected, MatrixPlan, Stored, Wanted};
use super::run::Branched;
use super::variables::Variables;
use crate::program::graph::Graph;
use crate::program::options::Options;
use crate::program::precision::Precision;
use crate::program::transform::forward::forward;
use crate::program::transform::{Selected, pruned};

/// The product takes a driver the time of so many gradients.
const GRADIENTS: usize = 2;

/// How the product of a Hessian and a vector is computed.
pub(crate) enum Along<T> {
    /// As the sum of those of small elements.
    Elements(Box<MatrixPlan<T>>),
    /// The gradient of the derivative along the vector, which is a function of the point and the vector.
    Slope { slope: Box<GradientPlan<T>>, point: Vec<T> },
}

impl<T: Precision> Along<T> {
    /// The plan of a graph whose nodes are all needed, of one output; or none if a driver is faster and it need not be
    /// made `always`.
    pub(crate) fn of(graph: &Graph<T>, making: Making) -> Option<Self> {
        if let Some(plan) = MatrixPlan::of(graph, Wanted::HessianTimesVector, Stored::default(), making) {
            return Some(Self::Elements(Box::new(plan)));
        }
        let variables = making.variables.of(graph.inputs as usize);
        let directions = Selected { outputs: vec![0], parameters: Vec::new(), inputs: variables.clone().collect() };
        let mut slope = forward(graph, Options::new(), &directions);
        slope.outputs.remove(0);
        let point = vec![T::zero(); slope.inputs as usize];
        let by_point = Making { variables: Variables::new(variables), ..making };
        let slope = GradientPlan::of(&pruned(&slope, Options::new()), GRADIENTS * graph.operations(), by_point)?;
        Some(Self::Slope { slope: Box::new(slope), point })
    }

    /// Writes the product. Returns whether value and gradient were written as well, if these are collected.
    pub(crate) fn evaluate(&mut self, [x, v]: [&[T]; 2], collected: Collected<'_, T>) -> Result<bool, Branched> {
        match self {
            Self::Elements(plan) => plan.evaluate([x, v], collected, None).map(|()| true),
            Self::Slope { slope, point } => {
                let (front, back) = point.split_at_mut(x.len());
                front.copy_from_slice(x);
                back.copy_from_slice(v);
                slope.gradient(point, collected.product)?;
                Ok(false)
            }
        }
    }
}

impl<T> Along<T> {
    /// How many elements each template has, and how many operations an element.
    pub(crate) fn templates(&self) -> Vec<[usize; 2]> {
        match self {
            Self::Elements(plan) => plan.templates().collect(),
            Self::Slope { slope, .. } => slope.templates().collect(),
        }
    }
}
