//! Shared by the tests: the table of operations as data, and random numbers.

#![allow(dead_code, unused_macros, reason = "each test binary takes what it needs")]

pub(crate) mod expression;
pub(crate) mod naive;
pub(crate) mod panics;
pub(crate) mod wrong;

use std::fmt::Debug;

use gradtape::{Real, Tape, Value};
use num_traits::Float;
use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};

/// A plain float: f32 or f64.
pub(crate) trait Plain: Real<Scalar = Self> + Into<f64> + Arbitrary {}

impl<T: Real<Scalar = T> + Into<f64> + Arbitrary> Plain for T {}

/// `x`, rounded to the float `T`.
pub(crate) fn number<T: num_traits::NumCast>(x: f64) -> T {
    num_traits::cast(x).expect("a float converts from f64")
}

/// All that tells two floats apart, except which NaN they are.
pub(crate) fn bits(x: impl Into<f64>) -> u64 {
    let x = x.into();
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

#[track_caller]
pub(crate) fn assert_same_bits<T: Into<f64> + Debug + Copy>(ours: T, expected: T, what: impl Debug) {
    assert_eq!(bits(ours), bits(expected), "{what:?}: {ours:?} instead of {expected:?}");
}

#[track_caller]
pub(crate) fn assert_near<T: Float + Debug>(ours: T, expected: T, tolerance: T, what: impl Debug) {
    assert!((ours - expected).abs() <= tolerance, "{what:?}: {ours:?} instead of {expected:?} ± {tolerance:?}");
}

/// The distance to the next float.
fn ulp<T: Plain>(x: T) -> T {
    let tiniest = T::min_positive_value() * T::epsilon();
    if x.abs() < T::min_positive_value() { tiniest } else { x.abs().log2().floor().exp2() * T::epsilon() }
}

/// Says by how much a result is off, if by more than it may.
pub(crate) fn complaint<T: Plain>(ours: T, expected: f64, ulps: f64, what: impl Debug) -> Option<String> {
    let expected = number::<T>(expected);
    let off = ((ours - expected) / ulp(expected)).abs();
    let good = ours == expected || off <= number(ulps);
    (!good).then(|| format!("{what:?}: {ours:?} is {off} units off {expected:?}\n"))
}

pub(crate) fn quickcheck(tests: u64, property: impl Testable) {
    QuickCheck::new().tests(tests).min_tests_passed(tests).quickcheck(property);
}

/// One entry of the table as a function over `F`, with the box in which tests evaluate it.
pub(crate) struct Operation<F, const N: usize> {
    pub(crate) name: &'static str,
    pub(crate) f: fn([F; N]) -> F,
    pub(crate) at: [f64; N],
    pub(crate) low: [f64; N],
    pub(crate) high: [f64; N],
}

impl<F, const N: usize> Operation<F, N> {
    /// A point of the box.
    pub(crate) fn point(&self, units: [Unit; N]) -> [f64; N] {
        std::array::from_fn(|k| units[k].between(self.low[k], self.high[k]))
    }
}

/// The partial derivatives of `f` at `x`, on a tape of their own.
pub(crate) fn partials<T: Float + 'static, const N: usize>(f: fn([Value<T>; N]) -> Value<T>, x: [T; N]) -> [T; N] {
    let tape = Tape::new();
    let x = x.map(|x| tape.var(x));
    let gradients = f(x).backward();
    x.map(|x| gradients.wrt(x))
}

/// All entries of the table, as functions over `F`; the operations of two arguments also with these exchanged.
pub(crate) struct Table<F>(F);

