//! Sums of products, and sums over rows.

use super::super::Precision;
use super::super::code::{Kind, Place, Term, UNIFORM as UNIFORM_BIT};
use super::super::math::Math;
use super::{Memory, Numbers, Strip, choose, fused, lanes, zero_wins};

/// How many bytes of each slot are added up at a time, in registers.
pub(crate) const GROUP: usize = 256;

/// Adds up terms, a group of chunks at a time.
#[inline(always)]
pub(super) fn sum<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    terms: &[Term],
    out: Place,
) {
    if let [first, second] = terms
        && two_products::<T, W, FMA>(memory, first, second, out)
    {
        return;
    }
    let mut chunk = 0;
    // The compiler knows which of the two it is.
    if size_of::<[T; W]>() * 4 == GROUP {
        while chunk + 4 <= memory.chunks() {
            group::<T, W, 4, FMA>(memory, chunk, terms, out);
            chunk += 4;
        }
    } else if size_of::<[T; W]>() * 2 == GROUP {
        while chunk + 2 <= memory.chunks() {
            group::<T, W, 2, FMA>(memory, chunk, terms, out);
            chunk += 2;
        }
    }
    while chunk < memory.chunks() {
        group::<T, W, 1, FMA>(memory, chunk, terms, out);
        chunk += 1;
    }
}

/// The sum of two terms, if they are products: then no sum has to wait in registers.
#[inline(always)]
fn two_products<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    first: &Term,
    second: &Term,
    out: Place,
) -> bool {
    let factor = |term: &Term| {
        let w = memory.uniform(term.a);
        choose(term.negative, -w, w)
    };
    let ([a, b], [c, d]) = ([first.a, first.b], [second.a, second.b]);
    match (first.kind, second.kind) {
        (Kind::Scaled, Kind::Scaled) => {
            let (v, w) = (factor(first), factor(second));
            memory.each2(b, d, out, |b, d| fused::<T, FMA>(w, d, v * b));
        }
        (Kind::Scaled, Kind::Product) => {
            let w = factor(first);
            match second.negative {
                true => memory.each3([b, c, d], out, |b, c, d| fused::<T, FMA>(-c, d, w * b)),
                false => memory.each3([b, c, d], out, |b, c, d| fused::<T, FMA>(c, d, w * b)),
            }
        }
        (Kind::Product, Kind::Scaled) => {
            let w = factor(second);
            match first.negative {
                true => memory.each3([a, b, d], out, |a, b, d| fused::<T, FMA>(w, d, -a * b)),
                false => memory.each3([a, b, d], out, |a, b, d| fused::<T, FMA>(w, d, a * b)),
            }
        }
        _ => return false,
    }
    true
}

#[inline(always)]
fn group<T: Precision, const W: usize, const G: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    chunk: usize,
    terms: &[Term],
    out: Place,
) {
    let of = |place: Place| &memory.slots[place as usize * memory.chunks() + chunk..][..G];
    // -0 is what changes nothing when it is added.
    let mut sum = [[T::neg_zero(); W]; G];
    for term in terms {
        match term.kind {
            Kind::Scaled => {
                let (w, x) = (memory.uniform(term.a), of(term.b));
                let w = choose(term.negative, -w, w);
                for (sum, x) in sum.iter_mut().zip(x) {
                    let x = x.read();
                    *sum = lanes(|i| fused::<T, FMA>(w, x[i], sum[i]));
                }
            }
            Kind::Product if term.negative => {
                for (sum, (a, b)) in sum.iter_mut().zip(of(term.a).iter().zip(of(term.b))) {
                    let (a, b) = (a.read(), b.read());
                    *sum = lanes(|i| fused::<T, FMA>(-a[i], b[i], sum[i]));
                }
            }
            Kind::Product => {
                for (sum, (a, b)) in sum.iter_mut().zip(of(term.a).iter().zip(of(term.b))) {
                    let (a, b) = (a.read(), b.read());
                    *sum = lanes(|i| fused::<T, FMA>(a[i], b[i], sum[i]));
                }
            }
            Kind::Lanes if term.negative => {
                for (sum, x) in sum.iter_mut().zip(of(term.a)) {
                    let x = x.read();
                    *sum = lanes(|i| sum[i] - x[i]);
                }
            }
            Kind::Lanes => {
                for (sum, x) in sum.iter_mut().zip(of(term.a)) {
                    let x = x.read();
                    *sum = lanes(|i| sum[i] + x[i]);
                }
            }
            Kind::Uniform => {
                let x = memory.uniform(term.a);
                let x = choose(term.negative, -x, x);
                for sum in &mut sum {
                    *sum = lanes(|i| sum[i] + x);
                }
            }
        }
    }
    for (sum, out) in sum.into_iter().zip(of(out)) {
        out.write(sum);
    }
}

