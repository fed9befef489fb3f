//! What a workbench makes of legs whose truth is known in closed form.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(clippy::float_cmp)] // numbers that are only passed on arrive unchanged

use super::coefficients::number;
use super::*;
use crate::flow::Term;
use crate::leg::synthetic::{Made, halvings, wide};

fn near(found: f64, known: f64, bar: f64) {
    assert!((found - known).abs() <= bar, "{found} is not {known}");
}

/// The claim as stated, measured and recovered.
fn stated(leg: &Made) -> LegEvidence {
    let mut bench = Workbench::new(leg);
    let slope = bench.stated();
    bench.recover(&Variant::stated(leg.terms()), slope)
}

fn is_open(evidence: &LegEvidence, reason: &str) {
    match &evidence.finding {
        Finding::Undecided(why) => assert!(why.contains(reason), "{why}"),
        other => panic!("{other:?}: {reason}"),
    }
}

#[test]
fn a_true_claim_holds_with_its_coefficient_and_nothing_left() {
    let evidence = stated(&Made::with_penalty(0.25));
    assert_eq!(evidence.finding, Finding::Holds);
    assert_eq!(evidence.sharper, None);
    assert_eq!(evidence.ladder.len(), 8);
    let [penalty] = evidence.recovered.as_slice() else { panic!("{:?}", evidence.recovered) };
    assert_eq!((&*penalty.term, penalty.claimed), ("penalty", Ratio::new(1, 4)));
    near(penalty.magnitude, 0.25, 0.0);
    let estimate = penalty.estimate.unwrap();
    assert!(estimate.half_width < 1e-9 && (estimate.value - 0.25).abs() <= estimate.half_width);
    let powers: Vec<(u32, bool)> =
        evidence.remainders.iter().map(|r| (r.power, r.of_highest_term)).collect();
    assert_eq!(powers, [(0, false), (1, true)]);
    assert!(evidence.remainders.iter().all(|r| r.bars() < 1.0 && r.estimate.half_width < 1e-9));
}

#[test]
fn a_false_coefficient_is_read_as_it_is() {
    for truth in [0.2502, 0.251, 0.26, 0.0, -0.25, 3.0] {
        let leg = Made::with_penalty(truth);
        let mut bench = Workbench::new(&leg);
        let variant = Variant::stated(leg.terms());
        let slope = bench.slope(&variant);
        let evidence = bench.recover(&variant, slope);
        assert!(
            matches!(evidence.finding, Finding::RefutedBySlope | Finding::RefutedByRecovery),
            "{truth}: {:?}",
            evidence.finding
        );
        near(evidence.recovered[0].estimate.unwrap().value, truth, 1e-9);
        // Whatever was claimed: also of a claim without it.
        let mut absent = Variant::stated(leg.terms());
        absent.terms[0].coefficient = Ratio::new(0, 1);
        let slope = bench.slope(&absent);
        let without = bench.recover(&absent, slope).recovered.remove(0);
        near(without.estimate.unwrap().value, truth, 1e-9);
        assert_eq!((without.claimed, without.magnitude), (Ratio::new(0, 1), 0.25));
    }
}

/// A leg of order 4 without any declared effect at most powers: k ε^q is added to what is observed.
fn with_rest(kind: LegKind, k: f64, power: i32) -> Made {
    let observed = move |rung: &Rung, _: Option<&str>| {
        let eps = rung.step_size;
        let values = [1.0 + 0.25 * eps, 2.0 + k * eps.powi(power) + 5.0 * eps.powi(4)];
        Ok(Observation { values: wide(&values), floor: 1e-16 })
    };
    Made { kind, order: 4.0, observed: Box::new(observed), ..Made::with_penalty(0.25) }
}

#[test]
fn what_is_left_is_measured_at_each_power_in_its_own_unit() {
    // Time moves (1, 2) in a span of 0.1, which the coarsest rung is.
    let time = 5.0_f64.sqrt();
    for (power, unit) in [(0, time), (1, 0.25), (2, time * 1e2), (3, time * 1e3)] {
        let share = 1e-3;
        let evidence = stated(&with_rest(LegKind::Global, share * unit, power));
        assert_eq!(evidence.remainders.len(), 4.min(1 + power as usize + 3));
        let at = evidence.remainders.iter().find(|r| r.power == power as u32).unwrap();
        near(at.estimate.value, share, 1e-3 * share);
        assert_eq!(at.of_highest_term, power == 1);
        assert!(at.bars() > 2.0);
        let refuted = [Finding::RefutedBySlope, Finding::RefutedByRemainder];
        assert!(refuted.contains(&evidence.finding), "{power}: {:?}", evidence.finding);
        // Below it nothing is left.
        assert!(evidence.remainders.iter().all(|r| r.power >= power as u32 || r.bars() < 1.0));
    }
}

