//! The functions of `ADBench`: their values by hand, and derivatives of [`Compiled`] against the tape.

use std::f64::consts::{FRAC_PI_2, LN_2};

use gradtape::program::Precision;
use gradtape::sparse::Csr;
use gradtape::{Compiled, Function, VectorFunction};
use testing::structured::agreement::{assert_gradients_of, assert_hessians_of, assert_jacobians_of};
use testing::structured::{Hand, Lstm};
use testing::{TestFloat, assert_near, number};

use super::counts;
use super::least_squares::assert_residuals;

/// The point, and two that are not far from it.
fn points<T: TestFloat>(x: &[f64]) -> Vec<Vec<T>> {
    let at = |index: f64| x.iter().zip(0..).map(move |(x, k)| number(x + 0.1 * index * f64::from(k).sin())).collect();
    [0.0, 1.0, 2.0].map(at).to_vec()
}

#[test]
fn a_recurrent_network_predicts_what_a_calculation_by_hand_says() {
    let (mut lstm, _) = Lstm::new(1, 1, 3);
    lstm.states[0] = [vec![0.5], vec![-1.0]];
    lstm.sequence = vec![vec![1.0], vec![1.0], vec![0.0]];
    // Weights and biases of forget, ingate, outgate and change; then of input and prediction.
    let x = [0.5, 2.0, -1.0, 3.0, 0.25, -1.0, 0.75, 0.5, 1.5, 2.0, -0.5];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    // The input is 1.5, the output 0.5: forget is σ(1), ingate σ(0), outgate σ(-0.75), change tanh(2).
    let cell = -sigmoid(1.0) + 0.5 * 2.0_f64.tanh();
    let prediction = 2.0 * sigmoid(-0.75) * cell.tanh() - 0.5;
    // The last character is 0, so only the first prediction counts, in a mean of two.
    let expected = -0.5 * (prediction - (prediction.exp() + 2.0).ln());
    assert_near(lstm.value(&x), expected, 1e-15, "the loss");
    // With no weights, it predicts 0 of each bit: the mean is ln(2 + 2) times the share of ones.
    let (mut lstm, _) = Lstm::new(2, 2, 9);
    lstm.sequence = vec![vec![1.0, 0.0]; 9];
    assert_near(lstm.value(&[0.0; 38]), LN_2, 1e-15, "the loss without weights");
}

#[test]
fn a_hand_at_rest_is_the_model() {
    let (hand, _) = Hand::new(60, 20);
    for (residuals, (vertex, point)) in hand.value(&[0.0; 26]).chunks(3).zip(&hand.points) {
        for i in 0..3 {
            assert_near(residuals[i], point[i] - hand.vertices[*vertex].position[i], 1e-14, "the distance");
        }
    }
}

#[test]
fn a_bent_finger_is_where_a_calculation_by_hand_says() {
    let (mut hand, _) = Hand::new(1, 1);
    // Bones of length one: each is one above its parent, and the fourth bone of a finger is at (0, 5, 0).
    let lifted = |y: f64| [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, y], [0.0, 0.0, 1.0, 0.0]];
    let mut heights = Vec::new();
    for bone in &mut hand.bones {
        heights.push(bone.parent.map_or(1.0, |parent| heights[parent] + 1.0));
        (bone.relative, bone.inverse_absolute) = (lifted(1.0), lifted(-heights.last().unwrap()));
    }
    hand.points = vec![(0, [10.0, 20.0, 30.0])];
    for finger in 0..5 {
        hand.vertices[0].position = [0.0, 6.0, 0.0];
        hand.vertices[0].weights = vec![(4 * finger + 4, 1.0)];
        let mut x = [0.0; 26];
        x[2..6].copy_from_slice(&[FRAC_PI_2, 1.0, 2.0, 3.0]);
        // The second bone bends and spreads by a quarter turn, and the third bends by one. Seen from the second bone,
        // at (0, 3, 0), the tip is at (0, 1, 2), then bent at (0, -2, 1), then spread at (2, 0, 1).
        x[6 + 4 * finger..][..3].fill(FRAC_PI_2);
        // The hand is turned, too: (2, 3, 1) comes to (-3, 2, 1).
        let expected = [10.0 - (-3.0 + 1.0), 20.0 - (2.0 + 2.0), 30.0 - (1.0 + 3.0)];
        hand.value(&x).iter().zip(expected).for_each(|(&y, expected)| assert_near(y, expected, 1e-14, finger));
    }
}

