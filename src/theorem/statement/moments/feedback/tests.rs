//! The terms whose coefficients are recovered are those that the prediction is made of.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::leg::Sabotage;
use crate::loss::preset;

#[test]
fn the_terms_of_a_leg_are_those_that_can_be_told_apart() {
    let one: &[(&str, i64, i64)] = &[("T:S", -1, 2)];
    let several: &[(&str, i64, i64)] = &[("gradient penalty", 1, 4), ("T:S", -1, 2)];
    for (loss, known) in [("two-minima", one), ("tiny-net", several)] {
        let problem = preset(loss, None, None, 1).unwrap();
        let legs = CovarianceFeedback.legs(&problem, &Settings::default()).unwrap();
        let leg = &*legs[0];
        assert_eq!((legs.len(), leg.kind()), (1, LegKind::Global));
        assert!((leg.claimed_order() - 2.0).abs() < 1e-12);
        let terms = leg.terms();
        let known: Vec<Term> =
            known.iter().map(|&(name, above, below)| Term::new(name, above, below, 1)).collect();
        assert_eq!(terms, known, "{loss}");
        // Without one of them, or with the other sign, something else is predicted.
        let rung = &leg.rungs()[0];
        let predicted = |claim: &Variant| leg.predict(rung, claim).unwrap();
        let stated = predicted(&Variant::stated(terms.clone()));
        for term in &terms {
            let name = || term.name.to_string();
            for sabotage in [Sabotage::Omit(name()), Sabotage::Negate(name())] {
                let twin = predicted(&Variant::sabotaged(terms.clone(), &sabotage));
                let off: Vec<f64> =
                    stated.iter().zip(&twin).map(|(&a, &b)| (a - b).leading()).collect();
                assert!(norm(&off) > 1e-6, "{loss}, {sabotage:?}: {off:?}");
            }
        }
    }
}
