//! What a check found, as it is stored: one record per theorem and loss.
//!
//! Reports are made of records alone, whether they come from a check that has just ended or from a
//! file, so that both give the same report. A number that is not finite is absent (null).

use serde::{Deserialize, Serialize};

use crate::leg::{LegEvidence, LegKind, Recovered};
use crate::series::{Proof, ProofStatus, ProvedBatches};
use crate::theorem::{ControlOutcome, DecidedBy, LeftOut, Missing, Outcome, Sharper, Verdict};

/// The version of the contract: keys may be added under the same one, changing or removing one
/// raises it.
pub const SCHEMA: u32 = 1;

/// One theorem on one loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the contract.
    pub schema: u32,
    /// The version of the program.
    pub version: String,
    /// The theorem's identifier.
    pub theorem: String,
    /// The loss's name.
    pub loss: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not confirmed, or which evidence it lacks.
    pub reason: Option<String>,
    /// The comparison in exact series.
    pub proof: ProofRecord,
    /// The legs.
    pub legs: Vec<LegRecord>,
    /// Legs that are claimed and could not be measured.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// Legs whose error is of higher order than claimed.
    #[serde(default)]
    pub sharper: Vec<Sharper>,
    /// One recovered coefficient a term.
    pub coefficients: Vec<CoefficientRecord>,
    /// The sabotaged twins.
    pub controls: Vec<ControlRecord>,
    /// The controls that were not tried.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The smallest relative error of a coefficient, by a term that is not declared, or of an identity
    /// that would have shown.
    pub detection_limit: Option<f64>,
    /// The seed of everything random.
    pub seed: u64,
    /// The time the check took, in seconds.
    pub seconds: f64,
    /// The machine it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
}

/// A comparison in exact series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofRecord {
    /// What it says.
    pub status: ProofStatus,
    /// The local order up to which the identity holds.
    pub order: Option<usize>,
    /// The number of trees compared.
    pub trees: usize,
    /// The numbers of minibatches it is proved for.
    #[serde(default)]
    pub batches: ProvedBatches,
    /// The first tree on which the sides disagree.
    pub first_failure: Option<FailureRecord>,
    /// Why a claim about iterates and a flow has no proof in series.
    #[serde(default)]
    pub unprovable: Option<String>,
}

/// A tree on which the sides of a claim disagree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The number of minibatches.
    pub batches: usize,
    /// The tree.
    pub tree: String,
    /// The power of ε in dw/dt at which they disagree.
    #[serde(default)]
    pub power: Option<usize>,
    /// The exact coefficient of the optimizer's modified field.
    pub actual: String,
    /// The exact coefficient of the claimed field.
    pub claimed: String,
}

/// A leg of a theorem: a ladder of errors and its fit ln e = intercept + order ln ε + next_term ε.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegRecord {
    /// What kind of statement it makes.
    pub kind: LegKind,
    /// The order claimed; none for an identity.
    pub claimed_order: Option<Order>,
    /// The order fitted.
    pub measured_order: Option<f64>,
    /// The half-width of its 95 % interval.
    pub half_width: Option<f64>,
    /// The fit's constant term.
    pub intercept: Option<f64>,
    /// The slopes between neighbouring used points, coarsest first.
    pub pairwise: Vec<Option<f64>>,
    /// The points, coarsest first.
    pub ladder: Vec<RungRecord>,
    /// The weight of the fit's next term.
    #[serde(default)]
    pub next_term: Option<f64>,
    /// The half-widths of the fit's 95 % band in ln e, at the used points.
    #[serde(default)]
    pub band: Vec<Option<f64>>,
    /// The order measured, where it is above the one claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharper: Option<f64>,
    /// What the claim leaves of the error below its order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remainder: Option<RemainderRecord>,
    /// The same leg against the claim without its powers of ε: the plain gradient flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<Box<LegRecord>>,
}

/// A claimed order: an integer where it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Order {
    /// A whole order.
    Whole(i64),
    /// Any other.
    Real(f64),
}

/// One point of a ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RungRecord {
    /// The step size ε.
    pub step_size: f64,
    /// The norm of the error.
    pub error: Option<f64>,
    /// Whether the point is fitted.
    pub used: bool,
}

/// A recovered coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoefficientRecord {
    /// The term.
    pub term: String,
    /// The exact coefficient claimed.
    pub claimed: String,
    /// What the errors say it is.
    pub recovered: Option<f64>,
    /// The half-width of its bar.
    pub half_width: Option<f64>,
    /// Why it could not be recovered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
}

/// What a claim leaves of the error at a power of ε below the claimed order, relative to what it
/// declares there: zero if it is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemainderRecord {
    /// The power of ε.
    pub power: u32,
    /// The limit of the error over that power.
    pub value: f64,
    /// The half-width of its bar.
    pub half_width: f64,
}

