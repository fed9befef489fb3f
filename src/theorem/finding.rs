//! From evidence to a finding: the rules, with their thresholds.

use super::comparison::Comparison;
use super::evidence::{LegEvidence, Recovered};
use crate::measure::{Estimate, FLOOR_FACTOR, LEAST_POINTS, largest};
use crate::scalar::Scalar;

/// What the evidence says of one leg.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The leg holds as claimed.
    Holds,
    /// The leg is refuted by its slope (for identities and bounds: by its size).
    RefutedBySlope,
    /// The leg is refuted by a recovered coefficient.
    RefutedByRecovery,
    /// The evidence does not decide, and why.
    Undecided(String),
}

/// A fitted order may miss the claimed one by this much.
pub const ORDER_TOLERANCE: f64 = 0.1;
/// A fitted order this far below the claimed one, beyond its half-width, refutes.
const REFUTING_GAP: f64 = 0.5;
/// Pairwise slopes that rise by more than this at both of the finest rungs have not settled.
const CLIMB: f64 = 0.05;
/// A coefficient counts as recovered if its bar is below this share of its magnitude.
pub const BAR_TOLERANCE: f64 = 1e-3;
/// A bar wider than this share of the magnitude refutes nothing: the errors have no clean expansion.
const REFUTING_TOLERANCE: f64 = 0.05;
/// A coefficient outside this many bars is refuted; between one bar and this many is undecided.
const REFUTING_BARS: f64 = 2.0;

/// The slope and the recovered coefficients of a leg, weighed together.
pub fn judge(leg: &dyn Comparison, evidence: &LegEvidence) -> Finding {
    if evidence.finding == Finding::RefutedBySlope && !leg.recovery_decides() {
        return Finding::RefutedBySlope;
    }
    let mut doubt = None;
    for recovered in &evidence.recovered {
        match weigh(recovered) {
            Finding::Holds => {}
            Finding::Undecided(why) => doubt = Some(why),
            refuted => return refuted,
        }
    }
    match (doubt, &evidence.finding) {
        (Some(why), Finding::Holds) => Finding::Undecided(why),
        (Some(why), _) if leg.recovery_decides() => Finding::Undecided(why),
        (None, slope) if leg.recovery_decides() => {
            let complete = evidence.recovered.iter().all(|r| r.estimate.is_some());
            if complete { Finding::Holds } else { slope.clone() }
        }
        (_, slope) => slope.clone(),
    }
}

fn weigh(recovered: &Recovered) -> Finding {
    let term = recovered.term;
    // What this leg cannot tell another one may.
    let Some(estimate) = recovered.estimate else { return Finding::Holds };
    let Estimate { value, half_width } = estimate;
    let gap = (value - f64::from_ratio(recovered.claimed)).abs();
    let sharp = half_width <= REFUTING_TOLERANCE * recovered.magnitude;
    if sharp && gap > REFUTING_BARS * half_width {
        Finding::RefutedByRecovery
    } else if half_width > BAR_TOLERANCE * recovered.magnitude {
        Finding::Undecided(format!(
            "the coefficient of the {term} is known only to ±{half_width:.1e}; \
             take a loss or a horizon where it matters more"
        ))
    } else if gap > half_width {
        Finding::Undecided(format!(
            "the recovered coefficient of the {term}, {estimate}, just misses {}",
            recovered.claimed
        ))
    } else {
        Finding::Holds
    }
}

pub fn judge_order(evidence: &LegEvidence) -> Finding {
    let Some(fit) = &evidence.fit else {
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
