//! Sums of products, and sums over rows.

use super::super::Precision;
use super::super::code::{Kind, Manner, NONE, Place, Share, UNIFORM as UNIFORM_BIT};
use super::super::math::Math;
use super::{Chunk, Memory, Strip, choose, fused, lanes, zero_wins};

/// How many bytes of each slot are added up at a time, in registers.
const GROUP: usize = 256;

/// Adds up the terms of a run.
#[inline(always)]
pub(super) fn run_terms<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    manner: Manner,
    init: Place,
    terms: &[[Place; 2]],
    out: Place,
    careful: bool,
) {
    let Manner { kind, negative, zero_wins: scales, fused: is_fused } = manner;
    let is_fast = is_fused && !(careful && scales);
    let sign = choose(negative, -T::one(), T::one());
    let product = |a: T, b: T| sign * choose(scales, zero_wins(a, b), a * b);
    let slow = |a: T, b: T, sum: T| sum + product(a, b);
    match kind {
        Kind::Uniform => {
            let mut before = init;
            for &[a, _] in terms {
                let x = sign * memory.uniform(a);
                memory.each(if before == NONE { out } else { before }, out, |sum| choose(before == NONE, x, sum + x));
                before = out;
            }
        }
        Kind::Lanes if negative => {
            accumulate::<T, W, false>(memory, init, terms, out, sign, |a, _| -a, |a, _, sum| sum - a)
        }
        Kind::Lanes => accumulate::<T, W, false>(memory, init, terms, out, sign, |a, _| a, |a, _, sum| sum + a),
        Kind::UniformLanes if is_fast => {
            accumulate::<T, W, true>(memory, init, terms, out, sign, |a, b| a * b, fused::<T, FMA>);
        }
        Kind::UniformLanes => accumulate::<T, W, true>(memory, init, terms, out, T::one(), product, slow),
        Kind::LanesLanes if is_fast && negative => {
            let next = |a: T, b, sum| fused::<T, FMA>(-a, b, sum);
            accumulate::<T, W, false>(memory, init, terms, out, sign, |a, b| -a * b, next);
        }
        Kind::LanesLanes if is_fast => {
            accumulate::<T, W, false>(memory, init, terms, out, sign, |a, b| a * b, fused::<T, FMA>);
        }
        Kind::LanesLanes => accumulate::<T, W, false>(memory, init, terms, out, sign, product, slow),
    }
}

/// Makes the sum of terms, a group of chunks at a time. With `UNIFORM`, the first factor is one, taken `sign` times.
#[inline(always)]
fn accumulate<T: Precision, const W: usize, const UNIFORM: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    init: Place,
    terms: &[[Place; 2]],
    out: Place,
    sign: T,
    first: impl Fn(T, T) -> T,
    next: impl Fn(T, T, T) -> T,
) {
    let mut chunk = 0;
    // The compiler knows which of the two it is.
    if size_of::<[T; W]>() * 4 == GROUP {
        while chunk + 4 <= memory.chunks {
            group::<T, W, UNIFORM, 4>(memory, chunk, init, terms, out, sign, &first, &next);
            chunk += 4;
        }
    } else if size_of::<[T; W]>() * 2 == GROUP {
        while chunk + 2 <= memory.chunks {
            group::<T, W, UNIFORM, 2>(memory, chunk, init, terms, out, sign, &first, &next);
            chunk += 2;
        }
    }
    while chunk < memory.chunks {
        group::<T, W, UNIFORM, 1>(memory, chunk, init, terms, out, sign, &first, &next);
        chunk += 1;
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "it is a part of `accumulate`")]
fn group<T: Precision, const W: usize, const UNIFORM: bool, const G: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    chunk: usize,
    init: Place,
    terms: &[[Place; 2]],
    out: Place,
    sign: T,
    first: &impl Fn(T, T) -> T,
    next: &impl Fn(T, T, T) -> T,
) {
    let of = |place: Place| &memory.slots[place as usize * memory.chunks + chunk..][..G];
    let factors = |&[a, b]: &[Place; 2]| if UNIFORM { (sign * memory.uniform(a), of(b)) } else { (sign, of(b)) };
    let mut sum = [[T::zero(); W]; G];
    let mut rest = terms;
    if init != NONE && init & UNIFORM_BIT == 0 {
        for (sum, init) in sum.iter_mut().zip(of(init)) {
            *sum = init.get();
        }
    } else if init != NONE {
        sum = [[memory.uniform(init); W]; G];
    } else if let [term, behind @ ..] = terms {
        let (w, b) = factors(term);
        for j in 0..G {
            let (a, b) = (if UNIFORM { [w; W] } else { of(term[0])[j].get() }, b[j].get());
            sum[j] = lanes(|i| first(a[i], b[i]));
        }
        rest = behind;
    }
    for term in rest {
        let (w, b) = factors(term);
        let a = if UNIFORM { b } else { of(term[0]) };
        for j in 0..G {
            let (a, b) = (if UNIFORM { [w; W] } else { a[j].get() }, b[j].get());
            sum[j] = lanes(|i| next(a[i], b[i], sum[j][i]));
        }
    }
    for (sum, out) in sum.into_iter().zip(of(out)) {
        out.set(sum);
    }
}

