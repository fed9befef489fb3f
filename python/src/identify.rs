//! What an optimizer of somebody's own is, and the field that it follows.

use std::sync::Arc;

use pyo3::prelude::*;
use shadowflow::identify::{Answer, Found, MeasuredField, identify, measured_field, problems};
use shadowflow::loss::Problem;

use crate::check::{On, methods};
use crate::fault::{refused, unexpected, value};
use crate::method::Method;
use crate::waiting::worked;

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
    method: PyRef<'_, Method>,
    loss: Option<On<'_>>,
    alone: bool,
) -> PyResult<Identity> {
    let mut asked: Vec<Problem> =
        if alone { Vec::new() } else { problems().map_err(unexpected)? };
    if let Some(loss) = loss {
        asked.push(loss.problem(None, None, 1)?);
    }
    let calls = Arc::clone(&method.calls);
    let answer = worked(py, None, move || identify(&*calls, &asked, methods()))?.map_err(value)?;
    Ok(Identity { answer })
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
    method: PyRef<'_, Method>,
    loss: On<'_>,
    at: Option<Vec<f64>>,
    order: usize,
) -> PyResult<Measured> {
    let problem = loss.problem(None, None, 1)?;
    let point = at.unwrap_or_else(|| problem.start().iter().copied().collect());
    let (calls, name, loss) =
        (Arc::clone(&method.calls), method.name.clone(), problem.name().to_owned());
    let asked = point.clone();
    let field = worked(py, None, move || measured_field(&*calls, &problem, &asked, order))?;
    Ok(Measured { name, loss, point, field: field.map_err(refused)? })
}
