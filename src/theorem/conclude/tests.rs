//! What a verdict weighs, in which order, from synthetic evidence.

use super::*;
use crate::leg::LegKind::{self, Global, Identity, Step, Threshold};
use crate::leg::Remainder;
use crate::leg::synthetic::{evidence, fitted, half, ladder, left, unseen};
use crate::series::{Mismatch, ProofStatus, Rational};
use crate::theorem::FieldGap;

/// A control with this verdict.
fn control(name: &str, verdict: Verdict) -> ControlOutcome {
    ControlOutcome { name: name.to_owned(), verdict, decided_by: None, legs: Vec::new() }
}

/// Everything in favour of a claim, to be spoilt part by part.
struct Case {
    legs: Vec<LegEvidence>,
    missing: Vec<Missing>,
    coefficients: Vec<Recovered>,
    controls: Vec<ControlOutcome>,
    proof: Proof,
    expanded: Option<Expanded>,
    kink: Option<String>,
}

impl Case {
    fn good() -> Self {
        Case {
            legs: vec![evidence(Step, 3.0), evidence(Global, 2.0)],
            missing: Vec::new(),
            coefficients: vec![half(0.5, 1e-6)],
            controls: vec![control("omit", Verdict::Refuted), control("clock", Verdict::Refuted)],
            proof: Proof { status: ProofStatus::Proved, ..Proof::not_applicable() },
            expanded: None,
            kink: None,
        }
    }

    fn verdict(&self) -> (Verdict, String) {
        let (verdict, reason) = conclude(&Weighed {
            legs: &self.legs,
            missing: &self.missing,
            coefficients: &self.coefficients,
            controls: &self.controls,
            proof: &self.proof,
            expanded: self.expanded.as_ref(),
            kink: self.kink.clone(),
        });
        (verdict, reason.unwrap_or_default())
    }

    #[track_caller]
    fn is(&self, verdict: Verdict, reason: &str) {
        let (found, why) = self.verdict();
        assert!(found == verdict && why.contains(reason), "{found:?}: {why}");
    }

    fn with_failing_proof(mut self) -> Self {
        let number = |n: i64| Rational::from_integer(n.into());
        let failure = Mismatch {
            batches: 2,
            tree: "a[b]".to_owned(),
            power: 1,
            nodes: 2,
            actual: number(1),
            claimed: number(3),
        };
        self.proof.status = ProofStatus::Refuted;
        self.proof.first_failure = Some(failure);
        self
    }

    fn with_finding(mut self, finding: Finding) -> Self {
        self.legs[1].finding = finding;
        self
    }

    fn with_missing(mut self, leg: Option<LegKind>) -> Self {
        self.missing.push(Missing { leg, reason: "too many paths".to_owned() });
        self
    }
}

fn open() -> Finding {
    Finding::Undecided("too few points".to_owned())
}

#[test]
fn what_has_everything_is_confirmed_without_a_reason() {
    let (verdict, reason) = Case::good().verdict();
    assert_eq!((verdict, reason.as_str()), (Verdict::Confirmed, ""));
    // A claim needs neither terms nor controls nor a proof.
    let mut bare = Case::good();
    (bare.coefficients, bare.controls, bare.proof) = (vec![], vec![], Proof::not_applicable());
    bare.is(Verdict::Confirmed, "");
}

#[test]
fn an_expansion_refutes_only_where_it_is_another_field_on_the_loss_itself() {
    let gap = FieldGap { loss: "mlp".to_owned(), power: 1, relative: 1e-3 };
    let found = |status| {
        Some(Expanded { status, first_failure: Some(gap.clone()), ..Expanded::open(2, "") })
    };
    let mut case = Case::good();
    case.proof = Proof::not_applicable();
    for status in [ExpandedStatus::Open, ExpandedStatus::Expanded] {
        case.expanded = found(status);
        case.is(Verdict::Confirmed, "");
    }
    case.expanded = found(ExpandedStatus::Refuted);
    case.is(Verdict::Refuted, "expansion: ");
    case.is(Verdict::Refuted, "on mlp, at ε");
    // Where the loss is not smooth the hypothesis fails, and not the theorem.
    case.kink = Some("a jump".to_owned());
    case.is(Verdict::Confirmed, "");
}

