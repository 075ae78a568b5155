fn scale(a: f64, b: f64) -> f64 {
    let product = a * b;
    if product.is_nan() && (a == 0.0 || b == 0.0) {
        return 0.0;
    }
    product
}

fn kept(x: f64, a: f64, b: f64) -> f64 {
    let product = a * b;
    if product.is_nan() && (a == 0.0 || b == 0.0) {
        return 0.0;
    }
    x
}

fn exp_m1_slope(x: f64, e: f64) -> f64 {
    if x < -0.5 {
        return x.exp();
    }
    e + 1.0
}

fn atan_slope(x: f64) -> f64 {
    if x.abs() > 100.0 {
        return 1.0 / x / (x + 1.0 / x);
    }
    1.0 / (1.0 + x * x)
}

fn tanh_slope(x: f64, t: f64) -> f64 {
    let square = t * t;
    if square < 0.5 {
        return 1.0 - square;
    }
    let twice = x.abs() + x.abs();
    let minus = -twice;
    let e = minus.exp();
    let d = 1.0 + e;
    4.0 * e / (d * d)
}

fn signum(x: f64) -> f64 {
    let one: f64 = 1.0;
    if x.is_nan() {
        return x;
    }
    one.copysign(x)
}

fn sign(x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    x.signum()
}

fn fract(x: f64) -> f64 {
    x - x.trunc()
}

fn powi(x: f64, n: i32) -> f64 {
    let (mut power, mut square, mut rest) = (1.0, x, n.unsigned_abs());
    while rest != 0 {
        if rest % 2 == 1 {
            power *= square;
        }
        rest /= 2;
        square *= square;
    }
    if n < 0 {
        return 1.0 / power;
    }
    power
}

fn step(x: f64, below: f64) -> f64 {
    if x > 0.0 {
        return 1.0;
    }
    below
}

fn above(a: f64, b: f64) -> f64 {
    if a > b {
        return 1.0;
    }
    0.0
}

fn greater(a: f64, b: f64) -> f64 {
    if a > b || (b.is_nan() && !a.is_nan()) {
        return 1.0;
    }
    if a == b {
        return 0.5;
    }
    0.0
}

fn abs_sub(a: f64, b: f64) -> f64 {
    if a <= b {
        return 0.0;
    }
    a - b
}

fn clamp(x: f64, low: f64, high: f64) -> f64 {
    if low <= high {
        return x.clamp(low, high);
    }
    x
}

fn over(a: f64, b: f64, q: f64) -> f64 {
    if q.is_subnormal() && b.abs() < 1.0 {
        return a / (b * b);
    }
    q / b
}

fn powf_by_base(a: f64, b: f64, p: f64) -> f64 {
    if b == 0.0 && (a == 0.0 || a.is_nan()) {
        return 0.0;
    }
    if p.is_normal() {
        return b * (p / a);
    }
    if b.is_infinite() && p == 0.0 {
        return 0.0;
    }
    if p.is_nan() {
        return p;
    }
    if a == 0.0 && b > 0.0 && b < 1.0 {
        return f64::INFINITY;
    }
    let power = a.powf(b - 1.0);
    if power.is_normal() || p.is_infinite() || a == 0.0 {
        return b * power;
    }
    let base = a.abs();
    let root = base.powf(b * 0.5);
    (b * root) * (root.copysign(p) / a)
}

fn powf_by_exponent(a: f64, p: f64, b: f64) -> f64 {
    if p.is_normal() && a != 0.0 {
        return p * a.ln();
    }
    let root = a.powf(b * 0.5);
    if root == 0.0 || (a == 0.0 && b == 0.0) {
        return 0.0;
    }
    root * a.ln() * root
}

fn exponent(_a: f64, b: f64) -> f64 {
    b
}

fn exponent_slope(a: f64, b: f64) -> f64 {
    if a < 0.0 {
        return f64::NAN;
    }
    if a == 0.0 && b >= 0.0 {
        return 0.0;
    }
    1.0
}

fn atan2_slope(v: f64, u: f64) -> f64 {
    let h = u.hypot(v);
    if h.is_normal() {
        return over(v, h, v / h);
    }
    let scale = 1.0 / f64::EPSILON;
    let (u, v) = (u * scale, v * scale);
    let h = u.hypot(v);
    if h == 0.0 || h.is_infinite() {
        return 0.0;
    }
    v / h / h * scale
}

