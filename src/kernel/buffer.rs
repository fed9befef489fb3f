//! Memory for vector kernels: aligned to cache lines, kept from call to call.
#![allow(unsafe_code)] // a slice of cache lines is read as the numbers in them

use std::cell::RefCell;

/// The numbers in a cache line, and in the widest vector register.
pub(crate) const LINE: usize = 8;

/// A cache line of numbers.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([f64; LINE]);

/// Numbers that start at a cache line; their count is rounded up to whole lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// `count` zeros.
    pub(crate) fn zeros(count: usize) -> Self {
        Buffer { lines: vec![Line([0.0; LINE]); count.div_ceil(LINE)] }
    }

    /// Makes room for at least `count` numbers; what they are is not specified.
    pub(crate) fn reserve(&mut self, count: usize) {
        let lines = count.div_ceil(LINE);
        if self.lines.len() < lines {
            self.lines.resize(lines, Line([0.0; LINE]));
        }
    }

    /// The numbers.
    pub(crate) fn numbers(&self) -> &[f64] {
        // SAFETY: a `Line` is `LINE` numbers and nothing else, by `repr(C)` and its size of 64.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LINE) }
    }

    /// The same line by line.
    pub(crate) fn lines(&self) -> &[[f64; LINE]] {
        self.numbers().as_chunks().0
    }

    /// The numbers, to be written.
    pub(crate) fn numbers_mut(&mut self) -> &mut [f64] {
        let count = self.lines.len() * LINE;
        // SAFETY: as above, and the slice borrows the lines mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), count) }
    }
}

thread_local! {
    /// Kernels are called from shared losses a million times a second: allocating their workspace
    /// anew would cost a tenth of that, so every thread keeps one. Nothing is read from it that the
    /// same call did not write.
    static WORKSPACE: RefCell<Buffer> = RefCell::default();
}

/// Calls `kernel` with a workspace of at least `count` numbers of unspecified values.
pub(crate) fn with_workspace<T>(count: usize, kernel: impl FnOnce(&mut [f64]) -> T) -> T {
    WORKSPACE.with_borrow_mut(|buffer| {
        buffer.reserve(count);
        kernel(&mut buffer.numbers_mut()[..count])
    })
}