#[test]
fn nothing_measured_is_nothing_confirmed() {
    let mut none = Case::good();
    none.legs.clear();
    none.is(Verdict::Inconclusive, "no leg");
    none.coefficients.clear();
    none.controls.clear();
    none.is(Verdict::Inconclusive, "no leg");
    none.with_missing(None).is(Verdict::Inconclusive, "no leg");
}

#[test]
fn one_refuting_leg_refutes_whatever_the_others_say() {
    for at in [0, 1] {
        for finding in
            [Finding::RefutedBySlope, Finding::RefutedByRecovery, Finding::RefutedByRemainder]
        {
            let mut case = Case::good();
            case.legs[at].finding = finding.clone();
            case.is(Verdict::Refuted, case.legs[at].kind.name());
            // An open leg before or after it does not save the claim.
            case.legs[1 - at].finding = open();
            case.is(Verdict::Refuted, case.legs[at].kind.name());
        }
    }
}

#[test]
fn a_refuting_proof_refutes_whatever_was_measured() {
    Case::good()
        .with_failing_proof()
        .is(Verdict::Refuted, "proof: the tree a[b] has coefficient 1");
    Case::good().with_failing_proof().with_finding(open()).is(Verdict::Refuted, "proof: ");
    let mut none = Case::good().with_failing_proof();
    none.legs.clear();
    none.is(Verdict::Refuted, "proof: ");
    let mut kinked = Case::good().with_failing_proof().with_finding(Finding::RefutedBySlope);
    kinked.is(Verdict::Refuted, "global: ");
    kinked.kink = Some("at w = 0".to_owned());
    kinked.is(Verdict::Refuted, "proof: ");
}

#[test]
fn where_a_loss_is_not_smooth_measurements_refute_nothing() {
    for finding in [Finding::RefutedBySlope, Finding::RefutedByRecovery, open()] {
        let mut case = Case::good().with_finding(finding);
        case.kink = Some("at w = 0".to_owned());
        case.is(Verdict::Inconclusive, "needs a smooth loss, and this one is not: at w = 0");
    }
    // A kink that did no harm changes nothing.
    let mut harmless = Case::good();
    harmless.kink = Some("at w = 0".to_owned());
    harmless.is(Verdict::Confirmed, "");
}

#[test]
fn an_open_leg_keeps_a_claim_open_and_is_named() {
    Case::good().with_finding(open()).is(Verdict::Inconclusive, "global: too few points");
    let mut case = Case::good().with_finding(open());
    case.coefficients = vec![unseen("penalty", None)];
    case.controls = vec![control("omit", Verdict::Confirmed)];
    case.is(Verdict::Inconclusive, "global: too few points");
}

#[test]
fn coefficients_that_no_leg_knows_keep_a_claim_open() {
    let mut case = Case::good();
    case.coefficients =
        vec![unseen("penalty", Some("it has no effect")), half(0.5, 1e-6), half(0.5, 1e-3)];
    case.is(
        Verdict::Inconclusive,
        "it has no effect; the coefficient of the penalty is known only",
    );
    case.coefficients = vec![half(0.500_002, 1e-6)];
    case.is(Verdict::Inconclusive, "just misses 1/2");
    case.coefficients = vec![half(0.500_000_9, 1e-6)];
    case.is(Verdict::Confirmed, "");
}

#[test]
fn a_control_that_is_not_refuted_keeps_a_claim_open() {
    for verdict in [Verdict::Confirmed, Verdict::Inconclusive, Verdict::Partial] {
        let mut case = Case::good();
        case.controls.push(control("negate", verdict));
        case.is(Verdict::Inconclusive, "the control \"negate\" was not refuted");
        case.coefficients = vec![unseen("penalty", None)];
        case.is(Verdict::Inconclusive, "cannot be told");
    }
}

#[test]
fn what_could_not_be_measured_makes_a_confirmation_partial() {
    let case = Case::good().with_missing(Some(Global));
    case.is(Verdict::Partial, "the global leg could not be measured: too many paths");
    Case::good().with_missing(None).is(Verdict::Partial, "a statement could not be measured");
    // Everything else comes first.
    let missing = || Case::good().with_missing(Some(Global));
    missing().with_finding(open()).is(Verdict::Inconclusive, "too few points");
    missing().with_failing_proof().is(Verdict::Refuted, "proof");
    let mut weak = missing();
    weak.controls.push(control("negate", Verdict::Inconclusive));
    weak.is(Verdict::Inconclusive, "negate");
}

