//! What a check found.

use pyo3::prelude::*;
use shadowflow::record::Record;
use shadowflow::report::{excerpt, verdict_table};
use shadowflow::theorem::Theorem;

use crate::fault::unexpected;

/// One theorem on one loss: its record, and all that is made of it by the library.
#[pyclass(frozen, name = "NativeOutcome", module = "shadowflow._shadowflow")]
pub(crate) struct Outcome {
    pub(crate) record: Record,
    pub(crate) theorem: Option<Theorem>,
    /// The time that the call took, in seconds.
    pub(crate) seconds: f64,
}

/// A rung: the leg, the step size, the error, and whether it is fitted.
type Rung = (&'static str, f64, f64, bool);

/// A coefficient: the term, what is claimed, what was found, and the half-width of its bar.
type Coefficient = (String, f64, f64, f64);

#[pymethods]
impl Outcome {
    #[getter]
    fn theorem(&self) -> &str {
        &self.record.theorem
    }

    #[getter]
    fn loss(&self) -> &str {
        &self.record.loss
    }

    #[getter]
    fn verdict(&self) -> &'static str {
        self.record.verdict.name()
    }

    #[getter]
    fn reason(&self) -> Option<&str> {
        self.record.reason.as_deref()
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The record as the command writes it.
    fn json(&self) -> PyResult<String> {
        serde_json::to_string(&self.record).map_err(unexpected)
    }

    fn ladder(&self) -> Vec<Rung> {
        let rungs = self.record.legs.iter().flat_map(|leg| {
            let name = leg.kind.name();
            let rung = move |error: Option<f64>| error.unwrap_or(f64::NAN);
            leg.ladder.iter().map(move |r| (name, r.step_size, rung(r.error), r.used))
        });
        rungs.collect()
    }

    fn coefficients(&self) -> Vec<Coefficient> {
        let found = self.record.coefficients.iter().map(|c| {
            let number = |x: Option<f64>| x.unwrap_or(f64::NAN);
            let claimed = number(c.claimed_value());
            (c.term.clone(), claimed, number(c.recovered), number(c.half_width))
        });
        found.collect()
    }

    /// The orders that were fitted: the leg, what is claimed, what was found, and the half-width of its bar.
    fn orders(&self) -> Vec<(&'static str, f64, f64, f64)> {
        let number = |x: Option<f64>| x.unwrap_or(f64::NAN);
        let fitted = self.record.legs.iter().map(|leg| {
            let claimed = number(leg.claimed_order.map(|order| order.value()));
            (leg.kind.name(), claimed, number(leg.measured_order), number(leg.half_width))
        });
        fitted.collect()
    }

    /// The section of the report.
    fn html(&self) -> PyResult<String> {
        excerpt(&self.record, self.theorem.as_ref()).map_err(unexpected)
    }

    fn __str__(&self) -> String {
        table(std::slice::from_ref(&self.record), self.seconds)
    }
}

/// The command's table of these outcomes.
#[pyfunction]
pub(crate) fn table_of(outcomes: Vec<PyRef<'_, Outcome>>) -> String {
    let records: Vec<Record> = outcomes.iter().map(|outcome| outcome.record.clone()).collect();
    let seconds = outcomes.iter().map(|outcome| outcome.seconds).fold(0.0, f64::max);
    table(&records, seconds)
}

fn table(records: &[Record], seconds: f64) -> String {
    let seed = records.first().map_or(1, |record| record.seed);
    verdict_table(records, seed, seconds, false, None)
}
