//! Whether a computation read the value of an interval that has none.

use std::cell::Cell;

thread_local! {
    static NOTED: Cell<bool> = const { Cell::new(false) };
}

/// Notes that the leading number of an interval that is no point was read.
pub(super) fn note() {
    NOTED.set(true);
}

/// The result of `computation`, and whether it read the leading number of an interval that is no point.
///
/// Code that reads it may branch on it: then only one branch was taken, for numbers that may belong
/// to the other, and the result encloses nothing. Jets, dual numbers and variables of a tape hand the
/// question on to the intervals that they are made of. Only what runs on the calling thread is seen.
pub fn reads_wide_intervals<R>(computation: impl FnOnce() -> R) -> (R, bool) {
    let before = NOTED.replace(false);
    let result = computation();
    let read = NOTED.get();
    // What surrounds this computation contains the reading too.
    NOTED.set(before || read);
    (result, read)
}
