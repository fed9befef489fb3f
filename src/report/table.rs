//! The verdict table.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};

use super::sparkline::sparklines;
use crate::record::{CoefficientRecord, LegRecord, Record};
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
/// On a terminal of fewer than the `width` columns that the table takes, every record stands below the other, in lines
/// that are broken at blanks; without a width, as in a pipe, nothing is broken.
pub fn verdict_table(
    records: &[Record],
    seed: u64,
    seconds: f64,
    colour: bool,
    width: Option<u16>,
) -> String {
    let whole = table(records);
    let width = width.map(usize::from);
    let narrow = width.filter(|w| whole.lines().any(|line| line.chars().count() > *w));
    let mut text = String::new();
    match narrow {
        Some(width) => text.extend(records.iter().map(|record| stacked(record, colour, width))),
        None => {
            let mut in_header = true;
            for line in whole.lines().map(str::trim_end) {
                text += &if colour && !in_header { coloured(line) } else { line.to_owned() };
                text.push('\n');
                in_header &= !line.starts_with('─');
            }
        }
    }
    // Of many outcomes the table is enough; one is looked at more closely.
    if let [record] = records {
        let ladders = sparklines(&record.legs);
        if !ladders.is_empty() {
            text.push_str(&format!("\nladders  {ladders}\n"));
        }
    }
    let broken = |said: String| match width {
        Some(width) => wrapped("", &said, width, "  "),
        None => said + "\n",
    };
    let mut reasons = String::new();
    for record in records {
        let (theorem, loss) = (&record.theorem, &record.loss);
        if let Some(reason) = record.certificate.as_ref().and_then(|found| found.reason.as_ref()) {
            reasons += &broken(format!("{theorem} on {loss} has no certificate: {reason}"));
        }
        if let Some(reason) = &record.reason {
            let said = record.verdict.name();
            reasons +=
                &broken(format!("{} on {} is {said}: {reason}", record.theorem, record.loss));
        }
        for LeftOut { name, reason } in &record.left_out {
            let (theorem, loss) = (&record.theorem, &record.loss);
            let said =
                format!("{theorem} on {loss}: the control \"{name}\" was not tried: {reason}");
            reasons += &broken(said);
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

/// One record as lines of at most `width` columns: what it is about and the verdict, then what was measured.
fn stacked(record: &Record, colour: bool, width: usize) -> String {
    let verdict = record.verdict.name();
    let mut head = format!("{} on {}: {verdict}", record.theorem, record.loss);
    match record.proof.status {
        ProofStatus::Proved => head += ", proved",
        ProofStatus::Refuted => head += ", refuted in series",
        ProofStatus::NotApplicable if record.is_expanded() => head += ", expanded",
        ProofStatus::NotApplicable => {}
    }
    if let Some(controls) = record.refuted_controls() {
        head += &format!(", {controls} controls refuted");
    }
    head += &format!(", {} s", record.run.time(2));
    let orders = listed(record.legs.iter().map(order), ", ");
    let coefficients = record.coefficients.iter().map(coefficient).chain(remainder(record));
    let certified = record.certificate.as_ref().map(|_| certified(record));
    let mut text = wrapped("", &head, width, "  ");
    if let Some((_, code)) = COLOURS.iter().find(|(word, _)| colour && *word == verdict) {
        let bright = format!(": \u{1b}[{code}m{verdict}\u{1b}[0m");
        text = text.replacen(&format!(": {verdict}"), &bright, 1);
    }
    text += &wrapped("  orders        ", &orders, width, "                ");
    text += &wrapped("  coefficients  ", &listed(coefficients, ", "), width, "                ");
    if let Some(certified) = certified {
        text += &wrapped("  certified     ", &certified, width, "                ");
    }
    text
}

/// `text` after `first`, in lines of at most `width` columns that are broken at blanks only, all but the first after
/// `indent`: a longer word stands on a line of its own.
pub(super) fn wrapped(first: &str, text: &str, width: usize, indent: &str) -> String {
    let mut lines = vec![first.to_owned()];
    let mut begun = false;
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if !begun => *line += word,
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                *line += word;
            }
            _ => lines.push(format!("{indent}{word}")),
        }
        begun = true;
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn table(records: &[Record]) -> String {
    let mut table = Table::new();
    let _ = table
        .load_style(presets::NOTHING.header_separator(RULE))
        .set_content_arrangement(ContentArrangement::Disabled);
    // A column only where somebody asked for certificates.
    let asked = records.iter().any(|record| record.certificate.is_some());
    let mut header: Vec<&str> = vec![
        "theorem",
        "loss",
        "verdict",
        "proved",
        "orders",
        "coefficients",
        "controls\nrefuted",
        "s",
    ];
    if asked {
        header.push("certified");
    }
    let _ = table.set_header(header);
    for record in records {
        let mut row = vec![
            record.theorem.clone(),
            record.loss.clone(),
            record.verdict.name().to_owned(),
            proved(record).to_owned(),
            listed(record.legs.iter().map(order), " "),
            listed(record.coefficients.iter().map(coefficient).chain(remainder(record)), "\n"),
            record.refuted_controls().unwrap_or_else(dash),
            record.run.time(2),
        ];
        if asked {
            row.push(certified(record));
        }
        let _ = table.add_row(row);
    }
    for column in table.column_iter_mut() {
        let _ = column.set_padding((0, 1));
    }
    for index in [6, 7] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// What stands behind the claim beside measurements.
fn proved(record: &Record) -> &'static str {
    match record.proof.status {
        ProofStatus::Proved => "yes",
        ProofStatus::Refuted => "refuted",
        ProofStatus::NotApplicable if record.is_expanded() => "expanded",
        ProofStatus::NotApplicable => "–",
    }
}

/// The proved bound of the error, or that there is none.
fn certified(record: &Record) -> String {
    match &record.certificate {
        Some(certificate) => certificate.bound().unwrap_or_else(|| "no".to_owned()),
        None => dash(),
    }
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
    } else if leg.measured_order.is_some() && leg.untested {
        format!("{found} untested")
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

/// The colours of the verdicts: green, red and yellow.
const COLOURS: [(&str, u8); 4] =
    [("confirmed", 32), ("refuted", 31), ("partial", 33), ("inconclusive", 33)];

/// `line` with its verdict in colour: the escape codes come after the layout, which does not know them.
fn coloured(line: &str) -> String {
    for (word, code) in COLOURS {
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

    fn records() -> Vec<Record> {
        let text = include_str!("../../tests/shown/report/result.json");
        let mut records: Vec<Record> = serde_json::from_str(text).unwrap_or_default();
        records[0].theorem = "implicit-gradient-regularization".to_owned();
        records
    }

    #[test]
    fn where_the_table_does_not_fit_records_stand_below_each_other_and_no_word_is_broken() {
        let records = records();
        let table = |width| verdict_table(&records, 1, 0.5, false, width);
        assert!(table(None).contains("\nimplicit-gradient-regularization "), "{}", table(None));
        assert_eq!(table(None).lines().next(), table(Some(300)).lines().next());
        let known: Vec<String> = table(None).split_whitespace().map(str::to_owned).collect();
        for width in [80, 60, 40] {
            let narrow = table(Some(width));
            assert!(narrow.starts_with("implicit-gradient-regularization on"), "{narrow}");
            for line in narrow.lines() {
                let fits = line.chars().count() <= usize::from(width);
                // What is drawn and the tally have no place to break at.
                let whole = line.starts_with("ladders") || line.contains("· seed");
                assert!(fits || whole, "{width}: {line}");
                for word in line.split_whitespace().filter(|word| word.contains('(')) {
                    let bare = word.trim_end_matches(',');
                    assert!(known.iter().any(|k| k == bare), "'{bare}' is broken: {narrow}");
                }
            }
        }
    }

    #[test]
    fn certificates_have_a_column_where_they_were_asked_for() {
        use crate::certify::{Certified, Status};
        let mut all = records();
        let plain = verdict_table(&all, 1, 0.5, false, None);
        assert!(!plain.contains("certified"), "{plain}");
        let certificate = Certified {
            theorem: all[0].theorem.clone(),
            loss: all[0].loss.clone(),
            start: vec![0.5],
            horizon: 1.5,
            up_to: 0.05,
            order: 2,
            leg: "global".to_owned(),
            constant: Some(0.241_63),
            sampled: None,
            ratio: None,
            slices: 64,
            cells: 8,
            status: Status::Certified,
            reason: None,
            bounds: Vec::new(),
        };
        all[1].certificate = Some(Certified {
            constant: None,
            status: Status::Failed,
            reason: Some("the flow could not be enclosed".to_owned()),
            ..certificate.clone()
        });
        all[0].certificate = Some(certificate);
        for width in [None, Some(70)] {
            let text = verdict_table(&all, 1, 0.5, false, width);
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("0.2417 ε² for ε ≤ 0.05, t ≤ 1.5"), "{text}");
            assert!(words.contains("has no certificate: the flow could not be enclosed"), "{text}");
        }
    }

    #[test]
    fn verdicts_have_their_colour_in_a_table_and_below_each_other() {
        for width in [None, Some(80)] {
            let text = verdict_table(&records(), 1, 0.5, true, width);
            for (word, code) in [("confirmed", 32), ("refuted", 31), ("inconclusive", 33)] {
                let bright = format!("\u{1b}[{code}m{word}\u{1b}[0m");
                assert_eq!(text.matches(&bright).count(), 1, "{text}");
            }
            assert_eq!(text.matches("\u{1b}[0m").count(), 3, "{text}");
        }
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
