//! Critical points of known losses.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::{Factorisation, Quadratic, preset};
use nalgebra::DMatrix;

#[test]
fn both_minima_and_the_maximum_between_them_are_found() {
    let problem = preset("two-minima", None, None, 1).unwrap();
    let mut found: Vec<(f64, usize)> =
        CriticalPoint::about(&problem, 1).iter().map(|p| (p.w[0], p.index())).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let known = [(-1.0, 0), (0.0, 1), (1.0, 0)];
    assert_eq!(found.len(), known.len(), "{found:?}");
    for ((w, index), (known, of_known)) in found.iter().zip(known) {
        assert!((w - known).abs() < 1e-12 && *index == of_known, "{found:?}");
    }
}

/// ½(1 − ab)² has a saddle at 0 with the eigenvalues ±1; its minima are degenerate.
#[test]
fn a_saddle_is_found_and_a_valley_is_none() {
    let loss = Factorisation::new(&[1.0], &[1.0]).unwrap();
    let problem = Problem::new("product", loss, DVector::from_vec(vec![0.5, 0.25]));
    let found = CriticalPoint::about(&problem, 3);
    assert_eq!(found.len(), 1);
    assert!(norm(&found[0].w) < 1e-12 && found[0].index() == 1);
    assert!((found[0].softest() - 1.0).abs() < 1e-12);
    let solved = found[0].solve(&[2.0, -3.0]);
    // H = −(0 1; 1 0) is its own inverse.
    assert!((solved[0] - 3.0).abs() + (solved[1] + 2.0).abs() < 1e-12, "{solved:?}");
}

#[test]
fn a_quadratic_has_one() {
    let hessian = DMatrix::from_diagonal(&DVector::from_vec(vec![-0.5, 2.0, 0.1]));
    let centre = DVector::from_vec(vec![1.0, -2.0, 0.5]);
    let loss = Quadratic::new(vec![hessian], vec![centre.clone()]).unwrap();
    let problem = Problem::new("saddle", loss, DVector::from_vec(vec![0.0, 0.0, 0.0]));
    let found = CriticalPoint::about(&problem, 5);
    assert_eq!(found.len(), 1);
    assert!((DVector::from_vec(found[0].w.clone()) - centre).norm() < 1e-12);
    assert_eq!(found[0].index(), 1);
}
