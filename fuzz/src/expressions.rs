//! Expressions from bytes, and claims about them.

use gradtape::check::random::{Expression, Smooth};
use gradtape::{Dual, Dual2, Jet, Value, gradient};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

use testing::bounded::Bounded;
use testing::references::{
    agrees_in_any_lane, agrees_with_differences, agrees_with_other_tapes, agrees_with_second_differences,
    agrees_with_the_references,
};

/// An expression, and one of the claims about it. A claim for each input: all of them would take ten times as long, and
/// an input that differs in a byte brings another claim.
#[derive(Debug)]
pub struct Case {
    expression: Expression,
    claim: fn(&Expression) -> bool,
}

/// The number is the plain float's and the gradient that of the references, in both precisions and both modes, on all
/// tapes and in all lanes. The last two are for smooth expressions.
const CLAIMS: [fn(&Expression) -> bool; 13] = [
    agrees_with_the_references::<f64, Value<f64>>,
    agrees_with_the_references::<f32, Value<f32>>,
    agrees_with_the_references::<f64, Dual<f64>>,
    agrees_with_the_references::<f32, Dual<f32>>,
    agrees_with_the_references::<f64, Dual2<f64, 2>>,
    agrees_with_the_references::<f64, Jet<f64, 3>>,
    agrees_with_the_references::<f64, Jet<f64, 6>>,
    agrees_with_other_tapes::<f64>,
    agrees_with_other_tapes::<f32>,
    agrees_in_any_lane::<f64>,
    agrees_in_any_lane::<f32>,
    agrees_with_differences,
    agrees_with_second_differences,
];

impl Case {
    /// Differences need smooth expressions; half of the others are wild.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let sum = bytes.iter().fold(0_usize, |sum, &byte| sum + usize::from(byte));
        let mut bytes = Unstructured::new(bytes);
        let is_smooth = bytes.arbitrary()?;
        let expression = if is_smooth { Smooth::arbitrary(&mut bytes)?.0 } else { Expression::arbitrary(&mut bytes)? };
        let claims = if is_smooth { &CLAIMS[..] } else { &CLAIMS[..CLAIMS.len() - 2] };
        Ok(Self { expression, claim: claims[sum % claims.len()] })
    }

    pub fn assert_agrees(&self) {
        (self.claim)(&self.expression);
    }
}

/// The two precisions are no further apart than rounding errors explain.
pub fn assert_precise(Smooth(expression): &Smooth) {
    // Those of a smooth expression are numbers of f32.
    let single: Vec<f32> = expression.inputs().iter().map(|&x| x as f32).collect();
    let double: Vec<f64> = single.iter().map(|&x| x.into()).collect();
    let bound = expression.eval(&Bounded::variables(&single));
    if !bound.is_sure() {
        return;
    }
    let (y32, slopes32) = gradient(|x| expression.eval(x), &single);
    let (y64, slopes64) = gradient(|x| expression.eval(x), &double);
    let assert_near = |ours: f32, theirs: f64, error: f64| {
        assert!(
            (f64::from(ours) - theirs).abs() <= error,
            "{expression:?}: {ours:?} instead of {theirs:?} ± {error:?}"
        );
    };
    assert_near(y32, y64, bound.error());
    for (k, (ours, theirs)) in slopes32.into_iter().zip(slopes64).enumerate() {
        assert_near(ours, theirs, bound.error_of_derivative(k));
    }
}
