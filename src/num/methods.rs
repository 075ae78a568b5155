//! The methods that the table has no place for.

use std::num::FpCategory;

use crate::dependence::{Dependence, is_traced_over};
use crate::dual::Dual;
use crate::dual::unchecked::Unchecked;
use crate::scalar::Scalar;
use crate::tape::Value;
use crate::tape::locations::Call;

/// The methods of several arguments or results, which the table has no place for.
macro_rules! methods {
    ([$($generics:tt)*] $Number:ty; $mul_add:literal $sin_cos:literal $clamp:literal $panics:literal) => {
        #[allow(unreachable_pub, dead_code, reason = "one of the numbers is not public")]
        impl<T: Scalar $($generics)*> $Number {
            /// The fused `self · a + b`, rounded once; partials `a`, `self` and 1.
            #[doc = $panics]
            ///
            /// # Examples
            ///
            #[doc = $mul_add]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn mul_add(self, a: Self, b: Self) -> Self {
                Self { data: self.data.mul_add(a.data, b.data), ..self * a + b }
            }

            /// The sine and the cosine.
            ///
            #[doc = $sin_cos]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn sin_cos(self) -> (Self, Self) {
                let (sin, cos) = self.data.sin_cos();
                let call = || Call::new("sin_cos", [self.data.to_f64()]);
                (self.chain(sin, cos, call), self.chain(cos, -sin, call))
            }

            /// The number itself within `[low, high]`, else the nearer bound; partial 1 to the one that is returned, to
            /// `self` at a tie.
            ///
            /// # Panics
            ///
            /// If `low > high`, or either is NaN, as the standard floats do.
            #[doc = $panics]
            ///
            /// # Examples
            ///
            #[doc = $clamp]
            #[inline]
            #[track_caller]
            #[must_use]
            pub fn clamp(self, low: Self, high: Self) -> Self {
                assert!(low.data <= high.data, "`clamp` needs a lower bound that is not above the upper one, and neither NaN");
                Self::meet(self, low);
                Self::meet(self, high);
                Self::meet(low, high);
                if is_traced_over::<Self, T>() {
                    // At another point it may be another one.
                    return Self { data: self.data.clamp(low.data, high.data), ..self.max(low).min(high) };
                }
                let chosen = if self < low {
                    low
                } else if self > high {
                    high
                } else {
                    self
                };
                chosen.chain(chosen.data, T::one(), || Call::new("clamp", [chosen.data.to_f64()]))
            }

            queries! { |self| self.data() =>
                pub is_nan: bool, pub is_infinite: bool, pub is_finite: bool, pub is_normal: bool, pub is_subnormal: bool,
                pub is_sign_positive: bool, pub is_sign_negative: bool, pub classify: FpCategory
            }
        }
    };
}

methods! {
    [] Value<T>;
    "```
let tape = gradtape::Tape::new();
let (x, a, b) = (tape.var(2.0), tape.var(3.0), tape.var(4.0));
let y = x.mul_add(a, b);
assert_eq!(y, 10.0);
assert_eq!(y.backward().wrt_all(&[x, a, b]), [3.0, 2.0, 1.0]);
```"
    "```
let tape = gradtape::Tape::new();
let (sin, cos) = tape.var(0.7_f64).sin_cos();
assert_eq!((sin.data(), cos.data()), 0.7_f64.sin_cos());
```"
    "```
let tape = gradtape::Tape::new();
let (x, low, high) = (tape.var(7.0_f64), gradtape::Value::from(0.0), tape.var(5.0));
let y = 2.0 * x.clamp(low, high);
assert_eq!(y, 10.0);
assert_eq!(y.backward().wrt_all(&[x, high]), [0.0, 2.0]);
```"
    "\n# Panics\n\nIf the values belong to different tapes, or to one that was cleared or dropped."
}

methods! {
    [, const N: usize] Dual<T, N>;
    "```
let [x, a, b] = gradtape::Dual::vars([2.0, 3.0, 4.0]);
let y = x.mul_add(a, b);
assert_eq!(y, 10.0);
assert_eq!(y.tangents(), [3.0, 2.0, 1.0]);
```"
    "```
let (sin, cos) = gradtape::Dual::var(0.7_f64).sin_cos();
assert_eq!((sin.data(), cos.data()), 0.7_f64.sin_cos());
```"
    "```
let [x, high] = gradtape::Dual::vars([7.0_f64, 5.0]);
let y = 2.0 * x.clamp(gradtape::Dual::from(0.0), high);
assert_eq!(y, 10.0);
assert_eq!(y.tangents(), [0.0, 2.0]);
```"
    ""
}

methods! { [] Dependence<T>; "" "" "" "" }
methods! { [, const N: usize] Unchecked<T, N>; "" "" "" "" }
