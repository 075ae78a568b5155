use gradtape::program::{Expr, Optimization, Options, Program, Rows, Workspace};
use gradtape::{Real, gradient};

fn rosen<F: Real<Scalar = f64>>(x: &[F]) -> F {
    let d = x[1] - x[0] * x[0];
    let e = F::constant(1.0) - x[0];
    d * d * 100.0 + e * e
}
fn funcs<F: Real<Scalar = f64>>(x: &[F]) -> F {
    let x = x[0];
    x.sin() * (-x * x).exp()
        + (x * x + 1.0).ln()
        + (x * x + 1.0).sqrt() * x.tanh()
        + (x + 1.5).powf(F::constant(2.5))
        + x.silu() * x.gelu()
        + x.mish() * x.gelu_tanh()
        + (x + 0.3).atan2(x)
        + [x, x * x, x.exp()].iter().sum::<F>() * [x, x + 2.0, x.cos()].iter().product::<F>()
}
fn dotty<F: Real<Scalar = f64>>(x: &[F]) -> F {
    F::dot(&[x[0], x[1] * x[0], x[1]], &[x[1], x[0], x[0].exp()]) + F::weighted_sum(x, &[2.0, 3.0]) - x[0] * x[1]
}
type G<F> = fn(&[F]) -> F;
fn check(f: G<Expr<f64>>, g: G<gradtape::Value<f64>>, n: usize) {
    for options in
        [Options::new(), Options::new().exact()].into_iter().chain(Optimization::ALL.map(|o| Options::new().without(o)))
    {
        let p = options.record(f, &vec![0.5; n]).gradient();
        let mut ws = Workspace::new();
        for count in [1, 2, 7, 8, 9, 31, 33, 100, 300] {
            let rows: Vec<f64> = (0..count * n).map(|k| ((k * 37 % 101) as f64) / 50.0 - 1.0).collect();
            let r = p.run(&[], Rows::new(&rows, n).unwrap(), &mut ws).unwrap();
            for k in 0..count {
                let (v, g) = gradient(g, &rows[k * n..][..n]);
                let ours = &r.row(k);
                let theirs: Vec<f64> = std::iter::once(v).chain(g).collect();
                for (a, b) in ours.iter().zip(&theirs) {
                    if options == Options::new().exact() {
                        assert!(a == b || (a - b).abs() < 0.0, "exact {ours:?} {theirs:?} {:?}", &rows[k * n..][..n]);
                    }
                    assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{options:?} {count} {k} {ours:?} {theirs:?}");
                }
            }
        }
    }
}
#[test]
fn smoke() {
    check(rosen, rosen, 2);
    check(dotty, dotty, 2);
    check(funcs, funcs, 1);
}
#[test]
fn sums() {
    let f = |w: &[Expr<f64>], x: &[Expr<f64>]| ((w[0].exp() * x[0] + w[1]).tanh() - x[1]).powi(2) * 0.01;
    let g = |w: &[gradtape::Value<f64>], x: &[f64]| ((w[0].exp() * x[0] + w[1]).tanh() - x[1]).powi(2) * 0.01;
    let p = Program::record_with(f, &[0.1, 0.2], &[0.3, 0.4]).gradient_of_sum();
    let mut ws = Workspace::new();
    for count in [1, 3, 100, 1000] {
        let rows: Vec<f64> = (0..count * 2).map(|k| ((k * 37 % 101) as f64) / 50.0 - 1.0).collect();
        let (v, gr) = gradient(|w| rows.chunks(2).map(|x| g(w, x)).sum(), &[0.3, -0.2]);
        let r = p.run(&[0.3, -0.2], Rows::new(&rows, 2).unwrap(), &mut ws).unwrap();
        println!("{:?} {v} {gr:?}", r.totals());
        for (a, b) in r.totals().iter().zip(std::iter::once(v).chain(gr)) {
            assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()));
        }
    }
}
