//! A trace as CSV, for plotting.

use crate::theorem::Trace;

/// The trace as CSV text: a header line, then one line a row.
///
/// The columns are `time`, `step`, then `iterate_0` … `iterate_{d−1}`, `gradient_flow_0` … and
/// `modified_flow_0` …, one a parameter. Numbers are written with as many digits as read back to the
/// same `f64`.
pub fn trace_csv(trace: &Trace) -> String {
    let dim = trace.rows.first().map_or(0, |row| row.iterate.len());
    let mut text = String::from("time,step");
    for curve in ["iterate", "gradient_flow", "modified_flow"] {
        for i in 0..dim {
            text.push_str(&format!(",{curve}_{i}"));
        }
    }
    text.push('\n');
    for row in &trace.rows {
        text.push_str(&format!("{:?},{}", row.time, row.step));
        for x in row.iterate.iter().chain(&row.gradient_flow).chain(&row.modified_flow) {
            text.push_str(&format!(",{x:?}"));
        }
        text.push('\n');
    }
    text
}
