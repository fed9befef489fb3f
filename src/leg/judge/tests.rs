//! Every rule of a finding on both sides of its threshold.

use super::*;
use crate::leg::LegKind::{Bound, Global, Identity, Step};
use crate::leg::synthetic::{Made, evidence, fitted, half, ladder, left, unseen};

fn by_slope(order: f64, half_width: f64, claimed: f64) -> Finding {
    let mut leg = evidence(Global, claimed);
    leg.fit = Some(fitted(order, half_width));
    judge_order(&leg, &[])
}

fn why(finding: &Finding) -> &str {
    match finding {
        Finding::Undecided(why) => why,
        other => panic!("{other:?} decides"),
    }
}

#[test]
fn an_order_may_miss_the_claim_by_a_tenth() {
    for claimed in [1.0, 2.0, 3.5] {
        for off in [-0.099, -0.05, 0.0, 0.2, 1.0, 3.0] {
            assert_eq!(by_slope(claimed + off, 0.01, claimed), Finding::Holds, "{claimed} {off}");
        }
        for off in [-0.101, -0.15, -0.3, -0.49] {
            let open = by_slope(claimed + off, 0.001, claimed);
            assert!(why(&open).contains(&format!("not within 0.1 of {claimed}")), "{open:?}");
        }
        for off in [-0.52, -0.7, -1.0, -3.0] {
            assert_eq!(by_slope(claimed + off, 0.001, claimed), Finding::RefutedBySlope, "{off}");
        }
    }
}

#[test]
fn a_half_width_beyond_a_tenth_decides_nothing() {
    assert_eq!(by_slope(2.0, 0.099, 2.0), Finding::Holds);
    assert_eq!(by_slope(2.0, 0.1, 2.0), Finding::Holds);
    for order in [1.95, 2.0, 2.5] {
        let open = by_slope(order, 0.101, 2.0);
        assert!(why(&open).contains("no power law") || why(&open).contains("do not follow"));
    }
}

#[test]
fn an_order_refutes_only_beyond_its_own_half_width() {
    assert_eq!(by_slope(1.2, 0.29, 2.0), Finding::RefutedBySlope);
    assert!(matches!(by_slope(1.2, 0.31, 2.0), Finding::Undecided(_)));
    assert_eq!(by_slope(0.5, 0.9, 2.0), Finding::RefutedBySlope);
    assert!(matches!(by_slope(0.5, 1.1, 2.0), Finding::Undecided(_)));
}

/// The order is judged 0.8 too low; slopes that still climb at both of the finest rungs excuse it.
#[test]
fn slopes_that_climb_at_both_of_the_finest_rungs_refute_nothing() {
    let with = |pairwise: [f64; 5]| {
        let mut leg = evidence(Global, 2.0);
        leg.fit = Some(OrderFit { pairwise: pairwise.to_vec(), ..fitted(1.2, 0.01) });
        judge_order(&leg, &[])
    };
    assert!(matches!(with([1.0, 1.0, 1.0, 1.06, 1.12]), Finding::Undecided(_)));
    assert_eq!(with([1.0, 1.0, 1.0, 1.06, 1.10]), Finding::RefutedBySlope);
    assert_eq!(with([1.0, 1.0, 1.0, 1.04, 1.12]), Finding::RefutedBySlope);
    assert_eq!(with([1.0, 1.1, 1.2, 1.2, 1.2]), Finding::RefutedBySlope);
    assert_eq!(with([1.6, 1.5, 1.4, 1.3, 1.2]), Finding::RefutedBySlope);
}

