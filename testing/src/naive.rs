//! The reference: reverse mode on a graph of reference-counted nodes, one for every operation, with textbook partials.

use std::cell::RefCell;
use std::f64::consts::LN_2;
use std::rc::Rc;

use gradtape::check::random::{Arithmetic, Operation, Table};
use gradtape::{Value, gradient};
use num_traits::Float;

use crate::{TestFloat, number, partials};

#[derive(Clone)]
pub struct Naive<T>(Rc<RefCell<Node<T>>>);

#[allow(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
struct Node<T> {
    data: T,
    adjoint: T,
    /// Whether there is a path from the result without a partial that is exactly 0. If there is none, the adjoint is 0
    /// even if partials are infinite. If the adjoint is 0 by cancellation, an infinite partial turns it into NaN.
    has_influence: bool,
    /// The sum of the magnitudes of the terms of the adjoint: the scale of its rounding errors.
    scale: T,
    edges: Vec<Edge<T>>,
    seen: bool,
    is_constant: bool,
    /// Whether all numbers and partials that this depends on are finite.
    is_finite: bool,
    /// See [`Naive::is_bounded`].
    is_bounded: bool,
    /// The binary logarithms of the smallest product of finite partials along any path that ends here, and of the sum
    /// of all these products.
    slopes: [f64; 2],
}

struct Edge<T> {
    operand: Naive<T>,
    partial: T,
    /// The scale of the rounding errors of the partial.
    scale: T,
}

impl<T: TestFloat> Naive<T> {
    /// A variable, or the result of an operation.
    pub fn new(data: T, operands: Vec<(Self, T)>) -> Self {
        Self::with_scales(data, operands.into_iter().map(|(a, partial)| (a, partial, partial.abs())).collect())
    }

    fn with_scales(data: T, operands: Vec<(Self, T, T)>) -> Self {
        let is_constant = !operands.is_empty() && operands.iter().all(|(a, ..)| a.is_constant());
        let edges = operands.into_iter().filter(|(a, ..)| !a.is_constant());
        let edges: Vec<_> = edges.map(|(operand, partial, scale)| Edge { operand, partial, scale }).collect();
        let mut slopes = [0.0_f64; 2];
        for Edge { operand, partial, scale } in edges.iter().filter(|edge| edge.scale.is_finite()) {
            let [least, greatest] = operand.0.borrow().slopes;
            if !partial.is_zero() {
                slopes[0] = slopes[0].min(least + partial.abs().log2().into());
            }
            // The logarithm of 0, which has no influence, is -∞.
            let (a, b) = (slopes[1], greatest + scale.log2().into());
            slopes[1] = a.max(b) + (-(a - b).abs()).exp2().ln_1p() / LN_2;
        }
        let limit = 0.95 * T::max_value().log2().into();
        let all = |f: fn(&Node<T>) -> bool| edges.iter().all(|edge| f(&edge.operand.0.borrow()));
        let is_finite = data.is_finite() && edges.iter().all(|edge| edge.partial.is_finite()) && all(|a| a.is_finite);
        let is_bounded = slopes.into_iter().all(|slope| slope.abs() < limit) && all(|a| a.is_bounded);
        let (adjoint, scale, has_influence, seen) = (T::zero(), T::zero(), false, false);
        let node =
            Node { data, adjoint, has_influence, scale, edges, seen, is_constant, is_finite, is_bounded, slopes };
        Self(Rc::new(RefCell::new(node)))
    }

    pub fn data(&self) -> T {
        self.0.borrow().data
    }

    pub fn is_constant(&self) -> bool {
        self.0.borrow().is_constant
    }

    /// Whether all numbers and partials that this depends on are finite and [bounded](Self::is_bounded).
    pub fn is_ordinary(&self) -> bool {
        self.0.borrow().is_finite && self.is_bounded()
    }

    /// Whether no product of finite partials along a path over- or underflows, nor the sum of all. This covers the
    /// products of the sweep, from the result down, and the slopes of a tape, from the variables up.
    pub fn is_bounded(&self) -> bool {
        self.0.borrow().is_bounded
    }

    /// The derivative, and the scale of its rounding errors.
    pub fn adjoint(&self) -> (T, T) {
        (self.0.borrow().adjoint, self.0.borrow().scale)
    }

    /// Sweeps, once.
    pub fn backward(&self) {
        let mut order = Vec::new();
        self.visit(&mut order);
        (self.0.borrow_mut().adjoint, self.0.borrow_mut().scale) = (T::one(), T::one());
        self.0.borrow_mut().has_influence = true;
        for node in order.iter().rev() {
            let ((adjoint, scale), has_influence) = (node.adjoint(), node.0.borrow().has_influence);
            for edge in &node.0.borrow().edges {
                let mut operand = edge.operand.0.borrow_mut();
                if has_influence && !edge.scale.is_zero() {
                    operand.has_influence = true;
                    operand.adjoint += edge.partial * adjoint;
                }
                operand.scale += edge.scale * scale;
            }
        }
    }

