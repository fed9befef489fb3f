//! Reports: what a check, an audit or a trace found, as a table or a page for reading, and as
//! text for programs.

mod audit;
mod coefficient_plot;
mod demo;
mod derivation;
mod derived_field;
mod drawing;
mod json;
mod number;
mod order_plot;
mod output;
mod page;
mod record;
mod results_csv;
mod sparkline;
mod table;
mod trace_csv;

pub use audit::audit_table;
pub use coefficient_plot::coefficient_plots;
pub use demo::{DEMO_SCHEMA, demo_csv, demo_json, demo_table};
pub use derivation::{
    Derivation, derivation_json, derivation_latex, derivation_table, proofs_table,
};
pub use derived_field::derived_fields_markdown;
pub use drawing::{DrawingError, dark_style, panels, svg};
pub use json::{ResultsError, json, proofs_json, read_results};
pub use number::{small_with_bar, with_bar};
pub use order_plot::order_plots;
pub use output::{OutputError, OutputFile};
pub use page::{Exhibits, demo_page, page};
pub use record::{
    CoefficientRecord, ControlRecord, FailureRecord, LegRecord, Order, ProofRecord, Record,
    RemainderRecord, RungRecord, SCHEMA,
};
pub use results_csv::results_csv;
pub use table::{tally_line, verdict_table};
pub use trace_csv::trace_csv;
