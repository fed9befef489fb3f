//! Below which error an equality at a minimum says nothing.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::DVector;

use super::*;
use crate::loss::Quadratic;

/// Round-off is that of numbers of order 1 at least, and of the curvature where that is larger: a floor
/// that shrank with the loss would refute what was computed as well as it can be.
#[test]
fn the_floor_is_the_round_off_of_the_largest_number_and_of_one() {
    for curvature in [1e-6, 1e-3, 1.0, 1e3, 1e6] {
        for dim in [1, 9] {
            let hessian = DMatrix::from_diagonal_element(dim, dim, curvature);
            let loss = Quadratic::new(vec![hessian], vec![DVector::zeros(dim)]).unwrap();
            let problem = Problem::new("bowl", loss, DVector::from_element(dim, 1.0));
            let legs = Minima.legs(&problem, &Settings::default()).unwrap();
            let least = f64::EPSILON * (dim as f64).sqrt() * f64::max(1.0, curvature);
            for rung in &legs[0].rungs()[..4] {
                let floor = legs[0].observe(rung, None).unwrap().floor;
                assert!(floor >= least, "{curvature:e}: {floor:e} is below {least:e}");
                assert!(curvature > 1.0 || floor < 8.0 * least, "{curvature:e}: {floor:e}");
            }
        }
    }
}

/// g(w*) enters ∇C̃, as (1 + εH/2) g, and its derivative, times another rate.
#[test]
fn what_is_left_of_the_gradient_raises_the_floor_with_the_rate() {
    for curvature in [1e-3, 1.0, 1e3] {
        let hessian = DMatrix::from_element(1, 1, curvature);
        let loss = Quadratic::new(vec![hessian], vec![DVector::zeros(1)]).unwrap();
        let problem = Problem::new("bowl", loss, DVector::from_element(1, 1.0));
        let (minimum, pace) = (Minimum::of(&problem).unwrap(), Pace::of(&problem).unwrap());
        let rate = pace.rate;
        assert!((rate / curvature - 1.0).abs() < 0.2, "{rate}");
        let left = |residual: f64| Kept {
            problem: problem.clone(),
            minimum: Ok(Minimum { residual, ..minimum.clone() }),
            pace: Ok(pace),
            seed: 1,
        };
        for rung in &left(0.0).rungs()[..4] {
            let floor = |residual: f64| left(residual).observe(rung, None).unwrap().floor;
            let known = (1.0 + rung.step_size * curvature.max(rate)) * (1.0 + rate);
            let raised = floor(1.0) - floor(0.0);
            assert!((raised / known - 1.0).abs() < 1e-6, "{curvature:e}: {raised}, not {known}");
        }
    }
}