/// `c` and a product, fused.
#[inline(always)]
pub(super) fn mul_add<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    product: &Term,
    c: Place,
    out: Place,
    careful: bool,
) {
    let &Term { kind, negative, zero_wins, a, b } = product;
    let (a, c_is_uniform) = (if kind == Kind::Scaled { a | UNIFORM_BIT } else { a }, c & UNIFORM_BIT != 0);
    if careful && zero_wins {
        let c = |k: usize| if c_is_uniform { [memory.uniform(c); W] } else { memory.slot(c)[k].read() };
        for (k, (b, out)) in memory.slot(b).iter().zip(memory.slot(out)).enumerate() {
            let a = if kind == Kind::Scaled { [memory.uniform(a); W] } else { memory.slot(a)[k].read() };
            let (b, c) = (b.read(), c(k));
            out.write(lanes(|i| add_product::<T, FMA>(c[i], product, [a[i], b[i]], true, true)));
        }
    } else if c_is_uniform {
        let c = memory.uniform(c);
        match negative {
            true => memory.mixed(a, b, out, |a, b| fused::<T, FMA>(-a, b, c)),
            false => memory.mixed(a, b, out, |a, b| fused::<T, FMA>(a, b, c)),
        }
    } else if kind == Kind::Scaled {
        let w = memory.uniform(a);
        let w = choose(negative, -w, w);
        memory.each2(b, c, out, |b, c| fused::<T, FMA>(w, b, c));
    } else {
        match negative {
            true => memory.each3([a, b, c], out, |a, b, c| fused::<T, FMA>(-a, b, c)),
            false => memory.each3([a, b, c], out, |a, b, c| fused::<T, FMA>(a, b, c)),
        }
    }
}

/// `sum ± a b`, where a zero may win.
#[inline(always)]
fn add_product<T: Precision, const FMA: bool>(sum: T, term: &Term, [a, b]: [T; 2], is_fused: bool, careful: bool) -> T {
    let nothing = careful & term.zero_wins & ((a == T::zero()) | (b == T::zero())) & (a * b).is_nan();
    let a = choose(term.negative, -a, a);
    choose(nothing, sum, choose(is_fused, fused::<T, FMA>(a, b, sum), sum + a * b))
}

/// [`sum`] where zeros may win, or every product is rounded by itself. Where no zero wins, the bits are the same.
#[inline(always)]
pub(super) fn sum_carefully<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    terms: &[Term],
    out: Place,
    is_fused: bool,
    careful: bool,
) {
    let of = |place: Place, chunk: usize| memory.slots[place as usize * memory.chunks() + chunk].read();
    for chunk in 0..memory.chunks() {
        let mut sum = [T::neg_zero(); W];
        for term in terms {
            let (a, b) = match term.kind {
                Kind::Scaled => ([memory.uniform(term.a); W], of(term.b, chunk)),
                Kind::Product => (of(term.a, chunk), of(term.b, chunk)),
                Kind::Lanes => (of(term.a, chunk), [T::one(); W]),
                Kind::Uniform => ([memory.uniform(term.a); W], [T::one(); W]),
            };
            sum = lanes(|i| add_product::<T, FMA>(sum[i], term, [a[i], b[i]], is_fused, careful));
        }
        memory.slots[out as usize * memory.chunks() + chunk].write(sum);
    }
}

/// Adds a term of each row of a strip to each total.
#[inline(always)]
pub(super) fn reduce<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, W>,
    terms: &[Term],
    strip: &Strip<'_, T>,
) {
    if strip.zero_wins || strip.strayed.iter().any(|&strayed| strayed) {
        return reduce_carefully(memory, terms, strip);
    }
    let (whole, rest) = (strip.count / W, strip.count % W);
    for (term, total) in terms.iter().zip(memory.totals) {
        let b = memory.slot(term.b);
        let before = total.read();
        let mut sum = [T::neg_zero(); W];
        if term.kind == Kind::Product {
            let a = memory.slot(term.a);
            for (a, b) in a[..whole].iter().zip(b) {
                let (a, b) = (a.read(), b.read());
                sum = lanes(|i| fused::<T, FMA>(a[i], b[i], sum[i]));
            }
            if rest != 0 {
                let (a, b) = (a[whole].read(), b[whole].read());
                sum = lanes(|i| choose(i < rest, fused::<T, FMA>(a[i], b[i], sum[i]), sum[i]));
            }
        } else {
            let w = if term.kind == Kind::Scaled { memory.uniform(term.a) } else { T::one() };
            for b in &b[..whole] {
                let b = b.read();
                sum = lanes(|i| fused::<T, FMA>(w, b[i], sum[i]));
            }
            if rest != 0 {
                let b = b[whole].read();
                sum = lanes(|i| choose(i < rest, fused::<T, FMA>(w, b[i], sum[i]), sum[i]));
            }
        }
        total.write(if term.negative { lanes(|i| before[i] - sum[i]) } else { lanes(|i| before[i] + sum[i]) });
    }
}

/// [`reduce`] of the rows that did not stray, one by one, where zeros may win.
#[inline(never)]
fn reduce_carefully<T: Precision, const W: usize>(memory: &Memory<'_, T, W>, terms: &[Term], strip: &Strip<'_, T>) {
    for (term, total) in terms.iter().zip(memory.totals) {
        let mut sums = total.read();
        for row in (0..strip.count).filter(|&row| strip.strayed.get(row) != Some(&true)) {
            let of = |place: Place| memory.slots[place as usize * memory.chunks() + row / W].read()[row % W];
            let (a, b) = match term.kind {
                Kind::Scaled => (memory.uniform(term.a), of(term.b)),
                Kind::Product => (of(term.a), of(term.b)),
                Kind::Lanes | Kind::Uniform => (T::one(), of(term.b)),
            };
            let share = choose(strip.zero_wins && term.zero_wins, zero_wins(a, b), a * b);
            sums[row % W] = sums[row % W] + choose(term.negative, -share, share);
        }
        total.write(sums);
    }
}
