//! Claims about networks, losses and optimisers, in both precisions.

use gradtape::nn::{Activation, Adam, Init, Layer, Mlp, Neuron, Optimizer, Sgd, Trainer, Workspace, loss};
use gradtape::{Plain, Real, Tape, Value, gradient};
use num_traits::Float;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use testing::activations::activations;

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn tanh_layers<const N: usize>(widths: [usize; N]) -> [(usize, Activation); N] {
    widths.map(|width| (width, Activation::Tanh))
}

fn assert_near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} is not near {b}");
}

/// The gradient by central differences, accurate to about 1e-9.
fn differences(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let h = 1e-4;
    let shifted = |i: usize, by: f64| {
        let mut x = x.to_vec();
        x[i] += by;
        f(&x)
    };
    let central = |i, h| (shifted(i, h) - shifted(i, -h)) / (2.0 * h);
    (0..x.len()).map(|i| (4.0 * central(i, h) - central(i, 2.0 * h)) / 3.0).collect()
}

#[test]
fn parameters_are_ordered_by_layer_and_neuron_with_the_bias_last() {
    let network = Mlp::from_parameters(2, &tanh_layers([3, 1]), (0..13).map(f64::from).collect()).unwrap();
    let layers: Vec<_> = network.layers().collect();
    assert_eq!(layers[0].parameters(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let neurons: Vec<_> = layers[0].neurons().collect();
    assert_eq!((neurons[1].weights(), *neurons[1].bias()), (&[3.0, 4.0][..], 5.0));
    assert_eq!((layers[1].inputs(), layers[1].outputs()), (3, 1));
    assert_eq!(layers[1].parameters(), [9.0, 10.0, 11.0, 12.0]);
    assert_eq!((network.inputs(), network.outputs()), (2, 1));
    assert_eq!((layers[0].activation(), neurons[1].activation()), (Activation::Tanh, Activation::Tanh));
    assert_eq!(neurons[1].inputs(), 2);
}

#[test]
fn map_goes_to_values_and_back_in_order() {
    let network = Mlp::<f32>::new(3, &tanh_layers([4, 2]), Init::Xavier, &mut rng(1)).unwrap();
    let tape = Tape::new();
    let mut values = network.map(|w| tape.var(w));
    assert_eq!(values.map(Value::data).parameters(), network.parameters());
    let other = Mlp::<f32>::new(5, &tanh_layers([1]), Init::Xavier, &mut rng(1)).unwrap();
    other.map_into(&mut values, Value::constant);
    assert_eq!(values.to_string(), "5 -> 1 tanh");
    assert_eq!(values.map(Value::data).parameters(), other.parameters());
}

#[test]
fn a_network_is_its_layers_and_a_layer_its_neurons() {
    for activation in activations() {
        let shape = [(4, activation), (3, Activation::Tanh), (2, activation)];
        let network = Mlp::<f64>::new(3, &shape, Init::Uniform, &mut rng(2)).unwrap();
        let x = [0.5, -1.5, 2.0];
        let mut by_layers = x.to_vec();
        let mut by_hand = x.to_vec();
        for layer in network.layers() {
            by_layers = layer.forward(&by_layers).unwrap();
            by_hand = layer.neurons().map(|neuron| neuron.forward(&by_hand).unwrap()).collect();
        }
        let outputs = network.forward(&x).unwrap();
        assert_eq!(outputs, by_layers);
        assert_eq!(outputs, by_hand);
        let tape = Tape::new();
        let values = network.map(|w| tape.var(w)).forward(&x.map(Value::from)).unwrap();
        assert!(values.iter().zip(&outputs).all(|(value, output)| value.data() == *output), "{activation}");
    }
}

#[test]
fn a_neuron_is_its_formula() {
    let neuron = Neuron::new(&[2.0, -3.0], 0.5, Activation::Tanh);
    assert_eq!(neuron.forward(&[1.0, 0.25]).unwrap(), 1.75_f64.tanh());
}

#[test]
fn display_shows_the_architecture() {
    let network = Mlp::<f64>::new(3, &tanh_layers([4, 4, 1]), Init::Uniform, &mut rng(1)).unwrap();
    assert_eq!(network.to_string(), "3 -> 4 tanh -> 4 tanh -> 1 tanh");
    assert_eq!(network.layers().next().unwrap().to_string(), "3 -> 4 tanh");
    assert_eq!(network.layers().next().unwrap().neurons().next().unwrap().to_string(), "3 -> 1 tanh");
}

#[test]
fn wrong_widths_are_errors_that_name_the_layer_and_both_widths() {
    let network = Mlp::<f64>::new(3, &tanh_layers([2]), Init::Uniform, &mut rng(1)).unwrap();
    let layer = network.layers().next().unwrap();
    let neuron = layer.neurons().next().unwrap();
    for (error, message) in [
        (network.forward(&[1.0]).unwrap_err(), "layer 1 of the network: expected 3 inputs, found 1"),
        (
            network.forward_into(&[], &mut Workspace::new()).unwrap_err(),
            "layer 1 of the network: expected 3 inputs, found 0",
        ),
        (layer.forward(&[1.0; 4]).unwrap_err(), "layer: expected 3 inputs, found 4"),
        (neuron.forward(&[1.0; 2]).unwrap_err(), "neuron: expected 3 inputs, found 2"),
        (
            Layer::new(&[1.0; 5], 2, Activation::Tanh).unwrap_err(),
            "layer: expected parameters for neurons of 2 weights and a bias, found 5 parameters",
        ),
        (
            Layer::new(&[1.0; 5], usize::MAX, Activation::Tanh).unwrap_err(),
            "layer: expected parameters for neurons of 18446744073709551615 weights and a bias, found 5 parameters",
        ),
        (Mlp::from_parameters(1, &tanh_layers([1]), vec![1.0]).unwrap_err(), "network: expected 2 parameters, found 1"),
        (
            Mlp::<f64>::new(0, &tanh_layers([1]), Init::He, &mut rng(1)).unwrap_err(),
            "network: expected at least 1 input, found 0",
        ),
        (Mlp::<f64>::new(1, &[], Init::He, &mut rng(1)).unwrap_err(), "network: expected at least 1 layer, found 0"),
        (
            Mlp::<f64>::new(1, &tanh_layers([3, 0]), Init::He, &mut rng(1)).unwrap_err(),
            "layer 2 of the network: expected at least 1 neuron, found 0",
        ),
    ] {
        assert_eq!(error.to_string(), message);
        assert_eq!(format!("{error:?}"), message);
    }
    for widths in [[usize::MAX, 1], [usize::MAX / 8, 1], [1 << 40, 1 << 40]] {
        let error = Mlp::<f64>::new(1, &tanh_layers(widths), Init::He, &mut rng(1)).unwrap_err();
        assert!(error.to_string().contains("expected widths that memory has room for"), "{error}");
    }
}

#[test]
fn errors_go_to_other_threads() {
    fn sent<T: Send + Sync + std::error::Error + 'static>() {}
    sent::<gradtape::Error>();
}

#[test]
fn activations_are_read_as_they_are_written() {
    for activation in activations() {
        assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
    }
    for wrong in ["", "Tanh", "tanh(1)", "elu(", "elu()", "elu(x)", "elu(NaN)", "elu(1e999)", "leaky_relu(1)x", "(1)"] {
        assert!(wrong.parse::<Activation>().is_err(), "{wrong}");
    }
}

#[test]
fn first_weights_have_the_promised_distribution_and_biases_are_zero() {
    for (init, bound, deviation) in [
        (Init::Uniform, 1.0, (1.0_f64 / 3.0).sqrt()),
        (Init::Xavier, f64::INFINITY, (2.0_f64 / (100.0 + 300.0)).sqrt()),
        (Init::He, f64::INFINITY, (2.0_f64 / 100.0).sqrt()),
    ] {
        let network = Mlp::<f64>::new(100, &tanh_layers([300]), init, &mut rng(7)).unwrap();
        let layer = network.layers().next().unwrap();
        assert!(layer.neurons().all(|neuron| *neuron.bias() == 0.0));
        let weights: Vec<f64> = layer.neurons().flat_map(|neuron| neuron.weights().to_vec()).collect();
        let mean = weights.iter().sum::<f64>() / 30_000.0;
        let variance = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / 30_000.0;
        // The tolerance is five standard errors of the mean, and 3 % of the deviation.
        assert!(mean.abs() < 5.0 * deviation / 30_000_f64.sqrt(), "{init:?}: mean {mean}");
        assert!((variance.sqrt() / deviation - 1.0).abs() < 0.03, "{init:?}: deviation {}", variance.sqrt());
        assert!(weights.iter().all(|w| w.abs() <= bound));
    }
}

#[test]
fn a_seed_gives_the_same_network_in_both_precisions() {
    let double = Mlp::<f64>::new(3, &tanh_layers([4, 1]), Init::He, &mut rng(3)).unwrap();
    let single = Mlp::<f32>::new(3, &tanh_layers([4, 1]), Init::He, &mut rng(3)).unwrap();
    #[allow(clippy::cast_possible_truncation)]
    let rounded = double.map(|w| w as f32);
    assert_eq!(rounded.parameters(), single.parameters());
}

#[test]
fn losses_are_their_formulas() {
    let (y, t) = ([0.5, -2.0, 3.0], [1.0, -1.0, -1.0]);
    assert_eq!(loss::sum_of_squares(&y, &t), 0.25 + 1.0 + 16.0);
    assert_eq!(loss::mean_squared(&y, &t), 17.25 / 3.0);
    assert_eq!(loss::hinge(&y, &t), (0.5 + 0.0 + 4.0) / 3.0);
    assert_eq!(loss::l2(&y), 13.25);
    let sum: f64 = y.iter().map(|y| y.exp()).sum();
    for class in 0..3 {
        assert_near(loss::cross_entropy(&y, class), sum.ln() - y[class], 1e-15);
        let (_, slopes) = gradient(|y| loss::cross_entropy(y, class), &y);
        for (i, slope) in slopes.into_iter().enumerate() {
            assert_near(slope, y[i].exp() / sum - f64::from(u8::from(i == class)), 1e-15);
        }
    }
}

#[test]
fn cross_entropy_is_stable_at_huge_scores() {
    fn check<T: Plain>() {
        let [big, zero, one] = [1000.0, 0.0, 1.0].map(|x| T::from(x).unwrap());
        let scores = [big, -big, zero];
        for (class, loss, slopes) in
            [(0, zero, [zero, zero, zero]), (1, big + big, [one, -one, zero]), (2, big, [one, zero, -one])]
        {
            assert_eq!(loss::cross_entropy(&scores, class), loss);
            assert_eq!(gradient(|y| loss::cross_entropy(y, class), &scores), (loss, slopes.to_vec()));
        }
        assert_eq!(loss::cross_entropy(&[-big, -big], 1), (one + one).ln());
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn cross_entropy_is_exact_where_one_score_is_far_above_the_others() {
    // ln(1 + e⁻ˣ) equals e⁻ˣ in f32 from 17 on, and in f64 from 37 on.
    for (x, loss) in [(10.0, (-10_f64).exp().ln_1p()), (20.0, (-20_f64).exp())] {
        #[allow(clippy::cast_possible_truncation)]
        let loss = loss as f32;
        assert!((loss::cross_entropy(&[x, 0.0], 0) / loss - 1.0).abs() <= f32::EPSILON, "{x}");
        let (_, slopes) = gradient(|y| loss::cross_entropy(y, 0), &[x, 0.0]);
        assert!((slopes[1] / (1.0 / (1.0 + x.exp())) - 1.0).abs() <= 2.0 * f32::EPSILON, "{x}");
    }
    assert_near(loss::cross_entropy(&[40.0, 0.0], 0) / (-40_f64).exp(), 1.0, f64::EPSILON);
    assert_near(loss::cross_entropy(&[0.0, 40.0, 0.0], 1) / (2.0 * (-40_f64).exp()), 1.0, f64::EPSILON);
    assert_eq!(loss::cross_entropy(&[40.0, 0.0], 1), 40.0);
}

#[test]
fn cross_entropy_of_a_score_that_is_not_a_number_is_none() {
    for scores in [[f64::NAN, 1.0, 2.0], [1.0, f64::NAN, 2.0], [1.0, 2.0, f64::NAN]] {
        assert!((0..3).all(|class| loss::cross_entropy(&scores, class).is_nan()), "{scores:?}");
    }
}

#[test]
#[should_panic(expected = "cross-entropy needs a score for each class")]
fn cross_entropy_refuses_no_scores() {
    loss::cross_entropy::<f64>(&[], 0);
}

#[test]
fn gradients_of_losses_agree_with_differences_of_the_plain_evaluation() {
    fn micrograd<F: Real<Plain = f64>>(network: &Mlp<F>) -> F {
        let [a, b] = [[0.3, -1.2], [-0.7, 0.4]].map(|x| network.forward(&x.map(F::constant)).unwrap());
        loss::hinge(&[a[0], b[0], a[1]], &[1.0, -1.0, -1.0]) + loss::l2(network.parameters()) * F::constant(1e-2)
    }
    fn classes<F: Real<Plain = f64>>(network: &Mlp<F>) -> F {
        loss::cross_entropy(&network.forward(&[0.3, -1.2].map(F::constant)).unwrap(), 1)
    }
    fn squares<F: Real<Plain = f64>>(network: &Mlp<F>) -> F {
        loss::mean_squared(&network.forward(&[0.3, -1.2].map(F::constant)).unwrap(), &[1.0, -1.0])
    }
    for activation in activations() {
        let shape = [(3, activation), (2, Activation::Identity)];
        let network = Mlp::<f64>::new(2, &shape, Init::Uniform, &mut rng(4)).unwrap();
        let with = |w: &[f64]| Mlp::from_parameters(2, &shape, w.to_vec()).unwrap();
        for (of_values, of_numbers) in [
            (micrograd::<Value<f64>> as fn(&Mlp<Value<f64>>) -> Value<f64>, micrograd::<f64> as fn(&Mlp<f64>) -> f64),
            (classes, classes),
            (squares, squares),
        ] {
            let tape = Tape::new();
            let values = network.map(|w| tape.var(w));
            let loss = of_values(&values);
            assert_eq!(loss.data(), of_numbers(&network));
            let expected = differences(|w| of_numbers(&with(w)), network.parameters());
            for (slope, expected) in loss.backward().wrt_all(values.parameters()).into_iter().zip(expected) {
                assert_near(slope, expected, 1e-8);
            }
        }
    }
}

#[test]
fn adam_takes_the_steps_of_its_paper() {
    let mut w = [1.0_f64];
    let mut adam = Adam::new(0.1).with_decay(0.5);
    let (mut m, mut v, mut expected) = (0.0, 0.0, 1.0_f64);
    for (k, g) in (1..).zip([0.5, -2.0, 0.25]) {
        adam.step(&mut w, &[g]);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        let step = (m / (1.0 - 0.9_f64.powi(k))) / ((v / (1.0 - 0.999_f64.powi(k))).sqrt() + 1e-8);
        expected -= 0.1 * (step + 0.5 * expected);
        assert_near(w[0], expected, 1e-13);
    }
}

#[test]
fn momentum_adds_up_velocity() {
    let mut w = [0.0_f32];
    let mut sgd = Sgd::new(1.0).with_momentum(0.5);
    let steps = [1.0, 0.0, 0.0].map(|g| {
        sgd.step(&mut w, &[g]);
        w[0]
    });
    assert_eq!(steps, [-1.0, -1.5, -1.75]);
}

#[test]
#[should_panic(expected = "an optimiser keeps to the parameters of its first step")]
fn an_optimiser_refuses_other_parameters() {
    let mut sgd = Sgd::new(0.1);
    sgd.step(&mut [1.0, 2.0], &[0.0, 0.0]);
    sgd.step(&mut [1.0], &[0.0]);
}

/// The article's four rows.
fn rows<T: Float>() -> [([T; 3], T); 4] {
    [([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0), ([0.5, 1.0, 1.0], -1.0), ([1.0, 1.0, -1.0], 1.0)]
        .map(|(x, t)| (x.map(|x| T::from(x).unwrap()), T::from(t).unwrap()))
}

#[test]
fn the_articles_network_comes_down_from_1_9_to_a_few_hundredths_in_both_precisions() {
    fn check<T: Plain>() {
        let number = |x: f64| T::from(x).unwrap();
        let network = Mlp::<T>::new(3, &tanh_layers([4, 4, 1]), Init::Uniform, &mut rng(573)).unwrap();
        let mut trainer = Trainer::new(network, Sgd::new(number(0.05)));
        let mut losses = Vec::new();
        for _ in 0..50 {
            let loss = trainer.step(|network, workspace| {
                let mut sum = Value::constant(T::zero());
                for (x, target) in rows::<T>() {
                    sum += loss::sum_of_squares(network.forward_into(&x.map(Value::constant), workspace)?, &[target]);
                }
                Ok(sum)
            });
            losses.push(loss.unwrap());
        }
        assert!(losses[0] > number(1.5) && losses[0] < number(2.5), "{}", losses[0]);
        assert!(losses[49] < number(0.05), "{}", losses[49]);
    }
    check::<f32>();
    check::<f64>();
}
