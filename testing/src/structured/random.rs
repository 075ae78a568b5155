//! Random functions whose structure is hidden in plain code: loops over rows of few templates.

mod generate;
mod shrink;

use gradtape::{Function, Plain, Real, VectorFunction};

use super::real;
use crate::{TestFloat, number};

/// A random function: sums over the rows of some templates, combined.
///
/// A row reads the *pool*: the variables, a function of each variable, a value of all variables, and a value of the
/// sums before it. It can also be the [outputs](Outputs) of a function of several results. Numbers and derivatives are
/// moderate at its [points](Self::point).
#[derive(Clone, Debug)]
pub struct Hidden {
    /// The point for which it was made.
    x: Vec<f64>,
    feature: Feature,
    groups: Vec<Group>,
    outputs: Vec<Output>,
}

/// What is computed once of each variable.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Feature {
    Tanh,
    Sin,
    Square,
}

/// The rows of a template, and their sum.
#[derive(Clone, Debug)]
struct Group {
    /// It computes on slots: the numbers that a row reads, then the results of the steps. The last one is the term.
    template: Vec<Step>,
    rows: Vec<Row>,
    writing: Writing,
    outside: Outside,
    scale: f64,
}

/// What differs from row to row.
#[derive(Clone, Debug)]
struct Row {
    /// Indices into the pool.
    reads: Vec<usize>,
    data: [f64; 2],
    weight: f64,
}

/// An operation on slots.
#[derive(Clone, Copy, Debug)]
enum Step {
    Constant(f64),
    /// A number of the row's data.
    Data(usize),
    Scaled(usize, f64),
    /// The number minus a number of the row's data.
    Shifted(usize, usize),
    Add(usize, usize),
    Sub(usize, usize),
    Mul(usize, usize),
    /// `a / (b² + 1.25)`.
    Div(usize, usize),
    Max(usize, usize),
    Sin(usize),
    Exp(usize),
    Tanh(usize),
    /// `√(1 + a²)`.
    Root(usize),
    Power(usize, i32),
    Abs(usize),
    /// `a b` if `a > 0.3`, else `sin b`.
    Branch(usize, usize),
}

/// How code adds up terms.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Writing {
    /// `s = s + t`, from zero on.
    Loop,
    /// `s = s + t w`, from the first term on.
    Weights,
    Sum,
    WeightedSum,
    /// The scalar product with what each row reads first.
    Dot,
    /// `s = s - t`.
    Minus,
    /// `s = s + (t + t) - t`.
    Cancelling,
    /// Sums of so many terms, added up.
    Chunks(usize),
    /// The same with a root of each sum.
    Roots(usize),
    /// A tree of halves.
    Tree,
    /// `s = tanh(s / 2 + t)`: not a sum.
    Chain,
    /// `s = max(s, t)`, from -∞ on.
    Maximum,
    /// `s = s (1 + tanh(t) / 16)`.
    LoopProduct,
    /// The same of all factors at once.
    Product,
}

/// What becomes of the sum `s`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outside {
    Plain,
    /// `√(1 + s²)`.
    Root,
    Tanh,
    /// `s` times the value of the sums before.
    Cross,
    /// `s - s`.
    Cancelled,
    /// `s` if `s > 0.3`, else `s / 4`.
    Branch,
}

/// A result of the function of several results.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Output {
    /// The term of a row of a group.
    Term(usize, usize),
    /// What became of the sum of a group.
    Sum(usize),
    Total,
}

/// What an evaluation leaves.
struct Results<F> {
    terms: Vec<Vec<F>>,
    sums: Vec<F>,
    total: F,
}

impl Hidden {
    /// The number of variables.
    pub fn inputs(&self) -> usize {
        self.x.len()
    }

    /// The number of rows of all templates.
    pub fn rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }

    /// A point, by its number: 0 is the one for which the function was made. Odd ones are near to it, and even ones
    /// far, where branches may go other ways. The numbers are the same in both precisions.
    pub fn point<T: TestFloat>(&self, index: usize) -> Vec<T> {
        let beside = |(k, &x): (usize, &f64)| {
            let wave = (real(index) * 1.7 + real(k) * 2.9).sin();
            let moved = if index % 2 == 1 { x + 1e-3 * wave } else { 2.0 * wave };
            number(f64::from(number::<f32>(if index == 0 { x } else { moved })))
        };
        self.x.iter().enumerate().map(beside).collect()
    }

    fn results<F: Real>(&self, x: &[F]) -> Results<F>
    where
        F::Plain: Plain,
    {
        assert_eq!(x.len(), self.inputs(), "a random function has a fixed number of variables");
        let mut pool = x.to_vec();
        pool.extend(x.iter().map(|&x| match self.feature {
            Feature::Tanh => x.tanh(),
            Feature::Sin => x.sin(),
            Feature::Square => x * x,
        }));
        pool.push(x.iter().copied().sum::<F>().tanh());
        pool.push(F::zero());
        let mut results = Results { terms: Vec::new(), sums: Vec::new(), total: F::zero() };
        for group in &self.groups {
            let before = (results.total + F::one()).tanh();
            *pool.last_mut().expect("it is not empty") = before;
            let terms: Vec<F> = group.rows.iter().map(|row| group.term(row, &pool)).collect();
            let sum = group.sum(&terms, &pool);
            let sum = match group.outside {
                Outside::Plain => sum,
                Outside::Root => root(sum),
                Outside::Tanh => sum.tanh(),
                Outside::Cross => sum * before,
                #[allow(clippy::eq_op, reason = "terms that cancel")]
                Outside::Cancelled => sum - sum,
                Outside::Branch if sum > plain::<F>(0.3) => sum,
                Outside::Branch => sum * plain::<F>(0.25),
            };
            results.total += if group.scale == 1.0 { sum } else { sum * plain::<F>(group.scale) };
            results.terms.push(terms);
            results.sums.push(sum);
        }
        results
    }
}

