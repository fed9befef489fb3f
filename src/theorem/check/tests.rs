//! What a check makes of twins, sabotage and panics, on legs whose truth is known.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::*;
use crate::leg::synthetic::{Made, wide};
use crate::leg::{Observation, Obstacle, Rung};
use crate::loss::preset;
use crate::scalar::Ratio;
use crate::theorem::statement::Statement;

/// Tries one control on these legs, stated first.
fn tried(legs: Vec<Made>, sabotage: &Sabotage) -> Result<ControlOutcome, LeftOut> {
    let legs: Vec<Box<dyn Leg>> =
        legs.into_iter().map(|leg| Box::new(leg) as Box<dyn Leg>).collect();
    let mut benches: Vec<Workbench<'_>> =
        legs.iter().map(|leg| Workbench::new(leg.as_ref())).collect();
    for bench in &mut benches {
        let _ = bench.stated();
    }
    try_control(sabotage, &legs, &mut benches)
}

fn named(name: &str) -> String {
    name.to_owned()
}

/// A leg on which nothing that a sabotage changes has an effect: its error is ε² whatever is predicted.
fn blind() -> Made {
    let error = Made::with_error(2.0, |eps| vec![eps * eps]);
    Made { clock: true, foreign: true, twins: vec!["doubled"], ..error }
}

/// The same whose twin is observed to be off by `off(ε)`.
fn with_twin(off: fn(f64) -> f64) -> Made {
    let observed = move |rung: &Rung, twin: Option<&str>| {
        let eps = rung.step_size;
        let more = if twin.is_some() { off(eps) } else { 0.0 };
        Ok(Observation { values: wide(&[eps * eps + more]), floor: 1e-25 })
    };
    Made { observed: Box::new(observed), ..blind() }
}

#[test]
fn a_twin_with_a_lower_order_is_refuted_by_its_slope() {
    let twin = Sabotage::Twin(named("doubled"));
    let found = tried(vec![with_twin(|eps| eps)], &twin).unwrap();
    assert_eq!((found.verdict, found.decided_by), (Verdict::Refuted, Some(DecidedBy::Slope)));
    assert_eq!((found.name.as_str(), found.legs.len()), ("doubled", 1));
    // One leg suffices, whichever it is.
    for legs in [
        vec![with_twin(|eps| eps), with_twin(|eps| eps * eps)],
        vec![with_twin(|eps| eps * eps), with_twin(|eps| eps)],
    ] {
        let found = tried(legs, &twin).unwrap();
        assert_eq!((found.verdict, found.decided_by), (Verdict::Refuted, Some(DecidedBy::Slope)));
        assert_eq!(found.legs.len(), 2);
    }
}

#[test]
fn a_twin_that_no_order_refutes_is_weighed_by_what_is_recovered() {
    let scaled = Sabotage::Scale(named("penalty"), Ratio::new(101, 100));
    let recovering = |truth| Made { recovery_decides: true, ..Made::with_penalty(truth) };
    let found = tried(vec![Made::with_penalty(0.25)], &Sabotage::Omit(named("penalty"))).unwrap();
    assert_eq!(found.verdict, Verdict::Refuted);
    assert_eq!(found.decided_by, Some(DecidedBy::Slope));
    assert!(found.legs[0].recovered.is_empty(), "refuted before anything is recovered");
    // An error of 1e-5 ε beside ε²: the slope does not see it, the coefficient does.
    let slight = Sabotage::Scale(named("penalty"), Ratio::new(100_004, 100_000));
    let found = tried(vec![Made::with_penalty(0.25)], &slight).unwrap();
    assert_eq!((found.verdict, found.decided_by), (Verdict::Refuted, Some(DecidedBy::Recovery)));
    assert_eq!(found.legs[0].recovered.len(), 1);
    let found = tried(vec![recovering(0.25)], &scaled).unwrap();
    assert_eq!(found.verdict, Verdict::Refuted);
    // A foreign term is no coefficient: what is left shows it.
    let foreign = Sabotage::Foreign(Ratio::new(1, 100_000));
    let found = tried(vec![Made::with_penalty(0.25)], &foreign).unwrap();
    assert_eq!((found.verdict, found.decided_by), (Verdict::Refuted, Some(DecidedBy::Remainder)));
}

#[test]
fn a_twin_that_holds_everywhere_is_confirmed_and_one_that_is_open_anywhere_is_not() {
    for sabotage in [Sabotage::Clock(Ratio::new(101, 100)), Sabotage::Foreign(Ratio::new(1, 100))] {
        let found = tried(vec![blind(), blind()], &sabotage).unwrap();
        assert_eq!((found.verdict, found.decided_by), (Verdict::Confirmed, None));
        assert_eq!(found.legs.len(), 2);
    }
    let twin = Sabotage::Twin(named("doubled"));
    // Off by more than the floor, but of the right order.
    let found = tried(vec![with_twin(|eps| eps * eps)], &twin).unwrap();
    assert_eq!(found.verdict, Verdict::Confirmed);
    let restless = with_twin(|eps| 0.9 * eps * eps * (4.0 * eps.ln()).sin());
    let found = tried(vec![restless, with_twin(|eps| eps * eps)], &twin).unwrap();
    assert_eq!((found.verdict, found.decided_by), (Verdict::Inconclusive, None));
}

