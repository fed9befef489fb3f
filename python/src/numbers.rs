//! Vectors on their way to Python and back.

use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::fault::value;

/// What to do about numbers in single precision.
const IN_DOUBLE: &str = "numbers must be float64: jax.config.update(\"jax_enable_x64\", True) before arrays are made, \
                         .double() in torch, dtype=float in NumPy";

/// A copy of `v` that belongs to Python: whatever is done to it changes nothing here.
pub(crate) fn array<'py>(py: Python<'py>, v: &[f64]) -> Bound<'py, PyArray1<f64>> {
    PyArray1::from_slice(py, v)
}

/// The entries of a one-dimensional array of float64, copied at once, so that a buffer that is used again does no harm.
///
/// # Errors
/// A TypeError or ValueError that says what `what` is instead.
pub(crate) fn vector(given: &Bound<'_, PyAny>, what: &str) -> PyResult<Vec<f64>> {
    if let Ok(array) = given.cast::<PyArray1<f64>>() {
        return Ok(array.readonly().as_array().to_vec());
    }
    let py = given.py();
    let array = py.import("numpy")?.call_method1("asarray", (given,))?;
    let array = array.cast::<PyUntypedArray>()?;
    let (kind, shape) = (array.dtype(), array.shape().to_vec());
    if array.ndim() != 1 {
        return Err(value(format!("{what} has the shape {shape:?}; it is one row of numbers")));
    }
    match kind.kind() {
        b'f' if kind.itemsize() == 8 => {
            let array = array.cast::<PyArray1<f64>>()?;
            Ok(array.readonly().as_array().to_vec())
        }
        b'f' => {
            let told = format!("{what} is {}; {IN_DOUBLE}", kind.str()?);
            Err(pyo3::exceptions::PyTypeError::new_err(told))
        }
        _ => {
            let told = format!("{what} is {}; it must be float64", kind.str()?);
            Err(pyo3::exceptions::PyTypeError::new_err(told))
        }
    }
}

/// The same, with as many entries as there are parameters.
///
/// # Errors
/// As [`vector`], and a ValueError for another length.
pub(crate) fn vector_of(given: &Bound<'_, PyAny>, what: &str, dim: usize) -> PyResult<Vec<f64>> {
    let v = vector(given, what)?;
    if v.len() == dim {
        return Ok(v);
    }
    Err(value(format!("{what} has {} numbers, but there are {dim} parameters", v.len())))
}

/// One number.
///
/// # Errors
/// A TypeError that says what `what` is instead.
pub(crate) fn number(given: &Bound<'_, PyAny>, what: &str) -> PyResult<f64> {
    given.extract::<f64>().map_err(|_| {
        let kind = given.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        pyo3::exceptions::PyTypeError::new_err(format!("{what} is a {kind}, no number"))
    })
}
