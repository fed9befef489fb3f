//! From evidence to a finding: the rules, with their thresholds.

use super::Leg;
use super::{Finding, LegEvidence, Recovered, Remainder};
use crate::flow::power_of_step;
use crate::measure::{Estimate, FLOOR_FACTOR, LEAST_POINTS, OrderFit, largest};
use crate::scalar::Scalar;

/// A fitted order may miss the claimed one by this much.
pub const ORDER_TOLERANCE: f64 = 0.1;
/// A fitted order this far below the claimed one, beyond its half-width, refutes; one this far above is
/// reported as sharper.
const REFUTING_GAP: f64 = 0.5;
/// Pairwise slopes that rise by more than this at both of the finest rungs have not settled.
const CLIMB: f64 = 0.05;
/// A coefficient counts as recovered if its bar is below this share of its magnitude.
pub const BAR_TOLERANCE: f64 = 1e-3;
/// A bar wider than this share of the magnitude refutes nothing: the errors have no clean expansion.
const REFUTING_TOLERANCE: f64 = 0.05;
/// A coefficient outside this many bars is refuted; between one bar and this many is undecided.
const REFUTING_BARS: f64 = 2.0;

/// The slope, the recovered coefficients and the remainder of a leg, weighed together.
///
/// What refutes refutes on any leg. That a coefficient is known well enough, and lies in its bar, is for
/// the leg that knows it best to say: see [`doubt`].
pub fn judge(leg: &dyn Leg, evidence: &LegEvidence) -> Finding {
    if evidence.finding == Finding::RefutedBySlope && !leg.recovery_decides() {
        return Finding::RefutedBySlope;
    }
    if evidence.recovered.iter().any(is_refuted) {
        return Finding::RefutedByRecovery;
    }
    if evidence.remainders.iter().any(|r| is_away_from_zero(r, REFUTING_BARS)) {
        return Finding::RefutedByRemainder;
    }
    let furthest = evidence.remainder().filter(|r| is_away_from_zero(r, 1.0));
    if let Some(Remainder { power, estimate, .. }) = furthest
        && evidence.finding == Finding::Holds
    {
        return Finding::Undecided(format!(
            "what the claim leaves of the error at {} is {estimate}, and just misses 0",
            power_of_step(power)
        ));
    }
    if !leg.recovery_decides() {
        return evidence.finding.clone();
    }
    if let Some(why) = evidence.recovered.iter().find_map(doubt) {
        return Finding::Undecided(why);
    }
    let complete = evidence.recovered.iter().all(|r| r.estimate.is_some());
    if complete { Finding::Holds } else { evidence.finding.clone() }
}

/// Whether a remainder is further than `bars` from zero, and its bar narrow enough to say so.
fn is_away_from_zero(remainder: &Remainder, bars: f64) -> bool {
    remainder.estimate.half_width <= REFUTING_TOLERANCE && remainder.bars() > bars
}

fn is_refuted(recovered: &Recovered) -> bool {
    let Some(Estimate { value, half_width }) = recovered.estimate else { return false };
    let gap = (value - f64::from_ratio(recovered.claimed)).abs();
    half_width <= REFUTING_TOLERANCE * recovered.magnitude && gap > REFUTING_BARS * half_width
}

/// What keeps a recovered coefficient from confirming the one claimed.
pub fn doubt(recovered: &Recovered) -> Option<String> {
    let (term, claimed) = (&recovered.term, recovered.claimed);
    let Some(estimate) = recovered.estimate else {
        let why = recovered.hidden.as_deref().unwrap_or("no leg shows it");
        return Some(format!("the coefficient of the {term} cannot be told: {why}"));
    };
    let Estimate { value, half_width } = estimate;
    if half_width > BAR_TOLERANCE * recovered.magnitude {
        Some(format!(
            "the coefficient of the {term} is known only to ±{half_width:.1e}; \
             take a loss or a horizon where it matters more"
        ))
    } else if (value - f64::from_ratio(claimed)).abs() > half_width {
        Some(format!("the recovered coefficient of the {term}, {estimate}, just misses {claimed}"))
    } else {
        None
    }
}

/// The order measured, if it is above the one claimed by half an order or more: the integer it is near,
/// if it is near one.
pub fn sharper(evidence: &LegEvidence) -> Option<f64> {
    let fit = evidence.fit.as_ref().filter(|_| evidence.kind.has_power())?;
    let settled = fit.half_width <= ORDER_TOLERANCE && evidence.finding == Finding::Holds;
    let above = fit.order - evidence.claimed_order >= REFUTING_GAP;
    let near = (fit.order - fit.order.round()).abs() <= ORDER_TOLERANCE;
    (settled && above).then(|| if near { fit.order.round() } else { fit.order })
}

