//! What an audit draws and how it counts.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::planted::{Outside, random_factor};
use super::*;
use crate::flow::Term;
use crate::leg::synthetic::Made;
use crate::leg::{Leg, LegKind};
use crate::loss::{Tampering, preset};
use crate::scalar::Scalar;
use crate::theorem::{CovarianceFeedback, Mistake};

#[test]
fn a_tally_counts_each_verdict_by_its_name() {
    use Verdict::{Confirmed, Inconclusive, Partial, Refuted};
    let verdicts = [Refuted, Confirmed, Inconclusive, Refuted, Partial, Inconclusive, Inconclusive];
    let tally = Tally::of(verdicts);
    let counted = (tally.confirmed, tally.refuted, tally.partial, tally.inconclusive);
    assert_eq!(counted, (1, 2, 1, 3));
    assert_eq!(tally.sum(), 7);
    let double = Tally { confirmed: 10, refuted: 200, partial: 3000, inconclusive: 40_000 };
    assert_eq!(double.sum(), 43_210);
}

#[test]
fn a_factor_is_off_by_one_to_a_hundred_per_cent_up_or_down() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let off: Vec<f64> =
        (0..4000).map(|_| f64::from_ratio(random_factor(&mut random)) - 1.0).collect();
    assert!(off.iter().all(|x| (0.01..1.0).contains(&x.abs())));
    let share =
        |of: &dyn Fn(f64) -> bool| off.iter().filter(|x| of(**x)).count() as f64 / off.len() as f64;
    // Log-uniform: half of them below 10 %, as many up as down.
    assert!((share(&|x| x.abs() < 0.1) - 0.5).abs() < 0.03);
    assert!((share(&|x| x > 0.0) - 0.5).abs() < 0.03);
    assert!(share(&|x| x.abs() < 0.02) > 0.1 && share(&|x| x.abs() > 0.5) > 0.1);
}

/// How often each kind of sabotage is drawn for this leg.
fn kinds(leg: Made) -> [usize; 8] {
    let legs: Vec<Box<dyn Leg>> = vec![Box::new(leg)];
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut counts = [0; 8];
    for _ in 0..1000 {
        let Some(sabotage) = random_sabotage(&mut random, &legs) else {
            counts[7] += 1;
            continue;
        };
        assert!(legs[0].is_concerned_by(&sabotage), "{sabotage:?}");
        counts[match sabotage {
            Sabotage::Omit(_) => 0,
            Sabotage::Negate(_) => 1,
            Sabotage::Scale(..) => 2,
            Sabotage::Insert(_) => 3,
            Sabotage::Clock(_) => 4,
            Sabotage::Twin(_) => 5,
            Sabotage::Foreign(_) => 6,
        }] += 1;
    }
    counts
}

#[test]
fn every_kind_of_sabotage_that_fits_is_drawn_as_often_as_the_others() {
    let leg = || Made::with_penalty(0.25);
    let fits = |counts: [usize; 8], which: &[usize]| {
        for (kind, &count) in counts.iter().enumerate() {
            let known = if which.contains(&kind) { 1000 / which.len() } else { 0 };
            assert!(count.abs_diff(known) <= 60 * known.min(1), "{counts:?}: {which:?}");
        }
    };
    fits(kinds(leg()), &[0, 1, 2, 4, 5, 6]);
    fits(kinds(Made { foreign: false, ..leg() }), &[0, 1, 2, 4, 5]);
    fits(kinds(Made { clock: false, ..leg() }), &[0, 1, 2, 5, 6]);
    fits(kinds(Made { twins: vec![], ..leg() }), &[0, 1, 2, 4, 6]);
    let absent = || vec![Term::new("drift", 0, 1, 1)];
    fits(kinds(Made { terms: absent(), ..leg() }), &[3, 4, 5, 6]);
    fits(kinds(Made { terms: vec![], twins: vec![], ..leg() }), &[4, 6]);
    fits(kinds(Made { terms: vec![], clock: false, ..leg() }), &[5, 6]);
    let bare = |terms| Made { terms, clock: false, foreign: false, twins: vec![], ..leg() };
    fits(kinds(bare(absent())), &[3]);
    fits(kinds(bare(vec![])), &[7]);
}

