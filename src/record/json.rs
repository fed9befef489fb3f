//! Records as JSON: a contract for programs.
//!
//! An array with one object per theorem and loss, keys in the order of the structs in
//! [`record`](super).

use serde::Serialize;

use super::{Record, TheoremProof};

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
pub fn proofs_json(proofs: &[TheoremProof]) -> serde_json::Result<String> {
    lines(proofs.iter())
}

fn lines<T: Serialize>(rows: impl Iterator<Item = T>) -> serde_json::Result<String> {
    let rows: serde_json::Result<Vec<String>> =
        rows.map(|row| serde_json::to_string(&row)).collect();
    Ok(match rows?.as_slice() {
        [] => "[]\n".to_owned(),
        rows => format!("[\n{}\n]\n", rows.join(",\n")),
    })
}
