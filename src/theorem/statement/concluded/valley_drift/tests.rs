//! The drift and the cloud of the valley with two profiles, by hand.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::DVector;

use super::*;
use crate::integrate::RightHandSide;
use crate::loss::preset;

/// There V = 2ρ² + ½, so x′ = −ρρ′ and J = −(ρρ′)′, and K_xx = (1/12) Σ R_j² + (1/24) Σ B_jk² with
/// B_jk = ρ′(s_kr_j − r_ks_j): R_j = 0 and Σ B_jk² = 2m²ρ′².
#[test]
fn the_slow_flow_of_the_valley_is_the_closed_form() {
    for batches in [3, 4, 5] {
        let problem = preset("two-profile-valley", Some(batches), None, 1).unwrap();
        let valley = Valley::of(&problem, Some(0.1)).unwrap();
        let mut slow = valley.slow(Numeric::new(problem.float()), [0.25, 1.0]);
        let (x, s) = (0.6_f64, 0.3);
        let mut y = vec![0.0; 12];
        (y[0], y[3]) = (x, s);
        let mut dy = vec![0.0; 12];
        slow.evaluate(0.0, &y, &mut dy);
        let rho = x.tanh();
        let turn = 1.0 - rho * rho;
        let (drift, slope) = (-rho * turn, -(turn * turn - 2.0 * rho * rho * turn));
        let m = batches as f64;
        let kick = turn * turn * m * m / 12.0 / m;
        assert!((dy[0] - drift).abs() < 1e-14, "{} {drift}", dy[0]);
        assert!((dy[3] - (2.0 * slope * s + kick)).abs() < 1e-13, "{batches}: {}", dy[3]);
        assert!(dy[1..3].iter().chain(&dy[4..]).all(|f| f.abs() < 1e-14), "{dy:?}");
    }
}

#[test]
fn what_is_no_straight_valley_is_refused() {
    let refused = |problem: &Problem| {
        ValleyDrift.legs(problem, &Settings::default()).err().map(|why| why.to_string())
    };
    let of = |name| preset(name, None, None, 1).unwrap();
    assert!(refused(&of("two-profile-valley")).is_none());
    assert!(refused(&of("quadratic")).unwrap().contains("no direction"));
    // At a nondegenerate minimum there is no flat direction.
    let bowl = of("two-minima").started_at("bowl", DVector::from_vec(vec![1.0]));
    assert!(refused(&bowl).unwrap().contains("no direction"));
    assert!(refused(&of("factorisation")).is_some());
    // Where one profile is all there is the cloud is none, and only the drift is claimed.
    let plain = of("valley");
    assert_eq!(ValleyDrift.legs(&plain, &Settings::default()).unwrap().len(), 1);
    // The middle of the valley, where the minibatches agree.
    let middle = of("valley").started_at("middle", DVector::from_vec(vec![0.0, 0.0]));
    assert!(refused(&middle).unwrap().contains("do not disagree"));
}
