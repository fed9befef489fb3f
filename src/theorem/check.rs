//! One theorem checked on one loss: legs, certificates, coefficients, controls, verdict.

use std::time::Instant;

use super::comparison::Comparison;
use super::control::{Sabotage, Variant};
use super::evidence::{LegEvidence, Recovered, Workbench};
use super::finding::Finding;
use super::{NotApplicable, Settings, Theorem};
use crate::loss::Problem;
use crate::measure::largest;
use crate::series::Proof;

/// What a check concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every leg holds, every coefficient lies in its bar, every control was refuted.
    Confirmed,
    /// A leg or a coefficient contradicts the claim.
    Refuted,
    /// The evidence does not decide.
    Inconclusive,
}

/// What decided against a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    /// The order, or the size of an identity's or bound's error.
    Slope,
    /// A recovered coefficient.
    Recovery,
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
    /// Beside each leg the claim without its powers of ε, where it has any; empty without controls.
    pub plain: Vec<Option<LegEvidence>>,
    /// The comparison in exact series.
    pub proof: Proof,
    /// One recovered coefficient a term: the one with the narrowest bar.
    pub coefficients: Vec<Recovered>,
    /// The controls.
    pub controls: Vec<ControlOutcome>,
    /// The smallest relative error of a coefficient, or of an identity, that would have shown.
    pub detection_limit: f64,
    /// The seed of everything random.
    pub seed: u64,
    /// The time the check took, in seconds.
    pub seconds: f64,
}