#[test]
fn only_the_legs_that_a_sabotage_concerns_are_measured() {
    let other = Made { clock: false, twins: vec![], ..blind() };
    let found = tried(vec![other, blind()], &Sabotage::Clock(Ratio::new(101, 100))).unwrap();
    assert_eq!(found.legs.len(), 1);
}

#[test]
fn a_twin_that_is_the_claim_is_left_out_and_named() {
    let twin = Sabotage::Twin(named("doubled"));
    let out = tried(vec![with_twin(|_| 0.0), blind()], &twin).unwrap_err();
    assert_eq!(out.name, "doubled");
    assert!(out.reason.contains("what the claim is about"), "{}", out.reason);
    // Different on one leg it is another.
    assert!(tried(vec![with_twin(|_| 0.0), with_twin(|eps| eps)], &twin).is_ok());
}

#[test]
fn a_control_whose_coefficient_is_no_ratio_is_left_out_and_named() {
    let undefined = Ratio::new(1, 1) / Ratio::new(0, 1);
    let scale = Sabotage::Scale(named("penalty"), undefined);
    let out = tried(vec![Made::with_penalty(0.25)], &scale).unwrap_err();
    assert!(out.name.starts_with("penalty ×") && out.reason.contains("128 bits"), "{out:?}");
}

/// A statement that makes its legs once.
struct Once(Mutex<Vec<Box<dyn Leg>>>);

impl Statement for Once {
    fn legs(&self, _: &Problem, _: &Settings) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        Ok(std::mem::take(&mut *self.0.lock().unwrap()))
    }
}

fn checked(legs: Vec<Made>, settings: &Settings) -> Outcome {
    let legs = legs.into_iter().map(|leg| Box::new(leg) as Box<dyn Leg>).collect();
    let theorem = Theorem::new("made").stating(Once(Mutex::new(legs)));
    check(&theorem, &preset("quadratic", None, None, 1).unwrap(), settings).unwrap()
}

#[test]
fn a_check_confirms_what_is_true_and_refutes_every_control() {
    let outcome = checked(vec![Made::with_penalty(0.25)], &Settings::default());
    outcome.assert_confirmed();
    let names: Vec<&str> = outcome.controls.iter().map(|c| c.name.as_str()).collect();
    let known = [
        "omit penalty",
        "negate penalty",
        "penalty ×1.01",
        "wrong clock",
        "foreign term of 1 %",
        "doubled",
    ];
    assert_eq!(names, known);
    assert!(outcome.controls.iter().all(|c| c.verdict == Verdict::Refuted));
    assert_eq!((outcome.coefficients.len(), outcome.left_out.len()), (1, 0));
    assert!(outcome.detection_limit > 0.0 && outcome.detection_limit < 1e-8);
    // Beside it stands the claim without its powers of ε.
    let plain = outcome.plain[0].as_ref().unwrap();
    assert!((plain.fit.as_ref().unwrap().order - 1.0).abs() < 0.1);
    assert_eq!(plain.finding, Finding::RefutedBySlope);
    let quick = Settings { controls: false, ..Settings::default() };
    let bare = checked(vec![Made::with_penalty(0.25)], &quick);
    assert!(bare.controls.is_empty() && bare.plain.is_empty());
    assert_eq!(bare.verdict, Verdict::Confirmed);
}

#[test]
fn a_check_without_power_is_not_confirmed() {
    let outcome = checked(vec![blind()], &Settings::default());
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.reason.unwrap().contains("the control \"wrong clock\" was not refuted"));
    // Its twin is observed to be the claim itself.
    assert_eq!(outcome.left_out.len(), 1);
    assert!(outcome.controls.iter().all(|c| c.verdict == Verdict::Confirmed));
    assert!(outcome.plain[0].is_none());
}

#[test]
fn what_does_not_hold_is_refuted_without_controls() {
    for truth in [0.3, 0.2501, -0.25] {
        let outcome = checked(vec![Made::with_penalty(truth)], &Settings::default());
        assert_eq!(outcome.verdict, Verdict::Refuted, "{truth}: {:?}", outcome.reason);
        assert!(outcome.controls.is_empty());
    }
    let open = Made::with_error(2.0, |eps| vec![eps * eps * (1.0 + 0.9 * (4.0 * eps.ln()).sin())]);
    let outcome = checked(vec![open, Made::with_penalty(0.25)], &Settings::default());
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.controls.is_empty());
}