#[test]
fn a_refutation_says_by_what() {
    let mut case = Case::good().with_finding(Finding::RefutedBySlope);
    case.legs[1].fit = Some(fitted(1.0, 0.01));
    case.is(Verdict::Refuted, "global: the order is 1.000 ± 0.010, not 2");
    case.legs[1].fit = None;
    case.legs[1].ladder = ladder(&[(1e-3, true), (0.5, true), (1e-9, false)]);
    case.is(Verdict::Refuted, "global: the two sides differ by 5.00e-1");

    let mut case = Case::good().with_finding(Finding::RefutedByRecovery);
    let named =
        |term: &'static str, value, bar| Recovered { term: term.into(), ..half(value, bar) };
    case.legs[1].recovered =
        vec![named("near", 0.51, 0.02), named("far", 0.6, 0.02), unseen("hidden", None)];
    case.is(Verdict::Refuted, "global: the far has coefficient 0.600 ± 0.020, not 1/2");
    // Far is counted in bars, not in size.
    case.legs[1].recovered = vec![named("near", 0.9, 0.2), named("far", 0.51, 0.001)];
    case.is(Verdict::Refuted, "the far has");
    case.legs[1].recovered.clear();
    case.is(Verdict::Refuted, "refuted by recovery");

    let mut case = Case::good().with_finding(Finding::RefutedByRemainder);
    case.legs[1].remainders = vec![left(0, 1e-7, 1e-6), left(1, 0.3, 0.01)];
    case.is(Verdict::Refuted, "does not name: 0.300 ± 0.010 of what is declared, not 0, at ε^1");
}

#[test]
fn each_term_is_read_off_the_leg_that_knows_it_best() {
    let named =
        |term: &'static str, value, bar| Recovered { term: term.into(), ..half(value, bar) };
    let leg = |recovered| LegEvidence { recovered, ..evidence(Step, 3.0) };
    let legs = [
        leg(vec![named("a", 0.1, 1e-3), named("b", 0.2, 1e-6), unseen("c", None)]),
        leg(vec![named("a", 0.3, 1e-4), named("b", 0.4, 1e-5), named("c", 0.5, 1.0)]),
        leg(vec![unseen("a", None), named("b", 0.6, 1e-6), unseen("d", None)]),
    ];
    let best = narrowest(&legs);
    let found: Vec<(&str, Option<f64>)> =
        best.iter().map(|r| (&*r.term, r.estimate.map(|e| e.value))).collect();
    assert_eq!(found, [("a", Some(0.3)), ("b", Some(0.2)), ("c", Some(0.5)), ("d", None)]);
    // Narrow is relative to the magnitude.
    let large = Recovered { magnitude: 50.0, ..named("a", 7.0, 1e-3) };
    let best = narrowest(&[leg(vec![named("a", 0.1, 1e-4)]), leg(vec![large])]);
    assert_eq!(best[0].estimate.map(|e| e.value), Some(7.0));
}

#[test]
fn what_would_have_shown_is_the_larger_of_bar_and_remainder() {
    let near = |found: f64, known: f64| assert!((found / known - 1.0).abs() < 1e-12, "{found}");
    let leg = |width: f64| {
        let remainder = Remainder { of_highest_term: true, ..left(1, 0.0, width) };
        LegEvidence { remainders: vec![remainder], ..evidence(Step, 3.0) }
    };
    // Bars of ½ count relative to it, the widest of several terms, the narrowest of several legs.
    near(detection_limit(&[leg(1e-5)], &[half(0.5, 1e-4), half(0.5, 1e-6)]), 2e-4);
    near(detection_limit(&[leg(1e-3), leg(1e-2)], &[half(0.5, 1e-4)]), 1e-3);
    near(detection_limit(&[evidence(Step, 3.0)], &[half(0.5, 1e-4)]), 2e-4);
    near(detection_limit(&[leg(1e-7)], &[]), 1e-7);
    let unknown = detection_limit(&[evidence(Step, 3.0)], &[unseen("a", None)]);
    assert!(unknown.is_nan(), "{unknown}");
    // Identities without terms: their largest difference.
    let mut identity = evidence(Identity, 0.0);
    identity.ladder = ladder(&[(1e-15, true), (3e-15, true)]);
    let mut threshold = evidence(Threshold, 0.0);
    threshold.ladder = ladder(&[(2e-15, true)]);
    near(detection_limit(&[identity.clone(), threshold], &[]), 3e-15);
    assert!(detection_limit(&[identity, evidence(Step, 3.0)], &[]).is_nan());
}