/// A sabotaged twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// The name of the sabotage.
    pub name: String,
    /// The verdict on the twin.
    pub verdict: Verdict,
    /// What refuted it.
    pub decided_by: Option<DecidedBy>,
    /// The legs it concerns.
    pub legs: Vec<LegRecord>,
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl Record {
    /// What is stored of an outcome reached on `machine`.
    pub fn of(outcome: &Outcome, machine: Option<String>) -> Self {
        let mut legs: Vec<LegRecord> = outcome.legs.iter().map(LegRecord::of).collect();
        for (leg, plain) in legs.iter_mut().zip(&outcome.plain) {
            leg.plain = plain.as_ref().map(|plain| Box::new(LegRecord::of(plain)));
        }
        Record {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            theorem: outcome.theorem.clone(),
            loss: outcome.loss.clone(),
            verdict: outcome.verdict,
            reason: outcome.reason.clone(),
            proof: ProofRecord::of(&outcome.proof),
            legs,
            missing: outcome.missing.clone(),
            sharper: outcome.sharper(),
            coefficients: outcome.coefficients.iter().map(CoefficientRecord::of).collect(),
            controls: outcome.controls.iter().map(ControlRecord::of).collect(),
            left_out: outcome.left_out.clone(),
            detection_limit: finite(outcome.detection_limit),
            seed: outcome.seed,
            seconds: outcome.seconds,
            machine,
        }
    }

    /// What the claim leaves of the error, on the leg that knows it best.
    pub fn remainder(&self) -> Option<&RemainderRecord> {
        let all = self.legs.iter().filter_map(|leg| leg.remainder.as_ref());
        all.min_by(|a, b| a.half_width.total_cmp(&b.half_width))
    }
}

impl ProofRecord {
    /// What is stored of a proof.
    pub fn of(proof: &Proof) -> Self {
        ProofRecord {
            status: proof.status,
            order: (proof.status != ProofStatus::NotApplicable).then_some(proof.order),
            trees: proof.trees,
            batches: proof.batches.clone(),
            first_failure: proof.first_failure.as_ref().map(|failure| FailureRecord {
                batches: failure.batches,
                tree: failure.tree.clone(),
                power: Some(failure.power),
                actual: failure.actual.to_string(),
                claimed: failure.claimed.to_string(),
            }),
            unprovable: proof.unprovable.clone(),
        }
    }
}

impl LegRecord {
    fn of(leg: &LegEvidence) -> Self {
        let fit = leg.fit.as_ref();
        let all = |values: &[f64]| values.iter().map(|&value| finite(value)).collect();
        let rung = |point: &crate::measure::Point| RungRecord {
            step_size: point.step_size,
            error: finite(point.error),
            used: point.used,
        };
        LegRecord {
            kind: leg.kind,
            claimed_order: (!leg.kind.is_equality()).then(|| Order::of(leg.claimed_order)),
            measured_order: fit.and_then(|fit| finite(fit.order)),
            half_width: fit.and_then(|fit| finite(fit.half_width)),
            intercept: fit.and_then(|fit| finite(fit.intercept)),
            pairwise: fit.map_or_else(Vec::new, |fit| all(&fit.pairwise)),
            ladder: leg.ladder.iter().map(rung).collect(),
            next_term: fit.and_then(|fit| finite(fit.next_term)),
            band: fit.map_or_else(Vec::new, |fit| all(&fit.band)),
            sharper: leg.sharper,
            remainder: leg.remainder().map(|left| RemainderRecord {
                power: left.power,
                value: left.estimate.value,
                half_width: left.estimate.half_width,
            }),
            plain: None,
        }
    }
}

impl Order {
    fn of(order: f64) -> Self {
        let whole = order.fract().abs() <= 0.0 && order.abs() < 1e9;
        if whole { Order::Whole(order as i64) } else { Order::Real(order) }
    }

    /// As a number.
    pub fn value(self) -> f64 {
        match self {
            Order::Whole(order) => order as f64,
            Order::Real(order) => order,
        }
    }
}

impl CoefficientRecord {
    fn of(recovered: &Recovered) -> Self {
        CoefficientRecord {
            term: recovered.term.to_string(),
            claimed: recovered.claimed.to_string(),
            recovered: recovered.estimate.and_then(|e| finite(e.value)),
            half_width: recovered.estimate.and_then(|e| finite(e.half_width)),
            hidden: recovered.hidden.clone(),
        }
    }

    /// The coefficient claimed, as a number.
    pub fn claimed_value(&self) -> Option<f64> {
        let ratio: crate::scalar::Ratio = self.claimed.parse().ok()?;
        Some(crate::scalar::Scalar::from_ratio(ratio))
    }
}

impl ControlRecord {
    fn of(control: &ControlOutcome) -> Self {
        ControlRecord {
            name: control.name.clone(),
            verdict: control.verdict,
            decided_by: control.decided_by,
            legs: control.legs.iter().map(LegRecord::of).collect(),
        }
    }
}
