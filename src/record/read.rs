//! Records read back from JSON, and what can be wrong with a file that should hold them.

use std::fs::File;
use std::io::{Error, stdin};
use std::path::Path;

use serde::Deserialize;

use super::{ControlRecord, LegRecord, Record, RungRecord, SCHEMA};
use crate::loss::{MOST_BYTES, read_text};
use crate::theorem::Verdict;

/// Why a file of results cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// There is no such file, or it is not text.
    #[error("cannot read '{path}': {reason}; name a file that check --format json wrote")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// It is no JSON, or not that of a check.
    #[error("'{path}' is not a result of check --format json: {reason}")]
    NotResults {
        /// The file.
        path: String,
        /// What is wrong where.
        reason: String,
    },
    /// It was written under another contract.
    #[error(
        "'{path}' has schema {found} in object {object}; this program reads schema {SCHEMA}; \
         run check --format json again"
    )]
    Schema {
        /// The file.
        path: String,
        /// The version found.
        found: String,
        /// Which object of the array, counted from 1.
        object: usize,
    },
    /// It holds no result at all.
    #[error("'{path}' holds no result: the array is empty")]
    Empty {
        /// The file.
        path: String,
    },
}

/// Reads what [`json`](super::json()) wrote to the file `path`, or what comes from standard input where that
/// is `-`.
///
/// # Errors
/// [`ResultsError`], with the place where the file is not what it should be.
pub fn read_results(path: &Path) -> Result<Vec<Record>, ResultsError> {
    let shown = || path.display().to_string();
    let read = if path == Path::new("-") {
        read_text(stdin(), MOST_BYTES)
    } else {
        File::open(path).and_then(|file| read_text(file, MOST_BYTES))
    };
    let text = read
        .and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| Error::other("it is not text in UTF-8"))
        })
        .map_err(|error| ResultsError::Unreadable { path: shown(), reason: error.to_string() })?;
    parse_results(&text, &shown())
}

/// The records that are written in `text`; `name` stands for the file in errors.
///
/// # Errors
/// [`ResultsError`], with the place where the text is not what it should be.
pub fn parse_results(text: &str, name: &str) -> Result<Vec<Record>, ResultsError> {
    let shown = || name.to_owned();
    let wrong = |error: serde_json::Error| ResultsError::NotResults {
        path: shown(),
        reason: error.to_string(),
    };
    // The version first: under another one every other key may differ.
    #[derive(Deserialize)]
    struct Versioned {
        schema: serde_json::Value,
    }
    let versions: Vec<Versioned> = serde_json::from_str(text).map_err(wrong)?;
    if versions.is_empty() {
        return Err(ResultsError::Empty { path: shown() });
    }
    let other = versions.iter().position(|row| row.schema != SCHEMA);
    if let Some(at) = other {
        let found = versions[at].schema.to_string();
        return Err(ResultsError::Schema { path: shown(), found, object: at + 1 });
    }
    let records: Vec<Record> = serde_json::from_str(text).map_err(wrong)?;
    for (at, record) in records.iter().enumerate() {
        let name = |record: &Record| (record.theorem.clone(), record.loss.clone());
        let again = records[..at].iter().any(|other| name(other) == name(record));
        let fault = fault(record).or(again.then(|| "it was there before".to_owned()));
        if let Some(fault) = fault {
            let Record { theorem, loss, .. } = record;
            let reason = format!("object {}, {theorem} on {loss}: {fault}", at + 1);
            return Err(ResultsError::NotResults { path: shown(), reason });
        }
    }
    Ok(records)
}

/// The first number or list that no check writes, and what is wrong with it.
fn fault(record: &Record) -> Option<String> {
    if record.legs.is_empty() && record.verdict != Verdict::Inconclusive {
        return Some("legs is empty, yet a verdict was reached".to_owned());
    }
    let leg =
        |(at, leg): (usize, &LegRecord)| leg_fault(leg).map(|why| format!("legs[{at}].{why}"));
    let twin = |(at, twin): (usize, &ControlRecord)| {
        let why = twin.legs.iter().enumerate().find_map(leg)?;
        Some(format!("controls[{at}].{why}"))
    };
    (record.legs.iter().enumerate().find_map(leg))
        .or_else(|| record.controls.iter().enumerate().find_map(twin))
}

fn leg_fault(leg: &LegRecord) -> Option<String> {
    if leg.ladder.is_empty() && leg.measured_order.is_some() {
        return Some("ladder is empty, yet an order was measured".to_owned());
    }
    for (at, rung) in leg.ladder.iter().enumerate() {
        let RungRecord { step_size, error, .. } = rung;
        if !(step_size.is_finite() && *step_size > 0.0) {
            return Some(format!("ladder[{at}].step_size is {step_size:?}, not above 0"));
        }
        if let Some(error) = error.filter(|error| *error < 0.0) {
            return Some(format!("ladder[{at}].error is {error:?}, not a norm"));
        }
    }
    let used = leg.ladder.iter().filter(|rung| rung.used).count();
    if !leg.band.is_empty() && leg.band.len() != used {
        return Some(format!("band has {} entries for {used} used points", leg.band.len()));
    }
    leg_fault(leg.plain.as_ref()?).map(|why| format!("plain.{why}"))
}