/// Over one step a term with the power 1 enters at ε²: there its own effect is the unit.
#[test]
fn over_a_step_terms_enter_one_power_later() {
    let of_a_step = |k: f64| {
        let observed = move |rung: &Rung, _: Option<&str>| {
            let eps = rung.step_size;
            let values = [eps + 0.25 * eps * eps, 2.0 * eps + k * eps * eps + eps.powi(3)];
            Ok(Observation { values: wide(&values), floor: 1e-17 })
        };
        let predicted = |rung: &Rung, claim: &Variant| {
            let (c, eps) = (f64::from_ratio(claim.terms[0].coefficient), rung.step_size);
            let clock = f64::from_ratio(claim.clock);
            Ok(wide(&[clock * eps + c * eps * eps, 2.0 * clock * eps]))
        };
        Made {
            kind: LegKind::Step,
            order: 3.0,
            rungs: halvings(0.1, 8).iter().map(|r| Rung { blocks: 1, ..*r }).collect(),
            observed: Box::new(observed),
            predicted: Box::new(predicted),
            ..Made::with_penalty(0.25)
        }
    };
    let evidence = stated(&of_a_step(0.0));
    assert_eq!(evidence.finding, Finding::Holds);
    let powers: Vec<(u32, bool)> =
        evidence.remainders.iter().map(|r| (r.power, r.of_highest_term)).collect();
    assert_eq!(powers, [(0, false), (1, false), (2, true)]);
    let spoilt = stated(&of_a_step(1e-3));
    near(spoilt.remainder().unwrap().estimate.value, 4e-3, 1e-6);
    assert_eq!(spoilt.remainder().unwrap().power, 2);
}

#[test]
fn without_a_clock_what_is_left_is_measured_by_what_is_predicted() {
    let leg = Made { clock: false, ..with_rest(LegKind::Equilibrium, 1e-3, 0) };
    let at = stated(&leg).remainders[0];
    // (1 + ε/4, 2) at ε = 0.1.
    near(at.estimate.value, 1e-3 / 1.025_f64.hypot(2.0), 1e-9);
}

#[test]
fn a_sharper_claim_is_noted_and_its_twins_are_judged_by_it() {
    let observed = |rung: &Rung, twin: Option<&str>| {
        let order = if twin.is_some() { 2 } else { 3 };
        let values = wide(&[rung.step_size.powi(order)]);
        Ok(Observation { values, floor: 1e-25 })
    };
    let leg = Made {
        observed: Box::new(observed),
        twins: vec!["slower"],
        ..Made::with_error(2.0, |_| Vec::new())
    };
    let twin = Variant { twin: Some("slower".to_owned()), ..Variant::stated(leg.terms()) };
    let mut bench = Workbench::new(&leg);
    assert_eq!(bench.slope(&twin).finding, Finding::Holds);
    let evidence = bench.stated();
    assert_eq!((evidence.sharper, evidence.claimed_order), (Some(3.0), 2.0));
    assert_eq!(evidence.finding, Finding::Holds);
    let judged = bench.slope(&twin);
    assert_eq!((judged.finding, judged.claimed_order), (Finding::RefutedBySlope, 3.0));
    // The remainders stay those below the order that is claimed.
    let recovered = bench.recover(&Variant::stated(leg.terms()), evidence);
    assert!(recovered.remainders.iter().all(|r| r.power < 2));
}

/// ε² times a factor that never settles.
fn restless(eps: f64) -> Vec<f64> {
    vec![eps * eps * (1.0 + 0.9 * (4.0 * eps.ln()).sin())]
}

