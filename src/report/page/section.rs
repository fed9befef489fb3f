//! One theorem on all its losses.

use maud::{Markup, PreEscaped, html};

use super::document::{Part, parts};
use super::figure;
use super::summary::word;
use crate::leg::LegKind;
use crate::record::{
    CoefficientRecord, ControlRecord, LegRecord, Record, RemainderRecord, typeset,
};
use crate::report::drawing::DrawingError;
use crate::report::{coefficient_plots, order_plots};
use crate::series::{ProofStatus, ProvedBatches};
use crate::theorem::{DecidedBy, Expanded, Theorem};

/// Sections of a proof document that stand before the evidence.
const BEFORE: [&str; 2] = ["Statement", "Hypotheses"];

/// The section of a proof document with the trees that were compared.
const DERIVED_FIELD: &str = "Derived field";

/// The section of the theorem `id`.
pub(super) fn theorem(
    id: &str,
    records: &[&Record],
    theorem: Option<&Theorem>,
    within: &[&str],
) -> Result<Markup, DrawingError> {
    let document = theorem.and_then(Theorem::document);
    let parts = document.map_or_else(Vec::new, |text| parts(id, text, within));
    let (before, others): (Vec<&Part>, Vec<&Part>) =
        parts.iter().partition(|part| BEFORE.contains(&part.title.as_str()));
    let (derived, after): (Vec<&Part>, Vec<&Part>) =
        others.into_iter().partition(|part| part.title == DERIVED_FIELD);
    let plots = order_plots(id, records);
    let orders = if plots.panels.is_empty() { None } else { Some(figure(&plots)?) };
    let coefficients = coefficient_plots(id, records).map(|plot| figure(&plot)).transpose()?;
    Ok(html! {
        section.theorem id=(id) {
            h2 { (id) }
            @if let Some(theorem) = theorem {
                p.claim { (theorem.summary()) }
                p.source {
                    @if !theorem.orders().is_empty() {
                        "Claimed: " (theorem.orders()) ". "
                    }
                    @if !theorem.source().is_empty() { "Source: " (theorem.source()) "." }
                }
            }
            @for part in before { (written(part)) }
            h3 { "Verdicts" }
            (verdicts(records))
            (proof(records))
            @for part in derived {
                details {
                    summary id=(part.anchor) { "Derived field: the trees and their exact coefficients" }
                    (PreEscaped(&part.html))
                }
            }
            @if let Some(orders) = orders { h3 { "Orders" } (orders) }
            @if let Some(coefficients) = coefficients { h3 { "Coefficients" } (coefficients) }
            (controls(records))
            @if !after.is_empty() {
                details {
                    summary { "The proof, what the machine checks, and where it fails" }
                    @for part in after { (written(part)) }
                }
            }
        }
    })
}

fn written(part: &Part) -> Markup {
    html! {
        h3 id=(part.anchor) { (part.title) }
        (PreEscaped(&part.html))
    }
}

fn verdicts(records: &[&Record]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { "loss" } th { "verdict" } th { "orders" }
                        th { "coefficients" } th { "controls refuted" }
                        th { "detection limit" } th { "time" }
                    }
                }
                tbody {
                    @for record in records {
                        tr {
                            td { (record.loss) }
                            td { span.verdict.(word(record.verdict)) { (word(record.verdict)) } }
                            td { @for leg in &record.legs { div { (order(leg)) } } }
                            td {
                                @for term in &record.coefficients { div { (coefficient(term)) } }
                                @if let Some(left) = record.remainder() { div { (remainder(left)) } }
                            }
                            td { (record.refuted_controls().unwrap_or_else(dash)) }
                            td { (record.detection_limit.map_or_else(dash, |x| format!("{x:.0e}"))) }
                            td { (format!("{} s", record.run.time(2))) }
                        }
                    }
                }
            }
        }
        @for record in records {
            @for left in &record.left_out {
                p.reason {
                    strong { (record.loss) } ": the control \"" (left.name) "\" was not tried: " (left.reason)
                }
            }
            @if let Some(reason) = &record.reason { p.reason { strong { (record.loss) } ": " (reason) } }
        }
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// The measured order of a leg beside the claimed one; an identity shows its largest difference.
fn order(leg: &LegRecord) -> String {
    let name = leg.kind.name();
    let found = leg.found();
    match (leg.measured_order.and(found.as_deref()), leg.claimed_order) {
        (Some(order), Some(claimed)) => {
            let sign = if leg.kind == LegKind::Bound { "≥ " } else { "" };
            let sharper = if leg.sharper.is_some() { ", sharper than claimed" } else { "" };
            let untested = if leg.untested { ", not tested: the coefficients decide" } else { "" };
            let claimed = claimed.value();
            format!("{name} {} (claimed {sign}{claimed}{sharper}{untested})", typeset(order))
        }
        _ => format!("{name} {}", found.unwrap_or_else(dash)),
    }
}

