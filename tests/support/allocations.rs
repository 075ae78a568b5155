//! The allocator of a test, which counts.

#![allow(unsafe_code, reason = "a global allocator is unsafe")]
#![allow(dead_code, reason = "not every test asks for everything")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The allocator of the system, counting the calls of each thread, the bytes they ask for, and the bytes in use.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    pub(crate) static BYTES: Cell<usize> = const { Cell::new(0) };
    /// The bytes in use, and the most there were. What another thread made may be given back here.
    static IN_USE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    COUNT.with(|count| count.set(count.get() + 1));
    BYTES.with(|sum| sum.set(sum.get() + bytes));
}

fn keep(more: usize, less: usize) {
    let in_use = IN_USE.get().wrapping_add_unsigned(more).wrapping_sub_unsigned(less);
    IN_USE.set(in_use);
    PEAK.set(PEAK.get().max(in_use));
}

// SAFETY: all calls go to the system's allocator as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        keep(layout.size(), 0);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        keep(0, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        keep(size, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in `f`.
pub(crate) fn allocations(f: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    f();
    COUNT.with(Cell::get) - before
}

/// How many more bytes were in use at some time in `f` than before.
pub(crate) fn peak(f: impl FnOnce()) -> usize {
    let before = IN_USE.get();
    PEAK.set(before);
    f();
    PEAK.get().abs_diff(before)
}
