//! An allocator that calls a safe function, as published ones do (`AllocationTracker` of the crate
//! `tracking-allocator`).
//!
//! A test crate enables it by
//! `#[global_allocator] static ALLOCATOR: testing::tracking::Tracking = testing::tracking::Tracking;`

#![allow(unsafe_code, reason = "a global allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The allocator of the system. On a thread with a [tracker](tracked), it calls the tracker before and after
/// everything.
#[derive(Debug)]
pub struct Tracking;

thread_local! {
    static TRACKER: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Calls the tracker of this thread, which has none meanwhile. A panic has to go on without one, because a panic hook
/// must not panic.
fn track() {
    if !std::thread::panicking()
        && let Some(tracker) = TRACKER.take()
    {
        tracker();
        TRACKER.set(Some(tracker));
    }
}

// SAFETY: every call is passed to the system unchanged, and trackers do not panic.
unsafe impl GlobalAlloc for Tracking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        track();
        // SAFETY: as the caller promises.
        let memory = unsafe { System.alloc(layout) };
        track();
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        track();
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) };
        track();
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        track();
        // SAFETY: as the caller promises.
        let memory = unsafe { System.realloc(memory, layout, size) };
        track();
        memory
    }
}

/// Runs `f` on a thread with a tracker, which catches its panics.
pub fn tracked<R>(tracker: fn(), f: impl FnOnce() -> R) -> R {
    struct Untracked;
    impl Drop for Untracked {
        fn drop(&mut self) {
            TRACKER.set(None);
        }
    }
    TRACKER.set(Some(tracker));
    let _untracked = Untracked;
    f()
}
