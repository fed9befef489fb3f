//! The affine system stands on both sides of the comparison, so it is compared with the loss.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::Quadratic;

/// Two minibatches that agree about nothing, with a minimum away from the origin.
fn shifted() -> Problem {
    let symmetric = |a, b, c| DMatrix::from_row_slice(2, 2, &[a, b, b, c]);
    let hessians = vec![symmetric(1.0, 0.25, 2.0), symmetric(2.0, -0.5, 0.5)];
    let minima = vec![DVector::from_vec(vec![1.5, -0.5]), DVector::from_vec(vec![0.75, 1.0])];
    let loss = Quadratic::new(hessians, minima).unwrap();
    assert!(loss.minimum().unwrap().norm() > 0.5);
    Problem::new("shifted", loss, DVector::from_vec(vec![-1.0, 2.0]))
}

#[test]
fn the_system_is_the_gradient_of_the_loss_and_of_its_minibatches() {
    let problem = shifted();
    let system = System::of(&problem);
    let mut a = Numeric::new(problem.float());
    for w in [[-1.0, 2.0], [0.0, 0.0], [0.5, -0.25]] {
        let at = DVector::from_vec(w.to_vec());
        let mut near = |batch, hessian: &DMatrix<f64>, offset: &DVector<f64>| {
            let gradient = DVector::from_vec(a.gradient(batch, &w.to_vec()));
            let off = (hessian * &at - offset - gradient).norm();
            assert!(off < 1e-14, "{off} at {w:?}");
        };
        near(Batch::Full, &system.hessian, &system.offset);
        for k in 0..2 {
            near(Batch::One(k), &system.hessians[k], &system.offsets[k]);
        }
    }
}

/// ⟨E[g_k g_kᵀ]⟩ of w that is one of two points, each half of the time.
#[test]
fn second_moments_of_gradients_are_those_of_two_points() {
    let problem = shifted();
    let system = System::of(&problem);
    let points = [DVector::from_vec(vec![1.0, -2.0]), DVector::from_vec(vec![0.25, 0.75])];
    let mean = (&points[0] + &points[1]) / 2.0;
    let second = (&points[0] * points[0].transpose() + &points[1] * points[1].transpose()) / 2.0;
    let mut a = Numeric::new(problem.float());
    let mut known = DMatrix::zeros(2, 2);
    for w in &points {
        for k in 0..2 {
            let g = DVector::from_vec(a.gradient(Batch::One(k), &w.as_slice().to_vec()));
            known += &g * g.transpose() / 4.0;
        }
    }
    let off = (system.mean_outer(&mean, &second) - known).norm();
    assert!(off < 1e-13, "{off}");
}

#[test]
fn moments_are_followed_of_as_many_parameters_as_it_says() {
    for (dim, legs) in [(LARGEST, Some(2)), (LARGEST + 1, None)] {
        let loss =
            Quadratic::new(vec![DMatrix::identity(dim, dim)], vec![DVector::zeros(dim)]).unwrap();
        let problem = Problem::new("bowl", loss, DVector::from_element(dim, 1.0));
        let found = StochasticModifiedEquation.legs(&problem, &Settings::default());
        assert_eq!(found.ok().map(|legs| legs.len()), legs, "{dim}");
    }
}
