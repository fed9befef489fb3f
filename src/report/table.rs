//! The verdict table.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, presets};

use super::sparkline::sparklines;
use crate::record::{CoefficientRecord, LegRecord, ProofRecord, Record};
use crate::series::ProofStatus;
use crate::theorem::{LeftOut, Tally};

/// Texts and tables of other things than verdicts fit a terminal of this many columns.
pub(super) const WIDTH: u16 = 100;

/// The rule below the header: only a fill, so that columns need no room for lines between them.
pub(super) const RULE: LineStyle =
    LineStyle { left: None, fill: Some('─'), junction: None, right: None };

/// A tally in one line, with the seed and the time all of it took.
pub fn tally_line(tally: Tally, seed: u64, seconds: f64) -> String {
    let Tally { confirmed, refuted, partial, inconclusive } = tally;
    let partial = if partial == 0 { String::new() } else { format!("{partial} partial, ") };
    format!(
        "{confirmed} confirmed, {refuted} refuted, {partial}{inconclusive} inconclusive · seed {seed} · \
         {seconds:.1} s"
    )
}

/// The records as a table, the ladders if there is but one record, a line for every reason, and
/// the tally; verdicts in colour if `colour`.
///
/// On a terminal of `width` columns names are broken at hyphens and cells in lines where they would not fit
/// otherwise; without a width, as in a pipe, nothing is.
pub fn verdict_table(
    records: &[Record],
    seed: u64,
    seconds: f64,
    colour: bool,
    width: Option<u16>,
) -> String {
    let mut text = String::new();
    let mut in_header = true;
    for line in fitted(records, width).lines().map(str::trim_end) {
        text.push_str(&if colour && !in_header { coloured(line) } else { line.to_owned() });
        text.push('\n');
        in_header &= !line.starts_with('─');
    }
    // Of many outcomes the table is enough; one is looked at more closely.
    if let [record] = records {
        let ladders = sparklines(&record.legs);
        if !ladders.is_empty() {
            text.push_str(&format!("\nladders  {ladders}\n"));
        }
    }
    let mut reasons = String::new();
    for record in records {
        if let Some(reason) = &record.reason {
            let said = record.verdict.name();
            reasons += &format!("{} on {} is {said}: {reason}\n", record.theorem, record.loss);
        }
        for LeftOut { name, reason } in &record.left_out {
            let (theorem, loss) = (&record.theorem, &record.loss);
            reasons +=
                &format!("{theorem} on {loss}: the control \"{name}\" was not tried: {reason}\n");
        }
    }
    if !reasons.is_empty() {
        text.push('\n');
        text.push_str(&reasons);
    }
    text.push('\n');
    text.push_str(&tally_line(
        Tally::of(records.iter().map(|record| record.verdict)),
        seed,
        seconds,
    ));
    text.push('\n');
    text
}

/// The table as it is, if it fits, else made to fit.
fn fitted(records: &[Record], width: Option<u16>) -> String {
    let whole = table(records, None);
    match width {
        Some(width) if whole.lines().any(|line| line.chars().count() > usize::from(width)) => {
            table(records, Some(width))
        }
        _ => whole,
    }
}

