//! Numbers of 320 bits (96 decimal digits), with operators and functions.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use astro_float_num::{BigFloat, Consts, Radix, RoundingMode, Sign, WORD_BIT_SIZE};

const BITS: usize = 320;
const ROUNDING: RoundingMode = RoundingMode::ToEven;

thread_local! {
    static CONSTS: RefCell<Consts> = RefCell::new(Consts::new().expect("memory for π and the like"));
}

#[derive(Clone, Debug)]
pub(crate) struct Big(BigFloat);

impl From<f64> for Big {
    fn from(x: f64) -> Self {
        let from = |x| Self(BigFloat::from_f64(x, BITS));
        // The library misreads subnormal numbers.
        if x.is_subnormal() { from(x * 2.0_f64.powi(64)) / Self::power_of_two(64) } else { from(x) }
    }
}

impl From<i32> for Big {
    fn from(n: i32) -> Self {
        Self(BigFloat::from_i32(n, BITS))
    }
}

impl From<&Big> for Big {
    fn from(x: &Big) -> Self {
        x.clone()
    }
}

macro_rules! operators {
    ($($Op:ident::$op:ident for $($Left:ty)|*;)*) => {
        $($(impl<R: Into<Big>> $Op<R> for $Left {
            type Output = Big;

            fn $op(self, other: R) -> Big {
                Big(self.0.$op(&other.into().0, BITS, ROUNDING))
            }
        })*)*
        $(impl $Op<Big> for i32 {
            type Output = Big;

            fn $op(self, other: Big) -> Big {
                Big::from(self).$op(other)
            }
        }

        impl $Op<&Big> for i32 {
            type Output = Big;

            fn $op(self, other: &Big) -> Big {
                Big::from(self).$op(other)
            }
        })*
    };
}

operators! {
    Add::add for Big | &Big;
    Sub::sub for Big | &Big;
    Mul::mul for Big | &Big;
    Div::div for Big | &Big;
}

impl Neg for Big {
    type Output = Big;

    fn neg(self) -> Big {
        Big(self.0.neg())
    }
}

macro_rules! constants {
    ($($c:ident)*) => {
        $(pub(crate) fn $c() -> Self {
            CONSTS.with_borrow_mut(|consts| Self(consts.$c(BITS, ROUNDING)))
        })*
    };
}

macro_rules! functions {
    ($($f:ident)*) => {
        $(pub(crate) fn $f(&self) -> Self {
            CONSTS.with_borrow_mut(|consts| Self(self.0.$f(BITS, ROUNDING, consts)))
        })*
    };
}

impl Big {
    constants! { pi ln_2 ln_10 }
    functions! { ln sin cos sinh cosh }

    pub(crate) fn parse(digits: &str) -> Self {
        CONSTS.with_borrow_mut(|consts| Self(BigFloat::parse(digits, Radix::Dec, BITS, ROUNDING, consts)))
    }

    pub(crate) fn power_of_two(exponent: i32) -> Self {
        let mut power = BigFloat::from_i32(1, BITS);
        power.set_exponent(exponent + 1);
        Self(power)
    }

    pub(crate) fn exp(&self) -> Self {
        let x = self.bounded();
        CONSTS.with_borrow_mut(|consts| Self(x.0.exp(BITS, ROUNDING, consts)))
    }

    /// The number, limited to ±10⁶: the exponential of a larger number is 0 or infinite for any float.
    pub(crate) fn bounded(&self) -> Self {
        let far = BigFloat::from_i32(1_000_000, BITS);
        Self(self.0.clamp(&BigFloat::from_i32(-1_000_000, BITS), &far))
    }

    pub(crate) fn sqrt(&self) -> Self {
        Self(self.0.sqrt(BITS, ROUNDING))
    }

    pub(crate) fn cbrt(&self) -> Self {
        Self(self.0.cbrt(BITS, ROUNDING))
    }

    pub(crate) fn abs(&self) -> Self {
        Self(self.0.abs())
    }

    /// The integer part.
    pub(crate) fn trunc(&self) -> Self {
        Self(self.0.int())
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    pub(crate) fn is_less(&self, other: &Self) -> bool {
        self.0.cmp(&other.0).is_some_and(|order| order < 0)
    }

    /// The `e` of `m · 2ᵉ` with `m` from 1/2 to 1; `None` for 0.
    pub(crate) fn exponent(&self) -> Option<i32> {
        if self.0.is_zero() { None } else { self.0.exponent() }
    }

    /// The float nearest to `self · 2ᵏ`, if that is in the normal range.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, clippy::cast_possible_truncation)]
    pub(crate) fn scaled_to_f64(&self, k: i32) -> f64 {
        let Some((words, _, sign, exponent, _)) = self.0.as_raw_parts() else {
            return if self.0.is_nan() { f64::NAN } else { f64::INFINITY };
        };
        let word = (-(WORD_BIT_SIZE as f64)).exp2();
        let mantissa = words.iter().fold(0.0, |sum, &w| (sum + w as f64) * word);
        let magnitude = if mantissa == 0.0 { 0.0 } else { mantissa * f64::from(exponent.saturating_add(k)).exp2() };
        if sign == Sign::Neg { -magnitude } else { magnitude }
    }
}
