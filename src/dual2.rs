//! Forward mode of second order: the number `Dual2`.

use std::array::from_fn;

use crate::dual::Dual;
use crate::number::Number;
use crate::number::methods::sums_in_pairs;
use crate::number::operation::{self, Inner, Operation};
use crate::number::stamp::{implement, inlined, number};
use crate::ops::kind::{is_plain, is_recorded};
use crate::ops::rules::{half, over, scaled};

/// A number, and its first and second derivatives along `N` directions, computed together.
///
/// One evaluation gives value, gradient and Hessian. It costs about half of a [`Dual`] over `Dual`s, which computes the
/// gradient twice and each second derivative twice over, and its Hessian is exactly symmetric. Like a `Dual`, it is
/// plain data, and behaves like the plain number: it has the methods of [`num_traits::Float`] and implements that
/// trait, compares and prints by its number, and mixes with plain numbers in all operators. Use it for up to some ten
/// inputs; for more, [`Function::hessian`](crate::Function::hessian).
///
/// For a function over an array, take [`forward::hessian`](crate::forward::hessian).
///
/// At singular points, it has the rule of `Dual`: functions multiply a partial by derivatives so that a zero wins
/// against an infinity, inside of the partials, too. Products of two numbers over f32 or f64 multiply as floats do.
///
/// Second partials are the tangents of the first ones, which are evaluated over duals. That takes some operations,
/// whatever the number of directions. For two or three directions, most functions cost up to 1.5 times as much as by
/// formulas of their own, and `atan2` 2.5 times; for six, they cost no more.
///
/// # Examples
///
/// ```
/// use gradtape::Dual2;
///
/// let [x, y] = Dual2::vars([3.0, 4.0]);
/// let z = x * x * y;
/// assert_eq!(z.data(), 36.0);
/// assert_eq!(z.gradient(), [24.0, 9.0]);
/// assert_eq!(z.hessian(), [[8.0, 6.0], [6.0, 0.0]]);
///
/// let r = x.hypot(y);
/// assert_eq!(r.gradient(), [0.6, 0.8]);
/// assert!((r.hessian()[0][1] + 0.096_f64).abs() < 1e-16); // -xy/r³
/// ```
///
/// Over another number, it gives derivatives of the Hessian:
///
/// ```
/// use gradtape::{Dual, Dual2};
///
/// let [x] = Dual2::vars([Dual::var(2.0)]);
/// assert_eq!(x.powi(4).hessian()[0][0].data(), 48.0); // 12x²
/// assert_eq!(x.powi(4).hessian()[0][0].tangent(), 48.0); // 24x
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual2<T, const N: usize = 1> {
    pub(crate) data: T,
    gradient: [T; N],
    /// The lower triangle counts. What is above it differs by rounding at most; whole rows are faster than parts of
    /// them, because their loops become vector instructions.
    hessian: [[T; N]; N],
}

impl<T: Number, const N: usize> Dual2<T, N> {
    /// The number `data` with these derivatives. The Hessian is symmetric: numbers above its diagonal do not count.
    ///
    /// ```
    /// use gradtape::Dual2;
    ///
    /// // The square of a number that changes as 1 + 2t + 3t².
    /// let x = Dual2::new(1.0, [2.0], [[6.0]]);
    /// assert_eq!((x * x).gradient(), [4.0]);
    /// assert_eq!((x * x).hessian(), [[20.0]]);
    /// ```
    #[inline]
    pub fn new(data: T, gradient: [T; N], hessian: [[T; N]; N]) -> Self {
        Self { data, gradient, hessian: matrix(|i, j| hessian[i.max(j)][i.min(j)]) }
    }

    /// A variable for each number of `xs`, each with a separate direction.
    ///
    /// ```
    /// use gradtape::Dual2;
    ///
    /// let [x, y] = Dual2::vars([2.0, 5.0]);
    /// assert_eq!((x * y).hessian(), [[0.0, 1.0], [1.0, 0.0]]);
    /// ```
    #[inline]
    pub fn vars(xs: [T; N]) -> [Self; N] {
        Dual::vars(xs).map(|x| Self { data: x.data, gradient: x.tangents, ..Self::constant(x.data) })
    }

    /// A number that depends on nothing.
    #[inline]
    pub fn constant(x: T) -> Self {
        Self { data: x, gradient: [T::zero(); N], hessian: [[T::zero(); N]; N] }
    }

    /// The number.
    #[inline]
    pub fn data(self) -> T {
        self.data
    }

    /// The first derivatives.
    #[inline]
    pub fn gradient(self) -> [T; N] {
        self.gradient
    }

    /// The second derivatives, a symmetric matrix.
    #[inline]
    pub fn hessian(self) -> [[T; N]; N] {
        matrix(|i, j| self.hessian[i.max(j)][i.min(j)])
    }

    /// The same number without its derivatives, as a constant.
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn detach(self) -> Self {
        Self::constant(self.data.detach())
    }

    /// Whether this number has no derivatives. Always false for nested numbers, whose zeros may have a derivative.
    #[inline(always)]
    fn is_constant(&self) -> bool {
        is_plain::<T>() && self.gradient.iter().all(T::is_zero) && self.hessian.as_flattened().iter().all(T::is_zero)
    }