#[test]
fn a_ladder_that_has_not_settled_gets_up_to_six_finer_rungs() {
    let finest = 0.1 / 128.0;
    for (limit, rungs) in [(0.0, 14), (finest / 64.0, 14), (finest / 4.0, 10), (finest, 8)] {
        let leg = Made { finest: limit, ..Made::with_error(2.0, restless) };
        let evidence = Workbench::new(&leg).stated();
        assert_eq!(evidence.ladder.len(), rungs, "{limit}");
        is_open(&evidence, "");
        for (j, point) in evidence.ladder.iter().enumerate() {
            let eps = 0.1 / f64::powi(2.0, j as i32);
            assert!((point.step_size - eps).abs() < 1e-15);
            near(point.error, restless(eps)[0], 1e-15);
        }
    }
    let settled = Made { finest: 0.0, ..Made::with_error(2.0, |eps| vec![eps * eps]) };
    assert_eq!(Workbench::new(&settled).stated().ladder.len(), 8);
    // Refuted is decided; below the floor there is nothing finer to see.
    let refuted = Made { finest: 0.0, ..Made::with_error(2.0, |eps| vec![eps]) };
    assert_eq!(Workbench::new(&refuted).stated().ladder.len(), 8);
    let agreement = Ok(Agreement { disagreement: 1e-8, lacking: None });
    let sunk = Made { finest: 0.0, agreement, ..Made::with_error(2.0, restless) };
    assert_eq!(Workbench::new(&sunk).stated().ladder.len(), 8);
}

/// Two rungs more, and the error is a power law that the first eight hide.
#[test]
fn finer_rungs_may_decide() {
    let bumpy = |eps: f64| {
        let bump = if eps > 0.02 { 4.0 * (eps / 0.1).powi(3) } else { 0.0 };
        vec![eps * eps * (1.0 + bump)]
    };
    let few = Made { rungs: halvings(0.1, 6), ..Made::with_error(2.0, bumpy) };
    let before = Workbench::new(&few).stated();
    let leg = Made { finest: 0.0, ..few };
    let after = Workbench::new(&leg).stated();
    assert!(after.ladder.len() > before.ladder.len(), "{before:?}");
    let width = |evidence: &LegEvidence| evidence.fit.as_ref().unwrap().half_width;
    assert!(width(&after) < width(&before));
}

#[test]
fn an_effect_that_falls_as_fast_as_the_error_has_no_coefficient() {
    // The effect has to stay half an order below the error's 2.
    for (power, shows) in [(1.0, true), (1.45, true), (1.55, false), (2.0, false)] {
        let observed = move |rung: &Rung, _: Option<&str>| {
            let eps = rung.step_size;
            Ok(Observation { values: wide(&[0.25 * eps.powf(power) + eps * eps]), floor: 1e-16 })
        };
        let predicted = move |rung: &Rung, claim: &Variant| {
            let c = f64::from_ratio(claim.terms[0].coefficient);
            Ok(wide(&[c * rung.step_size.powf(power)]))
        };
        let leg = Made {
            observed: Box::new(observed),
            predicted: Box::new(predicted),
            clock: false,
            ..Made::with_penalty(0.25)
        };
        let evidence = stated(&leg);
        let recovered = &evidence.recovered[0];
        assert_eq!(recovered.estimate.is_some(), shows, "{power}");
        if !shows {
            let why = recovered.hidden.as_deref().unwrap();
            assert!(why.contains("as fast as the error, whose order is 2"), "{why}");
        }
    }
}

/// A leg in `dim` coordinates whose k-th term has the effect `along[k]` · ε.
fn with_effects(along: &'static [(&'static str, &'static [f64])]) -> Made {
    let sum = move |c: &[f64], eps: f64| -> Vec<f64> {
        let dim = along[0].1.len();
        let entry = |i: usize| c.iter().zip(along).map(|(c, (_, v))| c * v[i] * eps).sum::<f64>();
        (0..dim).map(entry).collect()
    };
    let observed = move |rung: &Rung, _: Option<&str>| {
        let (ones, eps) = (vec![1.0; along.len()], rung.step_size);
        let values: Vec<f64> = sum(&ones, eps).iter().map(|x| x + eps * eps).collect();
        Ok(Observation { values: wide(&values), floor: 1e-16 })
    };
    let predicted = move |rung: &Rung, claim: &Variant| {
        let c: Vec<f64> = claim.terms.iter().map(|t| f64::from_ratio(t.coefficient)).collect();
        Ok(wide(&sum(&c, rung.step_size)))
    };
    Made {
        terms: along.iter().map(|&(name, _)| Term::new(name, 1, 1, 1)).collect(),
        observed: Box::new(observed),
        predicted: Box::new(predicted),
        clock: false,
        ..Made::with_penalty(1.0)
    }
}

