//! One theorem checked on one loss: legs, coefficients, controls, verdict.

use std::sync::Arc;

use rayon::prelude::*;

use super::caught::caught;
use super::conclude::{Weighed, conclude, detection_limit, narrowest};
use super::outcome::{ControlOutcome, DecidedBy, LeftOut, Outcome, Verdict};
use super::{Claimed, Expanded, NotApplicable, Settings, Theorem};
use crate::leg::{Answers, Effort, Finding, Leg, LegEvidence, Sabotage, Variant, Workbench};
use crate::loss::{Problem, first_kink};
use crate::series::{Proof, ProofStatus, SeriesFault};

/// Checks `theorem` on `problem`.
///
/// What a loss, a method, a flow or a sampling claims of itself is examined first, and a claim that does
/// not hold ends the check before anything is measured: inconclusive, with what is wrong. So does a
/// panic in any of them, with its message.
///
/// # Errors
/// [`NotApplicable`] if the theorem says nothing about this loss.
pub fn check(
    theorem: &Theorem,
    problem: &Problem,
    settings: &Settings,
) -> Result<Outcome, NotApplicable> {
    check_with(theorem, problem, settings, &Arc::default())
}

/// The same, adding the processor time it takes to `effort` as it goes.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_with(
    theorem: &Theorem,
    problem: &Problem,
    settings: &Settings,
    effort: &Arc<Effort>,
) -> Result<Outcome, NotApplicable> {
    if let Some(horizon) = settings.horizon.filter(|t| !(*t > 0.0 && t.is_finite())) {
        return Err(NotApplicable(format!("a horizon is a finite time above 0, not {horizon:?}")));
    }
    let mut outcome = match caught(|| examined_and_measured(theorem, problem, settings, effort)) {
        Ok(outcome) => outcome?,
        Err(message) => undecided(theorem, problem, settings, format!("it panicked: {message}")),
    };
    outcome.seconds = effort.seconds();
    Ok(outcome)
}

/// The processor time in seconds that [`check`] takes, roughly: it is known before anything is measured, from
/// the time of one step and of one right-hand side of every leg.
pub fn foreseen(theorem: &Theorem, problem: &Problem, settings: &Settings) -> f64 {
    let of_a_leg = |leg: &(dyn Leg + 'static)| {
        let (terms, sabotages) = (leg.terms().len(), leg.controls().len() - leg.twins().len());
        // The claim as stated and without its powers of ε, and its twins, or what shows the terms.
        leg.foreseen(2 + if settings.controls { sabotages } else { 2 * terms })
    };
    let legs = || match theorem.legs(problem, settings) {
        Ok(legs) => legs.iter().map(|leg| of_a_leg(leg.as_ref())).sum(),
        Err(_) => 0.0,
    };
    // What panics here does so again in the check, which says so.
    caught(legs).unwrap_or(0.0)
}

/// An outcome of which nothing was measured.
pub(crate) fn undecided(
    theorem: &Theorem,
    problem: &Problem,
    settings: &Settings,
    why: String,
) -> Outcome {
    Outcome {
        theorem: theorem.id().to_owned(),
        loss: problem.name().to_owned(),
        verdict: Verdict::Inconclusive,
        reason: Some(why),
        legs: Vec::new(),
        missing: Vec::new(),
        plain: Vec::new(),
        proof: Proof::not_applicable(),
        expanded: None,
        coefficients: Vec::new(),
        controls: Vec::new(),
        left_out: Vec::new(),
        detection_limit: f64::NAN,
        seed: settings.seed,
        seconds: 0.0,
    }
}

