//! The supremum over all times of gradient descent on a parabola, and where a run is looked at.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use crate::theorem::Minimum;
use nalgebra::{DMatrix, DVector};

use super::*;
use crate::loss::{Quadratic, preset};

/// ½w² from 1: w_n = (1 − ε)ⁿ against exp(−(1 + ε/2)nε). The largest difference over all n is (ε²/3)·max te^{−t} =
/// ε²/(3e) and more at larger ε.
#[test]
fn the_largest_difference_of_a_parabola_is_that_of_its_logarithm() {
    for eps in [0.125_f64, 0.0625, 0.03125] {
        let exact = |n: usize| (n as f64 * (1.0 - eps).ln()).exp();
        let claimed = |n: usize| (-(1.0 + 0.5 * eps) * n as f64 * eps).exp();
        let largest = (0..4000).map(|n| (exact(n) - claimed(n)).abs()).fold(0.0, f64::max);
        let limit = eps * eps / (3.0 * std::f64::consts::E);
        assert!((largest / limit - 1.0).abs() < eps, "{eps}: {largest} {limit}");
    }
    let unit = DMatrix::from_element(1, 1, 1.0);
    let loss = Quadratic::new(vec![unit], vec![DVector::zeros(1)]).unwrap();
    let problem = Problem::new("parabola", loss, DVector::from_element(1, 1.0));
    let legs = LongTimes.legs(&problem, &Settings::default()).unwrap();
    let claim = Variant::stated(legs[0].terms());
    for rung in legs[0].rungs() {
        let seen = legs[0].observe(&rung, None).unwrap();
        let said = legs[0].predict(&rung, &claim).unwrap();
        let off = |(x, y): (&DoubleDouble, &DoubleDouble)| (*x - *y).leading().abs();
        let largest = seen.values.iter().zip(&said).map(off).fold(0.0, f64::max);
        let limit = rung.step_size.powi(2) / (3.0 * std::f64::consts::E);
        // The times that are looked at need not have the largest one among them.
        assert!((0.7..1.3).contains(&(largest / limit)), "{largest} {limit}");
    }
}

/// All rungs are looked at at the same times, and the last look is where the softest direction has faded.
#[test]
fn all_rungs_are_looked_at_at_the_same_times() {
    let problem = preset("logistic", None, None, 1).unwrap();
    let minimum = Minimum::of(&problem).unwrap();
    let softest = minimum.hessian.eigenvalues.min();
    for leg in LongTimes.legs(&problem, &Settings::default()).unwrap() {
        let rungs = leg.rungs();
        let times: Vec<f64> = rungs.iter().map(|r| r.step_size * r.blocks as f64).collect();
        assert!(times.iter().all(|t| (t / times[0] - 1.0).abs() < 1e-12));
        let steps = if leg.twins().is_empty() { 1.0 } else { problem.batches() as f64 };
        assert!(times[0] * steps * softest > FADES - 1e-9, "{} {softest}", times[0]);
    }
}

/// The end of gradient descent is the minimum itself; that of the reshuffled mean is not.
#[test]
fn only_the_reshuffled_mean_ends_beside_the_minimum() {
    let problem = preset("quadratic", None, None, 1).unwrap();
    let minimum = Minimum::of(&problem).unwrap().w;
    let legs = LongTimes.legs(&problem, &Settings::default()).unwrap();
    let end = |leg: &dyn Leg, twin| {
        let values = leg.observe(&leg.rungs()[0], twin).unwrap().values;
        let last: Vec<f64> = values[values.len() - 4..].iter().map(|x| x.leading()).collect();
        norm(&difference(&last, &minimum))
    };
    assert!(end(&*legs[0], None) < 1e-13);
    assert!(end(&*legs[1], None) > 1e-4);
    assert!(end(&*legs[1], Some(FULL_BATCH)) < 1e-13);
}
