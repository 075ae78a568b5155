//! The reference: reverse mode as a graph of counted nodes, one for every operation, with textbook partials.

use std::cell::RefCell;
use std::rc::Rc;

use num_traits::Float;

use super::expression::Number;
use super::{Plain, Table, number, partials};

#[derive(Clone)]
pub(crate) struct Naive<T>(Rc<RefCell<Node<T>>>);

struct Node<T> {
    data: T,
    adjoint: T,
    /// The sum of the magnitudes whose sum is the adjoint: what rounding errors are relative to.
    scale: T,
    operands: Vec<(Naive<T>, T)>,
    seen: bool,
}

impl<T: Plain> Naive<T> {
    pub(crate) fn new(data: T, operands: Vec<(Self, T)>) -> Self {
        Self(Rc::new(RefCell::new(Node { data, adjoint: T::zero(), scale: T::zero(), operands, seen: false })))
    }

    pub(crate) fn data(&self) -> T {
        self.0.borrow().data
    }

    /// The derivative, and the scale of its rounding errors.
    pub(crate) fn adjoint(&self) -> (T, T) {
        (self.0.borrow().adjoint, self.0.borrow().scale)
    }

    pub(crate) fn backward(&self) {
        let mut order = Vec::new();
        self.visit(&mut order);
        (self.0.borrow_mut().adjoint, self.0.borrow_mut().scale) = (T::one(), T::one());
        for node in order.iter().rev() {
            let (adjoint, scale) = node.adjoint();
            for (operand, partial) in &node.0.borrow().operands {
                let mut operand = operand.0.borrow_mut();
                operand.adjoint += *partial * adjoint;
                // Partials that cancel to something small are as uncertain as one of 0.1.
                operand.scale += partial.abs().max(number(0.1)) * scale;
            }
        }
    }

    fn visit(&self, order: &mut Vec<Self>) {
        if !std::mem::replace(&mut self.0.borrow_mut().seen, true) {
            self.0.borrow().operands.iter().for_each(|(operand, _)| operand.visit(order));
            order.push(self.clone());
        }
    }
}

impl<T: Plain> Number for Naive<T> {
    fn constant(x: f64) -> Self {
        Self::new(number(x), Vec::new())
    }

    fn unary(index: usize, a: &Self) -> Self {
        let (op, x) = (&Table::<T>::UNARY[index], a.data());
        let y = (op.f)([x]);
        let partial = unary_partial(op.name, x, y).unwrap_or_else(|| partials(Table::UNARY[index].f, [x])[0]);
        Self::new(y, vec![(a.clone(), partial)])
    }

    fn pair(index: usize, a: &Self, b: &Self) -> Self {
        let (op, [x, z]) = (&Table::<T>::PAIRS[index], [a.data(), b.data()]);
        let y = (op.f)([x, z]);
        let [p, q] = pair_partials(op.name, x, z, y).unwrap_or_else(|| partials(Table::PAIRS[index].f, [x, z]));
        Self::new(y, vec![(a.clone(), p), (b.clone(), q)])
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        let (x, y) = (a.data(), b.data());
        Self::new(x.mul_add(y, c.data()), vec![(a.clone(), y), (b.clone(), x), (c.clone(), T::one())])
    }

    fn retain(&self) -> Self {
        self.clone()
    }

    fn sum(terms: &[Self]) -> Self {
        fold(terms, "add")
    }

    fn product(factors: &[Self]) -> Self {
        fold(factors, "mul")
    }

    fn dot(a: &[Self], b: &[Self]) -> Self {
        let mul = Self::pair_named("mul");
        Self::sum(&a.iter().zip(b).map(|(a, b)| Self::pair(mul, a, b)).collect::<Vec<_>>())
    }

    fn weighted_sum(values: &[Self], weights: &[f64]) -> Self {
        Self::dot(values, &weights.iter().map(|&w| Self::constant(w)).collect::<Vec<_>>())
    }
}

