//! The recursion over what is left of each minibatch against walks over all orders.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::flow::{Flow, ShuffledNext};
use crate::loss::preset;

/// The mean over all orders in which `left[k]` steps on the minibatch k remain, walked from `w` on.
fn walked(a: &mut Numeric<f64>, eps: f64, w: &[f64], left: &mut [usize]) -> Vec<f64> {
    let all: usize = left.iter().sum();
    if all == 0 {
        return w.to_vec();
    }
    let mut mean = vec![0.0; w.len()];
    for k in 0..left.len() {
        if left[k] == 0 {
            continue;
        }
        let share = left[k] as f64 / all as f64;
        let mut next = w.to_vec();
        descend(a, Batch::One(k), eps, &mut next);
        left[k] -= 1;
        let end = walked(a, eps, &next, left);
        left[k] += 1;
        mean.iter_mut().zip(&end).for_each(|(mean, end)| *mean += share * end);
    }
    mean
}

#[test]
fn the_recursion_has_the_mean_over_all_orders() {
    for (batches, copies) in [(2, 1), (2, 5), (3, 1), (3, 2), (3, 3), (1, 4)] {
        let problem = preset("quadratic", Some(batches), None, 3).unwrap();
        let mut a = Numeric::new(problem.float());
        let start = problem.start().as_slice().to_vec();
        let known = walked(&mut a, 0.05, &start, &mut vec![copies; batches]);
        let found = mean_over_orders(&mut a, 0.05, &start, copies, batches);
        let gap: Vec<f64> = known.iter().zip(&found).map(|(x, y)| x - y).collect();
        assert!(norm(&gap) < 1e-14, "{batches}, {copies}: {gap:?}");
    }
}

/// The steps of an epoch take the time that the ladder says, whatever their number.
#[test]
fn epochs_take_a_fixed_time_or_the_ladders_own() {
    let problem = preset("quadratic", None, None, 1).unwrap();
    let legs = UniformInBatches.legs(&problem, &Settings::default()).unwrap();
    let rate = Pace::of(&problem).unwrap().rate;
    for rung in legs[0].rungs() {
        let time = rung.step_size * (3 * rung.blocks) as f64;
        assert!((time * rate - SPAN).abs() < 1e-12);
    }
    let rungs = legs[1].rungs();
    let squared = |rung: &Rung| rung.step_size / (3 * rung.blocks) as f64 / rung.step_size.powi(2);
    assert!(rungs.iter().all(|rung| (squared(rung) / squared(&rungs[0]) - 1.0).abs() < 1e-12));
}

#[test]
fn what_is_uniform_in_m_and_what_is_of_the_steps_make_up_the_next_term() {
    for kinds in 2..=4 {
        let problem = preset("quadratic", Some(kinds), None, 3).unwrap();
        let mut a = Numeric::new(problem.float());
        let w = problem.start().as_slice().to_vec();
        let mut field = |next: f64| ShuffledNext.field(&mut a, &[0.0, next], &0.0, &w);
        let (with, without) = (field(1.0), field(0.0));
        let (uniform, steps) = parts_of_the_defect(&problem);
        assert!(norm(&steps) > 0.01 && norm(&uniform) > 1e-4);
        for i in 0..w.len() {
            let known = with[i] - without[i];
            assert!((kinds as f64 * uniform[i] - steps[i] - known).abs() < 1e-13, "{kinds}");
        }
    }
}

/// Minibatches with one Hessian in common: nothing is uniform in m, and the defect is that of the steps.
#[test]
fn minibatches_that_are_alike_are_refused() {
    let problem = preset("quadratic-one-hessian", Some(3), None, 1).unwrap();
    let why = UniformInBatches.legs(&problem, &Settings::default()).err().unwrap();
    assert!(why.to_string().contains("so alike"), "{why}");
}

#[test]
fn only_what_has_a_recursion_is_followed() {
    let refused = |name, batches| {
        let problem = preset(name, batches, None, 1).unwrap();
        UniformInBatches.legs(&problem, &Settings::default()).err().map(|why| why.to_string())
    };
    assert!(refused("quadratic", None).is_none());
    assert!(refused("quadratic", Some(4)).unwrap().contains("4 minibatches"));
    assert!(refused("quadratic", Some(1)).unwrap().contains("1 minibatches"));
    assert!(refused("factorisation", None).unwrap().contains("is none"));
}