    fn visit(&self, order: &mut Vec<Self>) {
        if !std::mem::replace(&mut self.0.borrow_mut().seen, true) {
            self.0.borrow().edges.iter().for_each(|edge| edge.operand.visit(order));
            order.push(self.clone());
        }
    }
}

/// A textbook partial with the scale of its rounding errors: terms that cancel to a small number are as uncertain as
/// 0.1.
fn uncertain<T: TestFloat>(partial: T) -> (T, T) {
    (partial, partial.abs().max(number(0.1)))
}

fn exact<T: TestFloat>(partial: T) -> (T, T) {
    (partial, partial.abs())
}

fn is_inside<T: TestFloat, const N: usize>(op: &Operation<T, N>, x: [T; N]) -> bool {
    (0..N).all(|k| number::<T>(op.low[k]) <= x[k] && x[k] <= number(op.high[k]))
}

impl<T: TestFloat + Arithmetic> Arithmetic for Naive<T>
where
    Value<T>: Arithmetic,
{
    fn constant(x: f64) -> Self {
        let constant = Self::new(number(x), Vec::new());
        constant.0.borrow_mut().is_constant = true;
        constant
    }

    fn unary(op: usize, a: &Self) -> Self {
        let (op, x) = (Table::<T>::unary_at(op), a.data());
        let y = (op.f)([x]);
        let textbook = is_inside(op, [x]).then(|| unary_partial(op.name, x, y)).flatten().map(uncertain);
        let (partial, scale) = textbook.unwrap_or_else(|| exact(partials(Table::<Value<T>>::unary(op.name).f, [x])[0]));
        Self::with_scales(y, vec![(a.clone(), partial, scale)])
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        let (op, [x, z]) = (Table::<T>::binary_at(op), [a.data(), b.data()]);
        let y = (op.f)([x, z]);
        let textbook = is_inside(op, [x, z]).then(|| pair_partials(op.name, x, z, y)).flatten();
        let textbook = textbook.map(|partials| partials.map(uncertain));
        let [p, q] = textbook.unwrap_or_else(|| partials(Table::<Value<T>>::binary(op.name).f, [x, z]).map(exact));
        Self::with_scales(y, vec![(a.clone(), p.0, p.1), (b.clone(), q.0, q.1)])
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        let (x, y) = (a.data(), b.data());
        Self::new(x.mul_add(y, c.data()), vec![(a.clone(), y), (b.clone(), x), (c.clone(), T::one())])
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        if low.data() > a.data() && low.data() <= high.data() {
            low.clone()
        } else if high.data() < a.data() && low.data() <= high.data() {
            high.clone()
        } else {
            a.clone()
        }
    }

    /// The second derivative is computed by a tape of tapes.
    fn derivative(op: usize, a: &Self) -> Self {
        let (y, slopes) = gradient(|x| Value::derivative(op, &x[0]), &[a.data()]);
        let (partial, scale) = uncertain(slopes[0]);
        Self::with_scales(y, vec![(a.clone(), partial, scale)])
    }
}

/// The textbook derivative, accurate in the box of the operation. Outside, and for an operation without a textbook
/// derivative here, it is the derivative of a tape with one operation, which `gradients.rs` and `accuracy` test.
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
        "signum" | "floor" | "ceil" | "round" | "trunc" | "round_ties_even" => T::zero(),
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
        "gelu" if y.is_normal() => y / x + x * (-x * x / two).exp() / number::<T>(2.0 * std::f64::consts::PI).sqrt(),
        "gelu_tanh" => {
            let (scale, c) = (number::<T>(2.0 / std::f64::consts::PI).sqrt(), number::<T>(0.044_715));
            let t = (scale * (x + c * x.powi(3))).tanh();
            (one + t) / two + x / two * (one - t * t) * scale * (one + three * c * x * x)
        }
        "normal_cdf" => (-x * x / two).exp() / number::<T>(2.0 * std::f64::consts::PI).sqrt(),
        "normal_pdf" => -x * y,
        // Below 1 the terms of the formula cancel, those of the series do not.
        "sinc" if x.abs() < one => {
            let terms = (1..10).scan(x, |term, k| {
                let n = number::<T>(f64::from(2 * k));
                *term = -*term * (if k == 1 { one } else { x * x }) / (n * (n + one));
                Some(*term * n)
            });
            terms.fold(T::zero(), |sum, term| sum + term)
        }
        "sinc" => (x.cos() - x.sin() / x) / x,
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
        "div_euclid" => [zero, zero],
        "rem_euclid" => [one, -(a / b).floor()],
        "ln_add_exp" => [a.exp() / (a.exp() + b.exp()), b.exp() / (a.exp() + b.exp())],
        _ => return None,
    })
}