/// How often each kind of mistake is drawn, and the steps after which a method turns.
fn mistakes(
    theorem: &Theorem,
    problem: &Problem,
    kind: LegKind,
    steps: usize,
) -> ([usize; 6], Vec<usize>) {
    let legs: Vec<Box<dyn Leg>> = vec![Box::new(Made { kind, steps, ..Made::with_penalty(0.25) })];
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut counts, mut turns) = ([0; 6], Vec::new());
    let off = |factor: crate::scalar::Ratio| (f64::from_ratio(factor) - 1.0).abs();
    for _ in 0..1200 {
        let outside = Outside::random(&mut random, theorem, problem, &legs);
        counts[match outside {
            Outside::Loss(Tampering::Component { component, factor }) => {
                assert!(component < problem.dim() && (0.01..1.0).contains(&off(factor)));
                0
            }
            Outside::Loss(Tampering::ClaimsQuadratic) => 1,
            Outside::Part(Mistake::Turns { after, factor }) => {
                assert!((0.01..1.0).contains(&off(factor)));
                turns.push(after);
                2
            }
            Outside::Part(Mistake::Undivided) => 3,
            Outside::Part(Mistake::MovedStart { by }) => {
                // A hundredth of what a factor is off by.
                let by = f64::from_ratio(by).abs();
                assert!((1e-4..1e-2).contains(&by), "{by}");
                4
            }
            Outside::Part(Mistake::FalseFlags) => 5,
        }] += 1;
    }
    turns.sort_unstable();
    turns.dedup();
    (counts, turns)
}

#[test]
fn every_kind_of_mistake_that_makes_a_difference_is_drawn_as_often_as_the_others() {
    let parts = Theorem::tracks(
        "parts",
        crate::optimizer::GradientDescent,
        crate::flow::GradientFlow,
        2,
        1,
    );
    let none = Theorem::new("none").stating(CovarianceFeedback);
    let blocks = |theorem: &Theorem,
                  loss: &str,
                  m: usize,
                  (kind, steps): (LegKind, usize),
                  which: &[usize]| {
        let problem = preset(loss, Some(m), None, 1).unwrap();
        let (counts, turns) = mistakes(theorem, &problem, kind, steps);
        for (kind, &count) in counts.iter().enumerate() {
            let known = if which.contains(&kind) { 1200 / which.len() } else { 0 };
            assert!(
                count.abs_diff(known) <= 80 * known.min(1),
                "{loss} {m}: {counts:?}, {which:?}"
            );
        }
        turns
    };
    let fits = |theorem: &Theorem, loss: &str, m: usize, kind: LegKind, which: &[usize]| {
        blocks(theorem, loss, m, (kind, m), which)
    };
    let upto = |last: usize| (1..=last).collect::<Vec<_>>();
    use LegKind::{Global, Step};
    for kind in [Global, Step] {
        // A quadratic may say so; one minibatch is always divided, and has no order to be false.
        assert_eq!(fits(&parts, "quadratic", 3, kind, &[0, 2, 3, 4, 5]), upto(2));
        assert_eq!(fits(&parts, "factorisation", 2, kind, &[0, 1, 2, 3, 4, 5]), upto(1));
        assert_eq!(fits(&none, "factorisation", 3, kind, &[0, 1]), upto(0));
        assert_eq!(fits(&none, "quadratic", 3, kind, &[0]), upto(0));
    }
    // Two of three minibatches make an epoch of two steps; blocks of one step end before a method can turn.
    assert_eq!(blocks(&parts, "factorisation", 3, (Step, 2), &[0, 1, 2, 3, 4, 5]), upto(1));
    assert_eq!(blocks(&parts, "factorisation", 3, (Step, 1), &[0, 1, 3, 4, 5]), upto(0));
    assert_eq!(blocks(&parts, "factorisation", 3, (Global, 1), &[0, 1, 2, 3, 4, 5]), upto(12));
    // One step on the whole loss ends before a method can turn.
    assert_eq!(fits(&parts, "factorisation", 1, Global, &[0, 1, 2, 4]), upto(12));
    assert_eq!(fits(&parts, "factorisation", 1, Step, &[0, 1, 4]), upto(0));
}

/// Trials that drew from one stream would be about the same loss.
#[test]
fn no_two_trials_draw_from_the_same_stream() {
    let mut seen = std::collections::HashSet::new();
    for kind in [Kind::Stated, Kind::Sabotaged, Kind::Outside] {
        assert!((0..5000).all(|number| seen.insert(stream(kind, number))));
    }
}

#[test]
fn a_start_at_rest_or_batches_that_agree_are_no_hypothesis() {
    let quadratic = preset("quadratic", None, None, 1).unwrap();
    assert!(satisfies_hypotheses(&quadratic));
    // One batch does not disagree with itself.
    assert!(!satisfies_hypotheses(&preset("quadratic", Some(1), None, 1).unwrap()));
}