#[test]
fn near_cancellation_is_told_from_a_law_that_is_none() {
    let with = |pairwise: &[f64], half_width: f64| {
        let mut leg = evidence(Global, 2.0);
        leg.fit = Some(OrderFit { pairwise: pairwise.to_vec(), ..fitted(2.0, half_width) });
        judge_order(&leg, &[])
    };
    let cancels = |pairwise: &[f64]| why(&with(pairwise, 0.2)).contains("nearly cancel");
    assert!(cancels(&[3.0, 2.5, 2.2, 2.1, 2.05]));
    assert!(cancels(&[2.0, 2.4, 2.51, 2.5]));
    // A spread of half an order or less is none, nor slopes that settle less and less.
    assert!(!cancels(&[2.49, 2.2, 2.1, 2.05, 2.0]));
    assert!(cancels(&[2.51, 2.2, 2.1, 2.05, 2.0]));
    assert!(!cancels(&[2.0, 2.1, 2.3, 2.7]));
    assert!(!cancels(&[2.0, 3.0, 2.0, 3.0]));
    assert!(!cancels(&[2.0]));
    assert!(!cancels(&[]));
    let said = with(&[3.0, 2.25, 2.0], 0.2);
    assert!(why(&said).contains("from 2.00 to 3.00"), "{said:?}");
    // Known well enough, they hold all the same.
    assert_eq!(with(&[3.0, 2.5, 2.2, 2.1, 2.05], 0.1), Finding::Holds);
    assert_eq!(with(&[3.0, 2.5, 2.2, 2.1, 2.05], 0.05), Finding::Holds);
}

#[test]
fn two_sides_that_are_equal_have_no_order_and_too_few_points_neither() {
    let with = |errors: &[(f64, bool)], floor: f64| {
        let mut leg = evidence(Global, 2.0);
        leg.ladder = ladder(errors);
        let floors = vec![floor; errors.len()];
        why(&judge_order(&leg, &floors)).to_owned()
    };
    let equal = "the two sides are equal";
    assert!(with(&[(0.0, false); 6], 0.0).contains(equal));
    assert!(with(&[(1e-12, false), (1e-12, false)], 1e-12).contains(equal));
    let two = [(1e-9, true), (1.01e-12, true), (1e-12, false)];
    let said = with(&two, 1e-12);
    assert!(!said.contains(equal) && said.contains("only 2 of 3 points"), "{said}");
    assert!(!with(&[(f64::NAN, false); 6], 1.0).contains(equal));
    // Nor is anything equal below a floor that vouches for nothing.
    assert!(!with(&[(1.0, false); 6], f64::INFINITY).contains(equal));
}

#[test]
fn an_identity_holds_to_a_hundred_floors_and_is_refuted_beyond_ten_thousand() {
    let of = |ratio: f64| judge_identity(&[1e-14, ratio * 1e-14], &[1e-14, 1e-14]);
    for ratio in [0.0, 1.0, 99.9] {
        assert_eq!(of(ratio), Finding::Holds, "{ratio}");
    }
    for ratio in [100.1, 1e3, 9999.0] {
        assert!(why(&of(ratio)).contains("times the round-off"), "{ratio}");
    }
    for ratio in [10_001.0, 1e5, 1e9, f64::INFINITY] {
        assert_eq!(of(ratio), Finding::RefutedBySlope, "{ratio}");
    }
    assert!(why(&of(f64::NAN)).contains("not finite"));
    // The worst sample counts, wherever it stands, each against its own floor.
    assert_eq!(judge_identity(&[1e-3, 1e-16, 1e-16], &[1e-15; 3]), Finding::RefutedBySlope);
    assert_eq!(judge_identity(&[1e-3, 1e-16], &[1e-4, 1e-15]), Finding::Holds);
    // Equal sides hold even without any floor; different ones do not.
    assert_eq!(judge_identity(&[0.0], &[0.0]), Finding::Holds);
    assert_eq!(judge_identity(&[1e-300], &[0.0]), Finding::RefutedBySlope);
}

#[test]
fn a_floor_that_is_not_finite_vouches_for_no_identity() {
    for floor in [f64::INFINITY, f64::NAN] {
        for size in [0.0, 1.0] {
            let found = judge_identity(&[0.0, size], &[1e-15, floor]);
            assert!(why(&found).contains("not finite"), "{floor} {size}: {found:?}");
        }
    }
}

#[test]
fn a_bound_holds_when_its_whole_interval_does_and_is_refuted_when_none_of_it_does() {
    let of = |order: f64, half_width: f64| {
        let mut leg = evidence(Bound, 0.5);
        leg.fit = Some(fitted(order, half_width));
        judge_bound(&leg)
    };
    assert_eq!(of(0.75, 0.25), Finding::Holds);
    assert_eq!(of(0.75, 0.24), Finding::Holds);
    assert_eq!(of(3.0, 1.0), Finding::Holds);
    assert!(why(&of(0.75, 0.26)).contains("does not decide against 0.5"));
    assert!(matches!(of(0.25, 0.25), Finding::Undecided(_)));
    assert_eq!(of(0.25, 0.24), Finding::RefutedBySlope);
    assert!(why(&judge_bound(&evidence(Bound, 0.5))).contains("fewer than 5"));
}