macro_rules! table {
    (
        unary { $($(#[$ud:meta])*
            $u:ident($($ua:ident),* $(; $p:ident: $pt:ident = $pv:literal)?)
            $(let $us:ident = $ub:expr =>)? $(=)? $uv:expr, $up:expr; at $uat:literal, $ul:literal, $uh:literal;)* }
        activation { $($(#[$vd:meta])*
            $v:ident($($va:ident),* $(; $q:ident: $qt:ident = $qv:literal)?)
            $(let $vs:ident = $vb:expr =>)? $(=)? $vv:expr, $vp:expr; at $vat:literal, $vl:literal, $vh:literal;)* }
        binary { $($(#[$bd:meta])* $b:ident $ba:tt = $bv:expr, $bp:expr, $bq:expr;
            at ($($bat:literal),*), ($($bl:literal),*), ($($bh:literal),*);)* }
        choice { $($(#[$cd:meta])* $c:ident $ca:tt = $cv:expr, $cp:expr, $cq:expr;
            at ($($cat:literal),*), ($($cl:literal),*), ($($ch:literal),*);)* }
        operator { $($(#[$od:meta])* $O:ident::$o:ident, $OA:ident::$oa:ident $oargs:tt = $ov:expr, $op:expr, $oq:expr;
            at ($($oat:literal),*), ($($ol:literal),*), ($($oh:literal),*);)* }
    ) => {
        impl<F: Real> Table<F> {
            pub(crate) const UNARY: &'static [Operation<F, 1>] = &[
                $(Operation { name: stringify!($u), f: |[x]| Float::$u(x $(, parameter!($pt $pv))?),
                    at: [$uat], low: [$ul], high: [$uh] },)*
                $(Operation { name: stringify!($v), f: |[x]| Real::$v(x $(, parameter!($qt $qv))?),
                    at: [$vat], low: [$vl], high: [$vh] },)*
            ];
            pub(crate) const PAIRS: &'static [Operation<F, 2>] = &[
                $(Operation { name: stringify!($b), f: |[a, b]| Float::$b(a, b),
                    at: [$($bat),*], low: [$($bl),*], high: [$($bh),*] },)*
                $(Operation { name: stringify!($c), f: |[a, b]| Float::$c(a, b),
                    at: [$($cat),*], low: [$($cl),*], high: [$($ch),*] },)*
                $(Operation { name: stringify!($o), f: |[a, b]| std::ops::$O::$o(a, b),
                    at: [$($oat),*], low: [$($ol),*], high: [$($oh),*] },)*
            ];
        }
    };
}

macro_rules! parameter {
    (T $value:literal) => {
        number($value)
    };
    ($Other:ident $value:literal) => {
        $value
    };
}

gradtape::operations! { table }

impl<F: Real> Table<F> {
    #[track_caller]
    pub(crate) fn unary(name: &str) -> fn([F; 1]) -> F {
        Self::UNARY.iter().find(|op| op.name == name).expect(name).f
    }

    #[track_caller]
    pub(crate) fn pair(name: &str) -> fn([F; 2]) -> F {
        Self::PAIRS.iter().find(|op| op.name == name).expect(name).f
    }
}

/// A number of [0, 1], both ends more often than by chance; shrinks to fewer binary digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit(f64);

impl Unit {
    /// The number of the interval that lies as far into it, rounded to f32 so that both precisions can have it.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn between(self, low: f64, high: f64) -> f64 {
        f64::from((low + self.0 * (high - low)) as f32).clamp(low, high)
    }
}

impl Arbitrary for Unit {
    fn arbitrary(g: &mut Gen) -> Self {
        Self(f64::from(u32::arbitrary(g)) / f64::from(u32::MAX))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let Self(x) = *self;
        Box::new(
            (1..20)
                .map(move |digits| (x * f64::from(1 << digits)).round() / f64::from(1 << digits))
                .take_while(move |&y| y != x)
                .map(Self),
        )
    }
}

/// Any float: quickcheck's own, which are special or huge, and ordinary, tiny and simple ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Any<T>(pub(crate) T);

impl<T: Plain> Arbitrary for Any<T> {
    fn arbitrary(g: &mut Gen) -> Self {
        let unit = Unit::arbitrary(g);
        let largest: f64 = T::max_value().log2().into();
        let exponent = f64::from(i8::arbitrary(g)) / 120.0 * largest;
        Self(match u8::arbitrary(g) % 5 {
            0 => T::arbitrary(g),
            1 => number(f64::from(i8::arbitrary(g)) / 8.0),
            2 => number(unit.between(-8.0, 8.0)),
            3 => number(unit.between(1.0, 2.0) * exponent.exp2()),
            _ => number(-unit.between(1.0, 2.0) * exponent.exp2()),
        })
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}
