//! Outcomes as JSON: a contract for programs.
//!
//! An array with one object per theorem and loss, keys in the order of the structs below. A number
//! that is not finite is null. Keys may be added under the same [`SCHEMA`]; changing or removing
//! one raises it.

use serde::Serialize;

use crate::measure::Point;
use crate::series::{Proof, ProofStatus};
use crate::theorem::{
    ControlOutcome, DecidedBy, LegEvidence, LegKind, Outcome, Recovered, Verdict,
};

/// The version of the contract.
pub const SCHEMA: u32 = 1;

/// The outcomes as a JSON array, one object a line.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn json(outcomes: &[Outcome]) -> serde_json::Result<String> {
    let rows: serde_json::Result<Vec<String>> =
        outcomes.iter().map(|outcome| serde_json::to_string(&Row::of(outcome))).collect();
    Ok(match rows?.as_slice() {
        [] => "[]\n".to_owned(),
        rows => format!("[\n{}\n]\n", rows.join(",\n")),
    })
}

#[derive(Serialize)]
struct Row<'a> {
    schema: u32,
    version: &'static str,
    theorem: &'a str,
    loss: &'a str,
    verdict: Verdict,
    reason: Option<&'a str>,
    proof: ProofRow<'a>,
    legs: Vec<Leg<'a>>,
    coefficients: Vec<Coefficient>,
    controls: Vec<Control<'a>>,
    detection_limit: f64,
    seed: u64,
    seconds: f64,
}

impl<'a> Row<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        Row {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            theorem: &outcome.theorem,
            loss: &outcome.loss,
            verdict: outcome.verdict,
            reason: outcome.reason.as_deref(),
            proof: ProofRow::of(&outcome.proof),
            legs: outcome.legs.iter().map(Leg::of).collect(),
            coefficients: outcome.coefficients.iter().map(Coefficient::of).collect(),
            controls: outcome.controls.iter().map(Control::of).collect(),
            detection_limit: outcome.detection_limit,
            seed: outcome.seed,
            seconds: outcome.seconds,
        }
    }
}

/// The proofs as a JSON array, one object a line.
///
/// # Errors
/// None that these types can cause: the result is that of the serializer.
pub fn proofs_json(proofs: &[(String, Proof)]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Named<'a> {
        theorem: &'a str,
        proof: ProofRow<'a>,
    }
    let row = |(theorem, proof): &(String, Proof)| {
        serde_json::to_string(&Named { theorem, proof: ProofRow::of(proof) })
    };
    let rows: serde_json::Result<Vec<String>> = proofs.iter().map(row).collect();
    Ok(format!("[\n{}\n]\n", rows?.join(",\n")))
}

#[derive(Serialize)]
struct ProofRow<'a> {
    status: ProofStatus,
    order: Option<usize>,
    trees: usize,
    first_failure: Option<Failure<'a>>,
    unprovable: Option<&'a str>,
}

#[derive(Serialize)]
struct Failure<'a> {
    batches: usize,
    tree: &'a str,
    actual: String,
    claimed: String,
}

impl<'a> ProofRow<'a> {
    fn of(proof: &'a Proof) -> Self {
        ProofRow {
            status: proof.status,
            order: (proof.status != ProofStatus::NotApplicable).then_some(proof.order),
            trees: proof.trees,
            first_failure: proof.first_failure.as_ref().map(|failure| Failure {
                batches: failure.batches,
                tree: &failure.tree,
                actual: failure.actual.to_string(),
                claimed: failure.claimed.to_string(),
            }),
            unprovable: proof.unprovable,
        }
    }
}

#[derive(Serialize)]
struct Leg<'a> {
    kind: LegKind,
    claimed_order: Option<Order>,
    measured_order: Option<f64>,
    half_width: Option<f64>,
    intercept: Option<f64>,
    pairwise: &'a [f64],
    ladder: Vec<Rung>,
}

impl<'a> Leg<'a> {
    fn of(leg: &'a LegEvidence) -> Self {
        let fit = leg.fit.as_ref();
        Leg {
            kind: leg.kind,
            claimed_order: (!leg.kind.is_equality()).then(|| Order::of(leg.claimed_order)),
            measured_order: fit.map(|fit| fit.order),
            half_width: fit.map(|fit| fit.half_width),
            intercept: fit.map(|fit| fit.intercept),
            pairwise: fit.map_or(&[], |fit| &fit.pairwise),
            ladder: leg.ladder.iter().map(Rung::of).collect(),
        }
    }
}

/// A claimed order: an integer where it is whole.
#[derive(Serialize)]
#[serde(untagged)]
enum Order {
    Whole(i64),
    Real(f64),
}

impl Order {
    fn of(order: f64) -> Self {
        let whole = order.fract().abs() <= 0.0 && order.abs() < 1e9;
        if whole { Order::Whole(order as i64) } else { Order::Real(order) }
    }
}

#[derive(Serialize)]
struct Rung {
    step_size: f64,
    error: f64,
    used: bool,
}

impl Rung {
    fn of(point: &Point) -> Self {
        Rung { step_size: point.step_size, error: point.error, used: point.used }
    }
}

#[derive(Serialize)]
struct Coefficient {
    term: &'static str,
    claimed: String,
    recovered: Option<f64>,
    half_width: Option<f64>,
}

impl Coefficient {
    fn of(recovered: &Recovered) -> Self {
        Coefficient {
            term: recovered.term,
            claimed: recovered.claimed.to_string(),
            recovered: recovered.estimate.map(|e| e.value),
            half_width: recovered.estimate.map(|e| e.half_width),
        }
    }
}

#[derive(Serialize)]
struct Control<'a> {
    name: &'a str,
    verdict: Verdict,
    decided_by: Option<DecidedBy>,
    legs: Vec<Leg<'a>>,
}

impl<'a> Control<'a> {
    fn of(control: &'a ControlOutcome) -> Self {
        Control {
            name: &control.name,
            verdict: control.verdict,
            decided_by: control.decided_by,
            legs: control.legs.iter().map(Leg::of).collect(),
        }
    }
}