fn examined_and_measured(
    theorem: &Theorem,
    problem: &Problem,
    settings: &Settings,
    effort: &Arc<Effort>,
) -> Result<Outcome, NotApplicable> {
    let claimed = effort.spend(|| theorem.claimed(problem, settings))?;
    let Claimed { legs, missing, silence, mut left_out } = claimed;
    if let Err(flaw) = effort.spend(|| theorem.examine(problem, settings)) {
        return Ok(undecided(theorem, problem, settings, flaw));
    }
    let mut benches: Vec<Workbench<'_>> =
        legs.iter().map(|leg| Workbench::sharing(leg.as_ref(), effort)).collect();
    // All legs are asked one after the other, before any is measured and after all are: they may share a state.
    let before: Vec<Answers> = benches.iter().map(Workbench::answers).collect();
    let (evidence, harmless) = match &settings.sabotage {
        None => {
            let pairs = benches.par_iter_mut().zip(&legs).with_max_len(1);
            (pairs.map(|(bench, leg)| as_stated(bench, leg.as_ref())).collect(), false)
        }
        Some(sabotage) => as_sabotaged(sabotage, &legs, &mut benches),
    };
    let mut controls = Vec::new();
    // What does not hold anyway needs no proof of power.
    let holds = evidence.iter().all(|leg: &LegEvidence| leg.finding == Finding::Holds);
    if holds && settings.sabotage.is_none() && settings.controls {
        let sabotages = theorem.controls_among(&legs);
        benches.par_iter_mut().zip(&legs).with_max_len(1).for_each(|(bench, leg)| {
            let concerned = sabotages.iter().filter(|sabotage| leg.is_concerned_by(sabotage));
            let variants: Vec<Variant> =
                concerned.map(|sabotage| Variant::sabotaged(leg.terms(), sabotage)).collect();
            bench.prepare(&variants);
        });
        for sabotage in sabotages {
            match try_control(&sabotage, &legs, &mut benches) {
                Ok(control) => controls.push(control),
                Err(out) => left_out.push(out),
            }
        }
    }
    let plain = if settings.controls { without_powers(&legs, &mut benches) } else { Vec::new() };
    let stateful =
        benches.iter().zip(&before).find_map(|(bench, before)| bench.changed_since(before));
    let coefficients = narrowest(&evidence);
    let (proof, unproved, panicked) = effort.spend(|| proof(theorem, problem, settings));
    let unknown = settings.prove && proof.status == ProofStatus::NotApplicable;
    let expand = || theorem.expanded(settings.sabotage.as_ref(), Some(problem));
    let expanded = if unknown { effort.spend(expand) } else { None };
    // A sabotaged claim is known to be false.
    let trusted = holds || settings.sabotage.is_some();
    let kink = if trusted { None } else { effort.spend(|| kink(problem, &legs, &evidence)) };
    let weighed = Weighed {
        legs: &evidence,
        missing: &missing,
        coefficients: &coefficients,
        controls: &controls,
        proof: &proof,
        expanded: expanded.as_ref(),
        kink,
    };
    let (verdict, reason) = match panicked.or(stateful) {
        Some(fault) => (Verdict::Inconclusive, Some(fault)),
        None if harmless => (Verdict::Inconclusive, Some(HARMLESS.to_owned())),
        None => conclude(&weighed),
    };
    let lacking = lacking(&legs, &benches);
    let differs = expanded.as_ref().and_then(Expanded::note);
    let notes: Vec<String> = [lacking, unproved, differs, silence].into_iter().flatten().collect();
    let notes = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(Outcome {
        verdict,
        reason: reason.or(notes),
        detection_limit: detection_limit(&evidence, &coefficients),
        legs: evidence,
        missing,
        plain,
        proof,
        expanded,
        coefficients,
        controls,
        left_out,
        ..undecided(theorem, problem, settings, String::new())
    })
}

/// Why a sabotage that changes nothing decides nothing.
const HARMLESS: &str = "on this loss the sabotaged claim is the claim itself";

fn as_stated(bench: &mut Workbench<'_>, leg: &dyn Leg) -> LegEvidence {
    let slope = bench.stated();
    bench.recover(&Variant::stated(leg.terms()), slope)
}

