//! The coefficients of both sizes, and that an epoch takes the same time with either.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::flow::Flow;
use crate::loss::preset;

/// With ε = ηB the coefficients are those that [`Repartitioned`] claims at that step size.
#[test]
fn either_size_has_the_coefficients_of_repartition() {
    for (batches, sizes) in [(4, [1, 2]), (6, [2, 3])] {
        let problem = preset("quadratic", Some(batches), None, 1).unwrap();
        let pace = Pace::of(&problem);
        let leg = TwoSizes { problem, pace, horizon: None, sizes };
        let rung = leg.rungs()[0];
        for size in sizes {
            let (flow, found) = leg.flow(&rung, &leg.terms(), size);
            let terms = Flow::<Numeric<f64>>::terms(&flow);
            let known = terms.iter().map(|term| term.at(rung.step_size * size as f64));
            for (found, known) in found.iter().zip(known) {
                assert!((found / known - 1.0).abs() < 1e-14, "{size}: {found} {known}");
            }
        }
    }
}

#[test]
fn other_numbers_of_examples_are_refused() {
    for batches in [1, 2, 3, 5, 7, 8] {
        let problem = preset("quadratic", Some(batches), None, 1).unwrap();
        let refused = BatchSize.legs(&problem, &Settings::default()).err().unwrap();
        assert!(refused.to_string().contains(&format!("not from {batches}")), "{refused}");
    }
}
