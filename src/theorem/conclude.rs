//! From findings to a verdict.

use super::expanded::{Expanded, ExpandedStatus};
use super::outcome::{ControlOutcome, Missing, Verdict};
use crate::leg::{Finding, LegEvidence, Recovered, doubt};
use crate::measure::largest;
use crate::scalar::Scalar;
use crate::series::Proof;

/// All that a verdict is weighed from.
pub struct Weighed<'a> {
    /// The legs.
    pub legs: &'a [LegEvidence],
    /// The legs that could not be measured.
    pub missing: &'a [Missing],
    /// One coefficient a term, from the leg that knows it best.
    pub coefficients: &'a [Recovered],
    /// The controls that were tried.
    pub controls: &'a [ControlOutcome],
    /// The comparison in series.
    pub proof: &'a Proof,
    /// The claimed field beside the expansions of the step, where there is no proof.
    pub expanded: Option<&'a Expanded>,
    /// Where the loss is not smooth, if that was found.
    pub kink: Option<String>,
}

/// The verdict and, unless it is confirmed, the reason.
///
/// A loss that is not smooth breaks the hypothesis and not the theorem, so there measurements refute
/// nothing; a proof speaks of no loss, and still does.
pub fn conclude(weighed: &Weighed<'_>) -> (Verdict, Option<String>) {
    let Weighed { legs, missing, coefficients, controls, proof, expanded, kink } = weighed;
    let refuted = legs.iter().find_map(refutation);
    if let (Some(why), None) = (&refuted, kink) {
        return (Verdict::Refuted, Some(why.clone()));
    }
    if let Some(failure) = &proof.first_failure {
        return (Verdict::Refuted, Some(format!("proof: {failure}")));
    }
    if let Some(Expanded { status: ExpandedStatus::Refuted, first_failure, .. }) = expanded
        && kink.is_none()
    {
        let why =
            first_failure.as_ref().map_or_else(|| "another field".to_owned(), ToString::to_string);
        return (Verdict::Refuted, Some(format!("expansion: {why}")));
    }
    let open = legs.iter().find_map(|leg| match &leg.finding {
        Finding::Undecided(why) => Some(format!("{}: {why}", leg.kind.name())),
        _ => None,
    });
    if let Some(kink) = kink.as_ref().filter(|_| refuted.is_some() || open.is_some()) {
        return (
            Verdict::Inconclusive,
            Some(format!("the theorem needs a smooth loss, and this one is not: {kink}")),
        );
    }
    if open.is_some() {
        return (Verdict::Inconclusive, open);
    }
    let doubts: Vec<String> = coefficients.iter().filter_map(doubt).collect();
    if !doubts.is_empty() {
        return (Verdict::Inconclusive, Some(doubts.join("; ")));
    }
    if let Some(control) = controls.iter().find(|c| c.verdict != Verdict::Refuted) {
        let why = format!(
            "the control \"{}\" was not refuted, so the check has no power on this loss; \
             its batches may be too alike or its start too close to rest",
            control.name
        );
        return (Verdict::Inconclusive, Some(why));
    }
    if legs.is_empty() {
        return (Verdict::Inconclusive, Some("the theorem has no leg on this loss".to_owned()));
    }
    if let Some(Missing { leg, reason }) = missing.first() {
        let leg =
            leg.map_or_else(|| "a statement".to_owned(), |leg| format!("the {} leg", leg.name()));
        return (Verdict::Partial, Some(format!("{leg} could not be measured: {reason}")));
    }
    (Verdict::Confirmed, None)
}

/// The coefficients as the leg with the narrowest bar has them, one a term.
pub fn narrowest(legs: &[LegEvidence]) -> Vec<Recovered> {
    let mut best: Vec<Recovered> = Vec::new();
    for recovered in legs.iter().flat_map(|leg| &leg.recovered) {
        match best.iter_mut().find(|r| r.term == recovered.term) {
            Some(known) if recovered.relative_bar() < known.relative_bar() => {
                *known = recovered.clone();
            }
            Some(_) => {}
            None => best.push(recovered.clone()),
        }
    }
    best
}

fn refutation(leg: &LegEvidence) -> Option<String> {
    let kind = leg.kind.name();
    match leg.finding {
        Finding::RefutedBySlope => Some(match &leg.fit {
            Some(fit) => {
                format!("{kind}: the order is {}, not {}", fit.estimate(), leg.claimed_order)
            }
            None => {
                let worst = largest(leg.ladder.iter().map(|p| p.error));
                format!("{kind}: the two sides differ by {worst:.2e}")
            }
        }),
        Finding::RefutedByRecovery => Some(refuted_by_recovery(leg)),
        Finding::RefutedByRemainder => {
            let left = leg.remainder().map_or_else(String::new, |r| {
                format!(": {} of what is declared, not 0, at ε^{}", r.estimate, r.power)
            });
            Some(format!("{kind}: the error has a part that the claim does not name{left}"))
        }
        Finding::Holds | Finding::Undecided(_) => None,
    }
}

fn refuted_by_recovery(leg: &LegEvidence) -> String {
    let far = leg.recovered.iter().filter_map(|r| {
        let e = r.estimate?;
        let bars = (e.value - f64::from_ratio(r.claimed)).abs() / e.half_width;
        Some((bars, r, e))
    });
    let worst = far.max_by(|a, b| a.0.total_cmp(&b.0));
    worst.map_or_else(
        || format!("{}: refuted by recovery", leg.kind.name()),
        |(_, r, e)| {
            format!("{}: the {} has coefficient {e}, not {}", leg.kind.name(), r.term, r.claimed)
        },
    )
}

/// The larger of what the coefficients' bars and the remainder's bar leave possible; for an identity
/// without terms the largest difference.
pub fn detection_limit(legs: &[LegEvidence], coefficients: &[Recovered]) -> f64 {
    let bars = coefficients
        .iter()
        .map(|r| r.estimate.map_or(f64::NAN, |_| r.relative_bar()))
        .fold(None, |worst: Option<f64>, bar| Some(worst.map_or(bar, |w| w.max(bar))));
    let left = (legs.iter().filter_map(LegEvidence::remainder))
        .map(|r| r.estimate.half_width)
        .fold(None, |best: Option<f64>, bar| Some(best.map_or(bar, |b| b.min(bar))));
    match (bars, left) {
        (Some(bar), Some(left)) => bar.max(left),
        (Some(bar), None) => bar,
        (None, Some(left)) => left,
        (None, None) if legs.iter().all(|leg| leg.kind.is_equality()) => {
            largest(legs.iter().flat_map(|leg| &leg.ladder).map(|p| p.error))
        }
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests;