/// A leg that slopes decide and one that its coefficients do.
fn legs() -> [Made; 2] {
    let slope = Made::with_error(2.0, |_| Vec::new());
    let recovery = Made { recovery_decides: true, ..Made::with_error(2.0, |_| Vec::new()) };
    [slope, recovery]
}

#[test]
fn a_coefficient_refutes_beyond_two_bars() {
    for leg in legs() {
        let with = |value: f64, bar: f64| {
            let mut seen = evidence(Global, 2.0);
            seen.recovered = vec![half(0.5, 1e-9), half(value, bar)];
            judge(&leg, &seen)
        };
        for (off, bar) in [(2.01e-4, 1e-4), (-2.01e-4, 1e-4), (0.3, 1e-6)] {
            assert_eq!(with(0.5 + off, bar), Finding::RefutedByRecovery, "{off} {bar}");
        }
        for off in [1.99e-4, -1.99e-4, 1.01e-4, 0.0] {
            assert_ne!(with(0.5 + off, 1e-4), Finding::RefutedByRecovery, "{off}");
        }
    }
}

#[test]
fn a_bar_of_more_than_five_per_cent_refutes_nothing() {
    for leg in legs() {
        let with = |bar: f64| {
            let mut seen = evidence(Global, 2.0);
            seen.recovered = vec![half(0.9, bar)];
            judge(&leg, &seen)
        };
        assert_eq!(with(0.0249), Finding::RefutedByRecovery);
        assert_ne!(with(0.0251), Finding::RefutedByRecovery);
    }
}

#[test]
fn a_coefficient_confirms_within_one_bar_of_a_thousandth() {
    assert_eq!(doubt(&half(0.5, 4.9e-4)), None);
    assert_eq!(doubt(&half(0.500_09, 1e-4)), None);
    assert_eq!(doubt(&half(0.499_91, 1e-4)), None);
    for (value, bar, said) in [
        (0.5, 5.1e-4, "known only to"),
        (0.500_11, 1e-4, "just misses 1/2"),
        (0.499_89, 1e-4, "just misses 1/2"),
        (0.9, 1e-4, "just misses 1/2"),
    ] {
        let found = doubt(&half(value, bar)).unwrap_or_default();
        assert!(found.contains(said) && found.contains("penalty"), "{value} {bar}: {found}");
    }
    let unseen_term = doubt(&unseen("drift", None)).unwrap_or_default();
    assert!(unseen_term.contains("drift") && unseen_term.contains("no leg shows it"));
    let said = doubt(&unseen("drift", Some("it has no effect"))).unwrap_or_default();
    assert!(said.ends_with("it has no effect"), "{said}");
}

#[test]
fn where_recovery_decides_it_stands_above_the_slope() {
    let [slope, recovery] = legs();
    let mut seen = evidence(Global, 2.0);
    seen.finding = Finding::RefutedBySlope;
    seen.recovered = vec![half(0.5, 1e-5)];
    assert_eq!(judge(&slope, &seen), Finding::RefutedBySlope);
    assert_eq!(judge(&recovery, &seen), Finding::Holds);
    seen.recovered = vec![half(0.5, 1e-5), half(0.6, 1e-5)];
    assert_eq!(judge(&slope, &seen), Finding::RefutedBySlope);
    assert_eq!(judge(&recovery, &seen), Finding::RefutedByRecovery);
    // What is not known well, or not at all, confirms nothing there, and elsewhere is for the best leg.
    let open = Finding::Undecided("the slope does not tell".to_owned());
    for weak in [half(0.5, 1e-3), half(0.500_15, 1e-4), unseen("penalty", None)] {
        let mut seen = evidence(Global, 2.0);
        seen.recovered = vec![half(0.5, 1e-5), weak];
        assert_eq!(judge(&slope, &seen), Finding::Holds);
        assert!(matches!(judge(&recovery, &seen), Finding::Undecided(_)));
        seen.finding = open.clone();
        assert_eq!(judge(&slope, &seen), open);
    }
    // Without terms nothing is recovered, and all of them are.
    assert_eq!(judge(&recovery, &evidence(Global, 2.0)), Finding::Holds);
}

