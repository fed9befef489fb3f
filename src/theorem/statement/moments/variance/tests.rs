//! Below which error the identity says nothing.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::{DMatrix, DVector};

use super::*;
use crate::loss::Quadratic;

/// Round-off is that of the largest of what is added: the side itself, the penalty, the point.
#[test]
fn the_floor_is_the_round_off_of_the_side_the_penalty_and_the_point() {
    // Far from the start of small curvature the point is largest, and of large curvature the penalty.
    for (curvature, place) in [(1.0, 1.0), (1e-4, 1e4), (1e3, 1.0)] {
        let hessian = DMatrix::from_diagonal_element(2, 2, curvature);
        let centre = |x: f64| DVector::from_vec(vec![place, place + x]);
        let loss = Quadratic::new(vec![hessian.clone(), hessian], vec![centre(1.0), centre(-1.0)]);
        let problem = Problem::new("bowls", loss.unwrap(), centre(0.5));
        let leg = Decomposition { pace: Pace::of(&problem), problem: problem.clone(), seed: 1 };
        for rung in leg.rungs() {
            let seen = leg.observe(&rung, None).unwrap();
            let side: Vec<f64> = seen.values.iter().map(|x| x.leading()).collect();
            let w = leg.point(&rung);
            let mut a = Numeric::new(problem.float());
            let penalty: f64 = (0..2).map(|k| 0.5 * squared(&a.gradient(Batch::One(k), &w))).sum();
            let known = norm(&side) + rung.step_size / 4.0 * penalty + norm(&w);
            let found = seen.floor / f64::EPSILON;
            assert!((found / known - 1.0).abs() < 1e-12, "{curvature}: {found}, not {known}");
        }
    }
}
