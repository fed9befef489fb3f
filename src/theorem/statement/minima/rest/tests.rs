//! Where the search for a minimum ends, and where it says that there is none.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::{Loss, Quadratic};
use crate::scalar::Scalar;

/// (x² − 1)²/4, or x, in one parameter.
#[derive(Clone, Copy)]
enum Line {
    DoubleWell,
    Slope,
}

impl Loss for Line {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        match self {
            Line::DoubleWell => (w[0].square() - S::one()).square().scale(0.25),
            Line::Slope => w[0],
        }
    }
}

fn found(loss: Line, start: f64) -> Result<Minimum, Obstacle> {
    Minimum::of(&Problem::new("line", loss, DVector::from_element(1, start)))
}

/// Off the top of a hill the loss falls while the gradient grows.
#[test]
fn a_minimum_is_found_from_beside_a_maximum() {
    for start in [1e-4, 1e-3, 0.1, 0.4, 0.7, 3.0] {
        for sign in [1.0, -1.0] {
            let minimum = found(Line::DoubleWell, sign * start).unwrap();
            assert!((minimum.w[0] - sign).abs() < 1e-12, "{start}: {:?}", minimum.w);
            assert!(minimum.is_nondegenerate());
        }
    }
}

#[test]
fn a_maximum_and_a_slope_are_no_minimum() {
    for (loss, start) in [(Line::DoubleWell, 0.0), (Line::Slope, 1.0)] {
        assert!(matches!(found(loss, start), Err(Obstacle::NoEquilibrium { .. })));
    }
}

/// What round-off leaves of the gradient grows with the curvature.
#[test]
fn a_minimum_is_found_whatever_its_curvature_and_place() {
    for curvature in [1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9] {
        for place in [0.1, 1e3] {
            let hessian = DMatrix::from_row_slice(2, 2, &[1.0, 0.3, 0.3, 0.7]) * curvature;
            let centre = DVector::from_vec(vec![place, -0.7 * place]);
            let loss = Quadratic::new(vec![hessian], vec![centre.clone()]).unwrap();
            let problem = Problem::new("bowl", loss, DVector::from_vec(vec![1.0, 2.0]));
            let minimum = Minimum::of(&problem).unwrap();
            let off = (DVector::from_vec(minimum.w) - &centre).norm();
            assert!(off < 1e-12 * centre.norm(), "{curvature:e}: {off:e} from {place}");
        }
    }
}

#[test]
fn what_counts_as_rest_grows_with_curvature_and_distance() {
    let known = [(0.0, 0.0, 1.0), (3.0, 0.0, 4.0), (0.0, 4.0, 5.0), (3.0, 4.0, 20.0)];
    for (largest, size, times) in known {
        let share = at_rest(largest, size) / (times * 1e-10);
        assert!((share - 1.0).abs() < 1e-14, "{largest}, {size}: {share}");
    }
}