/// A few trials of the real catalogue: as many as asked, a quarter more with sabotage, one tick each,
/// the same for the same seed, and nothing wrong among them.
#[test]
fn an_audit_runs_what_was_asked_and_lists_every_mishap() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let mut catalogue = Catalogue::default();
    let standard = Catalogue::standard();
    for id in ["implicit-gradient-regularization", "random-reshuffling"] {
        catalogue
            .push(standard.theorem(id).unwrap().clone().with_losses(["quadratic"], ""))
            .unwrap();
    }
    let ticks = AtomicUsize::new(0);
    let tick = |so_far: &Audit| {
        assert_eq!(so_far.trials(), 1 + ticks.fetch_add(1, Ordering::Relaxed));
    };
    let found = audit(&catalogue, 8, 3, &tick);
    assert_eq!(ticks.load(Ordering::Relaxed), 14);
    assert_eq!(found.rows.len(), 2);
    let mut mishaps = 0;
    for row in &found.rows {
        assert_eq!((row.stated.sum(), row.sabotaged.sum()), (4, 1), "{row:?}");
        assert_eq!(row.outside.sum(), 2, "{row:?}");
        let believed = (row.stated.refuted, row.sabotaged.confirmed, row.outside.confirmed);
        assert_eq!(believed, (0, 0, 0), "{row:?}");
        mishaps += row.stated.sum() - row.stated.confirmed;
        mishaps += row.sabotaged.sum() - row.sabotaged.refuted;
    }
    assert_eq!(found.mishaps.len(), mishaps);
    assert_eq!(audit(&catalogue, 8, 3, &|_| ()), found);
    assert_eq!(audit(&Catalogue::default(), 8, 3, &|_| ()).rows, []);
    // A theorem that is false everywhere is refuted, and every trial of it is a mishap.
    let mut wrong = Catalogue::default();
    let claim = Theorem::tracks(
        "wrong",
        crate::optimizer::GradientDescent,
        crate::flow::GradientFlow,
        3,
        2,
    );
    wrong.push(claim.with_losses(["quadratic"], "")).unwrap();
    let found = audit(&wrong, 3, 1, &|_| ());
    assert_eq!((found.rows[0].stated.refuted, found.mishaps.len()), (3, 3));
    assert_eq!((found.trials(), found.wrong()), (4, 3));
    let mishap = &found.mishaps[0];
    assert_eq!((mishap.theorem.as_str(), mishap.loss.as_str()), ("wrong", "quadratic"));
    assert_eq!((mishap.verdict, mishap.sabotage.is_none()), (Verdict::Refuted, true));
    let again = random_problem("quadratic", mishap.seed).unwrap().unwrap();
    assert!(satisfies_hypotheses(&again));
}

/// A claim whose legs hold and whose exact comparison differs.
struct Disproved;

impl crate::theorem::Statement for Disproved {
    fn legs(
        &self,
        _: &Problem,
        _: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, crate::theorem::NotApplicable> {
        Ok(vec![Box::new(Made::with_penalty(0.25))])
    }
    fn proof(
        &self,
        _: Option<&Sabotage>,
        _: Option<usize>,
    ) -> Option<Result<crate::series::Proof, crate::series::SeriesFault>> {
        let one = || crate::series::Rational::from_integer(1.into());
        let failure = crate::series::Mismatch {
            batches: 1,
            tree: "Hg".to_owned(),
            power: 1,
            nodes: 2,
            actual: one(),
            claimed: -one(),
        };
        let status = crate::series::ProofStatus::Refuted;
        let first_failure = Some(failure);
        let none = crate::series::Proof::not_applicable();
        Some(Ok(crate::series::Proof { status, first_failure, ..none }))
    }
}

#[test]
fn an_audit_asks_the_measurement_alone() {
    let theorem = Theorem::new("disproved").stating(Disproved);
    let problem = preset("quadratic", None, None, 1).unwrap();
    let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Refuted);
    let trial = Trial { theorem: &theorem, family: "quadratic", number: 1, kind: Kind::Stated };
    assert_eq!(run(&trial, 1).verdict, Verdict::Confirmed);
}

/// Random members of "quadratic-examples" have four components, and a ring of six clients needs six.
#[test]
fn a_theorem_that_speaks_of_no_random_member_is_left_out() {
    let standard = Catalogue::standard();
    let theorem = |id: &str| standard.theorem(id).unwrap();
    assert!(!has_random_members(theorem("decentralised-descent"), "quadratic-examples"));
    assert!(has_random_members(theorem("repartition"), "quadratic-examples"));
    assert!(!has_random_members(theorem("repartition"), "game"));
}
