//! Points of rest against closed forms, on quadratics in one parameter.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::{DMatrix, DVector};

use super::*;
use crate::loss::{Quadratic, preset};

/// ½ h (w − b)² for each (h, b).
fn legs(parts: &[(f64, f64)]) -> Vec<Box<dyn Leg>> {
    let hessians = parts.iter().map(|part| DMatrix::from_element(1, 1, part.0)).collect();
    let minima = parts.iter().map(|part| DVector::from_element(1, part.1)).collect();
    let loss = Quadratic::new(hessians, minima).unwrap();
    let problem = Problem::new("parabolas", loss, DVector::from_element(1, 1.0));
    MinimaMove.legs(&problem, &Settings::default()).unwrap()
}

fn at_rest(leg: &dyn Leg, rung: &Rung, twin: Option<&str>) -> (f64, f64) {
    let seen = leg.observe(rung, twin).unwrap();
    assert_eq!(seen.values.len(), 1);
    (seen.values[0].leading(), seen.floor)
}

/// Even where a point of rest is 0, and nothing is small against it.
#[test]
fn a_point_of_rest_at_the_origin_is_found() {
    for parts in [&[(1.0, 0.0)][..], &[(4.0, 0.0), (0.5, 0.0)]] {
        for leg in legs(parts) {
            for rung in leg.rungs() {
                let (found, floor) = at_rest(&*leg, &rung, None);
                assert!(found.abs() <= floor && floor < 1e-10, "{found:e}, {floor:e}");
            }
        }
    }
}

#[test]
fn points_of_rest_are_where_their_equations_say() {
    for parts in [[(1.0, 1.0), (2.0, -0.5)], [(0.25, 3.0), (0.75, 1.0)], [(2.0, 1.0), (2.0, 5.0)]] {
        let [flow, iterates] = &legs(&parts)[..] else { panic!("two legs") };
        let mean =
            |of: &dyn Fn(f64, f64) -> f64| 0.5 * parts.iter().map(|p| of(p.0, p.1)).sum::<f64>();
        let rest = mean(&|h, b| h * b) / mean(&|h, _| h);
        for rung in flow.rungs() {
            let eps = rung.step_size;
            // ⟨h (w − b)⟩ + (ε/2) ⟨h² (w − b)⟩ = 0.
            let known =
                mean(&|h, b| h * b + 0.5 * eps * h * h * b) / mean(&|h, _| h + 0.5 * eps * h * h);
            let (found, floor) = at_rest(&**flow, &rung, None);
            assert!(
                (found - known).abs() <= 4.0 * floor && floor < 1e-12,
                "{found} {known} {floor:e}"
            );
            // w ↦ (1 − εh)(w) + εhb one after the other, in both orders.
            let after = |[(h, b), (k, c)]: [(f64, f64); 2]| {
                let (keep, first) = ((1.0 - eps * h) * (1.0 - eps * k), eps * h * b);
                (keep, (1.0 - eps * k) * first + eps * k * c)
            };
            let (keep, one) = after(parts);
            let (_, other) = after([parts[1], parts[0]]);
            let known = 0.5 * (one + other) / (1.0 - keep);
            let (found, floor) = at_rest(&**iterates, &rung, None);
            assert!(
                (found - known).abs() <= 4.0 * floor && floor < 1e-10,
                "{found} {known} {floor:e}"
            );
            for leg in [flow, iterates] {
                let (found, floor) = at_rest(&**leg, &rung, Some(FULL_BATCH));
                assert!((found - rest).abs() <= 4.0 * floor, "{found} {rest} {floor:e}");
            }
        }
    }
}

/// ½⟨(y_k − abx_k)²⟩ has a saddle at 0, where every minibatch's gradient vanishes.
#[test]
fn a_saddle_where_all_gradients_vanish_stays() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let legs = CriticalPointsMove.legs(&problem, &Settings::default()).unwrap();
    assert_eq!(legs.len(), 2);
    for leg in legs {
        for rung in leg.rungs() {
            let seen = leg.observe(&rung, None).unwrap();
            let w: Vec<f64> = seen.values.iter().map(|x| x.leading()).collect();
            assert!(norm(&w) <= 4.0 * seen.floor && seen.floor < 1e-10, "{w:?}, {:e}", seen.floor);
        }
    }
}

/// The maximum of two-minima is where the slopes of the minibatches are s_k/2 and their curvatures s_k/2.
#[test]
fn a_boundary_of_basins_moves_by_what_is_predicted() {
    let problem = preset("two-minima", None, None, 1).unwrap();
    let legs = CriticalPointsMove.legs(&problem, &Settings::default()).unwrap();
    let rung = *legs[0].rungs().last().unwrap();
    for leg in &legs {
        let said = leg.predict(&rung, &Variant::stated(leg.terms())).unwrap()[0].leading();
        // H = −0.08 and ∇V = 2⟨s_k²⟩/4.
        let known = 0.25 * rung.step_size / 0.08 * 0.5;
        assert!((said / known - 1.0).abs() < 1e-9, "{said} {known}");
        let seen = leg.observe(&rung, None).unwrap().values[0].leading();
        assert!((seen / known - 1.0).abs() < 0.05, "{seen} {known}");
    }
}

#[test]
fn a_loss_without_saddles_is_left_to_the_theorem_of_minima() {
    let problem = preset("quadratic", None, None, 1).unwrap();
    let refused = CriticalPointsMove.legs(&problem, &Settings::default()).err().unwrap();
    assert!(refused.to_string().contains("minima-move"), "{refused}");
}
