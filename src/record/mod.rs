//! What a check found, as it is stored: one record per theorem and loss.
//!
//! Reports are made of records alone, whether they come from a check that has just ended or from a
//! file, so that both give the same report. A number that is not finite is absent (null).

mod coefficient;
mod control;
mod json;
mod leg;
mod number;
mod proof;
mod read;
mod results_csv;
mod run;
#[cfg(test)]
mod tests;
mod trace_csv;

use serde::{Deserialize, Serialize};

pub use coefficient::CoefficientRecord;
pub use control::ControlRecord;
pub use json::{json, proofs_json};
pub use leg::{LegRecord, Order, RemainderRecord, RungRecord};
#[cfg(feature = "command")]
pub(crate) use number::typeset;
pub use number::{decimal, small_with_bar, with_bar};
pub use proof::{FailureRecord, ProofRecord, TheoremProof};
pub use read::{ResultsError, parse_results, read_results};
pub use results_csv::results_csv;
pub use run::{Run, machine};
pub use trace_csv::trace_csv;

use crate::certify::Certified;
use crate::theorem::{Expanded, LeftOut, Missing, Outcome, Sharper, Verdict};

/// The version of the contract: keys may be added under the same one, changing or removing one
/// raises it.
pub const SCHEMA: u32 = 2;

/// One theorem on one loss.
///
/// Records are equal if the same was found, whatever their [`run`](Record::run): a check repeated
/// anywhere, on any number of threads, gives an equal record.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// The claimed field beside the expansions of the method's step, where there is no proof.
    #[serde(default)]
    pub expanded: Option<Expanded>,
    /// The constant that is proved for this loss and all small steps at once, or why there is none; absent where none
    /// was asked for.
    #[serde(default)]
    pub certificate: Option<Certified>,
    /// The legs.
    pub legs: Vec<LegRecord>,
    /// Legs that are claimed and could not be measured.
    pub missing: Vec<Missing>,
    /// Legs whose error is of higher order than claimed.
    pub sharper: Vec<Sharper>,
    /// One recovered coefficient a term.
    pub coefficients: Vec<CoefficientRecord>,
    /// The sabotaged twins.
    pub controls: Vec<ControlRecord>,
    /// The controls that were not tried.
    pub left_out: Vec<LeftOut>,
    /// The smallest relative error of a coefficient, by a term that is not declared, or of an identity
    /// that would have shown.
    pub detection_limit: Option<f64>,
    /// The seed of everything random.
    pub seed: u64,
    /// How long that took, and where: no part of what was found.
    pub run: Run,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        // By name, so that a field which is added cannot be forgotten here.
        let Record {
            schema,
            version,
            theorem,
            loss,
            verdict,
            reason,
            proof,
            expanded,
            certificate,
            legs,
            missing,
            sharper,
            coefficients,
            controls,
            left_out,
            detection_limit,
            seed,
            run: _,
        } = self;
        *schema == other.schema
            && *version == other.version
            && *theorem == other.theorem
            && *loss == other.loss
            && *verdict == other.verdict
            && *reason == other.reason
            && *proof == other.proof
            && *expanded == other.expanded
            && *certificate == other.certificate
            && *legs == other.legs
            && *missing == other.missing
            && *sharper == other.sharper
            && *coefficients == other.coefficients
            && *controls == other.controls
            && *left_out == other.left_out
            && *detection_limit == other.detection_limit
            && *seed == other.seed
    }
}

/// `value` where it is finite: JSON has no other numbers.
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
            expanded: outcome.expanded.clone(),
            certificate: None,
            legs,
            missing: outcome.missing.clone(),
            sharper: outcome.sharper(),
            coefficients: outcome.coefficients.iter().map(CoefficientRecord::of).collect(),
            controls: outcome.controls.iter().map(ControlRecord::of).collect(),
            left_out: outcome.left_out.clone(),
            detection_limit: finite(outcome.detection_limit),
            seed: outcome.seed,
            run: Run { seconds: finite(outcome.seconds), machine },
        }
    }

    /// The same with what a certificate says; of its cells only the largest constant is stored.
    #[must_use]
    pub fn with_certificate(self, certificate: Certified) -> Self {
        Record { certificate: Some(Certified { bounds: Vec::new(), ..certificate }), ..self }
    }

    /// What the claim leaves of the error, on the leg that knows it best.
    pub fn remainder(&self) -> Option<&RemainderRecord> {
        let all = self.legs.iter().filter_map(|leg| leg.remainder.as_ref());
        all.min_by(|a, b| a.half_width.total_cmp(&b.half_width))
    }

    /// Whether the claimed field is that of the method's step in all digits compared.
    pub fn is_expanded(&self) -> bool {
        self.expanded.as_ref().is_some_and(Expanded::holds)
    }

    /// The controls that were refuted, of all that were tried: 5/6; `None` if none was tried.
    pub fn refuted_controls(&self) -> Option<String> {
        let refuted = self.controls.iter().filter(|twin| twin.verdict == Verdict::Refuted).count();
        (!self.controls.is_empty()).then(|| format!("{refuted}/{}", self.controls.len()))
    }
}
