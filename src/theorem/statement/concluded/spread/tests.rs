//! K against the spread of all orders, and the closed map of two moments against every path.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::{DMatrix, DVector};

use super::*;
use crate::arithmetic::{Arithmetic, Batch};
use crate::loss::{Quadratic, preset};

/// K as it is defined: the covariance over all orders of ½ Σ_{a before b} [g_a, g_b].
fn by_definition(problem: &Problem) -> DMatrix<f64> {
    let mut a = Numeric::new(problem.float());
    let (m, w) = (problem.batches(), problem.start().as_slice().to_vec());
    let mut sums = Vec::new();
    for order in paths_of(&RandomReshuffling, m) {
        let mut sum = DVector::zeros(w.len());
        for (at, late) in order.iter().enumerate() {
            for early in &order[..at] {
                let (g, h) = (a.gradient(early.batch(), &w), a.gradient(late.batch(), &w));
                let bracket = DVector::from_vec(a.hessian_vector(late.batch(), &w, &g))
                    - DVector::from_vec(a.hessian_vector(early.batch(), &w, &h));
                sum += 0.5 * bracket;
            }
        }
        sums.push(sum.as_slice().to_vec());
    }
    Cloud::of(&sums, 0.0).covariance
}

#[test]
fn the_covariance_of_the_brackets_has_the_closed_form() {
    for (name, batches) in [("quadratic", 3), ("factorisation", 4), ("mlp", 3), ("two-minima", 5)] {
        let problem = preset(name, Some(batches), None, 2).unwrap();
        let mut a = Numeric::new(problem.float());
        let [rows, pairs] = bracket_squares(&mut a, &problem.start().as_slice().to_vec());
        let known = by_definition(&problem);
        let closed = rows.iter().zip(&pairs).map(|(r, p)| r / 12.0 + p / 24.0);
        let found = DMatrix::from_iterator(known.nrows(), known.ncols(), closed);
        assert!((&found - &known).norm() < 1e-12 * known.norm(), "{name}: {found} {known}");
        assert!(known.norm() > 0.0);
    }
}

/// R_j = m(Hγ_j − Δ_jg) with Δ_j = H_j − H: the form without a sum over the other minibatches.
#[test]
fn rows_of_brackets_are_those_of_one_minibatch_against_the_mean() {
    let problem = preset("logistic", Some(4), None, 3).unwrap();
    let mut a = Numeric::new(problem.float());
    let (m, w) = (4, problem.start().as_slice().to_vec());
    let g = a.gradient(Batch::Full, &w);
    let mut known = DMatrix::zeros(w.len(), w.len());
    for j in 0..m {
        let mut gap = a.gradient(Batch::One(j), &w);
        a.axpy(&-1.0, &g, &mut gap);
        let row = DVector::from_vec(a.hessian_vector(Batch::Full, &w, &gap))
            - DVector::from_vec(a.hessian_vector(Batch::One(j), &w, &g))
            + DVector::from_vec(a.hessian_vector(Batch::Full, &w, &g));
        let row = m as f64 * row;
        known += &row * row.transpose();
    }
    let [rows, _] = bracket_squares(&mut a, &w);
    let off = known.iter().zip(&rows).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    assert!(off < 1e-12 * known.norm(), "{off}");
}

/// Mean and covariance over all orders of all epochs, path by path.
fn every_path(problem: &Problem, eps: f64, blocks: usize) -> Cloud {
    let mut a = Numeric::new(problem.float());
    let orders = paths_of(&RandomReshuffling, problem.batches());
    let mut points = vec![problem.start().as_slice().to_vec()];
    for _ in 0..blocks {
        let mut next = Vec::with_capacity(points.len() * orders.len());
        for point in &points {
            for order in &orders {
                let mut w = point.clone();
                order.iter().for_each(|draw| descend(&mut a, draw.batch(), eps, &mut w));
                next.push(w);
            }
        }
        points = next;
    }
    Cloud::of(&points, 0.0)
}

