//! Each sabotage changes what it says and nothing else, and goes by its name.

use super::*;
use crate::leg::synthetic::Made;

fn leg() -> Made {
    let terms = vec![
        Term::new("penalty", 1, 4, 1),
        Term::new("cubic Δ", -2, 3, 2),
        Term::new("drift", 0, 1, 1),
        Term::new("drag", 5, 7, 0),
    ];
    Made { terms, twins: vec!["with replacement", "reversed"], ..Made::with_penalty(0.25) }
}

fn concerns(sabotage: &Sabotage, leg: &Made) -> bool {
    (leg as &dyn Leg).is_concerned_by(sabotage)
}

fn named(name: &str) -> String {
    name.to_owned()
}

/// The coefficients, the clock, the foreign share and the twin after a sabotage.
fn after(sabotage: &Sabotage) -> (Vec<String>, String, String, Option<String>) {
    let Variant { terms, clock, foreign, twin } = Variant::sabotaged(leg().terms(), sabotage);
    let names: Vec<&str> = terms.iter().map(|t| &*t.name).collect();
    let powers: Vec<u32> = terms.iter().map(|t| t.power).collect();
    assert_eq!(names, ["penalty", "cubic Δ", "drift", "drag"]);
    assert_eq!(powers, [1, 2, 1, 0]);
    let coefficients = terms.iter().map(|t| t.coefficient.to_string()).collect();
    (coefficients, clock.to_string(), foreign.to_string(), twin)
}

#[test]
fn a_sabotage_changes_what_it_says_and_nothing_else() {
    let same = ["1/4", "-2/3", "0", "5/7"];
    let with = |at: usize, to: &str| -> Vec<String> {
        (0..4).map(|i| named(if i == at { to } else { same[i] })).collect()
    };
    let kept = || with(9, "");
    let (one, none) = (named("1"), named("0"));
    for (sabotage, coefficients) in [
        (Sabotage::Omit(named("penalty")), with(0, "0")),
        (Sabotage::Negate(named("cubic Δ")), with(1, "2/3")),
        (Sabotage::Negate(named("penalty")), with(0, "-1/4")),
        (Sabotage::Scale(named("penalty"), Ratio::new(101, 100)), with(0, "101/400")),
        (Sabotage::Scale(named("drag"), Ratio::new(-7, 5)), with(3, "-1")),
        (Sabotage::Insert(named("drift")), with(2, "1")),
        (Sabotage::Omit(named("nothing")), kept()),
    ] {
        let expected = (coefficients, one.clone(), none.clone(), None);
        assert_eq!(after(&sabotage), expected, "{sabotage:?}");
    }
    let clock = Sabotage::Clock(Ratio::new(99, 100));
    assert_eq!(after(&clock), (kept(), named("99/100"), none.clone(), None));
    let foreign = Sabotage::Foreign(Ratio::new(1, 100));
    assert_eq!(after(&foreign), (kept(), one.clone(), named("1/100"), None));
    let twin = Sabotage::Twin(named("reversed"));
    assert_eq!(after(&twin), (kept(), one, none, Some(named("reversed"))));
}

#[test]
fn the_plain_claim_has_no_powers_of_the_step_size() {
    let plain = Variant::plain(leg().terms());
    let coefficients: Vec<String> = plain.terms.iter().map(|t| t.coefficient.to_string()).collect();
    assert_eq!(coefficients, ["0", "0", "0", "5/7"]);
    let stated = Variant::stated(leg().terms());
    assert_eq!((plain.clock, plain.foreign, plain.twin), (stated.clock, stated.foreign, None));
    assert_eq!(stated.clock, Ratio::new(1, 1));
    assert!(stated.foreign.is_zero());
}