#[test]
fn terms_without_a_coefficient_of_their_own_say_why() {
    let hidden = |along| -> Vec<Option<String>> {
        stated(&with_effects(along)).recovered.into_iter().map(|r| r.hidden).collect()
    };
    let said = |why: &str| Some(why.to_owned());
    assert_eq!(hidden(&[("a", &[1.0, 0.0]), ("b", &[1.0, 1.0])]), [None, None]);
    assert_eq!(hidden(&[("a", &[1.0, 0.0]), ("b", &[0.0, 0.0])]), [None, said("it has no effect")]);
    assert_eq!(
        hidden(&[("a", &[1.0, 2.0]), ("b", &[2.0, 4.0])]),
        [said("it has the same effect as the b"), said("it has the same effect as the a")]
    );
    let many = said("three effects cannot be told apart in two parameters");
    let three = hidden(&[("a", &[1.0, 0.0]), ("b", &[0.0, 1.0]), ("c", &[1.0, 1.0])]);
    assert_eq!(three, [many.clone(), many.clone(), many]);
    let two = said("two effects cannot be told apart in one parameter");
    assert_eq!(hidden(&[("a", &[1.0]), ("b", &[2.0])]), [two.clone(), two]);
    let sums = hidden(&[("a", &[1.0, 0.0, 0.0]), ("b", &[0.0, 1.0, 0.0]), ("c", &[1.0, 1.0, 0.0])]);
    assert_eq!(sums[2], said("its effect is a combination of those of the a and the b"));
    assert_eq!(number(0), "no");
    assert_eq!(number(9), "nine");
    assert_eq!(number(10), "10");
}

/// An identity whose sides differ by (c − ½) v at every sample.
fn identity(truth: f64, floor: f64) -> Made {
    let observed = move |rung: &Rung, _: Option<&str>| {
        let v = rung.blocks as f64;
        Ok(Observation { values: wide(&[truth * v, 1.0]), floor })
    };
    let predicted = |rung: &Rung, claim: &Variant| {
        let c = f64::from_ratio(claim.terms[0].coefficient);
        Ok(wide(&[c * rung.blocks as f64, 1.0]))
    };
    Made {
        kind: LegKind::Identity,
        order: 0.0,
        terms: vec![Term::new("share", 1, 2, 0)],
        rungs: (1..=4).map(|blocks| Rung { step_size: 0.0, blocks }).collect(),
        observed: Box::new(observed),
        predicted: Box::new(predicted),
        clock: false,
        ..Made::with_penalty(0.5)
    }
}

#[test]
fn an_identity_is_recovered_from_all_samples_at_once() {
    let evidence = stated(&identity(0.5, 1e-16));
    assert_eq!(evidence.finding, Finding::Holds);
    assert!(evidence.remainders.is_empty() && evidence.fit.is_none());
    assert!(evidence.ladder.iter().all(|p| p.used));
    let bar = evidence.recovered[0].estimate.unwrap();
    // Noise 2e-16 of the stacked floors over the effect ½ √(1 + 4 + 9 + 16), times ½, and ulps; a
    // hundredfold.
    near(bar.half_width, 100.0 * (2e-16 / 30.0_f64.sqrt() + f64::EPSILON / 2.0), 1e-18);
    let false_one = stated(&identity(0.5 + 1e-9, 1e-16));
    assert_eq!(false_one.finding, Finding::RefutedBySlope);
    near(false_one.recovered[0].estimate.unwrap().value, 0.5 + 1e-9, 1e-13);
}

#[test]
fn a_sample_that_is_not_finite_leaves_an_identity_open() {
    let observed = |rung: &Rung, _: Option<&str>| {
        let x = if rung.blocks == 2 { f64::NAN } else { 1.0 };
        Ok(Observation { values: wide(&[x, 1.0]), floor: 1e-16 })
    };
    let leg = Made { observed: Box::new(observed), ..identity(0.5, 1e-16) };
    let evidence = Workbench::new(&leg).slope(&Variant::stated(leg.terms()));
    is_open(&evidence, "not finite");
    let used: Vec<bool> = evidence.ladder.iter().map(|p| p.used).collect();
    assert_eq!(used, [true, false, true, true]);
}

