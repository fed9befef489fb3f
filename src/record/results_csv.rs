//! Results as one table of numbers, for plotting and for statistics elsewhere.

use serde::Serialize;

use super::{CoefficientRecord, LegRecord, Record, RungRecord};
use crate::theorem::Verdict;

/// One measured point of a ladder, or one recovered coefficient.
#[derive(Serialize)]
struct Row<'a> {
    theorem: &'a str,
    loss: &'a str,
    verdict: Verdict,
    seed: u64,
    /// "claim", "gradient flow" or the name of a sabotaged twin.
    against: &'a str,
    /// The kind of a leg, or "coefficient".
    kind: &'a str,
    /// Which leg of that side, counted from 1.
    leg: Option<usize>,
    term: Option<&'a str>,
    claimed: Option<f64>,
    measured: Option<f64>,
    half_width: Option<f64>,
    step_size: Option<f64>,
    error: Option<f64>,
    used: Option<bool>,
}

/// The records as CSV: a header line, then one line for every point of every ladder, those of the
/// claim first, and one for every recovered coefficient.
///
/// The columns are those of `docs/output.md`; what does not apply, or is not finite, is empty.
/// Numbers have as many digits as read back to the same `f64`.
///
/// # Errors
/// None that these types can cause: the result is that of the writer.
pub fn results_csv(records: &[Record]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        for (at, leg) in record.legs.iter().enumerate() {
            ladder(&mut writer, record, "claim", at, leg)?;
        }
        for (at, leg) in record.legs.iter().enumerate() {
            if let Some(plain) = &leg.plain {
                ladder(&mut writer, record, "gradient flow", at, plain)?;
            }
        }
        for control in &record.controls {
            for (at, leg) in control.legs.iter().enumerate() {
                ladder(&mut writer, record, &control.name, at, leg)?;
            }
        }
        for term in &record.coefficients {
            writer.serialize(coefficient(record, term))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes).map_err(std::io::Error::other)?)
}

fn ladder(
    writer: &mut csv::Writer<Vec<u8>>,
    record: &Record,
    against: &str,
    at: usize,
    leg: &LegRecord,
) -> Result<(), csv::Error> {
    (leg.ladder.iter()).try_for_each(|rung| writer.serialize(point(record, against, at, leg, rung)))
}

fn point<'a>(
    record: &'a Record,
    against: &'a str,
    at: usize,
    leg: &'a LegRecord,
    rung: &RungRecord,
) -> Row<'a> {
    Row {
        against,
        kind: leg.kind.name(),
        leg: Some(at + 1),
        claimed: leg.claimed_order.map(|order| order.value()),
        measured: leg.measured_order,
        half_width: leg.half_width,
        step_size: Some(rung.step_size),
        error: rung.error,
        used: Some(rung.used),
        ..empty(record)
    }
}

fn coefficient<'a>(record: &'a Record, term: &'a CoefficientRecord) -> Row<'a> {
    Row {
        kind: "coefficient",
        term: Some(&term.term),
        claimed: term.claimed_value(),
        measured: term.recovered,
        half_width: term.half_width,
        ..empty(record)
    }
}

fn empty(record: &Record) -> Row<'_> {
    Row {
        theorem: &record.theorem,
        loss: &record.loss,
        verdict: record.verdict,
        seed: record.seed,
        against: "claim",
        kind: "",
        leg: None,
        term: None,
        claimed: None,
        measured: None,
        half_width: None,
        step_size: None,
        error: None,
        used: None,
    }
}
