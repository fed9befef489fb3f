//! Losses that live in Python.

use std::sync::Arc;

use nalgebra::DVector;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use shadowflow::loss::{Closures, Problem};

use crate::fault::{told, value};
use crate::numbers::{array, number, rows_of, vector, vector_of};
use crate::waiting::Stay;

/// A loss: its name, its start, and its derivatives as calls.
#[pyclass(frozen, name = "NativeLoss", module = "shadowflow._shadowflow")]
pub(crate) struct Loss {
    pub(crate) problem: Problem,
}

/// One function of a loss.
struct Call {
    function: Py<PyAny>,
    /// What it computes, in words.
    what: &'static str,
    /// Whether it is given many minibatches, and a point for each, at once.
    batched: bool,
}

/// Ends the work of this thread with what was raised: the library makes it the verdict of its cell.
pub(crate) fn raised(py: Python<'_>, what: &str, error: &PyErr) -> ! {
    std::panic::resume_unwind(Box::new(format!("{what} raised {}", told(py, error))))
}

/// A stay in the interpreter; ends the work of this thread if nobody waits for it.
pub(crate) fn wanted() -> Stay {
    let begun = Stay::begin();
    begun.unwrap_or_else(|| {
        std::panic::resume_unwind(Box::new("it was interrupted".to_owned()));
    })
}

/// Points, one after the other, as rows of an array that belongs to Python.
fn rows<'py>(py: Python<'py>, points: &[f64], count: usize) -> PyResult<Bound<'py, PyAny>> {
    Ok(array(py, points).reshape([count, points.len() / count.max(1)])?.into_any())
}

impl Call {
    /// What the function gives for minibatches with a point, or a point and directions, each: those of all minibatches one
    /// after the other.
    fn vectors(&self, batches: &[usize], points: &[&[f64]], out: &mut [f64]) {
        let _stay = wanted();
        Python::attach(|py| match self.asked(py, batches, points, out.len()) {
            Ok(v) => out.copy_from_slice(&v),
            Err(error) => raised(py, &self.of(batches), &error),
        });
    }

    fn of(&self, batches: &[usize]) -> String {
        match batches {
            [k] => format!("the {} of minibatch {k}", self.what),
            several => format!("the {} of minibatches {several:?}", self.what),
        }
    }

    fn called(&self, py: Python<'_>, batches: &[usize], points: &[&[f64]]) -> PyResult<Py<PyAny>> {
        if !self.batched {
            let k = batches.first().copied().unwrap_or(0);
            return match points {
                [w] => self.function.call1(py, (k, array(py, w))),
                [w, v] => self.function.call1(py, (k, array(py, w), array(py, v))),
                [w, u, v, ..] => {
                    self.function.call1(py, (k, array(py, w), array(py, u), array(py, v)))
                }
                [] => self.function.call1(py, (k,)),
            };
        }
        let n = batches.len();
        let named: Vec<i64> = batches.iter().map(|&k| k as i64).collect();
        let k = PyArray1::from_vec(py, named).into_any();
        let given = points.iter().map(|points| rows(py, points, n));
        let given: Vec<Bound<'_, PyAny>> =
            std::iter::once(Ok(k)).chain(given).collect::<PyResult<_>>()?;
        self.function.call1(py, PyTuple::new(py, given)?)
    }

    fn asked(
        &self,
        py: Python<'_>,
        batches: &[usize],
        points: &[&[f64]],
        size: usize,
    ) -> PyResult<Vec<f64>> {
        let given = self.called(py, batches, points)?;
        let what = format!("what the {} returns", self.what);
        if self.batched {
            return rows_of(given.bind(py), &what, &[batches.len(), size / batches.len().max(1)]);
        }
        vector_of(given.bind(py), &what, size)
    }

    fn number(&self, batch: usize, w: &[f64]) -> f64 {
        let _stay = wanted();
        Python::attach(|py| match self.told(py, batch, w) {
            Ok(x) => x,
            Err(error) => raised(py, &self.of(&[batch]), &error),
        })
    }

