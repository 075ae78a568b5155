//! An allocator that counts what a thread asks for, and can refuse large pieces.
//!
//! A test crate takes it by
//! `#[global_allocator] static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;`

#![allow(unsafe_code, reason = "a global allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

/// The allocator of the system, counting the calls of each thread, the bytes they ask for, and the bytes in use. On a
/// thread with a [limit](limited) there is no piece above it.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
    /// The bytes in use, and the most there were. What another thread made may be given back here.
    static IN_USE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static LIMIT: Cell<usize> = const { Cell::new(usize::MAX) };
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

// SAFETY: every call is the system's as it is, or returns null, which says that there is no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LIMIT.get() {
            return ptr::null_mut();
        }
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
        if size > LIMIT.get() {
            return ptr::null_mut();
        }
        count(size);
        keep(size, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// How often this thread allocates in `f`.
pub fn allocations(f: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    f();
    COUNT.with(Cell::get) - before
}

/// How many bytes this thread asked for since it began.
pub fn bytes() -> usize {
    BYTES.get()
}

/// How many more bytes were in use at some time in `f` than before.
pub fn peak(f: impl FnOnce()) -> usize {
    let before = IN_USE.get();
    PEAK.set(before);
    f();
    PEAK.get().abs_diff(before)
}

/// Runs `f` on a thread that gets no piece of memory above so many bytes.
pub fn limited<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    LIMIT.set(bytes);
    let result = f();
    LIMIT.set(usize::MAX);
    result
}
