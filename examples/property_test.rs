//! A template for a property test of a gradient: `cargo test --features quickcheck --example property_test`, or
//! `cargo run`.

use gradtape::Real;

/// Huber's loss: a parabola within `width` of 0, and a straight line outside.
fn huber<F: Real<Plain = f64>>(residual: F, width: f64) -> F {
    if residual.data().abs() < width { residual * residual / 2.0 } else { (residual.abs() - width / 2.0) * width }
}

/// The loss of a straight line through some points.
fn loss<F: Real<Plain = f64>>(line: &[F]) -> F {
    [(0.0, 1.0), (1.0, 3.1), (2.0, 4.8), (3.0, 27.0)].iter().map(|&(x, y)| huber(line[0] + line[1] * x - y, 1.5)).sum()
}

fn main() {
    let (mut line, mut last) = ([0.0, 0.0], f64::INFINITY);
    for _ in 0..1000 {
        let (value, slopes) = gradtape::gradient(loss, &line);
        for (weight, slope) in line.iter_mut().zip(slopes) {
            *weight -= 0.05 * slope;
        }
        last = value;
    }
    println!("y = {:.3} + {:.3} x, loss {last:.4}", line[0], line[1]);
    println!("{}", gradtape::check::gradient(loss, &[0.5, 2.0]).expect("the gradient is right"));
}

#[cfg(test)]
mod tests {
    use super::loss;
    use gradtape::check::{self, random::Unit};
    use quickcheck::quickcheck;

    quickcheck! {
        fn the_gradient_of_the_loss_is_right(intercept: Unit, slope: Unit) -> bool {
            check::gradient(loss, &[intercept.between(-30.0, 30.0), slope.between(-9.0, 9.0)]).is_ok()
        }
    }
}
