//! What a check found.

use super::Expanded;
use crate::leg::{LegEvidence, LegKind, Recovered, Remainder};
use crate::series::Proof;

/// What a check concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every leg holds, every coefficient lies in its bar, every control was refuted.
    Confirmed,
    /// A leg or a coefficient contradicts the claim.
    Refuted,
    /// What could be measured confirms the claim, but a leg that it makes could not be.
    Partial,
    /// The evidence does not decide.
    Inconclusive,
}

impl Verdict {
    /// All of them, in the order reports count them in.
    pub const ALL: [Verdict; 4] =
        [Verdict::Confirmed, Verdict::Refuted, Verdict::Partial, Verdict::Inconclusive];

    /// The word in reports and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Refuted => "refuted",
            Verdict::Partial => "partial",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// What decided against a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    /// The order, or the size of an identity's or bound's error.
    Slope,
    /// A recovered coefficient.
    Recovery,
    /// What the claim leaves of the error below its order.
    Remainder,
}

/// A sabotaged twin and what the check said of it.
#[derive(Clone, Debug)]
pub struct ControlOutcome {
    /// The name of the sabotage.
    pub name: String,
    /// The verdict on the twin: a check with power refutes it.
    pub verdict: Verdict,
    /// What refuted it.
    pub decided_by: Option<DecidedBy>,
    /// The legs it concerns.
    pub legs: Vec<LegEvidence>,
}

/// A leg that a claim makes and that could not be measured on this loss.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Missing {
    /// The leg; none if it is a whole statement of the theorem.
    pub leg: Option<LegKind>,
    /// Why it could not be measured.
    pub reason: String,
}

/// A control that was not tried.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why it was not tried.
    pub reason: String,
}

/// A leg whose error is of higher order than claimed.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sharper {
    /// The leg.
    pub leg: LegKind,
    /// The order measured: the integer it is near, if it is near one.
    pub order: f64,
}

/// A theorem checked on a loss.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The theorem's identifier.
    pub theorem: String,
    /// The loss's name.
    pub loss: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not confirmed, or which evidence it lacks.
    pub reason: Option<String>,
    /// The legs.
    pub legs: Vec<LegEvidence>,
    /// Legs that are claimed and could not be measured.
    pub missing: Vec<Missing>,
    /// Beside each leg the claim without its powers of ε, where it has any; empty without controls.
    pub plain: Vec<Option<LegEvidence>>,
    /// The comparison in exact series.
    pub proof: Proof,
    /// The claimed field beside the expansions of the method's step, where there is no proof.
    pub expanded: Option<Expanded>,
    /// One recovered coefficient a term: the one with the narrowest bar.
    pub coefficients: Vec<Recovered>,
    /// The controls.
    pub controls: Vec<ControlOutcome>,
    /// The controls that were not tried, and why.
    pub left_out: Vec<LeftOut>,
    /// The smallest relative error of a coefficient, of the whole field by a term that is not declared,
    /// or of an identity, that would have shown.
    pub detection_limit: f64,
    /// The seed of everything random.
    pub seed: u64,
    /// The processor time the check took, in seconds: what its thread computed, not what it waited for
    /// nor what a loss had other threads do; NaN where the system does not tell.
    pub seconds: f64,
}

impl Outcome {
    /// The legs whose error is of higher order than claimed.
    pub fn sharper(&self) -> Vec<Sharper> {
        let of = |leg: &LegEvidence| Some(Sharper { leg: leg.kind, order: leg.sharper? });
        self.legs.iter().filter_map(of).collect()
    }

    /// What the claim leaves of the error, on the leg that knows it best.
    pub fn remainder(&self) -> Option<Remainder> {
        let width = |r: &Remainder| r.estimate.half_width;
        let all = self.legs.iter().filter_map(LegEvidence::remainder);
        all.min_by(|a, b| width(a).total_cmp(&width(b)))
    }

    /// Panics with the reason unless the verdict is [`Verdict::Confirmed`]: a theorem of your own
    /// in a three-line test.
    ///
    /// # Panics
    /// If the verdict is not confirmed.
    #[track_caller]
    pub fn assert_confirmed(&self) {
        assert!(
            self.verdict == Verdict::Confirmed,
            "{} on {} is {:?}: {}",
            self.theorem,
            self.loss,
            self.verdict,
            self.reason.as_deref().unwrap_or("no reason given")
        );
    }
}
