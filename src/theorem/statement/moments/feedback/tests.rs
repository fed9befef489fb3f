//! The terms whose coefficients are recovered are those that the prediction is made of.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::leg::Sabotage;
use crate::loss::{Loss, preset};

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
        // What round-off gathers over the steps of a path, relative to where it ends.
        for rung in &leg.rungs()[..2] {
            let seen = leg.observe(rung, None).unwrap();
            let size = norm(&seen.values.iter().map(|w| w.leading()).collect::<Vec<_>>());
            let known = f64::EPSILON * size * (rung.blocks as f64).sqrt();
            assert!((seen.floor / known - 1.0).abs() < 1e-9, "{loss}: {} {known}", seen.floor);
        }
        // Without one of them, or with the other sign, something else is predicted.
        let rung = &leg.rungs()[0];
        let predicted = |claim: &Variant| leg.predict(rung, claim).unwrap();
        let stated = predicted(&Variant::stated(terms.clone()));
        // What a claim does not name stays as it is stated.
        assert_eq!(predicted(&Variant::stated(Vec::new())), stated, "{loss}");
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

/// Σ w⁴/4 in some dimensions, less its slope k along each in the k-th minibatch.
struct Quartic {
    dim: usize,
    batches: usize,
}

impl Loss for Quartic {
    fn dim(&self) -> usize {
        self.dim
    }
    fn batches(&self) -> usize {
        self.batches
    }
    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let slope = batch as f64;
        w.iter().fold(S::zero(), |sum, &w| sum + w.square().square().scale(0.25) - w.scale(slope))
    }
}

/// One parameter by the backward operator, whatever the minibatches; several by all paths, from two
/// minibatches in at most 16 parameters; and nothing on a quadratic.
#[test]
fn a_mean_is_claimed_where_it_can_be_had() {
    let legs = |dim: usize, batches: usize| {
        let start = nalgebra::DVector::from_element(dim, 0.5);
        let problem = Problem::new("quartic", Quartic { dim, batches }, start);
        CovarianceFeedback.legs(&problem, &Settings::default()).map(|legs| legs.len())
    };
    for (dim, batches) in [(1, 1), (1, 2), (1, 3), (1, 9), (2, 2), (16, 2)] {
        assert_eq!(legs(dim, batches), Ok(1), "{dim} {batches}");
    }
    for (dim, batches) in [(2, 1), (2, 3), (16, 3), (17, 2)] {
        let said = legs(dim, batches).unwrap_err().to_string();
        let own = format!("quartic has {batches} batches and {dim} parameters");
        assert!(said.contains("at most 16 parameters") && said.contains(&own), "{said}");
    }
    let quadratic = preset("quadratic", Some(2), None, 1).unwrap();
    let said = CovarianceFeedback.legs(&quadratic, &Settings::default()).err().unwrap();
    assert!(said.to_string().contains("third derivative"), "{said}");
}