fn plain<F: Real>(x: f64) -> F::Plain
where
    F::Plain: Plain,
{
    number(x)
}

fn root<F: Real>(x: F) -> F {
    (x * x + F::one()).sqrt()
}

impl Group {
    fn term<F: Real>(&self, row: &Row, pool: &[F]) -> F
    where
        F::Plain: Plain,
    {
        let mut slots: Vec<F> = row.reads.iter().map(|&index| pool[index]).collect();
        let number = plain::<F>;
        for step in &self.template {
            slots.push(match *step {
                Step::Constant(c) => F::constant(number(c)),
                Step::Data(k) => F::constant(number(row.data[k])),
                Step::Scaled(a, c) => slots[a] * number(c),
                Step::Shifted(a, k) => slots[a] - number(row.data[k]),
                Step::Add(a, b) => slots[a] + slots[b],
                Step::Sub(a, b) => slots[a] - slots[b],
                Step::Mul(a, b) => slots[a] * slots[b],
                Step::Div(a, b) => slots[a] / (slots[b] * slots[b] + number(1.25)),
                Step::Max(a, b) => slots[a].max(slots[b]),
                Step::Sin(a) => slots[a].sin(),
                Step::Exp(a) => slots[a].exp(),
                Step::Tanh(a) => slots[a].tanh(),
                Step::Root(a) => root(slots[a]),
                Step::Power(a, n) => slots[a].powi(n),
                Step::Abs(a) => slots[a].abs(),
                Step::Branch(a, b) if slots[a] > number(0.3) => slots[a] * slots[b],
                Step::Branch(_, b) => slots[b].sin(),
            });
        }
        *slots.last().expect("a row reads something")
    }

    fn sum<F: Real>(&self, terms: &[F], pool: &[F]) -> F
    where
        F::Plain: Plain,
    {
        let weights = || self.rows.iter().map(|row| plain::<F>(row.weight));
        match self.writing {
            Writing::Loop => terms.iter().fold(F::zero(), |s, &t| s + t),
            Writing::Weights => {
                let weighted = terms.iter().zip(weights()).map(|(&t, w)| t * w);
                weighted.reduce(|s, t| s + t).expect("a group has a row")
            }
            Writing::Sum => terms.iter().sum(),
            Writing::WeightedSum => F::weighted_sum(terms, &weights().collect::<Vec<_>>()),
            Writing::Dot => F::dot(terms, &self.rows.iter().map(|row| pool[row.reads[0]]).collect::<Vec<_>>()),
            Writing::Minus => terms.iter().fold(F::one(), |s, &t| s - t),
            Writing::Cancelling => terms.iter().fold(F::zero(), |s, &t| s + (t + t) - t),
            Writing::Chunks(len) => terms.chunks(len).map(|chunk| chunk.iter().sum::<F>()).sum(),
            Writing::Roots(len) => terms.chunks(len).map(|chunk| root(chunk.iter().sum::<F>())).sum(),
            Writing::Tree => tree(terms),
            Writing::Maximum => terms.iter().fold(F::neg_infinity(), |s, &t| s.max(t)),
            Writing::LoopProduct => terms.iter().fold(F::one(), |s, &t| s * factor(t)),
            Writing::Product => terms.iter().map(|&t| factor(t)).product(),
            Writing::Chain => terms.iter().fold(F::zero(), |s, &t| (s * plain::<F>(0.5) + t).tanh()),
        }
    }
}

fn factor<F: Real>(term: F) -> F
where
    F::Plain: Plain,
{
    term.tanh() * plain::<F>(0.0625) + plain::<F>(1.0)
}

fn tree<F: Real>(terms: &[F]) -> F {
    if let [term] = terms {
        return *term;
    }
    let (left, right) = terms.split_at(terms.len() / 2);
    tree(left) + tree(right)
}

impl<T: Plain> Function<T> for Hidden {
    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        self.results(x).total
    }
}

/// The function of several results: terms as residuals, sums, or both.
#[derive(Clone, Copy, Debug)]
pub struct Outputs<'a>(pub &'a Hidden);

impl<T: Plain> VectorFunction<T> for Outputs<'_> {
    fn outputs(&self, _: usize) -> usize {
        self.0.outputs.len()
    }

    #[inline(never)]
    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let results = self.0.results(x);
        for (y, output) in y.iter_mut().zip(&self.0.outputs) {
            *y = match *output {
                Output::Term(group, row) => results.terms[group][row],
                Output::Sum(group) => results.sums[group],
                Output::Total => results.total,
            };
        }
    }
}