#[test]
fn a_remainder_refutes_beyond_two_bars_and_is_open_beyond_one() {
    for leg in legs() {
        let with = |value: f64, bar: f64, finding: Finding| {
            let mut seen = evidence(Step, 3.0);
            seen.recovered = vec![half(0.5, 1e-9)];
            seen.remainders = vec![left(0, 0.0, 1e-9), left(1, value, bar), left(2, 0.0, 1e-9)];
            seen.finding = finding;
            judge(&leg, &seen)
        };
        for (bars, bar) in [(2.01, 1e-6), (2.01, 0.0499), (1e6, 1e-9)] {
            let found = with(bars * bar, bar, Finding::Holds);
            assert_eq!(found, Finding::RefutedByRemainder, "{bars} {bar}");
        }
        for bars in [1.01, 1.99] {
            let found = with(bars * 1e-6, 1e-6, Finding::Holds);
            assert!(why(&found).contains("at ε is") && why(&found).contains("just misses 0"));
        }
        assert_eq!(with(0.99e-6, 1e-6, Finding::Holds), Finding::Holds);
        // What lies on a bar's end lies in it, and what lies on the second is not refuted.
        let bar = f64::powi(2.0, -20);
        assert_eq!(with(bar, bar, Finding::Holds), Finding::Holds);
        assert!(why(&with(2.0 * bar, bar, Finding::Holds)).contains("just misses 0"));
        // A bar wider than five per cent says nothing.
        for bars in [1.5, 2.5, 10.0] {
            assert_eq!(with(bars * 0.0501, 0.0501, Finding::Holds), Finding::Holds, "{bars}");
        }
    }
    // What was open already stays open for its own reason.
    let [leg, _] = legs();
    let mut seen = evidence(Step, 3.0);
    seen.finding = Finding::Undecided("too few points".to_owned());
    seen.remainders = vec![left(1, 1.5e-6, 1e-6)];
    assert_eq!(judge(&leg, &seen), seen.finding);
}

#[test]
fn a_remainder_is_named_by_its_power() {
    let [leg, _] = legs();
    for (power, name) in [(0, "at ε⁰ is"), (1, "at ε is"), (2, "at ε² is"), (13, "at ε¹³ is")]
    {
        let mut seen = evidence(Step, 3.0);
        seen.remainders = vec![left(power, 1.5e-6, 1e-6)];
        let found = judge(&leg, &seen);
        assert!(why(&found).contains(name), "{power}: {found:?}");
    }
}

#[test]
fn coefficients_refute_before_remainders_do() {
    let [leg, _] = legs();
    let mut seen = evidence(Step, 3.0);
    seen.recovered = vec![half(0.6, 1e-6)];
    seen.remainders = vec![left(1, 1.0, 1e-6)];
    assert_eq!(judge(&leg, &seen), Finding::RefutedByRecovery);
}

#[test]
fn an_order_is_sharper_from_half_an_order_above_the_claim() {
    let of = |order: f64, half_width: f64, finding: Finding, kind| {
        let mut leg = evidence(kind, 2.0);
        leg.fit = Some(fitted(order, half_width));
        leg.finding = finding;
        sharper(&leg)
    };
    let near = |found: Option<f64>, known: f64| found.is_some_and(|x| (x - known).abs() < 1e-12);
    assert!(near(of(3.02, 0.05, Finding::Holds, Global), 3.0));
    assert!(near(of(2.91, 0.05, Finding::Holds, Step), 3.0));
    assert!(near(of(2.89, 0.05, Finding::Holds, Step), 2.89));
    assert!(near(of(2.5, 0.05, Finding::Holds, Global), 2.5));
    assert_eq!(of(2.49, 0.05, Finding::Holds, Global), None);
    assert!(near(of(3.0, 0.099, Finding::Holds, Global), 3.0));
    assert_eq!(of(3.0, 0.101, Finding::Holds, Global), None);
    assert_eq!(of(3.0, 0.05, Finding::Undecided(String::new()), Global), None);
    assert_eq!(of(3.0, 0.05, Finding::RefutedByRemainder, Global), None);
    assert_eq!(of(3.0, 0.05, Finding::Holds, Bound), None);
    assert_eq!(of(3.0, 0.05, Finding::Holds, Identity), None);
    assert_eq!(sharper(&evidence(Global, 2.0)), None);
}
