//! How many scalar types a process may have tapes of.

use std::env;
use std::process::Command;

use gradtape::{Dual, Tape, gradient};
use testing::panics::panic_of;

type Use = fn();

/// Uses a tape of `Dual<f64, N>`.
fn with_tape<const N: usize>() {
    let tape = Tape::<Dual<f64, N>>::new();
    let (x, y) = (tape.var(Dual::constant(3.0)), tape.var(Dual::constant(2.0)));
    assert_eq!((x * y).backward().wrt(x), 2.0);
}

/// For example, `uses!(1 2)` is `[with_tape::<1>, with_tape::<2>]`.
macro_rules! uses {
    ($($N:literal)*) => {
        [$(with_tape::<$N> as Use),*]
    };
}

/// In a process of its own, because a type keeps its place for the life of the process.
#[test]
fn tapes_are_of_thirty_scalar_types_besides_f32_and_f64() {
    const CHILD: &str = "GRADTAPE_TEST_SCALAR_TYPES";
    if env::var_os(CHILD).is_none() {
        let mut command = Command::new(env::current_exe().expect("the program of the tests"));
        let output = command
            .args(["--exact", "scalar_types::tapes_are_of_thirty_scalar_types_besides_f32_and_f64"])
            .env(CHILD, "1")
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let uses = uses!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30);
    for with_tape in uses {
        with_tape();
    }
    for _ in 0..2 {
        let (message, _) = panic_of(with_tape::<31>);
        let expected = format!("tapes of {} scalar types other than f32 and f64 already", uses.len());
        assert!(message.contains(&expected), "{message}");
        // The others go on.
        for with_tape in uses {
            with_tape();
        }
        assert_eq!(
            (gradient(|x| x[0] * x[1], &[1.0_f32, 2.0]).1, gradient(|x| x[0] * x[1], &[1.0_f64, 2.0]).1),
            (vec![2.0, 1.0], vec![2.0, 1.0])
        );
    }
}
