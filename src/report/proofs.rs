//! What exact series say of theorems, as a table.

use comfy_table::{CellAlignment, ContentArrangement};

use super::derivation::{lines, plain_table};
use super::rational::shortened;
use super::table::wrapped;
use crate::record::TheoremProof;
use crate::series::ProofStatus;
use crate::theorem::Expanded;

/// The proofs as a table.
///
/// Why there is no proof of a theorem stands below the table. On a terminal of fewer than the `width` columns that the
/// table takes, every theorem stands below the other; without a width, as in a pipe, nothing is broken.
pub fn proofs_table(proofs: &[TheoremProof], width: Option<u16>) -> String {
    let mut stacked = Vec::new();
    let mut table = plain_table(&[
        "theorem",
        "status",
        "local order",
        "trees",
        "minibatches",
        "first tree that fails",
    ]);
    let _ = table.set_content_arrangement(ContentArrangement::Disabled);
    let mut reasons = String::new();
    for TheoremProof { theorem, proof, expanded } in proofs {
        let status = match proof.status {
            ProofStatus::Proved => "proved",
            ProofStatus::Refuted => "refuted",
            ProofStatus::NotApplicable if expanded.as_ref().is_some_and(Expanded::holds) => {
                "expanded"
            }
            ProofStatus::NotApplicable => "not applicable",
        };
        let failure = proof.first_failure.as_ref().map(ToString::to_string);
        let failure = failure.map(|failure| shortened(&failure).into_owned());
        let why = proof.unprovable.as_ref().map(|why| shortened(why).into_owned());
        if let (None, Some(why)) = (&failure, &why) {
            let word = if status == "not applicable" { "not proved" } else { status };
            reasons += &format!("{theorem} is {word}: {why}\n");
        }
        let order = proof.order.map_or_else(|| "–".to_owned(), |order| order.to_string());
        let trees = match proof.trees {
            1 => "1 tree".to_owned(),
            n => format!("{n} trees"),
        };
        let below = match proof.status {
            ProofStatus::NotApplicable => String::new(),
            _ => format!("local order {order}, {trees}, minibatches {}", proof.batches),
        };
        stacked.push((
            format!("{theorem}: {status}"),
            [below, failure.clone().or(why).unwrap_or_default()],
        ));
        let _ = table.add_row([
            theorem.clone(),
            status.to_owned(),
            order,
            proof.trees.to_string(),
            proof.batches.to_string(),
            failure.unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        let _ = column.set_padding((0, 2));
        if at == 2 || at == 3 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let whole = lines(&table);
    let narrow = width.map(usize::from);
    let narrow = narrow.filter(|w| whole.lines().any(|line| line.chars().count() > *w));
    let Some(terminal) = width.map(usize::from) else { return below(whole, &reasons) };
    let Some(width) = narrow else {
        let broken =
            reasons.lines().map(|line| wrapped("", line, terminal, "  ")).collect::<String>();
        return below(whole, &broken);
    };
    let said = |(head, below): &(String, [String; 2])| {
        let below = below.iter().filter(|text| !text.is_empty());
        let below: String = below.map(|text| wrapped("  ", text, width, "    ")).collect();
        wrapped("", head, width, "  ") + &below
    };
    stacked.iter().map(said).collect()
}

/// The reasons below the table, if there are any.
fn below(table: String, reasons: &str) -> String {
    if reasons.is_empty() { table } else { table + "\n" + reasons }
}

#[cfg(test)]
mod tests {
    use super::proofs_table;
    use crate::record::{ProofRecord, TheoremProof};
    use crate::series::{Proof, ProofStatus, ProvedBatches};

    #[test]
    fn on_a_narrow_terminal_theorems_stand_below_each_other_and_no_word_is_broken() {
        let proved = Proof {
            status: ProofStatus::Proved,
            order: 3,
            trees: 123_456,
            batches: ProvedBatches::Listed(vec![1, 2, 3, 4, 6]),
            ..Proof::not_applicable()
        };
        let why = "a[a] has coefficient -1/2, not -101/200, with 123456789 minibatches";
        let proofs = [proved, Proof::unprovable(why.to_owned())].map(|proof| TheoremProof {
            theorem: "implicit-gradient-regularization".to_owned(),
            proof: ProofRecord::of(&proof),
            expanded: None,
        });
        let table = |width| proofs_table(&proofs, width);
        assert!(table(None).starts_with("theorem "), "{}", table(None));
        let reason = format!("\n\nimplicit-gradient-regularization is not proved: {why}\n");
        assert!(table(None).ends_with(&reason), "{}", table(None));
        assert_eq!(table(None), table(Some(160)));
        let broken = table(Some(120));
        assert!(broken.starts_with("theorem ") && broken.lines().all(|l| l.chars().count() <= 120));
        for width in [80, 60, 40] {
            let narrow = table(Some(width));
            assert!(narrow.starts_with("implicit-gradient-regularization: "), "{narrow}");
            for line in narrow.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
            let words: Vec<&str> = narrow.split_whitespace().collect();
            assert!(words.join(" ").contains("local order 3, 123456 trees, minibatches 1 … 4, 6"));
            assert!(words.join(" ").ends_with(why), "{narrow}");
        }
    }
}
