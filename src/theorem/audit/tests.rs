//! What an audit draws and how it counts.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::planted::random_factor;
use super::*;
use crate::flow::Term;
use crate::leg::Leg;
use crate::leg::synthetic::Made;
use crate::loss::preset;
use crate::scalar::Scalar;

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
    let tick = || {
        let _ = ticks.fetch_add(1, Ordering::Relaxed);
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
    assert_eq!(audit(&catalogue, 8, 3, &|| ()), found);
    assert_eq!(audit(&Catalogue::default(), 8, 3, &|| ()).rows, []);
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
    let found = audit(&wrong, 3, 1, &|| ());
    assert_eq!((found.rows[0].stated.refuted, found.mishaps.len()), (3, 3));
    let mishap = &found.mishaps[0];
    assert_eq!((mishap.theorem.as_str(), mishap.loss.as_str()), ("wrong", "quadratic"));
    assert_eq!((mishap.verdict, mishap.sabotage.is_none()), (Verdict::Refuted, true));
    let again = random_problem("quadratic", mishap.seed).unwrap().unwrap();
    assert!(satisfies_hypotheses(&again));
}
