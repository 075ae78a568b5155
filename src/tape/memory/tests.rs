//! Tapes that are full: the numbers of their last nodes, and what they refuse.

use std::panic::catch_unwind;

use crate::tape::node::MAX_NODES;
use crate::tape::{Tape, Value};

fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> &'static str {
    catch_unwind(f).unwrap_err().downcast_ref::<&str>().expect("a message without numbers")
}

/// Numbers that are reserved for records serve variables as well.
#[test]
fn every_node_may_be_a_variable_or_a_record_whatever_was_reserved() {
    let few = 1000;
    for records in [0, 1, 2, few, few + 1] {
        let tape = Tape::<f64>::with_capacity(few);
        let shared = std::panic::AssertUnwindSafe(&tape);
        for _ in 0..3 {
            let (x, y) = (tape.var(2.0), tape.var(3.0));
            tape.inner.push_variables(MAX_NODES - records - 2);
            assert_eq!(tape.len(), MAX_NODES - records);
            (0..records).for_each(|_| assert_eq!(x * y, 6.0));
            assert_eq!(tape.len(), MAX_NODES);
            for refused in [message(|| _ = shared.var(1.0)), message(|| _ = x * y)] {
                assert!(refused.contains("cannot number more than 2^32 - 1 nodes"), "{refused}");
            }
            tape.clear();
            let (x, y) = (tape.var(2.0), tape.var(1.0));
            let z = (0..few).fold(x, |z, _| z * y);
            assert_eq!((z.backward().wrt(x), z.backward().wrt(y), tape.len()), (1.0, 2000.0, few + 2));
            tape.clear();
        }
    }
}

/// Variables without records take no memory, so the test reaches the last node.
#[test]
fn a_full_tape_says_so_and_its_last_nodes_are_numbered_right() {
    for clears in 0..3 {
        let tape = Tape::<f64>::new();
        let (x, y) = (tape.var(2.0), tape.var(3.0));
        (0..clears).for_each(|_| tape.clear());
        let (x, y) = if clears == 0 { (x, y) } else { (tape.var(2.0), tape.var(3.0)) };
        tape.inner.push_variables(MAX_NODES - 2 - 3);
        let first = tape.inner.first.get();
        let index = |v: Value<f64>| v.node.index(first).unwrap() as usize;
        let mut z = x * y;
        assert_eq!((index(x), index(z), tape.len()), (0, MAX_NODES - 3, MAX_NODES - 2));
        for last in [MAX_NODES - 2, MAX_NODES - 1] {
            z *= y;
            assert_eq!(
                (index(z), index(y), z.data()),
                (last, 1, 6.0 * 3.0_f64.powi((last + 3 - MAX_NODES).try_into().unwrap()))
            );
        }
        let tape = std::panic::AssertUnwindSafe(&tape);
        for refused in [
            message(|| _ = z * y),
            message(|| _ = [x, z].iter().sum::<Value<f64>>()),
            message(|| _ = z.sin().retain()),
            message(|| _ = tape.var(1.0)),
            message(|| _ = tape.vars(&[1.0, 2.0])),
        ] {
            assert!(refused.contains("cannot number more than 2^32 - 1 nodes"), "{refused}");
        }
        assert_eq!(tape.len(), MAX_NODES);
        assert_eq!((z * 2.0 + z).node, z.node.inexact());
        tape.clear();
        let x = tape.var(5.0);
        assert_eq!((x * tape.var(2.0)).backward().wrt(x), 2.0);
    }
}
