//! Sums of products, and sums over rows.

use super::lanes::{Frame, LaneNumber, Numbers, RowBlock, choose, fused, lanes, zero_wins};
use crate::program::compile::instructions::{Place, Term, TermKind};

/// How many bytes of each slot are added up at a time, with the sums in registers.
pub(super) const GROUP: usize = 256;

/// Adds up terms, a group of chunks at a time.
#[inline(always)]
pub(super) fn sum<T: LaneNumber, const W: usize, const FMA: bool>(frame: &Frame<'_, T, W>, terms: &[Term], out: Place) {
    if let [first, second] = terms
        && two_products::<T, W, FMA>(frame, first, second, out)
    {
        return;
    }
    let mut chunk = 0;
    // Only one of the two is compiled.
    if size_of::<[T; W]>() * 4 == GROUP {
        while chunk + 4 <= frame.chunks() {
            group::<T, W, 4, FMA>(frame, chunk, terms, out);
            chunk += 4;
        }
        // Few rows have few chunks: these, too, read the terms once.
        match frame.chunks() - chunk {
            3 => return group::<T, W, 3, FMA>(frame, chunk, terms, out),
            2 => return group::<T, W, 2, FMA>(frame, chunk, terms, out),
            _ => {}
        }
    } else if size_of::<[T; W]>() * 2 == GROUP {
        while chunk + 2 <= frame.chunks() {
            group::<T, W, 2, FMA>(frame, chunk, terms, out);
            chunk += 2;
        }
    }
    while chunk < frame.chunks() {
        group::<T, W, 1, FMA>(frame, chunk, terms, out);
        chunk += 1;
    }
}

/// The sum of two products. No sum has to be kept in registers then. Returns whether the terms are two products.
#[inline(always)]
fn two_products<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    first: &Term,
    second: &Term,
    out: Place,
) -> bool {
    let factor = |term: &Term| {
        let w = frame.uniform(term.a);
        choose(term.negative, -w, w)
    };
    let ([a, b], [c, d]) = ([first.a, first.b], [second.a, second.b]);
    match (first.kind, second.kind) {
        (TermKind::Scaled, TermKind::Scaled) => {
            let (v, w) = (factor(first), factor(second));
            frame.each2(b, d, out, |b, d| fused::<T, FMA>(w, d, v * b));
        }
        (TermKind::Scaled, TermKind::Product) => {
            let w = factor(first);
            match second.negative {
                true => frame.each3([b, c, d], out, |b, c, d| fused::<T, FMA>(-c, d, w * b)),
                false => frame.each3([b, c, d], out, |b, c, d| fused::<T, FMA>(c, d, w * b)),
            }
        }
        (TermKind::Product, TermKind::Scaled) => {
            let w = factor(second);
            match first.negative {
                true => frame.each3([a, b, d], out, |a, b, d| fused::<T, FMA>(w, d, -a * b)),
                false => frame.each3([a, b, d], out, |a, b, d| fused::<T, FMA>(w, d, a * b)),
            }
        }
        _ => return false,
    }
    true
}