/// Adds the shares of the rows of a strip to the totals.
#[inline(always)]
pub(super) fn reduce_all<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    shares: &[Share],
    strip: &Strip<'_, T>,
) {
    let strayed = strip.strayed.iter().any(|&strayed| strayed);
    for share in shares {
        if strayed {
            reduce_slowly(memory, share, strip.count, strip.strayed, strip.zero_wins);
        } else {
            reduce::<T, W, FMA>(memory, share, strip.count, strip.zero_wins);
        }
    }
}

/// Adds a share of each row to a total.
#[inline(always)]
fn reduce<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    &Share { total, a, b, negative, zero_wins: scales }: &Share,
    count: usize,
    careful: bool,
) {
    let a = memory.slot(a);
    let second = if b != NONE && b & UNIFORM_BIT == 0 { Some(memory.slot(b)) } else { None };
    let factor = if b != NONE && b & UNIFORM_BIT != 0 { memory.uniform(b) } else { T::one() };
    let (whole, rest) = (count / W, count % W);
    let mut sums = [[T::zero(); W]; 2];
    match second {
        Some(b) if careful && scales => {
            for (k, (a, b)) in a[..whole].iter().zip(b).enumerate() {
                let (a, b) = (a.get(), b.get());
                sums[k % 2] = lanes(|i| sums[k % 2][i] + zero_wins(a[i], b[i]));
            }
        }
        Some(b) => {
            for (a, b) in a[..whole].chunks(2).zip(b.chunks(2)) {
                for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                    let (a, b) = (a.get(), b.get());
                    *sum = lanes(|i| fused::<T, FMA>(a[i], b[i], sum[i]));
                }
            }
        }
        None => {
            for a in a[..whole].chunks(2) {
                for (sum, a) in sums.iter_mut().zip(a) {
                    let a = a.get();
                    *sum = lanes(|i| sum[i] + a[i]);
                }
            }
        }
    }
    if rest != 0 {
        let (a, b) = (a[whole].get(), second.map_or([T::one(); W], |b| b[whole].get()));
        for i in 0..rest {
            sums[1][i] = sums[1][i] + choose(careful && scales, zero_wins(a[i], b[i]), a[i] * b[i]);
        }
    }
    let factor = choose(negative, -factor, factor);
    let total = &memory.totals[total as usize];
    let before = total.get();
    let share = |sum: T| if careful && scales { zero_wins(factor, sum) } else { factor * sum };
    total.set(lanes(|i| before[i] + share(sums[0][i] + sums[1][i])));
}

/// [`reduce`], without the rows that strayed.
#[inline(never)]
fn reduce_slowly<T: Precision, const W: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    &Share { total, a, b, negative, zero_wins: scales }: &Share,
    count: usize,
    strayed: &[bool],
    careful: bool,
) {
    let of = |place: Place, row: usize| match place {
        NONE => T::one(),
        place if place & UNIFORM_BIT != 0 => memory.uniforms[(place & !UNIFORM_BIT) as usize],
        place => memory.slots[place as usize * memory.chunks + row / W].get()[row % W],
    };
    let total = &memory.totals[total as usize];
    let mut sums = total.get();
    for row in (0..count).filter(|&row| !strayed[row]) {
        let (a, b) = (of(a, row), of(b, row));
        let share = choose(careful && scales, zero_wins(a, b), a * b);
        sums[row % W] = sums[row % W] + choose(negative, -share, share);
    }
    total.set(sums);
}