fn table(records: &[Record], width: Option<u16>) -> String {
    let mut table = Table::new();
    let _ = table.load_style(presets::NOTHING.header_separator(RULE));
    let _ = match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    let name = |name: &str, most: usize| match width {
        Some(_) => broken(name, most),
        None => name.to_owned(),
    };
    let _ = table.set_header([
        "theorem",
        "loss",
        "verdict",
        "proved",
        "orders",
        "coefficients",
        "controls\nrefuted",
        "s",
    ]);
    for record in records {
        let _ = table.add_row([
            name(&record.theorem, 18),
            name(&record.loss, 14),
            record.verdict.name().to_owned(),
            proved(&record.proof).to_owned(),
            listed(record.legs.iter().map(order), " "),
            listed(record.coefficients.iter().map(coefficient).chain(remainder(record)), "\n"),
            record.refuted_controls().unwrap_or_else(dash),
            record.run.time(2),
        ]);
    }
    for column in table.column_iter_mut() {
        let _ = column.set_padding((0, 1));
    }
    // Of what does not fit, orders and coefficients give way: names and numbers are not broken within.
    for index in [0, 1, 2, 3, 6, 7].into_iter().filter(|_| width.is_some()) {
        if let Some(column) = table.column_mut(index) {
            let _ = column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for index in [6, 7] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn proved(proof: &ProofRecord) -> &'static str {
    match proof.status {
        ProofStatus::Proved => "yes",
        ProofStatus::Refuted => "refuted",
        ProofStatus::NotApplicable => "–",
    }
}

/// `name` on lines of at most `width` where its hyphens allow.
fn broken(name: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive('-') {
        match lines.last_mut() {
            Some(line) if line.len() + part.len() <= width || line.is_empty() => *line += part,
            _ => lines.push(part.to_owned()),
        }
    }
    lines.join("\n")
}

fn listed(parts: impl Iterator<Item = String>, separator: &str) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "–".to_owned() } else { parts.join(separator) }
}

fn dash() -> String {
    "–".to_owned()
}

/// The measured order of a leg; an identity shows its largest error instead.
fn order(leg: &LegRecord) -> String {
    let found = leg.found().unwrap_or_else(dash);
    if leg.measured_order.is_some() && leg.sharper.is_some() {
        format!("{found} sharper")
    } else {
        found
    }
}

fn coefficient(term: &CoefficientRecord) -> String {
    format!("{} {}", term.term, term.found(6).unwrap_or_else(dash))
}

/// What the claim leaves of the error, if that was measured.
fn remainder(record: &Record) -> Option<String> {
    record.remainder().map(|left| format!("rest {}", left.found()))
}

/// `line` with its verdict in green, red or yellow: the escape codes come after the layout, which
/// does not know them.
fn coloured(line: &str) -> String {
    for (word, code) in [("confirmed", 32), ("refuted", 31), ("partial", 33), ("inconclusive", 33)]
    {
        if let Some((before, after)) = line.split_once(&format!(" {word} ")) {
            return format!("{before} \u{1b}[{code}m{word}\u{1b}[0m {after}");
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{tally_line, verdict_table};
    use crate::record::Record;
    use crate::theorem::Tally;

    #[test]
    fn a_name_is_broken_only_where_the_table_does_not_fit() {
        let text = include_str!("../../tests/shown/report/result.json");
        let mut records: Vec<Record> = serde_json::from_str(text).unwrap_or_default();
        records[0].theorem = "implicit-gradient-regularization".to_owned();
        let table = |width| verdict_table(&records, 1, 0.5, false, width);
        let has_line =
            |table: &str| table.lines().any(|line| line.starts_with("implicit-gradient-regu"));
        assert!(has_line(&table(None)) && table(None) == table(Some(300)));
        let narrow = table(Some(80));
        assert!(!has_line(&narrow) && narrow.contains("\nimplicit-gradient-"), "{narrow}");
        let (rows, _) = narrow.split_once("\n\n").unwrap_or_default();
        assert!(rows.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    }

    #[test]
    fn a_tally_names_partial_verdicts_where_there_are_any() {
        let whole = Tally { confirmed: 3, ..Tally::default() };
        assert_eq!(
            tally_line(whole, 7, 0.25),
            "3 confirmed, 0 refuted, 0 inconclusive · seed 7 · 0.2 s"
        );
        let partial = Tally { partial: 2, inconclusive: 1, ..whole };
        assert_eq!(
            tally_line(partial, 7, 1.0),
            "3 confirmed, 0 refuted, 2 partial, 1 inconclusive · seed 7 · 1.0 s"
        );
    }
}
