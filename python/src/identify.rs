//! What an optimizer of somebody's own is, and the field that it follows.

use std::sync::Arc;

use pyo3::prelude::*;
use shadowflow::identify::{
    Answer, AnyBox, Found, MeasuredField, Running, identify, measured_field, problems,
};
use shadowflow::loss::Problem;

use crate::check::{On, methods};
use crate::fault::{refused, unexpected, value};
use crate::method::{Calls, Method};
use crate::waiting::worked;
use crate::written::WrittenMethod;

/// A method of somebody's own, of either kind.
#[derive(FromPyObject)]
pub(crate) enum Asked<'py> {
    Own(PyRef<'py, Method>),
    Written(PyRef<'py, WrittenMethod>),
}

/// The functions of a method, shared.
struct Held(Arc<Calls>);

impl AnyBox for Held {
    fn begin<'a>(&'a self, w: &[f64]) -> Box<dyn Running + 'a> {
        self.0.begin(w)
    }
}

impl Asked<'_> {
    /// Its name, and what it does.
    fn known(&self) -> (String, Box<dyn AnyBox + Send>) {
        match self {
            Asked::Own(own) => (own.name.clone(), Box::new(Held(Arc::clone(&own.calls)))),
            Asked::Written(own) => (own.name.clone(), Box::new(own.written.clone())),
        }
    }
}

/// What an optimizer was found to be.
#[pyclass(frozen, name = "NativeIdentity", module = "shadowflow._shadowflow")]
pub(crate) struct Identity {
    answer: Answer,
}

/// A setting: its text, its value, the half-width of its bar.
type Setting = (String, String, Option<f64>, f64);

#[pymethods]
impl Identity {
    /// "named", "nearest" or "unknown".
    #[getter]
    fn kind(&self) -> &'static str {
        match self.answer {
            Answer::Named { .. } => "named",
            Answer::Nearest { .. } => "nearest",
            Answer::Unknown { .. } => "unknown",
        }
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.answer.name()
    }

    /// The method that it is or comes nearest to.
    #[getter]
    fn method(&self) -> Option<&str> {
        self.answer.method()
    }

    fn settings(&self) -> Vec<Setting> {
        let settings: &[Found] = match &self.answer {
            Answer::Named { settings, .. } | Answer::Nearest { settings, .. } => settings,
            Answer::Unknown { nearest, .. } => {
                nearest.as_ref().map_or(&[], |near| near.settings.as_slice())
            }
        };
        settings.iter().map(|f| (f.name.clone(), f.text.clone(), f.value, f.bar)).collect()
    }

    /// Where it parts from its namesake: from what, at which step, in which part, by how much.
    #[getter]
    fn parts_at(&self) -> Option<(String, usize, String, f64)> {
        let parting = self.answer.parts_at()?;
        Some((parting.from.clone(), parting.step, parting.term.clone(), parting.by))
    }

    fn __str__(&self) -> String {
        self.answer.to_string()
    }
}

/// What `method` is; held out from the fit is `loss`, if one is given.
#[pyfunction]
#[pyo3(signature = (method, loss, alone))]
pub(crate) fn identify_method(
    py: Python<'_>,
    method: Asked<'_>,
    loss: Option<On<'_>>,
    alone: bool,
) -> PyResult<Identity> {
    let mut asked: Vec<Problem> =
        if alone { Vec::new() } else { problems().map_err(unexpected)? };
    if let Some(loss) = loss {
        asked.push(loss.problem(None, None, 1)?);
    }
    let (_, black_box) = method.known();
    let answer = worked(py, None, move || identify(&*black_box, &asked, methods()))?;
    Ok(Identity { answer: answer.map_err(value)? })
}

/// A field that was measured from iterates.
#[pyclass(frozen, name = "NativeMeasuredField", module = "shadowflow._shadowflow")]
pub(crate) struct Measured {
    name: String,
    loss: String,
    point: Vec<f64>,
    field: MeasuredField,
}

#[pymethods]
impl Measured {
    #[getter]
    fn fields(&self) -> Vec<Vec<f64>> {
        self.field.fields.clone()
    }

    #[getter]
    fn bars(&self) -> Vec<Vec<f64>> {
        self.field.bars.clone()
    }

    #[getter]
    fn rounding(&self) -> Vec<Vec<f64>> {
        self.field.rounding.clone()
    }

    #[getter]
    fn burn_in(&self) -> usize {
        self.field.burn_in
    }

    #[getter]
    fn latex(&self) -> Option<&str> {
        None
    }

    fn json(&self) -> PyResult<String> {
        let field = serde_json::json!({
            "method": self.name, "loss": self.loss, "point": self.point, "fields": self.field.fields,
            "bars": self.field.bars, "rounding": self.field.rounding, "burn_in": self.field.burn_in,
        });
        serde_json::to_string(&field).map_err(unexpected)
    }

    fn __str__(&self) -> String {
        let Measured { name, loss, point, field } = self;
        field.table(name, loss, point)
    }
}

/// Measures the field of `method` on `loss`.
#[pyfunction]
#[pyo3(signature = (method, loss, at, order))]
pub(crate) fn derive_method(
    py: Python<'_>,
    method: Asked<'_>,
    loss: On<'_>,
    at: Option<Vec<f64>>,
    order: usize,
) -> PyResult<Measured> {
    let problem = loss.problem(None, None, 1)?;
    let point = at.unwrap_or_else(|| problem.start().iter().copied().collect());
    let loss = problem.name().to_owned();
    let (name, black_box) = method.known();
    let asked = point.clone();
    let field = worked(py, None, move || measured_field(&*black_box, &problem, &asked, order))?;
    Ok(Measured { name, loss, point, field: field.map_err(refused)? })
}
