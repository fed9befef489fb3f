//! The audit as a table.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::table::{RULE, wrapped};
use crate::theorem::{Audit, AuditRow, Mishap};

/// Mishaps that are shown one by one.
const SHOWN: usize = 20;

/// How often each verdict was reached, theorem by theorem, and what is needed to repeat what went
/// wrong or stayed open.
///
/// On a terminal of fewer than the `width` columns that the table takes, every theorem stands below the other.
pub fn audit_table(audit: &Audit, seed: u64, seconds: f64, width: Option<u16>) -> String {
    let width = width.map(usize::from);
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
        let counts = counts(row);
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
    if let Some(width) = width.filter(|w| text.lines().any(|line| line.chars().count() > *w)) {
        text = audit.rows.iter().map(|row| stacked(row, width)).collect();
    }
    // Outside a terminal a line is for a program or an editor to break.
    let broken = |line: String| match width {
        Some(width) => wrapped("", &line, width, "  "),
        None => line + "\n",
    };
    if !audit.mishaps.is_empty() {
        text.push('\n');
    }
    for mishap in audit.mishaps.iter().take(SHOWN) {
        text.push_str(&broken(mishap_line(mishap)));
    }
    if audit.mishaps.len() > SHOWN {
        text.push_str(&format!("… and {} more\n", audit.mishaps.len() - SHOWN));
    }
    let [stated, refuted, partial, open, sabotaged, confirmed, missed, mistakes, believed] = total;
    let partial = if partial == 0 { String::new() } else { format!("{partial} partial, ") };
    text.push('\n');
    text.push_str(&broken(format!(
        "{refuted} of {stated} claims as stated refuted, {partial}{open} open; {confirmed} of \
         {sabotaged} sabotaged twins confirmed, {missed} open; {believed} of {mistakes} mistakes of \
         outside authors confirmed · seed {seed} · {seconds:.1} s"
    )));
    text
}

/// How to repeat what went wrong or stayed open, and what was found.
pub fn mishap_line(mishap: &Mishap) -> String {
    let sabotage = match (&mishap.sabotage, &mishap.mistake) {
        (Some(sabotage), _) => format!(" --sabotage \"{sabotage}\""),
        (None, Some(mistake)) => format!(", {mistake},"),
        (None, None) => String::new(),
    };
    format!(
        "check {} --loss {}@{} --seed {}{sabotage} is {}: {}",
        mishap.theorem,
        mishap.loss,
        mishap.seed,
        mishap.seed,
        mishap.verdict.name(),
        mishap.reason.as_deref().unwrap_or("every leg holds")
    )
}

/// What the table has in its columns.
fn counts(row: &AuditRow) -> [usize; 9] {
    let AuditRow { stated, sabotaged, outside, .. } = row;
    [
        stated.sum(),
        stated.refuted,
        stated.partial,
        stated.inconclusive,
        sabotaged.sum(),
        sabotaged.confirmed + sabotaged.partial,
        sabotaged.inconclusive,
        outside.sum(),
        outside.confirmed + outside.partial,
    ]
}

/// One theorem as lines of at most `width` columns.
fn stacked(row: &AuditRow, width: usize) -> String {
    let [stated, refuted, partial, open, sabotaged, confirmed, missed, mistakes, believed] =
        counts(row);
    let lines = [
        format!("{stated} as stated: {refuted} refuted, {partial} partial, {open} open"),
        format!("{sabotaged} sabotaged: {confirmed} confirmed, {missed} open"),
        format!("{mistakes} mistakes: {believed} confirmed"),
    ];
    let below = lines.map(|line| wrapped("  ", &line, width, "    ")).concat();
    format!("{}\n{below}", row.theorem)
}

#[cfg(test)]
mod tests {
    use super::audit_table;
    use crate::theorem::{Audit, AuditRow, Mishap, Tally, Verdict};

    #[test]
    fn on_a_narrow_terminal_theorems_stand_below_each_other_and_no_word_is_broken() {
        let tally = |confirmed, refuted| Tally { confirmed, refuted, partial: 0, inconclusive: 7 };
        let theorem = "implicit-gradient-regularization".to_owned();
        let row = AuditRow {
            theorem: theorem.clone(),
            stated: tally(123_456, 3),
            sabotaged: tally(1, 98_765),
            outside: tally(2, 54_321),
        };
        let mishap = Mishap {
            theorem,
            loss: "quadratic".to_owned(),
            seed: 1_234_567,
            sabotage: Some("omit gradient penalty".to_owned()),
            mistake: None,
            verdict: Verdict::Inconclusive,
            reason: Some("step: the order is 1.99999 ± 1e-5, not 3".to_owned()),
        };
        let audit = Audit { rows: vec![row], mishaps: vec![mishap] };
        let table = |width| audit_table(&audit, 1, 0.5, width);
        assert_eq!(table(None), audit_table(&audit, 1, 0.5, None));
        assert!(table(None).starts_with("theorem "), "{}", table(None));
        assert!(table(Some(400)).starts_with("theorem "), "{}", table(Some(400)));
        let words = |text: &str| -> Vec<String> {
            let trimmed = |word: &str| word.trim_end_matches([',', ':']).to_owned();
            text.split_whitespace().map(trimmed).collect()
        };
        let known = words(&table(None));
        for width in [80, 60, 40] {
            let narrow = table(Some(width));
            assert!(narrow.starts_with("implicit-gradient-regularization\n"), "{narrow}");
            for line in narrow.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
            for word in words(&narrow).iter().filter(|word| word.contains(char::is_numeric)) {
                assert!(known.contains(word), "'{word}' is broken: {narrow}");
            }
        }
    }
}
