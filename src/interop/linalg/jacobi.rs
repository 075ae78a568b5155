//! The singular value decomposition by rotations, for matrices that nalgebra decomposes wrongly.

use nalgebra::{DMatrix, DVector, RealField, convert};

/// `U`, the singular values in descending order, and `V`, of `A = U Σ Vᵀ`. All numbers must be finite.
///
/// Pairs of columns are rotated until all are orthogonal (one-sided Jacobi method; Hestenes, Inversion of matrices by
/// biorthogonalization, 1958). It is slower than the method of nalgebra, but it converges for every matrix, and small
/// singular values are accurate, too (Demmel and Veselić, Jacobi's method is more accurate than QR, 1992).
pub(super) fn svd<F: RealField + Copy>(a: DMatrix<F>) -> (DMatrix<F>, DVector<F>, DMatrix<F>) {
    if a.nrows() < a.ncols() {
        let (v, sigma, u) = svd(a.transpose());
        return (u, sigma, v);
    }
    let (scale, size) = (a.amax(), a.ncols());
    let mut images = if scale.is_zero() { a } else { a.unscale(scale) };
    let mut v = DMatrix::identity(size, size);
    // Some ten sweeps are enough.
    for _ in 0..64 {
        let mut is_done = true;
        for (p, q) in (1..size).flat_map(|q| (0..q).map(move |p| (p, q))) {
            is_done &= !orthogonalize(&mut images, &mut v, p, q);
        }
        if is_done {
            break;
        }
    }
    let lengths: Vec<F> = images.column_iter().map(|image| image.norm()).collect();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&p, &q| lengths[q].partial_cmp(&lengths[p]).unwrap_or(std::cmp::Ordering::Equal));
    let mut u = DMatrix::zeros(images.nrows(), size);
    for (k, &p) in order.iter().enumerate() {
        let direction =
            if lengths[p].is_zero() { unit_vector_orthogonal_to(&u) } else { images.column(p) / lengths[p] };
        u.set_column(k, &direction);
    }
    (u, DVector::from_fn(size, |k, _| lengths[order[k]] * scale), v.select_columns(&order))
}

/// Rotates the columns `p` and `q` of both matrices so that those of `images` become orthogonal. Returns false if they
/// are already.
fn orthogonalize<F: RealField + Copy>(images: &mut DMatrix<F>, v: &mut DMatrix<F>, p: usize, q: usize) -> bool {
    let (a, b) = (images.column(p), images.column(q));
    let (square_a, square_b, product) = (a.norm_squared(), b.norm_squared(), a.dot(&b));
    #[allow(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
    let rounding = F::default_epsilon() * convert::<f64, F>(images.nrows() as f64).sqrt();
    if product.abs() <= rounding * square_a.sqrt() * square_b.sqrt() {
        return false;
    }
    // The smaller solution of t² + 2 ζ t = 1.
    let zeta = (square_b - square_a) / (product + product);
    let tangent = F::one().copysign(zeta) / (zeta.abs() + zeta.hypot(F::one()));
    let cosine = F::one() / tangent.hypot(F::one());
    let sine = cosine * tangent;
    for m in [images, v] {
        for i in 0..m.nrows() {
            let (x, y) = (m[(i, p)], m[(i, q)]);
            (m[(i, p)], m[(i, q)]) = (cosine * x - sine * y, sine * x + cosine * y);
        }
    }
    true
}

/// A vector of length 1 that is orthogonal to all columns, which are orthonormal or 0. At least one of them is 0.
fn unit_vector_orthogonal_to<F: RealField + Copy>(columns: &DMatrix<F>) -> DVector<F> {
    let size = columns.nrows();
    let rest = |v: DVector<F>| &v - columns * columns.tr_mul(&v);
    let axes = (0..size).map(|k| rest(DVector::from_fn(size, |i, _| if i == k { F::one() } else { F::zero() })));
    let longest = axes.reduce(|a, b| if b.norm_squared() > a.norm_squared() { b } else { a });
    rest(longest.expect("a matrix without rows has no columns that are missing").normalize()).normalize()
}