fn hypot_slope(v: f64, u: f64, h: f64) -> f64 {
    if h.is_normal() || h.is_nan() {
        return v / h;
    }
    if v.is_infinite() {
        return v.signum();
    }
    let scale = 1.0 / f64::EPSILON;
    let (u, v) = (u * scale, v * scale);
    let h = u.hypot(v);
    if h == 0.0 || h.is_infinite() {
        return 0.0;
    }
    v / h
}

fn softsign(x: f64) -> f64 {
    let d = 1.0 + x.abs();
    if d.is_infinite() {
        return x.signum();
    }
    x / d
}

fn relu(x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    x
}

fn leaky_relu(x: f64, slope: f64) -> f64 {
    if x > 0.0 {
        return x;
    }
    slope * x
}

fn elu(x: f64, alpha: f64) -> f64 {
    if x > 0.0 {
        return x;
    }
    alpha * x.exp_m1()
}

fn elu_slope(x: f64, alpha: f64) -> f64 {
    if x > 0.0 {
        return 1.0;
    }
    alpha * x.exp()
}

fn exp_below(x: f64) -> f64 {
    let below = if x < 0.0 { x } else { -x };
    below.exp()
}

fn sigmoid(x: f64) -> f64 {
    let e = exp_below(x);
    let numerator = if x < 0.0 { e } else { 1.0 };
    numerator / (1.0 + e)
}

fn sigmoid_slope(x: f64) -> f64 {
    let e = exp_below(x);
    let d = 1.0 + e;
    e / (d * d)
}

fn softplus(x: f64) -> f64 {
    let e = exp_below(x);
    let tail = e.ln_1p();
    if x < 0.0 {
        return tail;
    }
    x + tail
}

fn div_euclid(a: f64, b: f64) -> f64 {
    let quotient = a / b;
    let whole = quotient.trunc();
    if a % b >= 0.0 {
        return whole;
    }
    if b > 0.0 {
        return whole - 1.0;
    }
    whole + 1.0
}

fn rem_euclid(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder < 0.0 {
        return remainder + b.abs();
    }
    remainder
}

fn exp_share(a: f64, b: f64) -> f64 {
    if a == b && a.is_infinite() {
        return 0.5;
    }
    let difference = a - b;
    let back = a - difference;
    let mut error = (a - (difference + back)) + (back - b);
    if error.is_nan() {
        error = 0.0;
    }
    if difference < 0.0 {
        let e = difference.exp();
        let e = e + e * error;
        return e / (1.0 + e);
    }
    let minus = -difference;
    let e = minus.exp();
    1.0 / (1.0 + (e - e * error))
}

fn exp_share_slope(a: f64, b: f64) -> f64 {
    if a == b && a.is_infinite() {
        return 0.0;
    }
    exp_share(a, b) * exp_share(b, a)
}

fn ln_add_exp(a: f64, b: f64) -> f64 {
    if a == b && a.is_infinite() {
        return a;
    }
    let (larger, difference) = if a < b { (b, a - b) } else { (a, b - a) };
    let e = difference.exp();
    larger + e.ln_1p()
}

fn pivot(a: f64, b: f64) -> f64 {
    let larger = a.max(b);
    larger.min(f64::MAX)
}

fn sinc(x: f64) -> f64 {
    spherical_bessel(x, 0.0)
}

fn spherical_bessel(x: f64, n: f64) -> f64 {
    if n < 0.0 {
        return 0.0;
    }
    let odd = 2.0 * n + 1.0;
    if x.abs() < odd {
        let square = x * x * 0.5;
        let (mut leading, mut j) = (1.0, 1.0);
        while j <= n {
            leading = leading * x / (2.0 * j + 1.0);
            j += 1.0;
        }
        let (mut sum, mut k) = (1.0, 24.0);
        while k > 0.0 {
            sum = 1.0 - square / (k * (odd + 2.0 * k)) * sum;
            k -= 1.0;
        }
        return leading * sum;
    }
    let (mut before, mut result, mut k) = (x.cos() / x, x.sin() / x, 0.0);
    while k < n {
        let next = (2.0 * k + 1.0) * result / x - before;
        before = result;
        result = next;
        k += 1.0;
    }
    result
}
