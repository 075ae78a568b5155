//! An allocator that counts the allocations of a thread, and can refuse large ones.
//!
//! A test crate enables it by
//! `#[global_allocator] static ALLOCATOR: testing::allocations::Counting = testing::allocations::Counting;`

#![allow(unsafe_code, reason = "a global allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

/// The allocator of the system, counting the calls of each thread, the bytes requested, and the bytes in use. On a
/// thread with a [limit](limited), larger allocations fail.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
    /// The bytes in use, and their maximum. Memory of another thread may be freed here.
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

// SAFETY: every call is passed to the system unchanged, or returns null, which means that there is no memory.
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

/// The number of allocations of this thread in `f`.
pub fn allocations(f: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    f();
    COUNT.with(Cell::get) - before
}

/// The bytes that this thread has requested since it began.
pub fn bytes() -> usize {
    BYTES.get()
}

/// The largest increase of the bytes in use during `f`.
pub fn peak(f: impl FnOnce()) -> usize {
    let before = IN_USE.get();
    PEAK.set(before);
    f();
    PEAK.get().abs_diff(before)
}

/// Runs `f` on a thread where allocations above so many bytes fail.
pub fn limited<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    LIMIT.set(bytes);
    let result = f();
    LIMIT.set(usize::MAX);
    result
}