impl Outcome {
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

/// Checks `theorem` on `problem`.
///
/// # Errors
/// [`NotApplicable`] if the theorem says nothing about this loss.
pub fn check(
    theorem: &Theorem,
    problem: &Problem,
    settings: &Settings,
) -> Result<Outcome, NotApplicable> {
    let began = Instant::now();
    if let Some(horizon) = settings.horizon.filter(|t| !(*t > 0.0 && t.is_finite())) {
        return Err(NotApplicable(format!("a horizon is a finite time above 0, not {horizon}")));
    }
    let (legs, silence) = theorem.legs_and_silence(problem, settings)?;
    let mut benches = Vec::new();
    let mut lacking = None;
    let mut evidence = Vec::new();
    for leg in &legs {
        let leg = leg.as_ref();
        let mut bench = Workbench::new(leg);
        let variant = match &settings.sabotage {
            Some(sabotage) if sabotage.concerns(leg) => Variant::sabotaged(leg, sabotage),
            _ => Variant::stated(leg),
        };
        let slope = bench.slope(&variant);
        evidence.push(bench.recover(&variant, slope));
        lacking = lacking.or_else(|| bench.lacking());
        benches.push(bench);
    }
    let mut controls = Vec::new();
    // What does not hold anyway needs no proof of power.
    let holds = evidence.iter().all(|leg| leg.finding == Finding::Holds);
    if holds && settings.sabotage.is_none() && settings.controls {
        for sabotage in theorem.controls_among(&legs) {
            controls.push(try_control(&sabotage, &legs, &mut benches));
        }
    }
    let plain = if settings.controls { without_powers(&legs, &mut benches) } else { Vec::new() };
    let coefficients = narrowest(&evidence);
    let (proof, unprovable) = proof(theorem, problem, settings);
    let silence = silence.map(|why| format!("in part: {why}"));
    let lacking = lacking.or(unprovable).or(silence);
    let (verdict, reason) = conclude(&evidence, &coefficients, &controls, &proof);
    Ok(Outcome {
        theorem: theorem.id().to_owned(),
        loss: problem.name().to_owned(),
        verdict,
        reason: reason.or(lacking),
        detection_limit: detection_limit(&evidence, &coefficients),
        legs: evidence,
        plain,
        proof,
        coefficients,
        controls,
        seed: settings.seed,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// The comparison in exact series, and what it leaves open about this loss.
fn proof(theorem: &Theorem, problem: &Problem, settings: &Settings) -> (Proof, Option<String>) {
    if !settings.prove {
        return (Proof::not_applicable(), None);
    }
    let batches = problem.batches();
    match theorem.proof_for(settings.sabotage.as_ref(), Some(batches)) {
        Ok(proof) => {
            let silence = proof.silence_about(batches);
            (proof, silence)
        }
        Err(fault) => (Proof::unprovable(fault.to_string()), Some(fault.reason())),
    }
}

/// Measures each leg against the claim without its powers of ε: against the plain gradient flow.
fn without_powers(
    legs: &[Box<dyn Comparison>],
    benches: &mut [Workbench<'_>],
) -> Vec<Option<LegEvidence>> {
    let one = |(leg, bench): (&dyn Comparison, &mut Workbench<'_>)| {
        let plain = Variant::plain(leg);
        let differs = plain != Variant::stated(leg);
        (leg.has_clock() && differs).then(|| bench.slope(&plain))
    };
    legs.iter().map(AsRef::as_ref).zip(benches).map(one).collect()
}

/// Measures a sabotaged twin on every leg it concerns; coefficients are recovered only where no
/// slope has refuted it.
fn try_control(
    sabotage: &Sabotage,
    legs: &[Box<dyn Comparison>],
    benches: &mut [Workbench<'_>],
) -> ControlOutcome {
    let concerned: Vec<usize> =
        (0..legs.len()).filter(|&i| sabotage.concerns(legs[i].as_ref())).collect();
    let variants: Vec<Variant> =
        concerned.iter().map(|&i| Variant::sabotaged(legs[i].as_ref(), sabotage)).collect();
    let mut evidence: Vec<LegEvidence> =
        concerned.iter().zip(&variants).map(|(&i, v)| benches[i].slope(v)).collect();
    if !evidence.iter().any(|leg| leg.finding == Finding::RefutedBySlope) {
        evidence = (evidence.into_iter().zip(&concerned).zip(&variants))
            .map(|((leg, &i), variant)| benches[i].recover(variant, leg))
            .collect();
    }
    let decided_by = evidence.iter().find_map(|leg| match leg.finding {
        Finding::RefutedBySlope => Some(DecidedBy::Slope),
        Finding::RefutedByRecovery => Some(DecidedBy::Recovery),
        _ => None,
    });
    let verdict = match decided_by {
        Some(_) => Verdict::Refuted,
        None if evidence.iter().all(|leg| leg.finding == Finding::Holds) => Verdict::Confirmed,
        None => Verdict::Inconclusive,
    };
    ControlOutcome { name: sabotage.name(), verdict, decided_by, legs: evidence }
}

fn narrowest(legs: &[LegEvidence]) -> Vec<Recovered> {
    let mut best: Vec<Recovered> = Vec::new();
    for recovered in legs.iter().flat_map(|leg| &leg.recovered) {
        let width = |r: &Recovered| r.estimate.map_or(f64::INFINITY, |e| e.half_width);
        match best.iter_mut().find(|r| r.term == recovered.term) {
            Some(known) if width(recovered) < width(known) => *known = recovered.clone(),
            Some(_) => {}
            None => best.push(recovered.clone()),
        }
    }
    best
}

fn conclude(
    legs: &[LegEvidence],
    coefficients: &[Recovered],
    controls: &[ControlOutcome],
    proof: &Proof,
) -> (Verdict, Option<String>) {
    for leg in legs {
        match &leg.finding {
            Finding::RefutedBySlope => return (Verdict::Refuted, Some(refuted_by_slope(leg))),
            Finding::RefutedByRecovery => {
                return (Verdict::Refuted, Some(refuted_by_recovery(leg)));
            }
            _ => {}
        }
    }
    if let Some(failure) = &proof.first_failure {
        return (Verdict::Refuted, Some(format!("proof: {failure}")));
    }
    for leg in legs {
        if let Finding::Undecided(why) = &leg.finding {
            return (Verdict::Inconclusive, Some(format!("{}: {why}", leg.kind.name())));
        }
    }
    if let Some(unknown) = coefficients.iter().find(|recovered| recovered.estimate.is_none()) {
        let why = format!(
            "the effect of the {} cannot be told apart from the others or from zero on this loss",
            unknown.term
        );
        return (Verdict::Inconclusive, Some(why));
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
    (Verdict::Confirmed, None)
}

fn refuted_by_slope(leg: &LegEvidence) -> String {
    let kind = leg.kind.name();
    match &leg.fit {
        Some(fit) => format!("{kind}: the order is {}, not {}", fit.estimate(), leg.claimed_order),
        None => {
            let worst = largest(leg.ladder.iter().map(|p| p.error));
            format!("{kind}: the two sides differ by {worst:.2e}")
        }
    }
}

fn refuted_by_recovery(leg: &LegEvidence) -> String {
    let far = leg.recovered.iter().filter_map(|r| {
        use crate::scalar::Scalar;
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

fn detection_limit(legs: &[LegEvidence], coefficients: &[Recovered]) -> f64 {
    let bars = coefficients
        .iter()
        .map(|r| r.estimate.map_or(f64::NAN, |e| e.half_width / r.magnitude))
        .fold(None, |worst: Option<f64>, bar| Some(worst.map_or(bar, |w| w.max(bar))));
    let sizes = largest(legs.iter().flat_map(|leg| &leg.ladder).map(|p| p.error));
    let identity = legs.iter().all(|leg| leg.kind.is_equality());
    // Without terms a slope says nothing about coefficients.
    bars.unwrap_or(if identity { sizes } else { f64::NAN })
}