#[inline(always)]
fn group<T: LaneNumber, const W: usize, const G: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    chunk: usize,
    terms: &[Term],
    out: Place,
) {
    let of = |place: Place| &frame.slots[place.index() * frame.chunks() + chunk..][..G];
    // -0 + x is x, also for a zero.
    let mut sum = [[T::neg_zero(); W]; G];
    for term in terms {
        match term.kind {
            TermKind::Scaled => {
                let (w, x) = (frame.uniform(term.a), of(term.b));
                let w = choose(term.negative, -w, w);
                for (sum, x) in sum.iter_mut().zip(x) {
                    let x = x.read();
                    *sum = lanes(|i| fused::<T, FMA>(w, x[i], sum[i]));
                }
            }
            TermKind::Product if term.negative => {
                for (sum, (a, b)) in sum.iter_mut().zip(of(term.a).iter().zip(of(term.b))) {
                    let (a, b) = (a.read(), b.read());
                    *sum = lanes(|i| fused::<T, FMA>(-a[i], b[i], sum[i]));
                }
            }
            TermKind::Product => {
                for (sum, (a, b)) in sum.iter_mut().zip(of(term.a).iter().zip(of(term.b))) {
                    let (a, b) = (a.read(), b.read());
                    *sum = lanes(|i| fused::<T, FMA>(a[i], b[i], sum[i]));
                }
            }
            TermKind::Lanes if term.negative => {
                for (sum, x) in sum.iter_mut().zip(of(term.a)) {
                    let x = x.read();
                    *sum = lanes(|i| sum[i] - x[i]);
                }
            }
            TermKind::Lanes => {
                for (sum, x) in sum.iter_mut().zip(of(term.a)) {
                    let x = x.read();
                    *sum = lanes(|i| sum[i] + x[i]);
                }
            }
            TermKind::Uniform => {
                let x = frame.uniform(term.a);
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
pub(super) fn mul_add<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    product: &Term,
    c: Place,
    out: Place,
    zeros_win: bool,
) {
    let &Term { kind, negative, zero_wins, a, b } = product;
    let c_is_uniform = c.is_uniform();
    if zeros_win && zero_wins {
        let c = |k: usize| if c_is_uniform { [frame.uniform(c); W] } else { frame.slot(c)[k].read() };
        for (k, (b, out)) in frame.slot(b).iter().zip(frame.slot(out)).enumerate() {
            let a = if kind == TermKind::Scaled { [frame.uniform(a); W] } else { frame.slot(a)[k].read() };
            let (b, c) = (b.read(), c(k));
            out.write(lanes(|i| add_product::<T, FMA>(c[i], negative, true, [a[i], b[i]], true)));
        }
    } else if c_is_uniform {
        let c = frame.uniform(c);
        match negative {
            true => frame.mixed(a, b, out, |a, b| fused::<T, FMA>(-a, b, c)),
            false => frame.mixed(a, b, out, |a, b| fused::<T, FMA>(a, b, c)),
        }
    } else if kind == TermKind::Scaled {
        let w = frame.uniform(a);
        let w = choose(negative, -w, w);
        frame.each2(b, c, out, |b, c| fused::<T, FMA>(w, b, c));
    } else {
        match negative {
            true => frame.each3([a, b, c], out, |a, b, c| fused::<T, FMA>(-a, b, c)),
            false => frame.each3([a, b, c], out, |a, b, c| fused::<T, FMA>(a, b, c)),
        }
    }
}

/// `sum ± a b`, where 0 · ∞ may be 0.
#[inline(always)]
pub(super) fn add_product<T: LaneNumber, const FMA: bool>(
    sum: T,
    is_negative: bool,
    zero_wins: bool,
    [a, b]: [T; 2],
    is_fused: bool,
) -> T {
    let nothing = zero_wins & ((a == T::zero()) | (b == T::zero())) & (a * b).is_nan();
    let a = choose(is_negative, -a, a);
    choose(nothing, sum, choose(is_fused, fused::<T, FMA>(a, b, sum), sum + a * b))
}

/// [`sum`] where 0 · ∞ may be 0, or every product is rounded by itself. Other fused sums have the same bits as in
/// [`sum`].
#[inline(always)]
pub(super) fn sum_exactly<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    terms: &[Term],
    out: Place,
    is_fused: bool,
    zeros_win: bool,
) {
    let of = |place: Place, chunk: usize| frame.slots[place.index() * frame.chunks() + chunk].read();
    for chunk in 0..frame.chunks() {
        let mut sum = [T::neg_zero(); W];
        for term in terms {
            let (a, b) = match term.kind {
                TermKind::Scaled => ([frame.uniform(term.a); W], of(term.b, chunk)),
                TermKind::Product => (of(term.a, chunk), of(term.b, chunk)),
                TermKind::Lanes => (of(term.a, chunk), [T::one(); W]),
                TermKind::Uniform => ([frame.uniform(term.a); W], [T::one(); W]),
            };
            let zero_wins = zeros_win & term.zero_wins;
            sum = lanes(|i| add_product::<T, FMA>(sum[i], term.negative, zero_wins, [a[i], b[i]], is_fused));
        }
        frame.slots[out.index() * frame.chunks() + chunk].write(sum);
    }
}

/// Adds the terms of the rows of a block to the totals.
#[inline(always)]
pub(super) fn reduce<T: LaneNumber, const W: usize, const FMA: bool>(
    frame: &Frame<'_, T, W>,
    terms: &[Term],
    block: &RowBlock<'_, T>,
) {
    if block.zero_wins || block.guard_failed.iter().any(|&failed| failed) {
        return reduce_exactly(frame, terms, block);
    }
    let (whole, rest) = (block.count / W, block.count % W);
    for (term, total) in terms.iter().zip(frame.totals) {
        let b = frame.slot(term.b);
        let before = total.read();
        let mut sum = [T::neg_zero(); W];
        if term.kind == TermKind::Product {
            let a = frame.slot(term.a);
            for (a, b) in a[..whole].iter().zip(b) {
                let (a, b) = (a.read(), b.read());
                sum = lanes(|i| fused::<T, FMA>(a[i], b[i], sum[i]));
            }
            if rest != 0 {
                let (a, b) = (a[whole].read(), b[whole].read());
                sum = lanes(|i| choose(i < rest, fused::<T, FMA>(a[i], b[i], sum[i]), sum[i]));
            }
        } else {
            let w = if term.kind == TermKind::Scaled { frame.uniform(term.a) } else { T::one() };
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

/// [`reduce`] of the rows without a failed guard, one by one. 0 · ∞ may be 0.
#[inline(never)]
fn reduce_exactly<T: LaneNumber, const W: usize>(frame: &Frame<'_, T, W>, terms: &[Term], block: &RowBlock<'_, T>) {
    for (term, total) in terms.iter().zip(frame.totals) {
        let mut sums = total.read();
        for row in (0..block.count).filter(|&row| block.guard_failed.get(row) != Some(&true)) {
            let of = |place: Place| frame.slots[place.index() * frame.chunks() + row / W].read()[row % W];
            let (a, b) = match term.kind {
                TermKind::Scaled => (frame.uniform(term.a), of(term.b)),
                TermKind::Product => (of(term.a), of(term.b)),
                TermKind::Lanes | TermKind::Uniform => (T::one(), of(term.b)),
            };
            let share = choose(block.zero_wins && term.zero_wins, zero_wins(a, b), a * b);
            sums[row % W] = sums[row % W] + choose(term.negative, -share, share);
        }
        total.write(sums);
    }
}