fn closed(problem: &Problem, eps: f64, blocks: usize) -> Cloud {
    let mut a = Numeric::new(problem.float());
    let paths = paths_of(&RandomReshuffling, problem.batches());
    let mut cloud = Cloud::at(problem.start().as_slice().to_vec());
    (0..blocks).for_each(|_| cloud.step(&mut a, &paths, eps));
    cloud
}

#[test]
fn on_quadratics_the_closed_map_has_the_moments_of_all_paths() {
    let problem = preset("quadratic", None, None, 4).unwrap();
    for blocks in [1, 2, 4] {
        let (known, found) = (every_path(&problem, 0.1, blocks), closed(&problem, 0.1, blocks));
        let gap: Vec<f64> = known.mean.iter().zip(&found.mean).map(|(x, y)| x - y).collect();
        assert!(norm(&gap) < 1e-14, "{blocks}: {gap:?}");
        let off = (&known.covariance - &found.covariance).norm();
        assert!(off < 1e-12 * known.covariance.norm() + found.floor, "{blocks}: {off:e}");
    }
}

/// Elsewhere it is off by two powers of ε more than the covariance has, far below the ε⁴ that is claimed: the
/// factor by which it is off falls like ε² as the same time takes more epochs.
#[test]
fn elsewhere_the_closed_map_is_off_by_less_than_is_claimed() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let time = 0.3;
    let mut shares = Vec::new();
    for blocks in [2, 3, 4, 6] {
        let eps = time / (3 * blocks) as f64;
        let (known, found) = (every_path(&problem, eps, blocks), closed(&problem, eps, blocks));
        let off = (&known.covariance - &found.covariance).norm() / known.covariance.norm();
        shares.push((eps, off));
    }
    for pair in shares.windows(2) {
        let slope = (pair[0].1 / pair[1].1).ln() / (pair[0].0 / pair[1].0).ln();
        assert!(slope > 1.5, "{shares:?}");
    }
    assert!(shares[3].1 < 2e-3, "{shares:?}");
}

/// In one dimension with H and two minibatches the equation of S has a closed solution.
#[test]
fn the_spread_of_two_parabolas_is_the_closed_form() {
    let (h, b) = ([1.0, 3.0], [1.0, -1.0]);
    let matrix = |x: f64| DMatrix::from_element(1, 1, x);
    let loss =
        Quadratic::new(h.map(matrix).to_vec(), b.map(|x| DVector::from_element(1, x)).to_vec());
    let problem = Problem::new("parabolas", loss.unwrap(), DVector::from_element(1, 2.0));
    let settings = Settings { horizon: Some(0.7), ..Settings::default() };
    let legs = SpreadAtFixedTime.legs(&problem, &settings).unwrap();
    assert_eq!(legs[0].terms(), vec![Term::new(BOTH, 1, 1, 3)]);
    // [g_0, g_1] = h_1h_0(w − b_0) − h_0h_1(w − b_1) is the constant 3·(−2), and K a quarter of its square.
    let curvature = 2.0;
    let spread = 9.0 / 2.0 * (1.0 - (-2.0 * curvature * 0.7_f64).exp()) / (2.0 * curvature);
    let rung = legs[0].rungs()[2];
    let said = legs[0].predict(&rung, &Variant::stated(legs[0].terms())).unwrap();
    let known = rung.step_size.powi(3) * spread;
    assert!((said[0].leading() / known - 1.0).abs() < 1e-11, "{said:?} {known}");
}

#[test]
fn what_has_no_spread_or_too_many_orders_is_refused() {
    let refused = |batches| {
        let problem = preset("quadratic", Some(batches), None, 1).unwrap();
        SpreadOfOneEpoch.legs(&problem, &Settings::default()).err().map(|why| why.to_string())
    };
    assert!(refused(1).unwrap().contains("one order"));
    assert!(refused(2).is_none() && refused(MOST_BATCHES).is_none());
    assert!(refused(MOST_BATCHES + 1).unwrap().contains("not of 7"));
}