#[test]
fn a_sabotage_in_the_claims_place_is_judged_like_a_claim() {
    let with = |sabotage: Sabotage, leg: Made| {
        let settings = Settings { sabotage: Some(sabotage), ..Settings::default() };
        checked(vec![leg], &settings)
    };
    for sabotage in [
        Sabotage::Omit(named("penalty")),
        Sabotage::Negate(named("penalty")),
        Sabotage::Scale(named("penalty"), Ratio::new(101, 100)),
        Sabotage::Clock(Ratio::new(101, 100)),
        Sabotage::Foreign(Ratio::new(1, 100)),
        Sabotage::Twin(named("doubled")),
    ] {
        let outcome = with(sabotage.clone(), Made::with_penalty(0.25));
        assert_eq!(outcome.verdict, Verdict::Refuted, "{sabotage:?}: {:?}", outcome.reason);
        assert!(outcome.controls.is_empty());
    }
    // What mends a false claim is confirmed; what concerns nothing leaves the claim.
    let doubled = Sabotage::Scale(named("penalty"), Ratio::new(2, 1));
    assert_eq!(with(doubled, Made::with_penalty(0.5)).verdict, Verdict::Confirmed);
    let nothing = Sabotage::Omit(named("friction"));
    assert_eq!(with(nothing.clone(), Made::with_penalty(0.25)).verdict, Verdict::Confirmed);
    assert_eq!(with(nothing, Made::with_penalty(0.5)).verdict, Verdict::Refuted);
    // A twin that is the claim itself decides nothing.
    let outcome = with(Sabotage::Twin(named("doubled")), with_twin(|_| 0.0));
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.reason.unwrap().contains("is the claim itself"));
    let outcome = with(Sabotage::Twin(named("doubled")), with_twin(|eps| eps));
    assert_eq!(outcome.verdict, Verdict::Refuted);
}

/// A claim of order 2 whose errors are of order 3, sabotaged down to 2: refuted by what the claim reaches.
#[test]
fn a_sabotage_is_judged_by_what_the_claim_really_reaches() {
    let observed = |rung: &Rung, twin: Option<&str>| {
        let order = if twin.is_some() { 2 } else { 3 };
        Ok(Observation { values: wide(&[rung.step_size.powi(order)]), floor: 1e-25 })
    };
    let leg = || Made { observed: Box::new(observed), ..blind() };
    let twin = Sabotage::Twin(named("doubled"));
    let found = tried(vec![leg()], &twin).unwrap();
    assert_eq!(found.verdict, Verdict::Refuted);
    let settings = Settings { sabotage: Some(twin), ..Settings::default() };
    assert_eq!(checked(vec![leg()], &settings).verdict, Verdict::Refuted);
}

#[test]
fn a_panic_is_a_cell_without_a_verdict_and_its_message() {
    let panicking = |formatted: bool| {
        let observed = move |rung: &Rung, _: Option<&str>| -> Result<Observation, Obstacle> {
            if formatted {
                panic!("no batch at {}", rung.blocks);
            }
            panic!("out of batches");
        };
        Made { observed: Box::new(observed), ..blind() }
    };
    for (formatted, said) in [(true, "it panicked: no batch at 1"), (false, "out of batches")] {
        let outcome = checked(vec![panicking(formatted)], &Settings::default());
        assert_eq!(outcome.verdict, Verdict::Inconclusive);
        assert!(outcome.reason.as_deref().unwrap().contains(said), "{:?}", outcome.reason);
        assert!(outcome.seconds >= 0.0 && outcome.legs.is_empty());
    }
}

#[test]
fn the_time_of_a_check_is_what_it_computed_not_what_it_waited_for() {
    let waiting = |rung: &Rung, _: Option<&str>| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(Observation { values: wide(&[rung.step_size.powi(3)]), floor: 1e-25 })
    };
    let began = Instant::now();
    let outcome = checked(
        vec![Made { observed: Box::new(waiting), ..blind() }],
        &Settings { prove: false, ..Settings::default() },
    );
    let waited = began.elapsed().as_secs_f64();
    assert!(outcome.seconds > 0.0 && waited > 0.1);
    assert!(outcome.seconds < 0.5 * waited, "{} of {waited}", outcome.seconds);
}

#[test]
fn a_horizon_is_a_finite_time_above_zero() {
    for horizon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings = Settings { horizon: Some(horizon), ..Settings::default() };
        let theorem = Theorem::new("made").stating(Once(Mutex::new(Vec::new())));
        let problem = preset("quadratic", None, None, 1).unwrap();
        let why = check(&theorem, &problem, &settings).map(|_| ()).unwrap_err();
        assert!(why.to_string().contains(&format!("not {horizon}")), "{why}");
    }
}
