//! Reports: what a check, an audit or a demonstration found, as a table or a page for reading.
//!
//! Tables, figures and pages of checks are made of [`record`](crate::record)s alone.

mod audit;
mod coefficient_plot;
mod demo;
mod derivation;
mod derived_field;
mod drawing;
mod expansion;
mod order_plot;
mod output;
mod page;
mod proofs;
mod rational;
mod sparkline;
mod table;

pub use audit::{audit_table, mishap_line};
pub use coefficient_plot::coefficient_plots;
pub use demo::{DEMO_SCHEMA, demo_csv, demo_json, demo_table};
pub use derivation::{Derivation, derivation_json, derivation_latex, derivation_table};
pub use derived_field::derived_fields_markdown;
pub use drawing::{DrawingError, dark_style, panels, svg};
pub use expansion::{PointField, expansion_json, expansion_table};
pub use order_plot::order_plots;
pub use output::{OutputError, OutputFile};
pub use page::{Exhibits, demo_page, excerpt, page};
pub use proofs::proofs_table;
pub use table::{tally_line, verdict_table};
