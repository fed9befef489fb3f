//! What goes wrong, as exceptions of the fitting class with the library's own sentence.

use std::fmt::Display;

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
