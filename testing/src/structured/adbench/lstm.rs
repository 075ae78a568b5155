//! The loss of a recurrent network that predicts characters.

use gradtape::{Function, Plain, Real};

use crate::number;
use crate::structured::real;
use crate::workloads::Draws;

/// `ADBench`'s LSTM: layers of cells read one character after the other, and predict the next one.
///
/// A character is a row of bits, and each layer has a cell `c` and an output `h` for each bit. From the layer's input
/// `u` and its last output, gates are computed bit by bit: forget and outgate are `σ(w u + b)`, ingate is `σ(w h + b)`,
/// and change is `tanh(w h + b)`. Then `c` becomes `c·forget + ingate·change`, and `h` becomes `outgate·tanh(c)`. The
/// input of the first layer is the character with weights, and the prediction `p` is the last output with weights and
/// biases. The loss is the mean of `-g (p - ln(2 + Σ exp p))`, with the bits `g` of the next character.
///
/// The variables are, for each layer, the weights of forget, ingate, outgate and change, then their biases; and after
/// all layers, the weights of the input, and weights and biases of the prediction.
pub struct Lstm {
    /// For each layer the output and the cells before the first character.
    pub states: Vec<[Vec<f64>; 2]>,
    pub sequence: Vec<Vec<f64>>,
}

impl Lstm {
    /// The problem of so many layers, of characters of so many bits, in a sequence of so many characters, and a
    /// starting point. `ADBench`'s file `lstm_l2_c1024.txt` has 2 layers and 1024 characters of 14 bits.
    pub fn new(layers: usize, characters: usize, length: usize) -> (Self, Vec<f64>) {
        let mut draws = Draws::new();
        let mut positive = || -> Vec<f64> { draws.take(characters).iter().map(|draw| 0.5 + 0.5 * draw).collect() };
        let x = (0..8 * layers + 3).flat_map(|_| positive()).collect();
        let states = (0..layers).map(|_| [positive(), positive()]).collect();
        let sequence = (0..length).map(|_| positive().into_iter().map(f64::round).collect()).collect();
        (Self { states, sequence }, x)
    }
}

/// The output and the cells of a layer, after one character.
struct State<F> {
    outputs: Vec<F>,
    cells: Vec<F>,
}

impl<F: Real> State<F> {
    fn read(&mut self, parameters: &[F], inputs: &[F]) {
        let bits = inputs.len();
        let (weights, biases) = parameters.split_at(4 * bits);
        for i in 0..bits {
            let gate = |k: usize, x: F| x * weights[k * bits + i] + biases[k * bits + i];
            let forget = gate(0, inputs[i]).sigmoid();
            let ingate = gate(1, self.outputs[i]).sigmoid();
            let outgate = gate(2, inputs[i]).sigmoid();
            let change = gate(3, self.outputs[i]).tanh();
            self.cells[i] = self.cells[i] * forget + ingate * change;
            self.outputs[i] = outgate * self.cells[i].tanh();
        }
    }
}

impl<T: Plain> Function<T> for Lstm {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let bits = self.sequence[0].len();
        let constants = |data: &[f64]| -> Vec<F> { data.iter().map(|&x| F::constant(number(x))).collect() };
        let (layers, ends) = x.split_at(8 * bits * self.states.len());
        let (first, last) = ends.split_at(bits);
        let state = |[outputs, cells]: &[Vec<f64>; 2]| State { outputs: constants(outputs), cells: constants(cells) };
        let mut states: Vec<State<F>> = self.states.iter().map(state).collect();

        let mut sum = F::zero();
        for pair in self.sequence.windows(2) {
            let mut signals: Vec<F> = constants(&pair[0]).iter().zip(first).map(|(&x, &w)| x * w).collect();
            for (state, parameters) in states.iter_mut().zip(layers.chunks(8 * bits)) {
                state.read(parameters, &signals);
                signals.clone_from(&state.outputs);
            }
            let predictions: Vec<F> = (0..bits).map(|i| signals[i] * last[i] + last[bits + i]).collect();
            let exponentials: F = predictions.iter().map(|p| p.exp()).sum();
            let normalizer = (exponentials + number::<T>(2.0)).ln();
            for (&prediction, &bit) in predictions.iter().zip(&pair[1]) {
                sum += (prediction - normalizer) * number::<T>(bit);
            }
        }
        -sum / number::<T>(real((self.sequence.len() - 1) * bits))
    }
}
