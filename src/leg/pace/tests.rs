//! Ladders rung by rung, and rates of losses whose spectrum is known.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::{DMatrix, DVector};

use super::*;
use crate::loss::{Loss, Quadratic};
use crate::scalar::Scalar;

fn near(found: f64, known: f64) {
    assert!((found / known - 1.0).abs() < 1e-12, "{found} is not {known}");
}

#[test]
fn a_local_ladder_halves_eight_times_from_a_fifth_of_the_time_scale() {
    for (rate, memory, steps) in [(1.0, 1, 1), (4.0, 1, 5), (0.25, 10, 1), (8.0, 3, 7)] {
        let ladder = Pace { rate, memory }.local_ladder(steps);
        assert_eq!(ladder.len(), 8);
        assert_eq!(Pace::LOCAL_BLOCKS, 8);
        for (j, rung) in ladder.iter().enumerate() {
            near(rung.step_size, 0.2 / (rate * (steps * memory) as f64) / f64::powi(2.0, j as i32));
            assert_eq!(rung.blocks, 1);
        }
    }
}

#[test]
fn a_global_ladder_doubles_six_times_from_sixteen_blocks_a_memory() {
    for (rate, memory, steps, horizon) in
        [(1.0, 1, 1, 1.0), (4.0, 1, 5, 0.25), (0.25, 10, 1, 3.0), (8.0, 3, 7, 2.0)]
    {
        let ladder = Pace { rate, memory }.global_ladder(steps, horizon);
        let blocks: Vec<usize> = ladder.iter().map(|rung| rung.blocks).collect();
        let known: Vec<usize> = [16, 32, 64, 128, 256, 512].iter().map(|n| n * memory).collect();
        assert_eq!(blocks, known);
        for rung in &ladder {
            near(rung.step_size, horizon / (rung.blocks * steps) as f64);
        }
        if memory == 1 {
            assert_eq!(blocks.iter().sum::<usize>(), Pace::GLOBAL_BLOCKS);
        }
    }
}

#[test]
fn the_fixed_time_is_that_of_the_rate_unless_chosen() {
    let pace = Pace { rate: 4.0, memory: 3 };
    near(pace.horizon(None), 0.25);
    near(pace.horizon(Some(7.0)), 7.0);
    let fast = pace.with(Tempo { speed: 2.5, memory: 4 }).unwrap();
    near(fast.rate, 10.0);
    assert_eq!(fast.memory, 12);
    assert_eq!(Pace::default(), Pace { rate: 1.0, memory: 1 });
}

/// No step size of the ladders is infinite, or none.
#[test]
fn a_tempo_that_makes_no_step_size_is_refused() {
    let pace = Pace { rate: 4.0, memory: 3 };
    for (speed, memory) in
        [(0.0, 1), (-1.0, 1), (f64::NAN, 1), (f64::INFINITY, 1), (1e-300, 1), (1e308, 1), (1.0, 0)]
    {
        let refused = pace.with(Tempo { speed, memory });
        assert!(matches!(refused, Err(Obstacle::NoTempo { .. })), "{speed} {memory}: {refused:?}");
    }
    let slow = pace.with(Tempo { speed: 1e-280, memory: 1 }).unwrap();
    assert!(slow.local_ladder(1).iter().all(|rung| rung.step_size.is_finite()));
}

/// ½ (w − c)ᵀ H (w − c) for each H.
fn quadratic(diagonals: &[&[f64]], start: &[f64]) -> Problem {
    let dim = start.len();
    let hessians: Vec<DMatrix<f64>> = (diagonals.iter())
        .map(|d| DMatrix::from_diagonal(&DVector::from_column_slice(d)))
        .collect();
    let centres: Vec<DVector<f64>> =
        diagonals.iter().enumerate().map(|(k, _)| DVector::from_element(dim, k as f64)).collect();
    let loss = Quadratic::new(hessians, centres).unwrap();
    Problem::new("diagonal", loss, DVector::from_column_slice(start))
}

