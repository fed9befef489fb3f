//! What every leg of the catalogue owes to those who judge it.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::leg::Leg;
use crate::loss::preset;
use crate::theorem::Settings;

/// Runs `test` on the legs of every theorem on those of its losses that have few parameters.
fn for_each_leg(mut test: impl FnMut(&str, &(dyn Leg + 'static))) {
    let settings = Settings::default();
    for theorem in Catalogue::standard().theorems() {
        for name in theorem.losses() {
            let problem = preset(name, None, None, 1).unwrap();
            if problem.dim() > 5 {
                continue;
            }
            let Ok(legs) = theorem.legs(&problem, &settings) else { continue };
            for leg in &legs {
                test(&format!("{} on {name}, {}", theorem.id(), leg.kind().name()), &**leg);
            }
        }
    }
}

/// An equality has no order in the step size, and all else has one.
#[test]
fn an_equality_claims_no_order_and_all_else_claims_one() {
    let mut legs = 0;
    for_each_leg(|leg_of, leg| {
        let order = leg.claimed_order();
        let known = if leg.kind().is_equality() { (0.0, 0.0) } else { (0.5, 6.0) };
        assert!(known.0 <= order && order <= known.1, "{leg_of}: {order}");
        legs += 1;
    });
    assert!(legs > 40, "{legs}");
}

#[test]
fn terms_and_twins_of_a_leg_have_names_of_their_own_and_ladders_descend() {
    for_each_leg(|leg_of, leg| {
        let mut names: Vec<String> = leg.terms().iter().map(|term| term.name.to_string()).collect();
        names.extend(leg.twins().into_iter().map(|twin| twin.into_owned()));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{leg_of}: {names:?}");
        // Something can be sabotaged: what nothing could refute confirms nothing.
        assert!(!leg.controls().is_empty(), "{leg_of}");
        let rungs = leg.rungs();
        assert!(rungs.len() > 4, "{leg_of}: {rungs:?}");
        assert!(rungs.iter().all(|rung| rung.step_size > 0.0 && rung.step_size.is_finite()));
        if leg.kind().has_power() {
            let falls = rungs.windows(2).all(|pair| pair[1].step_size < pair[0].step_size);
            assert!(falls, "{leg_of}: {rungs:?}");
        }
    });
}
