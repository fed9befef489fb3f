//! The audit as a table.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::table::RULE;
use crate::theorem::Audit;

/// Mishaps that are shown one by one.
const SHOWN: usize = 20;

/// How often each verdict was reached, theorem by theorem, and what is needed to repeat what went
/// wrong or stayed open.
pub fn audit_table(audit: &Audit, seed: u64, seconds: f64) -> String {
    let mut table = Table::new();
    let _ = table
        .load_style(presets::NOTHING.header_separator(RULE))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "theorem",
            "stated",
            "refuted",
            "partial",
            "open",
            "sabotaged",
            "confirmed",
            "open",
            "mistakes",
            "confirmed",
        ]);
    let mut total = [0; 9];
    for row in &audit.rows {
        let (stated, sabotaged, outside) = (row.stated, row.sabotaged, row.outside);
        let counts = [
            stated.sum(),
            stated.refuted,
            stated.partial,
            stated.inconclusive,
            sabotaged.sum(),
            sabotaged.confirmed + sabotaged.partial,
            sabotaged.inconclusive,
            outside.sum(),
            outside.confirmed + outside.partial,
        ];
        total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        let cells = counts.iter().map(ToString::to_string);
        let _ = table.add_row(std::iter::once(row.theorem.clone()).chain(cells));
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let _ = column.set_padding((0, 2));
        if at > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String =
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    if !audit.mishaps.is_empty() {
        text.push('\n');
    }
    for mishap in audit.mishaps.iter().take(SHOWN) {
        let sabotage = match (&mishap.sabotage, &mishap.mistake) {
            (Some(sabotage), _) => format!(" --sabotage \"{sabotage}\""),
            (None, Some(mistake)) => format!(", {mistake},"),
            (None, None) => String::new(),
        };
        text.push_str(&format!(
            "check {} --loss {}@{} --seed {}{sabotage} is {}: {}\n",
            mishap.theorem,
            mishap.loss,
            mishap.seed,
            mishap.seed,
            mishap.verdict.name(),
            mishap.reason.as_deref().unwrap_or("every leg holds")
        ));
    }
    if audit.mishaps.len() > SHOWN {
        text.push_str(&format!("… and {} more\n", audit.mishaps.len() - SHOWN));
    }
    let [stated, refuted, partial, open, sabotaged, confirmed, missed, mistakes, believed] = total;
    let partial = if partial == 0 { String::new() } else { format!("{partial} partial, ") };
    text.push_str(&format!(
        "\n{refuted} of {stated} claims as stated refuted, {partial}{open} open; {confirmed} of \
         {sabotaged} sabotaged twins confirmed, {missed} open; {believed} of {mistakes} mistakes of \
         outside authors confirmed · seed {seed} · {seconds:.1} s\n"
    ));
    text
}
