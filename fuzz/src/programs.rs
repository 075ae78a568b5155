//! Programs from bytes, and claims about them.

use gradtape::Value;
use gradtape::check::random::{Any, Arithmetic, Expression, Singular, Smooth, Unit};
use gradtape::program::{Expr, Options, Precision};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

use testing::TestFloat;
use testing::orders::programs_have_the_orders_of_tapes;
use testing::programs::{
    all_options, exact_programs_are_the_tape, programs_agree_within_rounding, rows_are_independent, rows_near, rows_of,
    sums_agree,
};

/// What is claimed of a program. One claim for each input: all of them would take several times as long.
#[derive(Clone, Copy, Debug)]
enum Claim {
    Exact,
    Rounding,
    Sums,
    Orders,
    Rows,
}

const CLAIMS: [Claim; 5] = [Claim::Exact, Claim::Rounding, Claim::Sums, Claim::Orders, Claim::Rows];

/// How a program is made and run.
#[derive(Debug)]
pub struct Case {
    expression: Expression,
    is_smooth: bool,
    is_single: bool,
    claim: Claim,
    options: Options,
    /// How many rows there are: most often few, and all tails come up.
    count: usize,
    /// What rows hold beside the inputs of the expression.
    others: Vec<Any<f64>>,
    units: Vec<Unit>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let [choice, flags, count] = <[u8; 3]>::arbitrary(bytes)?;
        let all = all_options();
        let options = all[usize::from(choice) % all.len()];
        let is_smooth = flags & 1 == 0;
        let list = usize::from(flags >> 4);
        Ok(Self {
            is_smooth,
            is_single: flags & 2 != 0,
            claim: CLAIMS[usize::from(choice) / all.len() % CLAIMS.len()],
            options: if flags & 4 == 0 { options } else { options.exact() },
            count: if count < 200 { usize::from(count % 40) + 1 } else { 5 * usize::from(count) - 990 },
            others: (0..list).map(|_| Any::arbitrary(bytes)).collect::<Result<_>>()?,
            units: (0..list).map(|_| Unit::arbitrary(bytes)).collect::<Result<_>>()?,
            expression: match (is_smooth, flags & 8 != 0) {
                (true, _) => Smooth::arbitrary(bytes)?.0,
                (false, true) => Singular::arbitrary(bytes)?.0,
                (false, false) => Expression::arbitrary(bytes)?,
            },
        })
    }
}

impl Case {
    /// The program computes the bits of the tape if it is exact, and else what rounding explains; what a row becomes
    /// does not depend on the others; and derivatives are right to the third order.
    pub fn assert_agrees(&self) {
        if self.is_single { self.assert_agrees_in::<f32>() } else { self.assert_agrees_in::<f64>() }
    }

    fn assert_agrees_in<T>(&self)
    where
        T: TestFloat + Arithmetic + Precision,
        Value<T>: Arithmetic,
        Expr<T>: Arithmetic,
    {
        let (graph, options) = (&self.expression, self.options);
        let others: Vec<Any<T>> = self.others.iter().map(|&Any(x)| Any(testing::number(x))).collect();
        let rows = || if self.is_smooth { rows_near::<T>(graph, &self.units) } else { rows_of(graph, &others) };
        match self.claim {
            Claim::Exact => exact_programs_are_the_tape(graph, &rows(), options),
            Claim::Rounding if self.is_smooth => programs_agree_within_rounding(graph, &rows(), options),
            Claim::Sums if self.is_smooth => sums_agree(graph, &rows(), self.count, options),
            Claim::Orders => programs_have_the_orders_of_tapes(graph, options),
            Claim::Rounding | Claim::Sums | Claim::Rows => rows_are_independent(graph, &rows(), self.count, options),
        };
    }
}
