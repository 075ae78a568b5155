//! Lanes: the interpreter of [`Instruction`]s on many rows at once.
//!
//! A slot holds a few *chunks* of `W` numbers, one for each row of a *strip*. An instruction runs over the chunks of its
//! slots; the loop over the lanes of a chunk has a fixed length and no branch, so that the compiler makes vector
//! instructions of it. The whole interpreter is inlined into functions that are compiled once for each set of vector
//! instructions ([`run`]), of which the machine chooses when it runs.
//!
//! What a row becomes does not depend on its neighbours, nor on its place among them.

use std::array::from_fn;
use std::cell::Cell;

use super::Precision;
use super::code::{Code, Instruction, Kind, Manner, NONE, Place, Share, UNIFORM as UNIFORM_BIT};
use super::graph::Comparison;
use super::math;
use super::math::Math;
use super::op::Op;
use crate::ops::rules;

/// A number for each lane of a chunk. Shared cells, because an instruction may write a slot that it reads.
pub(crate) type Chunk<T, const W: usize> = Cell<[T; W]>;

/// What instructions work on.
pub(crate) struct Memory<'a, T, C> {
    pub(crate) slots: &'a [C],
    /// How many chunks a slot has.
    pub(crate) chunks: usize,
    pub(crate) uniforms: &'a [T],
    /// A sum for each lane of each total.
    pub(crate) totals: &'a [C],
}

/// The rows of a strip, and where their results go.
pub(crate) struct Strip<'a, T> {
    /// The numbers of the first row and all behind it.
    pub(crate) rows: &'a [T],
    /// How far apart rows are.
    pub(crate) stride: usize,
    /// How many rows there are. Lanes behind them repeat the last one.
    pub(crate) count: usize,
    /// The rows of the whole call, for [`Instruction::Count`].
    pub(crate) all: usize,
    /// The results of the rows.
    pub(crate) results: &'a mut [T],
    /// How many results a row has.
    pub(crate) width: usize,
    /// The rows of which a guard did not hold.
    pub(crate) strayed: &'a mut [bool],
    /// Whether zeros win against infinities in products of derivatives.
    pub(crate) zero_wins: bool,
}

impl<T: Precision + Math, const W: usize> Memory<'_, T, Chunk<T, W>> {
    #[inline(always)]
    fn slot(&self, place: Place) -> &[Chunk<T, W>] {
        &self.slots[place as usize * self.chunks..][..self.chunks]
    }

    #[inline(always)]
    fn uniform(&self, place: Place) -> T {
        self.uniforms[(place & !UNIFORM_BIT) as usize]
    }

    #[inline(always)]
    fn unary(&self, a: Place, out: Place, f: impl Fn([T; W]) -> [T; W]) {
        for (a, out) in self.slot(a).iter().zip(self.slot(out)) {
            out.set(f(a.get()));
        }
    }

    #[inline(always)]
    fn each(&self, a: Place, out: Place, f: impl Fn(T) -> T) {
        self.unary(a, out, |a| from_fn(|i| f(a[i])));
    }

    #[inline(always)]
    fn binary(&self, a: Place, b: Place, out: Place, f: impl Fn([T; W], [T; W]) -> [T; W]) {
        for ((a, b), out) in self.slot(a).iter().zip(self.slot(b)).zip(self.slot(out)) {
            out.set(f(a.get(), b.get()));
        }
    }

    #[inline(always)]
    fn each2(&self, a: Place, b: Place, out: Place, f: impl Fn(T, T) -> T) {
        self.binary(a, b, out, |a, b| from_fn(|i| f(a[i], b[i])));
    }

    /// Either operand may be a uniform.
    #[inline(always)]
    fn mixed(&self, a: Place, b: Place, out: Place, f: impl Fn(T, T) -> T) {
        if (a | b) & UNIFORM_BIT == 0 {
            self.each2(a, b, out, f);
        } else if b & UNIFORM_BIT != 0 {
            let b = self.uniform(b);
            self.each(a, out, |a| f(a, b));
        } else {
            let a = self.uniform(a);
            self.each(b, out, |b| f(a, b));
        }
    }

    #[inline(always)]
    fn each3(&self, [a, b, c]: [Place; 3], out: Place, f: impl Fn(T, T, T) -> T) {
        for (((a, b), c), out) in self.slot(a).iter().zip(self.slot(b)).zip(self.slot(c)).zip(self.slot(out)) {
            let (a, b, c) = (a.get(), b.get(), c.get());
            out.set(from_fn(|i| f(a[i], b[i], c[i])));
        }
    }

    #[inline(always)]
    fn pair(&self, a: Place, outs: [Place; 2], f: impl Fn([T; W]) -> ([T; W], [T; W])) {
        for ((a, y), z) in self.slot(a).iter().zip(self.slot(outs[0])).zip(self.slot(outs[1])) {
            let both = f(a.get());
            y.set(both.0);
            z.set(both.1);
        }
    }
}