pub fn judge_order(evidence: &LegEvidence, floors: &[f64]) -> Finding {
    let Some(fit) = &evidence.fit else {
        // Below a floor that is not finite nothing is known to be equal.
        let equal = (evidence.ladder.iter().zip(floors))
            .all(|(point, floor)| floor.is_finite() && point.error <= *floor);
        if equal {
            return Finding::Undecided(
                "the two sides are equal to within round-off at every step size, so there is no error \
                 whose order could be measured"
                    .to_owned(),
            );
        }
        let used = evidence.ladder.iter().filter(|p| p.used).count();
        return Finding::Undecided(format!(
            "only {used} of {} points stand {FLOOR_FACTOR}× above the round-off and reference floor, \
             {LEAST_POINTS} are needed; lengthen the horizon or start further from rest",
            evidence.ladder.len()
        ));
    };
    let claimed = evidence.claimed_order;
    // Slopes that still climb belong to step sizes that are too large, not to a wrong claim.
    let climbs = fit.pairwise.windows(2).rev().take(2).all(|pair| pair[1] > pair[0] + CLIMB);
    if fit.order + fit.half_width < claimed - REFUTING_GAP && !climbs {
        Finding::RefutedBySlope
    } else if fit.half_width > ORDER_TOLERANCE && nearly_cancels(fit) {
        Finding::Undecided(format!(
            "the leading errors nearly cancel on the coarse rungs: the slopes go from {:.2} to {:.2}, and \
             the fitted order {} for {claimed} has not settled",
            fit.pairwise.iter().copied().fold(f64::INFINITY, f64::min),
            fit.pairwise.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            fit.estimate()
        ))
    } else if fit.half_width > ORDER_TOLERANCE {
        Finding::Undecided(format!(
            "the errors do not follow a power law: fitted order {} for {claimed}; \
             is the loss smooth, is the step size \
             small enough, or do leading errors cancel by accident?",
            fit.estimate()
        ))
    } else if fit.order < claimed - ORDER_TOLERANCE {
        Finding::Undecided(format!(
            "the fitted order {} is not within {ORDER_TOLERANCE} of {claimed}",
            fit.estimate()
        ))
    } else {
        Finding::Holds
    }
}

/// Whether slopes settle from one side only after errors of opposite signs have nearly cancelled: they
/// spread by more than this, and less and less towards the fine rungs.
const SPREAD_OF_CANCELLATION: f64 = 0.5;

fn nearly_cancels(fit: &OrderFit) -> bool {
    let changes: Vec<f64> = fit.pairwise.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let spread = fit.pairwise.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b))
        - fit.pairwise.iter().fold(f64::INFINITY, |a, &b| a.min(b));
    let settles = changes.last().zip(changes.first()).is_some_and(|(last, first)| last < first);
    spread > SPREAD_OF_CANCELLATION && settles
}

pub fn judge_bound(evidence: &LegEvidence) -> Finding {
    let Some(fit) = &evidence.fit else {
        return Finding::Undecided("fewer than 5 widths could be measured".to_owned());
    };
    let claimed = evidence.claimed_order;
    if fit.order - fit.half_width >= claimed {
        Finding::Holds
    } else if fit.order + fit.half_width < claimed {
        Finding::RefutedBySlope
    } else {
        Finding::Undecided(format!(
            "the exponent {} does not decide against {claimed}; average over more seeds",
            fit.estimate()
        ))
    }
}

pub fn judge_identity(sizes: &[f64], floors: &[f64]) -> Finding {
    // A floor that is not finite vouches for nothing.
    let ratio = |(&size, &floor): (&f64, &f64)| {
        if floor.is_finite() { size / floor.max(f64::MIN_POSITIVE) } else { f64::NAN }
    };
    let worst = largest(sizes.iter().zip(floors).map(ratio));
    if worst <= FLOOR_FACTOR {
        Finding::Holds
    } else if worst > FLOOR_FACTOR * FLOOR_FACTOR {
        Finding::RefutedBySlope
    } else if worst.is_nan() {
        Finding::Undecided("the expressions are not finite at every sample".to_owned())
    } else {
        Finding::Undecided(format!("the sides differ by {worst:.0} times the round-off"))
    }
}

#[cfg(test)]
mod tests;
