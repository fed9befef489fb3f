//! All methods beside each other: how fast each moves, how late it sees, what it penalises.

use maud::{Markup, html};

use crate::leg::LegKind;
use crate::record::{CoefficientRecord, Record, typeset};
use crate::report::derivation::modified_loss_in_words;
use crate::scalar::Ratio;
use crate::series::{Derived, ProofStatus, Rational};
use crate::theorem::{Catalogue, ExpandedStatus};

/// Modified losses and fields that are longer are left to the sections of their theorems.
const LONGEST: usize = 90;

/// What one theorem says of its method.
struct Row<'a> {
    id: &'a str,
    leading: String,
    lags: Vec<String>,
    terms: Vec<&'a CoefficientRecord>,
    modified_loss: Option<String>,
    known: &'static str,
}

/// The methods of the theorems that claim terms, a line each; nothing where no theorem does.
pub(super) fn glance(ids: &[&str], records: &[Record], catalogue: &Catalogue) -> Markup {
    let found = ids.iter().map(|&id| (id, records.iter().find(|record| record.theorem == id)));
    let rows: Vec<Row<'_>> = found.filter_map(|(id, record)| row(id, record?, catalogue)).collect();
    html! {
        @if !rows.is_empty() {
            section id="methods" {
                h2 { "The methods beside each other" }
                p {
                    "What each method follows as ε goes to 0, how many steps late it sees the gradient (its lag), and the \
                     terms that are claimed, with their coefficients: a positive penalty penalises, a negative one \
                     rewards. A modified loss is written where the exact series have one, up to ε."
                }
                div.scroll {
                    table {
                        thead {
                            tr {
                                th { "theorem" } th { "follows" } th { "lag" } th { "terms" } th { "which" }
                                th { "modified loss" } th { "known" }
                            }
                        }
                        tbody {
                            @for row in &rows {
                                tr {
                                    td { a href=(format!("#{}", row.id)) { (row.id) } }
                                    td { (row.leading) }
                                    td { (row.lags.join(", ")) }
                                    td {
                                        @for term in &row.terms { div { (term.term) " " (typeset(&term.claimed)) } }
                                    }
                                    td { @for term in &row.terms { div { (sign(term)) } } }
                                    td { (row.modified_loss.as_deref().unwrap_or("–")) }
                                    td { (row.known) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row<'a>(id: &'a str, record: &'a Record, catalogue: &Catalogue) -> Option<Row<'a>> {
    let theorem = catalogue.theorem(id)?;
    let tracks = |kind| matches!(kind, LegKind::Step | LegKind::Epoch | LegKind::Global);
    let terms: Vec<&CoefficientRecord> = record.coefficients.iter().collect();
    if terms.is_empty() || !record.legs.iter().any(|leg| tracks(leg.kind)) {
        return None;
    }
    let derived = theorem.derived_fields().ok().and_then(|fields| fields.into_iter().next());
    let expanded = record.expanded.as_ref().is_some_and(|e| e.status == ExpandedStatus::Expanded);
    let known = match record.proof.status {
        ProofStatus::Proved => "proved",
        _ if expanded => "expanded",
        _ => "measured",
    };
    let short = |text: &String| text.chars().count() <= LONGEST;
    Some(Row {
        id,
        leading: derived.as_ref().map(leading).filter(short).unwrap_or_else(|| "–".to_owned()),
        lags: terms.iter().filter_map(|term| lag(term)).collect(),
        modified_loss: derived.as_ref().and_then(loss).filter(short),
        terms,
        known,
    })
}

/// −s g where it is a multiple of the gradient, or of all minibatch gradients alike; otherwise as it stands.
fn leading(field: &Derived) -> String {
    let of_the_gradient = |speed: Rational| match speed.to_string().as_str() {
        "1" => "−g".to_owned(),
        speed => format!("−{speed} g"),
    };
    match field {
        Derived::Trees { rows, .. } => of_the_gradient(
            rows.iter().filter(|row| row.order == 1).map(|row| &row.coefficient).sum(),
        ),
        Derived::Maps { rows, .. } => {
            let first: Vec<_> = rows.iter().filter(|row| row.order == 1).collect();
            let gradients = first.iter().all(|row| row.tree == "g" || row.tree.starts_with("g_"));
            let alike = first.iter().all(|row| row.coefficient == first[0].coefficient);
            if gradients && alike && !first.is_empty() {
                return of_the_gradient(
                    -first.iter().map(|row| &row.coefficient).sum::<Rational>(),
                );
            }
            let term =
                |row: &&crate::series::maps::MapRow| match row.coefficient.to_string().as_str() {
                    "1" => row.tree.clone(),
                    "-1" => format!("−{}", row.tree),
                    c => format!("{} {}", c.replace('-', "−"), row.tree),
                };
            first.iter().map(term).collect::<Vec<_>>().join(" + ").replace("+ −", "− ")
        }
    }
}

/// ℓ, where the term is that of a lag: ½ + ℓ.
fn lag(term: &CoefficientRecord) -> Option<String> {
    let coefficient: Ratio = term.claimed.parse().ok()?;
    term.term.contains("lag of").then(|| (coefficient - Ratio::new(1, 2)).to_string())
}

/// C̃ up to ε, where the exact series have one.
fn loss(field: &Derived) -> Option<String> {
    let Derived::Trees { forest, rows } = field else { return None };
    modified_loss_in_words(forest, rows, 2)
}

/// What a penalty does with what it is named after.
fn sign(term: &CoefficientRecord) -> &'static str {
    let about = ["penalty", "norm of", "disagreement"].iter().any(|word| term.term.contains(word));
    match term.claimed_value() {
        Some(c) if about && c > 0.0 => "penalises",
        Some(c) if about && c < 0.0 => "rewards",
        Some(_) if about => "neither",
        _ => "",
    }
}
