//! The verdict table.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};

use super::sparkline::sparklines;
use super::{small_with_bar, with_bar};
use crate::leg::{LegEvidence, Recovered};
use crate::measure::{Estimate, largest};
use crate::series::{Proof, ProofStatus};
use crate::theorem::{LeftOut, Outcome, Tally, Verdict};

/// The table fits a terminal of this many columns.
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

/// The outcomes as a table, the ladders if there is but one outcome, a line for every reason, and
/// the tally; verdicts in colour if `colour`.
pub fn verdict_table(outcomes: &[Outcome], seed: u64, seconds: f64, colour: bool) -> String {
    let mut text = String::new();
    let mut in_header = true;
    for line in table(outcomes).lines().map(str::trim_end) {
        text.push_str(&if colour && !in_header { coloured(line) } else { line.to_owned() });
        text.push('\n');
        in_header &= !line.starts_with('─');
    }
    // Of many outcomes the table is enough; one is looked at more closely.
    if let [outcome] = outcomes {
        let ladders = sparklines(&outcome.legs);
        if !ladders.is_empty() {
            text.push_str(&format!("\nladders  {ladders}\n"));
        }
    }
    let mut reasons = String::new();
    for outcome in outcomes {
        if let Some(reason) = &outcome.reason {
            let said = outcome.verdict.name();
            reasons += &format!("{} on {} is {said}: {reason}\n", outcome.theorem, outcome.loss);
        }
        for LeftOut { name, reason } in &outcome.left_out {
            let (theorem, loss) = (&outcome.theorem, &outcome.loss);
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
        Tally::of(outcomes.iter().map(|outcome| outcome.verdict)),
        seed,
        seconds,
    ));
    text.push('\n');
    text
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    let _ = table
        .load_style(presets::NOTHING.header_separator(RULE))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header([
            "theorem",
            "loss",
            "verdict",
            "proved",
            "orders",
            "coefficients",
            "controls\nrefuted",
            "s",
        ]);
    for outcome in outcomes {
        let refuted = outcome.controls.iter().filter(|c| c.verdict == Verdict::Refuted).count();
        let controls = match outcome.controls.len() {
            0 => "–".to_owned(),
            all => format!("{refuted}/{all}"),
        };
        let _ = table.add_row([
            broken(&outcome.theorem, 18),
            broken(&outcome.loss, 14),
            outcome.verdict.name().to_owned(),
            proved(&outcome.proof).to_owned(),
            listed(outcome.legs.iter().map(order), " "),
            listed(outcome.coefficients.iter().map(coefficient).chain(remainder(outcome)), "\n"),
            controls,
            format!("{:.2}", outcome.seconds),
        ]);
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

fn proved(proof: &Proof) -> &'static str {
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

/// The measured order of a leg; an identity shows its largest error instead.
fn order(leg: &LegEvidence) -> String {
    match (&leg.fit, leg.kind) {
        (Some(fit), _) => {
            let found = with_bar(fit.order, fit.half_width, 3);
            if leg.sharper.is_some() { format!("{found} sharper") } else { found }
        }
        (None, kind) if kind.is_equality() => {
            let worst = largest(leg.ladder.iter().map(|point| point.error));
            if worst.is_finite() { format!("±{worst:.0e}") } else { "–".to_owned() }
        }
        (None, _) => "–".to_owned(),
    }
}

fn coefficient(recovered: &Recovered) -> String {
    recovered.estimate.map_or_else(|| "–".to_owned(), |e| with_bar(e.value, e.half_width, 6))
}

/// What the claim leaves of the error, if that was measured.
fn remainder(outcome: &Outcome) -> Option<String> {
    let Estimate { value, half_width } = outcome.remainder()?.estimate;
    Some(format!("rest {}", small_with_bar(value, half_width)))
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
    use super::tally_line;
    use crate::theorem::Tally;

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