#[test]
fn what_is_predicted_depends_on_all_but_the_twin() {
    let stated = Variant::stated(leg().terms());
    let twin = Variant::sabotaged(leg().terms(), &Sabotage::Twin(named("reversed")));
    assert_eq!(stated.predicted(), twin.predicted());
    let mut seen = vec![stated.predicted()];
    for sabotage in [
        Sabotage::Omit(named("penalty")),
        Sabotage::Negate(named("penalty")),
        Sabotage::Insert(named("drift")),
        Sabotage::Clock(Ratio::new(101, 100)),
        Sabotage::Foreign(Ratio::new(1, 100)),
    ] {
        let predicted = Variant::sabotaged(leg().terms(), &sabotage).predicted();
        assert!(!seen.contains(&predicted), "{sabotage:?}");
        seen.push(predicted);
    }
    assert_eq!(stated.clone().at_pace(Ratio::new(3, 2)).clock, Ratio::new(3, 2));
}

#[test]
fn the_controls_of_a_leg_are_those_that_fit_it() {
    let controls = |leg: Made| (&leg as &dyn Leg).controls();
    let names = |leg: Made| -> Vec<String> { controls(leg).iter().map(Sabotage::name).collect() };
    let of_terms = [
        "omit penalty",
        "negate penalty",
        "penalty ×1.01",
        "omit cubic Δ",
        "negate cubic Δ",
        "cubic Δ ×1.01",
        "insert drift",
        "omit drag",
        "negate drag",
        "drag ×1.01",
    ];
    let rest = ["wrong clock", "foreign term of 1 %", "with replacement", "reversed"];
    assert_eq!(names(leg()), [&of_terms[..], &rest[..]].concat());
    assert_eq!(names(Made { clock: false, foreign: false, twins: vec![], ..leg() }), of_terms);
    let bare = Made { terms: vec![], ..leg() };
    assert_eq!(names(bare), rest);
    assert!(controls(leg()).contains(&Sabotage::Clock(Ratio::new(101, 100))));
    // Every control concerns the leg that it is made for, and changes it.
    for control in controls(leg()) {
        assert!(concerns(&control, &leg()), "{control:?}");
        assert_ne!(Variant::sabotaged(leg().terms(), &control), Variant::stated(leg().terms()));
    }
}

#[test]
#[allow(clippy::float_cmp)] // numbers that are only passed on arrive unchanged
fn a_leg_that_says_nothing_of_it_is_short_and_has_one_path() {
    assert_eq!((leg().foreseen(0), leg().foreseen(20)), (0.0, 0.0));
    assert_eq!(leg().paths(), 1.0);
}

#[test]
fn a_sabotage_concerns_the_legs_that_have_what_it_changes() {
    let without = Made { terms: vec![], clock: false, foreign: false, twins: vec![], ..leg() };
    for sabotage in [
        Sabotage::Omit(named("penalty")),
        Sabotage::Negate(named("penalty")),
        Sabotage::Scale(named("penalty"), Ratio::new(2, 1)),
        Sabotage::Insert(named("drift")),
        Sabotage::Clock(Ratio::new(2, 1)),
        Sabotage::Foreign(Ratio::new(2, 1)),
        Sabotage::Twin(named("reversed")),
    ] {
        assert!(concerns(&sabotage, &leg()), "{sabotage:?}");
        assert!(!concerns(&sabotage, &without), "{sabotage:?}");
    }
    for foreign in [Sabotage::Omit(named("friction")), Sabotage::Twin(named("penalty"))] {
        assert!(!concerns(&foreign, &leg()), "{foreign:?}");
    }
}

#[test]
fn names_are_recognised_as_far_as_a_keyboard_can_tell() {
    let scale = Sabotage::Scale(named("C\u{303} penalty"), Ratio::new(101, 100));
    assert_eq!(scale.name(), "C\u{303} penalty ×1.01");
    for name in ["C penalty x1.01", "  c   PENALTY *1.01 ", "C\u{303} penalty ×1.01"] {
        assert!(scale.is_named(name), "{name}");
    }
    for name in ["C penalty x1.02", "penalty x1.01", "Cpenalty x1.01", ""] {
        assert!(!scale.is_named(name), "{name}");
    }
    assert!(Sabotage::Clock(Ratio::new(3, 2)).is_named("Wrong Clock"));
    assert!(Sabotage::Foreign(Ratio::new(1, 50)).is_named("foreign term of 2 %"));
    assert!(!Sabotage::Omit(named("penalty")).is_named("negate penalty"));
}