/// Runs instructions on a strip of rows.
#[inline(always)]
pub(crate) fn execute<T: Precision + Math, const W: usize, const FMA: bool>(
    code: &Code<T>,
    instructions: &[Instruction],
    memory: &Memory<'_, T, Chunk<T, W>>,
    strip: &mut Strip<'_, T>,
) {
    for instruction in instructions {
        match *instruction {
            Instruction::Load { input, out } => load(strip, input as usize, memory.slot(out)),
            Instruction::Splat { a, out } => {
                let x = memory.uniform(a);
                memory.slot(out).iter().for_each(|out| out.set([x; W]));
            }
            Instruction::Count { a, out } => {
                #[allow(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
                let count: T = rules::constant(strip.all as f64);
                memory.each(a, out, |a| rules::scaled(a, count));
            }
            Instruction::Fast { op, args, exponent, out } => {
                fast::<T, W, FMA>(memory, op, args, exponent, out, strip.zero_wins);
            }
            Instruction::Plain { op, args, exponent, out } => plain(memory, op, args, exponent, out),
            Instruction::Pair { op, a, outs } => match op {
                Op::sin => memory.pair(a, outs, math::sin_cos::<T, W, FMA>),
                Op::tanh => memory.pair(a, outs, math::tanh_with_slope::<T, W, FMA>),
                _ => memory.pair(a, outs, math::sigmoid_with_slope::<T, W, FMA>),
            },
            Instruction::Run { manner, init, start, len, out } => {
                let terms = &code.terms[start as usize..][..len as usize];
                run_terms::<T, W, FMA>(memory, manner, init, terms, out, strip.zero_wins);
            }
            Instruction::Reduce { start, len } => {
                let strayed = strip.strayed.iter().any(|&strayed| strayed);
                for share in &code.shares[start as usize..][..len as usize] {
                    if strayed {
                        reduce_slowly(memory, share, strip.count, strip.strayed, strip.zero_wins);
                    } else {
                        reduce::<T, W, FMA>(memory, share, strip.count, strip.zero_wins);
                    }
                }
            }
            Instruction::Guard { comparison, a, b, holds } => guard(memory, strip, comparison, [a, b], holds),
            Instruction::Store { column, a } => store(strip, column as usize, memory.slot(a)),
        }
    }
}

/// `a b + c`, rounded once where the target has an instruction for that.
#[inline(always)]
fn fused<T: Precision, const FMA: bool>(a: T, b: T, c: T) -> T {
    if FMA { num_traits::Float::mul_add(a, b, c) } else { a * b + c }
}

/// A product in which a zero wins, without a branch.
#[inline(always)]
fn zero_wins<T: Precision>(a: T, b: T) -> T {
    let product = a * b;
    let nothing = (a == T::zero()) | (b == T::zero());
    if nothing & (product != product) { T::zero() } else { product }
}

#[inline(always)]
fn choose<T>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}

