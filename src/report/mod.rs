//! Reports: what a check, an audit or a trace found, as a table for reading and as text for programs.

mod audit;
mod certificate;
mod csv;
mod demo;
mod derivation;
mod drawing;
mod json;
mod number;
mod output;
mod table;

pub use audit::audit_table;
pub use certificate::certificate_markdown;
pub use csv::trace_csv;
pub use demo::{DEMO_SCHEMA, demo_csv, demo_json, demo_table};
pub use derivation::{
    Derivation, derivation_json, derivation_latex, derivation_table, proofs_table,
};
pub use drawing::{DrawingError, dark_style, panels, svg};
pub use json::{SCHEMA, json, proofs_json};
pub use number::with_bar;
pub use output::{OutputError, OutputFile};
pub use table::{tally_line, verdict_table};
