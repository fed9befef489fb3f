//! What goes wrong, as exceptions of the fitting class with the library's own sentence.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(
    shadowflow,
    Refused,
    PyValueError,
    "A question that has no answer, with the reason: a theorem that says nothing about this loss, a field that \
     does not exist."
);

/// A value that does not do.
pub(crate) fn value(why: impl Display) -> PyErr {
    PyValueError::new_err(why.to_string())
}

/// A question without an answer.
pub(crate) fn refused(why: impl Display) -> PyErr {
    Refused::new_err(why.to_string())
}

/// What should not have happened.
pub(crate) fn unexpected(why: impl Display) -> PyErr {
    PyRuntimeError::new_err(why.to_string())
}

/// An exception as a person reads it: its class, what it says, and where it was raised.
pub(crate) fn told(py: Python<'_>, error: &PyErr) -> String {
    let trace = error.traceback(py).and_then(|trace| trace.format().ok());
    let said = error.to_string();
    match trace {
        Some(trace) => format!("{said}\n{}", trace.trim_end()),
        None => said,
    }
}

/// The result of `run`, or what it said when it panicked, as an exception: nothing that is called from Python may unwind
/// into it.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| unexpected(said(&*panic)))
}

/// What a panic says.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it ended without a message".to_owned())
}