#[inline(always)]
fn fast<T: Precision + Math, const W: usize, const FMA: bool>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    op: Op,
    args: [Place; 3],
    exponent: i32,
    out: Place,
    careful: bool,
) {
    let [a, b, c] = args;
    let (zero, one) = (T::zero(), T::one());
    match op {
        Op::add => memory.mixed(a, b, out, |a, b| a + b),
        Op::sub => memory.mixed(a, b, out, |a, b| a - b),
        Op::scale if careful => memory.mixed(a, b, out, zero_wins),
        Op::mul | Op::scale => memory.mixed(a, b, out, |a, b| a * b),
        Op::div => memory.mixed(a, b, out, |a, b| a / b),
        Op::neg => memory.each(a, out, |a| -a),
        Op::detach => memory.each(a, out, |a| a),
        Op::recip => memory.each(a, out, |a| one / a),
        Op::sqrt => memory.each(a, out, T::sqrt),
        Op::abs => memory.each(a, out, T::abs),
        Op::powi => memory.unary(a, out, |a| powi(a, exponent)),
        Op::exp => memory.unary(a, out, math::exp::<T, W, FMA>),
        Op::exp2 => memory.unary(a, out, math::exp2::<T, W, FMA>),
        Op::exp_m1 => memory.unary(a, out, math::exp_m1::<T, W, FMA>),
        Op::exp_m1_slope => memory.unary(a, out, math::exp::<T, W, FMA>),
        Op::ln => memory.unary(a, out, math::ln::<T, W, FMA>),
        Op::log2 => memory.unary(a, out, math::log2::<T, W, FMA>),
        Op::log10 => memory.unary(a, out, math::log10::<T, W, FMA>),
        Op::ln_1p => memory.unary(a, out, math::ln_1p::<T, W, FMA>),
        Op::sin => memory.unary(a, out, math::sin::<T, W, FMA>),
        Op::cos => memory.unary(a, out, math::cos::<T, W, FMA>),
        Op::tan => memory.unary(a, out, math::tan::<T, W, FMA>),
        Op::tanh => memory.unary(a, out, math::tanh::<T, W, FMA>),
        Op::tanh_slope => memory.unary(a, out, |a| math::tanh_with_slope::<T, W, FMA>(a).1),
        Op::sigmoid => memory.unary(a, out, math::sigmoid::<T, W, FMA>),
        Op::sigmoid_slope => memory.unary(a, out, |a| math::sigmoid_with_slope::<T, W, FMA>(a).1),
        Op::softplus => memory.unary(a, out, math::softplus::<T, W, FMA>),
        Op::cbrt => memory.unary(a, out, math::cbrt::<T, W, FMA>),
        Op::normal_cdf => memory.unary(a, out, math::normal_cdf::<T, W, FMA>),
        Op::normal_pdf => memory.unary(a, out, math::normal_pdf::<T, W, FMA>),
        Op::powf => memory.binary(a, b, out, math::powf::<T, W, FMA>),
        // Not the float's own, which lets a NaN pass where it is the first operand.
        Op::max => memory.each2(a, b, out, |a, b| choose((a > b) | (b != b), a, b)),
        Op::min => memory.each2(a, b, out, |a, b| choose((a < b) | (b != b), a, b)),
        Op::clamp => memory.each3(args, out, |x, low, high| choose(x < low, low, choose(x > high, high, x))),
        Op::mul_add => memory.each3(args, out, fused::<T, FMA>),
        Op::relu => memory.each(a, out, |a| choose(a <= zero, zero, a)),
        Op::leaky_relu => memory.each2(a, b, out, |a, slope| choose(a > zero, a, slope * a)),
        Op::elu => memory.binary(a, b, out, |a, alpha| {
            let e = math::exp_m1::<T, W, FMA>(a);
            from_fn(|i| choose(a[i] > zero, a[i], alpha[i] * e[i]))
        }),
        Op::elu_slope => memory.binary(a, b, out, |a, alpha| {
            let e = math::exp::<T, W, FMA>(a);
            from_fn(|i| choose(a[i] > zero, one, alpha[i] * e[i]))
        }),
        Op::step => memory.each2(a, b, out, |a, below| choose(a > zero, one, below)),
        Op::above => memory.each2(a, b, out, |a, b| choose(a > b, one, zero)),
        Op::greater => memory.each2(a, b, out, |a, b| {
            let wins = (a > b) | ((b != b) & (a == a));
            choose(wins, one, choose(a == b, rules::half(), zero))
        }),
        Op::sign => memory.each(a, out, |a| choose(a == zero, zero, one.copysign(a))),
        Op::signum => memory.each(a, out, |a| choose(a == a, one.copysign(a), a)),
        Op::copysign => memory.each2(a, b, out, T::copysign),
        Op::over => memory.each3(args, out, |a, b, y| {
            let lost = (y.abs() < T::min_positive_value()) & (b.abs() < one) & (y != zero);
            choose(lost, a / (b * b), y / b)
        }),
        Op::atan_slope => memory.each(a, out, |a| {
            let far = a.abs() > rules::constant(100.0);
            choose(far, (one / a) / (a + one / a), one / (one + a * a))
        }),
        Op::to_degrees => memory.each(a, out, T::to_degrees),
        Op::to_radians => memory.each(a, out, T::to_radians),
        Op::floor => memory.each(a, out, T::floor),
        Op::ceil => memory.each(a, out, T::ceil),
        Op::trunc => memory.each(a, out, T::trunc),
        Op::fract => memory.each(a, out, T::fract),
        _ => {
            debug_assert_eq!(c, args[2]);
            plain(memory, op, args, exponent, out);
        }
    }
}