#[test]
fn the_rate_is_the_largest_curvature_of_any_minibatch() {
    for (diagonals, known) in [
        (vec![&[3.0, 1.0, 0.5][..]], 3.0),
        (vec![&[-3.0, 1.0, 0.5][..]], 3.0),
        (vec![&[1.0, 0.1, 0.2][..], &[0.3, 8.0, 1.0], &[2.0, 1.0, 1.0]], 8.0),
        (vec![&[0.5, 0.5, 0.25][..], &[1e-3, 0.0, 1e-3]], 0.5),
    ] {
        let pace = Pace::of(&quadratic(&diagonals, &[1.0, -2.0, 3.0])).unwrap();
        assert!((pace.rate / known - 1.0).abs() < 1e-6, "{known}: {pace:?}");
        assert_eq!(pace.memory, 1);
    }
}

/// A loss given by one function of one parameter.
struct Of<const KIND: usize>;

impl<const KIND: usize> Loss for Of<KIND> {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        match KIND {
            // A slope and nothing else.
            0 => w[0],
            // C‴ = 6 and C′ = 3: the Hessian turns at the rate √18, and vanishes at 0.
            1 => w[0].scale(3.0) + w[0] * w[0].square(),
            // ½ w² + w⁴/4: the curvature 1 + 3w² is largest at the start.
            2 => w[0].square().scale(0.5) + w[0].square().square().scale(0.25),
            // Not a number on the left of 0.
            _ => w[0].ln().square(),
        }
    }
}

fn pace_of<const KIND: usize>(start: f64) -> Result<Pace, Obstacle> {
    Pace::of(&Problem::new("made", Of::<KIND>, DVector::from_vec(vec![start])))
}

#[test]
fn a_loss_without_curvature_has_the_pace_of_none() {
    assert_eq!(pace_of::<0>(1.0), Ok(Pace::default()));
    assert_eq!(pace_of::<0>(0.0), Ok(Pace::default()));
}

/// However weak, a curvature sets the rate if it bends the gradient within the distance of the start from 0;
/// below the round-off of the gradient there, it is none.
#[test]
fn a_weak_curvature_counts_where_the_start_is_far() {
    for power in [-20, -30, -40] {
        let weak = f64::powi(2.0, power);
        let pace = Pace::of(&quadratic(&[&[weak][..]], &[1.0 / weak])).unwrap();
        near(pace.rate, weak);
    }
    let (weak, far) = (f64::powi(2.0, -50), f64::powi(2.0, 50));
    let tilted =
        Quadratic::new(vec![DMatrix::from_element(1, 1, weak)], vec![DVector::from_vec(vec![far])]);
    let tilted = Problem::new("tilted", tilted.unwrap(), DVector::from_vec(vec![1.0]));
    assert_eq!(Pace::of(&tilted), Ok(Pace::default()));
}

#[test]
fn a_hessian_that_turns_sets_the_rate_where_it_vanishes() {
    let rate = pace_of::<1>(0.0).unwrap().rate;
    // At the start √(6 · 3); along the way down −w it grows no faster than the curvature does.
    assert!(rate >= 18.0_f64.sqrt() * 0.999_999 && rate < 6.0, "{rate}");
}

/// Along descent for the time 1/L the rate can only be found larger.
#[test]
fn the_rate_is_the_largest_found_along_descent() {
    let curvature = |w: f64| 1.0 + 3.0 * w * w;
    let found = pace_of::<2>(2.0).unwrap().rate;
    // T[g] = 6 w (w + w³) at 2: √120 < 13.
    near(found, curvature(2.0));
    // w′ = w − 3: away from 0 the cubic's curvature 6|w| grows on the way.
    let down = pace_of::<1>(-0.5).unwrap().rate;
    assert!(down > 1.5 * 18.0_f64.sqrt().min(6.0 * 0.5), "{down}");
}

#[test]
fn a_loss_that_is_not_finite_at_the_start_has_no_pace() {
    assert_eq!(pace_of::<3>(-1.0), Err(Obstacle::NotFinite { what: "gradient" }));
    assert!(pace_of::<3>(1.0).is_ok());
    let steep = pace_of::<1>(1e200);
    assert!(matches!(steep, Err(Obstacle::NotFinite { .. })), "{steep:?}");
}
