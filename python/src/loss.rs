//! Losses that live in Python.

use nalgebra::DVector;
use pyo3::prelude::*;
use shadowflow::loss::{Closures, Problem};

use crate::fault::{told, value};
use crate::numbers::{array, number, vector, vector_of};
use crate::waiting::stopped;

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
}

/// Ends the work of this thread with what was raised: the library makes it the verdict of its cell.
pub(crate) fn raised(py: Python<'_>, what: &str, error: &PyErr) -> ! {
    std::panic::resume_unwind(Box::new(format!("{what} raised {}", told(py, error))))
}

/// Ends the work of this thread if nobody waits for it.
pub(crate) fn expect_wanted() {
    if stopped() {
        std::panic::resume_unwind(Box::new("it was interrupted".to_owned()));
    }
}

impl Call {
    fn vector(&self, batch: usize, points: &[&[f64]], out: &mut [f64]) {
        expect_wanted();
        Python::attach(|py| match self.asked(py, batch, points, out.len()) {
            Ok(v) => out.copy_from_slice(&v),
            Err(error) => raised(py, &format!("the {} of minibatch {batch}", self.what), &error),
        });
    }

    fn asked(
        &self,
        py: Python<'_>,
        batch: usize,
        points: &[&[f64]],
        dim: usize,
    ) -> PyResult<Vec<f64>> {
        let given = match points {
            [w] => self.function.call1(py, (batch, array(py, w))),
            [w, v] => self.function.call1(py, (batch, array(py, w), array(py, v))),
            [w, u, v, ..] => {
                self.function.call1(py, (batch, array(py, w), array(py, u), array(py, v)))
            }
            [] => self.function.call1(py, (batch,)),
        }?;
        vector_of(given.bind(py), &format!("what the {} returns", self.what), dim)
    }

    fn number(&self, batch: usize, w: &[f64]) -> f64 {
        expect_wanted();
        Python::attach(|py| match self.told(py, batch, w) {
            Ok(x) => x,
            Err(error) => raised(py, &format!("the {} of minibatch {batch}", self.what), &error),
        })
    }

    fn told(&self, py: Python<'_>, batch: usize, w: &[f64]) -> PyResult<f64> {
        let given = self.function.call1(py, (batch, array(py, w)))?;
        number(given.bind(py), &format!("what the {} returns", self.what))
    }
}

#[pymethods]
impl Loss {
    /// A loss of `batches` minibatches from `start`: `gradient(k, w)` and `hessian_vector(k, w, v)`, and, as far as they
    /// are known, `value(k, w)` and `third(k, w, u, v)`.
    #[new]
    #[pyo3(signature = (name, start, batches, gradient, hessian_vector, value=None, third=None))]
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
        let gradient = Call { function: gradient, what: "gradient" };
        let product = Call { function: hessian_vector, what: "Hessian–vector product" };
        let value = value.map(|function| Call { function, what: "value" });
        let third = third.map(|function| Call { function, what: "third derivative" });
        // What does not fit is said here, with its own exception, before anything is asked of it.
        for k in 0..batches {
            let _ = gradient.asked(py, k, &[&start], dim)?;
        }
        let _ = product.asked(py, 0, &[&start, &start], dim)?;
        if let Some(value) = &value {
            let _ = value.told(py, 0, &start)?;
        }
        if let Some(third) = &third {
            let _ = third.asked(py, 0, &[&start, &start, &start], dim)?;
        }
        let mut closures = Closures::new(
            dim,
            batches,
            move |k, w, out| gradient.vector(k, &[w], out),
            move |k, w, v, out| product.vector(k, &[w, v], out),
        );
        if let Some(value) = value {
            closures = closures.with_value(move |k, w| value.number(k, w));
        }
        if let Some(third) = third {
            closures = closures.with_third(move |k, w, u, v, out| third.vector(k, &[w, u, v], out));
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
