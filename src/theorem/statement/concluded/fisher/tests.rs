//! The law of dealing for every size of a batch, and which losses it is checked on.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::leg::Workbench;
use crate::loss::preset;

#[test]
fn dealing_divides_the_variance_for_every_size_of_a_batch() {
    let problem = preset("net-examples", None, None, 1).unwrap();
    let mut a = Numeric::new(problem.float());
    let w = problem.start().as_slice().to_vec();
    let examples = Variance::of_examples(&mut a, &w);
    for (b, law) in [(1, 1.0), (2, 4.0 / 10.0), (3, 3.0 / 15.0), (6, 0.0)] {
        let deals = paths_of(&Repartition { batch_size: b }, 6);
        let mut found = vec![dealt_variance(&mut a, &deals, &w)];
        found.extend(dealt_disagreement(&mut a, &deals, &w));
        for (found, of_examples) in found.iter().zip(&examples) {
            assert!((found - law * of_examples).abs() < 1e-12 * norm(&examples), "{b}: {found}");
        }
        // Independent draws lack the factor (N − B)/(N − 1).
        if b <= 3 {
            let other = dealt_variance(&mut a, &drawn(6, b), &w);
            assert!((other - examples[0] / b as f64).abs() < 1e-12 * examples[0], "{b}: {other}");
        }
    }
}

#[test]
fn only_losses_whose_deals_can_be_listed_are_taken() {
    for (batches, sizes) in
        [(4, Some(1)), (6, Some(2)), (8, Some(1)), (5, None), (9, None), (1, None)]
    {
        let problem = preset("quadratic", Some(batches), None, 1).unwrap();
        let legs = Fisher.legs(&problem, &Settings::default());
        assert_eq!(legs.ok().map(|legs| legs.len() - 1), sizes, "{batches}");
    }
}

#[test]
fn a_law_that_is_off_by_a_thousandth_is_refuted() {
    let problem = preset("quadratic-examples", None, None, 1).unwrap();
    for leg in Fisher.legs(&problem, &Settings::default()).unwrap() {
        for control in Sabotage::of_terms(&leg.terms()) {
            let Sabotage::Scale(name, _) = control else { continue };
            let slight = Sabotage::Scale(name, crate::scalar::Ratio::new(1001, 1000));
            let variant = Variant::sabotaged(leg.terms(), &slight);
            let found = Workbench::new(&*leg).slope(&variant).finding;
            assert_eq!(found, crate::leg::Finding::RefutedBySlope);
        }
    }
}