fn fold<T: Plain>(terms: &[Naive<T>], name: &str) -> Naive<T> {
    let op = Naive::<T>::pair_named(name);
    terms.iter().cloned().reduce(|a, b| Naive::pair(op, &a, &b)).expect("random graphs add up at least one number")
}

/// The textbook's derivative. An operation that has none here yet lends that of a tape of one operation, which
/// `gradients.rs` compares with differences.
fn unary_partial<T: Float>(name: &str, x: T, y: T) -> Option<T> {
    let [one, two, three] = [1.0, 2.0, 3.0].map(number::<T>);
    let sigma = one / (one + (-x).exp());
    Some(match name {
        "recip" => -one / (x * x),
        "sqrt" => one / (two * x.sqrt()),
        "cbrt" => y / (three * x),
        "exp" | "exp_m1" => x.exp(),
        "exp2" => x.exp2() * two.ln(),
        "ln" => one / x,
        "log2" => one / (x * two.ln()),
        "log10" => one / (x * number::<T>(10.0).ln()),
        "ln_1p" => one / (one + x),
        "sin" => x.cos(),
        "cos" => -x.sin(),
        "tan" => one / x.cos().powi(2),
        "asin" => one / (one - x * x).sqrt(),
        "acos" => -one / (one - x * x).sqrt(),
        "atan" => one / (one + x * x),
        "sinh" => (x.exp() + (-x).exp()) / two,
        "cosh" => (x.exp() - (-x).exp()) / two,
        "tanh" => one - y * y,
        "asinh" => one / (x * x + one).sqrt(),
        "acosh" => one / (x * x - one).sqrt(),
        "atanh" => one / (one - x * x),
        "abs" => x / x.abs(),
        "signum" | "floor" | "ceil" | "round" | "trunc" => T::zero(),
        "fract" | "relu" => one,
        "to_degrees" => number(180.0 / std::f64::consts::PI),
        "to_radians" => number(std::f64::consts::PI / 180.0),
        "powi" => three * x * x,
        "leaky_relu" => number(0.25),
        "elu" => number::<T>(1.5) * x.exp(),
        "sigmoid" => sigma * (one - sigma),
        "log_sigmoid" => one - sigma,
        "softplus" => sigma,
        "softsign" => one / (one + x.abs()).powi(2),
        "silu" => sigma + x * sigma * (one - sigma),
        "gelu" if x != T::zero() => y / x + x * (-x * x / two).exp() / number::<T>(2.0 * std::f64::consts::PI).sqrt(),
        "gelu_tanh" => {
            let (scale, c) = (number::<T>(2.0 / std::f64::consts::PI).sqrt(), number::<T>(0.044_715));
            let t = (scale * (x + c * x.powi(3))).tanh();
            (one + t) / two + x / two * (one - t * t) * scale * (one + three * c * x * x)
        }
        "mish" => {
            let t = (one + x.exp()).ln().tanh();
            t + x * (one - t * t) * sigma
        }
        _ => return None,
    })
}

fn pair_partials<T: Float>(name: &str, a: T, b: T, y: T) -> Option<[T; 2]> {
    let (zero, one) = (T::zero(), T::one());
    let square = a * a + b * b;
    Some(match name {
        "powf" => [b * a.powf(b - one), a.ln() * y],
        "log" => [one / (a * b.ln()), -a.ln() / (b * b.ln().powi(2))],
        "atan2" => [b / square, -a / square],
        "hypot" => [a / square.sqrt(), b / square.sqrt()],
        "abs_sub" | "sub" => [one, -one],
        "copysign" => [(a * b).signum(), zero],
        "max" if a < b => [zero, one],
        "min" if a < b => [one, zero],
        "add" => [one, one],
        "mul" => [b, a],
        "div" => [one / b, -a / (b * b)],
        "rem" => [one, -(a / b).trunc()],
        _ => return None,
    })
}