#[test]
fn bounds_are_fitted_without_a_next_term() {
    let leg = Made {
        kind: LegKind::Bound,
        ..Made::with_error(0.5, |eps| vec![eps.powf(0.75) * (1.0 + 3.0 * eps)])
    };
    let evidence = stated(&leg);
    let fit = evidence.fit.as_ref().unwrap();
    assert_eq!(fit.next_term, 0.0);
    assert_eq!(evidence.finding, Finding::Holds);
    assert!(evidence.remainders.is_empty());
}

#[test]
fn the_agreement_is_a_floor_under_every_rung() {
    let with = |disagreement: f64| {
        let agreement = Ok(Agreement { disagreement, lacking: None });
        let leg = Made { agreement, ..Made::with_error(2.0, |eps| vec![eps * eps]) };
        let evidence = Workbench::new(&leg).slope(&Variant::stated(leg.terms()));
        (evidence.ladder.iter().filter(|p| p.used).count(), evidence)
    };
    // Errors 1e-2, 2.5e-3, 6.25e-4, 1.56e-4, 3.9e-5, 9.8e-6, 2.4e-6, 6.1e-7.
    for (disagreement, used) in [(0.0, 8), (6e-9, 8), (7e-9, 7), (3.8e-7, 5), (4e-7, 4)] {
        let (found, evidence) = with(disagreement);
        assert_eq!(found, used, "{disagreement}");
        assert_eq!(evidence.fit.is_some(), used >= 5);
    }
    let (used, evidence) = with(f64::NAN);
    assert_eq!(used, 0);
    is_open(&evidence, "only 0 of 8");
    let failed = Err(Obstacle::NotFinite { what: "reference" });
    let leg = Made { agreement: failed, ..Made::with_error(2.0, |eps| vec![eps * eps]) };
    let mut bench = Workbench::new(&leg);
    let evidence = bench.stated();
    is_open(&evidence, "the reference is not finite");
    assert!(
        evidence.ladder.len() == 8 && evidence.ladder.iter().all(|p| p.error.is_nan() && !p.used)
    );
    assert_eq!(bench.lacking(), None);
    // What was not measured is not recovered.
    assert!(bench.recover(&Variant::stated(leg.terms()), evidence).remainders.is_empty());
}

#[test]
fn lacking_evidence_is_passed_on() {
    let agreement = Ok(Agreement { disagreement: 0.0, lacking: Some("a second".to_owned()) });
    let leg = Made { agreement, ..Made::with_error(2.0, |eps| vec![eps * eps]) };
    let mut bench = Workbench::new(&leg);
    assert_eq!(bench.lacking(), None);
    let _ = bench.stated();
    assert_eq!(bench.lacking().as_deref(), Some("a second"));
}

#[test]
fn a_twin_coincides_within_the_floors_at_every_rung() {
    let with = |off: &'static (dyn Fn(f64) -> f64 + Sync), own: f64, other: f64| {
        let observed = move |rung: &Rung, twin: Option<&str>| {
            let x = if twin.is_some() { 1.0 + off(rung.step_size) } else { 1.0 };
            let floor = if twin.is_some() { other } else { own };
            Ok(Observation { values: wide(&[x]), floor })
        };
        let leg = Made { observed: Box::new(observed), ..Made::with_error(2.0, |_| Vec::new()) };
        Workbench::new(&leg).coincides("twin")
    };
    assert!(with(&|_| 0.0, 0.0, 0.0));
    assert!(with(&|_| 0.9e-9, 1e-9, 0.0) && with(&|_| 0.9e-9, 0.0, 1e-9));
    assert!(!with(&|_| 1.1e-9, 1e-9, 1e-9));
    assert!(!with(&|eps| if eps < 1e-3 { 1e-8 } else { 0.0 }, 1e-9, 1e-9));
    assert!(!with(&|_| f64::NAN, 1e-9, 1e-9));
    let observed = |_: &Rung, twin: Option<&str>| match twin {
        None => Ok(Observation { values: wide(&[1.0]), floor: 1e-9 }),
        Some(_) => Err(Obstacle::NotFinite { what: "gradient" }),
    };
    let leg = Made { observed: Box::new(observed), ..Made::with_error(2.0, |_| Vec::new()) };
    assert!(!Workbench::new(&leg).coincides("twin"));
}

