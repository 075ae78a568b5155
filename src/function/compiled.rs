//! Functions that are recorded once, and evaluated element by element.

mod by_driver;
mod recordings;
mod settings;
mod source;
mod vector;

use std::cell::Cell;
use std::fmt;

pub use crate::program::elements::making::Stage;
pub use crate::program::elements::source::CompiledSource;
pub use recordings::Recordings;
use recordings::{Found, Plans, Recording};

use super::memory::{Lent, Memory};
use super::{Driver, Function};
use crate::program::elements::along::Along;
use crate::program::elements::dots;
use crate::program::elements::gradient::elements;
use crate::program::elements::making::Making;
use crate::program::elements::matrix::{Collected, MatrixPlan, Stored, Wanted};
use crate::program::elements::run::Branched;
use crate::program::elements::variables::Variables;
use crate::program::elements::whole::Recorded;
use crate::program::graph::Graph;
use crate::program::precision::compiled_here;
use crate::program::{Precision, Program};
use crate::sparse::{Csr, Sparsity};

/// A function that is recorded at its first point. Later points run the recording, whose repeated parts are computed in
/// vector lanes, and on all threads with the feature `rayon`.
///
/// Most functions of many inputs are made of a few small functions, called again and again: a loss over samples, an
/// energy over springs, residuals over observations. Each such call is an *element*. Elements with the same operations
/// are found in the recording, in loops as people write them, and become the rows of a small [`Program`]. So sparse
/// derivatives need no colouring: they are those of the elements.
///
/// | of a [`Function`] | | of a [`VectorFunction`](crate::VectorFunction) | |
/// |---|---|---|---|
/// | [`value`](Self::value) | | [`results`](Self::results) | |
/// | [`gradient`](Self::gradient) | value, gradient | [`sparse_jacobian`](Self::sparse_jacobian) | results, Jacobian |
/// | [`sparse_hessian`](Self::sparse_hessian) | value, gradient, Hessian | [`normal_equations`](Self::normal_equations) | results `r`, `Jᵀr`, `JᵀJ` |
/// | [`hvp`](Self::hvp), [`gradient_and_hvp`](Self::gradient_and_hvp) | Hessian times a vector | [`weighted_hessian`](Self::weighted_hessian) | Hessian of `Σ wᵢ yᵢ` |
///
/// The results are those of a [`Driver`], within rounding. Long sums and products are computed in another order. There,
/// they may overflow or underflow where those of the driver do not, and a sum of zeros may have another sign. The
/// weights of equal terms of a sum are added up, so `x - 0.5 x` is infinite where `x` is, and not NaN. One exception is
/// that of all programs that are not exact: where the adjoint of a number adds up to exactly 0, as that of `t` in
/// `t - t`, this 0 may win against slopes of NaN or infinity inside of `t`; on a tape, the derivative is NaN. The value
/// is the same.
///
/// Samples and other data that change from call to call are inputs, too: [`wrt`](Self::wrt) says which inputs are the
/// variables that derivatives are by.
///
/// Where nothing is repeated, the gradient is that of a [`Program`] of the whole function, if it has enough operations
/// that do not depend on each other. Otherwise, and where elements share too much, the driver computes the results. It
/// also computes sparse derivatives if an output that is no sum depends on more than 48 variables. Long sums are taken
/// apart, but not by [`normal_equations`](Self::normal_equations).
///
/// If a comparison comes out otherwise than at the recorded point, the function is recorded anew; if that happens again
/// and again, the driver takes over, until recordings pay. [`recordings`](Self::recordings) tells how often, and which
/// comparison. So write `max`, `min`, `abs` or `clamp` instead of `if` where you can: they are no branches of a
/// program. If the function panics, what was found before stays.
///
/// A `Compiled` belongs to one thread, as its driver does. With the feature `rayon`, its evaluations use several.
///
/// [`to_rust`](Self::to_rust) writes value and gradient as Rust source,
/// [`sparse_jacobian_to_rust`](Self::sparse_jacobian_to_rust) results and Jacobian, and
/// [`sparse_hessian_to_rust`](Self::sparse_hessian_to_rust) value, gradient and Hessian. [`elements`](Self::elements)
/// gives the program of each kind of element. To store the function, store its [`Program`], which is a function again
/// by [`into_function`](Program::into_function).
///
/// # When it pays
///
/// A function of many inputs that repeats something pays from some 20 to 200 gradients on: recording it takes so long.
/// That is the time of the first call, so call it once before you measure. For fewer evaluations, for few inputs, or
/// for one long computation such as a simulation, take a [`Driver`]. `cargo bench -p gradtape-benches --bench elements`
/// measures it.
///
/// # Examples
///
/// ```
/// use gradtape::{Compiled, function};
///
/// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| (x[1] - x[0] * x[0]).powi(2)).sum::<F>()));
/// let (x, mut gradient) = (vec![2.0; 1000], vec![0.0; 1000]);
/// assert_eq!(chain.gradient(&x, &mut gradient), 4.0 * 999.0);
/// assert_eq!(gradient[..2], [16.0, 12.0]);
/// assert_eq!(chain.recordings().to_string(), "1 evaluation, 1 recording\n999 elements of 3 operations");
/// ```
pub struct Compiled<F, T = f64> {
    driver: Driver<F>,
    /// Places that each matrix has.
    required: Option<Sparsity>,
    /// Whether symmetric matrices have no places above the diagonal.
    is_lower: bool,
    making: Making,
    /// Lent to each call. So a function that uses its own `Compiled` is recorded again.
    recording: Cell<Recording<T>>,
    /// The memory of matrices that the driver computes, beside its own.
    memory: Cell<Memory>,
}

