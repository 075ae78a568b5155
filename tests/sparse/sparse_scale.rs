//! Sparse derivatives of large functions: the work grows with the number of entries and not with the size of the
//! matrix.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gradtape::sparse::{Coloring, Csr, Side, Sparsity};
use gradtape::{Driver, Function, Real, VectorFunction, function};

/// Outputs of each input and its neighbours. The evaluations are counted.
#[derive(Default)]
struct Neighbours {
    evaluations: AtomicUsize,
}

impl VectorFunction for Neighbours {
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    fn eval<F: Real<Plain = f64>>(&self, x: &[F], y: &mut [F]) {
        self.evaluations.fetch_add(1, Relaxed);
        for i in 0..x.len() {
            let (left, right) = (x[i.saturating_sub(1)], x[x.len().min(i + 2) - 1]);
            y[i] = x[i] * 2.0 - left * right;
        }
    }
}

impl Function for Neighbours {
    fn eval<F: Real<Plain = f64>>(&self, x: &[F]) -> F {
        self.evaluations.fetch_add(1, Relaxed);
        x.windows(2).fold(F::zero(), |sum, x| sum + (x[1] - x[0]).powi(2) * x[0])
    }
}

#[test]
fn the_evaluations_of_a_tridiagonal_jacobian_do_not_grow_with_it() {
    let evaluations = [100, 100_000].map(|n| {
        let (f, x) = (Neighbours::default(), vec![0.5; n]);
        let jacobian = f.sparse_jacobian(&x);
        assert_eq!(jacobian.nnz(), 3 * n - 2);
        assert_eq!(jacobian.row(n / 2), (&[n / 2 - 1, n / 2, n / 2 + 1][..], &[-0.5, 2.0, -0.5][..]));
        f.evaluations.into_inner()
    });
    // One evaluation for the pattern, and one for three directions.
    assert_eq!(evaluations, [2, 2]);
}

#[test]
fn the_evaluations_of_a_tridiagonal_hessian_do_not_grow_with_it() {
    let evaluations = [100, 100_000].map(|n| {
        let (f, x) = (Neighbours::default(), vec![0.5; n]);
        let hessian = f.sparse_hessian(&x);
        assert_eq!(hessian.nnz(), 3 * n - 2);
        assert_eq!(hessian.row(n / 2), (&[n / 2 - 1, n / 2, n / 2 + 1][..], &[-1.0, 2.0, -1.0][..]));
        f.evaluations.into_inner()
    });
    // Two evaluations for the pattern and whether it is local, and one for three directions.
    assert_eq!(evaluations, [3, 3]);
}

#[test]
fn long_chains_of_joins_need_no_stack() {
    // One output of that many joins, nested on the left; each join has an input.
    let chain = function!(|x| [(0..100_000).fold(x[0], |y, k| y.sin() * x[k % x.len()] + x[(k + 1) % x.len()])]);
    let pattern = chain.sparsity(&[0.5; 3]);
    assert_eq!(pattern.row(0), [0, 1, 2]);
    let gradient = function!(|x| (0..100_000).fold(x[0], |y, k| y * 0.5 + x[k % x.len()] * x[(k + 1) % x.len()]));
    assert_eq!(gradient.sparse_hessian(&[0.5; 3]).to_dense(), gradient.hessian(&[0.5; 3]));
    // That many inputs in one output.
    let sum = function!(|x: &[F]| [x.iter().fold(F::zero(), |y, &x| y * x + x)]);
    assert_eq!(sum.sparse_jacobian(&vec![0.5; 100_000]).nnz(), 100_000);
}

/// Neighbours alone share a term, whatever constants take part in it.
#[test]
fn operations_of_many_operands_add_no_places_to_a_pattern() {
    let neighbours = Sparsity::new((0..7_usize).map(|i| i.saturating_sub(1)..7.min(i + 2)), 7);
    macro_rules! assert_patterns {
        ($(|$x:ident, $c:ident| $term:expr;)*) => { $({
            let f = function!(|x: &[F]| {
                let terms = x.windows(2).map(|$x| {
                    let $c = F::constant(2.0);
                    let term: F = $term;
                    term.sin()
                });
                terms.sum()
            });
            assert_eq!(f.hessian_sparsity(&[0.5; 7]), neighbours, "{}", stringify!($term));
        })* };
    }
    assert_patterns! {
        |x, _c| x.iter().sum();
        |x, c| [c, x[0], x[1]].iter().sum();
        |x, c| [x[0], c, c, x[1], c].iter().sum();
        |x, _c| x.iter().product();
        |x, c| [c, x[0], x[1]].iter().product();
        |x, c| [x[0], c, c, x[1], c].iter().product();
        |x, _c| F::dot(x, x);
        |x, c| F::dot(&[c, x[0], c, x[1]], &[x[1], c, c, x[0]]);
        |x, c| F::weighted_sum(&[x[0], c, x[1]], &[1.0, 2.0, 3.0]);
        |x, c| F::logsumexp(&[c, x[0], x[1]]);
        |x, c| F::softmax(&[c, x[0], x[1]])[1];
    }
}

#[test]
fn a_driver_finds_a_pattern_once_if_the_function_does_not_branch() {
    let (driver, x) = (Driver::new(Neighbours::default()), vec![0.5; 100]);
    let evaluations = || driver.function().evaluations.swap(0, Relaxed);
    let (mut y, mut gradient) = (vec![0.0; 100], vec![0.0; 100]);
    let (mut jacobian, mut hessian) = (Csr::default(), Csr::default());
    let counts = [(); 3].map(|()| {
        driver.sparse_jacobian(&x, &mut y, &mut jacobian);
        let for_jacobian = evaluations();
        driver.sparse_hessian(&x, &mut gradient, &mut hessian);
        (for_jacobian, evaluations())
    });
    assert_eq!(counts, [(2, 3), (1, 1), (1, 1)]);
}

#[test]
fn steady_loops_with_one_driver_allocate_nothing() {
    let (f, x) = (Neighbours::default(), vec![0.5; 30]);
    let wide = function!(|x: &[F]| [x.iter().sum::<F>().sin(), x[0] * x[1]]);
    let by_columns = Coloring::of_jacobian(&f.sparsity(&x));
    let by_rows = Coloring::of_jacobian(&wide.sparsity(&x));
    let symmetric = Coloring::of_hessian(&f.hessian_sparsity(&x));
    assert_eq!((by_columns.side(), by_rows.side()), (Side::Columns, Side::Rows));
    let of_jacobian = [Driver::new(&f), Driver::new(&f).with_coloring(by_columns)];
    let of_wide = [Driver::new(wide), Driver::new(wide).with_coloring(by_rows)];
    let of_hessian = [Driver::new(&f), Driver::new(&f).with_coloring(symmetric)];
    let (mut y, mut two, mut gradient) = ([0.0; 30], [0.0; 2], [0.0; 30]);
    let [mut first, mut second, mut third] = [(); 3].map(|()| Csr::default());
    let mut round = || {
        for k in [0, 1] {
            of_jacobian[k].sparse_jacobian(&x, &mut y, &mut first);
            of_wide[k].sparse_jacobian(&x, &mut two, &mut second);
            of_hessian[k].sparse_hessian(&x, &mut gradient, &mut third);
        }
    };
    // A matrix takes over the pattern of one driver, then that of the other; each has its own list of places.
    (0..2).for_each(|_| round());
    assert_eq!(testing::allocations::allocations(|| (0..5).for_each(|_| round())), 0);
}