    /// An operation of the table, or of the user's own. Its partials are evaluated over duals, whose tangents are the
    /// second partials. Those by constants are not computed.
    #[inline(always)]
    fn apply<const M: usize>(operation: impl Operation<T, M>, x: [Self; M]) -> Self {
        let wanted = x.map(|x| M == 1 || !x.is_constant());
        let numbers = x.map(Self::data);
        let (y, partials) = operation.value_and_partials(Dual::vars(numbers), wanted);
        if is_regular(product(&partials, wanted)) {
            Self::regular(y.data, x, partials, wanted)
        } else if is_plain::<T>() {
            Self::singular(y.data, &mut { x }, careful(operation, numbers, wanted), wanted)
        } else {
            Self::singular(y.data, &mut { x }, partials, wanted)
        }
    }

    /// The result of an operation on this number alone. The tangent of the partial is the second partial.
    #[inline(always)]
    pub(crate) fn with_partial(self, data: T, partial: Dual<T>) -> Self {
        if is_regular(product(&[partial], [true])) {
            Self::regular(data, [self], [partial], [true])
        } else {
            Self::singular(data, &mut [self], [partial], [true])
        }
    }

    /// The chain rule: `∇y = Σ fₘ ∇xₘ` and `∇²y = Σ fₘ ∇²xₘ + Σ fₘₖ ∇xₘ ∇xₖᵀ`, over the operands that are wanted.
    #[inline(always)]
    fn regular<const M: usize>(data: T, x: [Self; M], partials: [Dual<T, M>; M], wanted: [bool; M]) -> Self {
        let mut y = Self::constant(data);
        let mut is_first = true;
        for m in (0..M).filter(|&m| wanted[m]) {
            let slope = partials[m].data;
            let (mut bend, mut is_first_bend) = ([T::zero(); N], true);
            for k in (0..M).filter(|&k| wanted[k]) {
                for (bend, &slope) in bend.iter_mut().zip(&x[k].gradient) {
                    let term = partials[m].tangents[k] * slope;
                    *bend = if is_first_bend { term } else { *bend + term };
                }
                is_first_bend = false;
            }
            for (sum, &tangent) in y.gradient.iter_mut().zip(&x[m].gradient) {
                let term = slope * tangent;
                *sum = if is_first { term } else { *sum + term };
            }
            y.hessian = matrix(|i, j| {
                let term = slope * x[m].hessian[i][j] + bend[i] * x[m].gradient[j];
                if is_first { term } else { y.hessian[i][j] + term }
            });
            is_first = false;
        }
        y
    }

    /// [`regular`](Self::regular), where a zero wins against an infinity. As with nested duals, a first derivative that
    /// is such a zero is a constant: second derivatives by two of them are 0.
    ///
    /// It writes to its operands. If it only read them, the compiler would hand over their address instead of a copy,
    /// and so they would lie in memory on the hot path, too.
    #[cold]
    #[inline(never)]
    fn singular<const M: usize>(data: T, x: &mut [Self; M], partials: [Dual<T, M>; M], wanted: [bool; M]) -> Self {
        let bends: [[T; N]; M] = partials.map(|partial| {
            from_fn(|i| {
                let terms = (0..M).filter(|&k| wanted[k]).map(|k| scaled(partial.tangents[k], x[k].gradient[i]));
                terms.reduce(|sum, term| sum + term).unwrap_or_else(T::zero)
            })
        });
        for m in 0..M {
            let (slope, bend, operand) = (partials[m].data, bends[m], x[m]);
            let is_lost = operand.gradient.map(|tangent| {
                !is_recorded::<T>() && (slope * tangent).is_nan() && (slope.is_zero() || tangent.is_zero())
            });
            x[m].gradient = operand.gradient.map(|tangent| scaled(slope, tangent));
            x[m].hessian = matrix(|i, j| {
                if is_lost[i] && is_lost[j] {
                    T::zero()
                } else {
                    scaled(slope, operand.hessian[i][j]) + scaled(bend[i], operand.gradient[j])
                }
            });
        }
        let terms = (0..M).filter(|&m| wanted[m]).map(|m| x[m]);
        terms.reduce(Self::sum).unwrap_or(Self::constant(data)).shifted(data)
    }

    /// The same derivatives of another number.
    #[inline(always)]
    fn shifted(self, data: T) -> Self {
        Self { data, ..self }
    }

    /// The result of a product or quotient with a constant.
    #[inline(always)]
    fn stretched(self, data: T, factor: T) -> Self {
        if is_regular(factor) {
            self.each(|x| factor * x).shifted(data)
        } else {
            self.each(|x| scaled(factor, x)).shifted(data)
        }
    }

    #[inline(always)]
    fn each(self, f: impl Fn(T) -> T) -> Self {
        self.pairs(self, |x, _| f(x))
    }

