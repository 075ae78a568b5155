//! Gradients through the arrays of ndarray.

use gradtape::check::Check;
use gradtape::{Dual, Real, Tape, Value, gradient};
use ndarray::{Array1, Array2, ArrayView1, Axis, LinalgScalar, NdFloat, array, azip, s};
use testing::panics::assert_refused;
use testing::{assert_near, number};

/// The gradient agrees with differences in f64 and f32. The number equals that of plain floats, up to the order in
/// which products are added.
macro_rules! assert_gradients {
    ($($f:ident at $x:expr;)*) => {$({
        let x = $x;
        let narrow = x.map(number::<f32>);
        Check::new().strict().gradient(|x| $f(x), &x).unwrap();
        Check::new().relative(1e-4).strict().gradient_against(|x| $f(x), |x| $f(x), &narrow).unwrap();
        let plain: f64 = $f(&x);
        assert_near(gradient(|x| $f(x), &x).0, plain, 1e-14 * plain.abs(), stringify!($f));
    })*};
}

const X: [f64; 12] = [1.5, -0.3, 0.7, 0.2, 2.1, -0.6, -0.4, 0.9, 1.2, 0.8, -1.1, 0.35];

/// One number from many; each of them contributes to it.
fn weighed<'a, F: NdFloat>(results: impl IntoIterator<Item = &'a F>) -> F {
    let weights = (1..).map(|k| number::<F>((1.3 * f64::from(k)).sin() + 0.3));
    results.into_iter().zip(weights).fold(F::zero(), |sum, (&result, weight)| sum + result * weight)
}

fn table<F: NdFloat>(x: &[F]) -> Array2<F> {
    Array2::from_shape_vec((3, 4), x.to_vec()).unwrap()
}

#[test]
fn elementwise_arithmetic_has_gradients() {
    fn arithmetic<F: NdFloat>(x: &[F]) -> F {
        let (a, b) = (table(x), table(x).slice(s![.., ..;-1]).to_owned());
        let mut c = &a * &b - &a / (&b * &b + F::one());
        c += &a;
        c *= x[3];
        c = -(c - x[1]) / x[4];
        weighed(&c) + weighed(&(&a + &b.row(1)))
    }
    fn functions<F: NdFloat>(x: &[F]) -> F {
        let a = table(x);
        let mut b = a.mapv(|x| (x * x + F::one()).ln());
        b.mapv_inplace(F::exp_m1);
        azip!((b in &mut b, &a in &a) *b *= a.sin());
        weighed(&b) + weighed(&a.t().exp()) + weighed(&a.map_axis(Axis(0), |column| column.sum()))
    }
    fn reductions<F: NdFloat + num_traits::FromPrimitive>(x: &[F]) -> F {
        let a = table(x);
        let rest = [a.sum(), a.product(), a.mean().unwrap(), a.std(F::one()), a.var(F::zero())];
        weighed(&a.sum_axis(Axis(1))) + weighed(&a.mean_axis(Axis(0)).unwrap()) + weighed(&rest)
    }
    assert_gradients! { arithmetic at X; functions at X; reductions at X; }
}

#[test]
fn products_of_matrices_and_vectors_have_gradients() {
    fn products<F: NdFloat>(x: &[F]) -> F {
        let (a, v) = (table(x), ArrayView1::from(&x[2..6]));
        let w = a.dot(&v);
        let mut c = a.dot(&a.t());
        ndarray::linalg::general_mat_mul(x[0], &a, &a.t(), x[1], &mut c);
        w.dot(&c.dot(&w)) + weighed(&ndarray::linalg::kron(&c, &a)) + weighed(&w.dot(&a))
    }
    assert_gradients! { products at X; }
}

#[test]
fn plain_scalars_are_operands_on_the_right() {
    let f = |x: &[Value<f64>]| {
        let mut a = (Array1::from(x.to_vec()) * 3.0 - 1.0) / 2.0;
        a += Value::from(0.5);
        a *= Value::from(2.0);
        (a % 100.0).sum()
    };
    assert_eq!(gradient(f, &[1.0, 2.0]), (9.0, vec![3.0, 3.0]));
    let x = Array1::from(Dual::vars([1.0, 2.0]).to_vec());
    assert_eq!((&x * 3.0 - x[0]).product().tangents(), [10.0 - 2.0, 6.0 + 0.0]);
}

#[test]
fn every_number_of_the_crate_is_an_element() {
    fn is_element<F: NdFloat + LinalgScalar>() {}
    is_element::<Value<f64>>();
    is_element::<Value<f32>>();
    is_element::<Dual<f64>>();
    is_element::<Dual<f32, 3>>();
    is_element::<Value<Value<f64>>>();
    is_element::<Value<Dual<f64, 2>>>();
    let nested = |x: &[Value<Value<f64>>]| Array1::from(x.to_vec()).dot(&array![x[0] * x[1], x[1]]);
    // x²y + y²
    let (_, second) = gradient(|x| gradient(nested, x).1[0], &[3.0, 5.0]);
    assert_eq!(second, [10.0, 6.0]);
}

#[test]
fn layers_written_for_real_numbers_have_gradients() {
    fn layer<F: Real<Plain = f64> + NdFloat>(w: &Array2<F>, x: &Array1<f64>) -> F {
        w.dot(&x.mapv(F::constant)).mapv(Real::sigmoid).sum()
    }
    let (tape, x) = (Tape::new(), array![1.0, -2.0, 0.5]);
    let w = array![[0.1, 0.2, 0.3], [-0.4, 0.5, 0.6]];
    let lifted = w.mapv(|w| tape.var(w));
    let loss = layer(&lifted, &x);
    assert_near(loss.data(), layer(&w, &x), 1e-15, "the number");
    let gradients = loss.backward();
    let slopes = w.dot(&x).mapv(|z| z.sigmoid() * (-z).sigmoid());
    for ((i, j), &weight) in lifted.indexed_iter() {
        assert_near(gradients.wrt(weight), slopes[i] * x[j], 1e-15, (i, j));
    }
}

#[test]
fn arrays_of_two_tapes_do_not_mix() {
    let [a, b] = [1.0, 2.0].map(|x| Array1::from(Tape::new().vars(&[x, x])));
    assert_refused("cleared or dropped", || a.dot(&a));
    let (one, two) = (Tape::new(), Tape::new());
    let (a, b) = (a.mapv(|x| one.var(x.data())), b.mapv(|x| two.var(x.data())));
    assert_refused("the same tape", || a.dot(&b));
    assert_refused("the same tape", || &a + &b);
    assert_refused("the same tape", || &a * b[0]);
}
