//! What the ranks tell each other before each exchange, so that none waits for one that has ended.

/// What a rank does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// It exchanges data.
    Exchange,
    /// It has done its work.
    End,
    /// It ends with an error.
    Failure,
}

impl Step {
    /// For MPI.
    pub(crate) fn number(self) -> i32 {
        self as i32
    }

    /// Two numbers, whose largest of all ranks say what the others do.
    pub(crate) fn bounds(self) -> [i32; 2] {
        [-self.number(), self.number()]
    }

    /// Whether all ranks go on with this step.
    pub(crate) fn is_of_all(self, bounds: [i32; 2]) -> bool {
        self != Self::Failure && bounds == self.bounds()
    }
}

/// The message about ranks that did not go on together, from the numbers of their steps and their errors.
pub(crate) fn message(steps: &[i32], errors: &[String]) -> String {
    let of = |step: Step| steps.iter().position(|&number| number == step.number());
    let Some(rank) = of(Step::Failure) else {
        let rank = of(Step::End).unwrap_or_default();
        return format!("rank {rank}: expected as many epochs or evaluations as on the other ranks, found fewer");
    };
    let error = &errors[rank];
    if errors.iter().all(|other| other == error) { error.clone() } else { format!("rank {rank}: {error}") }
}

#[cfg(test)]
mod tests {
    use super::{Step, message};

    #[test]
    fn a_message_names_the_rank_unless_all_have_the_same_error() {
        let [exchange, end, failure] = [Step::Exchange, Step::End, Step::Failure].map(Step::number);
        for (steps, errors, expected) in [
            ([exchange, failure], ["", "no file"], "rank 1: no file"),
            ([failure, end], ["no file", ""], "rank 0: no file"),
            ([failure, failure], ["no file", "no file"], "no file"),
            ([failure, failure], ["no file", "no rows"], "rank 0: no file"),
            (
                [exchange, end],
                ["", ""],
                "rank 1: expected as many epochs or evaluations as on the other ranks, found fewer",
            ),
        ] {
            assert_eq!(message(&steps, &errors.map(str::to_owned)), expected);
        }
    }

    #[test]
    fn a_step_is_of_all_if_none_does_another_or_fails() {
        let all = [Step::Exchange, Step::End, Step::Failure];
        for (a, b) in all.iter().flat_map(|&a| all.map(|b| (a, b))) {
            let [first, second] = [a.bounds(), b.bounds()];
            let largest = [first[0].max(second[0]), first[1].max(second[1])];
            assert_eq!(a.is_of_all(largest), a == b && a != Step::Failure, "{a:?} and {b:?}");
        }
    }
}