#[test]
fn a_recurrent_network_has_the_tapes_derivatives() {
    fn claim<T: TestFloat + Precision>() {
        for [layers, bits, length] in [[1, 3, 6], [2, 4, 20]] {
            let (lstm, x) = Lstm::new(layers, bits, length);
            assert_gradients_of(&lstm, None, &points::<T>(&x), || format!("{layers} layers, {bits} bits, {length}"));
        }
    }
    claim::<f64>();
    claim::<f32>();
    let (lstm, x) = Lstm::new(1, 3, 5);
    assert_hessians_of(&lstm, None, &points::<f64>(&x)[..2], || "an LSTM".to_owned());
}

#[test]
fn the_bits_of_a_recurrent_network_are_elements_and_its_steps_are_kinds() {
    let (lstm, x) = Lstm::new(2, 14, 64);
    let (compiled, mut gradient) = (Compiled::new(&lstm), vec![0.0; x.len()]);
    compiled.gradient(&x, &mut gradient);
    assert_eq!(counts(&compiled), [1, 1, 0]);
    let kinds = compiled.recordings().elements;
    // The normalizers: one for each step, 14 exponentials, their sum and a logarithm.
    assert!(kinds.contains(&[63, 17]), "{kinds:?}");
    // Each step needs the one before, so that the bits of each layer and step are a kind of their own.
    let of_bits = kinds.iter().filter(|kind| kind[0] == 14).count();
    assert!(of_bits >= 2 * 63, "{kinds:?}");
}

#[test]
fn few_bits_and_steps_of_a_recurrent_network_are_one_program() {
    let (lstm, x) = Lstm::new(2, 4, 20);
    let (compiled, mut gradient) = (Compiled::new(&lstm), vec![0.0; x.len()]);
    compiled.gradient(&x, &mut gradient);
    assert_eq!((counts(&compiled), compiled.recordings().elements.len()), ([1, 1, 0], 1));
}

#[test]
fn a_hand_has_the_tapes_derivatives() {
    fn claim<T: TestFloat + Precision>() {
        for [vertices, count] in [[7, 5], [60, 30]] {
            let (hand, x) = Hand::new(vertices, count);
            let points = points::<T>(&x);
            assert_jacobians_of(&hand, None, &points, || format!("{vertices} vertices, {count} points"));
            for x in &points[..2] {
                assert_residuals(&hand, None, x, || format!("{vertices} vertices, {count} points"));
            }
        }
    }
    claim::<f64>();
    claim::<f32>();
}

#[test]
fn the_vertices_of_a_hand_are_elements() {
    let (hand, x) = Hand::new(200, 100);
    let compiled = Compiled::new(&hand);
    compiled.sparse_jacobian(&x, &mut [0.0; 300], &mut Csr::default());
    // The pose up to a bone is in each element that depends on it. So they have more operations than the function, but
    // a driver evaluates that for each parameter of the pose.
    assert_eq!(counts(&compiled), [1, 1, 0]);
    // One coordinate of vertices of the finger's first bone, and three of the others.
    let kinds = compiled.recordings().elements;
    let of_three = kinds.iter().filter(|kind| kind[1] > 100).map(|kind| kind[0]).sum::<usize>();
    let of_one = kinds.iter().filter(|kind| kind[1] == 50).map(|kind| kind[0]).sum::<usize>();
    assert_eq!(of_one + 3 * of_three, 300, "{kinds:?}");
}