impl<F, T> Compiled<F, T> {
    /// A function that is recorded when it is evaluated first.
    #[must_use]
    pub const fn new(function: F) -> Self {
        Self {
            driver: Driver::new(function),
            required: None,
            is_lower: false,
            making: Making::by(Variables::ALL),
            recording: Cell::new(Recording::NEW),
            memory: Cell::new(Memory::new()),
        }
    }

    /// The function.
    pub fn function(&self) -> &F {
        self.driver.function()
    }

    /// How often the function was recorded and evaluated, and what was found in it.
    pub fn recordings(&self) -> Recordings {
        Lent::new(&self.recording).recordings()
    }
}

impl<F, T: Precision> Compiled<F, T> {
    /// The variables of a point. Each of the named vectors must have a number for each of them.
    #[track_caller]
    fn variables<'x, const N: usize>(&self, x: &'x [T], lengths: [(&str, usize); N]) -> &'x [T] {
        let variables = &x[self.making.variables.of(x.len())];
        for (vector, length) in lengths {
            assert_eq!(
                length,
                variables.len(),
                "`{vector}` has a number for each input, or for each one that `wrt` names; make it so long"
            );
        }
        variables
    }

    #[track_caller]
    pub(super) fn assert_by_all(&self, x: &[T]) {
        assert_eq!(
            self.variables(x, []).len(),
            x.len(),
            "an objective has a derivative by each input; with `wrt`, take a closure that completes the point with the data"
        );
    }

    /// Evaluates a plan of the function, which is recorded if there is none yet. None if the driver must.
    fn evaluate<P, R>(
        &self,
        inputs: usize,
        found: impl Fn(&mut Plans<T>) -> &mut Found<P>,
        find: impl Fn() -> Option<P>,
        evaluate: impl FnMut(&mut P) -> Result<R, Branched>,
    ) -> Option<R> {
        let mut recording = Lent::new(&self.recording);
        let Recording { plans, counts } = &mut *recording;
        counts.evaluate(found(plans), inputs, find, evaluate)
    }

    /// [`evaluate`](Self::evaluate) for the plan of the gradient.
    fn evaluate_gradient(&self, x: &[T], evaluate: impl FnMut(&mut Recorded<T>) -> Result<T, Branched>) -> Option<T>
    where
        F: Function<T>,
    {
        let find = compiled_here!(fn(&Graph<T>, Making) -> Option<Recorded<T>> = Recorded::of);
        let find = || find(&self.recorded(x), self.making);
        self.evaluate(x.len(), |plans| &mut plans.gradient, find, evaluate)
    }

    /// [`evaluate`](Self::evaluate) for a plan of a matrix. `graph` records the function.
    #[track_caller]
    fn evaluate_matrix(
        &self,
        wanted: Wanted,
        graph: impl Fn() -> Graph<T>,
        [x, given]: [&[T]; 2],
        mut collected: Collected<'_, T>,
        mut matrix: Option<&mut Csr<T>>,
    ) -> bool {
        let columns = self.variables(x, []).len();
        let rows = if wanted == Wanted::Jacobian { collected.outputs.len() } else { columns };
        let stored = if matrix.is_some() { self.stored(wanted, [rows, columns]) } else { Stored::default() };
        let find = || {
            compiled_here!(fn(&Graph<T>, Wanted, Stored<'_>, Making) -> Option<MatrixPlan<T>> = MatrixPlan::of)(
                &graph(),
                wanted,
                stored,
                self.making,
            )
        };
        let run = compiled_here!(
            fn(&mut MatrixPlan<T>, [&[T]; 2], Collected<'_, T>, Option<&mut Csr<T>>) -> Result<(), Branched>
                = MatrixPlan::evaluate
        );
        let evaluate = |plan: &mut MatrixPlan<T>| run(plan, [x, given], collected.reborrow(), matrix.as_deref_mut());
        self.evaluate(x.len(), |plans| plans.matrix(wanted), find, evaluate).is_some()
    }

    /// [`evaluate`](Self::evaluate) for the Hessian times a vector. Returns whether value and gradient were written,
    /// too.
    fn evaluate_along(&self, [x, v]: [&[T]; 2], mut collected: Collected<'_, T>) -> Option<bool>
    where
        F: Function<T>,
    {
        let find = compiled_here!(fn(&Graph<T>, Making) -> Option<Along<T>> = Along::of);
        let find = || find(&self.recorded(x), self.making);
        let run = compiled_here!(
            fn(&mut Along<T>, [&[T]; 2], Collected<'_, T>) -> Result<bool, Branched> = Along::evaluate
        );
        let evaluate = |plan: &mut Along<T>| run(plan, [x, v], collected.reborrow());
        self.evaluate(x.len(), |plans| &mut plans.along, find, evaluate)
    }

    /// Which places are stored of a matrix of so many rows and columns.
    #[track_caller]
    fn stored(&self, wanted: Wanted, [rows, columns]: [usize; 2]) -> Stored<'_> {
        let required = self.required.as_ref();
        if let Some(required) = required {
            assert!(
                [required.rows(), required.columns()] == [rows, columns],
                "the given pattern has {} rows and {} columns, and the derivative {rows} and {columns}; give a pattern of this \
                 matrix",
                required.rows(),
                required.columns()
            );
        }
        Stored { required, is_lower: self.is_lower && wanted != Wanted::Jacobian }
    }

    fn recorded(&self, x: &[T]) -> Graph<T>
    where
        F: Function<T>,
    {
        dots::expanded(Program::record(|x| self.function().eval(x), x).into_needed())
    }

    /// The value at `x`.
    #[track_caller]
    pub fn value(&self, x: &[T]) -> T
    where
        F: Function<T>,
    {
        self.variables(x, []);
        let plain = || self.function().value(x);
        let run = compiled_here!(fn(&mut Recorded<T>, &[T]) -> Result<Option<T>, Branched> = Recorded::value);
        let evaluate = |plan: &mut Recorded<T>| Ok(run(plan, x)?.unwrap_or_else(plain));
        self.evaluate_gradient(x, evaluate).unwrap_or_else(plain)
    }

    /// Returns the value at `x`, and writes the gradient to `gradient`.
    ///
    /// # Panics
    ///
    /// If `gradient` has not a number for each variable: for each input, unless [`wrt`](Self::wrt) names some.
    #[track_caller]
    pub fn gradient(&self, x: &[T], gradient: &mut [T]) -> T
    where
        F: Function<T>,
    {
        self.variables(x, [("gradient", gradient.len())]);
        let run = compiled_here!(fn(&mut Recorded<T>, &[T], &mut [T]) -> Result<T, Branched> = Recorded::gradient);
        let value = self.evaluate_gradient(x, |plan| run(plan, x, gradient));
        value.unwrap_or_else(|| self.by_driver(x, |driver, variables| driver.gradient(variables, gradient)))
    }

    /// The kinds of elements at `x`: how many there are of each, and the program that computes one. Each is a
    /// [`Program`] as any other, to be drawn, stored, or run on rows of your own. Its parameters, which all elements
    /// share, and its inputs are inputs of the function or results of other elements, in the order in which an element
    /// uses them first.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Compiled, function};
    ///
    /// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| (x[1] - x[0]).sin()).sum::<F>()));
    /// let [(count, element)] = &chain.elements(&[2.0; 1000])[..] else { panic!("there is one kind") };
    /// assert_eq!((*count, element.inputs()), (999, 2));
    /// assert_eq!(element.eval(&[3.0, 1.0])?, [2.0_f64.sin()]);
    /// println!("{}", element.statistics());
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn elements(&self, x: &[T]) -> Vec<(usize, Program<T>)>
    where
        F: Function<T>,
    {
        self.variables(x, []);
        let elements = compiled_here!(fn(&Graph<T>, Variables) -> Vec<(usize, Program<T>)> = elements);
        elements(&self.recorded(x), self.making.variables)
    }

    /// Writes the Hessian at `x` times `v` to `product`.
    ///
    /// # Panics
    ///
    /// If `v` and `product` have not a number for each variable.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::{Compiled, function};
    ///
    /// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| x[0] * x[1]).sum::<F>()));
    /// let (x, v, mut product) = (vec![2.0; 100], vec![1.0; 100], vec![0.0; 100]);
    /// chain.hvp(&x, &v, &mut product);
    /// assert_eq!(product[..2], [1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn hvp(&self, x: &[T], v: &[T], product: &mut [T])
    where
        F: Function<T>,
    {
        self.variables(x, [("v", v.len()), ("product", product.len())]);
        let collected = Collected { product, ..Collected::default() };
        if self.evaluate_along([x, v], collected).is_none() {
            self.by_driver(x, |driver, variables| driver.hvp(variables, v, product));
        }
    }

    /// Returns the value at `x`; writes the gradient to `gradient`, and the Hessian times `v` to `product`. It takes
    /// hardly longer than [`hvp`](Self::hvp), with which it shares the recording. But of a function of a long sum, such
    /// as its root, it takes as long as both, and has the recordings of both.
    ///
    /// # Panics
    ///
    /// If `v`, `gradient` and `product` have not a number for each variable.
    #[track_caller]
    pub fn gradient_and_hvp(&self, x: &[T], v: &[T], gradient: &mut [T], product: &mut [T]) -> T
    where
        F: Function<T>,
    {
        self.variables(x, [("v", v.len()), ("gradient", gradient.len()), ("product", product.len())]);
        let mut value = T::zero();
        let collected = Collected {
            outputs: std::slice::from_mut(&mut value),
            gradient: &mut *gradient,
            product: &mut *product,
            ..Collected::default()
        };
        match self.evaluate_along([x, v], collected) {
            Some(true) => value,
            Some(false) => self.gradient(x, gradient),
            None => self.by_driver(x, |driver, variables| driver.gradient_and_hvp(variables, v, gradient, product)),
        }
    }

    /// Returns the value at `x`, and writes the gradient and the Hessian. The matrix gets the pattern of the Hessian.
    /// Both triangles are stored, or the [lower one](Self::with_lower_triangle) alone.
    ///
    /// # Panics
    ///
    /// If `gradient` has not a number for each variable: for each input, unless [`wrt`](Self::wrt) names some.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::sparse::Csr;
    /// use gradtape::{Compiled, function};
    ///
    /// let chain = Compiled::new(function!(|x: &[F]| x.windows(2).map(|x| x[0] * x[1]).sum::<F>()));
    /// let (x, mut gradient, mut hessian) = (vec![2.0; 100], vec![0.0; 100], Csr::default());
    /// assert_eq!(chain.sparse_hessian(&x, &mut gradient, &mut hessian), 4.0 * 99.0);
    /// assert_eq!(hessian.row(50), (&[49, 51][..], &[1.0, 1.0][..]));
    /// ```
    #[track_caller]
    pub fn sparse_hessian(&self, x: &[T], gradient: &mut [T], hessian: &mut Csr<T>) -> T
    where
        F: Function<T>,
    {
        let columns = self.variables(x, [("gradient", gradient.len())]).len();
        let mut value = T::zero();
        let outputs = std::slice::from_mut(&mut value);
        let collected = Collected { outputs, gradient: &mut *gradient, ..Collected::default() };
        if self.evaluate_matrix(Wanted::Hessian, || self.recorded(x), [x, &[]], collected, Some(&mut *hessian)) {
            value
        } else {
            let stored = self.stored(Wanted::Hessian, [columns; 2]);
            self.store(Wanted::Hessian, hessian, stored, |hessian, _| {
                self.by_driver(x, |driver, variables| driver.sparse_hessian(variables, gradient, hessian))
            })
        }
    }
}

impl<F: fmt::Debug, T> fmt::Debug for Compiled<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("function", self.function())
            .field("recordings", &self.recordings())
            .finish_non_exhaustive()
    }
}
