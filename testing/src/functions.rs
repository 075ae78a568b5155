//! Functions of any number of inputs for testing drivers, and comparisons of their results.
//!
//! They are never inlined, also in the tests of many drivers: each is compiled once for a number, and not for each
//! driver.

use std::fmt::Debug;

use gradtape::check::random::{Arithmetic, Expression, Table};
use gradtape::{Driver, Function, Mode, Plain, Real, VectorFunction};
use num_traits::Float;

use crate::{TestFloat, assert_near, bits, number};

/// Functions of f64 from [`gradtape::function!`], in an array: they have one type, so that drivers are compiled once.
#[macro_export]
macro_rules! functions {
    ($(|$x:ident| $y:expr),+ $(,)?) => {{
        #[derive(Clone, Copy)]
        struct Written(usize);

        impl gradtape::Function for Written {
            fn eval<F: gradtape::Real<Plain = f64>>(&self, x: &[F]) -> F {
                let bodies: &[fn(&[F]) -> F] = &[$(|$x| $y),+];
                bodies[self.0](x)
            }
        }

        std::array::from_fn::<_, { <[&str]>::len(&[$(stringify!($y)),+]) }, _>(Written)
    }};
}
/// Neighbours in products, quotients and elementary functions, a branch, and a scalar product.
pub struct Chain;

impl<T: Plain> Function<T> for Chain {
    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let mut y = F::constant(number(0.5));
        for (k, pair) in x.windows(2).enumerate() {
            y += (pair[0] * pair[1]).sin() * pair[0] + pair[1].hypot(y);
            if pair[0] > pair[1] {
                y = y.tanh() - pair[0] / (pair[1] * pair[1] + number::<T>(1.0));
            }
            y *= number::<T>([0.5, 0.75][k % 2]);
        }
        y + F::dot(x, x).sqrt().tanh() * x.iter().copied().sum::<F>()
    }
}

/// That many outputs: constants, inputs, and functions of some inputs.
#[derive(Clone)]
pub struct Several(pub usize);

/// One of [`Several`].
pub struct One(pub usize);

impl<T: Plain> Function<T> for One {
    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let k = self.0;
        let at = |k: usize| if x.is_empty() { F::one() } else { x[k % x.len()] };
        match k % 4 {
            0 => (at(k) * at(3 * k + 1)).sin() / (at(k + 1) * at(k + 1) + number::<T>(1.5)),
            1 => at(k),
            2 => F::from(k).unwrap(),
            _ => Chain.eval(&x[..x.len().min(k)]),
        }
    }
}

impl<T: Plain> VectorFunction<T> for Several {
    fn outputs(&self, _inputs: usize) -> usize {
        self.0
    }

    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        // The value before is zero.
        y.iter_mut().enumerate().for_each(|(k, y)| *y += One(k).eval(x));
    }
}

/// The value of `f` at `x` and its gradient, in the mode.
pub fn gradient_by<T: Plain>(mode: Mode, f: &impl Function<T>, x: &[T]) -> (T, Vec<T>) {
    let mut gradient = vec![T::zero(); x.len()];
    let value = Driver::new(f).with_mode(mode).gradient(x, &mut gradient);
    (value, gradient)
}

/// The results of `f` at `x` and the rows of its Jacobian, in the mode.
pub fn jacobian_by<T: Plain>(mode: Mode, f: &impl VectorFunction<T>, x: &[T]) -> (Vec<T>, Vec<Vec<T>>) {
    let (n, outputs) = (x.len(), f.outputs(x.len()));
    let (mut y, mut jacobian) = (vec![T::zero(); outputs], vec![T::zero(); outputs * n]);
    Driver::new(f).with_mode(mode).jacobian(x, &mut y, &mut jacobian);
    let rows = (0..outputs).map(|i| jacobian[i * n..][..n].to_vec()).collect();
    (y, rows)
}

/// A random expression as a function over any number that drivers use.
pub struct Random<'a>(pub &'a Expression);

impl Function for Random<'_> {
    #[inline(never)]
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        let inputs: Vec<_> = x.iter().map(|&x| Any(x)).collect();
        self.0.eval(&inputs).0
    }
}

/// Any number of a function. A derivative would need a number over it, so the operation itself replaces it.
#[derive(Clone)]
struct Any<F>(F);

impl<F: Real<Plain = f64>> Arithmetic for Any<F> {
    fn constant(x: f64) -> Self {
        Self(F::constant(x))
    }

    fn unary(op: usize, a: &Self) -> Self {
        Self((Table::<F>::unary_at(op).f)([a.0]))
    }

    fn binary(op: usize, a: &Self, b: &Self) -> Self {
        Self((Table::<F>::binary_at(op).f)([a.0, b.0]))
    }

    fn mul_add(a: &Self, b: &Self, c: &Self) -> Self {
        Self(Float::mul_add(a.0, b.0, c.0))
    }

    fn clamp(a: &Self, low: &Self, high: &Self) -> Self {
        Self(if low.0 <= high.0 { Float::clamp(a.0, low.0, high.0) } else { a.0 })
    }

    fn derivative(op: usize, a: &Self) -> Self {
        Self::unary(op, a)
    }

    fn plain_right(op: usize, a: &Self, b: f64) -> Self {
        Self(match Table::<F>::binary_at(op).name {
            "add" => a.0 + b,
            "sub" => a.0 - b,
            "mul" => a.0 * b,
            "div" => a.0 / b,
            _ => a.0 % b,
        })
    }

    fn neg(a: &Self) -> Self {
        Self(-a.0)
    }

    fn sin_cos(a: &Self) -> (Self, Self) {
        let (sin, cos) = a.0.sin_cos();
        (Self(sin), Self(cos))
    }
}

/// A point of `n` numbers between -2 and 2, none near a kink.
pub fn point<T: TestFloat>(n: usize, phase: f64) -> Vec<T> {
    (0..n).map(|k| number(1.75 * (3.0 * num_traits::cast::<_, f64>(k).unwrap() + phase).sin() + 0.01)).collect()
}

pub fn all_bits<T: TestFloat>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|&x| bits(x)).collect()
}

#[track_caller]
pub fn assert_all_near<T: TestFloat>(ours: &[T], theirs: &[T], what: impl Debug) {
    assert_eq!(ours.len(), theirs.len(), "{what:?}");
    for (k, (&ours, &theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_near(ours, theirs, number::<T>(1024.0) * T::epsilon() * (T::one() + theirs.abs()), (k, &what));
    }
}

pub fn inner<T: TestFloat>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).map(|(&a, &b)| a * b).sum()
}