    fn told(&self, py: Python<'_>, batch: usize, w: &[f64]) -> PyResult<f64> {
        let given = self.called(py, &[batch], &[w])?;
        let what = format!("what the {} returns", self.what);
        if self.batched {
            return Ok(rows_of(given.bind(py), &what, &[1])?.first().copied().unwrap_or(f64::NAN));
        }
        number(given.bind(py), &what)
    }
}

#[pymethods]
impl Loss {
    /// A loss of `batches` minibatches from `start`: `gradient(k, w)` and `hessian_vector(k, w, v)`, and, as far as they
    /// are known, `value(k, w)` and `third(k, w, u, v)`; if `batched`, of n minibatches k, and n rows of everything, at once.
    #[new]
    #[pyo3(signature = (name, start, batches, gradient, hessian_vector, value=None, third=None, batched=false))]
    #[expect(clippy::too_many_arguments)] // what a loss has
    fn new(
        py: Python<'_>,
        name: String,
        start: &Bound<'_, PyAny>,
        batches: usize,
        gradient: Py<PyAny>,
        hessian_vector: Py<PyAny>,
        value: Option<Py<PyAny>>,
        third: Option<Py<PyAny>>,
        batched: bool,
    ) -> PyResult<Self> {
        let start = vector(start, "the start")?;
        if start.is_empty() {
            return Err(self::value("the start is empty; a loss needs at least one parameter"));
        }
        if let Some(at) = start.iter().position(|x| !x.is_finite()) {
            let told =
                format!("entry {at} of the start is {}; every number must be finite", start[at]);
            return Err(self::value(told));
        }
        if batches == 0 {
            return Err(self::value("a loss needs at least 1 minibatch, but there are none"));
        }
        let dim = start.len();
        let call = |function, what| Arc::new(Call { function, what, batched });
        let gradient = call(gradient, "gradient");
        let product = call(hessian_vector, "Hessian–vector product");
        let value = value.map(|function| call(function, "value"));
        let third = third.map(|function| call(function, "third derivative"));
        // What does not fit is said here, with its own exception, before anything is asked of it.
        for k in 0..batches {
            let _ = gradient.asked(py, &[k], &[&start], dim)?;
        }
        let _ = product.asked(py, &[0], &[&start, &start], dim)?;
        if batched {
            let (all, several) = ((0..batches).collect::<Vec<_>>(), start.repeat(batches));
            let _ = gradient.asked(py, &all, &[&several], several.len())?;
            let _ = product.asked(py, &all, &[&several, &several], several.len())?;
        }
        if let Some(value) = &value {
            let _ = value.told(py, 0, &start)?;
        }
        if let Some(third) = &third {
            let _ = third.asked(py, &[0], &[&start, &start, &start], dim)?;
        }
        let (gradients, products) = (Arc::clone(&gradient), Arc::clone(&product));
        let mut closures = Closures::new(
            dim,
            batches,
            move |k, w, out| gradient.vectors(&[k], &[w], out),
            move |k, w, v, out| product.vectors(&[k], &[w, v], out),
        );
        if batched {
            closures = closures
                .with_gradients(move |k, w, out| gradients.vectors(k, &[w], out))
                .with_products(move |k, w, v, out| products.vectors(k, &[w, v], out));
        }
        if let Some(value) = value {
            closures = closures.with_value(move |k, w| value.number(k, w));
        }
        if let Some(third) = third {
            closures =
                closures.with_third(move |k, w, u, v, out| third.vectors(&[k], &[w, u, v], out));
        }
        Ok(Loss { problem: Problem::from_closures(name, closures, DVector::from_vec(start)) })
    }

    /// The name it is reported under.
    #[getter]
    fn name(&self) -> &str {
        self.problem.name()
    }

    /// The number of parameters.
    #[getter]
    fn dim(&self) -> usize {
        self.problem.dim()
    }

    /// The number of minibatches.
    #[getter]
    fn batches(&self) -> usize {
        self.problem.batches()
    }
}