/// The legs with the sabotage in the claim's place, and whether it changes nothing at all.
///
/// A claim may be sharper than it says; a sabotage that no slope refutes is judged by what the claim
/// really reaches.
fn as_sabotaged(
    sabotage: &Sabotage,
    legs: &[Box<dyn Leg>],
    benches: &mut [Workbench<'_>],
) -> (Vec<LegEvidence>, bool) {
    let mut harmless = matches!(sabotage, Sabotage::Twin(_));
    let evidence = (benches.iter_mut().zip(legs))
        .map(|(bench, leg)| {
            let leg = leg.as_ref();
            if !leg.is_concerned_by(sabotage) {
                return as_stated(bench, leg);
            }
            if let Sabotage::Twin(name) = sabotage {
                harmless &= bench.coincides(name);
            }
            let variant = Variant::sabotaged(leg.terms(), sabotage);
            let mut slope = bench.slope(&variant);
            if slope.finding != Finding::RefutedBySlope {
                let _ = bench.stated();
                slope = bench.slope(&variant);
            }
            bench.recover(&variant, slope)
        })
        .collect();
    (evidence, harmless)
}

/// The comparison in exact series, what it leaves open about this loss, and the panic that ended it.
fn proof(
    theorem: &Theorem,
    problem: &Problem,
    settings: &Settings,
) -> (Proof, Option<String>, Option<String>) {
    if !settings.prove {
        return (Proof::not_applicable(), None, None);
    }
    let batches = problem.batches();
    match theorem.proof_for(settings.sabotage.as_ref(), Some(batches)) {
        Ok(proof) => {
            let silence = proof.silence_about(batches);
            (proof, silence, None)
        }
        Err(fault @ SeriesFault::Panicked { .. }) => {
            (Proof::unprovable(fault.to_string()), None, Some(fault.to_string()))
        }
        Err(fault) => (Proof::unprovable(fault.to_string()), Some(fault.reason()), None),
    }
}

/// Evidence that a leg lacks, with its name unless all of them lack it.
fn lacking(legs: &[Box<dyn Leg>], benches: &[Workbench<'_>]) -> Option<String> {
    let found: Vec<(&'static str, String)> = (legs.iter().zip(benches))
        .filter_map(|(leg, bench)| Some((leg.kind().name(), bench.lacking()?)))
        .collect();
    let (leg, what) = found.first()?;
    Some(if found.len() == benches.len() { what.clone() } else { format!("{leg}: {what}") })
}

/// Where the loss is not smooth, along what the legs visit that do not hold.
fn kink(problem: &Problem, legs: &[Box<dyn Leg>], evidence: &[LegEvidence]) -> Option<String> {
    // What could not be measured at all has its own reason.
    let measured = |leg: &LegEvidence| leg.ladder.iter().any(|point| point.error.is_finite());
    let open = (legs.iter().zip(evidence))
        .filter(|(_, leg)| leg.finding != Finding::Holds && measured(leg));
    open.filter(|(leg, _)| leg.kind().has_power()).find_map(|(leg, _)| {
        // An error of order p needs as many derivatives of the gradient.
        let derivatives = leg.claimed_order().ceil() as usize;
        let paths = leg.visited();
        paths.iter().find_map(|path| first_kink(problem, path, derivatives)).map(|k| k.to_string())
    })
}

/// Measures each leg against the claim without its powers of ε: against the plain gradient flow.
fn without_powers(
    legs: &[Box<dyn Leg>],
    benches: &mut [Workbench<'_>],
) -> Vec<Option<LegEvidence>> {
    let one = |(leg, bench): (&dyn Leg, &mut Workbench<'_>)| {
        let plain = Variant::plain(leg.terms());
        let differs = plain != Variant::stated(leg.terms());
        (leg.has_clock() && differs).then(|| bench.slope(&plain))
    };
    legs.iter().map(AsRef::as_ref).zip(benches).map(one).collect()
}

/// Measures a sabotaged twin on every leg it concerns; coefficients are recovered only where no
/// slope has refuted it. A twin that is the claim itself on this loss is left out.
fn try_control(
    sabotage: &Sabotage,
    legs: &[Box<dyn Leg>],
    benches: &mut [Workbench<'_>],
) -> Result<ControlOutcome, LeftOut> {
    let concerned: Vec<usize> =
        (0..legs.len()).filter(|&i| legs[i].is_concerned_by(sabotage)).collect();
    if let Sabotage::Twin(name) = sabotage
        && concerned.iter().all(|&i| benches[i].coincides(name))
    {
        let reason = "on this loss it is what the claim is about".to_owned();
        return Err(LeftOut { name: name.clone(), reason });
    }
    let variants: Vec<Variant> =
        concerned.iter().map(|&i| Variant::sabotaged(legs[i].terms(), sabotage)).collect();
    if variants.iter().flat_map(|variant| &variant.terms).any(|term| !term.coefficient.is_defined())
    {
        let reason = "its coefficient needs integers beyond 128 bits".to_owned();
        return Err(LeftOut { name: sabotage.name(), reason });
    }
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
        Finding::RefutedByRemainder => Some(DecidedBy::Remainder),
        Finding::Holds | Finding::Undecided(_) => None,
    });
    let verdict = match decided_by {
        Some(_) => Verdict::Refuted,
        None if evidence.iter().all(|leg| leg.finding == Finding::Holds) => Verdict::Confirmed,
        None => Verdict::Inconclusive,
    };
    Ok(ControlOutcome { name: sabotage.name(), verdict, decided_by, legs: evidence })
}

#[cfg(test)]
mod tests;
