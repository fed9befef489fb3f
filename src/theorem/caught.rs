//! A panic in what somebody else wrote, as a sentence.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The result of `run`, or what it said when it panicked.
///
/// Nothing that is shared may be left half changed by `run`: what it works on is made in it.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = text.or_else(|| panic.downcast_ref::<String>().cloned());
        said.unwrap_or_else(|| "without a message".to_owned())
    })
}
