//! Vectors on their way to Python and back.

use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};
use shadowflow::method::exact;
use shadowflow::scalar::Ratio;

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
        // Entries that do not lie side by side are gathered, which takes longer.
        return Ok(array.to_vec().unwrap_or_else(|_| array.readonly().as_array().to_vec()));
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

/// Rows of numbers, one after the other, of this shape.
///
/// # Errors
/// As [`vector`], and a ValueError for another shape.
pub(crate) fn rows_of(given: &Bound<'_, PyAny>, what: &str, shape: &[usize]) -> PyResult<Vec<f64>> {
    let py = given.py();
    let array = py.import("numpy")?.call_method1("asarray", (given,))?;
    let found = array.cast::<PyUntypedArray>()?.shape().to_vec();
    if found != shape {
        let told = format!("{what} has the shape {found:?}, but with batched=True it is {shape:?}");
        return Err(value(told));
    }
    vector(&array.call_method0("ravel")?, what)
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

/// An exact ratio: of a whole number, a Fraction, a text such as "1/2", or a float, which stands for the decimal that it
/// prints as.
///
/// # Errors
/// A TypeError or ValueError that says what `what` is instead.
pub(crate) fn ratio(given: &Bound<'_, PyAny>, what: &str) -> PyResult<Ratio> {
    let told =
        |shown: String| value(format!("{what} is no ratio of integers of 18 digits: {shown}"));
    if given.is_instance_of::<PyBool>() {
        return Err(pyo3::exceptions::PyTypeError::new_err(format!(
            "{what} is a truth value, no number"
        )));
    }
    if let Ok(n) = given.extract::<i64>() {
        return Ok(Ratio::new(n, 1));
    }
    if let Ok(x) = given.cast::<PyFloat>() {
        let x = x.value();
        return exact(&format!("{x}")).ok_or_else(|| told(format!("{x:?}")));
    }
    if let Ok(text) = given.extract::<String>() {
        return exact(&text).ok_or_else(|| told(format!("'{text}'")));
    }
    let parts = given.getattr("numerator").and_then(|n| Ok((n, given.getattr("denominator")?)));
    let of = |part: Bound<'_, PyAny>| part.extract::<i64>();
    if let Ok((above, below)) = parts {
        let found = of(above).and_then(|n| Ok(Ratio::new(n, of(below)?)));
        return found.map_err(|_| told(given.to_string()));
    }
    let kind = given.get_type().name()?;
    Err(pyo3::exceptions::PyTypeError::new_err(format!(
        "{what} is a {kind}; it is a whole number, a Fraction, a float that stands for its decimal, or a text such as '1/2'"
    )))
}
