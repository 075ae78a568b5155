//! A steady loop over a program allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gradtape::program::{Program, Rows, Workspace};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts.
struct Counting;

#[allow(unsafe_code, reason = "an allocator is")]
// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_steady_loop_allocates_nothing_for_one_row_for_many_and_for_sums() {
    let program = Program::record_with(|p, x| (p[0].exp() * x[0]).tanh() + p[1] * x[1], &[0.1, 0.2], &[0.3, 0.4]);
    let numbers: Vec<f64> = (0..2000).map(|k| f64::from(k) / 1000.0).collect();
    for program in [program.clone(), program.gradient(), program.gradient_of_sum(), program.gradient().tangent()] {
        let (parameters, width) = (vec![0.5; program.parameters()], program.inputs());
        for rows in [Rows::one(&numbers[..width]), Rows::new(&numbers, width).unwrap()] {
            let mut workspace = Workspace::new();
            let mut run = || program.run(&parameters, rows, &mut workspace).unwrap().len();
            run();
            let before = ALLOCATIONS.get();
            (0..10).for_each(|_| drop(run()));
            assert_eq!(ALLOCATIONS.get(), before, "{} rows", rows.len());
        }
    }
}
