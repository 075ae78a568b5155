//! If there is not enough memory, a tape reports it, loses nothing and stays usable.

use gradtape::{Gradients, Tape, Value};
use testing::allocations;
use testing::panics::{assert_refused, panic_of};

const LIMIT_BYTES: usize = 1 << 20;
const NO_RECORDS: &str = "the tape cannot get memory for";

fn limited<R>(f: impl FnOnce() -> R) -> R {
    allocations::limited(LIMIT_BYTES, f)
}

#[test]
fn a_tape_that_cannot_grow_says_so_and_stays_usable() {
    let tape = Tape::new();
    let (x, y) = (tape.var(3.0), tape.var(2.0));
    let mut z = x;
    let (message, _) = limited(|| {
        panic_of(|| {
            for _ in 0..LIMIT_BYTES {
                z += y;
            }
        })
    });
    assert!(message.contains(NO_RECORDS) && message.contains("clear it more often"), "{message}");
    let len = tape.len();
    assert!((10_000..LIMIT_BYTES / 24 + 2).contains(&(len - 2)), "{len}");
    assert_eq!((z.backward().wrt(x), z.backward().wrt(y)), (1.0, (z.data() - 3.0) / 2.0));
    limited(|| assert_refused(NO_RECORDS, || [x, y, z].iter().sum::<Value<f64>>()));
    limited(|| assert_refused(NO_RECORDS, || tape.vars(&[1.0, 2.0])));
    assert_eq!(tape.len(), len);
    // Sums on the same node need no memory, and neither does anything after `clear`.
    limited(|| {
        assert_eq!(([z, z].iter().sum::<Value<f64>>()).data(), 2.0 * z.data());
        tape.clear();
        let x = tape.var(3.0);
        assert_eq!((x * tape.var(5.0)).backward().wrt(x), 5.0);
    });
}

#[test]
fn a_sweep_without_memory_says_so_and_leaves_the_tape_and_the_gradients_usable() {
    let tape = Tape::new();
    let x = tape.vars(&vec![1.0; LIMIT_BYTES / 4]);
    let y = x[0] * x[x.len() - 1];
    let mut gradients = Gradients::new();
    limited(|| assert_refused("there is no memory for the adjoints of", || y.backward_into(&mut gradients)));
    assert_eq!(gradients.wrt(x[0]), 0.0);
    y.backward_into(&mut gradients);
    assert_eq!((gradients.wrt(x[0]), y.backward().wrt(x[1])), (1.0, 0.0));
}

#[test]
fn capacity_that_cannot_be_had_is_refused_before_anything_is_recorded() {
    limited(|| assert_refused(NO_RECORDS, || Tape::<f32>::with_capacity(LIMIT_BYTES)));
    assert_refused("a tape cannot number more than 2^32 - 1 nodes", || Tape::<f64>::with_capacity(1 << 32));
    assert_refused("a tape cannot number more than 2^32 - 1 nodes", || Tape::<f64>::with_capacity(usize::MAX));
}
