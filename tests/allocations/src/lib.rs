//! Counting what is allocated, for tests that prove that a warm engine allocates nothing.
//!
//! A test binary makes [`Counting`] its global allocator and runs what is to be measured in [`count`]. Only the
//! thread that counts is counted: tests run side by side.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

/// What was allocated.
#[derive(Debug, Default)]
pub struct Allocations {
    /// Calls that gave memory or more of it.
    pub calls: u64,
    /// Where the first of them came from.
    pub first: Option<Backtrace>,
}

impl Allocations {
    /// The place of ours that the first of them came from.
    #[must_use]
    pub fn first_place(&self) -> Option<String> {
        let text = self.first.as_ref()?.to_string();
        let ours = text.lines().find_map(|line| line.split_once("/crates/"));
        Some(ours.map_or("somewhere else", |(_, place)| place).to_owned())
    }
}

thread_local! {
    /// Calls so far, while this thread counts.
    static CALLS: Cell<Option<u64>> = const { Cell::new(None) };
    static FIRST: RefCell<Option<Backtrace>> = const { RefCell::new(None) };
}

/// Runs `work` and counts what it allocates in this thread.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    CALLS.set(Some(0));
    let result = work();
    let calls = CALLS.replace(None).unwrap_or(0);
    (result, Allocations { calls, first: FIRST.take() })
}

/// The system's allocator, counting.
#[derive(Debug)]
pub struct Counting;

impl Counting {
    fn note() {
        // Not while a thread ends, and not what is allocated to note it.
        let Ok(Some(calls)) = CALLS.try_with(Cell::take) else { return };
        if calls == 0 {
            let _ = FIRST.try_with(|first| first.replace(Some(Backtrace::force_capture())));
        }
        CALLS.set(Some(calls + 1));
    }
}

// SAFETY: every call is handed on unchanged to `System`, which keeps the contract; noting a call neither
// allocates while it is noted (the count is taken away meanwhile) nor unwinds.
#[expect(unsafe_code, reason = "an allocator can be written in no other way")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note();
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::note();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::note();
        // SAFETY: as above; the memory came from `System`, like all that is given out here.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}