/// Beyond the end of the flow without powers of ε a claim about small ε says nothing.
#[test]
fn a_plain_flow_that_ends_early_leaves_a_leg_with_a_clock_open() {
    for clock in [true, false] {
        let predicted = |_: &Rung, claim: &Variant| {
            if claim.terms[0].coefficient.is_zero() {
                return Err(Obstacle::NotFinite { what: "plain flow" });
            }
            Ok(Vec::new())
        };
        let leg = Made {
            terms: vec![Term::new("penalty", 1, 4, 1)],
            predicted: Box::new(predicted),
            clock,
            ..Made::with_error(2.0, |eps| vec![eps * eps])
        };
        let evidence = Workbench::new(&leg).slope(&Variant::stated(leg.terms()));
        assert_eq!(matches!(evidence.finding, Finding::Undecided(_)), clock);
        if clock {
            is_open(&evidence, "the plain flow is not finite");
        }
    }
}

#[test]
fn a_coefficient_that_is_no_ratio_is_not_measured() {
    let leg = Made::with_penalty(0.25);
    let mut variant = Variant::stated(leg.terms());
    variant.terms[0].coefficient = Ratio::new(1, 3) / Ratio::new(0, 1);
    is_open(&Workbench::new(&leg).slope(&variant), "the coefficient of the penalty is undefined");
}

#[test]
fn an_obstacle_to_observing_is_the_reason() {
    let observed = |rung: &Rung, _: Option<&str>| {
        if rung.step_size < 0.01 {
            return Err(Obstacle::NotFinite { what: "gradient" });
        }
        Ok(Observation { values: wide(&[1.0]), floor: 0.0 })
    };
    let leg = Made { observed: Box::new(observed), ..Made::with_error(2.0, |_| Vec::new()) };
    is_open(&Workbench::new(&leg).stated(), "the gradient is not finite");
}

/// A leg whose observation, or prediction, is right for that many calls and off in the last bit from then on.
fn turning(observed_after: usize, predicted_after: usize) -> Made {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    let steady = Made::with_penalty(0.25);
    let (seen, said) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let off =
        |values: &mut [DoubleDouble]| values[0] = DoubleDouble::from_parts(values[0].hi(), 1e-30);
    let (observed, predicted) = (steady.observed, steady.predicted);
    Made {
        observed: Box::new(move |rung, twin| {
            let mut found = observed(rung, twin)?;
            if seen.fetch_add(1, Relaxed) >= observed_after {
                off(&mut found.values);
            }
            Ok(found)
        }),
        predicted: Box::new(move |rung, claim| {
            let mut found = predicted(rung, claim)?;
            if said.fetch_add(1, Relaxed) >= predicted_after {
                off(&mut found);
            }
            Ok(found)
        }),
        ..Made::with_penalty(0.25)
    }
}

#[test]
fn what_answers_otherwise_when_it_is_asked_again_has_changed() {
    let changed = |leg: &Made| {
        let mut bench = Workbench::new(leg);
        let before = bench.answers();
        let _ = bench.stated();
        bench.changed_since(&before)
    };
    let never = usize::MAX;
    assert_eq!(changed(&turning(never, never)), None);
    // Off from the first call on is another method or flow, not a state.
    assert_eq!(changed(&turning(0, 0)), None);
    // The ladder has eight rungs: the change may come with any of them, or when it is asked again.
    for after in [1, 2, 8, 9] {
        for (leg, part) in [(turning(after, never), "method"), (turning(never, after), "flow")] {
            let why = changed(&leg).unwrap();
            assert!(
                why.starts_with("asked twice for the same at step size 1.0000e-1, the "),
                "{why}"
            );
            assert!(why.contains(&format!("the {part} gave two answers")), "{why}");
        }
    }
    // Two answers that are no numbers are one, and what cannot be had at all has not changed.
    assert_eq!(changed(&Made::with_error(2.0, |_| vec![f64::NAN])), None);
    let none = Made {
        predicted: Box::new(|_, _| Err(Obstacle::Undefined)),
        ..Made::with_error(2.0, |_| vec![1.0])
    };
    assert_eq!(changed(&none), None);
}