/// The power by repeated squaring, in the order in which the plain float's is computed.
#[inline(always)]
fn powi<T: Precision, const W: usize>(x: [T; W], exponent: i32) -> [T; W] {
    let (mut n, mut square, mut power) = (exponent.unsigned_abs(), x, [T::one(); W]);
    while n != 0 {
        if n & 1 == 1 {
            power = from_fn(|i| power[i] * square[i]);
        }
        n >>= 1;
        if n != 0 {
            square = from_fn(|i| square[i] * square[i]);
        }
    }
    if exponent < 0 { power.map(|power| T::one() / power) } else { power }
}

/// Lane by lane what the plain float computes.
#[inline(never)]
fn plain<T: Precision, const W: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    op: Op,
    args: [Place; 3],
    exponent: i32,
    out: Place,
) {
    let slot = |place: Place| &memory.slots[place as usize * memory.chunks..][..memory.chunks];
    let args = args.map(slot);
    for (k, out) in slot(out).iter().enumerate() {
        let x = args.map(|arg| arg[k].get());
        out.set(from_fn(|i| op.value([x[0][i], x[1][i], x[2][i]], exponent)));
    }
}

/// How many chunks are added up at a time, in registers.
const GROUP: usize = 4;

/// Adds up the terms of a run.
#[inline(always)]
fn run_terms<T: Precision + Math, const W: usize, const FMA: bool>(
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
            for &[a, _] in terms {
                let x = sign * memory.uniform(a);
                memory.each(if init == NONE { out } else { init }, out, |sum| choose(init == NONE, x, sum + x));
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
    while chunk + GROUP <= memory.chunks {
        group::<T, W, UNIFORM, GROUP>(memory, chunk, init, terms, out, sign, &first, &next);
        chunk += GROUP;
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
        sum = from_fn(|j| of(init)[j].get());
    } else if init != NONE {
        sum = [[memory.uniform(init); W]; G];
    } else if let [term, behind @ ..] = terms {
        let (w, b) = factors(term);
        for j in 0..G {
            let (a, b) = (if UNIFORM { [w; W] } else { of(term[0])[j].get() }, b[j].get());
            sum[j] = from_fn(|i| first(a[i], b[i]));
        }
        rest = behind;
    }
    for term in rest {
        let (w, b) = factors(term);
        let a = if UNIFORM { b } else { of(term[0]) };
        for j in 0..G {
            let (a, b) = (if UNIFORM { [w; W] } else { a[j].get() }, b[j].get());
            sum[j] = from_fn(|i| next(a[i], b[i], sum[j][i]));
        }
    }
    for (sum, out) in sum.into_iter().zip(of(out)) {
        out.set(sum);
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
    let lanes = if b != NONE && b & UNIFORM_BIT == 0 { Some(memory.slot(b)) } else { None };
    let factor = if b != NONE && b & UNIFORM_BIT != 0 { memory.uniform(b) } else { T::one() };
    let (whole, rest) = (count / W, count % W);
    let mut sums = [[T::zero(); W]; 2];
    match lanes {
        Some(b) if careful && scales => {
            for (k, (a, b)) in a[..whole].iter().zip(b).enumerate() {
                let (a, b) = (a.get(), b.get());
                sums[k % 2] = from_fn(|i| sums[k % 2][i] + zero_wins(a[i], b[i]));
            }
        }
        Some(b) => {
            for (a, b) in a[..whole].chunks(2).zip(b.chunks(2)) {
                for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                    let (a, b) = (a.get(), b.get());
                    *sum = from_fn(|i| fused::<T, FMA>(a[i], b[i], sum[i]));
                }
            }
        }
        None => {
            for a in a[..whole].chunks(2) {
                for (sum, a) in sums.iter_mut().zip(a) {
                    let a = a.get();
                    *sum = from_fn(|i| sum[i] + a[i]);
                }
            }
        }
    }
    if rest != 0 {
        let (a, b) = (a[whole].get(), lanes.map_or([T::one(); W], |b| b[whole].get()));
        for i in 0..rest {
            sums[1][i] = sums[1][i] + choose(careful && scales, zero_wins(a[i], b[i]), a[i] * b[i]);
        }
    }
    let factor = choose(negative, -factor, factor);
    let total = &memory.totals[total as usize];
    let before = total.get();
    let share = |sum: T| if careful && scales { zero_wins(factor, sum) } else { factor * sum };
    total.set(from_fn(|i| before[i] + share(sums[0][i] + sums[1][i])));
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

/// Notes the rows for which a comparison does not come out as it should.
#[inline(always)]
fn guard<T: Precision + Math, const W: usize>(
    memory: &Memory<'_, T, Chunk<T, W>>,
    strip: &mut Strip<'_, T>,
    comparison: Comparison,
    [a, b]: [Place; 2],
    holds: bool,
) {
    let chunks = memory.slot(a).iter().zip(memory.slot(b));
    for ((a, b), strayed) in chunks.zip(strip.strayed.chunks_mut(W)) {
        let (a, b) = (a.get(), b.get());
        let mut strays = [false; W];
        for i in 0..W {
            strays[i] = comparison.of(a[i], b[i]) != holds;
        }
        strayed.iter_mut().zip(strays).for_each(|(strayed, strays)| *strayed |= strays);
    }
}

/// Brings an input of the rows into lanes.
#[inline(always)]
fn load<T: Precision, const W: usize>(strip: &Strip<'_, T>, input: usize, out: &[Chunk<T, W>]) {
    match strip.stride {
        1 => load_with::<T, W>(strip, input, out, 1),
        2 => load_with::<T, W>(strip, input, out, 2),
        3 => load_with::<T, W>(strip, input, out, 3),
        4 => load_with::<T, W>(strip, input, out, 4),
        stride => load_with::<T, W>(strip, input, out, stride),
    }
}

#[inline(always)]
fn load_with<T: Precision, const W: usize>(strip: &Strip<'_, T>, input: usize, out: &[Chunk<T, W>], stride: usize) {
    let column = &strip.rows[input..];
    for (k, out) in out.iter().enumerate() {
        let first = k * W;
        if first + W <= strip.count {
            let rows = &column[first * stride..][..(W - 1) * stride + 1];
            out.set(from_fn(|i| rows[i * stride]));
        } else {
            out.set(from_fn(|i| column[(first + i).min(strip.count - 1) * stride]));
        }
    }
}

/// Puts lanes where the results of the rows go.
#[inline(always)]
fn store<T: Precision, const W: usize>(strip: &mut Strip<'_, T>, column: usize, lanes: &[Chunk<T, W>]) {
    match strip.width {
        1 => store_with::<T, W>(strip, column, lanes, 1),
        2 => store_with::<T, W>(strip, column, lanes, 2),
        3 => store_with::<T, W>(strip, column, lanes, 3),
        4 => store_with::<T, W>(strip, column, lanes, 4),
        width => store_with::<T, W>(strip, column, lanes, width),
    }
}

#[inline(always)]
fn store_with<T: Precision, const W: usize>(
    strip: &mut Strip<'_, T>,
    column: usize,
    lanes: &[Chunk<T, W>],
    width: usize,
) {
    for (results, lanes) in strip.results.chunks_mut(W * width).zip(lanes) {
        let lanes = lanes.get();
        if results.len() == W * width {
            for i in 0..W {
                results[i * width + column] = lanes[i];
            }
        } else {
            results.chunks_mut(width).zip(lanes).for_each(|(result, x)| result[column] = x);
        }
    }
}

/// A float for which the interpreter is compiled, with a cache line of lanes and with one.
pub(crate) trait Lanes: Math {
    /// A slot's numbers of as many rows as a chunk has.
    type Chunk: Send;

    /// How many rows a chunk has.
    const WIDTH: usize;

    /// Memory for so many chunks.
    fn chunks(count: usize) -> Vec<Self::Chunk>;

    /// Sets all numbers to 0.
    fn wipe(chunks: &[Self::Chunk]);

    /// Adds the lanes up.
    fn add_up(chunk: &Self::Chunk) -> Self;

    /// Runs the body of the code on a strip of rows, with the machine's own instructions if `simd`.
    fn run_wide(code: &Code<Self>, memory: &Memory<'_, Self, Self::Chunk>, strip: &mut Strip<'_, Self>, simd: bool);

    /// Runs instructions on one row.
    fn run_narrow(
        code: &Code<Self>,
        instructions: &[Instruction],
        memory: &Memory<'_, Self, Chunk<Self, 1>>,
        strip: &mut Strip<'_, Self>,
        simd: bool,
    );
}

/// Whether the compiler may use fused instructions everywhere.
const FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

macro_rules! lanes {
    ($($T:ident $W:literal $wide:ident $narrow:ident;)*) => {
        $(
            impl Lanes for $T {
                type Chunk = Chunk<$T, $W>;

                const WIDTH: usize = $W;

                fn chunks(count: usize) -> Vec<Self::Chunk> {
                    vec![Cell::new([0.0; $W]); count]
                }

                fn wipe(chunks: &[Self::Chunk]) {
                    chunks.iter().for_each(|chunk| chunk.set([0.0; $W]));
                }

                fn add_up(chunk: &Self::Chunk) -> Self {
                    chunk.get().into_iter().fold(0.0, |sum, x| sum + x)
                }

                fn run_wide(
                    code: &Code<Self>,
                    memory: &Memory<'_, Self, Self::Chunk>,
                    strip: &mut Strip<'_, Self>,
                    simd: bool,
                ) {
                    if simd {
                        $wide(code, memory, strip);
                    } else {
                        execute::<Self, $W, FMA>(code, &code.body, memory, strip);
                    }
                }

                fn run_narrow(
                    code: &Code<Self>,
                    instructions: &[Instruction],
                    memory: &Memory<'_, Self, Chunk<Self, 1>>,
                    strip: &mut Strip<'_, Self>,
                    simd: bool,
                ) {
                    if simd {
                        $narrow(code, instructions, memory, strip);
                    } else {
                        execute::<Self, 1, FMA>(code, instructions, memory, strip);
                    }
                }
            }

            #[cfg(feature = "simd")]
            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
                "x86_64+avx2+fma"
            ))]
            fn $wide(code: &Code<$T>, memory: &Memory<'_, $T, Chunk<$T, $W>>, strip: &mut Strip<'_, $T>) {
                if multiversion::target::target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
                    execute::<$T, $W, true>(code, &code.body, memory, strip);
                } else {
                    execute::<$T, $W, false>(code, &code.body, memory, strip);
                }
            }

            #[cfg(feature = "simd")]
            #[multiversion::multiversion(targets("x86_64+avx2+fma"))]
            fn $narrow(
                code: &Code<$T>,
                instructions: &[Instruction],
                memory: &Memory<'_, $T, Chunk<$T, 1>>,
                strip: &mut Strip<'_, $T>,
            ) {
                if multiversion::target::target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
                    execute::<$T, 1, true>(code, instructions, memory, strip);
                } else {
                    execute::<$T, 1, false>(code, instructions, memory, strip);
                }
            }

            #[cfg(not(feature = "simd"))]
            fn $wide(code: &Code<$T>, memory: &Memory<'_, $T, Chunk<$T, $W>>, strip: &mut Strip<'_, $T>) {
                execute::<$T, $W, FMA>(code, &code.body, memory, strip);
            }

            #[cfg(not(feature = "simd"))]
            fn $narrow(
                code: &Code<$T>,
                instructions: &[Instruction],
                memory: &Memory<'_, $T, Chunk<$T, 1>>,
                strip: &mut Strip<'_, $T>,
            ) {
                execute::<$T, 1, FMA>(code, instructions, memory, strip);
            }
        )*
    };
}

lanes! {
    f32 16 wide_f32 narrow_f32;
    f64 8 wide_f64 narrow_f64;
}
