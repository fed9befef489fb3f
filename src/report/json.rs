//! Records as JSON, written and read: a contract for programs.
//!
//! An array with one object per theorem and loss, keys in the order of the structs in
//! [`record`](super::record).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::record::{ProofRecord, Record, SCHEMA};
use crate::series::Proof;

/// Why a file of results cannot be read.
#[derive(Debug, thiserror::Error)]
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
        "'{path}' has schema {found} in object {object}; this program reads schema {SCHEMA}: check again"
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

/// The records as a JSON array, one object a line.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn json(records: &[Record]) -> serde_json::Result<String> {
    lines(records.iter())
}

/// The proofs as a JSON array, one object a line.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn proofs_json(proofs: &[(String, Proof)]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Named<'a> {
        theorem: &'a str,
        proof: ProofRecord,
    }
    lines(proofs.iter().map(|(theorem, proof)| Named { theorem, proof: ProofRecord::of(proof) }))
}

fn lines<T: Serialize>(rows: impl Iterator<Item = T>) -> serde_json::Result<String> {
    let rows: serde_json::Result<Vec<String>> =
        rows.map(|row| serde_json::to_string(&row)).collect();
    Ok(match rows?.as_slice() {
        [] => "[]\n".to_owned(),
        rows => format!("[\n{}\n]\n", rows.join(",\n")),
    })
}

/// Reads what [`json`] wrote.
///
/// # Errors
/// [`ResultsError`], with the place where the file is not what it should be.
pub fn read_results(path: &Path) -> Result<Vec<Record>, ResultsError> {
    let shown = || path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ResultsError::Unreadable { path: shown(), reason: error.to_string() })?;
    let wrong = |error: serde_json::Error| ResultsError::NotResults {
        path: shown(),
        reason: error.to_string(),
    };
    // The version first: under another one every other key may differ.
    #[derive(Deserialize)]
    struct Versioned {
        schema: serde_json::Value,
    }
    let versions: Vec<Versioned> = serde_json::from_str(&text).map_err(wrong)?;
    if versions.is_empty() {
        return Err(ResultsError::Empty { path: shown() });
    }
    let other = versions.iter().position(|row| row.schema != SCHEMA);
    if let Some(at) = other {
        let found = versions[at].schema.to_string();
        return Err(ResultsError::Schema { path: shown(), found, object: at + 1 });
    }
    let records: Vec<Record> = serde_json::from_str(&text).map_err(wrong)?;
    for (at, record) in records.iter().enumerate() {
        let name = |record: &Record| (record.theorem.clone(), record.loss.clone());
        let again = records[..at].iter().any(|other| name(other) == name(record));
        let fault = record.fault().or(again.then(|| "it was there before".to_owned()));
        if let Some(fault) = fault {
            let Record { theorem, loss, .. } = record;
            let reason = format!("object {}, {theorem} on {loss}: {fault}", at + 1);
            return Err(ResultsError::NotResults { path: shown(), reason });
        }
    }
    Ok(records)
}