fn coefficient(term: &CoefficientRecord) -> String {
    let found = term.found(8).map_or_else(dash, |found| typeset(&found));
    format!("{} {found} (claimed {})", term.term, typeset(&term.claimed))
}

fn remainder(left: &RemainderRecord) -> String {
    format!("remainder {}", left.found())
}

/// What exact series say: the same on every loss, as they look at none.
fn proof(records: &[&Record]) -> Markup {
    let proof = records.first().map(|record| &record.proof);
    let expanded = records.first().and_then(|record| record.expanded.as_ref());
    html! {
        @if let Some(proof) = proof {
            p.proof {
                @match (proof.status, proof.order) {
                    (ProofStatus::Proved, Some(order)) => {
                        strong { "Proved" } " for every smooth loss: the exact series of the method and \
                         of the claimed flow agree on all trees below order " (order) ", "
                        (proof.trees) " of them compared in exact rationals" (for_batches(&proof.batches)) "."
                    }
                    (ProofStatus::Refuted, _) => {
                        strong { "Refuted" } " in exact series"
                        @if let Some(failure) = &proof.first_failure {
                            ": the tree " code { (failure.tree) } " has coefficient " (failure.actual)
                            ", not " (failure.claimed) ", with " (failure.batches) " minibatches"
                        }
                        "."
                    }
                    _ => {
                        @match &proof.unprovable {
                            Some(why) => { "Not proved in exact series: " (why) "." }
                            None => { "Not a claim about formal series: measured only." }
                        }
                        @if let Some(said) = expanded.and_then(Expanded::sentence) {
                            " " strong { "Expanded" } ": " (said) "."
                        }
                    }
                }
            }
        }
    }
}

/// For how many minibatches something is proved; nothing where a record does not say.
fn for_batches(batches: &ProvedBatches) -> String {
    match batches {
        ProvedBatches::All => ", for every number of minibatches".to_owned(),
        ProvedBatches::Listed(listed) if listed.is_empty() => String::new(),
        listed => format!(", for m = {listed} minibatches"),
    }
}

/// How each control ended on each loss.
fn controls(records: &[&Record]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for control in records.iter().flat_map(|record| &record.controls) {
        if !names.contains(&control.name.as_str()) {
            names.push(&control.name);
        }
    }
    let cell = |name: &str, record: &Record| {
        let control = record.controls.iter().find(|control| control.name == name);
        control.map_or_else(dash, ended)
    };
    html! {
        @if !names.is_empty() {
            h3 { "Controls" }
            p { "What refuted each sabotaged twin, with its measured orders." }
            div.scroll {
                table {
                    thead { tr { th { "control" } @for record in records { th { (record.loss) } } } }
                    tbody {
                        @for name in names {
                            tr {
                                td { (name) }
                                @for record in records { td { (cell(name, record)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn ended(control: &ControlRecord) -> String {
    let by = match control.decided_by {
        Some(DecidedBy::Slope) => "slope",
        Some(DecidedBy::Recovery) => "coefficient",
        Some(DecidedBy::Remainder) => "remainder",
        None => "not refuted",
    };
    let orders: Vec<String> = control.found().iter().map(|order| typeset(order)).collect();
    if orders.is_empty() { by.to_owned() } else { format!("{by} · {}", orders.join(" ")) }
}
