//! Random programs that record, sweep and add gradients in any order, against derivatives by forward propagation.

use gradtape::{Gradients, Tape, Value};
use testing::{TestFloat, assert_near, number, quickcheck};

/// Lengths of lists around the chunk sizes of tapes.
const LENGTHS: [usize; 16] = [0, 1, 2, 3, 4, 7, 14, 15, 16, 17, 31, 32, 33, 47, 64, 65];
const VARIABLES: usize = 6;
/// Numbers are between -1 and 1, and so are these weights. Some weights are 0.
const WEIGHTS: [f64; 5] = [0.5, -1.0, 0.0, 0.25, 1.0];

/// The derivatives of a number by the variables, and the scale of their rounding errors.
type Forward = [(f64, f64); VARIABLES];

struct Program<'a, T: TestFloat> {
    tape: &'a Tape<T>,
    /// Values of another tape, used in between.
    aside: [Value<T>; 2],
    variables: Vec<Value<T>>,
    values: Vec<Value<T>>,
    forward: Vec<Forward>,
    gradients: Gradients<T>,
    /// The number of variables when the last gradient was taken. The gradient refuses later ones.
    known: usize,
    /// The sum of all gradients that were taken.
    total: (Gradients<T>, Forward),
}

impl<T: TestFloat> Program<'_, T> {
    fn x(&self, k: usize) -> f64 {
        self.values[k].data().into()
    }

    /// Keeps a number, and computes its derivatives from its partials, unless a float cannot hold them.
    fn keep(&mut self, value: Value<T>, partials: &[(usize, f64)]) {
        let mut forward = Forward::default();
        for &(k, partial) in partials {
            for (sum, (slope, scale)) in forward.iter_mut().zip(self.forward[k]) {
                *sum = (sum.0 + partial * slope, sum.1 + partial.abs() * scale);
            }
        }
        if forward.iter().all(|(_, scale)| *scale < 1e20) {
            self.values.push(value);
            self.forward.push(forward);
        }
    }

    fn add_variable(&mut self, x: f64) {
        let variable = self.tape.var(number(x));
        let mut forward = Forward::default();
        forward[self.variables.len()] = (1.0, 1.0);
        self.variables.push(variable);
        self.values.push(variable);
        self.forward.push(forward);
    }

    fn step(&mut self, (action, i, j): (u8, u8, u8)) {
        let (i, j, len) = (usize::from(i), usize::from(j), self.values.len());
        let length = LENGTHS[j % LENGTHS.len()];
        let list: Vec<usize> = (0..length).map(|k| (i + k * j) % len).collect();
        let (i, j) = (i % len, j % len);
        let share = |x: f64, y: f64| 0.5 * (f64::from(x >= y) + f64::from(x > y));
        let (a, b, x, y) = (self.values[i], self.values[j], self.x(i), self.x(j));
        match action % 14 {
            0 if self.variables.len() < VARIABLES => self.add_variable(WEIGHTS[i % 5]),
            0 => self.values.push(Value::from(a.data())),
            1 => self.keep(a * b, &[(i, y), (j, x)]),
            2 => self.keep((a - b) * number::<T>(0.5), &[(i, 0.5), (j, -0.5)]),
            3 => self.keep(a.sin(), &[(i, x.cos())]),
            4 => self.keep(a.max(b), &[(i, share(x, y)), (j, share(y, x))]),
            5 => self.retain(i),
            6..13 => self.join_list(action % 14, &list, j),
            _ => self.sweep(i),
        }
        self.forward.resize(self.values.len(), Forward::default());
        let _ = self.aside[0] * self.aside[1];
    }

    fn retain(&mut self, i: usize) {
        let kept = self.values[i].retain();
        if !kept.is_constant() {
            assert_eq!((kept * number::<T>(3.0)).backward().wrt(kept), number(3.0));
        }
        self.keep(kept, &[(i, 1.0)]);
    }

    /// Many operands at once, by slices and by iterators that record during the sum.
    fn join_list(&mut self, action: u8, list: &[usize], j: usize) {
        let values: Vec<_> = list.iter().map(|&k| self.values[k]).collect();
        let x: Vec<f64> = list.iter().map(|&k| self.x(k)).collect();
        let weights: Vec<T> = (0..list.len()).map(|k| number(WEIGHTS[(k + j) % 5])).collect();
        let [b, c] = self.aside;
        let (other, y) = (self.values[j], self.x(j));
        let recorded = values.iter().map(|&value| {
            let _ = b * c;
            (value * other).retain()
        });
        let mut partials: Vec<(usize, f64)> = Vec::new();
        let mut each = |partial: &dyn Fn(usize) -> f64| partials.extend((0..list.len()).map(|k| (list[k], partial(k))));
        let others = |k: usize| -> f64 { x.iter().enumerate().filter(|(l, _)| *l != k).map(|(_, x)| x).product() };
        let result = match action {
            6 => {
                each(&|_| 1.0);
                values.iter().sum()
            }
            7 => {
                each(&|_| y);
                partials.extend(x.iter().map(|&x| (j, x)));
                recorded.sum()
            }
            8 => {
                each(&others);
                values.iter().product()
            }
            9 => {
                let y_to = |n: usize| (0..n).map(|_| y).product::<f64>();
                each(&|k| others(k) * y_to(list.len()));
                let slope = f64::from(u8::try_from(list.len()).unwrap()) * y_to(list.len().saturating_sub(1));
                partials.push((j, slope * x.iter().product::<f64>()));
                recorded.product()
            }
            10 => {
                each(&|k| 2.0 * x[k]);
                Value::dot(&values, &values)
            }
            11 => {
                each(&|k| weights[k].into());
                Value::weighted_sum(&values, &weights)
            }
            _ => {
                each(&|k| weights[k].into());
                let pairs: Vec<_> = values.iter().copied().zip(weights.iter().copied()).collect();
                self.tape.custom(number(0.5), &pairs)
            }
        };
        let share: T = number::<T>(1.0) / (T::one() + result.data().abs());
        for (_, partial) in &mut partials {
            *partial *= share.into();
        }
        self.keep(result * share, &partials);
    }

    /// The gradient of a number agrees with forward propagation, and so does the sum of all gradients so far.
    fn sweep(&mut self, i: usize) {
        self.values[i].backward_into(&mut self.gradients);
        self.total.0 += &self.gradients;
        for (sum, (slope, scale)) in self.total.1.iter_mut().zip(self.forward[i]) {
            *sum = (sum.0 + slope, sum.1 + scale);
        }
        if !self.values[i].is_constant() {
            self.known = self.variables.len();
        }
        for (gradients, forward) in [(&self.gradients, self.forward[i]), (&self.total.0, self.total.1)] {
            for (&variable, (slope, scale)) in self.variables[..self.known].iter().zip(forward) {
                // The smallest contributions underflow.
                let tolerance = 1e3 * T::epsilon().into() * (scale + 1e-9);
                assert_near(gradients.wrt(variable).into(), slope, tolerance, (i, self.values.len()));
            }
        }
    }
}

fn gradients_agree<T: TestFloat>(steps: Vec<(u8, u8, u8)>) {
    let (tape, aside) = (Tape::with_capacity(steps.len() % 7), Tape::new());
    let mut program = Program {
        tape: &tape,
        aside: [aside.var(T::one()), aside.var(T::one())],
        variables: Vec::new(),
        values: Vec::new(),
        forward: Vec::new(),
        gradients: Gradients::new(),
        known: 0,
        total: Default::default(),
    };
    program.add_variable(0.75);
    program.add_variable(-0.5);
    for step in steps {
        program.step(step);
    }
    for i in 0..program.values.len() {
        program.sweep(i);
    }
}

#[test]
fn gradients_are_those_carried_forward_in_f64() {
    quickcheck(400, gradients_agree::<f64> as fn(Vec<(u8, u8, u8)>));
}

#[test]
fn gradients_are_those_carried_forward_in_f32() {
    quickcheck(400, gradients_agree::<f32> as fn(Vec<(u8, u8, u8)>));
}
