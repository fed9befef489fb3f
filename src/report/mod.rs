//! Reports: what a check or a trace found, as a table for reading and as text for programs.

mod csv;
mod json;
mod number;
mod output;
mod table;

pub use csv::trace_csv;
pub use json::{SCHEMA, json};
pub use number::with_bar;
pub use output::{OutputError, OutputFile};
pub use table::{Tally, verdict_table};