    #[inline(always)]
    fn pairs(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        Self {
            data: f(self.data, other.data),
            gradient: pairs(self.gradient, other.gradient, &f),
            hessian: matrix(|i, j| f(self.hessian[i][j], other.hessian[i][j])),
        }
    }

    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        self.pairs(other, |a, b| a + b)
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        self.pairs(other, |a, b| a - b)
    }

    #[inline(always)]
    fn negative(self) -> Self {
        self.each(|x| -x)
    }

    #[inline(always)]
    fn product(self, other: Self) -> Self {
        let (a, b) = (self, other);
        if !is_plain::<T>() {
            return Self::apply(operation::mul, [a, b]);
        }
        let (s, t) = (a.gradient, b.gradient);
        let hessian = matrix(|i, j| b.data * a.hessian[i][j] + a.data * b.hessian[i][j] + (s[i] * t[j] + t[i] * s[j]));
        Self { data: a.data * b.data, gradient: pairs(s, t, |s, t| b.data * s + a.data * t), hessian }
    }

    /// From `a = y b`: `∇²y = (∇²a - y ∇²b - ∇y ∇bᵀ - ∇b ∇yᵀ)/b`.
    #[inline(always)]
    fn quotient(self, other: Self) -> Self {
        let (a, b) = (self, other);
        let data = a.data / b.data;
        let (by_a, by_b) = (b.data.recip(), -over(a.data, b.data, data));
        if !(is_regular(by_a) && is_regular(by_b)) {
            return Self::apply(operation::div, [a, b]);
        }
        let s = pairs(a.gradient, b.gradient, |s, t| by_a * s + by_b * t);
        let t = pairs(b.gradient, b.gradient, |t, _| by_a * t);
        let hessian = matrix(|i, j| by_a * a.hessian[i][j] + by_b * b.hessian[i][j] - (s[i] * t[j] + t[i] * s[j]));
        Self { data, gradient: s, hessian }
    }

    #[inline(always)]
    fn inverse(self) -> Self {
        Self::apply(operation::recip(()), [self])
    }

    /// The first partial is `p = 1/(2√x)`, the second one `-2p³`.
    #[inline(always)]
    fn root(self) -> Self {
        let data = self.data.sqrt();
        let partial = half::<T>() / data;
        let second = -(partial + partial) * (partial * partial);
        if is_regular(partial * second) {
            Self::regular(data, [self], [Dual::new(partial, [second])], [true])
        } else {
            Self::apply(operation::sqrt(()), [self])
        }
    }

    #[inline(always)]
    fn sine_and_cosine(self) -> (Self, Self) {
        let (sin, cos) = self.data.sin_cos();
        (self.with_partial(sin, Dual::new(cos, [-sin])), self.with_partial(cos, Dual::new(-sin, [-cos])))
    }
}

/// The matrix of these numbers. It is a loop, because `array::from_fn` is not always inlined.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "the index is an argument")]
fn matrix<T: Number, const N: usize>(f: impl Fn(usize, usize) -> T) -> [[T; N]; N] {
    let mut y = [[T::zero(); N]; N];
    for i in 0..N {
        for j in 0..N {
            y[i][j] = f(i, j);
        }
    }
    y
}

/// The partials at these numbers, where a zero wins against an infinity inside of them, too.
#[cold]
#[inline(never)]
fn careful<T: Number, const M: usize>(
    operation: impl Operation<T, M>,
    numbers: [T; M],
    wanted: [bool; M],
) -> [Dual<T, M>; M] {
    let inputs = Dual::vars(numbers.map(Dual::<T, 0>::from));
    let (_, partials) = operation.value_and_partials(inputs, wanted);
    partials.map(|partial| Dual::new(partial.data.data, partial.tangents.map(Dual::data)))
}

/// The product of the partials that are wanted, and of their tangents: if it is normal, none of them is 0 or infinite.
#[inline(always)]
fn product<T: Number, const M: usize>(partials: &[Dual<T, M>; M], wanted: [bool; M]) -> T {
    let mut product = T::one();
    for m in (0..M).filter(|&m| wanted[m]) {
        product = product * partials[m].data;
        for k in (0..M).filter(|&k| wanted[k]) {
            product = product * partials[m].tangents[k];
        }
    }
    product
}

impl<T: Number, const M: usize> Inner<T> for Dual<T, M> {
    #[inline(always)]
    fn lift(x: T) -> Self {
        Self::constant(x)
    }
}

/// A zero wins in its products, too.
impl<T: Number, const M: usize> Inner<T> for Dual<Dual<T, 0>, M> {
    #[inline(always)]
    fn lift(x: T) -> Self {
        Self::constant(Dual::constant(x))
    }
}

/// `f` of each pair.
#[inline(always)]
fn pairs<T: Number, const N: usize>(mut a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = f(*a, b);
    }
    a
}

/// Whether no product with this partial is a `0 · ∞`. In a recording, the test would become a guard of the program, so
/// the answer is no.
#[inline(always)]
fn is_regular<T: Number>(partial: T) -> bool {
    !is_recorded::<T>() && partial.is_normal()
}

sums_in_pairs! { [T: Number, const N: usize] Dual2<T, N> }
number! {
    applied [T: Number, const N: usize] Dual2<T, N>; [const N: usize] Dual2<f32, N>, Dual2<f64, N>
}
